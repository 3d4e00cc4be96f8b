"""The request: canonical words, bounds, and errors that name the field and never its neighbours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from toile.engine.core.errors import BadInput
from toile.engine.core.measurements import MEASUREMENT_NAMES
from toile.garments.fabric import fabrics
from toile.garments.spec import (
    GARMENT_BOUNDS,
    WEARER_BOUNDS,
    FabricName,
    GarmentSpec,
    Provenance,
    TryOnRequest,
    WearerSpec,
    out_of_bounds,
    request_from_json,
)


def document(**garment: Any) -> str:
    """Return the JSON of a request for one dress."""
    return json.dumps({"garments": [{"category": "dress", **garment}]})


def test_unsaid_fields_are_null_and_the_document_reads_back() -> None:
    request = TryOnRequest(
        garments=(GarmentSpec(category="dress", waist_cm=76),),
        provenance={"garments[0].waist_cm": Provenance(value=76.0, span=(3, 5), source="stated")},
    )
    written = json.loads(request.to_json())
    assert written["garments"][0]["waist_cm"] == 76.0
    assert written["garments"][0]["length_cm"] is None
    assert written["wearer"]["height_cm"] is None
    assert set(written) == {
        "garments", "wearer", "motion", "views", "notes", "provenance", "language", "clarification",
    }  # fmt: skip
    assert request_from_json(request.to_json()) == request


def test_every_fabric_that_can_be_asked_for_has_a_record() -> None:
    assert set(FabricName.__args__) == {n for n, r in fabrics().items() if not r.word}  # type: ignore[attr-defined]


def test_wearer_fields_are_body_measurements() -> None:
    lengths = {name.removesuffix("_cm") for name in WearerSpec.model_fields if name.endswith("_cm")}
    assert lengths <= set(MEASUREMENT_NAMES)


@pytest.mark.parametrize(("field", "bounds"), list(GARMENT_BOUNDS.items()))
def test_garment_bounds_hold_to_the_digit(field: str, bounds: tuple[float, float]) -> None:
    for value in bounds:
        assert getattr(request_from_json(document(**{field: value})).garments[0], field) == value
    for value in (bounds[0] - 0.01, bounds[1] + 0.01, -bounds[0]):
        with pytest.raises(BadInput, match=f"between {bounds[0]:g} and {bounds[1]:g} cm"):
            request_from_json(document(**{field: value}))


@pytest.mark.parametrize("field", list(WEARER_BOUNDS))
def test_wearer_bounds(field: str) -> None:
    low, high = WEARER_BOUNDS[field]
    assert out_of_bounds(field, low, wearer=True) is None
    assert out_of_bounds(field, high * 3, wearer=True) is not None
    assert out_of_bounds(field, float("nan"), wearer=True) is not None
    with pytest.raises(ValidationError):
        WearerSpec(**{field: high + 1.0})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"garments": []}', "garments"),
        ('{"garments": [{"category": "spacesuit"}]}', "category"),
        (document(waist="76"), "unknown field 'garments[0].waist'"),
        (document(waist_cm="76"), "garments[0].waist_cm"),
        (document(waist_cm=True), "garments[0].waist_cm"),
        (document(colour={"name": "blue", "hex": "blue"}), "colour"),
        ('{"garments": [{"category": "dress"}], "motion": {"name": "swim"}}', "motion.name"),
        ('{"garments": [{"category": "dress"}], "views": {"azimuths_deg": [900]}}', "views.azimuths_deg"),
        (document(waist_cm=500), "waist of 500 cm is impossible"),
        ("x" * 1_000_001, "at most"),
    ],
)
def test_a_faulty_document_is_refused_in_one_sentence(text: str, says: str) -> None:
    with pytest.raises(BadInput) as refusal:
        request_from_json(text)
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_errors_do_not_repeat_what_was_given() -> None:
    secret = "my-weight-is-95"
    with pytest.raises(BadInput) as refusal:
        request_from_json(document(neckline=secret))
    assert secret not in str(refusal.value)

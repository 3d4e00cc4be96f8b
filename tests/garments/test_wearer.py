"""Who wears it: stated, from a size, or one whom the garment fits."""

from __future__ import annotations

from typing import Any

import pytest

from toile.garments.resolve import resolve
from toile.garments.resolved import ResolvedRequest
from toile.garments.spec import GarmentSpec, TryOnRequest, WearerSpec
from toile.garments.wearer import expected_waist, expected_weight


def made(wearer: dict[str, Any] | None = None, **garment: Any) -> ResolvedRequest:
    """Resolve a request for one garment."""
    garment.setdefault("category", "dress")
    return resolve(
        TryOnRequest.model_validate_json(
            TryOnRequest(garments=(GarmentSpec(**garment),), wearer=WearerSpec(**(wearer or {}))).to_json()
        )
    )


def test_nothing_said_is_a_woman_of_168_cm_and_60_kg_and_is_said() -> None:
    resolved = made()
    assert resolved.wearer.measurements == {"height": 1.68, "mass": 60.0}
    assert resolved.wearer.sources["height_cm"] == "default"
    assert any("168 cm, 60 kg" in note.message for note in resolved.notes)


def test_stated_measurements_are_metres_and_stay_as_they_are() -> None:
    wearer = made({"height_cm": 158.0, "weight_kg": 46.0, "waist_cm": 62.0}).wearer
    assert wearer.measurements == {"height": 1.58, "mass": 46.0, "waist": 0.62}
    assert set(wearer.sources.values()) == {"stated", "inferred"}  # the sex follows from the dress


@pytest.mark.parametrize("waist", [64.0, 70.0, 76.0, 84.0, 100.0])
def test_a_dress_of_a_stated_waist_gets_a_wearer_with_2_to_4_cm_of_ease(waist: float) -> None:
    resolved = made(waist_cm=waist)
    body = 100.0 * resolved.wearer.measurements["waist"]
    assert 2.0 <= waist - body <= 4.0
    assert resolved.wearer.sources["waist_cm"] == "inferred"
    assert any(note.field == "wearer" and "waist" in note.message for note in resolved.notes)


def test_a_wider_wearer_is_heavier() -> None:
    masses = [made(waist_cm=float(w)).wearer.measurements["mass"] for w in range(62, 120, 4)]
    assert masses == sorted(masses)


def test_expected_waist_and_weight_are_inverse() -> None:
    for sex in ("female", "male"):
        for height in (150.0, 168.0, 190.0):
            weight = expected_weight(height, 80.0, sex)
            assert expected_waist(height, weight, sex) == pytest.approx(80.0)


def test_a_garment_that_cannot_fit_the_stated_body_is_a_conflict() -> None:
    resolved = made({"height_cm": 160.0, "weight_kg": 95.0}, waist_cm=70.0)
    assert "waist" not in resolved.wearer.measurements
    assert [note.kind for note in resolved.notes if note.field == "wearer.waist_cm"] == ["conflict"]


def test_a_roomy_shirt_does_not_make_the_wearer_wide() -> None:
    assert "bust" not in made(category="t_shirt", bust_cm=112.0).wearer.measurements


def test_a_size_gives_the_body_and_says_that_its_table_is_unverified() -> None:
    resolved = made({"size": "165/88A"})
    assert resolved.wearer.measurements["bust"] == 0.88
    assert resolved.wearer.measurements["height"] == 1.65
    assert any("unverified" in note.message for note in resolved.notes if note.field == "wearer.size")
    bottoms = made({"size": "165/72A"}, category="skirt")
    assert bottoms.wearer.measurements["waist"] == 0.72


def test_stated_measurements_win_over_the_size() -> None:
    wearer = made({"size": "165/88A", "waist_cm": 70.0}).wearer
    assert wearer.measurements["waist"] == 0.70
    assert wearer.measurements["bust"] == 0.88


@pytest.mark.parametrize(("silhouette", "waist"), [("circle", 76.0), ("half_circle", 76.0), ("circle", None)])
def test_a_hip_that_no_circle_can_have_is_the_wearers_own(silhouette: str, waist: float | None) -> None:
    resolved = made(category="skirt", silhouette=silhouette, waist_cm=waist, hip_cm=100.0)
    assert resolved.garments[0].hip_cm is None
    assert resolved.wearer.measurements["hip"] == pytest.approx(1.0)
    assert any(note.field == "garments[0].hip_cm" and "own hip" in note.message for note in resolved.notes)


def test_a_hip_as_wide_as_a_circle_stays_the_skirts() -> None:
    resolved = made(category="skirt", silhouette="half_circle", waist_cm=70.0, hip_cm=133.0)
    assert resolved.garments[0].hip_cm == 133.0
    assert "hip" not in resolved.wearer.measurements or resolved.wearer.measurements["hip"] < 1.2

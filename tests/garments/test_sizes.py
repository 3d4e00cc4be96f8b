"""Size labels as bodies."""

from __future__ import annotations

import pytest

from toile.engine.core.errors import BadInput
from toile.garments.sizes import size_body


def test_a_chinese_label_is_bust_for_tops_and_waist_for_bottoms() -> None:
    top = size_body("165/88A", "female", bottom=False).measurements
    assert (top["height_cm"], top["bust_cm"], top["waist_cm"]) == (165.0, 88.0, 72.0)
    bottom = size_body("165/72A", "female", bottom=True).measurements
    assert (bottom["waist_cm"], bottom["bust_cm"]) == (72.0, 88.0)


@pytest.mark.parametrize(("letter", "drop"), [("Y", 21.5), ("A", 16.0), ("B", 11.0), ("C", 6.0)])
def test_the_letter_is_the_drop_from_bust_to_waist(letter: str, drop: float) -> None:
    body = size_body(f"160/84{letter}", "female", bottom=False).measurements
    assert body["bust_cm"] - body["waist_cm"] == drop


def test_letters_are_base_bodies() -> None:
    assert size_body("M", "female", bottom=False).measurements["bust_cm"] == 84.0
    assert size_body("M", "male", bottom=False).measurements["height_cm"] == 170.0
    assert size_body("2XL", "female", bottom=False) == size_body("XXL", "female", bottom=False)


def test_numbers_are_rows_of_their_tables() -> None:
    american = size_body("US 6", "female", bottom=False)
    assert american.measurements["waist_cm"] == 72.4
    assert "unverified" not in american.remark
    european = size_body("EU 38", "female", bottom=False)
    assert dict(european.measurements) == {"bust_cm": 88.0, "waist_cm": 72.0, "hip_cm": 97.0}
    assert "unverified" in european.remark
    assert size_body("CN 38", "female", bottom=False).measurements == european.measurements
    assert size_body("EU 50", "male", bottom=False).measurements["bust_cm"] == 100.0


def test_jeans_are_inches_of_waist_and_inside_leg() -> None:
    for label in ("W32 L34", "W32/L34", "32/34", "32x34"):
        assert dict(size_body(label, "male", bottom=True).measurements) == {
            "waist_cm": 81.3,
            "inseam_cm": 86.4,
        }
    assert dict(size_body("W28", "female", bottom=True).measurements) == {"waist_cm": 71.1}


def test_larger_labels_are_larger_bodies() -> None:
    for labels in (
        [f"EU {n}" for n in range(32, 54, 2)],
        ["XS", "S", "M", "L", "XL", "XXL", "XXXL", "XXXXL"],
    ):
        waists = [size_body(label, "female", bottom=False).measurements["waist_cm"] for label in labels]
        assert waists == sorted(set(waists))


@pytest.mark.parametrize("label", ["EU 39", "US 40", "UK 2", "huge", "", "7XL", "165-88A"])
def test_unknown_labels_are_refused_with_what_is_known(label: str) -> None:
    with pytest.raises(BadInput, match="give"):
        size_body(label, "female", bottom=False)

"""Readings of a number: scored by what is possible for garment and body."""

from __future__ import annotations

import pytest

from toile.garments.spec import GARMENT_BOUNDS
from toile.llm.numerals import Quantity
from toile.llm.readings import Context, body_readings, garment_readings


def waist(value: float, unit: str | None = None, **context: object) -> list[tuple[float, float]]:
    """Return (centimetres, score) of the readings of a waist."""
    found = garment_readings("waist_cm", Quantity(0, 0, value, unit), Context(**context))  # type: ignore[arg-type]
    return [(reading.value, reading.score) for reading in found]


def test_38_without_a_unit_is_76_laid_flat_and_keeps_inches_and_eu() -> None:
    values = [value for value, _ in waist(38, metric=True)]
    assert values[0] == 76.0
    assert set(values[1:]) == {96.52, 72.4}


def test_an_english_text_without_metric_units_means_inches() -> None:
    assert waist(28, chinese=False)[0][0] == 71.12


def test_38_cm_leaves_only_the_flat_reading() -> None:
    assert waist(38, "cm") == [(76.0, 1.0)]


def test_a_possible_value_with_its_unit_is_taken_as_it_stands() -> None:
    for value in range(60, 160):
        assert waist(value, "cm")[0][0] == value


def test_no_reading_leaves_the_bounds_and_scores_sum_to_one() -> None:
    low, high = GARMENT_BOUNDS["waist_cm"]
    for value in range(1, 260):
        for chinese in (True, False):
            found = waist(value, chinese=chinese)
            assert all(low <= v <= high for v, _ in found)
            if found:
                assert sum(score for _, score in found) == pytest.approx(1.0, abs=0.02)


def test_impossible_numbers_have_no_reading() -> None:
    assert waist(500, "cm") == []
    assert waist(500) == []
    assert waist(-38) == []
    assert waist(float("inf")) == []


def test_the_wearers_waist_moves_the_curve() -> None:
    assert waist(45, body=86.0)[0][0] == 90.0
    assert waist(55, body=52.0)[0][0] == 55.0


def test_a_weight_without_unit_is_what_a_body_weighs() -> None:
    def weight(value: float, chinese: bool) -> float:
        return body_readings("weight_kg", Quantity(0, 0, value), chinese=chinese, metric=False)[0].value

    assert weight(60, True) == 60.0
    assert weight(120, True) == 60.0  # 斤
    assert weight(130, False) == 59.0  # lb


def test_a_height_without_unit_is_what_a_body_measures() -> None:
    def height(value: float) -> float:
        return body_readings("height_cm", Quantity(0, 0, value), chinese=False, metric=False)[0].value

    assert height(168) == 168.0
    assert height(1.68) == 168.0
    assert height(66) == pytest.approx(167.6)
    assert height(5.6) == pytest.approx(167.6)

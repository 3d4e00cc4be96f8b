"""Numbers and units in every way that people write them."""

from __future__ import annotations

import pytest

from toile.llm.normal import normalise
from toile.llm.numerals import CM_PER, KG_PER, Quantity, chinese_number, quantity_at


def read(text: str) -> Quantity:
    """Return the quantity at the start of a text."""
    normal = normalise(text).text
    quantity = quantity_at(normal, 1 if normal[0] in "-负" else 0)
    assert quantity is not None
    return quantity


@pytest.mark.parametrize(
    ("text", "centimetres"),
    [
        ("110cm", 110.0),
        ("１１０厘米", 110.0),
        ("一百一十公分", 110.0),
        ("1.1m", 110.0),
        ("1米1", 110.0),
        ("1m65", 165.0),
        ("一米六五", 165.0),
        ("一米七", 170.0),
        ("一米零五", 105.0),
        ("1100mm", 110.0),
        ("二尺一", 70.0),
        ("2尺1寸", 70.0),
        ("二尺半", 250.0 / 3.0),
        ("一尺九", 190.0 / 3.0),
        ('28½"', 72.39),
        ("28 1/2 inches", 72.39),
        ("5'6\"", 167.64),
        ("5 ft 6 in", 167.64),
        ("6 feet", 182.88),
        ("76,5 cm", 76.5),
        ("43英寸", 109.22),
    ],
)
def test_lengths(text: str, centimetres: float) -> None:
    quantity = read(text)
    assert quantity.unit is not None
    assert quantity.value * CM_PER[quantity.unit] == pytest.approx(centimetres, abs=0.01)


@pytest.mark.parametrize(
    ("text", "kilograms"),
    [("60kg", 60.0), ("120斤", 60.0), ("60公斤", 60.0), ("130 lbs", 58.97), ("9 stone 4", 58.97)],
)
def test_weights(text: str, kilograms: float) -> None:
    quantity = read(text)
    assert quantity.unit is not None
    assert quantity.value * KG_PER[quantity.unit] == pytest.approx(kilograms, abs=0.01)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("三十八", 38),
        ("一百一", 110),
        ("一百零五", 105),
        ("两百", 200),
        ("一六八", 168),
        ("十", 10),
        ("七十六点五", 76.5),
    ],
)
def test_chinese_numerals(word: str, value: float) -> None:
    assert chinese_number(word) == value


@pytest.mark.parametrize("value", range(1, 1000))
def test_every_chinese_numeral_below_a_thousand(value: int) -> None:
    digits = "零一二三四五六七八九"
    hundreds, tens, ones = value // 100, value // 10 % 10, value % 10
    word = f"{digits[hundreds]}百" if hundreds else ""
    if tens:
        word += ("" if tens == 1 and not hundreds else digits[tens]) + "十"
    elif hundreds and ones:
        word += "零"
    word += digits[ones] if ones else ""
    assert chinese_number(word) == value


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("W30 L32", "jeans", (30.0, 32.0)),
        ("88/66/92", "ratio", (88.0, 66.0, 92.0)),
        ("34-24-36", "ratio", (34.0, 24.0, 36.0)),
        ("165/88A", "hao_xing", (165.0, 88.0)),
        ("168/60", "pair", (168.0, 60.0)),
        ("32x34", "pair", (32.0, 34.0)),
    ],
)
def test_compound_numbers(text: str, kind: str, values: tuple[float, ...]) -> None:
    quantity = read(text)
    assert (quantity.kind, quantity.values) == (kind, values)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("EU 38", "EU 38"),
        ("欧码40", "EU 40"),
        ("size 8", "8"),
        ("size 12 UK", "UK 12"),
        ("38码", "38"),
        ("M码", "M"),
        ("2XL", "XXL"),
    ],
)
def test_size_labels(text: str, label: str) -> None:
    quantity = read(text)
    assert (quantity.kind, quantity.label) == ("size", label)


def test_a_minus_is_kept_and_a_range_is_none() -> None:
    assert read("-165").value == -165.0
    assert read("负38").value == -38.0
    assert quantity_at("70-75", 3) == Quantity(3, 5, 75.0)


def test_numbers_beyond_reason_stay_numbers() -> None:
    assert read("9" * 60).value == float("inf")
    assert read("1e9").value == 1e9

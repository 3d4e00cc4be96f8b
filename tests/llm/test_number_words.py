"""English numbers in words: their value, and when a small one is no measurement."""

from __future__ import annotations

import pytest

from toile.llm import parse
from toile.llm.number_words import number_words
from toile.llm.numerals import quantity_at


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("thirty four inch waist", 34.0, "in"),
        ("a hundred and ten centimetres", 110.0, "cm"),
        ("one hundred sixty eight cm", 168.0, "cm"),
        ("one metre sixty five tall", 165.0, "cm"),
        ("five foot four", 64.0, "in"),
        ("six feet", 72.0, "in"),
        ("two and a half inches", 2.5, "in"),
        ("nine stone", 9.0, "st"),
        ("sixty kilos", 60.0, "kg"),
        ("seventy", 70.0, None),
        ("an inch", 1.0, "in"),
    ],
)
def test_numbers_in_words_are_numbers(text: str, value: float, unit: str | None) -> None:
    found = quantity_at(text, 0)
    assert found is not None
    assert (found.value, found.unit) == (value, unit)


@pytest.mark.parametrize(
    "text", ["one shoulder", "two in black", "ten out of ten", "a dress", "eighteenth", "often"]
)
def test_small_words_without_a_unit_are_no_measurements(text: str) -> None:
    assert number_words(text, 0) is None


def test_every_number_to_199_is_read_back() -> None:
    ones = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
    ]
    ones += ["sixteen", "seventeen", "eighteen", "nineteen"]
    tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]

    def words(n: int) -> str:
        if n >= 100:
            return "a hundred" + (f" and {words(n - 100)}" if n > 100 else "")
        return ones[n] if n < 20 else tens[n // 10 - 2] + (f" {ones[n % 10]}" if n % 10 else "")

    for n in range(1, 200):
        found = number_words(f"{words(n)} cm", 0)
        assert found is not None
        assert found[1] == n


def test_words_and_digits_make_the_same_request() -> None:
    spoken = parse("a red dress, a hundred and ten centimetres long, waist seventy-six")
    written = parse("a red dress, 110 centimetres long, waist 76")
    assert spoken.garments == written.garments

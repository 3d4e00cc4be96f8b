"""Typing errors of more than one slip: what is meant is found, words of their own are left alone."""

from __future__ import annotations

import random
import string
import time

import pytest

from toile.llm import parse
from toile.llm.resemblance import distant


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("cropd", "cropped"),
        ("beltd", "belted"),
        ("demin", "denim"),
        ("cardagin", "cardigan"),
        ("longsleeve", "long sleeve"),
        ("offshoulder", "off shoulder"),
    ],
)
def test_consonants_swapped_letters_two_slips_and_run_together_phrases(wrong: str, right: str) -> None:
    assert distant(wrong) == right


@pytest.mark.parametrize(
    "word",
    [
        "certain",
        "colonel",
        "captain",
        "traverse",
        "secretary",
        "station",
        "promise",
        "wonderful",
        "yesterday",
        "december",
        "kitchen",
    ],
)
def test_english_words_are_no_slips(word: str) -> None:
    assert distant(word) is None


def test_many_unknown_words_are_read_in_bounded_time() -> None:
    stream = random.Random(1)
    words = ("".join(stream.choice(string.ascii_lowercase) for _ in range(9)) for _ in range(190))
    text = " ".join(words) + " dress"
    assert parse(text).garments[0].category == "dress"
    began = time.process_time()
    parse(text)
    assert time.process_time() - began < 0.15  # about 0.05 s on one core

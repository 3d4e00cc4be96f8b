"""Typing errors of more than one slip: what is meant is found, words of their own are left alone."""

from __future__ import annotations

import random
import string
import time

import pytest

from toile.llm import parse
from toile.llm.mending import distant


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


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("stripped tee, navy and white", "print", "stripes"),
        ("brown sued jacket", "fabric", "leather"),
        ("navvy blazzer, dubble breasted", "closure", "double_breasted"),
        ("kaftan, loos fit", "fit", "loose"),
        ("black trousers, hi waist", "waistline", "high"),
        ("黑色皮加克", "category", "jacket"),
        ("蕾丝裙，跑跑袖", "sleeve_style", "puff"),
        ("旗跑，大红", "category", "dress"),
        ("毛尼大衣，黑", "fabric", "wool"),
        ("黑色T桖", "category", "t_shirt"),
    ],
)
def test_slips_into_other_words_and_by_sound(text: str, name: str, value: str) -> None:
    assert getattr(parse(text).garments[0], name) == value


def test_a_counter_before_a_colour_is_no_slip() -> None:
    assert parse("做件红色旗袍").garments[0].colour.name == "red"
    assert parse("我就想要个干干净净的白色T恤").garments[0].fit is None


def test_many_unknown_words_are_read_in_bounded_time() -> None:
    stream = random.Random(1)
    words = ("".join(stream.choice(string.ascii_lowercase) for _ in range(9)) for _ in range(190))
    text = " ".join(words) + " dress"
    assert parse(text).garments[0].category == "dress"
    began = time.process_time()
    parse(text)
    assert time.process_time() - began < 0.15  # about 0.03 s on one core

"""Typing errors that are real words, or only sound right."""

from __future__ import annotations

import pytest

from toile.llm import parse


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


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("high waited wide leg trousers", "waistline", "high"),
        ("off shouldr dress, white", "neckline", "off_shoulder"),
        ("plated skirt, navy", "silhouette", "pleated"),
        ("条文衬衫，蓝色", "print", "stripes"),
        ("tea shirt, black", "category", "t_shirt"),
    ],
)
def test_words_heard_or_typed_for_others_are_read_beside_their_neighbours(
    text: str, name: str, value: str
) -> None:
    assert getattr(parse(text).garments[0], name) == value


def test_an_unknown_word_far_from_a_garments_name_adds_no_garment() -> None:
    """A wedding's sangeet is no singlet, a capsule no cagoule."""
    for text in ("for the sangeet, a wine velvet skirt", "a capsule: black camisole"):
        assert len(parse(text).garments) == 1

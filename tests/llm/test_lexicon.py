"""The lexicon sets only canonical words, and only values that the request accepts."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import pytest

from toile.garments.spec import Category, GarmentSpec, MotionName, Sex
from toile.llm.lexicon import Meaning, lexicon, shade

PLAIN_LENGTHS = {"short"}  # becomes mini or cropped by the garment


def meanings() -> list[tuple[str, Meaning]]:
    """Return every phrase with each of its meanings."""
    return [(p, m) for found in lexicon().by_first.values() for p, all_of_it in found for m in all_of_it]


def accepts(name: str, value: Any) -> bool:
    """Return whether a garment of a request accepts a value in a field."""
    document = json.dumps({"category": "dress", name: value})
    return getattr(GarmentSpec.model_validate_json(document), name) is not None


def test_garments_and_attributes_set_canonical_words() -> None:
    checked = 0
    for phrase, meaning in meanings():
        if meaning.kind not in ("garment", "attribute"):
            continue
        for name, value in meaning.sets.items():
            if name == "category":
                assert value in get_args(Category) or meaning.generic is not None, phrase
            elif name == "colour":
                assert value == "black", phrase
            elif not (name == "length" and value in PLAIN_LENGTHS):
                assert accepts(name, value), (phrase, name, value)
            checked += 1
    assert checked > 1000


def test_motions_and_people_are_canonical() -> None:
    motions = {m.sets["motion"] for _, m in meanings() if m.kind == "motion"}
    assert motions == set(get_args(MotionName))
    assert {m.sets["sex"] for _, m in meanings() if m.kind == "sex"} == set(get_args(Sex))


def test_every_category_has_a_name_in_both_languages() -> None:
    for category in get_args(Category):
        names = [p for p, m in meanings() if m.kind == "garment" and m.sets["category"] == category]
        assert any(re.search("[\u4e00-\u9fff]", name) for name in names), category
        assert any(re.fullmatch("[a-z ]+", name) for name in names), category


def test_colours_are_srgb_and_a_shade_of_nothing_changes_nothing() -> None:
    for phrase, meaning in meanings():
        if meaning.kind == "colour":
            assert re.fullmatch("#[0-9a-f]{6}", meaning.sets["hex"]), phrase
            assert shade(meaning.sets["hex"], {"mix": "#000000", "share": 0.0}) == meaning.sets["hex"]


@pytest.mark.parametrize(
    ("phrase", "other"),
    [("皮夹克", "皮茄克"), ("牛仔连衣裙", "牛仔洋装"), ("小脚牛仔裤", "窄管牛仔裤"), ("走t台", "走伸展台")],
)
def test_another_writing_of_a_part_means_the_same_in_every_phrase(phrase: str, other: str) -> None:
    phrases = lexicon().phrases
    assert phrases[other] == phrases[phrase]

"""Motion and views: what is shown, and what only says when the garment is worn or where a zip sits."""

from __future__ import annotations

import pytest

from toile.llm import parse


@pytest.mark.parametrize(
    "text",
    [
        "坐下的时候腰不会勒的黑色阔腿裤",
        "适合走路穿的白色阔腿裤",
        "a grey skirt that's easy to walk in",
        "navy trousers for walking the dog",
        "跳起来不走光的白色百褶裙",
        "a dress for when she sits, red",
    ],
)
def test_an_occasion_is_no_motion_and_is_said(text: str) -> None:
    request = parse(text)
    assert request.motion.name is None
    assert any(note.field == "motion.name" for note in request.notes)


@pytest.mark.parametrize(
    ("text", "motion"),
    [
        ("白衬衫，让她走起来看看", "walk"),
        ("she walks in a red dress", "walk"),
        ("i want to see her sit, red dress", "sit"),
        ("红色连衣裙，转两圈", "turn"),
        ("black leggings, can I squat in them?", "squat"),
        ("米色风衣，让模特把双手举起来", "raise_arms"),
    ],
)
def test_a_motion_is_read(text: str, motion: str) -> None:
    assert parse(text).motion.name == motion


@pytest.mark.parametrize(
    "text", ["卡其色A字半裙，前面从上到下一排扣子", "black skirt, zip at the back", "连衣裙，背面开叉"]
)
def test_a_side_of_the_garment_is_no_view(text: str) -> None:
    assert parse(text).views.azimuths_deg is None


def test_both_sides_are_two_views() -> None:
    assert parse("红色大衣，正反面都要看").views.azimuths_deg == (0.0, 180.0)


@pytest.mark.parametrize(
    "text",
    [
        "a skirt? suede, tan, sits at my knees",
        "jeans that sit low on the hips",
        "black gilet with a collar that stands up",
        "trousers standing well off the ankle",
    ],
)
def test_where_a_garment_ends_is_no_motion(text: str) -> None:
    assert parse(text).motion.name is None


def test_a_person_who_stands_or_sits_is_a_motion() -> None:
    assert parse("red dress, she stands on the floor").motion.name == "stand"


@pytest.mark.parametrize(
    "text",
    [
        "西装裤不要口袋，前面也别打褶，黑的",
        "裙子后面不要开叉，侧面开",
        "大衣后面收腰，黑色",
        "口袋在侧面，黑裤子",
    ],
)
def test_what_is_sewn_on_a_side_is_no_view(text: str) -> None:
    assert parse(text).views.azimuths_deg is None


def test_a_cut_or_an_air_named_after_a_person_is_nobodys_sex() -> None:
    assert parse("dad joke energy: a loose Hawaiian shirt, turquoise").wearer.sex is None
    assert parse("a turquoise shirt for my dad").wearer.sex == "male"


@pytest.mark.parametrize(
    ("text", "size"), [("size 10, actually 12, wrap dress", "US 12"), ("尺码36，错了，38，白衬衫", "EU 38")]
)
def test_a_bare_number_corrects_the_size_before_it(text: str, size: str) -> None:
    request = parse(text)
    assert request.wearer.size == size
    assert request.clarification is None


def test_a_number_with_a_name_of_its_own_corrects_no_size() -> None:
    request = parse("size 10 dress, sorry, length 100, red")
    assert (request.wearer.size, request.garments[0].length_cm) == ("US 10", 100.0)


def test_a_camera_on_a_side_is_a_view() -> None:
    assert parse("红裙子，镜头在侧面").views.azimuths_deg == (90.0,)

"""Which names of garments mean a garment of their own."""

from __future__ import annotations

import pytest

from toile.engine.core.errors import BadInput
from toile.llm import parse


def test_a_plain_word_that_only_says_which_half_comes_next_is_no_garment() -> None:
    request = parse("橘色羽绒马甲套在白色连帽卫衣外面，裤子配深灰运动裤")
    assert [g.category for g in request.garments] == ["vest", "hoodie", "trousers"]
    assert request.garments[2].colour is not None
    assert request.garments[2].colour.name == "dark grey"
    assert [g.category for g in parse("外套配白衬衫，黑色").garments] == ["jacket", "shirt"]


@pytest.mark.parametrize(
    "text",
    [
        "burgundy dress, fitted bodice and flared skirt, 102 cm",
        "burgundy dress with a fitted bodice and full skirt, 102 cm",
    ],
)
def test_the_skirt_below_a_bodice_is_the_dresses(text: str) -> None:
    (made,) = parse(text).garments
    assert (made.category, made.silhouette, made.length_cm) == ("dress", "flared", 102.0)


def test_a_thing_that_is_not_made_right_before_a_garment_names_its_style() -> None:
    request = parse("strapless corset gown in ivory satin")
    assert (request.garments[0].category, request.garments[0].neckline) == ("dress", "strapless")
    with pytest.raises(BadInput):
        parse("a corset in ivory satin")


def test_a_mood_is_no_question_but_a_question_is() -> None:
    assert parse("joke gift: a neon pink jumpsuit, short sleeves").garments[0].category == "jumpsuit"
    for text in ("tell me a joke about a red silk dress", "write me a story: a red silk dress"):
        with pytest.raises(BadInput):
            parse(text)


def test_two_colour_characters_before_a_print_are_two_colours() -> None:
    checked = parse("灰白格子半身裙").garments[0]
    assert checked.colour is not None
    assert checked.colour.name == "grey"
    assert checked.print_colours
    assert parse("灰白大衣").garments[0].colour.name == "off white"


@pytest.mark.parametrize("text", ["红色带帽上衣", "上衣，黑色，连帽的", "grey top with a hood"])
def test_a_top_of_no_kind_with_a_hood_is_a_hoodie_and_nothing_is_asked(text: str) -> None:
    request = parse(text)
    assert [(g.category, g.neckline) for g in request.garments] == [("hoodie", "hood")]
    assert request.clarification is None
    assert [(n.field, n.kind) for n in request.notes] == [("garments[0].category", "assumption")]


def test_a_top_whose_hood_is_refused_is_no_hoodie() -> None:
    assert [g.category for g in parse("grey top without a hood").garments] == ["t_shirt"]

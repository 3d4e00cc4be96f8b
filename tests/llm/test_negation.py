"""What a text refuses is not in its request, however it is refused; what is asked for instead is."""

from __future__ import annotations

from typing import Any

import pytest

from toile.engine.core.errors import BadInput
from toile.llm import parse


def garment(text: str) -> dict[str, Any]:
    """Return the one garment of a text as plain values, without what was not said."""
    (only,) = parse(text).to_dict()["garments"]
    return {name: value for name, value in only.items() if value not in (None, [], ())}


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("连衣裙不要蝴蝶结蕾丝花边", ("bow", "lace_trim", "ruffles")),
        ("米白连衣裙，别给我加珠子亮片", ("beading", "sequins")),
        ("风衣不要腰带，卡其", ("belt",)),
        ("连衣裙，腰带也免了，粉色", ("belt",)),
        ("navy ball gown, no sequins, beads or ruffles", ("sequins", "beading", "ruffles")),
        ("lilac blouse, lose the ruffles and the bow", ("ruffles", "bow")),
        ("forget the belt, black trench coat", ("belt",)),
        ("olive parka, don't bother with a lining", ("lined",)),
        ("green coat, leave the belt off", ("belt",)),
    ],
)
def test_no_refused_detail_is_made(text: str, refused: tuple[str, ...]) -> None:
    assert not set(garment(text).get("details", ())) & set(refused)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("红色连衣裙，一点花纹都不要有", "print", "solid"),
        ("白衬衫，口袋省了吧", "pockets", False),
        ("讨厌蕾丝，来条白色连衣裙，雪纺", "fabric", "chiffon"),
        ("我对羊毛过敏，毛衣用棉的，米色", "fabric", "cotton"),
        ("我不穿紧身的，来条宽松牛仔裤", "fit", "loose"),
        ("Evening dress, not strapless - halter please", "neckline", "halter"),
        ("neither sleeves nor straps: strapless red dress", "neckline", "strapless"),
        ("can't stand polka dots, so a plain yellow sundress", "print", "solid"),
    ],
)
def test_what_is_asked_for_instead_of_the_refused_is_kept(text: str, name: str, value: object) -> None:
    request = parse(text)
    assert getattr(request.garments[0], name) == value
    assert request.clarification is None


def test_a_garment_that_is_left_off_is_not_made() -> None:
    found = parse("Put him in a pink shirt and navy shorts, leave the jacket off")
    assert [g.category for g in found.garments] == ["shirt", "shorts"]
    assert found.wearer.sex == "male"
    assert garment("can't stand turtlenecks, so a crew neck jumper in cream")["neckline"] == "crew"
    assert garment("take the collar off the shirt, white linen")["details"] == ["collarless"]


def test_off_the_shoulder_is_no_refusal() -> None:
    assert garment("red dress, off the shoulder")["neckline"] == "off_shoulder"
    assert garment("take the black dress off the shoulder")["category"] == "dress"


@pytest.mark.parametrize(
    "text",
    [
        "Don't give me skinny jeans. Straight leg, black.",
        "Don't want skinny jeans, want straight leg ones, black",
    ],
)
def test_of_a_refused_kind_of_garment_the_garment_is_made_and_that_is_said(text: str) -> None:
    request = parse(text)
    made = request.garments[0]
    assert (made.category, made.silhouette, made.fabric) == ("trousers", "straight", "denim")
    assert any(n.field == "garments[0].category" and n.kind == "assumption" for n in request.notes)


def test_a_garment_refused_by_its_plain_name_is_not_made() -> None:
    with pytest.raises(BadInput):
        parse("no jeans, black")


def test_no_note_says_that_nothing_was_chosen_where_something_was() -> None:
    told = " ".join(n.message for n in parse("grey sweater, not a crew neck, a v neck").notes)
    assert "nothing else was chosen" not in told
    told = " ".join(n.message for n in parse("grey sweater, no crew neck").notes)
    assert "'crew neck' was refused" in told


@pytest.mark.parametrize(
    "text", ["亚麻衬衫式连衣裙", "风衣款连衣裙", "shirt-style dress in linen", "a dress in a blazer style"]
)
def test_a_garment_that_names_a_style_is_not_made_beside_the_one_that_has_it(text: str) -> None:
    assert garment(text)["category"] == "dress"


def test_a_size_that_is_always_worn_is_the_wearers() -> None:
    assert parse("一直穿160/68A的，黑色直筒裤来一条").wearer.size == "160/68A"


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("裙子不能透，不能露背，长度到脚踝，棉的", "details", None),
        ("backless? no thanks. Red evening dress, long sleeves", "details", None),
        ("none of that puffy sleeve stuff, just a plain long sleeve blouse", "sleeve_style", None),
        ("coat without lapels, stand collar instead", "details", None),
        ("I hate lace and I don't do florals. Ivory satin blouse", "print", None),
        ("白衬衫不要印花", "print", "solid"),
        ("千万别开叉，旗袍，墨绿色", "slit", False),
        ("毛衣要圆领的，黑色，不要起球那种料子", "neckline", "crew"),
        ("long sleeves... no, short ones. white shirt", "sleeve", "short"),
        ("领口V的，啊不，方的，红裙子", "neckline", "square"),
        ("牛仔裤，不对，西裤，黑色", "fabric", None),
        ("swap my usual black for a cobalt coat", "colour", "cobalt"),
    ],
)
def test_what_is_refused_or_corrected_leaves_only_what_holds(text: str, name: str, value: object) -> None:
    said = garment(text).get(name)
    assert (said["name"] if isinstance(said, dict) else said) == value

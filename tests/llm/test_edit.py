"""A change in words: exact about what changes, and everything else as it was."""

from __future__ import annotations

import pytest

from toile.edits import edit_request as edit
from toile.engine.core.errors import BadInput
from toile.garments.spec import TryOnRequest, request_from_json
from toile.llm import parse
from toile.llm.edit import edit as edit_words


def fields(request: TryOnRequest) -> dict[str, object]:
    """Return every stated value by its path."""
    document = request.model_dump(mode="json")
    found = {
        f"garments[{i}].{k}": v
        for i, g in enumerate(document["garments"])
        for k, v in g.items()
        if v not in (None, [])
    }
    for part in ("wearer", "motion", "views"):
        found |= {f"{part}.{k}": v for k, v in document[part].items() if v is not None}
    return found


@pytest.mark.parametrize(
    ("text", "change", "changed"),
    [
        ("一件红色连衣裙，长110cm", "换成真丝", {"garments[0].fabric": "silk"}),
        ("一件红色连衣裙，长110cm", "再短一点", {"garments[0].length_cm": 105.0}),
        ("一件红色连衣裙，长110cm", "加长3厘米", {"garments[0].length_cm": 113.0}),
        ("一件红色连衣裙，长110cm", "缩短2寸", {"garments[0].length_cm": 103.3}),
        (
            "一件红色连衣裙，腰围76",
            "改成V领，不要口袋",
            {"garments[0].neckline": "v", "garments[0].pockets": False},
        ),
        ("一件红色连衣裙，长110cm，腰围76", "腰围收2厘米", {"garments[0].waist_cm": 74.0}),
        ("一件红色连衣裙，长110cm，腰围76", "裙长减10公分", {"garments[0].length_cm": 100.0}),
        ("a black skirt, 60 cm long", "two cm shorter", {"garments[0].length_cm": 58.0}),
        (
            "a white shirt with grey trousers",
            "both in linen",
            {"garments[0].fabric": "linen", "garments[1].fabric": "linen"},
        ),
        ("黑色长袖衬衫", "袖子短一点", {"garments[0].sleeve": "three_quarter"}),
        ("白衬衫配黑色西裤", "裤子换成灰色", {"garments[1].colour": {"name": "grey", "hex": "#8a8d91"}}),
        ("白衬衫配黑色西裤", "衬衫宽松一点", {"garments[0].fit": "loose"}),
        ("a black skirt, 60 cm long", "make it 5 cm longer", {"garments[0].length_cm": 65.0}),
        (
            "a black skirt, 60 cm long",
            "navy instead",
            {"garments[0].colour": {"name": "navy", "hex": "#1b2a4a"}},
        ),
        ("a slim white shirt", "a bit looser", {"garments[0].fit": "regular"}),
        ("a white shirt", "make her walk for 5 seconds", {"motion.name": "walk", "motion.seconds": 5.0}),
        ("a white shirt", "my height is 170 cm", {"wearer.height_cm": 170.0}),
    ],
)
def test_only_what_was_said_changes(text: str, change: str, changed: dict[str, object]) -> None:
    before = parse(text)
    after = edit(before, change).request
    assert fields(after) == {**fields(before), **changed}


def test_edits_follow_one_another_and_survive_json() -> None:
    request = parse("一件红色连衣裙，长110cm")
    for words in ("再短一点", "换成真丝", "再短一点", "加一件黑色皮夹克", "夹克换成牛仔的", "让她转一圈"):
        request = request_from_json(edit(request, words).request.to_json())
    dress, jacket = request.garments
    assert (dress.length_cm, dress.fabric, jacket.category, jacket.fabric) == (
        100.0,
        "silk",
        "jacket",
        "denim",
    )
    assert request.motion.name == "turn"
    assert request.wearer.sex is None  # "her" is the wearer that there is


def test_how_much_is_an_assumption_that_is_said() -> None:
    edited = edit(parse("a black skirt, 60 cm long"), "shorter")
    assert [c.assumed for c in edited.changes] == [True]
    assert [n.kind for n in edited.request.notes] == ["assumption"]
    assert edited.request.provenance["garments[0].length_cm"].source == "inferred"
    exact = edit(parse("a black skirt, 60 cm long"), "5 cm shorter")
    assert not exact.changes[0].assumed
    assert not exact.request.notes


def test_shorter_is_shorter_than_what_was_seen() -> None:
    """Without a stated length the change starts from the length that was made."""
    from toile.garments.resolve import resolve

    before = parse("a midi dress")
    made = resolve(before).garments[0].length_cm
    after = edit(before, "a bit shorter").request.garments[0]
    assert made is not None
    assert after.length_cm == made - 5.0
    assert after.length is None


def test_a_word_replaces_a_number_and_a_number_a_word() -> None:
    knee = edit(parse("a red dress, 110 cm long"), "knee length").request.garments[0]
    assert (knee.length, knee.length_cm) == ("knee", None)
    number = edit(parse("a knee-length red dress"), "length 90 cm").request.garments[0]
    assert (number.length, number.length_cm) == (None, 90.0)


def test_a_girth_starts_from_what_was_drafted() -> None:
    before = parse("a red dress")
    assert edit_words(before, "腰收紧2厘米", [{"waist_cm": 74.0}]).request.garments[0].waist_cm == 72.0
    with pytest.raises(BadInput):
        edit(before, "腰收紧2厘米")


def test_details_come_and_go() -> None:
    belted = edit(parse("a red dress"), "add a belt").request
    assert belted.garments[0].details == ("belt",)
    assert edit(belted, "去掉腰带").request.garments[0].details == ()
    assert edit(parse("a black jacket with a zip"), "no zip").request.garments[0].closure is None


def test_garments_come_and_go() -> None:
    request = parse("白衬衫配黑色西裤")
    without = edit(request, "不要衬衫了").request
    assert [g.category for g in without.garments] == ["trousers"]
    assert without.provenance["garments[0].colour"].text == request.provenance["garments[1].colour"].text
    other = edit(request, "裤子换成半身裙").request
    assert [g.category for g in other.garments] == ["shirt", "skirt"]
    skirt = edit(parse("a red dress with a v-neck"), "change it to a skirt").request.garments[0]
    assert (skirt.category, skirt.neckline) == ("skirt", None)


@pytest.mark.parametrize("nothing", ["你好", "thanks!", "hmm", "", "再红色一件红色的连衣裙" * 400])
def test_a_text_that_changes_nothing_is_refused(nothing: str) -> None:
    with pytest.raises(BadInput):
        edit(parse("一件红色连衣裙"), nothing)


def test_impossible_changes_are_refused_and_the_request_stays() -> None:
    request = parse("a red dress, 110 cm long")
    for words in ("waist 900 cm", "300 cm longer"):
        with pytest.raises(BadInput):
            edit(request, words)
    assert fields(request)["garments[0].length_cm"] == 110.0

"""A value said for short right behind a refused part means that part; elsewhere it does not."""

from __future__ import annotations

import pytest

from toile.llm import parse
from toile.llm.ellipsis import shortened
from toile.llm.normal import normalise


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("羊毛衫，不要高领，要V的，藏青", "neckline", "v"),
        ("T恤，不要V领，圆的", "neckline", "crew"),
        ("毛衣别用高领，带一点小V就好", "neckline", "v"),
        ("衬衫不要长袖，短的", "sleeve", "short"),
        ("裤子不要高腰，低的就行", "waistline", "low"),
        ("领子我不要翻的，要立的，白衬衫", "neckline", "mandarin"),
        ("领子换成方的，红裙子", "neckline", "square"),
        ("羽绒服，黑，短", "length", "cropped"),
        ("no crew neck, make it a V, grey sweater", "neckline", "v"),
        ("red dress, not a round neck, a square one", "neckline", "square"),
        ("blue dress, not short sleeves, long ones please", "sleeve", "long"),
        ("no turtleneck, crew please, black sweater", "neckline", "crew"),
    ],
)
def test_a_value_behind_a_refused_part_is_of_that_part_and_said(text: str, name: str, value: str) -> None:
    request = parse(text)
    assert getattr(request.garments[0], name) == value
    entry = request.provenance[f"garments[0].{name}"]
    assert entry.text is not None
    assert entry.text in text
    assert any(note.kind == "assumption" for note in request.notes)


@pytest.mark.parametrize(
    "text",
    [
        "圆领毛衣，要短的",
        "不要长袖，要红的",
        "不要高领毛衣，要圆点的裙子",
        "a v neck sweater, make it long",
        "no sleeves, a short dress",
        "no collar, blue, shirt",
    ],
)
def test_a_value_is_left_alone_where_no_part_was_refused_or_it_is_none_of_that_part(text: str) -> None:
    assert shortened(normalise(text)) == []


@pytest.mark.parametrize(
    ("text", "waist"),
    [
        ("腰围不是68是70，黑色半身裙", 70.0),
        ("腰围不是68，是70厘米，黑色半身裙", 70.0),
        ("黑色半身裙，腰围不要六十八要七十", 70.0),
        ("waist 70 not 68, black skirt", 70.0),
    ],
)
def test_a_number_refused_for_the_next_one_is_left_out(text: str, waist: float) -> None:
    request = parse(text)
    assert request.garments[0].waist_cm == waist
    assert request.clarification is None


def test_a_size_refused_for_the_next_one_is_left_out() -> None:
    assert parse("不是S码是M码，白T恤").wearer.size == "M"

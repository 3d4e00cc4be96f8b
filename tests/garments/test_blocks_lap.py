"""Lapped fronts: what reaches past the centre repeats what it lies on, and sewn shut the pattern is what it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from toile.engine.core.errors import DamagedFile
from toile.engine.core.measurements import Measurements
from toile.garments import curves
from toile.garments.blocks_lap import closed, is_lapped, own_side, stand_of, twin
from toile.garments.drafting import draft
from toile.garments.pattern import Pattern, Tie
from toile.garments.pattern_json import check_pattern
from toile.garments.style import Style

SHIRT = Style("shirt", "shirt", sleeve="long", neckline="shirt_collar")
STYLES = {
    "shirt": SHIRT,
    "coat": Style("coat", "coat", sleeve="long", neckline="lapel", fabric="wool"),
    "double": Style(
        "coat", "coat", sleeve="long", neckline="lapel", fabric="wool", closure="double_breasted"
    ),
    "dress": Style("dress", "dress", "a_line", sleeve="short", closure="buttons"),
    "cardigan": Style("sweater", "sweater", sleeve="long", neckline="v", fabric="knit", closure="buttons"),
}
STANDS = {"shirt": 0.015, "coat": 0.025, "double": 0.080, "dress": 0.015, "cardigan": 0.015}


@pytest.mark.parametrize("name", STYLES)
def test_each_front_reaches_past_the_centre_by_its_stand_and_lies_on_the_other(
    name: str, body: Measurements
) -> None:
    pattern = draft([STYLES[name]], body)
    fronts = [p for p in pattern.panels if is_lapped(p)]
    assert len(fronts) >= 2
    for panel in fronts:
        assert stand_of(panel) == pytest.approx(STANDS[name], abs=1e-9)
        other = pattern.panel(twin(panel.name))
        outline = panel.outline * np.array([-1.0, 1.0])
        assert curves.area(panel.outline) == pytest.approx(abs(curves.area(outline)))
        past = panel.outline[own_side(panel) * panel.outline[:, 0] < -1e-6]
        ring = np.concatenate([other.outline, other.outline[:1]])
        for x, y in past:  # inside the other front, or on its border
            row = np.sort(
                curves.crossings(ring, float(np.clip(y, ring[:, 1].min() + 1e-9, ring[:, 1].max() - 1e-9)))
            )
            assert row[0] - 1e-4 <= x <= row[-1] + 1e-4


@pytest.mark.parametrize("name", STYLES)
def test_sewn_shut_it_is_whole_and_as_large_as_the_closed_garment(name: str, body: Measurements) -> None:
    pattern = draft([STYLES[name]], body)
    shut = closed(pattern)
    check_pattern(shut)
    assert not shut.ties
    assert not [p for p in shut.panels if is_lapped(p)]
    zipped = draft([replace(STYLES[name], closure="front_zip")], body)

    def shell(of: Pattern) -> float:
        return sum(curves.area(p.outline) for p in of.panels)

    assert shell(shut) == pytest.approx(shell(zipped), rel=1e-9)
    girths = ("bust_cm", "waist_cm", "hip_cm", "length_cm", "shoulder_cm")
    one, two = ({m.name: m.drafted for m in p.measures if m.name in girths} for p in (pattern, zipped))
    assert one == pytest.approx(two, abs=1e-9)


def test_women_button_right_over_left_and_men_left_over_right(body: Measurements) -> None:
    for side, other in (("right", "left"), ("left", "right")):
        pattern = draft([replace(SHIRT, lap=side)], body)
        assert {t.upper for t in pattern.ties} == {f"shirt/{side}_front"}
        assert {t.lower for t in pattern.ties} == {f"shirt/{other}_front"}
        marks = {p.name: [f.kind for f in p.folds] for p in pattern.panels if is_lapped(p)}
        assert marks[f"shirt/{side}_front"].count("buttonhole") == len(pattern.ties) >= 5
        assert marks[f"shirt/{other}_front"].count("button") == len(pattern.ties)
        assert all(kinds.count("centre") == 1 for kinds in marks.values())


def test_a_double_breasted_coat_has_its_buttons_beside_the_centre_and_one_inside(body: Measurements) -> None:
    pattern = draft([STYLES["double"]], body)
    seen, hidden = [t for t in pattern.ties if t.size], [t for t in pattern.ties if not t.size]
    assert {round(t.at[0], 6) for t in seen} == {0.06}
    assert [round(t.at[0], 6) for t in hidden] == [-0.06]


def test_a_front_with_something_in_the_way_stays_sewn_and_says_so(body: Measurements) -> None:
    dress = Style(
        "dress", "dress", "pencil", sleeve="short", closure="buttons", slit=True, details=("front_slit",)
    )
    pattern = draft([dress], body)
    assert not pattern.ties  # the slit opens the seam that would lap
    assert any("does not lap" in note for note in pattern.notes)


def test_a_tie_beside_its_panel_is_refused(body: Measurements) -> None:
    pattern = draft([SHIRT], body)
    tie = pattern.ties[0]
    for bad in (replace(tie, at=(0.5, tie.at[1])), replace(tie, upper="shirt/nothing")):
        with pytest.raises(DamagedFile, match="tie"):
            check_pattern(replace(pattern, ties=(bad,)))
    assert isinstance(tie, Tie)

"""The wardrobe: every block, collar, cuff and tier is whole, starts clean on a body, and drapes without touching it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from toile.engine.cloth.press import FleshPress
from toile.engine.cloth.simulate import drape
from toile.engine.core.errors import BadInput, Infeasible
from toile.engine.core.intersect import body_cloth_intersections, cloth_self_intersections, vertices_inside
from toile.engine.core.measurements import Measurements
from toile.garments.drafting import draft
from toile.garments.pattern import Pattern
from toile.garments.pattern_json import check_pattern
from toile.garments.placement import dress
from toile.garments.style import Style
from toile.garments.topology import check_topology

sys.path.insert(0, str(Path(__file__).parent))
from test_placement import BODIES, assert_clean, figure

GATHERED = 0.5
"""Least stretch of one side in a hundred: cloth that is gathered starts pressed together along its seam."""
T_SHIRT = Style("t_shirt", "t_shirt", sleeve="short", fabric="knit", layer=1)
WARDROBE = {
    "tank_top": [Style("tank_top", "tank_top", neckline="scoop", fabric="knit")],
    "cap_sleeve": [Style("dress", "dress", "a_line", sleeve="cap")],
    "three_quarter": [Style("t_shirt", "t_shirt", sleeve="three_quarter", fabric="knit")],
    "bell": [Style("dress", "dress", "a_line", sleeve="long", sleeve_style="bell")],
    "puff": [Style("dress", "dress", "a_line", sleeve="short", sleeve_style="puff")],
    "bishop": [Style("blouse", "blouse", sleeve="long", sleeve_style="bishop", neckline="v", fabric="silk")],
    "pencil": [Style("skirt", "skirt", "pencil", length=0.62)],
    "mermaid": [Style("dress", "dress", "mermaid", length=1.3)],
    "tiered": [Style("skirt", "skirt", "tiered", length=0.75)],
    "empire": [Style("dress", "dress", "a_line", waistline="empire", sleeve="short", length=1.2)],
    "drop": [Style("dress", "dress", "half_circle", waistline="drop", length=1.05)],
    "mandarin_dress": [Style("dress", "dress", "pencil", sleeve="cap", neckline="mandarin", fabric="silk")],
    "shirt": [Style("shirt", "shirt", sleeve="long", neckline="mandarin")],
    "vest": [Style("vest", "vest", neckline="v", fabric="wool")],
    "sweater": [Style("sweater", "sweater", sleeve="long", neckline="crew", fabric="knit")],
    "turtleneck": [Style("sweater", "sweater", sleeve="long", neckline="turtleneck", fabric="knit")],
    "jumpsuit": [Style("jumpsuit", "jumpsuit", "straight", neckline="v")],
    "wide_jumpsuit": [Style("jumpsuit", "jumpsuit", "wide", sleeve="short")],
    "jacket": [
        T_SHIRT,
        Style("jacket", "jacket", sleeve="long", neckline="mandarin", fabric="wool", layer=2),
        Style("trousers", "trousers"),
    ],
    "coat": [
        Style("dress", "dress", "a_line", length=0.9),
        Style("coat", "coat", "a_line", sleeve="long", neckline="v", fabric="wool", length=1.0, layer=1),
    ],
}


@pytest.mark.parametrize("look", WARDROBE)
def test_every_block_starts_clean(look: str) -> None:
    body = figure("168_60")
    assert_clean(dress(draft(WARDROBE[look], body.measurements), body, 0.025), body, GATHERED)


@pytest.mark.slow
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("look", WARDROBE)
def test_every_block_drapes_without_touching_the_body(look: str, body: str) -> None:
    on = figure(body)
    cloth = dress(draft(WARDROBE[look], on.measurements), on, 0.02)
    assert_clean(cloth, on, GATHERED)
    at_rest = drape(cloth, on.vertices, on.faces).vertices
    assert len(cloth_self_intersections(at_rest, cloth.faces)) == 0
    assert not vertices_inside(at_rest, on.vertices, on.faces).any()
    press = FleshPress(on.faces, len(on.vertices))  # as the simulation does in every frame
    flesh = press.press(on.vertices.astype(np.float32), at_rest, cloth.faces)
    assert len(body_cloth_intersections(at_rest, cloth.faces, flesh, on.faces)) == 0
    assert np.linalg.norm(flesh - on.vertices, axis=1).max() < 0.002
    assert check_topology(at_rest, cloth, on.joints) == []


def pieces(style: Style, body: Measurements) -> dict[str, float]:
    """Return every panel's name without its garment, and its width."""
    pattern = draft([style], body)
    return {p.name.split("/")[1]: float(np.ptp(p.outline[:, 0])) for p in pattern.panels}


def _length(pattern: Pattern, panel: str, edge: str) -> float:
    """Return the length of an edge and of the parts that it was cut into."""
    found = [e for e in pattern.panel(panel).edges if e.name == edge or e.name.startswith(f"{edge}_")]
    return sum(e.length for e in found)


def test_a_stand_is_as_long_as_the_neck_and_leans_in(body: Measurements) -> None:
    pattern = draft([Style("shirt", "shirt", sleeve="long", neckline="mandarin", neck=0.40)], body)
    assert _length(pattern, "shirt/collar_stand", "bottom") == pytest.approx(0.40, abs=1e-4)
    assert 0.36 < _length(pattern, "shirt/collar_stand", "top") < 0.39
    assert {r.name: r.edges for r in pattern.loops}["neck"] == (("shirt/collar_stand", "top"),)


def test_a_front_that_zips_is_two_halves_sewn_at_the_centre(body: Measurements) -> None:
    pattern = draft([Style("shirt", "shirt", sleeve="long", neckline="mandarin", closure="zip")], body)
    left, right = (pattern.panel(f"shirt/{side}_front").edge("centre") for side in ("left", "right"))
    np.testing.assert_allclose(left.points[:, 0], 0.0, atol=1e-9)
    np.testing.assert_allclose(left.points, right.points[::-1], atol=1e-9)
    assert pattern.panel("shirt/left_front").outline[:, 0].min() > -1e-9
    assert not pattern.ties
    assert any("sewn shut" in note for note in pattern.notes)


def test_a_split_front_measures_as_a_whole_one(body: Measurements) -> None:
    shirt = draft([Style("top", "vest", neckline="v")], body)
    whole = draft([Style("top", "t_shirt", neckline="v", neck=None)], body)
    one, two = ({m.name: m.drafted for m in p.measures} for p in (shirt, whole))
    for name in ("bust_cm", "waist_cm", "hip_cm", "shoulder_cm", "length_cm"):
        assert one[name] == pytest.approx(two[name], abs=1e-4), name


def test_gathers_state_what_they_take_in(body: Measurements) -> None:
    pattern = draft([Style("dress", "dress", "tiered", sleeve="short", sleeve_style="puff")], body)
    gathers = [s for s in pattern.seams if s.kind == "gather"]
    assert {s.name.split("/")[1].rsplit("_", 1)[0] for s in gathers} >= {"cuff", "armhole_front", "tier_2"}
    for seam in gathers:
        first, second = (pattern.panel(p).edge(e).length for p, e in (seam.first, seam.second))
        assert first - second == pytest.approx(seam.ease, abs=1e-4)
        assert abs(seam.ease) > 0.02 * second


def test_a_tier_is_wider_than_the_one_above(body: Measurements) -> None:
    widths = pieces(Style("skirt", "skirt", "tiered", length=0.75), body)
    assert widths["front"] < widths["tier_2_front"] < widths["tier_3_front"]


def test_stated_hems_hold_where_tiers_and_ribs_end(body: Measurements) -> None:
    for style in (
        Style("skirt", "skirt", "mermaid", length=0.9, hem=1.8),
        Style("skirt", "skirt", "tiered", length=0.75, hem=2.6),
        Style("skirt", "skirt", "pencil", length=0.6, hem=0.9),
        Style("sweater", "sweater", sleeve="long", fabric="knit", length=0.62, hem=0.94),
        Style("dress", "dress", "half_circle", waistline="drop", length=1.0, hem=2.4),
    ):
        found = {m.name: m.drafted for m in draft([style], body).measures}
        assert found["hem_cm"] == pytest.approx(style.hem, abs=1e-4)
        assert found["length_cm"] == pytest.approx(style.length, abs=1e-4)


def test_an_empire_seam_lies_under_the_bust_and_a_drop_seam_below_the_waist(body: Measurements) -> None:
    plain = Style("dress", "dress", "a_line")
    heights = {}
    for waistline in ("empire", "natural", "drop"):
        pattern = draft([replace(plain, waistline=waistline)], body)
        skirt = pattern.panel("dress/skirt_front")
        waist = np.concatenate([e.points for e in skirt.edges if e.name.startswith("waist")])
        heights[waistline] = waist[np.abs(waist[:, 0]).argmin(), 1] - skirt.placement.y
    assert heights["drop"] < -0.05 < heights["natural"] < 0.02 < heights["empire"]
    assert heights["empire"] < body.bust_height - body.waist_height


@pytest.mark.parametrize(
    ("style", "error", "words"),
    [
        (Style("skirt", "skirt", "mermaid", length=0.30), BadInput, "flounce"),
        (Style("skirt", "skirt", "tiered", length=0.26), BadInput, "tier"),
        (Style("skirt", "skirt", "mermaid", length=0.9, hem=0.8), Infeasible, "80.0"),
        (Style("skirt", "skirt", "tiered", length=0.8, hem=40.0), Infeasible, "4000.0"),
        (
            Style("dress", "dress", sleeve="short", sleeve_style="puff", sleeve_length=0.08),
            BadInput,
            "puff",
        ),
        (Style("jumpsuit", "jumpsuit", length=0.6), BadInput, "60.0"),
    ],
)
def test_what_cannot_be_cut_is_refused_in_one_sentence(
    style: Style, error: type[Exception], words: str, body: Measurements
) -> None:
    with pytest.raises(error) as caught:
        draft([style], body)
    assert words in str(caught.value)
    assert str(caught.value).endswith(".")


def test_every_block_is_whole_and_reads_back(body: Measurements) -> None:
    for styles in WARDROBE.values():
        check_pattern(draft(styles, body))

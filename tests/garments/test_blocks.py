"""What a pattern maker looks for in a bodice, a sleeve and a leg."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from toile.engine.core.measurements import Measurements
from toile.garments import curves
from toile.garments.blocks_skirt import HEM_DROP, SIDE_DROP
from toile.garments.blocks_sleeve import cap_for, cap_half
from toile.garments.curves import F64
from toile.garments.drafting import draft
from toile.garments.pattern import Edge, Panel, Pattern
from toile.garments.style import Style


def _panels(pattern: Pattern) -> dict[str, Panel]:
    return {p.name.split("/")[1]: p for p in pattern.panels}


def _leaving(edge: Edge) -> np.ndarray:
    return curves.unit(edge.points[1] - edge.points[0])


def _arriving(edge: Edge) -> np.ndarray:
    return curves.unit(edge.points[-1] - edge.points[-2])


@pytest.mark.parametrize("neckline", ["crew", "scoop", "v"])
def test_necks_and_armholes_meet_the_shoulder_squarely(neckline: str, body: Measurements) -> None:
    panels = _panels(draft([Style("dress", "dress", "a_line", neckline=neckline)], body))
    for panel in (panels["bodice_front"], panels["bodice_back"]):
        plus = "left" if panel.name.endswith("front") else "right"
        shoulder = panel.edge(f"shoulder_{plus}")
        neck = next(e for e in panel.edges if e.name.startswith("neck"))
        assert abs(_leaving(neck) @ _arriving(shoulder)) < 0.1
        assert abs(_arriving(panel.edge(f"armhole_{plus}")) @ _leaving(shoulder)) < 0.1


def test_round_necks_are_level_at_the_centre_and_v_necks_turn_there(body: Measurements) -> None:
    crew = _panels(draft([Style("tee", "t_shirt", fabric="knit")], body))
    for name in ("front", "back"):
        neck = crew[name].edge("neck").points
        lowest = neck[np.argmin(neck[:, 1])]
        assert abs(lowest[0]) < 1e-9
        beside = neck[np.argmin(np.abs(neck[:, 0] - 0.01))]
        assert beside[1] - lowest[1] < 0.002
    v = _panels(draft([Style("tee", "t_shirt", neckline="v", fabric="knit")], body))
    assert v["front"].edge("neck_1").points[-1][0] == pytest.approx(0.0, abs=1e-9)


def test_square_necks_have_two_corners_and_boat_necks_run_wide_and_high(body: Measurements) -> None:
    square = _panels(draft([Style("dress", "dress", "a_line", neckline="square")], body))["bodice_front"]
    sides = [e for e in square.edges if e.name.startswith("neck")]
    assert [len(e.points) for e in sides] == [2, 3, 2]
    crew = (
        _panels(draft([Style("dress", "dress", "a_line", neckline="crew")], body))["bodice_front"]
        .edge("neck")
        .points
    )
    boat = (
        _panels(draft([Style("dress", "dress", "a_line", neckline="boat")], body))["bodice_front"]
        .edge("neck")
        .points
    )
    assert np.ptp(boat[:, 0]) > np.ptp(crew[:, 0]) + 0.05
    assert boat[:, 1].min() > crew[:, 1].min()


def test_the_front_neck_lies_below_the_back_neck(body: Measurements) -> None:
    panels = _panels(draft([Style("tee", "t_shirt", fabric="knit")], body))
    assert (
        panels["front"].edge("neck").points[:, 1].min()
        < panels["back"].edge("neck").points[:, 1].min() - 0.035
    )


def test_a_fuller_bust_gets_a_side_dart_that_points_at_it(body: Measurements) -> None:
    flat = _panels(draft([Style("dress", "dress", "a_line")], replace(body, front_length=0.405)))
    full = _panels(draft([Style("dress", "dress", "a_line")], replace(body, front_length=0.455)))
    assert not any(e.name.startswith("bust") for e in flat["bodice_front"].edges)
    tip = full["bodice_front"].edge("bust_a_left").points[-1]
    assert 0.015 < tip[0] - 0.5 * body.bust_point_distance < 0.07
    mouth = (
        full["bodice_front"].edge("bust_b_left").points[-1]
        - full["bodice_front"].edge("bust_a_left").points[0]
    )
    assert np.linalg.norm(mouth) > 0.03


def test_without_sleeves_the_bust_dart_closes_the_armhole_by_its_whole_angle(body: Measurements) -> None:
    for bust in (0.84, 0.88, 1.00, 1.10):
        longer = 0.430 + 0.15 * (bust - 0.88)
        larger = replace(body, bust=bust, front_length=longer, bust_point_distance=0.205 * bust)
        panels = _panels(draft([Style("dress", "dress", "a_line")], larger))
        legs = [panels["bodice_front"].edge(f"bust_{k}_left").points for k in "ab"]
        mouth = float(np.linalg.norm(legs[1][-1] - legs[0][0]))
        reach = panels["bodice_front"].edge("armhole_left").points[0][0] - 0.5 * larger.bust_point_distance
        angle = np.degrees(2.0 * np.arctan(0.5 * mouth / reach))
        assert angle == pytest.approx(25.0 * bust - 2.5, abs=1.0)  # Bunka's bust dart: B / 4 - 2.5 degrees
        sleeved = _panels(draft([Style("dress", "dress", "a_line", sleeve="short")], larger))
        front = [p["bodice_front"].edge("armhole_left").length for p in (panels, sleeved)]
        back = [p["bodice_back"].edge("armhole_left").length for p in (panels, sleeved)]
        assert front[0] / back[0] < front[1] / back[1]


@pytest.mark.parametrize(
    ("front", "back", "biceps"), [(0.22, 0.23, 0.34), (0.25, 0.27, 0.33), (0.20, 0.21, 0.36)]
)
def test_the_cap_has_the_armholes_length_on_each_side(front: float, back: float, biceps: float) -> None:
    found = cap_for(front, back, biceps)
    assert found is not None
    height, width_front, width_back = found
    assert width_front + width_back == pytest.approx(biceps, abs=1e-12)
    assert curves.length(cap_half(width_front, height, True)) == pytest.approx(front, abs=1e-8)
    assert curves.length(cap_half(width_back, height, False)) == pytest.approx(back, abs=1e-8)


def test_a_biceps_wider_than_the_armhole_has_no_cap() -> None:
    assert cap_for(0.20, 0.20, 0.41) is None


def test_wovens_ease_the_cap_and_knits_do_not(body: Measurements) -> None:
    for cloth, gain in (("cotton", 0.02), ("knit", 0.0)):
        pattern = draft([Style("tee", "t_shirt", sleeve="short", fabric=cloth)], body)
        edges = {(p.name, e.name): e for p in pattern.panels for e in p.edges}
        caps = [s for s in pattern.seams if "armhole" in s.name]
        assert len(caps) == 4
        for seam in caps:
            cap, hole = edges[seam.first].length, edges[seam.second].length
            assert cap / hole - 1.0 == pytest.approx(gain, abs=1e-6)
            assert seam.ease == pytest.approx(cap - hole, abs=1e-9)


def test_left_and_right_sleeves_mirror_each_other_with_their_fronts_to_the_front(body: Measurements) -> None:
    panels = _panels(draft([Style("tee", "t_shirt", sleeve="long", fabric="knit")], body))
    left, right = panels["sleeve_left"], panels["sleeve_right"]
    assert (
        left.edge("cap_front").points[:, 0].max() < 1e-9
    )  # seen from outside, the left arm's front is at -x
    assert right.edge("cap_front").points[:, 0].min() > -1e-9
    assert np.allclose(left.edge("cap_front").points, curves.mirrored(right.edge("cap_front").points))


def test_the_sleeve_covers_the_arm(body: Measurements) -> None:
    for upper_arm in (0.24, 0.30, 0.36, 0.42):
        panels = _panels(draft([Style("dress", "dress", sleeve="long")], replace(body, upper_arm=upper_arm)))
        assert np.ptp(panels["sleeve_left"].outline[:, 0]) > upper_arm


def test_the_seat_seam_is_longer_and_its_fork_wider_than_the_fronts(body: Measurements) -> None:
    panels = _panels(draft([Style("trousers", "trousers")], body))
    front, back = panels["left_front"].edge("crotch"), panels["left_back"].edge("crotch")
    assert back.length > front.length + 0.03
    fork = [abs(p.edge("crotch").points[:, 0]).max() for p in (panels["left_front"], panels["right_back"])]
    assert fork[1] > 1.5 * fork[0]
    assert any(e.kind == "dart" for e in panels["left_back"].edges)


def test_the_crotch_runs_smoothly_from_front_to_back(body: Measurements) -> None:
    """Front and back arrive level at the fork, so the sewn crotch has no point."""
    panels = _panels(draft([Style("trousers", "trousers")], body))
    for name in ("left_front", "right_back"):
        assert abs(_arriving(panels[name].edge("crotch"))[1]) < 0.1


def test_trousers_clear_the_thigh(body: Measurements) -> None:
    for thigh in (0.50, 0.58, 0.66):
        panels = _panels(draft([Style("trousers", "trousers")], replace(body, thigh=thigh)))
        width = 0.0
        for name in ("left_front", "left_back"):
            panel = panels[name]
            level = panel.edge("inseam").points[:, 1].max() - 0.005
            closed = np.concatenate([panel.outline, panel.outline[:1]])
            x = curves.crossings(closed, level)
            width += x.max() - x.min()
        assert width > thigh


def _radii(panel: Panel) -> F64:
    """Return the distance of a flared panel's hem from the point where its side seams would meet."""
    hem = panel.edge("hem").points
    side = panel.edge("side_left").points
    sides = (side[0], side[-1])
    lower, upper = sorted(sides, key=lambda p: np.abs(hem - p).sum(1).min())
    out = curves.unit(upper - lower)
    apex_y = (upper - upper[0] / out[0] * out)[1]
    return np.asarray(np.linalg.norm(hem - [0.0, apex_y], axis=1))


def test_hems_of_flared_dresses_are_concentric(body: Measurements) -> None:
    """Every point of the hem is as far from the waist, measured along the flare."""
    for silhouette in ("a_line", "half_circle", "circle"):
        panels = _panels(draft([Style("dress", "dress", silhouette)], body))
        for name in ("skirt_front", "skirt_back"):
            assert np.ptp(_radii(panels[name])) < 2e-4


def test_hems_of_skirts_drop_from_front_to_sides_to_back(body: Measurements) -> None:
    """A band dips over the belly and the seat takes length, so a level hem needs a longer back."""
    for silhouette in ("a_line", "half_circle", "circle"):
        panels = _panels(draft([Style("skirt", "skirt", silhouette)], body))
        front, back = (_radii(panels[name]) for name in ("front", "back"))
        middle = len(front) // 2
        assert front[0] - front[middle] == pytest.approx(SIDE_DROP * HEM_DROP * body.waist, abs=2e-4)
        assert back[middle] - back[0] == pytest.approx((1 - SIDE_DROP) * HEM_DROP * body.waist, abs=2e-4)
        assert np.all(np.diff(front[: middle + 1]) < 1e-6)


@pytest.mark.parametrize("hem", [1.4, 2.2])
def test_a_stated_hem_is_kept_though_the_hem_drops(hem: float, body: Measurements) -> None:
    pattern = draft([Style("skirt", "skirt", "a_line", hem=hem, length=0.6)], body)
    found = {p.name: p.drafted for p in pattern.measures}
    assert found["hem_cm"] == pytest.approx(hem, abs=2e-6)
    assert found["length_cm"] == pytest.approx(0.6, abs=1e-6)


def test_waist_darts_of_bodice_and_skirt_meet(body: Measurements) -> None:
    pattern = draft([Style("dress", "dress", "straight")], body)
    edges = {(p.name, e.name): e for p in pattern.panels for e in p.edges}
    waist = [s for s in pattern.seams if s.name.startswith("dress/waist")]
    assert len(waist) == 6
    assert min(edges[s.first].length for s in waist) > 0.05


def test_a_narrow_long_skirt_gets_slits_that_a_step_needs_and_a_flared_one_does_not(
    body: Measurements,
) -> None:
    narrow = draft([Style("skirt", "skirt", "straight", length=0.80)], body)
    front = _panels(narrow)["front"]
    assert {e.name for e in front.edges if e.kind == "opening"} == {"slit_left", "slit_right"}
    assert any("step" in note for note in narrow.notes)
    ring = next(r for r in narrow.loops if r.name == "hem").edges
    ends = [ref[1] for ref in ring]
    assert ends == ["hem", "slit_left", "slit_left", "hem", "slit_right", "slit_right"]
    for silhouette, length in (("a_line", 0.80), ("straight", 0.45)):
        free = draft([Style("skirt", "skirt", silhouette, length=length)], body)
        assert not any(e.kind == "opening" for p in free.panels for e in p.edges)


def test_a_slit_that_is_asked_for_is_cut(body: Measurements) -> None:
    pattern = draft([Style("dress", "dress", "a_line", length=1.1, slit=True)], body)
    edge = _panels(pattern)["skirt_front"].edge("slit_left")
    assert 0.15 < edge.length < 0.3

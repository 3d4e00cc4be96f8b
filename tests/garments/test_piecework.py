"""Darts, unfolded halves and seams."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from toile.garments import curves
from toile.garments.pattern import Edge, Placement
from toile.garments.piecework import Dart, Drawing, SeamMismatch, darted, whole

PLACE = Placement("torso", "front", "waist", 0.0)


def test_darts_leave_the_finished_lengths_and_have_equal_legs() -> None:
    base = curves.cubic((0.0, 0.0), (0.1, 0.0), (0.2, 0.004), (0.3, 0.01))
    pieces = darted(base, [0.09, 0.07, 0.08], [Dart(0.4, 0.12), Dart(0.6, 0.09)])
    assert [curves.length(p) for p in pieces[::3]] == pytest.approx([0.09, 0.07, 0.08], abs=1e-8)
    for to_tip, from_tip in (pieces[1:3], pieces[4:6]):
        assert curves.length(to_tip) == pytest.approx(curves.length(from_tip), abs=1e-12)
        assert to_tip[-1, 1] > 0.05  # the tip lies inside the cloth, to the left of the walk
    assert (pieces[0][0] == base[0]).all()
    assert (pieces[-1][-1] == base[-1]).all()


def test_a_sewn_dart_leaves_no_corner_in_the_seam() -> None:
    """Trueing: piece and leg meet at a right angle on both sides of the mouth."""
    base = curves.line((0.0, 0.0), (0.24, 0.0))
    before, to_tip, from_tip, after = darted(base, [0.1, 0.1], [Dart(1.0, 0.12)])
    left = curves.unit(before[-2] - before[-1]) @ curves.unit(to_tip[1] - to_tip[0])
    right = curves.unit(after[1] - after[0]) @ curves.unit(from_tip[0] - from_tip[1])
    assert abs(left) < 0.02
    assert abs(right) < 0.02


def test_unfolding_joins_what_touches_the_centre_and_names_the_sides_by_the_wearer() -> None:
    half = [
        Edge("hem", curves.line((0, 0), (1, 0))),
        Edge("side", curves.line((1, 0), (1, 2))),
        Edge("top", curves.line((1, 2), (0, 2))),
    ]
    front, back = whole(half, True), whole(half, False)
    assert [e.name for e in front] == ["hem", "side_left", "top", "side_right"]
    assert [e.name for e in back] == ["hem", "side_right", "top", "side_left"]
    outline = np.concatenate([e.points[:-1] for e in front])
    assert curves.area(outline) == pytest.approx(4.0)


def _square(drawing: Drawing, name: str, cuts: list[float]) -> str:
    stops = [0.0, *cuts, 1.0]
    bottom = [
        Edge(f"b{k}", curves.line((a, 0), (b, 0))) for k, (a, b) in enumerate(itertools.pairwise(stops))
    ]
    rest = [
        Edge("right", curves.line((1, 0), (1, 1))),
        Edge("top", curves.line((1, 1), (0, 1))),
        Edge("left", curves.line((0, 1), (0, 0))),
    ]
    return drawing.add(name, [*bottom, *rest], PLACE, name)


def test_sewing_cuts_both_sides_at_each_others_turn_points() -> None:
    drawing = Drawing(0, "g")
    upper, lower = _square(drawing, "upper", [0.3]), _square(drawing, "lower", [])
    drawing.notch(((lower, "top"), 0.9))
    drawing.sew("waist", [(upper, "b0"), (upper, "b1")], [(lower, "top")])
    assert [(s.first[1], s.second[1]) for s in drawing.seams] == [("b0", "top_2"), ("b1", "top_1")]
    for seam in drawing.seams:
        lengths = [drawing.panels[p].edge(e).length for p, e in (seam.first, seam.second)]
        assert lengths[0] == pytest.approx(lengths[1], abs=1e-9)
    (mark,) = drawing.panels[lower].notches
    assert mark.edge == "top_2"
    assert mark.fraction == pytest.approx(0.2 / 0.3)


def test_rings_follow_edges_that_were_cut() -> None:
    drawing = Drawing(0, "g")
    upper, lower = _square(drawing, "upper", [0.3]), _square(drawing, "lower", [])
    drawing.ring("waist", [(lower, "top")], "torso")
    drawing.sew("waist", [(upper, "b0"), (upper, "b1")], [(lower, "top")])
    assert drawing.finished_loops()[0].edges == ((lower, "top_1"), (lower, "top_2"))


def test_seams_of_different_lengths_are_a_defect_unless_the_ease_is_stated() -> None:
    drawing = Drawing(0, "g")
    a = drawing.add("a", [Edge("x", curves.line((0, 0), (1.02, 0)))], PLACE, "a")
    b = drawing.add("b", [Edge("y", curves.line((0, 0), (1, 0)))], PLACE, "b")
    with pytest.raises(SeamMismatch, match=r"102\.000 cm to 100\.000 cm"):
        drawing.sew("s", [(a, "x")], [(b, "y")])
    drawing.sew("s", [(a, "x")], [(b, "y")], "ease", 0.02)
    assert drawing.seams[0].ease == pytest.approx(0.02)

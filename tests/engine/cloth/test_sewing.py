"""Foreign patterns are hung apart, drawn together along their seams and welded, or refused in a sentence."""

from __future__ import annotations

import functools
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toile.engine.cloth.sewing import WAYS, _sewn_shape, _solver, dressed, of_known_kinds, sew_on, stitches_of
from toile.engine.cloth.system import build_system
from toile.engine.core.errors import Infeasible
from toile.engine.core.intersect import body_cloth_intersections, cloth_self_intersections
from toile.garments.drafting import draft
from toile.garments.form import make_form
from toile.garments.garmentcode_import import pattern_from_garmentcode
from toile.garments.hang import hang
from toile.garments.meshing import mesh_pattern, sew
from toile.garments.pattern import Pattern
from toile.garments.pattern_json import pattern_from_json, pattern_to_json
from toile.garments.style import Style
from toile.garments.topology import inside_out, ring_faults

sys.path.insert(0, str(Path(__file__).parents[2] / "garments"))
from test_placement import figure

EDGE = 0.03


def gores(
    count: int = 6, waist_cm: float = 76.0, hem_cm: float = 150.0, length_cm: float = 50.0
) -> dict[str, Any]:
    """A skirt of so many equal gores, each hung where it belongs round the body, as GarmentCode writes it."""
    top, bottom = waist_cm / count / 2.0, hem_cm / count / 2.0
    panels = {}
    for k in range(count):
        turn = 360.0 * k / count
        away = 40.0
        panels[f"gore_{k}"] = {
            "translation": [away * math.sin(math.radians(turn)), 50.0, away * math.cos(math.radians(turn))],
            "rotation": [0.0, turn, 0.0],
            "vertices": [[-bottom, 0.0], [bottom, 0.0], [top, length_cm], [-top, length_cm]],
            "edges": [{"endpoints": [i, (i + 1) % 4]} for i in range(4)],
        }
    stitches = [
        [{"panel": f"gore_{k}", "edge": 1}, {"panel": f"gore_{(k + 1) % count}", "edge": 3}]
        for k in range(count)
    ]
    return {
        "pattern": {"panels": panels, "stitches": stitches},
        "properties": {"curvature_coords": "relative", "units_in_meter": 100},
    }


@functools.cache
def skirt() -> Pattern:
    return pattern_from_garmentcode(gores())


def test_gores_keep_where_they_face_through_a_file() -> None:
    read = pattern_from_json(pattern_to_json(skirt()))
    faces = [p.facing for p in read.panels]
    assert all(f is not None for f in faces)
    turns = [((f or 0.0) - 60.0 * k + 180.0) % 360.0 - 180.0 for k, f in enumerate(faces)]
    np.testing.assert_allclose(turns, 0.0, atol=1e-6)
    assert not of_known_kinds(read)


def test_hung_pieces_are_apart_and_clear_of_the_body() -> None:
    body = figure("168_60")
    sewn = sew(skirt(), mesh_pattern(skirt(), EDGE))
    placed = hang(skirt(), sewn, make_form(body))
    assert len(cloth_self_intersections(placed, sewn.flat_faces)) == 0
    assert len(body_cloth_intersections(placed, sewn.flat_faces, body.vertices, body.faces)) == 0
    pairs = stitches_of(sewn)
    assert len(np.unique(sewn.weld[pairs[:, 0]])) > 0
    np.testing.assert_array_equal(sewn.weld[pairs[:, 0]], sewn.weld[pairs[:, 1]])
    assert np.linalg.norm(placed[pairs[:, 0]] - placed[pairs[:, 1]], axis=1).min() > 0.001


def test_gores_are_drawn_together_and_go_round_the_body() -> None:
    body = figure("168_60")
    cloth, how = dressed(skirt(), body, EDGE)
    assert how is not None
    assert how.gap < WAYS[0].closed
    assert how.gap_before > 0.02
    assert how.stalls == 0
    assert len(cloth_self_intersections(cloth.vertices, cloth.faces)) == 0
    assert len(body_cloth_intersections(cloth.vertices, cloth.faces, body.vertices, body.faces)) == 0
    assert set(cloth.loops) == {"skirt/hem", "skirt/waist"}
    rings = {name: cloth.vertices[ring] for name, ring in cloth.loops.items()}
    assert ring_faults(rings, cloth.loop_axis, body.joints) == {}
    assert inside_out(cloth.vertices, cloth.faces, cloth.loops, cloth.loop_axis, body.joints) == []


def test_sewn_small_gores_close_as_well_without_contact_of_cloth_with_cloth(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second way alone: taut, smaller than the pattern, and whole, clean and right side out when it is welded."""
    body = figure("168_60")
    monkeypatch.setattr("toile.engine.cloth.sewing.WAYS", WAYS[1:])
    cloth, how = sew_on(skirt(), body, EDGE)
    assert how.gap < WAYS[0].closed
    assert len(cloth_self_intersections(cloth.vertices, cloth.faces)) == 0
    assert len(body_cloth_intersections(cloth.vertices, cloth.faces, body.vertices, body.faces)) == 0
    rings = {name: cloth.vertices[ring] for name, ring in cloth.loops.items()}
    assert ring_faults(rings, cloth.loop_axis, body.joints) == {}
    assert inside_out(cloth.vertices, cloth.faces, cloth.loops, cloth.loop_axis, body.joints) == []
    length = np.linalg.norm(np.diff(cloth.vertices[cloth.loops["skirt/hem"]], axis=0), axis=1).sum()
    assert length < 0.9 * 1.5


def test_only_the_first_way_keeps_cloth_off_cloth() -> None:
    body = figure("168_60")
    cloth, _ = dressed(skirt(), body, EDGE)
    x = cloth.vertices.copy()
    x[:, 2] = 0.8 + 0.02 * x[:, 2]  # pressed flat, before the body: millimetres from front to back
    pairs = []
    for way in WAYS:
        solver = _solver(build_system(cloth), cloth.faces, x, body, way)
        solver._find_pairs(x, np.zeros_like(x), solver.settings.thickness + solver.slack)
        pairs.append(solver.pair_count)
    assert pairs[0] > 0
    assert pairs[1] == 0


def test_the_shape_that_is_sewn_is_smaller_and_stays_as_narrow_as_it_hangs() -> None:
    placed = np.array([[[1.0, 0.0], [0.0, 0.9]], [[0.5, 0.0], [0.0, 1.1]], [[0.3, 0.0], [0.0, 0.6]]])
    np.testing.assert_allclose(_sewn_shape(placed, WAYS[0]), np.broadcast_to(np.eye(2), (3, 2, 2)))
    small = _sewn_shape(placed, WAYS[1])
    np.testing.assert_allclose(small[:, 0, 0], [0.8, 0.5, 0.3], rtol=1e-12)
    np.testing.assert_allclose(small[:, 1, 1], [0.8, 0.8, 0.6], rtol=1e-12)


def test_a_skirt_whose_seams_cannot_meet_round_the_body_is_refused_by_the_seam() -> None:
    tight = pattern_from_garmentcode(gores(waist_cm=34.0, hem_cm=40.0))
    with pytest.raises(Infeasible, match=r"seam 'seam_\d' between .* stays open by \d+ mm"):
        sew_on(tight, figure("168_60"), EDGE)


def test_two_garments_are_not_drawn_together() -> None:
    body = figure("168_60")
    both = draft(
        [Style("t_shirt", "t_shirt", sleeve="short", fabric="knit", layer=1), Style("skirt", "skirt")],
        body.measurements,
    )
    with pytest.raises(Infeasible, match="2 garments cannot be drawn together"):
        sew_on(both, body, EDGE)


@pytest.mark.slow
def test_a_t_shirt_with_sleeves_in_one_piece_is_drawn_together() -> None:
    body = figure("168_60")
    shirt = draft([Style("t_shirt", "t_shirt", sleeve="short", fabric="knit")], body.measurements)
    cloth, how = sew_on(shirt, body, EDGE)
    assert how.gap < WAYS[0].closed
    rings = {name: cloth.vertices[ring] for name, ring in cloth.loops.items()}
    assert ring_faults(rings, cloth.loop_axis, body.joints) == {}
    assert len(cloth_self_intersections(cloth.vertices, cloth.faces)) == 0

"""Dressing: every garment starts sewn, right side out, on its limbs, clear of the body and of itself, little strained."""

from __future__ import annotations

import functools
import time

import numpy as np
import pytest

from toile.avatars.fit import fit_avatar
from toile.engine.core.body import Figure
from toile.engine.core.errors import BadInput, Infeasible
from toile.engine.core.intersect import body_cloth_intersections, cloth_self_intersections, signed_distance
from toile.engine.core.mesh import face_areas, face_normals, unique_edges
from toile.garments.cloth_mesh import ClothMesh
from toile.garments.drafting import draft
from toile.garments.pattern import Edge, Loop, Panel, Pattern, Placement, Seam
from toile.garments.placement import dress
from toile.garments.settle import GAP
from toile.garments.style import Style
from toile.garments.topology import check_topology
from toile.garments.wrap_lap import GAPS

LOOKS = {
    "skirt": [Style("skirt", "skirt", silhouette="a_line", length=0.6)],
    "half_circle": [Style("skirt", "skirt", silhouette="half_circle", length=0.7)],
    "dress": [Style("dress", "dress", silhouette="a_line", length=1.10)],
    "dress_long_sleeves": [Style("dress", "dress", silhouette="a_line", length=1.0, sleeve="long")],
    "t_shirt": [Style("t_shirt", "t_shirt", sleeve="short", fabric="knit")],
    "trousers": [Style("trousers", "trousers")],
    "wide_trousers": [Style("trousers", "trousers", silhouette="wide")],
    "shorts": [Style("shorts", "shorts")],
    "t_shirt_over_trousers": [
        Style("t_shirt", "t_shirt", sleeve="short", fabric="knit", layer=1),
        Style("trousers", "trousers"),
    ],
}
BODIES = {
    "158_46": ({"height": 1.58, "mass": 46.0}, "female"),
    "168_60": ({"height": 1.68, "mass": 60.0}, "female"),
    "175_95": ({"height": 1.75, "mass": 95.0}, "female"),
    "man": ({"height": 1.78, "mass": 75.0}, "male"),
}


@functools.cache
def figure(name: str) -> Figure:
    return fit_avatar(*BODIES[name]).figure


@functools.cache
def dressed(look: str, body: str = "168_60") -> ClothMesh:
    return dress(draft(LOOKS[look], figure(body).measurements), figure(body))


def stretches(cloth: ClothMesh) -> np.ndarray:
    """Length of each placed side over its length on the flat panel."""
    found = []
    for a, b in ((0, 1), (1, 2), (2, 0)):
        placed = np.linalg.norm(cloth.vertices[cloth.faces[:, a]] - cloth.vertices[cloth.faces[:, b]], axis=1)
        found.append(placed / np.linalg.norm(cloth.panel_uv[:, a] - cloth.panel_uv[:, b], axis=1))
    return np.concatenate(found)


def assert_clean(cloth: ClothMesh, body: Figure, least: float = 0.7) -> None:
    assert len(cloth_self_intersections(cloth.vertices, cloth.faces)) == 0
    assert len(body_cloth_intersections(cloth.vertices, cloth.faces, body.vertices, body.faces)) == 0
    distance, _, _ = signed_distance(cloth.vertices, body.vertices, body.faces)
    assert distance.min() > 0.002  # between touching thighs there is less room than GAP
    under = GAPS[0] if len(cloth.ties) else 0.0  # an under lap lies nearer
    assert np.percentile(distance, 0.2) > 0.8 * GAP - under
    assert check_topology(cloth.vertices, cloth, body.joints) == []
    edges, sides = unique_edges(cloth.faces)
    half = np.concatenate([cloth.faces[:, [0, 1]], cloth.faces[:, [1, 2]], cloth.faces[:, [2, 0]]])
    assert len(np.unique(half, axis=0)) == len(half)  # each side is walked once: oriented, manifold
    free = edges[(sides < 0).any(axis=1)]
    assert {tuple(e) for e in free.tolist()} == {tuple(sorted(e)) for e in cloth.hem_edges.tolist()}
    stretch = stretches(cloth)
    assert 0.95 < np.median(stretch) < 1.06
    assert np.percentile(stretch, 1.0) > least
    assert np.percentile(stretch, 99.0) < 1.4


FAST = ["skirt", "dress", "dress_long_sleeves", "trousers", "t_shirt_over_trousers"]


@pytest.mark.parametrize("look", FAST)
def test_a_dressed_figure_starts_clean(look: str) -> None:
    assert_clean(dressed(look), figure("168_60"))


@pytest.mark.slow
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("look", LOOKS)
def test_every_look_starts_clean_on_every_body(look: str, body: str) -> None:
    assert_clean(dressed(look, body), figure(body))


def test_faces_look_outwards() -> None:
    for look, axis_of in (("skirt", (0.0, None, 0.0)), ("dress", (0.0, None, 0.0))):
        cloth = dressed(look)
        middle = cloth.vertices[cloth.faces].mean(axis=1)
        below = middle[:, 1] < 0.95
        outward = (middle - np.array([axis_of[0], 0.0, axis_of[2]]))[below] * [1.0, 0.0, 1.0]
        facing = (face_normals(cloth.vertices, cloth.faces)[below] * outward).sum(axis=1)
        assert (facing > 0.0).mean() > 0.995


def test_sleeves_sit_on_their_own_arms_and_fronts_in_front() -> None:
    cloth = dressed("dress_long_sleeves")
    middle = cloth.vertices[cloth.faces].mean(axis=1)
    for k, name in enumerate(cloth.panel_names):
        mine = middle[cloth.panel_of_face == k]
        if "sleeve_left" in name:
            assert mine[:, 0].min() > 0.08
        elif "sleeve_right" in name:
            assert mine[:, 0].max() < -0.08
        elif name.endswith("front"):
            assert mine[:, 2].mean() > 0.05
        elif name.endswith("back"):
            assert mine[:, 2].mean() < -0.02


def test_trouser_legs_keep_to_their_own_side() -> None:
    cloth = dressed("trousers")
    body = figure("168_60")
    for side, sign in (("left", 1.0), ("right", -1.0)):
        panels = [k for k, name in enumerate(cloth.panel_names) if f"/{side}_" in name]
        points = cloth.vertices[np.unique(cloth.faces[np.isin(cloth.panel_of_face, panels)])]
        below = points[points[:, 1] < body.landmarks["crotch"][1] - 0.03]
        assert (sign * below[:, 0] > 0.0).all()


def test_waist_rings_lie_at_the_height_that_dressing_will_hold_them_at() -> None:
    for look in ("skirt", "dress", "trousers"):
        cloth = dressed(look)
        assert len(cloth.anchors) == 1
        for name, height in cloth.anchors.items():
            ring = cloth.vertices[cloth.loops[name]]
            assert abs(height - float(figure("168_60").landmarks["waist"][1])) < 0.03
            assert abs(float(ring[:, 1].mean()) - height) < 0.015


def test_the_rest_shape_is_the_flat_pattern_turned_by_its_grain() -> None:
    pattern = draft(LOOKS["dress"], figure("168_60").measurements)
    cloth = dressed("dress")
    area = face_areas(cloth.panel_uv.reshape(-1, 2), np.arange(3 * len(cloth.faces)).reshape(-1, 3))
    for k, panel in enumerate(pattern.panels):
        p, q = panel.outline, np.roll(panel.outline, -1, axis=0)
        flat = 0.5 * float((p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]).sum())
        assert float(area[cloth.panel_of_face == k].sum()) == pytest.approx(flat, rel=3e-3)


def test_an_outer_layer_lies_outside_the_inner_one() -> None:
    cloth = dressed("t_shirt_over_trousers")
    shirt, trousers = (cloth.garment_names.index(n) for n in ("t_shirt", "trousers"))
    assert cloth.layer_of_garment[shirt] > cloth.layer_of_garment[trousers]
    inner = cloth.faces[cloth.garment_of_face == trousers]
    outer = cloth.vertices[np.unique(cloth.faces[cloth.garment_of_face == shirt])]
    distance, _, closest = signed_distance(outer, cloth.vertices, inner, reach=0.03)
    waist = float(figure("168_60").landmarks["waist"][1])
    beside = (np.abs(distance) < 0.03) & (closest[:, 1] < waist - 0.02) & (outer[:, 1] < waist - 0.03)
    assert beside.any()
    assert (distance[beside] > 0.0).all()


def test_dressing_is_the_same_every_time() -> None:
    pattern = draft(LOOKS["t_shirt"], figure("168_60").measurements)
    one, two = (dress(pattern, figure("168_60"), 0.025) for _ in range(2))
    np.testing.assert_array_equal(one.vertices, two.vertices)
    np.testing.assert_array_equal(one.faces, two.faces)


def test_dressing_takes_under_three_seconds_a_garment() -> None:
    pattern = draft(LOOKS["dress"], figure("168_60").measurements)
    start = time.process_time()
    dress(pattern, figure("168_60"))
    assert time.process_time() - start < 3.0


def cylinder_skirt(
    wrap_back: str = "back", girth: float = 1.2, grain: tuple[float, float] = (0.0, 1.0)
) -> Pattern:
    """A tube without darts or band, drawn by hand; y = 0 at the waist."""
    half = 0.25 * girth
    corners = np.array([(-half, -0.5), (half, -0.5), (half, 0.0), (-half, 0.0), (-half, -0.5)])
    edges = tuple(
        Edge(name, corners[k : k + 2], kind="hem" if name == "hem" else "seam")
        for k, name in enumerate(("hem", "east", "waist", "west"))
    )
    panels = tuple(
        Panel(name, 0, edges, Placement("torso", wrap, "waist", 0.0), grain=grain)
        for name, wrap in (("front", "front"), ("back", wrap_back))
    )
    seams = (
        Seam("left", ("front", "east"), ("back", "west")),
        Seam("right", ("front", "west"), ("back", "east")),
    )
    loops = tuple(Loop(name, 0, (("front", name), ("back", name)), "torso") for name in ("waist", "hem"))
    return Pattern(("tube",), ("cotton",), panels, seams, loops)


def test_a_tube_drawn_by_hand_is_let_out_to_its_own_girth() -> None:
    cloth = dress(cylinder_skirt(), figure("168_60"), 0.025)
    hem = cloth.vertices[cloth.loops["tube/hem"]]
    girth = np.linalg.norm(np.roll(hem, -1, axis=0) - hem, axis=1).sum()
    assert girth == pytest.approx(1.2, rel=0.03)


def test_warp_and_weft_follow_the_grain() -> None:
    straight = dress(cylinder_skirt(), figure("168_60"), 0.04).panel_uv
    crosswise = dress(cylinder_skirt(grain=(1.0, 0.0)), figure("168_60"), 0.04).panel_uv
    np.testing.assert_allclose(crosswise[..., 1], straight[..., 0], atol=1e-7)
    np.testing.assert_allclose(crosswise[..., 0], -straight[..., 1], atol=1e-7)


def test_a_ring_on_the_wrong_axis_is_refused_by_name() -> None:
    pattern = cylinder_skirt()
    wrong = Pattern(
        pattern.garments,
        pattern.fabrics,
        pattern.panels,
        pattern.seams,
        (Loop("hem", 0, (("front", "hem"), ("back", "hem")), "left_arm"),),
    )
    with pytest.raises(Infeasible, match=r"'tube/hem' goes .* round the left arm, not once"):
        dress(wrong, figure("168_60"), 0.03)


def test_a_leg_that_is_not_sewn_to_the_other_is_refused_by_name() -> None:
    pattern = draft(LOOKS["shorts"], figure("168_60").measurements)
    seams = tuple(s for s in pattern.seams if "crotch" not in s.name)
    torn = Pattern(pattern.garments, pattern.fabrics, pattern.panels, seams, pattern.loops)
    with pytest.raises(BadInput, match="is not sewn to the other leg"):
        dress(torn, figure("168_60"), 0.03)

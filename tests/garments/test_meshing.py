"""Panels become triangles whose sewn edges match, vertex by vertex."""

from __future__ import annotations

import time

import numpy as np
import pytest

from toile.engine.core.errors import BadInput
from toile.engine.core.mesh import face_areas, unique_edges
from toile.garments.meshing import mesh_panel, mesh_pattern, sew, smallest_angles
from toile.garments.pattern import Edge, Panel, Pattern, Placement, Seam

STEP = 0.015


def panel(
    name: str, corners: list[tuple[float, float]], names: list[str], wrap: str = "front", **kinds: str
) -> Panel:
    closed = [*corners, corners[0]]
    edges = tuple(
        Edge(n, np.array([a, b], float), kind=kinds.get(n, "seam"))
        for n, a, b in zip(names, closed, closed[1:], strict=False)
    )
    return Panel(name, 0, edges, Placement("torso", wrap, "waist", 0.0))


def rectangle(name: str, width: float, height: float, wrap: str = "front") -> Panel:
    half = 0.5 * width
    corners = [(-half, -height), (half, -height), (half, 0.0), (-half, 0.0)]
    return panel(name, corners, ["hem", "right", "top", "left"], wrap)


def tube(front: float = 0.5, back: float = 0.5) -> Pattern:
    panels = (rectangle("front", front, 0.6), rectangle("back", back, 0.6, "back"))
    seams = (Seam("a", ("front", "right"), ("back", "left")), Seam("b", ("front", "left"), ("back", "right")))
    return Pattern(("skirt",), ("cotton",), panels, seams)


def darted() -> Panel:
    corners = [(-0.2, -0.5), (0.2, -0.5), (0.2, 0.0), (0.01, 0.0), (0.0, -0.11), (-0.01, 0.0), (-0.2, 0.0)]
    names = ["hem", "right", "top_1", "dart_a", "dart_b", "top_2", "left"]
    return panel("darted", corners, names, dart_a="dart", dart_b="dart")


def curved() -> Panel:
    angle = np.linspace(-0.7, 0.7, 60)
    arcs = {r: np.stack([r * np.sin(angle), -r * np.cos(angle)], axis=1) for r in (0.15, 0.75)}
    low, high = arcs[0.75], arcs[0.15][::-1]
    edges = (
        Edge("hem", low),
        Edge("right", np.array([low[-1], high[0]])),
        Edge("waist", high),
        Edge("left", np.array([high[-1], low[0]])),
    )
    return Panel("sector", 0, edges, Placement("torso", "front", "waist", 0.0))


def counts(piece: Panel) -> dict[str, int]:
    return {e.name: max(1, round(e.length / STEP)) for e in piece.edges}


def outline_area(piece: Panel) -> float:
    p = piece.outline
    q = np.roll(p, -1, axis=0)
    return 0.5 * float((p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]).sum())


@pytest.mark.parametrize(
    "piece",
    [rectangle("r", 0.5, 0.6), rectangle("band", 0.7, 0.03), darted(), curved()],
    ids=lambda p: p.name,
)
def test_triangles_fill_the_panel_counter_clockwise_and_none_is_thin(piece: Panel) -> None:
    mesh = mesh_panel(piece, counts(piece), STEP)
    a, b, c = (mesh.points[mesh.faces[:, i]] for i in range(3))
    signed = 0.5 * np.linalg.det(np.stack([b - a, c - a], axis=1))
    assert (signed > 0.0).all()
    assert signed.sum() == pytest.approx(outline_area(piece), rel=2e-3)
    assert np.rad2deg(smallest_angles(mesh.points, mesh.faces).min()) > 24.0
    assert np.unique(mesh.faces).size == len(mesh.points)


def test_triangle_sides_are_about_as_long_as_asked() -> None:
    mesh = mesh_panel(curved(), counts(curved()), STEP)
    edges, _ = unique_edges(mesh.faces)
    length = np.linalg.norm(mesh.points[edges[:, 0]] - mesh.points[edges[:, 1]], axis=1)
    assert length.mean() == pytest.approx(STEP, rel=0.12)
    assert length.min() > 0.4 * STEP
    assert length.max() < 2.0 * STEP
    areas = face_areas(mesh.points, mesh.faces)
    assert areas.max() < 2.2 * np.median(areas)


def test_turn_points_are_kept_exactly_and_edges_are_cut_evenly() -> None:
    piece = darted()
    mesh = mesh_panel(piece, counts(piece), STEP)
    for edge in piece.edges:
        run = mesh.points[mesh.edge_vertices[edge.name]]
        np.testing.assert_array_equal(run[[0, -1]], edge.points[[0, -1]])
        step = np.linalg.norm(np.diff(run, axis=0), axis=1)
        assert step.max() - step.min() < 1e-12


@pytest.mark.parametrize("back", [0.5, 0.53], ids=["equal", "eased"])
def test_a_sewn_tube_is_a_manifold_with_two_rims(back: float) -> None:
    pattern = tube(back=back)
    sewn = sew(pattern, mesh_pattern(pattern, STEP))
    edges, sides = unique_edges(sewn.faces)
    rim = edges[(sides < 0).any(axis=1)]
    assert sewn.vertex_count - len(edges) + len(sewn.faces) == 0  # Euler characteristic of an annulus
    assert (np.bincount(rim.ravel(), minlength=sewn.vertex_count)[np.unique(rim)] == 2).all()
    assert np.unique(sewn.faces).size == sewn.vertex_count


def test_an_eased_seam_matches_one_to_one_and_keeps_each_sides_own_length() -> None:
    long, short = rectangle("front", 0.5, 0.62), rectangle("back", 0.5, 0.60, "back")
    seam = Seam("side", ("front", "right"), ("back", "left"), "ease", 0.02)
    pattern = Pattern(("skirt",), ("cotton",), (long, short), (seam,))
    meshes = mesh_pattern(pattern, STEP)
    first, second = meshes[0].edge_vertices["right"], meshes[1].edge_vertices["left"]
    assert len(first) == len(second)
    for mesh, run, length in ((meshes[0], first, 0.62), (meshes[1], second, 0.60)):
        assert np.linalg.norm(np.diff(mesh.points[run], axis=0), axis=1).sum() == pytest.approx(
            length, abs=1e-12
        )
    sewn = sew(pattern, meshes)
    np.testing.assert_array_equal(sewn.weld[first], sewn.weld[second[::-1] + sewn.start[1]])


def test_a_sewn_dart_closes_to_a_disc() -> None:
    pattern = Pattern(
        ("skirt",),
        ("cotton",),
        (darted(),),
        (Seam("dart", ("darted", "dart_a"), ("darted", "dart_b"), "dart"),),
    )
    sewn = sew(pattern, mesh_pattern(pattern, STEP))
    edges, sides = unique_edges(sewn.faces)
    assert sewn.vertex_count - len(edges) + len(sewn.faces) == 1
    tip = sewn.panels[0].edge_vertices["dart_a"][-1]
    assert not np.isin(sewn.weld[tip], edges[(sides < 0).any(axis=1)])


def test_meshing_is_the_same_every_time() -> None:
    one, two = mesh_pattern(tube(), STEP), mesh_pattern(tube(), STEP)
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a.points, b.points)
        np.testing.assert_array_equal(a.faces, b.faces)


def test_a_pattern_at_one_centimetre_takes_under_half_a_second() -> None:
    pattern = Pattern(
        ("a",), ("cotton",), (curved(), rectangle("front", 0.48, 0.45), rectangle("back", 0.48, 0.45)), ()
    )
    mesh_pattern(pattern, 0.01)
    seconds = []
    for _ in range(3):
        start = time.process_time()
        mesh_pattern(pattern, 0.01)
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.5


def test_a_gap_is_refused_by_name() -> None:
    edges = list(rectangle("front", 0.5, 0.6).edges)
    edges[1] = Edge("right", edges[1].points + np.array([0.004, 0.0]))
    broken = Panel("front", 0, tuple(edges), Placement("torso", "front", "waist", 0.0))
    with pytest.raises(BadInput, match=r"'front' is open by 4\.0 mm between its edges 'hem' and 'right'"):
        mesh_panel(broken, counts(broken), STEP)


def test_a_panel_without_area_is_refused() -> None:
    flat = panel("flat", [(0.0, 0.0), (0.5, 0.0), (0.5, 1e-7), (0.0, 1e-7)], ["a", "b", "c", "d"])
    with pytest.raises(BadInput, match="'flat' has no area"):
        mesh_panel(flat, counts(flat), STEP)


def test_a_clockwise_panel_is_refused() -> None:
    turned = panel("turned", [(0.0, 0.0), (0.0, 0.5), (0.5, 0.5), (0.5, 0.0)], ["a", "b", "c", "d"])
    with pytest.raises(BadInput, match="'turned' runs clockwise"):
        mesh_panel(turned, counts(turned), STEP)


def test_a_panel_that_crosses_itself_is_refused_with_its_edges() -> None:
    bow = panel(
        "bow", [(0.0, 0.0), (0.4, 0.0), (0.1, 0.5), (0.4, 0.4), (0.0, 0.1)], ["a", "b", "c", "d", "e"]
    )
    with pytest.raises(BadInput, match=r"'bow' crosses itself near .* between its edges 'b' and 'd'"):
        mesh_panel(bow, counts(bow), STEP)


def test_seams_of_very_different_lengths_are_refused() -> None:
    panels = (rectangle("front", 0.5, 0.6), rectangle("back", 0.5, 0.7, "back"))
    pattern = Pattern(("skirt",), ("cotton",), panels, (Seam("side", ("front", "right"), ("back", "left")),))
    with pytest.raises(BadInput, match=r"'side' joins edges of 60\.0 cm and 70\.0 cm"):
        mesh_pattern(pattern, STEP)


@pytest.mark.parametrize(
    ("second", "message"),
    [(("back", "cuff"), "does not exist"), (("front", "right"), "is sewn twice")],
)
def test_seams_that_cannot_be_sewn_are_refused(second: tuple[str, str], message: str) -> None:
    panels = (rectangle("front", 0.5, 0.6), rectangle("back", 0.5, 0.6, "back"))
    pattern = Pattern(("skirt",), ("cotton",), panels, (Seam("side", ("front", "right"), second),))
    with pytest.raises(BadInput, match=message):
        mesh_pattern(pattern, STEP)


def test_a_seam_sewn_inside_out_is_refused() -> None:
    pattern = tube()
    turned = Pattern(
        pattern.garments,
        pattern.fabrics,
        pattern.panels,
        (*pattern.seams, Seam("top", ("front", "top"), ("back", "top"), reversed=False)),
    )
    with pytest.raises(BadInput, match="'back' and 'front'"):
        sew(turned, mesh_pattern(turned, STEP))

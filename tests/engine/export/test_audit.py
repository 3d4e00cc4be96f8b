"""Measures of built simulations whose intersections, strains, gaps and rings are known exactly."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh

from toile.engine.core.body import PARTS, Rig
from toile.engine.core.simulation import Simulation
from toile.engine.export.audit import (
    measure_flesh,
    measure_intersections,
    measure_rings,
    measure_seams,
    measure_strain,
    ring_runs,
    strains,
)
from toile.garments.pattern import Edge, Loop, Panel, Pattern, Placement, Seam


def sheet(n, size=1.0):
    """A flat square panel of n x n cells, faces and panel coordinates (T, 3, 2)."""
    line = np.linspace(0, size, n + 1)
    x, y = np.meshgrid(line, line, indexing="ij")
    flat = np.column_stack([x.ravel(), y.ravel()])
    i = np.arange((n + 1) ** 2).reshape(n + 1, n + 1)
    a, b, c, d = i[:-1, :-1].ravel(), i[1:, :-1].ravel(), i[1:, 1:].ravel(), i[:-1, 1:].ravel()
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)
    return flat, faces


def lying(flat, height, size=1.0):
    """The sheet laid flat, its middle over the origin."""
    return np.column_stack([flat[:, 0] - size / 2, np.full(len(flat), height), size / 2 - flat[:, 1]])


def simulation_of(frames, faces, uv, body_frames=None, body_faces=None, **changes):
    box = trimesh.creation.box((0.5, 0.5, 0.5))
    frames = np.asarray(frames, np.float32)
    bodies = np.stack([box.vertices] * len(frames)) if body_frames is None else body_frames
    of_face = np.zeros(len(faces), np.int32)
    values = dict(
        body_vertices=np.asarray(bodies, np.float32),
        body_faces=np.asarray(box.faces if body_faces is None else body_faces, np.int32),
        body_part=np.full(bodies.shape[1], 2, np.int32),
        cloth_vertices=frames,
        cloth_faces=faces,
        cloth_panel_uv=np.asarray(uv, np.float32),
        garment_of_face=of_face,
        panel_of_face=of_face,
        seam_edges=np.zeros((0, 2), np.int32),
        hem_edges=np.zeros((0, 2), np.int32),
        fps=30.0,
    )
    return Simulation(**{**values, **changes})


def test_cloth_dipped_into_a_box_counts_exactly_what_is_inside():
    """A grid of 0.1 m cells, off by half a cell: 5 x 5 vertices within the box; its side planes cross 6 cells each."""
    flat, faces = sheet(10)
    frames = [lying(flat, 0.5), lying(flat, 0.2), lying(flat, 0.26), lying(flat, 0.1)]
    simulation = simulation_of(frames, faces, flat[faces])
    found = measure_intersections(simulation)
    assert found["vertices_inside_body"]["by_frame"] == [0, 25, 0, 25]
    assert found["vertices_inside_body"]["total"] == 50
    assert found["vertices_inside_body"]["worst_depth_mm"] == pytest.approx(150, abs=1e-3)
    assert found["body_cloth"]["by_frame"][0] == found["body_cloth"]["by_frame"][2] == 0
    assert found["body_cloth"]["by_frame"][1] > 20
    assert found["body_cloth"]["by_part"] == {"torso": found["body_cloth"]["total"]}
    assert found["body_cloth"]["worst_frame"] in (1, 3)
    assert found["cloth_cloth"]["total"] == 0
    assert found["none"] is False


def test_cloth_that_crosses_itself_is_counted_in_its_frame_only():
    """Two sheets, one upright through the other: the upright one's plane cuts a row of 4 cells, 2 faces each."""
    flat, faces = sheet(4, 0.4)
    upright = np.column_stack([np.full(len(flat), 0.03), flat[:, 1] - 0.2, flat[:, 0] - 0.2 + 1e-3])
    apart = np.concatenate([lying(flat, 1.0, 0.4), upright + np.array([0, 2, 0])])
    crossed = np.concatenate([lying(flat, 1.0, 0.4), upright + np.array([0, 1.001, 0])])
    both = np.concatenate([faces, faces + len(flat)])
    simulation = simulation_of([apart, crossed, apart], both, np.concatenate([flat[faces]] * 2))
    found = measure_intersections(simulation)
    assert found["cloth_cloth"]["by_frame"][::2] == [0, 0]
    assert found["cloth_cloth"]["worst"] == found["cloth_cloth"]["total"] >= 8
    assert found["cloth_cloth"]["worst_frame"] == 1
    assert found["vertices_inside_body"]["total"] == 0


def test_clean_cloth_is_called_clean():
    flat, faces = sheet(4)
    found = measure_intersections(simulation_of([lying(flat, 0.3)] * 2, faces, flat[faces]))
    assert found["none"] is True


def test_strain_is_that_of_the_deformation():
    flat, faces = sheet(3)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    for weft, warp, shear in ((0.0, 0.0, 0.0), (0.05, -0.02, 0.0), (0.01, 0.03, 0.2)):
        f = np.array([[1 + weft, shear], [0, 1 + warp]])
        space = np.column_stack([flat @ f.T, np.zeros(len(flat))]) @ turn.T
        got = strains(space, faces, flat[faces])
        np.testing.assert_allclose(got[:, 0], np.hypot(1 + weft, 0) - 1, atol=1e-12)
        np.testing.assert_allclose(got[:, 1], np.hypot(1 + warp, shear) - 1, atol=1e-12)
        np.testing.assert_allclose(got[:, 2], np.linalg.svd(f)[1][0] - 1, atol=1e-12)


def test_strain_share_counts_the_elements_beyond_their_own_fabrics_limit():
    flat, faces = sheet(4)
    stretched = flat.copy()
    stretched[:, 0] = np.where(flat[:, 0] > 0.75, 0.75 + 1.2 * (flat[:, 0] - 0.75), flat[:, 0])
    frames = [lying(flat, 1.0), lying(stretched, 1.0)]
    garment = (flat[faces][:, :, 0].mean(1) > 0.5).astype(np.int32)
    simulation = simulation_of(frames, faces, flat[faces], garment_of_face=garment)
    left, right = measure_strain(simulation, ("left", "right"), ("a", "b"), (0.05, 0.1))
    assert left["worst_share_over_limit"] == 0
    assert left["weft"]["max"] == pytest.approx(0, abs=1e-6)
    assert right["share_over_limit_by_frame"] == [0, 0.5]
    assert right["share_over_limit"] == 0.25
    assert right["weft"]["max"] == pytest.approx(0.2, abs=1e-5)
    assert right["weft"]["worst_frame"] == 1
    assert right["warp"]["p99"] == pytest.approx(0, abs=1e-6)
    assert (left["strain_limit"], right["strain_limit"]) == (0.05, 0.1)


def test_elastic_that_is_cut_to_be_stretched_is_counted_apart():
    flat, faces = sheet(4)
    stretched = flat.copy()
    stretched[:, 0] = np.where(flat[:, 0] > 0.75, 0.75 + 1.2 * (flat[:, 0] - 0.75), flat[:, 0])
    elastic = np.where(flat[faces][:, :, 0].mean(1) > 0.75, 0.5, 0.0)
    whole = np.zeros(len(faces), np.int32)
    simulation = simulation_of([lying(stretched, 1.0)], faces, flat[faces], garment_of_face=whole)
    (found,) = measure_strain(simulation, ("dress",), ("a",), (0.05,), elastic)
    assert found["share_over_limit"] == 0.0
    assert found["elements"] + found["elastic_elements"] == len(faces)
    assert found["elastic_strain"]["max"] == pytest.approx(0.2, abs=1e-5)
    assert found["elastic_share_over_limit"] == 0.0


def rectangle(name, width, height):
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    names = ("hem", "right", "top", "left")
    edges = tuple(Edge(n, np.stack([corners[k], corners[(k + 1) % 4]])) for k, n in enumerate(names))
    return Panel(name, 0, edges, Placement("torso", "around", "waist", height))


@pytest.fixture
def skirt():
    """A tube of one panel, 0.8 m round and 0.4 m long, sewn at the back, on a body that fills it; grain along x."""
    around, along = 16, 8
    width, height = 0.8, 0.4
    panel = replace(rectangle("tube", width, height), grain=(1.0, 0.0))
    pattern = Pattern(
        garments=("skirt",),
        fabrics=("cotton",),
        panels=(panel,),
        seams=(Seam("back", ("tube", "left"), ("tube", "right")),),
        loops=(
            Loop("hem", 0, (("tube", "hem"),), "torso"),
            Loop("waist", 0, (("tube", "top"),), "torso"),
        ),
    )
    k, i = np.meshgrid(np.arange(along + 1), np.arange(around + 1), indexing="ij")
    at = np.stack([i * width / around, k * height / along], 2)
    index = k * around + i % around
    quad = [(0, 0), (0, 1), (1, 1), (1, 0)]
    corner = [index[a : along + a, b : around + b].ravel() for a, b in quad]
    flat = [at[a : along + a, b : around + b].reshape(-1, 2) for a, b in quad]
    pick = [(0, 1, 2), (0, 2, 3)]
    faces = np.concatenate([np.stack([corner[c] for c in p], 1) for p in pick]).astype(np.int32)
    uv = np.concatenate([np.stack([flat[c] for c in p], 1) for p in pick])
    weft_warp = np.stack([-uv[:, :, 1], uv[:, :, 0]], axis=2)  # warp along the panel's x, weft along its -y
    radius = width / (2 * np.pi)
    angle = np.arange(around) / around * 2 * np.pi
    ring = np.stack([radius * np.sin(angle), 0 * angle, radius * np.cos(angle)], 1)
    rest = np.concatenate([ring + np.array([0, 0.5 + y, 0]) for y in at[:, 0, 1]])
    body = trimesh.creation.cylinder(0.1, 2.0, sections=48).subdivide().subdivide()
    body_rest = body.vertices[:, [1, 2, 0]]
    slide = np.array([0, 0.002, 0.010])
    rise = np.array([0, 0.05, -0.05])
    seam = np.stack([np.arange(along) * around, np.arange(1, along + 1) * around], 1).astype(np.int32)
    simulation = simulation_of(
        [rest + np.array([0, r - s, 0]) for r, s in zip(rise, slide, strict=True)],
        faces,
        weft_warp,
        np.stack([body_rest + np.array([0, r, 0]) for r in rise]),
        body.faces,
        seam_edges=seam,
    )
    return simulation, pattern, around


def test_rings_are_found_on_the_flat_panel_and_their_slip_is_not_the_bodys_own_motion(skirt):
    simulation, pattern, around = skirt
    hem, waist = measure_rings(simulation, pattern)
    assert (hem["ring"], waist["ring"]) == ("skirt/hem", "skirt/waist")
    assert waist["first_height_cm"] == pytest.approx(90, abs=1e-4)
    np.testing.assert_allclose(waist["slip_by_frame_mm"], [0, 2, 10], atol=1e-3)
    np.testing.assert_allclose(waist["drop_by_frame_mm"], [0, -48, 60], atol=1e-3)
    assert waist["greatest_slip_mm"] == pytest.approx(10, abs=1e-3)
    assert waist["greatest_rise_mm"] == pytest.approx(0, abs=1e-3)
    assert waist["flat_girth_cm"] == 80
    chord = 80 * np.sin(np.pi / around) / (np.pi / around)
    assert hem["girth_cm"]["first"] == pytest.approx(chord, abs=1e-3)
    (run,) = ring_runs(simulation, pattern, pattern.loops[1])
    assert len(run) == around + 1  # round to the vertex where it began


def test_a_welded_seam_is_closed_and_a_stitch_gapes_by_its_distance(skirt):
    simulation, pattern, _ = skirt
    seams = measure_seams(simulation, pattern)
    assert (seams["welded_edges"], seams["open_edges"], seams["stitches"]) == (8, 0, 0)
    assert seams["worst_gap_mm"] == 0
    assert seams["worst_element_mismatch_mm"] < 1e-3
    assert seams["pattern"] == [
        {
            "seam": "back",
            "kind": "plain",
            "first_cm": 40.0,
            "second_cm": 40.0,
            "stated_ease_cm": 0.0,
            "mismatch_mm": 0.0,
        }
    ]
    flat, faces = sheet(1, 0.1)
    two = np.concatenate([lying(flat, 1.0, 0.1), lying(flat, 1.0, 0.1) + np.array([0, 0.004, 0])])
    both = np.concatenate([faces, faces + 4])
    stitched = simulation_of(
        [two],
        both,
        np.concatenate([flat[faces]] * 2),
        seam_edges=np.array([[0, 4], [1, 5], [0, 1]], np.int32),
    )
    seams = measure_seams(stitched)
    assert (seams["stitches"], seams["open_edges"], seams["welded_edges"]) == (2, 1, 0)
    assert seams["worst_gap_mm"] == pytest.approx(4, abs=1e-3)


class Column:
    """A body of one column, 0.2 m round, that rises by a centimetre a frame."""

    def __init__(self, frames):
        mesh = trimesh.creation.cylinder(0.1, 2.0, sections=32)
        vertices, faces = mesh.vertices.astype(np.float32), mesh.faces.astype(np.int32)
        count = len(vertices)
        self.rig = Rig(
            ("root",), np.array([-1], np.int32), np.eye(4, dtype=np.float32)[None], vertices, faces,
            np.zeros((count, 4), np.int32), np.eye(4, dtype=np.float32)[[0] * count], np.zeros((count, 2), np.float32),
        )  # fmt: skip
        self.part_of_vertex = np.where(vertices[:, 2] > 0, PARTS.index("neck"), PARTS.index("torso"))
        self.fps, self.frame_count, self.lead_in = 30.0, frames, 0

    def transforms_at(self, frame):
        move = np.eye(4, dtype=np.float32)[None]
        move[0, 1, 3] = 0.01 * frame
        return move

    def vertices_at(self, frame):
        return self.rig.rest_vertices + self.transforms_at(frame)[0, :3, 3]


def test_flesh_is_measured_against_the_skinned_body():
    column = Column(3)
    body = np.stack([column.vertices_at(i) for i in range(3)])
    neck = np.flatnonzero(column.part_of_vertex == PARTS.index("neck"))
    body[1, neck[:4], 0] -= 0.003
    body[2, neck[3], 2] += 0.005
    flat, faces = sheet(2)
    cloth = np.stack([np.column_stack([flat, np.zeros(len(flat))])] * 3).astype(np.float32)
    zeros, none = np.zeros(len(faces), np.int32), np.zeros((0, 2), np.int32)
    simulation = Simulation(
        body,
        column.rig.faces,
        column.part_of_vertex,
        cloth,
        faces,
        flat[faces],
        zeros,
        zeros,
        none,
        none,
        30.0,
    )
    flesh = measure_flesh(simulation, column)
    assert flesh["worst_frame"] == 2
    np.testing.assert_allclose(flesh["worst_mm_by_frame"], [0, 3, 5], atol=1e-3)
    assert flesh["worst_mm"] == flesh["worst_mm_by_part"]["neck"] == max(flesh["worst_mm_by_frame"])
    assert list(flesh["worst_mm_by_part"]) == ["neck"]
    assert flesh["vertices_moved_by_frame"] == [0, 4, 1]
    assert measure_flesh(simulation, Column(4)) is None
    assert measure_flesh(replace(simulation, body_vertices=body[::-1]), column) is None

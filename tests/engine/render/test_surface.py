"""The rendered mesh: what corners carry, rims, and input that cannot be rendered."""

import dataclasses

import numpy as np
import pytest

from toile.engine.core.errors import BadInput
from toile.engine.render.surface import BODY_MATERIALS, EDGE_ROW, FAR, HEM_ROW, _below, build_surface


def test_distances_are_those_on_the_flat_panel(simulation):
    surface = build_surface(simulation, 1, 0)
    cloth = slice(surface.body_face_count, surface.body_face_count + surface.cloth_face_count)
    x, y, seam, row = np.moveaxis(surface.corners[cloth], 2, 0)
    width = 2.0 * np.pi * 0.22
    expected = np.minimum(np.minimum(x, width - x), FAR)
    assert np.allclose(seam, expected, atol=1e-5)
    low, high = (y - 0.45) - HEM_ROW, (1.05 - y) - EDGE_ROW
    nearest = np.where(np.abs(low) < np.abs(high), low, high)
    near = np.abs(nearest) < 0.05
    assert np.allclose(row[near], nearest[near], atol=1e-5)


def test_every_opening_has_a_rim_of_its_garment(simulation):
    surface = build_surface(simulation, 1, 0)
    assert len(surface.rim_source) == 2 * 2 * 64  # two rings, each edge split once
    rim = surface.faces[surface.body_face_count + surface.cloth_face_count :]
    assert len(rim) == 2 * len(surface.rim_source)
    assert rim.min() >= surface.body_count + surface.cloth_count
    assert rim.max() < surface.vertex_count
    assert set(surface.material_of_face[-len(rim) :]) == {BODY_MATERIALS}


def test_positions_are_convex_combinations(simulation):
    surface = build_surface(simulation, 2, 1)
    for matrix in (surface.body_matrix, surface.cloth_matrix):
        assert np.allclose(np.asarray(matrix.sum(axis=1)).ravel(), 1.0)
        assert matrix.data.min() >= 0.0


def test_geometry_that_is_missing_or_not_finite_is_refused(simulation):
    empty = dataclasses.replace(simulation, cloth_faces=np.zeros((0, 3), np.int32))
    with pytest.raises(BadInput, match=r"^The cloth has no triangles"):
        build_surface(empty, 1, 0)
    broken = simulation.cloth_vertices.copy()
    broken[1, 3, 0] = np.nan
    with pytest.raises(BadInput, match=r"not finite in frame 1"):
        build_surface(dataclasses.replace(simulation, cloth_vertices=broken), 1, 0)


def test_a_patch_has_an_edge_and_a_row_of_stitches_inside_it(simulation):
    """A square of 20 cm sewn on: signed distance to its outline, positive inside, the row 4 mm in."""
    low, high = np.array([0.4, 0.6]), np.array([0.6, 0.8])
    ring = np.array([low, [high[0], low[1]], high, [low[0], high[1]], low], np.float32)
    lines = np.stack([ring[:-1], ring[1:]], axis=1)
    patched = dataclasses.replace(simulation, stitch_lines=lines, stitch_panel=np.zeros(4, np.int32))
    surface, plain = build_surface(patched, 1, 0), build_surface(simulation, 1, 0)
    cloth = slice(surface.body_face_count, surface.body_face_count + surface.cloth_face_count)
    corners, before = surface.corners[cloth].reshape(-1, 4), plain.corners[cloth].reshape(-1, 4)
    place = corners[:, :2].astype(np.float64)
    out = np.maximum(np.maximum(low - place, place - high), 0.0)
    within = np.minimum(place - low, high - place).min(axis=1)
    distance = np.where(within > 0.0, within, -np.linalg.norm(out, axis=1))
    seam = np.where(np.abs(distance) < np.abs(before[:, 2]), distance, before[:, 2])
    near = np.abs(seam) < 0.09
    assert np.allclose(corners[near, 2], seam[near], atol=1e-5)
    inner = distance - 0.004
    row = np.where(np.abs(inner) < np.abs(before[:, 3]), inner, before[:, 3])
    close = (np.abs(row) < 0.05) & (within > 0.0)
    assert close.any()
    assert np.allclose(corners[close, 3], row[close], atol=1e-5)


def test_a_straight_line_on_the_panel_is_one_on_a_turned_cylinder(simulation):
    """Places on the panel move with the smoothed surface: heights and places along the warp agree all over the tube."""
    surface = build_surface(simulation, 2, 0)
    cloth = slice(surface.body_face_count, surface.body_face_count + surface.cloth_face_count)
    points = surface.cloth_matrix @ simulation.cloth_vertices[0]
    height = points[surface.faces[cloth] - surface.body_count][..., 1]
    assert np.allclose(height, surface.corners[cloth][..., 1], atol=2e-5)


def test_a_finished_edge_is_a_hem_or_not_from_corner_to_corner():
    """A pear: its lower edge swings up to the upright without a corner and is all hem; sides beyond corners are not."""
    turn = np.radians([0, 0, 15, 35, 55])
    lower = np.cumsum(0.1 * np.column_stack([np.cos(turn), np.sin(turn)]), axis=0)
    outline = np.concatenate([[[0.0, 0.0]], lower, [[0.3, 1.0], [0.0, 1.0]]])
    found = _below(outline, np.roll(outline, -1, axis=0), np.zeros(len(outline), np.int32))
    assert found.tolist() == [True] * 5 + [False] * 3

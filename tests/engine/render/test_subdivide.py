"""Loop subdivision: weights, boundaries, corners."""

import numpy as np

from toile.engine.render.subdivide import (
    boundary_corners,
    boundary_edges,
    loop_step,
    split_corners,
    split_edges,
)

RNG = np.random.default_rng(5)


def grid(n):
    """A flat n x n grid of unit squares, each two triangles."""
    x, y = np.meshgrid(np.arange(n + 1.0), np.arange(n + 1.0))
    vertices = np.stack([x.ravel(), y.ravel(), 0.0 * x.ravel()], axis=1)
    faces = []
    for j in range(n):
        for i in range(n):
            a = j * (n + 1) + i
            faces += [(a, a + 1, a + n + 2), (a, a + n + 2, a + n + 1)]
    return vertices, np.array(faces, np.int32)


def test_rows_sum_to_one_so_that_translations_commute():
    vertices, faces = grid(4)
    matrix, children, edges = loop_step(faces, len(vertices), np.zeros(len(vertices), bool))
    assert np.allclose(np.asarray(matrix.sum(axis=1)).ravel(), 1.0)
    assert (matrix.data >= 0.0).all()
    assert len(children) == 4 * len(faces)
    assert matrix.shape == (len(vertices) + len(edges), len(vertices))


def test_a_flat_rectangle_keeps_its_outline_and_area():
    vertices, faces = grid(3)
    sharp = boundary_corners(vertices.astype(np.float32), faces)
    assert sharp.sum() == 4
    matrix, children, _ = loop_step(faces, len(vertices), sharp)
    fine = matrix @ vertices
    a, b, c = (fine[children[:, i]] for i in range(3))
    area = 0.5 * np.cross(b - a, c - a)[:, 2]
    assert (area > 0.0).all()
    assert np.isclose(area.sum(), 9.0)


def test_the_boundary_does_not_feel_the_interior():
    vertices, faces = grid(4)
    rim = np.unique(boundary_edges(faces))
    matrix, _, _ = loop_step(faces, len(vertices), np.zeros(len(vertices), bool))
    moved = vertices.copy()
    inner = np.setdiff1d(np.arange(len(vertices)), rim)
    moved[inner] += RNG.normal(size=(len(inner), 3))
    assert np.array_equal((matrix @ vertices)[rim], (matrix @ moved)[rim])


def test_corners_interpolate_linearly_and_children_follow_their_parent():
    corners = RNG.normal(size=(5, 3, 2)).astype(np.float32)
    children = split_corners(corners).reshape(5, 4, 3, 2)
    assert np.allclose(children.mean(axis=(1, 2)), corners.mean(axis=1), atol=1e-6)
    assert np.allclose(children[:, 0, 0], corners[:, 0])
    assert np.allclose(children[:, 3, 0], 0.5 * (corners[:, 0] + corners[:, 1]))


def test_an_icosahedron_becomes_rounder():
    phi = (1 + 5**0.5) / 2
    v = np.array([(0, s, t * phi) for s in (1, -1) for t in (1, -1)], float)
    vertices = np.concatenate([v, v[:, [1, 2, 0]], v[:, [2, 0, 1]]])
    from scipy.spatial import ConvexHull

    faces = ConvexHull(vertices).simplices.astype(np.int32)
    step = np.linalg.norm(vertices[faces[:, 0]] - vertices[faces[:, 1]], axis=1)
    assert np.allclose(step, 2.0)
    matrix, _, _ = loop_step(faces, 12, np.zeros(12, bool))
    radius = np.linalg.norm(matrix @ vertices, axis=1)
    assert radius.max() / radius.min() < 1.1


def test_a_crease_stays_on_its_line_and_is_split_along_it():
    """A roof whose ridge is a crease keeps its ridge; without the crease it sinks."""
    vertices, faces = grid(6)
    vertices[:, 2] = 3.0 - np.abs(vertices[:, 0] - 3.0)
    ridge = np.flatnonzero(vertices[:, 0] == 3.0)
    creases = np.stack([ridge[:-1], ridge[1:]], axis=1).astype(np.int32)
    sharp = np.zeros(len(vertices), bool)
    matrix, _, edges = loop_step(faces, len(vertices), sharp, creases)
    halves = split_edges(creases, edges, len(vertices))
    fine = matrix @ vertices
    assert len(halves) == 2 * len(creases)
    assert np.allclose(fine[halves][..., [0, 2]], 3.0)
    assert np.allclose(np.linalg.norm(np.diff(fine[halves], axis=1), axis=2), 0.5, atol=0.2)
    smooth = loop_step(faces, len(vertices), sharp)[0] @ vertices
    assert (smooth[ridge[1:-1], 2] < 2.8).all()

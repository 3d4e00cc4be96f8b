"""Intersection counts equal exact arithmetic on random and on degenerate input, and known counts on built cases."""

from itertools import combinations

import numpy as np
import pytest
import trimesh

from toile.engine.core.intersect import (
    body_cloth_intersections,
    cloth_self_intersections,
    is_closed,
    signed_distance,
    triangles_cross_exactly,
    vertices_inside,
)


def sheet(n, height=0.0, size=1.0):
    """A flat square of n x n cells at y = height, 2 n n faces facing up."""
    line = np.linspace(-size / 2, size / 2, n + 1)
    x, z = np.meshgrid(line, line, indexing="ij")
    i = np.arange((n + 1) ** 2).reshape(n + 1, n + 1)
    a, b, c, d = i[:-1, :-1].ravel(), i[1:, :-1].ravel(), i[1:, 1:].ravel(), i[:-1, 1:].ravel()
    vertices = np.column_stack([x.ravel(), np.full(x.size, height), z.ravel()])
    return vertices, np.concatenate([np.stack([a, c, b], 1), np.stack([a, d, c], 1)]).astype(np.int32)


def exact_pairs(v, f):
    """Every crossing pair by integer arithmetic over all pairs that do not share an edge."""
    pairs = [
        (i, j)
        for i, j in combinations(range(len(f)), 2)
        if len(set(f[i]) & set(f[j])) < 2 and triangles_cross_exactly(v[f[i]], v[f[j]])
    ]
    return np.array(pairs, dtype=np.int32).reshape(-1, 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_random_soup_equals_exact_arithmetic(dtype):
    v = np.random.default_rng(1).normal(size=(360, 3)).astype(dtype)
    f = np.arange(360).reshape(-1, 3)
    found = cloth_self_intersections(v, f)
    assert len(found) > 100
    np.testing.assert_array_equal(found, exact_pairs(v, f))


@pytest.mark.parametrize("cells", [2, 3, 4])
def test_degenerate_lattice_soup_with_shared_corners_equals_exact_arithmetic(cells):
    rng = np.random.default_rng(cells)
    v = (rng.integers(0, cells, size=(150, 3)) * np.float32(0.1)).astype(np.float32)
    f = rng.integers(0, 150, size=(110, 3))
    f = f[[len(set(row)) == 3 for row in f]]
    np.testing.assert_array_equal(cloth_self_intersections(v, f), exact_pairs(v, f))


def test_predicate_sees_one_unit_in_the_last_place():
    """A tip just above the tilted plane y = x does not cross it, a tip just below does; on it, it touches."""
    plane = np.array([[1000, 1000, 0], [1003, 1003, 0], [1000, 1000, 3]], float)
    at = 1000.1
    for y, expected in ((np.nextafter(at, 2e3), 0), (at, 0), (np.nextafter(at, 0), 1)):
        spike = np.array([[at, y, 0.5], [1000, 1002, 0.5], [1000, 1002, 0.6]])
        v = np.concatenate([plane, spike])
        assert len(cloth_self_intersections(v, np.arange(6).reshape(2, 3))) == expected
        assert triangles_cross_exactly(plane, spike) == bool(expected)


def test_touching_is_not_intersecting():
    v = np.array([[0, 0, 0], [1, 0, 0], [0, 0, 1], [0.2, 0, 0.2], [0.2, 1, 0.2], [0.3, 1, 0.2]], float)
    f = np.arange(6).reshape(2, 3)
    assert len(cloth_self_intersections(v, f)) == 0
    v[3, 1] = -1e-9
    assert len(cloth_self_intersections(v, f)) == 1


def test_coplanar_overlap_is_not_counted():
    v = np.array([[0, 0, 0], [1, 0, 0], [0, 0, 1], [0.1, 0, 0.1], [1.1, 0, 0.1], [0.1, 0, 1.1]], float)
    assert len(cloth_self_intersections(v, np.arange(6).reshape(2, 3))) == 0


def test_faces_that_share_a_vertex_count_when_the_opposite_edge_pierces():
    v = np.array([[0, 0, 0], [2, 0, -1], [2, 0, 1], [1, 1, 0], [1, -1, 0.1]], float)
    f = np.array([[0, 1, 2], [0, 3, 4]])
    assert cloth_self_intersections(v, f).tolist() == [[0, 1]]
    v[4, 1] = 0.5
    assert len(cloth_self_intersections(v, f)) == 0


def test_a_flat_and_a_folded_sheet_do_not_intersect_and_two_crossed_sheets_do_along_their_line():
    v, f = sheet(8)
    assert len(cloth_self_intersections(v, f)) == 0
    folded = v.copy()
    folded[:, 1] = np.abs(v[:, 0])
    folded[:, 0] = 0.01 * np.abs(v[:, 0])
    assert len(cloth_self_intersections(folded, f)) == 0
    upright = np.column_stack([v[:, 1] + 0.03, v[:, 0], v[:, 2] * 0.999 + 1e-4])
    both, faces = np.concatenate([v, upright]), np.concatenate([f, f + len(v)])
    pairs = cloth_self_intersections(both, faces)
    np.testing.assert_array_equal(pairs, exact_pairs(both, faces))
    assert len(set(pairs[:, 0])) == 2 * 8  # one strip of cells from rim to rim


def test_body_pairs_equal_the_pairs_of_the_joined_mesh():
    v, f = sheet(12, 0.05)
    body = trimesh.creation.icosphere(3, radius=0.3)
    pairs = body_cloth_intersections(v, f, body.vertices, body.faces)
    joined = cloth_self_intersections(
        np.concatenate([v, body.vertices]), np.concatenate([f, body.faces + len(v)])
    )
    np.testing.assert_array_equal(pairs, joined - [0, len(f)])
    assert len(body_cloth_intersections(v + np.array([0, 0.3, 0]), f, body.vertices, body.faces)) == 0


def test_pair_list_grows_as_needed():
    v, f = sheet(2)
    crossed = np.roll(v, 1, axis=1) + np.array([0.01, 0.02, 0.03])
    many = np.concatenate([v] * 60 + [crossed] * 60)
    faces = np.concatenate([f + k * len(v) for k in range(120)])
    once = len(cloth_self_intersections(np.concatenate([v, crossed]), faces[: 2 * len(f)]))
    assert len(cloth_self_intersections(many, faces)) == 60 * 60 * once > 4096


def test_inside_of_a_sphere_is_within_its_radius_and_holes_do_not_matter_much():
    rng = np.random.default_rng(3)
    body = trimesh.creation.icosphere(4, radius=0.3)
    p = rng.uniform(-0.4, 0.4, size=(4000, 3))
    radius = np.linalg.norm(p, axis=1)
    p, radius = p[np.abs(radius - 0.3) > 5e-4], radius[np.abs(radius - 0.3) > 5e-4]
    np.testing.assert_array_equal(vertices_inside(p, body.vertices, body.faces), radius < 0.3)
    assert not is_closed(body.faces[1:])
    clear = np.abs(radius - 0.3) > 0.03
    np.testing.assert_array_equal(
        vertices_inside(p[clear], body.vertices, body.faces[1:]), (radius < 0.3)[clear]
    )


def test_inside_holds_for_rays_through_vertices_and_edges():
    """A lattice of points whose rays pass exactly through the cube's corners, edges and diagonals."""
    cube = trimesh.creation.box((2.0, 2.0, 2.0))
    line = np.linspace(-1.5, 1.5, 7)
    p = np.stack(np.meshgrid(line, line, line, indexing="ij"), -1).reshape(-1, 3)
    p = p[~np.isclose(np.abs(p).max(axis=1), 1.0)]
    inside = vertices_inside(p, cube.vertices, cube.faces)
    np.testing.assert_array_equal(inside, np.abs(p).max(axis=1) < 1.0)


def test_overlapping_and_separate_components_are_one_inside():
    one = trimesh.creation.icosphere(3, radius=0.3)
    v = np.concatenate([one.vertices, one.vertices + np.array([0.2, 0, 0]), one.vertices * 0.1 + [2, 0, 0]])
    f = np.concatenate([one.faces, one.faces + len(one.vertices), one.faces + 2 * len(one.vertices)])
    p = np.array([[0.1, 0, 0], [-0.25, 0, 0], [0.45, 0, 0], [2, 0, 0], [0.6, 0, 0], [2, 0.1, 0]])
    assert vertices_inside(p, v, f).tolist() == [True, True, True, True, False, False]


def test_signed_distance_to_a_box_is_analytic():
    box = trimesh.creation.box((2.0, 2.0, 2.0))
    p = np.random.default_rng(5).uniform(-2, 2, size=(3000, 3))
    outside = np.maximum(np.abs(p) - 1.0, 0.0)
    expected = np.linalg.norm(outside, axis=1) + np.minimum(np.abs(p).max(axis=1) - 1.0, 0.0)
    distance, face, closest = signed_distance(p, box.vertices, box.faces)
    np.testing.assert_allclose(distance, expected, atol=2e-6)
    np.testing.assert_allclose(np.linalg.norm(p - closest, axis=1), np.abs(expected), atol=2e-6)
    assert face.min() >= 0
    away, none, at = signed_distance([[5.0, 0, 0]], box.vertices, box.faces, reach=1.0)
    assert (away[0], none[0], at[0].tolist()) == (1.0, -1, [5.0, 0, 0])


def test_nothing_comes_of_nothing():
    v, f = sheet(2)
    empty = np.zeros((0, 3), int)
    assert cloth_self_intersections(v, empty).shape == (0, 2)
    assert body_cloth_intersections(v, f, v, empty).shape == (0, 2)
    assert vertices_inside(v, v, empty).tolist() == [False] * len(v)

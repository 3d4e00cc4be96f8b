"""Normals, areas and edges of triangle meshes."""

import numpy as np
import pytest
import trimesh

from toile.engine.core.mesh import face_areas, face_normals, unique_edges, vertex_normals


@pytest.fixture(scope="module")
def sphere():
    return trimesh.creation.icosphere(3, radius=2.0)


def test_face_normals_and_areas_equal_trimesh(sphere):
    np.testing.assert_allclose(face_normals(sphere.vertices, sphere.faces), sphere.face_normals, atol=1e-12)
    np.testing.assert_allclose(face_areas(sphere.vertices, sphere.faces), sphere.area_faces, rtol=1e-12)


def test_vertex_normals_of_a_sphere_point_outwards(sphere):
    normals = vertex_normals(sphere.vertices, sphere.faces)
    np.testing.assert_allclose(normals, sphere.vertices / 2.0, atol=2e-2)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1.0, rtol=1e-12)


def test_areas_of_flat_triangles_in_two_dimensions():
    square = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 3.0], [0.0, 3.0]])
    np.testing.assert_allclose(face_areas(square, np.array([[0, 1, 2], [0, 2, 3]])), [3.0, 3.0])


def test_degenerate_faces_have_no_normal_and_no_area():
    line = np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0]])
    face = np.array([[0, 1, 2]])
    np.testing.assert_array_equal(face_normals(line, face), np.zeros((1, 3)))
    np.testing.assert_array_equal(face_areas(line, face), [0.0])


def test_each_edge_of_a_closed_mesh_has_two_faces_and_euler_holds(sphere):
    edges, sides = unique_edges(sphere.faces)
    assert (sides >= 0).all()
    assert len(sphere.vertices) - len(edges) + len(sphere.faces) == 2
    assert (edges[:, 0] < edges[:, 1]).all()
    for edge, faces in zip(edges[::97], sides[::97], strict=True):
        for face in faces:
            assert set(edge) <= set(sphere.faces[face])


def test_a_rim_has_one_face():
    edges, sides = unique_edges(np.array([[0, 1, 2], [0, 2, 3]]))
    inner = {(int(a), int(b)) for (a, b), side in zip(edges, sides, strict=True) if side[1] >= 0}
    assert inner == {(0, 2)}
    assert (sides[:, 1] < 0).sum() == 4

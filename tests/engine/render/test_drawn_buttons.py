"""Buttons: closed, turned outwards, rigid, where the pattern says; drawn as the twin in NumPy places them."""

import dataclasses

import numpy as np

from toile.engine.core.buttons import HORN, button_axes, button_mesh, find_buttons
from toile.engine.render.frame import Renderer
from toile.engine.render.scene import PREVIEW, GarmentLook, Scene
from toile.engine.render.surface import BUTTON, build_surface
from toile.garments.fabric import fabric

PLACES = np.array([[0.3, 0.7], [0.31, 0.8], [0.6, 0.9]], np.float32)
SIZES = np.array([0.011, 0.011, 0.020], np.float32)


def sewn_on(simulation):
    return dataclasses.replace(
        simulation, button_places=PLACES, button_panel=np.zeros(3, np.int32), button_size=SIZES
    )


def test_a_button_is_as_wide_as_asked_and_its_faces_look_outwards():
    for size in (0.005, 0.011, 0.020, 0.034):
        points, faces, holes = button_mesh(size)
        assert np.isclose(np.linalg.norm(points[:, :2], axis=1).max(), 0.5 * size)
        assert 0.0008 <= points[:, 2].max() <= 0.0031
        a, b, c = (points[faces[:, i]] for i in range(3))
        normal, middle = np.cross(b - a, c - a), (a + b + c) / 3.0
        assert (normal[holes][:, 2] > 0.0).all()
        outward = middle * (1.0, 1.0, 0.0) + (0.0, 0.0, 0.5 * size)
        rim = ~holes & (np.linalg.norm(middle[:, :2], axis=1) > 0.43 * size)
        assert ((normal * outward).sum(axis=1)[rim] > 0.0).all()


def test_buttons_are_found_where_the_pattern_has_them(simulation):
    found = find_buttons(
        PLACES, np.zeros(3, np.int32), SIZES, simulation.cloth_panel_uv, simulation.panel_of_face
    )
    at = (found.share[:, :, None] * simulation.cloth_panel_uv[found.face]).sum(axis=1)
    assert np.allclose(at, PLACES, atol=1e-6)
    holes = button_mesh(0.011)[2]
    size_of_face = SIZES[found.owner[found.faces[:, 0]]]
    assert np.array_equal(found.dark[size_of_face < HORN], np.tile(holes, 2))
    assert np.array_equal(found.dark[size_of_face >= HORN], ~holes)


def test_a_button_on_no_panel_is_left_out(simulation):
    elsewhere = np.array([0, 7, 0], np.int32)
    found = find_buttons(PLACES, elsewhere, SIZES, simulation.cloth_panel_uv, simulation.panel_of_face)
    assert len(found.face) == 2
    assert found.owner.max() == 1


def test_buttons_lie_on_the_cloth_in_every_frame_and_keep_their_shape(simulation):
    dressed = sewn_on(simulation)
    renderer = Renderer(Scene(dressed, (GarmentLook(fabric("cotton"), "#335577"),)), PREVIEW)
    surface = renderer.surface
    local = surface.buttons.local.astype(np.float64)
    for frame in range(len(dressed.cloth_vertices)):
        renderer.pose(frame)
        points = renderer.points.numpy().astype(np.float64)
        drawn = points[surface.first_button :]
        assert len(drawn) == len(local)
        cloth = points[surface.body_count : surface.body_count + surface.cloth_count]
        normals = renderer.normals.numpy()[surface.body_count : surface.body_count + surface.cloth_count]
        faces = surface.faces[surface.body_face_count :][: surface.cloth_face_count] - surface.body_count
        centre, axes = button_axes(surface.buttons, cloth, normals.astype(np.float64), faces)
        owner = surface.buttons.owner
        twin = centre[owner] + np.einsum("nk,nkd->nd", local, axes[owner])
        assert np.abs(drawn - twin).max() < 2e-6
        for button in range(3):
            mine = surface.buttons.owner == button
            apart = np.linalg.norm(drawn[mine][:, None] - drawn[mine][None], axis=2)
            assert np.allclose(
                apart, np.linalg.norm(local[mine][:, None] - local[mine][None], axis=2), atol=2e-6
            )


def test_a_garment_without_buttons_is_drawn_without(simulation):
    assert not (build_surface(simulation, 1, 0).material_of_face == BUTTON).any()

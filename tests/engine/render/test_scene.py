"""Cameras and looks: axes, framing, and values that cannot be used."""

import dataclasses

import numpy as np
import pytest

from toile.engine.core.errors import BadInput
from toile.engine.render.scene import Camera, GarmentLook, Scene, hex_colour, views
from toile.garments.fabric import fabric


def test_look_at_is_a_rigid_motion_that_puts_the_target_ahead():
    camera = Camera((1.0, 2.0, 3.0), (0.2, 1.0, -0.4))
    matrix = camera.look_at()
    assert np.allclose(matrix[:3, :3] @ matrix[:3, :3].T, np.eye(3), atol=1e-6)
    assert np.isclose(np.linalg.det(matrix[:3, :3]), 1.0, atol=1e-6)
    target = matrix @ np.array([0.2, 1.0, -0.4, 1.0])
    assert np.allclose(target[:2], 0.0, atol=1e-6)
    assert target[2] < 0.0
    assert np.allclose(camera.project(np.array([[0.2, 1.0, -0.4]]))[0, :2], (256, 256), atol=1e-3)


def test_azimuths_go_from_the_front_to_the_wearers_left_to_the_back(simulation):
    front, left, back = views((0, 90, 180), simulation)
    assert front.position[2] > 1.0
    assert abs(front.position[0]) < 1e-6
    assert left.position[0] > 1.0
    assert back.position[2] < -1.0
    # Seen from the front, the wearer's left is on the viewer's right.
    assert front.project(np.array([[0.3, 1.0, 0.0]]))[0, 0] > 256


@pytest.mark.parametrize("size", [(512, 512), (300, 700), (900, 400)])
def test_the_whole_figure_is_seen_in_every_frame(simulation, size):
    points = np.concatenate(
        [simulation.body_vertices.reshape(-1, 3), simulation.cloth_vertices.reshape(-1, 3)]
    )
    for camera in views((0, 33, 90, 200), simulation, size=size):
        x, y, depth = camera.project(points).T
        assert (depth > 0.0).all()
        assert x.min() > 0.04 * size[0]
        assert x.max() < 0.96 * size[0]
        assert y.min() > 0.03 * size[1]
        assert y.max() < 0.97 * size[1]


def test_values_that_cannot_be_used_are_refused(simulation):
    with pytest.raises(BadInput, match="0 x 512"):
        Camera((0.0, 1.0, 3.0), (0.0, 1.0, 0.0), size=(0, 512))
    with pytest.raises(BadInput, match="looks at its own place"):
        Camera((0.0, 1.0, 3.0), (0.0, 1.0, 3.0))
    with pytest.raises(BadInput, match="use finite metres"):
        Camera((0.0, float("nan"), 3.0), (0.0, 1.0, 0.0))
    with pytest.raises(BadInput, match="at least one azimuth"):
        views((), simulation)
    still = dataclasses.replace(
        simulation, body_vertices=simulation.body_vertices[:0], cloth_vertices=simulation.cloth_vertices[:0]
    )
    with pytest.raises(BadInput, match="no finite positions"):
        views((0,), still)
    with pytest.raises(BadInput, match="at least one azimuth"):
        views((float("nan"),), simulation)
    with pytest.raises(BadInput, match="'blue' is not a colour"):
        hex_colour("blue")
    with pytest.raises(BadInput, match="no print called 'plaid'"):
        GarmentLook(fabric("cotton"), "#ffffff", "plaid")
    with pytest.raises(BadInput, match="1 garments and 0 looks"):
        Scene(simulation, ())


def test_hex_colours():
    assert np.allclose(np.array(hex_colour("#1f4e9c")) * 255, (0x1F, 0x4E, 0x9C))
    assert hex_colour("FFFFFF") == (1.0, 1.0, 1.0)

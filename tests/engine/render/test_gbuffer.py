"""The G-buffer agrees with the camera, the mesh and itself."""

import numpy as np
import pytest
import torch

from toile.engine.core.body import PARTS
from toile.engine.render.gbuffer import gbuffer
from toile.engine.render.scene import GarmentLook, Scene, views
from toile.engine.render.surface import BODY_MATERIALS
from toile.engine.render.torch_scene import torch_scene
from toile.garments.fabric import fabric


@pytest.fixture(scope="module")
def seen(simulation):
    scene = Scene(simulation, (GarmentLook(fabric("cotton"), "#2f5fa8", "stripes"),))
    camera = views((30.0,), simulation, size=(96, 128))[0]
    made = torch_scene(scene, 0, camera=camera, device="cpu")
    return (
        made,
        camera,
        gbuffer(made, camera, next_points=made.drawable.points + torch.tensor([0.0, 0.02, 0.0])),
    )


def test_positions_project_to_their_pixels_and_depths(seen):
    _, camera, g = seen
    place = camera.project(g.position[g.seen].numpy())
    y, x = np.nonzero(g.seen.numpy())
    assert np.allclose(place[:, 0], x + 0.5, atol=0.01)
    assert np.allclose(place[:, 1], y + 0.5, atol=0.01)
    assert np.allclose(place[:, 2], g.depth[g.seen].numpy(), rtol=1e-5)


def test_directions_are_unit_and_perpendicular_and_face_the_viewer(seen):
    _, camera, g = seen
    n, t = g.normal[g.seen], g.tangent[g.seen]
    assert torch.allclose(n.norm(dim=1), torch.ones(len(n)), atol=1e-4)
    assert float((n * t).sum(1).abs().max()) < 1e-4
    toward = torch.tensor(camera.position) - g.position[g.seen]
    assert bool(((n * toward).sum(1) > 0.0).all())


def test_numbers_name_what_is_seen(seen):
    _made, _, g = seen
    cloth = g.garment == 0
    assert bool((g.material[cloth] == BODY_MATERIALS).all())
    assert bool((g.panel[cloth] == 0).all())
    assert bool((g.part[cloth] == -1).all())
    assert set(g.part[g.material == 0].tolist()) <= {PARTS.index("torso"), PARTS.index("head")}
    y = g.position[..., 1][cloth]
    assert torch.allclose(g.panel_xy[..., 1][cloth], y, atol=0.02)  # the test's panel is as high as the skirt
    assert torch.allclose(g.uv[cloth], g.panel_xy[cloth] / 0.03, rtol=1e-4)
    assert bool((g.face[~g.seen] == -1).all())


def test_components_add_up_and_albedo_is_the_print(seen):
    _, _, g = seen
    assert torch.allclose(sum(g.components.values()), g.radiance, atol=1e-5)
    shades = g.albedo[g.garment == 0][:, 2]
    assert float(shades.max()) > 1.5 * float(shades.min())


def test_motion_is_what_the_camera_sees_of_it(seen):
    made, camera, g = seen
    start = g.position[g.seen].numpy()
    expected = (camera.project(start + np.array([0.0, 0.02, 0.0])) - camera.project(start))[:, :2]
    assert np.allclose(g.motion[g.seen].numpy(), expected, atol=0.02)
    assert float(gbuffer(made, camera).motion.abs().max()) == 0.0

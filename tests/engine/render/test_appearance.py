"""Colours, prints and lights come back from pictures; a hem's length and a body's height from silhouettes."""

import numpy as np
import pytest
import torch

from toile.engine.core.errors import BadInput
from toile.engine.render import fit_appearance, fit_shape
from toile.engine.render.differentiable import DrawSettings
from toile.engine.render.scene import GarmentLook, Scene, views
from toile.engine.render.surface import BODY_MATERIALS
from toile.engine.render.torch_scene import torch_scene
from toile.garments.fabric import fabric
from toile.shaders.torch_shading import Texture

SIDE = 80


@pytest.fixture(scope="module")
def scene(simulation):
    return torch_scene(Scene(simulation, (GarmentLook(fabric("cotton"), "#8a8a8a"),)), 0, device="cpu")


@pytest.fixture(scope="module")
def cameras(simulation):
    return views((0.0, 120.0), simulation, size=(SIDE, SIDE))


def photographs(scene, cameras, materials, change=lambda lights: lights):
    """Eight-bit pictures with other looks and lights."""
    made = []
    for camera in cameras:
        with torch.no_grad():
            picture = scene.render(
                camera, change(scene.lights(camera)), materials=materials, settings=DrawSettings(samples=16)
            )
        made.append((255.0 * picture.colour.clamp(0.0, 1.0) + 0.5).to(torch.uint8).numpy())
    return made


def dyed(scene, colour):
    base = scene.materials.base.clone()
    base[BODY_MATERIALS] = torch.tensor(colour)
    return scene.materials.replace(base=base)


def test_colour_and_light_come_back_together(scene, cameras):
    colour = (0.42, 0.07, 0.16)
    warm = torch.tensor([1.25, 1.0, 0.7])
    pictures = photographs(
        scene,
        cameras,
        dyed(scene, colour),
        lambda lights: lights.replace(key_colour=lights.key_colour * warm),
    )
    found = fit_appearance(scene, pictures, cameras, steps=220)  # fill and dome look much alike
    assert np.allclose(found.colours[0], colour, atol=0.015)
    ratio = found.lights[0].key_colour / scene.lights(cameras[0]).key_colour
    assert torch.allclose(ratio, warm, rtol=0.06)
    assert found.error < 5.0 / 255.0  # outlines are averaged over fewer rays than in the pictures
    assert found.history[0] > 5.0 * found.error


def test_the_direction_of_the_key_comes_back(scene, cameras):
    truth = scene.lights(cameras[0])
    other = truth.key_direction + torch.tensor([0.25, 0.2, 0.0])
    other = other / other.norm()
    pictures = photographs(
        scene, cameras[:1], scene.materials, lambda lights: lights.replace(key_direction=other)
    )
    found = fit_appearance(scene, pictures, cameras[:1], recover=("key_direction",), steps=60)
    angle = torch.rad2deg(torch.acos((found.lights[0].key_direction * other).sum().clamp(-1.0, 1.0)))
    before = torch.rad2deg(torch.acos((truth.key_direction * other).sum()))
    assert float(before) > 15.0
    assert float(angle) < 2.0


def test_a_print_comes_back_as_a_texture(scene, simulation):
    cameras = views((0.0, 90.0, 180.0, 270.0), simulation, size=(SIDE, SIDE))
    y, x = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    wave = 0.5 + 0.5 * torch.sin(2.0 * torch.pi * (x + 0.5) / 8.0) * torch.cos(
        2.0 * torch.pi * (y + 0.5) / 8.0
    )
    truth = torch.stack([0.1 + 0.5 * wave, 0.3 * torch.ones_like(wave), 0.5 - 0.4 * wave], dim=-1)
    size = (0.45, 0.45)
    looks = scene.materials.replace(textures=(*(None,) * BODY_MATERIALS, Texture(truth, size)))
    pictures = photographs(scene, cameras, looks)
    found = fit_appearance(
        scene, pictures, cameras, recover=("texture",), tile_m=size, tile_pixels=8, steps=80
    )
    tile = found.materials.textures[BODY_MATERIALS].image
    assert float((tile - truth).abs().mean()) < 0.02
    assert found.error < 5.0 / 255.0


def hem(scene, extra_cm):
    """The skirt, longer by `extra_cm` from its waist (1.05 m) down to its hem (0.45 m)."""
    y = scene.cloth[:, 1:2]
    down = (1.05 - y) / 0.6
    return scene.cloth - 0.01 * extra_cm * down * scene.cloth.new_tensor([[0.0, 1.0, 0.0]])


def test_a_hem_comes_back_from_its_silhouette(scene, cameras):
    with torch.no_grad():
        mask = scene.render(cameras[0], cloth=hem(scene, 9.3)).alpha.numpy()
    found = fit_shape(scene, lambda q: (scene.body, hem(scene, q[0])), [mask], cameras[:1], start=(0.0,))
    assert found.parameters[0] == pytest.approx(9.3, abs=0.2)
    assert found.error < 0.5 * found.history[0]


def test_a_height_and_a_hem_come_back_together(scene, cameras):
    def deform(q):
        return scene.body * (1.0 + 0.01 * q[0]), hem(scene, q[1]) * (1.0 + 0.01 * q[0])

    with torch.no_grad():
        truth = torch.tensor([-4.0, 6.0])
        masks = [
            scene.render(c, body=deform(truth)[0], cloth=deform(truth)[1]).alpha.numpy() for c in cameras
        ]
    found = fit_shape(scene, deform, masks, cameras, start=(0.0, 0.0))
    height = 170.0 * (1.0 + 0.01 * found.parameters[0])
    assert height == pytest.approx(170.0 * 0.96, abs=0.4)
    assert found.parameters[1] == pytest.approx(6.0, abs=0.4)


def test_bad_targets_are_said_in_one_sentence(scene, cameras):
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    with pytest.raises(BadInput, match="a camera each"):
        fit_appearance(scene, [picture], cameras)
    with pytest.raises(BadInput, match="resize"):
        fit_appearance(scene, [picture[1:]], cameras[:1])
    with pytest.raises(BadInput, match="uint8"):
        fit_appearance(scene, [picture.astype(np.float32)], cameras[:1])
    with pytest.raises(BadInput, match="choose from"):
        fit_appearance(scene, [picture], cameras[:1], recover=("smell",))
    with pytest.raises(BadInput, match="silhouette"):
        fit_shape(scene, lambda q: (scene.body, scene.cloth), [picture[..., 0][1:]], cameras[:1])

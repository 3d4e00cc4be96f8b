"""Gradients of pictures against central finite differences, occlusion edges included; the picture against `Renderer`'s."""

import dataclasses

import numpy as np
import pytest
import torch

from toile.engine.core.errors import BadInput
from toile.engine.render.differentiable import DrawSettings
from toile.engine.render.fragments import View
from toile.engine.render.frame import render_frame
from toile.engine.render.scene import Camera, GarmentLook, Scene, views
from toile.engine.render.surface import BODY_MATERIALS
from toile.engine.render.torch_scene import torch_scene
from toile.garments.fabric import fabric
from toile.shaders.torch_shading import Texture

SIDE = 96
FINE = DrawSettings(samples=256, edge_density=16.0)
SCENES = {  # fabric, print, its repeat [cm], azimuth, elevation [degrees], distance of the full view's
    "front": ("cotton", "solid", 0.0, 0.0, 17.0, 1.0),
    "wool": ("wool", "solid", 0.0, 45.0, 24.0, 1.0),
    "satin": ("satin", "solid", 0.0, 160.0, -12.0, 1.0),
    "above": ("denim", "solid", 0.0, 100.0, 50.0, 1.0),
    "close": ("cotton", "check", 24.0, 20.0, 12.0, 0.5),
}


@pytest.fixture(scope="module")
def scenes(simulation):
    made = {}
    for name, (cloth, kind, scale, azimuth, elevation, near) in SCENES.items():
        scene = Scene(simulation, (GarmentLook(fabric(cloth), "#2f5fa8", kind, (), scale),))
        full = views((azimuth,), simulation, size=(SIDE, SIDE))[0]
        a, e = np.radians(azimuth), np.radians(elevation)
        way = np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])
        distance = near * float(np.linalg.norm(np.subtract(full.position, full.target)))
        position = tuple(float(c) for c in np.add(full.target, distance * way))
        camera = dataclasses.replace(full, position=position)
        made[name] = (torch_scene(scene, 0, camera=camera, device="cpu", cloth_subdivisions=0), camera)
    return made


def turned(x, angle, axis, about):
    """Points turned round an axis through `about`."""
    k = torch.zeros(3)
    k[axis] = 1.0
    local = x - about
    along = (local @ k)[:, None] * k
    return (
        about
        + along
        + torch.cos(angle) * (local - along)
        + torch.sin(angle) * torch.linalg.cross(k.expand_as(local), local)
    )


def drawn(scene, camera, what, q):
    """The picture with one thing changed by q."""
    view, lights, materials = View.of(camera), scene.lights(camera), scene.materials
    cloth, body, middle = scene.cloth, scene.body, scene.cloth.mean(0)
    axis = torch.zeros(3)
    if what[-1] in "012":
        axis[int(what[-1])] = 1.0
    if what.startswith("move"):
        cloth = cloth + q * axis
    elif what.startswith("body"):
        body = body + q * axis
    elif what.startswith("turn"):
        cloth = turned(cloth, q, int(what[-1]), middle)
    elif what == "scale":
        cloth, body = middle + (1.0 + q) * (cloth - middle), middle + (1.0 + q) * (body - middle)
    elif what.startswith("camera"):
        view = dataclasses.replace(view, position=view.position + q * axis)
    elif what.startswith("aim"):
        view = dataclasses.replace(view, target=view.target + q * axis)
    elif what == "field":
        view = dataclasses.replace(view, fov_deg=view.fov_deg + q)
    elif what == "albedo":
        texture = materials.textures[BODY_MATERIALS]
        if texture is None:
            materials = materials.replace(base=materials.base * (1.0 + q))
        else:
            tile = dataclasses.replace(texture, image=texture.image * (1.0 + q))
            materials = materials.replace(textures=(*(None,) * BODY_MATERIALS, tile))
    elif what == "gloss":
        materials = materials.replace(alpha_warp=materials.alpha_warp * (1.0 + q))
    elif what == "key":
        lights = lights.replace(key_colour=lights.key_colour * (1.0 + q))
    elif what == "direction":
        lights = lights.replace(key_direction=turned(lights.key_direction[None], q, 1, torch.zeros(3))[0])
    elif what == "dome":
        lights = lights.replace(sky=lights.sky * (1.0 + q), horizon=lights.horizon * (1.0 + q))
    settings = FINE if what in STEPS else DrawSettings()
    return scene.render(view, lights, body=body, cloth=cloth, materials=materials, settings=settings).colour


STEPS = {  # a fifteenth of a pixel at the figure's distance, or what moves it about as far: an edge that crosses a
    # pixel's border within a step bends the squared difference, and central differences average that
    "move0": 0.001,
    "move1": 0.0015,
    "body0": 0.001,
    "turn1": 0.005,
    "turn2": 0.005,
    "scale": 0.00125,
    "camera0": 0.03,
    "aim1": 0.001,
    "field": 0.025,
}
SMOOTH = {"albedo": 0.01, "gloss": 0.01, "key": 0.01, "direction": 0.01, "dome": 0.01}


def both(scene, camera, what, step):
    """The derivative of the squared distance to a picture five steps away: ours, and the central difference."""
    with torch.no_grad():
        goal = drawn(scene, camera, what, torch.tensor(5.0 * step))
    q = torch.zeros((), requires_grad=True)
    loss = ((drawn(scene, camera, what, q) - goal) ** 2).double().sum()
    ours = float(torch.autograd.grad(loss, q)[0])
    with torch.no_grad():
        ends = [
            ((drawn(scene, camera, what, torch.tensor(s)) - goal) ** 2).double().sum() for s in (step, -step)
        ]
    return ours, float(ends[0] - ends[1]) / (2.0 * step)


def check(scene, camera, what, step, within):
    ours, difference = both(scene, camera, what, step)
    assert abs(ours - difference) <= within * abs(difference), f"{what}: {ours:.5g}, {difference:.5g}"


@pytest.mark.parametrize("what", ["move1", "turn2", "camera0"])
def test_moving_edges_agree_with_finite_differences(scenes, what):
    check(*scenes["front"], what, STEPS[what], 0.03)


@pytest.mark.slow
@pytest.mark.parametrize("what", STEPS)
@pytest.mark.parametrize("name", SCENES)
def test_every_motion_agrees_with_finite_differences_in_every_scene(scenes, name, what):
    near = SCENES[name][-1]
    check(*scenes[name], what, near * STEPS[what], 0.03)


@pytest.mark.parametrize("what", SMOOTH)
@pytest.mark.parametrize("name", SCENES)
def test_colour_and_light_agree_with_finite_differences(scenes, name, what):
    check(*scenes[name], what, SMOOTH[what], 0.01)


def test_a_silhouette_grows_as_its_outline_moves(scenes):
    scene, camera = scenes["front"]
    q = torch.zeros((), requires_grad=True)
    middle = scene.cloth.mean(0)
    area = (
        scene.render(camera, cloth=middle + (1.0 + q) * (scene.cloth - middle))
        .masks[..., BODY_MATERIALS]
        .sum()
    )
    (ours,) = torch.autograd.grad(area, q)
    ends = [
        scene.render(camera, cloth=middle + (1.0 + s) * (scene.cloth - middle))
        .masks[..., BODY_MATERIALS]
        .sum()
        for s in (0.02, -0.02)
    ]
    assert float(ours) == pytest.approx(float(ends[0] - ends[1]) / 0.04, rel=0.03)


def test_it_shows_what_the_renderer_shows(simulation):
    scene = Scene(simulation, (GarmentLook(fabric("cotton"), "#2f5fa8"),))
    camera = views((30.0,), simulation, size=(128, 128))[0]
    ours = torch_scene(scene, 0, camera=camera, device="cpu").render(camera)
    theirs = torch.tensor(render_frame(scene, 0, camera)).float() / 255.0
    seen = ours.alpha > 0.999
    difference = (ours.colour - theirs)[seen]
    assert float(difference.square().mean()) < 10.0 ** (
        -25.0 / 10.0
    )  # 25 dB: stitches, weave and noise of light
    assert float(difference.mean().abs()) < 0.02


def test_a_texture_is_differentiable_where_it_is_seen(scenes):
    scene, camera = scenes["front"]
    tile = torch.full((16, 16, 3), 0.3, requires_grad=True)
    looks = scene.materials.replace(textures=(*(None,) * BODY_MATERIALS, Texture(tile, (0.4, 0.4))))
    scene.render(camera, materials=looks).colour.sum().backward()
    assert bool((tile.grad > 0.0).all())


@pytest.mark.gpu
def test_cuda_agrees_with_the_cpu(simulation):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    scene = Scene(simulation, (GarmentLook(fabric("cotton"), "#2f5fa8"),))
    camera = views((30.0,), simulation, size=(96, 96))[0]
    pictures = [torch_scene(scene, 0, camera=camera, device=d).render(camera) for d in ("cpu", "cuda:0")]
    assert float((pictures[0].colour - pictures[1].colour.cpu()).abs().mean()) < 1e-3


def test_bad_input_is_said_in_one_sentence(scenes):
    scene, camera = scenes["front"]
    with pytest.raises(BadInput, match="coordinates"):
        scene.render(camera, cloth=scene.cloth[1:])
    with pytest.raises(BadInput, match="not finite"):
        scene.render(camera, cloth=scene.cloth * float("nan"))
    with pytest.raises(BadInput, match="lights"):
        scene.render(View.of(camera))
    with pytest.raises(BadInput, match="pixels"):
        Camera((0.0, 1.0, 4.0), (0.0, 1.0, 0.0), size=(0, 64))

"""The torch equations say what the Warp ones say."""

import numpy as np
import pytest
import torch
import warp as wp

from toile.engine.render import shade_kernels as kernels
from toile.engine.render.lighting import build_studio
from toile.engine.render.materials import build_materials
from toile.engine.render.scene import Camera, GarmentLook, Lighting, Scene
from toile.engine.render.surface import BODY_MATERIALS
from toile.engine.render.torch_scene import lights_of
from toile.garments.fabric import fabric
from toile.shaders import torch_brdf as t
from toile.shaders.brdf import lobe_table
from toile.shaders.tone import agx
from toile.shaders.torch_shading import Materials, Points, dome_irradiance, shade

CAMERA = Camera((0.0, 1.0, 3.0), (0.0, 1.0, 0.0))
RNG = np.random.default_rng(5)


def materials(array):
    """A Warp array of materials as tensors."""
    records = array.numpy()
    names = ("kind", "base", "alpha_warp", "alpha_weft", "f0", "sheen", "sheen_roughness", "transmission")
    fields = {n: torch.tensor(np.asarray(records[n], np.float32).reshape(len(records), -1)) for n in names}
    gloss = torch.tensor(np.array(records["gloss"]))
    gloss[:BODY_MATERIALS] = 1.0
    layer = torch.tensor(np.array(records["first"]))
    return Materials(layer=layer, gloss=gloss, textures=(None,) * len(records), **fields)


@pytest.mark.parametrize("name", ["cotton", "wool", "satin", "chiffon", "denim", "velvet", "leather"])
def test_a_swatch_is_shaded_as_warp_shades_it(simulation, name):
    scene = Scene(simulation, (GarmentLook(fabric(name), "#7a3b5c"),))
    records = build_materials(scene, "cpu")
    n = RNG.normal(size=(300, 3))
    n[:, 2] = np.abs(n[:, 2]) + 0.2
    n = (n / np.linalg.norm(n, axis=1, keepdims=True)).astype(np.float32)
    out = wp.zeros((len(records), 300), dtype=wp.vec3, device="cpu")
    inputs = [
        records,
        build_studio(Lighting(), CAMERA),
        wp.array(lobe_table(), dtype=float, device="cpu"),
        wp.array(n, dtype=wp.vec3, device="cpu"),
    ]
    wp.launch(kernels.shade_swatch, dim=out.shape, inputs=inputs, outputs=[out], device="cpu")
    normals = torch.tensor(n)
    weft = t.unit(torch.linalg.cross(torch.tensor([[0.0, 1.0, 0.0]]).expand_as(normals), normals))
    lights = lights_of(Lighting(), CAMERA)
    one, zero = torch.ones(300, 1), torch.zeros(300, 1)
    points = Points(
        n=normals,
        v=torch.tensor([[0.0, 0.0, 1.0]]).expand_as(normals),
        weft=weft,
        warp=torch.linalg.cross(normals, weft),
        uv=torch.tensor([[1.0, 0.0]]).expand(300, 2),
        footprint=one,
        material=torch.full((300,), BODY_MATERIALS),
        open=zero,
        key=one,
        rim=one,
        fill=one,
        bounce=lights.horizon.expand_as(normals),
    )
    ours = shade(materials(records), lights, points).radiance.numpy()
    assert np.allclose(ours, out.numpy()[BODY_MATERIALS], rtol=2e-3, atol=2e-4)


def test_parts_add_up_to_the_whole(simulation):
    scene = Scene(simulation, (GarmentLook(fabric("wool"), "#7a3b5c"),))
    look = materials(build_materials(scene, "cpu"))
    lights = lights_of(Lighting(), CAMERA)
    n = t.unit(torch.tensor(RNG.normal(size=(50, 3)), dtype=torch.float32))
    weft = t.unit(torch.linalg.cross(torch.tensor([[0.3, 1.0, 0.1]]).expand_as(n), n))
    half = torch.full((50, 1), 0.5)
    points = Points(
        n, n, weft, torch.linalg.cross(n, weft), torch.zeros(50, 2), 0.01 * half, torch.full((50,), BODY_MATERIALS),
        half, half, half, half, torch.zeros(50, 3),
    )  # fmt: skip
    shaded = shade(look, lights, points)
    assert torch.allclose(torch.stack(list(shaded.components.values())).sum(0), shaded.radiance)
    assert set(shaded.components) == {"dome", "key", "rim", "fill", "through", "gloss", "sheen"}


def test_tone_map_is_the_tone_map():
    radiance = RNG.uniform(0.001, 6.0, size=(400, 3))
    assert np.allclose(t.tone_map(torch.tensor(radiance)).numpy(), agx(radiance), atol=2e-3)


def test_an_even_dome_lights_every_side_alike():
    lights = lights_of(Lighting(sky=(0.4,) * 3, horizon=(0.4,) * 3, ground=(0.4,) * 3), CAMERA)
    light = dome_irradiance(lights, torch.linspace(-1.0, 1.0, 21)[:, None])
    assert torch.allclose(light, torch.full_like(light, 0.4), atol=1e-4)


def test_a_bright_sky_lights_what_faces_it_most():
    lights = lights_of(Lighting(), CAMERA)
    light = dome_irradiance(lights, torch.linspace(-1.0, 1.0, 21)[:, None])[:, 0]
    assert bool((light.diff() > 0.0).all())

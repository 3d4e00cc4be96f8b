"""The kernels of the differentiable picture and their derivatives are those of the torch equations."""

import dataclasses

import numpy as np
import pytest
import torch

from toile.engine.render import autograd
from toile.engine.render.autograd import SparseMatrix, directions
from toile.engine.render.differentiable import DrawSettings, _Shader, draw, shaded_points
from toile.engine.render.edges import edge_pieces
from toile.engine.render.fragments import View, interpolate, row_attributes
from toile.engine.render.scene import GarmentLook, Scene, views
from toile.engine.render.surface import BODY_MATERIALS
from toile.engine.render.torch_scene import torch_scene
from toile.garments.fabric import fabric
from toile.shaders.torch_brdf import tone_map
from toile.shaders.torch_shading import shade

SIDE = 96
MATERIALS = (
    "base",
    "layer",
    "alpha_warp",
    "alpha_weft",
    "f0",
    "gloss",
    "sheen",
    "sheen_roughness",
    "transmission",
)
LIGHTS = ("key_direction", "key_colour", "rim_direction", "rim_colour", "fill_direction", "fill_colour", "sky", "horizon", "ground")  # fmt: skip
# On skin the equations have no sheen, no colour of gloss and no transmission, and cloth that lets nothing through stays so;
# the largest of three sheens that are alike is one of them here and all of them in torch.
OF_CLOTH = {"gloss", "sheen", "transmission"}


@pytest.fixture(scope="module", params=["cotton", "satin", "chiffon", "velvet", "check"])
def scene(request, simulation):
    name, kind, scale = (request.param, "solid", 0.0) if request.param != "check" else ("wool", "check", 24.0)
    look = GarmentLook(fabric(name), "#2f5fa8", kind, (), scale)
    camera = views((30.0,), simulation, size=(SIDE, SIDE))[0]
    made = torch_scene(Scene(simulation, (look,)), 0, camera=camera, device="cpu", cloth_subdivisions=0)
    if float(made.materials.sheen[BODY_MATERIALS].max()) > 0.0:  # no two alike, so that there is one largest
        tint = made.materials.sheen * torch.tensor([[1.0, 0.93, 0.86]])
        made = dataclasses.replace(
            made, drawable=dataclasses.replace(made.drawable, materials=made.materials.replace(sheen=tint))
        )
    return made, camera


def leaf(x):
    return x.detach().clone().requires_grad_()


def leaves(scene, camera):
    """Copies of everything that a picture can be differentiated by."""
    view = View.of(camera)
    view = View(leaf(view.position), leaf(view.target), leaf(view.fov_deg), view.size)
    lights = scene.lights(camera)
    lights = lights.replace(**{n: leaf(getattr(lights, n)) for n in LIGHTS})
    m = scene.materials.replace(**{n: leaf(getattr(scene.materials, n)) for n in MATERIALS})
    textures = [t if t is None else dataclasses.replace(t, image=leaf(t.image)) for t in m.textures]
    return leaf(scene.drawable.points), view, lights, m.replace(textures=tuple(textures))


def by_torch(drawable, view, lights, face, places):
    hit = (face >= 0).nonzero().ravel()
    rows = row_attributes(drawable.topology, drawable.points)
    seen = interpolate(
        drawable.topology, rows, drawable.light, view, face[hit].long(), view.rays(places[hit])
    )
    radiance = shade(
        drawable.materials, lights, shaded_points(seen, drawable.topology, drawable.materials)
    ).radiance
    return torch.zeros(len(face), 3).index_copy(0, hit, tone_map(radiance))


def by_kernels(drawable, view, lights, face, places):
    shader = _Shader.of(drawable, view, view.rows(), lights, DrawSettings(), face, places)
    return shader.colours(shader.rays)


def colours_and_gradients(scene, camera, picture):
    """Colours at random places, and the derivatives of a random sum of them."""
    random = torch.Generator().manual_seed(3)
    places = SIDE * torch.rand(4000, 2, generator=random)
    points, view, lights, materials = leaves(scene, camera)
    drawable = dataclasses.replace(scene.drawable, points=points, materials=materials)
    drawable.tracer.move(points)
    with torch.no_grad():
        face = drawable.tracer.first_faces(view.rows(), view.size, places)
    assert int((face >= 0).sum()) > 400
    colour = picture(drawable, view, lights, face, places)
    torch.autograd.backward((colour * torch.randn(colour.shape, generator=random)).sum())
    found = {"points": points, "position": view.position, "target": view.target, "field": view.fov_deg}
    found |= {n: getattr(materials, n) for n in MATERIALS} | {n: getattr(lights, n) for n in LIGHTS}
    found |= {f"tile{i}": t.image for i, t in enumerate(materials.textures) if t is not None}
    return colour.detach(), {name: value.grad for name, value in found.items()}


def test_colours_and_every_derivative_are_those_of_torch(scene):
    theirs, expected = colours_and_gradients(*scene, by_torch)
    ours, found = colours_and_gradients(*scene, by_kernels)
    assert torch.allclose(ours, theirs, atol=2e-4)
    thin = float(scene[0].materials.transmission[BODY_MATERIALS]) > 0.0
    for name, value in expected.items():
        if name == "transmission" and not thin:
            continue
        a, b = (x[BODY_MATERIALS:] if name in OF_CLOTH else x for x in (value, found[name]))
        assert float((a - b).norm()) <= 2e-3 * float(a.norm()) + 1e-6, name


def test_directions_have_the_derivatives_of_their_twin(scene):
    drawable = scene[0].drawable
    random = torch.Generator().manual_seed(1)
    results = []
    for twin in (False, True):
        points = leaf(drawable.points)
        if twin:
            rows = row_attributes(drawable.topology, points)
            normals, threads = rows[:, 3:6], rows[:, 6:]
        else:
            normals, threads = directions(points, drawable.tracer)
            normals = normals[drawable.topology.vertex_of_row]
        weights = torch.randn(len(threads), 6, generator=random.manual_seed(1))
        torch.autograd.backward((torch.cat([normals, threads], 1) * weights).sum())
        results.append((normals.detach(), threads.detach(), points.grad))
    for a, b in zip(*results, strict=True):
        assert torch.allclose(a, b, rtol=1e-4, atol=1e-4 * float(b.abs().max()))


def test_a_sparse_matrix_can_be_differentiated_twice(scene):
    matrix = scene[0].subdivision
    assert isinstance(matrix, SparseMatrix)
    x = torch.randn(matrix.matrix.shape[1], 3, dtype=torch.float32).requires_grad_()
    y = matrix @ x
    assert np.allclose(y.detach().numpy(), matrix.matrix @ x.detach().numpy(), atol=1e-4)
    g = torch.randn_like(y).requires_grad_()
    (back,) = torch.autograd.grad(y, x, g, create_graph=True)
    assert np.allclose(back.detach().numpy(), matrix.matrix.T @ g.detach().numpy(), atol=1e-4)
    (again,) = torch.autograd.grad(back.sum(), g)
    assert torch.allclose(again, matrix.product(torch.ones_like(x)), atol=1e-4)


def test_bytes_do_not_depend_on_the_number_of_threads(scene, monkeypatch):
    made, camera = scene
    results = []
    for threads in (1, 2):
        monkeypatch.setattr(autograd.torch, "get_num_threads", lambda threads=threads: threads)
        points, view, lights, materials = leaves(made, camera)
        drawable = dataclasses.replace(made.drawable, points=points, materials=materials)
        picture = draw(drawable, view, lights)
        torch.autograd.backward(picture.colour.square().sum())
        results.append((picture.colour, points.grad, materials.base.grad, lights.key_colour.grad))
    for a, b in zip(*results, strict=True):
        assert torch.equal(a, b)


def test_pieces_lie_on_edges_between_different_faces(scene):
    made, camera = scene
    made.drawable.tracer.move(made.drawable.points)
    view = View.of(camera)
    found = edge_pieces(made.drawable.points, made.drawable.tracer, view, view.rows(), 8.0)
    low, high = found.face.chunk(2)
    assert len(found.pixel) > 500
    assert bool((low != high).all())
    again = made.drawable.tracer.first_faces(view.rows(), view.size, found.places)
    assert float((again == found.face).float().mean()) > 0.999
    middle = found.places.reshape(2, -1, 2).mean(0).floor().long()
    assert torch.equal(middle[:, 1] * SIDE + middle[:, 0], found.pixel)


def test_masks_alone_are_the_masks_of_the_picture(scene):
    made, camera = scene
    whole, masks = (made.render(camera, settings=DrawSettings(colour=c)) for c in (True, False))
    assert torch.equal(whole.masks, masks.masks)
    assert float(masks.colour.abs().max()) == 0.0

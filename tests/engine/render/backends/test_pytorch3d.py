"""PyTorch3D where it is built: it sees what our rays see, and its soft edges are differentiable."""

import pytest
import torch

from toile.engine.render.backends import pytorch3d as peer
from toile.engine.render.fragments import View
from toile.engine.render.scene import GarmentLook, Scene, views
from toile.engine.render.torch_scene import torch_scene
from toile.garments.fabric import fabric

pytest.importorskip("pytorch3d")


@pytest.fixture(scope="module")
def posed(simulation):
    """The mannequin as tensors, and a camera wider than high."""
    scene = Scene(simulation, (GarmentLook(fabric("cotton"), "#7a3b5c"),))
    camera = views((20.0,), simulation, size=(120, 96))[0]
    return scene, camera, torch_scene(scene, 0, cloth_subdivisions=0, camera=camera)


def test_it_sees_the_faces_and_depths_that_rays_see(posed):
    """But for rays along an edge, 1 in 200."""
    _, camera, made = posed
    view = View.of(camera)
    hits = peer.rasterise(made.drawable.points, made.drawable.topology.faces, view)
    y, x = torch.meshgrid(torch.arange(96) + 0.5, torch.arange(120) + 0.5, indexing="ij")
    rays = view.rays(torch.stack([x.reshape(-1), y.reshape(-1)], dim=1))
    face, distance = made.drawable.tracer.faces_hit(view.position, rays)
    theirs = hits.face.reshape(-1)
    assert (theirs >= 0).sum() > 500
    assert ((face >= 0) == (theirs >= 0)).float().mean() > 0.995
    both = (face >= 0) & (theirs >= 0)
    assert (face == theirs)[both].float().mean() > 0.99
    depth = distance * (rays @ view.axes()[2])
    same = both & (face == theirs)
    assert (depth - hits.depth.reshape(-1))[same].abs().max() < 1e-3


def test_its_picture_is_our_differentiable_one(posed):
    scene, camera, made = posed
    theirs = peer.PyTorch3DBackend(cloth_subdivisions=0).render(scene, camera, 0)
    ours = made.render(camera)
    alpha, colour = ours.alpha.numpy(), 255.0 * ours.colour.numpy()
    both, either = (alpha > 0.5) & (theirs.alpha > 0.5), (alpha > 0.5) | (theirs.alpha > 0.5)
    assert both.sum() / either.sum() > 0.98
    apart = abs(theirs.picture - colour).mean(-1)
    assert apart[(alpha > 0.999) & (theirs.alpha > 0.999)].mean() < 1.0
    assert apart[(alpha == 0.0) & (theirs.alpha == 0.0)].max() < 1.0


def test_colours_and_soft_edges_have_gradients(posed):
    """Brighter cloth brightens the picture; what is moved up covers more above.

    Soft edges of its inner triangles are seen too, and its layers are few, so that only the direction is right.
    """
    _, camera, made = posed
    view, lights = View.of(camera), made.lights(camera)
    base = made.materials.base.clone().requires_grad_()
    scene = peer.Drawable(
        made.drawable.topology, made.drawable.tracer, made.drawable.points,
        made.materials.replace(base=base, textures=(None,) * len(made.materials.textures)), made.drawable.light,
    )  # fmt: skip
    peer.picture(scene, view, lights).colour.sum().backward()
    assert (base.grad[-1] > 0.0).all()
    faces = made.drawable.topology.faces
    points = made.drawable.points.clone().requires_grad_()
    soft = peer.soft_silhouette(points, faces, view, layers=8)
    height = torch.arange(96)[:, None].expand(96, 120).float()
    centre = (soft * height).sum() / soft.sum()
    centre.backward()
    assert float(points.grad[:, 1].sum()) < 0.0

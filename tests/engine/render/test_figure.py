"""The figure in pictures: face, eyes and hair of the embedded body, hair under a hood, the same in both renderers."""

import dataclasses

import numpy as np
import pytest
import torch

from toile.avatars.asset import load_body
from toile.avatars.mannequin import Mannequin, mannequin
from toile.engine.core.body import PARTS
from toile.engine.core.simulation import Simulation
from toile.engine.render.frame import Renderer
from toile.engine.render.scene import Camera, GarmentLook, RenderSettings, Scene
from toile.engine.render.surface import BODY_MATERIALS, HAIR
from toile.engine.render.torch_scene import torch_scene
from toile.garments.fabric import fabric

SIDE = 128
QUICK = RenderSettings(cloth_subdivisions=0, edge_samples=2)
FACE = Camera((0.35, 1.66, 1.4), (0.0, 1.62, 0.05), 14.0, (SIDE, SIDE))


def worn(vertices, faces):
    """The average body in given cloth."""
    asset = load_body()
    one = np.zeros(len(faces), np.int32)
    none = np.zeros((0, 2), np.int32)
    uv = np.tile(np.float32([[0, 0], [0.01, 0], [0, 0.01]]), (len(faces), 1, 1))
    return Simulation(
        asset.mean[None], asset.faces, asset.part_of_vertex, vertices[None].astype(np.float32),
        faces.astype(np.int32), uv, one, one, none, none, 30.0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def bare():
    """Hardly anything on: a scrap inside the trunk."""
    scrap = np.array([[0.0, 1.0, 0.0], [0.01, 1.0, 0.0], [0.0, 1.01, 0.0]])
    return worn(scrap, np.array([[0, 1, 2]]))


def scene_of(simulation, figure):
    return Scene(simulation, (GarmentLook(fabric("cotton"), "#2f5fa8"),), mannequin=figure)


def shown(simulation, figure, camera=FACE):
    """The picture, and the material of each pixel (-1 none)."""
    renderer = Renderer(scene_of(simulation, figure), QUICK)
    renderer.pose(0)
    picture = renderer.picture(camera)
    face = renderer.buffers[SIDE * SIDE][0].numpy().reshape(SIDE, SIDE)
    return picture, np.where(face >= 0, renderer.surface.material_of_face[np.maximum(face, 0)], -1)


def test_hair_lies_above_the_eyes_and_both_are_seen(bare):
    picture, material = shown(bare, mannequin("female"))
    rows = [np.flatnonzero((material == m).any(1)) for m in (HAIR, 1)]
    assert (material == HAIR).sum() > 400
    assert (material == 1).sum() > 10
    assert rows[0].min() < rows[1].min() - 20
    brightness = picture.astype(float).mean(-1)
    assert brightness[material == HAIR].mean() < 0.6 * brightness[material == 0].mean()


def test_a_plain_figure_has_one_tone(bare):
    natural, material = shown(bare, mannequin("male"))
    plain, _ = shown(bare, mannequin("male", figure="plain"))
    skin = material == 0

    def hues(picture):
        colour = picture[skin].astype(float)
        return (colour[:, 0] / colour[:, 1]).std()

    assert hues(plain) < 0.5 * hues(natural)


def test_a_body_of_another_topology_has_neither_face_nor_hair(bare):
    other = dataclasses.replace(bare, body_faces=bare.body_faces[::-1].copy())
    _, material = shown(other, Mannequin())
    assert (material != HAIR).all()
    with_hair = Renderer(scene_of(bare, Mannequin()), QUICK).surface
    without = Renderer(scene_of(other, Mannequin()), QUICK).surface
    assert with_hair.body_face_count - without.body_face_count == 13440
    assert (without.paint == 1.0).all()


@pytest.mark.parametrize("style", ["crop", "bun"])
def test_a_hood_hides_the_hair_under_it(style):
    """Under a shell 7 % larger than the head no hair is seen from outside, from no side."""
    asset = load_body()
    head = np.isin(asset.part_of_vertex, [PARTS.index("head"), PARTS.index("neck")])
    middle = asset.mean[head].mean(0)
    shell = middle + 1.07 * (asset.mean - middle)
    faces = asset.faces[head[asset.faces].all(1) & asset.collider]
    hooded = worn(shell, faces)
    renderer = Renderer(scene_of(hooded, Mannequin(hair=style)), QUICK)
    renderer.pose(0)
    seen = 0
    for azimuth in range(0, 360, 45):
        a = np.radians(azimuth)
        camera = Camera(
            (1.4 * np.sin(a), 1.75, 0.05 + 1.4 * np.cos(a)), (0.0, 1.64, 0.05), 14.0, (SIDE, SIDE)
        )
        renderer.picture(camera)
        face = renderer.buffers[SIDE * SIDE][0].numpy()
        material = renderer.surface.material_of_face[np.maximum(face, 0)]
        assert ((material == BODY_MATERIALS) & (face >= 0)).sum() > 2000
        seen += int(((material == HAIR) & (face >= 0)).sum())
    assert seen <= 3  # at the rims of the eyes' holes


def test_hair_follows_a_turned_body(bare):
    a = 0.6
    turn = np.array([[np.cos(a), 0.0, np.sin(a)], [0.0, 1.0, 0.0], [-np.sin(a), 0.0, np.cos(a)]], np.float32)
    turned = dataclasses.replace(
        bare, body_vertices=bare.body_vertices @ turn.T, cloth_vertices=bare.cloth_vertices @ turn.T
    )
    points = []
    for simulation in (bare, turned):
        renderer = Renderer(scene_of(simulation, Mannequin()), QUICK)
        renderer.pose(0)
        points.append(renderer.points.numpy()[: renderer.surface.body_count])
    assert np.abs(points[0] @ turn.T - points[1]).max() < 1e-4


def test_the_differentiable_renderer_shows_the_same_face(bare):
    figure = mannequin("female")
    picture, material = shown(bare, figure)
    made = torch_scene(scene_of(bare, figure), 0, cloth_subdivisions=0, device="cpu", camera=FACE)
    with torch.no_grad():
        other = made.render(FACE)
    ours = 255.0 * other.colour.clamp(0.0, 1.0).numpy()
    far = np.abs(ours - picture.astype(float)).mean(-1)
    assert far[material == 0].mean() < 8.0
    assert far[material == 1].mean() < 27.0  # of the catch-light, a few pixels; 25.4 measured
    masks = other.masks.numpy().sum((0, 1))
    for m in (0, 1, HAIR):
        assert masks[m] == pytest.approx((material == m).sum(), rel=0.12, abs=6.0)

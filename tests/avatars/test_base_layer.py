"""The mannequin's base layer: where it ends, when it is left off, what it smooths."""

import numpy as np

from toile.avatars.base_layer import (
    DOWN_THIGHS,
    FAR,
    FROM_NECK,
    SMOOTHING,
    STRAPS,
    base_layer_distance,
    base_layer_smoothing,
)
from toile.engine.core.body import PARTS

NONE = np.zeros((0, 3), np.float32)


def column():
    """A tube of torso from 0.8 to 1.4 m, between thigh (below) and neck (above), 1 cm rings."""
    around, heights = 48, np.arange(0.4, 1.5, 0.01)
    angle = np.linspace(0.0, 2.0 * np.pi, around, endpoint=False)
    vertices = np.concatenate(
        [np.stack([0.1 * np.sin(angle), 0 * angle + y, 0.1 * np.cos(angle)], 1) for y in heights]
    )
    i, j = np.meshgrid(np.arange(len(heights) - 1), np.arange(around), indexing="ij")
    a, b = (i * around + j).ravel(), (i * around + (j + 1) % around).ravel()
    faces = np.concatenate([np.stack([a, b, b + around], 1), np.stack([a, b + around, a + around], 1)])
    y = vertices[:, 1]
    part = np.full(len(vertices), PARTS.index("torso"))
    part[y > 1.395] = PARTS.index("neck")
    part[y < 0.795] = PARTS.index("left_thigh")
    return vertices.astype(np.float32), faces.astype(np.int32), part.astype(np.int32)


def test_it_ends_below_the_neck_and_down_the_thighs():
    vertices, faces, part = column()
    chest = vertices[(vertices[:, 1] > 1.2) & (vertices[:, 1] < 1.3)] * np.float32([1.05, 1.0, 1.05])
    distance = base_layer_distance(vertices, faces, part, chest)
    y = vertices[:, 1]
    worn = y[distance < 0.0]
    assert abs(worn.max() - (1.40 - FROM_NECK)) < 0.015
    assert abs(worn.min() - (0.80 - DOWN_THIGHS)) < 0.015
    assert (distance[(y > worn.max() + 0.02) | (y < worn.min() - 0.02)] > 0.0).all()


def test_it_reaches_higher_where_no_garment_lies_on_the_chest():
    vertices, faces, part = column()
    part[vertices[:, 1] > 1.445] = PARTS.index("head")
    skirt = vertices[vertices[:, 1] < 1.0] * np.float32([1.05, 1.0, 1.05])
    for cloth in (NONE, skirt):
        worn = vertices[base_layer_distance(vertices, faces, part, cloth) < 0.0, 1]
        assert abs(worn.max() - (1.45 - STRAPS[0])) < 0.015


def test_it_shows_no_straps_under_sheer_cloth_but_is_worn():
    vertices, faces, part = column()
    part[vertices[:, 1] > 1.445] = PARTS.index("head")
    chiffon = vertices[vertices[:, 1] > 0.6] * np.float32([1.05, 1.0, 1.05])
    worn = vertices[base_layer_distance(vertices, faces, part, NONE, chiffon) < 0.0, 1]
    assert abs(worn.max() - (1.40 - FROM_NECK)) < 0.015


def test_it_is_left_off_under_opaque_cloth():
    vertices, faces, part = column()
    dressed = vertices[(vertices[:, 1] > 0.6)] * np.float32([1.05, 1.0, 1.05])
    assert (base_layer_distance(vertices, faces, part, dressed) == np.float32(FAR)).all()
    skirt = dressed[dressed[:, 1] < 1.0]
    assert (base_layer_distance(vertices, faces, part, skirt) < 0.0).any()


def test_it_smooths_inside_and_nothing_outside():
    vertices, faces, part = column()
    distance = base_layer_distance(vertices, faces, part, NONE)
    matrix = base_layer_smoothing(vertices, faces, distance)
    assert np.allclose(np.asarray(matrix.sum(axis=1)).ravel(), 1.0)
    rough = vertices + np.random.default_rng(4).normal(scale=0.002, size=vertices.shape)
    smooth = rough
    for _ in range(SMOOTHING):
        smooth = matrix @ smooth
    outside = distance > 0.0
    assert np.array_equal(smooth[outside], rough[outside])
    deep = distance < -0.035
    spread = lambda p: np.std(np.hypot(p[deep, 0], p[deep, 2]))  # noqa: E731
    assert spread(smooth) < 0.5 * spread(rough)

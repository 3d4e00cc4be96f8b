"""A small dressed mannequin: a closed column with a round head, and a flared skirt round it."""

from __future__ import annotations

import numpy as np
import pytest

from toile.engine.core.body import PARTS
from toile.engine.core.simulation import Simulation


def tube(radii, heights, around):
    """Return vertices and outward faces of a tube of rings."""
    angle = np.linspace(0.0, 2.0 * np.pi, around, endpoint=False)
    rings = [
        np.stack([r * np.sin(angle), np.full(around, y), r * np.cos(angle)], axis=1)
        for r, y in zip(radii, heights, strict=True)
    ]
    faces = []
    for i in range(len(rings) - 1):
        for j in range(around):
            a, b = i * around + j, i * around + (j + 1) % around
            c, d = a + around, b + around
            faces += [(a, b, d), (a, d, c)]
    return np.concatenate(rings), np.array(faces)


def mannequin():
    """Return a closed body of revolution 1.7 m tall, and the part of each vertex."""
    around = 24
    heights = np.concatenate([np.linspace(0.0, 1.4, 29), np.linspace(1.42, 1.7, 15)])
    radii = np.where(
        heights < 1.4, 0.13, 0.02 + np.sqrt(np.clip(0.11**2 - (heights - 1.57) ** 2, 1e-6, None))
    )
    vertices, faces = tube(radii, heights, around)
    low, high = len(vertices), len(vertices) + 1
    vertices = np.concatenate([vertices, [[0.0, 0.0, 0.0], [0.0, 1.7, 0.0]]])
    top = len(heights) * around - around
    caps = [(low, (j + 1) % around, j) for j in range(around)]
    caps += [(high, top + j, top + (j + 1) % around) for j in range(around)]
    part = np.where(vertices[:, 1] > 1.41, PARTS.index("head"), PARTS.index("torso"))
    return vertices.astype(np.float32), np.concatenate([faces, caps]).astype(np.int32), part.astype(np.int32)


def skirted(frames: int = 2, around: int = 64, folds: float = 0.16) -> Simulation:
    """Return the mannequin in a skirt from 1.05 m down to 0.45 m with eight folds that turn from frame to frame."""
    body, body_faces, part = mannequin()
    rows = 25
    heights = np.linspace(0.45, 1.05, rows)
    drop = (1.05 - heights) / 0.6
    vertices, faces = tube(0.14 + 0.16 * drop, heights, around)
    angle = np.arctan2(vertices[:, 0], vertices[:, 2])
    fall = (1.05 - vertices[:, 1]) / 0.6
    moving = []
    for f in range(frames):
        scale = 1.0 + folds * fall * np.sin(8.0 * angle + 0.3 * f)
        moving.append(vertices * np.stack([scale, np.ones_like(scale), scale], axis=1))
    width = 2.0 * np.pi * 0.22
    column = np.arange(around + 1) / around * width
    uv = []
    for i in range(rows - 1):
        for j in range(around):
            a, b = (column[j], heights[i]), (column[j + 1], heights[i])
            c, d = (column[j], heights[i + 1]), (column[j + 1], heights[i + 1])
            uv += [(a, b, d), (a, d, c)]
    seam = [(i * around, (i + 1) * around) for i in range(rows - 1)]
    ring = [(j, (j + 1) % around) for j in range(around)]
    top = (rows - 1) * around
    hem = ring + [(top + a, top + b) for a, b in ring]
    return Simulation(
        body_vertices=np.repeat(body[None], frames, 0),
        body_faces=body_faces,
        body_part=part,
        cloth_vertices=np.array(moving, np.float32),
        cloth_faces=faces.astype(np.int32),
        cloth_panel_uv=np.array(uv, np.float32),
        garment_of_face=np.zeros(len(faces), np.int32),
        panel_of_face=np.zeros(len(faces), np.int32),
        seam_edges=np.array(seam, np.int32),
        hem_edges=np.array(hem, np.int32),
        fps=30.0,
    )


@pytest.fixture(scope="session")
def simulation() -> Simulation:
    """Two frames of a skirted mannequin."""
    return skirted()


@pytest.fixture(scope="session")
def make_skirt():
    """The function that makes them."""
    return skirted

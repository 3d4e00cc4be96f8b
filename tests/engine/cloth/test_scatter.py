"""Starts of the same garment by seed: a few millimetres apart, clean, and the same again for the same seed."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from toile.engine.cloth.scatter import scattered
from toile.engine.core.intersect import (
    body_cloth_intersections,
    cloth_self_intersections,
    signed_distance,
    vertices_inside,
)

sys.path.insert(0, str(Path(__file__).parent))
from scenes import HIPS, lathe, skirt


@pytest.fixture(scope="module")
def scene():
    v, f = lathe(HIPS)
    return skirt(0.73, 1.6, 0.4, 1.02), v, f


def test_seed_nought_is_the_cloth_as_it_was_placed(scene):
    mesh, v, f = scene
    assert scattered(mesh, v, f, 0) is mesh


@pytest.mark.parametrize("seed", [1, 2, 3, -1, 2**40])
def test_a_seed_moves_the_cloth_some_millimetres_and_leaves_it_clean(scene, seed):
    mesh, v, f = scene
    made = scattered(mesh, v, f, seed)
    moved = np.linalg.norm(made.vertices - mesh.vertices, axis=1)
    assert 0.001 < moved.max() < 0.025
    assert len(cloth_self_intersections(made.vertices, mesh.faces)) == 0
    assert len(body_cloth_intersections(made.vertices, mesh.faces, v, f)) == 0
    assert not vertices_inside(made.vertices, v, f).any()
    gap, _, _ = signed_distance(mesh.vertices, v, f)
    assert moved[gap < 0.0015].max(initial=0.0) == 0.0  # cloth on the skin stays there
    assert made.vertices.tobytes() == scattered(mesh, v, f, seed).vertices.tobytes()


def test_seeds_differ(scene):
    mesh, v, f = scene
    starts = [scattered(mesh, v, f, seed).vertices.tobytes() for seed in (0, 1, 2, -1)]
    assert len(set(starts)) == 4

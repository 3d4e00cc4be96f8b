"""Bending against beams: the same stiffness whatever the mesh, and along warp and weft what the fabric says."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse.linalg import spsolve

from toile.engine.cloth.bending import bending_matrix

sys.path.insert(0, str(Path(__file__).parent))
from flat_meshes import rectangle, vertex_areas


@pytest.mark.parametrize("edge", [0.015, 0.0075])
@pytest.mark.parametrize("turned", [0.0, 15.0, 30.0])
def test_any_quadratic_surface_stores_its_exact_energy_on_any_mesh(edge, turned):
    points, faces = rectangle(0.2, 0.15, edge, turned)
    ones = np.ones(len(faces))
    q = bending_matrix(faces, points[faces], 3.0 * ones, 2.0 * ones, len(points))
    u, v = points.T
    area = 0.2 * 0.15
    for w, expected in ((u * u / 2, 3.0), (v * v / 2, 2.0), (u * v, 2.0 * np.sqrt(6.0))):
        assert 0.5 * w @ (q @ w) == pytest.approx(0.5 * area * expected, rel=1e-4)


@pytest.mark.parametrize("turned", [0.0, 10.0, 30.0])
@pytest.mark.parametrize(("warp", "weft"), [(1.0, 1.0), (3.0, 1.0), (1.0, 3.0)])
def test_a_supported_beam_sags_as_its_own_direction_says(turned, warp, weft):
    points, faces = rectangle(0.2, 0.1, 0.01, turned)
    ones = np.ones(len(faces))
    q = bending_matrix(faces, points[faces], weft * ones, warp * ones, len(points))
    load = vertex_areas(points, faces)
    free = (points[:, 0] > 1e-9) & (points[:, 0] < 0.2 - 1e-9)
    w = np.zeros(len(points))
    w[free] = spsolve(q[free][:, free].tocsc(), load[free])
    middle = np.abs(points[:, 0] - 0.1) < 0.02
    sag = np.polyfit(points[middle, 0] - 0.1, w[middle], 2)[2]
    assert sag == pytest.approx(5.0 * 0.2**4 / (384.0 * weft), rel=0.02)


def test_a_crease_does_not_resist_the_fold_along_it():
    points, faces = rectangle(0.1, 0.1, 0.01, 0.0, split=0.05)
    line = np.flatnonzero(np.abs(points[:, 0] - 0.05) < 1e-9)
    line = line[np.argsort(points[line, 1])]
    creases = np.stack([line[:-1], line[1:]], 1)
    folded = np.abs(points[:, 0] - 0.05)
    ones = np.ones(len(faces))
    with_crease = bending_matrix(faces, points[faces], ones, ones, len(points), creases)
    without = bending_matrix(faces, points[faces], ones, ones, len(points))
    assert folded @ (with_crease @ folded) < 1e-6 * (folded @ (without @ folded))

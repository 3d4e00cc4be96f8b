"""The NumPy energies against analytic cases."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from toile.engine.cloth.bending import bending_matrix
from toile.engine.cloth.energy import (
    bending_energy,
    deformation,
    membrane_energy,
    rest_shape,
    right_stretch,
)
from toile.garments.fabric import fabric

sys.path.insert(0, str(Path(__file__).parent))
from scenes import sheet

RNG = np.random.default_rng(7)


def _rolled(vertices, radius):
    angle = vertices[:, 0] / radius
    return np.stack([radius * np.sin(angle), vertices[:, 1], radius * (1 - np.cos(angle))], 1)


@pytest.mark.parametrize(("edge", "tolerance"), [(0.02, 0.06), (0.01, 0.03)])
def test_a_rolled_sheet_stores_b_over_two_r_squared_per_area(edge, tolerance):
    mesh = sheet(0.4, 0.4, edge, fabric("cotton"))
    b, radius = 5e-5, 0.15
    each = np.full(len(mesh.faces), b)
    q = bending_matrix(mesh.faces, mesh.panel_uv, each, each, len(mesh.vertices))
    expected = b / (2 * radius**2) * 0.4 * 0.4
    found = bending_energy(_rolled(mesh.vertices, radius), q)
    # the outermost half cells have no hinge: the sheet counts as (0.4 - edge) wide
    assert found == pytest.approx(expected * (0.4 - edge) / 0.4, rel=tolerance)


def test_bending_stiffness_follows_the_direction_of_the_curvature():
    mesh = sheet(0.4, 0.4, 0.02, fabric("cotton"))
    ones = np.ones(len(mesh.faces))
    q = bending_matrix(mesh.faces, mesh.panel_uv, 3.0 * ones, 1.0 * ones, len(mesh.vertices))
    across = mesh.vertices[:, [1, 0, 2]]
    about_warp = bending_energy(_rolled(mesh.vertices, 0.2), q)  # curvature runs along the weft
    about_weft = bending_energy(_rolled(across, 0.2)[:, [1, 0, 2]], q)
    assert 2.2 < about_warp / about_weft < 3.2


def test_bending_is_positive_and_blind_to_rigid_and_affine_motion():
    mesh = sheet(0.3, 0.2, 0.02, fabric("cotton"))
    each = np.full(len(mesh.faces), 1e-4)
    q = bending_matrix(mesh.faces, mesh.panel_uv, each, each, len(mesh.vertices))
    assert np.linalg.eigvalsh(q.toarray()).min() > -1e-9
    affine = mesh.vertices.astype(np.float64) @ RNG.normal(size=(3, 3)) + RNG.normal(size=3)
    assert bending_energy(affine, q) == pytest.approx(0.0, abs=1e-12)


def test_uniaxial_stretch_costs_half_k_strain_squared():
    mesh = sheet(0.2, 0.2, 0.02, fabric("cotton"))
    inverse, area = rest_shape(mesh.panel_uv)
    k = np.tile([1500.0, 900.0, 60.0], (len(area), 1))
    limit, lock = np.full((len(area), 2), 0.05), np.full((len(area), 2), 8.0)
    x = mesh.vertices.astype(np.float64) * [1.0, 1.02, 1.0]
    assert membrane_energy(x, mesh.faces, inverse, area, k, limit, lock) == pytest.approx(
        0.5 * 900 * 0.02**2 * 0.04, rel=1e-5
    )
    x = mesh.vertices.astype(np.float64) * [1.08, 1.0, 1.0]
    locked = 0.5 * 1500 * (0.08**2 + 8.0 * 0.03**2) * 0.04
    assert membrane_energy(x, mesh.faces, inverse, area, k, limit, lock) == pytest.approx(locked, rel=1e-5)


def test_right_stretch_is_symmetric_and_squares_to_the_metric():
    mesh = sheet(0.2, 0.2, 0.05, fabric("cotton"))
    inverse, _ = rest_shape(mesh.panel_uv)
    x = mesh.vertices + 0.02 * RNG.normal(size=mesh.vertices.shape)
    f = deformation(x, mesh.faces, inverse)
    u = right_stretch(f)
    np.testing.assert_allclose(u, u.transpose(0, 2, 1), atol=1e-12)
    np.testing.assert_allclose(u @ u, np.einsum("tij,tik->tjk", f, f), atol=1e-9)

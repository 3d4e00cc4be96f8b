"""Stitches pull with minus the gradient of their energy, add no force to the whole, and leave the rest of a system as it was."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import warp as wp

from toile.engine.cloth.stitches import Stitches, with_stitches
from toile.engine.cloth.system import build_system
from toile.garments.fabric import fabric

sys.path.insert(0, str(Path(__file__).parent))
from scenes import sheet

STIFFNESS = 60.0


def energy(x: np.ndarray, pairs: np.ndarray, length: np.ndarray) -> float:
    d = np.linalg.norm(x[pairs[:, 0]] - x[pairs[:, 1]], axis=1)
    return float(0.5 * STIFFNESS * ((d - length) ** 2).sum())


def test_matrix_and_kernel_together_are_the_gradient_of_the_energy() -> None:
    cloth = sheet(0.2, 0.2, 0.05, fabric("cotton"))
    count = len(cloth.vertices)
    pairs = np.array([[0, count - 1], [3, count - 5], [4, count - 1]], np.int32)
    bare, tied = build_system(cloth), with_stitches(build_system(cloth), pairs, STIFFNESS)
    x = cloth.vertices.astype(np.float64) + np.random.default_rng(3).normal(0.0, 0.01, (count, 3))
    length = np.array([0.11, 0.05, 0.0])

    def product(system: object) -> np.ndarray:
        from scipy import sparse

        near = sparse.csr_matrix((system.near_bending, system.column, system.row), shape=(count, count))  # type: ignore[attr-defined]
        far = sparse.csr_matrix(  # type: ignore[attr-defined]
            (system.far_bending, system.far_column, system.far_row), shape=(count, count)
        )
        return np.asarray((near + far) @ x)

    stitches = Stitches(pairs, STIFFNESS, "cpu")
    stitches.set_length(length)
    pulled = wp.zeros(count, dtype=wp.vec3, device="cpu")
    stitches.add(wp.array(x.astype(np.float32), dtype=wp.vec3, device="cpu"), pulled)
    found = product(tied) - product(bare) + pulled.numpy()
    expected, step = np.zeros_like(x), 1e-6
    for i in np.unique(pairs):
        for axis in range(3):
            up, down = x.copy(), x.copy()
            up[i, axis] += step
            down[i, axis] -= step
            expected[i, axis] = (energy(up, pairs, length) - energy(down, pairs, length)) / (2.0 * step)
    np.testing.assert_allclose(found, expected, atol=2e-4 * STIFFNESS)
    np.testing.assert_allclose(found.sum(axis=0), 0.0, atol=1e-4 * STIFFNESS)

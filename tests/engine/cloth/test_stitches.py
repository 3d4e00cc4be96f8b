"""Stitches pull with minus the gradient of their energy, add no force to the whole, and leave the rest of a system as it was."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import warp as wp

from toile.avatars.fit import fit_avatar
from toile.engine.cloth.simulate import drape
from toile.engine.cloth.stitches import Stitches, with_stitches
from toile.engine.cloth.system import build_system
from toile.engine.core.intersect import cloth_self_intersections
from toile.garments.drafting import draft
from toile.garments.fabric import fabric
from toile.garments.placement import dress
from toile.garments.style import Style

sys.path.insert(0, str(Path(__file__).parent))
from scenes import sheet

STIFFNESS = 60.0


def energy(x: np.ndarray, pairs: np.ndarray, length: np.ndarray, slack: bool) -> float:
    d = np.linalg.norm(x[pairs[:, 0]] - x[pairs[:, 1]], axis=1) - length
    return float(0.5 * STIFFNESS * ((np.maximum(d, 0.0) if slack else d) ** 2).sum())


@pytest.mark.parametrize("slack", [False, True])
def test_matrix_and_kernel_together_are_the_gradient_of_the_energy(slack: bool) -> None:
    cloth = sheet(0.2, 0.2, 0.05, fabric("cotton"))
    count = len(cloth.vertices)
    pairs = np.array([[0, count - 1], [3, count - 5], [4, count - 1]], np.int32)
    bare, tied = build_system(cloth), with_stitches(build_system(cloth), pairs, STIFFNESS)
    x = cloth.vertices.astype(np.float64) + np.random.default_rng(3).normal(0.0, 0.01, (count, 3))
    length = np.array([0.11, 0.5, 0.0])  # the second hangs loose, where it may

    def product(system: object) -> np.ndarray:
        from scipy import sparse

        near = sparse.csr_matrix((system.near_bending, system.column, system.row), shape=(count, count))  # type: ignore[attr-defined]
        far = sparse.csr_matrix(  # type: ignore[attr-defined]
            (system.far_bending, system.far_column, system.far_row), shape=(count, count)
        )
        return np.asarray((near + far) @ x)

    stitches = Stitches(pairs, STIFFNESS, "cpu", slack)
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
            expected[i, axis] = (energy(up, pairs, length, slack) - energy(down, pairs, length, slack)) / (
                2.0 * step
            )
    np.testing.assert_allclose(found, expected, atol=2e-4 * STIFFNESS)
    np.testing.assert_allclose(found.sum(axis=0), 0.0, atol=1e-4 * STIFFNESS)


def test_a_buttoned_shirt_hangs_closed_with_two_clean_layers() -> None:
    figure = fit_avatar({"height": 1.68}, "female").figure
    pattern = draft([Style("shirt", "shirt", sleeve="short", neckline="mandarin")], figure.measurements)
    cloth = dress(pattern, figure, 0.03)
    hung = drape(cloth, figure.vertices.astype(np.float32), figure.faces)
    assert hung.settled
    x = hung.vertices.astype(np.float64)
    apart = np.linalg.norm(x[cloth.ties[:, 0]] - x[cloth.ties[:, 1]], axis=1)
    assert len(apart) >= 5
    assert (apart < cloth.tie_length + 0.001).all()  # 3 N at most
    assert (apart > 0.001).all()  # the threads do not pull one front into the other
    assert not len(cloth_self_intersections(x, cloth.faces))

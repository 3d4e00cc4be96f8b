"""Pressed folds: no energy when shut, L k (1 - cos) when open, no force on anything rigid."""

from __future__ import annotations

import numpy as np
import pytest

from toile.engine.cloth.crease import BREADTH, crease_matrix

FACES = np.array([[0, 1, 2], [1, 0, 3]])
FLAT = np.array([[0.0, 0.0], [0.0, 0.03], [-0.02, 0.01], [0.025, 0.018]])
UV = FLAT[FACES]
CREASE = np.array([[0, 1]])
WEFT, WARP = 2.0e-4, 1.0e-4


def _matrix() -> np.ndarray:
    bend = np.full(2, WEFT), np.full(2, WARP)
    return np.asarray(crease_matrix(FACES, UV, CREASE, *bend, 4).todense())


def _opened(angle: float) -> np.ndarray:
    """Return positions with the second triangle turned about the crease until `angle` [rad] lies between both."""
    x = np.column_stack([FLAT, np.zeros(4)])
    turn = np.pi - angle
    x[2] = [-0.02 * np.cos(turn), 0.01, 0.02 * np.sin(turn)]
    return x


@pytest.mark.parametrize("angle", [0.0, 0.4, 1.2, np.pi / 2, np.pi])
def test_the_energy_is_that_of_the_opening(angle: float) -> None:
    x = _opened(angle)
    energy = 0.5 * float((x * (_matrix() @ x)).sum())
    assert energy == pytest.approx(0.03 * WEFT / BREADTH * (1.0 - np.cos(angle)), abs=1e-12)


def test_rigid_motions_cost_nothing_more_and_nothing_is_pulled_along() -> None:
    q = _matrix()
    np.testing.assert_allclose(q @ np.ones(4), 0.0, atol=1e-9)
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    x = _opened(0.9)
    moved = x @ turn.T + [0.3, -0.2, 0.5]
    assert (moved * (q @ moved)).sum() == pytest.approx((x * (q @ x)).sum(), rel=1e-9)
    assert np.linalg.eigvalsh(q).min() > -1e-9


def test_without_creases_there_is_nothing() -> None:
    bend = np.full(2, WEFT), np.full(2, WARP)
    assert crease_matrix(FACES, UV, np.zeros((0, 2), np.int32), *bend, 4).nnz == 0

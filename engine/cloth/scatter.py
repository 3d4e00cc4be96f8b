"""Other starts for the same garment: the placed cloth carried a few millimetres by a smooth random displacement of space.

Several shapes of a drape are stable, on the table as here; `ClothSettings.seed` chooses between starts. The displacement is one for
all cloth, much smoother than it is large, and fades towards the skin, so that it carries no cloth through cloth or body; exact
triangle tests decide, and a displacement that does not pass them is halved.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.intersect import (
    body_cloth_intersections,
    cloth_self_intersections,
    signed_distance,
    vertices_inside,
)
from toile.garments.cloth_mesh import ClothMesh

F64 = NDArray[np.float64]

SHIFT = 0.003  # m, of all cloth, one standard deviation
TURN = 0.004  # radians about the vertical, likewise
SWELL, SWELL_LENGTH = 0.002, (0.25, 0.8)  # m: amplitude and wavelengths of the long waves
RIPPLE, RIPPLE_LENGTH = 0.0003, (0.05, 0.1)  # m: of the short ones
_FREE, _FADE = (
    0.0015,
    0.01,
)  # m: cloth nearer to the skin does not move; from that far beyond it moves in full
_HALVINGS = 8


def scattered(
    cloth: ClothMesh, body: NDArray[np.floating], body_faces: NDArray[np.int32], seed: int
) -> ClothMesh:
    """Return the cloth at the start that a seed names: 0 as it was placed, others some millimetres beside it.

    Args:
        cloth: placed mesh.
        body: vertices [m] (V, 3) of the dressing pose.
        body_faces: (S, 3).
    """
    if seed == 0:
        return cloth
    rng = np.random.default_rng([abs(seed), int(seed < 0)])
    x = cloth.vertices.astype(np.float64)
    gap, _, _ = signed_distance(x, body, body_faces)
    share = np.clip((gap - _FREE) / _FADE, 0.0, 1.0)
    move = (share * share * (3.0 - 2.0 * share))[:, None] * _displacement(x, rng)
    for halving in range(_HALVINGS):
        moved = (x + 0.5**halving * move).astype(np.float32)
        if _is_clear(moved, cloth, body, body_faces):
            return replace(cloth, vertices=moved)
    return cloth


def _displacement(x: F64, rng: np.random.Generator) -> F64:
    """Return a random displacement [m] at points (n, 3): a shift, a turn, and waves."""
    centre = x.mean(axis=0)
    turn = TURN * rng.normal()
    arm = x - centre
    move = SHIFT * rng.normal(size=3) + turn * np.stack([arm[:, 2], np.zeros(len(x)), -arm[:, 0]], axis=1)
    for size, (short, long), count in ((SWELL, SWELL_LENGTH, 5), (RIPPLE, RIPPLE_LENGTH, 5)):
        for _ in range(count):
            way = rng.normal(size=3)
            wave = 2.0 * np.pi / rng.uniform(short, long) * way / np.linalg.norm(way)
            along = size / np.sqrt(count) * rng.normal(size=3)
            move += np.sin(arm @ wave + rng.uniform(0.0, 2.0 * np.pi))[:, None] * along
    return move


def _is_clear(
    x: NDArray[np.float32], cloth: ClothMesh, body: NDArray[np.floating], faces: NDArray[np.int32]
) -> bool:
    return not (
        len(cloth_self_intersections(x, cloth.faces))
        or len(body_cloth_intersections(x, cloth.faces, body, faces))
        or vertices_inside(x, body, faces).any()
    )

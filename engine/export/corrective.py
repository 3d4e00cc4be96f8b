"""What linear blend skinning leaves out of a simulated body, as displacements of the rest skin for morph targets.

glTF adds morph targets before it skins: v' = M (v + d), with M the vertex's blended joint matrix. Where the simulated
skin lies r away from its skinned place (flesh that yields, skin pressed by cloth), d = A^-1 r, A the 3x3 part of M.

Source: glTF 2.0 specification, 3.7.2.2 (morph targets) and 3.7.3.3 (skinned meshes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.body import BodyMotion
from toile.engine.core.errors import BadInput
from toile.engine.core.simulation import Simulation

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

UNSEEN = 2e-5
"""A vertex that lies nearer than this to its skinned place [m] is left there."""
ASTRAY = 1e-3
"""Flesh gives way in places: a body of which half lies farther [m] from its skinned place is of another motion."""


@dataclass(frozen=True)
class Correctives:
    """Displacements of the rest skin at some frames.

    rows: per frame, the vertices that move, rising, (M,) and their displacements [m] (M, 3); error: the largest
    distance [m] of the simulated skin from the skinned one that is left with the displacements.
    """

    rows: tuple[tuple[I32, F32], ...]
    error: float


def find_correctives(
    simulation: Simulation, motion: BodyMotion, frames: Sequence[int], influences: I32, weights: F64
) -> Correctives:
    """Return what brings the skinned body of a motion to the simulated one.

    Args:
        frames: of the simulation.
        influences: joints of each vertex, shape (V, 4).
        weights: of those joints, shape (V, 4), rows sum to one.

    Raises:
        BadInput: the simulated body is not the one that moves.
    """
    rest = motion.rig.rest_vertices.astype(np.float64)
    if simulation.body_vertices.shape[1] != len(rest):
        raise BadInput(
            f"The simulated body has {simulation.body_vertices.shape[1]} vertices and the rig {len(rest)}; "
            "simulate the look again."
        )
    inverse = np.linalg.inv(motion.rig.rest.astype(np.float64))
    rows, error = [], 0.0
    for frame in frames:
        moves = motion.transforms_at(float(frame)).astype(np.float64) @ inverse
        skinned = np.zeros_like(rest)
        for k in range(weights.shape[1]):
            m = moves[influences[:, k]]
            skinned += weights[:, k, None] * (np.einsum("vab,vb->va", m[:, :3, :3], rest) + m[:, :3, 3])
        lack = simulation.body_vertices[frame] - skinned
        distance = np.linalg.norm(lack, axis=1)
        if (astray := float(np.median(distance))) > ASTRAY:
            raise BadInput(
                f"Half of the simulated body lies {1000 * astray:.0f} mm or more from the motion's in frame {frame}; "
                "simulate the look again."
            )
        at = np.flatnonzero(distance > UNSEEN).astype(np.int32)
        linear = np.einsum("vk,vkab->vab", weights[at], moves[influences[at], :3, :3])
        moved = np.einsum("vab,vb->va", np.linalg.pinv(linear, rcond=1e-4), lack[at]).astype(np.float32)
        distance[at] = np.linalg.norm(np.einsum("vab,vb->va", linear, moved) - lack[at], axis=1)
        rows.append((at, moved))
        error = max(error, float(distance.max(initial=0.0)))
    return Correctives(tuple(rows), error)

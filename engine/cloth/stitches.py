"""Stitches: springs between the edges of a seam whose rest length is drawn in.

Energy of a stitch of stiffness k [N/m], length d and rest length L:  k (d - L)^2 / 2. Its tangent along the stitch is k; taken in
every direction it is a constant that acts on each coordinate alike, as bending does, so it is added to bending's matrix
once (`with_stitches`), and only the force -k L along the stitch is left to the kernel. Positive definite for any L.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray
from scipy import sparse

from toile.engine.cloth.system import ClothSystem

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


@wp.kernel
def draw_in(
    x: wp.array(dtype=wp.vec3),
    stitch: wp.array(dtype=wp.vec2i),
    length: wp.array(dtype=float),
    stiffness: float,
    # outputs
    gradient: wp.array(dtype=wp.vec3),
) -> None:
    """One stitch: take its rest length [m] off the pull that the constant matrix gives it."""
    k = wp.tid()
    a, b = stitch[k][0], stitch[k][1]
    d = x[b] - x[a]
    far = wp.max(wp.length(d), 1.0e-6)
    force = stiffness * length[k] / far * d
    wp.atomic_add(gradient, a, force)
    wp.atomic_sub(gradient, b, force)


class Stitches:
    """The stitches of one cloth on the device; `length` [m] (K,) is their rest length now."""

    def __init__(self, pairs: I32, stiffness: float, device: str) -> None:
        self.pairs, self.stiffness, self.device = pairs, stiffness, device
        self.stitch = wp.array(pairs, dtype=wp.vec2i, device=device)
        self.length = wp.zeros(len(pairs), dtype=float, device=device)

    def set_length(self, length: NDArray[np.floating]) -> None:
        """Draw the stitches in to lengths [m], (K,)."""
        self.length.assign(np.asarray(length, np.float32))

    def add(self, x: Any, gradient: Any) -> None:
        """Add the force of the rest lengths to the gradient."""
        inputs = [x, self.stitch, self.length, self.stiffness]
        wp.launch(draw_in, len(self.pairs), inputs, [gradient], device=self.device)


def with_stitches(system: ClothSystem, pairs: I32, stiffness: float) -> ClothSystem:
    """Return the system with springs [N/m] between pairs of vertices (K, 2) that share no triangle."""
    count = len(system.mass)
    a, b = pairs.astype(np.int64).T
    k = np.full(len(pairs), stiffness)
    far = sparse.csr_matrix((system.far_bending, system.far_column, system.far_row), shape=(count, count))
    ties = sparse.csr_matrix((np.concatenate([-k, -k]), (np.r_[a, b], np.r_[b, a])), shape=(count, count))
    far = (far + ties).tocsr()
    far.sort_indices()
    near = system.near_bending.copy()
    np.add.at(near, system.diagonal[np.r_[a, b]], np.float32(stiffness))
    return replace(
        system,
        near_bending=near,
        far_row=far.indptr.astype(np.int32),
        far_column=far.indices.astype(np.int32),
        far_bending=far.data.astype(np.float32),
    )

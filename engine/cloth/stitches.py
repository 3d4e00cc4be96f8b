"""Stitches: springs between the edges of a seam whose rest length is drawn in.

Energy of a stitch of stiffness k [N/m], length d and rest length L:  k (d - L)^2 / 2. Its tangent along the stitch is k; taken in
every direction it is a constant that acts on each coordinate alike, as bending does, so it is added to bending's matrix
once (`with_stitches`), and only the force -k L along the stitch is left to the kernel. Positive definite for any L.

Ties are slack stitches that stay: the thread of a button, k max(d - L, 0)^2 / 2. Where it hangs loose the kernel takes away all of
the constant matrix's pull, -k d.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from toile.engine.cloth.system import ClothSystem
from toile.engine.core.device import warp
from toile.garments.cloth_mesh import ClothMesh

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

TIE = 3000.0
"""Stiffness [N/m] of a button's thread with the cloth around it: 1 N opens it by 0.3 mm."""


class Stitches:
    """The stitches of one cloth on the device; `length` [m] (K,) is their rest length now."""

    def __init__(self, pairs: I32, stiffness: float, device: str, slack: bool = False) -> None:
        """Tie pairs of vertices (K, 2) with a stiffness [N/m]; slack ones are threads, which do not push."""
        self.pairs, self.stiffness, self.device, self.slack = pairs, stiffness, device, slack
        wp = warp()
        self.stitch = wp.array(pairs, dtype=wp.vec2i, device=device)
        self.length = wp.zeros(len(pairs), dtype=float, device=device)

    def set_length(self, length: NDArray[np.floating]) -> None:
        """Draw the stitches in to lengths [m], (K,)."""
        self.length.assign(np.asarray(length, np.float32))

    def add(self, x: Any, gradient: Any) -> None:
        """Add the force of the rest lengths to the gradient."""
        from toile.engine.cloth.kernels import draw_in

        inputs = [x, self.stitch, self.length, self.stiffness, int(self.slack)]
        warp().launch(draw_in, len(self.pairs), inputs, [gradient], device=self.device)


def tied(system: ClothSystem, cloth: ClothMesh) -> ClothSystem:
    """Return the system of a cloth with the pull of its ties."""
    return with_stitches(system, cloth.ties, TIE) if len(cloth.ties) else system


def ties_of(cloth: ClothMesh, device: str) -> list[Stitches]:
    """Return the ties of a cloth, for a solver's pulls."""
    if not len(cloth.ties):
        return []
    ties = Stitches(cloth.ties, TIE, device, slack=True)
    ties.set_length(cloth.tie_length)
    return [ties]


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

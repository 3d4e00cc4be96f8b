"""The linear system of one Newton step: block rows, a two-level preconditioner, conjugate gradients.

A z = r is preconditioned by D^-1 + P C^-1 P^T: the inverses of the blocks of patches of five vertices (on CUDA of each vertex's block), and a
dense coarse inverse over aggregates of vertices with the piecewise constant prolongation P (additive Schwarz; Smith, Bjorstad and Gropp 1996). Bending couples
vertices further apart than triangles do, each coordinate alike: those pairs hold a scalar instead of a block.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import blas

from toile.engine.cloth.aggregates import (
    aggregate_size,
    aggregate_vertices,
    coarse_bending,
    inverse_of,
    patches_of,
)
from toile.engine.cloth.halves import Halves
from toile.engine.cloth.launches import Launches
from toile.engine.cloth.system import ClothSystem
from toile.engine.core.device import warp

I32 = NDArray[np.int32]
CHECKED_EVERY = 4  # iterations
WORTH_PATCHES = 1000  # fewer are inverted before another thread has begun
WORTH_CHUNKS = 24  # of 256 vertices or patches, likewise


@dataclass(frozen=True)
class Touching:
    """Contacts of cloth with cloth on the device: how many, their vertices, weights, normals and stiffnesses [N/m]."""

    count: int
    pair: Any
    weights: Any
    normal: Any
    along: Any
    across: Any


class LinearSystem:
    """Device buffers of the matrix, the preconditioner and the conjugate gradient; `step` [m] is the solution."""

    def __init__(
        self,
        system: ClothSystem,
        faces: I32,
        device: str,
        iterations: int,
        tolerance: float,
        launches: Launches,
        halves: Halves | None = None,
    ) -> None:
        wp = warp()
        self.wp, self.device, self.count = wp, device, len(system.mass)
        self.iterations, self.tolerance, self._launch = iterations, tolerance, launches
        self.halves = halves or Halves(1)
        self.on_cpu = wp.get_device(device).is_cpu

        def vectors(size: int) -> Any:
            return wp.zeros(size, dtype=wp.vec3, device=device)

        def fixed(values: NDArray[Any], kind: Any) -> Any:
            return wp.array(values, dtype=kind, device=device)

        self.row, self.column = fixed(system.row, wp.int32), fixed(system.column, wp.int32)
        self.diagonal = fixed(system.diagonal, wp.int32)
        self.near_bending = fixed(system.near_bending, float)
        self.far_row, self.far_column = fixed(system.far_row, wp.int32), fixed(system.far_column, wp.int32)
        self.far_bending = fixed(system.far_bending, float)
        # wide loads reach past the last element of these: they are made one longer
        self._long = [wp.zeros(len(system.column) + 1, dtype=wp.mat33, device=device)]
        self._long += [vectors(self.count + 1) for _ in range(2)]
        self.values, self.p, self.residual = (array[:-1] for array in self._long)
        self.extra, self.inverse = (wp.zeros(self.count, dtype=wp.mat33, device=device) for _ in range(2))
        self.gradient, self.step, self.z, self.product = (vectors(self.count) for _ in range(4))
        self.chunks = (self.count + 255) // 256
        self.partial = wp.zeros(self.chunks, dtype=wp.float64, device=device)
        self.scalars = wp.zeros(4, dtype=wp.float64, device=device)
        member, slot, far = patches_of(system, faces)
        self.patches = len(member)
        self.patch_member, self.patch_slot = fixed(member.ravel(), wp.int32), fixed(slot.ravel(), wp.int32)
        self.patch_far = fixed(far.ravel(), float)
        self.patch_inverse = wp.zeros(240 * self.patches, dtype=float, device=device)
        label = aggregate_vertices(faces, self.count, aggregate_size(self.count))
        self.aggregates = int(label.max()) + 1
        self.aggregate = fixed(label, wp.int32)
        self.member = fixed(np.argsort(label, kind="stable").astype(np.int32), wp.int32)
        bounds = np.concatenate([[0], np.cumsum(np.bincount(label))]).astype(np.int32)
        self.member_row = fixed(bounds, wp.int32)
        shape = (self.aggregates, self.aggregates)
        self.coarse, self.coarse_inverse = (wp.zeros(shape, dtype=wp.mat33, device=device) for _ in range(2))
        self.coarse_bending = fixed(coarse_bending(system, label), float)
        self.coarse_residual, self.coarse_correction = vectors(self.aggregates), vectors(self.aggregates)
        self.coarse_dense = np.zeros((0, 0), np.float32)

    def prepare(self, touching: Touching, bend: float) -> None:
        """Invert the matrix summed over aggregates; `bend` scales bending."""
        n, t = self.aggregates, touching
        self._launch(
            "sum_coarse", n,
            [self.member_row, self.member, self.aggregate, self.row, self.column, self.values, self.coarse_bending, bend, n],
            [self.coarse],
        )  # fmt: skip
        self._launch(
            "sum_coarse_contact", t.count, [t.pair, t.weights, t.normal, t.along, t.across, self.aggregate], [self.coarse]
        )  # fmt: skip
        inverse = inverse_of(self.coarse.numpy().transpose(0, 2, 1, 3).reshape(3 * n, 3 * n))
        if self.on_cpu:
            self.coarse_dense = inverse
        else:
            self.coarse_inverse.assign(
                np.ascontiguousarray(inverse.reshape(n, 3, n, 3).transpose(0, 2, 1, 3))
            )

    def solve(self, touching: Touching, bend: float) -> None:
        """Solve A step = -gradient as far as `iterations` or `tolerance` let it."""
        n = self.count
        self._launch("start_descent", n, [self.gradient], [self.residual, self.step, self.p])
        if self.on_cpu:
            self.launch_patches(bend)
            self._descend_on_cpu(touching, bend)
        else:
            self._launch("invert_diagonal", n, [self.values, self.diagonal, self.extra], [self.inverse])
            self._descend(touching, bend)

    def _descend(self, touching: Touching, bend: float) -> None:
        n, launch, partial, chunks, scalars = (
            self.count,
            self._launch,
            self.partial,
            self.chunks,
            self.scalars,
        )
        rows = [
            self.row,
            self.column,
            self.values,
            self.far_row,
            self.far_column,
            self.far_bending,
            bend,
            self.p,
        ]
        for iteration in range(self.iterations):
            launch(
                "restrict",
                self.aggregates,
                [self.member_row, self.member, self.residual],
                [self.coarse_residual],
            )
            launch(
                "solve_coarse", self.aggregates, [self.coarse_inverse, self.aggregates, self.coarse_residual],
                [self.coarse_correction],
            )  # fmt: skip
            launch(
                "precondition",
                n,
                [self.inverse, self.residual, self.aggregate, self.coarse_correction],
                [self.z],
            )
            launch("partial_dot", chunks, [self.residual, self.z, n], [partial], 0)
            launch("beta_from", 1, [partial, chunks, int(iteration == 0)], [scalars])
            if iteration % CHECKED_EVERY == CHECKED_EVERY - 1:
                now, _, _, first = self.scalars.numpy()
                if now <= self.tolerance**2 * first:
                    break
            launch("redirect", n, [scalars, self.z], [self.p])
            launch("multiply", n, rows, [self.product])
            self._add_contacts(touching)
            launch("partial_dot", chunks, [self.p, self.product, n], [partial], 1)
            launch("alpha_from", 1, [partial, chunks], [scalars])
            launch("descend", n, [scalars, self.p, self.product], [self.step, self.residual])

    def _descend_on_cpu(self, touching: Touching, bend: float) -> None:
        """Descend with wide kernels and the BLAS, which take a third of the time of one thread a vertex."""
        launch, flat = self._launch, self._flat
        before = first = 0.0
        for iteration in range(self.iterations):
            launch(
                "wide_restrict", self.aggregates, [self.member_row, self.member, self.residual], [self.coarse_residual]
            )  # fmt: skip
            np.dot(self.coarse_dense, flat["coarse_residual"], out=flat["coarse_correction"])
            self.launch_precondition()
            now = float(np.dot(flat["residual"], flat["z"]))
            if iteration == 0:
                first = now
            elif now <= self.tolerance**2 * first:
                break
            blas.sscal(now / before if before > 0.0 else 0.0, flat["p"])
            blas.saxpy(flat["z"], flat["p"])
            before = now
            self.launch_product(bend)
            self._add_contacts(touching)
            along = float(np.dot(flat["p"], flat["product"]))
            alpha = now / along if along > 0.0 else 0.0
            blas.saxpy(flat["p"], flat["step"], a=alpha)
            blas.saxpy(flat["product"], flat["residual"], a=-alpha)

    def launch_patches(self, bend: float) -> None:
        """Invert the matrix of each patch."""

        def part(first: int, size: int, half: int) -> None:
            self._launch(
                "invert_patches", size,
                [self.patch_member, self.patch_slot, self.patch_far, bend, self.values, self.extra, first],
                [self.patch_inverse], half,
            )  # fmt: skip

        self.halves.split(self.patches, part, WORTH_PATCHES)

    def launch_precondition(self) -> None:
        """Write z: the patches' inverses times the residual, and the coarse correction."""

        def part(first: int, size: int, half: int) -> None:
            self._launch(
                "wide_precondition", size,
                [first, self.patches, self.patch_member, self.patch_inverse, self.residual, self.aggregate,
                 self.coarse_correction],
                [self.z], half,
            )  # fmt: skip

        self.halves.split((self.patches + 255) // 256, part, WORTH_CHUNKS)

    def launch_product(self, bend: float) -> None:
        """Write the product A p, without cloth's contacts."""

        def part(first: int, size: int, half: int) -> None:
            self._launch(
                "wide_multiply", size,
                [self.row, self.column, self.values, self.far_row, self.far_column, self.far_bending, bend, self.p, first,
                 self.count],
                [self.product], half,
            )  # fmt: skip

        self.halves.split((self.count + 255) // 256, part, WORTH_CHUNKS)

    def _add_contacts(self, t: Touching) -> None:
        self._launch(
            "cloth_contact_multiply", t.count, [t.pair, t.weights, t.normal, t.along, t.across, self.p], [self.product]
        )  # fmt: skip

    @cached_property
    def _flat(self) -> dict[str, NDArray[np.float32]]:
        """The vectors of the descent as NumPy sees them in the CPU's memory."""
        names = ("residual", "z", "p", "product", "step", "coarse_residual", "coarse_correction")
        return {name: getattr(self, name).numpy().ravel() for name in names}

    def step_size(self) -> float:
        """Return the root mean square of the solution [m]; it is read back from the device."""
        step = self.step.numpy().ravel()
        return float(np.sqrt(np.dot(step, step) / self.count))

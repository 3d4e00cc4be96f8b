"""The linear system of one Newton step: block rows, a two-level preconditioner, conjugate gradients.

A z = r is preconditioned by D^-1 + P C^-1 P^T: the inverse of each vertex's 3x3 block, and a dense coarse inverse over aggregates of
vertices with the piecewise constant prolongation P (additive Schwarz; Smith, Bjorstad and Gropp 1996). Bending couples
vertices further apart than triangles do, each coordinate alike: those pairs hold a scalar instead of a block.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.cloth.aggregates import aggregate_size, aggregate_vertices, coarse_bending, inverse_of
from toile.engine.cloth.system import ClothSystem
from toile.engine.core.device import warp

I32 = NDArray[np.int32]
CHECKED_EVERY = 4  # iterations


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
        self, system: ClothSystem, faces: I32, device: str, iterations: int, tolerance: float
    ) -> None:
        wp = warp()
        self.wp, self.device, self.count = wp, device, len(system.mass)
        self.iterations, self.tolerance = iterations, tolerance
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
        self.values = wp.zeros(len(system.column), dtype=wp.mat33, device=device)
        self.extra, self.inverse = (wp.zeros(self.count, dtype=wp.mat33, device=device) for _ in range(2))
        self.gradient, self.step, self.residual, self.z, self.p, self.product = (
            vectors(self.count) for _ in range(6)
        )
        self.chunks = (self.count + 255) // 256
        self.partial = wp.zeros(self.chunks, dtype=wp.float64, device=device)
        self.scalars = wp.zeros(4, dtype=wp.float64, device=device)
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

    @staticmethod
    def _kernel(name: str) -> Any:
        from toile.engine.cloth import contact_kernels, linear_kernels

        return getattr(linear_kernels, name, None) or getattr(contact_kernels, name)

    def _launch(self, name: str, dim: int, inputs: list[Any], outputs: list[Any]) -> None:
        if dim:
            self.wp.launch(self._kernel(name), dim, inputs, outputs, device=self.device)

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
        self._launch("invert_diagonal", n, [self.values, self.diagonal, self.extra], [self.inverse])
        self._launch("start_descent", n, [self.gradient], [self.residual, self.step, self.p])
        recorded = self._recorded
        multiply = self._recorded_multiply(touching, bend)
        for iteration in range(self.iterations):
            self._precondition()
            recorded["residual_dot_z"].launch()
            recorded["first_beta" if iteration == 0 else "beta"].launch()
            if iteration % CHECKED_EVERY == CHECKED_EVERY - 1:
                now, _, _, first = self.scalars.numpy()
                if now <= self.tolerance**2 * first:
                    break
            recorded["redirect"].launch()
            for command in multiply:
                command.launch()
            recorded["p_dot_product"].launch()
            recorded["alpha"].launch()
            recorded["descend"].launch()

    def step_size(self) -> float:
        """Return the root mean square of the solution [m]; it is read back from the device."""
        step = self.step.numpy().ravel()
        return float(np.sqrt(np.dot(step, step) / self.count))

    def _record(self, name: str, dim: int, inputs: list[Any], outputs: list[Any]) -> Any:
        """Return a launch that can be repeated at a fifth of a launch's cost: an iteration has ten small ones."""
        kernel = self._kernel(name)
        return self.wp.launch(kernel, dim, inputs, outputs, device=self.device, record_cmd=True)

    @cached_property
    def _recorded(self) -> dict[str, Any]:
        n, partial, chunks, scalars = self.count, self.partial, self.chunks, self.scalars
        return {
            "restrict": self._record(
                "restrict", self.aggregates, [self.member_row, self.member, self.residual], [self.coarse_residual]
            ),
            "precondition": self._record(
                "precondition", n, [self.inverse, self.residual, self.aggregate, self.coarse_correction], [self.z]
            ),
            "residual_dot_z": self._record("partial_dot", chunks, [self.residual, self.z, n], [partial]),
            "first_beta": self._record("beta_from", 1, [partial, chunks, 1], [scalars]),
            "beta": self._record("beta_from", 1, [partial, chunks, 0], [scalars]),
            "redirect": self._record("redirect", n, [scalars, self.z], [self.p]),
            "p_dot_product": self._record("partial_dot", chunks, [self.p, self.product, n], [partial]),
            "alpha": self._record("alpha_from", 1, [partial, chunks], [scalars]),
            "descend": self._record("descend", n, [scalars, self.p, self.product], [self.step, self.residual]),
        }  # fmt: skip

    def _recorded_multiply(self, touching: Touching, bend: float) -> list[Any]:
        """Return the launches of product = A p."""
        t = touching
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
        made = [self._record("multiply", self.count, rows, [self.product])]
        if t.count:
            inputs = [t.pair, t.weights, t.normal, t.along, t.across, self.p]
            made.append(self._record("cloth_contact_multiply", t.count, inputs, [self.product]))
        return made

    def _precondition(self) -> None:
        self._recorded["restrict"].launch()
        if self.on_cpu:  # the BLAS takes a tenth of the time of one thread a row
            correction = self.coarse_correction.numpy().ravel()
            np.dot(self.coarse_dense, self.coarse_residual.numpy().ravel(), out=correction)
        else:
            self._launch(
                "solve_coarse", self.aggregates, [self.coarse_inverse, self.aggregates, self.coarse_residual],
                [self.coarse_correction],
            )  # fmt: skip
        self._recorded["precondition"].launch()

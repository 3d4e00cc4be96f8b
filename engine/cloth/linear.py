"""The linear system of one Newton step: block rows, a preconditioner of levels, conjugate gradients.

A z = r is preconditioned by D^-1 + P C^-1 P^T: the inverses of the blocks of patches of five vertices (on CUDA of each vertex's block), and a
dense coarse inverse over aggregates of vertices with the piecewise constant prolongation P (additive Schwarz; Smith, Bjorstad and Gropp 1996); on the CPU,
between them, the same over smaller aggregates of which only each one's own block is inverted. Bending couples vertices further apart than triangles do, each coordinate alike: those pairs hold a scalar instead of a block.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.cloth.aggregates import (
    aggregate_size,
    aggregate_vertices,
    bending_within,
    coarse_bending,
    inverse_of,
    patches_of,
)
from toile.engine.cloth.halves import Halves
from toile.engine.cloth.launches import Launches
from toile.engine.cloth.strips import Strips, bending_strips, strips_of
from toile.engine.cloth.system import ClothSystem
from toile.engine.core.device import warp

I32 = NDArray[np.int32]
CHECKED_EVERY = 4  # iterations
WORTH_HELP = 1000  # vertices; fewer are done before another thread has begun
PATIENCE = 20_000  # glances at the other thread's work, some tenths of a millisecond, before Python yields
MIDDLE = 16  # vertices of an aggregate of the middle level
WORTH_MIDDLE = 500  # vertices from which on there is one
SPARE = 6  # vectors beyond the last that a strip may reach


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
        # wide loads reach past the last element of these: they are made longer
        self._long = [wp.zeros(len(system.column) + 1, dtype=wp.mat33, device=device)]
        self._long += [vectors(self.count + SPARE) for _ in range(4)]
        self.values = self._long[0][:-1]
        self.p, self.residual, self.z, self.product = (array[: self.count] for array in self._long[1:])
        self.extra, self.inverse = (wp.zeros(self.count, dtype=wp.mat33, device=device) for _ in range(2))
        self._long += [vectors(self.count + 1) for _ in range(2)]
        self.gradient, self.step = (array[:-1] for array in self._long[-2:])
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
        self.member, self.member_row = self._members(label)
        shape = (self.aggregates, self.aggregates)
        self.coarse, self.coarse_inverse = (wp.zeros(shape, dtype=wp.mat33, device=device) for _ in range(2))
        self.coarse_bending = fixed(coarse_bending(system, label), float)
        self.coarse_residual, self.coarse_correction = vectors(self.aggregates), vectors(self.aggregates)
        if self.on_cpu:
            self._reserve_crew(system, faces)

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
            self._inverse[: 3 * n, : 3 * n] = inverse
        else:
            self.coarse_inverse.assign(
                np.ascontiguousarray(inverse.reshape(n, 3, n, 3).transpose(0, 2, 1, 3))
            )

    def solve(self, touching: Touching, bend: float) -> None:
        """Solve A step = -gradient as far as `iterations` or `tolerance` let it."""
        if self.on_cpu:
            self._descend_together(touching, bend)
            return
        n = self.count
        self._launch("start_descent", n, [self.gradient], [self.residual, self.step, self.p])
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

    # ---- on the CPU ----------------------------------------------------------------------------------------------

    def _members(self, label: I32) -> tuple[Any, Any]:
        """Return the vertices in the order of their aggregates, and where each aggregate begins."""
        wp, d = self.wp, self.device
        bounds = np.concatenate([[0], np.cumsum(np.bincount(label))]).astype(np.int32)
        order = np.argsort(label, kind="stable").astype(np.int32)
        return wp.array(order, dtype=wp.int32, device=d), wp.array(bounds, dtype=wp.int32, device=d)

    def _reserve_crew(self, system: ClothSystem, faces: I32) -> None:
        """Reserve what the wide kernels of the CPU need besides."""
        from toile.engine.cloth import wide_kernels

        wp, d = self.wp, self.device
        self._wide = wide_kernels
        strips = strips_of(system.far_row, system.far_column, system.far_bending)
        self.bend_row, self.bend_strip = self._strips(bending_strips(system))
        self._long.append(wp.zeros(self.count + SPARE, dtype=wp.vec3, device=d))
        self.bent = self._long[-1][: self.count]
        self.strip_row, self.strip = self._strips(strips)
        middle = aggregate_vertices(faces, self.count, MIDDLE)
        # few aggregates leave little between the patches and themselves
        self.middles = int(middle.max()) + 1 if self.count >= WORTH_MIDDLE else 0
        self.middle = wp.array(middle, dtype=wp.int32, device=d)
        self.middle_member, self.middle_row = self._members(middle)
        self.middle_far = wp.array(bending_within(system, middle), dtype=float, device=d)
        self.middle_inverse = wp.zeros(9 * (int(middle.max()) + 1), dtype=float, device=d)
        self.middle_correction = wp.zeros(3 * (int(middle.max()) + 1), dtype=float, device=d)
        self.stride = -(-3 * self.aggregates // 32) * 32
        self.wide_inverse = wp.zeros(self.stride * self.stride, dtype=float, device=d)
        self._inverse = self.wide_inverse.numpy().reshape(self.stride, self.stride)
        self.wide_residual, self.wide_correction = (
            wp.zeros(self.stride, dtype=float, device=d) for _ in range(2)
        )
        self.chunk_rows = max(256, -(-self.count // 8192))
        chunks = max(-(-self.count // self.chunk_rows), -(-self.patches // wide_kernels.PATCHES))
        self.chunk_dots = wp.zeros(chunks, dtype=wp.float64, device=d)
        self.crew_scalars = wp.zeros(wide_kernels.SCALARS, dtype=wp.float64, device=d)
        self.state = wp.zeros(wide_kernels.STATE, dtype=wp.int32, device=d)
        self._state = self.state.numpy()
        self.touch_row = wp.zeros(self.count + 1, dtype=wp.int32, device=d)
        self._reserve_touches(1024)

    def _strips(self, strips: Strips) -> tuple[Any, Any]:
        """Bring strips to the device; wide loads reach past the last one."""
        wp = self.wp
        self._long.append(wp.zeros(strips.strip.size + 2, dtype=wp.int32, device=self.device))
        packed = self._long[-1][:-2]
        packed.assign(strips.strip.ravel())
        return wp.array(strips.row, dtype=wp.int32, device=self.device), packed

    def add_bending(self, x: Any, start: Any, damping: float) -> None:
        """Add the gradient [N] of bending, and its friction in the way from `start` to x."""
        self._launch("bent_positions", self.count, [x, start, damping], [self.bent])
        self._launch(
            "wide_bending_gradient", -(-self.count // 256), [self.bent, self.bend_row, self.bend_strip, self.count], [self.gradient]
        )  # fmt: skip

    def _reserve_touches(self, capacity: int) -> None:
        wp, d = self.wp, self.device
        self.touch_capacity = capacity
        self.touch = wp.zeros(capacity, dtype=wp.int32, device=d)
        self.touch_entry = wp.zeros(4 * capacity, dtype=wp.int32, device=d)
        self.touch_force = wp.zeros(capacity, dtype=wp.vec3, device=d)

    def _descend_together(self, touching: Touching, bend: float) -> None:
        """Descend with one native kernel, which a second thread may help."""
        self._list_touching(touching)

        w = self._wide
        running = [True]

        def lead() -> None:
            try:
                self._crew(touching, bend, w.LEAD)
                while self._state[w.STAGE]:  # the helper sleeps over a chunk
                    time.sleep(0.0)
                    self._crew(touching, bend, w.LEAD)
            finally:
                running.clear()

        def help_out() -> None:
            while running:
                self._crew(touching, bend, w.HELP)
                time.sleep(0.0)

        self.halves.helped(lead, help_out, self.count > WORTH_HELP)

    def run_stage(self, stage: str, touching: Touching, bend: float) -> None:
        """Do one stage of the descent, on this thread alone."""
        self._crew(touching, bend, self._wide.ALONE, self._wide.STAGES.index(stage))

    def _list_touching(self, t: Touching) -> None:
        """List the contacts that push; most pairs only might."""
        while True:
            self._launch(
                "list_touching", 1, [t.count, t.pair, t.along, self.count, self.touch_capacity],
                [self.touch, self.touch_row, self.touch_entry, self.state],
            )  # fmt: skip
            found = int(self._state[self._wide.TOUCHES])
            if found <= self.touch_capacity:
                return
            self._reserve_touches(2 * found)

    def _crew(self, t: Touching, bend: float, role: int, stage: int = 0) -> None:
        self._launch(
            "descend_together", 1,
            [self.row, self.column, self.values, self.strip_row, self.strip, bend, self.patches,
             self.patch_member, self.patch_slot, self.patch_far, self.extra, self.aggregates, self.aggregate, self.member_row,
             self.member, self.wide_inverse, self.stride, self.middles, self.middle, self.middle_row, self.middle_member, self.middle_far, t.pair, t.weights, t.normal, t.along, t.across, self.touch,
             self.touch_row, self.touch_entry, self.gradient, self.count, self.iterations, self.tolerance, PATIENCE, role, stage,
             self.chunk_rows],
            [self.patch_inverse, self.middle_inverse, self.residual, self.step, self.p, self.z, self.product, self.wide_residual,
             self.wide_correction, self.middle_correction, self.touch_force, self.chunk_dots, self.crew_scalars, self.state],
            role,
        )  # fmt: skip

    def _add_contacts(self, t: Touching) -> None:
        self._launch(
            "cloth_contact_multiply", t.count, [t.pair, t.weights, t.normal, t.along, t.across, self.p], [self.product]
        )  # fmt: skip

    def step_size(self) -> float:
        """Return the root mean square of the solution [m]; it is read back from the device."""
        step = self.step.numpy().ravel()
        return float(np.sqrt(np.dot(step, step) / self.count))

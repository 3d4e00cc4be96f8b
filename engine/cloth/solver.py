"""Implicit Euler for cloth on a moving body: Newton, conjugate gradient, contact, a filter that keeps cloth clean.

One step solves  min_x  m |x - y|^2 / (2 dt^2) + membrane + bending + air + body contact + friction + cloth contact,  y the
inertial prediction; then `_filter` moves the result until no feature pair of the cloth meets on its way from the last
state and no vertex lies nearer to the body than `body_clear`. The filter is what keeps cloth from passing through cloth:
a step is accepted only when continuous detection finds no impact. Where it cannot, the step is refused and the caller
halves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.cloth.aggregates import grouped
from toile.engine.cloth.halves import Halves
from toile.engine.cloth.launches import Launches
from toile.engine.cloth.linear import LinearSystem, Touching
from toile.engine.cloth.neighbours import face_neighbours, fans
from toile.engine.cloth.settings import ClothSettings
from toile.engine.cloth.system import ClothSystem
from toile.engine.core.device import default_device, warp

if TYPE_CHECKING:
    from toile.engine.cloth.stitches import Stitches

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
WORTH_BOTH = 2000
"""Vertices from which on a second thread is worth waking."""


@dataclass(frozen=True)
class StepReport:
    """What one step did: impacts found, filter rounds, whether it ended clean, relative change of the last Newton step."""

    clean: bool
    impacts: int
    rounds: int
    residual: float
    pairs: int


class ClothSolver:
    """Device buffers of one cloth on one body; the only thing in the stage that mutates."""

    def __init__(
        self, system: ClothSystem, faces: I32, x: F32, body: F32, body_faces: I32, settings: ClothSettings,
        device: str | None = None,
    ) -> None:  # fmt: skip
        from toile.engine.cloth import (
            assembly_kernels,
            contact_kernels,
            kernels,
            linear_kernels,
            wide_kernels,
        )

        wp = warp()
        self.wp, self.device, self.settings, self.system = wp, device or default_device(), settings, system
        modules = [kernels, contact_kernels, linear_kernels]
        if wp.get_device(self.device).is_cpu:
            modules += [wide_kernels, assembly_kernels]
        self._launches = Launches(self.device, modules, settings.record)
        self.v_before = np.zeros_like(x)  # velocity at the start of the step before
        self.pokes = 0
        self.count, self.points = len(x), len(system.element)
        d = self.device
        # cloth
        self.x = wp.array(x, dtype=wp.vec3, device=d)
        self.start = wp.array(x, dtype=wp.vec3, device=d)
        self.v = wp.zeros(self.count, dtype=wp.vec3, device=d)
        self.y = wp.zeros(self.count, dtype=wp.vec3, device=d)
        self.normal = wp.zeros(self.count, dtype=wp.vec3, device=d)
        self.faces = wp.array(faces, dtype=wp.vec3i, device=d)
        self.mass = wp.array(system.mass, dtype=float, device=d)
        self.inverse_mass = wp.array(1.0 / system.mass, dtype=float, device=d)
        self.inverse_rest = wp.array(system.inverse_rest, dtype=wp.mat22, device=d)
        self.area = wp.array(system.area, dtype=float, device=d)
        self.stiffness = wp.array(system.stiffness, dtype=wp.vec3, device=d)
        self.limit = wp.array(system.limit, dtype=wp.vec2, device=d)
        self.lock = wp.array(system.lock, dtype=wp.vec2, device=d)
        self.friction = wp.array(system.friction, dtype=float, device=d)
        self.triangle_slots = wp.array(system.triangle_slots, dtype=wp.int32, device=d)
        # body contact
        self.element = wp.array(system.element, dtype=wp.vec3i, device=d)
        self.share = wp.array(system.element_share, dtype=wp.vec3, device=d)
        self.element_slots = wp.array(system.element_slots, dtype=wp.int32, device=d)
        self.element_size = wp.array(system.element_size, dtype=float, device=d)
        self.body_face = wp.zeros(self.points, dtype=wp.int32, device=d)
        self.body_bary = wp.zeros(self.points, dtype=wp.vec3, device=d)
        self.body_normal = wp.zeros(self.points, dtype=wp.vec3, device=d)
        self.body_offset = wp.zeros(self.points, dtype=float, device=d)
        self.anchor_face = wp.full(self.count, -1, dtype=wp.int32, device=d)
        self.anchor = wp.zeros(self.count, dtype=wp.vec3, device=d)
        self.pressing = wp.zeros(self.count, dtype=float, device=d)
        self.slide = wp.zeros(self.count, dtype=wp.vec3, device=d)
        self.body = wp.Mesh(
            points=wp.array(body, dtype=wp.vec3, device=d),
            indices=wp.array(body_faces.ravel(), dtype=wp.int32, device=d),
        )
        self.body_now = np.array(body, np.float32)
        self.body_face_count = len(body_faces)
        self.grip = wp.full(len(body_faces), 1.0, dtype=float, device=d)
        across, fan_row, fan = face_neighbours(body_faces, len(body))
        self.body_across = wp.array(across, dtype=wp.vec3i, device=d)
        self.body_fan_row = wp.array(fan_row, dtype=wp.int32, device=d)
        self.body_fan = wp.array(fan, dtype=wp.int32, device=d)
        self.body_seen = wp.zeros(self.points, dtype=wp.vec3, device=d)
        self.active = wp.array(np.arange(self.points, dtype=np.int32), dtype=wp.int32, device=d)
        self.active_count = self.points  # all of them until they are listed
        self.marked = wp.zeros(self.count, dtype=wp.int32, device=d)
        self.listed = False
        self.close = wp.array(np.arange(self.points, dtype=np.int32), dtype=wp.int32, device=d)
        self.close_count, self.close_vertices, self.close_listed = self.points, self.count, False
        self.close_known = wp.zeros(self.count, dtype=wp.vec3, device=d)
        self.close_stir, self.close_way = (wp.zeros(self.count, dtype=float, device=d) for _ in range(2))
        self.body_free = wp.zeros(self.points, dtype=float, device=d)
        self.body_face.fill_(-1)
        self.body_travel = 0.0  # m, the largest way of a body vertex, added up
        self.body_normals = wp.zeros(len(body), dtype=wp.vec3, device=d)
        self._refresh_body_normals()
        self.cloth = wp.Mesh(
            points=wp.array(x, dtype=wp.vec3, device=d),
            indices=wp.array(faces.ravel(), dtype=wp.int32, device=d),
        )
        self._reserve_pokes(4096)
        self.halves = Halves(settings.threads if wp.get_device(d).is_cpu else 1)
        self.linear = LinearSystem(
            system, faces, d, settings.pcg_iterations, settings.pcg_tolerance, self._launches, self.halves
        )
        # cloth contact
        triangles = len(faces)
        order, row = grouped(faces, self.count)
        self.pair_faces = wp.array(faces[order], dtype=wp.vec3i, device=d)
        self.owns = wp.array(system.owns[order], dtype=wp.int32, device=d)
        self.group_row = wp.array(row, dtype=wp.int32, device=d)
        self.groups = len(row) - 1
        edge = float(np.sqrt(4.0 / np.sqrt(3.0) * np.median(system.area)))  # of a triangle with three like it
        self.slack = min(settings.slack, settings.slack_share * edge)
        self.group_of = wp.array(
            np.repeat(np.arange(self.groups, dtype=np.int32), np.diff(row)), dtype=wp.int32, device=d
        )
        self.pair_normal, self.pair_way = (wp.zeros(triangles, dtype=wp.vec3, device=d) for _ in range(2))
        self.pair_spread = wp.zeros(triangles, dtype=float, device=d)
        fan_row, link, closed = fans(faces, self.count)
        self.fan_row = wp.array(fan_row, dtype=wp.int32, device=d)
        self.fan_link = wp.array(link, dtype=wp.vec2i, device=d)
        self.fan_closed = wp.array(closed, dtype=wp.int32, device=d)
        self.flat = wp.zeros(self.count, dtype=wp.int32, device=d)
        self.near_count = wp.zeros(self.groups, dtype=wp.int32, device=d)
        self._reserve_groups(32)
        self.lower, self.upper = (wp.zeros(triangles, dtype=wp.vec3, device=d) for _ in range(2))
        self.group_lower, self.group_upper = (
            wp.zeros(self.groups, dtype=wp.vec3, device=d) for _ in range(2)
        )
        self._find_boxes(self.x, 0.002)
        self.bvh = wp.Bvh(self.group_lower, self.group_upper, leaf_size=4)
        self.travel = wp.zeros(self.count, dtype=wp.vec3, device=d)
        self.counter = wp.zeros(2, dtype=wp.int32, device=d)
        self.pair_count = -1  # none looked for yet
        self._reserve_pairs(4 * self.count)
        self._reserve_impacts(4096)
        self.ring: Any = None
        self.pulls: list[Stitches] = []

    def _launch(self, name: str, dim: int, inputs: list[Any], outputs: list[Any], which: int = 0) -> None:
        self._launches(name, dim, inputs, outputs, which)

    # ---- what the phases set -------------------------------------------------------------------------------------

    def set_body(self, vertices: F32) -> None:
        """Move the body to new vertices [m] (V, 3)."""
        moved = vertices - self.body_now
        self.body_now = np.array(vertices, np.float32)
        self.body_travel += float(np.sqrt((moved * moved).sum(1).max()))
        self.body.points.assign(vertices)
        self.body.refit()
        self._refresh_body_normals()

    def set_grip(self, grip: F32) -> None:
        """Scale friction on each face of the body, (S,)."""
        self.grip.assign(grip)

    def set_rest(self, inverse_rest: F32) -> None:
        """Replace the inverse rest matrices (T, 2, 2): dressing ramps them to the flat pattern."""
        self.inverse_rest.assign(inverse_rest)

    def hold_ring(self, ring: I32 | None, heights: F32 | None = None, stiffness: float = 0.0) -> None:
        """Hold vertices at heights [m] by vertical springs [N/m], or let go."""
        if ring is None or heights is None or not len(ring):
            self.ring = None
            return
        wp = self.wp
        self.ring = (
            wp.array(ring, dtype=wp.int32, device=self.device),
            wp.array(heights.astype(np.float32), dtype=float, device=self.device),
            stiffness,
            len(ring),
        )

    def positions(self) -> F32:
        """Return a copy of the vertices [m], (N, 3)."""
        return np.array(self.x.numpy(), dtype=np.float32)

    def velocities(self) -> F32:
        """Return a copy of the velocities [m/s], (N, 3)."""
        return np.array(self.v.numpy(), dtype=np.float32)

    def set_state(self, x: F32, v: F32) -> None:
        """Set positions and velocities."""
        self.x.assign(x)
        self.v.assign(v)
        self.v_before = np.array(v, np.float32)
        self.pair_count = -1

    # ---- one step ------------------------------------------------------------------------------------------------

    def advance(
        self,
        dt: float,
        gravity: float,
        keep_velocity: float = 1.0,
        friction: float = 1.0,
        zones: bool = False,
    ) -> StepReport:
        """Advance by dt [s] against the body as it stands now; on failure the state is as it was before.

        zones lets vertices whose impacts resist resolution move rigidly together (Bridson et al. 2002): that always
        ends clean, at the price of the body's clearance. keep_velocity scales the velocity that is carried in (dressing
        damps); friction scales the coefficients.
        """
        s = self.settings
        x0 = self.positions()
        v0 = self.velocities()
        carried = np.float32(keep_velocity) * v0
        predicted = x0 + np.float32(dt) * carried
        target = predicted.copy()
        target[:, 1] -= np.float32(gravity * dt * dt)
        self.start.assign(x0)
        self.y.assign(target)
        if self.pair_count < 0:
            came = np.float32(dt) * v0  # as if the last step had brought it here
            self.start.assign(x0 - came)
            self._find_pairs(x0 - came, came, s.thickness + self.slack)
            self.start.assign(x0)
        self._launch("make_contacts", self.pair_count,
                     [self.pair, self.pair_kind, self.start, self.v, dt, s.thickness + self.slack, s.slack - self.slack],
                     [self.contact_weights, self.contact_normal])  # fmt: skip
        contacts = self.pair_count
        if s.air > 0.0:
            self.normal.zero_()
            self._launch("face_areas", len(self.system.area), [self.start, self.faces], [self.normal])
        self.x.assign(x0 + np.float32(dt) * (v0 + np.float32(s.foresight) * (v0 - self.v_before)))
        self.slide.zero_()
        self.listed = self.close_listed = False
        last = False
        for round_ in range(s.newton_steps):
            last = last or round_ == s.newton_steps - 1
            self._newton(dt, contacts, friction, round_, last)
            if last:
                break
            if round_ + 1 >= s.newton_least and self.linear.on_cpu:
                last = self.linear.step_size() < s.newton_tolerance
        change = float(np.abs(self.linear.step.numpy()).max())
        clean, impacts, rounds = False, 0, 0
        if np.isfinite(change):  # else the pairs of what is nowhere would be without number
            clean, impacts, rounds = self._filter(x0, zones)
        if not clean:
            self.set_state(x0, v0)
            return StepReport(False, impacts, rounds, change, contacts)
        x1 = self.positions()
        self.v_before = v0
        self.v.assign((x1 - x0) / np.float32(dt))
        self._launch(
            "move_anchor", self.count,
            [self.body.id, self.x, self.body_face, self.body_bary, self.body_normal, self.pressing, self.element_size,
             self.friction, self.grip, s.body_tangential],
            [self.anchor_face, self.anchor],
        )  # fmt: skip
        return StepReport(True, impacts, rounds, change, contacts)

    def _newton(self, dt: float, contacts: int, friction: float, round_: int, last: bool) -> None:
        s = self.settings
        linear = self.linear
        g, h = linear.gradient, linear.values
        damping = s.bending_damping / dt
        self.halves.both(
            lambda: self._look_round(round_ % 2 == 0), lambda: self._add_cloth(dt, damping, round_), self.count > WORTH_BOTH
        )  # fmt: skip
        pokes = self.pokes
        self._launch(
            "body_contact", self.close_count,
            [self.x, self.close, self.element, self.share, self.body_face, self.body_normal, self.body_offset, s.body_gap,
             s.body_soft, s.body_stiffness, s.body_ramp, self.element_size, self.element_slots],
            [g, h],
        )  # fmt: skip
        self._launch(
            "poke_contact", pokes,
            [self.x, self.poke_triangle, self.poke_element, self.poke_weight, self.poke_normal, self.poke_offset,
             0.8 * s.body_gap, s.body_soft, s.body_stiffness, s.body_ramp, self.triangle_slots],
            [g, h],
        )  # fmt: skip
        if friction > 0.0:
            self._launch(
                "body_friction", self.count,
                [self.x, self.body.points, self.body.indices, self.body_face, self.body_normal, self.pressing,
                 self.element_size, self.friction, self.grip, s.body_tangential, int(last), self.slide, self.anchor_face, self.anchor,
                 linear.diagonal],
                [g, h],
            )  # fmt: skip
        if self.ring is not None:
            ring, heights, stiffness, size = self.ring
            self._launch("anchor_ring", size, [self.x, ring, heights, stiffness, linear.diagonal], [g, h])
        for pull in self.pulls:
            pull.add(self.x, g)
        linear.extra.zero_()
        self._launch(
            "cloth_contact", contacts,
            [self.pair, self.contact_weights, self.contact_normal, self.x, self.start, s.thickness, s.cloth_stiffness,
             0.3 * friction, 2.0e-5],
            [g, linear.extra, self.contact_k, self.contact_t],
        )  # fmt: skip
        touching = Touching(
            contacts, self.pair, self.contact_weights, self.contact_normal, self.contact_k, self.contact_t
        )
        if round_ == 0:
            linear.prepare(touching, 1.0 + damping)
        linear.solve(touching, 1.0 + damping)
        self.pressing.zero_()
        self._launch(
            "press_points", self.close_count,
            [self.x, linear.step, self.close, self.element, self.share, self.body_face, self.body_normal, self.body_offset, s.body_gap,
             s.body_soft, s.body_stiffness, s.body_ramp, self.element_size],
            [self.pressing],
        )  # fmt: skip
        self._launch(
            "press_pokes", pokes,
            [self.x, linear.step, self.poke_element, self.poke_weight, self.poke_normal, self.poke_offset, 0.8 * s.body_gap,
             s.body_soft, s.body_stiffness, s.body_ramp],
            [self.pressing],
        )  # fmt: skip
        if friction > 0.0:
            self._launch(
                "judge_friction", self.count,
                [self.x, linear.step, self.body.points, self.body.indices, self.body_face, self.body_normal, self.pressing,
                 self.element_size, self.friction, self.grip, s.body_tangential, self.anchor_face, self.anchor],
                [self.slide],
            )  # fmt: skip
        self._launch("apply_step", self.count, [linear.step, s.step_cap], [self.x])

    def _look_round(self, poke: bool) -> None:
        """Find what of the body is near to the cloth as it stands now."""
        if poke:  # first, since the second thread is busy and can help with what is cut in halves later
            self.pokes = self._find_pokes(
                self.settings.body_gap + self.settings.poke_slack, self.settings.poke_reach
            )
        self._find_body(search=False)

    def _add_cloth(self, dt: float, damping: float, round_: int) -> None:
        """Write gradient and Hessian of what needs no look at the body: inertia, air, floor, bending, membrane."""
        s = self.settings
        linear = self.linear
        g, h = linear.gradient, linear.values
        self._launch("copy_bending", len(self.system.column), [linear.near_bending, 1.0 + damping], [h])
        self._launch(
            "begin_system", self.count, [self.x, self.y, self.mass, 1.0 / (dt * dt), linear.diagonal], [g, h]
        )
        if s.air > 0.0:
            self._launch(
                "air_drag", self.count,
                [self.x, self.start, self.v, self.normal, s.air, 1.0 / dt, linear.diagonal], [g, h],
            )  # fmt: skip
        self._launch(
            "floor_contact", self.count,
            [self.x, self.start, s.body_gap, s.body_soft, s.body_stiffness, s.body_ramp, 0.02, self.element_size,
             linear.diagonal],
            [g, h],
        )  # fmt: skip
        membrane = [
            self.x, self.faces, self.inverse_rest, self.area, self.stiffness, self.limit, self.lock, s.give,
            s.firm * s.firm_fall**round_, self.triangle_slots,
        ]  # fmt: skip
        triangles = len(self.system.area)
        if linear.on_cpu:
            linear.add_bending(self.x, self.start, damping)
            self._launch("wide_membrane", -(-triangles // 256), [*membrane, triangles], [g, h])
            return
        self._launch(
            "bending_gradient", self.count,
            [self.x, self.start, linear.row, linear.column, linear.near_bending, linear.far_row, linear.far_column,
             linear.far_bending, damping],
            [g],
        )  # fmt: skip
        self._launch("membrane", triangles, membrane, [g, h])

    # ---- contact -------------------------------------------------------------------------------------------------

    def _filter(self, x0: F32, zones: bool) -> tuple[bool, int, int]:
        """Move x until the way from x0 is free of impacts and the body is clear; True when both hold.

        The pairs found serve the next step's contacts too: whatever is near at its start was near on the way there.
        """
        s = self.settings
        impacts = 0
        known: F32 | None = None
        self._impacts_kept = 0
        for rounds in range(4 * s.filter_rounds if zones else s.filter_rounds):
            rigid = rounds >= s.filter_rounds
            if rigid:
                self._move_zones(x0, turning=rounds < s.filter_rounds + 6)
            else:
                self._find_body(search=rounds == 0)
                self._push_off_body()
            travel = self.positions() - x0
            if known is None or 4.0 * np.linalg.norm(travel - known, axis=1).max() > self.slack:
                self._find_pairs(x0, travel, s.thickness + self.slack)
                known = travel
            found = self._find_impacts()
            impacts += found
            if found == 0:
                return True, impacts, rounds
            if rigid or (zones and rounds == s.filter_rounds - 1):
                continue
            self._launch(
                "resolve_impacts", 1,
                [self._impacts_kept, self.impact, self.impact_weights, self.impact_normal, self.impact_target,
                 self.inverse_mass, self.active_count, self.active, self.element, self.share, self.body_face, self.body_normal,
                 self.body_offset, s.body_clear, 12],
                [self.x],
            )  # fmt: skip
        return False, impacts, s.filter_rounds

    def _move_zones(self, x0: F32, turning: bool) -> None:
        """Give the vertices of each connected set of impacts one rigid motion: the mean of theirs.

        Without turning, features of a set do not move against each other at all, and no impact within it can be left.
        """
        from scipy.sparse import csr_matrix
        from scipy.sparse.csgraph import connected_components

        quads = self.impact.numpy()[: self._impacts_kept]
        pairs = np.concatenate([quads[:, [0, k]] for k in range(1, 4)])
        graph = csr_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(self.count, self.count))
        used = np.unique(quads)
        label = connected_components(graph, directed=False)[1][used]
        _, label = np.unique(label, return_inverse=True)
        zones = label.max() + 1
        x = self.positions()
        mass = self.system.mass[used].astype(np.float64)
        total = np.bincount(label, mass, minlength=zones)

        def mean(values: NDArray[np.floating]) -> NDArray[np.float64]:
            return (
                np.stack([np.bincount(label, mass * values[:, k], minlength=zones) for k in range(3)], 1)
                / total[:, None]
            )

        before = x0[used].astype(np.float64)
        move = x[used] - before
        centre, shift = mean(before), mean(move)
        arm = before - centre[label]
        swirl = np.cross(arm, move - shift[label]) * mass[:, None]
        momentum = np.stack([np.bincount(label, swirl[:, k], minlength=zones) for k in range(3)], 1)
        square = (arm**2).sum(1)
        inertia = np.zeros((zones, 3, 3))
        for i in range(3):
            for j in range(3):
                inertia[:, i, j] = np.bincount(
                    label, mass * ((i == j) * square - arm[:, i] * arm[:, j]), minlength=zones
                )
        inertia += 1e-9 * np.trace(inertia, axis1=1, axis2=2)[:, None, None] * np.eye(3) + 1e-18 * np.eye(3)
        turn = np.linalg.solve(inertia, momentum[:, :, None])[:, :, 0]
        angle = np.linalg.norm(turn, axis=1)
        axis = turn / np.maximum(angle, 1e-12)[:, None]
        a, u = turning * np.minimum(angle, 0.5)[label][:, None], axis[label]
        turned = (
            arm * np.cos(a)
            + np.cross(u, arm) * np.sin(a)
            + u * (u * arm).sum(1, keepdims=True) * (1 - np.cos(a))
        )
        x[used] = (centre[label] + shift[label] + turned).astype(np.float32)
        self.x.assign(x)

    def _push_off_body(self) -> None:
        """Lift cloth off the floor, then move it off the body: between the floor and a sole it is the floor that yields."""
        s = self.settings
        self._launch("push_off_floor", self.count, [s.body_clear], [self.x])
        self._launch(
            "push_off_body", self.active_count,
            [self.active, self.element, self.share, self.body_face, self.body_normal, self.body_offset, s.body_clear], [self.x],
        )  # fmt: skip
        pokes = self._find_pokes(s.body_clear, s.deep_reach)
        self._launch(
            "push_off_pokes", pokes,
            [self.poke_element, self.poke_weight, self.poke_normal, self.poke_offset, 0.5 * s.body_clear], [self.x],
        )  # fmt: skip

    def _find_pokes(self, gap: float, reach: float) -> int:
        """Collect the body vertices that within reach are near to the inside of cloth faces, or poke through; return how many."""
        self.wp.copy(self.cloth.points, self.x)
        self.cloth.refit()
        while True:
            self.counter.zero_()
            self._launch(
                "find_pokes", len(self.body_normals),
                [self.cloth.id, self.body.points, self.body_normals, gap, self.settings.poke_reach, reach, self.poke_capacity],
                [self.counter, self.poke_triangle, self.poke_element, self.poke_weight, self.poke_normal, self.poke_offset],
            )  # fmt: skip
            count = int(self.counter.numpy()[0])
            if count <= self.poke_capacity:
                return count
            self._reserve_pokes(2 * count)

    def _reserve_pokes(self, capacity: int) -> None:
        wp, d = self.wp, self.device
        self.poke_capacity = capacity
        self.poke_triangle = wp.zeros(capacity, dtype=wp.int32, device=d)
        self.poke_element = wp.zeros(capacity, dtype=wp.vec3i, device=d)
        self.poke_weight, self.poke_normal = (wp.zeros(capacity, dtype=wp.vec3, device=d) for _ in range(2))
        self.poke_offset = wp.zeros(capacity, dtype=float, device=d)

    def _find_body(self, search: bool) -> None:
        """Find the body point nearest to each contact point: by searching, or by walking from the last one.

        Between the Newton steps of a step only points that may touch are looked at, while no vertex has gone too far.
        """
        s = self.settings
        clear = 1.15 * s.body_gap

        def look(points: Any, start: int, count: int, place: int) -> None:
            def part(first: int, size: int, half: int) -> None:
                self._launch(
                    "find_body", size,
                    [self.body.id, self.body_normals, self.body_across, self.body_fan_row, self.body_fan, self.x,
                     points, self.element, self.share, start + first, self.count, s.near, s.reach, clear,
                     self.body_travel,  int(search)],
                    [self.body_face, self.body_bary, self.body_normal, self.body_offset, self.body_seen,
                      self.body_free],
                    place + half,
                )  # fmt: skip

            self.halves.split(count, part)

        if not search and self.close_listed and self._stayed():
            look(self.close, 0, self.close_vertices, 0)
            look(self.close, self.close_vertices, self.close_count - self.close_vertices, 2)
            return
        look(self.active, 0, self.count, 0)
        if self.linear.on_cpu:
            self._list_points()
        look(self.active, self.count, self.active_count - self.count, 2)
        if self.linear.on_cpu and not search:
            self._list_close(clear)

    def _list_close(self, clear: float) -> None:
        """List the points that may touch the body before a vertex has gone farther than it may."""
        s = self.settings
        looked = [self.body_seen, self.body_free, self.body_travel]
        self._launch(
            "allow_ways",
            self.count,
            [self.x, *looked, s.near - clear, s.close_slack, int(self.close_listed)],
            [self.close_known, self.close_stir, self.close_way],
        )
        self.counter.zero_()
        self._launch(
            "list_close", self.active_count,
            [self.x, self.active, self.element, self.share, self.count, *looked, clear, s.near, self.body_face, self.close_way],
            [self.counter, self.close],
        )  # fmt: skip
        self.close_count, self.close_vertices = (int(k) for k in self.counter.numpy())
        self.close_listed = True

    def _stayed(self) -> bool:
        """Return whether every vertex is where the lists of the body's points hold."""
        plane = [self.x, self.body_face, self.body_normal, self.body_offset]
        self.counter.zero_()
        self._launch("count_near", self.count, [*plane, self.settings.near, self.marked], [self.counter], 1)
        self._launch("count_away", self.count, [self.x, self.close_known, self.close_way], [self.counter])
        return not self.counter.numpy()[0]

    def _list_points(self) -> None:
        """List the midpoints and centres with a vertex near to the body; the list holds until another vertex comes near."""
        s = self.settings
        plane = [self.x, self.body_face, self.body_normal, self.body_offset]
        if self.listed:
            self.counter.zero_()
            self._launch("count_near", self.count, [*plane, s.near, self.marked], [self.counter])
            if not self.counter.numpy()[0]:
                return
        self._launch("mark_near", self.count, [*plane, s.near + s.near_slack], [self.marked])
        self.counter.zero_()
        self._launch(
            "list_marked", self.points - self.count, [self.marked, self.element, self.count],
            [self.counter, self.active, self.body_face, self.body_free],
        )  # fmt: skip
        self.active_count = self.count + int(self.counter.numpy()[0])
        self.listed = True

    def _refresh_body_normals(self) -> None:
        self._launch("clear_normals", len(self.body_normals), [], [self.body_normals])
        self._launch(
            "add_normals", self.body_face_count, [self.body.points, self.body.indices], [self.body_normals]
        )

    def _find_pairs(self, x0: F32, travel: F32, reach: float) -> None:
        """Collect the feature pairs that matter while x0 moves by travel, and those nearer than reach at its end.

        On a way that ends up to `slack` / 4 from that one, vertex by vertex, two features come nearer by at most `slack` / 2 more: no
        pair that is left out has an impact there either.
        """
        wp, s = self.wp, self.settings
        clear = s.separation + 0.5 * self.slack + 1.0e-5  # m; the last is for rounding
        travel = travel - travel.mean(axis=0)  # only motion against each other counts
        self.travel.assign(travel)
        end = wp.array(x0 + travel, dtype=wp.vec3, device=self.device)
        self._find_boxes(end, 0.5 * reach)
        self.bvh.refit()
        self._find_groups()
        count = len(self.system.area)
        motion = [self.start, self.travel]
        self._launch(
            "triangle_ways",
            count,
            [*motion, self.pair_faces],
            [self.pair_normal, self.pair_way, self.pair_spread],
        )
        bounds = [clear, reach, s.slack - self.slack]

        def level(first: int, size: int, which: int) -> None:
            self._launch("flat_fans", size, [self.fan_row, self.fan_link, self.fan_closed, *motion, *bounds, first], [self.flat], which)  # fmt: skip

        self.halves.split(self.count, level)
        while True:
            half = self.pair_capacity // 2
            self.counter.assign([0, half])

            def search(first: int, size: int, which: int, half: int = half) -> None:
                self._launch(
                    "find_pairs", size,
                    [self.near, self.near_count, self.group_capacity, self.group_of, self.group_row, self.group_lower, self.group_upper,
                     self.lower, self.upper, self.pair_faces, self.owns, self.pair_normal, self.pair_way, self.pair_spread,
                     self.flat, *motion, *bounds, first, which, (which + 1) * half],
                    [self.counter, self.pair, self.pair_kind], which,
                )  # fmt: skip

            self.halves.split(count, search)
            found = self.counter.numpy() - [0, half]
            if found.max() <= half:
                break
            self._reserve_pairs(4 * int(found.max()))
        self.pair_count = int(found.sum())
        if found[1]:  # the second half's pairs follow the first's
            for array in (self.pair, self.pair_kind):
                wp.copy(array, wp.clone(array[half : half + int(found[1])]), dest_offset=int(found[0]))

    def _find_groups(self) -> None:
        """List the groups of triangles whose boxes meet the box of each."""

        def look(first: int, size: int, which: int) -> None:
            self._launch(
                "near_groups", size, [self.bvh.id, self.group_lower, self.group_upper, self.group_capacity, first],
                [self.near, self.near_count], which,
            )  # fmt: skip

        while True:
            self.halves.split(self.groups, look)
            most = int(self.near_count.numpy().max())
            if most <= self.group_capacity:
                return
            self._reserve_groups(2 * most)

    def _reserve_groups(self, room: int) -> None:
        self.group_capacity = room
        self.near = self.wp.zeros(self.groups * room, dtype=self.wp.int32, device=self.device)

    def _find_boxes(self, end: Any, margin: float) -> None:
        """Find the boxes of the way of each triangle, and of each group, from the start of the step to `end`."""
        self._launch(
            "swept_boxes", len(self.system.area), [self.start, end, self.pair_faces, margin], [self.lower, self.upper]
        )  # fmt: skip
        self._launch(
            "group_boxes", self.groups, [self.group_row, self.lower, self.upper], [self.group_lower, self.group_upper]
        )  # fmt: skip

    def _find_impacts(self) -> int:
        """Append the impacts of the way from start to x to those already kept; return how many are new."""
        s = self.settings
        kept = self._impacts_kept
        while True:
            self.counter.fill_(kept)
            self._launch(
                "find_impacts", self.pair_count,
                [self.pair, self.pair_kind, self.start, self.x, s.separation, self.impact_capacity],
                [self.counter, self.impact, self.impact_weights, self.impact_normal, self.impact_target],
            )  # fmt: skip
            total = int(self.counter.numpy()[0])
            if total <= self.impact_capacity:
                self._impacts_kept = total
                return total - kept
            self._reserve_impacts(2 * total)

    def _reserve_pairs(self, capacity: int) -> None:
        wp, d = self.wp, self.device
        self.pair_capacity = capacity
        self.pair = wp.zeros(capacity, dtype=wp.vec4i, device=d)
        self.pair_kind = wp.zeros(capacity, dtype=wp.int32, device=d)
        self.contact_weights = wp.zeros(capacity, dtype=wp.vec4, device=d)
        self.contact_normal = wp.zeros(capacity, dtype=wp.vec3, device=d)
        self.contact_k, self.contact_t = (wp.zeros(capacity, dtype=float, device=d) for _ in range(2))

    def _reserve_impacts(self, capacity: int) -> None:
        wp, d = self.wp, self.device
        names = ("impact", "impact_weights", "impact_normal", "impact_target")
        kept = [getattr(self, name).numpy() for name in names if hasattr(self, name)]
        self.impact_capacity = capacity
        self.impact: Any = wp.zeros(capacity, dtype=wp.vec4i, device=d)
        self.impact_weights = wp.zeros(capacity, dtype=wp.vec4, device=d)
        self.impact_normal = wp.zeros(capacity, dtype=wp.vec3, device=d)
        self.impact_target = wp.zeros(capacity, dtype=float, device=d)
        for array, values in zip(
            (self.impact, self.impact_weights, self.impact_normal, self.impact_target), kept, strict=False
        ):
            grown = np.zeros((capacity, *values.shape[1:]), values.dtype)
            grown[: len(values)] = values
            array.assign(grown)

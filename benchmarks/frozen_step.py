"""One step of the solver as a plain function of the vertices, so that methods can be compared on exactly the same problem.

`freeze` lets the solver find contacts and friction as it does, solves the step far beyond what a simulation does, and keeps what it then
has: the potential whose minimum that step is. Newton's steps on it are the solver's (its membrane, bending, preconditioner and conjugate
gradients); sweeps are vertex block descent (`step_kernels.sweep`); its energy is stated in NumPy, in float64.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from toile.engine.cloth.halves import Halves
from toile.engine.cloth.launches import Launches
from toile.engine.cloth.linear import LinearSystem, Touching
from toile.engine.cloth.settings import ClothSettings
from toile.engine.cloth.solver import ClothSolver
from toile.engine.cloth.system import ClothSystem
from toile.engine.core.device import warp

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
_FAR = 0.004  # m: contact points farther from their plane than this cannot touch it within a step's end
_SLIP_FLOOR = 2.0e-5  # m, as in the solver's `cloth_contact`


@dataclass(frozen=True)
class Moment:
    """A cloth at the start of a step: positions, velocities, those of the step before, the body, what friction remembers."""

    x: F32
    v: F32
    v_before: F32
    before: F32
    body: F32
    anchor_face: NDArray[np.int32]
    anchor: F32

    def put_into(self, solver: ClothSolver) -> None:
        """Bring a new solver to this moment."""
        solver.set_state(self.x, self.v)
        solver.v_before = self.v_before
        solver.anchor_face.assign(self.anchor_face)
        solver.anchor.assign(self.anchor)


@dataclass(frozen=True)
class Frozen:
    """The potential of one step: arrays of N vertices, P contacts with the body, C contacts of cloth with cloth."""

    system: ClothSystem
    faces: NDArray[np.int32]
    settings: ClothSettings
    dt: float
    start: F32
    predicted: F32
    target: F32
    air: F32
    air_normal: F32
    element: NDArray[np.int32]
    weight: F32
    normal: F32
    offset: F32
    gap: F32
    size: F32
    slots: NDArray[np.int32]
    tied: F32
    tie_normal: F32
    spring: F32
    most: F32
    pair: NDArray[np.int32]
    pair_weight: F32
    pair_normal: F32
    pair_most: F32
    solved: F32

    def energy(self, x: F32) -> float:
        """Return the incremental potential [J] in float64."""
        s, system, p = self.settings, self.system, x.astype(np.float64)
        mass = system.mass.astype(np.float64) / self.dt**2
        total = 0.5 * float(mass @ ((p - self.target) ** 2).sum(1))
        moved = p - self.start
        total += 0.5 * float(self.air.astype(np.float64) @ _dot(moved, self.air_normal) ** 2)
        for row, column, value in (
            (system.row, system.column, system.near_bending),
            (system.far_row, system.far_column, system.far_bending),
        ):
            i, d = np.repeat(np.arange(len(p)), np.diff(row)), s.bending_damping / self.dt
            # rows sum to zero: x.Q x = - sum over pairs of q |xi - xj|^2 / 2
            pairs = ((p[i] - p[column]) ** 2).sum(1) + d * ((moved[i] - moved[column]) ** 2).sum(1)
            total -= 0.25 * float(value.astype(np.float64) @ pairs)
        strain, shear = self.strain(x)
        over = np.maximum(strain - system.limit, 0.0)
        k = system.stiffness.astype(np.float64)
        stretch = k[:, :2] * (np.where(strain < 0, s.give, 1.0) * strain**2 + np.where(strain > 0, system.lock * over**2, 0.0)) / 2.0  # fmt: skip
        total += float(system.area @ (stretch.sum(1) + k[:, 2] * shear**2 / 2.0))
        depth = np.maximum(
            self.gap - (np.einsum("pa,paj,pj->p", self.weight, p[self.element], self.normal) - self.offset),
            0.0,
        )
        total += float(self.size @ _contact_energy(depth, s))
        u = p - self.tied
        u = u - self.tie_normal * _dot(u, self.tie_normal)[:, None]
        total += float(_friction_energy(np.linalg.norm(u, axis=1), self.spring, self.most).sum())
        if len(self.pair):
            at = np.einsum("ca,caj->cj", self.pair_weight, p[self.pair])
            slip = np.einsum("ca,caj->cj", self.pair_weight, moved[self.pair])
            slip = slip - self.pair_normal * _dot(slip, self.pair_normal)[:, None]
            near = s.thickness - _dot(at, self.pair_normal)
            total += 0.5 * s.cloth_stiffness * float((np.maximum(near, 0.0) ** 2).sum())
            rub = _friction_energy(np.linalg.norm(slip, axis=1), self.pair_most / _SLIP_FLOOR, self.pair_most)
            total += float(rub[near > 0].sum())
        return total

    def strain(self, x: F32) -> tuple[F64, F64]:
        """Return strain along weft and warp (T, 2), and shear (T,)."""
        p = x.astype(np.float64)[self.faces]
        edges = np.stack([p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]], 2)
        f = edges @ self.system.inverse_rest.astype(np.float64)
        return np.linalg.norm(f, axis=1) - 1.0, (f[:, :, 0] * f[:, :, 1]).sum(1)


def _dot(a: NDArray[Any], b: NDArray[Any]) -> F64:
    return np.einsum("ij,ij->i", a, b)


def _contact_energy(depth: F64, s: ClothSettings) -> F64:
    """Return the integral of `contact_force` [J] of a contact of 1 cm2."""
    d = np.minimum(depth, s.body_ramp)
    more = depth - d
    return 0.5 * s.body_soft * depth**2 + (s.body_stiffness - s.body_soft) * (
        d**3 / (6.0 * s.body_ramp) + 0.5 * s.body_ramp * more + 0.5 * more**2
    )


def _friction_energy(slip: F64, spring: F32, most: F32) -> F64:
    """Return the energy [J] of a spring that gives way at a force."""
    held = most / np.maximum(spring, 1e-12)
    return np.where(slip <= held, 0.5 * spring * slip**2, most * (slip - 0.5 * held))


class _Stopping(ClothSolver):
    """A solver that keeps how things stand at the end of Newton's steps, before the filter."""

    kept: dict[str, Any]

    def _filter(self, x0: F32, zones: bool) -> tuple[bool, int, int]:
        names = (
            "x", "y", "start", "v", "normal", "body_face", "body_normal", "body_offset", "pressing", "anchor_face", "anchor",
            "pair", "contact_weights", "contact_normal", "poke_triangle", "poke_element", "poke_weight",
            "poke_normal", "poke_offset",
        )  # fmt: skip
        self.kept = {name: np.array(getattr(self, name).numpy()) for name in names}
        self.kept["pairs"] = self.pair_count
        return super()._filter(x0, zones)


def freeze(
    system: ClothSystem, faces: NDArray[np.int32], collider: NDArray[np.int32], grip: F32, moment: Moment, dt: float,
) -> Frozen:  # fmt: skip
    """Return the step that begins at a moment; contacts and friction are those of its solution."""
    s = ClothSettings(newton_least=16, newton_steps=16, pcg_iterations=80, pcg_tolerance=1e-3, threads=1)
    solver = _Stopping(system, faces, moment.x, moment.before, collider, s)
    solver.set_grip(grip)
    moment.put_into(solver)
    solver.set_body(moment.body)
    solver.advance(dt, s.gravity)
    k = solver.kept
    x, pokes = k["x"], int(solver.pokes)
    ahead = moment.v + np.float32(s.foresight) * (moment.v - moment.v_before)
    predicted: F32 = (moment.x + np.float32(dt) * ahead).astype(np.float32)  # the solver's first guess
    area = np.linalg.norm(k["normal"], axis=1)
    n = k["normal"] / np.maximum(area, 1e-12)[:, None]
    on = k["body_face"] >= 0
    element = np.concatenate([system.element[on], k["poke_element"][:pokes]])
    weight = np.concatenate([system.element_share[on], k["poke_weight"][:pokes]])
    normal = np.concatenate([k["body_normal"][on], k["poke_normal"][:pokes]])
    offset = np.concatenate([k["body_offset"][on], k["poke_offset"][:pokes]])
    gap = np.repeat(np.array([s.body_gap, 0.8 * s.body_gap], np.float32), [on.sum(), pokes])
    size = np.concatenate([system.element_size[on], np.ones(pokes, np.float32)])
    slots = np.concatenate([system.element_slots[on], system.triangle_slots[k["poke_triangle"][:pokes]]])
    reaches = np.minimum(
        np.einsum("pa,paj,pj->p", weight, x[element], normal),
        np.einsum("pa,paj,pj->p", weight, predicted[element], normal),
    ) - offset < gap + _FAR  # fmt: skip
    tied = (k["anchor_face"] >= 0) & on[: len(x)] & (k["pressing"] > 0)
    corners = collider[k["anchor_face"]]
    most = np.where(tied, system.friction * grip[k["body_face"][: len(x)]] * k["pressing"], 0.0)
    pair, w = k["pair"][: k["pairs"]], k["contact_weights"][: k["pairs"]]
    used = (w != 0).any(1)
    pair, w, m = pair[used], w[used], k["contact_normal"][: k["pairs"]][used]
    pressed = np.maximum(s.thickness - np.einsum("ca,caj,cj->c", w, x[pair], m), 0.0) * s.cloth_stiffness
    return Frozen(
        system=system, faces=faces, settings=ClothSettings(threads=1), dt=dt, start=moment.x, predicted=predicted, target=k["y"],
        air=(s.air * area * np.abs(_dot(moment.v, n)) / dt).astype(np.float32), air_normal=n.astype(np.float32),
        element=element[reaches].astype(np.int32), weight=weight[reaches], normal=normal[reaches], offset=offset[reaches],
        gap=gap[reaches], size=size[reaches], slots=slots[reaches].astype(np.int32),
        tied=np.einsum("na,naj->nj", k["anchor"], moment.body[corners]).astype(np.float32),
        tie_normal=k["body_normal"][: len(x)], spring=(s.body_tangential * system.element_size[: len(x)]).astype(np.float32),
        most=most.astype(np.float32), pair=pair.astype(np.int32), pair_weight=w, pair_normal=m,
        pair_most=(0.3 * pressed).astype(np.float32), solved=x,
    )  # fmt: skip


class Stepper:
    """Device buffers of a frozen step: Newton's steps and sweeps on `x`."""

    def __init__(
        self, frozen: Frozen, pcg_iterations: int | None = None, tolerance: float | None = None
    ) -> None:
        from benchmarks import step_kernels as kernels
        from toile.engine.cloth import contact_kernels, linear_kernels, wide_kernels
        from toile.engine.cloth import kernels as solver_kernels

        wp = warp()
        self.wp, self.frozen, self.kernels = wp, frozen, kernels
        system, s, count = frozen.system, frozen.settings, len(frozen.start)
        self.settings, self.count = s, count
        self.damping = s.bending_damping / frozen.dt
        self.linear = LinearSystem(
            system,
            frozen.faces,
            "cpu",
            pcg_iterations or s.pcg_iterations,
            tolerance or s.pcg_tolerance,
            Launches("cpu", (solver_kernels, contact_kernels, linear_kernels, wide_kernels)),
            Halves(1),
        )
        self.x = self._array(frozen.predicted, wp.vec3)
        self._build_structs(system, s)
        self.touching = Touching(
            len(frozen.pair), self.touches.pair, self.touches.weight, self.touches.normal,
            wp.zeros(len(frozen.pair), dtype=float, device="cpu"), wp.zeros(len(frozen.pair), dtype=float, device="cpu"),
        )  # fmt: skip
        self.slots = self._array(frozen.slots, wp.int32)
        self.triangle_slots = self._array(system.triangle_slots, wp.int32)
        order, bounds = colours(system)
        self.order, self.bounds = self._array(order, wp.int32), bounds
        self.natural = self._array(np.arange(count), wp.int32)
        m, n = self.membrane, self.inertia
        self._near_sweep = membrane_sweep(
            SimpleNamespace(
                wp=wp, device="cpu", count=count, faces=m.faces, system=system, settings=s, x=self.x, y=n.target,
                inverse_rest=m.inverse_rest, area=m.area, stiffness=m.stiffness, limit=m.limit, lock=m.lock,
            )
        )  # fmt: skip
        self.steps = 0

    def _array(self, values: NDArray[Any], kind: Any) -> Any:
        return self.wp.array(values, dtype=kind, device="cpu")

    def _build_structs(self, system: ClothSystem, s: ClothSettings) -> None:
        k, f, wp, a = self.kernels, self.frozen, self.wp, self._array
        n = self.inertia = k.Inertia()
        n.weight, n.target = a(system.mass / np.float32(f.dt**2), float), a(f.target, wp.vec3)
        n.start, n.air, n.air_normal = a(f.start, wp.vec3), a(f.air, float), a(f.air_normal, wp.vec3)
        n.damping = self.damping
        m = self.membrane = k.Membrane()
        m.row, m.entry = (
            a(v, wp.int32) for v in incidence(f.faces, np.ones(f.faces.shape, bool), self.count)
        )
        m.faces, m.inverse_rest = a(f.faces, wp.vec3i), a(system.inverse_rest, wp.mat22)
        m.area, m.stiffness = a(system.area, float), a(system.stiffness, wp.vec3)
        m.limit, m.lock, m.give = a(system.limit, wp.vec2), a(system.lock, wp.vec2), s.give
        b = self.bending = k.Bending()
        b.row, b.column, b.near = self.linear.row, self.linear.column, self.linear.near_bending
        b.diagonal, b.far = self.linear.diagonal, self.linear.far_bending
        b.far_row, b.far_column = self.linear.far_row, self.linear.far_column
        p = self.planes = k.Planes()
        p.row, p.entry = (a(v, wp.int32) for v in incidence(f.element, f.weight > 0, self.count))
        p.element, p.weight, p.normal = a(f.element, wp.vec3i), a(f.weight, wp.vec3), a(f.normal, wp.vec3)
        p.offset, p.gap, p.size = a(f.offset, float), a(f.gap, float), a(f.size, float)
        p.soft, p.stiff, p.ramp = s.body_soft, s.body_stiffness, s.body_ramp
        r = self.friction = k.Friction()
        r.anchor, r.normal = a(f.tied, wp.vec3), a(f.tie_normal, wp.vec3)
        r.spring, r.most = a(f.spring, float), a(f.most, float)
        t = self.touches = k.Touches()
        t.row, t.entry = (a(v, wp.int32) for v in incidence(f.pair, f.pair_weight != 0, self.count))
        t.pair, t.weight = a(f.pair, wp.vec4i), a(f.pair_weight, wp.vec4)
        t.normal, t.most = a(f.pair_normal, wp.vec3), a(f.pair_most, float)
        t.thickness, t.stiffness, t.slip_floor = s.thickness, s.cloth_stiffness, _SLIP_FLOOR

    def _launch(self, kernel: Any, dim: int, inputs: list[Any], outputs: list[Any]) -> None:
        if dim:
            self.wp.launch(kernel, dim, inputs, outputs, device="cpu")

    def assemble(self, firm: float = 0.0) -> None:
        """Write gradient and matrix at x into `linear`."""
        from toile.engine.cloth import kernels as solver_kernels

        linear, k, s = self.linear, self.kernels, self.settings
        g, h = linear.gradient, linear.values
        scale = 1.0 + self.damping
        self._launch(
            solver_kernels.copy_bending, len(self.frozen.system.column), [linear.near_bending, scale], [h]
        )
        self._launch(
            k.vertex_terms, self.count, [self.x, self.inertia, self.friction, linear.diagonal], [g, h]
        )
        self._launch(
            solver_kernels.bending_gradient, self.count,
            [self.x, self.inertia.start, linear.row, linear.column, linear.near_bending, linear.far_row, linear.far_column,
             linear.far_bending, self.damping],
            [g],
        )  # fmt: skip
        m = self.membrane
        self._launch(
            solver_kernels.membrane, len(self.frozen.faces),
            [self.x, m.faces, m.inverse_rest, m.area, m.stiffness, m.limit, m.lock, s.give, firm, self.triangle_slots],
            [g, h],
        )  # fmt: skip
        self._launch(k.plane_terms, len(self.frozen.element), [self.x, self.planes, self.slots], [g, h])
        linear.extra.zero_()
        t = self.touching
        self._launch(
            k.touch_terms, t.count, [self.x, self.inertia.start, self.touches],
            [g, linear.extra, t.along, t.across],
        )  # fmt: skip

    def newton(self) -> None:
        """Take one Newton step as the solver does."""
        from toile.engine.cloth import kernels as solver_kernels

        s = self.settings
        self.assemble(s.firm * s.firm_fall**self.steps)
        scale = 1.0 + self.damping
        if self.steps == 0:
            self.linear.prepare(self.touching, scale)
        self.linear.solve(self.touching, scale)
        self._launch(solver_kernels.apply_step, self.count, [self.linear.step, s.step_cap], [self.x])
        self.steps += 1

    def sweep(self, coloured: bool = True) -> None:
        """Move every vertex once: colour after colour, or in the order of the mesh (one thread)."""
        structs = [self.inertia, self.membrane, self.bending, self.planes, self.friction, self.touches]
        if coloured:
            self._by_colour(self.order, self.bounds, structs)
        else:
            self._launch(self.kernels.sweep, self.count, [self.natural, 0, *structs], [self.x])

    def _by_colour(self, order: Any, bounds: I64, structs: list[Any]) -> None:
        for first, last in itertools.pairwise(bounds):
            self._launch(self.kernels.sweep, int(last - first), [order, int(first), *structs], [self.x])

    def sweep_membrane(self) -> None:
        """Move every vertex once against inertia and the membrane alone, colour after colour."""
        self._near_sweep(1.0 / self.frozen.dt**2)

    def accelerate(self, omega: float, before: F32) -> None:
        """Move x away from where it was two sweeps ago (Chebyshev's semi-iteration)."""
        self._launch(
            self.kernels.accelerate, self.count, [omega, self._array(before, self.wp.vec3)], [self.x]
        )

    def positions(self) -> F32:
        """Return a copy of x [m], (N, 3)."""
        return np.array(self.x.numpy())


def membrane_sweep(solver: Any) -> Callable[[float], None]:
    """Return a sweep of the x of a ClothSolver, or of what has its arrays, towards its y, over inertia and the membrane alone, for a given 1 / dt2 [1/s2]."""
    from benchmarks import step_kernels as kernels

    wp, count = solver.wp, solver.count

    def array(values: NDArray[Any], kind: Any) -> Any:
        return wp.array(values, dtype=kind, device=solver.device)

    faces = np.asarray(solver.faces.numpy())
    order, bounds = colours(solver.system, far=False)
    zeros, none = array(np.zeros(count + 1), wp.int32), array(np.zeros(count), float)
    n, m = kernels.Inertia(), kernels.Membrane()
    n.target, n.start, n.air, n.air_normal = solver.y, solver.y, none, solver.y
    m.row, m.entry = (array(v, wp.int32) for v in incidence(faces, np.ones(faces.shape, bool), count))
    m.faces, m.inverse_rest, m.area, m.stiffness = (
        solver.faces,
        solver.inverse_rest,
        solver.area,
        solver.stiffness,
    )
    m.limit, m.lock, m.give = solver.limit, solver.lock, solver.settings.give
    b, p, r, t = kernels.Bending(), kernels.Planes(), kernels.Friction(), kernels.Touches()
    b.row, b.far_row, b.diagonal, b.near, p.row, t.row, r.most = zeros, zeros, zeros, none, zeros, zeros, none
    turns = array(order, wp.int32)

    def run(per_dt2: float) -> None:
        n.weight = array(solver.system.mass * np.float32(per_dt2), float)
        for first, last in itertools.pairwise(bounds):
            wp.launch(
                kernels.sweep, int(last - first), [turns, int(first), n, m, b, p, r, t], [solver.x],
                device=solver.device,
            )  # fmt: skip

    return run


def incidence(vertices: NDArray[np.integer], used: NDArray[np.bool_], count: int) -> tuple[I64, I64]:
    """Return rows (N + 1,) and entries: for each vertex the flat places at which it stands in an array, where used."""
    flat = np.flatnonzero(used.ravel())
    owner = vertices.ravel()[flat]
    order = np.argsort(owner, kind="stable")
    row = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=count))])
    return row, flat[order]


def colours(system: ClothSystem, far: bool = True) -> tuple[I64, I64]:
    """Return vertices (N,) colour after colour and the bounds of the colours: no two of a colour share a force of the mesh.

    Without `far`, no two share a triangle, though bending may couple them.
    """
    count = len(system.mass)
    pairs = [(system.row, system.column)] + [(system.far_row, system.far_column)] * far
    graph = sum(sparse.csr_matrix((np.ones(len(c)), c, r), shape=(count, count)) for r, c in pairs).tocsr()
    colour = np.full(count, -1, np.int64)
    for i in range(count):
        taken = set(colour[graph.indices[graph.indptr[i] : graph.indptr[i + 1]]].tolist())
        colour[i] = next(c for c in range(count) if c not in taken)
    order = np.argsort(colour, kind="stable")
    return order, np.concatenate([[0], np.cumsum(np.bincount(colour))])


def without_contact(frozen: Frozen) -> Frozen:
    """Return the same step without contact and friction: what is left is cloth, inertia and air."""
    none = np.zeros(0, np.float32)
    return replace(
        frozen, element=np.zeros((0, 3), np.int32), weight=none.reshape(0, 3), normal=none.reshape(0, 3), offset=none,
        gap=none, size=none, slots=np.zeros((0, 9), np.int32), most=np.zeros_like(frozen.most),
        pair=np.zeros((0, 4), np.int32), pair_weight=none.reshape(0, 4), pair_normal=none.reshape(0, 3), pair_most=none,
    )  # fmt: skip

"""Methods for one step of sewn garments on a walking body, by what is left of energy, position and strain against processor time.

`python -m benchmarks solver/`: a garment is dressed and walks with the solver of the product; at moments of the stride the step is frozen
(`frozen_step`), solved to convergence, and each method starts at the solver's first guess. docs/solver.md has the tables.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import chain, cycle, repeat
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.frozen_step import Frozen, Moment, Stepper, freeze

Row = Mapping[str, Any]
F32 = NDArray[np.float32]
DT = 1.0 / 60.0
FPS = 30.0
MOMENTS = (2, 10, 18, 26)  # frames of a stride of 33
BUDGETS = (0.025, 0.05, 0.1, 0.2)  # s of processor time
EDGE = 0.015  # m
GARMENTS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "dress-cotton": ({"category": "dress", "silhouette": "a_line", "fabric": "cotton"},),
    "dress-silk": ({"category": "dress", "silhouette": "a_line", "fabric": "silk"},),
    "tshirt-trousers": ({"category": "t_shirt"}, {"category": "trousers"}),
}


@dataclass(frozen=True)
class Walk:
    """A sewn garment on a walking body, and the moments kept."""

    system: Any
    faces: NDArray[np.int32]
    collider: NDArray[np.int32]
    grip: F32
    moments: tuple[Moment, ...]


def sewn(garments: tuple[Mapping[str, Any], ...], edge: float) -> tuple[Any, Any]:
    """Draft garments for a body of 168 cm and 60 kg and sew them on it; return the cloth mesh and the avatar."""
    from toile.garments.drafting import draft
    from toile.garments.placement import dress
    from toile.garments.resolve import resolve
    from toile.garments.spec import request_from_json
    from toile.studio import make_avatar

    wearer = {"height_cm": 168.0, "weight_kg": 60.0}
    request = request_from_json(json.dumps({"garments": garments, "wearer": {"sex": "female", **wearer}}))
    avatar = make_avatar(wearer, "female")
    return dress(draft(resolve(request).garments, avatar.figure.measurements), avatar.figure, edge), avatar


def walk(garments: tuple[Mapping[str, Any], ...], edge: float, frames: tuple[int, ...] = MOMENTS) -> Walk:
    """Draft, sew, drape and walk until the last of the frames; keep the steps that lead to them."""
    from toile.avatars.flesh import YieldingMotion
    from toile.avatars.motion import make_motion
    from toile.engine.cloth.collider import collider_faces, grip_of
    from toile.engine.cloth.settings import ClothSettings
    from toile.engine.cloth.simulate import drape
    from toile.engine.cloth.solver import ClothSolver
    from toile.engine.cloth.system import build_system

    cloth, avatar = sewn(garments, edge)
    motion = YieldingMotion(make_motion(avatar, "walk", 1.1, FPS))
    faces, settings, system = np.asarray(motion.rig.faces, np.int32), ClothSettings(), build_system(cloth)
    first = -2 * motion.lead_in
    body = motion.vertices_at(0.5 * first)
    collider = collider_faces(motion.vertices_at(0), faces, motion.part_of_vertex, motion.rig)
    grip = grip_of(collider, motion.part_of_vertex, settings.hand_grip)
    solver = ClothSolver(system, cloth.faces, cloth.vertices, body, collider, settings)
    solver.set_grip(grip)
    rest = drape(cloth, body, faces, settings)
    solver.set_state(rest.vertices, rest.velocities)
    moments = []
    for half in range(first + 1, 2 * frames[-1] + 1):
        before, body = body, np.array(motion.vertices_at(0.5 * half))
        if half in [2 * f for f in frames]:
            moments.append(
                Moment(
                    solver.positions(), solver.velocities(), np.array(solver.v_before), before, body,
                    np.array(solver.anchor_face.numpy()), np.array(solver.anchor.numpy()),
                )
            )  # fmt: skip
        solver.set_body(body)
        solver.advance(DT, settings.gravity, zones=True)
    return Walk(system, cloth.faces, collider, grip, tuple(moments))


@dataclass(frozen=True)
class Pass:
    """One pass of a method: what it is called, for its cost, and what it does to a stepper."""

    kind: str
    run: Callable[[Stepper], None]


NEWTON = Pass("newton", Stepper.newton)
COLOURED = Pass("sweep, coloured", Stepper.sweep)
IN_ORDER = Pass("sweep, mesh order", partial(Stepper.sweep, coloured=False))
FIRST = Pass("membrane sweep", Stepper.sweep_membrane)


def chebyshev(radius: float) -> Iterator[Pass]:
    """Yield coloured sweeps with Chebyshev's semi-iteration from the tenth on (Wang 2015); radius: that of the iteration."""
    last: list[F32] = []
    omega = 1.0

    def run(stepper: Stepper) -> None:
        nonlocal omega
        stepper.sweep()
        if len(last) >= 2:
            omega = 4.0 / (4.0 - radius**2 * omega) if len(last) > 10 else 2.0 / (2.0 - radius**2)
            if len(last) >= 10:
                stepper.accelerate(omega, last[-2])
        last.append(stepper.positions())

    while True:
        yield Pass("sweep, coloured, accelerated", run)


def methods() -> Mapping[str, Iterable[Pass]]:
    """Return the methods by name."""
    return {
        "Newton": repeat(NEWTON),
        "vertex blocks, coloured": repeat(COLOURED),
        "vertex blocks, mesh order": repeat(IN_ORDER),
        "vertex blocks, Chebyshev 0.9": chebyshev(0.9),
        "2 Newton, then sweeps": chain(repeat(NEWTON, 2), repeat(IN_ORDER)),
        "4 Newton, then sweeps": chain(repeat(NEWTON, 4), repeat(IN_ORDER)),
        "Newton and a sweep by turns": cycle((NEWTON, IN_ORDER)),
        "a sweep, then Newton": chain((IN_ORDER,), repeat(NEWTON)),
        "a membrane sweep, then Newton": chain((FIRST,), repeat(NEWTON)),
    }


@dataclass(frozen=True)
class Left:
    """What is left at some vertices: energy (1 at the prediction), distance [m] (root mean square, 99 %), strain likewise."""

    energy: float
    distance: float
    far: float
    strain: float
    strain_p99: float


class Judge:
    """Compares vertices with those of the converged step."""

    def __init__(self, frozen: Frozen, reference: F32) -> None:
        self.frozen, self.reference = frozen, reference
        self.least = frozen.energy(reference)
        self.most = frozen.energy(frozen.predicted)
        self.strain = frozen.strain(reference)[0]

    def left(self, x: F32) -> Left:
        """Return what is left at x."""
        apart = np.linalg.norm((x - self.reference).astype(np.float64), axis=1)
        strain = np.abs(self.frozen.strain(x)[0] - self.strain)
        return Left(
            (self.frozen.energy(x) - self.least) / (self.most - self.least),
            float(np.sqrt((apart**2).mean())),
            float(np.percentile(apart, 99)),
            float(np.sqrt((strain**2).mean())),
            float(np.percentile(strain, 99)),
        )


def converged(frozen: Frozen, steps: int = 32) -> F32:
    """Return the minimum, by Newton steps of many iterations; the best of the last by energy."""
    stepper = Stepper(frozen, pcg_iterations=120, tolerance=1e-4)
    best, least = frozen.predicted, np.inf
    for k in range(steps):
        stepper.newton()
        if k >= steps - 10:
            x = stepper.positions()
            energy = frozen.energy(x)
            if energy < least:
                best, least = x, energy
    return best


@dataclass(frozen=True)
class Trace:
    """What was left after each pass, and the kind of the pass and its processor time [s]."""

    kinds: tuple[str, ...]
    costs: tuple[float, ...]
    left: tuple[Left, ...]


def trace(frozen: Frozen, judge: Judge, passes: Iterable[Pass], seconds: float) -> Trace:
    """Run passes until so many seconds of processor time are used."""
    stepper = Stepper(frozen)
    kinds, costs, left = [], [], []
    for one in passes:
        began = time.process_time()
        one.run(stepper)
        costs.append(time.process_time() - began)
        kinds.append("first newton" if one is NEWTON and stepper.steps == 1 else one.kind)
        left.append(judge.left(stepper.positions()))
        if sum(costs) > seconds:
            break
    return Trace(tuple(kinds), tuple(costs), tuple(left))


def compare(name: str, keep: Path | None) -> Row:
    """Every method on four steps of a garment's walk: geometric means of what is left at equal processor time.

    A pass costs the least that a pass of its kind took, since other work runs beside. A cell: energy gap (1 at the prediction), distance from
    the solution in mm (root mean square), error of strain in % (99 % of the triangles have less).
    """
    walked = walk(GARMENTS[name], EDGE)
    traces: dict[str, list[Trace]] = {method: [] for method in methods()}
    starts: list[Left] = []
    for moment in walked.moments:
        frozen = freeze(walked.system, walked.faces, walked.collider, walked.grip, moment, DT)
        judge = Judge(frozen, converged(frozen))
        starts.append(judge.left(frozen.predicted))
        found = {m: trace(frozen, judge, passes, 1.5 * BUDGETS[-1]) for m, passes in methods().items()}
        for method, one in _rebased(found).items():
            traces[method].append(one)
    least: dict[str, float] = {}
    for kind, cost in (p for ts in traces.values() for t in ts for p in zip(t.kinds, t.costs, strict=True)):
        least[kind] = min(cost, least.get(kind, np.inf))
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        rows = {m: [asdict(t) for t in ts] for m, ts in traces.items()}
        (keep / "traces.json").write_text(json.dumps({"least": least, "traces": rows}), encoding="utf-8")
    row: dict[str, Any] = {"vertices": len(walked.moments[0].x), "prediction": _cell(starts)}
    row |= {f"{kind} ms": round(1e3 * cost, 2) for kind, cost in least.items()}
    for method, ts in traces.items():
        for budget in BUDGETS:
            row[f"{method}, {round(1e3 * budget)} ms"] = _cell([_at(t, least, budget) for t in ts])
    return row


def launches(_keep: Path | None) -> Row:
    """What one step asks of the device once its launches are recorded: new launches, repeated ones, arrays read back and written."""
    from toile.engine.cloth.settings import ClothSettings
    from toile.engine.cloth.solver import ClothSolver
    from toile.engine.core.device import warp

    walked = walk(GARMENTS["dress-cotton"], 0.028, (2, 10))
    wp = warp()
    watched = {"launched": (wp, "launch"), "recorded": (wp.Launch, "launch"), "read_back": (wp.array, "numpy"),
               "written": (wp.array, "assign")}  # fmt: skip
    rows: list[dict[str, int]] = []
    for moment in walked.moments:
        solver = ClothSolver(
            walked.system, walked.faces, moment.x, moment.before, walked.collider, ClothSettings(threads=1)
        )
        solver.set_grip(walked.grip)
        moment.put_into(solver)
        solver.set_body(moment.body)
        solver.advance(DT, solver.settings.gravity)  # records
        moment.put_into(solver)
        before = {name: getattr(owner, attribute) for name, (owner, attribute) in watched.items()}
        counts = dict.fromkeys(watched, 0)

        def counting(name: str, plain: Callable[..., Any], counts: dict[str, int] = counts) -> Any:
            def call(*args: Any, **kwargs: Any) -> Any:
                counts[name] += 1
                return plain(*args, **kwargs)

            return call

        try:
            for name, (owner, attribute) in watched.items():
                setattr(owner, attribute, counting(name, before[name]))
            solver.advance(DT, solver.settings.gravity)
        finally:
            for name, (owner, attribute) in watched.items():
                setattr(owner, attribute, before[name])
        rows.append(counts)
    return {name: " / ".join(str(row[name]) for row in rows) for name in watched}


def _rebased(found: Mapping[str, Trace]) -> Mapping[str, Trace]:
    """Return traces of one step whose energy counts from the least that any method reached: in float32 the reference may miss it."""
    least = min(0.0, min(left.energy for t in found.values() for left in t.left))

    def shifted(left: Left) -> Left:
        return replace(left, energy=(left.energy - least) / (1.0 - least))

    return {m: replace(t, left=tuple(shifted(left) for left in t.left)) for m, t in found.items()}


def _at(t: Trace, least: Mapping[str, float], budget: float) -> Left:
    """Return what was left when so much time was used, if each pass had cost the least of its kind."""
    used = np.cumsum([least[kind] for kind in t.kinds])
    return t.left[max(int(np.searchsorted(used, budget, side="right")) - 1, 0)]


def _cell(left: list[Left]) -> str:
    mean = np.exp(np.log([[max(v.energy, 1e-6), v.distance, v.strain_p99] for v in left]).mean(0))
    return f"{mean[0]:.2g} / {1e3 * mean[1]:.2f} mm / {1e2 * mean[2]:.2f} %"


CASES: Mapping[str, Callable[[Path | None], Row]] = {
    **{f"solver/{name}": partial(compare, name) for name in GARMENTS},
    "solver/launches": launches,
}

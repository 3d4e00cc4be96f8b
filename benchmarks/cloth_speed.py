"""What a frame of the cloth solver costs by size of mesh, on the thread that solves and by the clock, with its quality beside it.

An A-line dress of cotton on a body of 168 cm and 60 kg is sewn and draped on meshes of about 3,000, 10,000 and 40,000 vertices and follows a walk of
30 frames a second, contact with body and cloth on. Processor time is that of the calling thread with one thread allowed (all of the
solver's work), wall time that with two; the body's poses are made before. Quality: exact counts of what passes through what in the frames
measured (flesh pressed as in a simulation), strain, and how far one step ends from the same step with 16 Newton steps of 60 iterations.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Row = Mapping[str, Any]
F32 = NDArray[np.float32]
DRESS: tuple[Mapping[str, Any], ...] = ({"category": "dress", "silhouette": "a_line", "fabric": "cotton"},)
EDGES: Mapping[str, float] = {"3k": 0.0195, "10k": 0.0105, "40k": 0.0053}
FPS, SECONDS = 30, 0.7
WARM = 3  # frames before those that are measured


def frame_cost(edge: float, frames: int, settle: int, _keep: Path | None) -> Row:
    """Drape (at most `settle` steps of it settle), walk into the motion, measure so many frames."""
    from benchmarks.solver_methods import sewn
    from toile.avatars.flesh import YieldingMotion
    from toile.avatars.motion import make_motion
    from toile.engine.cloth.settings import ClothSettings
    from toile.engine.cloth.simulate import drape

    cloth, avatar = sewn(DRESS, edge)
    motion = YieldingMotion(make_motion(avatar, "walk", SECONDS, FPS))
    faces = np.asarray(motion.rig.faces, np.int32)
    first = -2 * (motion.lead_in // 2)  # half frames: half of the lead-in is enough to come into step
    poses = {k: motion.vertices_at(0.5 * k) for k in range(first, 2 * (WARM + frames) + 1)}
    settings = ClothSettings(threads=1, settle_steps=settle)
    began = time.perf_counter()
    solver = _solver(cloth, motion, poses[first], settings)
    built = time.perf_counter() - began
    rest = drape(cloth, poses[first], faces, settings)
    solver.set_state(rest.vertices, rest.velocities)
    refused = sum(not _step(solver, poses[k + 1]) for k in range(first, 2 * WARM))
    other = _solver(cloth, motion, poses[first], ClothSettings(threads=2))
    _same_state(solver, other)
    spent: list[float] = []
    passed: list[float] = []
    worn = []
    for frame in range(WARM, WARM + frames):
        for cost, clock, one in ((spent, time.thread_time, solver), (passed, time.perf_counter, other)):
            start = clock()
            refused += sum(not _step(one, poses[k]) for k in (2 * frame + 1, 2 * frame + 2))
            cost.append(1e3 * (clock() - start))
        worn.append((solver.positions(), poses[2 * frame + 2]))
    same = solver.positions().tobytes() == other.positions().tobytes()
    return {
        "vertices": len(cloth.vertices), "frames": frames, "cpu_ms_median": round(float(np.median(spent)), 1),
        "cpu_ms_least": round(min(spent), 1), "wall_ms_median": round(float(np.median(passed)), 1),
        "wall_ms_least": round(min(passed), 1), "same_bytes": same, "refused_steps": refused, "build_s": round(built, 2),
        **_judge(cloth, worn, faces), **_left(cloth, motion, solver, poses, 2 * (WARM + frames) - 1),
    }  # fmt: skip


def growth(_keep: Path | None) -> Row:
    """The exponent of the cost of a frame from about 3,000 to 10,000 vertices, draped and walked in one process."""
    rows = [frame_cost(EDGES[size], 6, 90, None) for size in ("3k", "10k")]
    ratio = np.log(rows[1]["vertices"] / rows[0]["vertices"])
    return {
        name: round(float(np.log(rows[1][key] / rows[0][key]) / ratio), 3)
        for name, key in (("cpu_exponent", "cpu_ms_least"), ("wall_exponent", "wall_ms_least"))
    } | {"vertices": " ".join(str(row["vertices"]) for row in rows)}


def _solver(cloth: Any, motion: Any, body: F32, settings: Any) -> Any:
    from toile.engine.cloth.collider import collider_faces, grip_of
    from toile.engine.cloth.solver import ClothSolver
    from toile.engine.cloth.system import build_system

    faces = np.asarray(motion.rig.faces, np.int32)
    collider = collider_faces(motion.vertices_at(0), faces, motion.part_of_vertex, motion.rig)
    made = ClothSolver(
        build_system(cloth), cloth.faces, cloth.vertices, body, collider, settings, device="cpu"
    )
    made.set_grip(grip_of(collider, motion.part_of_vertex, settings.hand_grip))
    return made


def _step(solver: Any, body: F32) -> bool:
    solver.set_body(body)
    return bool(solver.advance(0.5 / FPS, 9.81, zones=True).clean)


def _same_state(source: Any, to: Any) -> None:
    """Bring both solvers to one state; what was known of nearest points and pairs is found again by both."""
    before = source.v_before
    for one in (source, to):
        one.set_body(source.body_now)
        one.set_state(source.positions(), source.velocities())
        one.v_before = before.copy()
        one.body_face.fill_(-1)
        one.body_free.zero_()
        one.close_stir.zero_()
        one.body_travel = 0.0
    to.anchor_face.assign(source.anchor_face.numpy())
    to.anchor.assign(source.anchor.numpy())
    to.pressing.assign(source.pressing.numpy())


def _left(cloth: Any, motion: Any, solver: Any, poses: Mapping[int, F32], k: int) -> Row:
    """Return how far a step ends from the converged one [mm], and what the first guess had to go."""
    from toile.engine.cloth.settings import ClothSettings

    settled = ClothSettings(
        threads=1, newton_least=16, newton_steps=16, pcg_iterations=60, pcg_tolerance=1e-3
    )
    solved = _solver(cloth, motion, poses[k], settled)
    _same_state(solver, solved)
    x, v = solver.positions(), solver.velocities()
    for one in (solver, solved):
        _step(one, poses[k])
    way = solved.positions() - (x + v * np.float32(0.5 / FPS))
    return {
        "guess_rms_mm": round(1e3 * float(np.sqrt((way**2).sum(1).mean())), 3),
        "step_error_rms_mm": round(
            1e3 * float(np.sqrt(((solver.positions() - solved.positions()) ** 2).sum(1).mean())), 3
        ),
    }


def _judge(cloth: Any, worn: list[tuple[F32, F32]], faces: NDArray[np.int32]) -> Row:
    from toile.engine.cloth.energy import deformation, rest_shape
    from toile.engine.cloth.press import FleshPress
    from toile.engine.core.intersect import (
        body_cloth_intersections,
        cloth_self_intersections,
        vertices_inside,
    )

    inverse = rest_shape(cloth.panel_uv)[0]
    strain = [
        float(np.percentile(np.linalg.norm(deformation(x, cloth.faces, inverse), axis=1).max(1) - 1.0, 99))
        for x, _ in worn
    ]
    press = FleshPress(faces, len(worn[0][1]))
    worn = [(x, press.press(body, x, cloth.faces)) for x, body in worn]
    return {
        "cloth_cloth": sum(len(cloth_self_intersections(x, cloth.faces)) for x, _ in worn),
        "body_cloth": sum(len(body_cloth_intersections(x, cloth.faces, body, faces)) for x, body in worn),
        "inside_body": sum(int(vertices_inside(x, body, faces).sum()) for x, body in worn),
        "strain_p99": round(max(strain), 4),
    }


CASES: Mapping[str, Callable[[Path | None], Row]] = {
    "speed/dress-3k": partial(frame_cost, EDGES["3k"], 10, 90),
    "speed/dress-10k": partial(frame_cost, EDGES["10k"], 8, 90),
    "speed/dress-40k": partial(frame_cost, EDGES["40k"], 3, 20),
    "speed/growth": growth,
}

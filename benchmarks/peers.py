"""NVIDIA Newton's cloth solvers beside ours, one thread of the CPU each, on a scene that they can run: `python -m benchmarks peers/`.

A square of 70 cm falls by 2 cm onto a fixed ball of 30 cm and drapes for a second, body contact and self-contact on. One mesh, one
material for all (1000 N/m along warp and weft, 500 in shear, 50 uN m, 150 g/m2, friction 0.4, no strain limit, no air, no damping); at small
strain the energies agree: SolverStyle3D's are ours (Baraff and Witkin 1998, quadratic bending), SolverVBD's stable neo-Hookean membrane has
mu = 500, lambda = 0. Substeps and iterations are those of Newton's own examples. What counts: processor time of a frame at 30
frames a second, stretch beyond rest (weight alone stretches by 0.1 %), how far the cloth has fallen in the mean after 1/3, 2/3 and 1 s
(`converged` says how far it should: ours with 240 steps a second and eight Newton steps of 60 iterations), and crossings counted by the
same exact tests.

Newton is no dependency: `pip install --no-deps newton==1.8.0` (Apache-2.0) beside toile.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Row = Mapping[str, Any]
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

VERSION = "1.8.0"
SIDE, RADIUS, DROP = 0.7, 0.15, 0.02  # m
TOP = 1.0  # m, height of the ball's top
STRETCH, SHEAR, BEND, WEIGHT, FRICTION = 1000.0, 500.0, 5.0e-5, 0.15, 0.4
FRAMES, FPS = 30, 30
SIZES = {"5k": 71, "10k": 100}  # vertices along a side


def grid(side: int) -> tuple[F64, I32]:
    """Return a square's flat points (N, 2) [m], off the middle by a centimetre, and its faces, diagonals by turns."""
    line = np.linspace(-0.5 * SIDE, 0.5 * SIDE, side)
    x, y = np.meshgrid(line + 0.01, line + 0.015)
    i, j = (a.ravel() for a in np.meshgrid(np.arange(side - 1), np.arange(side - 1)))
    a = j * side + i
    b, c, d = a + 1, a + side, a + side + 1
    even = ((i + j) % 2 == 0)[:, None]
    first = np.where(even, np.stack([a, b, d], 1), np.stack([a, b, c], 1))
    second = np.where(even, np.stack([a, d, c], 1), np.stack([b, d, c], 1))
    return np.stack([x.ravel(), y.ravel()], 1), np.concatenate([first, second]).astype(np.int32)


def toile(size: str, settings: Mapping[str, Any], _keep: Path | None) -> Row:
    """Our solver as it dresses people."""
    from benchmarks.cloth_motion import _ball
    from toile.engine.cloth.drape_test import cloth_mesh
    from toile.engine.cloth.settings import ClothSettings
    from toile.engine.cloth.simulate import _advance, _Tally
    from toile.engine.cloth.solver import ClothSolver
    from toile.engine.cloth.system import build_system
    from toile.garments.fabric import fabric

    points, faces = grid(SIZES[size])
    cloth = replace(
        fabric("cotton"), stretch_warp=STRETCH, stretch_weft=STRETCH, shear=SHEAR, bend_warp=BEND, bend_weft=BEND,
        area_density=WEIGHT, friction=FRICTION, strain_limit=1.0, strain_limit_weft=1.0,
    )  # fmt: skip
    mesh = cloth_mesh(points, faces.astype(np.int64), cloth, height=TOP + DROP)
    ball, ball_faces = _ball(RADIUS, np.array([0.0, TOP - RADIUS, 0.0]))
    s = ClothSettings(give=1.0, air=0.0, bending_damping=0.0, threads=1, **settings)
    solver = ClothSolver(build_system(mesh, fold=0.0), mesh.faces, mesh.vertices, ball, ball_faces, s)
    substeps, tally = round(s.steps_per_second / FPS), _Tally()

    def frame(k: int) -> F32:
        for step in range(substeps * k, substeps * (k + 1)):
            _advance(solver, lambda _: ball, step / substeps, (step + 1) / substeps, FPS, s, tally)
        return solver.positions()

    return _measure(frame, points, faces, np.array([0.0, TOP - RADIUS, 0.0]), 0)


def newton(size: str, kind: str, substeps: int, iterations: int, _keep: Path | None) -> Row:
    """One of Newton's solvers with so many substeps of 1/60 s and iterations of each."""
    if importlib.util.find_spec("newton") is None:
        return {
            "skipped": f"newton is not installed; pip install --no-deps newton=={VERSION} (Apache-2.0) puts it beside toile."
        }
    import warp as wp

    wp.config.quiet = True
    with wp.ScopedDevice("cpu"):
        return _newton(size, kind, substeps, iterations)


def _newton(size: str, kind: str, substeps: int, iterations: int) -> Row:
    import newton as peer
    import warp as wp
    from newton.solvers import style3d

    points, faces = grid(SIZES[size])
    flat = np.stack([points[:, 0], np.zeros(len(points)), -points[:, 1]], 1)
    builder = peer.ModelBuilder(up_axis=peer.Axis.Y, gravity=(0.0, -9.81, 0.0))
    shape = builder.default_shape_cfg.copy()
    shape.mu = FRICTION
    builder.add_shape_sphere(-1, xform=wp.transform((0.0, TOP - RADIUS, 0.0), wp.quat_identity()), radius=RADIUS, cfg=shape)  # fmt: skip
    common: dict[str, Any] = {
        "pos": wp.vec3(0.0, TOP + DROP, 0.0), "rot": wp.quat_identity(), "scale": 1.0, "vel": wp.vec3(0.0, 0.0, 0.0),
        "vertices": [wp.vec3(*p) for p in flat], "indices": faces.ravel().tolist(), "density": WEIGHT, "particle_radius": 0.003,
    }  # fmt: skip
    if kind == "style3d":
        peer.solvers.SolverStyle3D.register_custom_attributes(builder)
        style3d.add_cloth_mesh(
            builder, **common, panel_verts=points.tolist(), panel_indices=faces.ravel().tolist(),
            tri_aniso_ke=wp.vec3(STRETCH, STRETCH, SHEAR), edge_aniso_ke=wp.vec3(BEND, BEND, 0.5 * BEND),
        )  # fmt: skip
    else:
        hinge = 3.0 * BEND * (points[1, 0] - points[0, 0]) / (points[1, 0] - points[0, 0]) ** 2
        builder.add_cloth_mesh(
            **common, tri_ke=0.5 * STRETCH, tri_ka=0.0, tri_kd=0.0, edge_ke=float(hinge), edge_kd=0.0
        )
        builder.color(include_bending=True)
    model = builder.finalize(device="cpu")
    model.soft_contact_ke, model.soft_contact_kd, model.soft_contact_mu = 1.0e2, 1.0e-5, FRICTION
    if kind == "style3d":
        solver = peer.solvers.SolverStyle3D(
            model, config=peer.solvers.SolverStyle3D.Config(iterations=iterations)
        )
    else:
        solver = peer.solvers.SolverVBD(
            model, iterations=iterations, particle_enable_self_contact=True, particle_self_contact_margin=0.002,
            particle_self_contact_gap=0.0015,
        )  # fmt: skip
    states, control = [model.state(), model.state()], model.control()
    pipeline = peer.CollisionPipeline(model)
    contacts = pipeline.contacts()
    start = [np.array(state.particle_q.numpy()) for state in states]

    def sixtieth() -> None:
        pipeline.collide(states[0], contacts)
        for _ in range(substeps):
            states[0].clear_forces()
            solver.step(states[0], states[1], control, contacts, 1.0 / (60 * substeps))
            states.reverse()

    sixtieth()  # compiles
    for state, x in zip(states, start, strict=True):
        state.particle_q.assign(x)
        state.particle_qd.zero_()
    replay = _recorded(sixtieth) if substeps % 2 == 0 and kind != "style3d" else None

    def frame(_: int) -> F32:
        for _ in range(2):
            if replay is None:
                sixtieth()
            else:
                wp.capture_launch(replay)
        return np.array(states[0].particle_q.numpy())

    return _measure(frame, points, faces, np.array([0.0, TOP - RADIUS, 0.0]), int(replay is not None))


def _recorded(step: Callable[[], None]) -> Any:
    """Return a graph of a step, which Newton's VBD examples replay on the CPU too; None where Warp cannot record it."""
    import warp as wp

    try:
        with wp.ScopedCapture() as capture:
            step()
    except Exception:
        return None
    return capture.graph


def _measure(frame: Callable[[int], F32], points: F64, faces: I32, centre: F64, replayed: int) -> Row:
    """Run the frames; time, stretch beyond rest over all frames, what lies in the ball, what crosses."""
    from benchmarks.cloth_motion import _ball
    from toile.engine.cloth.energy import deformation, rest_shape
    from toile.engine.core.intersect import body_cloth_intersections, cloth_self_intersections

    inverse, _ = rest_shape(points[faces])
    ball, ball_faces = _ball(RADIUS, centre)
    times, stretch, fallen, inside, crossing, depth = [], [], [], 0, [0, 0], 0.0
    for k in range(FRAMES):
        began = time.process_time()
        x = frame(k)
        times.append(time.process_time() - began)
        fallen.append(1e3 * (TOP + DROP - float(x[:, 1].mean())))
        f = deformation(x, faces, inverse)
        c = np.einsum("tij,tik->tjk", f, f)
        half = 0.5 * (c[:, 0, 0] + c[:, 1, 1])
        root = np.sqrt(np.maximum((0.5 * (c[:, 0, 0] - c[:, 1, 1])) ** 2 + c[:, 0, 1] ** 2, 0.0))
        stretch.append(np.sqrt(half + root) - 1.0)
        deep = RADIUS - np.linalg.norm(x - centre, axis=1)
        inside += int((deep > 0).sum())
        depth = max(depth, float(deep.max()))
        crossing[0] += len(body_cloth_intersections(x, faces, ball, ball_faces))
        crossing[1] += len(cloth_self_intersections(x, faces))
    strain = np.concatenate(stretch)
    return {
        "vertices": len(points),
        "ms_a_frame": round(1e3 * float(np.mean(times)), 1),
        "worst_ms": round(1e3 * max(times), 1),
        "stretch_mean_percent": round(100 * float(np.maximum(strain, 0).mean()), 3),
        "stretch_p99_percent": round(100 * float(np.percentile(strain, 99)), 2),
        "stretch_max_percent": round(100 * float(strain.max()), 2),
        "last_p99_percent": round(100 * float(np.percentile(stretch[-1], 99)), 2),
        "inside_ball": inside,
        "depth_mm": round(1e3 * max(depth, 0.0), 2),
        "body_cloth": crossing[0],
        "cloth_cloth": crossing[1],
        "fallen_mm": "/".join(f"{fallen[k]:.0f}" for k in (9, 19, 29) if k < FRAMES),
        "replayed": replayed,
    }


_FINE = {"steps_per_second": 240.0, "newton_least": 8, "pcg_iterations": 60, "pcg_tolerance": 1e-3}
CASES: Mapping[str, Callable[[Path | None], Row]] = {
    **{f"peers/ball-{n}-toile": partial(toile, n, {}) for n in SIZES},
    **{f"peers/ball-{n}-style3d-2x10": partial(newton, n, "style3d", 2, 10) for n in SIZES},
    **{f"peers/ball-{n}-style3d-10x4": partial(newton, n, "style3d", 10, 4) for n in SIZES},
    **{f"peers/ball-{n}-vbd-10x10": partial(newton, n, "vbd", 10, 10) for n in SIZES},
    **{f"peers/ball-{n}-vbd-10x4": partial(newton, n, "vbd", 10, 4) for n in SIZES},
    "peers/ball-5k-style3d-20x10": partial(newton, "5k", "style3d", 20, 10),
    "peers/ball-5k-converged": partial(toile, "5k", _FINE),
}

"""From a sewn, placed mesh to garments over time: dress, settle, follow the motion.

Dress: gravity off, no friction, no inertia; the rest shape goes from the placed shape to the flat pattern while a waist ring
is held at its height. Settle: gravity, contact and friction on, nothing held. Move: the lead-in from the A-pose, then
the frames of the motion. A step whose filter does not end clean is halved, and the body's pose is interpolated with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.cloth.collider import collider_faces, grip_of
from toile.engine.cloth.energy import deformation, right_stretch
from toile.engine.cloth.halves import Halves
from toile.engine.cloth.press import FleshPress
from toile.engine.cloth.settings import ClothSettings
from toile.engine.cloth.solver import ClothSolver, StepReport
from toile.engine.cloth.system import ClothSystem, build_system
from toile.engine.core.body import BodyMotion
from toile.engine.core.errors import Infeasible
from toile.engine.core.files import Progress, silent
from toile.engine.core.simulation import Simulation
from toile.garments.cloth_mesh import ClothMesh

F32 = NDArray[np.float32]
Body = Callable[[float], F32]
Watch = Callable[[int, F32, F32], None]


@dataclass(frozen=True)
class Drape:
    """Garments at rest on the body in its dressing pose: vertices and velocities (N, 3), and how it went."""

    vertices: F32
    velocities: F32
    settled: bool
    speed: float  # m/s, mean at the end
    stalls: int


@dataclass
class _Tally:
    halvings: int = 0
    stalls: int = 0
    impacts: int = 0
    residual: list[float] = field(default_factory=list)


def drape(
    cloth: ClothMesh, body: F32, body_faces: NDArray[np.int32], settings: ClothSettings | None = None,
    progress: Progress = silent,
) -> Drape:  # fmt: skip
    """Sew and settle garments on a body that stands still.

    Args:
        cloth: placed mesh, free of intersections.
        body: vertices [m] (V, 3) of the dressing pose.
        body_faces: (S, 3), counter-clockwise from outside.

    Raises:
        BadInput: a mesh or fabric that cannot be simulated.
    """
    settings = settings or ClothSettings()
    system = build_system(cloth)
    solver = ClothSolver(system, cloth.faces, cloth.vertices, body, body_faces, settings)
    return _drape(solver, system, cloth, settings, progress)


def simulate(
    cloth: ClothMesh, motion: BodyMotion, settings: ClothSettings | None = None, progress: Progress = silent,
    start: Drape | None = None, watch: Watch | None = None,
) -> Simulation:  # fmt: skip
    """Dress a body (unless `start` is given), then follow its motion; every frame of the motion is returned.

    watch is told frame (below zero: the lead-in), cloth (N, 3) and body (V, 3) [m] as they come.

    Raises:
        BadInput: a mesh or fabric that cannot be simulated.
        Infeasible: the numbers stopped being finite.
    """
    settings = settings or ClothSettings()
    system = build_system(cloth)
    faces = np.ascontiguousarray(motion.rig.faces, np.int32)
    part = np.asarray(motion.part_of_vertex, np.int32)
    collider = collider_faces(motion.vertices_at(0), faces, part)
    solver = ClothSolver(
        system, cloth.faces, cloth.vertices, motion.vertices_at(-motion.lead_in), collider, settings
    )
    solver.set_grip(grip_of(collider, part, settings.hand_grip))
    if start is None:
        start = _drape(solver, system, cloth, settings, lambda f, text: progress(0.3 * f, text))
    solver.set_state(start.vertices, start.velocities)
    tally = _Tally()
    frames: list[F32] = []
    substeps = max(1, math.ceil(settings.steps_per_second / motion.fps - 1e-9))
    total = motion.lead_in + motion.frame_count
    poses = _Poses(motion.vertices_at, solver.halves)
    press = FleshPress(faces, len(part))
    pressed: list[Future[F32]] = []
    for frame in range(-motion.lead_in, motion.frame_count):
        if frame > -motion.lead_in:
            tally.residual.append(0.0)
            for k in range((frame - 1) * substeps, frame * substeps):
                last = k + 2 > (motion.frame_count - 1) * substeps
                poses.expect(None if last else (k + 2) / substeps)
                _advance(solver, poses.at, k / substeps, (k + 1) / substeps, motion.fps, settings, tally)
        x = solver.positions()
        if not np.isfinite(x).all():
            raise Infeasible(
                f"The cloth cannot be simulated beyond frame {frame}: its numbers stopped being finite; "
                "try a finer mesh (--edge-mm) or a slower motion."
            )
        skin = np.asarray(poses.last if tally.residual else motion.vertices_at(frame), np.float32)
        if frame >= 0:
            frames.append(x)
            pressed.append(solver.halves.later(partial(press.press, skin, x, cloth.faces)))
        if watch is not None:
            watch(frame, x, skin)
        progress(
            0.3 + 0.7 * (frame + motion.lead_in + 1) / total,
            f"frame {max(frame, 0) + 1} of {motion.frame_count}",
        )
    bodies = [future.result() for future in pressed]
    return Simulation(
        body_vertices=np.stack(bodies),
        body_faces=faces,
        body_part=part,
        cloth_vertices=np.stack(frames),
        cloth_faces=cloth.faces,
        cloth_panel_uv=cloth.panel_uv,
        garment_of_face=cloth.garment_of_face,
        panel_of_face=cloth.panel_of_face,
        seam_edges=cloth.seam_edges,
        hem_edges=cloth.hem_edges,
        fps=motion.fps,
        residual=np.array(tally.residual[-motion.frame_count :], np.float32),
    )


class _Poses:
    """Poses of the body by time; the one expected next is made on the second thread while the cloth is solved."""

    def __init__(self, pose: Body, halves: Halves) -> None:
        self._pose, self._halves = pose, halves
        self._next: tuple[float, Future[Any]] | None = None
        self._wanted: float | None = None
        self.last = np.zeros((0, 3), np.float32)

    def expect(self, time: float | None) -> None:
        """Say which pose is wanted after the next one."""
        self._wanted = time

    def at(self, time: float) -> F32:
        """Return the vertices [m] (V, 3) at a time [frames]."""
        body: F32 | None = None
        if self._next is not None:
            known, future = self._next
            made = future.result()  # poses share buffers: never two at a time
            if known == time:
                body = made
        if body is None:
            body = self._pose(time)
        self._next = None
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            self._next = (wanted, self._halves.later(lambda: self._pose(wanted)))
        self.last = body
        return body


def _advance(
    solver: ClothSolver, body: Body, a: float, b: float, fps: float, settings: ClothSettings, tally: _Tally,
    depth: int = 0,
) -> None:  # fmt: skip
    """Advance from frame a to frame b; halve while the step does not end clean, and let zones move rigidly at the last."""
    solver.set_body(body(b))
    last = depth >= settings.max_halvings
    report: StepReport = solver.advance((b - a) / fps, settings.gravity, zones=last)
    tally.impacts += report.impacts
    if report.clean:
        if tally.residual:
            tally.residual[-1] = max(tally.residual[-1], report.residual)
        tally.stalls += last
        return
    if last:
        tally.stalls += 1
        solver.set_state(solver.positions(), np.zeros((solver.count, 3), np.float32))
        return
    tally.halvings += 1
    middle = 0.5 * (a + b)
    _advance(solver, body, a, middle, fps, settings, tally, depth + 1)
    _advance(solver, body, middle, b, fps, settings, tally, depth + 1)


def _drape(
    solver: ClothSolver, system: ClothSystem, cloth: ClothMesh, settings: ClothSettings, progress: Progress
) -> Drape:
    inverse = system.inverse_rest.astype(np.float64)
    placed = right_stretch(deformation(cloth.vertices, cloth.faces, inverse))
    ring = np.concatenate([cloth.loops[name] for name in cloth.anchors] or [np.zeros(0, np.int32)]).astype(
        np.int32
    )
    heights = np.concatenate(
        [np.full(len(cloth.loops[n]), y) for n, y in cloth.anchors.items()] or [np.zeros(0)]
    )
    solver.hold_ring(ring, heights.astype(np.float32), 60.0)
    stalls = 0
    steps = settings.ramp_steps + settings.settle_steps
    for k in range(settings.ramp_steps):
        t = min(1.0, (k + 1) / (0.8 * settings.ramp_steps))
        mix = (1.0 - t) * placed + t * np.eye(2)
        solver.set_rest((inverse @ np.linalg.inv(mix)).astype(np.float32))
        report = solver.advance(1.0 / 60.0, 0.0, keep_velocity=0.0, friction=0.0, zones=True)
        stalls += not report.clean
        progress(k / steps, "sewing")
    solver.set_rest(system.inverse_rest)
    still = np.zeros_like(cloth.vertices)
    solver.set_state(solver.positions(), still)
    speed = np.inf
    for k in range(settings.settle_steps):
        if k == settings.settle_steps // 4:
            solver.hold_ring(None)
        report = solver.advance(1.0 / 60.0, settings.gravity, keep_velocity=0.9, zones=True)
        if not report.clean:
            stalls += 1
            solver.set_state(solver.positions(), still)
        speed = float(np.linalg.norm(solver.velocities(), axis=1).mean())
        progress((settings.ramp_steps + k) / steps, "settling")
        if k > settings.settle_steps // 2 and speed < settings.settle_speed:
            break
    return Drape(solver.positions(), solver.velocities(), speed < settings.settle_speed, speed, stalls)

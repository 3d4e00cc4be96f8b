"""From a sewn, placed mesh to garments over time: dress, settle, follow the motion.

Dress: gravity off, no friction, no inertia; the rest shape goes from the placed shape to the flat pattern while a waist ring
is held at its height. Settle: gravity, contact and friction on, nothing held. Move: the lead-in from the A-pose, then
the frames of the motion. A step whose filter does not end clean is halved, and the body's pose is interpolated with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.cloth.checkpoint import Checkpoints, Kept
from toile.engine.cloth.cleanliness import Stopped, Wearing, check_start, unclean
from toile.engine.cloth.collider import collider_faces, grip_of
from toile.engine.cloth.energy import deformation, right_stretch
from toile.engine.cloth.halves import Halves
from toile.engine.cloth.press import FleshPress
from toile.engine.cloth.scatter import scattered
from toile.engine.cloth.settings import ClothSettings
from toile.engine.cloth.solver import ClothSolver, StepReport
from toile.engine.cloth.stitches import tied, ties_of
from toile.engine.cloth.system import ClothSystem, build_system
from toile.engine.core.body import BodyMotion
from toile.engine.core.errors import BadInput
from toile.engine.core.files import Progress, silent
from toile.engine.core.simulation import Simulation
from toile.garments.cloth_mesh import ClothMesh

F32 = NDArray[np.float32]
Body = Callable[[float], F32]
Watch = Callable[[int, F32, F32], None]

FASTEST = 15.0
"""Speed [m/s] above which the median of the skin's vertices does not move but jumps; a sprinter reaches 12."""
FARTHEST = 1e4
"""m from the origin, beyond which single precision does not tell a millimetre."""
BRISK = 2.5
"""Speed [m/s] of the same above which it is checked whether garments are still worn."""


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
    dirty: int = 0  # frames in a row, up to the last one judged, in which cloth lies in the body


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
        BadInput: a mesh, a fabric or a start that cannot be simulated.
    """
    settings = settings or ClothSettings()
    system = tied(build_system(cloth), cloth)
    check_start(cloth, body, body_faces)
    cloth = scattered(cloth, body, body_faces, settings.seed)
    solver = ClothSolver(system, cloth.faces, cloth.vertices, body, body_faces, settings)
    solver.pulls += ties_of(cloth, solver.device)
    return _drape(solver, system, cloth, settings, progress)


def simulate(
    cloth: ClothMesh, motion: BodyMotion, settings: ClothSettings | None = None, progress: Progress = silent,
    start: Drape | None = None, watch: Watch | None = None, checkpoints: Checkpoints | None = None,
) -> Simulation:  # fmt: skip
    """Dress a body (unless `start` is given), then follow its motion; every frame of the motion is returned.

    watch is told frame (below zero: the lead-in), cloth (N, 3) and body (V, 3) [m] as they come. With checkpoints, a run
    that was killed goes on from the last one, to the same bytes.

    Raises:
        BadInput: a mesh, a fabric or a start that cannot be simulated.
        Stopped: the cloth could not be kept clean; the frames before are in the exception.
    """
    settings = settings or ClothSettings()
    system = tied(build_system(cloth), cloth)
    faces = np.ascontiguousarray(motion.rig.faces, np.int32)
    dressing = motion.vertices_at(-motion.lead_in)
    if start is None:
        check_start(cloth, dressing, faces)
        cloth = scattered(cloth, dressing, faces, settings.seed)
    return _Run(cloth, motion, settings, system, dressing, faces).make(progress, start, watch, checkpoints)


class _Run:
    """One simulation on its way."""

    def __init__(
        self, cloth: ClothMesh, motion: BodyMotion, settings: ClothSettings, system: ClothSystem, dressing: F32,
        faces: NDArray[np.int32],
    ) -> None:  # fmt: skip
        self.cloth, self.motion, self.settings, self.system, self.faces = (
            cloth, motion, settings, system, faces,
        )  # fmt: skip
        self.part = np.asarray(motion.part_of_vertex, np.int32)
        collider = collider_faces(motion.vertices_at(0), faces, self.part, motion.rig)
        self.solver = ClothSolver(system, cloth.faces, cloth.vertices, dressing, collider, settings)
        self.solver.pulls += ties_of(cloth, self.solver.device)
        self.solver.set_grip(grip_of(collider, self.part, settings.hand_grip))
        self.substeps = max(1, math.ceil(settings.steps_per_second / motion.fps - 1e-9))
        self.press = FleshPress(faces, len(self.part))
        self.poses = _Poses(motion.vertices_at, self.solver.halves)
        self.wearing = Wearing(cloth, motion)
        self.tally = _Tally()
        self.kept = Kept(-motion.lead_in - 1)
        self.pending: list[Future[tuple[F32, NDArray[np.int64]]]] = []

    def make(
        self, progress: Progress, start: Drape | None, watch: Watch | None, checkpoints: Checkpoints | None
    ) -> Simulation:
        """Go from the last checkpoint, or from the start, to the last frame."""
        motion, solver = self.motion, self.solver
        total = motion.lead_in + motion.frame_count
        if not self._resumed(checkpoints):
            if start is None:
                start = _drape(
                    solver, self.system, self.cloth, self.settings, lambda f, text: progress(0.3 * f, text)
                )
            solver.set_state(start.vertices, start.velocities)
        skin = motion.vertices_at(max(self.kept.frame, -motion.lead_in))
        for frame in range(self.kept.frame + 1, motion.frame_count):
            if frame > -motion.lead_in:
                skin = self._advance_to(frame, skin)
            x = solver.positions()
            if not np.isfinite(x).all():
                raise self._stopped(
                    f"The cloth cannot be simulated beyond frame {frame}: its numbers stopped being finite; "
                    "try a finer mesh (--edge-mm) or a slower motion."
                )
            self.kept.frame = frame
            if frame >= 0:
                self.kept.cloth.append(x)
                self.pending.append(
                    solver.halves.later(partial(self.press.press_and_judge, skin, x, self.cloth.faces))
                )
            if watch is not None:
                watch(frame, x, skin)
            progress(
                0.3 + 0.7 * (frame + motion.lead_in + 1) / total,
                f"frame {max(frame, 0) + 1} of {motion.frame_count}",
            )
            due = checkpoints is not None and (frame + motion.lead_in) % checkpoints.every == 0
            self._judge(0 if due or frame == motion.frame_count - 1 else 1)
            if due and checkpoints is not None and frame < motion.frame_count - 1:
                self.kept.counts = vars(self.tally).copy()
                checkpoints.keep(solver, self.kept)
        return self._simulation(motion.frame_count)

    def _resumed(self, checkpoints: Checkpoints | None) -> bool:
        if checkpoints is None:
            return False
        checkpoints.watch(self.solver)
        found = checkpoints.restore(self.solver)
        if found is None:
            return False
        self.kept, self.tally = found, _Tally(**found.counts)
        return True

    def _advance_to(self, frame: int, before: F32) -> F32:
        """Advance from the frame before to a frame; return its skin [m] (V, 3)."""
        motion, n = self.motion, self.substeps
        self.kept.residual.append(0.0)
        stalls = self.tally.stalls
        for k in range((frame - 1) * n, frame * n):
            last = k + 2 > (motion.frame_count - 1) * n
            self.poses.expect(None if last else (k + 2) / n)
            try:
                residual = _advance(
                    self.solver, self.poses.at, k / n, (k + 1) / n, motion.fps, self.settings, self.tally
                )
            except BadInput as error:
                raise self._stopped(str(error)) from error
            self.kept.residual[-1] = max(self.kept.residual[-1], residual)
        skin = np.asarray(self.poses.last, np.float32)
        speed = float(np.median(np.linalg.norm(skin - before, axis=1))) * motion.fps
        if speed > FASTEST:
            raise self._stopped(
                f"The body jumps from frame {frame - 1} to frame {frame}: most of it moves at {speed:.0f} m/s, and no body goes "
                f"faster than {FASTEST:g}; smooth the motion there, or start after it (--motion-start)."
            )
        if speed > BRISK or self.tally.stalls > stalls:
            lost = self.wearing.lost(self.solver.positions(), frame)
            if lost is not None:
                raise self._stopped(
                    f"The garment comes off at frame {frame} of {motion.frame_count}. {lost} The body moves at {speed:.1f} m/s: "
                    "slow the motion down (--seconds, --fps)."
                )
        return skin

    def _judge(self, leave: int) -> None:
        """Take in the frames whose flesh was pressed, all but the last `leave`; stop where cloth stays in the body."""
        while len(self.pending) > leave:
            self._take_in()
            if self.tally.dirty > self.settings.patience:
                first = len(self.kept.bodies) - self.tally.dirty
                x = self.kept.cloth[first]
                _, left = self.press.press_and_judge(self.motion.vertices_at(first), x, self.cloth.faces)
                raise self._stopped(unclean(self.cloth, self.motion, first, x, left), first)

    def _take_in(self) -> None:
        body, left = self.pending.pop(0).result()
        self.kept.bodies.append(body)
        self.tally.dirty = self.tally.dirty + 1 if len(left) else 0

    def _stopped(self, sentence: str, frames: int | None = None) -> Stopped:
        """Return the exception that ends the run: with the frames before, if there is one."""
        if frames is None:
            while self.pending:
                self._take_in()
            frames = max(0, len(self.kept.bodies) - self.tally.dirty)
        return Stopped(sentence, self._simulation(frames) if frames else None)

    def _simulation(self, frames: int) -> Simulation:
        cloth, kept = self.cloth, self.kept
        residual = kept.residual[max(self.motion.lead_in - 1, 0) :]
        return simulation_of(
            cloth,
            np.stack(kept.cloth[:frames]),
            np.stack(kept.bodies[:frames]),
            self.faces,
            self.part,
            self.motion.fps,
            np.array(residual[:frames], np.float32),
        )


def simulation_of(
    cloth: ClothMesh,
    vertices: F32,
    bodies: F32,
    body_faces: NDArray[np.int32],
    body_part: NDArray[np.int32],
    fps: float,
    residual: F32,
) -> Simulation:
    """Return a cloth mesh's frames (F, N, 3) over a body's (F, V, 3) [m], with what the mesh knows of its pattern."""
    return Simulation(
        body_vertices=bodies,
        body_faces=body_faces,
        body_part=body_part,
        cloth_vertices=vertices,
        cloth_faces=cloth.faces,
        cloth_panel_uv=cloth.panel_uv,
        garment_of_face=cloth.garment_of_face,
        panel_of_face=cloth.panel_of_face,
        seam_edges=cloth.seam_edges,
        hem_edges=cloth.hem_edges,
        stitch_lines=cloth.stitch_lines,
        stitch_panel=cloth.stitch_panel,
        crease_edges=np.asarray(cloth.creases, np.int32),
        button_places=cloth.button_places,
        button_panel=cloth.button_panel,
        button_size=cloth.button_size,
        fps=fps,
        residual=residual,
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
        if not (np.abs(body) < FARTHEST).all():
            raise BadInput(
                f"{int((~(np.abs(body) < FARTHEST)).any(axis=1).sum())} vertices of the body are nowhere at frame {time:g}: not finite, or "
                f"over {FARTHEST:g} m away; mend the motion there."
            )
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            self._next = (wanted, self._halves.later(lambda: self._pose(wanted)))
        self.last = body
        return body


def _advance(
    solver: ClothSolver, body: Body, a: float, b: float, fps: float, settings: ClothSettings, tally: _Tally,
    depth: int = 0,
) -> float:  # fmt: skip
    """Advance from frame a to frame b; halve while the step does not end clean, and let zones move rigidly at the last.

    Returns the solver's relative change at the end of the worst step.
    """
    solver.set_body(body(b))
    last = depth >= settings.max_halvings
    report: StepReport = solver.advance((b - a) / fps, settings.gravity, zones=last)
    tally.impacts += report.impacts
    if report.clean:
        tally.stalls += last
        return report.residual
    if last:
        tally.stalls += 1
        solver.set_state(solver.positions(), np.zeros((solver.count, 3), np.float32))
        return 0.0
    tally.halvings += 1
    middle = 0.5 * (a + b)
    first = _advance(solver, body, a, middle, fps, settings, tally, depth + 1)
    return max(first, _advance(solver, body, middle, b, fps, settings, tally, depth + 1))


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

"""Cloth in motion through the solver that dresses people: fall, energy, and contact scenes counted by exact tests."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.cloth_scenes import strip
from toile.engine.cloth.drape_test import cloth_mesh, fill, ring
from toile.engine.cloth.elastic import build_sheet, sheet_energy
from toile.engine.cloth.settings import ClothSettings
from toile.engine.cloth.solver import ClothSolver
from toile.engine.cloth.system import build_system
from toile.engine.core.intersect import body_cloth_intersections, cloth_self_intersections, vertices_inside
from toile.garments.cloth_mesh import ClothMesh
from toile.garments.fabric import fabric

Row = Mapping[str, Any]
F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
_DT = 1.0 / 60.0
_FAR: tuple[F32, I32] = (
    np.array([[9, 9, 9], [9.1, 9, 9], [9, 9.1, 9], [9, 9, 9.1]], np.float32),
    np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32),
)


def free_fall(_keep: Path | None) -> Row:
    """A crumpled sheet falls and drifts: its centre of mass against g t (t + dt) / 2, its sideways momentum against the start's."""
    mesh = _sheet(0.2, 0.02, "cotton", 1.5)
    solver = _solver(mesh, *_FAR, air=0.0)
    rng = np.random.default_rng(1)
    v = (np.array([0.3, 0.0, 0.1]) + 0.05 * rng.normal(size=mesh.vertices.shape)).astype(np.float32)
    v[:, 1] -= float(np.average(v[:, 1], weights=solver.system.mass))
    solver.set_state(mesh.vertices, v)
    mass = solver.system.mass.astype(np.float64)
    before = mass @ v
    steps = 20
    for _ in range(steps):
        solver.advance(_DT, 9.81)
    time = steps * _DT
    fallen = 1.5 - float(mass @ solver.positions()[:, 1] / mass.sum())
    expected = 0.5 * 9.81 * time * (time + _DT)
    after = mass @ solver.velocities()
    return {"fallen_mm": round(1000 * fallen, 3), "error_percent": round(100 * (fallen / expected - 1), 3),
            "momentum_drift_percent": round(100 * float(np.abs(after - before)[[0, 2]].max() / np.abs(before).max()), 4)}  # fmt: skip


def energy(_keep: Path | None) -> Row:
    """A strained sheet let go without gravity: kinetic and elastic energy together never rise."""
    mesh = _sheet(0.3, 0.02, "cotton", 1.0)
    sheet = replace(build_sheet(mesh), weight=np.zeros(len(mesh.vertices)))
    rng = np.random.default_rng(2)
    x = (mesh.vertices + 0.002 * rng.normal(size=mesh.vertices.shape)).astype(np.float32)
    solver = _solver(mesh, *_FAR, air=0.0)
    solver.set_state(x, np.zeros_like(x))
    totals = [sheet_energy(x.astype(np.float64), sheet)]
    for _ in range(60):
        solver.advance(_DT, 0.0)
        v = solver.velocities().astype(np.float64)
        kinetic = 0.5 * float(sheet.mass @ (v**2).sum(1))
        totals.append(kinetic + sheet_energy(solver.positions().astype(np.float64), sheet))
    rises = np.diff(totals)
    return {"start_mj": round(1e3 * totals[0], 4), "end_mj": round(1e3 * totals[-1], 5),
            "greatest_rise_of_start_percent": round(100 * float(rises.max()) / totals[0], 4)}  # fmt: skip


def sphere(name: str, _keep: Path | None) -> Row:
    """A square of 60 cm falls on a ball of 30 cm that begins to turn once a second."""
    mesh = _sheet(0.6, 0.02, name, 1.0)
    start, faces = _ball(0.15, np.array([0.3, 0.84, -0.3]))
    solver = _solver(mesh, start, faces)
    tally = _Tally(mesh, faces)
    centre = start.mean(0)
    for step in range(150):
        turn = 2 * np.pi * max(0.0, (step - 45) * _DT)
        c, s = np.cos(turn), np.sin(turn)
        body = ((start - centre) @ np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]]) + centre).astype(np.float32)
        tally.advance(solver, body)
    return tally.row()


def funnel(name: str, _keep: Path | None) -> Row:
    """A disc of 44 cm falls into a funnel with a throat of 10 cm."""
    points, cloth_faces = fill(ring(0.22, 0.02), 0.02, 0.0, lambda p: np.asarray(np.hypot(*p.T) < 0.22))
    mesh = cloth_mesh(points, cloth_faces, fabric(name), height=1.0)
    body, faces = _revolved([(0.05, 0.55), (0.05, 0.7), (0.3, 0.96), (0.33, 0.96), (0.33, 0.55)])
    solver = _solver(mesh, body, faces)
    tally = _Tally(mesh, faces)
    for _ in range(150):
        tally.advance(solver, body)
    return tally.row()


def twist(name: str, _keep: Path | None) -> Row:
    """A strip of 16 x 40 cm, its ends held, is twisted by two turns in two seconds."""
    points, cloth_faces = strip(0.4, 0.16, 0.02)
    mesh = cloth_mesh(points, cloth_faces, fabric(name), height=1.0)
    ends = (points[:, 0] < 1e-9) | (points[:, 0] > 0.4 - 1e-9)
    system = build_system(mesh)
    heavy = np.where(ends, 10.0, system.mass).astype(
        np.float32
    )  # a held vertex follows what its velocity says
    solver = ClothSolver(
        replace(system, mass=heavy), mesh.faces, mesh.vertices, *_FAR, ClothSettings(air=0.0)
    )
    tally = _Tally(mesh, None)
    axis = np.array([0.0, 1.0, -0.08])
    for step in range(120):
        x, v = solver.positions(), solver.velocities()
        way = np.where(points[ends, 0] < 0.2, 1.0, -1.0) * 2 * np.pi * _DT / 2.0
        arm = x[ends] - axis
        c, s = np.cos(way), np.sin(way)
        turned = np.stack([arm[:, 0], c * arm[:, 1] - s * arm[:, 2], s * arm[:, 1] + c * arm[:, 2]], 1)
        pulled = np.where(points[ends, 0] < 0.2, 1.0, -1.0) * 0.0005
        turned[:, 0] += pulled * (step > 20)
        v[ends] = (turned - arm) / _DT
        solver.set_state(x, v.astype(np.float32))
        tally.advance(solver, None, gravity=0.0)
    return tally.row()


class _Tally:
    """Counts, frame by frame and by exact tests, what passes through what."""

    def __init__(self, mesh: ClothMesh, body_faces: I32 | None) -> None:
        self.mesh, self.body_faces = mesh, body_faces
        self.cloth = self.body = self.inside = self.refused = self.frames = 0
        self.before: F32 | None = None

    def advance(self, solver: ClothSolver, body: F32 | None, gravity: float = 9.81) -> None:
        """Take one step of 1/60 s and count."""
        before = body if self.before is None else self.before
        self._go(solver, before, body, 0.0, 1.0, gravity, 2)
        self.before = body
        self.frames += 1
        x = solver.positions()
        self.cloth += len(cloth_self_intersections(x, self.mesh.faces))
        if body is not None and self.body_faces is not None:
            self.body += len(body_cloth_intersections(x, self.mesh.faces, body, self.body_faces))
            self.inside += int(vertices_inside(x, body, self.body_faces).sum())

    def _go(
        self, solver: ClothSolver, before: F32 | None, body: F32 | None, a: float, b: float, gravity: float, halvings: int
    ) -> None:  # fmt: skip
        """Advance from a to b of a step; halve where it does not end clean, as `simulate` does."""
        if body is not None and before is not None:
            solver.set_body(((1.0 - b) * before + b * body).astype(np.float32))
        report = solver.advance((b - a) * _DT, gravity, zones=halvings == 0)
        if report.clean:
            return
        if halvings == 0:
            self.refused += 1
            return
        middle = 0.5 * (a + b)
        self._go(solver, before, body, a, middle, gravity, halvings - 1)
        self._go(solver, before, body, middle, b, gravity, halvings - 1)

    def row(self) -> Row:
        """Return the totals."""
        return {"frames": self.frames, "vertices": len(self.mesh.vertices), "cloth_cloth": self.cloth,
                "body_cloth": self.body, "inside_body": self.inside, "refused_steps": self.refused}  # fmt: skip


def _sheet(size: float, edge: float, name: str, height: float) -> ClothMesh:
    points, faces = strip(size, size, edge)
    return cloth_mesh(points, faces, fabric(name), height=height)


def _solver(mesh: ClothMesh, body: F32, faces: I32, **changes: Any) -> ClothSolver:
    return ClothSolver(build_system(mesh), mesh.faces, mesh.vertices, body, faces, ClothSettings(**changes))


def _ball(radius: float, centre: NDArray[np.float64], rows: int = 40, columns: int = 64) -> tuple[F32, I32]:
    angle = np.linspace(0, np.pi, rows + 1)[1:-1]
    profile = [(radius * float(np.sin(a)), -radius * float(np.cos(a))) for a in angle]
    v, f = _revolved(profile, columns, closed=False)
    poles = np.array([[0, -radius, 0], [0, radius, 0]], np.float32)
    last = (len(profile) - 1) * columns
    k = np.arange(columns)
    caps = [np.stack([np.full(columns, len(v)), (k + 1) % columns, k], 1),
            np.stack([np.full(columns, len(v) + 1), last + k, last + (k + 1) % columns], 1)]  # fmt: skip
    return (np.concatenate([v, poles]) + centre).astype(np.float32), np.concatenate([f, *caps]).astype(
        np.int32
    )


def _revolved(profile: list[tuple[float, float]], columns: int = 64, closed: bool = True) -> tuple[F32, I32]:
    """Return the surface of a profile (radius, height) turned round y; a closed one runs clockwise seen with y up, r right."""
    if closed:
        corners = np.array([*profile, profile[0]])
        fine = [np.linspace(a, b, max(2, int(np.hypot(*(b - a)) / 0.02)), endpoint=False) for a, b in itertools.pairwise(corners)]  # fmt: skip
        outline = np.concatenate(fine)
    else:
        outline = np.array(profile)
    angle = 2 * np.pi * np.arange(columns) / columns
    radius, height = outline.T
    v = np.stack([radius[:, None] * np.sin(angle), np.broadcast_to(height[:, None], (len(outline), columns)),
                  radius[:, None] * np.cos(angle)], 2).reshape(-1, 3)  # fmt: skip
    faces = []
    for i in range(len(outline) if closed else len(outline) - 1):
        p = i * columns + np.arange(columns)
        q = i * columns + (np.arange(columns) + 1) % columns
        up = columns * ((i + 1) % len(outline)) - i * columns
        faces += [np.stack([p, q, p + up], 1), np.stack([q, q + up, p + up], 1)]
    f = np.concatenate(faces)
    a, b, c = (v[f[:, k]] for k in range(3))
    if np.einsum("ij,ij->", a, np.cross(b, c)) < 0 and closed:
        f = f[:, [0, 2, 1]]
    return v.astype(np.float32), f.astype(np.int32)


MOTION_CASES: Mapping[str, Callable[[Path | None], Row]] = {
    "cloth/free-fall": free_fall,
    "cloth/energy": energy,
    **{f"cloth/sphere-{name}": partial(sphere, name) for name in ("silk", "cotton")},
    **{f"cloth/funnel-{name}": partial(funnel, name) for name in ("silk", "cotton")},
    **{f"cloth/twist-{name}": partial(twist, name) for name in ("silk", "cotton")},
}

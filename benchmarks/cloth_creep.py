"""A skirt on a body that stands: how far its waistband creeps in a minute, and how quiet the cloth comes to lie.

The body breathes and sways with a period of four seconds. Each vertex of the waist ring is compared with the point of the skin that was
nearest to it at the start: down, along the skin (around), and off it. Then the body holds its last pose, and the kinetic energy is read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Row = Mapping[str, Any]
F32 = NDArray[np.float32]
PERIOD = 4.0  # s, of standing
FPS = 30
EDGE = 0.028  # m
STILL = 4  # s, after the minute


def creep(seconds: int, keep: Path | None) -> Row:
    """Stand for so many seconds in an A-line skirt of cotton; a line a second goes to `creep.jsonl` of a kept folder."""
    from toile.avatars.flesh import YieldingMotion
    from toile.avatars.motion import make_motion
    from toile.engine.cloth.collider import collider_faces, grip_of
    from toile.engine.cloth.settings import ClothSettings
    from toile.engine.cloth.simulate import drape
    from toile.engine.cloth.solver import ClothSolver
    from toile.engine.cloth.system import build_system

    cloth, avatar = _skirt()
    motion = YieldingMotion(make_motion(avatar, "stand", 2 * PERIOD, FPS))
    poses: dict[int, F32] = {}

    def body(half: int) -> F32:
        """Return the body at half frames since frame 0."""
        k = half % round(2 * FPS * PERIOD) if half >= 0 else half
        if k not in poses:
            poses[k] = motion.vertices_at(0.5 * k)
        return poses[k]

    faces, part = np.asarray(motion.rig.faces, np.int32), motion.part_of_vertex
    settings, system = ClothSettings(threads=1), build_system(cloth)
    first = -2 * motion.lead_in
    collider = collider_faces(body(0), faces, part, motion.rig)
    solver = ClothSolver(system, cloth.faces, cloth.vertices, body(first), collider, settings)
    solver.set_grip(grip_of(collider, part, settings.hand_grip))
    rest = drape(cloth, body(first), faces, settings)
    solver.set_state(rest.vertices, rest.velocities)
    refused = sum(not _step(solver, body(k + 1)) for k in range(first, 0))
    slip = _Slip(cloth.loops["skirt/waist"], solver.positions(), body(0), faces)
    mass = system.mass.astype(np.float64)
    row: dict[str, Any] = {}
    for second in range(seconds + STILL):
        moving: Callable[[int], F32] = body if second < seconds else lambda _: body(2 * FPS * seconds)
        for k in range(2 * FPS * second, 2 * FPS * (second + 1)):
            refused += not _step(solver, moving(k + 1))
        v = solver.velocities().astype(np.float64)
        kinetic = 0.5 * float(mass @ (v**2).sum(axis=1))
        row = {
            "seconds": second + 1,
            **slip.row(solver.positions(), moving(2 * FPS * (second + 1))),
            "kinetic_uj": round(1e6 * kinetic, 4),
            "rms_mm_s": round(1e3 * float(np.sqrt(2.0 * kinetic / mass.sum())), 3),
            "refused_steps": refused,
        }
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            with (keep / "creep.jsonl").open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(row) + "\n")
    return {**row, "vertices": len(cloth.vertices), "grams": round(1e3 * float(mass.sum()), 1)}


class _Slip:
    """How far a ring has moved against the skin that it lay on."""

    def __init__(self, ring: NDArray[np.int32], x: F32, body: F32, faces: NDArray[np.int32]) -> None:
        from toile.engine.core.intersect import signed_distance

        self.ring, self.faces = ring, faces
        self.under = signed_distance(x[ring], body, faces)[1]
        self.start = x[ring] - self._skin(body)

    def _skin(self, body: F32) -> F32:
        return body[self.faces[self.under]].mean(axis=1)

    def row(self, x: F32, body: F32) -> Row:
        """Return the slip [mm]: down in the mean and at the worst vertex, around in the mean, and the farthest of all."""
        moved = 1e3 * (x[self.ring] - self._skin(body) - self.start).astype(np.float64)
        flat = x[self.ring].astype(np.float64) - x[self.ring].mean(axis=0)
        way = np.stack([flat[:, 2], 0.0 * flat[:, 1], -flat[:, 0]], axis=1)
        around = (moved * way).sum(axis=1) / np.linalg.norm(way, axis=1)
        return {
            "down_mm": round(-float(moved[:, 1].mean()), 3),
            "worst_height_mm": round(float(np.abs(moved[:, 1]).max()), 3),
            "around_mm": round(float(around.mean()), 3),
            "farthest_mm": round(float(np.linalg.norm(moved, axis=1).max()), 3),
        }


def _step(solver: Any, body: F32) -> bool:
    """Advance by half a frame to a body; return whether that ended clean."""
    solver.set_body(body)
    return bool(solver.advance(0.5 / FPS, solver.settings.gravity, zones=True).clean)


def _skirt() -> tuple[Any, Any]:
    from toile.garments.drafting import draft
    from toile.garments.placement import dress
    from toile.garments.resolve import resolve
    from toile.garments.spec import request_from_json
    from toile.studio import make_avatar

    wearer = {"height_cm": 168.0, "weight_kg": 60.0}
    garment = {"category": "skirt", "silhouette": "a_line", "fabric": "cotton"}
    request = request_from_json(json.dumps({"garments": [garment], "wearer": {"sex": "female", **wearer}}))
    avatar = make_avatar(wearer, "female")
    pattern = draft(resolve(request).garments, avatar.figure.measurements)
    return dress(pattern, avatar.figure, EDGE), avatar


CASES = {"cloth/creep": partial(creep, 60)}

"""A light garment walks with fewer or more Newton steps, with and without a sweep before them, beside the same walk solved much further.

`python -m benchmarks solver/walk`. One step tells little about a garment: what a step leaves undone adds up. So each variant begins from one
drape and follows 0.6 s of a walk; its frames are compared with those of 16 Newton steps of 60 iterations. The sweep is vertex block
descent on inertia and the membrane (`step_kernels.sweep`), once from the prediction: the cheapest that helped in `solver/dress-…`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.frozen_step import membrane_sweep
from benchmarks.solver_methods import sewn
from toile.engine.cloth import simulate as simulation
from toile.engine.cloth.settings import ClothSettings
from toile.engine.cloth.solver import ClothSolver

Row = Mapping[str, Any]
F32 = NDArray[np.float32]
EDGE, SECONDS, FPS = 0.02, 0.6, 30.0
GARMENTS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "silk-dress": (
        {
            "category": "dress",
            "silhouette": "a_line",
            "fabric": "silk",
            "length": "midi",
            "sleeve": "sleeveless",
        },
    ),
    "satin-skirt": ({"category": "skirt", "silhouette": "half_circle", "fabric": "satin", "length": "midi"},),
}
CONVERGED = ClothSettings(newton_least=16, newton_steps=16, pcg_iterations=60, pcg_tolerance=1e-3)
VARIANTS: Mapping[str, tuple[ClothSettings, bool]] = {
    "8": (ClothSettings(newton_steps=8), False),
    "sweep+8": (ClothSettings(newton_steps=8), True),
    "6": (ClothSettings(newton_steps=6), False),
    "sweep+6": (ClothSettings(newton_steps=6), True),
    "4": (ClothSettings(newton_steps=4), False),
    "sweep+4": (ClothSettings(newton_steps=4), True),
}


class Sweeping(ClothSolver):
    """The solver with a sweep over inertia and the membrane before the first Newton step."""

    def advance(self, dt: float, *args: Any, **kwargs: Any) -> Any:
        """Advance; the first Newton step of it begins with the sweep."""
        self._due: float | None = dt
        return super().advance(dt, *args, **kwargs)

    def _newton(self, *args: Any, **kwargs: Any) -> None:
        dt, self._due = self._due, None
        if dt is not None:
            if not hasattr(self, "_sweep"):
                self._sweep = membrane_sweep(self)
            self._sweep(1.0 / (dt * dt))
        super()._newton(*args, **kwargs)


def walks(name: str, _keep: Path | None) -> Row:
    """Processor time; mean distance [mm] to the converged walk; mean angle between neighbouring triangles; worst p99 of strain."""
    from toile.avatars.flesh import YieldingMotion
    from toile.avatars.motion import make_motion

    cloth, avatar = sewn(GARMENTS[name], EDGE)
    motion = YieldingMotion(make_motion(avatar, "catwalk", SECONDS, FPS))
    start = simulation.drape(cloth, motion.vertices_at(-motion.lead_in), motion.rig.faces, replace(CONVERGED, newton_steps=8, newton_least=8))  # fmt: skip
    reference, _ = _walk(cloth, motion, start, CONVERGED, False)
    row: dict[str, Any] = {
        "vertices": len(cloth.vertices),
        "converged": _cell(cloth, reference, reference, None),
    }
    for label, (settings, sweeps) in VARIANTS.items():
        frames, seconds = _walk(cloth, motion, start, settings, sweeps)
        row[label] = _cell(cloth, frames, reference, seconds)
    return row


def _walk(cloth: Any, motion: Any, start: Any, settings: ClothSettings, sweeps: bool) -> tuple[F32, float]:
    plain = ClothSolver
    setattr(simulation, "ClothSolver", Sweeping if sweeps else plain)  # noqa: B010
    began = time.process_time()
    try:
        frames = simulation.simulate(cloth, motion, settings, start=start).cloth_vertices
    finally:
        setattr(simulation, "ClothSolver", plain)  # noqa: B010
    return frames, time.process_time() - began


def _cell(cloth: Any, frames: F32, reference: F32, seconds: float | None) -> str:
    from toile.engine.cloth.energy import deformation, rest_shape

    inverse, _ = rest_shape(cloth.panel_uv)
    strains = [np.linalg.norm(deformation(x, cloth.faces, inverse), axis=1).max(1) - 1.0 for x in frames]
    p99 = max(float(np.percentile(e, 99)) for e in strains)
    angle = float(np.mean([_angle(x, cloth.faces) for x in frames]))
    off = 1e3 * float(np.linalg.norm(frames - reference, axis=2).mean())
    spent = "" if seconds is None else f"{seconds:.1f} s / {off:.0f} mm / "
    return f"{spent}{angle:.2f} deg / {100 * p99:.2f} %"


def _angle(x: F32, faces: NDArray[np.int32]) -> float:
    """Return the mean angle [degrees] between the normals of triangles that share an edge."""
    from toile.engine.core.mesh import face_normals, unique_edges

    _, sides = unique_edges(faces)
    sides = sides[sides[:, 1] >= 0]
    n = face_normals(x.astype(np.float64), faces)
    n = n / np.linalg.norm(n, axis=1, keepdims=True)
    return float(np.degrees(np.arccos(np.clip((n[sides[:, 0]] * n[sides[:, 1]]).sum(1), -1, 1))).mean())


CASES: Mapping[str, Callable[[Path | None], Row]] = {
    f"solver/walk-{name}": partial(walks, name) for name in GARMENTS
}

"""How far the buttons of a look stand open: the distance between both ends of every tie of its pattern, over all frames."""

from __future__ import annotations

from typing import Any

import numpy as np

from toile.engine.core.simulation import Simulation
from toile.garments.pattern import Pattern

ON_PLACE = 1.0e-4
"""A vertex this near [m] to a tie's place on the flat panel is its end."""


def measure_closures(simulation: Simulation, pattern: Pattern) -> list[dict[str, Any]]:
    """Return for every tie the length of its thread and the worst distance of its ends [mm], with its frame; `sewn`: it has no end of
    its own, as where fronts that could not be laid on one another stay sewn shut."""
    names = [panel.name for panel in pattern.panels]
    rows: list[dict[str, Any]] = []
    for tie in pattern.ties:
        ends = [_vertex(simulation, pattern, names.index(name), tie.at) for name in (tie.upper, tie.lower)]
        row: dict[str, Any] = {
            "tie": tie.name,
            "upper": tie.upper,
            "length_mm": round(1000.0 * tie.length, 2),
        }
        if ends[0] is None or ends[1] is None or ends[0] == ends[1]:
            rows.append({**row, "sewn": True})
            continue
        one, other = (simulation.cloth_vertices[:, end].astype(np.float64) for end in (ends[0], ends[1]))
        apart = np.linalg.norm(one - other, axis=1)
        worst = int(apart.argmax())
        rows.append(
            {**row, "sewn": False, "worst_mm": round(1000.0 * float(apart[worst]), 3), "worst_frame": worst}
        )
    return rows


def _vertex(simulation: Simulation, pattern: Pattern, panel: int, at: tuple[float, float]) -> int | None:
    """Return the vertex of the cloth at a place of a flat panel, None where none is near."""
    warp = np.asarray(pattern.panels[panel].grain, np.float64)
    warp /= np.linalg.norm(warp)
    place = np.array([at[0] * warp[1] - at[1] * warp[0], at[0] * warp[0] + at[1] * warp[1]])
    mine = simulation.panel_of_face == panel
    uv = simulation.cloth_panel_uv[mine].reshape(-1, 2).astype(np.float64)
    away = np.linalg.norm(uv - place, axis=1)
    best = int(away.argmin()) if len(away) else -1
    if best < 0 or away[best] > ON_PLACE:
        return None
    return int(simulation.cloth_faces[mine].ravel()[best])

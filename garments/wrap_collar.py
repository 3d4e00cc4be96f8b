"""Wrap collars on the neckline: a stand, a tube or a rib rises from the seam that joins it to the neck.

A vertex at a distance h from the sewn edge lies h along the neck's axis from the point of the seam that it is nearest
to on the flat; the ring is scaled about its middle as the panel's rows shorten or lengthen.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toile.garments.form import Form
from toile.garments.meshing import PanelMesh
from toile.garments.pattern import Panel

F64 = NDArray[np.float64]


def place_collar(panel: Panel, mesh: PanelMesh, known: NDArray[np.bool_], target: F64, form: Form) -> F64:
    """Return positions [m] of a collar's vertices, shape (n, 3).

    Args:
        panel, mesh: the collar.
        known (n,), target (n, 3): which of its vertices are sewn to something that is placed already, and where that is.
    """
    base, along, seam = _seam(panel, mesh, known, target)
    ring = base.mean(axis=0)
    axis = form.figure.joints["head"].astype(np.float64) - form.figure.joints["neck"].astype(np.float64)
    axis /= np.linalg.norm(axis)
    distance, fraction = _to_polyline(mesh.points, seam, along)
    at = np.stack([np.interp(fraction, along / along[-1], base[:, k]) for k in range(3)], axis=1)
    radial = at - ring
    radial -= (radial @ axis)[:, None] * axis
    reach = np.linalg.norm(radial, axis=1)
    outer = [e for e in panel.edges if e.name == "top"]
    change = sum(e.length for e in outer) / along[-1] - 1.0 if outer else 0.0
    scale = change * distance / max(float(distance.max()), 1e-9)
    moved = np.abs(scale) * reach
    rise = np.sqrt(np.maximum(distance**2 - moved**2, (0.6 * distance) ** 2))
    placed: F64 = at + scale[:, None] * radial + rise[:, None] * axis
    return placed


def _seam(panel: Panel, mesh: PanelMesh, known: NDArray[np.bool_], target: F64) -> tuple[F64, F64, F64]:
    """Return the sewn edge: where it lies [m] (m, 3), the length walked on the flat (m,), and its flat points (m, 2)."""
    runs = [mesh.edge_vertices[e.name] for e in panel.edges if bool(known[mesh.edge_vertices[e.name]].all())]
    first = next((k for k, run in enumerate(runs) if all(run[0] != other[-1] for other in runs)), 0)
    runs = runs[first:] + runs[:first]
    chain = np.concatenate([runs[0][:1], *(run[1:] for run in runs)])
    flat = mesh.points[chain]
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(flat, axis=0), axis=1))])
    return target[chain], along, flat


def _to_polyline(points: F64, line: F64, along: F64) -> tuple[F64, F64]:
    """Return each point's distance [m] from a polyline and how far along it its foot lies, 0 to 1."""
    a, step = line[:-1], np.diff(line, axis=0)
    square = (step * step).sum(axis=1)
    t = np.clip(((points[:, None] - a) * step).sum(axis=2) / np.maximum(square, 1e-16), 0.0, 1.0)
    feet = a + t[..., None] * step
    away = np.linalg.norm(points[:, None] - feet, axis=2)
    best = away.argmin(axis=1)
    row = np.arange(len(points))
    foot = along[best] + t[row, best] * np.diff(along)[best]
    return away[row, best], foot / along[-1]

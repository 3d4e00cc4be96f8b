"""Wrap the halves of a hood round the head: each lies in planes beside it, and closes over it towards the seam.

A vertex keeps its place fore and aft and up, stretched so that the seam passes before the back and over the top of the head; sideways
it stands as a quarter of an ellipse does, by its distance from the seam, out to beyond the ears.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from toile.engine.core.body import PARTS
from toile.garments.form import Form
from toile.garments.meshing import PanelMesh
from toile.garments.pattern import Panel

F64 = NDArray[np.float64]

ROOM = 0.016
"""Distance [m] of the hood from the head at its back, top and sides."""


def place_hood(panel: Panel, mesh: PanelMesh, known: NDArray[np.bool_], target: F64, form: Form) -> F64:
    """Return positions [m] of a half hood's vertices, shape (n, 3).

    Args:
        panel, mesh: the half hood.
        known (n,), target (n, 3): which of its vertices are sewn to something that is placed already, and where that is.
    """
    figure = form.figure
    head = figure.vertices[figure.part_of_vertex == PARTS.index("head")].astype(np.float64)
    side = 1.0 if panel.placement.wrap == "left" else -1.0
    back, up = side * mesh.points[:, 0], mesh.points[:, 1]
    front_foot = target[known][back[known].argmin()]
    low, high = float(front_foot[1]), float(head[:, 1].max()) + ROOM
    y = low + up * (high - low) / float(up.max())
    rear = float(head[:, 2].min()) - ROOM
    z = float(front_foot[2]) - back * (float(front_foot[2]) - rear) / float(back.max())
    half = float(np.abs(head[:, 0]).max()) + ROOM
    seam = np.concatenate([e.points for e in panel.edges if e.name == "centre"])
    away, _ = cKDTree(seam).query(mesh.points)
    inner = np.clip(1.0 - away / (1.25 * half), 0.0, 1.0)
    x = side * half * np.sqrt(1.0 - inner**2)
    placed = np.stack([x, y, z], axis=1)
    near, weight = cKDTree(mesh.points[known]).query(mesh.points)[::-1]
    pull = np.clip(1.0 - weight / 0.12, 0.0, 1.0)[:, None]
    pull = pull * pull * (3 - 2 * pull)
    moved = (target - placed)[known][near]
    return np.asarray(placed + pull * moved)

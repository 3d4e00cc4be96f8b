"""Lay lapped fronts on one another: the garment is first laid round the body closed, then its fronts are parted and reach over.

Both fronts have the coordinates of one whole front (`blocks_lap`), so a point past the centre lies where the other front has the same
coordinates, a few millimetres before it (the upper front) or behind it (the lower one). The two part gradually: below the head of
the opening, where their corners are held together, and beside the stands.
"""

from __future__ import annotations

import numpy as np

from toile.engine.core.mesh import vertex_normals
from toile.garments.blocks_lap import HEAD, is_lapped, own_side, stand_of, twin
from toile.garments.curves import F64
from toile.garments.meshing import SewnMesh, mesh_pattern, sew
from toile.garments.pattern import Panel, Pattern

GAPS = (0.0022, 0.0050)
"""Distances [m] at which the fronts are laid on one another, the next where they cross at the one before: wide cloth bends sharply.
No more than the ties' length at first, so that they do not pull the two layers into opposite folds."""
BESIDE, UNDER = 0.040, 0.015
"""Over what way [m] the fronts part, beside a stand and below the head of the opening."""


def lay_laps(
    pattern: Pattern, shut: SewnMesh, laid: F64, edge_length: float, gap: float
) -> tuple[SewnMesh, F64]:
    """Return the sewn mesh of a pattern with lapped fronts, and where its vertices lie [m] (N, 3).

    Args:
        shut: the mesh of the same pattern with its fronts sewn shut (`blocks_lap.closed`); laid: its vertices [m].
        gap: distance of the fronts [m].
    """
    sewn = sew(pattern, mesh_pattern(pattern, edge_length))
    index = {panel.name: i for i, panel in enumerate(pattern.panels)}
    fronts = [i for i, panel in enumerate(pattern.panels) if is_lapped(panel)]
    normals = vertex_normals(laid, shut.faces[np.isin(shut.panel_of_face, fronts)])
    upper = {tie.upper for tie in pattern.ties}
    total, count = np.zeros((sewn.vertex_count, 3)), np.zeros(sewn.vertex_count)
    for i, panel in enumerate(pattern.panels):
        ids = sewn.weld[sewn.start[i] : sewn.start[i + 1]]
        if i in fronts:
            points = sewn.panels[i].points
            placed, up = np.zeros((len(points), 3)), np.zeros((len(points), 3))
            past = own_side(panel) * points[:, 0] < 0.0
            for k, chosen in ((i, ~past), (index[twin(panel.name)], past)):
                corner, weight = _found(shut, k, points[chosen])
                at = shut.weld[corner + shut.start[k]]
                placed[chosen] = np.einsum("nk,nkd->nd", weight, laid[at])
                up[chosen] = np.einsum("nk,nkd->nd", weight, normals[at])
            up /= np.maximum(np.linalg.norm(up, axis=1, keepdims=True), 1e-12)
            above = panel.name in upper or (not _tied(pattern, panel) and _over(pattern, panel, upper))
            placed += (gap * _parting(panel, points) * (0.5 if above else -0.5))[:, None] * up
        else:
            placed = laid[shut.weld[shut.start[i] : shut.start[i + 1]]]
        np.add.at(total, ids, placed)
        np.add.at(count, ids, 1.0)
    return sewn, total / count[:, None]


def _tied(pattern: Pattern, panel: Panel) -> bool:
    return any(panel.name in (tie.upper, tie.lower) for tie in pattern.ties)


def _over(pattern: Pattern, panel: Panel, upper: set[str]) -> bool:
    """Whether a half without a button, as a short hem rib is, belongs to the side that lies above."""
    side = panel.placement.wrap.split("_")[0]
    mine = [p for p in pattern.panels if p.name in upper and p.garment == panel.garment]
    return any(p.placement.wrap.startswith(side) for p in mine)


def _parting(panel: Panel, points: F64) -> F64:
    """Return by which share of its whole way each point of a front moves away from the other."""
    beside = own_side(panel) * points[:, 0] - stand_of(panel)
    share = 1.0 - _smooth(beside / BESIDE)
    heads = [e.points for e in panel.edges if e.name == HEAD]
    if heads:
        top = float(heads[0][:, 1].max())
        share = share * _smooth((top - points[:, 1]) / UNDER)
    return share


def _smooth(t: F64) -> F64:
    t = np.clip(t, 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def _found(shut: SewnMesh, panel: int, points: F64) -> tuple[F64, F64]:
    """Return the corners (n, 3) of the triangle of a flat panel that each point lies in, or is nearest to, and their weights."""
    mesh = shut.panels[panel]
    a, b, c = (mesh.points[mesh.faces[:, k]] for k in range(3))
    det = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    x, y = points[:, None, 0] - a[:, 0], points[:, None, 1] - a[:, 1]
    second = (x * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * y) / det
    third = ((b[:, 0] - a[:, 0]) * y - x * (b[:, 1] - a[:, 1])) / det
    weights = np.stack([1.0 - second - third, second, third], axis=2)
    best = weights.min(axis=2).argmax(axis=1)
    chosen = np.maximum(weights[np.arange(len(points)), best], 0.0)
    return mesh.faces[best], chosen / chosen.sum(axis=1, keepdims=True)

"""Turn collars and lapels over: from the seam at which they are pressed, back down the right side of what they are sewn to.

A vertex of such a panel is a distance and a direction from its sewn edge on the flat. On the body it walks that distance from
the same point of the seam, starting into the cloth that it is sewn to, a few millimetres at a time, always GAP before that
cloth (a little less near the seam, where the two meet). So a fall starts folded over its stand, a lapel over its front.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.intersect import cloth_self_intersections
from toile.garments.form import Form
from toile.garments.meshing import PanelMesh, SewnMesh
from toile.garments.obstacles import Obstacle
from toile.garments.pattern import Pattern
from toile.garments.settle import GAP

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

OVER = 0.0055
"""Distance [m] of a turned panel from the cloth that it lies on."""
LIFT, LIFTS = 0.002, 10
"""How much farther [m] it is laid where it crosses, and how often at most."""
STRIDE = 0.004


def turn_over(
    pattern: Pattern, sewn: SewnMesh, base: Sequence[int], over: Sequence[int], vertices: F64, form: Form
) -> F64:  # fmt: skip
    """Return welded vertices [m] (N, 3) with the turned panels of a garment laid over the rest of it.

    Where a triangle crosses what it lies on, between its corners, it is laid farther off, and its neighbours less so.
    """
    faces = sewn.faces[np.isin(sewn.panel_of_face, [*base, *over])]
    turned = np.isin(sewn.panel_of_face[np.isin(sewn.panel_of_face, [*base, *over])], over)
    gap = np.full(len(vertices), OVER)
    laid = vertices
    for _ in range(LIFTS):
        laid = place_over(pattern, sewn, base, over, vertices, form, gap)
        pairs = cloth_self_intersections(laid, faces)
        if not len(pairs):
            break
        crossing = np.zeros(len(faces), dtype=bool)
        crossing[pairs.ravel()] = True
        lift = np.zeros(len(vertices))
        lift[faces[crossing & turned]] = LIFT
        beside = (lift[faces].max(axis=1) > 0.0) & turned
        np.maximum.at(lift, faces[beside].ravel(), 0.5 * LIFT)
        gap = gap + lift
    return laid


def place_over(
    pattern: Pattern, sewn: SewnMesh, base: Sequence[int], over: Sequence[int], vertices: F64, form: Form, gap: F64
) -> F64:  # fmt: skip
    """Return welded vertices [m] (N, 3) with the turned panels of a garment laid over the rest of it.

    Args:
        base: the garment's panels that are placed already; over: those to turn.
        gap (N,): distance [m] of a turned vertex from what it lies on.
    """
    faces = sewn.faces[np.isin(sewn.panel_of_face, base)]
    known = np.zeros(len(vertices), dtype=bool)
    known[faces] = True
    cloth = Obstacle(vertices, faces, closed=False)
    body = Obstacle(form.figure.vertices.astype(np.float64), form.figure.faces, closed=True)
    inward = _inward(vertices, faces)
    total, count = np.zeros_like(vertices), np.zeros(len(vertices))
    for i in over:
        ids = sewn.weld[sewn.start[i] : sewn.start[i + 1]]
        start, direction, distance = _rays(sewn.panels[i], pattern, i, ids, known, vertices, inward)
        placed = _walk(start, direction, distance, cloth, body, gap[ids])
        free = ~known[ids]
        np.add.at(total, ids[free], placed[free])
        np.add.at(count, ids[free], 1.0)
    laid = vertices.copy()
    new = count > 0
    laid[new] = total[new] / count[new, None]
    return laid


def _inward(vertices: F64, faces: I32) -> F64:
    """Return at each vertex on the border of a mesh the unit direction into it, at right angles to the border."""
    half = np.concatenate([faces[:, [0, 1, 2]], faces[:, [1, 2, 0]], faces[:, [2, 0, 1]]])
    key = np.sort(half[:, :2], axis=1).astype(np.int64) @ np.array([len(vertices), 1])
    _, inverse, count = np.unique(key, return_inverse=True, return_counts=True)
    border = half[count[inverse] == 1]
    along = vertices[border[:, 1]] - vertices[border[:, 0]]
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
    into = vertices[border[:, 2]] - vertices[border[:, 0]]
    into -= (into * along).sum(axis=1, keepdims=True) * along
    into /= np.maximum(np.linalg.norm(into, axis=1, keepdims=True), 1e-12)
    total = np.zeros_like(vertices)
    for end in (0, 1):
        np.add.at(total, border[:, end], into)
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)


def _rays(
    mesh: PanelMesh, pattern: Pattern, panel: int, ids: I32, known: NDArray[np.bool_], vertices: F64, inward: F64
) -> tuple[F64, F64, F64]:  # fmt: skip
    """Return where each vertex's walk starts (n, 3), which way it goes (n, 3), and how far [m] (n,)."""
    runs = [
        mesh.edge_vertices[e.name]
        for e in pattern.panels[panel].edges
        if bool(known[ids[mesh.edge_vertices[e.name]]].all())
    ]
    first = next((k for k, run in enumerate(runs) if all(run[0] != other[-1] for other in runs)), 0)
    runs = runs[first:] + runs[:first]
    chain = np.concatenate([runs[0][:1], *(run[1:] for run in runs)])
    flat, space = mesh.points[chain], vertices[ids[chain]]
    step = np.diff(flat, axis=0)
    square = np.maximum((step * step).sum(axis=1), 1e-16)
    t = np.clip(((mesh.points[:, None] - flat[:-1]) * step).sum(axis=2) / square, 0.0, 1.0)
    away = mesh.points[:, None] - (flat[:-1] + t[..., None] * step)
    best = np.linalg.norm(away, axis=2).argmin(axis=1)
    row = np.arange(len(mesh.points))
    t, away = t[row, best], away[row, best]
    unit = step[best] / np.sqrt(square[best])[:, None]
    side = np.stack([-unit[:, 1], unit[:, 0]], axis=1)  # into the panel, left of the outline's sense
    forward, deep = (away * unit).sum(axis=1), (away * side).sum(axis=1)
    start = space[best] * (1 - t[:, None]) + space[best + 1] * t[:, None]
    into = inward[ids[chain]]
    into = into[best] * (1 - t[:, None]) + into[best + 1] * t[:, None]
    along = space[best + 1] - space[best]
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
    into -= (into * along).sum(axis=1, keepdims=True) * along
    into /= np.maximum(np.linalg.norm(into, axis=1, keepdims=True), 1e-12)
    direction = forward[:, None] * along + deep[:, None] * into
    distance = np.linalg.norm(away, axis=1)
    return start, direction / np.maximum(distance, 1e-9)[:, None], distance


def _walk(start: F64, direction: F64, distance: F64, cloth: Obstacle, body: Obstacle, gap: F64) -> F64:
    """Return where walks end that keep before the cloth; where there is no cloth below they go straight on."""
    x, ahead = start.copy(), direction.copy()
    walked = np.zeros(len(x))
    for _ in range(int(np.ceil(distance.max() / STRIDE))):
        move = np.minimum(STRIDE, distance - walked)
        walked += move
        x = x + move[:, None] * ahead
        wanted = np.minimum(gap, 0.45 * walked)
        closest, normal, near = cloth.nearest(x)
        rel = x - closest
        height = (rel * normal).sum(axis=1)
        beside = np.linalg.norm(rel - height[:, None] * normal, axis=1)
        on = near & (beside < 0.002 + 0.35 * np.abs(height)) & (walked > 0)
        x = np.where(on[:, None], x + (wanted - height)[:, None] * normal, x)
        turned = ahead - (ahead * normal).sum(axis=1, keepdims=True) * normal
        length = np.linalg.norm(turned, axis=1, keepdims=True)
        ahead = np.where(on[:, None] & (length > 0.2), turned / np.maximum(length, 1e-9), ahead)
        x = np.where((walked > 0)[:, None], body.clear(x, GAP), x)
    return x

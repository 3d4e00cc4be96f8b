"""Wrap pleated panels round the trunk: a row of cloth goes there and back along the tape, its layers in order.

Walked across a row, the place u along the tape runs on with the cloth and turns back at every fold; the height r over
the innermost layer is that of the fold there (outer: the whole stack, inner: none) and linear between folds. For knife
pleats every visible run then rises from inner to outer fold like a shingle, and every run below returns more steeply:
with pitch P and runs of lengths s and s - P they meet only in their folds. Box pleats lie flat on their returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from toile.garments.form import Form, on_closed
from toile.garments.pattern import Panel
from toile.garments.pieces import Piece, front_share, row_extents
from toile.garments.wrap_trunk import Tube, base_offset, ladder, ring_fraction, trunk_curves, tube_of

F64 = NDArray[np.float64]

LAYER_STEP = 0.0045
"""Height [m] of one layer of folded cloth over the next at the start."""
APART = 0.002
"""What each of two outer folds that meet keeps back [m]."""


def is_pleated(panel: Panel) -> bool:
    """Whether a panel has folds that take up its width."""
    return any(fold.kind == "outer" for fold in panel.folds)


@dataclass(frozen=True)
class Rows:
    """Fold lines of a panel row by row: x, u and r [m] at every knot, shape (R, K), and the rows' y ascending (R,)."""

    y: F64
    x: F64
    u: F64
    r: F64

    @property
    def width(self) -> F64:
        """How far [m] a folded row reaches along the tape, shape (R,)."""
        return np.asarray(self.u[:, -1] - self.u[:, 0])


def fold_rows(piece: Piece, stack: float, count: int = 80) -> Rows:
    """Return where the folds of a panel lie, flat and folded; `stack`: height [m] of the folded cloth."""
    folds = [fold for fold in piece.panel.folds if fold.kind in ("outer", "inner")]
    folds.sort(key=lambda fold: float(fold.points[:, 0].mean()))
    y = np.linspace(piece.mesh.points[:, 1].min(), piece.mesh.points[:, 1].max(), count)
    full = float(_top(piece)[:, 1].min()) - 1e-3  # above it a row is only a part of the panel
    low, high = row_extents(piece.mesh, np.clip(y, y[0] + 1e-4, min(full, y[-1] - 0.01)))
    inner = []
    for fold in folds:
        line = fold.points if fold.points[0, 1] < fold.points[-1, 1] else fold.points[::-1]
        inner.append(np.interp(y, line[:, 1], line[:, 0]))
    x = np.stack([low, *inner, high], axis=1)
    way = np.cumprod([1.0, *[-1.0] * len(folds)])
    u = np.concatenate([np.zeros((count, 1)), np.cumsum(way * np.diff(x, axis=1), axis=1)], axis=1)
    r = np.zeros_like(u)
    for k, fold in enumerate(folds):
        if fold.kind == "outer":
            r[:, k + 1] = stack
            u[:, k + 1] -= way[k] * APART
    return Rows(y, x, u, r)


def place_pleats(pieces: Sequence[Piece], form: Form) -> list[F64]:
    """Return positions [m] of the vertices of pleated panels, folded and laid round the trunk."""
    ratio = max(_fullness(piece) for piece in pieces)
    stack = LAYER_STEP * float(np.ceil(ratio))
    rows = [fold_rows(piece, stack) for piece in pieces]
    tops = [_top(piece) for piece in pieces]
    seam = min(float(top[:, 1].min()) for top in tops)
    laid = []
    for piece, top in zip(pieces, tops, strict=True):
        down = np.interp(piece.mesh.points[:, 0], top[:, 0], top[:, 1]) - piece.mesh.points[:, 1]
        laid.append(replace(piece, level=seam - piece.panel.placement.y - down))
    levels = ladder(laid)
    widths = {front: np.zeros(len(levels)) for front in (True, False)}
    for piece, row in zip(pieces, rows, strict=True):
        widths[piece.front] += np.interp(levels + piece.panel.placement.y, row.y, row.width)
    length = widths[True] + widths[False]
    share = front_share(widths[True], widths[False])
    least = max(base_offset(p) for p in pieces) + 0.5 * stack
    top_height = form.height(pieces[0].panel.placement.landmark) + levels[-1]
    tube = tube_of(levels, length, share, form, least, top_height)
    placed = []
    for piece, row in zip(laid, rows, strict=True):
        across, height = _folded(piece, row)
        at = np.interp(piece.level, tube.levels, tube.share)
        fraction = ring_fraction(piece.panel.placement.wrap, across, at)
        placed.append(lay(form, tube, piece.level, fraction, height - 0.5 * stack))
    return placed


def lay(form: Form, tube: Tube, level: F64, fraction: F64, height: F64, reach: float = 0.02) -> F64:
    """Return positions [m] on a tube, `height` [m] outside it."""
    on = on_closed(trunk_curves(form.trunk, tube), tube.levels, level, fraction)
    outer = replace(tube, offsets=tube.offsets + reach)
    out = on_closed(trunk_curves(form.trunk, outer), tube.levels, level, fraction)
    return np.asarray(on + (height / reach)[:, None] * (out - on))


def _fullness(piece: Piece) -> float:
    rows = fold_rows(piece, 0.0)
    return float((np.abs(np.diff(rows.x, axis=1)).sum(axis=1) / np.maximum(rows.width, 1e-6)).max())


def _top(piece: Piece) -> F64:
    """Return the turn points [m] along a panel's top, x ascending, shape (n, 2)."""
    ends = np.concatenate(
        [e.points for e in piece.panel.edges if e.name.startswith(("waist", "top", "pleat"))]
    )
    return ends[np.argsort(ends[:, 0], kind="stable")]


def _folded(piece: Piece, rows: Rows) -> tuple[F64, F64]:
    """Return each vertex's place across the folded panel, 0 to 1, and its height r [m] in the stack."""
    points = piece.mesh.points
    row = np.clip((points[:, 1] - rows.y[0]) / (rows.y[1] - rows.y[0]), 0.0, len(rows.y) - 1.001)
    below = row.astype(int)
    t = (row - below)[:, None]

    def at(table: F64) -> F64:
        return np.asarray(table[below] * (1.0 - t) + table[below + 1] * t)

    x, u, r = at(rows.x), at(rows.u), at(rows.r)
    k = np.clip((points[:, :1] >= x).sum(axis=1) - 1, 0, x.shape[1] - 2)
    n = np.arange(len(points))
    part = np.clip((points[:, 0] - x[n, k]) / np.maximum(x[n, k + 1] - x[n, k], 1e-9), 0.0, 1.0)
    along = u[n, k] + part * (u[n, k + 1] - u[n, k])
    height = r[n, k] + part * (r[n, k + 1] - r[n, k])
    return along / np.maximum(u[:, -1], 1e-9), height

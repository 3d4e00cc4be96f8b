"""Wrap a sleeve on its arm's axis: the cap's top at the shoulder tip, the underarm seam inside, towards the body."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toile.garments.form import STEP, Form, Tapes, on_closed
from toile.garments.pieces import Piece, row_extents
from toile.garments.wrap_trunk import LAYER, let_out

F64 = NDArray[np.float64]

SNUG = 0.009
"""Distance [m] of a snug sleeve from the arm."""


def place_sleeve(piece: Piece, form: Form) -> F64:
    """Wrap a sleeve on its arm's axis: cap top at the shoulder tip, its x extremes inside, towards the body."""
    side = piece.panel.placement.part.split("_")[0]
    tapes = form.arms[side]
    at = -piece.level + form.arm_start[side]
    low, high = row_extents(piece.mesh, piece.mesh.points[:, 1])
    rows = np.linspace(piece.level.min(), piece.level.max(), 200)[1:-1]
    row_low, row_high = row_extents(piece.mesh, rows + piece.panel.placement.y)
    widths = row_high - row_low
    bicep = float(rows[widths.argmax()])
    widest = float(widths.max())
    width = np.where(rows > bicep, widest, widths)
    levels = np.arange(at.min() - 0.5 * STEP, at.max() + STEP, STEP)
    length = np.interp(-(levels - form.arm_start[side]), rows, width)
    offset = let_out(length, tapes.length_at(levels), SNUG + LAYER * min(piece.panel.placement.layer, 1))
    ladder = Tapes(
        levels,
        np.stack(
            [np.interp(levels, tapes.levels, tapes.support[:, k]) for k in range(tapes.support.shape[1])],
            axis=1,
        ),
        _extrapolated(levels, tapes.levels, tapes.origin),
        np.stack([np.interp(levels, tapes.levels, tapes.normal[:, k]) for k in range(3)], axis=1),
        np.stack([np.interp(levels, tapes.levels, tapes.across[:, k]) for k in range(3)], axis=1),
    )
    curves = ladder.curves(offset)
    middle = 0.5 * (row_low[widths.argmax()] + row_high[widths.argmax()])
    cap = (piece.mesh.points[:, 0] - middle) / widest
    straight = (piece.mesh.points[:, 0] - 0.5 * (low + high)) / np.maximum(high - low, 1e-6)
    fraction = np.where(piece.level > bicep, cap, straight)
    return on_closed(curves, levels, at, fraction)


def _extrapolated(levels: F64, known: F64, points: F64) -> F64:
    inside = np.stack([np.interp(levels, known, points[:, k]) for k in range(3)], axis=1)
    first = (points[1] - points[0]) / (known[1] - known[0])
    last = (points[-1] - points[-2]) / (known[-1] - known[-2])
    before, after = np.minimum(levels - known[0], 0.0), np.maximum(levels - known[-1], 0.0)
    return inside + before[:, None] * first + after[:, None] * last

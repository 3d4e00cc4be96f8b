"""Wrap a sleeve on its arm's axis: the cap's top at the shoulder tip, the underarm seam inside, towards the body."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from toile.garments.form import STEP, Form, Tapes, on_closed
from toile.garments.pieces import Piece, row_extents
from toile.garments.wrap_trunk import LAYER, let_out

F64 = NDArray[np.float64]

SNUG = 0.009
"""Distance [m] of a snug sleeve from the arm."""


def place_sleeves(pieces: Sequence[Piece], form: Form) -> list[F64]:
    """Wrap the pieces of a sleeve on their arm's axis: the cap's top at the shoulder tip, underarm seams inside.

    One piece goes round the whole arm, its x extremes inside, towards the body; of two, the front and the back half meet
    there and along the top of the arm.
    """
    halves = [p for p in pieces if p.panel.placement.wrap in ("front", "back")]
    if len(halves) < 2:
        return [_place([piece], form)[0] for piece in pieces]
    return _place(pieces, form)


def _place(pieces: Sequence[Piece], form: Form) -> list[F64]:
    side = pieces[0].panel.placement.part.split("_")[0]
    tapes = form.arms[side]
    low, high = min(p.level.min() for p in pieces), max(p.level.max() for p in pieces)
    rows = np.linspace(low, high, 200)[1:-1]
    extents = [row_extents(p.mesh, rows + p.panel.placement.y) for p in pieces]
    inside = [(rows > p.level.min()) & (rows < p.level.max()) for p in pieces]
    widths = np.sum([np.where(k, b - a, 0.0) for (a, b), k in zip(extents, inside, strict=True)], axis=0)
    bicep = float(rows[widths.argmax()])
    widest = float(widths.max())
    width = np.where(rows > bicep, widest, widths)
    start = form.arm_start[side]
    levels = np.arange(-high + start - 0.5 * STEP, -low + start + STEP, STEP)
    length = np.interp(-(levels - start), rows, width)
    layer = min(pieces[0].panel.placement.layer, 1)
    offset = let_out(length, tapes.length_at(levels), SNUG + LAYER * layer)
    curves = along_arm(tapes, levels).curves(offset)
    placed = []
    for piece, (row_low, row_high) in zip(pieces, extents, strict=True):
        at = int(widths.argmax())
        own_low, own_high = row_extents(piece.mesh, piece.mesh.points[:, 1])
        total = own_high - own_low if len(pieces) == 1 else np.interp(piece.level, rows, widths)
        x = piece.mesh.points[:, 0]
        pivot, pivots = _over_arm(piece, side, (row_low[at], row_high[at]), (own_low, own_high))
        cap = (x - pivot) / widest
        straight = (x - pivots) / np.maximum(total, 1e-6)
        fraction = np.where(piece.level > bicep, cap, straight)
        placed.append(on_closed(curves, levels, -piece.level + start, fraction))
    return placed


def _over_arm(
    piece: Piece, side: str, bicep: tuple[float, float], rows: tuple[F64, F64]
) -> tuple[float, F64]:
    """Return the x [m] that lies along the top of the arm: at the biceps, and in every vertex's row."""
    wrap = piece.panel.placement.wrap
    if wrap not in ("front", "back"):
        return 0.5 * (bicep[0] + bicep[1]), 0.5 * (rows[0] + rows[1])
    high = (wrap == "front") == (side == "left")
    return (bicep[1], rows[1]) if high else (bicep[0], rows[0])


def along_arm(tapes: Tapes, levels: F64) -> Tapes:
    """Return the tapes of an arm at other levels [m], its axis prolonged beyond its ends."""
    return Tapes(
        levels,
        np.stack(
            [np.interp(levels, tapes.levels, tapes.support[:, k]) for k in range(tapes.support.shape[1])],
            axis=1,
        ),
        _extrapolated(levels, tapes.levels, tapes.origin),
        np.stack([np.interp(levels, tapes.levels, tapes.normal[:, k]) for k in range(3)], axis=1),
        np.stack([np.interp(levels, tapes.levels, tapes.across[:, k]) for k in range(3)], axis=1),
    )


def _extrapolated(levels: F64, known: F64, points: F64) -> F64:
    inside = np.stack([np.interp(levels, known, points[:, k]) for k in range(3)], axis=1)
    first = (points[1] - points[0]) / (known[1] - known[0])
    last = (points[-1] - points[-2]) / (known[-1] - known[-2])
    before, after = np.minimum(levels - known[0], 0.0), np.maximum(levels - known[-1], 0.0)
    return inside + before[:, None] * first + after[:, None] * last

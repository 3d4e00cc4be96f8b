"""Wrap panels that overlap in front round the trunk: the outer front a little outside the tape, the inner one inside it.

Both fronts take their places across from the whole front of which each is a part: 0 at the wearer's right side, 1/2 at
the centre, 1 at the left. Their heights part from the side seam, where both meet the back, to where the overlap begins.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from toile.garments.form import Form
from toile.garments.pattern import Panel
from toile.garments.pieces import Piece, front_share, held, level_widths
from toile.garments.wrap_folds import lay
from toile.garments.wrap_trunk import base_offset, ladder, ring_fraction, tube_of

F64 = NDArray[np.float64]

HALF_GAP = 0.0035
"""Height [m] of the outer front over the tape, and depth of the inner one under it."""
WRAPS = ("over_front", "under_front")


def is_overlapping(panel: Panel) -> bool:
    """Whether a panel is one of two fronts that overlap."""
    return panel.placement.wrap in WRAPS


def reach(panel: Panel) -> float:
    """Return how far a front reaches, of the whole front: its foot from its side to its own edge over twice the part to
    the centre."""
    foot = [e.points for e in panel.edges if e.name.startswith(("hem", "bottom"))]
    x = np.concatenate([np.interp(np.linspace(0, 1, 400), _along(p), p[:, 0]) for p in foot])
    length = np.concatenate([np.full(400, _along(p, True) / 400) for p in foot])
    side = -1.0 if panel.placement.wrap == "over_front" else 1.0
    own = float(length[side * x > 0.0].sum())
    return float(length.sum()) / (2.0 * own)


def _along(points: F64, total: bool = False) -> F64:
    walked = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    return walked[-1] if total else walked / walked[-1]


def place_overlap(pieces: Sequence[Piece], form: Form) -> list[F64]:
    """Return positions [m] of the vertices of a tier whose fronts overlap."""
    levels = ladder(pieces)
    inner = np.clip(levels, levels[0] + 1e-4, levels[-1] - 1e-4)
    fronts = [held(level_widths(p, inner)) / reach(p.panel) for p in pieces if is_overlapping(p.panel)]
    back = sum((level_widths(p, inner) for p in pieces if not p.front), np.zeros(len(levels)))
    front = np.mean(fronts, axis=0)
    share = front_share(front, held(back))
    top = form.height(pieces[0].panel.placement.landmark) + levels[-1]
    least = max(base_offset(p) for p in pieces) + HALF_GAP
    tube = tube_of(levels, front + held(back), share, form, least, top)
    placed = []
    for piece in pieces:
        across, height = piece.across, np.zeros(len(piece.across))
        wrap = piece.panel.placement.wrap
        if wrap in WRAPS:
            far = reach(piece.panel)
            from_side = across * far if wrap == "over_front" else (1.0 - across) * far
            ramp = np.clip(from_side / (1.0 - min(far, 0.95)), 0.0, 1.0)
            sign = 1.0 if wrap == "over_front" else -1.0
            height = sign * HALF_GAP * ramp * ramp * (3.0 - 2.0 * ramp)
            across = from_side if wrap == "over_front" else 1.0 - from_side
            wrap = "front"
        fraction = ring_fraction(wrap, across, np.interp(piece.level, tube.levels, tube.share))
        placed.append(lay(form, tube, piece.level, fraction, height))
    return placed

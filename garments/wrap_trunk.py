"""Wrap skirts, bands and other tubes round the trunk: a row of cloth is an arc of the convex tape at its height.

A tape shorter than its cloth L is let out by (L - tape) / 2 pi, so that a flared skirt stands as a cone; a cone falls
by sqrt(1 - r'^2) per length of cloth, r' being the growth of its radius.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from toile.garments.form import STEP, Form, Tapes, on_closed
from toile.garments.pieces import Piece, front_share, held, level_widths

F64 = NDArray[np.float64]

CLEARANCE = 0.012
"""Distance [m] of a snug tape from the body."""
LAYER = 0.013
"""Further distance [m] per layer."""
STEEPEST = 0.62
"""Most that a cone's radius may grow per length of cloth (38 degrees from vertical)."""
FLOOR = 0.012
"""Lowest height [m] of a hem."""


def ring_fraction(wrap: str, across: F64, share: F64) -> F64:
    """Return fractions of a turn from the centre front towards the wearer's left for rows of a panel.

    Args:
        wrap: see `Placement`.
        across: 0 at the low-x side of the panel, 1 at the high-x side.
        share: the front's share of the tape at each vertex.
    """
    half = 0.5 * share
    return {
        "front": lambda: (across - 0.5) * share,
        "left_front": lambda: across * half,
        "right_front": lambda: (across - 1.0) * half,
        "back": lambda: 0.5 + (across - 0.5) * (1.0 - share),
        "left_back": lambda: half + across * (0.5 - half),
        "right_back": lambda: 0.5 + across * (0.5 - half),
        "around": lambda: across - 0.5,
    }[wrap]()


def base_offset(piece: Piece) -> float:
    """Distance [m] of a snug tape from what is worn below it."""
    return CLEARANCE + LAYER * min(piece.panel.placement.layer, 1)


def let_out(length: F64, tape: F64, least: float) -> F64:
    """Return the offset [m] that lets tapes out to the cloth's length, at least `least`, smooth along the level."""
    wanted = np.maximum((length - tape) / (2.0 * np.pi), least)
    smooth = gaussian_filter1d(wanted, 2.5, mode="nearest")
    return np.maximum(smooth, least)


@dataclass(frozen=True)
class Tube:
    """How a tier of panels goes round the trunk: a ladder of levels of cloth, each with its height and offset."""

    levels: F64  # ascending [m], 0 at the landmark
    heights: F64
    offsets: F64
    share: F64
    length: F64


def make_tube(pieces: Sequence[Piece], form: Form, top_height: float | None = None) -> Tube:
    """Return the tube of a tier: cones fall by less than their cloth is long."""
    levels = ladder(pieces)
    low, high = levels[0], levels[-1]
    inner = np.clip(levels, low + 1e-4, high - 1e-4)
    front = sum((level_widths(p, inner) for p in pieces if p.front), np.zeros(len(levels)))
    back = sum((level_widths(p, inner) for p in pieces if not p.front), np.zeros(len(levels)))
    around = [p for p in pieces if p.panel.placement.wrap == "around"]
    length = held(front + back)
    share = np.full(len(levels), 0.5) if around else front_share(held(front), held(back))
    top = form.height(pieces[0].panel.placement.landmark) + high if top_height is None else top_height
    return tube_of(levels, length, share, form, max(base_offset(p) for p in pieces), top)


def ladder(pieces: Sequence[Piece]) -> F64:
    """Return levels [m] from the lowest to the highest of a tier, about STEP apart."""
    low, high = min(p.level.min() for p in pieces), max(p.level.max() for p in pieces)
    return np.linspace(low, high, max(3, int(np.ceil((high - low) / STEP)) + 1))


def tube_of(levels: F64, length: F64, share: F64, form: Form, least: float, top: float) -> Tube:
    """Return the tube of rows of cloth of given lengths [m], its highest level at the height `top` [m]."""
    heights = top + levels - levels[-1]
    offsets = np.full(len(levels), least)
    step = np.diff(levels)
    for _ in range(4):
        tape = form.trunk.length_at(heights)
        offsets = let_out(length, tape, least)
        radius = (tape + 2.0 * np.pi * offsets) / (2.0 * np.pi)
        radius = gaussian_filter1d(radius, 2.0, mode="nearest")
        out = np.clip(np.diff(radius) / step, -STEEPEST, STEEPEST)
        fall = step * np.sqrt(1.0 - out * out)
        heights = heights[-1] - np.concatenate([np.cumsum(fall[::-1])[::-1], [0.0]])
        heights = above_floor(heights)
    limit = STEEPEST * 1.15
    for k in range(len(levels) - 2, -1, -1):
        most = offsets[k + 1] + limit * (heights[k + 1] - heights[k]) / np.sqrt(1 - STEEPEST**2)
        offsets[k] = min(offsets[k], max(most, least))
    return Tube(levels, heights, offsets, share, length)


def above_floor(heights: F64) -> F64:
    """Return ascending heights [m], pressed together where they would reach below the floor."""
    if heights[0] >= FLOOR:
        return heights
    return heights[-1] + (heights - heights[-1]) * (heights[-1] - FLOOR) / (heights[-1] - heights[0])


def trunk_curves(tapes: Tapes, tube: Tube) -> F64:
    """Return closed curves round the trunk, one per level of a tube, (K, SAMPLES, 3) from the centre front."""
    rows = Tapes(
        tube.heights,
        np.stack(
            [
                np.interp(tube.heights, tapes.levels, tapes.support[:, k])
                for k in range(tapes.support.shape[1])
            ],
            axis=1,
        ),
        np.stack([np.zeros_like(tube.heights), tube.heights, np.zeros_like(tube.heights)], axis=1),
        np.tile(np.eye(3)[2], (len(tube.heights), 1)),
        np.tile(np.eye(3)[0], (len(tube.heights), 1)),
    )
    return rows.curves(tube.offsets)


def place_tube(pieces: Sequence[Piece], form: Form) -> list[F64]:
    """Wrap skirts, bands and other panels without shoulders round the trunk."""
    tube = make_tube(pieces, form)
    curves = trunk_curves(form.trunk, tube)
    placed = []
    for piece in pieces:
        share = np.interp(piece.level, tube.levels, tube.share)
        fraction = ring_fraction(piece.panel.placement.wrap, piece.across, share)
        placed.append(on_closed(curves, tube.levels, piece.level, fraction))
    return placed

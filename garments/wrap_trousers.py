"""Wrap trouser legs: half the trunk above the crotch curve, the leg below it, the centre seams on the saddle.

The saddle is the tape from the front waist under the crotch to the back waist; front and back rise share it by their
lengths, so that the crotch extensions fold under the crotch.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from toile.engine.core.errors import BadInput
from toile.garments.form import SAMPLES, STEP, Form, Tapes, on_open, resample, saddle
from toile.garments.harmonic import harmonic
from toile.garments.pattern import Pattern
from toile.garments.pieces import Piece, front_share, held, level_widths, outline_vertices
from toile.garments.wrap_trunk import FLOOR, Tube, base_offset, let_out, trunk_curves

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

MIDDLE = 0.004
"""Least distance [m] of a trouser leg from the plane between the legs."""


@dataclass(frozen=True)
class Fork:
    """Marks of a leg panel: its centre seam from the crotch point up, levels [m] of that point and of the curve's start."""

    seam: I32  # vertices
    level: float
    curve: float
    rise: float  # length of the seam [m]


def make_fork(pattern: Pattern, piece: Piece) -> Fork:
    """Find a leg panel's centre seam: the edges sewn to the other leg.

    Raises:
        BadInput: nothing joins the panel to the other leg.
    """
    panel = piece.panel
    joined = set()
    for seam in pattern.seams:
        for mine, other in ((seam.first, seam.second), (seam.second, seam.first)):
            if mine[0] == panel.name and pattern.panel(other[0]).placement.part not in (
                panel.placement.part,
                "torso",
            ):
                joined.add(mine[1])
    runs = [piece.mesh.edge_vertices[edge.name] for edge in panel.edges if edge.name in joined]
    if not runs:
        raise BadInput(f"Panel {panel.name!r} is not sewn to the other leg; give it a centre seam (crotch).")
    while (
        len(runs) > 1
        and runs[0][0] != runs[-1][-1]
        and any(a[-1] != b[0] for a, b in itertools.pairwise(runs))
    ):
        runs = [*runs[1:], runs[0]]
    chain = np.concatenate([runs[0][:1], *(run[1:] for run in runs)])
    if piece.level[chain[0]] > piece.level[chain[-1]]:
        chain = chain[::-1]
    points = piece.mesh.points[chain]
    step = np.diff(points, axis=0)
    level = piece.level[chain]
    steep = np.abs(step[:, 1]) > 0.94 * np.linalg.norm(step, axis=1)
    first = int(np.argmax(steep)) if steep.any() else len(step) // 3
    curve = float(np.clip(level[first], level[0] + 0.03, level[0] + 0.12))
    return Fork(chain, float(level[0]), curve, float(np.linalg.norm(step, axis=1).sum()))


def _medial_is_low(piece: Piece) -> bool:
    left = piece.panel.placement.part == "left_leg"
    return left == piece.front


def place_trousers(pattern: Pattern, pieces: Sequence[Piece], form: Form) -> list[F64]:
    """Wrap leg panels: half the trunk above the crotch curve, the leg below, the centre seams on the saddle."""
    top_level = max(float(p.level.max()) for p in pieces)
    landmark = form.height(pieces[0].panel.placement.landmark)
    forks = [make_fork(pattern, p) for p in pieces]
    fork_level = float(np.mean([f.level for f in forks]))
    curve_level = float(np.mean([f.curve for f in forks]))
    least = max(base_offset(p) for p in pieces)
    top = landmark + top_level
    rises = {
        f: float(np.mean([k.rise for k, p in zip(forks, pieces, strict=True) if p.front is f]))
        for f in (True, False)
    }
    seat = _fitted_saddle(form, top, least, sum(rises.values()))
    fork_share = rises[True] / sum(rises.values())
    fork_height = float(
        on_open(seat[None].repeat(2, 0), np.array([0.0, 1.0]), np.zeros(1), np.array([fork_share]))[0, 1]
    )
    fork_height = min(fork_height, form.height("crotch") - 0.01)
    placed: dict[str, F64] = {}
    for side in ("left", "right"):
        mine = [p for p in pieces if p.panel.placement.part == f"{side}_leg"]
        if mine:
            placed.update(
                _place_leg(mine, form, side, (top_level, top), (curve_level, fork_level, fork_height), least)
            )
    result = []
    for piece, fork in zip(pieces, forks, strict=True):
        xyz = placed[piece.panel.name]
        result.append(_seated(piece, fork, xyz, seat, fork_share))
    return result


def _fitted_saddle(form: Form, top: float, offset: float, cloth: float) -> F64:
    """Return the saddle, lowered where the cloth's rise is longer than the body's."""
    seat = saddle(form.soup.only(["torso", "left_thigh", "right_thigh"]), top, offset)
    for _ in range(6):
        length = float(np.linalg.norm(np.diff(seat, axis=0), axis=1).sum())
        if length >= cloth - 0.002:
            break
        depth = top - float(seat[:, 1].min())
        factor = min(1.0 + 0.5 * (cloth - length) / depth, 1.2)
        seat[:, 1] = top - (top - seat[:, 1]) * factor
    return resample(seat, len(seat))


def _seated(piece: Piece, fork: Fork, xyz: F64, seat: F64, fork_share: float) -> F64:
    """Move the centre seam onto the saddle and spread the move inwards."""
    chain = fork.seam
    points = piece.mesh.points[chain]
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    along = along / max(along[-1], 1e-9)
    fraction = fork_share * (1.0 - along) if piece.front else fork_share + (1.0 - fork_share) * along
    target = on_open(seat[None].repeat(2, 0), np.array([0.0, 1.0]), np.zeros(len(chain)), fraction)
    fixed = np.zeros(len(xyz), dtype=bool)
    fixed[chain] = True
    far = np.abs(piece.across - (0.0 if _medial_is_low(piece) else 1.0)) > 0.95
    fixed |= far
    moved = np.zeros_like(xyz)
    moved[chain] = target - xyz[chain]
    ring = outline_vertices(piece.mesh)
    hem = ring[piece.level[ring] < fork.level - 0.10]
    fixed[hem] = True
    return xyz + harmonic(piece.mesh.points, piece.mesh.faces, fixed, moved)


def _place_leg(
    pieces: Sequence[Piece],
    form: Form,
    side: str,
    top: tuple[float, float],
    fork: tuple[float, float, float],
    least: float,
) -> Mapping[str, F64]:
    """Wrap one leg's front and back on open curves from the centre front, round the outside, to the centre back."""
    (top_level, top_height), (curve_level, fork_level, fork_height) = top, fork
    low = min(float(p.level.min()) for p in pieces)
    levels = np.linspace(low, top_level, max(4, int(np.ceil((top_level - low) / STEP)) + 1))
    scale = (top_height - fork_height) / (top_level - fork_level)
    heights = np.where(
        levels > fork_level, fork_height + (levels - fork_level) * scale, fork_height + levels - fork_level
    )
    if heights[0] < FLOOR:
        shrink = (fork_height - FLOOR) / (fork_height - heights[0])
        heights = np.where(heights < fork_height, fork_height + (heights - fork_height) * shrink, heights)
    inner = np.clip(levels, low + 1e-4, top_level - 1e-4)
    widths = {
        f: held(sum((level_widths(p, inner) for p in pieces if p.front is f), np.zeros(len(levels))))
        for f in (True, False)
    }
    share = front_share(widths[True], widths[False])
    length = widths[True] + widths[False]
    trunk = let_out(2.0 * length, form.trunk.length_at(heights), least)
    own = form.legs[side]
    leg_heights = np.minimum(heights, own.levels[-1])
    upper = trunk_curves(form.trunk, Tube(levels, heights, trunk, share, length))
    lower = _leg_curves(own, heights, leg_heights, length, least - 0.002, side)
    half = upper[:, : SAMPLES // 2 + 1]
    if side == "right":
        half = np.concatenate([upper[:, :1], upper[:, : SAMPLES // 2 - 1 : -1]], axis=1)
    half = np.stack([resample(row, SAMPLES + 1) for row in half])
    t = np.clip((curve_level - levels) / max(curve_level - fork_level, 0.01), 0.0, 1.0)
    t = (t * t * (3 - 2 * t))[:, None, None]
    curves = half * (1 - t) + lower * t
    placed = {}
    for piece in pieces:
        medial = piece.across if _medial_is_low(piece) else 1.0 - piece.across
        part = np.interp(piece.level, levels, share)
        fraction = medial * part if piece.front else 1.0 - medial * (1.0 - part)
        placed[piece.panel.name] = on_open(curves, levels, piece.level, fraction)
    return placed


def _leg_curves(own: Tapes, heights: F64, leg_heights: F64, length: F64, least: float, side: str) -> F64:
    """Return curves round a leg from its inside over the front, outside and back, kept to their side of the middle.

    What the middle takes from a wide leg is let out elsewhere, until the curve is as long as its cloth [m].
    """
    origin = np.stack([np.zeros_like(heights), heights, np.zeros_like(heights)], axis=1)
    count = len(heights)
    across = np.eye(3)[0] if side == "left" else -np.eye(3)[0]
    support = np.stack(
        [np.interp(leg_heights, own.levels, own.support[:, k]) for k in range(own.support.shape[1])], axis=1
    )
    if side == "right":
        support = np.roll(support[:, ::-1], 1, axis=1)
    rows = Tapes(heights, support, origin, np.tile(np.eye(3)[2], (count, 1)), np.tile(across, (count, 1)))
    sign = 1.0 if side == "left" else -1.0
    offset = let_out(length, rows.lengths, least)
    for _ in range(5):
        closed = rows.curves(offset, start=1.5 * np.pi)
        closed = np.concatenate([closed, closed[:, :1]], axis=1)
        closed[:, :, 0] = sign * np.maximum(sign * closed[:, :, 0], MIDDLE)
        short = length - np.linalg.norm(np.diff(closed, axis=1), axis=2).sum(axis=1)
        offset = np.maximum(gaussian_filter1d(offset + short / (1.5 * np.pi), 2.0, mode="nearest"), least)
    return np.stack([resample(row, SAMPLES + 1) for row in closed])

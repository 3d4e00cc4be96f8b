"""Wrap panels with shoulders: round the trunk up to the underarm, over arches across the shoulders above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from toile.garments.form import STEP, Form, arch, on_closed, on_open
from toile.garments.pattern import Pattern
from toile.garments.pieces import Piece, shoulder_edges, side_edges
from toile.garments.wrap_cut_on import is_raglan, trunk_only, with_arms
from toile.garments.wrap_trunk import Tube, above_floor, base_offset, make_tube, ring_fraction, trunk_curves

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Yoke:
    """Marks of one bodice panel [m]: underarm level, neck point and shoulder tip as (|x|, level)."""

    underarm: float
    neck: tuple[float, float]
    tip: tuple[float, float]

    def shoulder_level(self, x: F64) -> F64:
        """Level [m] of the shoulder line at distances |x| from the centre, level inside the neck point."""
        (x0, y0), (x1, y1) = self.neck, self.tip
        t = np.clip((np.abs(x) - x0) / max(x1 - x0, 1e-6), 0.0, 1.5)
        return y0 + t * (y1 - y0)


def make_yoke(pattern: Pattern, piece: Piece, form: Form) -> Yoke:
    """Find a bodice panel's underarm and shoulder line; a panel cut off below the shoulders gets the body's."""
    level, x = piece.level, np.abs(piece.mesh.points[:, 0])
    if not shoulder_edges(piece.panel):
        return _bare_yoke(pattern, piece, form)
    shoulder = np.concatenate([piece.mesh.edge_vertices[n] for n in shoulder_edges(piece.panel)])
    inner, outer = shoulder[x[shoulder].argmin()], shoulder[x[shoulder].argmax()]
    sides = [
        piece.mesh.edge_vertices[n]
        for n in side_edges(pattern, piece.panel)
        if not n.startswith(("centre", "crossing"))
    ]
    underarm = float(level[np.concatenate(sides)].max()) if sides else float(level[x.argmax()])
    return Yoke(underarm, (float(x[inner]), float(level[inner])), (float(x[outer]), float(level[outer])))


def _shared(yokes: Sequence[Yoke], pattern: Pattern, pieces: Sequence[Piece]) -> list[Yoke]:
    """Give a band without sides (round the back of the neck) the underarm of the panel below it."""
    result = []
    for piece, yoke in zip(pieces, yokes, strict=True):
        below = [
            y.underarm
            for p, y in zip(pieces, yokes, strict=True)
            if p.front is piece.front and side_edges(pattern, p.panel)
        ]
        banded = (
            not side_edges(pattern, piece.panel) and piece.panel.placement.part == "torso" and bool(below)
        )
        result.append(replace(yoke, underarm=below[0]) if banded else yoke)
    return result


def _bare_yoke(pattern: Pattern, piece: Piece, form: Form) -> Yoke:
    sides = [piece.mesh.edge_vertices[n] for n in side_edges(pattern, piece.panel)]
    underarm = float(piece.level[np.concatenate(sides)].max())
    low = 0.5 * (form.height("left_armpit") + form.height("right_armpit")) - 0.02
    trunk = form.soup.only(["torso", "left_upper_arm", "right_upper_arm"])
    tip = float(abs(form.figure.landmarks["left_shoulder_tip"][0]))
    marks = [(x, underarm + 0.5 * _span(arch(trunk, x, low, base_offset(piece)))) for x in (0.4 * tip, tip)]
    return Yoke(underarm, marks[0], marks[1])


def make_yokes(pattern: Pattern, pieces: Sequence[Piece], form: Form) -> list[Yoke]:
    """Find the marks of every piece; a raglan sleeve and the body that it is sewn to have each other's."""
    raglan = [p for p in pieces if is_raglan(p.panel)]
    if not raglan:
        return _shared([make_yoke(pattern, piece, form) for piece in pieces], pattern, pieces)
    found = {}
    for front in (True, False):
        sleeve = next(p for p in raglan if p.front is front)
        bodies = [p for p in pieces if p.front is front and not is_raglan(p.panel)]
        sides = [
            p.level[p.mesh.edge_vertices[n]].max()
            for p in bodies
            for n in side_edges(pattern, p.panel)
            if not n.startswith(("centre", "crossing"))
        ]
        found[front] = replace(make_yoke(pattern, sleeve, form), underarm=float(max(sides)))
    return [found[piece.front] for piece in pieces]


def place_bodice(pattern: Pattern, pieces: Sequence[Piece], form: Form) -> list[F64]:
    """Wrap panels with shoulders: round the trunk up to the underarm, over the shoulders above it."""
    yokes = make_yokes(pattern, pieces, form)
    fronts = [y for p, y in zip(pieces, yokes, strict=True) if p.front]
    backs = [y for p, y in zip(pieces, yokes, strict=True) if not p.front]
    front, back = (fronts or backs)[0], (backs or fronts)[0]
    least = max(base_offset(p) for p in pieces)
    arches = make_arches(form, front, back, least)
    underarm = arches.low
    level_underarm = 0.5 * (front.underarm + back.underarm)
    lowered = [_bodice_level(piece, yoke, level_underarm) for piece, yoke in zip(pieces, yokes, strict=True)]
    below = [
        trunk_only(Piece(p.panel, p.mesh, np.minimum(level, level_underarm + 1e-4), p.across))
        for p, level in zip(pieces, lowered, strict=True)
        if not is_raglan(p.panel)
    ]
    tube = _bodice_tube(below, form, level_underarm, underarm, least)
    tube = _extended(tube, level_underarm, arches, least)
    curves = trunk_curves(form.trunk, tube)
    lengths = np.linalg.norm(np.diff(np.concatenate([curves, curves[:, :1]], axis=1), axis=1), axis=2).sum(
        axis=1
    )
    placed = []
    for piece, level, yoke in zip(pieces, lowered, yokes, strict=True):
        share = np.interp(level, tube.levels, tube.share)
        fraction = ring_fraction(piece.panel.placement.wrap, piece.across, share)
        x = piece.mesh.points[:, 0]
        centre = 0.0 if piece.front else 0.5
        at_underarm = float(np.interp(level_underarm, tube.levels, lengths))
        natural = centre + x / at_underarm
        rise = np.clip((level - level_underarm) / 0.05, 0.0, 1.0)
        blend = rise * rise * (3 - 2 * rise)
        round_trunk = on_closed(curves, tube.levels, level, fraction * (1 - blend) + natural * blend)
        over = arches.place(x, piece.level - yoke.underarm, piece.front)
        span = yoke.tip[1] - yoke.underarm
        t = np.clip((piece.level - yoke.underarm - 0.15 * span) / (0.5 * span), 0.0, 1.0)
        t = (t * t * (3 - 2 * t))[:, None]
        placed.append(with_arms(piece, round_trunk * (1 - t) + over * t, form))
    return placed


def _bodice_level(piece: Piece, yoke: Yoke, underarm: float) -> F64:
    """Return levels with the panel's underarm moved to the common one; the landmark keeps its level."""
    low = float(min(0.0, piece.level.min()))
    knots = [low - 1.0, low, yoke.underarm, yoke.underarm + 1.0]
    if low > yoke.underarm - 0.05:
        low = yoke.underarm - 0.05
        knots[0], knots[1] = low - 1.0, low
    return np.interp(piece.level, knots, [knots[0], low, underarm, underarm + 1.0])


def _bodice_tube(pieces: Sequence[Piece], form: Form, level: float, height: float, least: float) -> Tube:
    """Return the tube below the underarm: from its height, and to the landmark's where that lies below it."""
    landmark = form.height(pieces[0].panel.placement.landmark)
    natural = make_tube(pieces, form, top_height=height)
    if landmark < height - 0.05 and natural.levels[0] < level - 0.05:
        at_landmark = float(np.interp(0.0, natural.levels, natural.heights))
        reach = height - max(at_landmark, natural.heights[0])
        wanted = landmark if natural.levels[0] < 0.0 else landmark + natural.levels[0]
        scale = np.clip((height - wanted) / max(reach, 1e-6), 0.8, 1.25)
        t = np.minimum((height - natural.heights) / max(reach, 1e-6), 1.0)
        heights = natural.heights + (1.0 - scale) * t * reach
        return Tube(natural.levels, above_floor(heights), natural.offsets, natural.share, natural.length)
    return natural


def _extended(tube: Tube, underarm: float, arches: Arches, least: float) -> Tube:
    """Continue a tube above the underarm along the trunk."""
    extra = np.arange(1, 26) * STEP
    fade = np.exp(-extra / 0.04)
    keep = tube.levels <= underarm + 1e-3
    levels, heights = tube.levels[keep], tube.heights[keep]
    offsets, share = tube.offsets[keep], tube.share[keep]
    return Tube(
        np.concatenate([levels, levels[-1] + extra]),
        np.concatenate([heights, heights[-1] + extra * arches.scale]),
        np.concatenate([offsets, least + (offsets[-1] - least) * fade]),
        np.concatenate([share, np.full(len(extra), share[-1])]),
        np.concatenate([tube.length[keep], np.full(len(extra), tube.length[keep][-1])]),
    )


@dataclass(frozen=True)
class Arches:
    """Arches over the shoulders in planes X = const, from the underarm's height in front to that behind.

    across [m] (K,) ascending; curves (K, S, 3); spans [m] (K,): the arch's length; cloth [m] (K,): front and back
    cloth together; front [m]: level of the shoulder above the underarm.
    """

    across: F64
    curves: F64
    cloth: F64
    low: float
    scale: float

    def place(self, x: F64, up: F64, front: bool) -> F64:
        """Return positions of cloth at x [m] across and `up` [m] above the underarm, shape (n, 3)."""
        across = x if front else -x
        length = np.interp(across, self.across, self.cloth)
        fraction = np.maximum(up, 0.0) / length
        return on_open(self.curves, self.across, across, fraction if front else 1.0 - fraction)


def make_arches(form: Form, front: Yoke, back: Yoke, offset: float) -> Arches:
    """Choose the underarm's height so that the cloth's length meets the arches over the shoulders; build them."""
    trunk = form.soup.only(["torso", "left_upper_arm", "right_upper_arm"])
    armpit = 0.5 * (form.height("left_armpit") + form.height("right_armpit"))
    inner, outer = 0.5 * (front.neck[0] + back.neck[0]), 0.5 * (front.tip[0] + back.tip[0])
    middle = np.array([0.5 * (inner + outer)])

    def cloth(x: F64) -> F64:
        at = np.clip(np.abs(x), inner, max(outer, inner + 0.01))
        return front.shoulder_level(at) - front.underarm + back.shoulder_level(at) - back.underarm

    low = armpit - 0.02
    for _ in range(3):
        spans = [_span(arch(trunk, s * middle[0], low, offset)) for s in (-1.0, 1.0)]
        low = low - 0.5 * (float(cloth(middle)[0]) - float(np.mean(spans)))
        low = float(np.clip(low, armpit - 0.16, armpit - 0.012))
    reach = max(outer, front.tip[0], back.tip[0]) + 0.03
    across = np.linspace(-reach, reach, 2 * int(np.ceil(reach / 0.012)) + 1)
    found = {
        k: curve for k, x in enumerate(across) if (curve := arch(trunk, float(x), low, offset)) is not None
    }
    known = np.array(sorted(found))
    filled = np.stack([found[int(known[np.abs(known - k).argmin()])] for k in range(len(across))])
    filled = gaussian_filter1d(filled, 1.2, axis=0, mode="nearest")
    filled[:, :, 0] = across[:, None]
    spans = np.linalg.norm(np.diff(filled, axis=1), axis=2).sum(axis=1)
    mean = float(np.interp(middle, across, spans)[0] / cloth(middle)[0])
    return Arches(across, filled, cloth(across), low, mean)


def _span(curve: F64 | None) -> float:
    return 0.4 if curve is None else float(np.linalg.norm(np.diff(curve, axis=0), axis=1).sum())

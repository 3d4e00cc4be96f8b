"""A piece as a pattern maker wants it drawn, in millimetres on the sheet.

Cut line (thick), sewing line (thin), hems, folds, openings and darts (dashed), notches across the allowance (two where
something belongs behind), grain arrow, name, number of pieces, length of every seam, allowances, width lines.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np

from toile.garments import curves
from toile.garments.curves import F64
from toile.garments.cut_line import cut_line
from toile.garments.ink import Ink, Line, Words
from toile.garments.layout import Placed
from toile.garments.pattern import Edge, Fold, Panel

TWO_TICKS = 0.004
"""Distance [m] between the ticks of a double notch."""


def draw_piece(piece: Placed, facts: Mapping[str, str] | None = None) -> Iterable[Ink]:
    """Draw a piece where it lies on the sheet; `facts` (fabric, size, …) stand below its name."""
    panel = piece.panel
    yield Line(piece.sheet(cut_line(panel).points), "cut", closed=True, name=panel.name)
    for edge in panel.edges:
        yield Line(piece.sheet(edge.points), {"seam": "sew"}.get(edge.kind, edge.kind), edge=edge.name)
    for fold in panel.folds:
        yield from _fold(piece, fold)
        if fold.kind == "centre":
            yield from _centre_words(piece, fold.points)
    yield from _centre_line(piece)
    yield from _notches(piece)
    yield from _widths(piece)
    yield from _grain(piece)
    yield from _edge_lengths(piece)
    yield from _name(piece, facts or {})


def _fold(piece: Placed, fold: Fold) -> Iterable[Ink]:
    """Draw a line on a piece; a button as a circle, a buttonhole with a bar at each end."""
    if fold.kind == "button":
        middle, radius = (
            fold.points.mean(axis=0),
            0.5 * float(np.linalg.norm(fold.points[-1] - fold.points[0])),
        )
        ring = middle + radius * np.array(
            [[math.cos(a), math.sin(a)] for a in np.linspace(0.0, 2.0 * math.pi, 25)]
        )
        yield Line(piece.sheet(ring), "notch")
        return
    pens = {"placement": "place", "stitch": "stitch", "mouth": "opening", "buttonhole": "notch"}
    yield Line(piece.sheet(fold.points), pens.get(fold.kind, "fold"))
    if fold.kind == "buttonhole":
        along = curves.unit(fold.points[-1] - fold.points[0])
        bar = 0.004 * np.array([-along[1], along[0]])
        for end in fold.points[[0, -1]]:
            yield Line(piece.sheet(np.array([end - bar, end + bar])), "notch")


def _centre_line(piece: Placed) -> Iterable[Ink]:
    """Draw the line on which a whole front or back would be folded: its centre."""
    panel = piece.panel
    if panel.placement.part != "torso" or panel.placement.wrap not in ("front", "back"):
        return
    outline = panel.outline
    middle = np.array([0.0, 0.5 * float(outline[:, 1].min() + outline[:, 1].max())])
    low, high = _chord(panel, middle, np.array([0.0, 1.0]))
    if abs(float(outline[:, 0].min() + outline[:, 0].max())) > 0.002 or high - low < 0.08:
        return
    ends = middle + np.array([[0.0, low], [0.0, high]])
    yield Line(piece.sheet(ends), "fold")
    yield from _centre_words(piece, ends)


def _centre_words(piece: Placed, ends: F64) -> Iterable[Ink]:
    """Write beside the centre line what it is."""
    sheet = piece.sheet(ends)
    words = f"centre {piece.panel.placement.wrap.split('_')[-1]} 中线"
    yield Words(float(sheet[0, 0]) - 2.0, float(sheet[:, 1].max()) - 45.0, 4.0, words, -90.0)


def _widths(piece: Placed) -> Iterable[Ink]:
    """Draw the widths a pattern maker checks: bust from armhole to armhole, a sleeve's biceps, a leg at the fork."""
    panel = piece.panel
    ends = {e.name: e.points for e in panel.edges}
    lines: list[tuple[str, F64, F64]] = []
    if "armhole_left" in ends and "armhole_right" in ends:
        feet = [
            min((ends[f"armhole_{s}"][0], ends[f"armhole_{s}"][-1]), key=lambda p: p[1])
            for s in ("left", "right")
        ]
        lines.append(("bust line", feet[0], feet[1]))
    if "cap_back" in ends and "cap_front" in ends:
        lines.append(("biceps line", *(min((c[0], c[-1]), key=lambda p: p[1]) for c in _caps(ends))))
    for name, a, b in lines:
        sheet = piece.sheet(np.array(sorted((a, b), key=lambda p: p[0])))
        yield Line(sheet, "width")
        x, y = sheet[0] + 0.12 * (sheet[1] - sheet[0])
        yield Words(x, y - 2.0, 4.0, f"{name} {100 * float(np.linalg.norm(a - b)):.1f}", middle=False)
    forks = [p for name, p in ends.items() if name.startswith("crotch")]
    if forks:
        y = min(float(p[:, 1].min()) for p in forks)
        x = curves.crossings(np.concatenate([panel.outline, panel.outline[:1]]), y - 1e-6)
        sheet = piece.sheet(np.array([[x.min(), y], [x.max(), y]]))
        yield Line(sheet, "width")
        words = f"crotch line {100 * float(x.max() - x.min()):.1f}"
        middle = 0.5 * (sheet[0] + sheet[1])
        yield Words(float(middle[0]), float(middle[1]) - 2.0, 4.0, words)


def _caps(ends: dict[str, F64]) -> tuple[F64, F64]:
    return ends["cap_front"], ends["cap_back"]


def _direction(edge: Edge, distance: float) -> F64:
    step = min(0.002, 0.25 * edge.length)
    low, high = max(0.0, distance - step), min(edge.length, distance + step)
    return curves.unit(curves.point_at(edge.points, high) - curves.point_at(edge.points, low))


def _notches(piece: Placed) -> Iterable[Ink]:
    panel = piece.panel
    for notch in panel.notches:
        edge = panel.edge(notch.edge)
        at = notch.fraction * edge.length
        for place in (at - 0.5 * TWO_TICKS, at + 0.5 * TWO_TICKS) if _behind(panel, edge) else (at,):
            point, along = curves.point_at(edge.points, place), _direction(edge, place)
            out = np.array([along[1], -along[0]])
            reach = max(edge.allowance, 0.004)
            yield Line(piece.sheet(np.array([point - 0.002 * out, point + reach * out])), "notch")


def _behind(panel: Panel, edge: Edge) -> bool:
    """Whether a notch is the back's balance mark, drawn double as usual: on a back armhole and a cap's back half."""
    return edge.name.startswith("cap_back") or (
        edge.name.startswith("armhole") and "back" in panel.placement.wrap
    )


def _grain(piece: Placed) -> Iterable[Ink]:
    """Draw the grain as an arrow with two heads, beside the middle, as long as the piece allows."""
    panel = piece.panel
    direction = np.array(panel.grain)
    centre = _inside_point(panel)
    low, high = _chord(panel, centre, direction)
    span = high - low
    if span < 0.03:
        x, y = piece.sheet(centre[None])[0]
        words = "grain ↔ 经向" if abs(direction[0]) > 0.5 else "grain ↕ 经向"
        yield Words(float(x), float(y) + 6.0, 3.0, words)
        return
    half = min(0.38 * span, 0.15)
    middle = centre + 0.5 * (low + high) * direction
    middle = _aside(panel, middle, direction, half)
    ends = np.array([middle - half * direction, middle + half * direction])
    yield Line(piece.sheet(ends), "grain")
    side = np.array([direction[1], -direction[0]])
    size = min(0.008, 0.25 * half)
    for end, sign in ((ends[0], 1.0), (ends[1], -1.0)):
        barbs = np.array(
            [
                end + sign * size * direction + 0.4 * size * side,
                end,
                end + sign * size * direction - 0.4 * size * side,
            ]
        )
        yield Line(piece.sheet(barbs), "grain")


def _aside(panel: Panel, middle: F64, direction: F64, half: float) -> F64:
    """Return the middle of the grain arrow moved off the centre line, where there is room beside it."""
    if abs(float(middle[0])) > 0.01 or abs(float(direction[0])) > 0.5:
        return middle
    moved = middle - np.array([0.12 * float(np.ptp(panel.outline[:, 0])), 0.0])
    low, high = _chord(panel, moved, direction)
    return moved if -low > half and high > half else middle


def _inside_point(panel: Panel) -> F64:
    """Return a point well inside the outline: the middle of the widest row near half its height, off the centre line."""
    outline = panel.outline
    low, high = outline.min(axis=0), outline.max(axis=0)
    best, widest = 0.5 * (low + high), -1.0
    closed = np.concatenate([outline, outline[:1]])
    for part in (0.5, 0.42, 0.58, 0.35, 0.65, 0.25):
        y = low[1] + part * (high[1] - low[1]) + 1.234e-5
        x = np.sort(curves.crossings(closed, y))
        for a, b in zip(x[::2], x[1::2], strict=False):
            if b - a > widest * 1.15:
                best, widest = np.array([a + 0.5 * (b - a), y]), float(b - a)
    return best


def _chord(panel: Panel, point: F64, direction: F64) -> tuple[float, float]:
    """Return how far a line through an inside point runs before it leaves the outline, backwards and forwards [m]."""
    a = panel.outline - point
    b = np.roll(a, -1, axis=0)
    side = np.array([-direction[1], direction[0]])
    ha, hb = a @ side, b @ side
    hit = (ha > 0) != (hb > 0)
    t = ha[hit] / (ha[hit] - hb[hit])
    along = (a[hit] + t[:, None] * (b[hit] - a[hit])) @ direction
    back, ahead = along[along < 0], along[along > 0]
    return (float(back.max()) if len(back) else 0.0), (float(ahead.min()) if len(ahead) else 0.0)


def _edge_lengths(piece: Placed) -> Iterable[Ink]:
    for edge in piece.panel.edges:
        if edge.kind == "dart" or edge.length < 0.035:
            continue
        at = curves.point_at(edge.points, 0.5 * edge.length)
        along = _direction(edge, 0.5 * edge.length)
        inside = at - 0.007 * np.array([along[1], -along[0]])
        x, y = piece.sheet(inside[None])[0]
        turn = -math.degrees(math.atan2(along[1], along[0]))
        if turn > 90.0 or turn <= -90.0:
            turn += 180.0 if turn <= -90.0 else -180.0
        words = f"{edge.name.replace('_', ' ')} {100 * edge.length:.1f}"
        if edge.length > 0.12:
            words += f" (+{100 * edge.allowance:.1f})"
        size = 4.5 if edge.length > 0.09 else 3.2
        yield Words(x, y + 1.2, size, words, turn)


def _name(piece: Placed, facts: Mapping[str, str]) -> Iterable[Ink]:
    panel = piece.panel
    centre = _inside_point(panel)
    x, y = piece.sheet(centre[None])[0]
    size = 1000.0 * np.ptp(panel.outline, axis=0)
    words = [panel.label or panel.name, panel.name, panel.pieces, *(f"{k} {v}" for k, v in facts.items())]
    font = float(np.clip(0.055 * min(size[0], 3.0 * size[1]), 3.5, 11.0))
    if size[1] < 60.0:
        line = " · ".join(words)
        font = float(np.clip(1.7 * 0.9 * size[0] / max(len(line), 1), 2.0, font))
        yield Words(x, y + 1.6 * font, font, line, bold=True)
        return
    longest = max(len(w) for w in words)
    font = float(np.clip(min(font, 1.2 * size[0] / longest), 3.0, 11.0))
    lift = 0.5 * len(words)
    for k, line in enumerate(words):
        at = y + (k - lift) * 1.5 * font
        yield Words(x + 1.2 * font, at, font if k == 0 else 0.75 * font, line, middle=False, bold=k == 0)

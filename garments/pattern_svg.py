"""`pattern.svg`: the pattern as a pattern maker wants it, true to scale: one user unit is one millimetre.

Per piece: cut line (thick), sewing line (thin), darts (dashed), folds (dash-dot), notches across the allowance, grain
arrow, name, number of pieces, length of every seam, width lines. A title block carries the points of measure; a
10 cm square proves the scale of a print. Pieces lie side by side, grain upright, none overlapping.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from toile.garments import curves
from toile.garments.curves import F64
from toile.garments.cut_line import cut_line
from toile.garments.pattern import Edge, Panel, Pattern

CLOTH_WIDTH = 1450.0
"""Width [mm] that pieces are laid out on, wider where a piece is."""
GAP = 25.0
MARGIN = 20.0
SQUARE = 100.0
CLASSES = {
    "cut": 'fill="#fbfaf5" stroke="#111" stroke-width="0.9"',
    "sew": 'fill="none" stroke="#333" stroke-width="0.35"',
    "hem": 'fill="none" stroke="#1f5fa8" stroke-width="0.45" stroke-dasharray="8 2"',
    "dart": 'fill="none" stroke="#b3261e" stroke-width="0.45" stroke-dasharray="4 2"',
    "fold": 'fill="none" stroke="#1b7f3b" stroke-width="0.6" stroke-dasharray="12 3 2 3"',
    "opening": 'fill="none" stroke="#a05a00" stroke-width="0.45" stroke-dasharray="6 3"',
    "notch": 'fill="none" stroke="#111" stroke-width="0.7"',
    "grain": 'fill="none" stroke="#111" stroke-width="0.6"',
    "width": 'fill="none" stroke="#7a7a7a" stroke-width="0.3" stroke-dasharray="1 2"',
    "square": 'fill="none" stroke="#111" stroke-width="0.5"',
}
FONT = "font-family=\"'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif\""


@dataclass(frozen=True)
class Placed:
    """A panel on the sheet: pattern metres (x, y) become sheet millimetres (ox + 1000 x, oy - 1000 y)."""

    panel: Panel
    ox: float
    oy: float

    def sheet(self, points: F64) -> F64:
        """Return points [mm] on the sheet."""
        return np.stack([self.ox + 1000.0 * points[:, 0], self.oy - 1000.0 * points[:, 1]], axis=1)


def pattern_to_svg(pattern: Pattern) -> str:
    """Return the pattern as an SVG document whose width and height are in millimetres."""
    title = _title(pattern)
    top = MARGIN + max(_title_height(title), SQUARE + 18.0) + GAP
    placed, width, height = lay_out(pattern.panels, top)
    width = max(width, 620.0)
    body = [part for piece in placed for part in _piece(piece)]
    block = _title_block(title, width)
    size = f'width="{width:.2f}mm" height="{height:.2f}mm" viewBox="0 0 {width:.2f} {height:.2f}"'
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {FONT}>',
            f"<title>{escape(', '.join(pattern.garments))}, flat pattern, scale 1:1, mm</title>",
            f'<rect width="{width:.2f}" height="{height:.2f}" fill="#ffffff"/>',
            *block,
            *body,
            "</svg>",
            "",
        ]
    )


def lay_out(panels: Sequence[Panel], top: float) -> tuple[list[Placed], float, float]:
    """Return the panels placed in rows below `top`, tallest first in each row, with the sheet's width and height [mm]."""
    boxes = []
    for panel in panels:
        line = 1000.0 * cut_line(panel).points
        boxes.append((panel, line.min(axis=0), line.max(axis=0)))
    widest = max(float(high[0] - low[0]) for _, low, high in boxes)
    sheet = max(CLOTH_WIDTH, widest + 2.0 * MARGIN)
    boxes.sort(key=lambda b: (b[0].garment, -round(float(b[2][1] - b[1][1]))))
    placed: list[Placed] = []
    x, y, row, used = MARGIN, top, 0.0, 0.0
    for panel, low, high in boxes:
        size = high - low
        if x > MARGIN and x + size[0] > sheet - MARGIN:
            x, y, row = MARGIN, y + row + GAP, 0.0
        placed.append(Placed(panel, float(x - low[0]), float(y + high[1])))
        x += size[0] + GAP
        row, used = max(row, float(size[1])), max(used, x - GAP)
    return placed, used + MARGIN, y + row + MARGIN


def _path(points: F64, kind: str, closed: bool = False, extra: str = "") -> str:
    steps = " ".join(f"{x:.3f} {y:.3f}" for x, y in points)
    return f'<path d="M {steps}{" Z" if closed else ""}" {CLASSES[kind]}{extra}/>'


def _text(x: float, y: float, size: float, words: str, turn: float = 0.0, anchor: str = "middle") -> str:
    rotate = f' transform="rotate({turn:.2f} {x:.2f} {y:.2f})"' if turn else ""
    return f'<text x="{x:.2f}" y="{y:.2f}" font-size="{size:.1f}" text-anchor="{anchor}"{rotate}>{escape(words)}</text>'


def _piece(piece: Placed) -> Iterable[str]:
    panel = piece.panel
    yield f'<g id="{escape(panel.name, quote=True)}">'
    yield _path(piece.sheet(cut_line(panel).points), "cut", closed=True)
    for edge in panel.edges:
        kind = {"seam": "sew"}.get(edge.kind, edge.kind)
        yield _path(piece.sheet(edge.points), kind, extra=f' data-edge="{escape(edge.name, quote=True)}"')
    yield from _notches(piece)
    yield from _widths(piece)
    yield from _grain(piece)
    yield from _edge_lengths(piece)
    yield from _name(piece)
    yield "</g>"


def _widths(piece: Placed) -> Iterable[str]:
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
        yield _path(sheet, "width")
        x, y = sheet[0] + 0.12 * (sheet[1] - sheet[0])
        yield _text(x, y - 2.0, 4.0, f"{name} {100 * float(np.linalg.norm(a - b)):.1f}", anchor="start")
    forks = [p for name, p in ends.items() if name.startswith("crotch")]
    if forks:
        y = min(float(p[:, 1].min()) for p in forks)
        x = curves.crossings(np.concatenate([panel.outline, panel.outline[:1]]), y - 1e-6)
        sheet = piece.sheet(np.array([[x.min(), y], [x.max(), y]]))
        yield _path(sheet, "width")
        words = f"crotch line {100 * float(x.max() - x.min()):.1f}"
        middle = 0.5 * (sheet[0] + sheet[1])
        yield _text(float(middle[0]), float(middle[1]) - 2.0, 4.0, words)


def _caps(ends: dict[str, F64]) -> tuple[F64, F64]:
    return ends["cap_front"], ends["cap_back"]


def _direction(edge: Edge, distance: float) -> F64:
    step = min(0.002, 0.25 * edge.length)
    low, high = max(0.0, distance - step), min(edge.length, distance + step)
    return curves.unit(curves.point_at(edge.points, high) - curves.point_at(edge.points, low))


def _notches(piece: Placed) -> Iterable[str]:
    for notch in piece.panel.notches:
        edge = piece.panel.edge(notch.edge)
        at = curves.point_at(edge.points, notch.fraction * edge.length)
        along = _direction(edge, notch.fraction * edge.length)
        out = np.array([along[1], -along[0]])
        yield _path(piece.sheet(np.array([at - 0.002 * out, at + max(edge.allowance, 0.004) * out])), "notch")


def _grain(piece: Placed) -> Iterable[str]:
    """Draw the grain as an arrow with two heads, beside the middle, as long as the piece allows."""
    panel = piece.panel
    direction = np.array(panel.grain)
    centre = _inside_point(panel)
    low, high = _chord(panel, centre, direction)
    span = high - low
    if span < 0.03:
        x, y = piece.sheet(centre[None])[0]
        yield _text(
            float(x), float(y) + 6.0, 3.0, "grain ↔ 经向" if abs(direction[0]) > 0.5 else "grain ↕ 经向"
        )
        return
    half = min(0.38 * span, 0.15)
    middle = centre + 0.5 * (low + high) * direction
    ends = np.array([middle - half * direction, middle + half * direction])
    yield _path(piece.sheet(ends), "grain")
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
        yield _path(piece.sheet(barbs), "grain")


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


def _edge_lengths(piece: Placed) -> Iterable[str]:
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
        yield _text(x, y + 1.2, 4.5, f"{edge.name.replace('_', ' ')} {100 * edge.length:.1f}", turn)


def _name(piece: Placed) -> Iterable[str]:
    panel = piece.panel
    centre = _inside_point(panel)
    x, y = piece.sheet(centre[None])[0]
    size = 1000.0 * np.ptp(panel.outline, axis=0)
    words = [panel.label or panel.name, panel.name, panel.pieces]
    font = float(np.clip(0.055 * min(size[0], 3.0 * size[1]), 3.5, 10.0))
    if size[1] < 60.0:
        yield _text(x, y + 1.6 * font, font, " · ".join(words))
        return
    for k, line in enumerate(words):
        yield _text(
            x + 1.2 * font, y + (k - 1) * 1.5 * font, font if k == 0 else 0.75 * font, line, anchor="start"
        )


def _title(pattern: Pattern) -> list[str]:
    lines = [
        "toile · flat pattern · scale 1:1 · "
        + ", ".join(
            f"{name} ({cloth})" for name, cloth in zip(pattern.garments, pattern.fabrics, strict=True)
        )
    ]
    lines.append(
        f"{len(pattern.panels)} pieces · seam lengths in cm · allowance included outside the thin line"
    )
    for k, name in enumerate(pattern.garments):
        words = [
            f"{m.name.removesuffix('_cm')} {100 * m.drafted:.1f}"
            + (f" (asked {100 * m.requested:.1f})" if m.requested is not None else "")
            for m in pattern.measures
            if m.garment == k
        ]
        for start in range(0, len(words), 5):
            lines.append((f"{name}: " if start == 0 else "    ") + " · ".join(words[start : start + 5]))
    return [*lines, *pattern.notes]


def _title_height(lines: Sequence[str]) -> float:
    return 14.0 + 8.0 * len(lines)


def _title_block(lines: Sequence[str], width: float) -> Iterable[str]:
    x, y = width - MARGIN - SQUARE, MARGIN
    corners = np.array([[x, y], [x + SQUARE, y], [x + SQUARE, y + SQUARE], [x, y + SQUARE]])
    yield _path(corners, "square", closed=True, extra=' id="test-square"')
    yield _text(x + 0.5 * SQUARE, y + 0.5 * SQUARE, 6.0, "10 cm × 10 cm")
    yield _text(x + 0.5 * SQUARE, y + 0.5 * SQUARE + 8.0, 4.0, "measure after printing")
    for k, line in enumerate(lines):
        yield _text(MARGIN, MARGIN + 10.0 + 8.0 * k, 7.0 if k == 0 else 5.0, line, anchor="start")

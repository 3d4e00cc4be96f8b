"""`nest.svg`: every size of a run over one another, true to scale, aligned where the panels' coordinates begin.

A panel's origin is the centre line at the natural waist (a sleeve's: the top of its cap), so the lines of a nest show
where and by how much a piece grows. Each size has a colour; the grade table stands above.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toile.garments.cut_line import cut_line
from toile.garments.grading import Run
from toile.garments.ink import Ink, Words
from toile.garments.layout import GAP, MARGIN, lay_out_boxes
from toile.garments.pattern import Panel
from toile.garments.pattern_svg import document, ink_to_svg
from toile.garments.title_block import text_width

COLOURS = ("#b3261e", "#d9730d", "#8a7a00", "#1b7f3b", "#1f5fa8", "#6a3fa0", "#b0307f", "#444444")
ROW, SIZE = 7.0, 5.0


def nest_to_svg(run: Run) -> str:
    """Return the nested drawing of a run as an SVG document in millimetres."""
    names = list(dict.fromkeys(p.name for pattern in run.patterns for p in pattern.every_piece))
    found = [{p.name: p for p in pattern.every_piece} for pattern in run.patterns]
    pieces = [next(f[name] for f in found if name in f) for name in names]
    boxes = [_box([f[name] for f in found if name in f]) for name in names]
    head, top = _head(run)
    placed, width, height = lay_out_boxes(pieces, boxes, top + GAP)
    body = [ink_to_svg(item) for item in head]
    for k, size in enumerate(run.sizes):
        body.append(_swatch(k, size.label, run.sample))
    for piece in placed:
        body.append(f'<g id="{piece.panel.name}">')
        for k, panels in enumerate(found):
            panel = panels.get(piece.panel.name)
            if panel is None:
                continue
            for points, wide in ((cut_line(panel).points, 0.6), (panel.outline, 0.25)):
                steps = " ".join(f"{x:.3f} {y:.3f}" for x, y in piece.sheet(points))
                body.append(
                    f'<path d="M {steps} Z" fill="none" stroke="{_colour(k)}" stroke-width="{wide}" '
                    f'data-size="{run.sizes[k].label}"/>'
                )
        centre = piece.sheet(piece.panel.outline.mean(axis=0)[None])[0]
        body.append(ink_to_svg(Words(float(centre[0]), float(centre[1]), 8.0, piece.panel.label, bold=True)))
        body.append("</g>")
    title = f"{', '.join(run.patterns[run.sample].garments)}, sizes {', '.join(s.label for s in run.sizes)}"
    wide = max(width, max((_end(i) for i in head), default=0.0) + MARGIN)
    return document(title, wide, height, body)


def _colour(size: int) -> str:
    return COLOURS[size % len(COLOURS)]


def _box(panels: Sequence[Panel]) -> tuple[np.ndarray, np.ndarray]:
    points = 1000.0 * np.concatenate([cut_line(panel).points for panel in panels])
    return points.min(axis=0), points.max(axis=0)


def _end(item: Ink) -> float:
    return item.x + text_width(item.text, item.size) if isinstance(item, Words) else 0.0


def _swatch(size: int, label: str, sample: int) -> str:
    x, y = MARGIN + 55.0 * (size % 10), MARGIN + 16.0 + 8.0 * (size // 10)
    words = Words(x + 14.0, y + 1.6, SIZE, label + (" (sample)" if size == sample else ""), middle=False)
    return f'<path d="M {x} {y} L {x + 11.0} {y}" stroke="{_colour(size)}" stroke-width="1"/>' + ink_to_svg(
        words
    )


def _head(run: Run) -> tuple[list[Ink], float]:
    names = ", ".join(run.patterns[run.sample].garments)
    ink: list[Ink] = [
        Words(
            MARGIN, MARGIN + 6.0, 7.0, f"toile · graded nest · scale 1:1 · {names}", middle=False, bold=True
        )
    ]
    heads = ["measure cm", *(size.label for size in run.sizes), "by"]
    rows = [heads]
    for row in run.rows:
        sample = row.drafted[run.sample]
        cells = [f"{100 * v:.1f} ({100 * (v - sample):+.1f})" for v in row.drafted]
        by = f"table, {row.driver}" if row.held else "follows"
        rows.append([row.name.removesuffix("_cm").replace("_", " "), *cells, by])
    widths = [max(text_width(r[k], SIZE) for r in rows) + 6.0 for k in range(len(heads))]
    y = MARGIN + 34.0
    for i, cells in enumerate(rows):
        x = MARGIN
        for cell, wide in zip(cells, widths, strict=True):
            ink.append(Words(x, y, SIZE, cell, middle=False, bold=i == 0))
            x += wide
        y += ROW
    return ink, y

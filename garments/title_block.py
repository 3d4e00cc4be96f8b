"""The block above the pieces: what it is, the points of measure, the cutting list, a legend, a scale bar, a test square."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from toile.garments.cutting_list import cutting_list
from toile.garments.ink import Ink, Line, Words
from toile.garments.layout import MARGIN
from toile.garments.pattern import Pattern, PointOfMeasure

SQUARE = 100.0
BAR = 200.0
ROW = 7.0
SIZE = 5.0
HEAD = 26.0
WIDEST = 600.0
LEGEND = {
    "cut": "cut line",
    "sew": "sewing line, its length in cm (+ allowance)",
    "hem": "hem",
    "dart": "dart",
    "fold": "fold or centre line",
    "place": "where a fold comes to lie",
    "stitch": "a piece is sewn on here",
    "opening": "opening, slit",
    "notch": "notch; two: the back's",
    "grain": "grain 经向",
    "width": "width line",
}
Rows = Sequence[Sequence[str]]


def text_width(text: str, size: float) -> float:
    """Return about how wide [mm] a text of a size [mm] runs."""
    return sum(size if ord(c) > 0x2E7F else 0.56 * size for c in text)


def title_block(
    pattern: Pattern, facts: Mapping[str, str] | None = None, width: float = WIDEST, proofs: bool = True
) -> tuple[list[Ink], float]:
    """Return the block drawn at the sheet's top left, and its height [mm].

    Args:
        facts: more to say, such as the size.
        width: of the sheet [mm]; tables that do not fit beside one another go below.
        proofs: with the test square and the scale bar, which are true only at 1:1.
    """
    ink: list[Ink] = []
    names = ", ".join(f"{n} ({c})" for n, c in zip(pattern.garments, pattern.fabrics, strict=True))
    ink.append(
        Words(
            MARGIN, MARGIN + 6.0, 7.0, f"toile · flat pattern · scale 1:1 · {names}", middle=False, bold=True
        )
    )
    said = "".join(f"{key} {value} · " for key, value in (facts or {}).items())
    ink.append(
        Words(
            MARGIN,
            MARGIN + 15.0,
            5.0,
            f"{said}{len(pattern.every_piece)} pieces · centimetres · every piece has its allowance outside the sewing line",
            middle=False,
        )
    )
    y = MARGIN + HEAD
    columns: list[tuple[float, float, Iterable[Ink]]] = []
    for title, rows in (
        ("POINTS OF MEASURE", _measure_rows(pattern)),
        ("CUTTING LIST", _cutting_rows(pattern)),
    ):
        columns.append(_table(title, rows))
    columns.append(_legend())
    if proofs:
        columns.append(_proofs())
    x, row_top, deepest = MARGIN, y, 0.0
    for wide, high, drawn in columns:
        if x > MARGIN and x + wide > max(width, WIDEST) - MARGIN:
            x, row_top, deepest = MARGIN, row_top + deepest + 8.0, 0.0
        ink += [_moved(item, x, row_top) for item in drawn]
        x, deepest = x + wide + 14.0, max(deepest, high)
    y = row_top + deepest + 6.0
    for note in pattern.notes:
        for line in wrapped(note, max(width, WIDEST) - 2.0 * MARGIN, SIZE):
            ink.append(Words(MARGIN, y, SIZE, line, middle=False))
            y += ROW
    return ink, y


def wrapped(text: str, width: float, size: float) -> list[str]:
    """Return a text broken at spaces into lines at most `width` [mm] long."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def measure_cells(point: PointOfMeasure) -> tuple[str, str, str, str]:
    """Return a point of measure as its table's cells: name, requested, drafted, tolerance [cm]."""
    asked = "–" if point.requested is None else f"{100 * point.requested:.2f}"
    return (
        point.name.removesuffix("_cm").replace("_", " "),
        asked,
        f"{100 * point.drafted:.2f}",
        f"±{100 * point.tolerance:.2f}",
    )


def _measure_rows(pattern: Pattern) -> Rows:
    rows: list[tuple[str, ...]] = [("garment", "measure", "requested", "drafted", "tol.")]
    for point in pattern.measures:
        rows.append((pattern.garments[point.garment], *measure_cells(point)))
    return rows


def _cutting_rows(pattern: Pattern) -> Rows:
    rows: list[tuple[str, ...]] = [("piece", "cut", "w × h cm", "grain", "seam", "hem", "notches")]
    for piece in cutting_list(pattern):
        hem = "–" if piece.hem_allowance is None else f"{100 * piece.hem_allowance:.1f}"
        grain = (
            "length"
            if abs(piece.grain - 90.0) < 0.5
            else "width"
            if abs(piece.grain) < 0.5
            else f"{piece.grain:.0f}°"
        )
        rows.append(
            (
                f"{piece.name} {piece.label}",
                piece.pieces,
                f"{100 * piece.width:.1f} × {100 * piece.height:.1f}",
                grain,
                f"{100 * piece.seam_allowance:.1f}",
                hem,
                str(piece.notches),
            )
        )
    return rows


def _table(title: str, rows: Rows) -> tuple[float, float, list[Ink]]:
    widths = [max(text_width(r[k], SIZE) for r in rows) + 8.0 for k in range(len(rows[0]))]
    ink: list[Ink] = [Words(0.0, SIZE, SIZE + 0.6, title, middle=False, bold=True)]
    total = sum(widths)
    for i, row in enumerate(rows):
        y = ROW * (i + 2)
        ink.append(Line(np.array([[0.0, y + 1.6], [total, y + 1.6]]), "rule"))
        x = 0.0
        for cell, wide in zip(row, widths, strict=True):
            ink.append(Words(x, y, SIZE, cell, middle=False, bold=i == 0))
            x += wide
    return total, ROW * (len(rows) + 2), ink


def _legend() -> tuple[float, float, list[Ink]]:
    ink: list[Ink] = [Words(0.0, SIZE, SIZE + 0.6, "LEGEND", middle=False, bold=True)]
    for k, (pen, words) in enumerate(LEGEND.items()):
        y = ROW * (k + 2)
        ink.append(Line(np.array([[0.0, y - 1.4], [22.0, y - 1.4]]), pen))
        ink.append(Words(26.0, y, SIZE, words, middle=False))
    return 26.0 + max(text_width(w, SIZE) for w in LEGEND.values()), ROW * (len(LEGEND) + 2), ink


def _proofs() -> tuple[float, float, list[Ink]]:
    """The test square, and a bar of 20 cm with a tick a centimetre."""
    corners = np.array([[0.0, 0.0], [SQUARE, 0.0], [SQUARE, SQUARE], [0.0, SQUARE]])
    ink: list[Ink] = [
        Line(corners, "square", closed=True, name="test-square"),
        Words(0.5 * SQUARE, 0.5 * SQUARE, 6.0, "10 cm × 10 cm"),
        Words(0.5 * SQUARE, 0.5 * SQUARE + 8.0, 4.0, "measure after printing"),
    ]
    y = SQUARE + 14.0
    ink.append(Line(np.array([[0.0, y], [BAR, y]]), "square", name="scale-bar"))
    for k in range(21):
        reach = 4.0 if k % 5 == 0 else 2.0
        ink.append(Line(np.array([[10.0 * k, y], [10.0 * k, y - reach]]), "square"))
        if k % 5 == 0:
            ink.append(Words(10.0 * k, y + 5.0, 4.0, f"{k}"))
    ink.append(Words(BAR + 6.0, y + 1.5, 4.0, "cm", middle=False))
    return BAR + 14.0, y + 8.0, ink


def _moved(item: Ink, x: float, y: float) -> Ink:
    if isinstance(item, Line):
        return Line(item.points + np.array([x, y]), item.pen, item.closed, item.edge, item.name)
    return Words(item.x + x, item.y + y, item.size, item.text, item.turn, item.middle, item.bold)

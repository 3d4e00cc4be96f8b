"""`pattern.pdf`: the pattern at 1:1 on pages that a printer has, to be glued edge to edge.

The first page proves the scale (a square of 10 cm), shows which page lies where, and holds the tables. Every further
page is one tile of the sheet: its frame is the line to trim and glue along, its corners and the letters beside the
frame say which page meets it. Empty tiles are left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from toile.engine.core.errors import BadInput
from toile.garments.ink import Ink, Line, Words
from toile.garments.layout import lay_out
from toile.garments.pattern import Pattern
from toile.garments.pdf import Page, clipped, draw, pdf_document
from toile.garments.piece_drawing import draw_piece
from toile.garments.title_block import SQUARE, text_width, title_block

PAPERS: Mapping[str, tuple[float, float]] = {"A4": (210.0, 297.0), "A0": (841.0, 1189.0)}
"""Width and height [mm]."""
EDGE = 10.0
"""White margin [mm] of every page: what printers cannot reach."""
_UNIT = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
_ACROSS = np.array([[-4.0, 0.0], [4.0, 0.0]])
_DOWN = np.array([[0.0, -4.0], [0.0, 4.0]])


@dataclass(frozen=True)
class Tile:
    """One page of the sheet: row and column from its top left, and its name on the map."""

    row: int
    column: int

    @property
    def name(self) -> str:
        """Return a letter for the row and a number for the column: A1, A2, B1, …"""
        letters = ""
        k = self.row
        while True:
            letters = chr(ord("A") + k % 26) + letters
            k = k // 26 - 1
            if k < 0:
                return f"{letters}{self.column + 1}"


def pattern_to_pdf(pattern: Pattern, paper: str = "A4", facts: Mapping[str, str] | None = None) -> bytes:
    """Return the pattern as a PDF at 1:1 on tiles of a paper.

    Raises:
        BadInput: no such paper.
    """
    if paper not in PAPERS:
        raise BadInput(f"There is no paper called {paper!r}; choose one of: {', '.join(PAPERS)}.")
    width, height = PAPERS[paper]
    inner = (width - 2.0 * EDGE, height - 2.0 * EDGE)
    columns = max(1, round(1450.0 / inner[0]))
    placed, sheet_width, sheet_height = lay_out(pattern.every_piece, 20.0, columns * inner[0])
    said = facts or {}
    items: list[Ink] = []
    for piece in placed:
        items += draw_piece(piece, {"fabric": pattern.fabrics[piece.panel.garment], **said})
    grid = (math.ceil(sheet_height / inner[1]), math.ceil(sheet_width / inner[0]))
    tiles = [Tile(r, c) for r in range(grid[0]) for c in range(grid[1])]
    boxes = [_box(item) for item in items]
    pages: list[Page] = []
    used: list[Tile] = []
    for tile in tiles:
        low = np.array([tile.column * inner[0], tile.row * inner[1]])
        high = low + inner
        here = [i for i, (a, b) in zip(items, boxes, strict=True) if (b >= low).all() and (a <= high).all()]
        if not any(isinstance(i, Line) and _enters(i, low, high) for i in here):
            continue
        used.append(tile)
        content = clipped(draw(here, EDGE - low[0], EDGE - low[1]), EDGE, EDGE, *inner)
        shown = [i.name for i in here if isinstance(i, Line) and i.pen == "cut" and _enters(i, low, high)]
        pages.append(Page(width, height, draw(_frame(tile, tiles, inner, shown)) + content))
    first = Page(width, height, _first_page(pattern, said, paper, used, grid, inner, items))
    return pdf_document([first, *pages], f"{', '.join(pattern.garments)}: flat pattern, {paper}, 1:1")


def _box(item: Ink) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(item, Line):
        return item.points.min(axis=0), item.points.max(axis=0)
    reach = 0.6 * text_width(item.text, item.size) + item.size
    at = np.array([item.x, item.y])
    ahead = at + np.array([math.cos(math.radians(item.turn)), math.sin(math.radians(item.turn))]) * (
        0.0 if item.middle else reach
    )
    return np.minimum(at, ahead) - reach, np.maximum(at, ahead) + reach


def _enters(line: Line, low: np.ndarray, high: np.ndarray) -> bool:
    """Whether a line's ink crosses a tile, not only its box."""
    points = np.concatenate([line.points, line.points[:1]]) if line.closed else line.points
    a, b = points[:-1], points[1:]
    count = max(2, math.ceil(float(np.linalg.norm(b - a, axis=1).max()) / 4.0))
    t = np.linspace(0.0, 1.0, count)[:, None, None]
    along = a + t * (b - a)
    return bool(((along >= low - 0.5) & (along <= high + 0.5)).all(axis=2).any())


def _frame(tile: Tile, tiles: Sequence[Tile], inner: tuple[float, float], pieces: Sequence[str]) -> list[Ink]:
    """The trim line, crosses at its corners, the pieces on the page, and beside each side the page that meets it."""
    x, y = EDGE, EDGE
    w, h = inner
    corners = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]])
    ink: list[Ink] = [Line(corners, "rule", closed=True, name="frame")]
    for corner in corners:
        ink.append(Line(corner + _ACROSS, "square"))
        ink.append(Line(corner + _DOWN, "square"))
    ink.append(Words(x + 3.0, y - 3.0, 5.0, tile.name, middle=False, bold=True))
    ink.append(Words(x + 16.0, y - 3.0, 3.2, ", ".join(pieces), middle=False))
    there = set(tiles)
    sides = (
        (Tile(tile.row, tile.column + 1), x + w + 4.0, y + 0.5 * h, 90.0),
        (Tile(tile.row, tile.column - 1), x - 4.0, y + 0.5 * h, -90.0),
        (Tile(tile.row + 1, tile.column), x + 0.5 * w, y + h + 6.0, 0.0),
        (Tile(tile.row - 1, tile.column), x + w - 14.0, y - 3.0, 0.0),
    )
    for neighbour, at_x, at_y, turn in sides:
        if neighbour in there:
            ink.append(Words(at_x, at_y, 4.0, f"joins {neighbour.name}", turn))
    return ink


def _first_page(
    pattern: Pattern,
    facts: Mapping[str, str],
    paper: str,
    used: Sequence[Tile],
    grid: tuple[int, int],
    inner: tuple[float, float],
    items: Sequence[Ink],
) -> bytes:
    w, _ = inner
    corners = np.array([EDGE, EDGE + 14.0]) + SQUARE * _UNIT
    ink: list[Ink] = [
        Words(
            EDGE,
            EDGE + 6.0,
            6.0,
            f"{', '.join(pattern.garments)} · 1:1 on {paper} · print at 100 %",
            middle=False,
            bold=True,
        ),
        Line(corners, "square", closed=True, name="test-square"),
        Words(EDGE + 0.5 * SQUARE, EDGE + 14.0 + 0.5 * SQUARE, 5.0, "10 cm × 10 cm: measure me"),
    ]
    for k, words in enumerate(
        (f"{len(used)} pages", "Trim along each frame;", "glue edge to edge by", "the map below.")
    ):
        ink.append(Words(EDGE + SQUARE + 8.0, EDGE + 22.0 + 7.0 * k, 4.5, words, middle=False))
    top = EDGE + SQUARE + 22.0
    scale = min(w / (grid[1] * inner[0]), 70.0 / (grid[0] * inner[1]))
    shown = {(t.row, t.column) for t in used}
    grid_ink: list[Ink] = []
    for r in range(grid[0]):
        for c in range(grid[1]):
            if (r, c) not in shown:
                continue
            a = np.array([c * inner[0], r * inner[1]])
            box = a + np.array(inner) * _UNIT
            grid_ink.append(Line(box * scale, "rule", closed=True))
            at = (a + 0.5 * np.array(inner)) * scale
            grid_ink.append(Words(float(at[0]), float(at[1]), 3.0, Tile(r, c).name))
    outlines = [Line(i.points * scale, "sew", True) for i in items if isinstance(i, Line) and i.pen == "cut"]
    tables, deep = title_block(pattern, facts, proofs=False)
    wide = max((float(_box(i)[1][0]) for i in tables), default=w)
    left = PAPERS[paper][1] - EDGE - (top + 80.0)
    shrink = min(1.0, w / wide, left / deep)
    return draw(ink) + draw([*outlines, *grid_ink], EDGE, top) + draw(tables, EDGE, top + 76.0, shrink)

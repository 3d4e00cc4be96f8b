"""Pieces side by side on a sheet: rows below one another, tallest first, grain upright, none overlapping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toile.garments.curves import F64
from toile.garments.cut_line import cut_line
from toile.garments.pattern import Panel

CLOTH_WIDTH = 1450.0
"""Width [mm] that pieces are laid out on, wider where a piece is."""
GAP = 25.0
MARGIN = 20.0


@dataclass(frozen=True)
class Placed:
    """A panel on the sheet: pattern metres (x, y) become sheet millimetres (ox + 1000 x, oy - 1000 y)."""

    panel: Panel
    ox: float
    oy: float

    def sheet(self, points: F64) -> F64:
        """Return points [mm] on the sheet."""
        return np.stack([self.ox + 1000.0 * points[:, 0], self.oy - 1000.0 * points[:, 1]], axis=1)


Box = tuple[F64, F64]
"""Least and greatest x and y [mm] of a piece with its allowances, y up."""


def lay_out(
    panels: Sequence[Panel], top: float, cloth: float = CLOTH_WIDTH
) -> tuple[list[Placed], float, float]:
    """Return the panels placed in rows below `top`, tallest first in each row, with the sheet's width and height [mm].

    Args:
        cloth: width [mm] to lay them on; a wider piece widens it.
    """
    lines = [1000.0 * cut_line(panel).points for panel in panels]
    return lay_out_boxes(panels, [(line.min(axis=0), line.max(axis=0)) for line in lines], top, cloth)


def lay_out_boxes(
    panels: Sequence[Panel], sizes: Sequence[Box], top: float, cloth: float = CLOTH_WIDTH
) -> tuple[list[Placed], float, float]:
    """Return panels placed as `lay_out` does, each in a box of its own [mm], which may be larger than it."""
    boxes = [(panel, low, high) for panel, (low, high) in zip(panels, sizes, strict=True)]
    widest = max(float(high[0] - low[0]) for _, low, high in boxes)
    sheet = max(cloth, widest + 2.0 * MARGIN)
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

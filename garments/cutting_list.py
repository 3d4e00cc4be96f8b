"""The cutting list: every piece's name, how often it is cut, its size with allowances, grain, allowances and notches."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from toile.garments import curves
from toile.garments.cut_line import cut_line
from toile.garments.pattern import Panel, Pattern

_COUNT = re.compile(r"cut (\d+)")


@dataclass(frozen=True)
class CutPiece:
    """One row: sizes [m] and area [m2] of the cut piece, grain [degrees] from the piece's width, allowances [m]."""

    name: str
    label: str
    garment: str
    fabric: str
    count: int
    pieces: str
    width: float
    height: float
    area: float
    grain: float
    seam_allowance: float
    hem_allowance: float | None
    notches: int

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain values, centimetres."""
        return {
            "name": self.name,
            "label": self.label,
            "garment": self.garment,
            "fabric": self.fabric,
            "count": self.count,
            "cut": self.pieces,
            "width_cm": round(100.0 * self.width, 2),
            "height_cm": round(100.0 * self.height, 2),
            "area_cm2": round(1e4 * self.area, 1),
            "grain_deg": round(self.grain, 2),
            "seam_allowance_cm": round(100.0 * self.seam_allowance, 2),
            "hem_allowance_cm": None if self.hem_allowance is None else round(100.0 * self.hem_allowance, 2),
            "notches": self.notches,
        }


def cut_count(panel: Panel) -> int:
    """Return how often a piece is cut from the shell fabric (`cut 2, interface 1` is two)."""
    match = _COUNT.search(panel.pieces)
    return int(match[1]) if match else 1


def cutting_list(pattern: Pattern) -> tuple[CutPiece, ...]:
    """Return a row for every piece of a pattern, those that are not simulated last."""
    return tuple(_row(pattern, panel) for panel in pattern.every_piece)


def _row(pattern: Pattern, panel: Panel) -> CutPiece:
    line = cut_line(panel).points
    width, height = np.ptp(line, axis=0)
    seams = [e.allowance for e in panel.edges if e.kind == "seam"]
    hems = [e.allowance for e in panel.edges if e.kind == "hem"]
    return CutPiece(
        name=panel.name,
        label=panel.label,
        garment=pattern.garments[panel.garment],
        fabric=pattern.fabrics[panel.garment],
        count=cut_count(panel),
        pieces=panel.pieces,
        width=float(width),
        height=float(height),
        area=curves.area(line),
        grain=math.degrees(math.atan2(panel.grain[1], panel.grain[0])),
        seam_allowance=max(seams, key=seams.count) if seams else 0.0,
        hem_allowance=max(hems) if hems else None,
        notches=len(panel.notches),
    )

"""What a drawing is made of, for every file that shows it: lines and words on a sheet in millimetres, y down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from toile.garments.curves import F64


@dataclass(frozen=True)
class Pen:
    """How a line looks: colour "#rrggbb" (fill None: not filled), width [mm], dashes [mm] on, off, …"""

    colour: str
    width: float
    dashes: tuple[float, ...] = ()
    fill: str | None = None


PENS: Mapping[str, Pen] = {
    "cut": Pen("#111111", 0.9, fill="#fbfaf5"),
    "sew": Pen("#333333", 0.35),
    "hem": Pen("#1f5fa8", 0.45, (8.0, 2.0)),
    "dart": Pen("#b3261e", 0.45, (4.0, 2.0)),
    "fold": Pen("#1b7f3b", 0.6, (12.0, 3.0, 2.0, 3.0)),
    "place": Pen("#1b7f3b", 0.35, (3.0, 3.0)),
    "stitch": Pen("#7a3fa0", 0.45, (5.0, 2.0)),
    "opening": Pen("#a05a00", 0.45, (6.0, 3.0)),
    "notch": Pen("#111111", 0.7),
    "grain": Pen("#111111", 0.6),
    "width": Pen("#7a7a7a", 0.3, (1.0, 2.0)),
    "rule": Pen("#999999", 0.2),
    "square": Pen("#111111", 0.5),
}


@dataclass(frozen=True)
class Line:
    """A polyline [mm] (n, 2) drawn with a pen of PENS; `edge` and `name` say what it is."""

    points: F64
    pen: str
    closed: bool = False
    edge: str = ""
    name: str = ""


@dataclass(frozen=True)
class Words:
    """A text at a point [mm]: size [mm], turned clockwise [degrees], anchored at its start or middle."""

    x: float
    y: float
    size: float
    text: str
    turn: float = 0.0
    middle: bool = True
    bold: bool = False


Ink = Line | Words

"""Bodices without shoulders: strapless and sweetheart, held up by an elastic along the top.

The body ends in a line a little below the armpits and is eased onto a stay, a band with its own elastic that is cut shorter
than the chest. On the body the elastic is stretched by 1 / CHEST - 1; friction under its pull, and the bust where there is one, hold
the garment. A sweetheart's front stay is cut as a heart and interfaced; its elastic is in the back alone.
"""

from __future__ import annotations

import math

import numpy as np

from toile.engine.core.errors import BadInput
from toile.engine.core.measurements import Measurements
from toile.garments import curves
from toile.garments.curves import F64
from toile.garments.fabric import fabric
from toile.garments.pattern import Edge, Panel, Placement
from toile.garments.piecework import Drawing
from toile.garments.style import Style

NECKLINES = ("strapless", "sweetheart")
STAY = 0.025
"""Height [m] of the stay."""
CHEST = 0.84
"""Rest length of the elastic over the chest's girth."""
ELASTIC = 1000.0
"""Stretch [N/m] of a strip of elastic one metre wide: 25 mm of it pull with 4 N at 17 %, as firm knitted elastic does."""
ELASTIC_LIMIT = 0.8
"""Strain at which elastic locks."""
LOWER = 0.024
"""How much lower [m] than a sleeveless armhole the body ends at the side: its stay ends below the armpit."""
OVER_BUST, FLAT = 0.13, 0.05
"""Side dart over what the bust's girth exceeds the girth below it by, and how much of that [m] even a flat chest has."""
RISE = 0.012
"""How much higher [m] the top is at the centre front than at the sides."""
PEAK, DIP = 0.042, 0.006
"""How far [m] a heart's peaks rise over the stay, and its centre dips into it."""
FUSED = 5.0
"""Stiffness of the interfaced front of a heart."""


def has_no_shoulders(style: Style) -> bool:
    """Whether a style's bodice ends below the armpits."""
    return style.neckline in NECKLINES


def bust_dart(m: Measurements) -> float:
    """Return the intake [m] of the side dart: how much longer than the side a body below the armpits is over the bust.

    Measured on six bodies along the convex profile over the bust point: 9 to 15 mm on women, 0 to 2 mm on men.
    """
    intake = OVER_BUST * max(0.0, m.bust - m.underbust - FLAT)
    return intake if intake >= 0.006 else 0.0


def check_sleeveless(style: Style) -> None:
    """Refuse sleeves that have nothing to hang on.

    Raises:
        BadInput: a strapless garment with sleeves.
    """
    if style.sleeve != "sleeveless":
        raise BadInput(
            f"A {style.neckline} {style.label} has no armholes for {style.sleeve.replace('_', ' ')} sleeves; ask for it "
            "sleeveless, or for an off-shoulder neckline."
        )


def top_edge(style: Style, head: F64, front: bool) -> Edge:
    """Return the top of a half outline, from the side seam's head to the centre."""
    rise = RISE if front and style.neckline == "strapless" else 0.0
    if rise:
        line = curves.smooth(head, (-1.0, 0.0), (0.0, head[1] + rise), (-1.0, 0.0))
    else:
        line = curves.line(head, (0.0, head[1]))
    return Edge("top", line, 0.01)


def highest(style: Style, side_head: float) -> float:
    """Return the height [m] of the finished top at its highest, over the side seam's head at `side_head`."""
    return side_head + STAY + (PEAK if style.neckline == "sweetheart" else RISE)


def front_height(front: Panel, stay: Panel | None) -> float:
    """Return the y [m] that a front's length is measured from: its side neck point, or its top at its highest."""
    tops = [float(e.points[:, 1].max()) for e in front.edges if e.name.startswith("top")]
    if tops:
        return max(tops) + (float(np.ptp(stay.outline[:, 1])) if stay is not None else STAY)
    seam = next(
        (e for e in front.edges if e.name in ("shoulder_left", "strap_end_left")), None
    ) or front.edge("armhole_left")
    return float(seam.points[-1][1])  # a raglan's armhole ends at the side of the neck


def add_stay(drawing: Drawing, style: Style, m: Measurements, front: str, back: str) -> None:
    """Add the stay along the top, in two halves that meet at the sides, and sew the body to it."""
    pull = ELASTIC / fabric(style.fabric).stretch_warp
    names = {}
    for side, body, chinese in (("front", front, "前"), ("back", back, "后")):
        panel = drawing.panels[body]
        cloth = sum(panel.edge(name).length for name in drawing.edges_of(body, "top"))
        heart = side == "front" and style.neckline == "sweetheart"
        length = min((1.0 if heart else CHEST) * 0.5 * m.bust, 0.99 * cloth)
        level = side_height(panel.edges)
        edges = _heart(length, level, m) if heart else strip(length, level, side)
        placement = Placement(
            "torso", side, panel.placement.landmark, panel.placement.y, panel.placement.layer
        )
        drawing_of = "cut 2, interface 1" if heart else "cut 1, double, over elastic"
        names[side] = drawing.add(
            f"stay_{side}", edges, placement, f"Stay {side} {chinese}上口", drawing_of,
            FUSED if heart else pull, grain=(1.0, 0.0), elastic=0.0 if heart else ELASTIC_LIMIT,
        )  # fmt: skip
        drawing.sew(f"stay_{side}", [(names[side], "bottom")], [(body, "top")], "gather", length - cloth)
    for side in ("left", "right"):
        drawing.sew(f"stay_{side}", [(names["front"], f"end_{side}")], [(names["back"], f"end_{side}")])
    drawing.ring(
        "top",
        [(name, e) for name in names.values() for e in ("heart", "top") if _has(drawing, name, e)],
        "torso",
    )
    drawing.ring("stay", [(name, "bottom") for name in names.values()], "torso")
    drawing.notes.append(
        f"The {style.label} is held by {100 * STAY:.1f} cm of elastic along its top, cut to {100 * CHEST:.0f} % of the chest"
        + (" in the back; its front is interfaced." if style.neckline == "sweetheart" else ".")
    )


def _has(drawing: Drawing, panel: str, edge: str) -> bool:
    return any(e.name == edge for e in drawing.panels[panel].edges)


def side_height(edges: tuple[Edge, ...]) -> float:
    """Return how high [m] the side seam reaches, darts closed, over the panel's landmark-independent foot."""
    foot = min(float(e.points[:, 1].min()) for e in edges if e.name.startswith("side"))
    half = [e for e in edges if e.name.startswith("side") and "left" in e.name]
    return foot + sum(e.length for e in half)


def strip(length: float, level: float, side: str) -> list[Edge]:
    """Return the edges of a straight stay whose lower edge lies at a level [m]."""
    plus, minus = ("left", "right") if side == "front" else ("right", "left")
    h = 0.5 * length
    corners = [(-h, level), (h, level), (h, level + STAY), (-h, level + STAY), (-h, level)]
    names = ("bottom", f"end_{plus}", "top", f"end_{minus}")
    return [
        Edge(n, curves.line(a, b), 0.01, "hem" if n == "top" else "seam")
        for n, a, b in zip(names, corners, corners[1:], strict=False)
    ]


def _heart(length: float, level: float, m: Measurements) -> list[Edge]:
    h, top = 0.5 * length, level + STAY
    peak = min(0.5 * m.bust_point_distance, 0.6 * h)
    centre, summit, end = (0.0, top - DIP), (peak, top + PEAK), (h, top)
    inner = curves.smooth(centre, (0.55, 1.0), summit, (1.0, 0.0), 0.45)
    outer = curves.smooth(summit, (1.0, 0.0), end, (1.0, -math.tan(0.25)), 0.40)
    half = curves.chain(inner, outer)
    line = curves.chain(half[::-1], half[1:] * np.array([-1.0, 1.0]))
    return [
        Edge("bottom", curves.line((-h, level), (h, level)), 0.01),
        Edge("end_left", curves.line((h, level), end), 0.01),
        Edge("heart", line, 0.01, "hem"),
        Edge("end_right", curves.line((-h, top), (-h, level)), 0.01),
    ]

"""Cuffs and ribs on sleeves of two halves: raglan, kimono, dolman. The ends of front and back are gathered into one band.

The sleeve is drawn shorter by the band, so that a stated length is that of the finished sleeve.
"""

from __future__ import annotations

import re
from dataclasses import replace

from toile.engine.core.errors import BadInput
from toile.engine.core.measurements import Measurements
from toile.garments import curves
from toile.garments.blocks_sleeve import LENGTHS
from toile.garments.blocks_sleeve_full import CUFF, RIB, RIB_STIFFNESS
from toile.garments.pattern import Edge, Placement
from toile.garments.piecework import Drawing
from toile.garments.style import Style

SEWN_ON = ("raglan", "kimono", "dolman")
"""Sleeves whose ends are in two halves."""
ROOM = {"cuffed": 1.28, "ribbed": 1.16}
"""Girth of a band over that of the arm where the sleeve ends."""
LEAST_FULLNESS = 1.02
"""A sleeve's end over its band, at least."""


def ending(style: Style) -> str | None:
    """Return what a long or three-quarter sleeve ends in: cuffed, ribbed, or None for a hem."""
    if style.sleeve not in ("long", "three_quarter"):
        return None
    usual = {"shirt": "cuffed", "blouse": "cuffed", "sweater": "ribbed", "hoodie": "ribbed"}
    return "cuffed" if "cuffs" in style.details else usual.get(style.category)


def shortened(style: Style, m: Measurements, shoulder: float) -> Style:
    """Return the style that a sleeve above its band is drawn with; shoulder: half the garment's shoulder width [m]."""
    length = style.sleeve_length
    if length is None:
        length = LENGTHS[style.sleeve] * m.arm_length - max(0.0, shoulder - 0.5 * m.shoulder)
    return replace(style, sleeve_length=length - _height(style))


def too_short(style: Style, error: BadInput) -> BadInput:
    """Return the refusal of a sleeve that is too short once its band is taken off, with both lengths."""
    if style.sleeve_length is None:
        return error
    height = _height(style)
    least = re.search(r"at least ([0-9.]+) cm", str(error))
    need = f"{float(least[1]) + 100 * height:.1f} cm" if least else "a longer one"
    return BadInput(
        f"A {style.sleeve_style} sleeve of {100 * style.sleeve_length:.1f} cm on the {style.label}, {100 * height:.1f} cm of them its "
        f"band (piece cuff_left), ends before its underarm (edge 'underarm_left'); ask for at least {need}, or a hem instead of a band."
    )


def _height(style: Style) -> float:
    return RIB if ending(style) == "ribbed" else CUFF


def add_cuffs(drawing: Drawing, style: Style, m: Measurements, front: str, back: str) -> None:
    """Gather the ends of both sleeves into bands; front and back: the panels that hold the ends, `{side}` for the side."""
    kind = ending(style)
    assert kind is not None
    height = _height(style)
    for side in ("left", "right"):
        panels = [name.format(side=side) for name in (front, back)]
        refs = [(panel, f"cuff_{side}") for panel in panels]
        if side == "right":
            refs.reverse()
        end = sum(drawing.panels[p].edge(e).length for p, e in refs)
        over = max(e.length for p in panels for e in drawing.panels[p].edges if e.name == f"overarm_{side}")
        length = over + height
        down = min(1.0, length / m.arm_length)
        arm = m.upper_arm + down * down * (m.wrist - m.upper_arm)
        girth = min(ROOM[kind] * arm, end / LEAST_FULLNESS)
        low, high, half = -length, height - length, 0.5 * girth
        corners = [(-half, low), (half, low), (half, high), (-half, high), (-half, low)]
        words = ("hem", "end_high", "top", "end_low")
        edges = [
            Edge(n, curves.line(a, b), 0.01, "hem" if n == "hem" else "seam")
            for n, a, b in zip(words, corners, corners[1:], strict=False)
        ]
        placement = Placement(f"{side}_arm", "around", f"{side}_shoulder_tip", 0.0, style.layer)
        chinese = "左" if side == "left" else "右"
        name = drawing.add(
            f"cuff_{side}",
            edges,
            placement,
            f"{'Rib cuff' if kind == 'ribbed' else 'Cuff'} {side} {chinese}袖口",
            "cut 1, double" if kind == "ribbed" else "cut 2, interface 1",
            RIB_STIFFNESS if kind == "ribbed" else 3.0,
            grain=(1.0, 0.0),
        )
        for panel, edge in refs:
            old = drawing.panels[panel]
            sewn = tuple(replace(e, kind="seam", allowance=0.01) if e.name == edge else e for e in old.edges)
            drawing.panels[panel] = replace(old, edges=sewn)
        drawing.loops = [loop for loop in drawing.loops if loop.name != f"cuff_{side}"]
        drawing.sew(f"cuff_{side}", refs, [(name, "top")], "gather", end - girth)
        drawing.sew(f"cuff_end_{side}", [(name, "end_high")], [(name, "end_low")])
        drawing.ring(f"cuff_{side}", [(name, "hem")], f"{side}_arm")

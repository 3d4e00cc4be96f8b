"""Collars and neck bands: mandarin stand, turtleneck tube, ribbed neckband.

Each is one panel right round the neck, its lower edge exactly as long as the neck edge that it is sewn to. A stand is a
sector of a ring, its upper edge shorter, so that it leans in to the neck; its ends meet at the centre front. Tubes and
ribs meet at the centre back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from toile.garments import curves
from toile.garments.pattern import Edge, Placement
from toile.garments.piecework import Drawing, Ref
from toile.garments.style import Style


@dataclass(frozen=True)
class Strip:
    """A band round the neck [m]: its height, what its upper edge is shorter by (a share of the lower), its stiffness."""

    height: float
    shorter: float
    stiffness: float
    pieces: str = "cut 2, interface 1"


MANDARIN = Strip(0.035, 0.055, 4.0)
TURTLENECK = Strip(0.075, 0.13, 1.0, "cut 1, double")
NECK_RIB = Strip(0.022, 0.10, 1.6, "cut 1, double")


def neck_run(drawing: Drawing, fronts: Sequence[str], back: str, *, from_front: bool) -> list[Ref]:
    """Return the neck edges that a collar meets, from its one end to its other, walked against their outlines.

    from_front: the ends meet at the centre front (two fronts, left and right); else at the centre back.
    """
    if from_front:
        left, right = fronts
        return [(left, "neck"), (back, "neck"), (right, "neck")]
    whole = drawing.panels[back].edge("neck").length
    drawing.turn(back, "neck", [0.5 * whole])
    return [(back, "neck_1"), *((front, "neck") for front in reversed(fronts)), (back, "neck_2")]


def add_strip(drawing: Drawing, style: Style, name: str, strip: Strip, run: Sequence[Ref], label: str) -> str:
    """Add a band round the neck and sew it to a run of neck edges; returns the panel's name."""
    length = sum(drawing.panels[p].edge(part).length for p, e in run for part in drawing.edges_of(p, e))
    edges = _sector(length, strip)
    placement = Placement("neck", "around", "nape", 0.0, style.layer)
    panel = drawing.add(name, edges, placement, label, strip.pieces, strip.stiffness, grain=(1.0, 0.0))
    drawing.sew(name, [(panel, "bottom")], run)
    drawing.sew(f"{name}_ends", [(panel, "end_high")], [(panel, "end_low")])
    drawing.loops = [loop for loop in drawing.loops if loop.name != "neck"]
    drawing.ring("neck", [(panel, "top")], "neck")
    return panel


def _edge(name: str, points: curves.F64) -> Edge:
    return Edge(name, points, 0.007, "hem" if name == "top" else "seam")


def _sector(length: float, strip: Strip) -> list[Edge]:
    """Return a band that curves up to its ends: lower edge an arc of the given length, upper edge shorter."""
    radius = strip.height / strip.shorter
    half = 0.5 * length / radius
    centre, down = (0.0, radius), -1.5707963267948966
    bottom = curves.arc(centre, radius, down - half, down + half)
    top = curves.arc(centre, radius - strip.height, down + half, down - half)
    return [
        _edge("bottom", bottom),
        _edge("end_high", curves.line(bottom[-1], top[0])),
        _edge("top", top),
        _edge("end_low", curves.line(top[-1], bottom[0])),
    ]

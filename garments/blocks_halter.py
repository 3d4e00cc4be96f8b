"""Halter tops: a front that narrows to a band round the back of the neck, and a back that ends below the arms.

The front is the bodice's, with its shoulder cut down to a strap's width beside the neck and an armhole that runs from there to
the side. The band is cut as the bodice's back neck: its inner edge is the back's neck edge, its ends meet the front's straps on
the shoulder. The back ends in an elastic stay, as a strapless one does, whose ends are sewn to the front's armholes.
"""

from __future__ import annotations

import numpy as np

from toile.engine.core.measurements import Measurements
from toile.garments import curves
from toile.garments.blocks_strapless import ELASTIC, ELASTIC_LIMIT, STAY, side_height, strip
from toile.garments.curves import F64
from toile.garments.fabric import fabric
from toile.garments.pattern import Edge, Placement
from toile.garments.piecework import Drawing
from toile.garments.style import Style

BACK = 0.94
"""Rest length of the elastic over half the chest: the band at the neck holds the front, so it pulls less than a strapless one."""
STRAP = 0.036
"""Width [m] of the band and of the front where they meet on the shoulder."""


def is_halter(style: Style) -> bool:
    """Whether a style is held by a band round the neck."""
    return style.neckline == "halter"


def front_top(foot: F64, neck: F64, slope: float, neck_allowance: float) -> list[Edge]:
    """Return a front's half outline from the side seam's head to the centre: armhole, strap's end, neck."""
    along = np.array([np.cos(slope), -np.sin(slope)])
    outer = neck[0] + STRAP * along
    down = np.array([-np.sin(slope), -np.cos(slope)])
    hole = curves.smooth(foot, (-1.0, 0.25), outer, -down, 0.40)
    return [
        Edge("armhole", hole, 0.007, "hem"),
        Edge("strap_end", curves.line(outer, neck[0]), 0.01),
        Edge("neck", neck, neck_allowance, "hem"),
    ]


def add_halter(
    drawing: Drawing, style: Style, m: Measurements, front: str, back: str, neck: F64, slope: float
) -> None:
    """Add the band round the neck and the elastic stay of the back.

    Args:
        neck: the bodice's half back neck, from the shoulder to the centre; slope: of its shoulder [rad].
    """
    _add_band(drawing, style, front, neck, slope)
    panel = drawing.panels[back]
    cloth = sum(panel.edge(name).length for name in drawing.edges_of(back, "top"))
    length = min(BACK * 0.5 * m.bust, 0.99 * cloth)
    edges = strip(length, side_height(panel.edges), "back")
    placement = Placement("torso", "back", panel.placement.landmark, panel.placement.y, panel.placement.layer)
    stay = drawing.add(
        "stay_back", edges, placement, "Stay back 后上口", "cut 1, double, over elastic",
        ELASTIC / fabric(style.fabric).stretch_warp, (1.0, 0.0), ELASTIC_LIMIT,
    )  # fmt: skip
    drawing.sew("stay_back", [(stay, "bottom")], [(back, "top")], "gather", length - cloth)
    whole = drawing.panels[front].edge("armhole_left").length
    drawing.turn(front, "armhole_left", [STAY])
    drawing.turn(front, "armhole_right", [whole - STAY])
    drawing.sew("stay_left", [(front, "armhole_left_1")], [(stay, "end_left")])
    drawing.sew("stay_right", [(front, "armhole_right_2")], [(stay, "end_right")])
    drawing.notes.append(
        f"The {style.label} is held by a band round the neck, which buttons at the nape, and by {100 * STAY:.1f} cm of elastic "
        f"along its back, cut to {100 * BACK:.0f} % of half the chest."
    )


def _add_band(drawing: Drawing, style: Style, front: str, neck: F64, slope: float) -> None:
    line = curves.chain(
        neck, curves.mirrored(neck)
    )  # from the right shoulder over the centre to the left one
    tangent = np.gradient(line, curves.cumulative(line), axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    outward = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
    outer = line + STRAP * outward
    along = np.array([np.cos(slope), -np.sin(slope)])
    outer[0] = line[0] + STRAP * along
    outer[-1] = line[-1] + STRAP * along * np.array([-1.0, 1.0])
    edges = [
        Edge("lower", outer[::-1], 0.007, "hem"),
        Edge("shoulder_right", curves.line(outer[0], line[0]), 0.01),
        Edge("neck", line, 0.007, "hem"),
        Edge("shoulder_left", curves.line(line[-1], outer[-1]), 0.01),
    ]
    placement = Placement("torso", "back", "waist", 0.0, style.layer)
    band = drawing.add(
        "neck_band", edges, placement, "Neck band 挂颈带", "cut 2, interface 1", 2.0, (1.0, 0.0)
    )
    for side in ("left", "right"):
        drawing.sew(f"strap_{side}", [(front, f"strap_end_{side}")], [(band, f"shoulder_{side}")])
    drawing.ring("neck", [(front, "neck"), (band, "neck")], "neck")

"""Spaghetti straps: a camisole's top, its straps cut on so that they reach the shoulder's ridge on front and back.

The top edges lie low, above the bust in front and below the shoulder blades behind; a strap of even width runs from each to
the shoulder line at the bust point's distance from the centre. Edges keep their names, so darts, skirts and facings fit as
they do on any sleeveless bodice.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from toile.garments import curves
from toile.garments.curves import F64
from toile.garments.pattern import Edge
from toile.garments.style import Style

WIDTH = 0.015
"""Width [m] of a strap."""
RISE = 0.045, 0.020
"""How far over the side seam's head [m] a strap leaves the top edge, in front and behind."""
DIP = {"scoop": 0.030, "crew": 0.018, "boat": 0.012, "square": 0.0, "v": 0.085}
"""How far below that [m] the centre front lies."""
BACK_DIP = 0.010
INSIDE = 0.02
"""A strap keeps this far [m] from the neck's base and from the shoulder tip."""


class Shoulder(Protocol):
    """What of a bodice's frame a strap is laid on."""

    @property
    def neck(self) -> float:
        """Half width at the neck's base [m]."""

    @property
    def shoulder(self) -> float:
        """Half width, tip to tip [m]."""

    @property
    def bust_point(self) -> tuple[float, float]:
        """From the centre, and over the waist [m]."""

    def on_shoulder(self, x: float, front: bool) -> F64:
        """Return the point of the shoulder line at x."""


def has_straps(style: Style) -> bool:
    """Whether a style hangs on thin straps: asked for, with a neckline that straps can end, and no stated neck opening."""
    return (
        "spaghetti_straps" in style.details
        and style.neckline in DIP
        and style.sleeve == "sleeveless"
        and style.neck is None
        and not style.opens_in_front
    )


def strap_ends(style: Style, frame: Shoulder, front: bool) -> tuple[F64, F64]:
    """Return where a strap meets the shoulder line, at its outer and at its inner edge."""
    middle = min(max(frame.bust_point[0], frame.neck + INSIDE), frame.shoulder - INSIDE)
    if style.shoulder is not None:
        middle = frame.shoulder - 0.5 * WIDTH
    return frame.on_shoulder(middle + 0.5 * WIDTH, front), frame.on_shoulder(middle - 0.5 * WIDTH, front)


def strap_edges(style: Style, frame: Shoulder, foot: F64, front: bool, neck_allowance: float) -> list[Edge]:
    """Return armhole, shoulder and neck of a half outline with a strap, from the side seam's head to the centre."""
    outer, inner = strap_ends(style, frame, front)
    level = float(foot[1]) + RISE[not front]
    out, into = np.array([outer[0], level]), np.array([inner[0], level])
    reach, height = float(foot[0] - out[0]), level - float(foot[1])
    hollow = curves.cubic(
        foot, foot - np.array([0.75 * reach, 0.0]), out - np.array([0.0, 0.75 * height]), out
    )
    dip = DIP[style.neckline] if front else BACK_DIP
    centre = np.array([0.0, level - dip])
    if style.neckline == "square" and front:
        neck = np.array([inner, into, centre])
    elif style.neckline == "v" and front:
        neck = curves.chain(
            curves.line(inner, into),
            curves.cubic(into, into - np.array([0.0, 0.25 * dip]), 0.5 * (into + centre), centre),
        )
    else:
        neck = curves.chain(
            curves.line(inner, into),
            curves.cubic(
                into, into - np.array([0.0, 0.8 * dip]), np.array([0.6 * into[0], centre[1]]), centre
            ),
        )
    return [
        Edge("armhole", curves.chain(hollow, curves.line(out, outer)), 0.01),
        Edge("shoulder", curves.line(outer, inner), 0.01),
        Edge("neck", neck, neck_allowance),
    ]

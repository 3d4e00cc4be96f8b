"""Tops beside the T-shirt: the tank top, cut low at neck and armhole and narrow on the shoulder."""

from __future__ import annotations

from dataclasses import replace

from toile.engine.core.measurements import Measurements
from toile.garments.blocks_bodice import BodicePanels, Torso, draft_shirt_body
from toile.garments.piecework import Drawing
from toile.garments.style import Style

STRAP = 0.045
"""Width [m] of a tank top's shoulder strap where no shoulder is stated."""
STRAP_CENTRE = 0.46
"""Where the strap stands between the neck's base and the shoulder tip, by its middle."""
LOWER_ARMHOLE = 0.02
"""How much lower [m] than a sleeveless T-shirt's the armhole ends."""


def draft_tank_body(drawing: Drawing, style: Style, m: Measurements, frame: Torso) -> BodicePanels:
    """Add the front and back of a tank top: a T-shirt's, with straps and deeper armholes."""
    shoulder = frame.shoulder
    if style.shoulder is None:
        shoulder = frame.neck + STRAP_CENTRE * (0.5 * m.shoulder - frame.neck) + 0.5 * STRAP
    low = min(LOWER_ARMHOLE, 0.5 * max(0.0, frame.underarm - frame.bust_point[1]))
    return draft_shirt_body(
        drawing, style, m, replace(frame, shoulder=shoulder, underarm=frame.underarm - low)
    )

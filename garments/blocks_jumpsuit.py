"""The legs of a jumpsuit: trousers without a waistband, sewn to a bodice at the natural waist.

The rise is longer than that of trousers, because a jumpsuit hangs from the shoulders and must give when its wearer bends.
"""

from __future__ import annotations

from dataclasses import replace

from toile.engine.core.errors import BadInput
from toile.engine.core.measurements import Measurements
from toile.garments.blocks_bodice import BodicePanels
from toile.garments.blocks_skirt import waist_run
from toile.garments.blocks_trousers import BAND, draft_legs
from toile.garments.piecework import Drawing
from toile.garments.style import Style

BODY_EASE = 0.02
"""Length [m] added to the rise."""
SHORTS = 0.62
"""Length of leg, as a share of the trousers' side, below which the legs are drawn as shorts'."""


def leg_measurements(m: Measurements) -> Measurements:
    """Return the measurements that the legs are drawn to: their waist seam, half a band below y = 0, has the rise's ease."""
    return replace(m, waist_height=m.waist_height + 0.5 * BAND + BODY_EASE)


def join_legs(
    drawing: Drawing, style: Style, m: Measurements, bodice: BodicePanels, side_neck: float
) -> None:
    """Add the legs of a jumpsuit and sew them to its bodice.

    Args:
        side_neck: height [m] of the side neck point over the waist seam.

    Raises:
        BadInput: a stated length that ends above the legs.
        Infeasible: see `draft_legs`.
    """
    assert bodice.waist is not None
    length = None
    category = "trousers"
    if style.length is not None:
        length = style.length - side_neck
        rise = m.waist_height - m.inseam + BODY_EASE
        if length < rise + 0.06:
            raise BadInput(
                f"A jumpsuit of {100 * style.length:.1f} cm ends above its legs; ask for at least "
                f"{100 * (side_neck + rise + 0.06) + 0.05:.1f} cm."
            )
        category = "shorts" if length < SHORTS * m.waist_height else "trousers"
        length += BAND
    legs = replace(
        style, category=category, waist=bodice.waist.girth, length=length, waistline="natural", closure=None
    )
    _, front_run, back_run = draft_legs(drawing, legs, leg_measurements(m))
    for name in {ref[0] for ref in (*front_run, *back_run)}:
        panel = drawing.panels[name]
        drawing.panels[name] = replace(panel, placement=replace(panel.placement, y=-0.5 * BAND))
    for side, upper, run in (("front", bodice.front, front_run), ("back", bodice.back, back_run)):
        drawing.sew(f"waist_{side}", waist_run(drawing, upper), run)
    drawing.ring(
        "waist",
        [ref for panel in (bodice.front, bodice.back) for ref in waist_run(drawing, panel)],
        "torso",
    )

"""Ease: how much larger than the body a finished girth is, by fit and by fabric; and when a number cannot be worn.

Ease is a fraction of the body's girth. Sources are in docs/drafting.md: FreeSewing's bodice block (chest 11 %,
waist 5 %) is "regular" for wovens; the other fits scale it in the steps that size charts use.
"""

from __future__ import annotations

from collections.abc import Mapping

from toile.engine.core.errors import Infeasible
from toile.garments.style import Style

FITS = ("skintight", "slim", "regular", "loose", "oversized")

WOVEN: Mapping[str, tuple[float, ...]] = {
    "bust": (0.02, 0.05, 0.11, 0.18, 0.28),
    "waist": (0.02, 0.03, 0.05, 0.14, 0.24),
    "hip": (0.02, 0.035, 0.06, 0.11, 0.20),
    "band": (0.005, 0.008, 0.012, 0.025, 0.04),
    "upper_arm": (0.08, 0.13, 0.20, 0.30, 0.45),
    "thigh": (0.04, 0.07, 0.13, 0.20, 0.30),
    "calf": (0.06, 0.10, 0.20, 0.35, 0.50),
}
KNIT: Mapping[str, tuple[float, ...]] = {
    "bust": (-0.05, 0.02, 0.09, 0.17, 0.28),
    "waist": (-0.04, 0.01, 0.05, 0.14, 0.24),
    "hip": (-0.04, 0.01, 0.05, 0.11, 0.20),
    "band": (-0.02, 0.0, 0.01, 0.02, 0.04),
    "upper_arm": (0.0, 0.06, 0.18, 0.32, 0.50),
    "thigh": (-0.02, 0.03, 0.12, 0.20, 0.30),
    "calf": (0.0, 0.06, 0.18, 0.35, 0.50),
}
SHOULDER: Mapping[str, tuple[float, ...]] = {
    # added to the body's shoulder width [m], tip to tip
    "dress": (-0.005, 0.0, 0.005, 0.02, 0.05),
    "t_shirt": (0.0, 0.005, 0.02, 0.05, 0.10),
}
SLEEVELESS = 0.7
"""Share of the bust's ease that a sleeveless dress keeps, so that its armholes lie close."""
FLESH = 0.05
"""Fraction by which a body's girth gives under a tight garment before the cloth must."""


def girth_ease(style: Style, place: str) -> float:
    """Return the ease at a place as a fraction of the body's girth there."""
    share = (KNIT if style.knit else WOVEN)[place][FITS.index(style.fit)]
    if place == "bust" and style.category == "dress" and style.sleeve == "sleeveless" and share > 0.0:
        share *= SLEEVELESS
    return share


def finished(style: Style, place: str, body: float, stated: float | None) -> float:
    """Return the finished girth [m]: as stated, else the body's with the ease of the fit."""
    return stated if stated is not None else body * (1.0 + girth_ease(style, place))


def shoulder_ease(style: Style) -> float:
    """Return what is added to the body's shoulder width [m]."""
    return SHOULDER["dress" if style.family in ("dress", "jumpsuit") else "t_shirt"][FITS.index(style.fit)]


def wearable(style: Style, place: str, stated: float | None, body: float, where: str = "") -> list[str]:
    """Return notes on a stated finished girth [m] that is smaller than the body's.

    where: the body's girth in words when it is not called as the garment's.

    Raises:
        Infeasible: smaller than the body's girth by more than flesh and fabric give.
    """
    if stated is None or stated >= body:
        return []
    asked = f"A finished {place} of {100 * stated:.1f} cm on the {style.label}"
    has = f"{where or place} of {100 * body:.1f} cm"
    least = body * (1.0 - FLESH) / (1.0 + style.stretch)
    if stated < least:
        raise Infeasible(
            f"{asked} does not go round a {has}: {style.fabric} stretches by {100 * style.stretch:.0f} %; ask for at least "
            f"{100 * least + 0.05:.1f} cm."
        )
    return [f"{asked} is smaller than the body's {has}, so it will be tight."]

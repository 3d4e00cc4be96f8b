"""Waistbands: where they lie (natural, high, low), the body's girth there, and elastic.

A high waist is a tall band from the natural waist up; a low one lies lower on the hip. Between waist and hip the body's
girth is waist + (hip - waist) t^p, t the share of the way down: p = 1 where the hip is 1.28 times the waist or more, up
to 1.7 where it is less than 1.19 (measured on four bodies of the free model to 1.5 cm; a straighter trunk stays narrow for longer).
An elastic band is cut shorter than the body and stretched when it is worn; the cloth below is wide enough to pass the
hip and gathered into it.
"""

from __future__ import annotations

from dataclasses import dataclass

from toile.engine.core.measurements import Measurements
from toile.garments import ease
from toile.garments.blocks_strapless import ELASTIC, ELASTIC_LIMIT
from toile.garments.fabric import fabric
from toile.garments.style import Style

HIGH = 0.060
"""How far [m] a high waist's top lies over the natural waist."""
LOW = 0.045
"""How far [m] a low waist's middle lies below the natural waist; at most a third of the way to the hip."""
CUT = 0.92
"""Length of an elastic band, at rest, over the body's girth."""
PASSES = 0.97
"""Cloth below an elastic band over the hip that it has to pass."""


@dataclass(frozen=True)
class Band:
    """A waistband [m]: its lower and upper edge over the natural waist, the body's girth at its middle, its own girth at
    rest, the girth of what is sewn to it, and the stretch of its elastic [of the fabric's stiffness], 0: it has none."""

    low: float
    high: float
    body: float
    girth: float
    cloth: float
    pull: float = 0.0

    @property
    def height(self) -> float:
        """Height [m]."""
        return self.high - self.low

    @property
    def elastic(self) -> float:
        """Strain at which its elastic locks, 0: it has none."""
        return ELASTIC_LIMIT if self.pull else 0.0


def waistband_of(style: Style, m: Measurements, height: float, hip_depth: float) -> Band:
    """Return the waistband of a skirt or of trousers, `height` [m] tall at the natural waist."""
    low, high, body = -0.5 * height, 0.5 * height, m.waist
    if style.waistline == "high":
        high = HIGH
    if style.waistline == "low":
        down = min(LOW, hip_depth / 3.0)
        low, high, body = low - down, high - down, girth_at(m, down / hip_depth)
    if style.closure not in ("elastic", "drawstring"):
        girth = ease.finished(style, "band", body, style.waist)
        return Band(low, high, body, girth, girth)
    girth = style.waist if style.waist is not None else CUT * body
    give = 0.8 * style.stretch if style.knit else 0.0
    cloth = max(PASSES * m.hip / (1.0 + give), girth)
    if style.hip is not None:
        cloth = max(min(cloth, 0.995 * style.hip), girth)
    return Band(low, high, body, girth, cloth, ELASTIC / fabric(style.fabric).stretch_warp)


def girth_at(m: Measurements, down: float) -> float:
    """Return the body's girth [m] at a share of the way from waist to hip."""
    power = 1.0 + 0.7 * min(max((1.28 - m.hip / m.waist) / 0.09, 0.0), 1.0)
    return m.waist + (m.hip - m.waist) * float(down**power)


def closing_note(style: Style, band: Band) -> list[str]:
    """Return what is said about an elastic band; nothing about another."""
    if not band.pull:
        return []
    verb = "are" if style.category in ("trousers", "shorts") else "is"
    return [
        f"The {style.label} {verb} pulled on: {100 * band.height:.1f} cm of elastic, {100 * band.girth:.1f} cm at rest, stretched "
        f"to the body's {100 * band.body:.1f} cm."
    ]

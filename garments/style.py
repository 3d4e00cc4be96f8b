"""What drafting takes: one garment's choices and finished measurements in metres, read from a resolved garment."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from toile.engine.core.errors import BadInput
from toile.garments.fabric import fabric

STRETCH_OF_A_KNIT = 0.12
"""Strain limit from which a fabric is cut with a knit's ease."""


FAMILIES = {
    category: "t_shirt"
    for category in ("tank_top", "sweater", "hoodie", "shirt", "blouse", "vest", "jacket", "coat")
}
"""What a category is drafted and measured like, where that is another one."""


def has_neck(category: str) -> bool:
    """Whether garments of a category have a neckline, and may have sleeves."""
    return category in ("dress", "jumpsuit") or FAMILIES.get(category, category) == "t_shirt"


@dataclass(frozen=True)
class Style:
    """A garment to draft; finished measurements [m], girths all round, None where drafting chooses."""

    name: str
    category: str
    silhouette: str = "straight"
    fit: str = "regular"
    neckline: str = "crew"
    sleeve: str = "sleeveless"
    sleeve_style: str = "set_in"
    waistline: str = "natural"
    fabric: str = "cotton"
    closure: str | None = None
    slit: bool = False
    pockets: bool = False
    details: tuple[str, ...] = ()
    layer: int = 0
    length: float | None = None
    waist: float | None = None
    bust: float | None = None
    hip: float | None = None
    shoulder: float | None = None
    sleeve_length: float | None = None
    inseam: float | None = None
    neck: float | None = None
    hem: float | None = None
    lap: str = "right"  # the front that lies above where it buttons: right (women) | left (men)

    @property
    def family(self) -> str:
        """The category whose block and points of measure it shares: all tops are drafted like a T-shirt."""
        return FAMILIES.get(self.category, self.category)

    @property
    def opens_in_front(self) -> bool:
        """Whether it has two fronts, closed along the centre."""
        bare = self.neckline in ("strapless", "sweetheart", "off_shoulder", "halter")
        return (
            not bare
            and "surplice" not in self.details
            and self.category in ("shirt", "blouse", "vest", "jacket", "coat")
        )

    @property
    def stretch(self) -> float:
        """Strain at which the fabric locks."""
        return fabric(self.fabric).strain_limit

    @property
    def knit(self) -> bool:
        """Whether the fabric gives enough to be cut with a knit's ease."""
        return self.stretch >= STRETCH_OF_A_KNIT

    @property
    def label(self) -> str:
        """The garment's name in a sentence."""
        return self.name.replace("_", " ")

    @property
    def plural(self) -> bool:
        """Whether its name is a plural: trousers have, a dress has."""
        return self.category in ("trousers", "shorts")

    @property
    def has(self) -> str:
        """`has`, or `have` after a plural."""
        return "have" if self.plural else "has"

    @property
    def opening(self) -> bool:
        """Whether a front that its kind would close is asked to open from the neck down: a cardigan, a zip hoodie."""
        front = ("zip", "front_zip", "buttons", "single_breasted", "double_breasted")
        return self.family == "t_shirt" and not self.opens_in_front and self.closure in front

    def stated(self) -> dict[str, float]:
        """Return the stated finished measurements [m] by the request's name without `_cm`."""
        values = {source.removesuffix("_cm"): getattr(self, name) for name, source in _LENGTHS.items()}
        return {name: value for name, value in values.items() if value is not None}

    def without(self, names: Iterable[str]) -> Style:
        """Return the style with some of its stated measurements left to drafting."""
        fields = {name for name, source in _LENGTHS.items() if source.removesuffix("_cm") in set(names)}
        return replace(self, **dict.fromkeys(fields))  # type: ignore[arg-type]


_LENGTHS = {
    "length": "length_cm",
    "waist": "waist_cm",
    "bust": "bust_cm",
    "hip": "hip_cm",
    "shoulder": "shoulder_cm",
    "sleeve_length": "sleeve_cm",
    "inseam": "inseam_cm",
    "neck": "neck_cm",
    "hem": "hem_cm",
}
_WORDS = ("name", "category", "silhouette", "fit", "neckline", "sleeve", "fabric", "closure", "slit", "layer")
_LATER_WORDS = ("sleeve_style", "waistline", "pockets", "details", "lap")


def style_of(garment: Any) -> Style:
    """Return the drafting input of a `ResolvedGarment` (or anything with its fields); centimetres become metres.

    Raises:
        BadInput: a measurement that is not a positive number.
    """
    if isinstance(garment, Style):
        return garment
    values: dict[str, Any] = {name: getattr(garment, name) for name in _WORDS}
    values |= {name: word for name in _LATER_WORDS if (word := getattr(garment, name, None)) is not None}
    for name, source in _LENGTHS.items():
        value = getattr(garment, source)
        if value is not None and not (math.isfinite(value) and value > 0.0):
            raise BadInput(f"{source} is {value}; give a positive number of centimetres.")
        values[name] = None if value is None else value / 100.0
    return Style(**values)

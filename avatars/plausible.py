"""Numbers that an adult's measurements can be; what a number in another unit, or of a child, is told."""

from __future__ import annotations

import math
from collections.abc import Mapping

from toile.engine.core.errors import BadInput

ADULT_YEARS = 18.0
OLDEST_YEARS = 120.0

LIMITS: dict[str, tuple[float, float]] = {
    "height": (1.30, 2.20), "bust": (0.60, 1.80), "underbust": (0.50, 1.60), "waist": (0.45, 1.80), "hip": (0.60, 1.90),
    "neck": (0.25, 0.65), "shoulder": (0.25, 0.60), "back_length": (0.28, 0.60), "front_length": (0.28, 0.70),
    "arm_length": (0.35, 0.85), "upper_arm": (0.15, 0.60), "wrist": (0.10, 0.26), "thigh": (0.30, 1.00),
    "knee": (0.25, 0.65), "calf": (0.22, 0.65), "ankle": (0.15, 0.40), "inseam": (0.50, 1.10),
    "waist_height": (0.70, 1.45), "hip_height": (0.55, 1.20), "bust_height": (0.85, 1.70),
    "armpit_height": (0.90, 1.75), "nape_height": (1.00, 1.95), "shoulder_height": (1.00, 1.90),
    "bust_point_distance": (0.08, 0.35), "head": (0.45, 0.68), "mass": (30.0, 250.0),
}  # fmt: skip
"""What an adult can measure [m], mass [kg]; beyond it the number is taken for a mistake."""

SEXES = ("female", "male")
_UNITS: Mapping[str, tuple[tuple[str, float], ...]] = {
    # what the number may have been meant in, and what one of it is in centimetres or kilograms
    "length": (("metres", 100.0), ("millimetres", 0.1), ("inches", 2.54), ("feet", 30.48)),
    "mass": (("pounds", 0.45359237), ("grams", 0.001), ("jin", 0.5)),
}
_CHILD: Mapping[str, float] = {"mass": 33.0, "bust": 0.70, "hip": 0.74, "shoulder": 0.30}
"""Below these [m], [kg], a person under 1.45 m has the measurements of a child (WHO and CDC growth charts: median at
ten years 1.38 m, 32 kg)."""
_CHILD_HEIGHT = 1.45


def unit_hint(name: str, amount: float) -> str | None:
    """Return what unit a number was probably meant in, as words for a sentence, or None.

    Args:
        name: a name of LIMITS.
        amount: as given, taken for centimetres (mass: kilograms).
    """
    if name not in LIMITS or not math.isfinite(amount) or amount <= 0.0:
        return None
    factor, unit = (1.0, "kg") if name == "mass" else (100.0, "cm")
    low, high = (factor * bound for bound in LIMITS[name])
    if low <= amount <= high:
        return None
    for meant, worth in _UNITS["mass" if name == "mass" else "length"]:
        if low <= amount * worth <= high:
            return f"{amount:g} looks like {meant}; give {amount * worth:.1f} {unit}"
    return None


def checked_sex(sex: str) -> str:
    """Return a sex that a prior exists for.

    Raises:
        BadInput: another one.
    """
    if sex not in SEXES:
        raise BadInput(f"sex is {sex!r}; use one of {', '.join(SEXES)}.")
    return sex


def checked_age(age: float | None) -> None:
    """Refuse an age that is not an adult's.

    Raises:
        BadInput: below 18 years, or no age at all.
    """
    if age is not None and not ADULT_YEARS <= float(age) <= OLDEST_YEARS:
        raise BadInput(
            f"The wearer's age of {float(age):g} years is not that of an adult; only adults are made: give 18 to 120 years."
        )


def checked_targets(wearer: Mapping[str, float]) -> dict[str, float]:
    """Return the stated measurements [m], mass [kg], as floats.

    Raises:
        BadInput: an unknown name, a number that no adult has, one in another unit, or the measurements of a child.
    """
    targets: dict[str, float] = {}
    for name, value in wearer.items():
        if name not in LIMITS:
            raise BadInput(f"{name!r} is not a body measurement; use one of {', '.join(LIMITS)}.")
        low, high = LIMITS[name]
        factor, unit = (1.0, "kg") if name == "mass" else (100.0, "cm")
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise BadInput(f"{name} is {value!r}; give a number of {unit}.") from None
        if not low <= number <= high:  # NaN fails too
            raise BadInput(
                f"{name} {factor * number:.4g} {unit} is not that of an adult; "
                f"{_advice(name, number, f'give {factor * low:.0f} to {factor * high:.0f} {unit}')}."
            )
        targets[name] = number
    _refuse_children(targets)
    return targets


def _advice(name: str, number: float, plain: str) -> str:
    """Name the unit that a number in metres was probably given in: `height` 168 was meant in centimetres."""
    low, high = LIMITS[name]
    if name != "mass" and low <= 0.01 * number <= high:
        return f"{number:g} looks like centimetres: give metres, {0.01 * number:g}"
    hint = unit_hint(name, number if name == "mass" else 100.0 * number)
    return hint or plain


def _refuse_children(targets: Mapping[str, float]) -> None:
    height = targets.get("height")
    if height is None or height >= _CHILD_HEIGHT:
        return
    for name, least in _CHILD.items():
        if name in targets and targets[name] < least:
            factor, unit = (1.0, "kg") if name == "mass" else (100.0, "cm")
            raise BadInput(
                f"A height of {100 * height:.0f} cm with {name} {factor * targets[name]:.0f} {unit} is a child's; only "
                "adults are made: check the numbers."
            )

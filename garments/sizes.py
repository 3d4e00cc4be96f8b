"""Size labels as body measurements: 165/88A, S-XXXL, EU, US, UK and Chinese numbers.

A Chinese label (号型, GB/T 1335) is height / girth and a letter for the drop from bust to waist; the girth is the
bust for tops and the waist for bottoms. The tables are `data/sizes.json`, each with its source and status.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from toile.engine.core.errors import BadInput

_HAO_XING = re.compile(r"(\d{2,3})\s*/\s*(\d{2,3})\s*([YABC])?")
_LETTER = re.compile(r"(\d)?\s*(X*)([SML])")
_NUMERIC = re.compile(r"(EU|US|UK|CN)\s*(\d{1,2})")


@dataclass(frozen=True)
class SizeBody:
    """What a size label says of the body: measurements [cm] by wearer field, and a remark on the source."""

    measurements: Mapping[str, float]
    remark: str


@functools.cache
def _tables() -> Any:
    text = resources.files("toile.garments").joinpath("data/sizes.json").read_text(encoding="utf-8")
    return json.loads(text)


def size_body(label: str, sex: str, *, bottom: bool) -> SizeBody:
    """Return the body that a size label stands for.

    Args:
        label: as said, e.g. `165/88A`, `M`, `2XL`, `EU 38`, `US 8`, `UK 12`.
        sex: female | male.
        bottom: the label is of a skirt or trousers, so that a Chinese label's girth is the waist.

    Raises:
        BadInput: the label is of no system known here, or outside its table.
    """
    text = label.strip().upper()
    if match := _HAO_XING.fullmatch(text):
        return _hao_xing(int(match[1]), int(match[2]), match[3], sex, bottom)
    if match := _NUMERIC.fullmatch(text):
        return _numeric(match[1], int(match[2]), sex)
    if match := _LETTER.fullmatch(text):
        repeat = int(match[1]) if match[1] else max(1, len(match[2])) if match[2] else 0
        name = "X" * repeat + match[3] if match[3] != "M" else "M"
        rows = _tables()["letters"][sex]["rows"]
        if name in rows:
            height, bust = rows[name]
            body = _hao_xing(height, bust, "A", sex, bottom=False)
            return SizeBody(body.measurements, f"size {name} read as {height}/{bust}A (table unverified)")
    raise BadInput(
        f"The size {label[:20]!r} is not one known here; give one such as 165/88A, S to XXXXL, EU 38, US 8 or UK 12."
    )


def _hip(waist: float, sex: str) -> float:
    row = _tables()["hips"][sex]
    return float(row["hip_cm"] + row["step"] * (waist - row["waist_cm"]))


def _hao_xing(height: int, girth: int, letter: str | None, sex: str, bottom: bool) -> SizeBody:
    drop = float(_tables()["drops"][sex][letter or "A"])
    bust, waist = (girth + drop, float(girth)) if bottom else (float(girth), girth - drop)
    measurements = {
        "height_cm": float(height),
        "bust_cm": bust,
        "waist_cm": waist,
        "hip_cm": _hip(waist, sex),
    }
    which = "waist" if bottom else "bust"
    other = "bust" if bottom else "waist"
    return SizeBody(
        measurements,
        f"{height}/{girth}{letter or ''} is height {height} and {which} {girth} cm of the body; "
        f"{other} and hip follow from the table's drop of {drop:g} cm (unverified)",
    )


def _numeric(system: str, number: int, sex: str) -> SizeBody:
    if sex == "male":
        if system in ("EU", "CN") and 42 <= number <= 64 and number % 2 == 0:
            bust, waist = 2.0 * number, 2.0 * number - 12.0
            body = {"bust_cm": bust, "waist_cm": waist, "hip_cm": _hip(waist, sex)}
            return SizeBody(body, f"{system} {number} read as half the chest girth, drop 12 cm (unverified)")
        if system in ("US", "UK") and 32 <= number <= 52:
            bust = 2.54 * number
            body = {"bust_cm": bust, "waist_cm": bust - 15.0, "hip_cm": _hip(bust - 15.0, sex)}
            return SizeBody(body, f"{system} {number} read as the chest in inches, drop 15 cm (unverified)")
        raise BadInput(f"There is no men's size {system} {number} here; give EU 42 to 64 or US/UK 32 to 52.")
    table = _tables()["numeric"]
    us = number - {"US": 0, "UK": 4, "EU": 32, "CN": 32}[system]
    if str(us) not in table["us"]:
        first, last = int(table["us"][0]), int(table["us"][-1])
        shift = number - us
        raise BadInput(
            f"There is no women's size {system} {number} here; "
            f"give an even number from {system} {first + shift} to {system} {last + shift}."
        )
    index = table["us"].index(str(us))
    waist = float(table["waist_cm"][index])
    body = {"bust_cm": float(table["bust_cm"][index]), "waist_cm": waist, "hip_cm": waist + 24.0}
    remark = f"{system} {number} read as ASTM D5585 misses {us}" + ("" if system == "US" else " (unverified)")
    return SizeBody(body, remark)

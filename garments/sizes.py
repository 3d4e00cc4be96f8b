"""Size labels as body measurements: 165/88A, S-XXXL, EU, US, UK and Chinese numbers, W32 L34, a brand's own sizes.

A Chinese label (号型, GB/T 1335) is height / girth and a letter for the drop from bust to waist; the girth is the
bust for tops and the waist for bottoms. The tables are `data/size_tables.json`, each with its source and status.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toile.engine.core.errors import BadInput
from toile.garments.size_tables import INCH, SizeTable, hao_xing_body, hao_xing_data, size_tables

_HAO_XING = re.compile(r"(\d{3})\s*/\s*(\d{2,3})\s*([YABC])?")
_JEANS = re.compile(r"W\s*(\d{2})(?:\s*/?\s*L\s*(\d{2}))?|(\d{2})\s*[/X]\s*(\d{2})")
_LETTER = re.compile(r"(?:(EU|US|UK|CN)\s*)?(\d)?\s*(X*)([SML])")
_NUMERIC = re.compile(r"(EU|US|UK|CN|EN)\s*(\d{1,3})")
HEIGHT_BOUNDS = (130, 205)


@dataclass(frozen=True)
class SizeBody:
    """What a size label says of the body: measurements [cm] by wearer field, and a remark on the source."""

    measurements: Mapping[str, float]
    remark: str


def size_body(label: str, sex: str, *, bottom: bool, charts: Sequence[SizeTable] = ()) -> SizeBody:
    """Return the body that a size label stands for.

    Args:
        label: as said, e.g. `165/88A`, `M`, `2XL`, `EU 38`, `US 8`, `UK 12`, `W32 L34`; a brand's own label first.
        sex: female | male.
        bottom: the label is of a skirt or trousers, so that a Chinese label's girth is the waist.
        charts: brands' own charts.

    Raises:
        BadInput: the label is of no system known here, or outside its table.
    """
    text = label.strip().upper()
    for chart in charts:
        for row in chart.rows:
            if chart.sex in ("", sex) and row.label.strip().upper() == text:
                return SizeBody(
                    _rounded(row.centre()), f"size {row.label} of {chart.title}, by {chart.source}"
                )
    if match := _HAO_XING.fullmatch(text):
        return _hao_xing(int(match[1]), int(match[2]), match[3], sex, bottom)
    if match := _JEANS.fullmatch(text):
        waist, length = match[1] or match[3], match[2] or match[4]
        return _jeans(int(waist), int(length) if length else None, sex)
    if match := _NUMERIC.fullmatch(text):
        return _row_of(match[1], match[2], sex)
    if match := _LETTER.fullmatch(text):
        repeat = int(match[2]) if match[2] else max(1, len(match[3])) if match[3] else 0
        name = "M" if match[4] == "M" else "X" * min(repeat, 9) + match[4]
        return _row_of(f"{match[1] or 'CN'} letters", name, sex)
    raise BadInput(
        f"The size {label[:20]!r} is not one known here; give one such as 165/88A, S to XXXXL, EU 38, US 8, UK 12 or W32 L34."
    )


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 1) for name, value in values.items()}


def _hao_xing(height: int, girth: int, letter: str | None, sex: str, bottom: bool) -> SizeBody:
    low, high = HEIGHT_BOUNDS
    if not low <= height <= high:
        raise BadInput(
            f"The size {height}/{girth} is of a height of {height} cm; adults' labels are {low} to {high}."
        )
    name = letter or "A"
    drop = sum(hao_xing_data(sex)["drops"][name]) / 2.0
    bust = girth + drop if bottom else float(girth)
    # The waist is the middle of the letter's band of drops, which the base bodies keep to within 2 cm.
    body = {**hao_xing_body(sex, float(height), bust, name), "waist_cm": bust - drop}
    which, other = ("waist", "bust") if bottom else ("bust", "waist")
    stated = {n: body[n] for n in ("height_cm", "bust_cm", "waist_cm", "hip_cm")}
    return SizeBody(
        _rounded(stated),
        f"{height}/{girth}{letter or ''} is height {height} and {which} {girth} cm of the body; "
        f"{other} and hip follow from the table's drop of {drop:g} cm (unverified)",
    )


def _jeans(waist: int, length: int | None, sex: str) -> SizeBody:
    if not (22 <= waist <= 56 and (length is None or 24 <= length <= 40)):
        said = f"W{waist}" + (f" L{length}" if length else "")
        raise BadInput(f"There is no jeans size {said}; give W22 to W56 and L24 to L40, in inches.")
    body = {"waist_cm": round(INCH * waist, 1)}
    if length is not None:
        body["inseam_cm"] = round(INCH * length, 1)
    said = f"W{waist}" + (f" L{length}" if length else "")
    return SizeBody(
        body, f"{said} read as inches of the body's waist and inside leg; brands cut larger (unverified)"
    )


def _row_of(system: str, label: str, sex: str) -> SizeBody:
    """Return the middle of a row of the table of a system; UK chest inches are the US ones, CN numbers the EU ones."""
    aliases = {"CN": "EU"} if sex == "female" else {"CN": "EU", "UK": "US"}
    wanted = aliases.get(system, system)
    for table in size_tables():
        if table.sex == sex and table.system == wanted:
            shown = (
                label
                if system.endswith("letters") and system.startswith("CN")
                else f"{system.removesuffix(' letters')} {label}"
            )
            for row in table.rows:
                if row.label == (label if label == "00" else label.lstrip("0") or "0"):
                    sure = "" if table.status == "verified" else " (unverified)"
                    values = _rounded(row.centre())
                    said = ", ".join(f"{n.removesuffix('_cm')} {v:g}" for n, v in values.items())
                    return SizeBody(values, f"size {shown} read by {table.title}: {said} cm{sure}")
            first, last = table.rows[0].label, table.rows[-1].label
            who = "women" if sex == "female" else "men"
            raise BadInput(
                f"There is no {who}'s size {shown} here; give one of {table.title} from {first} to {last}."
            )
    raise BadInput(
        f"There is no table of {system} sizes for this wearer; give one such as 165/88A, M, EU 38 or US 8."
    )

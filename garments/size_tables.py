"""Size tables as data, a brand's own chart as a CSV file, and the size of one body in each of them.

A table's row is a label and what it says of the body: a number or a range [cm] for each measurement it states. The body's
size is the row with the least root mean square distance, a distance being how far the body lies outside the row's range
(a number is half a step wide on both sides); `data/size_tables.json` holds the tables with source and status.
"""

from __future__ import annotations

import csv
import functools
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from toile.engine.core.errors import BadInput, DamagedFile
from toile.garments.spec import WEARER_BOUNDS

CHART_BYTES = 1_000_000
CHART_ROWS = 500
INCH = 2.54
_HEIGHT_SHARE = 0.5
"""Weight of height among girths: labels step it by 5 cm, girths by 4."""


@dataclass(frozen=True)
class SizeRow:
    """A label and the range [cm] of each measurement it states (kg for weight)."""

    label: str
    ranges: Mapping[str, tuple[float, float]]

    def centre(self) -> dict[str, float]:
        """Return the middle of each range, by wearer field."""
        return {name: 0.5 * (low + high) for name, (low, high) in self.ranges.items()}


@dataclass(frozen=True)
class SizeTable:
    """A size table: whose, from where, how sure (`verified`, `unverified`, `brand`), and its rows."""

    title: str
    sex: str
    system: str
    source: str
    status: str
    rows: tuple[SizeRow, ...]


@dataclass(frozen=True)
class SizeMatch:
    """One body in one table: the label, how far off it is at worst [cm], and the body less the row's middle [cm] by field."""

    table: str
    label: str
    status: str
    distance_cm: float
    differences: Mapping[str, float]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "table": self.table,
            "size": self.label,
            "status": self.status,
            "distance_cm": round(self.distance_cm, 1),
            "body_minus_size_cm": {name: round(value, 1) for name, value in self.differences.items()},
        }


@functools.cache
def _document() -> Any:
    text = resources.files("toile.garments").joinpath("data/size_tables.json").read_text(encoding="utf-8")
    return json.loads(text)


@functools.cache
def size_tables() -> tuple[SizeTable, ...]:
    """Return the tables that come with toile, the Chinese 号型 grid and the jeans sizes apart."""
    found = []
    for entry in _document()["tables"]:
        rows = []
        for label, *values in entry["rows"]:
            spans = [
                (float(v[0]), float(v[1])) if isinstance(v, list) else (float(v), float(v)) for v in values
            ]
            rows.append(SizeRow(label, dict(zip(entry["columns"], spans, strict=True))))
        found.append(
            SizeTable(
                entry["title"],
                entry["sex"],
                entry["system"],
                entry["source"],
                entry["status"],
                _widened(rows),
            )
        )
    return tuple(found)


def _widened(rows: Sequence[SizeRow]) -> tuple[SizeRow, ...]:
    """Return rows whose single numbers reach half way to the neighbours'."""
    wide = []
    for k, row in enumerate(rows):
        ranges = dict(row.ranges)
        for name, (low, high) in row.ranges.items():
            if low != high:
                continue
            around = [
                rows[j].ranges[name][0]
                for j in (k - 1, k + 1)
                if 0 <= j < len(rows) and name in rows[j].ranges
            ]
            half = 0.5 * min((abs(v - low) for v in around if v != low), default=4.0)
            ranges[name] = (low - half, low + half)
        wide.append(SizeRow(row.label, ranges))
    return tuple(wide)


def hao_xing_data(sex: str) -> Any:
    """Return the base bodies, steps and drops of the Chinese size grid for a sex."""
    return _document()["hao_xing"][sex]


def hao_xing_body(sex: str, height: float, bust: float, letter: str) -> dict[str, float]:
    """Return the body [cm] by wearer field that a Chinese label stands for: the letter's base body, stepped."""
    data = hao_xing_data(sex)
    base = data["bodies"][letter]
    rows = (bust - base["bust_cm"]) / 4.0
    tall = (height - base["height_cm"]) / 5.0
    return {
        "height_cm": height,
        "bust_cm": bust,
        "waist_cm": base["waist_cm"] + 4.0 * rows,
        "hip_cm": base["hip_cm"] + base["hip_step"] * rows,
        "arm_length_cm": base["arm_length_cm"] + data["steps"]["height_cm"]["arm_length_cm"] * tall,
    }


def hao_xing_of(body: Mapping[str, float], sex: str) -> list[SizeMatch]:
    """Return the Chinese labels of a body, for tops and for bottoms; none where height, bust or waist is not known."""
    if not {"height_cm", "bust_cm", "waist_cm"} <= set(body):
        return []
    drop = body["bust_cm"] - body["waist_cm"]
    drops = hao_xing_data(sex)["drops"]
    letter = min(
        drops,
        key=lambda k: max(drops[k][0] - drop, drop - drops[k][1], 0.0) + abs(drop - sum(drops[k]) / 2) / 100,
    )
    outside = max(drops[letter][0] - drop, drop - drops[letter][1], 0.0)
    height = 5 * round(body["height_cm"] / 5)
    found = []
    for what, field, step in (("tops", "bust_cm", 4), ("bottoms", "waist_cm", 2)):
        girth = step * round(body[field] / step)
        off = {"height_cm": body["height_cm"] - height, field: body[field] - girth}
        far = max(abs(off["height_cm"]) - 2.5, abs(off[field]) - 0.5 * step, outside, 0.0)
        found.append(
            SizeMatch(
                f"GB/T 1335 号型, {what}",
                f"{height}/{girth}{letter}",
                _document()["hao_xing"]["status"],
                far,
                off,
            )
        )
    return found


def jeans_of(body: Mapping[str, float], sex: str) -> list[SizeMatch]:
    """Return the waist and length in inches of a body's jeans; none where the waist is not known."""
    if "waist_cm" not in body:
        return []
    data = _document()["jeans"]
    low, high = data[sex]["waist"]
    waist = min(max(round(body["waist_cm"] / INCH), low), high)
    off = {"waist_cm": body["waist_cm"] - INCH * waist}
    label = f"W{waist}"
    if "inseam_cm" in body:
        least, most = data[sex]["inseam"]
        length = min(max(2 * round(body["inseam_cm"] / INCH / 2), least), most)
        off["inseam_cm"] = body["inseam_cm"] - INCH * length
        label += f" L{length}"
    far = max(abs(off["waist_cm"]) - 0.5 * INCH, abs(off.get("inseam_cm", 0.0)) - INCH, 0.0)
    return [SizeMatch("Jeans, waist and inside leg in inches", label, data["status"], far, off)]


def closest(table: SizeTable, body: Mapping[str, float]) -> SizeMatch | None:
    """Return the row of a table nearest to a body [cm], or None where they share no measurement."""
    best: tuple[float, float, SizeRow] | None = None
    for row in table.rows:
        shared = [name for name in row.ranges if name in body]
        if not shared:
            continue
        weight = {name: _HEIGHT_SHARE if name == "height_cm" else 1.0 for name in shared}
        outside = math.sqrt(
            sum(weight[n] * _outside(row.ranges[n], body[n]) ** 2 for n in shared) / sum(weight.values())
        )
        centre = row.centre()
        tie = sum(weight[n] * (body[n] - centre[n]) ** 2 for n in shared)
        if best is None or (outside, tie) < best[:2]:
            best = (outside, tie, row)
    if best is None:
        return None
    row = best[2]
    centre = row.centre()
    off = {n: body[n] - centre[n] for n in row.ranges if n in body}
    far = max(_outside(row.ranges[n], body[n]) for n in off)
    return SizeMatch(table.title, row.label, table.status, far, off)


def _outside(span: tuple[float, float], value: float) -> float:
    return max(span[0] - value, value - span[1], 0.0)


def sizes_of(body: Mapping[str, float], sex: str, charts: Sequence[SizeTable] = ()) -> list[SizeMatch]:
    """Return a body's size in every table for its sex, brands first.

    Args:
        body: measurements [cm] by wearer field; what a table does not state is not compared.
        sex: female | male.
        charts: brands' own charts, of `read_chart`.
    """
    tables = [t for t in (*charts, *size_tables()) if t.sex in (sex, "")]
    brands = [t for t in tables if t.status == "brand"]
    rest = [t for t in tables if t.status != "brand"]
    found = [m for t in brands if (m := closest(t, body)) is not None]
    found += [*hao_xing_of(body, sex), *jeans_of(body, sex)]
    return found + [m for t in rest if (m := closest(t, body)) is not None]


def read_chart(path: Path) -> tuple[SizeTable, ...]:
    """Return a brand's size chart, a table for each sex in it.

    The file is CSV in UTF-8 with a heading line. Column `size` is required; `sex` (female, male) and `brand` may be given;
    every other column is a measurement of the body by wearer field, in cm (`bust_cm`), inches (`bust_in`) or, for the
    weight, `weight_kg`; a cell is a number, a range such as `84-88`, or empty. Lines that begin with # are skipped.

    Raises:
        DamagedFile: the file cannot be read as text.
        BadInput: a heading or a cell that is none of these; says which line.
    """
    try:
        data = path.read_bytes()[: CHART_BYTES + 1]
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise DamagedFile(
            f"The size chart {path} cannot be read ({error.strerror}); name a CSV file."
        ) from error
    except UnicodeDecodeError as error:
        raise DamagedFile(
            f"The size chart {path} is not UTF-8 text (byte {error.start}); save it as UTF-8 CSV."
        ) from error
    if len(data) > CHART_BYTES:
        raise BadInput(f"The size chart {path} is larger than {CHART_BYTES} bytes; give one brand's chart.")
    lines = [
        (n, line)
        for n, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.startswith("#")
    ]
    if len(lines) < 2:
        raise BadInput(
            f"The size chart {path} has no rows; give a heading line with `size` and a line for each size."
        )
    try:
        rows = [(n, next(csv.reader(io.StringIO(line), strict=True))) for n, line in lines[: CHART_ROWS + 2]]
    except (csv.Error, StopIteration) as error:
        raise BadInput(f"The size chart {path} is not CSV ({error}); separate cells by commas.") from error
    if len(rows) > CHART_ROWS + 1:
        raise BadInput(f"The size chart {path} has more than {CHART_ROWS} sizes; give one brand's chart.")
    heading = [cell.strip().lower() for cell in rows[0][1]]
    fields = _fields(path, heading)
    brand = path.stem
    grouped: dict[str, list[SizeRow]] = {}
    for number, cells in rows[1:]:
        if len(cells) != len(heading):
            raise BadInput(
                f"{path}, line {number} has {len(cells)} cells and the heading {len(heading)}; give one for each column."
            )
        named = dict(zip(heading, (cell.strip() for cell in cells), strict=True))
        sex = named.get("sex", "").lower()
        if sex not in ("", "female", "male"):
            raise BadInput(f"{path}, line {number}: sex is {sex!r}; use female, male, or leave it empty.")
        brand = named.get("brand") or brand
        grouped.setdefault(sex, []).append(_chart_row(path, number, named, fields))
    source = f"the brand's own chart, {path.name}"
    return tuple(
        SizeTable(brand[:60], sex, brand[:60], source, "brand", _widened(found))
        for sex, found in grouped.items()
    )


def _fields(path: Path, heading: Sequence[str]) -> dict[str, tuple[str, float]]:
    """Return column -> (wearer field, factor to cm or kg)."""
    if "size" not in heading:
        raise BadInput(
            f"The size chart {path} has no column `size`; its heading is {', '.join(heading)[:120]}."
        )
    fields: dict[str, tuple[str, float]] = {}
    for column in heading:
        if column in ("size", "sex", "brand"):
            continue
        field, factor = (f"{column[:-3]}_cm", INCH) if column.endswith("_in") else (column, 1.0)
        if field not in WEARER_BOUNDS:
            raise BadInput(
                f"The size chart {path} has a column {column[:40]!r} that is no measurement; use size, sex, brand, "
                f"{', '.join(WEARER_BOUNDS)}, or a length with _in for inches."
            )
        fields[column] = field, factor
    if not fields or len(set(heading)) != len(heading):
        raise BadInput(f"The size chart {path} needs at least one measurement, and each column once.")
    return fields


def _chart_row(
    path: Path, number: int, named: Mapping[str, str], fields: Mapping[str, tuple[str, float]]
) -> SizeRow:
    if not named["size"]:
        raise BadInput(f"{path}, line {number} names no size; fill the column `size`.")
    ranges: dict[str, tuple[float, float]] = {}
    for column, (field, factor) in fields.items():
        cell = named[column].replace("\N{EN DASH}", "-").replace(" ", "")
        if not cell:
            continue
        try:
            ends = [factor * float(part) for part in cell.split("-")]
        except ValueError:
            ends = []
        low, high = WEARER_BOUNDS[field]
        if len(ends) not in (1, 2) or not all(low <= e <= high for e in ends) or ends[0] > ends[-1]:
            raise BadInput(
                f"{path}, line {number}: {column} is {named[column][:40]!r}; give a number or a range such as 84-88, "
                f"between {low / factor:.0f} and {high / factor:.0f}."
            )
        ranges[field] = (ends[0], ends[-1])
    if not ranges:
        raise BadInput(
            f"{path}, line {number}: size {named['size'][:20]!r} states no measurement; fill a cell."
        )
    return SizeRow(named["size"][:40], ranges)

"""Grading: one style in a run of sizes, every point of measure stepping as `data/grading.json` says.

The style is drafted for the sample size as it was asked for. For every other size each finished measurement gets the
sample's value plus its step (so much for every centimetre that the body measurement it follows moves), and the style is
drafted anew on that size's body with those numbers: nothing is scaled. A measurement that the others already decide (the
hip of a full circle) is left to follow, and the report says so.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

from toile.engine.core.errors import BadInput, Infeasible, ToileError
from toile.engine.core.measurements import Measurements
from toile.garments.drafting import draft
from toile.garments.pattern import Pattern
from toile.garments.style import Style, style_of

ATTRIBUTES: Mapping[str, str] = {
    "bust_cm": "bust",
    "waist_cm": "waist",
    "hip_cm": "hip",
    "length_cm": "length",
    "sleeve_cm": "sleeve_length",
    "shoulder_cm": "shoulder",
    "neck_cm": "neck",
    "inseam_cm": "inseam",
    "hem_cm": "hem",
}
"""Points of measure that are graded -> the style's attribute, in the order in which they are held."""
MOST_SIZES = 16
LEGS = ("trousers", "shorts", "jumpsuit")


@dataclass(frozen=True)
class Size:
    """One size of a run: its label and its body."""

    label: str
    body: Measurements


@dataclass(frozen=True)
class GradeRow:
    """A point of measure over the run: drafted [m] and wanted step from the sample [m] per size; held: by the table."""

    garment: int
    name: str
    drafted: tuple[float, ...]
    wanted: tuple[float, ...] | None
    driver: str
    status: str

    @property
    def held(self) -> bool:
        """Whether it steps by the table; otherwise it follows from the others and the body."""
        return self.wanted is not None


@dataclass(frozen=True)
class Run:
    """A graded run: sizes, which one is the sample, a pattern per size, and the report."""

    sizes: tuple[Size, ...]
    sample: int
    patterns: tuple[Pattern, ...]
    rows: tuple[GradeRow, ...]


@functools.cache
def _table() -> Any:
    text = resources.files("toile.garments").joinpath("data/grading.json").read_text(encoding="utf-8")
    return json.loads(text)


def step_of(
    name: str, style: Style, value: float, sample: Measurements, body: Measurements, sex: str
) -> float:
    """Return by how much [m] a point of measure of a style moves from the sample's body to another.

    Args:
        name: the point of measure; value: what it is on the sample [m].
    """
    row = _table()["steps"][name]
    moved = float(getattr(body, row["driver"]) - getattr(sample, row["driver"]))
    rate = row["per_cm"]
    kind = (
        "dress"
        if style.category in ("dress", "coat")
        else "lower"
        if style.family in ("skirt", *LEGS)
        else "upper"
    )
    if isinstance(rate, Mapping):
        rate = rate[sex] if sex in rate else rate[kind]
    share = 1.0
    if name in ("length_cm", "sleeve_cm"):
        share = min(
            1.0, 100.0 * value / _table()["full_length_cm"]["sleeve" if name == "sleeve_cm" else kind]
        )
    if name == "hem_cm" and style.category in LEGS:
        share = 0.25
    return round(float(rate) * share * moved, 6)


def grade(garments: Sequence[Any], sizes: Sequence[Size], sample: int, sex: str = "female") -> Run:
    """Draft a style in every size of a run.

    Args:
        garments: as `draft` takes them; their stated numbers are the sample's.
        sizes: in the order of the run; sample: which of them the numbers are for.

    Raises:
        BadInput: fewer than two sizes, too many, or one twice.
        Infeasible: the style cannot be drafted in a size; the message names it.
    """
    labels = [size.label for size in sizes]
    if not 2 <= len(labels) <= MOST_SIZES:
        raise BadInput(f"A run of {len(labels)} sizes cannot be graded; give 2 to {MOST_SIZES}.")
    if len(set(labels)) < len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise BadInput(f"The size {twice} is in the run twice; give each size once.")
    styles = [style_of(garment) for garment in garments]
    graded = [_grade_one(style, sizes, sample, sex) for style in styles]
    patterns = []
    for k, size in enumerate(sizes):
        patterns.append(_draft([wanted[k] for wanted, _ in graded], size))
    rows: list[GradeRow] = []
    for garment, (_, held) in enumerate(graded):
        for point in patterns[sample].measures:
            if point.garment != garment:
                continue
            drafted = tuple(_measure(p, garment, point.name) for p in patterns)
            if any(value is None for value in drafted):
                continue
            table = _table()["steps"].get(point.name, {})
            rows.append(
                GradeRow(
                    garment,
                    point.name,
                    tuple(float(v) for v in drafted if v is not None),
                    held.get(point.name),
                    table.get("driver", ""),
                    table.get("status", ""),
                )
            )
    return Run(tuple(sizes), sample, tuple(patterns), tuple(rows))


def _measure(pattern: Pattern, garment: int, name: str) -> float | None:
    return next((m.drafted for m in pattern.measures if m.garment == garment and m.name == name), None)


def _draft(styles: Sequence[Style], size: Size) -> Pattern:
    try:
        return draft(styles, size.body)
    except ToileError as error:
        raise Infeasible(f"Size {size.label}: {error}") from error


def _grade_one(
    style: Style, sizes: Sequence[Size], sample: int, sex: str
) -> tuple[list[Style], dict[str, tuple[float, ...]]]:
    """Return the style with its numbers for every size, and the steps of the measures that are held."""
    body = sizes[sample].body
    base = {m.name: m.drafted for m in _draft([style], sizes[sample]).measures}
    stated = {f"{name}_cm" for name in style.stated()}
    tabled = [n for n in ATTRIBUTES if n in base and (n != "hem_cm" or n in stated or _hem_is_free(style))]
    order = sorted(tabled, key=lambda n: n not in stated)
    held: dict[str, tuple[float, ...]] = {}
    nothing: dict[str, Any] = dict.fromkeys(ATTRIBUTES.values())
    free = replace(style, **nothing)
    for name in order:
        steps = tuple(step_of(name, style, base[name], body, size.body, sex) for size in sizes)
        trial = {**held, name: steps}
        if all(
            k == sample or _holds(_numbered(free, base, trial, k), size, name in stated)
            for k, size in enumerate(sizes)
        ):
            held = trial
    wanted = [style if k == sample else _numbered(free, base, held, k) for k in range(len(sizes))]
    return wanted, held


def _hem_is_free(style: Style) -> bool:
    """Whether a hem is a number of its own: a circle stays a circle, and a flare keeps its angle."""
    return style.category in LEGS or style.family == "t_shirt" or style.silhouette in ("straight", "pencil")


def _numbered(
    style: Style, base: Mapping[str, float], steps: Mapping[str, Sequence[float]], size: int
) -> Style:
    numbers: dict[str, Any] = {ATTRIBUTES[name]: base[name] + step[size] for name, step in steps.items()}
    return replace(style, **numbers)


def _holds(style: Style, size: Size, stated: bool) -> bool:
    """Whether a style with these numbers can be drafted in a size; what was stated has to be.

    Raises:
        Infeasible: a stated number cannot be kept in this size.
    """
    try:
        pattern = draft([style], size.body)
    except ToileError as error:
        if stated:
            raise Infeasible(f"Size {size.label}: {error}") from error
        return False
    return all(
        m.requested is None or abs(m.drafted - m.requested) <= m.tolerance for m in pattern.measures
    ) and not any("was left out" in note for note in pattern.notes)


def grade_report(run: Run) -> list[dict[str, Any]]:
    """Return the run's points of measure as plain values [cm]: drafted and step per size, and whether the table decides."""
    report = []
    for row in run.rows:
        sample = row.drafted[run.sample]
        entry: dict[str, Any] = {"garment": row.garment, "name": row.name, "graded": row.held}
        if row.held:
            entry |= {"follows_body": row.driver, "status": row.status}
        entry["sizes"] = {
            size.label: {
                "drafted_cm": round(100.0 * drafted, 3),
                "step_cm": round(100.0 * (drafted - sample), 3),
                **({"table_cm": round(100.0 * row.wanted[k], 3)} if row.wanted is not None else {}),
            }
            for k, (size, drafted) in enumerate(zip(run.sizes, row.drafted, strict=True))
        }
        report.append(entry)
    return report

"""A run of sizes: every measure steps by its table, what cannot is said, and nothing is merely scaled."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib import resources
from xml.etree import ElementTree

import numpy as np
import pytest

from toile.engine.core.errors import BadInput, Infeasible
from toile.engine.core.measurements import Measurements
from toile.garments.cut_line import cut_line
from toile.garments.grading import Run, Size, grade, grade_report
from toile.garments.nest_svg import nest_to_svg
from toile.garments.pattern_json import check_pattern
from toile.garments.style import Style

TABLE = json.loads(
    resources.files("toile.garments").joinpath("data/grading.json").read_text(encoding="utf-8")
)
STYLES = (
    Style("dress", "dress", "a_line", sleeve="short", length=1.1, waist=0.76),
    Style("skirt", "skirt", "circle"),
    Style("trousers", "trousers", waist=0.71),
    Style("shirt", "shirt", sleeve="long", neckline="mandarin"),
)


def sized(body: Measurements, height: float, bust: float, waist: float, hip: float) -> Measurements:
    k, girth = height / body.height, bust - body.bust
    along = ("back_length", "front_length", "arm_length", "inseam", "waist_height", "hip_height", "bust_height",
             "armpit_height", "nape_height", "shoulder_height")  # fmt: skip
    lengths = {name: k * getattr(body, name) for name in along}
    return replace(
        body, height=height, bust=bust, waist=waist, hip=hip, underbust=bust - 0.12, neck=body.neck + 0.2 * girth,
        shoulder=body.shoulder + 0.25 * girth, upper_arm=body.upper_arm + 0.3 * girth,
        thigh=body.thigh * hip / body.hip, **lengths,
    )  # fmt: skip


@pytest.fixture(scope="module")
def sizes(body: Measurements) -> list[Size]:
    rows = ((1.55, 0.80, 0.64, 0.868), (1.60, 0.84, 0.68, 0.90), (1.65, 0.88, 0.72, 0.936))
    return [Size(label, sized(body, *row)) for label, row in zip(("S", "M", "L"), rows, strict=True)]


@pytest.fixture(scope="module", params=STYLES, ids=lambda s: s.name)
def run(request: pytest.FixtureRequest, sizes: list[Size]) -> Run:
    return grade([request.param], sizes, 1)


def test_every_measure_that_is_graded_steps_by_the_table(run: Run) -> None:
    sample = run.sizes[1].body
    for row in run.rows:
        if not row.held or row.name in ("length_cm", "sleeve_cm"):
            continue
        entry = TABLE["steps"][row.name]
        rate = entry["per_cm"] if isinstance(entry["per_cm"], float) else entry["per_cm"]["female"]
        legs = run.patterns[1].garments[0] == "trousers"
        share = 0.25 if row.name == "hem_cm" and legs else 1.0
        for size, drafted in zip(run.sizes, row.drafted, strict=True):
            moved = getattr(size.body, entry["driver"]) - getattr(sample, entry["driver"])
            assert drafted - row.drafted[1] == pytest.approx(rate * share * moved, abs=1e-3), row.name


def test_girths_and_lengths_are_graded_in_every_garment(run: Run) -> None:
    held = {row.name for row in run.rows if row.held}
    assert held >= {"waist_cm", "length_cm"}
    names = {row.name for row in run.rows}
    assert held | {"hem_cm", "hip_cm"} >= names & set(TABLE["steps"])
    lengths = next(row for row in run.rows if row.name == "length_cm").drafted
    assert lengths[0] < lengths[1] < lengths[2]


def test_every_size_is_a_whole_pattern_with_the_same_pieces(run: Run) -> None:
    for pattern in run.patterns:
        check_pattern(pattern)
    pieces = {tuple(p.name for p in pattern.panels) for pattern in run.patterns}
    assert len(pieces) == 1


def test_a_stated_number_is_the_samples(sizes: list[Size]) -> None:
    run = grade([STYLES[0]], sizes, 1)
    report = {row["name"]: row["sizes"] for row in grade_report(run)}
    assert report["waist_cm"]["M"]["drafted_cm"] == pytest.approx(76.0, abs=0.01)
    assert report["waist_cm"]["S"]["drafted_cm"] == pytest.approx(72.0, abs=0.01)
    assert report["length_cm"]["M"]["step_cm"] == 0.0


def test_runs_that_cannot_be_graded_are_refused(sizes: list[Size]) -> None:
    with pytest.raises(BadInput, match="1 sizes"):
        grade([STYLES[0]], sizes[:1], 0)
    with pytest.raises(BadInput, match="S is in the run twice"):
        grade([STYLES[0]], [sizes[0], sizes[0]], 0)
    with pytest.raises(Infeasible, match="Size "):
        grade([Style("skirt", "skirt", "straight", waist=0.70, hip=0.71)], sizes, 0)


def test_the_nest_shows_every_size_true_to_scale(run: Run) -> None:
    root = ElementTree.fromstring(nest_to_svg(run).encode())
    drawn = [e for e in root.iter("{http://www.w3.org/2000/svg}path") if "data-size" in e.attrib]
    assert {e.attrib["data-size"] for e in drawn} == {"S", "M", "L"}
    panel = run.patterns[2].panels[0]
    group = next(g for g in root.iter("{http://www.w3.org/2000/svg}g") if g.attrib["id"] == panel.name)
    largest = next(e for e in group if e.attrib.get("data-size") == "L")
    points = np.array(re.findall(r"-?\d+\.\d+", largest.attrib["d"]), dtype=float).reshape(-1, 2)
    np.testing.assert_allclose(
        np.ptp(points, axis=0), 1000.0 * np.ptp(cut_line(panel).points, axis=0), atol=0.01
    )

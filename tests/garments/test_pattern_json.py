"""A pattern survives its file to the last bit; a damaged file is refused with what is wrong."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from toile.engine.core.errors import DamagedFile
from toile.engine.core.measurements import Measurements
from toile.garments.drafting import draft
from toile.garments.pattern import Pattern
from toile.garments.pattern_json import pattern_from_json, pattern_to_json
from toile.garments.style import Style


@pytest.fixture(scope="module")
def pattern(body: Measurements) -> Pattern:
    return draft(
        [Style("dress", "dress", "a_line", sleeve="short", length=1.1), Style("shorts", "shorts")], body
    )


def test_a_round_trip_changes_nothing(pattern: Pattern) -> None:
    text = json.dumps(pattern_to_json(pattern), allow_nan=False)
    again = pattern_from_json(json.loads(text))
    assert json.dumps(pattern_to_json(again)) == text
    assert (again.garments, again.fabrics, again.seams, again.loops) == (
        pattern.garments, pattern.fabrics, pattern.seams, pattern.loops,
    )  # fmt: skip
    assert again.measures == pattern.measures
    for old, new in zip(pattern.panels, again.panels, strict=True):
        assert (old.name, old.placement, old.notches, old.grain) == (
            new.name,
            new.placement,
            new.notches,
            new.grain,
        )
        assert all(np.array_equal(a.points, b.points) for a, b in zip(old.edges, new.edges, strict=True))
    assert pattern_from_json(text).panels[0].name == pattern.panels[0].name


Damage = Callable[[dict[str, Any]], Any]


def _swap_points(d: dict[str, Any]) -> None:
    points = d["panels"][0]["edges"][0]["points"]
    points[0], points[-1] = points[-1], points[0]


def _stretch(d: dict[str, Any]) -> None:
    """Lengthen a side seam and keep the outline closed."""
    edges = d["panels"][-1]["edges"]
    edges[0]["points"][-1][0] += 0.003
    edges[1]["points"][0][0] += 0.003


def _clockwise(d: dict[str, Any]) -> None:
    for edge in d["panels"][0]["edges"]:
        edge["points"] = [[-x, y] for x, y in edge["points"]]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda d: d.pop("panels"), "no 'panels'"),
        (lambda d: d.update(format="pattern"), "format"),
        (lambda d: d.update(version=99), "version"),
        (lambda d: d.update(units="cm"), "units"),
        (lambda d: d.update(panels=[]), "no garment or no panel"),
        (lambda d: d.update(seams={}), "seams is not a list"),
        (lambda d: d["garments"][0].update(fabric="kevlar"), "kevlar"),
        (lambda d: d["panels"][0].update(garment=7), "whole number below 2"),
        (lambda d: d["panels"][0].update(garment=True), "whole number"),
        (lambda d: d["panels"][1].update(name=d["panels"][0]["name"]), "not unique"),
        (lambda d: d["panels"][0]["placement"].update(part="tail"), "'tail'"),
        (lambda d: d["panels"][0]["placement"].update(landmark="nose"), "'nose'"),
        (lambda d: d["panels"][0].update(grain=[3.0, 0.0]), "direction"),
        (lambda d: d["panels"][0].update(stiffness=-1.0), "stiffness"),
        (lambda d: d["panels"][0]["edges"][0].update(points=[[0.0, 0.0]]), "points"),
        (lambda d: d["panels"][0]["edges"][0]["points"].__setitem__(1, [float("nan"), 0.0]), "pairs of numbers"),
        (lambda d: d["panels"][0]["edges"][0]["points"].__setitem__(1, [99.0, 0.0]), "from the origin"),
        (lambda d: d["panels"][0]["edges"][0]["points"].__setitem__(1, "x"), "pairs of numbers"),
        (lambda d: d["panels"][0]["edges"][0].update(kind="zip"), "'zip'"),
        (lambda d: d["panels"][0]["edges"].pop(2), "open between"),
        (_swap_points, "is open between"),
        (_clockwise, "open|clockwise"),
        (_stretch, "differ by"),
        (lambda d: d["seams"][0].update(first=["nowhere", "hem"]), "does not exist"),
        (lambda d: d["seams"][1].update(first=d["seams"][0]["first"]), "sewn already"),
        (lambda d: d["seams"][0].update(ease=0.02), "ease"),
        (lambda d: d["loops"][0]["edges"].append(["dress/bodice_front", "tail"]), "does not exist"),
        (lambda d: d["measures"][0].update(drafted=None), "drafted"),
        (lambda d: d.update(notes=[3]), "notes"),
    ],
)  # fmt: skip
def test_damage_is_found_and_named(pattern: Pattern, damage: Damage, words: str) -> None:
    document = copy.deepcopy(pattern_to_json(pattern))
    damage(document)
    with pytest.raises(DamagedFile, match=words):
        pattern_from_json(document)


@pytest.mark.parametrize("value", [None, [], 3, "", "{", "[" * 100000, {}])
def test_what_is_no_pattern_at_all_is_refused(value: Any) -> None:
    with pytest.raises(DamagedFile):
        pattern_from_json(value)


def test_no_truncation_and_no_single_deletion_slips_through(pattern: Pattern) -> None:
    """Cut the text anywhere, or drop any one field of any record: never a pattern, never another error."""
    text = json.dumps(pattern_to_json(pattern))
    for end in range(1, len(text) - 1, max(1, len(text) // 60)):
        with pytest.raises(DamagedFile):
            pattern_from_json(text[:end])
    document = pattern_to_json(pattern)
    for key in ("garments", "panels", "seams", "loops", "measures"):
        for field in list(document[key][0]):
            broken = copy.deepcopy(document)
            del broken[key][0][field]
            with pytest.raises(DamagedFile):
                pattern_from_json(broken)

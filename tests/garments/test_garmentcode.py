"""GarmentCode's JSON: curves as its own program reads them, exact round trips, and patterns that can be worn."""

from __future__ import annotations

import copy
import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toile.engine.core.errors import BadInput
from toile.engine.core.measurements import Measurements
from toile.garments import curves
from toile.garments.drafting import draft
from toile.garments.garmentcode import KEPT, pattern_to_garmentcode
from toile.garments.garmentcode_curves import flatten
from toile.garments.garmentcode_import import pattern_from_garmentcode
from toile.garments.pattern_json import check_pattern, pattern_from_json, pattern_to_json
from toile.garments.placement import dress
from toile.garments.style import Style

sys.path.insert(0, str(Path(__file__).parent))
from test_placement import assert_clean, figure

STYLES = (
    Style("dress", "dress", "a_line", sleeve="short", length=1.1),
    Style("trousers", "trousers"),
    Style("skirt", "skirt", "circle"),
    Style("t_shirt", "t_shirt", sleeve="short", fabric="knit"),
)
A, B = np.array([0.1, 0.2]), np.array([0.4, 0.1])


def bare(document: dict[str, Any]) -> dict[str, Any]:
    """The document as another program would write it: without our words."""
    found = copy.deepcopy(document)
    del found["toile"]
    return found


def skirt(front_width: float = 50.0, back_width: float = 50.0) -> dict[str, Any]:
    """A flared skirt in GarmentCode's way: both panels drawn in the same plane, so the back runs clockwise."""

    def panel(width: float, z: float, back: bool) -> dict[str, Any]:
        half = 0.5 * width
        corners = [[-half, 0.0], [half, 0.0], [19.0, 58.0], [-19.0, 58.0]]
        bends: list[Any] = [
            {"type": "quadratic", "params": [[0.5, -0.06]]},
            {"type": "cubic", "params": [[0.3, -0.01], [0.7, -0.01]]},
            {"type": "circle", "params": [60.0, 0, 1]},
            None,
        ]
        edges = []
        for k, bend in enumerate(bends):
            edge: dict[str, Any] = {"endpoints": [k, (k + 1) % 4]}
            edges.append(edge | ({"curvature": bend} if bend else {}))
        if back:  # the same outline walked the other way round
            corners = [corners[0], corners[3], corners[2], corners[1]]
            edges = [
                {"endpoints": [0, 1]},
                {"endpoints": [1, 2], "curvature": {"type": "circle", "params": [60.0, 0, 0]}},
                {"endpoints": [2, 3], "curvature": {"type": "cubic", "params": [[0.3, 0.01], [0.7, 0.01]]}},
                {"endpoints": [3, 0], "curvature": {"type": "quadratic", "params": [[0.5, 0.06]]}},
            ]
        return {
            "translation": [0.0, 46.0, z],
            "rotation": [0.0, 0.0, 0.0],
            "vertices": corners,
            "edges": edges,
        }

    stitches = [
        [{"panel": "skirt_front", "edge": 1}, {"panel": "skirt_back", "edge": 2}],
        [{"panel": "skirt_front", "edge": 3}, {"panel": "skirt_back", "edge": 0}],
    ]
    return {
        "pattern": {
            "panels": {"skirt_front": panel(front_width, 25.0, False), "skirt_back": panel(back_width, -20.0, True)},
            "stitches": stitches,
            "panel_order": ["skirt_back", "skirt_front"],
        },
        "parameters": {"width": {"value": 50.0, "range": [1, 2]}},
        "parameter_order": ["width"],
        "properties": {"curvature_coords": "relative", "normalize_panel_translation": False,
                       "normalized_edge_loops": True, "units_in_meter": 100},
    }  # fmt: skip


def test_a_quadratic_passes_through_its_own_middle() -> None:
    points = flatten(A, B, {"type": "quadratic", "params": [[0.5, 0.4]]}, "it")
    chord = B - A
    control = A + 0.5 * chord + 0.4 * np.array([-chord[1], chord[0]])
    middle = 0.25 * A + 0.5 * control + 0.25 * B
    assert farthest(middle[None], points) < 5e-5
    np.testing.assert_array_equal(points[[0, -1]], [A, B])


@pytest.mark.parametrize("large", [0, 1])
@pytest.mark.parametrize("right", [0, 1])
def test_an_arc_has_its_radius_its_length_and_its_side(large: int, right: int) -> None:
    radius = 20.0
    points = flatten(A, B, {"type": "circle", "params": [radius, large, right]}, "it")
    chord = float(np.linalg.norm(B - A))
    angle = 2.0 * math.asin(50.0 * chord / radius)
    sweep = 2.0 * math.pi - angle if large else angle
    assert curves.length(points) == pytest.approx(radius / 100.0 * sweep, rel=1e-4)
    direction = B - A
    side = (points - A) @ np.array([-direction[1], direction[0]])
    assert (side[1:-1] < 0.0).all() if right else (side[1:-1] > 0.0).all()  # right bulges below the chord
    first, second = np.diff(points, axis=0)[:2]
    assert (first[0] * second[1] - first[1] * second[0] > 0.0) == bool(right)


def test_a_file_from_elsewhere_comes_back_exactly() -> None:
    document = skirt()
    pattern = pattern_from_garmentcode(document)
    assert pattern_to_garmentcode(pattern) == document
    stored = pattern_from_json(json.loads(json.dumps(pattern_to_json(pattern))))
    assert pattern_to_garmentcode(stored) == document


def test_an_edited_panel_is_written_as_it_was_edited() -> None:
    pattern = pattern_from_garmentcode(skirt())
    text = pattern_to_json(pattern)
    for panel in text["panels"]:
        for edge in panel["edges"]:
            edge["points"] = [[x, 1.01 * y] for x, y in edge["points"]]
    for seam in text["seams"]:
        seam["ease"] = 0.0
    edited = pattern_from_json(text)
    written = pattern_to_garmentcode(edited)
    assert written != skirt()
    read = pattern_from_garmentcode(bare(written))
    for panel in edited.panels:
        assert curves.area(read.panel(panel.name).outline) == pytest.approx(
            curves.area(panel.outline), rel=1e-4
        )


@pytest.mark.parametrize("style", STYLES, ids=lambda s: s.name)
def test_our_pattern_comes_back_whole(style: Style, body: Measurements) -> None:
    pattern = draft([style], body)
    document = json.loads(json.dumps(pattern_to_garmentcode(pattern)))
    read = pattern_from_garmentcode(document)
    check_pattern(read)
    assert [p.name for p in read.panels] == [p.name for p in pattern.panels]
    for ours, theirs in zip(pattern.panels, read.panels, strict=True):
        assert (ours.placement, ours.grain, ours.notches) == (theirs.placement, theirs.grain, theirs.notches)
        assert [(e.name, e.kind, e.allowance) for e in ours.edges] == [
            (e.name, e.kind, e.allowance) for e in theirs.edges
        ]
        for one, other in zip(ours.edges, theirs.edges, strict=True):
            assert other.length == pytest.approx(one.length, abs=1e-4)
            assert farthest(other.points, one.points) < 1e-4
    assert (read.loops, read.measures, read.notes) == (pattern.loops, pattern.measures, pattern.notes)
    assert pattern_to_garmentcode(read) == document


def farthest(points: np.ndarray, line: np.ndarray) -> float:
    a, d = line[:-1], np.diff(line, axis=0)
    t = np.clip(((points[:, None] - a) * d).sum(2) / (d * d).sum(1), 0.0, 1.0)
    return float(np.linalg.norm(points[:, None] - a - t[..., None] * d, axis=2).min(axis=1).max())


@pytest.mark.parametrize("style", STYLES, ids=lambda s: s.name)
def test_its_own_rules_hold_in_what_we_write(style: Style, body: Measurements) -> None:
    document = pattern_to_garmentcode(draft([style], body))
    panels = document["pattern"]["panels"]
    for panel in panels.values():
        count = len(panel["vertices"])
        assert [e["endpoints"] for e in panel["edges"]] == [[k, (k + 1) % count] for k in range(count)]
    sewn = [(s["panel"], s["edge"]) for stitch in document["pattern"]["stitches"] for s in stitch]
    assert len(set(sewn)) == len(sewn)
    for panel, edge in sewn:
        assert 0 <= edge < len(panels[panel]["edges"])
    assert document["properties"]["units_in_meter"] == 100


@pytest.mark.parametrize("style", STYLES, ids=lambda s: s.name)
def test_it_can_be_worn_without_our_words(style: Style) -> None:
    body = figure("168_60")
    document = bare(pattern_to_garmentcode(draft([style], body.measurements), body.landmarks))
    pattern = pattern_from_garmentcode(document)
    check_pattern(pattern)
    assert_clean(dress(pattern, body, 0.025), body, 0.5)


def test_a_skirt_drawn_their_way_can_be_worn() -> None:
    body = figure("168_60")
    pattern = pattern_from_garmentcode(skirt(60.0, 56.0))
    places = {p.name: (p.placement.part, p.placement.wrap) for p in pattern.panels}
    assert places == {"skirt_front": ("torso", "front"), "skirt_back": ("torso", "back")}
    assert all(curves.area(p.outline) > 0.0 for p in pattern.panels)
    assert {loop.name for loop in pattern.loops} == {"hem", "waist"}
    cloth = dress(pattern, body, 0.025)
    assert_clean(cloth, body, 0.5)


def wrong(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document = skirt()
    node: Any = document["pattern"]
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return document


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"pattern": {}}, "panels"),
        (
            wrong(("panels", "skirt_front", "edges", 1, "curvature"), {"type": "spline", "params": []}),
            "spline",
        ),
        (wrong(("panels", "skirt_front", "edges", 1, "endpoints"), [1, 9]), "skirt_front"),
        (wrong(("panels", "skirt_front", "edges", 2, "curvature", "params"), [3.0, 0, 1]), "radius"),
        (wrong(("stitches", 0, 1, "panel"), "sleeve"), "sleeve"),
        (wrong(("stitches", 0, 1, "edge"), 17), "17"),
        (
            wrong(("stitches", 1), [{"panel": "skirt_front", "edge": 1}, {"panel": "skirt_back", "edge": 0}]),
            "both sew",
        ),
        (wrong(("panels", "skirt_front", "vertices", 0), [-2.0e4, 0.0]), "10 m"),
        (wrong(("panels", "skirt_front", "vertices", 2), [-60.0, 58.0]), "crosses itself"),
        (wrong(("panels", "skirt_back", "vertices", 0), [-300.0, -300.0]), "too different"),
        ("{", "JSON"),
    ],
)
def test_what_cannot_be_read_is_said_by_name(document: Any, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        pattern_from_garmentcode(document)
    assert words in str(caught.value)
    assert str(caught.value).rstrip().endswith((".", ")."))


def test_the_document_is_kept_in_the_pattern() -> None:
    assert json.loads(pattern_from_garmentcode(skirt()).extra[KEPT]) == skirt()

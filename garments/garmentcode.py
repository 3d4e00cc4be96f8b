"""GarmentCode's JSON out: panels placed in 3D, edges as its curves, stitches edge to edge, centimetres.

An edge that no single curve follows to 0.05 mm is cut, and its seam partner at the same place, because a stitch joins
exactly one edge to one edge. What the format has no place for (grain, allowances, notches, names, rings, points of
measure) stands under `toile`, which other programs pass over; `garmentcode_import` reads it back. A pattern that was read
from such a file is written as it was, panel by panel, wherever its geometry has not changed.

Source: pygarment 2 (`pattern/core.py`, `garmentcode/panel.py`, `connector.py`); docs/patterns.md.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.garments import curves
from toile.garments.curve_fit import FittedCurve, fit_curve
from toile.garments.curves import F64
from toile.garments.garmentcode_curves import curvature_of
from toile.garments.pattern import Edge, Panel, Pattern
from toile.garments.pattern_json import pattern_to_json

Ref = tuple[str, str]
KEPT = "garmentcode"
"""Where `Pattern.extra` holds the document that a pattern was read from."""
DEPTH = {"front": 0.25, "back": -0.20}
"""Distance [m] of front and back panels from the body's middle, as GarmentCode's own."""
ARM_ANGLE = 47.6
"""Degrees by which the arms hang below the horizontal."""
STATURE = 1.68
USUAL: Mapping[str, float] = {
    # heights over stature where no figure is given: GB/T 1335's base body, 98/160 and 136/160, and what lies between
    "waist": 0.6125, "waist_front": 0.6125, "waist_back": 0.6125, "nape": 0.85, "front_neck": 0.82,
    "underbust": 0.68, "hip": 0.50, "crotch": 0.455, "left_shoulder_tip": 0.815, "right_shoulder_tip": 0.815,
    "left_armpit": 0.75, "right_armpit": 0.75, "left_bust_point": 0.715, "right_bust_point": 0.715,
}  # fmt: skip
_MOST_CUTS = 5  # halvings of an edge


def pattern_to_garmentcode(
    pattern: Pattern, landmarks: Mapping[str, NDArray[np.floating]] | None = None
) -> dict[str, Any]:
    """Return a pattern as GarmentCode's specification.

    Args:
        landmarks: a figure's, so that the panels hang where its body is; without them, a figure of 168 cm.
    """
    before = _kept_document(pattern)
    if before is not None:
        return before
    pieces = _cut_edges(pattern)
    panels = {panel.name: _panel(panel, pieces, landmarks) for panel in pattern.panels}
    number: dict[Ref, int] = {}
    for panel in pattern.panels:
        total = 0
        for edge in panel.edges:
            number[panel.name, edge.name] = total
            total += len(pieces[panel.name, edge.name])
    stitches = []
    for seam in pattern.seams:
        count = len(pieces[seam.first])
        for k in range(count):
            other = count - 1 - k if seam.reversed else k
            sides = ((seam.first, k), (seam.second, other))
            stitches.append([{"panel": ref[0], "edge": number[ref] + i} for ref, i in sides])
    return {
        "pattern": {"panels": panels, "stitches": stitches, "panel_order": [p.name for p in pattern.panels]},
        "parameters": {},
        "parameter_order": [],
        "properties": {
            "curvature_coords": "relative",
            "normalize_panel_translation": False,
            "normalized_edge_loops": True,
            "units_in_meter": 100,
        },
        "toile": _our_words(pattern, {ref: len(found) for ref, found in pieces.items()}),
    }


def _kept_document(pattern: Pattern) -> dict[str, Any] | None:
    """Return the document that a pattern was read from, if it still says the same."""
    text = pattern.extra.get(KEPT)
    if text is None:
        return None
    from toile.garments.garmentcode_import import pattern_from_garmentcode

    document = json.loads(text)
    read = pattern_from_garmentcode(document)
    same = {p.name: p for p in read.panels}
    if len(same) != len(pattern.panels) or read.seams != pattern.seams:
        return None
    for panel in pattern.panels:
        twin = same.get(panel.name)
        if twin is None or [e.name for e in twin.edges] != [e.name for e in panel.edges]:
            return None
        if any(not np.array_equal(a.points, b.points) for a, b in zip(twin.edges, panel.edges, strict=True)):
            return None
    result: dict[str, Any] = document
    return result


def _our_words(pattern: Pattern, counts: Mapping[Ref, int]) -> dict[str, Any]:
    """Return our own document without its points: what the panels' geometry does not say."""
    document = pattern_to_json(pattern)
    for values, panel in zip(document["panels"], pattern.panels, strict=True):
        for edge in values["edges"]:
            del edge["points"]
            edge["curves"] = counts[panel.name, edge["name"]]
    return document


def _cut_edges(pattern: Pattern) -> dict[Ref, list[tuple[F64, FittedCurve]]]:
    """Return every edge as a run of curves; both edges of a seam have as many, at the same fractions of their lengths."""
    edges: dict[Ref, Edge] = {(p.name, e.name): e for p in pattern.panels for e in p.edges}
    cuts: dict[Ref, list[float]] = {ref: _needed(edge.points, 0.0, 1.0, 0) for ref, edge in edges.items()}
    for _ in range(_MOST_CUTS):
        for seam in pattern.seams:
            other = [1.0 - f for f in cuts[seam.second]] if seam.reversed else cuts[seam.second]
            both = _merged([*cuts[seam.first], *other])
            cuts[seam.first] = both
            cuts[seam.second] = sorted(1.0 - f for f in both) if seam.reversed else both
        missing = {}
        for ref, edge in edges.items():
            marks = [0.0, *cuts[ref], 1.0]
            more = [
                f
                for a, b, piece in zip(marks, marks[1:], _pieces(edge, cuts[ref]), strict=False)
                if _fit(piece) is None
                for f in _needed(piece, a, b, 0) or [0.5 * (a + b)]
            ]
            if more:
                missing[ref] = _merged([*cuts[ref], *more])
        if not missing:
            break
        cuts |= missing
    result = {}
    for ref, edge in edges.items():
        parts = _pieces(edge, cuts[ref])
        result[ref] = [
            (part, _fit(part) or fit_curve(part, 1.0e-3) or FittedCurve("straight")) for part in parts
        ]
    return result


def _pieces(edge: Edge, fractions: list[float]) -> list[F64]:
    return curves.cut(edge.points, [f * edge.length for f in fractions])


@functools.lru_cache(maxsize=4096)
def _fitted(data: bytes) -> FittedCurve | None:
    return fit_curve(np.frombuffer(data, dtype=np.float64).reshape(-1, 2))


def _fit(points: F64) -> FittedCurve | None:
    """Return the single curve of a polyline; the same polyline is asked for several times."""
    return _fitted(np.ascontiguousarray(points).tobytes())


def _needed(points: F64, low: float, high: float, depth: int) -> list[float]:
    """Return the fractions, between low and high, at which a polyline is halved until every part is one curve."""
    if depth >= _MOST_CUTS or _fit(points) is not None:
        return []
    middle = 0.5 * (low + high)
    first, second = curves.cut(points, [0.5 * curves.length(points)])
    return [*_needed(first, low, middle, depth + 1), middle, *_needed(second, middle, high, depth + 1)]


def _merged(fractions: list[float]) -> list[float]:
    result: list[float] = []
    for f in sorted(fractions):
        if 1e-4 < f < 1.0 - 1e-4 and (not result or f - result[-1] > 1e-4):
            result.append(f)
    return result


def _panel(
    panel: Panel,
    pieces: Mapping[Ref, list[tuple[F64, FittedCurve]]],
    landmarks: Mapping[str, NDArray[np.floating]] | None,
) -> dict[str, Any]:
    runs = [(edge.name, piece) for edge in panel.edges for piece in pieces[panel.name, edge.name]]
    vertices = [(100.0 * points[0]).tolist() for _, (points, _) in runs]
    edges = []
    for k, (name, (points, curve)) in enumerate(runs):
        edge: dict[str, Any] = {"endpoints": [k, (k + 1) % len(runs)]}
        curvature = curvature_of(curve, points[0], points[-1])
        if curvature is not None:
            edge["curvature"] = curvature
        edges.append({**edge, "label": name})
    translation, rotation = _in_space(panel, landmarks)
    label = {"torso": "body", "neck": "body"}.get(panel.placement.part, panel.placement.part.split("_")[-1])
    return {
        "translation": translation,
        "rotation": rotation,
        "vertices": vertices,
        "edges": edges,
        "label": label,
    }


def _in_space(
    panel: Panel, landmarks: Mapping[str, NDArray[np.floating]] | None
) -> tuple[list[float], list[float]]:
    """Return translation [cm] and rotation [degrees, Euler xyz] of a panel round a body in A-pose."""
    place = panel.placement

    def at(name: str) -> tuple[float, float]:
        if landmarks is not None and name in landmarks:
            return float(landmarks[name][0]), float(landmarks[name][1])
        side = {"left": 1.0, "right": -1.0}.get(name.split("_")[0], 0.0)
        return side * 0.115 * STATURE, USUAL.get(name, USUAL["waist"]) * STATURE

    behind = "back" in place.wrap
    if place.part.endswith("arm"):
        side = 1.0 if place.part.startswith("left") else -1.0
        x, height = at(place.landmark)
        up = math.radians(ARM_ANGLE)
        along = np.array([-side * math.cos(up), math.sin(up)])  # up the arm
        origin = np.array([x, height]) - place.y * along
        return [100.0 * float(origin[0]), 100.0 * float(origin[1]), 17.5], [
            0.0,
            0.0,
            side * (90.0 - ARM_ANGLE),
        ]
    _, height = at(place.landmark)
    layer = 0.04 * place.layer
    depth = DEPTH["back"] - layer if behind else DEPTH["front"] + layer
    return [0.0, 100.0 * (height - place.y), 100.0 * depth], [0.0, 180.0 if behind else 0.0, 0.0]

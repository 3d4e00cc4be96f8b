"""Edges as GarmentCode's JSON writes them: straight, quadratic, cubic, circle; coordinates relative to the chord.

A relative point (x, y) is start + x e + y e', e being the chord and e' the chord turned a quarter to the left. A circle
is (radius, large arc, right): right 1 runs counter-clockwise, so that it bulges to the right of the chord.
Source: pygarment 2 (`garmentcode/edge.py`, `pattern/core.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from toile.engine.core.errors import BadInput
from toile.garments import curves
from toile.garments.curve_fit import FittedCurve
from toile.garments.curves import F64

KINDS = ("quadratic", "cubic", "circle")


def flatten(start: F64, end: F64, curvature: Any, where: str) -> F64:
    """Return an edge as a polyline [m].

    Args:
        start, end: its ends [m].
        curvature: the edge's `curvature`, None where it is straight; a pair is a quadratic's relative control point.
        where: names the edge in a complaint.

    Raises:
        BadInput: a curvature that the format does not have.
    """
    if curvature is None:
        return curves.line(start, end)
    if isinstance(curvature, Sequence) and not isinstance(curvature, str):
        curvature = {"type": "quadratic", "params": [curvature]}
    if not isinstance(curvature, Mapping) or curvature.get("type") not in KINDS:
        kind = curvature.get("type") if isinstance(curvature, Mapping) else curvature
        raise BadInput(f"{where} has a curvature {str(kind)[:40]!r}; GarmentCode has {', '.join(KINDS)}.")
    params = curvature.get("params")
    if curvature["type"] == "circle":
        radius, large, right = _numbers(params, 3, where)
        return _arc(start, end, radius / 100.0, bool(large), bool(right), where)
    wanted = 1 if curvature["type"] == "quadratic" else 2
    if not isinstance(params, Sequence) or len(params) != wanted:
        raise BadInput(
            f"{where} is {curvature['type']} and needs {wanted} control points; it has {params!r:.60}."
        )
    controls = [_absolute(start, end, np.array(_numbers(p, 2, where))) for p in params]
    if wanted == 1:
        (c,) = controls
        controls = [start + 2.0 / 3.0 * (c - start), end + 2.0 / 3.0 * (c - end)]
    return curves.cubic(start, controls[0], controls[1], end)


def curvature_of(curve: FittedCurve, start: F64, end: F64) -> dict[str, Any] | None:
    """Return the `curvature` of a fitted curve between two ends [m]; None for a straight edge."""
    if curve.kind == "straight":
        return None
    if curve.kind == "circle":
        return {"type": "circle", "params": [100.0 * curve.radius, int(curve.large), int(curve.left)]}
    assert curve.controls is not None
    return {"type": "cubic", "params": [_relative(start, end, c).tolist() for c in curve.controls]}


def _numbers(values: Any, count: int, where: str) -> list[float]:
    fine = isinstance(values, Sequence) and not isinstance(values, str) and len(values) == count
    if not fine or not all(
        isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) and abs(v) < 1e5
        for v in values
    ):
        raise BadInput(
            f"{where} has curvature parameters that are not {count} numbers; write its file again."
        )
    return [float(v) for v in values]


def _absolute(start: F64, end: F64, relative: F64) -> F64:
    chord = end - start
    result: F64 = start + relative[0] * chord + relative[1] * np.array([-chord[1], chord[0]])
    return result


def _relative(start: F64, end: F64, point: F64) -> F64:
    chord = end - start
    square = float(chord @ chord)
    away = point - start
    return np.array([away @ chord, away @ np.array([-chord[1], chord[0]])]) / square


def _arc(start: F64, end: F64, radius: float, large: bool, left: bool, where: str) -> F64:
    chord = end - start
    half = 0.5 * float(np.linalg.norm(chord))
    if radius < half * (1.0 - 1e-6) or half == 0.0:
        raise BadInput(
            f"{where} is a circle of radius {100 * radius:.2f} cm over a chord of {200 * half:.2f} cm; "
            "a radius is at least half the chord."
        )
    rise = math.sqrt(max(radius * radius - half * half, 0.0))
    normal = np.array([-chord[1], chord[0]]) / (2.0 * half)
    centre = 0.5 * (start + end) + (rise if left != large else -rise) * normal
    first = math.atan2(*(start - centre)[::-1])
    last = math.atan2(*(end - centre)[::-1])
    turn = (last - first) % (2.0 * math.pi)
    sweep = turn if left else turn - 2.0 * math.pi
    points = curves.arc(centre, radius, first, first + sweep)
    points[0], points[-1] = start, end
    return points

"""A polyline as a straight edge, a circular arc or a cubic Bézier curve, where one lies within a tolerance of it.

Cubics: with parameters t from the walked length, the two inner control points solve a linear least-squares problem; the
parameters are then moved to the nearest points of the curve and the fit repeated (Schneider, "An algorithm for
automatically fitting digitized curves", Graphics Gems, 1990, without its fixed end tangents).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from toile.garments import curves
from toile.garments.curves import F64

TOLERANCE = 5.0e-5
"""Largest distance [m] of a fitted curve from the polyline."""
_ROUNDS = 8


@dataclass(frozen=True)
class FittedCurve:
    """A curve between the ends of a polyline.

    kind: straight | circle | cubic. controls (2, 2) [m]: a cubic's inner control points. radius [m] (of a circle), large:
    whether it sweeps more than half a turn, left: whether it turns counter-clockwise.
    """

    kind: str
    controls: F64 | None = None
    radius: float = 0.0
    large: bool = False
    left: bool = False


def fit_curve(points: F64, tolerance: float = TOLERANCE) -> FittedCurve | None:
    """Return the simplest curve within a tolerance [m] of a polyline, or None where no single one is."""
    chord = points[-1] - points[0]
    length = float(np.linalg.norm(chord))
    if len(points) == 2:
        return FittedCurve("straight")
    if length > 1e-9:
        away = (points - points[0]) @ np.array([-chord[1], chord[0]]) / length
        if float(np.abs(away).max()) < 0.1 * tolerance:
            return FittedCurve("straight")
    return _circle(points, tolerance) or _cubic(points, tolerance)


def _circle(points: F64, tolerance: float) -> FittedCurve | None:
    if len(points) < 5:
        return None
    a, b, c = points[0], points[len(points) // 2], points[-1]
    u, v = b - a, c - a
    cross = float(u[0] * v[1] - u[1] * v[0])
    if abs(cross) < 1e-9:
        return None
    centre = a + np.array([v[1] * (u @ u) - u[1] * (v @ v), u[0] * (v @ v) - v[0] * (u @ u)]) / (2.0 * cross)
    radius = float(np.linalg.norm(a - centre))
    if radius > 20.0 or float(np.abs(np.linalg.norm(points - centre, axis=1) - radius).max()) > tolerance:
        return None
    angle = np.unwrap(np.arctan2(points[:, 1] - centre[1], points[:, 0] - centre[0]))
    sweep = float(angle[-1] - angle[0])
    if not 0.02 < abs(sweep) < 1.9 * math.pi or abs(radius * abs(sweep) - curves.length(points)) > tolerance:
        return None
    return FittedCurve("circle", radius=radius, large=abs(sweep) > math.pi, left=sweep > 0.0)


def _cubic(points: F64, tolerance: float) -> FittedCurve | None:
    walked = curves.cumulative(points)
    dense = np.union1d(walked, np.linspace(0.0, walked[-1], 24))
    samples = np.stack([np.interp(dense, walked, points[:, k]) for k in range(2)], axis=1)
    t = dense / dense[-1]
    best: F64 | None = None
    for _ in range(_ROUNDS):
        s = 1.0 - t
        basis = np.stack([3.0 * s * s * t, 3.0 * s * t * t], axis=1)
        rest = samples - (s**3)[:, None] * points[0] - (t**3)[:, None] * points[-1]
        inner, *_ = np.linalg.lstsq(basis, rest, rcond=None)
        best = inner
        if _deviation(points[0], inner, points[-1], samples) < tolerance:
            if not _plausible(points, inner):
                return None
            return FittedCurve("cubic", controls=inner)
        t = _nearest(points[0], inner, points[-1], samples, t)
    assert best is not None
    return None


def _plausible(points: F64, inner: F64) -> bool:
    reach = 3.0 * curves.length(points)
    return bool((np.linalg.norm(inner - points[0], axis=1) < reach).all())


def _at(a: F64, inner: F64, b: F64, t: F64) -> F64:
    s = (1.0 - t)[:, None]
    u = t[:, None]
    result: F64 = s**3 * a + 3 * s * s * u * inner[0] + 3 * s * u * u * inner[1] + u**3 * b
    return result


def _deviation(a: F64, inner: F64, b: F64, samples: F64) -> float:
    """Return the largest distance [m] from the samples to a dense polyline of the curve."""
    line = _at(a, inner, b, np.linspace(0.0, 1.0, 200))
    p, d = line[:-1], np.diff(line, axis=0)
    t = ((samples[:, None] - p) * d).sum(2) / np.maximum((d * d).sum(1), 1e-30)
    nearest = p + np.clip(t, 0.0, 1.0)[..., None] * d
    return float(np.linalg.norm(samples[:, None] - nearest, axis=2).min(axis=1).max())


def _nearest(a: F64, inner: F64, b: F64, samples: F64, t: F64) -> F64:
    """Return the parameters moved one Newton step towards the nearest points of the curve."""
    p = np.stack([a, inner[0], inner[1], b])
    first, second = 3.0 * np.diff(p, axis=0), 6.0 * np.diff(p, n=2, axis=0)
    s, u = (1.0 - t)[:, None], t[:, None]
    gap = _at(a, inner, b, t) - samples
    d1 = s * s * first[0] + 2 * s * u * first[1] + u * u * first[2]
    d2 = s * second[0] + u * second[1]
    slope = (d1 * d1).sum(1) + (gap * d2).sum(1)
    step = np.where(np.abs(slope) > 1e-18, (gap * d1).sum(1) / np.where(slope == 0.0, 1.0, slope), 0.0)
    moved = np.clip(t - np.clip(step, -0.1, 0.1), 0.0, 1.0)
    moved[0], moved[-1] = 0.0, 1.0
    return np.maximum.accumulate(moved)

"""Plane curves as polylines: cubic Bézier and circular arcs flattened to a chord error, lengths, cuts and crossings.

All points are metres, shape (n, 2). A cubic's chord error over n equal steps is at most max|B''| / (8 n^2).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

F64 = NDArray[np.float64]

CHORD_ERROR = 2.0e-5
"""Largest distance [m] between a curve and its polyline; the contract of `Edge` is 5e-5."""


class NoRoot(ValueError):
    """A function that does not change sign between two ends."""


def line(a: ArrayLike, b: ArrayLike) -> F64:
    """Return the straight polyline from a to b, shape (2, 2)."""
    return np.array([a, b], dtype=np.float64)


def cubic(p0: ArrayLike, p1: ArrayLike, p2: ArrayLike, p3: ArrayLike) -> F64:
    """Return a cubic Bézier curve flattened to CHORD_ERROR."""
    p = np.array([p0, p1, p2, p3], dtype=np.float64)
    bend = 6.0 * float(np.linalg.norm(p[:-2] - 2.0 * p[1:-1] + p[2:], axis=1).max())
    n = max(2, math.ceil(math.sqrt(bend / (8.0 * CHORD_ERROR))))
    t = np.linspace(0.0, 1.0, n + 1)[:, None]
    s = 1.0 - t
    points: F64 = s**3 * p[0] + 3 * s * s * t * p[1] + 3 * s * t * t * p[2] + t**3 * p[3]
    points[0], points[-1] = p[0], p[3]
    return points


def smooth(a: ArrayLike, a_out: ArrayLike, b: ArrayLike, b_in: ArrayLike, pull: float = 0.4) -> F64:
    """Return the cubic from a, leaving along `a_out`, to b, arriving along `b_in`; handles are `pull` x chord."""
    p, q = np.asarray(a, float), np.asarray(b, float)
    handle = pull * float(np.linalg.norm(q - p))
    return cubic(p, p + handle * unit(a_out), q - handle * unit(b_in), q)


def arc(centre: ArrayLike, radius: float, start: float, end: float) -> F64:
    """Return a circular arc from angle `start` to `end` [rad] whose polyline is as long as the true arc.

    The polyline's vertices lie on a slightly larger circle, so that sewn lengths are exact.
    """
    sweep = abs(end - start)
    step = 2.0 * math.acos(max(0.0, 1.0 - CHORD_ERROR / max(radius, 1e-3)))
    n = max(2, math.ceil(sweep / step))
    half = sweep / (2 * n)
    r = radius * half / math.sin(half)
    angle = np.linspace(start, end, n + 1)
    return np.asarray(centre, float) + r * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def unit(v: ArrayLike) -> F64:
    """Return v scaled to length 1."""
    w = np.asarray(v, dtype=np.float64)
    return w / np.linalg.norm(w)


def chain(*parts: F64) -> F64:
    """Return one polyline of parts that each begin where the one before ends."""
    return np.concatenate([parts[0], *[part[1:] for part in parts[1:]]])


def mirrored(points: F64) -> F64:
    """Return the mirror image in x = 0, walked backwards, so that an outline stays counter-clockwise."""
    return points[::-1] * np.array([-1.0, 1.0])


def length(points: F64) -> float:
    """Return the length [m] of a polyline."""
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def cumulative(points: F64) -> F64:
    """Return the length [m] walked to each point, shape (n,)."""
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])


def point_at(points: F64, distance: float) -> F64:
    """Return the point at a walked distance [m]."""
    walked = cumulative(points)
    return np.array([np.interp(distance, walked, points[:, i]) for i in range(2)])


def cut(points: F64, distances: Sequence[float]) -> list[F64]:
    """Return the pieces of a polyline cut at increasing walked distances [m]; their lengths add up exactly."""
    walked = cumulative(points)
    pieces: list[F64] = []
    low, start = 0.0, points[0]
    for distance in [*distances, walked[-1]]:
        inner = points[(walked > low + 1e-9) & (walked < distance - 1e-9)]
        end = points[-1] if distance == walked[-1] else point_at(points, distance)
        pieces.append(np.concatenate([[start], inner, [end]]))
        low, start = distance, end
    return pieces


def crossings(points: F64, y: float) -> F64:
    """Return the x [m] at which a polyline crosses the horizontal line at y, in order along it."""
    a, b = points[:-1], points[1:]
    low, high = np.minimum(a[:, 1], b[:, 1]), np.maximum(a[:, 1], b[:, 1])
    hit = (low <= y) & (y <= high) & (high > low)
    t = (y - a[hit, 1]) / (b[hit, 1] - a[hit, 1])
    return a[hit, 0] + t * (b[hit, 0] - a[hit, 0])


def area(outline: F64) -> float:
    """Return the signed area [m2] of a closed outline, positive when counter-clockwise."""
    x, y = outline[:, 0], outline[:, 1]
    return 0.5 * float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def crosses_itself(outline: F64) -> bool:
    """Tell whether two sides of a closed outline that are not neighbours meet."""
    a, b = outline, np.roll(outline, -1, axis=0)
    low, high = np.minimum(a, b), np.maximum(a, b)
    order = np.argsort(low[:, 0], kind="stable")
    last = np.searchsorted(low[order, 0], high[order, 0], side="right")
    reach = last - np.arange(len(a)) - 1
    i = np.repeat(np.arange(len(a)), reach)
    j = i + 1 + np.arange(len(i)) - np.repeat(np.cumsum(reach) - reach, reach)
    i, j = order[i], order[j]
    near = (low[i, 1] <= high[j, 1]) & (low[j, 1] <= high[i, 1])
    gap = np.abs(i - j)
    near &= (gap > 1) & (gap < len(a) - 1)
    i, j = i[near], j[near]

    def side(p: F64, q: F64, r: F64) -> F64:
        result: F64 = (q[:, 0] - p[:, 0]) * (r[:, 1] - p[:, 1]) - (q[:, 1] - p[:, 1]) * (r[:, 0] - p[:, 0])
        return result

    apart = side(a[i], b[i], a[j]) * side(a[i], b[i], b[j]) <= 0.0
    return bool(np.any(apart & (side(a[j], b[j], a[i]) * side(a[j], b[j], b[i]) <= 0.0)))


def leg(hypotenuse: float, other: float) -> float:
    """Return the other leg [m] of a right-angled triangle.

    Raises:
        NoRoot: the leg given is longer than the hypotenuse.
    """
    if hypotenuse < abs(other):
        raise NoRoot(f"a side of {hypotenuse} does not span {other}")
    return math.sqrt(hypotenuse**2 - other**2)


def solve(function: Callable[[float], float], low: float, high: float, tolerance: float = 1e-9) -> float:
    """Return a root of a continuous function by bisection-safe secant (Illinois); ends must bracket it.

    Raises:
        NoRoot: the function has the same sign at both ends.
    """
    f_low, f_high = function(low), function(high)
    if f_low == 0.0:
        return low
    if f_low * f_high > 0.0:
        raise NoRoot(f"no root between {low} and {high}: {f_low}, {f_high}")
    side = 0
    for _ in range(80):
        middle = (low * f_high - high * f_low) / (f_high - f_low)
        value = function(middle)
        if abs(value) < tolerance or abs(high - low) < 1e-12:
            return middle
        if value * f_high > 0.0:
            high, f_high = middle, value
            if side == -1:
                f_low *= 0.5
            side = -1
        else:
            low, f_low = middle, value
            if side == 1:
                f_high *= 0.5
            side = 1
    return middle

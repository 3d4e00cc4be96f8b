"""The cut line: the sewing line moved outwards by each edge's own allowance, straight across the mouths of darts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toile.garments import curves
from toile.garments.curves import F64
from toile.garments.pattern import Panel

LONGEST_CORNER = 2.0
"""A mitred corner reaches at most this many allowances from the sewing corner; sharper ones are cut off."""

STEP = 0.012
"""Allowances that differ by more [m] meet in a step where the outline hardly turns."""
REACH = 16
"""Loops of at most this many segments are cut off."""


@dataclass(frozen=True)
class CutLine:
    """Closed cut line: points [m] (n, 2), counter-clockwise, and which of them are corners."""

    points: F64
    corner: tuple[bool, ...]


def cut_line(panel: Panel) -> CutLine:
    """Return a panel's cut line."""
    parts = _stretches(panel)
    points: list[F64] = []
    corner: list[bool] = []
    for k, (line, allowance) in enumerate(parts):
        outside = moved(line, allowance)
        before, before_allowance = parts[k - 1]
        joint = _corner(before, before_allowance, line, allowance)
        points += [*joint, *outside[1:-1]]
        corner += [True] * len(joint) + [False] * (len(outside) - 2)
    return _unfolded(points, corner)


def _unfolded(points: list[F64], corner: list[bool]) -> CutLine:
    """Cut off the small loops that a moved line makes in hollow corners."""
    k = 0 if curves.crosses_itself(np.array(points)) else len(points)
    while k < len(points):
        n = len(points)
        a, b = points[k], points[(k + 1) % n]
        for step in range(min(REACH, n - 3), 1, -1):
            c, d = points[(k + step) % n], points[(k + step + 1) % n]
            at = _crossing(a, b, c, d)
            if at is not None:
                gone = {(k + 1 + i) % n for i in range(step)}
                kept = [i for i in range(n) if i not in gone]
                place = kept.index(k) + 1
                points = [points[i] for i in kept]
                corner = [corner[i] for i in kept]
                points.insert(place, at)
                corner.insert(place, True)
                break
        k += 1
    return CutLine(np.array(points), tuple(corner))


def _crossing(a: F64, b: F64, c: F64, d: F64) -> F64 | None:
    """Return where segment ab crosses segment cd, if it does."""
    u, v, w = b - a, d - c, c - a
    det = float(u[0] * v[1] - u[1] * v[0])
    if det == 0.0:
        return None
    s = float(w[0] * v[1] - w[1] * v[0]) / det
    t = float(w[0] * u[1] - w[1] * u[0]) / det
    return a + s * u if 0.0 < s < 1.0 and 0.0 < t < 1.0 else None


def _stretches(panel: Panel) -> list[tuple[F64, float]]:
    """Return the outline's stretches with their allowances; a dart's two legs become a straight line over its mouth."""
    result: list[tuple[F64, float]] = []
    edges = panel.edges
    k = 0
    while k < len(edges):
        edge = edges[k]
        if edge.kind == "dart" and k + 1 < len(edges) and edges[k + 1].kind == "dart":
            mouth = np.array([edge.points[0], edges[k + 1].points[-1]])
            result.append((mouth, edges[k - 1].allowance))
            k += 2
        else:
            result.append((edge.points, edge.allowance))
            k += 1
    return result


def _normals(line: F64) -> F64:
    """Return outward unit normals of the segments of a counter-clockwise line."""
    d = np.diff(line, axis=0)
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    return np.stack([d[:, 1], -d[:, 0]], axis=1)


def moved(line: F64, allowance: float) -> F64:
    """Return a stretch of a counter-clockwise outline moved outwards by a distance [m], corners mitred."""
    n = _normals(line)
    inner = n[:-1] + n[1:]
    inner /= np.maximum(0.5 * (inner**2).sum(1, keepdims=True), 0.25)
    normals = np.concatenate([n[:1], inner, n[-1:]])
    result: F64 = line + allowance * normals
    return result


def _corner(before: F64, before_allowance: float, after: F64, allowance: float) -> list[F64]:
    """Return the corner's points: where the two moved lines meet, or a cut-off corner where that is too far away."""
    at = after[0]
    n, m = _normals(before[-2:])[0], _normals(after[:2])[0]
    p, q = at + before_allowance * n, at + allowance * m
    cross = float(n[0] * m[1] - n[1] * m[0])
    if abs(before_allowance - allowance) > STEP and abs(cross) < 0.5:
        return [p, q]  # a wide allowance beside a narrow one ends in a step
    if abs(cross) < 0.05:
        return [0.5 * (p + q)] if abs(before_allowance - allowance) < 1e-9 else [p, q]
    along, onward = np.array([-n[1], n[0]]), np.array([-m[1], m[0]])
    meeting = p + float((q - p) @ m) / float(along @ m) * along
    widest = max(before_allowance, allowance)
    if cross > 0.0 and np.linalg.norm(meeting - at) > LONGEST_CORNER * widest:
        return [p + 0.8 * widest * along, q - 0.8 * widest * onward]
    return [meeting]

"""The dressmaker's form: smooth convex tapes round the trunk, legs and arms of a figure, and arches over its shoulders.

Every tape is kept as the support function p(f) of its convex hull, the hull's reach in direction f. Moving it outwards
by o adds o to p, and lengthens it by 2 pi o (Cauchy), so a tape is let out to any length in closed form. The curve
itself is c(f) = p n + p' n', with n(f) = (cos f, sin f).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from toile.engine.core.body import PARTS, Figure
from toile.engine.core.mesh import unique_edges

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

ANGLES = 144
SAMPLES = 160
STEP = 0.01  # m, between the tapes

_SIDES = ("left", "right")
_LEG = ("thigh", "shin", "foot")
_ARM = ("upper_arm", "forearm")


def directions(count: int = ANGLES) -> F64:
    """Return angles [rad] spaced evenly round a turn, shape (count,)."""
    return np.asarray(np.arange(count) * (2.0 * np.pi / count), dtype=np.float64)


@dataclass(frozen=True)
class Tapes:
    """Convex tapes at a ladder of levels along one limb or the trunk.

    levels [m] (K,): height for the trunk and legs, distance along the arm; support [m] (K, ANGLES) from origin along
    cos f * normal + sin f * across; origin, normal, across (K, 3).
    """

    levels: F64
    support: F64
    origin: F64
    normal: F64
    across: F64

    @property
    def lengths(self) -> F64:
        """Length [m] of each tape on the body, shape (K,)."""
        return np.asarray(self.support.mean(axis=1) * 2.0 * np.pi)

    def length_at(self, level: F64) -> F64:
        """Length [m] at any level."""
        return np.asarray(np.interp(level, self.levels, self.lengths))

    def curves(self, offset: F64, start: float = 0.0) -> F64:
        """Return closed curves [m], shape (K, SAMPLES, 3), each sampled evenly from the direction `start` [rad]."""
        f = directions()
        p = self.support + offset[:, None]
        slope = (np.roll(p, -1, axis=1) - np.roll(p, 1, axis=1)) / (2.0 * (f[1] - f[0]))
        along_normal = p * np.cos(f) - slope * np.sin(f)
        along_across = p * np.sin(f) + slope * np.cos(f)
        points = (
            self.origin[:, None]
            + along_normal[..., None] * self.normal[:, None]
            + along_across[..., None] * self.across[:, None]
        )
        first = round(start / (f[1] - f[0])) % ANGLES
        points = np.roll(points, -first, axis=1)
        return np.stack([resample(np.concatenate([ring, ring[:1]]), SAMPLES + 1)[:-1] for ring in points])


def resample(curve: F64, count: int) -> F64:
    """Return `count` points spaced evenly along a polyline, ends included, shape (count, 3)."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
    wanted = np.linspace(0.0, along[-1], count)
    return np.stack([np.interp(wanted, along, curve[:, k]) for k in range(curve.shape[1])], axis=1)


def on_closed(curves: F64, levels: F64, level: F64, fraction: F64) -> F64:
    """Interpolate closed curves (K, S, 3) at levels [m] and at fractions of a turn, shape (n,) each."""
    row, blend = _between(levels, level)
    count = curves.shape[1]
    position = np.mod(fraction, 1.0) * count
    low = np.floor(position).astype(int) % count
    part = (position - np.floor(position))[:, None]
    high = (low + 1) % count
    below = curves[row, low] * (1 - part) + curves[row, high] * part
    above = curves[row + 1, low] * (1 - part) + curves[row + 1, high] * part
    return below * (1 - blend[:, None]) + above * blend[:, None]


def on_open(curves: F64, levels: F64, level: F64, fraction: F64) -> F64:
    """Interpolate open curves (K, S, 3) at levels [m] and fractions 0 to 1 of their length."""
    row, blend = _between(levels, level)
    position = np.clip(fraction, 0.0, 1.0) * (curves.shape[1] - 1)
    low = np.minimum(np.floor(position).astype(int), curves.shape[1] - 2)
    part = (position - low)[:, None]
    below = curves[row, low] * (1 - part) + curves[row, low + 1] * part
    above = curves[row + 1, low] * (1 - part) + curves[row + 1, low + 1] * part
    return below * (1 - blend[:, None]) + above * blend[:, None]


def _between(levels: F64, level: F64) -> tuple[NDArray[np.intp], F64]:
    clipped = np.clip(level, levels[0], levels[-1])
    row = np.clip(np.searchsorted(levels, clipped, side="right") - 1, 0, len(levels) - 2)
    return row, (clipped - levels[row]) / (levels[row + 1] - levels[row])


@dataclass(frozen=True)
class Soup:
    """Edges [m] of everything that a garment must go round, labelled with the part they belong to."""

    start: F64  # (E, 3)
    end: F64
    part: I32  # (E,) indexes PARTS

    def only(self, names: Sequence[str]) -> Soup:
        """Return the edges of some parts."""
        keep = np.isin(self.part, [PARTS.index(name) for name in names])
        return Soup(self.start[keep], self.end[keep], self.part[keep])

    def section(self, point: F64, normal: F64) -> F64:
        """Return where the edges cross a plane, shape (n, 3)."""
        a, b = (self.start - point) @ normal, (self.end - point) @ normal
        cut = (a < 0) != (b < 0)
        t = (a[cut] / (a[cut] - b[cut]))[:, None]
        return np.asarray(self.start[cut] * (1 - t) + self.end[cut] * t)

    def joined(self, other: Soup) -> Soup:
        """Return both."""
        return Soup(
            np.concatenate([self.start, other.start]),
            np.concatenate([self.end, other.end]),
            np.concatenate([self.part, other.part]),
        )


def soup_of(vertices: NDArray[np.floating], faces: I32, part_of_vertex: I32) -> Soup:
    """Return the edges of a labelled mesh; an edge takes the part of its first vertex."""
    edges, _ = unique_edges(faces)
    points = vertices.astype(np.float64)
    return Soup(points[edges[:, 0]], points[edges[:, 1]], part_of_vertex[edges[:, 0]].astype(np.int32))


def body_soup(figure: Figure) -> Soup:
    """Return the edges of a figure's body."""
    return soup_of(figure.vertices, figure.faces, figure.part_of_vertex)


@dataclass(frozen=True)
class Form:
    """The tapes of a figure, and of what it already wears."""

    figure: Figure
    soup: Soup
    trunk: Tapes
    legs: Mapping[str, Tapes]
    arms: Mapping[str, Tapes]
    arm_start: Mapping[str, float]  # where on the arm's axis the shoulder tip projects [m]

    def height(self, landmark: str) -> float:
        """Height [m] of a landmark."""
        return float(self.figure.landmarks[landmark][1])


def make_form(figure: Figure, worn: Sequence[Soup] = ()) -> Form:
    """Measure the tapes of a figure and of the garments it already wears."""
    soup = body_soup(figure)
    for garment in worn:
        soup = soup.joined(garment)
    legs = [f"{side}_{part}" for side in _SIDES for part in _LEG]
    top = float(figure.landmarks["nape"][1]) + 0.06
    trunk = _upright_tapes(soup.only(["torso", "neck", *legs]), 0.0, top)
    crotch = float(figure.landmarks["crotch"][1])
    own = {side: soup.only([f"{side}_{part}" for part in _LEG]) for side in _SIDES}
    leg_tapes = {side: _upright_tapes(own[side], 0.0, crotch) for side in _SIDES}
    arms, starts = {}, {}
    for side in _SIDES:
        arms[side], starts[side] = _arm_tapes(figure, soup, side)
    return Form(figure, soup, trunk, leg_tapes, arms, starts)


def _support(points: F64, normal: F64, across: F64) -> F64:
    f = directions()
    flat = np.stack([points @ normal, points @ across])
    return np.asarray((np.stack([np.cos(f), np.sin(f)], axis=1) @ flat).max(axis=1))


def _finish(support: F64) -> F64:
    """Fill empty levels from their neighbours, then smooth along the level and a little round the tape."""
    known = np.isfinite(support[:, 0])
    rows = np.arange(len(support))
    filled = np.stack(
        [np.interp(rows, rows[known], support[known, k]) for k in range(support.shape[1])], axis=1
    )
    smooth = gaussian_filter1d(filled, 1.5, axis=0, mode="nearest")
    smooth = np.maximum(smooth, filled - 0.002)
    return np.asarray(gaussian_filter1d(smooth, 1.5, axis=1, mode="wrap"))


def _upright_tapes(soup: Soup, low: float, high: float) -> Tapes:
    count = max(3, round((high - low) / STEP) + 1)
    levels = np.linspace(low, high, count)
    up, normal, across = np.eye(3)[1], np.eye(3)[2], np.eye(3)[0]
    support = np.full((count, ANGLES), np.nan)
    for k, level in enumerate(levels):
        points = soup.section(np.array([0.0, level, 0.0]), up)
        if len(points) >= 6:
            support[k] = _support(points, normal, across)
    origin = np.zeros((count, 3))
    origin[:, 1] = levels
    ones = np.ones((count, 1))
    return Tapes(levels, _finish(support), origin, ones * normal, ones * across)


def _arm_tapes(figure: Figure, soup: Soup, side: str) -> tuple[Tapes, float]:
    """Return tapes along an arm, at distances from the shoulder joint, and where the shoulder tip projects."""
    joints = [figure.joints[f"{side}_{name}"].astype(np.float64) for name in ("shoulder", "elbow", "wrist")]
    upper, lower = (float(np.linalg.norm(b - a)) for a, b in itertools.pairwise(joints))
    first, second = (joints[1] - joints[0]) / upper, (joints[2] - joints[1]) / lower
    tip = figure.landmarks[f"{side}_shoulder_tip"].astype(np.float64)
    start = float((tip - joints[0]) @ first)
    levels = np.arange(min(start, 0.0) - 0.06, upper + lower + 0.03, STEP)
    blend = np.clip((levels - (upper - 0.06)) / 0.12, 0.0, 1.0)[:, None]
    toward = first * (1 - blend) + second * blend
    axis = -toward / np.linalg.norm(toward, axis=1, keepdims=True)
    along = np.maximum(levels - upper, 0.0)[:, None]
    origin = joints[0] + np.minimum(levels, upper)[:, None] * first + along * second
    up = np.eye(3)[1]
    normal = up - (axis @ up)[:, None] * axis
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    across = np.cross(axis, normal)
    arm = soup.only([f"{side}_{part}" for part in _ARM])
    armpit = figure.landmarks[f"{side}_armpit"].astype(np.float64)
    free = float((armpit - joints[0]) @ first) + 0.02
    support = np.full((len(levels), ANGLES), np.nan)
    for k, level in enumerate(levels):
        if level < min(free, 0.75 * upper) or level > upper + lower - 0.005:
            continue
        points = arm.section(origin[k], axis[k]) - origin[k]
        points = points[np.linalg.norm(points, axis=1) < 0.16]
        if len(points) >= 6:
            support[k] = _support(points, normal[k], across[k])
    return Tapes(levels, _finish(support), origin, normal, across), start


def arch(soup: Soup, across: float, low: float, offset: float, count: int = SAMPLES) -> F64 | None:
    """Return the arch over a shoulder in the plane X = across, front foot to back foot, both at height `low` [m].

    The arch is the convex hull of the section above `low`, let out by `offset`; shape (count, 3), evenly spaced; None
    where the plane misses the body.
    """
    points = soup.section(np.array([across, 0.0, 0.0]), np.eye(3)[0])
    points = points[points[:, 1] > low - 0.02]
    if len(points) < 6:
        return None
    curve = _let_out_hull(points, np.linspace(0.0, np.pi, 121), offset)
    return _cut_at(curve[curve[:, 1] > low], low, count)


def saddle(soup: Soup, top: float, offset: float, count: int = 400) -> F64:
    """Return the tape under the crotch in the plane X = 0, from the front at height `top` [m] to the back there."""
    points = soup.section(np.zeros(3), np.eye(3)[0])
    points = points[points[:, 1] < top + 0.02]
    curve = _let_out_hull(points, np.linspace(0.0, -np.pi, 181), offset)
    found = _cut_at(curve[curve[:, 1] < top], top, count)
    assert found is not None
    return found


def _let_out_hull(points: F64, f: F64, offset: float) -> F64:
    """Return the convex hull of points in a plane X = const, let out, at directions f from +Z towards +Y."""
    middle = 0.5 * (points.min(axis=0) + points.max(axis=0))
    flat = (points - middle)[:, [2, 1]]
    p = (np.stack([np.cos(f), np.sin(f)], axis=1) @ flat.T).max(axis=1) + offset
    p = gaussian_filter1d(p, 2.0, mode="nearest")
    slope = np.gradient(p, f)
    z = p * np.cos(f) - slope * np.sin(f) + middle[2]
    y = p * np.sin(f) + slope * np.cos(f) + middle[1]
    return np.stack([np.full(len(f), points[0, 0]), y, z], axis=1)


def _cut_at(curve: F64, height: float, count: int) -> F64 | None:
    """Close a curve's feet vertically at a height and space it evenly; None when nothing is left of it."""
    if len(curve) < 3:
        return None
    feet = curve[[0, -1]].copy()
    feet[:, 1] = height
    return resample(np.concatenate([feet[:1], curve, feet[1:]]), count)

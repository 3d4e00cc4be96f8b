"""Feet on the floor: where the sole slides or floats while a foot is planted, the leg is bent and turned to hold it.

A foot is planted while the skin that bears it is low and slow. The way it still slides is added up over the time it is
planted, and taken away again, half before and half after; so is its height over the floor. Between two plantings the
correction fades from one to the other. A leg reaches its corrected ankle by the law of cosines in its own plane, then by the
smallest turn about the hip; foot and toes keep their direction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, minimum_filter1d

from toile.avatars.feet import SOLE_HEIGHT
from toile.avatars.limbs import SIDES, leg_form
from toile.avatars.pose import F64, Skeleton, Skin, about, multiply, rotate
from toile.engine.core.body import Rig

LOW = 0.06
"""A sole below this height [m] over the floor can be planted."""
LOWEST = 0.008
"""A planted sole is within this height [m] of its lowest in half a second."""
SLOW = 0.30
"""A sole slower than this [m/s] can be planted."""
SHORTEST = 0.10
"""A foot is planted for at least this long [s]."""
FARTHEST = 0.12
"""Feet are moved by at most this much [m]."""
BEARING = 0.004
"""Skin within this height [m] of the lowest bears the foot (an e-fold)."""
AT_ONCE = 64
"""Moments whose soles are skinned together."""
FLOOR_SHARE = 0.10
"""Share of the moments in which the lower sole may lie below the floor before feet are planted one by one."""
REACH = 0.9995
"""Largest fraction of its length to which a leg is stretched."""
EVEN = 0.15
"""Soles whose speed varies by less than this part of it show ground that moves."""


@dataclass(frozen=True)
class Planted:
    """What planting did.

    turns (K, J, 4); share of the moments in which each foot is planted; ground: speed [m/s] at which the ground passes under a
    body that walks in place, else 0; how fast planted soles slid over it before and after [m/s], 95th percentile.
    """

    turns: F64
    share: dict[str, float]
    ground: float
    slide_before: float
    slide_after: float


def floor_height(rig: Rig, turns: F64, shifts: F64, step: float) -> float:
    """Return the height [m] of the floor under a motion: what the lower sole seldom goes below.

    Short clips are dominated by single moments, hence a share of them and not the least of all.
    """
    lowest = np.minimum(*(_Sole(rig, side).follow(turns, shifts, step)[0] for side in SIDES))
    return float(np.quantile(lowest, FLOOR_SHARE))


def plant_feet(rig: Rig, turns: F64, shifts: F64, step: float, first: int = 0) -> Planted:
    """Return a motion whose planted feet neither slide nor float.

    Args:
        rig: the body.
        turns: joint turns (K, J, 4), `step` [s] apart.
        shifts: root displacements [m] (K, 3), the floor at 0.
        step: time [s] from one moment to the next.
        first: moments before this one lead in; they are corrected as it is.
    """
    skeleton, result = Skeleton.of(rig), turns.copy()
    share, before, after = {}, 0.0, 0.0
    soles = {side: _Sole(rig, side) for side in SIDES}
    followed = {side: sole.follow(turns[first:], shifts[first:], step) for side, sole in soles.items()}
    ground = _ground(followed)
    for side, sole in soles.items():
        height, slide = followed[side][0], followed[side][1] - ground
        planted = _planted(height, slide, step)
        share[side] = float(planted.mean())
        correction = _correction(height, slide, planted, step)
        correction = np.concatenate([np.repeat(correction[:1], first, axis=0), correction])
        result = _reach(skeleton, side, result, shifts, correction)
        if planted.any():
            before = max(before, float(np.quantile(np.linalg.norm(slide[planted], axis=1), 0.95)))
            again = sole.follow(result[first:], shifts[first:], step)[1] - ground
            after = max(after, float(np.quantile(np.linalg.norm(again[planted], axis=1), 0.95)))
    return Planted(result, share, float(np.linalg.norm(ground)), before, after)


class _Sole:
    """The skin of one foot that can touch the floor."""

    def __init__(self, rig: Rig, side: str) -> None:
        names = [f"{side}_ankle", f"{side}_toe"]
        joints = [rig.joint_names.index(n) for n in names]
        on_foot = (rig.weights * np.isin(rig.joint_of_weight, joints)).sum(1) > 0.5
        self.skin = Skin(rig, np.flatnonzero(on_foot & (rig.rest_vertices[:, 1] < SOLE_HEIGHT)))

    def follow(self, turns: F64, shifts: F64, step: float) -> tuple[F64, F64]:
        """Return the lowest height [m] (K,) and the horizontal velocity of the bearing skin [m/s] (K, 2)."""
        height, slide = np.empty(len(turns)), np.zeros((len(turns), 2))
        last = None
        for first in range(0, len(turns), AT_ONCE):
            here = slice(first, first + AT_ONCE)
            points = self.skin.surfaces(turns[here], shifts[here]).astype(np.float64)
            height[here] = points[:, :, 1].min(axis=1)
            weight = np.exp(-np.minimum((points[:, :, 1] - height[here, None]) / BEARING, 50.0))
            weight /= weight.sum(axis=1, keepdims=True)
            before = np.concatenate([points[:1] if last is None else last, points[:-1]])
            slide[here] = np.einsum("kv,kvx->kx", weight, (points - before)[:, :, [0, 2]]) / step
            last = points[-1:]
        if len(turns) > 1:
            slide[0] = slide[1]
        return height, slide


def _ground(followed: dict[str, tuple[F64, F64]]) -> F64:
    """Return the velocity [m/s] (2,) of the ground: zero, unless the lower sole always moves alike, as on a treadmill."""
    heights = np.stack([height for height, _ in followed.values()])
    lower = np.argmin(heights, axis=0)
    moments = np.arange(heights.shape[1])
    low = heights[lower, moments] < LOW
    if not low.any():
        return np.zeros(2)
    slides = np.stack([slide for _, slide in followed.values()])[lower, moments][low]
    middle = np.median(slides, axis=0)
    spread = float(np.median(np.linalg.norm(slides - middle, axis=1)))
    speed = float(np.linalg.norm(middle))
    return middle if speed > SLOW and spread < EVEN * speed else np.zeros(2)


def _planted(height: F64, slide: F64, step: float) -> np.ndarray:
    speed = gaussian_filter1d(np.linalg.norm(slide, axis=1), 0.02 / step, mode="nearest")
    lowest = minimum_filter1d(height, max(round(0.5 / step), 1) | 1, mode="nearest")
    planted = (height < LOW) & (height < lowest + LOWEST) & (speed < SLOW)
    width = max(round(SHORTEST / step), 1) | 1
    closed = minimum_filter1d(maximum_filter1d(planted.astype(np.uint8), width), width)
    opened = maximum_filter1d(minimum_filter1d(closed, width), width)
    return opened > 0


def _correction(height: F64, slide: F64, planted: np.ndarray, step: float) -> F64:
    """Return how far the ankle moves (K, 3) [m]."""
    wanted = np.zeros((len(height), 3))
    known = planted.copy()
    resting = minimum_filter1d(height, max(round(0.08 / step), 1) | 1, mode="nearest")
    edges = np.flatnonzero(np.diff(np.concatenate([[0], planted.astype(np.int8), [0]])))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        way = np.zeros((last - first, 2))
        way[1:] = np.cumsum(slide[first + 1 : last], axis=0) * step
        wanted[first:last, [0, 2]] = 0.5 * way[-1] - way
        wanted[first:last, 1] = -resting[first:last]
    if not known.any():
        wanted[:, 1] = np.maximum(-height, 0.0)
        return np.clip(gaussian_filter1d(wanted, 0.02 / step, axis=0, mode="nearest"), -FARTHEST, FARTHEST)
    stations = np.flatnonzero(known)
    moments = np.arange(len(height))
    after = np.clip(np.searchsorted(stations, moments), 0, len(stations) - 1)
    right, left = stations[after], stations[np.maximum(after - (stations[after] > moments), 0)]
    left = np.where(left > moments, right, left)
    right = np.where(right < moments, left, right)
    gap = np.maximum(right - left, 1)
    part = np.clip((moments - left) / gap, 0.0, 1.0)
    part = (part * part * (3.0 - 2.0 * part))[:, None]
    wanted = np.where(known[:, None], wanted, (1.0 - part) * wanted[left] + part * wanted[right])
    wanted[:, 1] = np.maximum(wanted[:, 1], np.where(known, -np.inf, -height))
    return np.clip(gaussian_filter1d(wanted, 0.012 / step, axis=0, mode="nearest"), -FARTHEST, FARTHEST)


def _reach(skeleton: Skeleton, side: str, turns: F64, shifts: F64, correction: F64) -> F64:
    """Return turns with one leg's ankle moved by a correction (K, 3) [m]."""
    hip, knee, ankle = (skeleton.index[f"{side}_{j}"] for j in ("hip", "knee", "ankle"))
    centres = skeleton.posed_centres(turns, shifts)
    thigh, shank = centres[:, knee] - centres[:, hip], centres[:, ankle] - centres[:, knee]
    a, b = np.linalg.norm(thigh, axis=1), np.linalg.norm(shank, axis=1)
    target = centres[:, ankle] + correction - centres[:, hip]
    now = np.arctan2(np.linalg.norm(np.cross(thigh, shank), axis=1), np.sum(thigh * shank, axis=1))
    longest = np.maximum(REACH * (a + b), np.linalg.norm(thigh + shank, axis=1))
    distance = np.clip(np.linalg.norm(target, axis=1), np.abs(a - b) + 1e-3, longest)
    bend = np.arccos(np.clip((distance**2 - a**2 - b**2) / (2.0 * a * b), -1.0, 1.0))
    hinge = np.cross(thigh, shank)
    usual = rotate(turns[:, hip], np.broadcast_to(leg_form(skeleton, side).hinge, hinge.shape))
    faint = np.linalg.norm(hinge, axis=1) < 0.02 * a * b
    hinge = np.where(faint[:, None], usual, hinge)
    hinge /= np.linalg.norm(hinge, axis=1, keepdims=True)
    bent = about(hinge, bend - now)
    spanned = thigh + rotate(bent, shank)
    swing = _shortest(spanned, target)
    result = turns.copy()
    result[:, hip] = multiply(swing, turns[:, hip])
    result[:, knee] = multiply(swing, multiply(bent, turns[:, knee]))
    _follow(skeleton, knee, ankle, turns, result)
    return result


def _follow(skeleton: Skeleton, knee: int, ankle: int, turns: F64, result: F64) -> None:
    """Turn joints between knee and ankle, if a rig has any, as the knee; the foot keeps its direction."""
    for joint in np.flatnonzero(skeleton.ancestry[ankle] > 0):
        if joint not in (knee, ankle) and skeleton.ancestry[joint, knee] > 0:
            change = multiply(result[:, knee], turns[:, knee] * np.array([1.0, -1.0, -1.0, -1.0]))
            result[:, joint] = multiply(change, turns[:, joint])


def _shortest(a: F64, b: F64) -> F64:
    """Return the smallest rotations (K, 4) that turn vectors (K, 3) to the directions of others."""
    a = a / np.linalg.norm(a, axis=1, keepdims=True)
    b = b / np.linalg.norm(b, axis=1, keepdims=True)
    half = np.concatenate([1.0 + np.sum(a * b, axis=1, keepdims=True), np.cross(a, b)], axis=1)
    return half / np.maximum(np.linalg.norm(half, axis=1, keepdims=True), 1e-12)

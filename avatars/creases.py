"""Creases without self-intersection: where a bent body would fold through itself, its skin is drawn smooth, just enough.

Linear blend skinning folds the skin of groin, hollow of the knee, elbow and armpit into itself. Faces that cross are found by
exact triangle tests; the skin around them is relaxed, x <- (1 - w) x + w mean(neighbours), more and more until none cross. A
membrane across a hollow is what flesh that is pressed together looks like from outside, and what cloth lies on.
How much each point is relaxed is found at moments, held a little before and after, smoothed in time, and checked at the
frames, so that the skin moves smoothly and nothing depends on the order in which frames are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from toile.engine.core.body import F32, I32, PARTS
from toile.engine.core.intersect import cloth_self_intersections

LIMBS = frozenset(PARTS) - {"head", "neck", "eyes", "left_foot", "right_foot", "left_hand", "right_hand"}
"""Parts whose skin is relaxed; hands and feet are looked at, and stay as they are."""
UNSEEN = frozenset({"head", "eyes", "left_foot", "right_foot"})
MORE = 4.0
"""Rounds of relaxing that are added each time faces are found to cross."""
MOST = 80.0
"""Most rounds of relaxing of any point."""
RINGS = 3
"""Neighbours of neighbours that are relaxed with a crossing face, less with each ring."""
FADE = 0.75
ATTEMPTS = 24
SMOOTH = 0.06
"""Standard deviation [s] of the smoothing in time."""
RATE = 10.0
"""Moments a second at which crossing faces are looked for, within FEWEST and MOST_MOMENTS of a motion."""
FEWEST = 12
MOST_MOMENTS = 240
CHECKED_RATE = 20.0
"""Moments a second at which it is checked that nothing crosses any more, at most MOST_CHECKED of a motion."""
MOST_CHECKED = 400
CHECKS = 4

Posed = Callable[[float], F32]
"""The surface [m] (V, 3) at a time."""


class Creasing:
    """Finds which skin of one mesh folds through itself, and relaxes it."""

    def __init__(self, faces: I32, part_of_vertex: I32, rest: F32) -> None:
        """Prepare a mesh; faces that cross at rest are left alone."""
        seen = ~np.isin(part_of_vertex, [PARTS.index(name) for name in UNSEEN])
        free = np.isin(part_of_vertex, [PARTS.index(name) for name in LIMBS])
        chosen = faces[seen[faces].all(axis=1) & free[faces].any(axis=1)]
        self.used: I32 = np.unique(chosen).astype(np.int32)
        place = np.full(len(part_of_vertex), -1, np.int32)
        place[self.used] = np.arange(len(self.used), dtype=np.int32)
        self.faces = place[chosen] if len(chosen) else np.zeros((0, 3), np.int32)
        self.free = free[self.used]
        count = len(self.used)
        pairs = np.concatenate([self.faces[:, [0, 1]], self.faces[:, [1, 2]], self.faces[:, [2, 0]]])
        pairs = np.concatenate([pairs, pairs[:, ::-1]])
        near: Any = sparse.csr_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
        near.data[:] = 1.0
        self.near = near
        degree = np.maximum(np.asarray(near.sum(axis=1)).ravel(), 1.0)
        self.mean: Any = (sparse.diags(1.0 / degree) @ near).tocsr().astype(np.float32)
        self._own = _keys(self.crossing(rest), len(self.faces))

    def crossing(self, surface: F32) -> I32:
        """Return the pairs of faces that cross (K, 2), numbered as `self.faces`, those that cross at rest left out."""
        pairs = cloth_self_intersections(surface[self.used], self.faces, device="cpu")
        own = getattr(self, "_own", None)
        if own is None or not len(own):
            return pairs
        return pairs[~np.isin(_keys(pairs, len(self.faces)), own)]

    def around(self, pairs: I32) -> F32:
        """Return how much each point (N,) is to be relaxed for crossing pairs: 1 on them, less further away."""
        weight = np.zeros(len(self.used))
        weight[np.unique(self.faces[pairs.ravel()])] = 1.0
        for _ in range(RINGS):
            weight = np.maximum(weight, FADE * self.near.multiply(weight[None]).max(axis=1).toarray().ravel())
        return (weight * self.free).astype(np.float32)

    def needed(self, surface: F32) -> F32:
        """Return how many rounds each point (N,) is to be relaxed until nothing of a surface crosses."""
        amount = np.zeros(len(self.used), np.float32)
        for _ in range(ATTEMPTS):
            pairs = self.crossing(self.relaxed(surface, amount))
            if not len(pairs):
                break
            amount = np.minimum(amount + MORE * self.around(pairs), MOST).astype(np.float32)
        return amount

    def relaxed(self, surface: F32, amount: F32) -> F32:
        """Return a surface whose points were relaxed by so many rounds (N,), of which the last may be a part of one."""
        moving = np.flatnonzero(amount > 0.0).astype(np.int32)
        return Relaxing.of(self, moving).relaxed(surface, amount[moving]) if len(moving) else surface


@dataclass(frozen=True)
class Relaxing:
    """Relaxes some points of a mesh between fixed neighbours.

    moved: vertices (Z,) that move; local: those and their neighbours; inside: where the first are among the second;
    mean: (Z, local) averages the neighbours.
    """

    moved: I32
    local: I32
    inside: I32
    mean: Any

    @classmethod
    def of(cls, creasing: Creasing, moving: I32) -> Relaxing:
        """Return what relaxes points of `creasing.used`, given by their numbers there."""
        rows = creasing.mean[moving]
        local = np.union1d(rows.indices, moving)
        inside = np.searchsorted(local, moving)
        return cls(creasing.used[moving], creasing.used[local], inside.astype(np.int32), rows[:, local])

    def relaxed(self, surface: F32, amount: F32) -> F32:
        """Return a surface whose points were relaxed by so many rounds (Z,), of which the last may be a part of one."""
        rounds = int(np.ceil(amount.max(initial=0.0)))
        if not rounds:
            return surface
        x = surface[self.local]
        at = x[self.inside]
        for done in range(rounds):
            weight = np.clip(amount - done, 0.0, 1.0)[:, None]
            at += weight * (self.mean @ x - at)
            x[self.inside] = at
        result = surface.copy()
        result[self.moved] = at
        return result


@dataclass(frozen=True)
class Creases:
    """How much the skin of a motion is relaxed: amounts (M, Z) at rising moments (M,) for the points `zone` (Z,)."""

    creasing: Creasing
    moments: np.ndarray
    zone: I32
    amounts: F32

    @cached_property
    def _relaxing(self) -> Relaxing:
        return Relaxing.of(self.creasing, self.zone)

    def amount_at(self, moment: float) -> F32:
        """Return how many rounds each point (Z,) of the zone is relaxed at a moment."""
        at = float(np.clip(moment, self.moments[0], self.moments[-1]))
        last = int(np.clip(np.searchsorted(self.moments, at, side="right"), 1, len(self.moments) - 1))
        gap = self.moments[last] - self.moments[last - 1]
        part = np.float32((at - self.moments[last - 1]) / gap)
        return np.asarray((1 - part) * self.amounts[last - 1] + part * self.amounts[last], np.float32)

    def relaxed(self, surface: F32, moment: float) -> F32:
        """Return a posed surface [m] (V, 3) without the folds of a moment."""
        return self._relaxing.relaxed(surface, self.amount_at(moment)) if len(self.zone) else surface


def find_creases(creasing: Creasing, posed: Posed, first: float, last: float, fps: float) -> Creases:
    """Return how much the skin of a motion is relaxed, frame numbers being its moments.

    Args:
        posed: the surface at a frame.
        first, last: the frame of the dressing pose, which is left alone, and the last frame.
        fps: frames per second.
    """
    seconds = max((last - first) / fps, 1e-6)
    count = int(np.clip(np.ceil(seconds * RATE), FEWEST, MOST_MOMENTS)) + 1
    moments = np.linspace(first, last, count)
    raw = np.stack([creasing.needed(posed(float(m))) for m in moments])
    zone = np.flatnonzero(raw.any(axis=0)).astype(np.int32)
    amounts = raw[:, zone]
    spacing = seconds / (count - 1)
    found = Creases(creasing, moments, zone, _in_time(amounts, spacing))
    checked = int(np.clip(seconds * CHECKED_RATE, 2, MOST_CHECKED))
    frames = np.linspace(first, last, checked + 1) if checked < last - first else np.arange(first, last + 1.0)
    for _ in range(CHECKS):
        short = _still_crossing(found, posed, frames)
        if not short:
            break
        raw = np.zeros((count, len(creasing.used)), np.float32)
        raw[:, zone] = amounts
        for frame, more in short:
            k = (frame - first) / max(last - first, 1e-9) * (count - 1)
            near = slice(max(int(np.floor(k)), 0), int(np.ceil(k)) + 1)
            raw[near] = np.minimum(raw[near] + more, MOST)
        zone = np.flatnonzero(raw.any(axis=0)).astype(np.int32)
        amounts = raw[:, zone]
        found = Creases(creasing, moments, zone, _in_time(amounts, spacing))
        frames = np.unique(np.concatenate([[f, f - 1.0, f + 1.0] for f, _ in short]))
        frames = frames[(frames >= first) & (frames <= last)]
    return found


def _still_crossing(
    found: Creases, posed: Posed, frames: Sequence[float] | np.ndarray
) -> list[tuple[float, F32]]:
    """Return frames at which faces still cross, each with what to add there."""
    short = []
    for frame in frames:
        pairs = found.creasing.crossing(found.relaxed(posed(float(frame)), float(frame)))
        if len(pairs):
            short.append((float(frame), (MORE * found.creasing.around(pairs)).astype(np.float32)))
    return short


def _in_time(amounts: F32, spacing: float) -> F32:
    """Return amounts held a moment before and after and smoothed, none at the first moment."""
    if not amounts.shape[1]:
        return amounts
    held = maximum_filter1d(amounts, 3, axis=0, mode="nearest")
    smooth = gaussian_filter1d(held, max(SMOOTH / spacing, 0.3), axis=0, mode="nearest")
    smooth[0] = 0.0
    return np.asarray(smooth, np.float32)


def _keys(pairs: I32, count: int) -> np.ndarray:
    return pairs[:, 0].astype(np.int64) * count + pairs[:, 1]

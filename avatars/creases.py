"""Creases without self-intersection: where a bent body would fold through itself, its skin is drawn smooth, just enough.

Linear blend skinning folds the skin of groin, hollow of the knee, elbow and armpit into itself. Faces that cross are found by
exact triangle tests; the skin around them is relaxed, x <- (1 - w) x + w mean(neighbours), more and more until none cross. A
membrane across a hollow is what flesh that is pressed together looks like from outside, and what cloth lies on.
How much each point is relaxed is found at moments, held a little before and after, smoothed in time, and checked at the
frames, so that the skin moves smoothly and nothing depends on the order in which frames are asked for. A motion that repeats
itself is looked at through one period, round and round: the same pose has the same skin in every cycle.
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
OUTER = 0.42
"""How much the outermost ring is relaxed."""
PATIENT = 12
"""After so many attempts a fold does not yield between neighbours that stay: more and more rings are relaxed with it."""
ATTEMPTS = 24
SMOOTH = 0.06
"""Standard deviation [s] of the smoothing in time."""
RATE = 10.0
"""Moments a second at which crossing faces are looked for, within FEWEST and MOST_MOMENTS of a motion."""
FEWEST = 12
MOST_MOMENTS = 240
MOST_CHECKED = 600
"""It is checked at every frame, and at most at so many, that nothing crosses any more."""
CHECKS = 8
JOINED = 0.15
"""Part of the lead-in over which its amounts go over to those with which every period begins."""

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

    def around(self, pairs: I32, rings: int = RINGS) -> F32:
        """Return how much each point (N,) is to be relaxed for crossing pairs: 1 on them, less further away."""
        fade = OUTER ** (1.0 / rings)
        weight = np.zeros(len(self.used))
        weight[np.unique(self.faces[pairs.ravel()])] = 1.0
        for _ in range(rings):
            weight = np.maximum(weight, fade * self.near.multiply(weight[None]).max(axis=1).toarray().ravel())
        return (weight * self.free).astype(np.float32)

    def needed(self, surface: F32) -> F32:
        """Return how many rounds each point (N,) is to be relaxed until nothing of a surface crosses."""
        amount = np.zeros(len(self.used), np.float32)
        for attempt in range(ATTEMPTS):
            pairs = self.crossing(self.relaxed(surface, amount))
            if not len(pairs):
                break
            rings = RINGS + max(attempt - PATIENT + 1, 0) // 2
            amount = np.minimum(amount + MORE * self.around(pairs, rings), MOST).astype(np.float32)
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
    """How much the skin of a motion is relaxed: amounts (M, Z) at rising moments (M,) for the points `zone` (Z,).

    period: a motion that repeats itself has one period of moments after 0, and comes to the same amount in every one of them.
    """

    creasing: Creasing
    moments: np.ndarray
    zone: I32
    amounts: F32
    period: float | None = None

    @cached_property
    def _relaxing(self) -> Relaxing:
        return Relaxing.of(self.creasing, self.zone)

    def amount_at(self, moment: float) -> F32:
        """Return how many rounds each point (Z,) of the zone is relaxed at a moment."""
        at = float(np.clip(_phase(moment, self.period), self.moments[0], self.moments[-1]))
        last = int(np.clip(np.searchsorted(self.moments, at, side="right"), 1, len(self.moments) - 1))
        gap = self.moments[last] - self.moments[last - 1]
        part = np.float32((at - self.moments[last - 1]) / gap)
        return np.asarray((1 - part) * self.amounts[last - 1] + part * self.amounts[last], np.float32)

    def relaxed(self, surface: F32, moment: float) -> F32:
        """Return a posed surface [m] (V, 3) without the folds of a moment."""
        return self._relaxing.relaxed(surface, self.amount_at(moment)) if len(self.zone) else surface


def find_creases(
    creasing: Creasing, posed: Posed, first: float, last: float, fps: float, period: float | None = None
) -> Creases:
    """Return how much the skin of a motion is relaxed, frame numbers being its moments.

    Args:
        posed: the surface at a frame.
        first, last: the frame of the dressing pose, which is left alone, and the last frame.
        fps: frames per second.
        period: after how many frames the motion from frame 0 on comes again, if it does.
    """
    clock = _Clock.of(first, last, fps, period)
    raw = np.stack([creasing.needed(posed(float(m))) for m in clock.moments])
    checked = clock.checked
    for again in range(CHECKS):
        found = clock.creases(creasing, raw)
        short = _still_crossing(found, posed, checked, RINGS + again)
        if not short:
            break
        for frame, more in short:
            near = clock.beside(frame)
            raw[near] = np.minimum(raw[near] + more, MOST)
        near_by = np.concatenate([[f, f - 1.0, f + 1.0] for f, _ in short])
        checked = np.unique(_phase(near_by, clock.period))
        checked = checked[(checked >= first) & (checked <= last)]
    return clock.creases(creasing, raw)


@dataclass(frozen=True)
class _Clock:
    """Moments at which folds are looked for: `lead` from the dressing pose up to 0, then evenly to the end or through one period.

    moments (M,): the end of a period is its beginning and is not among them; frames `checked` (C,) show all that is seen.
    """

    moments: np.ndarray
    lead: int
    spacing: tuple[float, float]
    period: float | None
    checked: np.ndarray

    @classmethod
    def of(cls, first: float, last: float, fps: float, period: float | None) -> _Clock:
        period = period if period is not None and 1.0 <= period <= last + 1.5 and first < 0.0 else None
        if period is None:
            moments = np.linspace(first, last, _count(last - first, fps) + 1)
            lead, spacing = len(moments), ((moments[1] - moments[0]) / fps,) * 2
        else:
            before = np.linspace(first, 0.0, _count(-first, fps) + 1)
            around = np.linspace(0.0, period, min(_count(period, fps), max(int(period), 1)) + 1)[:-1]
            moments, lead = np.concatenate([before[:-1], around]), len(before) - 1
            spacing = (before[1] / fps - before[0] / fps, period / len(around) / fps)
        frames = np.arange(first, last + 1.0)
        _, seen = np.unique(_phase(frames, period).round(6), return_index=True)
        if len(seen) > MOST_CHECKED:
            seen = seen[np.linspace(0, len(seen) - 1, MOST_CHECKED).round().astype(int)]
        return cls(moments, lead, spacing, period, frames[np.sort(seen)])

    def beside(self, frame: float) -> I32:
        """Return the numbers of the moments before and after a frame."""
        at = _phase(frame, self.period)
        after = int(np.searchsorted(self.moments, at, side="left"))
        before = after if after < len(self.moments) and self.moments[after] == at else after - 1
        end = self.lead if after == len(self.moments) and self.period is not None else after
        return np.unique(np.clip([before, end], 0, len(self.moments) - 1)).astype(np.int32)

    def creases(self, creasing: Creasing, raw: F32) -> Creases:
        """Return the amounts (M, N) found at the moments, held and smoothed in time, for the points that have any."""
        zone = np.flatnonzero(raw.any(axis=0)).astype(np.int32)
        amounts = raw[:, zone]
        if self.period is None:
            smooth = _in_time(amounts, self.spacing[0], "nearest")
            smooth[0] = 0.0
            return Creases(creasing, self.moments, zone, smooth)
        around = _in_time(amounts[self.lead :], self.spacing[1], "wrap")
        before = _in_time(amounts[: self.lead + 1], self.spacing[0], "nearest")
        # the lead-in joins the amount with which every period begins
        left = self.moments[: self.lead + 1] / self.moments[0]
        before += (np.exp(-((left / JOINED) ** 2))[:, None] * (around[0] - before[-1])).astype(np.float32)
        before = np.maximum(before, 0.0)
        before[0] = 0.0
        table = np.concatenate([before[:-1], around, around[:1]])
        return Creases(creasing, np.append(self.moments, self.period), zone, table, self.period)


def _count(frames: float, fps: float) -> int:
    return int(np.clip(np.ceil(frames / fps * RATE), FEWEST, MOST_MOMENTS))


def _phase(moment: Any, period: float | None) -> Any:
    """Return moments with those after 0 brought into one period."""
    if period is None:
        return moment
    return np.where(np.asarray(moment) > 0.0, np.mod(moment, period), moment)


def _still_crossing(
    found: Creases, posed: Posed, frames: Sequence[float] | np.ndarray, rings: int
) -> list[tuple[float, F32]]:
    """Return frames at which faces still cross, each with what to add there."""
    short = []
    for frame in frames:
        pairs = found.creasing.crossing(found.relaxed(posed(float(frame)), float(frame)))
        if len(pairs):
            short.append((float(frame), (MORE * found.creasing.around(pairs, rings)).astype(np.float32)))
    return short


def _in_time(amounts: F32, spacing: float, mode: str) -> F32:
    """Return amounts (M, Z) held a moment before and after and smoothed; `wrap` for a period."""
    if not amounts.shape[1]:
        return amounts
    held = maximum_filter1d(amounts, 3, axis=0, mode=mode)
    return np.asarray(gaussian_filter1d(held, max(SMOOTH / spacing, 0.3), axis=0, mode=mode), np.float32)


def _keys(pairs: I32, count: int) -> np.ndarray:
    return pairs[:, 0].astype(np.int64) * count + pairs[:, 1]

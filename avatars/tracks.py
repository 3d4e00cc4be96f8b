"""Smooth curves over time for hand-made motions: values held and passed with continuous position, speed and acceleration.

Between two holds a value goes by the quintic of least jerk, 10 u^3 - 15 u^4 + 6 u^5. Source: Flash and Hogan (1985), "The
coordination of arm movements", J. Neuroscience 5.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from toile.avatars.pose import F64


def step(u: F64) -> F64:
    """Return the quintic step: 0 up to u = 0, 1 from u = 1 on, without jerk at both ends."""
    u = np.clip(u, 0.0, 1.0)
    return u**3 * (10.0 - 15.0 * u + 6.0 * u * u)


def bump(u: F64) -> F64:
    """Return a C2 bump: 0 outside (0, 1), 1 at u = 1/2."""
    u = np.clip(u, 0.0, 1.0)
    return 64.0 * (u * (1.0 - u)) ** 3


def track(times: F64, *holds: tuple[float, float, float]) -> F64:
    """Return a value over times [s] that rests at each hold (from [s], to [s], value) and moves between them."""
    value = np.full_like(times, holds[0][2])
    for before, after in itertools.pairwise(holds):
        gap = max(after[0] - before[1], 1e-9)
        value = value + (after[2] - before[2]) * step((times - before[1]) / gap)
    return value


@dataclass(frozen=True)
class Path:
    """A piecewise quintic through stations of given value, speed and acceleration."""

    curve: Any
    first: float
    last: float

    @classmethod
    def through(cls, stations: Sequence[tuple[float, float, float, float]]) -> Path:
        """Return the path through stations (time [s], value, speed, acceleration), times rising."""
        from scipy.interpolate import BPoly

        times = [s[0] for s in stations]
        return cls(BPoly.from_derivatives(times, [list(s[1:]) for s in stations]), times[0], times[-1])

    def __call__(self, times: F64) -> F64:
        """Return values at times [s]; the ends are held."""
        return np.asarray(self.curve(np.clip(times, self.first, self.last)))

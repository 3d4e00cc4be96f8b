"""What the friction of yarns does to a fabric that is bent or sheared one way: KES hysteresis as elastic stiffness.

A KES sheet separates the slope of a bending curve, B, from the couple that the yarns' friction takes before anything moves: half
the hysteresis, M0 = 2HB / 2, so that a cloth bent one way holds M = M0 + B k (Grosberg 1966). Cloth that drapes is bent one way
from flat, as on the cantilever of Peirce (1930), where a laboratory that reads one number reads both. The elastic model has one
number, so it gets the one that the cantilever would give: of B and M0 together, by the strip's own equation,

    dM/ds = -w g s cos(theta),   d(theta)/ds = -max(M - M0, 0) / B,   s from the free end, theta below the horizontal,

whose length is where its chord dips to 41.5 degrees; stiffness goes as the cube of that length. Shear is read as FAST reads it: in a bias strip under 4.9 N/m the shear force is
2.45 N/m, of which friction takes HG = 2HG / 2.
"""

from __future__ import annotations

import functools
import math

from scipy.optimize import brentq

_DIP = math.radians(41.5)  # the chord's angle at which Peirce's bending length is half the overhang
_STEPS = 400
_BIAS_FORCE = 2.45  # N/m, half of FAST's 4.9 N/m
_STIFFEST = 5.0  # times the slope of shear, where friction takes four fifths of that force and more


def cantilever_bending(slope: float, couple: float, weight: float) -> float:
    """Return the bending stiffness [N m] that Peirce's cantilever reads of a cloth.

    Args:
        slope: of its bending curve, KES B [N m].
        couple: taken by friction, KES 2HB / 2 [N].
        weight: of the cloth per area [N/m2].
    """
    unit = (slope / weight) ** (1 / 3)
    return slope * (_overhang(couple / (weight * unit * unit)) / _overhang(0.0)) ** 3


def bias_shear(slope: float, friction: float) -> float:
    """Return the shear stiffness [N/m] that a bias strip under 4.9 N/m reads of a KES slope [N/m] and friction 2HG / 2 [N/m]."""
    left = max(_BIAS_FORCE - friction, _BIAS_FORCE / _STIFFEST)
    return slope * _BIAS_FORCE / left


@functools.lru_cache(maxsize=256)
def _overhang(couple: float) -> float:
    """Return the overhang whose chord dips by 41.5 degrees, in units of (B / w g)^(1/3); `couple` in w g times that squared."""
    steepest = 0.499 * math.pi
    end = brentq(lambda tip: _strip(tip, couple)[1] - _DIP, 0.6 * _DIP, steepest, xtol=1e-9)
    return _strip(end, couple)[0]


def _strip(tip: float, couple: float) -> tuple[float, float]:
    """Return the length from a free end at angle `tip` back to where the strip is level, and its chord's dip there [rad]."""
    # up to `straight` friction holds the strip straight; further in it bends, at most as if it were all level
    straight = math.sqrt(2.0 * couple / math.cos(tip))
    state = (straight * math.cos(tip), straight * math.sin(tip), tip, couple)
    s, ds = straight, 6.0 / _STEPS * (1.0 + straight) / (1.0 + 0.5 * straight)
    while True:
        after = _step(state, s, ds, couple)
        if after[2] <= 0.0:
            part = state[2] / (state[2] - after[2])  # the angle reaches zero inside this short step
            last = _step(state, s, part * ds, couple)
            return s + part * ds, math.atan2(last[1], last[0])
        state, s = after, s + ds


def _step(
    state: tuple[float, float, float, float], s: float, ds: float, couple: float
) -> tuple[float, float, float, float]:
    """Return (x, y, angle, moment) a step further in, by the classical Runge-Kutta method."""

    def rate(q: tuple[float, float, float, float], at: float) -> tuple[float, float, float, float]:
        return math.cos(q[2]), math.sin(q[2]), -max(q[3] - couple, 0.0), at * math.cos(q[2])

    def ahead(k: tuple[float, float, float, float], by: float) -> tuple[float, float, float, float]:
        return state[0] + by * k[0], state[1] + by * k[1], state[2] + by * k[2], state[3] + by * k[3]

    a = rate(state, s)
    b = rate(ahead(a, 0.5 * ds), s + 0.5 * ds)
    c = rate(ahead(b, 0.5 * ds), s + 0.5 * ds)
    d = rate(ahead(c, ds), s + ds)
    x, y, angle, moment = (
        q + ds / 6.0 * (p1 + 2.0 * p2 + 2.0 * p3 + p4)
        for q, p1, p2, p3, p4 in zip(state, a, b, c, d, strict=True)
    )
    return x, y, angle, moment

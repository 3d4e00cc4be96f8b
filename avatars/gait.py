"""One foot over the gait cycle: how it is pitched, and where its ankle goes over the ground.

Phase runs from heel strike to heel strike of a leg. Stance: heel rocker (the sole rolls on the heel without slipping),
foot flat, then the foot turns about the toe joint while the toes lie flat. Swing: a quintic spline in the ground's frame
that joins both ends with equal position, velocity and acceleration. The shares of the curves are fitted to normative hip
and knee angles on bodies of surveyed proportions: Perry and Burnfield (2010), Gait Analysis; Winter (1991), Biomechanics and Motor Control of Human Gait.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.avatars.feet import Foot
from toile.avatars.pose import F64

PLANTED = 0.03
"""Phase at which the heel has come to rest on the floor: it is let down over the first hundredths of the cycle."""
LANDED = 1.0 + PLANTED
HEEL_DOWN = 0.09
HEEL_OFF = 0.36
TOE_OFF = 0.62
TOES_RELAXED = 0.80
PUSH_OFF = {0.50: 0.198, 0.57: 0.583, TOE_OFF: 1.0, 0.67: 1.308, 0.72: 1.078, 0.78: 0.665, 0.84: 0.228}
"""Pitch of the foot, toes down, in parts of the style's push-off, by phase."""
HEEL_STRIKE = {0.90: 0.36, 0.955: 1.02, 1.0: 1.0}
"""Pitch of the foot, toes up, in parts of the style's heel strike, by phase."""
SWING_WAY = {0.72: 0.152, 0.81: 0.478, 0.91: 0.883}
"""Part of the way that the swinging ankle has made, by phase."""
SWING_LIFT = {0.71: 1.02, 0.80: 0.522, 0.90: 0.354}
"""Height of the lowest point of the swinging foot, in parts of the style's lift, by phase."""
LEAST_TOE_CLEARANCE = 0.008
STEP = 1e-3
"""Step [phase] of one-sided differences."""
LEVEL = [(1, 0.0), (2, 0.0)]
"""No slope and no curvature, as a spline's end condition."""


@dataclass(frozen=True)
class WalkStyle:
    """How a walk looks: times [s], lengths [m], angles [degrees]."""

    cycle: float = 1.1
    stride_per_height: float = 0.66
    half_track: float = 0.045
    toe_out: float = 6.0
    heel_strike: float = 17.0
    push_off: float = 50.0
    lift: float = 0.048
    circumduction: float = 0.012
    pelvis_yaw: float = 5.0
    pelvis_list: float = 3.5
    sway: float = 0.018
    arm_swing: float = 16.0
    arm_abduction: float = 8.0
    lean: float = 1.5


WALK = WalkStyle()
CATWALK = WalkStyle(
    stride_per_height=0.74,
    half_track=0.02,
    circumduction=0.05,
    toe_out=4.0,
    pelvis_yaw=8.0,
    pelvis_list=5.0,
    sway=0.024,
    arm_swing=20.0,
    lean=0.0,
)


def hermite(a: float, b: float, at_a: tuple[float, ...], at_b: tuple[float, ...]) -> Any:
    """Return the quintic over [a, b] with given value, first and second derivative at both ends."""
    from scipy.interpolate import BPoly

    return BPoly.from_derivatives([a, b], [list(at_a), list(at_b)])


class FootPath:
    """One foot over the gait cycle: pitch, toe extension, and the ankle's travel and height in the ground's frame.

    Travel is from the planted ankle along the way, in metres; over a cycle it grows by the stride.
    """

    def __init__(self, foot: Foot, style: WalkStyle, stride: float) -> None:
        """Build the curves of a foot for a stride [m]."""
        from scipy.interpolate import make_interp_spline

        self.foot, self.style, self.stride = foot, style, stride
        off, strike = np.radians(style.push_off), np.radians(style.heel_strike)
        knots = [HEEL_OFF, *PUSH_OFF, *HEEL_STRIKE, 1.0 + HEEL_DOWN]
        down, up = (
            (-off * share for share in PUSH_OFF.values()),
            (strike * share for share in HEEL_STRIKE.values()),
        )
        angles = [0.0, *down, *up, 0.0]
        self._pitch = make_interp_spline(knots, angles, k=5, bc_type=(LEVEL, LEVEL))
        flat = tuple(-float(self._pitch(TOE_OFF, nu)) for nu in range(3))
        self._toe = hermite(TOE_OFF, TOES_RELAXED, flat, (0.0, 0.0, 0.0))
        stance = (self._stance_outward, self._stance_travel)
        out_ends, way_ends = ((_jet(c, TOE_OFF, -STEP), _jet(c, PLANTED, STEP)) for c in stance)
        self._outward = hermite(TOE_OFF, LANDED, *out_ends)
        start, end = way_ends
        way = stride + end[0] - start[0]
        places = [start[0], *(start[0] + way * share for share in SWING_WAY.values()), start[0] + way]
        bounds = ([(1, start[1]), (2, start[2])], [(1, end[1]), (2, end[2])])
        self._travel = make_interp_spline([TOE_OFF, *SWING_WAY, LANDED], places, k=5, bc_type=bounds)
        for lift in style.lift * np.linspace(1.0, 2.0, 11):
            self._raise(float(lift))
            if self._least_clearance() >= LEAST_TOE_CLEARANCE:
                break

    def _raise(self, lift: float) -> None:
        """Set the height of swing for a lift [m], joined to stance at both ends."""
        from scipy.interpolate import make_interp_spline

        lifts = [0.0, *(lift * share for share in SWING_LIFT.values()), 0.0]
        self._lift = make_interp_spline([TOE_OFF, *SWING_LIFT, LANDED], lifts, k=5, bc_type=(LEVEL, LEVEL))
        standing, free = self._stance_height, self._free_height
        gap_off = np.subtract(_jet(standing, TOE_OFF, -STEP), _jet(free, TOE_OFF, STEP))
        gap_on = np.subtract(_jet(standing, PLANTED, STEP), _jet(free, LANDED, -STEP))
        self._height = hermite(TOE_OFF, LANDED, tuple(gap_off), tuple(gap_on))

    def _least_clearance(self) -> float:
        """Return the least height [m] of the lowest skin of the foot in the middle of swing."""
        phase = np.linspace(0.68, 0.95, 55)
        return float(np.min(self.height(phase) - self.foot.ankle_height(self.pitch(phase), self.toe(phase))))

    def pitch(self, phase: F64) -> F64:
        """Return the foot's pitch [rad], toes up, at phases in [0, 1 + HEEL_DOWN)."""
        wrapped = np.where(phase < HEEL_DOWN, phase + 1.0, phase)
        return np.where(wrapped <= HEEL_OFF, 0.0, self._pitch(np.maximum(wrapped, HEEL_OFF)))

    def toe(self, phase: F64) -> F64:
        """Return toe extension [rad]: toes flat until toe-off, then relaxing."""
        flat = np.maximum(-self.pitch(phase), 0.0)
        free = np.where(phase < TOES_RELAXED, self._toe(np.clip(phase, TOE_OFF, TOES_RELAXED)), 0.0)
        return np.where(phase <= TOE_OFF, flat, free)

    def travel(self, phase: F64) -> F64:
        """Return the ankle's travel [m] along the way in the ground's frame at phases in [0, 1)."""
        swing, back = _swing(phase)
        free = self._travel(swing) - self.stride * back
        return np.where(_is_planted(phase), self._stance_travel(phase), free)

    def height(self, phase: F64) -> F64:
        """Return the ankle's height above the floor [m] at phases in [0, 1)."""
        swing, _ = _swing(phase)
        free = self._free_height(swing) + self._height(swing)
        return np.where(_is_planted(phase), self._stance_height(phase), free)

    def outward(self, phase: F64) -> F64:
        """Return the ankle's travel [m] away from the midline: along the foot's heading in stance, round in swing."""
        swing, _ = _swing(phase)
        free = self._outward(swing) + self.style.circumduction * _bump(swing)
        return np.where(_is_planted(phase), self._stance_outward(phase), free)

    def _stance_travel(self, phase: F64) -> F64:
        return np.cos(np.radians(self.style.toe_out)) * self.foot.rolled(self.pitch(phase))[0]

    def _stance_outward(self, phase: F64) -> F64:
        return np.sin(np.radians(self.style.toe_out)) * self.foot.rolled(self.pitch(phase))[0]

    def _stance_height(self, phase: F64) -> F64:
        return self.foot.rolled(self.pitch(phase))[1]

    def _free_height(self, phase: F64) -> F64:
        return self.foot.swing_height(self.pitch(phase), self.toe(phase)) + self._lift(
            np.clip(phase, TOE_OFF, LANDED)
        )


def _is_planted(phase: F64) -> NDArray[np.bool_]:
    return (phase >= PLANTED) & (phase <= TOE_OFF)


def _swing(phase: F64) -> tuple[F64, NDArray[np.bool_]]:
    """Return phases of swing in [TOE_OFF, LANDED], and where they lie past heel strike, in the next cycle."""
    back = phase < PLANTED
    return np.clip(phase + back, TOE_OFF, LANDED), back


def _bump(phase: F64) -> F64:
    """Return a C2 bump over swing: 0 at toe-off and heel strike, 1 half way."""
    u = np.clip((phase - TOE_OFF) / (LANDED - TOE_OFF), 0.0, 1.0)
    return 64.0 * (u * (1.0 - u)) ** 3


def _jet(curve: Callable[[F64], F64], at: float, step: float) -> tuple[float, float, float]:
    """Return value, first and second derivative of a curve, from samples on one side (second order in the step)."""
    f0, f1, f2, f3 = (float(v) for v in curve(at + step * np.arange(4.0)))
    return f0, (-11 * f0 + 18 * f1 - 9 * f2 + 2 * f3) / (6 * step), (2 * f0 - 5 * f1 + 4 * f2 - f3) / step**2

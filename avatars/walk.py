"""A procedural walk: curves of foot, pelvis, trunk and arms over the gait cycle, for any body's proportions.

Phase runs from heel strike to heel strike of a leg. Stance: heel rocker (the sole rolls on the heel without slipping),
foot flat, then the foot turns about the toe joint; swing: a quintic in the ground's frame that joins both ends with equal
position, velocity and acceleration. The pelvis rides as high as legs bent by at least 12 degrees allow. Every curve is
C2 and exactly periodic. Values follow published normative gait: Perry and Burnfield (2010), Gait Analysis; Winter
(1991), Biomechanics and Motor Control of Human Gait.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.avatars.feet import Foot
from toile.avatars.limbs import SIDES, Arm, BodyForm, Leg, Segment, Stance, span
from toile.avatars.pose import F64, rotate

HEEL_DOWN = 0.09
HEEL_OFF = 0.36
TOE_OFF = 0.62
PLANTED = 0.03
"""Phase at which the heel has come to rest on the floor: it is let down over the first hundredths of the cycle."""
TOES_RELAXED = 0.80
SWING_WAY = {0.72: 0.123, 0.81: 0.453, 0.91: 0.887}
"""Part of the way that the swinging ankle has made, by phase (from normative hip and knee angles)."""
RELAXED_THUMB = np.radians(-8.0)
SWING_LIFT = {0.71: 1.0, 0.80: 0.53, 0.90: 0.35}
"""Height of the lowest point of the swinging foot, in parts of the style's lift, by phase."""
LEAST_TOE_CLEARANCE = 0.008
STEP = 1e-3
LEVEL = [(1, 0.0), (2, 0.0)]
LEAST_KNEE = np.radians(12.0)
"""Least knee flexion while walking: straighter legs are a singularity of two-bone legs."""
LANDED = 1.0 + PLANTED
MID_STANCE = 0.235
"""Phase at which the planted ankle passes under the hip."""
CYCLE_RANGE = (0.85, 1.18)
"""How far, in parts of its own, a cycle may be fitted to the length of a clip."""


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


def fitted_cycle(seconds: float, natural: float) -> float:
    """Return the cycle [s] nearest to natural that goes into a clip a whole number of times, or natural if none is near."""
    cycle = seconds / max(round(seconds / natural), 1)
    shortest, longest = CYCLE_RANGE
    return cycle if shortest * natural <= cycle <= longest * natural else natural


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
        knots = [HEEL_OFF, 0.50, 0.57, TOE_OFF, 0.67, 0.72, 0.78, 0.84, 0.90, 0.955, 1.0, 1.0 + HEEL_DOWN]
        back, front = [0.0, 0.24, 0.64, 1.0, 1.19, 1.12, 0.76, 0.30], [0.36, 1.02, 1.0, 0.0]
        angles = [-off * share for share in back] + [strike * share for share in front]
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


@dataclass(frozen=True)
class Opening:
    """How far limbs are held away from the body beyond the style's own: arms [rad], each foot from the midline [m]."""

    arm: float = 0.0
    track: float = 0.0


class Walk:
    """A walk of one body: `at(times, opening)` is its stance at any times [s], periodic with `cycle`.

    Attributes:
        cycle [s]; speed [m/s] of the ground under a walker who stays in place.
    """

    def __init__(
        self, form: BodyForm, feet: dict[str, Foot], height: float, style: WalkStyle, cycle: float
    ) -> None:
        """Prepare the curves for a body of a height [m]."""
        self.form, self.feet, self.style, self.cycle = form, feet, style, cycle
        stride = style.stride_per_height * height
        self.speed = stride / cycle
        self.stride = stride
        self._rides: dict[float, tuple[float, F64, F64]] = {}
        self.paths = {side: FootPath(feet[side], style, stride) for side in SIDES}

    def at(self, times: F64, opening: Opening) -> Stance:
        """Return the stance at times [s], in place: the ground goes back under the body at `speed`."""
        phase = times / self.cycle
        pelvis, chest, head = self._trunk(phase)
        sway = self.style.sway * np.cos(2 * np.pi * (phase - 0.30))
        legs = {side: self._leg(side, phase, opening) for side in SIDES}
        shift = np.stack([sway, np.zeros_like(phase), np.zeros_like(phase)], axis=-1)
        shift[:, 1] = self._height(phase, opening)
        arms = {side: self._arm(side, phase, opening) for side in SIDES}
        return Stance(shift, pelvis, chest, head, legs, arms)

    def _trunk(self, phase: F64) -> tuple[Segment, Segment, Segment]:
        style, turn = self.style, 2 * np.pi
        yaw = -np.radians(style.pelvis_yaw) * np.cos(turn * (phase - 0.02))
        tip = np.radians(style.pelvis_list) * np.cos(turn * (phase - 0.14))
        nod = np.radians(1.0) * np.cos(2 * turn * (phase - 0.05))
        lean = np.full_like(phase, np.radians(style.lean))
        pelvis = Segment(yaw, tip, nod)
        chest = Segment(-0.8 * yaw, -0.45 * tip, lean + 0.6 * nod)
        return pelvis, chest, Segment(0.1 * yaw, 0.0 * tip, 0.2 * lean)

    def _leg(self, side: str, phase: F64, opening: Opening) -> Leg:
        sign, form, path, style = SIDES[side], self.form.legs[side], self.paths[side], self.style
        own = phase if side == "left" else phase + 0.5
        within = own - np.floor(own)
        forward = path.travel(within) - self.stride * (within - MID_STANCE)
        yaw = sign * np.radians(style.toe_out)
        across = sign * (style.half_track + opening.track + path.outward(within))
        ankle = np.stack([across, path.height(within), form.hip[2] + forward], axis=-1)
        return Leg(ankle, np.full_like(phase, yaw), path.pitch(within), path.toe(within))

    def _arm(self, side: str, phase: F64, opening: Opening) -> Arm:
        style = self.style
        own = phase if side == "left" else phase + 0.5
        swing = np.radians(-3.0 - style.arm_swing * np.cos(2 * np.pi * (own - 0.02)))
        elbow = np.radians(22.0 - 6.5 * np.cos(2 * np.pi * (own - 0.07)))
        curl = np.radians(16.0 + 3.0 * np.cos(2 * np.pi * (own - 0.12)))
        abduction = np.full_like(phase, np.radians(style.arm_abduction) + opening.arm)
        return Arm(abduction, swing, elbow, np.full_like(phase, RELAXED_THUMB), curl)

    def _height(self, phase: F64, opening: Opening) -> F64:
        """Return the pelvis displacement [m]: the highest smooth curve under which no leg is straighter than LEAST_KNEE."""
        if opening.track not in self._rides:
            self._rides[opening.track] = self._ride(opening)
        constant, cosines, sines = self._rides[opening.track]
        angles = 4 * np.pi * np.outer(phase, [1.0, 2.0])
        return constant + np.cos(angles) @ cosines + np.sin(angles) @ sines

    def _ride(self, opening: Opening) -> tuple[float, F64, F64]:
        from scipy.optimize import linprog

        phase = np.linspace(0.0, 1.0, 200, endpoint=False)
        pelvis = self._trunk(phase)[0].turns()
        start = self.form.skeleton.centres[self.form.skeleton.index["pelvis"]]
        sway = self.style.sway * np.cos(2 * np.pi * (phase - 0.30))
        limit = np.full(len(phase), np.inf)
        for side in SIDES:
            hip = start + rotate(pelvis, self.form.legs[side].hip - start) + np.outer(sway, [1.0, 0.0, 0.0])
            gap = self._leg(side, phase, opening).ankle - hip
            reach = float(span(self.form.legs[side], LEAST_KNEE))
            rise = np.sqrt(np.maximum(reach**2 - gap[:, 0] ** 2 - gap[:, 2] ** 2, 0.01)) + gap[:, 1]
            limit = np.minimum(limit, rise)
        angles = 4 * np.pi * np.outer(phase, [1.0, 2.0])
        rows = np.concatenate([np.ones((len(phase), 1)), np.cos(angles), np.sin(angles)], axis=1)
        bounds = [(None, None), (-0.022, 0.022), (-0.005, 0.005), (-0.022, 0.022), (-0.005, 0.005)]
        best = linprog([-1.0, 0, 0, 0, 0], A_ub=rows, b_ub=limit, bounds=bounds).x
        return float(best[0]), best[[1, 2]], best[[3, 4]]

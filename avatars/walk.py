"""A procedural walk: feet, pelvis, trunk and arms over the gait cycle, for any body's proportions.

The pelvis rides on the highest smooth curve (two harmonics of the step) under which no leg is straighter than
`LEAST_KNEE`, nor than the flexion with which it takes the load; legs follow by two bones. Every curve is C2 and exactly
periodic. Trunk and arms follow published gait: Perry and Burnfield (2010), Gait Analysis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toile.avatars.feet import Foot
from toile.avatars.gait import FootPath, WalkStyle
from toile.avatars.limbs import SIDES, Arm, BodyForm, Leg, Segment, Stance, span
from toile.avatars.pose import F64, rotate

LEAST_KNEE = np.radians(12.0)
"""Least knee flexion while walking: straighter legs are a singularity of two-bone legs."""
LOADING = np.radians(6.0)
"""Knee flexion added as the leg takes the load."""
MID_STANCE = 0.2363
"""Phase at which the planted ankle passes under the hip."""
RELAXED_THUMB = np.radians(-8.0)
CYCLE_RANGE = (0.85, 1.18)
"""How far, in parts of its own, a cycle may be fitted to the length of a clip."""


def fitted_cycle(seconds: float, natural: float) -> float:
    """Return the cycle [s] nearest to natural that goes into a clip a whole number of times, or natural if none is near."""
    cycle = seconds / max(round(seconds / natural), 1)
    shortest, longest = CYCLE_RANGE
    return cycle if shortest * natural <= cycle <= longest * natural else natural


@dataclass(frozen=True)
class Opening:
    """How far limbs are held away from the body beyond the style's own: arms [rad], each foot from the midline [m].

    depth: part of the depth of a squat, a sitting or a lunge that is given up, because belly and thighs meet; upright: how far
    arms are opened [rad] while an action stands upright, if less than in its depth.
    """

    arm: float = 0.0
    track: float = 0.0
    depth: float = 0.0
    upright: float | None = None

    def arm_at(self, down: F64) -> F64:
        """Return how far arms are opened [rad] where an action has gone down by so much, from 0 to 1 (T,)."""
        least = self.arm if self.upright is None else min(self.upright, self.arm)
        return np.asarray(least + (self.arm - least) * down)


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
        sway = self._sway(phase)
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

    def _sway(self, phase: F64) -> F64:
        return self.style.sway * np.cos(2 * np.pi * (phase - 0.30))

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
        sway = self._sway(phase)
        limit = np.full(len(phase), np.inf)
        for side in SIDES:
            hip = start + rotate(pelvis, self.form.legs[side].hip - start) + np.outer(sway, [1.0, 0.0, 0.0])
            gap = self._leg(side, phase, opening).ankle - hip
            own = phase if side == "left" else phase + 0.5
            reach = span(self.form.legs[side], LEAST_KNEE + _yielding(own))
            rise = np.sqrt(np.maximum(reach**2 - gap[:, 0] ** 2 - gap[:, 2] ** 2, 0.01)) + gap[:, 1]
            limit = np.minimum(limit, rise)
        angles = 4 * np.pi * np.outer(phase, [1.0, 2.0])
        rows = np.concatenate([np.ones((len(phase), 1)), np.cos(angles), np.sin(angles)], axis=1)
        bounds = [(None, None), (-0.022, 0.022), (-0.005, 0.005), (-0.022, 0.022), (-0.005, 0.005)]
        best = linprog([-1.0, 0, 0, 0, 0], A_ub=rows, b_ub=limit, bounds=bounds).x
        return float(best[0]), best[[1, 2]], best[[3, 4]]


def _yielding(phase: F64) -> F64:
    """Return the knee flexion [rad] beyond LEAST_KNEE with which a leg takes the load, after heel strike."""
    u = np.clip((phase - np.floor(phase) - 0.03) / 0.25, 0.0, 1.0)
    return LOADING * 64.0 * (u * (1.0 - u)) ** 3

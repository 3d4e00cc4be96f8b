"""Motions in which feet leave the floor on the spot: a jump with a ballistic flight, a lunge.

The jump states the height of the centre of mass: crouch, push-off to the take-off speed sqrt(2 g h), free flight under
gravity, landing, rise. The pelvis is put where the posed segments have that centre.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from toile.avatars.actions import (
    BASE,
    Ground,
    at_hip_height,
    hanging,
    hip_height,
    standing_height,
    within_reach,
)
from toile.avatars.balance import balanced, centre_of_mass, lifted
from toile.avatars.limbs import SIDES, Leg, Segment, Stance, solve, span
from toile.avatars.pose import F64
from toile.avatars.tracks import Path, bump, step, track
from toile.avatars.walk import Opening

GRAVITY = 9.81
RISE_PER_HEIGHT = 0.085
"""How far the centre of mass rises in flight, in parts of the body's height."""
CROUCH = 0.15
"""How far it sinks before take-off, in parts of the body's height."""
TAKE_OFF_PITCH = np.radians(-46.0)
TAKE_OFF_KNEE = np.radians(33.0)
AIRBORNE_PITCH = np.radians(-56.0)
LANDING_PITCH = np.radians(-40.0)
TAKE_OFF = 1.0
PUSH = 0.30
"""Time [s] from the lowest point of the crouch to take-off."""
LANDS_LOWER = 0.045
"""How much lower the centre of mass is at landing than at take-off [m]."""
STRETCH = 0.024
"""How far the legs stretch as the feet leave the floor [m]; they are drawn up again in flight."""
LEAVES = 0.060
"""Time [s] in which the feet come up to the body's speed at take-off, and come down from it."""
JUMP_SECONDS = 2.7
LUNGE_SECONDS = 3.6
LUNGE_STEP = 0.40
"""How far the front foot steps, in parts of the body's height."""


@dataclass(frozen=True)
class Jump:
    """A jump on the spot, once a period [s]: its rise [m] is that of the centre of mass in flight."""

    ground: Ground
    rise: float
    stature: float
    period: float

    @property
    def speed(self) -> float:
        """Speed of the centre of mass at take-off [m/s]."""
        return float(np.sqrt(2.0 * GRAVITY * self.rise))

    @property
    def flight(self) -> tuple[float, float]:
        """When the toes leave the floor and touch it again [s], the legs then bent a little more."""
        aloft = (self.speed + np.sqrt(self.speed**2 + 2.0 * GRAVITY * LANDS_LOWER)) / GRAVITY
        return TAKE_OFF, TAKE_OFF + float(aloft)

    def at(self, times: F64, opening: Opening) -> Stance:
        """Return the stance at times [s]."""
        form, t = self.ground.form, np.mod(times, self.period)
        ends = self._stance(np.array([0.0, TAKE_OFF]), opening)
        still, off = centre_of_mass(form.skeleton, *solve(form, self._standing(ends)))[:, 1]
        stance = self._stance(t, opening)
        return lifted(form, stance, self._centre(float(still), float(off))(t))

    def _standing(self, stance: Stance) -> Stance:
        """Return a stance whose pelvis is as high as its straighter knee allows at take-off, and standing else."""
        form = self.ground.form
        shift = stance.pelvis_shift.copy()
        for k, knee in enumerate((np.radians(10.0), TAKE_OFF_KNEE)):
            rises = []
            for side, leg in stance.legs.items():
                hip = form.legs[side].hip + shift[k]
                gap = leg.ankle[k] - hip
                reach = float(span(form.legs[side], float(knee)))
                rises.append(gap[1] + np.sqrt(reach**2 - gap[0] ** 2 - gap[2] ** 2))
            shift[k, 1] += min(rises)
        return replace(stance, pelvis_shift=shift)

    def _centre(self, still: float, off: float) -> Path:
        """Return the height [m] of the centre of mass over time."""
        leave, land = self.flight
        sink = CROUCH * self.stature
        landing = self.speed - GRAVITY * (land - leave)
        return Path.through(
            [
                (0.12, still, 0.0, 0.0),
                (leave - PUSH, still - sink, 0.0, 8.0),
                (leave, off, self.speed, -GRAVITY),
                (land, off - LANDS_LOWER, landing, -GRAVITY),
                (land + 0.27, still - 0.8 * sink, 0.0, 5.0),
                (land + 1.05, still, 0.0, 0.0),
            ]
        )

    def _stance(self, t: F64, opening: Opening) -> Stance:
        form, none = self.ground.form, np.zeros_like(t)
        leave, land = self.flight
        low, again = leave - PUSH, land + 0.27
        crouch = track(t, (0.0, 0.1, 0.0), (low - 0.03, low, 1.0), (leave, land, 0.0), (again, again + 0.06, 0.7),
                       (land + 1.0, 9.0, 0.0))  # fmt: skip
        pelvis = Segment(none, none, np.radians(14.0) * crouch)
        chest = Segment(none, none, np.radians(0.5) + np.radians(32.0) * crouch)
        head = Segment(none, none, np.radians(10.0) * crouch)
        swing = track(t, (0.0, 0.1, 0.0), (low - 0.08, low - 0.02, -0.62), (leave + 0.04, leave + 0.1, 1.97),
                      (land + 0.12, land + 0.16, 0.75), (land + 1.0, 9.0, 0.0))  # fmt: skip
        bent = track(t, (0.0, 0.1, 0.0), (low, low + 0.02, 0.15), (leave, leave + 0.15, -0.10), (land, land + 0.05, 0.3),
                     (land + 1.0, 9.0, 0.0))  # fmt: skip
        legs = {side: self._leg(side, t, opening) for side in SIDES}
        stance = Stance(
            np.zeros((len(t), 3)),
            pelvis,
            chest,
            head,
            legs,
            hanging(len(t), opening, swing, bent, step(2.5 * np.abs(swing))),
        )
        tiptoe = track(t, (0.0, low + 0.08, 0.0), (leave, land, 1.0), (land + 0.3, 9.0, 0.0))
        over = self.ground.base(self.ground.legs(len(t), opening))
        over[:, 1] += tiptoe * (1.0 - BASE) * self.ground.feet["left"].toe[0]
        return balanced(form, stance, over)

    def _leg(self, side: str, t: F64, opening: Opening) -> Leg:
        """Return a foot that rises on its toes, flies and lands on its toes."""
        leave, land = self.flight
        foot, leg = self.ground.feet[side], self.ground.legs(len(t), opening)[side]
        middle = 0.5 * (leave + land)
        pitch = Path.through(
            [
                (leave - 0.28, 0.0, 0.0, 0.0),
                (leave, TAKE_OFF_PITCH, -7.0, 0.0),
                (middle, AIRBORNE_PITCH, 0.0, 0.0),
                (land, LANDING_PITCH, 6.0, 0.0),
                (land + 0.18, 0.0, 0.0, 0.0),
            ]
        )(t)
        travel, height = foot.rolled(pitch)
        ankle = leg.ankle.copy()
        ankle[:, 0] += travel * np.sin(leg.yaw)
        ankle[:, 2] += travel * np.cos(leg.yaw)
        ankle[:, 1] = height + self._aloft(t)
        toe = -pitch * (1.0 - 0.7 * step((t - leave) / 0.1) * (1.0 - step((t - land + 0.1) / 0.1)))
        return Leg(ankle, leg.yaw, pitch, toe, leg.follow)

    def _aloft(self, t: F64) -> F64:
        """Return how high the feet are over the floor [m]: as the body in flight, less what the legs stretch."""
        leave, land = self.flight
        rise, fall = LEAVES, land - leave - LEAVES

        def flown(s: float) -> tuple[float, float, float]:
            drawn = STRETCH / (land - leave)
            return (
                self.speed * s - 0.5 * GRAVITY * s * s - STRETCH + drawn * s,
                self.speed - GRAVITY * s + drawn,
                -GRAVITY,
            )

        stations = [
            (leave, 0.0, 0.0, 0.0),
            (leave + rise, *flown(rise)),
            (leave + fall, *flown(fall)),
            (land, 0.0, 0.0, 0.0),
        ]
        return np.where((t > leave) & (t < land), Path.through(stations)(t), 0.0)


@dataclass(frozen=True)
class Lunge:
    """A lunge with the left foot: a step ahead, down between the feet on the toes of the right one, and back."""

    ground: Ground
    stature: float
    period: float

    def at(self, times: F64, opening: Opening) -> Stance:
        """Return the stance at times [s]."""
        form, none = self.ground.form, np.zeros_like(times)
        t = np.mod(times, self.period) * LUNGE_SECONDS / self.period
        down = track(t, (0.0, 0.3, 0.0), (1.35, 1.75, 1.0), (2.75, LUNGE_SECONDS, 0.0))
        over_right = track(t, (0.0, 0.0, 0.0), (0.22, 0.3, 1.0), (0.9, 2.15, 0.0), (2.45, 2.75, 1.0),
                           (3.25, LUNGE_SECONDS, 0.0))  # fmt: skip
        depth = down * (1.0 - opening.depth)
        legs = {"left": self._front(t, opening), "right": self._rear(t, depth, opening)}
        pelvis = Segment(np.radians(-4.0) * down, none, np.radians(5.0) * down)
        chest = Segment(np.radians(4.0) * down, none, np.radians(0.5) + np.radians(9.0) * down)
        head = Segment(none, none, np.radians(3.0) * down)
        high = hip_height(form) + standing_height(form, self.ground.legs(1, opening))
        shift = at_hip_height(form, pelvis, (1.0 - depth) * high + depth * self._lowest())
        shift[:, 1] -= 0.015 * over_right
        arms = hanging(len(t), opening, np.radians(6.0) * down, np.radians(10.0) * down)
        over = self.ground.base(legs)
        right = self.ground.base({"left": legs["right"], "right": legs["right"]})
        over = over + 0.8 * over_right[:, None] * (right - over)
        stance = balanced(form, Stance(shift, pelvis, chest, head, legs, arms), over)
        return within_reach(form, stance)

    def _front(self, t: F64, opening: Opening) -> Leg:
        foot, leg = self.ground.feet["left"], self.ground.legs(len(t), opening)["left"]
        first, second = (t - 0.28) / 0.67, (t - 2.15) / 0.70
        # The foot goes ahead while it is high, so that it neither scrapes nor slides.
        out, back = step((first - 0.14) / 0.72), step((second - 0.14) / 0.72)
        pitch = -np.radians(16.0) * (bump(first / 0.7) + bump(second / 0.7))
        travel, height = foot.rolled(pitch)
        ankle = leg.ankle.copy()
        ankle[:, 0] += travel * np.sin(leg.yaw)
        ankle[:, 2] += LUNGE_STEP * self.stature * (out - back) + travel * np.cos(leg.yaw)
        ankle[:, 1] = height + 0.06 * (bump(first) + bump(second))
        return Leg(ankle, leg.yaw, pitch, -pitch, leg.follow)

    def _rear(self, t: F64, depth: F64, opening: Opening) -> Leg:
        foot, leg = self.ground.feet["right"], self.ground.legs(len(t), opening)["right"]
        pitch = -np.radians(58.0) * depth
        travel, height = foot.rolled(pitch)
        yaw = leg.yaw
        ankle = leg.ankle.copy()
        ankle[:, 0] += travel * np.sin(yaw)
        ankle[:, 2] += travel * np.cos(yaw)
        ankle[:, 1] = height
        return Leg(ankle, yaw, pitch, -pitch, leg.follow)

    def _lowest(self) -> float:
        """Return the height [m] of the hips with the front shin upright and its thigh 20 degrees above level."""
        leg = self.ground.form.legs["left"]
        return self.ground.ankle_height("left") + leg.shank + leg.thigh * float(np.sin(np.radians(20.0)))

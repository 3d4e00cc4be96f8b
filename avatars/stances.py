"""Motions on the spot: standing, turning with stepping feet, raising the arms. Each loops over its clip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from toile.avatars.feet import Foot
from toile.avatars.limbs import SIDES, Arm, BodyForm, Leg, Segment, Stance, span
from toile.avatars.pose import F64, rotate
from toile.avatars.tracks import bump, step
from toile.avatars.walk import RELAXED_THUMB, Opening

HALF_TRACK = 0.085
TOE_OUT = np.radians(8.0)
SOFT_KNEE = np.radians(10.0)
ARM_ABDUCTION = np.radians(8.0)
RELAXED_CURL = np.radians(16.0)
BREATH_SECONDS = 4.0
TURN_SECONDS = 6.0
"""Time of a whole turn at an easy pace."""
SHORTEST_TURN = 4.0
"""A shorter clip turns only part of the way."""
STEP_SECONDS = 1.0
SWING_SHARE = 0.34
STEP_LIFT = 0.032
LIFTED = 0.17
"""Part of a foot's swing in which it only rises, and of the end in which it only sinks."""
RAISED = np.radians(88.0)

Moving = Callable[[F64, Opening], Stance]


def moving(name: str, form: BodyForm, feet: dict[str, Foot], seconds: float) -> tuple[Moving, float, float]:
    """Return a motion on the spot as a function of time [s] and opening, twice the time [s] in which all is shown, and its period [s].

    (A mirror-symmetric motion shows all it has in half its period; a turn is not: inner and outer foot differ.)
    """
    period = seconds / max(round(seconds / BREATH_SECONDS), 1)
    if name == "turn":
        turn = Turn.lasting(seconds)
        return lambda t, opening: turn.at(form, feet, t, opening), 2.0 * turn.step, turn.period
    if name == "raise_arms":
        return lambda t, opening: raising(form, feet, t, opening, period), period, period
    return lambda t, opening: standing(form, feet, t, opening, period), period, period


def standing(form: BodyForm, feet: dict[str, Foot], times: F64, opening: Opening, period: float) -> Stance:
    """Return standing at times [s]: breathing once and shifting weight once a period [s], feet planted."""
    angle = 2.0 * np.pi * times / period
    weight = np.sin(angle)
    none = np.zeros_like(times)
    breath = np.radians(0.7) * np.sin(angle - 0.6)
    pelvis = Segment(np.radians(1.0) * weight, np.radians(1.2) * weight, none)
    chest = Segment(np.radians(-1.0) * weight, np.radians(-0.8) * weight, np.radians(0.5) - breath)
    head = Segment(np.radians(1.5) * np.sin(angle + 0.8), none, 0.2 * breath)
    legs = {side: _planted(form, feet, side, none, opening) for side in SIDES}
    shift = _ridden(form, pelvis, np.stack([0.014 * weight, none, none], axis=-1), legs)
    arms = {
        side: Arm(
            none + ARM_ABDUCTION + opening.arm + 0.3 * breath,
            np.radians(-1.0) - 0.8 * breath,
            np.radians(18.0) + np.radians(1.0) * np.sin(angle - 0.9),
            none + RELAXED_THUMB,
            none + RELAXED_CURL,
        )
        for side in SIDES
    }
    return Stance(shift, pelvis, chest, head, legs, arms)


def raising(form: BodyForm, feet: dict[str, Foot], times: F64, opening: Opening, period: float) -> Stance:
    """Return raising both arms to the sides and lowering them, once a period [s], over standing."""
    base = standing(form, feet, times, opening, period)
    lifted = 0.5 - 0.5 * np.cos(2.0 * np.pi * times / period)
    arms = {
        side: Arm(
            arm.abduction + lifted * (RAISED - arm.abduction),
            arm.swing * (1.0 - lifted),
            arm.elbow - np.radians(11.0) * lifted,
            arm.pronation,
            arm.curl - 0.95 * RELAXED_CURL * lifted,
        )
        for side, arm in base.arms.items()
    }
    return Stance(base.pelvis_shift, base.pelvis, base.chest, base.head, base.legs, arms)


@dataclass(frozen=True)
class Turn:
    """A turn to the left on the spot: rate [rad/s], period of a foot's step [s]; feet plant, lift, set down ahead."""

    rate: float
    step: float
    period: float

    @classmethod
    def lasting(cls, seconds: float) -> Turn:
        """Return whole turns for a clip of `SHORTEST_TURN` seconds or more, at the easy pace for a shorter one."""
        if seconds < SHORTEST_TURN:
            return cls(2.0 * np.pi / TURN_SECONDS, STEP_SECONDS, TURN_SECONDS)
        once = seconds / max(round(seconds / TURN_SECONDS), 1)
        return cls(2.0 * np.pi / once, once / max(round(once / STEP_SECONDS), 4), once)

    def at(self, form: BodyForm, feet: dict[str, Foot], times: F64, opening: Opening) -> Stance:
        """Return the stance at times [s]."""
        heading, angle = self.rate * times, 2.0 * np.pi * times / self.step
        none = np.zeros_like(times)
        bear = -np.cos(angle + np.pi * SWING_SHARE)
        sway = 0.020 * bear
        pelvis = Segment(heading, np.radians(1.5) * bear, none)
        chest = Segment(heading + np.radians(4.0), np.radians(-1.0) * bear, none + np.radians(1.0))
        head = Segment(heading + np.radians(8.0), none, none)
        legs = {side: self._leg(form, feet, side, times, opening) for side in SIDES}
        across = np.stack([np.cos(heading), none, -np.sin(heading)], axis=-1)
        shift = _ridden(form, pelvis, sway[:, None] * across, legs)
        arms = {
            side: Arm(
                none + ARM_ABDUCTION + np.radians(2.0) + opening.arm,
                np.radians(-1.0 + 4.0 * SIDES[side] * np.cos(angle)),
                none + np.radians(20.0),
                none + RELAXED_THUMB,
                none + RELAXED_CURL,
            )
            for side in SIDES
        }
        return Stance(shift, pelvis, chest, head, legs, arms)

    def _leg(self, form: BodyForm, feet: dict[str, Foot], side: str, times: F64, opening: Opening) -> Leg:
        count = times / self.step + (0.0 if side == "left" else 0.5)
        whole = np.floor(count)
        u = np.clip((count - whole - (1.0 - SWING_SHARE)) / SWING_SHARE, 0.0, 1.0)
        moved = step((u - LIFTED) / (1.0 - 2.0 * LIFTED))
        # Planted at the heading the body has in the middle of the foot's stance.
        middle = whole + 0.5 * (1.0 - SWING_SHARE) - (0.0 if side == "left" else 0.5)
        heading = self.rate * self.step * (middle + moved)
        pitch = -np.radians(14.0) * bump(u)
        return _planted(form, feet, side, heading, opening, STEP_LIFT * bump(u), pitch)


def _planted(
    form: BodyForm,
    feet: dict[str, Foot],
    side: str,
    heading: F64,
    opening: Opening,
    lift: F64 | float = 0.0,
    pitch: F64 | float = 0.0,
) -> Leg:
    """Return a foot beside the midline, on the floor or lifted [m], the body's heading [rad] being such."""
    sign, hip = SIDES[side], form.legs[side].hip
    pitch = np.zeros_like(heading) + pitch
    across = sign * (HALF_TRACK + opening.track)
    ahead = hip[2] + STAND_AHEAD
    cosine, sine = np.cos(heading), np.sin(heading)
    yaw = heading + sign * TOE_OUT
    travel, height = feet[side].rolled(pitch)
    ankle = np.stack(
        [cosine * across + sine * ahead, height + lift, -sine * across + cosine * ahead], axis=-1
    )
    ankle += travel[:, None] * np.stack([np.sin(yaw), np.zeros_like(yaw), np.cos(yaw)], axis=-1)
    return Leg(ankle, yaw, pitch, -pitch)


STAND_AHEAD = -0.02
"""Where the ankles stand, ahead of the hips [m]."""


def _ridden(form: BodyForm, pelvis: Segment, shift: F64, legs: dict[str, Leg]) -> F64:
    """Return a pelvis displacement [m] (T, 3) lowered or raised to the height at which no knee is straighter than soft.

    The height is one for all times: that of the most stretched moment.
    """
    start = form.skeleton.centres[form.skeleton.index["pelvis"]]
    turns, limit = pelvis.turns(), np.inf
    for side, leg in legs.items():
        gap = leg.ankle - (start + shift + rotate(turns, form.legs[side].hip - start))
        reach = float(span(form.legs[side], SOFT_KNEE))
        rise = gap[:, 1] + np.sqrt(np.maximum(reach**2 - gap[:, 0] ** 2 - gap[:, 2] ** 2, 0.01))
        limit = min(limit, float(rise.min()))
    return shift + np.array([0.0, limit, 0.0])

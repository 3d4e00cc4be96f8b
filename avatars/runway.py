"""The catwalk with its turn: walking, a stop with one foot ahead, a half turn with stepping feet, a last pose.

The walk stops by its clock: phase runs on ever slower and rests in double support, so that feet and ground stay together
whatever the speed. Then each foot swings in turn to its next place on the ground while the pelvis turns above them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from toile.avatars.actions import (
    ARM_ABDUCTION,
    BASE,
    RELAXED_CURL,
    hip_height,
    within_reach,
)
from toile.avatars.limbs import SIDES, Arm, Leg, Segment, Stance
from toile.avatars.pose import F64
from toile.avatars.tracks import bump, step
from toile.avatars.walk import RELAXED_THUMB, Opening, Walk

LEAST_SECONDS = 5.0
"""Shorter clips only walk."""
SLOWING = 1.1
"""Time [s] in which the walk comes to rest; it goes half as far as at full speed."""
POSE = 0.55
REST_PHASE = 0.10
"""Phase of the left leg's cycle in which the walk stops: its foot is flat ahead, the right one behind on its toes."""
SWING = 0.42
STEP_APART = 0.44
STEPS = (("right", 22.0), ("left", 78.0), ("right", 130.0), ("left", 172.0), ("right", 180.0))
"""Which foot steps to which heading [degrees]."""
LAST = 0.9
"""Time [s] of the last pose."""
LIFT = 0.045
EARLY = 0.19
"""Part of a swing in which the foot only rises, and of its end in which it only sinks."""
AROUND = 0.125
"""How far a foot swings out round the standing leg [m]."""
HALF_TRACK = 0.105
TOE_OUT = np.radians(7.0)


@dataclass(frozen=True)
class Runway:
    """A walk that ends in a turn, over a clip of so many seconds."""

    walk: Walk
    seconds: float

    @property
    def walking(self) -> float:
        """Seconds of walking at full speed."""
        return self.seconds - SLOWING - POSE - self.turning - LAST

    @property
    def turning(self) -> float:
        """Seconds of turning."""
        return STEP_APART * (len(STEPS) - 1) + SWING

    def phase(self, times: F64) -> F64:
        """Return the phase of the walk at times [s]: it runs evenly, slows down and rests."""
        cycle, end = self.walk.cycle, self.walking
        rest = (end + 0.5 * SLOWING) / cycle
        start = REST_PHASE - rest
        u = np.clip((times - end) / SLOWING, 0.0, 1.0)
        slowed = SLOWING * (u - u**3 * (2.5 - 3.0 * u + u * u)) / cycle
        return start + np.minimum(times, end) / cycle + slowed

    def way(self, times: F64) -> F64:
        """Return how far [m] the ground has gone back since time 0."""
        return self.walk.stride * (self.phase(times) - self.phase(np.zeros(1)))

    def at(self, times: F64, opening: Opening) -> Stance:
        """Return the stance at times [s]."""
        walked = self.walk.at(self.phase(times) * self.walk.cycle, opening)
        t = times - (self.walking + SLOWING + POSE)
        legs = {side: self._leg(walked.legs[side], side, t, opening) for side in SIDES}
        heading = np.radians(180.0) * step(t / self.turning)
        gone = step(t / (0.9 * self.turning))
        bear = np.zeros_like(t)
        for k, (side, _) in enumerate(STEPS):
            bear += -SIDES[side] * bump((t - k * STEP_APART + 0.08) / (SWING + 0.16))
        pelvis = Segment((1.0 - gone) * walked.pelvis.yaw + heading, (1.0 - gone) * walked.pelvis.list + np.radians(1.5) * bear,
                         (1.0 - gone) * walked.pelvis.tilt)  # fmt: skip
        ahead = np.radians(9.0) * bump(t / (0.8 * self.turning))
        chest = Segment(
            (1.0 - gone) * walked.chest.yaw + heading + ahead,
            (1.0 - gone) * walked.chest.list,
            walked.chest.tilt,
        )
        head = Segment(
            (1.0 - gone) * walked.head.yaw + heading + 2.0 * ahead, walked.head.list, walked.head.tilt
        )
        return within_reach(
            self.walk.form, self._carried(walked, legs, pelvis, chest, head, t, bear, opening)
        )

    def _carried(self, walked: Stance, legs: dict[str, Leg], pelvis: Segment, chest: Segment, head: Segment, t: F64,
                 bear: F64, opening: Opening) -> Stance:  # fmt: skip
        """Return the stance with its weight between the feet."""
        gone = step(t / (0.6 * self.turning))
        ankle = sum(leg.ankle[:, [0, 2]] + BASE * self.walk.feet[s].toe[0] * 0.5 * np.stack([np.sin(leg.yaw), np.cos(leg.yaw)], -1)
                    for s, leg in legs.items()) / 2.0  # fmt: skip
        hips = self.walk.form.skeleton.centres[self.walk.form.skeleton.index["pelvis"]]
        aside = 0.018 * bear
        across = np.stack([np.cos(pelvis.yaw), -np.sin(pelvis.yaw)], axis=-1)
        shift = walked.pelvis_shift.copy()
        high = float(hip_height(self.walk.form))
        stands = self.walk.form.legs["left"].thigh + self.walk.form.legs["left"].shank
        standing = self.walk.feet["left"].rest_height + stands * 0.9965 - high
        shift[:, 1] += gone * (standing - shift[:, 1])
        level = ankle - hips[[0, 2]] + aside[:, None] * across
        shift[:, [0, 2]] += gone[:, None] * (level - shift[:, [0, 2]])
        arms = {}
        for side, arm in walked.arms.items():
            hung = Arm(0 * t + ARM_ABDUCTION + opening.arm, 0 * t - np.radians(2.0), 0 * t + np.radians(19.0),
                       0 * t + RELAXED_THUMB, 0 * t + RELAXED_CURL)  # fmt: skip
            swung = np.radians(7.0) * SIDES[side] * bump(t / self.turning)
            arms[side] = Arm(*(
                (1.0 - gone) * getattr(arm, n) + gone * getattr(hung, n) + (swung if n == "swing" else 0.0)
                for n in ("abduction", "swing", "elbow", "pronation", "curl")
            ))  # fmt: skip
        return replace(
            walked, pelvis_shift=shift, pelvis=pelvis, chest=chest, head=head, legs=legs, arms=arms
        )

    def _leg(self, walked: Leg, side: str, t: F64, opening: Opening) -> Leg:
        """Return a foot that stands as it did when the walk stopped, then steps round."""
        foot, sign = self.walk.feet[side], SIDES[side]
        stop = self.walk.at(np.array([REST_PHASE * self.walk.cycle]), opening)
        centre = 0.5 * (stop.legs["left"].ankle[0] + stop.legs["right"].ankle[0])[[0, 2]]
        at, yaw, pitch = walked.ankle[:, [0, 2]].copy(), walked.yaw.copy(), walked.pitch.copy()
        toe, lifted = walked.toe.copy(), np.zeros_like(t)
        flat = np.zeros_like(t)
        base_at, base_yaw = stop.legs[side].ankle[0, [0, 2]].copy(), float(stop.legs[side].yaw[0])
        first = True
        for k, (which, degrees) in enumerate(STEPS):
            if which != side:
                continue
            u = (t - k * STEP_APART) / SWING
            moved = step((u - EARLY) / (1.0 - 2.0 * EARLY))
            heading = np.radians(degrees)
            place = centre + (HALF_TRACK + opening.track) * sign * np.array(
                [np.cos(heading), -np.sin(heading)]
            )
            place = place + STAND_BACK * np.array([np.sin(heading), np.cos(heading)])
            to_yaw = heading + sign * TOE_OUT
            at += moved[:, None] * (place - base_at)
            middle = 0.5 * (base_yaw + to_yaw)
            at += (
                AROUND * bump((u - 0.12) / 0.76)[:, None] * sign * np.array([np.cos(middle), -np.sin(middle)])
            )
            yaw += moved * (to_yaw - base_yaw)
            lifted += LIFT * bump(u)
            if first:
                flat = step((u - EARLY) / (1.0 - 2.0 * EARLY))
                first = False
            base_at, base_yaw = place, to_yaw
        pitch, toe = (1.0 - flat) * pitch, (1.0 - flat) * toe
        rolled = foot.rolled(pitch)[1]
        height = np.where(flat > 0.0, rolled + lifted, walked.ankle[:, 1] + lifted)
        ankle = np.stack([at[:, 0], height, at[:, 1]], axis=-1)
        return Leg(ankle, yaw, pitch, toe, 0.5)


STAND_BACK = -0.03
"""Where the ankles come to stand behind the middle between the feet [m]."""

"""Motions on planted feet in which fit is tested: sitting down, squatting, reaching.

Each is a stance over time whose pelvis is placed so that the weight is over the feet, at the speed of an easy mover, and
returns to where it began. Ranges of joints: Neumann (2016), Kinesiology of the Musculoskeletal System.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from toile.avatars.balance import balanced
from toile.avatars.feet import Foot
from toile.avatars.limbs import SIDES, Arm, BodyForm, Leg, Segment, Stance, span
from toile.avatars.pose import F64, rotate
from toile.avatars.tracks import step, track
from toile.avatars.walk import Opening

SOFT_KNEE = np.radians(10.0)
ARM_ABDUCTION = np.radians(8.0)
RELAXED_CURL = np.radians(16.0)
RELAXED_THUMB = np.radians(-8.0)
SQUAT_SECONDS = 3.0
SIT_SECONDS = 4.0
REACH_SECONDS = 5.0
SQUAT_TRACK = 0.135
SQUAT_TOE_OUT = np.radians(22.0)
SIT_TRACK = 0.095
SIT_TOE_OUT = np.radians(10.0)
LEAST_KNEE = np.radians(9.0)
SOFTNESS = 0.012
"""How gradually [m] the pelvis gives way to the reach of a leg."""
BASE = 0.42
"""Where the weight stands on the feet, in parts of the way from the ankle to the toe joint."""


@dataclass(frozen=True)
class Ground:
    """Feet that stay where they are: half the distance between them [m], how far they point out [rad]."""

    form: BodyForm
    feet: dict[str, Foot]
    half_track: float
    toe_out: float

    def legs(self, count: int, opening: Opening, follow: float = 0.9) -> dict[str, Leg]:
        """Return both legs at so many moments."""
        found = {}
        for side, sign in SIDES.items():
            hip = self.form.legs[side].hip
            none = np.zeros(count)
            across = sign * (self.half_track + opening.track)
            at = np.array([across, self.ankle_height(side), hip[2] + STAND_AHEAD])
            found[side] = Leg(np.tile(at, (count, 1)), none + sign * self.toe_out, none, none, follow)
        return found

    def ankle_height(self, side: str) -> float:
        """Return the height [m] of an ankle over a foot that stands flat."""
        return float(self.feet[side].ankle_height(np.zeros(1), np.zeros(1))[0])

    def base(self, legs: dict[str, Leg]) -> F64:
        """Return where the weight is to stand [m] (T, 2), x and z."""
        places = []
        for side, leg in legs.items():
            ahead = BASE * self.feet[side].toe[0]
            places.append(
                leg.ankle[:, [0, 2]] + ahead * np.stack([np.sin(leg.yaw), np.cos(leg.yaw)], axis=-1)
            )
        return np.asarray(0.5 * (places[0] + places[1]))


STAND_AHEAD = -0.02
"""Where the ankles stand, ahead of the hips [m]."""


def standing_height(form: BodyForm, legs: dict[str, Leg], flexion: float = SOFT_KNEE) -> float:
    """Return the pelvis displacement [m], up, at which the straighter knee of a level pelvis is flexed so far [rad]."""
    rises = []
    for side, leg in legs.items():
        gap = leg.ankle[0] - form.legs[side].hip
        reach = float(span(form.legs[side], flexion))
        rises.append(gap[1] + np.sqrt(max(reach**2 - gap[0] ** 2 - gap[2] ** 2, 0.01)))
    return float(min(rises))


def hip_height(form: BodyForm) -> float:
    """Return the height [m] of the hips at rest."""
    return float(0.5 * (form.legs["left"].hip[1] + form.legs["right"].hip[1]))


def hips(form: BodyForm, pelvis: Segment, shift: F64) -> F64:
    """Return the middle between the hips [m] (T, 3) for a turned and displaced pelvis."""
    start = form.skeleton.centres[form.skeleton.index["pelvis"]]
    middle = 0.5 * (form.legs["left"].hip + form.legs["right"].hip)
    return np.asarray(start + shift + rotate(pelvis.turns(), middle - start))


def within_reach(form: BodyForm, stance: Stance) -> Stance:
    """Return a stance whose pelvis is lowered, smoothly, where a knee would be straighter than `LEAST_KNEE`."""
    turns = stance.pelvis.turns()
    start = form.skeleton.centres[form.skeleton.index["pelvis"]]
    shift = stance.pelvis_shift.copy()
    for side, leg in stance.legs.items():
        gap = leg.ankle - (start + shift + rotate(turns, form.legs[side].hip - start))
        reach = float(span(form.legs[side], float(LEAST_KNEE)))
        spare = gap[:, 1] + np.sqrt(np.maximum(reach**2 - gap[:, 0] ** 2 - gap[:, 2] ** 2, 0.01))
        shift[:, 1] += 0.5 * (spare - np.sqrt(spare**2 + SOFTNESS**2))
    return replace(stance, pelvis_shift=shift)


def hanging(
    count: int, opening: Opening, swing: F64 | float = 0.0, elbow: F64 | float = 0.0, down: F64 | float = 1.0
) -> dict[str, Arm]:
    """Return arms that hang, swung forward and bent by so much more [rad], opened as an action that has gone down so far needs."""
    none = np.zeros(count)
    arm = Arm(
        none + ARM_ABDUCTION + opening.arm_at(none + down),
        none + np.radians(-1.0) + swing,
        none + np.radians(18.0) + elbow,
        none + RELAXED_THUMB,
        none + RELAXED_CURL,
    )
    return dict.fromkeys(SIDES, arm)


def at_hip_height(form: BodyForm, pelvis: Segment, height: F64) -> F64:
    """Return the pelvis displacement [m] (T, 3), straight up or down, that brings the middle of the hips to heights [m]."""
    shift = np.zeros((len(height), 3))
    shift[:, 1] = height - hips(form, pelvis, shift)[:, 1]
    return shift


@dataclass(frozen=True)
class Squat:
    """A squat with flat heels and arms ahead: down to thighs near level, at rest for a moment, up again."""

    ground: Ground
    period: float

    def at(self, times: F64, opening: Opening) -> Stance:
        """Return the stance at times [s]."""
        form, count = self.ground.form, len(times)
        t = np.mod(times, self.period) * SQUAT_SECONDS / self.period
        down = track(t, (0.0, 0.1, 0.0), (1.25, 1.55, 1.0), (2.8, 3.0, 0.0))
        depth, opened = down * (1.0 - opening.depth), step(2.5 * down)
        none = np.zeros(count)
        legs = self.ground.legs(count, opening)
        pelvis = Segment(none, none, np.radians(20.0) * depth)
        chest = Segment(none, none, np.radians(0.5) + np.radians(36.0) * depth)
        head = Segment(none, none, np.radians(14.0) * depth)
        high = hip_height(form) + standing_height(form, legs)
        shift = at_hip_height(form, pelvis, (1.0 - depth) * high + depth * self._deepest())
        arms = hanging(count, opening, np.radians(84.0) * down, np.radians(-4.0) * down, opened)
        stance = Stance(shift, pelvis, chest, head, legs, arms)
        return balanced(form, stance, self.ground.base(legs))

    def _deepest(self) -> float:
        """Return the height [m] of the hips with thighs 8 degrees above level and shins 30 degrees ahead of upright."""
        leg = self.ground.form.legs["left"]
        ankle = self.ground.ankle_height("left")
        return (
            ankle + leg.shank * float(np.cos(np.radians(30.0))) + leg.thigh * float(np.sin(np.radians(8.0)))
        )


@dataclass(frozen=True)
class Sit:
    """Sitting down on a stool as high as the hollow of the knee, staying, standing up.

    seat: height [m] of the stool; above_seat: height [m] of the hips' centres over it when seated.
    """

    ground: Ground
    seat: float
    above_seat: float
    stay: float

    @property
    def period(self) -> float:
        """Seconds from standing to standing."""
        return SIT_SECONDS + self.stay

    def at(self, times: F64, opening: Opening) -> Stance:
        """Return the stance at times [s]."""
        form, count = self.ground.form, len(times)
        t = np.mod(times, self.period)
        back = self.period - 1.75
        down = track(t, (0.0, 0.1, 0.0), (1.55, back, 1.0), (self.period - 0.15, self.period, 0.0))
        lean = track(t, (0.0, 0.05, 0.0), (0.95, 0.98, 1.0), (1.9, back - 0.35, 0.0), (back + 0.6, back + 0.7, 1.0),
                     (self.period - 0.2, self.period, 0.0)) * (1.0 - opening.depth)  # fmt: skip
        none = np.zeros(count)
        legs = self.ground.legs(count, opening)
        pelvis = Segment(none, none, np.radians(22.0) * lean - np.radians(12.0) * down)
        chest = Segment(none, none, np.radians(0.5) + np.radians(36.0) * lean)
        head = Segment(none, none, np.radians(16.0) * lean + np.radians(2.0) * down)
        high, low = hip_height(form) + standing_height(form, legs), self.hips_seated(opening)
        shift = at_hip_height(form, pelvis, (1.0 - down) * high + down * low[1])
        opened = step(2.5 * np.maximum(down, lean))
        rest = track(t, (0.0, 0.9, 0.0), (2.0, back - 0.2, 1.0), (back + 1.0, self.period, 0.0))
        arms = {
            side: replace(
                arm,
                swing=arm.swing + np.radians(14.0) * lean + np.radians(20.0) * rest,
                elbow=arm.elbow
                + np.radians(10.0) * lean
                + (np.radians(38.0) + np.minimum(opening.arm, MOST_LIFT)) * rest,
                pronation=arm.pronation + np.radians(72.0) * rest,
                curl=arm.curl - 0.4 * RELAXED_CURL * rest,
            )
            for side, arm in hanging(count, opening, down=opened).items()
        }
        stance = balanced(form, Stance(shift, pelvis, chest, head, legs, arms), self.ground.base(legs))
        ahead = low[2] - hips(form, pelvis, stance.pelvis_shift)[:, 2]
        stance.pelvis_shift[:, 2] += step((down - 0.45) / 0.55) * ahead
        return stance

    def hips_seated(self, opening: Opening) -> F64:
        """Return the middle of the hips [m] (3,) of the seated body: shins upright, thighs from the knees to the seat."""
        leg = self.ground.form.legs["left"]
        foot = self.ground.legs(1, opening)["left"].ankle[0]
        height = self.seat + opening.depth * DEEPEST_RAISE + self.above_seat
        rise = height - foot[1] - leg.shank * np.cos(SHIN)
        aside = foot[0] - leg.hip[0]
        level = np.sqrt(max((leg.thigh * 0.9995) ** 2 - rise**2 - aside**2, 0.01))
        return np.array([0.0, height, foot[2] + leg.shank * np.sin(SHIN) - level])


MOST_LIFT = np.radians(14.0)
"""How far the forearms of a seated body are lifted off its lap, at most, where arms are opened."""
SHIN = np.radians(4.0)
"""How far the knees of a seated body are ahead of its ankles."""
DEEPEST_RAISE = 0.12
"""The stool is raised by at most this much [m] for a body whose belly and thighs meet."""


@dataclass(frozen=True)
class Reach:
    """Reaching with the right arm: ahead at the height of the shoulder, then up, as for a high shelf, and back."""

    ground: Ground
    period: float

    def at(self, times: F64, opening: Opening) -> Stance:
        """Return the stance at times [s]."""
        form, count = self.ground.form, len(times)
        t = np.mod(times, self.period) * REACH_SECONDS / self.period
        ahead = track(t, (0.0, 0.1, 0.0), (1.25, 1.6, 1.0), (2.6, 5.0, 0.0))
        up = track(t, (0.0, 1.6, 0.0), (2.75, 3.2, 1.0), (4.75, 5.0, 0.0))
        none = np.zeros(count)
        legs = self.ground.legs(count, opening, 0.5)
        pelvis = Segment(np.radians(5.0) * ahead, np.radians(-1.5) * up, np.radians(3.0) * ahead)
        chest = Segment(np.radians(14.0) * ahead + np.radians(4.0) * up, np.radians(-5.0) * up - np.radians(0.0) * ahead,
                        np.radians(0.5) + np.radians(8.0) * ahead - np.radians(5.0) * up)  # fmt: skip
        head = Segment(
            np.radians(4.0) * ahead - np.radians(6.0) * up,
            none,
            np.radians(2.0) * ahead - np.radians(14.0) * up,
        )
        high = hip_height(form) + standing_height(form, legs) - 0.012 * ahead
        shift = at_hip_height(form, pelvis, high)
        arms = hanging(count, opening)
        free, right = arms["left"], arms["right"]
        arms["left"] = replace(
            free, swing=free.swing - np.radians(6.0) * ahead, elbow=free.elbow + np.radians(4.0) * up
        )
        arms["right"] = replace(
            right,
            abduction=right.abduction
            + (np.radians(14.0) + 0.7 * opening.arm - right.abduction) * np.maximum(ahead, up),
            swing=right.swing + np.radians(86.0) * ahead + np.radians(158.0) * up,
            elbow=right.elbow - np.radians(12.0) * np.maximum(ahead, up),
            pronation=right.pronation + np.radians(70.0) * ahead + np.radians(30.0) * up,
            curl=right.curl * (1.0 - 0.8 * np.maximum(ahead, up)),
        )
        over = self.ground.base(legs)
        over[:, 0] -= 0.02 * ahead + 0.03 * up
        over[:, 1] += 0.035 * ahead
        return within_reach(form, balanced(form, Stance(shift, pelvis, chest, head, legs, arms), over))

"""Motions of an avatar: stand, walk, catwalk, turn, raise_arms, each from the A-pose, feet planted, arms clear.

A motion is a stance for every moment, solved into joint turns and kept on four keys a frame; between keys turns are
interpolated spherically. A lead-in of `LEAD_IN_SECONDS` blends the turns from rest (the A-pose, in which garments are
put on) to the moving body with a quintic step, so pose, speed and acceleration join at frame 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from toile.avatars import stances
from toile.avatars.clearance import Clearance, least, smallest_opening
from toile.avatars.feet import SOLE_HEIGHT, Foot, measure_foot
from toile.avatars.gait import CATWALK, WALK, WalkStyle
from toile.avatars.limbs import SIDES, BodyForm, Stance, solve
from toile.avatars.pose import F64, IDENTITY, Skin, slerp
from toile.avatars.walk import Opening, Walk, fitted_cycle
from toile.engine.core.body import F32, I32, Figure, Rig
from toile.engine.core.errors import BadInput

MOTIONS: tuple[str, ...] = ("stand", "walk", "catwalk", "turn", "raise_arms")
"""Names of the motions, as `make_motion` takes them."""
LEAD_IN_SECONDS = 1.4
KEYS_PER_FRAME = 4
SECONDS_RANGE = (0.1, 120.0)
FPS_RANGE = (5.0, 240.0)
CLEARANCE_RANGE = (0.0, 0.05)
WIDEST_ARM = np.radians(35.0)
WIDEST_TRACK = 0.15
ARM_MOMENTS = 7
LEG_MOMENTS = 16
"""Moments of half a period at which clearance is measured; the other half is its mirror image."""


class Dressable(Protocol):
    """What a motion needs of an avatar: its figure and its rig."""

    @property
    def figure(self) -> Figure:
        """The body in its dressing pose."""

    @property
    def rig(self) -> Rig:
        """Its skeleton and skinning weights."""


@dataclass(frozen=True)
class Motion:
    """A `toile.engine.core.body.BodyMotion`: keys of joint turns (K, J, 4) and root displacements [m] (K, 3).

    name; eased_deg: degrees by which arms and legs were opened to keep their clearance; clearance_m: the least clearance
    of arms and of legs over the motion [m]; ground_speed: speed [m/s] at which the ground passes under planted feet.
    """

    rig: Rig
    part_of_vertex: I32
    fps: float
    frame_count: int
    lead_in: int
    name: str
    turns: F64
    shifts: F64
    eased_deg: dict[str, float]
    clearance_m: dict[str, float]
    ground_speed: float
    skin: Skin

    def pose_at(self, frame: float) -> tuple[F64, F64]:
        """Return joint turns (J, 4) and root displacement [m] (3,) at a frame, clamped to the motion's ends."""
        key = (float(np.clip(frame, -self.lead_in, self.frame_count - 1)) + self.lead_in) * KEYS_PER_FRAME
        first = min(int(key), len(self.turns) - 2)
        part = key - first
        if part == 0.0:
            return self.turns[first], self.shifts[first]
        turns = slerp(self.turns[first], self.turns[first + 1], part)
        return turns, (1.0 - part) * self.shifts[first] + part * self.shifts[first + 1]

    def vertices_at(self, frame: float) -> F32:
        """Return the posed surface [m], shape (V, 3), at a frame from -lead_in to frame_count - 1."""
        return self.skin.vertices(*self.pose_at(frame))

    def transforms_at(self, frame: float) -> F32:
        """Return global joint transforms, shape (J, 4, 4), at a frame."""
        return self.skin.transforms(*self.pose_at(frame))


Moving = Callable[[F64, Opening], Stance]
"""A stance at times [s], limbs opened by so much."""


def make_motion(
    avatar: Dressable,
    name: str,
    seconds: float,
    fps: float,
    clearance: float = 0.012,
    *,
    travel: bool = False,
) -> Motion:
    """Return a motion of an avatar.

    Args:
        name: one of MOTIONS.
        seconds: length [s]; `round(seconds * fps)` frames. Walks fit a whole number of cycles into it where one is near.
        fps: frames per second.
        clearance: least distance [m] kept between arms and torso, and between the legs.
        travel: walks advance along +Z; without it they stay in place over ground that moves back, as on a treadmill.

    Raises:
        BadInput: unknown name, or numbers out of range.
    """
    _check(name, seconds, fps, clearance)
    rig, figure = avatar.rig, avatar.figure
    form = BodyForm.of(rig)
    feet = {side: measure_foot(rig, side) for side in SIDES}
    moving, period, speed = _moving(name, form, feet, figure.measurements.height, seconds)
    part = np.asarray(figure.part_of_vertex)
    meter = Clearance(rig, part)
    opening = ease_apart(meter, form, moving, period, clearance)
    frames, lead_in = max(round(seconds * fps), 1), max(round(LEAD_IN_SECONDS * fps), 2)
    times = np.arange(-lead_in * KEYS_PER_FRAME, (frames - 1) * KEYS_PER_FRAME + 1) / (KEYS_PER_FRAME * fps)
    if len(times) < 2:
        times = np.append(times, 0.0)
    turns, shifts = solve(form, moving(times, opening))
    turns, shifts = led_in(times, turns, shifts, Skin(rig, sole_vertices(rig)))
    if travel:
        shifts = shifts + np.outer(_advance(times, speed), [0.0, 0.0, 1.0])
        speed = 0.0
    leg = float(np.mean([form.legs[side].thigh + form.legs[side].shank for side in SIDES]))
    eased = {
        "arms": float(np.degrees(opening.arm)),
        "legs": float(np.degrees(np.arctan2(opening.track, leg))),
    }
    kept = {"arms": _least(meter.of_arms, meter, form, moving, period, opening, ARM_MOMENTS)}
    kept["legs"] = _least(meter.of_legs, meter, form, moving, period, opening, LEG_MOMENTS)
    return Motion(rig, part, float(fps), frames, lead_in, name, turns, shifts, eased, kept, speed, meter.skin)


def ease_apart(meter: Clearance, form: BodyForm, moving: Moving, period: float, clearance: float) -> Opening:
    """Return the smallest constant opening of arms and legs that keeps a clearance [m] over a period [s] of a motion.

    Legs open first, because they move the hips under the arms. Where even the widest opening falls short, it is taken, and
    the clearance that the motion reports says so.
    """
    track = smallest_opening(
        lambda x: _least(meter.of_legs, meter, form, moving, period, Opening(0.0, x), LEG_MOMENTS),
        clearance,
        WIDEST_TRACK,
    )
    arm = smallest_opening(
        lambda x: _least(meter.of_arms, meter, form, moving, period, Opening(x, track), ARM_MOMENTS),
        clearance,
        float(WIDEST_ARM),
    )
    return Opening(arm, track)


def _least(measure: Callable[[F32], float], meter: Clearance, form: BodyForm, moving: Moving, period: float,
           opening: Opening, count: int) -> float:  # fmt: skip
    turns, shifts = solve(form, moving(0.5 * period * np.arange(count) / count, opening))
    return least(measure, meter.skin, zip(turns, shifts, strict=True))


def _moving(
    name: str, form: BodyForm, feet: dict[str, Foot], height: float, seconds: float
) -> tuple[Moving, float, float]:
    """Return a motion as a function of time, its period [s], and the speed of the ground [m/s]."""
    styles: dict[str, WalkStyle] = {"walk": WALK, "catwalk": CATWALK}
    if name in styles:
        style = styles[name]
        walk = Walk(form, feet, height, style, fitted_cycle(seconds, style.cycle))
        return lambda t, opening: walk.at(t, opening), walk.cycle, walk.speed
    moving, period = stances.moving(name, form, feet, seconds)
    return moving, period, 0.0


def _started(times: F64) -> F64:
    """Return how far a motion has started: the quintic step from 0 at the first time [s] to 1 at time 0 and after."""
    u = np.clip(1.0 - times / times[0], 0.0, 1.0)
    return u**3 * (10.0 - 15.0 * u + 6.0 * u * u)


def led_in(times: F64, turns: F64, shifts: F64, soles: Skin) -> tuple[F64, F64]:
    """Return turns and shifts that come from rest at the first time [s] and join the motion at time 0.

    On the way the body is carried so that the lower foot stays on the floor, smoothed over a tenth of a second.
    """
    from scipy.ndimage import gaussian_filter1d

    step, before = _started(times), times < 0
    blended = slerp(np.broadcast_to(IDENTITY, turns.shape), turns, step[:, None])
    turns = np.where(before[:, None, None], blended, turns)
    shifts = step[:, None] * shifts
    depth = np.array(
        [soles.vertices(t, s)[:, 1].min() for t, s in zip(turns[before], shifts[before], strict=True)]
    )
    carried = gaussian_filter1d(-depth, 0.025 / (times[1] - times[0]), mode="nearest")
    ends = np.linspace(0.0, 1.0, len(carried))
    shifts[before, 1] += carried - (1.0 - ends) * carried[0] - ends * carried[-1]
    return turns, shifts


def sole_vertices(rig: Rig) -> I32:
    """Return the vertices that can touch the floor."""
    return np.flatnonzero(rig.rest_vertices[:, 1] < SOLE_HEIGHT).astype(np.int32)


def _advance(times: F64, speed: float) -> F64:
    """Return the way [m] walked since the first time [s], the speed growing as the motion starts."""
    pace = speed * _started(times)
    return np.concatenate([[0.0], np.cumsum(0.5 * (pace[1:] + pace[:-1]) * np.diff(times))])


def _check(name: str, seconds: float, fps: float, clearance: float) -> None:
    if name not in MOTIONS:
        raise BadInput(f"There is no motion {name!r}; choose one of {', '.join(MOTIONS)}.")
    for label, value, (low, high), unit in (
        ("seconds", seconds, SECONDS_RANGE, "s"),
        ("fps", fps, FPS_RANGE, "frames per second"),
        ("clearance", clearance, CLEARANCE_RANGE, "m"),
    ):
        if not low <= value <= high:
            raise BadInput(
                f"A motion's {label} of {value:g} {unit} cannot be made; choose {low:g} to {high:g}."
            )

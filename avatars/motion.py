"""Motions of an avatar by name, each from the A-pose, feet planted, arms clear.

A motion is a stance for every moment, solved into joint turns and kept on four keys a frame; between keys turns are
interpolated spherically. A lead-in of `LEAD_IN_SECONDS` blends the turns from rest (the A-pose, in which garments are
put on) to the moving body with a quintic step, so pose, speed and acceleration join at frame 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from toile.avatars.clearance import Clearance, least, smallest_opening
from toile.avatars.creases import Creases, Creasing, find_creases
from toile.avatars.feet import SOLE_HEIGHT, measure_foot
from toile.avatars.limbs import SIDES, BodyForm, solve
from toile.avatars.pose import F64, IDENTITY, Skin, slerp
from toile.avatars.repertoire import MOTIONS, Moves, moves
from toile.avatars.seat import Seat
from toile.avatars.walk import Opening
from toile.engine.core.body import F32, I32, Figure, Rig
from toile.engine.core.errors import BadInput

LEAD_IN_SECONDS = 1.4
KEYS_PER_FRAME = 4
SECONDS_RANGE = (0.1, 120.0)
FPS_RANGE = (5.0, 240.0)
CLEARANCE_RANGE = (0.0, 0.05)
WIDEST_ARM = np.radians(35.0)
WIDEST_TRACK = 0.15
SHALLOWEST = 0.6
"""Most of its depth that a motion gives up."""
PRESSED = 0.040
"""How far [m] belly and lap may be pressed into each other."""
LEG_MOMENTS = 28
"""Fewest moments at which the clearance of legs is measured, of half a period: the other half is its mirror image."""


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
    of arms and of legs over the motion [m]; ground_speed: speed [m/s] at which the ground passes under planted feet;
    way: how far [m] that ground has gone back, (K,), if not evenly;
    depth_given_up: part of the depth of a squat, a sitting or a lunge that is left out because belly and thighs meet;
    seat: what a sitting body sits on; period: after how many frames the poses from frame 0 on come again, if they do.
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
    way: F64 | None = field(default=None, kw_only=True)
    depth_given_up: float = field(default=0.0, kw_only=True)
    seat: Seat | None = field(default=None, kw_only=True)
    period: float | None = field(default=None, kw_only=True)

    def pose_at(self, frame: float) -> tuple[F64, F64]:
        """Return joint turns (J, 4) and root displacement [m] (3,) at a frame, clamped to the motion's ends."""
        key = (float(np.clip(frame, -self.lead_in, self.frame_count - 1)) + self.lead_in) * KEYS_PER_FRAME
        first = min(int(key), len(self.turns) - 2)
        part = key - first
        if part == 0.0:
            return self.turns[first], self.shifts[first]
        turns = slerp(self.turns[first], self.turns[first + 1], part)
        return turns, (1.0 - part) * self.shifts[first] + part * self.shifts[first + 1]

    @cached_property
    def creases(self) -> Creases:
        """How much the skin is relaxed where it would fold through itself; found when first asked for."""
        creasing = Creasing(self.rig.faces, self.part_of_vertex, self.rig.rest_vertices)
        return find_creases(
            creasing, self.skinned_at, -self.lead_in, self.frame_count - 1, self.fps, self.period
        )

    def ground_at(self, frame: float) -> float:
        """Return how far [m] the ground has passed backwards under a body that walks in place, since frame 0."""
        if self.way is None:
            return self.ground_speed * frame / self.fps
        keys = (np.array([frame, 0.0]) + self.lead_in) * KEYS_PER_FRAME
        at, start = np.interp(keys, np.arange(len(self.way)), self.way)
        return float(at - start)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was done to the motion for this body, in sentences."""
        said = []
        if self.seat is not None:
            said.append(
                f"The body sits on a stool of {100 * self.seat.height:.1f} cm, which cloth does not touch."
            )
        if self.depth_given_up > 0.0:
            share = 100.0 * (1.0 - self.depth_given_up)
            said.append(f"Belly and thighs meet: the {self.name} goes {share:.0f} % of its way down.")
        return tuple(said)

    def skinned_at(self, frame: float) -> F32:
        """Return the surface [m], shape (V, 3), by linear blend skinning alone."""
        return self.skin.vertices(*self.pose_at(frame))

    def vertices_at(self, frame: float) -> F32:
        """Return the posed surface [m], shape (V, 3), at a frame from -lead_in to frame_count - 1, free of folds."""
        return self.creases.relaxed(self.skinned_at(frame), frame)

    def transforms_at(self, frame: float) -> F32:
        """Return global joint transforms, shape (J, 4, 4), at a frame."""
        return self.skin.transforms(*self.pose_at(frame))


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
        travel: walks advance along +Z; without it they stay in place over ground that moves back (`Motion.ground_at`), as on a
            treadmill.

    Raises:
        BadInput: unknown name, or numbers out of range.
    """
    _check(name, seconds, fps, clearance)
    rig, figure = avatar.rig, avatar.figure
    form = BodyForm.of(rig)
    feet = {side: measure_foot(rig, side) for side in SIDES}
    part = np.asarray(figure.part_of_vertex)
    made = moves(name, rig, part, form, feet, figure.measurements.height, seconds)
    moving, speed = made.at, made.speed
    meter = Clearance(rig, part)
    opening = ease_apart(meter, form, made, clearance)
    frames, lead_in = max(round(seconds * fps), 1), max(round(LEAD_IN_SECONDS * fps), 2)
    times = np.arange(-lead_in * KEYS_PER_FRAME, (frames - 1) * KEYS_PER_FRAME + 1) / (KEYS_PER_FRAME * fps)
    if len(times) < 2:
        times = np.append(times, 0.0)
    turns, shifts = solve(form, moving(times, opening))
    turns, shifts = led_in(times, turns, shifts, Skin(rig, sole_vertices(rig)))
    way = made.way(times) if made.way else speed * times
    if travel:
        shifts = shifts + np.outer(_advance(times, way), [0.0, 0.0, 1.0])
        speed, way = 0.0, np.zeros_like(times)
    leg = float(np.mean([form.legs[side].thigh + form.legs[side].shank for side in SIDES]))
    eased = {
        "arms": float(np.degrees(opening.arm)),
        "legs": float(np.degrees(np.arctan2(opening.track, leg))),
    }
    kept = {
        "arms": _least(meter.of_arms, meter, form, made, opening, made.moments),
        "legs": _least(meter.of_legs, meter, form, made, opening, max(made.moments, LEG_MOMENTS)),
    }
    return Motion(
        rig, part, float(fps), frames, lead_in, name, turns, shifts, eased, kept, speed, meter.skin,
        way=way if made.way else None, depth_given_up=opening.depth, seat=made.seat(opening) if made.seat else None,
        period=made.period * fps if made.period else None,
    )  # fmt: skip


def ease_apart(meter: Clearance, form: BodyForm, made: Moves, clearance: float) -> Opening:
    """Return the smallest constant opening of arms and legs that keeps a clearance [m] over a motion, and the depth given up.

    Legs open first, because they move the hips under the arms; belly and lap are pressed by at most PRESSED. Where even the widest opening falls short, it is taken, and
    the clearance that the motion reports says so.
    """
    count = max(made.moments, LEG_MOMENTS)
    strides = Moves(*made.striding) if made.striding else made
    steps = LEG_MOMENTS if made.striding else count
    track = smallest_opening(
        lambda x: _least(meter.of_legs, meter, form, strides, Opening(0.0, x), steps), clearance, WIDEST_TRACK
    )
    depth = 0.0
    if made.deep:
        depth = smallest_opening(
            lambda x: _least(meter.of_belly, meter, form, made, Opening(0.0, track, x), count),
            -PRESSED,
            SHALLOWEST,
        )

    def arms(arm: float, upright: float | None = None) -> float:
        return _least(meter.of_arms, meter, form, made, Opening(arm, track, depth, upright), made.moments)

    arm = smallest_opening(arms, clearance, float(WIDEST_ARM))
    return Opening(arm, track, depth, _upright(arms, arm) if made.deep and arm > 0.0 else None)


def _upright(arms: Callable[[float, float], float], arm: float) -> float:
    """Return how little the arms need be opened [rad] while upright, to 3 % of their opening, for the clearance that it keeps.

    The clearance is set by another moment until this opening is too small, so it is found by halving.
    """
    kept, low, high = arms(arm, arm), 0.0, arm
    for _ in range(5):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if arms(arm, middle) >= kept - 1e-6 else (middle, high)
    return high


def _least(measure: Callable[[F32], float], meter: Clearance, form: BodyForm, made: Moves, opening: Opening,
           count: int) -> float:  # fmt: skip
    turns, shifts = solve(form, made.at(0.5 * made.shown * np.arange(count) / count, opening))
    return least(measure, meter.skin, zip(turns, shifts, strict=True))


def started(times: F64) -> F64:
    """Return how far a motion has started: the quintic step from 0 at the first time [s] to 1 at time 0 and after."""
    u = np.clip(1.0 - times / times[0], 0.0, 1.0)
    return u**3 * (10.0 - 15.0 * u + 6.0 * u * u)


def led_in(times: F64, turns: F64, shifts: F64, soles: Skin) -> tuple[F64, F64]:
    """Return turns and shifts that come from rest at the first time [s] and join the motion at time 0.

    On the way the body is carried so that the lower foot stays on the floor, smoothed over a tenth of a second.
    """
    from scipy.ndimage import gaussian_filter1d

    step, before = started(times), times < 0
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


def _advance(times: F64, way: F64) -> F64:
    """Return the way [m] walked since the first time [s], the pace of the ground's way growing as the motion starts."""
    pace = np.gradient(way, times) * started(times)
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

"""A motion from a file (AMASS or SMPL-X `.npz`, `.bvh`, `.glb` or `.gltf`) on an avatar, as `make_motion` returns one.

read -> retarget -> face +Z from the origin -> the floor at 0 -> legs eased apart -> feet planted -> arms eased off -> lead-in from
the A-pose. Four keys a frame; a clip that closes on itself is repeated where more seconds are asked than it has.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from toile.avatars.clearance import Clearance
from toile.avatars.easing import clearance_left, ease_arms, ease_legs
from toile.avatars.limbs import Y
from toile.avatars.motion import (
    FPS_RANGE,
    KEYS_PER_FRAME,
    LEAD_IN_SECONDS,
    SECONDS_RANGE,
    Dressable,
    Motion,
    led_in,
    sole_vertices,
    started,
)
from toile.avatars.motion_amass import read_amass, with_hands
from toile.avatars.motion_bvh import read_bvh
from toile.avatars.motion_gltf import read_gltf
from toile.avatars.planting import floor_height, plant_feet
from toile.avatars.pose import F64, Skin, about, conjugate, multiply, rotate, slerp
from toile.avatars.retarget import Retarget, heading
from toile.avatars.smpl import SmplBody
from toile.avatars.source_motion import SourceMotion, interpolated
from toile.avatars.window import Window
from toile.engine.core.errors import BadInput

READERS = {".npz": read_amass, ".bvh": read_bvh, ".glb": read_gltf, ".gltf": read_gltf}
"""Readers by the ending of the file's name."""
RUN_UP = 0.15
"""Before its first frame a motion is continued backwards, ever slower, by this much [s], so that the lead-in joins its speed."""
CLOSES = 2.5
"""The ends of a clip that repeats are no further apart than this many of its own steps from frame to frame."""
IN_PLACE = 0.03
"""A clip that comes back to within this distance [m] stays in place when it repeats."""
FRONT = np.radians(10.0)
"""A motion that begins this near to +Z keeps its own heading."""
LEVEL = 1e-6
"""A pelvis that never rises or falls by this much [m] is one whose height the file does not tell: the lower foot is on the floor."""
SAME = 0.25
"""Ends nearer than this part of a step are the same moment."""


@dataclass(frozen=True)
class FileMotion(Motion):
    """A motion that was read from a file.

    notes: what was assumed; loops: how often the clip is gone through; planted: share of the time that each foot is
    planted; slide_m_s: how fast planted soles slid before and after they were held [m/s], 95th percentile;
    expression (K, E): coefficients of SMPL-X's face at the keys.
    """

    notes: tuple[str, ...] = field(default=())
    loops: float = 1.0
    planted: dict[str, float] = field(default_factory=dict)
    slide_m_s: dict[str, float] = field(default_factory=dict)
    expression: F64 | None = field(default=None, kw_only=True)

    def expression_at(self, frame: float) -> F64 | None:
        """Return the coefficients of the face (E,) at a frame; they grow from 0 in the lead-in."""
        if self.expression is None:
            return None
        keys = np.arange(len(self.expression), dtype=np.float64)
        at = (np.clip(frame, -self.lead_in, self.frame_count - 1) + self.lead_in) * KEYS_PER_FRAME
        return interpolated(self.expression, keys, np.array([at]))[0]


def read_motion(
    path: Path | str,
    avatar: Dressable,
    fps: float = 30.0,
    start: float = 0.0,
    seconds: float | None = None,
    *,
    clearance: float = 0.012,
    plant: bool = True,
    at_most: float = SECONDS_RANGE[1],
) -> FileMotion:
    """Return the motion of a file on an avatar.

    Args:
        path: ends in .npz (AMASS, SMPL-X), .bvh, .glb or .gltf.
        fps: frames per second of the result, whatever the file's own.
        start: where to begin in the file [s].
        seconds: how long; None is to the end of the file. More than it has where it closes on itself repeats it.
        clearance: least distance [m] kept between arms and body, and between the legs, by opening them.
        plant: hold planted feet still and on the floor.
        at_most: where `seconds` is None, no more than this is taken [s].

    Raises:
        BadInput: an ending, a rig, or numbers that cannot be used; a pickle.
        DamagedFile: missing, truncated, or not what its name says.
    """
    path = Path(path)
    source = open_motion(path, fps, start, at_most if seconds is None else seconds)
    return place_motion(
        source, avatar, path.name, fps, start, seconds, clearance=clearance, plant=plant, at_most=at_most
    )


def open_motion(
    path: Path, fps: float = 30.0, start: float = 0.0, seconds: float | None = None
) -> SourceMotion:
    """Return what a motion file says, not yet on a body; arguments and errors as of `read_motion`."""
    _check(path, fps, start, seconds)
    return READERS[path.suffix.lower()](path, Window(start, seconds))


def place_motion(
    source: SourceMotion,
    avatar: Dressable,
    name: str,
    fps: float = 30.0,
    start: float = 0.0,
    seconds: float | None = None,
    *,
    clearance: float = 0.012,
    plant: bool = True,
    at_most: float = SECONDS_RANGE[1],
) -> FileMotion:
    """Return a source motion on an avatar; arguments as in `read_motion`."""
    rig, part = avatar.rig, np.asarray(avatar.figure.part_of_vertex)
    model = getattr(avatar, "model", None)
    known = model if isinstance(model, SmplBody) else None
    source, notes = _known_to(known, source, name)
    retarget = Retarget.to(rig, source, name, None if known is None else known.t_pose)
    clip = _Clip.of(retarget, max(start, float(source.times[0])), seconds, at_most, name)
    frames, lead_in = max(round(clip.seconds * fps), 1), max(round(LEAD_IN_SECONDS * fps), 2)
    step = 1.0 / (KEYS_PER_FRAME * fps)
    times: F64 = np.float64(step) * np.arange(
        -lead_in * KEYS_PER_FRAME, max((frames - 1) * KEYS_PER_FRAME, 1) + 1
    )
    turns, pelvis = clip.at(times)
    first = lead_in * KEYS_PER_FRAME
    shifts = retarget.root_shift(turns, pelvis)
    soles = Skin(rig, sole_vertices(rig))
    if np.ptp(pelvis[first:, 1]) < LEVEL:
        shifts[:, 1] -= [soles.vertices(t, s)[:, 1].min() for t, s in zip(turns, shifts, strict=True)]
    shifts[:, 1] -= floor_height(rig, turns[first:], shifts[first:], step)
    meter = Clearance(rig, part)
    room = (step, clearance, first)
    turns, legs = ease_legs(retarget.form, meter, turns, shifts, *room)
    share, slide, ground = {}, {}, 0.0
    if plant:
        planted = plant_feet(rig, turns, shifts, step, first)
        turns, share, ground = planted.turns, planted.share, planted.ground
        slide = {"before": planted.slide_before, "after": planted.slide_after}
    turns, arms = ease_arms(retarget.form, meter, turns, shifts, *room)
    eased = {"arms": float(np.degrees(arms)), "legs": float(np.degrees(legs))}
    kept = clearance_left(meter, turns, shifts, step, first)
    turns, shifts = led_in(times, turns, shifts, soles)
    expression = None
    if source.expression is not None and known is not None:
        expression = clip.face(times)[:, : known.expressions] * started(times)[:, None]
    return FileMotion(
        rig, part, float(fps), frames, lead_in, name, turns, shifts, eased, kept, ground,
        meter.skin, notes, clip.loops, share, slide, expression=expression,
        period=None if clip.period is None else clip.period * fps,
    )  # fmt: skip


def _known_to(
    known: SmplBody | None, source: SourceMotion, name: str
) -> tuple[SourceMotion, tuple[str, ...]]:
    """Return a source as a body can follow it, hands as turns where it knows their components, and the notes of what it cannot."""
    notes = list(source.notes)
    if source.hands is not None:
        if known is not None and known.arrays.hand_space is not None:
            source = with_hands(source, known.arrays.hand_space)
        else:
            notes.append(f"{name} holds its hands as components of a model: they stay relaxed.")
    if source.expression is not None and (known is None or not known.expressions):
        source = replace(source, expression=None)
        notes.append(f"{name} moves a face that this body has not: it stays calm.")
    return source, tuple(notes)


@dataclass(frozen=True)
class _Clip:
    """A stretch of a retargeted motion that faces +Z from the origin, and repeats if it closes on itself."""

    retarget: Retarget
    start: float
    seconds: float
    period: float | None
    turned: F64
    origin: F64

    @classmethod
    def of(cls, retarget: Retarget, start: float, seconds: float | None, at_most: float, name: str) -> _Clip:
        left = float(retarget.source.times[-1]) - start
        step = left / max(len(retarget.source.times) - 1, 1)
        period = None
        if seconds is None:
            seconds = min(left + step, at_most) if left > 0 else SECONDS_RANGE[0]
        elif seconds > left + 1.5 * step + 1e-6 and left > 0:
            period = _period(retarget, start, left)
            if period is None:
                raise BadInput(
                    f"{name} lasts {left:.2f} s from {start:g} s on and does not close on itself, so it cannot be "
                    f"repeated; ask for at most {left:.2f} s."
                )
        turns, places = retarget.at(np.array([start]))
        pelvis = retarget.form.skeleton.index["pelvis"]
        facing = np.angle(np.exp(1j * heading(turns[0, [pelvis, retarget.form.below_chest[-1]]])).sum())
        turned = about(Y, 0.0 if abs(facing) < FRONT else -float(facing))
        rest = retarget.form.skeleton.centres[pelvis]
        origin = rest * np.array([1.0, 0.0, 1.0]) - rotate(turned, places[0]) * np.array([1.0, 0.0, 1.0])
        return cls(retarget, start, float(seconds), period, turned, origin)

    @property
    def loops(self) -> float:
        """How often the clip is gone through."""
        return self.seconds / self.period if self.period is not None else 1.0

    def at(self, times: F64) -> tuple[F64, F64]:
        """Return turns (K, J, 4) and pelvis places [m] (K, 3) at times [s] from the start.

        Before the start the motion is mirrored in time, with a clock that soon stands still.
        """
        before = times < 0
        clock = np.where(before, RUN_UP * (1.0 - np.exp(np.minimum(times, 0.0) / RUN_UP)), times)
        rounds = np.zeros(len(times))
        if self.period is not None:
            rounds = np.floor(clock / self.period + 1e-9)
            clock = clock - rounds * self.period
        turns, places = self._sampled(clock)
        if self.period is not None:
            ends = self._sampled(np.array([0.0, self.period]))[1]
            places = places + rounds[:, None] * (ends[1] - ends[0]) * np.array([1.0, 0.0, 1.0])
        if before.any():
            here, place = self._sampled(np.array([0.0]))
            turns[before] = multiply(here, multiply(conjugate(turns[before]), here))
            places[before] = 2.0 * place - places[before]
        turns = multiply(self.turned, turns)
        return turns, rotate(self.turned, places) + self.origin

    def face(self, times: F64) -> F64:
        """Return the coefficients of the face (K, E) at times [s] from the start, held before it."""
        source = self.retarget.source
        assert source.expression is not None
        clock = np.maximum(times, 0.0)
        if self.period is not None:
            clock = np.mod(clock, self.period)
        return interpolated(source.expression, source.times, self.start + clock)

    def _sampled(self, clock: F64) -> tuple[F64, F64]:
        """Return poses at times [s] from the start; past the last frame of a clip that repeats, on the way to its first."""
        last = float(self.retarget.source.times[-1]) - self.start
        turns, places = self.retarget.at(self.start + clock)
        if self.period is not None and self.period > last:
            part = np.clip((clock - last) / (self.period - last), 0.0, 1.0)[:, None]
            first, ahead = self.retarget.at(np.array([self.start, self.start + self.period - last]))
            turns = slerp(turns, np.broadcast_to(first[0], turns.shape), part[:, 0, None])
            end = self.retarget.at(np.array([self.start + last]))[1][0] + ahead[1] - ahead[0]
            if np.linalg.norm((end - ahead[0])[[0, 2]]) < IN_PLACE:
                end = ahead[0]
            places = (1.0 - part) * places + part * end
        return turns, places


def _period(retarget: Retarget, start: float, left: float) -> float | None:
    """Return the time [s] after which a clip comes again, or None where its ends do not meet."""
    times = retarget.source.times
    steps = times[times >= start - 1e-9]
    turns, _ = retarget.at(np.array([start, start + left, *steps[: min(len(steps), 200)]]))
    joints = sorted(retarget.driven)

    def apart(a: F64, b: F64) -> float:
        cosine = np.abs(np.sum(a[joints] * b[joints], axis=-1)).clip(0.0, 1.0)
        return float(np.sqrt(np.mean((2.0 * np.arccos(cosine)) ** 2)))

    pace = float(np.mean([apart(a, b) for a, b in pairwise(turns[2:])] or [0.0]))
    gap = apart(turns[0], turns[1])
    if gap <= max(SAME * pace, 1e-3):
        return left
    return left + left / max(len(steps) - 1, 1) if gap <= CLOSES * pace else None


def _check(path: Path, fps: float, start: float, seconds: float | None) -> None:
    ending = path.suffix.lower()
    if ending in (".pkl", ".pickle"):
        raise BadInput(
            f"{path} is a pickled file, which would run code when opened; give the motion as .npz."
        )
    if ending not in READERS:
        raise BadInput(
            f"{path} does not end in {', '.join(READERS)}; name a motion file of one of these kinds."
        )
    low, high = FPS_RANGE
    if not low <= fps <= high:
        raise BadInput(f"A motion's fps of {fps:g} cannot be made; choose {low:g} to {high:g}.")
    if not 0.0 <= start <= 1e5:
        raise BadInput(f"A motion cannot start at {start:g} s; choose 0 or later.")
    low, high = SECONDS_RANGE
    if seconds is not None and not low <= seconds <= high:
        raise BadInput(f"A motion's length of {seconds:g} s cannot be made; choose {low:g} to {high:g} s.")

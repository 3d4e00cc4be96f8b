"""The motions by name: what each needs of a body, how long it takes, how it fits a clip.

Actions keep the pace of an easy mover: a clip that holds a whole number of them near that pace is filled and loops, a
shorter one shows as much of the first as it has time for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from toile.avatars import stances
from toile.avatars.actions import (
    REACH_SECONDS,
    SIT_SECONDS,
    SIT_TOE_OUT,
    SIT_TRACK,
    SQUAT_SECONDS,
    SQUAT_TOE_OUT,
    SQUAT_TRACK,
    Ground,
    Reach,
    Sit,
    Squat,
)
from toile.avatars.feet import Foot
from toile.avatars.gait import CATWALK, WALK, WalkStyle
from toile.avatars.leaps import JUMP_SECONDS, LUNGE_SECONDS, RISE_PER_HEIGHT, Jump, Lunge
from toile.avatars.limbs import BodyForm, Stance, solve
from toile.avatars.pose import F64, Skin
from toile.avatars.runway import LEAST_SECONDS, Runway
from toile.avatars.seat import DEPTH, MARGIN, SINK, Seat, lowest_of_trunk, popliteal_height
from toile.avatars.walk import Opening, Walk, fitted_cycle
from toile.engine.core.body import I32, Rig

MOTIONS: tuple[str, ...] = (
    "stand", "walk", "catwalk", "turn", "raise_arms", "sit", "squat", "jump", "reach", "lunge",
)  # fmt: skip
"""Names of the motions, as `make_motion` takes them."""
WALKS: Mapping[str, WalkStyle] = {"walk": WALK, "catwalk": CATWALK}
PACE = (0.75, 1.35)
"""How far, in parts of its own, the time of an action may be fitted to a clip."""

Moving = Callable[[F64, Opening], Stance]
"""A stance at times [s], limbs opened by so much."""


@dataclass(frozen=True)
class Moves:
    """A motion of one body: `at(times, opening)`; `shown`: twice the time [s] in which all of it is seen; `speed` [m/s] of the
    ground under a walker in place, `way` how far [m] it has gone back if not evenly; `deep`: belly and thighs come near each other; striding: what the legs are opened for, with its own `shown`, if not the whole; seat: what a sitter sits on; period: time [s] after which the poses come again, if they do.
    """

    at: Moving
    shown: float
    speed: float = 0.0
    way: Callable[[F64], F64] | None = None
    deep: bool = False
    seat: Callable[[Opening], Seat] | None = None
    moments: int = 7
    striding: tuple[Moving, float] | None = None
    period: float | None = None


def moves(name: str, rig: Rig, part: I32, form: BodyForm, feet: dict[str, Foot], height: float, seconds: float,
          ) -> Moves:  # fmt: skip
    """Return a motion by its name, of one of MOTIONS, for a clip of so many seconds."""
    if name in WALKS:
        style = WALKS[name]
        walk = Walk(form, feet, height, style, fitted_cycle(seconds, style.cycle))
        if name == "catwalk" and seconds >= LEAST_SECONDS:
            runway = Runway(walk, seconds)
            striding = (walk.at, walk.cycle)
            return Moves(
                runway.at,
                2.0 * seconds,
                walk.speed,
                runway.way,
                moments=min(6 * round(seconds), 60),
                striding=striding,
            )
        return Moves(walk.at, walk.cycle, walk.speed, period=walk.cycle)
    if name == "squat":
        squat = Squat(Ground(form, feet, SQUAT_TRACK, SQUAT_TOE_OUT), paced(seconds, SQUAT_SECONDS))
        return Moves(squat.at, squat.period, deep=True, moments=12, period=squat.period)
    if name == "sit":
        return _sitting(rig, part, form, feet, seconds)
    if name == "reach":
        reach = Reach(Ground(form, feet, stances.HALF_TRACK, stances.TOE_OUT), paced(seconds, REACH_SECONDS))
        return Moves(reach.at, 2.0 * reach.period, moments=16, period=reach.period)
    if name == "jump":
        ground = Ground(form, feet, stances.HALF_TRACK + 0.02, stances.TOE_OUT)
        jump = Jump(ground, RISE_PER_HEIGHT * height, height, max(paced(seconds, JUMP_SECONDS), JUMP_SECONDS))
        return Moves(jump.at, 2.0 * jump.period, deep=True, moments=40, period=jump.period)
    if name == "lunge":
        lunge = Lunge(
            Ground(form, feet, stances.HALF_TRACK, stances.TOE_OUT), height, paced(seconds, LUNGE_SECONDS)
        )
        return Moves(lunge.at, 2.0 * lunge.period, deep=True, moments=16, period=lunge.period)
    at, shown, period = stances.moving(name, form, feet, seconds)
    return Moves(at, shown, period=period)


def paced(seconds: float, natural: float) -> float:
    """Return the time [s] nearest to natural that goes into a clip a whole number of times, or natural if none is near."""
    once = seconds / max(round(seconds / natural), 1)
    slow, fast = PACE
    return once if slow * natural <= once <= fast * natural else natural


def _sitting(rig: Rig, part: I32, form: BodyForm, feet: dict[str, Foot], seconds: float) -> Moves:
    ground, skin = Ground(form, feet, SIT_TRACK, SIT_TOE_OUT), Skin(rig)
    stay = max(seconds - SIT_SECONDS, 0.0)
    high, above = popliteal_height(rig, part, form), 0.10
    for _ in range(4):
        sit = Sit(ground, high, above, stay)
        turns, shifts = solve(form, sit.at(np.array([0.5 * sit.period]), Opening()))
        above += high - SINK - lowest_of_trunk(skin, part, turns[0], shifts[0])
    sit = Sit(ground, high, above, stay)

    def seat(opening: Opening) -> Seat:
        from toile.avatars.actions import DEEPEST_RAISE

        hip = sit.hips_seated(opening)
        wide = form.legs["left"].hip[0] + 0.12
        return Seat(high + opening.depth * DEEPEST_RAISE, float(hip[2]) + DEPTH - 0.16, float(wide) + MARGIN)

    return Moves(sit.at, 2.0 * sit.period, deep=True, seat=seat, moments=30, period=sit.period)

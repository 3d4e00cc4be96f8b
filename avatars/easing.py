"""Limbs opened just enough, and only when needed, to keep clear of the body in a motion that was made for another one.

Arms turn outward about the chest's forward axis by an angle that follows the moments in which they come too near, widened in
time and smoothed; legs by one angle about the pelvis's, so that feet keep their step. Turning about these axes leaves the
inner pose of a limb as it was.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from toile.avatars.clearance import Clearance, smallest_opening
from toile.avatars.limbs import SIDES, BodyForm, Z
from toile.avatars.pose import F64, about, multiply, rotate
from toile.engine.core.body import I32

WIDEST_ARM = np.radians(35.0)
WIDEST_LEG = np.radians(12.0)
MOMENTS = (32, 240)
"""Fewest and most moments at which clearance is looked at; between them, MOMENTS_A_SECOND."""
MOMENTS_A_SECOND = 8.0
AROUND = 0.20
"""An opening is held this long [s] before and after the moment that needs it."""


def ease_legs(
    form: BodyForm, meter: Clearance, turns: F64, shifts: F64, step: float, clearance: float, first: int = 0
) -> tuple[F64, float]:
    """Return turns with legs that keep a clearance [m], as far as opening them can, and the opening [rad].

    Args:
        form, meter: the rig and its clearances.
        turns, shifts: joint turns (K, J, 4) and root displacements [m] (K, 3), `step` [s] apart; `first` is the first that
            is looked at.
    """
    near = [
        k
        for k in moments(first, len(turns), step)
        if _of_legs(form, meter, turns, shifts, k, 0.0) < clearance
    ]
    if not near:
        return turns, 0.0
    angle = smallest_opening(
        lambda x: min(_of_legs(form, meter, turns, shifts, k, x) for k in near), clearance, float(WIDEST_LEG)
    )
    return open_legs(form, turns, angle), float(angle)


def ease_arms(
    form: BodyForm, meter: Clearance, turns: F64, shifts: F64, step: float, clearance: float, first: int = 0
) -> tuple[F64, float]:
    """Return turns with arms that keep a clearance [m], and the largest opening [rad]; arguments as of `ease_legs`."""
    looked = moments(first, len(turns), step)
    needed = np.array([_needed(form, meter, turns, shifts, k, clearance) for k in looked])
    spacing = (looked[1] - looked[0]) * step if len(looked) > 1 else AROUND
    width = 2 * int(np.ceil(AROUND / spacing)) + 1
    held = np.interp(np.arange(len(turns)), looked, maximum_filter1d(needed, width, mode="nearest"))
    angle = gaussian_filter1d(held, 0.4 * AROUND / step, mode="nearest")
    return open_arms(form, turns, angle), float(angle.max())


def clearance_left(
    meter: Clearance, turns: F64, shifts: F64, step: float, first: int = 0
) -> dict[str, float]:
    """Return the least clearance [m] of arms and of legs over a motion."""
    looked = moments(first, len(turns), step)
    looked = np.unique(np.concatenate([looked, (looked[1:] + looked[:-1]) // 2]))
    shown = [meter.skin.vertices(turns[k], shifts[k]) for k in looked]
    return {"arms": min(map(meter.of_arms, shown)), "legs": min(map(meter.of_legs, shown))}


def open_arms(form: BodyForm, turns: F64, angle: F64) -> F64:
    """Return turns with both arms turned outward by angles [rad] (K,) about the chest's forward axis."""
    axis = rotate(turns[:, form.below_chest[-1]], np.broadcast_to(Z, (len(turns), 3)))
    return _opened(form, turns, "shoulder", (), axis, angle)


def open_legs(form: BodyForm, turns: F64, angle: float) -> F64:
    """Return turns with both legs turned outward by an angle [rad] about the pelvis's forward axis; feet keep theirs."""
    if angle == 0.0:
        return turns
    axis = rotate(turns[:, form.skeleton.index["pelvis"]], np.broadcast_to(Z, (len(turns), 3)))
    return _opened(form, turns, "hip", ("ankle",), axis, np.full(len(turns), angle))


def _opened(form: BodyForm, turns: F64, first: str, but: tuple[str, ...], axis: F64, angle: F64) -> F64:
    skeleton, result = form.skeleton, turns.copy()
    for side, sign in SIDES.items():
        below = skeleton.ancestry[:, skeleton.index[f"{side}_{first}"]] > 0
        for role in but:
            below &= skeleton.ancestry[:, skeleton.index[f"{side}_{role}"]] == 0
        chosen = np.flatnonzero(below)
        result[:, chosen] = multiply(about(axis, sign * angle)[:, None], turns[:, chosen])
    return result


def moments(first: int, count: int, step: float) -> I32:
    """Return the moments at which clearance is looked at, both ends included."""
    fewest, most = MOMENTS
    number = int(np.clip(round((count - first) * step * MOMENTS_A_SECOND), fewest, most))
    return np.unique(np.linspace(first, count - 1, min(count - first, number)).round().astype(np.int32))


def _of_legs(form: BodyForm, meter: Clearance, turns: F64, shifts: F64, k: int, angle: float) -> float:
    return meter.of_legs(meter.skin.vertices(open_legs(form, turns[k : k + 1], angle)[0], shifts[k]))


def _needed(form: BodyForm, meter: Clearance, turns: F64, shifts: F64, k: int, clearance: float) -> float:
    def kept(angle: float) -> float:
        opened = open_arms(form, turns[k : k + 1], np.array([angle]))[0]
        return meter.of_arms(meter.skin.vertices(opened, shifts[k]))

    return smallest_opening(kept, clearance, float(WIDEST_ARM), 2e-3)

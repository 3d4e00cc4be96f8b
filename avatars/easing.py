"""Limbs opened just enough, and only when needed, to keep clear of the body in a motion that was made for another one.

Arms turn outward about the chest's forward axis by an angle that follows the moments in which they come too near, widened in
time and smoothed; legs by one angle about the pelvis's, so that feet keep their step. Turning about these axes leaves the
inner pose of a limb as it was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from toile.avatars.clearance import Clearance, smallest_opening
from toile.avatars.limbs import SIDES, BodyForm, Z
from toile.avatars.pose import F64, about, multiply, rotate
from toile.engine.core.body import F32

WIDEST_ARM = np.radians(35.0)
WIDEST_LEG = np.radians(12.0)
ARM_MOMENTS = 40
LEG_MOMENTS = 24
AROUND = 0.20
"""An opening is held this long [s] before and after the moment that needs it."""


@dataclass(frozen=True)
class Eased:
    """Turns with limbs opened, the largest opening of arms and legs [degrees], and the least clearance left [m]."""

    turns: F64
    eased_deg: dict[str, float]
    clearance_m: dict[str, float]


def ease_motion(
    form: BodyForm, meter: Clearance, turns: F64, shifts: F64, step: float, clearance: float, first: int = 0
) -> Eased:
    """Return a motion whose arms and legs keep a clearance [m], as far as opening them can.

    Args:
        form, meter: the rig and its clearances.
        turns, shifts: joint turns (K, J, 4) and root displacements [m] (K, 3), `step` [s] apart; `first` is the first that is looked at.
    """
    legs = _moments(first, len(turns), LEG_MOMENTS)
    near = [k for k in legs if _of_legs(form, meter, turns, shifts, k, 0.0) < clearance]
    leg = 0.0
    if near:
        leg = smallest_opening(
            lambda x: min(_of_legs(form, meter, turns, shifts, k, x) for k in near),
            clearance,
            float(WIDEST_LEG),
        )
    turns = open_legs(form, turns, leg)
    moments = _moments(first, len(turns), ARM_MOMENTS)
    needed = np.array([_needed(form, meter, turns, shifts, k, clearance) for k in moments])
    spacing = (moments[1] - moments[0]) * step if len(moments) > 1 else AROUND
    width = 2 * int(np.ceil(AROUND / spacing)) + 1
    held = np.interp(np.arange(len(turns)), moments, maximum_filter1d(needed, width, mode="nearest"))
    angle = gaussian_filter1d(held, 0.4 * AROUND / step, mode="nearest")
    turns = open_arms(form, turns, angle)
    kept = {
        "arms": min(_measured(meter.of_arms, meter, turns[k], shifts[k]) for k in moments),
        "legs": min(_measured(meter.of_legs, meter, turns[k], shifts[k]) for k in legs),
    }
    return Eased(turns, {"arms": float(np.degrees(angle.max())), "legs": float(np.degrees(leg))}, kept)


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


def _moments(first: int, count: int, most: int) -> np.ndarray:
    return np.unique(np.linspace(first, count - 1, min(count - first, most)).round().astype(int))


def _measured(measure: object, meter: Clearance, turns: F64, shift: F64) -> float:
    vertices: F32 = meter.skin.vertices(turns, shift)
    return float(measure(vertices))  # type: ignore[operator]


def _of_legs(form: BodyForm, meter: Clearance, turns: F64, shifts: F64, k: int, angle: float) -> float:
    return meter.of_legs(meter.skin.vertices(open_legs(form, turns[k : k + 1], angle)[0], shifts[k]))


def _needed(form: BodyForm, meter: Clearance, turns: F64, shifts: F64, k: int, clearance: float) -> float:
    def kept(angle: float) -> float:
        opened = open_arms(form, turns[k : k + 1], np.array([angle]))[0]
        return meter.of_arms(meter.skin.vertices(opened, shifts[k]))

    return smallest_opening(kept, clearance, float(WIDEST_ARM), 2e-3)

"""Where a body's weight is: segments with the masses and centres of adults, and a stance moved until it stands over its feet.

Source: de Leva (1996), "Adjustments to Zatsiorsky-Seluyanov's segment inertia parameters", J. Biomechanics 29: shares of mass and
longitudinal centres, means of both sexes, here between the joints of the rig.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from toile.avatars.limbs import SIDES, BodyForm, Stance, solve
from toile.avatars.pose import F64, Skeleton

TRUNK = 0.430
HEAD = 0.068
LIMBS: tuple[tuple[str, str, float, float], ...] = (
    ("shoulder", "elbow", 0.0263, 0.577),
    ("elbow", "wrist", 0.0150, 0.457),
    ("wrist", "fingers", 0.0059, 0.790),
    ("hip", "knee", 0.1447, 0.385),
    ("knee", "ankle", 0.0457, 0.443),
    ("ankle", "toe", 0.0133, 0.500),
)
"""Segments: from, to, share of the body's mass, where along it the centre is."""
ROUNDS = 4
CARRIED = 0.80
"""Part of the body's mass that goes where the pelvis goes while the feet stay."""


def centre_of_mass(skeleton: Skeleton, turns: F64, shifts: F64) -> F64:
    """Return the centre of mass [m] (T, 3) of poses: turns (T, J, 4), root displacements [m] (T, 3)."""
    at = skeleton.posed_centres(turns, shifts)
    index = skeleton.index
    pelvis, neck, head = (at[:, index[name]] for name in ("pelvis", "neck", "head"))
    total = TRUNK * (0.53 * pelvis + 0.47 * neck) + HEAD * (head + 0.35 * (head - neck))
    mass = TRUNK + HEAD
    for side in SIDES:
        for first, last, share, part in LIMBS:
            if f"{side}_{last}" in index:
                a, b = at[:, index[f"{side}_{first}"]], at[:, index[f"{side}_{last}"]]
                total = total + share * (a + part * (b - a))
                mass += share
    return np.asarray(total / mass)


def balanced(form: BodyForm, stance: Stance, over: F64, share: F64 | float = 1.0) -> Stance:
    """Return a stance whose pelvis is moved level until the centre of mass is over a place.

    Args:
        over: where the weight goes [m] (T, 2), x and z.
        share: how much of the way it goes (T,), for moments in which something else carries the body.
    """
    shift = stance.pelvis_shift.copy()
    for _ in range(ROUNDS):
        turns, shifts = solve(form, replace(stance, pelvis_shift=shift))
        gap = over - centre_of_mass(form.skeleton, turns, shifts)[:, [0, 2]]
        shift[:, [0, 2]] += np.asarray(share)[..., None] * gap / CARRIED
    return replace(stance, pelvis_shift=shift)


def lifted(form: BodyForm, stance: Stance, height: F64) -> Stance:
    """Return a stance whose pelvis is moved up or down until the centre of mass is at heights [m] (T,)."""
    shift = stance.pelvis_shift.copy()
    for _ in range(ROUNDS + 2):
        turns, shifts = solve(form, replace(stance, pelvis_shift=shift))
        shift[:, 1] += (height - centre_of_mass(form.skeleton, turns, shifts)[:, 1]) / CARRIED
    return replace(stance, pelvis_shift=shift)

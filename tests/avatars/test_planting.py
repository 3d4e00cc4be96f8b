"""Soles that slide or float are held; legs reach by bending."""

from __future__ import annotations

import numpy as np

from toile.avatars.model import Avatar
from toile.avatars.motion import make_motion
from toile.avatars.planting import floor_height, plant_feet
from toile.avatars.pose import F64, Skeleton

STEP = 1.0 / 120.0


def standing(woman: Avatar) -> tuple[F64, F64]:
    """Return a second and a half of standing."""
    motion = make_motion(woman, "stand", 1.5, 30.0)
    first = motion.lead_in * 4
    return motion.turns[first:], motion.shifts[first:]


def ankles(woman: Avatar, turns: F64, shifts: F64) -> F64:
    skeleton = Skeleton.of(woman.rig)
    joints = [skeleton.index[f"{side}_ankle"] for side in ("left", "right")]
    return skeleton.posed_centres(turns, shifts)[:, joints]


def test_the_floor_is_where_the_soles_are(woman: Avatar) -> None:
    turns, shifts = standing(woman)
    assert abs(floor_height(woman.rig, turns, shifts, STEP)) < 1e-3
    assert abs(floor_height(woman.rig, turns, shifts + np.array([0.0, 0.3, 0.0]), STEP) - 0.3) < 1e-3


def test_planted_feet_that_stand_are_left_alone(woman: Avatar) -> None:
    turns, shifts = standing(woman)
    held = plant_feet(woman.rig, turns, shifts, STEP)
    assert held.share == {"left": 1.0, "right": 1.0}
    assert held.ground == 0.0
    moved = ankles(woman, held.turns, shifts) - ankles(woman, turns, shifts)
    assert np.abs(moved).max() < 1e-3


def test_a_body_that_drifts_and_floats_stands_still(woman: Avatar) -> None:
    turns, shifts = standing(woman)
    clock = STEP * np.arange(len(turns))
    drift = np.stack([0.03 * np.sin(4.0 * clock), 0.0 * clock - 0.01, 0.03 * clock], axis=-1)
    held = plant_feet(woman.rig, turns, shifts + drift, STEP)
    feet = ankles(woman, held.turns, shifts + drift)
    assert np.abs(feet - feet[0]).max() < 2e-3
    assert held.slide_before > 0.05
    assert held.slide_after < 0.01
    bones = np.linalg.norm(
        np.diff(Skeleton.of(woman.rig).posed_centres(held.turns, shifts + drift)[:, [14, 15, 16]], axis=1),
        axis=-1,
    )
    np.testing.assert_allclose(bones, np.tile(bones[0], (len(bones), 1)), atol=1e-9)


def test_a_jump_is_not_pulled_down(woman: Avatar) -> None:
    turns, shifts = standing(woman)
    clock = np.linspace(-1.0, 1.0, len(turns))
    jump = np.stack([0 * clock, np.maximum(0.25 - clock**2, 0.0), 0 * clock], axis=-1)
    held = plant_feet(woman.rig, turns, shifts + jump, STEP)
    top = len(turns) // 2
    moved = ankles(woman, held.turns, shifts + jump) - ankles(woman, turns, shifts + jump)
    assert np.abs(moved[top]).max() < 2e-3

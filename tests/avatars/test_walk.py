"""The walk of three bodies: its curves against published gait, its feet, its knees."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from toile.avatars.feet import measure_foot
from toile.avatars.fit import fit_avatar
from toile.avatars.gait import (
    HEEL_DOWN,
    HEEL_OFF,
    LEAST_TOE_CLEARANCE,
    PLANTED,
    TOE_OFF,
    WALK,
    FootPath,
)
from toile.avatars.limbs import SIDES, BodyForm, solve
from toile.avatars.model import Avatar
from toile.avatars.pose import Skin
from toile.avatars.walk import LEAST_KNEE, Opening, Walk, fitted_cycle

BODIES = {"slim": (1.58, 46.0), "average": (1.68, 60.0), "heavy": (1.75, 95.0)}
OPENING = Opening(arm=0.1, track=0.03)


@cache
def avatar(body: str) -> Avatar:
    height, mass = BODIES[body]
    return fit_avatar({"height": height, "mass": mass}, "female")


@cache
def walk(body: str) -> Walk:
    rig = avatar(body).rig
    feet = {side: measure_foot(rig, side) for side in SIDES}
    return Walk(BodyForm.of(rig), feet, avatar(body).figure.measurements.height, WALK, 1.1)


@cache
def left_leg(body: str) -> dict[str, np.ndarray]:
    """Return thigh and knee angles [degrees] of the left leg at 100 phases."""
    gait = walk(body)
    form, times = gait.form, 1.1 * np.arange(100) / 100
    centres = form.skeleton.posed_centres(*solve(form, gait.at(times, OPENING)))
    hip, knee, ankle = (centres[:, form.skeleton.index[f"left_{j}"]] for j in ("hip", "knee", "ankle"))
    thigh, shank = knee - hip, ankle - knee
    cosine = np.sum(thigh * shank, 1) / np.linalg.norm(thigh, axis=1) / np.linalg.norm(shank, axis=1)
    return {"hip": np.degrees(np.arctan2(thigh[:, 2], -thigh[:, 1])), "knee": np.degrees(np.arccos(cosine))}


def fourier(constant: float, cosines: list[float], sines: list[float]) -> np.ndarray:
    angles = 2 * np.pi * np.outer(np.arange(100) / 100, np.arange(1, len(cosines) + 1))
    return constant + np.cos(angles) @ np.array(cosines) + np.sin(angles[:, : len(sines)]) @ np.array(sines)


NORMAL_HIP = fourier(6.9, [16.29, -2.30, -0.51, -0.26], [-3.50, -0.75, 1.01, 0.11])
NORMAL_KNEE = fourier(24.02, [-3.04, -15.87, -1.17, -0.46, -0.40], [-20.17, 7.85, 4.75, 0.51, 0.53])

bodies = pytest.mark.parametrize("body", BODIES)


@bodies
def test_hip_and_knee_follow_normative_gait(body: str) -> None:
    angles = left_leg(body)
    assert np.sqrt(np.mean((angles["hip"] - NORMAL_HIP) ** 2)) < 3.5
    assert np.sqrt(np.mean((angles["knee"] - NORMAL_KNEE) ** 2)) < 7.0
    assert np.corrcoef(angles["hip"], NORMAL_HIP)[0, 1] > 0.965
    assert np.corrcoef(angles["knee"], NORMAL_KNEE)[0, 1] > 0.955


@bodies
def test_knee_peaks_in_early_swing_and_never_straightens(body: str) -> None:
    knee = left_leg(body)["knee"]
    assert knee.min() > np.degrees(LEAST_KNEE) - 0.5
    assert 55.0 < knee.max() < 70.0
    assert 0.68 <= np.argmax(knee) / 100 <= 0.80


@bodies
def test_knee_is_not_jerked(body: str) -> None:
    knee, step = np.radians(left_leg(body)["knee"]), 0.011
    acceleration = (np.roll(knee, 1) + np.roll(knee, -1) - 2 * knee) / step**2
    assert np.abs(acceleration).max() < 260.0


def over_ground(body: str, phases: np.ndarray, chosen: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return skin vertices [m] (F, N, 3) of the left foot in the frame of the ground."""
    rig, gait = avatar(body).rig, walk(body)
    points = np.flatnonzero((rig.rest_vertices[:, 0] > 0) & chosen(rig.rest_vertices))
    skin = Skin(rig, points)
    turns, shifts = solve(gait.form, gait.at(1.1 * phases, OPENING))
    posed = np.array([skin.vertices(t, s) for t, s in zip(turns, shifts, strict=True)], dtype=np.float64)
    posed[:, :, 2] += (gait.stride * phases)[:, None]
    return posed


@bodies
def test_flat_foot_stands_still_on_the_ground(body: str) -> None:
    posed = over_ground(body, np.linspace(HEEL_DOWN, HEEL_OFF, 9), lambda v: v[:, 1] < 0.015)
    assert np.ptp(posed, axis=0).max() < 1e-5


@bodies
def test_skin_on_the_floor_slides_less_than_two_millimetres_a_frame(body: str) -> None:
    per_frame = 1.1 * 30
    phases = np.linspace(PLANTED, TOE_OFF, 80)
    posed = over_ground(body, phases, lambda v: v[:, 1] < 0.03)
    slide = np.linalg.norm(np.diff(posed[:, :, [0, 2]], axis=0), axis=2) / (np.diff(phases)[0] * per_frame)
    touching = np.maximum(posed[1:, :, 1], posed[:-1, :, 1]) < 0.002
    assert slide[touching].max() < 0.002


@bodies
def test_feet_never_go_below_the_floor(body: str) -> None:
    assert over_ground(body, np.linspace(0, 1, 120), lambda v: v[:, 1] < 0.06)[..., 1].min() > -0.0005


@bodies
def test_swinging_foot_clears_the_floor(body: str) -> None:
    lowest = over_ground(body, np.linspace(0.68, 0.95, 50), lambda v: v[:, 1] < 0.06)[..., 1].min()
    assert lowest > LEAST_TOE_CLEARANCE - 0.001


@bodies
def test_foot_path_is_smooth_where_its_pieces_meet(body: str) -> None:
    path: FootPath = walk(body).paths["left"]
    step = 2e-5
    for joint in (PLANTED, HEEL_DOWN, HEEL_OFF, TOE_OFF):
        for curve in (path.travel, path.height, path.outward, path.pitch, path.toe):
            before, after = (curve(joint + side * step * np.arange(1.0, 3.0)) for side in (-1, 1))
            slope_before, slope_after = (before[0] - before[1]) / step, (after[1] - after[0]) / step
            assert slope_after == pytest.approx(slope_before, abs=0.02)


def test_left_and_right_are_half_a_cycle_apart() -> None:
    gait = walk("average")
    times = 1.1 * np.arange(20) / 20
    now, later = gait.at(times, OPENING), gait.at(times + 0.55, OPENING)
    mirror = np.array([-1.0, 1.0, 1.0])
    np.testing.assert_allclose(now.legs["left"].ankle, later.legs["right"].ankle * mirror, atol=1e-3)
    np.testing.assert_allclose(now.arms["left"].swing, later.arms["right"].swing, atol=1e-12)
    np.testing.assert_allclose(now.pelvis.yaw, -later.pelvis.yaw, atol=1e-12)


def test_arms_swing_against_the_legs() -> None:
    stance = walk("average").at(1.1 * np.arange(50) / 50, OPENING)
    reach = stance.legs["left"].ankle[:, 2]
    assert np.corrcoef(stance.arms["left"].swing, reach)[0, 1] < -0.8
    assert np.corrcoef(stance.arms["right"].swing, reach)[0, 1] > 0.8


def test_cycle_goes_a_whole_number_of_times_into_clips_where_it_can() -> None:
    for seconds in (1.0, 2.0, 3.3, 4.0, 5.0, 10.0):
        count = seconds / fitted_cycle(seconds, 1.1)
        assert count == pytest.approx(round(count))
    assert fitted_cycle(0.4, 1.1) == 1.1

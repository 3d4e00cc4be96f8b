"""Limbs are opened only when and as far as needed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from toile.avatars.clearance import Clearance
from toile.avatars.easing import clearance_left, ease_arms, ease_legs, moments, open_arms, open_legs
from toile.avatars.limbs import BodyForm
from toile.avatars.model import Avatar
from toile.avatars.pose import F64, IDENTITY, about, multiply, rotation_angle

STEP = 1.0 / 30.0


@pytest.fixture(scope="module")
def body(woman: Avatar) -> tuple[BodyForm, Clearance]:
    return BodyForm.of(woman.rig), Clearance(woman.rig, np.asarray(woman.figure.part_of_vertex))


def still(form: BodyForm, count: int = 60) -> tuple[F64, F64]:
    return np.tile(IDENTITY, (count, len(form.skeleton.names), 1)), np.zeros((count, 3))


def test_a_pose_with_room_is_left_alone(body: tuple[BodyForm, Clearance]) -> None:
    form, meter = body
    turns, shifts = still(form)
    legs, opened = ease_legs(form, meter, turns, shifts, STEP, 0.012)
    arms, raised = ease_arms(form, meter, legs, shifts, STEP, 0.012)
    assert (opened, raised) == (0.0, 0.0)
    np.testing.assert_allclose(rotation_angle(arms), 0.0, atol=1e-12)


def test_arms_open_around_the_moment_that_needs_it_and_nowhere_else(body: tuple[BodyForm, Clearance]) -> None:
    """Both arms are pressed against the body in the middle second of three."""
    form, meter = body
    turns, shifts = still(form, 90)
    press = np.zeros(90)
    press[30:60] = np.radians(48.0) * np.sin(np.linspace(0.0, np.pi, 30)) ** 2
    turns = open_arms(form, turns, -press)
    assert clearance_left(meter, turns, shifts, STEP)["arms"] < 0.0
    eased, most = ease_arms(form, meter, turns, shifts, STEP, 0.012)
    assert clearance_left(meter, eased, shifts, STEP)["arms"] > 0.009
    moved = rotation_angle(eased)[:, form.skeleton.index["left_shoulder"]]
    before = rotation_angle(turns)[:, form.skeleton.index["left_shoulder"]]
    np.testing.assert_allclose(moved[[0, 5, 84, 89]], before[[0, 5, 84, 89]], atol=1e-6)
    assert np.radians(2.0) < most < np.radians(35.0)


def test_legs_open_by_one_angle_and_feet_keep_their_direction(body: tuple[BodyForm, Clearance]) -> None:
    """Legs closed three degrees further than the clearance allows, on whatever thighs, are opened by those three degrees."""
    form, meter = body
    turns, shifts = still(form, 12)
    index = form.skeleton.index

    def kept(closed: float) -> float:
        pose = open_legs(form, turns[:1], -closed)[0]
        return meter.of_legs(meter.skin.vertices(pose, shifts[0]))

    meets = next(a for a in np.radians(np.arange(0.0, 20.0, 0.1)) if kept(a) < 0.012)
    together = open_legs(form, turns, -meets - np.radians(3.0))
    eased, angle = ease_legs(form, meter, together, shifts, STEP, 0.012)
    assert clearance_left(meter, eased, shifts, STEP)["legs"] > 0.011
    assert np.degrees(angle) == pytest.approx(3.0, abs=0.35)
    back = multiply(about(np.array([0.0, 0.0, 1.0]), angle), together[:, index["left_hip"]])
    np.testing.assert_allclose(eased[:, index["left_hip"]], back, atol=1e-12)
    np.testing.assert_allclose(eased[:, index["left_ankle"]], turns[:, index["left_ankle"]], atol=1e-12)


@pytest.mark.parametrize(("first", "count"), [(0, 1), (0, 5), (100, 400), (0, 100_000)])
def test_moments_reach_from_the_first_to_the_last(first: int, count: int) -> None:
    looked: Any = moments(first, count, 1.0 / 120.0)
    assert (looked[0], looked[-1]) == (first, count - 1)
    assert len(looked) <= 240

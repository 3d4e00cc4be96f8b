"""Feet that roll over their own skin."""

from __future__ import annotations

import numpy as np
import pytest

from toile.avatars.feet import Foot, measure_foot
from toile.avatars.fit import fit_avatar
from toile.avatars.model import Avatar


@pytest.fixture(scope="module")
def avatar() -> Avatar:
    return fit_avatar({"height": 1.68, "mass": 60.0}, "female")


@pytest.fixture(scope="module")
def foot(avatar: Avatar) -> Foot:
    return measure_foot(avatar.rig, "left")


def test_flat_foot_has_its_ankle_where_it_is_at_rest(avatar: Avatar, foot: Foot) -> None:
    ankle = avatar.figure.joints["left_ankle"]
    assert foot.rest_height == pytest.approx(ankle[1], abs=1e-4)
    travel, height = foot.rolled(np.zeros(1))
    assert travel[0] == pytest.approx(0.0, abs=1e-9)
    assert height[0] == pytest.approx(foot.rest_height, abs=1e-6)


def test_heel_rolls_without_slipping(foot: Foot) -> None:
    """The skin in contact stands still: the ankle travels by its height times the turn."""
    pitch = np.radians(np.linspace(0.5, 30.0, 200))
    travel, height = foot.rolled(pitch)
    np.testing.assert_allclose(np.gradient(travel, pitch)[2:-2], -height[2:-2], rtol=2e-3)


def test_raised_heel_turns_about_the_toe_joint(foot: Foot) -> None:
    pitch = np.radians(np.linspace(-60.0, 0.0, 50))
    travel, _ = foot.rolled(pitch)
    toe = travel + foot.toe[0] * np.cos(pitch) - foot.toe[1] * np.sin(pitch)
    np.testing.assert_allclose(toe, foot.toe[0], atol=1e-12)


def test_swing_height_is_clear_of_the_floor(foot: Foot) -> None:
    pitch = np.radians(np.linspace(-60.0, 25.0, 80))
    for toe in (0.0, 0.3):
        extension = np.full_like(pitch, toe)
        assert (foot.swing_height(pitch, extension) - foot.ankle_height(pitch, extension)).min() > -0.004


def test_left_and_right_foot_are_mirror_images(avatar: Avatar, foot: Foot) -> None:
    other = measure_foot(avatar.rig, "right")
    pitch = np.radians(np.linspace(-50.0, 20.0, 20))
    np.testing.assert_allclose(foot.rolled(pitch), other.rolled(pitch), atol=2e-4)

"""What cloth keeps clear of: a collar is moved straight out of the neck, not to the skin of the chin or the mouth."""

from __future__ import annotations

import numpy as np
import pytest

from toile.avatars.fit import fit_avatar
from toile.engine.core.intersect import signed_distance
from toile.garments.obstacles import Neck, Obstacle

BODIES = {"slim": (1.58, 46.0), "heavy": (1.56, 72.0)}


@pytest.mark.parametrize("body", BODIES)
def test_what_lies_in_the_neck_is_moved_straight_out_of_it(body: str) -> None:
    height, mass = BODIES[body]
    figure = fit_avatar({"height": height, "mass": mass}, "female").figure
    neck = Neck(figure)
    low, high = figure.joints["neck"].astype(np.float64), figure.joints["head"].astype(np.float64)
    turn = np.arange(16) * (2.0 * np.pi / 16)
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1) @ neck.plane.T
    for share in (0.3, 0.5):
        middle = low + share * (high - low)
        inside = middle + 0.02 * ring
        moved = neck.clear(inside)
        step = moved - inside
        assert np.abs(step @ neck.axis).max() < 1e-9  # level with where it was
        skin = Obstacle(figure.vertices.astype(np.float64), figure.faces, closed=True)
        moved = skin.clear(moved, 0.007)
        distance, _, _ = signed_distance(moved, figure.vertices, figure.faces)
        assert distance.min() > 0.006  # in a hollow one move leaves a little
        assert np.abs(moved - moved.mean(axis=0)).max() < 0.12  # and still round the neck
        angle = np.unwrap(
            np.arctan2((moved - middle) @ neck.plane[:, 1], (moved - middle) @ neck.plane[:, 0])
        )
        assert abs(abs(angle[-1] - angle[0]) - 2.0 * np.pi * 15 / 16) < 0.5
    far = low + 0.2 * ring
    np.testing.assert_array_equal(neck.clear(far), far)

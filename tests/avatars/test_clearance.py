"""Clearance of limbs, measured and kept."""

from __future__ import annotations

import numpy as np
import pytest

from toile.avatars.clearance import SIGHT, Clearance, smallest_opening
from toile.avatars.fit import fit_avatar
from toile.engine.core.body import JOINTS, PARTS, Rig


def test_smallest_opening_is_smallest() -> None:
    assert smallest_opening(lambda x: 0.02 + x, 0.01, 1.0) == 0.0
    assert smallest_opening(lambda x: x**2 - 0.1, 0.01, 1.0, 1e-5) == pytest.approx(np.sqrt(0.11), abs=2e-5)
    assert smallest_opening(lambda x: x - 5.0, 0.01, 1.0) == 1.0


def test_clearance_is_negative_for_a_body_whose_arm_is_inside_it() -> None:
    avatar = fit_avatar({"height": 1.68, "mass": 60.0}, "female")
    rig, part = avatar.rig, avatar.figure.part_of_vertex
    meter = Clearance(rig, part)
    assert meter.of_arms(rig.rest_vertices) > 0.03
    pushed = rig.rest_vertices.copy()
    names = ("left_forearm", "left_hand")
    arm = np.isin(part, [PARTS.index(n) for n in names])
    pushed[arm] += np.array([0.0, 1.05, 0.0], np.float32) - pushed[arm].mean(0)
    assert meter.of_arms(pushed) < -0.02


def test_clearance_between_two_plates_is_their_distance() -> None:
    """Two square shins face each other across a gap; the clearance is the gap, and negative once they have passed."""
    side = np.linspace(0.0, 0.3, 16)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    corner = np.arange(15)[:, None] * 16 + np.arange(15)
    quads = np.stack([corner, corner + 1, corner + 17, corner + 16], axis=-1).reshape(-1, 4)
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    left = np.column_stack([np.full(256, 0.01), grid])
    right = np.column_stack([np.full(256, -0.01), grid])
    rest = np.tile(np.eye(4, dtype=np.float32), (len(JOINTS), 1, 1))
    rest[:, 1, 3] = np.linspace(1.0, 0.9, len(JOINTS))
    rig = Rig(
        joint_names=JOINTS,
        parents=np.arange(-1, len(JOINTS) - 1, dtype=np.int32),
        rest=rest,
        rest_vertices=np.concatenate([left, right]).astype(np.float32),
        faces=np.concatenate([faces, faces + 256]).astype(np.int32),
        joint_of_weight=np.zeros((512, 4), np.int32),
        weights=np.tile(np.array([1, 0, 0, 0], np.float32), (512, 1)),
        uv=np.zeros((512, 2), np.float32),
    )
    part = np.repeat([PARTS.index("left_shin"), PARTS.index("right_shin")], 256).astype(np.int32)
    meter = Clearance(rig, part)
    outward = np.cross(*(rig.rest_vertices[faces[0, i]] - rig.rest_vertices[faces[0, 0]] for i in (1, 2)))[0]
    sign = 1.0 if outward > 0 else -1.0
    for gap in (0.005, 0.02, 0.05):
        moved = rig.rest_vertices.copy()
        moved[:256, 0], moved[256:, 0] = 0.5 * gap * sign, -0.5 * gap * sign
        assert meter.of_legs(moved) == pytest.approx(gap, abs=1e-6)
        moved[:256, 0], moved[256:, 0] = -0.5 * gap * sign, 0.5 * gap * sign
        assert meter.of_legs(moved) < -gap * 0.99
    moved = rig.rest_vertices.copy()
    moved[:256, 0] += 1.0
    assert meter.of_legs(moved) == SIGHT

"""Flesh that yields: the A-pose is left alone, parts that meet are parted, and the corrective gives the same skin."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from toile.avatars.fit import fit_avatar
from toile.avatars.flesh import YieldingMotion
from toile.avatars.motion import make_motion
from toile.engine.core.body import PARTS
from toile.engine.core.intersect import vertices_inside
from toile.engine.core.mesh import vertex_normals


@pytest.fixture(scope="module", params=[(1.58, 46.0), (1.75, 95.0)])
def motion(request):
    """Return the walk of a slim and of a heavy body."""
    height, mass = request.param
    return YieldingMotion(
        make_motion(fit_avatar({"height": height, "mass": mass}, "female"), "walk", 0.5, 30)
    )


def _sunk(vertices, motion):
    """Count trunk and limb vertices over which two millimetres are not free."""
    lifted = vertices + 0.002 * vertex_normals(vertices, motion.rig.faces)
    parts = [PARTS.index(f"{s}_{p}") for s in ("left", "right") for p in ("upper_arm", "forearm", "thigh")]
    inside = vertices_inside(lifted.astype(np.float32), vertices, motion.rig.faces)
    return int((inside & np.isin(motion.part_of_vertex, [PARTS.index("torso"), *parts])).sum())


def test_the_dressing_pose_is_the_figure_itself(motion):
    np.testing.assert_array_equal(
        motion.vertices_at(-motion.lead_in), motion.motion.vertices_at(-motion.lead_in)
    )


def test_parts_that_meet_are_parted_by_a_little_flesh(motion):
    for frame in (0, 7):
        plain, parted = motion.skinned_at(frame), motion.vertices_at(frame)
        moved = np.linalg.norm(parted - plain, axis=1)
        assert 0 < (moved > 1e-4).sum() < 600
        assert moved.max() < 0.02
        assert _sunk(parted, motion) < 0.6 * _sunk(plain, motion)


def test_flesh_moves_smoothly_in_time(motion):
    steps = [motion.vertices_at(f) - motion.skinned_at(f) for f in np.arange(3.0, 5.01, 0.25)]
    jumps = [np.linalg.norm(b - a, axis=1).max() for a, b in pairwise(steps)]
    assert max(jumps) < 0.003


def test_the_corrective_before_skinning_gives_the_same_skin(motion):
    frame, rig = 6, motion.rig
    corrected = rig.rest_vertices + motion.corrective_at(frame)
    relative = motion.transforms_at(frame).astype(np.float64) @ np.linalg.inv(rig.rest.astype(np.float64))
    blended = np.einsum("vk,vkij->vij", rig.weights, relative[rig.joint_of_weight])
    skinned = np.einsum("vij,vj->vi", blended[:, :3, :3], corrected) + blended[:, :3, 3]
    assert np.abs(skinned - motion.vertices_at(frame)).max() < 2e-5

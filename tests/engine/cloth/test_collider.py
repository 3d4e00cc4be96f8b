"""What cloth collides with holds the skin: in the pose it was made from and in every pose that follows."""

from __future__ import annotations

import numpy as np
import pytest

from toile.avatars.fit import fit_avatar
from toile.avatars.motion import make_motion
from toile.engine.cloth.collider import _toes, collider_faces
from toile.engine.core.body import PARTS
from toile.engine.core.intersect import signed_distance


@pytest.fixture(scope="module")
def avatar():
    """Return a woman of ordinary size."""
    return fit_avatar({"height": 1.68, "mass": 60.0}, "female")


def _sticking_out(motion, collider, frame, toes=None):
    """Return by how much [m] skin that the collider leaves out stands over its hulls (of `toes` (V,) alone), over both feet."""
    body = motion.vertices_at(frame).astype(np.float64)
    faces, part = np.asarray(motion.rig.faces), np.asarray(motion.part_of_vertex)
    known = {tuple(t) for t in np.sort(faces, axis=1).tolist()}
    hull = np.array([t for t in collider.tolist() if tuple(sorted(t)) not in known])
    met = np.isin(np.arange(len(body)), collider)
    worst = 0.0
    for side in ("left_foot", "right_foot"):
        foot = part == PARTS.index(side)
        mine = foot if toes is None else foot & toes
        a, b, c = (body[hull[mine[hull].all(axis=1), k]] for k in range(3))
        normal = np.cross(b - a, c - a)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        hidden = body[foot & ~met]
        assert len(hidden) > 50
        worst = max(worst, float(np.einsum("nki,ki->nk", hidden[:, None] - a[None], normal).max()))
    return worst


@pytest.mark.parametrize("name", ["walk", "jump"])
def test_no_toe_leaves_its_hull_while_the_foot_bends(avatar, name):
    motion = make_motion(avatar, name, 2.2, 10.0)
    start, faces = motion.vertices_at(0), np.asarray(motion.rig.faces, np.int32)
    collider = collider_faces(start, faces, motion.part_of_vertex, motion.rig)
    whole = collider_faces(start, faces, motion.part_of_vertex)
    frames = range(0, motion.frame_count, 2)
    toes = _toes(motion.rig, "left_foot") | _toes(motion.rig, "right_foot")
    assert max(_sticking_out(motion, collider, k, toes) for k in frames) < 5e-5
    assert max(_sticking_out(motion, whole, k) for k in frames) > 0.01  # a hull of the whole foot does not


def test_all_other_skin_is_met_as_it_is(avatar):
    motion = make_motion(avatar, "walk", 0.3, 10.0)
    faces, part = np.asarray(motion.rig.faces, np.int32), np.asarray(motion.part_of_vertex)
    collider = collider_faces(motion.vertices_at(0), faces, part, motion.rig)
    kept = {tuple(t) for t in collider.tolist()}
    toe = motion.rig.joint_names.index("left_toe"), motion.rig.joint_names.index("right_toe")
    share = (motion.rig.weights * np.isin(motion.rig.joint_of_weight, toe)).sum(axis=1)
    hands = np.isin(part, [PARTS.index("left_hand"), PARTS.index("right_hand")])
    free = ~(
        (share[faces] > 0.99).all(axis=1)
        | hands[faces].all(axis=1)
        | (part[faces] == PARTS.index("eyes")).any(axis=1)
    )
    assert free.sum() > 15_000
    assert all(tuple(t) in kept for t in faces[free].tolist())


def test_the_hollow_before_the_ankle_is_spanned(avatar):
    """A flat piece of cloth 3 cm long that touches instep and shin lies outside what is met: the hull reaches over the hollow."""
    motion = make_motion(avatar, "walk", 0.3, 10.0)
    faces, part = np.asarray(motion.rig.faces, np.int32), np.asarray(motion.part_of_vertex)
    body = motion.vertices_at(0)
    collider = collider_faces(body, faces, part, motion.rig)
    known = {tuple(t) for t in np.sort(faces, axis=1).tolist()}
    hull = np.array([t for t in collider.tolist() if tuple(sorted(t)) not in known])
    for side in ("left_foot", "right_foot"):
        foot = part == PARTS.index(side)
        spans = hull[foot[hull].any(axis=1) & ~(_toes(motion.rig, side)[hull].all(axis=1))]
        middle = body[spans].mean(axis=1)
        above = signed_distance(middle.astype(np.float64), body, faces)[0]
        assert above.max() > 0.004  # it stands off the skin where that is hollow
        assert above.min() > -0.0031  # and nothing of it lies deep under the skin

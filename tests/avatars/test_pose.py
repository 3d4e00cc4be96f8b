"""Turns of joints and the surface that follows them."""

from __future__ import annotations

import numpy as np
import pytest

from toile.avatars.pose import (
    IDENTITY,
    Skeleton,
    Skin,
    about,
    conjugate,
    from_matrices,
    matrices,
    multiply,
    rotate,
    rotation_angle,
    slerp,
)
from toile.engine.core.body import Rig


def random_turns(count: int) -> np.ndarray:
    q = np.random.default_rng(3).normal(size=(count, 4))
    return q / np.linalg.norm(q, axis=1, keepdims=True)


def chain_rig(axes: np.ndarray | None = None) -> Rig:
    """Return a three-joint chain with 40 vertices, its joints at rest turned by any axes (3, 3, 3)."""
    rng = np.random.default_rng(5)
    rest = np.tile(np.eye(4, dtype=np.float32), (3, 1, 1))
    rest[:, :3, 3] = [[0.1, 1.0, 0.0], [0.1, 0.6, 0.02], [0.12, 0.2, 0.0]]
    if axes is not None:
        rest[:, :3, :3] = axes
    weights = rng.random((40, 4)).astype(np.float32)
    return Rig(
        joint_names=("hip", "knee", "ankle"),
        parents=np.array([-1, 0, 1], np.int32),
        rest=rest,
        rest_vertices=rng.normal(size=(40, 3)).astype(np.float32),
        faces=np.zeros((0, 3), np.int32),
        joint_of_weight=rng.integers(0, 3, (40, 4)).astype(np.int32),
        weights=weights / weights.sum(1, keepdims=True),
        uv=np.zeros((40, 2), np.float32),
    )


def test_quaternions_multiply_as_their_matrices() -> None:
    a, b = random_turns(50), random_turns(50)[::-1]
    np.testing.assert_allclose(matrices(multiply(a, b)), matrices(a) @ matrices(b), atol=1e-12)
    v = np.random.default_rng(1).normal(size=(50, 3))
    np.testing.assert_allclose(rotate(a, v), np.einsum("nab,nb->na", matrices(a), v), atol=1e-12)


def test_matrices_give_their_quaternions_back() -> None:
    q = np.concatenate([random_turns(200), about(np.eye(3), np.full(3, np.pi)), IDENTITY[None]])
    back = from_matrices(matrices(q))
    np.testing.assert_allclose(np.abs(np.sum(q * back, axis=1)), 1.0, atol=1e-12)
    assert (back[:, 0] >= 0).all()


def test_identity_is_exact() -> None:
    assert np.array_equal(matrices(IDENTITY), np.eye(3))


def test_slerp_turns_at_constant_speed_the_short_way() -> None:
    start, axis = random_turns(1)[0], np.array([0.6, 0.0, 0.8])
    end = -multiply(start, about(axis, 1.2))
    for part in (0.0, 0.25, 0.7, 1.0):
        middle = slerp(start, end, part)
        assert rotation_angle(multiply(conjugate(start), middle)) == pytest.approx(1.2 * part, abs=1e-7)


def test_rest_pose_leaves_every_vertex_where_it_is() -> None:
    rig = chain_rig()
    assert np.array_equal(Skin(rig).vertices(np.tile(IDENTITY, (3, 1)), np.zeros(3)), rig.rest_vertices)


def test_one_turn_of_the_root_moves_the_body_rigidly() -> None:
    rig = chain_rig()
    turn, shift = random_turns(1)[0], np.array([0.3, -0.1, 0.7])
    moved = Skin(rig).vertices(np.tile(turn, (3, 1)), shift)
    root = rig.rest[0, :3, 3]
    np.testing.assert_allclose(moved, rotate(turn, rig.rest_vertices - root) + root + shift, atol=1e-6)


def test_vertices_are_linear_blend_skinning_of_the_transforms() -> None:
    rig = chain_rig(axes=matrices(random_turns(3)).astype(np.float32))
    skin, turns, shift = Skin(rig), random_turns(3), np.array([0.1, 0.2, 0.3])
    transforms = skin.transforms(turns, shift) @ np.linalg.inv(rig.rest)
    points = np.concatenate([rig.rest_vertices, np.ones((40, 1))], axis=1)
    blended = np.einsum("vk,vkab->vab", rig.weights, transforms[rig.joint_of_weight])
    np.testing.assert_allclose(
        skin.vertices(turns, shift), np.einsum("vab,vb->va", blended, points)[:, :3], atol=2e-6
    )


def test_bones_keep_their_lengths() -> None:
    skeleton = Skeleton.of(chain_rig())
    turns = random_turns(30).reshape(10, 3, 4)
    centres = skeleton.posed_centres(turns, np.zeros((10, 3)))
    lengths = np.linalg.norm(np.diff(centres, axis=1), axis=-1)
    rest = np.linalg.norm(np.diff(skeleton.centres, axis=0), axis=-1)
    np.testing.assert_allclose(lengths, np.broadcast_to(rest, lengths.shape), atol=1e-12)


def test_skin_of_some_vertices_is_that_part_of_the_whole() -> None:
    rig, some = chain_rig(), np.array([3, 17, 30])
    turns, shift = random_turns(3), np.zeros(3)
    np.testing.assert_array_equal(
        Skin(rig, some).vertices(turns, shift), Skin(rig).vertices(turns, shift)[some]
    )


def test_many_poses_at_once_are_the_same_as_one_by_one() -> None:
    skin = Skin(chain_rig())
    turns = random_turns(21).reshape(7, 3, 4)
    shifts = np.random.default_rng(6).normal(size=(7, 3))
    single = [skin.vertices(turn, shift) for turn, shift in zip(turns, shifts, strict=True)]
    np.testing.assert_allclose(skin.surfaces(turns, shifts), np.stack(single), atol=2e-6)

"""The embedded body: a clean mirror-symmetric closed surface, a rig that poses it, an avatar that survives JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from toile.avatars.asset import load_body
from toile.avatars.model import Avatar, Skinner, body_model, build_avatar
from toile.engine.core.body import JOINTS, LANDMARKS, PARTS
from toile.engine.core.errors import BadInput, DamagedFile
from toile.engine.core.mesh import unique_edges


@pytest.fixture(scope="module")
def avatar() -> Avatar:
    return build_avatar(load_body().prior["female"][0], "female")


def some_transforms(avatar: Avatar, seed: int) -> Any:
    """Random small turns of every joint about its rest centre, shape (J, 4, 4)."""
    from scipy.spatial.transform import Rotation

    transforms = avatar.rig.rest.copy()
    turns = np.random.default_rng(seed).normal(size=(len(transforms), 3)) * 0.4
    transforms[:, :3, :3] = Rotation.from_rotvec(turns).as_matrix()
    return transforms


def test_surface_is_closed_and_faces_outwards(avatar: Avatar) -> None:
    vertices, faces = avatar.figure.vertices.astype(np.float64), avatar.figure.faces
    _, sides = unique_edges(faces)
    assert (sides >= 0).all()
    half = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    assert len(np.unique(half, axis=0)) == len(half)  # each directed edge once: consistent winding
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    assert 0.04 < (a * np.cross(b, c)).sum() / 6.0 < 0.08  # [m3]


def test_body_is_its_own_mirror_image() -> None:
    asset = load_body()
    shape = np.random.default_rng(0).normal(size=asset.size).astype(np.float32)
    vertices = body_model().rest(torch.from_numpy(shape))[0].numpy()
    np.testing.assert_allclose(vertices[asset.mirror] * [-1, 1, 1], vertices, atol=1e-6)
    assert (asset.mirror[asset.mirror] == np.arange(len(asset.mirror))).all()


def test_figure_stands_on_the_floor_faces_z_and_has_its_left_at_x(avatar: Avatar) -> None:
    figure = avatar.figure
    assert figure.vertices[:, 1].min() == 0.0
    assert figure.landmarks["left_bust_point"][0] > 0 > figure.landmarks["right_bust_point"][0]
    assert figure.landmarks["front_neck"][2] > figure.landmarks["nape"][2]
    assert figure.joints["left_toe"][2] > figure.joints["left_ankle"][2]


def test_every_joint_landmark_and_part_is_there(avatar: Avatar) -> None:
    figure = avatar.figure
    assert set(JOINTS) <= set(figure.joints)
    assert set(LANDMARKS) <= set(figure.landmarks)
    assert set(np.unique(figure.part_of_vertex)) == set(range(len(PARTS)))
    order = [
        "crotch",
        "hip",
        "waist",
        "underbust",
        "left_bust_point",
        "left_armpit",
        "front_neck",
        "nape",
        "head_top",
    ]
    heights = [float(figure.landmarks[name][1]) for name in order]
    assert heights == sorted(heights)
    for name, point in figure.joints.items():
        assert figure.vertices.min(0).min() < point.min(), name


def test_parts_are_connected_regions(avatar: Avatar) -> None:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    edges, _ = unique_edges(avatar.figure.faces)
    part = avatar.figure.part_of_vertex
    size = len(part)
    for k, name in enumerate(PARTS):
        inside = (part[edges] == k).all(1)
        graph = coo_matrix((np.ones(inside.sum()), edges[inside].T), shape=(size, size))
        label = connected_components(graph, directed=False)[1][part == k]
        largest = np.bincount(label).max()
        assert largest >= (part == k).sum() * (0.49 if name == "eyes" else 0.99), name


def test_skinning_weights_sum_to_one_and_parents_come_first() -> None:
    asset = load_body()
    np.testing.assert_allclose(asset.weights.sum(1), 1.0, atol=1e-6)
    assert asset.parents[0] == -1
    assert all(0 <= p < j for j, p in enumerate(asset.parents) if j)


def test_rest_transforms_return_the_rest_surface(avatar: Avatar) -> None:
    posed = Skinner(avatar.rig).pose(avatar.rig.rest)
    np.testing.assert_allclose(posed, avatar.rig.rest_vertices, atol=1e-6)


def test_numpy_and_torch_skinning_agree(avatar: Avatar) -> None:
    frames = np.stack([some_transforms(avatar, seed) for seed in range(3)])
    joints = torch.from_numpy(avatar.rig.rest[:, :3, 3])
    torch_posed = body_model().skin(
        torch.from_numpy(avatar.rig.rest_vertices), joints, torch.from_numpy(frames)
    )
    np.testing.assert_allclose(Skinner(avatar.rig).pose(frames), torch_posed.numpy(), atol=3e-6)


def test_a_rigid_motion_of_all_joints_moves_the_body_rigidly(avatar: Avatar) -> None:
    turn = some_transforms(avatar, 5)[3]
    posed = Skinner(avatar.rig).pose(turn @ avatar.rig.rest)
    expected = avatar.rig.rest_vertices @ turn[:3, :3].T + turn[:3, 3]
    np.testing.assert_allclose(posed, expected, atol=3e-6)


def test_skinning_gradient_is_that_of_finite_differences() -> None:
    model, asset = body_model(), load_body()
    shape = torch.zeros(2, asset.size, requires_grad=True)
    vertices, joints = model.rest(shape)
    transforms = torch.eye(4).repeat(2, len(asset.joint_names), 1, 1)
    transforms[..., :3, 3] = joints
    height = model.skin(vertices, joints, transforms)[:, asset.landmarks["head_top"], 1]
    (gradient,) = torch.autograd.grad(height[0], shape)
    assert gradient[1].abs().max() == 0.0  # bodies of a batch do not touch each other
    step = torch.zeros(asset.size)
    step[0] = 0.1
    up, down = (model.rest(s * step)[0][asset.landmarks["head_top"], 1] for s in (1.0, -1.0))
    assert float((up - down) / 0.2) == pytest.approx(float(gradient[0, 0]), rel=0.02)


def test_avatar_survives_json(avatar: Avatar) -> None:
    again = Avatar.from_json(json.loads(json.dumps(avatar.to_json())))
    np.testing.assert_array_equal(again.figure.vertices, avatar.figure.vertices)
    assert again.figure.measurements == avatar.figure.measurements


def test_a_damaged_avatar_is_refused(avatar: Avatar) -> None:
    for change in (
        {"shape": [1.0, 2.0]},
        {"shape": [float("nan")] * load_body().size},
        {"sex": "?"},
        {"body": "smpl"},
    ):
        with pytest.raises(BadInput, match="make it again"):
            Avatar.from_json({**avatar.to_json(), **change})


def test_a_truncated_asset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DamagedFile, match="missing"):
        load_body(tmp_path / "none.npz")
    (tmp_path / "cut.npz").write_bytes(b"PK\x03\x04 not much")
    with pytest.raises(DamagedFile, match="cannot be read"):
        load_body(tmp_path / "cut.npz")


def test_no_limb_meets_another_in_the_dressing_pose(avatar: Avatar) -> None:
    """In the A-pose arms clear the torso and thighs each other: 10 mm and more below the armpit and the crotch."""
    from scipy.spatial import cKDTree

    v, part = avatar.figure.vertices, avatar.figure.part_of_vertex
    marks = avatar.figure.landmarks

    def gap(first: str, second: str, below: float) -> float:
        points = [v[(part == PARTS.index(name)) & (v[:, 1] < below)] for name in (first, second)]
        return float(cKDTree(points[0]).query(points[1])[0].min())

    assert gap("torso", "left_upper_arm", float(marks["left_armpit"][1]) - 0.03) > 0.01
    assert gap("left_thigh", "right_thigh", float(marks["crotch"][1]) - 0.05) > 0.01

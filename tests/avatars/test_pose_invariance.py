"""Arms may be anywhere (ISO 8559-1 asks for them to hang, not where): what is not of the shoulder measures the same."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from toile.avatars.fit import fit_avatar
from toile.avatars.measure import measure
from toile.avatars.model import Avatar, body_model, posed_transforms

UNMOVED = (
    "underbust", "waist", "hip", "thigh", "knee", "calf", "ankle", "inseam", "waist_height", "hip_height", "nape_height",
    "wrist", "head", "back_length", "bust_point_distance",
)  # fmt: skip
ARMS = {
    "down": {"left_shoulder": ((0, 0, 1), -25.0), "right_shoulder": ((0, 0, 1), 25.0)},
    "up": {"left_shoulder": ((0, 0, 1), 25.0), "right_shoulder": ((0, 0, 1), -25.0)},
    "forward": {"left_shoulder": ((1, 0, 0), -40.0), "right_shoulder": ((1, 0, 0), -40.0)},
    "elbows bent": {"left_elbow": ((0, 1, 0), -60.0), "right_elbow": ((0, 1, 0), 60.0)},
}


def measured(avatar: Avatar, turns: Mapping[str, tuple[tuple[int, int, int], float]]) -> dict[str, float]:
    """Measurements of the body with joints turned about an axis by degrees, their children with them."""
    model = body_model()
    names, parents = model.asset.joint_names, model.asset.parents
    world = np.tile(np.eye(3), (len(names), 1, 1))
    for name, (axis, degrees) in turns.items():
        world[names.index(name)] = Rotation.from_rotvec(np.radians(degrees) * np.array(axis)).as_matrix()
    for joint, parent in enumerate(parents):
        if parent >= 0:
            world[joint] = world[parent] @ world[joint]
    vertices, joints = model.rest(torch.from_numpy(avatar.shape))
    transforms = posed_transforms(model.asset, joints, torch.from_numpy(world).float(), torch.zeros(3))
    return measure(model.skin(vertices, joints, transforms).numpy(), transforms[:, :3, 3].numpy())


@pytest.mark.parametrize("pose", ARMS)
@pytest.mark.parametrize(
    ("sex", "wearer"), [("female", {"height": 1.68, "mass": 60.0}), ("male", {"height": 1.78, "mass": 90.0})]
)
def test_arms_may_be_anywhere(sex: str, wearer: dict[str, float], pose: str) -> None:
    avatar = fit_avatar(wearer, sex)
    at_rest, moved = measured(avatar, {}), measured(avatar, ARMS[pose])
    for name in UNMOVED:
        assert moved[name] == pytest.approx(at_rest[name], abs=0.001), name
    assert moved["upper_arm"] == pytest.approx(at_rest["upper_arm"], abs=0.003)
    if sex == "female":  # a man's chest muscle moves with his arms
        assert moved["bust"] == pytest.approx(at_rest["bust"], abs=0.003)

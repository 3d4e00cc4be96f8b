"""Files of the SMPL family: axes, rates, splits, and what they lack."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from toile.avatars.motion_amass import amass_motion, smpl_skeleton, world_turns
from toile.avatars.pose import rotate
from toile.avatars.source_motion import find_roles
from toile.avatars.window import Window
from toile.engine.core.errors import BadInput, DamagedFile

WHOLE = Window(0.0, None)


def standing(count: int = 3, columns: int = 156, *, z_up: bool = True) -> dict[str, Any]:
    poses = np.zeros((count, columns))
    poses[:, 0] = np.pi / 2 if z_up else 0.0
    return {"poses": poses, "trans": np.zeros((count, 3)), "mocap_framerate": np.array(120.0)}


@pytest.mark.parametrize(
    ("hands", "face", "count"), [(False, False, 22), (True, False, 52), (True, True, 55)]
)
def test_skeletons_have_the_joints_of_their_model(hands: bool, face: bool, count: int) -> None:
    skeleton = smpl_skeleton(hands, face)
    assert len(skeleton) == count
    assert all(parent < joint for joint, (_, parent, _) in enumerate(skeleton))
    roles = find_roles([n for n, _, _ in skeleton], [p for _, p, _ in skeleton], "a.npz")
    assert ("left_fingers" in roles.joint) == hands
    assert [skeleton[j][0] for j in roles.below_chest] == ["pelvis", "spine1", "spine2", "spine3"]
    assert skeleton[roles.joint["left_toe"]][0] == "left_foot"


def test_turns_accumulate_from_the_root() -> None:
    local = np.zeros((1, 3, 3))
    local[0, :, 2] = np.pi / 2
    turns = world_turns(local, np.array([-1, 0, 1]))
    np.testing.assert_allclose(
        rotate(turns[0], np.tile([1.0, 0.0, 0.0], (3, 1)))[2], [0.0, -1.0, 0.0], atol=1e-12
    )


@pytest.mark.parametrize(("z_up", "up"), [(True, (0.0, 0.0, 1.0)), (False, (0.0, 1.0, 0.0))])
def test_world_is_z_up_unless_the_body_stands_along_y(z_up: bool, up: tuple[float, ...]) -> None:
    assert amass_motion(standing(z_up=z_up), "a.npz", WHOLE).up == up


@pytest.mark.parametrize("columns", [66, 72, 156, 165])
def test_rates_and_models_are_recognised(columns: int) -> None:
    read = amass_motion(standing(columns=columns), "a.npz", WHOLE)
    np.testing.assert_allclose(read.times, [0.0, 1 / 120, 2 / 120])
    assert not read.notes


def test_one_pose_is_a_motion_that_stands_still() -> None:
    arrays = {"global_orient": np.zeros((1, 3)), "body_pose": np.zeros(63)}
    read = amass_motion(arrays, "a.npz", WHOLE)
    assert len(read.times) == 1
    assert len(read.notes) == 2


def test_only_the_window_is_kept() -> None:
    read = amass_motion(standing(1200), "a.npz", Window(2.0, 1.0))
    assert read.times[0] == pytest.approx(2.0)
    assert read.times[-1] == pytest.approx(3.1, abs=0.02)


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"poses": np.zeros((3, 100))}, BadInput, "poses of 100 numbers"),
        ({"poses": np.full((3, 156), np.nan)}, DamagedFile, "not finite"),
        ({"poses": np.full((3, 156), 1e9)}, DamagedFile, "1000 rad"),
        ({"poses": np.zeros((0, 156))}, DamagedFile, "no table"),
        ({"poses": np.array(["a"])}, DamagedFile, "no table"),
        ({"poses": np.zeros((3, 156), complex)}, DamagedFile, "no table"),
        ({"trans": np.zeros((2, 3))}, DamagedFile, "3 poses and 2 places"),
        ({"trans": np.full((3, 3), np.inf)}, DamagedFile, "not finite"),
        ({"mocap_framerate": np.array(0.0)}, BadInput, "0 frames per second"),
        ({"mocap_framerate": np.array(np.nan)}, BadInput, "nan frames per second"),
        ({"mocap_framerate": np.array([1.0, 2.0])}, DamagedFile, "not one number"),
        ({"mocap_framerate": np.array("fast")}, DamagedFile, "not one number"),
    ],
)
def test_what_cannot_be_used_is_refused(change: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        amass_motion({**standing(), **change}, "a.npz", WHOLE)


def test_a_file_without_poses_is_refused() -> None:
    with pytest.raises(BadInput, match="holds no poses"):
        amass_motion({"trans": np.zeros((3, 3))}, "a.npz", WHOLE)


def test_long_recordings_are_cut_before_they_are_worked_out() -> None:
    long = {
        "poses": np.broadcast_to(np.zeros((1, 156), np.float32), (2_000_000, 156)),
        "trans": np.zeros((2_000_000, 3), np.float32),
    }
    with pytest.raises(BadInput, match="cut it with"):
        amass_motion(long, "a.npz", WHOLE)
    assert len(amass_motion(long, "a.npz", Window(5.0, 1.0)).times) < 40

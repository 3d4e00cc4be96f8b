"""Motions of the SMPL family on a body of the family: fingers, jaw, eyes and face as the file says them, to rounding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from toile.avatars.body_file import read_body
from toile.avatars.model import Avatar, build_avatar
from toile.avatars.motion_amass import amass_motion, smpl_skeleton, with_hands
from toile.avatars.motion_file import place_motion
from toile.avatars.moved import PosedMotion, with_own_surface
from toile.avatars.pose import matrices
from toile.avatars.retarget import Retarget
from toile.avatars.smpl import SmplBody
from toile.avatars.source_motion import SourceMotion
from toile.avatars.window import Window
from toile.engine.core.body import PARTS
from toile.engine.core.errors import DamagedFile

COUNT = 5
WHOLE = Window(0.0, None)


@pytest.fixture(scope="module")
def smplx(synthetic_smplx: Path) -> SmplBody:
    model = read_body(synthetic_smplx)
    assert isinstance(model, SmplBody)
    return model


@pytest.fixture(scope="module")
def worn(smplx: SmplBody) -> Avatar:
    return build_avatar(np.zeros(10, np.float32), "female", None, smplx)


def told(components: int) -> dict[str, Any]:
    """Return parameters of a moving body; hands as 45 turns a side, or so many components."""
    random = np.random.default_rng(8)
    arrays = {
        "global_orient": random.normal(0, 0.1, (COUNT, 3)), "body_pose": random.normal(0, 0.12, (COUNT, 63)),
        "jaw_pose": random.normal(0, 0.2, (COUNT, 3)), "leye_pose": random.normal(0, 0.2, (COUNT, 3)),
        "reye_pose": random.normal(0, 0.2, (COUNT, 3)), "expression": random.normal(0, 1.0, (COUNT, 10)),
        "left_hand_pose": random.normal(0, 0.3, (COUNT, components)),
        "right_hand_pose": random.normal(0, 0.3, (COUNT, components)),
        "transl": np.zeros((COUNT, 3)), "fps": np.array(30.0),
    }  # fmt: skip
    return arrays


def worlds(arrays: dict[str, Any], smplx: SmplBody) -> np.ndarray:
    """Return the global rotations (T, 55, 3, 3) that the parameters mean, by the model's own definition."""
    hands = [arrays["left_hand_pose"], arrays["right_hand_pose"]]
    if hands[0].shape[1] != 45:
        space = smplx.arrays.hand_space
        assert space is not None
        hands = [space.mean[k] + h @ space.components[k][: h.shape[1]] for k, h in enumerate(hands)]
    keys = ("global_orient", "body_pose", "jaw_pose", "leye_pose", "reye_pose")
    pose = np.concatenate([*(arrays[k] for k in keys), *hands], axis=1).reshape(COUNT, 55, 3)
    world = np.empty((COUNT, 55, 3, 3))
    for joint, parent in enumerate(smplx.arrays.parents):
        local = Rotation.from_rotvec(pose[:, joint]).as_matrix()
        world[:, joint] = local if parent < 0 else world[:, parent] @ local
    return world


def read(arrays: dict[str, Any], smplx: SmplBody) -> SourceMotion:
    source = amass_motion(arrays, "a.npz", WHOLE)
    assert smplx.arrays.hand_space is not None
    return with_hands(source, smplx.arrays.hand_space)


@pytest.mark.parametrize("components", [45, 12, 6])
def test_every_joint_turns_as_the_file_says(components: int, smplx: SmplBody, worn: Avatar) -> None:
    arrays = told(components)
    source = read(arrays, smplx)
    assert source.names == tuple(name for name, _, _ in smpl_skeleton(True, True))
    turns, _ = Retarget.to(worn.rig, source, "a.npz", smplx.t_pose).at(source.times)
    ours = np.array([matrices(turn) @ smplx.turned for turn in turns])
    np.testing.assert_allclose(ours, worlds(arrays, smplx), atol=1e-9)


def test_surface_follows_hands_jaw_eyes_and_expression(smplx: SmplBody, worn: Avatar) -> None:
    """Each parameter moves the skin of its own part, and only that."""
    calm = {k: v if k in ("transl", "fps") else np.zeros_like(v) for k, v in told(45).items()}
    calm["global_orient"] = np.zeros((COUNT, 3))
    part = np.asarray(worn.figure.part_of_vertex)

    def skin(**change: Any) -> np.ndarray:
        moved = place_motion(
            amass_motion({**calm, **change}, "a.npz", WHOLE), worn, "a.npz", clearance=0.0, plant=False
        )
        posed = with_own_surface(moved, worn)
        assert isinstance(posed, PosedMotion)
        return np.asarray(posed.skinned_at(COUNT - 1))

    still = skin()
    bent, wide = np.full((COUNT, 45), 0.25), np.full((COUNT, 3), 0.2)
    for change, parts in (
        ({"left_hand_pose": bent}, {"left_hand", "left_forearm"}),
        ({"right_hand_pose": bent}, {"right_hand", "right_forearm"}),
        ({"leye_pose": wide}, {"eyes"}),
        ({"expression": np.full((COUNT, 1), 2.0)}, {"head", "neck"}),
    ):
        way = np.linalg.norm(skin(**change) - still, axis=1)
        assert way.max() > 0.004, change.keys()
        assert {PARTS[p] for p in np.unique(part[way > 1e-4])} <= parts, change.keys()


def test_a_face_grows_in_the_lead_in(smplx: SmplBody, worn: Avatar) -> None:
    arrays = {**told(12), "expression": np.tile([1.0, -2.0], (COUNT, 1))}
    moved = place_motion(amass_motion(arrays, "a.npz", WHOLE), worn, "a.npz")
    assert not moved.notes
    np.testing.assert_allclose(moved.expression_at(-moved.lead_in), 0.0)
    np.testing.assert_allclose(moved.expression_at(2.0), [1.0, -2.0])
    half = moved.expression_at(-0.5 * moved.lead_in)
    assert half is not None
    assert 0.0 < half[0] < 1.0


def test_a_body_without_fingers_and_face_says_what_it_leaves_out(woman: Avatar) -> None:
    moved = place_motion(amass_motion(told(12), "a.npz", WHOLE), woman, "a.npz")
    assert [("hands" in n, "face" in n) for n in moved.notes] == [(True, False), (False, True)]


def test_other_motions_lead_all_fingers_as_one(worn: Avatar) -> None:
    from toile.avatars.motion import make_motion

    moved = make_motion(worn, "walk", 1.0, 10.0)
    names = moved.rig.joint_names
    turns = moved.pose_at(4.0)[0]
    for finger in ("index", "ring", "pinky"):
        np.testing.assert_array_equal(
            turns[names.index(f"left_{finger}1")], turns[names.index("left_fingers")]
        )
        np.testing.assert_array_equal(
            turns[names.index(f"left_{finger}3")], turns[names.index("left_fingertips")]
        )
    np.testing.assert_array_equal(turns[names.index("jaw")], turns[names.index("head")])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"left_hand_pose": np.zeros((COUNT, 45))}, "45 and 12 numbers"),
        ({"left_hand_pose": np.zeros((3, 12))}, "frames in its arrays"),
        ({"jaw_pose": np.zeros((COUNT, 4))}, "4 numbers a frame, not 3"),
        ({"expression": np.full((COUNT, 10), np.nan)}, "not finite"),
        ({"expression": np.zeros((2, 10))}, "2 expressions"),
    ],
)
def test_parts_that_do_not_fit_are_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(DamagedFile, match=said):
        amass_motion({**told(12), **change}, "a.npz", WHOLE)

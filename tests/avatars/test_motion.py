"""Motions as the cloth sees them: start, joins, speed, clearance, limits."""

from __future__ import annotations

import time
from functools import cache

import numpy as np
import pytest

from toile.avatars.clearance import Clearance
from toile.avatars.fit import fit_avatar
from toile.avatars.model import Avatar
from toile.avatars.motion import KEYS_PER_FRAME, MOTIONS, Motion, make_motion
from toile.avatars.pose import F64, conjugate, multiply, rotation_angle, slerp
from toile.engine.core.errors import BadInput

BODIES = {"slim": (1.58, 46.0), "average": (1.68, 60.0), "heavy": (1.75, 95.0)}
SECONDS = {"walk": 2.2, "catwalk": 2.2, "turn": 6.0, "stand": 4.0, "raise_arms": 4.0}
CLEARANCE = 0.012


@cache
def avatar(body: str) -> Avatar:
    height, mass = BODIES[body]
    return fit_avatar({"height": height, "mass": mass}, "female")


@cache
def motion(body: str, name: str) -> Motion:
    return make_motion(avatar(body), name, SECONDS[name], 30.0, CLEARANCE)


def local_turns(moved: Motion, frames: np.ndarray) -> F64:
    turns = np.array([moved.pose_at(float(f))[0] for f in frames])
    parents = moved.skin.skeleton.parents
    return np.where((parents >= 0)[None, :, None], multiply(conjugate(turns[:, parents]), turns), turns)


def angular_velocity(moved: Motion, frames: np.ndarray) -> F64:
    """Return joint velocities relative to parents [rad/s], shape (F - 1, J, 3)."""
    turns = local_turns(moved, frames)
    step = multiply(conjugate(turns[:-1]), turns[1:])
    return 2.0 * step[..., 1:] * np.sign(step[..., :1]) * moved.fps / (frames[1] - frames[0])


every = pytest.mark.parametrize(
    ("body", "name"), [("average", name) for name in MOTIONS] + [("slim", "walk"), ("heavy", "walk")]
)


@every
def test_lead_in_starts_in_the_exact_dressing_pose(body: str, name: str) -> None:
    moved = motion(body, name)
    assert np.array_equal(moved.vertices_at(-moved.lead_in), avatar(body).figure.vertices)
    np.testing.assert_allclose(moved.transforms_at(-moved.lead_in), avatar(body).rig.rest, atol=1e-7)


@every
def test_motion_is_smooth_from_the_first_frame_of_the_lead_in(body: str, name: str) -> None:
    moved = motion(body, name)
    frames = np.arange(-moved.lead_in, moved.frame_count - 1 + 1e-9, 0.5)
    velocity = angular_velocity(moved, frames)
    acceleration = np.linalg.norm(np.diff(velocity, axis=0), axis=-1) * 2 * moved.fps
    feet = [
        i for i, joint in enumerate(moved.rig.joint_names) if joint.endswith(("hip", "knee", "ankle", "toe"))
    ]
    others = np.setdiff1d(np.arange(len(moved.rig.joint_names)), feet)
    assert np.linalg.norm(velocity[0], axis=-1).max() < 0.1
    assert acceleration[:, feet].max() < 300.0
    assert acceleration[:, others].max() < 30.0


@every
def test_feet_stay_above_the_floor(body: str, name: str) -> None:
    moved = motion(body, name)
    lowest = [moved.vertices_at(f)[:, 1].min() for f in range(moved.frame_count)]
    assert min(lowest) > -0.0005
    assert max(lowest) < 0.003
    assert min(moved.vertices_at(f)[:, 1].min() for f in range(-moved.lead_in, 0, 2)) > -0.006


@every
def test_limbs_keep_their_clearance(body: str, name: str) -> None:
    moved = motion(body, name)
    meter = Clearance(moved.rig, moved.part_of_vertex)
    shown = [moved.vertices_at(f) for f in np.arange(0.0, moved.frame_count, 2.7)]
    assert min(meter.of_arms(v) for v in shown) > CLEARANCE - 0.004
    assert min(meter.of_legs(v) for v in shown) > CLEARANCE - 0.004
    assert min(moved.clearance_m.values()) >= CLEARANCE
    assert 0.0 <= moved.eased_deg["arms"] < 20.0
    assert 0.0 <= moved.eased_deg["legs"] < 8.0


@every
def test_joints_stay_within_human_limits(body: str, name: str) -> None:
    moved = motion(body, name)
    turned = np.degrees(rotation_angle(local_turns(moved, np.arange(-moved.lead_in, moved.frame_count, 1.0))))
    limits = {"hip": 60, "knee": 80, "ankle": 55, "toe": 65, "shoulder": 75, "elbow": 45, "wrist": 45,
              "neck": 20, "head": 20, "spine": 15, "chest": 15, "clavicle": 20}  # fmt: skip
    for joint, angle in zip(moved.rig.joint_names, turned.max(axis=0), strict=True):
        limit = next((v for word, v in limits.items() if word in joint), None)
        if limit is not None:
            assert angle < limit, joint


@pytest.mark.parametrize("name", MOTIONS)
def test_motions_loop(name: str) -> None:
    """The frame after the last is the first; the clips' lengths are whole numbers of cycles."""
    moved = motion("average", name)
    longer = make_motion(avatar("average"), name, 2 * SECONDS[name], 30.0, CLEARANCE)
    ahead = longer.vertices_at(moved.frame_count)
    np.testing.assert_allclose(ahead, moved.vertices_at(0), atol=1e-4)


def test_walk_repeats_every_cycle() -> None:
    moved = motion("average", "walk")
    for frame in (0.0, 5.0, 17.0, 28.0):
        np.testing.assert_allclose(moved.vertices_at(frame + 33), moved.vertices_at(frame), atol=1e-6)


def test_between_keys_the_pose_is_interpolated_and_the_skin_follows() -> None:
    moved = motion("average", "walk")
    frame = 7.1
    key = (frame + moved.lead_in) * KEYS_PER_FRAME
    first, part = int(key), key - int(key)
    turns = slerp(moved.turns[first], moved.turns[first + 1], part)
    shift = (1 - part) * moved.shifts[first] + part * moved.shifts[first + 1]
    np.testing.assert_array_equal(moved.vertices_at(frame), moved.skin.vertices(turns, shift))
    rig = moved.rig
    transforms = moved.transforms_at(frame) @ np.linalg.inv(rig.rest)
    points = np.concatenate([rig.rest_vertices, np.ones((len(rig.rest_vertices), 1), np.float32)], axis=1)
    blended = np.einsum("vk,vkab->vab", rig.weights, transforms[rig.joint_of_weight])
    np.testing.assert_allclose(
        moved.vertices_at(frame), np.einsum("vab,vb->va", blended, points)[:, :3], atol=5e-6
    )


def test_travelling_walk_advances_and_plants_its_feet() -> None:
    moved = make_motion(avatar("average"), "walk", 2.2, 30.0, CLEARANCE, travel=True)
    still = motion("average", "walk")
    advance = moved.vertices_at(33) - moved.vertices_at(0)
    np.testing.assert_allclose(advance[:, 2], still.ground_speed * 1.1, atol=1e-4)
    assert moved.ground_speed == 0.0
    sole = np.flatnonzero((moved.rig.rest_vertices[:, 1] < 0.02) & (moved.rig.rest_vertices[:, 0] > 0))
    flat = [moved.vertices_at(f)[sole] for f in np.arange(4.0, 10.0)]
    assert np.ptp(np.array(flat), axis=0).max() < 1e-5
    assert np.array_equal(moved.vertices_at(-moved.lead_in), moved.rig.rest_vertices)


def test_turn_goes_all_the_way_round_with_planted_feet() -> None:
    moved = motion("average", "turn")
    nose = [
        moved.transforms_at(f)[moved.rig.joint_names.index("head"), :3, 2] for f in range(moved.frame_count)
    ]
    heading = np.unwrap([np.arctan2(z[0], z[2]) for z in nose])
    assert heading[-1] - heading[0] == pytest.approx(
        2 * np.pi * (moved.frame_count - 1) / moved.frame_count, abs=0.02
    )
    sole = np.flatnonzero((moved.rig.rest_vertices[:, 1] < 0.004) & (moved.rig.rest_vertices[:, 0] > 0))
    posed = np.array([moved.vertices_at(f)[sole] for f in range(moved.frame_count)])
    slide = np.linalg.norm(np.diff(posed[:, :, [0, 2]], axis=0), axis=2).max(axis=1)
    lowered = posed[:, :, 1].max(axis=1) < 0.0045
    planted = lowered[1:] & lowered[:-1]
    assert planted.mean() > 0.5
    assert slide[planted].max() < 0.002


def test_head_is_steadier_than_the_pelvis_in_a_walk() -> None:
    moved = motion("average", "walk")
    turns = np.array([moved.pose_at(f)[0] for f in range(33)])
    swing = {
        name: np.ptp(rotation_angle(turns[:, moved.rig.joint_names.index(name)]))
        for name in ("pelvis", "head")
    }
    assert swing["head"] < 0.5 * swing["pelvis"]


def test_skinning_takes_a_few_milliseconds_a_frame() -> None:
    moved = motion("average", "walk")
    best = np.inf
    for _ in range(3):
        start = time.perf_counter()
        for frame in np.linspace(0, moved.frame_count - 1, 40):
            moved.vertices_at(float(frame))
        best = min(best, (time.perf_counter() - start) / 40)
    assert best < 0.006


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("fly", 2.0, 30.0), "stand, walk"),
        (("walk", 0.0, 30.0), "0.1 to 120"),
        (("walk", float("nan"), 30.0), "seconds"),
        (("walk", 2.0, 1000.0), "fps"),
        (("walk", 2.0, 30.0, 0.5), "clearance"),
    ],
)
def test_what_cannot_be_made_is_refused_in_one_sentence(
    arguments: tuple[str, float, float], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        make_motion(avatar("average"), *arguments)


def test_one_frame_is_a_motion() -> None:
    moved = make_motion(avatar("average"), "stand", 0.1, 10.0)
    assert moved.frame_count == 1
    assert moved.vertices_at(0).shape == moved.rig.rest_vertices.shape

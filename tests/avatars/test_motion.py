"""Motions as the cloth sees them: start, joins, speed, clearance, limits."""

from __future__ import annotations

import time
from collections import Counter
from functools import cache

import numpy as np
import pytest
from scipy.spatial import Delaunay

from toile.avatars.clearance import Clearance
from toile.avatars.fit import fit_avatar
from toile.avatars.model import Avatar
from toile.avatars.motion import KEYS_PER_FRAME, MOTIONS, Motion, make_motion
from toile.avatars.pose import F64, conjugate, multiply, rotation_angle, slerp
from toile.engine.core.body import PARTS
from toile.engine.core.errors import BadInput
from toile.engine.core.intersect import cloth_self_intersections

BODIES = {"slim": (1.58, 46.0), "average": (1.68, 60.0), "heavy": (1.75, 95.0)}
SECONDS = {"walk": 2.2, "catwalk": 2.2, "turn": 6.0, "stand": 4.0, "raise_arms": 4.0, "sit": 4.0, "squat": 3.0, "jump": 2.7,
           "reach": 5.0, "lunge": 3.6}  # fmt: skip
STILL = {"stand": 0.0, "sit": 2.0, "squat": 1.4, "reach": 2.9, "lunge": 1.6}
"""When [s] a motion rests in the pose that it is about."""
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
    ("body", "name"),
    [("average", name) for name in MOTIONS]
    + [
        ("slim", "walk"),
        ("heavy", "walk"),
        ("slim", "lunge"),
        ("heavy", "sit"),
        ("heavy", "squat"),
        ("heavy", "jump"),
    ],
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
    legs, rest = (800.0, 160.0) if name == "jump" else (300.0, 60.0)
    assert np.linalg.norm(velocity[0], axis=-1).max() < 0.1
    assert acceleration[:, feet].max() < legs
    assert acceleration[:, others].max() < rest


@every
def test_feet_stay_above_the_floor(body: str, name: str) -> None:
    moved = motion(body, name)
    lowest = [moved.skinned_at(f)[:, 1].min() for f in range(moved.frame_count)]
    assert min(lowest) > -0.0005
    assert 0.05 < max(lowest) < 0.25 if name == "jump" else max(lowest) < 0.003
    assert min(moved.skinned_at(f)[:, 1].min() for f in range(-moved.lead_in, 0, 2)) > -0.006


@every
def test_planted_soles_do_not_slide(body: str, name: str) -> None:
    """Skin of the foot that stays within 1.5 mm of the floor from one frame to the next stays where it is on it."""
    moved = motion(body, name)
    rig, way = moved.rig, [moved.ground_at(f) for f in range(moved.frame_count)]
    ground = np.stack([np.zeros(len(way) - 1), -np.diff(way)], axis=-1)[:, None]
    for side in ("left", "right"):
        joints = [rig.joint_names.index(f"{side}_{j}") for j in ("ankle", "toe")]
        foot = (rig.weights * np.isin(rig.joint_of_weight, joints)).sum(1) > 0.5
        sole = np.flatnonzero(foot & (rig.rest_vertices[:, 1] < 0.05))
        places = np.array([moved.skinned_at(f)[sole] for f in range(moved.frame_count)])
        slid = np.linalg.norm(np.diff(places[:, :, [0, 2]], axis=0) - ground, axis=2)
        low = places[:, :, 1] < 0.0015
        planted = low[1:] & low[:-1]
        assert planted.any(axis=1).mean() > 0.3
        assert slid[planted].max() < 0.002


@every
def test_limbs_keep_their_clearance(body: str, name: str) -> None:
    moved = motion(body, name)
    meter = Clearance(moved.rig, moved.part_of_vertex)
    shown = [moved.skinned_at(f) for f in np.arange(0.0, moved.frame_count, 2.7)]
    assert min(meter.of_arms(v) for v in shown) > CLEARANCE - 0.004
    assert min(meter.of_legs(v) for v in shown) > CLEARANCE - 0.004
    assert min(moved.clearance_m.values()) >= CLEARANCE
    assert 0.0 <= moved.eased_deg["arms"] < 25.0
    assert 0.0 <= moved.eased_deg["legs"] < 8.0


@every
def test_joints_stay_within_human_limits(body: str, name: str) -> None:
    moved = motion(body, name)
    turned = np.degrees(rotation_angle(local_turns(moved, np.arange(-moved.lead_in, moved.frame_count, 1.0))))
    limits = {"hip": 60, "knee": 80, "ankle": 55, "toe": 65, "shoulder": 75, "elbow": 45, "wrist": 45,
              "neck": 20, "head": 20, "spine": 15, "chest": 15, "clavicle": 20}  # fmt: skip
    if name in ("sit", "squat", "jump", "lunge", "reach"):
        limits |= {
            "hip": 115,
            "knee": 125,
            "ankle": 65,
            "shoulder": 110,
            "elbow": 70,
            "neck": 25,
            "head": 25,
            "clavicle": 40,
        }
    if name == "reach":
        limits["shoulder"] = 155
    for joint, angle in zip(moved.rig.joint_names, turned.max(axis=0), strict=True):
        limit = next((v for word, v in limits.items() if word in joint), None)
        if limit is not None:
            assert angle < limit, joint


@pytest.mark.parametrize("name", MOTIONS)
def test_motions_loop(name: str) -> None:
    """The frame after the last is the first; the clips' lengths are whole numbers of cycles. A longer clip sits longer."""
    moved = motion("average", name)
    longer = make_motion(avatar("average"), name, 2 * SECONDS[name], 30.0, CLEARANCE)
    if name == "sit":
        np.testing.assert_allclose(moved.skinned_at(moved.frame_count - 1), moved.skinned_at(0), atol=2e-3)
        return
    ahead = longer.skinned_at(moved.frame_count)
    np.testing.assert_allclose(ahead, moved.skinned_at(0), atol=1e-4)
    np.testing.assert_allclose(longer.vertices_at(moved.frame_count), moved.vertices_at(0), atol=2e-4)


@pytest.mark.parametrize("body", BODIES)
def test_relaxed_skin_of_a_walk_closes_exactly(body: str) -> None:
    """Folds are relaxed by the phase of the cycle alone: every vertex, in any later cycle, at and between frames."""
    moved = motion(body, "walk")
    assert moved.period == pytest.approx(33.0)
    for frame in (0.0, 5.0, 10.37, 17.0, 28.0, 32.0):
        np.testing.assert_allclose(moved.vertices_at(frame + 33), moved.vertices_at(frame), atol=1e-6)


@pytest.mark.parametrize("name", ["walk", "squat"])
def test_relaxed_skin_is_the_same_in_a_shorter_and_a_longer_clip(name: str) -> None:
    moved = motion("average", name)
    longer = make_motion(avatar("average"), name, 2 * SECONDS[name], 30.0, CLEARANCE)
    for frame in (0.0, 8.0, 20.5):
        np.testing.assert_allclose(longer.vertices_at(frame), moved.vertices_at(frame), atol=1e-5)


def test_walk_repeats_every_cycle() -> None:
    moved = motion("average", "walk")
    for frame in (0.0, 5.0, 17.0, 28.0):
        np.testing.assert_allclose(moved.skinned_at(frame + 33), moved.skinned_at(frame), atol=1e-6)


def test_between_keys_the_pose_is_interpolated_and_the_skin_follows() -> None:
    moved = motion("average", "walk")
    frame = 7.1
    key = (frame + moved.lead_in) * KEYS_PER_FRAME
    first, part = int(key), key - int(key)
    turns = slerp(moved.turns[first], moved.turns[first + 1], part)
    shift = (1 - part) * moved.shifts[first] + part * moved.shifts[first + 1]
    np.testing.assert_array_equal(moved.skinned_at(frame), moved.skin.vertices(turns, shift))
    rig = moved.rig
    transforms = moved.transforms_at(frame) @ np.linalg.inv(rig.rest)
    points = np.concatenate([rig.rest_vertices, np.ones((len(rig.rest_vertices), 1), np.float32)], axis=1)
    blended = np.einsum("vk,vkab->vab", rig.weights, transforms[rig.joint_of_weight])
    np.testing.assert_allclose(
        moved.skinned_at(frame), np.einsum("vab,vb->va", blended, points)[:, :3], atol=5e-6
    )


def crossing_parts(moved: Motion, frame: float) -> Counter[str]:
    """Return how many pairs of faces cross, by the parts they belong to; eyes, head and what crosses at rest left out."""
    part, faces = moved.part_of_vertex, moved.rig.faces
    own = {tuple(pair) for pair in cloth_self_intersections(moved.rig.rest_vertices, faces)}
    of_face = part[faces].max(axis=1)
    found: Counter[str] = Counter()
    for a, b in cloth_self_intersections(moved.vertices_at(frame), faces):
        names = sorted((PARTS[of_face[a]], PARTS[of_face[b]]))
        if (a, b) not in own and not {"head", "eyes"} & set(names):
            found["-".join(names)] += 1
    return found


@every
def test_no_skin_of_trunk_and_limbs_crosses_any_other(body: str, name: str) -> None:
    moved = motion(body, name)
    for frame in [*range(-moved.lead_in, moved.frame_count, 9), 10.37, moved.frame_count - 1.61]:
        assert not crossing_parts(moved, frame), frame


@pytest.mark.slow
@pytest.mark.parametrize("name", MOTIONS)
@pytest.mark.parametrize("sex", ["female", "male"])
@pytest.mark.parametrize("build", ["slim", "average", "heavy"])
def test_no_skin_crosses_in_any_frame_of_any_build(build: str, sex: str, name: str) -> None:
    index = {"slim": 18.5, "average": 22.5, "heavy": 32.0}[build]
    height = 1.65 if sex == "female" else 1.77
    worn = fit_avatar({"height": height, "mass": index * height**2}, sex)
    moved = make_motion(worn, name, SECONDS[name], 30.0, CLEARANCE)
    assert not sum((crossing_parts(moved, f) for f in range(moved.frame_count)), Counter())


@pytest.mark.parametrize(
    ("body", "name"), [(b, n) for b in ("average", "heavy") for n in STILL if (b, n) != ("heavy", "reach")]
)
def test_still_poses_are_balanced(body: str, name: str) -> None:
    """The volume's centre is over the hull of the soles, and of the seat where there is one; the knees are over the toes."""
    moved = motion(body, name)
    frame = STILL[name] * moved.fps
    skin, faces = moved.vertices_at(frame).astype(np.float64), moved.rig.faces
    a, b, c = (skin[faces[:, k]] for k in range(3))
    volume = np.einsum("ij,ij->i", a, np.cross(b, c)) / 6.0
    centre = (volume[:, None] * (a + b + c) / 4.0).sum(0) / volume.sum()
    base = skin[skin[:, 1] < 0.01][:, [0, 2]]
    if moved.seat is not None:
        on_seat = (np.abs(skin[:, 1] - moved.seat.height) < 0.02) & (skin[:, 2] < moved.seat.front)
        base = np.concatenate([base, skin[on_seat][:, [0, 2]]])
    assert Delaunay(base).find_simplex(centre[[0, 2]]) >= 0
    at = dict(zip(moved.rig.joint_names, moved.transforms_at(frame)[:, :3, 3], strict=True))
    for side, sign in (("left", 1), ("right", -1)) if name in ("squat", "sit") else ():
        hip, knee, ankle, toe = (at[f"{side}_{j}"][[0, 2]] for j in ("hip", "knee", "ankle", "toe"))
        heading = (toe - ankle) / np.linalg.norm(toe - ankle)
        aside = sign * ((knee - ankle)[0] * heading[1] - (knee - ankle)[1] * heading[0])
        assert abs(aside) < 0.05, "the knee is not over the toes"
        assert (knee - hip) @ heading > 0.2


def test_a_long_catwalk_stops_poses_and_turns_round() -> None:
    """It walks at first, stands still on its ground for a while, and ends facing back, both soles flat."""
    moved = make_motion(avatar("average"), "catwalk", 6.0, 30.0, CLEARANCE)
    way = np.array([moved.ground_at(f) for f in range(moved.frame_count)])
    assert way[0] == 0.0
    assert np.diff(way)[:30] == pytest.approx(moved.ground_speed / 30.0, abs=1e-4)
    assert np.ptp(way[85:]) < 1e-6
    facing = moved.transforms_at(moved.frame_count - 1)[moved.rig.joint_names.index("pelvis"), :3, 2]
    assert facing[2] < -0.99
    rig = moved.rig
    for side in ("left", "right"):
        joints = [rig.joint_names.index(f"{side}_{j}") for j in ("ankle", "toe")]
        foot = (rig.weights * np.isin(rig.joint_of_weight, joints)).sum(1) > 0.5
        sole = np.flatnonzero(foot & (rig.rest_vertices[:, 1] < 0.05))
        places = np.array([moved.skinned_at(f)[sole] for f in range(moved.frame_count)], np.float64)
        places[:, :, 2] += way[:, None]
        slid = np.linalg.norm(np.diff(places[:, :, [0, 2]], axis=0), axis=2)
        low = places[:, :, 1] < 0.0015
        assert slid[low[1:] & low[:-1]].max() < 0.002
        assert places[:, :, 1].min() > -0.0005
    for frame in range(90, 170, 8):
        assert not crossing_parts(moved, frame)


def test_a_jump_flies_freely() -> None:
    """Between take-off and landing the volume's centre falls with gravity, and the feet are off the floor."""
    moved = motion("average", "jump")
    frames = np.arange(31.0, 40.0, 0.5)
    faces, heights = moved.rig.faces, []
    for frame in frames:
        skin = moved.skinned_at(frame).astype(np.float64)
        a, b, c = (skin[faces[:, k]] for k in range(3))
        volume = np.einsum("ij,ij->i", a, np.cross(b, c)) / 6.0
        heights.append((volume * (a + b + c)[:, 1]).sum() / 4.0 / volume.sum())
        assert skin[:, 1].min() > 0.002
    gravity = 2.0 * np.polyfit(frames / moved.fps, heights, 2)[0]
    assert gravity == pytest.approx(-9.81, abs=1.0)


def test_the_seat_is_as_high_as_the_hollow_of_the_knee_and_carries_the_body() -> None:
    moved = motion("average", "sit")
    assert moved.seat is not None
    knee = moved.rig.rest[moved.rig.joint_names.index("left_knee"), 1, 3]
    assert knee - 0.09 < moved.seat.height < knee
    skin = moved.skinned_at(60.0)
    over = (np.abs(skin[:, 0]) < moved.seat.half_width) & (skin[:, 2] < moved.seat.front)
    over &= skin[:, 2] > moved.seat.front - moved.seat.depth
    above = skin[over & (skin[:, 1] > moved.seat.height - 0.05)][:, 1].min()
    assert above == pytest.approx(moved.seat.height, abs=0.02)
    vertices, faces = moved.seat.mesh()
    a, b, c = (vertices[faces[:, k]].astype(np.float64) for k in range(3))
    volume = np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6.0
    assert volume == pytest.approx(2 * moved.seat.half_width * moved.seat.depth * moved.seat.height, rel=1e-5)
    assert "stool" in moved.remarks[0]


def test_a_heavy_body_gives_up_depth_where_belly_and_thighs_meet() -> None:
    assert motion("average", "squat").depth_given_up == 0.0
    deep = motion("heavy", "sit")
    assert 0.0 < deep.depth_given_up < 0.5
    assert any("Belly" in said for said in deep.remarks)


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

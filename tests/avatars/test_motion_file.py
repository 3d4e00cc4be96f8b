"""Our own walk, written in the formats of the field and read back: the same joints, on the floor, from the A-pose."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from toile.avatars.clearance import Clearance
from toile.avatars.fit import fit_avatar
from toile.avatars.flesh import YieldingMotion
from toile.avatars.model import Avatar
from toile.avatars.motion import Motion, make_motion
from toile.avatars.motion_amass import amass_motion, smpl_skeleton
from toile.avatars.motion_file import FileMotion, read_motion
from toile.avatars.pose import multiply, rotate
from toile.avatars.retarget import Retarget
from toile.avatars.window import Window
from toile.engine.core.errors import BadInput, DamagedFile


def as_told(data: bytes, ending: str, woman: Avatar, folder: Path, **options: Any) -> FileMotion:
    """Read a file without easing or planting: what retargeting alone makes of it."""
    path = folder / f"motion{ending}"
    path.write_bytes(data)
    return read_motion(path, woman, **{"clearance": 0.0, "plant": False, **options})


def chosen(walk: Motion, *without: str) -> list[int]:
    return [i for i, n in enumerate(walk.rig.joint_names) if not any(word in n for word in without)]


@pytest.mark.parametrize("kind", ["a_pose", "t_pose", "cmu", "z_up"])
def test_bvh_of_the_walk_comes_back_to_a_hundredth_of_a_degree(
    kind: str, woman: Avatar, walk: Motion, told: Any, told_from_t: Any, tell: SimpleNamespace, tmp_path: Path
) -> None:
    """From an A-pose, a T-pose, CMU's odd zero pose with a T-pose in front, and a world that is Z-up."""
    if kind == "a_pose":
        data = tell.bvh(told)
    elif kind == "cmu":
        data = tell.bvh(told, opening=tell.t_pose(walk), unit=0.45 / 0.0254)
    else:
        data = tell.bvh(told_from_t, z_up=kind == "z_up", order="XYZ" if kind == "z_up" else "ZXY")
    read = as_told(data, ".bvh", woman, tmp_path)
    distance, angle = tell.difference(read, walk)
    assert read.frame_count == walk.frame_count
    assert angle.max() < 0.01
    assert distance.max() < 0.2  # the floor is found to that
    assert bool(read.notes) == (kind == "cmu")


def test_skeleton_with_fewer_joints_moves_the_same_limbs(
    woman: Avatar, walk: Motion, told_from_t: Any, tell: SimpleNamespace, tmp_path: Path
) -> None:
    """Without two of the spine's joints, without hands and toes: limbs as before, toes level while the heel is up."""
    less = ["spine_upper", "chest"]
    less += [f"{s}_{j}" for s in ("left", "right") for j in ("thumb", "fingers", "fingertips", "toe")]
    read = as_told(tell.bvh(told_from_t, without=less), ".bvh", woman, tmp_path)
    distance, angle = tell.difference(read, walk)
    kept = chosen(walk, "thumb", "finger", "toe")
    assert angle[:, kept].max() < 1.0
    assert distance[:, kept].max() < 2.2
    assert min(read.vertices_at(f)[:, 1].min() for f in range(read.frame_count)) > -0.004


@pytest.mark.parametrize("kind", ["of_smplh", "of_smplx", "split", "parameters"])
def test_amass_of_the_walk_comes_back_within_what_the_nominal_skeleton_allows(
    kind: str, woman: Avatar, walk: Motion, told_as_smpl: Any, tell: SimpleNamespace, tmp_path: Path
) -> None:
    """The writer's bones point 1.5 degrees away from the nominal ones; trunk and limbs follow within a few degrees."""
    read = as_told(tell.amass(told_as_smpl, kind.removeprefix("of_")), ".npz", woman, tmp_path)
    distance, angle = tell.difference(read, walk)
    hands, trunk = ("thumb", "finger", "wrist", "elbow"), ("pelvis", "head", "spine", "chest", "neck")
    assert read.frame_count == walk.frame_count
    assert angle[:, chosen(walk, *hands)].max() < 4.0
    names, centres = walk.rig.joint_names, walk.rig.rest[:, :3, 3]
    chain = [
        centres[names.index(f"left_{n}")] for n in ("shoulder", "elbow", "wrist", "fingers", "fingertips")
    ]
    reach = 1000.0 * np.linalg.norm(np.diff(chain, axis=0), axis=1).sum()
    # the same two degrees over the arm, short or long, and what the pelvis is off
    assert distance[:, chosen(walk, "thumb", "finger")].max() < np.radians(1.5) * reach + 5.0
    assert distance[:, [i for i, n in enumerate(walk.rig.joint_names) if n in trunk]].max() < 10.0
    assert len(read.notes) == (2 if kind == "parameters" else 0)


def test_glb_of_a_look_comes_back_exactly(
    woman: Avatar, walk: Motion, tell: SimpleNamespace, tmp_path: Path
) -> None:
    read = as_told(tell.glb(walk), ".glb", woman, tmp_path)
    distance, angle = tell.difference(read, walk)
    assert angle.max() < 0.001
    assert distance.max() < 0.2
    assert read.frame_count == walk.frame_count


def test_planting_and_easing_leave_a_good_walk_as_it_is(
    woman: Avatar, walk: Motion, tell: SimpleNamespace, tmp_path: Path
) -> None:
    """It walks on a treadmill that is recognised, so its feet are planted already."""
    path = tmp_path / "walk.glb"
    path.write_bytes(tell.glb(walk))
    read = read_motion(path, woman)
    distance, _ = tell.difference(read, walk)
    assert distance.max() < 5.0
    assert read.ground_speed == pytest.approx(walk.ground_speed, rel=0.01)
    assert max(read.eased_deg.values()) < 0.5
    assert min(read.planted.values()) > 0.5


def test_any_rate_is_resampled(
    woman: Avatar, walk: Motion, told: Any, tell: SimpleNamespace, tmp_path: Path
) -> None:
    read = as_told(tell.bvh(told), ".bvh", woman, tmp_path, fps=24.0)
    assert read.fps == 24.0
    assert read.frame_count == round(walk.frame_count * 24 / 30)
    for second in (0.5, 1.25):  # moments that are frames of both
        ours, theirs = read.transforms_at(24 * second), walk.transforms_at(30 * second)
        np.testing.assert_allclose(ours[:, :3, :3], theirs[:, :3, :3], atol=0.02)
        places = (ours - theirs)[:, :3, 3]
        np.testing.assert_allclose(places - places[0], 0.0, atol=2e-3)


def test_a_walk_that_closes_on_itself_is_repeated(
    woman: Avatar, walk: Motion, told: Any, tell: SimpleNamespace, tmp_path: Path
) -> None:
    read = as_told(tell.bvh(told), ".bvh", woman, tmp_path, seconds=5.0)
    assert read.frame_count == 150
    assert read.loops == pytest.approx(5.0 / 2.2, rel=1e-3)
    for frame in (0, 17, 65):
        np.testing.assert_allclose(read.vertices_at(frame + 66), read.vertices_at(frame), atol=2e-4)
    for frame in range(60, 72):  # the cycle of 33 frames goes on over the join at 66
        step = read.vertices_at(frame + 1) - read.vertices_at(frame)
        own = walk.vertices_at(frame - 32) - walk.vertices_at(frame - 33)
        np.testing.assert_allclose(step, own, atol=3e-3)


def test_a_motion_that_travels_goes_on_travelling_when_it_repeats(
    woman: Avatar, tell: SimpleNamespace, tmp_path: Path
) -> None:
    travelling = make_motion(woman, "walk", 2.2, 30.0, travel=True)
    read = as_told(tell.glb(travelling), ".glb", woman, tmp_path, seconds=4.4)
    pelvis = [read.transforms_at(f)[0, 2, 3] for f in (0, 66)]
    again = [travelling.transforms_at(f)[0, 2, 3] for f in (0, 33)]
    assert pelvis[1] - pelvis[0] == pytest.approx(2 * (again[1] - again[0]), rel=0.01)
    assert read.ground_speed == 0.0


def test_what_does_not_close_is_not_repeated(
    woman: Avatar, told: Any, tell: SimpleNamespace, tmp_path: Path
) -> None:
    half = type(told)(told.skeleton, told.centres, told.turns[:20], told.places[:20])
    with pytest.raises(BadInput, match=r"ask for at most 0\.63 s"):
        as_told(tell.bvh(half), ".bvh", woman, tmp_path, seconds=5.0)


def test_part_of_a_file_is_read(
    woman: Avatar, walk: Motion, told: Any, tell: SimpleNamespace, tmp_path: Path
) -> None:
    read = as_told(tell.bvh(told), ".bvh", woman, tmp_path, start=0.5, seconds=1.0)
    assert read.frame_count == 30
    for frame in (0, 29):
        ours, theirs = read.transforms_at(frame), walk.transforms_at(frame + 15)
        np.testing.assert_allclose(ours[:, :3, :3], theirs[:, :3, :3], atol=2e-4)
    with pytest.raises(BadInput, match="start earlier"):
        as_told(tell.bvh(told), ".bvh", woman, tmp_path, start=9.0)


def test_motion_starts_in_the_dressing_pose_and_joins_smoothly(
    woman: Avatar, walk: Motion, tell: SimpleNamespace, tmp_path: Path
) -> None:
    path = tmp_path / "walk.glb"
    path.write_bytes(tell.glb(walk))
    read = read_motion(path, woman)
    assert np.array_equal(read.vertices_at(-read.lead_in), woman.figure.vertices)
    assert read.lead_in >= 30
    frames = np.arange(-read.lead_in, 12.0, 0.5)
    joints = np.stack([read.transforms_at(f)[:, :3, 3] for f in frames]).astype(np.float64)
    acceleration = np.linalg.norm(np.diff(joints, 2, axis=0), axis=-1) * (2 * read.fps) ** 2
    own = np.stack([walk.transforms_at(f)[:, :3, 3] for f in np.arange(0.0, 60.0, 0.5)]).astype(np.float64)
    usual = np.linalg.norm(np.diff(own, 2, axis=0), axis=-1) * (2 * walk.fps) ** 2
    assert acceleration.max() < 1.5 * usual.max()
    assert min(read.vertices_at(f)[:, 1].min() for f in range(-read.lead_in, read.frame_count, 3)) > -0.008


def test_a_heavy_body_keeps_its_limbs_apart_in_a_slim_ones_motion(
    walk: Motion, tell: SimpleNamespace, tmp_path: Path
) -> None:
    path = tmp_path / "walk.glb"
    path.write_bytes(tell.glb(walk))
    heavy = fit_avatar({"height": 1.75, "mass": 95.0}, "female")
    read = read_motion(path, heavy)
    meter = Clearance(read.rig, read.part_of_vertex)
    shown = [read.vertices_at(f) for f in np.arange(0.0, read.frame_count, 3.0)]
    assert 3.0 < read.eased_deg["arms"] < 25.0
    assert min(meter.of_arms(v) for v in shown) > 0.006
    assert min(meter.of_legs(v) for v in shown) > 0.006
    assert max(v[:, 1].min() for v in shown) < 0.012
    assert min(v[:, 1].min() for v in shown) > -0.006
    assert read.transforms_at(20).shape == (len(read.rig.joint_names), 4, 4)


def test_sliding_feet_are_held(woman: Avatar, tell: SimpleNamespace, tmp_path: Path) -> None:
    """A travelling walk made to slide by 15 cm a second, and to float by 2 cm: its planted soles stay where they are."""
    travelling = make_motion(woman, "walk", 2.2, 30.0, travel=True)
    sliding = type(travelling)(**{**vars_of(travelling), "shifts": drifted(travelling)})
    path = tmp_path / "sliding.glb"
    path.write_bytes(tell.glb(sliding))
    read = read_motion(path, woman, clearance=0.0)
    assert read.slide_m_s["before"] > 0.12
    assert read.slide_m_s["after"] < 0.06
    loose = read_motion(path, woman, clearance=0.0, plant=False)
    distance, _ = tell.difference(read, loose)
    assert distance.max() < 130.0


def vars_of(motion: Motion) -> dict[str, Any]:
    return {name: getattr(motion, name) for name in motion.__dataclass_fields__}


def drifted(motion: Motion) -> np.ndarray:
    shifts = motion.shifts.copy()
    shifts[:, 0] += 0.15 * np.arange(len(shifts)) / (4 * motion.fps)
    shifts[:, 1] += 0.02
    return shifts


def test_a_motion_that_faces_elsewhere_is_turned_to_the_front(
    woman: Avatar, walk: Motion, told: Any, tell: SimpleNamespace, tmp_path: Path
) -> None:
    half = np.array([np.cos(0.5), 0.0, np.sin(0.5), 0.0])
    from toile.avatars.pose import rotate

    turned = type(told)(
        told.skeleton, told.centres, multiply(half, told.turns), rotate(half, told.places) + 3.0
    )
    read = as_told(tell.bvh(turned), ".bvh", woman, tmp_path)
    ahead = read.transforms_at(0)[0, :3, 2]
    assert abs(np.degrees(np.arctan2(ahead[0], ahead[2]))) < 10.0
    np.testing.assert_allclose(read.transforms_at(0)[0, [0, 2], 3], woman.rig.rest[0, [0, 2], 3], atol=1e-6)


def test_flesh_yields_in_it_as_in_any_motion(
    woman: Avatar, walk: Motion, tell: SimpleNamespace, tmp_path: Path
) -> None:
    read = YieldingMotion(as_told(tell.glb(walk), ".glb", woman, tmp_path))
    assert read.vertices_at(3).shape == woman.figure.vertices.shape
    assert read.frame_count == walk.frame_count


@pytest.mark.parametrize(
    ("name", "options", "error", "said"),
    [
        ("dance.fbx", {}, BadInput, r"\.npz, \.bvh, \.glb, \.gltf"),
        ("dance.pkl", {}, BadInput, "would run code"),
        ("missing.bvh", {}, DamagedFile, "cannot be read"),
        ("dance.bvh", {"fps": 1000.0}, BadInput, "5 to 240"),
        ("dance.bvh", {"start": float("nan")}, BadInput, "0 or later"),
        ("dance.bvh", {"seconds": 1000.0}, BadInput, "0.1 to 120"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(
    name: str, options: dict[str, float], error: type[Exception], said: str, woman: Avatar, tmp_path: Path
) -> None:
    with pytest.raises(error, match=said):
        read_motion(tmp_path / name, woman, **options)


@pytest.mark.parametrize("bend", [0.0, 35.0])
def test_fingers_of_the_family_are_as_straight_as_the_file_says(bend: float, woman: Avatar) -> None:
    """Ours are bent by 18 and 48 degrees at rest; a flat hand of a file is flat all the same, and every bend the file's own."""
    local = np.zeros((2, 52, 3))
    local[:, 0, 0] = np.pi / 2
    names = [name for name, _, _ in smpl_skeleton(True, False)]
    for side, sign in (("left", -1.0), ("right", 1.0)):
        for bone in (1, 2):
            local[:, names.index(f"{side}_middle{bone}"), 2] = sign * np.radians(bend)
    arrays = {"poses": local.reshape(2, -1), "trans": np.zeros((2, 3)), "mocap_framerate": np.array(30.0)}
    retarget = Retarget.to(woman.rig, amass_motion(arrays, "a.npz", Window(0.0, None)), "a.npz")
    turns, index = retarget.at(np.zeros(1))[0][0], retarget.form.skeleton.index
    centres = retarget.form.skeleton.centres
    for side in ("left", "right"):
        hand, fingers, tips = (index[f"{side}_{n}"] for n in ("wrist", "fingers", "fingertips"))
        ends = retarget.form.arms[side].tips
        assert ends is not None
        ways = [
            rotate(turns[hand], centres[fingers] - centres[hand]),
            rotate(turns[fingers], centres[tips] - centres[fingers]),
            rotate(turns[tips], ends),
        ]
        ways = [way / np.linalg.norm(way) for way in ways]
        bends = [np.degrees(np.arccos(np.clip(a @ b, -1.0, 1.0))) for a, b in pairwise(ways)]
        np.testing.assert_allclose(bends, bend, atol=0.01)
        if bend:
            assert ways[2][1] < ways[1][1] < ways[0][1] + 1e-6  # towards the palm, which faces down


def test_without_places_the_lower_foot_stands_on_the_floor(
    woman: Avatar, told_as_smpl: Any, tell: SimpleNamespace, tmp_path: Path
) -> None:
    """A file of turns alone: the walk's feet floated by up to 24 mm when the pelvis was held at its height."""
    with np.load(io.BytesIO(tell.amass(told_as_smpl))) as whole:
        poses = whole["poses"].astype(np.float32)
    np.savez(tmp_path / "bare.npz", poses=poses)
    read = read_motion(tmp_path / "bare.npz", woman)
    assert len(read.notes) == 2
    lowest = [float(read.vertices_at(float(f))[:, 1].min()) for f in range(0, read.frame_count, 5)]
    assert min(lowest) > -0.004
    assert max(lowest) < 0.006

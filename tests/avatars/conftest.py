"""Our own walk written in the formats of the field, so that reading it back can be compared joint by joint."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from toile.avatars.fit import fit_avatar
from toile.avatars.limbs import SIDES, BodyForm
from toile.avatars.mannequin import Mannequin
from toile.avatars.model import Avatar
from toile.avatars.motion import Motion, make_motion
from toile.avatars.motion_amass import smpl_skeleton
from toile.avatars.pose import (
    F64,
    IDENTITY,
    Skeleton,
    conjugate,
    from_matrices,
    matrices,
    multiply,
    rotation_angle,
)
from toile.engine.export.glb import GltfDocument
from toile.engine.export.gltf import _add_body, _animate_joints, local_transforms

CMU: dict[str, str] = {
    "pelvis": "Hips", "spine": "LowerBack", "spine_upper": "Spine", "chest": "Spine1", "chest_upper": "Spine2",
    "neck": "Neck", "head": "Head",
    **{f"{s}_{ours}": f"{s.capitalize()}{theirs}" for s in SIDES for ours, theirs in (
        ("clavicle", "Shoulder"), ("shoulder", "Arm"), ("elbow", "ForeArm"), ("wrist", "Hand"), ("thumb", "HandThumb1"),
        ("fingers", "HandMiddle1"), ("fingertips", "HandMiddle2"), ("hip", "UpLeg"), ("knee", "Leg"),
        ("ankle", "Foot"), ("toe", "ToeBase"))},
}  # fmt: skip
"""Our joints by the names of CMU's and Mixamo's rigs."""


@pytest.fixture(scope="session")
def woman() -> Avatar:
    """An adult of 168 cm and 60 kg."""
    return fit_avatar({"height": 1.68, "mass": 60.0}, "female")


@pytest.fixture(scope="session")
def walk(woman: Avatar) -> Motion:
    """Two cycles of her walk, 66 frames."""
    return make_motion(woman, "walk", 2.2, 30.0)


@dataclass(frozen=True)
class Told:
    """A motion to be written: turns (F, J, 4) from a reference with joint centres (J, 3), places of the pelvis (F, 3)."""

    skeleton: Skeleton
    centres: F64
    turns: F64
    places: F64


@pytest.fixture(scope="session")
def told(walk: Motion) -> Told:
    """The walk told from its own A-pose."""
    poses = [walk.pose_at(float(f)) for f in range(walk.frame_count)]
    turns, shifts = np.array([p[0] for p in poses]), np.array([p[1] for p in poses])
    skeleton = Skeleton.of(walk.rig)
    pelvis = skeleton.index["pelvis"]
    return Told(skeleton, skeleton.centres, turns, skeleton.posed_centres(turns, shifts)[:, pelvis])


@pytest.fixture(scope="session")
def told_from_t(walk: Motion, told: Told) -> Told:
    """The walk told from a T-pose: arms straight out, palms down, legs straight down."""
    pose = t_pose(walk)
    centres = told.skeleton.posed_centres(pose, np.zeros(3))
    return Told(told.skeleton, centres, multiply(told.turns, conjugate(pose)), told.places)


@pytest.fixture(scope="session")
def told_as_smpl(walk: Motion, told: Told) -> Told:
    """The walk told from the T-pose of a body of the SMPL family whose bones point 1.5 degrees away from the nominal ones."""
    rng = np.random.default_rng(3)
    bones = {}
    for name, _, bone in smpl_skeleton(False, False):
        tilt = Rotation.from_rotvec(np.radians(1.5) * unit(rng.normal(size=3)))
        bones[name] = tilt.apply(np.array(bone))
    pose = t_pose(walk, bones)
    centres = told.skeleton.posed_centres(pose, np.zeros(3))
    return Told(told.skeleton, centres, multiply(told.turns, conjugate(pose)), told.places)


def unit(v: F64) -> F64:
    """Return a vector of length one."""
    return v / np.linalg.norm(v)


def t_pose(walk: Motion, bones: Mapping[str, F64] | None = None) -> F64:
    """Return turns (J, 4) of a rig to the T-pose, or to the pose in which bones from their parents point as given."""
    form = BodyForm.of(walk.rig)
    skeleton = form.skeleton
    turns = np.tile(IDENTITY, (len(skeleton.names), 1))
    for side, sign in SIDES.items():
        arm, leg = form.arms[side], form.legs[side]
        out, down, left = np.array([sign, 0.0, 0.0]), np.array([0.0, -1.0, 0.0]), np.array([1.0, 0.0, 0.0])
        given = bones or {}
        limbs = {
            "shoulder": (arm.upper, arm.hinge, given.get(f"{side}_elbow", out), sign * down),
            "elbow": (arm.fore, arm.hinge, given.get(f"{side}_wrist", out), sign * down),
            "hip": (leg.thigh_bone, left, given.get(f"{side}_knee", down), left),
            "knee": (leg.shank_bone, left, given.get(f"{side}_ankle", down), left),
        }
        for joint, (bone, hinge, to, about) in limbs.items():
            turns[skeleton.index[f"{side}_{joint}"]] = from_matrices(frame(to, about) @ frame(bone, hinge).T)
        for joint in ("wrist", "thumb", "fingers", "fingertips"):
            turns[skeleton.index[f"{side}_{joint}"]] = turns[skeleton.index[f"{side}_elbow"]]
        if bones is not None:
            sole = bones[f"{side}_foot"]
            yaw = np.arctan2(sole[0], sole[2]) - leg.foot_yaw
            for joint in ("ankle", "toe"):
                turns[skeleton.index[f"{side}_{joint}"]] = np.array(
                    [np.cos(yaw / 2), 0.0, np.sin(yaw / 2), 0.0]
                )
    return turns


def frame(bone: F64, hinge: F64) -> F64:
    """Return axes with a bone first and its hinge, made perpendicular, second."""
    first = bone / np.linalg.norm(bone)
    second = hinge - (hinge @ first) * first
    second /= np.linalg.norm(second)
    return np.stack([first, second, np.cross(first, second)], axis=-1)


def write_bvh(
    story: Told, *, opening: F64 | None = None, unit: float = 100.0, z_up: bool = False, order: str = "ZYX",
    without: Sequence[str] = (), fps: float = 30.0,
) -> bytes:  # fmt: skip
    """Return BVH text of a motion.

    opening: turns (J, 4) of a first frame before the others; unit: the file's units in a metre; without: joints left out.
    """
    skeleton = story.skeleton
    turns, places = story.turns, story.places
    if opening is not None:
        turns = np.concatenate([opening[None], turns])
        places = np.concatenate([places[:1], places])
    keep = [j for j, name in enumerate(skeleton.names) if name not in without]
    world = Rotation.from_euler("x", 90.0 if z_up else 0.0, degrees=True).as_matrix()

    def above(joint: int) -> int:
        parent = int(skeleton.parents[joint])
        while parent >= 0 and parent not in keep:
            parent = int(skeleton.parents[parent])
        return parent

    lines, columns = ["HIERARCHY"], []
    axes = " ".join(f"{axis}rotation" for axis in order)

    def tell(joint: int, depth: int) -> None:
        pad, parent = "\t" * depth, above(joint)
        offset = world @ (story.centres[joint] - (story.centres[parent] if parent >= 0 else 0.0)) * unit
        label = CMU[skeleton.names[joint]]
        lines.append(f"{pad}{'ROOT' if parent < 0 else 'JOINT'} {label}")
        lines.append(pad + "{")
        lines.append(
            f"{pad}\tOFFSET " + " ".join(f"{v:.6f}" for v in (offset if parent >= 0 else np.zeros(3)))
        )
        if parent < 0:
            lines.append(f"{pad}\tCHANNELS 6 Xposition Yposition Zposition {axes}")
            columns.append(places @ world.T * unit)
        else:
            lines.append(f"{pad}\tCHANNELS 3 {axes}")
        local = turns[:, joint] if parent < 0 else multiply(conjugate(turns[:, parent]), turns[:, joint])
        turned = world @ matrices(local) @ world.T
        columns.append(Rotation.from_matrix(turned).as_euler(order, degrees=True))
        children = [k for k in keep if above(k) == joint]
        for child in children:
            tell(child, depth + 1)
        if not children:
            lines.extend([f"{pad}\tEnd Site", pad + "\t{", f"{pad}\t\tOFFSET 0 0 0", pad + "\t}"])
        lines.append(pad + "}")

    tell(0, 0)
    lines += ["MOTION", f"Frames: {len(turns)}", f"Frame Time: {1.0 / fps:.8f}"]
    lines += [" ".join(f"{v:.6f}" for v in row) for row in np.concatenate(columns, axis=1)]
    return ("\r\n".join(lines) + "\r\n").encode()


SMPL_OF = {
    "pelvis": "pelvis", "spine1": "spine", "spine2": "chest", "spine3": "chest_upper", "neck": "neck", "head": "head",
    **{f"{s}_{theirs}": f"{s}_{ours}" for s in SIDES for theirs, ours in (
        ("hip", "hip"), ("knee", "knee"), ("ankle", "ankle"), ("foot", "toe"), ("collar", "clavicle"),
        ("shoulder", "shoulder"), ("elbow", "elbow"), ("wrist", "wrist"))},
}  # fmt: skip
"""Joints of SMPL by the joints of ours that they move as; fingers move as the wrist."""


def write_amass(story: Told, kind: str = "smplh", fps: float = 30.0) -> bytes:
    """Return an AMASS file of a motion that is told from a T-pose: `smplh`, `smplx`, `split` or `parameters`."""
    skeleton = smpl_skeleton(True, kind != "smplh")
    index = story.skeleton.index
    turned = np.empty((len(story.turns), len(skeleton), 4))
    for joint, (name, parent, _) in enumerate(skeleton):
        ours = SMPL_OF.get(name)
        turned[:, joint] = story.turns[:, index[ours]] if ours else turned[:, parent]
    z_up = Rotation.from_euler("x", 0.0 if kind == "parameters" else 90.0, degrees=True)
    world = np.roll(z_up.as_quat(), 1)
    poses = np.empty((len(turned), len(skeleton), 3))
    for joint, (_, parent, _) in enumerate(skeleton):
        local = (
            multiply(world, turned[:, joint])
            if parent < 0
            else multiply(conjugate(turned[:, parent]), turned[:, joint])
        )
        poses[:, joint] = Rotation.from_quat(np.roll(local, -1, axis=-1)).as_rotvec()
    flat, trans = poses.reshape(len(poses), -1), story.places @ z_up.as_matrix().T
    arrays: dict[str, object] = {
        "poses": flat,
        "trans": trans,
        "mocap_framerate": fps,
        "gender": "female",
        "betas": np.zeros(16),
    }
    if kind == "smplx":
        arrays = {
            "poses": flat,
            "trans": trans,
            "mocap_frame_rate": np.array(fps),
            "surface_model_type": "smplx",
        }
    if kind == "split":
        arrays = {
            "root_orient": flat[:, :3],
            "pose_body": flat[:, 3:66],
            "pose_hand": flat[:, 75:],
            "trans": trans,
            "mocap_frame_rate": fps,
        }
    if kind == "parameters":
        arrays = {"global_orient": flat[:, :3], "body_pose": flat[:, 3:66].reshape(-1, 21, 3), "transl": trans,
                  "left_hand_pose": np.zeros((len(flat), 6)), "betas": np.zeros((1, 10))}  # fmt: skip
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def write_glb(moved: Motion) -> bytes:
    """Return a GLB of a motion's skinned body, as `look.glb` has it."""
    document = GltfDocument("toile")
    poses = np.stack([moved.transforms_at(float(f)) for f in range(moved.frame_count)])
    local = local_transforms(moved.rig, poses)
    joints, body, _ = _add_body(document, moved.rig, Mannequin(), local[0])
    times = document.add_accessor((np.arange(moved.frame_count) / moved.fps).astype(np.float32), bounds=True)
    samplers: list[dict[str, object]] = []
    channels: list[dict[str, object]] = []
    _animate_joints(document, joints, local, times, samplers, channels)
    document.add("animations", {"name": "motion", "samplers": samplers, "channels": channels})
    document.json["scene"] = document.add("scenes", {"name": "look", "nodes": [joints[0], body]})
    return document.to_glb()


def difference(read: Motion, original: Motion, frames: int | None = None) -> tuple[F64, F64]:
    """Return distances [mm] and angles [degrees] (F, J) between two motions' joints, the first pelvis laid on the other's."""
    count = frames or original.frame_count
    a, b = (
        np.stack([m.transforms_at(float(f))[:, :3, 3] for f in range(count)]).astype(np.float64)
        for m in (read, original)
    )
    offset = (a - b)[0, original.rig.joint_names.index("pelvis")] * np.array([1.0, 0.0, 1.0])
    turned, own = (np.stack([m.pose_at(float(f))[0] for f in range(count)]) for m in (read, original))
    angle = np.degrees(rotation_angle(multiply(turned, conjugate(own))))
    return 1000.0 * np.linalg.norm(a - b - offset, axis=-1), angle


@pytest.fixture(scope="session")
def tell() -> SimpleNamespace:
    """The writers, and the comparison of what is read back."""
    return SimpleNamespace(
        bvh=write_bvh, amass=write_amass, glb=write_glb, difference=difference, t_pose=t_pose
    )

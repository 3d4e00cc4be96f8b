"""Rigs as the usual programs name and build them, made here from nothing of ours: bones point as in the file, elbows bend its way."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from toile.avatars.fit import fit_avatar
from toile.avatars.model import Avatar
from toile.avatars.motion_file import read_motion

# role: (parent, offset in cm of a figure of other proportions than ours, T-pose, facing +Z)
BONES = {
    "pelvis": (None, (0.0, 95.0, 0.0)),
    "spine": ("pelvis", (0.0, 12.0, -1.0)),
    "chest": ("spine", (0.0, 16.0, 0.0)),
    "neck": ("chest", (0.0, 24.0, -2.0)),
    "head": ("neck", (0.0, 10.0, 2.0)),
    **{
        f"{s}_{j}": (f"{s}_{p}" if p not in ("pelvis", "chest") else p, (x * sx, y, z))
        for s, sx in (("left", 1.0), ("right", -1.0))
        for j, p, (x, y, z) in (
            ("collar", "chest", (4.0, 18.0, 0.0)),
            ("shoulder", "collar", (13.0, 2.0, -1.0)),
            ("elbow", "shoulder", (27.0, 0.0, 0.0)),
            ("wrist", "elbow", (24.0, 0.0, 0.0)),
            ("hip", "pelvis", (9.5, -4.0, 0.0)),
            ("knee", "hip", (0.0, -43.0, 1.0)),
            ("ankle", "knee", (0.0, -40.0, -2.0)),
            ("toe", "ankle", (1.0, -6.0, 14.0)),
        )
    },
}
NAMES = {
    "mixamo": ("mixamorig:Hips", "mixamorig:Spine", "mixamorig:Spine2", "mixamorig:Neck", "mixamorig:Head",
               "mixamorig:{Side}Shoulder mixamorig:{Side}Arm mixamorig:{Side}ForeArm mixamorig:{Side}Hand "
               "mixamorig:{Side}UpLeg mixamorig:{Side}Leg mixamorig:{Side}Foot mixamorig:{Side}ToeBase"),
    "lafan": ("Hips", "Spine", "Spine2", "Neck", "Head",
              "{Side}Shoulder {Side}Arm {Side}ForeArm {Side}Hand {Side}UpLeg {Side}Leg {Side}Foot {Side}Toe"),
    "biped": ("Bip01 Pelvis", "Bip01 Spine", "Bip01 Spine1", "Bip01 Neck", "Bip01 Head",
              "Bip01_{S}_Clavicle Bip01_{S}_UpperArm Bip01_{S}_Forearm Bip01_{S}_Hand "
              "Bip01_{S}_Thigh Bip01_{S}_Calf Bip01_{S}_Foot Bip01_{S}_Toe0"),
    "motionbuilder": ("Hips", "Chest", "Chest2", "Neck", "Head",
                      "{Side}Collar {Side}Shoulder {Side}Elbow {Side}Wrist {Side}Hip {Side}Knee {Side}Ankle {Side}Toe"),
    "blender": ("hips", "spine", "chest", "neck", "head",
                "shoulder.{S} upper_arm.{S} forearm.{S} hand.{S} thigh.{S} shin.{S} foot.{S} toe.{S}"),
}  # fmt: skip
LIMBS = [
    (f"{s}_{a}", f"{s}_{b}")
    for s in ("left", "right")
    for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
]
RATE = 30.0


def naming(kind: str) -> dict[str, str]:
    *middle, limbs = NAMES[kind]
    found = dict(zip(("pelvis", "spine", "chest", "neck", "head"), middle, strict=True))
    for side in ("left", "right"):
        words = limbs.format(Side=side.title(), S=side[0].upper()).split()
        roles = ("collar", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "toe")
        found |= {f"{side}_{role}": word.replace("_", " ") if kind == "biped" else word
                  for role, word in zip(roles, words, strict=True)}  # fmt: skip
    return found


@cache
def local_turns() -> dict[str, Rotation]:
    """Return the joints' own rotations over two seconds: knees and elbows hinge, arms come down and swing, the trunk bends."""
    t = np.arange(61) / 60.0
    wave = np.sin(2.0 * np.pi * t)
    bend = 0.5 - 0.5 * np.cos(2.0 * np.pi * t)
    none = np.zeros_like(t)

    def turn(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> Rotation:
        return Rotation.from_rotvec(np.stack([x, y, z], axis=-1))

    turns = {role: turn(none, none, none) for role in BONES}
    turns["pelvis"] = turn(0.2 * bend, 0.3 * wave, 0.05 * wave)
    turns["spine"], turns["chest"] = turn(0.15 * bend, none, none), turn(0.15 * bend, -0.2 * wave, none)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        down = turn(none, none, none - 1.1 * sign)
        swing = turn(-0.7 * bend + 0.3 * sign * wave, none, 0.2 * sign * bend)
        turns[f"{side}_shoulder"] = swing * down
        turns[f"{side}_elbow"] = turn(none, -sign * (0.3 + 1.1 * bend), none)
        turns[f"{side}_hip"] = turn(-0.1 - 1.2 * bend - 0.2 * sign * wave, none, 0.15 * sign * bend)
        turns[f"{side}_knee"] = turn(0.25 + 1.3 * bend + 0.1 * wave, none, none)
        turns[f"{side}_ankle"] = turn(-0.4 * bend, none, none)
    return turns


def directions() -> tuple[dict[tuple[str, str], np.ndarray], dict[str, np.ndarray]]:
    """Return the unit direction of every bone (T, 3), and the world rotations' elbow axes (T, 3), by forward kinematics."""
    own, world = local_turns(), {}
    for role, (parent, _) in BONES.items():
        world[role] = own[role] if parent is None else world[parent] * own[role]
    bones = {}
    for a, b in LIMBS:
        along = world[a].apply(np.array(BONES[b][1]))
        bones[a, b] = along / np.linalg.norm(along, axis=1, keepdims=True)
    return bones, {
        s: world[f"{s}_shoulder"].apply([0.0, -1.0 if s == "left" else 1.0, 0.0]) for s in ("left", "right")
    }


def bvh(kind: str, order: str, z_up: bool) -> str:
    """Write the motion as BVH with names of a kind, channels in an order."""
    names, own = naming(kind), local_turns()
    turned = Rotation.from_euler("x", 90.0 if z_up else 0.0, degrees=True)
    lines, joints = ["HIERARCHY"], []
    children = {role: [r for r, (p, _) in BONES.items() if p == role] for role in BONES}

    def write(role: str, indent: str) -> None:
        offset = turned.apply(np.array(BONES[role][1]))
        joints.append(role)
        name = names[role].replace(" ", "_")
        lines.append(f"{indent}{'ROOT' if role == 'pelvis' else 'JOINT'} {name}")
        lines.append(f"{indent}{{")
        lines.append(f"{indent}\tOFFSET {offset[0]:.6f} {offset[1]:.6f} {offset[2]:.6f}")
        rotations = " ".join(f"{axis}rotation" for axis in order)
        place = "Xposition Yposition Zposition " if role == "pelvis" else ""
        lines.append(f"{indent}\tCHANNELS {6 if place else 3} {place}{rotations}")
        for child in children[role]:
            write(child, indent + "\t")
        if not children[role]:
            end = turned.apply([0.0, 0.0, 5.0])
            lines.append(
                f"{indent}\tEnd Site\n{indent}\t{{\n{indent}\t\tOFFSET {end[0]:.4f} {end[1]:.4f} {end[2]:.4f}\n{indent}\t}}"
            )
        lines.append(f"{indent}}}")

    write("pelvis", "")
    columns = []
    for role in joints:
        if role == "pelvis":
            drop = 95.0 - 24.0 * (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(61) / 60.0))
            columns.append(turned.apply(np.stack([0.0 * drop, drop, 0.0 * drop], axis=-1)))
        columns.append((turned * own[role] * turned.inv()).as_euler(order, degrees=True))
    rows = np.concatenate(columns, axis=1)
    lines += ["MOTION", f"Frames: {len(rows)}", f"Frame Time: {1.0 / RATE:.7f}"]
    lines += [" ".join(f"{v:.5f}" for v in row) for row in rows]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def man() -> Avatar:
    return fit_avatar({"height": 1.80, "mass": 82.0}, "male")


@pytest.mark.parametrize(
    ("kind", "order", "z_up"),
    [("mixamo", "ZXY", False), ("lafan", "ZYX", False), ("biped", "XYZ", False), ("motionbuilder", "YXZ", False),
     ("blender", "ZXY", True)],
)  # fmt: skip
def test_bones_point_as_in_the_file_and_elbows_bend_its_way(
    kind: str, order: str, z_up: bool, man: Avatar, tmp_path: Path
) -> None:
    path = tmp_path / "motion.bvh"
    path.write_text(bvh(kind, order, z_up))
    read = read_motion(path, man, RATE, clearance=0.0, plant=False)
    bones, axes = directions()
    index = {name: i for i, name in enumerate(read.rig.joint_names)}
    frames = range(2, 59, 4)
    at = np.array([read.transforms_at(float(f))[:, :3, 3] for f in frames])
    facing = Rotation.from_euler("y", 0.0)
    for (a, b), wanted in bones.items():
        ours = at[:, index[b]] - at[:, index[a]]
        ours /= np.linalg.norm(ours, axis=1, keepdims=True)
        angle = np.degrees(
            np.arccos(np.clip((ours * facing.apply(wanted[list(frames)])).sum(axis=1), -1.0, 1.0))
        )
        assert angle.max() < 1.5, (a, b)
    for side, axis in axes.items():
        shoulder, elbow, wrist = (at[:, index[f"{side}_{j}"]] for j in ("shoulder", "elbow", "wrist"))
        hinge = np.cross(elbow - shoulder, wrist - elbow)
        hinge /= np.linalg.norm(hinge, axis=1, keepdims=True)
        assert np.degrees(np.arccos(np.clip((hinge * axis[list(frames)]).sum(axis=1), -1.0, 1.0))).max() < 3.0
    soles = [read.skinned_at(float(f))[:, 1].min() for f in frames]
    assert abs(np.quantile(soles, 0.1)) < 0.02

"""Motions of the SMPL family: AMASS `.npz` (SMPL-H, SMPL-X, split arrays) and SMPL-X parameter `.npz`.

Poses are axis-angle per joint relative to the parent, (T, 3 J); at zero the body stands in a T-pose, +Y up, facing +Z.
The files hold no skeleton, so a nominal one gives the directions of the bones in the T-pose: an adult of average
proportions, symmetric, rounded to 5 mm. The real one, which depends on the model and its betas, is within a few degrees; a body of
the family needs neither (`SourceMotion.smpl`). Hands may be 45 numbers a side (turns from the flat hand, as in AMASS) or fewer:
components of the model's own hand space, added to its mean hand, which only a body of the family knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.avatars.npz import read_arrays
from toile.avatars.pose import F64, about, multiply, rotate
from toile.avatars.source_motion import SourceMotion, checked, joint_frames
from toile.avatars.window import Window
from toile.engine.core.errors import BadInput, DamagedFile

_BODY: tuple[tuple[str, int, tuple[float, float, float]], ...] = (
    ("pelvis", -1, (0.0, 0.0, 0.0)),
    ("left_hip", 0, (0.065, -0.09, 0.0)),
    ("right_hip", 0, (-0.065, -0.09, 0.0)),
    ("spine1", 0, (0.0, 0.11, -0.025)),
    ("left_knee", 1, (0.035, -0.38, 0.0)),
    ("right_knee", 2, (-0.035, -0.38, 0.0)),
    ("spine2", 3, (0.0, 0.135, 0.0)),
    ("left_ankle", 4, (-0.01, -0.40, -0.04)),
    ("right_ankle", 5, (0.01, -0.40, -0.04)),
    ("spine3", 6, (0.0, 0.055, 0.025)),
    ("left_foot", 7, (0.03, -0.055, 0.12)),
    ("right_foot", 8, (-0.03, -0.055, 0.12)),
    ("neck", 9, (0.0, 0.215, -0.045)),
    ("left_collar", 9, (0.08, 0.12, -0.035)),
    ("right_collar", 9, (-0.08, 0.12, -0.035)),
    ("head", 12, (0.0, 0.065, 0.05)),
    ("left_shoulder", 13, (0.095, 0.03, -0.01)),
    ("right_shoulder", 14, (-0.095, 0.03, -0.01)),
    ("left_elbow", 16, (0.255, -0.01, -0.025)),
    ("right_elbow", 17, (-0.255, -0.01, -0.025)),
    ("left_wrist", 18, (0.255, 0.005, 0.0)),
    ("right_wrist", 19, (-0.255, 0.005, 0.0)),
)
"""Joints 0 to 21 of SMPL, SMPL-H and SMPL-X: name, parent, and the bone from the parent in the T-pose [m], rounded."""
_FINGERS = ("index", "middle", "pinky", "ring", "thumb")
_KNUCKLES: dict[str, tuple[tuple[float, float, float], ...]] = {
    "index": ((0.10, -0.01, 0.025), (0.03, 0.0, 0.0), (0.02, 0.0, 0.0)),
    "middle": ((0.105, 0.0, 0.0), (0.03, 0.0, 0.0), (0.025, 0.0, 0.0)),
    "pinky": ((0.085, -0.01, -0.04), (0.02, 0.0, 0.0), (0.015, 0.0, 0.0)),
    "ring": ((0.095, 0.0, -0.02), (0.03, 0.0, 0.0), (0.02, 0.0, 0.0)),
    "thumb": ((0.04, -0.015, 0.03), (0.025, 0.0, 0.025), (0.025, 0.0, 0.02)),
}
_FACE = (
    ("jaw", 15, (0.0, 0.0, 0.02)),
    ("left_eye", 15, (0.03, 0.07, 0.06)),
    ("right_eye", 15, (-0.03, 0.07, 0.06)),
)
_RATES = ("mocap_framerate", "mocap_frame_rate", "mocap_fps", "fps", "frame_rate", "framerate")
_PLACES = ("trans", "transl")
_ROOTS, _BODIES = ("root_orient", "global_orient"), ("pose_body", "body_pose")
_HANDS = ("left_hand_pose", "right_hand_pose")
_FACES = ("jaw_pose", "leye_pose", "reye_pose")
_AMASS_FACES = ("pose_jaw", "pose_eye")
_WANTED = (
    "poses", "fullpose", *_ROOTS, *_BODIES, "pose_hand", *_HANDS, *_FACES, *_AMASS_FACES, "expression", *_PLACES, *_RATES,
)  # fmt: skip
MOST_EXPRESSION = 100
"""Coefficients of the face that are read."""
_STANDARD_RATE = 30.0
Skeleton = tuple[tuple[str, int, tuple[float, float, float]], ...]


@dataclass(frozen=True)
class HandSpace:
    """What components of hand poses mean: pose = mean (2, 45) + coefficients (T, N) of the first N components of a side (M, 45)."""

    mean: F64
    components: tuple[F64, F64]


def smpl_skeleton(hands: bool, face: bool) -> Skeleton:
    """Return the joints of SMPL's body, with the face of SMPL-X and the hands of SMPL-H and SMPL-X where asked."""
    joints = list(_BODY) + (list(_FACE) if face else [])
    if hands:
        for side, sign, wrist in (("left", 1.0, 20), ("right", -1.0, 21)):
            for finger in _FINGERS:
                parent = wrist
                for number, (x, y, z) in enumerate(_KNUCKLES[finger], start=1):
                    joints.append((f"{side}_{finger}{number}", parent, (sign * x, y, z)))
                    parent = len(joints) - 1
    return tuple(joints)


def read_amass(path: Path, window: Window) -> SourceMotion:
    """Read a motion of the SMPL family.

    Raises:
        BadInput, DamagedFile: not such a file, pickled, truncated, too large, or holding numbers that are not finite.
    """
    return amass_motion(read_arrays(path, _WANTED), str(path), window)


def amass_motion(arrays: Mapping[str, NDArray[Any]], name: str, window: Window) -> SourceMotion:
    """Return the motion of an AMASS or SMPL-X parameter file's arrays."""
    notes = []
    rate = next((_number(arrays[k], f"{name}: {k}") for k in _RATES if k in arrays), None)
    if rate is None:
        rate = _STANDARD_RATE
        notes.append(f"{name} does not say its frame rate: 30 frames per second.")
    if not 1.0 <= rate <= 1000.0:
        raise BadInput(f"{name} says {rate:g} frames per second; give it a rate of 1 to 1000.")
    key = next((k for k in ("poses", "fullpose") if k in arrays), None)
    if key is not None:
        poses = _table(arrays[key], f"{name}: {key}", None)
        skeleton = _skeleton_of(poses.shape[1], name)
        hands = None
    else:
        poses, skeleton, hands = _joined(arrays, name)
    face = None
    if "expression" in arrays:
        face = _table(arrays["expression"], f"{name}: expression", None)[:, :MOST_EXPRESSION]
        face = np.repeat(face, len(poses), 0) if len(face) == 1 else face
    place = next((k for k in _PLACES if k in arrays), None)
    if place is None:
        places = np.zeros((len(poses), 3))
        notes.append(f"{name} does not say where the body is: it stays in place.")
    else:
        places = _table(arrays[place], f"{name}: {place}", 3)
    if len(places) != len(poses) or (face is not None and len(face) != len(poses)):
        raise DamagedFile(
            f"{name} has {len(poses)} poses and {len(places)} places"
            f"{'' if face is None else f' and {len(face)} expressions'}; export it again."
        )
    first, last = window.frames(len(poses), 1.0 / rate, name)
    joint_frames(len(skeleton), last - first, name)
    poses, places = poses[first:last].astype(np.float64), places[first:last].astype(np.float64)
    more = [t[first:last].astype(np.float64) for t in (*(hands or ()), *([] if face is None else [face]))]
    if not np.isfinite(places).all() or any(
        not np.isfinite(t).all() or np.abs(t).max(initial=0.0) > 1e3 for t in (poses, *more)
    ):
        raise DamagedFile(
            f"{name} holds numbers that are not finite, or turns beyond 1000 rad; export it again."
        )
    parents = np.array([p for _, p, _ in skeleton], np.int32)
    turns = world_turns(poses.reshape(len(poses), -1, 3)[:, : len(skeleton)], parents)
    times = np.arange(first, last) / rate
    centres = np.zeros((len(skeleton), 3))
    for joint, (_, parent, bone) in enumerate(skeleton):
        centres[joint] = (centres[parent] if parent >= 0 else 0.0) + np.array(bone)
    names = tuple(n for n, _, _ in skeleton)
    up = _world_up(turns[:, 0])
    source = SourceMotion(
        names, parents, centres, turns, places, times, up, tuple(notes), smpl=True,
        hands=(more[0], more[1]) if hands else None, expression=None if face is None else more[-1],
    )  # fmt: skip
    return checked(source, name)


def with_hands(source: SourceMotion, space: HandSpace) -> SourceMotion:
    """Return a motion whose hands, told as components of a model, turn the joints of that model's fingers."""
    if source.hands is None:
        return source
    skeleton = smpl_skeleton(True, "jaw" in source.names)
    local = np.zeros((len(source.turns), len(skeleton), 3))
    for k, (told, components) in enumerate(zip(source.hands, space.components, strict=True)):
        known = min(told.shape[1], len(components))
        pose = space.mean[k] + told[:, :known] @ components[:known]
        local[:, len(skeleton) - 30 + 15 * k :][:, :15] = pose.reshape(-1, 15, 3)
    parents = np.array([p for _, p, _ in skeleton], np.int32)
    own = world_turns(local, parents)
    turns = np.concatenate([source.turns, np.empty((len(own), 30, 4))], axis=1)
    centres = np.concatenate([source.centres, np.zeros((30, 3))])
    for joint in range(len(skeleton) - 30, len(skeleton)):
        wrist = 20 if joint < len(skeleton) - 15 else 21
        turns[:, joint] = multiply(source.turns[:, wrist], own[:, joint])  # the body of `own` is at rest
        centres[joint] = centres[parents[joint]] + np.array(skeleton[joint][2])
    names = tuple(n for n, _, _ in skeleton)
    return replace(source, names=names, parents=parents, centres=centres, turns=turns, hands=None)


def world_turns(local: F64, parents: NDArray[np.integer]) -> F64:
    """Return turns (T, J, 4) of axis-angle rotations (T, J, 3) relative to the parents."""
    angle = np.linalg.norm(local, axis=-1)
    axis = local / np.maximum(angle, 1e-12)[..., None]
    turns = about(axis, angle)
    turns /= np.linalg.norm(turns, axis=-1, keepdims=True)
    for joint, parent in enumerate(parents):
        if parent >= 0:
            turns[:, joint] = multiply(turns[:, parent], turns[:, joint])
    return turns


def _world_up(roots: F64) -> tuple[float, float, float]:
    """Return the world's up: +Z as in AMASS, unless the body's own up says that it is +Y or -Y (camera coordinates)."""
    x, y, z = rotate(roots, np.broadcast_to([0.0, 1.0, 0.0], (len(roots), 3))).mean(0)
    if abs(y) > 2.0 * max(abs(z), abs(x)):
        return (0.0, float(np.sign(y)), 0.0)
    return (0.0, 0.0, 1.0)


def _skeleton_of(columns: int, name: str) -> Skeleton:
    known = {66: (False, False), 72: (False, False), 156: (True, False), 165: (True, True)}
    if columns not in known:
        raise BadInput(f"{name} has poses of {columns} numbers; SMPL has 72, SMPL-H 156 and SMPL-X 165.")
    return smpl_skeleton(*known[columns])


def _joined(
    arrays: Mapping[str, NDArray[Any]], name: str
) -> tuple[NDArray[Any], Skeleton, tuple[NDArray[Any], NDArray[Any]] | None]:
    """Return the poses of split arrays, root, body, face and hands, and hands that are components of a model instead."""
    root = next((k for k in _ROOTS if k in arrays), None)
    body = next((k for k in _BODIES if k in arrays), None)
    if root is None or body is None:
        raise BadInput(
            f"{name} holds no poses: neither `poses` nor `{_ROOTS[0]}` and `{_BODIES[0]}`; give an AMASS or SMPL-X file."
        )
    parts = [_table(arrays[root], f"{name}: {root}", 3), _table(arrays[body], f"{name}: {body}", None)]
    if parts[1].shape[1] not in (63, 69):
        raise BadInput(f"{name} has body poses of {parts[1].shape[1]} numbers; SMPL-X has 63 and SMPL 69.")
    parts[1] = parts[1][:, :63]
    count = len(parts[0])
    face = [k for k in (*_FACES, *_AMASS_FACES) if k in arrays]
    if face:
        eyes = _part(arrays, "pose_eye", name, count, 6)
        first, second = (_part(arrays, k, name, count, 3) for k in _FACES[1:])
        jaw = _part(arrays, "pose_jaw" if "pose_jaw" in arrays else "jaw_pose", name, count, 3)
        parts += [jaw, eyes if "pose_eye" in arrays else np.concatenate([first, second], axis=1)]
    hands, components = _hands(arrays, name, count)
    parts += hands
    if len({len(p) for p in (*parts, *(components or ()))}) != 1:
        raise DamagedFile(
            f"{name} has {', '.join(str(len(p)) for p in parts)} frames in its arrays; export it again."
        )
    return np.concatenate(parts, axis=1), smpl_skeleton(bool(hands), bool(face)), components


def _part(
    arrays: Mapping[str, NDArray[Any]], key: str, name: str, count: int, columns: int | None
) -> NDArray[Any]:
    """Return a part of the pose by frame, zeros where the file does not have it; one row is that of every frame."""
    if key not in arrays:
        return np.zeros((count, columns or 0))
    table = _table(arrays[key], f"{name}: {key}", columns)
    return np.repeat(table, count, 0) if len(table) == 1 else table


def _hands(
    arrays: Mapping[str, NDArray[Any]], name: str, count: int
) -> tuple[list[NDArray[Any]], tuple[NDArray[Any], NDArray[Any]] | None]:
    """Return either hand's turns [(T, 45)] * 2, or its components (T, N) of a model."""
    if "pose_hand" in arrays:
        both = _part(arrays, "pose_hand", name, count, None)
        sides = [both[:, : both.shape[1] // 2], both[:, both.shape[1] // 2 :]]
    elif any(k in arrays for k in _HANDS):
        sides = [_part(arrays, k, name, count, None) for k in _HANDS]
        widest = max(side.shape[1] for side in sides)
        sides = [side if side.shape[1] else np.zeros((count, widest)) for side in sides]
    else:
        return [], None
    most = max(side.shape[1] for side in sides)
    if sides[0].shape[1] != sides[1].shape[1] or not 1 <= most <= 45:
        raise DamagedFile(
            f"{name} has hand poses of {sides[0].shape[1]} and {sides[1].shape[1]} numbers; SMPL-X has 45 a side, or fewer "
            f"components."
        )
    return (sides, None) if most == 45 else ([], (sides[0], sides[1]))


def _table(values: NDArray[Any], name: str, columns: int | None) -> NDArray[Any]:
    """Return an array as numbers by frame, (T, columns)."""
    if values.dtype.kind not in "fiu" or values.ndim == 0 or values.ndim > 4 or values.size == 0:
        raise DamagedFile(
            f"{name} is no table of numbers (type {values.dtype}, shape {values.shape}); export it again."
        )
    if values.ndim == 1:
        values = values[None]
    table = values.reshape(len(values), -1)
    if columns is not None and table.shape[1] != columns:
        raise DamagedFile(f"{name} has {table.shape[1]} numbers a frame, not {columns}; export it again.")
    return table


def _number(values: NDArray[Any], name: str) -> float:
    if values.dtype.kind not in "fiu" or values.size != 1:
        raise DamagedFile(f"{name} is not one number; export it again.")
    return float(values.reshape(-1)[0])

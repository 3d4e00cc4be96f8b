"""Motions in BVH: a hierarchy of joints with offsets and Euler channels, then a line of numbers a frame.

A joint's rotation relative to its parent is the product of its rotation channels in the order in which they stand. The
reference is the first frame where that is a T-pose, as in CMU's files, whose zero pose is not one; else the zero pose.
Keywords in any case, names with spaces, missing end sites and a last frame cut short are accepted.
Source: the format as Biovision left it (Meredith and Maddock 2001, Motion Capture File Formats Explained).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from toile.avatars.pose import F64, IDENTITY, about, conjugate, multiply, rotate
from toile.avatars.source_motion import MOST_JOINTS, Roles, SourceMotion, checked, find_roles, joint_frames
from toile.avatars.window import Window
from toile.engine.core.errors import BadInput, DamagedFile
from toile.engine.core.files import read_at_most

MOST_BYTES = 64 * 1024 * 1024
MOST_DEPTH = 256
MOST_FRAMES = 1_000_000
_LINES_AT_ONCE = 2048
_AXES = {"x": 0, "y": 1, "z": 2}
_LONGEST_NAME = 128
T_POSE = np.radians(25.0)
"""How far limbs may be from a T-pose that is taken as the reference."""
STEP_FROM_T_POSE = np.radians(20.0)
"""A T-pose in the first frame that turns further than this to the second is no part of the motion."""


@dataclass
class _Joint:
    name: str
    parent: int
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)
    channels: list[str] = field(default_factory=list)
    first: int = 0


def read_bvh(path: Path, window: Window) -> SourceMotion:
    """Read a BVH file.

    Raises:
        BadInput: a rig that is not recognised, or too large.
        DamagedFile: missing, truncated, or not BVH.
    """
    data = read_at_most(path, MOST_BYTES, "BVH file", "cut the motion into shorter files")
    return bvh_motion(data, str(path), window)


def bvh_motion(data: bytes, name: str, window: Window) -> SourceMotion:
    """Return the motion that the bytes of a BVH file hold; raises as `read_bvh`."""
    lines = data.decode("utf-8-sig", errors="replace").splitlines()
    joints, at = _hierarchy(lines, name)
    step, rows = _frames(lines, at, sum(len(j.channels) for j in joints), name)
    names, parents = tuple(j.name for j in joints), np.array([j.parent for j in joints], np.int32)
    roles = find_roles(names, parents, name)
    first, last = window.frames(len(rows), step, name)
    zero = [_Joint(j.name, j.parent, j.offset) for j in joints]
    turns, centres = _posed(zero, rows[:1], parents)
    opening, opened = _posed(joints, rows[:2], parents)
    skipped = 0
    if is_t_pose(opened[0], roles):
        reference, centres = opening[:1], opened
        if len(rows) > 1:
            change = np.abs(np.sum(opening[0] * opening[1], axis=-1)).min()
            skipped = int(2.0 * np.arccos(min(change, 1.0)) > STEP_FROM_T_POSE)
    else:
        reference = turns
    first = max(first, skipped)
    last = max(last, first + 1)
    joint_frames(len(joints), last - first, name)
    turns, _ = _posed(joints, rows[first:last], parents)
    places = _places(joints, rows[first:last], turns, roles.joint["pelvis"])
    turns = multiply(turns, conjugate(reference))
    times: F64 = np.asarray(np.arange(first, last) * step, dtype=np.float64)
    notes = (f"{name}: the first frame is a T-pose and was left out.",) if skipped else ()
    return checked(SourceMotion(names, parents, centres[0], turns, places, times, None, notes), name)


def is_t_pose(centres: F64, roles: Roles) -> bool:
    """Return whether joint centres (J, 3) stand with straight legs and arms straight out to the sides."""

    def way(side: str, first: str, last: str) -> F64:
        bone = centres[roles.joint[f"{side}_{last}"]] - centres[roles.joint[f"{side}_{first}"]]
        length = float(np.linalg.norm(bone))
        return bone / length if length > 1e-9 else np.zeros(3)

    across = centres[roles.joint["left_hip"]] - centres[roles.joint["right_hip"]]
    length = float(np.linalg.norm(across))
    if length < 1e-9:
        return False
    across = across / length
    tolerance = float(np.cos(T_POSE))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        arms = (way(side, "shoulder", "elbow"), way(side, "elbow", "wrist"))
        if any(sign * float(bone @ across) < tolerance for bone in arms):
            return False
        if float(way(side, "hip", "knee") @ way(side, "knee", "ankle")) < tolerance:
            return False
    legs = way("left", "hip", "ankle") @ way("right", "hip", "ankle")
    return bool(legs > tolerance and abs(way("left", "hip", "ankle") @ across) < np.sin(T_POSE))


def _hierarchy(lines: list[str], name: str) -> tuple[list[_Joint], int]:
    """Return the joints and the line after `MOTION`."""
    if not any(line.strip().upper() == "HIERARCHY" for line in lines[:10]):
        raise DamagedFile(f"{name} does not begin with HIERARCHY, so it is not BVH; name a BVH file.")
    joints: list[_Joint] = []
    open_: list[int] = []  # joints whose braces are open; -1 for an end site
    waiting: int | None = None
    channels = 0
    for number, line in enumerate(lines):
        words = line.replace("{", " { ").replace("}", " } ").split()
        while words:
            word = words.pop(0).upper()
            if word == "HIERARCHY":
                continue
            if word == "MOTION":
                if open_ or not joints:
                    raise DamagedFile(
                        f"{name}: line {number + 1}: MOTION comes before the hierarchy is closed."
                    )
                return joints, number + 1
            if word in ("ROOT", "JOINT"):
                if "{" in words:
                    label, words = words[: words.index("{")], words[words.index("{") :]
                else:
                    label, words = words, []
                if len(joints) >= MOST_JOINTS:
                    raise BadInput(f"{name} has more than {MOST_JOINTS} joints; that many are not read.")
                parent = next((j for j in reversed(open_) if j >= 0), -1)
                joints.append(_Joint(" ".join(label)[:_LONGEST_NAME], parent))
                waiting = len(joints) - 1
            elif word == "END":
                waiting, words = -1, words[1:] if words[:1] != ["{"] else words
            elif word == "{":
                if waiting is None or len(open_) >= MOST_DEPTH:
                    raise DamagedFile(f"{name}: line {number + 1}: a brace opens nothing, or too deep.")
                open_.append(waiting)
                waiting = None
            elif word == "}":
                if not open_:
                    raise DamagedFile(f"{name}: line {number + 1}: a brace closes nothing.")
                open_.pop()
            elif word == "OFFSET" and open_:
                values = _numbers(words[:3], 3, name, number)
                words = words[3:]
                if open_[-1] >= 0:
                    joints[open_[-1]].offset = (values[0], values[1], values[2])
            elif word == "CHANNELS" and open_ and open_[-1] >= 0 and words:
                count = int(_numbers(words[:1], 1, name, number)[0])
                listed = [w.lower() for w in words[1 : 1 + max(count, 0)]]
                good = [w for w in listed if w[:1] in _AXES and w[1:] in ("rotation", "position")]
                if not 0 <= count <= 6 or len(good) != count or joints[open_[-1]].channels:
                    raise DamagedFile(
                        f"{name}: line {number + 1}: channels {' '.join(words)[:60]!r} are not known."
                    )
                joints[open_[-1]].channels, joints[open_[-1]].first = good, channels
                channels += count
                words = words[1 + count :]
            else:
                raise DamagedFile(
                    f"{name}: line {number + 1}: {word[:40]!r} is not expected in a BVH hierarchy."
                )
    raise DamagedFile(f"{name} ends before MOTION; export or download it again.")


def _numbers(words: list[str], count: int, name: str, line: int) -> list[float]:
    try:
        values = [float(w) for w in words]
    except ValueError:
        values = []
    if len(values) != count or not np.isfinite(values).all() or max(map(abs, values)) > 1e6:
        raise DamagedFile(
            f"{name}: line {line + 1}: {' '.join(words)[:60]!r} should be {count} finite numbers below 1,000,000."
        )
    return values


def _frames(lines: list[str], at: int, channels: int, name: str) -> tuple[float, F64]:
    """Return the time between frames [s] and the numbers (T, channels)."""
    step, declared = 0.0, -1
    while at < len(lines):
        word, _, value = lines[at].partition(":")
        key = " ".join(word.lower().split())
        if key == "frames":
            declared = int(min(_numbers(value.split(), 1, name, at)[0], MOST_FRAMES + 1))
        elif key == "frame time":
            step = _numbers(value.split(), 1, name, at)[0]
        elif key:
            break
        at += 1
    if not 1e-4 <= step <= 10.0:
        raise DamagedFile(f"{name} says {step:g} s between frames; a motion has 0.0001 to 10 s.")
    if not 1 <= declared <= MOST_FRAMES or channels == 0:
        raise DamagedFile(
            f"{name} says {declared} frames of {channels} numbers; 1 to {MOST_FRAMES} frames are read."
        )
    blocks, held = [], 0
    for start in range(at, len(lines), _LINES_AT_ONCE):
        words = " ".join(lines[start : start + _LINES_AT_ONCE]).split()
        try:
            values = np.array(words, dtype=np.float64)
        except ValueError as error:
            raise DamagedFile(
                f"{name}: a frame near line {start + 1} holds a word that is no number."
            ) from error
        blocks.append(values)
        held += len(values)
        if held >= declared * channels:
            break
    numbers = np.concatenate(blocks)[: declared * channels] if blocks else np.zeros(0)
    whole = len(numbers) // channels
    if whole < declared - 1 or whole < 1:
        raise DamagedFile(f"{name} says {declared} frames and holds {whole}; export or download it again.")
    if not np.isfinite(numbers).all() or np.abs(numbers).max() > 1e6:
        raise DamagedFile(f"{name} holds numbers that are not finite, or beyond 1,000,000; export it again.")
    return step, numbers[: whole * channels].reshape(whole, channels)


def _posed(joints: list[_Joint], rows: F64, parents: np.ndarray) -> tuple[F64, F64]:
    """Return turns (T, J, 4) from the file's own axes to its world, and joint centres (T, J, 3)."""
    turns = np.empty((len(rows), len(joints), 4))
    centres = np.empty((len(rows), len(joints), 3))
    for j, joint in enumerate(joints):
        turn: F64 = np.broadcast_to(IDENTITY, (len(rows), 4))
        for k, channel in enumerate(joint.channels):
            if channel.endswith("rotation"):
                angle = np.radians(np.mod(rows[:, joint.first + k], 360.0))
                turn = multiply(turn, about(np.eye(3)[_AXES[channel[0]]], angle))
        shift = _shift(joint, rows)
        if parents[j] < 0:
            turns[:, j], centres[:, j] = turn, shift
        else:
            turns[:, j] = multiply(turns[:, parents[j]], turn)
            centres[:, j] = centres[:, parents[j]] + rotate(turns[:, parents[j]], shift)
    return turns / np.linalg.norm(turns, axis=-1, keepdims=True), centres


def _shift(joint: _Joint, rows: F64) -> F64:
    """Return where a joint is relative to its parent (T, 3): its offset, or its position channels where it has them.

    A root's position is its offset plus its channels; a joint's, as most writers have it, is the channels alone.
    """
    shift = np.tile(np.array(joint.offset), (len(rows), 1))
    for k, channel in enumerate(joint.channels):
        if channel.endswith("position"):
            axis, value = _AXES[channel[0]], rows[:, joint.first + k]
            shift[:, axis] = value + (joint.offset[axis] if joint.parent < 0 else 0.0)
    return shift


def _places(joints: list[_Joint], rows: F64, turns: F64, pelvis: int) -> F64:
    """Return where the pelvis is over time (T, 3)."""
    place = np.zeros((len(rows), 3))
    joint = pelvis
    while joint >= 0:
        parent = joints[joint].parent
        shift = _shift(joints[joint], rows)
        place += shift if parent < 0 else rotate(turns[:, parent], shift)
        joint = parent
    return place

"""A motion as a file tells it, whatever its format: a skeleton in a reference pose, and how every joint turns from it.

Joint names of the usual skeletons (SMPL, Mixamo, CMU, Biped, Unreal, Blender, ours) are recognised as roles: pelvis,
trunk, and per side shoulder, elbow, wrist, hip, knee, ankle and what else there is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from toile.avatars.pose import F64
from toile.engine.core.body import I32
from toile.engine.core.errors import BadInput, DamagedFile

MOST_JOINTS = 1024
MOST_JOINT_FRAMES = 4_000_000
"""Joints times frames that are kept of a file (128 MB of turns)."""
LONGEST_FRAME = 10.0
"""Longest time [s] between two frames."""

FINGER_BONES = (
    "index1",
    "index2",
    "index3",
    "middle3",
    "pinky1",
    "pinky2",
    "pinky3",
    "ring1",
    "ring2",
    "ring3",
    "thumb2",
    "thumb3",
)
"""Bones of single fingers, which only some bodies have; the middle finger's first two are `fingers` and `fingertips`."""
_CORES: dict[str, tuple[str, ...]] = {
    "hip": ("upleg", "upperleg", "upperleg1", "thigh", "thighbend", "femur", "hip", "hipjoint"),
    "knee": ("leg", "lowleg", "lowerleg", "lowerleg1", "calf", "shin", "tibia", "knee"),
    "ankle": ("ankle", "foot"),
    "toe": ("toebase", "toe", "toes", "toe0", "ball", "foot"),
    "shoulder": ("arm", "upperarm", "upperarm1", "uparm", "shldr", "shldrbend", "humerus", "shoulder"),
    "collar": ("collar", "clavicle", "collarbone", "shoulder"),
    "elbow": ("forearm", "forearmbend", "lowerarm", "lowerarm1", "lowarm", "radius", "elbow"),
    "wrist": ("wrist", "hand"),
    "fingers": ("fingers", "middle1", "handmiddle1", "fmiddle1", "fingerbase", "index1", "handindex1", "finger2"),
    "fingertips": ("fingertips", "middle2", "handmiddle2", "fmiddle2", "index2", "handindex2", "finger21"),
    "thumb": ("thumb", "thumb1", "handthumb1", "finger0"),
    **{bone: (bone, f"hand{bone}", f"f{bone}") for bone in FINGER_BONES},
    "eye": ("eye", "eyeball"),
}  # fmt: skip
_MIDDLE: dict[str, tuple[str, ...]] = {
    "pelvis": ("pelvis", "hips", "hip"),
    "neck": ("neck", "neck1", "neck0", "lowerneck"),
    "head": ("head",),
    "jaw": ("jaw",),
}
_NEEDED = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
_SIDES = ("left", "right")


@dataclass(frozen=True)
class SourceMotion:
    """A skeleton of J joints over T frames.

    names; parents (J,), -1 at roots, parents first; centres (J, 3): joint centres in the reference pose, in the file's
    unit; turns (T, J, 4): quaternions that carry directions of the reference pose to directions of the moving body in
    the file's world; places (T, 3): where the pelvis is in that world; times [s] (T,), increasing.
    up: the world's up direction, or None where the format does not say; notes: what was assumed in reading.
    smpl: the reference is the T-pose of the SMPL family, whose own bodies need no alignment; hands: poses of either hand as components
    of a model (T, N), to be made turns by a body that knows them; expression (T, E): coefficients of SMPL-X's face.
    """

    names: tuple[str, ...]
    parents: I32
    centres: F64
    turns: F64
    places: F64
    times: F64
    up: tuple[float, float, float] | None
    notes: tuple[str, ...] = field(default=())
    smpl: bool = field(default=False, kw_only=True)
    hands: tuple[F64, F64] | None = field(default=None, kw_only=True)
    expression: F64 | None = field(default=None, kw_only=True)

    @property
    def seconds(self) -> float:
        """Time [s] from the first frame to the last."""
        return float(self.times[-1] - self.times[0])

    def at(self, times: F64) -> tuple[F64, F64]:
        """Return turns (K, J, 4) and places (K, 3) at times [s] of the file, clamped to it, smooth through its frames."""
        if len(self.times) == 1:
            return np.repeat(self.turns, len(times), 0), np.repeat(self.places, len(times), 0)
        clock = self.times
        wanted = np.clip(times, clock[0], clock[-1])
        last = len(clock) - 1
        second = np.clip(np.searchsorted(clock, wanted, side="right"), 1, last)
        at = np.stack([np.maximum(second - 2, 0), second - 1, second, np.minimum(second + 1, last)])
        times4 = clock[at]
        turns = self.turns[at]
        turns *= np.where(np.sum(turns * turns[1:2], axis=-1, keepdims=True) < 0.0, -1.0, 1.0)
        turned = _cubic(turns, times4, wanted)
        return turned / np.linalg.norm(turned, axis=-1, keepdims=True), _cubic(
            self.places[at], times4, wanted
        )


def interpolated(values: F64, clock: F64, times: F64) -> F64:
    """Return rows (K, E) of values (T, E) known at rising times (T,), between them straight."""
    return np.stack([np.interp(times, clock, column) for column in values.T], axis=-1)


def _cubic(values: F64, times: F64, wanted: F64) -> F64:
    """Return the cubic Hermite interpolation between the second and third of four values (4, K, ...) (Catmull and Rom 1974)."""
    shape = (-1,) + (1,) * (values.ndim - 2)
    gap = (times[2] - times[1]).reshape(shape)
    part = (wanted - times[1]).reshape(shape) / gap
    leaving = (values[2] - values[0]) / (times[2] - times[0]).reshape(shape) * gap
    entering = (values[3] - values[1]) / (times[3] - times[1]).reshape(shape) * gap
    p2, p3 = part**2, part**3
    ends = (2 * p3 - 3 * p2 + 1) * values[1] + (3 * p2 - 2 * p3) * values[2]
    return ends + (p3 - 2 * p2 + part) * leaving + (p3 - p2) * entering


def checked(source: SourceMotion, name: str) -> SourceMotion:
    """Return a motion after checking that its numbers can be worked with.

    Raises:
        DamagedFile: numbers that are not finite or not of this world, or frames that do not follow each other.
    """
    for label, values in (
        ("joint positions", source.centres),
        ("places", source.places),
        ("turns", source.turns),
    ):
        if not np.isfinite(values).all() or np.abs(values).max(initial=0.0) > 1e7:
            raise DamagedFile(
                f"{name} holds {label} that are not finite or beyond 10,000,000; export it again."
            )
    steps = np.diff(source.times)
    if not np.isfinite(source.times).all() or (steps <= 0).any() or (steps > LONGEST_FRAME).any():
        raise DamagedFile(f"{name} has frames whose times do not increase by at most 10 s; export it again.")
    if np.abs(np.linalg.norm(source.turns, axis=-1) - 1.0).max(initial=0.0) > 1e-6:
        raise DamagedFile(f"{name} holds rotations that are none; export it again.")
    return source


@dataclass(frozen=True)
class Roles:
    """Which joint plays what: role -> joint, and the trunk's chains from pelvis to chest and from chest to head."""

    joint: dict[str, int]
    below_chest: tuple[int, ...]
    above_chest: tuple[int, ...]


def find_roles(names: Sequence[str], parents: Sequence[int] | I32, file: str) -> Roles:
    """Return the roles of joints.

    Raises:
        BadInput: a limb is missing or does not hang together.
    """
    by_name: dict[str, int] = {}
    for joint, name in enumerate(names):
        by_name.setdefault(_canonical(name), joint)
    found: dict[str, int] = {}
    for side in _SIDES:
        taken: set[int] = set()
        for role, cores in _CORES.items():
            for core in cores:
                joint = by_name.get(f"{side}_{core}", -1)
                if joint >= 0 and joint not in taken:
                    found[f"{side}_{role}"] = joint
                    taken.add(joint)
                    break
    missing = [f"{side} {role}" for side in _SIDES for role in _NEEDED if f"{side}_{role}" not in found]
    if missing:
        some = ", ".join(str(n)[:24] for n in list(names)[:6])
        raise BadInput(
            f"{file}: no joint is recognised as {missing[0]} among {len(names)} ({some}…); name the joints as Mixamo "
            f"(LeftUpLeg, LeftLeg, LeftFoot, LeftArm, LeftForeArm, LeftHand) or SMPL does."
        )
    for role, cores in _MIDDLE.items():
        joint = next((by_name[core] for core in cores if core in by_name), -1)
        if joint >= 0:
            found[role] = joint
    return _connected(found, parents, file)


def _connected(found: dict[str, int], parents: Sequence[int] | I32, file: str) -> Roles:
    """Check that limbs hang together, and find pelvis, chest and the chains of the trunk."""

    def above(joint: int) -> list[int]:
        chain = [joint]
        while parents[chain[-1]] >= 0:
            chain.append(int(parents[chain[-1]]))
        return chain

    for side in _SIDES:
        for upper, lower in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist")):
            if found[f"{side}_{upper}"] not in above(found[f"{side}_{lower}"]):
                raise BadInput(
                    f"{file}: the {side} {lower} does not hang on the {side} {upper}; export the rig again."
                )
    hips = set(above(found["left_hip"])) & set(above(found["right_hip"]))
    arms = [above(found[f"{side}_shoulder"]) for side in _SIDES]
    shared = [j for j in arms[0] if j in arms[1]]
    if not hips or not shared:
        raise BadInput(f"{file}: legs and arms do not hang on one trunk; export the rig with its root.")
    pelvis = found.get("pelvis", -1)
    if pelvis not in hips or pelvis not in shared:
        pelvis = next((j for j in above(found["left_hip"]) if j in hips and j in shared), -1)
    if pelvis < 0:
        raise BadInput(f"{file}: legs and arms do not hang on one trunk; export the rig with its root.")
    found["pelvis"] = pelvis
    chest = shared[0]
    below = [j for j in above(chest) if pelvis in above(j)][::-1]
    top = found.get("head", found.get("neck", chest))
    upward = [j for j in above(top) if chest in above(j)][::-1]
    for side in _SIDES:
        collar = found.get(f"{side}_collar", -1)
        if collar >= 0 and collar not in above(found[f"{side}_shoulder"]):
            del found[f"{side}_collar"]
        for role in ("toe", "fingers", "fingertips", "thumb", *FINGER_BONES):
            limb = found[f"{side}_{'ankle' if role == 'toe' else 'wrist'}"]
            if f"{side}_{role}" in found and limb not in above(found[f"{side}_{role}"]):
                del found[f"{side}_{role}"]
    for role in ("jaw", "left_eye", "right_eye"):
        if role in found and found.get("head", -1) not in above(found[role]):
            del found[role]
    return Roles(found, tuple(below), tuple(upward) or (chest,))


def _canonical(name: str) -> str:
    """Return a joint's name as `left_core`, `right_core` or `core`: `mixamorig:LeftUpLeg` -> `left_upleg`."""
    plain = str(name)[:128].split(":")[-1].split("|")[-1].strip()
    plain = re.sub(
        r"^(j_bip(_c)?|bip\d*|character\d*|def|rig|org|[mf]_avg)[ _\-.]+", "", plain, flags=re.IGNORECASE
    )
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", plain).lower()
    parts = [w for w in re.split(r"[^a-z0-9]+", words) if w]
    side = ""
    for word, meant in (("left", "left"), ("right", "right"), ("l", "left"), ("r", "right")):
        if word in parts[:1] or word in parts[-1:]:
            side = meant
            parts.remove(word)
            break
    else:
        for meant in _SIDES:
            if parts and parts[0].startswith(meant) and len(parts[0]) > len(meant):
                side, parts[0] = meant, parts[0].removeprefix(meant)
                break
    core = re.sub(r"0+(?=[1-9])", "", "".join(parts))
    return f"{side}_{core}" if side else core


def joint_frames(joints: int, frames: int, name: str) -> None:
    """Refuse more joints or frames than are worked with.

    Raises:
        BadInput: too many.
    """
    if joints > MOST_JOINTS:
        raise BadInput(f"{name} has {joints} joints; at most {MOST_JOINTS} are read.")
    if joints * frames > MOST_JOINT_FRAMES:
        raise BadInput(
            f"{name} has {joints} joints over {frames} frames; at most {MOST_JOINT_FRAMES // max(joints, 1)} frames of it "
            f"are read at once: cut it with --motion-start and --seconds."
        )

"""From what an animator says (pelvis, chest, feet, arms) to joint turns: spine, two-bone legs, arms.

Sides: +1 is the wearer's left (+X), -1 the right. A `Stance` states a body over time in world terms; `solve` turns it
into joint turns. Legs are solved exactly: with planar bone lengths a, b and hip-ankle distance d the knee flexes by
acos((d^2 - a^2 - b^2) / 2ab), and the thigh turns so that the bent leg spans hip to ankle with the knee on the side of
the given hinge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from toile.avatars.pose import F64, Skeleton, about, from_matrices, multiply, rotate, slerp
from toile.engine.core.body import Rig

X, Y, Z = np.eye(3)
SIDES: dict[str, int] = {"left": 1, "right": -1}
REACH = 0.9995
"""Largest fraction of the leg's length that a leg is stretched to."""


@dataclass(frozen=True)
class Segment:
    """Orientation of a trunk segment over time [rad], each (T,): turning left, left side up, top forward."""

    yaw: F64
    list: F64
    tilt: F64

    def turns(self) -> F64:
        """Return quaternions (T, 4): tilt, then list, then yaw."""
        return multiply(about(Y, self.yaw), multiply(about(Z, self.list), about(X, self.tilt)))


@dataclass(frozen=True)
class Leg:
    """A foot over time: ankle centre [m] (T, 3), foot heading, pitch (toes up) and toe extension [rad] (T,).

    follow: how far the knee points where the foot does (1) rather than where the pelvis does (0).
    """

    ankle: F64
    yaw: F64
    pitch: F64
    toe: F64
    follow: float = 0.5


@dataclass(frozen=True)
class Arm:
    """An arm over time, relative to the chest [rad], each (T,).

    abduction from hanging, swing forward, elbow flexion (straight is 0), pronation (thumb inwards of the way the elbow
    bends), curl of wrist and fingers beyond rest.
    """

    abduction: F64
    swing: F64
    elbow: F64
    pronation: F64
    curl: F64


@dataclass(frozen=True)
class Stance:
    """A body over time: pelvis displacement from rest [m] (T, 3), trunk segments, and limbs by side."""

    pelvis_shift: F64
    pelvis: Segment
    chest: Segment
    head: Segment
    legs: dict[str, Leg]
    arms: dict[str, Arm]


@dataclass(frozen=True)
class LegForm:
    """A leg at rest: hip centre, bones and their lengths in the hinge's plane [m], knee flexion and foot heading [rad]."""

    hip: F64
    thigh_bone: F64
    shank_bone: F64
    thigh: float
    shank: float
    flexion: float
    hinge: F64
    foot_yaw: float


@dataclass(frozen=True)
class ArmForm:
    """An arm at rest: unit directions of upper arm and forearm, elbow hinge, elbow flexion and abduction [rad].

    thumb: turn [rad] about the forearm from the way the elbow bends to the thumb, positive inwards; knuckles: the axis about
    which wrist and fingers bend towards the palm; tips: the way [m] from the joint of the fingertips to their ends, where the skin knows.
    """

    upper: F64
    fore: F64
    hinge: F64
    flexion: float
    abduction: float
    thumb: float
    knuckles: F64
    tips: F64 | None = None


def _unit(v: F64) -> F64:
    return np.asarray(v / np.linalg.norm(v, axis=-1, keepdims=True))


def _frames(first: F64, second: F64) -> F64:
    """Return matrices whose columns are two perpendicular unit vectors and their cross product."""
    return np.stack([first, second, np.cross(first, second)], axis=-1)


def leg_form(skeleton: Skeleton, side: str) -> LegForm:
    """Return the rest form of a leg; its hinge is the lateral axis across the hip-ankle line."""
    hip, knee, ankle, toe = (
        skeleton.centres[skeleton.index[f"{side}_{j}"]] for j in ("hip", "knee", "ankle", "toe")
    )
    line = _unit(ankle - hip)
    hinge = _unit(X - (X @ line) * line)
    flat = [v - (v @ hinge) * hinge for v in (knee - hip, ankle - knee)]
    thigh, shank = (float(np.linalg.norm(v)) for v in flat)
    flexion = float(np.arctan2(np.cross(flat[0], flat[1]) @ hinge, flat[0] @ flat[1]))
    forward = toe - ankle
    return LegForm(
        hip, knee - hip, ankle - knee, thigh, shank, flexion, hinge, float(np.arctan2(forward[0], forward[2]))
    )


def arm_form(rig: Rig, skeleton: Skeleton, side: str) -> ArmForm:
    """Return the rest form of an arm; an arm that is straight at rest bends about the axis that brings it forward."""
    shoulder, elbow, wrist = (
        skeleton.centres[skeleton.index[f"{side}_{j}"]] for j in ("shoulder", "elbow", "wrist")
    )
    upper, fore = _unit(elbow - shoulder), _unit(wrist - elbow)
    hinge = np.cross(upper, fore)
    if np.linalg.norm(hinge) < 0.05:
        hinge = np.cross(upper, Z)
    hinge = _unit(hinge)
    flexion = float(np.arctan2(np.cross(upper, fore) @ hinge, upper @ fore))
    abduction = float(np.arctan2(SIDES[side] * upper[0], -upper[1]))
    ahead = _unit(np.cross(hinge, fore))
    thumb = _thumb_side(rig, skeleton, side, fore)
    thumb = _unit(ahead if thumb is None else thumb - (thumb @ fore) * fore)
    inward = float(SIDES[side] * np.arctan2(np.cross(ahead, thumb) @ fore, ahead @ thumb))
    tips = _finger_ends(rig, skeleton, side)
    return ArmForm(upper, fore, hinge, flexion, abduction, inward, -SIDES[side] * thumb, tips)


def _finger_ends(rig: Rig, skeleton: Skeleton, side: str) -> F64 | None:
    """Return the way [m] from the joint of the fingertips to the middle of the skin that is furthest from it."""
    joint = skeleton.index.get(f"{side}_fingertips")
    if joint is None:
        return None
    most = rig.joint_of_weight[np.arange(len(rig.weights)), rig.weights.argmax(1)]
    ways = rig.rest_vertices[most == joint].astype(np.float64) - skeleton.centres[joint]
    if len(ways) < 10:
        return None
    far = np.linalg.norm(ways, axis=1)
    return np.asarray(ways[far > 0.8 * far.max()].mean(0))


def _thumb_side(rig: Rig, skeleton: Skeleton, side: str, fore: F64) -> F64 | None:
    """Return the direction across the palm towards the thumb: the widest way across the fingers; None without fingers."""
    index = skeleton.index
    if f"{side}_thumb" not in index or f"{side}_fingers" not in index:
        return None
    lead = index[f"{side}_fingers"]
    knuckles = [lead, *(j for j, leader in followed(skeleton.names).items() if leader == lead)]
    most = rig.joint_of_weight[np.arange(len(rig.weights)), rig.weights.argmax(1)]
    fingers = np.flatnonzero(np.isin(most, knuckles))
    if len(fingers) < 10:
        return None
    spread = rig.rest_vertices[fingers].astype(np.float64) - rig.rest_vertices[fingers].mean(0)
    spread -= np.outer(spread @ fore, fore)
    across = np.linalg.svd(spread, full_matrices=False)[2][0]
    thumb = skeleton.centres[index[f"{side}_thumb"]] - skeleton.centres[index[f"{side}_fingers"]]
    return across * np.sign(across @ thumb)


def span(form: LegForm, flexion: F64 | float) -> F64:
    """Return the hip-ankle distance [m] of a leg at a knee flexion [rad]."""
    return np.sqrt(form.thigh**2 + form.shank**2 + 2.0 * form.thigh * form.shank * np.cos(flexion))


@dataclass(frozen=True)
class BodyForm:
    """What posing needs of a rig: skeleton, limbs at rest, joints of the trunk, and the joints that follow others."""

    skeleton: Skeleton
    legs: dict[str, LegForm]
    arms: dict[str, ArmForm]
    below_chest: tuple[int, ...] = field(default=())
    above_chest: tuple[int, ...] = field(default=())
    collars: dict[str, tuple[int, ...]] = field(default_factory=dict)
    follows: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, rig: Rig) -> BodyForm:
        """Return the form of a rig that has the joints of `toile.engine.core.body.JOINTS`."""
        skeleton = Skeleton.of(rig)
        to_head = _path(skeleton, skeleton.index["pelvis"], skeleton.index["head"])
        to_arm = _path(skeleton, skeleton.index["pelvis"], skeleton.index["left_shoulder"])
        chest = max(set(to_head) & set(to_arm), key=to_head.index)
        return cls(
            skeleton,
            {side: leg_form(skeleton, side) for side in SIDES},
            {side: arm_form(rig, skeleton, side) for side in SIDES},
            _path(skeleton, skeleton.index["pelvis"], chest),
            _path(skeleton, chest, skeleton.index["head"]),
            {side: _path(skeleton, chest, skeleton.index[f"{side}_shoulder"])[1:-1] for side in SIDES},
            followed(skeleton.names),
        )


def followed(names: Sequence[str]) -> dict[int, int]:
    """Return which joint turns as which other where nothing is said of it: the other fingers as the middle one."""
    found = {}
    for side in SIDES:
        for bone, lead in ((1, "fingers"), (2, "fingertips")):
            for finger in ("index", "ring", "pinky"):
                if f"{side}_{finger}{bone}" in names and f"{side}_{lead}" in names:
                    found[names.index(f"{side}_{finger}{bone}")] = names.index(f"{side}_{lead}")
    return found


def _path(skeleton: Skeleton, above: int, below: int) -> tuple[int, ...]:
    """Return the joints from one to another further down, both included; from the root if the first is not above."""
    chain = [below]
    while chain[-1] != above and skeleton.parents[chain[-1]] >= 0:
        chain.append(int(skeleton.parents[chain[-1]]))
    return tuple(chain[::-1])


COLLAR_SHARE = 0.25
"""Part of the arm's elevation away from rest that the collar bone takes (scapulohumeral rhythm)."""
FLEXION_COUNTS = (np.radians(30.0), np.radians(110.0))
"""Elevations from which and up to which an arm swung forward takes its collar bone along."""


def solve(form: BodyForm, stance: Stance) -> tuple[F64, F64]:
    """Return joint turns (T, J, 4) and root displacements [m] (T, 3) of a stance.

    A foot that is out of reach is brought to `REACH` of the leg's length.
    """
    skeleton, count = form.skeleton, len(stance.pelvis_shift)
    given: dict[int, F64] = {}
    pelvis, chest, head = (s.turns() for s in (stance.pelvis, stance.chest, stance.head))
    _spread(given, form.below_chest, pelvis, chest)
    _spread(given, form.above_chest, chest, head)
    pelvis_joint = skeleton.index["pelvis"]
    given[pelvis_joint] = pelvis
    root = int(np.flatnonzero(skeleton.parents < 0)[0])
    given[root] = pelvis

    start = skeleton.centres[pelvis_joint]
    for side, leg in stance.legs.items():
        hip = start + stance.pelvis_shift + rotate(pelvis, form.legs[side].hip - start)
        for name, turns in _leg_turns(form.legs[side], leg, hip, pelvis).items():
            given[skeleton.index[f"{side}_{name}"]] = turns
    for side, arm in stance.arms.items():
        sign = SIDES[side]
        raised = COLLAR_SHARE * (arm.abduction - form.arms[side].abduction + _flexed(arm))
        for joint in form.collars[side]:
            given[joint] = multiply(chest, about(Z, sign * raised))
        for name, turns in _arm_turns(form.arms[side], arm, chest, sign).items():
            if f"{side}_{name}" in skeleton.index:
                given[skeleton.index[f"{side}_{name}"]] = turns

    turns = np.empty((count, len(skeleton.names), 4))
    for joint, parent in enumerate(skeleton.parents):
        leader = joint if joint in given else form.follows.get(joint, joint)
        turns[:, joint] = given[leader] if leader in given else turns[:, parent]
    lever = start - skeleton.centres[root]
    shift = stance.pelvis_shift + lever - rotate(pelvis, lever)
    return turns, shift


def _flexed(arm: Arm) -> F64:
    """Return how far [rad] an arm is raised by swinging it forward, beyond its abduction; 0 for an arm that hangs."""
    raised = np.arccos(np.clip(np.cos(arm.abduction) * np.cos(arm.swing), -1.0, 1.0))
    u = np.clip((raised - FLEXION_COUNTS[0]) / (FLEXION_COUNTS[1] - FLEXION_COUNTS[0]), 0.0, 1.0)
    begun = u**3 * (10.0 - 15.0 * u + 6.0 * u * u)
    return np.asarray(np.maximum(raised - np.abs(arm.abduction), 0.0) * begun)


def _spread(given: dict[int, F64], chain: tuple[int, ...], first: F64, last: F64) -> None:
    for i, joint in enumerate(chain):
        given[joint] = slerp(first, last, i / max(len(chain) - 1, 1))


def _leg_turns(form: LegForm, leg: Leg, hip: F64, pelvis: F64) -> dict[str, F64]:
    reach = leg.ankle - hip
    distance = np.minimum(np.linalg.norm(reach, axis=-1), REACH * (form.thigh + form.shank))
    cosine = (distance**2 - form.thigh**2 - form.shank**2) / (2.0 * form.thigh * form.shank)
    bend = about(form.hinge, np.arccos(np.clip(cosine, -1.0, 1.0)) - form.flexion)
    bent = _unit(form.thigh_bone + rotate(bend, form.shank_bone))
    foot_yaw = leg.yaw - form.foot_yaw
    lateral = rotate(slerp(pelvis, about(Y, foot_yaw), leg.follow), np.broadcast_to(form.hinge, reach.shape))
    line = _unit(reach)
    hinge = _unit(lateral - np.sum(lateral * line, -1, keepdims=True) * line)
    rest = _frames(bent, np.broadcast_to(form.hinge, bent.shape))
    thigh = from_matrices(_frames(line, hinge) @ np.swapaxes(rest, -1, -2))
    back = about(Y, np.full_like(leg.yaw, -form.foot_yaw))
    facing = about(Y, leg.yaw)
    return {
        "hip": thigh,
        "knee": multiply(thigh, bend),
        "ankle": multiply(facing, multiply(about(X, -leg.pitch), back)),
        "toe": multiply(facing, multiply(about(X, -leg.pitch - leg.toe), back)),
    }


def _arm_turns(form: ArmForm, arm: Arm, chest: F64, sign: int) -> dict[str, F64]:
    down = np.broadcast_to(-Y, (len(arm.swing), 3))
    inward = ELBOW_INWARD
    hinge_down = np.array([-np.cos(inward), 0.0, -sign * np.sin(inward)])
    carry = multiply(chest, multiply(about(X, -arm.swing), about(Z, sign * arm.abduction)))
    target = _frames(rotate(carry, down), rotate(carry, np.broadcast_to(hinge_down, down.shape)))
    upper = from_matrices(target @ _frames(form.upper, form.hinge).T)
    bend = about(form.hinge, arm.elbow - form.flexion)
    fore = multiply(upper, bend)
    roll = sign * (arm.pronation - form.thumb)
    half = multiply(fore, about(form.fore, 0.5 * roll))
    wrist = multiply(fore, multiply(about(form.fore, roll), about(form.knuckles, 0.4 * arm.curl)))
    fingers = multiply(wrist, about(form.knuckles, arm.curl))
    fingertips = multiply(fingers, about(form.knuckles, 1.2 * arm.curl))
    thumb = multiply(wrist, about(_unit(np.cross(-sign * form.knuckles, form.fore)), THUMB_SHARE * arm.curl))
    joints = ("shoulder", "elbow", "wrist", "fingers", "fingertips", "thumb")
    return dict(zip(joints, (upper, half, wrist, fingers, fingertips, thumb), strict=True))


THUMB_SHARE = 0.5
"""Part of the fingers' curl that the thumb makes: more folds the skin between thumb and palm through itself."""
ELBOW_INWARD = np.radians(15.0)
"""How far the plane of the elbow is turned inwards from straight ahead, arm hanging."""

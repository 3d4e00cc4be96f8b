"""Carrying a motion from its own skeleton to a rig of another build, with another rest pose.

G_j(t) = H C D_s(t) A_j: D_s turns the source joint s from its reference, C makes the world +Y up, H turns the first moment to face
+Z, and A_j carries our rest pose to the source's reference: for the trunk the frame of the body, for a limb also the
direction of its bone and the hinge of elbow or knee, so that bones point exactly as the source's do. The hinge of an elbow that
is straight in the reference is where the motion bends it, and fingers are as straight as the source's. The feet take only their
heading: both stand flat.
Displacements of the pelvis are scaled by the length of the legs. Joints that the source lacks follow their parent, fingers the
middle one. A body of the SMPL family takes motions of the family as they are: its own T-pose is their reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from toile.avatars.limbs import SIDES, BodyForm, X, Y, Z
from toile.avatars.pose import F64, IDENTITY, about, conjugate, from_matrices, multiply, rotate, slerp
from toile.avatars.source_motion import FINGER_BONES, Roles, SourceMotion, find_roles
from toile.engine.core.body import Rig
from toile.engine.core.errors import BadInput

SNAP = np.radians(15.0)
"""A frame of the reference this near to the file's axes is taken to lie in them."""
BENT = np.radians(12.0)
"""An elbow that is bent more than this in the reference shows its own hinge."""
MOST_TOE = np.radians(60.0)
"""Toes bend no further than this."""
FINGERS = (
    ("fingers", "fingertips", "middle3"),
    *((f"{finger}1", f"{finger}2", f"{finger}3") for finger in ("index", "ring", "pinky")),
)
"""The bones of each finger but the thumb, outwards."""
HABIT = 0.03
"""Sine of the mean bend at which what the motion shows of an elbow's hinge outweighs what is usual."""


@dataclass(frozen=True)
class Retarget:
    """A source motion ready to be asked for poses of a rig's skeleton."""

    form: BodyForm
    source: SourceMotion
    roles: Roles
    aligned: dict[int, F64]
    driven: dict[int, tuple[int, int, float]]
    upright: F64
    scale: float

    @classmethod
    def to(
        cls, rig: Rig, source: SourceMotion, file: str, t_pose: Mapping[str, F64] | None = None
    ) -> Retarget:
        """Match a source to a rig; t_pose: turns (4,) from its dressing pose to the T-pose of the SMPL family, by the family's joints.

        Raises:
            BadInput: a limb without length, or no way to tell how the skeleton stands.
        """
        form, roles = BodyForm.of(rig), find_roles(source.names, source.parents, file)
        frame = _reference_frame(source, roles, file)
        if t_pose is not None and source.smpl:
            aligned, driven = _same(source, t_pose)
        else:
            aligned, driven = _match(form, source, roles, frame)
        skeleton = form.skeleton
        own = sum(_leg(skeleton.centres, skeleton.index, side) for side in SIDES)
        theirs = sum(_leg(source.centres, roles.joint, side) for side in SIDES)
        upright = _uprighting(source, roles, frame)
        return cls(form, source, roles, aligned, driven, upright, own / theirs)

    def at(self, times: F64) -> tuple[F64, F64]:
        """Return turns (K, J, 4) and pelvis places [m] (K, 3) at times [s] of the file, +Y up, where the file has them."""
        moved, places = self.source.at(times)
        skeleton = self.form.skeleton
        turns = np.empty((len(times), len(skeleton.names), 4))
        for joint, parent in enumerate(skeleton.parents):
            leader = joint if joint in self.driven else self.form.follows.get(joint, joint)
            if leader in self.driven:
                first, second, part = self.driven[leader]
                source = slerp(moved[:, first], moved[:, second], part) if part > 0.0 else moved[:, first]
                turns[:, joint] = multiply(source, self.aligned[leader])
            else:
                turns[:, joint] = turns[:, parent] if parent >= 0 else IDENTITY
        turns = multiply(self.upright, turns)
        for side in SIDES:
            if skeleton.index[f"{side}_toe"] not in self.driven:
                self._flatten_toes(turns, side)
        root = int(np.flatnonzero(skeleton.parents < 0)[0])
        turns[:, root] = turns[:, skeleton.index["pelvis"]]
        turns /= np.linalg.norm(turns, axis=-1, keepdims=True)
        return turns, self.scale * rotate(self.upright, places)

    def _flatten_toes(self, turns: F64, side: str) -> None:
        """Bend toes that the source does not move so that they stay level while the heel is up."""
        skeleton = self.form.skeleton
        ankle, toe = skeleton.index[f"{side}_ankle"], skeleton.index[f"{side}_toe"]
        yaw = about(Y, self.form.legs[side].foot_yaw)
        ahead, across = (
            rotate(turns[:, ankle], np.broadcast_to(rotate(yaw, v), (len(turns), 3))) for v in (Z, X)
        )
        down = np.arctan2(-ahead[:, 1], np.linalg.norm(ahead[:, [0, 2]], axis=1))
        turns[:, toe] = multiply(about(across, -np.clip(down, 0.0, MOST_TOE)), turns[:, ankle])

    def root_shift(self, turns: F64, pelvis: F64) -> F64:
        """Return root displacements [m] (K, 3) that put the pelvis at places [m] (K, 3)."""
        skeleton = self.form.skeleton
        root, centre = (
            int(np.flatnonzero(skeleton.parents < 0)[0]),
            skeleton.centres[skeleton.index["pelvis"]],
        )
        lever = centre - skeleton.centres[root]
        return pelvis - centre + lever - rotate(turns[:, root], np.broadcast_to(lever, pelvis.shape))


def heading(turn: F64) -> F64:
    """Return the turn about +Y [rad] by which a body faces away from +Z."""
    ahead = rotate(turn, np.broadcast_to(Z, (*turn.shape[:-1], 3)))
    return np.arctan2(ahead[..., 0], ahead[..., 2])


def _leg(centres: F64, index: dict[str, int], side: str) -> float:
    hip, knee, ankle = (centres[index[f"{side}_{j}"]] for j in ("hip", "knee", "ankle"))
    return float(np.linalg.norm(knee - hip) + np.linalg.norm(ankle - knee))


def _unit(v: F64) -> F64:
    return v / np.linalg.norm(v)


def _reference_frame(source: SourceMotion, roles: Roles, file: str) -> F64:
    """Return the body's axes in the reference, columns left, up, ahead; the file's own axes where they are near."""
    at = {role: source.centres[joint] for role, joint in roles.joint.items()}
    for side in SIDES:
        for first, last in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist")):
            if np.linalg.norm(at[f"{side}_{last}"] - at[f"{side}_{first}"]) < 1e-6:
                raise BadInput(
                    f"{file}: the bone from {side} {first} to {side} {last} has no length; export the rig again."
                )
    left = at["left_hip"] - at["right_hip"]
    up = source.centres[roles.below_chest[-1]] + at["left_hip"] + at["right_hip"]
    up = up - 1.5 * (at["left_ankle"] + at["right_ankle"])
    if np.linalg.norm(left) < 1e-6 or np.linalg.norm(up) < 1e-6:
        raise BadInput(
            f"{file}: the hips of the reference pose coincide, so it cannot be told which way it faces."
        )
    up = _snapped(_unit(up))
    level = left - (left @ up) * up
    if np.linalg.norm(level) < 0.1 * np.linalg.norm(left):
        raise BadInput(
            f"{file}: the hips of the reference pose lie above each other, so it does not stand; export it in a T-pose."
        )
    left = _snapped(_unit(level))
    left = _unit(left - (left @ up) * up)
    return np.stack([left, up, np.cross(left, up)], axis=-1)


def _snapped(direction: F64) -> F64:
    axis = int(np.argmax(np.abs(direction)))
    if abs(direction[axis]) < np.cos(SNAP):
        return direction
    return np.sign(direction[axis]) * np.eye(3)[axis]


def _uprighting(source: SourceMotion, roles: Roles, frame: F64) -> F64:
    """Return the rotation that makes the source's world +Y up.

    A file that does not say is taken to be +Y up, unless the body stands far more along another axis.
    """
    up = np.array(source.up) if source.up is not None else Y
    if source.up is None:
        stands = rotate(
            source.turns[:, roles.joint["pelvis"]], np.broadcast_to(frame[:, 1], (len(source.turns), 3))
        )
        mean = stands.mean(0)
        axis = int(np.argmax(np.abs(mean)))
        if abs(mean[axis]) > 2.0 * abs(mean[1]):
            up = np.sign(mean[axis]) * np.eye(3)[axis]
    return _between(up, Y)


def _between(a: F64, b: F64) -> F64:
    """Return the shortest rotation from one unit vector to another."""
    axis = np.cross(a, b)
    sine, cosine = float(np.linalg.norm(axis)), float(a @ b)
    if sine < 1e-9:
        return IDENTITY.copy() if cosine > 0 else about(X if abs(a[0]) < 0.9 else Z, np.pi)
    return about(axis / sine, float(np.arctan2(sine, cosine)))


def _match(
    form: BodyForm, source: SourceMotion, roles: Roles, frame: F64
) -> tuple[dict[int, F64], dict[int, tuple[int, int, float]]]:
    """Return for each of our joints that is driven its alignment A, and the source joints (first, second, part)."""
    skeleton, index = form.skeleton, form.skeleton.index
    base = from_matrices(frame)
    aligned: dict[int, F64] = {}
    driven: dict[int, tuple[int, int, float]] = {}
    chains = ((form.below_chest, roles.below_chest), (form.above_chest, roles.above_chest))
    for own, theirs in chains:
        for joint, place in zip(own, _along(skeleton.centres, own), strict=True):
            if joint not in driven:
                aligned[joint], driven[joint] = base, _between_joints(source.centres, theirs, place)
    for role in ("jaw", "left_eye", "right_eye"):
        if role in index and role in roles.joint:
            aligned[index[role]], driven[index[role]] = base, (roles.joint[role],) * 2 + (0.0,)
    for side in SIDES:
        limbs = {
            **_leg_alignments(form, source, roles, frame, side),
            **_arm_alignments(form, source, roles, frame, side),
        }
        for role, turn in limbs.items():
            joint = index[f"{side}_{role}"]
            aligned[joint], driven[joint] = turn, (roles.joint[f"{side}_{role}"],) * 2 + (0.0,)
        if f"{side}_collar" in roles.joint:
            for joint in form.collars[side]:
                aligned[joint], driven[joint] = base, (roles.joint[f"{side}_collar"],) * 2 + (0.0,)
    return aligned, driven


def _along(centres: F64, chain: tuple[int, ...]) -> F64:
    """Return where the joints of a chain are along it, from 0 to 1."""
    steps = np.linalg.norm(np.diff(centres[list(chain)], axis=0), axis=1)
    way = np.concatenate([[0.0], np.cumsum(steps)])
    return way / way[-1] if way[-1] > 1e-9 else np.zeros(len(chain))


def _between_joints(centres: F64, chain: tuple[int, ...], place: float) -> tuple[int, int, float]:
    way = _along(centres, chain)
    if len(chain) == 1:
        return chain[0], chain[0], 0.0
    second = int(np.clip(np.searchsorted(way, place - 1e-6), 1, len(chain) - 1))
    gap = way[second] - way[second - 1]
    part = (place - way[second - 1]) / gap if gap > 1e-9 else 1.0
    if part > 1.0 - 1e-3:
        return chain[second], chain[second], 0.0
    return chain[second - 1], chain[second], float(part if part > 1e-3 else 0.0)


def _frames(along: F64, hinge: F64) -> F64:
    """Return the matrix of a bone's direction, its hinge made perpendicular, and their cross product."""
    first = _unit(along)
    across = hinge - (hinge @ first) * first
    if np.linalg.norm(across) < 1e-6 * np.linalg.norm(hinge):
        across = np.cross(first, np.eye(3)[int(np.argmin(np.abs(first)))])
    second = _unit(across)
    return np.stack([first, second, np.cross(first, second)], axis=-1)


def _carried(own: tuple[F64, F64], theirs: tuple[F64, F64]) -> F64:
    """Return the rotation that carries our bone and hinge to theirs."""
    return from_matrices(_frames(*theirs) @ _frames(*own).T)


def _leg_alignments(
    form: BodyForm, source: SourceMotion, roles: Roles, frame: F64, side: str
) -> dict[str, F64]:
    ours = {
        j: form.skeleton.centres[form.skeleton.index[f"{side}_{j}"]] for j in ("hip", "knee", "ankle", "toe")
    }
    theirs = {j: source.centres[roles.joint[f"{side}_{j}"]] for j in ("hip", "knee", "ankle")}
    left, up = frame[:, 0], frame[:, 1]
    found = {}
    for first, last in (("hip", "knee"), ("knee", "ankle")):
        found[first] = _carried((ours[last] - ours[first], X), (theirs[last] - theirs[first], left))
    turn = from_matrices(frame)
    toe = roles.joint.get(f"{side}_toe")
    if toe is not None:
        sole = source.centres[toe] - theirs["ankle"]
        flat = sole - (sole @ up) * up
        if np.linalg.norm(flat) > 0.3 * np.linalg.norm(sole):
            own = ours["toe"] - ours["ankle"]
            there = np.arctan2(flat @ left, flat @ frame[:, 2])
            turn = multiply(turn, about(Y, there - np.arctan2(own[0], own[2])))
        found["toe"] = turn
    found["ankle"] = turn
    return found


def _arm_alignments(
    form: BodyForm, source: SourceMotion, roles: Roles, frame: F64, side: str
) -> dict[str, F64]:
    arm, skeleton = form.arms[side], form.skeleton
    joint = {j: roles.joint[f"{side}_{j}"] for j in ("shoulder", "elbow", "wrist")}
    at = {j: source.centres[k] for j, k in joint.items()}
    upper, fore = _unit(at["elbow"] - at["shoulder"]), _unit(at["wrist"] - at["elbow"])
    hinge = _elbow_hinge(source, joint, upper, fore, frame)
    found = {
        "shoulder": _carried((arm.upper, arm.hinge), (upper, hinge)),
        "elbow": _carried((arm.fore, arm.hinge), (fore, hinge)),
    }
    thumb = roles.joint.get(f"{side}_thumb")
    wrist = found["elbow"]
    ours_thumb = skeleton.index.get(f"{side}_thumb")
    if thumb is not None and ours_thumb is not None:
        there = source.centres[thumb] - at["wrist"]
        own = skeleton.centres[ours_thumb] - skeleton.centres[skeleton.index[f"{side}_wrist"]]
        hand = _hand(source, roles, side)
        own_hand = (
            skeleton.centres[skeleton.index[f"{side}_fingers"]]
            - skeleton.centres[skeleton.index[f"{side}_wrist"]]
        )
        if hand is not None and _spread(hand, there) > 0.2 and _spread(own_hand, own) > 0.2:
            wrist = _carried((own_hand, own), (hand, there))
            twist = multiply(conjugate(found["elbow"]), wrist)
            found["elbow"] = multiply(found["elbow"], _half_twist(twist, arm.fore))
            found["thumb"] = wrist
    found["wrist"] = wrist
    for role in FINGER_BONES:
        if f"{side}_{role}" in roles.joint and f"{side}_{role}" in skeleton.index:
            found[role] = wrist
    for chain in FINGERS:
        found |= _finger_alignments(form, source, roles, side, chain, wrist)
    return found


def _finger_alignments(
    form: BodyForm, source: SourceMotion, roles: Roles, side: str, chain: tuple[str, ...], wrist: F64
) -> dict[str, F64]:
    """Return the alignment of a finger's bones: the least turn from the hand's that points ours as theirs.

    A hand that is flat in the source's reference is flat on ours, whose own fingers are bent at rest.
    """
    skeleton, turn = form.skeleton, wrist
    found: dict[str, F64] = {}
    for role, following in zip(chain, (*chain[1:], ""), strict=True):
        joint, ours = roles.joint.get(f"{side}_{role}"), skeleton.index.get(f"{side}_{role}")
        if joint is None or ours is None:
            return found
        after, own_after = (at.get(f"{side}_{following}") for at in (roles.joint, skeleton.index))
        theirs = None if after is None else source.centres[after] - source.centres[joint]
        own = None if own_after is None else skeleton.centres[own_after] - skeleton.centres[ours]
        if own is None and role == "fingertips":
            own = form.arms[side].tips
        if theirs is not None and own is not None and min(map(np.linalg.norm, (theirs, own))) > 1e-9:
            turn = multiply(_between(_unit(rotate(turn, own)), _unit(theirs)), turn)
        found[role] = turn
    return found


def _same(
    source: SourceMotion, t_pose: Mapping[str, F64]
) -> tuple[dict[int, F64], dict[int, tuple[int, int, float]]]:
    """Return what `_match` does for a body of the source's own family: joint by joint, from its dressing pose to the T-pose."""
    aligned: dict[int, F64] = {}
    driven: dict[int, tuple[int, int, float]] = {}
    for joint, (name, turn) in enumerate(t_pose.items()):
        if name in source.names:
            aligned[joint], driven[joint] = turn, (source.names.index(name),) * 2 + (0.0,)
    return aligned, driven


def _spread(a: F64, b: F64) -> float:
    """Return the sine of the angle between two vectors, 0 where one has no length."""
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(np.linalg.norm(np.cross(a, b))) / length if length > 1e-12 else 0.0


def _hand(source: SourceMotion, roles: Roles, side: str) -> F64 | None:
    fingers = roles.joint.get(f"{side}_fingers")
    return None if fingers is None else source.centres[fingers] - source.centres[roles.joint[f"{side}_wrist"]]


def _half_twist(turn: F64, axis: F64) -> F64:
    """Return half of the part of a rotation that is about an axis (swing-twist decomposition)."""
    angle = 2.0 * np.arctan2(float(turn[1:] @ axis), float(turn[0]))
    angle = (angle + np.pi) % (2.0 * np.pi) - np.pi
    return about(axis, 0.5 * angle)


def _elbow_hinge(source: SourceMotion, joint: dict[str, int], upper: F64, fore: F64, frame: F64) -> F64:
    """Return the axis in the reference about which an elbow flexes.

    An elbow bent in the reference shows it; else it is the mean, over the motion, of the normal of the plane of the arm, seen
    from the upper arm, and where the motion hardly bends the arm, the axis that brings the forearm ahead.
    """
    own = np.cross(upper, fore)
    if np.linalg.norm(own) > np.sin(BENT):
        return _unit(own)
    ahead = np.cross(upper, frame[:, 2])
    if np.linalg.norm(ahead) < 0.3:
        ahead = np.cross(upper, frame[:, 1])
    relative = multiply(conjugate(source.turns[:, joint["shoulder"]]), source.turns[:, joint["elbow"]])
    bends = np.cross(upper, rotate(relative, np.broadcast_to(fore, (len(relative), 3))))
    total = bends.mean(0) + HABIT * _unit(ahead)
    return _unit(total if np.linalg.norm(total) > 1e-6 else ahead)

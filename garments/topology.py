"""Whether garments are worn: each ring's Gauss linking number round the bone axis that it belongs to.

For closed polygons the double integral is a sum of solid angles: segment pair (i, j) spans a spherical quadrilateral
with corners n_k, and contributes its signed area / 4 pi.
Source: Klenin and Langowski 2000, "Computation of writhe in modeling of supercoiled DNA", method 1a.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toile.garments.cloth_mesh import ClothMesh

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

_FAR = 30.0  # m, where axes close
_WORN = 0.05  # off once, within which a ring goes round
_TOES = 0.04  # m from the joint of the toes to where a leg's axis leaves the foot


def linking_number(first: ArrayLike, second: ArrayLike) -> float:
    """Return the linking number of two closed polygons, (m, 3) and (n, 3) [m]; near an integer when they are apart."""
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    p, q = a[:, None], np.roll(a, -1, axis=0)[:, None]
    r, s = b[None], np.roll(b, -1, axis=0)[None]
    r13, r14, r23, r24 = r - p, s - p, r - q, s - q
    n = [np.cross(r13, r14), np.cross(r14, r24), np.cross(r24, r23), np.cross(r23, r13)]
    n = [k / np.maximum(np.linalg.norm(k, axis=2, keepdims=True), 1e-30) for k in n]
    area = sum(np.arcsin(np.clip((n[k] * n[(k + 1) % 4]).sum(axis=2), -1.0, 1.0)) for k in range(4))
    sign = np.sign((np.cross(s - r, q - p) * r13).sum(axis=2))
    return float((area * sign).sum() / (4.0 * np.pi))


def bone_axes(joints: Mapping[str, NDArray[np.floating]]) -> dict[str, F64]:
    """Return the closed axis of the torso, neck, each leg and each arm: bones, prolonged and closed far away.

    The trunk's axis runs down between the legs, so that a skirt goes round it; a leg's runs on through its foot and leaves it at the
    toes (`left_leg`), so that a hem that slips under a lifted heel, or up over the instep, is still worn; a second one leaves it at the
    ankle (`left_heel`): a hem on the floor that the toes tread on goes round that one. An arm's runs through its hand and, inside the
    body, up through the head.
    """
    j = {name: np.asarray(point, np.float64) for name, point in joints.items()}
    up, down, back = np.array([0.0, _FAR, 0.0]), np.array([0.0, -_FAR, 0.0]), np.array([0.0, 0.0, -_FAR])
    spine = [j["pelvis"], j["spine"], j["chest"], j["neck"], j["head"]]
    feet = 0.5 * (j["left_ankle"] + j["right_ankle"])
    knees = 0.5 * (j["left_knee"] + j["right_knee"])
    trunk = [feet + down, feet, knees, *spine]
    far = [j["head"] + up, j["head"] + up + back, feet + down + back]
    axes = {"torso": np.array([*trunk, *far]), "neck": np.array([*trunk, *far])}
    for side in ("left", "right"):
        toe, *leg = (j[f"{side}_{name}"] for name in ("toe", "ankle", "knee", "hip"))
        tip = toe + _TOES * (toe - leg[0]) / max(float(np.linalg.norm(toe - leg[0])), 1e-9)
        axes[f"{side}_leg"] = np.array([tip + down, tip, toe, *leg, *spine, *far[:2], tip + down + back])
        axes[f"{side}_heel"] = np.array([leg[0] + down, *leg, *spine, *far[:2], leg[0] + down + back])
        arm = [j[f"{side}_{name}"] for name in ("shoulder", "elbow", "wrist")]
        beyond = (arm[2] - arm[1]) / max(float(np.linalg.norm(arm[2] - arm[1])), 1e-9)
        out = arm[2] + _FAR * beyond
        axes[f"{side}_arm"] = np.array([*far[1::-1], j["head"], j["neck"], j["chest"], *arm, out, out + back])
    return axes


_BORNE = {"torso": ("left_leg", "right_leg")}
"""Axes that a ring goes round instead of its own: what goes round both legs and the spine above them goes round the trunk, also where the
hem of a narrow flounce hangs between the legs before or behind the line in the middle."""
_OR = {"left_leg": "left_heel", "right_leg": "right_heel"}
"""The second axis of a leg: a ring that goes once round either is worn."""
_OTHERS = {
    "left_leg": ("right_leg",),
    "right_leg": ("left_leg",),
    "left_arm": ("right_arm", "torso"),
    "right_arm": ("left_arm", "torso"),
}


def check_topology(
    vertices: NDArray[np.floating], cloth: ClothMesh, joints: Mapping[str, NDArray[np.floating]]
) -> list[str]:
    """Return what is not worn as it should be, a sentence each; empty when every ring goes once round its axis.

    Args:
        vertices: cloth positions [m], shape (N, 3), in any frame.
        joints: joint centres [m] in the same frame.
    """
    rings = {name: vertices[ring] for name, ring in cloth.loops.items()}
    return [fault for faults in ring_faults(rings, cloth.loop_axis, joints).values() for fault in faults]


def ring_faults(
    rings: Mapping[str, NDArray[np.floating]],
    axis_of: Mapping[str, str],
    joints: Mapping[str, NDArray[np.floating]],
) -> dict[str, list[str]]:
    """Return, by ring, what is not worn as it should be, a sentence each; rings without a fault are absent.

    Args:
        rings: closed polygons [m], (n, 3).
        axis_of: the axis that each goes round.
        joints: joint centres [m] in the same frame.
    """
    axes = bone_axes(joints)
    found: dict[str, list[str]] = {}
    for name, ring in rings.items():
        if faults := list(_faults_of(name, ring, axis_of[name], axes)):
            found[name] = faults
    return found


def turns_round(ring: NDArray[np.floating], axis: str, axes: Mapping[str, F64]) -> float:
    """Return how often a closed polygon [m] (n, 3) goes round a body axis; round the trunk: the least of what it goes round each leg."""
    return min((_turns(ring, name, axes) for name in _BORNE.get(axis, (axis,))), key=abs)


def _turns(ring: NDArray[np.floating], axis: str, axes: Mapping[str, F64]) -> float:
    """Return how often a ring goes round an axis, or round a leg's second one where that is nearer to once."""
    turns = linking_number(ring, axes[axis])
    if axis in _OR and abs(abs(turns) - 1.0) > _WORN:
        return min(turns, linking_number(ring, axes[_OR[axis]]), key=lambda t: abs(abs(t) - 1.0))
    return turns


def chained(runs: Sequence[Sequence[int]]) -> I32:
    """Return the ring that runs of vertices make, whichever way and order they are given, each vertex once."""
    left = [list(run) for run in runs]
    ring = left.pop(0)
    while left:
        k, reverse = next(
            ((k, run[-1] == ring[-1]) for k, run in enumerate(left) if ring[-1] in (run[0], run[-1])),
            (None, False),
        )
        if k is None:
            ring.reverse()
            k, reverse = next(
                ((k, run[-1] == ring[-1]) for k, run in enumerate(left) if ring[-1] in (run[0], run[-1])),
                (0, False),
            )
        run = left.pop(k)
        ring += (run[::-1] if reverse else run)[1:] if ring[-1] in (run[0], run[-1]) else run
    return np.array(ring[:-1] if ring[0] == ring[-1] else ring, dtype=np.int32)


def _faults_of(name: str, ring: NDArray[np.floating], axis: str, axes: Mapping[str, F64]) -> Iterator[str]:
    if len(ring) < 3:
        yield f"The ring {name!r} has only {len(ring)} vertices."
        return
    turns = {k: _turns(ring, k, axes) for k in (axis, *_BORNE.get(axis, ()))}
    wrong = [k for k in turns if abs(abs(turns[k]) - 1.0) > _WORN]
    if set(_BORNE.get(axis, (axis,))) & set(wrong):
        where = wrong[0]
        yield f"The ring {name!r} goes {turns[where]:+.2f} times round the {where.replace('_', ' ')}, not once."
    for other in _OTHERS.get(axis, ()):
        also = linking_number(ring, axes[other])
        if abs(also) > 0.05:
            yield f"The ring {name!r} also goes {also:+.2f} times round the {other.replace('_', ' ')}."


def inside_out(
    vertices: NDArray[np.floating],
    faces: NDArray[np.integer],
    loops: Mapping[str, NDArray[np.integer]],
    loop_axis: Mapping[str, str],
    joints: Mapping[str, NDArray[np.floating]],
) -> list[str]:
    """Return the names of the free rings (hems, cuffs, waists, necks) that go round the body the way they would inside out.

    A ring is walked as the border of the faces that it belongs to, right side up, so the sign of its linking number says
    which side is out: what lies on its left is cloth, hence a lower and an upper border of a tube have opposite signs.

    Args:
        vertices: cloth positions [m], shape (N, 3), in any frame.
        faces: shape (T, 3), counter-clockwise from the right side.
        loops: "garment/name" -> ordered ring of vertices.
        loop_axis: the same keys -> body axis.
        joints: joint centres [m] in the same frame.
    """
    half = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    sides = set(map(tuple, half.tolist()))
    axes = bone_axes(joints)
    turned = []
    for name, ring in loops.items():
        steps = list(zip(ring.tolist(), np.roll(ring, -1).tolist(), strict=True))
        along = sum(step in sides and step[::-1] not in sides for step in steps)
        against = sum(step not in sides and step[::-1] in sides for step in steps)
        if (
            len(ring) < 3 or along + against < len(steps) - 1
        ):  # inside the garment; a lapped hem's ends are one step apart
            continue
        upper = name.split("/")[-1].startswith(_UPPER)
        turns = turns_round(vertices[ring], loop_axis[name], axes) * (1.0 if along > against else -1.0)
        if (turns > 0.0) is upper:
            turned.append(name)
    return turned


_UPPER = ("waist", "neck", "top", "stay", "cuff", "armhole")
"""Beginnings of the names of rings with cloth below them, along their axis; a cuff's axis runs to the hand."""

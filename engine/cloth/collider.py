"""The body as cloth meets it: the skin, with the fingers of each hand and the toes of each foot within a convex hull.

Cloth of a centimetre's mesh cannot lie between fingers or toes; the hull contains them, so cloth that stays outside it
stays outside the skin. A hull keeps its triangles while the body moves, and goes on containing what moves rigidly alone:
hence toes only, where the rig tells which they are; the foot bends behind them, and its skin is met as it is. The hull of the
whole foot is met besides: coarse cloth on a fast instep is not cut by what is hollow there. The eyes lie inside the head and are
left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from toile.engine.core.body import PARTS, Rig
from toile.engine.core.intersect import signed_distance

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

_HULLED = ("left_hand", "right_hand", "left_foot", "right_foot")
_RIGID = 0.999  # least share of the toes' joint in a vertex that the hull stands for
_WITHIN = 0.003  # m under the skin, where a hull's triangle closes it off and can never be met


def collider_faces(vertices: F32, faces: I32, part_of_vertex: I32, rig: Rig | None = None) -> I32:
    """Return faces (S, 3) over the same vertices, fingers and toes in convex hulls, counter-clockwise from outside.

    Args:
        vertices: the body [m] (V, 3) in a pose whose fingers are as in the motion.
        faces: (T, 3).
        part_of_vertex: (V,) indexes PARTS.
        rig: tells the toes by their joint; without, or without such a joint, feet are their hulls, as they stand, instead of their skin.
    """
    part = np.asarray(part_of_vertex)
    dropped = (part[faces] == PARTS.index("eyes")).any(axis=1)
    hulls: list[I32] = []
    for name in _HULLED:
        whole = part == PARTS.index(name)
        toes = whole & _toes(rig, name) if rig is not None and name.endswith("foot") else None
        within = whole[faces].any(axis=1)
        if toes is None or not toes.any():
            hull = _hull(vertices, faces, within)
            if hull is not None:
                hulls.append(hull)
                dropped |= whole[faces].all(axis=1)
            continue
        inside = toes[faces].all(axis=1)
        found = [h for h in (_hull(vertices, faces, inside), _hull(vertices, faces, within)) if h is not None]
        hulls += found
        if len(found) == 2:
            dropped |= inside
    return np.ascontiguousarray(np.concatenate([faces[~dropped], *hulls]), np.int32)


def _hull(vertices: F32, faces: I32, chosen: NDArray[np.bool_]) -> I32 | None:
    """Return the convex hull (S, 3) of chosen faces (T,) without what lies under the skin; None where they span no volume."""
    members = np.unique(faces[chosen])
    if len(members) < 8:
        return None
    try:
        hull = ConvexHull(vertices[members].astype(np.float64))
    except QhullError:
        return None
    triangles = members[hull.simplices]
    a, b, c = (vertices[triangles[:, k]].astype(np.float64) for k in range(3))
    turned = (np.cross(b - a, c - a) * hull.equations[:, :3]).sum(1) < 0
    triangles[turned] = triangles[turned][:, [0, 2, 1]]
    under = signed_distance((a + b + c) / 3.0, vertices, faces)[0] < -_WITHIN
    return triangles[~under].astype(np.int32)


def _toes(rig: Rig, foot: str) -> NDArray[np.bool_]:
    """Return which vertices (V,) move with the toes of `left_foot` or `right_foot` as one rigid piece."""
    name = foot.replace("_foot", "_toe")
    if name not in rig.joint_names:
        return np.zeros(len(rig.weights), bool)
    moving = {rig.joint_names.index(name)}
    for joint, parent in enumerate(rig.parents):
        if int(parent) in moving:
            moving.add(joint)
    return np.asarray((rig.weights * np.isin(rig.joint_of_weight, list(moving))).sum(axis=1) > _RIGID)


def grip_of(collider: I32, part_of_vertex: I32, hands: float) -> F32:
    """Return what scales friction on each face of a collider (S,): `hands` on hands, 1 elsewhere.

    The hull of a hand has no fingers to hold with; at full friction it takes a passing hem along and up.
    """
    held = [PARTS.index("left_hand"), PARTS.index("right_hand")]
    hand = np.isin(np.asarray(part_of_vertex)[collider], held).any(axis=1)
    return np.where(hand, hands, 1.0).astype(np.float32)

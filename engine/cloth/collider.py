"""The body as cloth meets it: the skin, with each hand and foot replaced by its convex hull.

Cloth of a centimetre's mesh cannot lie between fingers or toes; the hull contains them, so cloth that stays outside it
stays outside the skin. The eyes lie inside the head and are left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from toile.engine.core.body import PARTS

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

_HULLED = ("left_hand", "right_hand", "left_foot", "right_foot")


def collider_faces(vertices: F32, faces: I32, part_of_vertex: I32) -> I32:
    """Return faces (S, 3) over the same vertices, hands and feet as convex hulls, counter-clockwise from outside.

    Args:
        vertices: the body [m] (V, 3) in a pose whose fingers are as in the motion.
        faces: (T, 3).
        part_of_vertex: (V,) indexes PARTS.
    """
    part = np.asarray(part_of_vertex)
    corner_parts = part[faces]
    dropped = (corner_parts == PARTS.index("eyes")).any(axis=1)
    hulls: list[I32] = []
    for name in _HULLED:
        wanted = part == PARTS.index(name)
        inside = wanted[faces].all(axis=1)
        rim = np.unique(faces[wanted[faces].any(axis=1)])
        members = np.union1d(np.flatnonzero(wanted), rim)
        if len(members) < 8:
            continue
        try:
            hull = ConvexHull(vertices[members].astype(np.float64))
        except QhullError:
            continue
        triangles = members[hull.simplices]
        a, b, c = (vertices[triangles[:, k]].astype(np.float64) for k in range(3))
        turned = (np.cross(b - a, c - a) * hull.equations[:, :3]).sum(1) < 0
        triangles[turned] = triangles[turned][:, [0, 2, 1]]
        hulls.append(triangles.astype(np.int32))
        dropped |= inside
    return np.ascontiguousarray(np.concatenate([faces[~dropped], *hulls]), np.int32)


def grip_of(collider: I32, part_of_vertex: I32, hands: float) -> F32:
    """Return what scales friction on each face of a collider (S,): `hands` on hands, 1 elsewhere.

    The hull of a hand has no fingers to hold with; at full friction it takes a passing hem along and up.
    """
    held = [PARTS.index("left_hand"), PARTS.index("right_hand")]
    hand = np.isin(np.asarray(part_of_vertex)[collider], held).any(axis=1)
    return np.where(hand, hands, 1.0).astype(np.float32)

"""Neighbours of the faces of a triangle mesh, for walking over its surface."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

I32 = NDArray[np.int32]


def face_neighbours(faces: I32, vertices: int) -> tuple[I32, I32, I32]:
    """Return the face across each edge and the faces round each vertex.

    Args:
        faces: (S, 3), any triangle mesh.
        vertices: how many vertices it may index.

    Returns:
        across (S, 3): the face over the edge opposite to each corner, -1 at a border; where more than two faces share an
        edge they are linked two by two. fan_row (V + 1,) and fan (3 S,): the faces round vertex v are
        fan[fan_row[v]:fan_row[v + 1]].
    """
    count = len(faces)
    f = faces.astype(np.int64)
    ends = np.sort(np.stack([f[:, [1, 2]], f[:, [2, 0]], f[:, [0, 1]]], 1).reshape(-1, 2), axis=1)
    key = ends[:, 0] * vertices + ends[:, 1]
    order = np.argsort(key, kind="stable")
    same = key[order][1:] == key[order][:-1]
    start = np.concatenate([[True], ~same])
    group = np.cumsum(start) - 1
    rank = np.arange(3 * count) - np.flatnonzero(start)[group]
    across = np.full(3 * count, -1, np.int32)
    linked = np.flatnonzero(same & (rank[:-1] % 2 == 0))
    a, b = order[linked], order[linked + 1]
    across[a], across[b] = b // 3, a // 3
    flat = f.ravel()
    fan = (np.argsort(flat, kind="stable") // 3).astype(np.int32)
    fan_row = np.concatenate([[0], np.cumsum(np.bincount(flat, minlength=vertices))]).astype(np.int32)
    return across.reshape(-1, 3), fan_row, fan

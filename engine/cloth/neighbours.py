"""Neighbours of the faces and vertices of a triangle mesh."""

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


def fans(faces: I32, vertices: int) -> tuple[I32, I32, I32]:
    """Return the triangles round each vertex by their other corners.

    Args:
        faces: (T, 3), a mesh of which no edge has more than two triangles.
        vertices: how many vertices it may index.

    Returns:
        row (V + 1,) and link (3 T, 2): the triangles round vertex v have the other corners link[row[v]:row[v + 1]], in their sense;
        closed (V,): 1 where they are one fan that closes round the vertex.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    corner = faces.astype(np.int64)
    at = corner.ravel()
    ahead, behind = np.roll(corner, -1, axis=1).ravel(), np.roll(corner, -2, axis=1).ravel()
    order = np.argsort(at, kind="stable")
    at, ahead, behind = at[order], ahead[order], behind[order]
    row = np.concatenate([[0], np.cumsum(np.bincount(at, minlength=vertices))]).astype(np.int32)
    # the spokes of all vertices, each a node; a triangle joins two of one vertex
    spokes, node = np.unique(
        np.concatenate([at * vertices + ahead, at * vertices + behind]), return_inverse=True
    )
    a, b = node[: len(at)], node[len(at) :]
    joined = csr_matrix((np.ones(len(at)), (a, b)), shape=(len(spokes), len(spokes)))
    _, label = connected_components(joined, directed=False)
    owner = spokes // vertices
    pieces = np.bincount(owner[np.unique(label, return_index=True)[1]], minlength=vertices)
    twice = np.bincount(node, minlength=len(spokes)) == 2
    open_spokes = np.bincount(owner[~twice], minlength=vertices)
    closed = ((pieces == 1) & (open_spokes == 0)).astype(np.int32)
    return row, np.stack([ahead, behind], 1).astype(np.int32), closed

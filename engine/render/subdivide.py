"""Loop subdivision as a sparse matrix, with B-spline boundaries and creases, and sharp corners.

An edge's new vertex is 3/8 of its ends and 1/8 of the opposite corners, a vertex moves by the mask of its valence;
boundaries (and edges of more than two faces) use the cubic B-spline masks 1/2, 1/2 and 1/8, 3/4, 1/8.
Source: Loop 1987; Warren's valence weights; Hoppe et al. 1994 for boundaries and corners.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

CORNER = 40.0  # degrees by which a boundary turns at a corner


def loop_step(
    faces: I32, vertex_count: int, sharp: NDArray[np.bool_], creases: I32 | None = None
) -> tuple[Any, I32, I32]:
    """Split every triangle in four.

    Args:
        faces: (T, 3), vertex indices.
        vertex_count: V.
        sharp: (V,), vertices that stay where they are.
        creases: (C, 2), edges along which the surface is folded: they are smoothed as boundaries are.

    Returns:
        The matrix (V + E, V) that makes new positions from old ones; new faces (4T, 3), children of a face adjacent;
        the edges (E, 2), edge e making vertex V + e.
    """
    from scipy import sparse

    count = len(faces)
    half = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    opposite = np.concatenate([faces[:, 2], faces[:, 0], faces[:, 1]])
    keys = np.minimum(half[:, 0], half[:, 1]) * vertex_count + np.maximum(half[:, 0], half[:, 1])
    unique, inverse, uses = np.unique(keys, return_inverse=True, return_counts=True)
    edges = np.stack([unique // vertex_count, unique % vertex_count], axis=1).astype(np.int32)
    smooth = (uses == 2) & ~np.isin(unique, edge_keys(creases, vertex_count))
    edge_count = len(edges)
    rows_edge = np.arange(edge_count) + vertex_count

    end = np.where(smooth, 3.0 / 8.0, 0.5)
    rows: list[Any] = [rows_edge, rows_edge]
    columns: list[Any] = [edges[:, 0], edges[:, 1]]
    values = [end, end]
    inner = smooth[inverse]
    rows.append(vertex_count + inverse[inner])
    columns.append(opposite[inner])
    values.append(np.full(int(inner.sum()), 1.0 / 8.0))

    both = np.concatenate([edges, edges[:, ::-1]])
    is_smooth = np.concatenate([smooth, smooth])
    uneven = np.bincount(both[~is_smooth, 0], minlength=vertex_count)
    valence = np.bincount(both[:, 0], minlength=vertex_count)
    fixed = sharp | ((uneven != 0) & (uneven != 2)) | (valence == 0)
    on_crease = (uneven == 2) & ~fixed
    interior = ~fixed & ~on_crease
    beta = np.where(valence == 3, 3.0 / 16.0, 3.0 / (8.0 * np.maximum(valence, 1)))
    keep = np.where(fixed, 1.0, np.where(on_crease, 0.75, 1.0 - valence * beta))
    rows.append(np.arange(vertex_count))
    columns.append(np.arange(vertex_count))
    values.append(keep)
    along = on_crease[both[:, 0]] & ~is_smooth
    rows.append(both[along, 0])
    columns.append(both[along, 1])
    values.append(np.full(int(along.sum()), 0.125))
    around = interior[both[:, 0]]
    rows.append(both[around, 0])
    columns.append(both[around, 1])
    values.append(beta[both[around, 0]])
    matrix = sparse.csr_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))),
        shape=(vertex_count + edge_count, vertex_count),
    )
    ab, bc, ca = (vertex_count + inverse[i * count : (i + 1) * count] for i in range(3))
    a, b, c = faces.T
    children = np.stack([[a, ab, ca], [ab, b, bc], [ca, bc, c], [ab, bc, ca]])
    return matrix, np.ascontiguousarray(children.transpose(2, 0, 1).reshape(-1, 3)).astype(np.int32), edges


def edge_keys(edges: I32 | None, vertex_count: int) -> NDArray[np.int64]:
    """Return one number for each edge (E, 2), the same for both its directions."""
    if edges is None or len(edges) == 0:
        return np.zeros(0, np.int64)
    return np.sort(np.asarray(edges, np.int64).reshape(-1, 2), axis=1) @ np.array([vertex_count, 1])


def split_edges(chosen: I32, edges: I32, vertex_count: int) -> I32:
    """Return the halves (2C, 2) into which `loop_step`, which returned `edges`, has split chosen edges (C, 2)."""
    if len(chosen) == 0:
        return np.zeros((0, 2), np.int32)
    at = np.searchsorted(edge_keys(edges, vertex_count), edge_keys(chosen, vertex_count))
    middle = vertex_count + at.astype(np.int32)
    return np.stack([chosen[:, 0], middle, middle, chosen[:, 1]], axis=1).reshape(-1, 2).astype(np.int32)


def split_corners(corners: F32) -> F32:
    """Interpolate values at corners (T, 3, k) onto the children of `loop_step`, (4T, 3, k)."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    ab, bc, ca = 0.5 * (a + b), 0.5 * (b + c), 0.5 * (c + a)
    children = np.stack(
        [np.stack(t, axis=1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))], axis=1
    )
    return np.ascontiguousarray(children.reshape(-1, 3, corners.shape[2]))


def boundary_edges(faces: I32) -> I32:
    """Return the directed edges (B, 2) that only one face has, in that face's order."""
    half = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    top = int(faces.max()) + 1 if len(faces) else 1
    keys = half.min(axis=1) * top + half.max(axis=1)
    _, inverse, uses = np.unique(keys, return_inverse=True, return_counts=True)
    return np.asarray(half[uses[inverse] == 1], dtype=np.int32)


def boundary_corners(vertices: F32, faces: I32, degrees: float = CORNER) -> NDArray[np.bool_]:
    """Mark boundary vertices (V,) where the boundary turns by more than an angle: corners of necklines, slits, hems."""
    edges = boundary_edges(faces)
    sharp = np.zeros(len(vertices), bool)
    if len(edges) == 0:
        return sharp
    step = vertices[edges[:, 1]] - vertices[edges[:, 0]]
    step = step / np.maximum(np.linalg.norm(step, axis=1, keepdims=True), 1e-12)
    arriving = np.zeros_like(vertices)
    leaving = np.zeros_like(vertices)
    arriving[edges[:, 1]] = step
    leaving[edges[:, 0]] = step
    on = np.zeros(len(vertices), bool)
    on[edges.ravel()] = True
    return on & ((arriving * leaving).sum(axis=1) < np.cos(np.radians(degrees)))

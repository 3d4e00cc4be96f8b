"""Aggregates of cloth vertices: the coarse level of the preconditioner.

Patches of about equal size grown over the mesh's edges, so they cross seams, which are welded.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from toile.engine.cloth.system import ClothSystem

I32 = NDArray[np.int32]
F32 = NDArray[np.float32]

LARGEST = 250  # aggregates: a dense matrix of 750 rows


def aggregate_size(count: int) -> int:
    """Return how many vertices an aggregate has."""
    return max(49, -(-count // LARGEST))


def aggregate_vertices(faces: I32, count: int, size: int) -> I32:
    """Return the aggregate (count,) of each vertex: connected patches of `size` vertices, few smaller."""
    pairs = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    graph = sparse.csr_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    graph = (graph + graph.T).tocsr()
    row, column = graph.indptr, graph.indices
    label = np.full(count, -1, np.int64)
    waiting: deque[int] = deque()
    patches = 0
    for seed in range(count):
        waiting.append(seed)
        while waiting:
            start = waiting.popleft()
            if label[start] >= 0:
                continue
            queue, known, members = deque([start]), {start}, 0
            while queue and members < size:
                v = queue.popleft()
                label[v] = patches
                members += 1
                for u in column[row[v] : row[v + 1]]:
                    if label[u] < 0 and u not in known:
                        known.add(int(u))
                        queue.append(int(u))
            waiting.extend(queue)
            patches += 1
    sizes = np.bincount(label)
    for patch in np.flatnonzero(sizes < size // 3):
        members_of = np.flatnonzero(label == patch)
        round_it = np.unique(label[np.concatenate([column[row[v] : row[v + 1]] for v in members_of])])
        round_it = round_it[round_it != patch]
        if len(round_it):
            label[members_of] = round_it[np.argmin(sizes[round_it])]
    return np.unique(label, return_inverse=True)[1].astype(np.int32)


def coarse_bending(system: ClothSystem, label: I32) -> F32:
    """Return P^T Q P (K, K) [N/m], Q bending of the pairs that only it couples, P the prolongation from aggregates."""
    rows = np.repeat(np.arange(len(label)), np.diff(system.far_row))
    count = int(label.max()) + 1
    key = label[rows].astype(np.int64) * count + label[system.far_column]
    return (
        np.bincount(key, system.far_bending, minlength=count * count).reshape(count, count).astype(np.float32)
    )


def inverse_of(matrix: F32) -> F32:
    """Return the inverse of a symmetric positive definite matrix, shifted as far as rounding asks for."""
    scale = float(np.trace(matrix)) / len(matrix)
    for shift in (1e-7, 1e-4, 1e-1):
        shifted = matrix.astype(np.float32, order="F")
        shifted[np.diag_indices(len(matrix))] += np.float32(shift * scale)
        factor, info = linalg.lapack.spotrf(shifted, lower=1, overwrite_a=1)
        if info == 0:
            inverse, info = linalg.lapack.spotri(factor, lower=1, overwrite_c=1)
            if info == 0:
                lower = np.tril(inverse)
                return lower + np.tril(lower, -1).T
    return np.zeros_like(matrix)

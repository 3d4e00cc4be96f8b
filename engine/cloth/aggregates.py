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

PATCH = 5  # vertices: 15 rows fit into a register of 16 numbers
LARGEST = 250  # aggregates: a dense matrix of 750 rows


def aggregate_size(count: int) -> int:
    """Return how many vertices an aggregate has."""
    return max(81, -(-count // LARGEST))


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


def patches_of(system: ClothSystem, faces: I32, size: int = PATCH) -> tuple[I32, I32, F32]:
    """Return the patches of at most `size` vertices whose parts of the matrix are inverted.

    Returns:
        member (P, size): vertices, -1 for none; slot (P, size, size): where the pair's block is, -1 where it has none; far
        (P, size, size): bending [N/m] of a pair that only bending couples.
    """
    count = len(system.mass)
    label = aggregate_vertices(faces, count, size)
    order = np.argsort(label, kind="stable")
    rank = np.arange(count) - np.searchsorted(label[order], label[order])
    member = np.full((int(label.max()) + 1, size), -1, np.int32)
    member[label[order], rank] = order
    place = np.empty(count, np.int64)
    place[order] = rank
    slot = np.full((len(member), size, size), -1, np.int32)
    far = np.zeros((len(member), size, size), np.float32)
    for row, column, into, values in (
        (system.row, system.column, slot, np.arange(len(system.column), dtype=np.int32)),
        (system.far_row, system.far_column, far, system.far_bending),
    ):
        i = np.repeat(np.arange(count), np.diff(row))
        own = label[i] == label[column]
        into[label[i[own]], place[i[own]], place[column[own]]] = values[own]
    return member, slot, far


def grouped(faces: I32, count: int, size: int = 4) -> tuple[I32, I32]:
    """Return the faces in an order (T,) in which row[g]:row[g + 1] are a group: those that begin in one patch of `size` vertices."""
    patch = aggregate_vertices(faces, count, size)[faces.min(axis=1)]
    order = np.argsort(patch, kind="stable").astype(np.int32)
    _, first = np.unique(patch[order], return_index=True)
    return order, np.concatenate([first, [len(faces)]]).astype(np.int32)


def coarse_bending(system: ClothSystem, label: I32) -> F32:
    """Return P^T Q P (K, K) [N/m], Q bending of the pairs that only it couples, P the prolongation from aggregates."""
    rows = np.repeat(np.arange(len(label)), np.diff(system.far_row))
    count = int(label.max()) + 1
    key = label[rows].astype(np.int64) * count + label[system.far_column]
    return (
        np.bincount(key, system.far_bending, minlength=count * count).reshape(count, count).astype(np.float32)
    )


def bending_within(system: ClothSystem, label: I32) -> F32:
    """Return the diagonal (K,) [N/m] of P^T Q P, as of `coarse_bending`."""
    rows = np.repeat(np.arange(len(label)), np.diff(system.far_row))
    own = label[rows] == label[system.far_column]
    total = np.bincount(label[rows[own]], system.far_bending[own], minlength=int(label.max()) + 1)
    return total.astype(np.float32)


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

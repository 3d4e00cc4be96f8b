"""Harmonic functions on flat panels: values given at some vertices, spread smoothly over the rest.

The cotangent Laplacian is the exact Dirichlet energy of linear elements; welding vertices (a dart sewn shut) keeps it
so, because it knows only angles inside triangles. Source: Pinkall and Polthier 1993.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csc_matrix, diags
from scipy.sparse.linalg import splu

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]


def laplacian(points: F64, faces: I32, weld: NDArray[np.integer]) -> csc_matrix:
    """Return the cotangent Laplacian of flat triangles, assembled at welded vertices."""
    rows, columns, values = [], [], []
    for i in range(3):
        a, b, c = faces[:, i], faces[:, (i + 1) % 3], faces[:, (i + 2) % 3]
        u, v = points[b] - points[a], points[c] - points[a]
        area = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
        weight = 0.5 * (u * v).sum(axis=1) / np.maximum(np.abs(area), 1e-14)
        rows += [weld[b], weld[c], weld[b], weld[c]]
        columns += [weld[c], weld[b], weld[b], weld[c]]
        values += [-weight, -weight, weight, weight]
    n = int(weld.max()) + 1
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return coo_matrix(entries, shape=(n, n)).tocsc()


def harmonic(
    points: F64, faces: I32, fixed: NDArray[np.bool_], value: F64, weld: NDArray[np.integer] | None = None
) -> F64:
    """Spread values given at some vertices harmonically over a flat panel.

    Args:
        points [m] (n, 2), faces (t, 3): the panel.
        fixed (n,), value (n, k): where and what is given.
        weld (n,): vertices to take for one another (a dart sewn shut); none when None.
    """
    n = len(points)
    ids = np.arange(n) if weld is None else weld
    given = np.zeros((n, value.shape[1]))
    known = np.zeros(n, dtype=bool)
    given[ids[fixed]] = value[fixed]
    known[ids[fixed]] = True
    if not known.any():
        return np.zeros_like(value)
    matrix = laplacian(points, faces, ids)
    if matrix.shape[0] < n:
        matrix.resize((n, n))
    used = np.zeros(n, dtype=bool)
    used[ids] = True
    free = np.flatnonzero(used & ~known)
    held = np.flatnonzero(known)
    if len(free):
        rows = matrix[free]
        inner = rows[:, free] + diags(np.full(len(free), 1e-9))
        given[free] = splu(inner.tocsc()).solve(-(rows[:, held] @ given[held]))
    return np.asarray(given[ids])

"""Pressed folds: a hinge that wants to stay shut, as one constant quadratic form.

For a crease of length L with triangles on both sides, let P and Q be the vectors from the crease to the two opposite
vertices, square to it on the flat, and h their lengths there. Pressed shut, P / h_P = Q / h_Q; the energy is

    E = L k / 2 |P / h_P - Q / h_Q|^2 = L k (1 - cos(opening)),   k = B / r,

with B the bending stiffness of the cloth across the crease [N m] and r = 4 mm the breadth of cloth that a press sets: the
torque k sin(opening) per length is that of such a strip. The form is quadratic because P and Q are linear in the
vertices (of fixed flat feet), as in Bergou et al. 2006, "A quadratic bending model for inextensible surfaces".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from toile.engine.core.mesh import unique_edges

F64 = NDArray[np.float64]
Ints = NDArray[np.integer]

BREADTH = 0.004  # m of cloth that is set by pressing


def crease_matrix(
    faces: Ints, panel_uv: NDArray[np.floating], creases: Ints, bend_weft: F64, bend_warp: F64, count: int
) -> sparse.csr_matrix:
    """Return the constant Hessian (N, N) [N/m] of the creases, per coordinate; bend_* (T,) [N m], creases (C, 2)."""
    if not len(creases):
        return sparse.csr_matrix((count, count))
    edges, sides = unique_edges(faces)
    key = np.array([count, 1])
    folded = np.isin(edges.astype(np.int64) @ key, np.sort(creases, axis=1).astype(np.int64) @ key)
    chosen = np.flatnonzero(folded & (sides[:, 1] >= 0))
    ends, uv, n = edges[chosen].astype(np.int64), panel_uv.astype(np.float64), np.arange(len(chosen))
    columns, weights, stiffness = np.zeros((len(n), 4), np.int64), np.zeros((len(n), 4)), np.zeros(len(n))
    columns[:, :2] = ends
    for side, sign in ((0, 1.0), (1, -1.0)):
        face = sides[chosen, side]
        corners = faces[face]
        at = [np.argmax(corners == ends[:, [k]], axis=1) for k in range(2)]
        opposite = 3 - at[0] - at[1]
        a, b, tip = (uv[face][n, k] for k in (*at, opposite))
        along = b - a
        length = np.linalg.norm(along, axis=1)
        foot = ((tip - a) * along).sum(1) / length**2
        height = np.linalg.norm(tip - a - foot[:, None] * along, axis=1)
        columns[:, 2 + side] = corners[n, opposite]
        weights[:, 0] -= sign * (1.0 - foot) / height
        weights[:, 1] -= sign * foot / height
        weights[:, 2 + side] = sign / height
        sine = (along[:, 0] / length) ** 2  # of the crease to the warp: it bends the other yarns
        root = np.sqrt(bend_weft[face]) * (1.0 - sine) + np.sqrt(bend_warp[face]) * sine
        stiffness += 0.5 * root**2 * length / BREADTH
    data = stiffness[:, None, None] * weights[:, :, None] * weights[:, None, :]
    rows, cols = np.repeat(columns, 4, axis=1).ravel(), np.tile(columns, (1, 4)).ravel()
    matrix = sparse.csr_matrix((data.ravel(), (rows, cols)), shape=(count, count))
    matrix.sum_duplicates()
    return matrix

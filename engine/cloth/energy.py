"""Energies of cloth in NumPy float64, the statement of the physics that the Warp kernels are tested against.

Membrane, per triangle of rest area A with deformation gradient F = [fu fv] (u weft, v warp):
    A (k_u s(|fu| - 1) + k_v s(|fv| - 1) + k_s (fu.fv)^2 / 2),
    s(e) = e^2 / 2 + lock max(0, e - limit)^2 / 2 for e > 0, give e^2 / 2 for e < 0
(Baraff and Witkin 1998, stretch and shear, with a strain limit that stiffens; a strip as long as a triangle buckles under
pi^2 B / L^2, a few N/m, so in compression a triangle stands for cloth that has buckled).
Bending, per inner edge with rest areas A0, A1: B |K x|^2 / (2 (A0 + A1)), K the cotangent coefficients of
Bergou et al. 2006, "A quadratic bending model for inextensible surfaces" (a third of theirs); a flat sheet rolled to
radius R stores B / (2 R^2) per area, so B is the bending stiffness of a strip [N m].
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from toile.engine.core.mesh import unique_edges

F64 = NDArray[np.float64]
Ints = NDArray[np.integer]


def rest_shape(panel_uv: NDArray[np.floating]) -> tuple[F64, F64]:
    """Return the inverse rest matrices (T, 2, 2) and areas [m2] (T,) of triangles given flat, (T, 3, 2) [m]."""
    uv = panel_uv.astype(np.float64)
    edges = np.stack([uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]], axis=2)
    determinant = edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0]
    inverse = np.empty_like(edges)
    inverse[:, 0, 0], inverse[:, 1, 1] = edges[:, 1, 1], edges[:, 0, 0]
    inverse[:, 0, 1], inverse[:, 1, 0] = -edges[:, 0, 1], -edges[:, 1, 0]
    return inverse / determinant[:, None, None], 0.5 * np.abs(determinant)


def deformation(x: NDArray[np.floating], faces: Ints, inverse_rest: NDArray[np.floating]) -> F64:
    """Return F = [fu fv], shape (T, 3, 2)."""
    p = x.astype(np.float64)[faces]
    edges = np.stack([p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]], axis=2)
    return np.einsum("tij,tjk->tik", edges, inverse_rest)


def membrane_energy(
    x: NDArray[np.floating],
    faces: Ints,
    inverse_rest: F64,
    area: F64,
    stiffness: F64,
    limit: F64,
    lock: float,
    give: float = 1.0,
) -> float:
    """Return the membrane energy [J]; stiffness (T, 3) = weft, warp, shear [N/m]."""
    f = deformation(x, faces, inverse_rest)
    strain = np.linalg.norm(f, axis=1) - 1.0
    over = np.maximum(strain - limit[:, None], 0.0)
    side = np.where(strain < 0.0, give, 1.0)
    stretch = stiffness[:, :2] * (side * strain**2 + lock * over**2) / 2.0
    shear = stiffness[:, 2] * np.einsum("ti,ti->t", f[:, :, 0], f[:, :, 1]) ** 2 / 2.0
    return float((area * (stretch.sum(1) + shear)).sum())


def bending_matrix(
    faces: Ints, panel_uv: NDArray[np.floating], bend_weft: F64, bend_warp: F64, vertex_count: int
) -> sparse.csr_matrix:
    """Return Q (N, N) [N/m], the constant Hessian of bending for each coordinate: energy = x^T Q x / 2.

    bend_weft and bend_warp (T,) [N m]; an edge bends about itself, so the curvature runs across it, and the stiffness
    follows the angle of that direction to the warp. Edges on a seam use each side's own flat triangle.
    """
    edges, sides = unique_edges(faces)
    inner = np.flatnonzero(sides[:, 1] >= 0)
    uv = panel_uv.astype(np.float64)
    count = len(inner)
    columns = np.empty((count, 4), dtype=np.int64)
    columns[:, :2] = edges[inner]
    cotangents = np.empty((count, 2, 2))
    areas = np.empty((count, 2))
    stiffness = np.empty((count, 2))
    for side in range(2):
        face = sides[inner, side]
        corners = faces[face]
        at = [np.argmax(corners == columns[:, [k]], axis=1) for k in range(2)]
        opposite = 3 - at[0] - at[1]
        columns[:, 2 + side] = corners[np.arange(count), opposite]
        flat = uv[face]
        p0, p1 = flat[np.arange(count), at[0]], flat[np.arange(count), at[1]]
        q = flat[np.arange(count), opposite]
        for end, (here, there) in enumerate(((p0, p1), (p1, p0))):
            e, d = there - here, q - here
            cross = np.abs(e[:, 0] * d[:, 1] - e[:, 1] * d[:, 0])
            cotangents[:, side, end] = (e * d).sum(1) / cross
        e = p1 - p0
        areas[:, side] = 0.5 * np.abs(e[:, 0] * (q - p0)[:, 1] - e[:, 1] * (q - p0)[:, 0])
        along_weft = (e[:, 0] / np.linalg.norm(e, axis=1)) ** 2
        stiffness[:, side] = along_weft * bend_warp[face] + (1.0 - along_weft) * bend_weft[face]
    k = np.empty((count, 4))
    k[:, 0] = cotangents[:, 0, 1] + cotangents[:, 1, 1]
    k[:, 1] = cotangents[:, 0, 0] + cotangents[:, 1, 0]
    k[:, 2] = -(cotangents[:, 0, 0] + cotangents[:, 0, 1])
    k[:, 3] = -(cotangents[:, 1, 0] + cotangents[:, 1, 1])
    factor = stiffness.mean(1) / areas.sum(1)
    rows = np.repeat(columns, 4, axis=1).ravel()
    cols = np.tile(columns, (1, 4)).ravel()
    data = (factor[:, None, None] * k[:, :, None] * k[:, None, :]).ravel()
    return sparse.csr_matrix((data, (rows, cols)), shape=(vertex_count, vertex_count))


def bending_energy(x: NDArray[np.floating], q: sparse.csr_matrix) -> float:
    """Return the bending energy [J]."""
    p = x.astype(np.float64)
    return float(0.5 * (p * (q @ p)).sum())


def right_stretch(f: F64) -> F64:
    """Return the symmetric right stretch U (T, 2, 2) of F = R U, from F^T F in closed form."""
    c = np.einsum("tij,tik->tjk", f, f)
    root = np.sqrt(np.maximum(c[:, 0, 0] * c[:, 1, 1] - c[:, 0, 1] ** 2, 1e-18))
    trace = np.sqrt(c[:, 0, 0] + c[:, 1, 1] + 2.0 * root)
    return (c + root[:, None, None] * np.eye(2)) / trace[:, None, None]

"""Energies of cloth in NumPy float64, the statement of the physics that the Warp kernels are tested against.

Membrane, per triangle of rest area A with deformation gradient F = [fu fv] (u weft, v warp):
    A (k_u s(|fu| - 1) + k_v s(|fv| - 1) + k_s (fu.fv)^2 / 2),
    s(e) = e^2 / 2 + lock max(0, e - limit)^2 / 2 for e > 0, give e^2 / 2 for e < 0, limit and lock of that direction
(Baraff and Witkin 1998, stretch and shear, with a strain limit that stiffens; a strip as long as a triangle buckles under
pi^2 B / L^2, a few N/m, so in compression a triangle stands for cloth that has buckled).
Bending is in `bending.py`: quadratic, orthotropic, from second derivatives on the flat pattern; B is the bending stiffness
of a strip [N m].
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

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
    lock: F64,
    give: float = 1.0,
) -> float:
    """Return the membrane energy [J]; stiffness (T, 3) = weft, warp, shear [N/m]; limit, lock (T, 2) = weft, warp."""
    f = deformation(x, faces, inverse_rest)
    strain = np.linalg.norm(f, axis=1) - 1.0
    over = np.maximum(strain - limit, 0.0)
    side = np.where(strain < 0.0, give, 1.0)
    stretch = stiffness[:, :2] * (side * strain**2 + lock * over**2) / 2.0
    shear = stiffness[:, 2] * np.einsum("ti,ti->t", f[:, :, 0], f[:, :, 1]) ** 2 / 2.0
    return float((area * (stretch.sum(1) + shear)).sum())


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

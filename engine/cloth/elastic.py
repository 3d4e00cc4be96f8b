"""Forces and exact tangents of a cloth sheet in NumPy float64: membrane, bending, weight; the energies of `energy.py`.

Symbols: x positions [m] (N, 3), F = [fu fv] deformation gradient (u weft, v warp), c = fu.fv. `definite` tangents are those
of the Warp kernels, positive semi-definite by construction; exact ones also have the terms that make cloth buckle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from toile.engine.cloth.energy import deformation
from toile.engine.cloth.settings import ClothSettings
from toile.engine.cloth.system import build_system
from toile.garments.cloth_mesh import ClothMesh

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@dataclass(frozen=True)
class Sheet:
    """The constants of a cloth mesh: faces (T, 3); arrays per triangle as in `ClothSystem`; weight (N,) [N] downwards."""

    faces: I64
    inverse_rest: F64  # (T, 2, 2)
    area: F64  # (T,)
    stiffness: F64  # (T, 3)
    limit: F64  # (T, 2)
    lock: F64  # (T, 2)
    give: float
    bending: sparse.csr_matrix  # (N, N)
    mass: F64  # (N,)
    weight: F64  # (N,)


def build_sheet(cloth: ClothMesh, settings: ClothSettings | None = None) -> Sheet:
    """Return a cloth mesh's sheet, in float64.

    Raises:
        BadInput: a mesh or fabric that cannot be simulated.
    """
    from toile.engine.cloth.bending import bending_matrix
    from toile.engine.cloth.bending_slope import slope_matrix
    from toile.engine.cloth.crease import crease_matrix
    from toile.engine.cloth.energy import rest_shape

    settings = settings or ClothSettings()
    system = build_system(cloth, fold=0.0)
    inverse, area = rest_shape(cloth.panel_uv)
    factor = cloth.stiffness.astype(np.float64)
    each = {
        name: np.array([getattr(f, name) for f in cloth.fabrics])[cloth.garment_of_face]
        for name in ("bend_weft", "bend_warp", "stretch_weft", "stretch_warp", "shear", "area_density")
    }
    faces = cloth.faces.astype(np.int64)
    count = len(cloth.vertices)
    mass: F64 = np.bincount(
        faces.ravel(), np.repeat(each["area_density"] * area / 3.0, 3), minlength=count
    ).astype(np.float64)
    weft, warp = each["bend_weft"] * factor, each["bend_warp"] * factor
    return Sheet(
        faces=faces,
        inverse_rest=inverse,
        area=area,
        stiffness=np.stack([each[n] * factor for n in ("stretch_weft", "stretch_warp", "shear")], 1),
        limit=system.limit.astype(np.float64),
        lock=system.lock.astype(np.float64),
        give=settings.give,
        bending=bending_matrix(faces, cloth.panel_uv, weft, warp, count, cloth.creases)
        + slope_matrix(faces, cloth.panel_uv, weft, warp, count, cloth.creases)
        + crease_matrix(faces, cloth.panel_uv, cloth.creases, each["bend_weft"], each["bend_warp"], count),
        mass=mass,
        weight=np.asarray(settings.gravity * mass, np.float64),
    )


def stretch_law(strain: F64, stiffness: F64, limit: F64, lock: F64, give: float) -> tuple[F64, F64, F64]:
    """Return energy density [J/m2], tension [N/m] and slope [N/m] of one direction at a strain."""
    over = np.maximum(strain - limit, 0.0)
    slack = strain < 0.0
    side = np.where(slack, give, 1.0)
    energy = 0.5 * stiffness * (side * strain**2 + lock * over**2)
    tension = stiffness * (side * strain + lock * over)
    slope = stiffness * (side + np.where(over > 0.0, lock, 0.0))
    return energy, tension, slope


def sheet_energy(x: F64, s: Sheet) -> float:
    """Return the energy [J] of membrane, bending and height."""
    f = deformation(x, s.faces, s.inverse_rest)
    strain = np.linalg.norm(f, axis=1) - 1.0
    energy, _, _ = stretch_law(strain, s.stiffness[:, :2], s.limit, s.lock, s.give)
    shear = 0.5 * s.stiffness[:, 2] * np.einsum("ti,ti->t", f[:, :, 0], f[:, :, 1]) ** 2
    membrane = s.area @ (energy.sum(1) + shear)
    return float(membrane + 0.5 * (x * (s.bending @ x)).sum() + s.weight @ x[:, 1])


def sheet_gradient(x: F64, s: Sheet) -> F64:
    """Return minus the force [N] on each vertex, (N, 3)."""
    f = deformation(x, s.faces, s.inverse_rest)
    length = np.maximum(np.linalg.norm(f, axis=1), 1e-12)
    _, tension, _ = stretch_law(length - 1.0, s.stiffness[:, :2], s.limit, s.lock, s.give)
    c = np.einsum("ti,ti->t", f[:, :, 0], f[:, :, 1])
    per_f = f * (tension / length)[:, None, :] + (s.stiffness[:, 2] * c)[:, None, None] * f[:, :, ::-1]
    corner = s.area[:, None, None] * np.einsum("tij,tcj->tci", per_f, corner_weights(s.inverse_rest))
    gradient = s.bending @ x
    gradient[:, 1] += s.weight
    for axis in range(3):
        gradient[:, axis] += np.bincount(s.faces.ravel(), corner[:, :, axis].ravel(), minlength=len(x))
    return gradient


def membrane_blocks(x: F64, s: Sheet, definite: bool) -> F64:
    """Return the membrane's tangent by corner pair, (T, 3, 3, 3, 3): corner a, corner b, axis, axis [N/m]."""
    f = deformation(x, s.faces, s.inverse_rest)
    length = np.maximum(np.linalg.norm(f, axis=1), 1e-12)
    d = f / length[:, None, :]
    _, tension, slope = stretch_law(length - 1.0, s.stiffness[:, :2], s.limit, s.lock, s.give)
    turn = tension / length
    if definite:
        turn = np.maximum(turn, 0.0)
    identity = np.eye(3)
    k = s.stiffness[:, 2][:, None, None]
    along = np.einsum("tij,tkj->tjik", d, d)
    tangent = slope[:, :, None, None] * along + turn[:, :, None, None] * (identity - along)
    tangent += k[:, None] * np.einsum("tij,tkj->tjik", f[:, :, ::-1], f[:, :, ::-1])
    cross = k * np.einsum("ti,tk->tik", f[:, :, 1], f[:, :, 0])
    if not definite:
        cross = cross + k * np.einsum("ti,ti->t", f[:, :, 0], f[:, :, 1])[:, None, None] * identity
    w = corner_weights(s.inverse_rest)
    blocks = np.einsum("ta,tb,tik->tabik", w[:, :, 0], w[:, :, 0], tangent[:, 0])
    blocks += np.einsum("ta,tb,tik->tabik", w[:, :, 1], w[:, :, 1], tangent[:, 1])
    mixed = np.einsum("ta,tb,tik->tabik", w[:, :, 0], w[:, :, 1], cross)
    blocks += mixed + mixed.transpose(0, 2, 1, 4, 3)
    blocks *= s.area[:, None, None, None, None]
    return blocks


def corner_weights(inverse_rest: F64) -> F64:
    """Return how F follows the corners, (T, 3, 2): F_j = sum over corners of x w_j."""
    w = np.empty((len(inverse_rest), 3, 2))
    w[:, 1], w[:, 2] = inverse_rest[:, 0], inverse_rest[:, 1]
    w[:, 0] = -inverse_rest.sum(1)
    return w

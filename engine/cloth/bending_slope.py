"""What bending leaves out on a coarse mesh: the energy of curvature that changes within a triangle; a constant, quadratic form.

The second derivatives of `bending.py` are means over six points. Of a wave of wave number q on equilateral triangles of edge
L they keep 1 - q^2 L^2 / 8 of the energy, whichever way it runs: a cloth whose folds are a few edges wide is too limp. That
share is given back by

    5/4 A L^2 / 16 ( B_weft |grad x_uu|^2 + B_warp |grad x_vv|^2 + 2 sqrt(B_weft B_warp) |grad x_uv|^2 ),   L^2 = 4 A / sqrt 3,

with the gradient of the plane through the second derivatives of the three neighbours, laid flat beside the triangle. It is zero on
every quadratic surface, and falls as L^2. A factor of 1 would be the series' own; 5/4 also makes up for most of the next order, so
that every wave of five edges and more stores its energy to 2 % (with 1, five edges lose 5 %). A triangle on the border or at a
crease has no three neighbours: its share is counted at those of its neighbours that have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from toile.engine.cloth.bending import (
    bending_stencil,
    flat_places,
    neighbours,
    second_derivatives,
    shared_sides,
    unfold,
)

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Ints = NDArray[np.integer]

_WHOLE = 1.25  # of what the leading order lacks
_THIN = 0.2  # least area of the triangle of the neighbours' centroids, in areas of the triangle itself


@dataclass(frozen=True)
class Slopes:
    """Triangles with a gradient of curvature: which (S,), their neighbours (S, 3), and what they count for (given, to)."""

    inner: I64
    beside: I64
    given: I64  # (G,) triangles whose share is counted elsewhere, or their own
    to: I64  # (G,) at which of `inner`
    part: F64  # (G,)


def find_slopes(
    faces: Ints,
    panel_uv: NDArray[np.floating],
    creases: Ints | None = None,
    apart: NDArray[np.bool_] | None = None,
) -> Slopes:
    """Return where curvature has a gradient; none is taken from or at the triangles `apart` (T,)."""
    f, uv = faces.astype(np.int64), panel_uv.astype(np.float64)
    across = neighbours(f, creases)
    own = np.zeros(len(f), bool) if apart is None else apart
    usable = (across >= 0) & ~own[across] & ~own[:, None]
    whole = np.flatnonzero(usable.all(1))
    centre, area = _centres(f, uv, whole, across[whole], np), _area(uv)
    wide = (
        np.abs(_cross(centre[:, 1] - centre[:, 0], centre[:, 2] - centre[:, 0])) > 2.0 * _THIN * area[whole]
    )
    inner = whole[wide]
    place = np.full(len(f), -1)
    place[inner] = np.arange(len(inner))
    near = np.where(usable, place[across], -1)
    near[inner] = -1
    giver, side = np.nonzero(near >= 0)
    count = (near >= 0).sum(1)
    return Slopes(
        inner, across[inner],
        np.concatenate([inner, giver]), np.concatenate([place[inner], near[giver, side]]),
        np.concatenate([np.ones(len(inner)), 1.0 / count[giver]]),
    )  # fmt: skip


def slope_coefficients(slopes: Slopes, faces: I64, uv: Any, xp: Any = np) -> Any:
    """Return (S, 3, 2, 3, 3): neighbour, direction, derivative here, derivative there; uu, vv, uv [1/m]."""
    centre = _centres(faces, uv, slopes.inner, slopes.beside, xp)
    a, b = centre[:, 1] - centre[:, 0], centre[:, 2] - centre[:, 0]
    double = _cross(a, b)
    first = xp.stack([b[:, 1], -b[:, 0]], 1) / double[:, None]
    second = xp.stack([-a[:, 1], a[:, 0]], 1) / double[:, None]
    rise = xp.stack([-first - second, first, second], 1)
    turned = xp.stack([_turn(faces, uv, slopes, k, xp) for k in range(3)], 1)
    return rise[:, :, :, None, None] * turned[:, :, None]


def slope_weight(slopes: Slopes, area: Any, xp: Any = np) -> Any:
    """Return 5/4 A L^2 / 8 [m4] of the triangles `inner`, with what those without a gradient give (S,)."""
    share = _WHOLE * area**2 / (2.0 * np.sqrt(3.0))
    given = share[slopes.given] * xp.asarray(slopes.part)
    if xp is np:
        return np.bincount(slopes.to, given, minlength=len(slopes.inner))
    return xp.zeros(len(slopes.inner), dtype=given.dtype).index_add(0, xp.as_tensor(slopes.to), given)


def slope_matrix(
    faces: Ints, panel_uv: NDArray[np.floating], bend_weft: F64, bend_warp: F64, vertex_count: int,
    creases: Ints | None = None, apart: NDArray[np.bool_] | None = None,
) -> sparse.csr_matrix:  # fmt: skip
    """Return the constant Hessian (N, N) [N/m] for each coordinate, to be added to `bending_matrix`; bend_* (T,) [N m].

    Triangles `apart` (T,) are left out: at a clamp curvature jumps.
    """
    f, uv = faces.astype(np.int64), panel_uv.astype(np.float64)
    slopes = find_slopes(f, uv, creases, apart)
    stencil = bending_stencil(f, uv, creases)
    k = second_derivatives(flat_places(stencil, uv), stencil.used)
    there = slopes.beside
    mixed = np.einsum("snaij,snjp->sainp", slope_coefficients(slopes, f, uv), k[there])
    stiffness = np.stack([bend_weft, bend_warp, 2.0 * np.sqrt(bend_weft * bend_warp)], 1)[slopes.inner]
    root = np.sqrt(slope_weight(slopes, _area(uv))[:, None] * stiffness)
    rows = np.arange(6 * len(there)).reshape(-1, 2, 3)
    shape = mixed.shape
    matrix = sparse.csr_matrix(
        (
            (mixed * root[:, None, :, None, None]).ravel(),
            (
                np.broadcast_to(rows[:, :, :, None, None], shape).ravel(),
                np.broadcast_to(stencil.vertices[there][:, None, None], shape).ravel(),
            ),
        ),
        shape=(6 * len(there), vertex_count),
    )
    return (matrix.T @ matrix).tocsr()


def _cross(a: Any, b: Any) -> Any:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _area(uv: F64) -> F64:
    return np.asarray(0.5 * np.abs(_cross(uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0])))


def _centres(f: I64, uv: Any, inner: I64, beside: I64, xp: Any) -> Any:
    """Return the neighbours' centroids on the flat of each triangle (S, 3, 2)."""
    middle = uv.mean(1)
    each = [np.full(len(inner), corner) for corner in range(3)]
    return xp.stack(
        [unfold(f, uv, inner, each[k], beside[:, k], middle[beside[:, k]], xp) for k in range(3)], 1
    )


def _turn(f: I64, uv: Any, slopes: Slopes, corner: int, xp: Any) -> Any:
    """Return how uu, vv, uv of the neighbour across a corner read along the triangle's own weft and warp (S, 3, 3)."""
    c, s = shared_sides(f, uv, slopes.inner, np.full(len(slopes.inner), corner), slopes.beside[:, corner])[2:]
    return xp.stack(
        [
            xp.stack([c * c, s * s, -2.0 * c * s], 1),
            xp.stack([s * s, c * c, 2.0 * c * s], 1),
            xp.stack([c * s, -c * s, c * c - s * s], 1),
        ],
        1,
    )

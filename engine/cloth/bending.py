"""Bending of an orthotropic sheet from second derivatives on the flat pattern; a constant, quadratic energy.

Energy per triangle of rest area A (u weft, v warp; x_uu etc. second derivatives of position over the flat cloth):
    A/2 ( B_weft |x_uu|^2 + B_warp |x_vv|^2 + 2 sqrt(B_weft B_warp) |x_uv|^2 ),
the quadratic bending of an inextensible sheet (Bergou et al. 2006), orthotropic as in Cooper 1960, "The stiffness of woven
textiles", J. Textile Inst. 51: curvature at an angle t to the warp meets (sqrt(B_warp) cos^2 t + sqrt(B_weft) sin^2 t)^2.
The second derivatives are those of the quadratic through the corners of a triangle and of its neighbours, unfolded into its
plane (Onate and Zarate 2000, "Rotation-free triangular plate and shell elements", have the same six points): exact for every
curvature on every triangulation, where the energy of hinges depends on how the mesh is turned and shaped. Where a
neighbour is missing or the six points lie near a conic, the fit takes in the neighbours' neighbours (least squares). On a border
these count for little: they settle what five points leave open, and do not blur the waves that run along it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from toile.engine.core.mesh import unique_edges

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Ints = NDArray[np.integer]

_GREATEST = 24.0  # of the sum of the coefficients of a second derivative, times its triangle's area
_RIDGE = 1e-9
_LIGHT = 0.01  # what a point of the second ring counts for in a border triangle's fit, beside 1 for the first


@dataclass(frozen=True)
class BendingStencil:
    """The points of each triangle's quadratic: vertices (T, P), what each counts for in the fit, 0 to 1 (T, P), and how to lay them flat.

    near = (here, corner, there, at): corner `at` of triangle `there` lies across `corner` of `here`; far = (here, corner,
    there, k): what `near[k]` laid flat for `there` also serves `here`; place (T, P) chooses among corners, near and far.
    """

    vertices: I64
    used: F64
    place: I64
    near: tuple[I64, I64, I64, I64]
    far: tuple[I64, I64, I64, I64]
    faces: I64


def bending_stencil(
    faces: Ints, panel_uv: NDArray[np.floating], creases: Ints | None = None
) -> BendingStencil:
    """Return the points of each triangle's quadratic; panel_uv (T, 3, 2) [m]; none reaches across a crease (C, 2)."""
    f, uv = faces.astype(np.int64), panel_uv.astype(np.float64)
    across = neighbours(f, creases)
    near = _first_ring(f, across)
    none = np.zeros(0, np.int64)
    first = _stack(f, near, (none, none, none, none))
    coefficients = second_derivatives(flat_places(first, uv), first.used)
    area = 0.5 * np.abs(_cross(uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]))
    size = np.abs(coefficients).sum(2).max(1) * area
    lacking = first.used.sum(1) < 6
    poor = np.flatnonzero(lacking | (size > _GREATEST))
    if not len(poor):
        return first
    wide = _stack(f, near, _second_ring(across, near, poor))
    beyond = wide.place >= 3 * len(f) + len(near[0])
    light = replace(wide, used=np.where(beyond & lacking[:, None], _LIGHT, 1.0) * wide.used)
    coefficients = second_derivatives(flat_places(light, uv), light.used)
    calm = np.abs(coefficients).sum(2).max(1) * area <= _GREATEST
    return replace(light, used=np.where(calm[:, None], light.used, wide.used))


def flat_places(stencil: BendingStencil, uv: Any, xp: Any = np) -> Any:
    """Return the points of each triangle's quadratic on its own flat [m] (T, P, 2); xp is NumPy, or torch with gradients."""
    f = stencil.faces
    here, corner, there, at = stencil.near
    near = unfold(f, uv, here, corner, there, uv[there, at], xp)
    here, corner, there, k = stencil.far
    far = unfold(f, uv, here, corner, there, near[k], xp)
    return xp.concatenate([uv.reshape(-1, 2), near, far])[stencil.place]


def second_derivatives(flat: Any, used: Any, xp: Any = np) -> Any:
    """Return the coefficients (T, 3, P) [1/m2] that give x_uu, x_vv and x_uv of the fitted quadratic from the points."""
    origin = flat[:, :3].mean(1)[:, None]
    scale = (((flat[:, :3] - origin) ** 2).sum(2).sum(1) / 3.0) ** 0.5
    p = (flat - origin) / scale[:, None, None]
    u, v = p[..., 0], p[..., 1]
    basis = xp.stack([xp.ones_like(u), u, v, 0.5 * u * u, 0.5 * v * v, u * v], 2)
    weighted = basis * used[:, :, None]
    ridge = _RIDGE * np.diag([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    normal = xp.einsum("tpi,tpj->tij", weighted, basis) + xp.asarray(ridge)
    solved = xp.linalg.solve(normal, xp.swapaxes(weighted, 1, 2))
    return solved[:, 3:] / scale[:, None, None] ** 2


def bending_matrix(
    faces: Ints, panel_uv: NDArray[np.floating], bend_weft: F64, bend_warp: F64, vertex_count: int,
    creases: Ints | None = None,
) -> sparse.csr_matrix:  # fmt: skip
    """Return Q (N, N) [N/m], the constant Hessian of bending for each coordinate: energy = x^T Q x / 2.

    bend_weft and bend_warp (T,) [N m]. Edges on a seam use each side's own flat triangle. Creases (C, 2) are pressed folds,
    which do not resist.
    """
    uv = panel_uv.astype(np.float64)
    stencil = bending_stencil(faces, uv, creases)
    k = second_derivatives(flat_places(stencil, uv), stencil.used)
    area = 0.5 * np.abs(_cross(uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]))
    weight = area[:, None] * np.stack([bend_weft, bend_warp, 2.0 * np.sqrt(bend_weft * bend_warp)], 1)
    data = np.einsum("ti,tip,tiq->tpq", weight, k, k)
    points = stencil.vertices.shape[1]
    rows = np.repeat(stencil.vertices, points, axis=1).ravel()
    columns = np.tile(stencil.vertices, (1, points)).ravel()
    both = (stencil.used[:, :, None] * stencil.used[:, None, :]).ravel() > 0
    matrix = sparse.csr_matrix(
        (data.ravel()[both], (rows[both], columns[both])), shape=(vertex_count, vertex_count)
    )
    matrix.sum_duplicates()
    return matrix


def _cross(a: Any, b: Any) -> Any:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def neighbours(f: I64, creases: Ints | None) -> I64:
    """Return the triangle across the edge opposite each corner, (T, 3); -1 on the border and on a crease."""
    edges, sides = unique_edges(f)
    count = int(f.max()) + 1
    keys = np.sort(edges.astype(np.int64), axis=1) @ np.array([count, 1])
    if creases is not None and len(creases):
        folded = np.isin(keys, np.sort(creases, axis=1).astype(np.int64) @ np.array([count, 1]))
        sides = np.where(folded[:, None], -1, sides)
    order = np.argsort(keys)
    found = np.empty_like(f)
    for corner in range(3):
        pair = np.sort(np.stack([f[:, (corner + 1) % 3], f[:, (corner + 2) % 3]], 1), axis=1)
        edge = order[np.searchsorted(keys, pair @ np.array([count, 1]), sorter=order)]
        pair_of = sides[edge]
        mine = np.arange(len(f))
        found[:, corner] = np.where(
            pair_of[:, 0] == mine, pair_of[:, 1], pair_of[:, 0]
        )  # -1 in both: a crease
    return found


def shared_sides(f: I64, uv: Any, here: I64, corner: I64, there: I64) -> tuple[Any, Any, Any, Any]:
    """Return the middle of the shared edge in the flat of `here` and of `there`, cosine and sine of the turn to `here`."""
    ends = [f[here, (corner + k) % 3] for k in (1, 2)]
    m0, m1 = (uv[here, (corner + k) % 3] for k in (1, 2))
    t0, t1 = (uv[there, np.argmax(f[there] == end[:, None], axis=1)] for end in ends)
    a, b = t1 - t0, m1 - m0
    scale = ((a * a).sum(1) * (b * b).sum(1)) ** 0.5
    return 0.5 * (m0 + m1), 0.5 * (t0 + t1), (a * b).sum(1) / scale, _cross(a, b) / scale


def unfold(f: I64, uv: Any, here: I64, corner: I64, there: I64, points: Any, xp: Any) -> Any:
    """Carry points (n, 2) of the flat of `there` into the flat of `here` by the rigid motion that joins their shared edge."""
    middle, theirs, cosine, sine = shared_sides(f, uv, here, corner, there)
    d = points - theirs
    return xp.stack([cosine * d[:, 0] - sine * d[:, 1], sine * d[:, 0] + cosine * d[:, 1]], 1) + middle


_Ring = tuple[I64, I64, I64, I64]


def _first_ring(f: I64, across: I64) -> _Ring:
    here, corner = np.nonzero(across >= 0)
    there = across[here, corner]
    theirs = f[there]
    shared = (theirs == f[here, (corner + 1) % 3][:, None]) | (theirs == f[here, (corner + 2) % 3][:, None])
    return here, corner, there, np.argmin(shared, axis=1)


def _second_ring(across: I64, near: _Ring, poor: I64) -> _Ring:
    """For the triangles `poor`: the points that the neighbours' own first rings add."""
    rings: dict[int, list[int]] = {}
    for k, t in enumerate(near[0]):
        rings.setdefault(int(t), []).append(k)
    found: list[tuple[int, int, int, int]] = []
    for t in poor:
        for corner in range(3):
            other = int(across[t, corner])
            if other >= 0:
                found += [(int(t), corner, other, k) for k in rings.get(other, ())]
    ring = np.array(found, np.int64).reshape(-1, 4).T
    return ring[0], ring[1], ring[2], ring[3]


def _stack(f: I64, near: _Ring, far: _Ring) -> BendingStencil:
    """Return the stencil of the corners and the rings, each vertex once."""
    across = f[near[2], near[3]]
    triangle = np.concatenate([np.repeat(np.arange(len(f)), 3), near[0], far[0]])
    vertex = np.concatenate([f.ravel(), across, across[far[3]]])
    _, first = np.unique(triangle * (int(f.max()) + 1) + vertex, return_index=True)
    first = np.sort(first)  # corners stay in front
    first = first[np.argsort(triangle[first], kind="stable")]
    owner = triangle[first]
    count = np.bincount(owner, minlength=len(f))
    column = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    points = int(count.max())
    vertices = np.repeat(f[:, :1], points, axis=1)
    place = np.repeat(3 * np.arange(len(f))[:, None], points, axis=1)
    used = np.zeros((len(f), points))
    vertices[owner, column], place[owner, column], used[owner, column] = vertex[first], first, 1.0
    return BendingStencil(vertices, used, place, near, far, f)

"""Who intersects whom: crossing triangle pairs, points inside a body, signed distance; independent of any solver.

Two triangles *intersect* when an edge of one passes through the other: its ends lie strictly on both sides of the
other's plane and it meets the closed triangle. Touching (a vertex or an edge that lies in the other's plane, coplanar
overlap included) is not intersecting, and faces that share an edge are not tested. Faces that share one vertex are
tested by the edges that do not meet there. The predicates are exact: float64 with an error bound, and integers of any
length for the pairs that rounding leaves open.

The broad phase is Warp's bounding volume hierarchy, on the CPU or on CUDA.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toile.engine.core.device import default_device, warp
from toile.engine.core.mesh import face_normals

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

_UNSURE = 2
_CORNER_WEIGHT = 1e-6  # a barycentric weight below this puts the closest point on an edge or a corner


def cloth_self_intersections(vertices: ArrayLike, faces: ArrayLike, *, device: str | None = None) -> I32:
    """Return the pairs of faces of one mesh that intersect, shape (K, 2), each rising, in rising order.

    Args:
        vertices: [m], shape (N, 3), float32 or float64.
        faces: shape (T, 3); welded corners share their index.
        device: "cpu" or "cuda:0"; the default device when None.
    """
    return _crossing_pairs(vertices, faces, vertices, faces, same=True, device=device)


def body_cloth_intersections(
    cloth_vertices: ArrayLike,
    cloth_faces: ArrayLike,
    body_vertices: ArrayLike,
    body_faces: ArrayLike,
    *,
    device: str | None = None,
) -> I32:
    """Return the pairs (cloth face, body face) that intersect, shape (K, 2), in rising order.

    Args:
        cloth_vertices, body_vertices: [m], shapes (N, 3) and (V, 3), float32 or float64.
        cloth_faces, body_faces: shapes (T, 3) and (S, 3).
        device: "cpu" or "cuda:0"; the default device when None.
    """
    return _crossing_pairs(cloth_vertices, cloth_faces, body_vertices, body_faces, same=False, device=device)


def vertices_inside(
    points: ArrayLike, body_vertices: ArrayLike, body_faces: ArrayLike, *, device: str | None = None
) -> NDArray[np.bool_]:
    """Return which points lie inside a body, shape (N,): where its winding number exceeds one half.

    Args:
        points: [m], shape (N, 3).
        body_vertices: [m], shape (V, 3); may consist of several closed components and overlap itself.
        body_faces: shape (S, 3), counter-clockwise from outside.
        device: "cpu" or "cuda:0"; the default device when None.

    A closed surface is counted by signed crossings of one ray (an integer); a surface with holes by the sum of solid
    angles over all faces, which takes N x S operations.
    """
    wp, device = warp(), device or default_device()
    from toile.engine.core import intersect_kernels as kernels

    x, f, p = _points(body_vertices), _faces(body_faces), _points(points)
    if not len(f) or not len(p):
        return np.zeros(len(p), dtype=bool)
    vertices, faces = _upload(x, f, device)
    at = wp.array(p, dtype=wp.vec3d, device=device)
    if is_closed(f):
        mesh = _mesh(x, f, device)
        counts = wp.zeros(len(p), dtype=wp.int32, device=device)
        inputs = [mesh.id, vertices, faces, at, float(x[:, 2].max()), _margin(x, p)]
        wp.launch(kernels.ray_windings, dim=len(p), inputs=inputs, outputs=[counts], device=device)
        return np.asarray(counts.numpy() > 0)
    angles = wp.zeros(len(p), dtype=wp.float64, device=device)
    wp.launch(
        kernels.solid_angle_windings,
        dim=len(p),
        inputs=[vertices, faces, len(f), at],
        outputs=[angles],
        device=device,
    )
    return np.asarray(angles.numpy() > 0.5)


def signed_distance(
    points: ArrayLike,
    vertices: ArrayLike,
    faces: ArrayLike,
    *,
    reach: float = 1e6,
    device: str | None = None,
) -> tuple[F64, I32, F64]:
    """Return distance [m] (N,), closest face (N,) and closest point [m] (N, 3) on a mesh; negative behind it.

    Args:
        points: [m], shape (N, 3).
        vertices: [m], shape (V, 3); faces: (T, 3), counter-clockwise from outside.
        reach: points farther than this [m] get distance `reach`, face -1 and themselves as closest point.
        device: "cpu" or "cuda:0"; the default device when None.

    The sign is that of the closest feature's angle-weighted pseudo-normal: right for closed surfaces; where a body
    overlaps itself the nearest sheet decides, so ask `vertices_inside` whether a point is inside.
    Source: Baerentzen and Aanaes 2005, "Signed distance computation using the angle weighted pseudonormal".
    """
    wp, device = warp(), device or default_device()
    from toile.engine.core import intersect_kernels as kernels

    x, f, p = _points(vertices), _faces(faces), _points(points)
    if not len(f) or not len(p):
        return np.full(len(p), reach), np.full(len(p), -1, np.int32), p.copy()
    mesh = _mesh(x, f, device)
    face = wp.zeros(len(p), dtype=wp.int32, device=device)
    weights = wp.zeros(len(p), dtype=wp.vec2, device=device)
    at = wp.array(p.astype(np.float32), dtype=wp.vec3, device=device)
    wp.launch(
        kernels.closest_points,
        dim=len(p),
        inputs=[mesh.id, at, float(reach)],
        outputs=[face, weights],
        device=device,
    )
    found: I32 = np.asarray(face.numpy(), dtype=np.int32)
    uv = weights.numpy().astype(np.float64)
    bary = np.clip(np.column_stack([uv, 1.0 - uv.sum(axis=1)]), 0.0, 1.0)
    bary /= bary.sum(axis=1, keepdims=True)
    closest = np.einsum("nk,nkd->nd", bary, x[f[found]])
    offset = p - closest
    distance = np.linalg.norm(offset, axis=1)
    normal = _pseudo_normals(x, f, found, bary)
    distance = np.where((offset * normal).sum(axis=1) < 0.0, -distance, distance)
    away = found < 0
    return np.where(away, reach, distance), found, np.where(away[:, None], p, closest)


def is_closed(faces: ArrayLike) -> bool:
    """Return whether each edge is walked equally often in both directions, so that the surface bounds a volume."""
    f = _faces(faces).astype(np.int64)
    start, end = f.ravel(), np.roll(f, -1, axis=1).ravel()
    size = int(f.max(initial=0)) + 1
    return bool(np.array_equal(np.sort(start * size + end), np.sort(end * size + start)))


def _crossing_pairs(
    x: ArrayLike, f: ArrayLike, other_x: ArrayLike, other_f: ArrayLike, *, same: bool, device: str | None
) -> I32:
    wp, device = warp(), device or default_device()
    from toile.engine.core import intersect_kernels as kernels

    a, fa = _points(x), _faces(f)
    b, fb = (a, fa) if same else (_points(other_x), _faces(other_f))
    if not len(fa) or not len(fb):
        return np.zeros((0, 2), dtype=np.int32)
    mesh = _mesh(b, fb, device)
    vertices, faces = _upload(a, fa, device)
    other_vertices, other_faces = (vertices, faces) if same else _upload(b, fb, device)
    room = 4096
    while True:
        count = wp.zeros(1, dtype=wp.int32, device=device)
        pairs = wp.empty(room, dtype=wp.vec3i, device=device)
        inputs = [mesh.id, vertices, faces, other_vertices, other_faces, int(same), _margin(a, b)]
        wp.launch(kernels.crossing_pairs, dim=len(fa), inputs=inputs, outputs=[count, pairs], device=device)
        needed = int(count.numpy()[0])
        if needed <= room:
            break
        room = needed
    found = pairs.numpy()[:needed]
    keep = found[:, 2] != _UNSURE
    for k in np.flatnonzero(~keep):
        keep[k] = triangles_cross_exactly(a[fa[found[k, 0]]], b[fb[found[k, 1]]])
    kept = found[keep][:, :2]
    return np.ascontiguousarray(kept[np.lexsort((kept[:, 1], kept[:, 0]))], dtype=np.int32)


def triangles_cross_exactly(first: ArrayLike, second: ArrayLike) -> bool:
    """Return whether two triangles, each (3, 3), intersect (as the module defines it), in integer arithmetic."""
    ratios = [float(v).as_integer_ratio() for v in np.asarray([first, second], dtype=np.float64).ravel()]
    scale = max(d for _, d in ratios)
    n = [p * (scale // d) for p, d in ratios]
    corners = [(n[i], n[i + 1], n[i + 2]) for i in range(0, 18, 3)]
    a, b = corners[:3], corners[3:]
    return _edge_pierces(a, b) or _edge_pierces(b, a)


_Corner = tuple[int, int, int]


def _edge_pierces(edges: list[_Corner], triangle: list[_Corner]) -> bool:
    a, b, c = triangle
    side = [_orient3d(a, b, c, v) for v in edges]
    for i in range(3):
        p, q = edges[i], edges[(i + 1) % 3]
        if side[i] * side[(i + 1) % 3] < 0:
            turns = [_orient3d(p, q, triangle[j], triangle[(j + 1) % 3]) for j in range(3)]
            if max(turns) <= 0 or min(turns) >= 0:
                return True
    return False


def _orient3d(a: _Corner, b: _Corner, c: _Corner, d: _Corner) -> int:
    (ax, ay, az), (bx, by, bz), (cx, cy, cz) = ((v[0] - d[0], v[1] - d[1], v[2] - d[2]) for v in (a, b, c))
    det = az * (bx * cy - cx * by) + bz * (cx * ay - ax * cy) + cz * (ax * by - bx * ay)
    return (det > 0) - (det < 0)


def _pseudo_normals(x: F64, f: I32, face: I32, bary: F64) -> F64:
    """The angle-weighted normal of the feature (face, edge or corner) on which each closest point lies."""
    normals = face_normals(x, f)
    result = normals[face].copy()
    small = bary < _CORNER_WEIGHT
    zeros = small.sum(axis=1)
    on_edge, on_corner = np.flatnonzero(zeros == 1), np.flatnonzero(zeros >= 2)
    if len(on_edge):
        size = np.int64(len(x))
        start, end = f.ravel().astype(np.int64), np.roll(f, -1, axis=1).ravel().astype(np.int64)
        keys = start * size + end
        order = np.argsort(keys)
        begin = (
            3 * face[on_edge] + (small[on_edge].argmax(axis=1) + 1) % 3
        )  # the half edge opposite the zero weight
        twin = end[begin] * size + start[begin]
        found = order[np.minimum(np.searchsorted(keys, twin, sorter=order), len(keys) - 1)]
        across = np.where(keys[found] == twin, found // 3, face[on_edge])
        result[on_edge] += normals[across]
    if len(on_corner):
        corner = f[face[on_corner], bary[on_corner].argmax(axis=1)]
        result[on_corner] = _corner_normals(x, f, normals)[corner]
    return result


def _corner_normals(x: F64, f: I32, normals: F64) -> F64:
    """Face normals summed at each vertex, weighted by the face's angle there."""
    total = np.zeros_like(x)
    for i in range(3):
        u, v = x[f[:, (i + 1) % 3]] - x[f[:, i]], x[f[:, (i + 2) % 3]] - x[f[:, i]]
        angle = np.arctan2(np.linalg.norm(np.cross(u, v), axis=1), (u * v).sum(axis=1))
        for axis in range(3):
            total[:, axis] += np.bincount(f[:, i], angle * normals[:, axis], minlength=len(x))
    return total


def _points(values: ArrayLike) -> F64:
    return np.ascontiguousarray(values, dtype=np.float64).reshape(-1, 3)


def _faces(values: ArrayLike) -> I32:
    return np.ascontiguousarray(values, dtype=np.int32).reshape(-1, 3)


def _margin(*points: F64) -> float:
    """How far [m] rounding to float32 may move a coordinate, twice over."""
    return float(max(np.abs(p).max(initial=0.0) for p in points)) * 2.4e-7 + 1e-30


def _upload(x: F64, f: I32, device: str) -> tuple[Any, Any]:
    wp = warp()
    return wp.array(x, dtype=wp.vec3d, device=device), wp.array(f.ravel(), dtype=wp.int32, device=device)


def _mesh(x: F64, f: I32, device: str) -> Any:
    wp = warp()
    points = wp.array(x.astype(np.float32), dtype=wp.vec3, device=device)
    return wp.Mesh(points=points, indices=wp.array(f.ravel(), dtype=wp.int32, device=device))

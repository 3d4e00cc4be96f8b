"""Kernels of `intersect`: filtered predicates, crossing triangle pairs, windings round points, closest points.

Predicates return their sign, or UNSURE where float64 rounding could hide it (the caller then decides in rational
arithmetic). Error bound of the orientation determinant: (7 + 56 e) e times its permanent, e = 2^-53.
Source: Shewchuk 1997, "Adaptive precision floating-point arithmetic and fast robust geometric predicates", fig. 21.
"""

from __future__ import annotations

import warp as wp

UNSURE = wp.constant(2)
ORIENT3D_BOUND = wp.constant(wp.float64(7.771561172376103e-16))
ORIENT2D_BOUND = wp.constant(wp.float64(3.3306690738754716e-16))
ZERO = wp.constant(wp.float64(0.0))


@wp.func
def orient3d(a: wp.vec3d, b: wp.vec3d, c: wp.vec3d, d: wp.vec3d) -> int:
    """Sign of det(a - d, b - d, c - d): positive when d sees a, b, c clockwise; UNSURE when rounding decides."""
    p = a - d
    q = b - d
    r = c - d
    qr = q[0] * r[1]
    rq = r[0] * q[1]
    rp = r[0] * p[1]
    pr = p[0] * r[1]
    pq = p[0] * q[1]
    qp = q[0] * p[1]
    det = p[2] * (qr - rq) + q[2] * (rp - pr) + r[2] * (pq - qp)
    permanent = (
        (wp.abs(qr) + wp.abs(rq)) * wp.abs(p[2])
        + (wp.abs(rp) + wp.abs(pr)) * wp.abs(q[2])
        + (wp.abs(pq) + wp.abs(qp)) * wp.abs(r[2])
    )
    bound = ORIENT3D_BOUND * permanent
    if det > bound:
        return 1
    if -det > bound:
        return -1
    if permanent == ZERO:
        return 0
    return UNSURE


@wp.func
def pierces(side_p: int, side_q: int, p: wp.vec3d, q: wp.vec3d, a: wp.vec3d, b: wp.vec3d, c: wp.vec3d) -> int:
    """Whether segment pq, its ends on the given sides of plane abc, passes through triangle abc (1, 0, UNSURE)."""
    if side_p == 0 or side_q == 0:
        return 0
    if side_p == side_q and side_p != UNSURE:
        return 0
    ab = orient3d(p, q, a, b)
    bc = orient3d(p, q, b, c)
    if ab * bc == -1:
        return 0
    ca = orient3d(p, q, c, a)
    if ab * ca == -1 or bc * ca == -1:
        return 0
    if side_p == UNSURE or side_q == UNSURE or ab == UNSURE or bc == UNSURE or ca == UNSURE:
        return UNSURE
    return 1


@wp.func
def same_strict_side(a: int, b: int, c: int) -> bool:
    """Whether three signs are equal, certain and not zero."""
    return a == b and b == c and a != 0 and a != UNSURE


@wp.func
def triangles_cross(
    a0: wp.vec3d, a1: wp.vec3d, a2: wp.vec3d, b0: wp.vec3d, b1: wp.vec3d, b2: wp.vec3d
) -> int:
    """Whether an edge of one triangle passes through the other (1, 0, UNSURE); mere touching is 0."""
    sa0 = orient3d(b0, b1, b2, a0)
    sa1 = orient3d(b0, b1, b2, a1)
    sa2 = orient3d(b0, b1, b2, a2)
    if same_strict_side(sa0, sa1, sa2):
        return 0
    sb0 = orient3d(a0, a1, a2, b0)
    sb1 = orient3d(a0, a1, a2, b1)
    sb2 = orient3d(a0, a1, a2, b2)
    if same_strict_side(sb0, sb1, sb2):
        return 0
    r0 = pierces(sa0, sa1, a0, a1, b0, b1, b2)
    r1 = pierces(sa1, sa2, a1, a2, b0, b1, b2)
    r2 = pierces(sa2, sa0, a2, a0, b0, b1, b2)
    if r0 == 1 or r1 == 1 or r2 == 1:
        return 1
    r3 = pierces(sb0, sb1, b0, b1, a0, a1, a2)
    r4 = pierces(sb1, sb2, b1, b2, a0, a1, a2)
    r5 = pierces(sb2, sb0, b2, b0, a0, a1, a2)
    if r3 == 1 or r4 == 1 or r5 == 1:
        return 1
    if r0 + r1 + r2 + r3 + r4 + r5 > 0:
        return UNSURE
    return 0


@wp.func
def to_float(v: wp.vec3d) -> wp.vec3:
    """Round to float32."""
    return wp.vec3(wp.float32(v[0]), wp.float32(v[1]), wp.float32(v[2]))


@wp.kernel
def crossing_pairs(
    mesh: wp.uint64,
    vertices: wp.array(dtype=wp.vec3d),
    faces: wp.array(dtype=wp.int32),
    other_vertices: wp.array(dtype=wp.vec3d),
    other_faces: wp.array(dtype=wp.int32),
    same: int,
    margin: float,
    # outputs
    count: wp.array(dtype=wp.int32),
    pairs: wp.array(dtype=wp.vec3i),
):
    """One thread per face: append (face, other face, 1 or UNSURE) for each face of `mesh` (the other) that it crosses.

    With `same` the two meshes are one: only pairs in rising order, and none that share an edge.
    """
    i = wp.tid()
    i0 = faces[3 * i]
    i1 = faces[3 * i + 1]
    i2 = faces[3 * i + 2]
    a0 = vertices[i0]
    a1 = vertices[i1]
    a2 = vertices[i2]
    lower = wp.min(wp.min(a0, a1), a2)
    upper = wp.max(wp.max(a0, a1), a2)
    pad = wp.vec3(margin, margin, margin)
    query = wp.mesh_query_aabb(mesh, to_float(lower) - pad, to_float(upper) + pad)
    j = int(0)
    while wp.mesh_query_aabb_next(query, j):
        if same == 0 or j > i:
            j0 = other_faces[3 * j]
            j1 = other_faces[3 * j + 1]
            j2 = other_faces[3 * j + 2]
            shared = int(0)
            if same == 1:
                if i0 == j0 or i0 == j1 or i0 == j2:
                    shared += 1
                if i1 == j0 or i1 == j1 or i1 == j2:
                    shared += 1
                if i2 == j0 or i2 == j1 or i2 == j2:
                    shared += 1
            if shared < 2:
                verdict = triangles_cross(
                    a0, a1, a2, other_vertices[j0], other_vertices[j1], other_vertices[j2]
                )
                if verdict != 0:
                    slot = wp.atomic_add(count, 0, 1)
                    if slot < pairs.shape[0]:
                        pairs[slot] = wp.vec3i(i, j, verdict)


@wp.func
def half_crossing(ax: wp.float64, ay: wp.float64, bx: wp.float64, by: wp.float64) -> int:
    """Whether the edge a -> b, relative to the point, crosses the ray +x upwards (1), downwards (-1) or not (0).

    Half open (an end on the ray counts as above): an edge and its reverse cancel, a fan round a vertex counts once.
    """
    if (ay >= ZERO) == (by >= ZERO):
        return 0
    # the edge is walked upwards whichever way it is given, so that both faces beside it see the same rounding
    lower_x = ax
    lower_y = ay
    upper_x = bx
    upper_y = by
    turn = int(1)
    if ay >= ZERO:
        lower_x = bx
        lower_y = by
        upper_x = ax
        upper_y = ay
        turn = -1
    if lower_x * upper_y - lower_y * upper_x > ZERO:
        return turn
    return 0


@wp.kernel
def ray_windings(
    mesh: wp.uint64,
    vertices: wp.array(dtype=wp.vec3d),
    faces: wp.array(dtype=wp.int32),
    points: wp.array(dtype=wp.vec3d),
    far: float,
    margin: float,
    # outputs
    winding: wp.array(dtype=wp.int32),
):
    """One thread per point: how often a closed surface winds round it, as signed crossings of the ray along +Z."""
    i = wp.tid()
    p = points[i]
    pf = to_float(p)
    lower = wp.vec3(pf[0] - margin, pf[1] - margin, pf[2] - margin)
    upper = wp.vec3(pf[0] + margin, pf[1] + margin, wp.max(far, pf[2]) + margin)
    query = wp.mesh_query_aabb(mesh, lower, upper)
    j = int(0)
    total = int(0)
    while wp.mesh_query_aabb_next(query, j):
        a = vertices[faces[3 * j]] - p
        b = vertices[faces[3 * j + 1]] - p
        c = vertices[faces[3 * j + 2]] - p
        turn = half_crossing(a[0], a[1], b[0], b[1])
        turn += half_crossing(b[0], b[1], c[0], c[1])
        turn += half_crossing(c[0], c[1], a[0], a[1])
        if turn != 0:
            # height of the face over the point, times twice its projected area (of the sign of `turn`)
            volume = wp.dot(a, wp.cross(b, c))
            if (volume > ZERO) == (turn > 0):
                total += turn
    winding[i] = total


@wp.kernel
def solid_angle_windings(
    vertices: wp.array(dtype=wp.vec3d),
    faces: wp.array(dtype=wp.int32),
    face_count: int,
    points: wp.array(dtype=wp.vec3d),
    # outputs
    winding: wp.array(dtype=wp.float64),
):
    """One thread per point: generalised winding number, the sum of signed solid angles over 4 pi (any surface).

    Source: van Oosterom and Strackee 1983; Jacobson et al. 2013, "Robust inside-outside segmentation".
    """
    i = wp.tid()
    p = points[i]
    total = wp.float64(0.0)
    for j in range(face_count):
        a = vertices[faces[3 * j]] - p
        b = vertices[faces[3 * j + 1]] - p
        c = vertices[faces[3 * j + 2]] - p
        la = wp.length(a)
        lb = wp.length(b)
        lc = wp.length(c)
        above = wp.dot(a, wp.cross(b, c))
        below = la * lb * lc + wp.dot(a, b) * lc + wp.dot(b, c) * la + wp.dot(c, a) * lb
        if above != ZERO or below != ZERO:
            total += wp.atan2(above, below)
    winding[i] = total / wp.float64(6.283185307179586)


@wp.kernel
def closest_points(
    mesh: wp.uint64,
    points: wp.array(dtype=wp.vec3),
    reach: float,
    # outputs
    face: wp.array(dtype=wp.int32),
    weights: wp.array(dtype=wp.vec2),
):
    """One thread per point: the closest face and the barycentric weights of its first two corners (face -1: none)."""
    i = wp.tid()
    query = wp.mesh_query_point_no_sign(mesh, points[i], reach)
    face[i] = -1
    if query.result:
        face[i] = query.face
        weights[i] = wp.vec2(query.u, query.v)

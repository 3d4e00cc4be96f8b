"""Warp kernels of one frozen step: vertex block descent on it, and what Newton's assembly needs beside the solver's own kernels.

A frozen step is a plain function of the vertices: contacts are planes and pairs that were found once, friction is a spring up to a known
force and that force beyond (the potential of IPC's lagged friction; Li et al. 2020). Symbols as in `engine/cloth/kernels.py`.
"""

from __future__ import annotations

import warp as wp

from toile.engine.cloth.contact_kernels import combine
from toile.engine.cloth.kernels import contact_force, contact_slope, limited_stress, limited_tangent


@wp.struct
class Inertia:
    """Of each vertex: mass / dt2 [N/m], target y, start of the step; air: coefficient [N/m] and normal; damping / dt."""

    weight: wp.array(dtype=float)
    target: wp.array(dtype=wp.vec3)
    start: wp.array(dtype=wp.vec3)
    air: wp.array(dtype=float)
    air_normal: wp.array(dtype=wp.vec3)
    damping: float


@wp.struct
class Membrane:
    """Triangles, and of each vertex the entries 3 t + corner between row[i] and row[i + 1]."""

    row: wp.array(dtype=wp.int32)
    entry: wp.array(dtype=wp.int32)
    faces: wp.array(dtype=wp.vec3i)
    inverse_rest: wp.array(dtype=wp.mat22)
    area: wp.array(dtype=float)
    stiffness: wp.array(dtype=wp.vec3)
    limit: wp.array(dtype=wp.vec2)
    lock: wp.array(dtype=wp.vec2)
    give: float


@wp.struct
class Bending:
    """Rows of the bending matrix: pairs that share a triangle, and the others."""

    row: wp.array(dtype=wp.int32)
    column: wp.array(dtype=wp.int32)
    near: wp.array(dtype=float)
    diagonal: wp.array(dtype=wp.int32)
    far_row: wp.array(dtype=wp.int32)
    far_column: wp.array(dtype=wp.int32)
    far: wp.array(dtype=float)


@wp.struct
class Planes:
    """Contacts with the body: three vertices, weights, plane, gap, size [cm2]; of each vertex the entries 3 p + a."""

    row: wp.array(dtype=wp.int32)
    entry: wp.array(dtype=wp.int32)
    element: wp.array(dtype=wp.vec3i)
    weight: wp.array(dtype=wp.vec3)
    normal: wp.array(dtype=wp.vec3)
    offset: wp.array(dtype=float)
    gap: wp.array(dtype=float)
    size: wp.array(dtype=float)
    soft: float
    stiff: float
    ramp: float


@wp.struct
class Friction:
    """Of each vertex: the skin point it is tied to, the normal there, the spring [N/m] and the greatest force [N]."""

    anchor: wp.array(dtype=wp.vec3)
    normal: wp.array(dtype=wp.vec3)
    spring: wp.array(dtype=float)
    most: wp.array(dtype=float)


@wp.struct
class Touches:
    """Contacts of cloth with cloth; of each vertex the entries 4 c + a; most = greatest friction [N]."""

    row: wp.array(dtype=wp.int32)
    entry: wp.array(dtype=wp.int32)
    pair: wp.array(dtype=wp.vec4i)
    weight: wp.array(dtype=wp.vec4)
    normal: wp.array(dtype=wp.vec3)
    most: wp.array(dtype=float)
    thickness: float
    stiffness: float
    slip_floor: float


@wp.func
def held_back(u: wp.vec3, spring: float, most: float) -> float:
    """Return the stiffness [N/m] that friction has along a slip u: its spring, or what gives `most`."""
    return wp.min(spring, most / wp.max(wp.length(u), 1.0e-9))


@wp.func
def tangential(u: wp.vec3, n: wp.vec3) -> wp.vec3:
    """Return the part of u square to n."""
    return u - n * wp.dot(n, u)


@wp.kernel
def sweep(
    order: wp.array(dtype=wp.int32),
    first: int,
    inertia: Inertia,
    membrane: Membrane,
    bending: Bending,
    planes: Planes,
    friction: Friction,
    touches: Touches,
    # outputs
    x: wp.array(dtype=wp.vec3),
) -> None:
    """One vertex: Newton's step of it alone, all others held, with its 3x3 block (vertex block descent; Chen et al. 2024)."""
    i = order[first + wp.tid()]
    xi = x[i]
    identity = wp.identity(n=3, dtype=float)
    weight = inertia.weight[i]
    g = weight * (xi - inertia.target[i])
    h = weight * identity
    n = inertia.air_normal[i]
    g += inertia.air[i] * wp.dot(xi - inertia.start[i], n) * n
    h += inertia.air[i] * wp.outer(n, n)
    # bending: rows of the matrix sum to zero, differences keep the digits of float32
    scale = 1.0 + inertia.damping
    own = scale * xi - inertia.damping * inertia.start[i]
    for k in range(bending.row[i], bending.row[i + 1]):
        j = bending.column[k]
        g += bending.near[k] * (scale * x[j] - inertia.damping * inertia.start[j] - own)
    for k in range(bending.far_row[i], bending.far_row[i + 1]):
        j = bending.far_column[k]
        g += bending.far[k] * (scale * x[j] - inertia.damping * inertia.start[j] - own)
    h += (scale * bending.near[bending.diagonal[i]]) * identity
    for q in range(membrane.row[i], membrane.row[i + 1]):
        t = membrane.entry[q] / 3
        c = membrane.entry[q] - 3 * t
        f = membrane.faces[t]
        b = membrane.inverse_rest[t]
        e1 = x[f[1]] - x[f[0]]
        e2 = x[f[2]] - x[f[0]]
        fu = e1 * b[0, 0] + e2 * b[1, 0]
        fv = e1 * b[0, 1] + e2 * b[1, 1]
        wu = -(b[0, 0] + b[1, 0])
        wv = -(b[0, 1] + b[1, 1])
        if c > 0:
            wu = b[c - 1, 0]
            wv = b[c - 1, 1]
        k3 = membrane.stiffness[t]
        end = membrane.limit[t]
        more = membrane.lock[t]
        a = membrane.area[t]
        lu = wp.length(fu) + 1.0e-12
        lv = wp.length(fv) + 1.0e-12
        du = fu / lu
        dv = fv / lv
        su = limited_stress(lu - 1.0, k3[0], end[0], more[0], membrane.give)
        sv = limited_stress(lv - 1.0, k3[1], end[1], more[1], membrane.give)
        shear = wp.dot(fu, fv)
        across = wu * fv + wv * fu
        g += a * (wu * su * du + wv * sv * dv + k3[2] * shear * across)
        hu = limited_tangent(lu - 1.0, k3[0], end[0], more[0], membrane.give)
        hv = limited_tangent(lv - 1.0, k3[1], end[1], more[1], membrane.give)
        tu = wp.max(su / lu, 0.0)
        tv = wp.max(sv / lv, 0.0)
        h += (a * wu * wu) * ((hu - tu) * wp.outer(du, du) + tu * identity)
        h += (a * wv * wv) * ((hv - tv) * wp.outer(dv, dv) + tv * identity)
        h += (a * k3[2]) * wp.outer(across, across)
    for q in range(planes.row[i], planes.row[i + 1]):
        p = planes.entry[q] / 3
        a3 = planes.entry[q] - 3 * p
        e = planes.element[p]
        w = planes.weight[p]
        m = planes.normal[p]
        at = w[0] * x[e[0]] + w[1] * x[e[1]] + w[2] * x[e[2]]
        depth = planes.gap[p] - (wp.dot(m, at) - planes.offset[p])
        if depth > 0.0:
            s = planes.size[p] * w[a3]
            g -= (s * contact_force(depth, planes.soft, planes.stiff, planes.ramp)) * m
            h += (s * w[a3] * contact_slope(depth, planes.soft, planes.stiff, planes.ramp)) * wp.outer(m, m)
    if friction.most[i] > 0.0:
        m = friction.normal[i]
        u = tangential(xi - friction.anchor[i], m)
        kf = held_back(u, friction.spring[i], friction.most[i])
        g += kf * u
        h += kf * (identity - wp.outer(m, m))
    for q in range(touches.row[i], touches.row[i + 1]):
        c = touches.entry[q] / 4
        a4 = touches.entry[q] - 4 * c
        v = touches.pair[c]
        w4 = touches.weight[c]
        m = touches.normal[c]
        depth = touches.thickness - wp.dot(m, combine(w4, v, x))
        if depth > 0.0:
            u = tangential(combine(w4, v, x) - combine(w4, v, inertia.start), m)
            kt = held_back(u, touches.most[c] / touches.slip_floor, touches.most[c])
            g += w4[a4] * (kt * u - touches.stiffness * depth * m)
            h += (w4[a4] * w4[a4]) * (touches.stiffness * wp.outer(m, m) + kt * (identity - wp.outer(m, m)))
    x[i] = xi - wp.inverse(h) * g


@wp.kernel
def accelerate(
    omega: float,
    before: wp.array(dtype=wp.vec3),
    # outputs
    x: wp.array(dtype=wp.vec3),
) -> None:
    """One vertex: Chebyshev's step, x = omega (x - before) + before, before two sweeps ago."""
    i = wp.tid()
    x[i] = omega * (x[i] - before[i]) + before[i]


@wp.kernel
def vertex_terms(
    x: wp.array(dtype=wp.vec3),
    inertia: Inertia,
    friction: Friction,
    diagonal: wp.array(dtype=wp.int32),
    # outputs
    gradient: wp.array(dtype=wp.vec3),
    values: wp.array(dtype=wp.mat33),
) -> None:
    """One vertex: gradient [N] and Hessian [N/m] of inertia, air and friction; the gradient is set, not added to."""
    i = wp.tid()
    identity = wp.identity(n=3, dtype=float)
    n = inertia.air_normal[i]
    g = (
        inertia.weight[i] * (x[i] - inertia.target[i])
        + inertia.air[i] * wp.dot(x[i] - inertia.start[i], n) * n
    )
    h = inertia.weight[i] * identity + inertia.air[i] * wp.outer(n, n)
    if friction.most[i] > 0.0:
        m = friction.normal[i]
        u = tangential(x[i] - friction.anchor[i], m)
        k = held_back(u, friction.spring[i], friction.most[i])
        g += k * u
        h += k * (identity - wp.outer(m, m))
    gradient[i] = g
    values[diagonal[i]] = values[diagonal[i]] + h


@wp.kernel
def plane_terms(
    x: wp.array(dtype=wp.vec3),
    planes: Planes,
    slots: wp.array2d(dtype=wp.int32),
    # outputs
    gradient: wp.array(dtype=wp.vec3),
    values: wp.array(dtype=wp.mat33),
) -> None:
    """One contact with the body: its gradient [N] and Hessian [N/m]."""
    p = wp.tid()
    e = planes.element[p]
    w = planes.weight[p]
    n = planes.normal[p]
    depth = planes.gap[p] - (wp.dot(n, w[0] * x[e[0]] + w[1] * x[e[1]] + w[2] * x[e[2]]) - planes.offset[p])
    if depth <= 0.0:
        return
    force = -planes.size[p] * contact_force(depth, planes.soft, planes.stiff, planes.ramp) * n
    block = planes.size[p] * contact_slope(depth, planes.soft, planes.stiff, planes.ramp) * wp.outer(n, n)
    for a in range(3):
        if w[a] > 0.0:
            wp.atomic_add(gradient, e[a], w[a] * force)
            for b in range(3):
                if w[b] > 0.0:
                    wp.atomic_add(values, slots[p, 3 * a + b], (w[a] * w[b]) * block)


@wp.kernel
def touch_terms(
    x: wp.array(dtype=wp.vec3),
    start: wp.array(dtype=wp.vec3),
    touches: Touches,
    # outputs
    gradient: wp.array(dtype=wp.vec3),
    extra: wp.array(dtype=wp.mat33),
    along: wp.array(dtype=float),
    across: wp.array(dtype=float),
) -> None:
    """One contact of cloth with cloth: gradient [N], diagonal blocks and stiffnesses [N/m] along and across its normal."""
    c = wp.tid()
    along[c] = 0.0
    across[c] = 0.0
    v = touches.pair[c]
    w = touches.weight[c]
    n = touches.normal[c]
    depth = touches.thickness - wp.dot(n, combine(w, v, x))
    if depth <= 0.0:
        return
    u = tangential(combine(w, v, x) - combine(w, v, start), n)
    k = held_back(u, touches.most[c] / touches.slip_floor, touches.most[c])
    along[c] = touches.stiffness
    across[c] = k
    force = k * u - touches.stiffness * depth * n
    block = touches.stiffness * wp.outer(n, n) + k * (wp.identity(n=3, dtype=float) - wp.outer(n, n))
    for a in range(4):
        wp.atomic_add(gradient, v[a], w[a] * force)
        wp.atomic_add(extra, v[a], (w[a] * w[a]) * block)

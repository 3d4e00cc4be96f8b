"""Warp kernels of the cloth solver: membrane, bending, inertia, body contact and friction.

The energies are stated in NumPy in `energy.py`; each kernel here is held to their finite differences by tests.
Symbols: x positions [m], F = [fu fv] deformation gradient from the flat panel (u weft, v warp).
"""

from __future__ import annotations

import warp as wp

from toile.engine.cloth.contact_kernels import closest_on_triangle

wp.set_module_options({"enable_backward": False})

TINY = wp.constant(1.0e-12)


@wp.func
def outer3(a: wp.vec3, b: wp.vec3) -> wp.mat33:
    """Return a b^T."""
    return wp.outer(a, b)


@wp.func
def limited_stress(strain: float, stiffness: float, limit: float, lock: float, give: float) -> float:
    """Return tension [N/m] at a strain: linear, `lock` times stiffer beyond the limit, `give` times in compression."""
    if strain < 0.0:
        return give * stiffness * strain
    return stiffness * strain + lock * stiffness * wp.max(strain - limit, 0.0)


@wp.func
def limited_tangent(strain: float, stiffness: float, limit: float, lock: float, give: float) -> float:
    """Return the slope of `limited_stress` [N/m]."""
    if strain < 0.0:
        return give * stiffness
    slope = stiffness
    if strain > limit:
        slope = stiffness + lock * stiffness
    return slope


@wp.func
def contact_slope(depth: float, soft: float, stiff: float, ramp: float) -> float:
    """Return the stiffness [N/m] of a contact of 1 cm2 at a depth [m]: from soft to stiff over ramp."""
    return soft + (stiff - soft) * wp.min(depth / ramp, 1.0)


@wp.func
def contact_force(depth: float, soft: float, stiff: float, ramp: float) -> float:
    """Return the force [N] of a contact of 1 cm2 at a depth [m], the integral of `contact_slope`.

    The soft onset lets cloth that merely lies on skin rest some micrometres deep, which float32 resolves.
    """
    d = wp.min(depth, ramp)
    return soft * depth + (stiff - soft) * (0.5 * d * d / ramp + depth - d)


@wp.kernel
def begin_system(
    x: wp.array(dtype=wp.vec3),
    inertial: wp.array(dtype=wp.vec3),
    mass: wp.array(dtype=float),
    per_dt2: float,
    diagonal: wp.array(dtype=wp.int32),
    # outputs
    gradient: wp.array(dtype=wp.vec3),
    values: wp.array(dtype=wp.mat33),
) -> None:
    """One vertex: gradient [N] and Hessian [N/m] of the inertia term m |x - y|^2 / (2 dt^2)."""
    i = wp.tid()
    weight = mass[i] * per_dt2
    gradient[i] = weight * (x[i] - inertial[i])
    slot = diagonal[i]
    values[slot] = values[slot] + wp.mat33(weight, 0.0, 0.0, 0.0, weight, 0.0, 0.0, 0.0, weight)


@wp.kernel
def face_areas(
    x: wp.array(dtype=wp.vec3),
    faces: wp.array(dtype=wp.vec3i),
    # outputs
    normal: wp.array(dtype=wp.vec3),
) -> None:
    """One triangle: add a third of its area [m2], as a vector along its normal, to each of its vertices."""
    f = faces[wp.tid()]
    third = wp.cross(x[f[1]] - x[f[0]], x[f[2]] - x[f[0]]) / 6.0
    for k in range(3):
        wp.atomic_add(normal, f[k], third)


@wp.kernel
def air_drag(
    x: wp.array(dtype=wp.vec3),
    start: wp.array(dtype=wp.vec3),
    velocity: wp.array(dtype=wp.vec3),
    normal: wp.array(dtype=wp.vec3),
    drag: float,
    per_dt: float,
    diagonal: wp.array(dtype=wp.int32),
    # outputs
    gradient: wp.array(dtype=wp.vec3),
    values: wp.array(dtype=wp.mat33),
) -> None:
    """One vertex: pressure of still air on the cloth round it, drag |v.n| (v.n) A n [N], |v.n| that of the last step.

    drag = rho C / 2 [kg/m3], A n = normal [m2]; what moves along itself is not held back.
    """
    i = wp.tid()
    area = wp.length(normal[i])
    if area < 1.0e-12:
        return
    n = normal[i] / area
    c = drag * area * wp.abs(wp.dot(velocity[i], n)) * per_dt
    gradient[i] = gradient[i] + c * wp.dot(x[i] - start[i], n) * n
    slot = diagonal[i]
    values[slot] = values[slot] + c * wp.outer(n, n)


@wp.kernel
def floor_contact(
    x: wp.array(dtype=wp.vec3),
    start: wp.array(dtype=wp.vec3),
    gap: float,
    soft: float,
    stiff: float,
    ramp: float,
    drag: float,
    size: wp.array(dtype=float),
    diagonal: wp.array(dtype=wp.int32),
    # outputs
    gradient: wp.array(dtype=wp.vec3),
    values: wp.array(dtype=wp.mat33),
) -> None:
    """One vertex: a contact force against the floor at y = 0, and a drag on its slip in this step [N, N/m].

    Below the floor, where a sole treads on cloth, the force grows no more: cloth yields to the sole, and the floor to cloth.
    """
    i = wp.tid()
    depth = wp.min(gap - x[i][1], gap)
    if depth <= 0.0:
        return
    k = size[i] * contact_slope(depth, soft, stiff, ramp)
    force = size[i] * contact_force(depth, soft, stiff, ramp)
    d = drag * k
    slip = x[i] - start[i]
    wp.atomic_add(gradient, i, wp.vec3(d * slip[0], -force, d * slip[2]))
    wp.atomic_add(values, diagonal[i], wp.mat33(d, 0.0, 0.0, 0.0, k, 0.0, 0.0, 0.0, d))


@wp.kernel
def copy_bending(
    base: wp.array(dtype=float),
    scale: float,
    # outputs
    values: wp.array(dtype=wp.mat33),
) -> None:
    """One block: write the constant bending Hessian (a scalar times the identity) [N/m]."""
    k = wp.tid()
    b = scale * base[k]
    values[k] = wp.mat33(b, 0.0, 0.0, 0.0, b, 0.0, 0.0, 0.0, b)


@wp.kernel
def bending_gradient(
    x: wp.array(dtype=wp.vec3),
    start: wp.array(dtype=wp.vec3),
    row: wp.array(dtype=wp.int32),
    column: wp.array(dtype=wp.int32),
    near: wp.array(dtype=float),
    far_row: wp.array(dtype=wp.int32),
    far_column: wp.array(dtype=wp.int32),
    far: wp.array(dtype=float),
    damping: float,
    # outputs
    gradient: wp.array(dtype=wp.vec3),
) -> None:
    """One vertex: add Q x, the gradient [N] of bending, and damping Q (x - start), its internal friction in this step."""
    i = wp.tid()
    total = wp.vec3(0.0, 0.0, 0.0)
    own = (1.0 + damping) * x[i] - damping * start[
        i
    ]  # rows of Q sum to zero: differences keep float32 digits
    for k in range(row[i], row[i + 1]):
        j = column[k]
        total += near[k] * ((1.0 + damping) * x[j] - damping * start[j] - own)
    for k in range(far_row[i], far_row[i + 1]):
        j = far_column[k]
        total += far[k] * ((1.0 + damping) * x[j] - damping * start[j] - own)
    gradient[i] = gradient[i] + total


@wp.kernel
def membrane(
    x: wp.array(dtype=wp.vec3),
    faces: wp.array(dtype=wp.vec3i),
    inverse_rest: wp.array(dtype=wp.mat22),
    area: wp.array(dtype=float),
    stiffness: wp.array(dtype=wp.vec3),
    limit: wp.array(dtype=wp.vec2),
    lock: wp.array(dtype=wp.vec2),
    give: float,
    firm: float,
    slots: wp.array2d(dtype=wp.int32),
    # outputs
    gradient: wp.array(dtype=wp.vec3),
    values: wp.array(dtype=wp.mat33),
) -> None:
    """One triangle: gradient [N] and positive semi-definite Hessian [N/m] of stretch and shear.

    stiffness = (weft, warp, shear) [N/m], limit and lock = (weft, warp); shear is Gauss-Newton. Across a thread the tangent
    of stretch is its tension over its length, but at least `firm` of the stiffness: a slack thread has none, a Newton
    step would turn it as far as inertia lets it, and what turns by a straight step gets longer.
    """
    t = wp.tid()
    f = faces[t]
    e1 = x[f[1]] - x[f[0]]
    e2 = x[f[2]] - x[f[0]]
    b = inverse_rest[t]
    fu = e1 * b[0, 0] + e2 * b[1, 0]
    fv = e1 * b[0, 1] + e2 * b[1, 1]
    a = area[t]
    k = stiffness[t]
    end = limit[t]
    more = lock[t]
    identity = wp.identity(n=3, dtype=float)

    lu = wp.length(fu) + TINY
    du = fu / lu
    su = limited_stress(lu - 1.0, k[0], end[0], more[0], give)
    uu = outer3(du, du)
    huu = limited_tangent(lu - 1.0, k[0], end[0], more[0], give) * uu + wp.max(su / lu, firm * k[0]) * (
        identity - uu
    )

    lv = wp.length(fv) + TINY
    dv = fv / lv
    sv = limited_stress(lv - 1.0, k[1], end[1], more[1], give)
    vv = outer3(dv, dv)
    hvv = limited_tangent(lv - 1.0, k[1], end[1], more[1], give) * vv + wp.max(sv / lv, firm * k[1]) * (
        identity - vv
    )

    c = wp.dot(fu, fv)
    gu = a * (su * du + k[2] * c * fv)
    gv = a * (sv * dv + k[2] * c * fu)
    huu = a * (huu + k[2] * outer3(fv, fv))
    hvv = a * (hvv + k[2] * outer3(fu, fu))
    huv = a * k[2] * outer3(fv, fu)
    hvu = wp.transpose(huv)

    g1 = gu * b[0, 0] + gv * b[0, 1]
    g2 = gu * b[1, 0] + gv * b[1, 1]
    wp.atomic_add(gradient, f[0], -(g1 + g2))
    wp.atomic_add(gradient, f[1], g1)
    wp.atomic_add(gradient, f[2], g2)

    # a triangle that is moved as a whole stores nothing: rows and columns sum to zero
    h11 = huu * (b[0, 0] * b[0, 0]) + (huv + hvu) * (b[0, 0] * b[0, 1]) + hvv * (b[0, 1] * b[0, 1])
    h22 = huu * (b[1, 0] * b[1, 0]) + (huv + hvu) * (b[1, 0] * b[1, 1]) + hvv * (b[1, 1] * b[1, 1])
    h12 = (
        huu * (b[0, 0] * b[1, 0])
        + huv * (b[0, 0] * b[1, 1])
        + hvu * (b[0, 1] * b[1, 0])
        + hvv * (b[0, 1] * b[1, 1])
    )
    h21 = wp.transpose(h12)
    h01 = -(h11 + h21)
    h02 = -(h12 + h22)
    wp.atomic_add(values, slots[t, 0], -(h01 + h02))
    wp.atomic_add(values, slots[t, 1], h01)
    wp.atomic_add(values, slots[t, 2], h02)
    wp.atomic_add(values, slots[t, 3], wp.transpose(h01))
    wp.atomic_add(values, slots[t, 4], h11)
    wp.atomic_add(values, slots[t, 5], h12)
    wp.atomic_add(values, slots[t, 6], wp.transpose(h02))
    wp.atomic_add(values, slots[t, 7], h21)
    wp.atomic_add(values, slots[t, 8], h22)


@wp.kernel
def anchor_ring(
    x: wp.array(dtype=wp.vec3),
    ring: wp.array(dtype=wp.int32),
    height: wp.array(dtype=float),
    stiffness: float,
    diagonal: wp.array(dtype=wp.int32),
    # outputs
    gradient: wp.array(dtype=wp.vec3),
    values: wp.array(dtype=wp.mat33),
) -> None:
    """One ring vertex: a vertical spring [N/m] to a height [m]; used while dressing only."""
    k = wp.tid()
    i = ring[k]
    wp.atomic_add(gradient, i, wp.vec3(0.0, stiffness * (x[i][1] - height[k]), 0.0))
    wp.atomic_add(values, diagonal[i], wp.mat33(0.0, 0.0, 0.0, 0.0, stiffness, 0.0, 0.0, 0.0, 0.0))


@wp.kernel
def draw_in(
    x: wp.array(dtype=wp.vec3),
    stitch: wp.array(dtype=wp.vec2i),
    length: wp.array(dtype=float),
    stiffness: float,
    slack: int,
    # outputs
    gradient: wp.array(dtype=wp.vec3),
) -> None:
    """One stitch: take its rest length [m] off the pull that the constant matrix gives it; all of the pull, where a slack one is loose."""
    k = wp.tid()
    a, b = stitch[k][0], stitch[k][1]
    d = x[b] - x[a]
    far = wp.max(wp.length(d), 1.0e-6)
    rest = length[k]
    if slack == 1:
        rest = wp.min(rest, far)
    force = stiffness * rest / far * d
    wp.atomic_add(gradient, a, force)
    wp.atomic_sub(gradient, b, force)


@wp.struct
class Foot:
    """The body point nearest to a point: face, barycentric coordinates there, squared distance [m2]."""

    face: int
    weights: wp.vec3
    square: float


@wp.func
def foot_on(
    points: wp.array(dtype=wp.vec3), indices: wp.array(dtype=wp.int32), face: int, p: wp.vec3
) -> Foot:
    """Return the point of one face nearest to p."""
    a = points[indices[3 * face]]
    b = points[indices[3 * face + 1]]
    c = points[indices[3 * face + 2]]
    w = closest_on_triangle(p, a, b, c)
    found = Foot()
    found.face = face
    found.weights = w
    found.square = wp.length_sq(p - (w[0] * a + w[1] * b + w[2] * c))
    return found


@wp.func
def walk_to_foot(
    points: wp.array(dtype=wp.vec3),
    indices: wp.array(dtype=wp.int32),
    across: wp.array(dtype=wp.vec3i),
    fan_row: wp.array(dtype=wp.int32),
    fan: wp.array(dtype=wp.int32),
    face: int,
    p: wp.vec3,
) -> Foot:
    """Return the nearest body point found by walking from a face to its neighbours while the distance falls."""
    best = foot_on(points, indices, face, p)
    for _s in range(64):
        w = best.weights
        here = best.face
        better = int(0)
        for c in range(3):
            if w[c] > 1.0 - 1.0e-6:
                v = indices[3 * here + c]
                for k in range(fan_row[v], fan_row[v + 1]):
                    other = foot_on(points, indices, fan[k], p)
                    if other.square < best.square:
                        best = other
                        better = 1
        if better == 0:
            side = across[here]
            for c in range(3):
                if w[c] < 1.0e-6 and side[c] >= 0:
                    other = foot_on(points, indices, side[c], p)
                    if other.square < best.square:
                        best = other
                        better = 1
        if better == 0:
            break
    return best


@wp.kernel
def find_body(
    mesh: wp.uint64,
    normals: wp.array(dtype=wp.vec3),
    across: wp.array(dtype=wp.vec3i),
    fan_row: wp.array(dtype=wp.int32),
    fan: wp.array(dtype=wp.int32),
    x: wp.array(dtype=wp.vec3),
    active: wp.array(dtype=wp.int32),
    element: wp.array(dtype=wp.vec3i),
    weight: wp.array(dtype=wp.vec3),
    first: int,
    count: int,
    near: float,
    reach: float,
    clear: float,
    travel: float,
    search: int,
    # outputs
    face: wp.array(dtype=wp.int32),
    coordinates: wp.array(dtype=wp.vec3),
    normal: wp.array(dtype=wp.vec3),
    offset: wp.array(dtype=float),
    seen: wp.array(dtype=wp.vec3),
    free: wp.array(dtype=float),
) -> None:
    """One contact point (vertex, midpoint of an edge, centre of a face): nearest body point and outward normal.

    The plane normal . p = offset passes through the nearest point. face is -1 when the body is further than reach. With
    `search` the whole body is searched, within the distance of the face found before; without, that face's neighbours
    are walked to. The first `count` points are the vertices, launched before the others; a midpoint or centre is looked
    for only where one of its vertices is nearer than `near`.

    A point is left alone while nothing can have changed that matters: `seen` is where it was looked for, and until it and
    the body (`travel` [m], added up) have moved by `free` - `travel` it is not nearer than `clear` (a point out of reach: than
    near). Searches trust that up to `near`, others to half of it. Walking finds the surface walked on and no other that comes near,
    as an arm does to a point beside the trunk: it grants no new distance, and where none is left a vertex is searched for again,
    as far as twice `near` beyond `clear`, a midpoint or centre from the faces of its vertices.
    """
    k = active[first + wp.tid()]
    e = element[k]
    share = weight[k]
    p = share[0] * x[e[0]] + share[1] * x[e[1]] + share[2] * x[e[2]]
    old = face[k]
    spare = free[k] - travel - wp.length(p - seen[k])
    if old < 0:
        if spare > 0.0:
            return
    elif search != 0:
        if spare > near:
            return
    elif spare > 0.5 * (free[k] - travel) and spare > 0.0:
        return
    if k >= count:
        close = int(0)
        for j in range(3):
            if face[e[j]] >= 0 and wp.dot(normal[e[j]], x[e[j]]) - offset[e[j]] < near:
                close = 1
        if close == 0:
            face[k] = -1
            free[k] = 0.0
            return
    m = wp.mesh_get(mesh)
    found = Foot()
    found.face = -1
    found.square = reach * reach
    if old >= 0:
        walked = walk_to_foot(m.points, m.indices, across, fan_row, fan, old, p)
        if walked.square < found.square:
            found = walked
    anew = int(0)
    if search != 0 or spare <= 0.0:
        anew = 1
    if k >= count and anew != 0:
        for j in range(3):
            if share[j] > 0.0 and face[e[j]] >= 0 and face[e[j]] != found.face:
                walked = walk_to_foot(m.points, m.indices, across, fan_row, fan, face[e[j]], p)
                if walked.square < found.square:
                    found = walked
    bound = reach
    if found.face < 0 or (anew != 0 and k < count):
        if found.face >= 0:
            bound = wp.min(1.0001 * wp.sqrt(found.square) + 1.0e-6, 2.0 * near + clear)
        query = wp.mesh_query_point_no_sign(mesh, p, bound)
        if query.result:
            found = foot_on(m.points, m.indices, query.face, p)
        elif found.face < 0:
            seen[k] = p
            free[k] = travel + reach - near
    face[k] = found.face
    if found.face >= 0:
        w = found.weights
        i0 = m.indices[3 * found.face]
        i1 = m.indices[3 * found.face + 1]
        i2 = m.indices[3 * found.face + 2]
        q = w[0] * m.points[i0] + w[1] * m.points[i1] + w[2] * m.points[i2]
        smooth = wp.normalize(w[0] * normals[i0] + w[1] * normals[i1] + w[2] * normals[i2])
        apart = p - q
        distance = wp.length(apart)
        n = smooth
        outside = int(0)
        if distance > 2.0e-4:
            n = apart / distance
            if wp.dot(n, smooth) < 0.0:
                n = -n
            else:
                outside = 1
        coordinates[k] = w
        normal[k] = n
        offset[k] = wp.dot(n, q)
        seen[k] = p
        free[k] = travel
        if outside == 1:
            granted = wp.min(distance, bound) - clear
            if anew == 0 and old >= 0:
                granted = wp.min(granted, spare)
            free[k] = travel + granted


@wp.kernel
def count_near(
    x: wp.array(dtype=wp.vec3),
    face: wp.array(dtype=wp.int32),
    normal: wp.array(dtype=wp.vec3),
    offset: wp.array(dtype=float),
    near: float,
    marked: wp.array(dtype=wp.int32),
    # outputs
    count: wp.array(dtype=wp.int32),
) -> None:
    """One vertex: count it when it is nearer than `near` [m] to the body's plane and was not marked."""
    i = wp.tid()
    if marked[i] == 0 and face[i] >= 0 and wp.dot(normal[i], x[i]) - offset[i] < near:
        wp.atomic_add(count, 0, 1)


@wp.kernel
def mark_near(
    x: wp.array(dtype=wp.vec3),
    face: wp.array(dtype=wp.int32),
    normal: wp.array(dtype=wp.vec3),
    offset: wp.array(dtype=float),
    near: float,
    # outputs
    marked: wp.array(dtype=wp.int32),
) -> None:
    """One vertex: mark it when it is nearer than `near` [m] to the body's plane."""
    i = wp.tid()
    marked[i] = 0
    if face[i] >= 0 and wp.dot(normal[i], x[i]) - offset[i] < near:
        marked[i] = 1


@wp.kernel
def list_marked(
    marked: wp.array(dtype=wp.int32),
    element: wp.array(dtype=wp.vec3i),
    first: int,
    # outputs
    count: wp.array(dtype=wp.int32),
    active: wp.array(dtype=wp.int32),
    face: wp.array(dtype=wp.int32),
    free: wp.array(dtype=float),
) -> None:
    """One midpoint or centre, from `first` on: list it when a vertex of it is marked; the others have no body near."""
    k = first + wp.tid()
    e = element[k]
    if marked[e[0]] + marked[e[1]] + marked[e[2]] > 0:
        active[first + wp.atomic_add(count, 0, 1)] = k
    else:
        face[k] = -1
        free[k] = 0.0


@wp.func
def spare_way(
    k: int, p: wp.vec3, seen: wp.array(dtype=wp.vec3), free: wp.array(dtype=float), travel: float
) -> float:
    """Return how far [m] a contact point at p may go before it must be looked for again (`find_body`)."""
    return free[k] - travel - wp.length(p - seen[k])


@wp.kernel
def allow_ways(
    x: wp.array(dtype=wp.vec3),
    seen: wp.array(dtype=wp.vec3),
    free: wp.array(dtype=float),
    travel: float,
    beyond: float,
    least: float,
    again: int,
    # outputs
    known: wp.array(dtype=wp.vec3),
    stir: wp.array(dtype=float),
    way: wp.array(dtype=float),
) -> None:
    """One vertex: how far [m] it may go from where it is known while the list of close points holds, `least` or more.

    Where midpoints and centres are not looked for, since there is `beyond` [m] more to go, it keeps that distance. `stir` is twice how far it went before, where that was too far for the list (`again`), and is forgotten by a fifth a step.
    """
    i = wp.tid()
    if again != 0:
        stir[i] = wp.max(stir[i], 2.0 * wp.length(x[i] - known[i]))
    else:
        stir[i] = 0.8 * stir[i]
    known[i] = x[i]
    spare = spare_way(i, x[i], seen, free, travel)
    far = spare - beyond
    way[i] = 0.5 * spare
    if far > least:
        way[i] = wp.min(way[i], far)
    way[i] = wp.max(way[i], wp.max(least, stir[i]))


@wp.kernel
def list_close(
    x: wp.array(dtype=wp.vec3),
    active: wp.array(dtype=wp.int32),
    element: wp.array(dtype=wp.vec3i),
    weight: wp.array(dtype=wp.vec3),
    vertices: int,
    seen: wp.array(dtype=wp.vec3),
    free: wp.array(dtype=float),
    travel: float,
    clear: float,
    near: float,
    face: wp.array(dtype=wp.int32),
    way: wp.array(dtype=float),
    # outputs
    count: wp.array(dtype=wp.int32),
    close: wp.array(dtype=wp.int32),
) -> None:
    """One listed contact point: list it as close unless it stays `clear` [m] of the body while its vertices go their `way`.

    A midpoint or centre without a body point is one as long as its vertices stay farther than `near`. count[0] counts all, count[1] vertices.
    """
    k = active[wp.tid()]
    e = element[k]
    w = weight[k]
    wanted = int(0)
    if k >= vertices and face[k] < 0:
        for j in range(3):
            i = e[j]
            if spare_way(i, x[i], seen, free, travel) + clear - way[i] < near - 1.0e-6:
                wanted = 1
    else:
        p = w[0] * x[e[0]] + w[1] * x[e[1]] + w[2] * x[e[2]]
        if spare_way(k, p, seen, free, travel) < w[0] * way[e[0]] + w[1] * way[e[1]] + w[2] * way[e[2]]:
            wanted = 1
    if wanted == 1:
        close[wp.atomic_add(count, 0, 1)] = k
        if k < vertices:
            wp.atomic_add(count, 1, 1)


@wp.kernel
def count_away(
    x: wp.array(dtype=wp.vec3),
    known: wp.array(dtype=wp.vec3),
    way: wp.array(dtype=float),
    # outputs
    count: wp.array(dtype=wp.int32),
) -> None:
    """One vertex: count it when it has gone farther than its `way` [m] from where it was known."""
    i = wp.tid()
    if wp.length_sq(x[i] - known[i]) > way[i] * way[i]:
        wp.atomic_add(count, 0, 1)


@wp.kernel
def find_pokes(
    cloth: wp.uint64,
    body: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
    gap: float,
    near: float,
    reach: float,
    capacity: int,
    # outputs
    count: wp.array(dtype=wp.int32),
    triangle: wp.array(dtype=wp.int32),
    element: wp.array(dtype=wp.vec3i),
    weight: wp.array(dtype=wp.vec3),
    normal: wp.array(dtype=wp.vec3),
    offset: wp.array(dtype=float),
) -> None:
    """One body vertex: where it is nearer than gap to the inside of a cloth face, or pokes through, store a contact point.

    The cloth has to lie beyond the plane through the body vertex, square to its normal; faces edge-on to it are passed over, and
    farther than `near` those whose wrong side faces the way of the normal: they may be the cloth on a limb's other side.
    """
    i = wp.tid()
    b = body[i]
    n = normals[i]
    size = wp.length(n)
    if size < 1.0e-9:
        return
    n = n / size
    query = wp.mesh_query_point_no_sign(cloth, b, reach)
    if query.result:
        m = wp.mesh_get(cloth)
        f = query.face
        i0 = m.indices[3 * f]
        i1 = m.indices[3 * f + 1]
        i2 = m.indices[3 * f + 2]
        p0 = m.points[i0]
        p1 = m.points[i1]
        p2 = m.points[i2]
        facing = wp.dot(wp.normalize(wp.cross(p1 - p0, p2 - p0)), n)
        if wp.abs(facing) < 0.5:
            return
        w = wp.vec3(query.u, query.v, 1.0 - query.u - query.v)
        p = w[0] * p0 + w[1] * p1 + w[2] * p2
        if wp.dot(n, p - b) >= gap:
            return
        if facing < 0.0 and wp.length_sq(p - b) > near * near:
            return
        slot = wp.atomic_add(count, 0, 1)
        if slot < capacity:
            triangle[slot] = f
            element[slot] = wp.vec3i(i0, i1, i2)
            weight[slot] = w
            normal[slot] = n
            offset[slot] = wp.dot(n, b)


@wp.kernel
def poke_contact(
    x: wp.array(dtype=wp.vec3),
    triangle: wp.array(dtype=wp.int32),
    element: wp.array(dtype=wp.vec3i),
    weight: wp.array(dtype=wp.vec3),
    normal: wp.array(dtype=wp.vec3),
    offset: wp.array(dtype=float),
    gap: float,
    soft: float,
    stiff: float,
    ramp: float,
    slots: wp.array2d(dtype=wp.int32),
    # outputs
    gradient: wp.array(dtype=wp.vec3),
    values: wp.array(dtype=wp.mat33),
) -> None:
    """One contact of a body vertex with a cloth face: a contact force against the body vertex's plane."""
    i = wp.tid()
    e = element[i]
    w = weight[i]
    n = normal[i]
    p = w[0] * x[e[0]] + w[1] * x[e[1]] + w[2] * x[e[2]]
    depth = gap - (wp.dot(n, p) - offset[i])
    if depth <= 0.0:
        return
    force = -contact_force(depth, soft, stiff, ramp) * n
    block = contact_slope(depth, soft, stiff, ramp) * outer3(n, n)
    for a in range(3):
        wp.atomic_add(gradient, e[a], w[a] * force)
        for b in range(3):
            wp.atomic_add(values, slots[triangle[i], 3 * a + b], (w[a] * w[b]) * block)


@wp.kernel
def body_contact(
    x: wp.array(dtype=wp.vec3),
    active: wp.array(dtype=wp.int32),
    element: wp.array(dtype=wp.vec3i),
    weight: wp.array(dtype=wp.vec3),
    face: wp.array(dtype=wp.int32),
    normal: wp.array(dtype=wp.vec3),
    offset: wp.array(dtype=float),
    gap: float,
    soft: float,
    stiff: float,
    ramp: float,
    size: wp.array(dtype=float),
    slots: wp.array2d(dtype=wp.int32),
    # outputs
    gradient: wp.array(dtype=wp.vec3),
    values: wp.array(dtype=wp.mat33),
) -> None:
    """One contact point: a contact force against the plane of its nearest body point [N, N/m]."""
    i = active[wp.tid()]
    if face[i] < 0:
        return
    e = element[i]
    w = weight[i]
    n = normal[i]
    p = w[0] * x[e[0]] + w[1] * x[e[1]] + w[2] * x[e[2]]
    depth = gap - (wp.dot(n, p) - offset[i])
    if depth <= 0.0:
        return
    force = -size[i] * contact_force(depth, soft, stiff, ramp) * n
    block = size[i] * contact_slope(depth, soft, stiff, ramp) * outer3(n, n)
    for a in range(3):
        if w[a] > 0.0:
            wp.atomic_add(gradient, e[a], w[a] * force)
            for b in range(3):
                if w[b] > 0.0:
                    wp.atomic_add(values, slots[i, 3 * a + b], (w[a] * w[b]) * block)


@wp.kernel
def press_points(
    x: wp.array(dtype=wp.vec3),
    step: wp.array(dtype=wp.vec3),
    active: wp.array(dtype=wp.int32),
    element: wp.array(dtype=wp.vec3i),
    weight: wp.array(dtype=wp.vec3),
    face: wp.array(dtype=wp.int32),
    normal: wp.array(dtype=wp.vec3),
    offset: wp.array(dtype=float),
    gap: float,
    soft: float,
    stiff: float,
    ramp: float,
    size: wp.array(dtype=float),
    # outputs
    pressing: wp.array(dtype=float),
) -> None:
    """One contact point: its normal force [N] once the Newton step is taken, shared among its vertices.

    The step was solved against the depth as it was read, so its linear part is exact where the depth read anew would carry
    the rounding of float32.
    """
    i = active[wp.tid()]
    if face[i] < 0:
        return
    e = element[i]
    w = weight[i]
    n = normal[i]
    p = w[0] * x[e[0]] + w[1] * x[e[1]] + w[2] * x[e[2]]
    depth = gap - (wp.dot(n, p) - offset[i])
    if depth <= 0.0:
        return
    moved = w[0] * step[e[0]] + w[1] * step[e[1]] + w[2] * step[e[2]]
    slope = contact_slope(depth, soft, stiff, ramp)
    force = size[i] * (contact_force(depth, soft, stiff, ramp) - slope * wp.dot(n, moved))
    if force > 0.0:
        for a in range(3):
            if w[a] > 0.0:
                wp.atomic_add(pressing, e[a], w[a] * force)


@wp.kernel
def press_pokes(
    x: wp.array(dtype=wp.vec3),
    step: wp.array(dtype=wp.vec3),
    element: wp.array(dtype=wp.vec3i),
    weight: wp.array(dtype=wp.vec3),
    normal: wp.array(dtype=wp.vec3),
    offset: wp.array(dtype=float),
    gap: float,
    soft: float,
    stiff: float,
    ramp: float,
    # outputs
    pressing: wp.array(dtype=float),
) -> None:
    """One contact of a body vertex with a cloth face: its normal force [N] once the Newton step is taken."""
    i = wp.tid()
    e = element[i]
    w = weight[i]
    n = normal[i]
    p = w[0] * x[e[0]] + w[1] * x[e[1]] + w[2] * x[e[2]]
    depth = gap - (wp.dot(n, p) - offset[i])
    if depth <= 0.0:
        return
    moved = w[0] * step[e[0]] + w[1] * step[e[1]] + w[2] * step[e[2]]
    slope = contact_slope(depth, soft, stiff, ramp)
    force = contact_force(depth, soft, stiff, ramp) - slope * wp.dot(n, moved)
    if force > 0.0:
        for a in range(3):
            wp.atomic_add(pressing, e[a], w[a] * force)


@wp.func
def skin_point(
    body: wp.array(dtype=wp.vec3), body_faces: wp.array(dtype=wp.int32), face: int, w: wp.vec3
) -> wp.vec3:
    """Return the point of a body face with barycentric coordinates w [m]."""
    return (
        w[0] * body[body_faces[3 * face]]
        + w[1] * body[body_faces[3 * face + 1]]
        + w[2] * body[body_faces[3 * face + 2]]
    )


@wp.kernel
def body_friction(
    x: wp.array(dtype=wp.vec3),
    body: wp.array(dtype=wp.vec3),
    body_faces: wp.array(dtype=wp.int32),
    face: wp.array(dtype=wp.int32),
    normal: wp.array(dtype=wp.vec3),
    pressing: wp.array(dtype=float),
    size: wp.array(dtype=float),
    friction: wp.array(dtype=float),
    grip: wp.array(dtype=float),
    tangential: float,
    last: int,
    slide: wp.array(dtype=wp.vec3),
    anchor_face: wp.array(dtype=wp.int32),
    anchor: wp.array(dtype=wp.vec3),
    diagonal: wp.array(dtype=wp.int32),
    # outputs
    gradient: wp.array(dtype=wp.vec3),
    values: wp.array(dtype=wp.mat33),
) -> None:
    """One vertex: a tangential spring to the skin point it sticks to, or mu times the normal force against its slide.

    In the last Newton step a slide is held by the spring that gives this force at its end, so that it cannot overshoot back
    past the point where it began.
    """
    i = wp.tid()
    if face[i] < 0 or anchor_face[i] < 0 or pressing[i] <= 0.0:
        return
    n = normal[i]
    cap = friction[i] * grip[face[i]] * pressing[i]
    way = wp.length(slide[i])
    if way > 0.0 and last == 0:
        wp.atomic_add(gradient, i, (cap / way) * slide[i])
        return
    u = x[i] - skin_point(body, body_faces, anchor_face[i], anchor[i])
    u = u - n * wp.dot(n, u)
    k = wp.min(tangential * size[i], 2.0 * cap / wp.max(wp.length(u), 1.0e-9))
    if way > 0.0:
        k = wp.min(tangential * size[i], cap / way)
    wp.atomic_add(gradient, i, k * u)
    wp.atomic_add(values, diagonal[i], k * (wp.identity(n=3, dtype=float) - outer3(n, n)))


@wp.kernel
def judge_friction(
    x: wp.array(dtype=wp.vec3),
    step: wp.array(dtype=wp.vec3),
    body: wp.array(dtype=wp.vec3),
    body_faces: wp.array(dtype=wp.int32),
    face: wp.array(dtype=wp.int32),
    normal: wp.array(dtype=wp.vec3),
    pressing: wp.array(dtype=float),
    size: wp.array(dtype=float),
    friction: wp.array(dtype=float),
    grip: wp.array(dtype=float),
    tangential: float,
    anchor_face: wp.array(dtype=wp.int32),
    anchor: wp.array(dtype=wp.vec3),
    # outputs
    slide: wp.array(dtype=wp.vec3),
) -> None:
    """One vertex once the Newton step is taken: it slides when the spring would pull harder than mu times the normal force.

    Return mapping: the next Newton step replaces the spring by that force. A slide that has come back sticks again.
    slide [m] is the way from the skin point.
    """
    i = wp.tid()
    if face[i] < 0 or anchor_face[i] < 0 or pressing[i] <= 0.0:
        slide[i] = wp.vec3(0.0, 0.0, 0.0)
        return
    n = normal[i]
    u = x[i] + step[i] - skin_point(body, body_faces, anchor_face[i], anchor[i])
    u = u - n * wp.dot(n, u)
    slip = wp.length(u)
    held = friction[i] * grip[face[i]] * pressing[i] / (tangential * size[i])
    if slip <= held or wp.dot(u, slide[i]) < 0.0:
        slide[i] = wp.vec3(0.0, 0.0, 0.0)
    else:
        slide[i] = u


@wp.kernel
def move_anchor(
    mesh: wp.uint64,
    x: wp.array(dtype=wp.vec3),
    face: wp.array(dtype=wp.int32),
    coordinates: wp.array(dtype=wp.vec3),
    normal: wp.array(dtype=wp.vec3),
    pressing: wp.array(dtype=float),
    size: wp.array(dtype=float),
    friction: wp.array(dtype=float),
    grip: wp.array(dtype=float),
    tangential: float,
    # outputs
    anchor_face: wp.array(dtype=wp.int32),
    anchor: wp.array(dtype=wp.vec3),
) -> None:
    """One vertex at the end of a step: let its skin point go, set it, or drag it to the edge of the friction cone."""
    i = wp.tid()
    if face[i] < 0 or pressing[i] <= 0.0:
        anchor_face[i] = -1
        return
    if anchor_face[i] < 0:
        anchor_face[i] = face[i]
        anchor[i] = coordinates[i]
        return
    n = normal[i]
    m = wp.mesh_get(mesh)
    u = x[i] - skin_point(m.points, m.indices, anchor_face[i], anchor[i])
    u = u - n * wp.dot(n, u)
    slip = wp.length(u)
    held = friction[i] * grip[face[i]] * pressing[i] / (tangential * size[i])
    if slip > held:
        p = x[i] - u * (held / slip)
        query = wp.mesh_query_point_no_sign(mesh, p, 0.05)
        if query.result:
            anchor_face[i] = query.face
            anchor[i] = wp.vec3(query.u, query.v, 1.0 - query.u - query.v)
        else:
            anchor_face[i] = -1


@wp.kernel
def clear_normals(
    # outputs
    normals: wp.array(dtype=wp.vec3),
) -> None:
    """One body vertex: zero its normal."""
    normals[wp.tid()] = wp.vec3(0.0, 0.0, 0.0)


@wp.kernel
def add_normals(
    points: wp.array(dtype=wp.vec3),
    indices: wp.array(dtype=wp.int32),
    # outputs
    normals: wp.array(dtype=wp.vec3),
) -> None:
    """One body triangle: add its angle-weighted normal to its vertices (Baerentzen and Aanaes 2005)."""
    t = wp.tid()
    i0 = indices[3 * t]
    i1 = indices[3 * t + 1]
    i2 = indices[3 * t + 2]
    a = points[i1] - points[i0]
    b = points[i2] - points[i1]
    c = points[i0] - points[i2]
    n = wp.cross(a, -c)
    size = wp.length(n)
    if size < 1.0e-14:
        return
    n = n / size
    wp.atomic_add(normals, i0, n * wp.atan2(size, wp.dot(a, -c)))
    wp.atomic_add(normals, i1, n * wp.atan2(size, wp.dot(b, -a)))
    wp.atomic_add(normals, i2, n * wp.atan2(size, wp.dot(c, -b)))


@wp.kernel
def apply_step(
    step: wp.array(dtype=wp.vec3),
    cap: float,
    # outputs
    x: wp.array(dtype=wp.vec3),
) -> None:
    """One vertex: x += step, never further than cap [m] in one Newton iteration."""
    i = wp.tid()
    s = step[i]
    size = wp.length(s)
    if size > cap:
        s = s * (cap / size)
    x[i] = x[i] + s

"""Warp kernels for cloth against cloth: broad phase, proximity contacts, continuous detection, resolution.

Feature pairs are vertex-face and edge-edge; each vertex and edge belongs to one triangle, so that a pair of overlapping
triangles tests each of its feature pairs once (Curtis et al. 2008, representative triangles). Continuous detection is
additive advancement (Li et al. 2021, Codimensional incremental potential contact, section 5).
"""

from __future__ import annotations

import warp as wp

wp.set_module_options({"enable_backward": False})

VERTEX_FACE = wp.constant(0)
EDGE_EDGE = wp.constant(1)
ADVANCES = wp.constant(48)


@wp.struct
class Closest:
    """Closest points of a feature pair: weights of the four vertices (they sum to zero), the vector between, inside."""

    weights: wp.vec4
    across: wp.vec3
    inside: int


@wp.func
def closest_on_triangle(p: wp.vec3, a: wp.vec3, b: wp.vec3, c: wp.vec3) -> wp.vec3:
    """Return the barycentric coordinates of the point of triangle abc nearest to p (Ericson 2005, 5.1.5)."""
    ab = b - a
    ac = c - a
    ap = p - a
    d1 = wp.dot(ab, ap)
    d2 = wp.dot(ac, ap)
    if d1 <= 0.0 and d2 <= 0.0:
        return wp.vec3(1.0, 0.0, 0.0)
    bp = p - b
    d3 = wp.dot(ab, bp)
    d4 = wp.dot(ac, bp)
    if d3 >= 0.0 and d4 <= d3:
        return wp.vec3(0.0, 1.0, 0.0)
    vc = d1 * d4 - d3 * d2
    if vc <= 0.0 and d1 >= 0.0 and d3 <= 0.0:
        v = d1 / (d1 - d3)
        return wp.vec3(1.0 - v, v, 0.0)
    cp = p - c
    d5 = wp.dot(ab, cp)
    d6 = wp.dot(ac, cp)
    if d6 >= 0.0 and d5 <= d6:
        return wp.vec3(0.0, 0.0, 1.0)
    vb = d5 * d2 - d1 * d6
    if vb <= 0.0 and d2 >= 0.0 and d6 <= 0.0:
        w = d2 / (d2 - d6)
        return wp.vec3(1.0 - w, 0.0, w)
    va = d3 * d6 - d5 * d4
    if va <= 0.0 and (d4 - d3) >= 0.0 and (d5 - d6) >= 0.0:
        w = (d4 - d3) / ((d4 - d3) + (d5 - d6))
        return wp.vec3(0.0, 1.0 - w, w)
    denominator = 1.0 / (va + vb + vc)
    return wp.vec3(1.0 - (vb + vc) * denominator, vb * denominator, vc * denominator)


@wp.func
def closest_on_edges(p1: wp.vec3, q1: wp.vec3, p2: wp.vec3, q2: wp.vec3) -> wp.vec2:
    """Return the parameters of the closest points of segments p1q1 and p2q2 (Ericson 2005, 5.1.9)."""
    d1 = q1 - p1
    d2 = q2 - p2
    r = p1 - p2
    a = wp.dot(d1, d1)
    e = wp.dot(d2, d2)
    f = wp.dot(d2, r)
    c = wp.dot(d1, r)
    b = wp.dot(d1, d2)
    denominator = a * e - b * b
    s = 0.0
    if denominator > 1.0e-7 * a * e:
        s = wp.clamp((b * f - c * e) / denominator, 0.0, 1.0)
    else:
        s = 0.5
    t = (b * s + f) / wp.max(e, 1.0e-20)
    if t < 0.0:
        t = 0.0
        s = wp.clamp(-c / wp.max(a, 1.0e-20), 0.0, 1.0)
    elif t > 1.0:
        t = 1.0
        s = wp.clamp((b - c) / wp.max(a, 1.0e-20), 0.0, 1.0)
    return wp.vec2(s, t)


@wp.func
def closest_features(kind: int, a: wp.vec3, b: wp.vec3, c: wp.vec3, d: wp.vec3) -> Closest:
    """Vertex a against face bcd, or edge ab against edge cd."""
    found = Closest()
    if kind == VERTEX_FACE:
        w = closest_on_triangle(a, b, c, d)
        found.weights = wp.vec4(1.0, -w[0], -w[1], -w[2])
        found.across = a - (w[0] * b + w[1] * c + w[2] * d)
        found.inside = 1
    else:
        st = closest_on_edges(a, b, c, d)
        s = st[0]
        t = st[1]
        found.weights = wp.vec4(1.0 - s, s, t - 1.0, -t)
        found.across = (a + s * (b - a)) - (c + t * (d - c))
        found.inside = 0
        if s > 0.0 and s < 1.0 and t > 0.0 and t < 1.0:
            found.inside = 1
    return found


@wp.func
def apart(kind: int, a: wp.vec3, b: wp.vec3, c: wp.vec3, d: wp.vec3, reach: float) -> bool:
    """Return whether the boxes of the two features are further apart than reach."""
    lo1 = a
    hi1 = a
    lo2 = wp.min(c, d)
    hi2 = wp.max(c, d)
    if kind == VERTEX_FACE:
        lo2 = wp.min(lo2, b)
        hi2 = wp.max(hi2, b)
    else:
        lo1 = wp.min(a, b)
        hi1 = wp.max(a, b)
    gap1 = lo1 - hi2
    gap2 = lo2 - hi1
    return (
        gap1[0] > reach
        or gap1[1] > reach
        or gap1[2] > reach
        or gap2[0] > reach
        or gap2[1] > reach
        or gap2[2] > reach
    )


@wp.kernel
def swept_boxes(
    x0: wp.array(dtype=wp.vec3),
    x1: wp.array(dtype=wp.vec3),
    faces: wp.array(dtype=wp.vec3i),
    margin: float,
    # outputs
    lower: wp.array(dtype=wp.vec3),
    upper: wp.array(dtype=wp.vec3),
) -> None:
    """One triangle: the box of its motion from x0 to x1, grown by margin [m]."""
    t = wp.tid()
    f = faces[t]
    lo = wp.min(x0[f[0]], x1[f[0]])
    hi = wp.max(x0[f[0]], x1[f[0]])
    for i in range(1, 3):
        lo = wp.min(lo, wp.min(x0[f[i]], x1[f[i]]))
        hi = wp.max(hi, wp.max(x0[f[i]], x1[f[i]]))
    grow = wp.vec3(margin, margin, margin)
    lower[t] = lo - grow
    upper[t] = hi + grow


@wp.func
def aside(n: wp.vec3, origin: wp.vec3, a: wp.vec3, b: wp.vec3, c: wp.vec3, reach: float) -> bool:
    """Return whether a, b and c all lie further than reach from the plane through origin, on the side of its normal n."""
    return wp.min(wp.dot(n, a - origin), wp.min(wp.dot(n, b - origin), wp.dot(n, c - origin))) > reach


@wp.func
def way_against(kind: int, da: wp.vec3, db: wp.vec3, dp: wp.vec3, dq: wp.vec3) -> float:
    """Return by how much two features come nearer at most, while their vertices move by da, db, dp and dq."""
    if kind == VERTEX_FACE:
        return wp.length(da) + wp.max(wp.length(db), wp.max(wp.length(dp), wp.length(dq)))
    return wp.max(wp.length(da), wp.length(db)) + wp.max(wp.length(dp), wp.length(dq))


@wp.func
def offer(
    kind: int,
    i: int,
    j: int,
    k: int,
    m: int,
    x: wp.array(dtype=wp.vec3),
    travel: wp.array(dtype=wp.vec3),
    clear: float,
    reach: float,
    ahead: float,
    furthest: float,
    last: int,
    count: wp.array(dtype=wp.int32),
    counter: int,
    pair: wp.array(dtype=wp.vec4i),
    pair_kind: wp.array(dtype=wp.int32),
) -> None:
    """Store a feature pair that may come nearer than `clear` on its way, or that ends it nearer than `reach`.

    A pair further apart than `furthest` does neither. The way of the features against each other, up to `ahead`, is added to reach.
    """
    if i == k or i == m or j == k or j == m:
        return
    a = x[i]
    b = x[j]
    c = x[k]
    d = x[m]
    if apart(kind, a, b, c, d, furthest):
        return
    found = closest_features(kind, a, b, c, d)
    square = wp.length_sq(found.across)
    if square > furthest * furthest:
        return
    mean = 0.25 * (travel[i] + travel[j] + travel[k] + travel[m])
    way = way_against(kind, travel[i] - mean, travel[j] - mean, travel[k] - mean, travel[m] - mean)
    if square > (clear + way) * (clear + way):
        end = closest_features(kind, a + travel[i], b + travel[j], c + travel[k], d + travel[m])
        near = reach + wp.min(way, ahead)
        if wp.length_sq(end.across) > near * near:
            return
    slot = wp.atomic_add(count, counter, 1)
    if slot < last:
        pair[slot] = wp.vec4i(i, j, k, m)
        pair_kind[slot] = kind


@wp.kernel
def group_boxes(
    row: wp.array(dtype=wp.int32),
    lower: wp.array(dtype=wp.vec3),
    upper: wp.array(dtype=wp.vec3),
    # outputs
    group_lower: wp.array(dtype=wp.vec3),
    group_upper: wp.array(dtype=wp.vec3),
) -> None:
    """One group of triangles, row[g] to row[g + 1]: the box round theirs."""
    g = wp.tid()
    lo = lower[row[g]]
    hi = upper[row[g]]
    for t in range(row[g] + 1, row[g + 1]):
        lo = wp.min(lo, lower[t])
        hi = wp.max(hi, upper[t])
    group_lower[g] = lo
    group_upper[g] = hi


@wp.kernel
def triangle_ways(
    x: wp.array(dtype=wp.vec3),
    travel: wp.array(dtype=wp.vec3),
    faces: wp.array(dtype=wp.vec3i),
    # outputs
    normal: wp.array(dtype=wp.vec3),
    way: wp.array(dtype=wp.vec3),
    spread: wp.array(dtype=float),
) -> None:
    """One triangle: its unit normal, its mean way [m], and how far the ways of its corners lie from that at most."""
    t = wp.tid()
    f = faces[t]
    mean = (travel[f[0]] + travel[f[1]] + travel[f[2]]) / 3.0
    normal[t] = wp.normalize(wp.cross(x[f[1]] - x[f[0]], x[f[2]] - x[f[0]]))
    way[t] = mean
    spread[t] = wp.max(
        wp.length(travel[f[0]] - mean), wp.max(wp.length(travel[f[1]] - mean), wp.length(travel[f[2]] - mean))
    )


@wp.func
def fan_height(
    a: int,
    first: int,
    end: int,
    link: wp.array(dtype=wp.vec2i),
    x: wp.array(dtype=wp.vec3),
    travel: wp.array(dtype=wp.vec3),
    share: float,
) -> float:
    """Return the least height [m] of the triangles round a vertex in their projection along their mean normal; 0 when it folds.

    The vertices are at x + share travel. A closed fan whose projected triangles all turn the same way, once round, is a plane star.
    Two features of a star that share no vertex are no nearer than the least height H of its triangles: a rim vertex p is |ap| sin(angle)
    from a ray at that angle, so at least the height of the triangle between from whatever lies behind it; two edges do
    not cross, so they are nearest at an end of one. In space they are no nearer than in projection.
    """
    o = x[a] + share * travel[a]
    total = wp.vec3()
    for k in range(first, end):
        p = x[link[k][0]] + share * travel[link[k][0]] - o
        q = x[link[k][1]] + share * travel[link[k][1]] - o
        total += wp.cross(p, q)
    n = wp.normalize(total)
    aside_first = wp.cross(n, x[link[first][0]] - o)
    least = float(1.0e9)
    turns = int(0)
    for k in range(first, end):
        p = x[link[k][0]] + share * travel[link[k][0]] - o
        q = x[link[k][1]] + share * travel[link[k][1]] - o
        longest = wp.sqrt(wp.max(wp.length_sq(p - q), wp.max(wp.length_sq(p), wp.length_sq(q))))
        least = wp.min(least, wp.dot(n, wp.cross(p, q)) / wp.max(longest, 1.0e-9))
        if wp.dot(aside_first, p) < 0.0 and wp.dot(aside_first, q) >= 0.0:
            turns += 1
    if turns != 1:
        return 0.0
    return least


@wp.kernel
def flat_fans(
    row: wp.array(dtype=wp.int32),
    link: wp.array(dtype=wp.vec2i),
    closed: wp.array(dtype=wp.int32),
    x: wp.array(dtype=wp.vec3),
    travel: wp.array(dtype=wp.vec3),
    clear: float,
    reach: float,
    ahead: float,
    first: int,
    # outputs
    flat: wp.array(dtype=wp.int32),
) -> None:
    """One vertex, from `first` on: whether no two features of the triangles round it can be a pair of `find_pairs`.

    link (3 T, 2), row[a] to row[a + 1], are the other corners of these triangles, in their sense; `closed` tells whether they close round
    the vertex. Features of these move against each other by twice the largest way against the vertex at most.
    """
    a = first + wp.tid()
    flat[a] = 0
    if closed[a] == 0:
        return
    square = float(0.0)
    for k in range(row[a], row[a + 1]):
        square = wp.max(square, wp.length_sq(travel[link[k][0]] - travel[a]))
    way = 2.0 * wp.sqrt(square)
    if fan_height(a, row[a], row[a + 1], link, x, travel, 0.0) <= clear + way + 1.0e-5:
        return
    if fan_height(a, row[a], row[a + 1], link, x, travel, 1.0) > reach + wp.min(way, ahead) + 1.0e-5:
        flat[a] = 1


@wp.kernel
def near_groups(
    bvh: wp.uint64,
    lower: wp.array(dtype=wp.vec3),
    upper: wp.array(dtype=wp.vec3),
    room: int,
    first: int,
    # outputs
    near: wp.array(dtype=wp.int32),
    near_count: wp.array(dtype=wp.int32),
) -> None:
    """One group of triangles, from `first` on: list the groups, in the tree's order, whose boxes meet its own; `room` places."""
    g = first + wp.tid()
    count = int(0)
    other = int(0)
    query = wp.bvh_query_aabb(bvh, lower[g], upper[g])
    while wp.bvh_query_next(query, other):
        if other >= g:
            if count < room:
                near[g * room + count] = other
            count += 1
    near_count[g] = count


@wp.func
def meet(low: wp.vec3, high: wp.vec3, lo: wp.vec3, hi: wp.vec3) -> bool:
    """Return whether two boxes meet."""
    return (
        low[0] <= hi[0]
        and low[1] <= hi[1]
        and low[2] <= hi[2]
        and high[0] >= lo[0]
        and high[1] >= lo[1]
        and high[2] >= lo[2]
    )


@wp.func
def beyond(n: wp.vec3, origin: wp.vec3, a: wp.vec3, b: wp.vec3, c: wp.vec3, reach: float) -> bool:
    """Return whether a, b and c all lie further than reach from the plane through origin, on one side of it."""
    d = wp.dot(n, a - origin)
    e = wp.dot(n, b - origin)
    f = wp.dot(n, c - origin)
    return wp.min(d, wp.min(e, f)) > reach or wp.max(d, wp.max(e, f)) < -reach


@wp.kernel
def find_pairs(
    near: wp.array(dtype=wp.int32),
    near_count: wp.array(dtype=wp.int32),
    room: int,
    group_of: wp.array(dtype=wp.int32),
    row: wp.array(dtype=wp.int32),
    group_lower: wp.array(dtype=wp.vec3),
    group_upper: wp.array(dtype=wp.vec3),
    lower: wp.array(dtype=wp.vec3),
    upper: wp.array(dtype=wp.vec3),
    faces: wp.array(dtype=wp.vec3i),
    owns: wp.array(dtype=wp.int32),
    normal: wp.array(dtype=wp.vec3),
    way: wp.array(dtype=wp.vec3),
    spread: wp.array(dtype=float),
    flat: wp.array(dtype=wp.int32),
    x: wp.array(dtype=wp.vec3),
    travel: wp.array(dtype=wp.vec3),
    clear: float,
    reach: float,
    ahead: float,
    first: int,
    counter: int,
    last: int,
    # outputs
    count: wp.array(dtype=wp.int32),
    pair: wp.array(dtype=wp.vec4i),
    pair_kind: wp.array(dtype=wp.int32),
) -> None:
    """One triangle: store the feature pairs with later triangles that matter to this step's filter or the next one's contacts.

    These are the pairs that may come nearer than `clear` [m] while x moves by `travel`, and those that are nearer than `reach` [m]
    at its end; features that move against each other count as nearer by that way, up to `ahead` [m].

    near (G, room) lists the groups, of triangles row[g] to row[g + 1], that the triangle's own may meet. Two triangles come no nearer
    than by how much their vertices move against each other; those that share a `flat` corner have no such pair. Bits 0-2 of `owns` tell
    which corners, bits 3-5 which edges (corner e to e + 1) the triangle represents. Slots are counted by count[counter] and end before
    `last`.
    """
    t = first + wp.tid()
    f = faces[t]
    mine = owns[t]
    lo = lower[t]
    hi = upper[t]
    a0 = x[f[0]]
    a1 = x[f[1]]
    a2 = x[f[2]]
    n = normal[t]
    n0 = wp.normalize(wp.cross(a1 - a0, n))
    n1 = wp.normalize(wp.cross(a2 - a1, n))
    n2 = wp.normalize(wp.cross(a0 - a2, n))
    own = group_of[t]
    for place in range(own * room, own * room + near_count[own]):
        group = near[place]
        if not meet(group_lower[group], group_upper[group], lo, hi):
            continue
        for other in range(wp.max(row[group], t + 1), row[group + 1]):
            if not meet(lower[other], upper[other], lo, hi):
                continue
            g = faces[other]
            joined = int(0)  # triangles that share a corner lie aside of no plane
            known = int(0)
            for c in range(3):
                if f[c] == g[0] or f[c] == g[1] or f[c] == g[2]:
                    joined = 1
                    known += flat[f[c]]
            if known > 0:
                continue
            against = wp.length(way[t] - way[other]) + spread[t] + spread[other]
            full = reach + against + wp.min(against, ahead)
            if joined == 0:
                b0 = x[g[0]]
                b1 = x[g[1]]
                b2 = x[g[2]]
                if (
                    beyond(n, a0, b0, b1, b2, full)
                    or aside(n0, a0, b0, b1, b2, full)
                    or aside(n1, a1, b0, b1, b2, full)
                    or aside(n2, a2, b0, b1, b2, full)
                    or beyond(normal[other], b0, a0, a1, a2, full)
                ):
                    continue
            theirs = owns[other]
            for c in range(3):
                if (mine & (1 << c)) != 0 and f[c] != g[0] and f[c] != g[1] and f[c] != g[2]:
                    offer(
                        VERTEX_FACE, f[c], g[0], g[1], g[2], x, travel, clear, reach, ahead, full, last, count, counter,
                        pair, pair_kind,
                    )  # fmt: skip
                if (theirs & (1 << c)) != 0 and g[c] != f[0] and g[c] != f[1] and g[c] != f[2]:
                    offer(
                        VERTEX_FACE, g[c], f[0], f[1], f[2], x, travel, clear, reach, ahead, full, last, count, counter,
                        pair, pair_kind,
                    )  # fmt: skip
            for a in range(3):
                if (mine & (8 << a)) != 0:
                    for b in range(3):
                        if (theirs & (8 << b)) != 0:
                            offer(
                                EDGE_EDGE, f[a], f[(a + 1) % 3], g[b], g[(b + 1) % 3], x, travel, clear, reach, ahead, full,
                                last, count, counter, pair, pair_kind,
                            )  # fmt: skip


@wp.kernel
def make_contacts(
    pair: wp.array(dtype=wp.vec4i),
    pair_kind: wp.array(dtype=wp.int32),
    x: wp.array(dtype=wp.vec3),
    v: wp.array(dtype=wp.vec3),
    dt: float,
    reach: float,
    ahead: float,
    # outputs
    weights: wp.array(dtype=wp.vec4),
    normal: wp.array(dtype=wp.vec3),
) -> None:
    """One pair: contact direction and weights at the start of the step; weights are zero when there is no contact.

    There is one from `reach` [m] on, and from up to `ahead` [m] further where the features move against each other.
    """
    c = wp.tid()
    i = pair[c]
    kind = pair_kind[c]
    found = closest_features(kind, x[i[0]], x[i[1]], x[i[2]], x[i[3]])
    distance = wp.length(found.across)
    weights[c] = wp.vec4(0.0, 0.0, 0.0, 0.0)
    full = reach
    if ahead > 0.0:
        mean = 0.25 * (v[i[0]] + v[i[1]] + v[i[2]] + v[i[3]])
        full += wp.min(
            dt * way_against(kind, v[i[0]] - mean, v[i[1]] - mean, v[i[2]] - mean, v[i[3]] - mean), ahead
        )
    if found.inside == 1 and distance < full and distance > 1.0e-9:
        weights[c] = found.weights
        normal[c] = found.across / distance


@wp.func
def combine(w: wp.vec4, v: wp.vec4i, x: wp.array(dtype=wp.vec3)) -> wp.vec3:
    """Return the weighted sum of four vertices."""
    return w[0] * x[v[0]] + w[1] * x[v[1]] + w[2] * x[v[2]] + w[3] * x[v[3]]


@wp.func
def contact_block(n: wp.vec3, along: float, across: float) -> wp.mat33:
    """Return the Hessian block [N/m] of a contact: `along` its normal n, `across` it."""
    nn = wp.outer(n, n)
    return along * nn + across * (wp.identity(n=3, dtype=float) - nn)


@wp.kernel
def cloth_contact(
    pair: wp.array(dtype=wp.vec4i),
    weights: wp.array(dtype=wp.vec4),
    normal: wp.array(dtype=wp.vec3),
    x: wp.array(dtype=wp.vec3),
    start: wp.array(dtype=wp.vec3),
    thickness: float,
    stiffness: float,
    friction: float,
    slip_floor: float,
    # outputs
    gradient: wp.array(dtype=wp.vec3),
    extra: wp.array(dtype=wp.mat33),
    normal_stiffness: wp.array(dtype=float),
    tangent_stiffness: wp.array(dtype=float),
) -> None:
    """One contact: penalty k (thickness - n.d)^2 / 2 and lagged Coulomb friction against slip in this step [N, N/m]."""
    c = wp.tid()
    normal_stiffness[c] = 0.0
    tangent_stiffness[c] = 0.0
    w = weights[c]
    if w[0] == 0.0 and w[1] == 0.0:
        return
    v = pair[c]
    n = normal[c]
    depth = thickness - wp.dot(n, combine(w, v, x))
    if depth <= 0.0:
        return
    slip = combine(w, v, x) - combine(w, v, start)
    slip = slip - n * wp.dot(n, slip)
    kt = friction * stiffness * depth / wp.max(wp.length(slip), slip_floor)
    normal_stiffness[c] = stiffness
    tangent_stiffness[c] = kt
    force = -stiffness * depth * n + kt * slip
    block = contact_block(n, stiffness, kt)
    for a in range(4):
        wp.atomic_add(gradient, v[a], w[a] * force)
        wp.atomic_add(extra, v[a], (w[a] * w[a]) * block)


@wp.kernel
def cloth_contact_multiply(
    pair: wp.array(dtype=wp.vec4i),
    weights: wp.array(dtype=wp.vec4),
    normal: wp.array(dtype=wp.vec3),
    normal_stiffness: wp.array(dtype=float),
    tangent_stiffness: wp.array(dtype=float),
    p: wp.array(dtype=wp.vec3),
    # outputs
    product: wp.array(dtype=wp.vec3),
) -> None:
    """One contact: add its Hessian times p."""
    c = wp.tid()
    if normal_stiffness[c] == 0.0:
        return
    v = pair[c]
    w = weights[c]
    n = normal[c]
    u = combine(w, v, p)
    along = wp.dot(n, u)
    q = normal_stiffness[c] * along * n + tangent_stiffness[c] * (u - along * n)
    for a in range(4):
        wp.atomic_add(product, v[a], w[a] * q)


@wp.kernel
def sum_coarse_contact(
    pair: wp.array(dtype=wp.vec4i),
    weights: wp.array(dtype=wp.vec4),
    normal: wp.array(dtype=wp.vec3),
    normal_stiffness: wp.array(dtype=float),
    tangent_stiffness: wp.array(dtype=float),
    aggregate: wp.array(dtype=wp.int32),
    # outputs
    coarse: wp.array2d(dtype=wp.mat33),
) -> None:
    """One contact: add its Hessian to the coarse matrix."""
    c = wp.tid()
    if normal_stiffness[c] == 0.0:
        return
    v = pair[c]
    w = weights[c]
    block = contact_block(normal[c], normal_stiffness[c], tangent_stiffness[c])
    for a in range(4):
        for b in range(4):
            wp.atomic_add(coarse, aggregate[v[a]], aggregate[v[b]], (w[a] * w[b]) * block)


@wp.kernel
def find_impacts(
    pair: wp.array(dtype=wp.vec4i),
    pair_kind: wp.array(dtype=wp.int32),
    x0: wp.array(dtype=wp.vec3),
    x1: wp.array(dtype=wp.vec3),
    separation: float,
    capacity: int,
    # outputs
    count: wp.array(dtype=wp.int32),
    impact: wp.array(dtype=wp.vec4i),
    weights: wp.array(dtype=wp.vec4),
    normal: wp.array(dtype=wp.vec3),
    target: wp.array(dtype=float),
) -> None:
    """One pair: store an impact when, moving from x0 to x1, it comes closer than separation [m] (or half its start)."""
    c = wp.tid()
    kind = pair_kind[c]
    v = pair[c]
    a = x0[v[0]]
    b = x0[v[1]]
    p = x0[v[2]]
    q = x0[v[3]]
    da = x1[v[0]] - a
    db = x1[v[1]] - b
    dp = x1[v[2]] - p
    dq = x1[v[3]] - q
    mean = 0.25 * (da + db + dp + dq)
    da = da - mean
    db = db - mean
    dp = dp - mean
    dq = dq - mean
    bound = way_against(kind, da, db, dp, dq)
    found = closest_features(kind, a, b, p, q)
    distance = wp.length(found.across)
    stop = wp.min(separation, 0.5 * distance)
    if distance - bound > stop or bound < 1.0e-9:
        return
    t = float(0.0)
    hit = int(0)
    for _s in range(ADVANCES):
        t = t + 0.95 * (distance - stop) / bound + 1.0e-5
        if t >= 1.0:
            break
        found = closest_features(kind, a + t * da, b + t * db, p + t * dp, q + t * dq)
        distance = wp.length(found.across)
        if distance < 1.02 * stop:
            hit = 1
            break
    if t < 1.0 and hit == 0:
        hit = 1  # still creeping towards stop: treat it as an impact
    if hit == 0:
        end = closest_features(kind, a + da, b + db, p + dp, q + dq)
        if wp.length(end.across) >= stop:
            return
        found = end
    size = wp.length(found.across)
    if size < 1.0e-12:
        return
    slot = wp.atomic_add(count, 0, 1)
    if slot < capacity:
        impact[slot] = v
        weights[slot] = found.weights
        normal[slot] = found.across / size
        target[slot] = 1.1 * separation


@wp.kernel
def resolve_impacts(
    impacts: int,
    impact: wp.array(dtype=wp.vec4i),
    weights: wp.array(dtype=wp.vec4),
    normal: wp.array(dtype=wp.vec3),
    target: wp.array(dtype=float),
    inverse_mass: wp.array(dtype=float),
    count: int,
    active: wp.array(dtype=wp.int32),
    element: wp.array(dtype=wp.vec3i),
    weight: wp.array(dtype=wp.vec3),
    body_face: wp.array(dtype=wp.int32),
    body_normal: wp.array(dtype=wp.vec3),
    body_offset: wp.array(dtype=float),
    body_gap: float,
    sweeps: int,
    # outputs
    x: wp.array(dtype=wp.vec3),
) -> None:
    """Single thread: Gauss-Seidel over impacts (n.d >= target) and body planes (n.x >= offset + gap) at a step's end."""
    for _s in range(sweeps):
        for c in range(impacts):
            v = impact[c]
            w = weights[c]
            n = normal[c]
            lack = target[c] - wp.dot(n, combine(w, v, x))
            if lack > 0.0:
                m = float(1.0e-12)
                for a in range(4):
                    m += w[a] * w[a] * inverse_mass[v[a]]
                for a in range(4):
                    x[v[a]] = x[v[a]] + n * (lack * w[a] * inverse_mass[v[a]] / m)
        for k in range(count):
            i = active[k]
            if body_face[i] >= 0:
                e = element[i]
                share = weight[i]
                p = share[0] * x[e[0]] + share[1] * x[e[1]] + share[2] * x[e[2]]
                lack = body_gap - (wp.dot(body_normal[i], p) - body_offset[i])
                if lack > 0.0:
                    for b in range(3):
                        if share[b] > 0.0:
                            x[e[b]] = x[e[b]] + lack * body_normal[i]


@wp.kernel
def push_off_body(
    active: wp.array(dtype=wp.int32),
    element: wp.array(dtype=wp.vec3i),
    weight: wp.array(dtype=wp.vec3),
    body_face: wp.array(dtype=wp.int32),
    body_normal: wp.array(dtype=wp.vec3),
    body_offset: wp.array(dtype=float),
    gap: float,
    # outputs
    x: wp.array(dtype=wp.vec3),
) -> None:
    """One contact point: move its vertices out until it lies `gap` [m] along its body normal, when it is nearer."""
    i = active[wp.tid()]
    if body_face[i] >= 0:
        e = element[i]
        w = weight[i]
        p = w[0] * x[e[0]] + w[1] * x[e[1]] + w[2] * x[e[2]]
        lack = gap - (wp.dot(body_normal[i], p) - body_offset[i])
        if lack > 0.0:
            for a in range(3):
                if w[a] > 0.0:
                    wp.atomic_add(x, e[a], lack * body_normal[i])


@wp.kernel
def push_off_pokes(
    element: wp.array(dtype=wp.vec3i),
    weight: wp.array(dtype=wp.vec3),
    normal: wp.array(dtype=wp.vec3),
    offset: wp.array(dtype=float),
    gap: float,
    # outputs
    x: wp.array(dtype=wp.vec3),
) -> None:
    """One cloth face that a body vertex is near to or pokes through: move it out until the touched point is clear by gap."""
    i = wp.tid()
    e = element[i]
    w = weight[i]
    lack = gap - (wp.dot(normal[i], w[0] * x[e[0]] + w[1] * x[e[1]] + w[2] * x[e[2]]) - offset[i])
    if lack > 0.0:
        share = wp.dot(w, w)
        for a in range(3):
            wp.atomic_add(x, e[a], normal[i] * (lack * w[a] / share))


@wp.kernel
def push_off_floor(
    gap: float,
    # outputs
    x: wp.array(dtype=wp.vec3),
) -> None:
    """One vertex: lift it to `gap` [m] above the floor when it is lower."""
    i = wp.tid()
    if x[i][1] < gap:
        x[i] = wp.vec3(x[i][0], gap, x[i][2])

"""Warp kernels that move the rendered surface to a frame: subdivision, normals, tucking under cloth, rims."""

import warp as wp

wp.set_module_options({"enable_backward": False})


@wp.kernel
def combine(
    source: wp.array(dtype=wp.vec3),
    indptr: wp.array(dtype=int),
    indices: wp.array(dtype=int),
    weights: wp.array(dtype=float),
    offset: int,
    # outputs
    target: wp.array(dtype=wp.vec3),
):
    """One row of a sparse matrix times points: a subdivided vertex."""
    i = wp.tid()
    p = wp.vec3(0.0, 0.0, 0.0)
    for k in range(indptr[i], indptr[i + 1]):
        p = p + weights[k] * source[indices[k]]
    target[offset + i] = p


@wp.kernel
def add_face_normals(
    points: wp.array(dtype=wp.vec3),
    faces: wp.array(dtype=int),
    first: int,
    # outputs
    normals: wp.array(dtype=wp.vec3),
):
    """Add a triangle's area vector to its corners."""
    f = first + wp.tid()
    i = faces[3 * f]
    j = faces[3 * f + 1]
    k = faces[3 * f + 2]
    n = wp.cross(points[j] - points[i], points[k] - points[i])
    wp.atomic_add(normals, i, n)
    wp.atomic_add(normals, j, n)
    wp.atomic_add(normals, k, n)


@wp.kernel
def add_threads(
    points: wp.array(dtype=wp.vec3),
    faces: wp.array(dtype=int),
    corners: wp.array(dtype=wp.vec4),
    rows: wp.array(dtype=int),
    # outputs
    threads: wp.array(dtype=wp.vec3),
):
    """Add a triangle's direction of growing x on the panel (the weft), times its size, to its corners' rows."""
    f = wp.tid()
    a = points[faces[3 * f]]
    e1 = points[faces[3 * f + 1]] - a
    e2 = points[faces[3 * f + 2]] - a
    c = corners[3 * f]
    x1 = corners[3 * f + 1][0] - c[0]
    y1 = corners[3 * f + 1][1] - c[1]
    x2 = corners[3 * f + 2][0] - c[0]
    y2 = corners[3 * f + 2][1] - c[1]
    det = x1 * y2 - x2 * y1
    if wp.abs(det) > 1.0e-12:
        weft = (y2 * e1 - y1 * e2) * wp.sign(det)
        wp.atomic_add(threads, rows[3 * f], weft)
        wp.atomic_add(threads, rows[3 * f + 1], weft)
        wp.atomic_add(threads, rows[3 * f + 2], weft)


@wp.kernel
def normalise(normals: wp.array(dtype=wp.vec3)):
    """Make vectors unit."""
    i = wp.tid()
    normals[i] = wp.normalize(normals[i])


@wp.kernel
def cover_depth(
    cloth: wp.uint64,
    points: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
    clearance: float,
    # outputs
    sink: wp.array(dtype=float),
):
    """How far [m] a body vertex must sink to lie `clearance` below the cloth within 30 mm over it."""
    i = wp.tid()
    n = normals[i]
    back = 0.010
    q = wp.mesh_query_ray(cloth, points[i] - back * n, n, 0.04)
    depth = float(0.0)
    if q.result:
        depth = wp.clamp(clearance - (q.t - back), 0.0, 0.014)
    sink[i] = depth


@wp.kernel
def tuck_under(
    cloth: wp.uint64,
    garment_of_face: wp.array(dtype=int),
    garment_of_vertex: wp.array(dtype=int),
    points: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
    clearance: float,
    # outputs
    sink: wp.array(dtype=float),
):
    """How far [m] a vertex of cloth must move in to lie `clearance` under another garment that covers it closely."""
    i = wp.tid()
    n = normals[i]
    gone = float(0.0002)
    depth = float(0.0)
    for _layer in range(4):
        q = wp.mesh_query_ray(cloth, points[i] + gone * n, n, clearance)
        if q.result and gone < clearance:
            gone = gone + q.t
            if garment_of_face[q.face] != garment_of_vertex[i]:
                depth = wp.max(depth, wp.max(clearance - gone, 0.0))
            gone = gone + 0.0001
    sink[i] = depth


@wp.kernel
def spread_sink(
    indptr: wp.array(dtype=int),
    indices: wp.array(dtype=int),
    sink: wp.array(dtype=float),
    # outputs
    spread: wp.array(dtype=float),
):
    """Carry half of the deepest neighbour's depth over, so that no body shows between covered vertices."""
    i = wp.tid()
    d = sink[i]
    for k in range(indptr[i], indptr[i + 1]):
        d = wp.max(d, 0.6 * sink[indices[k]])
    spread[i] = d


@wp.kernel
def move_in(sink: wp.array(dtype=float), normals: wp.array(dtype=wp.vec3), points: wp.array(dtype=wp.vec3)):
    """Move vertices inwards."""
    i = wp.tid()
    points[i] = points[i] - sink[i] * normals[i]


@wp.kernel
def place_rim(
    source: wp.array(dtype=int),
    thickness: wp.array(dtype=float),
    first: int,
    # outputs
    points: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
):
    """Two copies of a boundary vertex: on the cloth, and a hem's thickness behind it."""
    i = wp.tid()
    s = source[i]
    points[first + 2 * i] = points[s]
    points[first + 2 * i + 1] = points[s] - thickness[i] * normals[s]


@wp.kernel
def place_buttons(
    owner: wp.array(dtype=int),
    local: wp.array(dtype=wp.vec3),
    face: wp.array(dtype=int),
    share: wp.array(dtype=wp.vec3),
    weft: wp.array(dtype=wp.vec2),
    faces: wp.array(dtype=int),
    first: int,
    # outputs
    points: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
):
    """Vertices of buttons on the cloth under their middle: along the axes of `engine.core.buttons.button_axes`."""
    i = wp.tid()
    b = owner[i]
    f = face[b]
    ia = faces[3 * f]
    ib = faces[3 * f + 1]
    ic = faces[3 * f + 2]
    w = share[b]
    centre = w[0] * points[ia] + w[1] * points[ib] + w[2] * points[ic]
    up = wp.normalize(w[0] * normals[ia] + w[1] * normals[ib] + w[2] * normals[ic])
    across = weft[b][0] * (points[ib] - points[ia]) + weft[b][1] * (points[ic] - points[ia])
    across = wp.normalize(across - wp.dot(across, up) * up)
    along = wp.cross(up, across)
    points[first + i] = centre + local[i][0] * across + local[i][1] * along + local[i][2] * up

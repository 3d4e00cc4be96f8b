"""Warp kernels that find what the differentiable picture shades: rays' first faces, and edges that hide something."""

import warp as wp

from toile.engine.render.draw_kernels import ray_at

wp.set_module_options({"enable_backward": False})

NEAREST = 0.01  # m, before the camera
BESIDE = 0.001  # pixels from an edge to the rays on either side of it
_nearest = wp.constant(NEAREST)
_beside = wp.constant(BESIDE)
_far = wp.constant(100.0)


@wp.kernel
def first_faces(
    mesh: wp.uint64,
    camera: wp.array(dtype=wp.vec3),
    width: float,
    height: float,
    first: int,
    place: wp.array(dtype=wp.vec2),
    # outputs
    face: wp.array(dtype=int),
):
    """The face that the ray through a place hits first, -1 for none."""
    i = first + wp.tid()
    d = ray_at(camera, width, height, place[i])
    q = wp.mesh_query_ray(mesh, camera[0], d, _far)
    hit = int(-1)
    if q.result:
        hit = q.face
    face[i] = hit


@wp.kernel
def face_camera(
    camera: wp.array(dtype=wp.vec3),
    points: wp.array(dtype=wp.vec3),
    faces: wp.array2d(dtype=int),
    first: int,
    # outputs
    front: wp.array(dtype=wp.uint8),
):
    """Whether each face turns its right side to the camera."""
    f = first + wp.tid()
    p = points[faces[f, 0]]
    area = wp.cross(points[faces[f, 1]] - p, points[faces[f, 2]] - p)
    front[f] = wp.uint8(wp.where(wp.dot(area, camera[0] - p) > 0.0, 1, 0))


@wp.func
def projected(
    camera: wp.array(dtype=wp.vec3), tangent: float, width: float, height: float, p: wp.vec3
) -> wp.vec3:
    """Place in the picture [pixels] and depth [m] of a point."""
    away = p - camera[0]
    depth = wp.dot(away, camera[3])
    scale = height / (2.0 * tangent * tangent) / wp.max(depth, 1.0e-6)
    x = 0.5 * width + wp.dot(away, camera[1]) * scale
    y = 0.5 * height - wp.dot(away, camera[2]) * scale
    return wp.vec3(x, y, depth)


@wp.kernel
def count_pieces(
    camera: wp.array(dtype=wp.vec3),
    tangent: float,
    width: float,
    height: float,
    density: float,
    points: wp.array(dtype=wp.vec3),
    front: wp.array(dtype=wp.uint8),
    edge_vertices: wp.array2d(dtype=int),
    edge_faces: wp.array2d(dtype=int),
    drawn: wp.array(dtype=wp.uint8),
    first: int,
    # outputs
    pieces: wp.array(dtype=int),
):
    """Into how many pieces each edge is cut: none unless its faces turn away from each other or what is drawn jumps."""
    e = first + wp.tid()
    count = int(0)
    other = wp.max(edge_faces[e, 1], 0)
    if drawn[e] == wp.uint8(1) or front[edge_faces[e, 0]] != front[other]:
        a = projected(camera, tangent, width, height, points[edge_vertices[e, 0]])
        b = projected(camera, tangent, width, height, points[edge_vertices[e, 1]])
        outside = wp.max(a[0], b[0]) < 0.0 or wp.min(a[0], b[0]) > width
        outside = outside or wp.max(a[1], b[1]) < 0.0 or wp.min(a[1], b[1]) > height
        outside = outside or wp.min(a[2], b[2]) < _nearest
        if not outside:
            length = wp.length(wp.vec2(b[0] - a[0], b[1] - a[1]))
            count = int(wp.min(wp.ceil(length * density), 8.0 * (width + height)))
    pieces[e] = count


@wp.kernel
def test_pieces(
    mesh: wp.uint64,
    camera: wp.array(dtype=wp.vec3),
    tangent: float,
    width: float,
    height: float,
    points: wp.array(dtype=wp.vec3),
    faces: wp.array2d(dtype=int),
    edge_vertices: wp.array2d(dtype=int),
    first: int,
    edge: wp.array(dtype=int),
    along: wp.array(dtype=float),
    # outputs
    place: wp.array(dtype=wp.vec2),
    normal: wp.array(dtype=wp.vec2),
    low: wp.array(dtype=int),
    high: wp.array(dtype=int),
    kept: wp.array(dtype=wp.uint8),
):
    """Where a piece lies, and the faces that rays on either side of it hit.

    It is kept where those differ and the nearer one ends at the edge: others are hidden.
    along: place of its middle between the edge's vertices, 0-1.
    """
    i = first + wp.tid()
    u = edge_vertices[edge[i], 0]
    v = edge_vertices[edge[i], 1]
    a = projected(camera, tangent, width, height, points[u])
    b = projected(camera, tangent, width, height, points[v])
    way = wp.vec2(b[0] - a[0], b[1] - a[1])
    way = way / wp.max(wp.length(way), 1.0e-12)
    n = wp.vec2(way[1], -way[0])
    s = along[i]
    at = wp.vec2(a[0] + s * (b[0] - a[0]), a[1] + s * (b[1] - a[1]))
    place[i] = at
    normal[i] = n
    keep = int(0)
    face_low = int(-1)
    face_high = int(-1)
    if at[0] >= 0.0 and at[1] >= 0.0 and at[0] < width and at[1] < height:
        ql = wp.mesh_query_ray(mesh, camera[0], ray_at(camera, width, height, at - _beside * n), _far)
        near = float(_far)
        nearer = int(-1)
        if ql.result:
            face_low = ql.face
            near = ql.t
            nearer = face_low
        # What lies well before the edge hides both of its sides.
        edge_near = wp.min(wp.length(points[u] - camera[0]), wp.length(points[v] - camera[0]))
        if near > edge_near - 1.0e-3 * edge_near:
            qh = wp.mesh_query_ray(mesh, camera[0], ray_at(camera, width, height, at + _beside * n), _far)
            if qh.result:
                face_high = qh.face
                if qh.t < near:
                    nearer = face_high
            if face_low != face_high:
                for c in range(3):
                    corner = faces[nearer, c]
                    if corner == u or corner == v:
                        keep = 1
    low[i] = face_low
    high[i] = face_high
    kept[i] = wp.uint8(keep)

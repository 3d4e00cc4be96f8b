"""Warp structures and functions of the renderer, and its first pass: what each pixel sees.

One entry a pixel (row-major): face (-1 backdrop, -2 floor, -3 floor that nothing shades), hit = (u, v, t), and for
figures and floors also place [m] and normal (unit, facing the viewer). Later passes run over lists of pixels.
"""

import warp as wp

from toile.shaders.material import Surface
from toile.shaders.paint import PAINTED, painted
from toile.shaders.studio import Studio, backdrop
from toile.shaders.tone import tone_map
from toile.shaders.weave import hash2

wp.set_module_options({"enable_backward": False})

MISS, FLOOR, CLEAR = -1, -2, -3
SHADOW_REACH = 4.0  # m, beyond which nothing stands between a surface and the lights
_painted = wp.constant(PAINTED)
_miss = wp.constant(MISS)
_floor = wp.constant(FLOOR)
_clear = wp.constant(CLEAR)
_far = wp.constant(100.0)
_shadow_reach = wp.constant(SHADOW_REACH)


@wp.struct
class View:
    """A pinhole camera: unit axes, tangent of half the vertical field of view, size in pixels.

    left to bottom: the window of pixels, ends excluded, outside of which no ray meets the figure.
    """

    origin: wp.vec3
    right: wp.vec3
    up: wp.vec3
    forward: wp.vec3
    tangent: float
    width: int
    height: int
    left: int
    top: int
    end: int
    bottom: int


@wp.struct
class Geometry:
    """Surfaces of a frame: three entries of `faces` and `corners` a triangle; corner = (x, y, seam, row) [m].

    low, high: a box round all of it [m].
    """

    mesh: wp.uint64
    points: wp.array(dtype=wp.vec3)
    normals: wp.array(dtype=wp.vec3)
    faces: wp.array(dtype=int)
    corners: wp.array(dtype=wp.vec4)
    material_of_face: wp.array(dtype=int)
    rows: wp.array(dtype=int)  # of corners
    threads: wp.array(dtype=wp.vec3)  # of rows: unit, along the weft
    paint: wp.array2d(dtype=wp.vec3)  # on skin and eyes
    low: wp.vec3
    high: wp.vec3


@wp.func
def ray_direction(view: View, x: float, y: float) -> wp.vec3:
    """Direction through a place of the picture, x and y in pixels from the top left corner."""
    h = float(view.height)
    a = (2.0 * x - float(view.width)) / h * view.tangent
    b = (h - 2.0 * y) / h * view.tangent
    return wp.normalize(view.forward + a * view.right + b * view.up)


@wp.func
def seen_backdrop(studio: Studio, view: View, x: float, y: float) -> wp.vec3:
    """Backdrop behind a place of the picture."""
    return backdrop(
        studio, (2.0 * x - float(view.width)) / float(view.height), 1.0 - 2.0 * y / float(view.height)
    )


@wp.func
def smooth_normal(g: Geometry, face: int, u: float, v: float, toward: wp.vec3) -> wp.vec3:
    """Interpolated unit normal on the viewer's side (toward points to the viewer)."""
    i = g.faces[3 * face]
    j = g.faces[3 * face + 1]
    k = g.faces[3 * face + 2]
    flat = wp.cross(g.points[j] - g.points[i], g.points[k] - g.points[i])
    n = wp.normalize(u * g.normals[i] + v * g.normals[j] + (1.0 - u - v) * g.normals[k])
    if wp.dot(flat, toward) < 0.0:
        n = -n
    nv = wp.dot(n, toward)
    if nv < 0.03:
        n = wp.normalize(n + (0.03 - nv) * toward)
    return n


@wp.func
def lifted(g: Geometry, face: int, u: float, v: float, n: wp.vec3) -> wp.vec3:
    """Where secondary rays start: lifted onto the smooth surface, so that facets cast no shadow at the terminator.

    Source: Hanika 2021, "Hacking the shadow terminator", Ray Tracing Gems II.
    """
    i = g.faces[3 * face]
    j = g.faces[3 * face + 1]
    k = g.faces[3 * face + 2]
    w = 1.0 - u - v
    p = u * g.points[i] + v * g.points[j] + w * g.points[k]
    side = wp.sign(wp.dot(g.normals[i] + g.normals[j] + g.normals[k], n))
    a = side * g.normals[i]
    b = side * g.normals[j]
    c = side * g.normals[k]
    da = wp.min(0.0, wp.dot(p - g.points[i], a))
    db = wp.min(0.0, wp.dot(p - g.points[j], b))
    dc = wp.min(0.0, wp.dot(p - g.points[k], c))
    return p - u * da * a - v * db * b - w * dc * c + 0.0006 * n


@wp.func
def surface_at(
    g: Geometry, view: View, face: int, u: float, v: float, t: float, d: wp.vec3, lod: float
) -> Surface:
    """The surface under a ray of direction d; lod scales the pixel's footprint."""
    s = Surface()
    i = g.faces[3 * face]
    j = g.faces[3 * face + 1]
    k = g.faces[3 * face + 2]
    w = 1.0 - u - v
    a = g.points[i]
    e1 = g.points[j] - a
    e2 = g.points[k] - a
    flat = wp.cross(e1, e2)
    s.facing = wp.where(wp.dot(flat, d) > 0.0, -1.0, 1.0)
    s.p = view.origin + t * d
    s.n = smooth_normal(g, face, u, v, -d)
    ca = g.corners[3 * face]
    cb = g.corners[3 * face + 1]
    cc = g.corners[3 * face + 2]
    c = u * ca + v * cb + w * cc
    s.uv = wp.vec2(c[0], c[1])
    s.seam = c[2]
    s.row = c[3]
    s.material = g.material_of_face[face]
    s.footprint = lod * t * 2.0 * view.tangent / float(view.height) / wp.max(-wp.dot(s.n, d), 0.3)
    if s.material < _painted:
        s.stain = painted(g.paint, c[1], c[2], s.footprint) - wp.vec3(1.0, 1.0, 1.0)
    # Directions of the weft and the warp, smooth across triangles: a satin's highlight shows every facet of them.
    weft = (
        u * g.threads[g.rows[3 * face]]
        + v * g.threads[g.rows[3 * face + 1]]
        + w * g.threads[g.rows[3 * face + 2]]
    )
    if wp.length(weft) < 1.0e-6:
        weft = e1
    weft = weft - wp.dot(weft, s.n) * s.n
    length = wp.length(weft)
    if length > 1.0e-9:
        s.weft = weft / length
    else:
        s.weft = wp.normalize(wp.cross(wp.vec3(0.31, 0.83, 0.46), s.n))
    s.warp = wp.cross(s.n, s.weft) * s.facing
    return s


@wp.func
def may_meet(g: Geometry, p: wp.vec3, direction: wp.vec3, spread: float) -> bool:
    """Whether a cone of rays (tangent of its half angle: spread), as long as a shadow, may meet the figure's box."""
    away = wp.length(0.5 * (g.low + g.high) - p) + 0.5 * wp.length(g.high - g.low)
    pad = spread * wp.min(away, _shadow_reach)
    near = float(0.0)
    gone = float(_shadow_reach)
    for k in range(3):
        d = direction[k]
        low = g.low[k] - pad - p[k]
        high = g.high[k] + pad - p[k]
        if wp.abs(d) < 1.0e-6:
            if low > 0.0 or high < 0.0:
                return False
        else:
            near = wp.max(near, wp.min(low / d, high / d))
            gone = wp.min(gone, wp.max(low / d, high / d))
    return near <= gone


@wp.func
def shaded(g: Geometry, studio: Studio, p: wp.vec3) -> bool:
    """Whether the figure may take light from a place on the floor."""
    gap = wp.max(wp.max(g.low - p, p - g.high), wp.vec3(0.0, 0.0, 0.0))
    if wp.dot(gap, gap) < studio.reach * studio.reach:
        return True
    if may_meet(g, p, studio.key_direction, studio.key_size):
        return True
    return may_meet(g, p, studio.rim_direction, studio.rim_size)


@wp.kernel
def trace_primary(
    g: Geometry,
    view: View,
    studio: Studio,
    # outputs
    face: wp.array(dtype=int),
    hit: wp.array(dtype=wp.vec3),
    place: wp.array(dtype=wp.vec3),
    normal: wp.array(dtype=wp.vec3),
):
    """What each pixel's centre sees."""
    pixel = wp.tid()
    column = pixel % view.width
    row = pixel / view.width
    d = ray_direction(view, float(column) + 0.5, float(row) + 0.5)
    if column >= view.left and column < view.end and row >= view.top and row < view.bottom:
        q = wp.mesh_query_ray(g.mesh, view.origin, d, _far)
        if q.result:
            face[pixel] = q.face
            hit[pixel] = wp.vec3(q.u, q.v, q.t)
            place[pixel] = view.origin + q.t * d
            normal[pixel] = smooth_normal(g, q.face, q.u, q.v, -d)
            return
    if d[1] < -1.0e-4:
        t = (studio.floor - view.origin[1]) / d[1]
        p = view.origin + t * d
        if shaded(g, studio, p):
            face[pixel] = _floor
            place[pixel] = p
        else:
            face[pixel] = _clear
    else:
        face[pixel] = _miss


@wp.kernel
def draw_backdrop(
    view: View,
    studio: Studio,
    # outputs
    display: wp.array(dtype=wp.vec3),
):
    """The studio without a figure, tone-mapped."""
    pixel = wp.tid()
    x = float(pixel % view.width) + 0.5
    y = float(pixel / view.width) + 0.5
    display[pixel] = tone_map(seen_backdrop(studio, view, x, y))


@wp.kernel
def quantise(
    view: View,
    display: wp.array(dtype=wp.vec3),
    # outputs
    picture: wp.array(dtype=wp.uint8),
):
    """Eight bits a channel, with one step of triangular noise against banding."""
    pixel = wp.tid()
    x = pixel % view.width
    y = pixel / view.width
    noise = hash2(x, y) + hash2(y + 7177, x + 3391) - 1.0
    c = display[pixel]
    for k in range(3):
        picture[3 * pixel + k] = wp.uint8(wp.clamp(c[k] * 255.0 + 0.5 + 0.8 * noise, 0.0, 255.0))

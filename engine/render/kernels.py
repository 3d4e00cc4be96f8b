"""Warp kernels of the renderer: geometry of a frame, visibility, light, filter, shading, edges.

G-buffer, one entry a pixel (row-major): face (-1 backdrop, -2 floor), hit = (u, v, t), normal (unit, facing the
viewer). Light: (dome r, g, b, visible key, visible rim).
"""

import warp as wp

from toile.shaders.material import Light, Material, Surface, shade
from toile.shaders.studio import Studio, backdrop, dome
from toile.shaders.tone import srgb_decode, srgb_encode, tone_map
from toile.shaders.weave import hash2

wp.set_module_options({"enable_backward": False})

MISS, FLOOR = -1, -2
_floor = wp.constant(FLOOR)
_miss = wp.constant(MISS)
_far = wp.constant(100.0)


@wp.struct
class View:
    """A pinhole camera: unit axes, tangent of half the vertical field of view, size in pixels."""

    origin: wp.vec3
    right: wp.vec3
    up: wp.vec3
    forward: wp.vec3
    tangent: float
    width: int
    height: int


@wp.struct
class Geometry:
    """Surfaces of a frame: three entries of `faces` and `corners` a triangle; corner = (x, y, seam, row) [m]."""

    mesh: wp.uint64
    points: wp.array(dtype=wp.vec3)
    normals: wp.array(dtype=wp.vec3)
    faces: wp.array(dtype=int)
    corners: wp.array(dtype=wp.vec4)
    material_of_face: wp.array(dtype=int)


# ---- geometry of a frame


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


# ---- visibility


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
    # Directions of the weft and the warp: the gradient of the panel's coordinates.
    x1 = cb[0] - ca[0]
    y1 = cb[1] - ca[1]
    x2 = cc[0] - ca[0]
    y2 = cc[1] - ca[1]
    det = x1 * y2 - x2 * y1
    weft = e1
    if wp.abs(det) > 1.0e-12:
        weft = (y2 * e1 - y1 * e2) * wp.sign(det)
    weft = weft - wp.dot(weft, s.n) * s.n
    length = wp.length(weft)
    if length > 1.0e-9:
        s.weft = weft / length
    else:
        s.weft = wp.normalize(wp.cross(wp.vec3(0.31, 0.83, 0.46), s.n))
    s.warp = wp.cross(s.n, s.weft) * s.facing
    return s


@wp.kernel
def trace_primary(
    g: Geometry,
    view: View,
    studio: Studio,
    # outputs
    face: wp.array(dtype=int),
    hit: wp.array(dtype=wp.vec3),
    normal: wp.array(dtype=wp.vec3),
):
    """What each pixel's centre sees."""
    pixel = wp.tid()
    x = float(pixel % view.width) + 0.5
    y = float(pixel / view.width) + 0.5
    d = ray_direction(view, x, y)
    q = wp.mesh_query_ray(g.mesh, view.origin, d, _far)
    if q.result:
        face[pixel] = q.face
        hit[pixel] = wp.vec3(q.u, q.v, q.t)
        normal[pixel] = smooth_normal(g, q.face, q.u, q.v, -d)
    elif d[1] < -1.0e-4:
        face[pixel] = _floor
        hit[pixel] = wp.vec3(0.0, 0.0, (studio.floor - view.origin[1]) / d[1])
        normal[pixel] = wp.vec3(0.0, 1.0, 0.0)
    else:
        face[pixel] = _miss
        hit[pixel] = wp.vec3(0.0, 0.0, _far)
        normal[pixel] = -d


# ---- light


@wp.func
def tile_index(x: int, y: int) -> int:
    """Bayer order of a pixel in its 8 x 8 tile: every 4 x 4 window holds each quarter of the sequence once."""
    index = int(0)
    for bit in range(3):
        a = (x >> bit) & 1
        b = (y >> bit) & 1
        index = index * 4 + (a ^ b) * 2 + b
    return index


@wp.func
def reversed_bits(i: int, bits: int) -> int:
    """The lowest bits of a number in reverse order."""
    r = int(0)
    for k in range(bits):
        r = r * 2 + ((i >> k) & 1)
    return r


@wp.func
def stratified(index: int, k: int) -> wp.vec2:
    """Sample k of a pixel in the unit square: 16 pixels of a 4 x 4 window make a Hammersley set, 64 refine it."""
    high = index >> 2
    low = index & 3
    a = (float(high) + (float(low) + 0.5) / 4.0) / 16.0
    b = (float(reversed_bits(high, 4)) + (float(reversed_bits(low, 2)) + 0.5) / 4.0) / 16.0
    a = a + 0.56984 * float(k)
    b = b + 0.75488 * float(k)
    return wp.vec2(a - wp.floor(a), b - wp.floor(b))


@wp.func
def around(axis: wp.vec3, x: float, y: float, z: float) -> wp.vec3:
    """x and y across an axis, z along it (Duff et al. 2017)."""
    sign = wp.where(axis[2] >= 0.0, 1.0, -1.0)
    a = -1.0 / (sign + axis[2])
    b = axis[0] * axis[1] * a
    t = wp.vec3(1.0 + sign * axis[0] * axis[0] * a, sign * b, -sign * axis[0])
    s = wp.vec3(b, sign + axis[1] * axis[1] * a, -axis[1])
    return x * t + y * s + z * axis


@wp.func
def sent_back(
    g: Geometry, materials: wp.array(dtype=Material), studio: Studio, face: int, d: wp.vec3
) -> wp.vec3:
    """Radiance that a surface, hit by a ray of direction d, sends back: one bounce, lit without shadows."""
    m = materials[g.material_of_face[face]]
    i = g.faces[3 * face]
    n = g.normals[i]
    if wp.dot(n, d) > 0.0:
        n = -n
    light = 0.55 * studio.horizon + (0.5 * wp.max(wp.dot(n, studio.key_direction), 0.0)) * studio.key_colour
    return wp.cw_mul(m.base, light)


@wp.func
def blocked(
    g: Geometry, materials: wp.array(dtype=Material), studio: Studio, origin: wp.vec3, direction: wp.vec3
) -> float:
    """Share of light that arrives along a direction: 0 behind anything solid, some through thin cloth."""
    if studio.thin == 0:
        return wp.where(wp.mesh_query_ray_anyhit(g.mesh, origin, direction, 4.0), 0.0, 1.0)
    q = wp.mesh_query_ray(g.mesh, origin, direction, 4.0)
    if not q.result:
        return 1.0
    return 0.9 * materials[g.material_of_face[q.face]].transmission


@wp.func
def spilled(g: Geometry, origin: wp.vec3, direction: wp.vec3) -> float:
    """Share of the key that reaches the floor: what stands far away hardly shades it, as in a white-walled studio."""
    q = wp.mesh_query_ray(g.mesh, origin, direction, 4.0)
    if not q.result:
        return 1.0
    return 0.9 * wp.smoothstep(0.25, 1.7, q.t)


@wp.kernel
def gather_light(
    g: Geometry,
    materials: wp.array(dtype=Material),
    view: View,
    studio: Studio,
    samples: int,
    face: wp.array(dtype=int),
    hit: wp.array(dtype=wp.vec3),
    normal: wp.array(dtype=wp.vec3),
    # outputs
    light: wp.array(dtype=Light),
):
    """Light at each pixel by a few stratified rays: the dome with one bounce, the key and the rim as softboxes."""
    pixel = wp.tid()
    f = face[pixel]
    if f == _miss:
        return
    x = pixel % view.width
    y = pixel / view.width
    d = ray_direction(view, float(x) + 0.5, float(y) + 0.5)
    h = hit[pixel]
    n = normal[pixel]
    origin = view.origin + h[2] * d
    thin = float(0.0)
    if f >= 0:
        origin = lifted(g, f, h[0], h[1], n)
        thin = materials[g.material_of_face[f]].transmission
    dome_light = wp.vec3(0.0, 0.0, 0.0)
    key = float(0.0)
    rim = float(0.0)
    toward_key = wp.dot(n, studio.key_direction)
    toward_rim = wp.dot(n, studio.rim_direction)
    index = tile_index(x, y)
    for k in range(samples):
        square = stratified(index, k)
        r = wp.sqrt(square[0])
        c = r * wp.cos(6.2831853 * square[1])
        s = r * wp.sin(6.2831853 * square[1])
        w = around(n, c, s, wp.sqrt(1.0 - square[0]))
        sky = dome(studio, w)
        if f == _floor:
            sky = wp.vec3(1.0, 1.0, 1.0)
        q = wp.mesh_query_ray(g.mesh, origin, w, studio.reach)
        if q.result:
            far = q.t / studio.reach
            back = sent_back(g, materials, studio, q.face, w)
            if f == _floor:
                back = wp.cw_div(back, studio.sky)
            sky = wp.lerp(back, sky, far * far)
        dome_light = dome_light + sky
        if toward_key > -0.15 or thin > 0.0:
            to = wp.normalize(around(studio.key_direction, c * studio.key_size, s * studio.key_size, 1.0))
            start = origin
            if toward_key < 0.0:
                start = origin - 0.0012 * n * wp.where(thin > 0.0, 1.0, 0.0)
            if f == _floor:
                key = key + spilled(g, start, to)
            else:
                key = key + blocked(g, materials, studio, start, to)
        if toward_rim > -0.15 or thin > 0.0:
            to = wp.normalize(around(studio.rim_direction, c * studio.rim_size, s * studio.rim_size, 1.0))
            start = origin
            if toward_rim < 0.0:
                start = origin - 0.0012 * n * wp.where(thin > 0.0, 1.0, 0.0)
            rim = rim + blocked(g, materials, studio, start, to)
    scale = 1.0 / float(samples)
    light[pixel] = Light(
        dome_light[0] * scale, dome_light[1] * scale, dome_light[2] * scale, key * scale, rim * scale
    )


@wp.func
def alike(a: wp.vec3, na: wp.vec3, b: wp.vec3, nb: wp.vec3, size: float) -> float:
    """Weight 0-1 of a neighbour's light: same plane to within `size` [m], similar normal."""
    off = wp.max(wp.abs(wp.dot(b - a, na)), wp.abs(wp.dot(b - a, nb))) / size
    turn = wp.clamp((wp.dot(na, nb) - 0.55) * 3.0, 0.0, 1.0)
    return turn / (1.0 + off * off * off * off)


@wp.kernel
def filter_light(
    view: View,
    taps: int,
    spacing: int,
    face: wp.array(dtype=int),
    hit: wp.array(dtype=wp.vec3),
    normal: wp.array(dtype=wp.vec3),
    light: wp.array(dtype=Light),
    # outputs
    smooth: wp.array(dtype=Light),
):
    """Joint bilateral mean over taps x taps pixels, `spacing` apart.

    Four taps next to each other and then two taps four apart average the 8 x 8 pixels that share one set of rays.
    """
    pixel = wp.tid()
    f = face[pixel]
    if f == _miss:
        return
    x = pixel % view.width
    y = pixel / view.width
    t = hit[pixel][2]
    d = ray_direction(view, float(x) + 0.5, float(y) + 0.5)
    p = view.origin + t * d
    n = normal[pixel]
    size = 2.5 * t * 2.0 * view.tangent / float(view.height)
    total = 0.02 * light[pixel]
    weight = float(0.02)
    first = -(taps / 2) * spacing + (spacing / 4) * 2
    for row in range(taps):
        yy = wp.clamp(y + first + row * spacing, 0, view.height - 1)
        for column in range(taps):
            xx = wp.clamp(x + first + column * spacing, 0, view.width - 1)
            other = yy * view.width + xx
            fo = face[other]
            if fo == _miss or (fo == _floor) != (f == _floor):
                continue
            po = view.origin + hit[other][2] * ray_direction(view, float(xx) + 0.5, float(yy) + 0.5)
            w = float(1.0)
            if f != _floor:
                w = alike(p, n, po, normal[other], size)
            total = total + w * light[other]
            weight = weight + w
    smooth[pixel] = total / weight


# ---- shading


@wp.func
def shade_floor(studio: Studio, light: Light, behind: wp.vec3) -> wp.vec3:
    """The backdrop's floor under its shadows."""
    dome_share = studio.sky
    key = studio.key_colour * wp.max(studio.key_direction[1], 0.0)
    rim = studio.rim_colour * (0.15 * wp.max(studio.rim_direction[1], 0.0))
    lit = wp.cw_mul(dome_share, wp.vec3(light[0], light[1], light[2])) + key * light[3] + rim * light[4]
    return wp.cw_mul(behind, wp.cw_div(lit, dome_share + key + rim))


@wp.func
def seen_through(
    g: Geometry,
    materials: wp.array(dtype=Material),
    view: View,
    studio: Studio,
    table: wp.array2d(dtype=float),
    face: int,
    t: float,
    d: wp.vec3,
    front: wp.vec3,
    cosine: float,
    behind: wp.vec3,
) -> wp.vec3:
    """What a ray sees that goes on straight through thin cloth: up to five more surfaces, lit without shadows."""
    colour = wp.vec3(0.0, 0.0, 0.0)
    through = float(1.0)
    layer = front
    f = face
    c = cosine
    reached = t
    for _depth in range(6):
        thin = materials[g.material_of_face[f]].transmission
        clear = float(0.0)
        if thin > 0.0:
            clear = wp.pow(0.9 * thin, 1.0 / wp.max(c, 0.2))
        colour = colour + (through * (1.0 - clear)) * layer
        through = through * clear
        if through < 0.02:
            return colour
        q = wp.mesh_query_ray(g.mesh, view.origin + (reached + 0.0015) * d, d, _far)
        if not q.result:
            return colour + through * behind
        reached = reached + 0.0015 + q.t
        f = q.face
        s = surface_at(g, view, f, q.u, q.v, reached, d, 1.0)
        c = -wp.dot(s.n, d)
        dim = 0.6 * studio.horizon
        layer = shade(materials[s.material], s, studio, Light(dim[0], dim[1], dim[2], 0.5, 0.3), -d, table)
    return colour


@wp.func
def radiance(
    g: Geometry,
    materials: wp.array(dtype=Material),
    view: View,
    studio: Studio,
    table: wp.array2d(dtype=float),
    face: int,
    h: wp.vec3,
    light: Light,
    d: wp.vec3,
    x: float,
    y: float,
    lod: float,
) -> wp.vec3:
    """Scene-linear radiance along a ray whose first hit is known."""
    behind = seen_backdrop(studio, view, x, y)
    if face == _miss:
        return behind
    if face == _floor:
        return shade_floor(studio, light, behind)
    s = surface_at(g, view, face, h[0], h[1], h[2], d, lod)
    m = materials[s.material]
    c = shade(m, s, studio, light, -d, table)
    if m.transmission > 0.0:
        c = seen_through(g, materials, view, studio, table, face, h[2], d, c, -wp.dot(s.n, d), behind)
    return c


@wp.kernel
def shade_pixels(
    g: Geometry,
    materials: wp.array(dtype=Material),
    view: View,
    studio: Studio,
    table: wp.array2d(dtype=float),
    face: wp.array(dtype=int),
    hit: wp.array(dtype=wp.vec3),
    light: wp.array(dtype=Light),
    # outputs
    display: wp.array(dtype=wp.vec3),
):
    """Tone-mapped colour of each pixel's centre."""
    pixel = wp.tid()
    x = float(pixel % view.width) + 0.5
    y = float(pixel / view.width) + 0.5
    d = ray_direction(view, x, y)
    c = radiance(g, materials, view, studio, table, face[pixel], hit[pixel], light[pixel], d, x, y, 1.0)
    display[pixel] = tone_map(c)


@wp.kernel
def find_edges(
    g: Geometry,
    materials: wp.array(dtype=Material),
    view: View,
    face: wp.array(dtype=int),
    hit: wp.array(dtype=wp.vec3),
    normal: wp.array(dtype=wp.vec3),
    display: wp.array(dtype=wp.vec3),
    # outputs
    edges: wp.array(dtype=wp.uint8),
):
    """Mark pixels that differ from a neighbour: in material, depth, direction or colour."""
    pixel = wp.tid()
    x = pixel % view.width
    y = pixel / view.width
    f = face[pixel]
    t = hit[pixel][2]
    size = t * 2.0 * view.tangent / float(view.height)
    found = int(0)
    limit = float(0.2)  # a print's own edges are filtered already
    if f >= 0 and materials[g.material_of_face[f]].transmission > 0.0:
        limit = 0.06  # hems and legs behind thin cloth
    for k in range(8):
        dx = wp.where(k < 3, k - 1, wp.where(k < 5, (k - 3) * 2 - 1, k - 6))
        dy = wp.where(k < 3, -1, wp.where(k < 5, 0, 1))
        xx = wp.clamp(x + dx, 0, view.width - 1)
        yy = wp.clamp(y + dy, 0, view.height - 1)
        other = yy * view.width + xx
        fo = face[other]
        if (f < 0) != (fo < 0):
            found = 1
        elif f >= 0:
            if g.material_of_face[f] != g.material_of_face[fo]:
                found = 1
            step = wp.abs(hit[other][2] - t)
            if step > 6.0 * size or wp.dot(normal[pixel], normal[other]) < 0.6:
                found = 1
            c = display[pixel] - display[other]
            if wp.max(wp.abs(c[0]), wp.max(wp.abs(c[1]), wp.abs(c[2]))) > limit:
                found = 1
    edges[pixel] = wp.uint8(found)


@wp.kernel
def retrace_edges(
    g: Geometry,
    materials: wp.array(dtype=Material),
    view: View,
    studio: Studio,
    table: wp.array2d(dtype=float),
    side: int,
    pixels: wp.array(dtype=int),
    face: wp.array(dtype=int),
    hit: wp.array(dtype=wp.vec3),
    normal: wp.array(dtype=wp.vec3),
    light: wp.array(dtype=Light),
    # outputs
    display: wp.array(dtype=wp.vec3),
):
    """Trace side x side rays through an edge pixel; light comes from the most similar pixel of the 3 x 3 round it."""
    pixel = pixels[wp.tid()]
    x = pixel % view.width
    y = pixel / view.width
    total = wp.vec3(0.0, 0.0, 0.0)
    for k in range(side * side):
        sx = float(x) + (float(k % side) + 0.5) / float(side)
        sy = float(y) + (float(k / side) + 0.5) / float(side)
        d = ray_direction(view, sx, sy)
        q = wp.mesh_query_ray(g.mesh, view.origin, d, _far)
        f = int(_miss)
        h = wp.vec3(0.0, 0.0, _far)
        n = -d
        if q.result:
            f = q.face
            h = wp.vec3(q.u, q.v, q.t)
            n = smooth_normal(g, f, q.u, q.v, -d)
        elif d[1] < -1.0e-4:
            f = int(_floor)
            h = wp.vec3(0.0, 0.0, (studio.floor - view.origin[1]) / d[1])
            n = wp.vec3(0.0, 1.0, 0.0)
        best = Light(0.6 * studio.horizon[0], 0.6 * studio.horizon[1], 0.6 * studio.horizon[2], 0.5, 0.5)
        if f == _floor:
            best = Light(0.9, 0.9, 0.9, 0.9, 0.9)
        if f != _miss:
            p = view.origin + h[2] * d
            size = 2.5 * h[2] * 2.0 * view.tangent / float(view.height)
            total_light = 1.0e-6 * best
            weight = float(1.0e-6)
            for j in range(9):
                xx = wp.clamp(x + j % 3 - 1, 0, view.width - 1)
                yy = wp.clamp(y + j / 3 - 1, 0, view.height - 1)
                other = yy * view.width + xx
                fo = face[other]
                if fo == _miss or (fo == _floor) != (f == _floor):
                    continue
                po = view.origin + hit[other][2] * ray_direction(view, float(xx) + 0.5, float(yy) + 0.5)
                w = 0.001 + alike(p, n, po, normal[other], size)
                if fo >= 0 and g.material_of_face[fo] != g.material_of_face[f]:
                    w = w * 0.01
                total_light = total_light + w * light[other]
                weight = weight + w
            best = total_light / weight
        c = radiance(g, materials, view, studio, table, f, h, best, d, sx, sy, 1.0 / float(side))
        total = total + srgb_decode(tone_map(c))
    display[pixel] = srgb_encode(total / float(side * side))


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


@wp.kernel
def shade_swatch(
    materials: wp.array(dtype=Material),
    studio: Studio,
    table: wp.array2d(dtype=float),
    normals: wp.array(dtype=wp.vec3),
    # outputs
    radiance_of: wp.array2d(dtype=wp.vec3),
):
    """Each material on an unshadowed swatch with the given normals, seen along -Z from far away."""
    i, j = wp.tid()
    s = Surface()
    s.n = normals[j]
    s.facing = 1.0
    s.weft = wp.normalize(wp.cross(wp.vec3(0.0, 1.0, 0.0), s.n))
    s.warp = wp.cross(s.n, s.weft)
    s.uv = wp.vec2(1.0, 0.0)
    s.seam = 1.0
    s.row = 1.0
    s.footprint = 1.0
    h = studio.horizon
    radiance_of[i, j] = shade(
        materials[i], s, studio, Light(h[0], h[1], h[2], 1.0, 1.0), wp.vec3(0.0, 0.0, 1.0), table
    )

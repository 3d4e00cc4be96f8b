"""Warp kernels of the differentiable picture, with their derivatives: what a ray sees, shaded by the equations of
`toile.shaders.material`, and the directions of vertices and threads.

`interpolate` in `fragments.py` and `shade` in `toile.shaders.torch_shading` state the same in torch. Warp derives the
adjoint of `shade_rays`; that of `add_directions` is written out, so that faces nobody sees cost nothing.
"""

import warp as wp

from toile.shaders.material import Light, Material, light_cloth, light_skin
from toile.shaders.prints import inside
from toile.shaders.studio import Studio, dome_irradiance
from toile.shaders.tone import tone_map

LIGHT_CHANNELS = 7
_side = wp.constant(LIGHT_CHANNELS)
PAINT, TILE = 1, 2
_paint = wp.constant(PAINT)
_tile = wp.constant(TILE)
_threads = wp.constant(0.03)  # roughness of threads that are not drawn


@wp.struct
class Image:
    """A material's picture in the list of texels: its first texel, size, and how it is used.

    use: 0 not at all, 1 painted on (its edge goes on), 2 a tile of `metres` that repeats on the panel; turned: x along the warp.
    """

    first: int
    width: int
    height: int
    use: int
    turned: int
    metres: wp.vec2


@wp.struct
class Seen:
    """What a ray meets: barycentric coordinates, distance [m], frame towards the viewer, which side."""

    b: wp.vec3
    t: float
    n: wp.vec3
    weft: wp.vec3
    warp: wp.vec3
    facing: float


@wp.func
def ray_at(camera: wp.array(dtype=wp.vec3), width: float, height: float, place: wp.vec2) -> wp.vec3:
    """Direction through a place of the picture; camera: origin, right and up times the tangent, forward."""
    a = (2.0 * place[0] - width) / height
    b = (height - 2.0 * place[1]) / height
    return wp.normalize(camera[3] + a * camera[1] + b * camera[2])


@wp.func
def seen_at(
    origin: wp.vec3,
    d: wp.vec3,
    p0: wp.vec3,
    p1: wp.vec3,
    p2: wp.vec3,
    n0: wp.vec3,
    n1: wp.vec3,
    n2: wp.vec3,
    w0: wp.vec3,
    w1: wp.vec3,
    w2: wp.vec3,
) -> Seen:
    """Where a ray meets a triangle (Moeller and Trumbore 1997), with normals n and directions of the weft w."""
    e1 = p1 - p0
    e2 = p2 - p0
    pv = wp.cross(d, e2)
    det = wp.dot(e1, pv)
    if wp.abs(det) < 1.0e-18:
        det = 1.0e-18
    away = origin - p0
    qv = wp.cross(away, e1)
    b1 = wp.dot(away, pv) / det
    b2 = wp.dot(d, qv) / det
    s = Seen()
    s.b = wp.vec3(1.0 - b1 - b2, b1, b2)
    s.t = wp.dot(e2, qv) / det
    facing = wp.where(det > 0.0, 1.0, -1.0)
    n = wp.normalize(s.b[0] * n0 + s.b[1] * n1 + s.b[2] * n2) * facing
    nv = -wp.dot(n, d)
    if nv < 0.03:
        n = wp.normalize(n - (0.03 - nv) * d)
    weft = s.b[0] * w0 + s.b[1] * w1 + s.b[2] * w2
    weft = weft - wp.dot(weft, n) * n
    if wp.dot(weft, weft) < 1.0e-18:
        weft = wp.cross(wp.vec3(0.31, 0.83, 0.46), n)
    s.weft = wp.normalize(weft)
    s.n = n
    s.warp = wp.cross(n, s.weft) * facing
    s.facing = facing
    return s


@wp.kernel(enable_backward=False)
def pixel_widths(
    camera: wp.array(dtype=wp.vec3),
    points: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
    faces: wp.array2d(dtype=int),
    width: float,
    height: float,
    pixel: float,
    first: int,
    face: wp.array(dtype=int),
    place: wp.array(dtype=wp.vec2),
    # outputs
    footprint: wp.array(dtype=float),
):
    """How wide a pixel is [m] where the ray through a place meets a face; pixel: 1 m away."""
    i = first + wp.tid()
    f = face[i]
    if f >= 0:
        d = ray_at(camera, width, height, place[i])
        a = faces[f, 0]
        b = faces[f, 1]
        c = faces[f, 2]
        still = wp.vec3(0.0, 0.0, 0.0)
        s = seen_at(
            camera[0],
            d,
            points[a],
            points[b],
            points[c],
            normals[a],
            normals[b],
            normals[c],
            still,
            still,
            still,
        )
        footprint[i] = s.t * pixel / wp.max(-wp.dot(s.n, d), 0.3)


@wp.func
def texel_at(texels: wp.array(dtype=wp.vec3), image: Image, u: float, v: float) -> wp.vec3:
    """The picture at a place, 0-1, between its four nearest texels; a tile goes round, paint ends at its edge."""
    x = u * float(image.width) - 0.5
    y = v * float(image.height) - 0.5
    if image.use == _paint:
        x = wp.clamp(x, 0.0, float(image.width) - 1.0)
        y = wp.clamp(y, 0.0, float(image.height) - 1.0)
    left = int(wp.floor(x))
    top = int(wp.floor(y))
    a = x - wp.floor(x)
    b = y - wp.floor(y)
    right = left + 1
    below = top + 1
    if image.use == _paint:
        right = wp.min(right, image.width - 1)
        below = wp.min(below, image.height - 1)
    else:
        left = wp.where(left < 0, image.width - 1, left)
        top = wp.where(top < 0, image.height - 1, top)
        right = wp.where(right == image.width, 0, right)
        below = wp.where(below == image.height, 0, below)
    above_row = image.first + top * image.width
    below_row = image.first + below * image.width
    above = wp.lerp(texels[above_row + left], texels[above_row + right], a)
    beneath = wp.lerp(texels[below_row + left], texels[below_row + right], a)
    return wp.lerp(above, beneath, b)


@wp.func
def coloured(
    texels: wp.array(dtype=wp.vec3), image: Image, base: wp.vec3, uv: wp.vec2, chart: wp.vec2
) -> wp.vec3:
    """Albedo of a material of the given base at a place of the panel [m], or of what is painted."""
    if image.use == _tile:
        x = uv[0]
        y = uv[1]
        if image.turned == 1:
            x = uv[1]
            y = uv[0]
        x = x / image.metres[0]
        y = y / image.metres[1]
        return texel_at(texels, image, x - wp.floor(x), y - wp.floor(y))
    if image.use == _paint:
        return wp.cw_mul(base, texel_at(texels, image, chart[0], chart[1]))
    return base


@wp.func
def light_on(
    lights: wp.array2d(dtype=float), r0: int, r1: int, r2: int, b: wp.vec3, front: int, channel: int
) -> float:
    """A baked channel of one side, between three rows."""
    c = channel + (1 - front) * _side
    return b[0] * lights[r0, c] + b[1] * lights[r1, c] + b[2] * lights[r2, c]


@wp.func
def lamp_on(
    lights: wp.array2d(dtype=float),
    r0: int,
    r1: int,
    r2: int,
    b: wp.vec3,
    front: int,
    channel: int,
    thin: int,
) -> float:
    """A lamp's visible share; thin cloth has its lamps from either side."""
    share = light_on(lights, r0, r1, r2, b, front, channel)
    if thin == 1:
        share = wp.max(share, light_on(lights, r0, r1, r2, b, 1 - front, channel))
    return share


@wp.func
def dome_on(studio: Studio, n: wp.vec3, open: float, bounce: wp.vec3) -> wp.vec3:
    """Irradiance / pi of the dome on a surface that sees a share of it, and what bounces there."""
    return open * dome_irradiance(studio, n[1]) + bounce


@wp.kernel
def shade_rays(
    camera: wp.array(dtype=wp.vec3),
    points: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
    threads: wp.array(dtype=wp.vec3),
    materials: wp.array(dtype=Material),
    studios: wp.array(dtype=Studio),
    texels: wp.array(dtype=wp.vec3),
    images: wp.array(dtype=Image),
    faces: wp.array2d(dtype=int),
    rows: wp.array2d(dtype=int),
    uv: wp.array3d(dtype=float),
    chart: wp.array3d(dtype=float),
    material_of_face: wp.array(dtype=int),
    lights: wp.array2d(dtype=float),
    table: wp.array2d(dtype=float),
    width: float,
    height: float,
    first: int,
    face: wp.array(dtype=int),
    place: wp.array(dtype=wp.vec2),
    footprint: wp.array(dtype=float),
    # outputs
    radiance: wp.array(dtype=wp.vec3),
):
    """Scene-linear radiance that a ray sees on the face it hits; none where it hits nothing."""
    i = first + wp.tid()
    f = face[i]
    if f >= 0:
        d = ray_at(camera, width, height, place[i])
        a = faces[f, 0]
        b = faces[f, 1]
        c = faces[f, 2]
        ra = rows[f, 0]
        rb = rows[f, 1]
        rc = rows[f, 2]
        s = seen_at(
            camera[0],
            d,
            points[a],
            points[b],
            points[c],
            normals[a],
            normals[b],
            normals[c],
            threads[ra],
            threads[rb],
            threads[rc],
        )
        w = s.b
        flat = wp.vec2(
            w[0] * uv[f, 0, 0] + w[1] * uv[f, 1, 0] + w[2] * uv[f, 2, 0],
            w[0] * uv[f, 0, 1] + w[1] * uv[f, 1, 1] + w[2] * uv[f, 2, 1],
        )
        m = materials[material_of_face[f]]
        studio = studios[0]
        image = images[material_of_face[f]]
        painted = wp.vec2(0.0, 0.0)
        if image.use == _paint:
            painted = wp.vec2(
                w[0] * chart[f, 0, 0] + w[1] * chart[f, 1, 0] + w[2] * chart[f, 2, 0],
                w[0] * chart[f, 0, 1] + w[1] * chart[f, 1, 1] + w[2] * chart[f, 2, 1],
            )
        base = coloured(texels, image, m.base, flat, painted)
        front = wp.where(s.facing > 0.0, 1, 0)
        thin = wp.where(m.transmission > 0.0, 1, 0)
        bounce = wp.vec3(
            light_on(lights, ra, rb, rc, w, front, 4),
            light_on(lights, ra, rb, rc, w, front, 5),
            light_on(lights, ra, rb, rc, w, front, 6),
        )
        dome = dome_on(studio, s.n, light_on(lights, ra, rb, rc, w, front, 0), bounce)
        light = Light(
            dome[0],
            dome[1],
            dome[2],
            lamp_on(lights, ra, rb, rc, w, front, 1, thin),
            lamp_on(lights, ra, rb, rc, w, front, 2, thin),
            lamp_on(lights, ra, rb, rc, w, front, 3, thin),
        )
        seen = wp.vec3(0.0, 0.0, 0.0)
        if m.kind == 1:
            seen = light_cloth(m, base, s.n, s.weft, s.warp, _threads, studio, light, -d, table)
        else:
            covered = inside(flat[0], footprint[i])
            skin = wp.lerp(base, m.first, covered)
            seen = light_skin(m, skin, covered, s.n, s.weft, s.warp, studio, light, -d, table)
        radiance[i] = seen


@wp.kernel
def display_rays(
    first: int,
    face: wp.array(dtype=int),
    radiance: wp.array(dtype=wp.vec3),
    # outputs
    colour: wp.array(dtype=wp.vec3),
):
    """Display values of the radiance of rays that meet something.

    A kernel of its own, so that the adjoint of shading does not shade again to know what it tone-maps.
    """
    i = first + wp.tid()
    if face[i] >= 0:
        colour[i] = tone_map(radiance[i])


@wp.kernel(enable_backward=False)
def add_directions(
    points: wp.array(dtype=wp.vec3),
    faces: wp.array2d(dtype=int),
    rows: wp.array2d(dtype=int),
    weft: wp.array(dtype=wp.vec2),
    # outputs
    normals: wp.array(dtype=wp.vec3),
    threads: wp.array(dtype=wp.vec3),
):
    """Add a triangle's area vector e1 x e2 to its corners, and its weft w0 e1 + w1 e2 to its corners' rows."""
    f = wp.tid()
    p = points[faces[f, 0]]
    e1 = points[faces[f, 1]] - p
    e2 = points[faces[f, 2]] - p
    area = wp.cross(e1, e2)
    w = weft[f]
    along = w[0] * e1 + w[1] * e2
    for c in range(3):
        wp.atomic_add(normals, faces[f, c], area)
        wp.atomic_add(threads, rows[f, c], along)


@wp.kernel(enable_backward=False)
def unit_vectors(vectors: wp.array(dtype=wp.vec3), out: wp.array(dtype=wp.vec3)):
    """Vectors of length one."""
    i = wp.tid()
    out[i] = wp.normalize(vectors[i])


@wp.kernel(enable_backward=False)
def unit_vectors_adjoint(
    vectors: wp.array(dtype=wp.vec3), gradient: wp.array(dtype=wp.vec3), out: wp.array(dtype=wp.vec3)
):
    """What unit vectors' gradient is by the vectors: (g - (u . g) u) / length."""
    i = wp.tid()
    g = gradient[i]
    length = wp.length(vectors[i])
    result = wp.vec3(0.0, 0.0, 0.0)
    if wp.dot(g, g) > 0.0 and length > 1.0e-10:
        u = vectors[i] / length
        result = (g - wp.dot(u, g) * u) / length
    out[i] = result


@wp.kernel(enable_backward=False)
def add_directions_adjoint(
    points: wp.array(dtype=wp.vec3),
    faces: wp.array2d(dtype=int),
    rows: wp.array2d(dtype=int),
    weft: wp.array(dtype=wp.vec2),
    of_normals: wp.array(dtype=wp.vec3),
    of_threads: wp.array(dtype=wp.vec3),
    # outputs
    of_points: wp.array(dtype=wp.vec3),
):
    """The adjoint of `add_directions`: d(e1 x e2) . a = de1 . (e2 x a) + de2 . (a x e1)."""
    f = wp.tid()
    i = faces[f, 0]
    j = faces[f, 1]
    k = faces[f, 2]
    a = of_normals[i] + of_normals[j] + of_normals[k]
    w = of_threads[rows[f, 0]] + of_threads[rows[f, 1]] + of_threads[rows[f, 2]]
    if wp.dot(a, a) + wp.dot(w, w) > 0.0:
        e1 = points[j] - points[i]
        e2 = points[k] - points[i]
        g1 = wp.cross(e2, a) + weft[f][0] * w
        g2 = wp.cross(a, e1) + weft[f][1] * w
        wp.atomic_add(of_points, i, -(g1 + g2))
        wp.atomic_add(of_points, j, g1)
        wp.atomic_add(of_points, k, g2)

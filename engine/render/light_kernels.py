"""Warp kernels of light: a few stratified rays a pixel, and the filter that lets 64 pixels share them.

Light: (dome r, g, b, visible key, visible rim, visible fill).
"""

import warp as wp

from toile.engine.render.kernels import CLEAR, FLOOR, SHADOW_REACH, Geometry, View, lifted
from toile.shaders.material import Light, Material
from toile.shaders.studio import Studio, dome, dome_irradiance

wp.set_module_options({"enable_backward": False})

_floor = wp.constant(FLOOR)
_clear = wp.constant(CLEAR)
_shadow_reach = wp.constant(SHADOW_REACH)
INDIRECT = wp.constant(0.6)  # share of dome and fill that reaches what bounces light into a fold


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
def around(axis: wp.vec3, x: float, y: float, z: float) -> wp.vec3:
    """x and y across an axis, z along it (Duff et al. 2017)."""
    sign = wp.where(axis[2] >= 0.0, 1.0, -1.0)
    a = -1.0 / (sign + axis[2])
    b = axis[0] * axis[1] * a
    t = wp.vec3(1.0 + sign * axis[0] * axis[0] * a, sign * b, -sign * axis[0])
    s = wp.vec3(b, sign + axis[1] * axis[1] * a, -axis[1])
    return x * t + y * s + z * axis


@wp.func
def blocked(
    g: Geometry, materials: wp.array(dtype=Material), studio: Studio, origin: wp.vec3, direction: wp.vec3
) -> float:
    """Share of light that arrives along a direction: 0 behind anything solid, some through thin cloth."""
    if studio.thin == 0:
        return wp.where(wp.mesh_query_ray_anyhit(g.mesh, origin, direction, _shadow_reach), 0.0, 1.0)
    q = wp.mesh_query_ray(g.mesh, origin, direction, _shadow_reach)
    if not q.result:
        return 1.0
    return 0.9 * materials[g.material_of_face[q.face]].transmission


@wp.func
def sent_back(
    g: Geometry,
    materials: wp.array(dtype=Material),
    studio: Studio,
    face: int,
    p: wp.vec3,
    d: wp.vec3,
) -> wp.vec3:
    """Radiance that a surface, hit at p by a ray of direction d, sends back.

    Key and rim with their shadows; the dome and the fill as far as a fold lets them in, on average.
    """
    m = materials[g.material_of_face[face]]
    i = g.faces[3 * face]
    n = g.normals[i]
    if wp.dot(n, d) > 0.0:
        n = -n
    start = p + 0.002 * n
    light = INDIRECT * dome_irradiance(studio, n[1])
    light = light + (INDIRECT * wp.max(wp.dot(n, studio.fill_direction), 0.0)) * studio.fill_colour
    toward = wp.dot(n, studio.key_direction)
    if toward > 0.0:
        light = (
            light + (toward * blocked(g, materials, studio, start, studio.key_direction)) * studio.key_colour
        )
    toward = wp.dot(n, studio.rim_direction)
    if toward > 0.0:
        light = (
            light + (toward * blocked(g, materials, studio, start, studio.rim_direction)) * studio.rim_colour
        )
    return wp.cw_mul(m.base, light)


@wp.func
def lamp(
    g: Geometry,
    materials: wp.array(dtype=Material),
    studio: Studio,
    origin: wp.vec3,
    n: wp.vec3,
    direction: wp.vec3,
    size: float,
    c: float,
    s: float,
    thin: float,
) -> float:
    """Share of a softbox that arrives, by one ray to the place (c, s) of its disc.

    Shading knows how much of the disc stands above the surface's own horizon (`soft_cosine`), so a ray that would go
    below it is mirrored: what is sought is how much of the upper part is hidden by something else.
    """
    front = wp.dot(n, direction)
    side = float(1.0)
    start = origin
    if front < 0.0 and thin > 0.0:
        side = -1.0
        start = origin - 0.0012 * n
    elif front < -size:
        return 0.0
    to = wp.normalize(around(direction, c * size, s * size, 1.0))
    below = wp.dot(to, n) * side
    if below < 0.0:
        to = to - (2.0 * below * side) * n
    return blocked(g, materials, studio, start, to)


@wp.func
def spilled(g: Geometry, origin: wp.vec3, direction: wp.vec3) -> float:
    """Share of the key that reaches the floor: what stands far away hardly shades it, as in a white-walled studio."""
    q = wp.mesh_query_ray(g.mesh, origin, direction, _shadow_reach)
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
    disc: wp.array2d(dtype=wp.vec3),
    pixels: wp.array(dtype=int),
    face: wp.array(dtype=int),
    hit: wp.array(dtype=wp.vec3),
    place: wp.array(dtype=wp.vec3),
    normal: wp.array(dtype=wp.vec3),
    # outputs
    light: wp.array(dtype=Light),
):
    """Light on the figure at each pixel of a list: the dome with one bounce, the lights as softboxes."""
    pixel = pixels[wp.tid()]
    f = face[pixel]
    h = hit[pixel]
    n = normal[pixel]
    origin = lifted(g, f, h[0], h[1], n)
    thin = materials[g.material_of_face[f]].transmission
    dome_light = wp.vec3(0.0, 0.0, 0.0)
    key = float(0.0)
    rim = float(0.0)
    fill = float(0.0)
    index = tile_index(pixel % view.width, pixel / view.width)
    for k in range(samples):
        at = disc[index, k]
        w = around(n, at[0], at[1], at[2])
        sky = dome(studio, w)
        q = wp.mesh_query_ray(g.mesh, origin, w, studio.reach)
        if q.result:
            far = q.t / studio.reach
            back = sent_back(g, materials, studio, q.face, origin + q.t * w, w)
            sky = wp.lerp(back, sky, far * far)
        dome_light = dome_light + sky
        c = at[0]
        s = at[1]
        key = key + lamp(g, materials, studio, origin, n, studio.key_direction, studio.key_size, c, s, thin)
        rim = rim + lamp(g, materials, studio, origin, n, studio.rim_direction, studio.rim_size, c, s, thin)
        fill = fill + lamp(
            g, materials, studio, origin, n, studio.fill_direction, studio.fill_size, c, s, thin
        )
    scale = 1.0 / float(samples)
    light[pixel] = scale * Light(dome_light[0], dome_light[1], dome_light[2], key, rim, fill)


@wp.kernel
def gather_floor(
    g: Geometry,
    materials: wp.array(dtype=Material),
    view: View,
    studio: Studio,
    samples: int,
    disc: wp.array2d(dtype=wp.vec3),
    pixels: wp.array(dtype=int),
    place: wp.array(dtype=wp.vec3),
    # outputs
    light: wp.array(dtype=Light),
):
    """Light on the floor at each pixel of a list, as shares of what falls on it without a figure."""
    pixel = pixels[wp.tid()]
    origin = place[pixel]
    dome_light = wp.vec3(0.0, 0.0, 0.0)
    key = float(0.0)
    rim = float(0.0)
    index = tile_index(pixel % view.width, pixel / view.width)
    for k in range(samples):
        at = disc[index, k]
        w = around(wp.vec3(0.0, 1.0, 0.0), at[0], at[1], at[2])
        sky = wp.vec3(1.0, 1.0, 1.0)
        q = wp.mesh_query_ray(g.mesh, origin, w, studio.reach)
        if q.result:
            far = q.t / studio.reach
            back = wp.cw_div(sent_back(g, materials, studio, q.face, origin + q.t * w, w), studio.sky)
            sky = wp.lerp(back, sky, far * far)
        dome_light = dome_light + sky
        to = wp.normalize(around(studio.key_direction, at[0] * studio.key_size, at[1] * studio.key_size, 1.0))
        key = key + spilled(g, origin, to)
        to = wp.normalize(around(studio.rim_direction, at[0] * studio.rim_size, at[1] * studio.rim_size, 1.0))
        rim = rim + blocked(g, materials, studio, origin, to)
    scale = 1.0 / float(samples)
    light[pixel] = scale * Light(dome_light[0], dome_light[1], dome_light[2], key, rim, 0.0)


@wp.kernel
def open_light(
    studio: Studio,
    pixels: wp.array(dtype=int),
    # outputs
    light: wp.array(dtype=Light),
):
    """Light that nothing blocks, for a plain preview."""
    h = studio.horizon
    light[pixels[wp.tid()]] = Light(h[0], h[1], h[2], 1.0, 1.0, 1.0)


@wp.func
def alike(a: wp.vec3, na: wp.vec3, b: wp.vec3, nb: wp.vec3, size: float) -> float:
    """Weight 0-1 of a neighbour's light: same plane to within `size` [m], similar normal."""
    gap = b - a
    off = wp.max(wp.abs(wp.dot(gap, na)), wp.abs(wp.dot(gap, nb))) / size
    turn = wp.clamp((wp.dot(na, nb) - 0.55) * 3.0, 0.0, 1.0)
    return turn / (1.0 + off * off * off * off)


@wp.func
def _near(gap: float) -> float:
    return 1.0 / (1.0 + gap * gap * gap * gap)


@wp.func
def resemblance(gap: Light, keen: float) -> Light:
    """Weight 0-1 of light that differs from a pixel's by `gap`: one for the dome's colours, one for each lamp."""
    dome = _near(keen * 0.8 * (wp.abs(gap[0]) + wp.abs(gap[1]) + wp.abs(gap[2])))
    return Light(dome, dome, dome, _near(keen * gap[3]), _near(keen * gap[4]), _near(keen * gap[5]))


@wp.kernel
def filter_light(
    view: View,
    taps: int,
    spacing: int,
    keen: float,
    pixels: wp.array(dtype=int),
    face: wp.array(dtype=int),
    hit: wp.array(dtype=wp.vec3),
    place: wp.array(dtype=wp.vec3),
    normal: wp.array(dtype=wp.vec3),
    light: wp.array(dtype=Light),
    # outputs
    smooth: wp.array(dtype=Light),
):
    """Joint bilateral mean on the figure over taps x taps pixels, `spacing` apart, at each pixel of a list.

    Four taps next to each other and then two taps four apart average the 8 x 8 pixels that share one set of rays.
    keen: how much less a tap counts whose light differs, for dome, key, rim and fill apart, so that edges of shadows stay.
    """
    pixel = pixels[wp.tid()]
    x = pixel % view.width
    y = pixel / view.width
    p = place[pixel]
    n = normal[pixel]
    size = 2.5 * hit[pixel][2] * 2.0 * view.tangent / float(view.height)
    mine = light[pixel]
    total = 0.02 * mine
    weight = Light(0.02, 0.02, 0.02, 0.02, 0.02, 0.02)
    first = -(taps / 2) * spacing + (spacing / 4) * 2
    for row in range(taps):
        yy = wp.clamp(y + first + row * spacing, 0, view.height - 1)
        for column in range(taps):
            xx = wp.clamp(x + first + column * spacing, 0, view.width - 1)
            other = yy * view.width + xx
            if face[other] >= 0:
                w = alike(p, n, place[other], normal[other], size)
                if w > 0.0:
                    its = light[other]
                    each = w * resemblance(its - mine, keen)
                    total = total + wp.cw_mul(each, its)
                    weight = weight + each
    smooth[pixel] = wp.cw_div(total, weight)


@wp.kernel
def filter_floor(
    view: View,
    taps: int,
    spacing: int,
    sparse: int,
    pixels: wp.array(dtype=int),
    face: wp.array(dtype=int),
    light: wp.array(dtype=Light),
    # outputs
    smooth: wp.array(dtype=Light),
):
    """Mean of the floor's light over taps x taps pixels, `spacing` apart, at each pixel of a list.

    sparse = 1: only every other pixel, as on a chessboard, has light so far.
    """
    pixel = pixels[wp.tid()]
    x = pixel % view.width
    y = pixel / view.width
    total = 0.02 * Light(1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
    weight = float(0.02)
    if sparse == 0:
        total = 0.02 * light[pixel]
    first = -(taps / 2) * spacing + (spacing / 4) * 2
    for row in range(taps):
        yy = wp.clamp(y + first + row * spacing, 0, view.height - 1)
        for column in range(taps):
            xx = wp.clamp(x + first + column * spacing, 0, view.width - 1)
            other = yy * view.width + xx
            fo = face[other]
            if fo == _floor and (sparse == 0 or ((xx + yy) & 1) == 0):
                total = total + light[other]
                weight = weight + 1.0
            elif fo == _clear:
                total = total + Light(1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
                weight = weight + 1.0
    smooth[pixel] = total / weight

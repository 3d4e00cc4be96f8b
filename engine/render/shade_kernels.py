"""Warp kernels of shading: colours of pixels, and edges traced again with several rays."""

import warp as wp

from toile.engine.render.kernels import (
    CLEAR,
    FLOOR,
    Geometry,
    View,
    ray_direction,
    seen_backdrop,
    smooth_normal,
    surface_at,
)
from toile.engine.render.light_kernels import alike
from toile.shaders.material import Light, Material, Surface, shade
from toile.shaders.studio import Studio
from toile.shaders.tone import srgb_decode, srgb_encode, tone_map

wp.set_module_options({"enable_backward": False})

_floor = wp.constant(FLOOR)
_clear = wp.constant(CLEAR)
_far = wp.constant(100.0)


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
) -> wp.vec4:
    """What a ray sees that goes on straight through thin cloth, and the share of it that arrives at the backdrop.

    Up to five more surfaces, lit without shadows.
    """
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
            through = 0.0
            break
        q = wp.mesh_query_ray(g.mesh, view.origin + (reached + 0.0015) * d, d, _far)
        if not q.result:
            break
        reached = reached + 0.0015 + q.t
        f = q.face
        s = surface_at(g, view, f, q.u, q.v, reached, d, 1.0)
        c = -wp.dot(s.n, d)
        dim = 0.6 * studio.horizon
        layer = shade(
            materials[s.material], s, studio, Light(dim[0], dim[1], dim[2], 0.5, 0.3, 0.5), -d, table
        )
    return wp.vec4(colour[0], colour[1], colour[2], through)


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
    lod: float,
) -> wp.vec4:
    """Scene-linear radiance along a ray whose first hit on the figure is known, and how clear the way behind it is."""
    s = surface_at(g, view, face, h[0], h[1], h[2], d, lod)
    m = materials[s.material]
    c = shade(m, s, studio, light, -d, table)
    if m.transmission > 0.0:
        return seen_through(g, materials, view, studio, table, face, h[2], d, c, -wp.dot(s.n, d))
    return wp.vec4(c[0], c[1], c[2], 0.0)


@wp.func
def displayed(c: wp.vec4, behind: wp.vec3, cut: int) -> wp.vec4:
    """Tone-mapped colour and cover: before the backdrop (cover 1), or cut out of it."""
    colour = wp.vec3(c[0], c[1], c[2])
    cover = float(1.0)
    if cut == 0:
        colour = colour + c[3] * behind
    elif c[3] > 0.0:
        cover = 1.0 - c[3]
        colour = colour / wp.max(cover, 1.0e-3)
    colour = tone_map(colour)
    return wp.vec4(colour[0], colour[1], colour[2], cover)


@wp.kernel
def shade_pixels(
    g: Geometry,
    materials: wp.array(dtype=Material),
    view: View,
    studio: Studio,
    table: wp.array2d(dtype=float),
    cut: int,
    pixels: wp.array(dtype=int),
    face: wp.array(dtype=int),
    hit: wp.array(dtype=wp.vec3),
    light: wp.array(dtype=Light),
    # outputs
    display: wp.array(dtype=wp.vec3),
    cover: wp.array(dtype=float),
):
    """Tone-mapped colour and cover of the figure at the centre of each pixel of a list."""
    pixel = pixels[wp.tid()]
    x = float(pixel % view.width) + 0.5
    y = float(pixel / view.width) + 0.5
    d = ray_direction(view, x, y)
    c = radiance(g, materials, view, studio, table, face[pixel], hit[pixel], light[pixel], d, 1.0)
    behind = wp.vec3(0.0, 0.0, 0.0)
    if c[3] > 0.0:
        behind = seen_backdrop(studio, view, x, y)
    shown = displayed(c, behind, cut)
    display[pixel] = wp.vec3(shown[0], shown[1], shown[2])
    if cut == 1:
        cover[pixel] = shown[3]


@wp.kernel
def shade_floors(
    view: View,
    studio: Studio,
    pixels: wp.array(dtype=int),
    light: wp.array(dtype=Light),
    # outputs
    display: wp.array(dtype=wp.vec3),
):
    """Tone-mapped colour of the floor at each pixel of a list."""
    pixel = pixels[wp.tid()]
    x = float(pixel % view.width) + 0.5
    y = float(pixel / view.width) + 0.5
    display[pixel] = tone_map(shade_floor(studio, light[pixel], seen_backdrop(studio, view, x, y)))


@wp.kernel
def find_edges(
    g: Geometry,
    materials: wp.array(dtype=Material),
    view: View,
    pixels: wp.array(dtype=int),
    face: wp.array(dtype=int),
    hit: wp.array(dtype=wp.vec3),
    normal: wp.array(dtype=wp.vec3),
    display: wp.array(dtype=wp.vec3),
    # outputs
    edges: wp.array(dtype=wp.uint8),
):
    """Mark pixels of the figure that differ from a neighbour in material, depth, direction or colour, and the backdrop's
    neighbours of the figure."""
    pixel = pixels[wp.tid()]
    x = pixel % view.width
    y = pixel / view.width
    f = face[pixel]
    t = hit[pixel][2]
    step = 6.0 * t * 2.0 * view.tangent / float(view.height)
    n = normal[pixel]
    colour = display[pixel]
    found = int(0)
    limit = float(0.2)  # a print's own edges are filtered already
    if materials[g.material_of_face[f]].transmission > 0.0:
        limit = 0.06  # hems and legs behind thin cloth
    for k in range(9):
        xx = wp.clamp(x + k % 3 - 1, 0, view.width - 1)
        yy = wp.clamp(y + k / 3 - 1, 0, view.height - 1)
        other = yy * view.width + xx
        fo = face[other]
        if fo < 0:
            found = 1
            edges[other] = wp.uint8(1)
        elif found == 0:
            if g.material_of_face[f] != g.material_of_face[fo]:
                found = 1
            if wp.abs(hit[other][2] - t) > step or wp.dot(n, normal[other]) < 0.6:
                found = 1
            c = colour - display[other]
            if wp.max(wp.abs(c[0]), wp.max(wp.abs(c[1]), wp.abs(c[2]))) > limit:
                found = 1
    if found == 1:
        edges[pixel] = wp.uint8(1)


@wp.func
def light_near(
    g: Geometry,
    view: View,
    studio: Studio,
    x: int,
    y: int,
    f: int,
    p: wp.vec3,
    n: wp.vec3,
    t: float,
    face: wp.array(dtype=int),
    place: wp.array(dtype=wp.vec3),
    normal: wp.array(dtype=wp.vec3),
    light: wp.array(dtype=Light),
) -> Light:
    """Light for a ray through a pixel that met the figure: from the most similar pixels of the 3 x 3 round it."""
    size = 2.5 * t * 2.0 * view.tangent / float(view.height)
    weight = float(1.0e-6)
    total = 1.0e-6 * Light(
        0.6 * studio.horizon[0], 0.6 * studio.horizon[1], 0.6 * studio.horizon[2], 0.5, 0.5, 0.5
    )
    for j in range(9):
        xx = wp.clamp(x + j % 3 - 1, 0, view.width - 1)
        yy = wp.clamp(y + j / 3 - 1, 0, view.height - 1)
        other = yy * view.width + xx
        fo = face[other]
        if fo >= 0:
            w = 0.001 + alike(p, n, place[other], normal[other], size)
            if g.material_of_face[fo] != g.material_of_face[f]:
                w = w * 0.01
            total = total + w * light[other]
            weight = weight + w
    return total / weight


@wp.func
def floor_near(view: View, x: int, y: int, face: wp.array(dtype=int), light: wp.array(dtype=Light)) -> Light:
    """Light for a ray through a pixel that met the floor: the mean of the floor's pixels of the 3 x 3 round it."""
    weight = float(1.0e-3)
    total = 1.0e-3 * Light(0.9, 0.9, 0.9, 0.9, 0.9, 0.9)
    for j in range(9):
        xx = wp.clamp(x + j % 3 - 1, 0, view.width - 1)
        yy = wp.clamp(y + j / 3 - 1, 0, view.height - 1)
        other = yy * view.width + xx
        if face[other] == _floor:
            total = total + light[other]
            weight = weight + 1.0
        elif face[other] == _clear:
            total = total + Light(1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
            weight = weight + 1.0
    return total / weight


@wp.kernel
def retrace_edges(
    g: Geometry,
    materials: wp.array(dtype=Material),
    view: View,
    studio: Studio,
    table: wp.array2d(dtype=float),
    cut: int,
    side: int,
    pixels: wp.array(dtype=int),
    face: wp.array(dtype=int),
    place: wp.array(dtype=wp.vec3),
    normal: wp.array(dtype=wp.vec3),
    light: wp.array(dtype=Light),
    # outputs
    display: wp.array(dtype=wp.vec3),
    cover: wp.array(dtype=float),
):
    """Trace side x side rays through each edge pixel and average what they see, after tone mapping.

    The golden ratio spreads them, so that an upright or a level edge has as many steps as there are rays.
    """
    pixel = pixels[wp.tid()]
    x = pixel % view.width
    y = pixel / view.width
    total = wp.vec3(0.0, 0.0, 0.0)
    seen = float(0.0)
    behind = seen_backdrop(studio, view, float(x) + 0.5, float(y) + 0.5)
    floor_known = int(0)
    miss_known = int(0)
    floor_colour = wp.vec3(0.0, 0.0, 0.0)
    miss_colour = wp.vec3(0.0, 0.0, 0.0)
    for k in range(side * side):
        sx = float(x) + (float(k) + 0.5) / float(side * side)
        across = (float(k) + 0.5) * 0.618034
        sy = float(y) + across - wp.floor(across)
        d = ray_direction(view, sx, sy)
        q = wp.mesh_query_ray(g.mesh, view.origin, d, _far)
        if q.result:
            n = smooth_normal(g, q.face, q.u, q.v, -d)
            p = view.origin + q.t * d
            near = light_near(g, view, studio, x, y, q.face, p, n, q.t, face, place, normal, light)
            h = wp.vec3(q.u, q.v, q.t)
            c = radiance(g, materials, view, studio, table, q.face, h, near, d, 1.0 / float(side))
            shown = displayed(c, behind, cut)
            total = total + shown[3] * srgb_decode(wp.vec3(shown[0], shown[1], shown[2]))
            seen = seen + shown[3]
        elif cut == 0:
            if d[1] < -1.0e-4:
                if floor_known == 0:
                    near = floor_near(view, x, y, face, light)
                    floor_colour = srgb_decode(tone_map(shade_floor(studio, near, behind)))
                    floor_known = 1
                total = total + floor_colour
            else:
                if miss_known == 0:
                    miss_colour = srgb_decode(tone_map(behind))
                    miss_known = 1
                total = total + miss_colour
            seen = seen + 1.0
    display[pixel] = srgb_encode(total / wp.max(seen, 1.0e-6))
    if cut == 1:
        cover[pixel] = seen / float(side * side)


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
        materials[i], s, studio, Light(h[0], h[1], h[2], 1.0, 1.0, 1.0), wp.vec3(0.0, 0.0, 1.0), table
    )

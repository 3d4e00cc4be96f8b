"""What a surface looks like, and the light it sends to the eye: cloth, and the matte skin of the mannequin.

The light that reaches a point comes in six numbers: the dome's irradiance (three, occluded, with one bounce of
colour) and the visible shares of key, rim and fill. All colours are scene-linear.
"""

import warp as wp

from toile.shaders.brdf import charlie, ggx, gloss_albedo, schlick, sheen_albedo, soft_cosine
from toile.shaders.prints import inside, print_colour
from toile.shaders.studio import Studio, dome, dome_irradiance
from toile.shaders.weave import band_limit, flecks, slubs, weave

Light = wp.types.vector(length=6, dtype=float)

SKIN, CLOTH = 0, 1
_cloth = wp.constant(CLOTH)
_pi = wp.constant(3.14159265358979)


@wp.struct
class Material:
    """Look of one garment or of one part of the body."""

    kind: int
    base: wp.vec3  # albedo
    first: wp.vec3  # print colours
    second: wp.vec3
    print_kind: int
    print_scale: float  # m
    print_turned: int  # 1: stripes run along the weft
    weave_kind: int
    yarn: float  # m
    slub: float  # unevenness of the yarns
    fleck: float  # how much lighter and darker single yarns or tufts are
    fleck_size: float  # m, across the warp
    fleck_long: float  # along the warp, times that
    bump: float
    alpha_warp: float  # GGX, along the warp
    alpha_weft: float
    f0: float
    gloss: wp.vec3  # colour of the mirrored light: threads tint it, and hide part of it from each other
    sheen: wp.vec3
    sheen_roughness: float
    transmission: float
    stitch: float  # 1: seams and hems show their stitches


@wp.struct
class Surface:
    """A point of a surface as the eye sees it: normals face the viewer."""

    p: wp.vec3
    n: wp.vec3
    facing: float  # 1 on the right side, -1 on the wrong side
    weft: wp.vec3
    warp: wp.vec3
    uv: wp.vec2  # m, on the flat panel
    seam: float  # m, distance to the nearest seam, or to the edge of a patch: negative outside it
    row: float  # m, distance from the nearest row of stitches along a hem, neckline or waist
    footprint: float  # m, width of a pixel on the surface
    material: int
    stain: wp.vec3  # of skin: factor of the albedo less one


@wp.func
def luminance(c: wp.vec3) -> float:
    """Relative luminance, Rec. 709."""
    return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]


@wp.func
def mirrored_dome(studio: Studio, n: wp.vec3, v: wp.vec3, roughness: float, dome_light: wp.vec3) -> wp.vec3:
    """Mean radiance of the dome over a lobe round the mirror direction, as far as the point sees the dome at all."""
    towards = 2.0 * wp.dot(n, v) * n - v
    mean = wp.lerp(dome(studio, towards), dome_irradiance(studio, towards[1]), roughness)
    open_sky = luminance(dome_light) / wp.max(luminance(dome_irradiance(studio, n[1])), 1.0e-6)
    return mean * wp.min(open_sky, 1.0)


@wp.func
def _stitches(m: Material, s: Surface) -> float:
    """Albedo factor of the seam's groove, and of the row of stitches along a finished edge."""
    w = s.footprint
    seam = wp.abs(s.seam)
    factor = 1.0
    line = 0.0009
    groove = wp.clamp((line + 0.5 * w - seam) / wp.max(w, 2.0e-4), 0.0, 1.0) * wp.min(
        1.0, line / wp.max(0.5 * w, 1.0e-5)
    )
    factor = factor - 0.42 * groove - 0.10 * (1.0 - wp.smoothstep(0.0, 0.005, seam))
    d = wp.abs(s.row)
    thread = 0.0006
    row = wp.clamp((thread + 0.5 * w - d) / wp.max(w, 2.0e-4), 0.0, 1.0) * wp.min(
        1.0, thread / wp.max(0.5 * w, 1.0e-5)
    )
    gap = 0.7
    keep = band_limit(w, 0.0032)
    if keep > 0.0:
        along = (s.uv[0] + 0.37 * s.uv[1]) / 0.0032
        gap = wp.lerp(0.7, wp.where(along - wp.floor(along) < 0.7, 1.0, 0.1), keep)
    factor = factor - 0.38 * row * gap - 0.10 * (1.0 - wp.smoothstep(0.0, 0.004, d))
    return factor


@wp.func
def cloth_colour(m: Material, s: Surface) -> wp.vec3:
    """Albedo of cloth without its weave: print, uneven yarns, seams and hems."""
    x = s.uv[0]
    y = s.uv[1]
    if m.print_turned == 1:
        x = s.uv[1]
        y = s.uv[0]
    base = print_colour(m.print_kind, x, y, m.print_scale, s.footprint, m.base, m.first, m.second)
    factor = 1.0 + m.slub * slubs(s.uv[0], s.uv[1], s.footprint)
    if m.fleck > 0.0:
        factor = factor + m.fleck * flecks(s.uv[0], s.uv[1], m.fleck_size, m.fleck_long, s.footprint)
    if m.stitch > 0.0:
        factor = factor * _stitches(m, s)
    return base * factor


@wp.func
def light_cloth(
    m: Material,
    base: wp.vec3,
    n: wp.vec3,
    weft: wp.vec3,
    warp: wp.vec3,
    rough: float,
    studio: Studio,
    light: Light,
    v: wp.vec3,
    table: wp.array2d(dtype=float),
) -> wp.vec3:
    """Radiance of cloth of a given albedo: matte base, sheen, threads' gloss, light through thin cloth.

    rough: added to the roughness that mirrors the dome, for threads too thin to be drawn.
    """
    nv = wp.max(wp.dot(n, v), 0.04)
    dome_light = wp.vec3(light[0], light[1], light[2])
    loss = 1.0 - wp.max(m.sheen[0], wp.max(m.sheen[1], m.sheen[2])) * sheen_albedo(
        table, nv, m.sheen_roughness
    )
    diffuse = dome_light
    gloss = wp.vec3(0.0, 0.0, 0.0)
    through = wp.vec3(0.0, 0.0, 0.0)
    sheen_alpha = wp.max(m.sheen_roughness, 0.07) * wp.max(m.sheen_roughness, 0.07)
    for i in range(3):
        direction = studio.key_direction
        colour = studio.key_colour * light[3]
        spread = studio.key_size
        if i == 1:
            direction = studio.rim_direction
            colour = studio.rim_colour * light[4]
            spread = studio.rim_size
        if i == 2:
            direction = studio.fill_direction
            colour = studio.fill_colour * light[5]
            spread = studio.fill_size
        cosine = wp.dot(n, direction)
        nl = soft_cosine(cosine, spread)
        if nl > 0.0:
            diffuse = diffuse + colour * nl
            h = wp.normalize(v + direction)
            vh = wp.dot(v, h)
            # A softbox widens the highlight. Half vectors turn half as far as the light, a disc of radius r has the
            # variance r^2 / 4 along each axis, and alpha^2 is twice a lobe's variance: (spread / 2)^2 / 4 * 2.
            wide = 0.125 * spread * spread
            f = schlick(m.f0, vh) * ggx(
                n,
                weft,
                warp,
                v,
                direction,
                wp.min(wp.sqrt(m.alpha_weft * m.alpha_weft + wide), 1.0),
                wp.min(wp.sqrt(m.alpha_warp * m.alpha_warp + wide), 1.0),
            )
            lobe = charlie(nl, nv, wp.clamp(wp.dot(n, h), 0.0, 1.0), sheen_alpha)
            gloss = gloss + wp.cw_mul(m.gloss * f + m.sheen * lobe, colour) * (_pi * nl)
        if m.transmission > 0.0:
            through = through + colour * soft_cosine(-cosine, spread)
    roughness = wp.sqrt(0.5 * (m.alpha_warp + m.alpha_weft)) + rough
    mirrored = mirrored_dome(studio, n, v, roughness, dome_light)
    gloss = gloss + wp.cw_mul(m.gloss, mirrored) * gloss_albedo(table, m.f0, roughness, nv)
    gloss = gloss + wp.cw_mul(m.sheen, dome_light) * sheen_albedo(table, nv, m.sheen_roughness)
    body = diffuse * (1.0 - 0.5 * m.transmission) + (0.8 * m.transmission) * through
    return wp.cw_mul(base, body) * loss + gloss


@wp.func
def shade_cloth(
    m: Material, s: Surface, studio: Studio, light: Light, v: wp.vec3, table: wp.array2d(dtype=float)
) -> wp.vec3:
    """Radiance of cloth towards the viewer, its pattern and weave drawn."""
    base = cloth_colour(m, s)
    w = weave(m.weave_kind, s.uv[0], s.uv[1], m.yarn, s.footprint)
    base = base * wp.max(w[0], 0.2)
    n = wp.normalize(s.n - (m.bump * s.facing) * (w[1] * s.weft + w[2] * s.warp))
    return light_cloth(m, base, n, s.weft, s.warp, w[3], studio, light, v, table)


@wp.func
def light_skin(
    m: Material,
    base: wp.vec3,
    covered: float,
    n: wp.vec3,
    weft: wp.vec3,
    warp: wp.vec3,
    studio: Studio,
    light: Light,
    v: wp.vec3,
    table: wp.array2d(dtype=float),
) -> wp.vec3:
    """Radiance of skin of a given albedo: matte, wrapped softly round the terminator, a faint broad gloss.

    covered: how far the base layer lies over it, 0-1.
    """
    nv = wp.max(wp.dot(n, v), 0.04)
    dome_light = wp.vec3(light[0], light[1], light[2])
    diffuse = dome_light
    gloss = wp.vec3(0.0, 0.0, 0.0)
    for i in range(3):
        direction = studio.key_direction
        colour = studio.key_colour * light[3]
        if i == 1:
            direction = studio.rim_direction
            colour = studio.rim_colour * light[4]
        if i == 2:
            direction = studio.fill_direction
            colour = studio.fill_colour * light[5]
        nl = wp.dot(n, direction)
        wrap = 0.18
        soft = wp.clamp((nl + wrap) / (1.0 + wrap), 0.0, 1.0)
        diffuse = diffuse + colour * (soft * soft)
        if nl > 0.0:
            h = wp.normalize(v + direction)
            f = schlick(m.f0, wp.dot(v, h)) * ggx(n, weft, warp, v, direction, m.alpha_weft, m.alpha_warp)
            gloss = gloss + colour * (_pi * nl * f)
    roughness = wp.sqrt(m.alpha_weft)
    mirrored = mirrored_dome(studio, n, v, roughness, dome_light)
    gloss = gloss + mirrored * gloss_albedo(table, m.f0, roughness, nv)
    return wp.cw_mul(base, diffuse) + gloss * (1.0 - 0.5 * covered)


@wp.func
def shade_skin(
    m: Material, s: Surface, studio: Studio, light: Light, v: wp.vec3, table: wp.array2d(dtype=float)
) -> wp.vec3:
    """Radiance of the mannequin towards the viewer.

    Inside its base layer (uv[0] < 0: distance from the edge) it has the first print colour, and a hem of 6 mm.
    """
    covered = inside(s.uv[0], s.footprint)
    hem = 1.0 - 0.25 * band_limit(s.footprint, 0.012) * inside(wp.abs(s.uv[0] + 0.006) - 0.0006, s.footprint)
    stained = m.base + wp.cw_mul(m.base, s.stain)
    base = wp.lerp(stained, m.first * hem, covered)
    return light_skin(m, base, covered, s.n, s.weft, s.warp, studio, light, v, table)


@wp.func
def shade(
    m: Material, s: Surface, studio: Studio, light: Light, v: wp.vec3, table: wp.array2d(dtype=float)
) -> wp.vec3:
    """Radiance of a surface towards the viewer."""
    if m.kind == _cloth:
        return shade_cloth(m, s, studio, light, v, table)
    return shade_skin(m, s, studio, light, v, table)

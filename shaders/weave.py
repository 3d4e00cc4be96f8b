"""Weaves at thread scale: albedo, slope and roughness of plain, twill, satin, jersey and rib, faded before they alias.

Coordinates are metres on the flat panel: x along the weft, y along the warp, so warp threads run along y. A thread of
spacing `yarn` is drawn in full below 0.18 periods per pixel and not at all above 0.5 periods per pixel.
"""

import warp as wp

WEAVES = ("plain", "twill", "satin", "jersey", "rib", "grain", "strands")


@wp.func
def hash2(i: int, j: int) -> float:
    """A number in 0-1 that depends on two integers only."""
    h = wp.uint32(i) * wp.uint32(374761393) + wp.uint32(j) * wp.uint32(668265263)
    h = (h ^ (h >> wp.uint32(13))) * wp.uint32(1274126177)
    h = h ^ (h >> wp.uint32(16))
    return float(h & wp.uint32(0xFFFFFF)) / 16777216.0


@wp.func
def value_noise(x: float, y: float) -> float:
    """Smooth noise in -1 … 1, one lattice cell per unit."""
    fx = wp.floor(x)
    fy = wp.floor(y)
    i = int(fx)
    j = int(fy)
    u = x - fx
    v = y - fy
    u = u * u * (3.0 - 2.0 * u)
    v = v * v * (3.0 - 2.0 * v)
    low = wp.lerp(hash2(i, j), hash2(i + 1, j), u)
    high = wp.lerp(hash2(i, j + 1), hash2(i + 1, j + 1), u)
    return 2.0 * wp.lerp(low, high, v) - 1.0


@wp.func
def band_limit(footprint: float, period: float) -> float:
    """1 where a pixel sees under 0.18 periods, 0 above 0.5."""
    return 1.0 - wp.smoothstep(0.18, 0.5, footprint / period)


@wp.func
def wrap_int(i: int, n: int) -> int:
    """i modulo n, never negative."""
    r = i - (i / n) * n
    if r < 0:
        r = r + n
    return r


@wp.func
def _woven(over: float, u: float, v: float, along: float) -> wp.vec3:
    """Height and its slopes of one crossing; u across and v along the thread on top, both in -1 … 1."""
    across = 1.0 - u * u
    crown = 1.0 - along * v * v
    return wp.vec3(across * crown, -2.0 * u * crown, -2.0 * along * v * across)


@wp.func
def _pebbles(x: float, y: float) -> float:
    """Height of leather's grain, 0 in its creases: two turned noises, so that no lattice shows; mean about 0.42."""
    a = value_noise(0.8 * x + 0.6 * y, 0.8 * y - 0.6 * x)
    b = value_noise(1.7 * (0.38 * x - 0.92 * y) + 5.3, 1.7 * (0.92 * x + 0.38 * y))
    crease = wp.min(wp.abs(a + 0.5 * b), 0.5) / 0.5
    return crease * (2.0 - crease) * (0.6 + 0.2 * b)


@wp.func
def weave(kind: int, x: float, y: float, yarn: float, footprint: float) -> wp.vec4:
    """Return (albedo factor of mean 1, slope along x, slope along y, rise in roughness) of a weave.

    kind indexes WEAVES; x, y, yarn and footprint (width of a pixel on the cloth) in metres.
    """
    period = yarn
    if kind == 3:
        period = 1.2 * yarn
    fade = band_limit(footprint, period)
    albedo = 1.0
    slope_x = 0.0
    slope_y = 0.0
    rough = 0.0
    px = x / yarn
    py = y / yarn
    if kind == 1:
        # The diagonal wale has three times the threads' period, so that it shows from farther away.
        diagonal = band_limit(footprint, 2.1 * yarn)
        if diagonal > 0.0:
            s = wp.sin(2.0943951 * (px + py))
            albedo = albedo + 0.07 * diagonal * s
            c = 0.10 * diagonal * wp.cos(2.0943951 * (px + py))
            slope_x = slope_x + c
            slope_y = slope_y + c
    if kind == 6:
        # Hair: strands and the locks they lie in, which waver along their length.
        width = yarn
        for _octave in range(4):
            keep = band_limit(footprint, 2.0 * width)
            if keep > 0.0:
                a = x / width
                b = y / (40.0 * width + 0.02)
                here = value_noise(a, b)
                albedo = albedo + 0.13 * keep * here
                slope_x = slope_x + 0.10 * keep * (value_noise(a + 0.3, b) - here) / 0.3
                slope_y = slope_y + 0.05 * keep * here
            width = width * 2.7
    elif fade > 0.0:
        fx = wp.floor(px)
        fy = wp.floor(py)
        i = int(fx)
        j = int(fy)
        u = 2.0 * (px - fx) - 1.0
        v = 2.0 * (py - fy) - 1.0
        if kind == 0 or kind == 1 or kind == 2:
            warp_over = 0.0
            along = 0.6
            if kind == 0:
                warp_over = float(wrap_int(i + j, 2))
            elif kind == 1:
                along = 0.3
                if wrap_int(i + j, 3) != 0:
                    warp_over = 1.0
            else:
                along = 0.12
                if wrap_int(2 * i + j, 5) != 0:
                    warp_over = 1.0
            h = wp.vec3(0.0, 0.0, 0.0)
            if warp_over > 0.5:
                h = _woven(warp_over, u, v, along)
                slope_x = slope_x + 0.55 * fade * h[1]
                slope_y = slope_y + 0.55 * fade * h[2]
            else:
                h = _woven(warp_over, v, u, along)
                slope_y = slope_y + 0.55 * fade * h[1]
                slope_x = slope_x + 0.55 * fade * h[2]
            tone = hash2(i, 7919) * warp_over + hash2(7907, j) * (1.0 - warp_over) - 0.5
            shade = 0.34 * (h[0] - 0.56) + 0.16 * tone
            if kind == 1:
                shade = shade + 0.10 * (0.667 - (1.0 - warp_over) * 2.0) * 0.3
            albedo = albedo + fade * shade
        elif kind == 3:
            # Jersey: columns of V; each leg leans, course height 0.8 of the wale's width.
            w = px / 1.2
            fw = wp.floor(w)
            q = 2.0 * (w - fw) - 1.0
            lean = wp.abs(q)
            c = py / 0.95 + 0.75 * lean
            fc = wp.floor(c)
            r = 2.0 * (c - fc) - 1.0
            leg = 1.0 - r * r
            side = 1.0 - (2.0 * lean - 1.0) * (2.0 * lean - 1.0)
            albedo = albedo + fade * 0.42 * (leg * (0.4 + 0.6 * side) - 0.53)
            slope_y = slope_y - fade * 0.55 * r
            slope_x = slope_x - fade * 0.6 * (2.0 * lean - 1.0) * wp.sign(q)
        elif kind == 4:
            # Rib and corduroy: a cosine, which has no harmonics to alias.
            albedo = albedo + fade * 0.16 * wp.cos(3.1415927 * u)
            slope_x = slope_x - fade * 0.75 * wp.sin(3.1415927 * u)
        else:
            # Leather: pebbles parted by creases.
            e = 0.12
            px = 1.7 * px
            py = 1.7 * py
            a = _pebbles(px, py)
            slope_x = slope_x + fade * 0.15 * (_pebbles(px + e, py) - a) / e
            slope_y = slope_y + fade * 0.15 * (_pebbles(px, py + e) - a) / e
            albedo = albedo + fade * 0.10 * (a - 0.42)
        rough = 0.0
    else:
        rough = 0.03
    return wp.vec4(albedo, slope_x, slope_y, rough)


@wp.func
def slubs(x: float, y: float, footprint: float) -> float:
    """Uneven yarns: streaks along warp and weft at 1.2, 3.5 and 10 mm, each faded before it aliases; -1 … 1."""
    total = 0.0
    width = 0.0012
    for _octave in range(3):
        keep = 1.0 - wp.smoothstep(0.3, 0.8, footprint / width)
        if keep > 0.0:
            a = x / width
            b = y / width
            total = total + keep * 0.33 * (value_noise(a, b / 14.0) + 0.6 * value_noise(a / 14.0 + 31.7, b))
        width = width * 2.9
    return total


@wp.func
def flecks(x: float, y: float, size: float, long: float, footprint: float) -> float:
    """Yarns of another shade, of denim and tweed: noise at three sizes, stretched along the warp; about -1 … 1."""
    total = 0.0
    width = size
    for _octave in range(3):
        keep = 1.0 - wp.smoothstep(0.3, 0.9, footprint / width)
        if keep > 0.0:
            total = total + keep * 0.6 * value_noise(x / width + 17.3, y / (long * width))
        width = width * 2.3
    return total

"""Printed patterns in centimetres on the grain: solid, stripes, check, dots, floral, filtered to the pixel.

Coordinates are metres on the flat panel (x weft, y warp); `scale` is the repeat [m]; `w` the width of a pixel on the
cloth [m]. Colours are linear albedo: ground, first and second print colour.
"""

import warp as wp

from toile.shaders.weave import hash2

PRINTS = ("solid", "stripes", "check", "dots", "floral")
FLORAL_CELLS = wp.constant(14)
"""Scattered flowers come again after this many times the repeat, so that a tile of them can be baked without a cut."""


@wp.func
def pulse(x: float, duty: float, w: float) -> float:
    """Share of a pixel of width w at x that lies in the first `duty` of each unit period (box filter, exact)."""
    w = wp.max(w, 1.0e-3)
    a = x - 0.5 * w
    b = x + 0.5 * w
    fa = wp.floor(a)
    fb = wp.floor(b)
    area_a = fa * duty + wp.min(a - fa, duty)
    area_b = fb * duty + wp.min(b - fb, duty)
    return (area_b - area_a) / w


@wp.func
def inside(distance: float, w: float) -> float:
    """Coverage of a pixel of width w whose centre is at a signed distance (negative inside) from an edge."""
    return wp.clamp(0.5 - distance / wp.max(w, 1.0e-4), 0.0, 1.0)


@wp.func
def _flower(dx: float, dy: float, radius: float, turn: float) -> float:
    """Approximate signed distance to a five-petalled flower."""
    r = wp.sqrt(dx * dx + dy * dy)
    petals = wp.abs(wp.cos(2.5 * (wp.atan2(dy, dx) + turn)))
    return (r - radius * (0.42 + 0.58 * wp.sqrt(petals))) * 0.75


@wp.func
def wrapped(i: int) -> int:
    """Index of a flower's cell within a repeat of FLORAL_CELLS."""
    return ((i % FLORAL_CELLS) + FLORAL_CELLS) % FLORAL_CELLS


@wp.func
def _floral(x: float, y: float, w: float, ground: wp.vec3, first: wp.vec3, second: wp.vec3) -> wp.vec3:
    colour = ground
    i0 = int(wp.floor(x))
    j0 = int(wp.floor(y))
    leaf = wp.cw_mul(first, wp.vec3(0.35, 0.55, 0.35)) + 0.12 * wp.vec3(0.10, 0.28, 0.10)
    for dj in range(-1, 2):
        for di in range(-1, 2):
            i = wrapped(i0 + di)
            j = wrapped(j0 + dj)
            cx = float(i0 + di) + 0.5 + 0.5 * (hash2(i, j) - 0.5)
            cy = float(j0 + dj) + 0.5 + 0.5 * (hash2(i + 91, j) - 0.5)
            turn = 6.2831853 * hash2(i, j + 57)
            size = 0.22 + 0.16 * hash2(i + 13, j + 29)
            dx = x - cx
            dy = y - cy
            # Two leaves: lenses on a line through the flower.
            along = wp.cos(turn) * dx + wp.sin(turn) * dy
            across = wp.cos(turn) * dy - wp.sin(turn) * dx
            centre = wp.abs(along) - 1.35 * size
            lens = wp.abs(across) + 0.9 * centre * centre / size - 0.24 * size
            colour = wp.lerp(colour, leaf, inside(0.8 * lens, w))
            petal = first
            if hash2(i + 5, j + 77) > 0.62:
                petal = second
            colour = wp.lerp(colour, petal, inside(_flower(dx, dy, size, turn), w))
            heart = wp.sqrt(dx * dx + dy * dy) - 0.24 * size
            colour = wp.lerp(colour, 0.25 * petal + 0.6 * wp.vec3(0.75, 0.5, 0.12), inside(heart, w))
    return colour


@wp.func
def print_colour(
    kind: int, x: float, y: float, scale: float, w: float, ground: wp.vec3, first: wp.vec3, second: wp.vec3
) -> wp.vec3:
    """Albedo of a print at a point of the panel; kind indexes PRINTS."""
    if kind == 0:
        return ground
    px = x / scale
    py = y / scale
    pw = w / scale
    if kind == 1:
        return wp.lerp(ground, first, pulse(px, 0.5, pw))
    if kind == 2:
        return wp.lerp(ground, first, 0.5 * (pulse(px, 0.5, pw) + pulse(py, 0.5, pw)))
    if kind == 3:
        # Staggered: a dot in the middle of each cell and one on its corners.
        ax = px - wp.floor(px) - 0.5
        ay = py - wp.floor(py) - 0.5
        bx = px + 0.5 - wp.floor(px + 0.5) - 0.5
        by = py + 0.5 - wp.floor(py + 0.5) - 0.5
        r = wp.sqrt(wp.min(ax * ax + ay * ay, bx * bx + by * by))
        return wp.lerp(ground, first, inside(r - 0.2, pw))
    return _floral(px, py, pw, ground, first, second)

"""A print as an SVG pattern, matched to the grain: the shapes that `toile.shaders.prints` shades, at their real repeat.

Cloth coordinates (u, v) [mm] run along weft and warp from the panel's origin, as the renderer's do; a knit's stripes run
across, so u and v change places. Colours are mixed in linear light.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from toile.shaders.print_scale import print_repeat_cm

FLORAL_CELLS = 14
"""As `toile.shaders.prints.FLORAL_CELLS`; a test holds them together."""
DOT_RADIUS = 0.2
OPACITY = 0.45
"""Of the print on a pattern drawing, so that lines and words on it stay readable."""
Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class ClothLook:
    """Colour `#rrggbb`, print, its colours, its repeat [cm] (None: its own), and whether the cloth is knitted."""

    colour: str
    print_kind: str = "solid"
    print_colours: tuple[str, ...] = ()
    print_scale_cm: float | None = None
    knitted: bool = False


def hash2(i: int, j: int) -> float:
    """Return the number in 0-1 that `toile.shaders.weave.hash2` makes of two integers."""
    mask = 0xFFFFFFFF
    h = ((i & mask) * 374761393 + (j & mask) * 668265263) & mask
    h = ((h ^ (h >> 13)) * 1274126177) & mask
    h ^= h >> 16
    return (h & 0xFFFFFF) / 16777216.0


def print_pattern(name: str, look: ClothLook, ox: float, oy: float, grain: tuple[float, float]) -> str:
    """Return the definition of an SVG pattern for a piece whose origin lies at (ox, oy) [mm] on the sheet."""
    length = math.hypot(*grain)
    warp = (grain[0] / length, grain[1] / length)
    weft = (warp[1], -warp[0])
    first, second = (warp, weft) if look.knitted else (weft, warp)
    repeat = 10.0 * print_repeat_cm(look.print_kind, look.print_scale_cm)
    cells = FLORAL_CELLS if look.print_kind == "floral" else 1
    side = cells * repeat
    ground, one, two = print_colours(look)
    shapes = "".join(_SHAPES[look.print_kind](repeat, ground, one, two))
    matrix = f"{first[0]:g} {-first[1]:g} {second[0]:g} {-second[1]:g} {ox:.3f} {oy:.3f}"
    return (
        f'<pattern id="{name}" patternUnits="userSpaceOnUse" width="{side:g}" height="{side:g}" '
        f'patternTransform="matrix({matrix})"><rect width="{side:g}" height="{side:g}" fill="#ffffff"/>'
        f'<g opacity="{OPACITY}"><rect width="{side:g}" height="{side:g}" fill="{_hex(ground)}"/>{shapes}</g></pattern>'
    )


def print_colours(look: ClothLook) -> tuple[Rgb, Rgb, Rgb]:
    """Return ground, first and second colour, linear; what was not said shows against the ground."""
    ground = _linear(look.colour)
    dark = 0.2126 * ground[0] + 0.7152 * ground[1] + 0.0722 * ground[2] < 0.25
    chosen = [_linear(c) for c in look.print_colours] or [_linear("#f4f1ea" if dark else "#2b2d33")]
    second = chosen[1] if len(chosen) > 1 else _mix(chosen[0], ground)
    return ground, chosen[0], second


def _stripes(repeat: float, ground: Rgb, one: Rgb, _two: Rgb) -> Iterable[str]:
    yield f'<rect width="{0.5 * repeat:g}" height="{repeat:g}" fill="{_hex(one)}"/>'


def _check(repeat: float, ground: Rgb, one: Rgb, _two: Rgb) -> Iterable[str]:
    half = 0.5 * repeat
    yield f'<rect width="{half:g}" height="{repeat:g}" fill="{_hex(_mix(ground, one))}"/>'
    yield f'<rect width="{repeat:g}" height="{half:g}" fill="{_hex(_mix(ground, one))}"/>'
    yield f'<rect width="{half:g}" height="{half:g}" fill="{_hex(one)}"/>'


def _dots(repeat: float, ground: Rgb, one: Rgb, _two: Rgb) -> Iterable[str]:
    for x, y in ((0.5, 0.5), (0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)):
        yield f'<circle cx="{x * repeat:g}" cy="{y * repeat:g}" r="{DOT_RADIUS * repeat:g}" fill="{_hex(one)}"/>'


def _floral(repeat: float, ground: Rgb, one: Rgb, two: Rgb) -> Iterable[str]:
    """Flowers of five petals with two leaves, in the cells and turns of the shader; drawn past the tile's rim, too."""
    leaf = (0.35 * one[0] + 0.012, 0.55 * one[1] + 0.0336, 0.35 * one[2] + 0.012)
    heart_of = {
        colour: (0.25 * colour[0] + 0.45, 0.25 * colour[1] + 0.3, 0.25 * colour[2] + 0.072)
        for colour in (one, two)
    }
    for row in range(-1, FLORAL_CELLS + 1):
        for column in range(-1, FLORAL_CELLS + 1):
            i, j = column % FLORAL_CELLS, row % FLORAL_CELLS
            x = (column + 0.5 + 0.5 * (hash2(i, j) - 0.5)) * repeat
            y = (row + 0.5 + 0.5 * (hash2(i + 91, j) - 0.5)) * repeat
            turn = 360.0 * hash2(i, j + 57)
            size = (0.22 + 0.16 * hash2(i + 13, j + 29)) * repeat
            petal = two if hash2(i + 5, j + 77) > 0.62 else one
            yield f'<g transform="translate({x:.3f} {y:.3f})">'
            for side in (-1.35, 1.35):
                yield (
                    f'<ellipse cx="{side * size:.3f}" rx="{0.5 * size:.3f}" ry="{0.24 * size:.3f}" '
                    f'transform="rotate({turn:.2f})" fill="{_hex(leaf)}"/>'
                )
            points = " ".join(f"{a:.3f},{b:.3f}" for a, b in _petals(size, math.radians(turn)))
            yield f'<polygon points="{points}" fill="{_hex(petal)}"/>'
            yield f'<circle r="{0.24 * size:.3f}" fill="{_hex(heart_of[petal])}"/></g>'


def _petals(radius: float, turn: float) -> Iterable[tuple[float, float]]:
    for k in range(40):
        angle = 2.0 * math.pi * k / 40
        r = radius * (0.42 + 0.58 * math.sqrt(abs(math.cos(2.5 * (angle + turn)))))
        yield r * math.cos(angle), r * math.sin(angle)


_SHAPES = {
    "solid": lambda *_: (),
    "stripes": _stripes,
    "check": _check,
    "dots": _dots,
    "floral": _floral,
}


def _linear(colour: str) -> Rgb:
    r, g, b = (int(colour[k : k + 2], 16) / 255.0 for k in (1, 3, 5))

    def light(c: float) -> float:
        return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4

    return light(r), light(g), light(b)


def _mix(a: Rgb, b: Rgb) -> Rgb:
    return (0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1]), 0.5 * (a[2] + b[2]))


def _hex(colour: Rgb) -> str:
    def code(c: float) -> int:
        c = min(max(c, 0.0), 1.0)
        return round(255.0 * (12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055))

    return "#" + "".join(f"{code(c):02x}" for c in colour)

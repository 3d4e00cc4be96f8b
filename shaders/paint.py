"""What is painted on a surface: a picture with its halves, quarters …, looked up between pixels and between sizes.

The sizes stand below each other in one array: that of level k has S >> k pixels a side, row 0 at v = 0.
"""

import numpy as np
import warp as wp
from numpy.typing import NDArray

F32 = NDArray[np.float32]

PAINTED = 2  # materials, from the first: skin, eyes
LEVELS = 6
TEXEL = 0.0004  # m: width of a pixel of the largest size on the body


def stacked(picture: F32, levels: int = LEVELS) -> F32:
    """Return a square picture (S, S, 3) and its means over 2, 4, 8 … pixels below each other, (about 2 S, S, 3)."""
    sizes = [np.asarray(picture, np.float32)]
    while len(sizes) < levels and len(sizes[-1]) % 2 == 0:
        p = sizes[-1]
        sizes.append(0.25 * (p[0::2, 0::2] + p[1::2, 0::2] + p[0::2, 1::2] + p[1::2, 1::2]))
    rows = np.zeros((sum(map(len, sizes)), len(picture), 3), np.float32)
    first = int(0)
    for p in sizes:
        rows[first : first + len(p), : len(p)] = p
        first += len(p)
    return rows


@wp.func
def painted_at(paint: wp.array2d(dtype=wp.vec3), size: int, first: int, u: float, v: float) -> wp.vec3:
    """The picture of one size at a place, 0-1, between its four nearest pixels."""
    last = float(size - 1)
    x = wp.clamp(u * float(size) - 0.5, 0.0, last)
    y = wp.clamp(v * float(size) - 0.5, 0.0, last)
    i = wp.min(int(x), size - 2)
    j = wp.min(int(y), size - 2)
    a = x - float(i)
    b = y - float(j)
    low = wp.lerp(paint[first + j, i], paint[first + j, i + 1], a)
    high = wp.lerp(paint[first + j + 1, i], paint[first + j + 1, i + 1], a)
    return wp.lerp(low, high, b)


@wp.func
def painted(paint: wp.array2d(dtype=wp.vec3), u: float, v: float, footprint: float) -> wp.vec3:
    """The picture at a place, 0-1, averaged over about `footprint` [m]."""
    level = wp.clamp(wp.log2(wp.max(footprint / 0.0004, 1.0)), 0.0, 4.999)
    k = int(level)
    size = int(paint.shape[1])
    first = int(0)
    for _i in range(k):
        first = first + size
        size = size / 2  # type: ignore[assignment]  # whole numbers divide as in C
    near = painted_at(paint, size, first, u, v)
    far = painted_at(paint, size / 2, first + size, u, v)
    return wp.lerp(near, far, level - float(k))

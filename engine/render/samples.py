"""Directions that an 8 x 8 tile of pixels shares: stratified places in the unit disc.

16 pixels of a 4 x 4 window make a Hammersley set, 64 refine it; samples after the first are shifted (Cranley and Patterson
1976) by the plastic number's powers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TILE = 64  # pixels


def disc_samples(count: int) -> NDArray[np.float32]:
    """Return (x, y, z) of `count` samples a pixel of a tile (64, count, 3): in the unit disc, and on the sphere over it."""
    index = np.arange(TILE)[:, None]
    k = np.arange(count)[None, :]
    high, low = index >> 2, index & 3
    a = (high + (low + 0.5) / 4.0) / 16.0 + 0.56984 * k
    b = (_reversed(high, 4) + (_reversed(low, 2) + 0.5) / 4.0) / 16.0 + 0.75488 * k
    a, b = a - np.floor(a), b - np.floor(b)
    r, angle = np.sqrt(a), 2.0 * np.pi * b
    return np.stack([r * np.cos(angle), r * np.sin(angle), np.sqrt(1.0 - a)], axis=-1).astype(np.float32)


def _reversed(values: NDArray[np.int_], bits: int) -> NDArray[np.int_]:
    """The lowest bits of numbers in reverse order."""
    result = np.zeros_like(values)
    for k in range(bits):
        result = 2 * result + ((values >> k) & 1)
    return result

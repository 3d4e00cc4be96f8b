"""What a backend returns, and how scene-linear light becomes a picture before the studio's backdrop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toile.engine.render.scene import Camera, Lighting, hex_colour
from toile.shaders.tone import agx, agx_inverse

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]


@dataclass(frozen=True)
class Image:
    """A picture: `picture` (H, W, 3) uint8 sRGB; alpha (H, W): share of each pixel that the figure covers; radiance
    (H, W, 3): scene-linear, of the figure alone, or None where a backend has display values only."""

    picture: U8
    alpha: F32
    radiance: F32 | None = None


def backdrop_picture(lighting: Lighting, camera: Camera) -> F32:
    """Return the backdrop (H, W, 3), scene-linear: the NumPy twin of `studio.backdrop`."""
    from toile.shaders.arrays import Ops, Vector, evaluate, structure
    from toile.shaders.studio import backdrop

    width, height = camera.size
    x = (2.0 * (np.arange(width, dtype=np.float32) + 0.5) - width) / height
    y = 1.0 - 2.0 * (np.arange(height, dtype=np.float32) + 0.5) / height
    gx, gy = np.meshgrid(x, y)
    ends = (agx_inverse(np.array(hex_colour(c))) for c in (lighting.backdrop_high, lighting.backdrop_low))
    high, low = (Vector(float(c) for c in end) for end in ends)
    studio = structure(backdrop_high=high, backdrop_low=low, backdrop_corner=lighting.backdrop_corner)
    return np.stack(evaluate(backdrop, Ops(), studio, gx, gy), axis=-1).astype(np.float32)


def developed(radiance: F32, alpha: F32, lighting: Lighting, camera: Camera, split: int = 1) -> Image:
    """Return the picture of a figure before the backdrop; figure, backdrop and parts are mixed in display light.

    Args:
        radiance: scene-linear, of the figure where it is seen (H, W, 3); alpha: share that it covers (H, W).
        lighting: whose backdrop; camera: of the size of `radiance`.
        split: how many parts a side make one pixel of the picture.
    """
    share = alpha[:, :, None]
    front = np.clip(agx(radiance.astype(np.float64)), 0.0, 1.0) ** 2.2
    behind = np.clip(agx(backdrop_picture(lighting, camera).astype(np.float64)), 0.0, 1.0) ** 2.2
    mixed = _means(share * front + (1.0 - share) * behind, split)
    picture = np.clip(255.0 * mixed ** (1.0 / 2.2) + 0.5, 0.0, 255.0).astype(np.uint8)
    covered = _means(share, split)
    linear = _means(share * radiance, split) / np.maximum(covered, 1e-6)
    return Image(picture, covered[:, :, 0].astype(np.float32), linear.astype(np.float32))


def _means(values: NDArray[np.floating], split: int) -> NDArray[np.floating]:
    height, width, channels = values.shape
    return values.reshape(height // split, split, width // split, split, channels).mean((1, 3))

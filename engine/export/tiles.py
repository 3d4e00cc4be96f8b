"""Tiles of a GLB's cloth: the weave as a normal map at thread scale, the print as a base colour at its real repeat.

Both come from the functions that the renderer shades with, baked over one repeat: two by two threads of a plain weave,
three of a twill, five of a satin, one wale of a knit; one repeat of stripes, checks and dots. Flowers are scattered and
come again after fourteen repeats, a metre.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.device import warp
from toile.engine.core.errors import BadInput
from toile.engine.export.gltf_material import Tile, linear_colour
from toile.garments.fabric import Fabric
from toile.shaders.print_scale import PRINT_REPEAT_CM, print_repeat_cm

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

_PIXELS, _FLORAL_PIXELS = 256, 1024
_THREADS = {
    "plain": (2.0, 2.0),
    "twill": (3.0, 3.0),
    "satin": (5.0, 5.0),
    "jersey": (1.2, 0.95),
    "rib": (1.0, 1.0),
}
_WEAVE_PIXELS = 128
_RELIEF = 0.8  # of the weave's slopes, as the renderer has it


def weave_tile(fabric: Fabric) -> Tile:
    """Return the normal map of one repeat of a fabric's weave."""
    from toile.shaders.weave import WEAVES

    wp = warp()
    from toile.engine.export import kernels

    size = tuple(n * fabric.yarn_mm / 1000.0 for n in _THREADS[fabric.weave])
    thread = wp.zeros((_WEAVE_PIXELS, _WEAVE_PIXELS), dtype=wp.vec4, device="cpu")
    kind, yarn = WEAVES.index(fabric.weave), fabric.yarn_mm / 1000.0
    inputs = [kind, yarn, size[0], size[1]]
    wp.launch(kernels.bake_weave, dim=thread.shape, inputs=inputs, outputs=[thread], device="cpu")
    slope = _RELIEF * thread.numpy()[..., 1:3]
    normal = np.concatenate([-slope, np.ones_like(slope[..., :1])], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return Tile((size[0], size[1]), _png(np.rint(127.5 * normal + 127.5).astype(np.uint8)))


def print_tile(
    kind: str,
    colour: str,
    print_colours: Sequence[str],
    *,
    knitted: bool = False,
    scale_cm: float | None = None,
) -> Tile | None:
    """Return one repeat of a print in its colours, or None for a solid cloth.

    Args:
        kind: solid, stripes, check, dots or floral.
        colour: the ground, "#rrggbb".
        print_colours: up to two colours, "#rrggbb"; black or white, whichever shows, when there is none.
        knitted: stripes run across, as a knitting machine makes them.
        scale_cm: the repeat; None: the print's own.

    Raises:
        BadInput: there is no such print, or a colour is not one.
    """
    if kind == "solid":
        return None
    if kind not in PRINT_REPEAT_CM:
        raise BadInput(f"There is no print called {kind!r}; choose one of: {', '.join(PRINT_REPEAT_CM)}.")
    from toile.shaders.prints import FLORAL_CELLS, PRINTS

    wp = warp()
    from toile.engine.export import kernels

    ground = np.array(linear_colour(colour))
    dark = float(ground @ (0.2126, 0.7152, 0.0722)) < 0.25
    chosen = [np.array(linear_colour(c)) for c in print_colours] or [
        np.array(linear_colour("#f4f1ea" if dark else "#2b2d33"))
    ]
    second = chosen[1] if len(chosen) > 1 else 0.5 * (chosen[0] + ground)
    repeats, pixels = (FLORAL_CELLS, _FLORAL_PIXELS) if kind == "floral" else (1, _PIXELS)
    repeat = print_repeat_cm(kind, scale_cm) / 100.0
    side = repeats * repeat
    picture = wp.zeros((pixels, pixels), dtype=wp.vec3, device="cpu")
    colours = [wp.vec3(*(float(v) for v in c)) for c in (ground, chosen[0], second)]
    inputs = [PRINTS.index(kind), int(knitted), repeat, side, side, *colours]
    wp.launch(kernels.bake_print, dim=picture.shape, inputs=inputs, outputs=[picture], device="cpu")
    return Tile((side, side), _png(_to_srgb(picture.numpy())))


def _to_srgb(linear: F32) -> U8:
    bounded = np.clip(linear.astype(np.float64), 0.0, 1.0)
    code = np.where(bounded <= 0.0031308, 12.92 * bounded, 1.055 * bounded ** (1 / 2.4) - 0.055)
    return np.rint(255.0 * code).astype(np.uint8)


def _png(pixels: U8) -> bytes:
    from PIL import Image

    stream = BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", optimize=True)
    return stream.getvalue()

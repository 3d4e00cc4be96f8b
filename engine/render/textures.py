"""Cloth from a picture: a tile of the differentiable renderer read from an image file."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import torch

from toile.engine.core.errors import BadInput, DamagedFile
from toile.shaders.tone import srgb_to_linear
from toile.shaders.torch_shading import Texture

LARGEST = 4096  # pixels a side


def read_texture(path: Path, width_cm: float) -> Texture:
    """Return an image file as a tile of cloth, its upper edge towards the top of the panel.

    Args:
        path: any format that Pillow reads, sRGB.
        width_cm: how wide the tile is on the cloth; its height follows.

    Raises:
        BadInput: a width that is none, or more than 4096 pixels a side.
        DamagedFile: the file is missing, truncated or no image.
    """
    from PIL import Image

    if not 0.0 < width_cm < 1000.0:
        raise BadInput(f"A tile {width_cm:g} cm wide cannot be used; give a width between 0 and 1000 cm.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the size is checked here
            with Image.open(path) as picture:
                width, height = picture.size
                if max(width, height) > LARGEST:
                    raise BadInput(
                        f"{path} has {width} x {height} pixels; scale it down to at most {LARGEST} a side."
                    )
                code = np.asarray(picture.convert("RGB"), np.float64) / 255.0
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DamagedFile(f"{path} cannot be read as an image; choose a whole PNG or JPEG.") from error
    tile = torch.tensor(srgb_to_linear(code)[::-1].copy(), dtype=torch.float32)
    return Texture(tile, (width_cm / 100.0, width_cm / 100.0 * height / width))

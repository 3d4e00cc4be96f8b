"""Rendering a look otherwise than it was asked for: colour, print, fabric, light; nothing is simulated again."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from toile.engine.core.errors import BadInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from toile.engine.render.scene import GarmentLook


@dataclass(frozen=True)
class Restyle:
    """How a look is shown: colours `#rrggbb`, prints and fabrics in the order of its garments (one is for all of them),
    the name of the light, the figure (`avatars/mannequin.py`), words for cameras that move or look closely; whether the animation is written as a GIF, as a WebM and as single
    frames as well, and whether the figure is cut out of the studio."""

    colours: tuple[str, ...] = ()
    prints: tuple[str, ...] = ()
    fabrics: tuple[str, ...] = ()
    light: str = "studio"
    figure: str = "natural"
    skin: str = ""
    hair: str = ""
    closeups: tuple[str, ...] = ()
    gif: bool = False
    webm: bool = False
    frames: bool = False
    alpha: bool = False


def restyled(looks: Sequence[GarmentLook], style: Restyle) -> list[GarmentLook]:
    """Return the looks of a look's garments in other colours, prints and fabrics.

    Raises:
        BadInput: more values than garments, an unknown print or fabric, or a colour that is none.
    """
    from toile.garments.fabric import fabric

    made = []
    for i, look in enumerate(looks):
        colour = _of(style.colours, i, len(looks), "colours")
        kind = _of(style.prints, i, len(looks), "prints")
        cloth = _of(style.fabrics, i, len(looks), "fabrics")
        made.append(
            replace(
                look,
                fabric=fabric(cloth) if cloth else look.fabric,
                colour=colour or look.colour,
                print_kind=kind or look.print_kind,
                print_scale_cm=0.0 if kind and kind != look.print_kind else look.print_scale_cm,
            )
        )
    return made


def _of(values: tuple[str, ...], index: int, garments: int, what: str) -> str | None:
    if len(values) > garments:
        raise BadInput(
            f"There are {len(values)} {what} and {garments} garments; give one for all, or one each."
        )
    if len(values) == 1:
        return values[0]
    return values[index] if index < len(values) else None


def write_gif(path: Path, frames: Iterable[NDArray[np.uint8]], fps: float) -> None:
    """Write frames (height, width, 3), streamed, as an endless GIF with one palette a frame."""
    from PIL import Image

    from toile.engine.core.files import atomic_path

    step = max(1, round(fps / 25.0))  # browsers slow GIFs down that ask for more
    pictures = (Image.fromarray(frame) for frame in itertools.islice(frames, 0, None, step))
    with atomic_path(path) as temporary:
        next(pictures).save(
            temporary,
            format="GIF",
            save_all=True,
            append_images=pictures,
            duration=round(1000.0 * step / fps),
            loop=0,
        )

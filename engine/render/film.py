"""Frames on disk while an animation is rendered, so that a run that was killed goes on with those that are missing.

A folder holds one PNG a view and frame, `view45_frame0012.png`, and `frames.json` with the key of what they show. Each
file is written whole or not at all; pictures of another key are swept away.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.files import atomic_path, make_folder, write_json

U8 = NDArray[np.uint8]
MARKER = "frames.json"
QUICK = 1  # zlib's level: a frame is written while others render


def frame_name(view: str, frame: int) -> str:
    """Return the file name of a view's frame."""
    return f"view{view}_frame{frame:04d}.png"


def open_film(folder: Path, key: str) -> bool:
    """Make a folder ready for the frames of a key; return whether frames of it may be there already.

    Raises:
        CannotWrite: the folder cannot be written.
    """
    make_folder(folder)
    for half_written in folder.glob(".*.png"):
        half_written.unlink()
    if _key_of(folder) == key:
        return True
    for old in folder.glob("*.png"):
        old.unlink()
    write_json(folder / MARKER, {"key": key})
    return False


def film(
    folder: Path,
    names: Sequence[str],
    count: int,
    render: Callable[[Sequence[int]], Iterator[Sequence[U8]]],
) -> Iterator[list[U8]]:
    """Yield all frames in order, one picture a view; those that are not in the folder are rendered and written.

    Args:
        folder: as `open_film` left it.
        names: of the views.
        count: frames.
        render: yields the pictures of the frames that it is given, in order.

    Raises:
        CannotWrite: a frame cannot be written.
    """
    paths = [[folder / frame_name(name, frame) for name in names] for frame in range(count)]
    missing = [frame for frame in range(count) if not all(p.is_file() for p in paths[frame])]
    rendered = iter(render(missing)) if missing else iter(())
    waiting = set(missing)
    for frame in range(count):
        pictures = None if frame in waiting else [_read(path) for path in paths[frame]]
        if pictures is not None and all(p is not None for p in pictures):
            yield [p for p in pictures if p is not None]
            continue
        made = list(next(rendered)) if frame in waiting else list(next(iter(render([frame]))))
        for path, picture in zip(paths[frame], made, strict=True):
            write_png(path, picture, QUICK)
        yield made


def close_film(folder: Path, keep: bool) -> None:
    """Leave the frames for whoever asked for them, or take them away."""
    if keep:
        return
    for old in (*folder.glob("*.png"), folder / MARKER):
        old.unlink(missing_ok=True)
    with suppress(OSError):  # somebody else's files lie there too
        folder.rmdir()


def write_png(path: Path, picture: U8, level: int = 6) -> None:
    """Write a picture (height, width, 3 or 4) as PNG, atomically."""
    from PIL import Image

    with atomic_path(path) as temporary:
        Image.fromarray(picture).save(temporary, format="PNG", compress_level=level)


def _read(path: Path) -> U8 | None:
    """A picture that was written before; None if it is damaged."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            return np.array(picture)
    except OSError:
        return None


def _key_of(folder: Path) -> str | None:
    try:
        found = json.loads((folder / MARKER).read_text("utf-8"))
        return str(found["key"])
    except (OSError, ValueError, KeyError, TypeError):
        return None

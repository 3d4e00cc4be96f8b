"""Scenes of the cloth laboratory: strips that hang, bend and are pulled."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.cloth.drape_test import fill

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


def strip(
    length: float, width: float, edge: float, turned: float = 0.0, clamp: float = 0.0
) -> tuple[F64, I64]:
    """Return a strip along x; `clamp` keeps a line of vertices across it there."""

    def side(a: tuple[float, float], b: tuple[float, float]) -> F64:
        count = max(2, round(float(np.hypot(b[0] - a[0], b[1] - a[1])) / edge))
        return np.asarray(a) + np.linspace(0, 1, count + 1)[:-1, None] * (np.asarray(b) - np.asarray(a))

    stops = [0.0, clamp, length] if clamp else [0.0, length]
    pairs = list(itertools.pairwise(stops))
    fixed = [side((a, 0.0), (b, 0.0)) for a, b in pairs] + [side((length, 0.0), (length, width))]
    fixed += [side((b, width), (a, width)) for a, b in reversed(pairs)] + [side((0.0, width), (0.0, 0.0))]
    if clamp:
        fixed.append(side((clamp, 0.0), (clamp, width))[1:])

    def room(p: F64) -> NDArray[np.bool_]:
        return np.asarray((p > 0).all(1) & (p < [length, width]).all(1))

    return fill(np.concatenate(fixed), edge, turned, room)


def keep_picture(keep: Path | None, name: str, picture: Any) -> None:
    """Save a picture where a folder is kept."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        picture.convert("L").save(keep / name)

"""What the embedded body looks like: a painted face, eyes, uneven skin, and hair; baked by `scripts/bake_looks.py`.

The chart lays vertices over one picture, u to the right and v up, both 0-1:

- the face, u up to FACE_WIDTH: |arc| from its midline (it is symmetric) and height;
- the eyes, a disc in the corner u, v < EYE_SPAN, radius by angle from the eye's axis;
- the rest of the skin, u from NEUTRAL (right of FIELD_LEFT): v says how flushed it is, from FLUSH_LOW to FLUSH_HIGH.

The picture holds factors of the albedo of skin (eyes: of their white), so that it serves any tone of skin. A chart has no
seams: between its fields lies skin as it is. Hair points are weighted sums of body vertices: hair follows turns, shape
and pose of the head without a rig of its own. A body of another topology has none of this.
"""

from __future__ import annotations

import functools
import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.errors import BadInput, DamagedFile

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

LOOKS_FILE = Path(__file__).parent / "data" / "looks.npz"

FACE_WIDTH, FACE_TOP, EYE_SPAN = 0.70, 0.99, 0.19
FIELD_LEFT, NEUTRAL = 0.72, 0.76
FLUSH_LOW, FLUSH_HIGH = 0.22, 0.98
LAYER_EDGE, LAYER_SCALE, LAYER_REACH = 0.87, 2.0, 0.055
"""Of a texture with the base layer: u = LAYER_EDGE - LAYER_SCALE d, d [m] the distance from the layer's edge up to LAYER_REACH."""
PAINT_SCALE, SHARE_SCALE, WAY_SCALE, LINE_SCALE = 200.0, 65535.0, 16384.0, 30000.0  # of 1 as stored
HAIR = ("crop", "bun", "none")
"""Hairstyles."""


@dataclass(frozen=True)
class HairShape:
    """Hair tied to a body of V vertices: points (H, V) and roots (H, V), sparse, give positions from body vertices.

    faces (T, 3), outwards; lines (T, 3, 2) [m]: each corner's place across and along the strands.
    """

    points: Any
    roots: Any
    faces: I32
    lines: F32


@dataclass(frozen=True)
class BodyLooks:
    """chart (V, 2), places on the picture; paint (S, S, 3), row 0 at v = 0, factors of linear albedo."""

    chart: F32
    paint: F32

    def hair(self, style: str) -> HairShape | None:
        """Return the hair of a style, None of "none".

        Raises:
            BadInput: there is no such style.
        """
        if style not in HAIR:
            raise BadInput(f"There is no hair called {style!r}; choose one of: {', '.join(HAIR)}.")
        return None if style == "none" else _hair(style, len(self.chart))


def digest_of_faces(vertex_count: int, faces: NDArray[np.integer]) -> str:
    """Return what tells a mesh's topology from others."""
    content = np.ascontiguousarray(faces, "<i4").tobytes()
    return hashlib.sha256(vertex_count.to_bytes(4, "little") + content).hexdigest()[:16]


def looks_of(vertex_count: int, faces: NDArray[np.integer]) -> BodyLooks | None:
    """Return the looks of a body of this topology, None when it is not the embedded one."""
    stored = _stored()
    if vertex_count != len(stored["chart"]) or digest_of_faces(vertex_count, faces) != str(stored["digest"]):
        return None
    return _looks()


@functools.cache
def _looks() -> BodyLooks:
    stored = _stored()
    chart = stored["chart"].astype(np.float32) / np.float32(65535.0)
    return BodyLooks(chart, stored["paint"].astype(np.float32) / np.float32(PAINT_SCALE))


@functools.cache
def _hair(style: str, vertex_count: int) -> HairShape:
    from scipy import sparse

    stored = _stored()

    def of(name: str) -> NDArray[Any]:
        return stored[f"{style}_{name}"]

    share = of("share").astype(np.float64) / SHARE_SCALE
    share = np.concatenate([1.0 - share.sum(1, keepdims=True), share], axis=1)
    way = of("way").astype(np.float64) / WAY_SCALE
    count = len(way)
    corner, frame = of("corner").astype(np.int32), np.tile(of("frame").astype(np.int32), (count, 1))
    row = np.arange(count)

    def matrix(columns: I32, weights: NDArray[np.float64]) -> Any:
        at = (np.repeat(row, columns.shape[1]), columns.ravel())
        return sparse.csr_matrix((weights.ravel(), at), shape=(count, vertex_count)).astype(np.float32)

    columns = np.concatenate([corner, frame], axis=1)
    weights = np.concatenate([share, -way.sum(1, keepdims=True), way], axis=1)
    lines = of("lines").astype(np.float32) / np.float32(LINE_SCALE)
    return HairShape(matrix(columns, weights), matrix(corner, share), of("faces").astype(np.int32), lines)


@functools.cache
def _stored() -> dict[str, NDArray[Any]]:
    again = "install toile again, or bake it with scripts/bake_looks.py."
    try:
        with np.load(LOOKS_FILE, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except FileNotFoundError as error:
        raise DamagedFile(f"{LOOKS_FILE} is missing; {again}") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DamagedFile(f"{LOOKS_FILE} cannot be read ({error}); {again}") from error

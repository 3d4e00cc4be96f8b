"""The simulation file: body and garments over time, as `simulation.npz` of the look folder."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.errors import DamagedFile
from toile.engine.core.files import atomic_path

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


@dataclass(frozen=True)
class Simulation:
    """Body and garments over time; metres, +Y up.

    body_vertices (F, V, 3); body_faces (S, 3); body_part (V,) indexes PARTS; cloth_vertices (F, N, 3);
    cloth_faces (T, 3), counter-clockwise from the right side of the fabric; cloth_panel_uv (T, 3, 2) [m] on the flat
    panel, x along the weft, y along the warp; garment_of_face (T,); panel_of_face (T,); seam_edges (S, 2) and
    hem_edges (H, 2): vertex pairs; residual (F,): solver's relative change at the end of each frame;
    stitch_lines (K, 2, 2) [m], stitch_panel (K,): edges of pieces sewn onto a panel (patch pockets), on that panel as
    cloth_panel_uv has it, the piece to the left of each; crease_edges (C, 2): vertex pairs along which the cloth is folded;
    button_places (B, 2) [m], button_panel (B,), button_size (B,) [m]: centres on the panel, and diameters (none of these
    in files of before).
    """

    body_vertices: F32
    body_faces: I32
    body_part: I32
    cloth_vertices: F32
    cloth_faces: I32
    cloth_panel_uv: F32
    garment_of_face: I32
    panel_of_face: I32
    seam_edges: I32
    hem_edges: I32
    fps: float
    residual: F32 = field(default_factory=lambda: np.zeros(0, np.float32))
    stitch_lines: F32 = field(default_factory=lambda: np.zeros((0, 2, 2), np.float32))
    stitch_panel: I32 = field(default_factory=lambda: np.zeros(0, np.int32))
    crease_edges: I32 = field(default_factory=lambda: np.zeros((0, 2), np.int32))
    button_places: F32 = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    button_panel: I32 = field(default_factory=lambda: np.zeros(0, np.int32))
    button_size: F32 = field(default_factory=lambda: np.zeros(0, np.float32))

    def save(self, path: Path) -> None:
        """Write the file atomically (compressed, no pickle)."""
        with atomic_path(path) as temporary, temporary.open("wb") as stream:
            arrays: dict[str, Any] = {name: np.asarray(value) for name, value in vars(self).items()}
            np.savez_compressed(stream, **arrays)


_SHAPES: dict[str, tuple[int | None, ...]] = {
    "body_vertices": (None, None, 3),
    "body_faces": (None, 3),
    "body_part": (None,),
    "cloth_vertices": (None, None, 3),
    "cloth_faces": (None, 3),
    "cloth_panel_uv": (None, 3, 2),
    "garment_of_face": (None,),
    "panel_of_face": (None,),
    "seam_edges": (None, 2),
    "hem_edges": (None, 2),
    "fps": (),
    "residual": (None,),
    "stitch_lines": (None, 2, 2),
    "stitch_panel": (None,),
    "crease_edges": (None, 2),
    "button_places": (None, 2),
    "button_panel": (None,),
    "button_size": (None,),
}
# not in every file
_LATER = ("stitch_lines", "stitch_panel", "crease_edges", "button_places", "button_panel", "button_size")


_WHOLE = (
    "body_faces",
    "body_part",
    "cloth_faces",
    "garment_of_face",
    "panel_of_face",
    "seam_edges",
    "hem_edges",
    "stitch_panel",
    "crease_edges",
    "button_panel",
)
# What zipfile, zlib and NumPy's reader raise on bytes that are not what they say (RuntimeError: encrypted or unknown).
_UNREADABLE = (
    OSError, ValueError, KeyError, TypeError, EOFError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def load_simulation(path: Path) -> Simulation:
    """Read and check a simulation file; never unpickles.

    Raises:
        DamagedFile: missing, truncated, wrong shapes, indices out of range or numbers that are not finite.
    """
    again = "run `toile simulate` on this look again."
    arrays: dict[str, NDArray[np.generic]] = {}
    try:
        with np.load(path, allow_pickle=False) as stored:
            for name, shape in _SHAPES.items():
                if name in _LATER and name not in stored:
                    continue
                value = stored[name]
                if value.ndim != len(shape) or any(
                    w is not None and w != h for w, h in zip(shape, value.shape, strict=True)
                ):
                    raise DamagedFile(f"{path}: {name} has shape {value.shape}, expected {shape}; {again}")
                wanted = np.integer if name in _WHOLE else np.number if name == "fps" else np.floating
                if not np.issubdtype(value.dtype, wanted):
                    raise DamagedFile(
                        f"{path}: {name} holds {value.dtype}, not the kind of number it should; {again}"
                    )
                if np.issubdtype(value.dtype, np.floating) and not np.isfinite(value).all():
                    raise DamagedFile(f"{path}: {name} holds numbers that are not finite; {again}")
                arrays[name] = value
    except FileNotFoundError as error:
        raise DamagedFile(f"{path} is missing; {again}") from error
    except _UNREADABLE as error:
        raise DamagedFile(f"{path} cannot be read ({error}); {again}") from error
    body, cloth = arrays["body_vertices"].shape[1], arrays["cloth_vertices"].shape[1]
    for name, count in (
        ("body_faces", body),
        ("cloth_faces", cloth),
        ("seam_edges", cloth),
        ("hem_edges", cloth),
        ("crease_edges", cloth),
    ):
        if name not in arrays:
            continue
        if arrays[name].size and (arrays[name].min() < 0 or arrays[name].max() >= count):
            raise DamagedFile(f"{path}: {name} points outside the {count} vertices; {again}")
    if arrays["body_vertices"].shape[0] != arrays["cloth_vertices"].shape[0]:
        raise DamagedFile(f"{path}: body and cloth differ in their number of frames; {again}")
    if not len(arrays["cloth_vertices"]):
        raise DamagedFile(f"{path} has no frames; {again}")
    if not float(arrays["fps"]) > 0:
        raise DamagedFile(f"{path}: fps is {arrays['fps']}, not a positive number; {again}")
    for name in ("body_part", "garment_of_face", "panel_of_face"):
        if arrays[name].min(initial=0) < 0:
            raise DamagedFile(f"{path}: {name} holds a negative number; {again}")
    empty: NDArray[np.generic] = np.zeros(0)
    for one, *others in (("stitch_lines", "stitch_panel"), ("button_places", "button_panel", "button_size")):
        for other in others:
            if len(arrays.get(one, empty)) != len(arrays.get(other, empty)):
                raise DamagedFile(f"{path}: {other} and {one} differ in length; {again}")
    faces = len(arrays["cloth_faces"])
    for name, rows in (
        ("cloth_panel_uv", faces),
        ("garment_of_face", faces),
        ("panel_of_face", faces),
        ("body_part", body),
    ):
        if len(arrays[name]) != rows:
            raise DamagedFile(f"{path}: {name} has {len(arrays[name])} rows, expected {rows}; {again}")
    return Simulation(**{**arrays, "fps": float(arrays["fps"])})  # type: ignore[arg-type]

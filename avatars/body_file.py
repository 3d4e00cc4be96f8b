"""A body from the user's own file: SMPL-X and its family, a scan, or a mesh over time.

| path | what |
| --- | --- |
| `.npz` with `v_template` | SMPL-X, SMPL-H or SMPL |
| `.npz` with `vertices` (F, V, 3) or (V, 3) and `faces` | a mesh, over time or not |
| `.obj`, `.ply`, `.glb`, `.gltf` | a mesh |
| a folder of those | a mesh over time, a file a frame, in the order of the numbers in their names |

A body stands in an avatar's file by its path and by the SHA-256 of what it holds, so that another body is never taken for it.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.avatars.body_model import BodyModel
from toile.avatars.mesh_body import MESH, MeshBody, MeshFrames
from toile.avatars.mesh_file import ENDINGS, joined, read_mesh
from toile.avatars.npz import read_arrays
from toile.avatars.smpl import FAMILY, SmplBody, checked_smpl, read_smpl
from toile.engine.core.errors import BadInput, DamagedFile

MOST_FRAMES = 2000
MOST_NUMBERS = 240_000_000
"""Numbers of a sequence that are held at once."""
_RATES = ("fps", "mocap_framerate", "mocap_frame_rate", "frame_rate", "framerate")
_VERTICES, _FACES = ("vertices", "verts", "v"), ("faces", "f", "triangles")


def read_body(path: Path, betas: int | None = None, expression: Sequence[float] = ()) -> BodyModel:
    """Return the body model of a file or folder.

    Args:
        path: see the table above.
        betas: how many shape coefficients of the SMPL family are fitted; None is all of them.
        expression: coefficients of SMPL-X's face.

    Raises:
        BadInput: a pickle, an ending that is not read, or no standing adult.
        DamagedFile: missing, truncated, or not what its name says.
    """
    return _read(str(Path(path).resolve()), body_digest(Path(path)), betas, tuple(expression))


@functools.lru_cache(maxsize=4)
def _read(path: str, digest: str, betas: int | None, expression: tuple[float, ...]) -> BodyModel:
    """Read a body once per process and content."""
    file = Path(path)
    origin = {"file": path, "digest": digest}
    if file.suffix.lower() == ".npz" and file.is_file():
        if "v_template" in _names(file):
            return SmplBody(read_smpl(file), betas, expression, origin)
        frames = _npz_frames(file)
    else:
        frames = _folder_frames(file) if file.is_dir() else _still(file)
    if betas is not None or expression:
        raise BadInput(f"{file.name} is a mesh and has neither betas nor expression; leave them out.")
    return MeshBody(frames, file.name, origin)


def body_digest(path: Path) -> str:
    """Return the SHA-256 of what a body's file, or the frames in its folder, hold.

    Raises:
        BadInput: a pickle, or an ending that is not read.
        DamagedFile: there is no such file.
    """
    _check_kind(path)
    total = hashlib.sha256()
    try:
        for file in _frame_files(path) if path.is_dir() else [path]:
            with file.open("rb") as stream:
                total.update(hashlib.file_digest(stream, "sha256").digest())
    except OSError as error:
        raise DamagedFile(f"{path} cannot be read ({error.strerror}); name a readable body.") from error
    return total.hexdigest()


def _check_kind(path: Path) -> None:
    ending = path.suffix.lower()
    if ending in (".pkl", ".pickle"):
        raise BadInput(
            f"{path} is a pickled file, which would run code when opened; give the .npz of the same model: the SMPL-X site offers "
            f"SMPLX_NEUTRAL.npz, and numpy.savez writes one from any other."
        )
    if not path.exists():
        raise BadInput(
            f"There is no body {path}; name an .npz, {', '.join(ENDINGS)} file or a folder of meshes."
        )
    if not path.is_dir() and ending not in (".npz", *ENDINGS):
        raise BadInput(
            f"{path} does not end in .npz, {', '.join(ENDINGS)}; name a body of one of these kinds."
        )


def model_of_origin(value: Mapping[str, Any]) -> BodyModel:
    """Return the body model that an avatar's file names.

    Raises:
        BadInput: there is none of that name.
        DamagedFile: its file is missing, or holds another body than it did.
    """
    name, again = value.get("body"), "make it again with `toile avatar`"
    if name != MESH and name not in {kind for kind, _ in FAMILY.values()}:
        raise BadInput(f"There is no body model {name!r}; {again}.")
    try:
        path, digest = Path(str(value["file"])), str(value["digest"])
        betas = None if name == MESH else int(value["betas"])
        expression = tuple(float(x) for x in value.get("expression", ()))
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"The avatar's file does not say which body it is of ({error}); {again}.") from error
    if not path.exists():
        raise DamagedFile(f"{path}, the body of this avatar, is missing; put it back, or {again}.")
    if body_digest(path) != digest:
        raise DamagedFile(f"{path} holds another body than when this avatar was made; {again}.")
    return _read(str(path), digest, betas, expression)


def _names(path: Path) -> set[str]:
    """Return the names of an `.npz`'s arrays; empty where it is none, for the reader to say so."""
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            return {n.removesuffix(".npy") for n in archive.namelist()}
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return set()


def _npz_frames(path: Path) -> MeshFrames:
    arrays = read_arrays(path, (*_VERTICES, *_FACES, *_RATES, "v_template"))
    return npz_frames(arrays, str(path))


def npz_frames(arrays: Mapping[str, NDArray[Any]], name: str) -> MeshFrames:
    """Return the mesh of an `.npz`'s arrays.

    Raises:
        BadInput: no vertices and faces, or too many.
        DamagedFile: arrays that do not fit together.
    """
    if "v_template" in arrays:
        checked_smpl(arrays, name)
    places = next((arrays[k] for k in _VERTICES if k in arrays), None)
    faces = next((arrays[k] for k in _FACES if k in arrays), None)
    if places is None or faces is None:
        raise BadInput(
            f"{name} is no body: it holds neither `v_template` (SMPL-X) nor `vertices` (F, V, 3) and `faces` (T, 3)."
        )
    if (
        places.dtype.kind not in "fiu"
        or places.ndim not in (2, 3)
        or places.shape[-1] != 3
        or not places.size
    ):
        raise DamagedFile(
            f"{name}: vertices have shape {places.shape}, expected (F, V, 3) or (V, 3); save it again."
        )
    places = places[None] if places.ndim == 2 else places
    if faces.dtype.kind not in "iu" or faces.ndim != 2 or faces.shape[1] != 3 or len(faces) < 4:
        raise DamagedFile(
            f"{name}: faces have shape {faces.shape} and type {faces.dtype}, expected (T, 3) whole numbers; save it again."
        )
    if int(faces.min()) < 0 or int(faces.max()) >= places.shape[1]:
        raise DamagedFile(f"{name}: faces name vertices that it does not hold; save it again.")
    rate = next((arrays[k] for k in _RATES if k in arrays), None)
    fps = None
    if rate is not None:
        if rate.dtype.kind not in "fiu" or rate.size != 1 or not 1.0 <= float(rate.reshape(-1)[0]) <= 1000.0:
            raise DamagedFile(f"{name}: its frame rate is no number from 1 to 1000; save it again.")
        fps = float(rate.reshape(-1)[0])
    return _bounded(places, faces.astype(np.int32), fps, name)


def _bounded(places: NDArray[Any], faces: NDArray[np.int32], fps: float | None, name: str) -> MeshFrames:
    if len(places) > MOST_FRAMES or places.size > MOST_NUMBERS:
        raise BadInput(
            f"{name} has {len(places)} frames of {places.shape[1]} vertices; cut it to at most {MOST_FRAMES} frames."
        )
    if not np.isfinite(places).all() or np.abs(places).max() > 1e9:
        raise DamagedFile(f"{name} holds places that are not finite, or beyond 1e9; export it again.")
    kept, faces = joined(places[0].astype(np.float64), faces)
    if len(faces) < 4:
        raise DamagedFile(f"{name} holds no surface; export it as triangles.")
    return MeshFrames(places[:, kept].astype(np.float32), faces, fps)


def _still(path: Path) -> MeshFrames:
    places, faces = read_mesh(path)
    return _bounded(places[None], faces, None, str(path))


def _frame_files(folder: Path) -> list[Path]:
    """Return the mesh files of a folder in the order of the numbers in their names."""
    files = [p for p in folder.iterdir() if p.suffix.lower() in ENDINGS and p.is_file() and p.name[:1] != "."]
    endings = {p.suffix.lower() for p in files}
    if not files:
        raise BadInput(f"{folder} holds no {', '.join(ENDINGS)} file; name a folder with one mesh a frame.")
    if len(endings) > 1:
        raise BadInput(
            f"{folder} holds meshes of several kinds ({', '.join(sorted(endings))}); leave one kind in it."
        )
    if len(files) > MOST_FRAMES:
        raise BadInput(f"{folder} holds {len(files)} frames; cut it to at most {MOST_FRAMES}.")
    return sorted(files, key=lambda p: [int(w) if w.isdigit() else w for w in re.split(r"(\d+)", p.stem)])


def _folder_frames(folder: Path) -> MeshFrames:
    files = _frame_files(folder)
    first, faces = read_mesh(files[0])
    if first.size * len(files) > MOST_NUMBERS:
        raise BadInput(
            f"{folder} holds {len(files)} frames of {len(first)} vertices, more than is held at once; cut or decimate it."
        )
    places = np.empty((len(files), *first.shape), np.float32)
    places[0] = first
    for k, file in enumerate(files[1:], start=1):
        own, theirs = read_mesh(file)
        if own.shape != first.shape or not np.array_equal(theirs, faces):
            raise BadInput(
                f"{file} has another mesh ({len(own)} vertices, {len(theirs)} faces) than {files[0].name} ({len(first)}, {len(faces)}); "
                f"every frame must have the same vertices and faces in the same order."
            )
        places[k] = own
    return _bounded(places, faces, None, str(folder))

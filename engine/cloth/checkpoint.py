"""Checkpoints of a simulation: what a killed run needs to go on to the same bytes.

A checkpoint is `state.npz` (all that has changed in the solver since it was built, the tally, how many frames there are) and one
`frames-NNNNN.npz` for the frames since the checkpoint before. Frames are written first, each file atomically, so whatever
`state.npz` counts is there. What does not belong to the run that asks, or is damaged, is as if it were not there.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.cloth.solver import ClothSolver
from toile.engine.core.device import warp
from toile.engine.core.files import atomic_path, make_folder

F32 = NDArray[np.float32]

EVERY = 10
"""Frames from one checkpoint to the next."""
_RESERVED = ("pair", "impact", "poke", "group")  # buffers that grow: `pair_capacity`, `_reserve_pairs`
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error)


@dataclass
class Kept:
    """What a simulation has made so far: the last frame, bodies and cloth of frames from 0 on, residuals, the tally."""

    frame: int
    bodies: list[F32] = field(default_factory=list)
    cloth: list[F32] = field(default_factory=list)
    residual: list[float] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


class Checkpoints:
    """The checkpoints of one simulation, in a folder of their own; `key` names everything that decides its result."""

    def __init__(self, folder: Path, key: str, every: int = EVERY) -> None:
        """Keep checkpoints every so many frames."""
        self.folder, self.key, self.every = folder, key, every
        self._written = 0
        self._built: dict[str, bytes] = {}

    def watch(self, solver: ClothSolver) -> None:
        """Remember a solver as it was built: only what changes is kept."""
        self._built = {path: _digest(value) for path, _, _, value in _state(solver, "solver")}

    def restore(self, solver: ClothSolver) -> Kept | None:
        """Bring a solver that was built anew to the last checkpoint and return what had been made; None without one."""
        try:
            with np.load(self.folder / "state.npz", allow_pickle=False) as stored:
                if str(stored["key"]) != self.key:
                    raise ValueError("the checkpoint of another run")
                arrays = {name: stored[name] for name in stored.files}
            kept = self._frames(arrays)
            _put_back(solver, arrays)
        except _UNREADABLE:
            self.clear()
            return None
        self._written = len(kept.cloth)
        return kept

    def keep(self, solver: ClothSolver, kept: Kept) -> None:
        """Write a checkpoint.

        Raises:
            CannotWrite: the folder cannot be written, or the disk is full.
        """
        make_folder(self.folder)
        if len(kept.cloth) > self._written:
            new = slice(self._written, None)
            _write(
                self.folder / f"frames-{self._written:05d}.npz",
                {"cloth": np.stack(kept.cloth[new]), "bodies": np.stack(kept.bodies[new])},
            )
        state = {
            path: np.asarray(value)
            for path, _, _, value in _state(solver, "solver")
            if self._built.get(path) != _digest(value)
        }
        counts = {f"count.{name}": np.asarray(value) for name, value in kept.counts.items()}
        known = {"key": np.asarray(self.key), "frame": np.asarray(kept.frame), "made": np.asarray(len(kept.cloth)),
                 "residual": np.asarray(kept.residual, np.float64)}  # fmt: skip
        _write(self.folder / "state.npz", {**state, **counts, **known})
        self._written = len(kept.cloth)

    def clear(self) -> None:
        """Remove every checkpoint."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._written = 0

    def _frames(self, state: dict[str, NDArray[Any]]) -> Kept:
        made = int(state["made"])
        kept = Kept(int(state["frame"]), residual=[float(r) for r in state["residual"]])
        kept.counts = {n.removeprefix("count."): int(v) for n, v in state.items() if n.startswith("count.")}
        while len(kept.cloth) < made:
            with np.load(self.folder / f"frames-{len(kept.cloth):05d}.npz", allow_pickle=False) as stored:
                cloth, bodies = stored["cloth"], stored["bodies"]
            if not 0 < len(cloth) == len(bodies):
                raise ValueError("frames are missing")
            kept.cloth += list(cloth)
            kept.bodies += list(bodies)
        if len(kept.cloth) != made:
            raise ValueError("frames of another checkpoint")
        return kept


def _write(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]
        stream.flush()
        os.fsync(stream.fileno())


def _state(owner: Any, path: str) -> Iterator[tuple[str, Any, str, Any]]:
    """Yield path, owner, name and value of every number and array that a solver holds, device arrays as NumPy's.

    Frozen values are what it was built from and do not change; a mesh is its points.
    """
    wp = warp()
    for name, value in vars(owner).items():
        here = f"{path}.{name}"
        if isinstance(value, wp.array):
            yield here, owner, name, value.numpy()
        elif isinstance(value, wp.Mesh):
            yield f"{here}.points", value, "points", value.points.numpy()
        elif isinstance(value, np.ndarray | bool | int | float):
            yield here, owner, name, value
        elif type(value).__module__.startswith("toile.engine.cloth.") and not _is_frozen(value):
            yield from _state(value, here)


def _is_frozen(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and bool(getattr(value, "__dataclass_params__").frozen)  # noqa: B009


def _put_back(solver: ClothSolver, arrays: dict[str, NDArray[Any]]) -> None:
    wp = warp()
    for word in _RESERVED:
        wanted = arrays.get(f"solver.{word}_capacity")
        if wanted is not None:
            getattr(solver, f"_reserve_{word}s")(int(wanted))
    places = {path: (owner, name, value) for path, owner, name, value in _state(solver, "solver")}
    saved = {path: value for path, value in arrays.items() if path.startswith("solver.")}
    for path, value in saved.items():
        if (
            path not in places and path.count(".") == 1 and value.ndim == 0
        ):  # a number that the first step makes
            setattr(solver, path.removeprefix("solver."), value.item())
            continue
        owner, name, now = places[path]
        if isinstance(now, bool | int | float):
            setattr(owner, name, type(now)(value))
        elif not isinstance(getattr(owner, name), wp.array):
            if now.shape == value.shape and now.flags.writeable:
                now[...] = value  # it may be a view of an array that kernels read
            else:
                setattr(owner, name, value)
        elif now.shape == value.shape:
            getattr(owner, name).assign(value)
            if isinstance(owner, wp.Mesh):
                owner.refit()
        else:
            raise ValueError(f"{path} has another size")


def _digest(value: Any) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(value).tobytes(), digest_size=16).digest()

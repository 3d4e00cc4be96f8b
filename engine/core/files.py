"""Atomic writes: a file is either the old one or the whole new one, never half of it."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from toile.engine.core.errors import CannotWrite, DamagedFile

JSON_LIMIT_BYTES = 64 * 1024 * 1024


def make_folder(path: Path) -> Path:
    """Create a folder and its parents, and check that it can be written.

    Raises:
        CannotWrite: the folder cannot be created or written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise _cannot_write(path, error) from error
    return path


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder (same suffix); rename it over `path` when the block succeeds.

    Raises:
        CannotWrite: the folder cannot be written or the disk is full.
    """
    temporary: Path | None = None
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
        os.close(descriptor)
        temporary = Path(name)
        yield temporary
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write a JSON document atomically, readable (two spaces, UTF-8, no NaN)."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def read_at_most(path: Path, most: int, kind: str, remedy: str) -> bytes:
    """Return the bytes of a file from elsewhere, of at most `most` bytes.

    Args:
        path: the file.
        most: its greatest size [bytes].
        kind: what to name instead when it cannot be read, such as "BVH file".
        remedy: what to do when it is larger.

    Raises:
        DamagedFile: missing, unreadable, or larger than `most`.
    """
    try:
        if path.stat().st_size > most:
            raise DamagedFile(f"{path} is larger than {most >> 20} MiB; {remedy}.")
        return path.read_bytes()
    except OSError as error:
        raise DamagedFile(f"{path} cannot be read ({error.strerror}); name a readable {kind}.") from error


def read_json(path: Path) -> Any:
    """Read a JSON document of at most 64 MiB.

    Raises:
        DamagedFile: missing, too large, or not JSON.
    """
    try:
        if path.stat().st_size > JSON_LIMIT_BYTES:
            raise DamagedFile(
                f"{path} is larger than {JSON_LIMIT_BYTES // 2**20} MiB; it is not a file that toile wrote."
            )
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DamagedFile(f"{path} is missing; run the stage that writes it again.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise DamagedFile(
            f"{path} cannot be read as JSON ({error}); run the stage that writes it again."
        ) from error


def _cannot_write(path: Path, error: OSError) -> CannotWrite:
    if error.errno == errno.ENOSPC:
        return CannotWrite(
            f"No space is left on the disk for {path}; free some and run the same command again."
        )
    return CannotWrite(f"{path} cannot be written ({error.strerror}); choose another folder with --out.")


Progress = Callable[[float, str], None]
"""Told how much of a stage is done (0 to 1), with a short text."""


def silent(_fraction: float, _text: str) -> None:
    """A progress listener that says nothing."""

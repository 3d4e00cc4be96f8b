"""A cache of finished stages across look folders: content-addressed, bounded in size, safe to delete at any time.

It lies in `$XDG_CACHE_HOME/toile` (`~/.cache/toile` by default). An entry is a folder named by the input digest; it is
filled under another name and renamed, so it is whole or absent. The least recently used entries go first.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from toile.digests import digest_file
from toile.engine.core.errors import ToileError
from toile.engine.core.files import atomic_path, read_json, write_json

DEFAULT_LIMIT_BYTES = 2 * 1024**3
_ENTRY = "entry.json"


@dataclass(frozen=True)
class Entry:
    """What an entry holds: digest by file name, and the seconds that making it took."""

    files: Mapping[str, str]
    seconds: float


def default_folder() -> Path:
    """Return the cache folder of this user."""
    base = os.environ.get("XDG_CACHE_HOME") or ""
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "toile"


@dataclass(frozen=True)
class Cache:
    """The cache; every failure to read or write it means only that a stage is computed again."""

    folder: Path
    limit_bytes: int = DEFAULT_LIMIT_BYTES

    def restore(self, key: str, into: Path) -> Entry | None:
        """Copy an entry's files into a folder and return what it holds; None if there is no sound one.

        Raises:
            CannotWrite: the folder cannot be written.
        """
        source = self.folder / key
        try:
            document = read_json(source / _ENTRY)
            entry = Entry(dict(document["files"]), float(document["seconds"]))
            if any(digest_file(source / name) != digest for name, digest in entry.files.items()):
                self.forget(key)
                return None
            os.utime(source)
        except (ToileError, OSError, KeyError, TypeError, ValueError, AttributeError):
            return None
        for name in entry.files:
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            with atomic_path(into / name) as temporary:
                shutil.copyfile(source / name, temporary)
        return entry

    def keep(self, key: str, source: Path, files: Mapping[str, str], seconds: float) -> None:
        """Copy a stage's files into the cache, then drop what exceeds the limit."""
        if sum((source / name).stat().st_size for name in files) > self.limit_bytes // 2:
            return
        scratch: Path | None = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            scratch = Path(tempfile.mkdtemp(prefix=".new-", dir=self.folder))
            for name in files:
                (scratch / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source / name, scratch / name)
            write_json(scratch / _ENTRY, {"files": dict(files), "seconds": seconds})
            os.rename(scratch, self.folder / key)
            scratch = None
            self._trim()
        except (ToileError, OSError):
            return
        finally:
            if scratch is not None:
                shutil.rmtree(scratch, ignore_errors=True)

    def forget(self, key: str) -> None:
        """Remove an entry."""
        shutil.rmtree(self.folder / key, ignore_errors=True)

    def _trim(self) -> None:
        entries = sorted(
            (p for p in self.folder.iterdir() if p.is_dir() and not p.name.startswith(".")),
            key=lambda p: p.stat().st_mtime,
            reverse=True,
        )
        total = 0
        for entry in entries:
            total += sum(p.stat().st_size for p in entry.rglob("*") if p.is_file())
            if total > self.limit_bytes:
                shutil.rmtree(entry, ignore_errors=True)

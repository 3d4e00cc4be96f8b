"""Digests that decide whether something must be computed again: of files, of plain values, of the code itself."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import json
import platform
from pathlib import Path
from typing import Any

from toile import __version__
from toile.engine.core.errors import DamagedFile

LIBRARIES = ("numpy", "scipy", "torch", "warp-lang", "pydantic", "pillow", "pythoncdt")


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises:
        DamagedFile: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise DamagedFile(f"{path} is missing; run `toile try-on` into this folder again.") from error
    except OSError as error:
        raise DamagedFile(f"{path} cannot be read ({error.strerror}); make it readable.") from error


def digest_value(value: Any) -> str:
    """Return the SHA-256 of plain values, by their canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


@functools.cache
def code_version(packages: tuple[str, ...]) -> str:
    """Return the SHA-256 of the source and data files of packages (not of their sub-packages)."""
    total = hashlib.sha256()
    for package in packages:
        spec = importlib.util.find_spec(package)
        for root in sorted(spec.submodule_search_locations or ()) if spec else ():
            files = [p for p in (*Path(root).glob("*"), *Path(root).glob("data/**/*")) if p.is_file()]
            for path in sorted(files):
                if path.suffix != ".pyc":
                    total.update(f"{package}/{path.relative_to(root)}:{digest_file(path)}\n".encode())
    return total.hexdigest()


def library_versions() -> dict[str, str]:
    """Return the versions of Python, toile and the libraries that compute."""
    return {
        "toile": __version__,
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in LIBRARIES},
    }

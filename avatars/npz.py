"""Reading arrays of an `.npz` that somebody else made: no pickles, and never more memory than its size allows.

A member's header is checked against the bytes it holds before anything is allocated, so that neither a lying header nor
a compressed bomb costs more than `MOST_BYTES`.
"""

from __future__ import annotations

import io
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.errors import BadInput, DamagedFile
from toile.engine.core.files import read_at_most

MOST_BYTES = 512 * 1024 * 1024
"""Largest array, uncompressed [bytes]."""
MOST_MEMBERS = 4096
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, tokenize.TokenError, ValueError, KeyError, TypeError, EOFError, OSError,
    SyntaxError, RecursionError, MemoryError, NotImplementedError, OverflowError, RuntimeError, AttributeError,
)  # fmt: skip
_PICKLED = (b"\x80", b"(", b"c", b"]", b"}")


def read_arrays(path: Path, wanted: Collection[str]) -> dict[str, NDArray[Any]]:
    """Return those of the wanted arrays that an `.npz` holds.

    Raises:
        BadInput: a pickle, or an array of Python objects, which would run code when opened.
        DamagedFile: missing, not a zip archive of arrays, truncated, or larger than is read.
    """
    data = read_at_most(path, MOST_BYTES, ".npz file", "cut it to what is needed")
    return arrays_of(data, wanted, str(path))


def arrays_of(data: bytes, wanted: Collection[str], name: str) -> dict[str, NDArray[Any]]:
    """Return those of the wanted arrays that the bytes of an `.npz` hold; raises as `read_arrays`."""
    if data[:1] in _PICKLED and data[:2] != b"PK":
        raise BadInput(
            f"{name} is a pickled file, which would run code when opened; give the .npz of the same model or motion "
            f"(SMPL-X and AMASS offer one), or convert it with numpy.savez."
        )
    found: dict[str, NDArray[Any]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS:
                raise DamagedFile(f"{name} holds {len(members)} members; at most {MOST_MEMBERS} are read.")
            for member in members:
                key = member.filename.removesuffix(".npy")
                if key in wanted and key not in found:
                    with archive.open(member) as stream:
                        found[key] = _array(stream, member.file_size, f"{name}: {key}")
    except (BadInput, DamagedFile):
        raise
    except _BROKEN as error:
        raise DamagedFile(
            f"{name} is not a whole .npz archive ({_first(error)}); export or download it again."
        ) from error
    return found


def _array(stream: Any, size: int, name: str) -> NDArray[Any]:
    """Return one array of a member of `size` bytes, after checking its header against that size."""
    if size > MOST_BYTES:
        raise DamagedFile(f"{name} takes {size >> 20} MiB; at most {MOST_BYTES >> 20} MiB are read.")
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(stream)
    if dtype.hasobject:
        raise BadInput(
            f"{name} is an array of Python objects, which would run code when opened; save it as plain numbers with "
            f"numpy.savez."
        )
    count = 1
    for extent in shape:
        if extent < 0:
            raise ValueError(f"shape {shape}")
        count *= int(extent)
    if dtype.itemsize == 0 or count * dtype.itemsize > size:
        raise ValueError(f"{key_of(name)} says {count} numbers and holds {size} bytes")
    values = np.frombuffer(stream.read(count * dtype.itemsize), dtype=dtype, count=count)
    return values.reshape(shape, order="F" if fortran else "C")


def key_of(name: str) -> str:
    """Return the last word of a name: the array's."""
    return name.rsplit(" ", 1)[-1]


def _first(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]

"""The GLB container: a glTF 2.0 document under construction, with the binary chunk that its accessors point into.

Source: glTF 2.0 specification, sections 3.6 (binary data) and 4 (GLB).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963
_COMPONENTS = {"int8": 5120, "uint8": 5121, "int16": 5122, "uint16": 5123, "uint32": 5125, "float32": 5126}
_TYPES: dict[tuple[int, ...], str] = {(): "SCALAR", (2,): "VEC2", (3,): "VEC3", (4,): "VEC4", (4, 4): "MAT4"}


class GltfDocument:
    """A glTF document that grows by named entries; each `add` returns the index of what it added."""

    def __init__(self, generator: str) -> None:
        self.json: dict[str, Any] = {"asset": {"version": "2.0", "generator": generator}}
        self._used: set[str] = set()
        self._required: set[str] = set()
        self._parts: list[bytes] = []
        self._length = 0

    def add(self, kind: str, entry: dict[str, Any]) -> int:
        """Append an entry to a top-level array such as "nodes"."""
        entries: list[Any] = self.json.setdefault(kind, [])
        entries.append(entry)
        return len(entries) - 1

    def use(self, extension: str, *, required: bool = False) -> None:
        """Declare an extension."""
        self._used.add(extension)
        if required:
            self._required.add(extension)

    def add_view(self, data: bytes, *, target: int | None = None, stride: int | None = None) -> int:
        """Append bytes to the binary chunk, four-byte aligned, as a buffer view."""
        view: dict[str, Any] = {"buffer": 0, "byteOffset": self._length, "byteLength": len(data)}
        if stride is not None:
            view["byteStride"] = stride
        if target is not None:
            view["target"] = target
        padded = data + bytes(-len(data) % 4)
        self._parts.append(padded)
        self._length += len(padded)
        return self.add("bufferViews", view)

    def add_accessor(
        self,
        array: NDArray[Any],
        *,
        target: int | None = None,
        bounds: bool = False,
        normalized: bool = False,
    ) -> int:
        """Append an array, shape (n,), (n, 2), (n, 3), (n, 4) or (n, 4, 4) (matrices by row), as an accessor.

        Vertex attributes are stored with a stride of a multiple of four bytes, as the specification demands.
        """
        values = np.ascontiguousarray(array)
        stored, stride = (values.transpose(0, 2, 1), None) if values.ndim == 3 else (values, None)
        width = int(np.prod(values.shape[1:], initial=1)) * values.itemsize
        if target == ARRAY_BUFFER and width % 4:
            columns = (width + 3) // 4 * 4 // values.itemsize
            stored = np.zeros((len(values), columns), values.dtype)
            stored[:, : values.shape[1]] = values
            stride = columns * values.itemsize
        view = self.add_view(np.ascontiguousarray(stored).tobytes(), target=target, stride=stride)
        return self.describe(values, view, 0, bounds=bounds, normalized=normalized)

    def describe(
        self, values: NDArray[Any], view: int, offset: int, *, bounds: bool = False, normalized: bool = False
    ) -> int:
        """Append an accessor for values that already lie in a buffer view at an offset [bytes]."""
        accessor: dict[str, Any] = {
            "bufferView": view,
            "byteOffset": offset,
            "componentType": _COMPONENTS[values.dtype.name],
            "count": len(values),
            "type": _TYPES[values.shape[1:]],
        }
        if normalized:
            accessor["normalized"] = True
        if bounds:
            flat = values.reshape(len(values), -1)
            accessor["min"], accessor["max"] = flat.min(axis=0).tolist(), flat.max(axis=0).tolist()
        return self.add("accessors", accessor)

    def add_sparse(
        self, rows: Sequence[tuple[NDArray[np.integer], NDArray[np.float32]]], count: int
    ) -> list[int]:
        """Append an accessor of `count` vectors per row: zero but at the row's indices (M,), rising, its values (M, 3)."""
        kind = np.dtype("<u2" if count <= 65536 else "<u4")
        indices = self.add_view(b"".join(at.astype(kind).tobytes() for at, _ in rows))
        values = self.add_view(b"".join(v.astype("<f4").tobytes() for _, v in rows))
        accessors, start = [], 0
        for at, moved in rows:
            all_ = moved if len(at) == count else np.concatenate([moved, np.zeros((1, 3), np.float32)])
            accessor = {
                "componentType": _COMPONENTS["float32"],
                "count": count,
                "type": "VEC3",
                "min": all_.min(axis=0).tolist(),
                "max": all_.max(axis=0).tolist(),
                "sparse": {
                    "count": len(at),
                    "indices": {
                        "bufferView": indices,
                        "byteOffset": start * kind.itemsize,
                        "componentType": _COMPONENTS[kind.name],
                    },
                    "values": {"bufferView": values, "byteOffset": start * 12},
                },
            }
            accessors.append(self.add("accessors", accessor))
            start += len(at)
        return accessors

    def to_glb(self) -> bytes:
        """Return the whole file."""
        document = {**self.json, "buffers": [{"byteLength": self._length}]}
        for name, extensions in (("extensionsUsed", self._used), ("extensionsRequired", self._required)):
            if extensions:
                document[name] = sorted(extensions)
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        text += b" " * (-len(text) % 4)
        total = 12 + 8 + len(text) + 8 + self._length
        head = struct.pack("<4sIIII", b"glTF", 2, total, len(text), 0x4E4F534A)
        return b"".join([head, text, struct.pack("<II", self._length, 0x004E4942), *self._parts])

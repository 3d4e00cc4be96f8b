"""Triangle meshes from OBJ, PLY and glTF files that somebody else made, read within bounds of memory and time.

Only places and faces are read; polygons become fans.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.errors import BadInput, DamagedFile
from toile.engine.core.files import read_at_most

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

MOST_BYTES = 256 * 1024 * 1024
MOST_VERTICES = 400_000
MOST_FACES = 800_000
ENDINGS = (".obj", ".ply", ".glb", ".gltf")
NO_SKIN = {"toile": "no skin"}
"""Extras of the nodes of our own glTF files that are no part of the body's surface: garments, hair, tapes."""
_PLY_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2", "ushort": "u2", "uint16": "u2",
    "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4", "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
}  # fmt: skip
_BROKEN = (ValueError, KeyError, IndexError, TypeError, OverflowError, MemoryError, StopIteration)


def read_mesh(path: Path) -> tuple[F64, I32]:
    """Return vertices (V, 3), as the file has them, and triangles (T, 3) of a mesh file.

    Raises:
        BadInput: an ending that is not read, or more vertices or faces than are worked with.
        DamagedFile: missing, too large, truncated, without faces, or holding numbers that are not finite.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise BadInput(
            f"{path} does not end in {', '.join(ENDINGS)}; name a mesh file of one of these kinds."
        )
    data = read_at_most(path, MOST_BYTES, "mesh file", "decimate the mesh to under 100,000 faces")
    return mesh_of(data, ending, str(path), path.parent)


def mesh_of(data: bytes, ending: str, name: str, folder: Path | None = None) -> tuple[F64, I32]:
    """Return the mesh that the bytes of a file hold; raises as `read_mesh`."""
    with np.errstate(all="ignore"):  # numbers that are none are found below, not where they are converted
        if ending == ".obj":
            vertices, faces = _obj(data, name)
        elif ending == ".ply":
            vertices, faces = _ply(data, name)
        else:
            vertices, faces = _gltf(data, name, folder)
    if len(vertices) > 3 * MOST_VERTICES or len(faces) > MOST_FACES:
        raise BadInput(
            f"{name} has {len(vertices)} vertices and {len(faces)} faces; decimate it to at most {MOST_VERTICES} and {MOST_FACES}."
        )
    if len(faces) < 4:
        raise DamagedFile(f"{name} holds no surface ({len(faces)} faces); export it as triangles.")
    if not np.isfinite(vertices).all() or np.abs(vertices).max(initial=0.0) > 1e9:
        raise DamagedFile(f"{name} holds places that are not finite, or beyond 1e9; export it again.")
    if faces.min() < 0 or faces.max() >= len(vertices):
        raise DamagedFile(f"{name} has faces of vertices that it does not hold; export it again.")
    return np.asarray(vertices, np.float64), faces.astype(np.int32)


def joined(vertices: F64, faces: I32) -> tuple[NDArray[np.int64], I32]:
    """Return which vertices to keep (N,), and faces of those: points that coincide are joined, what no face uses is dropped."""
    _, first, same = np.unique(vertices, axis=0, return_index=True, return_inverse=True)
    corner = first[same.reshape(-1)][faces.astype(np.int64)]
    kept = (corner[:, 0] != corner[:, 1]) & (corner[:, 1] != corner[:, 2]) & (corner[:, 2] != corner[:, 0])
    used, number = np.unique(corner[kept], return_inverse=True)
    return used.astype(np.int64), number.reshape(-1, 3).astype(np.int32)


def _fans(polygons: list[list[int]]) -> NDArray[np.int64]:
    triangles = [(p[0], p[k], p[k + 1]) for p in polygons for k in range(1, len(p) - 1)]
    return np.array(triangles, np.int64).reshape(-1, 3)


def _obj(data: bytes, name: str) -> tuple[F64, NDArray[np.int64]]:
    """Read `v` and `f` lines of a Wavefront OBJ file."""
    places: list[tuple[float, float, float]] = []
    polygons: list[list[int]] = []
    corners = 0
    for number, line in enumerate(data.splitlines(), start=1):
        words = line.split()
        if not words or words[0] not in (b"v", b"f"):
            continue
        try:
            if words[0] == b"v":
                places.append((float(words[1]), float(words[2]), float(words[3])))
            else:
                face = [int(w.split(b"/")[0]) for w in words[1:]]
                polygons.append([i - 1 if i > 0 else len(places) + i for i in face])
                corners += len(face)
        except (ValueError, IndexError) as error:
            raise DamagedFile(
                f"{name}: line {number} is not a vertex or face ({error}); export it again."
            ) from error
        if len(places) > 3 * MOST_VERTICES or corners > 4 * MOST_FACES:
            raise BadInput(f"{name} has more than {MOST_FACES} faces; decimate it.")
    try:
        return np.array(places, np.float64).reshape(-1, 3), _fans(polygons)
    except OverflowError as error:
        raise DamagedFile(f"{name} has faces of vertices that it does not hold; export it again.") from error


def _ply(data: bytes, name: str) -> tuple[F64, NDArray[np.int64]]:
    try:
        return _ply_elements(data, name)
    except _BROKEN as error:
        first = (str(error).splitlines() or [""])[0][:100]
        raise DamagedFile(
            f"{name} is not a whole PLY file ({type(error).__name__} {first}); export it again."
        ) from error


def _ply_elements(data: bytes, name: str) -> tuple[F64, NDArray[np.int64]]:
    """Read the elements `vertex` and `face` of a PLY file, text or binary."""
    end = re.search(rb"end_header\r?\n", data[:65536])
    if not data.startswith(b"ply") or end is None:
        raise ValueError("no header")
    header = data[: end.start()].decode("ascii").splitlines()
    kind = next(line.split()[1] for line in header if line.startswith("format"))
    elements: list[tuple[str, int, list[tuple[str, ...]]]] = []
    for line in header:
        words = line.split()
        if words[:1] == ["element"]:
            elements.append((words[1], int(words[2]), []))
        elif words[:1] == ["property"]:
            elements[-1][2].append(tuple(words[1:]))
    reader: Any = _TextPly(data[end.end() :]) if kind == "ascii" else _BinaryPly(data[end.end() :], kind)
    places, polygons = np.zeros((0, 3)), np.zeros((0, 3), np.int64)
    for element, count, properties in elements:
        if not 0 <= count <= 4 * MOST_VERTICES:
            raise BadInput(f"{name} has {count} elements of {element}; decimate the mesh.")
        if element == "vertex":
            columns = [p[1] for p in properties]
            table = reader.table(count, [p[0] for p in properties])
            places = np.stack([table[columns.index(axis)] for axis in "xyz"], axis=1).astype(np.float64)
        elif element == "face":
            polygons = _fans(reader.lists(count, properties))
            break
        else:
            reader.lists(count, properties) if any(p[0] == "list" for p in properties) else reader.table(
                count, [p[0] for p in properties]
            )
    return places, polygons


class _TextPly:
    """The numbers of a PLY file in text."""

    def __init__(self, body: bytes) -> None:
        self._lines = iter(body.splitlines())

    def table(self, count: int, types: list[str]) -> list[F64]:
        """Return the columns of an element without lists."""
        rows = [[float(w) for w in next(self._lines, b"").split()[: len(types)]] for _ in range(count)]
        return list(np.array(rows, np.float64).reshape(count, len(types)).T)

    def lists(self, count: int, properties: list[tuple[str, ...]]) -> list[list[int]]:
        """Return the vertex list of each row."""
        found = []
        for _ in range(count):
            words = next(self._lines, b"").split()
            at, own = 0, []
            for p in properties:
                if p[0] == "list":
                    size = int(words[at])
                    if len(words) < at + 1 + size:
                        raise ValueError("a face is cut short")
                    if p[3] in ("vertex_indices", "vertex_index"):
                        own = [int(w) for w in words[at + 1 : at + 1 + size]]
                    at += 1 + size
                else:
                    at += 1
            found.append(own)
        return found


class _BinaryPly:
    """The numbers of a binary PLY file."""

    def __init__(self, body: bytes, kind: str) -> None:
        self._body, self._at = body, 0
        self._order = {"binary_little_endian": "<", "binary_big_endian": ">"}[kind]

    def _take(self, dtype: np.dtype[Any], count: int) -> NDArray[Any]:
        if count < 0 or self._at + dtype.itemsize * count > len(self._body):
            raise ValueError("cut short")
        values = np.frombuffer(self._body, dtype, count, self._at)
        self._at += dtype.itemsize * count
        return values

    def table(self, count: int, types: list[str]) -> list[NDArray[Any]]:
        """Return the columns of an element without lists."""
        row = np.dtype([(f"c{k}", self._order + _PLY_TYPES[t]) for k, t in enumerate(types)])
        values = self._take(row, count)
        return [values[f"c{k}"] for k in range(len(types))]

    def lists(self, count: int, properties: list[tuple[str, ...]]) -> list[list[int]]:
        """Return the vertex list of each row."""
        if len(properties) == 1 and properties[0][0] == "list" and count:
            quick = self._triangles(count, properties[0])
            if quick is not None:
                return quick
        found = []
        for _ in range(count):
            own: list[int] = []
            for p in properties:
                if p[0] == "list":
                    size = int(self._take(np.dtype(self._order + _PLY_TYPES[p[1]]), 1)[0])
                    values = self._take(np.dtype(self._order + _PLY_TYPES[p[2]]), size)
                    if p[3] in ("vertex_indices", "vertex_index"):
                        own = [int(v) for v in values]
                else:
                    self._take(np.dtype(self._order + _PLY_TYPES[p[0]]), 1)
            found.append(own)
        return found

    def _triangles(self, count: int, listed: tuple[str, ...]) -> list[list[int]] | None:
        """Return all rows at once where each is a triangle."""
        row = np.dtype(
            [("n", self._order + _PLY_TYPES[listed[1]]), ("v", self._order + _PLY_TYPES[listed[2]], 3)]
        )
        if self._at + row.itemsize * count > len(self._body):
            return None
        values = np.frombuffer(self._body, row, count, self._at)
        if (values["n"] != 3).any():
            return None
        self._at += row.itemsize * count
        return [list(map(int, v)) for v in values["v"]]


def _gltf(data: bytes, name: str, folder: Path | None) -> tuple[F64, NDArray[np.int64]]:
    """Read the triangles of all meshes of a glTF file, each where its node puts it; ours mark what is no skin."""
    from toile.avatars.motion_gltf import BROKEN, Document

    try:
        return _gltf_meshes(Document(data, name, folder))
    except BROKEN as error:
        first = (str(error).splitlines() or [""])[0][:100]
        raise DamagedFile(
            f"{name} is not whole glTF ({type(error).__name__} {first}); export or download it again."
        ) from error


def _gltf_meshes(document: Any) -> tuple[F64, NDArray[np.int64]]:
    from toile.avatars.motion_gltf import hierarchy

    nodes, meshes = document.list_of("nodes"), document.list_of("meshes")
    order, above = hierarchy(nodes, document.name)
    placed: dict[int, F64] = {}
    for node in sorted(order, key=order.__getitem__):
        own = _matrix(nodes[node])
        placed[node] = own if above[node] < 0 else placed[above[node]] @ own
    places: list[F64] = []
    faces: list[NDArray[np.int64]] = []
    count = 0
    for node, entry in enumerate(nodes):
        if "mesh" not in entry or _no_skin(entry.get("extras")):
            continue
        at = np.eye(4) if "skin" in entry else placed[node]  # a skinned mesh stands where its joints say
        for primitive in meshes[entry["mesh"]]["primitives"]:
            if primitive.get("mode", 4) != 4:
                continue
            points = document.accessor(primitive["attributes"]["POSITION"])
            rows = (
                document.accessor(primitive["indices"]) if "indices" in primitive else np.arange(len(points))
            )
            places.append(points @ at[:3, :3].T + at[:3, 3])
            faces.append(rows.astype(np.int64).reshape(-1, 3) + count)
            count += len(points)
    if not places:
        raise ValueError("it holds no mesh of triangles")
    return np.concatenate(places), np.concatenate(faces)


def _no_skin(extras: Any) -> bool:
    """Whether a node is marked as no skin; other programs keep our extras and add their own."""
    return isinstance(extras, dict) and all(extras.get(key) == value for key, value in NO_SKIN.items())


def _matrix(node: Any) -> F64:
    from toile.avatars.motion_gltf import local_parts
    from toile.avatars.pose import matrices

    place, turn, scale = local_parts(node)
    result = np.eye(4)
    result[:3, :3] = matrices(turn) * scale
    result[:3, 3] = place
    return result

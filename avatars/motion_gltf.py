"""Skeletal animation of glTF 2.0: `.glb`, or `.gltf` with its buffers inside it or beside it.

The first animation that turns joints of the largest skin is read; the reference is that skin's bind pose, the inverse of its
inverse bind matrices, so neither the pose in which nodes are stored nor the axes of the mesh matter. Steps and linear and
cubic tracks are followed at every key of any track. The world is +Y up, as glTF says.
Source: glTF 2.0 specification, sections 3.6 (accessors), 3.7.3 (skins), 3.11 and appendix C (animations).
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.avatars.pose import F64, IDENTITY, conjugate, from_matrices, multiply, rotate, slerp
from toile.avatars.source_motion import SourceMotion, checked, find_roles, joint_frames
from toile.avatars.window import Window
from toile.engine.core.errors import BadInput, DamagedFile
from toile.engine.core.files import read_at_most

MOST_BYTES = 512 * 1024 * 1024
MOST_JSON_BYTES = 32 * 1024 * 1024
MOST_NODES = 20_000
MOST_NUMBERS = 32_000_000
"""Numbers that the tracks of an animation may hold together."""
LARGEST = 1e10
CUBIC_RATE = 60.0
"""Cubic tracks are followed at this rate [1/s] between their keys."""
_TYPES: dict[int, str] = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS: dict[str, int] = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
_JSON_CHUNK, _BINARY_CHUNK = 0x4E4F534A, 0x004E4942
BROKEN = (
    KeyError,
    IndexError,
    TypeError,
    ValueError,
    AttributeError,
    OverflowError,
    struct.error,
    RecursionError,
)


@dataclass(frozen=True)
class _Track:
    """Keys of one property of a node: times [s] (K,), values (K, n), and for cubic ones tangents in and out (K, n)."""

    times: F64
    values: F64
    way: str
    entering: F64 | None = None
    leaving: F64 | None = None


def read_gltf(path: Path, window: Window) -> SourceMotion:
    """Read the skeletal animation of a glTF file.

    Raises:
        BadInput: no skeletal animation, a rig that is not recognised, or too large.
        DamagedFile: missing, truncated, or not glTF.
    """
    data = read_at_most(path, MOST_BYTES, "glTF file", "export the skeleton without its meshes")
    return gltf_motion(data, str(path), window, path.parent)


def gltf_motion(data: bytes, name: str, window: Window, folder: Path | None = None) -> SourceMotion:
    """Return the motion that the bytes of a glTF file hold; raises as `read_gltf`."""
    try:
        document = Document(data, name, folder)
        return _motion(document, name, window)
    except BROKEN as error:
        first = (str(error).splitlines() or [""])[0][:100]
        raise DamagedFile(
            f"{name} is not whole glTF ({type(error).__name__} {first}); export or download it again."
        ) from error


class Document:
    """The JSON and the buffers of a glTF file, every access checked against what is there."""

    def __init__(self, data: bytes, name: str, folder: Path | None) -> None:
        self.name, self.folder, self.binary = name, folder, b""
        text = data
        if data[:4] == b"glTF":
            text = self._chunks(data)
        if len(text) > MOST_JSON_BYTES:
            raise DamagedFile(
                f"{name} holds {len(text) >> 20} MiB of JSON; at most {MOST_JSON_BYTES >> 20} are read."
            )

        def refuse(word: str) -> Any:
            raise ValueError(word)

        json_ = json.loads(text.decode("utf-8"), parse_constant=refuse)
        if not isinstance(json_, dict) or not isinstance(json_.get("asset"), dict):
            raise DamagedFile(f"{name} is not glTF: it has no `asset`; name a .glb or .gltf file.")
        if not str(json_["asset"].get("version", "")).startswith("2."):
            raise DamagedFile(f"{name} is glTF {json_['asset'].get('version')!r:.20}; export it as glTF 2.0.")
        self.json: dict[str, Any] = json_
        self._buffers: dict[int, bytes] = {}
        self._left = MOST_NUMBERS

    def _chunks(self, data: bytes) -> bytes:
        text, at = b"", 12
        while at + 8 <= len(data):
            size, kind = struct.unpack_from("<II", data, at)
            if at + 8 + size > len(data):
                raise DamagedFile(f"{self.name} is cut short; export or download it again.")
            if kind == _JSON_CHUNK and not text:
                text = data[at + 8 : at + 8 + size]
            elif kind == _BINARY_CHUNK and not self.binary:
                self.binary = data[at + 8 : at + 8 + size]
            at += 8 + size
        return text

    def list_of(self, key: str) -> list[Any]:
        """Return a list of the document, empty where there is none."""
        value = self.json.get(key, [])
        if not isinstance(value, list):
            raise TypeError(key)
        return value

    def _buffer(self, index: int) -> bytes:
        if index not in self._buffers:
            uri = self.list_of("buffers")[index].get("uri")
            if uri is None:
                self._buffers[index] = self.binary
            elif uri.startswith("data:"):
                try:
                    self._buffers[index] = base64.b64decode(uri.partition(",")[2], validate=True)
                except binascii.Error as error:
                    raise ValueError(f"buffer {index}: {error}") from error
            else:
                self._buffers[index] = self._beside(uri)
        return self._buffers[index]

    def _beside(self, uri: str) -> bytes:
        """Read a buffer that lies beside the file: a plain name in the same folder, nothing else."""
        if (
            self.folder is None
            or Path(uri).name != uri
            or uri in ("", ".", "..")
            or "\\" in uri
            or "\0" in uri
        ):
            raise BadInput(
                f"{self.name} refers to {uri[:60]!r}; only files in its own folder are read: export it as .glb."
            )
        path = self.folder / uri
        try:
            if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
                raise DamagedFile(
                    f"{path}, which {self.name} needs, is missing, a link or too large; export it as .glb."
                )
            return path.read_bytes()
        except OSError as error:
            raise DamagedFile(
                f"{path} cannot be read ({error.strerror}); export {self.name} as .glb."
            ) from error

    def accessor(self, index: Any) -> F64:
        """Return an accessor as numbers (count, width), integers normalised where it says so."""
        entry = self.list_of("accessors")[_index(index)]
        kind, width, count = _TYPES[entry["componentType"]], _WIDTHS[entry["type"]], _index(entry["count"])
        self._left -= count * width
        if self._left < 0:
            raise BadInput(
                f"{self.name} has tracks of more than {MOST_NUMBERS} numbers; export a shorter animation."
            )
        if "sparse" in entry or "bufferView" not in entry:
            raise DamagedFile(
                f"{self.name} has animation in a sparse or empty accessor, which is not read; export it plain."
            )
        view = self.list_of("bufferViews")[_index(entry["bufferView"])]
        dtype = np.dtype(kind)
        size = dtype.itemsize * width
        stride = _index(view.get("byteStride", 0)) or size
        inside, offset = _index(entry.get("byteOffset", 0)), _index(view.get("byteOffset", 0))
        buffer, length = self._buffer(_index(view["buffer"])), _index(view["byteLength"])
        if (
            stride < size
            or count < 1
            or inside + stride * (count - 1) + size > length
            or offset + length > len(buffer)
        ):
            raise ValueError(f"accessor {index} lies outside its buffer")
        start = offset + inside
        whole = np.ndarray((count, width), dtype, buffer, start, (stride, dtype.itemsize))
        with np.errstate(invalid="ignore"):
            values = np.array(whole, dtype=np.float64)
        if not (np.abs(values) < LARGEST).all():
            raise DamagedFile(
                f"{self.name} holds numbers that are not finite, or beyond 1e10; export it again."
            )
        if entry.get("normalized") and kind != "<f4":
            values = np.maximum(values / float(np.iinfo(dtype).max), -1.0)
        return values


def _index(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**40:
        raise ValueError(f"{str(value)[:40]!r} is no index")
    return value


def _motion(document: Document, name: str, window: Window) -> SourceMotion:
    nodes = document.list_of("nodes")
    if len(nodes) > MOST_NODES:
        raise BadInput(f"{name} has {len(nodes)} nodes; at most {MOST_NODES} are read.")
    order, above = hierarchy(nodes, name)
    skin = max(document.list_of("skins"), key=lambda s: len(s["joints"]), default=None)
    joints = [_index(j) for j in skin["joints"]] if skin is not None else list(range(len(nodes)))
    if len(set(joints)) != len(joints) or max(joints, default=-1) >= len(nodes) or not joints:
        raise BadInput(f"{name} holds no skeleton; export it with its armature.")
    tracks = _tracks(document, set(_with_above(joints, above)), name)
    place = {n: k for k, n in enumerate(sorted(joints, key=order.__getitem__))}
    members = list(place)
    parents = np.array([_joint_above(n, above, place) for n in members], np.int32)
    names = tuple(str(nodes[n].get("name", f"node {n}"))[:128] for n in members)
    roles = find_roles(names, parents, name)
    times, begin = _times(tracks, window, name)
    joint_frames(len(members), len(times), name)
    frames = _Frames(nodes, above, tracks, times)
    turns = np.stack([frames.turn(n) for n in members], axis=1)
    places = frames.place(members[roles.joint["pelvis"]])
    reference, centres = _bind_pose(document, skin, joints, members, nodes, above)
    turns = multiply(turns, conjugate(reference))
    return checked(SourceMotion(names, parents, centres, turns, places, times - begin, (0.0, 1.0, 0.0)), name)


def hierarchy(nodes: list[Any], name: str) -> tuple[dict[int, int], list[int]]:
    """Return each node's place in an order with parents first, and its parent (-1 at roots)."""
    above = [-1] * len(nodes)
    below: list[list[int]] = []
    for node, entry in enumerate(nodes):
        below.append([_index(c) for c in entry.get("children", [])])
        for child in below[-1]:
            if above[child] >= 0 or child == node:
                raise DamagedFile(f"{name}: node {child} has two parents; export it again.")
            above[child] = node
    order: dict[int, int] = {}
    waiting = [n for n, parent in enumerate(above) if parent < 0]
    while waiting:
        node = waiting.pop()
        order[node] = len(order)
        waiting += below[node]
    if len(order) != len(nodes):
        raise DamagedFile(f"{name}: nodes are their own ancestors; export it again.")
    return order, above


def _with_above(joints: list[int], above: list[int]) -> list[int]:
    found: dict[int, None] = {}
    for joint in joints:
        node = joint
        while node >= 0 and node not in found:
            found[node] = None
            node = above[node]
    return list(found)


def _joint_above(node: int, above: list[int], place: dict[int, int]) -> int:
    node = above[node]
    while node >= 0 and node not in place:
        node = above[node]
    return place[node] if node >= 0 else -1


def _tracks(document: Document, moving: set[int], name: str) -> dict[tuple[int, str], _Track]:
    """Return the tracks of the first animation that turns one of the nodes."""
    for animation in document.list_of("animations"):
        found: dict[tuple[int, str], _Track] = {}
        times: dict[int, F64] = {}
        for channel in animation["channels"]:
            target = channel["target"]
            key = (target.get("node", -1), target["path"])
            if key[0] in moving and key[1] in ("rotation", "translation") and key not in found:
                sampler = animation["samplers"][_index(channel["sampler"])]
                found[key] = _track(document, sampler, 4 if key[1] == "rotation" else 3, times, name)
        if any(path == "rotation" for _, path in found):
            return found
    raise BadInput(f"{name} has no animation that turns joints; export it with its skeletal animation.")


def _track(document: Document, sampler: Any, width: int, times: dict[int, F64], name: str) -> _Track:
    source = _index(sampler["input"])
    if source not in times:
        times[source] = document.accessor(source)[:, 0]
    clock, values = times[source], document.accessor(sampler["output"])
    way = sampler.get("interpolation", "LINEAR")
    keys = 3 * len(clock) if way == "CUBICSPLINE" else len(clock)
    if values.shape != (keys, width) or (np.diff(clock) <= 0).any() or clock[0] < 0 or clock[-1] > 1e5:
        raise DamagedFile(f"{name} has a track whose times or values do not fit; export it again.")
    parts = [values]
    if way == "CUBICSPLINE":
        parts = [values[1::3], values[0::3], values[2::3]]
    if width == 4:  # (x, y, z, w) -> (w, x, y, z)
        parts = [p[:, [3, 0, 1, 2]] for p in parts]
        parts[0] = _unit(parts[0], name)
    return _Track(clock, parts[0], str(way), *parts[1:])


def _unit(q: F64, name: str) -> F64:
    length = np.linalg.norm(q, axis=-1, keepdims=True)
    if (length < 1e-3).any():
        raise DamagedFile(f"{name} holds rotations that are none; export it again.")
    return q / length


def _times(tracks: dict[tuple[int, str], _Track], window: Window, name: str) -> tuple[F64, float]:
    """Return the times [s] at which the motion is taken (every key, more between keys of cubic tracks), and the first key."""
    distinct = {id(t.times): t.times for t in tracks.values()}
    times = np.unique(np.concatenate(list(distinct.values())))
    cubic = any(t.way == "CUBICSPLINE" for t in tracks.values())
    if cubic and (times[-1] - times[0]) * CUBIC_RATE < 1e6:
        times = np.unique(np.concatenate([times, np.arange(times[0], times[-1], 1.0 / CUBIC_RATE)]))
    times = times[np.concatenate([[True], np.diff(times) > 1e-6])]
    begin = float(times[0])
    first, last = window.start + begin, np.inf
    if window.seconds is not None:
        last = first + window.seconds + window.margin
    if first > times[-1]:
        raise BadInput(
            f"{name} lasts {times[-1] - begin:.2f} s, so it cannot start at {window.start:g} s; start earlier."
        )
    low = max(int(np.searchsorted(times, first, side="right")) - 1, 0)
    high = int(np.searchsorted(times, last, side="left")) + 1
    kept: F64 = np.asarray(times[low:high], dtype=np.float64)
    return kept, begin


class _Frames:
    """World turns and places of nodes at times, each node worked out once."""

    def __init__(
        self, nodes: list[Any], above: list[int], tracks: dict[tuple[int, str], _Track], times: F64
    ) -> None:
        self.nodes, self.above, self.tracks, self.times = nodes, above, tracks, times
        self._turns: dict[int, F64] = {}

    def turn(self, node: int) -> F64:
        """Return a node's turn in the world (T, 4)."""
        chain = []
        while node >= 0 and node not in self._turns:
            chain.append(node)
            node = self.above[node]
        for below in reversed(chain):
            _, rest, _ = local_parts(self.nodes[below])
            track = self.tracks.get((below, "rotation"))
            own = np.tile(rest, (len(self.times), 1)) if track is None else _follow(track, self.times)
            parent = self.above[below]
            turn = own if parent < 0 else multiply(self._turns[parent], own)
            self._turns[below] = turn / np.linalg.norm(turn, axis=-1, keepdims=True)
            node = below
        return self._turns[node]

    def place(self, node: int) -> F64:
        """Return where a node is in the world (T, 3)."""
        chain = []
        while node >= 0:
            chain.append(node)
            node = self.above[node]
        at, scale = np.zeros((len(self.times), 3)), np.ones(3)
        for below in reversed(chain):
            rest, _, own = local_parts(self.nodes[below])
            track = self.tracks.get((below, "translation"))
            shift = np.tile(rest, (len(self.times), 1)) if track is None else _follow(track, self.times)
            parent = self.above[below]
            at = at + (shift if parent < 0 else rotate(self.turn(parent), shift * scale))
            scale = scale * own
        return at


def _follow(track: _Track, times: F64) -> F64:
    """Return a track's values at times (T, n)."""
    keys, values = track.times, track.values
    if len(keys) == 1:
        return np.repeat(values, len(times), 0)
    wanted = np.clip(times, keys[0], keys[-1])
    first = np.clip(np.searchsorted(keys, wanted, side="right") - 1, 0, len(keys) - 2)
    gap = keys[first + 1] - keys[first]
    part = ((wanted - keys[first]) / gap)[:, None]
    a, b = values[first], values[first + 1]
    if track.way == "STEP":
        return np.where(part < 1.0, a, b)
    if track.way == "CUBICSPLINE" and track.entering is not None and track.leaving is not None:
        m, n = gap[:, None] * track.leaving[first], gap[:, None] * track.entering[first + 1]
        p, pp, ppp = part, part**2, part**3
        mixed = (2 * ppp - 3 * pp + 1) * a + (ppp - 2 * pp + p) * m + (3 * pp - 2 * ppp) * b + (ppp - pp) * n
        return (
            mixed / np.maximum(np.linalg.norm(mixed, axis=-1, keepdims=True), 1e-9)
            if mixed.shape[1] == 4
            else mixed
        )
    return slerp(a, b, part[:, 0]) if values.shape[1] == 4 else (1.0 - part) * a + part * b


def local_parts(node: Any) -> tuple[F64, F64, F64]:
    """Return a node's translation, rotation (w, x, y, z) and scale."""
    if "matrix" in node:
        matrix = _vector(node["matrix"], 16).reshape(4, 4).T
        scale = np.linalg.norm(matrix[:3, :3], axis=0)
        return matrix[:3, 3], _rotation(matrix[:3, :3]), scale
    turn = _vector(node.get("rotation", [0.0, 0.0, 0.0, 1.0]), 4)[[3, 0, 1, 2]]
    length = float(np.linalg.norm(turn))
    turn = turn / length if length > 1e-3 else IDENTITY
    return _vector(node.get("translation", [0.0] * 3), 3), turn, _vector(node.get("scale", [1.0] * 3), 3)


def _vector(value: Any, size: int) -> F64:
    vector = np.array(value, dtype=np.float64)
    if vector.shape != (size,) or not np.isfinite(vector).all() or np.abs(vector).max() > 1e7:
        raise ValueError("a node's transform is no list of finite numbers")
    return vector


def _rotation(matrix: F64) -> F64:
    """Return the nearest rotation (w, x, y, z) of a matrix (3, 3)."""
    left, _, right = np.linalg.svd(matrix)
    return from_matrices(left @ np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right)) or 1.0]) @ right)


def _bind_pose(
    document: Document, skin: Any, joints: list[int], members: list[int], nodes: list[Any], above: list[int]
) -> tuple[F64, F64]:
    """Return turns (J, 4) and centres (J, 3) of the reference: the bind pose, or without one the pose of the nodes."""
    if skin is not None and "inverseBindMatrices" in skin:
        stored = document.accessor(skin["inverseBindMatrices"])
        if len(stored) < len(joints) or stored.shape[1] != 16 or np.abs(stored).max() > 1e7:
            raise ValueError("inverse bind matrices do not fit the joints")
        inverse: NDArray[np.float64] = stored[: len(joints)].reshape(-1, 4, 4).swapaxes(1, 2).copy()
        inverse[:, 3] = (0.0, 0.0, 0.0, 1.0)
        if (np.abs(np.linalg.det(inverse[:, :3, :3])) < 1e-12).any():
            raise ValueError("an inverse bind matrix has no inverse")
        bind: F64 = np.asarray(np.linalg.inv(inverse), dtype=np.float64)
        at = [joints.index(n) for n in members]
        return np.stack([_rotation(m) for m in bind[at, :3, :3]]), bind[at, :3, 3]
    still = _Frames(nodes, above, {}, np.zeros(1))
    turns = np.stack([still.turn(n)[0] for n in members])
    return turns, np.stack([still.place(n)[0] for n in members])

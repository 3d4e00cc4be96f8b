"""glTF animation: interpolation, scaled armatures, and documents that lie."""

from __future__ import annotations

import base64
import json
import struct
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from toile.avatars.motion_gltf import gltf_motion, read_gltf
from toile.avatars.retarget import Retarget
from toile.avatars.window import Window
from toile.engine.core.errors import BadInput, DamagedFile, ToileError

WHOLE = Window(0.0, None)


def opened(data: bytes) -> tuple[dict[str, Any], bytes]:
    size = struct.unpack_from("<I", data, 12)[0]
    return json.loads(data[20 : 20 + size]), data[28 + size :]


def closed(document: dict[str, Any], binary: bytes) -> bytes:
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    chunks = (
        struct.pack("<II", len(text), 0x4E4F534A)
        + text
        + struct.pack("<II", len(binary), 0x004E4942)
        + binary
    )
    return b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks


@pytest.fixture(scope="module")
def glb(walk: Any, tell: SimpleNamespace) -> bytes:
    short = {n: getattr(walk, n) for n in walk.__dataclass_fields__} | {"frame_count": 6}
    return tell.glb(type(walk)(**short))


def test_external_and_embedded_buffers_are_the_same(glb: bytes, tmp_path: Path) -> None:
    whole = gltf_motion(glb, "a.glb", WHOLE)
    document, binary = opened(glb)
    document["buffers"][0]["uri"] = "a.bin"
    (tmp_path / "a.bin").write_bytes(binary)
    (tmp_path / "a.gltf").write_text(json.dumps(document))
    np.testing.assert_array_equal(read_gltf(tmp_path / "a.gltf", WHOLE).turns, whole.turns)
    document["buffers"][0]["uri"] = (
        "data:application/octet-stream;base64," + base64.b64encode(binary).decode()
    )
    np.testing.assert_array_equal(
        gltf_motion(json.dumps(document).encode(), "a.gltf", WHOLE).turns, whole.turns
    )


@pytest.mark.parametrize("uri", ["../a.bin", "/etc/passwd", "http://example.org/a.bin", "a/b.bin", ".."])
def test_only_files_beside_it_are_read(uri: str, glb: bytes, tmp_path: Path) -> None:
    document, _ = opened(glb)
    document["buffers"][0]["uri"] = uri
    with pytest.raises(BadInput, match="its own folder"):
        gltf_motion(json.dumps(document).encode(), "a.gltf", WHOLE, tmp_path)


def test_an_armature_that_is_scaled_and_turned_moves_the_same(glb: bytes, woman: Any) -> None:
    """As exporters leave it: centimetres and Z-up below a node that scales by 0.01 and turns by -90 degrees."""
    document, binary = opened(glb)
    own = Retarget.to(woman.rig, gltf_motion(glb, "a.glb", WHOLE), "a").at(np.array([0.0, 0.1]))
    root = document["scenes"][0]["nodes"][0]
    half = float(np.sqrt(0.5))
    document["nodes"].append({"children": [root], "scale": [0.01] * 3, "rotation": [-half, 0.0, 0.0, half]})
    binary = inside(document, binary)
    read = Retarget.to(woman.rig, gltf_motion(closed(document, binary), "a.glb", WHOLE), "a")
    turns, places = read.at(np.array([0.0, 0.1]))
    np.testing.assert_allclose(np.abs(np.sum(turns * own[0], -1)), 1.0, atol=1e-6)
    np.testing.assert_allclose(places, own[1], atol=1e-4)


def inside(document: dict[str, Any], binary: bytes) -> bytes:
    """Bring the skeleton into the axes and unit of its new parent: the world's place x becomes 100 R^-1 x below the root."""
    data = bytearray(binary)
    turned = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], float)  # +90 degrees about X
    root = document["scenes"][0]["nodes"][0]
    nodes = document["nodes"]

    def vectors(index: int) -> np.ndarray:
        accessor = document["accessors"][index]
        view = document["bufferViews"][accessor["bufferView"]]
        start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
        width = {"VEC3": 3, "VEC4": 4, "MAT4": 16}[accessor["type"]]
        return np.frombuffer(data, "<f4", accessor["count"] * width, start).reshape(-1, width)

    for joint in document["skins"][0]["joints"]:
        if joint != root:
            nodes[joint]["translation"] = [100 * v for v in nodes[joint]["translation"]]
    nodes[root]["translation"] = (100 * turned @ np.array(nodes[root]["translation"])).tolist()
    quarter = np.array([np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5)])
    nodes[root]["rotation"] = product(quarter, np.array(nodes[root]["rotation"])).tolist()
    done: set[int] = set()
    for channel in document["animations"][0]["channels"]:
        output = document["animations"][0]["samplers"][channel["sampler"]]["output"]
        values = vectors(output)
        if output in done:
            continue
        done.add(output)
        if channel["target"]["path"] == "translation":
            values[:] = 100 * (values @ turned.T if channel["target"]["node"] == root else values)
        elif channel["target"]["node"] == root:
            values[:] = [product(quarter, v) for v in values]
    return bytes(data)


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the product of quaternions (x, y, z, w)."""
    vector = a[3] * b[:3] + b[3] * a[:3] + np.cross(a[:3], b[:3])
    return np.array([*vector, a[3] * b[3] - a[:3] @ b[:3]])


def test_cubic_and_step_tracks_pass_through_their_keys(glb: bytes) -> None:
    whole = gltf_motion(glb, "a.glb", WHOLE)
    document, binary = opened(glb)
    for sampler in document["animations"][0]["samplers"]:
        sampler["interpolation"] = "STEP"
    stepped = gltf_motion(closed(document, binary), "a.glb", WHOLE)
    np.testing.assert_allclose(stepped.turns, whole.turns, atol=1e-12)
    for sampler in document["animations"][0]["samplers"]:
        sampler["interpolation"] = "CUBICSPLINE"
        accessor = document["accessors"][sampler["output"]]
        view = document["bufferViews"][accessor["bufferView"]]
        width = 4 * {"VEC3": 3, "VEC4": 4}[accessor["type"]]
        keys = binary[view.get("byteOffset", 0) + accessor.get("byteOffset", 0) :][
            : width * accessor["count"]
        ]
        flat = b"".join(bytes(width) + keys[i : i + width] + bytes(width) for i in range(0, len(keys), width))
        document["bufferViews"].append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(flat)})
        document["accessors"].append(
            {
                **accessor,
                "bufferView": len(document["bufferViews"]) - 1,
                "byteOffset": 0,
                "count": 3 * accessor["count"],
            }
        )
        sampler["output"] = len(document["accessors"]) - 1
        binary += flat
    cubic = gltf_motion(closed(document, binary), "a.glb", WHOLE)
    at = np.searchsorted(cubic.times, whole.times - 1e-5)
    np.testing.assert_allclose(np.abs(np.sum(cubic.turns[at] * whole.turns, -1)), 1.0, atol=1e-9)


def test_documents_that_lie_are_refused(glb: bytes) -> None:
    document, binary = opened(glb)

    def refused(change: Any, said: str) -> None:
        other = json.loads(json.dumps(document))
        change(other)
        with pytest.raises(ToileError, match=said) as error:
            gltf_motion(closed(other, binary), "a.glb", WHOLE)
        assert len(str(error.value)) < 400

    sampler = document["animations"][0]["samplers"][0]
    joint = document["skins"][0]["joints"][3]
    refused(lambda d: d.pop("asset"), "no `asset`")
    refused(lambda d: d["asset"].update(version="1.0"), "glTF 2.0")
    refused(lambda d: d.pop("animations"), "no animation")
    refused(lambda d: d["accessors"][sampler["output"]].update(count=10**9), "more than 32000000 numbers")
    refused(lambda d: d["accessors"][sampler["output"]].update(count=10**5), "outside its buffer")
    refused(lambda d: d["accessors"][sampler["output"]].update(byteOffset=-4), "no index")
    refused(lambda d: d["accessors"][sampler["input"]].update(bufferView=True), "no index")
    refused(lambda d: d["nodes"][joint].update(children=[0]), "ancestors|two parents")
    refused(lambda d: d["nodes"][joint].update(translation=[1e300, 0, 0]), "finite numbers")
    refused(lambda d: d["nodes"][joint].update(rotation="upright"), "not whole glTF")
    refused(lambda d: d.update(nodes=[{}] * 30_000), "30000 nodes")
    refused(lambda d: d["skins"][0].update(joints=[0, 0]), "no skeleton")
    refused(lambda d: d.update(nodes={"a": 1}), "not whole glTF")


def test_hostile_bytes_are_refused_quickly(glb: bytes) -> None:
    deep = b'{"asset": {"version": "2.0"}, "nodes": ' + b"[" * 1_000_000
    constant = b'{"asset": {"version": "2.0"}, "nodes": [NaN]}'
    for data in (
        b"",
        b"glTF",
        glb[:1000],
        glb[: len(glb) // 2],
        deep,
        constant,
        b"\xff" * 100,
        b"null",
        b"[]",
    ):
        start = time.process_time()
        with pytest.raises((BadInput, DamagedFile)):
            gltf_motion(data, "a.glb", WHOLE)
        assert time.process_time() - start < 2.0

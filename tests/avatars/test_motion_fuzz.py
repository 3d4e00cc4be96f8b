"""Motion files that were damaged by chance or on purpose: a ToileError or a motion, never another exception, in bounded time."""

from __future__ import annotations

import json
import random
import struct
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from toile.avatars.model import Avatar
from toile.avatars.motion_amass import _WANTED as WANTED
from toile.avatars.motion_amass import amass_motion
from toile.avatars.motion_bvh import bvh_motion
from toile.avatars.motion_file import place_motion
from toile.avatars.motion_gltf import gltf_motion
from toile.avatars.npz import arrays_of
from toile.avatars.retarget import Retarget
from toile.avatars.source_motion import SourceMotion
from toile.avatars.window import Window
from toile.engine.core.body import Rig
from toile.engine.core.errors import ToileError

READERS: dict[str, Callable[[bytes], SourceMotion]] = {
    "bvh": lambda data: bvh_motion(data, "fuzz.bvh", Window(0.0, None)),
    "glb": lambda data: gltf_motion(data, "fuzz.glb", Window(0.0, None)),
    "npz": lambda data: amass_motion(arrays_of(data, WANTED, "fuzz.npz"), "fuzz.npz", Window(0.0, None)),
}
WORDS = [b"nan", b"inf", b"-1", b"0", b"1e308", b"999999999999", b"{", b"}", b"[", b"]", b"JOINT x {", b"MOTION\n", b"null",
         b"true", b'"a"', b"\x00", b"\xff\xff\xff\xff", b"CHANNELS 6", b"End Site", b"Frames: 1000000000\n", b"1e-320", b"{}",
         b"Frame Time: 0\n", b"4294967295", b"\xe2\x82", b"-0.0"]  # fmt: skip


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return data with one to four small damages."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(out) + 1)
        kind = rng.randrange(7)
        if kind == 0 and out:
            out[at % len(out)] = rng.randrange(256)
        elif kind == 1 and out:
            out[at % len(out)] ^= 1 << rng.randrange(8)
        elif kind == 2:
            del out[at : at + rng.choice([1, 4, 40, 4000])]
        elif kind == 3:
            out[at:at] = rng.choice(WORDS)
        elif kind == 4:
            word = rng.choice(WORDS)
            out[at : at + len(word)] = word
        elif kind == 5:
            start = rng.randrange(len(out) + 1)
            out[at:at] = out[start : start + rng.choice([1, 8, 64, 512])]
        elif rng.random() < 0.2:
            out = out[:at]
    return bytes(out)


def shrunk(data: bytes) -> bytes:
    """Return a GLB without its mesh: the skeleton, its bind pose and its animation are what is read."""
    size = struct.unpack_from("<I", data, 12)[0]
    document = json.loads(data[20 : 20 + size])
    binary = data[28 + size :]
    used = {document["skins"][0]["inverseBindMatrices"]}
    for sampler in document["animations"][0]["samplers"]:
        used |= {sampler["input"], sampler["output"]}
    packed, views, accessors, place = b"", [], [], {}
    for index in sorted(used):
        accessor = dict(document["accessors"][index])
        view = document["bufferViews"][accessor["bufferView"]]
        part = binary[view.get("byteOffset", 0) :][: view["byteLength"]]
        place[index] = len(accessors)
        views.append({"buffer": 0, "byteOffset": len(packed), "byteLength": len(part)})
        accessor["bufferView"] = len(views) - 1
        accessors.append(accessor)
        packed += part
    for sampler in document["animations"][0]["samplers"]:
        sampler["input"], sampler["output"] = place[sampler["input"]], place[sampler["output"]]
    document["skins"][0]["inverseBindMatrices"] = place[document["skins"][0]["inverseBindMatrices"]]
    document = {k: document[k] for k in ("asset", "nodes", "skins", "animations")}
    document.update(accessors=accessors, bufferViews=views, buffers=[{"byteLength": len(packed)}])
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    chunks = (
        struct.pack("<II", len(text), 0x4E4F534A)
        + text
        + struct.pack("<II", len(packed), 0x004E4942)
        + packed
    )
    return b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks


@pytest.fixture(scope="module")
def seeds(walk: Any, told: Any, told_as_smpl: Any, tell: SimpleNamespace) -> dict[str, bytes]:
    """Small whole files: four frames of the walk in each format."""
    few = type(told)(told.skeleton, told.centres, told.turns[:4], told.places[:4])
    as_smpl = type(told)(told.skeleton, told.centres, told_as_smpl.turns[:4], told_as_smpl.places[:4])
    short = type(walk)(**{**{n: getattr(walk, n) for n in walk.__dataclass_fields__}, "frame_count": 4})
    return {"bvh": tell.bvh(few), "glb": shrunk(tell.glb(short)), "npz": tell.amass(as_smpl, "split")}


def fuzz(kind: str, data: bytes, rig: Rig, count: int, seed: int) -> tuple[int, float]:
    """Read mutated inputs; return how many were still motions, and the longest time [s]."""
    rng, whole, longest = random.Random(seed), 0, 0.0
    said: list[str] = []
    for _ in range(count):
        start = time.process_time()
        try:
            source = READERS[kind](mutated(data, rng))
            Retarget.to(rig, source, "fuzz").at(np.linspace(0.0, 1.0, 3))
            whole += 1
        except ToileError as error:
            said.append(str(error))
        longest = max(longest, time.process_time() - start)
    assert all(len(sentence) < 600 and "\n" not in sentence for sentence in said)
    return whole, longest


@pytest.mark.parametrize("kind", list(READERS))
def test_small_damages_are_refused_or_read(kind: str, seeds: dict[str, bytes], woman: Avatar) -> None:
    whole, longest = fuzz(kind, seeds[kind], woman.rig, 1500, 1)
    assert 0 < whole < 1500
    assert longest < 3.0


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(READERS))
def test_a_hundred_thousand_damages_are_refused_or_read(
    kind: str, seeds: dict[str, bytes], woman: Avatar
) -> None:
    _, longest = fuzz(kind, seeds[kind], woman.rig, 100_000, 2)
    assert longest < 5.0


@pytest.mark.parametrize("kind", list(READERS))
def test_what_reads_can_be_worn(kind: str, seeds: dict[str, bytes], woman: Avatar) -> None:
    """Damaged files that still read make motions of finite numbers."""
    rng, made = random.Random(5), 0
    for _ in range(400):
        try:
            motion = place_motion(
                READERS[kind](mutated(seeds[kind], rng)), woman, "fuzz", 10.0, 0.0, None, clearance=0.0
            )
        except ToileError:
            continue
        assert np.isfinite(motion.vertices_at(0)).all()
        made += 1
        if made == 3:
            break
    assert made > 0

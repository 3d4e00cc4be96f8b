"""AV1 video in an MP4 file without a video program: Pillow's AVIF encoder and a container of our own.

An animated AVIF is an ISO base media file whose `moov` box holds an AV1 track, one temporal unit per frame. Its
samples and its sample entry (`av01` with `av1C`, `colr`) go unchanged into a file that players know: `ftyp` with
brand av01, `moov` before `mdat`, handler `vide`, and a time scale that holds the frame rate exactly.
Source: ISO/IEC 14496-12 (boxes), AV1 Codec ISO Media File Format Binding v1.2.0.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]

CHUNK_FRAMES = 32
"""Frames encoded at a time, each chunk from a key frame of its own: bounds the memory and lets players seek."""

_IDENTITY = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


@dataclass(frozen=True)
class Av1Samples:
    """Encoded frames of one size: the sample entry, a temporal unit per frame, and which of them are key frames."""

    entry: bytes
    samples: tuple[bytes, ...]
    keys: tuple[int, ...]
    width: int
    height: int


def av1_available() -> bool:
    """Return whether this Pillow can encode AV1."""
    from PIL import features

    return bool(features.check("avif"))


def encode_av1(frames: Iterable[U8], *, quality: int = 80, speed: int = 7) -> Av1Samples:
    """Encode frames, uint8 RGB, shape (H, W, 3) with even sides, as AV1, 4:2:0, limited range.

    Args:
        frames: at least one.
        quality: 0 to 100.
        speed: 0 (slow, small) to 10.
    """
    samples: list[bytes] = []
    keys: list[int] = []
    entry, width, height = b"", 0, 0
    for chunk in _chunks(frames):
        height, width = chunk[0].shape[:2]
        entry, encoded = _avif_samples(_encode_avif(chunk, quality, speed))
        keys.append(len(samples))
        samples.extend(encoded[: len(chunk)])
    return Av1Samples(entry, tuple(samples), tuple(keys), width, height)


def mux_mp4(video: Av1Samples, fps: float) -> bytes:
    """Return an MP4 file of AV1 samples at a constant frame rate [1/s]."""
    rate = Fraction(fps).limit_denominator(1001)
    scale, delta = rate.numerator * 512, rate.denominator * 512
    ftyp = _box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomav01iso2mp41")
    media = b"".join(video.samples)
    length = len(_moov(video, scale, delta, 0))
    offset = len(ftyp) + length + 8
    if offset + len(media) >= 2**32:
        raise ValueError("the video is larger than 4 GiB")
    return ftyp + _moov(video, scale, delta, offset) + _box(b"mdat", media)


def find_boxes(data: bytes, path: tuple[bytes, ...], start: int = 0, end: int | None = None) -> list[bytes]:
    """Return the contents of every box at a path of types, such as (b"moov", b"trak")."""
    found: list[bytes] = []
    for kind, body in _boxes(data, start, len(data) if end is None else end):
        if kind == path[0]:
            found += [body] if len(path) == 1 else find_boxes(body, path[1:])
    return found


def _chunks(frames: Iterable[U8]) -> Iterator[list[U8]]:
    chunk: list[U8] = []
    for frame in frames:
        if len(chunk) == CHUNK_FRAMES:
            yield chunk
            chunk = []
        chunk.append(frame)
    if chunk:
        yield chunk


def _encode_avif(frames: list[U8], quality: int, speed: int) -> bytes:
    from PIL import Image

    # a single frame would become a still picture without a track: give it a twin, whose sample is dropped
    images = [Image.fromarray(frame) for frame in (frames if len(frames) > 1 else frames * 2)]
    stream = BytesIO()
    images[0].save(
        stream,
        "AVIF",
        save_all=True,
        append_images=images[1:],
        duration=40,
        quality=quality,
        speed=speed,
        range="limited",
        subsampling="4:2:0",
    )
    return stream.getvalue()


def _avif_samples(data: bytes) -> tuple[bytes, list[bytes]]:
    """Return the sample entry (without AVIF's own constraints) and the samples of an animated AVIF's first track."""
    track = find_boxes(data, (b"moov", b"trak", b"mdia", b"minf", b"stbl"))[0]
    (described,) = find_boxes(track, (b"stsd",))
    size = struct.unpack_from(">I", described, 8)[0]
    entry = described[8 : 8 + size]
    kept = b"".join(_box(kind, body) for kind, body in _boxes(entry, 86, size) if kind in (b"av1C", b"colr"))
    entry = struct.pack(">I", 86 + len(kept)) + entry[4:86] + kept
    (sized,) = find_boxes(track, (b"stsz",))
    fixed, count = struct.unpack_from(">II", sized, 4)
    sizes = (fixed,) * count if fixed else struct.unpack_from(f">{count}I", sized, 12)
    (spread,) = find_boxes(track, (b"stsc",))
    runs = list(struct.iter_unpack(">III", spread[8:]))
    offsets = _chunk_offsets(track)
    samples: list[bytes] = []
    for number, at in enumerate(offsets, start=1):
        per_chunk = [n for first, n, _ in runs if first <= number][-1]
        for _ in range(per_chunk):
            samples.append(data[at : at + sizes[len(samples)]])
            at += len(samples[-1])
    return entry, samples


def _chunk_offsets(track: bytes) -> tuple[int, ...]:
    for kind, code in ((b"stco", "I"), (b"co64", "Q")):
        for body in find_boxes(track, (kind,)):
            return struct.unpack_from(f">{struct.unpack_from('>I', body, 4)[0]}{code}", body, 8)
    raise ValueError("an AVIF track without chunk offsets")


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    at = start
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        size = size or end - at
        yield kind, data[at + head : at + size]
        at += size


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _full_box(kind: bytes, flags: int, *parts: bytes) -> bytes:
    return _box(kind, struct.pack(">I", flags), *parts)


def _moov(video: Av1Samples, scale: int, delta: int, offset: int) -> bytes:
    """The movie box, fields in the order of ISO/IEC 14496-12: 8.2.2, 8.3.2, 8.4.2, 8.4.3, 8.6 and 8.7."""
    count = len(video.samples)
    duration = count * delta
    movie = _full_box(
        b"mvhd",
        0,
        struct.pack(">IIII", 0, 0, scale, duration),
        struct.pack(">IH10x", 0x10000, 0x0100),
        _IDENTITY,
        struct.pack(">24xI", 2),
    )
    track = _full_box(
        b"tkhd",
        3,
        struct.pack(">IIIII8xHHHxx", 0, 0, 1, 0, duration, 0, 0, 0),
        _IDENTITY,
        struct.pack(">II", video.width << 16, video.height << 16),
    )
    media = _full_box(b"mdhd", 0, struct.pack(">IIIIHxx", 0, 0, scale, duration, 0x55C4))
    handler = _full_box(b"hdlr", 0, struct.pack(">4x4s12x", b"vide"), b"video\0")
    table = _box(
        b"stbl",
        _full_box(b"stsd", 0, struct.pack(">I", 1), video.entry),
        _full_box(b"stts", 0, struct.pack(">III", 1, count, delta)),
        _full_box(
            b"stss", 0, struct.pack(f">I{len(video.keys)}I", len(video.keys), *(k + 1 for k in video.keys))
        ),
        _full_box(b"stsc", 0, struct.pack(">IIII", 1, 1, count, 1)),
        _full_box(b"stsz", 0, struct.pack(f">II{count}I", 0, count, *map(len, video.samples))),
        _full_box(b"stco", 0, struct.pack(">II", 1, offset)),
    )
    information = _box(
        b"minf",
        _full_box(b"vmhd", 1, struct.pack(">8x")),
        _box(b"dinf", _full_box(b"dref", 0, struct.pack(">I", 1), _full_box(b"url ", 1))),
        table,
    )
    return _box(b"moov", movie, _box(b"trak", track, _box(b"mdia", media, handler, information)))

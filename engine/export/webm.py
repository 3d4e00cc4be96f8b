"""WebM files: VP9 by the ffmpeg program (with alpha where the frames have it), else AV1 by Pillow in a container of our own.

The container is the part of Matroska that WebM keeps: an EBML header, then one segment of info, one video track, and a
cluster of simple blocks for each group of frames that begins with a key frame.
Source: RFC 8794 (EBML), RFC 9559 (Matroska), "WebM container guidelines", AV1 in Matroska 1.0.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.errors import Unsupported
from toile.engine.core.files import atomic_path
from toile.engine.export.mp4 import Av1Samples, av1_available, encode_av1, find_boxes
from toile.engine.export.video import Video, checked_frames, ffmpeg_encodes, write_ffmpeg

U8 = NDArray[np.uint8]

_SCALE_NS = 1_000_000  # a tick of the container's clock: a millisecond


def write_webm(path: Path, frames: Iterable[U8], fps: float, *, encoder: str | None = None) -> Video:
    """Write frames as a WebM file, atomically; odd sides gain a repeated row or column.

    Args:
        path: ends in .webm; its folder exists.
        frames: uint8 sRGB, shape (H, W, 3) or with straight alpha (H, W, 4), all of one size; streamed.
        fps: frames per second.
        encoder: one of `webm_encoders()`; the first of them when None.

    Raises:
        BadInput: `fps` is not a positive number up to 1000, or there are no frames.
        CannotWrite: the file cannot be written, or the encoder failed.
        Unsupported: no encoder is here, or not the one asked for, or none that keeps alpha.
    """
    encoders = webm_encoders()
    if not encoders or (encoder is not None and encoder not in encoders):
        raise Unsupported(
            f"This machine cannot encode {encoder or 'WebM'} (it has: {', '.join(encoders) or 'no encoder'}); "
            "install ffmpeg with libvpx, or Pillow 11.3 or newer."
        )
    chosen = encoder or encoders[0]
    counted, first = checked_frames(Path(path), frames, fps)
    height, width, depth = first.shape
    if chosen == "av1" and depth == 4:
        raise Unsupported(
            "A WebM with alpha needs ffmpeg with libvpx, which is not here; install it, or render without --webm."
        )
    with atomic_path(Path(path)) as temporary:
        if chosen == "av1":
            temporary.write_bytes(mux_webm(encode_av1(counted), fps))
        else:
            write_ffmpeg(temporary, Path(path), counted, (width, height, depth), fps, chosen)
    return Video(chosen, width, height, counted.count, fps)


@functools.cache
def webm_encoders() -> tuple[str, ...]:
    """Return the encoders of WebM that work on this machine, best first."""
    found = ("libvpx-vp9",) if ffmpeg_encodes("libvpx-vp9") else ()
    return (*found, "av1") if av1_available() else found


def mux_webm(video: Av1Samples, fps: float) -> bytes:
    """Return a WebM file of AV1 samples at a constant frame rate [1/s]."""
    count = len(video.samples)
    described = find_boxes(video.entry, (b"av1C",), 86)
    header = _element(
        0x1A45DFA3,
        _unsigned(0x4286, 1) + _unsigned(0x42F7, 1) + _unsigned(0x42F2, 4) + _unsigned(0x42F3, 8),
        _element(0x4282, b"webm") + _unsigned(0x4287, 4) + _unsigned(0x4285, 2),
    )
    info = _element(
        0x1549A966,
        _unsigned(0x2AD7B1, _SCALE_NS) + _element(0x4489, struct.pack(">d", 1000.0 * count / fps)),
        _element(0x4D80, b"toile") + _element(0x5741, b"toile"),
    )
    colour = _element(
        0x55B0, _unsigned(0x55B1, 1) + _unsigned(0x55BB, 1) + _unsigned(0x55BA, 1) + _unsigned(0x55B9, 1)
    )
    picture = _element(0xE0, _unsigned(0xB0, video.width) + _unsigned(0xBA, video.height) + colour)
    track = _element(
        0xAE,
        _unsigned(0xD7, 1) + _unsigned(0x73C5, 1) + _unsigned(0x83, 1) + _unsigned(0x9C, 0),
        _element(0x86, b"V_AV1") + _element(0x63A2, described[0] if described else b""),
        _unsigned(0x23E383, round(1e9 / fps)) + picture,
    )
    ends = (*video.keys[1:], count)
    clusters = [_cluster(video, first, end, fps) for first, end in zip(video.keys, ends, strict=True)]
    return header + _element(0x18538067, info, _element(0x1654AE6B, track), *clusters)


def _cluster(video: Av1Samples, first: int, end: int, fps: float) -> bytes:
    start = round(1000.0 * first / fps)
    blocks = [_unsigned(0xE7, start)]
    for i in range(first, end):
        later = round(1000.0 * i / fps) - start
        flags = 0x80 if i == first else 0x00
        blocks.append(_element(0xA3, b"\x81" + struct.pack(">hB", later, flags), video.samples[i]))
    return _element(0x1F43B675, *blocks)


def _element(identity: int, *parts: bytes) -> bytes:
    """An EBML element: its identity as written in the standard, an eight-byte size, its contents."""
    body = b"".join(parts)
    name = identity.to_bytes((identity.bit_length() + 7) // 8, "big")
    return name + struct.pack(">Q", (1 << 56) | len(body)) + body


def _unsigned(identity: int, value: int) -> bytes:
    return _element(identity, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))

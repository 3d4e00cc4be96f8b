"""Video files that browsers play, in MP4: H.264 by the ffmpeg program where it is installed, else AV1 by Pillow.

What a frame must be, and how ffmpeg is run, holds for WebM as well (`webm.py`).
"""

from __future__ import annotations

import functools
import itertools
import math
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.errors import BadInput, CannotWrite, Unsupported
from toile.engine.core.files import atomic_path
from toile.engine.export.mp4 import av1_available, encode_av1, mux_mp4

U8 = NDArray[np.uint8]

# Constant quality at which no loss is seen (x264's own scale); openh264 has no such mode, so a generous bit rate.
_FFMPEG_ENCODERS: dict[str, tuple[str, ...]] = {
    "libx264": ("-preset", "medium", "-crf", "18"),
    "libopenh264": ("-b:v", "8M", "-allow_skip_frames", "0"),
}
_FFMPEG_WEBM: dict[str, tuple[str, ...]] = {
    # One thread, so that the bytes depend on nothing else.
    "libvpx-vp9": ("-b:v", "0", "-crf", "24", "-deadline", "good", "-cpu-used", "4", "-threads", "1"),
}
_BT709 = (
    "-vf", "scale=out_color_matrix=bt709:out_range=tv",
    "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
)  # fmt: skip


@dataclass(frozen=True)
class Video:
    """What was written: the encoder ("libx264", "libopenh264", "av1"), size [pixels], frames, frames per second."""

    encoder: str
    width: int
    height: int
    frames: int
    fps: float


def write_video(path: Path, frames: Iterable[U8], fps: float, *, encoder: str | None = None) -> Video:
    """Write frames as an MP4 file, atomically; odd sides gain a repeated row or column.

    Args:
        path: ends in .mp4; its folder exists.
        frames: uint8 sRGB, shape (H, W, 3), all of one size; streamed, so a generator keeps memory low.
        fps: frames per second.
        encoder: one of `video_encoders()`; the first of them when None.

    Raises:
        BadInput: `fps` is not a positive number up to 1000, or there are no frames.
        CannotWrite: the file cannot be written, or the encoder failed.
        Unsupported: this machine has neither ffmpeg with H.264 nor a Pillow with AV1, or not the encoder asked for.
    """
    path = Path(path)
    encoders = video_encoders()
    if not encoders or (encoder is not None and encoder not in encoders):
        raise Unsupported(
            f"This machine cannot encode {encoder or 'video'} (it has: {', '.join(encoders) or 'no encoder'}); "
            "install ffmpeg with libx264, or Pillow 11.3 or newer."
        )
    chosen = encoder or encoders[0]
    counter, first = checked_frames(path, frames, fps)
    height, width, depth = first.shape
    if depth != 3:
        raise ValueError("MP4 has no alpha: give frames of three channels")
    with atomic_path(path) as temporary:
        if chosen == "av1":
            temporary.write_bytes(mux_mp4(encode_av1(counter), fps))
        else:
            write_ffmpeg(temporary, path, counter, (width, height, depth), fps, chosen)
    return Video(chosen, width, height, counter.count, fps)


def checked_frames(path: Path, frames: Iterable[U8], fps: float) -> tuple[CountedFrames, U8]:
    """Return frames with even sides, counted as they pass, and the first of them.

    Raises:
        BadInput: `fps` is not a positive number up to 1000, or there are no frames.
    """
    if not (math.isfinite(fps) and 0 < fps <= 1000):
        raise BadInput(f"A video cannot have {fps} frames a second; choose a number between 1 and 120.")
    stream = _even_frames(frames)
    first = next(stream, None)
    if first is None:
        raise BadInput(f"{path} would have no frames; render at least one.")
    return CountedFrames(first, stream), first


@functools.cache
def video_encoders() -> tuple[str, ...]:
    """Return the encoders that work on this machine, best first (each ffmpeg encoder has encoded a small frame)."""
    found = [name for name in _FFMPEG_ENCODERS if ffmpeg_encodes(name)]
    return (*found, "av1") if av1_available() else tuple(found)


class CountedFrames:
    """Frames in order, counted as they pass."""

    def __init__(self, first: U8, rest: Iterator[U8]) -> None:
        self.count = 0
        self._first, self._rest = first, rest

    def __iter__(self) -> Iterator[U8]:
        for frame in itertools.chain((self._first,), self._rest):
            self.count += 1
            yield frame


def _even_frames(frames: Iterable[U8]) -> Iterator[U8]:
    """The frames with even sides, checked to be of one size."""
    shape: tuple[int, ...] | None = None
    for frame in frames:
        pixels = np.asarray(frame)
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in (3, 4) or 0 in pixels.shape:
            raise ValueError(f"a frame is uint8 (H, W, 3 or 4), not {pixels.dtype} {pixels.shape}")
        if shape is not None and pixels.shape != shape:
            raise ValueError(f"frames differ in size: {shape} and {pixels.shape}")
        shape = pixels.shape
        odd = [(0, side % 2) for side in shape[:2]]
        yield np.ascontiguousarray(
            np.pad(pixels, [*odd, (0, 0)], mode="edge") if any(o for _, o in odd) else pixels
        )


def _ffmpeg_command(target: str, size: tuple[int, int, int], fps: float, encoder: str) -> list[str]:
    width, height, depth = size
    rate = str(Fraction(fps).limit_denominator(1001))
    program = shutil.which("ffmpeg") or "ffmpeg"
    webm = encoder in _FFMPEG_WEBM
    options = _FFMPEG_WEBM[encoder] if webm else _FFMPEG_ENCODERS[encoder]
    container = ("-f", "webm") if webm else ("-movflags", "+faststart", "-f", "mp4")
    stored = ("-pix_fmt", "yuva420p", "-auto-alt-ref", "0") if depth == 4 else ("-pix_fmt", "yuv420p")
    return [
        program, "-hide_banner", "-loglevel", "error", "-nostdin", "-y",
        "-f", "rawvideo", "-pix_fmt", "rgba" if depth == 4 else "rgb24",
        "-s", f"{width}x{height}", "-framerate", rate, "-i", "pipe:0",
        *_BT709, "-an", "-c:v", encoder, *options, *stored,
        "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact",
        *container, target,
    ]  # fmt: skip


def ffmpeg_encodes(encoder: str) -> bool:
    """Return whether the ffmpeg program is here and has encoded a small frame."""
    if shutil.which("ffmpeg") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        command = _ffmpeg_command(str(Path(folder, "probe.video")), (64, 64, 3), 30, encoder)
        try:
            done = subprocess.run(
                command, input=bytes(64 * 64 * 3), capture_output=True, timeout=60, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
    return done.returncode == 0


def write_ffmpeg(
    temporary: Path, path: Path, frames: Iterable[U8], size: tuple[int, int, int], fps: float, encoder: str
) -> None:
    """Pipe frames of a size (width, height, channels) through ffmpeg into a temporary file of what will be `path`.

    Raises:
        CannotWrite: ffmpeg failed.
    """
    command = _ffmpeg_command(str(temporary), size, fps, encoder)
    with tempfile.TemporaryFile() as log:
        program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log)
        assert program.stdin is not None
        try:
            for frame in frames:
                program.stdin.write(frame.data)
            program.stdin.close()
        except BrokenPipeError:
            pass  # ffmpeg stopped early; its log says why
        except BaseException:
            program.kill()
            raise
        finally:
            program.wait()
        if program.returncode != 0:
            log.seek(0)
            lines = log.read().decode(errors="replace").strip().splitlines() or [
                f"status {program.returncode}"
            ]
            if "No space left" in " ".join(lines):
                raise CannotWrite(
                    f"No space is left on the disk for {path}; free some and run the same command again."
                )
            raise CannotWrite(
                f"ffmpeg could not write {path} ({lines[-1]}); choose another folder with --out."
            )

"""A written WebM holds every frame, at its size, rate and colours, with alpha where the frames have it."""

import shutil
import subprocess

import numpy as np
import pytest

from toile.engine.core.errors import BadInput, Unsupported
from toile.engine.export.mp4 import CHUNK_FRAMES
from toile.engine.export.webm import webm_encoders, write_webm

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="decodes with ffmpeg")


def colour_frames(count, width=96, height=64):
    """Frames of one colour on the left and another on the right, that change with time."""
    for i in range(count):
        frame = np.zeros((height, width, 3), np.uint8)
        frame[:, : width // 2] = (40 + 3 * i, 120, 220 - 3 * i)
        frame[:, width // 2 :] = (230, 200 - 2 * i, 30)
        yield frame


def decode(path, width, height, channels=3):
    reader = ["-c:v", "libvpx-vp9"] if channels == 4 else []
    pixels = "rgba" if channels == 4 else "rgb24"
    done = subprocess.run(
        ["ffmpeg", "-v", "error", *reader, "-i", str(path), "-f", "rawvideo", "-pix_fmt", pixels, "-"],
        capture_output=True,
        check=True,
    )
    assert not done.stderr
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, height, width, channels)


@pytest.fixture(params=["libvpx-vp9", "av1"])
def encoder(request):
    if request.param not in webm_encoders():
        pytest.skip(f"this machine has no {request.param}")
    return request.param


@needs_ffmpeg
def test_decoded_frames_have_the_colours_count_and_times_that_were_written(tmp_path, encoder):
    count = CHUNK_FRAMES + 5
    video = write_webm(tmp_path / "a.webm", colour_frames(count), 25, encoder=encoder)
    assert (video.encoder, video.width, video.height, video.frames) == (encoder, 96, 64, count)
    assert (tmp_path / "a.webm").read_bytes()[:4] == b"\x1a\x45\xdf\xa3"
    seen = decode(tmp_path / "a.webm", 96, 64).astype(int)
    wanted = np.stack(list(colour_frames(count))).astype(int)
    assert seen.shape == wanted.shape
    flat = np.r_[8:40, 56:88]  # away from the edge, where chroma is shared
    assert np.abs(seen - wanted)[:, 8:-8][:, :, flat].max() <= 8
    shown = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0", str(tmp_path / "a.webm")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    times = [float(line.strip(",")) for line in shown.stdout.split()]
    assert np.allclose(times, np.arange(count) / 25, atol=0.0011)


def test_the_same_frames_make_the_same_bytes(tmp_path, encoder):
    for name in ("a", "b"):
        write_webm(tmp_path / f"{name}.webm", colour_frames(6), 25, encoder=encoder)
    assert (tmp_path / "a.webm").read_bytes() == (tmp_path / "b.webm").read_bytes()


@needs_ffmpeg
@pytest.mark.skipif("libvpx-vp9" not in webm_encoders(), reason="alpha needs libvpx")
def test_alpha_survives(tmp_path):
    frames = [np.dstack([f, np.full((64, 96), 40, np.uint8)]) for f in colour_frames(5)]
    for frame in frames:
        frame[:, 48:, 3] = 220
    write_webm(tmp_path / "a.webm", frames, 25)
    alpha = decode(tmp_path / "a.webm", 96, 64, 4)[..., 3].astype(int)
    assert np.abs(alpha[:, 8:-8, 8:40] - 40).max() <= 4
    assert np.abs(alpha[:, 8:-8, 56:88] - 220).max() <= 4


def test_what_cannot_be_written_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(BadInput, match="no frames"):
        write_webm(tmp_path / "a.webm", [], 25)
    with pytest.raises(BadInput, match="frames a second"):
        write_webm(tmp_path / "a.webm", colour_frames(2), float("nan"))
    with pytest.raises(Unsupported, match="cannot encode theora"):
        write_webm(tmp_path / "a.webm", colour_frames(2), 25, encoder="theora")
    if "av1" in webm_encoders():
        with pytest.raises(Unsupported, match="alpha"):
            write_webm(tmp_path / "a.webm", [np.zeros((8, 8, 4), np.uint8)], 25, encoder="av1")
    assert not list(tmp_path.iterdir())

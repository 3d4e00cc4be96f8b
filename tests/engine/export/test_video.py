"""A written video holds every frame, at its size, rate and colours, whichever encoder the machine has."""

import shutil
import struct
import subprocess

import numpy as np
import pytest

from toile.engine.core.errors import BadInput, CannotWrite, Unsupported
from toile.engine.export.mp4 import CHUNK_FRAMES, find_boxes
from toile.engine.export.video import video_encoders, write_video

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="decodes with ffmpeg")


def colour_frames(count, width=96, height=64):
    """Frames of one colour on the left and another on the right, that change with time."""
    for i in range(count):
        frame = np.zeros((height, width, 3), np.uint8)
        frame[:, : width // 2] = (40 + 3 * i, 120, 220 - 3 * i)
        frame[:, width // 2 :] = (230, 200 - 2 * i, 30)
        yield frame


def decode(path, width, height):
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
        capture_output=True,
        check=True,
    )
    assert not done.stderr
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, height, width, 3)


@pytest.fixture(params=["libx264", "av1"])
def encoder(request):
    if request.param not in video_encoders():
        pytest.skip(f"this machine has no {request.param}")
    return request.param


@needs_ffmpeg
def test_decoded_frames_have_the_colours_and_count_that_were_written(tmp_path, encoder):
    count = CHUNK_FRAMES + 5
    video = write_video(tmp_path / "a.mp4", colour_frames(count), 30, encoder=encoder)
    assert (video.encoder, video.width, video.height, video.frames) == (encoder, 96, 64, count)
    seen = decode(tmp_path / "a.mp4", 96, 64).astype(int)
    wanted = np.stack(list(colour_frames(count))).astype(int)
    assert seen.shape == wanted.shape
    flat = np.r_[8:40, 56:88]  # away from the edge, where chroma is shared
    assert np.abs(seen - wanted)[:, 8:-8][:, :, flat].max() <= 6


def test_container_states_rate_size_and_where_each_frame_lies(tmp_path, encoder):
    write_video(tmp_path / "a.mp4", colour_frames(40), 24, encoder=encoder)
    data = (tmp_path / "a.mp4").read_bytes()
    kinds = [data.find(kind) for kind in (b"ftyp", b"moov", b"mdat")]
    assert kinds == sorted(kinds)  # fast start: a browser plays before it has the whole file
    media = (b"moov", b"trak", b"mdia")
    (mdhd,), (hdlr,) = find_boxes(data, (*media, b"mdhd")), find_boxes(data, (*media, b"hdlr"))
    scale, duration = struct.unpack_from(">II", mdhd, 12)
    assert duration / scale == pytest.approx(40 / 24)
    assert hdlr[8:12] == b"vide"
    (stsz,) = find_boxes(data, (*media, b"minf", b"stbl", b"stsz"))
    sizes = struct.unpack_from(">40I", stsz, 12)
    (mdat,) = find_boxes(data, (b"mdat",))
    assert len(mdat) >= sum(sizes) > 0


def test_av1_frames_lie_one_after_another_from_the_stated_offset(tmp_path):
    if "av1" not in video_encoders():
        pytest.skip("this Pillow has no AV1")
    write_video(tmp_path / "a.mp4", colour_frames(CHUNK_FRAMES + 1), 30, encoder="av1")
    data = (tmp_path / "a.mp4").read_bytes()
    table = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
    (stco,), (stss,) = find_boxes(data, (*table, b"stco")), find_boxes(data, (*table, b"stss"))
    assert struct.unpack_from(">II", stco, 4) == (1, data.index(b"mdat") + 4)
    assert struct.unpack_from(">3I", stss, 4) == (2, 1, CHUNK_FRAMES + 1)


def test_same_frames_give_the_same_bytes(tmp_path, encoder):
    for name in ("a.mp4", "b.mp4"):
        write_video(tmp_path / name, colour_frames(20), 30, encoder=encoder)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


@needs_ffmpeg
@pytest.mark.parametrize("count", [1, 3])
def test_odd_sides_are_padded_by_repeating_the_last_row_and_column(tmp_path, encoder, count):
    video = write_video(tmp_path / "a.mp4", colour_frames(count, 95, 63), 25, encoder=encoder)
    assert (video.width, video.height, video.frames) == (96, 64, count)
    seen = decode(tmp_path / "a.mp4", 96, 64).astype(int)
    assert len(seen) == count
    assert np.abs(seen[:, -1, -1] - seen[:, -3, -3]).max() <= 4


def test_a_machine_without_ffmpeg_writes_av1(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    video_encoders.cache_clear()
    try:
        assert video_encoders() == ("av1",)
        assert write_video(tmp_path / "a.mp4", colour_frames(2), 30).encoder == "av1"
        with pytest.raises(Unsupported, match="install ffmpeg"):
            write_video(tmp_path / "a.mp4", colour_frames(2), 30, encoder="libx264")
    finally:
        video_encoders.cache_clear()


def test_a_renderer_that_fails_leaves_the_old_video_whole(tmp_path, encoder):
    def breaking():
        yield from colour_frames(3)
        raise RuntimeError("the renderer failed")

    (tmp_path / "a.mp4").write_bytes(b"old")
    with pytest.raises(RuntimeError, match="renderer"):
        write_video(tmp_path / "a.mp4", breaking(), 30, encoder=encoder)
    assert (tmp_path / "a.mp4").read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


def test_refusals_say_what_to_do(tmp_path):
    with pytest.raises(BadInput, match="frames a second"):
        write_video(tmp_path / "a.mp4", colour_frames(1), 0)
    with pytest.raises(BadInput, match="at least one"):
        write_video(tmp_path / "a.mp4", [], 30)
    with pytest.raises(CannotWrite):
        write_video(tmp_path / "missing" / "a.mp4", colour_frames(1), 30)
    with pytest.raises(ValueError, match="differ in size"):
        write_video(tmp_path / "a.mp4", [*colour_frames(1), *colour_frames(1, 32)], 30)

"""The pictures of a look: what is shown on white, which frames are stills."""

import numpy as np
import pytest
from PIL import Image

from benchmarks.golden import scene
from toile.engine.render.film import open_film
from toile.engine.render.scene import GarmentLook, Lighting, RenderSettings, views
from toile.garments.fabric import fabric
from toile.pictures import FRAMES, _make_pictures, _Shoot, key_frames, on_white
from toile.restyle import Restyle


def dress_shoot(alpha=False):
    """Two frames of a dress from two sides, small and quick."""
    quick = RenderSettings(cloth_subdivisions=0, samples=0, filter_passes=0, edge_samples=1, alpha=alpha)
    simulation = scene("dress")
    cameras = views((0, 90), simulation, size=(64, 64))
    return _Shoot(simulation, [GarmentLook(fabric("cotton"), "#2f5fa8")], Lighting(), cameras, quick, quick)


def silent(_done, _text):
    """Nobody listens."""


def files_of(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_transparent_pixels_turn_white_and_solid_ones_stay():
    picture = np.zeros((1, 3, 4), np.uint8)
    picture[0, :, :3] = (10, 100, 200)
    picture[0, :, 3] = (0, 128, 255)
    assert on_white(picture)[0].tolist() == [[255, 255, 255], [132, 177, 227], [10, 100, 200]]
    plain = picture[..., :3]
    assert on_white(plain) is plain


def test_stills_are_a_quarter_and_three_quarters_in():
    assert key_frames(72) == (18, 54)
    assert key_frames(1) == (0,)


def test_a_run_that_stopped_goes_on_with_what_is_missing_to_the_same_bytes(tmp_path):
    style = Restyle(gif=True, frames=True)
    shoot = dress_shoot()
    _make_pictures(tmp_path / "whole", "key", shoot, style, silent)
    told = []

    def stop_at_the_second(done, text):
        told.append(text)
        if len(told) == 2:
            raise KeyboardInterrupt

    cut = tmp_path / "cut"
    with pytest.raises(KeyboardInterrupt):
        _make_pictures(cut, "key", shoot, style, stop_at_the_second)
    begun = sorted((cut / FRAMES).glob("*.png"))
    assert [p.name for p in begun] == ["view0_frame0000.png", "view90_frame0000.png"]
    assert not (cut / "animation.mp4").exists()
    stamps = [p.stat().st_mtime_ns for p in begun]
    told.clear()
    _make_pictures(cut, "key", shoot, style, lambda done, text: told.append((round(done, 2), text)))
    assert [p.stat().st_mtime_ns for p in begun] == stamps
    assert told[0] == (0.85, "frame 1 of 1")
    assert files_of(cut) == files_of(tmp_path / "whole")


def test_another_key_makes_everything_anew(tmp_path):
    shoot = dress_shoot()
    _make_pictures(tmp_path, "one", shoot, Restyle(gif=True), silent)
    assert (tmp_path / "animation.gif").is_file()
    before = (tmp_path / "stills" / "view0_frame001.png").stat().st_mtime_ns
    _make_pictures(tmp_path, "two", shoot, Restyle(), silent)
    assert (tmp_path / "stills" / "view0_frame001.png").stat().st_mtime_ns > before
    assert not (tmp_path / "animation.gif").exists()
    assert open_film(tmp_path / FRAMES, "two")


def test_cut_out_stills_are_transparent_round_the_figure(tmp_path):
    _make_pictures(tmp_path, "key", dress_shoot(alpha=True), Restyle(alpha=True), silent)
    with Image.open(tmp_path / "stills" / "view90_frame001.png") as still:
        assert (still.mode, still.size) == ("RGBA", (128, 128))
        alpha = np.array(still)[..., 3]
    assert alpha[:3].max() == 0
    assert (alpha == 255).mean() > 0.03

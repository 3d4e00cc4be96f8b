"""Frames on disk: a killed run goes on where it stopped, and shows the same; another key starts anew."""

import dataclasses

import numpy as np
import pytest

from toile.engine.render.animation import render_views
from toile.engine.render.film import close_film, film, frame_name, open_film, write_png
from toile.engine.render.scene import GarmentLook, RenderSettings, views
from toile.garments.fabric import fabric

SETTINGS = RenderSettings(device="cpu", cloth_subdivisions=1)


def counted(asked):
    """A renderer of plain pictures that remembers which frames it was asked for."""

    def render(frames):
        asked.append(list(frames))
        for frame in frames:
            yield [np.full((6, 5, 3), 10 * frame + view, np.uint8) for view in range(2)]

    return render


def test_frames_have_names_that_sort_in_order():
    names = [frame_name("45", i) for i in (0, 9, 10, 999)]
    assert names[0] == "view45_frame0000.png"
    assert names == sorted(names)


def test_a_film_is_rendered_once_and_read_after_that(tmp_path):
    asked = []
    open_film(tmp_path / "frames", "a")
    first = list(film(tmp_path / "frames", ["0", "90"], 3, counted(asked)))
    again = list(film(tmp_path / "frames", ["0", "90"], 3, counted(asked)))
    assert asked == [[0, 1, 2]]
    assert all(
        np.array_equal(x, y) for a, b in zip(first, again, strict=True) for x, y in zip(a, b, strict=True)
    )
    assert [int(p[0][0, 0, 0]) for p in first] == [0, 10, 20]


def test_only_the_missing_and_the_damaged_are_rendered_again(tmp_path):
    folder, asked = tmp_path / "frames", []
    open_film(folder, "a")
    whole = list(film(folder, ["0", "90"], 5, counted(asked)))
    (folder / frame_name("90", 1)).unlink()
    (folder / frame_name("0", 3)).unlink()
    (folder / frame_name("0", 4)).write_bytes(b"\x89PNG half of a picture")
    (folder / ".view0_frame0001-abcdefgh.png").write_bytes(b"half written")
    assert open_film(folder, "a")
    again = list(film(folder, ["0", "90"], 5, counted(asked)))
    assert asked == [[0, 1, 2, 3, 4], [1, 3], [4]]
    assert all(
        np.array_equal(x, y) for a, b in zip(whole, again, strict=True) for x, y in zip(a, b, strict=True)
    )
    assert not list(folder.glob(".*"))


def test_pictures_of_another_key_are_swept_and_closing_leaves_other_peoples_files(tmp_path):
    folder, asked = tmp_path / "frames", []
    open_film(folder, "a")
    list(film(folder, ["0", "90"], 2, counted(asked)))
    assert not open_film(folder, "b")
    assert not list(folder.glob("*.png"))
    list(film(folder, ["0", "90"], 2, counted(asked)))
    close_film(folder, True)
    assert len(list(folder.glob("*.png"))) == 4
    (folder / "notes.txt").write_text("mine")
    close_film(folder, False)
    assert [p.name for p in folder.iterdir()] == ["notes.txt"]


def test_a_resumed_animation_is_the_same_to_the_byte(tmp_path, simulation):
    cameras = views((0, 90), simulation, size=(48, 48))
    looks = [GarmentLook(fabric("denim"), "#2c4a7a")]

    def render(frames):
        return render_views(simulation, looks, cameras, SETTINGS, frames=frames)

    names = [camera.name for camera in cameras]
    open_film(tmp_path / "whole", "a")
    whole = list(film(tmp_path / "whole", names, 2, render))
    open_film(tmp_path / "cut", "a")
    next(film(tmp_path / "cut", names, 2, render))  # stopped after the first frame
    resumed = list(film(tmp_path / "cut", names, 2, render))
    assert all(
        np.array_equal(x, y) for a, b in zip(whole, resumed, strict=True) for x, y in zip(a, b, strict=True)
    )


def test_cut_out_frames_keep_their_alpha(tmp_path, simulation):
    settings = dataclasses.replace(SETTINGS, alpha=True)
    camera = views((0,), simulation, size=(96, 96))[0]
    picture = next(render_views(simulation, [GarmentLook(fabric("cotton"), "#2f5fa8")], [camera], settings))[
        0
    ]
    plain = next(render_views(simulation, [GarmentLook(fabric("cotton"), "#2f5fa8")], [camera], SETTINGS))[0]
    alpha = picture[..., 3]
    inside, outside = alpha == 255, alpha == 0
    assert inside.mean() > 0.1
    assert outside.mean() > 0.5
    assert 0.0 < ((alpha > 0) & (alpha < 255)).mean() < 0.05  # the silhouette alone
    assert (picture[outside] == 0).all()
    assert np.abs(picture[inside][:, :3].astype(int) - plain[inside]).max() <= 1
    write_png(tmp_path / "a.png", picture)
    chiffon = next(render_views(simulation, [GarmentLook(fabric("chiffon"), "#2f5fa8")], [camera], settings))[
        0
    ]
    thin = chiffon[..., 3]
    assert (thin[inside] < 250).mean() > 0.05  # light comes through the flare of the skirt
    with pytest.raises(Exception, match="no frame 7"):
        next(
            render_views(
                simulation, [GarmentLook(fabric("cotton"), "#2f5fa8")], [camera], settings, frames=[7]
            )
        )

"""Cameras that move keep in the picture what they follow."""

import dataclasses

import numpy as np
import pytest

from toile.cli import PATHS as CLI_PATHS
from toile.engine.core.errors import BadInput
from toile.engine.render.animation import render_stills, render_views, resized
from toile.engine.render.paths import PATHS, along, camera_path, close_by, turntable
from toile.engine.render.scene import GarmentLook, RenderSettings
from toile.garments.fabric import fabric


@pytest.fixture(scope="module")
def walking(make_skirt):
    """The skirted mannequin walking 3 m in 40 frames."""
    plain = make_skirt(40)
    step = np.zeros((40, 1, 3), np.float32)
    step[:, 0, 2] = np.linspace(0.0, 3.0, 40)
    return dataclasses.replace(
        plain, body_vertices=plain.body_vertices + step, cloth_vertices=plain.cloth_vertices + step
    )


def framed(camera, points):
    """Lowest and highest places in the picture (x, y), in shares of its size."""
    seen = camera.project(points)[:, :2] / np.asarray(camera.size)
    return seen.min(axis=0), seen.max(axis=0)


def test_the_command_line_knows_every_path():
    assert CLI_PATHS == PATHS


def test_a_turntable_sees_all_of_the_figure_from_all_sides_once(walking):
    path = turntable(walking)
    assert len(path.cameras) == 40
    way = np.array([np.subtract(c.position, c.target) for c in path.cameras])
    azimuth = np.degrees(np.unwrap(np.arctan2(way[:, 0], way[:, 2])))
    assert np.allclose(np.diff(azimuth), 9.0, atol=1e-6)
    assert azimuth[0] == pytest.approx(0.0, abs=1e-9)
    assert np.allclose(np.linalg.norm(way, axis=1), np.linalg.norm(way[0]))
    for frame, camera in enumerate(path.cameras):
        low, high = framed(camera, walking.body_vertices[frame])
        assert low.min() > 0.0
        assert high.max() < 1.0


def test_the_walker_stays_in_the_middle_and_fills_the_picture(walking):
    path = along(walking)
    heights = []
    for frame, camera in enumerate(path.cameras):
        low, high = framed(
            camera, np.concatenate([walking.body_vertices[frame], walking.cloth_vertices[frame]])
        )
        assert low.min() > 0.0
        assert high.max() < 1.0
        assert abs(0.5 * (low[0] + high[0]) - 0.5) < 0.08
        heights.append(high[1] - low[1])
    assert min(heights) > 0.8
    moved = np.diff([c.position for c in path.cameras], axis=0)
    assert np.allclose(moved, moved[20], atol=1e-4)  # as evenly as the walker


def test_a_close_up_follows_its_place(walking):
    for which in ("hem", "weave"):
        path = close_by(which, walking, size=(200, 200))
        way = np.subtract(path.cameras[0].position, path.cameras[0].target)
        for frame in range(4, 36):
            camera = path.at(frame)
            cloth = walking.cloth_vertices[frame]
            x, y, depth = camera.project(cloth[cloth @ way > np.quantile(cloth @ way, 0.5)]).T
            inside = (x > 0) & (x < 200) & (y > 0) & (y < 200)
            assert inside.any() or which == "weave"
            target = camera.project(np.asarray(camera.target)[None])[0]
            assert np.allclose(target[:2], 100.0, atol=1e-2)
            nearest = np.linalg.norm(cloth - np.asarray(camera.target), axis=1).min()
            assert nearest < 0.06
            assert depth.min() > 0.0


def test_a_path_is_rendered_with_its_camera_of_the_frame(walking):
    looks = [GarmentLook(fabric("cotton"), "#2f5fa8")]
    quick = RenderSettings(cloth_subdivisions=0, device="cpu")
    (path,) = resized([turntable(walking)], (64, 64))
    assert path.size == (64, 64)
    frames = [3, 17]
    moving = [p[0] for p in render_views(walking, looks, [path], quick, frames=frames)]
    still = list(render_stills(walking, [(f, path.at(f)) for f in frames], looks, quick))
    assert all(np.array_equal(a, b) for a, b in zip(moving, still, strict=True))
    assert np.array_equal(next(iter(render_stills(walking, [(3, path)], looks, quick))), still[0])


def test_what_is_no_path_is_named(walking):
    with pytest.raises(BadInput, match="waist, hem, sleeve, weave"):
        camera_path("pocket", walking)
    with pytest.raises(BadInput, match="no sleeve"):
        camera_path("sleeve", walking)

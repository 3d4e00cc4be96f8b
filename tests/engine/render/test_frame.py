"""Pictures: right colours, no holes, folds that show, the same bytes again."""

import dataclasses

import numpy as np
import pytest

from toile.engine.core.errors import BadInput
from toile.engine.render.animation import render_animation, render_still, render_stills, render_views
from toile.engine.render.frame import Renderer, winding_number
from toile.engine.render.scene import Camera, GarmentLook, RenderSettings, Scene, hex_colour, views
from toile.engine.render.surface import BODY_MATERIALS
from toile.garments.fabric import fabric

SETTINGS = RenderSettings(device="cpu")


def rendered(simulation, look, size=160, azimuth=0, settings=SETTINGS):
    """Return the picture and the masks of backdrop (and floor), skin and garment."""
    renderer = Renderer(Scene(simulation, (look,)), settings)
    renderer.pose(0)
    camera = views((azimuth,), simulation, size=(size, size))[0]
    picture = renderer.picture(camera)
    face = renderer.buffers[size * size][0].numpy().reshape(size, size)
    material = renderer.surface.material_of_face[np.maximum(face, 0)]
    return picture, face < 0, (face >= 0) & (material < 2), (face >= 0) & (material >= 2)


def lab(rgb):
    """CIE L*a*b* (D65) of sRGB bytes."""
    c = np.asarray(rgb, float) / 255.0
    c = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    m = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x = c @ m.T / np.array([0.9505, 1.0, 1.089])
    f = np.where(x > 216 / 24389, np.cbrt(x), (24389 / 27 * x + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("colour", ["#2f5fa8", "#7a1f2b", "#2f6b4f", "#d8b25a", "#6b4a8a", "#8a8d91"])
@pytest.mark.parametrize("name", ["cotton", "wool", "silk"])
def test_a_garment_reads_as_the_colour_asked_for(simulation, colour, name):
    picture, _, _, cloth = rendered(simulation, GarmentLook(fabric(name), colour), size=96)
    seen = lab(np.median(picture[cloth], axis=0))
    wanted = lab(np.array(hex_colour(colour)) * 255)
    assert abs(seen[0] - wanted[0]) < 14.0
    assert np.hypot(*(seen[1:] - wanted[1:])) < 16.0
    chroma = np.hypot(*wanted[1:])
    if chroma > 20.0:
        turn = np.arctan2(seen[2], seen[1]) - np.arctan2(wanted[2], wanted[1])
        assert abs(np.degrees(np.angle(np.exp(1j * turn)))) < 14.0


def test_black_shows_its_folds_and_white_is_not_blown_out(simulation):
    for colour in ("#000000", "#ffffff"):
        picture, _, _, cloth = rendered(simulation, GarmentLook(fabric("cotton"), colour))
        levels = picture[cloth].mean(axis=1)
        low, high = np.percentile(levels, [5, 95])
        assert high - low > 12.0
        assert (picture[cloth].min(axis=1) >= 254).mean() < 0.01


def test_no_black_pixels_and_a_bright_even_backdrop(simulation):
    picture, backdrop, _, _ = rendered(simulation, GarmentLook(fabric("linen"), "#e8e4da"))
    assert picture.min() > 8
    top = picture[:20].astype(float)
    assert backdrop[:5].all()
    assert top[:5].mean() > 200.0
    # No visible step from one row of the backdrop's edge column to the next.
    column = picture[:, :3].astype(float).mean(axis=(1, 2))
    assert np.abs(np.diff(column)).max() < 4.0


def test_the_body_never_pokes_through_cloth_that_lies_on_it(simulation):
    tight = simulation.cloth_vertices.copy()
    radius = np.hypot(tight[..., 0], tight[..., 2])
    tight[..., [0, 2]] *= (0.1305 / radius)[..., None]  # half a millimetre off the body, folds gone
    snug = dataclasses.replace(simulation, cloth_vertices=tight)
    renderer = Renderer(Scene(snug, (GarmentLook(fabric("cotton"), "#2f5fa8"),)), SETTINGS)
    renderer.pose(0)
    camera = views((0,), snug, size=(200, 200))[0]
    renderer.picture(camera)
    face = renderer.buffers[200 * 200][0].numpy().reshape(200, 200)
    top, bottom = (int(camera.project(np.array([[0.0, y, 0.13]]))[0, 1]) for y in (1.03, 0.47))
    material = renderer.surface.material_of_face[np.maximum(face, 0)]
    between = (face >= 0)[top + 2 : bottom - 2]
    assert (material[top + 2 : bottom - 2][between] == BODY_MATERIALS).all()


def test_a_garment_just_under_another_stays_hidden(make_skirt):
    # A fine skirt inside a coarse one, whose facets shrink more when they are smoothed: by 0.011 of the radius.
    inner, outer = make_skirt(1, 64, 0.0), make_skirt(1, 24, 0.0)
    count = inner.cloth_vertices.shape[1]
    both = dataclasses.replace(
        outer,
        cloth_vertices=np.concatenate(
            [inner.cloth_vertices * np.float32([0.991, 1.0, 0.991]), outer.cloth_vertices], axis=1
        ),
        cloth_faces=np.concatenate([inner.cloth_faces, outer.cloth_faces + count]),
        cloth_panel_uv=np.concatenate([inner.cloth_panel_uv, outer.cloth_panel_uv]),
        garment_of_face=np.repeat(
            np.arange(2, dtype=np.int32), [len(inner.cloth_faces), len(outer.cloth_faces)]
        ),
        panel_of_face=np.repeat(
            np.arange(2, dtype=np.int32), [len(inner.cloth_faces), len(outer.cloth_faces)]
        ),
    )
    looks = (GarmentLook(fabric("cotton"), "#b02020"), GarmentLook(fabric("cotton"), "#2f5fa8"))
    renderer = Renderer(Scene(both, looks), SETTINGS)
    renderer.pose(0)
    camera = views((0,), both, size=(160, 160))[0]
    renderer.picture(camera)
    face = renderer.buffers[160 * 160][0].numpy()
    material = renderer.surface.material_of_face[np.maximum(face, 0)][face >= 0]
    assert (material == BODY_MATERIALS + 1).sum() > 1000
    assert (material == BODY_MATERIALS).sum() < 0.02 * (
        material == BODY_MATERIALS + 1
    ).sum()  # only within the hem


def test_shadow_under_the_figure_and_none_far_away(simulation):
    picture, backdrop, _, _ = rendered(simulation, GarmentLook(fabric("cotton"), "#2f5fa8"))
    feet = views((0,), simulation, size=(160, 160))[0].project(
        np.array([[0.22, 0.0, -0.12], [-0.62, 0.0, 0.25]])
    )
    near, far = (picture[int(y), int(x)].astype(float).mean() for x, y, _ in feet)
    assert backdrop[int(feet[0, 1]), int(feet[0, 0])]
    assert near < far - 20.0


def test_silhouettes_are_antialiased(simulation):
    look = GarmentLook(fabric("cotton"), "#101010")
    smooth, backdrop, _, _ = rendered(simulation, look)
    rough, _, _, _ = rendered(simulation, look, settings=dataclasses.replace(SETTINGS, edge_samples=1))
    row = 100
    between = lambda p: ((p[row].mean(axis=1) > 90) & (p[row].mean(axis=1) < 170)).sum()  # noqa: E731
    assert between(smooth) >= between(rough)
    assert np.abs(smooth.astype(int) - rough.astype(int))[backdrop].max() > 30


def test_the_bytes_do_not_depend_on_the_threads(simulation):
    looks = [GarmentLook(fabric("denim"), "#2c4a7a")]
    cameras = views((0, 120), simulation, size=(64, 64))
    one = list(render_views(simulation, looks, cameras, dataclasses.replace(SETTINGS, threads=1)))
    two = list(render_views(simulation, looks, cameras, dataclasses.replace(SETTINGS, threads=2)))
    assert len(one) == 2
    for a, b in zip(one, two, strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def test_an_animation_stands_its_views_side_by_side(simulation):
    looks = [GarmentLook(fabric("cotton"), "#2f5fa8")]
    cameras = views((0, 90, 180), simulation, size=(48, 64))
    told = []
    frames = list(render_animation(simulation, looks, cameras, SETTINGS, lambda f, _: told.append(f)))
    assert [f.shape for f in frames] == [(64, 144, 3)] * 2
    assert frames[0].dtype == np.uint8
    assert told == [0.5, 1.0]
    assert not np.array_equal(frames[0], frames[1])
    tall = dataclasses.replace(cameras[0], size=(48, 65))
    with pytest.raises(BadInput, match="different heights"):
        next(render_animation(simulation, looks, [*cameras, tall], SETTINGS))
    with pytest.raises(BadInput, match="no view"):
        next(render_animation(simulation, looks, [], SETTINGS))


def test_thin_cloth_lets_the_body_show(simulation):
    solid, _, _, cloth = rendered(simulation, GarmentLook(fabric("cotton"), "#20306a"))
    thin, _, _, _ = rendered(simulation, GarmentLook(fabric("chiffon"), "#20306a"))
    assert thin[cloth].mean() > solid[cloth].mean() + 5.0


def test_a_still_has_the_size_of_its_camera(simulation):
    camera = views((20,), simulation, size=(120, 90))[0]
    picture = render_still(simulation, 1, camera, [GarmentLook(fabric("satin"), "#c9bfae")])
    assert picture.shape == (90, 120, 3)
    several = render_stills(simulation, [(0, camera), (1, camera)], [GarmentLook(fabric("satin"), "#c9bfae")])
    assert np.array_equal(list(several)[1], picture)


def test_frames_and_cameras_that_cannot_be(simulation):
    renderer = Renderer(Scene(simulation, (GarmentLook(fabric("cotton"), "#2f5fa8"),)), SETTINGS)
    with pytest.raises(BadInput, match="no frame 2; the simulation has frames 0 to 1"):
        renderer.pose(2)
    renderer.pose(0)
    with pytest.raises(BadInput, match="inside the body"):
        renderer.picture(Camera((0.0, 0.8, 0.0), (0.0, 0.8, 1.0), size=(8, 8)))


def test_odd_pictures_and_odd_meshes_still_render(simulation):
    looks = [GarmentLook(fabric("cotton"), "#2f5fa8")]
    above = Camera((0.0, 4.0, 0.0), (0.0, 1.0, 0.0), size=(24, 16))
    below = Camera((0.0, -1.2, 3.0), (0.0, 1.0, 0.0), size=(24, 16))
    bare = dataclasses.replace(
        simulation,
        seam_edges=np.zeros((0, 2), np.int32),
        hem_edges=np.zeros((0, 2), np.int32),
        cloth_vertices=np.pad(simulation.cloth_vertices, ((0, 0), (0, 3), (0, 0))),  # vertices of no triangle
    )
    one = views((0,), simulation, size=(1, 1))
    pictures = next(render_views(bare, looks, (above, below, *one), SETTINGS))
    assert [p.shape for p in pictures] == [(16, 24, 3), (16, 24, 3), (1, 1, 3)]
    assert all(p.max() > 0 for p in pictures)


def test_winding_number_of_the_mannequin(simulation):
    body, faces = simulation.body_vertices[0], simulation.body_faces
    assert np.isclose(winding_number((0.0, 0.8, 0.0), body, faces), 1.0, atol=1e-6)
    assert np.isclose(winding_number((0.0, 0.8, 0.5), body, faces), 0.0, atol=1e-6)

"""Backends by name: what there is draws, what is missing says which extra to install."""

import builtins
import sys

import pytest

from toile.engine.core.errors import BadInput, ToileError, Unsupported
from toile.engine.render.backends import BACKENDS, backend
from toile.engine.render.backends import mitsuba as mitsuba_backend
from toile.engine.render.backends.opengl import open_context
from toile.engine.render.scene import Camera, GarmentLook, RenderSettings, Scene, views
from toile.garments.fabric import fabric


@pytest.fixture
def without(monkeypatch):
    """A function that makes a library look as if it were not installed."""

    def hide(library):
        real = builtins.__import__

        def absent(name, *rest, **more):
            if name.split(".")[0] == library:
                raise ImportError(f"No module named {library!r}")
            return real(name, *rest, **more)

        monkeypatch.delitem(sys.modules, library, raising=False)
        monkeypatch.setattr(builtins, "__import__", absent)

    return hide


@pytest.mark.parametrize("name", list(BACKENDS))
def test_each_has_its_name(name):
    assert backend(name).name == name


def test_an_unknown_one_is_named_with_those_that_there_are():
    with pytest.raises(BadInput, match=r"no backend called 'povray'; choose one of: warp, opengl, mitsuba"):
        backend("povray")


@pytest.mark.parametrize("name", ["pyrender", "pytorch3d"])
def test_one_that_is_left_out_says_what_to_take_instead(name):
    with pytest.raises(Unsupported, match=r"use --backend (opengl|warp)"):
        backend(name)


def test_a_missing_opengl_library_names_its_extra(without):
    without("moderngl")
    with pytest.raises(Unsupported, match=r"pip install 'toile\[opengl\]'"):
        open_context()


def test_a_missing_path_tracer_names_its_extra(without):
    without("mitsuba")
    with pytest.raises(Unsupported, match=r"pip install 'toile\[mitsuba\]'"):
        mitsuba_backend.load("llvm_ad_rgb")


def test_a_machine_without_a_context_is_told_so(monkeypatch):
    moderngl = pytest.importorskip("moderngl")

    def none(**_):
        raise Exception("XOpenDisplay: cannot open display")

    monkeypatch.setattr(moderngl, "create_context", none)
    with pytest.raises(
        Unsupported, match=r"No OpenGL context could be opened .*cannot open display.*--backend warp"
    ):
        open_context()


def test_llvm_that_aborts_is_found_out_elsewhere(monkeypatch):
    """A probe that kills its process leaves this one alive, with the scalar variant."""
    monkeypatch.setattr(mitsuba_backend, "PROBE", "import os; os.abort()")
    mitsuba_backend.best_variant.cache_clear()
    try:
        assert mitsuba_backend.best_variant() == "scalar_rgb"
    finally:
        mitsuba_backend.best_variant.cache_clear()


def test_the_default_one_draws_the_figure(simulation):
    scene = Scene(simulation, (GarmentLook(fabric("cotton"), "#7a3b5c"),))
    image = backend("warp").render(scene, views((20.0,), simulation, size=(48, 48))[0], 1)
    assert image.picture.shape == (48, 48, 3)
    assert 0.05 < image.alpha.mean() < 0.6


@pytest.mark.parametrize("name", list(BACKENDS))
def test_a_camera_inside_the_body_is_refused_by_each(simulation, name):
    if name == "opengl":
        pytest.importorskip("moderngl")
    if name == "mitsuba":
        pytest.importorskip("mitsuba")
    scene = Scene(simulation, (GarmentLook(fabric("cotton"), "#7a3b5c"),))
    with pytest.raises(ToileError, match=r"inside the body|No OpenGL context"):
        backend(name).render(scene, Camera((0.0, 0.9, 0.0), (0.0, 0.9, 3.0), size=(32, 32)), 0)


@pytest.mark.slow
def test_the_path_tracer_agrees_with_the_default_renderer(simulation):
    """A swept skirt, cotton and satin: light transport apart, both sides have the same equations."""
    pytest.importorskip("mitsuba")
    import numpy as np

    from toile.engine.render.frame import Renderer

    variant = mitsuba_backend.best_variant()
    if variant.startswith("scalar"):
        pytest.skip("no LLVM that Mitsuba works with")
    mi = mitsuba_backend.load(variant)
    camera = views((20.0,), simulation, size=(96, 96))[0]
    for name in ("cotton", "satin"):
        scene = Scene(simulation, (GarmentLook(fabric(name), "#2f5fa8"),))
        renderer = Renderer(scene, RenderSettings(samples=64, filter_passes=0, edge_samples=6, floor=False))
        renderer.pose(0)
        ours = renderer.picture(camera)[:, :, :3]
        face = renderer.buffers[96 * 96][0].numpy().reshape(96, 96)
        cloth = (face >= 0) & (renderer.surface.material_of_face[np.maximum(face, 0)] >= 2)
        truth = mitsuba_backend.MitsubaBackend(samples=144).render_posed(mi, renderer, camera).picture
        error = (ours.astype(float) - truth)[cloth] / 255.0
        assert -10.0 * np.log10((error**2).mean()) > 30.0

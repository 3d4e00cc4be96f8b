"""Backends by name: what there is draws, what is missing says which extra to install."""

import builtins
import dataclasses
import os
import subprocess
import sys

import pytest

from toile.engine.core.errors import BadInput, ToileError, Unsupported
from toile.engine.render.backends import BACKENDS, backend
from toile.engine.render.backends import mitsuba as mitsuba_backend
from toile.engine.render.backends import pytorch3d as pytorch3d_backend
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
    with pytest.raises(
        BadInput, match=r"no backend called 'povray'; choose one of: warp, opengl, mitsuba, pytorch3d"
    ):
        backend("povray")


def test_the_one_that_is_left_out_says_what_to_take_instead():
    with pytest.raises(Unsupported, match=r"no backend 'pyrender'.*use --backend opengl"):
        backend("pyrender")


def test_a_missing_opengl_library_names_its_extra(without):
    without("moderngl")
    with pytest.raises(Unsupported, match=r"pip install 'toile\[opengl\]'"):
        open_context()


def test_a_missing_path_tracer_names_its_extra(without):
    without("mitsuba")
    with pytest.raises(Unsupported, match=r"pip install 'toile\[mitsuba\]'"):
        mitsuba_backend.load("llvm_ad_rgb")


def test_a_missing_torch_rasteriser_says_how_it_is_built(without):
    without("pytorch3d")
    with pytest.raises(
        Unsupported, match=r"is not installed; build it .*pip install --no-build-isolation git"
    ):
        pytorch3d_backend.load()


def test_a_torch_rasteriser_that_does_not_load_says_why(monkeypatch):
    """Built for another torch, its compiled part has symbols that are not there."""
    real = builtins.__import__

    def broken(name, *rest, **more):
        if name == "pytorch3d":
            raise ImportError("undefined symbol: _ZN3c10", name="pytorch3d._C")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", broken)
    with pytest.raises(Unsupported, match=r"does not load \(undefined symbol.*build it for your torch"):
        pytorch3d_backend.load()


def test_no_driver_is_one_sentence_from_the_library_itself():
    """A process that finds no EGL driver and no display."""
    pytest.importorskip("moderngl")
    code = (
        "from toile.engine.render.backends.opengl import open_context\n"
        "from toile.engine.core.errors import Unsupported\n"
        "try:\n    open_context()\nexcept Unsupported as error:\n    print(error)"
    )
    hidden = {
        "__EGL_VENDOR_LIBRARY_DIRS": "/nonexistent",
        "LIBGL_DRIVERS_PATH": "/nonexistent",
        "DISPLAY": "",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **hidden}
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("No OpenGL context could be opened (")
    assert len(done.stdout.strip().splitlines()) == 1


@pytest.mark.parametrize("name", ["povray", "pyrender"])
def test_the_command_answers_in_one_sentence(name, tmp_path):
    command = [sys.executable, "-m", "toile.cli", "render", str(tmp_path), "--backend", name]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert name in done.stderr
    assert "opengl" in done.stderr


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
    if name in ("mitsuba", "pytorch3d"):
        pytest.importorskip(name)
    scene = Scene(simulation, (GarmentLook(fabric("cotton"), "#7a3b5c"),))
    with pytest.raises(ToileError, match=r"inside the body|No OpenGL context"):
        backend(name).render(scene, Camera((0.0, 0.9, 0.0), (0.0, 0.9, 3.0), size=(32, 32)), 0)


@pytest.mark.parametrize("name", list(BACKENDS))
def test_an_empty_garment_is_refused_by_each(simulation, name):
    if name in ("mitsuba", "pytorch3d"):
        pytest.importorskip(name)
    empty = dataclasses.replace(
        simulation,
        cloth_faces=simulation.cloth_faces[:0],
        cloth_panel_uv=simulation.cloth_panel_uv[:0],
        panel_of_face=simulation.panel_of_face[:0],
        garment_of_face=simulation.garment_of_face[:0],
    )
    scene = Scene(empty, (GarmentLook(fabric("cotton"), "#7a3b5c"),))
    with pytest.raises(ToileError, match=r"no triangles to render|No OpenGL context|needs ModernGL"):
        backend(name).render(scene, Camera((0.0, 0.9, 3.0), (0.0, 0.9, 0.0), size=(32, 32)), 0)


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

"""Weaves and prints: mean kept, faded before they alias, in true centimetres."""

import numpy as np
import pytest
import warp as wp

from toile.shaders.prints import PRINTS, print_colour, pulse
from toile.shaders.weave import WEAVES, slubs, weave

RNG = np.random.default_rng(3)
wp.set_module_options({"enable_backward": False})


@wp.kernel
def _weave(kind: int, uv: wp.array(dtype=wp.vec2), yarn: float, w: float, out: wp.array(dtype=wp.vec4)):
    i = wp.tid()
    out[i] = weave(kind, uv[i][0], uv[i][1], yarn, w)


@wp.kernel
def _slubs(uv: wp.array(dtype=wp.vec2), w: float, out: wp.array(dtype=float)):
    i = wp.tid()
    out[i] = slubs(uv[i][0], uv[i][1], w)


@wp.kernel
def _pulse(x: wp.array(dtype=float), duty: float, w: float, out: wp.array(dtype=float)):
    i = wp.tid()
    out[i] = pulse(x[i], duty, w)


@wp.kernel
def _print(kind: int, uv: wp.array(dtype=wp.vec2), scale: float, w: float, out: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    black, white, red = wp.vec3(0.0, 0.0, 0.0), wp.vec3(1.0, 1.0, 1.0), wp.vec3(1.0, 0.0, 0.0)
    out[i] = print_colour(kind, uv[i][0], uv[i][1], scale, w, black, white, red)


def places(count=20000, size=0.2):
    """Random places on a panel [m]."""
    return wp.array(RNG.uniform(-size, size, (count, 2)).astype(np.float32), dtype=wp.vec2, device="cpu")


@pytest.mark.parametrize("kind", range(len(WEAVES)))
def test_a_weave_keeps_the_dye_and_fades_before_it_aliases(kind):
    uv = places()
    out = wp.zeros(len(uv), dtype=wp.vec4, device="cpu")
    wp.launch(_weave, len(uv), [kind, uv, 0.0005, 0.00002], [out], device="cpu")
    near = out.numpy()
    assert abs(near[:, 0].mean() - 1.0) < 0.05
    assert near[:, 0].std() > 0.01
    assert np.abs(near[:, 1:3].mean(axis=0)).max() < 0.05
    far = 0.05 if kind == 6 else 0.004  # locks of hair are twenty times as wide as its strands
    wp.launch(_weave, len(uv), [kind, uv, 0.0005, far], [out], device="cpu")
    assert np.allclose(out.numpy()[:, :3], (1.0, 0.0, 0.0))


def test_slubs_are_centred_and_vanish_from_afar():
    uv = places()
    out = wp.zeros(len(uv), dtype=float, device="cpu")
    wp.launch(_slubs, len(uv), [uv, 0.0001], [out], device="cpu")
    assert abs(out.numpy().mean()) < 0.05
    assert 0.1 < out.numpy().std() < 1.0
    wp.launch(_slubs, len(uv), [uv, 0.05], [out], device="cpu")
    assert np.abs(out.numpy()).max() == 0.0


@pytest.mark.parametrize("w", [0.01, 0.4, 1.0, 2.5])
def test_a_stripe_covers_its_share_at_every_pixel_size(w):
    x = wp.array(np.linspace(0, 1, 1000, endpoint=False).astype(np.float32), device="cpu")
    out = wp.zeros(1000, dtype=float, device="cpu")
    wp.launch(_pulse, 1000, [x, 0.3, w], [out], device="cpu")
    assert abs(out.numpy().mean() - 0.3) < 2e-3
    assert out.numpy().min() > -1e-5
    assert out.numpy().max() < 1 + 1e-5


def test_stripes_repeat_by_the_centimetre():
    scale = 0.03
    x = np.linspace(0.0, 0.3, 3001)[:-1].astype(np.float32)
    uv = wp.array(np.stack([x, 0 * x], axis=1), dtype=wp.vec2, device="cpu")
    out = wp.zeros(len(x), dtype=wp.vec3, device="cpu")
    wp.launch(_print, len(x), [PRINTS.index("stripes"), uv, scale, 1e-5], [out], device="cpu")
    white = out.numpy()[:, 0] > 0.5
    assert np.diff(white.astype(int)).clip(0).sum() in (9, 10)
    assert abs(white.mean() - 0.5) < 0.01


@pytest.mark.parametrize("kind", ["check", "dots", "floral"])
def test_prints_stay_between_their_colours_and_cover_some_of_the_ground(kind):
    uv = places()
    out = wp.zeros(len(uv), dtype=wp.vec3, device="cpu")
    wp.launch(_print, len(uv), [PRINTS.index(kind), uv, 0.04, 0.0002], [out], device="cpu")
    colour = out.numpy()
    assert colour.min() >= 0.0
    assert colour.max() <= 1.0 + 1e-4
    ground = (colour.max(axis=1) < 0.02).mean()
    assert 0.2 < ground < 0.9

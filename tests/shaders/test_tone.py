"""Tone mapping: twins agree, the inverse inverts, the curve rises."""

import numpy as np
import warp as wp

from toile.shaders.tone import agx, agx_inverse, linear_to_srgb, srgb_to_linear, tone_map

RNG = np.random.default_rng(1)
wp.set_module_options({"enable_backward": False})


@wp.kernel
def _tone(radiance: wp.array(dtype=wp.vec3), display: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    display[i] = tone_map(radiance[i])


def test_the_shader_and_its_numpy_twin_agree():
    radiance = np.exp(RNG.uniform(-6, 1, size=(500, 3)))
    out = wp.zeros(500, dtype=wp.vec3, device="cpu")
    wp.launch(
        _tone, 500, [wp.array(radiance.astype(np.float32), dtype=wp.vec3, device="cpu")], [out], device="cpu"
    )
    assert np.abs(out.numpy() - agx(radiance)).max() < 2e-3


def test_the_inverse_inverts_what_can_be_shown():
    radiance = np.exp(RNG.uniform(-4, 0.3, size=(500, 1))) * RNG.uniform(0.6, 1.0, size=(500, 3))
    again = agx_inverse(agx(radiance))
    assert np.allclose(again, radiance, rtol=0.02, atol=1e-4)


def test_grey_stays_grey_and_rises():
    grey = np.repeat(np.geomspace(5e-3, 3.0, 60)[:, None], 3, axis=1)
    shown = agx(grey)
    assert np.ptp(shown, axis=1).max() < 2e-3
    assert (np.diff(shown[:, 0]) > 0).all()


def test_srgb_round_trip():
    code = np.linspace(0, 1, 256)
    assert np.allclose(linear_to_srgb(srgb_to_linear(code)), code, atol=1e-6)

"""Reflectance: reciprocal, normalised, never more light out than in."""

import numpy as np
import pytest
import warp as wp

from toile.shaders.brdf import SHEEN_TABLE_SIZE, charlie, charlie_numpy, ggx, sheen_table

RNG = np.random.default_rng(2)
wp.set_module_options({"enable_backward": False})


@wp.kernel
def _ggx(
    v: wp.array(dtype=wp.vec3),
    light: wp.array(dtype=wp.vec3),
    at: float,
    ab: float,
    out: wp.array(dtype=float),
):
    i = wp.tid()
    n, t, b = wp.vec3(0.0, 0.0, 1.0), wp.vec3(1.0, 0.0, 0.0), wp.vec3(0.0, 1.0, 0.0)
    out[i] = ggx(n, t, b, v[i], light[i], at, ab)


@wp.kernel
def _charlie(cosines: wp.array(dtype=wp.vec3), alpha: float, out: wp.array(dtype=float)):
    i = wp.tid()
    out[i] = charlie(cosines[i][0], cosines[i][1], cosines[i][2], alpha)


def hemisphere(count):
    """Even directions on the upper hemisphere."""
    i = np.arange(count) + 0.5
    z = i / count
    a = np.pi * (1 + 5**0.5) * i
    r = np.sqrt(1 - z * z)
    return np.stack([r * np.cos(a), r * np.sin(a), z], axis=1)


def run_ggx(v, light, at, ab):
    """D V for pairs of directions."""
    to = lambda x: wp.array(np.ascontiguousarray(x, np.float32), dtype=wp.vec3, device="cpu")  # noqa: E731
    out = wp.zeros(len(v), dtype=float, device="cpu")
    wp.launch(_ggx, len(v), [to(v), to(light), at, ab], [out], device="cpu")
    return out.numpy().astype(float)


@pytest.mark.parametrize("alphas", [(0.2, 0.2), (0.1, 0.4), (0.6, 0.6), (1.0, 1.0)])
@pytest.mark.parametrize("angle", [5.0, 45.0, 75.0])
def test_ggx_gives_back_no_more_than_it_gets(alphas, angle):
    light = hemisphere(60000)
    v = np.array([np.sin(np.radians(angle)), 0.0, np.cos(np.radians(angle))])
    value = run_ggx(np.repeat(v[None], len(light), 0), light, *alphas)
    albedo = float((value * light[:, 2]).mean() * 2 * np.pi)
    assert albedo <= 1.01
    assert albedo > 0.25  # light that scatters twice is not counted


def test_ggx_is_reciprocal():
    v, light = hemisphere(400)[RNG.permutation(400)], hemisphere(400)[RNG.permutation(400)]
    keep = (v[:, 2] > 0.05) & (light[:, 2] > 0.05)
    a, b = run_ggx(v[keep], light[keep], 0.15, 0.5), run_ggx(light[keep], v[keep], 0.15, 0.5)
    assert np.allclose(a, b, rtol=1e-3)


def test_charlie_and_its_twin_agree():
    cosines = RNG.uniform(0.02, 1.0, size=(300, 3)).astype(np.float32)
    out = wp.zeros(300, dtype=float, device="cpu")
    wp.launch(_charlie, 300, [wp.array(cosines, dtype=wp.vec3, device="cpu"), 0.3], [out], device="cpu")
    assert np.allclose(out.numpy(), charlie_numpy(*cosines.T, 0.3), rtol=1e-3)


def test_the_sheen_table_is_an_albedo_that_grows_towards_grazing_angles():
    table = sheen_table()
    assert table.shape == (SHEEN_TABLE_SIZE, SHEEN_TABLE_SIZE)
    assert table.min() >= 0.0
    assert table.max() <= 1.0
    for roughness in (10, 16, 22):
        assert table[roughness, 1] > 2.0 * table[roughness, -1]

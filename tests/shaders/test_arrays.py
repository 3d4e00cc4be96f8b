"""The shading functions evaluated on arrays say what Warp's kernels say."""

import numpy as np
import pytest
import torch
import warp as wp

from toile.shaders import brdf, prints, tone, weave
from toile.shaders.arrays import Ops, TorchOps, Vector, evaluate
from toile.shaders.one_source import source_of

COUNT = 6000
RNG = np.random.default_rng(8)
wp.set_module_options({"enable_backward": False})


@wp.kernel
def _patterns(
    kind: wp.array(dtype=int),
    x: wp.array(dtype=float),
    y: wp.array(dtype=float),
    width: wp.array(dtype=float),
    woven: wp.array(dtype=wp.vec4),
    uneven: wp.array(dtype=float),
    printed: wp.array(dtype=wp.vec3),
):
    i = wp.tid()
    woven[i] = weave.weave(kind[i] % 6, x[i], y[i], 0.0011, width[i])
    uneven[i] = weave.slubs(x[i], y[i], width[i])
    printed[i] = prints.print_colour(
        kind[i] % 5, x[i], y[i], 0.03, 4.0 * width[i], wp.vec3(0.1, 0.2, 0.3), wp.vec3(0.8, 0.7, 0.6), wp.vec3(0.5, 0.1, 0.1)
    )  # fmt: skip


@pytest.fixture(scope="module")
def panel():
    """Kinds, places [m] and pixels' widths [m], and what Warp draws there."""
    kind = RNG.integers(0, 30, COUNT).astype(np.int32)
    x, y = RNG.uniform(-0.3, 0.3, (2, COUNT)).astype(np.float32)
    width = RNG.uniform(1e-5, 1e-3, COUNT).astype(np.float32)
    kinds = (wp.vec4, float, wp.vec3)
    out = [wp.zeros(COUNT, dtype=k, device="cpu") for k in kinds]
    wp.launch(_patterns, COUNT, [wp.array(a, device="cpu") for a in (kind, x, y, width)], out, device="cpu")
    return (kind, x, y, width), [o.numpy() for o in out]


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_weaves_and_prints_are_those_of_warp(panel, library):
    (kind, x, y, width), (woven, uneven, printed) = panel
    ops = Ops()
    if library == "torch":
        ops, kind = TorchOps(), torch.tensor(kind).long()
        x, y, width = (torch.tensor(a) for a in (x, y, width))
    ours = np.stack([np.asarray(c) for c in evaluate(weave.weave, ops, kind % 6, x, y, 0.0011, width)], -1)
    assert (
        np.mean(np.abs(ours - woven).max(-1) > 2e-5) < 0.002
    )  # where rounding puts a place on the next thread
    assert np.allclose(np.asarray(evaluate(weave.slubs, ops, x, y, width)), uneven, atol=2e-5)
    dyes = (Vector((0.1, 0.2, 0.3)), Vector((0.8, 0.7, 0.6)), Vector((0.5, 0.1, 0.1)))
    ours = evaluate(prints.print_colour, ops, kind % 5, x, y, 0.03, 4.0 * width, *dyes)
    apart = np.abs(np.stack([np.asarray(c) for c in ours], -1) - printed).max(-1)
    assert np.mean(apart > 2e-5) < 0.002


def test_a_weave_can_be_differentiated_by_its_yarn():
    x = torch.tensor(RNG.uniform(0.0, 0.01, 200))
    yarn = torch.tensor(0.0011, dtype=torch.float64, requires_grad=True)

    def tone_of(spacing):
        return evaluate(weave.weave, TorchOps(), 4, x, x, spacing, torch.full_like(x, 1e-4))[0].sum()

    tone_of(yarn).backward()
    h = 1e-8
    difference = float(tone_of(yarn.detach() + h) - tone_of(yarn.detach() - h)) / (2.0 * h)
    assert float(yarn.grad) == pytest.approx(difference, rel=1e-3)


def test_the_tone_map_is_agx():
    radiance = RNG.uniform(0.001, 5.0, (500, 3)).astype(np.float32)
    ours = np.stack(evaluate(tone.tone_map, Ops(), Vector(radiance.T)), -1)
    assert np.allclose(ours, tone.agx(radiance), atol=2e-3)


def test_only_warp_functions_have_a_source():
    with pytest.raises(TypeError, match="not a Warp function"):
        source_of(len)


def test_a_softbox_lights_as_the_mean_over_its_disc():
    size = 0.158
    r, a = np.sqrt((np.arange(400) + 0.5) / 400), 2.399963 * np.arange(400)
    for cosine in (-0.2, -0.12, -0.05, 0.0, 0.07, 0.15, 0.5):
        mean = np.maximum(cosine + size * r * np.cos(a), 0.0).mean()
        assert evaluate(brdf.soft_cosine, Ops(), np.float32(cosine), size) == pytest.approx(mean, abs=4e-4)


def test_the_table_of_the_gloss_is_its_integral():
    """f0 A + B against the mean of GGX over even directions."""
    i = np.arange(200_000) + 0.5
    z, a = i / len(i), np.pi * (1 + 5**0.5) * i
    up = np.stack([np.sqrt(1 - z * z) * np.cos(a), np.sqrt(1 - z * z) * np.sin(a), z], 0).astype(np.float32)
    n, t, b = (Vector(np.full(len(i), float(k == j), np.float32) for k in range(3)) for j in (2, 0, 1))
    table = brdf.lobe_table()
    for roughness, nv in ((0.6, 0.9), (0.75, 0.5), (0.9, 0.2)):
        v = Vector(np.full(len(i), c, np.float32) for c in (np.sqrt(1 - nv * nv), 0.0, nv))
        lobe = evaluate(brdf.ggx, Ops(), n, t, b, v, Vector(up), roughness**2, roughness**2)
        h = np.stack(v) + up
        vh = (np.stack(v) * h).sum(0) / np.linalg.norm(h, axis=0)
        mean = 2.0 * np.pi * float((lobe * z * (0.04 + 0.96 * (1.0 - vh) ** 5)).mean())
        ours = evaluate(brdf.gloss_albedo, Ops(), table, 0.04, np.float32(roughness), np.float32(nv))
        assert float(ours) == pytest.approx(mean, rel=0.04)

"""Implicit gradients of the settled drape against finite differences of the drape settled again."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from toile.engine.cloth.drape_gradient import (
    FABRIC_PARAMETERS,
    drape_gradient,
    pattern_vertex_gradient,
    settle_cloth,
)
from toile.engine.cloth.drape_torch import drape_function, parameters, settle_again
from toile.engine.cloth.equilibrium import Statics, factor, free_coordinates, total_gradient, total_hessian
from toile.garments.fabric import fabric

sys.path.insert(0, str(Path(__file__).parent))
from scenes import sheet


def ball(radius, centre, rounds=2):
    """An icosphere."""
    t = (1 + 5**0.5) / 2
    rows = [(-1, t, 0), (1, t, 0), (-1, -t, 0), (1, -t, 0), (0, -1, t), (0, 1, t), (0, -1, -t), (0, 1, -t),
            (t, 0, -1), (t, 0, 1), (-t, 0, -1), (-t, 0, 1)]  # fmt: skip
    f = [(0, 11, 5), (0, 5, 1), (0, 1, 7), (0, 7, 10), (0, 10, 11), (1, 5, 9), (5, 11, 4), (11, 10, 2), (10, 7, 6),
         (7, 1, 8), (3, 9, 4), (3, 4, 2), (3, 2, 6), (3, 6, 8), (3, 8, 9), (4, 9, 5), (2, 4, 11), (6, 2, 10), (8, 6, 7),
         (9, 8, 1)]  # fmt: skip
    v = [np.array(row) / np.linalg.norm(row) for row in rows]
    for _ in range(rounds):
        middle: dict[tuple[int, int], int] = {}

        def half(a, b, v=v, middle=middle):
            key = (min(a, b), max(a, b))
            if key not in middle:
                p = v[a] + v[b]
                v.append(p / np.linalg.norm(p))
                middle[key] = len(v) - 1
            return middle[key]

        f = [
            t
            for a, b, c in f
            for x, y, z in [(half(a, b), half(b, c), half(c, a))]
            for t in [(a, x, z), (b, y, x), (c, z, y), (x, y, z)]
        ]
    return np.array(v) * radius + centre, np.array(f, np.int32)


@pytest.fixture(scope="module")
def settled():
    """A cotton kerchief of 24 cm on a ball of 16 cm, two corners held (or it would spin freely): it bends, shears and touches."""
    cloth = replace(fabric("cotton"), bend_warp=3e-5, bend_weft=2e-5)
    mesh = sheet(0.24, 0.24, 0.03, cloth, up=False)
    start = mesh.vertices.copy()
    start[:, 1] = 0.9812
    body, faces = ball(0.08, np.array([0.12, 0.9, -0.12]))
    first = settle_cloth(mesh, start, body, faces)
    return settle_cloth(mesh, first.vertices, body, faces, held=np.array([0, 8]), sticking=False)


@pytest.fixture(scope="module")
def loss(settled):
    return np.random.default_rng(0).normal(size=settled.vertices.shape)


def _difference(settled, loss, change, step):
    ahead, behind = settle_again(settled, **change(step)), settle_again(settled, **change(-step))
    return float((loss * (ahead.vertices - behind.vertices)).sum() / (2 * step))


def test_the_cloth_touches_and_rests(settled):
    assert len(settled.touch.index) > 5
    assert settled.equilibrium.force < 1e-10
    assert settled.touch.distance.min() > 0.0005


@pytest.mark.parametrize("name", FABRIC_PARAMETERS)
def test_fabric_gradients_are_those_of_finite_differences(settled, loss, name):
    column = FABRIC_PARAMETERS.index(name)
    base = np.array([[getattr(settled.cloth.fabrics[0], n) for n in FABRIC_PARAMETERS]])

    def change(step):
        moved = base.copy()
        moved[0, column] *= 1.0 + step
        return {"fabric": moved}

    numeric = _difference(settled, loss, change, 1e-3)
    found = drape_gradient(settled, loss).fabric[name][0] * base[0, column]
    assert found == pytest.approx(numeric, rel=1e-4)


def test_pattern_and_body_gradients_are_those_of_finite_differences(settled, loss):
    gradient = drape_gradient(settled, loss)
    uv = settled.cloth.panel_uv.astype(np.float64)
    rng = np.random.default_rng(5)
    shift = rng.normal(size=(len(settled.vertices), 2))
    by_corner = shift[settled.cloth.faces]
    numeric = _difference(settled, loss, lambda h: {"pattern": uv + h * by_corner}, 1e-6)
    vertex = pattern_vertex_gradient(gradient, settled.cloth.faces, len(shift))
    assert (vertex * shift).sum() == pytest.approx(numeric, rel=1e-3)
    body = settled.statics.skin.vertices
    larger = body - body.mean(0)
    numeric = _difference(settled, loss, lambda h: {"body": body + h * larger}, 1e-5)
    assert (gradient.body * larger).sum() == pytest.approx(numeric, rel=1e-3)


def test_torch_carries_the_gradient(settled, loss):
    fabric_values, pattern, body = parameters(settled)
    vertices = drape_function(settled)(fabric_values, pattern, body)
    (vertices * torch.tensor(loss)).sum().backward()
    found = drape_gradient(settled, loss)
    assert fabric_values.grad[0, 4].item() == pytest.approx(found.fabric["bend_warp"][0], rel=1e-6)
    np.testing.assert_allclose(body.grad.numpy(), found.body, rtol=1e-5, atol=1e-9)


def test_the_exact_tangent_is_the_derivative_of_the_gradient(settled):
    x = settled.vertices
    statics: Statics = settled.statics
    rng = np.random.default_rng(1)
    way = rng.normal(size=x.shape)
    step = 1e-9  # small enough that no triangle passes from slack to taut
    from toile.engine.cloth.equilibrium import touching

    ahead, behind = x + step * way, x - step * way
    numeric = total_gradient(ahead, statics, touching(ahead, statics))
    numeric = (numeric - total_gradient(behind, statics, touching(behind, statics))) / (2 * step)
    found = (total_hessian(x, statics, settled.touch) @ way.ravel()).reshape(-1, 3)
    assert np.abs(found - numeric).max() < 1e-3 * np.abs(numeric).max()
    free = free_coordinates(len(x), statics.held)
    assert factor(total_hessian(x, statics, settled.touch)[free][:, free].tocsc()) is not None

"""Many bodies under the tape at once: the lengths, and the derivatives, of the tape that measures one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from toile.avatars.asset import load_body
from toile.avatars.batch_tape import TWINS, hull_lengths, measure_many
from toile.avatars.body_file import read_body
from toile.avatars.measure import DEFINITIONS, measure, read_tensors
from toile.avatars.shapes import shapes_of
from toile.engine.core.errors import BadInput

NAMES = tuple(DEFINITIONS)


def random_bodies(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return vertices (2 count, V, 3) and joints of random women and men."""
    found = []
    for sex in ("female", "male"):
        shapes = shapes_of(load_body(), sex)
        for seed in range(count):
            found.append(shapes.surface(np.random.default_rng(400 + seed).normal(size=shapes.size)))
    return torch.stack([v for v, _ in found]), torch.stack([j for _, j in found])


def test_every_measurement_has_a_twin_in_the_same_order() -> None:
    assert tuple(TWINS) == NAMES


def test_lengths_are_those_of_the_tape_to_two_micrometres() -> None:
    vertices, joints = random_bodies(3)
    with torch.no_grad():
        many = measure_many(vertices, joints, NAMES, load_body())
    for k, (body, centres) in enumerate(zip(vertices, joints, strict=True)):
        alone = measure(body.numpy(), centres.numpy())
        for name in NAMES:
            assert float(many[name][k]) == pytest.approx(alone[name], abs=2e-6), name


def test_derivatives_are_those_of_the_tape() -> None:
    """Along random movements of the skin; a corner of the hull that is left out moves the derivative by little."""
    vertices, joints = random_bodies(1)
    random = torch.Generator().manual_seed(2)
    way = torch.randn(vertices.shape[1:], generator=random, dtype=torch.float64)
    centres_way = torch.randn(joints.shape[1:], generator=random, dtype=torch.float64)
    vertices, joints = vertices.requires_grad_(), joints.requires_grad_()
    many = measure_many(vertices, joints, NAMES, load_body())
    for name in NAMES:
        dv, dj = torch.autograd.grad(
            many[name].sum(), (vertices, joints), retain_graph=True, allow_unused=True
        )
        for k in range(len(vertices)):
            body, centres = (
                vertices[k].detach().requires_grad_(),
                joints[k].detach().requires_grad_(),
            )
            (value,) = read_tensors(body, centres, (name,)).values()
            own = torch.autograd.grad(value, (body, centres), allow_unused=True)
            zero = torch.zeros((), dtype=torch.float64)
            here = sum(
                ((d[k] * w).sum() if d is not None else zero) for d, w in ((dv, way), (dj, centres_way))
            )
            there = sum(
                ((d * w).sum() if d is not None else zero)
                for d, w in zip(own, (way, centres_way), strict=True)
            )
            assert float(here) == pytest.approx(float(there), rel=0.01, abs=0.02), name


def test_a_body_of_another_topology_is_measured_alike(synthetic_smplx: Path) -> None:
    model = read_body(synthetic_smplx)
    vertices = torch.from_numpy(model.asset.mean).double()[None]
    joints = torch.from_numpy(model.asset.joint_mean).double()[None]
    many = measure_many(vertices, joints, NAMES, model.asset)
    alone = measure(vertices[0].numpy(), joints[0].numpy(), NAMES, model.asset)
    for name in NAMES:
        assert float(many[name]) == pytest.approx(alone[name], abs=2e-6), name


def test_the_hull_of_a_circle_and_of_a_line() -> None:
    turn = torch.linspace(0.0, 2.0 * np.pi, 401, dtype=torch.float64)[:-1]
    circle = torch.stack([turn.cos(), torch.zeros_like(turn), turn.sin()], 1)
    line = torch.zeros(400, 3, dtype=torch.float64)
    line[:, 0] = torch.linspace(-1.0, 1.0, 400)
    up = torch.tensor([[0.0, 1.0, 0.0]] * 2, dtype=torch.float64)
    lengths = hull_lengths(torch.stack([circle, line]), up)
    np.testing.assert_allclose(lengths, [800.0 * np.sin(np.pi / 400.0), 4.0], rtol=1e-12)


def test_an_unknown_measurement_is_refused() -> None:
    vertices, joints = random_bodies(1)
    with pytest.raises(BadInput, match="'span' is not a measurement; use one of height, bust"):
        measure_many(vertices, joints, ("span",), load_body())

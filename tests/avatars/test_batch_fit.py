"""Many bodies fitted together: as exact as one by one, as plausible, and refused alike; on CUDA as on the CPU."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from toile.avatars.asset import load_body
from toile.avatars.batch_fit import checked_device, solve_many
from toile.avatars.conflicts import Conflict
from toile.avatars.fit import fit_avatars
from toile.avatars.measure import measure
from toile.avatars.model import Avatar
from toile.avatars.shapes import shapes_of, solve
from toile.engine.core.errors import BadInput

EIGHT = ("height", "bust", "waist", "hip", "shoulder", "back_length", "arm_length", "inseam")


def wanted(sex: str, count: int, names: tuple[str, ...] = EIGHT) -> np.ndarray:
    """Return measurements (count, M) of random adults."""
    shapes = shapes_of(load_body(), sex)
    return np.array(
        [shapes.values(np.random.default_rng(600 + k).normal(size=shapes.size), names) for k in range(count)]
    )


@pytest.mark.parametrize("sex", ["female", "male"])
def test_solutions_are_as_exact_and_as_plausible_as_one_by_one(sex: str) -> None:
    shapes, targets = shapes_of(load_body(), sex), wanted(sex, 8)
    together = solve_many(shapes, EIGHT, targets, "cpu")
    apart = [solve(shapes, dict(zip(EIGHT, row, strict=True))) for row in targets]
    for many, one in zip(together, apart, strict=True):
        assert many.reached
        assert many.distance == pytest.approx(one.distance, rel=0.02)
    gaps = [np.linalg.norm(many.z - one.z) for many, one in zip(together, apart, strict=True)]
    assert np.median(gaps) < 0.02


def test_different_sets_and_contradictions_in_one_call() -> None:
    wearers = [
        {"height": 1.70, "waist": 0.74},
        {"height": 1.50, "inseam": 0.92},
        {},
        {"height": 1.62, "waist": 0.68},
        {"mass": 80.0},
    ]
    together = fit_avatars(wearers, ["female", "male", "male", "female", "male"], device="cpu")
    apart = fit_avatars(wearers, ["female", "male", "male", "female", "male"], device=None)
    for own, many, one in zip(wearers, together, apart, strict=True):
        if isinstance(one, Conflict):
            assert isinstance(many, Conflict)
            assert many.names == one.names
            continue
        assert isinstance(many, Avatar)
        taken = measure(many.rig.rest_vertices, many.rig.rest[:, :3, 3], tuple(own))
        assert all(abs(taken[n] - v) < (0.05 if n == "mass" else 5e-4) for n, v in own.items())
        np.testing.assert_allclose(many.rig.rest_vertices, one.rig.rest_vertices, atol=3e-3)


def test_the_same_call_gives_the_same_bytes() -> None:
    wearers = [{"height": 1.60 + 0.02 * k, "waist": 0.70} for k in range(4)]
    first, second = (fit_avatars(wearers, "female", device="cpu") for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert isinstance(a, Avatar)
        assert isinstance(b, Avatar)
        assert a.shape.tobytes() == b.shape.tobytes()


def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadInput, match=r"device 'abacus' .*use 'cpu', or 'cuda'"):
        fit_avatars([{"height": 1.7}], "female", device="abacus")
    if not torch.cuda.is_available():
        assert checked_device(None) is None
        with pytest.raises(BadInput, match="device 'cuda'"):
            checked_device("cuda")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device is here")
def test_cuda_gives_the_bodies_of_the_cpu() -> None:
    assert checked_device(None) == "cuda"
    shapes, targets = shapes_of(load_body(), "female"), wanted("female", 16)
    here, there = (solve_many(shapes, EIGHT, targets, device) for device in ("cpu", "cuda"))
    for a, b in zip(here, there, strict=True):
        assert b.reached
        assert b.distance == pytest.approx(a.distance, rel=0.02)
    assert np.median([np.linalg.norm(a.z - b.z) for a, b in zip(here, there, strict=True)]) < 1e-3

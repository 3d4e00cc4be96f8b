"""Derivatives of measurements and of the fit, against finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from toile.avatars.gradients import measurements, shape_of
from toile.engine.core.errors import BadInput

NAMES = ("height", "bust", "waist", "hip")
VALUES = torch.tensor([1.68, 0.90, 0.74, 0.98], dtype=torch.float64)


def test_measuring_the_fitted_shape_gives_the_measurements_back() -> None:
    np.testing.assert_allclose(measurements(shape_of(VALUES, NAMES, "female"), NAMES), VALUES, atol=5e-5)


def test_measurements_differentiate_to_the_shape() -> None:
    shape = shape_of(VALUES, NAMES, "female").double()
    jacobian = torch.autograd.functional.jacobian(lambda c: measurements(c, NAMES), shape)
    way = torch.from_numpy(np.random.default_rng(3).normal(size=len(shape)))
    step = 3e-4
    slope = (measurements(shape + step * way, NAMES) - measurements(shape - step * way, NAMES)) / (2 * step)
    np.testing.assert_allclose(jacobian @ way, slope, rtol=0.02, atol=2e-3)


def test_the_fit_differentiates_to_what_was_asked() -> None:
    jacobian = torch.autograd.functional.jacobian(
        lambda t: measurements(shape_of(t, NAMES, "female"), NAMES), VALUES
    )
    np.testing.assert_allclose(jacobian, np.eye(4), atol=2e-3)


def test_what_is_inferred_follows_as_new_fits_do() -> None:
    others = ("mass", "inseam", "shoulder", "thigh", "underbust", "neck")

    def inferred(values: torch.Tensor) -> torch.Tensor:
        return measurements(shape_of(values, NAMES, "female"), others)

    jacobian = torch.autograd.functional.jacobian(inferred, VALUES)
    step = 0.01
    columns = [
        (inferred(VALUES + step * e) - inferred(VALUES - step * e)) / (2 * step)
        for e in torch.eye(4, dtype=torch.float64)
    ]
    slope = torch.stack(columns, 1).detach()
    assert float((jacobian - slope)[0].norm() / slope[0].norm()) < 0.05  # mass, kg per metre
    assert float((jacobian - slope)[1:].norm() / slope[1:].norm()) < 0.06


def test_one_value_for_each_name() -> None:
    with pytest.raises(BadInput, match="3 values for 4 measurements"):
        shape_of(VALUES[:3], NAMES, "female")

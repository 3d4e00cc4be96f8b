"""Derivatives both ways: measurements with respect to shape, and the fitted shape with respect to the measurements.

Forward, `measurements` is the tape measure in torch. Back, `shape_of` solves for the most plausible shape with given
measurements; there `z = J' lambda` with `m(z) = t` (Karush-Kuhn-Tucker), so that

    dz = J' (J J')^-1 dt,   dc = factor dz,

with the tape's own curvature, `sum_k lambda_k Hess m_k`, left out: `J dz = dt` holds exactly all the same, what is
inferred beside it moves within a few per cent of a new fit (tests).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from toile.avatars.conflicts import settle
from toile.avatars.measure import read_tensors
from toile.avatars.model import body_model
from toile.avatars.plausible import checked_sex, checked_targets
from toile.avatars.shapes import shapes_of
from toile.engine.core.errors import BadInput

if TYPE_CHECKING:
    from torch import Tensor

    from toile.avatars.body_model import BodyModel


def measurements(shape: Tensor, names: tuple[str, ...], model: BodyModel | None = None) -> Tensor:
    """Return measurements (M,) [m], mass [kg], of shape coefficients (K,); torch differentiates it.

    Raises:
        BadInput: an unknown name.
    """
    import torch

    model = model or body_model()
    asset = model.asset
    basis, rest = torch.from_numpy(asset.basis), torch.from_numpy(asset.mean)
    joint_basis, joint_rest = torch.from_numpy(asset.joint_basis), torch.from_numpy(asset.joint_mean)
    coefficients = shape.float()
    vertices = rest.double() + torch.tensordot(coefficients, basis, 1).double()
    joints = joint_rest.double() + torch.tensordot(coefficients, joint_basis, 1).double()
    return torch.stack(list(read_tensors(vertices, joints, names, asset).values()))


def shape_of(values: Tensor, names: tuple[str, ...], sex: str, model: BodyModel | None = None) -> Tensor:
    """Return the coefficients (K,) of the most plausible body with measurements (M,) [m], mass [kg]; torch differentiates it.

    Raises:
        BadInput: an unknown name or sex, or a number that no adult has.
        Conflict: no adult body has these measurements together.
    """
    if len(values) != len(names):
        raise BadInput(f"There are {len(values)} values for {len(names)} measurements; give one for each.")
    shape: Tensor = _fitted_shape().apply(values, names, sex, model or body_model())
    return shape


def _fitted_shape() -> Any:
    """Return the autograd function (torch is imported only where it is used)."""
    import torch

    class FittedShape(torch.autograd.Function):
        """Forward: the fit. Backward: the derivative of its solution."""

        @staticmethod
        def forward(ctx: Any, values: Tensor, names: tuple[str, ...], sex: str, model: BodyModel) -> Tensor:
            """Return the fitted coefficients and keep their derivative."""
            checked_sex(sex)
            targets = checked_targets(dict(zip(names, values.detach().tolist(), strict=True)))
            shapes = shapes_of(model.asset, sex)
            solution = settle(shapes, targets)
            jacobian = shapes.measure(solution.z, tuple(targets))[1]
            gain = jacobian.T @ np.linalg.inv(jacobian @ jacobian.T)
            ctx.derivative = torch.from_numpy(shapes.factor @ gain)
            return torch.from_numpy(shapes.coefficients(solution.z)).to(values.dtype)

        @staticmethod
        def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
            """Pull a gradient of the coefficients (K,) back to the measurements (M,)."""
            return (grads[0].double() @ ctx.derivative).to(grads[0].dtype), None, None, None

    return FittedShape

"""Differentiable posing: the skin of any body model as a function of shape and of the joints' own rotations.

Every joint turns by a rotation vector relative to its parent, about axes of the world as they are in the dressing pose; turns
are chained from the root, turn_j = turn_p(j) exp(w_j), and the skin follows by the model's own skinning. For fitting poses to
scans or images: gradients flow to shape, rotations and place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toile.avatars.body_model import BodyModel

if TYPE_CHECKING:
    from torch import Tensor


def rotation_matrices(vectors: Tensor) -> Tensor:
    """Return rotation matrices (..., 3, 3) of rotation vectors [rad] (..., 3), with exact derivatives at zero too.

    Rodrigues' formula with sin(a)/a and (1 - cos a)/a^2 by their series where the angle a is small.
    """
    import torch

    squared = (vectors * vectors).sum(-1)
    small = squared < 1e-6
    angle = torch.sqrt(torch.where(small, torch.ones_like(squared), squared))
    first = torch.where(small, 1.0 - squared / 6.0, torch.sin(angle) / angle)
    second = torch.where(small, 0.5 - squared / 24.0, (1.0 - torch.cos(angle)) / angle**2)
    x, y, z = vectors.unbind(-1)
    none = torch.zeros_like(x)
    cross = torch.stack([none, -z, y, z, none, -x, -y, x, none], -1).reshape(*vectors.shape[:-1], 3, 3)
    unit = torch.eye(3, dtype=vectors.dtype, device=vectors.device)
    return unit + first[..., None, None] * cross + second[..., None, None] * (cross @ cross)


def chained(model: BodyModel, rotations: Tensor) -> Tensor:
    """Return turns from the dressing pose (..., J, 3, 3) of the joints' own rotation vectors [rad] (..., J, 3)."""
    import torch

    own = rotation_matrices(rotations)
    turns: list[Tensor] = []
    for joint, parent in enumerate(model.asset.parents):
        turns.append(own[..., joint, :, :] if parent < 0 else turns[int(parent)] @ own[..., joint, :, :])
    return torch.stack(turns, dim=-3)


def pose_vertices(model: BodyModel, shape: Tensor, rotations: Tensor, shift: Tensor) -> Tensor:
    """Return posed vertices (..., V, 3) [m], differentiable with respect to every argument.

    Args:
        model: any body model, as `toile.avatars.model.body_model()`.
        shape: coefficients, shape (..., K).
        rotations: of each joint against its parent [rad], shape (..., J, 3); zero is the dressing pose.
        shift: displacement of the root [m], shape (..., 3).
    """
    return model.pose(shape, chained(model, rotations), shift)

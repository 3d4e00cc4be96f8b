"""Gauss-Newton of `shapes.solve` for many bodies at once, in float64 on any torch device; CUDA when there.

The steps, strides and ends are those of `solve`; the tape is `batch_tape`. Bodies that have arrived drop out of the batch. What
comes back is measured again by the tape of `measure.py`, and a body that misses by that goes through `solve` itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from toile.avatars.batch_tape import measure_many
from toile.avatars.shapes import CHORDS, F64, REACH, STEPS, STRIDE, Shapes, Solution, tolerance
from toile.engine.core.errors import BadInput

if TYPE_CHECKING:
    from torch import Tensor

MOST_AT_ONCE = 64
"""Bodies in one batch: a section and its ring of directions take about 3 MB a body."""


def checked_device(device: str | None) -> str | None:
    """Return the torch device that many bodies are fitted on: None, one by one on the CPU, where no CUDA device is there or asked for.

    Raises:
        BadInput: a device that there is not.
    """
    import torch

    if device is None:
        return "cuda" if torch.cuda.is_available() else None
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, ValueError, NotImplementedError) as error:
        said = (str(error).splitlines() or [""])[0][:120]
        raise BadInput(
            f"Bodies cannot be fitted on device {device!r} ({said}); use 'cpu', or 'cuda' where there is one."
        ) from error
    return device


class _OnDevice:
    """The bodies of `Shapes` on a device."""

    def __init__(self, shapes: Shapes, device: str) -> None:
        import torch

        def there(values: object) -> Tensor:
            return torch.as_tensor(np.asarray(values, np.float64), device=device)

        asset = shapes.asset
        self.asset = asset
        self.mean, self.factor = there(shapes.mean), there(shapes.factor)
        self.rest, self.basis = there(asset.mean.reshape(-1)), there(asset.basis.reshape(asset.size, -1))
        self.joint_rest = there(asset.joint_mean.reshape(-1))
        self.joint_basis = there(asset.joint_basis.reshape(asset.size, -1))

    def surface(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return vertices (N, V, 3) and joints (N, J, 3) [m] of z (N, K)."""
        c = self.mean + z @ self.factor.T
        vertices = (self.rest + c @ self.basis).reshape(len(z), -1, 3)
        return vertices, (self.joint_rest + c @ self.joint_basis).reshape(len(z), -1, 3)

    def values(self, z: Tensor, names: tuple[str, ...]) -> Tensor:
        """Return measurements (N, M) of z (N, K)."""
        import torch

        with torch.no_grad():
            return torch.stack(list(measure_many(*self.surface(z), names, self.asset).values()), 1)

    def measure(self, z: Tensor, names: tuple[str, ...]) -> tuple[Tensor, Tensor]:
        """Return measurements (N, M) and their Jacobians to z (N, M, K)."""
        import torch

        with torch.enable_grad():
            vertices, joints = (part.requires_grad_() for part in self.surface(z))
            readings = list(measure_many(vertices, joints, names, self.asset).values())
            rows = []
            for value in readings:
                # the bodies do not know of each other: the gradient of the sum holds that of each
                dv, dj = torch.autograd.grad(
                    value.sum(), (vertices, joints), allow_unused=True, retain_graph=True
                )
                row = torch.zeros(len(z), len(self.mean), dtype=z.dtype, device=z.device)
                if dv is not None:
                    flat = dv.reshape(len(z), -1)
                    used = (flat != 0).any(0).nonzero()[:, 0]
                    row = row + flat[:, used] @ self.basis[:, used].T
                if dj is not None:
                    row = row + dj.reshape(len(z), -1) @ self.joint_basis.T
                rows.append(row @ self.factor)
        return torch.stack([v.detach() for v in readings], 1), torch.stack(rows, 1)


def solve_many(shapes: Shapes, names: tuple[str, ...], wanted: F64, device: str) -> list[Solution]:
    """Return for each row of targets (N, M) [m], mass [kg], the most plausible body, as `shapes.solve` does for one.

    Args:
        shapes: the bodies of one sex.
        names: what the columns are.
        wanted: the targets.
        device: of torch, such as "cpu" or "cuda".
    """
    there = _OnDevice(shapes, device)
    found: list[Solution] = []
    for first in range(0, len(wanted), MOST_AT_ONCE):
        part = wanted[first : first + MOST_AT_ONCE]
        z, jacobians = _settled(there, shapes, names, part)
        for targets, own, jacobian in zip(part, z, jacobians, strict=True):
            values = shapes.values(own, names)
            found.append(Solution(names=names, z=own, values=values, targets=targets, jacobian=jacobian))
    return found


def _settled(there: _OnDevice, shapes: Shapes, names: tuple[str, ...], wanted: F64) -> tuple[F64, F64]:
    """Return z (N, K) and Jacobians (N, M, K) where each body arrived, or came nearest."""
    import torch

    def tensor(values: object) -> Tensor:
        return there.mean.new_tensor(np.asarray(values, np.float64))

    count, size = len(wanted), shapes.size
    targets, scale = tensor(wanted), tensor([tolerance(n) for n in names])
    start_values, start_jacobian = shapes.at_mean(names)
    values = tensor(start_values).expand(count, -1).clone()
    jacobian = tensor(start_jacobian).expand(count, -1, -1).clone()
    z = tensor(np.zeros((count, size)))
    best, best_jacobian = z.clone(), jacobian.clone()
    least = z.new_full((count,), torch.inf)
    share, error = z.new_ones(count), z.new_full((count,), torch.inf)
    left = torch.arange(count, device=z.device)
    ease = torch.diag((1e-3 * scale) ** 2)
    for step in range(STEPS):
        j, own = jacobian[left], z[left]
        gap = (j @ own[..., None])[..., 0] + targets[left] - values[left]
        goal = (j.mT @ torch.linalg.solve(j @ j.mT + ease, gap)[..., None])[..., 0] - own
        length = goal.norm(dim=1)
        own = own + goal * torch.minimum(share[left], STRIDE / length.clamp(min=1e-12))[:, None]
        own = own * (2.0 * REACH / own.norm(dim=1).clamp(min=1e-12)).clamp(max=1.0)[:, None]
        z[left] = own
        if step < CHORDS and bool((length > 0.3).any()):
            values[left] = there.values(own, names)
        else:
            values[left], jacobian[left] = there.measure(own, names)
        now = ((values[left] - targets[left]) / scale).abs().amax(1)
        worse, better = now > error[left], now < least[left]
        share[left] = torch.where(
            worse, (0.5 * share[left]).clamp(min=0.1), (1.5 * share[left]).clamp(max=1.0)
        )
        error[left] = now
        done = (now <= 0.1) & (length < 0.05)
        keep = left[better | done]
        best[keep], least[keep], best_jacobian[keep] = z[keep], error[keep], jacobian[keep]
        left = left[~done]
        if not len(left):
            break
    return best.cpu().numpy(), best_jacobian.cpu().numpy()

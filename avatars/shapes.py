"""Adults of one sex as a function of `z`: coefficients `c = mean + factor @ z`, z standard normal for real adults.

`solve` finds the most plausible body with given measurements,

    minimise |z|^2   subject to   m(z) = target,

by Gauss-Newton: `z <- J' (J J' + eps S)^-1 (J z + target - m(z))`. The first steps use the Jacobian at the mean, taken
once per sex (measurements are nearly linear in z); the later ones take it anew, from torch through the tape measure.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from toile.avatars.asset import BodyAsset, load_body
from toile.avatars.measure import DEFINITIONS, read_tensors
from toile.engine.core.errors import DamagedFile

if TYPE_CHECKING:
    from torch import Tensor

F64 = NDArray[np.float64]

PRIOR_FILE = Path(__file__).parent / "data" / "prior.npz"

TOLERANCE = 0.0005
"""A length counts as reached within this [m]; Gauss-Newton stops at a tenth of it."""
MASS_TOLERANCE = 0.05
"""A mass counts as reached within this [kg]."""
REACH = 12.0
"""How far from the mean body, in standard deviations of the prior, a body may be."""
STEPS = 25
CHORDS = 2
"""First steps with the Jacobian at the mean."""
STRIDE = 3.0
"""Largest change of z in one step."""


def tolerance(name: str) -> float:
    """Return how near a measurement must be to count as reached: [m], mass [kg]."""
    return MASS_TOLERANCE if name == "mass" else TOLERANCE


@functools.cache
def population_prior() -> dict[str, tuple[F64, F64]]:
    """Return sex -> (mean (K,), factor (K, K)) of real adults in the embedded body's coefficients.

    Raises:
        DamagedFile: the file is missing or cannot be read.
    """
    try:
        with np.load(PRIOR_FILE, allow_pickle=False) as stored:
            return {
                sex: (stored[f"{sex}_mean"].astype(np.float64), stored[f"{sex}_factor"].astype(np.float64))
                for sex in ("female", "male")
            }
    except (OSError, ValueError, KeyError) as error:
        raise DamagedFile(
            f"{PRIOR_FILE} cannot be read ({error}); install toile again, or make it with scripts/bake_population.py."
        ) from error


class Shapes:
    """The bodies of one sex of a body model: their measurements and Jacobians at any z (K,)."""

    def __init__(
        self, asset: BodyAsset, sex: str, prior: tuple[NDArray[Any], NDArray[Any]] | None = None
    ) -> None:
        """Take a body model's arrays; `prior` (mean, factor) None is that of the population, or the model's own."""
        import torch

        mean, factor = prior or (population_prior()[sex] if asset is load_body() else asset.prior[sex])
        self.asset = asset
        self.mean, self.factor = np.asarray(mean, np.float64), np.asarray(factor, np.float64)
        self._rest = torch.from_numpy(asset.mean.reshape(-1))
        self._basis = torch.from_numpy(asset.basis.reshape(asset.size, -1))
        self._joint_rest = torch.from_numpy(asset.joint_mean.reshape(-1))
        self._joint_basis = torch.from_numpy(asset.joint_basis.reshape(asset.size, -1))

    @property
    def size(self) -> int:
        """Number of components of z."""
        return int(self.factor.shape[1])

    def coefficients(self, z: F64) -> F64:
        """Return basis coefficients (K,) of z (K,)."""
        return self.mean + self.factor @ z

    def surface(self, z: F64) -> tuple[Tensor, Tensor]:
        """Return vertices (V, 3) and joints (J, 3) [m], float64, of z (K,)."""
        import torch

        c = torch.from_numpy(self.coefficients(z).astype(np.float32))
        vertices = (self._rest + c @ self._basis).double().reshape(-1, 3)
        return vertices, (self._joint_rest + c @ self._joint_basis).double().reshape(-1, 3)

    def values(self, z: F64, names: tuple[str, ...]) -> F64:
        """Return measurements (M,) [m], mass [kg], of z (K,)."""
        import torch

        with torch.no_grad():
            readings = read_tensors(*self.surface(z), names, self.asset)
        return np.array([float(v) for v in readings.values()])

    def measure(self, z: F64, names: tuple[str, ...]) -> tuple[F64, F64]:
        """Return measurements (M,) [m] or [kg] and their Jacobian to z (M, K)."""
        import torch

        with torch.enable_grad():
            vertices, joints = (part.requires_grad_() for part in self.surface(z))
            readings = read_tensors(vertices, joints, names, self.asset)
            to_vertices = torch.zeros(len(names), vertices.numel())
            to_joints = torch.zeros(len(names), joints.numel())
            for i, value in enumerate(readings.values()):
                dv, dj = torch.autograd.grad(value, (vertices, joints), allow_unused=True, retain_graph=True)
                if dv is not None:
                    to_vertices[i] = dv.reshape(-1).float()
                if dj is not None:
                    to_joints[i] = dj.reshape(-1).float()
        to_c = (to_vertices @ self._basis.T + to_joints @ self._joint_basis.T).double().numpy()
        return np.array([float(v.detach()) for v in readings.values()]), to_c @ self.factor

    @functools.cached_property
    def _at_mean(self) -> tuple[F64, F64]:
        return self.measure(np.zeros(self.size), tuple(DEFINITIONS))

    def at_mean(self, names: tuple[str, ...]) -> tuple[F64, F64]:
        """Return `measure` of the mean body; taken once."""
        every = list(DEFINITIONS)
        rows = [every.index(n) for n in names]
        values, jacobian = self._at_mean
        return values[rows], jacobian[rows]


_KEPT: dict[tuple[int, str], Shapes] = {}


def shapes_of(asset: BodyAsset, sex: str) -> Shapes:
    """Return the bodies of a sex of a body model (made once a model and sex)."""
    key = (id(asset), sex)
    if key not in _KEPT or _KEPT[key].asset is not asset:
        _KEPT[key] = Shapes(asset, sex)
    return _KEPT[key]


@dataclass(frozen=True)
class Solution:
    """Where Gauss-Newton ended: z (K,), values and targets (M,), Jacobian (M, K)."""

    names: tuple[str, ...]
    z: F64
    values: F64
    targets: F64
    jacobian: F64

    @property
    def distance(self) -> float:
        """How far the body is from the mean, in standard deviations."""
        return float(np.linalg.norm(self.z))

    @property
    def scale(self) -> F64:
        """The tolerance of each target (M,)."""
        return np.array([tolerance(n) for n in self.names])

    @property
    def reached(self) -> bool:
        """Whether each target is met within its tolerance by a body within reach."""
        near = bool((np.abs(self.values - self.targets) <= self.scale).all())
        return near and self.distance <= REACH


def nearest(jacobian: F64, z: F64, gap: F64, scale: F64) -> F64:
    """Return the smallest z (K,) whose linearised measurements close the gap (M,), J (M, K) taken at z."""
    normal = jacobian @ jacobian.T + np.diag((1e-3 * scale) ** 2)
    return np.asarray(jacobian.T @ np.linalg.solve(normal, jacobian @ z + gap))


def solve(shapes: Shapes, targets: dict[str, float], start: F64 | None = None) -> Solution:
    """Return the most plausible body with the targets [m], [kg], or where the iteration stalled."""
    names = tuple(targets)
    wanted = np.array(list(targets.values()))
    scale = np.array([tolerance(n) for n in names])
    z = np.zeros(shapes.size) if start is None else start
    values, jacobian = shapes.at_mean(names) if start is None else shapes.measure(z, names)
    best, least, share, error = z, np.inf, 1.0, np.inf
    for step in range(STEPS):
        goal = nearest(jacobian, z, wanted - values, scale) - z
        length = float(np.linalg.norm(goal))
        z = z + goal * min(share, STRIDE / max(length, 1e-12))
        norm = float(np.linalg.norm(z))
        z = z * min(1.0, 2.0 * REACH / max(norm, 1e-12))
        if start is None and step < CHORDS and length > 0.3:
            values = shapes.values(z, names)
        else:
            values, jacobian = shapes.measure(z, names)
        before, error = error, float(np.abs((values - wanted) / scale).max())
        if error <= 0.1 and length < 0.05:
            return Solution(names=names, z=z, values=values, targets=wanted, jacobian=jacobian)
        if error < least:
            best, least = z, error
        # Tapes jump between vertices: shorten the step when it did not help.
        share = max(0.5 * share, 0.1) if error > before else min(1.5 * share, 1.0)
    return close(shapes, names, wanted, best)


def close(shapes: Shapes, names: tuple[str, ...], wanted: F64, z: F64) -> Solution:
    """Return a body with the targets near z: least changes of z, halved until they help, no longer the least z."""
    scale = np.array([tolerance(n) for n in names])
    values, jacobian = shapes.measure(z, names)
    for _ in range(STEPS):
        gap = (wanted - values) / scale
        if np.abs(gap).max() <= 0.1:
            break
        rows = jacobian / scale[:, None]
        change = rows.T @ np.linalg.solve(
            rows @ rows.T + 1e-9 * np.trace(rows @ rows.T) * np.eye(len(gap)), gap
        )
        for halving in range(6):
            tried = z + 0.5**halving * change
            new = shapes.values(tried, names)
            if np.linalg.norm((wanted - new) / scale) < np.linalg.norm(gap):
                break
        else:
            break
        z = tried
        values, jacobian = shapes.measure(z, names)
    return Solution(names=names, z=z, values=values, targets=wanted, jacobian=jacobian)

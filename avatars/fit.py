"""Fit the body to given measurements: the most plausible adult of a sex who has exactly these.

With coefficients `c = mean + factor @ z` and z standard normal for realistic adults of that sex, the fit is

    minimise |z|^2   subject to   m(z) = target,

solved by Gauss-Newton: `z <- J' (J J' + eps S)^-1 (J z + target - m(z))`, J from torch through the tape measure. What is
not stated follows from what is, by the prior. A body further than REACH from the mean is not built: the target that
costs most is named, with the nearest value that the others allow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.avatars.asset import BodyAsset
from toile.avatars.body_model import BodyModel
from toile.avatars.measure import DEFINITIONS, read_tensors
from toile.avatars.model import SEXES, Avatar, body_model, build_avatar
from toile.engine.core.errors import BadInput, Infeasible

F64 = NDArray[np.float64]

TOLERANCE = 0.0005
"""A length counts as reached within this [m]; Gauss-Newton stops at a tenth of it."""
MASS_TOLERANCE = 0.05
"""A mass counts as reached within this [kg]."""
REACH = 9.0
"""How far from the mean body, in standard deviations of the prior, a body may be."""
STEPS = 25
STRIDE = 3.0
"""Largest change of z in one step."""

LIMITS: dict[str, tuple[float, float]] = {
    "height": (1.30, 2.20), "bust": (0.60, 1.70), "underbust": (0.50, 1.60), "waist": (0.45, 1.70), "hip": (0.60, 1.80),
    "neck": (0.25, 0.65), "shoulder": (0.25, 0.60), "back_length": (0.28, 0.60), "front_length": (0.28, 0.70),
    "arm_length": (0.35, 0.80), "upper_arm": (0.15, 0.60), "wrist": (0.10, 0.25), "thigh": (0.30, 1.00),
    "knee": (0.25, 0.65), "calf": (0.22, 0.65), "ankle": (0.15, 0.40), "inseam": (0.50, 1.10),
    "waist_height": (0.70, 1.45), "hip_height": (0.55, 1.20), "bust_height": (0.85, 1.70),
    "armpit_height": (0.90, 1.75), "nape_height": (1.00, 1.95), "shoulder_height": (1.00, 1.90),
    "bust_point_distance": (0.08, 0.35), "head": (0.45, 0.68), "mass": (30.0, 220.0),
}  # fmt: skip
"""What an adult can measure [m], mass [kg]; beyond it the number is taken for a mistake."""


@dataclass(frozen=True)
class _Solution:
    """Where Gauss-Newton ended: z (K,), values and targets (M,), Jacobian (M, K)."""

    z: F64
    values: F64
    targets: F64
    jacobian: F64

    @property
    def distance(self) -> float:
        """How far the body is from the mean, in standard deviations."""
        return float(np.linalg.norm(self.z))

    def reached(self, scale: F64) -> bool:
        """Whether each target is met within its tolerance (M,)."""
        return bool((np.abs(self.values - self.targets) <= scale).all())


class _Body:
    """A sex's bodies as a function of z: measurements and their Jacobian."""

    def __init__(self, sex: str, asset: BodyAsset) -> None:
        import torch

        self.asset = asset
        mean, factor = asset.prior[sex]
        self.mean, self.factor = mean.astype(np.float64), factor.astype(np.float64)
        self._rest = torch.from_numpy(asset.mean.reshape(-1))
        self._basis = torch.from_numpy(asset.basis.reshape(asset.size, -1))
        self._joint_rest = torch.from_numpy(asset.joint_mean.reshape(-1))
        self._joint_basis = torch.from_numpy(asset.joint_basis.reshape(asset.size, -1))

    def coefficients(self, z: F64) -> F64:
        """Return basis coefficients (K,) of z (K,)."""
        return self.mean + self.factor @ z

    def measure(self, z: F64, names: tuple[str, ...]) -> tuple[F64, F64]:
        """Return measurements (M,) [m] or [kg] and their Jacobian to z (M, K)."""
        import torch

        c = torch.from_numpy(self.coefficients(z).astype(np.float32))
        vertices = (self._rest + c @ self._basis).double().reshape(-1, 3).requires_grad_()
        joints = (self._joint_rest + c @ self._joint_basis).double().reshape(-1, 3).requires_grad_()
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


def _solve(body: _Body, names: tuple[str, ...], targets: F64, scale: F64, start: F64) -> _Solution:
    """Return the plausible body that meets the targets, or where the iteration stalled."""
    z = start
    values, jacobian = body.measure(z, names)
    error, share = np.inf, 1.0
    for _ in range(STEPS):
        normal = jacobian @ jacobian.T + np.diag((1e-3 * scale) ** 2)
        goal = jacobian.T @ np.linalg.solve(normal, jacobian @ z + targets - values)
        step = goal - z
        length = float(np.linalg.norm(step))
        z = z + step * min(share, STRIDE / max(length, 1e-12))
        norm = float(np.linalg.norm(z))
        z = z * min(1.0, 2.0 * REACH / max(norm, 1e-12))
        values, jacobian = body.measure(z, names)
        before, error = error, float(np.abs((values - targets) / scale).max())
        if error <= 0.1 and length < 0.05:
            break
        share = (
            max(0.5 * share, 0.2) if error > before else min(1.5 * share, 1.0)
        )  # tapes jump between vertices
    return _Solution(z=z, values=values, targets=targets, jacobian=jacobian)


def fit_avatar(wearer: Mapping[str, float], sex: str, model: BodyModel | None = None) -> Avatar:
    """Return the avatar of a wearer: every stated measurement met within 0.5 mm, the others inferred.

    Args:
        wearer: stated measurements [m] by the names of Measurements, and `mass` [kg]; any subset, also none.
        sex: "female" or "male": which prior infers what is not stated.
        model: the body model to fit; None is the embedded one.

    The report gives for each measurement `requested_cm` (None when inferred), `achieved_cm`, `source` ("stated" or
    "inferred") and, when inferred, `spread_cm`: the standard deviation that the stated ones leave. Mass in kg.

    Raises:
        BadInput: unknown sex or name, a number that is not finite or not of an adult body.
        Infeasible: no adult body has these measurements together; names one, and the nearest value for it.
    """
    targets = _checked(wearer, sex)
    names = tuple(targets)
    model = model or body_model()
    body = _Body(sex, model.asset)
    start = np.zeros(model.asset.size)
    if names:
        wanted = np.array([targets[n] for n in names])
        scale = np.array([_tolerance(n) for n in names])
        solution = _solve(body, names, wanted, scale, start)
        if solution.distance > REACH or not solution.reached(scale):
            raise _infeasible(body, names, solution)
        start = solution.z
    coefficients = body.coefficients(start).astype(np.float32)
    return build_avatar(coefficients, sex, _report(body, start, targets), model)


def _tolerance(name: str) -> float:
    return MASS_TOLERANCE if name == "mass" else TOLERANCE


def _unit(name: str) -> tuple[float, str]:
    return (1.0, "kg") if name == "mass" else (100.0, "cm")


def _checked(wearer: Mapping[str, float], sex: str) -> dict[str, float]:
    if sex not in SEXES:
        raise BadInput(f"sex is {sex!r}; use one of {', '.join(SEXES)}.")
    targets = {}
    for name, value in wearer.items():
        if name not in LIMITS:
            raise BadInput(f"{name!r} is not a body measurement; use one of {', '.join(LIMITS)}.")
        low, high = LIMITS[name]
        factor, unit = _unit(name)
        if not low <= float(value) <= high:  # NaN fails too
            raise BadInput(
                f"{name} {factor * float(value):.4g} {unit} is not that of an adult; "
                f"give {factor * low:.0f} to {factor * high:.0f} {unit}."
            )
        targets[name] = float(value)
    return targets


def _infeasible(body: _Body, names: tuple[str, ...], solution: _Solution) -> Infeasible:
    """Name the target whose removal brings the body nearest to the mean, and how far it can go with the others kept."""
    scale = np.array([_tolerance(n) for n in names])
    normal = np.linalg.inv(solution.jacobian @ solution.jacobian.T + np.diag((1e-3 * scale) ** 2))
    linear = solution.jacobian @ solution.z + solution.targets - solution.values
    pull = normal @ linear
    worst = int(np.argmax(pull**2 / np.diag(normal)))
    name, target = names[worst], solution.targets[worst]
    others = tuple(n for n in names if n != name)
    keep = [i for i, n in enumerate(names) if n != name]
    zero = np.zeros_like(solution.z)
    rest = _solve(body, others, solution.targets[keep], scale[keep], zero) if others else None
    factor, unit = _unit(name)
    asked = f"{name} {factor * target:.1f} {unit}"
    if rest is not None and (rest.distance > REACH or not rest.reached(scale[keep])):
        return Infeasible(
            f"No adult body has these measurements together, even without {asked}; check {', '.join(names)}."
        )
    free = float(body.measure(rest.z if rest is not None else zero, (name,))[0][0])
    near, far = free, target
    start = rest.z if rest is not None else zero
    for _ in range(7):
        middle = 0.5 * (near + far)
        wanted = solution.targets.copy()
        wanted[worst] = middle
        trial = _solve(body, names, wanted, scale, start)
        if trial.distance <= REACH and trial.reached(scale):
            near, start = middle, trial.z
        else:
            far = middle
    listed = ", ".join(others) if len(others) <= 4 else f"the other {len(others)}"
    together = f" with {listed} as given" if others else ""
    return Infeasible(
        f"{asked} cannot be reached{together}: the nearest is {factor * near:.1f} {unit}; "
        f"change {name} or leave out another measurement."
    )


def _report(body: _Body, z: F64, targets: Mapping[str, float]) -> dict[str, dict[str, Any]]:
    """Return each measurement's requested and achieved value, and the spread of the inferred ones."""
    names = tuple(DEFINITIONS)
    values, jacobian = body.measure(z, names)
    stated = [i for i, n in enumerate(names) if n in targets]
    given = jacobian[stated]
    gain = np.linalg.solve(given @ given.T + 1e-12 * np.eye(len(stated)), given) if stated else given
    left = jacobian - (jacobian @ given.T) @ gain
    spread = np.linalg.norm(left, axis=1)
    report: dict[str, dict[str, Any]] = {}
    for i, name in enumerate(names):
        factor, unit = _unit(name)
        row: dict[str, Any] = {
            f"requested_{unit}": round(factor * targets[name], 3) if name in targets else None,
            f"achieved_{unit}": round(factor * float(values[i]), 3),
            "source": "stated" if name in targets else "inferred",
        }
        if name not in targets:
            row[f"spread_{unit}"] = round(factor * float(spread[i]), 2)
        report[name] = row
    return report

"""The settled shape of a cloth to the last digit: quasi-static Newton in float64 on a sparse factor.

Finds x with grad E(x) = 0, E = membrane + bending + weight + contact with a body at rest + ties (`elastic.py`,
`skin_contact.py`). Each step solves (H + m / tau^2) d = -grad E; the pseudo-time tau grows while steps succeed, which ends in
Newton's own quadratic convergence (Kelley and Keyes 1998, pseudo-transient continuation), and shrinks when the energy would
rise. The positive semi-definite H leads; close to the end the exact one is tried first. Cloth against cloth is not part of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import SuperLU, splu

from toile.engine.cloth.elastic import Sheet, membrane_blocks, sheet_energy, sheet_gradient
from toile.engine.cloth.skin_contact import (
    Skin,
    Ties,
    Touch,
    contact_blocks,
    contact_energy,
    contact_gradient,
    find_touch,
    tie_offset,
)

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@dataclass(frozen=True)
class Statics:
    """What is at rest: the sheet, the skin it lies on, the vertices held where they are (P,), the ties, loads (N, 3) [N]."""

    sheet: Sheet
    skin: Skin | None = None
    held: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    ties: Ties | None = None
    load: F64 | None = None


@dataclass(frozen=True)
class Equilibrium:
    """The settled vertices (N, 3) [m]; greatest force [N] left on a free vertex; steps taken; whether it converged."""

    vertices: F64
    force: float
    steps: int
    converged: bool


def total_energy(x: F64, s: Statics, touch: Touch | None) -> float:
    """Return the energy [J]."""
    energy = sheet_energy(x, s.sheet)
    if s.skin is not None and touch is not None:
        energy += contact_energy(x, s.skin, touch)
        if s.ties is not None:
            energy += 0.5 * float(s.ties.stiffness @ (tie_offset(x, s.skin, s.ties) ** 2).sum(1))
    if s.load is not None:
        energy -= float((s.load * x).sum())
    return energy


def total_gradient(x: F64, s: Statics, touch: Touch | None) -> F64:
    """Return minus the force [N] on every vertex, held ones too (N, 3)."""
    gradient = sheet_gradient(x, s.sheet)
    if s.skin is not None and touch is not None:
        gradient += contact_gradient(x, s.skin, touch)
        if s.ties is not None:
            np.add.at(gradient, s.ties.vertex, s.ties.stiffness[:, None] * tie_offset(x, s.skin, s.ties))
    if s.load is not None:
        gradient -= s.load
    return gradient


def total_hessian(x: F64, s: Statics, touch: Touch | None, definite: bool = False) -> sparse.csc_matrix:
    """Return the tangent stiffness (3N, 3N) [N/m], coordinates of a vertex side by side."""
    count = len(x)
    parts = [(s.sheet.faces, membrane_blocks(x, s.sheet, definite))]
    if s.skin is not None and touch is not None and len(touch.index):
        parts.append((s.skin.element[touch.index], contact_blocks(s.skin, touch, definite)))
    if s.ties is not None:
        flat = np.eye(3) - np.einsum("ki,kj->kij", s.ties.normal, s.ties.normal)
        block = s.ties.stiffness[:, None, None] * flat
        parts.append((s.ties.vertex[:, None], block[:, None, None]))
    rows, columns, data = [], [], []
    for element, blocks in parts:
        corners = element.shape[1]
        at = 3 * element[:, :, None] + np.arange(3)
        shape = (len(element), corners, corners, 3, 3)
        rows.append(np.broadcast_to(at[:, :, None, :, None], shape).ravel())
        columns.append(np.broadcast_to(at[:, None, :, None, :], shape).ravel())
        data.append(blocks.ravel())
    size = (3 * count, 3 * count)
    matrix = sparse.csc_matrix(
        (np.concatenate(data), (np.concatenate(rows), np.concatenate(columns))), shape=size
    )
    return matrix + sparse.kron(s.sheet.bending, sparse.identity(3), format="csc")


def touching(x: F64, s: Statics) -> Touch | None:
    """Return the contacts at x, None without a body."""
    return None if s.skin is None else find_touch(x, s.skin)


def factor(matrix: sparse.csc_matrix) -> SuperLU:
    """Factor a symmetric matrix, ordered for sparsity."""
    return splu(
        matrix,
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )


def free_coordinates(count: int, held: I64) -> I64:
    """Return the coordinates that may move."""
    free = np.ones(count, bool)
    free[held] = False
    return (3 * np.flatnonzero(free)[:, None] + np.arange(3)).ravel()


def settle(
    start: NDArray[np.floating],
    statics: Statics,
    *,
    tolerance: float = 1e-10,
    max_steps: int = 400,
    step: float = 0.05,
    watch: Callable[[int, F64, float], None] | None = None,
) -> Equilibrium:
    """Return the equilibrium that a cloth falls into from `start` (N, 3) [m].

    Args:
        start: the vertices; held ones stay where they are.
        statics: what acts on it.
        tolerance: greatest force [N] left on a vertex; a vertex of a 10 mm cotton mesh weighs 1.3e-4 N.
        max_steps: Newton steps at most; a result says whether it converged.
        step: pseudo-time [s] of the first step.
        watch: told step, vertices and force after each step.
    """
    x: F64 = np.array(start, np.float64)
    free = free_coordinates(len(x), statics.held)
    mass = np.repeat(statics.sheet.mass, 3)[free]
    touch = touching(x, statics)
    gradient = total_gradient(x, statics, touch).ravel()[free]
    energy = total_energy(x, statics, touch)
    tau, force, done = step, float(np.abs(gradient).max(initial=0.0)), 0
    while done < max_steps and force > tolerance:
        done += 1
        exact = tau > 30.0
        matrix = total_hessian(x, statics, touch, definite=not exact)[free][:, free]
        direction = factor((matrix + sparse.diags(mass / tau**2)).tocsc()).solve(-gradient)
        slope = float(direction @ gradient)
        if not slope < 0.0:
            tau *= 0.1
            continue
        longest = float(np.abs(direction).max())
        share = min(1.0, 0.03 / longest)
        found = None
        for _ in range(6):
            trial = x.copy()
            trial.reshape(-1)[free] += share * direction
            near = touching(trial, statics)
            energy_there = total_energy(trial, statics, near)
            gradient_there = total_gradient(trial, statics, near).ravel()[free]
            small = abs(slope) < 1e-9 * abs(energy)  # beyond what the energy's digits can tell
            calmer = float(np.abs(gradient_there).max()) < force
            fallen = energy_there <= energy + 1e-4 * share * slope
            if fallen or (small and calmer):
                found = (trial, near, gradient_there, energy_there)
                break
            share *= 0.5
        if found is None:
            if tau < 1e-4:
                break
            tau *= 0.2
            continue
        x, touch, gradient, energy = found
        force = float(np.abs(gradient).max(initial=0.0))
        if share > 0.9:
            tau = min(tau * 2.0, 1e6)
        elif share < 0.3:
            tau *= 0.5
        if watch is not None:
            watch(done, x, force)
    return Equilibrium(x, force, done, force <= tolerance)

"""The solver with a sweep before Newton: it moves from the prediction towards the step's end, and the step ends clean."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from benchmarks.solver_walks import Sweeping
from toile.engine.cloth.settings import ClothSettings
from toile.engine.cloth.solver import ClothSolver
from toile.engine.cloth.system import build_system

sys.path.insert(0, str(Path(__file__).parent.parent / "engine" / "cloth"))
from scenes import HIPS, lathe, skirt


def test_a_sweep_before_newton_comes_to_the_same_step():
    """Solved far enough, a step is the same whether a sweep came first."""
    body, faces = lathe(HIPS)
    mesh = skirt(0.74, 1.6, 0.3, 1.02)
    settings = ClothSettings(
        newton_steps=24, newton_least=24, pcg_iterations=60, pcg_tolerance=1e-3, threads=1
    )
    ends = []
    for kind in (ClothSolver, Sweeping):
        solver = kind(build_system(mesh), mesh.faces, mesh.vertices, body, faces, settings, device="cpu")
        for _ in range(2):
            assert solver.advance(1 / 60, 9.81).clean
        ends.append(solver.positions())
    moved = np.linalg.norm(ends[0] - mesh.vertices, axis=1)
    assert np.abs(ends[0] - ends[1]).max() < 0.1 * moved.max()
    assert (ends[0] != ends[1]).any()  # it did sweep

"""Recorded launches and wide kernels: the same numbers as launches packed anew and as the plain kernels."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from toile.engine.cloth import halves
from toile.engine.cloth.aggregates import grouped, patches_of
from toile.engine.cloth.settings import ClothSettings
from toile.engine.cloth.solver import ClothSolver
from toile.engine.cloth.system import build_system

sys.path.insert(0, str(Path(__file__).parent))
from scenes import HIPS, lathe, skirt


def _worn(steps, **changes):
    mesh = skirt(0.72, 1.1, 0.4, 1.03, edge=0.025)
    body, faces = lathe(HIPS)
    solver = ClothSolver(
        build_system(mesh), mesh.faces, mesh.vertices, body, faces, ClothSettings(**changes), device="cpu"
    )
    for k in range(steps):
        solver.set_body(body + np.float32(0.004 * k) * np.array([1, 0, 0], np.float32))
        assert solver.advance(1 / 60, 9.81, zones=True).clean
    return solver


@pytest.fixture(scope="module")
def worn():
    """A skirt that has been carried along for some steps."""
    return _worn(6, threads=1)


@pytest.mark.parametrize("changes", [{"record": False}, {"threads": 2}, {"near_slack": 10.0}])
def test_recording_threads_and_lists_change_no_byte(worn, changes, monkeypatch):
    monkeypatch.setattr(halves, "WORTH_IT", 1)
    assert _worn(6, **{"threads": 1, **changes}).positions().tobytes() == worn.positions().tobytes()


def test_the_wide_product_is_that_of_the_plain_kernel(worn):
    linear, launch, n = worn.linear, worn._launches, worn.count
    linear.p.assign(np.random.default_rng(1).normal(size=(n, 3)).astype(np.float32))
    rows = [linear.row, linear.column, linear.values, linear.far_row, linear.far_column, linear.far_bending, 1.7, linear.p]  # fmt: skip
    launch("multiply", n, rows, [linear.z])
    linear.launch_product(1.7)
    plain = linear.z.numpy()
    assert np.abs(linear.product.numpy() - plain).max() < 1e-5 * np.abs(plain).max()


def test_patches_are_inverted_and_applied(worn):
    linear, system, n = worn.linear, worn.system, worn.count
    member, slot, far = patches_of(system, worn.faces.numpy())
    assert np.array_equal(np.sort(member[member >= 0]), np.arange(n))
    values, extra, bend = linear.values.numpy(), linear.extra.numpy(), 1.7
    linear.launch_patches(bend)
    rng = np.random.default_rng(2)
    linear.residual.assign(rng.normal(size=(n, 3)).astype(np.float32))
    linear.coarse_correction.assign(rng.normal(size=(linear.aggregates, 3)).astype(np.float32))
    linear.launch_precondition()
    residual, got = linear.residual.numpy().astype(np.float64), linear.z.numpy()
    expected = linear.coarse_correction.numpy()[linear.aggregate.numpy()].astype(np.float64)
    for patch, who in enumerate(member):
        here = np.flatnonzero(who >= 0)
        block = np.zeros((len(here), 3, len(here), 3))
        for a in here:
            for b in here:
                k = slot[patch, a, b]
                block[a, :, b] = values[k] if k >= 0 else bend * far[patch, a, b] * np.eye(3)
            block[a, :, a] += extra[who[a]]
        size = 3 * len(here)
        expected[who[here]] += np.linalg.solve(block.reshape(size, size), residual[who[here]].ravel()).reshape(-1, 3)  # fmt: skip
    assert np.abs(got - expected).max() < 1e-4 * np.abs(expected).max()


def test_groups_hold_every_face_once():
    mesh = skirt(0.72, 1.1, 0.4, 1.03, edge=0.025)
    order, row = grouped(mesh.faces, len(mesh.vertices))
    assert np.array_equal(np.sort(order), np.arange(len(mesh.faces)))
    assert (row[0], row[-1]) == (0, len(order))
    assert (np.diff(row) > 0).all()


def test_kernels_are_loaded_before_two_threads_can_launch_them(tmp_path):
    """In a fresh process both halves of a split may be the first to launch a kernel of a module."""
    program = (
        "import numpy as np, warp as wp\n"
        "from toile.engine.cloth import kernels, wide_kernels\n"
        "from toile.engine.cloth.launches import Launches\n"
        "wp.config.quiet = True\n"
        "Launches('cpu', [wide_kernels])\n"
        "loaded = [m for m in wp._src.context.user_modules.values() if m.execs]\n"
        "print(sorted(m.name for m in loaded))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "['toile.engine.cloth.wide_kernels']"

"""Recorded launches and wide kernels: the same numbers as launches packed anew and as the plain kernels."""

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from toile.engine.cloth import halves, linear
from toile.engine.cloth.aggregates import grouped, patches_of
from toile.engine.cloth.settings import ClothSettings
from toile.engine.cloth.solver import ClothSolver
from toile.engine.cloth.strips import strips_of
from toile.engine.cloth.system import build_system
from toile.engine.core.intersect import signed_distance

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


@pytest.mark.parametrize(
    "changes", [{"record": False}, {"threads": 2}, {"near_slack": 10.0}, {"close_slack": 10.0}]
)
def test_recording_threads_and_lists_change_no_byte(worn, changes, monkeypatch):
    monkeypatch.setattr(halves, "WORTH_IT", 1)
    monkeypatch.setattr(linear, "WORTH_HELP", 1)
    assert _worn(6, **{"threads": 1, **changes}).positions().tobytes() == worn.positions().tobytes()


def _touching(solver, size, seed=3):
    """Contacts of random vertices, two in three of which push."""
    wp, rng = solver.wp, np.random.default_rng(seed)
    along = rng.uniform(1.0, 300.0, size) * (rng.uniform(size=size) < 0.67)
    normal = rng.normal(size=(size, 3))
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    pair = np.array([rng.permutation(solver.count)[:4] for _ in range(size)]).reshape(size, 4)
    values = (
        (pair, wp.vec4i), (rng.normal(size=(size, 4)), wp.vec4), (normal, wp.vec3), (along, float), (0.3 * along, float),
    )  # fmt: skip
    return linear.Touching(
        size, *(wp.array(a.astype(np.int32 if k is wp.vec4i else np.float32), dtype=k) for a, k in values)
    )


def _multiply(solver, touching, bend, p, product):
    """Write A p with the plain kernels."""
    a = solver.linear
    rows = [a.row, a.column, a.values, a.far_row, a.far_column, a.far_bending, bend, p]
    solver._launches("multiply", solver.count, rows, [product])
    t = touching
    solver._launches(
        "cloth_contact_multiply", t.count, [t.pair, t.weights, t.normal, t.along, t.across, p], [product]
    )


def test_strips_hold_every_value_once():
    rng = np.random.default_rng(7)
    dense = np.where(rng.uniform(size=(40, 40)) < 0.2, rng.normal(size=(40, 40)), 0.0).astype(np.float32)
    dense[[3, 39]] = 0.0
    matrix = sparse.csr_matrix(dense)
    got = strips_of(matrix.indptr, matrix.indices, matrix.data)
    again = np.zeros((40, 45), np.float32)
    for i in range(40):
        for strip in got.strip[got.row[i] : got.row[i + 1]]:
            at = strip[0] // 3
            again[i, at : at + 5] += strip[1:].view(np.float32)
    assert np.array_equal(again[:, :40], dense)


def test_every_point_within_the_gap_is_on_the_list_of_close_ones(monkeypatch):
    seen = {"near": 0, "kept": 0}
    look = ClothSolver._look_round

    def checked(solver, poke):
        held = solver.close_listed
        look(solver, poke)
        x, element = solver.positions(), solver.element.numpy()
        points = np.einsum("ka,kai->ki", solver.share.numpy(), x[element]).astype(np.float32)
        faces = solver.body.indices.numpy().reshape(-1, 3)
        distance = signed_distance(points, solver.body_now, faces, reach=0.03, device="cpu")[0]
        touching = np.flatnonzero(distance < solver.settings.body_gap - 1e-6)
        assert np.isin(touching, solver.close.numpy()[: solver.close_count]).all()
        seen["near"] += len(touching)
        seen["kept"] += held and solver.close_count < solver.active_count

    monkeypatch.setattr(ClothSolver, "_look_round", checked)
    _worn(6, threads=1)
    assert seen["near"] > 1000
    assert seen["kept"] >= 2  # rounds in which the list may have been an earlier one's


@pytest.mark.parametrize("contacts", [0, 2500])
def test_the_wide_product_is_that_of_the_plain_kernel(worn, contacts):
    a, touching = worn.linear, _touching(worn, contacts)
    a.p.assign(np.random.default_rng(1).normal(size=(worn.count, 3)).astype(np.float32))
    _multiply(worn, touching, 1.7, a.p, a.z)
    a._list_touching(touching)
    if contacts:
        assert (
            a.touch_capacity >= np.count_nonzero(touching.along.numpy()) == a._state[a._wide.TOUCHES] > 1024
        )
        a.run_stage("touch", touching, 1.7)
    a.run_stage("product", touching, 1.7)
    plain = a.z.numpy()
    assert np.abs(a.product.numpy() - plain).max() < 1e-5 * np.abs(plain).max()


@pytest.mark.parametrize("threads", [1, 2])
def test_the_descent_solves_the_system(worn, threads, monkeypatch):
    monkeypatch.setattr(linear, "WORTH_HELP", 1)
    monkeypatch.setattr(halves, "cores", lambda: 2)
    a, touching = worn.linear, _touching(worn, 300)
    monkeypatch.setattr(a, "iterations", 300)
    monkeypatch.setattr(a, "tolerance", 1e-5)
    monkeypatch.setattr(a, "halves", halves.Halves(threads))
    gradient = np.random.default_rng(5).normal(size=(worn.count, 3)).astype(np.float32)
    a.gradient.assign(gradient)
    a.extra.zero_()
    a.solve(touching, 1.7)
    _multiply(worn, touching, 1.7, a.step, a.product)
    assert np.linalg.norm(a.product.numpy() + gradient) < 1e-3 * np.linalg.norm(gradient)


def test_two_threads_on_one_core_end_with_the_same_bytes():
    """Whoever waits lets the other have the core: no stall, whichever of them the system puts to sleep."""
    program = (
        "import os, sys, time\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_launches import _worn, halves, linear\n"
        "linear.WORTH_HELP = halves.WORTH_IT = 1\n"
        "if hasattr(os, 'sched_setaffinity'):\n"
        "    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "    assert halves.Halves(2)._pool is None\n"
        "halves.cores = lambda: 2\n"
        "spent = []\n"
        "for threads in (1, 2):\n"
        "    began = time.process_time()\n"
        "    print(hash(_worn(4, threads=threads).positions().tobytes()))\n"
        "    spent.append(time.process_time() - began)\n"
        "print(spent[1] < 6.0 * spent[0] + 1.0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    one, two, quick = done.stdout.splitlines()[-3:]
    assert one == two
    assert quick == "True"


def test_a_leader_without_a_helper_ends(worn, monkeypatch):
    """The second thread may be at something else, or never come."""
    monkeypatch.setattr(linear, "WORTH_HELP", 1)
    monkeypatch.setattr(halves, "cores", lambda: 2)
    a, touching = worn.linear, _touching(worn, 0)
    a.gradient.assign(np.random.default_rng(6).normal(size=(worn.count, 3)).astype(np.float32))
    a.solve(touching, 1.7)
    alone = a.step.numpy().tobytes()
    wait = threading.Event()
    for busy in (lambda h: h.later(wait.wait), lambda h: h._pool.submit(wait.wait)):
        two = halves.Halves(2)
        busy(two)
        monkeypatch.setattr(a, "halves", two)
        a.solve(touching, 1.7)
        assert a.step.numpy().tobytes() == alone
    wait.set()


def _crumpled(solver, seed=11):
    """The skirt with a third of its threads slack, others stretched beyond their limit."""
    rng = np.random.default_rng(seed)
    return (1.03 * solver.positions() + rng.normal(0.0, 0.004, size=(solver.count, 3))).astype(np.float32)


def test_bending_in_strips_pulls_as_the_plain_kernel(worn):
    a, wp = worn.linear, worn.wp
    x, start = (wp.array(_crumpled(worn, seed), dtype=wp.vec3) for seed in (11, 12))
    a.gradient.zero_()
    a.add_bending(x, start, 1.8)
    got = a.gradient.numpy().copy()
    a.gradient.zero_()
    rows = [a.row, a.column, a.near_bending, a.far_row, a.far_column, a.far_bending, 1.8]
    worn._launches("bending_gradient", worn.count, [x, start, *rows], [a.gradient])
    assert np.abs(got - a.gradient.numpy()).max() < 1e-5 * np.abs(got).max()


def test_the_wide_membrane_is_that_of_the_plain_kernel(worn):
    a, wp, triangles = worn.linear, worn.wp, len(worn.system.area)
    x = wp.array(_crumpled(worn), dtype=wp.vec3)
    constants = [worn.faces, worn.inverse_rest, worn.area, worn.stiffness, worn.limit, worn.lock, 0.1, 0.05, worn.triangle_slots]  # fmt: skip
    results = []
    for name, size, more in (
        ("membrane", triangles, []),
        ("wide_membrane", -(-triangles // 256), [triangles]),
    ):
        a.gradient.zero_()
        a.values.fill_(2.0)
        worn._launches(name, size, [x, *constants, *more], [a.gradient, a.values])
        results.append((a.gradient.numpy().copy(), a.values.numpy().copy()))
    (gradient, blocks), (got_gradient, got_blocks) = results
    assert np.abs(got_gradient - gradient).max() < 1e-5 * np.abs(gradient).max()
    assert np.abs(got_blocks - blocks).max() < 1e-5 * np.abs(blocks).max()


def test_patches_are_inverted_and_applied(worn):
    linear, system, n = worn.linear, worn.system, worn.count
    member, slot, far = patches_of(system, worn.faces.numpy())
    assert np.array_equal(np.sort(member[member >= 0]), np.arange(n))
    values, extra, bend = linear.values.numpy(), linear.extra.numpy(), 1.7
    touching = _touching(worn, 0)
    linear.run_stage("invert", touching, bend)
    rng = np.random.default_rng(2)
    linear.residual.assign(rng.normal(size=(n, 3)).astype(np.float32))
    coarse = rng.normal(size=linear.stride).astype(np.float32)
    linear.wide_correction.assign(coarse)
    middle = rng.normal(size=(linear.middles, 3)).astype(np.float32)
    linear.middle_correction.assign(middle.ravel())
    linear.run_stage("precondition", touching, bend)
    residual, got = linear.residual.numpy().astype(np.float64), linear.z.numpy()
    coarse = coarse[: 3 * linear.aggregates].reshape(-1, 3)
    expected = coarse[linear.aggregate.numpy()].astype(np.float64) + middle[linear.middle.numpy()]
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
    assert linear.chunk_dots.numpy()[: -(-len(member) // 64)].sum() == pytest.approx(
        (residual * got).sum(), rel=1e-4
    )


def test_the_middle_level_is_the_inverse_of_each_aggregates_own_block(worn):
    a, system, n, bend = worn.linear, worn.system, worn.count, 1.7
    a.extra.assign(np.random.default_rng(8).uniform(0.0, 2.0, size=(n, 3, 3)).astype(np.float32))
    touching = _touching(worn, 0)
    a.run_stage("middle", touching, bend)
    rest = np.random.default_rng(9).normal(size=(n, 3)).astype(np.float32)
    a.residual.assign(rest)
    a.run_stage("coarse", touching, bend)
    got = a.middle_correction.numpy().reshape(-1, 3)
    blocks = sparse.bsr_matrix(
        (a.values.numpy().astype(np.float64), system.column, system.row), shape=(3 * n, 3 * n)
    )
    far = sparse.csr_matrix(
        (bend * system.far_bending.astype(np.float64), system.far_column, system.far_row), (n, n)
    )
    whole = blocks + sparse.kron(far, np.eye(3)) + sparse.block_diag(list(a.extra.numpy()))
    onto = sparse.kron(sparse.csr_matrix((np.ones(n), (np.arange(n), a.middle.numpy()))), np.eye(3))
    reduced = (onto.T @ whole @ onto).toarray().reshape(a.middles, 3, a.middles, 3)
    for m, right in enumerate((onto.T @ rest.ravel()).reshape(-1, 3)):
        assert got[m] == pytest.approx(np.linalg.solve(reduced[m, :, m], right), rel=1e-3, abs=1e-6)


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

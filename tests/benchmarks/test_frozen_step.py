"""A frozen step: its kernels against the finite differences of its NumPy energy, and sweeps that only go downhill."""

from __future__ import annotations

import itertools
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.frozen_step import Moment, Stepper, colours, freeze, incidence, without_contact
from toile.engine.cloth.settings import ClothSettings
from toile.engine.cloth.solver import ClothSolver
from toile.engine.cloth.system import build_system

sys.path.insert(0, str(Path(__file__).parent.parent / "engine" / "cloth"))
from scenes import HIPS, lathe, skirt

DT = 1.0 / 60.0


@pytest.fixture(scope="module")
def frozen():
    """A step of a skirt on hips that have begun to turn, with body contact, friction and cloth on cloth."""
    body, faces = lathe(HIPS)
    mesh = skirt(0.72, 2.4, 0.4, 1.02)
    system = build_system(mesh)
    solver = ClothSolver(
        system, mesh.faces, mesh.vertices, body, faces, ClothSettings(threads=1), device="cpu"
    )
    for _ in range(25):
        assert solver.advance(DT, 9.81, zones=True).clean
    a = 0.08
    turned = (body @ np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])).astype(
        np.float32
    )
    moment = Moment(
        solver.positions(), solver.velocities(), np.array(solver.v_before), body, turned, np.array(solver.anchor_face.numpy()), np.array(solver.anchor.numpy())
    )  # fmt: skip
    return freeze(system, mesh.faces, faces, np.ones(len(faces), np.float32), moment, DT)


def test_a_frozen_step_has_contact_and_friction(frozen):
    assert len(frozen.element) > 20
    assert (frozen.most > 0).sum() > 5


def test_the_gradient_of_a_frozen_step_is_that_of_its_energy(frozen):
    rng = np.random.default_rng(0)
    pairs = {
        "pair": np.array([[0, 40, 41, 80], [3, 4, 100, 101]], np.int32),
        "pair_weight": np.array([[1, -0.2, -0.3, -0.5], [0.4, 0.6, -0.5, -0.5]], np.float32),
        "pair_normal": np.array([[0, -1, 0], [0.6, -0.8, 0]], np.float32),
        "pair_most": np.array([0.02, 0.005], np.float32),
    }
    frozen = replace(frozen, **pairs)  # cloth on cloth, made up: deep and sliding
    stepper = Stepper(frozen)
    x = frozen.solved + 2e-4 * rng.normal(size=frozen.solved.shape).astype(np.float32)
    stepper.x.assign(x)
    stepper.assemble()
    gradient = stepper.linear.gradient.numpy().astype(np.float64)
    for seed in range(12):
        way = np.random.default_rng(seed).normal(size=x.shape)
        way[np.random.default_rng(seed).random(len(x)) > 0.1] = 0.0
        ends = [x.astype(np.float64) + s * 1e-7 * way for s in (1, -1)]
        slope = (frozen.energy(ends[0]) - frozen.energy(ends[1])) / 2e-7
        assert slope == pytest.approx((gradient * way).sum(), rel=2e-3, abs=2e-3)


def test_a_sweep_takes_the_same_gradient_to_the_same_minimum(frozen):
    """Near the minimum a sweep leaves Newton's solution alone; from the prediction every sweep lowers the energy."""
    stepper = Stepper(frozen)
    energies = [frozen.energy(stepper.positions())]
    for _ in range(8):
        stepper.sweep()
        energies.append(frozen.energy(stepper.positions()))
    assert (np.diff(energies) < 0).all()
    solved = Stepper(frozen, pcg_iterations=200, tolerance=1e-6)
    for _ in range(40):
        solved.newton()
    x = solved.positions()
    stepper.x.assign(x)
    stepper.sweep()
    assert np.abs(stepper.positions() - x).max() < 2e-5
    least = frozen.energy(x)
    assert least <= min(energies)
    assert frozen.energy(frozen.solved) - least < 0.05 * (energies[0] - least)  # the solver's own solution


def test_orders_and_colours_move_to_one_end(frozen):
    ends = []
    for coloured in (True, False):
        stepper = Stepper(without_contact(frozen))
        for _ in range(30):
            stepper.sweep(coloured)
        ends.append(frozen.energy(stepper.positions()))
    assert ends[0] == pytest.approx(ends[1], rel=0.02)


def test_a_sweep_of_the_membrane_is_the_sweep_without_all_else(frozen):
    """On a step whose bending is nought and that has neither contact nor air, both sweeps are descents of one energy."""
    bare = without_contact(frozen)
    system = replace(
        bare.system, near_bending=np.zeros_like(bare.system.near_bending), far_bending=np.zeros_like(bare.system.far_bending)
    )  # fmt: skip
    bare = replace(bare, system=system, air=np.zeros_like(bare.air))
    ends = []
    for move in (Stepper.sweep_membrane, Stepper.sweep):
        stepper = Stepper(bare)
        energies = [bare.energy(stepper.positions())]
        for _ in range(20):
            move(stepper)
            energies.append(bare.energy(stepper.positions()))
        assert (np.diff(energies) < 0).all()
        ends.append(energies[-1])
    assert ends[0] == pytest.approx(ends[1], rel=0.02)


def test_no_two_vertices_of_a_colour_share_a_force(frozen):
    order, bounds = colours(frozen.system)
    assert sorted(order) == list(range(len(order)))
    colour = np.empty(len(order), int)
    for c, (a, b) in enumerate(itertools.pairwise(bounds)):
        colour[order[a:b]] = c
    s = frozen.system
    for row, column in ((s.row, s.column), (s.far_row, s.far_column)):
        i = np.repeat(np.arange(len(order)), np.diff(row))
        apart = i != column
        assert (colour[i] != colour[column])[apart].all()


def test_incidence_lists_every_place():
    row, entry = incidence(np.array([[2, 0, 1], [1, 2, 2]]), np.array([[1, 1, 0], [1, 1, 1]], bool), 3)
    assert [entry[row[v] : row[v + 1]].tolist() for v in range(3)] == [[1], [3], [0, 4, 5]]

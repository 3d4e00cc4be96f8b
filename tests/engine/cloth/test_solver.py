"""The solver against mechanics: gradients, free fall, hanging, friction, and cloth that never passes through cloth."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from toile.engine.cloth.bending import bending_matrix
from toile.engine.cloth.energy import bending_energy, deformation, membrane_energy
from toile.engine.cloth.press import FleshPress
from toile.engine.cloth.settings import ClothSettings
from toile.engine.cloth.simulate import _advance, _Tally
from toile.engine.cloth.solver import ClothSolver
from toile.engine.cloth.system import build_system
from toile.engine.core.errors import BadInput
from toile.engine.core.intersect import body_cloth_intersections, cloth_self_intersections, vertices_inside
from toile.garments.fabric import fabric

sys.path.insert(0, str(Path(__file__).parent))
from scenes import HIPS, lathe, sheet, skirt

FAR = (np.array([[90, 90, 90], [91, 90, 90], [90, 91, 90]], np.float32), np.array([[0, 1, 2]], np.int32))


def _solver(mesh, body=FAR, **changes):
    return ClothSolver(
        build_system(mesh, fold=0.0), mesh.faces, mesh.vertices, *body, ClothSettings(**changes), device="cpu"
    )


def _gradient(solver):
    """Gradient of the elastic terms at the solver's x, through the kernels."""
    values = solver.linear.values
    solver.linear.gradient.zero_()
    values.zero_()
    s = solver.settings
    solver._launch("bending_gradient", solver.count, [solver.x, solver.start, solver.linear.row, solver.linear.column, solver.linear.near_bending, solver.linear.far_row,
                    solver.linear.far_column, solver.linear.far_bending, 0.0],
                   [solver.linear.gradient])  # fmt: skip
    solver._launch(
        "membrane", len(solver.system.area),
        [solver.x, solver.faces, solver.inverse_rest, solver.area, solver.stiffness, solver.limit, solver.lock, s.give, 0.0,
         solver.triangle_slots], [solver.linear.gradient, values],
    )  # fmt: skip
    return solver.linear.gradient.numpy().astype(np.float64), values.numpy().astype(np.float64)


def _dense(solver, values):
    n = solver.count
    dense = np.zeros((n, 3, n, 3))
    row, column = solver.system.row, solver.system.column
    for i in range(n):
        for k in range(row[i], row[i + 1]):
            dense[i, :, column[k], :] += values[k]
    return dense.reshape(3 * n, 3 * n)


def test_kernel_gradient_is_that_of_the_numpy_energy_and_the_hessian_is_definite():
    rng = np.random.default_rng(3)
    mesh = sheet(0.08, 0.06, 0.02, fabric("silk"))
    x = (mesh.vertices * 1.04 + 0.004 * rng.normal(size=mesh.vertices.shape)).astype(np.float32)
    solver = _solver(mesh)
    solver.set_state(x, np.zeros_like(x))
    gradient, values = _gradient(solver)
    system = solver.system
    f = mesh.fabrics[0]
    ones = np.ones(len(mesh.faces))
    q = bending_matrix(mesh.faces, mesh.panel_uv, f.bend_weft * ones, f.bend_warp * ones, len(x))

    def energy(p):
        wide = (system.inverse_rest.astype(np.float64), system.area.astype(np.float64),
                system.stiffness.astype(np.float64), system.limit.astype(np.float64),
                system.lock.astype(np.float64))  # fmt: skip
        return membrane_energy(p, mesh.faces, *wide, solver.settings.give) + bending_energy(p, q)

    p = x.astype(np.float64)
    numeric = np.zeros_like(p)
    for i in range(len(p)):
        for axis in range(3):
            ahead, behind = p.copy(), p.copy()
            ahead[i, axis] += 1e-6
            behind[i, axis] -= 1e-6
            numeric[i, axis] = (energy(ahead) - energy(behind)) / 2e-6
    assert np.abs(gradient - numeric).max() < 2e-4 * np.abs(numeric).max()
    np.testing.assert_allclose(gradient.sum(0), 0.0, atol=1e-4)  # no net force
    np.testing.assert_allclose(np.cross(p, gradient).sum(0), 0.0, atol=1e-4)  # no net moment
    hessian = _dense(solver, values)
    np.testing.assert_allclose(hessian, hessian.T, atol=1e-2)
    assert np.linalg.eigvalsh(hessian).min() > -1e-3 * np.abs(hessian).max()


def test_free_fall_keeps_the_shape_and_momentum():
    mesh = sheet(0.2, 0.2, 0.04, fabric("cotton"))
    mesh = replace(mesh, vertices=mesh.vertices + np.array([0, 2, 0], np.float32))
    solver = _solver(mesh, air=0.0)
    for _ in range(20):
        assert solver.advance(1 / 60, 9.81).clean
    t, n = 20 / 60, 20
    fallen = mesh.vertices[:, 1] - solver.positions()[:, 1]
    np.testing.assert_allclose(
        fallen, 0.5 * 9.81 * t * t * (n + 1) / n, rtol=2e-3
    )  # implicit Euler's own sum
    np.testing.assert_allclose(solver.velocities()[:, 1], -9.81 * t, rtol=2e-3)
    assert np.abs(deformation(solver.positions(), mesh.faces, build_system(mesh).inverse_rest)).max() < 1.001


def test_a_falling_sheet_comes_to_the_speed_at_which_air_carries_it():
    silk = fabric("silk")
    mesh = sheet(0.2, 0.2, 0.04, silk, up=False)
    mesh = replace(mesh, vertices=mesh.vertices + np.array([0, 20, 0], np.float32))
    solver = _solver(mesh)
    for _ in range(120):
        assert solver.advance(1 / 60, 9.81).clean
    carried = np.sqrt(silk.area_density * 9.81 / solver.settings.air)  # 0.66 v^2 A = m g
    np.testing.assert_allclose(solver.velocities()[:, 1], -carried, rtol=0.01)


def test_air_does_not_hold_back_cloth_that_moves_along_itself():
    mesh = sheet(0.2, 0.2, 0.04, fabric("silk"))
    mesh = replace(mesh, vertices=mesh.vertices + np.array([0, 2, 0], np.float32))
    solver = _solver(mesh)
    ahead = np.tile(np.array([2.0, 0, 0], np.float32), (len(mesh.vertices), 1))
    solver.set_state(mesh.vertices, ahead)
    for _ in range(30):
        assert solver.advance(1 / 60, 0.0).clean
    np.testing.assert_allclose(solver.velocities(), ahead, atol=1e-3)


def test_a_skirt_that_fits_stays_up_and_a_wide_one_slides_down():
    body = lathe(HIPS)
    heights = {}
    for girth in (0.715, 0.90):
        mesh = skirt(girth, 1.4, 0.45, 1.02)
        solver = _solver(mesh, body)
        for _ in range(90):
            assert solver.advance(1 / 60, 9.81, zones=True).clean
        heights[girth] = solver.positions()[mesh.loops["skirt/waist"], 1].mean()
    assert heights[0.715] > 1.0
    assert heights[0.90] < heights[0.715] - 0.04


def test_twisting_and_swaying_lets_no_cloth_through_cloth_or_body():
    body, faces = lathe(HIPS)
    mesh = skirt(0.74, 2.2, 0.5, 1.02)
    solver = _solver(mesh, (body, faces))
    tally = _Tally()

    def moved(frame: float) -> np.ndarray:
        t = frame / 60
        a = 1.3 * np.sin(5.2 * t)
        turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
        return (body @ turn.T + [0.05 * np.sin(7 * t), 0, 0]).astype(np.float32)

    for k in range(70):
        _advance(solver, moved, k, k + 1, 60.0, solver.settings, tally)
        x = solver.positions()
        assert len(cloth_self_intersections(x, mesh.faces)) == 0
        if k % 10 == 9:
            assert not vertices_inside(x, moved(k + 1), faces).any()
            assert len(body_cloth_intersections(x, mesh.faces, moved(k + 1), faces)) <= 8
    assert tally.impacts > 0  # the scene does bring cloth against cloth


def _slope(angle: float):
    """A large plane through the origin that falls towards +x, and its downhill and normal directions."""
    down = np.array([np.cos(angle), -np.sin(angle), 0.0])
    normal = np.array([np.sin(angle), np.cos(angle), 0.0])
    across = np.array([0.0, 0.0, 1.0])
    corners = [
        a * down + b * across + [0, 1, 0] for a, b in ((-0.4, -0.4), (0.8, -0.4), (0.8, 0.4), (-0.4, 0.4))
    ]
    # wound so that it faces up
    return (np.array(corners, np.float32), np.array([[0, 2, 1], [0, 3, 2]], np.int32)), down, normal


@pytest.mark.parametrize(
    ("degrees", "slides"),
    [(12.0, False), (20.0, False), (24.0, True), (35.0, True), (40.0, True), (50.0, True)],
)
def test_cloth_on_a_slope_holds_or_slides_as_coulomb_says(degrees, slides):
    angle, mu = np.radians(degrees), fabric("cotton").friction  # tan(21.8 degrees) = 0.4
    body, down, normal = _slope(angle)
    mesh = sheet(0.12, 0.12, 0.03, fabric("cotton"), up=False)
    flat = mesh.vertices - mesh.vertices.mean(0)
    frame = np.stack([down, normal, [0.0, 0.0, 1.0]])
    placed = (flat @ frame + [0, 1, 0] + 0.0014 * normal).astype(np.float32)
    solver = _solver(replace(mesh, vertices=placed), body, air=0.0)
    for _ in range(12):  # let it come to rest on the slope
        solver.advance(1 / 60, 9.81, keep_velocity=0.0)
    start = solver.positions().mean(0)
    solver.set_state(solver.positions(), np.zeros_like(placed))
    steps = 30
    for _ in range(steps):
        assert solver.advance(1 / 60, 9.81).clean
    way = float((solver.positions().mean(0) - start) @ down)
    t = steps / 60
    if slides:
        assert way == pytest.approx(0.5 * 9.81 * (np.sin(angle) - mu * np.cos(angle)) * t * t, rel=0.08)
    else:
        assert abs(way) < 0.0005


def test_the_floor_holds_what_falls_on_it():
    mesh = sheet(0.2, 0.2, 0.04, fabric("cotton"), up=False)
    mesh = replace(mesh, vertices=mesh.vertices + np.array([0, 0.05, 0], np.float32))
    solver = _solver(mesh)
    for _ in range(60):
        assert solver.advance(1 / 60, 9.81).clean
    x = solver.positions()
    assert x[:, 1].min() > 0.0007
    assert x[:, 1].max() < 0.002
    assert np.abs(solver.velocities()).max() < 0.02


def _sole(columns=6, rows=14):
    """Return a block of the size of a foot, 7 cm high, its sole at y = 0: vertices (V, 3) and faces."""
    from scipy.spatial import ConvexHull

    x, y, z = (np.linspace(-w, w, k + 1) for w, k in ((0.045, columns), (0.035, 3), (0.125, rows)))
    grid = np.stack(np.meshgrid(x, y, z, indexing="ij"), axis=-1).reshape(-1, 3)
    size = np.abs(grid) / [0.045, 0.035, 0.125]
    grid = grid[size.max(axis=1) > 0.999]
    bulge = grid * (1.0 + 1e-3 * (1.0 - (size[size.max(axis=1) > 0.999] ** 2).sum(axis=1, keepdims=True) / 3))
    faces = ConvexHull(bulge).simplices
    a, b, c = (grid[faces[:, k]] for k in range(3))
    inwards = (np.cross(b - a, c - a) * (a + b + c)).sum(axis=1) < 0
    faces[inwards] = faces[inwards][:, [0, 2, 1]]
    grid[:, 1] += 0.035
    return grid.astype(np.float32), faces.astype(np.int32)


@pytest.mark.parametrize("sunk", [0.0, 0.0019])
def test_a_sole_that_treads_on_cloth_and_turns_does_not_go_through_it(sunk):
    body, faces = _sole()
    mesh = sheet(0.36, 0.36, 0.024, fabric("silk"), up=False)
    middle = mesh.vertices.mean(axis=0) * [1.0, 0.0, 1.0]
    mesh = replace(mesh, vertices=(mesh.vertices - middle + [0.0, 0.002, 0.0]).astype(np.float32))

    def pose(step):
        angle = np.radians(4.0 * max(step - 10, 0))
        turn = np.array(
            [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]], np.float32
        )
        return (body @ turn.T + np.array([0, max(0.05 - 0.008 * step, -sunk), 0])).astype(np.float32)

    solver, tally = _solver(mesh, (pose(0), faces)), _Tally()
    press, settings = FleshPress(faces, len(body)), ClothSettings()
    for step in range(30):
        _advance(solver, pose, step, step + 1, 60.0, settings, tally)
        x = solver.positions()
        skin, left = press.press_and_judge(pose(step + 1), x, mesh.faces)
        assert len(left) == 0
        assert np.abs(skin - pose(step + 1)).max() < 0.003  # the sole is not dented by a heap of cloth
    assert len(cloth_self_intersections(x, mesh.faces)) == 0
    away = np.hypot(x[:, 0], x[:, 2]) > 0.16  # of the sole, which reaches 0.133 from its middle
    assert away.any()
    assert x[away, 1].min() > 0.0007  # beside it the floor holds


def test_a_limb_that_comes_to_cloth_beside_another_surface_is_met():
    """Cloth hangs 16 mm from one block when another comes to it from behind: the nearest surface changes without a way over the skin."""
    block, faces = _sole(1, 1)  # no vertex of it comes near to the cloth
    block = block[:, [1, 0, 2]]  # 7 cm thick along x
    faces = faces[:, [0, 2, 1]]
    trunk = block + np.float32([-0.07, 0.3, 0.0])
    both = np.concatenate([faces, faces + len(block)]).astype(np.int32)
    mesh = sheet(0.05, 0.06, 0.012, fabric("cotton"))
    turned = mesh.vertices - mesh.vertices.mean(axis=0)
    flat = int(np.argmin(np.ptp(turned, axis=0)))
    turned = np.roll(turned, -flat, axis=1) + np.array([0.016, 0.3, 0.0])
    mesh = replace(mesh, vertices=turned.astype(np.float32))

    def pose(step):
        limb = block + np.float32([max(0.012, 0.045 - 0.0015 * step), 0.3, 0.0])
        return (np.concatenate([trunk, limb]) + np.array([0.0, 0.012 * step, 0.0])).astype(np.float32)

    solver = _solver(mesh, (pose(0), both), air=0.0)
    solver.set_state(
        mesh.vertices, np.tile(np.float32([0.0, 0.72, 0.0]), (len(mesh.vertices), 1))
    )  # all rise
    for step in range(24):
        solver.set_body(pose(step + 1))
        assert solver.advance(1 / 60, 0.0).clean
        x = solver.positions()
        assert not vertices_inside(x, pose(step + 1), both).any()
    assert x[:, 0].max() < 0.0115  # it was pushed along, 12 mm from the other block


def test_two_runs_give_the_same_bytes():
    body = lathe(HIPS)
    mesh = skirt(0.74, 1.8, 0.4, 1.02)
    runs = []
    for _ in range(2):
        solver = _solver(mesh, body)
        for _ in range(15):
            solver.advance(1 / 60, 9.81)
        runs.append(solver.positions().tobytes())
    assert runs[0] == runs[1]


def test_impossible_cloth_is_refused_with_a_reason():
    mesh = sheet(0.1, 0.1, 0.05, fabric("cotton"))
    with pytest.raises(BadInput, match="stretch_warp"):
        build_system(replace(mesh, fabrics=(replace(mesh.fabrics[0], stretch_warp=-1.0),)))
    with pytest.raises(BadInput, match="not finite"):
        build_system(replace(mesh, vertices=mesh.vertices * np.float32(np.nan)))
    with pytest.raises(BadInput, match="turned over"):
        build_system(replace(mesh, panel_uv=mesh.panel_uv[:, ::-1].copy()))
    with pytest.raises(BadInput, match="without area"):
        build_system(replace(mesh, panel_uv=mesh.panel_uv * np.float32(1e-6)))

"""The search for pairs of the cloth against all pairs there are: none that matters is left out."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from toile.engine.cloth import halves
from toile.engine.cloth.neighbours import fans
from toile.engine.cloth.settings import ClothSettings
from toile.engine.cloth.solver import ClothSolver
from toile.engine.cloth.system import build_system
from toile.engine.core.intersect import cloth_self_intersections
from toile.garments.fabric import fabric

sys.path.insert(0, str(Path(__file__).parent))
from scenes import sheet, skirt

FAR = (np.array([[90, 90, 90], [91, 90, 90], [90, 91, 90]], np.float32), np.array([[0, 1, 2]], np.int32))


def _between_segments(a, b, c, d):
    """Distance of segments ab and cd, each (K, 3): the least over the inner solution and the four ends."""
    best = np.minimum.reduce(
        [_to_segment(a, c, d), _to_segment(b, c, d), _to_segment(c, a, b), _to_segment(d, a, b)]
    )
    u, v, r = b - a, d - c, a - c
    uu, vv, uv = (u * u).sum(1), (v * v).sum(1), (u * v).sum(1)
    det = uu * vv - uv * uv
    ok = det > 1e-12 * uu * vv
    det = np.where(ok, det, 1.0)
    s = (uv * (v * r).sum(1) - vv * (u * r).sum(1)) / det
    t = (uu * (v * r).sum(1) - uv * (u * r).sum(1)) / det
    ok &= (s >= 0) & (s <= 1) & (t >= 0) & (t <= 1)
    inner = np.linalg.norm(r + s[:, None] * u - t[:, None] * v, axis=1)
    return np.where(ok, np.minimum(best, inner), best)


def _to_segment(p, a, b):
    e = b - a
    t = np.clip(((p - a) * e).sum(1) / np.maximum((e * e).sum(1), 1e-30), 0.0, 1.0)
    return np.linalg.norm(p - a - t[:, None] * e, axis=1)


def _to_triangle(p, a, b, c):
    """Distance of points to triangles: above a face that to its plane, else to the nearest side."""
    best = np.minimum.reduce([_to_segment(p, a, b), _to_segment(p, b, c), _to_segment(p, c, a)])
    n = np.cross(b - a, c - a)
    over = np.ones(len(p), bool)
    for q, r in ((a, b), (b, c), (c, a)):
        over &= (np.cross(n, r - q) * (p - q)).sum(1) >= 0
    plane = np.abs(((p - a) * n).sum(1)) / np.maximum(np.linalg.norm(n, axis=1), 1e-30)
    return np.where(over, plane, best)


def _distance(x, pairs, kind):
    corners = [x[pairs[:, k]] for k in range(4)]
    return np.where(kind == 0, _to_triangle(*corners), _between_segments(*corners))


def _all_pairs(faces, edges, x, reach):
    """All vertex-face (kind 0) and edge-edge (kind 1) pairs without a common vertex whose middles are within reach."""
    vertex, face = (k.ravel() for k in np.meshgrid(np.arange(len(x)), np.arange(len(faces)), indexing="ij"))
    one, other = np.triu_indices(len(edges), 1)
    vf = np.column_stack([vertex, faces[face]])
    ee = np.column_stack([edges[one], edges[other]])
    vf = vf[(vf[:, 1:] != vf[:, :1]).all(1)]
    ee = ee[(ee[:, 2:] != ee[:, :1]).all(1) & (ee[:, 2:] != ee[:, 1:2]).all(1)]
    vf = vf[np.linalg.norm(x[vf[:, 0]] - x[vf[:, 1:]].mean(1), axis=1) < reach]
    ee = ee[np.linalg.norm(x[ee[:, :2]].mean(1) - x[ee[:, 2:]].mean(1), axis=1) < reach]
    return np.concatenate([vf, ee]), np.repeat([0, 1], [len(vf), len(ee)])


def _keys(pairs, kind):
    """A pair as a hashable name, whatever the order of its features' vertices."""
    return {
        (0, p[0], *sorted(p[1:])) if k == 0 else (1, *sorted([tuple(sorted(p[:2])), tuple(sorted(p[2:]))]))
        for p, k in zip(pairs.tolist(), kind.tolist(), strict=True)
    }


def _crumpled(x, rng, amplitude, edge):
    """Six waves of random direction and phase, three to six edges long, with a little of each vertex's own."""
    x = x.astype(np.float64)
    for _ in range(6):
        wave = rng.normal(size=3)
        wave *= 2 * np.pi / rng.uniform(3 * edge, 6 * edge) / np.linalg.norm(wave)
        x = x + amplitude * rng.normal(size=3) * np.sin(x @ wave + rng.uniform(0, 6))[:, None]
    return (x + 0.15 * amplitude * rng.normal(size=x.shape)).astype(np.float32)


@pytest.mark.parametrize("edge", [0.005, 0.012])
@pytest.mark.parametrize("share", [0.06, 0.4, 0.8])
def test_no_pair_that_matters_is_left_out(edge, share, monkeypatch):
    monkeypatch.setattr(halves, "WORTH_IT", 1)
    rng = np.random.default_rng(round(1e4 * edge + 100 * share))
    flat = sheet(10 * edge, 8 * edge, edge, fabric("cotton"))
    mesh = replace(flat, vertices=_crumpled(flat.vertices, rng, share * edge, edge))
    solver = ClothSolver(
        build_system(mesh, fold=0.0), mesh.faces, mesh.vertices, *FAR, ClothSettings(), device="cpu"
    )
    s = solver.settings
    x = mesh.vertices
    travel = _crumpled(x, rng, 1.5 * share * edge, edge) - x + np.array([0.02, 0, 0], np.float32)
    solver.start.assign(x)
    solver._find_pairs(x, travel, s.thickness + solver.slack)
    found = _keys(solver.pair.numpy()[: solver.pair_count], solver.pair_kind.numpy()[: solver.pair_count])
    faces = mesh.faces.astype(np.int64)
    edges = np.unique(np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1), axis=0)  # fmt: skip
    pairs, kind = _all_pairs(faces, edges, x.astype(np.float64), 3 * edge + 0.015)
    # on any way that ends within a quarter of the slack of that one, pairs that come near are known
    least = np.full(len(pairs), np.inf)
    for _ in range(2):
        off = rng.normal(size=x.shape)
        off *= 0.25 * solver.slack / np.linalg.norm(off, axis=1, keepdims=True)
        for t in np.linspace(0.0, 1.0, 16):
            least = np.minimum(least, _distance(x + t * (travel + off), pairs, kind))
    hit = least < s.separation
    assert _keys(pairs[hit], kind[hit]) <= found
    close = _distance(x.astype(np.float64) + travel, pairs, kind) < s.thickness + solver.slack - 1e-5
    assert _keys(pairs[close], kind[close]) <= found
    if share > 0.1:
        assert hit.sum() > 10


@pytest.mark.parametrize("edge", [0.0045, 0.0055, 0.012])
def test_neighbours_on_smooth_cloth_are_no_pairs(edge):
    mesh = skirt(0.16, 0.2, 0.1, 1.0, edge=edge)
    solver = ClothSolver(
        build_system(mesh, fold=0.0), mesh.faces, mesh.vertices, *FAR, ClothSettings(), device="cpu"
    )
    turn = np.array([[np.cos(0.01), 0, np.sin(0.01)], [0, 1, 0], [-np.sin(0.01), 0, np.cos(0.01)]])
    travel = (mesh.vertices @ turn.T - mesh.vertices + [0.03, 0, 0]).astype(np.float32)
    solver._find_pairs(mesh.vertices, travel, solver.settings.thickness + solver.slack)
    assert solver.pair_count == 0
    assert np.array_equal(
        solver.flat.numpy(), solver.fan_closed.numpy()
    )  # none of their triangles was looked at


def test_fans_close_inside_a_sheet_and_stay_open_at_its_border():
    mesh = sheet(0.1, 0.1, 0.02, fabric("cotton"))
    row, link, closed = fans(mesh.faces, len(mesh.vertices))
    faces = mesh.faces.astype(np.int64)
    half = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edge, count = np.unique(np.sort(half, axis=1), axis=0, return_counts=True)
    border = np.zeros(len(closed), bool)
    border[edge[count == 1].ravel()] = True
    assert np.array_equal(closed == 1, ~border)
    for v in range(len(closed)):
        round_it = {(v, *link[k]) for k in range(row[v], row[v + 1])}
        own = {tuple(np.roll(f, -k)) for f in faces for k in range(3) if f[k] == v}
        assert round_it == own


def test_two_sheets_that_meet_in_a_vertex_close_no_fan_there():
    ring = np.array([[0, 1, 2], [0, 2, 3], [0, 3, 1]], np.int32)
    _, _, one = fans(ring, 4)
    _, _, two = fans(np.concatenate([ring, np.where(ring > 0, ring + 3, 0)]), 7)
    assert one[0] == 1
    assert two[0] == 0


def test_a_fine_sheet_that_falls_in_folds_never_crosses_itself():
    mesh = sheet(0.1, 0.1, 0.0055, fabric("silk"))
    upright = mesh.vertices[:, [0, 2, 1]] - mesh.vertices[:, [0, 2, 1]].min(0)
    rng = np.random.default_rng(5)
    upright[:, 2] += 0.004 * np.sin(40 * upright[:, 0] + 90 * upright[:, 1])
    upright += 1e-4 * rng.normal(size=upright.shape)
    mesh = replace(mesh, vertices=(upright + np.array([0, 0.02, 0])).astype(np.float32))
    solver = ClothSolver(
        build_system(mesh, fold=0.0), mesh.faces, mesh.vertices, *FAR, ClothSettings(), device="cpu"
    )
    assert solver.slack < solver.settings.slack  # it follows the edges
    pairs = 0
    for _ in range(45):
        pairs = max(pairs, solver.advance(1 / 60, 9.81, zones=True).pairs)
        assert len(cloth_self_intersections(solver.positions(), mesh.faces)) == 0
    assert pairs > 300  # it does fold onto itself
    assert solver.positions()[:, 1].max() < 0.06


def test_pairs_of_a_garment_do_not_depend_on_threads(monkeypatch):
    monkeypatch.setattr(halves, "WORTH_IT", 1)
    mesh = skirt(0.72, 1.6, 0.3, 1.03, edge=0.025)
    rng = np.random.default_rng(2)
    travel = (0.004 * rng.normal(size=mesh.vertices.shape)).astype(np.float32)
    lists = []
    for threads in (1, 2):
        solver = ClothSolver(
            build_system(mesh), mesh.faces, mesh.vertices, *FAR, ClothSettings(threads=threads), device="cpu"
        )
        solver._find_pairs(mesh.vertices, travel, 0.02)
        lists.append(solver.pair.numpy()[: solver.pair_count].tobytes())
    assert lists[0] == lists[1]
    assert len(lists[0])

"""The slope of curvature: what bending leaves out of short waves is given back, and nothing is added to what it has right."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from toile.engine.cloth.bending import bending_matrix
from toile.engine.cloth.bending_slope import find_slopes, slope_matrix

sys.path.insert(0, str(Path(__file__).parent))
from flat_meshes import rectangle


def _pair(points, faces, flat=None, weft=1.0, warp=1.0, creases=None):
    flat = points[faces] if flat is None else flat
    ones = np.ones(len(faces))
    return (
        bending_matrix(faces, flat, weft * ones, warp * ones, len(points), creases),
        slope_matrix(faces, flat, weft * ones, warp * ones, len(points), creases),
    )


@pytest.mark.parametrize("turned", [0.0, 15.0, 30.0])
@pytest.mark.parametrize("degrees", [0.0, 30.0, 55.0])
def test_a_wave_of_six_edges_stores_its_energy_whichever_way_it_runs(turned, degrees):
    points, faces = rectangle(0.3, 0.3, 0.01, turned)
    bending, slope = _pair(points, faces)
    angle = np.deg2rad(degrees)
    wave = 2 * np.pi / 0.06 * np.array([np.cos(angle), np.sin(angle)])
    expected = (wave @ wave) ** 2 * 0.09  # cos^2 + sin^2 of the two phases
    alone, both = 0.0, 0.0
    for phase in (0.0, np.pi / 2):
        w = np.cos(points @ wave + phase)
        alone += w @ (bending @ w)
        both += w @ ((bending + slope) @ w)
    assert alone < 0.88 * expected
    assert 0.96 * expected < both < expected


def test_the_error_of_a_wave_falls_faster_than_the_square_of_the_edge():
    wave = np.array([2 * np.pi / 0.06, 0.0])
    lost = []
    for edge in (0.01, 0.005):
        points, faces = rectangle(0.3, 0.3, edge, 15.0)
        q = sum(_pair(points, faces))
        stored = sum(w @ (q @ w) for w in (np.cos(points @ wave), np.sin(points @ wave)))
        lost.append(1.0 - stored / ((wave @ wave) ** 2 * 0.09))
    assert lost[1] < lost[0] / 6.0


def test_a_quadratic_surface_gains_nothing():
    points, faces = rectangle(0.2, 0.15, 0.01, 15.0)
    bending, slope = _pair(points, faces, weft=3.0, warp=2.0)
    u, v = points.T
    w = u * u - 0.4 * u * v + 0.7 * v * v + u
    assert w @ (slope @ w) < 1e-9 * (w @ (bending @ w))


def test_every_triangle_may_lie_its_own_way_on_the_flat():
    points, faces = rectangle(0.1, 0.1, 0.01, 10.0)
    turn = np.random.default_rng(1).uniform(0.0, 2 * np.pi, len(faces))
    c, s = np.cos(turn), np.sin(turn)
    flat = np.einsum("tij,tcj->tci", np.stack([np.stack([c, -s], 1), np.stack([s, c], 1)], 1), points[faces])
    _, expected = _pair(points, faces)
    _, found = _pair(points, faces, flat)
    assert abs(found - expected).max() < 1e-8 * abs(expected).max()


def test_no_slope_is_taken_across_a_crease():
    points, faces = rectangle(0.1, 0.1, 0.01, 0.0, split=0.05)
    line = np.flatnonzero(np.abs(points[:, 0] - 0.05) < 1e-9)
    line = line[np.argsort(points[line, 1])]
    creases = np.stack([line[:-1], line[1:]], 1)
    w = np.where(points[:, 0] < 0.05, 0.0, (points[:, 0] - 0.05) ** 2)
    _, free = _pair(points, faces)
    _, folded = _pair(points, faces, creases=creases)
    assert w @ (folded @ w) < 1e-9 * (w @ (free @ w))


def test_the_share_of_the_border_is_counted_at_its_neighbours():
    points, faces = rectangle(0.1, 0.08, 0.01, 0.0)
    slopes = find_slopes(faces, points[faces])
    given = np.bincount(slopes.given, slopes.part, minlength=len(faces))
    assert np.allclose(given[slopes.inner], 1.0)
    assert np.allclose(given[given > 0.0], 1.0)
    assert len(slopes.inner) < (given > 0.0).sum() <= len(faces)

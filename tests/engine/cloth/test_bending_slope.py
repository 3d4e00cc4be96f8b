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


def _stored(points, q, wave):
    """Return a wave's energy over that of the smooth wave, both phases together."""
    area = np.prod(points.max(0) - points.min(0))
    both = (np.cos(points @ wave), np.sin(points @ wave))
    return sum(w @ (q @ w) for w in both) / ((wave @ wave) ** 2 * area)


@pytest.mark.parametrize("turned", [0.0, 15.0, 30.0])
@pytest.mark.parametrize("degrees", [0.0, 30.0, 55.0])
def test_a_wave_of_five_edges_and_more_stores_its_energy_whichever_way_it_runs(turned, degrees):
    points, faces = rectangle(0.3, 0.3, 0.01, turned)
    bending, slope = _pair(points, faces)
    angle = np.deg2rad(degrees)
    direction = np.array([np.cos(angle), np.sin(angle)])
    for edges in (5, 6, 8, 12):
        assert abs(_stored(points, bending + slope, 2 * np.pi / (0.01 * edges) * direction) - 1.0) < 0.02
    assert _stored(points, bending, 2 * np.pi / 0.06 * direction) < 0.88


@pytest.mark.parametrize("turned", [0.0, 15.0, 30.0])
def test_a_wave_along_a_narrow_strip_stores_its_energy_though_half_of_it_is_border(turned):
    points, faces = rectangle(0.4, 0.03, 0.01, turned)
    q = sum(_pair(points, faces))
    for edges in (5, 6, 8):
        assert abs(_stored(points, q, np.array([2 * np.pi / (0.01 * edges), 0.0])) - 1.0) < 0.025


def test_what_a_wave_stores_wrongly_falls_with_the_edge():
    wave = np.array([2 * np.pi / 0.06, 0.0])
    wrong = []
    for edge in (0.015, 0.0075, 0.00375):
        points, faces = rectangle(0.3, 0.3, edge, 15.0)
        wrong.append(abs(_stored(points, sum(_pair(points, faces)), wave) - 1.0))
    assert wrong[0] < 0.06
    assert wrong[1] < 0.01
    assert wrong[2] < 0.004


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

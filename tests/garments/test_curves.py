"""Polylines stand for their curves: lengths exact, chord errors small, cuts lossless."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from toile.garments import curves


def test_an_arc_is_as_long_as_the_true_arc() -> None:
    points = curves.arc((0.2, 1.0), 0.8, -2.0, -0.5)
    assert curves.length(points) == pytest.approx(0.8 * 1.5, abs=1e-12)
    radii = np.linalg.norm(points - [0.2, 1.0], axis=1)
    assert np.abs(radii - 0.8).max() < 5e-5


@pytest.mark.parametrize("scale", [0.02, 0.2, 1.5])
def test_a_cubic_stays_within_its_chord_error(scale: float) -> None:
    corners = scale * np.array([[0.0, 0.0], [0.9, 0.1], [0.1, 1.0], [1.0, 1.2]])
    points = curves.cubic(*corners)
    t = np.linspace(0.0, 1.0, 2001)[:, None]
    true = sum(math.comb(3, k) * (1 - t) ** (3 - k) * t**k * corners[k] for k in range(4))
    a, b = points[:-1], points[1:]
    d = b - a
    along = np.clip(((true[:, None] - a) * d).sum(2) / (d**2).sum(1), 0.0, 1.0)
    gap = np.linalg.norm(true[:, None] - (a + along[..., None] * d), axis=2).min(axis=1)
    assert gap.max() <= curves.CHORD_ERROR


def test_cutting_keeps_every_point_and_the_whole_length() -> None:
    points = curves.cubic((0, 0), (0.1, 0.3), (0.4, -0.2), (0.5, 0.1))
    pieces = curves.cut(points, [0.1, 0.25])
    assert [curves.length(p) for p in pieces[:2]] == pytest.approx([0.1, 0.15], abs=1e-12)
    assert sum(curves.length(p) for p in pieces) == pytest.approx(curves.length(points), abs=1e-12)
    assert all((a[-1] == b[0]).all() for a, b in itertools.pairwise(pieces))


def test_a_mirrored_outline_stays_counter_clockwise() -> None:
    square = np.array([[0.1, 0.0], [0.4, 0.0], [0.4, 0.3], [0.1, 0.3]])
    assert curves.area(square) == pytest.approx(0.09)
    assert curves.area(curves.mirrored(square)) == pytest.approx(0.09)


def test_a_bow_tie_crosses_itself_and_a_comb_does_not() -> None:
    assert curves.crosses_itself(np.array([[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]]))
    comb = np.array([[0, 0], [3, 0], [3, 2], [2, 2], [2, 0.5], [1, 0.5], [1, 2], [0, 2]], dtype=float)
    assert not curves.crosses_itself(comb)


def test_solve_finds_a_root_and_refuses_an_unbracketed_one() -> None:
    assert curves.solve(lambda x: x**3 - 2.0, 0.0, 2.0) == pytest.approx(2 ** (1 / 3), abs=1e-9)
    with pytest.raises(ValueError, match="no root"):
        curves.solve(lambda x: x**2 + 1.0, -1.0, 1.0)


def test_crossings_are_where_a_line_meets_the_level() -> None:
    zigzag = np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 0.0]])
    assert curves.crossings(zigzag, 1.0) == pytest.approx([0.5, 2.0])

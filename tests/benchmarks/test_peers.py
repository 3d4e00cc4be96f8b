"""The peers' scene: one even square for all, our solver clean on it, and a sentence where Newton is not there."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from benchmarks import peers


def test_the_square_is_whole_and_faces_up():
    points, faces = peers.grid(12)
    a, b, c = (points[faces[:, k]] for k in range(3))
    double = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    assert (double > 0).all()
    assert 0.5 * double.sum() == pytest.approx(peers.SIDE**2)
    assert len(np.unique(faces)) == len(points) == 144


def test_ours_falls_as_it_should_and_stays_clean(monkeypatch):
    monkeypatch.setattr(peers, "FRAMES", 10)
    monkeypatch.setitem(peers.SIZES, "small", 26)
    row = peers.toile("small", {}, None)
    assert (row["inside_ball"], row["body_cloth"], row["cloth_cloth"]) == (0, 0, 0)
    # free fall would be 545 mm in a third of a second; the ball carries the middle
    assert 120 < float(row["fallen_mm"]) < 300
    assert row["stretch_p99_percent"] < 3.0


def test_without_newton_a_case_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    row = peers.newton("5k", "vbd", 10, 4, None)
    assert set(row) == {"skipped"}
    assert f"pip install --no-deps newton=={peers.VERSION}" in row["skipped"]

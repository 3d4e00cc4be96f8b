"""Random requests over the whole vocabulary on random bodies: drafted whole and exact, or refused with the reason."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import numpy as np
import pytest

from benchmarks.random_requests import draws, resolved_garments
from toile.engine.core.errors import ToileError
from toile.garments import spec
from toile.garments.drafting import draft
from toile.garments.pattern import Pattern


def edge_length(points: np.ndarray) -> float:
    return float(np.hypot(*np.diff(points, axis=0).T).sum())


def crosses(outline: np.ndarray) -> bool:
    """Whether a closed outline crosses itself: every pair of sides that are not neighbours, by orientation, written anew."""
    a, b = outline, np.roll(outline, -1, axis=0)
    n = len(a)

    def turn(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> np.ndarray:
        u, v = q - p, r - p
        return np.sign(u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0])

    i, j = np.triu_indices(n, 2)
    apart = ~((i == 0) & (j == n - 1))
    i, j = i[apart], j[apart]
    near = (np.minimum(a[i], b[i]) <= np.maximum(a[j], b[j])).all(1)
    near &= (np.minimum(a[j], b[j]) <= np.maximum(a[i], b[i])).all(1)
    i, j = i[near], j[near]
    one = turn(a[i], b[i], a[j]) * turn(a[i], b[i], b[j]) < 0
    two = turn(a[j], b[j], a[i]) * turn(a[j], b[j], b[i]) < 0
    return bool((one & two).any())


def assert_whole(pattern: Pattern) -> None:
    """Pieces closed and simple, partners as long as stated, notches in pairs, grain and allowances there."""
    lengths = {(p.name, e.name): edge_length(e.points) for p in pattern.every_piece for e in p.edges}
    for panel in pattern.every_piece:
        ends = [e.points[[0, -1]] for e in panel.edges]
        for (_, end), (start, _) in zip(ends, [*ends[1:], ends[0]], strict=True):
            np.testing.assert_allclose(end, start, atol=1e-6)
        assert not crosses(panel.outline), panel.name
        assert np.hypot(*panel.grain) == pytest.approx(1.0)
        assert all(e.allowance >= 0.0 for e in panel.edges)
        assert panel.label
        assert panel.pieces.startswith("cut ")
    notches = {(p.name, n.edge): [] for p in pattern.panels for n in p.notches}
    for panel in pattern.panels:
        for notch in panel.notches:
            notches[panel.name, notch.edge].append(notch.fraction)
    for seam in pattern.seams:
        assert lengths[seam.first] - lengths[seam.second] == pytest.approx(seam.ease, abs=1e-4), seam.name
        if seam.kind != "dart" and seam.first[0] != seam.second[0]:
            mine = sorted(notches.get(seam.first, []))
            theirs = sorted(1.0 - f if seam.reversed else f for f in notches.get(seam.second, []))
            np.testing.assert_allclose(mine, theirs, atol=1e-9)
    for join in pattern.joins:
        mine = sum(lengths[ref] for ref in join.edges)
        theirs = sum((s.end - s.start) * lengths[s.panel, s.edge] for s in join.to)
        assert mine == pytest.approx(theirs, abs=1e-4), join.name
    for point in pattern.measures:
        if point.requested is not None:
            assert abs(point.drafted - point.requested) <= 0.001, point


def sweep(count: int, seed: int) -> tuple[Counter[str], list[str]]:
    drafted: Counter[str] = Counter()
    refusals = []
    for drawn in draws(count, seed):
        try:
            pattern = draft(resolved_garments(drawn), drawn.body)
        except ToileError as error:
            refusals.append(str(error))
            continue
        assert_whole(pattern)
        drafted[str(drawn.garment["category"])] += 1
    return drafted, refusals


def check_sweep(count: int, seed: int) -> None:
    drafted, refusals = sweep(count, seed)
    assert set(drafted) == set(get_args(spec.Category))
    assert sum(drafted.values()) > 0.95 * count
    for sentence in refusals:
        assert sentence.endswith("."), sentence
        assert any(c.isdigit() for c in sentence), sentence


def test_five_hundred_random_requests_are_drafted_or_refused_with_their_conflict() -> None:
    check_sweep(500, 1)


@pytest.mark.slow
def test_two_thousand_random_requests_are_drafted_or_refused_with_their_conflict() -> None:
    check_sweep(2000, 2)


def test_the_same_seed_draws_the_same_requests() -> None:
    assert [d.garment for d in draws(20, 3)] == [d.garment for d in draws(20, 3)]

"""Notches meet: a mark on one edge of a seam has its twin at the same place of the other."""

from __future__ import annotations

import numpy as np
import pytest

from toile.engine.core.measurements import Measurements
from toile.garments import curves
from toile.garments.drafting import draft
from toile.garments.notches import LONG
from toile.garments.pattern import Pattern
from toile.garments.style import Style

STYLES = (
    Style("dress", "dress", "tiered", sleeve="short", sleeve_style="puff", length=1.1),
    Style("trousers", "trousers"),
)


@pytest.fixture(scope="module", params=STYLES, ids=lambda s: s.name)
def pattern(request: pytest.FixtureRequest, body: Measurements) -> Pattern:
    return draft([request.param], body)


def marks(pattern: Pattern, ref: tuple[str, str]) -> list[float]:
    panel = pattern.panel(ref[0])
    return sorted(n.fraction for n in panel.notches if n.edge == ref[1])


def test_every_notch_has_its_twin(pattern: Pattern) -> None:
    for seam in pattern.seams:
        theirs = marks(pattern, seam.second)
        if seam.reversed:
            theirs = sorted(1.0 - f for f in theirs)
        np.testing.assert_allclose(marks(pattern, seam.first), theirs, atol=1e-9)


def test_long_seams_have_one_and_gathers_three(pattern: Pattern) -> None:
    for seam in pattern.seams:
        length = max(curves.length(pattern.panel(p).edge(e).points) for p, e in (seam.first, seam.second))
        if seam.kind == "dart" or seam.first[0] == seam.second[0] or length < LONG:
            continue
        assert len(marks(pattern, seam.first)) >= (3 if seam.kind == "gather" else 1), seam.name

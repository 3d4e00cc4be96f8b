"""The cutting list counts, measures and names every piece as it is cut; points of measure agree with a second tape."""

from __future__ import annotations

import math

import numpy as np
import pytest

from toile.engine.core.measurements import Measurements
from toile.garments.cutting_list import cut_count, cutting_list
from toile.garments.drafting import draft
from toile.garments.pattern import Pattern
from toile.garments.style import Style


@pytest.fixture(scope="module")
def pattern(body: Measurements) -> Pattern:
    return draft(
        [Style("shirt", "shirt", sleeve="long", neckline="mandarin"), Style("trousers", "trousers")], body
    )


def test_every_piece_is_listed_once_with_its_count(pattern: Pattern) -> None:
    rows = {row.name: row for row in cutting_list(pattern)}
    assert list(rows) == [p.name for p in pattern.every_piece]
    assert rows["shirt/cuff_left"].count == 2
    assert rows["trousers/waistband_front"].count == 2
    assert rows["shirt/back"].count == cut_count(pattern.panel("shirt/back")) == 1


def test_allowances_make_a_piece_larger_by_themselves(pattern: Pattern) -> None:
    rows = {row.name: row for row in cutting_list(pattern)}
    for panel in pattern.every_piece:
        width, height = np.ptp(panel.outline, axis=0)
        x, y = panel.outline.T
        area = 0.5 * float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))
        row = rows[panel.name]
        most = 2.6 * max(e.allowance for e in panel.edges)
        assert width < row.width < width + 2.0 * most
        assert height < row.height < height + 2.0 * most
        around = sum(e.length * e.allowance for e in panel.edges if e.kind != "dart")
        assert area < row.area < area + 1.3 * around


def test_grain_runs_up_the_body_and_along_bands(pattern: Pattern) -> None:
    rows = {row.name: row for row in cutting_list(pattern)}
    assert rows["shirt/back"].grain == pytest.approx(90.0)
    assert rows["trousers/waistband_back"].grain == pytest.approx(0.0)
    assert all(math.isfinite(row.grain) for row in rows.values())


def test_armhole_biceps_thigh_and_rise_agree_with_a_second_tape(pattern: Pattern) -> None:
    found = {(m.garment, m.name): m.drafted for m in pattern.measures}

    def stem(panel: str, start: str) -> float:
        edges = [e for e in pattern.panel(panel).edges if e.name == start or e.name.startswith(f"{start}_")]
        return sum(float(np.hypot(*np.diff(e.points, axis=0).T).sum()) for e in edges)

    hole = stem("shirt/left_front", "armhole_left") + stem("shirt/back", "armhole_left")
    assert found[0, "armhole_cm"] == pytest.approx(hole, abs=1e-9)
    assert found[0, "biceps_cm"] == pytest.approx(
        np.ptp(pattern.panel("shirt/sleeve_left").outline[:, 0]), abs=1e-3
    )
    assert found[1, "front_rise_cm"] == pytest.approx(stem("trousers/left_front", "crotch"), abs=1e-9)
    widths = [np.ptp(pattern.panel(f"trousers/left_{side}").outline[:, 0]) for side in ("front", "back")]
    assert 0.85 * sum(widths) < found[1, "thigh_cm"] <= sum(widths) + 1e-9
    assert stem("shirt/cuff_left", "hem") == pytest.approx(found[0, "cuff_cm"], abs=1e-9)

"""Cusick's test as a command: what it gives, and bending found from what it gave a laboratory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from toile.engine.cloth import drape_test
from toile.engine.cloth.drape_test import cusick, disc, drape_coefficient, with_drape
from toile.engine.core.errors import BadInput
from toile.garments.fabric import fabric


@pytest.fixture
def coarse(monkeypatch):
    monkeypatch.setattr(drape_test, "EDGE", 0.02)
    monkeypatch.setattr(drape_test, "STARTS", (1,))


def test_the_disc_is_whole_and_has_a_ring_on_the_support():
    points, faces = disc(0.015)
    a, b = points[faces[:, 1]] - points[faces[:, 0]], points[faces[:, 2]] - points[faces[:, 0]]
    assert 0.5 * np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() == pytest.approx(
        np.pi * 0.15**2, rel=2e-3
    )
    assert (np.abs(np.hypot(*points.T) - 0.09) < 1e-9).sum() > 100


def test_a_board_casts_the_whole_shadow_and_stiffer_cloth_a_larger_one():
    cotton = fabric("cotton")

    def found(times: float) -> float:
        return cusick(
            replace(cotton, bend_warp=times * cotton.bend_warp, bend_weft=times * cotton.bend_weft), 0.02
        ).coefficient

    assert found(900.0) > 98.0
    assert found(0.3) < found(3.0)


def test_bending_is_found_from_a_measured_coefficient(coarse):
    cotton = fabric("cotton")
    made, found = with_drape(cotton, 45.0)
    assert found == pytest.approx(45.0, abs=1.0)
    assert drape_coefficient(made)[0] == pytest.approx(found)
    assert made.bend_warp / made.bend_weft == pytest.approx(cotton.bend_warp / cotton.bend_weft)
    assert made.bend_warp < cotton.bend_warp
    assert (made.shear, made.area_density, made.stretch_warp) == (
        cotton.shear,
        cotton.area_density,
        cotton.stretch_warp,
    )


@pytest.mark.parametrize("percent", [0.0, 4.0, 99.0, float("nan"), -20.0])
def test_what_no_cloth_does_is_refused(percent):
    with pytest.raises(BadInput, match="between 5 and 98"):
        with_drape(fabric("cotton"), percent)

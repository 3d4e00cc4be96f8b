"""A KES sheet's hysteresis as a cantilever and a bias strip feel it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from toile.engine.core.errors import BadInput
from toile.garments.bending_friction import bias_shear, cantilever_bending
from toile.garments.fabric_file import fabric_from_values

WEIGHT = 9.81 * 0.22  # N/m2
SLOPE = 1e-5  # N m
SHEET = {"format": "kes", "EM": [4, 6], "LT": 0.7, "B": [0.08, 0.05], "G": 0.6, "T0": 0.5, "W": 20.0}


def test_a_cloth_without_friction_keeps_its_stiffness_and_is_peirces():
    assert cantilever_bending(SLOPE, 0.0, WEIGHT) == pytest.approx(SLOPE, rel=1e-12)


@pytest.mark.parametrize("couple", [0.0, 2e-5, 1e-4, 5e-4])
def test_a_strip_of_the_length_that_it_stands_for_dips_by_peirces_angle(couple):
    """Integrated from the clamp instead of from the free end, in metres, by another method."""
    read = cantilever_bending(SLOPE, couple, WEIGHT)
    length = 2.0003 * (read / WEIGHT) ** (
        1 / 3
    )  # 2.0003: the overhang of a frictionless strip, in its bending lengths

    def rate(s, q):
        _, _, angle, moment = q
        return [
            np.cos(angle),
            np.sin(angle),
            max(moment - couple, 0.0) / SLOPE,
            -WEIGHT * (length - s) * np.cos(angle),
        ]

    def end(moment):
        found = solve_ivp(
            rate, (0.0, length), [0.0, 0.0, 0.0, moment], rtol=1e-9, atol=1e-13, max_step=length / 400
        )
        return found.y[:, -1]

    low, high = 0.0, WEIGHT * length * length
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if end(middle)[3] < 0.0 else (low, middle)
    x, y, _, _ = end(middle)
    assert np.degrees(np.arctan2(y, x)) == pytest.approx(41.5, abs=0.05)


def test_friction_as_common_in_suiting_doubles_what_a_cantilever_reads():
    """KES B 0.1 gf cm2/cm with 2HB 0.08 gf cm/cm at 22 mg/cm2: FAST's bending of a cloth is known to be well above KES's."""
    ratio = cantilever_bending(0.1 * 9.80665e-5, 0.04 * 9.80665e-3, 0.22 * 9.81) / (0.1 * 9.80665e-5)
    assert 1.8 < ratio < 2.2


def test_bias_strip():
    assert bias_shear(30.0, 0.0) == pytest.approx(30.0)
    # force 2.45 N/m = friction + slope x angle
    assert bias_shear(30.0, 0.5) == pytest.approx(2.45 / ((2.45 - 0.5) / 30.0))
    assert bias_shear(30.0, 50.0) == pytest.approx(150.0)


def test_a_sheet_with_hysteresis_is_stiffer_than_one_without():
    plain = fabric_from_values(SHEET)
    rough = fabric_from_values({**SHEET, "2HB": [0.06, 0.0], "2HG": 0.5})
    assert rough.bend_warp > 1.5 * plain.bend_warp
    assert rough.bend_weft == pytest.approx(plain.bend_weft)
    assert rough.shear == pytest.approx(plain.shear * 2.45 / (2.45 - 0.25 * 0.980665), rel=1e-6)
    assert rough.stretch_warp == plain.stretch_warp


def test_negative_hysteresis_is_refused():
    with pytest.raises(BadInput, match=r"2HB is -0\.1"):
        fabric_from_values({**SHEET, "2HB": [-0.1, 0.1]})

"""A body to draft for, without an avatar: a woman of about 165/88A, from a tape measure."""

from __future__ import annotations

import pytest

from toile.engine.core.measurements import Measurements


@pytest.fixture(scope="session")
def body() -> Measurements:
    """Return the measurements [m] of a woman of about 165/88A."""
    return Measurements(
        height=1.65, bust=0.88, underbust=0.76, waist=0.70, hip=0.94, neck=0.345, shoulder=0.395,
        back_length=0.395, front_length=0.425, arm_length=0.56, upper_arm=0.275, wrist=0.158, thigh=0.56,
        knee=0.37, calf=0.36, ankle=0.225, inseam=0.75, waist_height=1.03, hip_height=0.83, bust_height=1.19,
        armpit_height=1.235, nape_height=1.415, shoulder_height=1.345, bust_point_distance=0.18, head=0.56,
    )  # fmt: skip

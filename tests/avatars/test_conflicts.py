"""Conflicts: sets that no adult has are refused with the pair that contradicts itself; sets of real bodies never are."""

from __future__ import annotations

import numpy as np
import pytest

from toile.avatars.asset import load_body
from toile.avatars.conflicts import Conflict, check_proportions, settle
from toile.avatars.fit import fit_avatar
from toile.avatars.measure import DEFINITIONS
from toile.avatars.shapes import Shapes, shapes_of

EIGHT = ("height", "bust", "waist", "hip", "shoulder", "back_length", "arm_length", "inseam")
CONTRADICTIONS = [
    ("female", {"waist": 1.20, "hip": 0.85}, {"waist", "hip"}),
    ("female", {"height": 1.50, "inseam": 0.90}, {"height", "inseam"}),
    ("male", {"height": 1.90, "inseam": 0.66}, {"height", "inseam"}),
    ("female", {"bust": 0.84, "underbust": 0.92}, {"bust", "underbust"}),
    ("female", {"bust": 1.30, "underbust": 0.70}, {"bust", "underbust"}),
    ("male", {"mass": 55.0, "waist": 1.25}, {"mass", "waist"}),
    ("female", {"thigh": 0.80, "hip": 0.90}, {"thigh", "hip"}),
    ("male", {"ankle": 0.33, "calf": 0.33}, {"ankle", "calf"}),
    ("female", {"height": 1.55, "arm_length": 0.72}, {"height", "arm_length"}),
    ("female", {"hip_height": 0.70, "inseam": 0.80}, {"hip_height", "inseam"}),
]


@pytest.mark.parametrize(("sex", "wearer", "pair"), CONTRADICTIONS)
def test_a_contradiction_is_named_alone_and_among_others(
    sex: str, wearer: dict[str, float], pair: set[str]
) -> None:
    with pytest.raises(Conflict) as caught:
        fit_avatar(wearer, sex)
    assert set(caught.value.names) == pair
    assert all(name in str(caught.value) for name in pair)
    others = {"neck": 0.36, "wrist": 0.16} if sex == "female" else {"neck": 0.42, "wrist": 0.17}
    with pytest.raises(Conflict) as caught:
        fit_avatar({**others, **wearer}, sex)
    assert set(caught.value.names) == pair


@pytest.mark.parametrize("sex", ["female", "male"])
def test_measurements_of_a_body_never_conflict(sex: str) -> None:
    """Random adults: of the population, half as varied again, and of the shapes' own wider prior."""
    asset = load_body()
    shapes = shapes_of(asset, sex)
    own = Shapes(asset, sex, asset.prior[sex])
    for seed in range(12):
        rng = np.random.default_rng(seed)
        draw = (
            shapes.values(rng.normal(size=shapes.size), EIGHT),
            shapes.values(1.5 * rng.normal(size=shapes.size), EIGHT),
        )
        for values in (*draw, own.values(rng.normal(size=own.size), EIGHT)):
            targets = dict(zip(EIGHT, (float(v) for v in values), strict=True))
            assert settle(shapes, targets).reached


@pytest.mark.parametrize("sex", ["female", "male"])
def test_no_body_breaks_the_proportions(sex: str) -> None:
    asset = load_body()
    for prior in (None, asset.prior[sex]):
        shapes = Shapes(asset, sex, prior)
        for seed in range(40):
            z = np.random.default_rng(seed).normal(size=shapes.size)
            names = tuple(DEFINITIONS)
            check_proportions(dict(zip(names, shapes.values(z, names), strict=True)))


def test_the_nearest_that_is_offered_can_be_had() -> None:
    with pytest.raises(Conflict) as caught:
        fit_avatar({"mass": 55.0, "waist": 1.25}, "male")
    waist = float(str(caught.value).split("the waist comes to ")[1].split(" cm")[0]) / 100
    assert 0.9 < waist < 1.25
    fit_avatar({"mass": 55.0, "waist": waist - 0.001}, "male")

"""Ease by fit and fabric, and what cannot be worn."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from toile.engine.core.errors import Infeasible
from toile.garments import ease
from toile.garments.style import Style

DRESS = Style("dress", "dress", sleeve="long")


@pytest.mark.parametrize("place", sorted(ease.WOVEN))
@pytest.mark.parametrize("fabric", ["cotton", "knit"])
def test_a_looser_fit_is_larger(place: str, fabric: str) -> None:
    shares = [ease.girth_ease(replace(DRESS, fit=fit, fabric=fabric), place) for fit in ease.FITS]
    assert all(a < b for a, b in itertools.pairwise(shares))


def test_regular_in_a_woven_is_freesewings_bodice_block() -> None:
    assert ease.girth_ease(DRESS, "bust") == 0.11
    assert ease.girth_ease(DRESS, "waist") == 0.05


def test_a_stated_girth_wins_over_every_default() -> None:
    assert ease.finished(DRESS, "bust", 0.88, 0.90) == 0.90
    assert ease.finished(DRESS, "bust", 0.88, None) == pytest.approx(0.88 * 1.11)


def test_the_least_girth_that_the_message_names_can_be_worn() -> None:
    with pytest.raises(Infeasible) as caught:
        ease.wearable(DRESS, "waist", 0.60, 0.70)
    least = float(str(caught.value).split("at least ")[1].split(" cm")[0]) / 100.0
    assert len(ease.wearable(DRESS, "waist", least, 0.70)) == 1
    assert ease.wearable(DRESS, "waist", 0.70, 0.70) == []


def test_a_knit_may_be_smaller_than_a_woven() -> None:
    knit = replace(DRESS, fabric="knit")
    assert ease.wearable(knit, "waist", 0.56, 0.70)
    with pytest.raises(Infeasible):
        ease.wearable(DRESS, "waist", 0.56, 0.70)

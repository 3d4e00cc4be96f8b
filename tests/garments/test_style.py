"""A resolved garment becomes a style in metres."""

from __future__ import annotations

from dataclasses import fields
from types import SimpleNamespace

import pytest

from toile.engine.core.errors import BadInput
from toile.garments.resolved import ResolvedGarment
from toile.garments.style import Style, style_of


def _resolved(**changes: object) -> ResolvedGarment:
    values: dict[str, object] = {f.name: None for f in fields(ResolvedGarment)}
    values |= {
        "name": "dress", "category": "dress", "asked": "dress", "silhouette": "a_line", "fit": "slim", "neckline": "v",
        "sleeve": "long", "fabric": "silk", "slit": True, "layer": 2, "waist_cm": 76.0, "sleeve_cm": 58.0,
    }  # fmt: skip
    return ResolvedGarment(**(values | changes))  # type: ignore[arg-type]


def test_every_number_arrives_in_metres_and_every_word_as_it_is() -> None:
    style = style_of(_resolved(length_cm=110.0, hem_cm=200.0))
    assert (style.length, style.waist, style.sleeve_length, style.hem) == (1.1, 0.76, 0.58, 2.0)
    assert (style.bust, style.inseam) == (None, None)
    assert (style.silhouette, style.neckline, style.fabric, style.slit, style.layer) == (
        "a_line",
        "v",
        "silk",
        True,
        2,
    )


@pytest.mark.parametrize("value", [0.0, -5.0, float("nan"), float("inf")])
def test_what_is_no_length_is_refused(value: float) -> None:
    with pytest.raises(BadInput, match="waist_cm"):
        style_of(_resolved(waist_cm=value))


def test_a_knit_is_a_fabric_that_gives() -> None:
    assert Style("a", "t_shirt", fabric="knit").knit
    assert not Style("a", "t_shirt", fabric="denim").knit


def test_a_style_passes_through_and_anything_with_the_fields_will_do() -> None:
    style = Style("a", "skirt")
    assert style_of(style) is style
    assert style_of(SimpleNamespace(**vars(_resolved()))).waist == 0.76

"""Measuring is independent of drafting: change a finished panel, and the measurement changes with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from toile.engine.core.measurements import Measurements
from toile.garments.drafting import BLOCKS
from toile.garments.pattern import Panel
from toile.garments.piecework import Drawing
from toile.garments.points_of_measure import points_of_measure
from toile.garments.style import Style

CASES = (
    (
        Style("dress", "dress", "a_line", sleeve="long", length=1.1, waist=0.76, bust=0.96, shoulder=0.40),
        1.02,
    ),
    (Style("skirt", "skirt", "half_circle", length=0.6, waist=0.72), 1.03),
    (Style("skirt", "skirt", "straight", length=0.5, waist=0.72, hip=1.0), 0.97),
    (Style("tee", "t_shirt", sleeve="short", fabric="knit", waist=0.9, hip=1.0), 1.04),
    (Style("trousers", "trousers", "wide", waist=0.72, inseam=0.74, hem=0.6), 1.01),
)


def _drawn(style: Style, body: Measurements) -> Drawing:
    drawing = Drawing(0, style.name)
    BLOCKS[style.category](drawing, style, body)
    return drawing


def _scaled(panel: Panel, x: float) -> Panel:
    return replace(panel, edges=tuple(replace(e, points=e.points * np.array([x, x])) for e in panel.edges))


@pytest.mark.parametrize(
    ("style", "factor"), CASES, ids=lambda v: f"{v.category}-{v.silhouette}" if isinstance(v, Style) else ""
)
def test_what_is_drafted_is_read_from_the_panels(style: Style, factor: float, body: Measurements) -> None:
    drawing = _drawn(style, body)
    before = {p.name: p for p in points_of_measure(drawing, style, body)}
    drawing.panels = {name: _scaled(panel, factor) for name, panel in drawing.panels.items()}
    after = {p.name: p for p in points_of_measure(drawing, style, body)}
    for name in before.keys() - {
        "hip_cm",
        "waist_cm",
    }:  # those two are taken at the body's level, which did not move
        assert after[name].drafted == pytest.approx(factor * before[name].drafted, rel=1e-9)
        assert after[name].requested == before[name].requested


def test_every_stated_number_has_a_point_of_measure(body: Measurements) -> None:
    for style, _ in CASES:
        asked = {
            p.name for p in points_of_measure(_drawn(style, body), style, body) if p.requested is not None
        }
        stated = {
            k
            for k in ("length", "waist", "bust", "hip", "shoulder", "inseam", "neck", "hem")
            if getattr(style, k)
        }
        assert asked == {f"{k}_cm" for k in stated}

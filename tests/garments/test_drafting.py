"""Flat patterns: stated numbers hold, outlines are whole, seams match, on bodies of every size."""

from __future__ import annotations

import time
from dataclasses import asdict, replace

import numpy as np
import pytest
from toile.engine.core.errors import BadInput, Infeasible, ToileError, Unsupported
from toile.engine.core.measurements import Measurements
from toile.garments import curves
from toile.garments.drafting import draft
from toile.garments.pattern import Pattern
from toile.garments.pattern_json import check_pattern
from toile.garments.style import Style

BODY = Measurements(
    height=1.65, bust=0.88, underbust=0.76, waist=0.70, hip=0.94, neck=0.345, shoulder=0.395,
    back_length=0.395, front_length=0.425, arm_length=0.56, upper_arm=0.275, wrist=0.158, thigh=0.56,
    knee=0.37, calf=0.36, ankle=0.225, inseam=0.75, waist_height=1.03, hip_height=0.83, bust_height=1.19,
    armpit_height=1.235, nape_height=1.415, shoulder_height=1.345, bust_point_distance=0.18, head=0.56,
)  # fmt: skip
"""A woman of about 165/88A."""

FLARES = ("straight", "a_line", "half_circle", "circle")
LEGS = ("straight", "skinny", "tapered", "wide", "flared")
STYLES = (
    *(Style("dress", "dress", s, sleeve=sleeve, neckline=neck)
      for s, sleeve, neck in zip(FLARES, ("long", "sleeveless", "short", "sleeveless"),
                                 ("crew", "scoop", "v", "scoop"), strict=True)),
    *(Style("skirt", "skirt", s) for s in FLARES),
    Style("tee", "t_shirt", sleeve="short", fabric="knit"),
    Style("tee", "t_shirt", sleeve="long", fabric="cotton", fit="oversized", neckline="scoop"),
    Style("tank", "t_shirt", sleeve="sleeveless", fabric="knit", fit="slim", neckline="v"),
    *(Style("trousers", "trousers", s) for s in LEGS),
    Style("shorts", "shorts"),
)  # fmt: skip


def random_body(rng: np.random.Generator) -> Measurements:
    """Return a plausible adult: lengths follow the stature, girths the bust and hip, each with its own scatter."""
    height = rng.uniform(1.45, 1.98)
    bust = rng.uniform(0.74, 1.36)
    hip = bust * rng.uniform(0.95, 1.14)
    waist = min(bust * rng.uniform(0.72, 1.05), 1.08 * hip)
    k, g = height / 1.65, np.sqrt(bust / 0.88 * hip / 0.94)

    def scatter(value: float, spread: float = 0.04) -> float:
        return float(value * rng.uniform(1.0 - spread, 1.0 + spread))

    waist_height = scatter(0.623 * height, 0.02)
    nape_height = 0.858 * height
    back = 1.03 * (nape_height - waist_height)
    cup = max(0.0, bust - rng.uniform(0.82, 0.95) * bust)
    return Measurements(
        height=height, bust=bust, underbust=bust - cup, waist=waist, hip=hip,
        neck=scatter(0.345 * g**0.6), shoulder=scatter(0.395 * k**0.6 * g**0.3),
        back_length=back, front_length=back + rng.uniform(0.0, 0.03) + 0.35 * cup,
        arm_length=scatter(0.56 * k), upper_arm=scatter(0.275 * g, 0.08), wrist=scatter(0.158 * g**0.5),
        thigh=scatter(0.56 * hip / 0.94), knee=scatter(0.37 * g**0.8), calf=scatter(0.36 * g**0.8),
        ankle=scatter(0.225 * g**0.6), inseam=scatter(0.455 * height, 0.03), waist_height=waist_height,
        hip_height=waist_height - rng.uniform(0.105, 0.13) * height,
        bust_height=waist_height + scatter(0.097 * height, 0.08),
        armpit_height=waist_height + scatter(0.124 * height, 0.05), nape_height=nape_height,
        shoulder_height=nape_height - scatter(0.042 * height, 0.3), bust_point_distance=scatter(0.18 * g),
        head=scatter(0.56, 0.05),
    )  # fmt: skip


def check(pattern: Pattern, style: Style) -> None:
    """Assert everything that is true of any pattern: whole, sewn one to one, as asked to a millimetre."""
    check_pattern(pattern)  # outlines closed, counter-clockwise, free of crossings; seams match to 0.1 mm
    measured = {m.name: m for m in pattern.measures}
    for name, asked in asdict(style).items():
        if isinstance(asked, float):
            point = measured[{"sleeve_length": "sleeve"}.get(name, name) + "_cm"]
            assert point.requested == asked
            assert abs(point.drafted - asked) <= 0.001, (style, point)
    sewn = {ref for s in pattern.seams for ref in (s.first, s.second)}
    open_edges = {(p.name, e.name) for p in pattern.panels for e in p.edges} - sewn
    assert open_edges == {
        ref for r in pattern.loops if not r.name == "waist" or style.category != "dress" for ref in r.edges
    }
    for panel in pattern.panels:
        size = np.ptp(panel.outline, axis=0)
        assert 0.0015 < curves.area(panel.outline) < 1.0001 * size[0] * size[1] < 12.0
        assert min(e.length for e in panel.edges) > 0.004, (panel.name, style)
        for edge in panel.edges:
            turn = np.diff(edge.points, axis=0)
            heading = np.unwrap(np.arctan2(turn[:, 1], turn[:, 0]))
            assert np.abs(np.diff(heading)).max(initial=0.0) < 0.35, (panel.name, edge.name, style)


@pytest.mark.parametrize("style", STYLES, ids=lambda s: f"{s.name}-{s.silhouette}-{s.sleeve}")
def test_every_style_holds_on_the_base_body(style: Style) -> None:
    check(draft([style], BODY), style)


def test_every_style_holds_on_three_hundred_random_bodies() -> None:
    rng = np.random.default_rng(20)
    fits = ("slim", "regular", "loose")
    for k in range(300):
        style = replace(STYLES[k % len(STYLES)], fit=fits[k % 3])
        check(draft([style], random_body(rng)), style)


def random_numbers(style: Style, m: Measurements, rng: np.random.Generator) -> Style:
    """State some finished measurements that a customer might."""
    numbers: dict[str, float] = {}

    def maybe(name: str, low: float, high: float) -> None:
        if rng.random() < 0.5:
            numbers[name] = float(rng.uniform(low, high))

    maybe("waist", 1.0 * m.waist, 1.12 * m.waist)
    if style.category in ("dress", "t_shirt"):
        maybe("bust", 1.02 * m.bust, 1.2 * m.bust)
        maybe("shoulder", m.shoulder - 0.02, m.shoulder + 0.05)
        maybe("neck", 0.52, 0.60)
        if style.sleeve == "long":
            maybe("sleeve_length", 0.45, 0.62)
        if style.sleeve == "short":
            maybe("sleeve_length", 0.10, 0.28)
        maybe("length", *((0.58, 0.82) if style.category == "t_shirt" else (0.80, 1.30)))
    if style.category == "skirt":
        maybe("length", 0.36, 0.95)
    if style.category == "trousers":
        maybe("inseam", 0.5, 0.8)
    if style.category == "shorts":
        maybe("inseam", 0.08, 0.25)
    if style.category in ("trousers", "shorts") and "inseam" not in numbers:
        rise = m.waist_height - m.inseam
        maybe("length", rise + 0.10, rise + 0.75)
    if style.silhouette in ("straight", "a_line") and style.category in ("dress", "skirt"):
        maybe("hip", max(1.04 * m.hip, 1.12 * m.waist), 1.25 * m.hip)
    if style.category in ("trousers", "shorts"):
        maybe("hip", max(1.02 * m.hip, 1.12 * m.waist), 1.2 * max(m.hip, m.waist))
        if style.silhouette != "skinny" and style.category == "trousers" and "length" not in numbers:
            maybe("hem", 0.36, 0.6)
    return replace(style, **numbers)


def test_stated_numbers_hold_to_a_millimetre_or_are_refused_with_both_numbers() -> None:
    rng = np.random.default_rng(7)
    refused = 0
    for k in range(340):
        body = random_body(rng)
        style = random_numbers(STYLES[k % len(STYLES)], body, rng)
        try:
            pattern = draft([style], body)
        except ToileError as error:
            refused += 1
            assert len([w for w in str(error).split() if w[0].isdigit()]) >= 2, error
            continue
        check(pattern, style)
    assert refused < 40

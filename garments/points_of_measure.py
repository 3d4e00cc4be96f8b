"""Finished measurements taken on the flat pieces, as a tape would: along seam lines, darts closed, all panels added up.

Nothing here knows how a block was solved; every figure is measured on the panels' edges.

length: dress and T-shirt, from the side neck point (where shoulder and neck meet) straight down the front to the hem;
    skirt, trousers and shorts, from the top of the waistband to the hem (skirt: at the centre front; legs: along the side).
bust: from armhole foot to armhole foot, front and back. waist: along the waist seam, the waistband's top, or, where
there is no seam, across the panels at the natural waist. hip: across the panels at the body's hip level; on a flared
skirt along the arc that is as far from the waist. shoulder: tip to tip across the back. sleeve: from the cap's top to
the cuff. neck: along the neck edge. inseam: along the inside leg. hem: round the hem, for legs round one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from toile.engine.core.measurements import Measurements
from toile.garments import curves
from toile.garments.blocks_jumpsuit import leg_measurements
from toile.garments.blocks_pleats import folded_width
from toile.garments.blocks_skirt import hip_depth
from toile.garments.blocks_strapless import front_height
from toile.garments.blocks_trousers import FORK_CURVE
from toile.garments.blocks_waistline import LOWERED
from toile.garments.curves import F64
from toile.garments.pattern import Panel, PointOfMeasure
from toile.garments.piecework import Drawing
from toile.garments.style import Style
from toile.garments.wrap_overlap import is_overlapping

LEGS = ("trousers", "shorts", "jumpsuit")
Measured = tuple[float, str] | None


def points_of_measure(drawing: Drawing, style: Style, m: Measurements) -> list[PointOfMeasure]:
    """Return every point of measure that the garment has, stated ones with what was asked."""
    panels = {name.split("/")[1]: panel for name, panel in drawing.panels.items()}
    asked = style.stated()
    tapes: Mapping[str, Callable[[Mapping[str, Panel], Style, Measurements], Measured]] = {
        "length": _length,
        "waist": _waist,
        "bust": _bust,
        "hip": _hip,
        "shoulder": _shoulder,
        "sleeve": _sleeve,
        "inseam": _inseam,
        "neck": _neck,
        "hem": _hem,
    }
    result = []
    for name, tape in tapes.items():
        measured = tape(panels, style, m)
        if measured is not None:
            result.append(
                PointOfMeasure(
                    drawing.garment, f"{name}_cm", asked.get(name), float(measured[0]), how=measured[1]
                )
            )
    return result


def run(panel: Panel, stem: str) -> F64:
    """Return the parts of an edge joined in outline order: `stem` itself or `stem_1`, `stem_2`, …"""
    parts = [e.points for e in panel.edges if e.name == stem or e.name.startswith(f"{stem}_")]
    assert parts, f"{panel.name} has no edge {stem}"
    return curves.chain(*parts)


def _stem_length(panel: Panel, stem: str) -> float:
    return sum(e.length for e in panel.edges if e.name.startswith(stem))


def _length(panels: Mapping[str, Panel], style: Style, m: Measurements) -> Measured:
    if style.category == "jumpsuit":
        bodice = panels["bodice_front"]
        body = front_height(bodice, panels.get("stay_front")) - _centre(bodice, "waist")
        return (
            body + curves.length(run(panels["left_front"], "side")),
            "side neck point to the waist down the front, and on to the hem along the side seam",
        )
    if style.category in LEGS:
        band = panels["waistband_front"]
        side = curves.length(run(panels["left_front"], "side"))
        return side + band.edge("end_left").length, "top of the waistband to hem, along the side seam"
    if style.category == "skirt":
        band = panels["waistband_front"]
        return _drop(panels, "") + _height(band), "top of the waistband to hem, at the centre front"
    if style.category == "dress":
        bodice = panels[trunk(panels)[0]]
        top = front_height(bodice, panels.get("stay_front"))
        return top - _centre(bodice, "waist") + _drop(panels, "skirt_"), _FROM[
            "stay_front" in panels or "top_band" in panels
        ]
    front = panels[trunk(panels)[0]]
    bottom = _centre(front, "hem") - (_height(panels["hem_rib_front"]) if "hem_rib_front" in panels else 0.0)
    return front_height(front, panels.get("stay_front")) - bottom, _FROM[
        "stay_front" in panels or "top_band" in panels
    ]


_FROM = ("side neck point to hem, down the front", "top at its highest to hem, down the front")


def trunk(panels: Mapping[str, Panel]) -> tuple[str, ...]:
    """Return the panels with shoulders, the front (first its left half, where it is open) before the back."""
    stem = "bodice_" if "bodice_back" in panels else ""
    halves = tuple(f"{stem}{side}_front" for side in ("left", "right"))
    fronts = halves if halves[0] in panels else (f"{stem}front",)
    back = panels.get(f"{stem}back")
    if back is None or not any(e.name.startswith(("shoulder", "armhole", "top")) for e in back.edges):
        return ()
    return (*fronts, f"{stem}back")


def _height(panel: Panel) -> float:
    return float(np.ptp(panel.outline[:, 1]))


def _centre(panel: Panel, stem: str) -> float:
    """Return the y [m] at which an edge crosses the centre line."""
    points = np.concatenate([e.points for e in panel.edges if e.name.startswith(stem)])
    points = points[np.argsort(points[:, 0])]
    return float(np.interp(0.0, points[:, 0], points[:, 1]))


def _drop(panels: Mapping[str, Panel], prefix: str) -> float:
    lowest = panels[_lowest(panels, prefix, "front")]
    return _centre(panels[f"{prefix}front"], "waist") - _centre(lowest, "hem")


def _lowest(panels: Mapping[str, Panel], prefix: str, side: str) -> str:
    """Return the name of a skirt's lowest tier."""
    tiers = [name for k in range(2, 5) if (name := f"{prefix}tier_{k}_{side}") in panels]
    return tiers[-1] if tiers else f"{prefix}{side}"


def _waist(panels: Mapping[str, Panel], style: Style, m: Measurements) -> Measured:
    if "waistband_under_front" in panels:
        return sum(
            _to_centre(panels[f"waistband_{name}"], "top") for name in ("front", "under_front", "back")
        ), "along the waistband, closed"
    if "waistband_front" in panels:
        tops = [panels[f"waistband_{side}"].edge("top").length for side in ("front", "back")]
        return sum(tops), "along the waistband"
    if style.family in ("dress", "jumpsuit") and style.waistline not in LOWERED:
        return sum(_stem_length(panels[name], "waist") for name in trunk(panels)), _WAIST_SEAM[
            style.waistline
        ]
    widths = [_across(panels[name], 0.0) for name in trunk(panels)]
    return None if None in widths else (sum(w for w in widths if w), "across all panels at the natural waist")


_WAIST_SEAM = {
    "natural": "along the waist seam, darts closed",
    "empire": "along the seam under the bust, darts closed",
    "high": "along the waist seam above the natural waist, darts closed",
}


def _across(panel: Panel, y: float) -> float | None:
    """Return the width [m] of a panel at y, or None above or below it."""
    outline = panel.outline
    x = curves.crossings(np.concatenate([outline, outline[:1]]), y)
    if any(e.name.startswith("underarm") for e in panel.edges):  # sleeves may hang as low beside the body
        x = np.array([max(x[x <= 0.0], default=0.0), min(x[x > 0.0], default=0.0)]) if len(x) else x
    return float(x.max() - x.min()) if len(x) >= 2 else None


def _bust(panels: Mapping[str, Panel], style: Style, m: Measurements) -> Measured:
    if not trunk(panels):
        return None
    if "stay_front" in panels:
        tops = [[e.points[:, 0] for e in panels[n].edges if e.name.startswith("top")] for n in trunk(panels)]
        return sum(
            float(np.ptp(np.concatenate(x))) for x in tops
        ), "across the top of the body, below its stay"
    if "neck_band" in panels:
        heads = [e.points[:, 0] for e in panels[trunk(panels)[0]].edges if e.name.startswith("armhole")]
        width = 2.0 * float(np.abs(np.concatenate(heads)).max())
        return width + _stem_length(
            panels[trunk(panels)[-1]], "top"
        ), "from side to side below the arms, front and back"
    feet = [
        edge.points[edge.points[:, 1].argmin()]
        for name in trunk(panels)
        for edge in panels[name].edges
        if edge.name in ("armhole_left", "armhole_right")
    ]
    feet += [
        min(edge.points[[0, -1]], key=lambda p: abs(float(p[0])))
        for name in trunk(panels)
        for edge in panels[name].edges
        if edge.name in ("underarm_left", "underarm_right")
    ]
    return float(np.abs(feet)[:, 0].sum()), "armhole foot to armhole foot, front and back"


def _hip(panels: Mapping[str, Panel], style: Style, m: Measurements) -> Measured:
    down = hip_depth(m)
    if style.category in LEGS:
        if style.category == "jumpsuit":
            down = hip_depth(leg_measurements(m))
        total = 0.0
        level = max(-down, float(run(panels["left_front"], "crotch")[:, 1].min()) + FORK_CURVE)
        for name in ("left_front", "right_front", "left_back", "right_back"):
            side = curves.crossings(run(panels[name], "side"), level)
            centre = curves.crossings(run(panels[name], "crotch"), level)
            total += abs(float(side[0] - centre[0]))
        return total, "across the four panels at hip level"
    if style.family == "t_shirt":
        widths = [_across(panels[name], -down) for name in trunk(panels)]
        return None if None in widths else (sum(w for w in widths if w), "across all panels at hip level")
    prefix = "skirt_" if style.category == "dress" else ""
    total = 0.0
    fronts = [name for name in (f"{prefix}front", f"{prefix}under_front") if name in panels]
    for name in (*fronts, f"{prefix}back"):
        width = _skirt_width(panels[name], down)
        if width is None:
            return None
        total += width
    return total, "front and back at hip level"


def _skirt_width(panel: Panel, down: float) -> float | None:
    """Return a skirt panel's width [m] at a distance below the natural waist, along an arc where its sides flare."""
    if _centre(panel, "hem") > -down:
        return None
    if any(fold.kind == "outer" for fold in panel.folds):
        return folded_width(panel, -down)
    if is_overlapping(panel):
        return _half_width(panel, down)
    left, right = (run(panel, f"side_{side}") for side in ("left", "right"))
    straight = all(len(s) == 2 for s in (left, right))
    a, b = left, right
    if not straight:
        return _across(panel, -down)
    directions = [s[0] - s[-1] if s[0, 1] > s[-1, 1] else s[-1] - s[0] for s in (a, b)]
    sweep = abs(_angle_between(directions[0], directions[1]))
    if sweep < 1e-6:
        return _across(panel, -down)
    apex = _meeting(a, b)
    hem_middle = _centre(panel, "hem")
    waist_middle = _centre(panel, "waist")
    if waist_middle > apex[1] or hem_middle > apex[1]:
        return None
    radius = apex[1] + down
    half_angles = [_off_centre(s, apex) for s in (a, b)]
    return float(radius * sum(half_angles))


def _to_centre(panel: Panel, stem: str) -> float:
    """Return the length [m] of an edge, of an overlapping front from its side to the centre only."""
    total = 0.0
    for edge in panel.edges:
        if edge.name.startswith(stem):
            points = edge.points
            if is_overlapping(panel):
                side = -1.0 if panel.placement.wrap == "over_front" else 1.0
                cut = curves.chain(*_cut_at_centre(points))
                step = np.linalg.norm(np.diff(cut, axis=0), axis=1)
                total += float(step[side * (cut[1:, 0] + cut[:-1, 0]) > 0.0].sum())
            else:
                total += edge.length
    return total


def _cut_at_centre(points: F64) -> list[F64]:
    """Return a polyline with a point of its own where it crosses the centre line."""
    x = points[:, 0]
    crossing = np.flatnonzero(x[:-1] * x[1:] < 0.0)
    if not len(crossing):
        return [points]
    k = int(crossing[0])
    middle = points[k] + x[k] / (x[k] - x[k + 1]) * (points[k + 1] - points[k])
    return [np.concatenate([points[: k + 1], middle[None]]), np.concatenate([middle[None], points[k + 1 :]])]


def _half_width(panel: Panel, down: float) -> float:
    """Return the width [m] of an overlapping front from its side to the centre, along an arc where the side flares."""
    over = panel.placement.wrap == "over_front"
    side = run(panel, "side_right" if over else "side_left")
    foot, head = side[side[:, 1].argmin()], side[side[:, 1].argmax()]
    if len(side) > 2 or abs(foot[0] - head[0]) < 1e-9:
        return float(abs(curves.crossings(side, -down)[0]))
    apex = head[1] - head[0] * (foot[1] - head[1]) / (foot[0] - head[0])
    return float((apex + down) * abs(np.arctan2(foot[0], apex - foot[1])))


def _off_centre(side: F64, apex: F64) -> float:
    """Return the angle [rad] between a radial side seam and the downward centre line."""
    far = side[np.argmax(np.linalg.norm(side - apex, axis=1))] - apex
    return abs(float(np.arctan2(far[0], -far[1])))


def _angle_between(a: F64, b: F64) -> float:
    return float(np.arctan2(a[0] * b[1] - a[1] * b[0], a @ b))


def _meeting(a: F64, b: F64) -> F64:
    """Return where the lines through two straight seams meet."""
    da, db = a[-1] - a[0], b[-1] - b[0]
    t = np.linalg.solve(np.stack([da, -db], axis=1), b[0] - a[0])
    meeting: F64 = a[0] + t[0] * da
    return meeting


def _shoulder(panels: Mapping[str, Panel], style: Style, m: Measurements) -> Measured:
    if not trunk(panels) or "stay_front" in panels or "top_band" in panels or "neck_band" in panels:
        return None
    back = panels[trunk(panels)[-1]]
    if "sleeve_back_left" in panels:  # raglan: the shoulder is on the sleeve
        tip = panels["sleeve_back_left"].edge("shoulder_left").points
        return 2.0 * float(np.abs(tip[:, 0]).max()), "tip to tip across the back, on the sleeves"
    tips = [back.edge("shoulder_right").points[0], back.edge("shoulder_left").points[-1]]
    return float(np.linalg.norm(tips[0] - tips[1])), "tip to tip across the back"


def _sleeve(panels: Mapping[str, Panel], style: Style, m: Measurements) -> Measured:
    if "sleeve_left" not in panels:
        owners = [panels[n] for n in (*trunk(panels), "sleeve_front_left") if n in panels]
        over = [e.length for owner in owners for e in owner.edges if e.name == "overarm_left"]
        band = _height(panels["cuff_left"]) if "cuff_left" in panels else 0.0
        return (over[0] + band, "shoulder tip to the sleeve's end, along the overarm seam") if over else None
    sleeve = panels["sleeve_left"]
    top = sleeve.edge("cap_back").points[-1]
    if "top_band" in panels:
        top = np.array([0.0, 0.0])  # the shoulder tip, above what was cut off
    bottom = panels["cuff_left"].edge("hem") if "cuff_left" in panels else sleeve.edge("cuff")
    return float(top[1] - bottom.points[:, 1].min()), "top of the cap to the cuff's edge, along the middle"


def _inseam(panels: Mapping[str, Panel], style: Style, m: Measurements) -> Measured:
    if style.category not in LEGS:
        return None
    return curves.length(run(panels["left_front"], "inseam")), "fork to hem along the inside leg"


def _neck(panels: Mapping[str, Panel], style: Style, m: Measurements) -> Measured:
    if not trunk(panels) or "stay_front" in panels or "top_band" in panels:
        return None
    names = (*trunk(panels), "neck_band") if "neck_band" in panels else trunk(panels)
    return sum(_stem_length(panels[name], "neck") for name in names), "along the neck edge"


def _hem(panels: Mapping[str, Panel], style: Style, m: Measurements) -> Measured:
    names: tuple[str, ...]
    if style.category in LEGS:
        names, how = ("left_front", "left_back"), "round one leg"
    elif style.family == "t_shirt":
        ribs = ("hem_rib_front", "hem_rib_back")
        names, how = ribs if ribs[0] in panels else trunk(panels), "round the hem"
    else:
        prefix = "skirt_" if style.category == "dress" else ""
        if f"{prefix}under_front" in panels:
            names = tuple(f"{prefix}{name}" for name in ("front", "under_front", "back"))
            return sum(_to_centre(panels[name], "hem") for name in names), "round the hem, closed"
        names = tuple(_lowest(panels, prefix, side) for side in ("front", "back"))
        how = "round the hem"
    return sum(_stem_length(panels[name], "hem") for name in names), how

"""Bodices whose waist seam is not at the natural waist: empire, under the bust, and drop, over the hip.

An empire bodice is the darted bodice drawn for the girth under the bust, seamed below the bust's fullness. A drop-waist
body is straight, without darts; its seam lies half-way down to the hip and takes the body's girth there.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from toile.engine.core.measurements import Measurements
from toile.garments import curves, ease
from toile.garments.blocks_bodice import (
    BodicePanels,
    Torso,
    draft_bodice,
    neckline,
    sew_upper,
    side_curve,
    upper_edges,
)
from toile.garments.blocks_skirt import Waist, hip_depth
from toile.garments.pattern import Edge, Placement
from toile.garments.piecework import Drawing, whole
from toile.garments.style import Style

UNDER_BUST = 0.075
"""How far [m] an empire seam lies below the bust points."""
LEAST_RISE = 0.035
"""Lowest empire seam [m] over the natural waist."""
LEAST_SIDE = 0.07
"""Shortest side seam [m] of an empire bodice; an armhole that was lowered for the arm lowers the seam."""
LOWERED = {"drop": 0.60, "low": 0.30}
"""Where a lowered waist seam lies, from the natural waist (0) to the hip (1)."""
RAISED = 0.45
"""Where a high waist seam lies, from the natural waist (0) to an empire's (1)."""


def seam_height(style: Style, m: Measurements, frame: Torso) -> float:
    """Return the height [m] of the waist seam over the natural waist."""
    if style.waistline == "empire":
        wanted = max(LEAST_RISE, frame.bust_point[1] - UNDER_BUST)
        return max(0.0, min(wanted, frame.underarm - LEAST_SIDE))
    if style.waistline == "high":
        return min(RAISED * max(LEAST_RISE, frame.bust_point[1] - UNDER_BUST), frame.underarm - LEAST_SIDE)
    return -_below(style) * hip_depth(m) if style.waistline in LOWERED else 0.0


def _below(style: Style) -> float:
    """Return where a lowered waist lies, from the natural waist (0) to the hip (1)."""
    return LOWERED[style.waistline]


def draft_empire_bodice(drawing: Drawing, style: Style, m: Measurements, frame: Torso) -> BodicePanels:
    """Add a darted bodice that ends under the bust; its y = 0 is that seam."""
    up = seam_height(style, m, frame)
    lifted = replace(
        frame,
        nape=frame.nape - up,
        side_neck_front=frame.side_neck_front - up,
        underarm=frame.underarm - up,
        bust_point=(frame.bust_point[0], frame.bust_point[1] - up),
    )
    under = max(m.underbust, 0.92 * m.waist)
    girth = under if style.waistline == "empire" else m.waist + RAISED * (under - m.waist)
    body = draft_bodice(drawing, style, replace(m, waist=girth), lifted)
    for name in (body.front, body.back):
        panel = drawing.panels[name]
        drawing.panels[name] = replace(panel, placement=replace(panel.placement, y=-up))
    return body


def draft_drop_body(drawing: Drawing, style: Style, m: Measurements, frame: Torso) -> BodicePanels:
    """Add a body without darts that ends between waist and hip."""
    bottom = seam_height(style, m, frame)
    body = m.waist + _below(style) * (m.hip - m.waist)
    quarter = 0.25 * max(
        body * (1.0 + max(0.0, ease.girth_ease(style, "hip"))), 0.94 * 4.0 * frame.bust_front
    )
    if style.hip is not None:
        quarter = min(quarter, 0.245 * style.hip)
    necks = neckline(style, frame, style.neck)
    names = []
    for front, name, chinese in ((True, "front", "前"), (False, "back", "后")):
        head = np.array([frame.bust_front if front else frame.bust_back, frame.underarm])
        points = [np.array([quarter, bottom])]
        if style.waist is not None:
            points.append(np.array([0.25 * style.waist, 0.0]))
        side = side_curve([*points, head])
        half = [
            Edge("waist", curves.line((0.0, bottom), side[0])),
            Edge("side", side, 0.015),
            *upper_edges(style, frame, necks[0 if front else 1], head, front, 0.008),
        ]
        placement = Placement("torso", name, "waist", 0.0, style.layer)
        names.append(
            drawing.add(f"bodice_{name}", whole(half, front), placement, f"Bodice {name} {chinese}上身")
        )
    sew_upper(drawing, style, names[0], names[1])
    return BodicePanels(names[0], names[1], Waist(quarter, quarter, 0.5 * quarter, 0.5 * quarter))

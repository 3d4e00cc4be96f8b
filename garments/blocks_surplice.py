"""Surplice fronts: a V whose right edge runs on across the left front to the waist or the hem, right over left.

The front is cut along that line, which prolongs the right neck edge, and the left front is sewn in below the right one's edge:
a mock wrap, of one layer, that cannot fall open. Girths stay those of the whole front, so it takes every sleeve and skirt.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from toile.garments import curves
from toile.garments.blocks_split import can_split, cut_seam, pass_on
from toile.garments.curves import F64
from toile.garments.pattern import Edge, Panel, Seam
from toile.garments.piecework import Drawing
from toile.garments.style import Style

UNDERLAP = 0.04
"""Allowance [m] of the crossing edges: the right front's facing, and what the left one reaches below it."""
OF_DART, OF_SIDE = 0.85, 0.60
"""Farthest that the line ends from the centre, of the way to a waist dart, or to the side where there is none."""
LEAST, APART = 0.02, 0.008
"""Least distance [m] of its end from the centre, and from a turn point."""


def cross_front(drawing: Drawing, style: Style) -> None:
    """Cut a front with a V neck along the prolonged right neck edge and sew it in again; say so where it has none."""
    name = next(
        (n for n in (f"{drawing.name}/bodice_front", f"{drawing.name}/front") if n in drawing.panels), None
    )
    panel = drawing.panels.get(name or "")
    tip = _tip(panel) if panel is not None else None
    if name is None or panel is None or tip is None or not can_split(panel):
        drawing.notes.append(f"The {style.label} has no V neck to cross; its front stays whole.")
        return
    foot, edge, at = _foot(panel, tip)
    names = cut_seam(drawing, (name, edge.name), at)
    _split(drawing, name, tip, foot, names[1])
    drawing.notes.append(
        f"The front of the {style.label} crosses right over left: its right edge runs on from the V to {100 * foot[0]:.0f} cm beyond "
        "the centre, where the left front is sewn in below it (a mock wrap, which is one layer in the simulation)."
    )


def _tip(panel: Panel) -> F64 | None:
    """Return the point of a front's V, which is a turn point of its neck; None where there is none."""
    ends = [e.points[-1] for e in panel.edges if e.name.startswith("neck_")]
    return next((p for p in ends if abs(float(p[0])) < 1e-6), None)


def _foot(panel: Panel, tip: F64) -> tuple[F64, Edge, float]:
    """Return where the line meets the lower edge, that edge, and the fraction of its length."""
    right = [
        e.points for e in panel.edges if e.name.startswith("neck_") and float(e.points[:, 0].mean()) < 0.0
    ]
    shoulder = min((p for points in right for p in points), key=lambda p: float(p[0]))
    lower = [
        e for e in panel.edges if e.name.startswith(("waist", "hem")) and float(e.points[:, 0].max()) > 1e-6
    ]
    darts = [
        float(e.points[:, 0].min())
        for e in panel.edges
        if e.name.startswith("dart") and e.points[:, 0].min() > 0.0
    ]
    most = OF_DART * min(darts) if darts else OF_SIDE * max(float(e.points[:, 0].max()) for e in lower)
    slope = -float(shoulder[0]) / max(float(shoulder[1] - tip[1]), 1e-3)
    middle = min(lower, key=lambda e: abs(float(e.points[:, 0].min())))
    floor = float(np.interp(0.0, *_by_x(middle.points)))
    x = min(max(slope * (float(tip[1]) - floor), LEAST), most)
    for turn in (float(p) for e in lower for p in e.points[[0, -1], 0]):
        if abs(turn - x) < APART:  # not next to a turn point
            x = turn - APART if turn > APART + LEAST else turn + APART
    low = next(e for e in lower if float(e.points[:, 0].min()) < x < float(e.points[:, 0].max()))
    walked = curves.cumulative(low.points)
    rising = low.points[-1, 0] > low.points[0, 0]
    at = (
        float(np.interp(x, low.points[:, 0], walked))
        if rising
        else float(np.interp(-x, -low.points[:, 0], walked))
    )
    return curves.point_at(low.points, at), low, at / low.length


def _by_x(points: F64) -> tuple[F64, F64]:
    order = np.argsort(points[:, 0])
    return points[order, 0], points[order, 1]


def _split(drawing: Drawing, name: str, tip: F64, foot: F64, after: str) -> None:
    """Cut a front from its V to a turn point of its lower edge, which `after` begins at, and sew both parts again."""
    drawing.loops = list(drawing.finished_loops())
    drawing.tacks = list(drawing.finished_tacks())
    old = drawing.panels[name]
    start = next(k for k, e in enumerate(old.edges) if np.linalg.norm(e.points[0] - tip) < 1e-9)
    ring = [*old.edges[start:], *old.edges[:start]]
    stop = next(k for k, e in enumerate(ring) if e.name == after)
    above = next(e.points for e in old.edges if np.linalg.norm(e.points[-1] - tip) < 1e-9)
    right_neck = ring[0].points
    into = curves.unit(tip - right_neck[1]) if len(right_neck) > 1 else curves.unit(tip - above[-2])
    line = curves.smooth(tip, into, foot, curves.unit(foot - tip), 0.33)
    parts = {
        "right": (*ring[:stop], Edge("crossing", line[::-1], UNDERLAP)),
        "left": (*ring[stop:], Edge("crossing", line, UNDERLAP)),
    }
    stem = name.rsplit("/", 1)[-1]
    names = {side: f"{drawing.name}/{stem.replace('front', f'{side}_front')}" for side in parts}
    owner = {e.name: side for side, edges in parts.items() for e in edges if e.name != "crossing"}
    panels: dict[str, Panel] = {}
    for key, panel in drawing.panels.items():
        if key != name:
            panels[key] = panel
            continue
        for side in ("left", "right"):
            sign = 1.0 if side == "left" else -1.0
            mine = {e.name for e in parts[side]}
            panels[names[side]] = replace(
                old,
                name=names[side],
                edges=parts[side],
                placement=replace(old.placement, wrap=f"{side}_front"),
                label=f"{old.label} {side} {'左' if side == 'left' else '右'}",
                notches=tuple(n for n in old.notches if n.edge in mine),
                folds=tuple(f for f in old.folds if sign * float(f.points[:, 0].mean()) > 0.0),
            )
    drawing.panels = panels
    pass_on(drawing, name, {edge: names[side] for edge, side in owner.items()})
    drawing.seams.append(
        Seam(f"{drawing.name}/crossing", (names["right"], "crossing"), (names["left"], "crossing"))
    )

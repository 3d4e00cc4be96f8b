"""A centre seam: panels cut down x = 0, for a zip or a button stand, with everything that is sewn to them.

Whatever meets a panel across its centre is cut where it meets it, so that every seam still joins one edge to one edge.
The two halves are sewn to each other (in the simulation the zip is closed); lengths and girths do not change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from toile.garments import curves
from toile.garments.pattern import Edge, Loop, Panel, Seam, Tack
from toile.garments.piecework import Drawing, Ref

SIDES = ("left", "right")
NEAR = 1.0e-6
"""A turn point within this distance [m] of the centre lies on it."""


def can_split(panel: Panel) -> bool:
    """Whether a panel is a whole front or back that meets its centre line in two places, and has no folds across it."""
    if panel.placement.wrap not in ("front", "back") or panel.placement.part != "torso":
        return False
    if any(fold.kind in ("outer", "inner") for fold in panel.folds):
        return False
    crossings = sum(_crosses(e) for e in panel.edges)
    on = sum(abs(float(e.points[0, 0])) < NEAR for e in panel.edges)
    return crossings + on == 2


def _crosses(edge: Edge) -> bool:
    return float(edge.points[:, 0].min()) < -NEAR and float(edge.points[:, 0].max()) > NEAR


def split_centre(drawing: Drawing, panel: str, allowance: float) -> tuple[str, str]:
    """Cut a panel down its centre and sew the halves; returns the wearer's left half's name and the right one's.

    Args:
        allowance: of the centre edges [m].
    """
    for edge in drawing.panels[panel].edges:
        if _crosses(edge):
            _cut_at_centre(drawing, panel, edge)
    drawing.loops = list(drawing.finished_loops())
    drawing.tacks = list(drawing.finished_tacks())
    old = drawing.panels[panel]
    face = old.placement.wrap
    stem = panel.rsplit("/", 1)[-1]
    names = {side: f"{drawing.name}/{stem.replace(face, f'{side}_{face}')}" for side in SIDES}
    positive = "left" if face == "front" else "right"
    owner = {e.name: _half(e, positive) for e in old.edges}
    halves = {side: _closed([e for e in old.edges if owner[e.name] == side], allowance) for side in SIDES}
    panels: dict[str, Panel] = {}
    for name, other in drawing.panels.items():
        if name != panel:
            panels[name] = other
            continue
        for side in SIDES:
            mine = {e.name for e in halves[side]}
            panels[names[side]] = replace(
                old,
                name=names[side],
                edges=halves[side],
                placement=replace(old.placement, wrap=f"{side}_{face}"),
                label=f"{old.label} {side} {'左' if side == 'left' else '右'}",
                notches=tuple(n for n in old.notches if n.edge in mine),
                folds=tuple(
                    f for f in old.folds if (float(f.points[:, 0].mean()) > 0.0) == (side == positive)
                ),
            )
    drawing.panels = panels
    pass_on(drawing, panel, {edge: names[side] for edge, side in owner.items()})
    drawing.seams.append(
        Seam(f"{drawing.name}/centre_{stem}", (names["left"], "centre"), (names["right"], "centre"))
    )
    return names["left"], names["right"]


def pass_on(drawing: Drawing, panel: str, owner: Mapping[str, str]) -> None:
    """Let seams, rings and tacks of a panel that was cut up name the panels that its edges are of now."""

    def moved(ref: Ref) -> Ref:
        return (owner[ref[1]], ref[1]) if ref[0] == panel else ref

    drawing.seams = [replace(s, first=moved(s.first), second=moved(s.second)) for s in drawing.seams]
    drawing.loops = [Loop(r.name, r.garment, tuple(map(moved, r.edges)), r.axis) for r in drawing.loops]
    drawing.tacks = [Tack(t.name, moved(t.first), moved(t.second)) for t in drawing.tacks]
    drawing.parts = {key: parts for key, parts in drawing.parts.items() if key[0] != panel}


def _half(edge: Edge, positive: str) -> str:
    other = "right" if positive == "left" else "left"
    return positive if float(edge.points[:, 0].mean()) > 0.0 else other


def _cut_at_centre(drawing: Drawing, panel: str, edge: Edge) -> None:
    """Make a turn point where an edge crosses the centre, and one where its partner meets it."""
    x = edge.points[:, 0]
    k = int(np.flatnonzero(np.sign(x[:-1]) * np.sign(x[1:]) <= 0.0)[0])
    share = x[k] / (x[k] - x[k + 1])
    walked = curves.cumulative(edge.points)
    cut_seam(
        drawing, (panel, edge.name), float(walked[k] + share * (walked[k + 1] - walked[k])) / edge.length
    )


def cut_seam(drawing: Drawing, ref: Ref, fraction: float) -> tuple[str, str]:
    """Make a turn point at a fraction of an edge's length, and of its partner's where it is sewn; returns the parts' names."""
    first, second = drawing.split(ref, [fraction * drawing.panels[ref[0]].edge(ref[1]).length])
    for seam in list(drawing.seams):
        if ref not in (seam.first, seam.second):
            continue
        other = seam.second if seam.first == ref else seam.first
        across = 1.0 - fraction if seam.reversed else fraction
        far = drawing.split(other, [across * drawing.panels[other[0]].edge(other[1]).length])
        mine = (first, second)
        theirs = far[::-1] if seam.reversed else far
        new = []
        for k, (a, b) in enumerate(zip(mine, theirs, strict=True)):
            one, two = (ref[0], a), (other[0], b)
            pair = (one, two) if seam.first == ref else (two, one)
            lengths = [drawing.panels[p].edge(e).length for p, e in pair]
            gained = lengths[0] - lengths[1] if seam.ease else 0.0
            new.append(Seam(f"{seam.name}_{'ab'[k]}", *pair, seam.kind, gained, seam.reversed))
        at = drawing.seams.index(seam)
        drawing.seams[at : at + 1] = new
        break
    return first, second


def _closed(edges: Sequence[Edge], allowance: float) -> tuple[Edge, ...]:
    """Return a half's edges in outline order, closed along the centre."""
    start = next(
        k for k, edge in enumerate(edges) if np.linalg.norm(edge.points[0] - edges[k - 1].points[-1]) > NEAR
    )
    ordered = [*edges[start:], *edges[:start]]
    line = curves.line(ordered[-1].points[-1], ordered[0].points[0])
    return (*ordered, Edge("centre", line, allowance))

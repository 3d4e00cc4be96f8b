"""Wrap skirts: two fronts that overlap, the wearer's right over the left, held at the ends of the waist.

Both fronts are cut from the front of the plain skirt, each from its own side seam across the centre to a line that keeps
its share of the way from the centre to the other side at every level. Closed, the centre fronts lie on one another, and
every girth is measured so: from the back and from each front up to its centre line. Ends are held by tacks (buttons or the
knots of a tie): each end of the waist to the turn point below or above which it lies on the other front.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from toile.engine.core.measurements import Measurements
from toile.garments import curves
from toile.garments.blocks_band import Band
from toile.garments.blocks_skirt import SkirtShape, Waist, skirt_halves, waist_run
from toile.garments.curves import F64
from toile.garments.pattern import Edge, Panel, Placement
from toile.garments.piecework import Drawing, Ref, whole
from toile.garments.style import Style

REACH = 0.74
"""How far beyond the centre each front reaches, of the way to the other side."""
FRONTS = ("front", "under_front")
"""The front that is seen, from the wearer's right side, and the one below it, from the left."""


def wrap_panels(
    drawing: Drawing, style: Style, waist: Waist, shape: SkirtShape, m: Measurements
) -> tuple[str, str]:
    """Add both fronts and the back of a wrap skirt, sew the sides; returns the outer front's and the back's name.

    Raises:
        Infeasible: stated girths that contradict each other in an A-line.
    """
    plain = replace(style, silhouette="a_line", slit=False)
    front, back = skirt_halves(plain, waist, shape)
    prefix = "skirt_" if style.family == "dress" else ""
    title = "Skirt" if prefix else style.label.capitalize()
    behind = drawing.add(
        f"{prefix}back",
        whole(back, False),
        Placement("torso", "back", "waist", 0.0, style.layer),
        f"{title} back 后片",
    )
    drawing.sew_darts(behind)
    names = []
    for name, chinese in zip(FRONTS, ("外前", "内前"), strict=True):
        over = name == "front"
        wrap = "over_front" if over else "under_front"
        edges = _front(front, waist.front, left=not over)
        label = f"{title} {'outer' if over else 'inner'} front {chinese}片"
        names.append(
            drawing.add(f"{prefix}{name}", edges, Placement("torso", wrap, "waist", 0.0, style.layer), label)
        )
        drawing.sew_darts(names[-1])
    outer, inner = names
    for side, panel in (("right", outer), ("left", inner)):
        drawing.sew(f"skirt_side_{side}", [(panel, f"side_{side}")], [(behind, f"side_{side}")])
    if prefix:
        _hang(drawing, outer, inner, behind)
    drawing.notes.append(
        f"The {style.label} wraps right over left by {100 * 2.0 * REACH * waist.front:.0f} cm at the waist and is held by a tie."
    )
    return outer, behind


def _hang(drawing: Drawing, outer: str, inner: str, back: str) -> None:
    """Make both fronts ready for a waist seam: the inner one's hidden stretch is tacked to it at three places."""
    waist = [e for e in drawing.panels[outer].edges if e.name.startswith("waist")]
    end = max((p for e in waist for p in e.points[[0, -1]]), key=lambda p: float(p[0]))
    centre = next(
        float(np.interp(0.0, e.points[::-1, 0], e.points[::-1, 1]))
        for e in waist
        if e.points[-1, 0] < 0.0 < e.points[0, 0]
    )
    corner = (-float(end[0]), float(end[1]))
    for panel in (outer, inner):
        turn_at(drawing, panel, "waist", 0.0)
    turn_at(drawing, inner, "waist", float(end[0]))
    turn_at(drawing, outer, "waist", corner[0])
    for name, point in (("inner_waist", (0.0, centre)), ("inner_end", corner)):
        refs = [starting_at(drawing.panels[p], point) for p in (inner, outer)]
        drawing.tack(name, *refs)
    hidden = [(inner, e.name) for e in drawing.panels[inner].edges if _hidden(e, float(end[0]))]
    _hem_ring(drawing, back, outer, inner, hidden)


def _hem_ring(drawing: Drawing, back: str, outer: str, inner: str, hidden: Sequence[tuple[str, str]]) -> None:
    """Name the ring of the hem: back and outer front, up its edge, along what the outer hides, down the inner front's."""
    drawing.ring(
        "hem",
        [
            (back, "hem"),
            (outer, "hem"),
            (outer, "front_edge"),
            *hidden,
            (inner, "front_edge"),
            (inner, "hem"),
        ],
        "torso",
    )


def _hidden(edge: Edge, end: float) -> bool:
    return edge.name.startswith("waist") and float(edge.points[:, 0].max()) < end + 1e-6


def closed_run(drawing: Drawing, outer: str) -> list[Ref]:
    """Return the waist edges that a bodice's front is sewn to: all of the outer front's, then the inner one's beyond."""
    run = waist_run(drawing, outer)
    end = max(float(drawing.panels[outer].edge(name).points[:, 0].max()) for _, name in run)
    inner = outer.replace("front", "under_front")
    return [
        *run,
        *(ref for ref in waist_run(drawing, inner) if not _hidden(drawing.panels[inner].edge(ref[1]), end)),
    ]


def _front(half: Sequence[Edge], finished: float, left: bool) -> list[Edge]:
    """Return a front from its side, the wearer's left (+x) or right, across the centre to its own edge."""
    hem, _, *top = half
    own = [replace(e, name=f"{e.name}_left" if e.name not in ("hem", "waist") else e.name) for e in half]
    kept: list[Edge] = []  # the waist beyond the centre, from the centre on
    left_over = REACH * finished
    for edge in reversed(top):
        points = edge.points[::-1]
        if edge.kind == "dart":
            kept.append(replace(edge, points=points))
            continue
        if edge.length <= left_over:
            kept.append(replace(edge, points=points))
            left_over -= edge.length
            continue
        kept.append(replace(edge, points=curves.cut(points, [left_over])[0]))
        break
    at = kept[-1].points[-1]
    share = _share(half, at)
    far = curves.cut(hem.points, [share * hem.length])[0]
    mirror = np.array([-1.0, 1.0])
    centre = kept[0]
    first = replace(hem, points=curves.chain(far[::-1] * mirror, hem.points))
    waist = replace(centre, points=curves.chain(own[-1].points, centre.points * mirror))
    rest = [replace(e, name=f"{e.name}_right", points=e.points * mirror) for e in kept[1:]]
    last = rest[-1].points[-1] if rest else waist.points[-1]
    edge = Edge("front_edge", curves.line(last, first.points[0]), 0.03, "hem")
    edges = [first, *own[1:-1], waist, *rest, edge]
    return edges if left else _mirrored(edges)


def _share(half: Sequence[Edge], at: F64) -> float:
    """Return the share of the way from the centre to the side at which a point of the waist lies, darts laid flat."""
    _, side, *top = half
    centre, end = top[-1].points[-1], side.points[-1]
    direction = side.points[0] - end
    if abs(direction[0]) < 1e-9:
        return float((at[0] - centre[0]) / (end[0] - centre[0]))
    apex = end[1] - end[0] / direction[0] * direction[1]
    return float(np.arctan2(at[0], apex - at[1]) / np.arctan2(end[0], apex - end[1]))


def _mirrored(edges: Sequence[Edge]) -> list[Edge]:
    swap = {"left": "right", "right": "left"}

    def name(old: str) -> str:
        stem, _, side = old.rpartition("_")
        return f"{stem}_{swap[side]}" if side in swap else old

    return [replace(e, name=name(e.name), points=curves.mirrored(e.points)) for e in reversed(edges)]


def wrap_band(drawing: Drawing, style: Style, waist: Waist, band: Band, outer: str, back: str) -> None:
    """Add the waistband of a wrap skirt in three pieces, each over its own panel, and tack its ends."""
    inner = outer.replace("front", "under_front")
    low, high = band.low, band.high
    reach = REACH * waist.front
    pieces = (
        ("front", "over_front", outer, -waist.front, reach, "外前"),
        ("under_front", "under_front", inner, -reach, waist.front, "内前"),
        ("back", "back", back, -waist.back, waist.back, "后"),
    )
    names = {}
    for name, wrap, panel, left, right, chinese in pieces:
        ends = {
            "front": ("front_edge", "end_right"),
            "under_front": ("end_left", "front_edge"),
            "back": ("end_right", "end_left"),
        }[name]
        corners = [(left, low), (right, low), (right, high), (left, high), (left, low)]
        edges = [
            Edge(n, curves.line(a, b), 0.01)
            for n, a, b in zip(("bottom", ends[0], "top", ends[1]), corners, corners[1:], strict=False)
        ]
        names[name] = drawing.add(
            f"waistband_{name}",
            edges,
            Placement("torso", wrap, "waist", 0.0, style.layer),
            f"Waistband {name.replace('_', ' ')} {chinese}腰头",
            "cut 2, interface 1",
            stiffness=4.0,
            grain=(1.0, 0.0),
        )
        if name != "back":
            for edge in ("bottom", "top"):
                turn_at(drawing, names[name], edge, -reach if name == "front" else reach)
        drawing.sew(f"waistband_{name}", [(names[name], "bottom")], waist_run(drawing, panel))
    for side, front in (("right", "front"), ("left", "under_front")):
        drawing.sew(f"waistband_{side}", [(names[front], f"end_{side}")], [(names["back"], f"end_{side}")])
    over, under = names["front"], names["under_front"]
    tack(drawing, "tie", over, under, (reach, low, high))
    tack(drawing, "inner_tie", under, over, (-reach, low, high))
    parts = drawing.panels[under].edges
    tops = [(under, e.name) for e in parts if e.name.startswith("top") and e.points[0, 0] > reach + 1e-6]
    drawing.ring("waist", [(names["back"], "top"), (over, "top"), *tops], "torso")
    bottoms = [
        (under, e.name) for e in parts if e.name.startswith("bottom") and e.points[-1, 0] < reach + 1e-6
    ]
    _hem_ring(drawing, back, outer, inner, bottoms[::-1])


def turn_at(drawing: Drawing, panel: str, stem: str, x: float) -> None:
    """Make a turn point where an edge, or the part of it that does, passes x [m]."""
    for edge in drawing.panels[panel].edges:
        low, high = edge.points[:, 0].min(), edge.points[:, 0].max()
        if edge.name.startswith(stem) and edge.kind != "dart" and low + 1e-4 < x < high - 1e-4:
            forward = edge.points[-1, 0] > edge.points[0, 0]
            points = edge.points if forward else edge.points[::-1]
            at = float(np.interp(x, points[:, 0], curves.cumulative(points)))
            drawing.turn(panel, edge.name, [at if forward else edge.length - at])
            return


def tack(drawing: Drawing, name: str, ending: str, other: str, at: tuple[float, float, float]) -> None:
    """Tack the two corners of a band's end to the turn points of the other band there; at: x, lower and upper y [m]."""
    x, low, high = at
    for corner, y in (("top", high), ("bottom", low)):
        refs = [starting_at(drawing.panels[p], (x, y)) for p in (ending, other)]
        drawing.tack(f"{name}_{corner}", *refs)


def starting_at(panel: Panel, point: tuple[float, float]) -> Ref:
    """Return the edge of a panel that begins at a point [m]."""
    away = [float(np.linalg.norm(e.points[0] - np.array(point))) for e in panel.edges]
    k = int(np.argmin(away))
    assert away[k] < 1e-6, f"{panel.name} has no turn point at {point}"
    return panel.name, panel.edges[k].name

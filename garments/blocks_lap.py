"""Fronts that lap: each reaches past the centre line by its stand, one lies on the other, and buttons tie the two together.

Both fronts are cut from one whole front, so the same panel coordinates are the same place of the closed garment, and x = 0 is the
centre of both. The stand of each repeats the other's hem, waist and lower edge. At the head of the opening the centre points of both
neck edges are held together (a tack: the top button or hook); from there the stands' heads fall a little, under the collar.
`closed` is the inverse: the same pattern, cut at the centre and sewn shut, as which it is measured and laid round a body.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from toile.garments.curves import F64
from toile.garments.pattern import Edge, Fold, Notch, Panel, Pattern, Seam, Tack, Tie
from toile.garments.piecework import Drawing, Ref

EDGE, HEAD = "lap_edge", "lap_top"
NEAR = 1.0e-6
"""A point within this distance [m] of the centre lies on it."""
ROOM = 0.008
"""What stays [m] between a stand and the nearest dart or slit of the front that it lies on."""
FACED = 0.015
"""How far [m] a facing reaches behind the centre."""
LAYERS, FUSED = 2.0, 27.0
"""How stiff a front is against stretch and bending where its facing is fused to it: two layers, which with an interlining of a layer's
thickness bonded between them bend as one of three times the thickness."""
TURNED = 0.010
"""Allowance [m] at the head of a stand."""


def is_lapped(panel: Panel) -> bool:
    """Whether a panel is a front that laps."""
    return any(e.name == EDGE for e in panel.edges)


def own_side(panel: Panel) -> float:
    """Return the sign of x on a half's own side of the centre."""
    front = panel.placement.wrap.endswith("front")
    return 1.0 if panel.placement.wrap.startswith("left") == front else -1.0


def twin(panel: str) -> str:
    """Return the name of the other half."""
    one, other = ("left_", "right_") if "left_" in panel else ("right_", "left_")
    return panel.replace(one, other)


def stand_of(panel: Panel) -> float:
    """Return how far [m] a lapped front reaches past the centre."""
    return float(np.abs(panel.edge(EDGE).points[:, 0]).max())


def can_lap(drawing: Drawing, pairs: Sequence[tuple[Panel, Panel]], stand: float) -> bool:
    """Whether pairs of halves, from the top down, can reach past their centre: nothing is in the way, and what they are sewn to across
    reaches with them."""
    names = {p.name for pair in pairs for p in pair}
    partner: dict[Ref, str] = {}
    for seam in drawing.seams:
        partner[seam.first], partner[seam.second] = seam.second[0], seam.first[0]
    for k, pair in enumerate(pairs):
        for panel in pair:
            now = drawing.panels[panel.name]
            found = next((i for i, e in enumerate(now.edges) if e.name == "centre"), None)
            if found is None or partner.get((now.name, "centre")) != twin(now.name):
                return False
            above, below = _beside(now, found)
            for edge, last in ((above, k == 0), (below, k == len(pairs) - 1)):
                across = partner.get((now.name, edge.name))
                if not last and across not in names:
                    return False
                if last and edge is below and across is not None:
                    return False
                far = np.abs(edge.points[:, 0]).max()
                if not (last and edge is above) and far < stand + ROOM:
                    return False
            top = np.inf if k else float(now.edges[found].points[:, 1].max())
            rest = np.concatenate(
                [e.points for e in now.edges if e.name not in ("centre", above.name, below.name)]
            )
            if float(np.abs(rest[rest[:, 1] < top, 0]).min()) < stand + ROOM:
                return False
    return True


def _beside(panel: Panel, k: int) -> tuple[Edge, Edge]:
    """Return the edges above and below a half's centre edge, which is its k-th."""
    before, after = panel.edges[k - 1], panel.edges[(k + 1) % len(panel.edges)]
    return (before, after) if own_side(panel) > 0.0 else (after, before)


def lap(
    drawing: Drawing, pairs: Sequence[tuple[Panel, Panel]], stand: float, facing: float, ties: Sequence[Tie]
) -> None:
    """Let pairs of halves, from the top down, reach past the centre [m] instead of being sewn there, and tie them."""
    for k, pair in enumerate(pairs):
        for panel in pair:
            drawing.panels[panel.name] = _reaching(drawing.panels[panel.name], stand, facing, head=k == 0)
    names = {p.name for pair in pairs for p in pair}
    drawing.seams = [
        s for s in drawing.seams if not (s.first[0] in names and s.first[1] == s.second[1] == "centre")
    ]
    left, right = (drawing.panels[p.name] for p in pairs[0])
    if own_side(left) < 0.0:
        left, right = right, left
    names_right = [e.name for e in right.edges]
    after = right.edges[(names_right.index(HEAD) + 1) % len(names_right)]
    drawing.tack("front_head", (left.name, HEAD), (right.name, after.name))
    drawing.ties.extend(ties)


def _reaching(panel: Panel, stand: float, facing: float, head: bool) -> Panel:
    """Return a half with its stand; its centre becomes a line on it."""
    k = next(i for i, e in enumerate(panel.edges) if e.name == "centre")
    ring = [*panel.edges[k + 1 :], *panel.edges[:k]]
    centre = panel.edges[k].points
    if own_side(panel) > 0.0:
        upper, lower = ring[-1], ring[0]
    else:
        upper, lower = ring[0], ring[-1]
    across = {lower.name: _mirrored_part(lower, stand)}
    top = centre[int(centre[:, 1].argmax())]
    if head:
        fall = float(np.clip(0.3 * stand, 0.004, 0.008))
        corner = np.array([-own_side(panel) * stand, float(top[1]) - fall])
    else:
        across[upper.name] = _mirrored_part(upper, stand)
        corner = across[upper.name][0]
    foot = across[lower.name][0]
    edges: list[Edge] = []
    for edge in ring:
        more = across.get(edge.name)
        if more is None:
            edges.append(edge)
        elif abs(float(edge.points[0, 0])) < NEAR:
            edges.append(replace(edge, points=np.concatenate([more[:-1], edge.points])))
        else:
            edges.append(replace(edge, points=np.concatenate([edge.points, more[::-1][1:]])))
    down = np.array([corner, foot])
    if own_side(panel) > 0.0:
        new = [Edge(EDGE, down, facing, "hem")]
        if head:
            new.insert(0, Edge(HEAD, np.array([top, corner]), TURNED, "hem"))
    else:
        new = [Edge(EDGE, down[::-1], facing, "hem")]
        if head:
            new.append(Edge(HEAD, np.array([corner, top]), TURNED, "hem"))
    names = {e.name: e for e in panel.edges}
    notches = tuple(
        _kept(n, names[n.edge], next(e for e in edges if e.name == n.edge))
        for n in panel.notches
        if n.edge != "centre"
    )
    line = Fold("centre", centre if centre[0, 1] > centre[-1, 1] else centre[::-1])
    return replace(panel, edges=(*edges, *new), notches=notches, folds=(*panel.folds, line))


def _kept(notch: Notch, old: Edge, new: Edge) -> Notch:
    """Return a notch at the same place of an edge that was made longer at one end."""
    if old.length == new.length:
        return notch
    lead = new.length - old.length if np.linalg.norm(new.points[-1] - old.points[-1]) < NEAR else 0.0
    return Notch(notch.edge, (lead + notch.fraction * old.length) / new.length)


def _mirrored_part(edge: Edge, stand: float) -> F64:
    """Return what an edge that ends on the centre is on the other side, from the stand's edge to the centre."""
    points = edge.points if abs(float(edge.points[0, 0])) < NEAR else edge.points[::-1]
    x = np.abs(points[:, 0])
    k = int(np.flatnonzero(x > stand)[0])
    t = (stand - x[k - 1]) / (x[k] - x[k - 1])
    end = points[k - 1] + t * (points[k] - points[k - 1])
    inner = points[1:k][np.linalg.norm(points[1:k] - end, axis=1) > NEAR]
    found: F64 = np.concatenate([end[None], inner[::-1], points[:1]]) * np.array([-1.0, 1.0])
    found[0, 0] = -np.sign(end[0]) * stand
    found[-1, 0] = 0.0
    return found


def closed(pattern: Pattern) -> Pattern:
    """Return a pattern whose lapped fronts are cut at their centre and sewn shut there; other patterns as they are."""
    lapped = [p.name for p in pattern.panels if is_lapped(p)]
    if not lapped:
        return pattern
    panels = tuple(_cut(p) if is_lapped(p) else p for p in pattern.panels)
    seams = [
        Seam(f"{name}/centre", (name, "centre"), (twin(name), "centre")) for name in lapped if "left_" in name
    ]
    there = {(p.name, e.name) for p in panels for e in p.edges}
    joins = tuple(j for j in pattern.joins if all(s.edge not in (EDGE, HEAD) for s in j.to))
    tacks: tuple[Tack, ...] = tuple(t for t in pattern.tacks if t.first in there and t.second in there)
    return replace(pattern, panels=panels, seams=(*pattern.seams, *seams), tacks=tacks, joins=joins, ties=())


def _cut(panel: Panel) -> Panel:
    side = own_side(panel)
    edges: list[Edge] = []
    for edge in panel.edges:
        if edge.name in (EDGE, HEAD):
            continue
        mine = edge.points[side * edge.points[:, 0] > -NEAR]
        edges.append(edge if len(mine) == len(edge.points) else replace(edge, points=mine))
    at = next(
        k for k, e in enumerate(edges) if np.linalg.norm(edges[(k + 1) % len(edges)].points[0] - e.points[-1]) > NEAR
    )  # fmt: skip
    ends = np.array([edges[at].points[-1], edges[(at + 1) % len(edges)].points[0]])
    edges.insert(at + 1, Edge("centre", ends, panel.edge(EDGE).allowance))
    old = {e.name: e for e in panel.edges}
    notches = []
    for notch in panel.notches:
        new = next((e for e in edges if e.name == notch.edge), None)
        if new is None:
            continue
        whole = old[notch.edge]
        lead = (
            whole.length - new.length
            if np.linalg.norm(whole.points[-1] - new.points[-1]) < NEAR and whole.length > new.length
            else 0.0
        )
        share = (notch.fraction * whole.length - lead) / new.length
        if 0.0 <= share <= 1.0:
            notches.append(Notch(notch.edge, share))
    return replace(panel, edges=tuple(edges), notches=tuple(notches))

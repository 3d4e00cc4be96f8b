"""A pattern from elsewhere made wearable: where each piece belongs, what its edges are, and which rings it has.

Other formats have pieces and stitches, some a place in space, and no names that mean anything here. From the pieces'
places and the stitches follow: the limb that a piece wraps, front or back, left or right; shoulder seams (between front
and back, lying across), side seams, hems; the rings of free edges that must go round a limb, the neck or the trunk.
Lengths are metres, as in `pattern`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from toile.engine.core.errors import BadInput
from toile.garments import curves
from toile.garments.curves import F64
from toile.garments.pattern import Edge, Loop, Panel, Pattern, Placement, Seam

Ref = tuple[str, str]
ALLOWANCE, HEM = 0.01, 0.02
BAND = 0.015
"""Half the width [m] of a usual waistband: its upper rim lies so far above the waist."""
MOST_GATHER = 4.0
"""Longer over shorter edge of a seam that can still be gathered."""
FRONT_LENGTH = 0.41
"""From the side of the neck down to the waist [m], of GB/T 1335's base body."""
FAR = 0.12
"""How far [m] from there a seam may lie that is taken for the waist's: hips and empire seams are none."""
LOWEST_SHOULDER = 1.15
"""Height [m] over the floor that no adult's shoulder seam is below; pieces that hang in space say how high they are."""
PLAIN, EASED = 0.001, 0.06
"""A seam is plain up to this difference [m], eased up to this share of its length, and gathered beyond."""


@dataclass(frozen=True)
class LoosePanel:
    """A piece: edges [m] counter-clockwise from its right side, y up the body or the limb.

    part and wrap as in `Placement`; middle (3,) [m]: about where it hangs, X to the wearer's left, Y up, Z to the front.
    """

    name: str
    edges: tuple[Edge, ...]
    part: str
    wrap: str
    middle: F64
    grain: tuple[float, float] = (0.0, 1.0)
    label: str = ""
    facing: float | None = None  # as in `Panel`


@dataclass(frozen=True)
class LooseSeam:
    """Two edges to be sewn, each (panel name, edge name)."""

    first: Ref
    second: Ref
    reversed: bool = True


def wearable(
    garment: str,
    cloth: str,
    panels: Sequence[LoosePanel],
    seams: Sequence[LooseSeam],
    notes: Sequence[str] = (),
) -> Pattern:
    """Return the pattern of one garment.

    Raises:
        BadInput: a piece crosses itself, a seam joins what does not exist, is sewn already, or is of a very different
            length; the message names piece and edge.
    """
    _check_pieces(panels)
    edges = {(p.name, e.name): e for p in panels for e in p.edges}
    made = _seams(seams, edges, {p.name: p for p in panels})
    renamed, made = _named(panels, made)
    pieces = {p.name: p for p in renamed}
    placed = tuple(
        Panel(p.name, 0, p.edges, placement, p.label or p.name, p.grain, pieces="cut 1", facing=p.facing)
        for p, placement in zip(renamed, _placements(pieces, made), strict=True)
    )
    loops = _rings(placed, pieces, made)
    return Pattern((garment,), (cloth,), placed, tuple(made), loops, (), tuple(notes))


def _check_pieces(panels: Sequence[LoosePanel]) -> None:
    for panel in panels:
        outline = np.concatenate([e.points[:-1] for e in panel.edges])
        if curves.area(outline) < 1e-4:
            raise BadInput(f"Piece {panel.name!r} has no area; draw its outline closed.")
        pair = crossing_edges(panel.edges)
        if pair is not None:
            raise BadInput(
                f"Piece {panel.name!r} crosses itself: its edges {pair[0]!r} and {pair[1]!r} meet; redraw them apart."
            )


def crossing_edges(edges: Sequence[Edge]) -> tuple[str, str] | None:
    """Return the names of two edges of an outline that cross, or None."""
    outline = np.concatenate([e.points[:-1] for e in edges])
    if not curves.crosses_itself(outline):
        return None
    owner = [e.name for e in edges for _ in range(len(e.points) - 1)]
    a, b = outline, np.roll(outline, -1, axis=0)
    count = len(a)
    for i in range(count):
        for j in range(i + 2, count if i else count - 1):
            if _cross(a[i], b[i], a[j], b[j]):
                return owner[i], owner[j]
    return owner[0], owner[-1]


def _cross(a: F64, b: F64, c: F64, d: F64) -> bool:
    def side(p: F64, q: F64, r: F64) -> float:
        return float((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))

    return side(a, b, c) * side(a, b, d) <= 0.0 and side(c, d, a) * side(c, d, b) <= 0.0


def _seams(
    seams: Sequence[LooseSeam], edges: Mapping[Ref, Edge], panels: Mapping[str, LoosePanel]
) -> list[Seam]:
    made: list[Seam] = []
    sewn: dict[Ref, int] = {}
    for k, seam in enumerate(seams):
        for ref in (seam.first, seam.second):
            if ref[0] not in panels:
                raise BadInput(f"Seam {k + 1} sews the piece {ref[0]!r}, which the pattern does not have.")
            if ref not in edges:
                raise BadInput(
                    f"Seam {k + 1} sews the edge {ref[1]!r} of piece {ref[0]!r}, which it does not have."
                )
            if ref in sewn:
                raise BadInput(
                    f"Seams {sewn[ref] + 1} and {k + 1} both sew the edge {ref[1]!r} of piece {ref[0]!r}; split it in two."
                )
            sewn[ref] = k
        a, b = edges[seam.first].length, edges[seam.second].length
        if max(a, b) > MOST_GATHER * min(a, b):
            raise BadInput(
                f"Seam {k + 1} joins the edge {seam.first[1]!r} of {seam.first[0]!r} ({100 * a:.1f} cm) to the edge "
                f"{seam.second[1]!r} of {seam.second[0]!r} ({100 * b:.1f} cm); they are too different to be sewn together."
            )
        dart = seam.first[0] == seam.second[0] and _meet(edges[seam.first], edges[seam.second])
        gap = abs(a - b)
        kind = "plain" if gap <= PLAIN else "ease" if gap <= EASED * max(a, b) else "gather"
        name = f"seam_{k + 1}"
        made.append(Seam(name, seam.first, seam.second, "dart" if dart else kind, a - b, seam.reversed))
    return made


def _meet(a: Edge, b: Edge) -> bool:
    """Whether one edge begins where the other ends: the two legs of a dart."""
    return bool(np.allclose(a.points[-1], b.points[0]) or np.allclose(b.points[-1], a.points[0]))


def _named(panels: Sequence[LoosePanel], seams: list[Seam]) -> tuple[list[LoosePanel], list[Seam]]:
    """Name shoulder edges and darts as the rest of the program knows them, and give allowances and kinds to all."""
    by_name = {p.name: p for p in panels}
    shoulders: set[Ref] = set()
    centres: set[Ref] = set()
    sides: set[Ref] = set()
    darts: set[Ref] = set()
    sewn: set[Ref] = set()
    for seam in seams:
        sewn |= {seam.first, seam.second}
        if seam.kind == "dart":
            darts |= {seam.first, seam.second}
            continue
        one, two = by_name[seam.first[0]], by_name[seam.second[0]]
        if not one.part == two.part == "torso":
            continue
        beside = _front(one) != _front(two) or _halves(one, two)
        across = all(_is_shoulder(by_name[p], e) for p, e in (seam.first, seam.second))
        if _halves(one, two):
            centres |= {seam.first, seam.second}
        elif beside and across:
            shoulders |= {seam.first, seam.second}
        if beside:
            sides |= {seam.first, seam.second}
    names: dict[Ref, str] = {}
    renamed = []
    for panel in panels:
        edges = []
        for k, edge in enumerate(panel.edges):
            ref = (panel.name, edge.name)
            kind = "dart" if ref in darts else "seam" if ref in sewn else "hem"
            word = f"shoulder_{k}" if ref in shoulders else f"centre_{k}" if ref in centres else edge.name
            if word == edge.name and ref not in sides and kind != "dart" and _is_top(panel, edge):
                word = f"waist_{k}"
            names[ref] = word
            edges.append(replace(edge, name=word, kind=kind, allowance=HEM if kind == "hem" else ALLOWANCE))
        renamed.append(replace(panel, edges=tuple(edges)))
    moved = [
        replace(s, first=(s.first[0], names[s.first]), second=(s.second[0], names[s.second])) for s in seams
    ]
    return renamed, moved


def _halves(one: LoosePanel, two: LoosePanel) -> bool:
    """Whether two pieces are the left and the right half of one front or back."""
    return _front(one) == _front(two) and {one.wrap.split("_")[0], two.wrap.split("_")[0]} == {
        "left",
        "right",
    }


def _front(panel: LoosePanel) -> bool:
    return "back" not in panel.wrap


def _is_top(panel: LoosePanel, edge: Edge) -> bool:
    """Whether an edge is the upper rim of a piece below the shoulders."""
    return panel.part == "torso" and bool(panel.middle[1] < LOWEST_SHOULDER) and _runs_left(edge)


def _runs_left(edge: Edge) -> bool:
    """Whether an edge runs leftwards, as a counter-clockwise outline does along its upper rim."""
    across, up = edge.points[-1] - edge.points[0]
    return bool(across < 0.0 and abs(across) > abs(up))


def _is_shoulder(panel: LoosePanel, name: str) -> bool:
    """Whether an edge lies across the top of its piece: more across than up, in the upper quarter, as high as shoulders are."""
    edge = next(e for e in panel.edges if e.name == name)
    if panel.middle[1] > 0.0 and float(edge.points[:, 1].mean()) < LOWEST_SHOULDER:
        return False
    outline = np.concatenate([e.points for e in panel.edges])
    low, high = outline[:, 1].min(), outline[:, 1].max()
    reach = np.ptp(edge.points, axis=0)
    return bool(reach[0] > 0.7 * reach[1] and edge.points[:, 1].mean() > low + 0.72 * (high - low))


def _placements(panels: Mapping[str, LoosePanel], seams: Sequence[Seam]) -> list[Placement]:
    """Say at which landmark each piece sits, from where the garment's waist must be."""
    trunk = [p for p in panels.values() if p.part in ("torso", "left_leg", "right_leg")]
    with_shoulder = [p for p in trunk if any(e.name.startswith("shoulder_") for e in p.edges)]
    placements = []
    waist = _waist_level(with_shoulder, trunk, seams, panels)
    for panel in panels.values():
        top = max(float(e.points[:, 1].max()) for e in panel.edges)
        if panel.part.endswith("arm"):
            side = panel.part.split("_")[0]
            placements.append(Placement(panel.part, panel.wrap, f"{side}_shoulder_tip", top))
        elif panel.part == "neck":
            placements.append(
                Placement("neck", panel.wrap, "nape", min(float(e.points[:, 1].min()) for e in panel.edges))
            )
        else:
            placements.append(Placement(panel.part, panel.wrap, "waist", waist))
    return placements


def _waist_level(
    shouldered: Sequence[LoosePanel],
    trunk: Sequence[LoosePanel],
    seams: Sequence[Seam],
    panels: Mapping[str, LoosePanel],
) -> float:
    """Return the panel coordinate [m] that belongs at the body's waist.

    A waist seam, where a bodice meets what hangs from it; the top of what hangs from the waist; else, and where that seam is no
    waist's, what lies 41 cm below the shoulders.
    """
    names = {p.name for p in shouldered}
    if not shouldered:
        every = [e for p in trunk for e in p.edges]
        tops = [e for e in every if e.kind == "hem" and _runs_left(e)] or every
        highest = max(float(e.points[:, 1].mean()) for e in tops)
        middles = []
        for panel in trunk:
            rim = [
                e
                for e in panel.edges
                if any(e is t for t in tops) and float(e.points[:, 1].mean()) > highest - 0.08
            ]
            if rim:
                points = np.concatenate([e.points for e in rim])
                middles.append(float(points[np.abs(points[:, 0]).argmin(), 1]))
        return float(np.mean(middles)) - BAND
    joints = []
    for seam in seams:
        for mine, other in ((seam.first, seam.second), (seam.second, seam.first)):
            below = panels[other[0]].part in ("torso", "left_leg", "right_leg") and other[0] not in names
            if mine[0] in names and below:
                edge = next(e for e in panels[mine[0]].edges if e.name == mine[1])
                joints.append(float(edge.points[:, 1].mean()))
    necks = [
        float(e.points[:, 1].max()) for p in shouldered for e in p.edges if e.name.startswith("shoulder_")
    ]
    waist = max(necks) - FRONT_LENGTH
    if joints and abs(float(np.mean(joints)) - waist) < FAR:
        return float(np.mean(joints))
    return waist


def _rings(
    panels: Sequence[Panel], loose: Mapping[str, LoosePanel], seams: Sequence[Seam]
) -> tuple[Loop, ...]:
    """Return the rings of free edges with the axis that each goes round."""
    free = [(p.name, e.name) for p in panels for e in p.edges if e.kind == "hem"]
    ends = _welded_ends(panels, seams)
    left = {ref: ends[ref] for ref in free}
    loops: list[Loop] = []
    while left:
        ref, (start, at) = next(iter(left.items()))
        del left[ref]
        chain = [ref]
        while at != start:
            following = next((r for r, (a, b) in left.items() if at in (a, b)), None)
            if following is None:
                break
            a, b = left.pop(following)
            at = b if a == at else a
            chain.append(following)
        if at == start:
            loops.append(Loop("", 0, tuple(chain), _axis(chain, loose)))
    return _ring_names(loops, {p.name: p for p in panels}, loose)


def _welded_ends(panels: Sequence[Panel], seams: Sequence[Seam]) -> dict[Ref, tuple[int, int]]:
    """Return, for every edge, the numbers of its two ends after sewing."""
    number: dict[tuple[str, int], int] = {}
    ends: dict[Ref, tuple[int, int]] = {}
    for panel in panels:
        count = len(panel.edges)
        for k, edge in enumerate(panel.edges):
            pair = [number.setdefault((panel.name, i % count), len(number)) for i in (k, k + 1)]
            ends[panel.name, edge.name] = (pair[0], pair[1])
    root = list(range(len(number)))

    def find(i: int) -> int:
        while root[i] != i:
            i = root[i]
        return i

    for seam in seams:
        (a, b), (c, d) = ends[seam.first], ends[seam.second]
        for i, j in ((a, d), (b, c)) if seam.reversed else ((a, c), (b, d)):
            root[find(i)] = find(j)
    return {ref: (find(a), find(b)) for ref, (a, b) in ends.items()}


def _axis(chain: Sequence[Ref], panels: Mapping[str, LoosePanel]) -> str:
    parts = [panels[name].part for name, _ in chain]
    for part in ("left_arm", "right_arm", "left_leg", "right_leg"):
        if all(p == part for p in parts):
            return part
    if any(p == "neck" for p in parts):
        return "neck"
    return "torso"


def _ring_names(
    loops: Sequence[Loop], panels: Mapping[str, Panel], loose: Mapping[str, LoosePanel]
) -> tuple[Loop, ...]:
    """Name the rings: cuffs and leg hems by their limb; of the trunk's the lowest is the hem, the highest neck or waist."""

    def points(loop: Loop) -> F64:
        return np.concatenate([panels[p].edge(e).points for p, e in loop.edges])

    shouldered = any(e.name.startswith("shoulder_") for p in panels.values() for e in p.edges)
    trunk = sorted((k for k in loops if k.axis == "torso"), key=lambda k: float(points(k)[:, 1].mean()))
    named: list[Loop] = []
    for loop in loops:
        if loop.axis.endswith("arm"):
            named.append(replace(loop, name=f"cuff_{loop.axis.split('_')[0]}"))
        elif loop.axis.endswith("leg"):
            named.append(replace(loop, name=f"hem_{loop.axis.split('_')[0]}"))
        elif loop.axis == "neck" and not any("hood" in p for p, _ in loop.edges):
            named.append(replace(loop, name="neck"))
    for k, loop in enumerate(trunk):
        across = [_world_x(loose[p], panels[p].edge(e).points) for p, e in loop.edges]
        middle = float(np.concatenate(across).mean())
        span = float(np.ptp(np.concatenate(across)))
        if shouldered and abs(middle) > 0.35 * span and abs(middle) > 0.06:
            side = "left" if middle > 0.0 else "right"
            named.append(replace(loop, name=f"armhole_{side}", axis=f"{side}_arm"))
        elif shouldered and k == len(trunk) - 1:
            named.append(replace(loop, name="neck", axis="neck"))
        elif not shouldered and k == len(trunk) - 1:
            named.append(replace(loop, name="waist"))
        else:
            named.append(replace(loop, name="hem" if k == 0 else f"ring_{k}"))
    return tuple(named)


def _world_x(panel: LoosePanel, points: F64) -> F64:
    """Return how far to the wearer's left the points of a piece hang [m]: a back is seen from behind."""
    return points[:, 0] if _front(panel) else -points[:, 0]

"""A pattern being drafted: half outlines become panels, darts open on edges, edges are cut so that seams match.

A half outline runs counter-clockwise on the +x side, from the centre line's foot to its head. `Drawing` collects
panels, seams and rings; `sew` cuts the edges on both sides of a seam at each other's turn points, so that every Seam
joins exactly one edge to one edge of the same length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from toile.garments import curves
from toile.garments.curves import F64
from toile.garments.pattern import Edge, Fold, Join, Loop, Notch, Panel, Placement, Seam, Stretch, Tack, Tie

SEAM_TOLERANCE = 5.0e-5
"""Largest difference [m] between seam partners beyond the stated ease."""

Ref = tuple[str, str]


class SeamMismatch(curves.NoRoot):
    """Two runs of edges that are to be sewn cannot be given one length for the numbers that were asked."""


@dataclass(frozen=True)
class Dart:
    """A dart to open on a line: its share of the line's surplus, and how deep its tip lies [m]."""

    share: float
    depth: float


def darted(base: F64, targets: Sequence[float], darts: Sequence[Dart], inward: float = 1.0) -> list[F64]:
    """Open darts on a line so that what remains between them has the target lengths.

    Args:
        base: the line with its darts in it, drawn flat.
        targets: finished lengths [m] between the darts, one more than there are darts.
        darts: what each takes of base minus targets.
        inward: +1 when the cloth lies to the left of the direction of walking.

    Returns:
        Polylines in order: piece, leg to the tip, leg from the tip, piece, …

    The line dips outwards at each dart, so that the pieces meet the legs at right angles and the sewn line is smooth
    (trueing). The legs of a dart are equal by construction: its tip stands on the bisector of its mouth.
    """
    walked = list(targets)
    total = curves.length(base)
    for _ in range(40):
        surplus = total - sum(walked)
        pieces, legs = _open(base, walked, [d.share * surplus for d in darts], darts, inward)
        errors = [t - curves.length(p) for t, p in zip(targets, pieces, strict=True)]
        if max(abs(e) for e in errors) < 1e-9:
            break
        walked = [w + e for w, e in zip(walked, errors, strict=True)]
    result = [pieces[0]]
    for (to_tip, from_tip), piece in zip(legs, pieces[1:], strict=True):
        result += [to_tip, from_tip, piece]
    return result


def _open(
    base: F64, walked: Sequence[float], intakes: Sequence[float], darts: Sequence[Dart], inward: float
) -> tuple[list[F64], list[tuple[F64, F64]]]:
    marks: list[float] = []
    at = 0.0
    for piece_length, intake in zip(walked, intakes, strict=False):
        marks += [at + piece_length, at + piece_length + intake]
        at = marks[-1]
    raw = curves.cut(base, marks)[::2]
    slopes = [i / (2.0 * d.depth) for i, d in zip(intakes, darts, strict=True)]
    dips = [0.5 * s * min(walked[k], walked[k + 1]) for k, s in enumerate(slopes)]
    pieces: list[F64] = []
    for k, piece in enumerate(raw):
        shifted = _resampled(piece) if darts else piece
        if k > 0:
            shifted = _bent(shifted[::-1], dips[k - 1], slopes[k - 1], inward)[::-1]
        if k < len(darts):
            shifted = _bent(shifted, dips[k], slopes[k], -inward)
        pieces.append(shifted)
    legs = []
    for k, dart in enumerate(darts):
        mouth = pieces[k + 1][0] - pieces[k][-1]
        inner = inward * np.array([-mouth[1], mouth[0]]) / np.linalg.norm(mouth)
        tip = 0.5 * (pieces[k][-1] + pieces[k + 1][0]) + dart.depth * inner
        legs.append((curves.line(pieces[k][-1], tip), curves.line(tip, pieces[k + 1][0])))
    return pieces, legs


def _resampled(piece: F64) -> F64:
    walked = curves.cumulative(piece)
    at = np.union1d(np.linspace(0.0, walked[-1], 33), walked)
    at = at[np.concatenate([[True], np.diff(at) > 1e-6])]
    at[-1] = walked[-1]
    return np.stack([np.interp(at, walked, piece[:, i]) for i in range(2)], axis=1)


def _bent(piece: F64, dip: float, slope: float, outward: float) -> F64:
    """Push the end of a line outwards by `dip`, reaching `slope` there and leaving its start as it is."""
    walked = curves.cumulative(piece)
    if len(piece) < 2 or walked[-1] <= 0.0:
        raise curves.NoRoot("a dart takes all of the line beside it")
    power = slope * walked[-1] / dip
    tangent = np.gradient(piece, walked, axis=0)
    normal = outward * np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    offset = np.zeros_like(walked)
    offset[1:] = dip * np.exp(power * np.log(walked[1:] / walked[-1]))
    bent: F64 = piece + offset[:, None] * normal
    return bent


def whole(half: Sequence[Edge], front: bool) -> tuple[Edge, ...]:
    """Unfold a half outline at its centre line: edges that touch it become one, the others get _left and _right."""
    plus, minus = ("left", "right") if front else ("right", "left")
    first, *middle, last = half
    mirror = {e.name: replace(e, points=curves.mirrored(e.points)) for e in half}
    bottom = replace(first, points=curves.chain(mirror[first.name].points, first.points))
    top = replace(last, points=curves.chain(last.points, mirror[last.name].points))
    return (
        bottom,
        *(replace(e, name=f"{e.name}_{plus}") for e in middle),
        top,
        *(replace(mirror[e.name], name=f"{e.name}_{minus}") for e in reversed(middle)),
    )


def side_half(half: Sequence[Edge], plus: bool, centre: Edge | None = None) -> tuple[Edge, ...]:
    """Close a half outline along its centre line, on the +x side or mirrored to the -x side."""
    middle = centre or Edge("centre", curves.line(half[-1].points[-1], half[0].points[0]), 0.015)
    edges = [*half, middle]
    return (
        tuple(edges) if plus else tuple(replace(e, points=curves.mirrored(e.points)) for e in reversed(edges))
    )


@dataclass
class Drawing:
    """Panels, seams and rings of one garment while they are drawn."""

    garment: int
    name: str
    panels: dict[str, Panel] = field(default_factory=dict)
    seams: list[Seam] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    tacks: list[Tack] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cut_only: dict[str, Panel] = field(default_factory=dict)
    joins: list[Join] = field(default_factory=list)
    ties: list[Tie] = field(default_factory=list)
    centre_slit: float = 0.0  # length [m] of a slit to open at the centre back or front
    parts: dict[Ref, tuple[str, ...]] = field(default_factory=dict)

    def add(
        self,
        name: str,
        edges: Sequence[Edge],
        placement: Placement,
        label: str,
        pieces: str = "cut 1",
        stiffness: float = 1.0,
        grain: tuple[float, float] = (0.0, 1.0),
        elastic: float = 0.0,
    ) -> str:
        """Add a panel under the garment's name and return its full name."""
        full = f"{self.name}/{name}"
        self.panels[full] = Panel(
            full,
            self.garment,
            tuple(edges),
            placement,
            label,
            grain,
            stiffness=stiffness,
            pieces=pieces,
            elastic=elastic,
        )
        return full

    def cut_piece(
        self,
        name: str,
        edges: Sequence[Edge],
        host: Panel,
        label: str,
        pieces: str = "cut 1",
        grain: tuple[float, float] = (0.0, 1.0),
    ) -> str:
        """Add a piece that is cut and sewn on but not simulated, placed as its host is; returns its full name."""
        full = f"{self.name}/{name}"
        self.cut_only[full] = Panel(
            full, self.garment, tuple(edges), host.placement, label, grain, pieces=pieces
        )
        return full

    def join(self, name: str, edges: Sequence[Ref], to: Sequence[Stretch]) -> None:
        """Say what a piece that is not simulated is sewn to; both must be equally long.

        Raises:
            AssertionError: they are not.
        """
        mine = sum(self.cut_only[p].edge(e).length for p, e in edges)
        both = {**self.panels, **self.cut_only}
        theirs = sum((s.end - s.start) * both[s.panel].edge(s.edge).length for s in to)
        if abs(mine - theirs) > SEAM_TOLERANCE:
            raise AssertionError(f"{self.name}: {name} joins {100 * mine:.3f} cm to {100 * theirs:.3f} cm.")
        self.joins.append(Join(f"{self.name}/{name}", tuple(edges), tuple(to)))

    def mark(self, panel: str, *folds: Fold) -> None:
        """Draw lines on a panel."""
        old = self.panels[panel]
        self.panels[panel] = replace(old, folds=(*old.folds, *folds))

    def edges_of(self, panel: str, edge: str) -> tuple[str, ...]:
        """Return the names, in outline order, of the edges that an edge has been cut into."""
        parts = self.parts.get((panel, edge))
        if parts is None:
            return (edge,)
        return tuple(name for part in parts for name in self.edges_of(panel, part))

    def sew(
        self, name: str, first: Sequence[Ref], second: Sequence[Ref], kind: str = "plain", ease: float = 0.0
    ) -> None:
        """Sew a run of edges to another.

        Args:
            first: (panel, edge) in the order in which the outlines run.
            second: the edges that they meet, in the same order along the seam, so against their outlines.
            ease: length [m] of first minus second; spread evenly.

        Raises:
            SeamMismatch: the two runs differ by something else than the ease.
        """
        one = [(p, e) for p, edge in first for e in self.edges_of(p, edge)]
        two = [(p, e) for p, edge in second for e in reversed(self.edges_of(p, edge))]
        ends_one, ends_two = self._ends(one), self._ends(two)
        if abs(ends_one[-1] - ends_two[-1] - ease) > SEAM_TOLERANCE:
            raise SeamMismatch(
                f"{self.name}: seam {name} joins {100 * ends_one[-1]:.3f} cm to {100 * ends_two[-1]:.3f} cm "
                f"with {100 * ease:.3f} cm of ease."
            )
        stretch = ends_one[-1] / ends_two[-1]
        marks = sorted({*ends_one[:-1].tolist()})
        marks += [
            m for m in (ends_two[:-1] * stretch).tolist() if all(abs(m - o) > SEAM_TOLERANCE for o in marks)
        ]
        marks.sort()
        new_one = self._cut(one, ends_one, marks, False)
        new_two = self._cut(two, ends_two, [m / stretch for m in marks], True)
        for k, (a, b) in enumerate(zip(new_one, new_two, strict=True)):
            label = name if len(new_one) == 1 else f"{name}_{k + 1}"
            difference = self._length(a) - self._length(b) if ease else 0.0
            self.seams.append(Seam(f"{self.name}/{label}", a, b, kind, difference))

    def sew_darts(self, panel: str) -> None:
        """Sew every pair of consecutive dart edges of a panel."""
        edges = self.panels[panel].edges
        k = 0
        while k < len(edges):
            if edges[k].kind == "dart":
                a, b = edges[k].name, edges[k + 1].name
                short = panel.split("/")[1]
                self.seams.append(Seam(f"{self.name}/{short}_{a}", (panel, a), (panel, b), "dart"))
                k += 1
            k += 1

    def ring(self, name: str, edges: Sequence[Ref], axis: str) -> None:
        """Note a ring; its edges are resolved to their parts by `finished_loops`."""
        self.loops.append(Loop(name, self.garment, tuple(edges), axis))

    def tack(self, name: str, first: Ref, second: Ref) -> None:
        """Hold the first turn points of two edges together."""
        self.tacks.append(Tack(f"{self.name}/{name}", first, second))

    def finished_tacks(self) -> tuple[Tack, ...]:
        """Return the tacks with every edge replaced by the part of it that begins where it did."""
        return tuple(
            replace(
                tack,
                first=(tack.first[0], self.edges_of(*tack.first)[0]),
                second=(tack.second[0], self.edges_of(*tack.second)[0]),
            )
            for tack in self.tacks
        )

    def finished_loops(self) -> tuple[Loop, ...]:
        """Return the rings with every edge replaced by the edges that it was cut into."""
        return tuple(
            replace(loop, edges=tuple((p, e) for p, edge in loop.edges for e in self.edges_of(p, edge)))
            for loop in self.loops
        )

    def turn(self, panel: str, edge: str, places: Sequence[float]) -> None:
        """Make turn points of an edge at walked distances [m]: the point of a V, the corners of a square."""
        self.split((panel, edge), places)

    def notch(self, *marks: tuple[Ref, float]) -> None:
        """Mark places that meet: an edge and a fraction of its length each."""
        for (panel, edge), fraction in marks:
            old = self.panels[panel]
            self.panels[panel] = replace(old, notches=(*old.notches, Notch(edge, fraction)))

    def _length(self, ref: Ref) -> float:
        return self.panels[ref[0]].edge(ref[1]).length

    def _ends(self, refs: Sequence[Ref]) -> F64:
        return np.cumsum([self._length(r) for r in refs])

    def _cut(self, refs: Sequence[Ref], ends: F64, marks: Sequence[float], against: bool) -> list[Ref]:
        """Cut edges at walked distances, and return the new edges in the order of walking."""
        result: list[Ref] = []
        begin = 0.0
        for ref, end in zip(refs, ends.tolist(), strict=True):
            inside = [m - begin for m in marks if begin + SEAM_TOLERANCE < m < end - SEAM_TOLERANCE]
            size = end - begin
            places = sorted(size - m for m in inside) if against else inside
            names = self.split(ref, places)
            result += [(ref[0], n) for n in (reversed(names) if against else names)]
            begin = end
        return result

    def split(self, ref: Ref, places: Sequence[float]) -> tuple[str, ...]:
        """Cut an edge at walked distances [m]; returns the names of its parts in outline order."""
        if not places:
            return (ref[1],)
        panel, name = ref
        old = self.panels[panel]
        edge = old.edge(name)
        pieces = curves.cut(edge.points, places)
        names = tuple(f"{name}_{k + 1}" for k in range(len(pieces)))
        new = [replace(edge, name=n, points=p) for n, p in zip(names, pieces, strict=True)]
        edges: list[Edge] = []
        for e in old.edges:
            edges += new if e.name == name else [e]
        bounds = [0.0, *[p / edge.length for p in places], 1.0]
        notches: list[Notch] = []
        for mark in old.notches:
            if mark.edge != name:
                notches.append(mark)
                continue
            k = max(i for i in range(len(names)) if bounds[i] <= mark.fraction)
            notches.append(Notch(names[k], (mark.fraction - bounds[k]) / (bounds[k + 1] - bounds[k])))
        self.panels[panel] = replace(old, edges=tuple(edges), notches=tuple(notches))
        self.parts[ref] = names
        return names

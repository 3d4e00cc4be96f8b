"""Dress a figure: place every panel round its body part, sew, settle, and prove that the start is clean.

Each panel is wrapped on convex tapes round its part of the body (`form.py`): a row of cloth becomes an arc of the tape
at its height, side seams at equal fractions of the cloth; a tape shorter than its cloth is let out, so a flared skirt
becomes a cone. Cloth above the underarm follows arches over the shoulders; trousers pass through the saddle under the
crotch; sleeves follow the arm's axis. Seam partners then move to their mean, the displacement spreads inwards
harmonically, and the sewn cloth settles (`settle.py`).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from toile.engine.core.body import PARTS, Figure
from toile.engine.core.errors import BadInput, Infeasible
from toile.engine.core.intersect import body_cloth_intersections, cloth_self_intersections
from toile.garments.cloth_mesh import ClothMesh
from toile.garments.fabric import fabric
from toile.garments.form import (
    SAMPLES,
    STEP,
    Form,
    Soup,
    Tapes,
    arch,
    make_form,
    on_closed,
    on_open,
    resample,
    saddle,
)
from toile.garments.meshing import PanelMesh, SewnMesh, mesh_pattern, sew
from toile.garments.pattern import Panel, Pattern
from toile.garments.settle import harmonic, settle
from toile.garments.topology import check_topology

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

CLEARANCE = 0.012
"""Distance [m] of a snug tape from the body."""
LAYER = 0.013
"""Further distance [m] per layer."""
STEEPEST = 0.62
"""Most that a cone's radius may grow per length of cloth (38 degrees from vertical)."""
MIDDLE = 0.004
"""Least distance [m] of a trouser leg from the plane between the legs."""
FLOOR = 0.012
"""Lowest height [m] of a hem."""


@dataclass(frozen=True)
class Piece:
    """A panel, its mesh, and its level [m] per vertex: up the body, 0 at the placement's landmark."""

    panel: Panel
    mesh: PanelMesh
    level: F64
    across: F64  # 0 at the low-x boundary, 1 at the high-x one

    @property
    def front(self) -> bool:
        """Whether it lies before the body."""
        return "back" not in self.panel.placement.wrap


def dress(pattern: Pattern, figure: Figure, edge_length: float = 0.015) -> ClothMesh:
    """Return the sewn garments round a figure, outside it and free of intersections.

    Args:
        pattern: panels with placements; seams.
        figure: the body in its A-pose.
        edge_length: wanted length of the triangles' sides [m].

    Raises:
        BadInput: a pattern that cannot be sewn (see `meshing`).
        Infeasible: a garment that cannot be put on this body without crossing it or itself.
    """
    sewn = sew(pattern, mesh_pattern(pattern, edge_length))
    vertices = np.zeros((sewn.vertex_count, 3))
    order = sorted(range(len(pattern.garments)), key=lambda g: _layer(pattern, g))
    worn: list[Soup] = []
    done: list[int] = []
    for garment in order:
        form = make_form(figure, worn)
        mine = [i for i, panel in enumerate(pattern.panels) if panel.garment == garment]
        flat = _place(pattern, sewn, mine, form)
        faces = np.isin(sewn.panel_of_face, mine)
        used = np.unique(sewn.faces[faces])
        vertices[used] = settle(pattern, sewn, mine, flat, form, vertices, done)
        done.append(garment)
        worn.append(_soup_of_garment(pattern, sewn, mine, vertices))
    cloth = _assemble(pattern, sewn, vertices, figure)
    _prove(cloth, figure)
    return cloth


def _layer(pattern: Pattern, garment: int) -> int:
    return max((p.placement.layer for p in pattern.panels if p.garment == garment), default=0)


def _soup_of_garment(pattern: Pattern, sewn: SewnMesh, panels: Sequence[int], vertices: F64) -> Soup:
    """Return a placed garment's edges, labelled with the body part that each panel wraps."""
    label = {
        "torso": "torso",
        "left_leg": "left_thigh",
        "right_leg": "right_thigh",
        "left_arm": "left_upper_arm",
        "right_arm": "right_upper_arm",
    }
    starts, ends, parts = [], [], []
    for i in panels:
        faces = sewn.faces[sewn.panel_of_face == i]
        for a, b in ((0, 1), (1, 2), (2, 0)):
            starts.append(vertices[faces[:, a]])
            ends.append(vertices[faces[:, b]])
            parts.append(np.full(len(faces), PARTS.index(label[pattern.panels[i].placement.part])))
    return Soup(np.concatenate(starts), np.concatenate(ends), np.concatenate(parts).astype(np.int32))


def _place(pattern: Pattern, sewn: SewnMesh, panels: Sequence[int], form: Form) -> F64:
    """Return wrapped positions [m] of the panels' vertices, partners at their mean; shape (sum n, 3)."""
    placed = np.zeros((len(sewn.weld), 3))
    weight = np.ones(len(sewn.weld))
    tiers = _tiers(pattern, sewn, panels)
    for tier in tiers:
        parts = {pattern.panels[i].placement.part for i in tier}
        pieces = {i: _piece(pattern, sewn.panels[i], i, tier) for i in tier}
        if parts & {"left_leg", "right_leg"}:
            points = place_trousers(pattern, list(pieces.values()), form)
        elif parts & {"left_arm", "right_arm"}:
            points = [place_sleeve(piece, form) for piece in pieces.values()]
        elif any(_has_shoulder(pattern, pattern.panels[i]) for i in tier):
            points = place_bodice(pattern, list(pieces.values()), form)
        else:
            points = place_tube(list(pieces.values()), form)
        for i, xyz in zip(pieces, points, strict=True):
            placed[sewn.start[i] : sewn.start[i + 1]] = xyz
            if pattern.panels[i].placement.part.endswith("arm"):
                weight[sewn.start[i] : sewn.start[i + 1]] = 0.25
    return _join(sewn, panels, placed, weight)


def _join(sewn: SewnMesh, panels: Sequence[int], placed: F64, weight: F64) -> F64:
    """Move seam partners to their weighted mean and spread the displacement harmonically inside each panel."""
    total = np.zeros((sewn.vertex_count, 3))
    mass = np.zeros(sewn.vertex_count)
    count = np.zeros(sewn.vertex_count)
    mine = np.concatenate([np.arange(sewn.start[i], sewn.start[i + 1]) for i in panels])
    np.add.at(total, sewn.weld[mine], weight[mine, None] * placed[mine])
    np.add.at(mass, sewn.weld[mine], weight[mine])
    np.add.at(count, sewn.weld[mine], 1.0)
    target = total / np.maximum(mass, 1e-12)[:, None]
    joined = placed.copy()
    for i in panels:
        span = slice(sewn.start[i], sewn.start[i + 1])
        ids = sewn.weld[span]
        fixed = count[ids] > 1
        moved = np.where(fixed[:, None], target[ids] - placed[span], 0.0)
        joined[span] = placed[span] + harmonic(sewn.panels[i].points, sewn.panels[i].faces, fixed, moved)
    return joined


def _tiers(pattern: Pattern, sewn: SewnMesh, panels: Sequence[int]) -> list[list[int]]:
    """Group the panels that share a tape: those joined by seams along the body, not across it."""
    names = {pattern.panels[i].name: i for i in panels}
    root = {i: i for i in panels}

    def find(i: int) -> int:
        while root[i] != i:
            i = root[i]
        return i

    for seam in pattern.seams:
        if seam.first[0] in names and seam.second[0] in names:
            a, b = names[seam.first[0]], names[seam.second[0]]
            if _alongside(pattern.panels[a], pattern.panels[b]):
                root[max(find(a), find(b))] = min(find(a), find(b))
    groups: dict[int, list[int]] = {}
    for i in panels:
        groups.setdefault(find(i), []).append(i)
    return list(groups.values())


def _alongside(a: Panel, b: Panel) -> bool:
    """Whether two panels lie side by side round one part (a bodice and its skirt lie above one another)."""
    legs = {"left_leg", "right_leg"}
    same = a.placement.part == b.placement.part or {a.placement.part, b.placement.part} <= legs
    return same and (a.placement.wrap != b.placement.wrap or a.placement.part != b.placement.part)


def _has_shoulder(pattern: Pattern, panel: Panel) -> bool:
    return bool(_shoulder_edges(panel))


def _shoulder_edges(panel: Panel) -> list[str]:
    return [edge.name for edge in panel.edges if "shoulder" in edge.name or "strap" in edge.name]


def _side_edges(pattern: Pattern, panel: Panel) -> list[str]:
    """Return the edges sewn to a panel beside this one, shoulders apart."""
    shoulders = set(_shoulder_edges(panel))
    found = []
    for seam in pattern.seams:
        for mine, other in ((seam.first, seam.second), (seam.second, seam.first)):
            if mine[0] == panel.name and other[0] != panel.name and mine[1] not in shoulders:
                partner = pattern.panel(other[0])
                if partner.garment == panel.garment and _alongside(panel, partner):
                    found.append(mine[1])
    return found


def _piece(pattern: Pattern, mesh: PanelMesh, index: int, tier: Sequence[int]) -> Piece:
    panel = pattern.panels[index]
    y = mesh.points[:, 1] - panel.placement.y
    across = _row_fraction(mesh)
    if panel.placement.part != "torso":
        return Piece(panel, mesh, y, across)
    sides = _side_edges(pattern, panel)
    low, high = _low_and_high(panel, mesh, sides)
    if len(low) and len(high):
        across = _across(pattern, panel, mesh, low, high)
        if not _has_shoulder(pattern, panel) and panel.placement.wrap != "around":
            return Piece(panel, mesh, _below_top(panel, mesh, sides), across)
    return Piece(panel, mesh, y, across)


def _low_and_high(panel: Panel, mesh: PanelMesh, sides: Sequence[str]) -> tuple[I32, I32]:
    """Return the vertices of the low-x and of the high-x side; a centre line is the side that is not sewn beside."""
    middle = float(mesh.points[:, 0].mean())
    groups: tuple[list[I32], list[I32]] = ([], [])
    for name in sides:
        vertices = mesh.edge_vertices[name]
        groups[int(mesh.points[vertices, 0].mean() > middle)].append(vertices)
    quarter = panel.placement.wrap not in ("front", "back", "around")
    if quarter and bool(groups[0]) != bool(groups[1]):
        extreme = mesh.points[:, 0].min() if not groups[0] else mesh.points[:, 0].max()
        groups[0 if not groups[0] else 1].append(
            np.flatnonzero(np.abs(mesh.points[:, 0] - extreme) < 1e-4).astype(np.int32)
        )
    empty = np.zeros(0, np.int32)
    return tuple(np.unique(np.concatenate(g)) if g else empty for g in groups)  # type: ignore[return-value]


def _across(pattern: Pattern, panel: Panel, mesh: PanelMesh, low: I32, high: I32) -> F64:
    """Return the harmonic coordinate from 0 on the low side to 1 on the high side, darts sewn shut."""
    weld = np.arange(len(mesh.points))
    for seam in pattern.seams:
        if seam.first[0] == panel.name == seam.second[0]:
            one, two = mesh.edge_vertices[seam.first[1]], mesh.edge_vertices[seam.second[1]]
            weld[one] = weld[two[::-1] if seam.reversed else two]
    fixed = np.zeros(len(mesh.points), dtype=bool)
    value = np.zeros((len(mesh.points), 1))
    fixed[low] = fixed[high] = True
    value[high] = 1.0
    return harmonic(mesh.points, mesh.faces, fixed, value, weld)[:, 0]


def _below_top(panel: Panel, mesh: PanelMesh, sides: Sequence[str]) -> F64:
    """Return the level [m] as distance down from the panel's top edge, so that a circular skirt hangs level."""
    rest = [e for e in panel.edges if e.name not in sides and e.kind != "dart"]
    middle = 0.5 * (mesh.points[:, 1].min() + mesh.points[:, 1].max())
    named = [e for e in rest if e.name.startswith(("waist", "top"))]
    top = named or [e for e in rest if float(e.points[:, 1].mean()) > middle]
    a = np.concatenate([e.points[:-1] for e in top])
    b = np.concatenate([e.points[1:] for e in top])
    along = b - a
    t = ((mesh.points[:, None] - a) * along).sum(2) / np.maximum((along * along).sum(1), 1e-16)
    nearest = a + np.clip(t, 0, 1)[..., None] * along
    down = np.linalg.norm(mesh.points[:, None] - nearest, axis=2).min(axis=1)
    every = np.concatenate([e.points for e in top])
    centre = every[np.abs(every[:, 0]).argmin(), 1]
    return np.asarray(centre - panel.placement.y - down)


def _row_fraction(mesh: PanelMesh) -> F64:
    """Return where each vertex lies between the outline's extremes in its row, 0 to 1."""
    low, high = row_extents(mesh, mesh.points[:, 1])
    return np.clip((mesh.points[:, 0] - low) / np.maximum(high - low, 1e-6), 0.0, 1.0)


def row_extents(mesh: PanelMesh, y: F64) -> tuple[F64, F64]:
    """Return the least and greatest x [m] of the outline in rows at panel coordinates y, shape (n,) each."""
    outline = mesh.points[_ring(mesh)]
    bottom, top = outline[:, 1].min(), outline[:, 1].max()
    rows = np.linspace(bottom, top, 300)[1:-1]
    a, b = outline, np.roll(outline, -1, axis=0)
    crosses = (a[None, :, 1] > rows[:, None]) != (b[None, :, 1] > rows[:, None])
    rise = np.where(a[:, 1] == b[:, 1], 1.0, b[:, 1] - a[:, 1])
    x = a[:, 0] + (rows[:, None] - a[:, 1]) * (b[:, 0] - a[:, 0]) / rise
    low = np.where(crosses, x, np.inf).min(axis=1)
    high = np.where(crosses, x, -np.inf).max(axis=1)
    return np.interp(y, rows, low), np.interp(y, rows, high)


def _ring(mesh: PanelMesh) -> I32:
    count = max(int(v.max()) for v in mesh.edge_vertices.values()) + 1
    return np.arange(count, dtype=np.int32)


def level_widths(piece: Piece, levels: F64) -> F64:
    """Return the length of cloth [m] at each level, darts left out, shape (K,); 0 where there is none."""
    faces, points = piece.mesh.faces, piece.mesh.points
    value = piece.level[faces]
    widths = np.zeros(len(levels))
    for k, level in enumerate(levels):
        above = value > level
        cut = above.any(axis=1) & ~above.all(axis=1)
        if not cut.any():
            continue
        v, up, p = value[cut], above[cut], points[faces[cut]]
        odd = np.where(up.sum(axis=1) == 1, up.argmax(axis=1), (~up).argmax(axis=1))
        row = np.arange(len(v))
        ends = []
        for step in (1, 2):
            other = (odd + step) % 3
            t = (level - v[row, odd]) / (v[row, other] - v[row, odd])
            ends.append(p[row, odd] + t[:, None] * (p[row, other] - p[row, odd]))
        widths[k] = np.linalg.norm(ends[0] - ends[1], axis=1).sum()
    return widths


def _held(widths: F64) -> F64:
    """Carry the outermost widths to levels that have no cloth."""
    known = np.flatnonzero(widths > 0.4 * widths.max())
    rows = np.arange(len(widths))
    return np.interp(rows, known, widths[known])


def _share(front: F64, back: F64) -> F64:
    """Return the front's share of the tape, smooth along the levels."""
    return gaussian_filter1d(front / np.maximum(front + back, 1e-9), 2.0, mode="nearest")


def ring_fraction(wrap: str, across: F64, share: F64) -> F64:
    """Return fractions of a turn from the centre front towards the wearer's left for rows of a panel.

    Args:
        wrap: see `Placement`.
        across: 0 at the low-x side of the panel, 1 at the high-x side.
        share: the front's share of the tape at each vertex.
    """
    half = 0.5 * share
    return {
        "front": lambda: (across - 0.5) * share,
        "left_front": lambda: across * half,
        "right_front": lambda: (across - 1.0) * half,
        "back": lambda: 0.5 + (across - 0.5) * (1.0 - share),
        "left_back": lambda: half + across * (0.5 - half),
        "right_back": lambda: 0.5 + across * (0.5 - half),
        "around": lambda: across - 0.5,
    }[wrap]()


def base_offset(piece: Piece) -> float:
    """Distance [m] of a snug tape from what is worn below it."""
    return CLEARANCE + LAYER * min(piece.panel.placement.layer, 1)


def _let_out(length: F64, tape: F64, least: float) -> F64:
    """Return the offset [m] that lets tapes out to the cloth's length, at least `least`, smooth along the level."""
    wanted = np.maximum((length - tape) / (2.0 * np.pi), least)
    smooth = gaussian_filter1d(wanted, 2.5, mode="nearest")
    return np.maximum(smooth, least)


@dataclass(frozen=True)
class Tube:
    """How a tier of panels goes round the trunk: a ladder of levels of cloth, each with its height and offset."""

    levels: F64  # ascending [m], 0 at the landmark
    heights: F64
    offsets: F64
    share: F64
    length: F64


def make_tube(pieces: Sequence[Piece], form: Form, top_height: float | None = None) -> Tube:
    """Return the tube of a tier: cones fall by less than their cloth is long."""
    low, high = min(p.level.min() for p in pieces), max(p.level.max() for p in pieces)
    levels = np.linspace(low, high, max(3, int(np.ceil((high - low) / STEP)) + 1))
    inner = np.clip(levels, low + 1e-4, high - 1e-4)
    front = sum((level_widths(p, inner) for p in pieces if p.front), np.zeros(len(levels)))
    back = sum((level_widths(p, inner) for p in pieces if not p.front), np.zeros(len(levels)))
    around = [p for p in pieces if p.panel.placement.wrap == "around"]
    length = _held(front + back)
    share = np.full(len(levels), 0.5) if around else _share(_held(front), _held(back))
    placement = pieces[0].panel.placement
    heights = form.height(placement.landmark) + levels
    if top_height is not None:
        heights = heights + top_height - heights[-1]
    least = max(base_offset(p) for p in pieces)
    offsets = np.full(len(levels), least)
    step = np.diff(levels)
    for _ in range(4):
        tape = form.trunk.length_at(heights)
        offsets = _let_out(length, tape, least)
        radius = (tape + 2.0 * np.pi * offsets) / (2.0 * np.pi)
        radius = gaussian_filter1d(radius, 2.0, mode="nearest")
        out = np.clip(np.diff(radius) / step, -STEEPEST, STEEPEST)
        fall = step * np.sqrt(1.0 - out * out)
        heights = heights[-1] - np.concatenate([np.cumsum(fall[::-1])[::-1], [0.0]])
        heights = _above_floor(heights)
    limit = STEEPEST * 1.15
    for k in range(len(levels) - 2, -1, -1):
        most = offsets[k + 1] + limit * (heights[k + 1] - heights[k]) / np.sqrt(1 - STEEPEST**2)
        offsets[k] = min(offsets[k], max(most, least))
    return Tube(levels, heights, offsets, share, length)


def _above_floor(heights: F64) -> F64:
    if heights[0] >= FLOOR:
        return heights
    return heights[-1] + (heights - heights[-1]) * (heights[-1] - FLOOR) / (heights[-1] - heights[0])


def trunk_curves(tapes: Tapes, tube: Tube) -> F64:
    """Return closed curves round the trunk, one per level of a tube, (K, SAMPLES, 3) from the centre front."""
    rows = Tapes(
        tube.heights,
        np.stack(
            [
                np.interp(tube.heights, tapes.levels, tapes.support[:, k])
                for k in range(tapes.support.shape[1])
            ],
            axis=1,
        ),
        np.stack([np.zeros_like(tube.heights), tube.heights, np.zeros_like(tube.heights)], axis=1),
        np.tile(np.eye(3)[2], (len(tube.heights), 1)),
        np.tile(np.eye(3)[0], (len(tube.heights), 1)),
    )
    return rows.curves(tube.offsets)


def place_tube(pieces: Sequence[Piece], form: Form) -> list[F64]:
    """Wrap skirts, bands and other panels without shoulders round the trunk."""
    tube = make_tube(pieces, form)
    curves = trunk_curves(form.trunk, tube)
    placed = []
    for piece in pieces:
        share = np.interp(piece.level, tube.levels, tube.share)
        fraction = ring_fraction(piece.panel.placement.wrap, piece.across, share)
        placed.append(on_closed(curves, tube.levels, piece.level, fraction))
    return placed


# --- bodices -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Yoke:
    """Marks of one bodice panel [m]: underarm level, neck point and shoulder tip as (|x|, level)."""

    underarm: float
    neck: tuple[float, float]
    tip: tuple[float, float]

    def shoulder_level(self, x: F64) -> F64:
        """Level [m] of the shoulder line at distances |x| from the centre, level inside the neck point."""
        (x0, y0), (x1, y1) = self.neck, self.tip
        t = np.clip((np.abs(x) - x0) / max(x1 - x0, 1e-6), 0.0, 1.5)
        return y0 + t * (y1 - y0)


def make_yoke(pattern: Pattern, piece: Piece) -> Yoke:
    """Find a bodice panel's underarm and shoulder line."""
    level, x = piece.level, np.abs(piece.mesh.points[:, 0])
    shoulder = np.concatenate([piece.mesh.edge_vertices[n] for n in _shoulder_edges(piece.panel)])
    inner, outer = shoulder[x[shoulder].argmin()], shoulder[x[shoulder].argmax()]
    sides = [piece.mesh.edge_vertices[n] for n in _side_edges(pattern, piece.panel)]
    underarm = float(level[np.concatenate(sides)].max()) if sides else float(level[x.argmax()])
    return Yoke(underarm, (float(x[inner]), float(level[inner])), (float(x[outer]), float(level[outer])))


def place_bodice(pattern: Pattern, pieces: Sequence[Piece], form: Form) -> list[F64]:
    """Wrap panels with shoulders: round the trunk up to the underarm, over the shoulders above it."""
    yokes = [make_yoke(pattern, piece) for piece in pieces]
    fronts = [y for p, y in zip(pieces, yokes, strict=True) if p.front]
    backs = [y for p, y in zip(pieces, yokes, strict=True) if not p.front]
    front, back = (fronts or backs)[0], (backs or fronts)[0]
    least = max(base_offset(p) for p in pieces)
    arches = make_arches(form, front, back, least)
    underarm = arches.low
    level_underarm = 0.5 * (front.underarm + back.underarm)
    lowered = [_bodice_level(piece, yoke, level_underarm) for piece, yoke in zip(pieces, yokes, strict=True)]
    below = [
        Piece(p.panel, p.mesh, np.minimum(level, level_underarm + 1e-4), p.across)
        for p, level in zip(pieces, lowered, strict=True)
    ]
    tube = _bodice_tube(below, form, level_underarm, underarm, least)
    tube = _extended(tube, level_underarm, arches, least)
    curves = trunk_curves(form.trunk, tube)
    lengths = np.linalg.norm(np.diff(np.concatenate([curves, curves[:, :1]], axis=1), axis=1), axis=2).sum(
        axis=1
    )
    placed = []
    for piece, level, yoke in zip(pieces, lowered, yokes, strict=True):
        share = np.interp(level, tube.levels, tube.share)
        fraction = ring_fraction(piece.panel.placement.wrap, piece.across, share)
        x = piece.mesh.points[:, 0]
        centre = 0.0 if piece.front else 0.5
        at_underarm = float(np.interp(level_underarm, tube.levels, lengths))
        natural = centre + x / at_underarm
        rise = np.clip((level - level_underarm) / 0.05, 0.0, 1.0)
        blend = rise * rise * (3 - 2 * rise)
        round_trunk = on_closed(curves, tube.levels, level, fraction * (1 - blend) + natural * blend)
        over = arches.place(x, piece.level - yoke.underarm, piece.front)
        span = yoke.tip[1] - yoke.underarm
        t = np.clip((piece.level - yoke.underarm - 0.15 * span) / (0.5 * span), 0.0, 1.0)
        t = (t * t * (3 - 2 * t))[:, None]
        placed.append(round_trunk * (1 - t) + over * t)
    return placed


def _bodice_level(piece: Piece, yoke: Yoke, underarm: float) -> F64:
    """Return levels with the panel's underarm moved to the common one; the landmark keeps its level."""
    low = float(min(0.0, piece.level.min()))
    knots = [low - 1.0, low, yoke.underarm, yoke.underarm + 1.0]
    if low > yoke.underarm - 0.05:
        low = yoke.underarm - 0.05
        knots[0], knots[1] = low - 1.0, low
    return np.interp(piece.level, knots, [knots[0], low, underarm, underarm + 1.0])


def _bodice_tube(pieces: Sequence[Piece], form: Form, level: float, height: float, least: float) -> Tube:
    """Return the tube below the underarm: from its height, and to the landmark's where that lies below it."""
    landmark = form.height(pieces[0].panel.placement.landmark)
    natural = make_tube(pieces, form, top_height=height)
    if landmark < height - 0.05 and natural.levels[0] < level - 0.05:
        at_landmark = float(np.interp(0.0, natural.levels, natural.heights))
        reach = height - max(at_landmark, natural.heights[0])
        wanted = landmark if natural.levels[0] < 0.0 else landmark + natural.levels[0]
        scale = np.clip((height - wanted) / max(reach, 1e-6), 0.8, 1.25)
        t = np.minimum((height - natural.heights) / max(reach, 1e-6), 1.0)
        heights = natural.heights + (1.0 - scale) * t * reach
        return Tube(natural.levels, _above_floor(heights), natural.offsets, natural.share, natural.length)
    return natural


def _extended(tube: Tube, underarm: float, arches: Arches, least: float) -> Tube:
    """Continue a tube above the underarm along the trunk."""
    extra = np.arange(1, 26) * STEP
    fade = np.exp(-extra / 0.04)
    keep = tube.levels <= underarm + 1e-3
    levels, heights = tube.levels[keep], tube.heights[keep]
    offsets, share = tube.offsets[keep], tube.share[keep]
    return Tube(
        np.concatenate([levels, levels[-1] + extra]),
        np.concatenate([heights, heights[-1] + extra * arches.scale]),
        np.concatenate([offsets, least + (offsets[-1] - least) * fade]),
        np.concatenate([share, np.full(len(extra), share[-1])]),
        np.concatenate([tube.length[keep], np.full(len(extra), tube.length[keep][-1])]),
    )


@dataclass(frozen=True)
class Arches:
    """Arches over the shoulders in planes X = const, from the underarm's height in front to that behind.

    across [m] (K,) ascending; curves (K, S, 3); spans [m] (K,): the arch's length; cloth [m] (K,): front and back
    cloth together; front [m]: level of the shoulder above the underarm.
    """

    across: F64
    curves: F64
    cloth: F64
    low: float
    scale: float

    def place(self, x: F64, up: F64, front: bool) -> F64:
        """Return positions of cloth at x [m] across and `up` [m] above the underarm, shape (n, 3)."""
        across = x if front else -x
        length = np.interp(across, self.across, self.cloth)
        fraction = np.maximum(up, 0.0) / length
        return on_open(self.curves, self.across, across, fraction if front else 1.0 - fraction)


def make_arches(form: Form, front: Yoke, back: Yoke, offset: float) -> Arches:
    """Choose the underarm's height so that the cloth's length meets the arches over the shoulders; build them."""
    trunk = form.soup.only(["torso", "left_upper_arm", "right_upper_arm"])
    armpit = 0.5 * (form.height("left_armpit") + form.height("right_armpit"))
    inner, outer = 0.5 * (front.neck[0] + back.neck[0]), 0.5 * (front.tip[0] + back.tip[0])
    middle = np.array([0.5 * (inner + outer)])

    def cloth(x: F64) -> F64:
        at = np.clip(np.abs(x), inner, max(outer, inner + 0.01))
        return front.shoulder_level(at) - front.underarm + back.shoulder_level(at) - back.underarm

    low = armpit - 0.02
    for _ in range(3):
        spans = [_span(arch(trunk, s * middle[0], low, offset)) for s in (-1.0, 1.0)]
        low = low - 0.5 * (float(cloth(middle)[0]) - float(np.mean(spans)))
        low = float(np.clip(low, armpit - 0.16, armpit - 0.012))
    reach = max(outer, front.tip[0], back.tip[0]) + 0.03
    across = np.linspace(-reach, reach, 2 * int(np.ceil(reach / 0.012)) + 1)
    curves: list[F64 | None] = [arch(trunk, float(x), low, offset) for x in across]
    known = [k for k, c in enumerate(curves) if c is not None]
    filled = np.stack([curves[known[int(np.abs(np.array(known) - k).argmin())]] for k in range(len(across))])
    filled = gaussian_filter1d(filled, 1.2, axis=0, mode="nearest")
    filled[:, :, 0] = across[:, None]
    spans = np.linalg.norm(np.diff(filled, axis=1), axis=2).sum(axis=1)
    mean = float(np.interp(middle, across, spans)[0] / cloth(middle)[0])
    return Arches(across, filled, cloth(across), low, mean)


def _span(curve: F64 | None) -> float:
    return 0.4 if curve is None else float(np.linalg.norm(np.diff(curve, axis=0), axis=1).sum())


# --- sleeves -------------------------------------------------------------------------------------------------------


def place_sleeve(piece: Piece, form: Form) -> F64:
    """Wrap a sleeve on its arm's axis: cap top at the shoulder tip, its x extremes inside, towards the body."""
    side = piece.panel.placement.part.split("_")[0]
    tapes = form.arms[side]
    at = -piece.level + form.arm_start[side]
    low, high = row_extents(piece.mesh, piece.mesh.points[:, 1])
    rows = np.linspace(piece.level.min(), piece.level.max(), 200)[1:-1]
    row_low, row_high = row_extents(piece.mesh, rows + piece.panel.placement.y)
    widths = row_high - row_low
    bicep = float(rows[widths.argmax()])
    widest = float(widths.max())
    width = np.where(rows > bicep, widest, widths)
    levels = np.arange(at.min() - 0.5 * STEP, at.max() + STEP, STEP)
    length = np.interp(-(levels - form.arm_start[side]), rows, width)
    offset = _let_out(length, tapes.length_at(levels), 0.009 + LAYER * min(piece.panel.placement.layer, 1))
    ladder = Tapes(
        levels,
        np.stack(
            [np.interp(levels, tapes.levels, tapes.support[:, k]) for k in range(tapes.support.shape[1])],
            axis=1,
        ),
        _extrapolated(levels, tapes.levels, tapes.origin),
        np.stack([np.interp(levels, tapes.levels, tapes.normal[:, k]) for k in range(3)], axis=1),
        np.stack([np.interp(levels, tapes.levels, tapes.across[:, k]) for k in range(3)], axis=1),
    )
    curves = ladder.curves(offset)
    middle = 0.5 * (row_low[widths.argmax()] + row_high[widths.argmax()])
    cap = (piece.mesh.points[:, 0] - middle) / widest
    straight = (piece.mesh.points[:, 0] - 0.5 * (low + high)) / np.maximum(high - low, 1e-6)
    fraction = np.where(piece.level > bicep, cap, straight)
    return on_closed(curves, levels, at, fraction)


def _extrapolated(levels: F64, known: F64, points: F64) -> F64:
    inside = np.stack([np.interp(levels, known, points[:, k]) for k in range(3)], axis=1)
    first = (points[1] - points[0]) / (known[1] - known[0])
    last = (points[-1] - points[-2]) / (known[-1] - known[-2])
    before, after = np.minimum(levels - known[0], 0.0), np.maximum(levels - known[-1], 0.0)
    return inside + before[:, None] * first + after[:, None] * last


# --- trousers ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fork:
    """Marks of a leg panel: its centre seam from the crotch point up, levels [m] of that point and of the curve's start."""

    seam: I32  # vertices
    level: float
    curve: float
    rise: float  # length of the seam [m]


def make_fork(pattern: Pattern, piece: Piece) -> Fork:
    """Find a leg panel's centre seam: the edges sewn to the other leg.

    Raises:
        BadInput: nothing joins the panel to the other leg.
    """
    panel = piece.panel
    joined = set()
    for seam in pattern.seams:
        for mine, other in ((seam.first, seam.second), (seam.second, seam.first)):
            if mine[0] == panel.name and pattern.panel(other[0]).placement.part not in (
                panel.placement.part,
                "torso",
            ):
                joined.add(mine[1])
    runs = [piece.mesh.edge_vertices[edge.name] for edge in panel.edges if edge.name in joined]
    if not runs:
        raise BadInput(f"Panel {panel.name!r} is not sewn to the other leg; give it a centre seam (crotch).")
    while (
        len(runs) > 1
        and runs[0][0] != runs[-1][-1]
        and any(a[-1] != b[0] for a, b in itertools.pairwise(runs))
    ):
        runs = [*runs[1:], runs[0]]
    chain = np.concatenate([runs[0][:1], *(run[1:] for run in runs)])
    if piece.level[chain[0]] > piece.level[chain[-1]]:
        chain = chain[::-1]
    points = piece.mesh.points[chain]
    step = np.diff(points, axis=0)
    level = piece.level[chain]
    steep = np.abs(step[:, 1]) > 0.94 * np.linalg.norm(step, axis=1)
    first = int(np.argmax(steep)) if steep.any() else len(step) // 3
    curve = float(np.clip(level[first], level[0] + 0.03, level[0] + 0.12))
    return Fork(chain, float(level[0]), curve, float(np.linalg.norm(step, axis=1).sum()))


def _medial_is_low(piece: Piece) -> bool:
    left = piece.panel.placement.part == "left_leg"
    return left == piece.front


def place_trousers(pattern: Pattern, pieces: Sequence[Piece], form: Form) -> list[F64]:
    """Wrap leg panels: half the trunk above the crotch curve, the leg below, the centre seams on the saddle."""
    top_level = max(float(p.level.max()) for p in pieces)
    landmark = form.height(pieces[0].panel.placement.landmark)
    forks = [make_fork(pattern, p) for p in pieces]
    fork_level = float(np.mean([f.level for f in forks]))
    curve_level = float(np.mean([f.curve for f in forks]))
    least = max(base_offset(p) for p in pieces)
    top = landmark + top_level
    rises = {
        f: float(np.mean([k.rise for k, p in zip(forks, pieces, strict=True) if p.front is f]))
        for f in (True, False)
    }
    seat = _fitted_saddle(form, top, least, sum(rises.values()))
    fork_share = rises[True] / sum(rises.values())
    fork_height = float(
        on_open(seat[None].repeat(2, 0), np.array([0.0, 1.0]), np.zeros(1), np.array([fork_share]))[0, 1]
    )
    fork_height = min(fork_height, form.height("crotch") - 0.01)
    placed = {}
    for side in ("left", "right"):
        mine = [p for p in pieces if p.panel.placement.part == f"{side}_leg"]
        if mine:
            placed.update(
                _place_leg(mine, form, side, (top_level, top), (curve_level, fork_level, fork_height), least)
            )
    result = []
    for piece, fork in zip(pieces, forks, strict=True):
        xyz = placed[piece.panel.name]
        result.append(_seated(piece, fork, xyz, seat, fork_share))
    return result


def _fitted_saddle(form: Form, top: float, offset: float, cloth: float) -> F64:
    """Return the saddle, lowered where the cloth's rise is longer than the body's."""
    seat = saddle(form.soup.only(["torso", "left_thigh", "right_thigh"]), top, offset)
    for _ in range(6):
        length = float(np.linalg.norm(np.diff(seat, axis=0), axis=1).sum())
        if length >= cloth - 0.002:
            break
        depth = top - float(seat[:, 1].min())
        factor = min(1.0 + 0.5 * (cloth - length) / depth, 1.2)
        seat[:, 1] = top - (top - seat[:, 1]) * factor
    return resample(seat, len(seat))


def _seated(piece: Piece, fork: Fork, xyz: F64, seat: F64, fork_share: float) -> F64:
    """Move the centre seam onto the saddle and spread the move inwards."""
    chain = fork.seam
    points = piece.mesh.points[chain]
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    along = along / max(along[-1], 1e-9)
    fraction = fork_share * (1.0 - along) if piece.front else fork_share + (1.0 - fork_share) * along
    target = on_open(seat[None].repeat(2, 0), np.array([0.0, 1.0]), np.zeros(len(chain)), fraction)
    fixed = np.zeros(len(xyz), dtype=bool)
    fixed[chain] = True
    far = np.abs(piece.across - (0.0 if _medial_is_low(piece) else 1.0)) > 0.95
    fixed |= far
    moved = np.zeros_like(xyz)
    moved[chain] = target - xyz[chain]
    ring = _ring(piece.mesh)
    hem = ring[piece.level[ring] < fork.level - 0.10]
    fixed[hem] = True
    return xyz + harmonic(piece.mesh.points, piece.mesh.faces, fixed, moved)


def _place_leg(
    pieces: Sequence[Piece],
    form: Form,
    side: str,
    top: tuple[float, float],
    fork: tuple[float, float, float],
    least: float,
) -> Mapping[str, F64]:
    """Wrap one leg's front and back on open curves from the centre front, round the outside, to the centre back."""
    (top_level, top_height), (curve_level, fork_level, fork_height) = top, fork
    low = min(float(p.level.min()) for p in pieces)
    levels = np.linspace(low, top_level, max(4, int(np.ceil((top_level - low) / STEP)) + 1))
    scale = (top_height - fork_height) / (top_level - fork_level)
    heights = np.where(
        levels > fork_level, fork_height + (levels - fork_level) * scale, fork_height + levels - fork_level
    )
    if heights[0] < FLOOR:
        shrink = (fork_height - FLOOR) / (fork_height - heights[0])
        heights = np.where(heights < fork_height, fork_height + (heights - fork_height) * shrink, heights)
    inner = np.clip(levels, low + 1e-4, top_level - 1e-4)
    widths = {
        f: _held(sum((level_widths(p, inner) for p in pieces if p.front is f), np.zeros(len(levels))))
        for f in (True, False)
    }
    share = _share(widths[True], widths[False])
    length = widths[True] + widths[False]
    trunk = _let_out(2.0 * length, form.trunk.length_at(heights), least)
    own = form.legs[side]
    leg_heights = np.minimum(heights, own.levels[-1])
    upper = trunk_curves(form.trunk, Tube(levels, heights, trunk, share, length))
    lower = _leg_curves(own, heights, leg_heights, length, least - 0.002, side)
    half = upper[:, : SAMPLES // 2 + 1]
    if side == "right":
        half = np.concatenate([upper[:, :1], upper[:, : SAMPLES // 2 - 1 : -1]], axis=1)
    half = np.stack([resample(row, SAMPLES + 1) for row in half])
    t = np.clip((curve_level - levels) / max(curve_level - fork_level, 0.01), 0.0, 1.0)
    t = (t * t * (3 - 2 * t))[:, None, None]
    curves = half * (1 - t) + lower * t
    placed = {}
    for piece in pieces:
        medial = piece.across if _medial_is_low(piece) else 1.0 - piece.across
        part = np.interp(piece.level, levels, share)
        fraction = medial * part if piece.front else 1.0 - medial * (1.0 - part)
        placed[piece.panel.name] = on_open(curves, levels, piece.level, fraction)
    return placed


def _leg_curves(own: Tapes, heights: F64, leg_heights: F64, length: F64, least: float, side: str) -> F64:
    """Return curves round a leg from its inside over the front, outside and back, kept to their side of the middle.

    What the middle takes from a wide leg is let out elsewhere, until the curve is as long as its cloth [m].
    """
    origin = np.stack([np.zeros_like(heights), heights, np.zeros_like(heights)], axis=1)
    count = len(heights)
    across = np.eye(3)[0] if side == "left" else -np.eye(3)[0]
    support = np.stack(
        [np.interp(leg_heights, own.levels, own.support[:, k]) for k in range(own.support.shape[1])], axis=1
    )
    if side == "right":
        support = np.roll(support[:, ::-1], 1, axis=1)
    rows = Tapes(heights, support, origin, np.tile(np.eye(3)[2], (count, 1)), np.tile(across, (count, 1)))
    sign = 1.0 if side == "left" else -1.0
    offset = _let_out(length, rows.lengths, least)
    for _ in range(5):
        closed = rows.curves(offset, start=1.5 * np.pi)
        closed = np.concatenate([closed, closed[:, :1]], axis=1)
        closed[:, :, 0] = sign * np.maximum(sign * closed[:, :, 0], MIDDLE)
        short = length - np.linalg.norm(np.diff(closed, axis=1), axis=2).sum(axis=1)
        offset = np.maximum(gaussian_filter1d(offset + short / (1.5 * np.pi), 2.0, mode="nearest"), least)
    return np.stack([resample(row, SAMPLES + 1) for row in closed])


# --- the result ----------------------------------------------------------------------------------------------------


def _assemble(pattern: Pattern, sewn: SewnMesh, vertices: F64, figure: Figure) -> ClothMesh:
    uv = np.zeros((len(sewn.faces), 3, 2), np.float32)
    flat = sewn.flat_points
    for i, panel in enumerate(pattern.panels):
        mine = sewn.panel_of_face == i
        warp = np.array(panel.grain, dtype=np.float64)
        warp /= np.linalg.norm(warp)
        weft = np.array([warp[1], -warp[0]])
        uv[mine] = flat[sewn.flat_faces[mine]] @ np.stack([weft, warp], axis=1)
    index = {panel.name: i for i, panel in enumerate(pattern.panels)}
    loops = {
        f"{pattern.garments[loop.garment]}/{loop.name}": _ring_of(sewn, index, loop.edges)
        for loop in pattern.loops
    }
    axes = {f"{pattern.garments[loop.garment]}/{loop.name}": loop.axis for loop in pattern.loops}
    garment = np.array([panel.garment for panel in pattern.panels], np.int32)
    return ClothMesh(
        vertices=vertices.astype(np.float32),
        faces=sewn.faces.astype(np.int32),
        panel_uv=uv,
        stiffness=np.array([p.stiffness for p in pattern.panels], np.float32)[sewn.panel_of_face],
        panel_of_face=sewn.panel_of_face,
        garment_of_face=garment[sewn.panel_of_face],
        panel_names=tuple(p.name for p in pattern.panels),
        garment_names=pattern.garments,
        fabrics=tuple(fabric(name) for name in pattern.fabrics),
        layer_of_garment=np.array([_layer(pattern, g) for g in range(len(pattern.garments))], np.int32),
        seam_edges=sewn.seam_edges,
        hem_edges=_free_edges(sewn.faces),
        loops=loops,
        loop_axis=axes,
        anchors=_anchors(pattern, figure),
    )


def _free_edges(faces: I32) -> I32:
    half = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges, count = np.unique(np.sort(half, axis=1), axis=0, return_counts=True)
    return edges[count == 1].astype(np.int32)


def _ring_of(sewn: SewnMesh, index: Mapping[str, int], edges: Sequence[tuple[str, str]]) -> I32:
    """Chain the welded vertices of a ring's edges, whichever way and order they are named."""
    runs = []
    for panel, edge in edges:
        i = index[panel]
        runs.append([int(v) for v in sewn.weld[sewn.panels[i].edge_vertices[edge] + sewn.start[i]]])
    ring = runs.pop(0)
    while runs:
        k, reverse = next(
            ((k, run[-1] == ring[-1]) for k, run in enumerate(runs) if ring[-1] in (run[0], run[-1])),
            (None, False),
        )
        if k is None:
            ring.reverse()
            k, reverse = next(
                ((k, run[-1] == ring[-1]) for k, run in enumerate(runs) if ring[-1] in (run[0], run[-1])),
                (0, False),
            )
        run = runs.pop(k)
        ring += (run[::-1] if reverse else run)[1:] if ring[-1] in (run[0], run[-1]) else run
    return np.array(ring[:-1] if ring[0] == ring[-1] else ring, dtype=np.int32)


def _anchors(pattern: Pattern, figure: Figure) -> dict[str, float]:
    """Return the waist rings that dressing holds, each at the height [m] where the pattern wants it."""
    anchors = {}
    for loop in pattern.loops:
        if loop.axis != "torso" or not loop.name.startswith("waist"):
            continue
        heights = []
        for name, edge in loop.edges:
            placement = pattern.panel(name).placement
            points = pattern.panel(name).edge(edge).points
            centre = points[np.abs(points[:, 0]).argmin(), 1]
            heights.append(float(figure.landmarks[placement.landmark][1]) + float(centre) - placement.y)
        anchors[f"{pattern.garments[loop.garment]}/{loop.name}"] = float(np.mean(heights))
    return anchors


def _prove(cloth: ClothMesh, figure: Figure) -> None:
    """Refuse a start that is tangled, on the wrong limb, or crosses the body or itself.

    Raises:
        Infeasible: names the garment, the panel and the fault.
    """
    faults = check_topology(cloth.vertices, cloth, figure.joints)
    if faults:
        raise Infeasible(f"{faults[0]} Check where its panels are placed, or ask for a larger size.")
    own = cloth_self_intersections(cloth.vertices, cloth.faces)
    through = body_cloth_intersections(cloth.vertices, cloth.faces, figure.vertices, figure.faces)
    for pairs, what in ((through, "the body"), (own, "the cloth")):
        if len(pairs):
            face = int(pairs[0, 0])
            at = cloth.vertices[cloth.faces[face]].mean(axis=0)
            raise Infeasible(
                f"The {cloth.garment_names[int(cloth.garment_of_face[face])]} cannot be put on: {len(pairs)} triangles of "
                f"{cloth.panel_names[int(cloth.panel_of_face[face])]!r} still cross {what} near {100 * at[1]:.0f} cm above the "
                "floor; ask for more ease or a larger size."
            )

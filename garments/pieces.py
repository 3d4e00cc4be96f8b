"""What a flat panel is to the body before it is wrapped: its levels up the body, its places across, its widths."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from toile.engine.core.errors import Infeasible
from toile.garments.harmonic import harmonic
from toile.garments.meshing import PanelMesh
from toile.garments.pattern import Panel, Pattern

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]


SLIT = 0.006
"""Distance [m] that each edge of a slit keeps from the line where they would meet."""


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


def make_tiers(pattern: Pattern, panels: Sequence[int]) -> list[list[int]]:
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
            if alongside(pattern.panels[a], pattern.panels[b]):
                root[max(find(a), find(b))] = min(find(a), find(b))
    groups: dict[int, list[int]] = {}
    for i in panels:
        groups.setdefault(find(i), []).append(i)
    return list(groups.values())


def alongside(a: Panel, b: Panel) -> bool:
    """Whether two panels lie side by side round one part (a bodice and its skirt lie above one another)."""
    legs = {"left_leg", "right_leg"}
    same = a.placement.part == b.placement.part or {a.placement.part, b.placement.part} <= legs
    wraps = {a.placement.wrap, b.placement.wrap}
    for face in ("front", "back"):
        if face in wraps and wraps & {f"left_{face}", f"right_{face}"}:
            return False  # a whole front and half a front lie above one another
    if same and not _level_with(a, b):
        return False
    return same and (_whole(a) != _whole(b) or a.placement.part != b.placement.part)


def _whole(panel: Panel) -> str:
    """Return a panel's wrap; of overlapping fronts, that of the front which they make up."""
    return "front" if panel.placement.wrap in ("over_front", "under_front") else panel.placement.wrap


def _level_with(a: Panel, b: Panel) -> bool:
    """Whether two panels share at least a quarter of the lower one's height."""
    (low, high), (base, top) = (
        (float(p.outline[:, 1].min()) - p.placement.y, float(p.outline[:, 1].max()) - p.placement.y)
        for p in (a, b)
    )
    return min(high, top) - max(low, base) > 0.25 * min(high - low, top - base)


def has_shoulder(panel: Panel) -> bool:
    """Whether a panel reaches over a shoulder."""
    return bool(shoulder_edges(panel))


def has_armhole(panel: Panel) -> bool:
    """Whether a panel of the trunk reaches above the underarm."""
    return panel.placement.part == "torso" and any(e.name.startswith("armhole") for e in panel.edges)


def shoulder_edges(panel: Panel) -> list[str]:
    """Return the names of the edges that lie on a shoulder."""
    return [edge.name for edge in panel.edges if "shoulder" in edge.name or "strap" in edge.name]


def side_edges(pattern: Pattern, panel: Panel) -> list[str]:
    """Return the edges sewn to a panel beside this one, shoulders apart, and the slits that prolong them."""
    shoulders = set(shoulder_edges(panel))
    found = []
    for seam in pattern.seams:
        for mine, other in ((seam.first, seam.second), (seam.second, seam.first)):
            on_arm = mine[1].startswith(("overarm", "underarm"))
            if mine[0] == panel.name and other[0] != panel.name and mine[1] not in shoulders and not on_arm:
                partner = pattern.panel(other[0])
                if partner.garment == panel.garment and alongside(panel, partner):
                    found.append(mine[1])
    ring = [*panel.edges, panel.edges[0]]
    for edge, following in (*itertools.pairwise(ring), *itertools.pairwise(ring[::-1])):
        if edge.name in found and following.kind == "opening" and following.name not in found:
            found.append(following.name)  # a slit goes on where the seam ends
    return found


def make_piece(pattern: Pattern, panel: Panel, mesh: PanelMesh) -> Piece:
    """Return a panel with its levels and its places across."""
    y = mesh.points[:, 1] - panel.placement.y
    across = _row_fraction(mesh)
    if panel.placement.part != "torso":
        return Piece(panel, mesh, y, across)
    sides = side_edges(pattern, panel)
    low, high = _low_and_high(panel, mesh, sides)
    if len(low) and len(high):
        across = _across(pattern, panel, mesh, low, high)
        if any(e.name == "heart" for e in panel.edges):
            return Piece(panel, mesh, y, across)
        if _ends_below_the_arms(panel):
            return Piece(panel, mesh, _up_the_side(pattern, panel, mesh, sides), across)
        armhole = any(
            e.name.startswith("armhole") for e in panel.edges
        )  # of a raglan's body, without shoulders
        if not has_shoulder(panel) and not armhole and panel.placement.wrap != "around":
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
    own = [mesh.edge_vertices[e.name] for e in panel.edges if e.name == "front_edge"]
    if own:
        groups[0 if not groups[0] else 1].extend(own)
    elif quarter and bool(groups[0]) != bool(groups[1]):
        extreme = mesh.points[:, 0].min() if not groups[0] else mesh.points[:, 0].max()
        groups[0 if not groups[0] else 1].append(
            np.flatnonzero(np.abs(mesh.points[:, 0] - extreme) < 1e-4).astype(np.int32)
        )
    empty = np.zeros(0, np.int32)
    return tuple(np.unique(np.concatenate(g)) if g else empty for g in groups)  # type: ignore[return-value]


def _across(pattern: Pattern, panel: Panel, mesh: PanelMesh, low: I32, high: I32) -> F64:
    """Return the harmonic coordinate from 0 on the low side to 1 on the high side, darts sewn shut."""
    weld = _darts_shut(pattern, panel, mesh)
    fixed = np.zeros(len(mesh.points), dtype=bool)
    value = np.zeros((len(mesh.points), 1))
    fixed[low] = fixed[high] = True
    inset = _slit_inset(panel, mesh)
    value[low, 0] = inset[low]
    value[high, 0] = 1.0 - inset[high]
    for edge in panel.edges:
        if edge.name.startswith("crossing"):  # beyond the centre, by what it is of the way to the side
            run = mesh.edge_vertices[edge.name]
            least, most = row_extents(mesh, mesh.points[run, 1])
            left = panel.placement.wrap == "left_front"
            reach = mesh.points[run, 0] / np.maximum(most if left else -least, 0.05)
            value[run, 0] = reach if left else 1.0 + reach
    deep, share = _deep_neck(panel, mesh, low, high)
    fixed[deep] = True
    value[deep, 0] = share
    return harmonic(mesh.points, mesh.faces, fixed, value, weld)[:, 0]


def _deep_neck(panel: Panel, mesh: PanelMesh, low: I32, high: I32) -> tuple[I32, F64]:
    """Return the vertices of a neck edge below the underarm, and their places across: in proportion to x, as it is cut."""
    runs = [mesh.edge_vertices[e.name] for e in panel.edges if e.name.startswith("neck")]
    neck = np.unique(np.concatenate(runs)) if runs else np.zeros(0, np.int32)
    y = mesh.points[:, 1]
    neck = np.setdiff1d(neck[y[neck] < max(y[low].max(), y[high].max())], np.concatenate([low, high]))
    if not len(neck):
        return neck.astype(np.int32), np.zeros(0)
    ends = []
    for side in (low, high):
        order = side[np.argsort(y[side])]
        ends.append(np.interp(y[neck], y[order], mesh.points[order, 0]))
    return neck.astype(np.int32), (mesh.points[neck, 0] - ends[0]) / np.maximum(ends[1] - ends[0], 1e-6)


def _darts_shut(pattern: Pattern, panel: Panel, mesh: PanelMesh) -> NDArray[np.intp]:
    """Return which vertices stand for one another once a panel's darts are sewn shut."""
    weld = np.arange(len(mesh.points))
    for seam in pattern.seams:
        if seam.first[0] == panel.name == seam.second[0]:
            one, two = mesh.edge_vertices[seam.first[1]], mesh.edge_vertices[seam.second[1]]
            weld[one] = weld[two[::-1] if seam.reversed else two]
    return weld


def _slit_inset(panel: Panel, mesh: PanelMesh) -> F64:
    """Return by which share of the row each vertex of a slit keeps back, so that its two edges start apart."""
    share = np.zeros(len(mesh.points))
    sewn = [mesh.edge_vertices[e.name] for e in panel.edges if e.kind != "opening"]
    closed = np.unique(np.concatenate(sewn))
    for edge in panel.edges:
        if edge.kind == "opening":
            run = mesh.edge_vertices[edge.name]
            ends = mesh.points[np.intersect1d(run, closed)]
            if not len(ends):
                continue
            top = ends[ends[:, 1].argmax()]
            away = np.linalg.norm(mesh.points[run] - top, axis=1)
            left, right = row_extents(mesh, mesh.points[run, 1])
            share[run] = np.minimum(0.2 * away, SLIT) / np.maximum(right - left, 0.05)
    return share


def _ends_below_the_arms(panel: Panel) -> bool:
    """Whether a panel is a body that ends in a top edge below the arms and begins at a hem or a waist."""
    names = [e.name for e in panel.edges]
    return (
        not any(n.startswith("armhole") for n in names)
        and any(n.startswith("top") for n in names)
        and any(n.startswith(("hem", "waist")) for n in names)
    )


def _up_the_side(pattern: Pattern, panel: Panel, mesh: PanelMesh, sides: Sequence[str]) -> F64:
    """Return the level [m] that rises evenly from the lower edge to the top, by the side seam's length, darts sewn shut."""
    weld = _darts_shut(pattern, panel, mesh)
    value, fixed = np.zeros((len(mesh.points), 1)), np.zeros(len(mesh.points), dtype=bool)
    low = [e for e in panel.edges if e.name.startswith(("hem", "waist"))]
    foot = min(float(e.points[:, 1].min()) for e in low) - panel.placement.y
    middle = float(mesh.points[:, 0].mean())
    length = sum(e.length for e in panel.edges if e.name in sides and float(e.points[:, 0].mean()) > middle)
    for edge in panel.edges:
        if edge.name.startswith(("hem", "waist", "top")):
            run = mesh.edge_vertices[edge.name]
            fixed[run] = True
            value[run, 0] = length * edge.name.startswith("top")
    return foot + harmonic(mesh.points, mesh.faces, fixed, value, weld)[:, 0]


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
    outline = mesh.points[outline_vertices(mesh)]
    bottom, top = outline[:, 1].min(), outline[:, 1].max()
    rows = np.linspace(bottom, top, 300)[1:-1]
    a, b = outline, np.roll(outline, -1, axis=0)
    crosses = (a[None, :, 1] > rows[:, None]) != (b[None, :, 1] > rows[:, None])
    rise = np.where(a[:, 1] == b[:, 1], 1.0, b[:, 1] - a[:, 1])
    x = a[:, 0] + (rows[:, None] - a[:, 1]) * (b[:, 0] - a[:, 0]) / rise
    low = np.where(crosses, x, np.inf).min(axis=1)
    high = np.where(crosses, x, -np.inf).max(axis=1)
    return np.interp(y, rows, low), np.interp(y, rows, high)


def outline_vertices(mesh: PanelMesh) -> I32:
    """Return the vertices of a panel's outline, in order."""
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


def held(widths: F64) -> F64:
    """Carry the outermost widths to levels that have no cloth.

    Raises:
        Infeasible: no level has any.
    """
    known = np.flatnonzero(widths > 0.4 * widths.max())
    if not len(known):
        raise Infeasible(
            "Nothing of the garment lies before the body, or nothing behind it; say which pieces are its back."
        )
    rows = np.arange(len(widths))
    return np.interp(rows, known, widths[known])


def front_share(front: F64, back: F64) -> F64:
    """Return the front's share of the tape, smooth along the levels."""
    return gaussian_filter1d(front / np.maximum(front + back, 1e-9), 2.0, mode="nearest")

"""Triangulate flat panels so that sewn edges match vertex by vertex, and weld them into one mesh.

Each seam is sampled once: both of its edges get the same number of segments, spaced evenly along each, so stitch i of
one edge meets stitch n - i of the other even where one is eased or gathered into the other. Inside, a hexagonal
lattice is relaxed and triangulated by constrained Delaunay (CDT, MPL-2.0) with the outline as constraint.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from toile.engine.core.errors import BadInput
from toile.garments.pattern import Edge, Panel, Pattern, Seam

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

_LATTICE_CLEARANCE = 0.62  # of the edge length, between the outline and the first interior vertex
_RELAXATIONS = 6
_POOR_ANGLE = np.deg2rad(22.0)


@dataclass(frozen=True)
class PanelMesh:
    """One triangulated panel.

    points [m] (n, 2) in panel coordinates, outline first; faces (t, 3) counter-clockwise; edge_vertices: edge name ->
    vertices from its first turn point to its last; fold_vertices: the same for every fold line of the panel.
    """

    points: F64
    faces: I32
    edge_vertices: Mapping[str, I32]
    fold_vertices: tuple[I32, ...] = ()


@dataclass(frozen=True)
class SewnMesh:
    """All panels of a pattern welded at their seams.

    panels: the flat meshes; start (P + 1,): first vertex of each panel in the concatenation of all panels' vertices;
    weld (sum n,): concatenated vertex -> welded vertex; faces (T, 3) welded; flat_faces (T, 3) concatenated;
    panel_of_face (T,); seam_edges (S, 2) welded.
    """

    panels: tuple[PanelMesh, ...]
    start: I32
    weld: I32
    faces: I32
    flat_faces: I32
    panel_of_face: I32
    seam_edges: I32

    @property
    def vertex_count(self) -> int:
        """Number of welded vertices."""
        return int(self.weld.max()) + 1

    @property
    def flat_points(self) -> F64:
        """Panel coordinates [m] of the concatenated vertices, shape (sum n, 2)."""
        return np.concatenate([mesh.points for mesh in self.panels])


def smallest_angles(points: NDArray[np.floating], faces: NDArray[np.integer]) -> F64:
    """Return the smallest angle [rad] of each triangle, shape (T,); points (n, 2) or (n, 3)."""
    corners = points[faces]
    ahead = np.roll(corners, -1, axis=1) - corners
    behind = np.roll(corners, 1, axis=1) - corners
    scale = np.linalg.norm(ahead, axis=2) * np.linalg.norm(behind, axis=2)
    cosine = (ahead * behind).sum(2) / np.maximum(scale, 1e-30)
    return np.asarray(np.arccos(np.clip(cosine, -1.0, 1.0)).min(axis=1), dtype=np.float64)


def sample_edge(edge: Edge, segments: int) -> F64:
    """Return segments + 1 points [m] spaced evenly along an edge, its turn points exact."""
    step = np.linalg.norm(np.diff(edge.points, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(step)])
    wanted = np.linspace(0.0, along[-1], segments + 1)
    points = np.stack([np.interp(wanted, along, edge.points[:, axis]) for axis in (0, 1)], axis=1)
    points[0], points[-1] = edge.points[0], edge.points[-1]
    return points


def segment_counts(pattern: Pattern, edge_length: float) -> dict[tuple[str, str], int]:
    """Return how many segments each (panel, edge) is cut into, equal for both edges of a seam.

    Raises:
        BadInput: a seam names an edge that does not exist or is sewn twice, or its edges differ in length by more
            than their stated ease explains.
    """
    edges = {(panel.name, edge.name): edge for panel in pattern.panels for edge in panel.edges}
    counts = {
        key: max(
            2 if edge.kind == "dart" or edge.name == "front_edge" else 1, round(edge.length / edge_length)
        )
        for key, edge in edges.items()
    }
    sewn: dict[tuple[str, str], str] = {}
    for seam in pattern.seams:
        for key in (seam.first, seam.second):
            if key not in edges:
                raise BadInput(
                    f"Seam {seam.name!r} names the edge {key[1]!r} of panel {key[0]!r}, which does not exist."
                )
            if key in sewn:
                raise BadInput(
                    f"Edge {key[1]!r} of panel {key[0]!r} is sewn twice, by {sewn[key]!r} and {seam.name!r}; "
                    "split it at a turn point."
                )
            sewn[key] = seam.name
        _check_lengths(seam, edges[seam.first].length, edges[seam.second].length)
        longest = max(edges[seam.first].length, edges[seam.second].length)
        both = max(2 if seam.kind == "dart" else 1, round(longest / edge_length))
        counts[seam.first] = counts[seam.second] = both
    for tack in pattern.tacks:
        for key in (tack.first, tack.second):
            if key not in edges:
                raise BadInput(
                    f"Tack {tack.name!r} names the edge {key[1]!r} of panel {key[0]!r}, which does not exist."
                )
    return counts


def _check_lengths(seam: Seam, first: float, second: float) -> None:
    unexplained = abs(first - second - seam.ease)
    if seam.kind == "gather":
        if max(first, second) > 4.0 * min(first, second):
            raise BadInput(
                f"Seam {seam.name!r} gathers {100 * max(first, second):.1f} cm into {100 * min(first, second):.1f} cm; "
                "gather at most four to one."
            )
    elif unexplained > max(0.012, 0.06 * max(first, second)):
        raise BadInput(
            f"Seam {seam.name!r} joins edges of {100 * first:.1f} cm and {100 * second:.1f} cm with "
            f"{100 * seam.ease:.1f} cm of stated ease; make them match or state the ease."
        )


def mesh_panel(
    panel: Panel, counts: Mapping[str, int], edge_length: float, pins: Sequence[tuple[float, float]] = ()
) -> PanelMesh:
    """Triangulate one panel.

    Args:
        panel: its outline must be closed, counter-clockwise and simple.
        counts: segments per edge name.
        edge_length: wanted length of the triangles' sides [m].
        pins: places [m] inside the outline that become vertices.

    Raises:
        BadInput: the outline has a gap, no area, the wrong sense, or crosses itself.
    """
    pieces: list[F64] = []
    spans: dict[str, tuple[int, int]] = {}
    total = 0
    for edge, following in zip(panel.edges, (*panel.edges[1:], panel.edges[0]), strict=True):
        gap = float(np.linalg.norm(edge.points[-1] - following.points[0]))
        if gap > 1e-4:
            raise BadInput(
                f"Panel {panel.name!r} is open by {1000 * gap:.1f} mm between its edges {edge.name!r} and "
                f"{following.name!r}; let each edge begin where the one before ends."
            )
        pieces.append(sample_edge(edge, counts[edge.name])[:-1])
        spans[edge.name] = (total, counts[edge.name])
        total += counts[edge.name]
    outline = np.concatenate(pieces)
    _check_outline(panel, outline, spans)
    fixed, chains = _fold_chains(panel, outline, edge_length)
    if pins:
        fixed = np.concatenate([fixed, np.array(pins, np.float64)])
    points, faces = _fill(fixed, total, chains, edge_length)
    names = {
        name: (np.arange(first, first + n + 1) % total).astype(np.int32) for name, (first, n) in spans.items()
    }
    return PanelMesh(points, faces, names, chains)


def _fold_chains(panel: Panel, outline: F64, edge_length: float) -> tuple[F64, tuple[I32, ...]]:
    """Return the outline followed by points along the creases, and the vertices of every crease in order.

    Raises:
        BadInput: a fold that does not begin and end at turn points of the outline.
    """
    points, chains, count = [outline], [], len(outline)
    for k, fold in enumerate(panel.folds):
        if fold.kind not in ("outer", "inner"):
            continue
        line = sample_edge(
            Edge("fold", fold.points), max(1, round(Edge("fold", fold.points).length / edge_length))
        )
        ends = [int(np.linalg.norm(outline - line[i], axis=1).argmin()) for i in (0, -1)]
        for end, i in zip(ends, (0, -1), strict=True):
            away = float(np.linalg.norm(outline[end] - line[i]))
            if away > 1e-6:
                raise BadInput(
                    f"Fold {k + 1} of panel {panel.name!r} ends {1000 * away:.1f} mm from the nearest turn point; "
                    "let it end on one."
                )
        inner = np.arange(count, count + len(line) - 2)
        chains.append(np.array([ends[0], *inner, ends[1]], dtype=np.int32))
        points.append(line[1:-1])
        count += len(inner)
    return np.concatenate(points), tuple(chains)


def _check_outline(panel: Panel, outline: F64, spans: Mapping[str, tuple[int, int]]) -> None:
    following = np.roll(outline, -1, axis=0)
    area = 0.5 * float((outline[:, 0] * following[:, 1] - outline[:, 1] * following[:, 0]).sum())
    if area < 1e-5:
        what = "has no area" if area > -1e-5 else "runs clockwise"
        raise BadInput(
            f"Panel {panel.name!r} {what} ({1e4 * area:.2f} cm2); draw its outline counter-clockwise."
        )
    crossing = _first_crossing(outline)
    if crossing is not None:
        edges = [next(n for n, (a, k) in spans.items() if a <= i < a + k) for i in crossing]
        where = outline[crossing[0]]
        raise BadInput(
            f"Panel {panel.name!r} crosses itself near ({100 * where[0]:.1f}, {100 * where[1]:.1f}) cm, between its "
            f"edges {edges[0]!r} and {edges[1]!r}; redraw them apart."
        )


def _first_crossing(outline: F64) -> tuple[int, int] | None:
    """Return the first pair of outline segments that touch without being neighbours."""
    a, b = outline, np.roll(outline, -1, axis=0)

    def side(p: F64, q: F64, r: F64) -> F64:
        return (q[:, None, 0] - p[:, None, 0]) * (r[None, :, 1] - p[:, None, 1]) - (
            q[:, None, 1] - p[:, None, 1]
        ) * (r[None, :, 0] - p[:, None, 0])

    to_start, to_end = side(a, b, a), side(a, b, b)
    astride = to_start * to_end <= 0
    count = len(outline)
    ring = (np.arange(count)[:, None] - np.arange(count)[None, :]) % count
    apart = (ring > 1) & (ring < count - 1)
    boxes = np.ones((count, count), dtype=bool)
    for axis in (0, 1):
        low, high = np.minimum(a[:, axis], b[:, axis]), np.maximum(a[:, axis], b[:, axis])
        boxes &= (low[:, None] <= high[None]) & (low[None] <= high[:, None])
    pairs = np.argwhere(astride & astride.T & apart & boxes)
    return None if len(pairs) == 0 else (int(pairs[0, 0]), int(pairs[0, 1]))


def _fill(fixed: F64, ring: int, chains: tuple[I32, ...], edge_length: float) -> tuple[F64, I32]:
    """Return points (fixed ones first) and triangles of a polygon filled with a relaxed hexagonal lattice.

    Args:
        fixed: the outline's `ring` points, then those of the creases and the pins.
        chains: the vertices of every crease, which triangles do not cross.
    """
    count = len(fixed)
    points = np.concatenate([fixed, _lattice(fixed[:ring], fixed[ring:], edge_length)])
    sides = _constraints(ring, chains)
    faces = _delaunay(points, sides)
    for _ in range(3):
        points = _relax(points, faces, count)
        faces = _delaunay(points, sides)
    for _ in range(8):
        poor = smallest_angles(points, faces) < _POOR_ANGLE
        mended = _mend(points, faces[poor], count, sides, edge_length)
        if mended is None:
            break
        points = mended
        faces = _delaunay(points, sides)
        points = _relax(points, faces, count)
        faces = _delaunay(points, sides)
    return points, faces


def _constraints(ring: int, chains: tuple[I32, ...]) -> I32:
    """Return the pairs of vertices that stay sides of triangles, shape (s, 2)."""
    around = np.arange(ring, dtype=np.int32)
    pairs = [np.stack([around, np.roll(around, -1)], axis=1)]
    pairs += [np.stack([chain[:-1], chain[1:]], axis=1) for chain in chains]
    return np.concatenate(pairs).astype(np.int32)


def _lattice(outline: F64, creases: F64, edge_length: float) -> F64:
    low, high = outline.min(axis=0), outline.max(axis=0)
    rise = edge_length * np.sqrt(3.0) / 2.0
    rows = max(1, round((high[1] - low[1]) / rise))
    columns = max(1, round((high[0] - low[0]) / edge_length))
    spacing = ((high[0] - low[0]) / columns, (high[1] - low[1]) / rows)
    i, j = np.meshgrid(np.arange(columns + 1), np.arange(1, rows), indexing="xy")
    x = low[0] + (i + 0.5 * (j % 2)) * spacing[0]
    grid = np.stack([x.ravel(), (low[1] + j * spacing[1]).ravel()], axis=1)
    grid = grid[_inside(outline, grid)]
    fine = np.concatenate(
        [outline + t * (np.roll(outline, -1, axis=0) - outline) for t in np.arange(0, 1, 0.125)]
    )
    distance, _ = cKDTree(np.concatenate([fine, creases])).query(grid)
    return np.asarray(grid[distance > _LATTICE_CLEARANCE * edge_length])


def _inside(outline: F64, points: F64) -> NDArray[np.bool_]:
    """Return which points lie in a simple polygon, by the parity of crossings to the right."""
    a, b = outline, np.roll(outline, -1, axis=0)
    spans = (a[None, :, 1] > points[:, None, 1]) != (b[None, :, 1] > points[:, None, 1])
    rise = np.where(b[:, 1] == a[:, 1], 1.0, b[:, 1] - a[:, 1])
    x = a[:, 0] + (points[:, None, 1] - a[:, 1]) * (b[:, 0] - a[:, 0]) / rise
    return np.asarray((spans & (points[:, None, 0] < x)).sum(axis=1) % 2 == 1)


def _delaunay(points: F64, sides: I32) -> I32:
    import pythoncdt as cdt

    triangulation = cdt.Triangulation(
        cdt.VertexInsertionOrder.AUTO, cdt.IntersectingConstraintEdges.DONT_CHECK, 0.0
    )
    triangulation.insert_vertices(_buffer(points))
    triangulation.insert_edges(_buffer(sides.astype(np.uint32)))
    triangulation.erase_outer_triangles()
    faces = np.asarray(triangulation.triangles_array()["vertices"]).astype(np.int32)
    return faces[np.lexsort((faces[:, 2], faces[:, 1], faces[:, 0]))]


def _buffer(values: NDArray[Any]) -> Any:
    """Return an array as the contiguous buffer that CDT reads."""
    return np.ascontiguousarray(values)


def _relax(points: F64, faces: I32, fixed: int) -> F64:
    """Move interior vertices towards the mean of their neighbours."""
    pairs = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    n = len(points)
    graph = csr_matrix((np.ones(2 * len(pairs)), (pairs.T.ravel(), pairs[:, ::-1].T.ravel())), shape=(n, n))
    graph.data[:] = 1.0
    degree = np.asarray(graph.sum(axis=1)).ravel()
    moved = points.copy()
    for _ in range(_RELAXATIONS // 2):
        moved[fixed:] = ((graph @ moved) / degree[:, None])[fixed:]
    return moved


def _mend(points: F64, poor: I32, fixed: int, sides: I32, edge_length: float) -> F64 | None:
    """Drop one interior vertex of each short side, or split a long side that may be split, of poor triangles."""
    kept = {tuple(pair) for pair in np.sort(sides, axis=1).tolist()} if len(poor) else set()
    drop: set[int] = set()
    add: list[F64] = []
    touched: set[int] = set()
    for face in poor:
        if touched & set(face.tolist()):
            continue
        corners = points[face]
        lengths = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
        short = int(lengths.argmin())
        ends = [int(face[short]), int(face[(short + 1) % 3])]
        inner = [v for v in ends if v >= fixed]
        long = int(lengths.argmax())
        if inner and lengths[short] < 0.75 * edge_length:
            drop.add(max(inner))
        elif (
            lengths[long] > 1.4 * edge_length
            and tuple(sorted((int(face[long]), int(face[(long + 1) % 3])))) not in kept
        ):
            add.append(0.5 * (corners[long] + corners[(long + 1) % 3]))
        else:
            inner = [int(v) for v in face if v >= fixed]
            if not inner:
                continue
            drop.add(max(inner))
        touched |= set(face.tolist())
    if not drop and not add:
        return None
    keep = np.array([i not in drop for i in range(len(points))])
    return np.concatenate([points[keep], np.array(add).reshape(-1, 2)])


def mesh_pattern(pattern: Pattern, edge_length: float = 0.015) -> tuple[PanelMesh, ...]:
    """Triangulate every panel of a pattern, seams matched vertex by vertex.

    Raises:
        BadInput: see `segment_counts` and `mesh_panel`.
    """
    counts = segment_counts(pattern, edge_length)
    return tuple(
        mesh_panel(
            panel,
            {edge.name: counts[panel.name, edge.name] for edge in panel.edges},
            edge_length,
            [tie.at for tie in pattern.ties if panel.name in (tie.upper, tie.lower)],
        )
        for panel in pattern.panels
    )


def sew(pattern: Pattern, panels: tuple[PanelMesh, ...]) -> SewnMesh:
    """Weld panels at their seams.

    Raises:
        BadInput: the sewn surface is not an oriented manifold, as when a seam is not `reversed` but should be.
    """
    sizes = np.array([len(mesh.points) for mesh in panels])
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    index = {panel.name: i for i, panel in enumerate(pattern.panels)}
    pairs: list[I32] = []
    for seam in pattern.seams:
        first, second = (_vertices_of(panels, start, index, key) for key in (seam.first, seam.second))
        pairs.append(np.stack([first, second[::-1] if seam.reversed else second], axis=1))
    held = [
        np.array(
            [[_vertices_of(panels, start, index, key)[0] for key in (tack.first, tack.second)]], np.int32
        )
        for tack in pattern.tacks
    ]
    stitched = np.concatenate([*pairs, *held]) if pairs or held else np.zeros((0, 2), np.int32)
    total = int(start[-1])
    graph = coo_matrix((np.ones(len(stitched)), (stitched[:, 0], stitched[:, 1])), shape=(total, total))
    weld = _renumber(connected_components(graph, directed=False)[1])
    panels = _parted(panels, start, weld)
    flat_faces = np.concatenate([mesh.faces + start[i] for i, mesh in enumerate(panels)]).astype(np.int32)
    faces = weld[flat_faces]
    panel_of_face = np.repeat(np.arange(len(panels)), [len(mesh.faces) for mesh in panels]).astype(np.int32)
    _check_manifold(pattern, faces, panel_of_face)
    along = [np.stack([weld[p[:-1, 0]], weld[p[1:, 0]]], axis=1) for p in pairs]
    seam_edges = np.concatenate(along).astype(np.int32) if along else np.zeros((0, 2), np.int32)
    return SewnMesh(panels, start, weld, faces, flat_faces, panel_of_face, seam_edges)


def _parted(panels: tuple[PanelMesh, ...], start: I32, weld: I32) -> tuple[PanelMesh, ...]:
    """Turn inner sides that sewing would lay on one another, as it does in the corner of a fold whose head is stitched."""
    faces = [mesh.faces.copy() for mesh in panels]
    for _ in range(4):
        flat = np.concatenate([f + start[i] for i, f in enumerate(faces)])
        owner = np.repeat(np.arange(len(faces)), [len(f) for f in faces])
        within = np.concatenate([np.arange(len(f)) for f in faces])
        half = np.concatenate([flat[:, [0, 1]], flat[:, [1, 2]], flat[:, [2, 0]]])
        welded = weld[half].astype(np.int64)
        code = welded[:, 0] * (int(weld.max()) + 1) + welded[:, 1]
        _, first, count = np.unique(code, return_index=True, return_counts=True)
        twins = code[first[count > 1]]
        if not len(twins):
            break
        sides = {(int(a), int(b)): k % len(flat) for k, (a, b) in enumerate(half)}
        touched: set[int] = set()
        for twin in twins:
            for k in np.flatnonzero(code == twin)[1:]:
                a, b = (int(v) for v in half[k])
                mine, other = k % len(flat), sides.get((b, a))
                if other is None or {mine, other} & touched or owner[mine] != owner[other]:
                    continue
                touched |= {mine, other}
                i = int(owner[mine])
                a, b = a - int(start[i]), b - int(start[i])
                here, there = int(within[mine]), int(within[other])
                tip, far = (int(sum(faces[i][f]) - a - b) for f in (here, there))
                faces[i][here], faces[i][there] = (tip, a, far), (tip, far, b)
    return tuple(replace(mesh, faces=f) for mesh, f in zip(panels, faces, strict=True))


def tacked(pattern: Pattern, panels: tuple[PanelMesh, ...], start: I32) -> I32:
    """Return the concatenated vertices that tacks hold together, shape (K, 2)."""
    index = {panel.name: i for i, panel in enumerate(pattern.panels)}
    held = [
        [int(_vertices_of(panels, start, index, key)[0]) for key in (tack.first, tack.second)]
        for tack in pattern.tacks
    ]
    return np.array(held, dtype=np.int32).reshape(-1, 2)


def _vertices_of(
    panels: tuple[PanelMesh, ...], start: I32, index: Mapping[str, int], key: tuple[str, str]
) -> I32:
    i = index[key[0]]
    return np.asarray(panels[i].edge_vertices[key[1]] + start[i], dtype=np.int32)


def _renumber(labels: NDArray[np.integer]) -> I32:
    """Number components by their first member."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int32)
    rank[np.argsort(first)] = np.arange(len(first))
    return np.asarray(rank[inverse], dtype=np.int32)


def _check_manifold(pattern: Pattern, faces: I32, panel_of_face: I32) -> None:
    half = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    code = half[:, 0] * (int(faces.max()) + 1) + half[:, 1]
    _, first, count = np.unique(code, return_index=True, return_counts=True)
    flat = half[:, 0] == half[:, 1]
    if (count > 1).any() or flat.any():
        at = int(first[count > 1][0]) if (count > 1).any() else int(np.flatnonzero(flat)[0])
        twins = np.flatnonzero(code == code[at]) % len(faces)
        names = sorted({pattern.panels[int(panel_of_face[i])].name for i in twins})
        raise BadInput(
            f"Sewing {' and '.join(repr(n) for n in names)} does not give a surface with two sides; "
            "check which way their seams run and that no edge is sewn to itself."
        )

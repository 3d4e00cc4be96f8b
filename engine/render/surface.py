"""The rendered mesh's fixed part: body, subdivided cloth and the rims of its openings, with what each corner carries.

Every corner carries (x, y, seam, stitch): its place on the flat panel [m], the distance [m] along the panel to the
nearest seam (0.1 where none is near), and how far inside the row of stitches along the nearest finished edge it lies:
that row runs 18 mm above a hem, 6 mm inside a neckline, an armhole or a waist. Vertices: body, hair, cloth, then two for
each vertex of a rim, then buttons. A corner of the body carries its distance from the edge of the base layer and its place (u, v) on the
painted picture (`toile.avatars.looks`), one of hair its place across and along the strands.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.avatars.base_layer import base_layer_distance, base_layer_smoothing
from toile.avatars.looks import looks_of
from toile.avatars.mannequin import Mannequin
from toile.engine.core.body import PARTS
from toile.engine.core.buttons import AWAY, Buttons, find_buttons
from toile.engine.core.errors import BadInput
from toile.engine.core.simulation import Simulation
from toile.engine.render.subdivide import (
    CORNER,
    boundary_corners,
    boundary_edges,
    edge_keys,
    loop_step,
    split_corners,
    split_edges,
)
from toile.shaders.paint import LEVELS

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

FAR = 0.1  # m
HAIR, BUTTON = 2, 3
HEM_ROW, EDGE_ROW = 0.018, 0.006  # m, from the finished edge to the row of stitches
BODY_MATERIALS = 4  # skin, eyes, hair, buttons


@dataclass(frozen=True)
class Surface:
    """Topology shared by all frames.

    body_matrix (V', V) and cloth_matrix (N', N): sparse, positions of rendered vertices from simulated ones; the last rows of
    body_matrix are hair, whose roots on the scalp are hair_roots (H, V); paint (S, S, 3): factors of the body's albedo;
    body_smoothing (V, V): sparse, to be applied SMOOTHING times before (base_layer.py);
    faces (T, 3): body, cloth, rim, buttons; corners (T, 3, 4); material_of_face (T,): 0 skin,
    1 eyes, 2 hair, 3 buttons, BODY_MATERIALS + garment;
    rows (T, 3): numbers of corners that share a vertex and a place on the panel, row_count of them: threads are smooth there;
    rim_source (R,): the boundary vertex (in the rendered numbering) of each pair of rim vertices; rim_garment (R,);
    body_edges (E, 2): of the body as simulated; body_face_count, cloth_face_count: rim faces follow.
    """

    body_matrix: Any
    body_smoothing: Any
    cloth_matrix: Any
    faces: I32
    corners: F32
    material_of_face: I32
    rows: I32
    row_count: int
    rim_source: I32
    rim_garment: I32
    body_edges: I32
    body_face_count: int
    cloth_face_count: int
    hair_roots: Any
    paint: F32
    buttons: Buttons

    @property
    def body_count(self) -> int:
        """Rendered vertices of the body, hair included."""
        return int(self.body_matrix.shape[0])

    @property
    def cloth_count(self) -> int:
        """Rendered vertices of the cloth, without rims."""
        return int(self.cloth_matrix.shape[0])

    @property
    def vertex_count(self) -> int:
        """All rendered vertices."""
        return self.first_button + len(self.buttons.local)

    @property
    def first_button(self) -> int:
        """Number of the first vertex of a button."""
        return self.body_count + self.cloth_count + 2 * len(self.rim_source)


def build_surface(
    simulation: Simulation,
    cloth_steps: int,
    body_steps: int,
    thin_garments: Collection[int] = (),
    mannequin: Mannequin | None = None,
) -> Surface:
    """Subdivide the simulation's meshes for rendering.

    Args:
        simulation: what was simulated.
        cloth_steps: Loop steps for the cloth, 0-3.
        body_steps: Loop steps for the body, 0-2.
        thin_garments: those that do not hide what is under them.
        mannequin: its hair and whether it is painted; the usual one when None.

    Raises:
        BadInput: no cloth, or no body, or numbers that are not finite; no such hair.
    """
    from scipy import sparse

    _check(simulation)
    body = np.asarray(simulation.body_vertices[0], np.float32)
    solid = ~np.isin(simulation.garment_of_face, list(thin_garments))
    opaque = simulation.cloth_vertices[0][np.unique(simulation.cloth_faces[solid])]
    sheer = simulation.cloth_vertices[0][np.unique(simulation.cloth_faces[~solid])]
    edge = base_layer_distance(body, simulation.body_faces, simulation.body_part, opaque, sheer)
    mannequin = mannequin or Mannequin()
    looks = looks_of(len(body), simulation.body_faces)
    chart = np.zeros((len(body), 2), np.float32) if looks is None else looks.chart
    body_matrix, body_faces, edge_corners, body_edges = _subdivide(
        body, simulation.body_faces, edge[simulation.body_faces][:, :, None], body_steps
    )
    assert edge_corners is not None
    place = (body_matrix @ chart).astype(np.float32)  # as points move, so does what is painted there
    body_corners = np.concatenate([edge_corners, place[body_faces], np.zeros_like(edge_corners)], axis=2)
    cloth_matrix, cloth_faces, _, _ = _subdivide(
        simulation.cloth_vertices[0], simulation.cloth_faces, None, cloth_steps, simulation.crease_edges
    )
    uv = panel_places(simulation, cloth_steps)
    panel_of_face = np.repeat(simulation.panel_of_face, 4**cloth_steps)
    lines = panel_distances(simulation, uv, panel_of_face)
    cloth_corners = np.concatenate([uv, lines], axis=2).astype(np.float32)
    part = np.asarray(simulation.body_part)
    eyes = (part == PARTS.index("eyes"))[simulation.body_faces[:, 0]]
    body_material = np.repeat(eyes.astype(np.int32), 4**body_steps)
    garment = np.repeat(np.asarray(simulation.garment_of_face, np.int32), 4**cloth_steps)
    shape = None if looks is None else looks.hair(mannequin.hair)
    roots = sparse.csr_matrix((0, len(body)))
    if shape is not None:
        roots = shape.roots
        body_faces = np.concatenate([body_faces, shape.faces + body_matrix.shape[0]])
        body_matrix = sparse.vstack([body_matrix, shape.points]).tocsr()
        strands = np.concatenate([shape.lines, np.full_like(shape.lines, FAR)], axis=2)
        body_corners = np.concatenate([body_corners, strands])
        body_material = np.concatenate([body_material, np.full(len(shape.faces), HAIR, np.int32)])

    offset = body_matrix.shape[0]
    rim_faces, rim_corners, rim_of_face, rim_source, rim_garment = _rim(
        cloth_faces, cloth_corners, garment, offset, cloth_matrix.shape[0]
    )
    buttons = find_buttons(
        simulation.button_places, simulation.button_panel, simulation.button_size, uv, panel_of_face
    )
    sewn_on = buttons.faces + offset + cloth_matrix.shape[0] + 2 * len(rim_source)
    coloured = np.zeros((len(sewn_on), 3, 4), np.float32)
    coloured[:, :, 0] = np.where(buttons.dark, -AWAY, AWAY)[:, None]
    faces = np.concatenate([body_faces, cloth_faces + offset, rim_faces, sewn_on]).astype(np.int32)
    corners = np.concatenate([body_corners, cloth_corners, rim_corners, coloured]).astype(np.float32)
    rows = _rows(faces, corners)
    return Surface(
        body_matrix=body_matrix,
        body_smoothing=base_layer_smoothing(body, simulation.body_faces, edge),
        cloth_matrix=cloth_matrix,
        faces=faces,
        corners=corners,
        rows=rows,
        row_count=int(rows.max()) + 1,
        material_of_face=np.concatenate(
            [
                body_material,
                garment + BODY_MATERIALS,
                rim_of_face + BODY_MATERIALS,
                np.full(len(sewn_on), BUTTON),
            ]
        ).astype(np.int32),
        rim_source=rim_source,
        rim_garment=rim_garment,
        body_edges=body_edges,
        body_face_count=len(body_faces),
        cloth_face_count=len(cloth_faces),
        hair_roots=roots,
        paint=np.ones((2**LEVELS, 2**LEVELS, 3), np.float32)
        if looks is None or not mannequin.painted
        else looks.paint,
        buttons=buttons,
    )


def _rows(faces: I32, corners: F32) -> I32:
    """Number the corners (T, 3) so that those of one vertex and one place on the panel (to 1 um) have one number."""
    place = np.rint(corners[..., :2].astype(np.float64) * 1e6).astype(np.int64) & 0xFFFFF
    keys = faces.astype(np.int64) << 40 | place[..., 0] << 20 | place[..., 1]
    _, rows = np.unique(keys.ravel(), return_inverse=True)
    return np.asarray(rows.reshape(-1, 3), np.int32)


def panel_distances(simulation: Simulation, uv: F32, panel: I32) -> F32:
    """Return each corner's distance [m] to its panel's nearest seam, and from the nearest row of stitches (T, 3, 2).

    Args:
        simulation: its seam and hem edges, and the panels as simulated.
        uv: places on the panels [m], (T, 3, 2), of the rendered triangles.
        panel: (T,), the panel of each.
    """
    rest = np.asarray(simulation.cloth_panel_uv, np.float64)
    faces = np.asarray(simulation.cloth_faces)
    half = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    start = np.concatenate([rest[:, 0], rest[:, 1], rest[:, 2]])
    end = np.concatenate([rest[:, 1], rest[:, 2], rest[:, 0]])
    owner = np.tile(np.asarray(simulation.panel_of_face), 3)
    count = simulation.cloth_vertices.shape[1]
    keys = half.min(axis=1) * count + half.max(axis=1)
    on_seam = np.isin(keys, edge_keys(simulation.seam_edges, count))
    on_hem = np.isin(keys, edge_keys(simulation.hem_edges, count))
    below = np.zeros(len(keys), bool)
    below[on_hem] = _below(start[on_hem], end[on_hem], owner[on_hem])
    result = np.full((len(uv), 3, 2), FAR, np.float32)
    members = {int(p): np.flatnonzero(panel == p) for p in np.unique(owner[on_seam | on_hem])}
    places = {p: _distinct(uv[on_panel].reshape(-1, 2)) for p, on_panel in members.items()}
    for kind, chosen, offset in (
        (0, on_seam, 0.0),
        (1, on_hem & below, HEM_ROW),
        (1, on_hem & ~below, EDGE_ROW),
    ):
        for p in np.unique(owner[chosen]):
            here = chosen & (owner == p)
            on_panel = members[p]
            points, back = places[p]
            distance = _distance_to_segments(points, start[here], end[here]) - offset
            spread = distance[back].reshape(-1, 3)
            nearer = np.abs(spread) < np.abs(result[on_panel, :, kind])
            result[on_panel, :, kind] = np.where(nearer, spread, result[on_panel, :, kind])
    for p in np.unique(simulation.stitch_panel):
        on_panel = np.flatnonzero(panel == p)
        away = _beside(uv[on_panel].astype(np.float64), simulation.stitch_lines[simulation.stitch_panel == p])
        for kind, offset in ((0, 0.0), (1, PATCH_ROW)):
            nearer = np.abs(away - offset) < np.abs(result[on_panel, :, kind])
            result[on_panel, :, kind] = np.where(nearer, away - offset, result[on_panel, :, kind])
    return result


def _below(start: NDArray[np.float64], end: NDArray[np.float64], owner: I32) -> NDArray[np.bool_]:
    """Return which finished edges (E,) lie below their panel: all of a line from corner to corner, or none of it.

    The cloth lies to the left of a counter-clockwise edge: a line that runs along +x as a whole has the cloth above it.
    """
    from scipy import sparse
    from scipy.sparse import csgraph

    along = end - start
    unit = along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
    ends = np.column_stack([np.concatenate([owner, owner]), np.rint(np.concatenate([start, end]) * 1e6)])
    _, knot = np.unique(ends.astype(np.int64), axis=0, return_inverse=True)
    first, last = knot.reshape(2, -1)
    order = np.argsort(first)
    place = np.minimum(np.searchsorted(first[order], last), len(first) - 1)
    follower = order[place]
    joined = (first[follower] == last) & ((unit * unit[follower]).sum(axis=1) > np.cos(np.radians(CORNER)))
    graph = sparse.coo_matrix(
        (np.ones(int(joined.sum())), (np.flatnonzero(joined), follower[joined])), shape=(len(start),) * 2
    )
    count, line = csgraph.connected_components(graph, directed=False)
    run = np.stack([np.bincount(line, along[:, i], count) for i in range(2)], axis=1)
    return np.asarray((run[:, 0] > 0.5 * np.linalg.norm(run, axis=1))[line])


PATCH_ROW = 0.004  # m, from the edge of a patch to its row of stitches


def _beside(points: NDArray[np.float64], lines: F32) -> NDArray[np.float64]:
    """Return the distance [m] of points (n, 3, 2) from the nearest line (K, 2, 2), positive to its left.

    Signed, so that it passes through nothing inside a triangle that a line crosses.
    """
    a, b = lines[:, 0].astype(np.float64), lines[:, 1].astype(np.float64)
    along = b - a
    rel = points[:, :, None] - a
    share = (rel * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-18)
    off = rel - np.clip(share, 0.0, 1.0)[..., None] * along
    distance = np.linalg.norm(off, axis=-1)
    left = along[:, 0] * rel[..., 1] - along[:, 1] * rel[..., 0]
    chosen = distance.min(axis=-1)
    right = (left <= 0.0) & (distance <= chosen[..., None] + 1e-9)  # at a corner two lines are as near
    return np.clip(np.where(right.any(axis=-1), -chosen, chosen), -FAR, FAR)


def _distinct(points: F32) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return places on a panel (N, 2) [m], each once to 0.1 um, and which of them each point is."""
    whole = np.rint(points.astype(np.float64) * 1e7).astype(np.int64)
    whole -= whole.min(axis=0)
    _, first, back = np.unique(whole[:, 0] << 32 | whole[:, 1], return_index=True, return_inverse=True)
    return points[first].astype(np.float64), back.ravel()


def _distance_to_segments(
    points: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    from scipy.spatial import cKDTree

    tree = cKDTree(0.5 * (start + end))
    _, nearest = tree.query(points, k=min(4, len(start)))
    nearest = nearest.reshape(len(points), -1)
    a, b = start[nearest], end[nearest]
    along = b - a
    share = ((points[:, None] - a) * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-18)
    closest = a + np.clip(share, 0.0, 1.0)[..., None] * along
    return np.minimum(np.linalg.norm(points[:, None] - closest, axis=-1).min(axis=1), FAR)


def _subdivide(
    vertices: F32, faces: I32, corners: F32 | None, steps: int, creases: I32 | None = None
) -> tuple[Any, I32, F32 | None, I32]:
    from scipy import sparse

    faces = np.asarray(faces, np.int32)
    matrix: Any = sparse.identity(len(vertices), format="csr")
    sharp = boundary_corners(np.asarray(vertices, np.float32), faces)
    folds = _in_use(creases, faces, len(vertices))
    coarse_edges = np.unique(
        np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1), axis=0
    ).astype(np.int32)
    for _ in range(steps):
        count = matrix.shape[0]
        step, faces, edges = loop_step(faces, count, sharp, folds)
        folds = split_edges(folds, edges, count)
        matrix = step @ matrix
        sharp = np.concatenate([sharp, np.zeros(len(edges), bool)])
        if corners is not None:
            corners = split_corners(corners)
    return matrix.tocsr(), faces, corners, coarse_edges


def _in_use(creases: I32 | None, faces: I32, count: int) -> I32:
    """Return those creases (C, 2) that are sides of faces, each once."""
    if creases is None or len(creases) == 0:
        return np.zeros((0, 2), np.int32)
    sides = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    keys = np.intersect1d(edge_keys(creases, count), edge_keys(sides, count))
    return np.stack([keys // count, keys % count], axis=1).astype(np.int32)


def panel_places(simulation: Simulation, steps: int) -> F32:
    """Return where the corners of the rendered triangles lie on their panels (T, 3, 2) [m].

    Every panel is subdivided on the flat by the masks that subdivide the cloth in space, so that a smooth line on the panel
    is one on the garment. Linear places inside a triangle that bends make it waver by a millimetre or two.
    """
    flat = np.asarray(simulation.cloth_panel_uv, np.float32)
    faces = np.asarray(simulation.cloth_faces, np.int32)
    panel = np.repeat(np.asarray(simulation.panel_of_face, np.int64), 3)
    place = np.rint(flat.reshape(-1, 2).astype(np.float64) * 1e6).astype(np.int64)
    keys = np.column_stack([faces.ravel(), panel, place])
    _, first, row = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    rows = row.reshape(-1, 3).astype(np.int32)
    points = flat.reshape(-1, 2)[first]
    vertex = faces.ravel()[first]
    sides = np.concatenate([rows[:, [0, 1]], rows[:, [1, 2]], rows[:, [2, 0]]])
    count = simulation.cloth_vertices.shape[1]
    folded = np.isin(edge_keys(vertex[sides], count), edge_keys(simulation.crease_edges, count))
    upright = np.column_stack([points, np.zeros(len(points), np.float32)])
    matrix, fine, _, _ = _subdivide(upright, rows, None, steps, sides[folded].astype(np.int32))
    return np.asarray((matrix @ points)[fine], np.float32)


def _rim(
    faces: I32, corners: F32, garment: I32, offset: int, cloth_count: int
) -> tuple[I32, F32, I32, I32, I32]:
    half = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    keys = half.min(axis=1) * cloth_count + half.max(axis=1)
    ordered = np.sort(keys)
    differs = np.concatenate([[True], ordered[1:] != ordered[:-1], [True]])
    once = ordered[differs[:-1] & differs[1:]]
    at = np.minimum(np.searchsorted(once, keys), max(len(once) - 1, 0))
    chosen = np.flatnonzero(once[at] == keys) if len(once) else np.zeros(0, np.int64)
    owner = chosen % len(faces)
    corner = chosen // len(faces)
    edge = half[chosen]
    source, local = np.unique(edge, return_inverse=True)
    local = local.reshape(-1, 2)
    outer = offset + cloth_count + 2 * local
    inner = outer + 1
    first = np.stack([outer[:, 1], outer[:, 0], inner[:, 0]], axis=1)
    second = np.stack([outer[:, 1], inner[:, 0], inner[:, 1]], axis=1)
    a = corners[owner, corner]
    b = corners[owner, (corner + 1) % 3]
    rim_corners = np.concatenate([np.stack([b, a, a], axis=1), np.stack([b, a, b], axis=1)])
    rim_garment = np.zeros(len(source), np.int32)
    rim_garment[local[:, 0]] = garment[owner]
    return (
        np.concatenate([first, second]).astype(np.int32),
        rim_corners.astype(np.float32),
        np.concatenate([garment[owner], garment[owner]]).astype(np.int32),
        (source + offset).astype(np.int32),
        rim_garment,
    )


def _check(simulation: Simulation) -> None:
    for name, vertices, faces in (
        ("body", simulation.body_vertices, simulation.body_faces),
        ("cloth", simulation.cloth_vertices, simulation.cloth_faces),
    ):
        if vertices.size == 0 or len(faces) == 0:
            raise BadInput(f"The {name} has no triangles to render; run `toile simulate` on this look first.")
        if not np.isfinite(vertices).all():
            frame = int(np.flatnonzero(~np.isfinite(vertices).all(axis=(1, 2)))[0])
            raise BadInput(
                f"The {name} has positions that are not finite in frame {frame}; simulate this look again."
            )


__all__ = ["BODY_MATERIALS", "Surface", "boundary_edges", "build_surface", "panel_distances"]

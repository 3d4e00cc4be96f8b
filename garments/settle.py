"""Settle sewn cloth round a body: even out its strain, and keep it clear of the body and of what is worn below.

Local step: every triangle's deformation F (3 x 2, from the flat panel) is given its polar twin with singular values
pulled to one where they stretch, and little where they compress, so that slack cloth stays smooth and does not buckle.
Global step: the vertices that fit all triangles best in the least-squares sense, held near where they were wrapped
(Helmholtz length `_REACH`); the matrix never changes, so it is factored once. Then every vertex that is too close is
moved to its clearance, and limbs' cloth is kept on its own side of the plane that halves the angle between them.

Source: as-rigid-as-possible surfaces, Sorkine and Alexa 2007; tension fields, Wagner 1929.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csc_matrix, diags
from scipy.sparse.linalg import splu

from toile.engine.core.intersect import body_cloth_intersections, cloth_self_intersections
from toile.engine.core.mesh import unique_edges
from toile.garments.form import Form
from toile.garments.harmonic import laplacian
from toile.garments.meshing import SewnMesh
from toile.garments.obstacles import Neck, Obstacle, divides, head_hull
from toile.garments.pattern import Pattern
from toile.garments.turned import outward_faces
from toile.garments.wrap_cut_on import has_arms
from toile.garments.wrap_folds import is_pleated
from toile.garments.wrap_overlap import is_overlapping

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

GAP = 0.007
"""Least distance [m] of a vertex from the body."""
LAYER_GAP = 0.007
"""Least distance [m] of a vertex from cloth worn below it."""
_REACH = 0.12  # m, over which placement holds the cloth against its tension
_STRIDE = 0.006  # m a round; less than GAP, so that tight cloth is never pulled through a limb
_SLACK = 0.5  # share of compression that is evened out
_ROUNDS = 30
_REPAIRS = 12
_PARTS = ("torso", "left_arm", "right_arm", "left_leg", "right_leg")


@dataclass(frozen=True)
class Cloth:
    """The welded garment that settles, with its own vertex numbers."""

    faces: I32  # (T, 3)
    inverse_rest: F64  # (T, 2, 2), of the flat edge matrix
    area: F64  # (T,)
    matrix: csc_matrix  # cotangent Laplacian
    mass: F64  # (N,)


def settle(
    pattern: Pattern,
    sewn: SewnMesh,
    panels: Sequence[int],
    placed: F64,
    form: Form,
    vertices: F64,
    done: Sequence[int],
    under: Sequence[int] = (),
    neck: Neck | None = None,
    layer_gap: float = LAYER_GAP,
) -> F64:
    """Return settled positions [m] of one garment's welded vertices, in rising order of their number.

    Args:
        panels: the garment's panels; placed: wrapped positions of all concatenated vertices, partners equal.
        vertices: welded positions of garments settled before; done: which garments those are; under: panels of the
            same garment that are settled and lie below these; neck: out of which collars are moved first, where it is given.
        layer_gap: least distance [m] of a vertex from what lies below.
    """
    mine = np.isin(sewn.panel_of_face, panels)
    used, local = np.unique(sewn.faces[mine], return_inverse=True)
    faces = local.reshape(-1, 3).astype(np.int32)
    start = np.zeros((sewn.vertex_count, 3))
    own = np.concatenate([np.arange(sewn.start[i], sewn.start[i + 1]) for i in panels])
    start[sewn.weld[own]] = placed[own]
    x = start[used]
    cloth = _cloth(sewn, mine, faces, len(used))
    body = Obstacle(form.figure.vertices.astype(np.float64), form.figure.faces, closed=True)
    below = _below(pattern, sewn, vertices, done, under)
    head = head_hull(form.figure) if any(pattern.panels[i].placement.part == "head" for i in panels) else None
    collared = _worn_by(pattern, sewn, mine, faces, panels, "neck")
    worn = {part: _worn_by(pattern, sewn, mine, faces, panels, part) for part in _PARTS}
    if any(pattern.panels[i].placement.part == "torso" and has_arms(pattern.panels[i]) for i in panels):
        for part in (
            "left_arm",
            "right_arm",
        ):  # sleeves are the trunk's own cloth: no plane parts them from it
            worn[part] = np.zeros_like(worn[part])
    planes = divides(form, worn)

    def clear(points: F64) -> F64:
        for plane in planes:
            points = plane.keep(points)
        if below is not None:
            points = below.clear(points, layer_gap)
        if head is not None:
            points = head.clear(points, GAP)
        if neck is not None:
            points = points.copy()
            collar = points[collared]
            skin, normal, near = body.nearest(collar)
            inside = near & (((collar - skin) * normal).sum(axis=1) < 0.0)
            collar[inside] = neck.clear(collar[inside])
            points[collared] = collar
        return body.clear(points, GAP)

    mass = cloth.mass / _REACH**2
    solver = splu((cloth.matrix + diags(mass)).tocsc())
    anchor = clear(x)
    x = anchor.copy()
    layered = any(is_pleated(pattern.panels[i]) or is_overlapping(pattern.panels[i]) for i in panels)
    kept = x
    for turn in range(_ROUNDS):
        if layered and turn % 5 == 0:
            if len(cloth_self_intersections(x, cloth.faces)):
                x = kept  # folded layers part no further than they stay in order
                break
            kept = x
        moved = solver.solve(_pull(cloth, x) + mass[:, None] * anchor) - x
        length = np.linalg.norm(moved, axis=1, keepdims=True)
        x = clear(x + moved * np.minimum(1.0, _STRIDE / np.maximum(length, 1e-12)))
    return smooth_crossings(x, cloth.faces, form, clear, below, body, layer_gap)


def _worn_by(
    pattern: Pattern, sewn: SewnMesh, mine: NDArray[np.bool_], faces: I32, panels: Sequence[int], part: str
) -> NDArray[np.bool_]:
    """Return which of a garment's vertices belong to panels round a body part."""
    round_it = [i for i in panels if pattern.panels[i].placement.part == part]
    found = np.zeros(int(faces.max()) + 1, dtype=bool)
    found[faces[np.isin(sewn.panel_of_face[mine], round_it)]] = True
    return found


def _cloth(sewn: SewnMesh, mine: NDArray[np.bool_], faces: I32, count: int) -> Cloth:
    flat = sewn.flat_points[sewn.flat_faces[mine]]
    edges: F64 = np.stack([flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]], axis=2)
    area = np.asarray(0.5 * np.linalg.det(edges), dtype=np.float64)
    corners = flat.reshape(-1, 2)
    own = np.arange(len(corners)).reshape(-1, 3).astype(np.int32)
    matrix = laplacian(corners, own, faces.ravel())
    mass = np.asarray(np.bincount(faces.ravel(), np.repeat(area / 3.0, 3), minlength=count), dtype=np.float64)
    return Cloth(faces, np.asarray(np.linalg.inv(edges), dtype=np.float64), area, matrix, mass)


def deformation(x: F64, faces: I32, inverse_rest: F64) -> F64:
    """Return each triangle's deformation from its flat panel, shape (T, 3, 2)."""
    edges = np.stack([x[faces[:, 1]] - x[faces[:, 0]], x[faces[:, 2]] - x[faces[:, 0]]], axis=2)
    return np.asarray(edges @ inverse_rest)


def singular_values(f: F64) -> tuple[F64, F64, F64]:
    """Return the greater and lesser singular value of F (T, 3, 2), and the angle of the greater's direction."""
    a, b, c = (f[:, :, 0] ** 2).sum(1), (f[:, :, 0] * f[:, :, 1]).sum(1), (f[:, :, 1] ** 2).sum(1)
    mean, half, root = 0.5 * (a + c), 0.5 * (a - c), np.hypot(0.5 * (a - c), b)
    angle = 0.5 * np.arctan2(b, half)
    return np.sqrt(mean + root), np.sqrt(np.maximum(mean - root, 1e-12)), angle


def _pull(cloth: Cloth, x: F64) -> F64:
    """Return the right-hand side of the global step: the divergence of the wanted deformations."""
    f = deformation(x, cloth.faces, cloth.inverse_rest)
    large, small, angle = singular_values(f)
    cosine, sine = np.cos(angle), np.sin(angle)

    def wanted(s: F64) -> F64:
        return np.where(s > 1.0, 1.0, s + _SLACK * (1.0 - s)) / s

    one, two = wanted(large), wanted(small)
    right = np.empty((len(f), 2, 2))
    right[:, 0, 0] = one * cosine**2 + two * sine**2
    right[:, 1, 1] = one * sine**2 + two * cosine**2
    right[:, 0, 1] = right[:, 1, 0] = (one - two) * cosine * sine
    stress = cloth.area[:, None, None] * (f @ right) @ cloth.inverse_rest.transpose(0, 2, 1)
    total = np.zeros_like(x)
    for axis in range(3):
        at_one, at_two = stress[:, axis, 0], stress[:, axis, 1]
        total[:, axis] = (
            np.bincount(cloth.faces[:, 1], at_one, minlength=len(x))
            + np.bincount(cloth.faces[:, 2], at_two, minlength=len(x))
            - np.bincount(cloth.faces[:, 0], at_one + at_two, minlength=len(x))
        )
    return total


def _below(
    pattern: Pattern, sewn: SewnMesh, vertices: F64, done: Sequence[int], under: Sequence[int]
) -> Obstacle | None:
    if not done and not under:
        return None
    inner = [i for i, panel in enumerate(pattern.panels) if panel.garment in done or i in under]
    faces = outward_faces(pattern, sewn, np.isin(sewn.panel_of_face, inner))
    return Obstacle(vertices, faces, closed=False)


def smooth_crossings(
    x: F64,
    faces: I32,
    form: Form,
    clear: Callable[[F64], F64],
    below: Obstacle | None,
    body: Obstacle,
    layer_gap: float,
) -> F64:
    """Smooth the neighbourhood of what still intersects, a little wider each time."""
    body_x, body_f = form.figure.vertices.astype(np.float64), form.figure.faces
    edges, _ = unique_edges(faces)
    n = len(x)
    ends = np.concatenate([edges, edges[:, ::-1]])
    graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(n, n)).tocsr()
    degree = np.asarray(graph.sum(axis=1)).ravel()
    for attempt in range(_REPAIRS):
        bad = np.zeros(n, dtype=bool)
        own = cloth_self_intersections(x, faces)
        bad[faces[own.ravel()]] = True
        through = body_cloth_intersections(x, faces, body_x, body_f)
        bad[faces[through[:, 0]]] = True
        if below is not None:
            crossed = body_cloth_intersections(x, faces, below.vertices, below.faces)
            bad[faces[crossed[:, 0]]] = True
        if not bad.any():
            break
        zone = bad
        for _ in range(2 + attempt):
            zone = zone | ((graph @ zone) > 0)
        for _ in range(2):
            mean = (graph @ x) / degree[:, None]
            x = np.where(zone[:, None], 0.4 * x + 0.6 * mean, x)
        x = clear(x)
        if below is not None and attempt >= 2:
            wider = below.clear(x, layer_gap * (1.0 + 0.25 * attempt))
            x = np.where(zone[:, None], wider, x)
        if len(through) and attempt >= 2:  # coarse triangles over an elbow need more room than its skin does
            x = np.where(zone[:, None], body.clear(x, GAP * (1.0 + 0.15 * attempt)), x)
    return x

"""Settle sewn cloth round a body: even out its strain, and keep it clear of the body and of what is worn below.

Local step: every triangle's deformation F (3 x 2, from the flat panel) is given its polar twin with singular values
pulled to one where they stretch, and little where they compress, so that slack cloth stays smooth and does not buckle.
Global step: the vertices that fit all triangles best in the least-squares sense, held near where they were wrapped
(Helmholtz length `_REACH`); the matrix never changes, so it is factored once. Then every vertex that is too close is
moved to its clearance, and limbs' cloth is kept on its own side of the plane that halves the angle between them.

Source: as-rigid-as-possible surfaces, Sorkine and Alexa 2007; tension fields, Wagner 1929.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csc_matrix, diags
from scipy.sparse.linalg import splu

from toile.engine.core.device import default_device, warp
from toile.engine.core.intersect import body_cloth_intersections, cloth_self_intersections
from toile.engine.core.mesh import unique_edges, vertex_normals
from toile.garments.form import Form
from toile.garments.meshing import SewnMesh
from toile.garments.pattern import Pattern

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

GAP = 0.007
"""Least distance [m] of a vertex from the body."""
LAYER_GAP = 0.007
"""Least distance [m] of a vertex from cloth worn below it."""
_REACH = 0.08  # m, over which placement holds the cloth against its tension
_SLACK = 0.5  # share of compression that is evened out
_ROUNDS = 18
_REPAIRS = 12
_PARTS = ("torso", "left_arm", "right_arm", "left_leg", "right_leg")


def laplacian(points: F64, faces: I32, weld: NDArray[np.integer]) -> csc_matrix:
    """Return the cotangent Laplacian of flat triangles, assembled at welded vertices."""
    rows, columns, values = [], [], []
    for i in range(3):
        a, b, c = faces[:, i], faces[:, (i + 1) % 3], faces[:, (i + 2) % 3]
        u, v = points[b] - points[a], points[c] - points[a]
        area = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
        weight = 0.5 * (u * v).sum(axis=1) / np.maximum(np.abs(area), 1e-14)
        rows += [weld[b], weld[c], weld[b], weld[c]]
        columns += [weld[c], weld[b], weld[b], weld[c]]
        values += [-weight, -weight, weight, weight]
    n = int(weld.max()) + 1
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return coo_matrix(entries, shape=(n, n)).tocsc()


def harmonic(
    points: F64, faces: I32, fixed: NDArray[np.bool_], value: F64, weld: NDArray[np.integer] | None = None
) -> F64:
    """Spread values given at some vertices harmonically over a flat panel.

    Args:
        points [m] (n, 2), faces (t, 3): the panel.
        fixed (n,), value (n, k): where and what is given.
        weld (n,): vertices to take for one another (a dart sewn shut); none when None.
    """
    n = len(points)
    ids = np.arange(n) if weld is None else weld
    given = np.zeros((n, value.shape[1]))
    known = np.zeros(n, dtype=bool)
    given[ids[fixed]] = value[fixed]
    known[ids[fixed]] = True
    if not known.any():
        return np.zeros_like(value)
    matrix = laplacian(points, faces, ids)
    if matrix.shape[0] < n:
        matrix.resize((n, n))
    used = np.zeros(n, dtype=bool)
    used[ids] = True
    free = np.flatnonzero(used & ~known)
    held = np.flatnonzero(known)
    if len(free):
        rows = matrix[free]
        inner = rows[:, free] + diags(np.full(len(free), 1e-9))
        given[free] = splu(inner.tocsc()).solve(-(rows[:, held] @ given[held]))
    return np.asarray(given[ids])


class Obstacle:
    """A surface that cloth keeps clear of; the closest point is found with Warp's hierarchy."""

    def __init__(self, vertices: F64, faces: I32, closed: bool) -> None:
        wp = warp()
        self.device = default_device()
        self.vertices, self.faces, self.closed = vertices, faces, closed
        self.normals = vertex_normals(vertices, faces)
        self.mesh: Any = wp.Mesh(
            points=wp.array(vertices.astype(np.float32), dtype=wp.vec3, device=self.device),
            indices=wp.array(faces.astype(np.int32).ravel(), dtype=wp.int32, device=self.device),
        )

    def clear(self, points: F64, gap: float, reach: float = 0.06) -> F64:
        """Return points moved out to at least `gap` [m] in front of the surface."""
        wp = warp()
        from toile.engine.core import intersect_kernels as kernels

        face = wp.zeros(len(points), dtype=wp.int32, device=self.device)
        weights = wp.zeros(len(points), dtype=wp.vec2, device=self.device)
        at = wp.array(points.astype(np.float32), dtype=wp.vec3, device=self.device)
        wp.launch(
            kernels.closest_points,
            dim=len(points),
            inputs=[self.mesh.id, at, reach],
            outputs=[face, weights],
            device=self.device,
        )
        found = face.numpy()
        near = np.flatnonzero(found >= 0)
        uv = weights.numpy()[near].astype(np.float64)
        bary = np.clip(np.column_stack([uv, 1.0 - uv.sum(axis=1)]), 0.0, 1.0)
        corners = self.faces[found[near]]
        closest = np.einsum("nk,nkd->nd", bary, self.vertices[corners])
        normal = np.einsum("nk,nkd->nd", bary, self.normals[corners])
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
        away = points[near] - closest
        height = (away * normal).sum(axis=1)
        sideways = np.linalg.norm(away - height[:, None] * normal, axis=1)
        distance = np.linalg.norm(away, axis=1)
        if self.closed:
            signed = np.where(height < 0, -distance, distance)
            toward = np.where((signed > 1e-4)[:, None], away / np.maximum(distance, 1e-9)[:, None], normal)
            short = np.flatnonzero(signed < gap)
            target = closest + gap * toward
        else:
            short = np.flatnonzero((height < gap) & (sideways < 0.5 * gap + 0.2 * np.abs(height)))
            target = points[near] + (gap - height)[:, None] * normal
        moved = points.copy()
        moved[near[short]] = target[short]
        return moved


@dataclass(frozen=True)
class Divide:
    """A plane between two limbs: below its apex the cloth of one lies before it, that of the other behind it."""

    apex: F64
    normal: F64
    down: F64  # along the plane, away from where the limbs meet
    before: NDArray[np.bool_]
    behind: NDArray[np.bool_]

    def keep(self, points: F64, margin: float = 0.003) -> F64:
        """Return points moved back to their own sides."""
        rel = points - self.apex
        side, below = rel @ self.normal, rel @ self.down
        near = (below > -0.02) & (np.abs(side) < 0.15)
        want = np.zeros(len(points))
        outer = self.before & ~self.behind & near & (side < margin)
        inner = self.behind & ~self.before & near & (side > -margin)
        want[outer] = margin - side[outer]
        want[inner] = -margin - side[inner]
        return points + want[:, None] * self.normal


def divides(form: Form, wears: Mapping[str, NDArray[np.bool_]]) -> list[Divide]:
    """Return the planes that halve the angle between each sleeved arm and the trunk, and the one between the legs.

    Args:
        wears: body part -> which vertices belong to panels round it.
    """
    up = np.array([0.0, 1.0, 0.0])
    planes = []
    for side in ("left", "right"):
        sleeve = wears[f"{side}_arm"]
        if not sleeve.any():
            continue
        joints = form.figure.joints
        arm = (joints[f"{side}_elbow"] - joints[f"{side}_shoulder"]).astype(np.float64)
        down = arm / np.linalg.norm(arm) - up
        down[2] = 0.0
        down /= np.linalg.norm(down)
        outward = np.array([-down[1], down[0], 0.0])
        if outward @ arm < 0:
            outward = -outward
        apex = form.figure.landmarks[f"{side}_armpit"].astype(np.float64)
        planes.append(Divide(apex, outward, down, sleeve, wears["torso"]))
    if wears["left_leg"].any() and wears["right_leg"].any():
        apex = np.array([0.0, form.height("crotch"), 0.0])
        planes.append(Divide(apex, np.array([1.0, 0.0, 0.0]), -up, wears["left_leg"], wears["right_leg"]))
    return planes


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
) -> F64:
    """Return settled positions [m] of one garment's welded vertices, in rising order of their number.

    Args:
        panels: the garment's panels; placed: wrapped positions of all concatenated vertices, partners equal.
        vertices: welded positions of garments settled before; done: which garments those are.
    """
    mine = np.isin(sewn.panel_of_face, panels)
    used, local = np.unique(sewn.faces[mine], return_inverse=True)
    faces = local.reshape(-1, 3).astype(np.int32)
    start = np.zeros((sewn.vertex_count, 3))
    start[sewn.weld] = placed
    x = start[used]
    cloth = _cloth(sewn, mine, faces, len(used))
    body = Obstacle(form.figure.vertices.astype(np.float64), form.figure.faces, closed=True)
    below = _below(pattern, sewn, vertices, done)
    planes = divides(form, {part: _worn_by(pattern, sewn, mine, faces, panels, part) for part in _PARTS})

    def clear(points: F64) -> F64:
        for plane in planes:
            points = plane.keep(points)
        if below is not None:
            points = below.clear(points, LAYER_GAP)
        return body.clear(points, GAP)

    mass = cloth.mass / _REACH**2
    solver = splu((cloth.matrix + diags(mass)).tocsc())
    anchor = clear(x)
    x = anchor.copy()
    for _ in range(_ROUNDS):
        x = solver.solve(_pull(cloth, x) + mass[:, None] * anchor)
        x = clear(x)
    return _repair(x, cloth, form, clear, below)


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
    edges = np.stack([flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]], axis=2)
    area = 0.5 * np.linalg.det(edges)
    corners = flat.reshape(-1, 2)
    own = np.arange(len(corners)).reshape(-1, 3).astype(np.int32)
    matrix = laplacian(corners, own, faces.ravel())
    mass = np.bincount(faces.ravel(), np.repeat(area / 3.0, 3), minlength=count)
    return Cloth(faces, np.linalg.inv(edges), area, matrix, mass)


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


def _below(pattern: Pattern, sewn: SewnMesh, vertices: F64, done: Sequence[int]) -> Obstacle | None:
    if not done:
        return None
    inner = [i for i, panel in enumerate(pattern.panels) if panel.garment in done]
    return Obstacle(vertices, sewn.faces[np.isin(sewn.panel_of_face, inner)], closed=False)


def _repair(x: F64, cloth: Cloth, form: Form, clear: Callable[[F64], F64], below: Obstacle | None) -> F64:
    """Smooth the neighbourhood of what still intersects, a little wider each time."""
    body_x, body_f = form.figure.vertices.astype(np.float64), form.figure.faces
    edges, _ = unique_edges(cloth.faces)
    n = len(x)
    ends = np.concatenate([edges, edges[:, ::-1]])
    graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(n, n)).tocsr()
    degree = np.asarray(graph.sum(axis=1)).ravel()
    for attempt in range(_REPAIRS):
        bad = np.zeros(n, dtype=bool)
        own = cloth_self_intersections(x, cloth.faces)
        bad[cloth.faces[own.ravel()]] = True
        through = body_cloth_intersections(x, cloth.faces, body_x, body_f)
        bad[cloth.faces[through[:, 0]]] = True
        if below is not None:
            crossed = body_cloth_intersections(x, cloth.faces, below.vertices, below.faces)
            bad[cloth.faces[crossed[:, 0]]] = True
        if not bad.any():
            break
        zone = bad
        for _ in range(2 + attempt):
            zone = zone | ((graph @ zone) > 0)
        for _ in range(2):
            mean = (graph @ x) / degree[:, None]
            x = np.where(zone[:, None], 0.4 * x + 0.6 * mean, x)
        x = clear(x)
    return x

"""What cloth keeps clear of: surfaces that it lies before, and planes between limbs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from toile.engine.core.body import PARTS, Figure
from toile.engine.core.device import default_device, warp
from toile.engine.core.mesh import vertex_normals
from toile.garments.form import Form

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]


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

    def nearest(self, points: F64, reach: float = 0.06) -> tuple[F64, F64, NDArray[np.bool_]]:
        """Return the closest points and the normals there, (n, 3) each, and which were found within reach [m]."""
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
        closest, normal = points.copy(), np.zeros_like(points)
        closest[near] = np.einsum("nk,nkd->nd", bary, self.vertices[corners])
        normal[near] = np.einsum("nk,nkd->nd", bary, self.normals[corners])
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
        return closest, normal, found >= 0

    def clear(self, points: F64, gap: float, reach: float = 0.06) -> F64:
        """Return points moved out to at least `gap` [m] in front of the surface."""
        closest, normal, within = self.nearest(points, reach)
        near = np.flatnonzero(within)
        closest, normal = closest[near], normal[near]
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


def head_hull(figure: Figure) -> Obstacle:
    """Return the convex hull of a figure's head: a hood lies over the ears, not behind them."""
    head = figure.vertices[figure.part_of_vertex == PARTS.index("head")].astype(np.float64)
    hull = ConvexHull(head)
    corners, faces = np.unique(hull.simplices, return_inverse=True)
    points, faces = head[corners], faces.reshape(-1, 3)
    a, b, c = (points[faces[:, k]] for k in range(3))
    inward = (np.cross(b - a, c - a) * hull.equations[:, :3]).sum(axis=1) < 0.0
    faces[inward] = faces[inward][:, ::-1]
    return Obstacle(points, faces.astype(np.int32), closed=True)


_SLAB = 0.012  # m up and down the neck, over which its section is taken
_WINDOW = 0.93  # cosine of the angle to each side in which a section's reach is taken


class Neck:
    """The neck as a column of sections: what lies inside is moved straight out of it, away from the section's middle.

    The skin that is nearest to a point inside the neck may be that of the chin or of the mouth.
    """

    def __init__(self, figure: Figure) -> None:
        joints = figure.joints
        axis = joints["head"].astype(np.float64) - joints["neck"].astype(np.float64)
        self.axis = axis / np.linalg.norm(axis)
        across = np.array([1.0, 0.0, 0.0])
        self.plane = np.stack([across, np.cross(self.axis, across)], axis=1)
        skin = figure.vertices[figure.part_of_vertex == PARTS.index("neck")].astype(np.float64)
        self.flat, self.level = skin @ self.plane, skin @ self.axis

    def clear(self, points: F64, gap: float = 0.0) -> F64:
        """Return points moved out to `gap` [m] before the section at their height, which the skin itself is near to."""
        middle, beside = self._section(points)
        away = points @ self.plane - middle
        step = np.maximum(self._short(away, middle, beside) + gap, 0.0)
        own = np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
        moved: F64 = points + (away * step[:, None] / own) @ self.plane.T
        return moved

    def _section(self, points: F64) -> tuple[F64, NDArray[np.bool_]]:
        """Return the middle (n, 2) of the section at each point's height, and which of the skin's vertices are in it (n, m)."""
        low, high = float(self.level.min()) + _SLAB, float(self.level.max()) - _SLAB
        beside = np.abs(self.level - np.clip(points @ self.axis, low, high)[:, None]) < _SLAB
        ring = np.where(beside[..., None], self.flat, np.nan)
        if not len(points):
            return np.zeros((0, 2)), beside
        return 0.5 * (np.nanmin(ring, axis=1) + np.nanmax(ring, axis=1)), beside

    def _short(self, away: F64, middle: F64, beside: NDArray[np.bool_]) -> F64:
        """Return how far [m] the section reaches beyond points in their direction; very negative where it has nothing there."""
        own = np.maximum(np.linalg.norm(away, axis=1), 1e-9)
        out = self.flat - middle[:, None]
        reach = np.linalg.norm(out, axis=2)
        facing = beside & ((out * away[:, None]).sum(axis=2) > _WINDOW * reach * own[:, None])
        most: F64 = np.where(facing, reach, -1.0).max(axis=1) - own
        return most


@dataclass(frozen=True)
class Divide:
    """A plane between two limbs: below its apex the cloth of one lies before it, that of the other behind it.

    The plane ends softly: above the apex and beyond its breadth both sides get room, 1 m per m.
    """

    apex: F64
    normal: F64
    down: F64  # along the plane, away from where the limbs meet
    breadth: float  # m, to each side of the apex, across `down`
    before: NDArray[np.bool_]
    behind: NDArray[np.bool_]

    def keep(self, points: F64, margin: float = 0.003) -> F64:
        """Return points moved back to their own sides."""
        rel = points - self.apex
        side, below = rel @ self.normal, rel @ self.down
        beside = np.abs(rel @ np.cross(self.normal, self.down))
        room = np.maximum(0.01 - below, 0.0) + np.maximum(beside - self.breadth, 0.0)
        least = margin - room
        near = np.abs(side) < 0.15
        want = np.zeros(len(points))
        outer = self.before & ~self.behind & near & (side < least)
        inner = self.behind & ~self.before & near & (-side < least)
        want[outer] = least[outer] - side[outer]
        want[inner] = -least[inner] - side[inner]
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
        planes.append(Divide(apex, outward, down, 0.05, sleeve, wears["torso"]))
    if wears["left_leg"].any() and wears["right_leg"].any():
        apex = np.array([0.0, form.height("crotch"), 0.0])
        planes.append(
            Divide(apex, np.array([1.0, 0.0, 0.0]), -up, 0.2, wears["left_leg"], wears["right_leg"])
        )
    return planes

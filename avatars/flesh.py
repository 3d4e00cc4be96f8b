"""Flesh that yields: where posed body parts meet, both skins give way until a gap for cloth is left between them.

Linear blend skinning lets an upper arm sink into the side of the chest, or thigh into thigh. No cloth can lie outside
both, so a sleeve or an armhole caught there would have to pass through the body. Real flesh is pressed flat instead:
each skin point nearer to the other part than its target moves half of what is lacking along that part's normal, and the
displacement is spread over its neighbours. The target is `gap`, but never more than a share of the distance that the
point had in the dressing pose, so the crease where the parts join stays joined. Folds that cross even so are relaxed
(`toile.avatars.creases`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from toile.avatars.creases import Creases, Creasing, find_creases
from toile.engine.core.body import F32, I32, PARTS, BodyMotion, Rig
from toile.engine.core.device import warp

REACH = 0.03
"""Depth [m] to which a meeting is recognised; motions keep limbs apart by more than that elsewhere."""
SHARE = 0.35
"""Largest share of the distance in the dressing pose that is asked for: an opening angle of 20 degrees at the crease."""
ROUNDS = 5
_ARM = ("upper_arm", "forearm", "hand")
_MEETINGS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (tuple(f"left_{p}" for p in _ARM), ("torso", "left_thigh", "right_thigh")),
    (tuple(f"right_{p}" for p in _ARM), ("torso", "left_thigh", "right_thigh")),
    (("left_thigh", "left_shin"), ("right_thigh", "right_shin")),
)


@dataclass(frozen=True)
class _Side:
    """Points of one part (N,), their targets [m] (N,), and the other part as a Warp mesh over its own vertices."""

    points: I32
    target: F32
    others: I32  # vertices of the other part
    faces: I32  # its faces, indexing `others`
    mesh: Any


class Flesh:
    """Finds how the skin of one rig gives way in a pose."""

    def __init__(self, rig: Rig, part_of_vertex: I32, gap: float = 0.005) -> None:
        """Choose who meets whom, and how far apart each point is to stay [m]."""
        rest, faces = np.asarray(rig.rest_vertices, np.float32), np.asarray(rig.faces, np.int32)
        self._faces, self._count = faces, len(rest)
        self._sides: list[_Side] = []
        for first, second in _MEETINGS:
            for a, b in ((first, second), (second, first)):
                side = _side(rest, faces, part_of_vertex, a, b, gap)
                if side is not None:
                    self._sides.append(side)
        corners = np.arange(len(faces))
        ones = np.ones(len(faces), np.float32)
        self._gather = sum(
            sparse.csr_matrix((ones, (faces[:, k], corners)), shape=(len(rest), len(faces))) for k in range(3)
        ).tocsr()
        pairs = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
        pairs = np.concatenate([pairs, pairs[:, ::-1], np.repeat(np.arange(len(rest))[:, None], 2, 1)])
        graph = sparse.csr_matrix(
            (np.ones(len(pairs), np.float32), (pairs[:, 0], pairs[:, 1])), shape=(len(rest),) * 2
        )
        graph.data[:] = 1.0
        self._mean = (sparse.diags(1.0 / np.asarray(graph.sum(1)).ravel()) @ graph).tocsr().astype(np.float32)

    def displacement(self, posed: F32) -> F32:
        """Return how far each skin point of a pose moves [m], (V, 3); zero away from where parts meet."""
        x = np.asarray(posed, np.float32)
        total = np.zeros_like(x)
        normals = self._normals(x)
        near: list[I32 | None] = [None] * len(self._sides)
        for rounds in range(ROUNDS):
            lack = np.zeros_like(x)
            for k, side in enumerate(self._sides):
                push, near[k] = _lacking(side, x + total, normals, near[k])
                if push is not None:
                    lack[side.points] += push
            if not lack.any():
                break
            if rounds < ROUNDS - 2:
                spread = self._mean @ (self._mean @ lack)
                longer = np.linalg.norm(spread, axis=1) > np.linalg.norm(lack, axis=1)
                lack = np.where(longer[:, None], spread, lack)
            total += lack
        return total

    def _normals(self, x: F32) -> F32:
        a, b, c = (x[self._faces[:, k]] for k in range(3))
        n = self._gather @ np.cross(b - a, c - a)
        return n / np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-20)


class YieldingMotion:
    """A motion whose skin gives way where the body meets itself; everything else is the motion's own."""

    def __init__(self, motion: BodyMotion, gap: float = 0.005) -> None:
        """Wrap a motion; gap [m] is what is left between parts that meet."""
        self.motion = motion
        self.rig, self.part_of_vertex = motion.rig, motion.part_of_vertex
        self.fps, self.frame_count, self.lead_in = motion.fps, motion.frame_count, motion.lead_in
        self._flesh = Flesh(motion.rig, motion.part_of_vertex, gap)
        self.skinned_at: Callable[[float], F32] = getattr(motion, "skinned_at", motion.vertices_at)
        self._inverse_rest = np.linalg.inv(motion.rig.rest.astype(np.float64))

    def __getattr__(self, name: str) -> Any:
        """Return what the wrapped motion has."""
        return getattr(self.__dict__["motion"], name)

    def vertices_at(self, frame: float) -> F32:
        """Return the posed surface [m], shape (V, 3), after the flesh has given way."""
        return self.creases.relaxed(self._parted_at(frame), frame)

    @cached_property
    def creases(self) -> Creases:
        """How much the skin is relaxed where, though parted, it would still fold through itself."""
        creasing = Creasing(self.rig.faces, self.part_of_vertex, self.rig.rest_vertices)
        period: float | None = getattr(self.motion, "period", None)
        return find_creases(creasing, self._parted_at, -self.lead_in, self.frame_count - 1, self.fps, period)

    def _parted_at(self, frame: float) -> F32:
        posed = self.skinned_at(frame)
        return posed + self._flesh.displacement(posed)

    def transforms_at(self, frame: float) -> F32:
        """Return global joint transforms, shape (J, 4, 4), at a frame."""
        return self.motion.transforms_at(frame)

    def corrective_at(self, frame: float) -> F32:
        """Return the displacement [m] (V, 3) to add to the rest skin before skinning, for export as a morph target."""
        moved = (self.vertices_at(frame) - self.skinned_at(frame)).astype(np.float64)
        at = np.flatnonzero(np.abs(moved).max(1) > 1e-7)
        out = np.zeros((len(moved), 3), np.float32)
        if len(at):
            relative = (self.transforms_at(frame).astype(np.float64) @ self._inverse_rest)[:, :3, :3]
            rig = self.rig
            linear = np.einsum(
                "nk,nkij->nij", rig.weights[at].astype(np.float64), relative[rig.joint_of_weight[at]]
            )
            out[at] = np.linalg.solve(linear, moved[at][:, :, None])[:, :, 0]
        return out


def _side(
    rest: F32, faces: I32, part: I32, mine: Sequence[str], theirs: Sequence[str], gap: float
) -> _Side | None:
    wp = warp()
    points = np.flatnonzero(np.isin(part, [PARTS.index(p) for p in mine])).astype(np.int32)
    inside = np.isin(part, [PARTS.index(p) for p in theirs])
    kept = faces[inside[faces].all(axis=1)]
    if not len(points) or not len(kept):
        return None
    others, inverse = np.unique(kept, return_inverse=True)
    local = inverse.reshape(-1, 3).astype(np.int32)
    mesh = wp.Mesh(
        points=wp.array(rest[others], dtype=wp.vec3, device="cpu"),
        indices=wp.array(local.ravel(), dtype=wp.int32, device="cpu"),
    )
    face, bary = _nearest(mesh, rest[points], 0.5)
    near = np.einsum("nk,nki->ni", bary, rest[others][local[np.maximum(face, 0)]])
    distance = np.where(face >= 0, np.linalg.norm(rest[points] - near, axis=1), 0.5)
    target = np.minimum(gap, SHARE * distance).astype(np.float32)
    return _Side(points, target, others.astype(np.int32), local, mesh)


def _nearest(mesh: Any, points: F32, reach: float) -> tuple[I32, F32]:
    from toile.avatars.flesh_kernels import nearest_on_part

    wp = warp()
    face = wp.zeros(len(points), dtype=wp.int32, device="cpu")
    bary = wp.zeros(len(points), dtype=wp.vec3, device="cpu")
    inputs = [mesh.id, wp.array(points, dtype=wp.vec3, device="cpu"), reach]
    wp.launch(nearest_on_part, len(points), inputs, [face, bary], device="cpu")
    return face.numpy(), bary.numpy()


def _lacking(side: _Side, x: F32, normals: F32, near: I32 | None) -> tuple[F32 | None, I32]:
    """Return what each point of a side lacks of its target, halved, along the other part's normal (N, 3), or None.

    The second value are the points near enough to be looked at again; given as `near`, only those are.
    """
    points, others = x[side.points], x[side.others]
    if near is None:
        low, high = others.min(0) - REACH, others.max(0) + REACH
        near = np.flatnonzero(((points > low) & (points < high)).all(axis=1)).astype(np.int32)
    if not len(near):
        return None, near
    side.mesh.points.assign(others)
    side.mesh.refit()
    face, bary = _nearest(side.mesh, points[near], REACH)
    found = np.flatnonzero(face >= 0)
    if not len(found):
        return None, near[:0]
    corners = side.faces[face[found]]
    w = bary[found][:, :, None]
    touch = (w * others[corners]).sum(1)
    normal = (w * normals[side.others[corners]]).sum(1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    at = near[found]
    across = points[at] - touch
    facing = (across * normal).sum(1)
    # a point behind the other skin must also face it, or it merely lies beyond a thin or curved part
    opposed = (normals[side.points[at]] * normal).sum(1) < 0.2
    distance = np.where(facing >= 0, 1.0, -1.0) * np.linalg.norm(across, axis=1)
    again = at[distance < side.target[at] + 0.01]
    lack = np.where(opposed, np.maximum(side.target[at] - distance, 0.0), 0.0)
    if not lack.any():
        return None, again
    push = np.zeros_like(points)
    push[at] = (0.5 * lack[:, None] * normal).astype(np.float32)
    return push, again

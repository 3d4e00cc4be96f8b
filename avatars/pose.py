"""Poses of a rig: rotations of its joints away from rest, and the surface that follows them.

A pose is one unit quaternion per joint, `turn`, which carries directions of the rest pose to directions of the posed
body in world axes, and the displacement of the root. With rest joint centres c and parents p(j):

    centre_j = centre_p(j) + turn_p(j) (c_j - c_p(j)),      vertex = sum_k w_k (centre_k + turn_k (v - c_k))

(linear blend skinning). Because turns are relative to rest, the axes in which a rig stores its joints do not matter.
Quaternions are (w, x, y, z). All functions take leading batch dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.body import F32, I32, Rig

F64 = NDArray[np.float64]

IDENTITY: F64 = np.array([1.0, 0.0, 0.0, 0.0])


def multiply(a: F64, b: F64) -> F64:
    """Return the product of quaternions: first b, then a."""
    aw, ax, ay, az = np.moveaxis(a, -1, 0)
    bw, bx, by, bz = np.moveaxis(b, -1, 0)
    return np.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        axis=-1,
    )


def conjugate(q: F64) -> F64:
    """Return the inverse of unit quaternions."""
    return q * np.array([1.0, -1.0, -1.0, -1.0])


def about(axis: F64, angle: F64 | float) -> F64:
    """Return the rotation about unit axes (..., 3) by angles [rad] (...)."""
    half = 0.5 * np.asarray(angle, dtype=np.float64)
    axis = np.asarray(axis, dtype=np.float64)
    vector = np.sin(half)[..., None] * axis
    return np.concatenate(
        [np.broadcast_to(np.cos(half)[..., None], (*vector.shape[:-1], 1)), vector], axis=-1
    )


def rotate(q: F64, v: F64) -> F64:
    """Return vectors (..., 3) turned by quaternions (..., 4)."""
    w, u = q[..., :1], q[..., 1:]
    t = 2.0 * np.cross(u, v)
    return v + w * t + np.cross(u, t)


def matrices(q: F64) -> F64:
    """Return rotation matrices (..., 3, 3) of unit quaternions; exactly the identity for IDENTITY."""
    w, x, y, z = np.moveaxis(q, -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def from_matrices(m: F64) -> F64:
    """Return unit quaternions (..., 4) of rotation matrices (..., 3, 3), with w >= 0.

    Source: Bar-Itzhack (2000) in its closed form: of the four rows of 4 q q^T take the longest.
    """
    d = np.diagonal(m, axis1=-2, axis2=-1)
    xx, yy, zz = np.moveaxis(d, -1, 0)
    yz, zx, xy = m[..., 2, 1] + m[..., 1, 2], m[..., 0, 2] + m[..., 2, 0], m[..., 1, 0] + m[..., 0, 1]
    wx, wy, wz = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    outer = np.stack(
        [
            np.stack([1 + xx + yy + zz, wx, wy, wz], axis=-1),
            np.stack([wx, 1 + xx - yy - zz, xy, zx], axis=-1),
            np.stack([wy, xy, 1 - xx + yy - zz, yz], axis=-1),
            np.stack([wz, zx, yz, 1 - xx - yy + zz], axis=-1),
        ],
        axis=-2,
    )
    longest = np.argmax(np.diagonal(outer, axis1=-2, axis2=-1), axis=-1)
    q = np.take_along_axis(outer, longest[..., None, None], axis=-2)[..., 0, :]
    q = q / np.linalg.norm(q, axis=-1, keepdims=True)
    return np.where(q[..., :1] < 0, -q, q)


def slerp(a: F64, b: F64, fraction: F64 | float) -> F64:
    """Return the shortest-arc spherical interpolation from a to b; exactly a at 0 and b (or -b) at 1."""
    dot = np.sum(a * b, axis=-1)
    b = np.where(dot[..., None] < 0, -b, b)
    angle = np.arccos(np.clip(np.abs(dot), 0.0, 1.0))
    f = np.broadcast_to(np.asarray(fraction, dtype=np.float64), angle.shape)
    sine = np.sin(angle)
    near = sine < 1e-6
    safe = np.where(near, 1.0, sine)
    ca = np.where(near, 1.0 - f, np.sin((1.0 - f) * angle) / safe)
    cb = np.where(near, f, np.sin(f * angle) / safe)
    q = ca[..., None] * a + cb[..., None] * b
    return q / np.linalg.norm(q, axis=-1, keepdims=True)


def rotation_angle(q: F64) -> F64:
    """Return the angle [rad] in [0, pi] by which unit quaternions turn."""
    return 2.0 * np.arctan2(np.linalg.norm(q[..., 1:], axis=-1), np.abs(q[..., 0]))


@dataclass(frozen=True)
class Skeleton:
    """Joint centres of a rig at rest: names, parents (J,) with -1 at the root and parents first, centres [m] (J, 3)."""

    names: tuple[str, ...]
    parents: I32
    centres: F64

    @classmethod
    def of(cls, rig: Rig) -> Skeleton:
        """Return the skeleton of a rig."""
        return cls(
            tuple(rig.joint_names), np.asarray(rig.parents), np.asarray(rig.rest[:, :3, 3], dtype=np.float64)
        )

    @cached_property
    def index(self) -> dict[str, int]:
        """Joint numbers by name."""
        return {name: i for i, name in enumerate(self.names)}

    @cached_property
    def bones(self) -> F64:
        """Vectors from each joint's parent to the joint at rest [m], shape (J, 3); the root's is its centre."""
        return self.centres - np.where(self.parents[:, None] >= 0, self.centres[self.parents], 0.0)

    @cached_property
    def ancestry(self) -> F64:
        """Matrix (J, J): 1 where the column's joint is the row's joint or one of its ancestors."""
        reach = np.eye(len(self.names))
        for joint, parent in enumerate(self.parents):
            if parent >= 0:
                reach[joint] += reach[parent]
        return reach

    def posed_centres(self, turns: F64, shift: F64) -> F64:
        """Return joint centres [m] (..., J, 3) of turns (..., J, 4) and root displacement [m] (..., 3)."""
        above = np.where(self.parents >= 0, self.parents, 0)
        carried = rotate(turns[..., above, :], np.broadcast_to(self.bones, (*turns.shape[:-1], 3)))
        carried[..., self.parents < 0, :] = self.bones[self.parents < 0] + shift[..., None, :]
        return self.ancestry @ carried


class Skin:
    """Linear blend skinning of one rig, fast enough to be called several times a frame.

    The displacement of every vertex is linear in the entries of the joints' matrices less the identity, so skinning is
    one product of a sparse matrix (V, 4 J) with a (4 J, 3) array; at rest the displacement is exactly zero.
    """

    def __init__(self, rig: Rig, vertices: NDArray[np.integer] | None = None) -> None:
        """Prepare skinning of a rig, or of some of its vertices only (numbers, shape (N,))."""
        from scipy.sparse import csr_matrix

        chosen = np.arange(len(rig.rest_vertices)) if vertices is None else np.asarray(vertices)
        self.skeleton = Skeleton.of(rig)
        self.rest: F32 = np.ascontiguousarray(rig.rest_vertices[chosen], dtype=np.float32)
        self.rest_axes: F64 = np.asarray(rig.rest[:, :3, :3], dtype=np.float64)
        joints, weights = rig.joint_of_weight[chosen], rig.weights[chosen].astype(np.float64)
        homogeneous = np.concatenate([self.rest.astype(np.float64), np.ones((len(chosen), 1))], axis=1)
        entries = weights[:, :, None] * homogeneous[:, None, :]
        columns = 4 * joints[:, :, None] + np.arange(4)
        rows = np.broadcast_to(np.arange(len(chosen))[:, None, None], entries.shape)
        shape = (len(chosen), 4 * len(rig.joint_names))
        self._matrix: Any = csr_matrix(
            (entries.ravel(), (rows.ravel(), columns.ravel())), shape=shape, dtype=np.float32
        )
        self._matrix.sum_duplicates()
        self._matrix.eliminate_zeros()

    def transforms(self, turns: F64, shift: F64) -> F32:
        """Return global joint transforms (J, 4, 4) of one pose: turns (J, 4), root displacement [m] (3,)."""
        result = np.zeros((len(turns), 4, 4), dtype=np.float32)
        result[:, :3, :3] = matrices(turns) @ self.rest_axes
        result[:, :3, 3] = self.skeleton.posed_centres(turns, shift)
        result[:, 3, 3] = 1.0
        return result

    def vertices(self, turns: F64, shift: F64) -> F32:
        """Return the posed surface [m] (V, 3) of one pose: turns (J, 4), root displacement [m] (3,)."""
        linear = matrices(turns) - np.eye(3)
        centres = self.skeleton.centres
        offset = (
            self.skeleton.posed_centres(turns, shift) - centres - np.einsum("jab,jb->ja", linear, centres)
        )
        blocks = np.concatenate([np.swapaxes(linear, 1, 2), offset[:, None, :]], axis=1)
        return self.rest + self._matrix @ blocks.reshape(-1, 3).astype(np.float32)

    def surfaces(self, turns: F64, shifts: F64) -> F32:
        """Return the posed surfaces [m] (K, V, 3) of many poses at once: turns (K, J, 4), root displacements [m] (K, 3)."""
        linear = matrices(turns) - np.eye(3)
        centres = self.skeleton.centres
        offset = (
            self.skeleton.posed_centres(turns, shifts) - centres - np.einsum("kjab,jb->kja", linear, centres)
        )
        blocks = np.concatenate([np.swapaxes(linear, 2, 3), offset[:, :, None, :]], axis=2)
        columns = np.ascontiguousarray(blocks.reshape(len(turns), -1, 3).swapaxes(0, 1), dtype=np.float32)
        moved = (self._matrix @ columns.reshape(len(columns), -1)).reshape(-1, len(turns), 3)
        return self.rest + np.swapaxes(moved, 0, 1)

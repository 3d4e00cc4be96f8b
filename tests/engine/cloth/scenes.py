"""Scenes for the cloth tests: a conical skirt, a flat sheet and a body turned on a lathe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.body import PARTS, Rig
from toile.garments.cloth_mesh import ClothMesh
from toile.garments.fabric import Fabric, fabric

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


def flatten(vertices: F32, faces: I32) -> F32:
    """Return each triangle laid flat, warp up the body, (T, 3, 2)."""
    p = vertices[faces].astype(np.float64)
    e1, e2 = p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]
    n = np.cross(e1, e2)
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    up = np.array([0.0, 1.0, 0.0]) - n * n[:, 1:2]
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    right = np.cross(up, n)
    uv = np.zeros((len(faces), 3, 2), np.float32)
    for k, e in ((1, e1), (2, e2)):
        uv[:, k, 0], uv[:, k, 1] = (e * right).sum(1), (e * up).sum(1)
    return uv


def wrap(
    vertices: F32, faces: I32, uv: F32, cloth: Fabric, rings: dict[str, I32], waist: float | None = None
) -> ClothMesh:
    """Return a cloth mesh of one garment with one panel."""
    none = np.zeros((0, 2), np.int32)
    zeros = np.zeros(len(faces), np.int32)
    return ClothMesh(
        vertices=vertices, faces=faces, panel_uv=uv, stiffness=np.ones(len(faces), np.float32), panel_of_face=zeros,
        garment_of_face=zeros, panel_names=("skirt/front",), garment_names=("skirt",), fabrics=(cloth,),
        layer_of_garment=np.zeros(1, np.int32), seam_edges=none, hem_edges=none, loops=rings,
        loop_axis={name: "torso" for name in rings}, anchors={} if waist is None else {"skirt/waist": waist},
    )  # fmt: skip


def skirt(
    girth: float, hem: float, length: float, top: float, edge: float = 0.03, name: str = "cotton"
) -> ClothMesh:
    """Return a cone of cloth round the y axis: girths, length and height of its top [m]."""
    rows, columns = round(length / edge), round((girth + hem) / 2 / edge)
    vertices, faces = [], []
    for i in range(rows + 1):
        s = i / rows
        radius = (girth + (hem - girth) * s) / 2 / np.pi
        for j in range(columns):
            a = 2 * np.pi * (j + 0.5 * (i % 2)) / columns
            vertices.append([radius * np.sin(a), top - length * s, radius * np.cos(a)])
    for i in range(rows):
        for j in range(columns):
            a, b = i * columns + j, i * columns + (j + 1) % columns
            c, d = a + columns, b + columns
            faces += [[a, c, b], [b, c, d]] if i % 2 == 0 else [[a, c, d], [a, d, b]]
    v, f = np.array(vertices, np.float32), np.array(faces, np.int32)
    ring = np.arange(columns, dtype=np.int32)
    rings = {"skirt/waist": ring, "skirt/hem": ring + rows * columns}
    return wrap(v, f, flatten(v, f), fabric(name), rings, top)


def sheet(width: float, height: float, edge: float, cloth: Fabric, up: bool = True) -> ClothMesh:
    """Return a rectangle [m], standing in the xy plane (up) or lying at y = 0."""
    nx, ny = round(width / edge), round(height / edge)
    x, y = np.meshgrid(np.linspace(0, width, nx + 1), np.linspace(0, height, ny + 1))
    flat = np.stack([x.ravel(), y.ravel()], 1)
    i = (np.arange(ny)[:, None] * (nx + 1) + np.arange(nx)).ravel()
    even = (np.arange(ny)[:, None] + np.arange(nx)).ravel() % 2 == 0
    a, b, c, d = i, i + 1, i + nx + 1, i + nx + 2
    first = np.where(even[:, None], np.stack([a, b, d], 1), np.stack([a, b, c], 1))
    second = np.where(even[:, None], np.stack([a, d, c], 1), np.stack([b, d, c], 1))
    f = np.concatenate([first, second]).astype(np.int32)
    z = np.zeros(len(flat))
    v = np.stack([flat[:, 0], flat[:, 1], z] if up else [flat[:, 0], z, -flat[:, 1]], 1).astype(np.float32)
    return wrap(v, f, flat[f].astype(np.float32), cloth, {})


def lathe(profile: list[tuple[float, float]], rows: int = 70, columns: int = 48) -> tuple[F32, I32]:
    """Return a closed body of revolution from (height, radius) pairs [m]."""
    heights, radii = np.array(profile).T
    y = np.linspace(heights[0], heights[-1], rows)
    r = np.maximum(np.interp(y, heights, radii), 1e-3)
    a = 2 * np.pi * np.arange(columns) / columns
    ring = np.stack(
        [r[:, None] * np.sin(a), np.broadcast_to(y[:, None], (rows, columns)), r[:, None] * np.cos(a)], 2
    )
    v = np.concatenate([ring.reshape(-1, 3), [[0, y[0], 0], [0, y[-1], 0]]]).astype(np.float32)
    f = []
    for i in range(rows - 1):
        for j in range(columns):
            p, q = i * columns + j, i * columns + (j + 1) % columns
            f += [[p, q, p + columns], [q, q + columns, p + columns]]
    bottom, top, last = rows * columns, rows * columns + 1, (rows - 1) * columns
    for j in range(columns):
        k = (j + 1) % columns
        f += [[bottom, k, j], [top, last + j, last + k]]
    return v, np.array(f, np.int32)


HIPS = [
    (0.0, 0.09),
    (0.55, 0.12),
    (0.75, 0.15),
    (0.85, 0.155),
    (0.95, 0.125),
    (1.02, 0.112),
    (1.1, 0.12),
    (1.3, 0.14),
]
"""A profile like a standing body from the feet to the chest, waist at 1.02 m, girth there 70 cm."""


@dataclass(frozen=True)
class Turning:
    """A body that turns and sways after standing still: a BodyMotion."""

    rig: Rig
    part_of_vertex: np.ndarray
    fps: float = 30.0
    frame_count: int = 12
    lead_in: int = 6

    def transforms_at(self, frame: float) -> np.ndarray:
        """Return the one joint's transform."""
        t = max(frame + self.lead_in, 0.0) / self.fps
        a = 0.8 * (1 - np.cos(2.5 * t)) / 2
        out = np.eye(4, dtype=np.float32)[None]
        out[0, 0, 0], out[0, 0, 2], out[0, 2, 0], out[0, 2, 2] = np.cos(a), np.sin(a), -np.sin(a), np.cos(a)
        out[0, 0, 3] = 0.03 * (1 - np.cos(5.0 * t))
        return out

    def vertices_at(self, frame: float) -> np.ndarray:
        """Return the moved body."""
        m = self.transforms_at(frame)[0]
        return (self.rig.rest_vertices @ m[:3, :3].T + m[:3, 3]).astype(np.float32)


def turning() -> Turning:
    """Return the lathe body, turning."""
    v, f = lathe(HIPS)
    rig = Rig(
        joint_names=("pelvis",), parents=np.array([-1], np.int32), rest=np.eye(4, dtype=np.float32)[None],
        rest_vertices=v, faces=f, joint_of_weight=np.zeros((len(v), 4), np.int32),
        weights=np.tile(np.array([1, 0, 0, 0], np.float32), (len(v), 1)), uv=np.zeros((len(v), 2), np.float32),
    )  # fmt: skip
    return Turning(rig, np.full(len(v), PARTS.index("torso"), np.int32))

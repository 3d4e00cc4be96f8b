"""What a renderer draws of one posed frame, as plain arrays for backends with a mesh format of their own.

Corners that share a vertex and a place on the flat panel share a row, so that threads and prints do not mix across seams.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toile.engine.render.frame import Renderer

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


@dataclass(frozen=True)
class DrawnMesh:
    """A posed frame: R rows, T triangles.

    points, normals, weft (R, 3): [m], unit, unit; corners (R, 4): x, y on the panel, distance to the nearest seam, from
    the nearest row of stitches [m] (`surface.py`); faces (T, 3): rows, counter-clockwise on the right side; material (T,):
    0 skin, 1 eyes, 2 hair, 3 + garment; vertex (R,): the drawn vertex of each row, of vertex_count.
    """

    points: F32
    normals: F32
    weft: F32
    corners: F32
    faces: I32
    material: I32
    vertex: I32
    vertex_count: int


def drawn_mesh(renderer: Renderer) -> DrawnMesh:
    """Return the mesh that a posed renderer draws: subdivided, body tucked under the cloth, rims at open edges."""
    surface = renderer.surface
    points, normals = renderer.points.numpy(), renderer.normals.numpy()
    faces = np.asarray(surface.faces, np.int64)
    corners = surface.corners.reshape(-1, 4)
    place = np.round(corners[:, :2].astype(np.float64) * 1e6).astype(np.int64)
    keys = (faces.ravel() << 40) ^ ((place[:, 0] & 0xFFFFF) << 20) ^ (place[:, 1] & 0xFFFFF)
    _, first, row = np.unique(keys, return_index=True, return_inverse=True)
    vertex = faces.ravel()[first]
    rows = row.reshape(-1, 3)
    threads = np.zeros((len(first), 3))
    weft = _weft_of_faces(points[faces].astype(np.float64), surface.corners[:, :, :2].astype(np.float64))
    for corner in range(3):
        np.add.at(threads, rows[:, corner], weft)
    n = normals[vertex].astype(np.float64)
    threads -= (threads * n).sum(1, keepdims=True) * n
    length = np.linalg.norm(threads, axis=1, keepdims=True)
    other = np.cross(np.array([0.31, 0.83, 0.46]), n)
    threads = np.where(length > 1e-12, threads, other)
    threads /= np.maximum(np.linalg.norm(threads, axis=1, keepdims=True), 1e-12)
    return DrawnMesh(
        points[vertex], normals[vertex], threads.astype(np.float32), corners[first].astype(np.float32),
        rows.astype(np.int32), surface.material_of_face, vertex.astype(np.int32), len(points),
    )  # fmt: skip


def _weft_of_faces(triangles: NDArray[np.float64], uv: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each triangle's direction of growing x on the panel (T, 3), long where the triangle is large."""
    e1, e2 = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    a, b = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    det = a[:, 0] * b[:, 1] - b[:, 0] * a[:, 1]
    weft = (b[:, 1:] * e1 - a[:, 1:] * e2) * np.sign(det)[:, None]
    return np.where(np.abs(det)[:, None] > 1e-12, weft, 0.0)

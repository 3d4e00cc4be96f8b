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
    first = np.empty(surface.row_count, np.int64)
    corner_rows = surface.rows.ravel()
    first[corner_rows[::-1]] = np.arange(len(corner_rows))[::-1]  # of the corners of a row, the first
    vertex = surface.faces.ravel()[first].astype(np.int32)
    corners = surface.corners.reshape(-1, 4)[first]
    n = normals[vertex]
    weft = renderer.threads.numpy()
    weft = weft - (weft * n).sum(1, keepdims=True) * n
    length = np.linalg.norm(weft, axis=1, keepdims=True)
    weft = np.where(length > 1e-6, weft, np.cross(np.array([0.31, 0.83, 0.46], np.float32), n))
    weft /= np.maximum(np.linalg.norm(weft, axis=1, keepdims=True), 1e-12)
    return DrawnMesh(
        points[vertex], n, weft.astype(np.float32), corners.astype(np.float32),
        surface.rows, surface.material_of_face, vertex, len(points),
    )  # fmt: skip

"""Triangle meshes as plain arrays: normals, edges, areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]  # of any float type; what comes out has the type of what went in
Ints = NDArray[Any]


@dataclass(frozen=True)
class TriMesh:
    """A triangle mesh: vertices [m], shape (V, 3); faces, shape (T, 3), counter-clockwise from outside."""

    vertices: Floats
    faces: Ints


def face_normals(vertices: Floats, faces: Ints) -> Floats:
    """Return unit normals, shape (T, 3); zero for degenerate faces."""
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    n = np.cross(b - a, c - a)
    return n / np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-20)


def vertex_normals(vertices: Floats, faces: Ints) -> Floats:
    """Return area-weighted unit vertex normals, shape (V, 3)."""
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    n = np.cross(b - a, c - a)
    total = np.zeros_like(vertices)
    for i in range(3):
        np.add.at(total, faces[:, i], n)
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-20)


def face_areas(vertices: Floats, faces: Ints) -> Floats:
    """Return areas [m2], shape (T,); vertices may be 2D or 3D."""
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    u, v = b - a, c - a
    return 0.5 * np.sqrt(np.maximum((u * u).sum(1) * (v * v).sum(1) - (u * v).sum(1) ** 2, 0.0))


def unique_edges(faces: Ints) -> tuple[Ints, Ints]:
    """Return edges (E, 2), lower index first, and the faces on each side (E, 2), -1 where there is none."""
    half = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    owner = np.tile(np.arange(len(faces)), 3)
    half.sort(axis=1)
    edges, inverse = np.unique(half, axis=0, return_inverse=True)
    sides = np.full((len(edges), 2), -1, dtype=np.int32)
    order = np.argsort(inverse, kind="stable")
    first = np.searchsorted(inverse[order], np.arange(len(edges)))
    sides[:, 0] = owner[order[first]]
    count = np.bincount(inverse, minlength=len(edges))
    two = count >= 2
    sides[two, 1] = owner[order[first[two] + 1]]
    return edges.astype(np.int32), sides

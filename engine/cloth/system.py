"""The constant part of a cloth system: masses, rest shapes, sparsity pattern and the slots that elements write to.

The matrix is block compressed rows of 3x3 blocks over pairs of vertices that share a triangle, and one scalar for each pair
that bending couples: it acts on each coordinate alike, and reaches further.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from toile.engine.cloth.bending import bending_matrix
from toile.engine.cloth.bending_slope import slope_matrix
from toile.engine.cloth.crease import crease_matrix
from toile.engine.cloth.energy import rest_shape
from toile.engine.core.errors import BadInput
from toile.engine.core.mesh import unique_edges
from toile.garments.cloth_mesh import ClothMesh

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

FOLD = 2.0
"""Least bending length of cloth in edges of its mesh."""


@dataclass(frozen=True)
class ClothSystem:
    """Arrays of N vertices, T triangles, E edges and C contact points: vertices, then edge midpoints, face centres."""

    mass: F32  # (N,) kg
    vertex_area: F32  # (N,) m2
    inverse_rest: F32  # (T, 2, 2)
    area: F32  # (T,) m2
    stiffness: F32  # (T, 3) weft, warp, shear N/m
    limit: F32  # (T, 2) weft, warp: strain at which the yarns are straight
    lock: F32  # (T, 2) weft, warp: by how many times its stiffness the cloth is stiffer beyond
    friction: F32  # (N,)
    row: I32  # (N + 1,) of the pairs that share a triangle
    column: I32  # (nnz,)
    diagonal: I32  # (N,)
    near_bending: F32  # (nnz,) N/m, bending of these pairs
    far_row: I32  # (N + 1,) of the pairs that only bending couples
    far_column: I32  # (M,)
    far_bending: F32  # (M,) N/m
    triangle_slots: I32  # (T, 9)
    element: I32  # (C, 3)
    element_share: F32  # (C, 3) weights of its vertices
    element_slots: I32  # (C, 9)
    element_size: F32  # (C,) area in cm2
    owns: I32  # (T,) representative features
    edges: I32  # (E, 2)


def build_system(cloth: ClothMesh, fold: float = FOLD) -> ClothSystem:
    """Return the constant arrays of a cloth mesh.

    fold is the least bending length in edges: cloth that would fold under its own weight into less than the mesh can show is
    stiffened, both directions alike; 0 leaves every fabric as it is.

    Raises:
        BadInput: a triangle without area, an edge with more than two triangles, or a fabric with impossible numbers.
    """
    faces = cloth.faces.astype(np.int64)
    count = len(cloth.vertices)
    inverse, area = _checked_rest(cloth)
    garment = cloth.garment_of_face
    values = {
        name: np.array([getattr(f, name) for f in cloth.fabrics], np.float64)[garment]
        for name in _FABRIC_FIELDS
    }
    for name in ("area_density", "stretch_warp", "stretch_weft", "shear", "bend_warp", "bend_weft"):
        if not ((values[name] > 0) & (values[name] < 1e6)).all():
            raise BadInput(f"The fabric's {name} must lie between 0 and 1e6 in SI units; correct its record.")
    factor = cloth.stiffness.astype(np.float64)
    lumped = np.repeat(values["area_density"] * area / 3.0, 3)
    mass = np.bincount(faces.ravel(), lumped, minlength=count)
    vertex_area = np.bincount(faces.ravel(), np.repeat(area / 3.0, 3), minlength=count)
    if not (mass > 0).all():
        raise BadInput(
            f"{int((mass <= 0).sum())} vertices of the cloth belong to no triangle; mesh the pattern again."
        )
    friction = (
        np.bincount(faces.ravel(), np.repeat(values["friction"] * area / 3.0, 3), minlength=count)
        / vertex_area
    )

    finer = _fold_factor(values, area, fold)
    if cloth.bend is not None:
        finer = finer * cloth.bend
    weft, warp = (values[name] * factor * finer for name in ("bend_weft", "bend_warp"))
    q = bending_matrix(faces, cloth.panel_uv, weft, warp, count, cloth.creases)
    q = q + slope_matrix(faces, cloth.panel_uv, weft, warp, count, cloth.creases)
    q = q + crease_matrix(
        faces, cloth.panel_uv, cloth.creases, values["bend_weft"], values["bend_warp"], count
    )
    pairs = np.concatenate([faces[:, [a, b]] for a in range(3) for b in range(3)])
    pattern = sparse.csr_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    pattern.sort_indices()
    row, column = pattern.indptr, pattern.indices
    keys = np.repeat(np.arange(count, dtype=np.int64), np.diff(row)) * count + column

    def slot(i: NDArray[np.int64], j: NDArray[np.int64]) -> I32:
        return np.searchsorted(keys, i * count + j).astype(np.int32)

    near, far = _split_bending(q, keys)
    triangle_slots = np.stack([slot(faces[:, a], faces[:, b]) for a in range(3) for b in range(3)], axis=1)
    edges, sides = unique_edges(cloth.faces)
    everyone = np.arange(count, dtype=np.int64)
    e64 = edges.astype(np.int64)
    element = np.concatenate([np.repeat(everyone[:, None], 3, 1), e64[:, [0, 1, 1]], faces])
    share = np.concatenate(
        [
            np.tile([1.0, 0.0, 0.0], (count, 1)),
            np.tile([0.5, 0.5, 0.0], (len(edges), 1)),
            np.full((len(faces), 3), 1 / 3),
        ]
    )
    element_slots = np.stack([slot(element[:, a], element[:, b]) for a in range(3) for b in range(3)], axis=1)
    sizes = np.concatenate([vertex_area, vertex_area[edges].mean(1) / 3.0, area / 2.0])
    return ClothSystem(
        mass=mass.astype(np.float32),
        vertex_area=vertex_area.astype(np.float32),
        inverse_rest=inverse.astype(np.float32),
        area=area.astype(np.float32),
        stiffness=np.stack(
            [values["stretch_weft"] * factor, values["stretch_warp"] * factor, values["shear"] * factor], 1
        ).astype(np.float32),
        limit=np.stack(
            [_limits(values[name], cloth.strain_limit) for name in ("limit_weft", "limit_warp")], 1
        ).astype(np.float32),
        lock=np.stack([values["lock_weft"], values["lock_warp"]], 1).astype(np.float32),
        friction=friction.astype(np.float32),
        row=row.astype(np.int32),
        column=column.astype(np.int32),
        diagonal=slot(everyone, everyone),
        near_bending=near.astype(np.float32),
        far_row=far.indptr.astype(np.int32),
        far_column=far.indices.astype(np.int32),
        far_bending=far.data.astype(np.float32),
        triangle_slots=triangle_slots.astype(np.int32),
        element=element.astype(np.int32),
        element_slots=element_slots.astype(np.int32),
        element_share=share.astype(np.float32),
        element_size=(1e4 * sizes).astype(np.float32),
        owns=_representatives(cloth.faces, edges, sides),
        edges=edges,
    )


_FABRIC_FIELDS = (
    "area_density", "stretch_warp", "stretch_weft", "shear", "bend_warp", "bend_weft", "friction", "limit_warp",
    "limit_weft", "lock_warp", "lock_weft",
)  # fmt: skip


def _split_bending(
    q: sparse.csr_matrix, keys: NDArray[np.int64]
) -> tuple[NDArray[np.float64], sparse.csr_matrix]:
    """Return bending of the pairs whose sorted keys i N + j are given, and the matrix of the other pairs."""
    count = q.shape[0]
    q = q.tocoo()
    own = q.row.astype(np.int64) * count + q.col
    at = np.minimum(np.searchsorted(keys, own), len(keys) - 1)
    inside = keys[at] == own
    near = np.zeros(len(keys))
    near[at[inside]] = q.data[inside]
    rest = ~inside
    far = sparse.csr_matrix((q.data[rest], (q.row[rest], q.col[rest])), shape=q.shape)
    far.sort_indices()
    return near, far


def _fold_factor(
    values: dict[str, NDArray[np.float64]], area: NDArray[np.float64], fold: float
) -> NDArray[np.float64]:
    """Return by how much bending of each face is stiffened, so that its bending length spans `fold` edges of its mesh.

    The bending length of a strip is (B / (w g))^(1/3) (Peirce 1930). Cloth whose bending length is about an edge crumples along the
    edges of its triangles, as no cloth does.
    """
    edge = np.sqrt(4.0 * area / np.sqrt(3.0))
    least = 9.81 * values["area_density"] * (fold * edge) ** 3
    return np.maximum(1.0, least / np.sqrt(values["bend_weft"] * values["bend_warp"]))


def _limits(fabric: NDArray[np.float64], own: F32 | None) -> NDArray[np.float64]:
    """Return the strain at which each face locks: its own (elastic) where it has one, else its fabric's."""
    return fabric if own is None else np.where(own > 0.0, own, fabric)


def _checked_rest(cloth: ClothMesh) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if not np.isfinite(cloth.vertices).all() or not np.isfinite(cloth.panel_uv).all():
        raise BadInput("The cloth mesh holds numbers that are not finite; mesh the pattern again.")
    uv = cloth.panel_uv.astype(np.float64)
    a, b = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    double = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    bad = np.flatnonzero(np.abs(double) < 1e-9)
    if len(bad):
        name = cloth.panel_names[int(cloth.panel_of_face[bad[0]])]
        raise BadInput(
            f"{len(bad)} triangles without area in panel {name!r}; mesh it with a larger edge length."
        )
    if (double < 0).any():
        name = cloth.panel_names[int(cloth.panel_of_face[int(np.argmin(double))])]
        raise BadInput(
            f"Panel {name!r} has triangles turned over on the flat; give its outline counter-clockwise."
        )
    return rest_shape(cloth.panel_uv)


def _representatives(faces: I32, edges: I32, sides: I32) -> I32:
    owns = np.zeros(len(faces), np.int32)
    flat = faces.ravel()
    _, first = np.unique(flat, return_index=True)
    np.bitwise_or.at(owns, first // 3, 1 << (first % 3).astype(np.int32))
    owner = sides[:, 0]
    corners = faces[owner]
    for e in range(3):
        pair = np.sort(corners[:, [e, (e + 1) % 3]], axis=1)
        match = (pair == edges).all(axis=1)
        np.bitwise_or.at(owns, owner[match], np.int32(8 << e))
    return owns

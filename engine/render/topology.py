"""The fixed part of a mesh that is drawn differentiably: faces, what their corners carry, and the edges between them.

Rows: corners of one vertex on one panel share a row, so that directions of threads do not mix across seams. Edges are
between vertices, so that vertices which share a place must be one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

I64 = NDArray[np.int64]


@dataclass(frozen=True)
class Topology:
    """Tensors on one device; T triangles, R rows, E edges.

    faces (T, 3) vertices; row_of_corner (T, 3); vertex_of_row (R,); uv (T, 3, 2) [m] on the panel (on the body:
    distance from the base layer's edge, 0; on hair: across and along the strands); chart (T, 3, 2): place on what is painted
    on the body (`toile.avatars.looks`); material, part, panel (T,): part and panel -1 where there is none;
    weft_weights (T, 2): a face's weft direction is a e1 + b e2; edge_vertices (E, 2); edge_faces (E, 2), -1 at an open
    edge; drawn (E,): edges where what is drawn may jump although both faces look at the camera.
    """

    faces: Tensor
    row_of_corner: Tensor
    vertex_of_row: Tensor
    uv: Tensor
    chart: Tensor
    material: Tensor
    part: Tensor
    panel: Tensor
    weft_weights: Tensor
    edge_vertices: Tensor
    edge_faces: Tensor
    drawn: Tensor

    @property
    def device(self) -> torch.device:
        """Where the tensors lie."""
        return self.faces.device


def build_topology(
    faces: NDArray[np.int32],
    uv: NDArray[np.float32],
    material: NDArray[np.int32],
    panel: NDArray[np.int32],
    part: NDArray[np.int32],
    device: str = "cpu",
    chart: NDArray[np.float32] | None = None,
) -> Topology:
    """Return the topology of a mesh.

    Args:
        faces: (T, 3), counter-clockwise from outside; uv: (T, 3, 2) [m]; material, panel, part: (T,).
        device: where the tensors go.
        chart: (T, 3, 2), places on the body's paint.
    """
    whole = np.asarray(faces, np.int64)
    keys = whole * (int(panel.max(initial=0)) + 2) + (panel.astype(np.int64) + 1)[:, None]
    rows, inverse = np.unique(keys.ravel(), return_inverse=True)
    vertex_of_row = rows // (int(panel.max(initial=0)) + 2)
    edge_vertices, edge_faces, drawn = _edges(whole, uv, material)
    e1, e2 = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    det = e1[:, 0] * e2[:, 1] - e2[:, 0] * e1[:, 1]
    weights = np.stack([e2[:, 1], -e1[:, 1]], axis=1) * np.sign(det)[:, None]
    weights[np.abs(det) < 1e-12] = 0.0

    def tensor(values: NDArray[np.generic], kind: torch.dtype = torch.int64) -> Tensor:
        return torch.as_tensor(np.ascontiguousarray(values), device=device).to(kind)

    return Topology(
        faces=tensor(whole),
        row_of_corner=tensor(inverse.reshape(-1, 3)),
        vertex_of_row=tensor(vertex_of_row),
        uv=tensor(uv, torch.float32),
        chart=tensor(np.zeros_like(uv) if chart is None else chart, torch.float32),
        material=tensor(material),
        part=tensor(part),
        panel=tensor(panel),
        weft_weights=tensor(weights, torch.float32),
        edge_vertices=tensor(edge_vertices),
        edge_faces=tensor(edge_faces),
        drawn=tensor(drawn, torch.bool),
    )


def _edges(
    faces: I64, uv: NDArray[np.float32], material: NDArray[np.int32]
) -> tuple[I64, I64, NDArray[np.bool_]]:
    """Return edges (E, 2), their first two faces (E, 2), and which are always drawn."""
    count = len(faces)
    corner = np.array([[0, 1], [1, 2], [2, 0]])
    half = np.concatenate([faces[:, c] for c in corner])
    owner = np.tile(np.arange(count), 3)
    ends = np.concatenate([uv[:, c] for c in corner])
    swapped = half[:, 0] > half[:, 1]
    low, high = half.min(axis=1), half.max(axis=1)
    ends[swapped] = ends[swapped][:, ::-1]
    proper = np.flatnonzero(low != high)
    order = proper[np.lexsort((owner[proper], high[proper], low[proper]))]
    new = np.ones(len(order), bool)
    new[1:] = (low[order][1:] != low[order][:-1]) | (high[order][1:] != high[order][:-1])
    first = np.flatnonzero(new)
    uses = np.diff(np.append(first, len(order)))
    a = order[first]
    b = order[np.minimum(first + 1, len(order) - 1)]
    paired = uses >= 2
    edge_faces = np.stack([owner[a], np.where(paired, owner[b], -1)], axis=1)
    jump = np.abs(ends[a] - ends[b]).max(axis=(1, 2)) > 1e-6
    drawn = (uses != 2) | jump | (material[owner[a]] != material[owner[b]])
    return half[a], edge_faces, drawn

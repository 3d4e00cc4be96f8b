"""Which panels are turned over at a seam, and which way their cloth looks then."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toile.garments.meshing import SewnMesh
from toile.garments.pattern import Pattern

I32 = NDArray[np.int32]


def turned_edges(pattern: Pattern, sewn: SewnMesh) -> I32:
    """Return the vertex pairs along seams of kind `turned`, shape (K, 2)."""
    index = {panel.name: i for i, panel in enumerate(pattern.panels)}
    found = [np.zeros((0, 2), np.int32)]
    for seam in pattern.seams:
        if seam.kind == "turned":
            i = index[seam.first[0]]
            run = sewn.weld[sewn.panels[i].edge_vertices[seam.first[1]] + sewn.start[i]]
            found.append(np.stack([run[:-1], run[1:]], axis=1).astype(np.int32))
    return np.concatenate(found)


def is_over(pattern: Pattern, panel: int) -> bool:
    """Whether a panel is turned over at its seam."""
    return pattern.panels[panel].placement.wrap == "over"


def outward_faces(pattern: Pattern, sewn: SewnMesh, mine: NDArray[np.bool_]) -> I32:
    """Return some of the sewn faces, those of turned panels the other way round, so that all look away from the body."""
    faces = sewn.faces[mine].copy()
    over = np.array([is_over(pattern, i) for i in range(len(pattern.panels))])
    turned = over[sewn.panel_of_face[mine]]
    faces[turned] = faces[turned][:, ::-1]
    return faces

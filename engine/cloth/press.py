"""Flesh pressed by cloth: where a pinched fold still cuts the skin by a millimetre, the skin gives way.

In a closed armpit cloth lies between two skins and the wedge between them runs out; one of the three has to give, and it
is flesh. Skin vertices of faces that cut cloth, or near cloth vertices inside the body, move inwards in small steps with
their neighbours following by half, until nothing cuts or a vertex has moved by the limit. What is deeper stays as it is
and is counted by the certificate.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from toile.engine.core.intersect import body_cloth_intersections, signed_distance, vertices_inside
from toile.engine.core.mesh import vertex_normals

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

STEP = 0.0005  # m, per round
LIMIT = 0.004  # m, in all
ROUNDS = 14


class FleshPress:
    """Presses the skin of one body topology; `neighbours` averages over the vertices joined by an edge."""

    def __init__(self, body_faces: I32, body_count: int) -> None:
        """Prepare the topology."""
        self.faces = body_faces
        pairs = np.concatenate([body_faces[:, [0, 1]], body_faces[:, [1, 2]], body_faces[:, [2, 0]]])
        ones = np.ones(2 * len(pairs), np.float32)
        both = np.concatenate([pairs, pairs[:, ::-1]])
        joined = sparse.csr_matrix((ones, (both[:, 0], both[:, 1])), shape=(body_count, body_count))
        joined.data[:] = 1.0
        self.joined = joined

    def press(self, body: F32, cloth: F32, cloth_faces: I32) -> F32:
        """Return the body [m] (V, 3) with its skin pressed clear of the cloth, as far as the limit allows."""
        return self.press_and_judge(body, cloth, cloth_faces)[0]

    def press_and_judge(self, body: F32, cloth: F32, cloth_faces: I32) -> tuple[F32, NDArray[np.int64]]:
        """Return the pressed body [m] (V, 3), and the faces of the cloth that lie in it even so."""
        cut, left = self._cut(body, cloth, cloth_faces)
        if not len(cut):
            return body, left
        inwards = -vertex_normals(body, self.faces)
        moved = np.zeros(len(body), np.float32)
        pressed = body
        for _ in range(ROUNDS):
            wanted = np.zeros(len(body), np.float32)
            wanted[cut] = 1.0
            around = 0.5 * (self.joined @ wanted > 0)
            moved = np.minimum(moved + STEP * np.maximum(wanted, around), LIMIT).astype(np.float32)
            pressed = (body + moved[:, None] * inwards).astype(np.float32)
            cut, left = self._cut(pressed, cloth, cloth_faces)
            if not len(cut):
                break
        return pressed, left

    def _cut(self, body: F32, cloth: F32, cloth_faces: I32) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the skin vertices whose faces cut cloth, or that lie over cloth vertices inside the body, and that cloth's faces."""
        pairs = body_cloth_intersections(cloth, cloth_faces, body, self.faces)
        found = [self.faces[pairs[:, 1]].ravel()]
        left = [pairs[:, 0].astype(np.int64)]
        inside = np.flatnonzero(vertices_inside(cloth, body, self.faces))
        if len(inside):
            _, nearest, _ = signed_distance(cloth[inside], body, self.faces)
            found.append(self.faces[nearest].ravel())
            left.append(np.flatnonzero(np.isin(cloth_faces, inside).any(axis=1)))
        return np.unique(np.concatenate(found)), np.unique(np.concatenate(left)).astype(np.int64)

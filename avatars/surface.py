"""Where on a body's surface the tape goes: landmarks, patches and part edges of one mesh topology.

A landmark is an anchor, three corners and their shares: a fixed vertex of our own mesh, a point on a face of somebody
else's. Patches hold what is searched for the most prominent point; they are chosen once, on an average body.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.body import PARTS

if TYPE_CHECKING:
    from toile.avatars.asset import BodyAsset

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

TRUNK = ("torso", "left_thigh", "right_thigh")
REGIONS: dict[str, tuple[str, ...]] = {
    "trunk": TRUNK,
    "collar": ("neck", "torso", "left_upper_arm", "right_upper_arm"),
    "head": ("head",),
    "upper_arm": ("left_upper_arm", "left_forearm"),
    "wrist": ("left_forearm", "left_hand"),
    "thigh": ("left_thigh", "torso"),
    "leg": ("left_thigh", "left_shin", "left_foot"),
}
_LEFT_ONLY = ("upper_arm", "wrist", "thigh", "leg")


@dataclass(frozen=True)
class Anchors:
    """Points on a mesh: corners (N, 3) are vertices, shares (N, 3) sum to one; a point is the shares' mean of its corners."""

    corners: I64
    shares: F64

    def __getitem__(self, rows: slice | NDArray[np.integer] | list[int]) -> Anchors:
        """Return some of the points."""
        return Anchors(self.corners[rows], self.shares[rows])

    def on(self, vertices: NDArray[np.floating]) -> F64:
        """Return the points [m], shape (N, 3)."""
        return np.asarray(np.einsum("nk,nkd->nd", self.shares, vertices[self.corners]))

    @staticmethod
    def at(vertices: I64 | list[int]) -> Anchors:
        """Return the anchors that are vertices themselves."""
        numbers = np.asarray(vertices, np.int64)
        shares = np.zeros((len(numbers), 3))
        shares[:, 0] = 1.0
        return Anchors(np.repeat(numbers[:, None], 3, axis=1), shares)


@dataclass(frozen=True, eq=False)
class Surface:
    """What a tape measure must know of a mesh.

    template (V, 3) [m]: an average body of this topology, in the dressing pose; faces (T, 3); part_of_vertex (V,) indexes
    PARTS; landmarks: name -> anchor (one point); buttocks, left_breast, right_breast: vertices; spine: anchors down the midline of the
    back from nape to waist.
    """

    template: F32
    faces: I32
    part_of_vertex: I32
    landmarks: Mapping[str, Anchors]
    buttocks: I64
    left_breast: I64
    right_breast: I64
    spine: Anchors
    _edges: dict[str, I64] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def closed_faces(self) -> I32:
        """The faces and, over each hole, a fan of triangles: what encloses a volume."""
        return np.concatenate([self.faces, _caps(self.faces)])

    def edges(self, region: str) -> I64:
        """Return the edges (E, 2) of the faces of a region; of the wearer's left limbs only."""
        if region not in self._edges:
            allowed = np.isin(self.part_of_vertex, [PARTS.index(p) for p in REGIONS[region]])
            if region in _LEFT_ONLY:
                allowed &= self.template[:, 0] > -1e-6
            faces = self.faces[allowed[self.faces].all(1)]
            half = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
            self._edges[region] = np.unique(half, axis=0).astype(np.int64)
        return self._edges[region]


def _caps(faces: I32) -> I32:
    """Return triangles (N, 3) that close the holes of a mesh, each a fan about one vertex of its rim."""
    directed = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    size = int(faces.max(initial=0)) + 1
    code, reverse = directed[:, 0] * size + directed[:, 1], directed[:, 1] * size + directed[:, 0]
    rim = directed[~np.isin(code, reverse)]
    after = {int(a): int(b) for a, b in rim}  # the hole lies on the other side: its triangles run b -> a
    caps: list[tuple[int, int, int]] = []
    while after:
        start, at = after.popitem()
        while at != start and at in after:
            following = after.pop(at)
            if following != start:
                caps.append((start, following, at))
            at = following
    return np.array(caps, np.int32).reshape(-1, 3)


def baked_surface(asset: BodyAsset) -> Surface:
    """Return the surface of our own mesh, whose landmarks are vertices and whose midline is its own mirror image."""
    return Surface(
        template=asset.mean,
        faces=asset.faces,
        part_of_vertex=asset.part_of_vertex,
        landmarks={name: Anchors.at([vertex]) for name, vertex in asset.landmarks.items()},
        buttocks=_buttocks(asset),
        left_breast=_left_breast(asset),
        right_breast=asset.mirror[_left_breast(asset)].astype(np.int64),
        spine=Anchors.at(_spine(asset)),
    )


def _buttocks(asset: BodyAsset) -> I64:
    low, high = (asset.mean[asset.landmarks[n], 1] for n in ("crotch", "waist_back"))
    trunk = np.isin(asset.part_of_vertex, [PARTS.index(p) for p in TRUNK])
    level = (asset.mean[:, 1] - low) / (high - low)
    return np.flatnonzero(trunk & (level > 0.0) & (level < 0.75) & (asset.mean[:, 2] < 0.0))


def _left_breast(asset: BodyAsset) -> I64:
    mean = asset.mean
    low, high = (mean[asset.landmarks[n], 1] for n in ("left_underbust", "left_armpit"))
    torso = asset.part_of_vertex == PARTS.index("torso")
    level = (mean[:, 1] > low + 0.005) & (mean[:, 1] < high + 0.01)
    return np.flatnonzero(torso & level & (mean[:, 2] > 0.0) & (mean[:, 0] > 0.035) & (mean[:, 0] < 0.13))


def _spine(asset: BodyAsset) -> I64:
    top, bottom = (asset.mean[asset.landmarks[n]] for n in ("nape", "waist_back"))
    back = (asset.mirror == np.arange(len(asset.mean))) & (asset.mean[:, 2] < max(top[2], bottom[2]) + 0.02)
    chain = np.flatnonzero(back & (asset.mean[:, 1] <= top[1]) & (asset.mean[:, 1] >= bottom[1]))
    return chain[np.argsort(-asset.mean[chain, 1])]

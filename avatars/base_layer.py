"""The mannequin's base layer: a plain bodysuit with short legs, so that no garment leaves it naked.

Where it ends is a distance over the body's surface: 7 cm down the thighs, 15 cm from the neck and 5 cm from the arms
(strapless), or 9 cm from the head and 2 cm on to the arms (a vest) where no garment lies on the chest; it therefore
follows the body in every pose. It smooths what lies under it, as knitted underwear does. A figure whose trunk is dressed
already goes without it, or it would show in a deep neckline.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.body import PARTS

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

FROM_NECK, FROM_ARMS, DOWN_THIGHS = 0.15, 0.05, 0.07  # m
STRAPS = (0.088, -0.018)  # m from head and arms
BARE = 0.1  # share of the chest near cloth, from the neck to FAR, below which the layer has straps
FAR = 0.25  # m
NEAR, DRESSED = 0.05, 0.75  # m from opaque cloth; share of the layer so near to cloth that it is left off
SMOOTHING = 8  # times four rounds


def base_layer_distance(vertices: F32, faces: I32, part: I32, opaque: F32, sheer: F32 | None = None) -> F32:
    """Return the signed distance [m] of body vertices (V,) from the base layer's edge, negative inside it.

    Args:
        vertices: (V, 3) [m], in any pose; faces: (T, 3); part: (V,), indices of PARTS.
        opaque: (N, 3) [m], vertices of cloth that hides what is under it.
        sheer: (M, 3) [m], those of cloth that does not: the layer has no straps under it, and is not left off.
    """
    from scipy.spatial import cKDTree

    graph = _edges(vertices, faces)
    torso = _is(part, "torso")
    thighs = _is(part, "left_thigh", "right_thigh")
    on_neck, on_arm = _is(part, "neck"), _is(part, "left_upper_arm", "right_upper_arm")
    from_torso = _geodesic(graph, torso)
    neck = np.where(on_neck, -from_torso, _geodesic(graph, on_neck))
    arms = np.where(on_arm, -from_torso, _geodesic(graph, on_arm))

    def close_to(cloth: F32) -> NDArray[np.bool_]:
        if not len(cloth):
            return np.zeros(len(vertices), bool)
        return np.isfinite(cKDTree(cloth).query(vertices, distance_upper_bound=NEAR)[0])

    near = close_to(opaque)
    dressed = near if sheer is None else near | close_to(sheer)
    chest = torso & (neck < FAR)
    bare = chest.any() and float(dressed[chest].mean()) < BARE
    skin = np.maximum(FROM_NECK - neck, FROM_ARMS - arms)
    if bare:
        skin = np.maximum(STRAPS[0] - _geodesic(graph, _is(part, "head")), STRAPS[1] - arms)
    distance = np.full(len(vertices), FAR)
    upper = torso | on_neck | on_arm
    distance[upper] = np.maximum(skin[upper], -DOWN_THIGHS)
    distance[thighs] = from_torso[thighs] - DOWN_THIGHS
    step = _averaging(graph)
    for _ in range(14):  # distances along edges zigzag
        distance = np.where(upper | thighs, 0.5 * (distance + step @ distance), distance)
    inside = distance < 0.0
    if inside.any() and float(near[inside].mean()) > DRESSED:
        return np.full(len(vertices), FAR, np.float32)
    return np.clip(distance, -FAR, FAR).astype(np.float32)


def base_layer_smoothing(vertices: F32, faces: I32, distance: F32) -> Any:
    """Return the sparse matrix (V, V) of one smoothing of the body under the base layer; apply it SMOOTHING times.

    It fades out towards the layer's edge, and acts mostly on small features, where edges are short.
    """
    from scipy import sparse

    graph = _edges(vertices, faces)
    step = _averaging(graph)
    edge = np.asarray(graph.sum(axis=1)).ravel() / np.maximum(np.diff(graph.indptr), 1)
    fine = np.clip((0.011 - edge) / 0.004, 0.12, 1.0)
    share = 0.6 * fine * np.clip(-distance / 0.03, 0.0, 1.0)
    one = sparse.identity(len(vertices), format="csr")
    once = one - sparse.diags(share) + sparse.diags(share) @ step
    twice = once @ once
    return (twice @ twice).tocsr()


def _is(part: I32, *names: str) -> NDArray[np.bool_]:
    return np.isin(part, [PARTS.index(name) for name in names])


def _edges(vertices: F32, faces: I32) -> Any:
    from scipy import sparse

    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    ends = np.concatenate([ends, ends[:, ::-1]]).astype(np.int64)
    keys = np.unique(ends[:, 0] * len(vertices) + ends[:, 1])
    ends = np.stack([keys // len(vertices), keys % len(vertices)], axis=1)
    length = np.linalg.norm(vertices[ends[:, 0]] - vertices[ends[:, 1]], axis=1).astype(np.float64)
    return sparse.csr_matrix(
        (np.maximum(length, 1e-6), (ends[:, 0], ends[:, 1])), shape=(len(vertices), len(vertices))
    )


def _averaging(graph: Any) -> Any:
    from scipy import sparse

    links = graph.astype(bool).astype(np.float64)
    count = np.maximum(np.asarray(links.sum(axis=1)).ravel(), 1.0)
    return sparse.diags(1.0 / count) @ links


def _geodesic(graph: Any, sources: NDArray[np.bool_]) -> NDArray[np.float64]:
    from scipy.sparse.csgraph import dijkstra

    if not sources.any():
        return np.full(graph.shape[0], FAR)
    found = dijkstra(graph, directed=False, indices=np.flatnonzero(sources), min_only=True, limit=FAR)
    return np.minimum(found, FAR)

"""Laying the embedded body over somebody else's surface, so that landmarks, parts and joints carry over to it.

Shape coefficients c, joint turns and a displacement are found by damped Gauss-Newton on closest points, both ways:
model to surface and surface to model, with normals that must agree and Geman-McClure's weight s^4 / (s^2 + d^2)^2, whose
scale s shrinks. A turn by a small vector w about joint j moves a vertex by sum_{k below j} w_k  w x (v - centre_j).

Source: iterative closest points (Besl and McKay 1992), articulated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.avatars.asset import BodyAsset, load_body
from toile.avatars.pose import F64, IDENTITY, Skeleton, about, matrices, multiply
from toile.avatars.surface import Anchors, Surface
from toile.engine.core.body import PARTS
from toile.engine.core.mesh import vertex_normals

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

SAMPLES = 2200
"""Points that are compared, each way."""
COMPONENTS = 80
"""Shape coefficients that are fitted."""
SCHEDULE: tuple[tuple[float, int, int], ...] = (
    (0.12, 6, 6), (0.06, 6, 20), (0.03, 8, COMPONENTS), (0.015, 20, COMPONENTS),
)  # fmt: skip
"""Scale of the weight [m], rounds, coefficients."""
ALONG = 0.1
"""Weight of a distance along the surface beside one across it; it lets limbs find their ends."""
SLIP = 1.0
"""Power of the scale with which that weight falls, so that what is near can slide to where it belongs."""
RIDGE = 0.0003
"""Weight of the squared shape coefficients, which have unit variance over adults. Ten times as much left landmarks 25 mm off."""
_TURNING = (
    "pelvis", "spine", "chest", "neck", "head", "clavicle", "shoulder", "elbow", "wrist", "hip", "knee", "ankle",
)  # fmt: skip
_STIFF = {"clavicle": 6.0, "spine": 6.0, "chest": 6.0, "neck": 4.0, "head": 4.0, "wrist": 3.0, "ankle": 3.0}


@dataclass(frozen=True)
class Target:
    """A surface to be matched, upright in metres: vertices [m] (V, 3), faces (T, 3), unit normals (V, 3)."""

    vertices: F64
    faces: I32
    normals: F64

    @staticmethod
    def of(vertices: NDArray[np.floating], faces: I32) -> Target:
        """Return the target of a mesh."""
        points = np.asarray(vertices, np.float64)
        return Target(points, faces, _unit_normals(points, faces))


@dataclass(frozen=True)
class Registration:
    """The embedded body as it lies over a target.

    coefficients (K,); turns (J, 4) from its rest pose; shift [m] (3,) of its root; vertices [m] (V, 3); centres [m] (J, 3);
    distance [m] (V,): from each vertex to the target; apart [m]: from the target's points to the body, 90th percentile.
    """

    asset: BodyAsset
    coefficients: F64
    turns: F64
    shift: F64
    vertices: F64
    centres: F64
    distance: F64
    apart: float


class _Lay:
    """The embedded body in a pose, and how its vertices move with every parameter."""

    def __init__(self, asset: BodyAsset, joints: Mapping[str, F64] | None) -> None:
        self.asset = asset
        self.basis = asset.basis[:COMPONENTS].astype(np.float64)
        self.joint_basis = asset.joint_basis[:COMPONENTS].astype(np.float64)
        count = len(asset.joint_names)
        self.weights = np.zeros((len(asset.mean), count))
        np.add.at(self.weights, (np.arange(len(self.weights))[:, None], asset.joint_of_weight), asset.weights)
        self.below = Skeleton(asset.joint_names, asset.parents, asset.joint_mean.astype(np.float64)).ancestry
        bare = [n.removeprefix("left_").removeprefix("right_") for n in asset.joint_names]
        self.turning = [j for j, n in enumerate(bare) if n in _TURNING]
        self.stiff = np.array([_STIFF.get(bare[j], 1.0) for j in self.turning])
        self.c, self.turns, self.shift = np.zeros(len(self.basis)), np.tile(IDENTITY, (count, 1)), np.zeros(3)
        self.known = {asset.joint_names.index(n): p for n, p in (joints or {}).items()}

    def posed(self) -> tuple[F64, F64]:
        """Return vertices and joint centres [m]."""
        return self.placed(slice(None), self.weights, np.tensordot(self.weights, matrices(self.turns), 1))

    def placed(self, rows: Any, weights: F64, blended: F64) -> tuple[F64, F64]:
        """Return some vertices and all joint centres [m], from those vertices' weights and blended turns."""
        shape = np.tensordot(self.c.astype(np.float32), self.asset.basis[: len(self.c), rows], 1)
        rest = self.asset.mean[rows].astype(np.float64) + shape
        centres = self.asset.joint_mean + np.tensordot(self.c, self.joint_basis, 1)
        skeleton = Skeleton(self.asset.joint_names, self.asset.parents, centres)
        placed = skeleton.posed_centres(self.turns, self.shift)
        offset = placed - np.einsum("jab,jb->ja", matrices(self.turns), centres)
        return np.matmul(blended, rest[:, :, None])[:, :, 0] + weights @ offset, placed

    def jacobian(self, rows: I64, used: int) -> tuple[F64, F64]:
        """Return how vertices (N, 3, P) and joint centres (J, 3, P) move with shape, turns and displacement."""
        asset, turn = self.asset, matrices(self.turns)
        above = np.where(asset.parents >= 0, asset.parents, 0)
        joint_basis = self.joint_basis[:used]
        bones = joint_basis - np.where(asset.parents[:, None] >= 0, joint_basis[:, above], 0.0)
        carried = np.einsum(
            "jab,kjb->kja", np.where((asset.parents >= 0)[:, None, None], turn[above], np.eye(3)), bones
        )
        centre_shape = np.einsum("ij,kja->kia", self.below, carried)
        weights = self.weights[rows]
        blended = np.tensordot(weights, turn, 1)
        own = np.matmul(blended, np.moveaxis(self.basis[:used][:, rows], 0, 2))
        offset = np.moveaxis(centre_shape - np.einsum("jab,kjb->kja", turn, joint_basis), 0, 2)
        shape = own + np.tensordot(weights, offset, 1)
        vertices, centres = self.placed(rows, weights, blended)
        share = weights @ self.below[:, self.turning]
        below = self.below[:, self.turning]
        move = _crossed(vertices[:, None] - centres[self.turning][None]) * share[..., None, None]
        swing = _crossed(centres[:, None] - centres[self.turning][None]) * below[..., None, None]
        slide, ride = np.tile(np.eye(3), (len(rows), 1, 1)), np.tile(np.eye(3), (len(centres), 1, 1))
        flat = np.moveaxis(move, 1, 2).reshape(len(rows), 3, -1)
        swung = np.moveaxis(swing, 1, 2).reshape(len(centres), 3, -1)
        return (
            np.concatenate([shape, flat, slide], axis=2),
            np.concatenate([np.moveaxis(centre_shape, 0, 2), swung, ride], axis=2),
        )

    def move(self, step: F64, used: int) -> None:
        """Go along a step of the parameters."""
        self.c[:used] += step[:used]
        turns = step[used:-3].reshape(-1, 3)
        turns = turns * np.minimum(
            1.0, 0.35 / np.maximum(np.linalg.norm(turns, axis=1, keepdims=True), 1e-12)
        )
        for j, w in zip(self.turning, turns, strict=True):
            angle = float(np.linalg.norm(w))
            if angle > 1e-9:
                small = about(w / angle, angle)
                moved = self.below[:, j] > 0
                self.turns[moved] = multiply(small, self.turns[moved])
        self.shift += step[-3:]


def _crossed(arm: F64) -> F64:
    """Return matrices (..., 3, 3) with `w x arm = matrix @ w`."""
    x, y, z = np.moveaxis(arm, -1, 0)
    zero = np.zeros_like(x)
    rows = [[zero, z, -y], [-z, zero, x], [y, -x, zero]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def register(
    target: Target,
    joints: Mapping[str, F64] | None = None,
    schedule: tuple[tuple[float, int, int], ...] = SCHEDULE,
    samples: int = SAMPLES,
) -> Registration:
    """Return the embedded body as it lies over a target that stands upright, facing +Z, in metres.

    Args:
        target: the surface.
        joints: joint centres [m] that are known, by our names; with them the body is taken to stand in our rest pose.
        schedule: scale of the weight [m], rounds, coefficients.
        samples: how many points are compared each way.
    """
    from scipy.spatial import cKDTree

    asset = load_body()
    lay = _Lay(asset, joints)
    _start(lay, target)
    random = np.random.default_rng(0)
    skin = np.flatnonzero(asset.part_of_vertex != PARTS.index("eyes"))
    mine = np.sort(random.choice(skin, min(samples, len(skin)), replace=False))
    count = len(target.vertices)
    theirs = np.sort(random.choice(count, min(samples, count), replace=False))
    tree = cKDTree(target.vertices)
    for scale, rounds, used in schedule:
        for _ in range(rounds):
            whole, centres = lay.posed()
            normals = _unit_normals(whole, asset.faces)
            to = tree.query(whole[mine])[1]
            back = skin[cKDTree(whole[skin]).query(target.vertices[theirs])[1]]
            rows = np.concatenate([mine, back])
            goal = np.concatenate([target.vertices[to], target.vertices[theirs]])
            facing = np.concatenate([target.normals[to], target.normals[theirs]])
            _step(lay, rows, whole[rows], goal, facing, normals[rows], scale, used, centres)
    vertices, centres = lay.posed()
    distance, _ = tree.query(vertices)
    apart, _ = cKDTree(vertices).query(target.vertices[theirs])
    coefficients = np.zeros(asset.size)
    coefficients[: len(lay.c)] = lay.c
    return Registration(
        asset,
        coefficients,
        lay.turns,
        lay.shift,
        vertices,
        centres,
        distance,
        float(np.percentile(apart, 90)),
    )


def _unit_normals(vertices: F64, faces: I32) -> F64:
    normals = vertex_normals(vertices, faces)
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12))


def _step(
    lay: _Lay,
    rows: I64,
    at: F64,
    goal: F64,
    facing: F64,
    normals: F64,
    scale: float,
    used: int,
    centres: F64,
) -> None:
    """Take one damped Gauss-Newton step: across the surface in full, along it by `ALONG`, less where the scale is small."""
    gap = goal - at
    away = np.linalg.norm(gap, axis=1)
    agree = np.clip((facing * normals).sum(1), 0.0, 1.0)
    weight = scale**4 / (scale**2 + away**2) ** 2 * agree
    moves, swings = lay.jacobian(rows, used)
    across = np.einsum("na,nap->np", facing, moves)
    height = (gap * facing).sum(1)
    w = weight / scale**2 / len(rows)
    size = moves.shape[2]
    normal = (across * w[:, None]).T @ across
    right = across.T @ (w * height)
    loose = min(ALONG, ALONG * (scale / 0.06) ** SLIP) * w
    flat, slack = moves.reshape(-1, size), np.repeat(loose, 3)
    normal += (flat * slack[:, None]).T @ flat
    right += flat.T @ (slack * gap.ravel())
    for joint, place in lay.known.items():
        arm = swings[joint]
        normal += 2e3 / 19.0 * arm.T @ arm
        right += 2e3 / 19.0 * arm.T @ (place - centres[joint])
    ridge = np.zeros(size)
    ridge[:used] = RIDGE * (scale / 0.01) ** -0.5
    right[:used] -= ridge[:used] * lay.c[:used]
    ridge[used:-3] = np.repeat(0.02 * lay.stiff**2, 3)  # holds back the step, not the turn
    normal[np.arange(size), np.arange(size)] += ridge + 1e-9
    lay.move(np.linalg.solve(normal, right), used)


def _start(lay: _Lay, target: Target) -> None:
    """Give the body the target's height, stand it where the target stands and point its arms at the target's hands."""
    asset = lay.asset
    top, low = int(asset.mean[:, 1].argmax()), int(asset.mean[:, 1].argmin())
    slope = lay.basis[:, top, 1] - lay.basis[:, low, 1]
    lack = np.ptp(target.vertices[:, 1]) - np.ptp(asset.mean[:, 1])
    lay.c[:] = slope * lack / (slope @ slope)
    vertices, _ = lay.posed()
    if lay.known:
        _, centres = lay.posed()
        lay.shift = np.mean([p - centres[j] for j, p in lay.known.items()], axis=0)
        return
    middle = np.median(target.vertices, axis=0)
    own = np.median(vertices, axis=0)
    lay.shift = np.array(
        [middle[0] - own[0], target.vertices[:, 1].min() - vertices[:, 1].min(), middle[2] - own[2]]
    )
    names = asset.joint_names
    for side, sign in (("left", 1.0), ("right", -1.0)):
        _, centres = lay.posed()
        shoulder, wrist = (centres[names.index(f"{side}_{j}")] for j in ("shoulder", "wrist"))
        reach = target.vertices @ np.array([sign, 0.0, 0.0])
        tip = target.vertices[np.argsort(-reach)[: max(5, len(reach) // 500)]].mean(0)
        a, b = (v / np.linalg.norm(v) for v in (wrist - shoulder, tip - shoulder))
        axis = np.cross(a, b)
        sine = float(np.linalg.norm(axis))
        if sine > 1e-6:
            turn = about(axis / sine, float(np.arctan2(sine, a @ b)))
            moved = lay.below[:, names.index(f"{side}_shoulder")] > 0
            lay.turns[moved] = multiply(turn, lay.turns[moved])


@dataclass(frozen=True)
class Transfer:
    """What a registration says about the target's mesh: a surface to measure, and our weights at its vertices.

    joint_of_weight, weights (V, 4); twin (V,): the embedded body's nearest vertex to each vertex.
    """

    surface: Surface
    joint_of_weight: I32
    weights: NDArray[np.float32]
    twin: I64


def transfer(found: Registration, target: Target, template: NDArray[np.floating]) -> Transfer:
    """Carry parts, landmarks, patches and weights of the embedded body to the mesh that it lies over.

    Args:
        found: the registration.
        target: the mesh it lies over.
        template: the mesh in the dressing pose [m] (V, 3).
    """
    asset = found.asset
    own = asset.surface
    normals = _unit_normals(found.vertices, asset.faces)
    skin = np.flatnonzero(asset.part_of_vertex != PARTS.index("eyes"))
    twin = skin[_nearest(found.vertices[skin], normals[skin], target.vertices, target.normals)]
    landmarks = {
        name: _anchored(anchor.on(found.vertices), normals[anchor.corners[:, 0]], target)
        for name, anchor in own.landmarks.items()
    }
    spine = _anchored(own.spine.on(found.vertices), normals[own.spine.corners[:, 0]], target)
    surface = Surface(
        template=np.asarray(template, np.float32),
        faces=target.faces,
        part_of_vertex=_majority(asset.part_of_vertex[twin], target.faces),
        landmarks=landmarks,
        buttocks=np.flatnonzero(np.isin(twin, own.buttocks)),
        left_breast=np.flatnonzero(np.isin(twin, own.left_breast)),
        right_breast=np.flatnonzero(np.isin(twin, own.right_breast)),
        spine=spine,
    )
    return Transfer(surface, asset.joint_of_weight[twin], asset.weights[twin], twin)


def _nearest(points: F64, normals: F64, wanted: F64, facing: F64) -> I64:
    """Return for each wanted point the nearest of `points` whose normal agrees; the nearest of all where none of 12 does."""
    from scipy.spatial import cKDTree

    distance, near = cKDTree(points).query(wanted, k=min(12, len(points)))
    agree = np.einsum("nka,na->nk", normals[near], facing) > 0.2
    first = np.where(agree, distance, distance + 1.0).argmin(1)
    return np.asarray(near[np.arange(len(near)), first])


def _anchored(points: F64, facing: F64, target: Target) -> Anchors:
    """Return the points of the target nearest to given ones, on a face that looks the same way."""
    centre = target.vertices[target.faces].mean(1)
    a, b, c = (target.vertices[target.faces[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-15)
    corners, shares = [], []
    for point, way in zip(points, facing, strict=True):
        reach = np.linalg.norm(centre - point, axis=1) + np.where(normal @ way > 0.0, 0.0, 0.05)
        faces = np.argsort(reach)[:24]
        best, found = np.inf, (int(faces[0]), np.array([1.0, 0.0, 0.0]))
        for face in faces:
            share = _closest(point, a[face], b[face], c[face])
            away = float(np.linalg.norm(share @ target.vertices[target.faces[face]] - point))
            away += 0.0 if normal[face] @ way > 0.0 else 0.05
            if away < best:
                best, found = away, (int(face), share)
        corners.append(target.faces[found[0]].astype(np.int64))
        shares.append(found[1])
    return Anchors(np.array(corners, np.int64).reshape(-1, 3), np.array(shares).reshape(-1, 3))


def _closest(p: F64, a: F64, b: F64, c: F64) -> F64:
    """Return the barycentric coordinates of the point of a triangle nearest to p (Ericson 2005, 5.1.5)."""
    best, found = np.inf, np.array([1.0, 0.0, 0.0])
    e, f, d = b - a, c - a, p - a
    gram = np.array([[e @ e, e @ f], [e @ f, f @ f]])
    determinant = gram[0, 0] * gram[1, 1] - gram[0, 1] ** 2
    if determinant > 1e-24:
        u = (gram[1, 1] * (e @ d) - gram[0, 1] * (f @ d)) / determinant
        v = (gram[0, 0] * (f @ d) - gram[0, 1] * (e @ d)) / determinant
        if u >= 0 and v >= 0 and u + v <= 1:
            return np.array([1.0 - u - v, u, v])
    points = (a, b, c)
    for i, j in ((0, 1), (1, 2), (2, 0)):
        way = points[j] - points[i]
        t = float(np.clip((p - points[i]) @ way / max(float(way @ way), 1e-24), 0.0, 1.0))
        away = float(np.linalg.norm(points[i] + t * way - p))
        if away < best:
            best, found = away, np.zeros(3)
            found[i], found[j] = 1.0 - t, t
    return found


def _majority(part: I32, faces: I32) -> I32:
    """Return part labels in which a vertex that no neighbour agrees with takes the label of most of them."""
    from scipy.sparse import csr_matrix

    count = len(part)
    pairs = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    pairs = np.concatenate([pairs, pairs[:, ::-1]])
    labels = int(part.max()) + 1
    result = part.copy()
    for _ in range(3):
        votes = csr_matrix(
            (np.ones(len(pairs), np.float32), (pairs[:, 0], result[pairs[:, 1]])), shape=(count, labels)
        ).toarray()
        own = votes[np.arange(count), result]
        lonely = (own < 0.3 * votes.sum(1)) & (votes.sum(1) > 0)
        result = np.where(lonely, votes.argmax(1), result).astype(np.int32)
    return result

"""Measured clearance between body parts, and the smallest opening of limbs that keeps it.

Cloth caught between an arm and the torso, or between the thighs, is pushed both ways at once and tangles. Clearance is
measured on the posed skin, from the vertices of a limb to the faces of the other part: the nearest face centre or edge
middle is found, and the signed height over its face where the vertex is over it, else the distance (negative behind).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from toile.avatars.limbs import SIDES
from toile.avatars.pose import F64, Skeleton, Skin
from toile.engine.core.body import F32, I32, PARTS, Rig

ARM_START = 0.35
"""Where along the upper arm clearance begins to count: above it, the arm grows out of the torso."""
THIGH_START = 0.40
"""Where along the thigh clearance begins to count: above it, the thighs grow out of the crotch."""
BELLY_START = 0.10
"""How far over the hips' centres [m] the belly begins to count: below it, thighs grow out of the trunk."""
LAP_START = 0.25
"""Where along the thigh the lap begins to count."""
SIGHT = 0.10
"""Clearance is not looked for beyond this distance [m]."""


@dataclass(frozen=True)
class Probe:
    """A limb's vertices (N,) and the faces (T, 3) of what it must keep clear of."""

    points: I32
    faces: I32


class Clearance:
    """Measures the clearance of arms and legs of one rig."""

    def __init__(self, rig: Rig, part_of_vertex: I32) -> None:
        """Choose the vertices and faces to compare."""
        self.skin = Skin(rig)
        skeleton = Skeleton.of(rig)
        self.arms = [
            p for side in SIDES if (p := _arm_probe(rig, part_of_vertex, skeleton, side)) is not None
        ]
        self.legs = [p for p in [_leg_probe(rig, part_of_vertex, skeleton)] if p is not None]
        self.belly = [p for p in [_belly_probe(rig, part_of_vertex, skeleton)] if p is not None]

    def of_arms(self, vertices: F32) -> float:
        """Return the least clearance [m] of forearms, hands and lower upper arms from torso, thighs and shins."""
        return min((_signed_distance(vertices, probe) for probe in self.arms), default=SIGHT)

    def of_legs(self, vertices: F32) -> float:
        """Return the least clearance [m] between the legs, from some way below the crotch down."""
        return min((_signed_distance(vertices, probe) for probe in self.legs), default=SIGHT)

    def of_belly(self, vertices: F32) -> float:
        """Return the least clearance [m] of belly and chest from the lap; negative where they are pressed together."""
        return min((_signed_distance(vertices, probe) for probe in self.belly), default=SIGHT)


def smallest_opening(
    clearance: Callable[[float], float], wanted: float, largest: float, tolerance: float = 1e-3
) -> float:
    """Return the smallest opening in [0, largest] with at least the wanted clearance [m], found to a tolerance [m] above it.

    Clearance is taken to grow with opening, as it does for a limb that swings away from the body; the search is by false
    position (Illinois). Where even the largest opening falls short, it is returned.
    """
    low, short = 0.0, clearance(0.0) - wanted
    if short >= 0.0:
        return 0.0
    high, spare = largest, clearance(largest) - wanted
    if spare < 0.0:
        return largest
    best, excess, stayed = high, spare, 0
    for _ in range(20):
        if excess <= tolerance:
            break
        middle = (low * spare - high * short) / (spare - short)
        gap = clearance(middle) - wanted
        if gap >= 0.0:
            best, excess = middle, gap
            high, spare, short = middle, gap, short * (0.5 if stayed > 0 else 1.0)
            stayed = 1
        else:
            low, short, spare = middle, gap, spare * (0.5 if stayed < 0 else 1.0)
            stayed = -1
    return best


def least(measure: Callable[[F32], float], skin: Skin, poses: Iterable[tuple[F64, F64]]) -> float:
    """Return the least clearance [m] over poses: pairs of turns (J, 4) and root displacement (3,)."""
    return min(measure(skin.vertices(turns, shift)) for turns, shift in poses)


def _arm_probe(rig: Rig, part: I32, skeleton: Skeleton, side: str) -> Probe | None:
    rest = rig.rest_vertices
    shoulder, elbow = (skeleton.centres[skeleton.index[f"{side}_{j}"]] for j in ("shoulder", "elbow"))
    along = (rest - shoulder) @ (elbow - shoulder) / np.sum((elbow - shoulder) ** 2)
    free = _is(part, f"{side}_forearm", f"{side}_hand") | (
        _is(part, f"{side}_upper_arm") & (along > ARM_START)
    )
    body = _is(part, "torso", "left_thigh", "right_thigh", "left_shin", "right_shin")
    return _probe(rig, free, body)


def _leg_probe(rig: Rig, part: I32, skeleton: Skeleton) -> Probe | None:
    rest, halves = rig.rest_vertices, []
    for side in SIDES:
        hip, knee = (skeleton.centres[skeleton.index[f"{side}_{j}"]] for j in ("hip", "knee"))
        below = (rest - hip) @ (knee - hip) / np.sum((knee - hip) ** 2) > THIGH_START
        halves.append((_is(part, f"{side}_thigh") & below) | _is(part, f"{side}_shin", f"{side}_foot"))
    return _probe(rig, halves[0], halves[1])


def _belly_probe(rig: Rig, part: I32, skeleton: Skeleton) -> Probe | None:
    rest, lap = rig.rest_vertices, np.zeros(len(part), dtype=bool)
    hips = [skeleton.centres[skeleton.index[f"{side}_hip"]] for side in SIDES]
    for side, hip in zip(SIDES, hips, strict=True):
        knee = skeleton.centres[skeleton.index[f"{side}_knee"]]
        along = (rest - hip) @ (knee - hip) / np.sum((knee - hip) ** 2)
        lap |= _is(part, f"{side}_thigh") & (along > LAP_START)
    middle = np.mean(hips, axis=0)
    front = (rest[:, 1] > middle[1] + BELLY_START) & (rest[:, 2] > middle[2])
    return _probe(rig, _is(part, "torso") & front, lap)


def _is(part: I32, *names: str) -> np.ndarray:
    return np.isin(part, [PARTS.index(name) for name in names])


def _probe(rig: Rig, points: np.ndarray, target: np.ndarray) -> Probe | None:
    faces = rig.faces[target[rig.faces].all(axis=1)]
    if not points.any() or not len(faces):
        return None
    return Probe(np.flatnonzero(points).astype(np.int32), np.asarray(faces, dtype=np.int32))


def _signed_distance(vertices: F32, probe: Probe) -> float:
    """Return the least signed distance [m] from a probe's vertices to samples of its faces."""
    from scipy.spatial import cKDTree

    points = vertices[probe.points]
    low, high = points.min(0) - SIGHT, points.max(0) + SIGHT
    first = vertices[probe.faces[:, 0]]
    faces = probe.faces[((first > low) & (first < high)).all(axis=1)]
    if not len(faces):
        return SIGHT
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    normals = np.cross(b - a, c - a)
    double_area = np.maximum(np.linalg.norm(normals, axis=1), 1e-12)
    normals /= double_area[:, None]
    samples = np.concatenate([(a + b + c) / 3.0, 0.5 * (a + b), 0.5 * (b + c), 0.5 * (c + a)])
    tree = cKDTree(samples, balanced_tree=False, compact_nodes=False)
    distance, nearest = tree.query(points, distance_upper_bound=SIGHT)
    seen = np.isfinite(distance)
    distance, nearest = distance[seen], nearest[seen]
    face = nearest % len(faces)
    height = np.sum((points[seen] - samples[nearest]) * normals[face], axis=1)
    beside = np.sqrt(np.maximum(distance**2 - height**2, 0.0))
    over = beside < 0.6 * np.sqrt(double_area[face])
    around = np.where(height < -0.5 * distance, -distance, distance)
    return float(np.min(np.where(over, height, around), initial=SIGHT))

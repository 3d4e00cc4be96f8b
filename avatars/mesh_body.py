"""A body that is only a surface: a scan, or a mesh over time, as something to dress.

The embedded body is laid over the first frame (`registration`): landmarks, parts, joints and skinning weights carry over. Units
and axes are read off the body itself. A garment is put on in an A-pose, so arms that are level in the first frame are lowered
about the shoulders by the weights, and raised again in the lead-in. A single mesh moves by any motion, on the rig that it
was given; a sequence moves as it is, by its own vertices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.avatars.asset import F32, BodyAsset, load_body
from toile.avatars.measure import DEFINITIONS, measure
from toile.avatars.model import AssetBody, Avatar, build_avatar
from toile.avatars.pose import F64, IDENTITY, Skeleton, Skin, about, conjugate, slerp
from toile.avatars.registration import Registration, Target, register, transfer
from toile.avatars.smpl import mirrored, unrolled_uv
from toile.engine.core.body import I32, Rig
from toile.engine.core.errors import BadInput

MESH = "mesh"
UNITS: Mapping[str, float] = {
    "metres": 1.0, "decimetres": 0.1, "centimetres": 0.01, "millimetres": 0.001, "inches": 0.0254, "feet": 0.3048,
}  # fmt: skip
"""Lengths that a file may be in [m]; an adult's height tells them apart."""
STATURE = (1.25, 2.3)
MOST_VERTICES = 120_000
MOST_APART = 0.05
"""A surface is not taken for a person's when a tenth of its points lie further than this [m] from the embedded body."""
HANGING, BENT_ELBOW, BENT_LEG, LEANING = (np.radians(v) for v in (15.0, 75.0, 35.0, 25.0))
"""In the first frame arms are further from vertical, and elbows, legs and trunk straighter than this."""
NEAR_A_POSE = np.radians(18.0)
"""Arms that point this near to where ours do are left as they are."""
SOURCE_FPS = 30.0
"""Frames per second of a sequence that does not say."""
_QUICK = ((0.12, 5, 3), (0.06, 5, 8))


@dataclass(frozen=True)
class Upright:
    """How a file's places become ours: turn (3, 3), scale [m per unit], displacement [m] (3,); unit is its name."""

    turn: F64
    scale: float
    shift: F64
    unit: str

    def apply(self, places: NDArray[np.floating]) -> F64:
        """Return places [m], +Y up, facing +Z, shape (..., 3)."""
        return np.asarray(self.scale * (places.astype(np.float64) @ self.turn.T) + self.shift)

    def sentence(self, name: str) -> str:
        """Say how the file was read."""
        axes = ("X", "Y", "Z")
        up, front = self.turn[1], self.turn[2]
        words = [
            f"{'-' if v[np.abs(v).argmax()] < 0 else ''}{axes[int(np.abs(v).argmax())]}" for v in (up, front)
        ]
        return f"{name} is read as {self.unit}, {words[0]} up, facing {words[1]}."


def find_upright(places: F64, faces: I32, name: str) -> Upright:
    """Return how a standing body's file is turned and scaled: its thinnest way is front to back, its height an adult's.

    Raises:
        BadInput: no unit makes it an adult.
    """
    extent = np.ptp(places, axis=0)
    depth = int(extent.argmin())
    best: list[tuple[float, Upright]] = []
    for up in range(3):
        if up == depth:
            continue
        unit = _unit(float(extent[up]))
        if unit is None:
            continue
        for up_sign in (1.0, -1.0):
            for front_sign in (1.0, -1.0):
                turn = np.zeros((3, 3))
                turn[1, up], turn[2, depth] = up_sign, front_sign
                turn[0] = np.cross(turn[1], turn[2])
                turned = UNITS[unit] * (places @ turn.T)
                shift = np.array([-np.median(turned[:, 0]), -turned[:, 1].min(), -np.median(turned[:, 2])])
                found = Upright(turn, UNITS[unit], shift, unit)
                best.append((_misfit(found.apply(places), faces, ()), found))
    if not best:
        raise BadInput(
            f"{name} measures {' x '.join(f'{e:.4g}' for e in extent)}: in no unit is that a standing adult; give one person, "
            f"upright, in metres, centimetres or millimetres, without the floor."
        )
    best.sort(key=lambda pair: pair[0])
    trials = [(_misfit(u.apply(places), faces, _QUICK), u) for _, u in best[:3]]
    return min(trials, key=lambda pair: pair[0])[1]


def _unit(height: float) -> str | None:
    return next((u for u, m in UNITS.items() if STATURE[0] <= height * m <= STATURE[1]), None)


def _misfit(places: F64, faces: I32, schedule: tuple[tuple[float, int, int], ...]) -> float:
    """Return how badly the embedded body lies over a surface [m], both ways, each distance at most 10 cm."""
    from scipy.spatial import cKDTree

    found = register(Target.of(places, faces), schedule=schedule, samples=700)
    there = cKDTree(found.vertices).query(places[:: max(1, len(places) // 3000)])[0]
    return float(np.minimum(found.distance, 0.1).mean() + np.minimum(there, 0.1).mean())


@dataclass(frozen=True)
class MeshFrames:
    """What a file or folder of meshes holds: places (F, V, 3) in its own units, faces (T, 3), frames per second or None."""

    places: NDArray[np.floating]
    faces: I32
    fps: float | None


class MeshBody(AssetBody):
    """A surface to dress, with the rig of the embedded body laid into it; it has no shape coefficients."""

    def __init__(self, frames: MeshFrames, name: str, origin: Mapping[str, Any] | None = None) -> None:
        """Lay the embedded body over the first frame.

        Raises:
            BadInput: no standing adult, arms or legs that cannot be dressed, or too many vertices.
        """
        count = frames.places.shape[1]
        if count > MOST_VERTICES:
            raise BadInput(f"{name} has {count} vertices; decimate it to at most {MOST_VERTICES}.")
        if count < 500:
            raise BadInput(
                f"{name} has {count} vertices, too few for a body that cloth can lie on; give 500 or more."
            )
        self.upright = find_upright(frames.places[0].astype(np.float64), frames.faces, name)
        first = self.upright.apply(frames.places[0])
        faces = _outward(first, frames.faces)
        target = Target.of(first, faces)
        found = register(target)
        _check_pose(found, name)
        carried = transfer(found, target, first)
        weights = _smoothed(carried.joint_of_weight, carried.weights, faces, len(found.centres))
        joints = np.asarray(found.centres)
        self.lowered = _lowering(found)
        rig = _rig(first, joints, faces, *weights)
        lowered = Skin(rig)
        mean = lowered.vertices(self.lowered, np.zeros(3)).astype(np.float64)
        centres = lowered.skeleton.posed_centres(self.lowered, np.zeros(3))
        floor = mean[:, 1].min()
        self.floor = float(floor)
        mean[:, 1] -= floor
        centres[:, 1] -= floor
        surface = replace(carried.surface, template=mean.astype(np.float32))
        none = (np.zeros(0, np.float32), np.zeros((0, 0), np.float32))
        own = load_body()
        super().__init__(
            BodyAsset(
                mean=mean.astype(np.float32),
                basis=np.zeros((0, count, 3), np.float32),
                joint_mean=centres.astype(np.float32),
                joint_basis=np.zeros((0, len(centres), 3), np.float32),
                faces=faces,
                collider=np.ones(len(faces), bool),
                uv=unrolled_uv(mean),
                part_of_vertex=surface.part_of_vertex,
                mirror=mirrored(mean),
                joint_of_weight=rig.joint_of_weight,
                weights=rig.weights,
                joint_names=own.joint_names,
                parents=own.parents,
                landmarks={n: int(a.corners[0, a.shares[0].argmax()]) for n, a in surface.landmarks.items()},
                prior={"female": none, "male": none},
                given_surface=surface,
            )
        )
        self.frames, self.apart = frames, found.apart
        self.note = self.upright.sentence(name)
        self._origin = {"body": MESH, **(origin or {})}

    def origin(self) -> dict[str, Any]:
        """Return what finds this surface again, as plain values."""
        return dict(self._origin)

    @property
    def moves(self) -> bool:
        """Whether the surface is a sequence with a motion of its own."""
        return len(self.frames.places) > 1

    @cached_property
    def sequence(self) -> F32:
        """The frames [m] (F, V, 3), upright."""
        placed = self.upright.apply(self.frames.places) - np.array([0.0, self.floor, 0.0])
        return placed.astype(np.float32)


def _rig(vertices: F64, centres: F64, faces: I32, joint_of_weight: I32, weights: F32) -> Rig:
    own = load_body()
    rest = np.tile(np.eye(4, dtype=np.float32), (len(centres), 1, 1))
    rest[:, :3, 3] = centres
    return Rig(
        joint_names=own.joint_names,
        parents=own.parents,
        rest=rest,
        rest_vertices=vertices.astype(np.float32),
        faces=faces,
        joint_of_weight=joint_of_weight,
        weights=weights,
        uv=np.zeros((len(vertices), 2), np.float32),
    )


def _outward(vertices: F64, faces: I32) -> I32:
    """Return the faces counter-clockwise from outside: the volume that they enclose is positive."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return faces if (a * np.cross(b, c)).sum() >= 0 else np.ascontiguousarray(faces[:, [0, 2, 1]])


def _smoothed(joint_of_weight: I32, weights: F32, faces: I32, joints: int) -> tuple[I32, F32]:
    """Return the four largest weights (V, 4) after two rounds of averaging with the neighbours."""
    from scipy.sparse import csr_matrix, diags

    count = len(weights)
    dense = np.zeros((count, joints))
    np.add.at(dense, (np.arange(count)[:, None], joint_of_weight), weights)
    pairs = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    pairs = np.concatenate([pairs, pairs[:, ::-1], np.repeat(np.arange(count)[:, None], 2, 1)])
    graph = csr_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    graph.data[:] = 1.0
    mean = diags(1.0 / np.asarray(graph.sum(1)).ravel()) @ graph
    dense = mean @ (mean @ dense)
    top = np.argsort(-dense, axis=1, kind="stable")[:, :4]
    chosen = np.take_along_axis(dense, top, 1)
    return top.astype(np.int32), (chosen / chosen.sum(1, keepdims=True)).astype(np.float32)


def _bone(found: Registration, start: str, end: str) -> F64:
    names = found.asset.joint_names
    bone = found.centres[names.index(end)] - found.centres[names.index(start)]
    return np.asarray(bone / np.linalg.norm(bone))


def _angle(a: F64, b: F64) -> float:
    return float(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b))


def _check_pose(found: Registration, name: str) -> None:
    """Refuse what is no standing body with its arms away from it.

    Raises:
        BadInput: it cannot be dressed.
    """
    if found.apart > MOST_APART:
        raise BadInput(
            f"{name}: its first frame is {1000 * found.apart:.0f} mm from any adult body in an A- or T-pose; give one bare or closely "
            f"dressed person, upright, arms away from the body, without floor or furniture."
        )
    down, up = np.array([0.0, -1.0, 0.0]), np.array([0.0, 1.0, 0.0])
    lean = _angle(_bone(found, "pelvis", "neck"), up)
    if lean > LEANING:
        raise BadInput(
            f"{name}: its trunk leans by {np.degrees(lean):.0f} degrees in the first frame; begin with a standing A- or T-pose."
        )
    for side in ("left", "right"):
        upper = _bone(found, f"{side}_shoulder", f"{side}_elbow")
        arm = float(np.arctan2(upper[0] if side == "left" else -upper[0], -upper[1]))  # seen from the front
        elbow = _angle(
            _bone(found, f"{side}_shoulder", f"{side}_elbow"), _bone(found, f"{side}_elbow", f"{side}_wrist")
        )
        leg = max(
            _angle(_bone(found, f"{side}_{a}", f"{side}_{b}"), down)
            for a, b in (("hip", "knee"), ("knee", "ankle"))
        )
        fault = ""
        if not HANGING <= arm <= np.radians(115.0):
            fault = f"{side} arm is {np.degrees(arm):.0f} degrees from hanging"
        elif elbow > BENT_ELBOW:
            fault = f"{side} elbow is bent by {np.degrees(elbow):.0f} degrees"
        elif leg > BENT_LEG:
            fault = f"{side} leg is {np.degrees(leg):.0f} degrees from upright"
        if fault:
            raise BadInput(
                f"{name}: in the first frame the {fault}; begin with a standing A- or T-pose, arms 20 to 90 degrees away."
            )


def _lowering(found: Registration) -> F64:
    """Return turns (J, 4) that bring the arms of the first frame to an A-pose; identity where they are near one."""
    asset = found.asset
    skeleton = Skeleton(asset.joint_names, asset.parents, asset.joint_mean.astype(np.float64))
    turns = np.tile(IDENTITY, (len(asset.joint_names), 1))
    for side in ("left", "right"):
        ours = (
            skeleton.centres[skeleton.index[f"{side}_wrist"]]
            - skeleton.centres[skeleton.index[f"{side}_shoulder"]]
        )
        ours = ours / np.linalg.norm(ours)
        arm = _bone(found, f"{side}_shoulder", f"{side}_wrist")
        axis = np.cross(arm, ours)
        angle = _angle(arm, ours)
        if angle > NEAR_A_POSE:
            moved = skeleton.ancestry[:, skeleton.index[f"{side}_shoulder"]] > 0
            turns[moved] = about(axis / np.linalg.norm(axis), angle)
            turns[skeleton.index[f"{side}_clavicle"]] = about(axis / np.linalg.norm(axis), 0.2 * angle)
    return turns


@dataclass(frozen=True, eq=False)
class SequenceMotion:
    """A `toile.engine.core.body.BodyMotion` of a mesh over time: its own vertices, after a lead-in from the A-pose.

    source_fps: frames per second of the sequence; what lies between its frames is interpolated linearly. Each joint of the rig follows the
    skin that is mostly its own, by the best rigid motion (Kabsch 1976); what that lacks is exported as morph targets.
    """

    body: MeshBody
    rig: Rig
    part_of_vertex: I32
    fps: float
    frame_count: int
    lead_in: int
    source_fps: float
    name: str = "sequence"

    @cached_property
    def _skin(self) -> Skin:
        return Skin(self.rig)

    @cached_property
    def _raised(self) -> tuple[F64, F64]:
        """Turns (J, 4) from the A-pose to the first frame, and the displacement (3,) of the root."""
        turns = conjugate(self.body.lowered)
        return turns, np.zeros(3)

    @cached_property
    def _lacking(self) -> F32:
        """What skinning lacks of the first frame [m] (V, 3)."""
        return self.body.sequence[0] - self._skin.vertices(*self._raised)

    def vertices_at(self, frame: float) -> F32:
        """Return the surface [m], shape (V, 3), at a frame from -lead_in to frame_count - 1."""
        if frame < 0:
            turns, shift, step = self._leading(frame)
            return np.asarray(
                self._skin.vertices(turns, shift) + np.float32(step) * self._lacking, np.float32
            )
        places = self.body.sequence
        at = min(frame / self.fps * self.source_fps, len(places) - 1.0)
        first = min(int(at), max(len(places) - 2, 0))
        part = np.float32(at - first)
        return (1 - part) * places[first] + part * places[min(first + 1, len(places) - 1)]

    def transforms_at(self, frame: float) -> F32:
        """Return global joint transforms, shape (J, 4, 4)."""
        if frame < 0:
            turns, shift, _ = self._leading(frame)
            return self._skin.transforms(turns, shift)
        places = self.vertices_at(frame).astype(np.float64)
        rest, centres = self.rig.rest_vertices.astype(np.float64), self.rig.rest[:, :3, 3].astype(np.float64)
        result = np.tile(np.eye(4), (len(centres), 1, 1))
        for j, parent in enumerate(self.rig.parents):
            rows, share = self._own_skin[j]
            if len(rows) < 20 and parent >= 0:
                result[j, :3, :3] = result[parent, :3, :3]
                result[j, :3, 3] = (
                    result[parent, :3, :3] @ (centres[j] - centres[parent]) + result[parent, :3, 3]
                )
                continue
            turn, here, there = _rigid(rest[rows], places[rows], share)
            result[j, :3, :3] = turn
            result[j, :3, 3] = turn @ (centres[j] - here) + there
        return result.astype(np.float32)

    @cached_property
    def _own_skin(self) -> list[tuple[NDArray[np.intp], F64]]:
        """Vertices that follow each joint for the greater part, and how much."""
        found = []
        for j in range(len(self.rig.joint_names)):
            share = (self.rig.weights * (self.rig.joint_of_weight == j)).sum(1).astype(np.float64)
            rows = np.flatnonzero(share > 0.5)
            found.append((rows, share[rows]))
        return found

    def _leading(self, frame: float) -> tuple[F64, F64, float]:
        u = float(np.clip(1.0 + frame / self.lead_in, 0.0, 1.0))
        step = u**3 * (10.0 - 15.0 * u + 6.0 * u * u)
        turns, shift = self._raised
        return slerp(np.broadcast_to(IDENTITY, turns.shape), turns, step), step * shift, step


def _rigid(rest: F64, places: F64, share: F64) -> tuple[F64, F64, F64]:
    """Return the rotation (3, 3) that best carries weighted points to others, and the mean of either (3,)."""
    here, there = share @ rest / share.sum(), share @ places / share.sum()
    left, _, right = np.linalg.svd((share[:, None] * (places - there)).T @ (rest - here))
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right)) or 1.0])
    return np.asarray(left @ flip @ right), here, there


def sequence_motion(body: MeshBody, rig: Rig, fps: float, seconds: float | None) -> SequenceMotion:
    """Return a sequence's own motion.

    Args:
        body: a mesh body that moves.
        rig: its rig.
        fps: frames per second of the result.
        seconds: how much of it [s]; None is all of it.

    Raises:
        BadInput: more seconds than there are.
    """
    source = body.frames.fps or SOURCE_FPS
    there = len(body.frames.places) / source
    if seconds is not None and seconds > there + 1.5 / source:
        raise BadInput(
            f"The body's own sequence lasts {there:.2f} s; ask for at most that many seconds, not {seconds:g}."
        )
    length = min(seconds, there) if seconds is not None else there
    return SequenceMotion(
        body,
        rig,
        np.asarray(body.asset.part_of_vertex),
        float(fps),
        max(round(length * fps), 1),
        max(round(1.4 * fps), 2),
        source,
    )


def measured_avatar(body: MeshBody, sex: str) -> Avatar:
    """Return the avatar of a surface: its report gives what it measures, `source` "measured", mass in kg."""
    avatar = build_avatar(np.zeros(0, np.float32), sex, None, body)
    values = measure(avatar.rig.rest_vertices, avatar.rig.rest[:, :3, 3], tuple(DEFINITIONS), body.asset)
    report: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        unit, factor = ("kg", 1.0) if name == "mass" else ("cm", 100.0)
        report[name] = {
            f"requested_{unit}": None,
            f"achieved_{unit}": round(factor * value, 3),
            "source": "measured",
        }
    return replace(avatar, report=report)

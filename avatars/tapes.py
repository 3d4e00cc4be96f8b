"""The tapes themselves: for each measurement the curves that were measured, on the surface, and tubes to show them.

A `TapeReading` takes the measurement as `measure.py` does and writes down each closed or taut curve it evaluated, so that what is
drawn is what was measured. Heights are drawn as a rod beside the body with a level line to the landmark.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from toile.avatars.asset import BodyAsset, load_body
from toile.avatars.measure import DEFINITIONS, Reading, plane_axes
from toile.engine.core.errors import BadInput

if TYPE_CHECKING:
    from torch import Tensor

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

RADIUS = 0.004
"""Of the tube [m]."""
BEFORE_SKIN = 0.003
"""How far off the skin the tape is shown [m]."""
_SIDES = 8


@dataclass(frozen=True)
class Tape:
    """A measurement's curves [m], each (N, 3); `closed` says which of them are rings."""

    name: str
    curves: tuple[F64, ...]
    closed: tuple[bool, ...]


@dataclass(frozen=True)
class Definition:
    """What a measurement is: the clause of ISO 8559-1:2017, what it says, and from which landmarks ours is taken."""

    clause: str
    text: str
    landmarks: str


ISO: dict[str, Definition] = {
    "height": Definition("5.1.1", "vertical distance from the crown to the ground", "highest vertex, floor"),
    "bust": Definition("5.3.4", "horizontal girth at the level of the bust points", "bust points: most prominent of each breast"),
    "underbust": Definition("5.3.6", "horizontal girth just below the breasts", "underbust vertices"),
    "waist": Definition("5.3.10", "horizontal girth midway between lowest rib and iliac crest", "waist front and back"),
    "hip": Definition("5.3.13", "horizontal girth at the greatest buttock prominence", "most prominent buttock point"),
    "neck": Definition("5.3.3", "girth of the neck base through nape, side neck points and front neck point", "nape, side neck points, front neck"),
    "shoulder": Definition("5.4.3", "over the back from shoulder point to shoulder point by the nape", "shoulder tips, nape"),
    "back_length": Definition("5.4.5", "along the back from nape to waist", "nape, waist back"),
    "front_length": Definition("5.4.8", "from side neck point over the bust point to the waist", "side neck, bust point, waist"),
    "arm_length": Definition("5.7.8", "from shoulder point over the elbow to the wrist", "shoulder tip, elbow, wrist"),
    "upper_arm": Definition("5.3.16", "girth of the upper arm square to its axis, arm hanging", "shoulder and elbow joints, 45 %"),
    "wrist": Definition("5.3.19", "girth over the wrist bones square to the forearm", "elbow and wrist joints, 97 %"),
    "thigh": Definition("5.3.20", "horizontal girth at the highest level of the thigh", "crotch, 2 % of the inside leg lower"),
    "knee": Definition("5.3.22", "horizontal girth at the kneecap", "knee"),
    "calf": Definition("5.3.24", "largest horizontal girth of the lower leg", "knee and ankle joints"),
    "ankle": Definition("5.3.25", "horizontal girth just above the ankle bones", "ankle joint, 7 % of the shin higher"),
    "inseam": Definition("5.1.15", "vertical distance from crotch to ground", "crotch"),
    "waist_height": Definition("5.1.10", "vertical distance from waist level to ground", "waist front and back"),
    "hip_height": Definition("5.1.13", "vertical distance from hip level to ground", "most prominent buttock point"),
    "bust_height": Definition("-", "vertical distance from bust point to ground", "left bust point"),
    "armpit_height": Definition("-", "vertical distance from the underarm to ground, arms hanging", "left armpit"),
    "nape_height": Definition("5.1.3", "vertical distance from the nape (cervicale) to ground", "nape"),
    "shoulder_height": Definition("-", "vertical distance from the shoulder point to ground", "left shoulder tip"),
    "bust_point_distance": Definition("5.4.13", "straight between the bust points", "bust points"),
    "head": Definition("5.3.1", "largest horizontal girth of the head above the ears", "brow"),
    "mass": Definition("5.6.1", "body mass: volume of the surface times 1000 kg/m3", "whole surface"),
}  # fmt: skip
"""What each measurement is. Clauses are those of ISO 8559-1:2017; "-" where it defines no such dimension."""

_LEVELS = {
    "inseam": "crotch", "waist_height": "waist", "hip_height": "hip", "bust_height": "left_bust_point",
    "armpit_height": "left_armpit", "nape_height": "nape", "shoulder_height": "left_shoulder_tip", "height": "head_top",
}  # fmt: skip


class TapeReading(Reading):
    """A reading that keeps the curves it measures."""

    def __init__(self, vertices: Tensor, joints: Tensor, asset: BodyAsset) -> None:
        """Read a body as `Reading` does."""
        super().__init__(vertices, joints, asset)
        self.curves: list[tuple[F64, bool]] = []

    def girth(self, region: str, origin: Tensor, normal: Tensor) -> Tensor:
        """Return the girth, keeping its ring."""
        self.curves.append((_ring(self.section(region, origin, normal), normal), True))
        return super().girth(region, origin, normal)

    def tape_over(self, region: str, start: Tensor, end: Tensor, toward: Tensor) -> Tensor:
        """Return the length, keeping the taut curve from start to end."""
        points, normal = self.taut_points(region, start, end, toward)
        ring = _ring(points, normal)
        first = int(np.argmin(np.linalg.norm(ring - start.numpy(), axis=1)))
        ring = np.roll(ring, -first, axis=0)
        if np.linalg.norm(ring[-1] - end.numpy()) > np.linalg.norm(ring[1] - end.numpy()):
            ring = np.concatenate([ring[:1], ring[:0:-1]])  # walk from start away from the chord
        self.curves.append((ring, False))
        return super().tape_over(region, start, end, toward)


def _ring(points: Tensor, normal: Tensor) -> F64:
    from scipy.spatial import ConvexHull

    flat = points.numpy() @ plane_axes(normal.numpy())
    return np.asarray(points.numpy()[ConvexHull(flat).vertices], np.float64)


def tapes(
    vertices: NDArray[Any],
    joints: NDArray[Any],
    names: Iterable[str] = tuple(DEFINITIONS),
    asset: BodyAsset | None = None,
) -> dict[str, Tape]:
    """Return the tape of each measurement of a rest-pose body: vertices (V, 3), joints (J, 3) [m]; mass has none.

    Raises:
        BadInput: an unknown name.
    """
    import torch

    with torch.no_grad():
        v, j = (torch.from_numpy(np.asarray(x, np.float64)) for x in (vertices, joints))
        found = {}
        for name in names:
            if name not in DEFINITIONS:
                raise BadInput(f"{name!r} is not a measurement; use one of {', '.join(DEFINITIONS)}.")
            if name != "mass":
                found[name] = _tape(name, TapeReading(v, j, asset or load_body()))
        return found


def _tape(name: str, reading: TapeReading) -> Tape:
    if name in _LEVELS:
        curves = _rod(name, reading)
        return Tape(name, curves, (False,) * len(curves))
    if name == "arm_length":
        line = np.stack([reading.landmark(f"left_{n}").numpy() for n in ("shoulder_tip", "elbow", "wrist")])
        return Tape(name, (line,), (False,))
    if name == "bust_point_distance":
        ends = [reading.landmark(n).numpy() for n in ("left_bust_point", "right_bust_point")]
        return Tape(name, (np.stack(ends),), (False,))
    if name == "back_length":
        return Tape(name, (reading.points(reading.surface.spine).numpy(),), (False,))
    DEFINITIONS[name](reading)
    kept = reading.curves
    if name == "calf":  # the largest of the rings it tried is the last it took
        kept = kept[-1:]
    if name == "neck":  # the other side is the mirror image of the one measured
        kept = [*kept, *((curve * [-1.0, 1.0, 1.0], closed) for curve, closed in kept)]
    return Tape(name, tuple(c for c, _ in kept), tuple(closed for _, closed in kept))


def _rod(name: str, reading: TapeReading) -> tuple[F64, ...]:
    points = reading.vertices.numpy()
    floor = float(points[:, 1].min())
    mark = points[points[:, 1].argmax()] if name == "height" else reading.landmark(_LEVELS[name]).numpy()
    if name == "inseam":
        return (np.array([[mark[0], floor, mark[2]], mark]),)
    side = float(np.abs(points[:, 0]).max()) * 0.62
    depth = float(mark[2])
    rod = np.array([[side, floor, depth], [side, mark[1], depth]])
    return rod, np.array([[side, mark[1], depth], mark])


def tube(curve: F64, closed: bool) -> tuple[F32, I32]:
    """Return a tube round a curve (N, 3) [m]: vertices (M, 3), faces (T, 3); a ring is pushed off the skin."""
    points = _even(curve, closed)
    if closed:
        points = points + BEFORE_SKIN * _unit(points - points.mean(0))
    following = np.roll(points, -1, 0) if closed else np.concatenate([points[1:], points[-1:]])
    previous = np.roll(points, 1, 0) if closed else np.concatenate([points[:1], points[:-1]])
    along = _unit(following - previous)
    across = np.cross(along, [0.0, 1.0, 0.0])
    flat = np.linalg.norm(across, axis=1) < 0.2
    across[flat] = np.cross(along[flat], [0.0, 0.0, 1.0])
    across = _unit(across)
    up = np.cross(across, along)
    angle = 2 * np.pi * np.arange(_SIDES) / _SIDES
    circle = np.cos(angle)[None, :, None] * across[:, None] + np.sin(angle)[None, :, None] * up[:, None]
    vertices = (points[:, None] + RADIUS * circle).reshape(-1, 3)
    count = len(points)
    i, k = np.meshgrid(np.arange(count if closed else count - 1), np.arange(_SIDES), indexing="ij")
    a, b = i * _SIDES + k, i * _SIDES + (k + 1) % _SIDES
    c, d = (a + _SIDES) % (count * _SIDES), (b + _SIDES) % (count * _SIDES)
    faces = np.concatenate([np.stack([a, c, b], -1).reshape(-1, 3), np.stack([b, c, d], -1).reshape(-1, 3)])
    return vertices.astype(np.float32), faces.astype(np.int32)


def _even(curve: F64, closed: bool) -> F64:
    """Return the curve with a point about every centimetre."""
    whole = np.concatenate([curve, curve[:1]]) if closed else curve
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(whole, axis=0), axis=1))])
    count = max(int(length[-1] / 0.01), 3 if closed else 1)
    at = np.linspace(0.0, length[-1], count + 1)
    at = at[:-1] if closed else at
    return np.stack([np.interp(at, length, whole[:, k]) for k in range(3)], axis=1)


def _unit(v: F64) -> F64:
    return np.asarray(v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-12))

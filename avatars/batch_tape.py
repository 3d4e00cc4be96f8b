"""The tape measure on many bodies at once, on any torch device: the batched twin of `measure.py`, definition by definition.

N bodies of one mesh, vertices (N, V, 3) and joints (N, J, 3) [m], float64. What differs from one body to the next is padded: a
section holds as many points as the largest, the others repeat one of their own. A taut tape is found by asking a ring of
DIRECTIONS which point lies furthest: those are the corners of the convex hull but for such as turn by less than 0.7 degrees,
and a tape that leaves one of those out is shorter by less than a micrometre. Corners are found without gradient, lengths with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from toile.avatars.measure import BODY_DENSITY, PROMINENCE_SHARPNESS
from toile.engine.core.errors import BadInput

if TYPE_CHECKING:
    from torch import Tensor

    from toile.avatars.asset import BodyAsset

DIRECTIONS = 512
_MIDDLE = {"waist": ("waist_front", "waist_back"), "underbust": ("left_underbust", "right_underbust")}


class Readings:
    """N bodies under the tape; gradients flow from every measurement (N,) to vertices (N, V, 3) and joints (N, J, 3)."""

    def __init__(self, vertices: Tensor, joints: Tensor, asset: BodyAsset) -> None:
        self.vertices, self.joints, self.asset = vertices, joints, asset
        self._count = len(vertices)
        self._bust: dict[str, Tensor] = {}

    def constant(self, values: object) -> Tensor:
        """Return numbers as a tensor beside the vertices."""
        return self.vertices.new_tensor(np.asarray(values, np.float64))

    def direction(self, x: float, y: float, z: float) -> Tensor:
        """Return one direction for all bodies, shape (N, 3)."""
        return self.constant([x, y, z]).expand(self._count, 3)

    def index(self, values: object) -> Tensor:
        """Return indices as a tensor beside the vertices."""
        import torch

        return torch.as_tensor(np.asarray(values, np.int64), device=self.vertices.device)

    @property
    def floor(self) -> Tensor:
        """Height [m] of the lowest vertex (N,)."""
        return self.vertices[..., 1].amin(1)

    @property
    def height(self) -> Tensor:
        """Height [m] from the lowest vertex to the highest (N,)."""
        return self.vertices[..., 1].amax(1) - self.floor

    def landmark(self, name: str) -> Tensor:
        """Return a landmark [m], shape (N, 3)."""
        surface = self.asset.surface
        if name in surface.landmarks:
            anchors = surface.landmarks[name]
            corners = self.vertices[:, self.index(anchors.corners[0])]
            return (self.constant(anchors.shares[0])[None, :, None] * corners).sum(1)
        if name in _MIDDLE:
            first, second = _MIDDLE[name]
            return 0.5 * (self.landmark(first) + self.landmark(second))
        if name == "hip":
            return self._prominent(surface.buttocks, -1.0)
        if name not in self._bust:
            breast = surface.left_breast if name == "left_bust_point" else surface.right_breast
            inner = self._prominent(breast, 1.0)
            self._bust[name] = self.front_point(inner[:, 0], inner[:, 1], inner[:, 2] - 0.02)
        return self._bust[name]

    def joint(self, name: str) -> Tensor:
        """Return a joint centre [m], shape (N, 3)."""
        return self.joints[:, self.asset.joint_names.index(name)]

    def _prominent(self, patch: object, direction: float) -> Tensor:
        import torch

        points = self.vertices[:, self.index(patch)]
        sharpness = direction * PROMINENCE_SHARPNESS / self.height
        weight = torch.softmax(sharpness[:, None] * points[..., 2], 1)
        return (weight[..., None] * points).sum(1)

    def front_point(self, x: Tensor, y: Tensor, behind: Tensor) -> Tensor:
        """Return the points [m] (N, 3) of the trunk's front at given x and y (N,), in front of the depths `behind` (N,)."""
        import torch

        origin = torch.stack([x, y, torch.zeros_like(x)], 1)
        profile, real = self.section("trunk", origin, self.direction(1.0, 0.0, 0.0))
        with torch.no_grad():
            above = profile[..., 1] - y[:, None]
            front = real & (profile[..., 2] > behind[:, None])
            upper = torch.where(front & (above > 0), above, torch.inf).argmin(1)
            lower = torch.where(front & (above <= 0), above, -torch.inf).argmax(1)
        row = torch.arange(self._count, device=profile.device)
        a, b = profile[row, upper], profile[row, lower]
        return a + ((a[:, 1] - y) / (a[:, 1] - b[:, 1]))[:, None] * (b - a)

    def section(self, region: str, origin: Tensor, normal: Tensor) -> tuple[Tensor, Tensor]:
        """Return where planes (N, 3), (N, 3) cut the edges of a region: points (N, S, 3), and which of them are no padding (N, S)."""
        import torch

        edges = self.index(self.asset.surface.edges(region))
        with torch.no_grad():
            away = ((self.vertices - origin[:, None]) * normal[:, None]).sum(-1)
            cut = (away[:, edges[:, 0]] > 0) != (away[:, edges[:, 1]] > 0)
            most = max(int(cut.sum(1).max()), 1)
            order = torch.argsort(cut.to(torch.uint8), dim=1, descending=True, stable=True)[:, :most]
            real = cut.gather(1, order)
            order = torch.where(real, order, order[:, :1])  # padding repeats the first
            ends = edges[order]
        row = torch.arange(self._count, device=edges.device)[:, None]
        a, b = self.vertices[row, ends[..., 0]], self.vertices[row, ends[..., 1]]
        da = ((a - origin[:, None]) * normal[:, None]).sum(-1)
        db = ((b - origin[:, None]) * normal[:, None]).sum(-1)
        gap = torch.where(
            real[:, :1], da - db, torch.ones_like(da)
        )  # a plane that misses: nothing is divided by 0
        return a + (da / gap)[..., None] * (b - a), real

    def girth(self, region: str, origin: Tensor, normal: Tensor) -> Tensor:
        """Return the lengths [m] (N,) of taut tapes round a region in planes."""
        points, real = self.section(region, origin, normal)
        return hull_lengths(points, normal) * real[:, 0]

    def level_girth(self, region: str, level: Tensor) -> Tensor:
        """Return the girths [m] (N,) at heights [m] (N,)."""
        up = self.direction(0.0, 1.0, 0.0)
        return self.girth(region, up * level[:, None], up)

    def tape_over(self, region: str, start: Tensor, end: Tensor, toward: Tensor) -> Tensor:
        """Return the lengths [m] (N,) of taut tapes on the surface between points (N, 3), on the side of directions (N, 3)."""
        import torch

        along = end - start
        length = along.norm(dim=1)
        axis = along / length[:, None]
        out = toward - (toward * axis).sum(1, keepdim=True) * axis
        out = out / out.norm(dim=1, keepdim=True)
        normal = torch.linalg.cross(axis, out)
        points, real = self.section(region, start, normal)
        with torch.no_grad():
            s = ((points - start[:, None]) * axis[:, None]).sum(-1)
            h = ((points - start[:, None]) * out[:, None]).sum(-1)
            between = real & (s > 0) & (s < length[:, None]) & (h > 0) & (h < 0.5 * length[:, None] + 0.05)
        points = torch.where(between[..., None], points, start[:, None])
        points = torch.cat([start[:, None], points, end[:, None]], 1)
        return hull_lengths(points, normal) - length


def hull_lengths(points: Tensor, normal: Tensor) -> Tensor:
    """Return the perimeters [m] (N,) of the convex hulls of points (N, S, 3) in planes with normals (N, 3)."""
    import torch

    with torch.no_grad():
        n = normal / normal.norm(dim=1, keepdim=True)
        pick = (n[:, :1].abs() < 0.7).to(n.dtype)
        u = torch.linalg.cross(n, torch.cat([pick, torch.zeros_like(pick), 1.0 - pick], 1))
        u = u / u.norm(dim=1, keepdim=True)
        flat = points @ torch.stack([u, torch.linalg.cross(n, u)], 2)
        turn = torch.arange(DIRECTIONS, dtype=points.dtype, device=points.device) * (2.0 * np.pi / DIRECTIONS)
        corner = (flat @ torch.stack([turn.cos(), turn.sin()])).argmax(1)
    ring = points[torch.arange(len(points), device=points.device)[:, None], corner]
    step = ((ring - ring.roll(1, 1)) ** 2).sum(-1)
    apart = step > 0.0
    return torch.where(apart, torch.where(apart, step, torch.ones_like(step)).sqrt(), 0.0).sum(1)


def _level(name: str) -> Callable[[Readings], Tensor]:
    return lambda r: r.landmark(name)[:, 1] - r.floor


def _girth_at(region: str, name: str) -> Callable[[Readings], Tensor]:
    return lambda r: r.level_girth(region, r.landmark(name)[:, 1])


def _neck(r: Readings) -> Tensor:
    side, centre = r.landmark("left_neck_side"), r.joint("neck")
    level, total = r.direction(1.0, 0.0, 1.0), side.new_zeros(len(side))
    for name in ("nape", "front_neck"):
        end = r.landmark(name)
        out = (0.5 * (side + end) - centre) * level
        total = total + r.tape_over(
            "collar", side, end, out / out.norm(dim=1, keepdim=True) + r.direction(0.0, 1.0, 0.0)
        )
    return 2.0 * total


def _shoulder(r: Readings) -> Tensor:
    nape, toward = r.landmark("nape"), r.direction(0.0, 1.0, -1.0)
    left = r.tape_over("collar", r.landmark("left_shoulder_tip"), nape, toward)
    return left + r.tape_over("collar", nape, r.landmark("right_shoulder_tip"), toward)


def _back_length(r: Readings) -> Tensor:
    spine = r.asset.surface.spine
    corners = r.vertices[:, r.index(spine.corners)]
    chain = (r.constant(spine.shares)[None, :, :, None] * corners).sum(2)
    return (chain[:, 1:] - chain[:, :-1]).norm(dim=2).sum(1)


def _front_length(r: Readings) -> Tensor:
    side, bust, waist = r.landmark("left_neck_side"), r.landmark("left_bust_point"), r.landmark("waist")
    end = r.front_point(bust[:, 0], waist[:, 1], waist[:, 2])
    ahead = r.direction(0.0, 0.0, 1.0)
    return r.tape_over("collar", side, bust, ahead) + r.tape_over("trunk", bust, end, ahead)


def _arm_length(r: Readings) -> Tensor:
    tip, elbow, wrist = (r.landmark(f"left_{n}") for n in ("shoulder_tip", "elbow", "wrist"))
    return (elbow - tip).norm(dim=1) + (wrist - elbow).norm(dim=1)


def _limb_girth(region: str, start: str, end: str, fraction: float) -> Callable[[Readings], Tensor]:
    def taken(r: Readings) -> Tensor:
        a, b = r.joint(start), r.joint(end)
        return r.girth(region, a + fraction * (b - a), (b - a) / (b - a).norm(dim=1, keepdim=True))

    return taken


def _thigh(r: Readings) -> Tensor:
    crotch = r.landmark("crotch")[:, 1]
    return r.level_girth("thigh", crotch - 0.02 * (crotch - r.floor))


def _calf(r: Readings) -> Tensor:
    import torch

    knee, ankle = r.joint("left_knee")[:, 1], r.joint("left_ankle")[:, 1]
    fractions = r.constant(np.arange(0.16, 0.44, 0.02))
    with torch.no_grad():
        girths = torch.stack([r.level_girth("leg", knee + f * (ankle - knee)) for f in fractions])
    return r.level_girth("leg", knee + fractions[girths.argmax(0)] * (ankle - knee))


def _ankle(r: Readings) -> Tensor:
    knee, ankle = r.joint("left_knee")[:, 1], r.joint("left_ankle")[:, 1]
    return r.level_girth("leg", ankle + 0.07 * (knee - ankle))


def _mass(r: Readings) -> Tensor:
    import torch

    faces = r.index(r.asset.surface.closed_faces)
    a, b, c = (r.vertices[:, faces[:, k]] for k in range(3))
    return BODY_DENSITY * (a * torch.linalg.cross(b, c)).sum((1, 2)) / 6.0


TWINS: Mapping[str, Callable[[Readings], Tensor]] = {
    "height": lambda r: r.height,
    "bust": _girth_at("trunk", "left_bust_point"),
    "underbust": _girth_at("trunk", "underbust"),
    "waist": _girth_at("trunk", "waist"),
    "hip": _girth_at("trunk", "hip"),
    "neck": _neck,
    "shoulder": _shoulder,
    "back_length": _back_length,
    "front_length": _front_length,
    "arm_length": _arm_length,
    "upper_arm": _limb_girth("upper_arm", "left_shoulder", "left_elbow", 0.45),
    "wrist": _limb_girth("wrist", "left_elbow", "left_wrist", 0.97),
    "thigh": _thigh,
    "knee": _girth_at("leg", "left_knee"),
    "calf": _calf,
    "ankle": _ankle,
    "inseam": _level("crotch"),
    "waist_height": _level("waist"),
    "hip_height": _level("hip"),
    "bust_height": _level("left_bust_point"),
    "armpit_height": _level("left_armpit"),
    "nape_height": _level("nape"),
    "shoulder_height": _level("left_shoulder_tip"),
    "bust_point_distance": lambda r: (r.landmark("left_bust_point") - r.landmark("right_bust_point")).norm(
        dim=1
    ),
    "head": _girth_at("head", "brow"),
    "mass": _mass,
}
"""How each measurement of `measure.DEFINITIONS` is taken of many bodies [m]; `mass` [kg]."""


def measure_many(
    vertices: Tensor, joints: Tensor, names: Iterable[str], asset: BodyAsset
) -> dict[str, Tensor]:
    """Return measurements (N,) [m], mass [kg], of N bodies; torch differentiates them to vertices (N, V, 3) and joints (N, J, 3).

    Args:
        vertices: [m], float64, on any device, which the results are on as well.
        joints: centres [m], beside them.
        names: of `measure.DEFINITIONS`.
        asset: the body model whose mesh this is.

    Raises:
        BadInput: an unknown name.
    """
    readings, values = Readings(vertices, joints, asset), {}
    for name in names:
        if name not in TWINS:
            raise BadInput(f"{name!r} is not a measurement; use one of {', '.join(TWINS)}.")
        values[name] = TWINS[name](readings)
    return values

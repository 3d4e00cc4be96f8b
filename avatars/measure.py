"""Measure a body in its rest pose: every field of Measurements, by the definitions of ISO 8559-1:2017.

A girth is the closed convex tape round a plane section of chosen body parts (a real tape bridges hollows);
a length over the surface is the taut side of that tape between two landmarks. Levels come from landmarks, so each
measurement is a smooth function of the vertices and torch differentiates it: the cut edges and the tape's points
are found without gradient, then only the lengths are evaluated with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from toile.avatars.asset import BodyAsset, load_body
from toile.engine.core.errors import BadInput
from toile.engine.core.measurements import MEASUREMENT_NAMES, Measurements

if TYPE_CHECKING:
    from torch import Tensor

    from toile.avatars.surface import Anchors

F32 = NDArray[np.float32]

BODY_DENSITY = 1000.0
"""Mass over the volume inside the skin [kg/m3]: tissue 1038 (27 % fat) to 1058 (18 % fat) by Siri's two-compartment
model (1961), less the air of a relaxed breath (2.5 to 3.3 l): 992 to 1011."""

PROMINENCE_SHARPNESS = 420.0
"""How sharply bust point and buttock level follow the most prominent vertices: e-fold in 1/420 of the height (4 mm)."""

_LEVELS = ("waist", "underbust", "hip", "left_bust_point", "right_bust_point")


class Reading:
    """One body under the tape: vertices and joints in torch, and the sections that the measurements need.

    vertices (V, 3) and joints (J, 3) [m], float64; gradients flow from every measurement to both.
    """

    def __init__(self, vertices: Tensor, joints: Tensor, asset: BodyAsset) -> None:
        self.vertices, self.joints, self.asset, self.surface = vertices, joints, asset, asset.surface
        self._points = vertices.detach().numpy()

    def landmark(self, name: str) -> Tensor:
        """Return a landmark [m], shape (3,): a fixed point of the mesh, or one of the levels on the midline."""
        if name in self.surface.landmarks:
            return self.points(self.surface.landmarks[name])[0]
        if name == "waist":
            return 0.5 * (self.landmark("waist_front") + self.landmark("waist_back"))
        if name == "underbust":
            return 0.5 * (self.landmark("left_underbust") + self.landmark("right_underbust"))
        if name == "hip":
            return self._prominent(self.surface.buttocks, -1.0)
        if name in ("left_bust_point", "right_bust_point"):
            breast = self.surface.left_breast if name.startswith("left") else self.surface.right_breast
            inner = self._prominent(breast, 1.0)
            return self.front_point(inner[0], inner[1], behind=inner[2] - 0.02)
        raise KeyError(name)

    def points(self, anchors: Anchors) -> Tensor:
        """Return points of the mesh [m], shape (N, 3)."""
        shares = self.vertices.new_tensor(anchors.shares)
        return (shares[:, :, None] * self.vertices[anchors.corners]).sum(1)

    def joint(self, name: str) -> Tensor:
        """Return a joint centre [m], shape (3,)."""
        return self.joints[self.asset.joint_names.index(name)]

    def _prominent(self, patch: NDArray[np.int64], direction: float) -> Tensor:
        """Return the point of a patch that is most prominent along +Z (or -Z), smoothly."""
        import torch

        points = self.vertices[patch]
        sharpness = direction * PROMINENCE_SHARPNESS / _height(self)
        weight = torch.softmax(sharpness * points[:, 2], 0)
        return weight @ points

    def front_point(self, x: Tensor, y: Tensor, behind: Tensor) -> Tensor:
        """Return the point [m] of the trunk's front at a given x and y, in front of the depth `behind`."""
        import torch

        origin = torch.stack([x, y, torch.zeros_like(x)])
        profile = self.section("trunk", origin, self.vertices.new_tensor([1.0, 0.0, 0.0]))
        with torch.no_grad():
            above = torch.where(profile[:, 2] > behind, profile[:, 1] - y, torch.nan)
            upper = torch.where(above > 0, above, torch.inf).argmin()
            lower = torch.where(above <= 0, above, -torch.inf).argmax()
        a, b = profile[upper], profile[lower]
        return a + (a[1] - y) / (a[1] - b[1]) * (b - a)

    def section(self, region: str, origin: Tensor, normal: Tensor) -> Tensor:
        """Return the points [m], shape (S, 3), where a plane cuts the edges of a region; empty where it misses."""
        edges = self.surface.edges(region)
        n, o = normal.detach().numpy(), origin.detach().numpy()
        height = (self._points - o) @ n
        cut = edges[(height[edges[:, 0]] > 0) != (height[edges[:, 1]] > 0)]
        a, b = self.vertices[cut[:, 0]], self.vertices[cut[:, 1]]
        da, db = (a - origin) @ normal, (b - origin) @ normal
        return a + (da / (da - db))[:, None] * (b - a)

    def girth(self, region: str, origin: Tensor, normal: Tensor) -> Tensor:
        """Return the length [m] of the closed convex tape round a region in a plane (3.1 of ISO 8559-1)."""
        return _hull_length(self.section(region, origin, normal), normal)

    def level_girth(self, region: str, level: Tensor) -> Tensor:
        """Return the girth in the horizontal plane at a height [m]."""
        up = self.vertices.new_tensor([0.0, 1.0, 0.0])
        return self.girth(region, up * level, up)

    def tape_over(self, region: str, start: Tensor, end: Tensor, toward: Tensor) -> Tensor:
        """Return the length [m] of a taut tape on the surface from `start` to `end`, on the side of `toward`.

        The tape lies in the plane of the two points and the direction `toward`; only points between the two count.
        """
        points, normal = self.taut_points(region, start, end, toward)
        return _hull_length(points, normal) - (end - start).norm()

    def taut_points(self, region: str, start: Tensor, end: Tensor, toward: Tensor) -> tuple[Tensor, Tensor]:
        """Return the points (S, 3) whose hull is such a tape and its chord, and the normal of their plane (3,)."""
        import torch

        along = end - start
        length = along.norm()
        axis = along / length
        out = toward - (toward @ axis) * axis
        out = out / out.norm()
        normal = torch.linalg.cross(axis, out)
        points = self.section(region, start, normal)
        with torch.no_grad():
            s, h = (points - start) @ axis, (points - start) @ out
            between = (s > 0) & (s < length) & (h > 0) & (h < 0.5 * length + 0.05)
        points = torch.cat([start[None], points[between], end[None]])
        return points, normal


def _hull_length(points: Tensor, normal: Tensor) -> Tensor:
    from scipy.spatial import ConvexHull, QhullError

    flat = points.detach().numpy() @ plane_axes(normal.detach().numpy())
    try:
        ring = points[ConvexHull(flat).vertices.astype(np.int64)]
    except (
        QhullError,
        ValueError,
    ):  # fewer than three points, or all in a line: the tape goes there and back
        return 2.0 * (points[-1] - points[0]).norm() if len(points) else points.sum()
    return (ring - ring.roll(1, 0)).norm(dim=1).sum()


def plane_axes(normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return two unit vectors (3, 2) that span the plane of a normal (3,)."""
    n = normal / np.linalg.norm(normal)
    u = np.cross(n, [1.0, 0.0, 0.0] if abs(n[0]) < 0.7 else [0.0, 0.0, 1.0])
    u /= np.linalg.norm(u)
    return np.stack([u, np.cross(n, u)], axis=1)


def _up(r: Reading) -> Tensor:
    return r.vertices.new_tensor([0.0, 1.0, 0.0])


def _forward(r: Reading) -> Tensor:
    return r.vertices.new_tensor([0.0, 0.0, 1.0])


def _height(r: Reading) -> Tensor:
    return r.vertices[:, 1].amax() - r.vertices[:, 1].amin()


def _level(name: str) -> Callable[[Reading], Tensor]:
    return lambda r: r.landmark(name)[1] - r.vertices[:, 1].amin()


def _trunk_girth(name: str) -> Callable[[Reading], Tensor]:
    return lambda r: r.level_girth("trunk", r.landmark(name)[1])


def _leg_girth(name: str) -> Callable[[Reading], Tensor]:
    return lambda r: r.level_girth("leg", r.landmark(name)[1])


def _neck(r: Reading) -> Tensor:
    """Twice the tape from nape over the left side neck point to the front neck point."""
    side, centre = r.landmark("left_neck_side"), r.joint("neck")
    total = side.new_zeros(())
    for name in ("nape", "front_neck"):
        end = r.landmark(name)
        out = (0.5 * (side + end) - centre) * side.new_tensor([1.0, 0.0, 1.0])
        total = total + r.tape_over("collar", side, end, out / out.norm() + _up(r))
    return 2.0 * total


def _shoulder(r: Reading) -> Tensor:
    left, right = r.landmark("left_shoulder_tip"), r.landmark("right_shoulder_tip")
    nape = r.landmark("nape")
    half = r.tape_over("collar", left, nape, _up(r) - _forward(r))
    return half + r.tape_over("collar", nape, right, _up(r) - _forward(r))


def _back_length(r: Reading) -> Tensor:
    chain = r.points(r.surface.spine)
    return (chain[1:] - chain[:-1]).norm(dim=1).sum()


def _front_length(r: Reading) -> Tensor:
    side, bust, waist = r.landmark("left_neck_side"), r.landmark("left_bust_point"), r.landmark("waist")
    end = r.front_point(bust[0], waist[1], behind=waist[2])
    over = r.tape_over("collar", side, bust, _forward(r))
    return over + r.tape_over("trunk", bust, end, _forward(r))


def _arm_length(r: Reading) -> Tensor:
    tip, elbow, wrist = (r.landmark(f"left_{n}") for n in ("shoulder_tip", "elbow", "wrist"))
    return (elbow - tip).norm() + (wrist - elbow).norm()


def _limb_girth(region: str, start: str, end: str, fraction: float) -> Callable[[Reading], Tensor]:
    def measure(r: Reading) -> Tensor:
        a, b = r.joint(start), r.joint(end)
        return r.girth(region, a + fraction * (b - a), (b - a) / (b - a).norm())

    return measure


def _thigh(r: Reading) -> Tensor:
    crotch = r.landmark("crotch")[1]
    return r.level_girth("thigh", crotch - 0.02 * (crotch - r.vertices[:, 1].amin()))


def _calf(r: Reading) -> Tensor:
    """Largest girth between knee and ankle, on levels 2 % of the shin apart."""
    import torch

    knee, ankle = r.joint("left_knee")[1], r.joint("left_ankle")[1]
    fractions = np.arange(0.16, 0.44, 0.02)
    with torch.no_grad():
        girths = [float(r.level_girth("leg", knee + float(f) * (ankle - knee))) for f in fractions]
    best = float(fractions[int(np.argmax(girths))])
    return r.level_girth("leg", knee + best * (ankle - knee))


def _ankle(r: Reading) -> Tensor:
    """Girth just above the ankle bone, clear of the instep: 7 % of the shin above the ankle joint."""
    knee, ankle = r.joint("left_knee")[1], r.joint("left_ankle")[1]
    return r.level_girth("leg", ankle + 0.07 * (knee - ankle))


def _bust_distance(r: Reading) -> Tensor:
    return (r.landmark("left_bust_point") - r.landmark("right_bust_point")).norm()


def _mass(r: Reading) -> Tensor:
    """Mass [kg]: the volume of the surface, its holes closed, times BODY_DENSITY."""
    import torch

    a, b, c = (r.vertices[r.surface.closed_faces[:, i].astype(np.int64)] for i in range(3))
    return BODY_DENSITY * (a * torch.linalg.cross(b, c)).sum() / 6.0


DEFINITIONS: dict[str, Callable[[Reading], Tensor]] = {
    "height": _height,
    "bust": _trunk_girth("left_bust_point"),
    "underbust": _trunk_girth("underbust"),
    "waist": _trunk_girth("waist"),
    "hip": _trunk_girth("hip"),
    "neck": _neck,
    "shoulder": _shoulder,
    "back_length": _back_length,
    "front_length": _front_length,
    "arm_length": _arm_length,
    "upper_arm": _limb_girth("upper_arm", "left_shoulder", "left_elbow", 0.45),
    "wrist": _limb_girth("wrist", "left_elbow", "left_wrist", 0.97),
    "thigh": _thigh,
    "knee": _leg_girth("left_knee"),
    "calf": _calf,
    "ankle": _ankle,
    "inseam": _level("crotch"),
    "waist_height": _level("waist"),
    "hip_height": _level("hip"),
    "bust_height": _level("left_bust_point"),
    "armpit_height": _level("left_armpit"),
    "nape_height": _level("nape"),
    "shoulder_height": _level("left_shoulder_tip"),
    "bust_point_distance": _bust_distance,
    "head": lambda r: r.level_girth("head", r.landmark("brow")[1]),
    "mass": _mass,
}
"""How each measurement is taken [m]; `mass` [kg]."""


def read_tensors(
    vertices: Tensor, joints: Tensor, names: Iterable[str], asset: BodyAsset | None = None
) -> dict[str, Tensor]:
    """Return measurements [m], mass [kg], as scalar tensors that differentiate to vertices (V, 3) and joints (J, 3).

    Args:
        asset: the body model whose mesh this is; None is the embedded one. So in all functions below.

    Raises:
        BadInput: an unknown name.
    """
    reading = Reading(vertices, joints, asset or load_body())
    values = {}
    for name in names:
        if name not in DEFINITIONS:
            raise BadInput(f"{name!r} is not a measurement; use one of {', '.join(DEFINITIONS)}.")
        values[name] = DEFINITIONS[name](reading)
    return values


def measure(
    vertices: NDArray[Any],
    joints: NDArray[Any],
    names: Iterable[str] = tuple(DEFINITIONS),
    asset: BodyAsset | None = None,
) -> dict[str, float]:
    """Return measurements [m] (mass [kg]) of a rest-pose body: vertices (V, 3), joints (J, 3) [m]."""
    import torch

    with torch.no_grad():
        v, j = (torch.from_numpy(np.asarray(x, np.float64)) for x in (vertices, joints))
        return {name: float(value) for name, value in read_tensors(v, j, names, asset).items()}


def measure_body(
    vertices: NDArray[Any], joints: NDArray[Any], asset: BodyAsset | None = None
) -> Measurements:
    """Return every field of Measurements [m] of a rest-pose body."""
    return Measurements(**measure(vertices, joints, MEASUREMENT_NAMES, asset))


def body_mass(vertices: NDArray[Any], joints: NDArray[Any], asset: BodyAsset | None = None) -> float:
    """Return the mass [kg] of a body: its volume times BODY_DENSITY."""
    return measure(vertices, joints, ("mass",), asset)["mass"]


def landmark_points(
    vertices: NDArray[Any], joints: NDArray[Any], asset: BodyAsset | None = None
) -> Mapping[str, F32]:
    """Return the landmarks of a rest-pose body [m], name -> (3,): all of LANDMARKS and the elbows and brow."""
    import torch

    with torch.no_grad():
        v, j = (torch.from_numpy(np.asarray(x, np.float64)) for x in (vertices, joints))
        reading = Reading(v, j, asset or load_body())
        names = [*reading.surface.landmarks, *_LEVELS]
        return {name: reading.landmark(name).numpy().astype(np.float32) for name in names}

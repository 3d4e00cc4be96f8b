"""What is said when cloth cannot be kept clear: at its start, or in a frame; where it happens, and the nearest remedy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toile.engine.cloth.energy import deformation, rest_shape
from toile.engine.core.body import PARTS, BodyMotion, joints_at
from toile.engine.core.errors import BadInput, Infeasible
from toile.engine.core.intersect import cloth_self_intersections, signed_distance, vertices_inside
from toile.engine.core.simulation import Simulation
from toile.garments.cloth_mesh import ClothMesh
from toile.garments.fabric_file import check_fabric
from toile.garments.topology import ring_faults

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]

DEEPEST = 0.02
"""How deep [m] in the body cloth may start: contact is looked for a little further than that."""
HASTE = 6.0
"""Speed of the skin [m/s] above which the motion is to blame."""


class Stopped(Infeasible):
    """A simulation that could not go on; `kept` is what came before, None when no frame did."""

    def __init__(self, message: str, kept: Simulation | None) -> None:
        """Say why, and hand over the frames before."""
        super().__init__(message)
        self.kept = kept


def check_start(cloth: ClothMesh, body: F32, body_faces: NDArray[np.int32]) -> None:
    """Refuse a start from which no clean simulation can come.

    Raises:
        BadInput: an absurd fabric, a mesh that is no surface, numbers that are not finite, cloth that crosses itself, or cloth deep
            in the body.
    """
    for fabric in cloth.fabrics:
        check_fabric(fabric, f"The fabric {fabric.name!r}")
    _check_surface(cloth)
    for values, what in ((cloth.vertices, "cloth"), (body, "body")):
        if not np.isfinite(values).all():
            raise BadInput(
                f"{int((~np.isfinite(values)).any(axis=1).sum())} vertices of the {what} are not finite numbers at the start; "
                f"make the {what} again."
            )
    own = cloth_self_intersections(cloth.vertices, cloth.faces)
    if len(own):
        raise BadInput(
            f"The cloth crosses itself at the start: {len(own)} pairs of triangles, the first {_place(cloth, cloth.vertices, own[:1, 0])}; "
            "place its panels apart."
        )
    inside = np.flatnonzero(vertices_inside(cloth.vertices, body, body_faces))
    if not len(inside):
        return
    depth = -signed_distance(cloth.vertices[inside], body, body_faces)[0]
    if depth.max() > DEEPEST:
        worst = inside[int(depth.argmax())]
        face = np.flatnonzero((cloth.faces == worst).any(axis=1))[:1]
        raise BadInput(
            f"The body is inside the cloth at the start: {len(inside)} vertices lie up to {1000 * depth.max():.0f} mm under the skin, "
            f"the deepest {_place(cloth, cloth.vertices, face)}; place the cloth outside the body."
        )


def _check_surface(cloth: ClothMesh) -> None:
    faces = cloth.faces.astype(np.int64)
    half = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges, which, count = np.unique(np.sort(half, axis=1), axis=0, return_inverse=True, return_counts=True)
    for bad, what in (
        (count > 2, "have more than two triangles"),
        (
            np.abs(np.bincount(which.ravel(), np.where(half[:, 0] < half[:, 1], 1, -1))) > 1,
            "join triangles that face opposite ways",
        ),
    ):
        if bad.any():
            first = np.flatnonzero(bad[which.ravel()])[:1] % len(faces)
            raise BadInput(
                f"{int(bad.sum())} of the {len(edges)} edges of the cloth {what}, the first {_place(cloth, cloth.vertices, first)}; "
                "sew every edge to one other, and every panel with its right side out."
            )


def unclean(cloth: ClothMesh, motion: BodyMotion, frame: int, x: F32, left: I64) -> str:
    """Return why a simulation stops before a frame in which faces `left` of the cloth x [m] lie in the body."""
    middle = x[cloth.faces[left]].mean(axis=1)
    faces = np.asarray(motion.rig.faces, np.int32)
    body = motion.vertices_at(frame)
    near = faces[signed_distance(middle, body, faces)[1]]
    parts = np.asarray(motion.part_of_vertex)[near[:, 0]]
    part = PARTS[int(np.bincount(parts).argmax())].replace("_", " ")
    there = left[parts == np.bincount(parts).argmax()]
    speed = float(np.linalg.norm(body - motion.vertices_at(frame - 1), axis=1)[near].max() * motion.fps)
    return (
        f"The cloth cannot be kept out of the body beyond frame {frame} of {motion.frame_count}: {len(left)} of its triangles cut "
        f"into it, most at the {part}, {_place(cloth, x, there)}; {_remedy(cloth, x, there, speed, part)}."
    )


def _remedy(cloth: ClothMesh, x: F32, faces: I64, speed: float, part: str) -> str:
    if speed > HASTE:
        return f"the {part} moves there at {speed:.0f} m/s, so smooth or slow the motion (--seconds, --fps)"
    inverse, _ = rest_shape(cloth.panel_uv[faces])
    strain = np.linalg.norm(deformation(x, cloth.faces[faces], inverse), axis=1) - 1.0
    limits = np.array([[f.limit_weft, f.limit_warp] for f in cloth.fabrics])[cloth.garment_of_face[faces]]
    if cloth.strain_limit is not None:  # elastic
        own = cloth.strain_limit[faces, None]
        limits = np.where(own > 0.0, own, limits)
    if np.median((strain - limits).max(axis=1)) > 0.0:
        return "the cloth is at its limit there, so ask for more ease or a larger size"
    sides = x[cloth.faces] - x[np.roll(cloth.faces, 1, axis=1)]
    edge = 1000.0 * float(np.median(np.linalg.norm(sides, axis=2)))
    return f"try a finer mesh (--edge-mm {max(4, round(0.6 * edge))}) or more ease there"


def _place(cloth: ClothMesh, x: F32, faces: NDArray[np.integer]) -> str:
    """Return where faces are, in words: the panel, and the height above the floor."""
    at = x[cloth.faces[faces]].mean(axis=(0, 1))
    name = cloth.panel_names[int(np.bincount(cloth.panel_of_face[faces]).argmax())]
    return f"in {name!r}, {100 * at[1]:.0f} cm above the floor"


class Wearing:
    """Whether rings that went round their limb at the start still do; those that did not then are nobody's fault later."""

    def __init__(self, cloth: ClothMesh, motion: BodyMotion) -> None:
        """Look at cloth and joints at the start."""
        self._cloth, self._motion = cloth, motion
        self._sound = set(cloth.loops) - set(self._faults(cloth.vertices, -motion.lead_in))

    def lost(self, x: F32, frame: float) -> str | None:
        """Return a sentence on the first ring that is not worn any more in a frame, None while all are."""
        faults = self._faults(x, frame) if self._sound else {}
        return next(
            (faults[name][0] for name in self._cloth.loops if name in faults and name in self._sound), None
        )

    def _faults(self, x: F32, frame: float) -> dict[str, list[str]]:
        joints = joints_at(self._motion, frame)
        rings = {name: x[ring] for name, ring in self._cloth.loops.items()}
        if joints is None:
            return {name: ["Its joints are unknown."] for name in rings}
        return ring_faults(rings, self._cloth.loop_axis, joints)

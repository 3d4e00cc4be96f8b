"""The stool of a sitting body: as high as the hollow of the knee, measured on the skin of the body that sits.

The stool carries the body and is told to whoever wants to show it (`Seat.mesh`). Cloth does not touch it: what would lie
between the body and the seat is free.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toile.avatars.limbs import BodyForm
from toile.avatars.pose import F64, Skin
from toile.engine.core.body import F32, I32, PARTS, Rig

SINK = 0.012
"""How far the flesh is pressed flat by the seat [m]."""
DEPTH = 0.36
MARGIN = 0.03


@dataclass(frozen=True)
class Seat:
    """A box: height of its top, the middle of its top's front edge, half its width, and depth [m]."""

    height: float
    front: float
    half_width: float
    depth: float = DEPTH

    def mesh(self) -> tuple[F32, I32]:
        """Return the box as vertices [m] (8, 3) and faces (12, 3), counter-clockwise from outside."""
        x, z = self.half_width, (self.front - self.depth, self.front)
        corners = [(sx * x, y, sz) for y in (0.0, self.height) for sz in z for sx in (-1.0, 1.0)]
        faces = [(0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1), (2, 3, 7), (2, 7, 6), (0, 2, 6),
                 (0, 6, 4), (1, 5, 7), (1, 7, 3)]  # fmt: skip
        return np.array(corners, dtype=np.float32), np.array(faces, dtype=np.int32)


def popliteal_height(rig: Rig, part_of_vertex: I32, form: BodyForm) -> float:
    """Return the height [m] of the hollow of the knee over the floor, sitting with upright shins.

    That is the knee's centre less what lies behind it on the standing body (ISO 7250-1, 4.2.12, popliteal height).
    """
    knee = form.skeleton.centres[form.skeleton.index["left_knee"]]
    rest = rig.rest_vertices
    leg = np.isin(part_of_vertex, [PARTS.index("left_thigh"), PARTS.index("left_shin")])
    level = leg & (np.abs(rest[:, 1] - knee[1]) < 0.025)
    behind = float(knee[2] - rest[level, 2].min()) if level.any() else 0.05
    return float(knee[1]) - behind


def lowest_of_trunk(skin: Skin, part_of_vertex: I32, turns: F64, shift: F64) -> float:
    """Return the height [m] of the lowest skin of torso and thighs of one pose."""
    parts = [PARTS.index(name) for name in ("torso", "left_thigh", "right_thigh")]
    return float(skin.vertices(turns, shift)[np.isin(part_of_vertex, parts), 1].min())

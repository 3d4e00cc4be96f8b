"""A foot on the floor: how its ankle moves while it rolls over heel and toes without slipping, measured on the skin.

The height of the ankle above the floor is the depth of the lowest skin vertex at a given pitch and toe extension. On the
heel the sole rolls: the point in contact stands still, so the ankle travels with -dz/dpitch = height. On the toes the
foot turns about the toe joint while the toes lie flat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from toile.avatars.pose import F64, Skeleton
from toile.engine.core.body import Rig

PITCHES = np.radians(np.arange(-90.0, 46.0, 3.0))
TOES = np.radians(np.arange(-15.0, 91.0, 5.0))
SWING_BLUR = np.radians(9.0)
SOLE_HEIGHT = 0.09
"""Vertices of the foot below this height [m] at rest can touch the floor."""


@dataclass(frozen=True)
class Foot:
    """Rolling of one foot: joints and smooth tables over pitch and toe extension [rad].

    toe [m] (2,): toe joint forward of and above the ankle at rest, foot heading removed.
    """

    toe: F64
    rest_height: float
    height: Any
    swing: Any
    heel_height: Any
    heel_travel: Any
    ball_height: Any

    def ankle_height(self, pitch: F64, toe: F64) -> F64:
        """Return the ankle's height [m] with the lowest skin on the floor."""
        return np.asarray(self.height.ev(pitch, toe))

    def swing_height(self, pitch: F64, toe: F64) -> F64:
        """Return a height [m] of the ankle at which the foot is clear of the floor, smooth as it pitches through level.

        Where the lowest skin passes from toes to heel the exact height has a corner that would jerk the knee.
        """
        return np.asarray(self.swing.ev(pitch, toe))

    def rolled(self, pitch: F64) -> tuple[F64, F64]:
        """Return travel along the heading and height [m] of the ankle of a planted foot at pitches [rad].

        Travel is from where the ankle is with the foot flat. Positive pitch stands on the heel, negative on flat toes.
        """
        heel, ball = np.maximum(pitch, 0.0), np.minimum(pitch, 0.0)
        forward = self.toe[0] * (1.0 - np.cos(ball)) + self.toe[1] * np.sin(ball)
        travel = np.where(pitch >= 0, -self.heel_travel(heel), forward)
        return travel, np.where(pitch >= 0, self.heel_height(heel), self.ball_height(ball))


def measure_foot(rig: Rig, side: str) -> Foot:
    """Measure how a foot of a rig rolls over its skin."""
    from scipy.interpolate import CubicSpline, RectBivariateSpline
    from scipy.ndimage import gaussian_filter1d

    skeleton = Skeleton.of(rig)
    ankle, toe = (skeleton.centres[skeleton.index[f"{side}_{j}"]] for j in ("ankle", "toe"))
    yaw = np.arctan2(toe[0] - ankle[0], toe[2] - ankle[2])
    forward = np.array([np.sin(yaw), 0.0, np.cos(yaw)])
    foot_joints, toe_joints = (
        _descendants(skeleton, skeleton.index[f"{side}_{j}"]) for j in ("ankle", "toe")
    )
    on_toe = (rig.weights * np.isin(rig.joint_of_weight, toe_joints)).sum(1)
    on_foot = (rig.weights * np.isin(rig.joint_of_weight, foot_joints)).sum(1)
    sole = (on_foot > 0.5) & (rig.rest_vertices[:, 1] < SOLE_HEIGHT)
    share = (on_toe / np.maximum(on_foot, 1e-9))[sole]
    offset = rig.rest_vertices[sole].astype(np.float64) - ankle
    points = np.stack([offset @ forward, offset[:, 1]], axis=-1)
    joint = np.array([(toe - ankle) @ forward, toe[1] - ankle[1]])

    def support(pitch: F64 | float, bend: F64 | float) -> F64:
        foot_part = _lift(points, pitch)
        toe_part = _lift(joint[None], pitch) + _lift(points - joint, pitch + bend)
        return -np.min((1.0 - share) * foot_part + share * toe_part, axis=-1)

    grid = np.array([[support(p, t) for t in TOES] for p in PITCHES])
    smooth = gaussian_filter1d(grid, SWING_BLUR / (PITCHES[1] - PITCHES[0]), axis=0, mode="nearest")
    heel = np.radians(np.arange(0.0, 46.0, 2.5))
    ball = np.radians(np.arange(-90.0, 1.0, 3.0))
    heel_height = CubicSpline(heel, [support(p, 0.0) for p in heel])
    ball_height = CubicSpline(ball, [support(p, -p) for p in ball])
    rest = float(support(0.0, 0.0))
    return Foot(
        joint,
        rest,
        RectBivariateSpline(PITCHES, TOES, grid),
        RectBivariateSpline(PITCHES, TOES, smooth),
        heel_height,
        heel_height.antiderivative(),
        ball_height,
    )


def _lift(points: F64, pitch: F64 | float) -> F64:
    """Return heights of points (forward, up) pitched toes up."""
    return points[..., 0] * np.sin(pitch) + points[..., 1] * np.cos(pitch)


def _descendants(skeleton: Skeleton, joint: int) -> list[int]:
    return [int(i) for i in np.flatnonzero(skeleton.ancestry[:, joint] > 0)]

"""Cameras near a place of the garment: waist, hem, sleeve, and the weave at a hand's breadth.

`closeup` stands still, wide enough for the place's motion; `paths.close_by` follows it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.body import PARTS
from toile.engine.core.errors import BadInput
from toile.engine.core.simulation import Simulation
from toile.engine.render.scene import Camera

CLOSEUPS = ("waist", "hem", "sleeve", "weave")
AZIMUTH_DEG = {"waist": 20.0, "hem": 20.0, "sleeve": 70.0, "weave": 15.0}
HALF = {"waist": 0.13, "hem": 0.13, "sleeve": 0.13, "weave": 0.022}
"""Metres from the middle of the picture to its edge, where nothing moves."""
NEAR_ARM = 0.06  # m from the arm, within which cloth is its sleeve
FOV_DEG = 16.0


def closeup(which: str, simulation: Simulation, *, size: tuple[int, int] = (512, 512)) -> Camera:
    """Return a camera that looks closely at a place in every frame.

    Args:
        which: one of CLOSEUPS.
        simulation: body and cloth over all frames.
        size: width and height [pixels].

    Raises:
        BadInput: no such close-up, or nothing there to look at: no cloth at the waist, no sleeve.

    The waist is cloth round the torso at 0.62 of the body's height, the hem the lowest twentieth of the cloth's height,
    the sleeve the lowest cloth on the left arm, the weave the foremost cloth at 0.72 of its height.
    """
    middle = tracked_place(which, simulation)
    target = 0.5 * (middle.min(axis=0) + middle.max(axis=0))
    half = HALF[which] + 0.5 * float(np.ptp(middle, axis=0).max())
    position = target + half / np.tan(np.radians(FOV_DEG) / 2.0) * _way(which)
    return Camera(_vector(position), _vector(target), FOV_DEG, size, which)


def tracked_place(which: str, simulation: Simulation) -> NDArray[np.float64]:
    """Return where a place is in each frame [m], (F, 3): the middle of what its camera sees of it.

    Raises:
        BadInput: no such close-up, or nothing there to look at.
    """
    if which not in CLOSEUPS:
        raise BadInput(f"There is no close-up of {which!r}; choose one of: {', '.join(CLOSEUPS)}.")
    chosen = _places(which, simulation)
    if len(chosen) == 0:
        raise BadInput(f"There is no {which} to look at on this look; choose another view, such as front.")
    tracked = simulation.cloth_vertices[:, chosen].astype(np.float64)
    nearest = tracked[0] @ _way(which)
    facing = nearest >= np.quantile(nearest, 0.8)  # what the camera sees of the place
    if which == "weave":
        facing = nearest >= np.partition(nearest, -min(3, len(nearest)))[-min(3, len(nearest))]
    return np.asarray(tracked[:, facing].mean(axis=1))


def _way(which: str) -> NDArray[np.float64]:
    a = np.radians(AZIMUTH_DEG[which])
    return np.array([np.sin(a), 0.1, np.cos(a)]) / np.hypot(1.0, 0.1)


def _vector(values: NDArray[np.float64]) -> tuple[float, float, float]:
    return (float(values[0]), float(values[1]), float(values[2]))


def _places(which: str, simulation: Simulation) -> NDArray[np.int64]:
    """Return the vertices of the cloth that are the place."""
    from scipy.spatial import cKDTree

    cloth, body = simulation.cloth_vertices[0], simulation.body_vertices[0]
    part = np.asarray(simulation.body_part)
    y = cloth[:, 1]
    if which == "hem":
        return np.flatnonzero(y < y.min() + 0.05 * np.ptp(y))
    if which == "weave":
        return np.flatnonzero(np.abs(y - (y.min() + 0.72 * np.ptp(y))) < 0.03)
    if which == "waist":
        return np.flatnonzero(np.abs(y - 0.62 * np.ptp(body[:, 1]) - body[:, 1].min()) < 0.03)
    arm = np.isin(part, [PARTS.index(name) for name in ("left_upper_arm", "left_forearm")])
    torso = part == PARTS.index("torso")
    if not arm.any() or not torso.any():
        return np.zeros(0, np.int64)
    gap, _ = cKDTree(body[arm]).query(cloth, distance_upper_bound=NEAR_ARM)
    other, _ = cKDTree(body[torso]).query(cloth)
    sleeve = np.flatnonzero(np.isfinite(gap) & (other > 1.5 * gap) & (other > 0.04))
    if len(sleeve) == 0:
        return sleeve
    return sleeve[y[sleeve] < y[sleeve].min() + 0.04]

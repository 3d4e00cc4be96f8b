"""Cameras that move: round the figure, along with it, and close to a place that they follow.

A path holds a camera a frame; positions that are followed are smoothed over time, so that no step or breath shakes them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.simulation import Simulation
from toile.engine.render.closeups import AZIMUTH_DEG, CLOSEUPS, FOV_DEG, HALF, tracked_place
from toile.engine.render.scene import Camera, CameraPath, views

F64 = NDArray[np.float64]

PATHS = ("turntable", "along", *CLOSEUPS)
SMOOTHED = 0.2  # s, of the Gaussian over what a camera follows
MARGIN = 1.14  # of the picture's half height to the figure's
FOV_ALONG_DEG = 16.0


def camera_path(which: str, simulation: Simulation, *, size: tuple[int, int] = (512, 512)) -> CameraPath:
    """Return the path of that name.

    Args:
        which: turntable (once round the figure), along (beside the walker, a three-quarter view) or one of CLOSEUPS.
        simulation: body and cloth over all frames.
        size: width and height [pixels].

    Raises:
        BadInput: nothing is called so, or there is nothing to look at: no cloth at the waist, no sleeve.
    """
    if which == "turntable":
        return turntable(simulation, size=size)
    if which == "along":
        return along(simulation, size=size)
    return close_by(which, simulation, size=size)


def turntable(
    simulation: Simulation, *, size: tuple[int, int] = (512, 512), start_deg: float = 0.0
) -> CameraPath:
    """Return a camera that goes once round the figure while it moves, to the wearer's left; the last frame closes it."""
    count = len(simulation.cloth_vertices)
    azimuths = start_deg + 360.0 * np.arange(count) / count
    widest = views(tuple(float(a) for a in np.arange(0.0, 360.0, 30.0)), simulation, size=size)[0]
    target = np.asarray(widest.target)
    reach = np.asarray(widest.position) - target
    radius, height = np.hypot(reach[0], reach[2]), reach[1]
    a = np.radians(azimuths)
    positions = target + np.stack([radius * np.sin(a), np.full(count, height), radius * np.cos(a)], axis=1)
    return CameraPath(
        "turntable", tuple(_camera(p, target, widest.fov_deg, size, "turntable") for p in positions)
    )


def along(
    simulation: Simulation, *, size: tuple[int, int] = (512, 512), azimuth_deg: float = 35.0
) -> CameraPath:
    """Return a camera that keeps beside the wearer, who fills the picture wherever they walk."""
    low = np.minimum(simulation.body_vertices.min(axis=1), simulation.cloth_vertices.min(axis=1))
    high = np.maximum(simulation.body_vertices.max(axis=1), simulation.cloth_vertices.max(axis=1))
    middle = _smoothed(0.5 * (low + high).astype(np.float64), simulation.fps)
    middle[:, 1] = 0.5 * (low[:, 1].min() + high[:, 1].max())  # the floor stays where it is
    around = np.hypot(high[:, 0] - low[:, 0], high[:, 2] - low[:, 2]).max() * size[1] / size[0]
    half = 0.5 * MARGIN * max(float(high[:, 1].max() - low[:, 1].min()), float(around))
    a = np.radians(azimuth_deg)
    way = np.array([np.sin(a), 0.075, np.cos(a)]) / np.hypot(1.0, 0.075)
    away = half / np.tan(np.radians(FOV_ALONG_DEG) / 2.0) * way
    return CameraPath("along", tuple(_camera(m + away, m, FOV_ALONG_DEG, size, "along") for m in middle))


def close_by(which: str, simulation: Simulation, *, size: tuple[int, int] = (512, 512)) -> CameraPath:
    """Return a camera that follows a place from close by: one of CLOSEUPS.

    Raises:
        BadInput: no such close-up, or nothing there to look at.
    """
    middle = _smoothed(tracked_place(which, simulation), simulation.fps)
    a = np.radians(AZIMUTH_DEG[which])
    way = np.array([np.sin(a), 0.1, np.cos(a)]) / np.hypot(1.0, 0.1)
    away = HALF[which] / np.tan(np.radians(FOV_DEG) / 2.0) * way
    return CameraPath(which, tuple(_camera(m + away, m, FOV_DEG, size, which) for m in middle))


def _camera(position: F64, target: F64, fov_deg: float, size: tuple[int, int], name: str) -> Camera:
    p, t = (tuple(float(c) for c in v) for v in (position, target))
    return Camera((p[0], p[1], p[2]), (t[0], t[1], t[2]), fov_deg, size, name)


def _smoothed(points: F64, fps: float) -> F64:
    """Positions over time (F, 3) under a Gaussian of SMOOTHED seconds; at the ends they go on as they came."""
    from scipy.ndimage import gaussian_filter1d

    sigma = max(SMOOTHED * fps, 1e-3)
    beyond = int(4.0 * sigma) + 1
    longer = np.pad(points, ((beyond, beyond), (0, 0)), mode="reflect", reflect_type="odd")
    return np.asarray(gaussian_filter1d(longer, sigma, axis=0)[beyond : beyond + len(points)])

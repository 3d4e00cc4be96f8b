"""Animations and stills: every frame from every view, in order, several frames in flight on the CPU.

Warp's CPU kernels run on one thread and release the interpreter lock, so each worker thread owns a renderer and takes
whole frames (the geometry and all of the views); pictures come out in order, and their bytes do not depend on the threads.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.device import default_device
from toile.engine.core.errors import BadInput
from toile.engine.core.files import Progress, silent
from toile.engine.core.simulation import Simulation
from toile.engine.render.frame import Renderer, render_frame
from toile.engine.render.scene import STILL, Camera, CameraPath, GarmentLook, Lighting, RenderSettings, Scene

U8 = NDArray[np.uint8]


def render_views(
    simulation: Simulation,
    looks: Sequence[GarmentLook],
    views: Sequence[Camera | CameraPath],
    settings: RenderSettings | None = None,
    progress: Progress = silent,
    lighting: Lighting | None = None,
    frames: Sequence[int] | None = None,
) -> Iterator[list[U8]]:
    """Yield, frame by frame, one picture (height, width, 3, or 4 with alpha) a view; of all frames, or of some.

    Raises:
        BadInput: no view; empty or non-finite geometry; fewer looks than garments; a frame that is not there.
    """
    chosen = range(len(simulation.cloth_vertices)) if frames is None else frames
    shots = [(frame, tuple(view.at(frame) for view in views)) for frame in chosen]
    for done, pictures in enumerate(
        _shoot(simulation, looks, shots, settings or RenderSettings(), lighting), start=1
    ):
        progress(done / len(shots), f"frame {done} of {len(shots)}")
        yield pictures


def render_animation(
    simulation: Simulation,
    looks: Sequence[GarmentLook],
    views: Sequence[Camera | CameraPath],
    settings: RenderSettings | None = None,
    progress: Progress = silent,
    lighting: Lighting | None = None,
) -> Iterator[U8]:
    """Yield, frame by frame, all views side by side: sRGB, shape (height, sum of widths, 3).

    Raises:
        BadInput: views of different heights, and whatever `render_views` raises.
    """
    heights = sorted({camera.size[1] for camera in views})
    if len(heights) > 1:
        raise BadInput(
            f"Views of different heights {heights} cannot stand side by side; give them one height."
        )
    for pictures in render_views(simulation, looks, views, settings, progress, lighting):
        yield np.concatenate(pictures, axis=1)


def render_stills(
    simulation: Simulation,
    shots: Sequence[tuple[int, Camera | CameraPath]],
    looks: Sequence[GarmentLook],
    settings: RenderSettings | None = None,
    progress: Progress = silent,
    lighting: Lighting | None = None,
) -> Iterator[U8]:
    """Yield carefully made stills, one a (frame, camera), in order; faster than one `render_still` each.

    Raises:
        BadInput: as `render_views`; a frame that is not there.
    """
    single = [(frame, (view.at(frame),)) for frame, view in shots]
    for done, pictures in enumerate(_shoot(simulation, looks, single, settings or STILL, lighting), start=1):
        progress(done / len(single), f"still {done} of {len(single)}")
        yield pictures[0]


def render_still(
    simulation: Simulation,
    frame: int,
    camera: Camera,
    looks: Sequence[GarmentLook],
    settings: RenderSettings | None = None,
    lighting: Lighting | None = None,
) -> U8:
    """Return one frame as a carefully made still at the camera's size, sRGB, shape (height, width, 3)."""
    scene = Scene(simulation, tuple(looks), lighting or Lighting())
    return render_frame(scene, frame, camera, settings or STILL)


def resized(views: Sequence[Camera | CameraPath], size: tuple[int, int]) -> tuple[Camera | CameraPath, ...]:
    """Return the same cameras for another picture size."""
    return tuple(
        dataclasses.replace(view, size=size)
        if isinstance(view, Camera)
        else CameraPath(view.name, tuple(dataclasses.replace(camera, size=size) for camera in view.cameras))
        for view in views
    )


def _shoot(
    simulation: Simulation,
    looks: Sequence[GarmentLook],
    shots: Sequence[tuple[int, tuple[Camera, ...]]],
    settings: RenderSettings,
    lighting: Lighting | None = None,
) -> Iterator[list[U8]]:
    """Yield the pictures of each (frame, cameras) in order."""
    if not shots or not all(cameras for _, cameras in shots):
        raise BadInput("There is no view to render; give at least one camera and one frame.")
    scene = Scene(simulation, tuple(looks), lighting or Lighting())
    workers = max(1, min(settings.threads, len(shots)))
    if (settings.device or default_device()) != "cpu":
        workers = 1
    first = Renderer(scene, settings)
    renderers: SimpleQueue[Renderer] = SimpleQueue()
    renderers.put(first)
    for _ in range(workers - 1):
        renderers.put(Renderer(scene, settings, first.surface))

    def work(frame: int, cameras: tuple[Camera, ...]) -> list[U8]:
        renderer = renderers.get()
        try:
            renderer.pose(frame)
            shoot = renderer.cutout if settings.alpha else renderer.picture
            return [shoot(camera) for camera in cameras]
        finally:
            renderers.put(renderer)

    pending: deque[Future[list[U8]]] = deque()
    pool = ThreadPoolExecutor(workers)
    try:
        for shot in shots:
            pending.append(pool.submit(work, *shot))
            if len(pending) > 2 * workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)

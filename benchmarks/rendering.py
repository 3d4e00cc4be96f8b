"""The renderers: processor time of a picture, of a gradient, and how well gradients and recovered colours are right."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

Row = Mapping[str, Any]


def _tube(radius: Any, height: Any, around: int) -> tuple[Any, Any]:
    angle = np.linspace(0.0, 2.0 * np.pi, around, endpoint=False)
    rings = [
        np.stack([r * np.sin(angle), 0.0 * angle + y, r * np.cos(angle)], 1)
        for r, y in zip(radius, height, strict=True)
    ]
    i, j = np.meshgrid(np.arange(len(rings) - 1), np.arange(around), indexing="ij")
    a, b = i * around + j, i * around + (j + 1) % around
    faces = np.concatenate([np.stack([a, b, b + around], -1), np.stack([a, b + around, a + around], -1)])
    return np.concatenate(rings), faces.reshape(-1, 3)


def figure(around: int = 192, rows: int = 150) -> Any:
    """A closed column 1.7 m tall in a skirt with eight folds; about 57 k triangles of cloth."""
    from toile.engine.core.simulation import Simulation

    top = np.linspace(0.0, 1.7, 80)
    body, body_faces = _tube(0.13 * np.sqrt(np.clip(1.0 - (top / 1.7) ** 8, 1e-4, 1.0)), top, 64)
    height = np.linspace(0.45, 1.05, rows)
    fall = (1.05 - height) / 0.6
    cloth, faces = _tube(0.145 + 0.16 * fall, height, around)
    angle = np.arctan2(cloth[:, 0], cloth[:, 2])
    fold = 1.0 + 0.16 * (1.05 - cloth[:, 1]) / 0.6 * np.sin(8.0 * angle)
    cloth = cloth * np.stack([fold, np.ones_like(fold), fold], axis=1)
    uv = np.stack([np.tile(np.arange(around) / around * 1.4, rows), cloth[:, 1]], axis=1)[faces]
    wrapped = np.ptp(uv[..., 0], axis=1) > 0.7
    uv[wrapped, :, 0] = np.where(uv[wrapped, :, 0] < 0.7, uv[wrapped, :, 0] + 1.4, uv[wrapped, :, 0])
    none = np.zeros(len(faces), np.int32)
    return Simulation(
        body[None].astype(np.float32), body_faces.astype(np.int32), np.full(len(body), 2, np.int32),
        cloth[None].astype(np.float32), faces.astype(np.int32), uv.astype(np.float32), none, none,
        np.zeros((0, 2), np.int32), np.zeros((0, 2), np.int32), 30.0,
    )  # fmt: skip


def _scene(fabric_name: str, side: int) -> tuple[Any, Any]:
    from toile.engine.render.scene import GarmentLook, Scene, views
    from toile.garments.fabric import fabric

    simulation = figure()
    camera = views((20.0,), simulation, size=(side, side))[0]
    return Scene(simulation, (GarmentLook(fabric(fabric_name), "#2f5fa8"),)), camera


def gradient(fabric_name: str, side: int, _keep: Path | None) -> Row:
    """A picture, its gradient by every vertex of the cloth, and one direction of it against a central difference."""
    import torch

    from toile.engine.render.torch_scene import torch_scene

    torch.set_num_threads(1)
    scene, camera = _scene(fabric_name, side)
    made = torch_scene(scene, 0, cloth_subdivisions=1, camera=camera)
    way = made.cloth.new_tensor([[0.6, 0.5, 0.0]])
    goal = made.render(camera, cloth=made.cloth + 0.02 * way).colour.detach()
    forward, backward = [], []
    slope = 0.0
    for _ in range(5):
        cloth = made.cloth.clone().requires_grad_()
        start = time.process_time()
        loss = ((made.render(camera, cloth=cloth).colour - goal) ** 2).sum()
        middle = time.process_time()
        torch.autograd.backward(loss)
        forward.append(middle - start)
        backward.append(time.process_time() - middle)
        assert cloth.grad is not None
        slope = float((cloth.grad * way).double().sum())
    torch.set_num_threads(2)
    both = []
    for _ in range(5):
        cloth = made.cloth.clone().requires_grad_()
        start = time.perf_counter()
        torch.autograd.backward(((made.render(camera, cloth=cloth).colour - goal) ** 2).sum())
        both.append(time.perf_counter() - start)
    h = 0.001
    ends = [
        float(((made.render(camera, cloth=made.cloth + s * way).colour - goal) ** 2).double().sum())
        for s in (h, -h)
    ]
    difference = (ends[0] - ends[1]) / (2.0 * h)
    return {
        "triangles": len(made.drawable.topology.faces),
        "forward_ms": round(1e3 * min(forward)),
        "backward_ms": round(1e3 * min(backward)),
        "both_wall_ms_two_threads": round(1e3 * min(both)),
        "off_difference_percent": round(100.0 * abs(slope / difference - 1.0), 2),
    }


def picture(fabric_name: str, side: int, _keep: Path | None) -> Row:
    """The animation's picture, and how near the differentiable renderer comes to it inside the figure."""
    import torch

    from toile.engine.render.frame import Renderer
    from toile.engine.render.scene import RenderSettings
    from toile.engine.render.torch_scene import torch_scene

    torch.set_num_threads(1)
    scene, camera = _scene(fabric_name, side)
    renderer = Renderer(scene, RenderSettings(cloth_subdivisions=1))
    renderer.pose(0)
    seconds = []
    shown = renderer.picture(camera)
    for _ in range(3):
        start = time.process_time()
        shown = renderer.picture(camera)
        seconds.append(time.process_time() - start)
    ours = torch_scene(scene, 0, camera=camera).render(camera)
    inside = (ours.alpha > 0.999).cpu().numpy()
    error = (ours.colour.detach().cpu().numpy() - shown / 255.0)[inside]
    return {
        "triangles": len(renderer.surface.faces),
        "view_ms": round(1e3 * min(seconds)),
        "twin_psnr_db": round(float(-10.0 * np.log10((error**2).mean())), 1),
    }


def speed(side: int, _keep: Path | None) -> Row:
    """Processor time of a picture in full and plain, and how near each comes to one of many rays (inside the figure)."""
    from dataclasses import replace

    from toile.engine.render.frame import Renderer
    from toile.engine.render.scene import PREVIEW, RenderSettings

    scene, camera = _scene("cotton", side)
    full = RenderSettings(cloth_subdivisions=1)
    careful = replace(full, samples=16, edge_samples=6)
    row: dict[str, Any] = {}
    pictures = {}
    for name, settings in (("full", full), ("preview", PREVIEW), ("careful", careful)):
        renderer = Renderer(scene, settings)
        times = []
        for _ in range(1 if name == "careful" else 7):
            renderer.frame = -1
            start = time.thread_time()
            renderer.pose(0)
            pictures[name] = renderer.picture(camera)
            times.append(time.thread_time() - start)
        row["triangles"] = len(renderer.surface.faces)
        if name != "careful":
            row[f"{name}_ms"] = round(1e3 * min(times))
        inside = renderer.buffers[side * side][0].numpy().reshape(side, side) >= 0
    for name in ("full", "preview"):
        error = (pictures[name].astype(float) - pictures["careful"].astype(float))[inside] / 255.0
        row[f"{name}_psnr_db"] = round(float(-10.0 * np.log10((error**2).mean())), 1)
    return row


def animation(frames: int, _keep: Path | None) -> Row:
    """Three views of so many frames at 512 x 512, as `toile try-on` renders them: wall clock, processor time, memory."""
    import os
    import resource
    from dataclasses import replace

    from toile.engine.render.animation import render_animation
    from toile.engine.render.scene import GarmentLook, RenderSettings, views
    from toile.garments.fabric import fabric

    still = figure()
    moving = replace(
        still,
        body_vertices=np.repeat(still.body_vertices, frames, 0),
        cloth_vertices=np.repeat(still.cloth_vertices, frames, 0),
    )
    cameras = views((0.0, 45.0, 180.0), moving)
    settings = RenderSettings(cloth_subdivisions=1, threads=len(os.sched_getaffinity(0)))
    wall, busy = time.perf_counter(), time.process_time()
    count = sum(
        1 for _ in render_animation(moving, [GarmentLook(fabric("cotton"), "#2f5fa8")], cameras, settings)
    )
    return {
        "pictures": 3 * count,
        "wall_s": round(time.perf_counter() - wall, 1),
        "processor_s": round(time.process_time() - busy, 1),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def crawl(fabric_name: str, side: int, _keep: Path | None) -> Row:
    """How much a surface changes from frame to frame, of 255, when the camera slides by 0.37 and 0.23 pixels a frame.

    Each frame is carried to the next along its motion (cubic interpolation); pixels inside the figure, two from its edges.
    The lights stand still meanwhile, so what differs is aliasing, noise and what interpolation loses.
    """
    from scipy import ndimage

    from toile.engine.render.frame import Renderer
    from toile.engine.render.scene import Camera, RenderSettings

    scene, camera = _scene(fabric_name, side)
    renderer = Renderer(scene, RenderSettings(cloth_subdivisions=1))
    renderer.pose(0)
    right, up, forward = (axis.astype(float) for axis in camera.axes())
    depth = float(np.subtract(camera.target, camera.position) @ forward)
    pixel = 2.0 * np.tan(np.radians(camera.fov_deg) / 2.0) * depth / side
    shown = []
    for k in range(4):
        slide = k * pixel * (0.37 * right + 0.23 * up)
        there = [tuple(float(c) for c in np.add(p, slide)) for p in (camera.position, camera.target)]
        here = Camera(
            (there[0][0], there[0][1], there[0][2]),
            (there[1][0], there[1][1], there[1][2]),
            camera.fov_deg,
            camera.size,
        )
        picture = renderer.picture(here).astype(float)
        buffers = renderer.buffers[side * side]
        face, place = buffers[0].numpy().reshape(side, side).copy(), buffers[2].numpy().copy()
        shown.append((here, picture, face, place))
    errors = []
    for (_, before, face, place), (camera_after, after, face_after, _) in itertools.pairwise(shown):
        to = camera_after.project(place).reshape(side, side, 3)
        row, column = to[..., 1] - 0.5, to[..., 0] - 0.5
        inside = ndimage.binary_erosion(face >= 0, iterations=3)
        inside &= ndimage.map_coordinates((face_after >= 0).astype(float), [row, column], order=1) > 0.99
        carried = np.stack(
            [ndimage.map_coordinates(after[..., c], [row, column], order=3) for c in range(3)], axis=2
        )
        errors.append(np.abs(carried - before)[inside].mean())
    return {"pixels": int(inside.sum()), "mean_change_of_255": round(float(np.mean(errors)), 2)}


CASES: Mapping[str, Callable[[Path | None], Row]] = {
    **{f"render/gradient-{name}-512": partial(gradient, name, 512) for name in ("cotton", "satin")},
    **{f"render/picture-{name}-512": partial(picture, name, 512) for name in ("cotton", "satin", "wool")},
    "render/speed-512": partial(speed, 512),
    "render/animation-3x72-512": partial(animation, 72),
    **{
        f"render/crawl-{name}-512": partial(crawl, name, 512)
        for name in ("cotton", "denim", "tweed", "satin", "velvet", "chiffon")
    },
}

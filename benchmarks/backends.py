"""The backends beside the default renderer, on one scene and in one process: processor time, and how alike the pictures are.

A backend that is not there is a row that says what to install.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from benchmarks.rendering import _scene

Row = Mapping[str, Any]
T = TypeVar("T")


def opengl(side: int, _keep: Path | None) -> Row:
    """The full look and the plain preview by both; `raster`: OpenGL's own part, in light that is given."""
    from toile.engine.core.errors import Unsupported
    from toile.engine.render.backends.drawn import drawn_mesh
    from toile.engine.render.backends.opengl import Canvas, open_context
    from toile.engine.render.frame import Renderer
    from toile.engine.render.lighting import build_studio
    from toile.engine.render.scene import PREVIEW, RenderSettings

    try:
        context = open_context()
    except Unsupported as error:
        return {"skipped": str(error)}
    scene, camera = _scene("cotton", side)
    full, plain = (Renderer(scene, s) for s in (RenderSettings(cloth_subdivisions=1), PREVIEW))
    full.pose(0)
    plain.pose(0)
    canvas = Canvas(context, 8)
    mesh, studio = drawn_mesh(full), build_studio(scene.lighting, camera)
    shadow = np.ones((1, 1, 3), np.float32)
    light = np.ones((len(mesh.points), 12), np.float32)
    ours, ours_s = _least(3, lambda: full.picture(camera))
    theirs, theirs_s = _least(3, lambda: canvas.draw(full, camera))
    ours_plain, ours_plain_s = _least(3, lambda: plain.picture(camera))
    theirs_plain, theirs_plain_s = _least(3, lambda: canvas.draw(plain, camera, 0))
    _, raster_s = _least(3, lambda: canvas.rasterise(full, mesh, studio, camera, light, shadow))
    inside = theirs.alpha > 0.999
    apart, apart_plain = (
        a.astype(float) - b.picture for a, b in ((ours, theirs), (ours_plain, theirs_plain))
    )
    return {
        "driver": context.info["GL_RENDERER"],
        "triangles": len(full.surface.faces),
        "warp_ms": round(1e3 * ours_s),
        "opengl_ms": round(1e3 * theirs_s),
        "warp_plain_ms": round(1e3 * ours_plain_s),
        "opengl_plain_ms": round(1e3 * theirs_plain_s),
        "raster_all_ms": round(1e3 * raster_s),
        "psnr": _decibels(apart),
        "figure_psnr": _decibels(apart[inside]),
        "plain_figure_psnr": _decibels(apart_plain[inside]),
    }


def pytorch3d(side: int, soft: bool, _keep: Path | None) -> Row:
    """Our whole picture and its gradient against PyTorch3D's rasteriser alone, forwards and backwards, one face a pixel.

    soft: with soft edges, of which it takes the gradient of moving outlines; sigma and radius as in its tutorials. On the
    CPU it has no coarse grid, and at 512 x 512 takes minutes.
    """
    import torch

    from toile.engine.core.errors import Unsupported
    from toile.engine.render.backends import pytorch3d as peer
    from toile.engine.render.fragments import View
    from toile.engine.render.torch_scene import torch_scene

    try:
        peer.load()
    except Unsupported as error:
        return {"skipped": str(error)}
    torch.set_num_threads(1)
    scene, camera = _scene("cotton", side)
    made = torch_scene(scene, 0, cloth_subdivisions=1, shadows=False, camera=camera)
    view, faces = View.of(camera), made.drawable.topology.faces
    points = made.drawable.points

    def ours() -> tuple[Any, float, float]:
        cloth = made.cloth.clone().requires_grad_()
        picture, forward = _least(1, lambda: made.render(camera, cloth=cloth))
        _, backward = _least(1, lambda: torch.autograd.backward((picture.colour**2).sum()))
        return picture, forward, backward

    runs = [ours() for _ in range(3)]
    forward, backward = (min(run[k] for run in runs) for k in (1, 2))
    tracer_face, trace = _least(3, lambda: _first_faces(made, view))
    moved = points.clone().requires_grad_()
    blur = peer.blur_of(peer.SIGMA) if soft else 0.0
    hits, peer_forward = _least(1, lambda: peer.rasterise(moved, faces, view, blur=blur))
    total = hits.depth.sum() + hits.distance.sum()
    _, peer_backward = _least(1, lambda: torch.autograd.backward(total))
    theirs = hits.face.reshape(-1)
    seen, mine = (theirs >= 0).numpy(), (tracer_face >= 0).numpy()
    both = seen & mine
    return {
        "triangles": len(faces),
        "ours_forward_s": round(forward, 3),
        "ours_backward_s": round(backward, 3),
        "our_visibility_s": round(trace, 3),
        "pytorch3d_forward_s": round(peer_forward, 2),
        "pytorch3d_backward_s": round(peer_backward, 2),
        "times_forward": round(peer_forward / forward, 1),
        "times_both": round((peer_forward + peer_backward) / (forward + backward), 1),
        "times_visibility": round(peer_forward / trace, 1),
        "mask_iou": round(float(both.sum() / (seen | mine).sum()), 5),
        "same_face": round(float((theirs == tracer_face).numpy()[both].mean()), 4),
    }


def _first_faces(made: Any, view: Any) -> Any:
    import torch

    width, height = view.size
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    places = torch.stack([x.reshape(-1), y.reshape(-1)], dim=1)
    return made.drawable.tracer.first_faces(view.rows(), view.size, places)


def _least(times: int, work: Callable[[], T]) -> tuple[T, float]:
    """Return what work returns, and the least processor time [s] that it took."""
    best = np.inf
    for _ in range(times):
        start = time.process_time()
        result = work()
        best = min(best, time.process_time() - start)
    return result, best


def _decibels(apart: Any) -> float:
    return round(float(-10.0 * np.log10((apart**2).mean() / 255.0**2)), 1)


CASES: Mapping[str, Callable[[Path | None], Row]] = {
    "backends/opengl-512": partial(opengl, 512),
    "backends/pytorch3d-512": partial(pytorch3d, 512, False),
    "backends/pytorch3d-96": partial(pytorch3d, 96, False),
    "backends/pytorch3d-soft-96": partial(pytorch3d, 96, True),
}

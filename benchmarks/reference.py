"""The default renderer against a path tracer (FLIP, PSNR), and how still its pictures are in motion.

Scenes: a dress on a walking body, two poses of the golden scenes, in one fabric each; 192 x 192. The mannequin is matte
calico, so that both sides have the same BRDFs; nothing catches shadows on the floor. Needs Mitsuba with a working LLVM
and NVIDIA's `flip-evaluator`. PSNR is over the garment's pixels, edges and all; FLIP over the whole picture, and over
those pixels. `careful` is rendered at three times the size with 16 rays a pixel and no filter, and averaged in display
light; `animation` is what an animation is made with.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.golden import scene as golden_scene

Row = Mapping[str, Any]
U8 = NDArray[np.uint8]
FABRICS: Mapping[str, str] = {
    "cotton": "#2f5fa8", "denim": "#2c4a7a", "wool": "#b5485d", "satin": "#1d5c57", "silk": "#8a6fb0", "velvet": "#7a1f2b",
}  # fmt: skip
SIDE, SPLIT, PATHS = 192, 3, 256


def against_path_tracing(name: str, keep: Path | None) -> Row:
    """One fabric in two poses: FLIP and PSNR of careful and of animation pictures against Mitsuba."""
    from toile.engine.render.backends.mitsuba import MitsubaBackend, best_variant, load
    from toile.engine.render.frame import Renderer
    from toile.engine.render.scene import GarmentLook, RenderSettings, Scene, views
    from toile.engine.render.surface import BODY_MATERIALS
    from toile.garments.fabric import fabric

    variant = best_variant()
    if variant.startswith("scalar"):
        return {"failed": "no LLVM that Mitsuba works with"}
    mi = load(variant)
    simulation = golden_scene("dress")
    scene = Scene(simulation, (GarmentLook(fabric(name), FABRICS[name]),))
    camera = views((20.0,), simulation, size=(SIDE, SIDE))[0]
    fine = views((20.0,), simulation, size=(SPLIT * SIDE, SPLIT * SIDE))[0]
    careful = RenderSettings(body_subdivisions=1, samples=16, filter_passes=0, edge_samples=2, floor=False)
    row: dict[str, Any] = {}
    for frame in (0, 1):
        renderer = Renderer(scene, careful)
        _calico(renderer, BODY_MATERIALS)
        renderer.pose(frame)
        pictures = {"careful": _averaged(renderer.picture(fine)[:, :, :3])}
        renderer.picture(camera)
        face = renderer.buffers[SIDE * SIDE][0].numpy().reshape(SIDE, SIDE)
        material = renderer.surface.material_of_face[np.maximum(face, 0)]
        cloth = (face >= 0) & (material >= BODY_MATERIALS)
        start = time.process_time()
        truth = MitsubaBackend(samples=PATHS).render_posed(mi, renderer, camera).picture
        row[f"pose{frame}_reference_s"] = round(time.process_time() - start, 1)
        quick = Renderer(scene, RenderSettings(floor=False))
        _calico(quick, BODY_MATERIALS)
        quick.pose(frame)
        pictures["animation"] = quick.picture(camera)
        for kind, picture in pictures.items():
            row |= {
                f"pose{frame}_{kind}_{k}": v for k, v in _figures(picture[:, :, :3], truth, cloth).items()
            }
        if keep:
            keep.mkdir(parents=True, exist_ok=True)
            _write(keep / f"pose{frame}.png", [pictures["careful"], truth])
    return row


def _averaged(picture: U8) -> U8:
    """Return a picture SPLIT times smaller, its pixels means in display light."""
    parts = (picture.astype(np.float64) / 255.0).reshape(SIDE, SPLIT, SIDE, SPLIT, 3) ** 2.2
    return np.rint(255.0 * parts.mean((1, 3)) ** (1.0 / 2.2)).astype(np.uint8)


def _figures(picture: U8, truth: U8, cloth: NDArray[np.bool_]) -> dict[str, float]:
    import flip_evaluator

    error = (picture.astype(np.float64) - truth)[cloth] / 255.0
    pair = [np.ascontiguousarray(p, np.float32) / 255.0 for p in (truth, picture)]
    places, mean, _ = flip_evaluator.evaluate(pair[0], pair[1], "LDR", applyMagma=False)
    places = np.asarray(places).reshape(*cloth.shape, -1)[:, :, 0]
    return {
        "psnr_db": round(float(-10.0 * np.log10((error**2).mean())), 1),
        "flip": round(float(mean), 4),
        "flip_cloth": round(float(places[cloth].mean()), 4),
    }


def _calico(renderer: Any, count: int) -> None:
    """Give the mannequin's materials the cloth's equations: matte, undyed, without weave, seams and sheen."""
    from toile.engine.core.device import warp
    from toile.shaders.material import CLOTH, Material

    records = renderer.materials.numpy()
    body = records[:count]
    for name, value in {
        "kind": CLOTH, "base": (0.5, 0.45, 0.4), "gloss": (1.0, 1.0, 1.0), "sheen": 0.0, "sheen_roughness": 0.5,
        "alpha_warp": 0.36, "alpha_weft": 0.36, "f0": 0.028, "yarn": 0.0005, "print_kind": 0, "print_scale": 0.03,
        "slub": 0.0, "bump": 0.0, "stitch": 0.0, "transmission": 0.0, "weave_kind": 0,
    }.items():  # fmt: skip
        body[name] = value
    renderer.materials = warp().array(records, dtype=Material, device=renderer.device)


def _write(path: Path, pictures: list[U8]) -> None:
    from PIL import Image

    Image.fromarray(np.concatenate([p[:, :, :3] for p in pictures], axis=1)).save(path)


def crawl(name: str, keep: Path | None) -> Row:
    """Pictures of one step, warped back by the G-buffer's motion: mean difference inside the figure, of 255.

    Moving camera: 0.4 degrees round the figure. Moving cloth: the whole figure 2 mm to the side and 1 mm up, and its hem
    swinging by up to 3 mm. The lights stand as they stood, but for the camera's own turn.
    """
    del keep
    from dataclasses import replace

    import torch

    from toile.engine.render.frame import Renderer
    from toile.engine.render.gbuffer import gbuffer
    from toile.engine.render.scene import GarmentLook, RenderSettings, Scene, views
    from toile.engine.render.torch_scene import torch_scene
    from toile.garments.fabric import fabric

    torch.set_num_threads(1)
    still = golden_scene("dress")
    body, cloth = still.body_vertices[:1], still.cloth_vertices[:1]
    swing = np.clip((1.0 - cloth[..., 1:2]) / 0.5, 0.0, 1.0) * np.array([0.003, 0.0, 0.002], np.float32)
    shift = np.array([0.002, 0.001, 0.0], np.float32)
    simulation = replace(
        still,
        body_vertices=np.concatenate([body, body + shift]).astype(np.float32),
        cloth_vertices=np.concatenate([cloth, cloth + shift + swing]).astype(np.float32),
    )
    scene = Scene(simulation, (GarmentLook(fabric(name), FABRICS[name]),))
    settings = RenderSettings(cloth_subdivisions=1, floor=False)
    cameras = views((20.0, 20.4), simulation, size=(512, 512))
    first, second = (torch_scene(scene, f, cloth_subdivisions=1, shadows=False) for f in (0, 1))
    renderer = Renderer(scene, settings)
    row: dict[str, Any] = {}
    for kind, other, camera in (("camera", first, cameras[1]), ("cloth", second, cameras[0])):
        renderer.pose(0)
        before = renderer.picture(cameras[0])[:, :, :3].astype(np.float32)
        renderer.pose(0 if kind == "camera" else 1)
        after = renderer.picture(camera)[:, :, :3].astype(np.float32)
        buffers = gbuffer(first, cameras[0], next_points=other.drawable.points, next_camera=camera)
        later = gbuffer(other, camera)
        error, still_there = _warped(before, after, buffers, later)
        row[f"{kind}_mean"] = round(float(error.mean()), 3)
        row[f"{kind}_p99"] = round(float(np.percentile(error, 99)), 2)
        row[f"{kind}_pixels"] = still_there
        row[f"{kind}_pixels_moved"] = round(float(buffers.motion[buffers.seen].norm(dim=1).mean()), 2)
    return row


def _warped(before: Any, after: Any, buffers: Any, later: Any) -> tuple[Any, int]:
    """Return |before - after at the moved place| of pixels that show the same garment's inside both times."""
    from scipy import ndimage

    motion, material = buffers.motion.numpy(), buffers.material.numpy()
    y, x = np.mgrid[: len(before), : before.shape[1]]
    place = [y + motion[:, :, 1], x + motion[:, :, 0]]
    moved = np.stack(
        [ndimage.map_coordinates(after[:, :, c], place, order=1, mode="nearest") for c in range(3)], -1
    )
    inside = np.zeros(material.shape, bool)
    for value in np.unique(material[material >= 0]):
        now, then = material == value, later.material.numpy() == value
        reached = ndimage.map_coordinates(
            ndimage.binary_erosion(then, iterations=2).astype(float), place, order=0
        )
        inside |= ndimage.binary_erosion(now, iterations=2) & (reached > 0.5)
    depth = ndimage.map_coordinates(later.depth.numpy(), place, order=1, mode="nearest")
    inside &= np.abs(depth - buffers.depth.numpy()) < 0.05
    return np.abs(moved - before).mean(-1)[inside], int(inside.sum())


CASES: Mapping[str, Callable[[Path | None], Row]] = {
    **{f"reference/{name}": partial(against_path_tracing, name) for name in FABRICS},
    **{f"reference/crawl-{name}": partial(crawl, name) for name in ("cotton", "denim", "satin")},
}

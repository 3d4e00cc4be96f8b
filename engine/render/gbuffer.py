"""The G-buffer: what each pixel's centre sees, as arrays that a refiner, a fit map or another shader can use."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch
from torch import Tensor

from toile.engine.render.differentiable import Drawable, shaded_points
from toile.engine.render.fragments import View, interpolate, row_attributes
from toile.engine.render.scene import Camera
from toile.engine.render.surface import BODY_MATERIALS
from toile.engine.render.torch_scene import TorchScene
from toile.shaders.torch_shading import shade


@dataclass(frozen=True)
class GBuffer:
    """One entry a pixel, (H, W) or (H, W, C); zero, or -1 in whole numbers, where nothing is seen.

    face: triangle; barycentric (3): of its corners; depth [m]: along the camera's axis; position (3) [m]; normal (3):
    unit, towards the viewer; tangent (3): unit, along the weft; facing: 1 right side, -1 wrong side; panel_xy (2) [m]: on
    the flat panel, x weft and y warp (garments only); panel: number of the panel; uv (2): panel_xy in repeats of the
    garment's texture, row 0 at v = 0 (zero without a texture); garment: number of the garment; part: of the body, an index
    of `toile.engine.core.body.PARTS`; material: 0 skin, 1 eyes, 2 hair, 3 + garment; albedo (3): linear; radiance (3): linear;
    components: radiance by origin, each (H, W, 3), which add up to it: dome, key, rim, fill on the matte base, through
    (thin cloth), gloss, sheen; motion (2) [pixels]: how far the point goes, x right and y down, until the next frame.
    """

    face: Tensor
    barycentric: Tensor
    depth: Tensor
    position: Tensor
    normal: Tensor
    tangent: Tensor
    facing: Tensor
    panel_xy: Tensor
    panel: Tensor
    uv: Tensor
    garment: Tensor
    part: Tensor
    material: Tensor
    albedo: Tensor
    radiance: Tensor
    components: dict[str, Tensor]
    motion: Tensor

    @property
    def seen(self) -> Tensor:
        """Return where something is seen, (H, W), bool."""
        return self.face >= 0


def gbuffer(
    scene: TorchScene,
    camera: Camera,
    *,
    body: Tensor | None = None,
    cloth: Tensor | None = None,
    next_points: Tensor | None = None,
    next_camera: Camera | None = None,
) -> GBuffer:
    """Return what each pixel's centre sees; no edges are averaged, and visibility carries no gradient.

    Args:
        scene, camera: what is seen.
        body, cloth: moved vertices [m]; the frame's own when None.
        next_points: the drawn points of the next frame, `other.drawable.points` or `scene.points(…)`; motion is zero without.
        next_camera: the next frame's camera; this one when None.
    """
    view = View.of(camera, scene.body.device)
    drawable: Drawable = dataclasses.replace(scene.drawable, points=scene.points(body, cloth))
    topology = drawable.topology
    width, height = camera.size
    y, x = torch.meshgrid(
        torch.arange(height, device=scene.body.device),
        torch.arange(width, device=scene.body.device),
        indexing="ij",
    )
    places = torch.stack([x.ravel() + 0.5, y.ravel() + 0.5], dim=1)
    drawable.tracer.move(drawable.points)
    directions = view.rays(places)
    face, _ = drawable.tracer.faces_hit(view.position, directions)
    hit = (face >= 0).nonzero().ravel()
    rows = row_attributes(topology, drawable.points)
    f = interpolate(topology, rows, drawable.light, view, face[hit], directions[hit])
    points = shaded_points(f, topology, drawable.materials)
    shaded = shade(drawable.materials, scene.lights(camera), points)
    cloth_hit = points.material >= BODY_MATERIALS
    on_panel = torch.where(cloth_hit[:, None], f.uv, torch.zeros_like(f.uv))

    def spread(values: Tensor, nothing: int = 0) -> Tensor:
        whole = values.new_full((width * height, *values.shape[1:]), nothing)
        return whole.index_copy(0, hit, values).reshape(height, width, *values.shape[1:])

    return GBuffer(
        face=spread(f.face, -1),
        barycentric=spread(f.barycentric),
        depth=spread(view.project(f.position)[1].ravel()),
        position=spread(f.position),
        normal=spread(f.n),
        tangent=spread(f.weft),
        facing=spread(f.facing.ravel()),
        panel_xy=spread(on_panel),
        panel=spread(topology.panel[f.face], -1),
        uv=spread(_repeats(drawable, on_panel, points.material)),
        garment=spread(torch.where(cloth_hit, points.material - BODY_MATERIALS, -1), -1),
        part=spread(topology.part[f.face], -1),
        material=spread(points.material, -1),
        albedo=spread(shaded.albedo),
        radiance=spread(shaded.radiance),
        components={name: spread(value) for name, value in shaded.components.items()},
        motion=spread(
            _motion(drawable, f.face, f.barycentric, places[hit], next_points, next_camera or camera)
        ),
    )


def _repeats(drawable: Drawable, panel_xy: Tensor, material: Tensor) -> Tensor:
    uv = torch.zeros_like(panel_xy)
    for index, texture in enumerate(drawable.materials.textures):
        if texture is not None:
            turned = panel_xy.flip(-1) if texture.turned else panel_xy
            here = (material == index)[:, None]
            uv = torch.where(here, turned / turned.new_tensor(texture.size_m), uv)
    return uv


def _motion(
    drawable: Drawable,
    face: Tensor,
    barycentric: Tensor,
    places: Tensor,
    next_points: Tensor | None,
    next_camera: Camera,
) -> Tensor:
    if next_points is None:
        return torch.zeros_like(places)
    corners = next_points[drawable.topology.faces[face]]
    moved = (barycentric[:, :, None] * corners).sum(1)
    return View.of(next_camera, places.device).project(moved)[0] - places

"""PyTorch3D for those who have it: visibility by its `MeshRasterizer`, shading by our torch equations.

Its fragments (Ravi et al. 2020, "Accelerating 3D deep learning with PyTorch3D") are differentiable by the mesh's vertices:
the barycentric coordinates, and the signed squared distance of a pixel's centre from the nearest edge, of which soft edges
are made (Liu et al. 2019, "Soft Rasterizer"). Hard edges have no gradient; ours have (docs/gradients.md). It has no wheels
for Linux: docs/backends.md says how it was built and how fast it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from toile.engine.core.errors import Unsupported
from toile.engine.render.backends.image import Image
from toile.engine.render.differentiable import Drawable, Picture, shaded_points
from toile.engine.render.fragments import View, interpolate, row_attributes
from toile.engine.render.frame import Renderer
from toile.engine.render.scene import Camera, RenderSettings, Scene
from toile.engine.render.torch_scene import torch_scene
from toile.shaders.torch_brdf import tone_map
from toile.shaders.torch_shading import Lights, backdrop, shade

SIGMA = 1e-4  # blur of soft edges, in squared half pictures: what PyTorch3D's tutorials use
FURTHEST = 1e-4  # share of a face that is left where its blur ends


@dataclass(frozen=True)
class PyTorch3DBackend:
    """A pixel is the mean of `split` x `split` rays in display light; rims and weave are left out (docs/gradients.md)."""

    split: int = 2
    cloth_subdivisions: int = 1
    name: str = "pytorch3d"

    def render(self, scene: Scene, camera: Camera, frame: int = 0) -> Image:
        """Return one frame as the camera sees it.

        Raises:
            Unsupported: PyTorch3D is not installed, or its compiled part does not load.
            BadInput: whatever the default renderer refuses.
        """
        load()
        plain = Renderer(scene, RenderSettings(cloth_subdivisions=0))
        plain.pose(frame)
        plain.check_camera(camera)
        made = torch_scene(scene, frame, cloth_subdivisions=self.cloth_subdivisions, camera=camera)
        with torch.no_grad():
            view = View.of(camera, made.body.device)
            drawn = picture(made.drawable, view, made.lights(camera), self.split)
        colour = (255.0 * drawn.colour + 0.5).clamp(0.0, 255.0).to(torch.uint8)
        return Image(colour.cpu().numpy(), drawn.alpha.cpu().numpy())


@dataclass(frozen=True)
class Hits:
    """What PyTorch3D finds in each pixel, nearest first: face (H, W, K), -1 for none; barycentric (H, W, K, 3); depth
    (H, W, K) [m] along the camera's axis; distance (H, W, K) from the face's edge, squared, negative inside, in squared
    half pictures."""

    face: Tensor
    barycentric: Tensor
    depth: Tensor
    distance: Tensor


def load() -> Any:
    """Return PyTorch3D's modules `renderer` and `structures`.

    Raises:
        Unsupported: it is not installed, or its compiled part does not load.
    """
    try:
        from pytorch3d import _C, renderer, structures  # noqa: F401
    except ImportError as error:
        missing = getattr(error, "name", "") in ("pytorch3d", None, "")
        what = "is not installed" if missing else f"does not load ({error})"
        raise Unsupported(
            f"The backend 'pytorch3d' needs PyTorch3D, which {what}; build it for your torch with pip install "
            "--no-build-isolation git+https://github.com/facebookresearch/pytorch3d, or render with --backend warp."
        ) from error
    return renderer, structures


def rasterise(
    points: Tensor, faces: Tensor, view: View, *, blur: float = 0.0, layers: int = 1, bins: int | None = None
) -> Hits:
    """Return what a camera sees of a mesh, by `MeshRasterizer`; differentiable by points and camera.

    Args:
        points: (V, 3) [m]; faces: (T, 3); view: the camera.
        blur: radius by which faces are widened, in squared half pictures (`MeshRasterizer`'s `blur_radius`).
        layers: faces kept a pixel; bins: side [pixels] of its coarse grid, 0 for none (on the CPU it has none).
    """
    renderer, structures = load()
    right, up, forward = view.axes()
    turn = torch.stack([-right, up, forward], dim=1)  # it looks along +Z, with +X to the left
    width, height = view.size
    focal = (0.5 * height / view.tangent()).reshape(1, 1).expand(1, 2)
    cameras = renderer.PerspectiveCameras(
        focal_length=focal,
        principal_point=points.new_tensor([[0.5 * width, 0.5 * height]]),
        R=turn[None],
        T=-(view.position @ turn)[None],
        in_ndc=False,
        image_size=points.new_tensor([[height, width]]),
        device=points.device,
    )
    settings = renderer.RasterizationSettings(
        image_size=(height, width), blur_radius=blur, faces_per_pixel=layers, bin_size=bins
    )
    mesh = structures.Meshes(verts=[points], faces=[faces])
    found = renderer.MeshRasterizer(cameras=cameras, raster_settings=settings)(mesh)
    return Hits(found.pix_to_face[0], found.bary_coords[0], found.zbuf[0], found.dists[0])


def picture(scene: Drawable, view: View, lights: Lights, split: int = 1) -> Picture:
    """Return the shaded picture of a mesh, `split` x `split` rays a pixel averaged in display light.

    Differentiable by points, camera, lights, materials and textures, but for what moving edges uncover.
    """
    width, height = view.size
    fine = View(view.position, view.target, view.fov_deg, (split * width, split * height))
    hits = rasterise(scene.points, scene.topology.faces, fine)
    face = hits.face.reshape(-1)
    seen = (face >= 0).nonzero().ravel()
    shown = _behind(lights, fine)
    rows = row_attributes(scene.topology, scene.points)
    centres = torch.stack([seen % fine.size[0], seen // fine.size[0]], dim=1) + 0.5
    rays = fine.rays(centres)
    fragments = interpolate(scene.topology, rows, scene.light, fine, face[seen], rays)
    points = shaded_points(fragments, scene.topology, scene.materials)
    shown = shown.index_copy(0, seen, tone_map(shade(scene.materials, lights, points).radiance))
    count = scene.materials.kind.shape[0]
    masks = shown.new_zeros(len(face), count)
    masks[seen, points.material] = 1.0
    both = [_means(part.reshape(split * height, split * width, -1), split) for part in (shown**2.2, masks)]
    return Picture(both[0].clamp_min(1e-12) ** (1.0 / 2.2), both[1])


def soft_silhouette(
    points: Tensor, faces: Tensor, view: View, *, sigma: float = SIGMA, layers: int = 50
) -> Tensor:
    """Return the share of each pixel (H, W) that a mesh covers, with soft edges: 1 - prod(1 - sigmoid(-d / sigma)).

    Source: Liu et al. 2019, eq. 3; the defaults are those of PyTorch3D's tutorial "Fit a mesh with texture".
    """
    hits = rasterise(points, faces, view, blur=blur_of(sigma), layers=layers)
    covered = torch.sigmoid(-hits.distance / sigma) * (hits.face >= 0)
    return 1.0 - (1.0 - covered).prod(dim=-1)


def blur_of(sigma: float) -> float:
    """Return the radius, in squared half pictures, beyond which soft edges of a `sigma` leave nothing."""
    return math.log(1.0 / FURTHEST - 1.0) * sigma


def _behind(lights: Lights, view: View) -> Tensor:
    """Return the studio without a figure (H W, 3), in display values."""
    width, height = view.size
    place = torch.arange(max(view.size), device=lights.sky.device) + 0.5
    y, x = torch.meshgrid(
        1.0 - 2.0 * place[:height] / height, (2.0 * place[:width] - width) / height, indexing="ij"
    )
    high, low = lights.backdrop_high, lights.backdrop_low
    return tone_map(backdrop(high, low, lights.backdrop_corner, x.reshape(-1, 1), y.reshape(-1, 1)))


def _means(values: Tensor, split: int) -> Tensor:
    height, width, channels = values.shape
    return values.reshape(height // split, split, width // split, split, channels).mean((1, 3))

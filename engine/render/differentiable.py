"""The differentiable picture: shaded fragments, edges averaged over a pixel, and the light that moving edges move.

A pixel is the mean of a piecewise smooth f over its area, so its derivative by anything that moves the scene has two parts

    dI/dq = mean of df/dq over the area + integral over the edges inside of (f- - f+) n . dx/dq ds

(Reynolds' transport theorem; Li et al. 2018, "Differentiable Monte Carlo ray tracing through edge sampling"). The first
is the derivative of shading (`autograd.py`). For the second, `edges.py` cuts every edge that hides something into pieces.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from toile.engine.core.device import warp
from toile.engine.core.errors import BadInput
from toile.engine.render.autograd import (
    Look,
    Rays,
    directions,
    halves,
    packed_lights,
    packed_materials,
    records_of,
    shaded,
    vectors,
)
from toile.engine.render.edges import Pieces, edge_pieces
from toile.engine.render.fragments import Fragments, Tracer, View, sided_light
from toile.engine.render.topology import Topology
from toile.shaders.paint import PAINTED
from toile.shaders.torch_brdf import tone_map
from toile.shaders.torch_shading import Lights, Materials, Points, averaged_paint, averaged_tile, backdrop

NEAREST = 0.01  # m, before the camera
BESIDE = 4  # how many times fewer rays a pixel has beside one that an edge crosses


@dataclass(frozen=True)
class DrawSettings:
    """How a differentiable picture is made.

    samples: rays in a pixel that an edge crosses, a power of two (its neighbours have a quarter of them); edge_density:
    pieces an edge has per pixel; tone: show sRGB code values, in which samples are averaged (so that a pixel is linear in
    what covers it), or leave the picture scene-linear; colour: False for masks alone, the picture is black then.
    """

    samples: int = 16
    edge_density: float = 8.0
    tone: bool = True
    colour: bool = True


@dataclass(frozen=True)
class Picture:
    """A differentiable picture.

    colour (H, W, 3): sRGB code 0-1 (scene-linear without tone mapping); masks (H, W, M): the share of each pixel that
    shows each material (0 skin, 1 eyes, 2 hair, 3 + garment); `alpha` (H, W): of all of them.
    """

    colour: Tensor
    masks: Tensor

    @property
    def alpha(self) -> Tensor:
        """Return the share of each pixel that shows the figure, shape (H, W)."""
        return self.masks.sum(-1)


@dataclass(frozen=True)
class Drawable:
    """What is drawn: the mesh's topology and tracer, its points (V, 3), materials, and light of each row (R, 14)."""

    topology: Topology
    tracer: Tracer
    points: Tensor
    materials: Materials
    light: Tensor


def shaded_points(fragments: Fragments, topology: Topology, materials: Materials) -> Points:
    """Return what the shader needs of fragments."""
    material = topology.material[fragments.face]
    thin = materials.transmission.detach()[material]
    lit = sided_light(fragments, thin)
    return Points(
        n=fragments.n,
        v=fragments.v,
        weft=fragments.weft,
        warp=fragments.warp,
        uv=fragments.uv,
        chart=fragments.chart,
        footprint=fragments.footprint,
        material=material,
        open=lit[:, :1],
        key=lit[:, 1:2],
        rim=lit[:, 2:3],
        fill=lit[:, 3:4],
        bounce=lit[:, 4:],
    )


def draw(scene: Drawable, view: View, lights: Lights, settings: DrawSettings | None = None) -> Picture:
    """Return a picture that can be differentiated by points, camera, lights, materials and textures.

    Args:
        scene: the mesh and its materials; its `points`, the materials' and the lights' tensors may require gradients.
        view: the camera; its tensors may require gradients.
        lights: the studio.
        settings: rays a pixel, tone mapping.

    Raises:
        BadInput: positions that are not finite.
    """
    settings = settings or DrawSettings()
    if not bool(torch.isfinite(scene.points.detach()).all()):
        raise BadInput("The mesh has positions that are not finite; simulate this look again.")
    width, height = view.size
    scene.tracer.move(scene.points)
    camera = view.rows()
    edges = edge_pieces(scene.points, scene.tracer, view, camera, settings.edge_density)
    layout = _layout(edges.pixel, _bounds(scene.points, view), view, settings.samples)
    face = scene.tracer.first_faces(camera, view.size, layout.places)
    count = scene.materials.kind.shape[0]
    moving = edges.motion.requires_grad and len(edges.pixel) > 0
    nothing = camera.detach().new_zeros(width * height, 3)
    parts = [nothing]
    if settings.colour:
        shader = _Shader.of(scene, view, camera, lights, settings, face, layout.places)
        behind = _backdrop(lights, view, settings)
        parts = [_averaged(layout, face, shader.colours(shader.rays), behind)]
        if moving:
            with torch.no_grad():
                sides = shader.colours(shader.along(edges.face, edges.places))
            parts[0] = parts[0].index_add(0, edges.pixel, _moved(edges, sides, behind))
    empty = nothing[:, :1].expand(-1, count)
    parts.append(_averaged(layout, face, _masks(scene.topology, face, count), empty))
    if moving:
        sides = _masks(scene.topology, edges.face, count)
        parts[1] = parts[1].index_add(0, edges.pixel, _moved(edges, sides, empty))
    return Picture(parts[0].reshape(height, width, 3), parts[1].reshape(height, width, -1))


@dataclass(frozen=True)
class _Shader:
    """Everything that decides what colour a ray sees, and the rays of the picture itself."""

    scene: Drawable
    look: Look
    view: View
    tensors: tuple[Tensor, ...]
    rays: Rays

    @staticmethod
    def of(
        scene: Drawable,
        view: View,
        camera: Tensor,
        lights: Lights,
        settings: DrawSettings,
        face: Tensor,
        places: Tensor,
    ) -> _Shader:
        normals, threads = directions(scene.points, scene.tracer)
        materials = scene.materials
        fixed = (scene.points, normals, threads, camera, packed_materials(materials), packed_lights(lights))
        with torch.no_grad():
            widths = _pixel_widths(scene.tracer, view, fixed, face, places)
        images, texels = _pictures(materials, scene.topology.material, face, widths)
        sizes = (lights.key_size, lights.rim_size, lights.fill_size)
        look = Look(scene.light, images, materials.kind, sizes, view.size, settings.tone)
        return _Shader(scene, look, view, (*fixed, texels), Rays(places, face, widths))

    def along(self, face: Tensor, places: Tensor) -> Rays:
        """Return rays through other places (N, 2), which meet the faces (N,)."""
        widths = _pixel_widths(self.scene.tracer, self.view, self.tensors, face, places)
        return Rays(places, face, widths)

    def colours(self, rays: Rays) -> Tensor:
        """Return the colours (N, 3) that rays see, black where there is no face."""
        points, normals, threads, camera, materials, lights, texels = self.tensors
        tracer = self.scene.tracer
        return shaded(rays, self.look, tracer, points, normals, threads, camera, materials, lights, texels)


def _pixel_widths(
    tracer: Tracer, view: View, tensors: tuple[Tensor, ...], face: Tensor, places: Tensor
) -> Tensor:
    """Return how wide a pixel is (N,) [m] where rays meet their faces."""
    wp = warp()
    from toile.engine.render import draw_kernels as k

    points, normals, _, camera, *_ = tensors
    widths = torch.zeros(len(face), device=places.device)
    pixel = float(2.0 * view.tangent() / view.size[1])
    size = [float(view.size[0]), float(view.size[1]), pixel]
    mesh = [vectors(camera), vectors(points), vectors(normals), tracer.corners, *size]

    def work(_half: int, first: int, count: int) -> None:
        arguments = [*mesh, first, wp.from_torch(face), vectors(places, 2), wp.from_torch(widths)]
        wp.launch(k.pixel_widths, dim=count, inputs=arguments, device=tracer.device)

    halves(len(face), tracer.device, work)
    return widths


def _pictures(
    materials: Materials, material_of_face: Tensor, face: Tensor, widths: Tensor
) -> tuple[Any, Tensor]:
    """Return the pictures of materials as the shader reads them, averaged to the median width of a pixel, and all texels."""
    from toile.engine.render import draw_kernels as k

    images = records_of(k.Image, len(materials.textures))
    texels, first = [], 0
    seen = (face >= 0).nonzero().ravel()
    owner, widths = material_of_face[face[seen].long()], widths[seen]

    def add(chosen: slice, image: Tensor, use: int, turned: bool, metres: tuple[float, float]) -> None:
        nonlocal first
        height, width = image.shape[:2]
        for name, value in zip(
            ("first", "width", "height", "use", "turned", "metres"),
            (first, width, height, use, int(turned), metres),
            strict=True,
        ):
            images[name][chosen] = value
        texels.append(image.reshape(-1, 3))
        first += width * height

    if materials.paint is not None and bool((painted := owner < PAINTED).any()):
        image = averaged_paint(materials.paint, float(widths[painted].median()))
        add(slice(0, PAINTED), image, k.PAINT, False, (1.0, 1.0))
    for index, texture in enumerate(materials.textures):
        if texture is not None and bool((mine := owner == index).any()):
            image = averaged_tile(texture, float(widths[mine].median()))
            add(slice(index, index + 1), image, k.TILE, texture.turned, texture.size_m)
    if not texels:
        texels.append(materials.base.new_zeros(1, 3))
    return images, torch.cat(texels)


def _masks(topology: Topology, face: Tensor, count: int) -> Tensor:
    """Return which of `count` materials each face has (N, M), zeros where there is no face."""
    material = torch.where(face >= 0, topology.material[face.long().clamp_min(0)], count)
    return functional.one_hot(material, count + 1)[:, :count].float()


def _backdrop(lights: Lights, view: View, settings: DrawSettings) -> Tensor:
    """Return the studio without a figure (H W, 3); it is kept for the next picture while nothing about it is sought."""
    if lights.backdrop_high.requires_grad or lights.backdrop_low.requires_grad:
        high, low = lights.backdrop_high, lights.backdrop_low
        return _drawn_backdrop(high, low, lights.backdrop_corner, view.size, settings.tone)
    numbers = (*lights.backdrop_high.tolist(), *lights.backdrop_low.tolist(), lights.backdrop_corner)
    return _kept_backdrop(numbers, view.size, settings.tone, str(lights.sky.device))


@functools.lru_cache(maxsize=4)
def _kept_backdrop(numbers: tuple[float, ...], size: tuple[int, int], tone: bool, device: str) -> Tensor:
    high, low = torch.tensor(numbers[:3], device=device), torch.tensor(numbers[3:6], device=device)
    with torch.no_grad():
        return _drawn_backdrop(high, low, numbers[6], size, tone)


def _drawn_backdrop(high: Tensor, low: Tensor, corner: float, size: tuple[int, int], tone: bool) -> Tensor:
    width, height = size
    x = (2.0 * (torch.arange(width, device=high.device) + 0.5) - width) / height
    y = 1.0 - 2.0 * (torch.arange(height, device=high.device) + 0.5) / height
    place = [c.reshape(-1, 1) for c in torch.meshgrid(y, x, indexing="ij")]
    radiance = backdrop(high, low, corner, place[1], place[0])
    return tone_map(radiance) if tone else radiance


def _bounds(points: Tensor, view: View) -> Tensor:
    """Return the pixels of the rectangle in which the mesh appears."""
    width, height = view.size
    with torch.no_grad():
        place, depth = view.project(points)
        if float(depth.min()) < NEAREST:
            return torch.arange(width * height, device=points.device)
        low, high = place.amin(0).floor().tolist(), place.amax(0).ceil().tolist()
    x = torch.arange(max(0, int(low[0])), max(0, min(width, int(high[0]) + 1)), device=points.device)
    y = torch.arange(max(0, int(low[1])), max(0, min(height, int(high[1]) + 1)), device=points.device)
    return (y[:, None] * width + x).reshape(-1)


@dataclass(frozen=True)
class _Layout:
    """Which pixels have how many rays, and the places (N, 2) of all rays, those of a pixel next to each other."""

    groups: tuple[tuple[Tensor, int], ...]
    places: Tensor


def _layout(edged: Tensor, within: Tensor, view: View, samples: int) -> _Layout:
    """Return the centre of most pixels, `samples` places where an edge passes, a quarter of them beside it."""
    width, height = view.size
    crossed = torch.zeros(height, width, dtype=torch.bool, device=edged.device)
    crossed.view(-1)[edged] = True
    if samples < 2:
        crossed[:] = False
    across = crossed.clone()
    across[1:] |= crossed[:-1]
    across[:-1] |= crossed[1:]
    near = across.clone()  # shading bends most beside an edge
    near[:, 1:] |= across[:, :-1]
    near[:, :-1] |= across[:, 1:]
    beside = (near & ~crossed).view(-1)
    groups = [
        (within[~near.view(-1)[within]], 1),
        (beside.nonzero().ravel(), max(samples // BESIDE, 1)),
        (crossed.view(-1).nonzero().ravel(), samples),
    ]
    groups = [(pixels, count) for pixels, count in groups if len(pixels)]
    places = [
        (torch.stack([p % width, p // width], dim=1)[:, None] + _within_pixel(n, p.device)).reshape(-1, 2)
        for p, n in groups
    ]
    return _Layout(tuple(groups), torch.cat(places) if places else edged.new_zeros(0, 2).float())


def _within_pixel(samples: int, device: torch.device) -> Tensor:
    """Return places in a pixel (S, 2), 0-1: Hammersley's points."""
    i = torch.arange(samples, device=device)
    reverse = torch.zeros_like(i)
    bits = max(samples - 1, 1).bit_length() if samples > 1 else 0
    for k in range(bits):
        reverse = reverse * 2 + ((i >> k) & 1)
    return torch.stack([(i + 0.5) / samples, (reverse + 0.5) / 2**bits], dim=1)


def _averaged(layout: _Layout, face: Tensor, shown: Tensor, empty: Tensor) -> Tensor:
    """Return the picture (H W, C) of what rays show (N, C), zeros where they meet nothing, over an empty one."""
    missed = (face < 0).float()[:, None]
    pixels, values, first = [], [], 0
    for chosen, count in layout.groups:
        end = first + len(chosen) * count
        mean, share = shown[first:end], missed[first:end]
        if count > 1:
            mean, share = (a.reshape(len(chosen), count, -1).mean(1) for a in (mean, share))
        pixels.append(chosen)
        values.append(mean + empty[chosen] * share)
        first = end
    if not pixels:
        return empty
    return empty.index_copy(0, torch.cat(pixels), torch.cat(values))


def _moved(edges: Pieces, shown: Tensor, empty: Tensor) -> Tensor:
    """Return zeros (K, C) whose gradient is what the pieces' motion does to their pixels."""
    with torch.no_grad():
        missed = (edges.face < 0).float()[:, None]
        low, high = (shown + empty[edges.pixel].repeat(2, 1) * missed).chunk(2)
    return (low - high) * edges.motion

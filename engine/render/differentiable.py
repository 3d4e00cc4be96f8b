"""The differentiable picture: fragments shaded in torch, edges averaged over a pixel, and the light that moving edges move.

A pixel is the mean of a piecewise smooth f over its area, so its derivative by anything that moves the scene has two parts

    dI/dq = mean of df/dq over the area + integral over the edges inside of (f- - f+) n . dx/dq ds

(Reynolds' transport theorem; Li et al. 2018, "Differentiable Monte Carlo ray tracing through edge sampling"). The first
is autograd's. For the second, every edge that can hide something is cut into short pieces; a ray on either side of a
piece says what its motion uncovers. Hidden edges see the same surface twice and drop out by themselves; an edge close
behind another is told apart by the nearer surface, which must end at the edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from toile.engine.core.errors import BadInput
from toile.engine.render.fragments import (
    Fragments,
    Tracer,
    View,
    interpolate,
    row_attributes,
    sided_light,
)
from toile.engine.render.topology import Topology
from toile.shaders.torch_brdf import tone_map
from toile.shaders.torch_shading import Lights, Materials, Points, backdrop, shade

BESIDE = 0.001  # pixels from an edge to the rays on either side of it
NEAREST = 0.01  # m, before the camera


@dataclass(frozen=True)
class DrawSettings:
    """How a differentiable picture is made.

    samples: rays in a pixel that an edge crosses, a power of two; edge_density: pieces an edge has per pixel;
    tone: show sRGB code values, in which samples are averaged (so that a pixel is linear in what covers it), or leave the
    picture scene-linear.
    """

    samples: int = 16
    edge_density: float = 8.0
    tone: bool = True


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
    rows = row_attributes(scene.topology, scene.points)
    behind = _backdrop(lights, view, settings)
    edges = _edge_pieces(scene, view, settings)
    within = _bounds(scene.points, view)
    pixel, weight, places = _sample_places(edges.pixel, within, view, settings.samples)
    seen = _seen(scene, rows, view, lights, places, settings)
    pixel, weight = pixel[seen.hit], weight[seen.hit]
    image = behind.new_zeros(width * height, seen.values.shape[1])
    image = image.index_add(0, pixel, seen.values * weight[:, None])
    share = behind.new_zeros(width * height).index_add(0, pixel, weight)
    empty = functional.pad(behind, (0, seen.values.shape[1] - 3))
    image = image + empty * (1.0 - share)[:, None]
    if edges.motion.requires_grad and len(edges.pixel):
        image = image.index_add(
            0, edges.pixel, _moved_light(scene, rows, view, lights, edges, empty, settings)
        )
    return Picture(image[:, :3].reshape(height, width, 3), image[:, 3:].reshape(height, width, -1))


@dataclass(frozen=True)
class _Seen:
    hit: Tensor  # (N,) which of the rays met something
    values: Tensor  # (K, 3 + M) what those show: colour, one of M materials


def _seen(
    scene: Drawable, rows: Tensor, view: View, lights: Lights, places: Tensor, settings: DrawSettings
) -> _Seen:
    """Shade what the rays through places (N, 2) of the picture see."""
    with torch.no_grad():
        face, _ = scene.tracer.faces_hit(view.position, view.rays(places))
        hit = (face >= 0).nonzero().ravel()
    fragments = interpolate(scene.topology, rows, scene.light, view, face[hit], view.rays(places[hit]))
    points = shaded_points(fragments, scene.topology, scene.materials)
    radiance = shade(scene.materials, lights, points).radiance
    colour = tone_map(radiance) if settings.tone else radiance
    masks = functional.one_hot(points.material, scene.materials.kind.shape[0]).to(colour.dtype)
    return _Seen(hit, torch.cat([colour, masks], dim=1))


def _backdrop(lights: Lights, view: View, settings: DrawSettings) -> Tensor:
    width, height = view.size
    device = lights.sky.device
    x = (2.0 * (torch.arange(width, device=device) + 0.5) - width) / height
    y = 1.0 - 2.0 * (torch.arange(height, device=device) + 0.5) / height
    place = [c.reshape(-1, 1) for c in torch.meshgrid(y, x, indexing="ij")]
    radiance = backdrop(lights, place[1], place[0])
    return tone_map(radiance) if settings.tone else radiance


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


def _sample_places(edged: Tensor, within: Tensor, view: View, samples: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return pixel, weight and place of every ray: the centre of most pixels, `samples` where an edge passes."""
    width, height = view.size
    device = edged.device
    many = torch.zeros(width * height, dtype=torch.bool, device=device)
    many[edged] = True
    grown = functional.max_pool2d(many.reshape(1, 1, height, width).float(), 3, 1, 1)
    many = (grown > 0.5).reshape(-1)  # shading bends most beside an edge
    if samples < 2:
        many[:] = False
    one, several = within[~many[within]], many.nonzero().ravel()
    i = torch.arange(samples, device=device)
    reverse = torch.zeros_like(i)
    bits = max(samples - 1, 1).bit_length()
    for k in range(bits):
        reverse = reverse * 2 + ((i >> k) & 1)
    inner = torch.stack([(i + 0.5) / samples, (reverse + 0.5) / 2**bits], dim=1)

    def corner(p: Tensor) -> Tensor:
        return torch.stack([p % width, p // width], dim=1).float()

    places = torch.cat([corner(one) + 0.5, (corner(several)[:, None] + inner).reshape(-1, 2)])
    pixel = torch.cat([one, several.repeat_interleave(samples)])
    weight = torch.ones(len(pixel), device=device)
    weight[len(one) :] = 1.0 / samples
    return pixel, weight, places


@dataclass(frozen=True)
class _Edges:
    pixel: Tensor  # (K,) in which a piece lies
    low: Tensor  # (K, 2) a place on either side of it
    high: Tensor
    motion: Tensor  # (K, 1) 0, with the gradient of the piece's motion towards `high` times its length


def _edge_pieces(scene: Drawable, view: View, settings: DrawSettings) -> _Edges:
    """Return the pieces of the edges on which the two sides show different faces."""
    topology, points = scene.topology, scene.points
    width, height = view.size
    with torch.no_grad():
        corners = points[topology.faces]
        area = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        front = (area * (view.position - corners[:, 0])).sum(-1) > 0.0
        a, b = topology.edge_faces.T
        turned = topology.drawn | (front[a] != front[b.clamp_min(0)])
        candidates = topology.edge_vertices[turned]
    ends, depth = view.project(points[candidates.reshape(-1)])
    ends = ends.reshape(-1, 2, 2)
    with torch.no_grad():
        size = ends.new_tensor([width, height])
        outside = ((ends < 0.0).all(1) | (ends > size).all(1)).any(1)
        outside |= depth.reshape(-1, 2).amin(1) < NEAREST
        length = (ends[:, 1] - ends[:, 0]).norm(dim=1)
        pieces = (length * settings.edge_density).ceil().clamp(0, 8 * (width + height)).long()
        pieces[outside] = 0
        edge = torch.arange(len(ends), device=ends.device).repeat_interleave(pieces)
        first = torch.cumsum(pieces, 0) - pieces
        s = (torch.arange(len(edge), device=ends.device) - first[edge] + 0.5) / pieces[edge]
        along = (ends[:, 1] - ends[:, 0]) / length[:, None].clamp_min(1e-12)
        normal = torch.stack([along[:, 1], -along[:, 0]], dim=1)[edge]
        place = torch.lerp(ends[edge, 0], ends[edge, 1], s[:, None])
        low, high = place - BESIDE * normal, place + BESIDE * normal
        cell = place.floor().long()
        inside = (cell >= 0).all(1) & (cell < size.long()).all(1)
        face_low, t_low = scene.tracer.faces_hit(view.position, view.rays(low))
        face_high, t_high = scene.tracer.faces_hit(view.position, view.rays(high))
        nearer = torch.where(t_low < t_high, face_low, face_high)
        own = topology.faces[nearer.clamp_min(0)][:, :, None] == candidates[edge][:, None]
        keep = (inside & (face_low != face_high) & own.any(2).any(1)).nonzero().ravel()
        edge, s, normal, cell = edge[keep], s[keep], normal[keep], cell[keep]
        low, high = low[keep], high[keep]
    moving = torch.lerp(ends[edge, 0], ends[edge, 1], s[:, None])
    share = (length[edge] / pieces[edge])[:, None]
    motion = share * (normal * moving).sum(1, keepdim=True)
    return _Edges(cell[:, 1] * width + cell[:, 0], low, high, motion - motion.detach())


def _moved_light(
    scene: Drawable,
    rows: Tensor,
    view: View,
    lights: Lights,
    edges: _Edges,
    empty: Tensor,
    settings: DrawSettings,
) -> Tensor:
    """Return zeros (K, 3 + M) whose gradient is what the pieces' motion does to their pixels."""
    with torch.no_grad():
        both = _seen(scene, rows.detach(), view, lights, torch.cat([edges.low, edges.high]), settings)
        values = torch.cat([empty[edges.pixel], empty[edges.pixel]]).clone()
        values[both.hit] = both.values
        low, high = values.chunk(2)
    return (low - high) * edges.motion

"""What rays see, differentiably: the face comes from Warp, everything else is a formula of its vertices and the ray.

A point of triangle (p0, p1, p2) under the ray o + t d has the coordinates (Moeller and Trumbore 1997)

    b1 = (o - p0).(d x e2) / D,  b2 = d.((o - p0) x e1) / D,  t = e2.((o - p0) x e1) / D,  D = e1.(d x e2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from toile.engine.core.device import warp
from toile.engine.render.scene import Camera
from toile.engine.render.topology import Topology
from toile.shaders.torch_brdf import dot, unit

LIGHT_CHANNELS = 7  # open sky, key, rim, fill, bounce r g b; twice a row: front and back


@dataclass(frozen=True)
class View:
    """A camera as tensors: position and target (3,) [m], vertical field of view () [degrees]; size (width, height)."""

    position: Tensor
    target: Tensor
    fov_deg: Tensor
    size: tuple[int, int]

    @staticmethod
    def of(camera: Camera, device: str | torch.device = "cpu") -> View:
        """Return a camera's view, without gradients."""
        place = torch.tensor([camera.position, camera.target], dtype=torch.float32, device=device)
        field = torch.tensor(camera.fov_deg, dtype=torch.float32, device=device)
        return View(place[0], place[1], field, camera.size)

    def axes(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return the unit axes right, up and forward, as `Camera.axes`."""
        forward = unit(self.target - self.position)
        up = forward.new_tensor([0.0, 1.0, 0.0])
        steep = float(forward.detach()[1])
        if abs(steep) > 0.999:
            up = forward.new_tensor([0.0, 0.0, -1.0 if steep > 0.0 else 1.0])
        right = unit(torch.linalg.cross(forward, up))
        return right, torch.linalg.cross(right, forward), forward

    def tangent(self) -> Tensor:
        """Return the tangent of half the vertical field of view."""
        return torch.tan(torch.deg2rad(self.fov_deg) / 2.0)

    def rows(self) -> Tensor:
        """Return position, right and up times the tangent, and forward (4, 3): what kernels need of a view."""
        right, up, forward = self.axes()
        tangent = self.tangent()
        return torch.stack([self.position, right * tangent, up * tangent, forward])

    def rays(self, pixels: Tensor) -> Tensor:
        """Return unit directions (N, 3) through places (N, 2) of the picture, in pixels from the top left corner."""
        right, up, forward = self.axes()
        width, height = self.size
        scale = self.tangent() / height
        a = (2.0 * pixels[:, :1] - width) * scale
        b = (height - 2.0 * pixels[:, 1:]) * scale
        return unit(forward + a * right + b * up)

    def project(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Return places (N, 2) [pixels] and depths (N, 1) [m] of points (N, 3)."""
        right, up, forward = self.axes()
        local = points - self.position
        depth = local @ forward[:, None]
        scale = self.size[1] / (2.0 * self.tangent()) / depth.clamp_min(1e-6)
        x = self.size[0] / 2.0 + (local @ right[:, None]) * scale
        y = self.size[1] / 2.0 - (local @ up[:, None]) * scale
        return torch.cat([x, y], dim=1), depth


class Tracer:
    """Warp's tree over a mesh whose points move, and the mesh's topology as Warp reads it."""

    def __init__(self, topology: Topology, points: Tensor) -> None:
        wp = warp()
        self.device = str(wp.device_from_torch(points.device))

        def held(values: Tensor, kind: torch.dtype, dtype: Any = None) -> Any:
            whole = values.detach().to(kind).contiguous().clone()
            return wp.clone(wp.from_torch(whole) if dtype is None else wp.from_torch(whole, dtype=dtype))

        self.points = held(points, torch.float32, wp.vec3)
        self.faces = held(topology.faces.reshape(-1), torch.int32)
        self.corners = self.faces.reshape((-1, 3))
        self.rows = held(topology.row_of_corner, torch.int32)
        self.row_count = len(topology.vertex_of_row)
        self.uv = held(topology.uv, torch.float32)
        self.chart = held(topology.chart, torch.float32)
        self.material = held(topology.material, torch.int32)
        self.weft = held(topology.weft_weights, torch.float32, wp.vec2)
        self.edge_vertices = held(topology.edge_vertices, torch.int32)
        self.edge_faces = held(topology.edge_faces, torch.int32)
        self.drawn = held(topology.drawn, torch.uint8)
        self.mesh = wp.Mesh(self.points, self.faces)

    def move(self, points: Tensor) -> None:
        """Put the mesh where the points are."""
        wp = warp()
        wp.copy(self.points, wp.from_torch(points.detach().float().contiguous(), dtype=wp.vec3))
        self.mesh.refit()

    def faces_hit(self, origin: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:
        """Return the face (N,) that each ray from `origin` (3,) hits first, -1 for none, and its distance (N,) [m]."""
        wp = warp()
        from toile.engine.render import trace_kernels as k

        found = torch.empty(len(directions), dtype=torch.int32, device=directions.device)
        distance = torch.empty(len(directions), device=directions.device)
        if len(directions):
            start = origin.detach().float().reshape(1, 3).contiguous()
            rays = directions.detach().float().contiguous()
            arrays: list[Any] = [wp.from_torch(start, dtype=wp.vec3), wp.from_torch(rays, dtype=wp.vec3)]
            arguments = [self.mesh.id, *arrays, wp.from_torch(found), wp.from_torch(distance)]
            wp.launch(k.trace_rays, dim=len(rays), inputs=arguments, device=self.device)
        return found.long(), distance

    def first_faces(self, camera: Tensor, size: tuple[int, int], places: Tensor) -> Tensor:
        """Return the face (N,), int32, that the ray through each place (N, 2) [pixels] hits first, -1 for none.

        Args:
            camera: `View.rows`; size: width and height of the picture.
        """
        wp = warp()
        from toile.engine.render import edge_kernels as k
        from toile.engine.render.autograd import halves, vectors

        face = torch.empty(len(places), dtype=torch.int32, device=places.device)

        def work(_half: int, first: int, count: int) -> None:
            given = [self.mesh.id, vectors(camera), float(size[0]), float(size[1]), first]
            arguments = [*given, vectors(places, 2), wp.from_torch(face)]
            wp.launch(k.first_faces, dim=count, inputs=arguments, device=self.device)

        halves(len(places), self.device, work)
        return face


@dataclass(frozen=True)
class Fragments:
    """Seen surface points; N of them.

    face (N,); barycentric (N, 3); t (N, 1) [m] along the ray; position (N, 3); n (N, 3) towards the viewer; facing
    (N, 1) 1 on the right side and -1 on the wrong side; v (N, 3) to the viewer; weft, warp (N, 3); uv (N, 2) [m]; chart (N, 2);
    footprint (N, 1) [m]; light (N, 14): `LIGHT_CHANNELS` of the front and of the back.
    """

    face: Tensor
    barycentric: Tensor
    t: Tensor
    position: Tensor
    n: Tensor
    facing: Tensor
    v: Tensor
    weft: Tensor
    warp: Tensor
    uv: Tensor
    chart: Tensor
    footprint: Tensor
    light: Tensor


def row_attributes(topology: Topology, points: Tensor) -> Tensor:
    """Return position, unit normal and weft direction of each row (R, 9)."""
    corners = points.index_select(0, topology.faces.reshape(-1)).reshape(-1, 3, 3)
    e1, e2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = torch.linalg.cross(e1, e2)
    flat = topology.faces.reshape(-1)
    normals = torch.zeros_like(points).index_add(0, flat, area.repeat_interleave(3, dim=0))
    weft = topology.weft_weights[:, :1] * e1 + topology.weft_weights[:, 1:] * e2
    spread = topology.row_of_corner.reshape(-1)
    threads = points.new_zeros(len(topology.vertex_of_row), 3)
    threads = threads.index_add(0, spread, weft.repeat_interleave(3, dim=0))
    whole = torch.cat([points, unit(normals)], dim=1).index_select(0, topology.vertex_of_row)
    return torch.cat([whole, threads], dim=1)


def interpolate(
    topology: Topology, rows: Tensor, light: Tensor, view: View, face: Tensor, directions: Tensor
) -> Fragments:
    """Return the points in which rays meet the given faces.

    Args:
        topology: the mesh; rows: its `row_attributes`; light: (R, 14) of each row.
        view: whence the rays come; face: (N,), none of them -1; directions: (N, 3), unit.
    """
    chosen = topology.row_of_corner.index_select(0, face).reshape(-1)
    table = rows.index_select(0, chosen).reshape(-1, 3, 9)
    p0 = table[:, 0, :3]
    e1, e2 = table[:, 1, :3] - p0, table[:, 2, :3] - p0
    pv = torch.linalg.cross(directions, e2)
    det = dot(e1, pv)
    det = torch.where(det.abs() < 1e-18, torch.full_like(det, 1e-18), det)
    from_corner = view.position - p0
    b1 = dot(from_corner, pv) / det
    qv = torch.linalg.cross(from_corner, e1)
    b2 = dot(directions, qv) / det
    t = dot(e2, qv) / det
    b = torch.cat([1.0 - b1 - b2, b1, b2], dim=1)
    mixed = (b[:, :, None] * table).sum(1)
    v = -directions
    facing = torch.where(det.detach() > 0.0, 1.0, -1.0)
    n = unit(mixed[:, 3:6]) * facing
    nv = dot(n, v)
    n = torch.where(nv < 0.03, unit(n + (0.03 - nv) * v), n)
    weft = mixed[:, 6:9] - dot(mixed[:, 6:9], n) * n
    other = torch.linalg.cross(n.new_tensor([[0.31, 0.83, 0.46]]).expand_as(n), n)
    weft = unit(torch.where(dot(weft, weft) > 1e-18, weft, other))
    uv = (b[:, :, None] * topology.uv.index_select(0, face)).sum(1)
    chart = (b[:, :, None] * topology.chart.index_select(0, face)).sum(1)
    pixel = 2.0 * view.tangent() / view.size[1]
    footprint = (t * pixel / dot(n, v).clamp_min(0.3)).detach()
    lit = (b[:, :, None] * light.index_select(0, chosen).reshape(len(face), 3, -1)).sum(1)
    position = view.position + t * directions
    warp_way = torch.linalg.cross(n, weft) * facing
    return Fragments(face, b, t, position, n, facing, v, weft, warp_way, uv, chart, footprint, lit)


def sided_light(fragments: Fragments, thin: Tensor) -> Tensor:
    """Return the seven light channels on the side that is seen; thin cloth (N, 1 > 0) has its lamps from either side."""
    front, back = fragments.light[:, :LIGHT_CHANNELS], fragments.light[:, LIGHT_CHANNELS:]
    seen = torch.where(fragments.facing > 0.0, front, back)
    either = torch.maximum(front, back)[:, 1:4]
    lamps = torch.where(thin > 0.0, either, seen[:, 1:4])
    return torch.cat([seen[:, :1], lamps, seen[:, 4:]], dim=1)

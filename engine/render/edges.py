"""The edges that hide something in a picture, cut into short pieces whose motion moves light (Li et al. 2018).

An edge counts that is open, lies between a face towards and a face away from the camera, or across which what is drawn
jumps. A ray on either side of a piece says what its motion uncovers. Hidden edges see the same surface twice and drop
out by themselves; an edge close behind another is told apart by the nearer surface, which must end at the edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from toile.engine.core.device import warp
from toile.engine.render.autograd import halves, vectors
from toile.engine.render.fragments import Tracer, View


@dataclass(frozen=True)
class Pieces:
    """Pieces of edges, K of them.

    pixel (K,) in which each lies; places (2 K, 2): a place on the low side of each, then on its high side; face (2 K,),
    int32, that those show, -1 for none; motion (K, 1): zero, with the gradient of the piece's motion towards the high
    side times its length.
    """

    pixel: Tensor
    places: Tensor
    face: Tensor
    motion: Tensor


def edge_pieces(points: Tensor, tracer: Tracer, view: View, camera: Tensor, density: float) -> Pieces:
    """Return the pieces of the edges on which the two sides show different faces.

    Args:
        points, tracer: the mesh as it stands; the points may require gradients.
        view: the camera; camera: its `rows`.
        density: pieces an edge has per pixel.
    """
    from toile.engine.render.edge_kernels import BESIDE

    with torch.no_grad():
        pieces = _counted(tracer, view, camera, density)
        chosen = pieces.nonzero().ravel()
        counts = pieces[chosen].long()
        edge = chosen.repeat_interleave(counts).int()
        before = (torch.cumsum(counts, 0) - counts).repeat_interleave(counts)
        index = torch.arange(len(edge), device=points.device) - before
        along = (index + 0.5) / counts.repeat_interleave(counts)
        middle, normal, faces, kept = _tested(tracer, view, camera, edge, along)
        keep = kept.nonzero().ravel()
        edge, along, middle, normal = edge[keep], along[keep], middle[keep], normal[keep]
        cell = middle.floor().long()
        aside = BESIDE * normal
        places = torch.cat([middle - aside, middle + aside])
    motion = _motion(points, view, tracer, edge, along, pieces[edge.long()], normal)
    return Pieces(cell[:, 1] * view.size[0] + cell[:, 0], places, faces[:, keep].reshape(-1), motion)


def _counted(tracer: Tracer, view: View, camera: Tensor, density: float) -> Tensor:
    """Return into how many pieces each edge is cut (E,), int32."""
    wp = warp()
    from toile.engine.render import edge_kernels as k

    eye, device = vectors(camera), tracer.device
    front = torch.empty(len(tracer.corners), dtype=torch.uint8, device=camera.device)
    pieces = torch.empty(len(tracer.edge_faces), dtype=torch.int32, device=camera.device)
    mesh = [tracer.points, wp.from_torch(front), tracer.edge_vertices, tracer.edge_faces, tracer.drawn]
    size = [float(view.tangent()), float(view.size[0]), float(view.size[1]), density]

    def turn(_half: int, first: int, count: int) -> None:
        arguments = [eye, tracer.points, tracer.corners, first, wp.from_torch(front)]
        wp.launch(k.face_camera, dim=count, inputs=arguments, device=device)

    def cut(_half: int, first: int, count: int) -> None:
        arguments = [eye, *size, *mesh, first, wp.from_torch(pieces)]
        wp.launch(k.count_pieces, dim=count, inputs=arguments, device=device)

    halves(len(front), device, turn)
    halves(len(pieces), device, cut)
    return pieces


def _tested(
    tracer: Tracer, view: View, camera: Tensor, edge: Tensor, along: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the place and normal of each piece (K, 2), the faces on either side (2, K), and which are kept (K,)."""
    wp = warp()
    from toile.engine.render import edge_kernels as k

    count, here = len(edge), edge.device
    middle, normal = torch.empty(count, 2, device=here), torch.empty(count, 2, device=here)
    faces = torch.empty(2, count, dtype=torch.int32, device=here)
    kept = torch.empty(count, dtype=torch.uint8, device=here)
    size = [float(view.tangent()), float(view.size[0]), float(view.size[1])]
    mesh = [tracer.mesh.id, vectors(camera), *size, tracer.points, tracer.corners, tracer.edge_vertices]
    sides = [wp.from_torch(a) for a in (faces[0], faces[1], kept)]
    outputs = [vectors(middle, 2), vectors(normal, 2), *sides]

    def work(_half: int, first: int, many: int) -> None:
        arguments = [*mesh, first, wp.from_torch(edge), wp.from_torch(along), *outputs]
        wp.launch(k.test_pieces, dim=many, inputs=arguments, device=tracer.device)

    halves(count, tracer.device, work)
    return middle, normal, faces, kept


def _motion(
    points: Tensor, view: View, tracer: Tracer, edge: Tensor, along: Tensor, pieces: Tensor, normal: Tensor
) -> Tensor:
    """Return zeros (K, 1) with the gradient of each piece's motion along its normal times its length [pixels]."""
    edges, of_piece = torch.unique_consecutive(edge, return_inverse=True)
    corners = warp().to_torch(tracer.edge_vertices)[edges.long()].reshape(-1).long()
    ends, _ = view.project(points.index_select(0, corners))
    ends = ends.reshape(-1, 4).index_select(0, of_piece)
    still = ends.detach()
    share = (still[:, 2:] - still[:, :2]).norm(dim=1) / pieces
    moving = torch.lerp(ends[:, :2], ends[:, 2:], along[:, None])
    motion = share[:, None] * (normal * moving).sum(1, keepdim=True)
    return motion - motion.detach()

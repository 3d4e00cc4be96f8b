"""Warp kernels as torch functions: subdivision, directions of vertices and threads, shaded rays.

On the CPU work is cut into two halves that run at once where torch may use two threads. Sums of gradients are kept apart
by half and added, so that their bytes do not depend on the number of threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from toile.engine.core.device import warp
from toile.engine.render.fragments import Tracer
from toile.shaders.torch_shading import Lights, Materials

MATERIAL = (("base", 3), ("first", 3), ("alpha_warp", 1), ("alpha_weft", 1), ("f0", 1), ("gloss", 3), ("sheen", 3),
            ("sheen_roughness", 1), ("transmission", 1))  # fmt: skip
STUDIO = (
    "key_direction", "key_colour", "rim_direction", "rim_colour", "fill_direction", "fill_colour", "sky", "horizon", "ground",
)  # fmt: skip


def halves(count: int, device: str, work: Callable[[int, int, int], None]) -> None:
    """Run `work(half, first, count)` over two halves of a list, at once where torch may use two threads of the CPU."""
    middle = (count + 1) // 2
    parts = [(0, 0, middle), (1, middle, count - middle)]
    if device == "cpu" and torch.get_num_threads() > 1 and count > 4096:
        errors: list[BaseException] = []

        def other() -> None:
            try:
                work(*parts[1])
            except BaseException as error:
                errors.append(error)

        thread = threading.Thread(target=other)
        thread.start()
        work(*parts[0])
        thread.join()
        if errors:
            raise errors[0]
        return
    for part in parts:
        if part[2]:
            work(*part)


def applied(function: type[torch.autograd.Function], *arguments: Any) -> Any:
    """Return what a torch function of ours makes of its arguments."""
    return function.apply(*arguments)  # type: ignore[no-untyped-call]


def records_of(structure: Any, count: int) -> Any:
    """Return so many entries of a Warp structure, zeros, as a NumPy array with named fields."""
    return np.zeros(count, dtype=structure.numpy_dtype())


def vectors(values: Tensor, length: int = 3) -> Any:
    """Return a tensor (N, 2 or 3) as Warp's array of vectors, sharing its memory."""
    wp = warp()
    return wp.from_torch(values.detach().contiguous(), dtype=wp.vec3 if length == 3 else wp.vec2)


class _Combined(torch.autograd.Function):
    """A sparse matrix times points; its derivative is the transpose's product."""

    @staticmethod
    def forward(ctx: Any, points: Tensor, matrix: SparseMatrix) -> Tensor:
        ctx.matrix = matrix
        return matrix.product(points)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        combined: Tensor = applied(_Combined, gradients[0], ctx.matrix.transposed())
        return combined, None


class SparseMatrix:
    """Rows of weights on the device: `matrix @ points`, differentiable as often as one likes."""

    def __init__(self, matrix: Any, device: torch.device, other: SparseMatrix | None = None) -> None:
        wp = warp()
        self.matrix, self.device, self.other = matrix.tocsr(), device, other
        place = wp.device_from_torch(device)
        kinds = ((self.matrix.indptr, int), (self.matrix.indices, int), (self.matrix.data, float))
        self.arrays = [
            wp.array(np.asarray(a, np.float32 if kind is float else np.int32), dtype=kind, device=place)
            for a, kind in kinds
        ]

    def transposed(self) -> SparseMatrix:
        """Return the transpose, made once."""
        if self.other is None:
            self.other = SparseMatrix(self.matrix.T, self.device, self)
        return self.other

    def product(self, points: Tensor) -> Tensor:
        """Return the product with points (N, 3), without a gradient."""
        wp = warp()
        from toile.engine.render import geometry_kernels as k

        out = points.new_empty(self.matrix.shape[0], 3, dtype=torch.float32)
        arguments = [vectors(points.float()), *self.arrays, 0, vectors(out)]
        wp.launch(k.combine, dim=len(out), inputs=arguments, device=wp.device_from_torch(self.device))
        return out

    def __matmul__(self, points: Tensor) -> Tensor:
        product: Tensor = applied(_Combined, points, self)
        return product


class _Directions(torch.autograd.Function):
    """Unit normals (V, 3) of vertices, and directions of the weft (R, 3) of rows."""

    @staticmethod
    def forward(ctx: Any, points: Tensor, tracer: Tracer) -> tuple[Tensor, Tensor]:
        wp = warp()
        from toile.engine.render import draw_kernels as k

        sums, unit = torch.zeros_like(points), torch.empty_like(points)
        threads = points.new_zeros(tracer.row_count, 3)
        device = tracer.device
        mesh = [vectors(points), tracer.corners, tracer.rows, tracer.weft]
        outputs = [vectors(sums), vectors(threads)]
        wp.launch(k.add_directions, dim=len(tracer.corners), inputs=[*mesh, *outputs], device=device)
        wp.launch(k.unit_vectors, dim=len(points), inputs=[vectors(sums), vectors(unit)], device=device)
        ctx.tracer = tracer
        ctx.save_for_backward(points, sums)
        return unit, threads

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        wp = warp()
        from toile.engine.render import draw_kernels as k

        points, sums = ctx.saved_tensors
        tracer, device = ctx.tracer, ctx.tracer.device
        of_sums, of_points = torch.empty_like(points), torch.zeros_like(points)
        arguments = [vectors(sums), vectors(gradients[0]), vectors(of_sums)]
        wp.launch(k.unit_vectors_adjoint, dim=len(points), inputs=arguments, device=device)
        mesh = [vectors(points), tracer.corners, tracer.rows, tracer.weft]
        arguments = [*mesh, vectors(of_sums), vectors(gradients[1]), vectors(of_points)]
        wp.launch(k.add_directions_adjoint, dim=len(tracer.corners), inputs=arguments, device=device)
        return of_points, None


def directions(points: Tensor, tracer: Tracer) -> tuple[Tensor, Tensor]:
    """Return unit normals (V, 3) of the mesh's vertices and directions of the weft (R, 3) of its rows."""
    made: tuple[Tensor, Tensor] = applied(_Directions, points.contiguous(), tracer)
    return made


@dataclass(frozen=True)
class Rays:
    """Rays through places (N, 2) [pixels], the faces they meet (N,), int32, -1 for none, and pixels' widths there (N,) [m]."""

    places: Tensor
    face: Tensor
    footprint: Tensor


@dataclass(frozen=True)
class Look:
    """What shading needs besides the mesh: light of rows (R, 14), pictures of materials, size of the picture, tone mapping."""

    light: Tensor
    images: Any
    kind: Tensor
    sizes: tuple[float, float, float]
    picture: tuple[int, int]
    tone: bool


class _Shaded(torch.autograd.Function):
    """Colours (N, 3) of rays; the derivative is Warp's adjoint of the kernels, in two halves."""

    @staticmethod
    def forward(ctx: Any, rays: Rays, look: Look, tracer: Tracer, *tensors: Tensor) -> Tensor:
        wp = warp()
        from toile.engine.render import draw_kernels as k

        radiance = torch.zeros(len(rays.face), 3, device=rays.places.device)
        colour = torch.zeros_like(radiance) if look.tone else radiance
        inputs = _inputs(rays, look, tracer, tensors)
        out, face, device = vectors(radiance), wp.from_torch(rays.face), tracer.device

        def work(_half: int, first: int, count: int) -> None:
            wp.launch(k.shade_rays, dim=count, inputs=[*inputs(first), out], device=device)
            if look.tone:
                toned = [first, face, out, vectors(colour)]
                wp.launch(k.display_rays, dim=count, inputs=toned, device=device)

        halves(len(radiance), device, work)
        ctx.job = rays, look, tracer
        ctx.save_for_backward(*tensors, radiance)
        return colour

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        wp = warp()
        from toile.engine.render import draw_kernels as k

        *tensors, radiance = ctx.saved_tensors
        rays, look, tracer = ctx.job
        inputs = _inputs(rays, look, tracer, tensors)
        of_colour = vectors(gradients[0])
        of_radiance = vectors(torch.zeros_like(radiance)) if look.tone else of_colour
        out, face, device = vectors(radiance), wp.from_torch(rays.face), tracer.device
        sums = [_Sums(tensors, device) for _ in range(2)]

        def back(kernel: Any, count: int, given: list[Any], of_given: list[Any], of_out: Any) -> None:
            of_given = [*of_given, *[None] * (len(given) - len(of_given))]
            adjoint = {"adj_inputs": of_given, "adj_outputs": [of_out], "adjoint": True}
            wp.launch(kernel, dim=count, inputs=given, outputs=[out], device=device, **adjoint)

        def work(half: int, first: int, count: int) -> None:
            if look.tone:
                back(k.display_rays, count, [first, face, out], [None, None, of_radiance], of_colour)
            back(k.shade_rays, count, inputs(first), sums[half].arrays, of_radiance)

        halves(len(radiance), device, work)
        return (None, None, None, *sums[0].plus(sums[1]))


def _inputs(rays: Rays, look: Look, tracer: Tracer, tensors: Sequence[Tensor]) -> Callable[[int], list[Any]]:
    """Return the inputs of `shade_rays`, given the first ray."""
    wp = warp()
    from toile.engine.render import draw_kernels as k
    from toile.shaders.material import Material
    from toile.shaders.studio import Studio
    from toile.shaders.torch_brdf import lobe_array

    points, normals, threads, camera, materials, lights, texels = tensors
    device = tracer.device
    records = records_of(Material, len(materials))
    rows = materials.detach().cpu().numpy()
    at = 0
    for name, length in MATERIAL:
        records[name] = rows[:, at : at + length] if length > 1 else rows[:, at]
        at += length
    records["kind"] = np.rint(look.kind.detach().cpu().numpy().ravel())
    studio = records_of(Studio, 1)
    for name, value in zip(STUDIO, lights.detach().cpu().numpy(), strict=True):
        studio[name] = value
    studio["key_size"], studio["rim_size"], studio["fill_size"] = look.sizes
    arrays = [
        vectors(camera),
        vectors(points),
        vectors(normals),
        vectors(threads),
        wp.array(records, dtype=Material, device=device),
        wp.array(studio, dtype=Studio, device=device),
        vectors(texels),
        wp.array(look.images, dtype=k.Image, device=device),
        tracer.corners,
        tracer.rows,
        tracer.uv,
        tracer.chart,
        tracer.material,
        wp.from_torch(look.light.detach().contiguous()),
        wp.from_torch(lobe_array(str(rays.places.device))),
        float(look.picture[0]),
        float(look.picture[1]),
    ]
    last = [wp.from_torch(rays.face), vectors(rays.places, 2), wp.from_torch(rays.footprint)]
    return lambda first: [*arrays, first, *last]


class _Sums:
    """Gradients of one half of the rays."""

    def __init__(self, tensors: Sequence[Tensor], device: str) -> None:
        wp = warp()
        from toile.shaders.material import Material
        from toile.shaders.studio import Studio

        points, normals, threads, camera, self.materials, self.lights, texels = tensors
        self.vectors = [torch.zeros_like(t) for t in (camera, points, normals, threads)]
        self.texels = torch.zeros_like(texels)
        self.records = wp.zeros(len(self.materials), dtype=Material, device=device)
        self.studio = wp.zeros(1, dtype=Studio, device=device)
        self.arrays = [*map(vectors, self.vectors), self.records, self.studio, vectors(self.texels)]

    def plus(self, other: _Sums) -> list[Tensor]:
        """Return the sums of both halves: of points, normals, threads, camera, materials, lights, texels."""
        camera, points, normals, threads = (
            a.add_(b) for a, b in zip(self.vectors, other.vectors, strict=True)
        )
        rows = [self._rows(), other._rows()]
        materials, lights = (torch.tensor(a + b, device=points.device) for a, b in zip(*rows, strict=True))
        return [points, normals, threads, camera, materials, lights, self.texels.add_(other.texels)]

    def _rows(self) -> tuple[Any, Any]:
        records, studio = self.records.numpy(), self.studio.numpy()
        columns = [np.asarray(records[name]).reshape(len(records), -1) for name, _ in MATERIAL]
        return np.concatenate(columns, axis=1), np.concatenate([studio[name] for name in STUDIO])


def shaded(
    rays: Rays,
    look: Look,
    tracer: Tracer,
    points: Tensor,
    normals: Tensor,
    threads: Tensor,
    camera: Tensor,
    materials: Tensor,
    lights: Tensor,
    texels: Tensor,
) -> Tensor:
    """Return the colours (N, 3) of rays, differentiable by every tensor; black where a ray meets nothing.

    Args:
        rays, look, tracer: what is fixed.
        points, normals (V, 3), threads (R, 3): of the mesh, as `directions` has them.
        camera: `View.rows`; materials, lights: `packed_materials`, `packed_lights`; texels (P, 3): all pictures of materials.
    """
    tensors = [t.contiguous() for t in (points, normals, threads, camera, materials, lights, texels)]
    colour: Tensor = applied(_Shaded, rays, look, tracer, *tensors)
    return colour


def packed_materials(materials: Materials) -> Tensor:
    """Return the materials' numbers (M, 17) in the order of `MATERIAL`."""
    fields = [materials.layer if name == "first" else getattr(materials, name) for name, _ in MATERIAL]
    return torch.cat([f.float() for f in fields], dim=1)


def packed_lights(lights: Lights) -> Tensor:
    """Return the lights' vectors (9, 3) in the order of `STUDIO`."""
    return torch.stack([getattr(lights, name).float() for name in STUDIO])

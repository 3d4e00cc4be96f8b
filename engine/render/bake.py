"""Light that does not follow gradients: each vertex's open sky, visible key, rim and fill, and one bounce of colour.

A differentiable picture takes these as a texture, made once for a pose: moving a vertex changes how light falls on it,
not what stands in its way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from toile.engine.core.device import warp
from toile.engine.render.fragments import LIGHT_CHANNELS, Tracer
from toile.engine.render.lighting import REACH
from toile.engine.render.topology import Topology
from toile.shaders.torch_brdf import unit
from toile.shaders.torch_shading import Lights, Materials

INDIRECT = 0.6  # share of dome and fill that reaches what bounces light, as in the animation


def open_light(topology: Topology) -> Tensor:
    """Return the light (R, 14) of a scene in which nothing shades anything."""
    side = torch.tensor([1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0], device=topology.device)
    return side.repeat(len(topology.vertex_of_row), 2)


def bake_light(
    topology: Topology,
    tracer: Tracer,
    points: Tensor,
    materials: Materials,
    lights: Lights,
    samples: int = 32,
) -> Tensor:
    """Return the light (R, 14) that reaches each row of a mesh, front and back.

    Args:
        topology, tracer, points: the mesh as posed.
        materials: their base colours bounce.
        lights: whence key and rim come.
        samples: rays a vertex and side for each of sky, key and rim.
    """
    wp = warp()
    from toile.engine.render import trace_kernels as k

    with torch.no_grad():
        points = points.detach().float().contiguous()
        corners = points[topology.faces]
        area = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normals = torch.zeros_like(points)
        normals.index_add_(0, topology.faces.reshape(-1), area.repeat_interleave(3, dim=0))
        normals = unit(normals).contiguous()
        base = materials.base.detach().clone()
        for index, texture in enumerate(materials.textures):
            if texture is not None:
                base[index] = texture.image.detach().mean((0, 1))
        albedo = base[topology.material].contiguous()
        i = np.arange(samples)
        turn = np.array([int(f"{j:032b}"[::-1], 2) / 2.0**32 for j in i])
        squares = np.stack([(i + 0.5) / samples, turn], axis=1).astype(np.float32)
        out = torch.empty(2 * len(points), LIGHT_CHANNELS, device=points.device)

        def vector(x: Tensor) -> Any:
            return wp.vec3(*[float(c) for c in x.detach()])

        device = tracer.device
        arguments = [
            tracer.mesh.id,
            wp.from_torch(points, dtype=wp.vec3),
            wp.from_torch(normals, dtype=wp.vec3),
            tracer.faces,
            wp.from_torch(albedo, dtype=wp.vec3),
            wp.array(squares, dtype=wp.vec2, device=device),
            vector(lights.key_direction),
            lights.key_size,
            vector(lights.rim_direction),
            lights.rim_size,
            vector(lights.fill_direction),
            lights.fill_size,
            vector(lights.key_colour),
            vector(lights.rim_colour),
            vector(INDIRECT * (0.5 * (lights.sky + lights.ground) + 0.5 * lights.fill_colour)),
            REACH,
        ]
        wp.launch(
            k.bake_light,
            dim=(len(points), 2),
            inputs=arguments,
            outputs=[wp.from_torch(out)],
            device=device,
        )
        return out.reshape(len(points), 2 * LIGHT_CHANNELS)[topology.vertex_of_row].contiguous()

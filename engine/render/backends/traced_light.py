"""Light for renderers that only rasterise: traced by Warp at the vertices that can be seen, and on the floor.

At a vertex: open sky, visible lamps and one bounce (`trace_kernels.bake_light`), for the side or sides that the eye may see.
On the floor: what the default renderer gathers there (`light_kernels.gather_floor`), on a coarser grid of the picture, as
factors of the backdrop.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.device import warp
from toile.engine.render.backends.drawn import DrawnMesh
from toile.engine.render.bake import INDIRECT
from toile.engine.render.frame import Renderer
from toile.engine.render.lighting import REACH
from toile.engine.render.samples import disc_samples
from toile.engine.render.scene import Camera

F32 = NDArray[np.float32]
PARTS = 4  # into which a sequence of rays is dealt to neighbours
EDGE_ON = 0.3  # cosine, below which both sides of a vertex may be seen: facets turn more than normals
FLOOR_ROWS = (
    256  # of the grid on which the floor's light is gathered, at most; half the picture's where that is fewer
)
FLOOR_SAMPLES, FLOOR_FILTER = 4, (4, 1)  # rays; taps and their spacing, as `frame.FILTERS`


def vertex_light(
    renderer: Renderer, mesh: DrawnMesh, studio: Any, camera: Camera, samples: int, seen: NDArray[np.intp]
) -> F32:
    """Return the light (R, 12) of each row: dome r g b, key, rim, fill of the front, then of the back.

    Each vertex has every fourth of a sequence of rays, and the mean over itself and its neighbours is its light.

    Args:
        renderer, mesh: a posed renderer and what it draws; studio: its lights.
        camera: whence it is seen; samples: rays a vertex and side for each of sky and lamps.
        seen: numbers of the triangles that can be seen at all; the light of others is not sought.
    """
    from scipy import sparse

    from toile.shaders.arrays import Ops, Vector, evaluate
    from toile.shaders.studio import dome_irradiance

    points, normals = renderer.points.numpy(), renderer.normals.numpy()
    to_eye = np.asarray(camera.position, np.float32) - points
    cosine = (to_eye * normals).sum(1) / np.maximum(np.linalg.norm(to_eye, axis=1), 1e-6)
    corners = mesh.vertex[mesh.faces[seen]]
    size = mesh.vertex_count
    ones = np.ones(6 * len(corners), np.float32)
    ends = corners[:, [0, 1, 2, 1, 2, 0]].T.ravel(), corners[:, [1, 2, 0, 0, 1, 2]].T.ravel()
    around = (sparse.csr_matrix((ones, ends), shape=(size, size)) > 0).astype(np.float32)
    around = around + sparse.identity(size, dtype=np.float32, format="csr")
    visible = np.zeros(size, bool)
    visible[corners] = True
    sides = []
    for sign in (1.0, -1.0):
        chosen = np.flatnonzero(visible & (sign * cosine > -EDGE_ON))
        light = np.zeros((size, 8), np.float32)  # the last counts those whose light was sought
        light[chosen, 7] = 1.0
        for part in range(PARTS):
            mine = chosen[chosen % PARTS == part]
            light[mine, :7] = _baked(
                renderer, studio, points[mine], sign * normals[mine], _squares(samples, part)
            )
        light = around @ light
        rows = (light[:, :7] / np.maximum(light[:, 7:], 1.0))[mesh.vertex]
        open_dome = np.stack(
            evaluate(dome_irradiance, Ops(), _colours(studio, Vector), sign * mesh.normals[:, 1]), axis=1
        )
        sides += [rows[:, :1] * open_dome + rows[:, 4:], rows[:, 1:4]]
    return np.concatenate(sides, axis=1).astype(np.float32)


def _squares(samples: int, part: int) -> F32:
    """Return places of the unit square (S, 2): of the first PARTS S points of Hammersley's sequence, every PARTS-th."""
    i = np.arange(part, PARTS * samples, PARTS)
    turn = np.array([int(f"{j:032b}"[::-1], 2) / 2.0**32 for j in i])
    return np.stack([(i + 0.5) / (PARTS * samples), turn], axis=1).astype(np.float32)


def _baked(renderer: Renderer, studio: Any, points: F32, normals: F32, squares: F32) -> F32:
    """Return open sky, key, rim, fill and bounce r g b (N, 7) at points with normals (N, 3), by rays to given places."""
    wp = warp()
    from toile.engine.render import trace_kernels as k

    device, count = renderer.device, len(points)
    if count == 0:
        return np.zeros((0, 7), np.float32)
    base = np.asarray(renderer.materials.numpy()["base"], np.float32)[renderer.surface.material_of_face]
    indirect = INDIRECT * (
        0.5 * (np.array(studio.sky) + np.array(studio.ground)) + 0.5 * np.array(studio.fill_colour)
    )

    def vectors(values: F32) -> Any:
        return wp.array(np.ascontiguousarray(values, np.float32), dtype=wp.vec3, device=device)

    out = wp.zeros((2 * count, 7), dtype=float, device=device)
    inputs = [
        renderer.mesh.id, vectors(points), vectors(normals), renderer.faces, vectors(base),
        wp.array(squares, dtype=wp.vec2, device=device),
        studio.key_direction, studio.key_size, studio.rim_direction, studio.rim_size,
        studio.fill_direction, studio.fill_size, studio.key_colour, studio.rim_colour,
        wp.vec3(*[float(x) for x in indirect]), REACH,
    ]  # fmt: skip
    wp.launch(k.bake_light, dim=(count, 1), inputs=inputs, outputs=[out], device=device)
    return np.asarray(out.numpy()[::2], np.float32)


def floor_factors(renderer: Renderer, camera: Camera, studio: Any) -> F32:
    """Return what the figure leaves of the backdrop's light (h, w, 3), row 0 at the top: 1 where it casts no shadow.

    The grid goes on behind the figure, so that nothing of the figure's own shows beside its outline.
    """
    wp = warp()
    from toile.engine.render import kernels, light_kernels
    from toile.engine.render.shade_kernels import shade_floor
    from toile.shaders.arrays import Ops, Vector, evaluate, structure
    from toile.shaders.material import Light

    width, height = camera.size
    rows = max(1, min(height // 2, FLOOR_ROWS))
    columns = max(1, round(width * rows / height))
    coarse = Camera(camera.position, camera.target, camera.fov_deg, (columns, rows))
    view, g, device = renderer.view(coarse), renderer.geometry(), renderer.device
    view.left = view.top = view.end = view.bottom = 0  # no ray meets the figure: only the floor is asked for
    count = rows * columns
    face = wp.zeros(count, dtype=int, device=device)
    hit, place, normal = (wp.zeros(count, dtype=wp.vec3, device=device) for _ in range(3))
    wp.launch(
        kernels.trace_primary, dim=count, inputs=[g, view, studio, face, hit, place, normal], device=device
    )
    pixels = np.flatnonzero(face.numpy() == kernels.FLOOR).astype(np.int32)
    factors = np.ones((count, 3), np.float32)
    if len(pixels) == 0:
        return factors.reshape(rows, columns, 3)
    chosen = wp.array(pixels, dtype=int, device=device)
    light, smooth = (wp.zeros(count, dtype=Light, device=device) for _ in range(2))
    disc = wp.array(disc_samples(FLOOR_SAMPLES), dtype=wp.vec3, device=device)
    rays = [g, renderer.materials, view, studio, FLOOR_SAMPLES, disc, chosen, place]
    wp.launch(
        light_kernels.gather_floor, dim=len(pixels), inputs=rays, outputs=[light], device=renderer.device
    )
    taps, spacing = FLOOR_FILTER
    filtered = [view, taps, spacing, 0, chosen, face, light]
    wp.launch(light_kernels.filter_floor, dim=len(pixels), inputs=filtered, outputs=[smooth], device=device)
    shares = Vector(smooth.numpy()[pixels].T)
    names = ("sky", "key_direction", "key_colour", "rim_direction", "rim_colour")
    lamps = structure(**{n: Vector(float(x) for x in getattr(studio, n)) for n in names})
    factors[pixels] = np.stack(evaluate(shade_floor, Ops(), lamps, shares, Vector((1.0, 1.0, 1.0))), axis=1)
    return factors.reshape(rows, columns, 3)


def _colours(studio: Any, vector: Any) -> Any:
    from toile.shaders.arrays import structure

    return structure(
        **{n: vector(float(x) for x in getattr(studio, n)) for n in ("sky", "horizon", "ground")}
    )

"""Warp kernels of the differentiable renderer: what given rays hit, and how much light reaches a vertex."""

import warp as wp

from toile.engine.render.light_kernels import around
from toile.shaders.prints import print_colour

wp.set_module_options({"enable_backward": False})

_far = wp.constant(100.0)


@wp.kernel
def trace_rays(
    mesh: wp.uint64,
    origin: wp.array(dtype=wp.vec3),
    direction: wp.array(dtype=wp.vec3),
    # outputs
    face: wp.array(dtype=int),
    distance: wp.array(dtype=float),
):
    """The face that each ray hits first, -1 for none, and how far away [m]; one origin for all rays."""
    i = wp.tid()
    q = wp.mesh_query_ray(mesh, origin[0], direction[i], _far)
    hit = int(-1)
    t = float(_far)
    if q.result:
        hit = q.face
        t = q.t
    face[i] = hit
    distance[i] = t


@wp.func
def _lamp(
    mesh: wp.uint64, origin: wp.vec3, n: wp.vec3, direction: wp.vec3, size: float, c: float, s: float
) -> float:
    """1 where a place (c, s) of a softbox, mirrored to above the surface's horizon, is visible."""
    to = wp.normalize(around(direction, c * size, s * size, 1.0))
    below = wp.dot(to, n)
    if below < 0.0:
        to = to - (2.0 * below) * n
    return wp.where(wp.mesh_query_ray_anyhit(mesh, origin, to, 4.0), 0.0, 1.0)


@wp.kernel
def bake_light(
    mesh: wp.uint64,
    points: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
    faces: wp.array(dtype=int),
    albedo: wp.array(dtype=wp.vec3),
    squares: wp.array(dtype=wp.vec2),
    key: wp.vec3,
    key_size: float,
    rim: wp.vec3,
    rim_size: float,
    fill: wp.vec3,
    fill_size: float,
    key_colour: wp.vec3,
    rim_colour: wp.vec3,
    indirect: wp.vec3,
    reach: float,
    # outputs
    light: wp.array2d(dtype=float),
):
    """Light at a vertex: share of open sky, visible key, rim and fill, and one bounce (r, g, b).

    A row of `light` a vertex and side; side 1 is the back of the surface. `squares`: samples of the unit square.
    """
    i, side = wp.tid()
    n = normals[i]
    if side == 1:
        n = -n
    origin = points[i] + 0.002 * n
    sky = float(0.0)
    lit_key = float(0.0)
    lit_rim = float(0.0)
    lit_fill = float(0.0)
    bounce = wp.vec3(0.0, 0.0, 0.0)
    count = squares.shape[0]
    for k in range(count):
        square = squares[k]
        r = wp.sqrt(square[0])
        c = r * wp.cos(6.2831853 * square[1])
        s = r * wp.sin(6.2831853 * square[1])
        w = around(n, c, s, wp.sqrt(1.0 - square[0]))
        q = wp.mesh_query_ray(mesh, origin, w, reach)
        open = float(1.0)
        if q.result:
            far = q.t / reach
            open = far * far
            m = q.normal
            if wp.dot(m, w) > 0.0:
                m = -m
            at = origin + q.t * w + 0.002 * m
            sent = indirect
            toward = wp.dot(m, key)
            if toward > 0.0 and not wp.mesh_query_ray_anyhit(mesh, at, key, 4.0):
                sent = sent + toward * key_colour
            toward = wp.dot(m, rim)
            if toward > 0.0 and not wp.mesh_query_ray_anyhit(mesh, at, rim, 4.0):
                sent = sent + toward * rim_colour
            bounce = bounce + (1.0 - open) * wp.cw_mul(albedo[q.face], sent)
        sky = sky + open
        lit_key = lit_key + _lamp(mesh, origin, n, key, key_size, c, s)
        lit_rim = lit_rim + _lamp(mesh, origin, n, rim, rim_size, c, s)
        lit_fill = lit_fill + _lamp(mesh, origin, n, fill, fill_size, c, s)
    scale = 1.0 / float(count)
    row = 2 * i + side
    light[row, 0] = sky * scale
    light[row, 1] = lit_key * scale
    light[row, 2] = lit_rim * scale
    light[row, 3] = lit_fill * scale
    light[row, 4] = bounce[0] * scale
    light[row, 5] = bounce[1] * scale
    light[row, 6] = bounce[2] * scale


@wp.kernel
def bake_print(
    kind: int,
    scale: float,
    pixel: float,
    ground: wp.vec3,
    first: wp.vec3,
    second: wp.vec3,
    # outputs
    image: wp.array2d(dtype=wp.vec3),
):
    """Albedo of a print at the middle of each pixel [m] of a tile."""
    row, column = wp.tid()
    x = (float(column) + 0.5) * pixel
    y = (float(row) + 0.5) * pixel
    image[row, column] = print_colour(kind, x, y, scale, pixel, ground, first, second)

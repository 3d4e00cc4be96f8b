"""Warp kernel of hair under cloth."""

import warp as wp

wp.set_module_options({"enable_backward": False})

PRESSED = 0.002
"""How far [m] hair lies below cloth over it."""


@wp.kernel
def press_hair(
    cloth: wp.uint64,
    roots: wp.array(dtype=wp.vec3),
    first: int,
    clearance: float,
    # outputs
    points: wp.array(dtype=wp.vec3),
):
    """Press hair down to `clearance` [m] under cloth that lies between a point and its root on the scalp."""
    i = wp.tid()
    root = roots[i]
    way = points[first + i] - root
    length = wp.length(way)
    if length > 1.0e-5:
        d = way / length
        q = wp.mesh_query_ray(cloth, root, d, length + clearance)
        if q.result:
            gap = wp.min(q.t - clearance, 0.012)  # a knot is pressed flat
            points[first + i] = root + wp.max(gap, 0.2 * wp.min(q.t, 0.012)) * d

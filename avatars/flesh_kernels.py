"""Warp kernel of `flesh.py`: the nearest point of one body part to points of another."""

from __future__ import annotations

import warp as wp


@wp.kernel
def nearest_on_part(
    mesh: wp.uint64,
    points: wp.array(dtype=wp.vec3),
    reach: float,
    # outputs
    face: wp.array(dtype=wp.int32),
    coordinates: wp.array(dtype=wp.vec3),
) -> None:
    """One point: nearest face of the part within reach [m] and barycentric coordinates there; -1 when there is none."""
    i = wp.tid()
    query = wp.mesh_query_point_no_sign(mesh, points[i], reach)
    face[i] = -1
    if query.result:
        face[i] = query.face
        coordinates[i] = wp.vec3(query.u, query.v, 1.0 - query.u - query.v)

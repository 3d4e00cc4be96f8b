"""Measures of a simulation for its certificate: intersections, strain, seams, rings; each from the arrays alone.

Strain of a triangle: with F = [fu fv] the map from its flat panel to space (u along the weft, v along the warp), weft
|fu| - 1, warp |fv| - 1, principal the largest singular value of F less 1. Dictionaries hold plain numbers, lengths in
the unit that the key names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.body import PARTS, BodyMotion, joints_at
from toile.engine.core.files import Progress, silent
from toile.engine.core.intersect import (
    body_cloth_intersections,
    cloth_self_intersections,
    signed_distance,
    vertices_inside,
)
from toile.engine.core.mesh import unique_edges
from toile.engine.core.simulation import Simulation
from toile.engine.export.corrective import ASTRAY, UNSEEN
from toile.engine.export.gltf import split_at_seams
from toile.garments.pattern import Loop, Pattern
from toile.garments.topology import bone_axes, chained, inside_out, ring_faults, turns_round

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

PERCENTILES = (50, 95, 99)
WORN_EVERY = 5
"""Every how many frames it is looked at how garments are worn, beside the first and the last."""
ON_EDGE = 2e-4
"""A vertex this near [m] to a panel's edge, on the flat panel, lies on it (the mesh samples edges exactly)."""


def measure_intersections(simulation: Simulation, progress: Progress = silent) -> dict[str, Any]:
    """Return counts of cloth vertices inside the body, body-cloth and cloth-cloth face pairs, by frame."""
    frames = len(simulation.cloth_vertices)
    part_of_face = simulation.body_part[simulation.body_faces[:, 0]] if len(simulation.body_part) else None
    used = np.unique(simulation.cloth_faces)
    inside, body_cloth, cloth_cloth = (np.zeros(frames, np.int64) for _ in range(3))
    depth = np.zeros(frames)
    parts = np.zeros(len(PARTS), np.int64)
    for i in range(frames):
        cloth, body = simulation.cloth_vertices[i], simulation.body_vertices[i]
        within = used[vertices_inside(cloth[used], body, simulation.body_faces)]
        inside[i] = len(within)
        if len(within):
            distance, _, _ = signed_distance(cloth[within], body, simulation.body_faces)
            depth[i] = float(np.abs(distance).max())
        pairs = body_cloth_intersections(cloth, simulation.cloth_faces, body, simulation.body_faces)
        body_cloth[i] = len(pairs)
        if part_of_face is not None:
            parts += np.bincount(part_of_face[pairs[:, 1]], minlength=len(PARTS))[: len(PARTS)]
        cloth_cloth[i] = len(cloth_self_intersections(cloth, simulation.cloth_faces))
        progress((i + 1) / frames, f"frame {i + 1} of {frames}")
    return {
        "vertices_inside_body": {**_counts(inside), "worst_depth_mm": _mm(depth.max(initial=0.0))},
        "body_cloth": {
            **_counts(body_cloth),
            "by_part": {name: int(n) for name, n in zip(PARTS, parts, strict=True) if n},
        },
        "cloth_cloth": _counts(cloth_cloth),
        "none": bool(inside.sum() + body_cloth.sum() + cloth_cloth.sum() == 0),
    }


def measure_flesh(simulation: Simulation, motion: BodyMotion) -> dict[str, Any] | None:
    """Return how far the simulated skin lies from the skinned one, by frame and by part of the body.

    Args:
        simulation: its body.
        motion: the body without yielding flesh, by skinning alone.

    Returns:
        None where the simulated body is not this motion's.
    """
    bodies = simulation.body_vertices
    if len(bodies) != motion.frame_count or bodies.shape[1] != len(motion.rig.rest_vertices):
        return None
    distance = np.zeros(bodies.shape[:2])
    skinned_at = getattr(motion, "skinned_at", motion.vertices_at)
    for i, body in enumerate(bodies):
        distance[i] = np.linalg.norm(body.astype(np.float64) - skinned_at(float(i)), axis=1)
    if np.median(distance, axis=1).max() > ASTRAY:
        return None
    worst = distance.max(axis=0)
    parts = {name: float(worst[simulation.body_part == k].max(initial=0.0)) for k, name in enumerate(PARTS)}
    return {
        "worst_mm": _mm(distance.max()),
        "worst_frame": int(distance.max(axis=1).argmax()),
        "worst_mm_by_frame": [_mm(d) for d in distance.max(axis=1)],
        "worst_mm_by_part": {name: _mm(d) for name, d in parts.items() if d > UNSEEN},
        "vertices_moved_by_frame": (distance > UNSEEN).sum(axis=1).tolist(),
    }


def strains(vertices: NDArray[np.floating], faces: I32, panel_uv: NDArray[np.floating]) -> F64:
    """Return weft, warp and principal strain of each triangle, shape (T, 3).

    Args:
        vertices: [m], shape (N, 3).
        faces: shape (T, 3).
        panel_uv: corners on the flat panel [m], shape (T, 3, 2), x along the weft, y along the warp.
    """
    flat, space = panel_uv.astype(np.float64), vertices[faces].astype(np.float64)
    rest = np.stack([flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]], axis=2)
    edges = np.stack([space[:, 1] - space[:, 0], space[:, 2] - space[:, 0]], axis=2)
    f = edges @ np.linalg.inv(rest)
    weft, warp = (f[:, :, 0] ** 2).sum(1), (f[:, :, 1] ** 2).sum(1)
    half_sum, half_difference = 0.5 * (weft + warp), 0.5 * (weft - warp)
    shear = (f[:, :, 0] * f[:, :, 1]).sum(1)
    principal = half_sum + np.hypot(half_difference, shear)  # the larger eigenvalue of F^T F
    return np.sqrt(np.stack([weft, warp, principal], axis=1)) - 1.0


def measure_strain(
    simulation: Simulation,
    garments: Sequence[str],
    fabrics: Sequence[str],
    limits: Sequence[float],
    elastic: NDArray[np.floating] | None = None,
) -> list[dict[str, Any]]:
    """Return, per garment, percentiles of strain over all elements and frames, and the share beyond the fabric's limit.

    An element is beyond the limit when its weft or warp strain is: the yarns are what locks. Elements with an elastic of their
    own (elastic (T,): the strain at which it locks, 0 without) are cut to be stretched: they are counted apart.
    """
    own = np.zeros(len(simulation.cloth_faces)) if elastic is None else np.asarray(elastic, np.float64)
    by_frame = np.stack(
        [strains(x, simulation.cloth_faces, simulation.cloth_panel_uv) for x in simulation.cloth_vertices]
    )
    result = []
    for garment, (name, cloth, limit) in enumerate(zip(garments, fabrics, limits, strict=True)):
        worn = simulation.garment_of_face == garment
        mine = by_frame[:, worn & (own == 0.0)]
        bands = by_frame[:, worn & (own > 0.0), :2].max(axis=2)
        if not mine.shape[1]:
            continue
        over = (mine[:, :, :2].max(axis=2) > limit).mean(axis=1)
        result.append(
            {
                "garment": name,
                "fabric": cloth,
                "strain_limit": limit,
                "elements": mine.shape[1],
                **{axis: _spread(mine[:, :, k]) for k, axis in enumerate(("weft", "warp", "principal"))},
                "share_over_limit": _round(over.mean()),
                "worst_share_over_limit": _round(over.max()),
                "share_over_limit_by_frame": [_round(v) for v in over],
                **(
                    {
                        "elastic_elements": bands.shape[1],
                        "elastic_strain": _spread(bands),
                        "elastic_share_over_limit": _round((bands > own[worn & (own > 0.0)]).mean()),
                    }
                    if bands.shape[1]
                    else {}
                ),
            }
        )
    return result


def measure_seams(simulation: Simulation, pattern: Pattern | None = None) -> dict[str, Any]:
    """Return how far seams gape, and how well what is sewn together matches.

    A seam edge that is an edge of the mesh is closed when faces lie on both of its sides; two vertices that no face
    joins are a stitch, whose gap is their distance in the worst frame. The mismatch of a closed seam edge is the
    difference of its lengths on the two flat panels; that of a seam, of the lengths of its edges and its stated ease.
    """
    edges, sides = unique_edges(simulation.cloth_faces)
    width = simulation.cloth_vertices.shape[1]
    index = {int(k): i for i, k in enumerate(edges[:, 0].astype(np.int64) * width + edges[:, 1])}
    wanted = np.sort(simulation.seam_edges.astype(np.int64), axis=1)
    at = np.array([index.get(int(k), -1) for k in wanted[:, 0] * width + wanted[:, 1]], np.int64)
    on_mesh = np.unique(at[at >= 0])
    closed = on_mesh[sides[on_mesh, 1] >= 0]
    stitches = simulation.seam_edges[at < 0]
    gaps = np.linalg.norm(
        simulation.cloth_vertices[:, stitches[:, 0]] - simulation.cloth_vertices[:, stitches[:, 1]], axis=2
    )
    flat = np.stack([_flat_lengths(simulation, edges[closed], sides[closed, k]) for k in range(2)], axis=1)
    mismatch = np.abs(flat[:, 0] - flat[:, 1])
    result: dict[str, Any] = {
        "welded_edges": len(closed),
        "open_edges": len(on_mesh) - len(closed),
        "stitches": len(stitches),
        "worst_gap_mm": _mm(gaps.max(initial=0.0)),
        "worst_element_mismatch_mm": _mm(mismatch.max(initial=0.0)),
    }
    if pattern is not None:
        result["pattern"] = [
            {
                "seam": seam.name,
                "kind": seam.kind,
                "first_cm": _cm(first),
                "second_cm": _cm(second),
                "stated_ease_cm": _cm(seam.ease),
                "mismatch_mm": _mm(abs(first - second - seam.ease)),
            }
            for seam in pattern.seams
            for first, second in [[pattern.panel(p).edge(e).length for p, e in (seam.first, seam.second)]]
        ]
    return result


def measure_rings(simulation: Simulation, pattern: Pattern) -> list[dict[str, Any]]:
    """Return girth and height of every ring (waist, hem, neck, cuff) over the frames.

    drop: how far the ring sinks below its first frame (mean height); slip: the same, less the drop of the points of the
    body that were nearest to it in the first frame, so that a body that bends or steps does not count as slipping;
    rise: how far it rides up the body, likewise.
    """
    from scipy.spatial import cKDTree

    tree = cKDTree(simulation.body_vertices[0])
    result = []
    for loop in pattern.loops:
        runs = ring_runs(simulation, pattern, loop)
        if not runs:
            continue
        ring = np.unique(np.concatenate(runs))
        height = simulation.cloth_vertices[:, ring, 1].mean(axis=1, dtype=np.float64)
        nearest = tree.query(simulation.cloth_vertices[0, ring])[1]
        body = simulation.body_vertices[:, nearest, 1].mean(axis=1, dtype=np.float64)
        drop = height[0] - height
        slip = drop - (body[0] - body)
        girth = sum(
            np.linalg.norm(np.diff(simulation.cloth_vertices[:, run].astype(np.float64), axis=1), axis=2).sum(
                axis=1
            )
            for run in runs
        )
        flat = sum(pattern.panel(p).edge(e).length for p, e in loop.edges)
        result.append(
            {
                "ring": f"{pattern.garments[loop.garment]}/{loop.name}",
                "axis": loop.axis,
                "flat_girth_cm": _cm(flat),
                "girth_cm": {"first": _cm(girth[0]), "least": _cm(girth.min()), "greatest": _cm(girth.max())},
                "first_height_cm": _cm(height[0]),
                "lowest_height_cm": _cm(height.min()),
                "greatest_drop_mm": _mm(drop.max()),
                "greatest_slip_mm": _mm(slip.max()),
                "greatest_rise_mm": _mm(-slip.min()),
                "drop_by_frame_mm": [_mm(v) for v in drop],
                "slip_by_frame_mm": [_mm(v) for v in slip],
            }
        )
    return result


def measure_worn(simulation: Simulation, pattern: Pattern, motion: BodyMotion) -> dict[str, Any] | None:
    """Return how often each ring goes round its body axis, and which free rings run the way they would inside out.

    A hem, neck, cuff or waist that is worn has the linking number 1 or -1 with its axis (`toile.garments.topology`).

    Args:
        simulation: body and garments.
        pattern: names the rings.
        motion: the body's, with its joints; without yielding flesh, by skinning alone.

    Returns:
        None where the simulated body is not this motion's, or its joints are not known.
    """
    count = len(simulation.cloth_vertices)
    if count > motion.frame_count or simulation.body_vertices.shape[1] != len(motion.rig.rest_vertices):
        return None
    skinned = getattr(motion, "skinned_at", motion.vertices_at)(0.0)
    joints = {i: joints_at(motion, float(i)) for i in sorted({*range(0, count, WORN_EVERY), count - 1})}
    away = np.linalg.norm(simulation.body_vertices[0].astype(np.float64) - skinned, axis=1)
    if np.median(away) > ASTRAY or any(j is None for j in joints.values()):
        return None
    found = [(loop, ring_runs(simulation, pattern, loop)) for loop in pattern.loops]
    names = {
        f"{pattern.garments[loop.garment]}/{loop.name}": (loop.axis, runs) for loop, runs in found if runs
    }
    rings = {name: chained([run.tolist() for run in runs]) for name, (_, runs) in names.items()}
    axis_of = {name: axis for name, (axis, _) in names.items()}
    faults: dict[str, dict[str, int]] = {name: {} for name in rings}
    turned: dict[int, list[str]] = {}
    turns: dict[int, dict[str, float]] = {}
    for frame, at in joints.items():
        x = simulation.cloth_vertices[frame]
        here = at or {}
        for name, sentences in ring_faults({n: x[r] for n, r in rings.items()}, axis_of, here).items():
            for sentence in sentences:
                faults[name].setdefault(sentence, frame)
        turned[frame] = inside_out(x, simulation.cloth_faces, rings, axis_of, here)
        axes = bone_axes(here)
        turns[frame] = {
            n: round(turns_round(x[r], axis_of[n], axes), 3) for n, r in rings.items() if len(r) > 2
        }
    rows = [
        {
            "ring": name,
            "axis": axis_of[name],
            "turns": {"first": turns[0].get(name), "last": turns[count - 1].get(name)},
            "faults": [f"Frame {frame}: {sentence}" for sentence, frame in faults[name].items()],
        }
        for name in rings
    ]
    return {
        "frames_looked_at": list(joints),
        "rings": rows,
        "inside_out": sorted({name for names in turned.values() for name in names}),
        "right": not any(faults.values()) and not any(turned.values()),
    }


def ring_runs(simulation: Simulation, pattern: Pattern, loop: Loop) -> list[I32]:
    """Return the cloth's vertices along each edge of a ring, in order along the edge."""
    names = [panel.name for panel in pattern.panels]
    runs = []
    for name, edge_name in loop.edges:
        panel = pattern.panel(name)
        warp = np.asarray(panel.grain, np.float64) / np.linalg.norm(panel.grain)
        turn = np.array(
            [[warp[1], warp[0]], [-warp[0], warp[1]]]
        )  # columns weft, warp: as the mesh turns its panels
        mine = simulation.panel_of_face == names.index(name)
        vertex, at, _ = split_at_seams(simulation.cloth_faces[mine], simulation.cloth_panel_uv[mine])
        if not len(vertex):
            continue
        distance, along = _along(at.astype(np.float64), panel.edge(edge_name).points @ turn)
        on = np.flatnonzero(distance < ON_EDGE)
        runs.append(vertex[on[np.argsort(along[on], kind="stable")]])
    return [run for run in runs if len(run) > 1]


def _along(points: F64, line: F64) -> tuple[F64, F64]:
    """Distance of points (n, 2) to a polyline (k, 2), and how far along it the closest point lies."""
    step = np.diff(line, axis=0)
    length = np.linalg.norm(step, axis=1)
    offset = points[:, None] - line[None, :-1]
    part = np.clip((offset * step).sum(2) / np.maximum(length**2, 1e-30), 0.0, 1.0)
    distance = np.linalg.norm(offset - part[:, :, None] * step, axis=2)
    nearest = distance.argmin(axis=1)
    row = np.arange(len(points))
    start = np.concatenate([[0.0], np.cumsum(length)[:-1]])
    return distance[row, nearest], start[nearest] + part[row, nearest] * length[nearest]


def _flat_lengths(simulation: Simulation, edges: NDArray[np.integer], faces: NDArray[np.integer]) -> F64:
    """Length [m] of each edge on the flat panel of the face beside it."""
    corners, flat = simulation.cloth_faces[faces], simulation.cloth_panel_uv[faces].astype(np.float64)
    row = np.arange(len(edges))
    ends = [flat[row, np.argmax(corners == edges[:, [k]], axis=1)] for k in range(2)]
    return np.linalg.norm(ends[0] - ends[1], axis=1)


def _counts(values: NDArray[np.integer]) -> dict[str, Any]:
    worst = int(values.argmax()) if len(values) else 0
    return {
        "total": int(values.sum()),
        "worst": int(values.max(initial=0)),
        "worst_frame": worst,
        "frames_with_any": int((values > 0).sum()),
        "by_frame": values.tolist(),
    }


def _spread(values: F64) -> dict[str, Any]:
    """Percentiles and extremes of strain, shape (frames, elements)."""
    named = {f"p{p}": _round(np.percentile(values, p)) for p in PERCENTILES}
    return {
        **named,
        "max": _round(values.max()),
        "min": _round(values.min()),
        "worst_frame": int(values.max(axis=1).argmax()),
        "p99_by_frame": [_round(v) for v in np.percentile(values, 99, axis=1)],
        "max_by_frame": [_round(v) for v in values.max(axis=1)],
    }


def _round(value: float) -> float:
    return round(float(value), 6)


def _mm(metres: float) -> float:
    return round(1000.0 * float(metres), 4)


def _cm(metres: float) -> float:
    return round(100.0 * float(metres), 4)

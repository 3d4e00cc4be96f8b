"""Dress a figure: place every panel round its body part, sew, settle, and prove that the start is clean.

Each panel is wrapped on convex tapes round its part of the body (`form.py`): a row of cloth becomes an arc of the tape
at its height, side seams at equal fractions of the cloth; a tape shorter than its cloth is let out, so a flared skirt
becomes a cone. Cloth above the underarm follows arches over the shoulders; trousers pass through the saddle under the
crotch; sleeves follow the arm's axis. Seam partners then move to their mean, the displacement spreads inwards
harmonically, and the sewn cloth settles (`settle.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.body import PARTS, Figure
from toile.engine.core.errors import Infeasible
from toile.engine.core.intersect import body_cloth_intersections, cloth_self_intersections
from toile.garments.blocks_belt import is_belt
from toile.garments.blocks_lap import FACED, FUSED, LAYERS, closed, is_lapped, own_side
from toile.garments.cloth_mesh import ClothMesh
from toile.garments.fabric import fabric
from toile.garments.form import Form, Soup, make_form
from toile.garments.harmonic import harmonic
from toile.garments.meshing import SewnMesh, mesh_pattern, sew, tacked
from toile.garments.obstacles import Neck
from toile.garments.pattern import Pattern
from toile.garments.pieces import has_armhole, has_shoulder, make_piece, make_tiers
from toile.garments.settle import LAYER_GAP, settle
from toile.garments.topology import bone_axes, chained, check_topology, linking_number
from toile.garments.turned import is_over, turned_edges
from toile.garments.wrap_bodice import place_bodice
from toile.garments.wrap_collar import place_collar
from toile.garments.wrap_cut_on import is_raglan, with_raglan
from toile.garments.wrap_folds import is_pleated, place_pleats
from toile.garments.wrap_hood import place_hood
from toile.garments.wrap_lap import GAPS, lay_laps
from toile.garments.wrap_over import turn_over
from toile.garments.wrap_overlap import is_overlapping, place_overlap
from toile.garments.wrap_sleeve import place_sleeves
from toile.garments.wrap_trousers import place_trousers
from toile.garments.wrap_trunk import place_tube

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

_BELT_ROOM = (LAYER_GAP, 2.0 * LAYER_GAP, 4.0 * LAYER_GAP)
"""Distances [m] from the garment at which a belt is laid: wide cloth under it bends sharply at its sides."""


def dress(pattern: Pattern, figure: Figure, edge_length: float = 0.015) -> ClothMesh:
    """Return the sewn garments round a figure, outside it and free of intersections.

    Args:
        pattern: panels with placements; seams.
        figure: the body in its A-pose.
        edge_length: wanted length of the triangles' sides [m].

    Raises:
        BadInput: a pattern that cannot be sewn (see `meshing`).
        Infeasible: a garment that cannot be put on this body without crossing it or itself.
    """
    shut = closed(pattern)
    sewn = sew(shut, mesh_pattern(shut, edge_length))
    vertices = lay(shut, sewn, figure)
    for gap in GAPS if shut is not pattern else ():
        lapped = assemble(pattern, *lay_laps(pattern, sewn, vertices, edge_length, gap), figure)
        try:
            prove(lapped, figure)
        except Infeasible:
            continue  # fronts that cannot be laid on one another at any gap stay sewn shut
        return lapped
    cloth = assemble(shut, sewn, vertices, figure)
    prove(cloth, figure)
    return cloth


def lay(pattern: Pattern, sewn: SewnMesh, figure: Figure) -> F64:
    """Return the welded vertices [m] (N, 3) of garments laid round a figure, one after the other from the skin outwards."""
    vertices = np.zeros((sewn.vertex_count, 3))
    order = sorted(range(len(pattern.garments)), key=lambda g: _layer(pattern, g))
    worn: list[Soup] = []
    done: list[int] = []
    for garment in order:
        form = make_form(figure, worn)
        mine = [i for i, panel in enumerate(pattern.panels) if panel.garment == garment]
        over = [i for i in mine if is_over(pattern, i)]
        belts = [i for i in mine if is_belt(pattern.panels[i])]
        base = [i for i in mine if i not in over and i not in belts]
        flat = _place(pattern, sewn, base, form)
        used = np.unique(sewn.faces[np.isin(sewn.panel_of_face, base)])
        vertices[used] = settle(pattern, sewn, base, flat, form, vertices, done)
        if _collar_is_off(pattern, sewn, garment, vertices, figure):
            vertices[used] = settle(pattern, sewn, base, flat, form, vertices, done, neck=Neck(figure))
        if over:
            vertices = turn_over(pattern, sewn, base, over, vertices, form)
        if belts:
            under = [i for i in mine if i not in belts]
            outside = make_form(figure, [*worn, _soup_of_garment(pattern, sewn, under, vertices)])
            round_it = _place(pattern, sewn, belts, outside)
            held = np.unique(sewn.faces[np.isin(sewn.panel_of_face, belts)])
            for room in _BELT_ROOM:
                vertices[held] = settle(
                    pattern, sewn, belts, round_it, outside, vertices, done, under, layer_gap=room
                )
                if not _crosses(sewn, belts, under, vertices):
                    break
        done.append(garment)
        worn.append(_soup_of_garment(pattern, sewn, mine, vertices))
    return vertices


def _crosses(sewn: SewnMesh, over: Sequence[int], under: Sequence[int], vertices: F64) -> bool:
    """Return whether settled panels cross those below them."""
    above, below = (sewn.faces[np.isin(sewn.panel_of_face, panels)] for panels in (over, under))
    return len(body_cloth_intersections(vertices, above, vertices, below)) > 0


def _collar_is_off(pattern: Pattern, sewn: SewnMesh, garment: int, vertices: F64, figure: Figure) -> bool:
    """Whether a collar has settled beside the neck: parts of it lay in the neck, and the skin nearest to them was the chin's."""
    index = {panel.name: i for i, panel in enumerate(pattern.panels)}
    axis = bone_axes(figure.joints)["neck"]
    for loop in pattern.loops:
        if loop.garment == garment and all(pattern.panel(p).placement.part == "neck" for p, _ in loop.edges):
            ring = vertices[_ring_of(sewn, index, loop.edges)]
            if abs(abs(linking_number(ring, axis)) - 1.0) > 0.05:
                return True
    return False


def _layer(pattern: Pattern, garment: int) -> int:
    return max((p.placement.layer for p in pattern.panels if p.garment == garment), default=0)


def _soup_of_garment(pattern: Pattern, sewn: SewnMesh, panels: Sequence[int], vertices: F64) -> Soup:
    """Return a placed garment's edges, labelled with the body part that each panel wraps."""
    label = {
        "torso": "torso",
        "left_leg": "left_thigh",
        "right_leg": "right_thigh",
        "left_arm": "left_upper_arm",
        "right_arm": "right_upper_arm",
        "neck": "neck",
        "head": "head",
    }
    starts, ends, parts = [], [], []
    for i in panels:
        faces = sewn.faces[sewn.panel_of_face == i]
        for a, b in ((0, 1), (1, 2), (2, 0)):
            starts.append(vertices[faces[:, a]])
            ends.append(vertices[faces[:, b]])
            parts.append(np.full(len(faces), PARTS.index(label[pattern.panels[i].placement.part])))
    return Soup(np.concatenate(starts), np.concatenate(ends), np.concatenate(parts).astype(np.int32))


def _place(pattern: Pattern, sewn: SewnMesh, panels: Sequence[int], form: Form) -> F64:
    """Return wrapped positions [m] of the panels' vertices, partners at their mean; shape (sum n, 3)."""
    placed = np.zeros((len(sewn.weld), 3))
    weight = np.ones(len(sewn.weld))
    collars = [i for i in panels if pattern.panels[i].placement.part in ("neck", "head")]
    for tier in with_raglan(pattern, make_tiers(pattern, [i for i in panels if i not in collars])):
        parts = {pattern.panels[i].placement.part for i in tier}
        pieces = {i: make_piece(pattern, pattern.panels[i], sewn.panels[i]) for i in tier}
        if parts & {"left_leg", "right_leg"}:
            points = place_trousers(pattern, list(pieces.values()), form)
        elif any(is_raglan(pattern.panels[i]) for i in tier):
            points = place_bodice(pattern, list(pieces.values()), form)
        elif parts & {"left_arm", "right_arm"}:
            points = place_sleeves(list(pieces.values()), form)
        elif any(has_shoulder(pattern.panels[i]) or has_armhole(pattern.panels[i]) for i in tier):
            points = place_bodice(pattern, list(pieces.values()), form)
        elif any(is_overlapping(pattern.panels[i]) for i in tier):
            points = place_overlap(list(pieces.values()), form)
        elif any(is_pleated(pattern.panels[i]) for i in tier):
            points = place_pleats(list(pieces.values()), form)
        else:
            points = place_tube(list(pieces.values()), form)
        for i, xyz in zip(pieces, points, strict=True):
            placed[sewn.start[i] : sewn.start[i + 1]] = xyz
            if pattern.panels[i].placement.part.endswith("arm"):
                weight[sewn.start[i] : sewn.start[i + 1]] = 0.25
    done = [i for i in panels if i not in collars]
    for i in collars:
        span = slice(sewn.start[i], sewn.start[i + 1])
        hood = pattern.panels[i].placement.part == "head"
        placed_before = [k for k in done if not (hood and pattern.panels[k].placement.part == "head")]
        total, mass = _means(sewn, placed_before, placed, weight)
        known = mass[sewn.weld[span]] > 0.0
        target = total[sewn.weld[span]] / np.maximum(mass[sewn.weld[span]], 1e-12)[:, None]
        place = place_hood if hood else place_collar
        placed[span] = place(pattern.panels[i], sewn.panels[i], known, target, form)
        done.append(i)
    return _join(sewn, panels, placed, weight, tacked(pattern, sewn.panels, sewn.start).ravel())


def _means(sewn: SewnMesh, panels: Sequence[int], placed: F64, weight: F64) -> tuple[F64, F64]:
    """Return the weighted sum of positions [m] at every welded vertex, (N, 3), and the sum of the weights, (N,)."""
    total, mass = np.zeros((sewn.vertex_count, 3)), np.zeros(sewn.vertex_count)
    mine = np.concatenate([np.arange(sewn.start[i], sewn.start[i + 1]) for i in panels])
    np.add.at(total, sewn.weld[mine], weight[mine, None] * placed[mine])
    np.add.at(mass, sewn.weld[mine], weight[mine])
    return total, mass


def _join(sewn: SewnMesh, panels: Sequence[int], placed: F64, weight: F64, tacks: I32) -> F64:
    """Move seam partners to their weighted mean and spread the displacement harmonically inside each panel.

    What is tacked moves alone, so that the layers that a tack holds stay apart around it.
    """
    total, mass = _means(sewn, panels, placed, weight)
    count = np.zeros(sewn.vertex_count)
    mine = np.concatenate([np.arange(sewn.start[i], sewn.start[i + 1]) for i in panels])
    np.add.at(count, sewn.weld[mine], 1.0)
    target = total / np.maximum(mass, 1e-12)[:, None]
    joined = placed.copy()
    for i in panels:
        span = slice(sewn.start[i], sewn.start[i + 1])
        ids = sewn.weld[span]
        alone = np.isin(np.arange(span.start, span.stop), tacks)
        fixed = (count[ids] > 1) & ~alone
        moved = np.where(fixed[:, None], target[ids] - placed[span], 0.0)
        joined[span] = placed[span] + harmonic(sewn.panels[i].points, sewn.panels[i].faces, fixed, moved)
        joined[span][alone] = target[ids][alone]
    return joined


def assemble(pattern: Pattern, sewn: SewnMesh, vertices: F64, figure: Figure) -> ClothMesh:
    """Return the cloth mesh of a sewn pattern whose welded vertices lie at given places [m]."""
    uv = np.zeros((len(sewn.faces), 3, 2), np.float32)
    flat = sewn.flat_points
    lines, on_panel = [np.zeros((0, 2, 2))], [np.zeros(0, np.int32)]
    buttons: list[tuple[F64, int, float]] = []
    index = {panel.name: i for i, panel in enumerate(pattern.panels)}
    shown = {(tie.lower, *np.round(tie.at, 6)) for tie in pattern.ties}
    for i, panel in enumerate(pattern.panels):
        mine = sewn.panel_of_face == i
        warp = np.array(panel.grain, dtype=np.float64)
        warp /= np.linalg.norm(warp)
        turn = np.stack([np.array([warp[1], -warp[0]]), warp], axis=1)
        uv[mine] = flat[sewn.flat_faces[mine]] @ turn
        for fold in panel.folds:
            if fold.kind in ("stitch", "mouth"):
                points = fold.points @ turn
                lines.append(np.stack([points[:-1], points[1:]], axis=1))
                on_panel.append(np.full(len(points) - 1, i, np.int32))
            elif fold.kind == "button" and (panel.name, *np.round(fold.points.mean(axis=0), 6)) not in shown:
                points = fold.points @ turn
                buttons.append((points.mean(axis=0), i, float(np.linalg.norm(points[-1] - points[0]))))
        buttons += [
            (np.array(tie.at) @ turn, i, tie.size)
            for tie in pattern.ties
            if tie.upper == panel.name and tie.size
        ]
    loops = {
        f"{pattern.garments[loop.garment]}/{loop.name}": _ring_of(sewn, index, loop.edges)
        for loop in pattern.loops
    }
    axes = {f"{pattern.garments[loop.garment]}/{loop.name}": loop.axis for loop in pattern.loops}
    garment = np.array([panel.garment for panel in pattern.panels], np.int32)
    stiffness = np.array([p.stiffness for p in pattern.panels], np.float32)[sewn.panel_of_face]
    fused = _fused(pattern, sewn)
    return ClothMesh(
        vertices=vertices.astype(np.float32),
        faces=sewn.faces.astype(np.int32),
        panel_uv=uv,
        stiffness=stiffness * np.where(fused, np.float32(LAYERS), np.float32(1.0)),
        bend=np.where(fused, np.float32(FUSED / LAYERS), np.float32(1.0)),
        panel_of_face=sewn.panel_of_face,
        garment_of_face=garment[sewn.panel_of_face],
        panel_names=tuple(p.name for p in pattern.panels),
        garment_names=pattern.garments,
        fabrics=tuple(fabric(name) for name in pattern.fabrics),
        layer_of_garment=np.array([_layer(pattern, g) for g in range(len(pattern.garments))], np.int32),
        seam_edges=sewn.seam_edges,
        hem_edges=_free_edges(sewn.faces),
        loops=loops,
        loop_axis=axes,
        creases=np.concatenate([_creases(sewn), turned_edges(pattern, sewn)]),
        anchors=_anchors(pattern, figure),
        strain_limit=np.array([p.elastic for p in pattern.panels], np.float32)[sewn.panel_of_face],
        stitch_lines=np.concatenate(lines).astype(np.float32),
        stitch_panel=np.concatenate(on_panel),
        button_places=np.array([place for place, _, _ in buttons], np.float32).reshape(-1, 2),
        button_panel=np.array([i for _, i, _ in buttons], np.int32),
        button_size=np.array([size for _, _, size in buttons], np.float32),
        ties=np.array(
            [[_pinned(sewn, index[n], t.at) for n in (t.upper, t.lower)] for t in pattern.ties], np.int32
        ).reshape(-1, 2),
        tie_length=np.array([tie.length for tie in pattern.ties], np.float32),
    )


def _fused(pattern: Pattern, sewn: SewnMesh) -> NDArray[np.bool_]:
    """Return which faces (T,) lie where the facing of a lapped front is fused to it."""
    middle = sewn.flat_points[sewn.flat_faces].mean(axis=1)
    fused = np.zeros(len(middle), dtype=bool)
    for i, panel in enumerate(pattern.panels):
        if is_lapped(panel):
            fused |= (sewn.panel_of_face == i) & (own_side(panel) * middle[:, 0] < FACED)
    return fused


def _pinned(sewn: SewnMesh, panel: int, at: tuple[float, float]) -> int:
    """Return the welded vertex of a place that a panel is pinned at."""
    nearest = int(np.linalg.norm(sewn.panels[panel].points - np.array(at), axis=1).argmin())
    return int(sewn.weld[nearest + sewn.start[panel]])


def _creases(sewn: SewnMesh) -> I32:
    """Return the welded ends of the triangles' sides along fold lines, shape (C, 2)."""
    pairs = [
        sewn.weld[np.stack([chain[:-1], chain[1:]], axis=1) + sewn.start[i]]
        for i, mesh in enumerate(sewn.panels)
        for chain in mesh.fold_vertices
    ]
    return np.concatenate(pairs).astype(np.int32) if pairs else np.zeros((0, 2), np.int32)


def _free_edges(faces: I32) -> I32:
    half = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges, count = np.unique(np.sort(half, axis=1), axis=0, return_counts=True)
    return edges[count == 1].astype(np.int32)


def _ring_of(sewn: SewnMesh, index: Mapping[str, int], edges: Sequence[tuple[str, str]]) -> I32:
    """Chain the welded vertices of a ring's edges, whichever way and order they are named."""
    runs = []
    for panel, edge in edges:
        i = index[panel]
        runs.append([int(v) for v in sewn.weld[sewn.panels[i].edge_vertices[edge] + sewn.start[i]]])
    return chained(runs)


def _anchors(pattern: Pattern, figure: Figure) -> dict[str, float]:
    """Return the waist rings that dressing holds, each at the height [m] where the pattern wants it."""
    anchors = {}
    for loop in pattern.loops:
        if loop.axis != "torso" or not loop.name.startswith(("waist", "stay")):
            continue
        heights = []
        for name, edge in loop.edges:
            placement = pattern.panel(name).placement
            points = pattern.panel(name).edge(edge).points
            centre = points[np.abs(points[:, 0]).argmin(), 1]
            heights.append(float(figure.landmarks[placement.landmark][1]) + float(centre) - placement.y)
        anchors[f"{pattern.garments[loop.garment]}/{loop.name}"] = float(np.mean(heights))
    return anchors


def prove(cloth: ClothMesh, figure: Figure) -> None:
    """Refuse a start that is tangled, on the wrong limb, or crosses the body or itself.

    Raises:
        Infeasible: names the garment, the panel and the fault.
    """
    faults = check_topology(cloth.vertices, cloth, figure.joints)
    if faults:
        raise Infeasible(f"{faults[0]} Check where its panels are placed, or ask for a larger size.")
    own = cloth_self_intersections(cloth.vertices, cloth.faces)
    through = body_cloth_intersections(cloth.vertices, cloth.faces, figure.vertices, figure.faces)
    for pairs, what in ((through, "the body"), (own, "the cloth")):
        if len(pairs):
            face = int(pairs[0, 0])
            at = cloth.vertices[cloth.faces[face]].mean(axis=0)
            raise Infeasible(
                f"The {cloth.garment_names[int(cloth.garment_of_face[face])]} cannot be put on: {len(pairs)} triangles of "
                f"{cloth.panel_names[int(cloth.panel_of_face[face])]!r} still cross {what}, "
                f"{100 * at[1]:.0f} cm above the floor; ask for more ease or a larger size."
            )

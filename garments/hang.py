"""Hang the pieces of a pattern round a body, each by itself: where sewing with ramped seams starts from.

Nothing of a piece has to be known but which part of the body it wraps, which way its right side faces, and how high it
hangs. A piece is rolled on a convex tape let out to the cloth of its height: a point x [m] to the side of the body's axis
lies x along the tape from where the piece faces. The pieces of a part lie on tapes one within the other (a few millimetres apart), so
that they do not meet however far they overlap. Above the armpits the trunk's tape stays that of the armpits: what goes over a
shoulder stands upright before it and behind it. Sleeves are slid down the arm until they are clear of the trunk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.body import PARTS
from toile.engine.core.errors import Infeasible
from toile.engine.core.intersect import body_cloth_intersections, cloth_self_intersections
from toile.garments.form import STEP, Form, Tapes, on_closed
from toile.garments.meshing import PanelMesh, SewnMesh
from toile.garments.pattern import Panel, Pattern
from toile.garments.pieces import row_extents, shoulder_edges
from toile.garments.wrap_sleeve import along_arm
from toile.garments.wrap_trunk import CLEARANCE, STEEPEST, above_floor, let_out

F64 = NDArray[np.float64]

TRIES = (
    (0.006, 0.02, 0.012, False),
    (0.006, 0.06, 0.020, False),
    (0.012, 0.10, 0.035, False),
    (0.025, 0.16, 0.06, False),
    (0.012, 0.10, 0.012, True),
    (0.02, 0.20, 0.03, True),
)
"""In turn, until nothing crosses: distance [m] between the tapes of two pieces of one part; how far [m] sleeves are slid down the arm;
distance [m] of the innermost tape from the body; whether pieces that reach the shoulders stand in planes before and behind the body
instead (wide ones would meet the arms)."""
ROOM = 1.04
"""Length of a tape over that of the cloth at its height, so that edges to be sewn start apart."""
LAPEL = 0.12
"""Height [m] from which a collar's piece that faces front or back lies on the body like a piece of the trunk."""
OVER = 0.02
"""How far above the shoulder's tip [m] shoulder seams start."""
HOOD = 0.15
"""Least height [m] of a piece that stands beside the head, rather than round the neck."""
_FACING = {"back": 180.0, "left_back": 180.0, "right_back": 180.0}


def facing(panel: Panel) -> float:
    """Return which way a piece's right side looks [degrees]: 0 to the front, 90 to the wearer's left."""
    return panel.facing if panel.facing is not None else _FACING.get(panel.placement.wrap, 0.0)


def hang(pattern: Pattern, sewn: SewnMesh, form: Form, apart: bool = True) -> F64:
    """Return positions [m] of all concatenated vertices, (sum n, 3): every piece clear of the body, and of the others.

    Args:
        apart: whether pieces must be clear of each other, which contact of cloth with cloth has to start from.

    Raises:
        Infeasible: pieces that cannot be hung so.
    """
    fault = "cannot be hung round the body"
    for shell, slide, room, upright in TRIES:
        placed = np.concatenate(_hung(pattern, sewn, form, shell, slide, room, upright))
        crossed = _fault(pattern, sewn, form, placed, apart)
        if crossed is None:
            return placed
        fault = crossed
    raise Infeasible(f"{fault}; say where it belongs (its part, wrap or translation in the file).")


def _fault(pattern: Pattern, sewn: SewnMesh, form: Form, placed: F64, apart: bool) -> str | None:
    """Return what crosses at the start, in words."""
    own = cloth_self_intersections(placed, sewn.flat_faces) if apart else np.zeros((0, 2), np.int32)
    if len(own):
        names = [pattern.panels[int(sewn.panel_of_face[k])].name for k in own[0]]
        return f"The pieces {names[0]!r} and {names[1]!r} cross where they are hung round the body"
    through = _in_body(sewn, form, placed)
    if len(through):
        return f"The piece {pattern.panels[int(through[0])].name!r} cuts the body where it is hung"
    return None


def _in_body(sewn: SewnMesh, form: Form, placed: F64) -> NDArray[np.int32]:
    """Return the pieces that cut the body."""
    through = body_cloth_intersections(placed, sewn.flat_faces, form.figure.vertices, form.figure.faces)
    return np.unique(sewn.panel_of_face[through[:, 0]])


def _hung(
    pattern: Pattern, sewn: SewnMesh, form: Form, shell: float, slide: float, room: float, upright: bool
) -> list[F64]:
    panels = list(zip(pattern.panels, sewn.panels, strict=True))
    placed: list[F64] = [np.zeros((len(mesh.points), 3)) for mesh in sewn.panels]
    parts = ["torso" if _is_lapel(*pair) else pair[0].placement.part for pair in panels]
    waists = [p.placement for p in pattern.panels if p.placement.landmark == "waist"]
    panels = [
        (replace(p, placement=waists[0]), mesh) if waists and _is_lapel(p, mesh) else (p, mesh)
        for p, mesh in panels
    ]
    trunk = [i for i, part in enumerate(parts) if part == "torso" or part.endswith("leg")]
    for i, points in zip(
        trunk, _round_trunk([panels[i] for i in trunk], form, shell, room, upright), strict=True
    ):
        placed[i] = points
    for side in ("left", "right"):
        legs = [i for i in trunk if parts[i] == f"{side}_leg"]
        for i, points in zip(legs, _round_leg([panels[i] for i in legs], form, side, shell), strict=True):
            crotch = form.height("crotch")
            low = np.clip((crotch + 0.05 - placed[i][:, 1:2]) / 0.08, 0.0, 1.0)
            low = low * low * (3.0 - 2.0 * low)
            placed[i] = (1.0 - low) * placed[i] + low * points
        arms = [i for i, part in enumerate(parts) if part == f"{side}_arm"]
        for i, points in zip(
            arms, _round_arm([panels[i] for i in arms], form, side, shell, slide), strict=True
        ):
            placed[i] = points
    necks = [i for i, part in enumerate(parts) if part in ("neck", "head")]
    top = max([float(placed[i][:, 1].max()) for i in trunk], default=0.0)
    for k, i in enumerate(necks):
        placed[i] = _at_neck(*panels[i], form, shell * k, top)
    return placed


def _frozen(form: Form) -> Tapes:
    """Return the trunk's tapes, that of the armpits upwards of them."""
    tapes = form.trunk
    armpit = 0.5 * (form.height("left_armpit") + form.height("right_armpit")) - 0.02
    support = tapes.support.copy()
    row = int(np.searchsorted(tapes.levels, armpit))
    chest = support[row]
    support[row:] = np.maximum(chest, support[row : row + 3].max(axis=0))
    return replace(tapes, support=support)


def _rows(panels: Sequence[tuple[Panel, PanelMesh]], heights: Sequence[F64], levels: F64) -> F64:
    """Return the length of cloth [m] at each level, over all pieces."""
    total = np.zeros(len(levels))
    for (_, mesh), height in zip(panels, heights, strict=True):
        shift = float(height[0] - mesh.points[0, 1])
        inside = (levels > height.min() - 1e-9) & (levels < height.max() + 1e-9)
        low, high = row_extents(mesh, levels - shift)
        total += np.where(inside, np.maximum(high - low, 0.0), 0.0)
    return total


def _height(panel: Panel, mesh: PanelMesh, form: Form) -> F64:
    return np.asarray(form.height(panel.placement.landmark) + mesh.points[:, 1] - panel.placement.y)


def _lift(panels: Sequence[Panel], form: Form) -> float:
    """Return by how much [m] pieces with shoulders are raised: a seam drawn together below the shoulder would close under the arm."""
    lows = [
        form.height(p.placement.landmark) - p.placement.y + float(p.edge(name).points[:, 1].min())
        for p in panels
        for name in shoulder_edges(p)
    ]
    tip = max(form.height("left_shoulder_tip"), form.height("right_shoulder_tip"))
    return float(np.clip(tip + OVER - min(lows), 0.0, 0.25)) if lows else 0.0


def _round_trunk(
    panels: Sequence[tuple[Panel, PanelMesh]], form: Form, shell: float, room: float, upright: bool
) -> list[F64]:
    if not panels:
        return []
    tapes = _frozen(form)
    lift = _lift([p for p, _ in panels], form)
    heights = [_height(p, mesh, form) + lift * bool(shoulder_edges(p)) for p, mesh in panels]
    levels = np.arange(min(h.min() for h in heights) - STEP, max(h.max() for h in heights) + 2.0 * STEP, STEP)
    length = ROOM * _rows(panels, heights, levels)
    offset = let_out(length, tapes.length_at(levels), room)
    waist = int(np.argmin(np.abs(levels - form.height("waist"))))
    for k in range(
        min(waist, len(levels) - 1) - 1, -1, -1
    ):  # a hem stands out no further than a cone lets it
        offset[k] = min(offset[k], max(offset[k + 1] + STEEPEST * STEP, room))
    real = above_floor(levels)
    placed = []
    for k, ((panel, mesh), height) in enumerate(zip(panels, heights, strict=True)):
        curves = _rings(tapes, real, offset + shell * k)
        around = np.linalg.norm(np.diff(np.concatenate([curves, curves[:, :1]], axis=1), axis=1), axis=2).sum(
            1
        )
        turn = np.interp(height, levels, around)
        x = mesh.points[:, 0]
        angle = facing(panel)
        if upright and height.max() > form.height("left_armpit") and abs(np.sin(np.radians(angle))) < 0.5:
            side = 1.0 if np.cos(np.radians(angle)) > 0.0 else -1.0
            z = side * (_depth(form, side) + shell * (k + 1))
            placed.append(np.stack([side * x, height, np.full(len(x), z)], axis=1))
            continue
        gore = abs(np.sin(np.radians(angle))) > 0.5
        if gore:
            x = x - 0.5 * (x.min() + x.max())
        low, high = row_extents(mesh, mesh.points[:, 1])
        tight = np.minimum(1.0, (0.94 * turn) / np.maximum(high - low, 1e-6))
        placed.append(
            on_closed(curves, levels, height, _fraction(curves, levels, height, angle) + tight * x / turn)
        )
    return placed


def _depth(form: Form, side: float) -> float:
    """Return how far [m] the body above its crotch reaches to the front (side 1) or to the back (-1), and 2 cm."""
    body = form.figure.vertices[form.figure.vertices[:, 1] > form.height("crotch")]
    return float((side * body[:, 2]).max()) + 0.02


def _fraction(curves: F64, levels: F64, height: F64, angle: float) -> F64:
    """Return the fraction of a turn at which a tape faces an angle [degrees] from the front towards the left."""
    if abs(angle % 180.0) < 1e-6:
        return np.full(len(height), (angle % 360.0) / 360.0)
    middle = curves.mean(axis=1, keepdims=True)
    out = curves - middle
    at = np.degrees(np.arctan2(out[..., 0], out[..., 2]))
    near = np.abs((at - angle + 180.0) % 360.0 - 180.0).argmin(axis=1) / curves.shape[1]
    near = np.unwrap(2.0 * np.pi * near) / (2.0 * np.pi)
    return np.asarray(np.interp(height, levels, near))


def _rings(tapes: Tapes, levels: F64, offset: F64) -> F64:
    """Return closed curves round the trunk or a leg at heights [m], (K, SAMPLES, 3), from the front towards the left."""
    support = np.stack(
        [np.interp(levels, tapes.levels, tapes.support[:, k]) for k in range(tapes.support.shape[1])], axis=1
    )
    origin = np.zeros((len(levels), 3))
    origin[:, 1] = levels
    ones = np.ones((len(levels), 1))
    return Tapes(levels, support, origin, ones * np.eye(3)[2], ones * np.eye(3)[0]).curves(offset)


def _round_leg(panels: Sequence[tuple[Panel, PanelMesh]], form: Form, side: str, shell: float) -> list[F64]:
    if not panels:
        return []
    tapes = form.legs[side]
    heights = [_height(p, mesh, form) for p, mesh in panels]
    levels = np.arange(min(h.min() for h in heights) - STEP, form.height("crotch") + 0.08, STEP)
    length = ROOM * _rows(panels, heights, np.minimum(levels, form.height("crotch") - 0.02))
    offset = let_out(length, tapes.length_at(levels), CLEARANCE)
    placed = []
    for k, ((panel, mesh), height) in enumerate(zip(panels, heights, strict=True)):
        curves = _rings(tapes, levels, offset + shell * k)
        around = np.linalg.norm(np.diff(np.concatenate([curves, curves[:, :1]], axis=1), axis=1), axis=2).sum(
            1
        )
        shift = float(height[0] - mesh.points[0, 1])
        low, high = row_extents(mesh, np.minimum(height, form.height("crotch") - 0.02) - shift)
        turn = np.interp(height, levels, around)
        x = np.clip(mesh.points[:, 0] - 0.5 * (low + high), -0.47 * turn, 0.47 * turn)
        placed.append(on_closed(curves, levels, height, facing(panel) / 360.0 + x / turn))
    return placed


def _round_arm(
    panels: Sequence[tuple[Panel, PanelMesh]], form: Form, side: str, shell: float, slide: float
) -> list[F64]:
    """Roll the pieces of a sleeve on the arm's axis, each by its middle, `slide` [m] below the shoulder's tip."""
    if not panels:
        return []
    start = form.arm_start[side] + slide
    downs = [start - (mesh.points[:, 1] - panel.placement.y) for panel, mesh in panels]
    levels = np.arange(min(d.min() for d in downs) - STEP, max(d.max() for d in downs) + 2.0 * STEP, STEP)
    tapes = along_arm(form.arms[side], levels)
    total = np.zeros(len(levels))
    for (panel, mesh), _ in zip(panels, downs, strict=True):
        y = panel.placement.y + start - levels
        inside = (y > mesh.points[:, 1].min()) & (y < mesh.points[:, 1].max())
        low, high = row_extents(mesh, y)
        total += np.where(inside, high - low, 0.0)
    widest = int(total.argmax())
    total[:widest] = np.maximum(total[:widest], total[widest])
    offset = let_out(ROOM * total, tapes.lengths, CLEARANCE)
    placed = []
    for k, ((panel, mesh), down) in enumerate(zip(panels, downs, strict=True)):
        curves = tapes.curves(offset + shell * k)
        around = np.linalg.norm(np.diff(np.concatenate([curves, curves[:, :1]], axis=1), axis=1), axis=2).sum(
            1
        )
        wrap = panel.placement.wrap
        centre = (
            0.0 if wrap not in ("front", "back") else -0.25 if (wrap == "front") == (side == "left") else 0.25
        )
        x = mesh.points[:, 0]
        low, high = row_extents(mesh, np.array([panel.placement.y + start - levels[widest]]))
        middle = 0.5 * float(low[0] + high[0])
        turn = np.interp(down, levels, around)
        placed.append(on_closed(curves, levels, down, centre + np.clip((x - middle) / turn, -0.48, 0.48)))
    return placed


def _is_lapel(panel: Panel, mesh: PanelMesh) -> bool:
    """Whether a collar's piece lies on the chest or the back: tall, and neither beside the head nor of unknown side."""
    ahead = panel.facing is not None and abs(np.sin(np.radians(panel.facing))) < 0.5
    return panel.placement.part == "neck" and ahead and float(np.ptp(mesh.points[:, 1])) > LAPEL


def _at_neck(panel: Panel, mesh: PanelMesh, form: Form, shell: float, top: float) -> F64:
    """Hang a collar round the neck by its middle, or half a hood upright beside the head."""
    x, y = mesh.points.T
    angle = facing(panel)
    lift = form.height("nape") + 0.01 + y - y.min()
    if abs(np.sin(np.radians(angle))) > 0.7 and np.ptp(y) > HOOD:
        head = form.figure.vertices[form.figure.part_of_vertex == PARTS.index("head")]
        side = 1.0 if np.sin(np.radians(angle)) > 0.0 else -1.0
        out = float(np.abs(head[:, 0]).max()) + 0.03
        middle = 0.5 * (x.min() + x.max())
        z = float(head[:, 2].mean()) - side * (x - middle)
        lift = lift + max(
            0.0, top + 0.02 - float(lift.min())
        )  # above what stands before and behind the shoulders
        return np.stack([np.full(len(x), side * out), lift, z], axis=1)
    level = np.array([form.height("nape") + 0.02, form.height("nape") + 0.03])
    turn = float(np.ptp(x)) * (ROOM if panel.placement.wrap == "around" else 2.1)
    offset = let_out(np.full(2, turn), form.trunk.length_at(level), 0.02) + shell
    ring = _rings(form.trunk, level, offset)[0]
    around = float(np.linalg.norm(np.diff(np.concatenate([ring, ring[:1]]), axis=0), axis=1).sum())
    at = 0.5 if panel.facing is None and panel.placement.wrap == "around" else angle / 360.0
    middle = 0.5 * (x.min() + x.max()) if panel.placement.wrap == "around" else 0.0
    flat = on_closed(
        np.stack([ring, ring]), np.array([0.0, 1.0]), np.zeros(len(x)), at + (x - middle) / around
    )
    flat[:, 1] = lift
    return flat

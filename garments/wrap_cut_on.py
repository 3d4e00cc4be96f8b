"""Wrap sleeves that are cut in one with the body: beyond the armhole cloth goes round the arm, before it round the trunk.

The panel's placement lines are the armholes. A vertex beyond one lies at the distance from the shoulder tip along the arm
that it has on the flat along the overarm seam, and round the arm at its distance from that seam over the cloth's half
girth there. The two places are blended over a few centimetres on both sides of the armhole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from toile.garments.form import STEP, Form, on_closed
from toile.garments.harmonic import harmonic
from toile.garments.pattern import Panel, Pattern
from toile.garments.pieces import Piece
from toile.garments.wrap_sleeve import SNUG, along_arm
from toile.garments.wrap_trunk import LAYER, let_out

F64 = NDArray[np.float64]

HOLLOW = 0.07
"""Length [m] along the arm of the hollow between a side seam and a sleeve cut in one with the body."""
BLEND = 0.035
"""Half the breadth [m] over which trunk and arm are blended."""


@dataclass(frozen=True)
class ArmOfPanel:
    """A sleeve on a panel [m]: which arm, the armhole from foot to tip, direction along the arm, edges' names."""

    side: str
    armhole: F64
    along: F64
    toward: F64  # square to it, from the overarm to the underarm

    def place(self, points: F64) -> tuple[F64, F64]:
        """Return how far points lie along the arm from the tip, and from its overarm line [m]."""
        rel = points - self.armhole[-1]
        return rel @ self.along, rel @ self.toward


def has_arms(panel: Panel) -> bool:
    """Whether a panel reaches over the arms."""
    return any(e.name.startswith("overarm") for e in panel.edges)


def arms_of(panel: Panel) -> list[ArmOfPanel]:
    """Return the sleeves of a panel."""
    found = []
    for side in ("left", "right"):
        over = next((e.points for e in panel.edges if e.name == f"overarm_{side}"), None)
        if over is None:
            continue
        sign = np.sign(over[:, 0].mean())
        hole = next(
            f.points for f in panel.folds if f.kind == "placement" and np.sign(f.points[:, 0].mean()) == sign
        )
        if hole[0, 1] > hole[-1, 1]:
            hole = hole[::-1]
        out = max(over[0], over[-1], key=lambda p: float(np.linalg.norm(p - hole[-1])))
        along = (out - hole[-1]) / np.linalg.norm(out - hole[-1])
        toward = np.array([-sign * -along[1], -abs(along[0])])
        found.append(ArmOfPanel(side, hole, along, toward))
    return found


def beyond(points: F64, arm: ArmOfPanel) -> F64:
    """Return the distance [m] of points beyond the armhole, negative before it."""
    sign = np.sign(arm.armhole[:, 0].mean())
    foot, tip = arm.armhole[0], arm.armhole[-1]
    line = np.concatenate(
        [(foot - np.array([0.0, 1.0]))[None], arm.armhole, (tip + np.array([sign * 0.15, 0.5]))[None]]
    )
    a, step = line[:-1], np.diff(line, axis=0)
    t = np.clip(((points[:, None] - a) * step).sum(2) / (step * step).sum(1), 0.0, 1.0)
    away = points[:, None] - (a + t[..., None] * step)
    distance = np.linalg.norm(away, axis=2)
    k = distance.argmin(axis=1)
    n = np.arange(len(points))
    cross = step[k, 0] * away[n, k, 1] - step[k, 1] * away[n, k, 0]
    # at a corner the nearest segment is one of two: their mean tangent decides
    before = np.where(
        t[n, k] <= 0.0, np.maximum(k - 1, 0), np.where(t[n, k] >= 1.0, np.minimum(k + 1, len(step) - 1), k)
    )
    mean = step[k] / np.linalg.norm(step[k], axis=1, keepdims=True) + step[before] / np.linalg.norm(
        step[before], axis=1, keepdims=True
    )
    cross = np.where(before != k, mean[:, 0] * away[n, k, 1] - mean[:, 1] * away[n, k, 0], cross)
    return np.asarray(-sign * np.sign(cross) * distance[n, k])


def is_raglan(panel: Panel) -> bool:
    """Whether a panel is half a sleeve that reaches over the shoulder, drawn on the paper of its body."""
    return panel.placement.part.endswith("arm") and has_arms(panel)


def with_raglan(pattern: Pattern, tiers: list[list[int]]) -> list[list[int]]:
    """Add raglan sleeves to the tier of the body that they are sewn to."""
    raglan = {p.name for p in pattern.panels if is_raglan(p)}
    if not raglan:
        return tiers
    partners = {
        other[0]
        for seam in pattern.seams
        for mine, other in ((seam.first, seam.second), (seam.second, seam.first))
        if mine[0] in raglan and other[0] not in raglan
    }
    arms = [i for tier in tiers for i in tier if pattern.panels[i].name in raglan]
    rest = [[i for i in tier if i not in arms] for tier in tiers]
    for tier in rest:
        if any(
            pattern.panels[i].name in partners and pattern.panels[i].placement.part == "torso" for i in tier
        ):
            tier += arms
            break
    return [tier for tier in rest if tier]


def trunk_only(piece: Piece) -> Piece:
    """Return a piece whose mesh has only the triangles before the armholes."""
    middle = piece.mesh.points[piece.mesh.faces].mean(axis=1)
    keep = np.ones(len(middle), dtype=bool)
    for arm in arms_of(piece.panel):
        keep &= beyond(middle, arm) < 0.0
    return replace(piece, mesh=replace(piece.mesh, faces=piece.mesh.faces[keep]))


def with_arms(piece: Piece, xyz: F64, form: Form) -> F64:
    """Return a panel's positions [m] with what lies beyond its armholes laid round the arms."""
    points = piece.mesh.points
    for arm in arms_of(piece.panel):
        away = beyond(points, arm)
        weight = np.zeros((len(points), 1))
        weight[away > BLEND] = 1.0
        fixed = np.abs(away) > BLEND
        for name, run in piece.mesh.edge_vertices.items():
            if name.startswith(("side", "hem", "waist", "neck", "centre")):
                fixed[run] = True
                weight[run] = 0.0
        weight = harmonic(points, piece.mesh.faces, fixed, weight)
        smooth = weight * weight * (3.0 - 2.0 * weight)
        near = np.flatnonzero(weight[:, 0] > 0.0)
        on = _round_arm(piece, arm, points[near], form)
        xyz = xyz.copy()
        xyz[near] = xyz[near] * (1.0 - smooth[near]) + on * smooth[near]
    return xyz


def _round_arm(piece: Piece, arm: ArmOfPanel, points: F64, form: Form) -> F64:
    under = piece.mesh.points[piece.mesh.edge_vertices[f"underarm_{arm.side}"]]
    reach, depth = arm.place(under)
    over = piece.mesh.points[piece.mesh.edge_vertices[f"overarm_{arm.side}"]]
    over_reach, over_depth = arm.place(over)
    order, top = np.argsort(reach), np.argsort(over_reach)
    start = float(reach.min()) + (HOLLOW if piece.panel.placement.part == "torso" else 0.0)
    at, away = arm.place(points)
    row = np.maximum(at, start)
    half = np.interp(row, reach[order], depth[order]) - np.interp(row, over_reach[top], over_depth[top])
    away = away - np.interp(at, over_reach[top], over_depth[top])
    share = np.clip(away / np.maximum(half, 1e-3), 0.0, 1.3)
    front = piece.front == (arm.side == "left")
    fraction = 0.5 * share * (-1.0 if front else 1.0)
    levels = np.arange(at.min() - STEP, max(float(at.max()), start) + 2 * STEP, STEP)
    length = 2.0 * (
        np.interp(np.maximum(levels, start), reach[order], depth[order])
        - np.interp(np.maximum(levels, start), over_reach[top], over_depth[top])
    )
    tapes = form.arms[arm.side]
    ladder = along_arm(tapes, levels + form.arm_start[arm.side])
    offset = let_out(
        length, tapes.length_at(ladder.levels), SNUG + LAYER * min(piece.panel.placement.layer, 1)
    )
    return on_closed(ladder.curves(offset), ladder.levels, at + form.arm_start[arm.side], fraction)

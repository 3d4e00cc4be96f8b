"""Collars that lie over: a shirt's stand and fall, a Peter Pan collar, a notched collar with lapels.

Each piece is drawn along the curve of the neck that it is sewn to. A curve is kept as its lengths and headings; its turning
over the turning that would make it lie flat (ROLL) decides how much the piece rises at the neck before it falls. A piece that
is turned over shows its other side, so it is drawn as the mirror image of how it lies on the garment.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from toile.garments import curves
from toile.garments.blocks_collar import Strip, add_strip
from toile.garments.curves import F64
from toile.garments.pattern import Edge, Placement
from toile.garments.piecework import Drawing, Ref
from toile.garments.style import Style

STAND = Strip(0.030, 0.05, 4.0)
FALL, POINT = 0.043, 0.070
"""Height [m] of a shirt's fall at the centre back, and length of its front edge."""
SPREAD = math.radians(13)
"""Lean of a fall's front edges away from the centre front: the points of the collar stand apart."""
FALL_LONGER = 0.12
"""What the outer edge of a fall is longer than its stand: it lies outside it, and on the shoulders."""
PETER_PAN = 0.065
"""Width [m] of a Peter Pan collar."""
COLLAR = 0.052
"""Width [m] of a notched collar at the centre back."""
GORGE_DOWN, GORGE = 0.060, 0.040
"""Where the collar ends on the front's neck edge, from the shoulder, and how far from it collar and lapel are sewn [m]."""
LAPEL = 0.088
"""Width [m] of a lapel at its tip."""
LEAF, NOTCH = 0.034, math.radians(66)
"""Length [m] of the collar's edge at the notch, and the notch's angle."""
ROLL = 0.90
"""Turning of a flat collar's neck edge over the neck's own: a little less, and it rolls."""
FUSED = 2.5
"""Stiffness of collars and lapels, which are two layers with an interlining."""
KINDS = ("shirt_collar", "peter_pan", "lapel")


def ends_at_centre(drawing: Drawing, fronts: Sequence[str], back: str) -> list[Ref]:
    """Return the neck edges from the centre front round the back to the centre front, walked against their outlines."""
    if len(fronts) == 2:
        (left,), (right,) = (drawing.edges_of(front, "neck") for front in fronts)
        return [(fronts[0], left), (back, "neck"), (fronts[1], right)]
    front = fronts[0]
    if drawing.edges_of(front, "neck") == ("neck",):
        drawing.turn(front, "neck", [0.5 * drawing.panels[front].edge("neck").length])
    return [(front, "neck_1"), (back, "neck"), (front, "neck_2")]


def add_shirt_collar(drawing: Drawing, style: Style, fronts: Sequence[str], back: str) -> None:
    """Add a stand whose ends meet at the centre front, and a fall that lies over it."""
    stand = add_strip(
        drawing, style, "collar_stand", STAND, ends_at_centre(drawing, fronts, back), "Collar stand 领座"
    )
    top = drawing.panels[stand].edge("top").length
    turning = FALL_LONGER / FALL
    along = np.linspace(0.0, 0.5 * top, 41)
    half = _drawn(along, -turning * along)
    s = along / along[-1]
    height = FALL + (POINT - FALL) * s**3 * (10 - 15 * s + 6 * s * s)
    outer = half + height[:, None] * _outward(half)
    lean = -SPREAD
    end = _outward(half)[-1] * math.cos(lean) + _ahead(half)[-1] * math.sin(lean)
    outer[-1] = half[-1] + POINT * end
    outer[-5:-1] = np.linspace(0.2, 0.8, 4)[:, None] * (outer[-1] - outer[-6]) + outer[-6]
    fall = _add(drawing, style, "collar_fall", half, outer, "Collar fall 领面")
    drawing.sew("collar_fall", [(fall, "bottom")], [(stand, "top")], "turned")


def add_peter_pan(drawing: Drawing, style: Style, fronts: Sequence[str], back: str) -> None:
    """Add a flat collar with round ends that meet at the centre front."""
    run = ends_at_centre(drawing, fronts, back)
    half = _along_the_neck(drawing, run)
    walked = curves.cumulative(half)
    from_end = np.clip((walked[-1] - walked) / PETER_PAN, 0.0, 1.0)
    outer = half + (PETER_PAN * np.sqrt(1.0 - (1.0 - from_end) ** 2))[:, None] * _outward(half)
    collar = _add(drawing, style, "collar", half, outer, "Peter Pan collar 彼得潘领")
    drawing.sew("collar", [(collar, "bottom")], run, "turned")


def add_lapels(drawing: Drawing, style: Style, fronts: Sequence[str], back: str) -> None:
    """Add a notched collar and two lapels; the roll line is the front's neck edge, which ends at the first button."""
    left, neck, right = ends_at_centre(drawing, fronts, back)
    length = drawing.panels[left[0]].edge(left[1]).length
    drawing.turn(*left, [GORGE_DOWN])
    drawing.turn(*right, [length - GORGE_DOWN])
    parts = {
        side: [(ref[0], e) for e in drawing.edges_of(*ref)]
        for side, ref in (("left", left), ("right", right))
    }
    upper_left, roll_left = parts["left"]
    roll_right, upper_right = parts["right"]
    run = [upper_left, neck, upper_right]
    half = _along_the_neck(drawing, run)
    outer = half + COLLAR * _outward(half)
    ahead, out = _ahead(half)[-1], _outward(half)[-1]
    gorge = half[-1] + GORGE * out
    leaf = gorge + LEAF * (math.cos(NOTCH) * out - math.sin(NOTCH) * ahead)
    kept = (outer - leaf) @ ahead < -0.02
    walked = outer[kept]
    join = curves.smooth(walked[-1], walked[-1] - walked[-2], leaf, leaf - walked[-1], 0.33)
    line = curves.chain(walked, join)
    collar = _add(drawing, style, "collar", half, line, "Collar 领面", gorge)
    drawing.sew("collar", [(collar, "bottom")], run, "turned")
    rolls = {"left": roll_left, "right": roll_right}
    for side, chinese in (("left", "左"), ("right", "右")):
        panel, edge = rolls[side]
        points = drawing.panels[panel].edge(edge).points
        lapel = _add_lapel(drawing, style, side, points, f"Lapel {side} {chinese}驳头")
        drawing.sew(f"lapel_{side}", [(lapel, "bottom")], [(panel, edge)], "turned")
        drawing.sew(f"gorge_{side}", [(lapel, "gorge")], [(collar, f"gorge_{side}")])
    drawing.notes.append(
        f"The {style.label}'s lapels are cut apart from its fronts and seamed at the roll line, "
        "where they and the collar are pressed over."
    )


def _add_lapel(drawing: Drawing, style: Style, side: str, roll: F64, label: str) -> str:
    """Add a lapel along a roll line, given as the front's outline walks it."""
    lay = (
        roll if side == "left" else curves.mirrored(roll)
    )  # from the gorge to the first button, on the left front
    ahead = curves.unit(lay[1] - lay[0])
    out = np.array([-ahead[1], ahead[0]])
    gorge = lay[0] + GORGE * out
    tip = lay[0] + LAPEL * out - 0.006 * ahead
    bottom = lay[-1]
    belly = curves.smooth(
        bottom, (tip - bottom) + 0.35 * np.linalg.norm(tip - bottom) * out, tip, tip - bottom, 0.36
    )
    edges = [
        Edge("bottom", lay, 0.01),
        Edge("edge", belly, 0.007, "hem"),
        Edge("notch", curves.line(tip, gorge), 0.007, "hem"),
        Edge("gorge", curves.line(gorge, lay[0]), 0.007),
    ]
    if side == "left":
        edges = [Edge(e.name, curves.mirrored(e.points), e.allowance, e.kind) for e in reversed(edges)]
    placement = Placement("neck", "over", "nape", 0.0, style.layer)
    return drawing.add(f"lapel_{side}", edges, placement, label, "cut 2, interface 1", FUSED)


def _along_the_neck(drawing: Drawing, run: Sequence[Ref]) -> F64:
    """Return the half neck edge of a flat collar, from the centre back (the origin) to its end, to the right."""
    right = run[len(run) // 2 + 1 :]
    back = drawing.panels[run[len(run) // 2][0]].edge("neck").points
    parts = [_second_half(back)]
    parts += [drawing.panels[panel].edge(edge).points[::-1] for panel, edge in right]
    lengths, headings, turned = [], [], 0.0
    for part in parts:
        step = np.diff(part, axis=0)
        heading = np.unwrap(np.arctan2(step[:, 1], step[:, 0]))
        lengths.append(np.linalg.norm(step, axis=1))
        headings.append(turned + heading - heading[0])
        turned = float(headings[-1][-1])
    heading = np.concatenate(headings)
    heading = -np.abs(heading) * ROLL
    step = np.concatenate(lengths)[:, None] * np.stack([np.cos(heading), np.sin(heading)], axis=1)
    return np.concatenate([np.zeros((1, 2)), np.cumsum(step, axis=0)])


def _second_half(points: F64) -> F64:
    """Return a whole back neck from its centre to the wearer's right shoulder."""
    return curves.cut(points, [0.5 * curves.length(points)])[0][::-1]


def _drawn(along: F64, heading: F64) -> F64:
    """Return a curve from the origin by walked distances [m] and headings [rad]."""
    middle = 0.5 * (heading[1:] + heading[:-1])
    step = np.diff(along)[:, None] * np.stack([np.cos(middle), np.sin(middle)], axis=1)
    return np.concatenate([np.zeros((1, 2)), np.cumsum(step, axis=0)])


def _ahead(line: F64) -> F64:
    tangent = np.gradient(line, curves.cumulative(line), axis=0)
    return np.asarray(tangent / np.linalg.norm(tangent, axis=1, keepdims=True))


def _outward(line: F64) -> F64:
    t = _ahead(line)
    return np.stack([-t[:, 1], t[:, 0]], axis=1)


def _add(
    drawing: Drawing, style: Style, name: str, half: F64, outer: F64, label: str, gorge: F64 | None = None
) -> str:
    """Add a collar, its half unfolded at the centre back: `bottom` is sewn, `edge` free, its ends plain or gorges."""

    def flipped(points: F64) -> F64:
        return curves.mirrored(points)

    half, outer = half.copy(), outer.copy()
    half[0, 0] = outer[0, 0] = 0.0
    edges = [Edge("bottom", curves.chain(flipped(half), half), 0.007)]
    ends: list[tuple[str, F64, str]] = []
    last = half[-1]
    if gorge is not None:
        ends.append(("gorge", curves.line(last, gorge), "seam"))
        last = gorge
    if float(np.linalg.norm(outer[-1] - last)) > 1e-6:
        ends.append(("end", curves.line(last, outer[-1]), "hem"))
    edges += [Edge(f"{n}_right", p, 0.007, kind) for n, p, kind in ends]
    edges.append(Edge("edge", curves.chain(outer[::-1], flipped(outer[::-1])), 0.007, "hem"))
    edges += [Edge(f"{n}_left", flipped(p), 0.007, kind) for n, p, kind in reversed(ends)]
    placement = Placement("neck", "over", "nape", 0.0, style.layer)
    return drawing.add(name, edges, placement, label, "cut 2, interface 1", FUSED, grain=(1.0, 0.0))

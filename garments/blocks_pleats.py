"""Pleated skirts: knife and box pleats, folded along straight lines, their heads stitched to each other at the waist.

A unit of cloth of constant width c carries one pleat; a pitch v(y) of it is seen and the rest is folded under. A knife
pleat has c = v + 2 D: from the inner fold B the cloth runs D to the placement line A, v to the outer fold F, and D back
below to the next B; F comes to lie on the A of the next unit. A box pleat has c = v + 4 D and is symmetric: A, D to B, D
back to F, v, F, D to B, D to A. Below the hip v is the hip's share; above it v shrinks to the waist's and the depth D
grows by what the waist takes in, so that the cloth stays straight (as kilts and school skirts are cut). A head is sewn
like a tuck: the run from F to B onto the run from B to A; the waistband takes the runs from A to F.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from toile.engine.core.errors import Infeasible
from toile.engine.core.measurements import Measurements
from toile.garments import curves, ease
from toile.garments.blocks_skirt import HEM_ALLOWANCE, SkirtShape, Waist
from toile.garments.curves import F64
from toile.garments.pattern import Edge, Fold, Panel, Placement
from toile.garments.piecework import Drawing
from toile.garments.style import Style

KNIFE, BOX = 0.046, 0.105
"""Pitch [m] of a pleat at the hip: what is seen of it."""
DEPTH = 0.60
"""Depth of a knife pleat at the hip over its pitch; a box pleat folds half of it to each side."""
LEAST_DEPTH, MOST_DEPTH = 0.006, 1.15
"""Least depth [m] of a pleat; greatest depth of a knife pleat over its pitch (3.3 to one)."""
LEVELS = 6
"""Straight stretches of a fold line from waist to hip."""


@dataclass(frozen=True)
class Pleats:
    """The pleats of one half, front or back [m]."""

    count: int
    box: bool
    waist: float  # pitch at the waist
    hip: float  # pitch at the hip and below
    cloth: float  # width of a unit

    def pitch(self, down: F64) -> F64:
        """Return the pitch at shares `down` of the way from waist to hip; it opens quickest at the waist."""
        return self.waist + (self.hip - self.waist) * (1.0 - (1.0 - np.clip(down, 0.0, 1.0)) ** 1.6)

    def marks(self, down: F64) -> dict[str, F64]:
        """Return where in a unit its lines lie at shares of the way to the hip: F and A, and B of a box pleat."""
        v = self.pitch(down)
        if not self.box:
            depth = 0.5 * (self.cloth - v)
            return {"A": depth, "F": self.cloth - depth}
        depth = 0.25 * (self.cloth - v)
        return {"B1": depth, "F1": 2.0 * depth, "F2": self.cloth - 2.0 * depth, "B2": self.cloth - depth}


def pleated_panels(
    drawing: Drawing, style: Style, waist: Waist, shape: SkirtShape, m: Measurements
) -> tuple[str, str]:
    """Add the front and the back of a pleated skirt, sew the pleats' heads and the sides; returns the panels' names.

    Raises:
        Infeasible: a hem or a hip that pleats cannot have.
    """
    box = "box_pleats" in style.details
    depth = min(shape.hip_depth, shape.length - 0.01)
    hip = (
        shape.hip
        if shape.hip is not None
        else max(shape.body_hip * (1.0 + ease.girth_ease(style, "hip")), waist.girth)
    )
    if waist.girth > hip + 1e-9:
        raise Infeasible(
            f"A pleated {style.label} with a waist of {100 * waist.girth:.1f} cm cannot have a hip of {100 * hip:.1f} cm: "
            f"its pleats would open downwards only; ask for a hip of at least {100 * waist.girth:.1f} cm."
        )
    hem = _hem(style, shape, hip)
    each = max(2, round(0.5 * hip / (BOX if box else KNIFE)))
    names = []
    for side, finished, chinese in (("front", waist.front, "前"), ("back", waist.back, "后")):
        lead = (
            2.0 * finished - 0.5 * waist.girth
        ) / each  # the front's share, so that all pleats are as deep
        pleats = Pleats(each, box, 2.0 * finished / each, 0.5 * hip / each + lead, 0.5 * hem / each + lead)
        raised = (0.0, 0.45 * shape.drop) if side == "front" else (shape.drop, 0.45 * shape.drop)
        names.append(_panel(drawing, style, pleats, shape, depth, side, raised, chinese))
    front, back = names
    for side in ("left", "right"):
        drawing.sew(f"skirt_side_{side}", [(front, f"side_{side}")], [(back, f"side_{side}")])
        if not box:
            # the last fold of one panel lies below the first of the other
            one, two = (front, back) if side == "left" else (back, front)
            drawing.sew(f"pleat_{side}", [(one, "pleat_end")], [(two, "pleat_start")])
    drawing.ring("hem", [(front, "hem"), (back, "hem")], "torso")
    fold = (hem - hip) / (2 * each) / (4 if box else 2)
    drawing.notes.append(
        f"The {style.label} has {2 * each} {'box' if box else 'knife'} pleats of {50 * hip / each:.1f} cm, "
        f"{100 * fold:.1f} cm deep at the hip, stitched at the waist; its hem measures {100 * hem:.0f} cm let out."
    )
    return front, back


def _hem(style: Style, shape: SkirtShape, hip: float) -> float:
    """Return the girth [m] of the cloth, which is the hem's with all pleats let out."""
    if shape.hem is None:
        return hip * (1.0 + 2.0 * DEPTH)
    each = max(2, round(0.5 * hip / KNIFE))
    least, most = hip + 4.0 * each * LEAST_DEPTH, hip * (1.0 + 2.0 * MOST_DEPTH)
    if not least <= shape.hem <= most:
        raise Infeasible(
            f"A pleated {style.label} {100 * hip:.1f} cm round at the hip cannot have a hem of {100 * shape.hem:.1f} cm: with its "
            f"pleats let out it measures {100 * least:.0f} to {100 * most:.0f} cm."
        )
    return shape.hem


def _panel(
    drawing: Drawing,
    style: Style,
    pleats: Pleats,
    shape: SkirtShape,
    depth: float,
    side: str,
    raised: tuple[float, float],
    chinese: str,
) -> str:
    """Add one panel, its heads sewn; `raised`: how far [m] its waist rises above the seam's y at centre and sides."""
    rise = _profile(pleats.count, *raised)
    finished = pleats.count * pleats.waist
    pitch = curves.solve(
        lambda v: float(np.hypot(v, np.diff(rise)).sum()) - finished,
        0.5 * pleats.waist,
        pleats.waist + 1e-9,
        1e-12,
    )
    pleats = replace(pleats, waist=pitch)
    width, bottom = pleats.count * pleats.cloth, shape.top - shape.length
    levels = np.linspace(0.0, 1.0, LEVELS + 1)
    marks = pleats.marks(levels)
    folds: list[Fold] = []
    feet, heads = [-0.5 * width], [(-0.5 * width, shape.top + rise[0], "edge")]
    for k in range(pleats.count):
        left = -0.5 * width + k * pleats.cloth
        for i, (name, at) in enumerate(marks.items()):
            top = shape.top + rise[k if 2 * i < len(marks) else k + 1]
            line = np.stack([left + at, shape.top - depth * levels], axis=1)
            line[0, 1] = top
            line = np.concatenate([line, [[left + at[-1], bottom]]])
            kind = {"A": "placement", "F": "outer", "B": "inner"}[name[0]]
            folds.append(Fold(kind, line))
            heads.append((float(line[0, 0]), top, name))
            if kind != "placement":
                feet.append(float(line[-1, 0]))
        right = left + pleats.cloth
        heads.append((right, shape.top + rise[k + 1], "edge"))
        if not pleats.box and k < pleats.count - 1:
            folds.append(Fold("inner", np.array([[right, heads[-1][1]], [right, bottom]])))
            feet.append(right)
    feet.append(0.5 * width)
    plus, minus = ("left", "right") if side == "front" else ("right", "left")
    hem = [
        Edge(f"hem_{k + 1}", curves.line((a, bottom), (b, bottom)), HEM_ALLOWANCE, "hem")
        for k, (a, b) in enumerate(itertools.pairwise(feet))
    ]
    waist, sewn = _waist(heads, pleats.box)
    up = Edge(f"side_{plus}", curves.line(hem[-1].points[-1], waist[0].points[0]), 0.015)
    down = Edge(f"side_{minus}", curves.line(waist[-1].points[-1], hem[0].points[0]), 0.015)
    prefix = "skirt_" if style.family == "dress" else ""
    label = f"{'Skirt' if prefix else style.label.capitalize()} {side} {chinese}片"
    placement = Placement("torso", side, "waist", 0.0, style.layer)
    name = drawing.add(prefix + side, [*hem, up, *waist, down], placement, label)
    drawing.panels[name] = replace(drawing.panels[name], folds=tuple(folds))
    drawing.parts[name, "hem"] = tuple(e.name for e in hem)
    for k, (a, b) in enumerate(sewn):
        drawing.sew(f"pleat_{side}_{k + 1}", [(name, a)], [(name, b)])
    return name


def _profile(count: int, centre: float, side: float) -> F64:
    """Return how far [m] the waist rises at the ends of every pleat, shape (count + 1,), level over the middle one."""
    away = np.abs(2.0 * np.arange(count + 1) / count - 1.0)
    away = np.maximum(away - 1.0 / count, 0.0) / (1.0 - 1.0 / count)
    return centre + (side - centre) * 0.5 * (1.0 - np.cos(np.pi * away))


def _waist(heads: list[tuple[float, float, str]], box: bool) -> tuple[list[Edge], list[tuple[str, str]]]:
    """Return the waist's edges from the +x side to the -x side, and which pairs of them are sewn to each other."""
    seen = ("F1", "F2") if box else ("A", "F")
    edges: list[Edge] = []
    folded: list[int] = []
    count = 0
    for (x1, y1, first), (x0, y0, second) in itertools.pairwise(heads[::-1]):
        if abs(x1 - x0) < 1e-9:
            continue  # the edge between two units, met twice
        if {first, second} == set(seen):
            count += 1
            edges.append(Edge(f"waist_{count}", curves.line((x1, y1), (x0, y0)), 0.01))
        else:
            folded.append(len(edges))
            edges.append(Edge(f"pleat_{len(folded)}", curves.line((x1, y1), (x0, y0)), 0.01, "dart"))
    if not box:  # the outermost halves belong to pleats that lie across the side seams
        for k, end in ((folded.pop(0), "pleat_end"), (folded.pop(-1), "pleat_start")):
            edges[k] = replace(edges[k], name=end, kind="seam")
    pairs = [(edges[a].name, edges[b].name) for a, b in zip(folded[::2], folded[1::2], strict=True)]
    return edges, pairs


def folded_width(panel: Panel, y: float) -> float:
    """Return how wide [m] a pleated panel is at y with its pleats folded."""
    outline = np.concatenate([panel.outline, panel.outline[:1]])
    ends = curves.crossings(outline, y)
    marks = [float(ends.min()), float(ends.max())]
    for fold in panel.folds:
        if fold.kind != "placement":
            line = fold.points[np.argsort(fold.points[:, 1])]
            marks.append(float(np.interp(y, line[:, 1], line[:, 0])))
    runs = np.diff(np.sort(marks))
    return float((runs * (-1.0) ** np.arange(len(runs))).sum())

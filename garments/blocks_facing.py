"""Facings: the pieces that finish necks, sleeveless armholes and the front edges of outer garments.

A facing repeats the panel's own edge, point for point, and follows it inside at an even width, so it is as long as what it
is sewn to. Its ends lie on the panel's neighbouring seams (shoulder, side, hem). Knits have none: their necks are bound.
Widths are usual ones (W. Aldrich, "Metric Pattern Cutting for Women's Wear": 5 cm at necks, 6 to 8 cm at fronts).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toile.garments import curves
from toile.garments.blocks_lap import EDGE, HEAD
from toile.garments.curves import F64
from toile.garments.cut_line import moved
from toile.garments.pattern import Edge, Panel, Stretch
from toile.garments.piecework import Drawing
from toile.garments.style import Style

WIDTH, FRONT_WIDTH = 0.05, 0.07
"""Width [m] of a facing at a neck or an armhole, and along a front edge."""
OF_SHOULDER = 0.46
"""Most of a shoulder that a facing at each of its ends takes."""
LEAST = 0.02
"""Narrowest facing [m]."""
PLAIN = ("crew", "scoop", "v", "square", "boat")
"""Necklines that no collar finishes."""
FRONT = ("neck", "centre", HEAD, EDGE)
"""Edges along which a front is faced."""
FINISHES = (
    "collar_stand",
    "collar_tube",
    "collar",
    "neck_rib",
    "hood_left",
    "lapel_left",
    "top_band",
    "stay_front",
)
"""Panels that finish a neck by themselves."""


def add_facings(drawing: Drawing, style: Style) -> None:
    """Add facings to a woven garment with a neck: neck, armholes of a sleeveless one, fronts of jackets, coats and vests."""
    if style.knit or "lined" in style.details or style.neckline not in (*PLAIN, "lapel"):
        return
    own = {name.split("/")[1] for name in drawing.panels}
    bodies = [p for p in drawing.panels.values() if _has(p, "neck") and _has(p, "shoulder")]
    if not bodies:
        return
    made: dict[str, float] = {}
    collared = bool(own & set(FINISHES))
    outer = style.opens_in_front and style.category in ("jacket", "coat", "vest", "blouse")
    for panel in bodies:
        face = "front" if "front" in panel.placement.wrap else "back"
        half = panel.placement.wrap != face
        if half and "right" in panel.placement.wrap:
            continue
        if outer and half and face == "front":
            _facing(drawing, panel, FRONT, "facing_front", "Front facing 前挂面", FRONT_WIDTH, made)
        elif not collared:
            label = f"Neck facing {face} {'前' if face == 'front' else '后'}领贴边"
            _facing(drawing, panel, ("neck",), f"facing_neck_{face}", label, WIDTH, made)
        if style.sleeve == "sleeveless" and _has(panel, "armhole"):
            label = f"Armhole facing {face} {'前' if face == 'front' else '后'}袖窿贴边"
            _facing(drawing, panel, ("armhole_left",), f"facing_armhole_{face}", label, WIDTH, made)
    for kind in ("neck", "armhole"):
        ends = [f"{drawing.name}/facing_{kind}_{face}" for face in ("front", "back")]
        if all(name in made for name in ends):
            for end in ("shoulder_left", "side_left") if kind == "armhole" else ("shoulder_left",):
                drawing.join(f"facing_{kind}_{end}", [(ends[0], end)], [Stretch(ends[1], end)])
    if made:
        names = ", ".join(sorted({n.split("facing_")[1].split("_")[0] for n in made}))
        drawing.notes.append(
            f"The {style.label} has facings ({names}); they lie inside and are not simulated."
        )


def _has(panel: Panel, stem: str) -> bool:
    return any(e.name.startswith(stem) for e in panel.edges)


def _facing(
    drawing: Drawing,
    panel: Panel,
    stems: Sequence[str],
    name: str,
    label: str,
    width: float,
    made: dict[str, float],
) -> None:
    """Add the facing of a run of a panel's edges, as wide as there is room for; none where there is hardly any."""
    edges = list(panel.edges)
    mine = [any(e.name == s or e.name.startswith(f"{s}_") for s in stems) for e in edges]
    start = next(k for k in range(len(edges)) if mine[k] and not mine[k - 1])
    order = [*edges[start:], *edges[:start]]
    count = next(k for k in range(len(order)) if not any(_is(order[k], s) for s in stems))
    run, after, before = order[:count], order[count], order[-1]
    shoulders = [e.length for e in (before, after) if e.name.startswith("shoulder")]
    narrow = min([width, *(OF_SHOULDER * s for s in shoulders)])
    ends = [
        narrow if e.name.startswith("shoulder") or "neck" in stems[0] or "armhole" in stems[0] else width
        for e in (before, after)
    ]
    for share in (1.0, 0.8, 0.6, 0.45):
        wide = share * narrow
        if wide < LEAST or any(
            share * w > 0.9 * e.length for w, e in zip(ends, (before, after), strict=True)
        ):
            continue
        outline = _outline(run, before, after, wide, [share * w for w in ends])
        if outline is None:
            continue
        piece = drawing.cut_piece(
            name,
            outline,
            panel,
            label,
            "cut 2, interface 2"
            if panel.placement.wrap.startswith("left") or "armhole" in name
            else "cut 1, interface 1",
        )
        made[piece] = wide
        drawing.join(name, [(piece, e.name) for e in run], [Stretch(panel.name, e.name) for e in run])
        return


def _is(edge: Edge, stem: str) -> bool:
    return edge.name == stem or edge.name.startswith(f"{stem}_")


def _outline(
    run: Sequence[Edge], before: Edge, after: Edge, width: float, ends: Sequence[float]
) -> list[Edge] | None:
    """Return a facing's edges: the run, an end on the next edge, the inner line, an end on the edge before; None if it crosses itself."""
    line = curves.chain(*(e.points for e in run))
    inner = moved(line, -width)
    leave = curves.cut(after.points, [ends[1]])[0]
    arrive = curves.cut(before.points, [before.length - ends[0]])[1]
    inner = _between(inner, leave[-1], arrive[0], line, width)
    inside = inner[::-1]
    names = [_end(after), _end(before)]
    if names[0] == names[1]:
        names[1] = f"{names[1]}_2"
    edges = [
        *(Edge(e.name, e.points, e.allowance) for e in run),
        Edge(names[0], leave, 0.01),
        Edge("inner", inside, 0.005),
        Edge(names[1], arrive, 0.01),
    ]
    outline = np.concatenate([e.points[:-1] for e in edges])
    if curves.area(outline) <= 0.0 or curves.crosses_itself(outline):
        return None
    return edges


def _end(edge: Edge) -> str:
    """Return the name of an end: that of the seam it lies on, without the numbers of its parts."""
    words = edge.name.split("_")
    stem = words[0]
    side = next((w for w in words if w in ("left", "right")), "")
    return f"{stem}_{side}" if side else stem


def _between(inner: F64, last: F64, first: F64, line: F64, width: float) -> F64:
    """Return the inner line from its first to its last point, without what lies nearer to the run than its width."""
    step = inner[1:-1]
    a, b = line[:-1], line[1:]
    along = b - a
    t = ((step[:, None] - a) * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-18)
    near = a + np.clip(t, 0.0, 1.0)[..., None] * along
    away = np.linalg.norm(step[:, None] - near, axis=-1).min(axis=1)
    kept = step[away > 0.985 * width]
    for end in (first, last):
        kept = kept[np.linalg.norm(kept - end, axis=1) > 0.2 * width]
    return np.concatenate([first[None], kept, last[None]])

"""Belts: a band of its own round the waist, over the garment, held by carriers at its side seams.

Two halves, front and back, are sewn to each other at the sides and simulated outside everything else of the garment; the
carriers are tacks at the side seams. The cutting list has the belt as it is cut: the round of the waist and what a knot or
a buckle takes. A belt over a waistband or a waist seam is as long as they are; over a body without a waist seam it gathers
the cloth to 1.12 times the body's waist at least.
"""

from __future__ import annotations

import numpy as np

from toile.engine.core.measurements import Measurements
from toile.garments import curves
from toile.garments.blocks_split import cut_seam
from toile.garments.curves import F64
from toile.garments.pattern import Edge, Panel, Placement
from toile.garments.piecework import Drawing, Ref
from toile.garments.style import Style

HEIGHT = 0.04
THICK = 0.004
"""Added to a belt's length per layer of cloth under it [m]: it runs outside it."""
TIE, BUCKLE = 0.90, 0.16
"""Length [m] beyond the round of the waist: for a knot and its ends, or for a buckle and the holes."""
CINCHED = 1.12
STIFFNESS = 4.0
BUCKLED = ("trousers", "shorts", "jacket", "coat")
CARRIER = (0.012, 0.07)
"""Width and length [m] of a carrier as it is cut."""


def is_belt(panel: Panel) -> bool:
    """Whether a panel is half of a belt as it is worn, outside the rest of its garment."""
    return panel.name.rsplit("/", 1)[-1] in ("belt_front", "belt_back")


def add_belt(drawing: Drawing, style: Style, m: Measurements) -> None:
    """Add a belt at the natural waist, or over the waistband or the waist seam; none where the garment ends above it."""
    found = _waist(drawing, style, m)
    if found is None:
        drawing.notes.append(
            f"The {style.label} {'do' if style.plural else 'does'} not reach the waist, so there is no belt."
        )
        return
    front, back, y, placement_y, carriers = found
    names = []
    for face, half, chinese in (("front", front, "前"), ("back", back, "后")):
        plus, minus = ("left", "right") if face == "front" else ("right", "left")
        low, high = y - 0.5 * HEIGHT, y + 0.5 * HEIGHT
        corners = np.array(
            [[-half, low], [half, low], [half, y], [half, high], [-half, high], [-half, y], [-half, low]]
        )
        words = ("bottom", f"low_{plus}", f"high_{plus}", "top", f"high_{minus}", f"low_{minus}")
        edges = [
            Edge(n, corners[k : k + 2], 0.01, "hem" if n in ("top", "bottom") else "seam")
            for k, n in enumerate(words)
        ]
        placement = Placement("torso", face, "waist", placement_y, style.layer)
        names.append(
            drawing.add(
                f"belt_{face}",
                edges,
                placement,
                f"Belt {face} {chinese}腰带",
                "cut 0: part of the belt",
                STIFFNESS,
                grain=(1.0, 0.0),
            )
        )
    for side in ("left", "right"):
        for part in ("low", "high"):
            drawing.sew(f"belt_{part}_{side}", [(names[0], f"{part}_{side}")], [(names[1], f"{part}_{side}")])
    drawing.ring("top_belt", [(names[0], "top"), (names[1], "top")], "torso")
    for side, ref in carriers.items():
        panel = drawing.panels[names[0]]
        start = f"high_{side}" if side == "left" else f"low_{side}"
        assert abs(float(panel.edge(start).points[0, 1]) - y) < 1e-9
        drawing.tack(f"belt_carrier_{side}", (names[0], start), ref)
    _cut(drawing, style, 2.0 * (front + back), drawing.panels[names[0]])
    drawing.notes.append(
        f"The {style.label} {style.has} a belt of {100 * HEIGHT:.0f} cm, {200 * (front + back):.1f} cm round, held by a carrier at each side seam."
    )


def _cut(drawing: Drawing, style: Style, girth: float, host: Panel) -> None:
    """Add the belt and its carriers as they are cut."""
    buckled = style.category in BUCKLED
    long = girth + (BUCKLE if buckled else TIE)
    for name, label, pieces, wide, tall in (
        ("belt", "Belt 腰带", "cut 2, interface 1" if buckled else "cut 2", long, HEIGHT),
        (
            "belt_carrier",
            "Belt carrier 裤襻" if buckled else "Belt carrier 腰带襻",
            f"cut {5 if buckled else 2}, folded in three",
            CARRIER[1],
            CARRIER[0],
        ),
    ):
        corners = np.array([[0.0, 0.0], [wide, 0.0], [wide, tall], [0.0, tall], [0.0, 0.0]])
        if name == "belt":
            point = 0.5 * tall
            ring = np.array(
                [
                    [0.0, 0.0],
                    [wide - point, 0.0],
                    [wide, point],
                    [wide - point, tall],
                    [0.0, tall],
                    [0.0, 0.0],
                ]
            )
            words: tuple[str, ...] = ("bottom", "point_low", "point_high", "top", "end")
            corners = ring
        else:
            words = ("bottom", "right", "top", "left")
        edges = [Edge(n, corners[k : k + 2], 0.01) for k, n in enumerate(words)]
        drawing.cut_piece(name, edges, host, label, pieces, grain=(1.0, 0.0))


def _waist(
    drawing: Drawing, style: Style, m: Measurements
) -> tuple[float, float, float, float, dict[str, Ref]] | None:
    """Return half lengths of front and back, the belt's middle y, its panels' y at the waist, and where its carriers are."""
    short = {name.split("/")[1]: p for name, p in drawing.panels.items()}
    bands = [p for name, p in short.items() if name.startswith("waistband")]
    if bands:
        if "waistband_under_front" in short:
            return None  # a wrap's band, which has ends of its own
        tops = [
            sum(float(np.ptp(p.outline[:, 0])) for p in bands if face in p.placement.wrap)
            for face in ("front", "back")
        ]
        y = 0.5 * float(bands[0].outline[:, 1].min() + bands[0].outline[:, 1].max())
        refs = {}
        for side in ("left", "right"):
            end = f"end_{side}"
            owner = next(
                p for p in bands if "front" in p.placement.wrap and any(e.name == end for e in p.edges)
            )
            refs[side] = _side_point(drawing, owner.name, end, y)
        extra = 0.5 * np.pi * THICK
        return 0.5 * tops[0] + extra, 0.5 * tops[1] + extra, y, bands[0].placement.y, refs
    return _over_body(drawing, style, m, short)


def _over_body(
    drawing: Drawing, style: Style, m: Measurements, short: dict[str, Panel]
) -> tuple[float, float, float, float, dict[str, Ref]] | None:
    """Return the same for a garment without a waistband: at its waist seam, or at the natural waist of what passes it."""
    widths = {"front": 0.0, "back": 0.0}
    refs: dict[str, Ref] = {}
    bodices = [p for name, p in short.items() if name.startswith("bodice")]
    seamed = bool(bodices) and all(abs(_foot(p)) < 0.03 for p in bodices)
    for name, panel in list(short.items()):
        face = "back" if "back" in panel.placement.wrap else "front"
        if panel.placement.part != "torso" or "tier" in name or (seamed and not name.startswith("bodice")):
            continue
        if "under_front" in name:
            return None
        y = panel.placement.y
        if seamed:
            widths[face] += sum(e.length for e in panel.edges if e.name.startswith("waist"))
        elif float(panel.outline[:, 1].min()) < y - 0.01 and float(panel.outline[:, 1].max()) > y + 0.01:
            x = curves.crossings(np.concatenate([panel.outline, panel.outline[:1]]), y)
            widths[face] += float(x.max() - x.min())
        else:
            continue
        if face == "front":
            for side in ("left", "right"):
                if side not in refs:
                    ref = _at_side(drawing, panel.name, side, y, seamed)
                    if ref is not None:
                        refs[side] = ref
    total = widths["front"] + widths["back"]
    if min(widths.values()) <= 0.0 or set(refs) != {"left", "right"}:
        return None
    round_it = total if seamed else min(total, max(CINCHED * m.waist, 0.85 * total))
    round_it += 2.0 * np.pi * THICK
    share = {face: 0.5 * round_it * wide / total for face, wide in widths.items()}
    return share["front"], share["back"], 0.0, 0.0, refs


def _foot(panel: Panel) -> float:
    return float(panel.outline[:, 1].min()) - panel.placement.y


def _at_side(drawing: Drawing, name: str, side: str, y: float, seamed: bool) -> Ref | None:
    """Return an edge that begins on a side seam of a panel at a height, or at the seam's foot."""
    panel = drawing.panels[name]
    sides = [e for e in panel.edges if e.name.startswith("side") and side in e.name and e.kind == "seam"]
    if not sides:
        return None
    if seamed:
        ends = [p for e in sides for p in e.points[[0, -1]]]
        return _starting(panel, min(ends, key=lambda p: float(p[1])))
    for edge in sides:
        ys = edge.points[:, 1]
        if float(ys.min()) < y - 0.005 and float(ys.max()) > y + 0.005:
            return _side_point(drawing, name, edge.name, y)
    ends = [p for e in sides for p in e.points[[0, -1]]]
    return _starting(panel, min(ends, key=lambda p: abs(float(p[1]) - y)))


def _side_point(drawing: Drawing, name: str, edge: str, y: float) -> Ref:
    """Make a turn point where a seam passes a height; returns the part that begins there."""
    points = drawing.panels[name].edge(edge).points
    walked = curves.cumulative(points)
    order = points[:, 1] if points[-1, 1] > points[0, 1] else -points[:, 1]
    at = float(np.interp(y if points[-1, 1] > points[0, 1] else -y, order, walked))
    return name, cut_seam(drawing, (name, edge), at / walked[-1])[1]


def _starting(panel: Panel, point: F64) -> Ref:
    edge = min(panel.edges, key=lambda e: float(np.linalg.norm(e.points[0] - point)))
    return panel.name, edge.name

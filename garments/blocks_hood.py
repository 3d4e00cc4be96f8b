"""A hood in two halves: sewn to the neckline, seamed over the top and down the back of the head.

x runs backwards on the left half, y up; the origin is the centre front of the neck edge. The neck edge is exactly as long as
half the neckline; depth and height follow the girth of the head (NeckLine to crown is about 0.48 of it on the body, and cloth
goes over that with room to turn the head).
"""

from __future__ import annotations

from collections.abc import Sequence

from toile.engine.core.measurements import Measurements
from toile.garments import curves
from toile.garments.blocks_collar_fall import ends_at_centre
from toile.garments.curves import F64
from toile.garments.pattern import Edge, Placement
from toile.garments.piecework import Drawing
from toile.garments.style import Style

HEIGHT, DEPTH = 0.63, 0.46
"""Height of the face's edge and depth at the widest, over the head's girth."""
BACK_RISE = 0.045
"""How much higher [m] the neck edge ends at the centre back than it begins at the centre front."""
LEAN = 0.012
"""How far [m] the top of the face's edge stands before its foot; behind it, where the neck is wider than the head is deep."""


def add_hood(drawing: Drawing, style: Style, m: Measurements, fronts: Sequence[str], back: str) -> None:
    """Add both halves of a hood, sew them to each other and to the neck."""
    left, neck, right = ends_at_centre(drawing, fronts, back)
    drawing.turn(*neck, [0.5 * drawing.panels[neck[0]].edge(neck[1]).length])
    to_centre, from_centre = ((neck[0], e) for e in drawing.edges_of(*neck))
    runs = {"left": [left, from_centre], "right": [to_centre, right]}
    for side, chinese in (("left", "左"), ("right", "右")):
        length = sum(drawing.panels[p].edge(e).length for p, e in runs[side])
        edges = _half(length, m)
        if side == "right":
            edges = [Edge(e.name, curves.mirrored(e.points), e.allowance, e.kind) for e in reversed(edges)]
        placement = Placement("head", side, "nape", 0.0, style.layer)
        panel = drawing.add(f"hood_{side}", edges, placement, f"Hood {side} {chinese}帽片", "cut 2, line 1")
        drawing.sew(f"hood_{side}", [(panel, "neck")], runs[side])
    drawing.sew("hood", [(f"{style.name}/hood_left", "centre")], [(f"{style.name}/hood_right", "centre")])


def _half(neck: float, m: Measurements) -> list[Edge]:
    """Return the left half's outline for a neck edge of a length [m]."""
    height = HEIGHT * m.head

    def foot(x: float) -> F64:
        return curves.smooth((0.0, 0.0), (1.0, -0.25), (x, BACK_RISE), (1.0, 0.12), 0.40)

    end = curves.solve(lambda x: curves.length(foot(x)) - neck, 0.5 * neck, 1.05 * neck)
    bottom = foot(end)
    depth = max(DEPTH * m.head, end + 0.012)
    front = max(-LEAN, depth - DEPTH * m.head)
    widest, top = (depth, 0.56 * height), (front, 0.985 * height)
    crown = (front + 0.44 * (depth - front), 1.02 * height)
    nape = curves.smooth((end, BACK_RISE), (-0.05, 1.0), widest, (0.0, 1.0), 0.36)
    round_back = curves.smooth(widest, (0.0, 1.0), crown, (-1.0, 0.0), 0.42)
    over = curves.smooth(crown, (-1.0, 0.0), top, (-1.0, -0.12), 0.36)
    return [
        Edge("neck", bottom, 0.01),
        Edge("centre", curves.chain(nape, round_back, over), 0.01),
        Edge("face", curves.smooth(top, (0.05, -1.0), (0.0, 0.0), (-0.02, -1.0), 0.33), 0.025, "hem"),
    ]

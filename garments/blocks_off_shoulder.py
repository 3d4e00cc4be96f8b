"""Off-shoulder tops: a bodice with set-in sleeves, cut off level below the shoulders and gathered by an elastic.

The bodice and its sleeves are drawn whole; then front, back and both caps are cut where the armhole is CUT of the way from its foot
to the shoulder tip. What remains of the armholes is sewn as before; the four top edges make a ring round chest and
arms, which is eased onto a band with an elastic of its own, cut a little shorter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from toile.engine.core.errors import BadInput
from toile.garments import curves
from toile.garments.blocks_strapless import ELASTIC, ELASTIC_LIMIT, STAY
from toile.garments.curves import F64
from toile.garments.fabric import fabric
from toile.garments.pattern import Edge, Panel, Placement
from toile.garments.piecework import Drawing
from toile.garments.style import Style

CUT = 0.40
"""Height of the top over the armhole's foot, over that of the shoulder tip."""
ELASTIC_SHARE = 0.93
"""Rest length of the elastic over the edges that it gathers. A tighter one climbs the shoulders when the arms rise."""
SLEEVES = ("cap", "short", "elbow", "three_quarter", "long")


def is_off_shoulder(style: Style) -> bool:
    """Whether a style's top edge runs round the upper arms."""
    return style.neckline == "off_shoulder"


def top_height(foot: float, tip: float) -> float:
    """Return the height [m] of the finished top over an armhole whose foot and shoulder tip lie at given heights."""
    return foot + CUT * (tip - foot) + STAY


def cut_off_shoulders(drawing: Drawing, style: Style, front: str, back: str) -> None:
    """Cut a bodice with set-in sleeves off below its shoulders, and add the elastic along the top.

    Raises:
        BadInput: no sleeves, or sleeves that are not set in.
    """
    sleeves = [f"{style.name}/sleeve_{side}" for side in ("left", "right")]
    if sleeves[0] not in drawing.panels or style.sleeve_style in ("raglan", "dolman", "kimono"):
        raise BadInput(
            f"An off-shoulder {style.label} hangs on sleeves that are set in; ask for short to long sleeves, or for a "
            "strapless neckline."
        )
    share: dict[str, float] = {}
    for name, seam in ((front, "front"), (back, "back")):
        panel = drawing.panels[name]
        hole = panel.edge("armhole_left").points
        up = hole if hole[0, 1] < hole[-1, 1] else hole[::-1]
        level = up[0, 1] + CUT * (up[-1, 1] - up[0, 1])
        walked = curves.cumulative(up)
        at = float(np.interp(level, up[:, 1], walked))
        share[f"cap_{seam}"] = at / walked[-1]
        drawing.panels[name] = _cut(panel, {f"armhole_{side}": at / walked[-1] for side in ("left", "right")})
    for name in sleeves:
        drawing.panels[name] = _cut(drawing.panels[name], share)
    drawing.seams = [
        replace(seam, ease=_length(drawing, seam.first) - _length(drawing, seam.second))
        if "/armhole_" in seam.name
        else seam
        for seam in drawing.seams
        if "/shoulder_" not in seam.name
    ]
    drawing.loops = [loop for loop in drawing.loops if loop.name != "neck"]
    _add_band(drawing, style, [front, sleeves[0], back, sleeves[1]])


def _length(drawing: Drawing, ref: tuple[str, str]) -> float:
    return drawing.panels[ref[0]].edge(ref[1]).length


def _cut(panel: Panel, shares: dict[str, float]) -> Panel:
    """Return a panel whose two named edges keep only a share from their feet; `top` joins what is left of them."""
    kept: list[Edge] = []
    gone = ("shoulder", "neck")
    edges = [e for e in panel.edges if not e.name.startswith(gone)]
    for edge in edges:
        if edge.name not in shares:
            kept.append(edge)
            continue
        up = edge.points[0, 1] < edge.points[-1, 1]
        at = shares[edge.name] * edge.length
        pieces = curves.cut(edge.points, [at if up else edge.length - at])
        kept.append(replace(edge, points=pieces[0] if up else pieces[-1]))
    result: list[Edge] = []
    for k, edge in enumerate(kept):
        result.append(edge)
        following = kept[(k + 1) % len(kept)]
        if np.linalg.norm(edge.points[-1] - following.points[0]) > 1e-6:
            result.append(Edge("top", curves.line(edge.points[-1], following.points[0]), 0.01))
    return replace(
        panel, edges=tuple(result), notches=tuple(n for n in panel.notches if n.edge not in (*shares, "neck"))
    )


def _add_band(drawing: Drawing, style: Style, ring: Sequence[str]) -> None:
    run = [(name, "top") for name in ring]
    cloth = sum(_length(drawing, ref) for ref in run)
    length = ELASTIC_SHARE * cloth
    half = 0.5 * length
    corners: list[F64] = [
        np.array(p) for p in ((-half, 0.0), (half, 0.0), (half, STAY), (-half, STAY), (-half, 0.0))
    ]
    edges = [
        Edge(n, curves.line(a, b), 0.01, "hem" if n == "top" else "seam")
        for n, a, b in zip(("bottom", "end_high", "top", "end_low"), corners, corners[1:], strict=False)
    ]
    placement = Placement("neck", "around", "nape", 0.0, style.layer)
    pull = ELASTIC / fabric(style.fabric).stretch_warp
    panel = drawing.add(
        "top_band",
        edges,
        placement,
        "Top band 上口松紧",
        "cut 1, double, over elastic",
        pull,
        (1.0, 0.0),
        ELASTIC_LIMIT,
    )
    drawing.sew("top_band", [(panel, "bottom")], run, "gather", length - cloth)
    drawing.sew("top_band_ends", [(panel, "end_high")], [(panel, "end_low")])
    drawing.ring("top", [(panel, "top")], "torso")
    drawing.notes.append(
        f"The {style.label}'s top is gathered by {100 * STAY:.1f} cm of elastic of {100 * length:.1f} cm round chest and arms, "
        f"{100 * (1 - ELASTIC_SHARE):.0f} % shorter than its edges."
    )

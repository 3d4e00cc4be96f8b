"""Raglan sleeves: the seam runs from under the arm to the side of the neck, and the shoulder belongs to the sleeve.

The body is drawn with its armhole U to T (the shoulder tip) and its shoulder line T to S (the side of the neck). At N, on
the armhole where it is steepest, a curve leaves for S: U to N to S is the body's raglan edge, and what lies beyond N, T, S goes to
the sleeve. The sleeve is drawn on the same paper in two halves, front and back, an arm laid from T at an angle (as
in `blocks_cut_on`): it shares N to S with the body; below N its edge turns to the other side and ends at a point U' of the
same length N to U', as far from the overarm as half the upper arm needs. W. Aldrich, "Metric Pattern Cutting", raglan
adaptation. The two halves are sewn along shoulder and overarm; N to T stays on them as a placement line.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from toile.engine.core.errors import BadInput, Infeasible
from toile.engine.core.measurements import Measurements
from toile.garments import curves, ease
from toile.garments.blocks_bodice import Torso
from toile.garments.blocks_sleeve import LENGTHS
from toile.garments.curves import F64, NoRoot
from toile.garments.pattern import Edge, Fold, Placement
from toile.garments.piecework import Drawing
from toile.garments.style import Style

ANGLE = math.radians(42.0)
"""The arm's angle below the horizontal on the paper."""
NOTCH = 0.42
"""Where the raglan line leaves the armhole, of the way from its foot."""
LEAST_UNDERARM = 0.02
WRIST = 1.4
"""Girth of a long sleeve's end over the wrist's, at least."""
END = 0.60
"""Girth of a long sleeve's end over that of its upper arm."""


def add_raglan(drawing: Drawing, style: Style, m: Measurements, front: str, back: str, frame: Torso) -> None:
    """Cut the shoulders off a body that has been drawn with armholes and add the sleeves, sewn in.

    Raises:
        BadInput: a stated sleeve that ends before its underarm.
        Infeasible: an arm that is too wide for the armhole.
    """
    panels = {"front": front, "back": back}
    halves = {face: _half(drawing, style, m, panel, face == "front", frame) for face, panel in panels.items()}
    longest = max(curves.length(half["overarm"]) for half in halves.values())
    for face, panel in panels.items():  # the deeper underarm decides how long a short sleeve must be
        if longest - curves.length(halves[face]["overarm"]) > 1e-9:
            halves[face] = _half(drawing, style, m, panel, face == "front", frame, longest)
    one, two = (curves.length(halves[face]["underarm"]) for face in ("front", "back"))
    half = 0.5 * (one - two)
    for face, slant in (("front", -half), ("back", half)):
        halves[face] = _slanted(halves[face], slant)
    miss = curves.length(halves["front"]["underarm"]) - curves.length(halves["back"]["underarm"])
    if abs(miss) > 1e-9:
        halves["back"] = _slanted(halves["back"], miss)
    for face, panel in (("front", front), ("back", back)):
        _cut_body(drawing, panel, halves[face], face == "front")
    for side in ("left", "right"):
        names = [_sleeve(drawing, style, halves[face], face, side) for face in ("front", "back")]
        for name, panel, face in zip(names, (front, back), ("front", "back"), strict=True):
            drawing.sew(f"raglan_{face}_{side}", [(name, f"raglan_{side}")], [(panel, f"armhole_{side}")])
        for seam in ("shoulder", "overarm", "underarm"):
            drawing.sew(f"{seam}_{side}", [(names[0], f"{seam}_{side}")], [(names[1], f"{seam}_{side}")])
        drawing.ring(f"cuff_{side}", [(names[0], f"cuff_{side}"), (names[1], f"cuff_{side}")], f"{side}_arm")


def _half(
    drawing: Drawing, style: Style, m: Measurements, panel: str, front: bool, frame: Torso, least: float = 0.0
) -> dict[str, F64]:
    """Return the lines of the +x side of one face: hole (U to N), line (N to S), lower (U' to N), shoulder, arm's seams."""
    plus = "left" if front else "right"
    edges = {e.name: e.points for e in drawing.panels[panel].edges}
    hole, shoulder = edges[f"armhole_{plus}"], edges[f"shoulder_{plus}"]
    low, high = curves.cut(hole, [NOTCH * curves.length(hole)])
    notch, tip, neck = high[0], high[-1], shoulder[-1]
    up = curves.unit(low[-1] - low[-2])
    line = curves.smooth(notch, up, neck, neck - notch + np.array([-0.03, 0.0]), 0.3)
    d = np.array([math.cos(ANGLE), -math.sin(ANGLE)])
    n = np.array([-math.sin(ANGLE), -math.cos(ANGLE)])
    biceps = m.upper_arm * (1.0 + ease.girth_ease(style, "upper_arm"))
    wanted = curves.length(low)

    def lower(t: float) -> F64:
        foot = tip + t * d + 0.5 * biceps * n
        leave = curves.unit(curves.unit(notch - foot) - 0.5 * n)
        return curves.cubic(foot, foot + 0.35 * wanted * leave, notch - 0.35 * wanted * up, notch)

    near = float((notch - tip) @ d)
    try:
        place = curves.solve(lambda t: curves.length(lower(t)) - wanted, near, near + wanted, 1e-10)
    except NoRoot as error:
        raise Infeasible(
            f"The armholes of a {style.label} with a bust of {200 * (frame.bust_front + frame.bust_back):.1f} cm are too small "
            f"for a raglan sleeve over an arm of {100 * m.upper_arm:.1f} cm; ask for a larger bust or another sleeve."
        ) from error
    length = max(_length(style, m, frame, place), least)
    slope = np.array([-math.cos(frame.slope), math.sin(frame.slope)])

    def overarm(reach: float) -> F64:
        return curves.smooth(tip + reach * d, -d, tip, slope, 0.36)

    over = overarm(
        curves.solve(lambda r: curves.length(overarm(r)) - length, 0.85 * length, 1.01 * length, 1e-11)
    )
    far = min(1.0, length / m.arm_length)
    end = 0.5 * max(biceps * (1.0 - (1.0 - END) * far), WRIST * m.wrist)
    last = over[0] + min(end, 0.5 * biceps) * n
    below = lower(place)
    return {
        "hole": low,
        "high": high,
        "line": line,
        "lower": below,
        "underarm": curves.line(below[0], last),
        "cuff": curves.line(last, over[0]),
        "overarm": over,
        "shoulder": shoulder,
    }


def _length(style: Style, m: Measurements, frame: Torso, place: float) -> float:
    """Return the sleeve's length [m] from the shoulder tip, which is beyond its underarm.

    Raises:
        BadInput: the stated one is not.
    """
    if style.sleeve_length is None:
        dropped = max(0.0, frame.shoulder - 0.5 * m.shoulder)
        return max(LENGTHS[style.sleeve] * m.arm_length - dropped, place + 0.01 + LEAST_UNDERARM)
    if style.sleeve_length < place + 0.01 + LEAST_UNDERARM:
        raise BadInput(
            f"A raglan sleeve of {100 * style.sleeve_length:.1f} cm on the {style.label} ends before its underarm (pieces "
            f"sleeve_front_left and sleeve_back_left, edge 'underarm_left'); ask for at "
            f"least {100 * (place + 0.01 + LEAST_UNDERARM) + 0.05:.1f} cm."
        )
    return style.sleeve_length


def _slanted(half: dict[str, F64], by: float) -> dict[str, F64]:
    """Return a half whose underarm is longer by a length [m]; its end slants."""
    foot, last = half["underarm"]
    moved = last + by * curves.unit(last - foot)
    return {**half, "underarm": curves.line(foot, moved), "cuff": curves.line(moved, half["cuff"][1])}


def _cut_body(drawing: Drawing, name: str, half: dict[str, F64], front: bool) -> None:
    """Put the raglan edge in the place of armhole and shoulder."""
    plus = "left" if front else "right"
    panel = drawing.panels[name]
    edge = curves.chain(half["hole"], half["line"])
    edges = []
    for old in panel.edges:
        if old.name.startswith("armhole_"):
            mine = old.name.endswith(plus)
            edges.append(replace(old, points=edge if mine else curves.mirrored(edge)))
        elif not old.name.startswith("shoulder_"):
            edges.append(old)
    notches = tuple(n for n in panel.notches if not n.edge.startswith(("armhole_", "shoulder_")))
    drawing.panels[name] = replace(panel, edges=tuple(edges), notches=notches)
    drawing.seams = [s for s in drawing.seams if "shoulder_" not in s.first[1] or s.first[0] != name]


def _sleeve(drawing: Drawing, style: Style, half: dict[str, F64], face: str, side: str) -> str:
    """Add one half of a sleeve."""
    raglan = curves.chain(half["line"][::-1], half["lower"][::-1])
    runs = {
        "raglan": raglan,
        "underarm": half["underarm"],
        "cuff": half["cuff"],
        "overarm": half["overarm"],
        "shoulder": half["shoulder"],
    }
    own = (face == "front") == (side == "left")  # on the +x side of the paper
    edges = [
        Edge(
            f"{k}_{side}",
            p if own else curves.mirrored(p),
            0.02 if k == "cuff" else 0.01,
            "hem" if k == "cuff" else "seam",
        )
        for k, p in runs.items()
    ]
    if not own:
        edges.reverse()
    placement = Placement(f"{side}_arm", face, "waist", 0.0, style.layer)
    chinese = ("左" if side == "left" else "右") + ("前" if face == "front" else "后")
    name = drawing.add(f"sleeve_{face}_{side}", edges, placement, f"Raglan sleeve {face} {side} {chinese}袖")
    high = half["high"] if own else curves.mirrored(half["high"])
    drawing.panels[name] = replace(drawing.panels[name], folds=(Fold("placement", high),))
    return name

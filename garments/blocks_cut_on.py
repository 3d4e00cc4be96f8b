"""Sleeves cut in one with the body: kimono (wide, nearly straight out) and dolman (deep under the arm, close at the wrist).

The body is drawn with its armhole first; then, on the same piece of paper, an arm is laid from the shoulder tip T at an
angle a below the horizontal. With d along the arm and n square to it, the sleeve's end stands at the stated length of the
overarm seam, half its girth along n; the underarm runs from there to a point B where the sleeve is as wide as the upper arm
needs, and on to the side seam in a hollow curve (W. Aldrich, "Metric Pattern Cutting", "kimono block" and "dolman sleeve").
The armhole is lowered until its foot is as far from the overarm as B. The back's end slants by what
makes its underarm seam as long as the front's. The armhole itself stays on the pattern as a placement line: the sleeve begins there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from toile.engine.core.errors import BadInput
from toile.engine.core.measurements import Measurements
from toile.garments import curves, ease
from toile.garments.blocks_bodice import Torso
from toile.garments.blocks_sleeve import LENGTHS
from toile.garments.curves import F64
from toile.garments.pattern import Edge, Fold
from toile.garments.piecework import Drawing
from toile.garments.style import Style

STYLES = ("kimono", "dolman")
ANGLE = {"kimono": math.radians(27.0), "dolman": math.radians(38.0)}
"""The arm's angle below the horizontal on the paper."""
DEEPER = {"kimono": 0.015, "dolman": 0.075}
"""How much farther from the overarm than the upper arm needs the side seam ends [m]."""
END = {"kimono": 0.95, "dolman": 0.62}
"""Girth of a long sleeve's end over that of its upper arm; a dolman's still passes the hand."""
HAND = 1.38
"""Least girth of a long sleeve's end over the wrist's."""
FLATTEST = math.radians(4.0)
LEAST_SIDE = 0.10
"""Shortest side seam [m] above the waist."""
DART_ROOM = 0.03
"""How far [m] the side seam reaches above the bust points where it has a dart; a deeper sleeve gives the room itself."""
HOLLOW = 0.07
"""Length [m] along the arm of the hollow from the side seam to the underarm."""
LEAST_UNDERARM = 0.04
"""Shortest underarm seam [m], along the arm."""


@dataclass(frozen=True)
class Arm:
    """A sleeve on the +x side of a body piece [m]: from the tip along an angle, its length, half girths of arm and end."""

    tip: F64
    slope: float  # of the shoulder [rad]
    length: float
    biceps: float
    end: float
    short: bool = False  # too short for a hollow underarm: a straight one

    def past(self, angle: float, foot: F64) -> float:
        """Return how far [m] along the arm the side seam's head lies."""
        return float((foot - self.tip) @ np.array([math.cos(angle), -math.sin(angle)]))

    def drawn(self, angle: float, foot: F64, slant: float = 0.0) -> tuple[F64, F64, F64]:
        """Return underarm (foot to end), end, and overarm (end to tip); the end's lower corner lies `slant` [m] farther out."""
        d = np.array([math.cos(angle), -math.sin(angle)])
        n = np.array([-d[1], d[0]]) * -1.0  # towards the body
        shoulder = np.array([-math.cos(self.slope), math.sin(self.slope)])

        def overarm(reach: float) -> F64:
            return curves.smooth(self.tip + reach * d, -d, self.tip, shoulder, 0.36)

        reach = curves.solve(
            lambda r: curves.length(overarm(r)) - self.length, 0.9 * self.length, 1.01 * self.length
        )
        over = overarm(reach)
        last = over[0] + self.end * n + slant * d
        place = self.past(angle, foot) + HOLLOW
        if self.short:
            return curves.line(foot, last), curves.line(last, over[0]), over
        width = self.end + max(reach - place, 0.0) / reach * (self.biceps - self.end)
        bend = self.tip + place * d + max(width, self.end) * n
        hollow = curves.smooth(foot, np.array([0.12 * np.sign(foot[0]), 1.0]), bend, last - bend, 0.42)
        under = curves.chain(hollow, curves.line(bend, last))
        return under, curves.line(last, over[0]), over


def lowered(style: Style, m: Measurements, frame: Torso) -> Torso:
    """Return a frame whose armholes reach as far down as a sleeve cut in one with the body needs."""
    underarm = min(frame.underarm, _foot(style, m, frame, angle_of(style, m, frame)))
    dart = frame.side_dart if underarm > frame.bust_point[1] + DART_ROOM else 0.0
    return replace(frame, underarm=underarm, side_dart=dart)


def angle_of(style: Style, m: Measurements, frame: Torso) -> float:
    """Return the arm's angle [rad] below the horizontal: flatter where a stout arm leaves no side seam otherwise."""
    angle = ANGLE[style.sleeve_style]
    while angle > FLATTEST and _foot(style, m, frame, angle) < LEAST_SIDE:
        angle -= math.radians(1.0)
    return angle


def _foot(style: Style, m: Measurements, frame: Torso, angle: float) -> float:
    """Return the height [m] of a side seam's head that is as far from the overarm as the sleeve is wide."""
    tip = frame.tip(False)
    away = 0.5 * _biceps(style, m) + DEEPER[style.sleeve_style]
    return float(tip[1]) - (away + (frame.bust_back - tip[0]) * math.sin(angle)) / math.cos(angle)


def _biceps(style: Style, m: Measurements) -> float:
    loose = replace(style, fit={"skintight": "slim", "slim": "regular"}.get(style.fit, style.fit))
    return m.upper_arm * (1.0 + ease.girth_ease(loose, "upper_arm"))


def _arm(style: Style, m: Measurements, frame: Torso, tip: F64) -> Arm:
    dropped = max(0.0, frame.shoulder - 0.5 * m.shoulder)
    length = style.sleeve_length
    if length is None:
        length = LENGTHS[style.sleeve] * m.arm_length - dropped
    biceps = _biceps(style, m)
    far = min(1.0, length / m.arm_length)
    end = max(biceps * (1.0 - (1.0 - END[style.sleeve_style]) * far), HAND * m.wrist)
    return Arm(tip, frame.slope, length, 0.5 * biceps, 0.5 * end)


def add_sleeves(drawing: Drawing, style: Style, m: Measurements, front: str, back: str, frame: Torso) -> None:
    """Draw both sleeves onto the front and the back of a body that has been drawn with armholes, and sew them.

    Raises:
        BadInput: a stated sleeve that is too short.
    """
    halves = []
    for name, is_front in ((front, True), (back, False)):
        plus = "left" if is_front else "right"
        hole = drawing.panels[name].edge(f"armhole_{plus}").points
        halves.append((name, plus, hole, _arm(style, m, frame, hole[-1])))
    angle = angle_of(style, m, frame)
    halves = _long_enough(style, halves, angle)
    _, _, hole, arm = halves[0]
    wanted = curves.length(arm.drawn(angle, hole[0])[0])

    def miss(slant: float) -> float:
        _, _, back_hole, back_arm = halves[1]
        return curves.length(back_arm.drawn(angle, back_hole[0], slant)[0]) - wanted

    slants = 0.0, _least_slant(miss)
    for (name, plus, hole, arm), slant in zip(halves, slants, strict=True):
        _redraw(drawing, name, plus, hole, arm.drawn(angle, hole[0], slant))
    for side in ("left", "right"):
        for seam in ("underarm", "overarm"):
            drawing.sew(f"{seam}_{side}", [(front, f"{seam}_{side}")], [(back, f"{seam}_{side}")])
        drawing.ring(f"cuff_{side}", [(front, f"cuff_{side}"), (back, f"cuff_{side}")], f"{side}_arm")


def _least_slant(miss: Callable[[float], float]) -> float:
    """Return where `miss` is zero near 0; it is not monotone, so the search widens."""
    for reach in (0.05, 0.07, 0.09):
        try:
            return curves.solve(miss, -reach, reach, 1e-10)
        except curves.NoRoot:
            continue
    return curves.solve(miss, -0.05, 0.12, 1e-10)


Half = tuple[str, str, F64, Arm]


def _long_enough(style: Style, halves: list[Half], angle: float) -> list[Half]:
    """Return front and back with sleeves that reach beyond the side seam: chosen lengths grow, stated ones are refused.

    Raises:
        BadInput: a stated sleeve that ends before its underarm.
    """
    past = max(arm.past(angle, hole[0]) for _, _, hole, arm in halves)
    length = halves[0][3].length
    if length < past + LEAST_UNDERARM and style.sleeve_length is not None:
        raise BadInput(
            f"A {style.sleeve_style} sleeve of {100 * length:.1f} cm on the {style.label} ends before its underarm (edge "
            f"'underarm_left' of front and back); ask for at "
            f"least {100 * (past + LEAST_UNDERARM) + 0.05:.1f} cm."
        )
    length = max(length, past + LEAST_UNDERARM)
    short = length < past + HOLLOW + 0.02
    return [(name, plus, hole, replace(arm, length=length, short=short)) for name, plus, hole, arm in halves]


def _redraw(drawing: Drawing, name: str, plus: str, hole: F64, drawn: tuple[F64, F64, F64]) -> None:
    """Put underarm, end and overarm in the place of both armholes of a panel."""
    minus = "right" if plus == "left" else "left"
    panel = drawing.panels[name]
    edges: list[Edge] = []
    for edge in panel.edges:
        if not edge.name.startswith("armhole_"):
            edges.append(edge)
            continue
        parts = [
            Edge(stem, points, 0.02 if stem == "cuff" else 0.01, "hem" if stem == "cuff" else "seam")
            for stem, points in zip(("underarm", "cuff", "overarm"), drawn, strict=True)
        ]
        if edge.name == f"armhole_{plus}":
            edges += [replace(e, name=f"{e.name}_{plus}") for e in parts]
        else:
            edges += [
                replace(e, name=f"{e.name}_{minus}", points=curves.mirrored(e.points))
                for e in reversed(parts)
            ]
    lines = (Fold("placement", hole), Fold("placement", curves.mirrored(hole)))
    notches = tuple(n for n in panel.notches if not n.edge.startswith("armhole_"))
    drawing.panels[name] = replace(panel, edges=tuple(edges), folds=(*panel.folds, *lines), notches=notches)

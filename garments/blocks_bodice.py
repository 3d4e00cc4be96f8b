"""The torso above the waist: a darted bodice for dresses, a plain body for T-shirts, necklines and armholes.

y = 0 is the natural waist, x = 0 the centre. The shoulder seam lies on the ridge of the shoulder, slopes as it does when
the arms hang, and spans what is left of the tape from tip to tip once its climb over the nape is taken off. The armhole
ends below the body's armpit; the side dart takes what the front is longer than the back (over the bust), the waist
darts what the bust is larger than the waist.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from toile.engine.core.errors import BadInput, Infeasible
from toile.engine.core.measurements import Measurements
from toile.garments import curves, ease
from toile.garments.blocks_halter import front_top, is_halter
from toile.garments.blocks_off_shoulder import is_off_shoulder, top_height
from toile.garments.blocks_skirt import Waist, waist_edges
from toile.garments.blocks_strap import has_straps, strap_edges, strap_ends
from toile.garments.blocks_strapless import has_no_shoulders, highest, top_edge
from toile.garments.curves import F64
from toile.garments.pattern import Edge, Placement
from toile.garments.piecework import Dart, Drawing, darted, whole
from toile.garments.style import Style

NECK_WIDTH = 0.16
"""Half the neck's width over the girth of its base (ISO 5.3.3; FreeSewing's 0.197 is of the slimmer neck above it)."""
NECK_DEPTH = 1.55
"""Front neck point below the side neck point, along the cloth, over half the neck's width."""
NECK_RISE = 0.42
"""Side neck point above the nape, along the cloth, over half the neck's width."""
OVER = 0.010
"""Length over the shoulder [m] that front and back each have beyond the body's, for cloth that lies on it."""
RIDGE = 0.30
"""How far behind the body's side neck point the ridge of the shoulder lies, over half the neck's width."""
HANGING = 1.0, 0.92
"""Slope of the shoulder over the angle from nape to tip: sleeveless, and with sleeves, which have to let arms rise."""
GAPE = 0.012, 0.005
"""What the side dart takes out of the front armhole [m], sleeveless (at least) and with sleeves: over a bust it would gape."""
SLEEVELESS_TIP = 0.02
"""How far inside the shoulder tip a sleeveless shoulder ends [m], so that it does not stand off where the arm drops away."""
ACROSS_BACK = 0.925
"""Width between the armholes over the shoulder width (FreeSewing)."""
BUST_SHARE = 0.02
"""The front is larger than the back by this fraction of the quarter, each way."""
LEAST_STRAP = 0.03
CLOSEST_NECK = 0.9
"""Smallest neck opening over the girth of the neck's base; a collar sits higher, where the neck is slimmer."""
BLOUSING = 0.009, 0.013
"""What a dress is longer between waist and bust than the body's tapes, over the bust's girth, sleeveless and with sleeves: cloth with
ease lies farther out than a tape does, and with sleeves it is carried by the arms as well."""
LARGEST_SIDE_DART = 0.085
LARGEST_GAPE = 0.05
"""Most that the side dart takes out of the front armhole [m]."""
LARGEST_BALANCE = 0.028
"""How much longer [m] than its back a front without darts may be."""
WIDEST_WAIST_DART = 0.055

NECKLINES = {
    # widening along the shoulder, deepening of the front, deepening of the back [m]
    "crew": (0.012, 0.016, 0.004),
    "scoop": (0.028, 0.068, 0.012),
    "v": (0.014, 0.085, 0.005),
    "square": (0.030, 0.045, 0.008),
    "boat": (0.050, -0.015, 0.006),
}
LAPEL_BREAK = 0.45
"""Height of the first button under lapels over that of the bust point, both over the waist."""
T_SHIRT_CREW = (0.014, 0.022, 0.006)


@dataclass(frozen=True)
class Torso:
    """The frame of a bodice [m]: half widths and heights over the waist."""

    neck: float  # half width at the neck base
    neck_depth: float  # front neck point below the side neck point
    rise: float  # side neck point above the nape
    slope: float  # shoulder, rad below the horizontal
    nape: float  # back length
    side_neck_front: float
    shoulder: float  # half width, tip to tip
    underarm: float  # height of the armhole's foot on the back
    side_dart: float  # what the front is longer than the back, and the armhole's gape
    bust_front: float  # half widths at the underarm
    bust_back: float
    bust_point: tuple[float, float]

    @property
    def side_neck_back(self) -> float:
        """Height of the side neck point on the back."""
        return self.nape + self.rise

    def tip(self, front: bool) -> F64:
        """Return the shoulder tip on the front or the back."""
        top = self.side_neck_front if front else self.side_neck_back
        return np.array([self.shoulder, top - (self.shoulder - self.neck) * math.tan(self.slope)])

    def on_shoulder(self, x: float, front: bool) -> F64:
        """Return the point of the shoulder line at x."""
        top = self.side_neck_front if front else self.side_neck_back
        return np.array([x, top - (x - self.neck) * math.tan(self.slope)])


def torso(style: Style, m: Measurements, *, darts: bool, lower_armhole: float = 0.0) -> Torso:
    """Return the frame for a style on a body.

    Raises:
        Infeasible: a shoulder width that leaves no room for the neck.
    """
    climb = m.nape_height - m.shoulder_height
    level = 2.0 * math.sqrt(max((0.5 * m.shoulder) ** 2 - climb**2, (0.35 * m.shoulder) ** 2))
    shoulder = style.shoulder if style.shoulder is not None else level + ease.shoulder_ease(style)
    if style.shoulder is None and style.sleeve == "sleeveless":
        shoulder -= 2.0 * SLEEVELESS_TIP
    m = _blousing(style, m, darts)
    neck = NECK_WIDTH * m.neck
    if 0.5 * shoulder < neck + LEAST_STRAP:
        raise Infeasible(
            f"A shoulder width of {100 * shoulder:.1f} cm leaves no shoulder seam beside a neck of "
            f"{100 * m.neck:.1f} cm round; ask for at least {200 * (neck + LEAST_STRAP):.1f} cm."
        )
    if style.neck is not None and style.neck < CLOSEST_NECK * m.neck:
        raise Infeasible(
            f"A neck opening of {100 * style.neck:.1f} cm (the edge 'neck' of front and back, and of a collar sewn to it) closes "
            f"round a neck of {100 * m.neck:.1f} cm; ask for at least "
            f"{100 * CLOSEST_NECK * m.neck + 0.05:.1f} cm."
        )
    fall = HANGING[style.sleeve != "sleeveless"] * math.atan2(climb, 0.5 * level - neck)
    slope = min(max(fall, math.radians(15)), math.radians(28))
    rise = NECK_RISE * neck + OVER
    surface = m.back_length / max(m.nape_height - m.waist_height, 0.2)
    surface = min(max(surface, 0.95), 1.15)
    bust = ease.finished(style, "bust", m.bust, style.bust)
    share = BUST_SHARE if darts else 0.0
    bust_front, bust_back = 0.25 * bust * (1 + share), 0.25 * bust * (1 - share)
    drop = 0.015 if style.sleeve == "sleeveless" else 0.02 + 0.12 * max(0.0, bust / m.bust - 1.05)
    tip_height = m.back_length + rise - (0.5 * shoulder - neck) * math.tan(slope)
    armpit = surface * (m.armpit_height - m.waist_height)
    underarm = min(max(armpit - drop, 0.3 * tip_height), tip_height - 0.13) - lower_armhole
    longer = m.front_length + RIDGE * neck + OVER - (m.back_length + rise)
    longer = min(max(longer, -0.02), LARGEST_SIDE_DART if darts else LARGEST_BALANCE)
    bust_point = min(0.5 * m.bust_point_distance, 0.55 * bust_front)
    mouth = longer + GAPE[style.sleeve != "sleeveless"]
    if style.sleeve == "sleeveless":
        mouth = max(mouth, 2.0 * (bust_front - bust_point) * math.tan(0.5 * bust_angle(m.bust)))
    bust_height = surface * (m.bust_height - m.waist_height)
    bust_height = min(max(bust_height, 0.45 * underarm), underarm + 0.5 * max(longer, 0.0) - 0.005)
    return Torso(
        neck=neck,
        neck_depth=NECK_DEPTH * neck,
        rise=rise,
        slope=slope,
        nape=m.back_length,
        side_neck_front=m.back_length + rise + longer,
        shoulder=0.5 * shoulder,
        underarm=underarm,
        side_dart=min(mouth, longer + LARGEST_GAPE) if darts and longer >= 0.01 else 0.0,
        bust_front=bust_front,
        bust_back=bust_back,
        bust_point=(bust_point, bust_height),
    )


def _blousing(style: Style, m: Measurements, darts: bool) -> Measurements:
    """Return the measurements with the waist as far below the bust as a dress with a seam there needs it."""
    if not darts or style.family != "dress" or style.waistline != "natural" or has_no_shoulders(style):
        return m
    more = BLOUSING[style.sleeve != "sleeveless"] * m.bust
    return replace(
        m,
        back_length=m.back_length + more,
        front_length=m.front_length + more,
        bust_height=m.bust_height + more,
        armpit_height=m.armpit_height + more,
        nape_height=m.nape_height + more,
        shoulder_height=m.shoulder_height + more,
    )


def bust_angle(bust: float) -> float:
    """Return the angle [rad] of the dart over a bust of a girth [m]: a quarter of it in cm, less 2.5, in degrees (Bunka)."""
    return math.radians(25.0 * bust - 2.5)


def neckline(style: Style, frame: Torso, opening: float | None) -> tuple[F64, F64]:
    """Return the half necklines of front and back, from the shoulder to the centre.

    Args:
        opening: finished length [m] of the whole neck edge, or None for the neckline's own.

    Raises:
        Infeasible: a length that no such neckline has on this shoulder.
    """
    if has_no_shoulders(style) or is_off_shoulder(style):
        style, opening = replace(style, neckline="scoop"), None
    own = (
        T_SHIRT_CREW
        if style.category == "t_shirt" and style.neckline == "crew"
        else NECKLINES.get(style.neckline, NECKLINES["v"])
    )
    if style.neckline == "lapel":
        own = (own[0], frame.side_neck_front - frame.neck_depth - LAPEL_BREAK * frame.bust_point[1], own[2])
    room = frame.shoulder - LEAST_STRAP - frame.neck
    if opening is None:
        return _neck_curves(style, frame, min(own[0], room), own[1], own[2])

    def drawn(larger: float) -> tuple[F64, F64]:
        width = min(own[0] + 0.85 * larger, room)
        return _neck_curves(style, frame, width, own[1] + 1.1 * larger, own[2] + 0.25 * larger)

    def girth(larger: float) -> float:
        return 2.0 * sum(curves.length(part) for part in drawn(larger))

    low = max(-0.07, -(frame.neck_depth + own[1] - 0.02) / 1.1, -(frame.rise + own[2] - 0.006) / 0.25)
    high = max(low + 0.01, (frame.side_neck_front - frame.neck_depth - own[1] - 0.06) / 1.1)
    if not girth(low) <= opening <= girth(high):
        raise Infeasible(
            f"A {style.neckline} neck opening of {100 * opening:.1f} cm does not fit between a shoulder of "
            f"{200 * frame.shoulder:.1f} cm and this neck; ask for {100 * girth(low):.0f} to {100 * girth(high):.0f} cm."
        )
    return drawn(curves.solve(lambda larger: girth(larger) - opening, low, high))


def _neck_curves(style: Style, frame: Torso, width: float, front: float, back: float) -> tuple[F64, F64]:
    x = frame.neck + width
    into = np.array([-math.sin(frame.slope), -math.cos(frame.slope)])
    start = frame.on_shoulder(x, True)
    foot = np.array([0.0, frame.side_neck_front - frame.neck_depth - front])
    drop = float(start[1] - foot[1])
    if style.neckline == "square":
        front_curve = np.array([start, [0.94 * x, foot[1]], foot])
    elif style.neckline in ("v", "lapel", "halter"):
        line = foot - start
        front_curve = curves.cubic(start, start + 0.18 * drop * into, foot - 0.45 * line, foot)
    else:
        front_curve = curves.cubic(start, start + 0.55 * drop * into, foot + np.array([0.62 * x, 0.0]), foot)
    start_back = frame.on_shoulder(x, False)
    foot_back = np.array([0.0, frame.nape - back])
    deep = max(float(start_back[1] - foot_back[1]), 0.004)
    back_curve = curves.cubic(
        start_back, start_back + 0.5 * deep * into, foot_back + np.array([0.55 * x, 0.0]), foot_back
    )
    return front_curve, back_curve


def armhole(foot: F64, tip: F64, across: float, slope: float, hollow: float) -> F64:
    """Return the armhole from its foot at the side seam to the shoulder tip, meeting side and shoulder squarely.

    across: half the width between the armholes [m]; hollow: how far up the curve it is reached, 0-1.
    """
    middle = np.array([across, foot[1] + hollow * (tip[1] - foot[1])])
    reach = foot[0] - across
    lower = curves.cubic(
        foot,
        foot - np.array([0.62 * reach, 0.0]),
        middle - np.array([0.0, 0.6 * (middle[1] - foot[1])]),
        middle,
    )
    height = tip[1] - middle[1]
    up = np.array([math.sin(slope), math.cos(slope)])
    upper = curves.cubic(middle, middle + np.array([0.0, 0.4 * height]), tip - 0.35 * height * up, tip)
    return curves.chain(lower, upper)


def across(frame: Torso, front: bool) -> float:
    """Return half the width between the armholes [m]: narrower on the front, and inside the side seam."""
    wide = ACROSS_BACK * frame.shoulder - (0.008 if front else 0.0)
    return min(wide, (frame.bust_front if front else frame.bust_back) - 0.02)


def upper_edges(
    style: Style, frame: Torso, neck: F64, foot: F64, front: bool, neck_allowance: float
) -> list[Edge]:
    """Return armhole, shoulder and neck of a half outline, from the side seam's head to the centre."""
    if is_halter(style) and front:
        return front_top(foot, neck, frame.slope, neck_allowance)
    if has_no_shoulders(style) or is_halter(style):
        return [top_edge(style, foot, front)]
    if has_straps(style):
        return strap_edges(style, frame, foot, front, neck_allowance)
    tip = frame.tip(front)
    hole = armhole(foot, tip, across(frame, front), frame.slope, 0.36 if front else 0.42)
    return [
        Edge("armhole", hole, 0.01),
        Edge("shoulder", curves.line(tip, neck[0]), 0.01),
        Edge("neck", neck, neck_allowance),
    ]


@dataclass(frozen=True)
class BodicePanels:
    """Names of the panels of an upper body, and the waist seam that a skirt has to meet, if it ends there."""

    front: str
    back: str
    waist: Waist | None = None


def draft_bodice(drawing: Drawing, style: Style, m: Measurements, frame: Torso) -> BodicePanels:
    """Add a bodice that ends at the waist seam, with waist darts and, over a bust, side darts."""
    waist = ease.finished(style, "waist", m.waist, style.waist)
    front_waist, back_waist = 0.25 * waist * 1.015, 0.25 * waist * 0.985
    neck_front, neck_back = neckline(style, frame, style.neck)
    back, back_at = _back_half(style, frame, back_waist, neck_back)
    side = next(e for e in back if e.name == "side").length
    front, front_at = _front_half(style, frame, front_waist, side, neck_front)
    names = []
    for half, name, chinese in ((front, "front", "前"), (back, "back", "后")):
        placement = Placement("torso", name, "waist", 0.0, style.layer)
        names.append(
            drawing.add(
                f"bodice_{name}", whole(half, name == "front"), placement, f"Bodice {name} {chinese}上身"
            )
        )
        drawing.sew_darts(names[-1])
    sew_upper(drawing, style, names[0], names[1])
    return BodicePanels(names[0], names[1], Waist(front_waist, back_waist, front_at, back_at))


def sew_upper(drawing: Drawing, style: Style, front: str, back: str) -> None:
    """Sew sides and shoulders, and note the neck's ring; V and square necklines get their turn points."""
    for side in ("left", "right"):
        run = [
            (front, e.name)
            for e in drawing.panels[front].edges
            if e.name.startswith("side_") and side in e.name
        ]
        if side == "right":
            run = _in_outline_order(drawing, front, run)
        drawing.sew(f"side_{side}", run, [(back, f"side_{side}")])
        if has_no_shoulders(style) or is_halter(style):
            continue
        drawing.sew(f"shoulder_{side}", [(front, f"shoulder_{side}")], [(back, f"shoulder_{side}")])
    if has_no_shoulders(style):
        return
    if not is_halter(style):
        drawing.ring("neck", [(front, "neck"), (back, "neck")], "neck")
    whole_neck = drawing.panels[front].edge("neck").length
    if style.neckline in ("v", "lapel", "halter"):
        drawing.turn(front, "neck", [0.5 * whole_neck])
    if style.neckline == "square":
        strap = float(np.linalg.norm(np.diff(drawing.panels[front].edge("neck").points[:2], axis=0)))
        drawing.turn(front, "neck", [strap, whole_neck - strap])


def _in_outline_order(drawing: Drawing, panel: str, run: list[tuple[str, str]]) -> list[tuple[str, str]]:
    order = [e.name for e in drawing.panels[panel].edges]
    return sorted(run, key=lambda ref: order.index(ref[1]))


def _waist_and_side(
    waist: float, bust: float, head: float, dart_at: float, dart_height: float
) -> tuple[list[Edge], F64, float]:
    """Return the waist edges from centre to side, the side seam's foot, and where the dart stands on the waist.

    waist: finished half width; bust: half width at the underarm; head: height of the underarm; dart_height: of the tip.
    """
    room = bust - waist
    suppression = room if room < 0.012 else max(0.35 * room, room - WIDEST_WAIST_DART)

    def base(foot_x: float) -> F64:
        along = curves.unit((bust - foot_x, head))
        return curves.smooth((0.0, 0.0), (1.0, 0.0), (foot_x, 0.0), (along[1], -along[0]), 0.33)

    foot_x = bust - suppression
    if room < 0.012 or curves.length(base(foot_x)) - waist < SMALL:
        foot_x = curves.solve(lambda x: curves.length(base(x)) - waist, 0.6 * waist, waist + 0.02)
    line = base(foot_x)
    edges = waist_edges(line, waist, dart_at, dart_height, from_side=False)
    return edges, line[-1], dart_at


SMALL = 0.004


def _back_half(style: Style, frame: Torso, waist: float, neck: F64) -> tuple[list[Edge], float]:
    at = 0.48 * waist
    edges, foot, at = _waist_and_side(waist, frame.bust_back, frame.underarm, at, 0.92 * frame.underarm)
    head = np.array([frame.bust_back, frame.underarm])
    return [
        *edges,
        Edge("side", curves.line(foot, head), 0.015),
        *upper_edges(style, frame, neck, head, False, 0.008),
    ], at


def _front_half(style: Style, frame: Torso, waist: float, side: float, neck: F64) -> tuple[list[Edge], float]:
    """Return the front's half outline; its side seam is as long as the back's once its dart is closed."""
    at = min(frame.bust_point[0], 0.6 * waist)
    top = frame.bust_point[1] - 0.02
    edges, foot, at = _waist_and_side(waist, frame.bust_front, frame.underarm + frame.side_dart, at, top)
    if frame.side_dart:
        head = np.array([frame.bust_front, frame.underarm + frame.side_dart])
        base = curves.line(foot, head)
        intake = curves.length(base) - side
        below = min(max(frame.bust_point[1] - 0.01 - 0.5 * intake, 0.25 * side), side - 0.035)
        depth = max(
            0.6 * (frame.bust_front - frame.bust_point[0]), frame.bust_front - frame.bust_point[0] - 0.025
        )
        lower, leg_in, leg_out, upper = darted(base, [below, side - below], [Dart(1.0, depth)])
        sides = [
            Edge("side_lower", lower, 0.015),
            Edge("bust_a", leg_in, 0.0, "dart"),
            Edge("bust_b", leg_out, 0.0, "dart"),
            Edge("side_upper", upper, 0.015),
        ]
    else:
        head = np.array([frame.bust_front, foot[1] + curves.leg(side, frame.bust_front - foot[0])])
        sides = [Edge("side", curves.line(foot, head), 0.015)]
    return [*edges, *sides, *upper_edges(style, frame, neck, head, True, 0.008)], at


def draft_shirt_body(drawing: Drawing, style: Style, m: Measurements, frame: Torso) -> BodicePanels:
    """Add the front and back of a T-shirt: no darts, sides straight or shaped to a stated waist.

    Raises:
        BadInput: shorter than its armhole.
        Infeasible: a neck opening that no neckline of this kind has.
    """
    length = style.length if style.length is not None else 0.40 * m.height
    neck_front, neck_back = neckline(style, frame, _passable(drawing, style, m, frame))
    top = highest(style, frame.underarm) if has_no_shoulders(style) else float(neck_front[0, 1])
    if has_straps(style):
        top = float(strap_ends(style, frame, True)[1][1])
    if is_off_shoulder(style):
        top = top_height(frame.underarm, float(frame.tip(True)[1]))
    bottom = top - length
    if bottom > frame.underarm - 0.08:
        raise BadInput(
            f"A {style.label} of {100 * length:.1f} cm ends at its armholes; ask for at least "
            f"{100 * (top - frame.underarm + 0.08) + 0.05:.1f} cm."
        )
    widths = _shirt_widths(style, m, frame, bottom)
    names = []
    for front, name, chinese in ((True, "front", "前"), (False, "back", "后")):
        bust = frame.bust_front if front else frame.bust_back
        head = np.array([bust, frame.underarm])
        side = side_curve([*(np.array(point) for point in widths), head])
        half = [
            Edge("hem", curves.line((0.0, bottom), side[0]), 0.02, "hem"),
            Edge("side", side, 0.01),
            *upper_edges(style, frame, neck_front if front else neck_back, head, front, 0.007),
        ]
        placement = Placement("torso", name, "waist", 0.0, style.layer)
        names.append(
            drawing.add(name, whole(half, front), placement, f"{style.label.capitalize()} {name} {chinese}片")
        )
    sew_upper(drawing, style, names[0], names[1])
    drawing.ring("hem", [(names[0], "hem"), (names[1], "hem")], "torso")
    return BodicePanels(names[0], names[1])


def side_curve(points: list[F64]) -> F64:
    """Return a smooth side seam through points from the hem up."""
    if len(points) == 2:
        return curves.line(points[0], points[1])
    parts = []
    tangents = [points[1] - points[0]]
    tangents += [b - a for a, b in zip(points, points[2:], strict=False)]
    tangents.append(points[-1] - points[-2])
    for k in range(len(points) - 1):
        parts.append(curves.smooth(points[k], tangents[k], points[k + 1], tangents[k + 1], 0.33))
    return curves.chain(*parts)


def _shirt_widths(style: Style, m: Measurements, frame: Torso, bottom: float) -> list[tuple[float, float]]:
    """Return (quarter girth, height) [m] along the side seam from the hem up, without the underarm."""
    quarter = frame.bust_front
    hip_level = -max(0.10, 1.03 * (m.waist_height - m.hip_height))
    down = min(1.0, max(0.0, bottom / hip_level))
    body = m.waist + down * (m.hip - m.waist)
    need = body * (1.0 + max(0.0, ease.girth_ease(style, "hip")))
    flare = 1.18 if style.silhouette == "a_line" else 1.0
    hem = 0.25 * style.hem if style.hem is not None else max(0.25 * need, flare * quarter)
    widths = [(hem, bottom)]
    if style.hip is not None and bottom < hip_level - 0.002:
        if style.hem is None:
            widths[0] = (0.25 * style.hip, bottom)
        widths.append((0.25 * style.hip, hip_level))
    if style.waist is not None and bottom < -0.02:
        widths.append((0.25 * style.waist, 0.0))
    return widths


def _passable(drawing: Drawing, style: Style, m: Measurements, frame: Torso) -> float | None:
    """Return the neck opening to draft: as stated, or wide enough for the head in a fabric that does not give."""
    if is_off_shoulder(style) or has_straps(style):
        return None
    if has_no_shoulders(style) or (style.opens_in_front and style.neck is not None):
        return style.neck if not has_no_shoulders(style) else None
    if style.neck is not None:
        opening = style.neck
    else:
        opening = 2.0 * sum(curves.length(part) for part in neckline(style, frame, None))
        needed = (m.head + 0.01) / (1.0 + 0.8 * style.stretch)
        if opening < needed and not style.knit:
            try:
                neckline(style, frame, needed)
            except Infeasible:
                needed = opening
            else:
                drawing.notes.append(
                    f"The neck was opened from {100 * opening:.1f} cm to {100 * needed:.1f} cm so that a head of "
                    f"{100 * m.head:.1f} cm passes in {style.fabric}."
                )
                return needed
    if opening * (1.0 + style.stretch) < m.head:
        drawing.notes.append(
            f"The neck opening of {100 * opening:.1f} cm does not let a head of {100 * m.head:.1f} cm through in "
            f"{style.fabric}: it needs a slit of {50 * (m.head - opening * (1 + style.stretch)) + 1:.0f} cm at the centre "
            "back, which is sewn shut in the simulation."
        )
    return style.neck

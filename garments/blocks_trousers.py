"""Trousers and shorts: four leg panels with a crotch curve each, back darts (front ones where needed), a waistband.

Each panel is drawn on its +x side with the centre line at x = 0, the hip line from there to the side, and the fork
beyond it. Crotch extensions are 1/20 of the hip in front and about 1/10 behind; the seat seam leans and rises behind
(Aldrich, "Metric Pattern Cutting", classic trouser block, in proportion). The back fork drops until both inside legs
are equally long; the back's side rises until both sides are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from toile.engine.core.errors import BadInput, Infeasible
from toile.engine.core.measurements import Measurements
from toile.garments import curves, ease
from toile.garments.blocks_band import closing_note, waistband_of
from toile.garments.blocks_skirt import (
    SMALLEST_DART,
    Waist,
    hip_depth,
    plain_waist,
    waist_edges,
    waist_run,
    waistband,
)
from toile.garments.curves import F64
from toile.garments.pattern import Edge, Placement
from toile.garments.piecework import Drawing, Ref
from toile.garments.style import Style

BAND = 0.035
"""Height [m] of the waistband."""
CROTCH_EASE = 0.012
"""How far the fork hangs below the crotch [m]."""
FRONT_FORK, BACK_FORK = 0.050, 0.105
"""Crotch extensions over the finished hip."""
FLOOR_CLEARANCE = 0.03
"""Height [m] of a full-length hem over the floor."""
KNEE_DOWN = 0.42
"""Knee below the crotch over the body's inside leg."""
SKINNY_HEM = 1.38
"""Hem over the ankle's girth: the heel, about 1.4 times the ankle, has to pass; more where the hem hangs round it."""
LEAST_INSEAM = 0.03
FORK_CURVE = 0.045
"""The hip line lies at least this far above the fork [m], however low the body's hip is."""

HEM_OF_HIP = {"straight": 0.45, "tapered": 0.365, "wide": 0.64, "flared": 0.58}
KNEE_OF_HIP = {"straight": 0.47, "tapered": 0.445, "wide": 0.635, "flared": 0.44}


@dataclass(frozen=True)
class Legs:
    """What both legs are drawn to [m]: heights are y (negative), widths of whole finished girths per leg."""

    top: float
    hip: float  # y of the hip line
    crotch: float  # y of the front fork
    bottom: float  # y of the hem
    knee: float  # y of the knee line
    long: bool  # whether the leg is drawn through the knee
    hip_girth: float
    knee_girth: float
    hem_girth: float
    spread: float  # a quarter of what the back's knee and hem are wider than the front's
    front_fork: float
    back_fork: float
    waist_front: float  # half lengths
    waist_back: float
    front_dart: float
    back_dart: float


def draft_trousers(drawing: Drawing, style: Style, m: Measurements) -> None:
    """Draft trousers or shorts.

    Raises:
        Infeasible: girths that cannot be worn, or a length and an inseam that leave no rise.
        BadInput: an inseam that is too short to sew.
    """
    waist, front_run, back_run = draft_legs(drawing, style, m)
    band = waistband_of(style, m, BAND, hip_depth(m))
    waistband(drawing, style, waist, band, front_run, back_run)
    drawing.notes += closing_note(style, band)


def draft_legs(drawing: Drawing, style: Style, m: Measurements) -> tuple[Waist, list[Ref], list[Ref]]:
    """Add both legs, sewn to each other, their waist half a band below y = 0.

    Returns:
        The waist seam, and the edges along it, front and back, from each one's -x side to its +x side.

    Raises:
        Infeasible, BadInput: as `draft_trousers`.
    """
    band = waistband_of(style, m, BAND, hip_depth(m))
    for place, stated, body in (("waist", style.waist, band.body), ("hip", style.hip, m.hip)):
        if place == "hip" or not band.pull:
            drawing.notes += ease.wearable(style, place, stated, body)
    front, back, legs = _solved(style, m)
    _check_hem(drawing, style, m, legs)
    names: dict[str, str] = {}
    for part, half, chinese in (("front", front, "前"), ("back", back, "后")):
        for side in ("left", "right"):
            plus = (part == "front") == (side == "left")
            edges = half if plus else [replace(e, points=curves.mirrored(e.points)) for e in reversed(half)]
            key = f"{side}_{part}"
            placement = Placement(f"{side}_leg", key, "waist", 0.0, style.layer)
            label = f"Trouser {part} {side} {'左' if side == 'left' else '右'}{chinese}裤片"
            names[key] = drawing.add(key, edges, placement, label)
            drawing.sew_darts(names[key])
    for side in ("left", "right"):
        pair = [names[f"{side}_front"], names[f"{side}_back"]]
        for edge in ("side", "inseam"):
            drawing.sew(f"{edge}_{side}", [(pair[0], edge)], [(pair[1], edge)])
            drawing.notch(((pair[0], edge), 0.5), ((pair[1], edge), 0.5))
        drawing.ring(f"hem_{side}", [(pair[0], "hem"), (pair[1], "hem")], f"{side}_leg")
    for part in ("front", "back"):
        drawing.sew(
            f"crotch_{part}", [(names[f"left_{part}"], "crotch")], [(names[f"right_{part}"], "crotch")]
        )
    waist = replace(plain_waist(1.0, m), front=legs.waist_front, back=legs.waist_back)
    front_run: list[Ref] = [
        *waist_run(drawing, names["right_front"]),
        *waist_run(drawing, names["left_front"]),
    ]
    back_run: list[Ref] = [*waist_run(drawing, names["left_back"]), *waist_run(drawing, names["right_back"])]
    return waist, front_run, back_run


def body_rise(m: Measurements) -> float:
    """Return the height [m] of the waist over the crotch."""
    return m.waist_height - m.inseam


def _solved(style: Style, m: Measurements) -> tuple[list[Edge], list[Edge], Legs]:
    """Return front and back halves whose inside leg and side seam have the stated lengths."""
    rise = body_rise(m) + CROTCH_EASE
    band = waistband_of(style, m, BAND, hip_depth(m))
    if style.inseam is not None and style.inseam < LEAST_INSEAM:
        raise BadInput(
            f"An inseam of {100 * style.inseam:.1f} cm is too short to sew; ask for at least {100 * LEAST_INSEAM:.0f} cm."
        )
    inseam = style.inseam
    if style.length is None and inseam is None:
        inseam = m.inseam - CROTCH_EASE - FLOOR_CLEARANCE * (2.0 if style.silhouette == "skinny" else 1.0)
        if style.category == "shorts":
            inseam = 0.16 * m.inseam
    if style.length is not None and inseam is not None:
        rise = _rise_between(style, m, style.length, inseam)
    elif style.length is not None and style.length < band.high + rise + LEAST_INSEAM:
        raise BadInput(
            f"{style.label.capitalize()} of {100 * style.length:.1f} cm end above the crotch, which lies "
            f"{100 * (rise + band.high):.1f} cm below the top of the waistband; ask for at least "
            f"{100 * (band.high + rise + LEAST_INSEAM) + 0.05:.1f} cm."
        )

    def drawn(bottom: float, rise: float) -> tuple[list[Edge], list[Edge], Legs]:
        legs = _legs(style, m, bottom, rise)
        front = _front(legs)
        back = _back(legs, curves.length(_inseam(front)), curves.length(_side(front)))
        return _edges(front), _edges(back), legs

    def side_miss(bottom: float, rise: float) -> float:
        assert style.length is not None
        return curves.length(_side(_front(_legs(style, m, bottom, rise)))) - (style.length - band.height)

    def highest(rise: float) -> float:
        """Return the highest hem [m] that the leg can be drawn to."""
        return -rise - 0.01 - (KNEE_DOWN * m.inseam if _legs(style, m, -2.0, rise).long else 0.0)

    def foot(rise: float) -> float:
        """Return the hem's height at which the inside leg has its length."""
        wanted = inseam
        assert wanted is not None
        return curves.solve(
            lambda bottom: curves.length(_inseam(_front(_legs(style, m, bottom, rise)))) - wanted,
            highest(rise),
            -rise - wanted - 0.02,
        )

    if inseam is None:
        return drawn(curves.solve(lambda bottom: side_miss(bottom, rise), highest(rise), -rise - 1.6), rise)
    if style.length is not None:
        try:
            rise = curves.solve(lambda r: side_miss(foot(r), r), rise - 0.06, rise + 0.06, 1e-8)
        except curves.NoRoot as error:
            raise Infeasible(
                f"A length of {100 * style.length:.1f} cm and an inseam of {100 * inseam:.1f} cm do not meet at this hip."
            ) from error
    return drawn(foot(rise), rise)


def _rise_between(style: Style, m: Measurements, length: float, inseam: float) -> float:
    """Return the rise [m] that a stated length and inseam leave."""
    high = waistband_of(style, m, BAND, hip_depth(m)).high
    rise, body = length - high - inseam, body_rise(m)
    if not 0.8 * body <= rise <= 1.35 * body:
        raise Infeasible(
            f"A length of {100 * length:.1f} cm with an inseam of {100 * inseam:.1f} cm leaves a rise of "
            f"{100 * rise:.1f} cm, but this body needs about {100 * (body + CROTCH_EASE):.1f} cm from waist to crotch; "
            "change one of the two."
        )
    return rise


def _legs(style: Style, m: Measurements, bottom: float, rise: float) -> Legs:
    band = waistband_of(style, m, BAND, hip_depth(m))
    if style.silhouette == "skinny" and style.fit == "regular":
        style = replace(style, fit="slim")  # the word says how close the legs lie
    waist_girth = band.cloth
    own_hip = max(m.hip * (1.0 + ease.girth_ease(style, "hip")), waist_girth)
    hip = style.hip if style.hip is not None else own_hip
    waist = plain_waist(waist_girth, m)
    if waist_girth > hip + 1e-9:
        raise Infeasible(
            f"{style.label.capitalize()} with a waist of {100 * waist_girth:.1f} cm cannot have a hip of "
            f"{100 * hip:.1f} cm: the waist would need gathers; ask for a hip of at least {100 * waist_girth:.1f} cm."
        )
    thigh = m.thigh * (1.0 + ease.girth_ease(style, "thigh"))
    slim = 0.9 if style.fit in ("skintight", "slim") or style.silhouette == "skinny" else 1.0
    forks = min(max((FRONT_FORK + BACK_FORK) * slim * hip, thigh - 0.5 * hip), 0.21 * hip)
    front_fork = forks * FRONT_FORK / (FRONT_FORK + BACK_FORK)
    crotch = -rise
    knee = crotch - KNEE_DOWN * m.inseam
    long = _reach(style, m, rise) > KNEE_DOWN * m.inseam + 0.10
    knee_girth, hem_girth = _leg_girths(style, m, hip, 0.5 * hip + forks, crotch, knee, bottom)
    return Legs(
        top=band.low,
        hip=-min(hip_depth(m), rise - FORK_CURVE),
        crotch=crotch,
        bottom=bottom,
        knee=knee,
        long=long,
        hip_girth=hip,
        knee_girth=knee_girth,
        hem_girth=hem_girth,
        spread=_spread(long, (crotch - bottom) / (crotch - knee), forks - 2.0 * front_fork),
        front_fork=front_fork,
        back_fork=forks - front_fork,
        waist_front=waist.front,
        waist_back=waist.back,
        front_dart=min(waist.front_dart, 0.55 * waist.front),
        back_dart=waist.back_dart,
    )


def _spread(long: bool, down: float, forks: float) -> float:
    """Return the spread [m] between front and back at a hem `down` of the way to the knee; forks: their difference."""
    at_knee = 0.005
    at_crotch = 0.25 * (forks + 0.01)
    return at_knee if long else at_knee + (1.0 - min(max(down, 0.0), 1.0)) * (at_crotch - at_knee)


def _reach(style: Style, m: Measurements, rise: float) -> float:
    """Return about how far [m] the leg reaches below the crotch."""
    if style.inseam is not None:
        return style.inseam
    if style.length is not None:
        return style.length - rise
    return m.inseam if style.category == "trousers" else 0.16 * m.inseam


def _leg_girths(
    style: Style, m: Measurements, hip: float, at_crotch: float, crotch: float, knee: float, bottom: float
) -> tuple[float, float]:
    """Return finished knee and hem girths [m] of a leg."""
    tapers = style.silhouette == "tapered" and style.fit == "regular"
    room = 1.0 + ease.girth_ease(replace(style, fit="slim") if tapers else style, "calf")
    if style.silhouette == "skinny":
        over_floor = m.inseam - CROTCH_EASE - (crotch - bottom)
        hem = (SKINNY_HEM + 0.14 * min(max((0.08 - over_floor) / 0.05, 0.0), 1.0)) * m.ankle
        knee_girth = max(m.knee * (1.0 + 0.6 * (room - 1.0)), 0.5 * (3.0 * m.calf * room - hem))
    else:
        hem = max(HEM_OF_HIP[style.silhouette] * hip, 1.2 * m.ankle)
        knee_girth = max(KNEE_OF_HIP[style.silhouette] * hip, m.knee * room)
        hem = max(hem, 3.0 * m.calf * room - 2.0 * knee_girth)
    if style.hem is not None:
        if style.silhouette != "flared":
            knee_girth = max(0.5 * (style.hem + min(at_crotch, knee_girth)), m.knee * room)
        return knee_girth, style.hem
    down = (crotch - bottom) / (crotch - knee)
    if style.category == "shorts":
        return knee_girth, _shorts_hem(style, m, at_crotch, min(max(down, 0.0), 1.0))
    if down < 1.0:
        return knee_girth, knee_girth + (1.0 - max(down, 0.0)) * 0.9 * (at_crotch - knee_girth)
    full = (m.inseam - CROTCH_EASE - FLOOR_CLEARANCE) / (KNEE_DOWN * m.inseam)
    return knee_girth, knee_girth + min((down - 1.0) / max(full - 1.0, 0.1), 1.0) * (hem - knee_girth)


def _shorts_hem(style: Style, m: Measurements, at_crotch: float, down: float) -> float:
    """Return the hem girth [m] of shorts that reach `down` of the way from crotch to knee."""
    body = m.thigh + down * (m.knee - m.thigh)
    close = body * (1.0 + ease.girth_ease(style, "thigh"))
    if style.silhouette in ("skinny", "tapered"):
        return close
    plain = max(close + 0.04 * body, at_crotch * (1.0 - 0.16 * down))
    return max(plain, 1.04 * at_crotch) if style.silhouette in ("wide", "flared") else plain


@dataclass(frozen=True)
class Leg:
    """The turn points of a leg panel on its +x side, and what its waist must be [m]."""

    legs: Legs
    quarter: float  # half the panel's share of the hip
    fork: F64
    centre_top: F64
    waist: float
    dart_at: float
    dart_reach: float  # of the way from waist to hip
    raised: float  # the side's head above the waist line
    suppression: float  # how far the side comes in at the waist
    wider: float  # added to half the knee's and the hem's quarter girths


def _front(legs: Legs) -> Leg:
    quarter = 0.25 * legs.hip_girth - 0.005
    room = quarter - legs.waist_front
    return Leg(
        legs=legs,
        quarter=quarter,
        fork=np.array([-legs.front_fork, legs.crotch]),
        centre_top=np.array([min(0.008, max(0.0, 0.2 * room)), legs.top]),
        waist=legs.waist_front,
        dart_at=legs.front_dart,
        dart_reach=0.45,
        raised=0.008,
        suppression=min(0.022, 0.6 * room),
        wider=-legs.spread,
    )


def _back(legs: Legs, inseam: float, side: float) -> Leg:
    """Return the back, its fork lowered and its side raised until both seams are as long as the front's."""
    quarter = 0.25 * legs.hip_girth + 0.005
    room = quarter - legs.waist_back
    leg = Leg(
        legs=legs,
        quarter=quarter,
        fork=np.array([-legs.back_fork, legs.crotch]),
        centre_top=np.array([min(0.035, max(0.012, 0.45 * room)), legs.top + 0.028]),
        waist=legs.waist_back,
        dart_at=legs.back_dart,
        dart_reach=0.62,
        raised=0.008,
        suppression=min(0.02, 0.35 * room),
        wider=legs.spread,
    )

    def dropped(drop: float) -> Leg:
        return replace(leg, fork=np.array([-legs.back_fork, legs.crotch - drop]))

    leg = dropped(curves.solve(lambda d: curves.length(_inseam(dropped(d))) - inseam, -0.02, 0.06))
    raised = curves.solve(lambda r: curves.length(_side(replace(leg, raised=r))) - side, -0.04, 0.05)
    return replace(leg, raised=raised)


def _knee(leg: Leg) -> tuple[F64, F64, F64, F64, bool]:
    """Return hem and knee points, outside and inside, and whether the leg reaches below the knee."""
    legs = leg.legs
    crease = 0.5 * (leg.quarter + leg.fork[0]) + max(0.0, leg.wider)
    half_hem, half_knee = 0.25 * legs.hem_girth + leg.wider, 0.25 * legs.knee_girth + leg.wider
    out_hem, in_hem = np.array([crease + half_hem, legs.bottom]), np.array([crease - half_hem, legs.bottom])
    if not legs.long:
        return out_hem, in_hem, out_hem, in_hem, False
    out_knee, in_knee = np.array([crease + half_knee, legs.knee]), np.array([crease - half_knee, legs.knee])
    return out_hem, in_hem, out_knee, in_knee, True


def _inseam(leg: Leg) -> F64:
    """Return the inside leg from the fork down: a hollow curve to the knee, straight below it."""
    _, in_hem, _, in_knee, long = _knee(leg)
    fork = leg.fork
    inner = in_hem - in_knee if long else in_hem - fork + np.array([0.01, 0.0])
    thigh = curves.smooth(fork, curves.unit(in_knee - fork) + np.array([0.10, 0.0]), in_knee, inner, 0.33)
    return curves.chain(thigh, curves.line(in_knee, in_hem)) if long else thigh


def _side_to(leg: Leg, top_x: float) -> F64:
    out_hem, _, out_knee, _, long = _knee(leg)
    hip = np.array([leg.quarter, leg.legs.hip])
    thigh = curves.smooth(out_knee, out_knee - out_hem if long else hip - out_hem, hip, (0.0, 1.0), 0.36)
    upper = _hip_curve(hip, np.array([top_x, leg.legs.top + leg.raised]))
    return curves.chain(curves.line(out_hem, out_knee), thigh, upper) if long else curves.chain(thigh, upper)


def _waist_line(leg: Leg, side: F64) -> F64:
    """Return the waist from the side to the centre, square to both seams."""
    along = curves.unit(side[-1] - side[-2])
    down = curves.unit(np.array([0.0, leg.legs.hip]) - leg.centre_top)
    return curves.smooth(side[-1], (-along[1], along[0]), leg.centre_top, (down[1], -down[0]), 0.33)


def _side(leg: Leg) -> F64:
    """Return the side seam upwards; it takes all of the waist's shaping where that is too little for a dart."""

    def surplus(top_x: float) -> float:
        return curves.length(_waist_line(leg, _side_to(leg, top_x))) - leg.waist

    top_x = leg.quarter - max(0.0, leg.suppression)
    if surplus(top_x) < SMALLEST_DART:
        top_x = curves.solve(surplus, 0.4 * leg.waist, leg.waist + 0.08)
    return _side_to(leg, top_x)


def _edges(leg: Leg) -> list[Edge]:
    """Return hem, side, waist, crotch and inseam of a leg panel on the +x side."""
    legs = leg.legs
    side = _side(leg)
    depth = leg.dart_reach * (legs.top - legs.hip)
    inseam = _inseam(leg)
    return [
        Edge("hem", curves.line(inseam[-1], side[0]), 0.03, "hem"),
        Edge("side", side, 0.015),
        *waist_edges(_waist_line(leg, side), leg.waist, leg.dart_at, depth, from_side=True),
        Edge("crotch", _crotch(leg.centre_top, np.array([0.0, legs.hip]), leg.fork), 0.01),
        Edge("inseam", inseam, 0.015),
    ]


def _hip_curve(hip: F64, top: F64) -> F64:
    lean = curves.unit(top - hip)
    return curves.smooth(hip, (0.0, 1.0), top, curves.unit(lean + 0.25 * (lean - np.array([0.0, 1.0]))), 0.36)


def _crotch(top: F64, hip: F64, fork: F64) -> F64:
    """Return the centre seam: straight from waist to hip line, then a curve that arrives level at the fork."""
    down = curves.unit(hip - top)
    depth = hip[1] - fork[1]
    handle = 0.62 * depth / max(-down[1], 0.5)
    curve = curves.cubic(hip, hip + handle * down, fork + np.array([0.66 * abs(fork[0]), 0.0]), fork)
    return curves.chain(curves.line(top, hip), curve)


def _check_hem(drawing: Drawing, style: Style, m: Measurements, legs: Legs) -> None:
    """Note a hem that is too narrow for the foot, refuse one that is too narrow for the leg."""
    if style.hem is None:
        return
    down = min(1.0, max(0.0, (legs.crotch - legs.bottom) / max(m.inseam, 0.1)))
    levels = np.array([0.0, KNEE_DOWN, 0.62, 0.9])
    body = float(np.interp(down, levels, [m.thigh, m.knee, m.calf, m.ankle]))
    drawing.notes += ease.wearable(style, "hem", style.hem, body, "leg at that height")
    heel = 1.45 * m.ankle
    if down > 0.8 and style.hem * (1.0 + style.stretch) < heel:
        drawing.notes.append(
            f"A hem of {100 * style.hem:.1f} cm hardly passes the heel, about {100 * heel:.0f} cm; a zip at the ankle helps."
        )

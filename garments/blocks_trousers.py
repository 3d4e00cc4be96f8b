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
from toile.garments.blocks_skirt import (
    SMALLEST_DART,
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
FLOOR_CLEARANCE = 0.025
"""Height [m] of a full-length hem over the floor."""
KNEE_DOWN = 0.42
"""Knee below the crotch over the body's inside leg."""
LEAST_INSEAM = 0.03

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
    hip_girth: float
    knee_girth: float
    hem_girth: float
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
    for place, stated, body in (("waist", style.waist, m.waist), ("hip", style.hip, m.hip)):
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
    waistband(drawing, style, waist, BAND, front_run, back_run)
    drawing.notes.append(
        f"The {style.label} open with a zip at the centre front; it is sewn shut in the simulation."
    )


def body_rise(m: Measurements) -> float:
    """Return the height [m] of the waist over the crotch."""
    return m.waist_height - m.inseam


def _solved(style: Style, m: Measurements) -> tuple[list[Edge], list[Edge], Legs]:
    """Return front and back halves whose inside leg and side seam have the stated lengths."""
    rise = body_rise(m) + CROTCH_EASE
    if style.inseam is not None and style.inseam < LEAST_INSEAM:
        raise BadInput(
            f"An inseam of {100 * style.inseam:.1f} cm is too short to sew; ask for at least {100 * LEAST_INSEAM:.0f} cm."
        )
    inseam = style.inseam
    if style.length is None and inseam is None:
        inseam = m.inseam - CROTCH_EASE - FLOOR_CLEARANCE
        if style.category == "shorts":
            inseam = 0.16 * m.inseam
    if style.length is not None and inseam is not None:
        rise = _rise_between(style, m, style.length, inseam)
    elif style.length is not None and style.length < 0.5 * BAND + rise + LEAST_INSEAM:
        raise BadInput(
            f"{style.label.capitalize()} of {100 * style.length:.1f} cm end above the crotch, which lies "
            f"{100 * (rise + 0.5 * BAND):.1f} cm below the top of the waistband; ask for at least "
            f"{100 * (0.5 * BAND + rise + LEAST_INSEAM) + 0.05:.1f} cm."
        )

    def drawn(bottom: float, rise: float) -> tuple[list[Edge], list[Edge], Legs]:
        legs = _legs(style, m, bottom, rise)
        front = _front(legs)
        return front, _back(legs, _edge(front, "inseam").length, _edge(front, "side").length), legs

    if inseam is None:
        assert style.length is not None
        wanted_side = style.length - BAND

        def side_miss(bottom: float) -> float:
            return _edge(_front(_legs(style, m, bottom, rise)), "side").length - wanted_side

        bottom = curves.solve(side_miss, -rise - 0.01, -rise - 1.6)
        return drawn(bottom, rise)
    wanted = inseam

    def foot(rise: float) -> float:
        def inseam_miss(bottom: float) -> float:
            return _edge(_front(_legs(style, m, bottom, rise)), "inseam").length - wanted

        return curves.solve(inseam_miss, -rise - 0.3 * wanted, -rise - wanted - 0.02)

    if style.length is not None:
        wanted_side = style.length - BAND

        def rise_miss(rise: float) -> float:
            return _edge(_front(_legs(style, m, foot(rise), rise)), "side").length - wanted_side

        try:
            rise = curves.solve(rise_miss, rise - 0.06, rise + 0.06, 1e-8)
        except ValueError as error:
            raise Infeasible(
                f"A length of {100 * style.length:.1f} cm and an inseam of {100 * inseam:.1f} cm do not meet at this hip."
            ) from error
    return drawn(foot(rise), rise)


def _rise_between(style: Style, m: Measurements, length: float, inseam: float) -> float:
    """Return the rise [m] that a stated length and inseam leave."""
    rise, body = length - 0.5 * BAND - inseam, body_rise(m)
    if not 0.8 * body <= rise <= 1.35 * body:
        raise Infeasible(
            f"A length of {100 * length:.1f} cm with an inseam of {100 * inseam:.1f} cm leaves a rise of {100 * rise:.1f} cm, "
            f"but this body needs about {100 * (body + CROTCH_EASE):.1f} cm from waist to crotch; change one of the two."
        )
    return rise


def _legs(style: Style, m: Measurements, bottom: float, rise: float) -> Legs:
    waist_girth = ease.finished(style, "band", m.waist, style.waist)
    own_hip = max(m.hip * (1.0 + ease.girth_ease(style, "hip")), waist_girth)
    hip = style.hip if style.hip is not None else own_hip
    waist = plain_waist(waist_girth, m)
    if waist_girth > hip + 1e-9:
        raise Infeasible(
            f"{style.label.capitalize()} with a waist of {100 * waist_girth:.1f} cm cannot have a hip of {100 * hip:.1f} cm: "
            f"the waist would need gathers; ask for a hip of at least {100 * waist_girth:.1f} cm."
        )
    thigh = m.thigh * (1.0 + ease.girth_ease(style, "thigh"))
    slim = 0.9 if style.fit in ("skintight", "slim") or style.silhouette == "skinny" else 1.0
    forks = min(max((FRONT_FORK + BACK_FORK) * slim * hip, thigh - 0.5 * hip), 0.21 * hip)
    front_fork = forks * FRONT_FORK / (FRONT_FORK + BACK_FORK)
    crotch = -rise
    knee = crotch - KNEE_DOWN * m.inseam
    knee_girth, hem_girth = _leg_girths(style, m, hip, 0.5 * hip + forks, crotch, knee, bottom)
    return Legs(
        top=-0.5 * BAND,
        hip=-min(hip_depth(m), rise - 0.045),
        crotch=crotch,
        bottom=bottom,
        knee=knee,
        hip_girth=hip,
        knee_girth=knee_girth,
        hem_girth=hem_girth,
        front_fork=front_fork,
        back_fork=forks - front_fork,
        waist_front=waist.front,
        waist_back=waist.back,
        front_dart=min(waist.front_dart, 0.55 * waist.front),
        back_dart=waist.back_dart,
    )


def _leg_girths(
    style: Style, m: Measurements, hip: float, at_crotch: float, crotch: float, knee: float, bottom: float
) -> tuple[float, float]:
    """Return finished knee and hem girths [m] of a leg."""
    room = 1.0 + ease.girth_ease(style, "calf")
    if style.silhouette == "skinny":
        hem = 1.28 * m.ankle
        knee_girth = max(m.knee * (1.0 + 0.6 * (room - 1.0)), 0.5 * (3.0 * m.calf * room - hem))
    else:
        hem = max(HEM_OF_HIP[style.silhouette] * hip, 1.2 * m.ankle)
        knee_girth = max(KNEE_OF_HIP[style.silhouette] * hip, m.knee * room)
        hem = max(hem, 3.0 * m.calf * room - 2.0 * knee_girth)
    if style.hem is not None:
        if bottom < knee:
            middle = (
                0.5 * (style.hem + min(at_crotch, knee_girth)) if style.silhouette != "flared" else knee_girth
            )
            knee_girth = max(middle, m.knee * room)
        return knee_girth, style.hem
    if bottom >= knee - 0.10:
        down = min(1.0, (crotch - bottom) / (crotch - knee))
        body = m.thigh + down * (m.knee - m.thigh)
        width = max(body * (1.0 + ease.girth_ease(style, "thigh") + 0.04), at_crotch * (1.0 - 0.16 * down))
        if style.silhouette in ("skinny", "tapered"):
            width = body * (1.0 + ease.girth_ease(style, "thigh"))
        elif style.silhouette in ("wide", "flared"):
            width = max(width, 1.04 * at_crotch)
        return width, width
    return knee_girth, hem


def _edge(edges: list[Edge], name: str) -> Edge:
    return next(e for e in edges if e.name == name)


def _front(legs: Legs) -> list[Edge]:
    quarter = 0.25 * legs.hip_girth - 0.005
    room = quarter - legs.waist_front
    fork = np.array([-legs.front_fork, legs.crotch])
    centre_top = np.array([min(0.008, max(0.0, 0.2 * room)), legs.top])
    return _half(
        legs,
        quarter,
        fork,
        centre_top,
        legs.waist_front,
        legs.front_dart,
        0.45,
        0.008,
        min(0.022, 0.6 * room),
        -0.005,
    )


def _back(legs: Legs, inseam: float, side: float) -> list[Edge]:
    """Return the back's half outline, its fork lowered and its side raised until both seams match the front's."""
    quarter = 0.25 * legs.hip_girth + 0.005
    room = quarter - legs.waist_back
    lean = min(0.035, max(0.012, 0.45 * room))

    def half(drop: float, raised: float) -> list[Edge]:
        fork = np.array([-legs.back_fork, legs.crotch - drop])
        top = np.array([lean, legs.top + 0.028])
        return _half(
            legs,
            quarter,
            fork,
            top,
            legs.waist_back,
            legs.back_dart,
            0.62,
            raised,
            min(0.02, 0.35 * room),
            0.005,
        )

    drop = curves.solve(lambda d: _edge(half(d, 0.008), "inseam").length - inseam, -0.02, 0.06)
    raised = curves.solve(lambda r: _edge(half(drop, r), "side").length - side, -0.04, 0.05)
    return half(drop, raised)


def _half(
    legs: Legs,
    quarter: float,
    fork: F64,
    centre_top: F64,
    waist: float,
    dart_at: float,
    dart_reach: float,
    raised: float,
    suppression: float,
    wider: float,
) -> list[Edge]:
    """Return hem, side, waist, crotch and inseam of a leg panel on the +x side.

    dart_reach: of the way from waist to hip; suppression: how far the side comes in at the waist [m]; wider: added to
    half the knee's and the hem's quarter girths [m].
    """
    hip_side, hip_centre = np.array([quarter, legs.hip]), np.array([0.0, legs.hip])
    crease = 0.5 * (quarter + fork[0]) + max(0.0, wider)
    half_hem, half_knee = 0.25 * legs.hem_girth + wider, 0.25 * legs.knee_girth + wider
    out_hem, in_hem = np.array([crease + half_hem, legs.bottom]), np.array([crease - half_hem, legs.bottom])
    if legs.bottom < legs.knee - 0.02:
        out_knee, in_knee = (
            np.array([crease + half_knee, legs.knee]),
            np.array([crease - half_knee, legs.knee]),
        )
        lower_side, lower_in = [curves.line(out_hem, out_knee)], [curves.line(in_knee, in_hem)]
    else:
        out_knee, in_knee = out_hem, in_hem
        lower_side, lower_in = [], []
    up = curves.unit(out_knee - out_hem) if lower_side else curves.unit(hip_side - out_hem)
    thigh = curves.smooth(out_knee, up, hip_side, (0.0, 1.0), 0.36)
    inner = curves.unit(in_hem - in_knee) if lower_in else curves.unit(in_hem - fork + np.array([0.01, 0.0]))
    inseam_down = curves.smooth(
        fork, curves.unit(in_knee - fork) + np.array([0.10, 0.0]), in_knee, inner, 0.33
    )
    crotch = _crotch(centre_top, hip_centre, fork)

    def side_to(top_x: float) -> F64:
        top = np.array([top_x, legs.top + raised])
        return curves.chain(*lower_side, thigh, _hip_curve(hip_side, top))

    def base(top_x: float) -> F64:
        side = side_to(top_x)
        along, down = curves.unit(side[-1] - side[-2]), curves.unit(crotch[1] - crotch[0])
        return curves.smooth(side[-1], (-along[1], along[0]), centre_top, (down[1], -down[0]), 0.33)

    top_x = quarter - max(0.0, suppression)
    if curves.length(base(top_x)) - waist < max(SMALLEST_DART, 0.006):
        top_x = curves.solve(lambda x: curves.length(base(x)) - waist, 0.4 * waist, waist + 0.08)
    side = side_to(top_x)
    depth = dart_reach * (legs.top - legs.hip)
    return [
        Edge("hem", curves.line(in_hem, out_hem), 0.03, "hem"),
        Edge("side", side, 0.015),
        *waist_edges(base(top_x), waist, dart_at, depth, from_side=True),
        Edge("crotch", crotch, 0.01),
        Edge("inseam", curves.chain(inseam_down, *lower_in), 0.015),
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
    drawing.notes += ease.wearable(style, "hem", style.hem, body)
    heel = 1.45 * m.ankle
    if down > 0.8 and style.hem * (1.0 + style.stretch) < heel:
        drawing.notes.append(
            f"A hem of {100 * style.hem:.1f} cm hardly passes the heel, about {100 * heel:.0f} cm; a zip at the ankle helps."
        )

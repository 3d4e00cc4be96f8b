"""Skirts: straight with darts, A-line and circular sectors, drawn for a waist that is given exactly.

A flared skirt is a sector of a cone: with half angle a [rad] per half panel, waist arc w and depth d below it, the
girth per half panel is w + a d. Circle skirts fix the sum of the angles (2 pi for a circle, pi for half a circle), so
the waist radius is W / (2 pi) or W / pi (FreeSewing, "circle skirt"). An A-line fixes the girth at the hip.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from toile.engine.core.errors import BadInput, Infeasible
from toile.engine.core.measurements import Measurements
from toile.garments import curves, ease
from toile.garments.blocks_band import Band, closing_note, waistband_of
from toile.garments.curves import F64
from toile.garments.pattern import Edge, Placement
from toile.garments.piecework import Dart, Drawing, Ref, darted, whole
from toile.garments.style import Style

BAND = 0.03
"""Height [m] of a skirt's waistband."""
SMALLEST_DART = 0.004
"""Dart mouths [m] below this are not worth sewing; the side seam takes them."""
SURFACE = 1.03
"""Length along the body from waist to hip over the difference of the two heights."""
LEAST_INTAKE = 1.0e-4
"""Dart mouth [m] that a hip and a hem both stated may ask for."""
A_LINE_ANGLE = 0.24
"""Flare [rad] per half panel of an A-line that nothing else determines."""
STEEPEST_WITHOUT_DARTS = 0.34
"""Flare [rad] per half panel beyond which an A-line gets darts instead."""
LEAST_SKIRT = 0.10
HEM_DROP, STRAIGHT_HEM_DROP = 0.037, 0.030
"""How much longer than its centre front a skirt's centre back is, over the body's waist: a band dips over the belly and
climbs behind, and the seat takes length (from draped skirts on four bodies)."""
SIDE_DROP, STRAIGHT_SIDE_DROP = 0.85, 0.45
"""The sides' share of it."""
HEM_ALLOWANCE = 0.03
STEP, HIP_JOINT = 0.33, 0.52
"""Distance between the feet in a step, and height of the hip joints, over the stature."""


@dataclass(frozen=True)
class Waist:
    """A waist seam to meet: finished half lengths [m] of front and back, and where along them a dart may stand."""

    front: float
    back: float
    front_dart: float
    back_dart: float

    @property
    def girth(self) -> float:
        """The whole girth [m]."""
        return 2.0 * (self.front + self.back)


@dataclass(frozen=True)
class SkirtShape:
    """A skirt below its waist seam [m]: the seam's height y, its length from there, hip depth below it, girths."""

    top: float
    length: float
    hip_depth: float
    hip: float | None  # stated
    body_hip: float
    hem: float | None  # stated
    drop: float = 0.0  # how much longer than its centre front the centre back is, for a level hem
    word: str = "straight"  # what a straight skirt is called in a sentence


Maker = Callable[[Style, Waist, SkirtShape], tuple[list[Edge], list[Edge]]]
Panels = Callable[[Drawing, Style, Waist, SkirtShape, Measurements], tuple[str, str]]


def draft_skirt(drawing: Drawing, style: Style, m: Measurements, panels: Panels | None = None) -> None:
    """Draft a skirt with a straight waistband; `panels` adds the skirt itself, `skirt_panels` when None.

    Raises:
        Infeasible, BadInput: see `skirt_panels`; and a waist that cannot be worn.
    """
    band = waistband_of(style, m, BAND, hip_depth(m))
    if not band.pull:
        drawing.notes += ease.wearable(style, "waist", style.waist, band.body)
    drawing.notes += ease.wearable(style, "hip", style.hip, m.hip)
    waist = plain_waist(band.cloth, m)
    length = style.length if style.length is not None else 0.36 * m.height + band.high - 0.5 * BAND
    least = LEAST_SKIRT + band.height
    if length < least:
        raise BadInput(
            f"A {style.label} of {100 * length:.1f} cm is shorter than its {100 * band.height:.0f} cm waistband and "
            f"{100 * LEAST_SKIRT:.0f} cm of skirt; ask for at least {100 * least + 0.04:.1f} cm."
        )
    shape = SkirtShape(band.low, length - band.height, hip_depth(m) + band.low, style.hip, m.hip, style.hem)
    flared = style.silhouette in ("a_line", "wrap", "half_circle", "circle")
    shape = replace(shape, drop=(HEM_DROP if flared else STRAIGHT_HEM_DROP) * m.waist)
    front, back = (panels or skirt_panels)(drawing, style, waist, shape, m)
    if style.silhouette == "wrap":
        from toile.garments.blocks_wrap import wrap_band  # it draws upon this module

        wrap_band(drawing, style, waist, band, front, back)
        return
    waistband(drawing, style, waist, band, waist_run(drawing, front), waist_run(drawing, back))
    drawing.notes += closing_note(style, band)


def plain_waist(girth: float, m: Measurements) -> Waist:
    """Return a waist seam of a girth [m], its darts under the bust points and half-way along the back."""
    front, back = 0.25 * girth * 1.015, 0.25 * girth * 0.985
    return Waist(front, back, min(0.5 * m.bust_point_distance, 0.6 * front), 0.48 * back)


def hip_depth(m: Measurements) -> float:
    """Return the distance [m] along the body from the waist down to the hip."""
    return max(0.10, SURFACE * (m.waist_height - m.hip_height))


def skirt_panels(
    drawing: Drawing,
    style: Style,
    waist: Waist,
    shape: SkirtShape,
    m: Measurements,
    *,
    walkable: bool = True,
) -> tuple[str, str]:
    """Add the front and the back of a skirt and sew their sides; returns the panels' names.

    walkable: give a hem that is too narrow for a step its slits.

    Raises:
        Infeasible: stated girths that contradict each other in this silhouette.
    """
    halves = skirt_halves(style, waist, shape if walkable else replace(shape, drop=0.0))
    slit = slit_length(drawing, style, halves, shape, m) if walkable else 0.0
    if slit:
        halves = _slit(halves[0], slit), _slit(halves[1], slit)
    prefix = "skirt_" if style.family == "dress" else ""
    names = []
    for half, side, chinese in zip(halves, ("front", "back"), ("前", "后"), strict=True):
        placement = Placement("torso", side, "waist", 0.0, style.layer)
        label = f"{'Skirt' if prefix else style.label.capitalize()} {side} {chinese}片"
        names.append(drawing.add(prefix + side, whole(half, side == "front"), placement, label))
        drawing.sew_darts(names[-1])
    front, back = names
    for side in ("left", "right"):
        drawing.sew(f"skirt_side_{side}", [(front, f"side_{side}")], [(back, f"side_{side}")])
        drawing.notch(((front, f"side_{side}"), 0.5), ((back, f"side_{side}"), 0.5))
    ring = [(front, "hem"), (back, "hem")]
    if slit:
        ring.insert(1, (front, "slit_left"))
        ring.insert(2, (back, "slit_left"))
        ring += [(back, "slit_right"), (front, "slit_right")]
    drawing.ring("hem", ring, "torso")
    return front, back


def skirt_halves(style: Style, waist: Waist, shape: SkirtShape) -> tuple[list[Edge], list[Edge]]:
    """Return the half outlines of front and back: hem, side and waist, on the +x side.

    Raises:
        Infeasible: stated girths that contradict each other in this silhouette.
    """
    makers: dict[str, Maker] = {
        "straight": _straight,
        "a_line": _a_line,
        "half_circle": _circular,
        "circle": _circular,
    }
    return _levelled(makers[style.silhouette], style, waist, shape)


def _levelled(maker: Maker, style: Style, waist: Waist, shape: SkirtShape) -> tuple[list[Edge], list[Edge]]:
    """Return half outlines whose hem drops towards the back; a stated hem is as long as asked all the same."""
    side = (STRAIGHT_SIDE_DROP if style.silhouette == "straight" else SIDE_DROP) * shape.drop
    trial = shape
    for _ in range(6):
        front, back = maker(style, waist, trial)
        front, back = _dropped(front, 0.0, side), _dropped(back, shape.drop, side)
        if shape.hem is None or trial.hem is None or shape.drop == 0.0:
            break
        miss = shape.hem - 2.0 * (front[0].length + back[0].length)
        if abs(miss) < 1e-6:
            break
        trial = replace(trial, hem=trial.hem + miss)
    return front, back


def _dropped(half: list[Edge], centre: float, side: float) -> list[Edge]:
    """Return a half outline whose hem lies lower [m] at the centre and at the side, square to both."""
    if centre == 0.0 and side == 0.0:
        return half
    hem, seam, *rest = half
    far = curves.cumulative(hem.points)
    at = far / far[-1] if len(far) > 16 else np.linspace(0.0, 1.0, 33)
    line = np.stack([np.interp(at * far[-1], far, hem.points[:, k]) for k in (0, 1)], axis=1)
    outward = curves.unit(seam.points[0] - seam.points[1])
    down = np.array([0.0, -1.0]) + at[:, None] * (outward - np.array([0.0, -1.0]))
    down /= np.linalg.norm(down, axis=1, keepdims=True)
    amount = centre + (side - centre) * 0.5 * (1.0 - np.cos(np.pi * at))
    lower = line + amount[:, None] * down
    up = np.concatenate([lower[-1:], seam.points[1:]])
    return [replace(hem, points=lower), replace(seam, points=up), *rest]


def stride_girth(height: float, m: Measurements) -> float:
    """Return the girth [m] of a tape round both legs, a step apart, at a height over the floor.

    The feet are a third of the stature apart (half of a stride of 0.66 statures), the legs meet at the hip joints; the
    tape is the hull of two round legs.
    """
    apart = STEP * m.height * max(0.0, 1.0 - height / (HIP_JOINT * m.height))
    return 2.0 * math.hypot(apart, 0.06 * m.height) + math.pi * 0.07 * m.height


def slit_length(
    drawing: Drawing, style: Style, halves: tuple[list[Edge], list[Edge]], shape: SkirtShape, m: Measurements
) -> float:
    """Return the length [m] of slits in the side seams: as asked, or as a step needs; 0 when the hem is wide enough."""
    hem = 2.0 * sum(half[0].length for half in halves)
    over_floor = m.waist_height + shape.top - shape.length
    wanted = 0.0
    if hem < stride_girth(max(over_floor, 0.0), m):
        high = over_floor
        while high < HIP_JOINT * m.height and stride_girth(high, m) > hem - 0.02:
            high += 0.01
        wanted = high - over_floor
        wanted = max(wanted, 0.10)
    if style.slit:
        wanted = max(wanted, 0.4 * (shape.length - shape.hip_depth))
    slit = min(wanted, shape.length - shape.hip_depth - 0.08)
    if slit < 0.06:
        return 0.0
    if style.slit and {"back_slit", "front_slit"} & set(style.details):
        drawing.centre_slit = slit  # opened once the panels are there
        return 0.0
    if style.slit:
        drawing.notes.append(f"The {style.label} has a slit of {100 * slit:.0f} cm in each side seam.")
    else:
        drawing.notes.append(
            f"The {style.label} is {100 * hem:.1f} cm round at its hem, and a step needs "
            f"{100 * stride_girth(over_floor, m):.0f} cm there, so it has a slit of {100 * slit:.0f} cm in each side seam."
        )
    return slit


def _slit(half: list[Edge], length: float) -> list[Edge]:
    hem, side, *rest = half
    lower, upper = curves.cut(side.points, [length])
    return [hem, Edge("slit", lower, side.allowance, "opening"), Edge("side", upper, side.allowance), *rest]


def waist_run(drawing: Drawing, panel: str) -> list[Ref]:
    """Return the waist edges of a panel drawn by `whole`, from its -x side to its +x side."""
    edges = [e for e in drawing.panels[panel].edges if e.name.startswith("waist")]
    edges.sort(key=lambda e: float(e.points[:, 0].mean()))
    return [(panel, e.name) for e in edges]


def waistband(
    drawing: Drawing, style: Style, waist: Waist, band: Band, front: list[Ref], back: list[Ref]
) -> None:
    """Add a straight waistband in two pieces, seamed at the sides; cloth that is longer is gathered into it."""
    names = []
    for side, half, run, chinese in (("front", waist.front, front, "前"), ("back", waist.back, back, "后")):
        plus, minus = ("left", "right") if side == "front" else ("right", "left")
        low, high = band.low, band.high
        cloth, half = 2.0 * half, half * band.girth / waist.girth
        corners = [(-half, low), (half, low), (half, high), (-half, high), (-half, low)]
        edge_names = ("bottom", f"end_{plus}", "top", f"end_{minus}")
        edges = [
            Edge(n, curves.line(a, b), 0.01)
            for n, a, b in zip(edge_names, corners, corners[1:], strict=False)
        ]
        placement = Placement("torso", side, "waist", 0.0, style.layer)
        name = drawing.add(
            f"waistband_{side}",
            edges,
            placement,
            f"Waistband {side} {chinese}腰头",
            "cut 1, double, over elastic" if band.pull else "cut 2, interface 1",
            stiffness=band.pull or 4.0,
            grain=(1.0, 0.0),
        )
        drawing.panels[name] = replace(drawing.panels[name], elastic=band.elastic)
        names.append(name)
        taken = 2.0 * half - cloth
        gathered = taken < -1e-4
        drawing.sew(
            f"waistband_{side}", [(name, "bottom")], run, *(("gather", taken) if gathered else ("plain", 0.0))
        )
    for side in ("left", "right"):
        drawing.sew(f"waistband_{side}", [(names[0], f"end_{side}")], [(names[1], f"end_{side}")])
    drawing.ring("waist", [(names[0], "top"), (names[1], "top")], "torso")


def _hem_edge(points: F64) -> Edge:
    return Edge("hem", points, HEM_ALLOWANCE, "hem")


def waist_edges(
    base: F64, finished: float, dart_at: float, depth: float, *, from_side: bool, least: float = SMALLEST_DART
) -> list[Edge]:
    """Return the waist of a half panel along `base`, with a dart where base is longer than the finished length.

    from_side: base runs from the side to the centre (a skirt) rather than from the centre to the side (a bodice).
    """
    if curves.length(base) - finished < least:
        return [Edge("waist", base)]
    targets = [dart_at, finished - dart_at]
    names = ["waist", "dart_a", "dart_b", "waist_side"]
    pieces = darted(base, targets[::-1] if from_side else targets, [Dart(1.0, depth)])
    return [
        Edge(n, p, 0.0 if "dart" in n else 0.01, "dart" if "dart" in n else "seam")
        for n, p in zip(names[::-1] if from_side else names, pieces, strict=True)
    ]


def _straight(style: Style, waist: Waist, shape: SkirtShape) -> tuple[list[Edge], list[Edge]]:
    """Return half outlines of a straight skirt: shaped from waist to hip, straight below it."""
    depth = min(shape.hip_depth, shape.length - 0.01)
    chosen = max(shape.body_hip * (1.0 + ease.girth_ease(style, "hip")), waist.girth)
    girth = shape.hip if shape.hip is not None else chosen
    if waist.girth > girth + 1e-9:
        raise Infeasible(
            f"A {shape.word} {style.label} with a waist of {100 * waist.girth:.1f} cm (edge 'waist' of front and back) cannot have a "
            f"hip of {100 * girth:.1f} cm: the waist would need gathers; ask for a hip of at least {100 * waist.girth:.1f} cm."
        )
    hip = 0.25 * girth
    hem = 0.25 * shape.hem if shape.hem is not None else hip
    bottom = shape.top - shape.length
    rise = min(0.012, 0.05 * depth)
    room = hip - 0.5 * (waist.front + waist.back)
    suppression = min(max(0.45 * room, room - 0.045), 0.9 * max(0.0, hip - max(waist.front, waist.back)))

    def lines(top_x: float, raised: float) -> tuple[F64, F64]:
        """Return the side seam upwards and the waist line from it to the centre."""
        side_top = np.array([top_x, shape.top + raised])
        hip_point, foot = np.array([hip, shape.top - depth]), np.array([hem, bottom])
        upwards = curves.unit(hip_point - foot)
        lean = curves.unit(side_top - hip_point)
        curve = curves.smooth(hip_point, upwards, side_top, curves.unit(lean + 0.25 * (lean - upwards)), 0.36)
        side = curves.chain(curves.line(foot, hip_point), curve)
        along = curves.unit(side[-1] - side[-2])
        return side, curves.smooth(side_top, (-along[1], along[0]), (0.0, shape.top), (-1.0, 0.0), 0.33)

    def waist_end(finished: float, raised: float) -> float:
        """Return the x of the side at the waist: where the darts, if any, leave it."""

        def surplus(top_x: float) -> float:
            return curves.length(lines(top_x, raised)[1]) - finished

        top_x = hip - suppression
        return (
            top_x
            if surplus(top_x) >= SMALLEST_DART
            else curves.solve(surplus, 0.5 * finished, finished + 0.05)
        )

    def half(finished: float, dart_at: float, dart_depth: float, raised: float) -> list[Edge]:
        side, base = lines(waist_end(finished, raised), raised)
        return [
            _hem_edge(curves.line((0.0, bottom), side[0])),
            Edge("side", side, 0.015),
            *waist_edges(base, finished, dart_at, dart_depth, from_side=True),
        ]

    front = half(waist.front, waist.front_dart, 0.45 * depth, rise)
    wanted = front[1].length

    def mismatch(raised: float) -> float:
        return curves.length(lines(waist_end(waist.back, raised), raised)[0]) - wanted

    raised = curves.solve(mismatch, rise - 0.03, rise + 0.03)
    return front, half(waist.back, waist.back_dart, 0.68 * depth, raised)


def _sector(
    angle: float, radius: float, shape: SkirtShape, finished: float, dart_at: float, depth: float
) -> list[Edge]:
    """Return the half outline of a sector: centre line down, side seam radial, hem and waist concentric."""
    centre = (0.0, shape.top + radius)
    down = -0.5 * math.pi
    waist = curves.arc(centre, radius, down + angle, down)
    hem = curves.arc(centre, radius + shape.length, down, down + angle)
    return [
        _hem_edge(hem),
        Edge("side", curves.line(hem[-1], waist[0]), 0.015),
        *waist_edges(waist, finished, dart_at, depth, from_side=True, least=LEAST_INTAKE),
    ]


def _a_line(style: Style, waist: Waist, shape: SkirtShape) -> tuple[list[Edge], list[Edge]]:
    """Return half outlines of an A-line: a sector whose flare gives the hip its girth, darts where that is too much."""
    depth = min(shape.hip_depth, shape.length)
    mean = 0.25 * waist.girth
    hip = shape.hip if shape.hip is not None else shape.body_hip * (1.0 + ease.girth_ease(style, "hip"))
    quarter = 0.25 * hip
    intake = 0.0
    if shape.hem is not None and (shape.hip is not None or _flare(shape, mean) * depth + mean < quarter):
        angle = (0.25 * shape.hem - quarter) / max(shape.length - depth, 1e-6)
        intake = quarter - depth * angle - mean
    elif shape.hem is not None:
        angle = _flare(shape, mean)
    else:
        angle = (quarter - mean) / depth
        if shape.hip is None:
            angle = max(angle, A_LINE_ANGLE)
        if angle > STEEPEST_WITHOUT_DARTS:
            angle = STEEPEST_WITHOUT_DARTS
            intake = quarter - depth * angle - mean
    if intake < -2.5e-4 or angle <= 0.02:
        asked = f"a hem of {100 * shape.hem:.1f} cm" if shape.hem is not None else "this length"
        raise Infeasible(
            f"An A-line {style.label} with a waist of {100 * waist.girth:.1f} cm and {asked} cannot have a hip of "
            f"{100 * hip:.1f} cm: its sides would not be straight; ask for a hip of about "
            f"{400 * _straight_hip(shape, mean, depth):.1f} cm, or a straight skirt."
        )
    if intake < SMALLEST_DART and shape.hem is None:
        angle, intake = angle + intake / depth, 0.0
    elif intake < LEAST_INTAKE:
        intake = 0.0
    halves = []
    for finished, dart_at, dart_depth in (
        (waist.front, waist.front_dart, 0.5 * depth),
        (waist.back, waist.back_dart, 0.7 * depth),
    ):
        halves.append(_sector(angle, (finished + intake) / angle, shape, finished, dart_at, dart_depth))
    return halves[0], halves[1]


def _flare(shape: SkirtShape, mean: float) -> float:
    """Return the angle [rad] of a plain cone from waist to a stated hem."""
    assert shape.hem is not None
    return (0.25 * shape.hem - mean) / shape.length


def _straight_hip(shape: SkirtShape, mean: float, depth: float) -> float:
    return mean + depth * (_flare(shape, mean) if shape.hem is not None else A_LINE_ANGLE)


def _circular(style: Style, waist: Waist, shape: SkirtShape) -> tuple[list[Edge], list[Edge]]:
    """Return half outlines of a circle or half circle; a stated hem changes the fraction of the circle."""
    fraction = 1.0 if style.silhouette == "circle" else 0.5
    if shape.hem is not None:
        fraction = (shape.hem - waist.girth) / (2.0 * math.pi * shape.length)
        if not 0.1 <= fraction <= 1.2:
            raise Infeasible(
                f"A {style.silhouette.replace('_', ' ')} {style.label} with a waist of {100 * waist.girth:.1f} cm cannot "
                f"have a hem of {100 * shape.hem:.1f} cm at this length: ask for about "
                f"{100 * (waist.girth + math.pi * shape.length):.0f} cm (half circle) to "
                f"{100 * (waist.girth + 2 * math.pi * shape.length):.0f} cm (circle)."
            )
    radius = waist.girth / (2.0 * math.pi * fraction)
    at_hip = waist.girth + 2.0 * math.pi * fraction * shape.hip_depth
    if shape.hip is not None and abs(shape.hip - at_hip) > 0.001:
        raise Infeasible(
            f"A {style.silhouette.replace('_', ' ')} {style.label} with a waist of {100 * waist.girth:.1f} cm is "
            f"{100 * at_hip:.1f} cm round at the hip, not {100 * shape.hip:.1f} cm; leave the hip open or ask for an "
            "A-line."
        )
    front, back = (
        _sector(finished / radius, radius, shape, finished, dart_at, shape.hip_depth)
        for finished, dart_at in ((waist.front, waist.front_dart), (waist.back, waist.back_dart))
    )
    return front, back

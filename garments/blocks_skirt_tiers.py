"""Skirts in tiers: mermaid (fitted, with a circular flounce from above the knee) and gathered tiers; and the pencil skirt.

A tier hangs from the hem of the one above. A flounce is a sector of a ring, set in flat; a gathered tier is a rectangle,
wider than the hem it is gathered into. The uppermost part is a straight or an A-line skirt that reaches over the hip.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from toile.engine.core.errors import BadInput, Infeasible
from toile.engine.core.measurements import Measurements
from toile.garments import curves, ease
from toile.garments.blocks_pleats import pleated_panels
from toile.garments.blocks_skirt import HEM_ALLOWANCE, SkirtShape, Waist, skirt_panels, waist_run
from toile.garments.blocks_wrap import wrap_panels
from toile.garments.pattern import Edge, Placement
from toile.garments.piecework import Drawing, whole
from toile.garments.style import Style

PENCIL_HEM = 0.90
"""Hem of a pencil skirt over its hip, at the knee and below."""
LEGS_CLOSED = 1.5
"""Tape round both legs over that round one: two circles side by side take 1 + 2 / pi, and flesh gives."""
CALF_HEIGHT = 0.25
"""Height over the floor, of the stature, below which a hem goes round the calves rather than the knees."""
MERMAID_WAIST = 0.90
"""The narrowest girth of a mermaid skirt over its hip."""
MERMAID_HEIGHT = 0.315
"""Height over the floor, as a share of the stature, where a mermaid's flounce begins."""
MERMAID_HEM = 1.9
"""Hem of a flounce over the girth that it hangs from."""
FULLNESS = 1.45
"""Width of a gathered tier over the hem above it."""
LEAST_TIER = 0.09
"""Shortest tier [m]."""
MOST_GATHERS = 3.0
THREE_TIERS = 0.55
"""Length [m] from which a tiered skirt has three tiers rather than two."""
RUFFLE, RUFFLE_FULLNESS = 0.09, 1.6
"""Height [m] of a ruffle at a hem, and its length over the hem that it is gathered into."""
RUFFLED = ("straight", "a_line", "half_circle", "circle", "pencil")
LAYERED = ("pencil", "mermaid", "tiered")


@dataclass(frozen=True)
class Tier:
    """A tier to hang from the hem above [m]: its length, its hem, and its width at the top (more than that hem: gathered)."""

    length: float
    top: float
    hem: float


def any_skirt_panels(
    drawing: Drawing, style: Style, waist: Waist, shape: SkirtShape, m: Measurements
) -> tuple[str, str]:
    """Add a skirt of any silhouette below a waist seam; returns the panels that meet the waist.

    Raises:
        Infeasible: stated girths that contradict each other in this silhouette.
        BadInput: too short for its tiers.
    """
    if "ruffles" in style.details and style.silhouette in RUFFLED:
        return _ruffled(drawing, style, waist, shape, m)
    if style.silhouette == "pencil":
        return _pencil(drawing, style, waist, shape, m)
    if style.silhouette == "wrap":
        return wrap_panels(drawing, style, waist, shape, m)
    if style.silhouette == "pleated":
        return pleated_panels(drawing, style, waist, shape, m)
    if style.silhouette == "mermaid":
        return _mermaid(drawing, style, waist, shape, m)
    if style.silhouette == "tiered":
        return _tiered(drawing, style, waist, shape, m)
    return skirt_panels(drawing, style, waist, shape, m)


def _ruffled(
    drawing: Drawing, style: Style, waist: Waist, shape: SkirtShape, m: Measurements
) -> tuple[str, str]:
    """Add a skirt that ends in a gathered ruffle.

    Raises:
        BadInput: too short for the ruffle.
        Infeasible: a stated hem that a ruffle on this skirt cannot have.
    """
    depth = min(RUFFLE, 0.25 * shape.length)
    if shape.length - depth < LEAST_TIER:
        raise BadInput(
            f"A {style.label} of this length leaves {100 * (shape.length - depth):.0f} cm above its ruffle; ask for at least "
            f"{100 * (LEAST_TIER + depth - shape.length):.0f} cm more."
        )
    plain = replace(style, details=(), hem=None)
    upper = replace(shape, length=shape.length - depth, hem=None)
    if style.silhouette == "pencil":
        panels = _pencil(drawing, plain, waist, upper, m)
    else:
        panels = skirt_panels(drawing, plain, waist, upper, m, walkable=False)
    girth = sum(drawing.panels[name].edge("hem").length for name in panels)
    hem = shape.hem if shape.hem is not None else RUFFLE_FULLNESS * girth
    if not 1.1 * girth <= hem <= MOST_GATHERS * girth:
        raise Infeasible(
            f"A ruffle on a {style.label} {100 * girth:.1f} cm round cannot have a hem of {100 * hem:.1f} cm: ask for "
            f"{110 * girth:.0f} to {100 * MOST_GATHERS * girth:.0f} cm."
        )
    _hang(drawing, style, panels, shape.top - upper.length, [Tier(depth, hem, hem)])
    drawing.notes.append(
        f"The {style.label} ends in a ruffle of {100 * depth:.0f} cm, {100 * hem:.0f} cm long."
    )
    return panels


def _hip(style: Style, waist: Waist, shape: SkirtShape) -> float:
    chosen = max(shape.body_hip * (1.0 + ease.girth_ease(style, "hip")), waist.girth)
    return shape.hip if shape.hip is not None else chosen


def _pencil(
    drawing: Drawing, style: Style, waist: Waist, shape: SkirtShape, m: Measurements
) -> tuple[str, str]:
    """Add a straight skirt that narrows from the hip to the hem, most at the knee."""
    hip = _hip(style, waist, shape)
    down = min(1.0, max(0.0, shape.length - shape.hip_depth) / 0.35)
    hem = shape.hem if shape.hem is not None else hip * (1.0 - (1.0 - PENCIL_HEM) * down)
    straight = replace(style, silhouette="straight")
    over_floor = m.waist_height + shape.top - shape.length
    closed = LEGS_CLOSED * (m.knee if over_floor > CALF_HEIGHT * m.height else m.calf)
    if shape.hem is not None and shape.hem < closed:
        raise Infeasible(
            f"A pencil {style.label} with a hem of {100 * shape.hem:.1f} cm (edge 'hem' of front and back), below a waist of "
            f"{100 * waist.girth:.1f} cm and a hip of {100 * hip:.1f} cm, does not close round both legs, which take "
            f"{100 * closed:.1f} cm there; ask for at least that."
        )
    return skirt_panels(drawing, straight, waist, replace(shape, hem=hem, word="pencil"), m)


def _mermaid(
    drawing: Drawing, style: Style, waist: Waist, shape: SkirtShape, m: Measurements
) -> tuple[str, str]:
    """Add a fitted skirt with a circular flounce."""
    least = shape.hip_depth + 0.10
    knee = m.waist_height + shape.top - MERMAID_HEIGHT * m.height
    upper = min(max(min(knee, 0.66 * shape.length), least), shape.length - LEAST_TIER)
    if upper < shape.hip_depth + 0.04:
        raise BadInput(
            f"A mermaid {style.label} of this length leaves {100 * (shape.length - shape.hip_depth):.0f} cm below the hip; "
            f"it needs {100 * (LEAST_TIER + 0.04):.0f} cm for its flounce."
        )
    narrow = MERMAID_WAIST * _hip(style, waist, shape)
    if style.hem is not None and shape.hem is not None and shape.hem < 1.05 * narrow:
        raise Infeasible(
            f"A mermaid {style.label} {100 * narrow:.1f} cm round above its flounce cannot have a hem of "
            f"{100 * shape.hem:.1f} cm; ask for at least {100 * 1.05 * narrow + 0.05:.1f} cm, or a pencil skirt."
        )
    hem = shape.hem if shape.hem is not None else MERMAID_HEM * narrow
    straight = replace(style, silhouette="straight", hem=None)
    panels = skirt_panels(
        drawing, straight, waist, replace(shape, length=upper, hem=narrow), m, walkable=False
    )
    _hang(drawing, style, panels, shape.top - upper, [Tier(shape.length - upper, narrow, hem)])
    drawing.notes.append(
        f"The mermaid {style.label} flares from {100 * upper:.0f} cm below its waist in a circular flounce, "
        f"{100 * hem:.0f} cm round at the hem."
    )
    return panels


def _tiered(
    drawing: Drawing, style: Style, waist: Waist, shape: SkirtShape, m: Measurements
) -> tuple[str, str]:
    """Add an A-line upper tier over the hip and one or two tiers gathered into it."""
    upper = max((0.30 if shape.length >= THREE_TIERS else 0.45) * shape.length, shape.hip_depth + 0.02)
    rest = shape.length - upper
    count = 2 if shape.length >= THREE_TIERS and rest >= 2.0 * LEAST_TIER else 1
    if rest < LEAST_TIER:
        raise BadInput(
            f"A tiered {style.label} of this length leaves {100 * rest:.0f} cm below the tier that covers the hip; it needs "
            f"{100 * LEAST_TIER:.0f} cm more."
        )
    a_line = replace(style, silhouette="a_line", hem=None)
    panels = skirt_panels(drawing, a_line, waist, replace(shape, length=upper, hem=None), m, walkable=False)
    girth = sum(drawing.panels[name].edge("hem").length for name in panels)
    ratio = FULLNESS
    if shape.hem is not None:
        ratio = (shape.hem / girth) ** (1.0 / count)
        if not 1.02 <= ratio <= MOST_GATHERS:
            raise Infeasible(
                f"A tiered {style.label} {100 * girth:.0f} cm round below its hip cannot have a hem of "
                f"{100 * shape.hem:.1f} cm: ask for {100 * girth * 1.03**count:.0f} to "
                f"{100 * girth * MOST_GATHERS**count:.0f} cm."
            )
    shares = (0.46, 0.54) if count == 2 else (1.0,)
    tiers = []
    for share in shares:
        girth *= ratio
        tiers.append(Tier(share * rest, girth, girth))
    _hang(drawing, style, panels, shape.top - upper, tiers)
    return panels


def _hang(drawing: Drawing, style: Style, above: tuple[str, str], top: float, tiers: Sequence[Tier]) -> None:
    """Hang tiers, one from the other, from the hems of two panels at y = top [m]."""
    prefix = "skirt_" if style.family == "dress" else ""
    for k, tier in enumerate(tiers):
        total = sum(drawing.panels[name].edge("hem").length for name in above)
        names = []
        for name, side, chinese in zip(above, ("front", "back"), ("前", "后"), strict=True):
            hem = drawing.panels[name].edge("hem")
            share = hem.length / total
            edges = _tier_half(tier, share, top)
            placement = Placement("torso", side, "waist", 0.0, style.layer)
            label = f"Tier {k + 2} {side} {chinese}第{k + 2}层"
            names.append(
                drawing.add(f"{prefix}tier_{k + 2}_{side}", whole(edges, side == "front"), placement, label)
            )
            panel = drawing.panels[name]
            seam = tuple(
                replace(e, kind="seam", allowance=0.01) if e.name == "hem" else e for e in panel.edges
            )
            drawing.panels[name] = replace(panel, edges=seam)
            given = hem.length - share * tier.top
            gathered = given < -1e-4
            drawing.sew(
                f"tier_{k + 2}_{side}",
                [(name, "hem")],
                waist_run(drawing, names[-1]),
                "gather" if gathered else "plain",
                given if gathered else 0.0,
            )
        for side in ("left", "right"):
            drawing.sew(f"tier_{k + 2}_{side}", [(names[0], f"side_{side}")], [(names[1], f"side_{side}")])
        drawing.loops = [loop for loop in drawing.loops if loop.name != "hem"]
        drawing.ring("hem", [(names[0], "hem"), (names[1], "hem")], "torso")
        above, top = (names[0], names[1]), top - tier.length


def _tier_half(tier: Tier, share: float, top: float) -> list[Edge]:
    """Return the half outline of a tier's front or back: a rectangle, or a sector where it flares."""
    above, below = 0.5 * share * tier.top, 0.5 * share * tier.hem
    if below - above < 1e-4:
        return [
            Edge(
                "hem", curves.line((0.0, top - tier.length), (above, top - tier.length)), HEM_ALLOWANCE, "hem"
            ),
            Edge("side", curves.line((above, top - tier.length), (above, top)), 0.01),
            Edge("waist", curves.line((above, top), (0.0, top)), 0.01),
        ]
    angle = (below - above) / tier.length
    radius = above / angle
    centre, down = (0.0, top + radius), -0.5 * math.pi
    hem = curves.arc(centre, radius + tier.length, down, down + angle)
    waist = curves.arc(centre, radius, down + angle, down)
    return [
        Edge("hem", hem, HEM_ALLOWANCE, "hem"),
        Edge("side", curves.line(hem[-1], waist[0]), 0.01),
        Edge("waist", waist, 0.01),
    ]

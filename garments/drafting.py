"""From resolved garments and a body's measurements to a flat pattern in true centimetres.

Each block solves for its stated numbers; `points_of_measure` then measures the finished panels on their own.

Edges a reader can count on. Fronts and backs: `waist…`, `hem`, `side_left|right…`, `armhole_left|right`,
`shoulder_left|right`, `neck`. Sleeves: `cuff`, `underarm_front|back`, `cap_front|back`. Legs: `hem`, `inseam`, `side`,
`crotch`, `waist…`. An edge that meets several others is cut into parts with a number appended (`waist_1`, `waist_2`).
Left and right are the wearer's. Conventions and sources: docs/drafting.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from toile.engine.core.errors import BadInput, Infeasible, ToileError, Unsupported
from toile.engine.core.measurements import Measurements
from toile.garments import curves, ease
from toile.garments.blocks_bodice import BodicePanels, draft_bodice, draft_shirt_body, neckline, torso
from toile.garments.blocks_cuff import SEWN_ON, add_cuffs, ending, shortened, too_short
from toile.garments.blocks_cut_on import STYLES as CUT_ON
from toile.garments.blocks_cut_on import add_sleeves, lowered
from toile.garments.blocks_halter import add_halter, is_halter
from toile.garments.blocks_jumpsuit import join_legs
from toile.garments.blocks_off_shoulder import cut_off_shoulders, is_off_shoulder
from toile.garments.blocks_raglan import add_raglan
from toile.garments.blocks_shirt import RIBBED, body_style, finish_hem, finish_neck, split_front
from toile.garments.blocks_skirt import SkirtShape, hip_depth, waist_run
from toile.garments.blocks_skirt import draft_skirt as draft_plain_skirt
from toile.garments.blocks_skirt_tiers import any_skirt_panels
from toile.garments.blocks_sleeve import draft_sleeves
from toile.garments.blocks_sleeve_full import STYLES as FULL_SLEEVES
from toile.garments.blocks_sleeve_full import draft_full_sleeves
from toile.garments.blocks_strapless import (
    LOWER,
    add_stay,
    bust_dart,
    check_sleeveless,
    front_height,
    has_no_shoulders,
)
from toile.garments.blocks_tops import draft_tank_body
from toile.garments.blocks_trousers import draft_trousers
from toile.garments.blocks_waistline import LOWERED, draft_drop_body, draft_empire_bodice, seam_height
from toile.garments.blocks_wrap import closed_run
from toile.garments.curves import NoRoot
from toile.garments.details import add_details
from toile.garments.lining import lined
from toile.garments.notches import notched
from toile.garments.pattern import Pattern, PointOfMeasure
from toile.garments.piece_measures import piece_measures
from toile.garments.piecework import Drawing
from toile.garments.points_of_measure import points_of_measure
from toile.garments.style import Style, style_of

LEAST_DRESS_SKIRT = 0.12
"""Shortest skirt [m] below a dress's waist seam."""


def draft(garments: Sequence[Any], measurements: Measurements) -> Pattern:
    """Draft a flat pattern for garments on a body.

    Args:
        garments: `ResolvedGarment`s (or `Style`s); what is None there is chosen from the body and the fit's ease.
        measurements: the body's, metres.

    Returns:
        Panels, seams, rings, and what every stated and chosen measurement is on the flat pieces.

    Raises:
        BadInput, Infeasible: numbers that contradict each other or the body; the message names both.
        Unsupported: a category that no block makes.
    """
    if not garments:
        raise BadInput("There is no garment to draft; name at least one.")
    styles = [style_of(garment) for garment in garments]
    drawings = [_draw(index, style, measurements) for index, style in enumerate(styles)]
    measures: list[list[PointOfMeasure]] = []
    for drawing, style in zip(drawings, styles, strict=True):
        measures.append(points_of_measure(drawing, style, measurements))
        add_details(drawing, style, measurements)
        drawing.panels, said = lined(notched(drawing.panels, drawing.seams), style)
        drawing.notes += said
    for drawing, style, points in zip(drawings, styles, measures, strict=True):
        _check(drawing, style, measurements, points)
    return Pattern(
        garments=tuple(style.name for style in styles),
        fabrics=tuple(style.fabric for style in styles),
        panels=tuple(panel for d in drawings for panel in d.panels.values()),
        seams=tuple(seam for d in drawings for seam in d.seams),
        loops=tuple(loop for d in drawings for loop in d.finished_loops()),
        measures=tuple(
            point
            for drawing, points in zip(drawings, measures, strict=True)
            for point in (
                *points,
                *piece_measures((*drawing.panels.values(), *drawing.cut_only.values()), drawing.garment),
            )
        ),
        notes=tuple(note for d in drawings for note in d.notes),
        tacks=tuple(tack for d in drawings for tack in d.finished_tacks()),
        cut_only=tuple(piece for d in drawings for piece in d.cut_only.values()),
        joins=tuple(join for d in drawings for join in d.joins),
        ties=tuple(tie for d in drawings for tie in d.ties),
    )


def _draw(index: int, style: Style, measurements: Measurements) -> Drawing:
    block = BLOCKS.get(style.category)
    if block is None:
        raise Unsupported(
            f"There is no block for {style.category!r}; choose one of: {', '.join(sorted(BLOCKS))}."
        )
    drawing = Drawing(index, style.name)
    try:
        block(drawing, style, measurements)
    except NoRoot as error:
        raise Infeasible(_no_such_garment(style, measurements)) from error
    return drawing


def _check(drawing: Drawing, style: Style, m: Measurements, points: Sequence[PointOfMeasure]) -> None:
    """Refuse outlines that cross themselves and numbers that were missed; note numbers that the garment has no place for.

    Raises:
        Infeasible: the stated numbers do not go together.
    """
    crossing = _crossing(drawing)
    if crossing or _missed(points):
        raise Infeasible(_no_such_garment(style, m, crossing))
    measured = {p.name for p in points}
    for name, value in style.stated().items():
        if f"{name}_cm" not in measured:
            drawing.notes.append(
                f"This {style.label} has no {name} to measure, so the stated {100 * value:.1f} cm was left out."
            )


def _crossing(drawing: Drawing) -> str | None:
    """Return the name of a piece whose outline crosses itself or is turned over, if there is one."""
    for name, panel in (*drawing.panels.items(), *drawing.cut_only.items()):
        if curves.area(panel.outline) <= 0.0 or curves.crosses_itself(panel.outline):
            return name.split("/")[-1]
    return None


def _missed(points: Sequence[PointOfMeasure]) -> bool:
    return any(p.requested is not None and abs(p.drafted - p.requested) > p.tolerance for p in points)


def _no_such_garment(style: Style, m: Measurements, crossing: str | None = None) -> str:
    """Say that no outline has all the stated numbers, and which of them stand against each other or the body."""
    stated = style.stated()

    def told(names: Sequence[str]) -> str:
        said = [f"{name} {100 * stated[name]:.1f} cm" for name in names]
        return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)

    shape = f"{style.silhouette.replace('_', ' ')} {style.label}"
    body = f"a body of bust {100 * m.bust:.1f} cm, waist {100 * m.waist:.1f} cm and hip {100 * m.hip:.1f} cm"
    where = f": its {crossing} would cross itself" if crossing else ""
    options = _what_gives(style, m)
    if not options:
        asked = told(list(stated)) if stated else "these proportions"
        return f"No {shape} with {asked} can be drafted for {body}{where}; ask for another length, fit or silhouette."
    against = list(dict.fromkeys(name for names in options for name in names))
    ways = " or ".join(
        "without " + " and ".join(f"the {name}{_about(value)}" for name, value in names.items())
        for names in options[:2]
    )
    return f"No {shape} with {told(against)} can be drafted for {body}{where}; it can be cut {ways}."


def _about(value: float | None) -> str:
    return "" if value is None else f" (then {100 * value:.1f} cm)"


def _what_gives(style: Style, m: Measurements) -> list[dict[str, float | None]]:
    """Return the smallest sets of stated numbers without which the garment can be cut, with what each would then be [m]."""
    stated = style.stated()
    for size in (1, 2):
        found = []
        for names in combinations(stated, size):
            drafted = _attempt(style.without(names), m)
            if drafted is not None:
                found.append({name: drafted.get(f"{name}_cm") for name in names})
        if found:
            return found
    return []


def _attempt(style: Style, m: Measurements) -> dict[str, float] | None:
    """Return what a garment measures [m], or None where it cannot be drafted."""
    drawing = Drawing(0, style.name)
    try:
        BLOCKS[style.category](drawing, style, m)
        points = points_of_measure(drawing, style, m)
        add_details(drawing, style, m)
    except (ToileError, NoRoot):
        return None
    if _crossing(drawing) or _missed(points):
        return None
    return {p.name: p.drafted for p in points}


def draft_dress(drawing: Drawing, style: Style, m: Measurements) -> None:
    """Draft a bodice with a skirt seamed on: at the natural waist, under the bust (empire) or over the hip (drop).

    Raises:
        Infeasible, BadInput: numbers that contradict each other or the body.
    """
    for place, stated, body in (
        ("bust", style.bust, m.bust),
        ("waist", style.waist, m.underbust if style.waistline == "empire" else m.waist),
        ("hip", style.hip, m.hip),
    ):
        drawing.notes += ease.wearable(style, place, stated, body)
    bodice = _upper(drawing, body_style(style, m), m, dress=True)
    finish_neck(drawing, style, m, (bodice.front,), bodice.back)
    assert bodice.waist is not None
    length = style.length if style.length is not None else 0.66 * m.height
    front = drawing.panels[bodice.front]
    seam = -front.placement.y
    if style.waistline in LOWERED:
        seam = seam_height(style, m, torso(style, m, darts=False))
    side_neck = front_height(front, drawing.panels.get(f"{style.name}/stay_front")) - (
        seam if style.waistline in LOWERED else 0.0
    )
    below = length - side_neck
    if below < LEAST_DRESS_SKIRT:
        raise BadInput(
            f"A {style.label} of {100 * length:.1f} cm leaves {100 * below:.1f} cm of skirt below its bodice of "
            f"{100 * side_neck:.1f} cm; ask for at least {100 * (side_neck + LEAST_DRESS_SKIRT) + 0.05:.1f} cm."
        )
    shape = SkirtShape(seam, below, hip_depth(m) + seam, style.hip, m.hip, style.hem)
    skirt_front, skirt_back = any_skirt_panels(drawing, style, bodice.waist, shape, m)
    for upper, lower, side in ((bodice.front, skirt_front, "front"), (bodice.back, skirt_back, "back")):
        run = closed_run if lower == skirt_front and style.silhouette == "wrap" else waist_run
        drawing.sew(f"waist_{side}", waist_run(drawing, upper), run(drawing, lower))
    drawing.ring(
        "waist",
        [ref for panel in (bodice.front, bodice.back) for ref in waist_run(drawing, panel)],
        "torso",
    )


def draft_skirt(drawing: Drawing, style: Style, m: Measurements) -> None:
    """Draft a skirt of any silhouette with a straight waistband."""
    draft_plain_skirt(drawing, style, m, any_skirt_panels)


def draft_top(drawing: Drawing, style: Style, m: Measurements) -> None:
    """Draft a top: front (in two halves, where it opens), back, sleeves unless it is sleeveless, collar or ribs."""
    for place, stated, girth in (
        ("bust", style.bust, m.bust),
        ("waist", style.waist, m.waist),
        ("hip", style.hip, m.hip),
    ):
        drawing.notes += ease.wearable(style, place, stated, girth)
    body = _upper(drawing, body_style(style, m), m, dress=False)
    fronts = split_front(drawing, body.front) if style.opens_in_front else (body.front,)
    finish_neck(drawing, style, m, fronts, body.back)
    if style.category in RIBBED:
        finish_hem(drawing, style, body.front, body.back)


def draft_jumpsuit(drawing: Drawing, style: Style, m: Measurements) -> None:
    """Draft a darted bodice with trousers seamed on at the natural waist.

    Raises:
        Infeasible, BadInput: numbers that contradict each other or the body.
    """
    drawing.notes += ease.wearable(style, "bust", style.bust, m.bust)
    bodice = _upper(drawing, body_style(style, m), m, dress=True)
    finish_neck(drawing, style, m, (bodice.front,), bodice.back)
    side_neck = front_height(drawing.panels[bodice.front], drawing.panels.get(f"{style.name}/stay_front"))
    join_legs(drawing, style, m, bodice, side_neck)


def _upper(drawing: Drawing, style: Style, m: Measurements, *, dress: bool) -> BodicePanels:
    """Draft the upper body and its sleeves, with the armhole lowered until the arm passes."""
    plain = draft_tank_body if style.category == "tank_top" else draft_shirt_body
    bodices = {
        "empire": draft_empire_bodice,
        "high": draft_empire_bodice,
        **dict.fromkeys(LOWERED, draft_drop_body),
    }
    upper = bodices.get(style.waistline, draft_bodice) if dress else plain
    darts = dress and style.waistline not in LOWERED
    for step in range(12):
        trial = Drawing(drawing.garment, drawing.name)
        bare = has_no_shoulders(style)
        frame = torso(
            style, m, darts=darts, lower_armhole=0.01 * step + (LOWER if bare or is_halter(style) else 0.0)
        )
        if bare:
            frame = replace(frame, side_dart=bust_dart(m) if darts else 0.0)
        cut_on = style.sleeve_style in CUT_ON and style.sleeve != "sleeveless" and not bare
        body = upper(trial, style, m, lowered(style, m, frame) if cut_on else frame)
        banded = style.sleeve_style in SEWN_ON and ending(style) is not None and not bare
        drawn = shortened(style, m, frame.shoulder) if banded else style
        sleeves = draft_full_sleeves if style.sleeve_style in FULL_SLEEVES else draft_sleeves
        if bare:
            check_sleeveless(style)
            add_stay(trial, style, m, body.front, body.back)
        elif is_halter(style):
            check_sleeveless(style)
            back_neck = neckline(style, frame, style.neck)[1]
            add_halter(trial, style, m, body.front, body.back, back_neck, frame.slope)
        elif style.sleeve_style == "raglan" and style.sleeve != "sleeveless":
            try:
                add_raglan(trial, drawn, m, body.front, body.back, frame)
            except BadInput as error:
                raise too_short(style, error) if banded else error from None
            except Infeasible:
                if step == 11:
                    raise
                continue
            if banded:
                halves = (f"{drawing.name}/sleeve_{face}_{{side}}" for face in ("front", "back"))
                add_cuffs(trial, style, m, *halves)
        elif cut_on:
            try:
                add_sleeves(trial, drawn, m, body.front, body.back, frame)
            except BadInput as error:
                raise too_short(style, error) if banded else error from None
            if banded:
                add_cuffs(trial, style, m, body.front, body.back)
        elif style.sleeve == "sleeveless":
            _armhole_rings(trial, body.front, body.back)
        elif not sleeves(trial, style, m, body.front, body.back, frame.shoulder):
            continue
        if is_off_shoulder(style):
            cut_off_shoulders(trial, style, body.front, body.back)
        drawing.panels, drawing.parts = trial.panels, trial.parts
        drawing.seams, drawing.loops, drawing.tacks = trial.seams, trial.loops, trial.tacks
        drawing.notes += trial.notes
        return body
    raise Infeasible(
        f"The armholes of a {style.label} with a bust of {200 * (frame.bust_front + frame.bust_back):.1f} cm are too small "
        f"for an arm of {100 * m.upper_arm:.1f} cm; ask for a larger bust or no sleeves."
    )


def _armhole_rings(drawing: Drawing, front: str, back: str) -> None:
    for side in ("left", "right"):
        edge = f"armhole_{side}"
        drawing.ring(edge, [(front, edge), (back, edge)], f"{side}_arm")


BLOCKS: Mapping[str, Callable[[Drawing, Style, Measurements], None]] = {
    "dress": draft_dress,
    "skirt": draft_skirt,
    **dict.fromkeys(
        ("t_shirt", "tank_top", "sweater", "hoodie", "shirt", "blouse", "vest", "jacket", "coat"), draft_top
    ),
    "jumpsuit": draft_jumpsuit,
    "trousers": draft_trousers,
    "shorts": draft_trousers,
}

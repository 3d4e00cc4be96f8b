"""How a garment opens: buttons with their stand, zips in front, behind or at the side, a fly, eyelets; drafted, with marks.

A button stand or a zip gets a centre seam where the garment has none; every opening ends at a notch on both edges of its
seam. A buttoned front then laps (`blocks_lap`): its halves reach past the centre and are tied where the buttons are. What a zip closes
is sewn: its tape joins the two edges along their whole length, so a welded seam is what it is while it is up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from toile.garments import curves
from toile.garments.blocks_lap import can_lap, lap
from toile.garments.blocks_split import can_split, split_centre
from toile.garments.curves import F64
from toile.garments.pattern import Edge, Fold, Notch, Panel, Stretch, Tie
from toile.garments.piecework import Drawing
from toile.garments.style import Style

STAND, OUTER_STAND, FACING = 0.015, 0.025, 0.030
"""What a buttoned front has beyond its centre [m]: the stand, of a coat or jacket, and the facing that is turned in."""
DOUBLE_STAND, DOUBLE = 0.080, 0.060
"""Stand [m] of a double-breasted front, and how far from the centre its buttons stand."""
SHANK, OUTER_SHANK = 0.0022, 0.0030
"""Length [m] of the thread that ties a button, from the middle of one cloth to that of the other, and of a coat's."""
ZIP_ALLOWANCE = 0.015
BUTTON, OUTER_BUTTON = 0.011, 0.020
"""Diameters [m] of a shirt's buttons and of a coat's."""
APART, OUTER_APART = 0.090, 0.110
"""Most that buttons lie apart [m]."""
FIRST, LAST = 0.015, 0.100
"""From the neck to the first button, and at least from the last one to the hem [m]."""
ZIP_BELOW_WAIST = 0.18
"""How far below its waist seam a zip opens a skirt [m]."""
ZIP_BELOW_ARMHOLE = 0.03
FLY = 0.17
"""Length [m] of a fly's zip below the waistband."""
FLY_WIDTH, FLY_SEAM = 0.04, 0.035
"""Width [m] of a fly's facing, and how much longer than the zip it is."""
EYELET, EYELETS_APART, EYELET_IN = 0.005, 0.035, 0.012
FRONT = ("front_zip", "buttons", "single_breasted", "double_breasted")
"""Closures that open a front."""
PULLED = ("elastic", "drawstring", "pullover")
OUTER = ("jacket", "coat", "vest")


def add_closure(drawing: Drawing, style: Style) -> None:
    """Draft what a garment opens with: as asked, else what its kind has."""
    closure = style.closure
    if "surplice" in style.details and closure in (*FRONT, "zip"):
        closure = None  # its front crosses
    if style.opens_in_front:
        halves = _halves(drawing, "front")
        if closure in ("zip", "front_zip"):
            _zip(drawing, style, halves, "front")
        else:
            _button(drawing, style, halves)
        return
    legs = style.category in ("trousers", "shorts")
    if closure in PULLED or (legs and "waistband_front" not in _short(drawing)):
        return
    if legs:
        side = closure == "side_zip" and _side_zip(drawing, style)
        if not side:
            _fly(drawing, style)
        return
    whole = style.category in ("dress", "jumpsuit", "skirt")
    if closure in FRONT or (closure == "zip" and not whole):
        if _open(drawing, "front"):
            drawing.notes = [n for n in drawing.notes if not n.startswith("The neck opening of")]
            halves = _halves(drawing, "front")
            if closure in ("zip", "front_zip"):
                _zip(drawing, style, halves, "front")
            else:
                _button(drawing, style, halves)
            return
        drawing.notes.append(
            f"The front of the {style.label} cannot be opened down its centre; it opens with a zip instead."
        )
    pocketed = style.pockets and "patch_pockets" not in style.details and closure in (None, "zip")
    behind = closure in ("back_zip", "lace_up") or (whole and pocketed)
    if behind and _open(drawing, "back"):
        halves = _halves(drawing, "back")
        if closure == "lace_up":
            _lace(drawing, style, halves)
        else:
            _zip(drawing, style, halves, "back")
        return
    if whole or closure in ("side_zip", "back_zip", "zip"):
        _side_zip(drawing, style)


def _short(drawing: Drawing) -> set[str]:
    return {name.split("/")[1] for name in drawing.panels}


def _open(drawing: Drawing, face: str) -> bool:
    """Cut every panel of a face down its centre, from the top as far as they can be cut; whether the topmost could."""
    names = [
        n
        for n, p in drawing.panels.items()
        if p.placement.wrap == face and p.placement.part == "torso" and not _apart(n)
    ]
    names.sort(key=lambda n: -float(drawing.panels[n].outline[:, 1].max()))
    done = False
    for name in names:
        if not can_split(drawing.panels[name]):
            break
        split_centre(drawing, name, ZIP_ALLOWANCE)
        done = True
    return done


def _apart(name: str) -> bool:
    return any(word in name for word in ("sleeve", "tier", "stay", "belt", "neck_band", "top_band"))


def _halves(drawing: Drawing, face: str) -> list[tuple[Panel, Panel]]:
    """Return the pairs of halves of a face, left and right, from the top down."""
    found = []
    for name, panel in drawing.panels.items():
        if panel.placement.wrap != f"left_{face}" or panel.placement.part != "torso" or _apart(name):
            continue
        twin = drawing.panels.get(name.replace(f"left_{face}", f"right_{face}"))
        if twin is not None and any(e.name == "centre" for e in panel.edges):
            found.append((panel, twin))
    found.sort(key=lambda pair: -float(pair[0].outline[:, 1].max()))
    return found


def _centre(panel: Panel) -> Edge:
    return next(e for e in panel.edges if e.name == "centre")


def _allow(drawing: Drawing, halves: Sequence[tuple[Panel, Panel]], allowance: float) -> None:
    for pair in halves:
        for panel in pair:
            now = drawing.panels[panel.name]
            edges = tuple(replace(e, allowance=allowance) if e.name == "centre" else e for e in now.edges)
            drawing.panels[panel.name] = replace(now, edges=edges)


@dataclass(frozen=True)
class Row:
    """How a front buttons: its stand, how far from the centre its buttons stand, their diameter, shank and greatest distance [m]."""

    stand: float
    out: float
    size: float
    shank: float
    apart: float


def _row(style: Style) -> Row:
    outer = style.category in OUTER
    size, shank, apart = (OUTER_BUTTON, OUTER_SHANK, OUTER_APART) if outer else (BUTTON, SHANK, APART)
    if style.closure == "double_breasted":
        return Row(DOUBLE_STAND, DOUBLE, size, shank, apart)
    return Row(OUTER_STAND if outer else STAND, 0.0, size, shank, apart)


def _button(drawing: Drawing, style: Style, halves: Sequence[tuple[Panel, Panel]]) -> None:
    """Mark buttons on the lower front and buttonholes on the upper one, evenly from the neck to above the hem."""
    row = _row(style)
    _allow(drawing, halves, row.stand + FACING)
    total = sum(_centre(left).length for left, _ in halves)
    span = total - FIRST - min(LAST, 0.4 * total)
    count = max(2, math.ceil(span / row.apart) + 1)
    step = span / (count - 1)
    across = np.array([0.6 * row.size, 0.0] if style.category in OUTER or row.out else [0.0, 0.6 * row.size])
    sign = 1.0 if style.lap == "right" else -1.0  # of the side of the lower front
    at = 0.0
    for left, right in halves:
        upper, lower = (right, left) if style.lap == "right" else (left, right)
        centre = _centre(left).points
        down = centre[::-1] if centre[0, 1] < centre[-1, 1] else centre
        length = curves.length(down)
        here = [FIRST + k * step - at for k in range(count) if 0.0 <= FIRST + k * step - at < length]
        for x, y in (curves.point_at(down, d) for d in here):
            place = np.array([x + sign * row.out, y])
            drawing.mark(lower.name, _round("button", place[0], y, row.size))
            drawing.mark(upper.name, Fold("buttonhole", np.array([place - across, place + across])))
            if row.out:
                drawing.mark(upper.name, _round("button", x - sign * row.out, y, row.size))
        at += length
    rows = "two rows of " if row.out else ""
    over = "right over left" if style.lap == "right" else "left over right"
    drawing.notes.append(
        f"The {style.label} buttons down the centre front: {rows}{count} buttons of {1000 * row.size:.0f} mm, {100 * step:.1f} cm apart, on a "
        f"stand of {100 * row.stand:.1f} cm with a facing of {100 * FACING:.0f} cm, {over}."
    )


def add_laps(drawing: Drawing, style: Style) -> None:
    """Let a front that buttons lap, tied at its buttonholes; where something is in the way it stays sewn, and that is said."""
    halves = [
        (drawing.panels[left.name], drawing.panels[right.name]) for left, right in _halves(drawing, "front")
    ]
    holed = [p for pair in halves for p in pair if any(f.kind == "buttonhole" for f in p.folds)]
    if not holed:
        return
    row = _row(style)
    if not can_lap(drawing, halves, row.stand):
        drawing.notes.append(
            f"The front of the {style.label} does not lap; it is sewn shut in the simulation."
        )
        return
    ties: list[Tie] = []
    for upper in holed:
        lower = next(p.name for pair in halves if upper in pair for p in pair if p is not upper)
        for fold in upper.folds:
            if fold.kind == "buttonhole":
                x, y = (float(v) for v in fold.points.mean(axis=0))
                ties.append(
                    Tie(
                        f"{drawing.name}/button_{len(ties) + 1}",
                        upper.name,
                        lower,
                        (x, y),
                        row.shank,
                        row.size,
                    )
                )
    if row.out:
        first = ties[0]
        inner = (-first.at[0], first.at[1])
        ties.append(Tie(f"{drawing.name}/inner_button", first.upper, first.lower, inner, row.shank))
    lap(drawing, halves, row.stand, FACING, ties)


def _round(kind: str, x: float, y: float, size: float) -> Fold:
    return Fold(kind, np.array([[x - 0.5 * size, y], [x + 0.5 * size, y]]))


def _zip(drawing: Drawing, style: Style, halves: Sequence[tuple[Panel, Panel]], face: str) -> None:
    """Mark a zip in a centre seam: all of a top's front, else from the top to below the waist seam."""
    _allow(drawing, halves, ZIP_ALLOWANCE)
    top = style.family == "t_shirt" and face == "front"
    length, ended = 0.0, False
    for left, _ in halves:
        edge = _centre(left)
        here = edge.length
        waisted = any(e.name.startswith("waist") for e in left.edges) and left.outline[:, 1].min() < -0.15
        stop = min(ZIP_BELOW_WAIST, here - 0.03)
        if not top and waisted and stop > 0.03:
            _end(drawing, left.name, "centre", stop)
            length, ended = length + stop, True
            break
        length += here
    fork = drawing.panels.get(f"{drawing.name}/left_{face}")
    if (
        not ended and fork is not None and fork.placement.part == "left_leg"
    ):  # a jumpsuit's zip goes on below the waist
        edge = max(
            (e for e in fork.edges if e.name.startswith("crotch")), key=lambda e: float(e.points[:, 1].max())
        )
        stop = min(FLY, 0.6 * edge.length)
        _end(drawing, fork.name, edge.name, stop)
        length, ended = length + stop, True
    kind = "separating zip" if top else "concealed zip"
    if not top and not ended and style.family == "t_shirt":
        left = halves[0][0]
        length = min(0.30, 0.6 * _centre(left).length)
        _end(drawing, left.name, "centre", length)
    drawing.notes.append(
        f"The {style.label} opens with a {kind} of {100 * length:.1f} cm in the centre {face} seam; it is sewn shut in the simulation."
    )


def _end(drawing: Drawing, panel: str, edge: str, down: float) -> None:
    """Notch an edge at a distance [m] below its head; its twin follows when notches are paired."""
    there = drawing.panels[panel]
    points = there.edge(edge).points
    upwards = float(points[-1, 1]) > float(points[0, 1])
    share = down / there.edge(edge).length
    mark = Notch(edge, 1.0 - share if upwards else share)
    drawing.panels[panel] = replace(there, notches=(*there.notches, mark))


def _lace(drawing: Drawing, style: Style, halves: Sequence[tuple[Panel, Panel]]) -> None:
    """Mark eyelets along the uppermost centre seam."""
    left, right = halves[0]
    _allow(drawing, halves[:1], STAND + FACING)
    down = _centre(left).points
    length = min(_centre(left).length, 0.35)
    count = max(2, int((length - 0.03) / EYELETS_APART) + 1)
    high = float(down[:, 1].max())
    for k in range(count):
        y = high - 0.015 - k * EYELETS_APART
        for panel in (left, right):
            inner = math.copysign(EYELET_IN, float(panel.outline[:, 0].mean()))
            drawing.mark(panel.name, _round("button", inner, y, EYELET))
    drawing.notes.append(
        f"The {style.label} laces up the centre back through {2 * count} eyelets, {100 * EYELETS_APART:.1f} cm apart; it is sewn shut "
        "in the simulation."
    )


def _side_zip(drawing: Drawing, style: Style) -> bool:
    """Notch the left side seams where a zip begins and ends."""
    length = 0.0
    skirt_seen = False
    panels = [
        p
        for p in drawing.panels.values()
        if "front" in p.placement.wrap
        and p.placement.part in ("torso", "left_leg")
        and not _apart(p.name)
        and "right" not in p.placement.wrap.replace("right_front", "right")
    ]
    panels.sort(key=lambda p: -float(p.outline[:, 1].max() - p.placement.y))
    for panel in panels:
        sides = [
            e
            for e in panel.edges
            if e.kind == "seam"
            and e.name.startswith(("side", "end_left"))
            and ("left" in e.name or panel.placement.part == "left_leg")
        ]
        sides.sort(key=lambda e: -float(e.points[:, 1].max()))
        if not sides:
            continue
        run = sum(e.length for e in sides)
        if any(_has(panel, stem) for stem in ("armhole", "overarm", "top_", "shoulder")) or _bodice(panel):
            if run < 2.0 * ZIP_BELOW_ARMHOLE or any(e.name.startswith("end_left") for e in sides):
                length += run
                continue
            _end(drawing, panel.name, sides[0].name, min(ZIP_BELOW_ARMHOLE, 0.5 * sides[0].length))
            length += run - min(ZIP_BELOW_ARMHOLE, 0.5 * sides[0].length)
            if style.family == "t_shirt":
                break
        elif any(e.name.startswith("end_left") for e in sides):
            length += run
        elif not skirt_seen:
            stop = min(ZIP_BELOW_WAIST, sides[0].length - 0.03)
            if stop > 0.03:
                _end(drawing, panel.name, sides[0].name, stop)
                length += stop
            skirt_seen = True
    if length < 0.05:
        return False
    drawing.notes.append(
        f"The {style.label} {'open' if style.plural else 'opens'} with a concealed zip of {100 * length:.1f} cm in the "
        "left side seam; it is sewn shut in the simulation."
    )
    return True


def _bodice(panel: Panel) -> bool:
    return panel.name.rsplit("/", 1)[-1].startswith("bodice")


def _has(panel: Panel, stem: str) -> bool:
    return any(e.name.startswith(stem) for e in panel.edges)


def _fly_facing(panel: Panel, down: F64, length: float, share: float) -> tuple[list[Edge], float]:
    """Return the edges of a fly's facing, a share of its usual width wide, and how far [m] it runs down the seam."""
    run = curves.cut(down, [min(length + share * FLY_SEAM, 0.97 * curves.length(down))])[0]
    sign = math.copysign(1.0, float(panel.outline[:, 0].mean()) - float(run[:, 0].mean()))
    across = np.array([sign * share * FLY_WIDTH, 0.0])
    inner_top, inner_low = run[0] + across, curves.point_at(run, 0.75 * curves.length(run)) + across
    curve = curves.smooth(inner_low, (0.0, -1.0), run[-1], (-sign, -0.4), 0.5)
    runs = [
        ("seam", run),
        ("curve", curve[::-1]),
        ("inner", curves.line(inner_low, inner_top)),
        ("top", curves.line(inner_top, run[0])),
    ]
    edges = [Edge(n, p, 0.01) for n, p in runs]
    if curves.area(np.concatenate([e.points[:-1] for e in edges])) < 0.0:
        edges = [Edge(e.name, e.points[::-1], e.allowance) for e in reversed(edges)]
    return edges, curves.length(run)


def _fly(drawing: Drawing, style: Style) -> None:
    """Draft a fly: a notch where the zip ends on the front crotch seam, its facing and its shield."""
    panel = drawing.panels[f"{drawing.name}/left_front"]
    crotch = [e for e in panel.edges if e.name.startswith("crotch")]
    edge = max(crotch, key=lambda e: float(e.points[:, 1].max()))
    upwards = float(edge.points[-1, 1]) > float(edge.points[0, 1])
    down = edge.points[::-1] if upwards else edge.points
    length = min(FLY, 0.75 * edge.length)
    _end(drawing, panel.name, edge.name, length)
    for share in (1.0, 0.75, 0.5):
        edges, walked = _fly_facing(panel, down, length, share)
        if not curves.crosses_itself(np.concatenate([e.points[:-1] for e in edges])):
            break
    else:
        return
    facing = drawing.cut_piece("fly_facing", edges, panel, "Fly facing 门襟贴边", "cut 1, interface 1")
    share = walked / edge.length
    ends = (1.0 - share, 1.0) if upwards else (0.0, share)
    drawing.join("fly_facing", [(facing, "seam")], [Stretch(panel.name, edge.name, *ends)])
    wide, tall = 2.0 * FLY_WIDTH, length + 0.02
    corners = np.array([[0.0, 0.0], [wide, 0.0], [wide, tall], [0.0, tall], [0.0, 0.0]])
    box = [Edge(n, corners[k : k + 2], 0.01) for k, n in enumerate(("bottom", "right", "top", "left"))]
    drawing.cut_piece("fly_shield", box, panel, "Fly shield 里襟", "cut 1, folded lengthwise")
    drawing.notes.append(
        f"The {style.label} open with a fly: a zip of {100 * length:.1f} cm at the centre front; it is sewn shut in the simulation."
    )

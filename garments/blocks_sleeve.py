"""Set-in sleeves: a cap solved so that each half is as long as its half of the armhole plus cap ease.

The sleeve is one panel round the arm, y = 0 at the cap's top. Seen from outside, the left sleeve's front is at -x. Cap
height h and the cap top's place between front and back are the two unknowns of two equations: the lengths of the
front and the back cap curve (FreeSewing solves the same by iterating on the sleeve cap's height).
"""

from __future__ import annotations

import math

import numpy as np

from toile.engine.core.errors import BadInput
from toile.engine.core.measurements import Measurements
from toile.garments import curves, ease
from toile.garments.curves import F64
from toile.garments.pattern import Edge, Placement
from toile.garments.piecework import Drawing
from toile.garments.style import Style

WOVEN_CAP_EASE = 0.02
"""Cap ease over the armhole's length: eased into the seam (wovens); knits are set in flat."""
CAP_SHARE = (0.34, 0.33, 0.32, 0.27, 0.22)
"""Tallest cap over the armhole's length, by fit: a third is a tailored sleeve that hangs; a lower, wider one lets the arm
rise without lifting the garment."""
KNIT_CAP = 0.9
"""Cap of a knit over a woven's."""
LOWEST_CAP = 0.055
LEAST_UNDERARM = 0.02
"""Shortest underarm seam [m] of a sleeve that is given its own cap."""


LENGTHS = {"cap": 0.21, "short": 0.36, "elbow": 0.56, "three_quarter": 0.76, "long": 1.0}
"""Length over the arm's where none is stated, from the shoulder tip."""


def cap_half(width: float, height: float, front: bool) -> F64:
    """Return half a cap from the underarm (width, -height) to the top (0, 0): an S, level at both ends."""
    low, high = (0.44, 0.44) if front else (0.36, 0.50)
    return curves.cubic((width, -height), (width * (1.0 - low), -height), (width * high, 0.0), (0.0, 0.0))


def cap_for(front: float, back: float, biceps: float) -> tuple[float, float, float] | None:
    """Return (height, front width, back width) [m] of a cap whose halves have given lengths, or None.

    Newton's method on two lengths; None when the biceps is too wide for the armhole.
    """
    slack = (front + back) ** 2 - biceps**2
    if slack <= 0.0:
        return None
    height, lean = 0.42 * math.sqrt(slack), 0.5 * biceps * front / (front + back)

    def miss(h: float, w: float) -> F64:
        return np.array(
            [
                curves.length(cap_half(w, h, True)) - front,
                curves.length(cap_half(biceps - w, h, False)) - back,
            ]
        )

    for _ in range(30):
        value = miss(height, lean)
        if np.abs(value).max() < 1e-9:
            break
        step = 1e-5
        jacobian = np.stack(
            [(miss(height + step, lean) - value) / step, (miss(height, lean + step) - value) / step], axis=1
        )
        try:
            change = np.linalg.solve(jacobian, -value)
        except np.linalg.LinAlgError:
            return None
        size = float(np.abs(change).max())
        change *= min(1.0, 0.05 / size)
        height, lean = height + change[0], lean + change[1]
        if not (0.0 < height < 0.6 and 0.1 * biceps < lean < 0.9 * biceps):
            return None
    else:
        return None
    return float(height), float(lean), float(biceps - lean)


def draft_sleeves(
    drawing: Drawing, style: Style, m: Measurements, front: str, back: str, shoulder: float
) -> bool:
    """Add both sleeves and sew them in; False when the armhole is too small for the arm.

    Args:
        shoulder: half the garment's shoulder width [m]; a dropped shoulder shortens the sleeve.

    Raises:
        BadInput: a stated sleeve that is shorter than any cap for this armhole.
    """
    gain = 0.0 if style.knit else WOVEN_CAP_EASE
    lengths = [drawing.panels[p].edge("armhole_left").length for p in (front, back)]
    caps = [length * (1.0 + gain) for length in lengths]
    biceps = m.upper_arm * (1.0 + ease.girth_ease(style, "upper_arm"))
    dropped = max(0.0, shoulder - 0.5 * m.shoulder)
    length = style.sleeve_length
    if length is None:
        length = max(LENGTHS[style.sleeve] * m.arm_length + 0.01 - dropped, LOWEST_CAP + LEAST_UNDERARM)
    found = cap_for(caps[0], caps[1], biceps)
    comfortable = CAP_SHARE[ease.FITS.index(style.fit)] * sum(lengths) * (KNIT_CAP if style.knit else 1.0)
    if found is not None and found[0] > comfortable:
        found = _flatter(caps, biceps, comfortable) or found
    tallest = length - LEAST_UNDERARM
    if found is not None and found[0] > tallest:
        found = _flatter(caps, biceps, min(tallest, 0.13))
        if found is None:
            raise BadInput(
                f"A sleeve of {100 * length:.1f} cm (piece sleeve_left) is shorter than the lowest cap, {100 * LOWEST_CAP:.1f} cm "
                f"(edges 'cap_front' and 'cap_back'), and its underarm; ask for at least {100 * (LOWEST_CAP + LEAST_UNDERARM) + 0.1:.1f} cm or no sleeves."
            )
    if found is None or found[0] < LOWEST_CAP - 1e-6:
        return False
    height, front_width, back_width = found
    cuff = _cuff(style, m, length, height, front_width + back_width)
    left = _outline(length, height, front_width, back_width, cuff)
    for side in ("left", "right"):
        edges = left
        if side == "right":
            edges = [Edge(e.name, curves.mirrored(e.points), e.allowance, e.kind) for e in reversed(left)]
        placement = Placement(f"{side}_arm", "around", f"{side}_shoulder_tip", 0.0, style.layer)
        label = f"Sleeve {side} {'左' if side == 'left' else '右'}袖"
        name = drawing.add(f"sleeve_{side}", edges, placement, label)
        for half, panel, armhole in (("front", front, lengths[0]), ("back", back, lengths[1])):
            edge = f"armhole_{side}"
            drawing.notch(((name, f"cap_{half}"), 0.5), ((panel, edge), 0.5))
            given = drawing.panels[name].edge(f"cap_{half}").length - armhole
            kind = "ease" if gain else "plain"
            stated = given if gain else 0.0
            drawing.sew(f"armhole_{half}_{side}", [(name, f"cap_{half}")], [(panel, edge)], kind, stated)
        drawing.sew(f"sleeve_{side}", [(name, "underarm_back")], [(name, "underarm_front")])
        drawing.ring(f"cuff_{side}", [(name, "cuff")], f"{side}_arm")
    return True


def _flatter(caps: list[float], biceps: float, height: float) -> tuple[float, float, float] | None:
    """Return a lower, wider cap of a height [m], or None below the lowest."""
    if height < LOWEST_CAP:
        return None

    def width(length: float, front: bool) -> float:
        return curves.solve(
            lambda w: curves.length(cap_half(w, height, front)) - length, 0.1 * length, 1.01 * length, 1e-9
        )

    try:
        widths = width(caps[0], True), width(caps[1], False)
    except curves.NoRoot:
        return None
    return (height, *widths) if sum(widths) > biceps - 1e-6 else None


def _cuff(style: Style, m: Measurements, length: float, height: float, biceps: float) -> float:
    """Return the girth [m] of the sleeve's end: tapered towards wrist plus ease, or nearly as wide as the biceps."""
    if style.sleeve in ("cap", "short") and length < 0.55 * m.arm_length:
        return max((0.92 if style.knit else 0.88) * biceps, 1.04 * m.upper_arm)
    wrist = max(m.wrist * 1.35, 0.5 * biceps)
    down = min(1.0, (length - height) / max(m.arm_length - height, 0.1))
    return biceps + down * (wrist - biceps)


def _outline(length: float, height: float, front: float, back: float, cuff: float) -> list[Edge]:
    """Return the left sleeve's edges: front at -x."""
    middle = 0.5 * (back - front)
    foot_front, foot_back = (middle - 0.5 * cuff, -length), (middle + 0.5 * cuff, -length)
    cap_back = cap_half(back, height, False)
    cap_front = curves.mirrored(cap_half(front, height, True))
    return [
        Edge("cuff", curves.line(foot_front, foot_back), 0.02, "hem"),
        Edge("underarm_back", curves.line(foot_back, cap_back[0]), 0.01),
        Edge("cap_back", cap_back, 0.01),
        Edge("cap_front", cap_front, 0.01),
        Edge("underarm_front", curves.line(cap_front[-1], foot_front), 0.01),
    ]

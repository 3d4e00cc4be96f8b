"""Sleeves with fullness: bell, puff and bishop, gathered into the armhole or into a band.

A bell is set in flat and flares from the upper arm on; its hem is an arc that meets both underarm seams squarely. A
puff's cap is longer than the armhole and gathered into it; a bishop is set in flat and widens down to the wrist. Where
a sleeve ends in a band, its end is gathered into the band's length. Caps are solved as for set-in sleeves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toile.engine.core.errors import BadInput
from toile.engine.core.measurements import Measurements
from toile.garments import curves, ease
from toile.garments.blocks_sleeve import LEAST_UNDERARM, LENGTHS, WOVEN_CAP_EASE, cap_for, cap_half
from toile.garments.curves import F64
from toile.garments.pattern import Edge, Placement
from toile.garments.piecework import Drawing
from toile.garments.style import Style

PUFF_CAP = 1.32
"""Cap of a puff sleeve over its armhole."""
PUFF_WIDTH, BISHOP_WRIST, BELL_HEM = 1.28, 1.25, 1.75
"""Width over a plain sleeve's upper arm: a puff's, a bishop's end; a bell's hem at the wrist."""
CUFF, BAND = 0.055, 0.025
"""Heights [m] of the cuff at a wrist and of a band on the arm."""
BLOUSING = 0.03
"""Length [m] that lets a full sleeve fall over its band."""
CUFF_GATHER, RIB_GATHER = 1.18, 1.12
"""Sleeve's end over its cuff (pleats, drawn as gathers) and over its ribbed cuff."""
RIB = 0.06
"""Height [m] of a ribbed cuff or hem."""
RIB_STIFFNESS = 1.6
STYLES = ("bell", "puff", "bishop", "cuffed", "ribbed")


@dataclass(frozen=True)
class FullSleeve:
    """A sleeve to draw [m]: total length, its cap, the width of its own end, and the band it is gathered into."""

    length: float
    height: float
    front: float
    back: float
    end: float
    band: float | None
    band_height: float
    gathered: bool  # whether the cap is gathered

    @property
    def cloth(self) -> float:
        """Length [m] of the sleeve above its band."""
        return self.length - (self.band_height if self.band else 0.0)


def draft_full_sleeves(
    drawing: Drawing, style: Style, m: Measurements, front: str, back: str, shoulder: float
) -> bool:
    """Add both sleeves, their bands, and sew them in; False when the armhole is too small for the arm.

    Args:
        shoulder: half the garment's shoulder width [m]; a dropped shoulder shortens the sleeve.

    Raises:
        BadInput: a stated sleeve that is too short for its cap and band.
    """
    holes = (
        drawing.panels[front].edge("armhole_left").length,
        drawing.panels[back].edge("armhole_left").length,
    )
    sleeve = _solved(style, m, holes, max(0.0, shoulder - 0.5 * m.shoulder))
    if sleeve is None:
        return False
    for side in ("left", "right"):
        edges = _outline(sleeve, side)
        placement = Placement(f"{side}_arm", "around", f"{side}_shoulder_tip", 0.0, style.layer)
        chinese = "左" if side == "left" else "右"
        name = drawing.add(f"sleeve_{side}", edges, placement, f"Sleeve {side} {chinese}袖")
        for half, panel, hole in (("front", front, holes[0]), ("back", back, holes[1])):
            edge = f"armhole_{side}"
            drawing.notch(((name, f"cap_{half}"), 0.5), ((panel, edge), 0.5))
            given = drawing.panels[name].edge(f"cap_{half}").length - hole
            kind = "gather" if sleeve.gathered else "ease" if given > 1e-4 else "plain"
            drawing.sew(
                f"armhole_{half}_{side}",
                [(name, f"cap_{half}")],
                [(panel, edge)],
                kind,
                0.0 if kind == "plain" else given,
            )
        drawing.sew(f"sleeve_{side}", [(name, "underarm_back")], [(name, "underarm_front")])
        if sleeve.band is None:
            drawing.ring(f"cuff_{side}", [(name, "cuff")], f"{side}_arm")
        else:
            middle = 0.5 * (sleeve.back - sleeve.front) * (1.0 if side == "left" else -1.0)
            arm_band(
                drawing, style, side, (name, "cuff"), sleeve.band, sleeve.length, sleeve.band_height, middle
            )
    return True


def arm_band(
    drawing: Drawing,
    style: Style,
    side: str,
    end: tuple[str, str],
    girth: float,
    length: float,
    height: float,
    middle: float = 0.0,
    stiffness: float = 3.0,
) -> str:
    """Add a band round an arm, into which a sleeve's end is gathered; returns the panel's name.

    Args:
        end: (panel, edge) of the sleeve's end.
        girth, height [m]: of the band; length: of the whole sleeve; middle: x of the sleeve's middle line.
    """
    low, high = -length, height - length
    left, right = middle - 0.5 * girth, middle + 0.5 * girth
    corners = [(left, low), (right, low), (right, high), (left, high), (left, low)]
    names = ("hem", "end_high", "top", "end_low")
    edges = [
        Edge(n, curves.line(a, b), 0.01, "hem" if n == "hem" else "seam")
        for n, a, b in zip(names, corners, corners[1:], strict=False)
    ]
    placement = Placement(f"{side}_arm", "around", f"{side}_shoulder_tip", 0.0, style.layer)
    chinese = "左" if side == "left" else "右"
    name = drawing.add(
        f"cuff_{side}", edges, placement, f"Cuff {side} {chinese}袖口", "cut 2", stiffness, grain=(1.0, 0.0)
    )
    given = drawing.panels[end[0]].edge(end[1]).length - girth
    drawing.sew(f"cuff_{side}", [end], [(name, "top")], "gather" if given > 1e-4 else "plain", given)
    drawing.sew(f"cuff_end_{side}", [(name, "end_high")], [(name, "end_low")])
    drawing.ring(f"cuff_{side}", [(name, "hem")], f"{side}_arm")
    return name


def _solved(style: Style, m: Measurements, holes: tuple[float, float], dropped: float) -> FullSleeve | None:
    """Return a sleeve whose cap goes into the armholes [m] of front and back, or None when the arm does not pass."""
    long = style.sleeve in ("long", "three_quarter")
    blousing = (
        BLOUSING if style.sleeve_style == "bishop" or (style.sleeve_style == "puff" and not long) else 0.0
    )
    length = style.sleeve_length
    if length is None:
        length = LENGTHS[style.sleeve] * m.arm_length + 0.01 - dropped + blousing
    biceps = m.upper_arm * (1.0 + ease.girth_ease(style, "upper_arm"))
    down = min(1.0, max(0.15, length / m.arm_length))
    body = m.upper_arm + down * down * (m.wrist - m.upper_arm)  # girth of the arm where the sleeve ends
    band: float | None = None
    band_height = CUFF if down > 0.9 else BAND
    gathered = style.sleeve_style == "puff"
    width = biceps
    if gathered:
        gain, width = PUFF_CAP, PUFF_WIDTH * biceps
        if long:
            end = max(body * 1.3, 0.55 * biceps)
        else:
            end, band = width, body * (1.06 if style.knit else 1.1)
    else:
        gain = 1.0 if style.knit else 1.0 + WOVEN_CAP_EASE
        if style.sleeve_style in ("cuffed", "ribbed"):
            band = body * (1.28 if style.sleeve_style == "cuffed" else 1.16)
            end = band * (CUFF_GATHER if style.sleeve_style == "cuffed" else RIB_GATHER)
            end = min(max(end, 0.55 * biceps), biceps)
            band_height = CUFF if style.sleeve_style == "cuffed" else RIB
        elif style.sleeve_style == "bishop":
            end, band = biceps * (1.0 + (BISHOP_WRIST - 1.0) * down), body * (1.12 if style.knit else 1.2)
        else:
            end = biceps * (1.0 + (BELL_HEM - 1.0) * max(0.45, down))
    caps = [gain * hole for hole in holes]
    found = cap_for(caps[0], caps[1], width)
    tallest = length - (band_height if band else 0.0) - LEAST_UNDERARM
    if found is not None and found[0] > tallest:
        found = _wider(caps, width, tallest)
    if found is None:
        if tallest < 0.08:
            raise BadInput(
                f"A {style.sleeve_style} sleeve of {100 * length:.1f} cm (piece sleeve_left) is too short for its cap (edges "
                f"'cap_front' and 'cap_back'){' and its band (piece cuff_left)' if band else ''}; ask for at least {100 * (length - tallest) + 8.1:.0f} cm or a set-in sleeve."
            )
        return None
    height, front, back = found
    end = max(end, front + back) if gathered and not long else end
    if band is not None and end < 1.02 * band:
        end = 1.02 * band
    return FullSleeve(length, height, front, back, end, band, band_height, gathered)


def _wider(caps: list[float], width: float, tallest: float) -> tuple[float, float, float] | None:
    """Return a lower and wider cap of at most a height [m], or None."""
    if tallest < 0.05:
        return None
    widest = 0.985 * sum(caps)

    def excess(girth: float) -> float:
        found = cap_for(caps[0], caps[1], girth)
        return (found[0] if found else 0.0) - tallest

    if width >= widest or excess(widest) > 0.0:
        return None
    return cap_for(caps[0], caps[1], curves.solve(excess, width, widest, 1e-6))


def _outline(sleeve: FullSleeve, side: str) -> list[Edge]:
    """Return the edges of a sleeve: front at -x on the left one, mirrored on the right one."""
    middle = 0.5 * (sleeve.back - sleeve.front)
    cap_back = cap_half(sleeve.back, sleeve.height, False)
    cap_front = curves.mirrored(cap_half(sleeve.front, sleeve.height, True))
    half = 0.5 * sleeve.end
    wider = half - 0.5 * (sleeve.front + sleeve.back)
    down = sleeve.cloth - sleeve.height
    rise = min(0.28 * wider, 0.35 * down) if wider > 0.0 else 0.0
    foot_back = np.array([middle + half, -sleeve.cloth + rise])
    back = _underarm(foot_back, cap_back[0], wider, down)
    square = curves.unit(np.array([1.0, 0.0]) + 0.6 * rise / half * np.array([0.0, 2.0]))
    centre = np.array([middle, -sleeve.cloth])
    arc = (
        curves.smooth(centre, (1.0, 0.0), foot_back, square, 0.38)
        if rise > 1e-4
        else curves.line(centre, foot_back)
    )

    def reflected(points: F64) -> F64:
        shift = np.array([middle, 0.0])
        reflection: F64 = curves.mirrored(points - shift) + shift
        return reflection

    left = [
        Edge("cuff", curves.chain(reflected(arc), arc), 0.015, "seam" if sleeve.band else "hem"),
        Edge("underarm_back", back, 0.01),
        Edge("cap_back", cap_back, 0.01),
        Edge("cap_front", cap_front, 0.01),
        Edge("underarm_front", reflected(back), 0.01),
    ]
    if side == "left":
        return left
    return [Edge(e.name, curves.mirrored(e.points), e.allowance, e.kind) for e in reversed(left)]


def _underarm(foot: F64, head: F64, wider: float, down: float) -> F64:
    """Return the underarm seam upwards: straight, or hollow where a bell flares."""
    if wider < 0.35 * down * 0.3:
        return curves.line(foot, head)
    return curves.smooth(
        foot, curves.unit(head - foot), head, curves.unit(0.5 * (head - foot) + [0.0, 0.3 * down]), 0.3
    )

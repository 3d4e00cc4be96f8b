"""Points of measure that no request names but every maker checks: armhole, biceps, cuff, thigh, rises, slit, pocket, belt.

Measured on the finished edges alone, like `points_of_measure`; a piece that a garment does not have is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from toile.garments.pattern import Panel, PointOfMeasure


def piece_measures(panels: Iterable[Panel], garment: int) -> list[PointOfMeasure]:
    """Return the measures of one garment's panels, lengths in metres."""
    short = {p.name.split("/")[-1]: p for p in panels if p.garment == garment}
    found = {
        "armhole_cm": (_armhole(short), "round the left armhole, front and back"),
        "biceps_cm": (_biceps(short), "across the left sleeve at the underarm"),
        "cuff_cm": (_cuff(short), "round the left sleeve's edge"),
        "thigh_cm": (_thigh(short), "round the left leg at the fork, front and back"),
        "front_rise_cm": (_stem([short.get("left_front")], "crotch"), "along the front crotch seam"),
        "back_rise_cm": (_stem([short.get("left_back")], "crotch"), "along the back crotch seam"),
        "slit_cm": (_slit(short), "along the open stretch of the side seam"),
        "pocket_opening_cm": (_opening(short), "along the pocket's opening"),
        "pocket_depth_cm": (_depth(short), "from the pocket's opening down to its lowest point"),
        "belt_cm": (_stem([short.get("belt")], "top"), "along the belt as it is cut, to its point"),
    }
    return [
        PointOfMeasure(garment, name, None, float(value), how=how)
        for name, (value, how) in found.items()
        if value is not None and value > 0.0
    ]


def _stem(panels: Sequence[Panel | None], stem: str) -> float | None:
    """Return the length of an edge and of the parts that it was cut into, over some panels; None where there is none."""
    lengths = [
        e.length
        for p in panels
        if p is not None
        for e in p.edges
        if e.name == stem or e.name.startswith(f"{stem}_")
    ]
    return sum(lengths) if lengths else None


def _armhole(panels: Mapping[str, Panel]) -> float | None:
    return _stem([p for name, p in panels.items() if not name.startswith("sleeve")], "armhole_left")


def _biceps(panels: Mapping[str, Panel]) -> float | None:
    sleeve = panels.get("sleeve_left")
    if sleeve is None:
        return None
    caps = [e.points for e in sleeve.edges if e.name.startswith("cap_")]
    if not caps:
        return None
    ends = np.concatenate(caps)
    low = [ends[side == (ends[:, 0] > np.median(sleeve.outline[:, 0]))] for side in (False, True)]
    feet = [part[part[:, 1].argmin()] for part in low if len(part)]
    return float(np.linalg.norm(feet[0] - feet[-1])) if len(feet) == 2 else None


def _cuff(panels: Mapping[str, Panel]) -> float | None:
    band = _stem([panels.get("cuff_left")], "hem")
    return band if band is not None else _stem([panels.get("sleeve_left")], "cuff")


def _slit(panels: Mapping[str, Panel]) -> float | None:
    lengths = [e.length for p in panels.values() for e in p.edges if e.kind == "opening"]
    return max(lengths) if lengths else None


POCKETS = ("pocket_bag", "patch_pocket", "chest_pocket", "kangaroo_pocket", "back_pocket")


def _opening(panels: Mapping[str, Panel]) -> float | None:
    found = next((panels[name] for name in POCKETS if name in panels), None)
    if found is None:
        return None
    return (
        _stem([found], "hand_left") if found.name.endswith("kangaroo_pocket") else _stem([found], "opening")
    )


def _depth(panels: Mapping[str, Panel]) -> float | None:
    found = next((panels[name] for name in POCKETS if name in panels), None)
    if found is None:
        return None
    ends = [e.points for e in found.edges if e.name in ("opening", "hand_left")]
    return float(ends[0][:, 1].max() - found.outline[:, 1].min())


def _thigh(panels: Mapping[str, Panel]) -> float | None:
    total = 0.0
    for name in ("left_front", "left_back"):
        panel = panels.get(name)
        crotch = [e.points for e in panel.edges if e.name.startswith("crotch")] if panel else []
        if panel is None or not crotch:
            return None
        fork = np.concatenate(crotch)
        fork = fork[fork[:, 1].argmin()]
        a, b = panel.outline, np.roll(panel.outline, -1, axis=0)
        hit = (a[:, 1] < fork[1]) != (b[:, 1] < fork[1])
        if not hit.any():
            return None
        t = (fork[1] - a[hit, 1]) / (b[hit, 1] - a[hit, 1])
        total += float(np.abs(a[hit, 0] + t * (b[hit, 0] - a[hit, 0]) - fork[0]).max())
    return total

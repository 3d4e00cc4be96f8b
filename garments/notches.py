"""Notches in pairs: every mark on a sewn edge has its twin where the partner edge meets it.

Blocks mark what they know (a cap's balance points). Here every such mark gets its twin, long seams get one at their
middle, and gathers one at every quarter, so that fullness can be spread as drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from toile.garments.pattern import Notch, Panel, Seam

LONG = 0.10
"""Seams of this length [m] or more get a notch."""
SAME = 0.004
"""Marks nearer than this [m] are one."""


def notched(panels: Mapping[str, Panel], seams: Sequence[Seam]) -> dict[str, Panel]:
    """Return the panels with the notches of every seam on both of its edges."""
    result = dict(panels)
    marks: dict[tuple[str, str], list[float]] = {}
    for panel in panels.values():
        for mark in panel.notches:
            marks.setdefault((panel.name, mark.edge), []).append(mark.fraction)
    for seam in seams:
        if seam.kind == "dart" or seam.first[0] == seam.second[0]:
            continue
        length = max(panels[p].edge(e).length for p, e in (seam.first, seam.second))
        there = [*marks.get(seam.first, []), *(_met(f, seam) for f in marks.get(seam.second, []))]
        if seam.kind == "gather" and length >= LONG:
            there += [0.25, 0.5, 0.75]
        elif length >= LONG and not there:
            there = [0.5]
        both: list[float] = []
        for fraction in sorted(there):
            inside = SAME < fraction * length < length - SAME
            if inside and (not both or (fraction - both[-1]) * length > SAME):
                both.append(fraction)
        marks[seam.first] = both
        marks[seam.second] = sorted(_met(f, seam) for f in both)
    for name, panel in panels.items():
        notches = [Notch(e.name, f) for e in panel.edges for f in marks.get((name, e.name), [])]
        result[name] = replace(panel, notches=tuple(notches))
    return result


def _met(fraction: float, seam: Seam) -> float:
    """Return where on one edge of a seam the mark at a fraction of the other lies."""
    return 1.0 - fraction if seam.reversed else fraction

"""A lining: cut from the shell's own pieces, so that it fits them; bands, cuffs and collars have none.

It is on the cutting list and on the pieces, and is not simulated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from toile.garments.pattern import Panel
from toile.garments.style import Style

SHORTER = 0.02
"""By how much [m] a lining's hem is cut shorter than the shell's."""


def lined(panels: Mapping[str, Panel], style: Style) -> tuple[dict[str, Panel], tuple[str, ...]]:
    """Return the panels with their lining pieces counted, and what to say about it."""
    if "lined" not in style.details:
        return dict(panels), ()
    result = {
        name: replace(p, pieces=f"{p.pieces}, lining 1") if _takes_lining(p) else p
        for name, p in panels.items()
    }
    note = (
        f"The {style.label} is lined: cut each lining piece from its shell piece, {100 * SHORTER:.0f} cm shorter at hems; the "
        "lining is not simulated."
    )
    return result, (note,)


def _takes_lining(panel: Panel) -> bool:
    return panel.stiffness == 1.0 and panel.placement.part not in ("neck", "head") and not panel.elastic

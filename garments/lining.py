"""A lining: cut from the shell's own pieces, so that it fits them; bands, cuffs and collars have none.

It is on the cutting list and on the pieces. It is no cloth of its own in the simulation, but it stiffens the shell: plies that slide on
each other bend with the sum of their stiffnesses, so a lined piece is 1 + B_lining / B_shell times as stiff, B being the geometric
mean of warp and weft.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from toile.garments.fabric import Fabric, fabric
from toile.garments.pattern import Panel
from toile.garments.style import Style

SHORTER = 0.02
"""By how much [m] a lining's hem is cut shorter than the shell's."""


CLOTH = "silk_twill"
"""Of which a lining is taken to be: a light twill of 75 g/m2."""


def lined(panels: Mapping[str, Panel], style: Style) -> tuple[dict[str, Panel], tuple[str, ...]]:
    """Return the panels with their lining pieces counted, and what to say about it."""
    if "lined" not in style.details:
        return dict(panels), ()
    stiff = stiffening(fabric(style.fabric))
    result = {
        name: replace(p, pieces=f"{p.pieces}, lining 1", stiffness=stiff) if _takes_lining(p) else p
        for name, p in panels.items()
    }
    note = (
        f"The {style.label} is lined: cut each lining piece from its shell piece, {100 * SHORTER:.0f} cm shorter at hems; the "
        "lining is not simulated, but makes the shell {stiff:.2f} times as stiff."
    )
    return result, (note,)


def stiffening(shell: Fabric) -> float:
    """Return by how much a lining stiffens a shell: the bending of both plies over that of the shell."""
    lining = fabric(CLOTH)
    return 1.0 + math.sqrt(lining.bend_warp * lining.bend_weft / (shell.bend_warp * shell.bend_weft))


def _takes_lining(panel: Panel) -> bool:
    return panel.stiffness == 1.0 and panel.placement.part not in ("neck", "head") and not panel.elastic

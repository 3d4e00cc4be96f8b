"""What is added to a drafted garment: its crossed front, closure, slits, belt, pockets and facings, each on the finished panels."""

from __future__ import annotations

from toile.engine.core.measurements import Measurements
from toile.garments import curves
from toile.garments.blocks_belt import add_belt
from toile.garments.blocks_closure import add_closure, add_laps
from toile.garments.blocks_facing import add_facings
from toile.garments.blocks_pocket import add_pockets
from toile.garments.blocks_slit import add_slits
from toile.garments.blocks_surplice import cross_front
from toile.garments.piecework import Drawing
from toile.garments.style import Style


def add_details(drawing: Drawing, style: Style, m: Measurements) -> None:
    """Add crossed front, closure, slits, belt, pockets and facings; the panels' measures stay as they are."""
    if "surplice" in style.details:
        cross_front(drawing, style)
    add_closure(drawing, style)
    add_slits(drawing, style)
    if "belt" in style.details:
        add_belt(drawing, style, m)
    if style.pockets:
        add_pockets(drawing, style)
    add_laps(drawing, style)
    add_facings(drawing, style)
    _drop_crossed(drawing, style)


def _drop_crossed(drawing: Drawing, style: Style) -> None:
    """Leave out pieces whose outline crosses itself, as a facing in a very narrow place does, and say so."""
    for name, piece in list(drawing.cut_only.items()):
        if curves.area(piece.outline) > 0.0 and not curves.crosses_itself(piece.outline):
            continue
        del drawing.cut_only[name]
        drawing.joins = [
            j
            for j in drawing.joins
            if name not in {ref[0] for ref in j.edges} and name not in {s.panel for s in j.to}
        ]
        drawing.notes.append(
            f"The {name.split('/')[1].replace('_', ' ')} of the {style.label} has no room at this size and is left out."
        )

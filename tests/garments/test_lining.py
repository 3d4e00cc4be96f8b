"""A lined garment's pieces say that they are cut in lining too, and only those that are."""

from __future__ import annotations

from dataclasses import replace

from toile.engine.core.measurements import Measurements
from toile.garments.cutting_list import cutting_list
from toile.garments.drafting import draft
from toile.garments.style import Style

SHIRT = Style("shirt", "shirt", sleeve="long", neckline="mandarin")


def test_shell_pieces_are_lined_and_bands_are_not(body: Measurements) -> None:
    pattern = draft([replace(SHIRT, details=("lined",))], body)
    for piece in cutting_list(pattern):
        short = piece.name.split("/")[-1]
        assert ("lining 1" in piece.pieces) == (not short.startswith(("cuff", "collar"))), short
    assert any("not simulated" in note for note in pattern.notes)


def test_an_unlined_garment_says_nothing_of_it(body: Measurements) -> None:
    pattern = draft([SHIRT], body)
    assert not any("lining" in piece.pieces for piece in cutting_list(pattern))
    assert not any("lined" in note for note in pattern.notes)

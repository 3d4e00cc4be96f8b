"""A lined garment's pieces say that they are cut in lining too, and only those that are."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from toile.engine.core.measurements import Measurements
from toile.garments.cutting_list import cutting_list
from toile.garments.drafting import draft
from toile.garments.fabric import fabric
from toile.garments.lining import CLOTH
from toile.garments.style import Style

SHIRT = Style("shirt", "shirt", sleeve="long", neckline="mandarin")


def test_shell_pieces_are_lined_and_bands_are_not(body: Measurements) -> None:
    pattern = draft([replace(SHIRT, details=("lined",))], body)
    for piece in cutting_list(pattern):
        short = piece.name.split("/")[-1]
        assert ("lining 1" in piece.pieces) == (not short.startswith(("cuff", "collar"))), short
    assert any("not simulated" in note for note in pattern.notes)


def test_a_lining_adds_its_own_bending_to_the_shell_and_to_nothing_else(body: Measurements) -> None:
    plain, lined = (draft([replace(SHIRT, fabric="wool", details=d)], body) for d in ((), ("lined",)))
    shell, lining = fabric("wool"), fabric(CLOTH)
    together = math.sqrt(shell.bend_warp * shell.bend_weft) + math.sqrt(lining.bend_warp * lining.bend_weft)
    for before, after in zip(plain.panels, lined.panels, strict=True):
        short = before.name.split("/")[-1]
        expected = together / math.sqrt(shell.bend_warp * shell.bend_weft)
        ratio = after.stiffness / before.stiffness
        assert ratio == pytest.approx(1.0 if short.startswith(("cuff", "collar")) else expected, rel=1e-12), (
            short
        )


def test_an_unlined_garment_says_nothing_of_it(body: Measurements) -> None:
    pattern = draft([SHIRT], body)
    assert not any("lining" in piece.pieces for piece in cutting_list(pattern))
    assert not any("lined" in note for note in pattern.notes)

"""Eight of the benchmark's sixty random requests, placed, sewn and draped: clean, right side out, on their own limbs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.drapes import CASES, chosen, draped, wrong_sides
from toile.garments.placement import dress
from toile.garments.topology import inside_out

EIGHT = {3: "shorts", 6: "tank_top", 7: "shirt", 15: "skirt", 32: "jumpsuit", 52: "hoodie", 55: "vest", 56: "dress"}  # fmt: skip


def test_sixty_cases_are_spread_over_every_category() -> None:
    kinds = [name.split("-")[-1] for name in CASES]
    assert len(kinds) == 60
    assert {kinds.count(kind) for kind in set(kinds)} <= {4, 5}


@pytest.mark.parametrize("k", EIGHT)
def test_a_random_request_is_draped_clean_and_worn(k: int) -> None:
    garment, avatar, pattern = chosen(k)
    assert garment["category"] == EIGHT[k]
    row, simulation = draped(pattern, avatar.figure, 0.03)
    assert simulation is not None, row
    assert row["ok"], row
    assert row["inside_body"] == row["body_cloth"] == row["cloth_cloth"] == row["inside_out"] == 0


def test_what_is_inside_out_or_on_the_other_side_is_counted() -> None:
    _, avatar, pattern = chosen(3)
    cloth = dress(pattern, avatar.figure, 0.03)
    joints = avatar.figure.joints
    assert inside_out(cloth.vertices, cloth.faces, cloth.loops, cloth.loop_axis, joints) == []
    turned = inside_out(cloth.vertices, cloth.faces[:, ::-1], cloth.loops, cloth.loop_axis, joints)
    assert len(turned) == 3  # waist and both hems
    assert wrong_sides(cloth.vertices, cloth) == 0
    swapped = replace(cloth, vertices=cloth.vertices * np.array([-1.0, 1.0, 1.0], np.float32))
    assert wrong_sides(swapped.vertices, swapped) == 4

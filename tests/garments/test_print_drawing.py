"""Prints on the drawing are those that the renderer shades: the same flowers, the same repeats."""

from __future__ import annotations

import numpy as np
import pytest

from toile.engine.core.device import warp
from toile.garments.print_drawing import FLORAL_CELLS, ClothLook, hash2, print_colours, print_pattern
from toile.shaders.print_scale import PRINT_REPEAT_CM, print_repeat_cm


def test_the_hash_is_the_shaders() -> None:
    from toile.shaders import prints, weave

    wp = warp()

    @wp.kernel
    def hashes(out: wp.array2d(dtype=float)):  # type: ignore[valid-type]
        i, j = wp.tid()
        out[i, j] = weave.hash2(i - 2, j + 55)

    found = wp.zeros((20, 20), dtype=float, device="cpu")
    wp.launch(hashes, dim=found.shape, outputs=[found], device="cpu")
    wanted = [[hash2(i - 2, j + 55) for j in range(20)] for i in range(20)]
    np.testing.assert_allclose(found.numpy(), wanted, atol=1e-7)
    assert (
        int(prints.FLORAL_CELLS.val if hasattr(prints.FLORAL_CELLS, "val") else prints.FLORAL_CELLS)
        == FLORAL_CELLS
    )
    assert tuple(PRINT_REPEAT_CM) == prints.PRINTS


def test_a_repeat_is_what_was_asked_or_the_prints_own() -> None:
    assert print_repeat_cm("dots", 1.5) == 1.5
    assert print_repeat_cm("dots", None) == print_repeat_cm("dots", 0.0) == PRINT_REPEAT_CM["dots"]


@pytest.mark.parametrize(("colour", "light"), [("#101010", True), ("#f0f0f0", False)])
def test_an_unsaid_colour_shows_against_the_ground(colour: str, light: bool) -> None:
    ground, first, second = print_colours(ClothLook(colour, "dots"))
    assert (sum(first) > sum(ground)) is light
    np.testing.assert_allclose(second, 0.5 * (np.array(first) + np.array(ground)))


def test_a_knits_stripes_run_across() -> None:
    woven = print_pattern("p", ClothLook("#ffffff", "stripes"), 0.0, 0.0, (0.0, 1.0))
    knitted = print_pattern("p", ClothLook("#ffffff", "stripes", knitted=True), 0.0, 0.0, (0.0, 1.0))
    assert "matrix(1 0 0 -1" in woven.replace("-0", "0")
    assert "matrix(0 -1 1 0" in knitted.replace("-0 ", "0 ").replace("-0)", "0)")

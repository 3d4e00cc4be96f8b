"""Tiles repeat without a step, have their true size, and show the colours that were asked for."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from toile.engine.core.errors import BadInput
from toile.engine.export.gltf_material import fabric_material
from toile.engine.export.tiles import print_tile, weave_tile
from toile.garments.fabric import fabrics
from toile.shaders.print_scale import PRINT_REPEAT_CM


def pixels(tile):
    return np.asarray(Image.open(BytesIO(tile.png))).astype(int)


@pytest.mark.parametrize("name", sorted(fabrics()))
def test_weaves_are_unit_normals_that_lean_no_way_on_average_and_wrap(name):
    cloth = fabrics()[name]
    tile = weave_tile(cloth)
    normal = pixels(tile) / 127.5 - 1
    np.testing.assert_allclose(np.linalg.norm(normal, axis=2), 1, atol=0.02)
    assert normal[..., 2].min() > 0.2
    assert np.abs(normal[..., :2].mean(axis=(0, 1))).max() < 0.12
    assert 0.9 <= tile.size[0] / (cloth.yarn_mm / 1000) <= 5
    assert np.abs(normal[..., :2]).max() > 0.05  # there is a weave


@pytest.mark.parametrize("kind", ["stripes", "check", "dots"])
def test_prints_wrap_round_and_hold_both_colours(kind):
    tile = print_tile(kind, "#203060", ["#f0f0f0"])
    picture = pixels(tile)
    assert tile.size == (PRINT_REPEAT_CM[kind] / 100.0,) * 2
    for axis in (0, 1):  # the step over the border is one that also occurs inside
        border = np.abs(np.take(picture, 0, axis) - np.take(picture, -1, axis)).sum(-1)
        steps = np.abs(np.diff(picture, axis=axis)).sum(-1)
        assert border.max() <= steps.max() + 3
    found = {tuple(c) for c in picture.reshape(-1, 3)}
    assert (0x20, 0x30, 0x60) in found
    assert (0xF0, 0xF0, 0xF0) in found


def test_stripes_run_along_the_warp_on_wovens_and_across_on_knits():
    woven, knit = (pixels(print_tile("stripes", "#000000", ["#ffffff"], knitted=k)) for k in (False, True))
    assert np.ptp(woven, axis=0).max() == 0
    assert np.ptp(knit, axis=1).max() == 0
    assert woven[0, 64, 0] == 255  # the first half of a repeat is printed
    assert knit[-64, 0, 0] == 255  # and y runs up


def test_scattered_flowers_meet_at_the_border_of_their_tile():
    tile = print_tile("floral", "#ffffff", ["#d04060", "#f0c040"])
    assert tile.size == pytest.approx((0.98, 0.98))
    picture = pixels(tile)
    for axis in (0, 1):  # as many edges of petals cross the border as any other line
        border = np.abs(np.take(picture, 0, axis) - np.take(picture, -1, axis)).sum(-1).mean()
        steps = np.abs(np.diff(picture, axis=axis)).sum(-1).mean(axis=1 - axis)
        assert border <= steps.max()


def test_flowers_and_defaults():
    assert print_tile("solid", "#ffffff", []) is None
    flowers = pixels(print_tile("floral", "#ffffff", ["#d04060", "#f0c040"]))
    assert len({tuple(c) for c in flowers[::8, ::8].reshape(-1, 3)}) > 3
    dark = pixels(print_tile("dots", "#101010", []))
    assert dark.max() > 200
    with pytest.raises(BadInput, match="zebra"):
        print_tile("zebra", "#ffffff", [])
    with pytest.raises(BadInput, match="#rrggbb"):
        print_tile("dots", "#ffffff", ["pink"])


def test_a_garments_material_has_its_fabrics_weave_and_its_print():
    cotton = fabrics()["cotton"]
    plain, dotted = (
        fabric_material("a", cotton),
        fabric_material("b", cotton, "#ffffff", "dots", ("#000000",)),
    )
    assert plain.colour == cotton.default_hex
    assert plain.print is None
    assert plain.weave == dotted.weave
    assert dotted.print is not None

"""A look in other colours, prints and fabrics; GIFs of an animation."""

import numpy as np
import pytest
from PIL import Image

from toile.engine.core.errors import BadInput
from toile.engine.render.scene import GarmentLook
from toile.garments.fabric import fabric
from toile.restyle import Restyle, restyled, write_gif

LOOKS = [
    GarmentLook(fabric("cotton"), "#2f5fa8", "dots", ("#ffffff",), 4.0),
    GarmentLook(fabric("denim"), "#101010"),
]


def test_nothing_asked_changes_nothing():
    assert restyled(LOOKS, Restyle()) == LOOKS


def test_one_value_is_for_all_garments_and_two_are_one_each():
    both = restyled(LOOKS, Restyle(colours=("#c0392b",), fabrics=("satin", "wool")))
    assert [look.colour for look in both] == ["#c0392b", "#c0392b"]
    assert [look.fabric.name for look in both] == ["satin", "wool"]


def test_another_print_has_its_own_repeat_and_the_same_print_keeps_it():
    assert [look.print_scale_cm for look in restyled(LOOKS, Restyle(prints=("dots",)))] == [4.0, 0.0]
    assert restyled(LOOKS, Restyle(prints=("check",)))[0].print_scale_cm == 0.0


@pytest.mark.parametrize(
    "style", [Restyle(colours=("red",)), Restyle(prints=("zebra",)), Restyle(colours=("#000000",) * 3)]
)
def test_what_cannot_be_shown_is_refused(style):
    with pytest.raises(BadInput):
        restyled(LOOKS, style)


def test_a_gif_has_the_frames_and_lasts_as_long(tmp_path):
    frames = [np.full((20, 30, 3), 20 * i, np.uint8) for i in range(6)]
    write_gif(tmp_path / "a.gif", frames, 10.0)
    with Image.open(tmp_path / "a.gif") as picture:
        assert (picture.n_frames, picture.size, picture.info["duration"]) == (6, (30, 20), 100)

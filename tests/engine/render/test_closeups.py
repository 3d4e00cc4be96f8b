"""Close-ups keep their place in the picture in every frame."""

import numpy as np
import pytest

from toile.engine.core.errors import BadInput
from toile.engine.render.closeups import closeup
from toile.engine.render.frame import render_frame
from toile.engine.render.lighting import LIGHTS, lighting
from toile.engine.render.scene import GarmentLook, RenderSettings, Scene
from toile.garments.fabric import fabric


def test_the_hem_is_in_the_middle_of_its_close_up_in_every_frame(simulation):
    camera = closeup("hem", simulation, size=(200, 200))
    assert camera.name == "hem"
    way = np.subtract(camera.position, camera.target)
    for cloth in simulation.cloth_vertices:
        hem = cloth[cloth[:, 1] < cloth[:, 1].min() + 0.01]
        near = hem[hem @ way > np.quantile(hem @ way, 0.8)]
        x, y, _ = camera.project(near.mean(axis=0)[None])[0]
        assert 50 < x < 150
        assert 50 < y < 150


def test_what_is_not_there_cannot_be_looked_at(simulation):
    with pytest.raises(BadInput, match="no sleeve"):
        closeup("sleeve", simulation)
    with pytest.raises(BadInput, match="waist, hem, sleeve"):
        closeup("pocket", simulation)


@pytest.mark.parametrize("name", LIGHTS)
def test_every_light_makes_another_picture_of_the_same_dye(simulation, name):
    look = (GarmentLook(fabric("cotton"), "#8a8a8a"),)
    camera = closeup("hem", simulation, size=(64, 64))
    quick = RenderSettings(cloth_subdivisions=0)
    plain = render_frame(Scene(simulation, look), 0, camera, quick).astype(float)
    other = render_frame(Scene(simulation, look, lighting(name)), 0, camera, quick).astype(float)
    assert other.mean() == pytest.approx(plain.mean(), abs=45.0)
    assert (np.abs(other - plain).mean() > 2.0) == (name != "studio")


def test_an_unknown_light_is_named_with_those_that_exist():
    with pytest.raises(BadInput, match="studio, soft, hard, sunset"):
        lighting("disco")

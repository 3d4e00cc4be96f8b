"""The cloth laboratory, sampled: what a bench test of the fabric would measure. All of it: `make bench-cloth`."""

from __future__ import annotations

import pytest

from benchmarks.cloth import cantilever, catenary, hanging, pulled, resolution
from benchmarks.cloth_motion import energy, free_fall, funnel, sphere, twist
from toile.engine.cloth.drape_test import cusick
from toile.garments.fabric import fabric, fabrics


@pytest.mark.parametrize(
    ("name", "along"), [("cotton", "warp"), ("gabardine", "weft"), ("denim_11oz", "warp")]
)
def test_a_cantilever_bends_by_its_bending_length(name, along):
    row = cantilever(name, along, None)
    assert abs(row["error_5mm_percent"]) < 3.0
    assert abs(row["error_2.5mm_percent"]) < 3.0


def test_a_hanging_strip_grows_and_a_chain_of_cloth_sags_as_said():
    assert abs(hanging(None)["error_percent"]) < 1.0
    assert abs(catenary(None)["error_percent"]) < 1.0


@pytest.mark.parametrize("degrees", [0.0, 45.0, 90.0])
@pytest.mark.parametrize("name", ["cotton", "jersey"])
def test_a_pulled_strip_follows_the_law_of_the_fabric(name, degrees):
    assert abs(pulled(name, degrees, None)["error_percent"]) < 1.0


def test_free_fall_and_energy():
    assert abs(free_fall(None)["error_percent"]) < 1.0
    assert energy(None)["greatest_rise_of_start_percent"] < 0.1


@pytest.mark.parametrize("name", ["cotton", "silk"])
def test_a_disc_drapes_within_the_published_band(name):
    test = cusick(fabric(name), 0.0075)
    assert test.equilibrium.converged
    low, high = fabric(name).drape
    assert low <= test.coefficient <= high
    assert 4 <= test.nodes <= 10


def test_a_twisted_strip_never_passes_through_itself():
    row = twist("cotton", None)
    assert row["cloth_cloth"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("scene", [sphere, funnel, twist])
@pytest.mark.parametrize("name", ["silk", "cotton", "denim"])
def test_scenes_of_contact_have_no_intersection(scene, name):
    row = scene(name, None)
    assert (row["cloth_cloth"], row["body_cloth"], row["inside_body"]) == (0, 0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(n for n, r in fabrics().items() if r.drape))
def test_every_fabric_with_a_published_band_drapes_within_it(name):
    low, high = fabric(name).drape
    assert low <= cusick(fabric(name), 0.005).coefficient <= high


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cotton", "silk", "wool", "denim"])
def test_a_coarse_mesh_or_a_turned_one_drapes_as_a_fine_one_does(name):
    row = resolution(name, None)
    for mesh in ("10mm", "15mm", "15mm_30deg"):
        assert abs(row[f"dc_{mesh}"] - row["dc_5mm"]) < 2.0
        assert row[f"hem_{mesh}_mm"] == pytest.approx(row["hem_5mm_mm"], rel=0.02)

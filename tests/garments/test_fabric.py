"""Fabric records, files and sheets: units that add up, names that are found, absurd cloth refused in a sentence."""

from __future__ import annotations

import json

import pytest

from toile.engine.core.errors import BadInput
from toile.garments.fabric import bending_length, fabric, fabrics
from toile.garments.fabric_file import check_fabric, fabric_as_file, fabric_from_values, read_fabric

SI = {
    "area_density": 0.2, "thickness": 4e-4, "stretch": [900, 700], "shear": 40, "bend": [1.2e-5, 9e-6], "name": "Mine",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(fabrics()))
def test_every_record_is_a_cloth_and_says_what_it_rests_on(name):
    record = fabrics()[name]
    check_fabric(record, name)
    assert record.status in ("measured", "converted", "estimated")
    assert len(record.source) > 20
    assert record.word == "" or fabrics()[record.word].word == ""
    assert all(0.004 < c < 0.06 for c in bending_length(record))


def test_there_are_more_than_twenty_named_fabrics_behind_the_words():
    assert sum(bool(record.word) for record in fabrics().values()) >= 20
    assert {record.word for record in fabrics().values() if record.word} <= set(fabrics())


def test_a_kes_sheet_becomes_si():
    sheet = {
        "format": "kes",
        "EM": [4.0, 8.0],
        "LT": [0.6, 1.0],
        "B": [0.1, 0.05],
        "G": 0.7,
        "T0": 0.5,
        "W": 20.0,
    }
    made = fabric_from_values(sheet)
    assert made.area_density == pytest.approx(0.2)
    assert made.thickness == pytest.approx(5e-4)
    assert made.bend_warp == pytest.approx(0.1 * 9.80665e-5)
    assert made.shear == pytest.approx(0.7 * 0.980665 * 57.29578, rel=1e-6)
    # the curve ends at EM under 500 gf/cm and stores WT = LT Fm EM / 2
    pull = 500 * 0.980665
    for small, large, knee, end, linearity in (
        (made.stretch_warp, made.large_warp, made.limit_warp, 0.04, 0.6),
        (made.stretch_weft, made.large_weft, made.limit_weft, 0.08, 1.0),
    ):
        assert small * knee + large * (end - knee) == pytest.approx(pull, rel=1e-6)
        stored = 0.5 * small * knee**2 + small * knee * (end - knee) + 0.5 * large * (end - knee) ** 2
        assert stored == pytest.approx(0.5 * linearity * pull * end, rel=1e-6)


def test_a_fast_sheet_becomes_si():
    sheet = {"format": "fast", "E5": 0.5, "E20": [1.9, 1.8], "E100": [4.6, 5.9], "W": 168, "T2": 0.9, "C": [15.0, 14.5],
             "EB5": 4.7}  # fmt: skip
    made = fabric_from_values(sheet)
    assert made.bend_warp == pytest.approx(5.56e-6, rel=0.01)  # B = W c^3 9.81e-6 uN m of the FAST manual
    assert made.shear == pytest.approx(26.17, rel=1e-3)
    assert made.stretch_warp * made.limit_warp == pytest.approx(19.6)
    reached = made.stretch_weft * made.limit_weft + made.large_weft * (0.059 - made.limit_weft)
    assert reached == pytest.approx(98.1)


def test_the_units_of_garment_cad_become_si():
    clo = {
        "format": "clo",
        "stretch": [1.2e6, 9e5],
        "shear": 5e4,
        "bending": [9000, 8000],
        "density": 150,
        "thickness": 0.3,
    }
    made = fabric_from_values(clo)
    assert (made.stretch_warp, made.stretch_weft, made.shear) == pytest.approx((1200, 900, 50))
    assert made.bend_warp == pytest.approx(9e-6)
    browzwear = {
        "format": "browzwear",
        "stretch": 1000,
        "shear": 40,
        "bending": [90, 80],
        "density": 150,
        "thickness": 0.3,
    }
    made = fabric_from_values(browzwear)
    assert made.stretch_warp == pytest.approx(980.665)
    assert made.bend_warp == pytest.approx(9e-6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stretch": -5}, "stretch_warp"),
        ({"bend": 1e9}, "bend_warp"),
        ({"area_density": 0}, "area_density"),
        ({"shear": float("nan")}, "shear"),
        ({"colour": 3}, "unknown"),
        ({"format": "wool"}, "format"),
        ({"word": "sailcloth"}, "word"),
        ({"bend": [1, 2, 3]}, "bend"),
    ],
)
def test_absurd_fabrics_are_refused_in_a_sentence(change, words):
    with pytest.raises(BadInput, match=words) as caught:
        fabric_from_values({**SI, **change})
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_json_and_csv_read_alike_and_are_found_by_name(tmp_path):
    a, b = tmp_path / "mine.json", tmp_path / "mine.csv"
    a.write_text(json.dumps(SI), encoding="utf-8")
    rows = [f"{k},{','.join(map(str, v)) if isinstance(v, list) else v}" for k, v in SI.items()]
    b.write_text("key,warp,weft\n" + "\n".join(rows), encoding="utf-8")
    first, second = read_fabric(a), read_fabric(b)
    assert first == second == fabric(first.name)
    assert first.name.startswith("mine_")
    with pytest.raises(BadInput, match="cannot be read"):
        read_fabric(tmp_path / "none.json")


def printed(own):
    """Return what `toile fabric NAME --json` prints, read again as JSON."""
    return json.loads(json.dumps(fabric_as_file(own), ensure_ascii=False))


@pytest.mark.parametrize("name", sorted(fabrics()))
def test_every_fabric_that_is_printed_reads_back_as_itself(name):
    assert fabric_from_values(printed(fabric(name))) is fabric(name)


def test_a_printed_fabric_that_was_changed_is_one_of_its_own():
    values = printed(fabric("gabardine"))
    made = fabric_from_values({**values, "shear": 2.0 * values["shear"]})
    assert made.name.startswith("gabardine_")
    assert made.shear == 2.0 * fabric("gabardine").shear
    assert (made.status, made.drape) == ("converted", None)  # its drape is not the old one's
    assert made.word == fabric("gabardine").word
    for key in ("bend_warp", "stretch_weft", "area_density", "weave", "sheen", "default_hex"):
        assert getattr(made, key) == getattr(fabric("gabardine"), key)
    painted = fabric_from_values({**values, "default_hex": "#112233"})
    assert painted.drape == fabric("gabardine").drape
    assert len({made.name, painted.name, "gabardine"}) == 3


def test_a_fabric_of_the_user_reads_back_by_the_same_name():
    made = fabric_from_values(SI)
    assert fabric_from_values(printed(made)) == made


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shear": "soft"}, "shear"),
        ({"shear": True}, "shear"),
        ({"shear": -1.0}, "shear"),
        ({"weave": "tartan"}, "weave"),
        ({"default_hex": "red"}, "default_hex"),
        ({"roughness": 3.0}, "roughness"),
        ({"yarn_mm": 0.0}, "yarn_mm"),
        ({"drape": [1.0]}, "drape"),
        ({"words": "jean"}, "words"),
        ({"warmth": 1.0}, "unknown"),
        ({"name": 5}, "name"),
    ],
)
def test_a_printed_fabric_that_was_spoiled_is_refused(change, words):
    with pytest.raises(BadInput, match=words) as caught:
        fabric_from_values({**printed(fabric("denim")), **change})
    assert "\n" not in str(caught.value)


def test_a_printed_fabric_without_a_value_is_refused():
    values = printed(fabric("denim"))
    del values["thickness"]
    with pytest.raises(BadInput, match="thickness"):
        fabric_from_values(values)

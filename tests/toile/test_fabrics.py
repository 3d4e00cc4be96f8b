"""Which record a text calls for beside a fabric's word."""

from __future__ import annotations

import json

import pytest

from toile.cli import main
from toile.engine.core.errors import BadInput
from toile.fabrics import named_fabric, own_fabric
from toile.garments.fabric import fabrics


@pytest.mark.parametrize(
    ("word", "text", "said", "name"),
    [
        ("denim", "一条牛仔 14oz 半身裙", "牛仔", "denim_14oz"),
        ("denim", "8 oz denim skirt", "denim", "denim_8oz"),
        ("denim", "11盎司牛仔裤", "牛仔", "denim_11oz"),
        ("denim", "牛仔裤", "牛仔", "denim"),
        ("cotton", "a poplin shirt", "poplin", "poplin"),
        ("cotton", "府绸衬衫", "府绸", "poplin"),
        ("knit", "a rib knit dress", "rib knit", "rib_knit"),
        ("wool", "法兰绒长裤", "法兰绒", "wool_flannel"),
        ("chiffon", "organza skirt", "organza", "organza"),
        ("silk", "a crepe de chine blouse", "crepe de chine", "crepe_de_chine"),
        ("cotton", "cotton dress with a poplin-free promise", "cotton", "cotton"),
        ("wool", "520 gsm wool coat", "wool", "melton"),
    ],
)
def test_words_and_weights_choose_the_record(word, text, said, name):
    start = text.index(said)
    assert named_fabric(word, text, (start, start + len(said))) == name


def test_a_name_that_is_no_fabric_is_refused():
    assert own_fabric("gabardine").name == "gabardine"
    with pytest.raises(BadInput, match="neither"):
        own_fabric("unobtainium")


def test_what_toile_fabric_prints_is_a_fabric_file(tmp_path, capsys):
    assert main(["fabric", "gabardine", "--json"]) == 0
    file = tmp_path / "printed.json"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    assert own_fabric(str(file)) is fabrics()["gabardine"]


def test_a_fabric_that_drapes_as_measured_is_a_fabric_file(tmp_path, capsys, monkeypatch):
    from toile.engine.cloth import drape_test

    monkeypatch.setattr(drape_test, "EDGE", 0.02)
    monkeypatch.setattr(drape_test, "STARTS", (1,))
    assert main(["fabric", "gabardine", "--drape-to", "60", "--drape", "--json"]) == 0
    text, told = capsys.readouterr()
    assert "drapes at" in told
    file = tmp_path / "own.json"
    file.write_text(text, encoding="utf-8")
    own = own_fabric(str(file))
    assert own.bend_warp > 1.2 * fabrics()["gabardine"].bend_warp
    assert own.word == "wool"
    assert own.name.startswith("gabardine_")
    assert abs(json.loads(text)["drape_test_percent"] - 60.0) <= 1.1


def test_a_drape_needs_a_fabric_and_a_coefficient_that_cloth_has(capsys):
    assert main(["fabric", "--drape"]) == 2
    assert main(["fabric", "cotton", "--drape-to", "2"]) == 2
    assert "between 5 and 98" in capsys.readouterr().err

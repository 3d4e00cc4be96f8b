"""`toile draft` writes every file and every size; patterns from files are read by their kind or refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from toile.cli import _sizes, main
from toile.engine.core.errors import BadInput
from toile.garments.drafting import draft
from toile.garments.garmentcode import pattern_to_garmentcode
from toile.garments.pattern import Pattern
from toile.garments.pattern_dxf import pattern_to_dxf
from toile.garments.pattern_json import pattern_from_json, pattern_to_json
from toile.garments.spec import request_from_json
from toile.garments.style import Style
from toile.imported import read_pattern, worn_as
from toile.pattern_files import of_size, size_folder, sized


@pytest.fixture(scope="module")
def pattern() -> Pattern:
    from toile.avatars.fit import fit_avatar

    body = fit_avatar({"height": 1.65, "mass": 58.0}, "female").figure.measurements
    return draft([Style("skirt", "skirt", "a_line", length=0.6)], body)


@pytest.fixture(scope="module")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("draft") / "look"
    text = "A-line skirt, waist 72 cm, length 60 cm, 2 cm dots"
    assert (
        main(
            ["draft", text, "--out", str(out), "--sizes", "155/64A, 160/68A", "--a0", "--no-cache", "--json"]
        )
        == 0
    )
    return out


def test_every_file_is_there_for_every_size(drafted: Path) -> None:
    names = {"pattern.json", "pattern.svg", "pattern.dxf", "pattern.pdf", "pattern-a0.pdf", "pattern_specification.json",
             "pattern.seams.json"}  # fmt: skip
    for folder in (drafted, drafted / "155-64A", drafted / "160-68A"):
        assert names <= {p.name for p in folder.iterdir()}
    assert {"nest.svg", "grading.json"} <= {p.name for p in drafted.iterdir()}
    assert 'width="20"' in (drafted / "pattern.svg").read_text(
        encoding="utf-8"
    )  # the print repeats every 2 cm


def test_the_sample_has_the_stated_numbers_and_the_others_their_steps(drafted: Path) -> None:
    report = json.loads((drafted / "grading.json").read_text(encoding="utf-8"))
    assert report["sample"] == "155/64A"
    waist = next(row for row in report["measures"] if row["name"] == "waist_cm")
    small, large = waist["sizes"]["155/64A"], waist["sizes"]["160/68A"]
    assert small["drafted_cm"] == pytest.approx(72.0, abs=0.1)
    assert large["step_cm"] == pytest.approx(4.0, abs=0.1)
    read = pattern_from_json(json.loads((drafted / "160-68A" / "pattern.json").read_text(encoding="utf-8")))
    found = {m.name: m.drafted for m in read.measures}
    assert 100.0 * found["waist_cm"] == pytest.approx(large["drafted_cm"], abs=0.01)


def test_every_file_of_a_draft_reads_back_as_the_same_pattern(drafted: Path) -> None:
    ours = read_pattern(drafted / "pattern.json")
    for name in ("pattern_specification.json", "pattern.dxf"):
        read = read_pattern(drafted / name)
        assert len(read.panels) == len(ours.panels)
        for one, other in zip(ours.panels, read.panels, strict=True):
            assert sum(e.length for e in other.edges) == pytest.approx(
                sum(e.length for e in one.edges), abs=2e-4
            )


def test_a_system_named_once_holds_for_the_run() -> None:
    assert _sizes("EU 36,38") == ("EU 36", "EU 38")
    assert _sizes("155/80A，160/84A") == ("155/80A", "160/84A")
    assert _sizes("S,M,L") == ("S", "M", "L")
    assert _sizes(None) == ()


def request(**wearer: Any) -> Any:
    return request_from_json(json.dumps({"garments": [{"category": "skirt"}], "wearer": wearer}))


def test_the_size_that_was_said_is_the_sample_else_the_middle_one() -> None:
    run = ("S", "M", "L", "XL")
    assert sized(request(size="L"), run)[1] == 2
    assert sized(request(size="165 / 88a"), ("160/84A", "165/88A"))[1] == 1
    assert sized(request(sex="female", height_cm=170.0), run)[1] == 1
    assert of_size(request(sex="female", height_cm=170.0), "M").wearer.height_cm is None
    assert size_folder("165/88A") == "165-88A"
    with pytest.raises(BadInput, match="empty"):
        sized(request(), ("S", " "))


def test_a_file_is_read_by_its_kind(pattern: Pattern, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.json", tmp_path / "theirs.json"
    ours.write_text(json.dumps(pattern_to_json(pattern)), encoding="utf-8")
    theirs.write_text(json.dumps(pattern_to_garmentcode(pattern)), encoding="utf-8")
    assert pattern_to_json(read_pattern(ours)) == pattern_to_json(pattern)
    assert [p.name for p in read_pattern(theirs).panels] == [p.name for p in pattern.panels]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.json", "{}", "neither toile's pattern nor GarmentCode's"),
        ("a.json", "no", "neither JSON nor DXF"),
        ("a.json", '{"format": "toile-pattern", "version": 1}', "units"),
        ("a.json", '{"pattern": {"panels": {"front": {}}}}', "'front'"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(name: str, text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read_pattern(path)
    assert words in str(caught.value)
    assert str(path.name) in str(caught.value)


def test_dxf_without_a_seam_file_says_where_it_would_be(pattern: Pattern, tmp_path: Path) -> None:
    path = tmp_path / "skirt.dxf"
    path.write_text(pattern_to_dxf(pattern), encoding="utf-8")
    with pytest.raises(BadInput, match=r"skirt\.seams\.json"):
        read_pattern(path)


def test_missing_and_huge_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_pattern(tmp_path / "none.json")
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(40 * 1024 * 1024)
    with pytest.raises(BadInput, match="40 MiB"):
        read_pattern(huge)


def test_a_pattern_takes_the_cloth_and_the_name_that_were_said(pattern: Pattern) -> None:
    from toile.garments.resolve import resolve

    document = {"garments": [{"category": "skirt", "fabric": "denim"}], "wearer": {"sex": "female"}}
    garments = resolve(request_from_json(json.dumps(document))).garments
    worn = worn_as(pattern, garments)
    assert (worn.garments, worn.fabrics) == (("skirt",), ("denim",))
    with pytest.raises(BadInput, match="name as many"):
        worn_as(pattern, [*garments, *garments])


def test_draft_prints_requested_drafted_and_tolerance(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        main(["draft", "skirt, waist 72 cm, length 60 cm", "--out", str(tmp_path / "d"), "--no-cache"]) == 0
    )
    said = capsys.readouterr().out
    row = next(line.split() for line in said.splitlines() if " waist " in line)
    assert row[:5] == ["skirt", "waist", "72.00", "72.00", "0.10"]
    assert "Pieces, cm with allowances:" in said
    assert "waistband_front" in said

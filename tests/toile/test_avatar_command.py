"""`toile avatar` and `toile sizes` as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from toile.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(list(arguments))
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_a_size_gives_what_was_not_measured(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "avatar", "--size", "165/88A", "--waist-cm", "70", "--json")
    assert status == 0
    rows = json.loads(out)["measurements"]
    assert (rows["waist_cm"]["source"], rows["bust_cm"]["source"]) == ("stated", "size")
    assert abs(rows["waist_cm"]["achieved"] - 70.0) < 0.05
    assert abs(rows["bust_cm"]["achieved"] - 88.0) < 0.05
    assert rows["neck_cm"]["spread"] > 0.0
    assert "unverified" in err


def test_a_size_yields_to_what_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "avatar", "--size", "M", "--waist-cm", "110", "--json")
    assert status == 0
    document = json.loads(out)
    assert document["measurements"]["bust_cm"]["achieved"] > 100.0
    assert any("bust of 84 is not likely" in note for note in document["notes"])


def test_tapes_are_drawn_and_in_the_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "body.glb"
    assert run(capsys, "avatar", "--height-cm", "170", "--show-tapes", "--out", str(out))[0] == 0
    data = out.read_bytes()
    document = json.loads(data[20 : 20 + int.from_bytes(data[12:16], "little")])
    names = {node.get("name") for node in document["nodes"]}
    assert {"tape_waist", "tape_neck", "tape_inseam", "body"} <= names
    with Image.open(tmp_path / "body.tapes.png") as sheet:
        assert sheet.size[0] > 2000
        red = sum(
            1
            for r, g, b in sheet.convert("RGB").resize((525, 452)).get_flattened_data()
            if r > 1.8 * max(g, b) and r > 90
        )
    assert red > 300


def test_one_body_is_told_its_size_everywhere(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    chart = tmp_path / "maison.csv"
    chart.write_text("size,bust_cm,waist_cm\nI,80-85,62-67\nII,86-91,68-73\n", encoding="utf-8")
    status, out, _ = run(
        capsys,
        "sizes",
        "--height-cm",
        "165",
        "--bust-cm",
        "88",
        "--waist-cm",
        "72",
        "--size-chart",
        str(chart),
        "--json",
    )
    assert status == 0
    found = {row["table"]: row for row in json.loads(out)["sizes"]}
    assert (found["maison"]["size"], found["maison"]["distance_cm"]) == ("II", 0.0)
    assert found["GB/T 1335 号型, tops"]["size"] == "165/88A"
    assert {row["status"] for row in found.values()} == {"brand", "verified", "unverified"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--height-cm", "1.68"], "1.68 looks like metres; give 168.0 cm"),
        (["--waist-cm", "28"], "28 looks like inches; give 71.1 cm"),
        (["--height-cm", "1680"], "1680 looks like millimetres; give 168.0 cm"),
        (["--waist-cm", "120", "--hip-cm", "85"], "waist 120.0 cm and hip 85.0 cm do not go together"),
        (["--age", "12"], "only adults are made"),
        (["--size", "huge"], "size 'huge' is not one known here"),
        (["--size-chart", "none.csv", "--size", "M"], "none.csv cannot be read"),
        (["--show-tapes"], "give --out FILE.glb"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    status, out, err = run(capsys, "avatar", *arguments)
    assert (status, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_age_face_and_looks_are_asked_for_by_name(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Other heads on the same measurements; what there is not is refused before a file is written."""
    files, rows = [], []
    for name, extra in (("plain", ()), ("old", ("--age", "82")), ("other", ("--face", "7", "--skin", "tan"))):
        out = tmp_path / f"{name}.glb"
        status, printed, _ = run(
            capsys, "avatar", "--height-cm", "166", "--waist-cm", "78", *extra, "--out", str(out), "--json"
        )
        assert status == 0
        files.append(out.read_bytes())
        rows.append(json.loads(printed)["measurements"])
    assert len(set(files)) == 3
    for other in rows[1:]:
        assert all(abs(other[n]["achieved"] - row["achieved"]) < 0.5 for n, row in rows[0].items())
    for extra, said in ((("--face", "-2"), "no face number -2"), (("--skin", "green"), "no skin tone")):
        status, _, err = run(capsys, "avatar", *extra, "--out", str(tmp_path / "none" / "a.glb"))
        assert status == 2
        assert said in err
    assert not (tmp_path / "none").exists()

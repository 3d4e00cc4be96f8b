"""What cannot be made is refused in one sentence that names the number, the piece and the edge."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from toile.engine.core.errors import BadInput, DamagedFile, Infeasible, ToileError
from toile.engine.core.measurements import Measurements
from toile.garments.drafting import draft
from toile.garments.dxf_import import pattern_from_dxf, seams_of_pattern
from toile.garments.garmentcode import pattern_to_garmentcode
from toile.garments.garmentcode_import import pattern_from_garmentcode
from toile.garments.pattern_dxf import block_names, pattern_to_dxf
from toile.garments.pattern_json import pattern_from_json, pattern_to_json
from toile.garments.style import Style

SKIRT = Style("skirt", "skirt", "a_line", length=0.6)


def said(style: Style, body: Measurements) -> str:
    with pytest.raises(ToileError) as refusal:
        draft([style], body)
    sentence = str(refusal.value)
    assert sentence.endswith(".")
    assert ". " not in sentence
    return sentence


def test_a_pencil_skirt_whose_waist_is_wider_than_its_hip_or_whose_hem_does_not_close(
    body: Measurements,
) -> None:
    wide = said(Style("skirt", "skirt", "pencil", waist=1.10, hem=0.80, hip=1.00), body)
    assert "pencil" in wide
    assert "110.0 cm" in wide
    assert "100.0 cm" in wide
    assert "edge 'waist' of front and back" in wide
    narrow = said(Style("skirt", "skirt", "pencil", waist=0.95, hem=0.50), body)
    assert all(w in narrow for w in ("50.0 cm", "95.0 cm", "edge 'hem' of front and back", "ask for"))
    need = float(narrow.split("take ")[1].split(" cm")[0]) / 100.0
    draft([Style("skirt", "skirt", "pencil", hem=need + 0.001)], body)


@pytest.mark.parametrize(
    ("style", "piece"),
    [
        (Style("t_shirt", "t_shirt", sleeve="short", sleeve_length=0.04), "cap_front"),
        (Style("dress", "dress", sleeve="short", sleeve_style="puff", sleeve_length=0.06), "cap_front"),
        (Style("shirt", "shirt", sleeve="long", neckline="mandarin", sleeve_length=0.08), "cuff_left"),
        (
            Style("t_shirt", "t_shirt", sleeve="short", sleeve_style="raglan", sleeve_length=0.06),
            "underarm_left",
        ),
        (
            Style("t_shirt", "t_shirt", sleeve="short", sleeve_style="kimono", sleeve_length=0.06),
            "underarm_left",
        ),
        (
            Style("t_shirt", "t_shirt", sleeve="short", sleeve_style="dolman", sleeve_length=0.06),
            "underarm_left",
        ),
    ],
)
def test_a_sleeve_shorter_than_its_cap(style: Style, piece: str, body: Measurements) -> None:
    sentence = said(style, body)
    assert f"{100 * float(style.sleeve_length or 0):.1f} cm" in sentence
    assert piece in sentence
    assert "ask for at least" in sentence


@pytest.mark.parametrize("collar", ["mandarin", "shirt_collar", "peter_pan", "turtleneck", "hood", "crew"])
def test_a_collar_on_a_neck_opening_that_closes_round_the_neck(collar: str, body: Measurements) -> None:
    sentence = said(Style("shirt", "shirt", sleeve="long", neckline=collar, neck=0.20), body)
    assert all(w in sentence for w in ("20.0 cm", "edge 'neck' of front and back", "collar", "34.5 cm"))


@pytest.fixture
def document(body: Measurements) -> Any:
    return json.loads(json.dumps(pattern_to_json(draft([SKIRT], body))))


def test_a_file_whose_piece_crosses_itself_names_both_edges(document: Any) -> None:
    side = document["panels"][0]["edges"][1]
    first, last = side["points"][0], side["points"][-1]
    side["points"] = [first, [first[0] - 0.02, first[1] - 0.06], last]
    with pytest.raises(
        DamagedFile, match="panel 'skirt/front' crosses itself: its edges 'hem' and 'side_left' meet"
    ):
        pattern_from_json(document)


def test_a_file_whose_seam_does_not_match_names_both_edges_and_their_lengths(document: Any) -> None:
    side = document["panels"][0]["edges"][1]
    first, last = side["points"][0], side["points"][-1]
    side["points"] = [first, [first[0] + 0.1, 0.5 * (first[1] + last[1])], last]
    with pytest.raises(
        DamagedFile,
        match=r"'side_left' of 'skirt/front' \([\d.]+ cm\) and 'side_left' of 'skirt/back' \([\d.]+ cm\)",
    ):
        pattern_from_json(document)


@pytest.mark.parametrize("grain", [None, [0, 0], [3, 4], "up"])
def test_a_file_without_a_grain_names_the_piece(document: Any, grain: Any) -> None:
    if grain is None:
        del document["panels"][1]["grain"]
    else:
        document["panels"][1]["grain"] = grain
    with pytest.raises(DamagedFile, match=r"'skirt/back'.*grain"):
        pattern_from_json(document)


def test_a_join_that_does_not_match_is_named(body: Measurements) -> None:
    pocketed = json.loads(json.dumps(pattern_to_json(draft([Style("skirt", "skirt", pockets=True)], body))))
    pocketed["joins"][0]["to"][0][3] += 0.1
    with pytest.raises(DamagedFile, match="join 'skirt/pocket_left' joins lengths that differ by"):
        pattern_from_json(pocketed)


def test_a_specification_that_crosses_itself_or_sews_what_does_not_match(body: Measurements) -> None:
    written = json.loads(json.dumps(pattern_to_garmentcode(draft([SKIRT], body))))
    del written["toile"]
    panels = written["pattern"]["panels"]
    crossed = copy.deepcopy(written)
    corners = crossed["pattern"]["panels"]["skirt/front"]["vertices"]
    corners[0], corners[1] = corners[1], corners[0]
    with pytest.raises(BadInput, match="Piece 'skirt/front' crosses itself: its edges 'e0' and 'e1' meet"):
        pattern_from_garmentcode(crossed)
    for k in (0, 1):
        panels["skirt/front"]["vertices"][k][1] -= 400
    with pytest.raises(
        BadInput,
        match=r"joins the edge 'e\d+' of 'skirt/front' \([\d.]+ cm\) to the edge 'e\d+' of 'skirt/back'",
    ):
        pattern_from_garmentcode(written)


def test_a_dxf_of_another_dialect_without_grain_or_with_an_odd_seam(body: Measurements) -> None:
    pattern = draft([SKIRT], body)
    text = pattern_to_dxf(pattern)
    seams = seams_of_pattern(pattern, block_names(pattern.every_piece))
    assert len(pattern_from_dxf(text.encode(), seams).seams) == len(pattern.seams)
    foreign = text.replace("\r\n14\r\n", "\r\nOUTLINE\r\n").replace("  8\r\n1\r\n", "  8\r\nCUT\r\n")
    with pytest.raises(BadInput, match=r"another dialect.*layer 14"):
        pattern_from_dxf(foreign.encode(), seams)
    odd = {**seams, "seams": [["SKIRT-FRONT", "hem", "SKIRT-WAISTBAND_FRONT", "end_left"]]}
    with pytest.raises(
        BadInput, match=r"'hem' of 'SKIRT-FRONT' \([\d.]+ cm\).*'end_left' of 'SKIRT-WAISTBAND_FRONT'"
    ):
        pattern_from_dxf(text.encode(), odd)
    with pytest.raises(BadInput, match="not_sewn"):
        pattern_from_dxf(text.encode(), {**seams, "not_sewn": "FACING"})


def test_infeasible_numbers_are_not_damage(body: Measurements) -> None:
    with pytest.raises(Infeasible):
        draft([Style("skirt", "skirt", "pencil", hem=0.3)], body)

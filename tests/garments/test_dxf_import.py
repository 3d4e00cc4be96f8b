"""DXF with a seam file: our own and other dialects' files become patterns that can be worn; what is wrong is named."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toile.engine.core.errors import BadInput
from toile.engine.core.measurements import Measurements
from toile.garments import curves
from toile.garments.drafting import draft
from toile.garments.dxf_import import pattern_from_dxf, seams_of_pattern
from toile.garments.dxf_read import LIMIT_BYTES, pieces_of_dxf
from toile.garments.pattern_dxf import block_names, pattern_to_dxf
from toile.garments.pattern_json import check_pattern
from toile.garments.placement import dress
from toile.garments.style import Style

sys.path.insert(0, str(Path(__file__).parent))
from test_placement import assert_clean, figure

ezdxf = pytest.importorskip("ezdxf")
STYLES = (
    Style("skirt", "skirt", "a_line"),
    Style("dress", "dress", "a_line", sleeve="short", length=1.1),
    Style("trousers", "trousers"),
)


@pytest.mark.parametrize("style", STYLES, ids=lambda s: s.name)
def test_our_own_file_comes_back_with_every_seam_at_its_length(style: Style, body: Measurements) -> None:
    pattern = draft([style], body)
    names = block_names(pattern.panels)
    read = pattern_from_dxf(pattern_to_dxf(pattern).encode(), seams_of_pattern(pattern, names))
    check_pattern(read)
    for panel in pattern.panels:
        twin = read.panel(names[panel.name])
        assert [e.length for e in twin.edges] == pytest.approx([e.length for e in panel.edges], abs=1e-5)
        np.testing.assert_allclose(twin.grain, panel.grain, atol=1e-6)
    assert len(read.seams) == len(pattern.seams)


@pytest.mark.parametrize("style", STYLES, ids=lambda s: s.name)
def test_our_own_file_can_be_worn(style: Style) -> None:
    body = figure("168_60")
    pattern = draft([style], body.measurements)
    seams = seams_of_pattern(pattern, block_names(pattern.panels))
    read = pattern_from_dxf(pattern_to_dxf(pattern).encode(), seams)
    assert_clean(dress(read, body, 0.025), body, 0.5)


def other_dialect(units: float = 25.4, closed_layer: str = "14", grain: bool = True) -> bytes:
    """Two skirt panels as another CAD system writes them: closed light polylines, turn points, inches or millimetres."""
    document = ezdxf.new("R2010")
    for name, width in (("FRONT", 0.30), ("BACK", 0.28)):
        block = document.blocks.new(name)
        outline = (
            np.array([[-width, 0.0], [width, 0.0], [0.19, 0.58], [0.0, 0.57], [-0.19, 0.58]]) * 1000.0 / units
        )
        block.add_lwpolyline(outline.tolist(), close=True, dxfattribs={"layer": closed_layer})
        for k in (0, 1, 2, 4):
            block.add_point(tuple(outline[k]), dxfattribs={"layer": "2"})
        if grain:
            block.add_line((0.0, 10.0 / units), (0.0, 400.0 / units), dxfattribs={"layer": "7"})
        block.add_text(f"UNITS: {'ENGLISH' if units > 2 else 'METRIC'}", dxfattribs={"layer": "15"})
        document.modelspace().add_blockref(name, (0.0, 0.0))
    stream = io.StringIO()
    document.write(stream)
    return stream.getvalue().encode()


SEAMS: dict[str, Any] = {
    "format": "toile-seams",
    "version": 1,
    "garment": "skirt",
    "fabric": "linen",
    "pieces": {
        "FRONT": {"part": "torso", "wrap": "front", "landmark": "waist", "y_cm": 57.0},
        "BACK": {"part": "torso", "wrap": "back", "landmark": "waist", "y_cm": 57.0},
    },
    "seams": [["FRONT", 1, "BACK", 3], ["FRONT", 3, "BACK", 1]],
}


@pytest.mark.parametrize("layer", ["1", "14"])
@pytest.mark.parametrize("units", [1.0, 25.4])
def test_another_programs_file_is_cut_at_its_turn_points_in_its_units(units: float, layer: str) -> None:
    pieces = pieces_of_dxf(other_dialect(units, layer), "skirt.dxf")
    front = next(p for p in pieces if p.name == "FRONT")
    assert len(front.edges) == 4
    assert curves.length(front.edges[0]) == pytest.approx(0.60, abs=1e-6)
    body = figure("168_60")
    pattern = pattern_from_dxf(other_dialect(units, layer), json.dumps(SEAMS), "skirt.dxf")
    assert pattern.fabrics == ("linen",)
    assert_clean(dress(pattern, body, 0.03), body, 0.5)


def changed(**values: Any) -> dict[str, Any]:
    return {**SEAMS, **values}


@pytest.mark.parametrize(
    ("data", "seams", "words"),
    [
        (b"AutoCAD Binary DXF\r\n", SEAMS, "binary"),
        (b"hello\nworld\n", SEAMS, "line 1"),
        (b"  0\nEOF\n", SEAMS, "not DXF"),
        (other_dialect(1.0, "SEAM"), SEAMS, "another dialect"),
        (other_dialect(1.0, grain=False), SEAMS, "'FRONT' has no grain"),
        (other_dialect(1.0), changed(format="x"), "toile-seams"),
        (other_dialect(1.0), changed(pieces={"FRONT": SEAMS["pieces"]["FRONT"]}), "'BACK'"),
        (other_dialect(1.0), changed(pieces={**SEAMS["pieces"], "SLEEVE": {}}), "'SLEEVE'"),
        (
            other_dialect(1.0),
            changed(pieces={**SEAMS["pieces"], "BACK": {"part": "tail", "wrap": "back"}}),
            "'tail'",
        ),
        (other_dialect(1.0), changed(seams=[["FRONT", 9, "BACK", 3]]), "edge 9 of piece 'FRONT'"),
        (other_dialect(1.0), changed(seams=[["FRONT", 1, "BACK", 3], ["FRONT", 1, "BACK", 1]]), "both sew"),
        (other_dialect(1.0), "[", "not JSON"),
    ],
)
def test_what_is_wrong_is_said_by_piece_and_edge(data: bytes, seams: Any, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        pattern_from_dxf(data, seams, "skirt.dxf")
    assert words in str(caught.value)
    assert str(caught.value).endswith((".", ")."))


def test_a_huge_file_is_refused_by_its_size() -> None:
    with pytest.raises(BadInput, match="MiB"):
        pieces_of_dxf(b" " * (LIMIT_BYTES + 1), "huge.dxf")

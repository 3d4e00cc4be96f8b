"""The SVG is true to scale, whole, and has every piece where no other is."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from toile.engine.core.measurements import Measurements
from toile.garments import curves
from toile.garments.cut_line import cut_line
from toile.garments.drafting import draft
from toile.garments.layout import lay_out
from toile.garments.pattern import Pattern
from toile.garments.pattern_svg import pattern_to_svg
from toile.garments.print_drawing import ClothLook
from toile.garments.style import Style

SVG = "{http://www.w3.org/2000/svg}"
STYLES = (
    Style("dress", "dress", "a_line", sleeve="long"),
    Style("skirt", "skirt", "circle"),
    Style("trousers", "trousers", "straight"),
    Style("tee", "t_shirt", sleeve="short", fabric="knit"),
)


@pytest.fixture(scope="module", params=STYLES, ids=lambda s: s.name)
def pattern(request: pytest.FixtureRequest, body: Measurements) -> Pattern:
    return draft([request.param], body)


def _points(path: ElementTree.Element) -> np.ndarray:
    return np.array(re.findall(r"-?\d+\.\d+", path.attrib["d"]), dtype=float).reshape(-1, 2)


def test_one_user_unit_is_one_millimetre(pattern: Pattern) -> None:
    root = ElementTree.fromstring(pattern_to_svg(pattern).encode())
    left, top, width, height = map(float, root.attrib["viewBox"].split())
    assert (left, top) == (0.0, 0.0)
    assert root.attrib["width"] == f"{width:.2f}mm"
    assert root.attrib["height"] == f"{height:.2f}mm"
    (square,) = (e for e in root.iter(f"{SVG}path") if e.attrib.get("id") == "test-square")
    assert np.ptp(_points(square), axis=0) == pytest.approx([100.0, 100.0], abs=1e-9)


def test_every_seam_has_its_length_in_millimetres(pattern: Pattern) -> None:
    root = ElementTree.fromstring(pattern_to_svg(pattern).encode())
    drawn = {
        (group.attrib["id"], path.attrib["data-edge"]): _points(path)
        for group in root.iter(f"{SVG}g")
        for path in group.iter(f"{SVG}path")
        if "data-edge" in path.attrib
    }
    wanted = {(p.name, e.name): e.length for p in pattern.every_piece for e in p.edges}
    assert drawn.keys() == wanted.keys()
    for key, points in drawn.items():
        assert np.linalg.norm(np.diff(points, axis=0), axis=1).sum() == pytest.approx(
            1000.0 * wanted[key], abs=0.1
        )


def test_pieces_lie_apart_inside_the_sheet(pattern: Pattern) -> None:
    placed, width, height = lay_out(pattern.every_piece, 100.0)
    boxes = []
    for piece in placed:
        line = piece.sheet(cut_line(piece.panel).points)
        boxes.append((line.min(axis=0), line.max(axis=0)))
    for k, (low, high) in enumerate(boxes):
        assert (low >= [0.0, 100.0 - 1e-6]).all()
        assert (high <= [width + 1e-6, height + 1e-6]).all()
        for other_low, other_high in boxes[k + 1 :]:
            assert (low > other_high).any() or (high < other_low).any()


def test_the_cut_line_goes_round_the_sewing_line_at_its_allowance(pattern: Pattern) -> None:
    for panel in pattern.every_piece:
        line = cut_line(panel).points
        assert not curves.crosses_itself(line), panel.name
        assert curves.area(line) > curves.area(panel.outline)
        closed = np.concatenate([line, line[:1]])
        a, d = closed[:-1], np.diff(closed, axis=0)
        for edge in panel.edges:
            if edge.kind == "dart" or edge.length < 0.06:
                continue
            middle = curves.point_at(edge.points, 0.5 * edge.length)
            t = np.clip(((middle - a) * d).sum(1) / (d**2).sum(1), 0.0, 1.0)
            gap = np.linalg.norm(a + t[:, None] * d - middle, axis=1).min()
            assert gap == pytest.approx(edge.allowance, abs=2e-4), (panel.name, edge.name)


def test_names_are_escaped_and_the_numbers_stand_in_the_title(body: Measurements) -> None:
    pattern = draft([Style("<dress> & co", "dress", "a_line", length=1.1)], body)
    text = pattern_to_svg(pattern)
    assert "<dress>" not in text
    words = " ".join(e.text or "" for e in ElementTree.fromstring(text.encode()).iter(f"{SVG}text"))
    assert "length 110.00 110.00 ±0.10" in words
    assert f"{len(pattern.every_piece)} pieces" in words
    assert "POINTS OF MEASURE" in words
    assert "CUTTING LIST" in words


@pytest.mark.parametrize("kind", ["stripes", "check", "dots", "floral"])
def test_a_print_is_drawn_at_its_repeat_along_the_grain(kind: str, body: Measurements) -> None:
    pattern = draft([STYLES[2]], body)
    root = ElementTree.fromstring(
        pattern_to_svg(pattern, [ClothLook("#335577", kind, ("#ffffff",), 2.0)]).encode()
    )
    tiles = {e.attrib["id"]: e for e in root.iter(f"{SVG}pattern")}
    assert len(tiles) == len(pattern.every_piece)
    for group in root.iter(f"{SVG}g"):
        if "id" not in group.attrib:
            continue
        panel = pattern.panel(group.attrib["id"])
        cut = next(e for e in group if e.attrib.get("fill", "").startswith("url("))
        tile = tiles[cut.attrib["fill"][5:-1]]
        assert float(tile.attrib["width"]) == pytest.approx(20.0 * (14 if kind == "floral" else 1))
        a, b, c, d, *_ = map(float, re.findall(r"-?[\d.]+", tile.attrib["patternTransform"]))
        np.testing.assert_allclose(
            [c, -d], panel.grain, atol=1e-6
        )  # v runs along the warp, y of the sheet down
        assert a * c + b * d == pytest.approx(0.0)


def test_the_scale_bar_is_twenty_centimetres(pattern: Pattern) -> None:
    root = ElementTree.fromstring(pattern_to_svg(pattern).encode())
    (bar,) = (e for e in root.iter(f"{SVG}path") if e.attrib.get("id") == "scale-bar")
    assert np.ptp(_points(bar), axis=0) == pytest.approx([200.0, 0.0], abs=1e-9)


def test_a_back_armhole_has_two_ticks_and_a_front_one(body: Measurements) -> None:
    pattern = draft([Style("dress", "dress", "a_line", sleeve="long")], body)
    root = ElementTree.fromstring(pattern_to_svg(pattern).encode())
    for name, ticks in (("dress/bodice_front", 1), ("dress/bodice_back", 2)):
        panel = pattern.panel(name)
        (group,) = (g for g in root.iter(f"{SVG}g") if g.attrib.get("id") == name)
        drawn = [e for e in group if e.attrib.get("stroke-width") == "0.7"]
        holes = sum(n.edge.startswith("armhole") for n in panel.notches)
        assert holes >= 2
        assert len(drawn) == ticks * holes + len(panel.notches) - holes


def test_the_same_pattern_gives_the_same_bytes(body: Measurements) -> None:
    assert pattern_to_svg(draft([STYLES[0]], body)) == pattern_to_svg(draft([STYLES[0]], body))

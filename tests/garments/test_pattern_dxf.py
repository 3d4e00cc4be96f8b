"""The DXF, read back by another program: a block per piece, layers of AAMA, lengths to a tenth of a millimetre."""

from __future__ import annotations

import io

import numpy as np
import pytest

from toile.engine.core.measurements import Measurements
from toile.garments.cut_line import cut_line
from toile.garments.drafting import draft
from toile.garments.pattern import Pattern
from toile.garments.pattern_dxf import block_names, pattern_to_dxf
from toile.garments.style import Style

ezdxf = pytest.importorskip("ezdxf")


@pytest.fixture(scope="module")
def pattern(body: Measurements) -> Pattern:
    return draft(
        [Style("dress", "dress", "straight", sleeve="long", length=1.1), Style("shorts", "shorts")], body
    )


def _polylines(block: object, layer: str) -> list[np.ndarray]:
    found = block.query(f'POLYLINE[layer=="{layer}"]')  # type: ignore[attr-defined]
    return [np.array([v.dxf.location.vec2 for v in line.vertices]) for line in found]


def _length(points: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def test_another_program_reads_every_piece_and_every_length(pattern: Pattern) -> None:
    text = pattern_to_dxf(pattern)
    document = ezdxf.read(io.StringIO(text.replace("\r\n", "\n")))
    assert document.dxfversion == "AC1009"
    assert not document.audit().errors
    names = block_names(pattern.every_piece)
    for panel in pattern.every_piece:
        block = document.blocks.get(names[panel.name])
        seams = [e for e in panel.edges if e.kind != "dart"]
        legs = [e for e in panel.edges if e.kind == "dart"]
        for layer, edges in (("14", seams), ("8", legs)):
            lines = _polylines(block, layer)
            assert len(lines) == len(edges)
            for line, edge in zip(lines, edges, strict=True):
                assert _length(line) == pytest.approx(1000.0 * edge.length, abs=0.1)
                assert np.abs(line - 1000.0 * edge.points).max() < 1e-3
        (boundary,) = block.query('POLYLINE[layer=="1"]')
        assert boundary.is_closed
        points = np.array([v.dxf.location.vec2 for v in boundary.vertices])
        assert np.abs(points - 1000.0 * cut_line(panel).points).max() < 1e-3
        turns, bends = (len(block.query(f'POINT[layer=="{layer}"]')) for layer in ("2", "3"))
        assert turns + bends == len(points)
        assert len(block.query('LINE[layer=="7"]')) == 1
        assert len(block.query('POINT[layer=="4"]')) == len(panel.notches)
        assert len(block.query('POINT[layer=="13"]')) == len(legs) // 2


def test_each_piece_is_inserted_once_and_pieces_lie_apart(pattern: Pattern) -> None:
    document = ezdxf.read(io.StringIO(pattern_to_dxf(pattern).replace("\r\n", "\n")))
    inserts = list(document.modelspace().query("INSERT"))
    assert sorted(i.dxf.name for i in inserts) == sorted(block_names(pattern.every_piece).values())
    boxes = []
    for insert in inserts:
        (line,) = _polylines(document.blocks.get(insert.dxf.name), "1")
        line = line + np.array(insert.dxf.insert.vec2)
        boxes.append((line.min(axis=0), line.max(axis=0)))
    for k, (low, high) in enumerate(boxes):
        for other_low, other_high in boxes[k + 1 :]:
            assert (low > other_high).any() or (high < other_low).any()


def test_it_is_lean_ascii_in_millimetres(pattern: Pattern) -> None:
    text = pattern_to_dxf(pattern)
    text.encode("ascii")
    assert "UNITS: METRIC" in text
    assert "LAYOUT" not in text.upper()
    assert text.endswith("EOF\r\n")
    lines = text.split("\r\n")[:-1]
    assert len(lines) % 2 == 0
    assert all(code.strip().isdigit() for code in lines[::2])


def test_block_names_are_legal_and_unique(body: Measurements) -> None:
    pattern = draft([Style("连衣裙 " + "long " * 12, "dress", "a_line")], body)
    names = list(block_names(pattern.every_piece).values())
    assert len(set(names)) == len(names)
    assert all(0 < len(n) <= 31 and n.isascii() and " " not in n for n in names)

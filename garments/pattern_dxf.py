"""`pattern.dxf`: DXF-AAMA (ASTM D6673) in lean R12, millimetres: a block per piece, inserted once.

Layers: 1 cut boundary, 2 its turn points, 3 its curve points, 4 notches, 7 grain, 8 internal lines (dart legs, folds, stitches, buttonholes), 13 drill
holes (dart tips, buttons), 14 sewing lines (a polyline per edge, so that seam lengths survive), 15 annotation. The format
carries no stitches; `pattern.json` does. Text is ASCII, as the standard wants.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from toile.garments import curves
from toile.garments.curves import F64
from toile.garments.cut_line import cut_line
from toile.garments.layout import lay_out
from toile.garments.pattern import Panel, Pattern

BOUNDARY, TURN, CURVE, NOTCH, GRAIN, INTERNAL, DRILL, SEW, NOTE = 1, 2, 3, 4, 7, 8, 13, 14, 15
LAYERS = (BOUNDARY, TURN, CURVE, NOTCH, GRAIN, INTERNAL, DRILL, SEW, NOTE)
Tags = Iterable[tuple[int, str]]


def pattern_to_dxf(pattern: Pattern) -> str:
    """Return the pattern as DXF text (R12, ASCII, lines ended by CR LF)."""
    names = block_names(pattern.every_piece)
    placed, width, height = lay_out(pattern.every_piece, 0.0)
    tags: list[tuple[int, str]] = [(999, "toile DXF-AAMA, millimetres")]
    tags += _section("HEADER", _header(width, height))
    tags += _section("TABLES", _layer_table())
    blocks: list[tuple[int, str]] = []
    for panel in pattern.every_piece:
        blocks += _block(panel, names[panel.name], pattern)
    tags += _section("BLOCKS", blocks)
    entities: list[tuple[int, str]] = []
    for piece in placed:
        entities += [(0, "INSERT"), (8, str(BOUNDARY)), (2, names[piece.panel.name])]
        entities += [(10, _mm(piece.ox)), (20, _mm(height - piece.oy)), (30, "0.0")]
    for k, words in enumerate(_sheet_notes(pattern)):
        entities += _words(words, np.array([0.0, height + 20.0 + 12.0 * k]), 8.0)
    tags += _section("ENTITIES", entities)
    tags.append((0, "EOF"))
    return "".join(f"{code:3d}\r\n{value}\r\n" for code, value in tags)


def block_names(panels: Sequence[Panel]) -> dict[str, str]:
    """Return a block name per panel: its name in capitals, letters, digits, - and _ only, at most 31 characters, unique."""
    result: dict[str, str] = {}
    for panel in panels:
        name = re.sub(r"[^A-Z0-9_-]+", "-", panel.name.upper()).strip("-")[:28] or "PIECE"
        taken = set(result.values())
        wanted, k = name, 2
        while wanted in taken:
            wanted, k = f"{name}_{k}"[:31], k + 1
        result[panel.name] = wanted
    return result


def _mm(value: float) -> str:
    return f"{value:.6f}"


def _ascii(text: str) -> str:
    return re.sub(r"\s+", " ", text.encode("ascii", "ignore").decode()).strip()


def _section(name: str, tags: Tags) -> list[tuple[int, str]]:
    return [(0, "SECTION"), (2, name), *tags, (0, "ENDSEC")]


def _header(width: float, height: float) -> Tags:
    yield from [(9, "$ACADVER"), (1, "AC1009"), (9, "$EXTMIN"), (10, "0.0"), (20, "0.0"), (30, "0.0")]
    yield from [(9, "$EXTMAX"), (10, _mm(width)), (20, _mm(height)), (30, "0.0")]


def _layer_table() -> Tags:
    yield from [(0, "TABLE"), (2, "LAYER"), (70, str(len(LAYERS) + 1))]
    for layer in (0, *LAYERS):
        yield from [(0, "LAYER"), (2, str(layer)), (70, "0"), (62, str(layer % 7 + 1)), (6, "CONTINUOUS")]
    yield (0, "ENDTAB")


def _block(panel: Panel, name: str, pattern: Pattern) -> list[tuple[int, str]]:
    tags: list[tuple[int, str]] = [(0, "BLOCK"), (8, str(BOUNDARY)), (2, name), (70, "0")]
    tags += [(10, "0.0"), (20, "0.0"), (30, "0.0"), (3, name), (1, "")]
    boundary = cut_line(panel)
    tags += _polyline(boundary.points, BOUNDARY, closed=True)
    for point, corner in zip(boundary.points, boundary.corner, strict=True):
        tags += _point(point, TURN if corner else CURVE)
    for edge in panel.edges:
        if edge.kind == "dart":
            tags += _polyline(edge.points, INTERNAL)
        else:
            tags += _polyline(edge.points, SEW)
    for fold in panel.folds:
        if fold.kind == "button":
            tags += _point(fold.points.mean(axis=0), DRILL)
        else:
            tags += _polyline(fold.points, INTERNAL)
    for edge, following in zip(panel.edges, panel.edges[1:], strict=False):
        if edge.kind == following.kind == "dart" and np.allclose(edge.points[-1], following.points[0]):
            tags += _point(edge.points[-1], DRILL)
    for notch in panel.notches:
        edge = panel.edge(notch.edge)
        tags += _point(curves.point_at(edge.points, notch.fraction * edge.length), NOTCH)
    centre = panel.outline.mean(axis=0)
    reach = 0.25 * float(np.ptp(panel.outline @ np.array(panel.grain)))
    ends = np.stack([centre - reach * np.array(panel.grain), centre + reach * np.array(panel.grain)])
    tags += [(0, "LINE"), (8, str(GRAIN)), *_at(ends[0], 10), *_at(ends[1], 11)]
    for k, words in enumerate(_piece_notes(panel, name, pattern)):
        tags += _words(words, 1000.0 * centre - np.array([0.0, 10.0 * k]), 6.0)
    return [*tags, (0, "ENDBLK"), (8, str(BOUNDARY))]


def _at(point: F64, code: int) -> list[tuple[int, str]]:
    return [(code, _mm(1000.0 * point[0])), (code + 10, _mm(1000.0 * point[1])), (code + 20, "0.0")]


def _polyline(points: F64, layer: int, closed: bool = False) -> list[tuple[int, str]]:
    tags = [(0, "POLYLINE"), (8, str(layer)), (66, "1"), (70, "1" if closed else "0")]
    tags += [(10, "0.0"), (20, "0.0"), (30, "0.0")]
    for point in points:
        tags += [(0, "VERTEX"), (8, str(layer)), *_at(point, 10)]
    return [*tags, (0, "SEQEND"), (8, str(layer))]


def _point(point: F64, layer: int) -> list[tuple[int, str]]:
    return [(0, "POINT"), (8, str(layer)), *_at(point, 10)]


def _words(words: str, at: F64, size: float) -> list[tuple[int, str]]:
    place = [(10, _mm(float(at[0]))), (20, _mm(float(at[1]))), (30, "0.0")]
    return [(0, "TEXT"), (8, str(NOTE)), *place, (40, _mm(size)), (1, _ascii(words))]


def _piece_notes(panel: Panel, name: str, pattern: Pattern) -> Iterable[str]:
    yield f"Piece Name: {name}"
    yield f"Quantity: {panel.pieces}"
    yield f"Material: {pattern.fabrics[panel.garment]}"
    yield f"Annotation: {panel.name}"


def _sheet_notes(pattern: Pattern) -> Iterable[str]:
    yield f"STYLE NAME: {', '.join(pattern.garments)}"
    yield "AUTHOR: toile"
    yield "UNITS: METRIC"
    for point in pattern.measures:
        asked = f", asked {100 * point.requested:.2f}" if point.requested is not None else ""
        yield f"{pattern.garments[point.garment]} {point.name}: {100 * point.drafted:.2f}{asked}"

"""Pieces of a DXF-AAMA / ASTM D6673 file: per block its sewing lines, turn points, notches and grain, in metres.

Read without a CAD library: the tag pairs of ASCII DXF, blocks with POLYLINE, LWPOLYLINE, LINE, POINT and TEXT. Layer 14 is the
sewing line, drawn whole or an edge at a time; where it is absent, layer 1 is taken for it. Layer 2 has the turn points
(corners), 4 the notches, 7 the grain. The format has no seams: see `dxf_import`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from toile.engine.core.errors import BadInput
from toile.garments import curves
from toile.garments.curves import F64

LIMIT_BYTES = 32 * 1024 * 1024
MOST_PIECES = 400
UNITS = {"METRIC": 0.001, "MM": 0.001, "CM": 0.01, "ENGLISH": 0.0254, "INCH": 0.0254, "INCHES": 0.0254}
CORNER = math.radians(20.0)
"""A polyline turns at a corner by more than this, where no turn point says so."""
Tag = tuple[int, str]


@dataclass
class Block:
    """The drawing of one piece, in the file's units until `pieces_of_dxf` scales it."""

    name: str
    lines: dict[int, list[tuple[F64, bool]]] = field(default_factory=dict)
    points: dict[int, list[F64]] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class DxfPiece:
    """One piece [m]: its edges counter-clockwise from turn point to turn point, notches, and the grain's direction."""

    name: str
    edges: tuple[F64, ...]
    notches: tuple[F64, ...]
    grain: tuple[float, float] | None
    fold: bool = False


def pieces_of_dxf(data: bytes, name: str) -> tuple[DxfPiece, ...]:
    """Return the pieces of a DXF file.

    Raises:
        BadInput: too large, binary, not DXF, of another dialect, or a piece whose sewing line is open.
    """
    if len(data) > LIMIT_BYTES:
        raise BadInput(f"{name} has {len(data) // 2**20} MiB; at most {LIMIT_BYTES // 2**20} are read.")
    if data.startswith(b"AutoCAD Binary DXF"):
        raise BadInput(f"{name} is binary DXF; save it as ASCII DXF (R12 or later).")
    tags = list(_tags(data, name))
    if (0, "SECTION") not in tags[:400]:
        raise BadInput(f"{name} is not DXF (it has no section); give a DXF-AAMA or ASTM D6673 file.")
    blocks, words = _blocks(tags)
    scale = _scale(tags, [*words, *(w for b in blocks for w in b.words)])
    found = [b for b in blocks if 14 in b.lines or 1 in b.lines]
    if not found:
        layers = sorted({layer for b in blocks for layer in (*b.lines, *b.points)})
        said = (
            f"its layers are {', '.join(map(str, layers))}" if layers else "it has no blocks with polylines"
        )
        raise BadInput(
            f"{name} is DXF of another dialect: no block has a boundary on layer 1 or a sewing line on layer 14 ({said}); "
            "export it as DXF-AAMA or ASTM D6673."
        )
    if len(found) > MOST_PIECES:
        raise BadInput(f"{name} has {len(found)} pieces; at most {MOST_PIECES} are read.")
    return tuple(_piece(block, scale) for block in found)


def _tags(data: bytes, name: str) -> Iterator[Tag]:
    text = data.decode("utf-8", errors="replace")
    lines = text.splitlines()
    for at in range(0, len(lines) - 1, 2):
        try:
            yield int(lines[at].strip()), lines[at + 1].strip()
        except ValueError:
            raise BadInput(
                f"{name} is damaged at line {at + 1}: {lines[at].strip()[:30]!r} is no group code."
            ) from None


def _layer(text: str) -> int:
    return int(text) if text.isdigit() else -1


def _blocks(tags: Sequence[Tag]) -> tuple[list[Block], list[str]]:
    """Return the blocks, and the texts that stand outside of them. Pieces drawn without blocks are one block."""
    blocks: list[Block] = []
    loose = Block("PIECE")
    current = loose
    at, count = 0, len(tags)
    while at < count:
        code, value = tags[at]
        at += 1
        if code != 0:
            continue
        start = at
        while at < count and tags[at][0] != 0:
            at += 1
        body = tags[start:at]
        if value == "BLOCK":
            named = next((v for c, v in body if c == 2), f"BLOCK{len(blocks) + 1}")
            current = Block(named)
            blocks.append(current)
        elif value == "ENDBLK":
            current = loose
        elif value == "POLYLINE":
            at = _polyline(tags, at, body, current)
        elif value == "LWPOLYLINE":
            _light_polyline(body, current)
        elif value in ("LINE", "POINT", "TEXT", "MTEXT"):
            _simple(value, body, current)
    words = loose.words
    if not blocks and loose.lines:
        blocks.append(loose)
    return [b for b in blocks if not b.name.startswith("*")], words


def _polyline(tags: Sequence[Tag], at: int, head: Sequence[Tag], block: Block) -> int:
    layer = _layer(next((v for c, v in head if c == 8), ""))
    closed = bool(int(next((v for c, v in head if c == 70), "0")) & 1)
    points: list[tuple[float, float]] = []
    while at < len(tags) and tags[at] == (0, "VERTEX"):
        at += 1
        x = y = 0.0
        while at < len(tags) and tags[at][0] != 0:
            code, value = tags[at]
            x, y = (float(value), y) if code == 10 else (x, float(value)) if code == 20 else (x, y)
            at += 1
        points.append((x, y))
    if len(points) >= 2:
        block.lines.setdefault(layer, []).append((np.array(points), closed))
    return at


def _light_polyline(body: Sequence[Tag], block: Block) -> None:
    layer = _layer(next((v for c, v in body if c == 8), ""))
    closed = bool(int(next((v for c, v in body if c == 70), "0")) & 1)
    xs, ys = ([float(v) for c, v in body if c == code] for code in (10, 20))
    if len(xs) == len(ys) >= 2:
        block.lines.setdefault(layer, []).append((np.stack([xs, ys], axis=1), closed))


def _simple(kind: str, body: Sequence[Tag], block: Block) -> None:
    values = dict(body)
    layer = _layer(values.get(8, ""))
    if kind in ("TEXT", "MTEXT"):
        block.words.append(values.get(1, ""))
        return
    try:
        first = np.array([float(values[10]), float(values[20])])
        if kind == "POINT":
            block.points.setdefault(layer, []).append(first)
        else:
            last = np.array([float(values[11]), float(values[21])])
            block.lines.setdefault(layer, []).append((np.stack([first, last]), False))
    except (KeyError, ValueError):
        return


def _scale(tags: Sequence[Tag], words: Sequence[str]) -> float:
    """Return metres per unit: from the text `UNITS: …`, else from $INSUNITS, else millimetres."""
    for word in words:
        key, _, value = word.partition(":")
        if key.strip().upper() == "UNITS":
            return UNITS.get(value.strip().upper(), 0.001)
    for k, tag in enumerate(tags[:2000]):
        if tag == (9, "$INSUNITS") and k + 1 < len(tags):
            return {"1": 0.0254, "4": 0.001, "5": 0.01, "6": 1.0}.get(tags[k + 1][1], 0.001)
    return 0.001


def _piece(block: Block, scale: float) -> DxfPiece:
    edges = _edges(block)
    outline = np.concatenate([e[:-1] for e in edges])
    if curves.area(outline) < 0.0:
        edges = [e[::-1] for e in reversed(edges)]
    grain = None
    for line, _ in block.lines.get(7, []):
        along = line[-1] - line[0]
        size = float(np.linalg.norm(along))
        if size > 0.0:
            grain = (float(along[0]) / size, float(along[1]) / size)
            break
    return DxfPiece(
        block.name,
        tuple(scale * e for e in edges),
        tuple(scale * p for p in block.points.get(4, [])),
        grain,
        6 in block.lines,
    )


def _edges(block: Block) -> list[F64]:
    """Return the sewing line's edges in order: polylines of layer 14 (and of layer 8 that close its gaps), or one, cut."""
    layer = 14 if 14 in block.lines else 1
    lines = block.lines[layer]
    whole = [line for line, closed in lines if closed or np.allclose(line[0], line[-1])]
    if whole:
        line = max(whole, key=lambda p: abs(curves.area(p)))
        if np.allclose(line[0], line[-1]):
            line = line[:-1]
        return _cut_at_corners(line, block.points.get(2, []) if layer == 1 or len(lines) == 1 else [])
    return _chained(block, [line for line, _ in lines])


def _chained(block: Block, lines: list[F64]) -> list[F64]:
    extra = [line for line, _ in block.lines.get(8, [])]
    chain = [lines.pop(0)]
    while True:
        end, start = chain[-1][-1], chain[0][0]
        pool = [*((lines, k) for k in range(len(lines))), *((extra, k) for k in range(len(extra)))]
        for source, k in pool:
            line = source[k]
            if np.linalg.norm(line[0] - end) < 0.02:
                chain.append(source.pop(k))
                break
            if np.linalg.norm(line[-1] - end) < 0.02:
                chain.append(source.pop(k)[::-1])
                break
        else:
            break
    if np.linalg.norm(chain[-1][-1] - chain[0][0]) > 0.02 or lines:
        gap = float(np.linalg.norm(chain[-1][-1] - start))
        raise BadInput(
            f"Piece {block.name!r} has a sewing line (layer 14) that is open by {gap:.1f} units after {len(chain)} edges; "
            "let each edge begin where the one before ends."
        )
    for one, following in zip(chain, [*chain[1:], chain[0]], strict=True):
        one[-1] = following[0]
    return chain


def _cut_at_corners(line: F64, turns: Sequence[F64]) -> list[F64]:
    """Return a closed line cut at its turn points, or where it bends sharply when the file names none on it."""
    corners = sorted(
        {
            int(np.linalg.norm(line - t, axis=1).argmin())
            for t in turns
            if np.linalg.norm(line - t, axis=1).min() < 0.5
        }
    )
    if len(corners) < 3:
        before, after = line - np.roll(line, 1, axis=0), np.roll(line, -1, axis=0) - line
        turn = np.arctan2(
            before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0], (before * after).sum(axis=1)
        )
        corners = [int(k) for k in np.flatnonzero(np.abs(turn) > CORNER)]
    if len(corners) < 3:
        third = len(line) // 3
        corners = [0, third, 2 * third]
    ring = np.concatenate([line, line])
    return [
        ring[a : (b if b > a else b + len(line)) + 1].copy()
        for a, b in zip(corners, [*corners[1:], corners[0]], strict=True)
    ]

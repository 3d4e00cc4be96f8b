"""A DXF pattern with a seam file as a pattern that can be worn.

DXF has no stitches and does not say where a piece belongs, so a small JSON beside it does (`toile-seams`, version 1):

    {"format": "toile-seams", "version": 1, "garment": "skirt", "fabric": "cotton",
     "pieces": {"FRONT": {"part": "torso", "wrap": "front", "landmark": "waist", "y_cm": 0, "edges": {"4": "shoulder_left"}}, …},
     "seams": [["FRONT", 1, "BACK", 3], …]}

`not_sewn` may list pieces of the DXF that are cut but not simulated (facings, pocket bags). Edges are numbered from 0 along the piece's sewing line, counter-clockwise, from the file's first turn point. `part` and
`wrap` are those of `Placement`; `edges` names an edge (a shoulder has to be named so). docs/patterns.md shows one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from toile.engine.core.body import LANDMARKS
from toile.engine.core.errors import BadInput
from toile.garments.curves import area
from toile.garments.dxf_read import DxfPiece, pieces_of_dxf
from toile.garments.loose_pattern import LoosePanel, LooseSeam, wearable
from toile.garments.pattern import Edge, Pattern, Placement
from toile.garments.pattern_dxf import block_names as names_in_dxf
from toile.garments.pattern_json import PARTS, WRAPS

FORMAT, VERSION = "toile-seams", 1
_KEYS = {"part", "wrap", "landmark", "y_cm", "edges"}


def pattern_from_dxf(data: bytes, seams: Any, name: str = "the DXF file") -> Pattern:
    """Return the pattern of a DXF file with its seam file.

    Args:
        data: the DXF file's bytes; seams: the seam file's values, or its text.

    Raises:
        BadInput: what is wrong with either, by piece and edge.
    """
    if isinstance(seams, str):
        try:
            seams = json.loads(seams)
        except (ValueError, RecursionError) as error:
            raise BadInput(f"The seam file is not JSON ({error}).") from error
    if not isinstance(seams, Mapping) or seams.get("format") != FORMAT or seams.get("version") != VERSION:
        raise BadInput(f"The seam file's format is not {FORMAT!r}, version {VERSION}; see docs/patterns.md.")
    pieces = {piece.name: piece for piece in pieces_of_dxf(data, name)}
    described = seams.get("pieces")
    if not isinstance(described, Mapping) or not described:
        raise BadInput("The seam file describes no pieces; give part and wrap for each piece of the DXF.")
    unknown = [k for k in described if k not in pieces]
    if unknown:
        raise BadInput(
            f"The seam file describes the piece {unknown[0]!r}, which {name} does not have; it has {', '.join(pieces)}."
        )
    apart = seams.get("not_sewn", [])
    if not isinstance(apart, list) or not all(isinstance(word, str) for word in apart):
        raise BadInput(
            "The seam file's not_sewn is not a list of pieces' names; write it as [\"FACING\", …]."
        )
    missing = [k for k in pieces if k not in described and k not in apart]
    if missing:
        raise BadInput(
            f"The seam file does not describe the piece {missing[0]!r} of {name}; give its part and wrap."
        )
    loose = [_loose(pieces[key], values) for key, values in described.items()]
    words = {p.name: [e.name for e in p.edges] for p in loose}
    made = [_seam(k, row, words) for k, row in enumerate(_rows(seams))]
    garment, fabric = str(seams.get("garment", "garment")), str(seams.get("fabric", "cotton"))
    note = "Read from DXF with a seam file; allowances are 1 cm, hems 2 cm."
    pattern = wearable(garment, fabric, loose, made, [note])
    panels = []
    for panel in pattern.panels:
        given = described[panel.name]
        if "landmark" in given or "y_cm" in given:
            old = panel.placement
            landmark = str(given.get("landmark", old.landmark))
            if landmark not in LANDMARKS:
                raise BadInput(
                    f"Piece {panel.name!r} has the landmark {landmark!r}; choose one of {', '.join(LANDMARKS)}."
                )
            y = float(given["y_cm"]) / 100.0 if "y_cm" in given else old.y
            panel = replace(panel, placement=Placement(old.part, old.wrap, landmark, y))
        panels.append(panel)
    return replace(pattern, panels=tuple(panels))


def _rows(seams: Mapping[str, Any]) -> Sequence[Any]:
    rows = seams.get("seams")
    if not isinstance(rows, list):
        raise BadInput('The seam file has no list of seams; write them as [["FRONT", 1, "BACK", 3], …].')
    return rows


def _loose(piece: DxfPiece, values: Any) -> LoosePanel:
    if not isinstance(values, Mapping) or set(values) - _KEYS:
        raise BadInput(
            f"The seam file's piece {piece.name!r} has unknown words; it may have {', '.join(sorted(_KEYS))}."
        )
    part, wrap = values.get("part"), values.get("wrap")
    if part not in PARTS or wrap not in WRAPS:
        raise BadInput(
            f"Piece {piece.name!r} has part {part!r} and wrap {wrap!r}; part is one of {', '.join(PARTS)} and wrap one of "
            f"{', '.join(WRAPS)}."
        )
    if piece.grain is None:
        raise BadInput(f"Piece {piece.name!r} has no grain line (layer 7); draw one along the warp.")
    words = values.get("edges", {})
    if not isinstance(words, Mapping) or not all(isinstance(w, str) for w in words.values()):
        raise BadInput(f"The seam file's edge names of piece {piece.name!r} are not texts by edge number.")
    for number in words:
        if not (str(number).isdigit() and int(number) < len(piece.edges)):
            raise BadInput(
                f"Piece {piece.name!r} has {len(piece.edges)} edges; there is no edge {str(number)[:20]!r} to name."
            )
    edges = tuple(Edge(str(words.get(str(k), f"e{k}")), points) for k, points in enumerate(piece.edges))
    if len({e.name for e in edges}) < len(edges):
        raise BadInput(f"Piece {piece.name!r} has two edges with the same name; give each its own.")
    outline = np.concatenate([e[:-1] for e in piece.edges])
    if area(outline) <= 0.0:
        raise BadInput(f"Piece {piece.name!r} has no area; draw its sewing line closed.")
    return LoosePanel(piece.name, edges, str(part), str(wrap), np.zeros(3), piece.grain)


def _seam(k: int, row: Any, words: Mapping[str, Sequence[str]]) -> LooseSeam:
    if not isinstance(row, list) or len(row) != 4:
        raise BadInput(f'Seam {k + 1} of the seam file is not ["PIECE", edge, "PIECE", edge].')
    sides = []
    for name, number in (row[:2], row[2:]):
        if name not in words:
            raise BadInput(f"Seam {k + 1} sews the piece {str(name)[:60]!r}, which is not described.")
        if isinstance(number, str) and number in words[name]:
            sides.append((name, number))
        elif isinstance(number, int) and not isinstance(number, bool) and 0 <= number < len(words[name]):
            sides.append((name, words[name][number]))
        else:
            raise BadInput(
                f"Seam {k + 1} sews edge {number!r} of piece {name!r}, which has {len(words[name])} edges."
            )
    return LooseSeam(sides[0], sides[1])


def seams_of_pattern(pattern: Pattern, block_names: Mapping[str, str]) -> dict[str, Any]:
    """Return the seam file for the DXF that `pattern_dxf` writes: edges in the order of its polylines, with their names."""
    pieces, number = {}, {}
    every = names_in_dxf(pattern.every_piece)
    for panel in pattern.panels:
        for k, edge in enumerate(panel.edges):
            number[panel.name, edge.name] = k
        place = panel.placement
        pieces[block_names[panel.name]] = {
            "part": place.part,
            "wrap": place.wrap,
            "landmark": place.landmark,
            "y_cm": 100.0 * place.y,
            "edges": {str(k): e.name for k, e in enumerate(panel.edges)},
        }
    rows = [
        [block_names[s.first[0]], s.first[1], block_names[s.second[0]], s.second[1]] for s in pattern.seams
    ]
    return {
        "format": FORMAT,
        "version": VERSION,
        "garment": pattern.garments[0],
        "fabric": pattern.fabrics[0],
        "pieces": pieces,
        "seams": rows,
        "not_sewn": [every[p.name] for p in pattern.cut_only],
    }

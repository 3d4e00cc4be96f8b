"""`pattern.json`: a flat pattern as plain JSON values, exact to the last bit, and read back only when it is whole.

Format `toile-pattern`, version 1, metres. `garments[] {name, fabric}`; `panels[] {name, garment, label, pieces, grain,
stiffness, elastic (absent: none), facing (absent: as its wrap says), placement {part, wrap, landmark, y, layer}, edges[] {name, kind, allowance, points [[x, y], …]}, notches[]
{edge, fraction}, folds[] {kind, points}}`; `tacks[] {name, first, second}`; `seams[] {name, first [panel, edge], second [panel, edge], kind, ease, reversed}`; `loops[] {name,
garment, axis, edges[[panel, edge], …]}`; `measures[] {garment, name, requested, drafted, tolerance, how}`; `notes[]`;
`extra {}`; `cut_only[]` as panels, not simulated; `joins[] {name, edges[[piece, edge], …], to[[panel, edge, from, to], …]}`;
`ties[] {name, upper, lower, at [x, y], length, size}`. docs/drafting.md says what each means. Numbers are written by their shortest exact text, so that a round
trip changes nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.body import LANDMARKS
from toile.engine.core.errors import BadInput, DamagedFile
from toile.garments import curves
from toile.garments.fabric import fabric
from toile.garments.loose_pattern import crossing_edges
from toile.garments.pattern import (
    Edge,
    Fold,
    Join,
    Loop,
    Notch,
    Panel,
    Pattern,
    Placement,
    PointOfMeasure,
    Seam,
    Stretch,
    Tack,
    Tie,
)

FORMAT, VERSION = "toile-pattern", 1
EDGE_KINDS = ("seam", "hem", "fold", "dart", "opening")
FOLD_KINDS = ("outer", "inner", "placement", "stitch", "mouth", "button", "buttonhole", "centre")
SEAM_KINDS = ("plain", "dart", "ease", "gather", "turned")
PARTS = ("torso", "left_leg", "right_leg", "left_arm", "right_arm", "neck", "head")
WRAPS = (
    "front",
    "back",
    "around",
    "left_front",
    "right_front",
    "left_back",
    "right_back",
    "over",
    "left",
    "right",
    "over_front",
    "under_front",
)
AXES = PARTS[:-1]
LARGEST = 10.0
"""Coordinates [m] beyond this are not a garment's."""
MOST_POINTS = 5000
SEAM_TOLERANCE = 1.0e-4
"""Largest difference [m] of sewn lengths beyond the stated ease."""


def pattern_to_json(pattern: Pattern) -> dict[str, Any]:
    """Return a pattern as JSON values."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "units": "m",
        "garments": [
            {"name": name, "fabric": cloth}
            for name, cloth in zip(pattern.garments, pattern.fabrics, strict=True)
        ],
        "panels": [_panel_values(panel) for panel in pattern.panels],
        "seams": [
            {
                "name": s.name,
                "first": list(s.first),
                "second": list(s.second),
                "kind": s.kind,
                "ease": s.ease,
                "reversed": s.reversed,
            }
            for s in pattern.seams
        ],
        "tacks": [{"name": t.name, "first": list(t.first), "second": list(t.second)} for t in pattern.tacks],
        "loops": [
            {"name": r.name, "garment": r.garment, "axis": r.axis, "edges": [list(ref) for ref in r.edges]}
            for r in pattern.loops
        ],
        "measures": [
            {
                "garment": p.garment,
                "name": p.name,
                "requested": p.requested,
                "drafted": p.drafted,
                "tolerance": p.tolerance,
                "how": p.how,
            }
            for p in pattern.measures
        ],
        "notes": list(pattern.notes),
        "extra": dict(pattern.extra),
        "cut_only": [_panel_values(panel) for panel in pattern.cut_only],
        "joins": [
            {
                "name": j.name,
                "edges": [list(ref) for ref in j.edges],
                "to": [[s.panel, s.edge, float(s.start), float(s.end)] for s in j.to],
            }
            for j in pattern.joins
        ],
        "ties": [
            {
                "name": t.name,
                "upper": t.upper,
                "lower": t.lower,
                "at": list(t.at),
                "length": t.length,
                "size": t.size,
            }
            for t in pattern.ties
        ],
    }


def _panel_values(panel: Panel) -> dict[str, Any]:
    place = panel.placement
    return {
        "name": panel.name,
        "garment": panel.garment,
        "label": panel.label,
        "pieces": panel.pieces,
        "grain": list(panel.grain),
        "stiffness": panel.stiffness,
        **({"elastic": panel.elastic} if panel.elastic else {}),
        **({"facing": panel.facing} if panel.facing is not None else {}),
        "placement": {
            "part": place.part,
            "wrap": place.wrap,
            "landmark": place.landmark,
            "y": float(place.y),
            "layer": place.layer,
        },
        "edges": [
            {"name": e.name, "kind": e.kind, "allowance": e.allowance, "points": e.points.tolist()}
            for e in panel.edges
        ],
        "notches": [{"edge": n.edge, "fraction": float(n.fraction)} for n in panel.notches],
        "folds": [{"kind": f.kind, "points": f.points.tolist()} for f in panel.folds],
    }


def pattern_from_json(document: Any) -> Pattern:
    """Return the pattern of a JSON document (values, or their text).

    Raises:
        DamagedFile: not a whole pattern: something is missing, of the wrong type or out of range, an outline is open or
            crosses itself, or a seam joins what does not exist or does not match.
    """
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except (ValueError, RecursionError) as error:
            raise _damaged("the document", f"is not JSON ({error})") from error
    root = _Node(document, "the document")
    if root.value_of("format") != FORMAT:
        raise _damaged("format", f"is {root.value_of('format')!r}, not {FORMAT!r}")
    if root.value_of("version") != VERSION:
        raise _damaged("version", f"is {root.value_of('version')!r}, but this release reads {VERSION}")
    if root.value_of("units") != "m":
        raise _damaged("units", f"are {root.value_of('units')!r}, not 'm'")
    garments = [(g.text("name"), g.text("fabric")) for g in root.nodes("garments")]
    for name, cloth in garments:
        try:
            fabric(cloth)
        except BadInput as error:
            raise _damaged(f"garment {name!r}", f"is of an unknown fabric {cloth!r}") from error
    pattern = Pattern(
        garments=tuple(name for name, _ in garments),
        fabrics=tuple(cloth for _, cloth in garments),
        panels=tuple(_panel(node, len(garments)) for node in root.nodes("panels")),
        seams=tuple(_seam(node) for node in root.nodes("seams")),
        loops=tuple(_loop(node, len(garments)) for node in root.nodes("loops")),
        measures=tuple(_measure(node, len(garments)) for node in root.nodes("measures")),
        notes=tuple(root.texts("notes")),
        extra=root.text_map("extra"),
        tacks=tuple(_tack(node) for node in root.nodes("tacks")),
        cut_only=tuple(_panel(node, len(garments)) for node in root.optional("cut_only")),
        joins=tuple(_join(node) for node in root.optional("joins")),
        ties=tuple(_tie(node) for node in root.optional("ties")),
    )
    check_pattern(pattern)
    return pattern


def check_pattern(pattern: Pattern) -> None:
    """Check that panels are whole and that seams and rings refer to what exists and match.

    Raises:
        DamagedFile: the first thing that is wrong.
    """
    if not pattern.garments or not pattern.panels:
        raise _damaged("the pattern", "has no garment or no panel")
    if len({p.name for p in pattern.every_piece}) != len(pattern.every_piece):
        raise _damaged("panels", "have names that are not unique")
    edges: dict[tuple[str, str], Edge] = {}
    for panel in pattern.cut_only:
        _check_panel(panel)
    for panel in pattern.panels:
        _check_panel(panel)
        edges.update({(panel.name, e.name): e for e in panel.edges})
    sewn: set[tuple[str, str]] = set()
    for seam in pattern.seams:
        for ref in (seam.first, seam.second):
            if ref not in edges:
                raise _damaged(f"seam {seam.name!r}", f"sews {ref[1]!r} of {ref[0]!r}, which does not exist")
            if ref in sewn:
                raise _damaged(f"seam {seam.name!r}", f"sews {ref[1]!r} of {ref[0]!r}, which is sewn already")
            sewn.add(ref)
        difference = edges[seam.first].length - edges[seam.second].length
        if abs(difference - seam.ease) > SEAM_TOLERANCE:
            raise _damaged(
                f"seam {seam.name!r}",
                f"joins edges whose lengths differ by {1000 * difference:.2f} mm with {1000 * seam.ease:.2f} mm of ease: "
                f"{seam.first[1]!r} of {seam.first[0]!r} ({100 * edges[seam.first].length:.1f} cm) and {seam.second[1]!r} of "
                f"{seam.second[0]!r} ({100 * edges[seam.second].length:.1f} cm)",
            )
    for tack in pattern.tacks:
        for ref in (tack.first, tack.second):
            if ref not in edges:
                raise _damaged(f"tack {tack.name!r}", f"holds {ref[1]!r} of {ref[0]!r}, which does not exist")
    _check_joins(pattern)
    _check_ties(pattern)
    for loop in pattern.loops:
        for ref in loop.edges:
            if ref not in edges:
                raise _damaged(
                    f"loop {loop.name!r}", f"runs along {ref[1]!r} of {ref[0]!r}, which does not exist"
                )


def _check_ties(pattern: Pattern) -> None:
    outlines = {p.name: np.concatenate([p.outline, p.outline[:1]]) for p in pattern.panels}
    for tie in pattern.ties:
        for name in (tie.upper, tie.lower):
            if name not in outlines:
                raise _damaged(f"tie {tie.name!r}", f"holds the panel {name!r}, which does not exist")
            x = np.sort(curves.crossings(outlines[name], tie.at[1]))
            if int((x < tie.at[0]).sum()) % 2 == 0:
                raise _damaged(f"tie {tie.name!r}", f"lies at {tie.at}, which is not on the panel {name!r}")


def _check_joins(pattern: Pattern) -> None:
    lengths = {(p.name, e.name): e.length for p in pattern.every_piece for e in p.edges}
    for join in pattern.joins:
        for ref in (*join.edges, *((s.panel, s.edge) for s in join.to)):
            if ref not in lengths:
                raise _damaged(f"join {join.name!r}", f"sews {ref[1]!r} of {ref[0]!r}, which does not exist")
        mine = sum(lengths[ref] for ref in join.edges)
        theirs = sum((s.end - s.start) * lengths[s.panel, s.edge] for s in join.to)
        if abs(mine - theirs) > SEAM_TOLERANCE:
            raise _damaged(
                f"join {join.name!r}", f"joins lengths that differ by {1000 * (mine - theirs):.2f} mm"
            )


def _check_panel(panel: Panel) -> None:
    where = f"panel {panel.name!r}"
    if len(panel.edges) < 3 or len({e.name for e in panel.edges}) != len(panel.edges):
        raise _damaged(where, "has fewer than three edges, or edges with the same name")
    for edge, following in zip(panel.edges, (*panel.edges[1:], panel.edges[0]), strict=True):
        if float(np.abs(edge.points[-1] - following.points[0]).max()) > 1e-6:
            raise _damaged(where, f"is open between its edges {edge.name!r} and {following.name!r}")
        if float(np.linalg.norm(np.diff(edge.points, axis=0), axis=1).min()) < 1e-9:
            raise _damaged(where, f"has an edge {edge.name!r} that repeats a point")
    pair = crossing_edges(panel.edges)
    if pair is not None:
        raise _damaged(where, f"crosses itself: its edges {pair[0]!r} and {pair[1]!r} meet")
    if curves.area(panel.outline) <= 0.0:
        raise _damaged(where, "has an outline that is clockwise or empty")
    names = {e.name for e in panel.edges}
    for notch in panel.notches:
        if notch.edge not in names:
            raise _damaged(where, f"has a notch on {notch.edge!r}, which does not exist")


def _panel(node: _Node, garments: int) -> Panel:
    place = node.node("placement")
    grain = _pair(node, "grain")
    if not 0.99 < math.hypot(*grain) < 1.01:
        raise _damaged(f"{node.where}.grain", f"is {grain}, not a direction of length 1")
    return Panel(
        name=node.text("name"),
        garment=node.index("garment", garments),
        edges=tuple(_edge(edge) for edge in node.nodes("edges")),
        placement=Placement(
            place.word("part", PARTS),
            place.word("wrap", WRAPS),
            place.word("landmark", LANDMARKS),
            place.number("y", -LARGEST, LARGEST),
            place.index("layer", 100),
        ),
        label=node.text("label"),
        grain=grain,
        notches=tuple(
            Notch(mark.text("edge"), mark.number("fraction", 0.0, 1.0)) for mark in node.nodes("notches")
        ),
        stiffness=node.number("stiffness", 0.01, 1000.0),
        pieces=node.text("pieces"),
        elastic=node.number("elastic", 0.0, 2.0) if "elastic" in node.value else 0.0,
        facing=node.number("facing", -360.0, 360.0) if "facing" in node.value else None,
        folds=tuple(Fold(fold.word("kind", FOLD_KINDS), _points(fold)) for fold in node.nodes("folds")),
    )


def _pair(node: _Node, key: str) -> tuple[float, float]:
    raw = node.value_of(key)
    if not (isinstance(raw, list) and len(raw) == 2 and all(_is_number(v) for v in raw)):
        raise _damaged(f"{node.where}.{key}", "is not a pair of numbers")
    return float(raw[0]), float(raw[1])


def _edge(node: _Node) -> Edge:
    points = _points(node)
    return Edge(node.text("name"), points, node.number("allowance", 0.0, 0.2), node.word("kind", EDGE_KINDS))


def _points(node: _Node) -> NDArray[np.float64]:
    raw = node.value_of("points")
    where = f"{node.where}.points"
    if not isinstance(raw, list) or not 2 <= len(raw) <= MOST_POINTS:
        raise _damaged(where, f"are not a list of 2 to {MOST_POINTS} points")
    if not all(isinstance(p, list) and len(p) == 2 and all(_is_number(v) for v in p) for p in raw):
        raise _damaged(where, "are not pairs of numbers")
    points = np.array(raw, dtype=np.float64)
    if float(np.abs(points).max()) > LARGEST:
        raise _damaged(where, f"lie more than {LARGEST:.0f} m from the origin")
    return points


def _ref(value: Any, where: str) -> tuple[str, str]:
    if not (isinstance(value, list) and len(value) == 2 and all(isinstance(v, str) for v in value)):
        raise _damaged(where, "is not a pair of a panel's and an edge's name")
    return value[0], value[1]


def _seam(node: _Node) -> Seam:
    flag = node.value_of("reversed")
    if not isinstance(flag, bool):
        raise _damaged(f"{node.where}.reversed", "is neither true nor false")
    return Seam(
        node.text("name"),
        _ref(node.value_of("first"), f"{node.where}.first"),
        _ref(node.value_of("second"), f"{node.where}.second"),
        node.word("kind", SEAM_KINDS),
        node.number("ease", -LARGEST, LARGEST),
        flag,
    )


def _tack(node: _Node) -> Tack:
    refs = [_ref(node.value_of(key), f"{node.where}.{key}") for key in ("first", "second")]
    return Tack(node.text("name"), refs[0], refs[1])


def _tie(node: _Node) -> Tie:
    at = _pair(node, "at")
    return Tie(
        node.text("name"),
        node.text("upper"),
        node.text("lower"),
        at,
        node.number("length", 0.0, 0.1),
        node.number("size", 0.0, 0.1),
    )


def _join(node: _Node) -> Join:
    edges, to = node.value_of("edges"), node.value_of("to")
    if not isinstance(edges, list) or not isinstance(to, list) or not edges or not to:
        raise _damaged(f"{node.where}.edges", "and its to are not lists of edges")
    stretches = []
    for value in to:
        if not (isinstance(value, list) and len(value) == 4 and all(_is_number(v) for v in value[2:])):
            raise _damaged(f"{node.where}.to", "is not a list of [panel, edge, from, to]")
        panel, edge = _ref(value[:2], f"{node.where}.to")
        stretches.append(Stretch(panel, edge, float(value[2]), float(value[3])))
    refs = tuple(_ref(value, f"{node.where}.edges") for value in edges)
    return Join(node.text("name"), refs, tuple(stretches))


def _loop(node: _Node, garments: int) -> Loop:
    raw = node.value_of("edges")
    if not isinstance(raw, list) or not raw:
        raise _damaged(f"{node.where}.edges", "are not a list of edges")
    refs = tuple(_ref(value, f"{node.where}.edges[{k}]") for k, value in enumerate(raw))
    return Loop(node.text("name"), node.index("garment", garments), refs, node.word("axis", AXES))


def _measure(node: _Node, garments: int) -> PointOfMeasure:
    asked = node.value_of("requested")
    return PointOfMeasure(
        node.index("garment", garments),
        node.text("name"),
        None if asked is None else node.number("requested", 0.0, 100.0),
        node.number("drafted", 0.0, 100.0),
        node.number("tolerance", 0.0, 1.0),
        node.text("how"),
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _damaged(where: str, what: str) -> DamagedFile:
    return DamagedFile(f"The pattern file is damaged: {where} {what}; draft the pattern again.")


def _place(key: str, k: int, value: Any) -> str:
    """Name an item of a list by its place, and by its own name where it has one."""
    name = value.get("name") if isinstance(value, Mapping) else None
    return f"{key}[{k}] {name[:80]!r}" if isinstance(name, str) else f"{key}[{k}]"


class _Node:
    """A JSON object with the path at which it stands, so that a complaint can name it."""

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, Mapping):
            raise _damaged(where, "is not an object")
        self.value, self.where = value, where

    def value_of(self, key: str) -> Any:
        if key not in self.value:
            raise _damaged(self.where, f"has no {key!r}")
        return self.value[key]

    def node(self, key: str) -> _Node:
        return _Node(self.value_of(key), f"{self.where}.{key}")

    def nodes(self, key: str) -> list[_Node]:
        raw = self.value_of(key)
        if not isinstance(raw, list):
            raise _damaged(f"{self.where}.{key}", "is not a list")
        return [_Node(value, _place(key, k, value)) for k, value in enumerate(raw)]

    def optional(self, key: str) -> list[_Node]:
        return self.nodes(key) if key in self.value else []

    def text(self, key: str) -> str:
        raw = self.value_of(key)
        if not isinstance(raw, str) or len(raw) > 1000:
            raise _damaged(f"{self.where}.{key}", "is not a text of at most 1000 characters")
        return raw

    def texts(self, key: str) -> list[str]:
        raw = self.value_of(key)
        if not isinstance(raw, list) or not all(isinstance(v, str) for v in raw):
            raise _damaged(f"{self.where}.{key}", "is not a list of texts")
        return raw

    def text_map(self, key: str) -> dict[str, str]:
        raw = self.value_of(key)
        if not isinstance(raw, dict) or not all(isinstance(v, str) for v in raw.values()):
            raise _damaged(f"{self.where}.{key}", "is not an object of texts")
        return dict(raw)

    def word(self, key: str, words: tuple[str, ...]) -> str:
        raw = self.value_of(key)
        if raw not in words:
            raise _damaged(f"{self.where}.{key}", f"is {raw!r}, not one of {', '.join(words)}")
        return str(raw)

    def number(self, key: str, low: float, high: float) -> float:
        raw = self.value_of(key)
        if not _is_number(raw) or not low <= raw <= high:
            raise _damaged(f"{self.where}.{key}", f"is {raw!r}, not a number from {low} to {high}")
        return float(raw)

    def index(self, key: str, below: int) -> int:
        raw = self.value_of(key)
        if not isinstance(raw, int) or isinstance(raw, bool) or not 0 <= raw < below:
            raise _damaged(f"{self.where}.{key}", f"is {raw!r}, not a whole number below {below}")
        return raw

"""GarmentCode's JSON in: its panels, flattened, hung where they hang round its body, as a pattern that can be worn.

A panel is seen from its outside: the side that its outline runs counter-clockwise round. Its up is the world's up, a
sleeve's is up the arm. Which limb it wraps follows from its label, its name and its place; front or back from its
outside. What `toile` wrote beside the panels (see `garmentcode`) is taken when it still fits them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from toile.engine.core.errors import BadInput, DamagedFile
from toile.garments import curves
from toile.garments.curves import F64
from toile.garments.garmentcode import KEPT
from toile.garments.garmentcode_curves import flatten
from toile.garments.loose_pattern import LoosePanel, LooseSeam, wearable
from toile.garments.pattern import Edge, Pattern
from toile.garments.pattern_json import pattern_from_json

MOST_PANELS, MOST_EDGES = 400, 400
_ARM_WORDS = ("sleeve", "sl_", "arm")
_LEG_WORDS = ("pant", "leg_", "trouser")
_NECK_WORDS = ("collar", "hood", "turtle", "lapel")


def pattern_from_garmentcode(document: Any, fabric: str = "cotton") -> Pattern:
    """Return the pattern of a GarmentCode specification (values, or their text).

    Raises:
        BadInput: not such a document; a panel that is open or crosses itself; a stitch that joins what is not there, or
            edges of very different lengths.
    """
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except (ValueError, RecursionError) as error:
            raise BadInput(f"The pattern is not JSON ({error}); give GarmentCode's specification.") from error
    raw = _panels_of(document)
    scale = 100.0 / _units(document)
    flat = {name: _flat_edges(name, panel, scale) for name, panel in raw.items()}
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    ours = _as_ours(document, flat)
    if ours is not None:
        return replace(ours, extra={**ours.extra, KEPT: text})
    loose = _with_legs([_hung(name, panel, flat[name]) for name, panel in raw.items()], document)
    seams = _stitches(document, flat)
    notes = [
        "Read from a GarmentCode specification: grain runs up each piece, allowances are 1 cm, hems 2 cm."
    ]
    pattern = wearable(_garment_name(loose), fabric, loose, seams, notes)
    return replace(pattern, extra={KEPT: text})


def looks_like_garmentcode(document: Any) -> bool:
    """Whether a JSON document has the shape of a GarmentCode specification."""
    inner = document.get("pattern") if isinstance(document, Mapping) else None
    return isinstance(inner, Mapping) and "panels" in inner


def _panels_of(document: Any) -> Mapping[str, Mapping[str, Any]]:
    if not looks_like_garmentcode(document):
        raise BadInput("The document has no 'pattern' with 'panels'; give GarmentCode's specification.")
    panels = document["pattern"]["panels"]
    if not isinstance(panels, Mapping) or not panels:
        raise BadInput("The specification has no panels; give one with at least one.")
    if len(panels) > MOST_PANELS:
        raise BadInput(f"The specification has {len(panels)} panels; at most {MOST_PANELS} are read.")
    for name, panel in panels.items():
        if not isinstance(panel, Mapping) or not all(k in panel for k in ("vertices", "edges")):
            raise BadInput(f"Panel {name!r} has no vertices or no edges; write its file again.")
    return panels


def _units(document: Mapping[str, Any]) -> float:
    properties = document.get("properties")
    units = properties.get("units_in_meter", 100) if isinstance(properties, Mapping) else 100
    if not isinstance(units, int | float) or not 0.1 <= units <= 1e4:
        raise BadInput(f"The specification has {units!r} units in a metre; write 100 for centimetres.")
    if isinstance(properties, Mapping) and properties.get("curvature_coords", "relative") != "relative":
        raise BadInput(
            f"The specification's curvature_coords are {properties['curvature_coords']!r}; only 'relative' is read."
        )
    return float(units)


def _flat_edges(name: str, panel: Mapping[str, Any], scale: float) -> list[F64]:
    """Return the panel's edges as polylines [m] in its own plane, in the order in which they are listed."""
    try:
        vertices = np.array(panel["vertices"], dtype=np.float64).reshape(-1, 2) * scale / 100.0
    except (TypeError, ValueError) as error:
        raise BadInput(
            f"Panel {name!r} has vertices that are not pairs of numbers; write its file again."
        ) from error
    listed = panel["edges"]
    if not isinstance(listed, Sequence) or not 3 <= len(listed) <= MOST_EDGES:
        raise BadInput(f"Panel {name!r} has {len(listed)} edges; a panel has 3 to {MOST_EDGES}.")
    if not np.isfinite(vertices).all() or float(np.abs(vertices).max()) > 10.0:
        raise BadInput(f"Panel {name!r} reaches more than 10 m; check the specification's units.")
    result = []
    for k, edge in enumerate(listed):
        where = f"Edge {k} of panel {name!r}"
        ends = edge.get("endpoints") if isinstance(edge, Mapping) else None
        if (
            not isinstance(ends, Sequence)
            or len(ends) != 2
            or not all(_index(i, len(vertices)) for i in ends)
        ):
            raise BadInput(
                f"{where} has no two endpoints among its {len(vertices)} vertices; write its file again."
            )
        start, end = vertices[ends[0]], vertices[ends[1]]
        curvature = edge.get("curvature")
        if np.array_equal(start, end):
            raise BadInput(f"{where} begins where it ends; take it out.")
        if scale != 1.0 and isinstance(curvature, Mapping) and curvature.get("type") == "circle":
            radius, large, right = curvature["params"]
            curvature = {"type": "circle", "params": [radius * scale, large, right]}
        result.append(flatten(start, end, curvature, where))
    for k, (one, other) in enumerate(zip(result, [*result[1:], result[0]], strict=True)):
        gap = float(np.linalg.norm(one[-1] - other[0]))
        if gap > 1e-4:
            raise BadInput(
                f"Panel {name!r} is open by {1000 * gap:.1f} mm between its edges {k} and {(k + 1) % len(result)}; "
                "let each edge begin where the one before ends."
            )
        one[-1] = other[0]
    return result


def _index(value: Any, count: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < count


def _rotation(panel: Mapping[str, Any]) -> tuple[F64, F64]:
    """Return a panel's rotation (3, 3) from Euler angles xyz [degrees] and its translation [m]."""
    try:
        x, y, z = (math.radians(float(v)) for v in panel.get("rotation", (0.0, 0.0, 0.0)))
        shift = np.array([float(v) for v in panel.get("translation", (0.0, 0.0, 0.0))]) / 100.0
    except (TypeError, ValueError) as error:
        raise BadInput(f"A panel's rotation or translation is not three numbers ({error}).") from error
    if shift.shape != (3,) or not np.isfinite([*shift, x, y, z]).all():
        raise BadInput("A panel's translation is not three numbers; write its file again.")
    cx, sx, cy, sy, cz, sz = math.cos(x), math.sin(x), math.cos(y), math.sin(y), math.cos(z), math.sin(z)
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x, shift


def _hung(name: str, panel: Mapping[str, Any], flat: Sequence[F64]) -> LoosePanel:
    """Return a panel as it hangs in space, seen from its outside: from there its outline runs counter-clockwise."""
    turn, shift = _rotation(panel)
    outline = np.concatenate([points[:-1] for points in flat])
    area = curves.area(outline)
    clockwise = area < 0.0
    spatial = [np.column_stack([points, np.zeros(len(points))]) @ turn.T + shift for points in flat]
    every = np.concatenate(spatial)
    middle = 0.5 * (every.min(axis=0) + every.max(axis=0))
    normal = turn[:, 2] * (-1.0 if clockwise else 1.0)
    part = _part(name, panel, turn, middle)
    if part.endswith("arm"):
        down = np.array([1.0 if part.startswith("left") else -1.0, -1.1, 0.0])
        up = -down / np.linalg.norm(down)
        local = turn[:, :2].T @ up  # snapped to the panel's own axis that is nearest to the arm
        axis = int(np.abs(local).argmax())
        up = turn[:, axis] * np.sign(local[axis])
    else:
        up = np.array([0.0, 1.0, 0.0])
        if abs(float(normal[1])) > 0.9:  # a lying panel: its own y is up
            up = turn[:, 1]
    up = up - (up @ normal) * normal
    up /= np.linalg.norm(up)
    across = np.cross(up, normal)
    frame = np.stack([across, up], axis=1)
    runs = [points @ frame for points in spatial]
    if part.endswith("arm"):
        whole = np.concatenate(runs)
        runs = [run - np.array([0.5 * (whole[:, 0].min() + whole[:, 0].max()), 0.0]) for run in runs]
    edges = tuple(Edge(f"e{k}", run) for k, run in enumerate(runs))
    wrap = _wrap(name, part, normal, middle, every)
    label = str(panel.get("label", "")) or name
    looks = math.degrees(math.atan2(float(normal[0]), float(normal[2]))) if abs(normal[1]) < 0.9 else None
    label = label if label != "body" else name
    return LoosePanel(name, edges, part, wrap, middle, label=label, facing=looks)


def _part(name: str, panel: Mapping[str, Any], turn: F64, middle: F64) -> str:
    """Return the limb that a panel wraps: by its label and name, else by a tilt that only sleeves have."""
    word, label = name.lower().rsplit("/", 1)[-1], str(panel.get("label", "")).lower()
    side = "left" if middle[0] > 0.0 else "right"
    if any(w in word for w in _NECK_WORDS):
        return "neck"
    tilt = abs(math.degrees(math.atan2(turn[1, 0], turn[0, 0])))
    tilted = 20.0 < tilt < 70.0 or 110.0 < tilt < 160.0
    if label == "arm" or any(w in word for w in _ARM_WORDS) or (tilted and abs(middle[0]) > 0.22):
        return f"{side}_arm"
    if any(w in word for w in _LEG_WORDS) or (label == "leg" and "skirt" not in word):
        return f"{side}_leg"
    return "torso"


def _wrap(name: str, part: str, normal: F64, middle: F64, every: F64) -> str:
    """Return front or back, or one half of it, from a panel's outside and its reach to both sides."""
    face = "back" if (normal[2] < -0.2 or (abs(normal[2]) <= 0.2 and middle[2] < 0.0)) else "front"
    if part == "neck":
        return "around"
    if part != "torso":
        return face
    low, high = float(every[:, 0].min()), float(every[:, 0].max())
    if low < -0.2 * (high - low) and high > 0.2 * (high - low):
        return face
    return f"{'left' if middle[0] > 0.0 else 'right'}_{face}"


def _with_legs(panels: list[LoosePanel], document: Mapping[str, Any]) -> list[LoosePanel]:
    """Take half panels for trouser legs where front and back are sewn to each other along both of their sides."""
    by_name = {p.name: p for p in panels}
    joined: dict[tuple[str, str], set[bool]] = {}
    for stitch in document["pattern"].get("stitches", ()):
        try:
            a, b = ((s["panel"], s["edge"]) for s in stitch[:2])
            one, two = by_name[a[0]], by_name[b[0]]
            points = next(e for e in one.edges if e.name == f"e{a[1]}").points
        except (KeyError, TypeError, ValueError, StopIteration):
            continue
        half = (
            one.part == two.part == "torso" and "_" in one.wrap and "_" in two.wrap and one.wrap != two.wrap
        )
        upright = np.ptp(points[:, 1]) > np.ptp(points[:, 0])
        if half and upright and one.wrap.split("_")[0] == two.wrap.split("_")[0]:
            whole = np.concatenate([e.points for e in one.edges])
            low = float(points[:, 0].mean()) < 0.5 * float(whole[:, 0].min() + whole[:, 0].max())
            joined.setdefault((min(a[0], b[0]), max(a[0], b[0])), set()).add(low)
    legs = {name for pair, sides in joined.items() if len(sides) == 2 for name in pair}
    result = []
    for panel in panels:
        if panel.name in legs:
            side, face = panel.wrap.split("_")
            panel = replace(panel, part=f"{side}_leg", wrap=face)
        result.append(_whole_sleeve(panel, document))
    return result


def _whole_sleeve(panel: LoosePanel, document: Mapping[str, Any]) -> LoosePanel:
    """Take a sleeve that is sewn to itself for one that goes round the whole arm."""
    if not panel.part.endswith("arm"):
        return panel
    for stitch in document["pattern"].get("stitches", ()):
        if all(isinstance(s, Mapping) and s.get("panel") == panel.name for s in stitch[:2]):
            return replace(panel, wrap="around")
    return panel


def _stitches(document: Mapping[str, Any], flat: Mapping[str, Sequence[F64]]) -> list[LooseSeam]:
    """Return the stitches as seams; two outlines run against each other along a seam, whichever side is up."""
    seams = []
    for k, stitch in enumerate(document["pattern"].get("stitches", ())):
        sides = []
        if not isinstance(stitch, Sequence) or len(stitch) < 2:
            raise BadInput(f"Stitch {k} does not join two edges; write its file again.")
        for side in stitch[:2]:
            name = str(side.get("panel")) if isinstance(side, Mapping) else ""
            number = side.get("edge") if isinstance(side, Mapping) else None
            if name not in flat:
                raise BadInput(
                    f"Stitch {k} sews the panel {str(name)[:60]!r}, which the specification does not have."
                )
            if not _index(number, len(flat[name])):
                raise BadInput(
                    f"Stitch {k} sews edge {number!r} of panel {name!r}, which has {len(flat[name])} edges."
                )
            sides.append((str(name), f"e{number}"))
        seams.append(LooseSeam(sides[0], sides[1]))
    return seams


def _garment_name(panels: Sequence[LoosePanel]) -> str:
    parts = {p.part for p in panels}
    legs = bool(parts & {"left_leg", "right_leg"})
    shouldered = bool(parts & {"left_arm", "right_arm", "neck"}) or any("torso" in p.name for p in panels)
    if legs:
        return "jumpsuit" if shouldered else "trousers"
    if not shouldered:
        return "skirt"
    lower = any("skirt" in p.name for p in panels)
    return "dress" if lower else "top"


def _as_ours(document: Mapping[str, Any], flat: Mapping[str, Sequence[F64]]) -> Pattern | None:
    """Return the pattern that `toile` described beside the panels, with their geometry; None if it does not fit them."""
    words = document.get("toile")
    if not isinstance(words, Mapping):
        return None
    try:
        values = json.loads(json.dumps(words))
        if {p["name"] for p in values["panels"]} != set(flat):
            return None
        for panel in values["panels"]:
            runs, at = list(flat[panel["name"]]), 0
            for edge in panel["edges"]:
                count = int(edge.pop("curves"))
                edge["points"] = curves.chain(*runs[at : at + count]).tolist()
                at += count
            if at != len(runs):
                return None
        lengths = {
            (p["name"], e["name"]): curves.length(np.array(e["points"]))
            for p in values["panels"]
            for e in p["edges"]
        }
        for seam in values["seams"]:
            if seam["kind"] in ("ease", "gather"):
                seam["ease"] = lengths[tuple(seam["first"])] - lengths[tuple(seam["second"])]
        return pattern_from_json(values)
    except (KeyError, TypeError, ValueError, IndexError, DamagedFile):
        return None

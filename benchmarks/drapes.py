"""Sixty random requests placed, sewn and draped: a row each, chosen by seed.

A kept folder resumes; beside its row every case leaves `simulation.npz`, one frame of body and cloth, to look at and to measure again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np

from benchmarks.random_requests import random_garment
from toile.garments import spec

Row = Mapping[str, Any]
COUNT = 60
SEED = 60
EDGE = 0.025


def chosen(k: int) -> tuple[dict[str, Any], Any, Any]:
    """Return case k: its garment, the wearer's avatar, and the pattern; draws that are refused are drawn again.

    The categories follow one another, women and men alternate by chance, bodies reach from slim to heavy.
    """
    from toile.avatars.fit import fit_avatar
    from toile.engine.core.errors import ToileError
    from toile.garments.drafting import draft
    from toile.garments.resolve import resolve

    categories = get_args(spec.Category)
    category = categories[k % len(categories)]
    rng = np.random.default_rng([SEED, k])
    sex = "male" if category not in ("dress", "skirt", "blouse") and rng.random() < 0.35 else "female"
    height = float(rng.uniform(1.52, 1.80)) + (0.08 if sex == "male" else 0.0)
    mass = float(rng.uniform(18.5, 31.0)) * height * height
    avatar = fit_avatar({"height": height, "mass": mass}, sex)
    m = avatar.figure.measurements
    for _ in range(40):
        garment = random_garment(rng, m, category)
        garment["fit"] = garment["fit"].replace("skintight", "slim")
        document = json.dumps(
            {"garments": [garment], "wearer": {"sex": sex, "height_cm": 100.0 * height, "weight_kg": mass}}
        )
        try:
            return garment, avatar, draft(resolve(spec.request_from_json(document)).garments, m)
        except ToileError:
            continue
    raise RuntimeError(f"no request of case {k} can be drafted")


def drape_case(k: int, keep: Path | None) -> Row:
    """Place, sew and drape case k at 25 mm: what crosses what, and whether it is worn as it should be."""
    row_file = keep / "row.json" if keep is not None else None
    if row_file is not None and row_file.is_file():
        row: Row = json.loads(row_file.read_text(encoding="utf-8"))
        return {**row, "resumed": True}
    garment, avatar, pattern = chosen(k)
    words = " ".join(
        str(garment[n]) for n in ("silhouette", "neckline", "sleeve", "sleeve_style") if n in garment
    )
    found, simulation = draped(pattern, avatar.figure, EDGE)
    found = {"what": f"{garment['category']} {words}", **found, "garment": garment}
    if row_file is not None:
        row_file.parent.mkdir(parents=True, exist_ok=True)
        if simulation is not None:
            simulation.save(row_file.parent / "simulation.npz")
        row_file.write_text(json.dumps(found), encoding="utf-8")
    return found


def draped(pattern: Any, figure: Any, edge: float) -> tuple[dict[str, Any], Any]:
    """Drape a pattern on a figure at an edge length [m].

    Return what is right and wrong with it (`ok` when nothing is wrong), and one frame of body and cloth as a `Simulation`, None where
    it could not be placed.
    """
    from toile.engine.cloth.press import FleshPress
    from toile.engine.cloth.simulate import drape, simulation_of
    from toile.engine.core.errors import ToileError
    from toile.engine.core.intersect import (
        body_cloth_intersections,
        cloth_self_intersections,
        vertices_inside,
    )
    from toile.garments.placement import dress
    from toile.garments.topology import check_topology, inside_out

    started = time.process_time()
    try:
        cloth = dress(pattern, figure, edge)
    except ToileError as error:
        return {"ok": False, "fault": str(error)}, None
    placed = time.process_time() - started
    rest = drape(cloth, figure.vertices, figure.faces)
    x = rest.vertices
    flesh = FleshPress(figure.faces, len(figure.vertices)).press(figure.vertices, x, cloth.faces)
    inside = int(vertices_inside(x, flesh, figure.faces).sum())
    through = len(body_cloth_intersections(x, cloth.faces, flesh, figure.faces))
    own = len(cloth_self_intersections(x, cloth.faces))
    worn = check_topology(x, cloth, figure.joints)
    gap = seam_gap(pattern, cloth)
    turned = len(inside_out(x, cloth.faces, cloth.loops, cloth.loop_axis, figure.joints))
    sides = wrong_sides(x, cloth)
    simulation = simulation_of(
        cloth,
        x[None],
        flesh[None].astype(np.float32),
        figure.faces,
        figure.part_of_vertex,
        30.0,
        np.zeros(1, np.float32),
    )
    return {
        "ok": not (inside or through or own or worn or turned or sides) and gap == 0.0,
        "vertices": len(x),
        "seam_gap_mm": gap,
        "inside_body": inside,
        "body_cloth": through,
        "cloth_cloth": own,
        "inside_out": turned,
        "facing_out": round(faces_out(x, cloth, figure), 3),
        "wrong_side": sides,
        "fault": worn[0] if worn else "",
        "waist_off_cm": waist_off(x, cloth),
        "mm_per_s": round(1000.0 * rest.speed, 1),
        "place_s": round(placed, 1),
        "drape_s": round(time.process_time() - started - placed, 1),
    }, simulation


def waist_off(x: Any, cloth: Any) -> float:
    """Return how far the waist that is farthest from where its pattern wants it hangs above there (below: negative) [cm]."""
    off = [float(x[cloth.loops[n]][:, 1].mean()) - height for n, height in cloth.anchors.items()]
    return round(100.0 * max(off, key=abs, default=0.0), 1)


def seam_gap(pattern: Any, cloth: Any) -> float:
    """Return the greatest gap [mm] between sewn edges: sewn vertices are one, so only an open seam has any."""
    return 0.0 if len(cloth.seam_edges) >= len(pattern.seams) else float("inf")


def faces_out(x: Any, cloth: Any, figure: Any) -> float:
    """Return the share of cloth whose right side faces away from the nearest skin; what pleats fold under does not."""
    from toile.engine.core.intersect import signed_distance
    from toile.engine.core.mesh import face_areas, face_normals

    middle = x[cloth.faces].mean(axis=1)
    _, _, nearest = signed_distance(middle, figure.vertices, figure.faces)
    facing = ((middle - nearest) * face_normals(x, cloth.faces)).sum(axis=1) > 0.0
    area = face_areas(x, cloth.faces)
    return float(area[facing].sum() / area.sum())


def wrong_sides(x: Any, cloth: Any) -> int:
    """Return how many pieces named left hang on the wearer's right, or the other way round."""
    middle = x[cloth.faces].mean(axis=1)[:, 0]
    wrong = 0
    for i, name in enumerate(cloth.panel_names):
        short = name.split("/")[-1]
        side = 1.0 if "left" in short else -1.0 if "right" in short else 0.0
        mine = cloth.panel_of_face == i
        if side and mine.any():
            wrong += int(side * float(middle[mine].mean()) < 0.0)
    return wrong


_CATEGORIES = get_args(spec.Category)
CASES = {f"drape/{k:02d}-{_CATEGORIES[k % len(_CATEGORIES)]}": partial(drape_case, k) for k in range(COUNT)}

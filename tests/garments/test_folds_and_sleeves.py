"""Pleats, wraps, waistbands, ruffles; sleeves cut in one with the body and raglan: true on the flat, clean at the start."""

from __future__ import annotations

import itertools
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from toile.engine.cloth.press import FleshPress
from toile.engine.cloth.simulate import drape
from toile.engine.core.errors import BadInput, Infeasible
from toile.engine.core.intersect import body_cloth_intersections, cloth_self_intersections, vertices_inside
from toile.engine.core.measurements import Measurements
from toile.engine.core.mesh import unique_edges
from toile.garments import curves
from toile.garments.blocks_trousers import CROTCH_EASE, KNEE_DOWN
from toile.garments.drafting import draft
from toile.garments.meshing import mesh_pattern, smallest_angles
from toile.garments.pattern import Pattern
from toile.garments.pattern_json import check_pattern, pattern_from_json, pattern_to_json
from toile.garments.placement import dress
from toile.garments.resolve import resolve
from toile.garments.spec import TryOnRequest
from toile.garments.style import Style
from toile.garments.topology import check_topology

sys.path.insert(0, str(Path(__file__).parent))
from test_placement import BODIES, assert_clean, figure

SKIRT = Style("skirt", "skirt", length=0.6)
DRESS = Style("dress", "dress", "a_line", length=1.05)
LOOKS = {
    "knife": [replace(SKIRT, silhouette="pleated")],
    "box": [replace(DRESS, silhouette="pleated", details=("box_pleats",))],
    "wrap": [replace(SKIRT, silhouette="wrap")],
    "wrap_dress": [replace(DRESS, silhouette="wrap", neckline="v", sleeve="short")],
    "kimono": [Style("blouse", "blouse", sleeve="long", sleeve_style="kimono", neckline="v", fabric="silk")],
    "dolman": [Style("sweater", "sweater", sleeve="long", sleeve_style="dolman", fabric="knit")],
    "raglan": [Style("sweater", "sweater", sleeve="long", sleeve_style="raglan", fabric="knit")],
    "raglan_coat": [
        Style(
            "coat", "coat", "a_line", sleeve="long", sleeve_style="raglan", neckline="mandarin", fabric="wool"
        )
    ],
    "high": [Style("trousers", "trousers", "wide", waistline="high")],
    "low": [replace(SKIRT, silhouette="a_line", waistline="low", length=0.4)],
    "elastic": [Style("trousers", "trousers", "tapered", closure="elastic", fabric="linen")],
    "ruffle": [replace(DRESS, details=("ruffles",))],
}
GATHERED = 0.45


@pytest.mark.parametrize("look", LOOKS)
def test_every_look_starts_clean(look: str) -> None:
    body = figure("168_60")
    cloth = dress(draft(LOOKS[look], body.measurements), body, 0.025)
    if look in (
        "knife",
        "box",
        "wrap",
        "wrap_dress",
    ):  # tacked vertices are met by two sheets: counted by hand
        assert len(cloth_self_intersections(cloth.vertices, cloth.faces)) == 0
        assert len(body_cloth_intersections(cloth.vertices, cloth.faces, body.vertices, body.faces)) == 0
        assert check_topology(cloth.vertices, cloth, body.joints) == []
    else:
        assert_clean(cloth, body, GATHERED)


@pytest.mark.slow
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("look", LOOKS)
def test_every_look_drapes_without_touching_the_body(look: str, body: str) -> None:
    on = figure(body)
    cloth = dress(draft(LOOKS[look], on.measurements), on, 0.025)
    at_rest = drape(cloth, on.vertices, on.faces).vertices
    assert len(cloth_self_intersections(at_rest, cloth.faces)) == 0
    assert not vertices_inside(at_rest, on.vertices, on.faces).any()
    flesh = FleshPress(on.faces, len(on.vertices)).press(on.vertices.astype(np.float32), at_rest, cloth.faces)
    assert len(body_cloth_intersections(at_rest, cloth.faces, flesh, on.faces)) == 0
    assert check_topology(at_rest, cloth, on.joints) == []


def test_every_look_is_whole_and_reads_back(body: Measurements) -> None:
    for styles in LOOKS.values():
        pattern = draft(styles, body)
        check_pattern(pattern)
        again = pattern_to_json(pattern_from_json(pattern_to_json(pattern)))
        assert again == pattern_to_json(pattern)


def _measured(style: Style, body: Measurements) -> dict[str, float]:
    return {p.name: p.drafted for p in draft([style], body).measures}


@pytest.mark.parametrize(
    "style",
    [
        replace(SKIRT, silhouette="pleated", waist=0.705, hip=0.99, hem=2.2),
        replace(SKIRT, silhouette="pleated", waist=0.71, hem=1.7, details=("box_pleats",)),
        replace(DRESS, silhouette="pleated", waist=0.76, bust=0.96, hem=2.0),
        replace(SKIRT, silhouette="wrap", waist=0.72, hip=1.0, hem=1.5),
        replace(DRESS, silhouette="wrap", waist=0.76, hem=1.6),
        replace(SKIRT, silhouette="a_line", waistline="low", waist=0.78, length=0.42),
        replace(SKIRT, silhouette="a_line", waistline="high", waist=0.71, hem=1.4),
        replace(SKIRT, silhouette="a_line", closure="elastic", waist=0.62),
        replace(DRESS, waistline="high", waist=0.78),
        replace(DRESS, details=("ruffles",), hem=2.6),
        Style("trousers", "trousers", waistline="high", waist=0.72, length=1.06),
        Style("trousers", "trousers", waistline="low", waist=0.77, length=0.98, hem=0.44),
        Style("shorts", "shorts", closure="elastic", waist=0.60, length=0.40),
        Style("sweater", "sweater", sleeve="long", sleeve_style="raglan", fabric="knit", sleeve_length=0.6, bust=1.0),
        Style("coat", "coat", sleeve="long", sleeve_style="raglan", fabric="wool", sleeve_length=0.58, shoulder=0.42),
        replace(DRESS, sleeve="long", sleeve_style="kimono", sleeve_length=0.50, bust=0.98),
        Style("sweater", "sweater", sleeve="long", sleeve_style="dolman", fabric="knit", sleeve_length=0.57, waist=0.95),
    ],
)  # fmt: skip
def test_stated_numbers_hold_to_a_millimetre(style: Style, body: Measurements) -> None:
    found = _measured(style, body)
    for name, value in style.stated().items():
        assert found[f"{name}_cm"] == pytest.approx(value, abs=1e-3), name


def _edges(pattern: Pattern) -> dict[tuple[str, str], float]:
    return {(p.name, e.name): e.length for p in pattern.panels for e in p.edges}


@pytest.mark.parametrize("details", [(), ("box_pleats",)])
def test_what_a_pleat_folds_under_is_what_the_band_does_not_take(
    details: tuple[str, ...], body: Measurements
) -> None:
    pattern = draft([replace(SKIRT, silhouette="pleated", details=details)], body)
    for side in ("front", "back"):
        panel = pattern.panel(f"skirt/{side}")
        seen = sum(e.length for e in panel.edges if e.name.startswith("waist"))
        band = pattern.panel(f"skirt/waistband_{side}")
        assert seen == pytest.approx(
            sum(e.length for e in band.edges if e.name.startswith("bottom")), abs=1e-4
        )
        assert {f.kind for f in panel.folds} >= {"outer", "inner"}
    lengths = _edges(pattern)
    heads = [s for s in pattern.seams if "/pleat_" in s.name]
    assert len(heads) >= 16
    for seam in heads:
        assert lengths[seam.first] == pytest.approx(lengths[seam.second], abs=1e-4)


def test_creases_are_sides_of_triangles_and_triangles_stay_well_shaped(body: Measurements) -> None:
    pattern = draft([replace(SKIRT, silhouette="pleated")], body)
    for panel, mesh in zip(pattern.panels, mesh_pattern(pattern, 0.02), strict=True):
        edges, _ = unique_edges(mesh.faces)
        known = {tuple(e) for e in edges.tolist()}
        for chain in mesh.fold_vertices:
            assert all(tuple(sorted(pair)) in known for pair in itertools.pairwise(chain))
        assert len(mesh.fold_vertices) == sum(f.kind != "placement" for f in panel.folds)
        assert np.degrees(smallest_angles(mesh.points, mesh.faces).min()) > 15.0


def test_a_wraps_fronts_overlap_and_are_tacked(body: Measurements) -> None:
    pattern = draft([replace(SKIRT, silhouette="wrap")], body)
    outer, inner = (pattern.panel(f"skirt/{name}").outline[:, 0] for name in ("front", "under_front"))
    assert outer.max() > 0.10
    assert inner.min() < -0.10
    assert len(pattern.tacks) == 4
    for tack in pattern.tacks:
        one, two = (pattern.panel(p).edge(e).points[0] for p, e in (tack.first, tack.second))
        np.testing.assert_allclose(one, two, atol=1e-6)


def test_a_raglan_seam_runs_to_the_neck_and_is_as_long_on_both_sides(body: Measurements) -> None:
    pattern = draft(LOOKS["raglan"], body)
    lengths = _edges(pattern)
    neck = pattern.panel("sweater/front").edge("armhole_left").points[-1]
    assert not any(e.name.startswith("shoulder") for e in pattern.panel("sweater/front").edges)
    assert 0.04 < neck[0] < 0.12
    seams = [s for s in pattern.seams if "/raglan_" in s.name]
    assert len(seams) == 4
    for seam in seams:
        assert lengths[seam.first] == pytest.approx(lengths[seam.second], abs=1e-4)


def test_cut_on_sleeves_clear_the_arm(body: Measurements) -> None:
    """Square to the overarm, just beyond the hollow, front and back together go round the upper arm."""
    for style in ("kimono", "dolman"):
        for arm in (0.25, 0.32, 0.38):
            pattern = draft([replace(DRESS, sleeve="long", sleeve_style=style)], replace(body, upper_arm=arm))
            width = 0.0
            for name, side in (("front", "left"), ("back", "right")):
                panel = pattern.panel(f"dress/bodice_{name}")
                over, under = panel.edge(f"overarm_{side}").points, panel.edge(f"underarm_{side}").points
                along = (over[0] - over[-1]) / np.linalg.norm(over[0] - over[-1])
                toward = np.array([along[1], -along[0]])
                at, away = (under - over[-1]) @ along, (under - over[-1]) @ toward
                width += float(np.interp(at.min() + 0.10, at[np.argsort(at)], away[np.argsort(at)]))
            assert width > 1.02 * arm


@pytest.mark.parametrize(
    ("style", "error", "words"),
    [
        (replace(SKIRT, silhouette="pleated", hem=0.9), Infeasible, "90.0"),
        (replace(SKIRT, silhouette="pleated", waist=1.2, hip=1.0), Infeasible, "120.0"),
        (replace(DRESS, sleeve="long", sleeve_style="kimono", sleeve_length=0.1), BadInput, "10.0"),
        (replace(DRESS, sleeve="long", sleeve_style="raglan", sleeve_length=0.1), BadInput, "10.0"),
        (replace(DRESS, details=("ruffles",), hem=9.0), Infeasible, "900.0"),
        (replace(SKIRT, waistline="high", length=0.15), BadInput, "15.0"),
    ],
)
def test_what_cannot_be_cut_is_refused_in_one_sentence(
    style: Style, error: type[Exception], words: str, body: Measurements
) -> None:
    with pytest.raises(error) as caught:
        draft([style], body)
    assert words in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    "garment",
    [
        {"category": "skirt", "silhouette": "pleated"},
        {"category": "dress", "silhouette": "wrap"},
        {"category": "sweater", "sleeve_style": "raglan"},
        {"category": "coat", "sleeve_style": "dolman"},
        {"category": "blouse", "sleeve_style": "kimono"},
        {"category": "trousers", "waistline": "high"},
        {"category": "skirt", "waistline": "low"},
        {"category": "dress", "details": ["ruffles"]},
    ],
)
def test_what_is_asked_for_is_what_is_drafted(garment: dict[str, object]) -> None:
    resolved = resolve(TryOnRequest.model_validate_json(json.dumps({"garments": [garment]})))
    assert not [note for note in resolved.notes if note.kind == "unsupported"]
    for name, value in garment.items():
        found = getattr(resolved.garments[0], name)
        assert (list(found) if isinstance(found, tuple) else found) == value


def _leg_widths(silhouette: str, body: Measurements) -> tuple[float, float]:
    """Return the girths [m] of a leg at the knee line and at the hem."""
    pattern = draft([Style("trousers", "trousers", silhouette)], body)
    knee = -(body.waist_height - body.inseam + CROTCH_EASE) - KNEE_DOWN * body.inseam
    at_knee = 0.0
    for name in ("left_front", "left_back"):
        outline = pattern.panel(f"trousers/{name}").outline
        x = curves.crossings(np.concatenate([outline, outline[:1]]), knee)
        at_knee += float(x.max() - x.min())
    return at_knee, next(p.drafted for p in pattern.measures if p.name == "hem_cm")


@pytest.mark.parametrize("calf", [0.33, 0.36, 0.396])
def test_silhouettes_of_trousers_differ_as_their_names_say(calf: float, body: Measurements) -> None:
    body = replace(body, calf=calf)
    legs = {s: _leg_widths(s, body) for s in ("skinny", "tapered", "straight", "flared", "wide")}
    hems = [legs[s][1] for s in ("skinny", "tapered", "straight", "flared", "wide")]
    assert np.all(np.diff(hems) > 0.02)
    assert legs["tapered"][0] < legs["straight"][0] < legs["wide"][0] - 0.10
    if calf < body.knee:  # a stouter calf is let through by a wider knee, for seams below it are straight
        assert legs["skinny"][0] < legs["tapered"][0]
    assert legs["flared"][1] > legs["flared"][0] + 0.08
    for knee, hem in legs.values():
        assert knee > body.knee
        assert (2.0 * knee + hem) / 3.0 > 1.05 * calf  # a third of the way down from the knee


def test_pleats_whose_waist_rises_far_behind_start_clean() -> None:
    """Above the lowest head a row is only a part of the panel, and says nothing about its folds."""
    on = figure("175_95")
    style = replace(
        SKIRT, silhouette="pleated", fit="loose", waistline="low", details=("box_pleats",), length=0.9
    )
    cloth = dress(draft([replace(style, waist=1.055)], on.measurements), on, 0.025)
    assert len(cloth_self_intersections(cloth.vertices, cloth.faces)) == 0
    assert check_topology(cloth.vertices, cloth, on.joints) == []

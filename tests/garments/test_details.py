"""Pockets, facings, closures, belts, cuffs, slits, surplices, straps: true on the flat, sewn to what they fit, clean on a body."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from toile.engine.cloth.press import FleshPress
from toile.engine.cloth.simulate import drape
from toile.engine.core.errors import BadInput
from toile.engine.core.intersect import body_cloth_intersections, cloth_self_intersections, vertices_inside
from toile.engine.core.measurements import Measurements
from toile.garments import curves
from toile.garments.blocks_lap import closed
from toile.garments.cutting_list import cutting_list
from toile.garments.drafting import draft
from toile.garments.pattern import Edge, Panel, Pattern
from toile.garments.pattern_json import pattern_from_json, pattern_to_json
from toile.garments.placement import dress
from toile.garments.resolve import resolve
from toile.garments.spec import TryOnRequest
from toile.garments.style import Style
from toile.garments.topology import check_topology

sys.path.insert(0, str(Path(__file__).parent))
from test_placement import figure
from test_sweep import assert_whole

DRESS = Style("dress", "dress", "a_line", neckline="scoop", length=1.05)
SKIRT = Style("skirt", "skirt", "straight", length=0.62)
TROUSERS = Style("trousers", "trousers")
SHIRT = Style("shirt", "shirt", sleeve="long", neckline="shirt_collar")
HOODIE = Style("hoodie", "hoodie", sleeve="long", neckline="hood", fabric="knit")
COAT = Style("coat", "coat", "a_line", sleeve="long", neckline="lapel", fabric="wool", length=1.0)
STYLES = {
    "in_seam_dress": replace(DRESS, pockets=True),
    "in_seam_jeans": replace(TROUSERS, pockets=True, fabric="denim", details=("belt",)),
    "in_seam_circle": replace(SKIRT, silhouette="circle", pockets=True),
    "patch_skirt": replace(SKIRT, pockets=True, details=("patch_pockets",)),
    "chest_shirt": replace(SHIRT, pockets=True),
    "kangaroo": replace(HOODIE, pockets=True),
    "zip_hoodie": replace(HOODIE, closure="zip", pockets=True),
    "cardigan": Style("sweater", "sweater", sleeve="long", fabric="knit", closure="buttons"),
    "button_dress": replace(DRESS, closure="buttons", details=("belt",)),
    "back_zip": replace(DRESS, silhouette="half_circle", closure="back_zip", sleeve="short"),
    "laced": replace(DRESS, silhouette="straight", closure="lace_up"),
    "jumpsuit": Style("jumpsuit", "jumpsuit", neckline="v", closure="front_zip", pockets=True),
    "coat": replace(COAT, closure="double_breasted", pockets=True, details=("belt",), slit=True),
    "raglan_rib": Style("sweater", "sweater", sleeve="long", sleeve_style="raglan", fabric="knit"),
    "dolman_cuff": Style("blouse", "blouse", sleeve="long", sleeve_style="dolman", neckline="v"),
    "kimono_cuff": replace(DRESS, sleeve="three_quarter", sleeve_style="kimono", details=("cuffs",)),
    "surplice": replace(DRESS, neckline="v", sleeve="short", details=("surplice",)),
    "wrap_dress": replace(
        DRESS, silhouette="wrap", neckline="v", sleeve="long", details=("surplice", "belt")
    ),
    "wrap_blouse": Style("blouse", "blouse", sleeve="long", neckline="v", details=("surplice",)),
    "straps": replace(DRESS, silhouette="half_circle", neckline="v", details=("spaghetti_straps",)),
    "back_slit": replace(SKIRT, silhouette="pencil", slit=True, details=("back_slit",)),
    "front_slit": replace(SKIRT, silhouette="a_line", slit=True, details=("front_slit",), length=0.9),
    "side_slits": Style("t_shirt", "t_shirt", slit=True, sleeve="short", fabric="knit", length=0.75),
}


def length(edge: Edge) -> float:
    return float(np.hypot(*np.diff(edge.points, axis=0).T).sum())


def edges_of(panel: Panel, stem: str) -> list[Edge]:
    return [e for e in panel.edges if e.name == stem or e.name.startswith(f"{stem}_")]


def inside(points: np.ndarray, outline: np.ndarray) -> np.ndarray:
    """Whether points lie in a polygon, by the winding of the angles that its corners are seen at."""
    to = outline[None] - points[:, None]
    angle = np.arctan2(to[..., 1], to[..., 0])
    turn = np.diff(np.concatenate([angle, angle[:, :1]], axis=1), axis=1)
    turn = (turn + np.pi) % (2.0 * np.pi) - np.pi
    return np.abs(turn.sum(axis=1)) > np.pi


@pytest.mark.parametrize("name", STYLES)
def test_a_garment_with_its_details_is_whole_and_survives_its_file(name: str, body: Measurements) -> None:
    pattern = draft([STYLES[name]], body)
    assert_whole(pattern)
    text = json.dumps(pattern_to_json(pattern))
    assert json.dumps(pattern_to_json(pattern_from_json(text))) == text
    assert [row.name for row in cutting_list(pattern)] == [p.name for p in pattern.every_piece]


@pytest.mark.parametrize("name", ["back_zip", "button_dress", "zip_hoodie", "back_slit", "surplice", "laced"])
def test_a_seam_for_a_closure_changes_no_measure_and_no_area(name: str, body: Measurements) -> None:
    style = STYLES[name]
    details = tuple(d for d in style.details if d == "belt")
    plain = draft([replace(style, closure=None, details=details, slit=False, pockets=False)], body)
    split = closed(draft([replace(style, pockets=False)], body))

    def shell(pattern: Pattern) -> float:
        return sum(curves.area(p.outline) for p in pattern.panels)

    assert shell(split) == pytest.approx(shell(plain), rel=1e-9)
    extra = ("slit_cm",)
    assert {m.name: round(m.drafted, 9) for m in split.measures if m.name not in extra} == {
        m.name: round(m.drafted, 9) for m in plain.measures if m.name not in extra
    }


@pytest.mark.parametrize("name", ["in_seam_dress", "in_seam_jeans", "in_seam_circle", "jumpsuit", "coat"])
def test_a_pocket_bag_carries_the_open_stretch_of_the_side_seam(name: str, body: Measurements) -> None:
    pattern = draft([STYLES[name]], body)
    bag = next(p for p in pattern.cut_only if p.name.endswith("pocket_bag"))
    (join,) = [j for j in pattern.joins if j.name.endswith("pocket_left")]
    (there,) = join.to
    host = pattern.panel(there.panel)
    edge = host.edge(there.edge)
    ends = [curves.point_at(edge.points, f * edge.length) for f in (there.start, there.end)]
    mine = bag.edge("opening").points
    away = [min(np.linalg.norm(mine[k] - e) for e in ends) for k in (0, -1)]
    assert max(away) < 1e-9
    marks = [n.fraction for n in host.notches if n.edge == there.edge]
    for f in (there.start, there.end):
        assert min(abs(f - m) for m in marks) < 1e-9
    measured = {m.name: m.drafted for m in pattern.measures}
    assert measured["pocket_opening_cm"] == pytest.approx(length(bag.edge("opening")), abs=1e-9)
    assert 0.12 < measured["pocket_opening_cm"] < 0.16
    assert measured["pocket_depth_cm"] > measured["pocket_opening_cm"] * 0.9


@pytest.mark.parametrize("name", ["patch_skirt", "chest_shirt", "in_seam_jeans", "kangaroo", "zip_hoodie"])
def test_a_patch_lies_on_its_panel_and_its_stitches_are_as_long_as_its_sides(
    name: str, body: Measurements
) -> None:
    pattern = draft([STYLES[name]], body)
    hosts = [p for p in pattern.panels if any(f.kind == "stitch" for f in p.folds)]
    assert hosts
    for panel in hosts:
        drawn = 0.0
        for fold in panel.folds:
            if fold.kind not in ("stitch", "mouth"):
                continue
            walk = curves.cumulative(fold.points)
            points = np.stack([curves.point_at(fold.points, d) for d in np.linspace(0.0, walk[-1], 60)])
            assert inside(points, panel.outline).all()
            drawn += float(walk[-1]) * (fold.kind == "stitch")
        piece = next(p for p in pattern.cut_only if "pocket" in p.name and "bag" not in p.name)
        sewn = sum(length(e) for e in piece.edges if e.kind == "seam")
        count = sum(f.kind == "mouth" for f in panel.folds) if "kangaroo" not in piece.name else 1
        assert drawn == pytest.approx(count * sewn, abs=1e-9)


@pytest.mark.parametrize("name", ["in_seam_dress", "back_zip", "surplice", "dolman_cuff", "jumpsuit"])
def test_a_facing_is_the_panels_own_edge_and_follows_it_evenly(name: str, body: Measurements) -> None:
    pattern = draft([STYLES[name]], body)
    facings = [p for p in pattern.cut_only if "facing_" in p.name and "fly" not in p.name]
    assert any("neck" in p.name or p.name.endswith("facing_front") for p in facings)
    for piece in facings:
        (join,) = [j for j in pattern.joins if j.name == piece.name]
        host = pattern.panel(join.to[0].panel)
        assert all((s.start, s.end) == (0.0, 1.0) for s in join.to)
        run = np.concatenate([host.edge(s.edge).points for s in join.to])
        for (_, mine), there in zip(join.edges, join.to, strict=True):
            np.testing.assert_array_equal(piece.edge(mine).points, host.edge(there.edge).points)
        inner = piece.edge("inner").points[1:-1]
        a, b = run[:-1], run[1:]
        along = b - a
        t = np.clip(((inner[:, None] - a) * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-18), 0.0, 1.0)
        away = np.linalg.norm(inner[:, None] - (a + t[..., None] * along), axis=-1).min(axis=1)
        assert np.ptp(away) < 0.25 * away.mean()
        assert inside(inner, host.outline).all()


def test_facings_meet_on_the_shoulder_and_knits_and_lined_garments_have_none(body: Measurements) -> None:
    pattern = draft([DRESS], body)
    front, back = (pattern.panel(f"dress/facing_neck_{face}") for face in ("front", "back"))
    assert length(front.edge("shoulder_left")) == pytest.approx(length(back.edge("shoulder_left")), abs=1e-9)
    for other in (replace(DRESS, fabric="knit"), replace(DRESS, details=("lined",))):
        assert not [p for p in draft([other], body).cut_only if "facing" in p.name]


@pytest.mark.parametrize("name", ["chest_shirt", "button_dress", "cardigan", "coat"])
def test_buttons_are_evenly_apart_and_each_has_its_hole(name: str, body: Measurements) -> None:
    pattern = draft([STYLES[name]], body)
    lefts = [p for p in pattern.panels if p.placement.wrap == "left_front" and edges_of(p, "lap_edge")]
    heights = {"button": [], "buttonhole": []}
    for left in lefts:
        right = pattern.panel(left.name.replace("left_front", "right_front"))
        for panel, kind in ((left, "button"), (right, "buttonhole")):
            heights[kind] += [(f.points.mean(axis=0)[1], panel.name) for f in panel.folds if f.kind == kind]
    buttons = sorted(y for y, _ in heights["button"])
    holes = sorted(y for y, _ in heights["buttonhole"])
    assert len(buttons) == len(holes) >= 3
    np.testing.assert_allclose(buttons, holes, atol=1e-9)
    if len(lefts) == 1:
        assert np.ptp(np.diff(buttons)) < 1e-6
        assert max(np.diff(buttons)) <= 0.111


def test_a_zip_ends_at_a_notch_on_both_edges_and_a_fly_has_its_facing(body: Measurements) -> None:
    pattern = draft([STYLES["back_zip"]], body)
    left, right = (pattern.panel(f"dress/skirt_{side}_back") for side in ("left", "right"))

    def down(panel: Panel) -> list[float]:
        edge = panel.edge("centre")
        top = edge.points[edge.points[:, 1].argmax()]
        marks = [n.fraction for n in panel.notches if n.edge == "centre"]
        return sorted(
            float(np.linalg.norm(curves.point_at(edge.points, f * edge.length) - top)) for f in marks
        )

    np.testing.assert_allclose(down(left), down(right), atol=1e-9)
    assert min(abs(d - 0.18) for d in down(left)) < 1e-6
    trousers = draft([TROUSERS], body)
    assert {"trousers/fly_facing", "trousers/fly_shield"} <= {p.name for p in trousers.cut_only}
    assert draft([replace(TROUSERS, closure="elastic")], body).cut_only == ()


def test_a_belt_goes_round_what_it_lies_on_and_its_carriers_hold_it(body: Measurements) -> None:
    pattern = draft([STYLES["button_dress"]], body)
    seam = sum(
        length(e)
        for p in closed(pattern).panels
        if "bodice" in p.name
        for e in p.edges
        if e.name.startswith("waist")
    )
    worn = sum(length(pattern.panel(f"dress/belt_{face}").edge("top")) for face in ("front", "back"))
    assert seam < worn < seam + 0.03
    carriers = [t for t in pattern.tacks if "belt" in t.name]
    assert [t.name for t in carriers] == ["dress/belt_carrier_left", "dress/belt_carrier_right"]
    for tack in carriers:
        panel, edge = tack.second
        assert abs(pattern.panel(panel).edge(edge).points[0, 1]) < 0.02
    loose = draft([replace(COAT, fit="oversized", details=("belt",))], body)
    round_it = sum(length(loose.panel(f"coat/belt_{face}").edge("top")) for face in ("front", "back"))
    assert round_it >= 1.12 * body.waist
    (cut,) = [m.drafted for m in loose.measures if m.name == "belt_cm"]
    assert cut > round_it + 0.1


@pytest.mark.parametrize("name", ["raglan_rib", "dolman_cuff", "kimono_cuff"])
def test_a_stated_sleeve_is_as_long_with_its_cuff_and_gathered_into_it(name: str, body: Measurements) -> None:
    style = replace(STYLES[name], sleeve_length=0.50)
    pattern = draft([style], body)
    (sleeve,) = [m for m in pattern.measures if m.name == "sleeve_cm"]
    assert sleeve.requested == 0.50
    assert sleeve.drafted == pytest.approx(0.50, abs=1e-6)
    cuff = pattern.panel(f"{style.name}/cuff_left")
    end = sum(length(e) for p in pattern.panels if p is not cuff for e in p.edges if e.name == "cuff_left")
    assert sum(length(e) for e in edges_of(cuff, "top")) < end
    hem = [e for p in pattern.panels for e in p.edges if e.name.startswith("cuff_") and e.kind == "hem"]
    assert not hem


def test_a_surplice_front_runs_over_the_centre_and_meets_its_twin_along_one_line(body: Measurements) -> None:
    pattern = draft([STYLES["surplice"]], body)
    right, left = (pattern.panel(f"dress/bodice_{side}_front") for side in ("right", "left"))
    np.testing.assert_allclose(right.edge("crossing").points, left.edge("crossing").points[::-1], atol=1e-12)
    line = left.edge("crossing").points
    assert abs(line[0, 0]) < 1e-9
    assert (np.diff(line[:, 1]) < 0.0).all()
    assert line[-1, 0] > 0.02  # the wearer's left
    neck = edges_of(right, "neck")[0].points
    into, on = neck[0] - neck[1] if neck[0, 1] < neck[-1, 1] else neck[-1] - neck[-2], line[1] - line[0]
    cosine = abs(float(into @ on)) / float(np.linalg.norm(into) * np.linalg.norm(on))
    assert cosine > 0.995  # the neck's edge prolonged
    note = " ".join(draft([replace(DRESS, details=("surplice",))], body).notes)
    assert "no V neck to cross" in note


def test_straps_are_narrow_and_a_stated_shoulder_or_length_is_kept(body: Measurements) -> None:
    for shoulder, tall in ((None, None), (0.34, 1.1)):
        pattern = draft([replace(STYLES["straps"], shoulder=shoulder, length=tall)], body)
        for face in ("front", "back"):
            for edge in edges_of(pattern.panel(f"dress/bodice_{face}"), "shoulder"):
                assert 0.014 < length(edge) < 0.018
        found = {m.name: m for m in pattern.measures}
        for name in ("shoulder_cm", "length_cm"):
            if found[name].requested is not None:
                assert found[name].drafted == pytest.approx(found[name].requested, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "count"), [("back_slit", 2), ("front_slit", 2), ("side_slits", 4), ("coat", 2)]
)
def test_a_slit_is_open_on_both_edges_and_belongs_to_the_hem(
    name: str, count: int, body: Measurements
) -> None:
    pattern = draft([STYLES[name]], body)
    open_edges = [(p.name, e) for p in pattern.panels for e in p.edges if e.kind == "opening"]
    assert len(open_edges) == count
    assert np.ptp([length(e) for _, e in open_edges]) < 1e-9
    sewn = {ref for s in pattern.seams for ref in (s.first, s.second)}
    assert not sewn & {(panel, e.name) for panel, e in open_edges}
    (ring,) = [r for r in pattern.loops if r.name == "hem"]
    assert {(panel, e.name) for panel, e in open_edges} <= set(ring.edges)
    (slit,) = [m.drafted for m in pattern.measures if m.name == "slit_cm"]
    assert slit == pytest.approx(length(open_edges[0][1]))


def request(garment: dict[str, object], **more: object) -> TryOnRequest:
    return TryOnRequest.model_validate_json(json.dumps({"garments": [garment], **more}))


def test_a_wrap_dress_crosses_its_front_and_a_back_slit_is_read_from_its_words() -> None:
    made = resolve(request({"category": "dress", "silhouette": "wrap"})).garments[0]
    assert (made.neckline, made.details) == ("v", ("surplice",))
    other = resolve(request({"category": "dress", "silhouette": "wrap", "neckline": "crew"})).garments[0]
    assert other.details == ()
    for words, place in (("后开叉", "back_slit"), ("front slit", "front_slit"), ("side slit", None)):
        said = {"garments[0].slit": {"value": True, "source": "stated", "text": words}}
        skirt = resolve(request({"category": "skirt", "slit": True}, provenance=said)).garments[0]
        assert skirt.slit
        assert skirt.details == ((place,) if place else ())


def test_what_a_garment_cannot_have_is_said() -> None:
    made = resolve(request({"category": "skirt", "details": ["surplice", "cuffs", "belt", "sequins"]}))
    assert made.garments[0].details == ("belt",)
    (note,) = [n.message for n in made.notes if n.field == "garments[0].details"]
    assert all(word in note for word in ("surplice", "cuffs", "sequins"))
    assert "belt" not in note


@pytest.mark.parametrize("style", ["raglan", "kimono", "dolman"])
def test_a_sleeve_too_short_for_its_cuff_is_refused_with_the_length_it_needs(
    style: str, body: Measurements
) -> None:
    asked = Style("sweater", "sweater", sleeve="long", sleeve_style=style, sleeve_length=0.12, fabric="knit")
    with pytest.raises(
        BadInput, match=r"12\.0 cm .* 6\.0 cm .*cuff_left.*'underarm_left'.*at least"
    ) as refusal:
        draft([asked], body)
    need = float(str(refusal.value).split("at least ")[1].split(" cm")[0])
    draft([replace(asked, sleeve_length=need / 100 + 0.001)], body)


@pytest.mark.parametrize("name", ["button_dress", "surplice", "kimono_cuff", "straps"])
def test_it_starts_clean_on_a_body(name: str) -> None:
    """Placed round a woman at 25 mm: nothing crosses body or cloth, seams closed, every ring round its limb."""
    wearer = figure("168_60")
    cloth = dress(draft([STYLES[name]], wearer.measurements), wearer, 0.025)
    assert len(cloth_self_intersections(cloth.vertices, cloth.faces)) == 0
    assert len(body_cloth_intersections(cloth.vertices, cloth.faces, wearer.vertices, wearer.faces)) == 0
    assert check_topology(cloth.vertices, cloth, wearer.joints) == []
    half = np.concatenate([cloth.faces[:, [0, 1]], cloth.faces[:, [1, 2]], cloth.faces[:, [2, 0]]])
    assert len(np.unique(half, axis=0)) == len(half)  # each side is walked once: oriented, manifold


@pytest.mark.slow
@pytest.mark.parametrize("name", STYLES)
def test_it_drapes_without_touching(name: str) -> None:
    """Draped at 25 mm on a woman: nothing crosses or is inside, rings where they belong."""
    wearer = figure("168_60")
    cloth = dress(draft([STYLES[name]], wearer.measurements), wearer, 0.025)
    x = drape(cloth, wearer.vertices, wearer.faces).vertices
    flesh = FleshPress(wearer.faces, len(wearer.vertices)).press(wearer.vertices, x, cloth.faces)
    assert not vertices_inside(x, flesh, wearer.faces).any()
    assert len(body_cloth_intersections(x, cloth.faces, flesh, wearer.faces)) == 0
    assert len(cloth_self_intersections(x, cloth.faces)) == 0
    assert check_topology(x, cloth, wearer.joints) == []

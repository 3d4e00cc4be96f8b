"""Collars that lie over, hoods, and tops without shoulders: drafted true, placed folded and clean, draped where slow tests run."""

from __future__ import annotations

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
from toile.garments.blocks_strapless import CHEST, ELASTIC_LIMIT
from toile.garments.cloth_mesh import ClothMesh
from toile.garments.drafting import draft
from toile.garments.fabric import fabric
from toile.garments.pattern import Pattern
from toile.garments.pattern_json import check_pattern, pattern_from_json, pattern_to_json
from toile.garments.placement import dress
from toile.garments.style import Style
from toile.garments.topology import check_topology

sys.path.insert(0, str(Path(__file__).parent))
from test_placement import BODIES, figure

LOOKS = {
    "strapless": Style("dress", "dress", "a_line", neckline="strapless", length=0.85),
    "sweetheart": Style("dress", "dress", "a_line", neckline="sweetheart", length=0.9),
    "tube_top": Style("top", "t_shirt", neckline="strapless", fabric="knit", length=0.4),
    "off_shoulder": Style("dress", "dress", "a_line", neckline="off_shoulder", sleeve="short", length=0.9),
    "halter": Style("dress", "dress", "a_line", neckline="halter", length=0.95),
    "shirt_collar": Style("shirt", "shirt", neckline="shirt_collar", sleeve="long"),
    "polo": Style("polo", "t_shirt", neckline="shirt_collar", sleeve="short", fabric="knit"),
    "peter_pan": Style("dress", "dress", "a_line", neckline="peter_pan", sleeve="short", length=1.0),
    "lapel": Style("jacket", "jacket", neckline="lapel", sleeve="long", fabric="wool"),
    "hoodie": Style("hoodie", "hoodie", neckline="hood", sleeve="long", fabric="knit"),
}
OVER = {
    "shirt_collar": ["collar_fall"],
    "peter_pan": ["collar"],
    "lapel": ["collar", "lapel_left", "lapel_right"],
}


def of_panels(cloth: ClothMesh, stems: list[str]) -> np.ndarray:
    """Return which faces belong to panels of these names."""
    wanted = [k for k, name in enumerate(cloth.panel_names) if name.split("/")[1] in stems]
    return np.isin(cloth.panel_of_face, wanted)


def edge_sum(pattern: Pattern, panel: str, stem: str) -> float:
    """Return the length of an edge and of the parts that it was cut into."""
    return sum(
        e.length for e in pattern.panel(panel).edges if e.name == stem or e.name.startswith(f"{stem}_")
    )


@pytest.mark.parametrize("look", LOOKS)
def test_every_piece_is_whole_and_its_file_reads_back(look: str, body: Measurements) -> None:
    pattern = draft([LOOKS[look]], body)
    check_pattern(pattern)
    again = pattern_from_json(pattern_to_json(pattern))
    assert [p.elastic for p in again.panels] == [p.elastic for p in pattern.panels]
    assert [s.kind for s in again.seams] == [s.kind for s in pattern.seams]


@pytest.mark.parametrize("look", LOOKS)
def test_every_look_starts_clean(look: str) -> None:
    on = figure("168_60")
    cloth = dress(draft([LOOKS[look]], on.measurements), on, 0.025)  # proves itself, or raises
    assert check_topology(cloth.vertices, cloth, on.joints) == []
    assert not vertices_inside(cloth.vertices, on.vertices, on.faces).any()


@pytest.mark.parametrize("look", OVER)
def test_what_lies_over_starts_outside_what_it_lies_on_and_below_its_crease(look: str) -> None:
    on = figure("168_60")
    cloth = dress(draft([LOOKS[look]], on.measurements), on, 0.025)
    over = of_panels(cloth, OVER[look])
    own = np.setdiff1d(cloth.faces[over], cloth.faces[~over])
    crease = np.intersect1d(np.unique(cloth.creases), cloth.faces[over])
    assert len(crease) > 5
    across = np.abs(cloth.vertices[:, 0])
    assert across[own].mean() > across[crease].mean() + 0.005
    centre = np.array([0.0, float(on.joints["neck"][2])])
    if look != "lapel":  # round the neck: below the crease and farther out
        assert cloth.vertices[own, 1].mean() < cloth.vertices[crease, 1].mean()
        radius = np.linalg.norm(cloth.vertices[:, [0, 2]] - centre, axis=1)
        assert radius[own].mean() > radius[crease].mean() + 0.005


def test_creases_are_the_turned_seams_and_do_not_bend_back(body: Measurements) -> None:
    on = figure("168_60")
    pattern = draft([LOOKS["shirt_collar"]], on.measurements)
    cloth = dress(pattern, on, 0.025)
    turned = sum(
        pattern.panel(s.first[0]).edge(s.first[1]).length for s in pattern.seams if s.kind == "turned"
    )
    assert turned == pytest.approx(edge_sum(pattern, "shirt/collar_stand", "top"), abs=1e-4)
    assert len(cloth.creases) >= turned / 0.03


@pytest.mark.parametrize("neck", [0.38, 0.42])
@pytest.mark.parametrize("neckline", ["shirt_collar", "peter_pan", "hood"])
def test_a_stated_neck_is_the_length_of_what_is_sewn_to_it(
    neckline: str, neck: float, body: Measurements
) -> None:
    category = "hoodie" if neckline == "hood" else "shirt"
    style = Style("top", category, neckline=neckline, sleeve="long", neck=neck, fabric="knit")
    pattern = draft([style], body)
    assert {m.name: m.drafted for m in pattern.measures}["neck_cm"] == pytest.approx(neck, abs=1e-4)
    sewn = {
        "shirt_collar": [("collar_stand", "bottom")],
        "peter_pan": [("collar", "bottom")],
        "hood": [("hood_left", "neck"), ("hood_right", "neck")],
    }[neckline]
    assert sum(edge_sum(pattern, f"top/{p}", e) for p, e in sewn) == pytest.approx(neck, abs=1e-4)


def test_a_fall_is_longer_outside_than_its_stand_and_covers_it(body: Measurements) -> None:
    pattern = draft([LOOKS["shirt_collar"]], body)
    fall, stand = pattern.panel("shirt/collar_fall"), pattern.panel("shirt/collar_stand")
    assert fall.edge("edge").length > 1.05 * edge_sum(pattern, stand.name, "top")
    middle = np.abs(fall.edge("edge").points[:, 0]).argmin()
    assert fall.edge("edge").points[middle, 1] > float(np.ptp(stand.edge("end_low").points[:, 1])) + 0.008


def test_lapels_mirror_each_other_and_meet_the_collar_at_the_gorge(body: Measurements) -> None:
    pattern = draft([LOOKS["lapel"]], body)
    left, right = (pattern.panel(f"jacket/lapel_{side}") for side in ("left", "right"))
    np.testing.assert_allclose(
        np.sort(np.abs(left.outline), axis=0), np.sort(np.abs(right.outline), axis=0), atol=1e-9
    )
    gorge = {s.name for s in pattern.seams if "gorge" in s.name}
    assert gorge == {"jacket/gorge_left", "jacket/gorge_right"}
    rolls = sum(edge_sum(pattern, f"jacket/lapel_{side}", "bottom") for side in ("left", "right"))
    neck = {m.name: m.drafted for m in pattern.measures}["neck_cm"]
    assert rolls + edge_sum(pattern, "jacket/collar", "bottom") == pytest.approx(neck, abs=1e-4)


@pytest.mark.parametrize("look", ["strapless", "tube_top"])
def test_the_elastic_is_as_much_shorter_than_the_chest_as_is_said(look: str, body: Measurements) -> None:
    style = LOOKS[look]
    pattern = draft([style], body)
    stays = [pattern.panel(f"{style.name}/stay_{side}") for side in ("front", "back")]
    assert sum(s.edge("top").length for s in stays) == pytest.approx(CHEST * body.bust, abs=1e-4)
    assert all(s.elastic == ELASTIC_LIMIT for s in stays)
    pull = [s.stiffness * fabric(style.fabric).stretch_warp for s in stays]
    np.testing.assert_allclose(pull, pull[0])
    assert any(f"{100 * CHEST:.0f} % of the chest" in note for note in pattern.notes)


@pytest.mark.parametrize("look", ["strapless", "sweetheart", "off_shoulder", "halter"])
@pytest.mark.parametrize(("name", "value"), [("bust", 0.94), ("length", 1.02), ("waist", 0.75), ("hem", 1.9)])
def test_stated_numbers_hold_without_shoulders(
    look: str, name: str, value: float, body: Measurements
) -> None:
    pattern = draft([replace(LOOKS[look], **{name: value})], body)
    assert {m.name: m.drafted for m in pattern.measures}[f"{name}_cm"] == pytest.approx(value, abs=1e-4)


def test_a_heart_rises_over_the_bust_points_and_dips_between(body: Measurements) -> None:
    heart = draft([LOOKS["sweetheart"]], body).panel("dress/stay_front").edge("heart").points
    top = heart[heart[:, 1].argmax()]
    assert abs(top[0]) == pytest.approx(0.5 * body.bust_point_distance, abs=0.01)
    assert float(np.interp(0.0, heart[::-1, 0], heart[::-1, 1])) < top[1] - 0.03


@pytest.mark.parametrize(
    ("style", "error", "words"),
    [
        (replace(LOOKS["strapless"], sleeve="long"), BadInput, "armholes"),
        (replace(LOOKS["halter"], sleeve="short"), BadInput, "armholes"),
        (replace(LOOKS["off_shoulder"], sleeve="sleeveless"), BadInput, "sleeves"),
        (replace(LOOKS["shirt_collar"], neck=0.25), Infeasible, "25.0 cm"),
    ],
)
def test_what_cannot_be_worn_is_refused_in_one_sentence(
    style: Style, error: type[Exception], words: str, body: Measurements
) -> None:
    with pytest.raises(error, match=words) as caught:
        draft([style], body)
    assert str(caught.value).count(". ") == 0


@pytest.mark.slow
@pytest.mark.parametrize("body_name", BODIES)
@pytest.mark.parametrize("look", LOOKS)
def test_every_look_drapes_and_stays_on(look: str, body_name: str) -> None:
    on = figure(body_name)
    cloth = dress(draft([LOOKS[look]], on.measurements), on, 0.02)
    at_rest = drape(cloth, on.vertices, on.faces).vertices
    assert len(cloth_self_intersections(at_rest, cloth.faces)) == 0
    flesh = FleshPress(on.faces, len(on.vertices)).press(on.vertices.astype(np.float32), at_rest, cloth.faces)
    assert len(body_cloth_intersections(at_rest, cloth.faces, flesh, on.faces)) == 0
    assert check_topology(at_rest, cloth, on.joints) == []
    tops = [ring for name, ring in cloth.loops.items() if name.endswith("/top")]
    for ring in tops:  # held where it was put: the elastic does not slide
        assert abs(float(at_rest[ring, 1].mean() - cloth.vertices[ring, 1].mean())) < 0.035

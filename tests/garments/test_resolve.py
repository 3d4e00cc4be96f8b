"""Resolving: every default filled in, said, and within what can be made."""

from __future__ import annotations

import itertools
from typing import Any, get_args

import pytest

from toile.garments.resolve import DRAFTED, SLEEVES, resolve
from toile.garments.resolved import ResolvedRequest
from toile.garments.spec import (
    Category,
    FabricName,
    GarmentSpec,
    Length,
    MotionName,
    MotionSpec,
    Neckline,
    Provenance,
    Silhouette,
    Sleeve,
    TryOnRequest,
    ViewsSpec,
)


def made(*garments: dict[str, Any], **parts: Any) -> ResolvedRequest:
    """Resolve a request for some garments."""
    return resolve(TryOnRequest(garments=tuple(GarmentSpec(**garment) for garment in garments), **parts))


BARE = ("strapless", "sweetheart", "halter")
SKIRTS = ("straight", "a_line", "half_circle", "circle", "pencil", "mermaid", "tiered", "pleated", "wrap")
MADE = sorted(DRAFTED)


@pytest.mark.parametrize("category", MADE)
def test_every_word_that_can_be_asked_for_becomes_something_that_can_be_made(category: str) -> None:
    words = itertools.zip_longest(
        get_args(Silhouette), get_args(Length), get_args(Neckline), get_args(Sleeve), get_args(FabricName)
    )
    for silhouette, length, neckline, sleeve, fabric in words:
        garment = made(
            {
                "category": category,
                "silhouette": silhouette,
                "length": length,
                "neckline": neckline,
                "sleeve": sleeve,
                "fabric": fabric,
            }
        ).garments[0]
        assert garment.category in DRAFTED
        assert garment.neckline == (neckline or garment.neckline)
        assert garment.sleeve in SLEEVES
        assert sleeve != "sleeveless" or garment.sleeve == sleeve or neckline == "off_shoulder"
        if garment.neckline in BARE and category not in ("skirt", "trousers", "shorts"):
            assert garment.sleeve == "sleeveless"
        if garment.category in ("dress", "skirt"):
            assert garment.silhouette in SKIRTS
        assert garment.length_cm is None or 20.0 < garment.length_cm < 160.0


def test_every_category_is_drafted() -> None:
    assert set(get_args(Category)) == set(MADE)


def test_what_was_said_stays_and_what_was_chosen_is_marked() -> None:
    resolved = made({"category": "dress", "waist_cm": 76.0, "length_cm": 110.0, "neckline": "v"})
    garment = resolved.garments[0]
    assert (garment.waist_cm, garment.length_cm, garment.neckline) == (76.0, 110.0, "v")
    assert resolved.sources["garments[0].waist_cm"] == "stated"
    assert resolved.sources["garments[0].fabric"] == "default"
    assert {note.kind for note in resolved.notes} == {"assumption"}


def test_a_detail_that_cannot_be_made_is_said() -> None:
    resolved = made({"category": "dress", "details": ("bow",)})
    assert {n.field for n in resolved.notes if n.kind == "unsupported"} == {"garments[0].details"}


@pytest.mark.parametrize("neckline", BARE)
def test_sleeves_that_have_no_shoulder_to_hang_on_are_a_conflict(neckline: str) -> None:
    resolved = made({"category": "dress", "neckline": neckline, "sleeve": "long"})
    assert resolved.garments[0].sleeve == "sleeveless"
    assert {n.field for n in resolved.notes if n.kind == "conflict"} == {"garments[0].sleeve"}


def test_an_off_shoulder_top_has_sleeves() -> None:
    assert (
        made({"category": "blouse", "neckline": "off_shoulder", "sleeve": "sleeveless"}).garments[0].sleeve
        == "short"
    )


def test_a_slit_is_passed_on_where_there_is_a_side_seam_to_open() -> None:
    for garment, drafted in (
        ({"category": "skirt", "silhouette": "straight"}, True),
        ({"category": "dress"}, True),
        ({"category": "trousers"}, False),
    ):
        resolved = made({**garment, "slit": True})
        assert resolved.garments[0].slit
        noted = any(n.field == "garments[0].slit" and n.kind == "unsupported" for n in resolved.notes)
        assert noted != drafted


def test_a_turn_takes_six_seconds_unless_said() -> None:
    assert made({"category": "dress"}, motion={"name": "turn"}).motion.seconds == 6.0
    assert made({"category": "dress"}, motion={"name": "turn", "seconds": 4.0}).motion.seconds == 4.0


def test_longer_words_are_longer_garments() -> None:
    for category in ("dress", "skirt"):
        lengths = [
            made({"category": category, "length": word}).garments[0].length_cm or 0.0
            for word in ("micro", "mini", "knee", "midi", "ankle", "floor")
        ]
        assert lengths == sorted(set(lengths))


def test_a_stated_length_names_its_word() -> None:
    assert made({"category": "dress", "length_cm": 110.0}).garments[0].length == "midi"
    assert made({"category": "skirt", "length_cm": 40.0}).garments[0].length == "mini"


def test_layers_differ_and_follow_what_was_said() -> None:
    usual = made({"category": "t_shirt"}, {"category": "trousers"})
    assert [garment.layer for garment in usual.garments] == [1, 0]
    said = made({"category": "t_shirt", "layer": 0}, {"category": "skirt", "layer": 1})
    assert [garment.layer for garment in said.garments] == [0, 1]


def test_two_garments_of_a_kind_have_names_of_their_own() -> None:
    names = [g.name for g in made({"category": "skirt"}, {"category": "skirt"}).garments]
    assert names == ["skirt_1", "skirt_2"]


@pytest.mark.parametrize("name", get_args(MotionName))
def test_every_motion_is_made(name: str) -> None:
    resolved = made({"category": "dress"}, motion=MotionSpec(name=name))  # type: ignore[arg-type]
    assert resolved.motion.name == name
    assert not [note for note in resolved.notes if note.field == "motion.name"]
    assert resolved.motion.seconds * resolved.motion.fps >= 60


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6, 12])
def test_a_number_of_views_is_that_many_directions(count: int) -> None:
    azimuths = made({"category": "dress"}, views=ViewsSpec(count=count)).views.azimuths_deg
    assert len(set(azimuths)) == count
    assert azimuths[0] == 0.0


def test_the_document_holds_everything() -> None:
    document = made({"category": "dress"}).to_dict()
    assert set(document) == {"garments", "wearer", "motion", "views", "sources", "notes"}
    assert document["garments"][0]["fabric"] == "cotton"


def test_an_empire_dress_has_its_seam_under_the_bust() -> None:
    for said in ({"silhouette": "empire"}, {"waistline": "empire"}):
        garment = made({"category": "dress", **said}).garments[0]
        assert (garment.silhouette, garment.waistline) == ("a_line", "empire")
    assert made({"category": "skirt", "waistline": "high"}).garments[0].waistline == "high"
    assert made({"category": "trousers", "waistline": "empire"}).garments[0].waistline == "natural"


def test_a_sleeve_style_brings_its_sleeve() -> None:
    for style, sleeve in (("puff", "short"), ("bell", "long"), ("bishop", "long")):
        garment = made({"category": "dress", "sleeve_style": style}).garments[0]
        assert (garment.sleeve_style, garment.sleeve) == (style, sleeve)
    assert made({"category": "t_shirt", "sleeve_cm": 32.0}).garments[0].sleeve == "elbow"


def test_the_blue_of_denim_is_indigo_unless_a_colour_was_typed() -> None:
    """A stated name stays, what it looks like is said; other cloth and typed colours are as they were asked."""
    blue = {"name": "blue", "hex": "#1f4fa3"}
    jeans = made({"category": "trousers", "fabric": "denim", "colour": blue})
    assert (jeans.garments[0].colour_name, jeans.garments[0].colour_hex) == ("blue", "#3f5f8f")
    assert any(n.message == "The blue of denim is indigo, #3f5f8f." for n in jeans.notes)
    typed = {"garments[0].colour": Provenance(value="#1f4fa3", text="#1f4fa3", source="stated")}
    kept = made({"category": "trousers", "fabric": "denim", "colour": blue}, provenance=typed)
    assert kept.garments[0].colour_hex == "#1f4fa3"
    cotton = made({"category": "trousers", "fabric": "cotton", "colour": blue})
    assert cotton.garments[0].colour_hex == "#1f4fa3"


def test_a_long_dress_is_longer_over_a_fuller_bust_and_a_skirt_is_not() -> None:
    def length(category: str, bust: float, length: str = "floor") -> float:
        found = (
            made(
                {"category": category, "length": length},
                wearer={"height_cm": 170.0, "bust_cm": bust, "hip_cm": 100.0},
            )
            .garments[0]
            .length_cm
        )
        assert found is not None
        return found

    drop = (0.855 - 0.015) * 170.0
    assert drop + 3.0 < length("dress", 84.0) < length("dress", 110.0) < drop + 0.085 * 170.0
    assert length("skirt", 84.0) == length("skirt", 110.0)

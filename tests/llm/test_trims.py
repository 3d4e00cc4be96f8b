"""Parts keep their colours, cloths and lengths to themselves, and it is said."""

from __future__ import annotations

import pytest

from toile.llm import parse


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("a cream jacket with gold buttons", "cream"),
        ("white shirt, black collar", "white"),
        ("白衬衫，领子是黑色的", "white"),
        ("red coat with a navy belt and white embroidery", "red"),
        ("墨绿旗袍，镶边是金色的", "dark green"),
        ("jacket: navy. lining: red. buttons: gold.", "navy"),
        ("dark jeans, indigo, brown belt", "indigo"),
    ],
)
def test_the_colour_of_a_part_is_not_the_garments(text: str, colour: str) -> None:
    request = parse(text)
    assert request.garments[0].colour is not None
    assert request.garments[0].colour.name == colour
    assert request.clarification is None
    assert any(note.kind == "unsupported" for note in request.notes)


@pytest.mark.parametrize(
    ("text", "fabric"),
    [
        ("leather jacket with a velvet collar and silk lining, black", "leather"),
        ("a white cotton dress with lace sleeves and a leather belt", "cotton"),
        ("面料用羊毛，里布用真丝，黑色大衣", "wool"),
    ],
)
def test_the_cloth_of_a_part_is_not_the_garments(text: str, fabric: str) -> None:
    request = parse(text)
    assert request.garments[0].fabric == fabric
    assert request.clarification is None


@pytest.mark.parametrize(
    "text",
    [
        "a black pencil skirt, back vent 15 cm",
        "黑色半身裙，开衩20厘米",
        "灯芯绒背带裙，膝盖上面10公分",
        "婚纱，一字肩，拖尾两米",
        "a skirt two inches above the knee",
        "臀围比腰围大二十公分的铅笔裙",
        "a coat that ends 5 cm below the knee",
    ],
)
def test_a_distance_or_a_parts_length_is_no_measurement_of_garment_or_wearer(text: str) -> None:
    request = parse(text)
    garment, wearer = request.garments[0], request.wearer
    assert garment.length_cm is None
    assert garment.hip_cm is None
    assert wearer.height_cm is None
    assert any(note.kind == "ignored" for note in request.notes)


def test_a_colour_in_a_noun_phrase_is_the_garments() -> None:
    for text in ("a gold button-down shirt", "黑色双排扣大衣", "red belted coat", "silver sequin gown"):
        assert parse(text).garments[0].colour is not None

"""Which measurement a number is, and whose."""

from __future__ import annotations

from typing import Any

import pytest

from toile.llm import parse


def numbers(text: str) -> dict[str, float]:
    """Return every number of a request by its path: 0.waist_cm for a garment's, wearer.waist_cm."""
    document = parse(text).to_dict()
    parts: list[tuple[str, dict[str, Any]]] = [(str(i), g) for i, g in enumerate(document["garments"])]
    parts += [("wearer", document["wearer"])]
    return {
        f"{part}.{name}": value
        for part, values in parts
        for name, value in values.items()
        if name.endswith(("_cm", "_kg")) and value is not None
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "bust 88 waist 70 on me; the dress should be 105 long",
            {"wearer.bust_cm": 88.0, "wearer.waist_cm": 70.0, "0.length_cm": 105.0},
        ),
        (
            "腰围66，臀围92，这是净尺寸，做一条包臀半裙长58",
            {"wearer.waist_cm": 66.0, "wearer.hip_cm": 92.0, "0.length_cm": 58.0},
        ),
        ("jacket length 62, the trousers 104", {"0.length_cm": 62.0, "1.length_cm": 104.0}),
        ("height one seventy, red dress", {"wearer.height_cm": 170.0}),
        ("my waist is 31 and a half inches, straight jeans", {"wearer.waist_cm": 80.0}),
        ("给我男朋友搞件卫衣 他一米八 一百五十斤", {"wearer.height_cm": 180.0, "wearer.weight_kg": 75.0}),
        ("领子高4厘米的高领毛衣，衣长60", {"0.length_cm": 60.0}),
        ("blouse, bust 94 cm +/- 0.5, bishop sleeve 60 cm", {"0.bust_cm": 94.0, "0.sleeve_cm": 60.0}),
        ("成衣胸围110，衣长72，男，180，卫衣", {"0.bust_cm": 110.0, "0.length_cm": 72.0, "wearer.height_cm": 180.0}),
        ("length 100 no 110, waist 70, dress", {"0.length_cm": 110.0, "0.waist_cm": 70.0}),
        ("大腿围56的我要一条宽松牛仔裤，腰围72", {"wearer.thigh_cm": 56.0, "0.waist_cm": 72.0}),
        ("体重50公斤，身高158。身高写错了，是168。白色连衣裙", {"wearer.height_cm": 168.0, "wearer.weight_kg": 50.0}),
        ("腰围搞错了，不是66厘米，是70厘米，红色半身裙", {"0.waist_cm": 70.0}),
        ("the waist was wrong, it's 72 cm not 62 cm, red skirt", {"0.waist_cm": 72.0}),
        ("胸围不对，裙长60厘米，红色半身裙", {"0.length_cm": 60.0}),
        ("white shirt, bust 100 cm, no wait, sleeve 60 cm", {"0.bust_cm": 100.0, "0.sleeve_cm": 60.0}),
        ("dress, bust 46 cm, waist 38 cm, hip 50 cm", {"0.bust_cm": 92.0, "0.waist_cm": 76.0, "0.hip_cm": 100.0}),
        ("red skirt, waist 38 cm, hip 100 cm", {"0.waist_cm": 76.0, "0.hip_cm": 100.0}),
    ],
)  # fmt: skip
def test_each_number_has_the_owner_that_the_words_give_it(text: str, expected: dict[str, float]) -> None:
    found = numbers(text)
    assert found == pytest.approx(expected, abs=0.06)


def test_an_age_and_a_bra_size_are_no_measurements_and_ask_nothing() -> None:
    for text in ("我妈六十了，做件深红旗袍", "I'm a 34B, waist 27, red wrap dress"):
        request = parse(text)
        assert request.clarification is None
        assert "wearer.bust_cm" not in numbers(text)
    assert any("34B" in note.message for note in request.notes)


@pytest.mark.parametrize(
    ("text", "waist", "hip"),
    [
        ("black skirt, waist 94 cm, hip 70 cm", 94.0, 70.0),
        ("腰围90厘米，臀围68厘米，黑色半身裙", 90.0, 68.0),
        ("trousers, waist 32 in, hip 25 in", 81.28, 63.5),
    ],
)
def test_a_hip_under_its_waist_is_kept_as_said_with_a_note_and_not_doubled(
    text: str, waist: float, hip: float
) -> None:
    assert numbers(text) == pytest.approx({"0.waist_cm": waist, "0.hip_cm": hip}, abs=0.06)
    assert ("garments[0].hip_cm", "conflict") in {(n.field, n.kind) for n in parse(text).notes}


def test_a_hip_over_its_waist_is_no_conflict() -> None:
    assert not parse("black skirt, waist 70 cm, hip 94 cm").notes


@pytest.mark.parametrize(
    "text", ["yellow wrap dress, midi, waist 90, 168 cm, sitting down", "红色迷你连衣裙，168cm，走路"]
)
def test_no_midi_is_as_long_as_its_wearer_is_tall(text: str) -> None:
    found = numbers(text)
    assert found["wearer.height_cm"] == 168.0
    assert "0.length_cm" not in found


def test_a_floor_length_may_be_as_long_and_no_longer_than_to_the_floor() -> None:
    assert numbers("red maxi dress, 150 cm, walking") == {"0.length_cm": 150.0}
    assert numbers("floor-length velvet gown, 170 cm, bust 88")["wearer.height_cm"] == 170.0
    assert numbers("floor-length velvet gown, length 170 cm") == {"0.length_cm": 170.0}

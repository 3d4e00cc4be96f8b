"""When a question is due, and that it is asked in the user's language."""

from __future__ import annotations

import pytest

from toile.llm import parse


@pytest.mark.parametrize(
    ("text", "field", "among"),
    [
        ("帮我做一件上衣", "garments[0].category", "衬衫"),
        ("a top", "garments[0].category", "shirt"),
        ("a dress or a skirt, red", "garments[0].category", "skirt"),
        ("裙子，黑色", "garments[0].category", "半身裙"),
        ("半身裙，38", "request", "腰围"),
        ("紧身又宽松的黑色T恤", "garments[0].fit", "紧身"),
        ("dress 100 cm long and 120 cm long, red", "garments[0].length_cm", "100 cm"),
    ],
)
def test_what_is_open_is_asked(text: str, field: str, among: str) -> None:
    asked = parse(text).clarification
    assert asked is not None
    assert asked.field == field
    assert among in asked.alternatives
    assert any("\u4e00" <= c <= "\u9fff" for c in asked.question) == any(
        "\u4e00" <= c <= "\u9fff" for c in text
    )


@pytest.mark.parametrize(
    "text",
    [
        "一件蓝色连衣裙，腰围76厘米，长度110cm",
        "a navy wool coat, 100 cm long",
        "一件红色连衣裙，不对，要蓝的",
        "waist 70, sorry, 72, black skirt",
        "白衬衫配黑半裙",
        "蓝白T恤",
        "a blue long dress, waist 38, length 110 cm",
    ],
)
def test_what_is_clear_or_only_assumed_is_not_asked(text: str) -> None:
    assert parse(text).clarification is None

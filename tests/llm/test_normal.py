"""Normal form: what is folded, and that every character leads back to where it came from."""

from __future__ import annotations

import pytest

from toile.llm.normal import is_chinese, normalise, simplified


@pytest.mark.parametrize(
    ("original", "normal"),
    [
        ("腰围３８，長度１１０ｃｍ", "腰围38，长度110cm"),
        ("28½”", '28.5"'),
        ("5′6″", "5'6\""),
        ("T-Shirt", "t shirt"),
        ("70-75", "70-75"),
        ("height -165", "height -165"),
        ("白色 T 恤", "白色t恤"),
        ("a\u200b\u202eb\x07", "ab"),
        ("45°", "45度"),
    ],
)
def test_writing_is_folded(original: str, normal: str) -> None:
    assert normalise(original).text == normal


def test_every_character_leads_back_to_its_origin() -> None:
    original = "一件藍色 長裙，28½″ Ａ-line"
    normal = normalise(original)
    assert len(normal.text) == len(normal.origin)
    assert list(normal.origin) == sorted(normal.origin)
    start = normal.text.index("28.5")
    assert normal.words(start, start + 5) == "28½″"
    start = normal.text.index("蓝")
    assert normal.words(start, start + 4) == "藍色 長裙"


def test_traditional_characters_have_one_simplified_form() -> None:
    table = simplified()
    assert len(table) > 600
    assert all(len(simple) == 1 and simple not in table for simple in table.values())


def test_the_language_is_that_of_most_words() -> None:
    assert is_chinese("一件 T-shirt，白色")
    assert not is_chinese("a red 旗袍 with short sleeves please")

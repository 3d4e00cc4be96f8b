"""A request back in words: everything that was stated is in the summary, in the user's language."""

from __future__ import annotations

import pytest

from toile.llm import parse
from toile.llm.summary import summarise


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("一件蓝色长裙，腰围38，长度110cm", "蓝色连衣裙，长款，长110厘米，腰围76厘米。"),
        (
            "深红色真丝旗袍，M码，走秀5秒，正面背面",
            "深红色真丝修身直筒连衣裙，立领，有开衩。穿着者：尺码M。动作：走秀，5秒。视角：0°、180°。",
        ),
        ("an olive jumpsuit, sleeveless", "An olive jumpsuit, sleeveless."),
        ("black straight trousers, waist 78 cm", "Black straight trousers, waist 78 cm."),
        ("a white t-shirt. I am 170 cm, three views", "A white T-shirt. Wearer: height 170 cm. 3 views."),
    ],
)
def test_a_summary_says_what_was_understood(text: str, words: str) -> None:
    assert summarise(parse(text)) == words


def test_every_stated_number_is_in_the_summary() -> None:
    text = "衬衫，胸围104厘米，肩宽45厘米，袖长60厘米，领围40厘米，长72厘米。我身高178厘米，体重70公斤"
    said = summarise(parse(text))
    assert all(f"{n}厘米" in said for n in (104, 45, 60, 40, 72, 178))
    assert "70公斤" in said

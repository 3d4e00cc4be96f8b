"""Texts that are refused: no garment is asked for, something else is, a question about clothes, clothes for children."""

from __future__ import annotations

import re

from toile.engine.core.errors import BadInput
from toile.llm.grouping import Grouping
from toile.llm.scan import Scan

_QUESTION = re.compile(
    r"^(?:how(?! about)|why|which|what(?! about)|who|where|when (?:will|can|do|does|did|is|are)|is|are|does|do|did|was|should)\b|怎么|如何|为什么|为何"
)
_MOOD = re.compile(  # a story only named for its air: "dad joke energy", "movie star vibes", 电影感
    r"\b(?:joke|story|movie|film|weather|poem|haiku|history|news|song|essay|homework|shipping|recipe)s?(?: [a-z]+){0,2}? (?:vibes?|energy|gifts?|presents?|moods?|feel|feeling|looks?|style|aesthetic|inspired|core|themed?|party|night|outfit|costume|star|ready|anchor|reporter)\b"
    r"|\b(?:cold|warm|hot|wet|winter|summer|rainy|this|bad) weather\b|(?:故事|笑话|历史|诗歌|新闻|天气)(?:感|风|范|味|里|氛围|主播|女主)"
)
_DENIED = re.compile(r"(?:不会?|别|没|怕|防|易|容易|n't|not|no|never|without) ?$")
_ENDS_AS_QUESTION = re.compile(r"吗[?？。!]*$")


def _denied(scanned: Scan, index: int) -> bool:
    """Return whether a word of another matter only says what the cloth shall not do: 不要起球, "no stains"."""
    start = scanned.tokens[index].start
    before = scanned.tokens[index - 1] if index else None
    refused = before is not None and before.meaning("negation") is not None
    return (refused and len(scanned.between(index - 1, index)) <= 6) or (
        _DENIED.search(scanned.normal.text[max(0, start - 8) : start]) is not None
    )


def must_ask(scanned: Scan, grouping: Grouping, chinese: bool) -> None:
    """Refuse a text that asks for no garment, or asks about one."""
    tokens = scanned.tokens
    if not grouping.drafts:
        other = next((i for i, t in enumerate(tokens) if t.meaning("other") is not None), None)
        if other is not None:
            word = "".join(c for c in scanned.words(other)[:30] if c.isprintable())
            raise BadInput(
                f"还不能制作“{word}”；可以要连衣裙、半身裙、T恤、裤子等。"
                if chinese
                else f"A garment such as {word!r} cannot be made; ask for a dress, skirt, T-shirt, trousers and the like."
            )
        raise BadInput(
            "没有看到要做的服装；请说明款式，例如“一件蓝色连衣裙，腰围76厘米”。"
            if chinese
            else "No garment is asked for; say which one, e.g. a blue dress, waist 76 cm, length 110 cm."
        )
    measured = any(
        t.quantity is not None and t.quantity.unit in ("cm", "mm", "in", "m", "kg", "chi") for t in tokens
    )
    asked = any(t.meaning("request") is not None for t in tokens)
    described = any(t.meaning("colour", "attribute", "measure") is not None for t in tokens)
    if _ENDS_AS_QUESTION.search(scanned.normal.text.strip()) and not (measured or described):
        raise BadInput(
            "这不像是制作服装的要求；请说明要做的款式，例如“一件蓝色连衣裙，腰围76厘米”。"
            if chinese
            else "This does not ask for a garment to be made; say which one, e.g. a blue dress, waist 76 cm."
        )
    moods = [m.span() for m in _MOOD.finditer(scanned.normal.text)]
    elsewhere = any(
        t.meaning("ood") is not None
        and not any(a <= t.start and t.end <= b for a, b in moods)
        and not (described and _denied(scanned, i))
        for i, t in enumerate(tokens)
    )
    question = _QUESTION.search(scanned.normal.text.strip()) is not None and not asked
    if (question or elsewhere) and not measured:
        raise BadInput(
            "这不像是制作服装的要求；请说明要做的款式，例如“一件蓝色连衣裙，腰围76厘米”。"
            if chinese
            else "This does not ask for a garment to be made; say which one, e.g. a blue dress, waist 76 cm."
        )
    young = any(t.quantity is not None and t.quantity.unit == "age" and t.quantity.value < 14 for t in tokens)
    if young or any(t.meaning("child") is not None for t in tokens):
        raise BadInput(
            "只能制作成人服装；请说明成人的款式和尺寸。"
            if chinese
            else "Only adults' garments are made; say which garment an adult shall wear."
        )

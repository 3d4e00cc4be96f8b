"""Relative words of a change: shorter, 再短一点, 加长5厘米, looser, 颜色深一点, a size up: which field, which way, how far.

Without an amount a length changes by 5 cm (sleeves by 3), a girth by 2, and 有点/slightly halves, much/很多 doubles that:
stated assumptions, said as such. Fit and colour go one step on their scales.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from toile.llm.lexicon import lexicon, modifiers, shade
from toile.llm.normal import NormalText
from toile.llm.numerals import CM_PER, quantity_at

STEP_CM: Mapping[str, float] = {"length_cm": 5.0, "sleeve_cm": 3.0, "waist_cm": 2.0, "bust_cm": 3.0, "hip_cm": 3.0, "hem_cm": 10.0,
                               "shoulder_cm": 1.0, "inseam_cm": 3.0, "neck_cm": 1.0}  # fmt: skip
SLEEVES = ("sleeveless", "cap", "short", "elbow", "three_quarter", "long")
_PLAIN_CM = 25.0
FITS = ("skintight", "slim", "regular", "loose", "oversized")
_PARTS = {
    "sleeve_cm": r"袖子?|袖长|sleeves?|sleeve length",
    "waist_cm": r"腰围?|腰部|腰身|waist",
    "bust_cm": r"胸围?|胸部|bust|chest",
    "hip_cm": r"臀围?|臀部|屁股|hips?",
    "hem_cm": r"裙摆|下摆|摆围|裤脚|脚口|hem",
    "shoulder_cm": r"肩宽?|肩膀|shoulders?",
    "inseam_cm": r"内缝|inseam|inside leg",
    "neck_cm": r"领围|领口|neck",
    "length_cm": r"长度|裙长|裤长|衣长|length",
}
_ZH = re.compile(
    r"(?P<more>再|更|稍微|稍|略|还要|要|太)?(?P<word>紧身|修身|宽大|改短|剪短|缩短|变短|短|加长|放长|改长|变长|长|放宽|加宽|宽松|松|宽|肥|收紧|收窄|改小|放大|加大|紧|瘦|窄|深|浅|亮|暗|大(?=一?点|一?些)|小(?=一?点|一?些)|大一码|大一号|小一码|小一号)"
    r"(?P<much>多了|很多|一些|一点点?|点儿?|些|一截)?(?P<by>[\d.一二两三四五六七八九十半]{0,4} ?(?:cm|厘米|公分|寸|英寸|mm|毫米))?"
)
_BY = r"[\d.]+ ?(?:cm|厘米|公分|寸|英寸|mm|毫米)|[一二两三四五六七八九十半]{1,3} ?(?:cm|厘米|公分|寸|英寸)"
_ZH_BY = re.compile(
    rf"(?P<more>再)?(?P<word>减少|减掉|减去|减短|减|缩小|收小|增加|加上|加|放大|加大|放|收|去掉|小|大)了?(?P<by>{_BY})"
)
_COUNTS = {
    word: str(n)
    for n, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], start=1
    )
}
_EN = re.compile(
    r"(?:(?P<by>(?:[\d.]+|one|two|three|four|five|six|seven|eight|nine|ten) ?(?:cm|mm|in(?:ch(?:es)?)?|\"|centimet(?:er|re)s?))\s+)?(?:(?P<more>a (?:little )?bit|slightly|a little|a touch|much|a lot|way|even|somewhat) )?"
    r"(?:more )?(?P<word>shorter|longer|looser|tighter|slimmer|wider|narrower|roomier|baggier|darker|lighter|paler|deeper|brighter|bigger|larger|smaller|(?:one|a) size (?:up|down))"
    r"(?: by (?P<by2>[\d.]+ ?(?:cm|mm|in(?:ch(?:es)?)?|\")))?|\b(?P<verb>shorten|lengthen|loosen|tighten|widen)(?P<what> (?:it|the [a-z]+))?(?: by (?P<by3>[\d.]+ ?(?:cm|mm|in(?:ch(?:es)?)?|\")))?"
)
_DOWN = re.compile(r"短|紧|修|收|窄|瘦|小|减|去|shorter|shorten|tight|slimmer|narrow|smaller|down")
_COLOUR = {"深": "dark", "暗": "dark", "浅": "light", "亮": "bright", "darker": "dark", "deeper": "dark", "lighter": "light",
           "paler": "light", "brighter": "bright"}  # fmt: skip
_TO = re.compile(r" ?(?:到|至|to (?:the|her|his|my) )")
_CLAUSE = re.compile(r"[,，;。.!?、]")


@dataclass(frozen=True)
class Step:
    """One relative change: span and words in the text, field, amount in cm (None: a step), direction, garment named."""

    start: int
    end: int
    words: str
    field: str
    sign: int
    amount: float | None
    factor: float = 1.0
    category: str | None = None
    shade: str | None = None

    @property
    def exact(self) -> bool:
        """Whether the text says by how much."""
        return self.amount is not None

    def suits(self, category: str) -> bool:
        """Return whether a garment can change this way."""
        if self.field in ("sleeve_cm", "bust_cm", "shoulder_cm", "neck_cm"):
            return category not in ("skirt", "trousers", "shorts")
        return not (self.field == "inseam_cm" and category not in ("trousers", "shorts", "jumpsuit"))

    def value(self, asked: Mapping[str, Any], made: Mapping[str, Any]) -> Any:
        """Return the new value from what is asked for and what the look has now; None when there is no further step."""
        if self.field == "fit":
            place = FITS.index(asked["fit"] or made.get("fit") or "regular") + self.sign
            return FITS[place] if 0 <= place < len(FITS) else None
        if self.field == "colour":
            return self._shaded(asked["colour"] or made.get("colour"))
        before = asked[self.field] if asked[self.field] is not None else made.get(self.field)
        if before is None:
            return None
        change = self.amount if self.amount is not None else self.factor * STEP_CM[self.field]
        return round(before + self.sign * change, 1)

    def word(self, asked: Mapping[str, Any], made: Mapping[str, Any]) -> str | None:
        """Return the next word for a sleeve whose length in centimetres nobody said; None when there is none."""
        said = asked["sleeve"] or made.get("sleeve")
        if self.field != "sleeve_cm" or self.exact or asked["sleeve_cm"] is not None or said is None:
            return None
        place = SLEEVES.index(said) + self.sign
        return SLEEVES[place] if 0 <= place < len(SLEEVES) else None

    def _shaded(self, colour: Mapping[str, str] | None) -> dict[str, str] | None:
        modifier = modifiers().get(self.shade or "")
        if modifier is None or colour is None:
            return None
        if (colour["name"], self.shade) in (("black", "dark"), ("white", "light")):
            return None
        first, _, rest = colour["name"].partition(" ")
        base = rest if first in modifiers() and rest else colour["name"]
        opposite = {("light", "dark"), ("dark", "light")}
        name = base if (first, self.shade) in opposite and rest else f"{self.shade} {base}"
        return {"name": name[:80], "hex": shade(colour["hex"], modifier)}


def steps(normal: NormalText) -> list[Step]:
    """Return the relative changes that a text says, in order."""
    text = normal.text
    found: list[Step] = []
    for pattern in (_ZH_BY, _ZH, _EN):
        for match in pattern.finditer(text):
            step = _step(normal, match)
            if step is not None and all(step.start >= s.end or step.end <= s.start for s in found):
                found.append(step)
    return sorted(found, key=lambda s: s.start)


def _step(normal: NormalText, match: re.Match[str]) -> Step | None:
    text, groups = normal.text, match.groupdict()
    word = groups["word"] or groups.get("verb") or ""
    by = groups.get("by") or groups.get("by2") or groups.get("by3")
    chinese = text[match.start("word") if groups["word"] else match.start()] > "\u3000"
    verb = len(word) >= 2 or not chinese
    if chinese and not (groups["more"] or groups.get("much") or by or verb):
        return None  # 长裙, 短袖: no change
    if chinese and word in ("宽松", "紧身", "修身", "宽大") and not (groups["more"] or groups.get("much")):
        return None
    clause = max((m.end() for m in _CLAUSE.finditer(text, 0, match.start())), default=0)
    before = text[clause : match.start()]
    after = text[match.end() : match.end() + 12] if not chinese else ""
    field, start = _field(before, after, word, groups.get("what") or "", clause)
    if field is None:
        return None
    if by is None and _TO.match(text, match.end()):
        return None  # 改短到膝盖: how far is said by the place
    said = by.strip() if by else ""
    first_word = said.split(" ")[0]
    said = said.replace(first_word, _COUNTS[first_word], 1) if first_word in _COUNTS else said
    quantity = quantity_at(said, 0) if said else None
    amount = quantity.value * CM_PER.get(quantity.unit or "cm", 1.0) if quantity is not None else None
    if by and (amount is None or (word == "长" and not groups["more"] and amount > _PLAIN_CM)):
        return None  # 长100厘米 is a length, 长5厘米 a change
    more = (groups["more"] or "") + (groups.get("much") or "")
    factor = (
        2.0
        if re.search(r"much|a lot|way|很多|多了|一截", more)
        else 0.5
        if re.search(r"slight|touch|little|稍|略", more)
        else 1.0
    )
    named = _named(before)
    first = start if start is not None else match.start()
    return Step(
        first,
        match.end(),
        normal.words(match.start(), match.end()),
        field,
        -1 if _DOWN.search(word) else 1,
        round(amount, 2) if amount is not None else None,
        factor,
        named,
        _COLOUR.get(word),
    )


def _field(before: str, after: str, word: str, what: str, clause: int) -> tuple[str | None, int | None]:
    """Return the field that a relative word changes, and where the words for it begin."""
    if word in _COLOUR:
        return "colour", None
    for part, pattern in _PARTS.items():
        found = re.search(rf"(?:{pattern})(?:的|要|再|is|should be|be|need to be| )*$", before) or (
            re.match(rf" ?(?:{pattern})", after) or re.search(rf"\b(?:{pattern})\b", what)
        )
        if found:
            return part, clause + found.start() if found.string is before else None
    if re.search(r"短|长|减|加$|增加|加上|short|long|length", word):
        return "length_cm", None
    return "fit", None


def _named(before: str) -> str | None:
    """Return the category of a garment named in the same clause before a relative word."""
    for start in range(len(before)):
        found = lexicon().longest(before, start)
        if found is not None:
            for meaning in found[1]:
                if meaning.kind == "garment" and not meaning.generic:
                    return str(meaning.sets["category"])
    return None

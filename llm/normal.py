"""Normal form of an instruction, one character at a time, so that every span leads back to the original text.

Full-width forms become half-width, capitals small, traditional characters simplified, typographic quotes, fractions
and dashes plain; control characters, bidirectional marks and emoji modifiers vanish; hyphens inside words become
spaces. `½` turns into `.5` (28½ is 28.5): plain NFKC would make it 281/2.
"""

from __future__ import annotations

import functools
import json
import unicodedata
from dataclasses import dataclass
from importlib import resources

_NUMERALS = "零〇一二两三四五六七八九十百千半"
SINGLE_COLOURS = "黑白红蓝绿黄橙橘紫粉棕褐灰米杏青金银驼咖"

_SPECIAL = {
    "½": ".5",
    "¼": ".25",
    "¾": ".75",
    "⅛": ".125",
    "⅜": ".375",
    "⅝": ".625",
    "⅞": ".875",
    "⅓": ".333",
    "⅔": ".667",
    "″": '"',
    "”": '"',
    "“": '"',
    "〃": '"',
    "＂": '"',
    "′": "'",
    "’": "'",
    "‘": "'",
    "＇": "'",
    "´": "'",
    "−": "-",
    "–": "-",
    "—": "-",
    "‐": "-",
    "‑": "-",
    "～": "~",
    "〜": "~",
    "×": "x",
    "✕": "x",
    "°": "度",
    "º": "度",
    "，": "，",
    "。": "。",
    "：": ":",
    "；": ";",
    "！": "!",
    "？": "?",
    "㎝": "cm",
    "㎜": "mm",
    "㎏": "kg",
    "㎡": " ",
    "／": "/",
    "\t": " ",
    "\u3000": " ",
    "\u00a0": " ",
}


@dataclass(frozen=True)
class NormalText:
    """Normalised characters and, for each, the index of the original character that it came from."""

    original: str
    text: str
    origin: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the half-open span of the original text for a half-open span of the normal text."""
        if start >= end or start >= len(self.origin):
            return (len(self.original), len(self.original))
        return (self.origin[start], self.origin[min(end, len(self.origin)) - 1] + 1)

    def words(self, start: int, end: int) -> str:
        """Return the original words of a span of the normal text."""
        first, last = self.span(start, end)
        return self.original[first:last]


@functools.cache
def simplified() -> dict[str, str]:
    """Return the simplified character for each traditional one that matters to clothing."""
    text = resources.files("toile.llm").joinpath("data/traditional.json").read_text(encoding="utf-8")
    table = json.loads(text)
    return dict(zip(table["traditional"], table["simplified"], strict=True))


def _one(character: str) -> str:
    special = _SPECIAL.get(character)
    if special is not None:
        return special
    if character == "\n" or character == "\r":
        return "\n"
    category = unicodedata.category(character)
    if category[0] == "C" or category in ("Mn", "Me", "Sk"):
        return ""
    if category[0] == "Z":
        return " "
    folded = unicodedata.normalize("NFKC", character).lower()
    table = simplified()
    if "\u00c0" <= folded[:1] <= "\u024f":  # bouclé, crêpe
        folded = "".join(c for c in unicodedata.normalize("NFD", folded) if unicodedata.category(c) != "Mn")
    return "".join(_SPECIAL.get(c, table.get(c, c)) for c in folded)


def is_cjk(character: str) -> bool:
    """Return whether a character is a Chinese one."""
    return "\u4e00" <= character <= "\u9fff" or character == "〇"


def normalise(original: str) -> NormalText:
    """Return the normal form of a text."""
    characters: list[str] = []
    origin: list[int] = []
    for index, character in enumerate(original):
        for piece in _one(character):
            characters.append(piece)
            origin.append(index)
    return _tidy(original, characters, origin)


def _tidy(original: str, characters: list[str], origin: list[int]) -> NormalText:
    """Turn hyphens inside words into spaces; drop repeated spaces and spaces beside Chinese characters."""
    count = len(characters)
    for index in range(1, count - 1):
        before, after = characters[index - 1], characters[index + 1]
        if characters[index] == "-" and before.isalnum() and after.isalnum():
            if not (before.isdigit() and after.isdigit()) and not is_cjk(before):
                characters[index] = " "
        elif characters[index] == "_":
            characters[index] = " "
    kept: list[str] = []
    kept_origin: list[int] = []
    for index, character in enumerate(characters):
        if character == " ":
            after = next((c for c in characters[index + 1 : index + 40] if c != " "), "\n")
            if kept and kept[-1] in _NUMERALS and (after in _NUMERALS or after.isdigit()):
                character = ","  # 一米八 一百斤 are two numbers
            elif not kept or kept[-1] in " \n" or is_cjk(kept[-1]) or is_cjk(after):
                continue
        kept.append(character)
        kept_origin.append(origin[index])
    return NormalText(original, "".join(kept), tuple(kept_origin))


def is_chinese(text: str) -> bool:
    """Return whether a text is mostly Chinese, counting a Latin word as one character and a half."""
    chinese = sum(1 for c in text if is_cjk(c))
    latin = sum(
        1
        for word in text.split()
        if any("a" <= c <= "z" for c in word.lower()) and not any(map(is_cjk, word))
    )
    return chinese > 1.5 * latin

"""Text to tokens: at every place the longer of a number and a phrase of the lexicon; separators; mended typing errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from toile.engine.core.errors import BadInput
from toile.llm.lexicon import Meaning, lexicon, shade
from toile.llm.normal import SINGLE_COLOURS, NormalText, is_cjk
from toile.llm.numerals import CM_PER, SIZE_LETTERS, Quantity, quantity_at

_BETWEEN = re.compile("色?的?(?:相间的?)?[大小细粗宽窄横竖]?")
HARD = "。;!?\n"
SOFT = ",，、"


@dataclass(frozen=True)
class Token:
    """A stretch of the normal text with its meanings: separator, quantity or phrase."""

    start: int
    end: int
    meanings: tuple[Meaning, ...] = ()
    quantity: Quantity | None = None
    separator: str | None = None  # hard | soft

    def meaning(self, *kinds: str) -> Meaning | None:
        """Return the first meaning of one of these kinds, or None."""
        for meaning in self.meanings:
            if meaning.kind in kinds:
                return meaning
        return None


@dataclass
class Scan:
    """The tokens of a text in order, and helpers to look between them."""

    normal: NormalText
    tokens: list[Token] = field(default_factory=list)

    def between(self, left: int, right: int) -> str:
        """Return the text between two tokens, by index; from the beginning for -1, to the end for len(tokens)."""
        start = self.tokens[left].end if left >= 0 else 0
        end = self.tokens[right].start if right < len(self.tokens) else len(self.normal.text)
        return self.normal.text[start:end]

    def apart(self, left: int) -> bool:
        """Return whether a space of the original text parts a token from the Chinese one behind it."""
        return self.parted(self.tokens[left].end, self.tokens[left + 1].start)

    def parted(self, end: int, start: int) -> bool:
        """Return whether white space of the original text, left out beside Chinese, lies between two places."""
        normal = self.normal
        if not 0 < end <= start < len(normal.text) or not is_cjk(normal.text[start]):
            return False
        return any(c.isspace() for c in normal.original[normal.origin[end - 1] + 1 : normal.origin[start]])

    def words(self, index: int) -> str:
        """Return the original words of a token."""
        token = self.tokens[index]
        return self.normal.words(token.start, token.end)


def camera_numbers(scanned: Scan) -> list[int]:
    """Return the tokens of bare numbers listed after "views": views: 0, 90, 180 (two or more, else none)."""
    tokens, found = scanned.tokens, []
    for index, token in enumerate(tokens):
        if token.meaning("view_word") is None:
            continue
        run = []
        for other in range(index + 1, len(tokens)):
            quantity = tokens[other].quantity
            if (
                quantity is not None
                and quantity.unit in (None, "deg")
                and quantity.kind in ("number", "ratio")
            ):
                run.append(other)
            elif tokens[other].separator != "soft" and tokens[other].meaning("conjunction") is None:
                break
        if len(run) >= 2 or any(scanned.tokens[i].quantity.kind == "ratio" for i in run):  # type: ignore[union-attr]
            found += run
    return found + _angles(tokens)


def _angles(tokens: list[Token]) -> list[int]:
    """Return the numbers of a list that ends with degrees: "at 0, 90 and 180 degrees"."""
    found: list[int] = []
    run: list[int] = []
    for index, token in enumerate(tokens):
        quantity = token.quantity
        if quantity is not None and quantity.kind == "number" and quantity.unit is None:
            run.append(index)
        elif quantity is not None and quantity.unit == "deg":
            found += run
            run = []
        elif token.separator != "soft" and token.meaning("conjunction", "to") is None:
            run = []
    return found


def scan(normal: NormalText, most: int = 300) -> Scan:
    """Return the tokens of a normal text.

    Raises:
        BadInput: there are more than `most` tokens.
    """
    text, result = normal.text, Scan(normal)
    position = 0
    while position < len(text):
        token = _token_at(text, position, _measured(text, result.tokens)) or _size_letter(normal, position)
        if token is None:
            position += 1
            continue
        result.tokens.append(token)
        if len(result.tokens) > most:
            raise BadInput(f"The instruction names more than {most} things: shorten it.")
        position = max(token.end, position + 1)
        if token.quantity is not None and _spaced(normal, token.end):
            result.tokens.append(Token(token.end, token.end, separator="soft"))
    result.tokens = _shaded(text, _both_colours(text, result.tokens))
    return result


def _both_colours(text: str, tokens: list[Token]) -> list[Token]:
    """Take a colour of two characters right before a print as two: 灰白格子 is grey and white, a 灰白 coat off white."""
    found: list[Token] = []
    for index, token in enumerate(tokens):
        said = text[token.start : token.end].removesuffix("色").removesuffix("相间")
        after = tokens[index + 1].meanings if index + 1 < len(tokens) else ()
        printed = any(m.sets.get("print") in ("check", "stripes", "dots") for m in after)
        pair = len(said) == 2 and set(said) <= set(SINGLE_COLOURS) and bool(set(said) & set("黑白"))
        beside = printed and _BETWEEN.fullmatch(text[token.end : tokens[index + 1].start]) is not None
        if token.meaning("colour") is not None and pair and beside:
            phrases = lexicon().phrases
            found += [
                Token(token.start, token.start + 1, phrases[said[0]]),
                Token(token.start + 1, token.end, phrases[said[1]]),
            ]
        else:
            found.append(token)
    return found


def _spaced(normal: NormalText, end: int) -> bool:
    """Return whether a space parts a number from the Chinese words behind it: 牛仔裤 腰70 白T恤."""
    if not end < len(normal.text) or not is_cjk(normal.text[end]) or normal.text[end] in "的以":
        return False
    return any(c.isspace() for c in normal.original[normal.origin[end - 1] + 1 : normal.origin[end]])


def _measured(text: str, tokens: list[Token]) -> bool:
    """Return whether the last token is a length: the "long" of "110 cm long dress" is its name."""
    last = tokens[-1].quantity if tokens else None
    return (
        last is not None
        and (last.unit is None or last.unit in CM_PER)
        and last.kind == "number"
        and last.end == tokens[-1].end
    )


def _token_at(text: str, start: int, measured: bool = False) -> Token | None:
    character = text[start]
    if character == " ":
        return None
    if character in HARD or (character == "." and not text[start + 1 : start + 2].isdigit()):
        return Token(start, start + 1, separator="hard")
    quantity = None
    if (
        character.isdigit()
        or character in "零〇一二两三四五六七八九十百千.wxsml2345大中小特加欧美英国eucnab尺码otf半"
    ):
        whole = not (
            character.isalpha() and character.isascii() and start > 0 and "a" <= text[start - 1] <= "z"
        )
        quantity = quantity_at(text, start) if whole else None
    phrase = _unstolen(text, start, lexicon().longest(text, start))
    if measured and phrase is not None and text.startswith("long ", start) and text[start - 1] == " ":
        phrase = lexicon().longest(text, start, len("long"))
    if quantity is not None and (phrase is None or quantity.end > phrase[0]):
        return Token(start, quantity.end, quantity=quantity)
    if phrase is not None and _stands(text, start, phrase[0], phrase[1]):
        return Token(start, phrase[0], phrase[1])
    if character in SOFT:
        return Token(start, start + 1, separator="soft")
    return None


def _unstolen(
    text: str, start: int, phrase: tuple[int, tuple[Meaning, ...]] | None
) -> tuple[int, tuple[Meaning, ...]] | None:
    """Return a shorter phrase where the longest takes a measurement's first character: 衬衫 领围, not 衬衫领 围.

    A garment's name is kept whole: 牛仔裤 腰, not 牛仔 裤腰.
    """
    if phrase is None or phrase[0] - start < 3 or not is_cjk(text[phrase[0] - 1]):
        return phrase
    whole = _before_a_longer_garment(text, start, phrase)
    if whole is not None:
        return whole
    following = lexicon().longest(text, phrase[0] - 1)
    if following is None or following[0] <= phrase[0] or all(m.kind != "measure" for m in following[1]):
        return phrase
    shorter = lexicon().longest(text, start, phrase[0] - 1 - start)
    if shorter is None:
        return phrase
    named = (any(m.kind == "garment" for m in meanings) for meanings in (phrase[1], shorter[1]))
    return phrase if next(named) and not next(named) else shorter


def _before_a_longer_garment(
    text: str, start: int, phrase: tuple[int, tuple[Meaning, ...]]
) -> tuple[int, tuple[Meaning, ...]] | None:
    """Return the first part of a garment's name whose end is the beginning of a longer one: 雪纺 衬衫裙, not 雪纺衬衫 裙."""
    if all(m.kind != "garment" for m in phrase[1]):
        return None
    for split in range(start + 1, phrase[0]):
        following = lexicon().longest(text, split)
        if following is None or following[0] <= phrase[0] or all(m.kind != "garment" for m in following[1]):
            continue
        shorter = lexicon().longest(text, start, split - start)
        if shorter is not None and shorter[0] == split:
            return shorter
    return None


def _size_letter(normal: NormalText, start: int) -> Token | None:
    """Return a size for a capital S, M or L that stands alone: "men's L", T恤 M."""
    text = normal.text
    if text[start] not in SIZE_LETTERS or not normal.original[normal.origin[start]].isupper():
        return None
    after = text[start + 1 : start + 2]
    if after == "." and not text[start + 2 : start + 3].strip():
        after = ""  # the end of a sentence: "Actually L."
    around = text[max(0, start - 1) : start] + after
    if any(c.isascii() and (c.isalnum() or c in "'.&-+/") for c in around):
        return None
    label = text[start].upper()
    return Token(start, start + 1, quantity=Quantity(start, start + 1, 0.0, kind="size", label=label))


def _stands(text: str, start: int, end: int, meanings: tuple[Meaning, ...]) -> bool:
    """Return whether a one-character colour is one: 红的, 红色, 红裙, 红白条纹, but not 红茶; 花 only after a colour."""
    if text[start:end] == "t":
        return start > 0 and text[start - 1] in SINGLE_COLOURS + "色短长件款松的"
    if text[start:end] in ("花", "格", "条"):
        return start > 0 and text[start - 1] in SINGLE_COLOURS + "色"
    if text[start:end] == "点":  # 黑底白点
        return (
            start > 0
            and text[start - 1] in SINGLE_COLOURS + "色小大"
            and "底" in text[max(0, start - 6) : start]
        )
    if text[start:end] == "扣":
        return start > 0 and text[start - 1] in "粒颗排枚"
    if end - start > 1 or text[start] not in SINGLE_COLOURS:
        return True
    after = text[end : end + 1]
    if not after or after in "色的底系拼布绸好吧呢啊呀嘛 。;!?\n,，、和与或+/" or not is_cjk(after):
        return True
    if after in SINGLE_COLOURS or text[start - 1 : start] in tuple("深浅淡暗"):
        return True
    following = lexicon().longest(text, end)
    if following is None:
        return False
    kinds = {"garment", "attribute", "colour", "part", "other", "measure"}
    return any(meaning.kind in kinds for meaning in following[1])


def _shaded(text: str, tokens: list[Token]) -> list[Token]:
    """Join a shade and the colour that follows it (浅 蓝色, dark red) into one colour; drop shades that stand alone."""
    joined: list[Token] = []
    for token in tokens:
        colour = token.meaning("colour")
        previous = joined[-1] if joined else None
        before = previous.meaning("shade") if previous else None
        gap = text[previous.end : token.start] if previous else ""
        named = previous.meaning("colour") if previous else None
        degree = previous is not None and text[previous.start - 1 : previous.start] in (
            "得",
            "开",
            "够",
            "挺",
        )
        if (
            colour is not None
            and previous is not None
            and before is not None
            and gap in ("", " ", "的")
            and not (degree and gap == "的")  # V领开得深的红裙子
        ):
            joined[-1] = Token(previous.start, token.end, (_shade_of(colour.sets, before.sets),))
        elif (
            colour is not None
            and previous is not None
            and named is not None
            and _said_twice(text, previous, token)
        ):
            joined[-1] = Token(previous.start, token.end, (named,))
        else:
            joined.append(token)
    return [t for t in joined if t.quantity or t.separator or any(m.kind != "shade" for m in t.meanings)]


def _said_twice(text: str, first: Token, second: Token) -> bool:
    """Return whether a colour is said in both languages: mustard黄."""
    return first.end == second.start and text[first.start].isascii() and not text[second.start].isascii()


def _shade_of(colour: Mapping[str, Any], modifier: Mapping[str, Any]) -> Meaning:
    name = f"{modifier['name']} {colour['name']}"
    return Meaning("colour", {"name": name, "hex": shade(colour["hex"], modifier)})

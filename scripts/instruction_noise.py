"""Typing errors: letters swapped, dropped, doubled or hit beside the key; Chinese characters of the same sound."""

from __future__ import annotations

import random
from functools import cache

from instruction_words import vocabulary

Piece = tuple[str, str | None, int]
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


@cache
def same_sound() -> dict[str, str]:
    """Return, for each character of the vocabulary, common characters with the same sound, tones aside."""
    from pypinyin import Style, pinyin

    def sound(character: str) -> str:
        return pinyin(character, style=Style.NORMAL)[0][0]

    # the 3755 common characters of GB 2312, level 1
    common = [
        bytes([0xA0 + r, 0xA0 + c]).decode("gb2312", "ignore") for r in range(16, 56) for c in range(1, 95)
    ]
    by_sound: dict[str, list[str]] = {}
    for character in filter(None, common):
        by_sound.setdefault(sound(character), []).append(character)
    words = {
        c for found in vocabulary().values() for w in found["zh"] for c in w if "\u4e00" <= c <= "\u9fff"
    }
    return {c: "".join(o for o in by_sound.get(sound(c), []) if o != c) for c in sorted(words)}


def _mistyped(word: str, stream: random.Random) -> str:
    """Return a Latin word with one error."""
    place = stream.randrange(len(word))
    kind = stream.randrange(4)
    if kind == 0 and place + 1 < len(word):
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if kind == 1:
        return word[:place] + word[place + 1 :]
    if kind == 2:
        return word[:place] + word[place] + word[place:]
    row = next((r for r in _ROWS if word[place] in r), "")
    if not row:
        return word
    beside = row[max(0, row.index(word[place]) - 1) : row.index(word[place]) + 2]
    return word[:place] + stream.choice(beside) + word[place + 1 :]


def _misheard(text: str, stream: random.Random) -> str:
    """Return a Chinese phrase with one character replaced by one of the same sound."""
    table = same_sound()
    places = [i for i, c in enumerate(text) if table.get(c)]
    if not places:
        return text
    place = stream.choice(places)
    return text[:place] + stream.choice(table[text[place]]) + text[place + 1 :]


def disturbed(pieces: list[Piece], stream: random.Random) -> list[Piece]:
    """Return pieces with one to three errors in words that are no numbers, and other punctuation."""
    result = list(pieces)
    for _ in range(stream.choice([1, 1, 2, 3])):
        index = stream.randrange(len(result))
        text, label, owner = result[index]
        if label is not None and label.startswith("number="):
            continue
        if any("\u4e00" <= c <= "\u9fff" for c in text):
            if len(text) >= 2:
                result[index] = (_misheard(text, stream), label, owner)
            continue
        words = text.split(" ")
        long = [i for i, w in enumerate(words) if len(w) >= 4 and w.isascii() and w.isalpha()]
        if long:
            place = stream.choice(long)
            words[place] = _mistyped(words[place].lower(), stream)
            result[index] = (" ".join(words), label, owner)
    if stream.random() < 0.15:
        result = [("" if t in ("，", ", ", "、") else t, label, o) for t, label, o in result]
        result = [p for p in result if p[0]] or list(pieces)
    if stream.random() < 0.1:
        result = [(t.upper() if t.isascii() else t, label, o) for t, label, o in result]
    return result

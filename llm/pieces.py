"""A text as pieces for the embedded model: a Chinese character, a Latin word, a number with its unit, a sign.

A piece is described by features whose hashes index one table (crc32 modulo its size, 0 for padding), so that there is
no vocabulary to be outside of: a character with both neighbours; a word with its trigrams, which a typing error leaves
mostly intact; a number by unit, kind and magnitude only, never by its digits: values are the lexer's business.
"""

from __future__ import annotations

import functools
import zlib
from dataclasses import dataclass

from toile.llm.normal import is_cjk
from toile.llm.numerals import CM_PER, KG_PER, Quantity, quantity_at

BUCKETS = 32768
MOST_PIECES = 160
MOST_FEATURES = 16
_STEPS = (
    3,
    6,
    12,
    20,
    27,
    33,
    40,
    47,
    54,
    62,
    70,
    78,
    86,
    95,
    105,
    118,
    135,
    150,
    165,
    180,
    210,
    300,
    500,
    1000,
)
_STARTS = "零〇一二两三四五六七八九十百千.wxsml2345大中小特加欧美英国eucnab尺码"


@dataclass(frozen=True)
class Piece:
    """A stretch of the normal text, half open; the quantity that it is, if it is one."""

    start: int
    end: int
    quantity: Quantity | None = None


def pieces_of(text: str) -> list[Piece]:
    """Return the pieces of a normal text, in order, at most `MOST_PIECES`; spaces are none."""
    found: list[Piece] = []
    position = 0
    while position < len(text) and len(found) < MOST_PIECES:
        character = text[position]
        if character in " \n":
            position += 1
            continue
        quantity = _quantity(text, position)
        if quantity is not None:
            found.append(Piece(position, quantity.end, quantity))
            position = quantity.end
            continue
        end = position + 1
        if character.isascii() and character.isalnum():
            kind = str.isdigit if character.isdigit() else str.isalpha
            while end < len(text) and text[end].isascii() and kind(text[end]):
                end += 1
        found.append(Piece(position, end))
        position = end
    return found


def _quantity(text: str, start: int) -> Quantity | None:
    character = text[start]
    if not (character.isdigit() or character in _STARTS):
        return None
    if start > 0 and character.isascii() and character.isalpha() and "a" <= text[start - 1] <= "z":
        return None
    quantity = quantity_at(text, start)
    return quantity if quantity is not None and quantity.start >= start else None


@functools.lru_cache(maxsize=65536)
def bucket(feature: str) -> int:
    """Return the row of a feature in the table."""
    return 1 + zlib.crc32(feature.encode()) % (BUCKETS - 1)


def _magnitude(quantity: Quantity) -> str:
    value = quantity.value
    if quantity.unit in CM_PER:
        value *= CM_PER[quantity.unit]
    elif quantity.unit in KG_PER:
        value *= KG_PER[quantity.unit]
    return str(sum(value >= step for step in _STEPS))


def features(text: str, piece: Piece) -> list[str]:
    """Return the features of a piece, the one that says most first."""
    word = text[piece.start : piece.end]
    quantity = piece.quantity
    if quantity is not None:
        unit = quantity.unit or "none"
        return [
            f"#{quantity.kind}",
            f"#unit:{unit}",
            f"#size:{_magnitude(quantity)}",
            f"#{unit}:{_magnitude(quantity)}",
        ]
    if is_cjk(word[0]):
        before, after = text[piece.start - 1 : piece.start], text[piece.end : piece.end + 1]
        return [f"c{word}", f"<{before}{word}", f">{word}{after}"]
    if word.isalpha() and len(word) > 1:
        marked = f"<{word}>"
        grams = [f"g{marked[i : i + 3]}" for i in range(len(marked) - 2)]
        return [f"w{word}", f"h{word[:2]}{word[-1]}", *grams[: MOST_FEATURES - 2]]
    return [f"c{word[:8]}"]


def rows_of(text: str, pieces: list[Piece]) -> list[list[int]]:
    """Return, for each piece, the rows of its features in the table."""
    return [[bucket(feature) for feature in features(text, piece)] for piece in pieces]

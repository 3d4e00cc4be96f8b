"""What of a text nobody read: words that are neither in the lexicon, nor numbers, nor known to mean nothing here.

The gate that keeps omissions from being silent: a phrase left over is either read by the embedded model or said to be
passed over. `data/fillers.json` lists words that carry no request: function words, politeness, occasions, moods.
"""

from __future__ import annotations

import functools
import json
import re
from importlib import resources

from toile.llm.normal import is_cjk
from toile.llm.scan import Scan

_WORD = re.compile(r"[a-z][a-z']*")
_JOINED = re.compile(r"[ ,\"'()（）:/&-]{0,2}")


@functools.cache
def _fillers() -> tuple[frozenset[str], tuple[str, ...], frozenset[str]]:
    text = resources.files("toile.llm").joinpath("data/fillers.json").read_text(encoding="utf-8")
    table = json.loads(text)
    phrases = sorted(set(table["zh"].split()), key=len, reverse=True)
    return frozenset(table["en"].split()), tuple(phrases), frozenset(table["characters"])


@functools.cache
def _by_first() -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for phrase in _fillers()[1]:
        table.setdefault(phrase[0], []).append(phrase)
    return {first: tuple(found) for first, found in table.items()}


def filler_phrases() -> tuple[str, ...]:
    """Return the Chinese phrases that ask for nothing."""
    return _fillers()[1]


def unread(scan: Scan) -> list[tuple[int, int]]:
    """Return the stretches of the normal text that nobody read, half open, neighbours joined."""
    text = scan.normal.text
    read = bytearray(len(text))
    for token in scan.tokens:
        for index in range(token.start, min(token.end, len(text))):
            read[index] = 1
    found = _latin(text, read) + _chinese(text, read)
    found.sort()
    joined: list[tuple[int, int]] = []
    for first, last in found:
        if joined and _JOINED.fullmatch(text[joined[-1][1] : first]):
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def _latin(text: str, read: bytearray) -> list[tuple[int, int]]:
    words, _, _ = _fillers()
    found = []
    for match in _WORD.finditer(text):
        word, (first, last) = match[0].rstrip("'"), match.span()
        if any(read[first:last]) or len(word) < 3:
            continue
        plain = word.removesuffix("'s")
        if plain not in words and plain.rstrip("s") not in words:
            found.append((first, last))
    return found


def _chinese(text: str, read: bytearray) -> list[tuple[int, int]]:
    _, _, characters = _fillers()
    phrases = _by_first()
    rest = [is_cjk(c) and not read[i] for i, c in enumerate(text)]
    for start, character in enumerate(text):
        for phrase in phrases.get(character, ()):
            end = start + len(phrase)
            if text.startswith(phrase, start) and not any(read[start:end]):
                rest[start:end] = [False] * len(phrase)
    found, first = [], None
    for index in range(len(text) + 1):
        open_here = index < len(text) and rest[index] and text[index] not in characters
        if open_here and first is None:
            first = index
        elif not open_here and first is not None:
            found.append((first, index))
            first = None
    return found

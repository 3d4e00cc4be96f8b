"""Latin words farther from the lexicon than one slip: the same consonants, two slips, or a phrase run together.

Only for words that nobody reads and that are no English words; what was understood is said. `mending` has the rest.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

from toile.llm.lexicon import known_words, lexicon
from toile.llm.mending import is_word

_WORN = ("garment", "attribute", "colour", "measure", "part")


def distant(word: str) -> str | None:
    """Return the word of the lexicon that an unknown one means by its consonants or two slips: cropd, demin, cardagin.

    By sound: the same first letter and the same consonants, vowels and doubled letters aside. By two slips: words of
    seven letters and more, two letters added, left out, changed or swapped. Only when one word alone answers, and the
    word is no English one (`data/real_words.json`). A run-together phrase is taken apart: longsleeve, offshoulder.
    """
    if not 5 <= len(word) <= 16 or is_word(word) or word.removesuffix("s") in known_words():
        return None
    return parted(word) or resembled(word)


def parted(word: str) -> str | None:
    """Return the phrase of the lexicon that a word is with its spaces left out."""
    if len(word) < 7:
        return None
    for split in range(3, len(word) - 2):
        phrase = f"{word[:split]} {word[split:]}"
        if any(m.kind in ("attribute", "garment", "colour") for m in lexicon().phrases.get(phrase, ())):
            return phrase
    return None


def resembled(word: str) -> str | None:
    """Return the one word of the lexicon with the same consonants, or two slips away."""
    alike = {w for w in _by_consonants().get(_consonants(word), ()) if abs(len(w) - len(word)) <= 2}
    rivals = _by_initial().get(word[0], ())
    swapped = {w for w in rivals if len(w) == len(word) and _two_swapped(word, w)}
    for found in (alike, swapped):
        if len(found) == 1:
            return next(iter(found))
        if found:
            return None
    if len(word) < 7:
        return None
    near = {w for w in rivals if len(w) >= (8 if w in _garments() else 7) and _within_two(word, w)}
    return next(iter(near)) if len(near) == 1 else None


@functools.cache
def _wearable() -> frozenset[str]:
    """Return the Latin words of five letters and more of which garments, colours, cloths and parts are made."""
    return frozenset(
        w
        for found in lexicon().by_first.values()
        for phrase, meanings in found
        if any(m.kind in _WORN for m in meanings)
        for w in phrase.split()
        if len(w) >= 5 and w.isascii() and w.isalpha() and not w.endswith("s") and w in known_words()
    )


@functools.cache
def _garments() -> frozenset[str]:
    """Return the words that name a garment alone: one too many is worse than one not recognised."""
    return frozenset(w for w in _wearable() if any(m.kind == "garment" for m in lexicon().phrases.get(w, ())))


@functools.cache
def _by_initial() -> Mapping[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for word in sorted(_wearable()):
        table.setdefault(word[0], []).append(word)
    return {first: tuple(words) for first, words in table.items()}


@functools.cache
def _by_consonants() -> Mapping[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for word in sorted(_wearable()):
        if len(key := _consonants(word)) >= 3:
            table.setdefault(key, []).append(word)
    return {key: tuple(words) for key, words in table.items()}


def _consonants(word: str) -> str:
    """Return the first letter and the consonants of a word as they sound, none twice in a row."""
    sound = re.sub("ck|q", "k", word.replace("ph", "f").replace("gh", "")).replace("c", "k").replace("z", "s")
    rest = re.sub("[aeiouyh]", "", sound[1:])
    return re.sub(r"(.)\1+", r"\1", sound[0] + rest)


def _two_swapped(first: str, second: str) -> bool:
    """Return whether two letters at most two places apart changed places: demin, denim."""
    wrong = [i for i in range(len(first)) if first[i] != second[i]]
    return (
        first[0] == second[0]
        and len(wrong) == 2
        and wrong[1] - wrong[0] <= 2
        and first[wrong[0]] == second[wrong[1]]
        and first[wrong[1]] == second[wrong[0]]
    )


def _within_two(first: str, second: str) -> bool:
    """Return whether two slips at most (letters added, left out, changed, swapped) lead from one word to the other."""
    if abs(len(first) - len(second)) > 2:
        return False
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        last, row = row, [i]
        for j, b in enumerate(second, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == second[j - 2] and first[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > 2:
            return False
        before = last
    return row[-1] <= 2

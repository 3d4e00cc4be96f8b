"""The bilingual lexicon: phrases in normal form and what each does, from `data/lexicon.json` and `data/colours.json`.

A phrase may have several meanings; those who read the tokens choose by context. Latin phrases match whole words only.
"""

from __future__ import annotations

import colorsys
import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

# what a word after a bar in the lexicon adds
_BAR = {
    "maxi": ("length", "maxi"),
    "midi": ("length", "midi"),
    "mini": ("length", "mini"),
    "micro": ("length", "micro"),
    "knee": ("length", "knee"),
    "ankle": ("length", "ankle"),
    "straight": ("silhouette", "straight"),
    "skinny": ("silhouette", "skinny"),
    "wide": ("silhouette", "wide"),
    "flared": ("silhouette", "flared"),
    "skintight": ("fit", "skintight"),
    "loose": ("fit", "loose"),
    "crew": ("neckline", "crew"),
    "turtleneck": ("neckline", "turtleneck"),
    "short": ("sleeve", "short"),
    "long": ("sleeve", "long"),
    "chiffon": ("fabric", "chiffon"),
    "wool": ("fabric", "wool"),
    "cotton": ("fabric", "cotton"),
    "cashmere": ("fabric", "cashmere"),
    "leather": ("fabric", "leather"),
    "denim": ("fabric", "denim"),
    "tweed": ("fabric", "tweed"),
    "short_length": ("length", "cropped"),
    "half": ("how", "half"),
    "body": ("how", "body"),
    "garment": ("how", "garment"),
}


@dataclass(frozen=True)
class Meaning:
    """One meaning of a phrase: its kind and the values that it sets; `dress`: prior of dress against skirt."""

    kind: str
    sets: Mapping[str, Any] = field(default_factory=dict)
    dress: float | None = None
    generic: str | None = None


@dataclass(frozen=True)
class Lexicon:
    """Phrases by first character, longest first; and by themselves, with the lengths that begin with two characters."""

    by_first: Mapping[str, tuple[tuple[str, tuple[Meaning, ...]], ...]]
    phrases: Mapping[str, tuple[Meaning, ...]]
    lengths: Mapping[str, tuple[int, ...]]

    def longest(self, text: str, start: int, most: int = 99) -> tuple[int, tuple[Meaning, ...]] | None:
        """Return the end and the meanings of the longest phrase of at most so many characters that begins here."""
        if start > 0 and _latin(text[start]) and _latin(text[start - 1]):
            return None  # in the middle of a Latin word
        for length in self.lengths.get(text[start : start + 2], ()) or self.lengths.get(text[start], ()):
            if length > most or start + length > len(text):
                continue
            meanings = self.phrases.get(text[start : start + length])
            if meanings is not None and _whole(text, start, start + length):
                return start + length, meanings
        return None


def _latin(character: str) -> bool:
    return "a" <= character <= "z"


def _whole(text: str, start: int, end: int) -> bool:
    """Return whether a match does not cut a Latin word in two."""
    if _latin(text[start]) and start > 0 and _latin(text[start - 1]):
        return False
    return not (_latin(text[end - 1]) and end < len(text) and _latin(text[end]))


def _read(name: str) -> Any:
    return json.loads(resources.files("toile.llm").joinpath(f"data/{name}").read_text(encoding="utf-8"))


@functools.cache
def lexicon() -> Lexicon:
    """Return the lexicon, read once."""
    phrases: dict[str, list[Meaning]] = {}
    source = _read("lexicon.json")
    for entry in source["entries"]:
        for word in entry["words"]:
            phrase, *bars = word.split("|")
            sets = dict(entry["set"])
            for bar in bars:
                name, value = _BAR[bar]
                sets[name] = value
            meaning = Meaning(entry["kind"], sets, entry.get("dress"), entry.get("generic"))
            phrases.setdefault(_plain(phrase), []).append(meaning)
    colours = _read("colours.json")
    for colour in colours["colours"]:
        for word in colour["words"]:
            meaning = Meaning("colour", {"name": colour["name"], "hex": colour["hex"]})
            phrases.setdefault(_plain(word), []).append(meaning)
    for modifier in colours["modifiers"]:
        for word in modifier["words"]:
            phrases.setdefault(_plain(word), []).append(Meaning("shade", dict(modifier)))
    for phrase, meanings in phrases.items():
        part = next((name for end, name in _MEASURED if phrase.endswith(end)), None)
        if (
            part
            and any(m.kind == "attribute" for m in meanings)
            and all(m.kind != "measure" for m in meanings)
        ):
            meanings.append(Meaning("also_measure", {"measure": part}))  # elastic waist 70, 高腰66
    for phrase in list(phrases):
        for part, others in source["variants"].items():
            for other in others if part in phrase else ():
                phrases.setdefault(phrase.replace(part, other), phrases[phrase])  # 皮夹克, 皮茄克
    for phrase in list(phrases):
        for form in _forms(phrase, phrases[phrase]):
            phrases.setdefault(form, phrases[phrase])
    table: dict[str, list[tuple[str, tuple[Meaning, ...]]]] = {}
    for phrase in sorted(phrases, key=len, reverse=True):
        table.setdefault(phrase[0], []).append((phrase, tuple(phrases[phrase])))
    return Lexicon(
        {first: tuple(found) for first, found in table.items()},
        {phrase: tuple(meanings) for phrase, meanings in phrases.items()},
        _lengths(phrases),
    )


def _lengths(phrases: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Return, for the first two characters of phrases, their lengths, longest first, with that of the first one alone."""
    found: dict[str, set[int]] = {}
    for phrase in phrases:
        found.setdefault(phrase[:2], set()).add(len(phrase))
    for two in found:
        if len(two) == 2 and two[0] in found:
            found[two].add(1)
    return {two: tuple(sorted(lengths, reverse=True)) for two, lengths in found.items()}


_MEASURED = (
    (" waist", "waist"), (" waistband", "waist"), ("腰", "waist"), ("腰头", "waist"), (" hem", "hem"), ("下摆", "hem"), ("裙摆", "hem"),
)  # fmt: skip
_ENDINGS = (
    (" sleeves", (" sleeve", " sleeved")), (" sleeve", (" sleeves", " sleeved")), (" neck", (" necked", " neckline")),
    (" collar", (" collared",)), (" waist", (" waisted",)), (" leg", (" legged",)), (" hem", (" hemmed", " hems")),
)  # fmt: skip


def _forms(phrase: str, meanings: list[Meaning]) -> list[str]:
    """Return the other forms of an English phrase: balloon sleeves, round necked, coat dresses, stone coloured; 杏色."""
    kinds = {meaning.kind for meaning in meanings}
    if "colour" in kinds:
        if phrase.isascii():
            return [
                f"{phrase} {word}" for word in ("coloured", "colored", "colour", "color", "tones", "toned")
            ]
        return [phrase + "色系" if not phrase.endswith("色") else phrase + "系"] if len(phrase) > 1 else []
    if not phrase.isascii():
        return []
    if "garment" in kinds and not phrase.endswith("s") and len(phrase) > 2:
        return [phrase + "s"]
    if "garment" in kinds and phrase.endswith("dress"):
        return [phrase + "es"]
    if "attribute" in kinds:
        return [
            phrase[: -len(end)] + form for end, forms in _ENDINGS if phrase.endswith(end) for form in forms
        ]
    return []


@functools.cache
def colour_names() -> Mapping[str, str]:
    """Return, for each colour's canonical name, its usual Chinese one."""
    found = {}
    for colour in _read("colours.json")["colours"]:
        chinese = [w for w in colour["words"] if w[0] > "\u3000"]
        found[colour["name"]] = next(
            (w for w in chinese if w.endswith("色")), chinese[0] if chinese else colour["name"]
        )
    return found


@functools.cache
def modifiers() -> Mapping[str, Mapping[str, Any]]:
    """Return the shades by name: dark, light, …"""
    return {modifier["name"]: modifier for modifier in _read("colours.json")["modifiers"]}


@functools.cache
def usual_phrases() -> Mapping[tuple[str, bool], str]:
    """Return, for a meaning such as `neckline=v` and whether it is to be Chinese, the first phrase that says it alone."""
    found: dict[tuple[str, bool], str] = {}

    def put(key: str, words: list[str]) -> None:
        for word in words:
            pure = [c > "\u3000" for c in word if c != " "]
            if len(word) >= 2 and "|" not in word and (all(pure) or not any(pure)):
                found.setdefault((key, pure[0]), _plain(word))

    for entry in _read("lexicon.json")["entries"]:
        sets, kind = entry["set"], entry["kind"]
        if kind == "garment" and entry.get("dress") is None and not entry.get("generic"):
            put(f"category={sets['category']}", entry["words"])
        single = len(sets) == 1 and kind in ("attribute", "garment", "motion")
        if not single or entry.get("dress") is not None or entry.get("generic"):
            continue
        name, value = next(iter(sets.items()))
        put(f"{name}={value[0] if isinstance(value, list) else str(value).lower()}", entry["words"])
    for colour in _read("colours.json")["colours"]:
        put(f"colour={colour['name']}", colour["words"])
    return found


def _plain(phrase: str) -> str:
    """Write a phrase as `normal` writes texts: no hyphen inside words, no space beside a Chinese character."""
    from toile.llm.normal import normalise

    return normalise(phrase).text


# how long a word of a kind must be before a typing error in it is mended: short words have too many neighbours
_MENDABLE = {"garment": 5, "colour": 5, "part": 6, "measure": 6, "attribute": 7}


@functools.cache
def latin_words() -> Mapping[str, str]:
    """Return, for each Latin word of the lexicon that is long enough, itself and its forms with one letter left out.

    The key is a form, the value the word: the table with which `scan` mends typing errors.
    """
    words: set[str] = set()
    for found in lexicon().by_first.values():
        for phrase, meanings in found:
            for meaning in meanings:
                least = _MENDABLE.get(meaning.kind, 99)
                if "fabric" in meaning.sets or "sleeve" in meaning.sets:
                    least = 6
                words |= {w for w in phrase.split() if len(w) >= least and w.isascii() and w.isalpha()}
    forms: dict[str, str] = {}
    for word in sorted(words):
        for index in range(len(word)):
            forms.setdefault(word[:index] + word[index + 1 :], word)
    for word in words:
        forms[word] = word
    return forms


@functools.cache
def known_words() -> frozenset[str]:
    """Return every Latin word that stands in some phrase of the lexicon: never a typing error."""
    return frozenset(
        w for found in lexicon().by_first.values() for phrase, _ in found for w in phrase.split()
    )


@functools.cache
def real_words() -> frozenset[str]:
    """Return English words that are one letter away from the lexicon's and are not typing errors."""
    table = _read("real_words.json")
    return frozenset(f"{table['keep']} {table['words']}".split())


@functools.cache
def kept_words() -> frozenset[str]:
    """Return those that stay even beside a word that they are often mistaken beside: high waste is no word here."""
    return frozenset(str(_read("real_words.json")["keep"]).split())


def shade(hex_colour: str, modifier: Mapping[str, Any]) -> str:
    """Return a colour mixed in sRGB with a modifier's colour, its saturation scaled."""
    base = [int(hex_colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5)]
    hue, light, saturation = colorsys.rgb_to_hls(*base)
    base = list(
        colorsys.hls_to_rgb(hue, light, min(1.0, saturation * float(modifier.get("saturation", 1.0))))
    )
    other = [int(modifier["mix"][i : i + 2], 16) / 255.0 for i in (1, 3, 5)]
    share = float(modifier["share"])
    mixed = [(1.0 - share) * a + share * b for a, b in zip(base, other, strict=True)]
    return "#" + "".join(f"{round(255 * v):02x}" for v in mixed)

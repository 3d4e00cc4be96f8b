"""Typing errors put right before a text is read: Latin words one letter off, Chinese phrases that only sound right.

A Latin word is mended when it is no word of its own and one letter away from a word of the lexicon with the same first
letter; shorter words only where the words beside them leave no doubt (v nek, wasit 70). A Chinese phrase of the lexicon
is recognised by its sound (tones aside) when one character of it is wrong (短秀 for 短袖), that character is not part
of anything else that was read, and the wrong writing is no word itself. Characters keep their origin.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from importlib import resources

from toile.llm.lexicon import kept_words, known_words, latin_words, lexicon, real_words
from toile.llm.normal import SINGLE_COLOURS, NormalText, is_cjk
from toile.llm.novelty import filler_phrases
from toile.llm.number_words import NUMBER_WORDS

_WORD = re.compile(r"[a-z]+")
_NUMBER_AFTER = re.compile(r" ?(?:of|is|:|=|around|about)? ?\d")
_MEASURED_AFTER = re.compile(r" ?(?:of|is|:|=|around|about)? ?\d+(?:\.\d+)? ?(?:cm|mm|in\b|inch|\")")
_MEASURED_BEFORE = re.compile(r"\d ?(?:cm|mm|in|inch|inches|\")? $")
_NEXT = re.compile(r" ([a-z]{3,8})\b")
_NOUNS = frozenset(
    [
        "sleeve",
        "sleeves",
        "sleeved",
        "leg",
        "legs",
        "neck",
        "waist",
        "length",
        "collar",
        "neckline",
        "breasted",
        "waisted",
        "fit",
        "shoulder",
        "shoulders",
    ]
)
_ENDS = frozenset(["", ",", "，", "。", " ", "的", ";", "\n"])
_STOPS = frozenset(["", ",", "，", "。", ";", "\n"])
_FUNCTION = frozenset(  # too common to be a slip
    "的一是了我不在有个这们来上为和地到以说要就会可也你对能子那得着下过后里用去如都没面起看还好小些样她他前想从只与长把"
    "高间又正外两条件式料求带让做给买穿配搭加款号码身色样请帮"
)
_SAYS_NOTHING = frozenset(["should", "shoulds", "would", "could", "offs", "with", "this", "that", "have"])
_HEADS = frozenset("袖领裙裤衣衫袍扣腰腿摆边花褶")  # what a phrase for clothes ends with
_CHINESE_KINDS = frozenset({"garment", "attribute", "colour", "measure", "part"})


def misspelt(normal: NormalText) -> list[tuple[int, int, str]]:
    """Return the misspelt Latin words of the lexicon in a text with what they mean: (start, end, word)."""
    found = [(*m.span(), word) for pattern, word in _MISHEARD for m in pattern.finditer(normal.text)]
    heard_at = {i for first, last, _ in found for i in range(first, last)}
    before = ""
    for match in _WORD.finditer(normal.text):
        first, last = match.span()
        if first in heard_at:
            before = match[0]
            continue
        word = (
            _usual(match[0], normal.text, last)
            or _meant_before(match[0], normal.text, last)
            or _meant(match[0])
            or _meant_beside(match[0], before, normal.text, first, last)
        )
        before = word or match[0]
        if word is not None:
            found.append((first, last, word))
    return sorted(found)


_SLIPS_INTO_WORDS: Mapping[str, tuple[str, str]] = {  # real words that are meant otherwise beside these
    "stripped": ("striped", r" (?:[a-z]+ )?(?:tee|t shirt|shirt|top|dress|skirt|jumper|sweater|trousers|pants|shorts|blouse|polo|blazer|suit|jacket)s?\b"),
    "stripe": ("striped", r" (?:tee|t shirt|shirt|top|dress|skirt|jumper|sweater|blouse)s?\b"),
    "sued": ("suede", r" (?:jacket|skirt|vest|coat|trousers|dress|shirt|waistcoat|blazer|trim)s?\b"),
    "loos": ("loose", r" (?:fit|fitting|trousers|dress|shirt)\b"),
    "lose": ("loose", r" (?:fit\b|fitting\b|fitted\b)"),
    "singlet": ("single", r" breasted\b"),
    "plane": ("plain", r" (?:white|black|[a-z]+ (?:tee|shirt|dress|skirt))\b"),
    "strait": ("straight", r" (?:leg|legged|cut|fit)\b"),
    "hi": ("high", r" (?:waist|waisted|neck|rise|collar)\b"),
    "mid": ("midi", r" (?:dress|skirt)\b"),
    "maxy": ("maxi", ""),
    "dbl": ("double", r" br[a-z]+\b"),
    "bage": ("beige", ""),
    "offthe": ("off the", r" shoulders?\b"),
    "ofthe": ("off the", r" shoulders?\b"),
}  # fmt: skip


_MISHEARD: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), word)
    for pattern, word in (
        (
            r"(?<=\bhigh )waited\b|(?<=\blow )waited\b|(?<=\bdrop )waited\b|(?<=\bmid )waited\b|(?<=\bhi )waited\b",
            "waisted",
        ),
        (
            r"(?<=\bhigh )waste?d?\b(?= (?:jeans|trousers|pants|skirt|shorts))|(?<=\belastic )waste\b|(?<=\bdrop )waste\b",
            "waist",
        ),
        (r"\bwaste\b(?= (?:is |of |about )?\d)", "waist"),
        (r"\bplated\b(?= (?:[a-z]+ )?skirts?\b)", "pleated"),
        (r"\btea shirts?\b", "t shirt"),
        (r"\bden him\b", "denim"),
        (r"\bcard again\b", "cardigan"),
        (r"\bmid cough\b", "mid calf"),
        (r"\b(?:we|vee|be) (?:neck|neckline)\b", "v neck"),
        (r"\b(?:crew|crude|crow) (?:net|nick)\b|\bcrude neck\b", "crew neck"),
        (r"(?<=\bboat )(?:net|nick)\b|(?<=\bsquare )(?:net|nick)\b|(?<=\bscoop )(?:net|nick)\b", "neck"),
        (
            r"(?<=\bblue )genes\b|(?<=\bblack )genes\b|(?<=\bskinny )genes\b|(?<=\bbaggy )genes\b|(?<=\bleg )genes\b",
            "jeans",
        ),
        (r"\bshear\b(?= (?:[a-z]+ )?(?:blouse|top|dress|shirt|sleeves?|skirt)s?\b)", "sheer"),
        (
            r"(?<=\blong )slave?s?\b|(?<=\bshort )slave?s?\b|(?<=\bpuff )slaves?\b|(?<=\blong )sleepe?s?\b|(?<=\bshort )sleeps?\b",
            "sleeves",
        ),
        (r"\bsort\b(?= sl[e]+ve)", "short"),
        (r"\bflair(?:ed)?\b(?= (?:jeans|trousers|pants|skirt|sleeves?|leg|legs|hem)\b)", "flared"),
        (r"\bcollard\b", "collared"),
        (r"\bbottom (?=up shirt|down shirt)", "button "),
        (r"\bpant suit\b", "trouser suit"),
        (r"(?<=\bwide )(?:lag|log)\b|(?<=\bstraight )(?:lag|log)\b", "leg"),
    )
)


_SLEEVELESS = re.compile(
    r"sl(?:ee?|ea?|i)ve?l[ae]?s{1,2}"
)  # sleevles, slevless: nearer to sleeves by letters


def _usual(word: str, text: str, end: int) -> str | None:
    """Return what a word that is often typed for another means before a word of clothes: stripped tee, loos fit."""
    if word != "sleeveless" and _SLEEVELESS.fullmatch(word):
        return "sleeveless"
    found = _SLIPS_INTO_WORDS.get(word)
    return found[0] if found is not None and re.match(found[1], text[end:]) else None


def is_word(word: str) -> bool:
    return word in known_words() or word in real_words() or word in NUMBER_WORDS


@functools.lru_cache(maxsize=4096)
def _meant(word: str) -> str | None:
    """Return the word of the lexicon that a misspelt one means, or None."""
    if not 4 <= len(word) <= 14 or is_word(word):
        return None
    return _near(word, latin_words())


def _near(word: str, forms: Mapping[str, str]) -> str | None:
    """Return the word one letter away: whole words first, then those of the same length."""
    shorter = [word[:i] + word[i + 1 :] for i in range(len(word))]
    found = [forms[form] for form in (word, *shorter) if form in forms]
    found = [c for c in found if c[0] == word[0] and abs(len(c) - len(word)) <= 1]
    best = [c for c in found if c not in _SAYS_NOTHING] or found
    return min(best, key=lambda c: (c not in shorter, _slip(word, c), c[-1] != word[-1]), default=None)


def _meant_before(word: str, text: str, end: int) -> str | None:
    """Return what a short misspelt word means before a noun of clothes: shrt sleevs, strait leg, hihg waist."""
    following = _NEXT.match(text, end)
    if following is None or not 3 <= len(word) <= 8 or word in known_words() or word in kept_words():
        return None
    noun = following[1] if following[1] in known_words() else _meant(following[1])
    return _near(word, _firsts().get(noun, {})) if noun in _NOUNS else None


@functools.cache
def _firsts() -> Mapping[str, Mapping[str, str]]:
    """Return, for the second word of each Latin phrase of two, the first ones with their forms."""
    found: dict[str, set[str]] = {}
    for first, seconds in _beside().items():
        for second in {form for form in seconds.values() if form in _NOUNS}:
            found.setdefault(second, set()).add(first)
    return {second: _forms({w for w in firsts if len(w) >= 3}) for second, firsts in found.items()}


def _meant_beside(word: str, before: str, text: str, start: int, end: int) -> str | None:
    """Return what a short misspelt word means beside the word before it (v nek), or before a number (wasit 70)."""
    if not 2 <= len(word) <= 7 or word in known_words():
        return None
    if before and word not in kept_words() and (found := _near(word, _beside().get(before, {}))) is not None:
        return found
    measured = _MEASURED_AFTER.match(text, end) or _MEASURED_BEFORE.search(text[max(0, start - 8) : start])
    if word in NUMBER_WORDS or len(word) < 4 or not (measured or _NUMBER_AFTER.match(text, end)):
        return None
    if word in real_words() and not measured:
        return None
    return _near(word, _measures())


def _forms(words: set[str]) -> dict[str, str]:
    forms = {w[:i] + w[i + 1 :]: w for w in sorted(words) for i in range(len(w))}
    return forms | {w: w for w in words}


@functools.cache
def _beside() -> Mapping[str, Mapping[str, str]]:
    """Return, for the first word of each Latin phrase of two, the second ones with their forms."""
    second: dict[str, set[str]] = {}
    for found in lexicon().by_first.values():
        for phrase, meanings in found:
            words = phrase.split(" ")
            latin = len(words) == 2 and all(w.isascii() and w.isalpha() for w in words) and len(words[1]) >= 3
            if latin and any(m.kind in ("attribute", "garment") for m in meanings):
                second.setdefault(words[0], set()).add(words[1])
    return {first: _forms(words) for first, words in second.items()}


@functools.cache
def _measures() -> Mapping[str, str]:
    """Return the names of measurements of five and more letters with their forms."""
    words = {
        phrase
        for found in lexicon().by_first.values()
        for phrase, meanings in found
        if phrase.isascii()
        and phrase.isalpha()
        and len(phrase) >= 5
        and any(m.kind == "measure" for m in meanings)
    }
    return _forms(words)


def guessed(word: str) -> str | None:
    """Return the one word of the lexicon that an unknown Latin word is one slip away from: a letter more, less, other, swapped.

    Only for words that nothing else reads, and said when it is done.
    """
    if not 4 <= len(word) <= 14 or is_word(word) or word.removesuffix("s") in known_words():
        return None
    found = {w: _slip(word, w) for form in _slips(word) for w in _by_slip().get(form, ())}
    best = min(found.values(), default=9)
    likely = [w for w, kind in found.items() if kind == best]
    likely = [w for w in likely if w not in _SAYS_NOTHING] or likely
    return likely[0] if best < 9 and len(likely) == 1 else None


def near_known(word: str) -> bool:
    """Return whether a Latin word is one slip away from a word of the lexicon."""
    return any(form in _by_slip() for form in _slips(word))


@functools.cache
def _by_slip() -> Mapping[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for word in sorted(known_words()):
        if len(word) >= 4 and word.isascii() and word.isalpha():
            for form in _slips(word):
                table.setdefault(form, []).append(word)
    return {form: tuple(words) for form, words in table.items()}


def _slips(word: str) -> set[str]:
    return {word} | {word[:i] + word[i + 1 :] for i in range(len(word))}


def _slip(first: str, second: str) -> int:
    """Return how likely one slip makes one word of another: 0 swapped or doubled, 1 left out, 2 other letter, 9 more than one."""
    if abs(len(first) - len(second)) > 1:
        return 9
    if len(first) == len(second):
        wrong = [i for i in range(len(first)) if first[i] != second[i]]
        swapped = len(wrong) == 2 and wrong[1] == wrong[0] + 1 and first[wrong[0]] == second[wrong[1]]
        if swapped and first[wrong[1]] == second[wrong[0]]:
            return 0
        return 2 if len(wrong) == 1 else 9
    long, short = (first, second) if len(first) > len(second) else (second, first)
    places = [i for i in range(len(long)) if long[:i] + long[i + 1 :] == short]
    if not places:
        return 9
    doubled = any(long[i] in (long[i - 1 : i] + long[i + 1 : i + 2]) for i in places)
    return 0 if doubled else 1


# ---------------------------------------------------------------------- Chinese


def _letter(character: str) -> bool:
    return is_cjk(character) or "a" <= character <= "z"


@functools.cache
def mendable_phrases() -> frozenset[str]:
    """Return the Chinese phrases of the lexicon that may be recognised by their sound."""
    return frozenset(
        phrase
        for found in lexicon().by_first.values()
        for phrase, meanings in found
        if 2 <= len(phrase) <= 5
        and all(map(_letter, phrase))
        and any(map(is_cjk, phrase))
        and any(m.kind in _CHINESE_KINDS for m in meanings)
    )


@functools.cache
def _sounds() -> tuple[Mapping[str, str], frozenset[str]]:
    text = resources.files("toile.llm").joinpath("data/homophones.json").read_text(encoding="utf-8")
    table = json.loads(text)
    of = {character: sound for sound, characters in table["sounds"].items() for character in characters}
    return of, frozenset(table["words"].split())


@functools.cache
def _ordinary() -> frozenset[str]:
    return frozenset(filler_phrases())


@functools.cache
def _by_sound() -> Mapping[str, tuple[str, ...]]:
    of, _ = _sounds()
    table: dict[str, list[str]] = {}
    for phrase in sorted(mendable_phrases()):
        table.setdefault(" ".join(of.get(c, c) for c in phrase), []).append(phrase)
    return {key: tuple(found) for key, found in table.items()}


@functools.cache
def _beginnings() -> frozenset[str]:
    """Return the first two sounds of every phrase that may be recognised by its sound."""
    return frozenset(" ".join(sounds.split(" ")[:2]) for sounds in _by_sound())


def heard(text: str, taken: Callable[[int], bool], named: Callable[[int], bool]) -> list[tuple[int, str]]:
    """Return where a text of Chinese characters only sounds like a phrase of the lexicon: (start, phrase).

    Args:
        text: normal text.
        taken: whether the character at an index belongs to something of two characters or more that was read.
        named: whether a number stands at an index.
    """
    of, words = _sounds()
    table, found, position = _by_sound(), [], 0
    while position < len(text) - 1:
        first, second = text[position], text[position + 1]
        latin = first < "\u4e00" and not any(map(is_cjk, text[position + 1 : position + 5]))
        if latin or f"{of.get(first, first)} {of.get(second, second)}" not in _beginnings():
            position += 1
            continue
        match = _heard_at(text, position, of, words, table, taken, named) if _letter(text[position]) else None
        if match is not None:
            found.append((position, match))
        position += len(match) if match is not None else 1
    return found


def _garment_at(text: str, start: int) -> bool:
    """Return whether a garment's name begins at a place: 条文|衬衫."""
    found = lexicon().longest(text, start) if start < len(text) else None
    return found is not None and any(m.kind == "garment" for m in found[1])


def _before_a_garment(text: str, end: int, phrase: str) -> bool:
    """Return whether a print or a cloth that only sounds right stands right before a garment's name: 条文衬衫."""
    of_cloth = any({"print", "fabric"} & set(m.sets) for m in lexicon().phrases[phrase])
    return len(phrase) == 2 and of_cloth and _garment_at(text, end)


def _heard_at(
    text: str,
    start: int,
    of: Mapping[str, str],
    words: frozenset[str],
    table: Mapping[str, tuple[str, ...]],
    taken: Callable[[int], bool],
    named: Callable[[int], bool],
) -> str | None:
    for length in range(min(5, len(text) - start), 1, -1):
        said = text[start : start + length]
        if not all(map(_letter, said)) or said in mendable_phrases():
            continue
        ends = text[start - 1 : start] if start else "", text[start + length : start + length + 1]
        heard_whole = length >= 3  # three sounds in a row leave little doubt
        worn = said[-1] == "一" and ends[0] in tuple("色的") and ends[1] in _STOPS  # 驼色大一
        alone = set(ends) <= _STOPS
        beside = length == 2 and _garment_at(text, start + length)
        if said in words and not worn and not beside and (not alone or said in _ordinary()):
            continue
        for phrase in table.get(" ".join(of.get(c, c) for c in said), ()):
            wrong = [i for i in range(length) if said[i] != phrase[i]]
            most = 2 if heard_whole and said not in words else 1
            if not 1 <= len(wrong) <= most or any(taken(start + i) or not is_cjk(said[i]) for i in wrong):
                continue
            if len(wrong) == 2 and (said[-1] not in _HEADS or any(said[i] in _FUNCTION for i in wrong)):
                continue
            closed = (
                said[wrong[0]] == "一"
                and wrong[0] == length - 1
                and text[start + length : start + length + 1] in _ENDS
            )
            apart = set(ends) <= _ENDS
            if (
                said[wrong[0]] in _FUNCTION
                and not closed
                and not apart
                and not (heard_whole and 0 < wrong[0] < length - 1)
            ):
                continue
            own = alone and said[-1] in (*_HEADS, "色") and wrong[-1] < length - 1  # 断袖, 百色: clauses
            own = own or _before_a_garment(text, start + length, phrase)
            if said in words and said[wrong[0]] not in _FUNCTION and not own:
                continue  # 高要 by itself is 高腰; other words are what they are
            if wrong == [0] and said[1:] in mendable_phrases():
                continue  # 打蝴蝶结
            if length == 2 and wrong == [0] and phrase[1] in SINGLE_COLOURS:
                continue  # 复古蓝 is no 钴蓝
            measure = length == 2 and phrase[-1] in "围宽长"
            if not measure or named(start + length):
                return phrase
    return None

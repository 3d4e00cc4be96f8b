"""An account of a text after it was read: every number and every word with a meaning is in the request, or said to be left out.

A token is spent when a value of the request, a refusal or a note points to it. What is left is said: a number, a
measurement without its number, a colour, an attribute, a motion that nobody took, a part of which nothing was read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from toile.llm.draft import Remark, Stated
from toile.llm.scan import Scan, Token

if TYPE_CHECKING:
    from toile.llm.assembly import Assembly

_NOT_A_WISH = re.compile(r"(?:太|不|显|更|很|too |not |so |not too |as )$")
_SILENT_UNITS = frozenset({"age", "money", "count"})
_ADJECTIVES = frozenset({"high", "tall", "long", "wide", "高", "长", "重"})
_CLAUSE = re.compile(r"(?:(?!\. )[^,，、。;!?\n])+")
_PARTS_AND_SHAPES = re.compile(
    r"\b(?:necks?|necklines?|collars?|shoulders?|sleeves?|cuffs?|waists?|hips?|hems?|hemlines?|backs?|bodice|chest|bust|thighs?|knees?|calf|calves"
    r"|ankles?|legs?|straps?|seams?|edges?|lapels?|buttons?|zips?|zippers?|pockets?|slits?|pleats?|lengths?|longer|shorter|wider|narrower|tighter"
    r"|looser|tight|loose|fitted|flared?|colou?rs?|fabrics?|cloth|material|pattern|stripes?)\b"
    r"|[腰领袖摆背肩胸臀膝踝襟衩褶扣链兜纽色]|裤腿|裤脚|裙边|下边|颜色|面料|花纹|[长短宽窄松紧肥瘦](?:一?[点些]|的)"
)
MOST = 8
"""Notes of this kind in one request: a text that is mostly noise is not repeated to its writer."""


def left_out(read: Assembly, said: Iterable[str]) -> list[Remark]:
    """Return what is to be said of the tokens that nothing was made of.

    Args:
        read: the text with all that was made of it.
        said: the messages of the notes made so far; what they quote is said already.
    """
    scan = read.scanned
    spent = _spent(read)
    told = " ".join(said)
    found: list[Remark] = []
    for index, token in enumerate(scan.tokens):
        if token.separator is not None or index in read.grouping.negated or index in read.grouping.mentioned:
            continue
        if any(first < token.end and token.start < last for first, last in spent):
            continue
        words = scan.words(index).strip()[:40]
        if not words or _quoted(words, told):
            continue
        remark = _of(read, scan, index, token, words)
        if remark is not None and remark not in found:
            found.append(remark)
    return found[:MOST]


def passed_over(read: Assembly, said: Iterable[str]) -> list[Remark]:
    """Return what is to be said of clauses that speak of a part or a shape and of which nothing was taken.

    The words of such a clause may all be known and yet say nothing that was read: "the back dips low", 腰那里小一点.
    """
    scan, told = read.scanned, " ".join(said)
    spent = _spent(read)
    for index, token in enumerate(scan.tokens):
        words = scan.words(index).strip()[:40]
        known = index in read.grouping.negated or index in read.grouping.mentioned
        if known or token.meaning("other", "unsupported") is not None or (words and _quoted(words, told)):
            spent.append((token.start, token.end))
    found: list[Remark] = []
    for match in _CLAUSE.finditer(scan.normal.text):
        first, last = match.span()
        if _PARTS_AND_SHAPES.search(match[0]) is None or any(a < last and first < b for a, b in spent):
            continue
        words = scan.normal.words(first, last).strip()[:60]
        if words and words not in told:
            found.append(
                _remark("garments", words, f"Nothing was taken from {words!r}.", f"“{words}”没有用上。")
            )
    return found[:MOST]


def _quoted(words: str, told: str) -> bool:
    return f"“{words}”" in told or f"{words!r}" in told


def _spent(read: Assembly) -> list[tuple[int, int]]:
    """Return the spans of the normal text on which something rests."""
    stated: list[Stated] = []
    spans: list[tuple[int, int]] = []
    for draft in read.grouping.drafts:
        stated += [*draft.fields.values(), *draft.details, *draft.colours, *draft.superseded]
        stated += [draft.layer] if draft.layer is not None else []
        for _, first, second in draft.conflicts:
            stated += [first, second]
        for _, last in draft.mentions:
            token = read.scanned.tokens[last]
            spans.append((token.start, token.end))
    wearer = read.quantities.wearer
    stated += [
        *wearer.superseded,
        *wearer.fields.values(),
        *read.stage.motion.values(),
        *read.stage.views.values(),
    ]
    for _, first, second in wearer.conflicts:
        stated += [first, second]
    spans += [(s.start, s.end) for s in stated] + read.stage.passed + read.grouping.passed
    for index in read.quantities.used:
        token = read.scanned.tokens[index]
        spans.append((token.start, token.end))
    return spans


def _of(read: Assembly, scan: Scan, index: int, token: Token, words: str) -> Remark | None:
    quantity = token.quantity
    if quantity is not None:
        if quantity.unit in _SILENT_UNITS and not (
            quantity.unit == "count" and _counts_garments(read, index)
        ):
            return None
        if quantity.unit is None and quantity.value <= 12 and not words[0].isascii():
            return None  # 两侧, 三层
        if quantity.unit == "count" or (
            quantity.unit is None and quantity.kind == "number" and quantity.value <= 1
        ):
            return _several(words) if quantity.value >= 2 else None
        return _remark("request", words, f"The number {words!r} was not used.", f"数字“{words}”没有用上。")
    counted = token.meaning("count")
    if counted is not None and float(counted.sets["value"]) >= 2 and _leads_to_a_garment(scan, index):
        return _several(words)
    if token.meaning("unsupported") is not None:
        what = str(next(m for m in token.meanings if m.kind == "unsupported").sets["what"])
        kind = "ignored" if what == "quality" else "unsupported"
        return Remark(
            "garments",
            kind,
            f"{words!r} cannot be stated in a request; it was left out.",
            f"“{words}”目前无法写进要求，已忽略。",
        )
    if (
        token.meaning("attribute", "colour") is not None
        and token.meaning("garment", "measure", "view") is None
    ):
        return _remark("garments", words, f"{words!r} was left out.", f"“{words}”没有用上。")
    if token.meaning("motion") is not None and token.meaning("view") is None:
        return _remark("motion.name", words, f"{words!r} was left out.", f"“{words}”没有用上。")
    following = scan.tokens[index + 1] if index + 1 < len(scan.tokens) else None
    place = following.meaning("attribute") if following is not None else None
    if place is not None and "length" in place.sets and len(scan.between(index, index + 1)) <= 2:
        return None  # 裙长到膝盖
    if token.meaning("measure") is not None and _asks_for_a_measure(scan, index, words):
        return _remark(
            "garments",
            words,
            f"Of {words!r} nothing definite was said; it was left out.",
            f"“{words}”没有给出可用的数值，已忽略。",
        )
    part = token.meaning("part")
    if part is not None and words.lower() != "neck" and not _has_part(read, str(part.sets["part"])):
        return _remark(
            "garments",
            words,
            f"{words!r} was named, but no kind of it was understood.",
            f"提到“{words}”，但没有认出是哪一种。",
        )
    return None


def _remark(field: str, words: str, english: str, chinese: str) -> Remark:
    return Remark(field, "ignored", english, chinese)


def _several(words: str) -> Remark:
    return Remark(
        "garments",
        "unsupported",
        f"{words!r}: one of each garment is made.",
        f"“{words}”：每种服装只做一件。",
    )


def _counts_garments(read: Assembly, index: int) -> bool:
    """Return whether a count stands beside a garment: 衬衣2件, "two dresses"."""
    tokens, value = read.scanned.tokens, read.scanned.tokens[index].quantity
    beside = [tokens[i] for i in (index - 1, index + 1) if 0 <= i < len(tokens)]
    return value is not None and value.value >= 2 and any(t.meaning("garment") is not None for t in beside)


def _leads_to_a_garment(scan: Scan, index: int) -> bool:
    """Return whether only adjectives stand between a count and a garment's name: "two black shirts"."""
    for place, token in enumerate(scan.tokens[index + 1 : index + 4], index + 1):
        if scan.between(place - 1, place).strip() != "":
            return False
        if token.meaning("garment") is not None:
            return True
        if token.meaning("colour", "attribute") is None:
            return False
    return False


def _asks_for_a_measure(scan: Scan, index: int, words: str) -> bool:
    """Return whether a measurement was named that got no value: 裙长要短一点, "the waist should be high"."""
    measure = scan.tokens[index].meaning("measure")
    if measure is None or scan.tokens[index].meaning("attribute", "part") is not None:
        return False
    if words.lower() in _ADJECTIVES:
        start = scan.tokens[index].start
        return _NOT_A_WISH.search(scan.normal.text[max(0, start - 8) : start]) is None
    return len(words) >= 2 and words[-1] in "围长宽高" and words[0] > "\u3000"


def _has_part(read: Assembly, part: str) -> bool:
    names = {"sleeve": ("sleeve", "sleeve_style", "sleeve_cm"), "neckline": ("neckline", "neck_cm")}.get(
        part, ("print",)
    )
    return any(
        name in draft.fields or (part == "neckline" and any(d.value == "collarless" for d in draft.details))
        for draft in read.grouping.drafts
        for name in names
    )

"""What is said of a part of a garment and not of the garment: gold buttons, 金色扣子, a 15 cm vent, 膝盖上面10公分.

A colour right beside a trim (buttons, belt, lining, a collar …) that stands in no garment's noun phrase is the trim's;
so is a length. A distance from a place on the body is no length. None of these can be stated in a request: they are noted.
"""

from __future__ import annotations

import re

from toile.llm.scan import Scan, Token

TRIMS = frozenset(
    [
        "belt",
        "bow",
        "lace_trim",
        "embroidery",
        "fringe",
        "beading",
        "lined",
        "braces",
        "spaghetti_straps",
        "shoulder_pads",
        "turn_up",
        "piping",
    ]
)
_COLOUR_THEN = re.compile(
    r"(?:色?的?| | (?:leather|metal|metallic|satin|lace|silk|velvet|contrast|plastic|horn|pearl|wide|thin|narrow|small|big|large) )$"
)
_KIND = re.compile(r"的?[\u4e00-\u9fff]{1,2}| [a-z]+ ")
_THEN_COLOUR = re.compile(r"^(?: ?(?:are|is|in|of) (?:a )?|(?:要|都|全)?(?:是|为|用|做成|要|选)|: ?| ?= ?)$")
_BESIDE = re.compile(
    r"^(?:| |, ?| ?(?:of|about|:|=) ?|长度?|高度?|宽度?|深度?|长约|高约|约|大约|有|是|为|开|开到|:)$"
)
_LANDMARK_ZH = re.compile(
    r"(?:膝盖?|脚踝|踝|脚面|腰线?|肚脐|臀|锁骨|手肘|肘|腰|大腿根?)(?:骨|部|处)?(?:以|往|向|再往)?(?:上|下)(?:面|方|边|去)?(?:大?约|差不多|大概|有)?$"
    r"|(?:离|距离?|高于|低于|高出|低出|短于|长于|(?<![超不])过(?=膝|脚|腰))(?:地面?|地板|膝盖?|脚面|脚踝|腰|肚脐)?(?:大?约|大概|有|还有)?$"
)
_LANDMARK_AFTER = re.compile(
    r" ?(?:的)?(?:(?:above|below|under|past|over) (?:the |my |her |his )?(?:knee|ankle|floor|ground|waist|hip|elbow|navel|bust|wrist)|(?:off|from|up from) the (?:floor|ground))"
)
_COMPARED = re.compile(r"(?:大|小|长|短|宽|窄|多|少|高|低|肥|瘦|深|浅|松|紧|收|放|加|减)(?:了|出|去|掉|上)?$")
_COMPARES = re.compile(r"比(?!较|如|例|基尼)[^,，]{1,12}$|(?:再|加|放|减|收|缩)$")


def is_trim(token: Token) -> bool:
    """Return whether a token names a part that may have a colour and a size of its own."""
    attribute, part = token.meaning("attribute"), token.meaning("part")
    if attribute is not None:
        if "closure" in attribute.sets and attribute.sets["closure"] not in (
            "single_breasted",
            "double_breasted",
            "pullover",
            "elastic",
        ):
            return True
        if "pockets" in attribute.sets or set(attribute.sets.get("details", ())) & TRIMS:
            return True
    unknown = token.meaning("unsupported")
    if unknown is not None and unknown.sets["what"] == "detail":
        return True
    return part is not None and part.sets.get("part") in ("sleeve", "neckline", "print")


def trim_described(scan: Scan, index: int) -> int | None:
    """Return the trim that a colour or a cloth describes: right behind it, or before it with "is", 是; None if it describes none."""
    tokens = scan.tokens
    if index + 1 < len(tokens) and is_trim(tokens[index + 1]):
        gap = scan.between(index, index + 1)
        kind = tokens[index + 1].meaning("part") is not None and _KIND.fullmatch(gap) is not None
        if kind or _COLOUR_THEN.fullmatch(gap) is not None:
            return index + 1
    if index and is_trim(tokens[index - 1]) and _THEN_COLOUR.match(scan.between(index - 1, index)):
        return index - 1
    return None


def trim_of_number(scan: Scan, index: int) -> int | None:
    """Return the trim or slit that a length beside it measures: "back vent 15 cm", 开衩20厘米, "a 5 cm belt"."""
    tokens = scan.tokens

    def part(other: int) -> bool:
        attribute = tokens[other].meaning("attribute")
        if tokens[other].meaning("part") is not None or tokens[other].meaning("garment") is not None:
            return False
        slit = attribute is not None and (
            "slit" in attribute.sets or attribute.sets.get("details") == ["train"]
        )
        slit = slit or (attribute is not None and scan.words(other) in ("拖尾", "大拖尾"))
        return is_trim(tokens[other]) or slit

    before = index - 1
    gap = scan.between(before, index) if before >= 0 else ","
    if "," not in gap and part(before) and _BESIDE.match(gap):
        return before
    after = index + 1
    if (
        after < len(tokens)
        and part(after)
        and scan.between(index, after) in ("", " ", "的", "宽的", "长的", "高的", "深的")
    ):
        following = tokens[after + 1] if after + 1 < len(tokens) else None
        named = following is not None and following.meaning("garment", "attribute", "colour") is not None
        if not (named and len(scan.between(after, after + 1)) <= 1):
            return after
    return None


def is_distance(scan: Scan, index: int) -> bool:
    """Return whether a number is a distance from a place on the body or the ground: 膝盖上面10公分, 离地5厘米."""
    token, text = scan.tokens[index], scan.normal.text
    before = text[max(0, token.start - 12) : token.start]
    return _LANDMARK_ZH.search(before) is not None or _LANDMARK_AFTER.match(text, token.end) is not None


def is_difference(scan: Scan, index: int) -> bool:
    """Return whether a number only says by how much: 臀围比腰围大20, 再长5厘米."""
    token, text = scan.tokens[index], scan.normal.text
    clause = re.split(r"[,，。;!?\n]", text[: token.start])[-1]
    degree = _COMPARED.search(clause)
    return degree is not None and _COMPARES.search(clause[: degree.start()]) is not None

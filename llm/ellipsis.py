"""What is said for short after a refusal: 不要高领，要V的; "no crew neck, make it a V": the part is the one just refused.

A clause that holds nothing but a value (V, 圆, 方, 短; square, scoop, short) and words that ask, right behind a clause in which
a kind of neck, sleeve, waist or leg was refused, means that kind of the same part. The value and the part together must be a
phrase of the lexicon. The short form is replaced by the full one, which is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from toile.llm.lexicon import lexicon
from toile.llm.normal import NormalText
from toile.llm.rewriting import replaced

_CLAUSE = re.compile(r"(?:(?!\. )[^,，。;!?\n:])+")
_REFUSAL_ZH = re.compile(
    r"(?:不|别|没|非|换掉|讨厌|拒绝|去掉)[^,，。;]{0,8}?(?P<part>领|袖|腰|腿)(?:子|口|型|部)?(?:的|了|那种|款)*$"
)
_TOPIC_ZH = re.compile(
    r"(?P<part>领|袖|腰)(?:子|口|型|部)?(?:我|的话)?(?:不要|不想要|别要?|不用|不喜欢)[^,，。;]{1,4}$"
)
_NAMED_ZH = re.compile(
    r"(?P<part>领|袖|腰)(?:子|口|型|部)?(?:就|我|想|要|是|做成|做|用|选|换成|改成)+(?P<value>[vu]|[\u4e00-\u9fff]{1,2}?)(?:字)?(?:形|型)?(?:的|款)*(?:就行|就好|就可以|吧)?$"
)
_ALONE_ZH = {"短": "短款", "长": "长款"}
_SHORT_ZH = re.compile(
    r"(?:我|就|只|还|想|还是|最好|请|给我|帮我|换成|换个|换|改成|改为|改|做成|做|要|是|用|选|来|带|有|得|弄成|弄|开|个|一点|点|一个|那种|普通|小|大)*"
    r"(?P<value>[vu]|[\u4e00-\u9fff]{1,2}?)(?:字)?(?:形|型)?(?:一点|一些|点)?(?:的|款|那种)*(?:就行|就好|就可以|就够|即可|可以|吧|好了|最好|比较好|更好|也行|都行|呢|啦|哈|了)*"
)
_REFUSAL_EN = re.compile(
    r"\b(?:no|not|without|don't|hate|lose|skip|isn't|instead of|rather than)\b[a-z' ]*?(?P<part>neckline|necks?|collar|sleeves?|sleeved|waist|waisted|legs?|legged)\b"
    r"|\b(?:no|not|without|don't|hate|lose|skip|isn't|instead of|rather than)\b[a-z' ]*?(?P<joined>turtlenecks?|polonecks?|crewnecks?)\b"
)
_SHORT_EN = re.compile(
    r" ?(?:(?:but|and|so|make|make it|no|sorry|wait|actually|that|instead|rather|just|have|want|i|i'd|i'll|like|prefer|give|it|me|do|use|with|go|for|let's|please|a|an|the|more|of|should|be|say|only) )*"
    r"(?P<value>[a-z]+)(?: shape| shaped)?(?: ones?)?(?: (?:please|instead|is fine|are fine|will do|would be better|is better|works?))* ?"
)
_SAID = r"(?:\d+(?:\.\d+)?|[一二两三四五六七八九十百零]+|[sml]|x{1,3}l)(?:cm|厘米|公分|英寸|寸|尺|码|号|斤|公斤|kg)?"
_REFUSED_NUMBER = re.compile(
    rf"(?P<refused>(?:不是|不要|并非|不应该是){_SAID}(?:了|的)?[,，]?(?:而是|应该是|应是|得是|是|要|改成|换成))(?={_SAID})"
)
_CORRECTS = re.compile(
    r"(?: ?(?:no|nope|sorry|wait|actually|i mean|make that|or rather|hmm|oops|er|um)\b)+ ?|(?:啊|哦|噢|呃|嗯|诶|哎)?(?:不对|不是|不不|不|错了|说错了|等等|算了|改成|换成|还是)"
)
_OF_TROUSERS = re.compile("[三五七八九]分(?:的|款|长)?")
_ANOTHER = re.compile("[衫衣裙袖恤]")
_ANY_PART = re.compile(r"\b(?:neckline|neck|collar|sleeves?|waist|legs?)\b|[领袖腰腿]")
_PARTS = {"neckline": "neck", "necks": "neck", "collar": "collar", "sleeves": "sleeve", "sleeved": "sleeve", "waisted": "waist", "legs": "leg", "legged": "leg"}  # fmt: skip


def without_refused_numbers(normal: NormalText) -> NormalText:
    """Leave out a number or size that is refused for the one right behind it: 腰围不是68是70 is 腰围是70."""
    changes = [(*m.span("refused"), "是") for m in _REFUSED_NUMBER.finditer(normal.text)]
    return replaced(normal, changes).normal if changes else normal


def shortened(normal: NormalText) -> list[tuple[int, int, str]]:
    """Return the values said for short in a text with what they mean: (start, end, phrase)."""
    found: list[tuple[int, int, str]] = []
    before: str | None = None
    only_trousers = "裤" in normal.text and _ANOTHER.search(normal.text) is None
    named: str | None = None  # the part that was named last, which a correction means: 领口V的，啊不，方的
    for match in _CLAUSE.finditer(normal.text):
        clause = match[0]
        if _OF_TROUSERS.fullmatch(clause) and only_trousers:
            found.append((*match.span(), f"{clause[:2]}裤"))  # 短裤，五分
            continue
        direct = _direct(clause)
        if direct is not None:
            found.append((match.start() + direct[0], match.start() + direct[1], direct[2]))
        corrects = _CORRECTS.match(clause)
        if corrects is not None and corrects.end() == len(clause):
            before = named  # "no", 啊不: what is meant instead comes next
            continue
        part = named if corrects is not None and named is not None else before
        if part is not None:
            meant = _meant(clause, part)
            if meant is not None:
                first, last, phrase = meant
                found.append((match.start() + first, match.start() + last, phrase))
        before = _refused_part(clause)
        named = _named_part(clause) or named
    return found


def _refused_part(clause: str) -> str | None:
    chinese = _REFUSAL_ZH.search(clause) or _TOPIC_ZH.search(clause)
    if chinese is not None:
        return chinese["part"]
    english = _REFUSAL_EN.search(clause)
    if english is None:
        return None
    return "neck" if english["joined"] else _PARTS.get(english["part"], english["part"])


def _named_part(clause: str) -> str | None:
    """Return the part that a clause names last: "long sleeves", 领口V的."""
    parts = [match[0] for match in _ANY_PART.finditer(clause)]
    return _PARTS.get(parts[-1], parts[-1]) if parts else None


def _direct(clause: str) -> tuple[int, int, str] | None:
    """Return what needs no refusal before it: 领子要方的; 短 as a clause of its own."""
    alone = clause.strip()
    if alone in _ALONE_ZH:
        first = clause.index(alone)
        return first, first + 1, _ALONE_ZH[alone]
    named = _NAMED_ZH.search(clause)
    if named is None or named["value"] + named["part"] not in lexicon().phrases:
        return None
    known = lexicon().longest(clause, named.start())
    if known is not None and known[0] >= named.end("value"):
        return None  # 领口是方的 is a phrase of its own
    return (*named.span("value"), named["value"] + named["part"])


def _meant(clause: str, part: str) -> tuple[int, int, str] | None:
    chinese = part > "\u3000"
    short = (_SHORT_ZH if chinese else _SHORT_EN).fullmatch(clause)
    if short is None:
        return None
    first, last = short.span("value")
    for phrase in _phrases(short["value"], part, chinese):
        if any(m.kind == "attribute" for m in lexicon().phrases.get(phrase, ())):
            return first, last, phrase
    return None


def _phrases(value: str, part: str, chinese: bool) -> Iterator[str]:
    yield value + part if chinese else f"{value} {part}"
    if not chinese and part == "neck":
        yield f"{value} neckline"
        yield f"{value} collar"
    if not chinese and part == "sleeve":
        yield f"{value} sleeves"

"""What a word describes before its garment is looked for: the garment, one of its parts, a slit, or a thing that is not made.

"Short" may be a sleeve's, "to the knee" a slit's, "gold" the buttons' and "brown" the shoes'; "long" beside a number is a measure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from toile.llm.draft import Remark
from toile.llm.normal import is_cjk
from toile.llm.outfits import Outfit
from toile.llm.scan import Scan
from toile.llm.trims import trim_described

_KIND_BEFORE = re.compile(r"[a-z]{3,} $|[\u4e00-\u9fff]{1,2}$")
_NO_KIND = re.compile(
    r"the|her|his|its|with|has|and|for|from|that|this|into|but|your|our|their|nice|own|same|one"
    r"|[的是有带要个款把那这换子和做从其配加]|它的|她的|有个|带个|一个|要有|还有|搭配"
)
_STYLE = re.compile(r" ?(?:style|styled|inspired|like|type)\b|风格?|式|款")
_SLIT_SO_HIGH = re.compile(
    r"开[叉衩][^。;!?\n]{0,10}(?:太高|过高|开到|高到|别高|太大)[,，]?(?:只|就)?(?:到|至)?$|(?:slit|split)[^.;!?\n]{0,14}(?:too high|not high),? ?(?:just|only|up)? ?(?:to )?$"
)
_WITH = re.compile(r"(?:\bwith|\band|,|带|配|有|加|用|和)(?: an?| the| some| two| three|个|条|着|上)? ?$")


def names_a_style(scan: Scan, index: int) -> bool:
    """Return whether a thing that is not made only names a style: "pyjamas style shirt", 睡衣风, "corset gown"."""
    tokens = scan.tokens
    if _STYLE.match(scan.normal.text, tokens[index].end) is not None:
        return True
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    beside = following is not None and following.meaning("garment") is not None
    one = scan.normal.text[tokens[index].end - 1] != "s"
    return beside and one and scan.between(index, index + 1) == " "


class Described(Outfit):
    """The garments of a scanned text, and which of its words describe something else."""

    def __init__(self, scan: Scan, chinese: bool) -> None:
        super().__init__(scan, chinese)
        self.passed: list[tuple[int, int]] = []  # read, and of no garment

    def _of_trim(self, index: int) -> bool:
        """Return whether a colour is that of a part, which has none in a request: gold buttons, 金色扣子; say so."""
        trim = trim_described(self.scan, index)
        if trim is None or any(draft.names(trim) or draft.names(index) for draft in self.drafts):
            return False
        first, text = self.scan.tokens[index].start, self.scan.normal.text
        kind = "colour" if self.scan.tokens[index].meaning("colour") is not None else "attribute"
        own = self.scan.tokens[index].meaning(kind)
        names = set(own.sets) if own is not None else set()
        others = any(
            (other := t.meaning(kind)) is not None
            and bool(names & set(other.sets))
            and i != index
            and trim_described(self.scan, i) is None
            for i, t in enumerate(self.scan.tokens)
        )
        apart = (
            self.chinese
            and " "
            in self.scan.normal.original[slice(*self.scan.normal.span(first, self.scan.tokens[trim].end))]
        )
        fastening = (attribute := self.scan.tokens[trim].meaning("attribute")) is not None and str(
            attribute.sets.get("closure", "")
        ).endswith(("zip", "buttons"))
        if (
            not others
            and not (fastening and not apart)
            and _WITH.search(text[max(0, first - 8) : first]) is None
        ):
            return False
        self.passed.append((first, self.scan.tokens[index].end))
        said = self.scan.normal.words(first, max(self.scan.tokens[trim].end, self.scan.tokens[index].end))
        self.remarks.append(
            Remark(
                "garments",
                "unsupported",
                f"{said!r}: a part has no colour or cloth of its own; those of the garment were kept.",
                f"“{said}”：部件不能单独配色或配料，仍用服装本身的。",
            )
        )
        return True

    def _tells_of_a_slit(self, index: int) -> bool:
        """Return whether a length says how far a slit goes: 开衩到膝上."""
        before = self.scan.tokens[index - 1] if index else None
        start = self.scan.tokens[index].start
        if _SLIT_SO_HIGH.search(self.scan.normal.text[max(0, start - 24) : start]):
            return True  # 开叉不要太高，到膝盖就行
        if before is not None and before.meaning("to") is not None and index >= 2:
            before = self.scan.tokens[index - 2]
        attribute = before.meaning("attribute") if before is not None else None
        gap = self.scan.between(index - 1, index).strip()
        return (
            attribute is not None
            and "slit" in attribute.sets
            and gap in ("", "到", "至", "开到", "up to", "to the")
        )

    def _unknown_part(self, index: int) -> None:
        """Say when a kind of collar or sleeve is not known: cowl neck, 荡领."""
        token, text = self.scan.tokens[index], self.scan.normal.text
        before = text[self.scan.tokens[index - 1].end if index else 0 : token.start]
        match = _KIND_BEFORE.search(before)
        if match is None or _NO_KIND.fullmatch(match[0].strip()):
            return
        first = token.start - len(match[0])
        said = self.scan.normal.words(first, token.end)
        part = str(token.meanings[0].sets["part"])
        self.remarks.append(
            Remark(
                "garments",
                "unsupported",
                f"{said!r} is no {part} known here; it was left out.",
                f"不认识“{said}”，已忽略。",
            )
        )

    def _of_something_else(self, index: int) -> bool:
        """Return whether a word describes a thing that is not made here: 黑色领带, brown shoes."""
        before = self.scan.tokens[index - 1] if index else None
        if before is not None and before.meaning("other") is not None and self._ends_here(index):
            return self.scan.between(index - 1, index).strip(" :是为") == ""  # 领带红色
        for place, token in enumerate(self.scan.tokens[index + 1 :], index + 1):
            if self.scan.apart(place - 1) and is_cjk(self.scan.normal.text[self.scan.tokens[index].start]):
                return False  # 长到脚踝 大帽子
            if token.meaning("other") is not None and not names_a_style(self.scan, place):
                return True
            if token.meaning("colour", "attribute") is None or token.meaning("garment") is not None:
                return False
        return False

    def _ends_here(self, index: int) -> bool:
        after = self.scan.tokens[index + 1] if index + 1 < len(self.scan.tokens) else None
        return after is None or after.separator is not None

    def _of_sleeve(self, index: int, sets: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a sleeve's length for "short" or "long" before a word for sleeves: short puff sleeves."""
        word, tokens = sets.get("length"), self.scan.tokens
        led = index - 1
        if index >= 2 and tokens[led].meaning("request") is not None and self.scan.words(led) in ("要", "做"):
            led -= 1  # sleeve要short
        before = tokens[led].meaning("part") if index else None
        own = before is not None and before.sets["part"] == "sleeve"
        said = self.scan.normal.text[tokens[index].start : tokens[index].end]
        if (
            word in ("short", "maxi")
            and own
            and said[-1] not in "款版"
            and self.scan.between(index - 1, index) in ("", " ")
        ):
            return {"sleeve": "short" if word == "short" else "long"}
        if word not in ("short", "maxi") or index + 1 >= len(tokens):
            return sets
        following = tokens[index + 1]
        if self._of_the_next_part(index, said):
            self.passed.append((tokens[index].start, tokens[index].end))
            return {}
        attribute, part = following.meaning("attribute"), following.meaning("part")
        sleeve = (attribute is not None and "sleeve_style" in attribute.sets) or (
            part is not None and part.sets["part"] == "sleeve"
        )
        if not sleeve or self.scan.between(index, index + 1).strip(", ") != "":
            return sets
        return {"sleeve": "short" if word == "short" else "long"}

    def _of_the_next_part(self, index: int, said: str) -> bool:
        """Return whether "long" or "short" is said of the part right behind it: a long train, a short zip."""
        tokens = self.scan.tokens
        detail = tokens[index + 1].meaning("attribute")
        if (
            said not in ("long", "short")
            or detail is None
            or "train" in detail.sets.get("details", ())
            or self.scan.between(index, index + 1) != " "
        ):
            return False
        if (
            not set(detail.sets) <= {"details", "slit", "pockets", "closure"}
            or self.scan.words(index + 1)[-2:] == "ed"
        ):
            return False
        third = tokens[index + 2] if index + 2 < len(tokens) else None
        return (
            third is None
            or third.meaning("garment") is None
            or self.scan.between(index + 1, index + 2) != " "
        )

    def _is_colour(self, index: int) -> bool:
        following = self.scan.tokens[index + 1] if index + 1 < len(self.scan.tokens) else None
        gap = self.scan.between(index, index + 1) if following is not None else ""
        third = self.scan.tokens[index + 2] if index + 2 < len(self.scan.tokens) else None
        if third is not None and third.meaning("garment") is not None:
            return True  # 灰色瑜伽裤
        return not (following is not None and following.meaning("motion_unknown") is not None and gap == "")

    def _is_measure(self, index: int) -> bool:
        """Return whether a word that may be an attribute or a measure ("long") has its number beside it."""
        tokens = self.scan.tokens
        if tokens[index].meaning("measure") is None:
            return False
        for other, gap_ends in ((index - 1, (index - 1, index)), (index + 1, (index, index + 1))):
            if 0 <= other < len(tokens) and tokens[other].quantity is not None:
                quantity = tokens[other].quantity
                if 0 < other < index and self._named_before(other):
                    continue  # waist 38 long: the number has its name already
                if (
                    quantity is not None
                    and quantity.unit != "count"
                    and len(self.scan.between(*gap_ends)) <= 3
                ):
                    return True
        return False

    def _named_before(self, number: int) -> bool:
        """Return whether a measure before a number is its name, and not that of the number before the measure."""
        tokens = self.scan.tokens
        if tokens[number - 1].meaning("measure") is None:
            return False
        return number < 2 or tokens[number - 2].quantity is None

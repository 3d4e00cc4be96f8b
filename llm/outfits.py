"""Garments worn together: what a set or a suit shares, colours that may be of two garments, what goes over what."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

from toile.llm.draft import UPPER, GarmentDraft, Remark, Stated
from toile.llm.nouns import Nouns
from toile.llm.scan import Token

_MATCHING = re.compile(r"matching|same|同色|同款|配套|成套")
_SET = re.compile(
    r"套装|[两三]件套|一套|成套|\b(?:matching|coord|co ord|twin|two piece|three piece) ?set\b|\bco ?ords?\b|\btwinset\b|\btwo piece\b|\b(?:top|skirt|trouser|shorts?|jacket|pants?|shirt) set\b"
)
_BOTH_IN = re.compile(r",? (?:both |all )?(?:in|made (?:of|in|from)) ")
_ONE_SET = re.compile("(?:是|做|成)?(?:一套|成套|同款|同色|同料)")
_SUIT = re.compile(r"suits?|.*套装")


def _copy(source: GarmentDraft, target: GarmentDraft) -> None:
    """Give a garment the fabric, print and colour of another where nothing was said of its own."""
    for name in ("fabric", "print"):
        said = source.fields.get(name)
        if said is not None and said.source == "inferred" and said.value == "knit":
            continue  # what a hoodie is made of by its name
        if said is not None and name not in target.fields:
            target.set(name, replace(said, source="inferred"))
    if source.colours and not target.colours:
        target.colours = [replace(said, source="inferred") for said in source.colours]


class Outfit(Nouns):
    """The garments of a scanned text with what they share and how they are layered."""

    def _share(self) -> None:
        """Give a garment that matches the one before it the same colour, fabric and print: "and matching shorts"."""
        text = self.scan.normal.text
        for earlier, draft in itertools.pairwise(self.drafts):
            first = self.scan.tokens[draft.mentions[0][0]].start
            if _MATCHING.search(text, max(0, first - 10), draft.start) is not None:
                _copy(earlier, draft)
                _copy(draft, earlier)
        for earlier, draft in itertools.pairwise(self.drafts):
            joined = text[earlier.end : self.scan.tokens[draft.mentions[0][0]].start].strip()
            after = _BOTH_IN.match(text, draft.end)
            if joined in ("和", "跟", "与", "加", "配") and _ONE_SET.match(text, draft.end):
                _copy(draft, earlier)  # 外套和裤子一套，灰格子
            elif text.startswith(("同款", "同色", "同料"), draft.end):
                _copy(earlier, draft)  # 短裙同款
            if joined == "and the" and text[: self._first_place(earlier)].endswith(("both the ", "both ")):
                joined = "and"
            if (
                (
                    joined in ("and", "&", "+")
                    and draft.mentions[0][0] == draft.mentions[0][1]
                    and after is not None
                )
                and not earlier.colours
                and "fabric" not in earlier.phrase_fields
            ):
                _copy(draft, earlier)
        self._coordinated(text)
        coloured = [d for d in self.drafts if d.colours]
        if _SET.search(text) is not None and len(coloured) == 1 and len(self.drafts) > 1:
            for other in self.drafts:
                _copy(coloured[0], other)
            self.remarks.append(
                Remark(
                    "garments",
                    "assumption",
                    "One set was asked for: the colour and cloth that were said are those of all its garments.",
                    "说的是一套，颜色和面料用于其中每一件。",
                )
            )
        suits = [
            d for d in self.drafts if any(_SUIT.fullmatch(self.scan.words(i).lower()) for _, i in d.mentions)
        ]
        for suit in suits[:1]:  # "a navy suit: jacket and trousers"
            for other in self.drafts:
                if other is not suit and other.category in ("trousers", "skirt", "vest"):
                    _copy(suit, other)

    def _first_place(self, draft: GarmentDraft) -> int:
        return self.scan.tokens[draft.mentions[0][0]].start

    def _coordinated(self, text: str) -> None:
        """Say when a colour may be of the next garment too: "a pink sweater and skirt", 粉色的毛衣和裙子."""
        for earlier, draft in itertools.pairwise(self.drafts):
            first, named = draft.mentions[0]
            joined = text[earlier.end : self.scan.tokens[first].start].strip()
            bare = first == named or not draft.fields.keys() & {"colour", "fabric", "print"}
            if joined not in ("and", "&", "+", "和", "与", "跟", "及") or draft.colours or not bare:
                continue
            if earlier.colours and "colour" in earlier.phrase_fields:
                stated = earlier.colours[0]
                said = self.scan.normal.words(stated.start, stated.end)
                self.remarks.append(
                    Remark(
                        f"garments[{self.drafts.index(draft)}].colour",
                        "ambiguity",
                        f"{said!r} was taken as the first garment's alone; say so if it is of both.",
                        f"“{said}”只用于前一件；如果两件都是，请说明。",
                        (stated.value["name"],),
                    )
                )

    def _layers(self) -> None:
        """Read over, under, 外面套, 里面穿 into layers counted from the skin."""
        if len(self.drafts) < 2:
            return
        for index, token in enumerate(self.scan.tokens):
            meaning = token.meaning("layer")
            if meaning is None or (
                token.meaning("atmost", "atleast") is not None and self._before_number(index)
            ):
                continue
            before = sorted((d for d in self.drafts if d.before(index) >= 0), key=lambda d: d.before(index))
            after = [d for d in self.drafts if d.before(index) < 0]
            layer = meaning.sets["layer"]
            if layer in ("over", "under") and before and after:
                pair = (before[-1], after[0]) if layer == "over" else (after[0], before[-1])
            elif layer in ("in", "out") and after:
                rest = [d for d in self.drafts if d is not after[0]]
                others = [d for d in rest if d.category in UPPER] or rest
                pair = (after[0], others[-1]) if layer == "out" else (others[0], after[0])
            else:
                continue
            self._stack(pair[0], pair[1], token)

    def _before_number(self, index: int) -> bool:
        following = self.scan.tokens[index + 1] if index + 1 < len(self.scan.tokens) else None
        return following is not None and following.quantity is not None

    def _stack(self, outer: GarmentDraft, inner: GarmentDraft, token: Token) -> None:
        low = inner.layer.value if inner.layer is not None else 0
        inner.layer = Stated(low, token.start, token.end)
        outer.layer = Stated(low + 1, token.start, token.end)

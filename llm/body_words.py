"""Whether the words around a number speak of the wearer's body or of a garment."""

from __future__ import annotations

import re

from toile.llm.numerals import CM_PER, KG_PER
from toile.llm.scan import Scan

_OWNER_LAST = re.compile(  # bust 88, waist 70 on me; 腰围66，臀围92，这是净尺寸
    r"\bon (?:me|her|him)\b(?= ?(?:$|[,.;!]))|,? (?:is|are|that's|those are|these are) (?:me|mine|my own|body measurements|my body|my measurements|my stats)\b"
    r"|[,，]?(?:这|以上|上面)?(?:些|都|全)*是(?:我|她|他|本人)?(?:自己)?(?:的)?(?:净尺寸|净体尺寸|净围|身材数据|身材尺寸|身材|三围|身体尺寸|身体数据|人体尺寸|净体)"
)
GARMENT_ONLY = frozenset({"length", "sleeve", "hem"})

_MEASURED = frozenset(
    [
        "measurements",
        "measurement",
        "stats",
        "numbers",
        "sizes",
        "size",
        "dimensions",
        "vitals",
        "figures",
        "own",
        "actual",
    ]
)


class BodyWords:
    """For each token, whether the words around speak of the wearer's body (`modes`)."""

    def __init__(self, scan: Scan) -> None:
        self.scan = scan
        self.modes = self._modes()

    def _modes(self) -> list[bool]:
        """Return, for each token, whether the words around speak of the wearer's body."""
        tokens = self.scan.tokens
        modes, wearer = [], self._begins_with_body()
        for index, token in enumerate(tokens):
            if (
                token.meaning("garment", "request") is not None and token.meaning("person") is None
            ) or token.meaning("finished") is not None:
                wearer = False
            elif token.meaning("person") is not None:
                following = tokens[index + 1] if index + 1 < len(tokens) else None
                place = following is not None and following.meaning("attribute") is not None  # to my knees
                before = self.scan.normal.text[max(0, token.start - 4) : token.start]
                if (
                    following is not None
                    and following.meaning("sex") is not None
                    and before.endswith(("for ", "给"))
                ):
                    place = True  # "for my dad"
                if following is not None and self._owns_something(index, following.start):
                    place = True  # "jeans that fit my bum"
                wearer = wearer if place else True
            elif token.meaning("sex") is not None:
                word = self.scan.words(index).lower()
                pronoun = word in (
                    "her",
                    "she",
                    "she's",
                    "his",
                    "he",
                    "he's",
                    "him",
                    "她",
                    "他",
                    "她的",
                    "他的",
                )
                after = self.scan.normal.text[token.end : token.end + 6]
                if pronoun or re.match(r" ?(?:with|who|has)\b", after) or self._after_a_stature(index):
                    wearer = True
            elif (measure := token.meaning("measure")) is not None:
                name = str(measure.sets["measure"])
                if name in ("height", "weight") and self._has_number(index):
                    wearer = True
                elif name in GARMENT_ONLY and self._has_number(index):
                    wearer = False
            elif token.meaning("three") is not None or (
                token.quantity is not None and token.quantity.unit in KG_PER
            ):
                wearer = True
            modes.append(wearer)
        for match in _OWNER_LAST.finditer(self.scan.normal.text):
            for index in range(len(tokens) - 1, -1, -1):
                if tokens[index].start >= match.start():
                    continue
                if tokens[index].separator == "hard" or tokens[index].meaning("garment", "request"):
                    break
                modes[index] = True
        return modes

    def _owns_something(self, index: int, end: int) -> bool:
        """Return whether "my" belongs to a word that is no measurement: my bum, my wardrobe, but not my stats."""
        token = self.scan.tokens[index]
        if self.scan.words(index).lower() != "my":
            return False
        owned = re.match(r" (?:[a-z]+ )?([a-z]{3,})\b", self.scan.normal.text[token.end : end] + ",")
        return owned is not None and owned[1] not in _MEASURED

    def _after_a_stature(self, index: int) -> bool:
        """Return whether a person's height stands right before the word for the person: "a 5'2\" girl"."""
        quantity = self.scan.tokens[index - 1].quantity if index else None
        if (
            quantity is None
            or quantity.kind != "number"
            or self.scan.between(index - 1, index).strip("的 ") not in ("", "tall")
        ):
            return False
        return (
            quantity.label == "feet"
            or 140.0 <= quantity.value * CM_PER.get(quantity.unit or "cm", 0.0) <= 210.0
        )

    def _begins_with_body(self) -> bool:
        """Return whether a stature or a weight stands before any garment and wish: 腰围70 身高165 白裙子."""
        for index, token in enumerate(self.scan.tokens):
            if token.meaning("garment", "request") is not None:
                return False
            measure = token.meaning("measure")
            if (
                measure is not None
                and measure.sets["measure"] in ("height", "weight")
                and self._has_number(index)
            ):
                return True
        return False

    def _has_number(self, index: int) -> bool:
        tokens = self.scan.tokens
        for other in (index + 1, index - 1):
            if 0 <= other < len(tokens) and tokens[other].quantity is not None:
                return True
        return index + 2 < len(tokens) and tokens[index + 2].quantity is not None

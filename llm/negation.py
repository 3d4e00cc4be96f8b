"""What a text refuses (no sleeves, 不要口袋) and what it corrects (不对, "no wait")."""

from __future__ import annotations

import re

from toile.llm.scan import Scan, Token

_TOO = re.compile(r"太|过于|那么|这么|too|very|that|so ")
_NEGATED_GAP = 10


class Negation:
    """The refused tokens of a scanned text: index -> whether only a degree is refused ("not too long")."""

    def __init__(self, scan: Scan) -> None:
        self.scan = scan
        self.negated: dict[int, bool] = {}
        self._negations()

    def _negations(self) -> None:
        tokens = self.scan.tokens
        for index, token in enumerate(tokens):
            if token.meaning("negation") is not None:
                self._negate_from(index)

    def _negate_from(self, index: int) -> None:
        """Mark what a negation refuses: the next thing named, and others listed with it by "or", "and", 、."""
        tokens, reach, first = self.scan.tokens, index, True
        while reach + 1 < len(tokens):
            token = tokens[reach + 1]
            gap = self.scan.between(reach, reach + 1)
            target = (
                token.meaning("garment", "attribute", "colour", "part", "other", "motion", "view") is not None
            )
            if target and len(gap) <= (_NEGATED_GAP if first else 3):
                self.negated[reach + 1] = bool(_TOO.search(gap))
                reach, first = reach + 1, False
                # 不要红色的裙子: the colour is refused, not the garment, unless nothing else is
                following = tokens[reach + 1] if reach + 1 < len(tokens) else None
                listed = following is not None and (
                    following.meaning("to") is not None
                    or following.meaning("conjunction") is not None
                    or self.scan.normal.text[following.start] == "、"
                )
                if not listed:
                    return
                reach += 1
                if self.scan.normal.words(tokens[reach].start, tokens[reach].end).lower() == "with":
                    return
            elif first and _skippable(token, gap):
                reach += 1
            else:
                return

    def corrected(self, index: int) -> bool:
        """Return whether a correction ("no wait", 不对) stands before a token and after the last sentence's end."""
        for before in range(index - 1, -1, -1):
            token = self.scan.tokens[before]
            if token.separator == "hard" and index - before > 6:
                return False
            if token.meaning("correction") is not None or (
                self.negated and before in self.negated and index - before <= 4
            ):
                return True
        return False


def _skippable(token: Token, gap: str) -> bool:
    """Return whether a token may stand between a negation and what it refuses: 不要一条…, 不想要…."""
    if token.quantity is not None:
        return token.quantity.unit == "count"
    return token.meaning("request", "to") is not None and len(gap) <= 2

"""What a text refuses (no sleeves, 不要口袋) and what it corrects (不对, "no wait")."""

from __future__ import annotations

import re

from toile.llm.scan import Scan, Token

_TOO = re.compile(r"太|过于|那么|这么|too|very|that|so ")
_NEGATED_GAP = 10
_AFTERWARDS = re.compile(
    r"(?:的(?:那种|款|话)?|款|那种|这种|什么的|之类的?)?(?:就|也|都|我|可|一点|统统|通通|全部|一概|一律|全都|全|都统统|给我|帮我)*"
    r"(?:不要(?=$|[,，。;!?\n了])|不行(?=$|[,，。;!?\n])|不喜欢(?=$|[,，。;!?\n])|(?:不要|不能|不许|不可以|不可|别|不用|不想)有|(?:不|别)(?:用)?(?:加|带|做)?了(?=$|[,，。;!?\n吧])"
    r"|不要了|不做了|不想要了|算了|免了|不用了|去掉|去了|取消|不用(?=$|[,，。;!?\n])|别要|省了|省去|省掉|省略|拿掉|拆掉|砍掉|删掉|删了|摘掉|过敏|别给我(?=$|[,，。;!?\n])|别拿(?=$|[,，。;!?\n])|不考虑|不接受|免谈|就算了)"
    r"|[?？] ?(?:不要|不用|算了|免了|不了|别了|不必)(?=$|[,，。;!?\n])|[,?]? ?(?:no thanks|no thank you|not for me|hard pass|pass|no way)(?= ?(?:$|[,.;!]))"
    r"|,? ?(?:no thanks|not needed|not wanted|not required)| (?:is|are)(?: not|n't) (?:needed|necessary|wanted|required|for me)| (?:is|are) (?:a no|out|off the table)(?= ?(?:$|[,.;!]))| no(?= ?(?:$|[.;:!]))|[?:]? ?(?:none|nope|not at all)(?= ?(?:$|[.,;!]))"
)
_SPLIT = re.compile(
    r"\b(?:leave|leaving|take|taking|cut|chop|strip|keep|knock) (?:the|that|those|any|all|her|his|my) (?P<what>(?:[a-z]+ ){0,2}?[a-z]+) (?:off|out|away)\b(?! the (?:shoulder|back))"
)
_ALLERGIC = re.compile(r"对(?P<what>[^,，。;!?\n]{1,6})过敏")
_LIST_ENDS = re.compile(r"[a-z' ]{0,24}(?:, ?[a-z' ]{1,24}){0,4}?,? (?:or|nor) [a-z]")
_STOPS_A_LIST = re.compile(r"[:(]| - ")
_DEGREE = re.compile(r"(?:得|的)?(?:太|过于|过)(?!膝)| too| so ")
_GOES_WITH_ZH = re.compile(
    r"(?:能够?|可以|方便|适合|好|用来|想)(?:搭配?|配|套在)(?P<what>[^,，。;!?\n]{1,10}?)(?:的|里面|外面|穿)|(?:搭配?|配)我(?:的|那[条件])(?P<what2>[^,，。;!?\n]{1,10})"
    r"|(?:能|可以|可)?当(?P<what4>[^,，。;!?\n]{1,6})(?:来)?(?:穿|用)"
    r"|(?P<what7>[^,，。;!?\n]{1,6})(?:可有可无|有没有都(?:行|可以|好)|有无均可|有无都行|无所谓)"
    r"|(?:当|作为|当作|当成|充当)(?P<what6>[^,，。;!?\n]{1,4})(?=[,，。;!?\n]|$)"
    r"|(?:原来|原本|之前|本来|以前)(?:是|想要|要|想做)(?P<what5>[^,，。;!?\n]{1,8})(?=[,，。;])"
    r"|(?:平时|总是|老是|一直|已经|家里|衣柜里)(?:都|总|老|全|就)?(?:穿|有|是|买了)(?:了)?(?P<what3>[^,，。;!?\n]{1,10})"
)
_GOES_WITH = re.compile(
    r"(?:everything|all|most things?) (?:i|we) (?:own|have|wear) (?:is|are) (?P<what3>(?:[a-z]+ ){0,2}[a-z]+)"
    r"|\b(?:my|his|her) usual (?P<what8>(?:[a-z]+ )?[a-z]+)|\b(?:swap|swapping|trade|trading) (?:the |my |his |her |all )*(?P<what9>(?:[a-z]+ )?[a-z]+) for\b"
    r"|(?:usually|normally|always|mostly|generally|already) (?:wears?|have|has|own|got|live in) (?P<what4>(?:[a-z]+ ){0,3}[a-z]+)"
    r"|(?:originally|previously|used to be|was going to be|it was|before it was) (?P<what6>(?:an? )?(?:[a-z]+ ){0,2}[a-z]+)(?=,? but)"
    r"|(?P<what7>(?:[a-z]+ )?[a-z]+) (?:(?:are|is) )?(?:optional|don't matter|doesn't matter)\b"
    r"|(?:tired of|sick of|fed up with|bored of|bored with) (?P<what5>(?:[a-z]+ ){0,3}[a-z]+)"
    r"|(?:goes?|going|match(?:es)?|pairs?|wear|worn|wearing|works?|looks? good)(?: it| well| nicely)?(?: with| over| under)?"
    r" (?P<what>(?:my|his|the) (?:old |new |favou?rite )?(?:[a-z]+ ){0,2}[a-z]+)|(?:that|can|to) (?:goes?|wear|pair)(?: it)? with (?P<what2>(?:[a-z]+ ){0,2}[a-z]+)"
)
_LIKE = re.compile(
    r"(?<!would )(?<!'d )(?<!i )(?<!we )(?<!you )(?<!they )\blike (?:an? |my |the |some |those )?(?P<what>(?:[a-z']+ ){0,2}[a-z]+)|像(?P<what2>[^,，。;!?\n]{1,6})(?:一样|似的|那样)"
)
_EXCEPT = re.compile(
    r"除了(?P<what>[^,，。;!?\n是用要]{1,10}?)(?:以外|之外|外)?[,，]?(?:都|什么都|其他|别的)"
)


_NOT_ZH = re.compile(
    r"(?<!要)(?<!是)(?<!得)(?<!能)(?:不(?:能|可以?|许|得|会|想|准|用|必|该|应该?|愿意?|太|那么|怎么|是很|要太|想太)?|别太?|勿|莫)$"
)
_REFUSABLE = ("garment", "attribute", "colour", "part", "other", "motion", "view")
_IN_THE_STYLE = re.compile(r" ?(?:style|styled|inspired|esque)\b|式(?!样)|风格|款(?!式)|型")
_AN_ARTICLE = re.compile(r" (?:the|any|a|an|that|those|its|my|no|of|to) ")
_DASHES = ("-", "–", "—", "~", "～")


class Negation:
    """The refused tokens of a scanned text: index -> whether only a degree is refused ("not too long")."""

    def __init__(self, scan: Scan) -> None:
        self.scan = scan
        self.negated: dict[int, bool] = {}
        self.mentioned = self._only_mentioned()
        self._negations()

    def _negations(self) -> None:
        tokens = self.scan.tokens
        for index, token in enumerate(tokens):
            if token.meaning("negation") is not None:
                self._negate_from(index)
        self._negate_afterwards()

    def _only_mentioned(self) -> set[int]:
        """Return the tokens of what a garment shall go with and is not asked for: 能配牛仔裤的衬衫, "to match my jeans"."""
        text = self.scan.normal.text
        spans = [
            next(m.span(name) for name, said in m.groupdict().items() if said)
            for pattern in (_GOES_WITH_ZH, _GOES_WITH)
            for m in pattern.finditer(text)
        ]
        spans = [(first, self._one_stretch(first, last)) for first, last in spans]
        likened = [m.span("what" if m["what"] else "what2") for m in _LIKE.finditer(text)]
        likened = [
            (first, last)
            for first, last in likened
            if any(t.meaning("garment") and first <= t.start and t.end <= last for t in self.scan.tokens)
        ]

        def inside(token: Token, found: list[tuple[int, int]]) -> bool:
            return any(first <= token.start and token.end <= last for first, last in found)

        for index, token in enumerate(self.scan.tokens):
            if token.meaning("garment") is not None and self._names_a_style(index):
                likened.append((token.start, token.end))
        others = any(
            t.meaning("garment") is not None and not inside(t, spans + likened) for t in self.scan.tokens
        )
        if others:  # "a jumpsuit like overalls": one garment
            spans += likened
        return {
            index
            for index, token in enumerate(self.scan.tokens)
            if token.quantity is None and inside(token, spans)
        }  # 一直穿160/68A的: what is always worn is no wish, its size is one

    def _one_stretch(self, first: int, last: int) -> int:
        """Return where a Chinese stretch ends: at the first space of the original text, 平时穿M 要一条半裙."""
        ends = (i for i in range(first + 1, last) if self.scan.parted(i, i))
        return next(ends, last)

    def _names_a_style(self, index: int) -> bool:
        """Return whether a garment's name only says how another one looks: 衬衫式连衣裙, "shirt-style dress"."""
        token, following = self.scan.tokens[index], self.scan.tokens[index + 1 : index + 2]
        text = self.scan.normal.text
        match = _IN_THE_STYLE.match(text, token.end)
        if match is None:
            return False
        beside = bool(following) and following[0].meaning("garment") is not None
        if match[0] not in ("款", "型"):
            return True
        return beside and text[match.end() : following[0].start] in ("", "的")

    def _negate_afterwards(self) -> None:
        """Mark what is refused by what stands beside it: 不露背, 裙子不要了, 除了黑色都可以, "leave the jacket off"."""
        text = self.scan.normal.text
        spans = [m.span("what") for p in (_EXCEPT, _SPLIT, _ALLERGIC) for m in p.finditer(text)]
        for index, token in enumerate(self.scan.tokens):
            named = (
                token.meaning("garment", "attribute", "colour", "part", "other", "unsupported") is not None
            )
            if not named or index in self.negated:
                continue
            refused = token.meaning("attribute") is not None and (
                _NOT_ZH.search(text[max(0, token.start - 6) : token.start]) is not None
            )
            inside = any(first <= token.start and token.end <= last for first, last in spans)
            if refused or inside or _AFTERWARDS.match(text, token.end):
                self.negated[index] = False

    def _negate_from(self, index: int) -> None:
        """Mark what a negation refuses: the next thing named, and others listed with it by "or", "and", 、, or side by side."""
        tokens, reach, first = self.scan.tokens, index, True
        if self._says_no(index):
            return
        text = self.scan.normal.text
        while reach + 1 < len(tokens):
            token = tokens[reach + 1]
            gap = self.scan.between(reach, reach + 1)
            if _STOPS_A_LIST.search(gap):
                return
            target = token.meaning(*_REFUSABLE) is not None or (
                not first and token.meaning("unsupported") is not None
            )
            near = len(gap) <= (_NEGATED_GAP if first else 3) or _AN_ARTICLE.fullmatch(gap) is not None
            if target and near:
                self.negated[reach + 1] = bool(_TOO.search(gap) or _DEGREE.match(text, token.end))
                reach, first = reach + 1, False
                if self._beside(reach):
                    continue  # 不要珠子亮片
                # 不要红色的裙子: the colour is refused, not the garment, unless nothing else is
                if not self._listed(reach):
                    return
                reach += 1
                if self.scan.normal.words(tokens[reach].start, tokens[reach].end).lower() == "with":
                    return
            elif first and _skippable(token, gap):
                reach += 1
            else:
                return

    def _listed(self, index: int) -> bool:
        """Return whether a refused thing is followed by "or", "and", 、 or by a comma of a list that ends with "or"."""
        tokens, text = self.scan.tokens, self.scan.normal.text
        if index + 1 >= len(tokens):
            return False
        following = tokens[index + 1]
        if text[following.start : following.end] in _DASHES:
            return False  # "not strapless - halter"
        if following.separator == "soft" and text[following.start] == ",":
            return _LIST_ENDS.match(text, following.end) is not None  # "no sequins, beads or feathers"
        return (
            following.meaning("to", "conjunction") is not None
            or text[following.start : following.start + 1] == "、"
        )

    def _beside(self, index: int) -> bool:
        """Return whether the next token is another trim in a Chinese list without signs: 蝴蝶结蕾丝花边."""
        tokens = self.scan.tokens
        if index + 1 >= len(tokens) or self.scan.between(index, index + 1) != "":
            return False
        kinds = [tokens[i].meaning("attribute") for i in (index, index + 1)]
        return all(m is not None and set(m.sets) == {"details"} for m in kinds) and (
            self.scan.normal.text[tokens[index].start] > "\u3000"
        )

    def corrected(self, index: int) -> bool:
        """Return whether a correction ("no wait", 不对) stands before a token and after the last sentence's end."""
        for before in range(index - 1, -1, -1):
            token = self.scan.tokens[before]
            if token.separator == "hard" and index - before > 6:
                return False
            if (
                token.meaning("correction") is not None
                or self._says_no(before)
                or (self.negated and before in self.negated and index - before <= 4)
            ):
                return True
        return False

    def _says_no(self, index: int) -> bool:
        """Return whether a refusal stands alone and takes back what was said: "Blue. No, red"."""
        token = self.scan.tokens[index]
        if token.meaning("negation") is None or self.scan.normal.text[token.start : token.end] not in (
            "no",
            "不",
        ):
            return False
        following = self.scan.tokens[index + 1] if index + 1 < len(self.scan.tokens) else None
        numbers = [t for t in self.scan.tokens[max(0, index - 1) : index] if t.quantity is not None]
        if following is not None and following.quantity is not None and numbers:
            return True  # length 100 no 110
        return following is not None and following.separator == "soft" and following.start == token.end


def _skippable(token: Token, gap: str) -> bool:
    """Return whether a token may stand between a negation and what it refuses: 不要一条…, 不想要…."""
    if token.quantity is not None:
        return token.quantity.unit == "count"
    if token.meaning("correction") is not None and token.meaning("negation") is None:
        return len(gap) <= 2  # "don't make it tight"
    if token.meaning("conjunction") is not None and gap == "":
        return True  # 别加, 不要搭配
    return token.meaning("request", "to") is not None and len(gap) <= 2

"""The garments that a text names: their noun phrases, and which names mean the same garment again.

A noun phrase is the words directly before a garment's name, with no separator, conjunction or other garment between.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from toile.engine.core.errors import BadInput
from toile.garments.spec import MAX_GARMENTS
from toile.llm.draft import LOWER, TOPS, UPPER, GarmentDraft, Remark, Stated
from toile.llm.lexicon import Meaning, lexicon
from toile.llm.negation import Negation
from toile.llm.scan import Scan

_ARTICLE = re.compile(
    r"(?:^|[^a-z])(?:a|an|another|one|two|some|my|his|her)(?: [a-z]+){0,2} $"
    r"|(?:一|两|另一?|再来?一?)[件条个套款]?$"
)
_DESCRIBES = re.compile(r"\b(?:with|in|has|having|and) (?:an? |the )?$")
_BODICE = re.compile(
    r"\b(?:bodice|torso|top half|top part|waist|sleeves?)\b[^.;!?\n]{0,16}$"
)  # and a full skirt
_OR = frozenset({"or", "或", "或者"})
_DEFINITE = re.compile(r"(?:the|this|that|its|it|这|那|该)[件条个款]? ?$")
_NOTHING = Meaning("none")
_TOPICS: Mapping[str, frozenset[str]] = {
    "裤子": frozenset(("trousers", "shorts")),
    "裙子": frozenset(("skirt", "dress")),
    "上衣": UPPER - {"dress", "jumpsuit"},
    "下装": LOWER,
    "外套": frozenset(("jacket", "coat", "sweater", "vest")),
}
_TOPIC_LINK = re.compile(r"(?:的话)?(?:就|我?想|我?要|给我|帮我)*(?:搭配|搭|配|是|用|选|穿|来|要|换)(?!我)")
IMPLIED: dict[str, tuple[str, float | None, str | None]] = {
    "裙长": ("skirt", 0.5, None),
    "裤长": ("trousers", None, None),
    "裤腰": ("trousers", None, None),
    "裙腰": ("skirt", 0.2, None),
    "衣长": ("top", None, "top"),
}


class Nouns(Negation):
    """The garments of a scanned text, each with the values that its own name implies."""

    def __init__(self, scan: Scan, chinese: bool) -> None:
        super().__init__(scan)
        self.chinese = chinese
        self.remarks: list[Remark] = []
        self.drafts: list[GarmentDraft] = []
        self._garments()

    def _garments(self) -> None:
        tokens = self.scan.tokens
        for index, token in enumerate(tokens):
            meaning = token.meaning("garment")
            if meaning is None or index in self.negated or self._is_attribute_here(index):
                continue
            if index in self.mentioned:
                continue
            if (meaning.generic is not None and self._labels_the_next(index)) or self._is_topic(index):
                continue
            self._garment(index, meaning)
            if len(self.drafts) > MAX_GARMENTS:
                raise BadInput(f"The instruction names more than {MAX_GARMENTS} garments: leave some out.")
        if not self.drafts:
            self._of_refused_kind()
        if not self.drafts:
            self._implied()
        self._references()
        self._settle_generic()

    def _of_refused_kind(self) -> None:
        """Take the garment of which only a kind is refused, when more is said of it: "no skinny jeans. Straight, black"."""
        tokens = self.scan.tokens
        for index in sorted(self.negated):
            token = tokens[index]
            found = token.meaning("garment")
            said = any(
                t.meaning("attribute", "colour") is not None and i not in self.negated
                for i, t in enumerate(tokens[index + 1 :], index + 1)
            )
            plain = self._plain_name(token.start, token.end) if found is not None and said else None
            if found is None or plain is None or plain.sets == found.sets:
                continue
            category = str(plain.sets["category"])
            span = (token.start, token.end)
            draft = GarmentDraft(category, [(index, index)], *span, plain.dress, plain.generic)
            for name, value in plain.sets.items():
                if name not in ("category", "details", "colour"):
                    draft.set(name, Stated(value, *span, source="inferred"))
            self.drafts.append(draft)
            word = self.scan.words(index)
            self.remarks.append(
                Remark(
                    "garments[0].category",
                    "assumption",
                    f"Only the kind {word!r} was taken as refused, not the garment.",
                    f"“{word}”按只是不要这一种款式理解，服装仍然要做。",
                )
            )
            return

    def _plain_name(self, start: int, end: int) -> Meaning | None:
        """Return the meaning of the garment's plain name that ends a longer one: jeans of skinny jeans, 裤 of 阔腿裤."""
        text, phrases = self.scan.normal.text, lexicon().phrases
        for first in range(start + 1, end):
            if text[first].isascii() and text[first - 1] != " ":
                continue
            for meaning in phrases.get(text[first:end], ()):
                if meaning.kind == "garment":
                    return meaning
        return None

    def _references(self) -> None:
        """Take 前者, "the latter", 第二件 as another mention of the garment they mean."""
        for index, token in enumerate(self.scan.tokens):
            meaning = token.meaning("reference")
            if meaning is None or len(self.drafts) < 2:
                continue
            place = int(meaning.sets["place"])
            if place < len(self.drafts) and self.drafts[place].mentions[0][1] < index:
                self.drafts[place].mentions.append((index, index))

    def _implied(self) -> None:
        """Take the garment that a measurement implies when none is named: 裙长60."""
        for index, token in enumerate(self.scan.tokens):
            word = self.scan.normal.text[token.start : token.end]
            implied = IMPLIED.get(word) if token.meaning("measure") is not None else None
            if implied is None and "裙" in word and token.meaning("attribute", "measure") is not None:
                implied = ("skirt", 0.6, None)
            if implied is None and word in ("midi", "maxi") and token.meaning("attribute") is not None:
                implied = ("dress", 0.8, None)  # "a ribbed knit midi"
            if implied is not None:
                category, dress, generic = implied
                span = (token.start, token.end)
                self.drafts.append(GarmentDraft(category, [(index, index)], *span, dress, generic))
                return

    def _is_attribute_here(self, index: int) -> bool:
        """Return whether a garment's name only describes another one: 雪纺衫 连衣裙; 短袖 beside a 旗袍."""
        tokens = self.scan.tokens
        if self._renamed(index):
            return True
        if tokens[index].meaning("attribute") is not None and self._other_upper(index):
            return not self._worn_by_itself(index)
        if index + 1 >= len(tokens) or self.scan.between(index, index + 1) not in ("", " "):
            return False
        this, following = tokens[index].meaning("garment"), tokens[index + 1].meaning("garment")
        if this is None or following is None:
            return False
        return this.sets["category"] in TOPS and following.sets["category"] in ("dress", "skirt")

    def _renamed(self, index: int) -> bool:
        """Return whether a name only describes the next one, of the same garment: windbreaker风衣外套, puffer coat."""
        tokens = self.scan.tokens
        if index + 1 >= len(tokens) or self.scan.between(index, index + 1) not in ("", " "):
            return False
        this, following = tokens[index].meaning("garment"), tokens[index + 1].meaning("garment")
        if this is None or following is None:
            return False
        first, second = (self.scan.normal.text[t.start : t.end] for t in tokens[index : index + 2])
        tops = {this.sets["category"], following.sets["category"]} <= TOPS
        if first.isascii() and second.isascii():
            return tops and self.scan.between(index, index + 1) == " "  # puffer coat
        return first.isascii() != second.isascii() or (tops and second == "外套")

    def _labels_the_next(self, index: int) -> bool:
        """Return whether 上身 or 下身 only says where the garment named after it is worn; 上衣衬衫 is one garment."""
        own = self.scan.tokens[index].meaning("garment")
        generic = own.generic if own is not None else None
        for token in self.scan.tokens[index + 1 :]:
            if token.separator is not None or token.meaning("conjunction", "layer") is not None:
                return False
            meaning = token.meaning("garment")
            if meaning is not None:
                if self.scan.words(index) in ("上身", "下身"):
                    return meaning.generic is None
                half = LOWER if generic == "bottom" else UPPER
                return meaning.generic is None and meaning.sets["category"] in half
        return False

    def _is_topic(self, index: int) -> bool:
        """Return whether a plain word only says which half comes next: 裤子配深灰运动裤, 上衣要白T恤."""
        tokens, text = self.scan.tokens, self.scan.normal.text
        half = _TOPICS.get(text[tokens[index].start : tokens[index].end])
        if half is None or (index and tokens[index - 1].separator is None):
            return False
        link = _TOPIC_LINK.match(text, tokens[index].end)
        if link is None:
            return False
        for place, token in enumerate(tokens[index + 1 :], index + 1):
            if token.separator is not None:
                return False
            meaning = token.meaning("garment")
            if meaning is not None and not self._is_attribute_here(place):
                plain = text[token.start : token.end] in _TOPICS
                return not plain and place not in self.negated and meaning.sets["category"] in half
        return False

    def _worn_by_itself(self, index: int) -> bool:
        """Return whether a word such as turtleneck or 短袖 has its own colour after "over", "and", 里面."""
        tokens = self.scan.tokens
        if index + 1 < len(tokens) and tokens[index + 1].meaning("garment") is not None:
            return False
        first = index
        while first > 0 and tokens[first - 1].meaning("colour", "attribute") is not None:
            first -= 1
        before, text = tokens[first - 1] if first else None, self.scan.normal.text
        if before is not None and before.quantity is not None and before.quantity.unit == "count":
            return True  # 一件白吊带
        joins = (
            before is not None and before.meaning("conjunction") is not None and first == index and first >= 2
        )
        worn = not set("袖领") & set(self.scan.words(index)) and text[tokens[index].start] > "\u3000"
        if joins and worn and tokens[first - 2].meaning("garment") is not None and self._ends_a_list(index):
            return True  # 开衫和吊带
        if first < index and text[tokens[index].start] < "\u3000":
            gap = self.scan.between(first - 1, first).strip() if first else ""
            led = text[max(0, tokens[first].start - 8) : tokens[first].start]
            apart = before is None or before.separator is None or gap != ""
            if apart and not _DESCRIBES.search(led) and not self._ends_a_list(index):
                return True  # "black turtleneck tucked into …"
        coloured = any(t.meaning("colour") is not None for t in tokens[first:index])
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        joined = after is not None and after.meaning("conjunction") is not None
        if coloured and joined and self.scan.normal.text[tokens[index].start] > "\u3000":
            return True  # 白色短袖配…
        if index == 0 and after is not None and after.separator is not None:
            for token in tokens[1:]:
                if token.separator == "hard":
                    return True  # "turtleneck, navy; coat, camel"
                if token.meaning("garment") is not None:
                    break
        return coloured and first > 0 and tokens[first - 1].meaning("layer", "conjunction") is not None

    def _ends_a_list(self, index: int) -> bool:
        """Return whether nothing but a separator stands behind a word: "dress, black turtleneck, …"."""
        after = self.scan.tokens[index + 1] if index + 1 < len(self.scan.tokens) else None
        return self.scan.between(index, index + 1).strip() == "" and (
            after is None or after.separator is not None
        )

    def _other_upper(self, index: int) -> bool:
        """Return whether the text names another garment with sleeves, by a word that means nothing else."""
        for other, token in enumerate(self.scan.tokens):
            meaning = token.meaning("garment")
            if other == index or meaning is None or token.meaning("attribute") is not None:
                continue
            if meaning.sets["category"] in UPPER or meaning.dress is not None or meaning.generic == "top":
                return True
        return False

    def _described_after(self, index: int) -> bool:
        """Return whether the words of this clause stand behind the garments they describe: 上衣黑色裤子白色."""
        tokens = self.scan.tokens
        first = last = index
        while first > 0 and tokens[first - 1].separator is None:
            first -= 1
        while last + 1 < len(tokens) and tokens[last + 1].separator is None:
            last += 1
        kinds = [
            "g" if t.meaning("garment") else "c" if t.meaning("colour") else "-"
            for t in tokens[first : last + 1]
        ]
        said = "".join(kinds)
        return said.startswith("gc") and said.endswith("gc") and said.count("g") >= 2

    def _phrase_start(self, index: int) -> int:
        """Return the index of the first token of a garment's noun phrase."""
        tokens, first = self.scan.tokens, index
        if self._described_after(index):
            return index
        for before in range(index - 1, -1, -1):
            token = tokens[before]
            if ":" in self.scan.between(before, before + 1):
                break  # 西装三件套:藏青外套
            if token.separator is not None:
                if token.separator == "soft" and self._list_comma(before):
                    continue
                break
            if token.meaning("garment") is not None and not self._is_attribute_here(before):
                break
            if token.meaning("correction", "layer", "request", "negation", "person", "motion") is not None:
                break
            if token.meaning("conjunction") is not None and not self._joins_adjectives(before, index):
                break
            first = before
        return first

    def _list_comma(self, index: int) -> bool:
        """Return whether a comma only lists adjectives: "a red, long-sleeved dress", 红色、长袖连衣裙."""
        tokens = self.scan.tokens
        text = self.scan.normal.text[tokens[index].start]
        if index == 0 or index + 1 >= len(tokens):
            return False
        before, after = tokens[index - 1], tokens[index + 1]
        both = all(
            t.meaning("attribute", "colour") is not None and t.meaning("garment") is None
            for t in (before, after)
        )
        return (
            both and (text == "、" or text == ",") and not any(t.meaning("garment") for t in tokens[:index])
        )

    def _joins_adjectives(self, index: int, garment: int) -> bool:
        """Return whether a conjunction joins two words of the same noun phrase: "black and white dress", 红和白条纹."""
        tokens = self.scan.tokens
        if index == 0 or index + 1 > garment:
            return False
        before, after = tokens[index - 1], tokens[index + 1]
        word = self.scan.words(index).lower()
        if word not in ("and", "和", "与", "跟", "+", "&", "加", "还有"):
            return False
        if before.meaning("colour") is not None and after.meaning("colour") is not None:
            return not any(t.meaning("garment") for t in tokens[max(0, index - 3) : index])
        adjectives = (
            before.meaning("attribute") is not None and after.meaning("attribute", "colour") is not None
        )
        return adjectives and not any(t.meaning("garment") for t in tokens[:index])

    def _garment(self, index: int, meaning: Meaning) -> None:
        token = self.scan.tokens[index]
        category = str(meaning.sets["category"])
        first = self._phrase_start(index)
        draft = GarmentDraft(
            category, [(first, index)], token.start, token.end, meaning.dress, meaning.generic
        )
        if self._is_choice(first):
            self.drafts[-1].mentions.append((first, index))
            if category != self.drafts[-1].category:
                self.drafts[-1].choices.append(category)
            return
        same = self._same(index, first, draft)
        if same is None:
            replaced = self._replaced(index, first)
            if replaced is not None:
                for name, stated in replaced.fields.items():
                    kept = name in ("fabric", "print", "fit") and stated.source == "stated"
                    if kept and draft.can(name, stated.value):
                        draft.fields[name] = Stated(
                            stated.value, stated.start, stated.end, stated.unit, "inferred"
                        )
                draft.colours = list(replaced.colours)
                self.drafts.remove(replaced)
            self.drafts.append(draft)
        else:
            same.mentions.append((first, index))
            if self._corrects_a_name(first):  # jeans, no, suit trousers: no longer denim
                same.fields = {n: s for n, s in same.fields.items() if s.source != "inferred"}
            vague = same.generic is not None or (same.dress is not None and draft.dress is None)
            if vague and draft.generic is None:
                same.category, same.dress, same.generic = draft.category, draft.dress, None
                same.start, same.end = token.start, token.end
            draft = same
        for name, value in meaning.sets.items():
            if name not in ("category", "details", "colour"):
                draft.set(
                    name, Stated(value, token.start, token.end, source="inferred", after_correction=True)
                )
        for detail in meaning.sets.get("details", ()):
            draft.set("details", Stated(detail, token.start, token.end, source="inferred"))
        if "colour" in meaning.sets:
            black = {"name": "black", "hex": "#1a1a1a"}
            draft.colours.append(Stated(black, token.start, token.end, source="inferred"))

    def _is_choice(self, first: int) -> bool:
        """Return whether a garment is offered instead of the one named right before it: "a dress or maybe a skirt"."""
        if not self.drafts or first == 0:
            return False
        tokens = self.scan.tokens
        for before in (first, first - 1):
            if tokens[before].meaning("to") is not None and self.scan.words(before).lower() in _OR:
                return before - 1 == self.drafts[-1].mentions[-1][1]
        return False

    def _same(self, index: int, first: int, draft: GarmentDraft) -> GarmentDraft | None:
        """Return the earlier garment that this name means again (连衣裙，裙子长110; "the dress"), or None."""
        text = self.scan.normal.text
        before = text[: self.scan.tokens[first].start]
        joined = first > 0 and self.scan.tokens[first - 1].meaning("conjunction") is not None
        definite = _DEFINITE.search(before) is not None
        new = joined or self._counted(first, index) or _ARTICLE.search(before) is not None
        for earlier in reversed(self.drafts):
            alike = earlier.category == draft.category or _may_be(earlier, draft)
            if draft.generic is not None and draft.generic != "bottom":
                alike = earlier.category in UPPER or earlier.generic == "top"
            elif draft.generic == "bottom":
                alike = earlier.category in LOWER
            if earlier.generic == "top" and draft.category in TOPS:
                alike = True
            if not alike:
                # "a dress with a full skirt": the skirt of the dress
                if earlier.category == "dress" and draft.category == "skirt" and not self.chinese:
                    gap = text[earlier.end : self.scan.tokens[index].start]
                    if (
                        _BODICE.search(gap)
                        or ("with" in gap and "and" not in gap)
                        or self._part_of_a_dress(first, index, new)
                    ):
                        return earlier
                continue
            if self.corrected(first):
                again = earlier.category == draft.category or earlier.generic is not None
                return earlier if again else None
            if definite or not new:
                return None if self._differs(earlier, first, index) else earlier
            return None
        return None

    def _part_of_a_dress(self, first: int, index: int, new: bool) -> bool:
        """Return whether a skirt in a list of a dress's features is the dress's: "a dress: red, flared skirt, slit"."""
        while any(t.separator is not None for t in self.scan.tokens[first:index]):
            first += 1
        described = [t for t in self.scan.tokens[first:index] if t.meaning("attribute") is not None]
        own = any(
            t.meaning("colour") is not None
            or t.quantity is not None
            or "fabric" in (t.meaning("attribute") or _NOTHING).sets
            for t in self.scan.tokens[first:index]
        )
        before = self.scan.tokens[first - 1] if first else None
        listed = before is not None and before.separator == "soft"
        described_here = bool(described) or " " in self.scan.words(index)  # "flared skirt"
        return described_here and not own and not new and listed

    def _differs(self, earlier: GarmentDraft, first: int, index: int) -> bool:
        """Return whether this noun phrase names another colour than the earlier garment's own."""
        own = [t.meaning("colour") for t in self.scan.tokens[first:index]]
        names = {m.sets["name"] for m in own if m is not None}
        before = {
            m.sets["name"]
            for t in self.scan.tokens[earlier.mentions[0][0] : earlier.mentions[0][1]]
            if (m := t.meaning("colour")) is not None
        }
        return bool(names and before and names != before)

    def _counted(self, first: int, index: int) -> bool:
        """Return whether a counter (一件, 两条) stands in the noun phrase."""
        return any(
            t.quantity is not None and t.quantity.unit == "count" for t in self.scan.tokens[first:index]
        )

    def _corrects_a_name(self, first: int) -> bool:
        """Return whether nothing but a correction stands between a garment's name and the one before it."""
        for before in range(first - 1, -1, -1):
            token = self.scan.tokens[before]
            if token.meaning("correction") is not None or self._says_no(before):
                return before > 0 and any(
                    t.meaning("garment") is not None for t in self.scan.tokens[max(0, before - 2) : before]
                )
            if token.separator != "soft":
                return False
        return False

    def _replaced(self, index: int, first: int) -> GarmentDraft | None:
        """Return the garment that a correction replaces: 裙子，不对，裤子."""
        for before in range(first - 1, -1, -1):
            token = self.scan.tokens[before]
            if token.meaning("correction") is not None:
                return self.drafts[-1] if self.drafts else None
            if (
                token.separator == "hard"
                or token.meaning("garment", "colour", "attribute", "conjunction") is not None
            ):
                return None
        return None

    def _settle_generic(self) -> None:
        """Read 上衣 or "top" as a T-shirt when nothing says which, and say so."""
        for draft in self.drafts:
            if draft.generic is None:
                continue
            draft.category = "t_shirt" if draft.generic == "top" else "trousers"
            word = self.scan.normal.words(draft.start, draft.end)
            made = "T-shirt" if draft.generic == "top" else "trousers"
            made_zh = "T恤" if draft.generic == "top" else "裤子"
            index = self.drafts.index(draft)
            self.remarks.append(
                Remark(
                    f"garments[{index}].category",
                    "ambiguity",
                    f"{word!r} names no kind of garment; read as {made}.",
                    f"“{word}”没有说明款式，按{made_zh}理解。",
                )
            )


def _may_be(earlier: GarmentDraft, draft: GarmentDraft) -> bool:
    """Return whether two names may mean one garment: 连衣裙 and 裙子, a hoodie and its jacket are different."""
    pair = {earlier.category, draft.category}
    if pair == {"dress", "skirt"}:
        return earlier.dress is not None or draft.dress is not None
    return False

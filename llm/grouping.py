"""Which garment a word belongs to: negation, garments and their noun phrases, attributes, colours, layers.

A word belongs to the garment whose noun phrase it stands in (the words directly before a garment's name, with no
separator or conjunction between), else to the garment named before it, else to the one after; a word that makes no
sense there (a sleeve on a skirt) goes to the nearest garment on which it does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from toile.engine.core.errors import BadInput
from toile.garments.spec import MAX_GARMENTS
from toile.llm.draft import LOWER, OUTER, TOPS, UPPER, GarmentDraft, Remark, Stated, length_word
from toile.llm.lexicon import Meaning
from toile.llm.scan import Scan, Token

_TOO = re.compile(r"太|过于|那么|这么|too|very|that|so ")
_KIND_BEFORE = re.compile(r"[a-z]{3,} $|[\u4e00-\u9fff]{1,2}$")
_NO_KIND = re.compile(
    r"the|her|his|its|with|has|and|for|from|that|this|into|but|your|our|their|nice|own|same|one"
    r"|[的是有带要个款把那这换子和做从其配加]|它的|她的|有个|带个|一个|要有|还有|搭配"
)
_NEGATED_GAP = 10
WITHOUT: Mapping[str, Mapping[str, object]] = {
    "sleeve": {"sleeve": "sleeveless"},
    "neckline": {"details": ["collarless"]},
    "print": {"print": "solid"},
}
IMPLIED: dict[str, tuple[str, float | None, str | None]] = {
    "裙长": ("skirt", 0.5, None),
    "裤长": ("trousers", None, None),
    "衣长": ("top", None, "top"),
}
_ARTICLE = re.compile(
    r"(?:^|[^a-z])(?:a|an|another|one|two|some|my|his|her)(?: [a-z]+){0,2} $"
    r"|(?:一|两|另一?|再来?一?)[件条个套款]?$"
)
_DEFINITE = re.compile(r"(?:the|this|that|its|it|这|那|该)[件条个款]? ?$")


class Grouping:
    """The garments of a scanned text with what was said of each."""

    def __init__(self, scan: Scan, chinese: bool) -> None:
        self.scan = scan
        self.chinese = chinese
        self.remarks: list[Remark] = []
        self.negated: dict[
            int, bool
        ] = {}  # token index -> whether only its degree is refused ("not too long")
        self.drafts: list[GarmentDraft] = []
        self.unowned: list[int] = []
        self._negations()
        self._garments()
        if self.drafts:
            self._attributes()
            self._layers()

    # ------------------------------------------------------------------ negation
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

    # ------------------------------------------------------------------ garments
    def _garments(self) -> None:
        tokens = self.scan.tokens
        for index, token in enumerate(tokens):
            meaning = token.meaning("garment")
            if meaning is None or index in self.negated or self._is_attribute_here(index):
                continue
            if meaning.generic is not None and self._labels_the_next(index):
                continue
            self._garment(index, meaning)
            if len(self.drafts) > MAX_GARMENTS:
                raise BadInput(f"The instruction names more than {MAX_GARMENTS} garments: leave some out.")
        if not self.drafts:
            self._implied()
        self._settle_generic()

    def _implied(self) -> None:
        """Take the garment that a measurement implies when none is named: 裙长60."""
        for index, token in enumerate(self.scan.tokens):
            word = self.scan.normal.text[token.start : token.end]
            implied = IMPLIED.get(word) if token.meaning("measure") is not None else None
            if implied is not None:
                category, dress, generic = implied
                span = (token.start, token.end)
                self.drafts.append(GarmentDraft(category, [(index, index)], *span, dress, generic))
                return

    def _is_attribute_here(self, index: int) -> bool:
        """Return whether a garment's name only describes another one: 雪纺衫 连衣裙; 短袖 beside a 旗袍."""
        tokens = self.scan.tokens
        if tokens[index].meaning("attribute") is not None and self._other_upper(index):
            return not self._worn_by_itself(index)
        if index + 1 >= len(tokens) or self.scan.between(index, index + 1) not in ("", " "):
            return False
        this, following = tokens[index].meaning("garment"), tokens[index + 1].meaning("garment")
        if this is None or following is None:
            return False
        return this.sets["category"] in TOPS and following.sets["category"] in ("dress", "skirt")

    def _labels_the_next(self, index: int) -> bool:
        """Return whether 上身 or 下身 only says where the garment named after it is worn."""
        for token in self.scan.tokens[index + 1 :]:
            if token.separator is not None or token.meaning("conjunction", "layer") is not None:
                return False
            meaning = token.meaning("garment")
            if meaning is not None:
                return meaning.generic is None
        return False

    def _worn_by_itself(self, index: int) -> bool:
        """Return whether a word such as turtleneck or 短袖 has its own colour after "over", "and", 里面."""
        tokens = self.scan.tokens
        if index + 1 < len(tokens) and tokens[index + 1].meaning("garment") is not None:
            return False
        first = index
        while first > 0 and tokens[first - 1].meaning("colour", "attribute") is not None:
            first -= 1
        coloured = any(t.meaning("colour") is not None for t in tokens[first:index])
        return coloured and first > 0 and tokens[first - 1].meaning("layer", "conjunction") is not None

    def _other_upper(self, index: int) -> bool:
        """Return whether the text names another garment with sleeves, by a word that means nothing else."""
        for other, token in enumerate(self.scan.tokens):
            meaning = token.meaning("garment")
            if other == index or meaning is None or token.meaning("attribute") is not None:
                continue
            if meaning.sets["category"] in UPPER or meaning.dress is not None or meaning.generic == "top":
                return True
        return False

    def _phrase_start(self, index: int) -> int:
        """Return the index of the first token of a garment's noun phrase."""
        tokens, first = self.scan.tokens, index
        for before in range(index - 1, -1, -1):
            token = tokens[before]
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
        same = self._same(index, first, draft)
        if same is None:
            replaced = self._replaced(index, first)
            if replaced is not None:
                for name, stated in replaced.fields.items():
                    if name in ("fabric", "print", "fit") and draft.can(name, stated.value):
                        draft.fields[name] = Stated(
                            stated.value, stated.start, stated.end, stated.unit, "inferred"
                        )
                draft.colours = list(replaced.colours)
                self.drafts.remove(replaced)
            self.drafts.append(draft)
        else:
            same.mentions.append((first, index))
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
                    if "with" in gap and "and" not in gap:
                        return earlier
                continue
            if self.corrected(first):
                return earlier if earlier.category == draft.category else None
            if definite or not new:
                return None if self._differs(earlier, first, index) else earlier
            return None
        return None

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

    # ------------------------------------------------------------------ attributes
    def _attributes(self) -> None:
        tokens = self.scan.tokens
        for index, token in enumerate(tokens):
            if token.meaning("garment") is not None and not self._is_attribute_here(index):
                continue
            if index in self.negated or self._of_something_else(index):
                continue
            colour = token.meaning("colour")
            attribute = token.meaning("attribute") or token.meaning("garment")
            if token.meaning("part") is not None and colour is None and attribute is None:
                self._unknown_part(index)
            if colour is not None and self._is_colour(index):
                self._colour(index, colour)
            if attribute is not None and not self._is_measure(index):
                sets = self._of_sleeve(index, attribute.sets)
                for name, value in sets.items():
                    if name != "category":
                        self._attribute(index, name, value)

        for index in self.negated:
            if tokens[index].meaning("garment") is None or self._is_attribute_here(index):
                self._refused(index)

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
        for token in self.scan.tokens[index + 1 :]:
            if token.meaning("other") is not None:
                return True
            if token.meaning("colour", "attribute") is None or token.meaning("garment") is not None:
                return False
        return False

    def _of_sleeve(self, index: int, sets: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a sleeve's length for "short" or "long" before a word for sleeves: short puff sleeves."""
        word, tokens = sets.get("length"), self.scan.tokens
        if word not in ("short", "maxi") or index + 1 >= len(tokens):
            return sets
        following = tokens[index + 1]
        attribute, part = following.meaning("attribute"), following.meaning("part")
        sleeve = (attribute is not None and "sleeve_style" in attribute.sets) or (
            part is not None and part.sets["part"] == "sleeve"
        )
        if not sleeve or self.scan.between(index, index + 1).strip(", ") != "":
            return sets
        return {"sleeve": "short" if word == "short" else "long"}

    def _is_colour(self, index: int) -> bool:
        following = self.scan.tokens[index + 1] if index + 1 < len(self.scan.tokens) else None
        gap = self.scan.between(index, index + 1) if following is not None else ""
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

    def owner(self, index: int, name: str, value: object) -> GarmentDraft | None:
        """Return the garment to which a token belongs, for a field and value that it may take."""
        able = [d for d in self.drafts if d.can(name, value)]
        if not able:
            return None
        for draft in able:
            if draft.names(index):
                return draft
        before = sorted((d for d in able if d.before(index) >= 0), key=lambda d: d.before(index))
        after = [d for d in able if d.before(index) < 0]
        if before and after and name != "details":
            nearest, following = before[-1], after[0]
            taken = name in nearest.phrase_fields or (name == "colour" and "colour" in nearest.phrase_fields)
            clause_breaks = any(
                t.separator is not None for t in self.scan.tokens[nearest.before(index) + 1 : index]
            )
            if taken and clause_breaks and name not in following.phrase_fields:
                return following
        if before:
            return before[-1]
        return after[0]

    def _attribute(self, index: int, name: str, value: object) -> None:
        token = self.scan.tokens[index]
        draft = self.owner(index, name, value)
        if draft is None:
            self._no_place(index, name)
            return
        if name == "details" and isinstance(value, (list, tuple)):
            for detail in value:
                draft.set("details", Stated(detail, token.start, token.end))
            return
        if name == "length":
            value = length_word(draft.category, str(value))
        if draft.names(index):
            draft.phrase_fields.add(name)
        draft.set(name, Stated(value, token.start, token.end, after_correction=self.corrected(index)))

    def _colour(self, index: int, meaning: Meaning) -> None:
        token = self.scan.tokens[index]
        draft = self.owner(index, "colour", None)
        if draft is None:
            return
        value = {"name": meaning.sets["name"], "hex": meaning.sets["hex"]}
        stated = Stated(value, token.start, token.end, after_correction=self.corrected(index))
        if draft.names(index):
            draft.phrase_fields.add("colour")
        if stated.after_correction and draft.colours:
            draft.colours = [c for c in draft.colours if c.after_correction]
        draft.colours.append(stated)

    def _no_place(self, index: int, name: str) -> None:
        word = self.scan.words(index)
        self.remarks.append(
            Remark(
                "garments",
                "ignored",
                f"{word!r} ({name}) fits none of the garments and was left out.",
                f"“{word}”不适用于所说的服装，已忽略。",
            )
        )

    def _refused(self, index: int) -> None:
        """Apply a negation: no sleeves, no collar, no pockets, no slit, no print; other refusals are only noted."""
        token, word = self.scan.tokens[index], self.scan.words(index)
        only_degree = self.negated[index]
        part, attribute = token.meaning("part"), token.meaning("attribute")
        sets: dict[str, object] = {}
        if part is not None:
            sets = dict(WITHOUT.get(str(part.sets["part"]), {}))
        elif attribute is not None and not only_degree:
            for name, value in attribute.sets.items():
                if name in ("pockets", "slit"):
                    sets[name] = False
                elif name == "print" and value != "solid":
                    sets[name] = "solid"
                elif name == "neckline" and value in ("shirt_collar", "lapel", "mandarin", "peter_pan"):
                    sets["details"] = ["collarless"]
        for name, value in sets.items():
            self._attribute(index, name, value)
        if token.meaning("colour") is not None and any(draft.colours for draft in self.drafts):
            return
        if not sets and token.meaning("attribute", "colour") is not None:
            self.remarks.append(
                Remark(
                    "garments",
                    "ignored",
                    f"{word!r} was refused; nothing else was chosen in its place.",
                    f"已知道不要“{word}”，没有另选替代。",
                )
            )

    # ------------------------------------------------------------------ layers
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


def _skippable(token: Token, gap: str) -> bool:
    """Return whether a token may stand between a negation and what it refuses: 不要一条…, 不想要…."""
    if token.quantity is not None:
        return token.quantity.unit == "count"
    return token.meaning("request", "to") is not None and len(gap) <= 2


def _may_be(earlier: GarmentDraft, draft: GarmentDraft) -> bool:
    """Return whether two names may mean one garment: 连衣裙 and 裙子, a hoodie and its jacket are different."""
    pair = {earlier.category, draft.category}
    if pair == {"dress", "skirt"}:
        return earlier.dress is not None or draft.dress is not None
    return False


def outermost(categories: list[str]) -> str | None:
    """Return the outer garment of a set, if one is worn over others by nature."""
    for category in OUTER:
        if category in categories:
            return category
    return None

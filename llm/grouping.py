"""Which garment a word belongs to: attributes, colours, refusals, layers.

A word belongs to the garment whose noun phrase it stands in, else to the garment named before it, else to the one
after; a word that makes no sense there (a sleeve on a skirt) goes to the nearest garment on which it does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from toile.llm.draft import GarmentDraft, Remark, Stated, length_word
from toile.llm.lexicon import Meaning
from toile.llm.normal import is_cjk
from toile.llm.outfits import Outfit
from toile.llm.scan import Scan
from toile.llm.trims import trim_described

_KIND_BEFORE = re.compile(r"[a-z]{3,} $|[\u4e00-\u9fff]{1,2}$")
_NO_KIND = re.compile(
    r"the|her|his|its|with|has|and|for|from|that|this|into|but|your|our|their|nice|own|same|one"
    r"|[的是有带要个款把那这换子和做从其配加]|它的|她的|有个|带个|一个|要有|还有|搭配"
)
_ALL = re.compile(
    r"\b(?:both|all|everything|head to toe|whole (?:outfit|look|set)|entire (?:outfit|look))\b|都|全是|全部|均|全身|一身|浑身|整套|全套|整身|从头到脚"
)
_ON_THE_LEG = re.compile("thigh|knee|大腿|膝")
_STYLE = re.compile(r" ?(?:style|styled|inspired|like|type)\b|风格?|式|款")
_SLIT_SO_HIGH = re.compile(
    r"开[叉衩][^。;!?\n]{0,10}(?:太高|过高|开到|高到|别高|太大)[,，]?(?:只|就)?(?:到|至)?$|(?:slit|split)[^.;!?\n]{0,14}(?:too high|not high),? ?(?:just|only|up)? ?(?:to )?$"
)
_WITH = re.compile(r"(?:\bwith|\band|,|带|配|有|加|用|和)(?: an?| the| some| two| three|个|条|着|上)? ?$")
_FLATTERING = frozenset(  # words that only hint at a fit, beside which a plain one holds
    [
        "显瘦",
        "slimming",
        "落肩",
        "落肩袖",
        "落肩款",
        "落肩设计",
        "男友风",
        "bf风",
        "bf款",
        "boxy",
        "boyfriend",
        "drop shoulder",
        "drop shoulders",
        "dropped shoulder",
        "dropped shoulders",
        "boyfriend fit",
        "drop shouldered",
    ]
)
_ANY_PRINT = frozenset(("印花", "花", "花的", "花纹", "图案", "花色", "花哨", "印花图案", "大印花"))
_SWEATSHIRT = re.compile("卫衣|sweatshirt|sweat shirt")
_ONLY_LOOKS = frozenset(("显瘦", "slimming", "flattering"))
_AT_THE_WAIST = re.compile(r"腰[间上部]?(?:可以?|处|能|有|要)?$|waist (?:that |which )?$|waist$")
WITHOUT: Mapping[str, Mapping[str, object]] = {
    "sleeve": {"sleeve": "sleeveless"},
    "neckline": {"details": ["collarless"]},
    "print": {"print": "solid"},
}


def names_a_style(scan: Scan, index: int) -> bool:
    """Return whether a thing that is not made only names a style: "pyjamas style shirt", 睡衣风, "corset gown"."""
    tokens = scan.tokens
    if _STYLE.match(scan.normal.text, tokens[index].end) is not None:
        return True
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    beside = following is not None and following.meaning("garment") is not None
    one = scan.normal.text[tokens[index].end - 1] != "s"
    return beside and one and scan.between(index, index + 1) == " "


class Grouping(Outfit):
    """The garments of a scanned text with everything in words that was said of each."""

    def __init__(self, scan: Scan, chinese: bool) -> None:
        super().__init__(scan, chinese)
        self.passed: list[tuple[int, int]] = []  # read, and of no garment
        if self.drafts:
            self._attributes()
            self._share()
            self._layers()
            self._hooded()

    def _attributes(self) -> None:
        tokens = self.scan.tokens
        for index, token in enumerate(tokens):
            if token.meaning("garment") is not None and not self._is_attribute_here(index):
                continue
            if index in self.negated or index in self.mentioned or self._of_something_else(index):
                continue
            colour = token.meaning("colour")
            attribute = token.meaning("attribute") or token.meaning("garment")
            if token.meaning("part") is not None and colour is None and attribute is None:
                self._unknown_part(index)
            if colour is not None and self._is_colour(index) and not self._of_trim(index):
                self._colour(index, colour)
            if attribute is not None and "length" in attribute.sets and self._tells_of_a_slit(index):
                self.passed.append((token.start, token.end))
                continue
            cloth = (
                attribute is not None
                and set(attribute.sets) <= {"fabric", "print"}
                and token.meaning("garment") is None
            )
            if cloth and colour is None and self._of_trim(index):
                continue
            if attribute is not None and not self._is_measure(index):
                sets = self._of_sleeve(index, attribute.sets)
                for name, value in sets.items():
                    if name != "category":
                        self._attribute(index, name, value)

        for index in self.negated:
            if tokens[index].meaning("garment") is None or self._is_attribute_here(index):
                self._refused(index)

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
        if draft is None and name == "length" and value in ("knee", "midi", "ankle"):
            draft = self._long_jacket(index)
        if draft is None:
            self._no_place(index, name)
            return
        if name in ("fit", "fabric", "print") and self._of_all(index):
            for other in self.drafts:
                other.set(name, Stated(value, token.start, token.end))
            return
        if name == "fit" and self.scan.words(index).lower() in _FLATTERING and self._says_fit(index):
            draft.superseded.append(Stated(value, token.start, token.end))
            return
        if name == "fit" and self.scan.words(index).lower() in _ONLY_LOOKS:
            self._only_looks(index, draft)
        if name == "closure" and value == "lace_up" and _AT_THE_WAIST.search(self._words_before(index)):
            name, value = "details", ["belt"]
        if name == "closure" and value == "lace_up" and self.scan.words(index) in ("系带", "绑带"):
            if draft.category == "coat":
                name, value = "details", ["belt"]
            elif draft.category in ("trousers", "shorts"):
                value = "drawstring"
        if name == "details" and isinstance(value, (list, tuple)):
            for detail in value:
                draft.set("details", Stated(detail, token.start, token.end))
            return
        if name == "length" and not (value == "mini" and _ON_THE_LEG.search(self.scan.words(index).lower())):
            value = length_word(draft.category, str(value))
        if (
            name == "neckline"
            and self.scan.words(index) in ("翻领", "大翻领")
            and draft.category in ("coat", "jacket")
        ):
            value = "lapel"
        if draft.names(index):
            draft.phrase_fields.add(name)
        draft.set(name, Stated(value, token.start, token.end, after_correction=self.corrected(index)))

    def _hooded(self) -> None:
        """Make a sweatshirt or a top of no kind of which a hood is said a hoodie: 卫衣，带帽子的; 连帽上衣."""
        for draft in self.drafts:
            hood = draft.fields.get("neckline")
            names = {self.scan.words(last).lower() for _, last in draft.mentions}
            if hood is not None and hood.value == "hood" and any(_SWEATSHIRT.search(n) for n in names):
                draft.category = "hoodie"
            elif hood is not None and hood.value == "hood" and draft.generic == "top":
                self._hooded_top(draft)

    def _hooded_top(self, draft: GarmentDraft) -> None:
        """Make a top of no kind with a hood a hoodie, and say so instead of asking which kind it is."""
        field = f"garments[{self.drafts.index(draft)}].category"
        word = self.scan.normal.words(draft.start, draft.end)
        self.remarks = [r for r in self.remarks if (r.field, r.kind) != (field, "ambiguity")]
        draft.category, draft.generic = "hoodie", None
        self.remarks.append(
            Remark(
                field,
                "assumption",
                f"{word!r} with a hood was read as a hoodie.",
                f"“{word}”带帽，按连帽衫理解。",
            )
        )

    def _only_looks(self, index: int, draft: GarmentDraft) -> None:
        """Say that a word for how the wearer shall look was taken as a fit: 显瘦, slimming."""
        word = self.scan.words(index)
        self.remarks.append(
            Remark(
                f"garments[{self.drafts.index(draft)}].fit",
                "assumption",
                f"{word!r} was taken as a slim fit.",
                f"“{word}”按修身理解。",
            )
        )

    def _corrected_since(self, place: int, index: int) -> bool:
        """Return whether another correction stands between a place of the text and a token: wait, blue. No, red."""
        return any(
            t.start >= place and (t.meaning("correction") is not None or self._says_no(i))
            for i, t in enumerate(self.scan.tokens[:index])
        )

    def _words_before(self, index: int) -> str:
        start = self.scan.tokens[index].start
        return self.scan.normal.text[max(0, start - 12) : start]

    def _colour(self, index: int, meaning: Meaning) -> None:
        token = self.scan.tokens[index]
        draft = self.owner(index, "colour", None)
        if draft is None:
            return
        value = {"name": meaning.sets["name"], "hex": meaning.sets["hex"]}
        stated = Stated(value, token.start, token.end, after_correction=self.corrected(index))
        if self._of_all(index):
            for other in self.drafts:
                other.colours.append(stated)
            return
        if draft.names(index):
            draft.phrase_fields.add("colour")
        if stated.after_correction and draft.colours:
            draft.superseded += draft.colours
            again = self._corrected_since(draft.colours[-1].end, index)
            draft.colours = [c for c in draft.colours if c.after_correction and not again]
        draft.colours.append(stated)

    def _long_jacket(self, index: int) -> GarmentDraft | None:
        """Return the one jacket of a text, now a coat: a down jacket to the knee is one."""
        jackets = [d for d in self.drafts if d.category == "jacket"]
        if len(jackets) != 1 or (
            "neckline" in jackets[0].fields and jackets[0].fields["neckline"].value == "lapel"
        ):
            return None
        jackets[0].category = "coat"
        said = self.scan.words(index)
        self.remarks.append(
            Remark(
                f"garments[{self.drafts.index(jackets[0])}].category",
                "assumption",
                f"A jacket {said!r} is made as a coat.",
                f"“{said}”的外套按大衣制作。",
            )
        )
        return jackets[0]

    def _of_all(self, index: int) -> bool:
        """Return whether a word is said of all garments: "both in grey cotton", 都是棉的."""
        first = index
        while first > 0 and self.scan.tokens[first].separator is None:
            first -= 1
        start = self.scan.tokens[first - 1].end if first else 0
        names = [t.end for t in self.scan.tokens[first:index] if t.meaning("garment") is not None]
        clause = self.scan.normal.text[max([start, *names]) : self.scan.tokens[index].start]
        if len(names) == 1 and len(self.drafts) > 2:
            return False  # "the shirt is all white" of three
        return len(self.drafts) > 1 and len(names) != 1 and _ALL.search(clause) is not None

    def _says_fit(self, index: int) -> bool:
        """Return whether the text says another fit in plain words than one that only flatters (显瘦)."""
        return any(
            (meaning := t.meaning("attribute")) is not None and "fit" in meaning.sets
            for i, t in enumerate(self.scan.tokens)
            if i != index and i not in self.negated
        )

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
                elif name == "print" and value != "solid" and word.lower() in _ANY_PRINT:
                    sets[name] = "solid"
                elif name == "neckline" and value in ("shirt_collar", "lapel", "mandarin", "peter_pan"):
                    sets["details"] = ["collarless"]
        if attribute is not None and "neckline" in attribute.sets and self._chosen_instead(index, attribute):
            return  # "no lapels, a stand collar instead"
        for name, value in sets.items():
            if value == ["collarless"]:
                self._collar_off(index)
            self._attribute(index, name, value)
        if token.meaning("colour") is not None and any(draft.colours for draft in self.drafts):
            return
        if attribute is not None and self._chosen_instead(index, attribute):
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

    def _chosen_instead(self, index: int, refused: Meaning) -> bool:
        """Return whether another value of what was refused is stated: no crew neck, a V."""
        names = [name for name in refused.sets if name not in ("details", "category")]
        drafts = [d for n in names if (d := self.owner(index, n, None)) is not None and n in d.fields]
        return bool(names) and any(
            draft.fields[n].source == "stated" and draft.fields[n].value != refused.sets[n]
            for draft in drafts
            for n in names
            if n in draft.fields
        )

    def _collar_off(self, index: int) -> None:
        """Take away the collar that a garment's own name means: a shirt dress without one."""
        draft = self.owner(index, "neckline", None)
        implied = draft.fields.get("neckline") if draft is not None else None
        if draft is not None and implied is not None and implied.source == "inferred":
            draft.superseded.append(draft.fields.pop("neckline"))

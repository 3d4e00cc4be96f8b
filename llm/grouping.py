"""Which garment a word belongs to: attributes, colours, refusals, layers.

A word belongs to the garment whose noun phrase it stands in, else to the garment named before it, else to the one
after; a word that makes no sense there (a sleeve on a skirt) goes to the nearest garment on which it does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from toile.llm.described import Described
from toile.llm.draft import GarmentDraft, Remark, Stated, length_word
from toile.llm.lexicon import Meaning
from toile.llm.scan import Scan

_ALL = re.compile(
    r"\b(?:both|all|everything|head to toe|whole (?:outfit|look|set)|entire (?:outfit|look))\b|都|全是|全部|均|全身|一身|浑身|整套|全套|整身|从头到脚"
)
_ON_THE_LEG = re.compile("thigh|knee|大腿|膝")
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


class Grouping(Described):
    """The garments of a scanned text with everything in words that was said of each."""

    def __init__(self, scan: Scan, chinese: bool) -> None:
        super().__init__(scan, chinese)
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

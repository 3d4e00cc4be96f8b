"""Whose a named number is, and numbers that name themselves: 88/66/92, W30 L32, 168/60, size 32 jeans."""

from __future__ import annotations

import re
from dataclasses import replace

from toile.garments.spec import WEARER_BOUNDS
from toile.llm.body_words import GARMENT_ONLY, BodyWords
from toile.llm.draft import Remark
from toile.llm.grouping import Grouping
from toile.llm.numerals import CM_PER, KG_PER, Quantity
from toile.llm.scan import Scan, camera_numbers
from toile.llm.statements import Statements

LIMBS = frozenset({"thigh", "knee_girth", "calf", "ankle_girth", "upper_arm", "wrist"})  # no garment field
BODY_FIELDS = {
    "height": "height_cm",
    "weight": "weight_kg",
    "thigh": "thigh_cm",
    "knee_girth": "knee_cm",
    "calf": "calf_cm",
    "ankle_girth": "ankle_cm",
    "upper_arm": "upper_arm_cm",
    "wrist": "wrist_cm",
    "arm_length": "arm_length_cm",
    "back_length": "back_length_cm",
    "underbust": "underbust_cm",
}
_OF_ME = re.compile("的(?:我|她|他|女生|男生|姑娘|妹子|小伙)(?!们?的)")
_PERSON_AFTER = re.compile(r"^ ?(?:的|之)? ?$")
INSTEAD = re.compile(r"(?:不是|不要|\bnot|rather than|instead of) ?$")
"""What stands before a number that is refused: 68而不是78."""
_CORRECTED_WITHIN = 9  # tokens from a measurement that was wrong to its right number


class Assignment(Statements):
    """Gives numbers to fields of a garment or of the wearer; `used` holds the tokens that are spent."""

    def __init__(self, scan: Scan, grouping: Grouping, chinese: bool, metric: bool) -> None:
        super().__init__(scan, grouping, chinese, metric)
        self.used: set[int] = set(camera_numbers(scan))
        self.modes = BodyWords(scan).modes
        self.sizes_again = self._sizes_again()
        self.used |= self.sizes_again

    def _sizes_again(self) -> set[int]:
        """Return the bare numbers that correct a size said right before them: "size 10, actually 12"."""
        found, before = set(), None
        for index, token in enumerate(self.scan.tokens):
            quantity = token.quantity
            if quantity is None:
                if token.meaning("garment", "measure", "attribute", "colour") is not None:
                    before = None
                continue
            bare = quantity.kind == "number" and quantity.unit is None and quantity.value in range(100)
            if bare and before is not None and before.label.isdigit() and self.grouping.corrected(index):
                found.add(index)
            before = quantity if quantity.kind == "size" else None
        return found

    def _assign(self, measure: str, how: str, quantity: Quantity, index: int, named: int | None) -> None:
        """Give a number to a garment's or the wearer's field."""
        self.used.add(index)
        if measure == "back_length" and self._too_long_for_a_back(quantity):
            measure = "length"
        if measure == "height" and quantity.unit in CM_PER and named is not None:
            low = quantity.value * CM_PER[quantity.unit] < 100.0
            if low and self.scan.words(named).lower() in ("高", "high", "tall"):
                self._ignored(index, named=True)  # 领子高4厘米
                return
        flat = how == "half"
        person_after = self._person_follows(max(index, named if named is not None else index))
        body = (measure in BODY_FIELDS and (measure not in LIMBS or self.modes[index] or person_after)) or (
            how == "body"
            or (
                how not in ("garment", "half")
                and measure not in GARMENT_ONLY
                and (self.modes[index] or person_after)
            )
        )
        if body and measure not in GARMENT_ONLY:
            field = BODY_FIELDS.get(measure, f"{measure}_cm")
            self._store(field, True, None, quantity, index, start=named)
            return
        if measure == "hem" and quantity.value * CM_PER.get(quantity.unit or "", 99.0) < 15.0:
            self._ignored(index, named=True)  # "a 3 inch hem": how far it is turned up
            return
        if measure == "length" and self._inside_leg(index, quantity):
            measure = "inseam"
        field = f"{measure}_cm"
        if measure in LIMBS and not self.modes[index]:
            self._ignored(index, named=True)
            return
        garment = self.grouping.owner(index, field, None)
        if garment is None and how not in ("garment", "half") and field in WEARER_BOUNDS:
            self._store(field, True, None, quantity, index, start=named)
            return
        if garment is None:
            self._ignored(index)
            return
        if flat or self._said_flat(index):
            quantity = replace(quantity, label="flat")
        drafts = self.grouping.drafts
        able = [d for d in drafts if d.can(field, None)] if self._of_each(index) else [garment]
        for owner in able or [garment]:
            self._store(field, False, owner, quantity, index, start=named)
        if how == "" and field in ("waist_cm", "bust_cm", "hip_cm") and self._may_be_the_bodys(index):
            said = self.scan.words(index)
            self.remarks.append(
                Remark(
                    self._last_path(),
                    "ambiguity",
                    f"{said!r} was taken as the garment's; if it is the wearer's own, say so.",
                    f"“{said}”按成衣尺寸理解；如果是穿着者的身体尺寸，请说明。",
                )
            )

    def _said_to_be_wrong(self, index: int) -> int | None:
        """Return the measure before a number of which only was said that it was wrong: 身高写错了，是168, 不是158."""
        tokens, wrong = self.scan.tokens, False
        if not self.grouping.corrected(index):
            return None
        for before in range(index - 1, max(-1, index - _CORRECTED_WITHIN), -1):
            token = tokens[before]
            if token.meaning("measure") is not None:
                return before if wrong and before not in self.used else None
            if token.meaning("garment") is not None:
                return None
            if token.quantity is not None and not self._refused(token.quantity):
                return None
            wrong = wrong or token.meaning("correction") is not None
        return None

    def _refused(self, quantity: Quantity) -> bool:
        """Return whether a number is said not to be it: 68而不是78, "not 158 cm"."""
        return INSTEAD.search(self.scan.normal.text[max(0, quantity.start - 14) : quantity.start]) is not None

    def _may_be_the_bodys(self, index: int) -> bool:
        """Return whether a girth stands in a clause without a garment beside the wearer's height or weight."""
        tokens = self.scan.tokens
        first = last = index
        while first > 0 and tokens[first - 1].separator is None:
            first -= 1
        while last + 1 < len(tokens) and tokens[last + 1].separator is None:
            last += 1
        if any(t.meaning("garment", "request") is not None for t in tokens[first : last + 1]):
            return False
        while first > 0 and tokens[first - 1].separator != "hard":
            first -= 1
        while last + 1 < len(tokens) and tokens[last + 1].separator != "hard":
            last += 1
        return any(
            (t.quantity is not None and t.quantity.unit in KG_PER)
            or ((m := t.meaning("measure")) is not None and m.sets["measure"] in ("height", "weight"))
            for i, t in enumerate(tokens[first : last + 1], first)
            if t.quantity is not None or any(o.quantity is not None for o in tokens[max(0, i - 1) : i + 2])
        )

    def _of_each(self, index: int) -> bool:
        """Return whether a number is said of all garments: 裙长都是60厘米, "waist 76 cm both"."""
        token, text = self.scan.tokens[index], self.scan.normal.text
        before, after = text[max(0, token.start - 4) : token.start], text[token.end : token.end + 12]
        return re.search(r"(?:都|均|各)(?:是|为|要)? ?$", before) is not None or (
            re.match(r",? ?(?:for )?(?:both|each)\b(?! (?:in|of|are|made|with|cut))", after) is not None
        )

    def _too_long_for_a_back(self, quantity: Quantity) -> bool:
        """Return whether a back length is a garment's, down to its hem: no back is over 60 cm."""
        return quantity.value * CM_PER.get(quantity.unit or "cm", 1.0) > WEARER_BOUNDS["back_length_cm"][1]

    def _inside_leg(self, index: int, quantity: Quantity) -> bool:
        """Return whether an English length of trousers is the inside leg, as on a label: 30 waist, 32 length."""
        garment = self.grouping.owner(index, "inseam_cm", None)
        if self.chinese or garment is None or garment.category != "trousers":
            return False
        label = quantity.unit == "in" or (quantity.unit is None and not self.metric)
        if not label or not 26.0 <= quantity.value <= 38.0:
            return False
        said = self.scan.words(index)
        self.remarks.append(
            Remark(
                self._path("inseam_cm", False, garment),
                "assumption",
                f"A trouser length of {said} was read as the inside leg, as on a label.",
                f"裤长{said}按内缝长理解。",
            )
        )
        return True

    def _person_follows(self, index: int) -> bool:
        tokens = self.scan.tokens
        after = index + 1
        if _OF_ME.match(self.scan.normal.text, tokens[index].end):
            return True
        if after >= len(tokens) or tokens[after].meaning("sex", "person") is None:
            return False
        if not _PERSON_AFTER.match(self.scan.between(index, after)):
            return False
        return not (after + 1 < len(tokens) and tokens[after + 1].meaning("garment") is not None)

    def _said_flat(self, index: int) -> bool:
        tokens = self.scan.tokens
        return any(
            tokens[i].meaning("flat") is not None
            for i in range(max(0, index - 2), min(len(tokens), index + 3))
        )

    def _ratio(self, index: int, quantity: Quantity) -> None:
        """Read 88/66/92 as bust, waist and hip, in inches when only that is possible."""
        values = quantity.values
        inches = max(values) <= 60.0
        names = ("bust", "waist", "hip")
        if not (values[1] < values[0] and values[1] < values[2]):
            self._ignored(index)
            return
        for name, value in zip(names, values, strict=True):
            part = replace(quantity, value=value, kind="number", unit="in" if inches else "cm")
            how = (
                "body"
                if self._spoken_of_body(index)
                else "garment"
                if self._follows_garment_word(index)
                else "body"
            )
            self._assign(name, how, part, index, None)
        self.used.add(index)

    def _spoken_of_body(self, index: int) -> bool:
        return self.modes[index]

    def _follows_garment_word(self, index: int) -> bool:
        text = self.scan.normal.text[
            max(0, self.scan.tokens[index].start - 8) : self.scan.tokens[index].start
        ]
        return "成衣" in text or "成品" in text or "finished" in text

    def _jeans_size(self, index: int, quantity: Quantity) -> None:
        """Read a size of trousers without a system, 24 to 40, as a waist in inches: size 32 jeans."""
        drafts = self.grouping.drafts
        if not quantity.label.isdigit() or not 24 <= quantity.value <= 40:
            return
        if not drafts or any(draft.category not in ("trousers", "shorts") for draft in drafts):
            return
        self._assign("waist", "garment", replace(quantity, kind="number", unit="in"), index, None)
        number = quantity.label
        self.remarks.append(
            Remark(
                self._last_path(),
                "ambiguity",
                f"Size {number} of trousers was read as a waist of {number} inches; it could also be EU {number}.",
                f"裤子尺码{number}按腰围{number}英寸理解；也可能是欧码{number}。",
                (f"EU {number}",),
            )
        )

    def _jeans(self, index: int, quantity: Quantity) -> None:
        if quantity.label:
            name = "waist" if quantity.label == "w" else "inseam"
            self._assign(name, "garment", replace(quantity, kind="number", label=""), index, None)
            return
        waist, leg = quantity.values
        self._assign("waist", "garment", replace(quantity, value=waist, kind="number"), index, None)
        self._assign("inseam", "garment", replace(quantity, value=leg, kind="number"), index, None)
        self.used.add(index)

    def _pair(self, index: int, quantity: Quantity) -> None:
        """Read 168/60 as height and weight, 30x32 beside trousers as waist and inside leg in inches."""
        first, second = quantity.values
        trousers = any(d.category in ("trousers", "shorts") for d in self.grouping.drafts)
        if first < 60 and trousers and 22 <= first <= 54 and 24 <= second <= 40:
            self._jeans(index, replace(quantity, unit="in", values=(first, second)))
        elif first >= 130 and second <= 130:
            heavy = quantity.unit in KG_PER or second < 75.0 or self.modes[index]
            if heavy:
                self._assign(
                    "height", "body", replace(quantity, value=first, kind="number", unit="cm"), index, None
                )
                unit = "kg" if second < 100.0 else "jin"
                self._assign(
                    "weight", "body", replace(quantity, value=second, kind="number", unit=unit), index, None
                )
                self.used.add(index)
        else:
            self._ignored(index)

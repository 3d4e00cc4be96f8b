"""Numbers with no measurement named beside them: a correction, a stature, a sleeve's or a garment's length, an age, or nothing.

They are what their unit, their size and their neighbours make likely, which is said; otherwise they are noted as ignored.
"""

from __future__ import annotations

import re
from dataclasses import replace

from toile.llm.assignment import Assignment
from toile.llm.draft import Remark
from toile.llm.numerals import CM_PER, KG_PER, Quantity
from toile.llm.readings import FLOOR, length_curve, usual

_AGE_BEFORE = re.compile(
    r"(?:今年|都|快|已经|马上|也)*| (?:is |'s |just )?(?:turned |turning |turns |nearly |almost )?"
)
_AGE_AFTER = re.compile(r"多?(?:了|出头|几)(?=$|[,，。;!?])| (?:next|this) (?:year|month|week)| now\b")

_SHORT_OF_THE_FLOOR = frozenset({"micro", "mini", "knee", "midi", "cropped", "waist", "hip"})
_LONGEST = 158.0  # cm: from the shoulder of a woman of 1.85 m to the floor
_TALL = 145.0  # cm, from which on an unnamed number may be somebody's height


class UnnamedNumbers(Assignment):
    """Gives a field to numbers that no word beside them names."""

    def _unnamed(self, index: int, quantity: Quantity) -> None:
        """Find a place for a number without a name beside it: a correction, a stature, a length; else note it."""
        tokens = self.scan.tokens
        before = tokens[index - 1] if index else None
        if before is not None and before.quantity is None and len(self._gap(index - 1, index)) <= 2:
            attribute = before.meaning("attribute", "part")
            if attribute is not None and (
                {"sleeve", "sleeve_style"} & set(attribute.sets) or attribute.sets.get("part") == "sleeve"
            ):
                self._assign("sleeve", "garment", quantity, index, None)
                return
        if self._before_sleeve(index):
            self._assign("sleeve", "garment", quantity, index, None)
            return
        if self.grouping.corrected(index) and self.last is not None:
            name, wearer, garment = self.last
            if self._plausible_again(name, quantity):
                self._store(name, wearer, garment, quantity, index, corrected=True)
                return
        if (again := self._next_garments(index, quantity)) is not None:
            self._assign(again, "garment", quantity, index, None)
            return
        if self._says_an_age(index, quantity):
            self.used.add(index)
            return
        if quantity.unit is None or quantity.unit not in CM_PER:
            bare = quantity.unit is None and 150.0 <= quantity.value <= 200.0
            if self._looks_like_stature(index, quantity) or (bare and self._after_a_person(index)):
                self._assign("height", "body", quantity, index, None)
            elif self._follows_trousers(index, quantity):
                self._jeans_size(index, replace(quantity, kind="size", label=f"{quantity.value:g}"))
            elif quantity.value > 12 or quantity.unit is not None:
                self._ignored(index)
            return
        centimetres = quantity.value * CM_PER[quantity.unit]
        if quantity.label == "feet" or self._looks_like_stature(index, quantity):
            self._assign("height", "body", quantity, index, None)
        elif self._a_likely_length(index, centimetres):
            self._assign("length", "garment", quantity, index, None)
            field = self._last_path()
            self.remarks.append(
                Remark(
                    field,
                    "assumption",
                    f"{self.scan.words(index)!r} names no measurement; read as the garment's length.",
                    f"“{self.scan.words(index)}”没有说明部位，按衣长理解。",
                )
            )
        elif _TALL <= centimetres <= 205.0 and self._alone(index):
            self._assign("height", "body", quantity, index, None)
            self.remarks.append(
                Remark(
                    self._last_path(),
                    "assumption",
                    f"{self.scan.words(index)!r} names no measurement and is no length of the garment; read as the wearer's height.",
                    f"“{self.scan.words(index)}”没有说明部位，也不像衣长，按身高理解。",
                )
            )
        else:
            self._ignored(index)

    def _next_garments(self, index: int, quantity: Quantity) -> str | None:
        """Return the measure that a number right behind another garment repeats: "jacket length 62, the trousers 104"."""
        before = self.scan.tokens[index - 1] if index else None
        if before is None or before.meaning("garment") is None or len(self._gap(index - 1, index)) > 1:
            return None
        if (
            self.last is None
            or self.last[0] != "length_cm"
            or self.last[1]
            or quantity.unit not in (None, "cm")
        ):
            return None
        garment = self.grouping.owner(index, "length_cm", None)
        if garment is None or garment is self.last[2] or not self._a_likely_length(index, quantity.value):
            return None
        return "length"

    def _says_an_age(self, index: int, quantity: Quantity) -> bool:
        """Return whether a bare number is how old somebody is: 我妈六十了, "my mum is 60,"."""
        before = self.scan.tokens[index - 1] if index else None
        if before is None or before.meaning("sex", "person") is None or quantity.unit is not None:
            return False
        led = _AGE_BEFORE.fullmatch(self._gap(index - 1, index))
        return (
            led is not None
            and 14.0 <= quantity.value <= 100.0
            and _AGE_AFTER.match(self.scan.normal.text, quantity.end) is not None
        )

    def _alone(self, index: int) -> bool:
        """Return whether a number is a clause of its own: "petite, 152cm, needs trousers"."""
        tokens = self.scan.tokens
        apart = all(
            not 0 <= other < len(tokens) or tokens[other].separator is not None
            for other in (index - 1, index + 1)
        )
        around = self.scan.between(index - 1, index) + self.scan.between(index, index + 1)
        return apart and around.strip() == ""

    def _after_a_person(self, index: int) -> bool:
        """Return whether a number is a clause of its own behind somebody's sex: "male, 180", 男，180."""
        tokens = self.scan.tokens
        said = any(t.meaning("sex") is not None for t in tokens[:index])
        return said and self._alone(index) and "height_cm" not in self.wearer.fields

    def _a_likely_length(self, index: int, centimetres: float) -> bool:
        """Return whether a length that nothing names may be its garment's: no dress is 15 cm long."""
        garment = self.grouping.owner(index, "length_cm", None) if self.grouping.drafts else None
        if garment is None or centimetres < 10.0:
            return False
        if "height_cm" not in self.wearer.fields:
            word = garment.fields.get("length")
            if word is not None and word.value in _SHORT_OF_THE_FLOOR and centimetres >= _TALL:
                return False  # "midi, waist 90, 168 cm": no midi is as long as its wearer is tall
            if centimetres >= _LONGEST and self._alone(index):
                return False  # "floor-length gown, 170 cm": it would trail by a foot
        kinds = (garment.category,) if garment.dress is None else ("dress", "skirt")
        return any(usual(centimetres, length_curve(kind, long=False)) > FLOOR for kind in kinds)

    def _before_sleeve(self, index: int) -> bool:
        """Return whether the word right behind a number is the sleeve: "31 sleeve"."""
        after = index + 1
        if after >= len(self.scan.tokens) or self._gap(index, after) not in ("", " "):
            return False
        part = self.scan.tokens[after].meaning("part")
        return part is not None and part.sets["part"] == "sleeve"

    def _follows_trousers(self, index: int, quantity: Quantity) -> bool:
        """Return whether a bare number stands right behind trousers: "jeans 32"."""
        before = self.scan.tokens[index - 1].meaning("garment") if index else None
        return (
            before is not None
            and quantity.unit is None
            and before.sets["category"] in ("trousers", "shorts")
            and len(self._gap(index - 1, index)) <= 1
        )

    def _near_garment(self, index: int) -> bool:
        tokens = self.scan.tokens
        return any(
            0 <= other < len(tokens) and tokens[other].meaning("garment") is not None
            for other in (index - 1, index + 1)
        )

    def _looks_like_stature(self, index: int, quantity: Quantity) -> bool:
        """Return whether an unnamed number is somebody's height: 168cm女生, 165 的个子, 168 60kg."""
        value = quantity.value * CM_PER.get(quantity.unit or "cm", 1.0)
        if not 140.0 <= value <= 210.0:
            return False
        tokens = self.scan.tokens
        near = [tokens[i] for i in (index - 1, index + 1) if 0 <= i < len(tokens)]
        if any(t.meaning("sex", "person") is not None for t in near):
            return True
        if self.scan.normal.text[quantity.end : quantity.end + 1] == "穿":
            return True
        if "height_cm" in self.wearer.fields:
            return False
        if any(t.quantity is not None and t.quantity.unit in KG_PER for t in tokens[index + 1 : index + 3]):
            return True
        before = self.scan.tokens[index - 1] if index else None
        apart = before is None or before.separator is not None or before.meaning("approx") is not None
        text = self.scan.normal.text[: self.scan.tokens[index].start]
        apart = apart or text.endswith(("for ", "给"))
        return self.modes[index] or (
            quantity.unit in ("m",) and value >= 145.0 and apart and not self._near_garment(index)
        )

    def _plausible_again(self, name: str, quantity: Quantity) -> bool:
        mass = name == "weight_kg"
        return quantity.unit is None or (quantity.unit in KG_PER if mass else quantity.unit in CM_PER)

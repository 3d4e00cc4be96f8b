"""Which measurement a number is, and whose: binding numbers to the words beside them, garment's or wearer's.

Left to right, a number takes the measurement named before it if that is still free (腰围76, "waist of 76"), else the
one named after it (76 cm waist, 110 long). Lists pair in order (胸围腰围臀围88/66/92). Girths that could be either's are
the garment's, unless the words around speak of a person (我, "my", 身高, 体重). Numbers nobody named are a stature, a
weight or a garment's length where their unit says so, and are otherwise noted as ignored.
"""

from __future__ import annotations

import re
from dataclasses import replace

from toile.engine.core.errors import BadInput
from toile.garments.spec import GARMENT_BOUNDS, WEARER_BOUNDS, measurement_label
from toile.llm.draft import GarmentDraft, Remark, Stated, WearerDraft
from toile.llm.grouping import Grouping
from toile.llm.numerals import CM_PER, KG_PER, Quantity
from toile.llm.readings import Context, Reading, body_readings, direct_value, garment_readings
from toile.llm.scan import Scan, Token, camera_numbers

GARMENT_ONLY = frozenset({"length", "sleeve", "hem"})
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
_RIGHT_GAP = re.compile(
    r"^ ?(?:的|之|around the|round the|in the|across the|at the|from the|in|of|for the|at|on the)? ?(?:natural )?$"
)
_OFFSET = re.compile(
    r" ?(?:longer|shorter|above|below|higher|lower|wider|narrower|larger|smaller|(?:of )?ease|heels?)\b"
)
_PERSON_AFTER = re.compile(r"^ ?(?:的|之)? ?$")
_METRIC = frozenset({"mm", "cm", "m", "kg", "jin", "chi"})
_LABELS_ZH = {
    "length_cm": "长度",
    "waist_cm": "腰围",
    "bust_cm": "胸围",
    "underbust_cm": "下胸围",
    "hip_cm": "臀围",
    "shoulder_cm": "肩宽",
    "sleeve_cm": "袖长",
    "inseam_cm": "内缝长",
    "neck_cm": "领围",
    "hem_cm": "下摆围",
    "height_cm": "身高",
    "weight_kg": "体重",
    "back_length_cm": "背长",
    "arm_length_cm": "臂长",
    "upper_arm_cm": "臂围",
    "wrist_cm": "腕围",
    "thigh_cm": "大腿围",
    "knee_cm": "膝围",
    "calf_cm": "小腿围",
    "ankle_cm": "踝围",
}


def _measures(quantity: Quantity) -> bool:
    """Return whether a number can be a measurement: no unit, or one of length or weight."""
    return quantity.unit is None or quantity.unit in CM_PER or quantity.unit in KG_PER


class Quantities:
    """Binds the numbers of a scanned text to the fields of garments and wearer."""

    def __init__(self, scan: Scan, grouping: Grouping, chinese: bool) -> None:
        self.scan = scan
        self.grouping = grouping
        self.chinese = chinese
        self.wearer = WearerDraft()
        self.remarks: list[Remark] = []
        self.used: set[int] = set()  # tokens spent
        self.last: tuple[str, bool, GarmentDraft | None] | None = None  # last field bound, wearer?, garment
        self.pending: list[tuple[GarmentDraft, str, Quantity, bool]] = []
        tokens = scan.tokens
        self.metric = any(t.quantity is not None and t.quantity.unit in _METRIC for t in tokens)
        self.used |= set(camera_numbers(scan))
        self.modes = self._modes()
        self._lists()
        for index, token in enumerate(tokens):
            if token.quantity is not None and index not in self.used:
                self._bind(index, token.quantity)
        self._settle()

    # ------------------------------------------------------------------ whose
    def _modes(self) -> list[bool]:
        """Return, for each token, whether the words around speak of the wearer's body."""
        tokens = self.scan.tokens
        modes, wearer = [], self._begins_with_body()
        for index, token in enumerate(tokens):
            if token.meaning("garment", "request") is not None and token.meaning("person") is None:
                wearer = False
            elif token.meaning("person") is not None:
                following = tokens[index + 1] if index + 1 < len(tokens) else None
                place = following is not None and following.meaning("attribute") is not None  # to my knees
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
                if pronoun or re.match(r" ?(?:with|who|has)\b", after):
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
        return modes

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

    # ------------------------------------------------------------------ lists
    def _lists(self) -> None:
        """Pair measurements named one after another with as many numbers after them."""
        tokens, index = self.scan.tokens, 0
        while index < len(tokens):
            names = self._run_of_measures(index)
            if len(names) < 2:
                index += 1
                continue
            numbers = self._run_of_numbers(names[-1] + 1, len(names))
            if numbers is not None:
                for name, (number, quantity) in zip(names, numbers, strict=True):
                    measure = tokens[name].meaning("measure")
                    if measure is not None:
                        how = str(measure.sets.get("how", ""))
                        self._assign(str(measure.sets["measure"]), how, quantity, number, name)
                    self.used |= {number, name}
            index = names[-1] + 1

    def _run_of_measures(self, index: int) -> list[int]:
        tokens, names = self.scan.tokens, []
        while index < len(tokens):
            token = tokens[index]
            if token.meaning("measure") is not None:
                names.append(index)
            elif not (names and self._joins(token)):
                break
            index += 1
        return names

    def _joins(self, token: Token) -> bool:
        return (
            token.separator == "soft"
            or token.meaning("conjunction") is not None
            or token.meaning("to") is not None
        )

    def _run_of_numbers(self, index: int, count: int) -> list[tuple[int, Quantity]] | None:
        tokens = self.scan.tokens
        found: list[tuple[int, Quantity]] = []
        skipped = 0
        while index < len(tokens) and len(found) < count:
            token = tokens[index]
            quantity = token.quantity
            if quantity is not None and quantity.kind in ("ratio", "pair", "hao_xing") and not found:
                if len(quantity.values) != count:
                    return None
                return [
                    (index, replace(quantity, value=v, kind="number", unit=None)) for v in quantity.values
                ]
            if quantity is not None and quantity.kind == "number" and _measures(quantity):
                found.append((index, quantity))
            elif not self._joins(token) and token.meaning("approx", "idiom") is None:
                return None
            else:
                skipped += 1
            index += 1
            if skipped > 2 * count:
                return None
        return found if len(found) == count else None

    # ------------------------------------------------------------------ one number
    def _bind(self, index: int, quantity: Quantity) -> None:
        if quantity.kind == "size":
            self._jeans_size(index, quantity)
            return
        if quantity.kind == "hao_xing":
            return
        if quantity.kind == "ratio":
            self._ratio(index, quantity)
            return
        if quantity.kind == "jeans":
            self._jeans(index, quantity)
            return
        if quantity.kind == "pair":
            self._pair(index, quantity)
            return
        if quantity.unit in ("percent", "age", "money", "s", "fps", "deg", "count"):
            return
        if _OFFSET.match(self.scan.normal.text[quantity.end : quantity.end + 16]) or self._beside_the_knee(
            index
        ):
            self._ignored(index)
            return
        quantity = self._range(index, quantity)
        if quantity.unit in KG_PER:
            self._assign("weight", "body", quantity, index, self._left(index))
            return
        measure = self._measure_of(index)
        if measure is not None:
            token = self.scan.tokens[measure]
            meaning = token.meaning("measure")
            if meaning is not None:
                self.used.add(measure)
                how = str(meaning.sets.get("how", ""))
                for other in token.meanings:
                    if other.kind == "measure" and other.sets.get("how"):
                        how = str(other.sets["how"])
                self._assign(str(meaning.sets["measure"]), how, quantity, index, measure)
            return
        self._unnamed(index, quantity)

    def _beside_the_knee(self, index: int) -> bool:
        """Return whether a number is a distance from a place, not a length: 膝上10厘米."""
        tokens = self.scan.tokens
        if index == 0 or tokens[index].quantity is None or self._gap(index - 1, index) != "":
            return False
        before = tokens[index - 1].meaning("attribute")
        word = self.scan.normal.text[tokens[index - 1].start : tokens[index - 1].end]
        return before is not None and "length" in before.sets and word[-1] in "上下"

    def _range(self, index: int, quantity: Quantity) -> Quantity:
        """Join "70 to 75" or 70-75 into their middle, and say so."""
        tokens = self.scan.tokens
        following = index + 1
        joiner = following < len(tokens) and tokens[following].meaning("to") is not None
        other = following + 1 if joiner else following
        if other >= len(tokens) or tokens[other].quantity is None or other in self.used:
            return quantity
        second = tokens[other].quantity
        gap = self.scan.between(index, other).strip() if not joiner else ""
        if second is None or second.kind != "number":
            return quantity
        hyphen = second.negative and tokens[other].start == tokens[index].end
        if not (joiner or hyphen or gap in ("-", "~")):
            return quantity
        value = abs(second.value)
        same = quantity.unit is None or second.unit is None or quantity.unit == second.unit
        if not same or not quantity.value < value <= 1.6 * quantity.value:
            return quantity
        if (
            joiner
            and self.scan.words(following).lower() in ("and", "-")
            and not re.search(
                r"between|介于|在",
                self.scan.normal.text[max(0, tokens[index].start - 12) : tokens[index].start],
            )
        ):
            return quantity
        self.used.add(other)
        middle = (quantity.value + value) / 2.0
        unit = quantity.unit or second.unit
        self.remarks.append(
            Remark(
                "",
                "assumption",
                f"A range of {quantity.value:g} to {value:g} was given; its middle, {middle:g}, is used.",
                f"给出的是范围{quantity.value:g}到{value:g}，取中间值{middle:g}。",
                (quantity.value, value),
            )
        )
        return replace(quantity, value=middle, unit=unit, end=second.end)

    def _left(self, index: int) -> int | None:
        """Return the measure named before a number with no separator and no other number between, if it is free."""
        tokens = self.scan.tokens
        for before in range(index - 1, max(-1, index - 5), -1):
            token = tokens[before]
            if token.meaning("measure") is not None:
                if before in self.used or len(self._gap(before, index)) > 24:
                    return None
                return before
            if (
                token.separator is not None
                or token.quantity is not None
                or token.meaning("garment") is not None
            ):
                return None
        return None

    def _gap(self, left: int, right: int) -> str:
        return self.scan.normal.text[self.scan.tokens[left].end : self.scan.tokens[right].start]

    def _measure_of(self, index: int) -> int | None:
        left = self._left(index)
        if left is not None:
            return left
        tokens = self.scan.tokens
        after = index + 1
        while after < len(tokens) and tokens[after].meaning("approx", "flat", "round", "atmost") is not None:
            after += 1
        if after >= len(tokens) or tokens[after].meaning("measure") is None or after in self.used:
            return None
        if not _RIGHT_GAP.match(self._gap(after - 1, after)):
            return None
        return None if self._names_the_next(index, after) else after

    def _names_the_next(self, index: int, measure: int) -> bool:
        """Return whether a Chinese measure after a number belongs to the number behind it: 110腰围76."""
        tokens, follower = self.scan.tokens, measure + 1
        if not self.chinese or follower >= len(tokens) or tokens[measure].meaning("attribute") is not None:
            return False
        quantity = tokens[follower].quantity
        if quantity is None or quantity.unit == "count" or self._named_after(follower):
            return False
        return self._gap(measure, follower).strip(" :是为=") == "" and self._gap(index, measure) == ""

    def _named_after(self, index: int) -> bool:
        after = index + 1
        return after < len(self.scan.tokens) and self.scan.tokens[after].meaning("measure") is not None

    # ------------------------------------------------------------------ special forms
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
                "waist_cm",
                "ambiguity",
                f"Size {number} of trousers was read as a waist of {number} inches; it could also be EU {number}.",
                f"裤子尺码{number}按腰围{number}英寸理解；也可能是欧码{number}。",
                (f"EU {number}",),
            )
        )

    def _jeans(self, index: int, quantity: Quantity) -> None:
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

    def _unnamed(self, index: int, quantity: Quantity) -> None:
        """Find a place for a number without a name beside it: a correction, a stature, a length; else note it."""
        if self.grouping.corrected(index) and self.last is not None:
            name, wearer, garment = self.last
            if self._plausible_again(name, quantity):
                self._store(name, wearer, garment, quantity, index, corrected=True)
                return
        tokens = self.scan.tokens
        before = tokens[index - 1] if index else None
        if before is not None and before.quantity is None and len(self._gap(index - 1, index)) <= 2:
            attribute = before.meaning("attribute", "part")
            if attribute is not None and (
                "sleeve" in attribute.sets or attribute.sets.get("part") == "sleeve"
            ):
                self._assign("sleeve", "garment", quantity, index, None)
                return
        if quantity.unit is None or quantity.unit not in CM_PER:
            if self._looks_like_stature(index, quantity):
                self._assign("height", "body", quantity, index, None)
            elif quantity.value > 12 or quantity.unit is not None:
                self._ignored(index)
            return
        centimetres = quantity.value * CM_PER[quantity.unit]
        if quantity.label == "feet" or self._looks_like_stature(index, quantity):
            self._assign("height", "body", quantity, index, None)
        elif self.grouping.drafts and centimetres >= 10.0:
            self._assign("length", "garment", quantity, index, None)
            field = self.last[0] if self.last is not None else ""
            self.remarks.append(
                Remark(
                    field,
                    "assumption",
                    f"{self.scan.words(index)!r} names no measurement; read as the garment's length.",
                    f"“{self.scan.words(index)}”没有说明部位，按衣长理解。",
                )
            )
        else:
            self._ignored(index)

    def _near_garment(self, index: int) -> bool:
        tokens = self.scan.tokens
        return any(
            0 <= other < len(tokens) and tokens[other].meaning("garment") is not None
            for other in (index - 1, index + 1)
        )

    def _looks_like_stature(self, index: int, quantity: Quantity) -> bool:
        """Return whether an unnamed number is somebody's height: 168cm女生, 165 的个子, 168 60kg."""
        value = quantity.value * CM_PER.get(quantity.unit or "cm", 1.0)
        if not 140.0 <= value <= 210.0 or "height_cm" in self.wearer.fields:
            return False
        tokens = self.scan.tokens
        near = [tokens[i] for i in (index - 1, index + 1) if 0 <= i < len(tokens)]
        if any(t.meaning("sex", "person") is not None for t in near):
            return True
        if any(t.quantity is not None and t.quantity.unit in KG_PER for t in tokens[index + 1 : index + 3]):
            return True
        return self.modes[index] or (
            quantity.unit in ("m",) and value >= 145.0 and not self._near_garment(index)
        )

    def _plausible_again(self, name: str, quantity: Quantity) -> bool:
        mass = name == "weight_kg"
        return quantity.unit is None or (quantity.unit in KG_PER if mass else quantity.unit in CM_PER)

    def _ignored(self, index: int) -> None:
        word = self.scan.words(index)
        self.remarks.append(
            Remark(
                "request",
                "ignored",
                f"The number {word[:40]!r} belongs to nothing that was named; it was left out.",
                f"数字“{word[:40]}”没有对应的部位，已忽略。",
            )
        )

    # ------------------------------------------------------------------ assignment
    def _assign(self, measure: str, how: str, quantity: Quantity, index: int, named: int | None) -> None:
        """Give a number to a garment's or the wearer's field."""
        self.used.add(index)
        flat = how == "half"
        person_after = self._person_follows(max(index, named if named is not None else index))
        body = (measure in BODY_FIELDS and (measure not in LIMBS or self.modes[index])) or (
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
        if measure == "length" and self._inside_leg(index, quantity):
            measure = "inseam"
        field = f"{measure}_cm"
        if measure in LIMBS and not self.modes[index]:
            self._ignored(index)
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
        self._store(field, False, garment, quantity, index, start=named)

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
                "inseam_cm",
                "assumption",
                f"A trouser length of {said} was read as the inside leg, as on a label.",
                f"裤长{said}按内缝长理解。",
            )
        )
        return True

    def _person_follows(self, index: int) -> bool:
        tokens = self.scan.tokens
        after = index + 1
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

    def _store(
        self,
        field: str,
        wearer: bool,
        garment: GarmentDraft | None,
        quantity: Quantity,
        index: int,
        *,
        start: int | None = None,
        corrected: bool = False,
    ) -> None:
        if (field == "weight_kg") != (quantity.unit in KG_PER) and quantity.unit is not None:
            self._ignored(index)
            return
        self.last = (field, wearer, garment)
        self._bounded(field, index)
        for remark_index, remark in enumerate(self.remarks):
            if remark.field == "":
                self.remarks[remark_index] = replace(remark, field=f"wearer.{field}" if wearer else field)
        corrected = corrected or self.grouping.corrected(index)
        if wearer:
            readings = body_readings(field, quantity, chinese=self.chinese, metric=self.metric)
            if not readings:
                raise self._impossible(field, quantity, wearer=True)
            self.wearer.set(field, self._stated(quantity, readings, corrected))
            if not readings[0].direct or (len(readings) > 1 and readings[1].score > 0.15):
                self._ambiguous(f"wearer.{field}", quantity, readings)
        elif garment is not None:
            self.pending.append((garment, field, quantity, corrected))

    def _bounded(self, field: str, index: int) -> None:
        """Say when a number was given as about, at most or at least: it is taken as it stands."""
        tokens = self.scan.tokens
        for other in range(max(0, index - 2), min(len(tokens), index + 2)):
            token = tokens[other]
            kind = next((k for k in ("atmost", "atleast", "approx") if token.meaning(k) is not None), None)
            if kind is None or other == index:
                continue
            if other + 1 != index and token.meaning("layer", "measure", "attribute") is not None:
                continue
            if len(self._gap(min(other, index), max(other, index))) > 2 or other < index - 1:
                continue
            number = self.scan.words(index)
            english = {"atmost": "at most", "atleast": "at least", "approx": "about"}[kind]
            chinese = {"atmost": "最多", "atleast": "至少", "approx": "大约"}[kind]
            self.remarks.append(
                Remark(
                    "",
                    "assumption",
                    f"{english.capitalize()} {number} was said; {number} is used.",
                    f"说的是{chinese}{number}，按{number}处理。",
                )
            )
            return

    def _settle(self) -> None:
        """Choose the readings of the garments' numbers, once the wearer's own girths are known."""
        self._dress_or_skirt()
        for garment, field, quantity, corrected in self.pending:
            body = self.wearer.fields.get(field)
            context = Context(
                category=garment.category,
                chinese=self.chinese,
                metric=self.metric,
                flat=quantity.label == "flat",
                body=float(body.value) if body is not None else None,
                long=garment.fields.get("length") is not None and garment.fields["length"].value == "maxi",
            )
            readings = garment_readings(field, quantity, context)
            if not readings:
                raise self._impossible(field, quantity, wearer=False)
            garment.set(field, self._stated(quantity, readings, corrected))
            path = f"garments[{self.grouping.drafts.index(garment)}].{field}"
            if not readings[0].direct or (len(readings) > 1 and readings[1].score > 0.15):
                self._ambiguous(path, quantity, readings)
            self._against_body(path, field, garment, readings[0].value, body)

    def _stated(self, quantity: Quantity, readings: list[Reading], corrected: bool) -> Stated:
        best = readings[0]
        others = tuple((r.value, r.words(self.chinese), r.score) for r in readings[1:])
        return Stated(best.value, quantity.start, quantity.end, quantity.unit, "stated", others, corrected)

    def _dress_or_skirt(self) -> None:
        """Decide what an ambiguous Chinese 裙 is, from its length and what else was said (see `dress_score`)."""
        from toile.llm.dress import decide

        lengths = {
            id(garment): (quantity, field)
            for garment, field, quantity, _ in self.pending
            if field == "length_cm"
        }
        height = self.wearer.fields.get("height_cm")
        for index, draft in enumerate(self.grouping.drafts):
            if draft.dress is None:
                continue
            fields = {field for garment, field, _, _ in self.pending if garment is draft}
            found = lengths.get(id(draft))
            remark = decide(
                draft,
                index,
                self.grouping,
                found[0] if found else None,
                fields,
                float(height.value) if height is not None else None,
            )
            if remark is not None:
                self.remarks.append(remark)

    def _ambiguous(self, path: str, quantity: Quantity, readings: list[Reading]) -> None:
        best, others = readings[0], readings[1:4]
        said = self.scan.normal.words(quantity.start, quantity.end)
        english = f"{said!r} was read as {best.how}"
        chinese = f"“{said}”按“{best.how_zh}”理解"
        if others:
            english += "; it could also mean " + ", ".join(r.how for r in others)
            chinese += "；也可能是" + "、".join(r.how_zh for r in others)
        self.remarks.append(
            Remark(path, "ambiguity", english + ".", chinese + "。", tuple(r.value for r in others))
        )

    def _against_body(
        self, path: str, field: str, garment: GarmentDraft, value: float, body: Stated | None
    ) -> None:
        if (
            body is not None
            and field in ("waist_cm", "bust_cm", "hip_cm")
            and value < float(body.value) - 1.0
        ):
            label = measurement_label(field)
            self.remarks.append(
                Remark(
                    path,
                    "conflict",
                    f"The garment's {label} of {value:g} cm is smaller than the wearer's {body.value:g} cm.",
                    f"成衣{_LABELS_ZH[field]}{value:g}厘米小于穿着者的{body.value:g}厘米。",
                )
            )

    def _impossible(self, field: str, quantity: Quantity, *, wearer: bool) -> BadInput:
        low, high = (WEARER_BOUNDS if wearer else GARMENT_BOUNDS)[field]
        said = self.scan.normal.words(quantity.start, quantity.end).strip()[:40]
        said = "".join(c for c in said if c.isprintable())
        unit, unit_zh = ("kg", "公斤") if field == "weight_kg" else ("cm", "厘米")
        value = direct_value(field, quantity)
        shown = f"{value:g} {unit}" if quantity.unit else said
        if self.chinese:
            whose = "身体" if wearer and field not in ("height_cm", "weight_kg") else "" if wearer else "成衣"
            return BadInput(
                f"{whose}{_LABELS_ZH[field]}“{said}”不可能，请给出{low:g}到{high:g}{unit_zh}之间的数值。"
            )
        whose = "wearer's" if wearer else "garment's"
        return BadInput(
            f"The {whose} {measurement_label(field)} of {shown} is impossible; "
            f"give a value between {low:g} and {high:g} {unit}."
        )

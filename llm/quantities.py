"""Which measurement a number is, and whose: binding numbers to the words beside them, garment's or wearer's.

Left to right, a number takes the measurement named before it if that is still free (腰围76, "waist of 76"), else the
one named after it (76 cm waist, 110 long). Lists pair in order (胸围腰围臀围88/66/92). Girths that could be either's are
the garment's, unless the words around speak of a person (我, "my", 身高, 体重). Numbers that nothing names: `unnamed_numbers`.
"""

from __future__ import annotations

import re
from dataclasses import replace

from toile.garments.spec import PRINT_SCALE_BOUNDS
from toile.llm.draft import Remark, Stated
from toile.llm.grouping import Grouping
from toile.llm.numerals import CM_PER, KG_PER, Quantity
from toile.llm.scan import Scan, Token
from toile.llm.trims import is_difference, is_distance, trim_of_number
from toile.llm.unnamed_numbers import UnnamedNumbers

_RIGHT_GAP = re.compile(
    r"^ ?(?:的|之|the|around the|round the|in the|across the|at the|from the|in|of|for the|at|on the)? ?(?:natural )?$"
)
_PRINT_GAP = re.compile(r"^ ?(?:的|大小的?|宽的?|间距的?|wide|with|of|in|at|every|spaced|repeat|apart)? ?$")
LARGEST_REPEAT_CM = 20.0
"""A length beside a print that is longer is the garment's."""
_OFFSET = re.compile(
    r" ?(?:longer|shorter|above|below|higher|lower|wider|narrower|larger|smaller|(?:of )?ease|heels?|wide|in width|thick|deep|apart|slit|split|vent|turn ?ups?|cuffs?|waistband)\b"
)
_TOLERANCE = re.compile(
    r"(?:\+ ?/ ?-?|\+-|±|公差|误差|正负|上下浮?动?|plus or minus|give or take|tolerance(?: of)?)[ :为是约]?-?$"
)
_NAMES = re.compile(r" ?(?:of|:|=|is|at|为|是|要)? ?(?:about|around)? ?$")
_METRIC = frozenset({"mm", "cm", "m", "kg", "jin", "chi"})


def _measures(quantity: Quantity) -> bool:
    """Return whether a number can be a measurement: no unit, or one of length or weight."""
    return quantity.unit is None or quantity.unit in CM_PER or quantity.unit in KG_PER


class Quantities(UnnamedNumbers):
    """Binds the numbers of a scanned text to the fields of garments and wearer."""

    def __init__(self, scan: Scan, grouping: Grouping, chinese: bool) -> None:
        tokens = scan.tokens
        metric = any(t.quantity is not None and t.quantity.unit in _METRIC for t in tokens)
        super().__init__(scan, grouping, chinese, metric)
        self._lists()
        for index, token in enumerate(tokens):
            if token.quantity is not None and index not in self.used:
                self._bind(index, token.quantity)
        self._settle()

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

    def _bind(self, index: int, quantity: Quantity) -> None:
        if quantity.kind == "size":
            self._jeans_size(index, quantity)
            return
        if quantity.kind == "hao_xing":
            return
        if quantity.kind == "bra":
            self._bra(index)
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
        if self._refused(quantity):
            self.used.add(index)  # 68而不是78
            return
        if _TOLERANCE.search(self.scan.normal.text[max(0, quantity.start - 18) : quantity.start]):
            self._ignored(index, named=True)
            return
        odd = self.scan.tokens[index - 1] if index else None
        if odd is not None and odd.meaning("odd") is not None and len(self._gap(index - 1, index)) <= 3:
            self._ignored(index, named=True)
            return
        if self._of_a_part(index, quantity):
            self._ignored(index, named=True)
            return
        quantity = self._range(index, quantity)
        if self._repeats_a_print(index, quantity):
            return
        if quantity.unit in KG_PER:
            self._assign("weight", "body", quantity, index, self._left(index))
            return
        measure = self._measure_of(index)
        if measure is not None and measure > index and self._after_sleeve(index):
            self.used.add(measure)  # "sleeves 60 cm long"
            self._assign("sleeve", "garment", quantity, index, None)
            return
        if measure is not None:
            token = self.scan.tokens[measure]
            meaning = token.meaning("measure", "also_measure")
            if meaning is not None:
                self.used.add(measure)
                how = str(meaning.sets.get("how", ""))
                for other in token.meanings:
                    if other.kind == "measure" and other.sets.get("how"):
                        how = str(other.sets["how"])
                self._assign(str(meaning.sets["measure"]), how, quantity, index, measure)
            return
        self._unnamed(index, quantity)

    def _bra(self, index: int) -> None:
        """Say that a bra's size is no girth: 34B."""
        word = self.scan.words(index)
        self.remarks.append(
            Remark(
                "wearer.bust_cm",
                "ignored",
                f"{word!r} is a bra size and gives no bust girth here; say the bust in cm or inches.",
                f"“{word}”是文胸尺码，不能换算成胸围；请说明胸围。",
            )
        )

    def _of_a_part(self, index: int, quantity: Quantity) -> bool:
        """Return whether a number measures a part, a distance or a difference, none of which a request can hold."""
        if is_distance(self.scan, index) or is_difference(self.scan, index):
            return True
        trim = trim_of_number(self.scan, index)
        return trim is not None and (trim < index or quantity.unit in CM_PER) and self._left(index) is None

    def _repeats_a_print(self, index: int, quantity: Quantity) -> bool:
        """Take a short length beside a print as its repeat: 2厘米碎花, 5 mm stripes, dots of 3 cm."""
        if quantity.unit not in CM_PER or self._left(index) is not None:
            return False
        centimetres = round(quantity.value * CM_PER[quantity.unit], 4)
        if not PRINT_SCALE_BOUNDS[0] <= centimetres <= LARGEST_REPEAT_CM:
            return False
        tokens = self.scan.tokens
        for other in (index + 1, index - 1):
            if not 0 <= other < len(tokens):
                continue
            printed = any(m.sets.get("print") not in (None, "solid") for m in tokens[other].meanings)
            gap = self._gap(min(other, index), max(other, index))
            if not printed or not _PRINT_GAP.match(gap):
                continue
            garment = self.grouping.owner(other, "print_scale_cm", centimetres)
            if garment is None:
                return False
            first, last = tokens[index].start, max(tokens[index].end, quantity.end)
            garment.set("print_scale_cm", Stated(centimetres, first, last, unit="cm"))
            self.used.add(index)
            return True
        return False

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
        if second is None or second.kind != "number" or not _measures(second):
            return quantity
        hyphen = second.negative and tokens[other].start == tokens[index].end
        if not (joiner or hyphen or gap in ("-", "~")):
            return quantity
        value = abs(second.value)
        same = quantity.unit is None or second.unit is None or quantity.unit == second.unit
        if not same or not quantity.value < value <= 1.6 * quantity.value:
            return quantity
        tight = tokens[index].end == tokens[following].start and tokens[following].end == tokens[other].start
        if (
            joiner
            and self.scan.words(following).lower() in ("and", "-")
            and not (self.scan.words(following) == "-" and tight)
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
            also = token.meaning("also_measure") is not None and _NAMES.match(self._gap(before, before + 1))
            if token.meaning("measure") is not None or (also and before >= index - 2):
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

    def _measure_of(self, index: int) -> int | None:
        left = self._left(index)
        if left is not None:
            return left
        tokens = self.scan.tokens
        after = index + 1
        while after < len(tokens) and (
            tokens[after].meaning("approx", "flat", "round", "atmost") is not None
            or (tokens[after].quantity is not None and after in self.used)  # the end of a range
        ):
            after += 1
        if after >= len(tokens) or tokens[after].meaning("measure") is None or after in self.used:
            return self._said_to_be_wrong(index)
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

    def _after_sleeve(self, index: int) -> bool:
        """Return whether the word right before a number is the sleeve: "sleeves 60 cm long"."""
        before = self.scan.tokens[index - 1] if index else None
        if before is None or len(self._gap(index - 1, index)) > 2:
            return False
        part, attribute = before.meaning("part"), before.meaning("attribute")
        return (part is not None and part.sets["part"] == "sleeve") or (
            attribute is not None and bool({"sleeve", "sleeve_style"} & set(attribute.sets))
        )

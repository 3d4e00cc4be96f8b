"""Numbers that have found their field: kept, bounded, read, and compared with the wearer's body."""

from __future__ import annotations

from dataclasses import replace

from toile.engine.core.errors import BadInput
from toile.garments.spec import GARMENT_BOUNDS, WEARER_BOUNDS, measurement_label
from toile.llm.draft import TOPS, GarmentDraft, Remark, Stated, WearerDraft
from toile.llm.dress import decide
from toile.llm.grouping import Grouping
from toile.llm.numerals import CM_PER, KG_PER, Quantity
from toile.llm.readings import (
    GIRTHS,
    Context,
    Reading,
    all_one_way,
    body_readings,
    direct_value,
    garment_readings,
)
from toile.llm.scan import Scan

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


class Statements:
    """The measurements that a text states, of garments and wearer, as they gather.

    `pending` holds the garments' until the wearer's own girths are known; `last` is what a correction would correct.
    """

    def __init__(self, scan: Scan, grouping: Grouping, chinese: bool, metric: bool) -> None:
        self.scan = scan
        self.grouping = grouping
        self.chinese = chinese
        self.metric = metric
        self.wearer = WearerDraft()
        self.remarks: list[Remark] = []
        self.loose: list[int] = []  # bare numbers that belong to nothing
        self.last: tuple[str, bool, GarmentDraft | None] | None = None
        self.pending: list[tuple[GarmentDraft, str, Quantity, bool]] = []

    def _ignored(self, index: int, *, named: bool = False) -> None:
        word = self.scan.words(index)
        quantity = self.scan.tokens[index].quantity
        if not named and quantity is not None and quantity.unit is None and quantity.kind == "number":
            self.loose.append(index)
        self.remarks.append(
            Remark(
                "request",
                "ignored",
                f"The number {word[:40]!r} belongs to nothing that was named; it was left out.",
                f"数字“{word[:40]}”没有对应的部位，已忽略。",
            )
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
        if quantity.unit is not None and quantity.unit not in CM_PER and quantity.unit not in KG_PER:
            self._ignored(index)  # "waist 70 to 5 s"
            return
        self.last = (field, wearer, garment)
        self._bounded(field, index)
        for remark_index, remark in enumerate(self.remarks):
            if remark.field == "":
                self.remarks[remark_index] = replace(remark, field=self._path(field, wearer, garment))
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

    def _path(self, field: str, wearer: bool, garment: GarmentDraft | None) -> str:
        """Return the path of a field in the request: garments[1].length_cm, wearer.waist_cm."""
        if wearer or garment is None:
            return f"wearer.{field}"
        drafts = self.grouping.drafts
        return f"garments[{drafts.index(garment)}].{field}" if garment in drafts else field

    def _last_path(self) -> str:
        return self._path(*self.last) if self.last is not None else ""

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
        inches = self._mostly_inches()
        round_ones = self._measured_round()
        for garment, field, quantity, corrected in self.pending:
            body = self.wearer.fields.get(field)
            context = Context(
                category=garment.category,
                chinese=self.chinese,
                metric=self.metric,
                flat=quantity.label == "flat",
                body=float(body.value) if body is not None else None,
                long=garment.fields.get("length") is not None and garment.fields["length"].value == "maxi",
                millimetres=sum(q.unit is None and q.value >= 250.0 for _, _, q, _ in self.pending) >= 2,
            )
            readings = garment_readings(field, quantity, context)
            if not readings:
                raise self._impossible(field, quantity, wearer=False)
            if id(garment) in round_ones and field in GIRTHS and quantity.unit is not None:
                readings = all_one_way(readings)
            garment.set(field, self._stated(quantity, readings, corrected))
            path = f"garments[{self.grouping.drafts.index(garment)}].{field}"
            odd = inches and quantity.unit is None and len(readings) > 1
            if odd or not readings[0].direct or (len(readings) > 1 and readings[1].score > 0.15):
                self._ambiguous(path, quantity, readings)
            self._against_body(path, field, garment, readings[0].value, body)
        self._narrower_hips()

    def _measured_round(self) -> set[int]:
        """Return the garments with several girths with units that can all be round, and one of which surely is."""
        sure: dict[int, list[tuple[bool, bool]]] = {}
        for garment, field, quantity, _ in self.pending:
            if field in GIRTHS and quantity.unit is not None and quantity.label != "flat":
                found = garment_readings(field, quantity, Context(garment.category, self.chinese))
                round_is_possible = any(r.direct for r in found)
                sure.setdefault(id(garment), []).append((round_is_possible, bool(found) and found[0].direct))
        return {
            garment
            for garment, girths in sure.items()
            if len(girths) > 1 and all(possible for possible, _ in girths) and any(best for _, best in girths)
        }

    def _narrower_hips(self) -> None:
        """Say that a garment's hip is smaller than its waist: both are kept as they were said."""
        for index, draft in enumerate(self.grouping.drafts):
            waist, hip = draft.fields.get("waist_cm"), draft.fields.get("hip_cm")
            if draft.category in TOPS or waist is None or hip is None:
                continue
            if hip.value < waist.value - 2.0:
                self.remarks.append(
                    Remark(
                        f"garments[{index}].hip_cm",
                        "conflict",
                        f"The garment's hip of {hip.value:g} cm is smaller than its waist of {waist.value:g} cm; both are kept.",
                        f"成衣臀围{hip.value:g}厘米小于腰围{waist.value:g}厘米，两个数值都保留。",
                    )
                )

    def _mostly_inches(self) -> bool:
        """Return whether a bare number of an English text can hardly be anything but inches."""
        if self.chinese or self.metric:
            return False
        found = 0
        for garment, field, quantity, _ in self.pending:
            readings = garment_readings(field, quantity, Context(garment.category, self.chinese))
            found += bool(readings) and quantity.unit is None and not readings[0].direct
        return found >= 1

    def _stated(self, quantity: Quantity, readings: list[Reading], corrected: bool) -> Stated:
        best = readings[0]
        others = tuple((r.value, r.words(self.chinese), r.score) for r in readings[1:])
        return Stated(best.value, quantity.start, quantity.end, quantity.unit, "stated", others, corrected)

    def _dress_or_skirt(self) -> None:
        """Decide what an ambiguous Chinese 裙 is, from its length and what else was said (see `dress_score`)."""
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

    def _gap(self, left: int, right: int) -> str:
        return self.scan.normal.text[self.scan.tokens[left].end : self.scan.tokens[right].start]

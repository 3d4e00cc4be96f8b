"""Drafts, numbers and stage put together into the validated request, with provenance, notes and a question if one is due."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from toile.engine.core.errors import BadInput
from toile.garments.spec import TryOnRequest, explain
from toile.llm.account import MOST, left_out, passed_over
from toile.llm.asking import question
from toile.llm.described import names_a_style
from toile.llm.draft import FIBRES, GarmentDraft, Remark, Stated
from toile.llm.grouping import Grouping
from toile.llm.novelty import unread
from toile.llm.quantities import Quantities
from toile.llm.scan import Scan
from toile.llm.stage import Stage


def _unit(path: str) -> str | None:
    """Return the unit of a field's value."""
    name = path.rsplit(".", 1)[-1]
    if name.endswith(("_cm", "_kg", "_deg")):
        return name.rsplit("_", 1)[-1]
    return {"seconds": "s", "fps": "1/s"}.get(name)


def _little_said(draft: GarmentDraft) -> bool:
    """Return whether hardly anything but a colour and numbers was said of a garment."""
    return (
        sum(not name.endswith("_cm") and name != "colour" for name in draft.fields) + len(draft.details) < 2
    )


class Assembly:
    """Puts drafts together into the validated request."""

    def __init__(
        self,
        scanned: Scan,
        grouping: Grouping,
        quantities: Quantities,
        stage: Stage,
        chinese: bool,
        dropped: bool,
        inferred: Sequence[tuple[int, int]],
    ) -> None:
        self.normal = scanned.normal
        self.scanned = scanned
        self.grouping = grouping
        self.quantities = quantities
        self.stage = stage
        self.chinese = chinese
        self.inferred = inferred
        self.beside: set[str] = set()  # fields whose several values stand side by side: 蓝白
        self.provenance: dict[str, Any] = {}
        self.notes: list[dict[str, Any]] = []
        if dropped:
            self._note(
                Remark(
                    "request",
                    "ignored",
                    "A part of the text that is not about clothes was left out.",
                    "文字中与服装无关的部分已忽略。",
                )
            )

    def request(self) -> TryOnRequest:
        """Return the request."""
        garments = [self._garment(index, draft) for index, draft in enumerate(self.grouping.drafts)]
        wearer = self._fields("wearer", self.quantities.wearer.fields)
        for name, before, after in self.quantities.wearer.conflicts:
            self._conflict(f"wearer.{name}", before, after)
        motion = self._fields("motion", self.stage.motion)
        views = self._fields("views", self.stage.views)
        for remark in (*self.grouping.remarks, *self.quantities.remarks, *self.stage.remarks):
            self._note(remark)
        self._others()
        for remark in left_out(self, [note["message"] for note in self.notes]):
            self._note(remark)
        self._left_over()
        for remark in passed_over(self, [note["message"] for note in self.notes]):
            self._note(remark)
        document: dict[str, Any] = {
            "garments": tuple(garments),
            "wearer": wearer,
            "motion": motion,
            "views": views,
            "notes": tuple(self.notes),
            "provenance": self.provenance,
            "language": "zh" if self.chinese else "en",
        }
        document["clarification"] = self._question(document)
        try:
            return TryOnRequest.model_validate(document)
        except ValidationError as error:
            raise BadInput(explain(error)) from None

    def _question(self, document: dict[str, Any]) -> dict[str, Any] | None:
        drafts = self.grouping.drafts
        # a top of which much was said is made as it was said
        generic = {i: d.generic for i, d in enumerate(drafts) if d.generic is not None and _little_said(d)}
        loose = [self.scanned.words(index)[:40] for index in self.quantities.loose]
        choices = [(i, other) for i, d in enumerate(drafts) for other in d.choices]
        return question(document, generic, choices, loose, self.chinese, self.beside)

    def _left_over(self) -> None:
        """Say which words nobody understood."""
        said = " ".join(note["message"] for note in self.notes)
        for first, last in unread(self.scanned)[:MOST]:
            words = self.normal.words(first, last)[:60]
            if words and words not in said:
                self._note(
                    Remark(
                        "request",
                        "ignored",
                        f"{words!r} was not understood and left out.",
                        f"没有理解“{words}”，已忽略。",
                    )
                )

    def _fields(self, path: str, stated: dict[str, Stated]) -> dict[str, Any]:
        for name, value in stated.items():
            self._provenance(f"{path}.{name}", value)
        return {name: value.value for name, value in stated.items()}

    def _garment(self, index: int, draft: GarmentDraft) -> dict[str, Any]:
        path = f"garments[{index}]"
        named = Stated(draft.category, draft.start, draft.end, alternatives=draft.alternatives)
        self._provenance(f"{path}.category", named)
        self._settle_colours(draft)
        document: dict[str, Any] = {"category": draft.category}
        document |= self._fields(path, draft.fields)
        if draft.details:
            document["details"] = tuple(stated.value for stated in draft.details)
            for stated in draft.details:
                self._provenance(f"{path}.details[{draft.details.index(stated)}]", stated)
        if draft.layer is not None:
            document["layer"] = draft.layer.value
            self._provenance(f"{path}.layer", draft.layer)
        if any(
            (s.source == "stated" or n in ("fabric", "print")) and n != "colour" and not n.endswith("_cm")
            for n, s in draft.fields.items()
        ):
            self.beside.add(f"{path}.category")  # a 裙 that was described is made; a note says as what
        self.beside.add(f"{path}.closure")  # a zip and a tie: both may be meant
        for name, before, after in draft.conflicts:
            between = self.normal.text[before.end : after.start].strip(" 和与加、&+/")
            if name == "fabric" and {before.value, after.value} <= FIBRES and between in ("", "and"):
                self.beside.add(f"{path}.fabric")  # a blend: wool and cashmere
            self._conflict(f"{path}.{name}", before, after)
        return document

    def _settle_colours(self, draft: GarmentDraft) -> None:
        """Take the first colour as the cloth's and the others as the print's."""
        unique: list[Stated] = []
        for stated in draft.colours:
            if all(stated.value["name"] != other.value["name"] for other in unique):
                unique.append(stated)
        if not unique:
            return
        printed = draft.fields.get("print")
        if printed is not None and printed.value != "solid":
            unique = self._ground_first(unique, printed)
        draft.fields["colour"] = unique[0]
        if len(unique) == 1:
            return
        if printed is not None and printed.value != "solid":
            hexes = tuple(stated.value["hex"] for stated in unique[1:])
            draft.fields["print_colours"] = Stated(hexes, unique[1].start, unique[-1].end)
            return
        index = self.grouping.drafts.index(draft)
        gaps = [self.normal.text[a.end : b.start] for a, b in itertools.pairwise(unique)]
        if all(gap.strip(" 和与加&+/") in ("", "and") for gap in gaps):
            self.beside.add(f"garments[{index}].colour")
        names = [stated.value["name"] for stated in unique]
        self._note(
            Remark(
                f"garments[{index}].colour",
                "conflict",
                f"Several colours were said without a print ({', '.join(names)}); {names[0]} is used.",
                f"说了多种颜色但没有图案（{'、'.join(names)}），使用{names[0]}。",
                tuple(names[1:]),
            )
        )

    def _ground_first(self, colours: list[Stated], printed: Stated) -> list[Stated]:
        """Return the colours with those right before the print's word behind the others: grey, with white stripes."""
        text, end = self.normal.text, printed.start
        of_print: list[Stated] = []
        for stated in sorted(colours, key=lambda c: -c.start):
            gap = text[stated.end : end] if stated.end <= end else None
            if gap is None or gap.strip(" 色的和与&+小大细粗宽横竖,、") not in ("", "and"):
                continue
            of_print.append(stated)
            end = stated.start
        ground = [c for c in colours if c not in of_print]
        return ground + [c for c in colours if c in of_print] if ground else colours

    def _provenance(self, path: str, stated: Stated) -> None:
        first, last = self.normal.span(stated.start, stated.end)
        self.provenance[path] = {
            "value": list(stated.value) if isinstance(stated.value, tuple) else stated.value,
            "unit": _unit(path),
            "span": (first, last),
            "text": self.normal.original[first:last][:600],
            "source": "inferred" if self._understood(stated) else stated.source,
            "alternatives": tuple(
                {"value": value, "reading": reading, "plausibility": share}
                for value, reading, share in stated.alternatives
            ),
        }

    def _understood(self, stated: Stated) -> bool:
        """Return whether a value rests on words that only the model understood."""
        start, end = self.normal.span(stated.start, stated.end)
        return any(first < end and start < last for first, last in self.inferred)

    def _conflict(self, path: str, before: Stated, after: Stated) -> None:
        first, second = (self.normal.words(s.start, s.end) for s in (before, after))
        self._note(
            Remark(
                path,
                "conflict",
                f"{first!r} and {second!r} contradict each other; the later one is used.",
                f"“{first}”与“{second}”矛盾，采用后者。",
                (before.value,),
            )
        )

    def _others(self) -> None:
        """Say which things to wear cannot be made."""
        for index, token in enumerate(self.scanned.tokens):
            other = token.meaning("other") is not None and not names_a_style(self.scanned, index)
            if other and index not in self.grouping.negated:
                word = self.scanned.words(index)[:40]
                self._note(
                    Remark(
                        "garments",
                        "ignored",
                        f"{word!r} cannot be made and was left out.",
                        f"“{word}”不能制作，已忽略。",
                    )
                )

    def _note(self, remark: Remark) -> None:
        field = remark.field or "request"
        if not field.startswith(("garments", "wearer", "motion", "views", "request")):
            field = f"garments[0].{field}"
        message = "".join(c for c in (remark.chinese if self.chinese else remark.english) if c.isprintable())
        note = {
            "field": field,
            "kind": remark.kind,
            "message": message[:600],
            "alternatives": tuple(remark.alternatives),
        }
        if note not in self.notes:
            self.notes.append(note)

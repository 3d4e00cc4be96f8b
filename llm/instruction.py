"""Read an instruction in Chinese, English or both as a `TryOnRequest`: `parse("一件蓝色长裙，腰围38，长度110cm")`.

Deterministic rules all the way: text to normal form (`normal`), tokens (`scan`), garments with their words
(`grouping`), numbers with their owners and readings (`quantities`, `readings`), motion, views, sex and size (`stage`).
Numbers, units and spans come from code alone; whatever was ambiguous, assumed or left out is said in a note in the
language of the text. A text that asks for no garment is refused. Nothing in a text is executed, stored or sent.
"""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic import ValidationError

from toile.engine.core.errors import BadInput
from toile.garments.spec import TryOnRequest, explain
from toile.llm.draft import GarmentDraft, Remark, Stated
from toile.llm.grouping import Grouping
from toile.llm.normal import NormalText, is_chinese, normalise
from toile.llm.quantities import Quantities
from toile.llm.mending import heard, mended
from toile.llm.scan import Scan, scan
from toile.llm.stage import Stage

MAX_CHARACTERS = 2000
MAX_TOKENS = 300
_HOSTILE = re.compile(
    r"ignore (?:all |any |the )*(?:previous|prior|above|earlier|your)|disregard (?:all |the |any )*(?:previous|prior|above)"
    r"|system prompt|you are now|jailbreak|developer mode|pretend (?:to be|you)|act as (?:a|an|if)|reveal your"
    r"|忽略(?:之前|以上|上面|所有|前面)|无视(?:之前|以上|上面|所有)|系统提示|你现在是|扮演"
    r"|drop table|delete from|insert into|union select|select .{0,40} from |truncate table|or 1=1|--\s*$"
    r"|<\s*/?\s*(?:script|img|iframe|svg|html|body|a )|javascript:|onerror|{{|}}|\$\{|rm -rf|sudo |import os|os\.system"
    r"|def \w+\(|print\(|return [\"']|console\.log|eval\(|exec\(|__import__|/etc/passwd|cmd\.exe|powershell|base64"
)
_TAG = re.compile(
    r"<[^<>]{1,300}>|\[/?[a-z_]{2,20}\][^\[\]]{0,300}\[/[a-z_]{2,20}\]|\[/?inst\]|\{\{.{0,80}?\}\}|\$[({].{0,80}?[)}]"
)
_URL = re.compile(r"(?:https?://|www\.)[^\s\u4e00-\u9fff]+")
_QUESTION = re.compile(
    r"^(?:how(?! about)|why|which|what(?! about)|who|where|when|is|are|does|do|did|was|should)\b|怎么|如何|为什么|为何"
)
_SENTENCE = re.compile(r"(?:(?!\. )[^。;!?\n])+(?:\. |[。;!?\n])?|[。;!?\n]|\. ")


def parse(text: str) -> TryOnRequest:
    """Return what an instruction asks for.

    Args:
        text: at most 2000 characters of Chinese, English or a mixture.

    Returns:
        The request: canonical fields, null where nothing was said; `provenance` and `notes` say the rest.

    Raises:
        BadInput: no garment is asked for, a value is impossible, a motion is unknown, or the text is no instruction.
    """
    if not isinstance(text, str):
        raise BadInput(f"The instruction must be text, not {type(text).__name__}.")
    if len(text) > MAX_CHARACTERS:
        raise BadInput(
            f"The instruction has {len(text)} characters; at most {MAX_CHARACTERS} are read: shorten it."
        )
    chinese = is_chinese(text)
    if not text.strip():
        raise BadInput("The instruction is empty; say what garment to make, e.g. a blue dress, waist 76 cm.")
    if _is_json(text):
        raise BadInput(
            "The instruction is JSON, not words; save it as request.json and use that, or describe the garment."
        )
    normal, dropped = _without_hostile(normalise(text))
    scanned, misheard = _scanned(mended(normal))
    grouping = Grouping(scanned, chinese)
    _must_ask(scanned, grouping, chinese)
    quantities = Quantities(scanned, grouping, chinese)
    stage = Stage(scanned, grouping, quantities, chinese)
    grouping.remarks += misheard
    return _Assembly(scanned, grouping, quantities, stage, chinese, dropped).request()


def _scanned(normal: NormalText) -> tuple[Scan, list[Remark]]:
    """Return the tokens of a text, with phrases that only sound right put right, and what is to be said of those."""
    scanned = scan(normal, MAX_TOKENS)
    tokens = scanned.tokens
    taken = {i for t in tokens if t.end - t.start >= 2 for i in range(t.start, t.end)}
    numbers = {t.start for t in tokens if t.quantity is not None}
    found = heard(normal.text, taken.__contains__, numbers.__contains__)
    if not found:
        return scanned, []
    text, remarks = normal.text, []
    for start, phrase in found:
        said = normal.words(start, start + len(phrase))
        remarks.append(
            Remark(
                "request",
                "assumption",
                f"{said!r} was read as {phrase!r}.",
                f"“{said}”按“{phrase}”理解。",
            )
        )
        text = text[:start] + phrase + text[start + len(phrase) :]
    return scan(NormalText(normal.original, text, normal.origin), MAX_TOKENS), remarks


def _is_json(text: str) -> bool:
    stripped = text.strip()
    if stripped[:1] not in ("{", "["):
        return False
    try:
        json.loads(stripped)
    except (ValueError, RecursionError):
        return stripped.count('"') >= 4 and stripped[0] == "{"
    return True


def _without_hostile(normal: NormalText) -> tuple[NormalText, bool]:
    """Blank sentences that hold code or orders to the program itself; say whether there were any."""
    text = _TAG.sub(_blanked, _URL.sub(lambda m: "\n" * len(m[0]), normal.text))
    if _HOSTILE.search(text) is None:
        return NormalText(normal.original, text, normal.origin), text != normal.text
    pieces = ["\n" * len(m[0]) if _HOSTILE.search(m[0]) else m[0] for m in _SENTENCE.finditer(text)]
    return NormalText(normal.original, "".join(pieces)[: len(normal.text)], normal.origin), True


def _blanked(match: re.Match[str]) -> str:
    """Return commas in place of a tag or a template, and of the text between a pair that commands."""
    return "," * len(match[0])


def _must_ask(scanned: Scan, grouping: Grouping, chinese: bool) -> None:
    """Refuse a text that asks for no garment, or asks about one."""
    tokens = scanned.tokens
    if not grouping.drafts:
        other = next((i for i, t in enumerate(tokens) if t.meaning("other") is not None), None)
        if other is not None:
            word = scanned.words(other)[:30]
            raise BadInput(
                f"还不能制作“{word}”；可以要连衣裙、半身裙、T恤、裤子等。"
                if chinese
                else f"A garment such as {word!r} cannot be made; ask for a dress, skirt, T-shirt, trousers and the like."
            )
        raise BadInput(
            "没有看到要做的服装；请说明款式，例如“一件蓝色连衣裙，腰围76厘米”。"
            if chinese
            else "No garment is asked for; say which one, e.g. a blue dress, waist 76 cm, length 110 cm."
        )
    measured = any(
        t.quantity is not None and t.quantity.unit in ("cm", "mm", "in", "m", "kg", "chi") for t in tokens
    )
    asked = any(t.meaning("request") is not None for t in tokens)
    question = _QUESTION.search(scanned.normal.text.strip()) is not None and not asked
    if (question or any(t.meaning("ood") is not None for t in tokens)) and not measured:
        raise BadInput(
            "这不像是制作服装的要求；请说明要做的款式，例如“一件蓝色连衣裙，腰围76厘米”。"
            if chinese
            else "This does not ask for a garment to be made; say which one, e.g. a blue dress, waist 76 cm."
        )
    if any(t.meaning("child") is not None for t in tokens):
        raise BadInput(
            "只能制作成人服装；请说明成人的款式和尺寸。"
            if chinese
            else "Only adults' garments are made; say which garment an adult shall wear."
        )


def _unit(path: str) -> str | None:
    """Return the unit of a field's value."""
    name = path.rsplit(".", 1)[-1]
    if name.endswith(("_cm", "_kg", "_deg")):
        return name.rsplit("_", 1)[-1]
    return {"seconds": "s", "fps": "1/s"}.get(name)


class _Assembly:
    """Puts drafts together into the validated request."""

    def __init__(
        self,
        scanned: Scan,
        grouping: Grouping,
        quantities: Quantities,
        stage: Stage,
        chinese: bool,
        dropped: bool,
    ) -> None:
        self.normal = scanned.normal
        self.scanned = scanned
        self.grouping = grouping
        self.quantities = quantities
        self.stage = stage
        self.chinese = chinese
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
        document = {
            "garments": tuple(garments),
            "wearer": wearer,
            "motion": motion,
            "views": views,
            "notes": tuple(self.notes),
            "provenance": self.provenance,
        }
        try:
            return TryOnRequest.model_validate(document)
        except ValidationError as error:
            raise BadInput(explain(error)) from None

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
        for name, before, after in draft.conflicts:
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
        draft.fields["colour"] = unique[0]
        if len(unique) == 1:
            return
        printed = draft.fields.get("print")
        if printed is not None and printed.value != "solid":
            hexes = tuple(stated.value["hex"] for stated in unique[1:])
            draft.fields["print_colours"] = Stated(hexes, unique[1].start, unique[-1].end)
            return
        index = self.grouping.drafts.index(draft)
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

    def _provenance(self, path: str, stated: Stated) -> None:
        first, last = self.normal.span(stated.start, stated.end)
        self.provenance[path] = {
            "value": list(stated.value) if isinstance(stated.value, tuple) else stated.value,
            "unit": _unit(path),
            "span": (first, last),
            "text": self.normal.original[first:last][:600],
            "source": stated.source,
            "alternatives": tuple(
                {"value": value, "reading": reading, "plausibility": share}
                for value, reading, share in stated.alternatives
            ),
        }

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
            if token.meaning("other") is not None and index not in self.grouping.negated:
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
        message = remark.chinese if self.chinese else remark.english
        note = {
            "field": field,
            "kind": remark.kind,
            "message": message[:600],
            "alternatives": tuple(remark.alternatives),
        }
        if note not in self.notes:
            self.notes.append(note)

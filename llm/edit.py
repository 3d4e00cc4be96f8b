"""Conversation: a change in words to an existing request, exact about what changes and what stays.

    edited = edit(parse("一件红色连衣裙，长110cm"), "再短一点，换成真丝")
    edited.changes          # length_cm 110 -> 105 (how much is assumed), fabric -> silk; all else stays

Words are read by the same rules as an instruction, as if the garment that they are about were named before them; a word
that replaces a number (knee length for 110 cm) clears it and the other way round. Relative words (`relative.py`) start
from what the look has, so that "shorter" is shorter than what was seen. A garment that is new is added, a refused one
taken away. The result is a request like any other: edits can follow one another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from toile.engine.core.errors import BadInput
from toile.garments.spec import TryOnRequest, explain
from toile.llm.draft import LOWER, GarmentDraft
from toile.llm.instruction import checked, parse
from toile.llm.lexicon import Meaning, lexicon
from toile.llm.normal import normalise
from toile.llm.relative import Step, steps
from toile.llm.wording import field_words, value_words

_ADD = re.compile(
    r"再(?:加|来|配|搭|要|做)|另外?加|加(?:一|上)[件条个]?|还要|\badd\b|\balso\b|\bplus\b|another|一起穿|外面(?:套|加)|里面(?:穿|加)"
)
_AWAY = re.compile(
    r"(?:不要|去掉|拿掉|删掉|取消|脱掉)(?:那|这|了)?[件条个]?|\b(?:remove|drop|without|lose|delete|take off|no more|no) (?:the |my |that )?"
)
_ALL = re.compile(r"\b(?:both|all|everything)\b|都|全部|全身|一起")
_INSTEAD = re.compile(r"换成|改成|变成|改为|换为|instead|change|make it|turn|swap|rather", re.IGNORECASE)
_PRONOUNS = frozenset(
    [
        "她",
        "他",
        "让她",
        "让他",
        "请她",
        "请他",
        "her",
        "his",
        "him",
        "she",
        "he",
        "let",
        "her",
        "let",
        "him",
        "make",
        "her",
        "make",
        "him",
        "have",
        "her",
        "have",
        "him",
    ]
) | {f"{verb} {whom}" for verb in ("let", "make", "have", "show") for whom in ("her", "him")}
_OWN = {  # a number and the word that it replaces
    "length_cm": ("length",), "length": ("length_cm",), "sleeve_cm": ("sleeve",), "sleeve": ("sleeve_cm",),
    "inseam_cm": ("length", "length_cm"), "print": ("print_colours",),
}  # fmt: skip
_FAMILY = {
    "skirt": ("skirt", "dress"), "dress": ("dress", "skirt"), "trousers": ("trousers", "shorts", "jumpsuit"),
    "shorts": ("shorts", "trousers"), "jacket": ("jacket", "coat"), "coat": ("coat", "jacket"),
    "t_shirt": ("t_shirt", "tank_top", "shirt", "blouse", "sweater"), "shirt": ("shirt", "blouse"),
    "blouse": ("blouse", "shirt"), "sweater": ("sweater", "hoodie"), "hoodie": ("hoodie", "sweater"),
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One field that changed: its path, value before and after, in words in the user's language."""

    field: str
    before: Any
    after: Any
    words: str
    assumed: bool = False


@dataclass(frozen=True)
class Edited:
    """The request after a change, and what changed; everything else is as it was."""

    request: TryOnRequest
    changes: tuple[Change, ...]


def edit(request: TryOnRequest, text: str, made: Sequence[Mapping[str, Any]] | None = None) -> Edited:
    """Return a request changed as a text says.

    Args:
        request: what is to be changed.
        text: the change, at most 2000 characters of Chinese or English.
        made: for each garment, what the look has where the request says nothing (`length_cm`, `waist_cm`, …, `sleeve`,
            `fit`, `colour`): there "shorter" and "tighter" start. `toile.edits.edit_request` fills it in.

    Raises:
        BadInput: the text changes nothing that can be understood, or asks for what is impossible.
    """
    chinese = checked(text)
    editing = _Editing(request, text, chinese)
    editing.relative(made or [{} for _ in request.garments])
    editing.garments()
    return editing.result()


class _Editing:
    """A request as plain values while it changes."""

    def __init__(self, request: TryOnRequest, text: str, chinese: bool) -> None:
        self.before = request
        self.document = request.model_dump(mode="python")
        self.document["garments"] = list(self.document["garments"])
        self.provenance: dict[str, Any] = dict(self.document["provenance"])
        self.text, self.chinese = text, chinese
        self.changes: list[Change] = []
        self.notes: list[dict[str, Any]] = []

    # ------------------------------------------------------------------ what is relative
    def relative(self, made: Sequence[Mapping[str, Any]]) -> None:
        """Apply shorter, looser, darker and the like, and take them out of the text."""
        normal = normalise(self.text)
        found = steps(normal)
        if not found:
            return
        for step in reversed(found):
            first, last = normal.span(step.start, step.end)
            self.text = self.text[:first] + ("，" if self.chinese else ", ") + self.text[last:]
        for step in found:
            index = self._target(step)
            if index is None:
                raise BadInput(
                    self._say(
                        f"不知道“{step.words}”说的是哪一件；请写出服装。",
                        f"Which garment shall be {step.words}? Name it.",
                    )
                )
            self._step(step, index, made[index] if index < len(made) else {})

    def _step(self, step: Step, index: int, made: Mapping[str, Any]) -> None:
        asked = self.document["garments"][index]
        field, value = step.field, step.value(asked, made)
        if value is None and (word := step.word(asked, made)) is not None:
            field, value = "sleeve", word
        if value is None:
            name = field_words(field, self.chinese).removeprefix("the ")
            raise BadInput(
                self._say(
                    f"“{step.words}”改不了：{name}没有可以再改的值；请直接说要多少。",
                    f"{step.words!r} cannot be done: there is no further {name}, or none is known; say the value itself.",
                )
            )
        self._set(f"garments[{index}]", field, value, step.words, assumed=not step.exact)
        if not step.exact:
            shown = value_words(field, value, self.chinese)
            message = self._say(
                f"没有说改多少，“{step.words}”按{shown}处理。",
                f"{step.words!r} does not say by how much; {shown} is used.",
            )
            self._note(f"garments[{index}].{field}", "assumption", message)

    def _target(self, step: Step) -> int | None:
        garments = self.document["garments"]
        if step.category is not None:
            return self._match(step.category, set())
        able = [i for i, g in enumerate(garments) if step.suits(g["category"])]
        return able[0] if len(able) == 1 or (able and step.field in ("length_cm", "fit", "colour")) else None

    # ------------------------------------------------------------------ what is said outright
    def garments(self) -> None:
        """Apply what the rest of the text says outright."""
        rest = self.text.strip(" ，,。.;；!！")
        if not rest:
            return
        rest = self._removed(rest)
        if not rest.strip(" ，,。.;；!！"):
            return
        name = self._names(self.document["garments"][0]["category"])
        prefix = f"{name}，" if self.chinese else f"{name}; "
        try:
            said, offset = parse(rest), 0
        except BadInput:
            said, offset = parse(prefix + rest), len(prefix)
        self._apply(said, offset, rest)

    def _removed(self, rest: str) -> str:
        """Take away garments that are refused as a whole."""
        normal = normalise(rest)
        for match in _AWAY.finditer(normal.text):
            found = lexicon().longest(normal.text, match.end()) if match.end() < len(normal.text) else None
            if found is not None and self._without_detail(found[1]):
                first, last = normal.span(match.start(), found[0])
                return self._removed(rest[:first] + rest[last:])
            meaning = next((m for m in found[1] if m.kind == "garment"), None) if found else None
            if meaning is None or found is None:
                continue
            index = self._match(str(meaning.sets["category"]), set())
            if index is None or len(self.document["garments"]) == 1:
                continue
            gone = self.document["garments"].pop(index)
            words = value_words("category", gone["category"], self.chinese)
            self.changes.append(
                Change(
                    f"garments[{index}]",
                    gone["category"],
                    None,
                    self._say(f"去掉{words}", f"{words} removed"),
                )
            )
            self._renumber(index)
            first, last = normal.span(match.start(), found[0])
            return self._removed(rest[:first] + rest[last:])
        return rest

    def _without_detail(self, meanings: Sequence[Meaning]) -> bool:
        """Take a detail or a closure away where a garment has it; return whether one had."""
        for meaning in meanings:
            for name, value in meaning.sets.items() if meaning.kind == "attribute" else ():
                for index, garment in enumerate(self.document["garments"]):
                    if name == "details" and set(value) & set(garment["details"]):
                        left = tuple(d for d in garment["details"] if d not in value)
                        self._set(f"garments[{index}]", "details", left, "", whole=True)
                        return True
                    if name == "closure" and garment["closure"] == value:
                        self._set(f"garments[{index}]", "closure", None, "")
                        return True
        return False

    def _renumber(self, gone: int) -> None:
        """Move provenance and notes of the garments behind one that is gone."""

        def moved(path: str) -> str | None:
            match = re.match(r"garments\[(\d+)\]", path)
            if match is None or int(match[1]) < gone:
                return path
            if int(match[1]) == gone:
                return None
            return f"garments[{int(match[1]) - 1}]{path[match.end() :]}"

        self.provenance = {new: v for path, v in self.provenance.items() if (new := moved(path)) is not None}
        kept = [{**n, "field": moved(n["field"])} for n in self.document["notes"]]
        self.document["notes"] = [n for n in kept if n["field"] is not None]

    def _apply(self, said: TryOnRequest, offset: int, rest: str) -> None:
        """Take over what a text read by itself says, each garment's into the one it means."""
        used: set[int] = set()
        adds = _ADD.search(rest) is not None
        for place, garment in enumerate(said.garments):
            entry = said.provenance.get(f"garments[{place}].category")
            named = entry is not None and entry.span is not None and entry.span[0] >= offset
            index = (
                self._match(garment.category, used)
                if named
                else min(place, len(self.document["garments"]) - 1)
            )
            if index is None and adds and len(self.document["garments"]) < 8:
                self._add(said, place, offset)
                continue
            if index is None:
                index = self._instead(garment.category)
            if index is None:
                word = value_words("category", garment.category, self.chinese)
                raise BadInput(
                    self._say(
                        f"没有{word}可以修改；要添加请说“再加一件{word}”。",
                        f"There is nothing like {word} to change; to add it, say 'also {word}'.",
                    )
                )
            used.add(index)
            text = (entry.text if entry else None) or ""
            if named and not _also_an_attribute(text) and self._kind_changes(index, garment.category):
                self._set(
                    f"garments[{index}]", "category", garment.category, (entry.text if entry else None) or ""
                )
                self._misfits(index)
            self._fields(said, f"garments[{place}]", f"garments[{index}]", offset)
            if not named and len(said.garments) == 1 and _ALL.search(rest):
                for other in range(len(self.document["garments"])):
                    self._fields(said, f"garments[{place}]", f"garments[{other}]", offset)
        for part in ("wearer", "motion", "views"):
            self._fields(said, part, part, offset)
        for note in said.notes:
            if note.kind in ("ambiguity", "ignored", "unsupported") and not note.field.endswith(".category"):
                self.notes.append(note.model_dump(mode="python"))

    def _instead(self, category: str) -> int | None:
        """Return the garment that another kind takes the place of: the only one, or the only one on the same half."""
        held = [g["category"] for g in self.document["garments"]]
        if len(held) == 1:
            return 0
        half = [i for i, other in enumerate(held) if (other in LOWER) == (category in LOWER)]
        return half[0] if len(half) == 1 and _INSTEAD.search(self.text) else None

    def _misfits(self, index: int) -> None:
        """Clear what makes no sense on the garment's new kind: a neckline on a skirt."""
        garment = self.document["garments"][index]
        draft = GarmentDraft(garment["category"], [(0, 0)], 0, 0)
        for name, value in garment.items():
            if name != "category" and value not in (None, (), False) and not draft.can(name, value):
                self._set(f"garments[{index}]", name, None, "")

    def _kind_changes(self, index: int, category: str) -> bool:
        """Return whether a name asks for another kind of garment: not where 裙子 or 上衣 means the one there is."""
        held = self.document["garments"][index]["category"]
        if held == category:
            return False
        return held not in _FAMILY.get(category, ()) or _INSTEAD.search(self.text) is not None

    def _fields(self, said: TryOnRequest, source: str, target: str, offset: int) -> None:
        for path, entry in said.provenance.items():
            head, _, name = path.rpartition(".")
            inside = entry.span is not None and entry.span[0] >= offset
            if head != source or not inside or name == "category":
                continue
            if entry.source == "inferred" and _also_an_attribute(entry.text or "", name) is False:
                continue  # "turtleneck instead" is no word on the cloth
            if name == "sex" and (entry.text or "").lower() in _PRONOUNS:
                continue  # 让她转一圈 speaks of the wearer that there is
            plain = name.split("[")[0]
            value = _values(said, source).get(plain)
            self._set(target, plain, value, entry.text or "", entry=entry.model_dump(mode="python"))
        if source == "motion" and "name" in {
            p.rpartition(".")[2] for p in said.provenance if p.startswith("motion.")
        }:
            return

    def _add(self, said: TryOnRequest, place: int, offset: int) -> None:
        garment = said.garments[place].model_dump(mode="python")
        self.document["garments"].append(garment)
        index = len(self.document["garments"]) - 1
        for path, entry in said.provenance.items():
            if path.startswith(f"garments[{place}]"):
                row = {**entry.model_dump(mode="python"), "span": None}
                self.provenance[path.replace(f"garments[{place}]", f"garments[{index}]", 1)] = row
        words = value_words("category", garment["category"], self.chinese)
        self.changes.append(
            Change(
                f"garments[{index}]", None, garment["category"], self._say(f"加上{words}", f"{words} added")
            )
        )

    def _match(self, category: str, used: set[int]) -> int | None:
        """Return the garment that a name means, or None."""
        held = [g["category"] for g in self.document["garments"]]
        for wanted in (category, *_FAMILY.get(category, ())):
            for index, other in enumerate(held):
                if other == wanted and index not in used:
                    return index
        return None

    # ------------------------------------------------------------------ fields
    def _set(
        self,
        target: str,
        name: str,
        value: Any,
        words: str,
        *,
        assumed: bool = False,
        whole: bool = False,
        entry: dict[str, Any] | None = None,
    ) -> None:
        holder = self._holder(target)
        if name == "details" and not whole:
            value = tuple(dict.fromkeys((*holder["details"], *value)))
        before = holder.get(name)
        if before == value:
            return
        holder[name] = value
        path = f"{target}.{name}"
        row = entry or {
            "value": value,
            "unit": None,
            "text": words[:600],
            "source": "inferred",
            "alternatives": (),
        }
        self.provenance[path] = {**row, "span": None}
        if assumed:
            self.provenance[path]["source"] = "inferred"
        self._forget(path)
        none, replaced = self._say("未说", "not said"), ""  # in words, what is not or no longer said
        for other in _OWN.get(name, ()):
            if holder.get(other) not in (None, ()) and not any(
                c.field == f"{target}.{other}" for c in self.changes
            ):
                replaced = "" if other == "print_colours" else value_words(other, holder[other], self.chinese)
                holder[other] = () if isinstance(holder[other], tuple) else None
                self._forget(f"{target}.{other}")
                self.provenance.pop(f"{target}.{other}", None)
        if target == "views":
            self._other_view(name, holder)
        was = value_words(name, before, self.chinese) if before not in (None, ()) else replaced or none
        now = value_words(name, value, self.chinese) if value not in (None, ()) else none
        label = field_words(name, self.chinese).removeprefix("the ").removeprefix("a ")
        self.changes.append(
            Change(
                path,
                before,
                value,
                f"{label}：{was} → {now}" if self.chinese else f"{label}: {was} -> {now}",
                assumed,
            )
        )

    def _other_view(self, name: str, holder: dict[str, Any]) -> None:
        """Keep number and directions of the views in step."""
        angles, count = holder.get("azimuths_deg"), holder.get("count")
        if name == "count" and angles is not None and len(angles) != count:
            holder["azimuths_deg"] = None
            self.provenance.pop("views.azimuths_deg", None)

    def _forget(self, path: str) -> None:
        """Drop what was noted of a value that is no more."""
        self.document["notes"] = [n for n in self.document["notes"] if n["field"] != path]
        asked = self.document.get("clarification")
        if asked is not None and asked["field"] == path:
            self.document["clarification"] = None

    def _holder(self, target: str) -> dict[str, Any]:
        if target.startswith("garments["):
            return self.document["garments"][int(target[9:-1])]
        return self.document[target]

    def _note(self, field: str, kind: str, message: str) -> None:
        self.notes.append({"field": field, "kind": kind, "message": message[:600], "alternatives": ()})

    def _names(self, category: str) -> str:
        return value_words("category", category, self.chinese)

    def _say(self, chinese: str, english: str) -> str:
        return chinese if self.chinese else english

    def result(self) -> Edited:
        """Return the changed request."""
        if not self.changes:
            raise BadInput(
                self._say(
                    "没有看出要改什么；请说明，例如“再短一点”或“换成真丝”。",
                    "That changes nothing; say what to change, e.g. 'a bit shorter' or 'make it silk'.",
                )
            )
        self.document["notes"] = (*self.document["notes"], *self.notes)
        self.document["garments"] = tuple(self.document["garments"])
        self.document["provenance"] = self.provenance
        try:
            return Edited(TryOnRequest.model_validate(self.document), tuple(self.changes))
        except ValidationError as error:
            raise BadInput(explain(error)) from None


def _also_an_attribute(word: str, field: str | None = None) -> bool | None:
    """Return whether a garment's name is an attribute as well (turtleneck, 短袖), of one field; None if it is none."""
    plain = normalise(word).text
    found = lexicon().longest(plain, 0) if plain else None
    sets = [m.sets for m in found[1] if m.kind == "attribute"] if found is not None else []
    if not sets or all(m.kind != "garment" for m in found[1]) if found is not None else True:
        return None
    return field is None or any(field in said for said in sets)


def _values(request: TryOnRequest, source: str) -> Mapping[str, Any]:
    """Return the plain values of a part of a request: `garments[0]`, `wearer`, `motion`, `views`."""
    if source.startswith("garments["):
        return request.garments[int(source[9:-1])].model_dump(mode="python")
    part: dict[str, Any] = getattr(request, source).model_dump(mode="python")
    return part

"""A larger model beside the rules: a transformers model in the user's folder, or an OpenAI-compatible server.

The model answers with garments and statements, each with the words it takes them from (`statements_schema`). An answer
is believed only as far as its words stand in the text; they take the way of the embedded model (`rewriting`): what the
rules do not read is put into known words and read by the rules, numbers by the lexer. So no value comes from a model
that no span of the text supports, and what rests on its word alone is inferred and said. Without a usable answer the
embedded model reads, and a note says so.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from toile.engine.core.errors import BadInput, ToileError
from toile.garments.spec import Note, TryOnRequest
from toile.llm.instruction import checked, parse
from toile.llm.normal import NormalText, normalise
from toile.llm.rewriting import Stretch, embedded_says
from toile.llm.settings import ReaderSettings
from toile.llm.statements_schema import GARMENT_NUMBERS, WEARER_FIELDS, WORDS, Answer

_LOG = logging.getLogger("toile.llm")
_BODY = frozenset(name for name in WEARER_FIELDS if name != "sex")


class NoAnswer(ToileError):
    """A larger model gave no usable answer."""


def parse_with(text: str, settings: ReaderSettings) -> TryOnRequest:
    """Return what an instruction asks for, as the rules and a larger model read it together.

    Args:
        text: the instruction.
        settings: which model; see `toile.llm.settings`.

    Raises:
        BadInput: as `toile.llm.parse`; also a model's folder or an address that cannot be used at all.
    """
    chinese = checked(text)
    sent = text if settings.reader == "local" or settings.send_measurements else without_measurements(text)
    try:
        answer = _ask(sent, settings)
    except NoAnswer as failure:
        _LOG.warning("%s reader gave no usable answer", settings.reader)
        return _noted(
            parse(text, embedded_says, advise=True),
            f"{failure}",
            f"所选模型没有给出可用的回答，改用内置模型。（{failure}）",
            chinese,
        )
    _LOG.info(
        "%s reader: %d garments, fields %s",
        settings.reader,
        len(answer.garments),
        sorted({s.field for s in answer.said}),
    )
    request = parse(text, lambda normal: _stretches(normal, answer))
    if settings.reader == "local":
        return request
    blanked = sent != text
    return _noted(
        request,
        f"The text was sent to {settings.url}" + ("; body measurements were left out." if blanked else "."),
        f"文字已发送到{settings.url}" + ("，其中的身体尺寸已隐去。" if blanked else "。"),
        chinese,
    )


def _ask(text: str, settings: ReaderSettings) -> Answer:
    """Return the model's answer, after one repair where the first is not valid."""
    from toile.llm.statements_schema import messages

    chat = messages(text)
    said = _complete(chat, settings)
    try:
        return read_answer(said)
    except (ValidationError, ValueError) as fault:
        problem = (
            fault.errors(include_input=False, include_url=False)[0]["msg"]
            if isinstance(fault, ValidationError)
            else "not JSON"
        )
        chat += [
            {"role": "assistant", "content": said[:8000]},
            {
                "role": "user",
                "content": f"That answer is not valid ({problem}). Answer again: one JSON object in the given form only.",
            },
        ]
    try:
        return read_answer(_complete(chat, settings))
    except (ValidationError, ValueError) as fault:
        raise NoAnswer("The model's answer is not valid; the built-in model read the text.") from fault


def _complete(chat: Sequence[dict[str, str]], settings: ReaderSettings) -> str:
    if settings.reader == "http":
        from toile.llm.http import complete

        return complete(chat, settings)
    from toile.llm.local import complete as complete_here

    return complete_here(chat, settings)


def read_answer(said: str) -> Answer:
    """Return a validated answer from what a model wrote: the outermost JSON object of it.

    Raises:
        ValueError, ValidationError: there is none, or it has another form.
    """
    first, last = said.find("{"), said.rfind("}")
    if first < 0 or last < first:
        raise ValueError("no object")
    return Answer.model_validate_json(said[first : last + 1])


def without_measurements(text: str) -> str:
    """Return a text without the wearer's measurements: each of their numbers is a square.

    Where the rules cannot tell whose the numbers are, all numbers go.
    """
    try:
        request = parse(text)
    except BadInput:
        return re.sub(r"[0-9０-９零〇一二两三四五六七八九十百]+(?:[.,．][0-9０-９]+)?", "□", text)
    spans = [
        entry.span
        for path, entry in request.provenance.items()
        if path.startswith("wearer.") and path.rpartition(".")[2] in _BODY and entry.span is not None
    ]
    for first, last in sorted(spans, reverse=True):
        text = text[:first] + "□" + text[last:]
    return text


def _stretches(normal: NormalText, answer: Answer) -> list[Stretch]:
    """Return what an answer says of stretches of the text; quotes that do not stand there say nothing."""
    found: list[Stretch] = []

    def put(quote: str, label: str) -> None:
        plain = normalise(quote).text.strip(" ,，.。;!?")
        start = normal.text.find(plain) if plain else -1
        if start >= 0:
            found.append(Stretch(start, start + len(plain), label, 1.0))

    for garment in answer.garments:
        put(garment.quote, f"category={garment.category}")
    for statement in answer.said:
        name, value = statement.field, statement.value.strip().lower()
        if name in WORDS and statement.of >= 0:
            put(statement.quote, f"{name}={value}")
        elif name == "motion":
            put(statement.quote, f"motion={value}")
        elif name in GARMENT_NUMBERS and statement.of >= 0:
            put(statement.quote, f"number=garment.{name}")
        elif name in _BODY and name != "size" and statement.of < 0:
            put(statement.quote, f"number=wearer.{name}")
    return found


def _noted(request: TryOnRequest, english: str, chinese_words: str, chinese: bool) -> TryOnRequest:
    message = (chinese_words if chinese else english)[:600]
    values: dict[str, Any] = {"field": "request", "kind": "assumption", "message": message}
    return request.model_copy(update={"notes": (*request.notes, Note.model_validate(values))})

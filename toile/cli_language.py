"""The commands of the language stage: `toile parse` and `toile edit`, and what they print."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toile.engine.core.errors import BadInput, ToileError

if TYPE_CHECKING:
    from toile.garments.spec import TryOnRequest

Command = Callable[[str, str, Any], argparse.ArgumentParser]


def add_model(sub: argparse.ArgumentParser) -> None:
    """Add the options that choose a reader other than the default."""
    sub.add_argument(
        "--reader",
        choices=("advised", "embedded", "rules", "local", "http"),
        help="who reads the text: our rules, our model suggesting (default) or deciding with them, rules alone, a model in a folder, a server",
    )
    sub.add_argument(
        "--model", metavar="FOLDER|NAME", help="with --reader local a model's folder, with http its name"
    )
    sub.add_argument("--url", metavar="URL", help="with --reader http: an OpenAI-compatible server, …/v1")
    sub.add_argument(
        "--send-measurements",
        action="store_true",
        help="with --reader http: send body measurements as well; they are blanked out otherwise",
    )


def add_ask(sub: argparse.ArgumentParser) -> None:
    """Add the option that stops at an open question."""
    sub.add_argument(
        "--ask",
        action="store_true",
        help="stop with the question where the text leaves one open, instead of going on with the likeliest reading",
    )


def settle_question(text: str, stop: bool) -> dict[str, Any]:
    """Say on stderr what a text leaves open and how it is read, before anything long is made of it.

    Returns:
        `status` (accept, accept_with_notes, needs_clarification) and `clarification` (null or the question).

    Raises:
        BadInput: a question is open and `stop` is set.
    """
    from toile.llm import parse
    from toile.llm.asking import status
    from toile.llm.settings import settings_from
    from toile.llm.wording import value_words

    request = parse(text, settings_from())
    asked, chinese = request.clarification, request.language == "zh"
    if asked is not None:
        options = ("／" if chinese else " / ").join(asked.alternatives)
        entry = request.provenance.get(asked.field)
        field = asked.field.rsplit(".", 1)[-1]
        taken = value_words(field, entry.value, chinese) if entry is not None else ""
        if stop:
            raise BadInput(
                f"{asked.question}（{options}）请在文字中说明。"
                if chinese
                else f"{asked.question} ({options}) Say which in the text."
            )
        if chinese:
            said = (
                f"有疑问：{asked.question}（{options}）"
                + (f"先按“{taken}”做" if taken else "先做下去")
                + "；要先停下来问，用 --ask。"
            )
        else:
            said = (
                f"open question: {asked.question} ({options}) Going on with "
                + (f"{taken!r}" if taken else "what was read")
                + "; --ask stops here instead."
            )
        print(said, file=sys.stderr)
    return {
        "status": status(request),
        "clarification": asked.model_dump(mode="json") if asked is not None else None,
    }


def add_parse(command: Command, run: Any) -> None:
    """Add `toile parse`."""
    sub = command("parse", "Read a sentence and print the request.", run)
    sub.add_argument("text", metavar="TEXT", nargs="?")
    sub.add_argument("--lines", metavar="FILE", help="read a text a line (- is stdin), print a JSON a line")
    sub.add_argument("--json", action="store_true", help="print the request as JSON")
    add_model(sub)


def add_edit(command: Command, run: Any) -> None:
    """Add `toile edit`."""
    sub = command("edit", "Change a look in words; only what the change reaches is made again.", run)
    sub.add_argument("look", type=Path, metavar="LOOK")
    sub.add_argument("text", metavar="TEXT", help="the change, e.g. 'a bit shorter, in silk'")
    sub.add_argument(
        "--out", type=Path, metavar="DIR", help="leave the look as it is and make the changed one here"
    )
    sub.add_argument("--dry-run", action="store_true", help="print what would change, and make nothing")
    sub.add_argument("--no-cache", action="store_true", help="neither read nor fill the cache")
    sub.add_argument("--json", action="store_true", help="print the changes and the request as JSON")


def reader(options: argparse.Namespace) -> Callable[[str], TryOnRequest]:
    """Return the function that reads texts, as the options and the environment say."""
    from toile.llm import parse
    from toile.llm.settings import ReaderSettings, settings_from

    given: ReaderSettings = settings_from(
        reader=options.reader,
        model=options.model,
        url=options.url,
        send_measurements=options.send_measurements,
    )
    return lambda text: parse(text, given)


def print_lines(texts: list[str], read: Callable[[str], TryOnRequest]) -> None:
    """Print a JSON a line, a refused text as its error."""
    for line in texts:
        try:
            print(json.dumps(read(line).to_dict(), ensure_ascii=False))
        except ToileError as error:
            print(json.dumps({"error": str(error)}, ensure_ascii=False))


def print_request(request: TryOnRequest) -> None:
    """Print what was understood, in the user's language: a summary, notes, and the question if one is due."""
    from toile.llm.summary import summarise

    chinese = request.language == "zh"
    print(summarise(request))
    for note in request.notes:
        print(f"{_KINDS[note.kind][not chinese]}{'：' if chinese else ': '}{note.message}")
    asked = request.clarification
    if asked is not None:
        options = ("／" if chinese else " / ").join(asked.alternatives)
        print(
            f"{'请问：' if chinese else 'Question: '}{asked.question}{'（' if chinese else ' ('}{options}{'）' if chinese else ')'}"
        )


_KINDS = {
    "assumption": ("假定", "assumption"),
    "ambiguity": ("多种理解", "ambiguity"),
    "conflict": ("矛盾", "conflict"),
    "implausible": ("不太可能", "implausible"),
    "unsupported": ("尚不支持", "unsupported"),
    "ignored": ("已忽略", "ignored"),
}


def edit(
    options: argparse.Namespace, around: Callable[[], tuple[Any, Any]], show: Callable[[Any], None]
) -> None:
    """Run `toile edit`."""
    from toile.edits import change_request, edit_look

    if len(options.text) > 20_000:
        raise BadInput(f"The text has {len(options.text)} characters; at most 2000 are read.")
    if options.dry_run:
        edited, look = change_request(options.look, options.text), None
    else:
        cache, reporter = around()
        look, edited = edit_look(options.look, options.text, out=options.out, cache=cache, reporter=reporter)
    if options.json:
        changes = [
            {"field": c.field, "before": c.before, "after": c.after, "assumed": c.assumed}
            for c in edited.changes
        ]
        print(
            json.dumps(
                {"changes": changes, "request": edited.request.to_dict()}, ensure_ascii=False, indent=2
            )
        )
        return
    chinese = edited.request.language == "zh"
    for change in edited.changes:
        mark = ("（假定）" if chinese else " (assumed)") if change.assumed else ""
        print(change.words + mark)
    if look is None:
        print_request(edited.request)
    else:
        show(look.summary())

"""Read an instruction in Chinese, English or both as a `TryOnRequest`: `parse("一件蓝色长裙，腰围38，长度110cm")`.

Text to normal form (`normal`), without code and orders (`hostile`), typing errors mended (`mending`), what is said for short (`ellipsis`), tokens (`scan`),
what a model makes of unread phrases (`rewriting`), garments with their words (`grouping`),
numbers with owners and readings (`quantities`, `readings`), motion, views, sex, size (`stage`), the request (`assembly`).
Numbers, units and spans come from code alone; whatever was ambiguous, assumed or left out is said in a note in the
language of the text. A text that asks for no garment is refused. Nothing in a text is executed, stored or sent.
"""

from __future__ import annotations

import re

from toile.engine.core.errors import BadInput
from toile.garments.spec import TryOnRequest
from toile.llm.assembly import Assembly
from toile.llm.draft import Remark
from toile.llm.ellipsis import shortened, without_refused_numbers
from toile.llm.grouping import Grouping
from toile.llm.hostile import is_json, without_hostile
from toile.llm.mending import guessed, heard, misspelt
from toile.llm.normal import NormalText, is_chinese, normalise
from toile.llm.novelty import unread
from toile.llm.quantities import Quantities
from toile.llm.refusals import must_ask
from toile.llm.resemblance import distant
from toile.llm.rewriting import Understand, named, replaced, rewritten, suggested
from toile.llm.scan import Scan, scan
from toile.llm.stage import Stage

MAX_CHARACTERS = 2000
MAX_TOKENS = 300
MAX_DISTANT = 12  # unknown words of a text that are compared with the whole lexicon


def parse(text: str, understand: Understand | None = None, *, advise: bool = False) -> TryOnRequest:
    """Return what an instruction asks for.

    Args:
        text: at most 2000 characters of Chinese, English or a mixture.
        understand: a model, for phrases that the rules do not know; None for the rules alone.
        advise: only suggest what the model makes of such phrases, in notes; take nothing from it.

    Returns:
        The request: canonical fields, null where nothing was said; `provenance`, `notes` and `clarification` say the rest.

    Raises:
        BadInput: no garment is asked for, a value is impossible, a motion is unknown, or the text is no instruction.
    """
    chinese = checked(text)
    normal, dropped = without_hostile(normalise(text))
    written = replaced(normal, misspelt(normal))
    plain = without_refused_numbers(written.normal)
    full = replaced(plain, shortened(plain))
    scanned, remarks = _scanned(full.normal)
    remarks = [*written.remarks, *full.remarks, *remarks]
    inferred: tuple[tuple[int, int], ...] = ()
    if understand is not None and advise:
        remarks += suggested(scanned, understand)
    elif understand is not None:
        known = rewritten(scanned, understand)
        if known.spans:
            scanned, inferred = scan(known.normal, MAX_TOKENS), known.spans
            remarks += known.remarks
    read = _Read(scanned, chinese)
    if understand is not None and not advise and read.quantities.loose:
        known = named(scanned, read.quantities.loose, understand, chinese)
        if known.spans:
            inferred = (*inferred, *known.spans)
            remarks += known.remarks
            read = _Read(scan(known.normal, MAX_TOKENS), chinese)
    read.grouping.remarks += remarks
    return Assembly(
        read.scanned, read.grouping, read.quantities, read.stage, chinese, dropped, inferred
    ).request()


class _Read:
    """The tokens of a text with all that the rules make of them."""

    def __init__(self, scanned: Scan, chinese: bool) -> None:
        self.scanned = scanned
        self.grouping = Grouping(scanned, chinese)
        must_ask(scanned, self.grouping, chinese)
        self.quantities = Quantities(scanned, self.grouping, chinese)
        self.stage = Stage(scanned, self.grouping, self.quantities, chinese)


def checked(text: str) -> bool:
    """Refuse what is no text to read; return whether it is Chinese."""
    if not isinstance(text, str):
        raise BadInput(f"The instruction must be text, not {type(text).__name__}.")
    if len(text) > MAX_CHARACTERS:
        raise BadInput(
            f"The instruction has {len(text)} characters; at most {MAX_CHARACTERS} are read: shorten it."
        )
    if not text.strip():
        raise BadInput("The instruction is empty; say what garment to make, e.g. a blue dress, waist 76 cm.")
    if is_json(text):
        raise BadInput(
            "The instruction is JSON, not words; save it as request.json and use that, or describe the garment."
        )
    return is_chinese(text)


def _scanned(normal: NormalText) -> tuple[Scan, list[Remark]]:
    """Return the tokens of a text with likely slips put right, and what is to be said of those.

    Chinese phrases that only sound right, and Latin words that nobody reads and that are one slip away from known ones.
    """
    scanned = scan(normal, MAX_TOKENS)
    tokens, text = scanned.tokens, normal.text
    taken = {
        i
        for t in tokens
        if t.quantity is None
        and t.separator is None
        and not (
            t.end - t.start == 1
            and t.meaning("request", "conjunction", "negation", "motion", "motion_unknown", "other")
            is not None
        )
        for i in range(t.start, t.end)
    }
    taken |= {i for t in tokens if t.end - t.start >= 2 for i in range(t.start, t.end)}
    numbers = {t.start for t in tokens if t.quantity is not None}
    changes = [(a, a + len(p), p) for a, p in heard(text, taken.__contains__, numbers.__contains__)]
    tried = 0
    for first, last in unread(scanned):
        for match in re.finditer("[a-z]+", text[first:last]):
            tried += 1
            word = guessed(match[0]) or (distant(match[0]) if tried <= MAX_DISTANT else None)
            if word is not None:
                changes.append((first + match.start(), first + match.end(), word))
    if not changes:
        return scanned, []
    mended_text = replaced(normal, changes)
    return scan(mended_text.normal, MAX_TOKENS), list(mended_text.remarks)

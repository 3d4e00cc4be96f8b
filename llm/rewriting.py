"""Phrases that the rules do not know, put into words that they do, as a model understands them.

Where a stretch of the text is read by nobody (`novelty.unread`) and a model is sure what it says, its words are
replaced by a phrase of the lexicon with that meaning; a number that belongs to nothing gets the name of its measurement
put before it. The rules then read the text as always, so that owners, conflicts, corrections, bounds and units are one
mechanism, every value points to its words, and no model ever makes a number. Each replacement is said, and what rests
on it counts as inferred.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from toile.llm.draft import Remark
from toile.llm.encoder import Encoder, embedded
from toile.llm.lexicon import usual_phrases
from toile.llm.normal import NormalText, is_cjk
from toile.llm.novelty import unread
from toile.llm.scan import Scan
from toile.llm.wording import MEASURES

SURE = 0.95
LEAST = 3  # Chinese characters of a phrase of words that each by itself mean nothing
_READ = (
    "garment",
    "attribute",
    "colour",
    "measure",
    "motion",
    "view",
    "sex",
    "negation",
    "correction",
    "idiom",
    "other",
    "unsupported",
)
_FIELDS = frozenset(
    [
        "category",
        "silhouette",
        "fit",
        "length",
        "neckline",
        "sleeve",
        "sleeve_style",
        "waistline",
        "slit",
        "closure",
        "pockets",
        "details",
        "colour",
        "print",
        "fabric",
        "motion",
    ]
)


@dataclass(frozen=True)
class Stretch:
    """A stretch of the normal text, what a model says of it (`neckline=v`, `number=garment.waist_cm`), how surely."""

    start: int
    end: int
    label: str
    share: float


Understand = Callable[[NormalText], Sequence[Stretch]]


@dataclass(frozen=True)
class Rewriting:
    """A text in known words, the spans of the original text that they stand for, and what is to be said of them."""

    normal: NormalText
    spans: tuple[tuple[int, int], ...] = ()
    remarks: tuple[Remark, ...] = ()


def model_says(encoder: Encoder) -> Understand:
    """Return what the embedded model understands: runs of pieces with one label, as sure as the least sure piece."""

    def understand(normal: NormalText) -> list[Stretch]:
        said = encoder.read(normal.text)
        found: list[Stretch] = []
        best = said.labels.argmax(1) if len(said.pieces) else []
        before = ""
        for place, piece in enumerate(said.pieces):
            label, share = encoder.labels[best[place]], float(said.labels[place, best[place]])
            if label and label == before:
                last = found[-1]
                found[-1] = Stretch(last.start, piece.end, label, min(last.share, share))
            elif label:
                found.append(Stretch(piece.start, piece.end, label, share))
            before = label
        return found

    return understand


def embedded_says(normal: NormalText) -> Sequence[Stretch]:
    """Return what the model that ships with the package understands; it is read when it is first needed."""
    return model_says(embedded())(normal)


def suggested(scanned: Scan, understand: Understand) -> list[Remark]:
    """Return what only the model understands, as suggestions; it is not asked where everything was read."""
    changes = _understood(scanned, understand) if unread(scanned) else []
    remarks = []
    for start, end, phrase in changes:
        words = scanned.normal.words(start, end)[:80]
        remarks.append(
            Remark(
                "request",
                "ignored",
                f"{words!r} was left out; if it means {phrase!r}, say so.",
                f"“{words}”没有采用；如果是指“{phrase}”，请直接说明。",
                (phrase,),
            )
        )
    return remarks


def rewritten(scanned: Scan, understand: Understand) -> Rewriting:
    """Return the text with what only the model understands in words of the lexicon."""
    return replaced(scanned.normal, _understood(scanned, understand))


def _understood(scanned: Scan, understand: Understand) -> list[tuple[int, int, str]]:
    """Return the stretches that only the model understands, each with the lexicon's phrase for it."""
    new = unread(scanned)
    text = scanned.normal.text
    changes = []
    for stretch in understand(scanned.normal):
        phrase = _phrase(stretch, text)
        if phrase is None:
            continue
        inside = sum(max(0, min(b, stretch.end) - max(a, stretch.start)) for a, b in new)
        size = stretch.end - stretch.start
        phrase_like = " " in text[stretch.start : stretch.end] or (
            is_cjk(text[stretch.start]) and size >= LEAST
        )
        if 2 * inside >= size or (phrase_like and _nobody_read(scanned, stretch)):
            changes.append((stretch.start, stretch.end, phrase))
    return changes


def _nobody_read(scanned: Scan, stretch: Stretch) -> bool:
    """Return whether the rules read nothing that describes a garment in a stretch."""
    return not any(
        token.quantity is not None or token.meaning(*_READ) is not None
        for token in scanned.tokens
        if token.start < stretch.end and stretch.start < token.end
    )


def named(scanned: Scan, loose: Sequence[int], understand: Understand, chinese: bool) -> Rewriting:
    """Return the text with a name before each number that belongs to nothing, where the model knows which it is.

    Args:
        scanned: the tokens.
        loose: those that are numbers without a measurement.
        understand: the model.
        chinese: the language of the names.
    """
    if not loose:
        return Rewriting(scanned.normal)
    changes = []
    for stretch in understand(scanned.normal):
        field = (
            stretch.label.rpartition(".")[2]
            if stretch.label.startswith(("number=garment", "number=wearer"))
            else ""
        )
        if stretch.share < SURE or field not in MEASURES:
            continue
        for index in loose:
            token = scanned.tokens[index]
            if stretch.start <= token.start and token.end <= stretch.end:
                name = MEASURES[field][0 if chinese else 1]
                number = scanned.normal.text[token.start : token.end]
                whose = ("我" if chinese else "my ") if stretch.label.startswith("number=wearer") else ""
                changes.append((token.start, token.end, f"{whose}{name}{'' if chinese else ' '}{number}"))
    return replaced(scanned.normal, changes)


def replaced(normal: NormalText, changes: Sequence[tuple[int, int, str]]) -> Rewriting:
    """Return a text with stretches replaced; what was put in leads back to the words that it stands for."""
    text, origin = normal.text, list(normal.origin)
    spans: list[tuple[int, int]] = []
    remarks: list[Remark] = []
    for start, end, phrase in sorted(changes, reverse=True):
        before, after = text[:start], text[end:]
        padded = phrase
        if before[-1:].isascii() and before[-1:].isalnum() and phrase[0].isascii():
            padded = " " + padded
        if after[:1].isascii() and after[:1].isalnum() and phrase[-1].isascii():
            padded += " "
        text = before + padded + after
        places = [origin[start + min(i, end - start - 1)] for i in range(len(padded) - 1)]
        origin[start:end] = [*places, origin[end - 1]]
        spans.append(normal.span(start, end))
        words = normal.words(start, end)[:80]
        remarks.insert(
            0,
            Remark(
                "request",
                "assumption",
                f"{words!r} was understood as {phrase!r}.",
                f"“{words}”理解为“{phrase}”。",
            ),
        )
    return Rewriting(NormalText(normal.original, text, tuple(origin)), tuple(spans), tuple(remarks))


def _phrase(stretch: Stretch, text: str) -> str | None:
    """Return the lexicon's phrase for what a stretch says, in the language of the stretch where there is one."""
    if stretch.share < SURE or stretch.label.partition("=")[0] not in _FIELDS:
        return None
    chinese = is_cjk(text[stretch.start])
    found = usual_phrases()
    return found.get((stretch.label, chinese)) or found.get((stretch.label, not chinese))

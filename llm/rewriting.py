"""Phrases that the rules do not know, put into words that they do, as the embedded model understands them.

Where a stretch of the text is read by nobody (`novelty.unread`) and the model is sure what it says, its words are
replaced by a phrase of the lexicon with that meaning; the rules then read the text as always, so that owners, conflicts
and corrections are one mechanism. Numbers are never touched. Each replacement is said, and its values count as inferred.
"""

from __future__ import annotations

from dataclasses import dataclass

from toile.llm.draft import Remark
from toile.llm.encoder import Encoder, Said
from toile.llm.lexicon import usual_phrases
from toile.llm.normal import NormalText, is_cjk
from toile.llm.novelty import unread
from toile.llm.scan import Scan

SURE = 0.9
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
    """A run of pieces with one label: span in the normal text, label, least probability of its pieces."""

    start: int
    end: int
    label: str
    share: float


def stretches(said: Said, labels: tuple[str, ...]) -> list[Stretch]:
    """Return the runs of pieces that the model labels alike, without the unlabelled."""
    found: list[Stretch] = []
    best = said.labels.argmax(1) if len(said.pieces) else []
    for place, piece in enumerate(said.pieces):
        label, share = labels[best[place]], float(said.labels[place, best[place]])
        if not label:
            continue
        last = found[-1] if found else None
        if last is not None and last.label == label and place and labels[best[place - 1]] == label:
            found[-1] = Stretch(last.start, piece.end, label, min(last.share, share))
        else:
            found.append(Stretch(piece.start, piece.end, label, share))
    return found


def rewritten(scanned: Scan, encoder: Encoder) -> tuple[NormalText, list[tuple[int, int]], list[Remark]]:
    """Return the text with what the model alone understands in words of the lexicon.

    Returns:
        the text (the same one where nothing was replaced), the spans of the replacements in it, and what is to be said.
    """
    normal = scanned.normal
    new = unread(scanned)
    if not new:
        return normal, [], []
    said = encoder.read(normal.text)
    text, origin = normal.text, list(normal.origin)
    spans: list[tuple[int, int]] = []
    remarks: list[Remark] = []
    for stretch in reversed(stretches(said, encoder.labels)):
        phrase = _replacement(stretch, normal.text)
        inside = [
            (max(a, stretch.start), min(b, stretch.end))
            for a, b in new
            if a < stretch.end and stretch.start < b
        ]
        covered = sum(b - a for a, b in inside)
        if phrase is None or 2 * covered < stretch.end - stretch.start:
            continue
        before, after = text[: stretch.start], text[stretch.end :]
        padded = phrase
        if before[-1:].isascii() and before[-1:].isalnum() and phrase[0].isascii():
            padded = " " + padded
        if after[:1].isascii() and after[:1].isalnum() and phrase[-1].isascii():
            padded += " "
        text = before + padded + after
        steps = [min(i, stretch.end - stretch.start - 1) for i in range(len(padded) - 1)]
        places = [origin[stretch.start + i] for i in steps] + [origin[stretch.end - 1]]
        origin[stretch.start : stretch.end] = places
        grown = len(padded) - (stretch.end - stretch.start)
        spans = [(stretch.start, stretch.start + len(padded)), *((a + grown, b + grown) for a, b in spans)]
        words = normal.words(stretch.start, stretch.end)
        remarks.insert(
            0,
            Remark(
                "request",
                "assumption",
                f"{words!r} was understood as {phrase!r}.",
                f"“{words}”理解为“{phrase}”。",
            ),
        )
    return NormalText(normal.original, text, tuple(origin)), spans, remarks


def _replacement(stretch: Stretch, text: str) -> str | None:
    name = stretch.label.partition("=")[0]
    if stretch.share < SURE or name not in _FIELDS:
        return None
    chinese = is_cjk(text[stretch.start])
    found = usual_phrases()
    return found.get((stretch.label, chinese)) or found.get((stretch.label, not chinese))

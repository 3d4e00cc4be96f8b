"""When to ask: the one question that should be answered before much is made of a request, in the user's language.

Nothing is asked that the text answers; what is only assumed is a note. A question is due, in this order, for a garment
of no kind (上衣, "a top"), garments offered as a choice ("a dress or a skirt"), a bare number that belongs nowhere, a
number or a 裙 (of which nothing but a colour was said) whose second reading is nearly as likely as the first, and values that contradict each other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from toile.llm.wording import field_words, value_words

if TYPE_CHECKING:
    from toile.garments.spec import TryOnRequest

Status = Literal["accept", "accept_with_notes", "needs_clarification"]

CLOSE = 0.33
"""Share of the second reading from which a question is due instead of a note."""
_TOPS = ("t_shirt", "shirt", "blouse", "sweater", "jacket")
_BOTTOMS = ("trousers", "skirt", "shorts")


def status(request: TryOnRequest) -> Status:
    """Return whether a request stands as it was said, stands with notes, or has a question to answer first."""
    if request.clarification is not None:
        return "needs_clarification"
    return "accept_with_notes" if request.notes else "accept"


def question(
    document: Mapping[str, Any],
    generic: Mapping[int, str],
    choices: Sequence[tuple[int, str]],
    loose: Sequence[str],
    chinese: bool,
    beside: Collection[str] = (),
) -> dict[str, Any] | None:
    """Return the clarification of a request, or None when none is due.

    Args:
        document: the request as plain values, with notes and provenance.
        generic: garments named by a word that says no kind: index -> top or bottom.
        choices: garments with the category that the text offers instead.
        loose: bare numbers of the text that belong to nothing.
        chinese: the language to ask in.
        beside: fields whose several values or readings need no question.
    """
    for index, kind in generic.items():
        said = document["provenance"][f"garments[{index}].category"]["text"]
        options = [value_words("category", c, chinese) for c in (_TOPS if kind == "top" else _BOTTOMS)]
        asked = f"“{said}”要做成哪一种？" if chinese else f"Which kind of garment is {said!r}?"
        return _asked(f"garments[{index}].category", asked, options)
    for index, other in choices:
        named = (document["garments"][index]["category"], other)
        asked = "要做哪一件？" if chinese else "Which of the two shall be made?"
        return _asked(
            f"garments[{index}].category", asked, [value_words("category", c, chinese) for c in named]
        )
    if loose:
        said = loose[0]
        options = [field_words(f, chinese) for f in ("length_cm", "waist_cm", "bust_cm", "height_cm")]
        options.append("尺码" if chinese else "a size")
        return _asked(
            "request", f"“{said}”是什么尺寸？" if chinese else f"What does {said!r} measure?", options
        )
    return _close(document, chinese, beside) or _contradiction(document, chinese, beside)


def _close(document: Mapping[str, Any], chinese: bool, beside: Collection[str]) -> dict[str, Any] | None:
    """Ask about a value whose second reading is nearly as likely as the first."""
    for path, entry in document["provenance"].items():
        others = entry.get("alternatives") or ()
        rival = max((a.get("plausibility") or 0.0 for a in others), default=0.0)
        if rival < CLOSE or path.endswith("_kg") or path in beside:
            continue
        field = path.rsplit(".", 1)[-1]
        first = value_words(field, entry["value"], chinese)
        options = [first, *(a["reading"] for a in others if (a.get("plausibility") or 0.0) >= 0.05)]
        said, name = entry["text"], field_words(field, chinese)
        asked = f"“{said}”的{name}是哪一种？" if chinese else f"What does {said!r} mean for {name}?"
        return _asked(path, asked, options)
    return None


def _contradiction(
    document: Mapping[str, Any], chinese: bool, beside: Collection[str]
) -> dict[str, Any] | None:
    """Ask which of two contradicting values holds."""
    for note in document["notes"]:
        if note["kind"] != "conflict" or not note["alternatives"] or note["field"] in beside:
            continue
        path = note["field"]
        field = path.rsplit(".", 1)[-1]
        entry = document["provenance"].get(path)
        if entry is None:
            continue
        values = [entry["value"], *note["alternatives"]]
        options = list(dict.fromkeys(value_words(field, v, chinese) for v in values))
        name = field_words(field, chinese)
        asked = f"{name}说法不一，要哪一个？" if chinese else f"Which is right for {name}?"
        return _asked(path, asked, options)
    return None


def _asked(path: str, asked: str, options: Sequence[str]) -> dict[str, Any]:
    return {"field": path, "question": asked[:600], "alternatives": tuple(o[:600] for o in options[:8])}

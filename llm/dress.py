"""Dress or skirt: what an ambiguous Chinese 裙 (长裙, 裙子, A字裙) is, decided by odds.

odds = prior of the word x counter (件 counts dresses and tops, 条 both) x anything above the waist (a neckline, a
sleeve, a bust) x a separate top in the same outfit x how usual the stated length is for a dress against a skirt; a
skirt longer than waist height drags on the floor. The loser is kept as an alternative, with a note.
"""

from __future__ import annotations

from toile.llm.draft import LOWER, TOPS, GarmentDraft, Remark
from toile.llm.grouping import Grouping
from toile.llm.numerals import CM_PER, Quantity
from toile.llm.readings import length_curve, usual

DEFAULT_HEIGHT = 168.0  # cm
WAIST_HEIGHT = 0.6125  # of stature, GB/T 1335 base body
LENGTH_WEIGHT = 40.0  # at most: bodies and tastes vary more than the curves do
NOTED = 0.004  # doubt from which the other reading is mentioned
SKIRT_SHAPES = frozenset({"half_circle", "circle", "pencil", "pleated", "straight"})
UPPER_DETAILS = frozenset({"spaghetti_straps", "backless", "collarless", "shoulder_pads"})
ABOVE_WAIST = frozenset(
    {"neckline", "sleeve", "sleeve_style", "bust_cm", "shoulder_cm", "sleeve_cm", "neck_cm"}
)


def decide(
    draft: GarmentDraft,
    index: int,
    grouping: Grouping,
    length: Quantity | None,
    measured: set[str],
    height_cm: float | None,
) -> Remark | None:
    """Set a draft's category to dress or skirt, and return a note when the other is possible too.

    Args:
        draft: a garment whose name may mean either; `draft.dress` is the prior of a dress.
        index: its place in the request.
        grouping: all garments of the text.
        length: its stated length, if any.
        measured: canonical names of its stated measurements.
        height_cm: the wearer's stated height.
    """
    prior = draft.dress if draft.dress is not None else 0.5
    odds = prior / (1.0 - prior)
    odds *= _counter(draft, grouping)
    if ABOVE_WAIST & (measured | set(draft.fields)) or UPPER_DETAILS & {d.value for d in draft.details}:
        odds *= 300.0
    shape = draft.fields.get("silhouette")
    if shape is not None and shape.value in SKIRT_SHAPES and draft.fields.get("print") is None:
        odds *= 0.2 if shape.value == "pleated" and draft.dress is not None and draft.dress > 0.3 else 0.6
    if any(other.category in TOPS for other in grouping.drafts if other is not draft):
        odds *= 0.06
    if any(
        other.category in LOWER for other in grouping.drafts if other is not draft and other.dress is None
    ):
        odds *= 2.0
    if length is not None:
        odds *= _length_ratio(draft, length, height_cm or DEFAULT_HEIGHT)
    share = odds / (1.0 + odds)
    draft.category = "dress" if share >= 0.5 else "skirt"
    other = "skirt" if draft.category == "dress" else "dress"
    doubt = min(share, 1.0 - share)
    draft.alternatives = ((other, "半身裙" if other == "skirt" else "连衣裙", round(doubt, 3)),)
    word = grouping.scan.normal.words(draft.start, draft.end)
    if doubt < NOTED:
        return None
    named = {"dress": "连衣裙", "skirt": "半身裙"}[draft.category]
    why = (
        (", which the length makes likelier.", "（从长度看更可能）。") if length is not None else (".", "。")
    )
    return Remark(
        f"garments[{index}].category",
        "ambiguity",
        f"{word!r} may be a dress or a skirt; read as a {draft.category}{why[0]}",
        f"“{word}”可以是连衣裙或半身裙，按{named}理解{why[1]}",
        (other,),
    )


def _counter(draft: GarmentDraft, grouping: Grouping) -> float:
    """Return the weight of the counter in the noun phrase: 件 speaks for a dress."""
    first, last = draft.mentions[0]
    for token in grouping.scan.tokens[max(0, first - 1) : last]:
        if token.quantity is not None and token.quantity.unit == "count":
            word = grouping.scan.normal.text[token.start : token.end]
            return 4.0 if word.endswith("件") else 0.9
    return 1.0


def _length_ratio(draft: GarmentDraft, length: Quantity, height_cm: float) -> float:
    """Return how much likelier a stated length is for a dress than for a skirt."""
    centimetres = length.value * CM_PER.get(length.unit or ("m" if length.value < 3.0 else "cm"), 1.0)
    stated = draft.fields.get("length")
    long = stated is not None and stated.value in ("maxi", "floor", "ankle")
    dress = usual(centimetres, length_curve("dress", long=long))
    skirt = usual(centimetres, length_curve("skirt", long=long))
    if centimetres > WAIST_HEIGHT * height_cm:
        skirt *= 0.1
    return min(max(dress / skirt, 1.0 / LENGTH_WEIGHT), LENGTH_WEIGHT)

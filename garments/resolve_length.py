"""Finished length of a resolved garment: as said in centimetres, else from a word for it and the stature."""

from __future__ import annotations

from collections.abc import Mapping

from toile.garments.ledger import Ledger
from toile.garments.spec import GarmentSpec
from toile.garments.style import FAMILIES

TOP_WORDS = ("cropped", "waist", "hip")
HEM_HEIGHT: Mapping[str, float] = {
    # height of the hem over the floor, as a fraction of stature
    "micro": 0.44,
    "mini": 0.38,
    "knee": 0.285,
    "midi": 0.19,
    "ankle": 0.065,
    "maxi": 0.05,
    "floor": 0.015,
    "cropped": 0.15,
    "waist": 0.60,
    "hip": 0.49,
}
SIDE_NECK_HEIGHT = (
    0.855  # of stature; nape 136/160 (GB/T 1335 base body) and about 1 cm more at the side neck
)
WAIST_HEIGHT = 0.6125  # 98/160, GB/T 1335 base body
TOP_HEIGHT = {"strapless": 0.765, "sweetheart": 0.775, "off_shoulder": 0.80}
"""Height of a top edge below the shoulders, over the stature; the armpit of the default woman is at 0.755."""
LONG_WORDS = ("midi", "ankle", "maxi", "floor")
OVER_BUST = (0.035, 0.2, 0.52)
"""What the way over bust, shoulder blades and hips takes of a dress's drop, of stature: c + a (bust / stature - b), 0.02 to 0.08.

Read off worn dresses: 0.025, 0.034, 0.052, 0.068, 0.064 and 0.081 at busts of 0.49, 0.52, 0.54, 0.60, 0.70 and 0.78 of the stature.
"""
T_SHIRT_HEM = 0.465  # of stature: covers the hip; size charts' lengths are 0.38 to 0.41 of it
RIB_SHARE = 0.03  # of stature: a sweater's hem rib


def length_said(spec: GarmentSpec) -> bool:
    """Whether a measurement says how long the garment is."""
    return spec.length_cm is not None or (
        spec.inseam_cm is not None and spec.category in ("trousers", "shorts", "jumpsuit")
    )


def resolve_length(
    path: str, spec: GarmentSpec, category: str, word: str, height_cm: float, ledger: Ledger, neckline: str,
    bust_cm: float | None = None,
) -> float | None:  # fmt: skip
    """Return the finished length [cm]: as said, or from the length word, the stature and, of a long dress, the wearer's bust.

    Trousers of full length, or with a stated inseam, are left to drafting, which knows the body's inside leg.
    """
    if spec.length_cm is not None:
        ledger.asked(f"{path}.length_cm")
        return spec.length_cm
    trousers = category in ("trousers", "shorts")
    legs = trousers or category == "jumpsuit"
    if legs and (
        spec.inseam_cm is not None or (category != "shorts" and spec.length in (None, "maxi", "ankle"))
    ):
        return None
    above = TOP_HEIGHT.get(neckline, SIDE_NECK_HEIGHT)
    top = WAIST_HEIGHT if trousers or category == "skirt" else above
    hem = HEM_HEIGHT[word]
    if FAMILIES.get(category, category) == "t_shirt" and not (category == "coat" and word not in TOP_WORDS):
        hem = {"cropped": 0.61, "waist": 0.59, "mini": 0.40, "midi": 0.40, "maxi": 0.38}.get(
            word, T_SHIRT_HEM
        )
        if category == "sweater" and word in ("cropped", "waist"):
            hem -= RIB_SHARE  # the rib hangs below what a cut hem would be
    if category == "shorts" and word in ("midi", "cropped", "ankle", "maxi", "floor"):
        hem = HEM_HEIGHT["knee"]
    over = 0.0
    if category == "dress" and word in LONG_WORDS and top == SIDE_NECK_HEIGHT:
        over = _over_bust((bust_cm or OVER_BUST[2] * height_cm) / height_cm)
    length = _half((max(0.16, top - hem) + over) * height_cm)
    ledger.chose(f"{path}.length_cm", "inferred")
    return length


def length_word(category: str, length_cm: float, height_cm: float) -> str:
    """Return the word for a length [cm]: the one whose hem is nearest on this stature."""
    if FAMILIES.get(category, category) == "t_shirt":
        return "hip"
    top = SIDE_NECK_HEIGHT if category in ("dress", "jumpsuit") else WAIST_HEIGHT
    hem = top - length_cm / height_cm
    names = ("micro", "mini", "knee", "midi", "ankle", "floor")
    return min(names, key=lambda name: abs(HEM_HEIGHT[name] - hem))


def _over_bust(fullness: float) -> float:
    """Return what a long dress's front is longer than it drops, of the stature, at a bust of so much of it."""
    least, rise, usual = OVER_BUST
    return min(max(least + rise * (fullness - usual), 0.02), 0.08)


def _half(value: float) -> float:
    return round(2.0 * value) / 2.0

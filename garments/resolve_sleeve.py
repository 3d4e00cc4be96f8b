"""Sleeves of a resolved garment: their kind and cut as asked, else what its neckline leaves."""

from __future__ import annotations

from collections.abc import Mapping

from toile.garments.ledger import Ledger
from toile.garments.spec import GarmentSpec
from toile.garments.style import has_neck

SLEEVES = ("sleeveless", "cap", "short", "elbow", "three_quarter", "long")
SLEEVE_REACH = {"cap": 0.08, "short": 0.165, "elbow": 0.22, "three_quarter": 0.285}
"""Longest sleeve that is called so, over the stature."""
SLEEVE_STYLES = ("set_in", "raglan", "bell", "puff", "bishop", "dolman", "kimono")
BARE = ("strapless", "sweetheart", "halter")
"""Necklines without shoulders that sleeves could hang on."""


def resolve_sleeve(
    path: str, spec: GarmentSpec, category: str, words: Mapping[str, str], height_cm: float, ledger: Ledger
) -> tuple[str, str]:
    """Return a garment's kind of sleeve and how it is cut.

    Args:
        words: what was chosen in words, its `sleeve` and `neckline` among it; height_cm: the wearer's stature [cm].
    """
    sleeve, neckline = words["sleeve"], words["neckline"]
    if spec.sleeve_cm is not None and spec.sleeve is None:
        reach = spec.sleeve_cm / height_cm
        sleeve = next((name for name, most in SLEEVE_REACH.items() if reach <= most), "long")
        ledger.sources[f"{path}.sleeve"] = "inferred"
    if neckline in BARE and has_neck(category):
        sleeve = _bare_sleeve(path, spec, sleeve, ledger)
    style = "set_in" if neckline in BARE else _sleeve_style(path, spec, category, sleeve, ledger)
    if neckline == "off_shoulder" and has_neck(category):
        sleeve, style = _off_shoulder_sleeve(path, spec, sleeve, style, ledger)
    if style != "set_in" and sleeve == "sleeveless":
        sleeve = "short" if style == "puff" else "long"
        ledger.chose(f"{path}.sleeve", "inferred", f"A {style} sleeve, so it is {sleeve}.")
    return sleeve, style


def _bare_sleeve(path: str, spec: GarmentSpec, sleeve: str, ledger: Ledger) -> str:
    """Return that a garment without shoulders has no sleeves, and say so where sleeves were asked for."""
    if sleeve != "sleeveless" and (spec.sleeve or spec.sleeve_cm is not None or spec.sleeve_style):
        ledger.note(
            f"{path}.sleeve",
            "conflict",
            f"A {spec.neckline} {spec.category.replace('_', ' ')} has no shoulders for sleeves to hang on; it is sleeveless. "
            "An off-shoulder neckline has sleeves.",
        )
    ledger.sources[f"{path}.sleeve"] = "inferred"
    return "sleeveless"


def _off_shoulder_sleeve(
    path: str, spec: GarmentSpec, sleeve: str, style: str, ledger: Ledger
) -> tuple[str, str]:
    """Return the sleeves that an off-shoulder garment hangs on: as asked, else short, and set in."""
    if sleeve == "sleeveless":
        if spec.sleeve is not None:
            ledger.note(
                f"{path}.sleeve",
                "conflict",
                "An off-shoulder top hangs on sleeves; they are short. A strapless one has none.",
            )
        ledger.sources[f"{path}.sleeve"] = "inferred"
        sleeve = "short"
    if style in ("raglan", "dolman", "kimono"):
        ledger.note(
            f"{path}.sleeve_style",
            "conflict",
            f"A {style} sleeve is cut with the shoulder, which an off-shoulder top has not; it is set in.",
        )
        style = "set_in"
    return sleeve, style


def _sleeve_style(path: str, spec: GarmentSpec, category: str, sleeve: str, ledger: Ledger) -> str:
    """Return how the sleeve is cut: as asked where that is drafted, else set in."""
    asked = spec.sleeve_style
    if asked is None or not has_neck(category) or spec.sleeve == "sleeveless":
        return "set_in"
    if asked not in SLEEVE_STYLES:
        ledger.note(
            f"{path}.sleeve_style", "unsupported", f"A {asked} sleeve cannot be drafted yet; it is set in."
        )
        return "set_in"
    if asked != "set_in" and sleeve == "cap":
        ledger.note(
            f"{path}.sleeve_style", "unsupported", f"A cap sleeve has no room to be a {asked}; it is set in."
        )
        return "set_in"
    return asked

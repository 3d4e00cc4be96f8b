"""Details of a resolved garment: which of those asked for are part of its pattern, and which have to be left out."""

from __future__ import annotations

from collections.abc import Mapping

from toile.garments.ledger import Ledger
from toile.garments.spec import GarmentSpec
from toile.garments.style import FAMILIES, has_neck

RUFFLED = ("straight", "a_line", "half_circle", "circle", "pencil")
"""Skirts whose hem can end in a ruffle."""
POCKETS = frozenset({"patch_pockets", "in_seam_pockets", "chest_pocket"})
"""Kinds of pockets among the details."""
SLIT_SILHOUETTES = ("straight", "pencil", "a_line", "half_circle", "circle")
"""Skirts with side seams that can stay open from the hem up."""


def note_slit(path: str, spec: GarmentSpec, category: str, silhouette: str, ledger: Ledger) -> None:
    """Say where a slit is understood but not drafted."""
    skirted = (
        category in ("dress", "skirt") and silhouette in SLIT_SILHOUETTES and "ruffles" not in spec.details
    )
    cut = FAMILIES.get(category, category) == "t_shirt" and category not in ("sweater", "hoodie")
    if spec.slit and not (skirted or cut):
        ledger.note(
            f"{path}.slit",
            "unsupported",
            f"A slit cannot be drafted in this {spec.category.replace('_', ' ')} yet; the seams stay closed.",
        )


def resolve_details(
    path: str,
    spec: GarmentSpec,
    category: str,
    words: Mapping[str, str],
    sleeve: str,
    sleeve_style: str,
    ledger: Ledger,
) -> tuple[str, ...]:
    """Return the details that are drafted, and say which are not; a wrap dress with a V neck crosses its front."""
    found = [d for d in spec.details if _drafted_detail(d, category, words, sleeve, sleeve_style)]
    if left_out := [d for d in spec.details if d not in found]:
        ledger.note(
            f"{path}.details",
            "unsupported",
            f"Not drafted yet, or not on this {spec.category.replace('_', ' ')}, and left out: "
            f"{', '.join(d.replace('_', ' ') for d in left_out)}.",
        )
    said = ledger.request.provenance.get(f"{path}.slit")
    words_of_slit = (said.text or "").lower() if said and spec.slit else ""
    for place, names in (("back_slit", ("back", "后", "後")), ("front_slit", ("front", "前"))):
        if any(name in words_of_slit for name in names) and place not in found:
            found += [place] if _drafted_detail(place, category, words, sleeve, sleeve_style) else []
    crosses = category == "dress" and words["silhouette"] == "wrap" and words["neckline"] == "v"
    if crosses and "surplice" not in found:
        found.append("surplice")
    return tuple(found)


def _drafted_detail(
    detail: str, category: str, words: Mapping[str, str], sleeve: str, sleeve_style: str
) -> bool:
    """Whether a detail is part of the pattern."""
    silhouette, neckline = words["silhouette"], words["neckline"]
    skirted, necked = category in ("dress", "skirt"), has_neck(category)
    opens = category in ("shirt", "blouse", "vest", "jacket", "coat")
    return {
        "lined": True,
        "belt": True,
        "ruffles": skirted and silhouette in RUFFLED,
        "box_pleats": skirted and silhouette == "pleated",
        "back_slit": True,
        "front_slit": skirted,
        "surplice": necked and neckline == "v",
        "spaghetti_straps": necked
        and sleeve == "sleeveless"
        and not opens
        and neckline in ("crew", "scoop", "v", "square", "boat"),
        "cuffs": necked and sleeve in ("long", "three_quarter") and sleeve_style not in ("bell", "puff"),
        **dict.fromkeys(POCKETS, True),
    }.get(detail, False)

"""One garment of a request resolved: words as asked, the nearest that is drafted, or the usual; lengths, sleeves, details, colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from toile.garments.fabric import fabric
from toile.garments.ledger import Ledger
from toile.garments.resolve_colour import resolve_dye, resolve_print_scale
from toile.garments.resolve_details import POCKETS, note_slit, resolve_details
from toile.garments.resolve_length import length_said, length_word, resolve_length
from toile.garments.resolve_sleeve import BARE, resolve_sleeve
from toile.garments.resolved import ResolvedGarment
from toile.garments.spec import GarmentSpec
from toile.garments.style import FAMILIES, has_neck
from toile.garments.usual_choices import DEFAULTS, RELEVANT

SILHOUETTES: Mapping[str, Mapping[str, tuple[str, bool]]] = {
    # silhouette asked -> (silhouette drafted, is it the same thing)
    "dress": {
        "straight": ("straight", True),
        "sheath": ("straight", True),
        "a_line": ("a_line", True),
        "half_circle": ("half_circle", True),
        "circle": ("circle", True),
        "fit_and_flare": ("half_circle", True),
        "flared": ("half_circle", True),
        "pencil": ("pencil", True),
        "mermaid": ("mermaid", True),
        "tiered": ("tiered", True),
        "pleated": ("pleated", True),
        "wrap": ("wrap", True),
        "empire": ("a_line", True),
        "wide": ("half_circle", True),
        "tapered": ("straight", False),
        "skinny": ("straight", True),
    },
    "trousers": {
        "straight": ("straight", True),
        "skinny": ("skinny", True),
        "tapered": ("tapered", True),
        "wide": ("wide", True),
        "flared": ("flared", True),
        "a_line": ("wide", True),
        "pencil": ("skinny", True),
    },
    "t_shirt": {"straight": ("straight", True), "a_line": ("a_line", True), "flared": ("a_line", True)},
}
WAISTLINES: Mapping[str, tuple[str, ...]] = {
    "dress": ("natural", "empire", "drop", "high", "low"),
    **dict.fromkeys(("skirt", "trousers", "shorts"), ("natural", "high", "low")),
}


def resolve_garment(
    index: int, spec: GarmentSpec, category: str, layer: int, height_cm: float, ledger: Ledger,
    bust_cm: float | None = None,
) -> ResolvedGarment:  # fmt: skip
    """Fill in everything that a request leaves open of its garment `index`.

    Args:
        category: what is drafted; layer: 0 next to the skin; height_cm, bust_cm: the wearer's stature and bust [cm].
        ledger: keeps the source of each value and what has to be said.
    """
    path = f"garments[{index}]"
    words = _words(path, spec, category, ledger)
    lengths: dict[str, float | None] = {}
    for name in ("waist", "bust", "hip", "shoulder", "sleeve", "inseam", "neck", "hem"):
        lengths[f"{name}_cm"] = getattr(spec, f"{name}_cm")
        if lengths[f"{name}_cm"] is not None:
            ledger.asked(f"{path}.{name}_cm")
    length_cm = resolve_length(
        path, spec, category, words["length"], height_cm, ledger, words["neckline"], bust_cm
    )
    if spec.length is None and spec.length_cm is not None:
        words["length"] = length_word(category, spec.length_cm, height_cm)
    sleeve, sleeve_style = resolve_sleeve(path, spec, category, words, height_cm, ledger)
    if words["neckline"] in BARE and has_neck(category):
        lengths["sleeve_cm"] = None
    chosen_fabric = fabric(words["fabric"])
    if spec.colour is None:
        ledger.chose(
            f"{path}.colour",
            message=f"No colour was said: {chosen_fabric.name}'s own, {chosen_fabric.default_hex}.",
        )
    else:
        ledger.asked(f"{path}.colour")
    waistline = _waistline(path, spec, category, ledger)
    note_slit(path, spec, category, words["silhouette"], ledger)
    return ResolvedGarment(
        name=_name(spec.category, index, ledger.request.garments),
        category=category,
        asked=spec.category,
        silhouette=words["silhouette"],
        fit=words["fit"],
        neckline=words["neckline"],
        sleeve=sleeve,
        sleeve_style=sleeve_style,
        waistline=waistline,
        length=words["length"],
        length_cm=length_cm,
        closure=spec.closure,
        slit=bool(spec.slit),
        pockets=bool(spec.pockets) or bool(POCKETS & set(spec.details)),
        details=resolve_details(path, spec, category, words, sleeve, sleeve_style, ledger),
        colour_name=spec.colour.name if spec.colour else f"undyed {chosen_fabric.name}",
        colour_hex=resolve_dye(path, spec, chosen_fabric, ledger),
        print=spec.print or "solid",
        print_colours=spec.print_colours,
        print_scale_cm=resolve_print_scale(path, spec, ledger),
        fabric=chosen_fabric.name,
        layer=layer,
        lap="right",
        **lengths,
    )


def _name(category: str, index: int, garments: Sequence[GarmentSpec]) -> str:
    same = [i for i, other in enumerate(garments) if other.category == category]
    return category if len(same) == 1 else f"{category}_{same.index(index) + 1}"


def _words(path: str, spec: GarmentSpec, category: str, ledger: Ledger) -> dict[str, str]:
    """Choose silhouette, fit, neckline, sleeve, length and fabric: as asked, the nearest made, or the default."""
    defaults = dict(DEFAULTS[category])
    wraps = category == "dress" and spec.silhouette == "wrap"
    if "neckline" in defaults and has_neck(category) and (wraps or "surplice" in spec.details):
        defaults["neckline"] = "v"
    words: dict[str, str] = {}
    unsaid: list[str] = []
    for name, default in defaults.items():
        said = getattr(spec, name)
        if said is not None:
            words[name] = said
            ledger.asked(f"{path}.{name}")
            continue
        words[name] = default
        ledger.chose(f"{path}.{name}")
        if name in RELEVANT[category] and not (name == "length" and length_said(spec)):
            unsaid.append(f"{name} {default.replace('_', ' ')}")
    words["fit"] = spec.fit or "regular"
    if spec.fit:
        ledger.asked(f"{path}.fit")
    else:
        ledger.chose(f"{path}.fit")
    if unsaid:
        ledger.note(path, "assumption", f"Not said, so chosen for the {spec.category}: {', '.join(unsaid)}.")
    words["silhouette"] = _silhouette(path, spec, category, words["silhouette"], ledger)
    return words


def _silhouette(path: str, spec: GarmentSpec, category: str, asked: str, ledger: Ledger) -> str:
    family = {"skirt": "dress", "shorts": "trousers", "jumpsuit": "trousers"}.get(
        category, FAMILIES.get(category, category)
    )
    drafted, same = SILHOUETTES[family].get(asked, ("straight", False))
    if not same:
        ledger.note(
            f"{path}.silhouette",
            "unsupported",
            f"A {asked.replace('_', ' ')} {spec.category} cannot be drafted yet; "
            f"{drafted.replace('_', ' ')} is the nearest.",
        )
    return drafted


def _waistline(path: str, spec: GarmentSpec, category: str, ledger: Ledger) -> str:
    """Return where the waist sits: as asked where that is drafted, else at the natural waist."""
    asked = spec.waistline or ("empire" if spec.silhouette == "empire" and category == "dress" else "natural")
    if asked in WAISTLINES.get(category, ("natural",)):
        return asked
    ledger.note(
        f"{path}.waistline",
        "unsupported",
        f"A {spec.category.replace('_', ' ')} with a waistline that is {asked} cannot be drafted yet; it sits at the natural waist.",
    )
    return "natural"

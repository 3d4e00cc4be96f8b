"""From what was asked to what is made: defaults filled in, sizes looked up, a wearer chosen, every choice said.

What this version drafts is narrower than what can be asked. A detail that it cannot draft becomes the nearest thing
with a note of kind `unsupported`; a garment that it cannot draft at all is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from toile.engine.core.errors import Unsupported
from toile.garments.fabric import Fabric, fabric
from toile.garments.resolved import (
    ResolvedGarment,
    ResolvedMotion,
    ResolvedRequest,
    ResolvedViews,
    ResolvedWearer,
)
from toile.garments.spec import GarmentSpec, Note, TryOnRequest
from toile.garments.style import FAMILIES
from toile.garments.wearer import choose_wearer
from toile.shaders.print_scale import PRINT_REPEAT_CM

__all__ = [
    "ResolvedGarment",
    "ResolvedMotion",
    "ResolvedRequest",
    "ResolvedViews",
    "ResolvedWearer",
    "resolve",
]

DRAFTED = (
    "dress",
    "jumpsuit",
    "skirt",
    "t_shirt",
    "tank_top",
    "sweater",
    "hoodie",
    "shirt",
    "blouse",
    "vest",
    "jacket",
    "coat",
    "trousers",
    "shorts",
)
NEAREST_CATEGORY: Mapping[str, tuple[str, str]] = {}
"""Category asked -> (category drafted, what that means in a clause)."""
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
SLEEVES = ("sleeveless", "cap", "short", "elbow", "three_quarter", "long")
SLEEVE_REACH = {"cap": 0.08, "short": 0.165, "elbow": 0.22, "three_quarter": 0.285}
"""Longest sleeve that is called so, over the stature."""
TOP_WORDS = ("cropped", "waist", "hip")
WAISTLINES: Mapping[str, tuple[str, ...]] = {
    "dress": ("natural", "empire", "drop", "high", "low"),
    **dict.fromkeys(("skirt", "trousers", "shorts"), ("natural", "high", "low")),
}
SLEEVE_STYLES = ("set_in", "raglan", "bell", "puff", "bishop", "dolman", "kimono")
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
BARE = ("strapless", "sweetheart", "halter")
"""Necklines without shoulders that sleeves could hang on."""
TOP_HEIGHT = {"strapless": 0.765, "sweetheart": 0.775, "off_shoulder": 0.80}
"""Height of a top edge below the shoulders, over the stature; the armpit of the default woman is at 0.755."""
T_SHIRT_HEM = 0.465  # of stature: covers the hip; size charts' lengths are 0.38 to 0.41 of it
RIB_SHARE = 0.03  # of stature: a sweater's hem rib
RUFFLED = ("straight", "a_line", "half_circle", "circle", "pencil")
"""Skirts whose hem can end in a ruffle."""
POCKETS = frozenset({"patch_pockets", "in_seam_pockets", "chest_pocket"})
"""Kinds of pockets among the details."""
SLIT_SILHOUETTES = ("straight", "pencil", "a_line", "half_circle", "circle")
"""Skirts with side seams that can stay open from the hem up."""
DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "dress": {
        "silhouette": "a_line",
        "neckline": "scoop",
        "sleeve": "sleeveless",
        "length": "midi",
        "fabric": "cotton",
    },
    "skirt": {
        "silhouette": "a_line",
        "neckline": "crew",
        "sleeve": "sleeveless",
        "length": "knee",
        "fabric": "cotton",
    },
    "t_shirt": {
        "silhouette": "straight",
        "neckline": "crew",
        "sleeve": "short",
        "length": "hip",
        "fabric": "knit",
    },
    "tank_top": {
        "silhouette": "straight",
        "neckline": "scoop",
        "sleeve": "sleeveless",
        "length": "hip",
        "fabric": "knit",
    },
    "sweater": {
        "silhouette": "straight",
        "neckline": "crew",
        "sleeve": "long",
        "length": "hip",
        "fabric": "knit",
    },
    "hoodie": {
        "silhouette": "straight",
        "neckline": "hood",
        "sleeve": "long",
        "length": "hip",
        "fabric": "knit",
    },
    "shirt": {
        "silhouette": "straight",
        "neckline": "shirt_collar",
        "sleeve": "long",
        "length": "hip",
        "fabric": "cotton",
    },
    "blouse": {
        "silhouette": "straight",
        "neckline": "v",
        "sleeve": "long",
        "length": "hip",
        "fabric": "cotton",
    },
    "vest": {
        "silhouette": "straight",
        "neckline": "v",
        "sleeve": "sleeveless",
        "length": "hip",
        "fabric": "wool",
    },
    "jacket": {
        "silhouette": "straight",
        "neckline": "shirt_collar",
        "sleeve": "long",
        "length": "hip",
        "fabric": "cotton",
    },
    "coat": {
        "silhouette": "a_line",
        "neckline": "lapel",
        "sleeve": "long",
        "length": "knee",
        "fabric": "wool",
    },
    "jumpsuit": {
        "silhouette": "straight",
        "neckline": "scoop",
        "sleeve": "sleeveless",
        "length": "ankle",
        "fabric": "cotton",
    },
    "trousers": {
        "silhouette": "straight",
        "neckline": "crew",
        "sleeve": "sleeveless",
        "length": "ankle",
        "fabric": "cotton",
    },
    "shorts": {
        "silhouette": "straight",
        "neckline": "crew",
        "sleeve": "sleeveless",
        "length": "mini",
        "fabric": "cotton",
    },
}
RELEVANT: Mapping[str, frozenset[str]] = {
    # choices worth a note when nobody made them
    "dress": frozenset({"silhouette", "neckline", "sleeve", "length", "fabric"}),
    "skirt": frozenset({"silhouette", "length", "fabric"}),
    "t_shirt": frozenset({"neckline", "sleeve", "length", "fabric"}),
    "tank_top": frozenset({"length", "fabric"}),
    "sweater": frozenset({"neckline", "sleeve", "length", "fabric"}),
    "hoodie": frozenset({"neckline", "sleeve", "length", "fabric"}),
    "shirt": frozenset({"neckline", "sleeve", "length", "fabric"}),
    "blouse": frozenset({"neckline", "sleeve", "length", "fabric"}),
    "jacket": frozenset({"neckline", "sleeve", "length", "fabric"}),
    "coat": frozenset({"silhouette", "neckline", "length", "fabric"}),
    "vest": frozenset({"neckline", "length", "fabric"}),
    "jumpsuit": frozenset({"silhouette", "neckline", "sleeve", "fabric"}),
    "trousers": frozenset({"silhouette", "length", "fabric"}),
    "shorts": frozenset({"length", "fabric"}),
}
LAYER_ORDER = (
    "trousers",
    "shorts",
    "skirt",
    "tank_top",
    "t_shirt",
    "blouse",
    "shirt",
    "dress",
    "jumpsuit",
    "sweater",
    "hoodie",
    "vest",
    "jacket",
    "coat",
)
DEFAULT_SECONDS: Mapping[str, float] = {
    "stand": 2.0,
    "walk": 2.2,
    "catwalk": 6.0,
    "turn": 6.0,
    "raise_arms": 3.0,
    "sit": 4.0,
    "squat": 3.0,
    "jump": 2.7,
    "reach": 5.0,
    "lunge": 3.6,
}
DEFAULT_VIEWS: Mapping[int, tuple[float, ...]] = {
    1: (0.0,),
    2: (0.0, 180.0),
    3: (0.0, 45.0, 180.0),
    4: (0.0, 90.0, 180.0, 270.0),
}


class _Ledger:
    """Sources and notes as they gather while a request is resolved."""

    def __init__(self, request: TryOnRequest) -> None:
        self.request = request
        self.sources: dict[str, str] = {}
        self.notes: list[Note] = []

    def note(self, field: str, kind: str, message: str) -> None:
        self.notes.append(Note.model_validate({"field": field, "kind": kind, "message": message[:600]}))

    def asked(self, path: str) -> None:
        entry = self.request.provenance.get(path)
        self.sources[path] = entry.source if entry else "stated"

    def chose(self, path: str, source: str = "default", message: str | None = None) -> None:
        self.sources[path] = source
        if message:
            self.note(path, "assumption", message)


def resolve(request: TryOnRequest) -> ResolvedRequest:
    """Fill in everything that a request leaves open.

    Returns:
        Values that drafting, fitting, motion and rendering can use as they are, with the source of each; `notes`
        holds the request's own notes and those of the choices made here.

    Raises:
        Unsupported: a garment of a kind that cannot be drafted yet.
        BadInput: a size label that is not in the tables.
    """
    ledger = _Ledger(request)
    categories = [_category(index, spec, ledger) for index, spec in enumerate(request.garments)]
    wearer = choose_wearer(request, categories, ledger.note)
    for name, source in wearer.sources.items():
        ledger.sources[f"wearer.{name}"] = source
    height_cm = 100.0 * wearer.measurements["height"]
    layers = _layers(request.garments, categories, ledger)
    garments = tuple(
        _garment(index, spec, category, layer, height_cm, ledger)
        for index, (spec, category, layer) in enumerate(
            zip(request.garments, categories, layers, strict=True)
        )
    )
    motion = _motion(request, ledger)
    views = _views(request, ledger)
    notes = (*request.notes, *ledger.notes)
    return ResolvedRequest(garments, wearer, motion, views, ledger.sources, notes)


def _category(index: int, spec: GarmentSpec, ledger: _Ledger) -> str:
    path = f"garments[{index}].category"
    ledger.asked(path)
    if spec.category in DRAFTED:
        return spec.category
    nearest = NEAREST_CATEGORY.get(spec.category)
    if nearest is None:
        raise Unsupported(
            f"A {spec.category.replace('_', ' ')} cannot be drafted yet; ask for a dress, skirt, T-shirt, tank top, "
            "shirt, blouse, sweater, hoodie, vest, jacket, coat, jumpsuit, trousers or shorts."
        )
    ledger.note(path, "unsupported", f"In this version {nearest[1]}.")
    return nearest[0]


def _layers(specs: Sequence[GarmentSpec], categories: Sequence[str], ledger: _Ledger) -> list[int]:
    """Give every garment a layer of its own, from the skin outwards; what was said comes first."""

    def key(index: int) -> tuple[float, int, int]:
        said = specs[index].layer
        usual = LAYER_ORDER.index(categories[index])
        return (float(said) if said is not None else usual / len(LAYER_ORDER), usual, index)

    order = sorted(range(len(specs)), key=key)
    layers = [order.index(index) for index in range(len(specs))]
    for index, spec in enumerate(specs):
        path = f"garments[{index}].layer"
        if spec.layer is not None:
            ledger.asked(path)
        else:
            ledger.chose(path)
    if len(specs) > 1 and all(spec.layer is None for spec in specs):
        words = " over ".join(specs[index].category.replace("_", " ") for index in reversed(order))
        ledger.note("garments", "assumption", f"Worn as {words}.")
    return layers


def _garment(
    index: int, spec: GarmentSpec, category: str, layer: int, height_cm: float, ledger: _Ledger
) -> ResolvedGarment:
    path = f"garments[{index}]"
    words = _words(path, spec, category, ledger)
    lengths: dict[str, float | None] = {}
    for name in ("waist", "bust", "hip", "shoulder", "sleeve", "inseam", "neck", "hem"):
        lengths[f"{name}_cm"] = getattr(spec, f"{name}_cm")
        if lengths[f"{name}_cm"] is not None:
            ledger.asked(f"{path}.{name}_cm")
    length_cm = _length(path, spec, category, words["length"], height_cm, ledger, words["neckline"])
    if spec.length is None and spec.length_cm is not None:
        words["length"] = _length_word(category, spec.length_cm, height_cm)
    sleeve = words["sleeve"]
    if lengths["sleeve_cm"] is not None and spec.sleeve is None:
        reach = lengths["sleeve_cm"] / height_cm
        sleeve = next((name for name, most in SLEEVE_REACH.items() if reach <= most), "long")
        ledger.sources[f"{path}.sleeve"] = "inferred"
    if words["neckline"] in BARE and _has_neck(category):
        sleeve = _bare_sleeve(path, spec, sleeve, ledger)
        lengths["sleeve_cm"] = None
    sleeve_style = (
        "set_in" if words["neckline"] in BARE else _sleeve_style(path, spec, category, sleeve, ledger)
    )
    if words["neckline"] == "off_shoulder" and _has_neck(category):
        sleeve, sleeve_style = _off_shoulder_sleeve(path, spec, sleeve, sleeve_style, ledger)
    if sleeve_style != "set_in" and sleeve == "sleeveless":
        sleeve = "short" if sleeve_style == "puff" else "long"
        ledger.chose(f"{path}.sleeve", "inferred", f"A {sleeve_style} sleeve, so it is {sleeve}.")
    chosen_fabric = fabric(words["fabric"])
    if spec.colour is None:
        ledger.chose(
            f"{path}.colour",
            message=f"No colour was said: {chosen_fabric.name}'s own, {chosen_fabric.default_hex}.",
        )
    else:
        ledger.asked(f"{path}.colour")
    waistline = _waistline(path, spec, category, ledger)
    _cannot(path, spec, category, words["silhouette"], ledger)
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
        details=_details(path, spec, category, words, sleeve, sleeve_style, ledger),
        colour_name=spec.colour.name if spec.colour else f"undyed {chosen_fabric.name}",
        colour_hex=_dye(path, spec, chosen_fabric, ledger),
        print=spec.print or "solid",
        print_colours=spec.print_colours,
        print_scale_cm=_print_scale(path, spec, ledger),
        fabric=chosen_fabric.name,
        layer=layer,
        **lengths,
    )


def _bare_sleeve(path: str, spec: GarmentSpec, sleeve: str, ledger: _Ledger) -> str:
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
    path: str, spec: GarmentSpec, sleeve: str, style: str, ledger: _Ledger
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


def _name(category: str, index: int, garments: Sequence[GarmentSpec]) -> str:
    same = [i for i, other in enumerate(garments) if other.category == category]
    return category if len(same) == 1 else f"{category}_{same.index(index) + 1}"


def _half(value: float) -> float:
    return round(2.0 * value) / 2.0


def _words(path: str, spec: GarmentSpec, category: str, ledger: _Ledger) -> dict[str, str]:
    """Choose silhouette, fit, neckline, sleeve, length and fabric: as asked, the nearest made, or the default."""
    defaults = dict(DEFAULTS[category])
    wraps = category == "dress" and spec.silhouette == "wrap"
    if "neckline" in defaults and _has_neck(category) and (wraps or "surplice" in spec.details):
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
        if name in RELEVANT[category] and not (name == "length" and _length_said(spec)):
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


def _has_neck(category: str) -> bool:
    return category in ("dress", "jumpsuit") or FAMILIES.get(category, category) == "t_shirt"


def _sleeve_style(path: str, spec: GarmentSpec, category: str, sleeve: str, ledger: _Ledger) -> str:
    """Return how the sleeve is cut: as asked where that is drafted, else set in."""
    asked = spec.sleeve_style
    if asked is None or not _has_neck(category) or spec.sleeve == "sleeveless":
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


def _waistline(path: str, spec: GarmentSpec, category: str, ledger: _Ledger) -> str:
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


def _length_said(spec: GarmentSpec) -> bool:
    return spec.length_cm is not None or (
        spec.inseam_cm is not None and spec.category in ("trousers", "shorts", "jumpsuit")
    )


def _silhouette(path: str, spec: GarmentSpec, category: str, asked: str, ledger: _Ledger) -> str:
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


def _length(
    path: str, spec: GarmentSpec, category: str, word: str, height_cm: float, ledger: _Ledger, neckline: str
) -> float | None:
    """Return the finished length [cm]: as said, or from the length word and the stature.

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
    length = _half(max(0.16, top - hem) * height_cm)
    ledger.chose(f"{path}.length_cm", "inferred")
    return length


def _length_word(category: str, length_cm: float, height_cm: float) -> str:
    """Return the word for a length [cm]: the one whose hem is nearest on this stature."""
    if FAMILIES.get(category, category) == "t_shirt":
        return "hip"
    top = SIDE_NECK_HEIGHT if category in ("dress", "jumpsuit") else WAIST_HEIGHT
    hem = top - length_cm / height_cm
    names = ("micro", "mini", "knee", "midi", "ankle", "floor")
    return min(names, key=lambda name: abs(HEM_HEIGHT[name] - hem))


def _cannot(path: str, spec: GarmentSpec, category: str, silhouette: str, ledger: _Ledger) -> None:
    """Say which details are understood but not drafted."""
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


def _details(
    path: str,
    spec: GarmentSpec,
    category: str,
    words: Mapping[str, str],
    sleeve: str,
    sleeve_style: str,
    ledger: _Ledger,
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
    skirted, necked = category in ("dress", "skirt"), _has_neck(category)
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


INDIGO = {"blue": "#3f5f8f", "dark blue": "#2b3a55", "light blue": "#8aa3c2"}
"""What blue denim is dyed with: indigo, over a white weft."""


def _dye(path: str, spec: GarmentSpec, cloth: Fabric, ledger: _Ledger) -> str:
    """Return a garment's display colour: as said, else its fabric's own; the blue of denim is indigo."""
    if spec.colour is None:
        return cloth.default_hex
    entry = ledger.request.provenance.get(f"{path}.colour")
    typed = entry is not None and "#" in (entry.text or "")
    if cloth.name == "denim" and spec.colour.name in INDIGO and not typed:
        dyed = INDIGO[spec.colour.name]
        ledger.chose(f"{path}.colour", "inferred", f"The {spec.colour.name} of denim is indigo, {dyed}.")
        return dyed
    return spec.colour.hex


def _print_scale(path: str, spec: GarmentSpec, ledger: _Ledger) -> float | None:
    """Return the repeat of a garment's print [cm]: as said, else the print's own; None for solid cloth."""
    if spec.print in (None, "solid"):
        if spec.print_scale_cm is not None:
            ledger.note(
                f"{path}.print_scale_cm", "ignored", "A repeat was given, but no print; the cloth is solid."
            )
        return None
    if spec.print_scale_cm is not None:
        ledger.asked(f"{path}.print_scale_cm")
        return spec.print_scale_cm
    ledger.chose(f"{path}.print_scale_cm")
    return PRINT_REPEAT_CM[spec.print]


def _motion(request: TryOnRequest, ledger: _Ledger) -> ResolvedMotion:
    asked = request.motion
    name = asked.name or "walk"
    if asked.name is None:
        ledger.chose("motion.name", message="No motion was said: a walk.")
    else:
        ledger.asked("motion.name")
    for field in ("seconds", "fps"):
        if getattr(asked, field) is None:
            ledger.chose(f"motion.{field}")
        else:
            ledger.asked(f"motion.{field}")
    seconds = asked.seconds if asked.seconds is not None else DEFAULT_SECONDS[name]
    return ResolvedMotion(name, float(seconds), asked.fps or 30)


def _views(request: TryOnRequest, ledger: _Ledger) -> ResolvedViews:
    asked = request.views
    if asked.azimuths_deg:
        ledger.asked("views.azimuths_deg")
        return ResolvedViews(asked.azimuths_deg)
    ledger.chose("views.azimuths_deg", "inferred" if asked.count else "default")
    count = asked.count or 3
    if asked.count:
        ledger.asked("views.count")
    even = tuple(round(360.0 * step / count, 1) for step in range(count))
    return ResolvedViews(DEFAULT_VIEWS.get(count, even))

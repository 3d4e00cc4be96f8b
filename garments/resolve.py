"""From what was asked to what is made: defaults filled in, sizes looked up, a wearer chosen, every choice said.

What this version drafts is narrower than what can be asked. A detail that it cannot draft becomes the nearest thing
with a note of kind `unsupported`; a garment that it cannot draft at all is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from toile.engine.core.errors import Unsupported
from toile.garments.ledger import Ledger
from toile.garments.resolve_garment import resolve_garment
from toile.garments.resolve_sleeve import SLEEVES
from toile.garments.resolved import (
    ResolvedGarment,
    ResolvedMotion,
    ResolvedRequest,
    ResolvedViews,
    ResolvedWearer,
)
from toile.garments.spec import GarmentSpec, TryOnRequest
from toile.garments.usual_choices import DEFAULT_SECONDS, DEFAULT_VIEWS, LAYER_ORDER
from toile.garments.wearer import choose_wearer, likely_bust, with_wearers_hips

__all__ = [
    "DRAFTED",
    "SLEEVES",
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


def resolve(request: TryOnRequest) -> ResolvedRequest:
    """Fill in everything that a request leaves open.

    Returns:
        Values that drafting, fitting, motion and rendering can use as they are, with the source of each; `notes`
        holds the request's own notes and those of the choices made here.

    Raises:
        Unsupported: a garment of a kind that cannot be drafted yet.
        BadInput: a size label that is not in the tables.
    """
    ledger = Ledger(request)
    request = with_wearers_hips(request, ledger.note)
    categories = [_category(index, spec, ledger) for index, spec in enumerate(request.garments)]
    wearer = choose_wearer(request, categories, ledger.note)
    for name, source in wearer.sources.items():
        ledger.sources[f"wearer.{name}"] = source
    height_cm = 100.0 * wearer.measurements["height"]
    layers = _layers(request.garments, categories, ledger)
    garments = tuple(
        resolve_garment(index, spec, category, layer, height_cm, ledger, likely_bust(wearer))
        for index, (spec, category, layer) in enumerate(
            zip(request.garments, categories, layers, strict=True)
        )
    )
    if wearer.sex == "male":
        garments = tuple(replace(garment, lap="left") for garment in garments)
    motion = _motion(request, ledger)
    views = _views(request, ledger)
    notes = (*request.notes, *ledger.notes)
    return ResolvedRequest(garments, wearer, motion, views, ledger.sources, notes)


def _category(index: int, spec: GarmentSpec, ledger: Ledger) -> str:
    path = f"garments[{index}].category"
    ledger.asked(path)
    if spec.category in DRAFTED:
        return spec.category
    raise Unsupported(
        f"A {spec.category.replace('_', ' ')} cannot be drafted yet; ask for a dress, skirt, T-shirt, tank top, "
        "shirt, blouse, sweater, hoodie, vest, jacket, coat, jumpsuit, trousers or shorts."
    )


def _layers(specs: Sequence[GarmentSpec], categories: Sequence[str], ledger: Ledger) -> list[int]:
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


def _motion(request: TryOnRequest, ledger: Ledger) -> ResolvedMotion:
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


def _views(request: TryOnRequest, ledger: Ledger) -> ResolvedViews:
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

"""Who wears it: stated measurements, a size label, or a body that the garment fits, and the source of each.

Expected waist from the body mass index, women: BMI = 21.3 + 0.43 (waist - 70.5 cm), a straight line through the
default body (168 cm, 60 kg) that gives about 103 cm at a BMI of 35; men have 6 cm more at the same index. It only
chooses among bodies that nobody described; a rule of thumb, not a measurement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from toile.garments.resolved import ResolvedWearer
from toile.garments.sizes import size_body
from toile.garments.spec import GarmentSpec, TryOnRequest
from toile.garments.style import FAMILIES

Note = Callable[[str, str, str], None]

DEFAULT_BODY: Mapping[str, tuple[float, float]] = {"female": (168.0, 60.0), "male": (176.0, 72.0)}  # cm, kg
BUST_OVER_WAIST: Mapping[str, float] = {"female": 17.0, "male": 14.0}
HIP_OVER_WAIST: Mapping[str, float] = {"female": 23.0, "male": 17.0}
MALE_WAIST = 6.0
EASE: Mapping[str, Mapping[str, tuple[float, float]]] = {
    # least and greatest ease [cm] with which a garment of regular fit still fits
    "dress": {"waist_cm": (2.0, 4.0), "bust_cm": (4.0, 10.0), "hip_cm": (4.0, 40.0)},
    "jumpsuit": {"waist_cm": (2.0, 4.0), "bust_cm": (4.0, 10.0), "hip_cm": (4.0, 16.0)},
    "skirt": {"waist_cm": (1.0, 3.0), "hip_cm": (3.0, 40.0)},
    "trousers": {"waist_cm": (1.0, 3.0), "hip_cm": (4.0, 16.0)},
    "shorts": {"waist_cm": (1.0, 3.0), "hip_cm": (4.0, 16.0)},
    "t_shirt": {"waist_cm": (4.0, 40.0), "bust_cm": (4.0, 26.0), "hip_cm": (3.0, 40.0)},
}
FIT_EASE: Mapping[str, tuple[float, float]] = {
    # added to least and greatest ease
    "skintight": (-6.0, -2.0),
    "slim": (-1.0, -1.0),
    "regular": (0.0, 0.0),
    "loose": (4.0, 12.0),
    "oversized": (8.0, 24.0),
}
ROUND_OVER_WAIST = 40.0
"""cm that even a scant half circle is wider at the hip than at the waist (a half circle: 63)."""
LIKELY_WAIST = 75.0
"""cm, where none is stated."""
SPREAD = 4.0  # cm: how far bust and hip commonly lie from what the waist makes likely
WAIST_DOUBT = 7.0  # cm: how far a waist may lie from what height and weight make likely


def expected_waist(height_cm: float, weight_kg: float, sex: str) -> float:
    """Return the likely waist girth [cm] of a body."""
    index = weight_kg / (height_cm / 100.0) ** 2
    return 70.5 + (index - 21.3) / 0.43 + (MALE_WAIST if sex == "male" else 0.0)


def expected_weight(height_cm: float, waist_cm: float, sex: str) -> float:
    """Return the likely weight [kg] of a body, the inverse of `expected_waist`."""
    waist = waist_cm - (MALE_WAIST if sex == "male" else 0.0)
    return (21.3 + 0.43 * (waist - 70.5)) * (height_cm / 100.0) ** 2


def likely_bust(wearer: ResolvedWearer) -> float:
    """Return the bust [cm] of a chosen wearer: as known, else as waist or weight make likely."""
    known = {name: 100.0 * value for name, value in wearer.measurements.items()}
    if "bust" in known:
        return known["bust"]
    waist = known.get("waist", expected_waist(known["height"], known.get("mass", 6000.0) / 100.0, wearer.sex))
    return waist + BUST_OVER_WAIST[wearer.sex]


def with_wearers_hips(request: TryOnRequest, note: Note) -> TryOnRequest:
    """Return the request with the hip of a circle or half circle taken as the wearer's own, where no such skirt is so narrow.

    Cut round, a skirt is at the hip, 20 cm down, as wide as its radius makes it: a number near the waist's is the body's.
    """
    garments, wearer = list(request.garments), request.wearer
    for index, spec in enumerate(garments):
        if spec.silhouette not in ("circle", "half_circle") or spec.hip_cm is None:
            continue
        if spec.hip_cm >= (spec.waist_cm or LIKELY_WAIST) + ROUND_OVER_WAIST:
            continue
        note(
            f"garments[{index}].hip_cm",
            "assumption",
            f"No {spec.silhouette.replace('_', ' ')} is as narrow as {spec.hip_cm:g} cm at the hip; read as the wearer's own hip.",
        )
        garments[index] = spec.model_copy(update={"hip_cm": None})
        if wearer.hip_cm is None:
            wearer = wearer.model_copy(update={"hip_cm": spec.hip_cm})
    return request.model_copy(update={"garments": tuple(garments), "wearer": wearer})


def choose_wearer(request: TryOnRequest, categories: Sequence[str], note: Note) -> ResolvedWearer:
    """Return the body to fit: what was stated, what a size says, else one whom the garments fit.

    Args:
        request: the request.
        categories: drafted category of each garment.
        note: called with field, kind and message for every choice.

    Raises:
        BadInput: the size label is not in the tables.
    """
    spec = request.wearer
    sex, sex_source = _sex(request, note)
    body = {
        name: float(value)
        for name, value in spec.model_dump().items()
        if isinstance(value, float | int) and not isinstance(value, bool)
    }
    sources = {name: _source(request, name) for name in body}
    if spec.size is not None:
        _add_size(spec.size, sex, categories, body, sources, note)
    stated_girth = any(f"{name}_cm" in body for name in ("bust", "waist", "hip"))
    stature, weight = DEFAULT_BODY[sex]
    if "height_cm" not in body:
        body["height_cm"], sources["height_cm"] = stature, "default"
    if not stated_girth:
        _fit_to_garments(request, categories, sex, body, sources, note)
    if "weight_kg" not in body and not stated_girth and "waist_cm" not in body:
        body["weight_kg"] = round(weight * (body["height_cm"] / stature) ** 2, 1)
        sources["weight_kg"] = "default"
        note("wearer", "assumption", f"Wearer: {_describe(sex, body)}.")
    elif sources["height_cm"] == "default" and spec.size is None and stated_girth:
        note("wearer.height_cm", "assumption", f"No height was said: {body['height_cm']:g} cm.")
    return ResolvedWearer(sex, _metres(body), {"sex": sex_source, **sources})


def _metres(body: Mapping[str, float]) -> dict[str, float]:
    measurements: dict[str, float] = {}
    for name, value in body.items():
        if name == "weight_kg":
            measurements["mass"] = value
        else:
            measurements[name.removesuffix("_cm")] = value / 100.0
    return measurements


def _describe(sex: str, body: Mapping[str, float]) -> str:
    words = [f"{'woman' if sex == 'female' else 'man'}, {body['height_cm']:g} cm"]
    if "weight_kg" in body:
        words.append(f"{body['weight_kg']:g} kg")
    return ", ".join(words)


def _source(request: TryOnRequest, name: str) -> str:
    entry = request.provenance.get(f"wearer.{name}")
    return entry.source if entry else "stated"


def _sex(request: TryOnRequest, note: Note) -> tuple[str, str]:
    if request.wearer.sex is not None:
        return request.wearer.sex, _source(request, "sex")
    if any(g.category in ("dress", "skirt", "blouse") for g in request.garments):
        return "female", "inferred"
    note("wearer.sex", "assumption", "Not said who wears it: a woman.")
    return "female", "default"


def _add_size(
    label: str,
    sex: str,
    categories: Sequence[str],
    body: dict[str, float],
    sources: dict[str, str],
    note: Note,
) -> None:
    bottom = all(category in ("skirt", "trousers", "shorts") for category in categories)
    size = size_body(label, sex, bottom=bottom)
    for name, value in size.measurements.items():
        if name not in body:
            body[name], sources[name] = value, "inferred"
    note("wearer.size", "assumption", size.remark[:1].upper() + size.remark[1:] + ".")


def _range(specs: Sequence[GarmentSpec], categories: Sequence[str], name: str) -> tuple[float, float] | None:
    """Return the least and greatest body girth [cm] that the stated finished girths fit, or None if none is."""
    least, greatest = 0.0, float("inf")
    for spec, category in zip(specs, categories, strict=True):
        finished, ease = getattr(spec, name), EASE[FAMILIES.get(category, category)].get(name)
        if finished is None or ease is None:
            continue
        more = FIT_EASE[spec.fit or "regular"]
        least = max(least, finished - ease[1] - more[1])
        greatest = min(greatest, finished - ease[0] - more[0])
    if greatest == float("inf"):
        return None
    return min(least, greatest), greatest


def _fit_to_garments(
    request: TryOnRequest,
    categories: Sequence[str],
    sex: str,
    body: dict[str, float],
    sources: dict[str, str],
    note: Note,
) -> None:
    """Choose the waist, bust and hip nearest to the likely body that the stated girths fit."""
    stature = body["height_cm"]
    weight = body.get("weight_kg")
    likely_weight = (
        weight if weight is not None else DEFAULT_BODY[sex][1] * (stature / DEFAULT_BODY[sex][0]) ** 2
    )
    ranges = {name: _range(request.garments, categories, name) for name in ("waist_cm", "bust_cm", "hip_cm")}
    if all(span is None for span in ranges.values()):
        return
    expected = {"waist_cm": expected_waist(stature, likely_weight, sex)}
    waist = ranges["waist_cm"]
    if waist is not None and weight is None:
        expected["waist_cm"] = min(max(expected["waist_cm"], waist[0]), waist[1])
    expected["bust_cm"] = expected["waist_cm"] + BUST_OVER_WAIST[sex]
    expected["hip_cm"] = expected["waist_cm"] + HIP_OVER_WAIST[sex]
    chosen: dict[str, float] = {}
    for name, span in ranges.items():
        if span is None:
            continue
        value = round(2.0 * min(max(expected[name], span[0]), span[1])) / 2.0
        if name != "waist_cm" and abs(value - expected[name]) < 0.5 and value <= span[1] - SPREAD:
            continue  # it fits whatever this body turns out to have
        if weight is not None and abs(value - expected[name]) > WAIST_DOUBT:
            note(
                f"wearer.{name}",
                "conflict",
                f"The finished {name.removesuffix('_cm')} suits a body of {span[0]:g} to {span[1]:g} cm; the stated height "
                f"and weight make about {expected[name]:.0f} cm likely, so it may not fit; it is made as asked.",
            )
            continue
        chosen[name] = value
    if not chosen:
        return
    for name, value in chosen.items():
        body[name], sources[name] = value, "inferred"
    if weight is None:
        waist_for_weight = chosen.get("waist_cm", chosen.get("hip_cm", 0.0) - HIP_OVER_WAIST[sex])
        if waist_for_weight <= 0.0:
            waist_for_weight = chosen["bust_cm"] - BUST_OVER_WAIST[sex]
        body["weight_kg"] = round(expected_weight(stature, waist_for_weight, sex), 1)
        sources["weight_kg"] = "inferred"
    words = ", ".join(f"{name.removesuffix('_cm')} {value:g} cm" for name, value in chosen.items())
    note(
        "wearer",
        "assumption",
        f"The wearer's girths were not said; chosen so that the garment fits: {_describe(sex, body)}, {words}.",
    )

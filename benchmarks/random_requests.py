"""Random valid requests over the whole vocabulary, and random bodies: what every block has to stand.

The words are read from `garments.spec`, so a word that is added there is drawn from then on. Numbers are stated as a
customer would: a finished girth is the body's and some ease, a length lies between what its word's neighbours mean.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, get_args

import numpy as np

from toile.engine.core.measurements import Measurements
from toile.garments import spec
from toile.llm.draft import TROUSERS, UPPER

SKIRTS = ("dress", "skirt")
LEG_SHAPES = ("straight", "skinny", "tapered", "wide", "flared")
DETAILS = (
    "lined", "ruffles", "cuffs", "belt", "surplice", "spaghetti_straps", "box_pleats", "patch_pockets", "in_seam_pockets",
    "chest_pocket", "back_slit", "front_slit",
)  # fmt: skip
CLOSURES = (
    "zip", "front_zip", "back_zip", "side_zip", "buttons", "single_breasted", "double_breasted", "lace_up", "elastic",
    "drawstring", "pullover",
)  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """A request's garment as plain values, and the body that it is for."""

    garment: dict[str, Any]
    body: Measurements


def random_body(rng: np.random.Generator) -> Measurements:
    """Return a plausible adult [m]: lengths follow the stature, girths the bust and hip, each with its own scatter."""
    height = rng.uniform(1.45, 1.98)
    bust = rng.uniform(0.74, 1.36)
    hip = bust * rng.uniform(0.95, 1.14)
    waist = min(bust * rng.uniform(0.72, 1.05), 1.08 * hip)
    k, g = height / 1.65, np.sqrt(bust / 0.88 * hip / 0.94)

    def scatter(value: float, spread: float = 0.04) -> float:
        return float(value * rng.uniform(1.0 - spread, 1.0 + spread))

    waist_height = scatter(0.623 * height, 0.02)
    nape_height = 0.858 * height
    back = 1.03 * (nape_height - waist_height)
    cup = max(0.0, bust - rng.uniform(0.82, 0.95) * bust)
    values = {
        "height": height, "bust": bust, "underbust": bust - cup, "waist": waist, "hip": hip,
        "neck": scatter(0.345 * g**0.6), "shoulder": scatter(0.395 * k**0.6 * g**0.3),
        "back_length": back, "front_length": back + rng.uniform(0.0, 0.03) + 0.35 * cup,
        "arm_length": scatter(0.56 * k), "upper_arm": scatter(0.275 * g, 0.08), "wrist": scatter(0.158 * g**0.5),
        "thigh": scatter(0.56 * hip / 0.94), "knee": scatter(0.37 * g**0.8), "calf": scatter(0.36 * g**0.8),
        "ankle": scatter(0.225 * g**0.6), "inseam": scatter(0.455 * height, 0.03), "waist_height": waist_height,
        "hip_height": waist_height - rng.uniform(0.105, 0.13) * height,
        "bust_height": waist_height + scatter(0.097 * height, 0.08),
        "armpit_height": waist_height + scatter(0.124 * height, 0.05), "nape_height": nape_height,
        "shoulder_height": nape_height - scatter(0.042 * height, 0.3), "bust_point_distance": scatter(0.18 * g),
        "head": scatter(0.56, 0.05),
    }  # fmt: skip
    return Measurements(**{f.name: float(values[f.name]) for f in fields(Measurements)})


def _one(rng: np.random.Generator, words: Any) -> str:
    options = get_args(words) or words
    return str(options[rng.integers(len(options))])


def random_garment(
    rng: np.random.Generator, body: Measurements, category: str | None = None
) -> dict[str, Any]:
    """Return one garment's fields as `GarmentSpec` takes them, possible together for this body."""
    category = category or _one(rng, spec.Category)
    garment: dict[str, Any] = {
        "category": category,
        "fit": _one(rng, spec.Fit),
        "fabric": _one(rng, spec.FabricName),
    }

    def maybe(share: float) -> bool:
        return bool(rng.random() < share)

    if category in SKIRTS and maybe(0.9):
        shapes = [w for w in get_args(spec.Silhouette) if w not in LEG_SHAPES[1:]]
        garment["silhouette"] = _one(rng, tuple(w for w in shapes if category == "dress" or w != "empire"))
    elif category in TROUSERS and maybe(0.9):
        garment["silhouette"] = _one(rng, LEG_SHAPES)
    elif maybe(0.4):
        garment["silhouette"] = _one(rng, ("straight", "a_line"))
    if category in UPPER:
        if maybe(0.8):
            garment["neckline"] = _one(rng, spec.Neckline)
        if maybe(0.8) and category not in ("tank_top", "vest"):
            garment["sleeve"] = _one(rng, spec.Sleeve)
            if garment["sleeve"] != "sleeveless" and maybe(0.6):
                garment["sleeve_style"] = _one(rng, spec.SleeveStyle)
    if category not in UPPER or category in ("dress", "jumpsuit"):
        if maybe(0.3):
            garment["waistline"] = _one(rng, spec.Waistline)
        garment["slit"] = maybe(0.15)
    if maybe(0.2):
        garment["pockets"] = True
    if maybe(0.2):
        garment["details"] = [_one(rng, ("lined", "ruffles", "cuffs", "belt"))]
    if maybe(0.3):
        garment["print"] = _one(rng, spec.Print)
    _lengths(rng, garment, body)
    _girths(rng, garment, body)
    _trims(garment)
    return garment


def _trims(garment: dict[str, Any]) -> None:
    """Add details and closures, drawn by the garment itself, so that its shape is that of the draws before these words."""
    rng = np.random.default_rng(zlib.crc32(json.dumps(garment, sort_keys=True).encode()))
    if rng.random() < 0.2:
        garment["slit"] = True
    if rng.random() < 0.2:
        garment["pockets"] = True
    if rng.random() < 0.5:
        more = {_one(rng, DETAILS) for _ in range(int(rng.integers(1, 4)))}
        garment["details"] = sorted({*garment.get("details", ()), *more})
    if rng.random() < 0.4:
        garment["closure"] = _one(rng, CLOSURES)


def _lengths(rng: np.random.Generator, garment: dict[str, Any], body: Measurements) -> None:
    """State a length, by word or number."""
    category = garment["category"]
    if rng.random() < 0.5:
        words = {
            "dress": ("mini", "knee", "midi", "ankle", "maxi", "floor"),
            "skirt": ("mini", "knee", "midi", "ankle", "maxi", "floor"),
            "coat": ("hip", "knee", "midi"),
            "trousers": ("ankle", "cropped", "floor"),
            "shorts": ("mini", "knee"),
            "jumpsuit": ("ankle", "midi"),
        }.get(category, ("cropped", "waist", "hip"))
        garment["length"] = _one(rng, words)
        return
    if rng.random() < 0.6:
        share = {
            "dress": (0.52, 0.82),
            "skirt": (0.24, 0.60),
            "coat": (0.42, 0.75),
            "trousers": (0.45, 0.62),
            "shorts": (0.22, 0.32),
            "jumpsuit": (0.70, 0.86),
        }.get(category, (0.30, 0.44))
        garment["length_cm"] = round(100.0 * body.height * float(rng.uniform(*share)), 1)
        if category == "skirt" and garment.get("silhouette") in ("mermaid", "tiered"):
            garment["length_cm"] = max(garment["length_cm"], 60.0)


def _girths(rng: np.random.Generator, garment: dict[str, Any], body: Measurements) -> None:
    """State finished girths with an ease that the fit can have."""
    category = garment["category"]
    ease = {"skintight": 1.01, "slim": 1.04, "regular": 1.08, "loose": 1.16, "oversized": 1.26}[
        garment["fit"]
    ]

    def maybe(share: float) -> bool:
        return bool(rng.random() < share)

    def girth(name: str, value: float, low: float, high: float) -> None:
        garment[name] = round(100.0 * value * float(rng.uniform(low, high)), 1)

    if category in ("skirt", "trousers", "shorts"):
        if maybe(0.5):
            girth("waist_cm", body.waist, 1.0, 1.05)
        if maybe(0.3) and garment.get("silhouette") in (None, "straight", "a_line", "pencil", *LEG_SHAPES):
            girth("hip_cm", body.hip, ease, ease + 0.08)
    elif category in ("dress", "jumpsuit"):
        if maybe(0.4):
            girth("waist_cm", body.waist, 1.02, 1.10)
        if maybe(0.4):
            girth("bust_cm", body.bust, ease, ease + 0.06)
    else:
        if maybe(0.5):
            girth("bust_cm", body.bust, ease, ease + 0.10)
    if category in UPPER and garment.get("sleeve") == "long" and maybe(0.4):
        girth("sleeve_cm", body.arm_length, 0.95, 1.08)
    if category in UPPER and maybe(0.15):
        girth("shoulder_cm", body.shoulder, 0.95, 1.10)
    if category in ("trousers", "jumpsuit") and "length_cm" not in garment and maybe(0.4):
        girth("inseam_cm", body.inseam, 0.80, 1.0)


def draws(count: int, seed: int) -> Iterator[Drawn]:
    """Return random garments on random bodies; every category comes as often as any other."""
    rng = np.random.default_rng(seed)
    categories = get_args(spec.Category)
    for k in range(count):
        body = random_body(rng)
        yield Drawn(random_garment(rng, body, categories[k % len(categories)]), body)


def resolved_garments(drawn: Drawn) -> tuple[Any, ...]:
    """Return the resolved garments of a draw, for a wearer of its body's stature and girths."""
    from toile.garments.resolve import resolve

    m = drawn.body
    wearer = {
        name: round(100.0 * getattr(m, name.removesuffix("_cm")), 2)
        for name in ("height_cm", "bust_cm", "waist_cm", "hip_cm")
    }
    document = json.dumps({"garments": [drawn.garment], "wearer": wearer})
    return resolve(spec.request_from_json(document)).garments

"""Readings of a number: what "38" can mean for a waist, each scored by what is possible for garment and body.

A reading is a conversion (round, laid flat, inches, a EU size, metres …) with a prior for how often people write that
way, times how usual the resulting centimetres are: a bell curve with its own width below and above the usual value,
never under 0.02 inside the bounds of `garments.spec` and 0 outside. When the wearer's own girth is known the curve sits
there. Scores of all readings are divided by their sum. The curves are working assumptions, not statistics.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from toile.garments.spec import GARMENT_BOUNDS, WEARER_BOUNDS
from toile.llm.numerals import CM_PER, KG_PER, Quantity

GIRTHS = ("waist_cm", "bust_cm", "hip_cm")
FLOOR = 0.02  # a possible but unusual value
REFUSE = 0.003  # best score under which no reading is believed
TWO_WAYS = 0.05  # that of two girths of a garment, both with units, one is round and one laid flat
EU_WAIST: Mapping[int, float] = {
    32: 66.4,
    34: 68.3,
    36: 70.2,
    38: 72.4,
    40: 74.9,
    42: 77.5,
    44: 81.9,
    46: 86.4,
    48: 91.4,
    50: 97.2,
}
EU_OFFSET: Mapping[str, float] = {"waist_cm": 0.0, "bust_cm": 17.0, "hip_cm": 24.0}

Curve = tuple[float, float, float]  # usual value [cm], width below, width above
GARMENT: Mapping[str, Curve] = {
    "waist_cm": (76.0, 9.0, 18.0),
    "bust_cm": (94.0, 10.0, 20.0),
    "hip_cm": (100.0, 9.0, 22.0),
    "shoulder_cm": (40.0, 5.0, 9.0),
    "sleeve_cm": (48.0, 28.0, 14.0),
    "inseam_cm": (72.0, 14.0, 9.0),
    "neck_cm": (40.0, 5.0, 15.0),
    "hem_cm": (140.0, 80.0, 200.0),
}
LENGTH: Mapping[str, Curve] = {
    "dress": (108.0, 26.0, 24.0),
    "skirt": (64.0, 22.0, 24.0),
    "trousers": (98.0, 12.0, 10.0),
    "shorts": (40.0, 12.0, 14.0),
    "jumpsuit": (140.0, 20.0, 14.0),
    "t_shirt": (66.0, 10.0, 12.0),
    "tank_top": (60.0, 10.0, 12.0),
    "shirt": (72.0, 9.0, 12.0),
    "blouse": (64.0, 10.0, 12.0),
    "sweater": (62.0, 10.0, 12.0),
    "hoodie": (66.0, 10.0, 12.0),
    "jacket": (66.0, 12.0, 14.0),
    "coat": (100.0, 20.0, 22.0),
    "vest": (60.0, 10.0, 14.0),
}
LONG_SKIRT: Curve = (86.0, 14.0, 8.0)  # a skirt called long; on most bodies more than 100 cm drags
LONG_DRESS: Curve = (120.0, 16.0, 18.0)
TROUSER_HEM: Curve = (42.0, 10.0, 16.0)
BODY: Mapping[str, Curve] = {
    "height_cm": (166.0, 10.0, 12.0),
    "weight_kg": (60.0, 11.0, 24.0),
    "bust_cm": (89.0, 9.0, 18.0),
    "underbust_cm": (76.0, 8.0, 16.0),
    "waist_cm": (73.0, 9.0, 20.0),
    "hip_cm": (95.0, 9.0, 18.0),
}


@dataclass(frozen=True)
class Reading:
    """One reading: value [cm or kg], how it was read in two languages, score (shares sum to 1 over all readings)."""

    value: float
    how: str
    how_zh: str
    score: float
    direct: bool = False

    def words(self, chinese: bool) -> str:
        """Return how the number was read, in one language."""
        return self.how_zh if chinese else self.how


@dataclass(frozen=True)
class Context:
    """What is known when a number is read.

    category: the garment's; chinese: the text's language; metric: some number of the text has a metric unit;
    flat: said to be measured lying flat; body: the wearer's own girth [cm]; long: the garment is called long;
    millimetres: several numbers of the text have no unit and are far too great for centimetres.
    """

    category: str = "dress"
    chinese: bool = True
    metric: bool = False
    flat: bool = False
    body: float | None = None
    long: bool = False
    millimetres: bool = False


def usual(value: float, curve: Curve) -> float:
    """Return how usual a value is, FLOOR to 1."""
    centre, below, above = curve
    width = below if value < centre else above
    return max(FLOOR, math.exp(-0.5 * min(abs(value - centre) / width, 30.0) ** 2))


def length_curve(category: str, *, long: bool) -> Curve:
    """Return the curve of a garment's length [cm]."""
    if long and category in ("skirt", "dress"):
        return LONG_SKIRT if category == "skirt" else LONG_DRESS
    return LENGTH.get(category, (80.0, 30.0, 30.0))


def garment_readings(field: str, quantity: Quantity, context: Context) -> list[Reading]:
    """Return the possible readings of a garment's measurement, likeliest first; empty when none is possible."""
    low, high = GARMENT_BOUNDS[field]
    curve = _garment_curve(field, context)
    found: list[tuple[float, str, str, float, bool]] = []
    for value, how, how_zh, prior, direct in _conversions(field, quantity, context):
        score = prior * usual(value, curve) if low <= value <= high else 0.0
        found.append((value, how, how_zh, score, direct))
    return _ranked(found, certain=quantity.unit is not None)


def all_one_way(readings: list[Reading]) -> list[Reading]:
    """Return the readings of a girth beside another that was surely measured round: rarely is one of two laid flat."""
    weighed = [replace(r, score=r.score * (1.0 if r.direct else TWO_WAYS)) for r in readings]
    total = sum(r.score for r in weighed)
    return sorted((replace(r, score=round(r.score / total, 3)) for r in weighed), key=lambda r: -r.score)


def body_readings(field: str, quantity: Quantity, *, chinese: bool, metric: bool) -> list[Reading]:
    """Return the possible readings of a body measurement, likeliest first; empty when none is possible."""
    low, high = WEARER_BOUNDS[field]
    curve = BODY.get(field, ((low + high) / 2.0, high - low, high - low))
    found = [
        (value, how, how_zh, prior * usual(value, curve) if low <= value <= high else 0.0, direct)
        for value, how, how_zh, prior, direct in _body_conversions(field, quantity, chinese, metric)
    ]
    return _ranked(found, certain=quantity.unit is not None)


def direct_value(field: str, quantity: Quantity) -> float:
    """Return the most literal value [cm or kg] of a quantity, for a message that refuses it."""
    table = KG_PER if field == "weight_kg" else CM_PER
    return quantity.value * table.get(quantity.unit or "", 1.0)


def _garment_curve(field: str, context: Context) -> Curve:
    if field == "length_cm":
        return length_curve(context.category, long=context.long)
    bottom = context.category in ("skirt", "trousers", "shorts", "dress", "jumpsuit")
    if field in GIRTHS and context.body is not None:
        return (context.body + 4.0, 4.0, 8.0 if bottom else 20.0)
    if field == "waist_cm" and not bottom:
        return (94.0, 14.0, 22.0)
    if field == "hem_cm" and context.category in ("trousers", "shorts"):
        return TROUSER_HEM
    return GARMENT[field]


def _number(value: float) -> str:
    return f"{value:g}"


def _conversions(
    field: str, quantity: Quantity, context: Context
) -> list[tuple[float, str, str, float, bool]]:
    """Return (value cm, how, how in Chinese, prior, literal) of every way in which a garment number may be meant."""
    n, v = _number(quantity.value), quantity.value
    girth = field in GIRTHS or (field == "hem_cm" and context.category in ("trousers", "shorts"))
    rows: list[tuple[float, str, str, float, bool]] = []
    units: list[tuple[str, float]]
    if quantity.unit == "cun":
        units = [("in", 0.6), ("cun", 0.25)]
    elif quantity.unit is not None:
        units = [(quantity.unit, 0.8)]
    else:
        inch = 0.12 if context.chinese else 0.45
        if context.metric:
            inch *= 0.1
        if context.chinese and not girth:
            inch = 0.01
        if context.category in ("trousers", "shorts") and field in ("waist_cm", "inseam_cm"):
            inch = max(inch, 0.3)
        millimetre = 0.3 if context.millimetres and v >= 250.0 else 0.0
        units = [("cm", 0.6), ("in", inch), ("m", 0.3 if v < 3.0 else 0.0), ("mm", millimetre)]
    names = {"in": ("inches", "英寸"), "cm": ("cm", "厘米"), "m": ("m", "米"), "mm": ("mm", "毫米")}
    names |= {
        "ft": ("feet", "英尺"),
        "chi": ("chi (尺)", "尺"),
        "cun": ("cun (寸)", "寸"),
        "yd": ("yards", "码"),
    }
    for unit, prior in units:
        value = round(v * CM_PER[unit], 2)
        name, name_zh = names[unit]
        literal = unit == (quantity.unit or "cm")
        if girth:
            flat = prior * (0.4 if context.chinese else 0.18) if unit in ("cm", "mm") else prior * 0.1
            if not context.flat:
                rows.append((value, f"{n} {name} round", f"一圈{n}{name_zh}", prior, literal))
            weight = prior if context.flat else flat
            how, zh = (
                f"{n} {name} laid flat, {_number(2 * value)} cm round",
                f"平铺{n}{name_zh}，一圈{_number(2 * value)}厘米",
            )
            rows.append((round(2.0 * value, 2), how, zh, weight, context.flat and literal))
        else:
            rows.append((value, f"{n} {name}", f"{n}{name_zh}", prior, literal))
    if girth and field in EU_OFFSET and quantity.unit is None and v in EU_WAIST and not context.flat:
        size = round(EU_WAIST[int(v)] + EU_OFFSET[field], 1)
        rows.append(
            (size, f"EU size {n}, about {_number(size)} cm", f"欧码{n}，约{_number(size)}厘米", 0.06, False)
        )
    return rows


def _body_conversions(
    field: str, quantity: Quantity, chinese: bool, metric: bool
) -> list[tuple[float, str, str, float, bool]]:
    n, v, unit = _number(quantity.value), quantity.value, quantity.unit
    if field == "weight_kg":
        names = {"kg": ("kg", "公斤"), "jin": ("jin (斤)", "斤"), "lb": ("lb", "磅"), "st": ("stone", "英石")}
        if unit in KG_PER:
            priors = {unit: 1.0}
        else:
            priors = (
                {"kg": 0.6, "jin": 0.45, "lb": 0.02}
                if chinese
                else {"kg": 0.5, "lb": 0.1 if metric else 0.45}
            )
        return [
            (round(v * KG_PER[u], 1), f"{n} {names[u][0]}", f"{n}{names[u][1]}", p, u == (unit or "kg"))
            for u, p in priors.items()
        ]
    rows = []
    names = {"in": ("inches", "英寸"), "cm": ("cm", "厘米"), "m": ("m", "米"), "mm": ("mm", "毫米")}
    names |= {
        "ft": ("feet", "英尺"),
        "chi": ("chi (尺)", "尺"),
        "cun": ("cun (寸)", "寸"),
        "yd": ("yards", "码"),
    }
    if unit == "cun":
        priors = {"in": 0.6, "cun": 0.25}
    elif unit in CM_PER:
        priors = {str(unit): 1.0}
    else:
        inch = (0.08 if chinese else 0.4) * (0.3 if metric else 1.0)
        priors = {"cm": 0.7, "in": inch, "m": 0.6 if v < 3.0 else 0.0, "ft": 0.15 if v < 8.0 else 0.0}
    for u, prior in priors.items():
        value = round(v * CM_PER[u], 1)
        rows.append((value, f"{n} {names[u][0]}", f"{n}{names[u][1]}", prior, u == (unit or "cm")))
    if field == "height_cm" and unit in (None, "ft") and 4.0 <= v < 7.5 and v != int(v):
        feet, inches = int(v), round(10 * (v - int(v)))
        rows.append(
            (
                round(30.48 * feet + 2.54 * inches, 1),
                f"{feet} ft {inches} in",
                f"{feet}英尺{inches}英寸",
                0.4,
                False,
            )
        )
    return rows


def _ranked(rows: list[tuple[float, str, str, float, bool]], *, certain: bool) -> list[Reading]:
    total = sum(row[3] for row in rows)
    best = max((row[3] for row in rows), default=0.0)
    if best <= 0.0 or (not certain and best < REFUSE):
        return []
    ranked = sorted(rows, key=lambda row: -row[3])
    return [Reading(v, how, zh, round(s / total, 3), d) for v, how, zh, s, d in ranked if s / total >= 0.004]

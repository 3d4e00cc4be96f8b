"""The request: what somebody asked for, in canonical words, every stated value with where it was said.

`TryOnRequest` is what `toile parse --json` prints. Plain values stand in the canonical fields and are null
when they were neither stated nor implied; beside them `provenance` maps a field's path
(`garments[0].waist_cm`) to the words it came from, and `notes` says what was ambiguous, assumed, ignored or
cannot be made. Defaults are not filled in here: `toile.garments.resolve` does that, so that what the user said
and what we chose never mix.

Lengths are centimetres of the finished garment (full girth, as worn) or of the body (`wearer`).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from toile.engine.core.errors import BadInput

Category = Literal[
    "dress",
    "skirt",
    "trousers",
    "shorts",
    "jumpsuit",
    "t_shirt",
    "tank_top",
    "shirt",
    "blouse",
    "sweater",
    "hoodie",
    "jacket",
    "coat",
    "vest",
]
Silhouette = Literal[
    "straight",
    "sheath",
    "a_line",
    "fit_and_flare",
    "circle",
    "half_circle",
    "pencil",
    "mermaid",
    "tiered",
    "pleated",
    "wrap",
    "empire",
    "skinny",
    "tapered",
    "wide",
    "flared",
]
Fit = Literal["skintight", "slim", "regular", "loose", "oversized"]
Length = Literal["micro", "mini", "knee", "midi", "ankle", "maxi", "floor", "cropped", "waist", "hip"]
Neckline = Literal[
    "crew",
    "v",
    "scoop",
    "square",
    "boat",
    "halter",
    "off_shoulder",
    "strapless",
    "sweetheart",
    "shirt_collar",
    "mandarin",
    "turtleneck",
    "hood",
    "lapel",
    "peter_pan",
]
Sleeve = Literal["sleeveless", "cap", "short", "elbow", "three_quarter", "long"]
SleeveStyle = Literal["set_in", "raglan", "puff", "bell", "bishop", "dolman", "kimono"]
Waistline = Literal["natural", "empire", "drop", "high", "low"]
Print = Literal["solid", "stripes", "check", "dots", "floral"]
FabricName = Literal[
    "cotton",
    "denim",
    "silk",
    "satin",
    "chiffon",
    "linen",
    "wool",
    "cashmere",
    "knit",
    "polyester",
    "velvet",
    "leather",
    "lace",
    "tweed",
    "corduroy",
]
Sex = Literal["female", "male"]
MotionName = Literal[
    "stand", "walk", "catwalk", "turn", "sit", "jump", "raise_arms", "squat", "reach", "lunge"
]
NoteKind = Literal["assumption", "ambiguity", "conflict", "implausible", "unsupported", "ignored"]
Source = Literal["stated", "inferred", "default"]

MAX_GARMENTS = 8
JSON_LIMIT = 1_000_000  # characters of a request file

GARMENT_BOUNDS: Mapping[str, tuple[float, float]] = {
    "length_cm": (10.0, 200.0),
    "waist_cm": (45.0, 200.0),
    "bust_cm": (55.0, 220.0),
    "hip_cm": (60.0, 230.0),
    "shoulder_cm": (25.0, 75.0),
    "sleeve_cm": (3.0, 110.0),
    "inseam_cm": (3.0, 115.0),
    "neck_cm": (25.0, 90.0),
    "hem_cm": (15.0, 1500.0),
}
"""Least and greatest finished measurement [cm] of a garment for an adult."""

PRINT_SCALE_BOUNDS = (0.2, 60.0)
"""Least and greatest repeat of a print [cm]."""

WEARER_BOUNDS: Mapping[str, tuple[float, float]] = {
    "height_cm": (120.0, 230.0),
    "weight_kg": (25.0, 250.0),
    "bust_cm": (60.0, 180.0),
    "underbust_cm": (50.0, 160.0),
    "waist_cm": (45.0, 180.0),
    "hip_cm": (60.0, 190.0),
    "neck_cm": (25.0, 60.0),
    "shoulder_cm": (28.0, 60.0),
    "back_length_cm": (30.0, 60.0),
    "arm_length_cm": (40.0, 85.0),
    "upper_arm_cm": (18.0, 60.0),
    "wrist_cm": (11.0, 26.0),
    "thigh_cm": (35.0, 100.0),
    "knee_cm": (25.0, 65.0),
    "calf_cm": (22.0, 65.0),
    "ankle_cm": (15.0, 40.0),
    "inseam_cm": (50.0, 110.0),
}
"""Least and greatest measurement of an adult body ([cm], [kg])."""

SECONDS_BOUNDS = (0.5, 60.0)
FPS_BOUNDS = (1, 120)
COUNT_BOUNDS = (1, 36)

_LABELS: Mapping[str, str] = {
    "length_cm": "length",
    "waist_cm": "waist",
    "bust_cm": "bust",
    "underbust_cm": "underbust",
    "hip_cm": "hip",
    "shoulder_cm": "shoulder width",
    "sleeve_cm": "sleeve length",
    "inseam_cm": "inseam",
    "neck_cm": "neck girth",
    "hem_cm": "hem girth",
    "print_scale_cm": "repeat of the print",
    "height_cm": "height",
    "weight_kg": "weight",
    "back_length_cm": "back length",
    "arm_length_cm": "arm length",
    "upper_arm_cm": "upper arm girth",
    "wrist_cm": "wrist girth",
    "thigh_cm": "thigh girth",
    "knee_cm": "knee girth",
    "calf_cm": "calf girth",
    "ankle_cm": "ankle girth",
}


def measurement_label(field: str) -> str:
    """Return the plain words for a measurement field: `waist_cm` -> waist."""
    return _LABELS.get(field, field)


def out_of_bounds(field: str, value: float, *, wearer: bool) -> str | None:
    """Return one sentence on why a measurement is impossible and what is allowed; None if it is possible.

    Args:
        field: canonical field name, e.g. `waist_cm`.
        value: its value [cm or kg].
        wearer: whether it is the body's, not the garment's.
    """
    bounds = (WEARER_BOUNDS if wearer else {**GARMENT_BOUNDS, "print_scale_cm": PRINT_SCALE_BOUNDS}).get(
        field
    )
    if bounds is None or (math.isfinite(value) and bounds[0] <= value <= bounds[1]):
        return None
    unit = field.rsplit("_", 1)[-1]
    whose = "The wearer's" if wearer else "The garment's"
    return (
        f"{whose} {measurement_label(field)} of {value:g} {unit} is impossible; "
        f"give a value between {bounds[0]:g} and {bounds[1]:g} {unit}."
    )


def _hex(value: str) -> str:
    if not re.fullmatch(r"#[0-9a-f]{6}", value):
        raise PydanticCustomError(
            "hex", "must be a colour such as #1f4fa3 (a hash and six hexadecimal digits)"
        )
    return value


def _azimuth(value: float) -> float:
    if not -360.0 <= value <= 360.0:
        raise PydanticCustomError("azimuth", "must be an angle between -360 and 360 degrees")
    return value


Hex = Annotated[str, AfterValidator(_hex)]
Azimuth = Annotated[float, AfterValidator(_azimuth)]
Word = Annotated[str, Field(max_length=80)]
Sentence = Annotated[str, Field(max_length=600)]


def _check(field: str, value: float | None, *, wearer: bool) -> None:
    if value is None:
        return
    sentence = out_of_bounds(field, value, wearer=wearer)
    if sentence is not None:
        raise PydanticCustomError("impossible", "{sentence}", {"sentence": sentence})


class _Model(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False, strict=True
    )


class Colour(_Model):
    """A colour by name, and as sRGB `#rrggbb`."""

    name: Word
    hex: Hex


class GarmentSpec(_Model):
    """One garment as asked for; null where nothing was said.

    Measurements are of the finished garment [cm], girths all the way round. `layer` counts from the skin
    outwards (0 next to it) and is given when the text says what goes over or under what.
    """

    category: Category
    silhouette: Silhouette | None = None
    fit: Fit | None = None
    length: Length | None = None
    length_cm: float | None = None
    waist_cm: float | None = None
    bust_cm: float | None = None
    hip_cm: float | None = None
    shoulder_cm: float | None = None
    sleeve_cm: float | None = None
    inseam_cm: float | None = None
    neck_cm: float | None = None
    hem_cm: float | None = None
    neckline: Neckline | None = None
    sleeve: Sleeve | None = None
    sleeve_style: SleeveStyle | None = None
    waistline: Waistline | None = None
    slit: bool | None = None
    closure: Word | None = None
    pockets: bool | None = None
    details: tuple[Word, ...] = ()
    colour: Colour | None = None
    print: Print | None = None
    print_colours: tuple[Hex, ...] = ()
    print_scale_cm: float | None = None
    fabric: FabricName | None = None
    layer: Annotated[int, Field(ge=0, le=MAX_GARMENTS)] | None = None

    @model_validator(mode="after")
    def _possible(self) -> GarmentSpec:
        for name in GARMENT_BOUNDS:
            _check(name, getattr(self, name), wearer=False)
        _check("print_scale_cm", self.print_scale_cm, wearer=False)
        return self


class WearerSpec(_Model):
    """The person, in body measurements [cm] and weight [kg]; `size` is a size label as it was said."""

    sex: Sex | None = None
    height_cm: float | None = None
    weight_kg: float | None = None
    bust_cm: float | None = None
    underbust_cm: float | None = None
    waist_cm: float | None = None
    hip_cm: float | None = None
    neck_cm: float | None = None
    shoulder_cm: float | None = None
    back_length_cm: float | None = None
    arm_length_cm: float | None = None
    upper_arm_cm: float | None = None
    wrist_cm: float | None = None
    thigh_cm: float | None = None
    knee_cm: float | None = None
    calf_cm: float | None = None
    ankle_cm: float | None = None
    inseam_cm: float | None = None
    size: Word | None = None

    @model_validator(mode="after")
    def _possible(self) -> WearerSpec:
        for name in WEARER_BOUNDS:
            _check(name, getattr(self, name), wearer=True)
        return self


class MotionSpec(_Model):
    """What the wearer does, for how long."""

    name: MotionName | None = None
    seconds: Annotated[float, Field(ge=SECONDS_BOUNDS[0], le=SECONDS_BOUNDS[1])] | None = None
    fps: Annotated[int, Field(ge=FPS_BOUNDS[0], le=FPS_BOUNDS[1])] | None = None


class ViewsSpec(_Model):
    """From where it is seen: 0 is the front, 90 the wearer's left, 180 the back [degrees]."""

    count: Annotated[int, Field(ge=COUNT_BOUNDS[0], le=COUNT_BOUNDS[1])] | None = None
    azimuths_deg: Annotated[tuple[Azimuth, ...], Field(min_length=1, max_length=36)] | None = None


class Alternative(_Model):
    """Another reading of the same words, and its plausibility (0-1; all readings sum to about 1)."""

    value: Any = None
    reading: Sentence
    plausibility: Annotated[float, Field(ge=0.0, le=1.0)] | None = None


class Provenance(_Model):
    """Where a value came from: the words, as a half-open span of characters of the original text."""

    value: Any
    unit: Word | None = None
    span: tuple[int, int] | None = None
    text: Sentence | None = None
    source: Source
    alternatives: tuple[Alternative, ...] = ()


class Note(_Model):
    """Something the user should know about a field."""

    field: Word
    kind: NoteKind
    message: Sentence
    alternatives: tuple[Any, ...] = ()


class Clarification(_Model):
    """A question that should be answered before much is made of a request; until then the fields hold the likeliest.

    alternatives: what may be answered, likeliest first, in the words of the question.
    """

    field: Word
    question: Sentence
    alternatives: tuple[Sentence, ...] = ()


class TryOnRequest(_Model):
    """All that was asked for: garments in the order in which they were named, wearer, motion, views.

    `language` is that of the text, in which notes and summaries are written; `clarification` is null unless a question
    is due.
    """

    garments: Annotated[tuple[GarmentSpec, ...], Field(min_length=1, max_length=MAX_GARMENTS)]
    wearer: WearerSpec = Field(default_factory=WearerSpec)
    motion: MotionSpec = Field(default_factory=MotionSpec)
    views: ViewsSpec = Field(default_factory=ViewsSpec)
    notes: tuple[Note, ...] = ()
    provenance: dict[str, Provenance] = Field(default_factory=dict)
    language: Literal["zh", "en"] | None = None
    clarification: Clarification | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the request as plain JSON values; unsaid fields are null, lists are lists."""
        document = self.model_dump(mode="json")
        document["provenance"] = {
            path: {key: value for key, value in entry.items() if value is not None}
            for path, entry in document["provenance"].items()
        }
        return document

    def to_json(self, indent: int | None = 1) -> str:
        """Return the request as JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent)


M = TypeVar("M", bound=BaseModel)


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path or "the request"


def explain(error: ValidationError) -> str:
    """Return the first fault of a validation error as one sentence that names the field, never its input."""
    fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
    path, kind, message = _path(fault["loc"]), fault["type"], fault["msg"]
    if kind == "impossible":
        return message
    if kind == "extra_forbidden":
        return f"The request has an unknown field {path[:120]!r}; remove it or correct its name."
    if kind == "json_invalid":
        return f"The request is not JSON ({message.removeprefix('Invalid JSON: ')[:200]})."
    return f"The request's field {path[:120]} is wrong: {message[:1].lower()}{message[1:]}."


def request_from_json(text: str | bytes) -> TryOnRequest:
    """Read a request written by `TryOnRequest.to_json` or by hand.

    Raises:
        BadInput: it is not JSON, too large, or a field is unknown, of the wrong kind or impossible.
    """
    if len(text) > JSON_LIMIT:
        raise BadInput(f"The request has {len(text)} characters; at most {JSON_LIMIT} are read.")
    try:
        return TryOnRequest.model_validate_json(text)
    except ValidationError as error:
        raise BadInput(explain(error)) from None

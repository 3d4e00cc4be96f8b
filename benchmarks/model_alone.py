"""The embedded model without the rules: what its labels alone make of a text, for the ablation.

Numbers are the lexer's, read by the same readings; everything else (which garment, which field, what is refused or
corrected) is the model's.
"""

from __future__ import annotations

from typing import Any

from toile.engine.core.errors import BadInput
from toile.garments.spec import MAX_GARMENTS, TryOnRequest
from toile.llm.encoder import Encoder, Said, embedded
from toile.llm.hostile import without_hostile
from toile.llm.instruction import checked
from toile.llm.lexicon import lexicon
from toile.llm.normal import normalise
from toile.llm.readings import Context, body_readings, garment_readings


def parse_alone(text: str) -> TryOnRequest:
    """Return the request that the model alone reads in a text.

    Raises:
        BadInput: it sees no request, or no garment.
    """
    chinese = checked(text)
    normal, _ = without_hostile(normalise(text))
    encoder = embedded()
    said = encoder.read(normal.text)
    if said.request < 0.5:
        raise BadInput("The model sees no request.")
    labels = [encoder.labels[i] for i in said.labels.argmax(1)] if len(said.pieces) else []
    heads: dict[int, dict[str, Any]] = {}
    for place, label in enumerate(labels):
        if label.startswith("category=") and (place == 0 or labels[place - 1] != label):
            heads[place] = {"category": label.removeprefix("category=").split("|")[0]}
    if not heads:
        raise BadInput("The model sees no garment.")
    document: dict[str, Any] = {"wearer": {}, "motion": {}, "views": {}}
    for place, label in enumerate(labels):
        if label and not label.startswith(("category=", "again", "other")):
            garment = heads[min(heads, key=lambda h: abs(h - _owner(said, place)))]
            _put(document, garment, label, said.pieces[place].quantity, normal.text, said, place, chinese)
    document["garments"] = tuple(heads.values())[:MAX_GARMENTS]
    try:
        return TryOnRequest.model_validate(document)
    except ValueError:
        raise BadInput("What the model reads is impossible.") from None


def _owner(said: Said, place: int) -> int:
    return int(said.owners[place].argmax())


def _put(
    document: dict[str, Any],
    garment: dict[str, Any],
    label: str,
    quantity: Any,
    text: str,
    said: Said,
    place: int,
    chinese: bool,
) -> None:
    name, _, value = label.partition("=")
    if name == "number":
        if quantity is not None:
            _number(document, garment, value, quantity, chinese)
        return
    if name == "motion":
        document["motion"]["name"] = value
    elif name == "sex":
        document["wearer"]["sex"] = value
    elif name == "view":
        angles = document["views"].setdefault("azimuths_deg", ())
        if float(value) not in angles:
            document["views"]["azimuths_deg"] = (*angles, float(value))
            document["views"]["count"] = len(angles) + 1
    elif name == "colour":
        piece = said.pieces[place]
        found = lexicon().longest(text, piece.start)
        colours = [m for m in found[1] if m.kind == "colour"] if found else []
        garment.setdefault("colour", {"name": value, "hex": colours[0].sets["hex"] if colours else "#808080"})
    elif name == "details":
        garment["details"] = tuple(dict.fromkeys((*garment.get("details", ()), value)))
    elif name in ("slit", "pockets"):
        garment[name] = value == "true"
    elif name != "shade" and value != "short":
        garment[name] = value
    elif name == "length":
        garment[name] = "mini" if garment["category"] in ("skirt", "dress") else "cropped"


def _number(
    document: dict[str, Any], garment: dict[str, Any], field: str, quantity: Any, chinese: bool
) -> None:
    part, _, name = field.partition(".")
    if part == "garment" and quantity.kind == "number":
        readings = garment_readings(name, quantity, Context(garment["category"], chinese))
        if readings:
            garment[name] = readings[0].value
    elif field == "wearer.size":
        document["wearer"]["size"] = quantity.label or None
    elif part == "wearer" and quantity.kind == "number":
        readings = body_readings(name, quantity, chinese=chinese, metric=True)
        if readings:
            document["wearer"][name] = readings[0].value
    elif field in ("motion.seconds", "motion.fps"):
        document["motion"][name] = int(quantity.value) if name == "fps" else quantity.value
    elif field == "views.count":
        document["views"]["count"] = int(quantity.value)


def reader(_encoder: Encoder | None = None) -> Any:
    """Return the reader."""
    return parse_alone

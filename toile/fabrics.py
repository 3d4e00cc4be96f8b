"""Which fabric a garment is of: the named one that the words call for, or the user's own from a file.

The request has the canonical word (`denim`); what the text says beside it (`14 oz`, `poplin`, `罗纹`) chooses a record behind that
word. `--fabric` names a record or a fabric file for every garment; a file's fabric is kept in the look folder.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toile.engine.core.errors import BadInput, DamagedFile
from toile.engine.core.files import read_json, write_json
from toile.garments.fabric import Fabric, adopt, fabric, fabric_from_record, fabric_to_record, fabrics

if TYPE_CHECKING:
    from toile.garments.resolved import ResolvedRequest
    from toile.garments.spec import TryOnRequest

KEPT = "fabrics.json"
GRAMS_PER_OUNCE = 33.906  # g/m2 of one ounce a square yard
_AROUND = 14  # characters beside the fabric's word in which a weight belongs to it
_OUNCES = re.compile(r"(\d+(?:\.\d+)?)\s*-?\s*(?:oz|ounces?|盎司|安士)", re.I)
_GRAMS = re.compile(r"(\d{2,3})\s*(?:gsm|g/m2|g/m²|克重|克)", re.I)


def named_fabric(word: str, text: str, span: tuple[int, int]) -> str:
    """Return the record that a text calls for where it names a fabric word at a span; the word's own if nothing more is said."""
    behind = [record for record in fabrics().values() if record.word == word]
    lower = text.lower()
    best: tuple[int, str] | None = None
    for record in behind:
        for phrase in record.words:
            pattern = re.escape(phrase.lower())
            if phrase.isascii():
                pattern = rf"(?<![a-z]){pattern}(?![a-z])"
            for match in re.finditer(pattern, lower):
                touches = match.start() <= span[1] + 1 and match.end() >= span[0] - 1
                if touches and (best is None or len(phrase) > best[0]):
                    best = (len(phrase), record.name)
    if best is not None:
        return best[1]
    window = lower[max(0, span[0] - _AROUND) : span[1] + _AROUND]
    weight = None
    if ounces := _OUNCES.search(window):
        weight = GRAMS_PER_OUNCE * float(ounces.group(1))
    elif grams := _GRAMS.search(window):
        weight = float(grams.group(1))
    if weight is None:
        return word
    nearest = min(
        [*behind, fabrics()[word]],
        key=lambda r: (abs(1000.0 * r.area_density - weight), r.name == word),
    )
    return nearest.name if abs(1000.0 * nearest.area_density - weight) < 0.3 * weight else word


def with_fabrics(
    resolved: ResolvedRequest, request: TryOnRequest, text: str | None, asked: str | None, folder: Path
) -> ResolvedRequest:
    """Return the request with each garment's record: `asked` (a record or a file), the one kept in the folder, or the text's.

    Raises:
        BadInput: there is no such record, or the file is no fabric.
    """
    if asked is not None:
        own = own_fabric(asked)
        write_json(folder / KEPT, {"every": own.name, "fabrics": [fabric_to_record(own)]})
        return _every(resolved, own.name)
    if (kept := adopt_kept(folder)) is not None:
        return _every(resolved, kept)
    garments = []
    for index, garment in enumerate(resolved.garments):
        stated = request.provenance.get(f"garments[{index}].fabric")
        name = garment.fabric
        if text and stated is not None and stated.span is not None and name in fabrics():
            name = named_fabric(name, text, stated.span)
        garments.append(replace(garment, fabric=name))
    return replace(resolved, garments=tuple(garments))


def own_fabric(asked: str) -> Fabric:
    """Return the record of a name, or of a fabric file.

    Raises:
        BadInput: neither.
    """
    if asked in fabrics():
        return fabrics()[asked]
    if Path(asked).suffix.lower() in (".json", ".csv") or Path(asked).exists():
        from toile.garments.fabric_file import read_fabric

        return read_fabric(Path(asked))
    raise BadInput(f"{asked[:80]!r} is neither a fabric nor a fabric file; `toile fabric` lists the fabrics.")


def adopt_kept(folder: Path) -> str | None:
    """Make a look folder's own fabrics known; return the one that every garment is of, None where none is kept."""
    path = folder / KEPT
    if not path.is_file():
        return None
    document = read_json(path)
    try:
        for record in document["fabrics"]:
            if record["name"] not in fabrics():
                adopt(fabric_from_record(record))
        return fabric(str(document["every"])).name
    except (KeyError, TypeError) as error:
        raise DamagedFile(
            f"{path} is damaged; remove it, and name the fabric again with --fabric."
        ) from error


def describe(record: Fabric) -> dict[str, Any]:
    """Return a record as a fabric file that `--fabric` reads back, with the bending lengths that follow from it."""
    from toile.garments.fabric_file import fabric_as_file

    return fabric_as_file(record)


def drape_of(record: Fabric) -> float:
    """Return the coefficient [%] of Cusick's test of a fabric: 30 cm over 18 cm, the mean of two starts."""
    from toile.engine.cloth.drape_test import drape_coefficient

    return round(drape_coefficient(record)[0], 1)


def draping_as(record: Fabric, percent: float, note: Callable[[str], None] | None = None) -> Fabric:
    """Return a fabric with its bending set so that it drapes by a measured coefficient [%], known by a name of its own.

    Raises:
        BadInput: no such coefficient can be met.
    """
    from toile.engine.cloth.drape_test import with_drape
    from toile.garments.fabric_file import named, stem

    def said(factor: float, found: float) -> None:
        if note is not None:
            note(f"bending x {factor:.3f}: drapes at {found:.1f} %")

    made, found = with_drape(record, percent, report=said)
    source = f"{record.source}; bending set to drape at {percent:g} % (found {found:.1f} %)"
    own = replace(
        made,
        source=source[:400],
        status="converted",
        word=record.word or record.name,
        words=(),
        drape=None,
        drape_source="",
    )
    return adopt(named(own, stem(record.name)))


def _every(resolved: ResolvedRequest, name: str) -> ResolvedRequest:
    return replace(resolved, garments=tuple(replace(g, fabric=name) for g in resolved.garments))

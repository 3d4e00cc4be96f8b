"""A user's own fabric from a file: SI values, a KES-F or FAST sheet, or the units of garment CAD; JSON or CSV.

The file is a JSON object, or CSV lines `key,value[,value]`; `format` says what the keys mean (`si`, `kes`, `fast`, `clo`,
`browzwear`; `si` when absent; `record` for what `toile fabric NAME --json` prints), `name` names the fabric, `word` is the request's fabric word whose looks it has. A value with two
directions is `[warp, weft]`, or one number for both. docs/fabrics.md lists every key with its unit.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, replace
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

from toile.engine.core.errors import BadInput
from toile.garments.fabric import (
    Fabric,
    adopt,
    bending_length,
    fabric,
    fabric_from_record,
    fabric_to_record,
    fabrics,
)
from toile.garments.fabric_sheet import SHEETS

BOUNDS: Mapping[str, tuple[float, float, str]] = {
    "area_density": (0.005, 3.0, "kg/m2"),
    "thickness": (2e-5, 0.02, "m"),
    "stretch_warp": (1.0, 1e5, "N/m"),
    "stretch_weft": (1.0, 1e5, "N/m"),
    "shear": (0.1, 1e5, "N/m"),
    "bend_warp": (1e-8, 1e-2, "N m"),
    "bend_weft": (1e-8, 1e-2, "N m"),
    "friction": (0.0, 2.0, ""),
    "strain_limit": (0.002, 2.0, ""),
    "strain_limit_weft": (0.002, 2.0, ""),
    "large_warp": (1.0, 1e6, "N/m"),
    "large_weft": (1.0, 1e6, "N/m"),
    "damping": (0.0, 1.0, "s"),
}
"""What a fabric's values may be, SI; beyond lie mistaken units and cloth that cannot be simulated."""

LIMIT_BYTES = 100_000
RECORD = "record"
"""The format of what `fabric_as_file` returns."""
_BESIDE = (  # follow from the others
    "bending_length_warp_mm",
    "bending_length_weft_mm",
    "drape_test_percent",
)
_OPTIONAL = ("strain_limit_weft", "large_warp", "large_weft")


def read_fabric(path: Path) -> Fabric:
    """Read a fabric file, check it, and make it known to `fabric()` by a name that its content decides.

    Raises:
        BadInput: the file cannot be read, a key is unknown or missing, or a value is impossible.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"The fabric file {path} cannot be read ({error.strerror}); name a JSON or CSV file."
        ) from error
    if len(data) > LIMIT_BYTES:
        raise BadInput(f"The fabric file {path} has {len(data)} bytes; at most {LIMIT_BYTES} are read.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"The fabric file {path} is not UTF-8 text (byte {error.start}); save it as UTF-8."
        ) from error
    values = _from_csv(text, path) if path.suffix.lower() == ".csv" else _from_json(text, path)
    return adopt(fabric_from_values(values, str(path)))


def fabric_from_values(values: Mapping[str, Any], where: str = "the fabric") -> Fabric:
    """Return the fabric that the keys of a fabric file describe.

    Raises:
        BadInput: a key is unknown or missing, or a value is impossible.
    """
    given = dict(values)
    kind = str(given.pop("format", "si")).lower()
    if kind == RECORD:
        return _from_record(given, where)
    if kind not in SHEETS:
        raise BadInput(
            f"The format {kind!r} of {where} is unknown; use one of: {', '.join(sorted([*SHEETS, RECORD]))}."
        )
    name = str(given.pop("name", "own fabric"))[:60]
    word = str(given.pop("word", "cotton"))
    if word not in fabrics():
        raise BadInput(f"The word {word!r} of {where} is no fabric word; use one of: {', '.join(_words())}.")
    source = str(given.pop("source", f"{kind} values of the user"))[:200]
    numbers = {key: _numbers(key, value, where) for key, value in given.items()}
    si = SHEETS[kind](numbers, where)
    base = fabric(word)
    changes: dict[str, Any] = dict(_complete(si, base))
    made = replace(
        base,
        **changes,
        label_zh=name,
        label_en=name,
        word=base.word or base.name,
        words=(),
        status="converted",
        source=source,
        drape=None,
        drape_source="",
    )
    check_fabric(made, where)
    return named(made, name)


def fabric_as_file(own: Fabric) -> dict[str, Any]:
    """Return a fabric as a fabric file that reads back to it, with its bending lengths [mm] beside."""
    warp, weft = bending_length(own)
    return {
        "format": RECORD,
        **fabric_to_record(own),
        "bending_length_warp_mm": round(1000.0 * warp, 2),
        "bending_length_weft_mm": round(1000.0 * weft, 2),
    }


def check_fabric(made: Fabric, where: str = "the fabric") -> None:
    """Refuse values that no cloth has.

    Raises:
        BadInput: a value is not finite or outside `BOUNDS`.
    """
    for key, (low, high, unit) in BOUNDS.items():
        value = getattr(made, key)
        if key in _OPTIONAL and value == 0.0:
            continue
        if not (isinstance(value, int | float) and math.isfinite(value) and low <= value <= high):
            raise BadInput(
                f"{where}: {key} is {value:.6g} {unit}".rstrip()
                + f", which no cloth has; it must lie between {low:g} and {high:g} {unit}".rstrip()
                + " (check its unit)."
            )


def named(made: Fabric, name: str) -> Fabric:
    """Return a fabric under a name that its content decides."""
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:30] or "own"
    digest = hashlib.sha256(repr(replace(made, name="")).encode()).hexdigest()[:8]
    return replace(made, name=f"{slug}_{digest}")


def _from_record(given: Mapping[str, Any], where: str) -> Fabric:
    """Return the fabric of a record: one of ours if it says what ours says, else one of its own name."""
    pattern = fabric("cotton")
    known = {f.name: f for f in dataclass_fields(Fabric)}
    asked = {k: v for k, v in given.items() if k not in _BESIDE}
    if unknown := sorted(asked.keys() - known):
        raise BadInput(f"{where}: the key {unknown[0][:40]!r} is unknown in a record; leave it out.")
    needed = [n for n, f in known.items() if f.default is MISSING]
    if missing := [n for n in needed if n not in asked]:
        raise BadInput(f"{where}: the record lacks {missing[0]}; add it, or write SI values instead.")
    for key, value in asked.items():
        _check_kind(key, value, getattr(pattern, key), where)
    made = fabric_from_record(asked)
    check_fabric(made, where)
    for key in ("roughness", "sheen", "sheen_roughness", "specular", "transmission"):
        if not 0.0 <= getattr(made, key) <= 1.0:
            raise BadInput(f"{where}: {key} is {getattr(made, key):g}; give a share from 0 to 1.")
    if not 0.01 <= made.yarn_mm <= 20.0:
        raise BadInput(f"{where}: yarn_mm is {made.yarn_mm:g}; give a spacing of yarns from 0.01 to 20 mm.")
    weaves = {record.weave for record in fabrics().values()}
    if made.weave not in weaves:
        raise BadInput(
            f"{where}: the weave {made.weave[:40]!r} is unknown; use one of: {', '.join(sorted(weaves))}."
        )
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", made.default_hex):
        raise BadInput(f"{where}: default_hex is {made.default_hex[:20]!r}; give a colour as #rrggbb.")
    ours = fabrics().get(made.name)
    if ours == made:
        return ours
    word = made.word or made.name
    changed = ours is None or any(getattr(ours, n) != getattr(made, n) for n in BOUNDS)
    made = replace(made, word=word if word in _words() else "cotton", words=())
    if changed:  # its drape is not the old one's
        made = replace(made, drape=None, drape_source="", status="converted")
    return made if named(made, stem(made.name)).name == made.name else named(made, stem(made.name))


def stem(name: str) -> str:
    """Return a fabric's name without the digest that `named` gave it."""
    return re.sub(r"_[0-9a-f]{8}$", "", name)


def _check_kind(key: str, value: Any, like: Any, where: str) -> None:
    """Refuse a record's value that is not of the kind of another record's."""
    if key == "drape":
        fine = value is None or (isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)))
        kind = "null or two numbers"
    elif isinstance(like, str):
        fine, kind = isinstance(value, str) and len(value) <= 1000, "a text"
    elif isinstance(like, tuple):
        fine, kind = isinstance(value, list) and all(isinstance(v, str) for v in value), "a list of texts"
    else:
        fine, kind = _is_number(value), "a number"
    if not fine:
        raise BadInput(f"{where}: {key} is {str(value)[:40]!r}; give {kind}.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _words() -> list[str]:
    return sorted(name for name, record in fabrics().items() if not record.word)


def _complete(si: Mapping[str, float], base: Fabric) -> dict[str, float]:
    """Give what a sheet does not say the base record's value, where cloths of a kind differ little."""
    asked = dict(si)
    if "strain_limit" in asked and "strain_limit_weft" not in asked:
        asked["strain_limit_weft"] = 0.0
    for name in ("warp", "weft"):
        if f"stretch_{name}" in asked and f"large_{name}" not in asked:
            asked[f"large_{name}"] = 0.0
    asked.setdefault("friction", base.friction)
    return asked


def _from_json(text: str, path: Path) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadInput(
            f"The fabric file {path} is not JSON ({str(error)[:80]}); write one object, or CSV lines."
        ) from error
    if not isinstance(values, dict):
        raise BadInput(f"The fabric file {path} holds no JSON object; write keys and values in braces.")
    return values


def _from_csv(text: str, path: Path) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for number, row in enumerate(csv.reader(io.StringIO(text)), start=1):
        cells = [cell.strip() for cell in row if cell.strip()]
        if not cells or cells[0].startswith("#") or cells[0].lower() == "key":
            continue
        if len(cells) not in (2, 3):
            raise BadInput(
                f"Line {number} of {path} has {len(cells)} cells; write key,value or key,warp,weft."
            )
        values[cells[0]] = cells[1] if len(cells) == 2 else cells[1:]
    return values


def _numbers(key: str, value: Any, where: str) -> tuple[float, float]:
    parts = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value, value]
    if len(parts) == 2:
        try:
            found = (float(parts[0]), float(parts[1]))
        except (TypeError, ValueError):
            found = (math.nan, math.nan)
        if all(math.isfinite(v) for v in found) and not any(isinstance(v, bool) for v in parts):
            return found
    raise BadInput(f"{where}: {key} is {str(value)[:40]!r}; give a number, or [warp, weft].")

"""`--pattern FILE`: a pattern from elsewhere takes the place of the drafted one.

Our JSON, GarmentCode's JSON, or DXF with a seam file beside it (the same name with `.seams.json`, or `--seams FILE`). The
sentence still says who wears it, in which fabric and colour, and what the wearer does.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toile.engine.core.errors import BadInput, DamagedFile, ToileError

if TYPE_CHECKING:
    from toile.garments.pattern import Pattern
    from toile.garments.resolved import ResolvedGarment

LIMIT_BYTES = 32 * 1024 * 1024


def read_pattern(path: Path, seams: Path | None = None) -> Pattern:
    """Return the pattern of a file.

    Raises:
        BadInput: the file cannot be read, is too large, of no known kind, or not a pattern that can be sewn; the sentence
            names file, piece and edge.
    """
    data = _bytes(path)
    try:
        if path.suffix.lower() == ".dxf":
            return _of_dxf(path, data, seams)
        return _of_json(path, data)
    except DamagedFile as error:
        raise BadInput(f"{path}: {error}") from error
    except ToileError as error:
        said = str(error)
        raise BadInput(said if path.name in said else f"{path}: {said}") from error


def seam_file_of(path: Path, seams: Path | None) -> Path:
    """Return the seam file of a DXF: the one named, or that beside it."""
    return seams if seams is not None else path.with_suffix(".seams.json")


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > LIMIT_BYTES:
            raise BadInput(f"{path} has {size // 2**20} MiB; a pattern has at most {LIMIT_BYTES // 2**20}.")
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}); name a pattern file.") from error


def _of_dxf(path: Path, data: bytes, seams: Path | None) -> Pattern:
    from toile.garments.dxf_import import pattern_from_dxf

    beside = seam_file_of(path, seams)
    if not beside.is_file():
        raise BadInput(
            f"{path} carries no stitches and there is no seam file {beside}; write one (docs/patterns.md) or name it with "
            "--seams."
        )
    return pattern_from_dxf(data, _bytes(beside).decode("utf-8", errors="replace"), path.name)


def _of_json(path: Path, data: bytes) -> Pattern:
    from toile.garments.garmentcode_import import looks_like_garmentcode, pattern_from_garmentcode
    from toile.garments.pattern_json import FORMAT, pattern_from_json

    try:
        document: Any = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path} is neither JSON nor DXF ({error}); give a pattern file.") from error
    if looks_like_garmentcode(document):
        return pattern_from_garmentcode(document)
    if isinstance(document, dict) and document.get("format") == FORMAT:
        return pattern_from_json(document)
    raise BadInput(f"{path} is JSON, but neither toile's pattern nor GarmentCode's specification.")


def worn_as(pattern: Pattern, garments: Sequence[ResolvedGarment]) -> Pattern:
    """Return a pattern named, layered and cut from cloth as a request's garments say.

    Raises:
        BadInput: they are not as many.
    """
    if len(pattern.garments) != len(garments):
        raise BadInput(
            f"The pattern file has {len(pattern.garments)} garments and the request names {len(garments)}; name as many, in "
            "the file's order."
        )
    panels = tuple(
        replace(p, placement=replace(p.placement, layer=garments[p.garment].layer)) for p in pattern.panels
    )
    return replace(
        pattern,
        garments=tuple(g.name for g in garments),
        fabrics=tuple(g.fabric for g in garments),
        panels=panels,
    )

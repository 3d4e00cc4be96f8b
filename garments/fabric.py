"""Fabrics: what a cloth weighs, how it stretches, bends, grips and looks; records in SI with their source.

The records are `data/fabrics.json`; `fabric_file.py` reads a user's own. Stretch is the tension per strain of a strip one metre wide [N/m]; bending the
moment per curvature of a strip one metre wide [N m].
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any

from toile.engine.core.errors import BadInput

GRAVITY = 9.81
"""m/s2"""


@dataclass(frozen=True)
class Fabric:
    """One fabric."""

    name: str
    label_zh: str
    area_density: float  # kg/m2
    thickness: float  # m
    stretch_warp: float  # N/m, at small strain
    stretch_weft: float  # N/m
    shear: float  # N/m
    bend_warp: float  # N m, curvature along the warp
    bend_weft: float  # N m
    friction: float  # against skin and against itself, 1
    strain_limit: float  # strain at which the yarns are straight and the fabric locks, 1
    damping: float  # s, stiffness-proportional
    # appearance
    weave: str  # plain | twill | satin | jersey | rib
    yarn_mm: float  # yarn spacing, mm
    roughness: float  # GGX alpha's square root, 0-1
    sheen: float  # 0-1, weight of Charlie sheen
    sheen_roughness: float  # 0-1
    specular: float  # normal-incidence reflectance
    transmission: float  # 0-1, thin, diffuse and straight through
    default_hex: str
    source: str
    # what the record rests on, and what it refines
    status: str = (
        "estimated"  # measured (one cloth, one source) | converted (from a sheet) | estimated (trade values)
    )
    word: str = ""  # the request's word for this kind of fabric; empty: its own name
    label_en: str = ""
    words: tuple[
        str, ...
    ] = ()  # what calls for this record rather than its word's own, in Chinese and English
    strain_limit_weft: float = 0.0  # 0: as along the warp
    large_warp: float = 0.0  # N/m, slope beyond the strain limit; 0: nine times the small-strain one
    large_weft: float = 0.0
    drape: tuple[float, float] | None = (
        None  # published Cusick drape coefficients of this kind of cloth, %, low and high
    )
    drape_source: str = ""

    @property
    def limit_warp(self) -> float:
        """Strain at which the fabric locks along the warp."""
        return self.strain_limit

    @property
    def limit_weft(self) -> float:
        """Strain at which the fabric locks along the weft."""
        return self.strain_limit_weft or self.strain_limit

    @property
    def lock_warp(self) -> float:
        """By how many times `stretch_warp` the fabric is stiffer beyond the limit."""
        return _lock(self.stretch_warp, self.large_warp)

    @property
    def lock_weft(self) -> float:
        """By how many times `stretch_weft` the fabric is stiffer beyond the limit."""
        return _lock(self.stretch_weft, self.large_weft)


LOCK = 8.0
"""Stiffening beyond the strain limit where a record states none."""


def _lock(small: float, large: float) -> float:
    return LOCK if large <= 0.0 else large / small - 1.0


@functools.cache
def fabrics() -> dict[str, Fabric]:
    """Return every fabric record by name."""
    text = resources.files("toile.garments").joinpath("data/fabrics.json").read_text(encoding="utf-8")
    return {record["name"]: fabric_from_record(record) for record in json.loads(text)["fabrics"]}


_adopted: dict[str, Fabric] = {}


def adopt(own: Fabric) -> Fabric:
    """Make a fabric of the user's known by its name in this process, and return it.

    `fabric_file.read_fabric` names such a fabric by its content, so one name never means two fabrics.
    """
    _adopted[own.name] = own
    return own


def fabric_from_record(record: Mapping[str, Any]) -> Fabric:
    """Return the fabric that a record of plain values describes."""
    lists = {k: tuple(v) for k, v in record.items() if isinstance(v, list)}
    return Fabric(**{**record, **lists})


def fabric_to_record(own: Fabric) -> dict[str, Any]:
    """Return a fabric as plain values."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(own).items()}


def bending_length(own: Fabric) -> tuple[float, float]:
    """Return Peirce's bending lengths [m] along warp and weft: B = w g c^3 (ISO 9073-7, ASTM D1388 with half the overhang)."""
    weight = own.area_density * GRAVITY
    return ((own.bend_warp / weight) ** (1 / 3), (own.bend_weft / weight) ** (1 / 3))


def fabric(name: str) -> Fabric:
    """Return a fabric by name.

    Raises:
        BadInput: no record has that name.
    """
    found = fabrics().get(name) or _adopted.get(name)
    if found is None:
        raise BadInput(f"There is no fabric called {name!r}; choose one of: {', '.join(sorted(fabrics()))}.")
    return found

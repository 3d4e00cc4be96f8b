"""Six cloths of a laboratory with the drape measured on each: what our test gives from their mechanics, beside CLO's.

Petrak et al. 2025, Sustainability 17, 1388 (CC BY 4.0), tables 1, 2, 4 and 5: KES-FB measurements in the units that CLO3D takes,
the coefficient of the cloth and of CLO3D's simulation with them; transcribed by way of a public repository, the article itself was
not at hand. The hysteresis of their bending is not among the values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from toile.engine.cloth.drape_test import drape_coefficient
from toile.garments.bending_friction import cantilever_bending
from toile.garments.fabric import GRAVITY, Fabric
from toile.garments.fabric_file import fabric_from_values

Row = Mapping[str, Any]
PER_CM = 100.0  # 1/m


@dataclass(frozen=True)
class MeasuredCloth:
    """A cloth: values in CLO's units (g/m2, mm, g/s2, g mm2/s2), drape coefficients [%] measured and of CLO3D."""

    word: str
    density: float
    thickness: float
    stretch: tuple[float, float]
    shear: float
    bending: tuple[float, float]
    drape: float
    drape_clo: float

    def fabric(self, name: str) -> Fabric:
        """Return it as a fabric of ours."""
        return fabric_from_values(
            {
                "format": "clo",
                "name": name,
                "word": self.word,
                "density": self.density,
                "thickness": self.thickness,
                "stretch": list(self.stretch),
                "shear": self.shear,
                "bending": list(self.bending),
            }
        )


CLOTHS: Mapping[str, MeasuredCloth] = {
    "polyester-twill": MeasuredCloth(
        "polyester", 135.17, 0.31, (477226, 458614), 41000, (1950, 610), 22.3, 34.9
    ),
    "polyester-plain": MeasuredCloth(
        "polyester", 83.66, 0.25, (471944, 373515), 46000, (850, 330), 22.8, 31.3
    ),
    "wool-stretch-twill": MeasuredCloth(
        "wool", 178.70, 0.40, (449656, 439815), 50000, (2140, 2000), 34.9, 40.4
    ),
    "viscose-stretch-twill": MeasuredCloth(
        "polyester", 286.13, 0.61, (403447, 401762), 61000, (2970, 2400), 28.6, 32.3
    ),
    "polyester-stretch-plain": MeasuredCloth(
        "polyester", 242.00, 0.56, (407166, 415023), 57000, (3220, 3880), 44.3, 43.8
    ),
    "cotton-stretch-twill": MeasuredCloth(
        "cotton", 253.36, 0.62, (473860, 404746), 126000, (7430, 3700), 54.9, 61.3
    ),
}


def with_friction(cloth: Fabric, per_cm: float = 1.0) -> Fabric:
    """Return a fabric whose bending is what a cantilever reads where 2HB is so many times B [1/cm]."""
    weight = GRAVITY * cloth.area_density
    warp, weft = (
        cantilever_bending(b, 0.5 * per_cm * PER_CM * b, weight) for b in (cloth.bend_warp, cloth.bend_weft)
    )
    return replace(cloth, bend_warp=warp, bend_weft=weft)


def measured(name: str, _keep: Path | None) -> Row:
    """Drape one of the six, from B alone and with friction as common (2HB = B a cm): coefficients beside the laboratory's."""
    cloth = CLOTHS[name]
    own = cloth.fabric(name)
    alone, tests = drape_coefficient(own)
    rubbing, more = drape_coefficient(with_friction(own))
    return {
        "measured": cloth.drape,
        "from_b": round(alone, 1),
        "with_friction": round(rubbing, 1),
        "clo3d": cloth.drape_clo,
        "nodes": "/".join(str(t.nodes) for t in (*tests, *more)),
        "settled": all(t.equilibrium.converged for t in (*tests, *more)),
    }


CASES = {f"cloth/measured-{name}": partial(measured, name) for name in CLOTHS}

"""Dye and print of a resolved garment: as said, else its fabric's own; blue denim is indigo."""

from __future__ import annotations

from toile.garments.fabric import Fabric
from toile.garments.ledger import Ledger
from toile.garments.spec import GarmentSpec
from toile.shaders.print_scale import PRINT_REPEAT_CM

INDIGO = {"blue": "#3f5f8f", "dark blue": "#2b3a55", "light blue": "#8aa3c2"}
"""What blue denim is dyed with: indigo, over a white weft."""


def resolve_dye(path: str, spec: GarmentSpec, cloth: Fabric, ledger: Ledger) -> str:
    """Return a garment's display colour: as said, else its fabric's own; the blue of denim is indigo."""
    if spec.colour is None:
        return cloth.default_hex
    entry = ledger.request.provenance.get(f"{path}.colour")
    typed = entry is not None and "#" in (entry.text or "")
    if cloth.name == "denim" and spec.colour.name in INDIGO and not typed:
        dyed = INDIGO[spec.colour.name]
        ledger.chose(f"{path}.colour", "inferred", f"The {spec.colour.name} of denim is indigo, {dyed}.")
        return dyed
    return spec.colour.hex


def resolve_print_scale(path: str, spec: GarmentSpec, ledger: Ledger) -> float | None:
    """Return the repeat of a garment's print [cm]: as said, else the print's own; None for solid cloth."""
    if spec.print in (None, "solid"):
        if spec.print_scale_cm is not None:
            ledger.note(
                f"{path}.print_scale_cm", "ignored", "A repeat was given, but no print; the cloth is solid."
            )
        return None
    if spec.print_scale_cm is not None:
        ledger.asked(f"{path}.print_scale_cm")
        return spec.print_scale_cm
    ledger.chose(f"{path}.print_scale_cm")
    return PRINT_REPEAT_CM[spec.print]

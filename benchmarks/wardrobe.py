"""The wardrobe: every block of the vocabulary, one garment each, and what a drape of it on one woman measures.

A kept folder holds `simulation.npz` beside each row: `scripts/wardrobe_pictures.py --draped --from DIR` draws what was draped here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.drapes import draped

Row = Mapping[str, Any]
Garment = Mapping[str, Any]
BODY = {"sex": "female", "height_cm": 168.0, "weight_kg": 60.0}
EDGE = 0.016


def _dress(**fields: Any) -> Garment:
    return {"category": "dress", **fields}


def _skirt(silhouette: str, **fields: Any) -> Garment:
    return {"category": "skirt", "silhouette": silhouette, **fields}


WARDROBE: Mapping[str, tuple[str, Garment]] = {
    # name -> (what it shows, the garment as a request has it)
    **{f"skirt-{s}": (f"Skirt, {s.replace('_', ' ')}", _skirt(s, length="knee")) for s in (
        "straight", "a_line", "circle", "half_circle", "pencil", "pleated", "wrap")},
    "skirt-tiered": ("Skirt, tiered", _skirt("tiered", length="midi")),
    "skirt-mermaid": ("Skirt, mermaid", _skirt("mermaid", length="maxi")),
    **{f"neck-{n}": (f"Neckline {n.replace('_', ' ')}", _dress(neckline=n, silhouette="a_line", length="knee", fit="regular")) for n in (
        "crew", "scoop", "v", "square", "boat", "halter", "off_shoulder", "strapless", "sweetheart")},
    **{f"collar-{n}": (f"Collar: {n.replace('_', ' ')}", {"category": "shirt", "neckline": n, "sleeve": "long"}) for n in (
        "shirt_collar", "mandarin", "peter_pan")},
    "collar-turtleneck": ("Turtleneck", {"category": "sweater", "neckline": "turtleneck"}),
    "collar-lapel": ("Lapels", {"category": "jacket", "neckline": "lapel"}),
    "collar-hood": ("Hood", {"category": "hoodie", "neckline": "hood"}),
    **{f"sleeve-{s}": (f"Sleeve, {s.replace('_', ' ')}", _dress(sleeve=s, silhouette="a_line", length="knee")) for s in (
        "cap", "short", "elbow", "three_quarter", "long")},
    **{f"sleeve-{s}": (f"Sleeve, {s}", {"category": "blouse", "sleeve": "long", "sleeve_style": s}) for s in (
        "raglan", "bell", "bishop", "dolman", "kimono")},
    "sleeve-puff": ("Sleeve, puff", _dress(sleeve="short", sleeve_style="puff", length="knee")),
    "waist-empire": ("Dress, empire", _dress(waistline="empire", sleeve="short", length="midi")),
    "waist-drop": ("Dress, drop waist", _dress(waistline="drop", silhouette="half_circle", length="knee")),
    **{f"dress-{s}": (f"Dress, {s.replace('_', ' ')}", _dress(silhouette=s, length="midi")) for s in (
        "sheath", "fit_and_flare", "mermaid", "tiered")},
    **{f"trousers-{s}": (f"Trousers, {s}", {"category": "trousers", "silhouette": s}) for s in (
        "straight", "skinny", "tapered", "wide", "flared")},
    "shorts": ("Shorts", {"category": "shorts"}),
    "jumpsuit": ("Jumpsuit", {"category": "jumpsuit", "neckline": "v"}),
    "t_shirt": ("T-shirt", {"category": "t_shirt"}),
    "tank_top": ("Tank top", {"category": "tank_top"}),
    "vest": ("Vest", {"category": "vest"}),
    "coat": ("Coat", {"category": "coat", "length": "knee"}),
    "detail-seam_pockets": ("In-seam pockets, zip behind", _skirt("straight", length="knee", pockets=True)),
    "detail-patch_pockets": ("Patch pockets", _skirt("a_line", length="knee", details=["patch_pockets"], fabric="denim")),
    "detail-jeans": ("Jeans with pockets and a belt", {"category": "trousers", "fabric": "denim", "pockets": True, "details": ["belt"]}),
    "detail-hoodie": ("Kangaroo pocket", {"category": "hoodie", "neckline": "hood", "pockets": True}),
    "detail-belted_coat": ("Belted, double-breasted coat with a vent", {
        "category": "coat", "length": "knee", "closure": "double_breasted", "pockets": True, "details": ["belt"], "slit": True, "fit": "loose"}),
    "detail-wrap_dress": ("Wrap dress, surplice front, belt", _dress(silhouette="wrap", length="knee", sleeve="elbow", details=["belt"])),
    "detail-surplice": ("Surplice front", {"category": "blouse", "sleeve": "long", "details": ["surplice"]}),
    "detail-straps": ("Spaghetti straps", _dress(silhouette="half_circle", neckline="v", length="knee", fabric="satin", details=["spaghetti_straps"])),
    "detail-back_slit": ("Pencil skirt with a back slit", _skirt("pencil", length="midi", slit=True, details=["back_slit"])),
    "detail-button_dress": ("Dress that buttons, facings", _dress(silhouette="a_line", length="knee", closure="buttons", neckline="crew")),
    "detail-zip_dress": ("Dress with a back zip, facings", _dress(silhouette="straight", length="knee", closure="back_zip", neckline="square")),
    "detail-raglan_rib": ("Raglan with ribs", {"category": "sweater", "sleeve_style": "raglan"}),
}  # fmt: skip


def resolved(name: str) -> tuple[Any, Any]:
    """Return a block's request with every default filled in, and the avatar that wears it."""
    from toile.avatars.fit import fit_avatar
    from toile.garments.resolve import resolve
    from toile.garments.spec import request_from_json

    request = resolve(request_from_json(json.dumps({"garments": [WARDROBE[name][1]], "wearer": BODY})))
    return request, fit_avatar(dict(request.wearer.measurements), request.wearer.sex)


def drape_block(name: str, keep: Path | None) -> Row:
    """Drape a block at 16 mm: what crosses what, and whether it is worn as it should be."""
    from toile.garments.drafting import draft

    row_file = keep / "row.json" if keep is not None else None
    if row_file is not None and row_file.is_file():
        row: Row = json.loads(row_file.read_text(encoding="utf-8"))
        return {**row, "resumed": True}
    request, avatar = resolved(name)
    found, simulation = draped(draft(request.garments, avatar.figure.measurements), avatar.figure, EDGE)
    if row_file is not None:
        row_file.parent.mkdir(parents=True, exist_ok=True)
        if simulation is not None:
            simulation.save(row_file.parent / "simulation.npz")
        row_file.write_text(json.dumps(found), encoding="utf-8")
    return found


CASES = {f"wardrobe/{name}": partial(drape_block, name) for name in WARDROBE}

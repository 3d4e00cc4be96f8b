"""Materials of a GLB: cloth and skin as metallic-roughness with sheen, transmission and tiles that repeat.

Source: glTF 2.0 specification, 3.9; KHR_materials_sheen, _transmission, _ior; KHR_texture_transform.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from toile.engine.core.errors import BadInput
from toile.engine.export.glb import GltfDocument
from toile.garments.fabric import Fabric

_LINEAR, _MIPMAPS, _REPEAT = 9729, 9987, 10497


@dataclass(frozen=True)
class Tile:
    """A picture that repeats over the cloth.

    size: width and height of one repeat on the panel [m]; png: its x runs along the weft, its top along +y.
    """

    size: tuple[float, float]
    png: bytes


@dataclass(frozen=True)
class Material:
    """How a garment (or the skin) looks, in the terms of glTF's metallic-roughness model; colour is sRGB "#rrggbb".

    roughness: perceptual (GGX alpha's square root); sheen: weight of Charlie sheen, 0-1; specular: reflectance at
    normal incidence; transmission: share of light that passes a thin layer, 0-1; print: base colours that replace
    `colour`; weave: normals of the threads.
    """

    name: str
    colour: str
    roughness: float = 0.8
    sheen: float = 0.0
    sheen_roughness: float = 0.5
    specular: float = 0.04
    transmission: float = 0.0
    print: Tile | None = None
    weave: Tile | None = None


def fabric_material(
    name: str,
    fabric: Fabric,
    colour: str | None = None,
    print_kind: str = "solid",
    print_colours: Sequence[str] = (),
    print_scale_cm: float | None = None,
) -> Material:
    """Return the material of a garment: its fabric's surface and weave, a colour "#rrggbb" (the fabric's own when None).

    The print repeats every `print_scale_cm`, or as the print itself does (None).

    Raises:
        BadInput: there is no such print, or a colour is not "#rrggbb".
    """
    from toile.engine.export.tiles import print_tile, weave_tile

    chosen = colour or fabric.default_hex
    return Material(
        name=name,
        colour=chosen,
        roughness=fabric.roughness,
        sheen=fabric.sheen,
        sheen_roughness=fabric.sheen_roughness,
        specular=fabric.specular,
        transmission=fabric.transmission,
        print=print_tile(
            print_kind,
            chosen,
            print_colours,
            knitted=fabric.weave in ("jersey", "rib"),
            scale_cm=print_scale_cm,
        ),
        weave=weave_tile(fabric),
    )


def linear_colour(colour: str) -> tuple[float, float, float]:
    """Return linear RGB, 0-1, of an sRGB colour "#rrggbb".

    Raises:
        BadInput: the text is not such a colour.
    """
    try:
        digits = colour.removeprefix("#")
        code = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        if len(digits) != 6:
            raise ValueError
    except ValueError as error:
        raise BadInput(f"{colour!r} is not a colour; write it as #rrggbb.") from error
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in code)
    return r, g, b


def add_material(document: GltfDocument, material: Material, *, double_sided: bool) -> int:
    """Append a material and its textures; return its index."""
    colour = linear_colour(material.colour)
    surface: dict[str, Any] = {"metallicFactor": 0.0, "roughnessFactor": float(material.roughness)}
    entry: dict[str, Any] = {
        "name": material.name,
        "pbrMetallicRoughness": surface,
        "doubleSided": double_sided,
    }
    surface["baseColorFactor"] = [*colour, 1.0]
    if material.print is not None:
        surface["baseColorFactor"] = [1.0, 1.0, 1.0, 1.0]
        surface["baseColorTexture"] = _add_texture(document, material.print)
    if material.weave is not None:
        entry["normalTexture"] = _add_texture(document, material.weave)
    extensions: dict[str, Any] = {}
    if material.sheen > 0:
        tint = [
            float(material.sheen * (0.5 + 0.5 * c)) for c in colour
        ]  # fibres scatter half of it uncoloured
        extensions["KHR_materials_sheen"] = {
            "sheenColorFactor": tint,
            "sheenRoughnessFactor": float(material.sheen_roughness),
        }
    if material.transmission > 0:
        extensions["KHR_materials_transmission"] = {"transmissionFactor": float(material.transmission)}
    if abs(material.specular - 0.04) > 1e-4:
        root = float(np.sqrt(min(max(material.specular, 0.0), 0.9)))
        extensions["KHR_materials_ior"] = {"ior": (1 + root) / (1 - root)}
    if extensions:
        entry["extensions"] = extensions
        for name in extensions:
            document.use(name)
    return document.add("materials", entry)


def _add_texture(document: GltfDocument, tile: Tile) -> dict[str, Any]:
    document.use("KHR_texture_transform")
    image = document.add("images", {"bufferView": document.add_view(tile.png), "mimeType": "image/png"})
    if "samplers" not in document.json:
        document.add(
            "samplers", {"magFilter": _LINEAR, "minFilter": _MIPMAPS, "wrapS": _REPEAT, "wrapT": _REPEAT}
        )
    texture = document.add("textures", {"source": image, "sampler": 0})
    transform = {"scale": [1.0 / tile.size[0], 1.0 / tile.size[1]]}
    return {"index": texture, "extensions": {"KHR_texture_transform": transform}}

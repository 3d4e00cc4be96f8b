"""From fabric records and display colours to the shader's materials.

A colour asked for as `#rrggbb` is what a lit piece of the cloth should show on the screen, so its albedo is the inverse
of the tone map at the studio's usual light, kept within what dyes can do (2 % to 86 %).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from toile.engine.core.device import warp
from toile.engine.render.scene import GarmentLook, Scene, hex_colour
from toile.shaders.tone import agx_inverse

USUAL_LIGHT = (
    1.15  # radiance of a white surface where the garment is read: lit by the key at 45 degrees, and the dome
)
DARKEST, BRIGHTEST = 0.018, 0.86
PRINT_DEFAULTS_CM = {"solid": 1.0, "stripes": 3.0, "check": 3.0, "dots": 3.0, "floral": 7.0}
ANISOTROPY = {"satin": 0.62, "twill": 0.15}  # share by which threads stretch the highlight across themselves


def albedo(colour: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the linear albedo (3,) that reads as a display colour in the studio."""
    return np.clip(agx_inverse(np.array(hex_colour(colour))) / USUAL_LIGHT, DARKEST, BRIGHTEST)


def build_materials(scene: Scene, device: str) -> Any:
    """Return a Warp array of materials: skin, eyes, then one a garment."""
    wp = warp()
    from toile.shaders.material import Material

    records = [_skin(Material(), scene.skin, wp), _skin(Material(), scene.skin, wp)]
    records += [_cloth(Material(), look, wp) for look in scene.looks]
    return wp.array(records, dtype=Material, device=device)


def _skin(m: Any, colour: str, wp: Any) -> Any:
    base = albedo(colour)
    m.kind = 0
    m.base = wp.vec3(*base)
    m.alpha_warp = m.alpha_weft = 0.36
    m.f0 = 0.028
    return m


def _cloth(m: Any, look: GarmentLook, wp: Any) -> Any:
    from toile.shaders.prints import PRINTS
    from toile.shaders.weave import WEAVES

    fabric = look.fabric
    base = albedo(look.colour)
    ground = float(base @ (0.2126, 0.7152, 0.0722))
    contrast = "#f4f1ea" if ground < 0.3 else "#2b2d33"
    first = albedo(look.print_colours[0] if look.print_colours else contrast)
    second = albedo(look.print_colours[1]) if len(look.print_colours) > 1 else 0.5 * (first + base)
    scale_cm = look.print_scale_cm if look.print_scale_cm > 0 else PRINT_DEFAULTS_CM[look.print_kind]
    alpha = max(fabric.roughness, 0.2) ** 2
    stretch = ANISOTROPY.get(fabric.weave, 0.0)
    m.kind = 1
    m.base, m.first, m.second = wp.vec3(*base), wp.vec3(*first), wp.vec3(*second)
    m.print_kind = PRINTS.index(look.print_kind)
    m.print_scale = scale_cm / 100.0
    m.print_turned = int(fabric.weave in ("jersey", "rib"))
    weave = "grain" if fabric.name == "leather" else fabric.weave
    m.weave_kind = WEAVES.index(weave)
    m.yarn = fabric.yarn_mm / 1000.0
    m.slub = 0.012 if weave in ("satin", "grain") else min(0.02 + 0.11 * fabric.yarn_mm, 0.12)
    m.bump = 0.35 if weave == "satin" else 0.8
    m.alpha_warp = float(np.clip(alpha * (1.0 - stretch), 0.03, 1.0))
    m.alpha_weft = float(np.clip(alpha * (1.0 + stretch), 0.03, 1.0))
    m.f0 = fabric.specular
    tint = 0.3 + 0.7 * np.sqrt(base)
    m.sheen = wp.vec3(*(0.45 * fabric.sheen * tint))
    m.sheen_roughness = fabric.sheen_roughness
    m.transmission = fabric.transmission
    m.stitch = 1.0
    return m

"""From fabric records and display colours to the shader's materials.

A colour asked for as `#rrggbb` is what a lit piece of the cloth should show on the screen. The shader is linear in the
albedo, so two swatches, one black and one white, give the gloss g and the matte share d of a fabric in the studio, and
the albedo is (T^-1(colour) - g) / d with T the tone map, kept within what dyes can do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.avatars.mannequin import EYE_WHITE
from toile.engine.core.buttons import COLOURS
from toile.engine.core.device import warp
from toile.engine.render.lighting import build_studio
from toile.engine.render.scene import Camera, GarmentLook, Lighting, Scene, hex_colour
from toile.engine.render.surface import BODY_MATERIALS, BUTTON
from toile.shaders.print_scale import print_repeat_cm
from toile.shaders.tone import agx_inverse, linear_to_srgb, srgb_to_linear

F64 = NDArray[np.float64]

DARKEST, BRIGHTEST = 0.003, 0.86  # of one channel
HEADROOM = 0.80  # linear light of the brightest channel of a lit surface, so that highlights have room
BLACKEST = 0.010  # luminance of the blackest dye
STRETCH = {"satin": (0.70, 1.40), "twill": (0.95, 1.1)}  # GGX alpha along warp and weft, per record's
GLOSS = {
    "satin": (1.0, 0.6),
    "grain": (1.0, 0.1),
}  # gloss of the cloth per thread's, and how far dye tints it
MATTE_GLOSS = (0.45, 0.3)
SILK_GLOSS = (0.9, 0.72)  # filaments take the dye deeper than satin's
FLECKS = {"denim": (0.30, 0.0011, 7.0), "tweed": (0.5, 0.0009, 1.3)}
"""Of a twill of undyed and dyed yarns, and of tufts: contrast, size [m], how many times longer along the warp."""
PILE = 0.5  # sheen from which a cloth is brushed or cut to a pile, that catches light at its edges
STRAND = 0.0005  # m: the finest strands that are drawn
LUMA = np.array([0.2126, 0.7152, 0.0722])


def build_materials(scene: Scene, device: str) -> Any:
    """Return a Warp array of materials: skin, eyes, hair, buttons, then one a garment."""
    wp = warp()
    from toile.shaders.material import Material
    from toile.shaders.prints import PRINTS

    records = [_skin(), _eyes(), _hair(), _buttons(), *(_cloth(look) for look in scene.looks)]
    gloss, matte = swatches(records, scene, device)
    figure = scene.mannequin
    for i, colour in enumerate(
        (figure.skin, EYE_WHITE if figure.painted else figure.skin, figure.hair_colour)
    ):
        records[i].base = wp.vec3(*albedo(colour, gloss[i], matte[i]))
        records[i].first = wp.vec3(*albedo(figure.base_layer, gloss[i], matte[i]))
    records[BUTTON].base = wp.vec3(*albedo(COLOURS["pearl"], gloss[BUTTON], matte[BUTTON]))
    records[BUTTON].first = wp.vec3(*albedo(COLOURS["horn"], gloss[BUTTON], matte[BUTTON]))
    for i, look in enumerate(scene.looks, start=BODY_MATERIALS):
        record = records[i]
        base = albedo(look.colour, gloss[i], matte[i])
        dark = float(srgb_to_linear(np.array(hex_colour(look.colour))) @ LUMA) < 0.25
        chosen = look.print_colours or ("#f4f1ea" if dark else "#2b2d33",)
        first = albedo(chosen[0], gloss[i], matte[i])
        second = albedo(chosen[1], gloss[i], matte[i]) if len(chosen) > 1 else 0.5 * (first + base)
        record.print_kind = PRINTS.index(look.print_kind)
        record.base, record.first, record.second = wp.vec3(*base), wp.vec3(*first), wp.vec3(*second)
    return wp.array(records, dtype=Material, device=device)


def albedo(colour: str, gloss: F64, matte: F64) -> F64:
    """Return the albedo (3,) with which a fabric reads as a display colour, or as near as a dye can come.

    Args:
        colour: `#rrggbb`.
        gloss: radiance (3,) of the fabric dyed ideally black.
        matte: what an ideally white dye adds (3,).
    """
    light = srgb_to_linear(np.array(hex_colour(colour)))
    light = light * min(1.0, HEADROOM / max(float(light.max()), 1e-6))

    def dye(scale: float) -> F64:
        return (agx_inverse(linear_to_srgb(scale * light)) - gloss) / matte

    scale = 1.0
    if dye(1.0).max() > BRIGHTEST:  # too bright for any dye: the same hue, darker
        low, high = 0.0, 1.0
        for _ in range(30):
            scale = 0.5 * (low + high)
            low, high = (scale, high) if dye(scale).max() < BRIGHTEST else (low, scale)
    result = np.clip(dye(scale), DARKEST, BRIGHTEST)
    return np.asarray(result + max(0.0, BLACKEST - float(result @ LUMA)))


def swatches(records: list[Any], scene: Scene, device: str) -> tuple[F64, F64]:
    """Return each material's mean gloss and matte share (M, 3) over a lit, gently curved swatch in the studio."""
    wp = warp()
    from toile.engine.render import shade_kernels as kernels
    from toile.shaders.brdf import lobe_table
    from toile.shaders.material import Material

    studio = build_studio(Lighting(), Camera((0.0, 1.0, 3.0), (0.0, 1.0, 0.0)))
    azimuth, elevation = np.meshgrid(np.radians(np.linspace(-65, 35, 21)), np.radians([-15.0, 0.0, 15.0]))
    n = np.stack(
        [np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)], -1
    )
    normals = wp.array(n.reshape(-1, 3).astype(np.float32), dtype=wp.vec3, device=device)
    table = wp.array(lobe_table(), dtype=float, device=device)
    means = []
    for shade in (0.0, 1.0):
        for record in records:
            record.base = record.first = record.second = wp.vec3(shade, shade, shade)
        out = wp.zeros((len(records), normals.size), dtype=wp.vec3, device=device)
        dyed = wp.array(records, dtype=Material, device=device)
        wp.launch(
            kernels.shade_swatch,
            dim=out.shape,
            inputs=[dyed, studio, table, normals],
            outputs=[out],
            device=device,
        )
        means.append(out.numpy().astype(np.float64).mean(axis=1))
    return means[0], means[1] - means[0]


def _skin() -> Any:
    from toile.shaders.material import Material

    m = Material()
    m.kind = 0
    m.alpha_warp = m.alpha_weft = 0.36
    m.f0 = 0.028
    return m


def _eyes() -> Any:
    m = _skin()
    m.alpha_warp = m.alpha_weft = 0.07
    return m


def _buttons() -> Any:
    m = _skin()
    m.alpha_warp = m.alpha_weft = 0.10
    m.f0 = 0.045
    return m


def _hair() -> Any:
    from toile.shaders.material import Material
    from toile.shaders.weave import WEAVES

    m = Material()
    m.kind = 1
    m.weave_kind = WEAVES.index("strands")
    m.yarn = STRAND
    m.bump = 0.9
    m.alpha_warp, m.alpha_weft = 0.30, 0.75
    m.f0 = 0.046
    m.gloss = warp().vec3(0.42, 0.36, 0.31)
    m.sheen_roughness = 0.5
    return m


def _cloth(look: GarmentLook) -> Any:
    from toile.shaders.material import Material
    from toile.shaders.weave import WEAVES

    fabric = look.fabric
    scale_cm = print_repeat_cm(look.print_kind, look.print_scale_cm)
    family = fabric.word or fabric.name
    weave = "grain" if fabric.name == "leather" else fabric.weave
    alpha_warp, alpha_weft = fabric.roughness**2, fabric.roughness**2
    if weave in STRETCH:
        along, across = STRETCH[weave]
        linear = fabric.roughness if weave == "satin" else fabric.roughness**2
        alpha_warp, alpha_weft = along * linear, across * linear
    m = Material()
    m.kind = 1
    m.print_scale = scale_cm / 100.0
    m.print_turned = int(fabric.weave in ("jersey", "rib"))
    m.weave_kind = WEAVES.index(weave)
    m.yarn = fabric.yarn_mm / 1000.0
    m.slub = 0.012 if weave in ("satin", "grain") else min(0.02 + 0.11 * fabric.yarn_mm, 0.12)
    m.bump = 0.35 if weave == "satin" else 0.8
    m.alpha_warp = float(np.clip(alpha_warp, 0.03, 1.0))
    m.alpha_weft = float(np.clip(alpha_weft, 0.03, 1.0))
    m.f0 = fabric.specular
    colour = srgb_to_linear(np.array(hex_colour(look.colour)))
    share, tint = SILK_GLOSS if family == "silk" else GLOSS.get(weave, MATTE_GLOSS)
    hue = colour / max(float(colour.max()), 1e-3)
    m.gloss = warp().vec3(*(share * (1.0 - tint + tint * hue)))
    lobe = (0.45 + max(0.0, fabric.sheen - PILE) / (1.0 - PILE)) * fabric.sheen
    m.sheen = warp().vec3(*np.minimum(lobe * (0.12 + 0.88 * np.sqrt(colour)), 1.0))
    m.fleck, m.fleck_size, m.fleck_long = FLECKS.get(family, (0.0, 0.001, 1.0))
    m.sheen_roughness = fabric.sheen_roughness
    m.transmission = fabric.transmission
    m.stitch = 1.0
    return m

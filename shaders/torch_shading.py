"""The shading of cloth and skin in torch: the twin of `material.py` without its procedural weave, stitches and prints.

Materials and lights are dataclasses of tensors, so that a picture can be differentiated by any of them. Cloth's pattern
is a texture on the flat panel. All colours are scene-linear; `Lights` gives light as `studio.py` does.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from toile.shaders import torch_brdf as t
from toile.shaders.paint import LEVELS, PAINTED, TEXEL

SKIN, CLOTH = 0.0, 1.0


@dataclass(frozen=True)
class Texture:
    """A tile that repeats over the flat panel: image (H, W, 3), linear albedo, row 0 at y = 0; size_m (width, height).

    turned: its x runs along the warp (jersey and rib, whose stripes lie across the body).
    """

    image: Tensor
    size_m: tuple[float, float]
    turned: bool = False


@dataclass(frozen=True)
class Materials:
    """One row a material (0 skin, 1 eyes, 2 hair, 3 + garment): scalars (M, 1), colours (M, 3), and a texture or None each.

    kind: 0 skin, 1 cloth; base: albedo, `layer`: the base layer's on skin; alpha_*: GGX; gloss: colour of mirrored light.
    """

    kind: Tensor
    base: Tensor
    layer: Tensor
    alpha_warp: Tensor
    alpha_weft: Tensor
    f0: Tensor
    gloss: Tensor
    sheen: Tensor
    sheen_roughness: Tensor
    transmission: Tensor
    textures: tuple[Texture | None, ...]
    paint: Tensor | None = None

    def replace(self, **changes: object) -> Materials:
        """Return a copy with some fields changed."""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Lights:
    """The studio as one camera sees it, every field a tensor (3,) but the sizes (tangents of softbox radii)."""

    key_direction: Tensor
    key_colour: Tensor
    rim_direction: Tensor
    rim_colour: Tensor
    fill_direction: Tensor
    fill_colour: Tensor
    sky: Tensor
    horizon: Tensor
    ground: Tensor
    backdrop_high: Tensor
    backdrop_low: Tensor
    backdrop_corner: float = 0.22
    key_size: float = 0.158
    rim_size: float = 0.158
    fill_size: float = 0.364

    def replace(self, **changes: object) -> Lights:
        """Return a copy with some fields changed."""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Points:
    """Surface points as the eye sees them: n, v, weft, warp (N, 3), unit; uv (N, 2) [m] on the panel (skin: distance from
    the base layer's edge); footprint (N, 1) [m]; material (N,); open (N, 1) share of the dome, key, rim and fill (N, 1)
    visible shares, bounce (N, 3)."""

    n: Tensor
    v: Tensor
    weft: Tensor
    warp: Tensor
    uv: Tensor
    footprint: Tensor
    material: Tensor
    open: Tensor
    key: Tensor
    rim: Tensor
    fill: Tensor
    bounce: Tensor
    chart: Tensor | None = None


@dataclass(frozen=True)
class Shaded:
    """Radiance (N, 3) and its parts, which add up to it: light on the matte base by source, gloss, sheen, through."""

    radiance: Tensor
    albedo: Tensor
    components: dict[str, Tensor]


@functools.cache
def _dome_weights(device: str) -> Tensor:
    """Polynomials in the normal's height (3, 7): cosine-weighted shares of sky, horizon and ground."""
    count = 20000
    i = np.arange(count) + 0.5
    y = 1.0 - 2.0 * i / count
    a = math.pi * (1.0 + 5.0**0.5) * i
    r = np.sqrt(1.0 - y * y)
    d = np.stack([r * np.cos(a), y, r * np.sin(a)], axis=1)
    up = np.where(y >= 0.0, np.sqrt(np.maximum(y, 0.0)), 0.0)
    down = np.where(y < 0.0, np.sqrt(np.minimum(np.maximum(-3.0 * y, 0.0), 1.0)), 0.0)
    heights = np.linspace(-1.0, 1.0, 41)
    rows = []
    for height in heights:
        cosine = np.maximum(d @ np.array([0.0, height, math.sqrt(max(1.0 - height * height, 0.0))]), 0.0)
        cosine /= cosine.sum()
        rows.append([(cosine * up).sum(), (cosine * (1.0 - up - down)).sum(), (cosine * down).sum()])
    fitted = np.polynomial.polynomial.polyfit(heights, np.array(rows), 6)
    return torch.tensor(fitted.T, dtype=torch.float32, device=device)


def dome_irradiance(lights: Lights, y: Tensor) -> Tensor:
    """Return the open dome's irradiance / pi (N, 3) on surfaces whose normal has the height y (N, 1)."""
    powers = torch.cat([y**k for k in range(7)], dim=1)
    shares = powers @ _dome_weights(str(y.device)).T
    return shares @ torch.stack([lights.sky, lights.horizon, lights.ground])


def pick(table: Tensor, chosen: Tensor) -> Tensor:
    """Return rows of a small table by a one-hot matrix (N, M); its gradient is one product, not a scatter."""
    return chosen @ table


def averaged_tile(texture: Texture, footprint: float) -> Tensor:
    """Return a tile (H, W, 3) averaged to about `footprint` [m]."""
    height, width = texture.image.shape[:2]
    step = min(
        max(1, int(footprint * width / texture.size_m[0])),
        max(1, int(footprint * height / texture.size_m[1])),
    )
    while step > 1 and (height % step or width % step):
        step -= 1
    return _pooled(texture.image, step)


def averaged_paint(paint: Tensor, footprint: float) -> Tensor:
    """Return what is painted (S, S, 3) averaged to about `footprint` [m]."""
    steps = min(max(round(math.log2(max(footprint / TEXEL, 1.0))), 0), LEVELS - 1)
    return _pooled(paint, 2**steps)


def _pooled(image: Tensor, step: int) -> Tensor:
    if step == 1:
        return image
    return functional.avg_pool2d(image.permute(2, 0, 1)[None], step)[0].permute(1, 2, 0)


def sample_texture(texture: Texture, uv: Tensor, footprint: float) -> Tensor:
    """Return the albedo (N, 3) of a tile at places uv (N, 2) [m], averaged to about `footprint` [m]."""
    if texture.turned:
        uv = uv.flip(-1)
    image = averaged_tile(texture, footprint).permute(2, 0, 1)[None]
    height, width = image.shape[2:]
    image = functional.pad(image, (1, 1, 1, 1), mode="circular")
    place = uv / uv.new_tensor(texture.size_m)
    place = place - place.detach().floor()
    pixels = place * place.new_tensor([width, height]) + 1.0
    grid = 2.0 * pixels / place.new_tensor([width + 2.0, height + 2.0]) - 1.0
    return functional.grid_sample(image, grid[None, None], align_corners=False)[0, :, 0].T


def sample_paint(paint: Tensor, chart: Tensor, footprint: float) -> Tensor:
    """Return what is painted (N, 3) at places (N, 2) of a picture, averaged to about `footprint` [m]."""
    image = averaged_paint(paint, footprint).permute(2, 0, 1)[None]
    return functional.grid_sample(
        image, (2.0 * chart - 1.0)[None, None], align_corners=False, padding_mode="border"
    )[0, :, 0].T


def albedo(materials: Materials, p: Points, chosen: Tensor) -> tuple[Tensor, Tensor]:
    """Return the albedo (N, 3), and how far the base layer covers the skin (N, 1)."""
    base = pick(materials.base, chosen)
    skin = 1.0 - pick(materials.kind, chosen)
    w = p.footprint.clamp_min(1e-4)
    x = p.uv[:, :1]
    covered = skin * (0.5 - x / w).clamp(0.0, 1.0)
    if materials.paint is not None and p.chart is not None:
        rows = (p.material < PAINTED).nonzero().ravel()
        if len(rows):
            width = float(p.footprint.detach()[rows].median())
            stained = base[rows] * sample_paint(materials.paint, p.chart[rows], width)
            base = base.index_copy(0, rows, stained)
    base = torch.lerp(base, pick(materials.layer, chosen), covered)
    for index, texture in enumerate(materials.textures):
        if texture is None:
            continue
        rows = (p.material == index).nonzero().ravel()
        if len(rows) == 0:
            continue
        width = float(p.footprint.detach()[rows].median())
        base = base.index_copy(0, rows, sample_texture(texture, p.uv[rows], width))
    return base, covered


def shade(materials: Materials, lights: Lights, p: Points) -> Shaded:
    """Return the radiance of points towards the viewer, and its parts by light source.

    The equations of `shade_cloth` and `shade_skin`: matte base scaled by what the sheen takes, key, rim and fill by GGX
    and Charlie, the dome's irradiance and its mirror image, light from behind through thin cloth.
    """
    count = materials.kind.shape[0]
    chosen = functional.one_hot(p.material, count).to(p.n.dtype)
    base, covered = albedo(materials, p, chosen)
    kind, f0 = pick(materials.kind, chosen), pick(materials.f0, chosen)
    sheen, rough = pick(materials.sheen, chosen), pick(materials.sheen_roughness, chosen)
    thin, gloss_colour = pick(materials.transmission, chosen), pick(materials.gloss, chosen)
    alpha_warp, alpha_weft = pick(materials.alpha_warp, chosen), pick(materials.alpha_weft, chosen)
    gloss_colour = gloss_colour * (1.0 - 0.5 * covered)
    nv = t.dot(p.n, p.v).clamp_min(0.04)
    dome_light = p.open * dome_irradiance(lights, p.n[:, 1:2]) + p.bounce
    albedo_scale = t.sheen_albedo(nv, rough)
    loss = 1.0 - sheen.amax(-1, keepdim=True) * albedo_scale
    sheen_alpha = rough.clamp_min(0.07) ** 2
    matte = {"dome": dome_light * (1.0 - 0.5 * thin)}
    through = torch.zeros_like(dome_light)
    gloss, shine = torch.zeros_like(dome_light), torch.zeros_like(dome_light)
    sources = (
        ("key", lights.key_direction, lights.key_colour * p.key, lights.key_size),
        ("rim", lights.rim_direction, lights.rim_colour * p.rim, lights.rim_size),
        ("fill", lights.fill_direction, lights.fill_colour * p.fill, lights.fill_size),
    )
    for name, direction, colour, spread in sources:
        toward = direction.expand_as(p.n)
        cosine = t.dot(p.n, toward)
        nl = torch.lerp(cosine.clamp_min(0.0), t.soft_cosine(cosine, spread), kind)
        soft = ((cosine + 0.18) / 1.18).clamp(0.0, 1.0) ** 2
        matte[name] = colour * torch.lerp(soft, nl, kind) * (1.0 - 0.5 * thin)
        h = t.unit(p.v + toward)
        wide = 0.125 * spread * spread * kind
        lobe = t.schlick(f0, t.dot(p.v, h)) * t.ggx(
            p.n,
            p.weft,
            p.warp,
            p.v,
            toward,
            (alpha_weft**2 + wide).sqrt().clamp_max(1.0),
            (alpha_warp**2 + wide).sqrt().clamp_max(1.0),
        )
        gloss = gloss + gloss_colour * colour * (math.pi * nl * lobe)
        fuzz = t.charlie(nl, nv, t.dot(p.n, h).clamp(0.0, 1.0), sheen_alpha)
        shine = shine + sheen * colour * (math.pi * nl * fuzz)
        through = through + colour * t.soft_cosine(-cosine, spread) * (0.8 * thin)
    roughness = torch.lerp(alpha_weft, 0.5 * (alpha_warp + alpha_weft), kind).sqrt() + 0.03 * kind
    open_dome = t.luminance(dome_irradiance(lights, p.n[:, 1:2])).clamp_min(1e-6)
    open_sky = (t.luminance(dome_light) / open_dome).clamp_max(1.0)
    mirrored_y = (2.0 * t.dot(p.n, p.v) * p.n - p.v)[:, 1:2]
    sharp = t.dome(lights.sky, lights.horizon, lights.ground, mirrored_y)
    mirrored = torch.lerp(sharp, dome_irradiance(lights, mirrored_y), roughness) * open_sky
    gloss = gloss + gloss_colour * mirrored * t.gloss_albedo(f0, roughness, nv)
    shine = shine + sheen * dome_light * albedo_scale
    parts = {name: base * light * loss for name, light in matte.items()}
    parts |= {"through": base * through * loss, "gloss": gloss, "sheen": shine}
    return Shaded(torch.stack(list(parts.values())).sum(0), base, parts)


def backdrop(high: Tensor, low: Tensor, corner: float, x: Tensor, y: Tensor) -> Tensor:
    """Return the backdrop's radiance at places of the picture, x right and y up in -1 … 1, each (N, 1).

    high, low: its radiance above and below (3,); corner: how much darker the corners are, 0-1.
    """
    s = ((y + 1.0) / 1.75).clamp(0.0, 1.0)
    even = torch.lerp(low, high, s * s * (3.0 - 2.0 * s))
    r = ((x * x + 0.8 * (y - 0.15) ** 2 - 0.15) / 1.85).clamp(0.0, 1.0)
    return even * (1.0 - corner * (r * r * (3.0 - 2.0 * r)))

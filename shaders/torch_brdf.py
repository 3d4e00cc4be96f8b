"""The reflectance and tone equations in torch: twins of the Warp functions in `brdf.py`, `studio.py` and `tone.py`.

Shapes: directions (N, 3); cosines, roughness and results (N, 1); colours (N, 3) or (3,). Everything is differentiable.
"""

from __future__ import annotations

import functools
import math

import torch
from torch import Tensor

from toile.shaders.brdf import SHEEN_TABLE_SIZE, lobe_table
from toile.shaders.tone import CONTRAST, INSET, MAX_EV, MIN_EV, OUTSET, SATURATION, SIGMOID

LUMA = (0.2126, 0.7152, 0.0722)


def dot(a: Tensor, b: Tensor) -> Tensor:
    """Return the scalar products of rows, shape (N, 1)."""
    return torch.linalg.vecdot(a, b)[..., None]


def unit(a: Tensor) -> Tensor:
    """Return rows of length one."""
    return a / dot(a, a).clamp_min(1e-20).sqrt()


def luminance(colour: Tensor) -> Tensor:
    """Return relative luminance, Rec. 709, shape (..., 1)."""
    return (colour * colour.new_tensor(LUMA)).sum(-1, keepdim=True)


def ggx(
    n: Tensor,
    t: Tensor,
    b: Tensor,
    v: Tensor,
    l: Tensor,  # noqa: E741
    alpha_t: Tensor,
    alpha_b: Tensor,
) -> Tensor:
    """Return D V of anisotropic GGX with height-correlated Smith visibility; zero behind the surface."""
    h = unit(v + l)
    nl = dot(n, l).clamp_min(0.0)
    nv = dot(n, v).clamp_min(1e-3)
    nh = dot(n, h)
    s = (dot(t, h) / alpha_t) ** 2 + (dot(b, h) / alpha_b) ** 2 + nh * nh
    d = 1.0 / (math.pi * alpha_t * alpha_b * s * s)
    seen = ((alpha_t * dot(t, v)) ** 2 + (alpha_b * dot(b, v)) ** 2 + nv * nv).sqrt()
    lit = ((alpha_t * dot(t, l)) ** 2 + (alpha_b * dot(b, l)) ** 2 + nl * nl + 1e-20).sqrt()
    value = d * 0.5 / (nl * seen + nv * lit).clamp_min(1e-5)
    return torch.where(nl > 0.0, value, torch.zeros_like(value))


def schlick(f0: Tensor, vh: Tensor) -> Tensor:
    """Return the Fresnel reflectance by Schlick's approximation."""
    m = 1.0 - vh.clamp(0.0, 1.0)
    m2 = m * m
    return f0 + (1.0 - f0) * m2 * m2 * m


def charlie(nl: Tensor, nv: Tensor, nh: Tensor, alpha: Tensor) -> Tensor:
    """Return D V of the Charlie sheen lobe with Neubelt visibility."""
    sin2 = (1.0 - nh * nh).clamp_min(0.0078125)
    inverse = 1.0 / alpha
    d = (2.0 + inverse) * torch.pow(sin2, 0.5 * inverse) / (2.0 * math.pi)
    return d / (4.0 * (nl + nv - nl * nv).clamp_min(1e-3))


@functools.cache
def lobe_array(device: str) -> Tensor:
    """Return `lobe_table` on a device, float32."""
    return torch.tensor(lobe_table(), device=device)


def look_up(first: int, cosine: Tensor, roughness: Tensor) -> Tensor:
    """Return bilinear values of the table of `lobe_table` whose first row is given."""
    table, last = lobe_array(str(cosine.device)).reshape(-1), SHEEN_TABLE_SIZE - 1
    x, y = cosine.clamp(0.0, 1.0) * last, roughness.clamp(0.0, 1.0) * last
    i = x.detach().floor().clamp(0, last - 1).long()
    j = y.detach().floor().clamp(0, last - 1).long()
    fx, fy = x - i, y - j
    at = (first + j) * SHEEN_TABLE_SIZE + i
    low = torch.lerp(table[at], table[at + 1], fx)
    high = torch.lerp(table[at + SHEEN_TABLE_SIZE], table[at + SHEEN_TABLE_SIZE + 1], fx)
    return torch.lerp(low, high, fy)


def sheen_albedo(cosine: Tensor, roughness: Tensor) -> Tensor:
    """Return the directional albedo of the sheen lobe."""
    return look_up(0, cosine, roughness)


def gloss_albedo(f0: Tensor, roughness: Tensor, cosine: Tensor) -> Tensor:
    """Return the directional albedo of GGX with Schlick's Fresnel."""
    a = look_up(SHEEN_TABLE_SIZE, cosine, roughness)
    return f0 * a + look_up(2 * SHEEN_TABLE_SIZE, cosine, roughness)


def soft_cosine(cosine: Tensor, size: float) -> Tensor:
    """Return the mean of max(n.l, 0) over a softbox whose angular radius has the given tangent."""
    u = (cosine / size).clamp(-0.999999, 0.999999)
    root = (1.0 - u * u).sqrt()
    near = u * (0.5 * math.pi + u.asin()) + u * u * root + (2.0 / 3.0) * root**3
    return torch.where(cosine < size, size * near / math.pi, cosine)


def dome(sky: Tensor, horizon: Tensor, ground: Tensor, y: Tensor) -> Tensor:
    """Return the radiance (N, 3) of the studio's dome in directions whose height is y (N, 1)."""
    up = y.clamp(1e-6, 1.0).sqrt()
    down = (-3.0 * y).clamp(1e-6, 1.0).sqrt()
    return torch.where(y >= 0.0, torch.lerp(horizon, sky, up), torch.lerp(horizon, ground, down))


def tone_map(radiance: Tensor) -> Tensor:
    """Return display values (sRGB code, 0-1) of scene-linear radiance (..., 3): AgX as in `tone.py`."""
    inset = radiance @ radiance.new_tensor(INSET).T
    x = ((inset.clamp_min(1e-10).log2() - MIN_EV) / (MAX_EV - MIN_EV)).clamp(0.0, 1.0)
    y = torch.full_like(x, SIGMOID[0])
    for coefficient in SIGMOID[1:]:
        y = y * x + coefficient
    curve = y.clamp(1e-7, 1.0) ** CONTRAST
    luma = luminance(curve)
    return ((luma + SATURATION * (curve - luma)) @ radiance.new_tensor(OUTSET).T).clamp(0.0, 1.0)

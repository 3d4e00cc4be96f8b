"""Reflectance of cloth and skin: anisotropic GGX, Charlie sheen with Neubelt visibility, the sheen's albedo.

n, v, l, h: unit normal, directions to the viewer and the light, half vector. nl, nv, nh, vh: clamped cosines.
The specular functions return D V (that is f / F, with the 1 / (4 nl nv) inside V).
Sources: Walter et al. 2007 and Heitz 2014 (GGX, Smith); Estevez and Kulla 2017, equations 2 and 5 (Charlie, albedo
scaling); Neubelt and Pettineo 2013 (visibility); KHR_materials_sheen, which uses the same lobe.
"""

import functools

import numpy as np
import warp as wp
from numpy.typing import NDArray

F32 = NDArray[np.float32]
Floats = NDArray[np.floating]
SHEEN_TABLE_SIZE = 32

_pi = wp.constant(3.14159265358979)
_table_size = wp.constant(SHEEN_TABLE_SIZE)


@wp.func
def ggx(n: wp.vec3, t: wp.vec3, b: wp.vec3, v: wp.vec3, l: wp.vec3, alpha_t: float, alpha_b: float) -> float:  # noqa: E741
    """D V of anisotropic GGX with height-correlated Smith visibility; roughness alpha_t along t, alpha_b along b."""
    h = wp.normalize(v + l)
    nl = wp.dot(n, l)
    nv = wp.max(wp.dot(n, v), 1.0e-3)
    if nl <= 0.0:
        return 0.0
    th = wp.dot(t, h) / alpha_t
    bh = wp.dot(b, h) / alpha_b
    nh = wp.dot(n, h)
    s = th * th + bh * bh + nh * nh
    d = 1.0 / (_pi * alpha_t * alpha_b * s * s)
    tv = alpha_t * wp.dot(t, v)
    bv = alpha_b * wp.dot(b, v)
    tl = alpha_t * wp.dot(t, l)
    bl = alpha_b * wp.dot(b, l)
    masking = nl * wp.sqrt(tv * tv + bv * bv + nv * nv) + nv * wp.sqrt(tl * tl + bl * bl + nl * nl)
    return d * 0.5 / wp.max(masking, 1.0e-5)


@wp.func
def schlick(f0: float, vh: float) -> float:
    """Fresnel reflectance by Schlick's approximation."""
    m = 1.0 - wp.clamp(vh, 0.0, 1.0)
    m2 = m * m
    return f0 + (1.0 - f0) * m2 * m2 * m


@wp.func
def charlie(nl: float, nv: float, nh: float, alpha: float) -> float:
    """D V of the Charlie sheen lobe with Neubelt visibility."""
    sin2 = wp.max(1.0 - nh * nh, 0.0078125)
    inverse = 1.0 / alpha
    d = (2.0 + inverse) * wp.pow(sin2, 0.5 * inverse) / (2.0 * _pi)
    return d / (4.0 * wp.max(nl + nv - nl * nv, 1.0e-3))


@wp.func
def sheen_albedo(table: wp.array2d(dtype=float), cosine: float, roughness: float) -> float:
    """Directional albedo of the sheen lobe, bilinear from `sheen_table`."""
    x = wp.clamp(cosine, 0.0, 1.0) * float(_table_size - 1)
    y = wp.clamp(roughness, 0.0, 1.0) * float(_table_size - 1)
    i = wp.min(int(x), _table_size - 2)
    j = wp.min(int(y), _table_size - 2)
    fx = x - float(i)
    fy = y - float(j)
    low = wp.lerp(table[j, i], table[j, i + 1], fx)
    high = wp.lerp(table[j + 1, i], table[j + 1, i + 1], fx)
    return wp.lerp(low, high, fy)


@wp.func
def environment_reflectance(f0: float, roughness: float, nv: float) -> float:
    """Specular albedo under an even environment (Karis 2014, "Physically based shading on mobile")."""
    rx = 1.0 - roughness
    ry = -0.0275 * roughness + 0.0425
    a = wp.min(rx * rx, wp.pow(2.0, -9.28 * nv)) * rx + ry
    scale = -1.04 * a + 1.04 - 0.572 * roughness + 0.022
    offset = 1.04 * a + 0.572 * roughness - 0.022
    return wp.max(f0 * scale + wp.min(offset, 0.08), 0.0)


def charlie_numpy(nl: Floats, nv: Floats, nh: Floats, alpha: float) -> Floats:
    """Twin of `charlie`."""
    sin2 = np.maximum(1.0 - nh * nh, 0.0078125)
    d = (2.0 + 1.0 / alpha) * sin2 ** (0.5 / alpha) / (2.0 * np.pi)
    return d / (4.0 * np.maximum(nl + nv - nl * nv, 1e-3))


@functools.cache
def sheen_table() -> F32:
    """Return the directional albedo of the sheen lobe, shape (roughness, cosine), each 0-1."""
    size, steps = SHEEN_TABLE_SIZE, 48
    mu = (np.arange(steps) + 0.5) / steps  # cosine of the light's angle
    phi = (np.arange(steps) + 0.5) / steps * np.pi
    nl, azimuth = np.meshgrid(mu, phi, indexing="ij")
    table = np.zeros((size, size), np.float32)
    for j in range(size):
        alpha = max(j / (size - 1), 0.07) ** 2
        for i in range(size):
            nv = max(i / (size - 1), 1e-3)
            vl = nv * nl + np.sqrt(1 - nv * nv) * np.sqrt(1 - nl * nl) * np.cos(azimuth)
            nh = np.clip((nl + nv) / np.sqrt(np.maximum(2.0 + 2.0 * vl, 1e-9)), 0.0, 1.0)
            value = charlie_numpy(nl, np.full_like(nl, nv), nh, alpha) * nl
            table[j, i] = min(float(value.mean()) * 2.0 * np.pi, 1.0)
    return table

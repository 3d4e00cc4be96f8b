"""Reflectance of cloth and skin: anisotropic GGX, Charlie sheen with Neubelt visibility, the albedos of both lobes.

n, v, l, h: unit normal, directions to the viewer and the light, half vector. nl, nv, nh, vh: clamped cosines.
The specular functions return D V (that is f / F, with the 1 / (4 nl nv) inside V).
A lobe's directional albedo is looked up in `lobe_table`, three tables of roughness (rows) by n.v: the sheen's, and the
two parts A, B of GGX's, whose albedo is f0 A + B (Karis 2013, "Real shading in Unreal Engine 4").
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
def look_up(table: wp.array2d(dtype=float), first: int, cosine: float, roughness: float) -> float:
    """Bilinear value of the table whose first row is given."""
    x = wp.clamp(cosine, 0.0, 1.0) * float(_table_size - 1)
    y = wp.clamp(roughness, 0.0, 1.0) * float(_table_size - 1)
    i = wp.min(int(x), _table_size - 2)
    j = wp.min(int(y), _table_size - 2)
    fx = x - float(i)
    fy = y - float(j)
    low = wp.lerp(table[first + j, i], table[first + j, i + 1], fx)
    high = wp.lerp(table[first + j + 1, i], table[first + j + 1, i + 1], fx)
    return wp.lerp(low, high, fy)


@wp.func
def sheen_albedo(table: wp.array2d(dtype=float), cosine: float, roughness: float) -> float:
    """Directional albedo of the sheen lobe."""
    return look_up(table, 0, cosine, roughness)


@wp.func
def gloss_albedo(table: wp.array2d(dtype=float), f0: float, roughness: float, cosine: float) -> float:
    """Directional albedo of GGX with Schlick's Fresnel; alpha is the square of the roughness."""
    a = look_up(table, _table_size, cosine, roughness)
    b = look_up(table, 2 * _table_size, cosine, roughness)
    return f0 * a + b


@wp.func
def soft_cosine(cosine: float, size: float) -> float:
    """Mean of max(n.l, 0) over a softbox, a disc whose angular radius has the given tangent, round n.l = cosine.

    With u = cosine / size: size / pi (u (pi / 2 + asin u) + u^2 sqrt(1 - u^2) + 2/3 (1 - u^2)^(3/2)) for |u| < 1.
    """
    u = wp.clamp(cosine / size, -1.0, 1.0)
    root = wp.sqrt(1.0 - u * u)
    near = u * (0.5 * _pi + wp.asin(u)) + u * u * root + 0.6666667 * root * root * root
    return wp.max(size * near / _pi, cosine)


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


@functools.cache
def gloss_table() -> F32:
    """Return A and B of GGX's directional albedo f0 A + B, shape (2, roughness, cosine), by 1,024 normals each."""
    size, count = SHEEN_TABLE_SIZE, 1024
    k = np.arange(count)
    turn = 2.0 * np.pi * ((0.618034 * k) % 1.0)
    table = np.zeros((2, size, size), np.float32)
    nv = np.maximum(np.arange(size) / (size - 1), 0.02)[:, None]
    for j in range(size):
        a2 = max(j / (size - 1), 0.03) ** 4
        share = (k + 0.5) / count
        nh = np.sqrt((1.0 - share) / (1.0 + (a2 - 1.0) * share))[None]
        vh = np.sqrt(1.0 - nv * nv) * np.sqrt(1.0 - nh * nh) * np.cos(turn) + nv * nh
        nl = 2.0 * vh * nh - nv
        lit = (nl > 0.0) & (vh > 0.0)
        nl, vh = np.maximum(nl, 1e-6), np.maximum(vh, 1e-6)
        smith = nl * np.sqrt(a2 + (1.0 - a2) * nv * nv) + nv * np.sqrt(a2 + (1.0 - a2) * nl * nl)
        weight = np.where(lit, 2.0 * nl * vh / (smith * nh), 0.0)
        fresnel = (1.0 - np.minimum(vh, 1.0)) ** 5
        table[0, j] = ((1.0 - fresnel) * weight).mean(1)
        table[1, j] = (fresnel * weight).mean(1)
    return table


@functools.cache
def lobe_table() -> F32:
    """Return the tables that shading looks up, one below the other: sheen, A, B; shape (3 * roughness, cosine)."""
    return np.ascontiguousarray(np.concatenate([sheen_table(), *gloss_table()]))

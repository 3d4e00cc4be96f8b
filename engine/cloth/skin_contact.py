"""Contact with a body at rest in float64: the penalty of `kernels.body_contact`, with the skin's own curvature.

A contact point p (vertex, edge midpoint, face centre of the cloth; share w of its vertices, size s in cm2) at distance d from
the nearest skin point stores s Phi(gap - d), Phi' = `contact_force`. The distance's second derivative is zero above a
face of the skin, (I - n n^T - t t^T) / d above an edge of direction t, (I - n n^T) / d above a vertex. A vertex that sticks is
tied to its skin point a by a spring k |P (x - a)|^2 / 2 in the plane P = I - m m^T across its normal m when it was tied.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toile.engine.cloth.settings import ClothSettings
from toile.engine.cloth.system import ClothSystem
from toile.engine.core.intersect import signed_distance

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_TIE_REACH = 0.02  # m


@dataclass(frozen=True)
class Skin:
    """A body and the contact points of a cloth: element (C, 3) vertices, share (C, 3), size (C,) [cm2]."""

    vertices: F64
    faces: I64
    element: I64
    share: F64
    size: F64
    gap: float
    soft: float
    stiff: float
    ramp: float


@dataclass(frozen=True)
class Ties:
    """Vertices (K,) that stick: skin vertices (K, 3) with weights (K, 3), normals (K, 3), stiffness (K,) [N/m]."""

    vertex: I64
    skin: I64
    share: F64
    normal: F64
    stiffness: F64


@dataclass(frozen=True)
class Touch:
    """The points nearer than the gap: index (K,) into the contact points, the nearest skin feature, and the distance.

    face (K,); share (K, 3) of its corners, exactly 0 off the feature; distance (K,) [m]; normal (K, 3) outwards.
    """

    index: I64
    face: I64
    share: F64
    distance: F64
    normal: F64


def make_skin(system: ClothSystem, vertices: F64, faces: I64, settings: ClothSettings) -> Skin:
    """Return the skin that a cloth may touch."""
    return Skin(
        vertices=np.asarray(vertices, np.float64),
        faces=np.asarray(faces, np.int64),
        element=system.element.astype(np.int64),
        share=system.element_share.astype(np.float64),
        size=system.element_size.astype(np.float64),
        gap=settings.body_gap,
        soft=settings.body_soft,
        stiff=settings.body_stiffness,
        ramp=settings.body_ramp,
    )


def contact_points(x: F64, skin: Skin) -> F64:
    """Return the contact points [m] (C, 3)."""
    return np.einsum("ca,cai->ci", skin.share, x[skin.element])


def find_touch(x: F64, skin: Skin) -> Touch:
    """Return the contact points within the gap, exact on the nearest face that the search names."""
    p = contact_points(x, skin)
    low, high = skin.vertices.min(0) - 0.01, skin.vertices.max(0) + 0.01
    near = np.flatnonzero(((p > low) & (p < high)).all(1))
    distance, nearest, _ = signed_distance(
        p[near], skin.vertices, skin.faces.astype(np.int32), reach=0.03, device="cpu"
    )
    inside = (nearest >= 0) & (distance < skin.gap)
    index: I64 = near[inside].astype(np.int64)
    face: I64 = nearest[inside].astype(np.int64)
    share = _closest(p[index], skin.vertices[skin.faces[face]])
    across = p[index] - np.einsum("ka,kai->ki", share, skin.vertices[skin.faces[face]])
    length = np.linalg.norm(across, axis=1)
    sign = np.where(distance[inside] < 0.0, -1.0, 1.0)
    normal = sign[:, None] * across / np.maximum(length, 1e-12)[:, None]
    return Touch(index, face, share, sign * length, normal)


def contact_law(depth: F64, skin: Skin) -> tuple[F64, F64, F64]:
    """Return energy [J], force [N] and slope [N/m] of a contact of 1 cm2 at a depth [m] > 0."""
    d = np.minimum(depth, skin.ramp)
    rise = (skin.stiff - skin.soft) / skin.ramp
    rest = depth - d
    force_at = skin.soft * d + 0.5 * rise * d * d
    slope = skin.soft + rise * d
    energy = 0.5 * skin.soft * d * d + rise * d**3 / 6.0 + force_at * rest + 0.5 * slope * rest**2
    return energy, force_at + slope * rest, slope


def contact_energy(x: F64, skin: Skin, touch: Touch) -> float:
    """Return the energy [J] stored in the contacts."""
    energy, _, _ = contact_law(skin.gap - touch.distance, skin)
    return float(skin.size[touch.index] @ energy)


def contact_gradient(x: F64, skin: Skin, touch: Touch) -> F64:
    """Return minus the contact force [N] on each vertex, (N, 3)."""
    _, force, _ = contact_law(skin.gap - touch.distance, skin)
    push = -(skin.size[touch.index] * force)[:, None] * touch.normal
    spread = skin.share[touch.index][:, :, None] * push[:, None, :]
    gradient = np.zeros_like(x)
    np.add.at(gradient, skin.element[touch.index], spread)
    return gradient


def contact_blocks(skin: Skin, touch: Touch, definite: bool) -> F64:
    """Return the contacts' tangent by corner pair, (K, 3, 3, 3, 3) [N/m]."""
    _, force, slope = contact_law(skin.gap - touch.distance, skin)
    n = touch.normal
    block = slope[:, None, None] * np.einsum("ki,kj->kij", n, n)
    if not definite:
        block -= force[:, None, None] * _curvature(skin, touch)
    block *= skin.size[touch.index][:, None, None]
    w = skin.share[touch.index]
    return np.einsum("ka,kb,kij->kabij", w, w, block)


def tie(x: F64, skin: Skin, touch: Touch, tangential: float, friction: F64) -> Ties:
    """Return the ties, to the nearest skin points, of the vertices that have a part in a contact and friction (N,) above zero."""
    part = skin.share[touch.index] > 0.0
    vertex = np.unique(skin.element[touch.index][part])
    vertex = vertex[friction[vertex] > 0.0]
    _, face, _ = signed_distance(
        x[vertex], skin.vertices, skin.faces.astype(np.int32), reach=_TIE_REACH, device="cpu"
    )
    vertex, face = vertex[face >= 0], face[face >= 0].astype(np.int64)
    corners = skin.vertices[skin.faces[face]]
    share = _closest(x[vertex], corners)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return Ties(
        vertex=vertex,
        skin=skin.faces[face],
        share=share,
        normal=normal / np.linalg.norm(normal, axis=1, keepdims=True),
        stiffness=tangential * skin.size[vertex],
    )


def tie_offset(x: F64, skin: Skin, ties: Ties) -> F64:
    """Return the way [m] of each tied vertex from its skin point, in the plane across the normal, (K, 3)."""
    u = x[ties.vertex] - np.einsum("ka,kai->ki", ties.share, skin.vertices[ties.skin])
    return u - ties.normal * (u * ties.normal).sum(1, keepdims=True)


def _curvature(skin: Skin, touch: Touch) -> F64:
    """Return the second derivative of the distance [1/m], (K, 3, 3)."""
    n = touch.normal
    on = touch.share > 0.0
    corners = on.sum(1)
    across = np.eye(3) - np.einsum("ki,kj->kij", n, n)
    place = skin.vertices[skin.faces[touch.face]]
    order = np.argsort(~on, axis=1, kind="stable")
    k = np.arange(len(n))
    t = place[k, order[:, 1]] - place[k, order[:, 0]]
    t = t / np.maximum(np.linalg.norm(t, axis=1), 1e-12)[:, None]
    edge = across - np.einsum("ki,kj->kij", t, t)
    bent = np.where((corners == 1)[:, None, None], across, np.where((corners == 2)[:, None, None], edge, 0.0))
    size = np.where(np.abs(touch.distance) > 1e-6, touch.distance, np.inf)
    return bent / size[:, None, None]


def _closest(p: F64, triangle: F64) -> F64:
    """Return the weights (K, 3) of the corners of triangles (K, 3, 3) at their points nearest to p (K, 3)."""
    a, b, c = triangle[:, 0], triangle[:, 1], triangle[:, 2]
    normal = np.cross(b - a, c - a)
    area = (normal * normal).sum(1)
    inner = np.empty((len(p), 3))
    inner[:, 1] = (np.cross(p - a, c - a) * normal).sum(1) / area
    inner[:, 2] = (np.cross(b - a, p - a) * normal).sum(1) / area
    inner[:, 0] = 1.0 - inner[:, 1] - inner[:, 2]
    best, share = np.full(len(p), np.inf), inner.copy()
    outside = (inner <= 0.0).any(1)
    for i, j in ((0, 1), (1, 2), (2, 0)):
        e = triangle[:, j] - triangle[:, i]
        t = np.clip(((p - triangle[:, i]) * e).sum(1) / (e * e).sum(1), 0.0, 1.0)
        away = ((p - triangle[:, i] - t[:, None] * e) ** 2).sum(1)
        nearer = outside & (away < best)
        best[nearer] = away[nearer]
        weights = np.zeros((len(p), 3))
        weights[:, i], weights[:, j] = 1.0 - t, t
        share[nearer] = weights[nearer]
    return share

"""Buttons: small turned discs with four holes, each fixed to the place of the cloth where it is sewn on.

A button is rigid. Its vertices are given along weft, warp and normal of the cloth under its centre, [m].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

SIDES, HOLE_SIDES = 20, 6
PROFILE = ((1.0, -0.6), (1.0, 0.55), (0.95, 0.88), (0.88, 1.0), (0.76, 0.96), (0.64, 0.70), (0.0, 0.66))
"""Radius and height of the turned outline from its foot, in the cloth, over the rim to the middle: of half the diameter, of the
thickness."""
HOLE_OUT, HOLE_RADIUS = 0.20, 0.085
"""Where the four holes lie and how large they are, of half the diameter."""
THICK = (0.0013, 0.12, 0.0030)
"""Thickness: at least, times the diameter, at most [m]."""
HORN = 0.015
"""Diameter [m] from which a button is dark horn instead of mother-of-pearl: those of coats and jackets."""
COLOURS = {"pearl": "#e6e1d6", "horn": "#2e2822"}
AWAY = 1.0
"""m, x of corners of pearl; horn has the negative (`shade_skin` changes colour at 0)."""


@dataclass(frozen=True)
class Buttons:
    """Buttons of a mesh; B buttons, n vertices, T faces in all.

    size (B,): diameters [m]; face (B,): of the cloth under each; share (B, 3): weights of its corners; weft (B, 2): the weft there is a e1 + b e2, of the
    face's sides from its first corner; owner (n,): the button of each vertex; local (n, 3) [m]: along weft, warp, normal;
    faces (T, 3); dark (T,): faces of horn, or of a hole in pearl.
    """

    size: F32
    face: I32
    share: F32
    weft: F32
    owner: I32
    local: F32
    faces: I32
    dark: NDArray[np.bool_]


def find_buttons(places: F32, panels: I32, sizes: F32, cloth_uv: F32, panel_of_face: I32) -> Buttons:
    """Fix buttons to a mesh of cloth.

    Args:
        places: (B, 2), centres on the flat panels [m]; panels: (B,); sizes: (B,), diameters [m].
        cloth_uv: (T, 3, 2), corners of the mesh's triangles on their panels [m]; panel_of_face: (T,).
    """
    face: list[int] = []
    share: list[F64] = []
    weft: list[F64] = []
    wide: list[float] = []
    local: list[F64] = [np.zeros((0, 3))]
    faces: list[NDArray[np.int64]] = [np.zeros((0, 3), np.int64)]
    dark, owner = [np.zeros(0, bool)], [np.zeros(0, np.int64)]
    for place, panel, size in zip(places.astype(np.float64), panels, sizes, strict=True):
        on = np.flatnonzero(panel_of_face == panel)
        if not len(on):
            continue
        corners = cloth_uv[on].astype(np.float64)
        weights = _weights(place, corners)
        best = int(np.argmax(weights.min(axis=1)))
        inside = np.maximum(weights[best], 0.0)
        e1, e2 = corners[best, 1] - corners[best, 0], corners[best, 2] - corners[best, 0]
        det = e1[0] * e2[1] - e2[0] * e1[1]
        points, sides, holes = button_mesh(float(size))
        start = sum(len(piece) for piece in local)
        faces.append(sides + start)
        dark.append(~holes if size >= HORN else holes)
        owner.append(np.full(len(points), len(face)))
        local.append(points)
        wide.append(size)
        face.append(int(on[best]))
        share.append(inside / inside.sum())
        weft.append(np.array([e2[1], -e1[1]]) / (det if abs(det) > 1e-15 else 1e-15))
    count = len(face)
    return Buttons(
        size=np.array(wide, np.float32),
        face=np.array(face, np.int32),
        share=np.array(share, np.float32).reshape(count, 3),
        weft=np.array(weft, np.float32).reshape(count, 2),
        owner=np.concatenate(owner).astype(np.int32),
        local=np.concatenate(local).astype(np.float32),
        faces=np.concatenate(faces).astype(np.int32),
        dark=np.concatenate(dark),
    )


def button_mesh(size: float) -> tuple[F64, NDArray[np.int64], NDArray[np.bool_]]:
    """Return a button's vertices (n, 3) [m], z up from the cloth, its faces (T, 3) and which of them are its holes."""
    radius = 0.5 * size
    thickness = float(np.clip(THICK[1] * size, THICK[0], THICK[2]))
    turn = 2.0 * np.pi * np.arange(SIDES) / SIDES
    circle = np.column_stack([np.cos(turn), np.sin(turn), np.ones(SIDES)])
    rings = [circle * (radius * r, radius * r, thickness * h) for r, h in PROFILE[:-1]]
    points = [*rings, np.array([[0.0, 0.0, thickness * PROFILE[-1][1]]])]
    faces: list[Sequence[int]] = []
    for k in range(len(rings)):
        for i in range(SIDES):
            a, b = k * SIDES + i, k * SIDES + (i + 1) % SIDES
            if k + 1 == len(rings):
                faces.append((a, b, SIDES * len(rings)))
            else:
                faces += [(a, b, b + SIDES), (a, b + SIDES, a + SIDES)]
    solid = len(faces)
    start = SIDES * len(rings) + 1
    turn = 2.0 * np.pi * np.arange(HOLE_SIDES) / HOLE_SIDES
    for x, y in ((1, 1), (-1, 1), (-1, -1), (1, -1)):
        out = HOLE_OUT / np.sqrt(2.0)
        hole = np.column_stack(
            [
                radius * (out * x + HOLE_RADIUS * np.cos(turn)),
                radius * (out * y + HOLE_RADIUS * np.sin(turn)),
                np.full(HOLE_SIDES, thickness * PROFILE[-1][1] + 6e-5),
            ]
        )
        points.append(hole)
        faces += [(start, start + i, start + i + 1) for i in range(1, HOLE_SIDES - 1)]
        start += HOLE_SIDES
    return np.concatenate(points), np.array(faces, np.int64), np.arange(len(faces)) >= solid


def button_axes(buttons: Buttons, vertices: F64, normals: F64, faces: I32) -> tuple[F64, F64]:
    """Return the buttons' centres (B, 3) [m] on a cloth, and weft, warp and normal there, unit rows (B, 3, 3)."""
    corner = faces[buttons.face]
    a, b, c = (vertices[corner[:, i]] for i in range(3))
    centre = buttons.share[:, :1] * a + buttons.share[:, 1:2] * b + buttons.share[:, 2:] * c
    up = _unit((buttons.share[:, :, None] * normals[corner]).sum(axis=1))
    weft = buttons.weft[:, :1] * (b - a) + buttons.weft[:, 1:] * (c - a)
    weft = _unit(weft - (weft * up).sum(axis=1, keepdims=True) * up)
    return np.asarray(centre), np.stack([weft, np.cross(up, weft), up], axis=1)


def _unit(rows: F64) -> F64:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12))


def _weights(place: F64, corners: F64) -> F64:
    """Return barycentric coordinates (T, 3) of a place (2,) in triangles (T, 3, 2)."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    det = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    det = np.where(np.abs(det) > 1e-15, det, 1e-15)
    x, y = place[0] - a[:, 0], place[1] - a[:, 1]
    second = (x * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * y) / det
    third = ((b[:, 0] - a[:, 0]) * y - x * (b[:, 1] - a[:, 1])) / det
    return np.stack([1.0 - second - third, second, third], axis=1)

"""Scenes of the cloth laboratory: meshes of discs and strips, the drape test, strips that hang, bend and are pulled."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.spatial import Delaunay, cKDTree

from toile.engine.cloth.bending import bending_matrix, bending_stencil
from toile.engine.cloth.bending_slope import slope_matrix
from toile.engine.cloth.elastic import Sheet, build_sheet
from toile.engine.cloth.equilibrium import Equilibrium, Statics, settle
from toile.garments.cloth_mesh import ClothMesh
from toile.garments.fabric import Fabric

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

DISC, SUPPORT = 0.15, 0.09
"""Radii [m] of Cusick's specimen and of its support (BS 5058, ISO 9073-9)."""
_RIM = 0.002  # m, mesh at the edge of a clamp: the rig is resolved alike on every mesh
_GROW = 0.4


def ring(radius: float, edge: float, shift: float = 0.0) -> F64:
    """Return points on a circle about an edge apart."""
    count = max(12, round(2 * np.pi * radius / edge))
    angle = 2 * np.pi * np.arange(count) / count + shift
    return radius * np.stack([np.cos(angle), np.sin(angle)], 1)


def fill(fixed: F64, edge: float, turned: float, room: Any) -> tuple[F64, I64]:
    """Return points, `fixed` first, and faces: a lattice turned by an angle [rad], relaxed, where `room(points)` is true."""
    low, high = fixed.min(0), fixed.max(0)
    reach = int(np.linalg.norm(high - low) / edge) + 3
    i, j = np.meshgrid(np.arange(-reach, reach + 1), np.arange(-reach, reach + 1))
    lattice = np.stack([edge * (i + 0.5 * (j % 2)), edge * np.sqrt(0.75) * j], 2).reshape(-1, 2)
    c, s = np.cos(turned), np.sin(turned)
    lattice = lattice @ np.array([[c, s], [-s, c]]) + 0.5 * (low + high)
    lattice = lattice[room(lattice)]
    lattice = lattice[cKDTree(fixed).query(lattice)[0] > 0.62 * edge]
    points, kept = np.concatenate([fixed, lattice]), len(fixed)
    for _ in range(6):
        faces, double = _delaunay(points)
        total, weight = np.zeros_like(points), np.zeros(len(points))
        for corner in range(3):
            np.add.at(total, faces[:, corner], double[:, None] * points[faces].mean(1))
            np.add.at(weight, faces[:, corner], double)
        points[kept:] = (total / weight[:, None])[kept:]
    return points, _delaunay(points)[0]


def disc(edge: float, turned: float = 0.0) -> tuple[F64, I64]:
    """Return a disc with a ring of vertices on the support's edge, finer beside it on every mesh."""
    rings = [ring(DISC, edge, turned), ring(SUPPORT, min(_RIM, edge), turned)]
    for way in (1, -1) if edge > _RIM else ():
        radius, size, k = SUPPORT, _RIM, 0
        while True:
            radius += way * 0.87 * size
            size = _RIM + _GROW * abs(radius - SUPPORT)
            k += 1
            if size >= edge or radius > DISC - 0.6 * edge or radius < edge:
                break
            rings.append(ring(radius, size, turned + (k % 2) * size / (2 * radius)))

    def room(p: F64) -> NDArray[np.bool_]:
        r = np.hypot(*p.T)
        return (r < DISC) & (_RIM + _GROW * np.abs(r - SUPPORT) >= 0.8 * edge)

    return fill(np.concatenate(rings), edge, turned, room)


def strip(
    length: float, width: float, edge: float, turned: float = 0.0, clamp: float = 0.0
) -> tuple[F64, I64]:
    """Return a strip along x; `clamp` keeps a line of vertices across it there."""

    def side(a: tuple[float, float], b: tuple[float, float]) -> F64:
        count = max(2, round(float(np.hypot(b[0] - a[0], b[1] - a[1])) / edge))
        return np.asarray(a) + np.linspace(0, 1, count + 1)[:-1, None] * (np.asarray(b) - np.asarray(a))

    stops = [0.0, clamp, length] if clamp else [0.0, length]
    pairs = list(itertools.pairwise(stops))
    fixed = [side((a, 0.0), (b, 0.0)) for a, b in pairs] + [side((length, 0.0), (length, width))]
    fixed += [side((b, width), (a, width)) for a, b in reversed(pairs)] + [side((0.0, width), (0.0, 0.0))]
    if clamp:
        fixed.append(side((clamp, 0.0), (clamp, width))[1:])

    def room(p: F64) -> NDArray[np.bool_]:
        return np.asarray((p > 0).all(1) & (p < [length, width]).all(1))

    return fill(np.concatenate(fixed), edge, turned, room)


def cloth_mesh(points: F64, faces: I64, cloth: Fabric, grain: float = 0.0, height: float = 0.0) -> ClothMesh:
    """Return a flat cloth lying at a height, x of the mesh along x, y along -z; its weft at an angle [rad] to x."""
    zeros, none = np.zeros(len(faces), np.int32), np.zeros((0, 2), np.int32)
    c, s = np.cos(grain), np.sin(grain)
    flat = points @ np.array([[c, -s], [s, c]])
    vertices = np.stack([points[:, 0], np.full(len(points), height), -points[:, 1]], 1)
    return ClothMesh(
        vertices=vertices.astype(np.float32), faces=faces.astype(np.int32), panel_uv=flat[faces].astype(np.float32),
        stiffness=np.ones(len(faces), np.float32), panel_of_face=zeros, garment_of_face=zeros, panel_names=("cloth/cloth",),
        garment_names=("cloth",), fabrics=(cloth,), layer_of_garment=np.zeros(1, np.int32), seam_edges=none, hem_edges=none,
        loops={}, loop_axis={}, anchors={},
    )  # fmt: skip


def clamped_sheet(mesh: ClothMesh, held: NDArray[np.bool_]) -> Sheet:
    """Return a mesh's sheet with half the bending width counted where a clamp's edge runs through a quadratic.

    A triangle at a clamp sees the flat, held side too, so its second derivative is half of what the free side's is; curvature
    has no slope there.
    """
    sheet = build_sheet(mesh)
    stencil = bending_stencil(mesh.faces, mesh.panel_uv)
    bends = ((~held)[stencil.vertices] & (stencil.used > 0)).any(1)
    twice = np.where(bends & (held[mesh.faces].sum(1) >= 2), 2.0, 1.0)
    f, ones = mesh.fabrics[0], np.ones(len(mesh.faces))
    q = bending_matrix(
        mesh.faces, mesh.panel_uv, f.bend_weft * twice, f.bend_warp * twice, len(mesh.vertices)
    )
    q = q + slope_matrix(
        mesh.faces, mesh.panel_uv, f.bend_weft * ones, f.bend_warp * ones, len(mesh.vertices),
        apart=np.asarray(held[mesh.faces].any(1)),
    )  # fmt: skip
    return replace(sheet, bending=q)


@dataclass(frozen=True)
class DrapeTest:
    """A drape test's outcome: coefficient [%], nodes, flat points, the mesh, the equilibrium."""

    coefficient: float
    nodes: int
    points: F64
    mesh: ClothMesh
    equilibrium: Equilibrium


def cusick(
    cloth: Fabric, edge: float = 0.005, turned: float = 0.0, seed: int = 0, start: Any = None
) -> DrapeTest:
    """Drape a disc over Cusick's support: from flat with a smooth random wave, or from another mesh's shape (`start`)."""
    points, faces = disc(edge, turned)
    mesh = cloth_mesh(points, faces, cloth)
    radius = np.hypot(*points.T)
    held = radius < SUPPORT + 1e-6
    x = np.stack([points[:, 0], np.zeros(len(points)), -points[:, 1]], 1)
    if start is None:
        rng, angle = np.random.default_rng(seed), np.arctan2(points[:, 1], points[:, 0])
        sizes, phases = rng.normal(size=8) * 0.004, rng.uniform(0, 2 * np.pi, 8)
        out = np.maximum(radius - SUPPORT, 0.0) / (DISC - SUPPORT)
        x[:, 1] += sum(sizes[k] * np.cos((k + 2) * angle + phases[k]) for k in range(8)) * out
    else:
        inner = points * np.where(radius > DISC - 1e-6, 0.9985, 1.0)[:, None]
        x[~held] = start(inner)[~held]
    found = settle(x, Statics(clamped_sheet(mesh, held), held=np.flatnonzero(held)), tolerance=1e-8)
    area = shadow(found.vertices, points, faces)[0]
    coefficient = 100.0 * (area - np.pi * SUPPORT**2) / (np.pi * (DISC**2 - SUPPORT**2))
    return DrapeTest(coefficient, _nodes(found.vertices, points), points, mesh, found)


def outline(x: F64, points: F64) -> F64:
    """Return the smooth outline of the rim seen from above, (2000, 2) [m]."""
    rim = np.flatnonzero(np.hypot(*points.T) > DISC - 1e-6)
    angle = np.arctan2(points[rim, 1], points[rim, 0])
    rim, angle = rim[np.argsort(angle)], np.sort(angle)
    flat = x[rim][:, [0, 2]]
    curve = CubicSpline(
        np.append(angle, angle[0] + 2 * np.pi), np.concatenate([flat, flat[:1]]), bc_type="periodic"
    )
    return np.asarray(curve(angle[0] + np.linspace(0, 2 * np.pi, 2000, endpoint=False)))


def shadow(x: F64, points: F64, faces: I64, pixels: int = 1600) -> tuple[float, Any]:
    """Return the area [m2] of the shadow from above and its picture: the rim's smooth outline and every triangle."""
    from PIL import Image, ImageDraw

    scale = pixels / 0.32
    picture = Image.new("1", (pixels, pixels))
    pen = ImageDraw.Draw(picture)
    pen.polygon([tuple(p) for p in (outline(x, points) + 0.16) * scale], fill=1)
    flat = ((x[:, [0, 2]] + 0.16) * scale)[faces].reshape(-1, 6)
    for corners in flat:
        pen.polygon(corners.tolist(), fill=1)
    return float(np.asarray(picture).sum()) / scale**2, picture


def _nodes(x: F64, points: F64) -> int:
    radius = np.hypot(*outline(x, points).T)
    smooth = np.convolve(np.tile(radius, 3), np.ones(41) / 41, mode="same")[2000:4000]
    rises = (smooth > np.roll(smooth, 1)) & (smooth >= np.roll(smooth, -1))
    return int(
        sum(
            smooth[k] - smooth[np.arange(k - 120, k + 120) % 2000].min() > 0.002
            for k in np.flatnonzero(rises)
        )
    )


def _delaunay(points: F64) -> tuple[I64, F64]:
    faces = Delaunay(points).simplices.astype(np.int64)
    a, b = points[faces[:, 1]] - points[faces[:, 0]], points[faces[:, 2]] - points[faces[:, 0]]
    double = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    faces = np.where(double[:, None] < 0, faces[:, [0, 2, 1]], faces)
    longest = np.maximum((a**2).sum(1), (b**2).sum(1))
    good = np.abs(double) > 0.02 * longest
    return faces[good], np.abs(double[good])


def keep_picture(keep: Path | None, name: str, picture: Any) -> None:
    """Save a picture where a folder is kept."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        picture.convert("L").save(keep / name)

"""The figure's looks in a GLB: one texture for skin, face, eyes and base layer, and hair as a skinned mesh.

TEXCOORD_1 is the chart of `toile.avatars.looks`, with the distance from the base layer's edge as u where there is neither
face nor eye; so the layer ends in a clean line on any mesh. TEXCOORD_0 stays what the body's own file says. Hair follows
the head's joint; where a garment lies over it in some frame, it is pressed below it in all of them.

Source: glTF 2.0 specification, 3.7.3 (skins), 3.9.2 (texture coordinates sets).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.avatars.base_layer import base_layer_distance
from toile.avatars.looks import (
    EYE_SPAN,
    FIELD_LEFT,
    FLUSH_LOW,
    LAYER_EDGE,
    LAYER_REACH,
    LAYER_SCALE,
    NEUTRAL,
    HairShape,
    looks_of,
)
from toile.avatars.mannequin import EYE_WHITE, Mannequin
from toile.engine.core.body import PARTS, Rig
from toile.engine.core.simulation import Simulation
from toile.engine.export.glb import GltfDocument
from toile.engine.export.gltf_material import Material, Tile, add_material, linear_colour

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

SIZE = 640  # pixels a side of the texture
LOOKED_AT = 12  # frames at most in which cloth over hair is looked for


@dataclass(frozen=True)
class Dressed:
    """What a figure wears: part_of_vertex (V,) of its body, vertices [m] of cloth that hides what is under it (N, 3), and of sheer cloth."""

    part_of_vertex: I32
    opaque: F32
    sheer: F32 | None = None


def add_skin(document: GltfDocument, rig: Rig, figure: Mannequin, dressed: Dressed | None) -> tuple[int, F32]:
    """Append the body's material; return it and TEXCOORD_1 (V, 2).

    Args:
        dressed: of the rest pose's body; no base layer when None.
    """
    count = len(rig.rest_vertices)
    looks = looks_of(count, rig.faces)
    chart = (
        np.tile(np.array([NEUTRAL, FLUSH_LOW], np.float32), (count, 1))
        if looks is None
        else looks.chart.copy()
    )
    if dressed is not None:
        edge = base_layer_distance(
            rig.rest_vertices, rig.faces, dressed.part_of_vertex, dressed.opaque, dressed.sheer
        )
        field = (chart[:, 0] > FIELD_LEFT) & (dressed.part_of_vertex != PARTS.index("eyes"))
        away = np.clip(edge[field], -LAYER_REACH, LAYER_REACH)
        chart[field, 0] = LAYER_EDGE - LAYER_SCALE * away
    paint = np.ones((SIZE, SIZE, 3), np.float32) if looks is None or not figure.painted else looks.paint
    picture = _picture(paint.astype(np.float64), figure)
    image = document.add("images", {"bufferView": document.add_view(picture), "mimeType": "image/jpeg"})
    sampler = document.add(
        "samplers", {"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071}
    )  # linear, mipmaps, clamped
    texture = document.add("textures", {"source": image, "sampler": sampler})
    material = add_material(
        document, Material("skin", figure.skin, roughness=0.6, specular=0.028), double_sided=False
    )
    surface = document.json["materials"][material]["pbrMetallicRoughness"]
    surface["baseColorFactor"] = [1.0, 1.0, 1.0, 1.0]
    surface["baseColorTexture"] = {"index": texture, "texCoord": 1}
    return material, np.column_stack([chart[:, 0], 1.0 - chart[:, 1]]).astype(np.float32)


def _picture(paint: F64, figure: Mannequin) -> bytes:
    """Return the texture as JPEG, its top row at v = 1 of the chart."""
    from PIL import Image

    size = len(paint)
    place = (np.arange(size) + 0.5) / size
    linear = np.array(linear_colour(figure.skin)) * paint
    eye = (place[:, None] < EYE_SPAN) & (place[None] < EYE_SPAN)
    white = np.array(linear_colour(EYE_WHITE if figure.painted else figure.skin))
    linear[eye] = (white * paint)[eye]
    covered = np.clip(0.5 + (place - LAYER_EDGE) * size, 0.0, 1.0)[None, :, None]
    linear = linear * (1.0 - covered) + np.array(linear_colour(figure.base_layer)) * covered
    linear = np.clip(linear, 0.0, 1.0)
    code = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1.0 / 2.4) - 0.055)
    stream = io.BytesIO()
    Image.fromarray(np.rint(255.0 * code[::-1]).astype(np.uint8)).save(
        stream, "JPEG", quality=92, subsampling=0, optimize=True
    )
    return stream.getvalue()


@dataclass(frozen=True)
class HairMesh:
    """Hair in the rest pose, split where its coordinates jump: points (N, 3) [m], uv (N, 2), faces (T, 3), joint."""

    points: F64
    uv: F32
    faces: I32
    joint: int


def hair_mesh(
    rig: Rig, figure: Mannequin, simulation: Simulation | None = None, frames: Sequence[int] = ()
) -> HairMesh | None:
    """Return the figure's hair, pressed below the cloth that covers it in frames of a simulation; None without hair."""
    looks = looks_of(len(rig.rest_vertices), rig.faces)
    shape = None if looks is None else looks.hair(figure.hair)
    if shape is None or "head" not in rig.joint_names:
        return None
    rest = rig.rest_vertices.astype(np.float64)
    roots = shape.roots @ rest
    points = shape.points @ rest
    if simulation is not None:
        points = roots + _left(shape, simulation, frames)[:, None] * (points - roots)
    corner = np.column_stack([shape.faces.reshape(-1), np.rint(shape.lines.reshape(-1, 2) * 1e5)]).astype(
        np.int64
    )
    unique, first, back = np.unique(corner, axis=0, return_index=True, return_inverse=True)
    return HairMesh(
        points[unique[:, 0]],
        shape.lines.reshape(-1, 2)[first].astype(np.float32),
        back.reshape(-1, 3).astype(np.int32),
        rig.joint_names.index("head"),
    )


def _left(shape: HairShape, simulation: Simulation, frames: Sequence[int]) -> F64:
    """Return what share of each hair point's way from its root is left under the cloth over it, 0-1."""
    left = np.ones(shape.points.shape[0])
    chosen = np.unique(
        np.asarray(frames)[np.linspace(0, len(frames) - 1, min(len(frames), LOOKED_AT)).astype(int)]
    )
    for frame in chosen:
        body = simulation.body_vertices[frame].astype(np.float64)
        roots, points = shape.roots @ body, shape.points @ body
        low, high = points.min(0), points.max(0)
        cloth = simulation.cloth_vertices[frame]
        if not ((cloth > low) & (cloth < high)).all(1).any():
            continue
        whole = np.linalg.norm(points - roots, axis=1)
        now = np.linalg.norm(
            _pressed(cloth, simulation.cloth_faces, roots, points).astype(np.float64) - roots, axis=1
        )
        left = np.minimum(left, np.where(whole > 1e-5, now / np.maximum(whole, 1e-5), 1.0))
    return np.minimum(left, 1.0)


def _pressed(cloth: F32, faces: I32, roots: F64, points: F64) -> F32:
    """Return hair points (N, 3) as the renderer presses them below cloth."""
    from toile.engine.core.device import warp

    wp = warp()
    from toile.avatars.hair_kernels import PRESSED, press_hair

    def array(values: NDArray[Any], kind: Any) -> Any:
        return wp.array(np.ascontiguousarray(values), dtype=kind, device="cpu")

    mesh = wp.Mesh(array(cloth.astype(np.float32), wp.vec3), array(faces.ravel().astype(np.int32), int))
    out = array(points.astype(np.float32), wp.vec3)
    inputs = [mesh.id, array(roots.astype(np.float32), wp.vec3), 0, PRESSED, out]
    wp.launch(press_hair, dim=len(points), inputs=inputs, device="cpu")
    return np.asarray(out.numpy())


def hair_material(figure: Mannequin) -> Material:
    """Return the material of hair: its colour in strands."""
    return Material(
        "hair", figure.hair_colour, roughness=0.45, specular=0.046, print=_strands(figure.hair_colour)
    )


def _strands(colour: str) -> Tile:
    """Return a tile of strands that run along y, 67 by 200 mm."""
    from PIL import Image

    rng = np.random.default_rng(2)
    x, y = np.meshgrid(np.arange(256) / 256.0, np.arange(64) / 64.0)
    total = np.zeros_like(x)
    for waves in (5, 9, 14, 23, 37, 60, 90):
        drift = 0.6 * np.sin(2.0 * np.pi * (y + rng.uniform()))
        total += np.cos(2.0 * np.pi * (waves * x + rng.uniform()) + drift)
    linear = np.array(linear_colour(colour)) * np.clip(1.0 + 0.16 * total, 0.25, 2.0)[..., None]
    code = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1.0 / 2.4) - 0.055)
    stream = io.BytesIO()
    Image.fromarray(np.rint(255.0 * np.clip(code, 0.0, 1.0)).astype(np.uint8)).save(
        stream, "PNG", optimize=True
    )
    return Tile((2.0 * np.pi * 0.085 / 8.0, 0.2), stream.getvalue())

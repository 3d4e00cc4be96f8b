"""A sheet of small pictures, one for each measurement: the body, and the tape that was measured on it as a red tube.

Flat shading in parallel projection, far triangles first (painter's algorithm), twice the size and averaged down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from toile.avatars.base_layer import base_layer_distance
from toile.avatars.tapes import BEFORE_SKIN, ISO, Tape, tapes, tube
from toile.engine.core.files import write_bytes

if TYPE_CHECKING:
    from toile.avatars.model import Avatar
    from toile.engine.export.gltf import ExtraMesh

F64 = NDArray[np.float64]

TAPE_COLOUR = "#d0342c"
_BODY, _TAPE = np.array([206.0, 198.0, 190.0]), np.array([208.0, 52.0, 44.0])
_LIGHT = np.array([0.35, 0.45, 0.82])
_CELL = (300, 400)  # pixels
_CAPTION = 52
_COLUMNS = 7
_HALF_HEIGHT = {
    "wrist": 0.22, "neck": 0.26, "head": 0.24, "upper_arm": 0.30, "ankle": 0.24, "calf": 0.30, "knee": 0.30, "shoulder": 0.34,
    "bust": 0.38, "underbust": 0.38, "waist": 0.42, "hip": 0.42, "thigh": 0.42, "back_length": 0.42, "front_length": 0.42,
    "arm_length": 0.52, "bust_point_distance": 0.34,
}  # fmt: skip
"""Half of the height that is seen [m], where the whole body would make the tape too small to read."""
_AZIMUTH = {
    "back_length": 180.0, "shoulder": 180.0, "arm_length": 40.0, "hip": 35.0, "nape_height": 150.0, "hip_height": 130.0,
    "wrist": 30.0,
}  # fmt: skip
_ON_SKIN = ("neck", "shoulder", "back_length", "front_length")
_THROUGH = ("arm_length", "bust_point_distance")
"""Straight lines between landmarks: shown through the body."""
_UNDERWEAR = np.array([150.0, 141.0, 134.0])


def tapes_of(avatar: Avatar) -> dict[str, Tape]:
    """Return the tape of each measurement of an avatar but its mass."""
    return tapes(avatar.rig.rest_vertices, avatar.rig.rest[:, :3, 3], asset=avatar.model.asset)


def tape_meshes(avatar: Avatar) -> list[ExtraMesh]:
    """Return the tapes as meshes to put beside the body in a GLB."""
    from toile.engine.export.gltf import ExtraMesh

    found = []
    for name, tape in tapes_of(avatar).items():
        vertices, faces = _tubes(avatar, tape)
        found.append(ExtraMesh(f"tape_{name}", vertices, faces, TAPE_COLOUR))
    return found


def _tubes(avatar: Avatar, tape: Tape) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    curves = [
        curve if closed or tape.name not in _ON_SKIN else _lifted(avatar, curve)
        for curve, closed in zip(tape.curves, tape.closed, strict=True)
    ]
    parts = [tube(curve, closed) for curve, closed in zip(curves, tape.closed, strict=True)]
    shift = np.cumsum([0, *(len(v) for v, _ in parts)])
    return (
        np.concatenate([v for v, _ in parts]),
        np.concatenate([f + s for (_, f), s in zip(parts, shift, strict=False)]).astype(np.int32),
    )


def _lifted(avatar: Avatar, curve: F64) -> F64:
    """Return a curve on the skin moved off it, along the normal of the nearest vertex."""
    from scipy.spatial import cKDTree

    from toile.engine.core.mesh import vertex_normals

    body = avatar.figure.vertices.astype(np.float64)
    normals = vertex_normals(body, avatar.figure.faces)
    nearest = cKDTree(body).query(curve)[1]
    length = np.linalg.norm(normals[nearest], axis=1, keepdims=True)
    return np.asarray(curve + 1.5 * BEFORE_SKIN * normals[nearest] / np.maximum(length, 1e-12))


def write_sheet(avatar: Avatar, path: Path, names: Sequence[str] | None = None) -> None:
    """Write the sheet as PNG: each measurement with its clause of ISO 8559-1, its value, and its tape.

    Raises:
        CannotWrite: the file cannot be written.
    """
    import io

    from PIL import Image, ImageDraw

    every = tapes_of(avatar)
    chosen = list(names or every)
    rows = -(-len(chosen) // _COLUMNS)
    width, height = _CELL
    sheet = Image.new("RGB", (_COLUMNS * width, rows * (height + _CAPTION)), "white")
    draw = ImageDraw.Draw(sheet)
    large, small = _fonts()
    for k, name in enumerate(chosen):
        x, y = (k % _COLUMNS) * width, (k // _COLUMNS) * (height + _CAPTION)
        sheet.paste(Image.fromarray(_picture(avatar, every[name])), (x, y))
        row = avatar.report.get(name, {})
        value = f"  {row['achieved_cm']:.1f} cm" if "achieved_cm" in row else ""
        clause = ISO[name].clause
        draw.text((x + 8, y + height + 2), f"{name.replace('_', ' ')}{value}", fill="black", font=large)
        draw.text(
            (x + 8, y + height + 26),
            f"ISO 8559-1, {clause}" if clause != "-" else "not in ISO 8559-1",
            fill="#555",
            font=small,
        )
    stream = io.BytesIO()
    sheet.save(stream, "PNG", optimize=True)
    write_bytes(path, stream.getvalue())


def _fonts() -> tuple[Any, Any]:
    from PIL import ImageFont

    return ImageFont.load_default(size=19), ImageFont.load_default(size=15)


def _picture(avatar: Avatar, tape: Tape) -> NDArray[np.uint8]:
    """Return one cell (height, width, 3)."""
    from PIL import Image, ImageDraw

    body = avatar.figure.vertices.astype(np.float64)
    vertices, faces = _tubes(avatar, tape)
    points = np.concatenate([body, vertices.astype(np.float64)])
    triangles = np.concatenate([avatar.figure.faces, faces + len(body)])
    is_tape = np.arange(len(triangles)) >= len(avatar.figure.faces)
    turn = np.radians(_AZIMUTH.get(tape.name, 25.0))
    side = np.array([np.cos(turn), 0.0, -np.sin(turn)])
    toward = np.array([np.sin(turn), 0.0, np.cos(turn)])
    tilt = np.radians(12.0)
    up = np.array([0.0, np.cos(tilt), 0.0]) - np.sin(tilt) * toward
    toward = toward * np.cos(tilt) + np.array([0.0, np.sin(tilt), 0.0])
    seen = np.stack([points @ side, points @ up, points @ toward], axis=1)
    centre, half = _window(tape, seen, len(body))
    width, height = 2 * _CELL[0], 2 * _CELL[1]
    scale = 0.5 * height / half
    pixel = np.stack(
        [0.5 * width + scale * (seen[:, 0] - centre[0]), 0.5 * height - scale * (seen[:, 1] - centre[1])], 1
    )
    corners = points[triangles]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    inside = ((pixel[triangles] > -40).all(2) & (pixel[triangles] < (width + 40, height + 40)).all(2)).all(1)
    shown = np.flatnonzero((normal @ toward > 0.0) & inside)
    depth = seen[triangles[shown], 2].mean(1) + 9.0 * (is_tape[shown] & (tape.name in _THROUGH))
    order = shown[np.argsort(depth)]
    frame = np.stack([side, up, toward])
    light = np.clip(normal @ (_LIGHT @ frame), 0.0, 1.0)
    covered = base_layer_distance(
        avatar.figure.vertices,
        avatar.figure.faces,
        avatar.figure.part_of_vertex,
        np.zeros((0, 3), np.float32),
    )
    dark = np.append(covered, np.zeros(len(vertices)))[triangles].max(1) < 0.0
    base = np.where(dark[:, None], _UNDERWEAR, _BODY)
    colour = np.where(is_tape[:, None], _TAPE, base) * (0.45 + 0.55 * light)[:, None]
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    flat, fills = pixel[triangles].reshape(-1, 6), np.clip(colour, 0, 255).astype(int)
    for t in order:
        draw.polygon(flat[t].tolist(), fill=(int(fills[t, 0]), int(fills[t, 1]), int(fills[t, 2])))
    return np.asarray(image.resize(_CELL, Image.Resampling.LANCZOS))


def _window(tape: Tape, seen: F64, count: int) -> tuple[F64, float]:
    """Return the centre (2,) and half the height of what is seen [m]."""
    if tape.name in _HALF_HEIGHT:
        ring = seen[count:]
        return 0.5 * (ring.min(0) + ring.max(0))[:2], _HALF_HEIGHT[tape.name]
    middle = 0.5 * (seen.min(0) + seen.max(0))
    half_width = 0.5 * float(seen[:, 0].max() - seen[:, 0].min()) * _CELL[1] / _CELL[0]
    return middle[:2], 1.04 * max(0.5 * float(seen[:, 1].max() - seen[:, 1].min()), half_width)


def tape_lengths(avatar: Avatar) -> Mapping[str, float]:
    """Return the lengths [m] of the drawn curves by name: of girths and lengths, the measurement itself."""
    found = {}
    for name, tape in tapes_of(avatar).items():
        total = 0.0
        for curve, closed in zip(tape.curves, tape.closed, strict=True):
            whole = np.concatenate([curve, curve[:1]]) if closed else curve
            total += float(np.linalg.norm(np.diff(whole, axis=0), axis=1).sum())
        found[name] = total
    return found

"""A running preview of a simulation: `preview.png` renewed as frames come, and `preview.html` that shows it.

Front and side, flat shading, nearest triangle last; drawn at most every other second, so that it costs little.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.files import atomic_path, write_text

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

PICTURE, PAGE = "preview.png", "preview.html"
_EVERY = 2.0  # s
_HEIGHT = 720
_LIFT = 0.02  # m: cloth is drawn this much nearer, for a body's large triangles are sorted by their middles
_SKIN, _CLOTH = np.array([224.0, 190.0, 168.0]), np.array([72.0, 108.0, 176.0])
_HTML = (
    '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>toile preview</title>'
    '<body style="margin:0;background:#eee;text-align:center"><img src="{picture}?{stamp}" style="max-height:96vh">'
    '<p style="font-family:sans-serif">{caption}</p>'
)


class Preview:
    """Draws the frames it is told of into a folder."""

    def __init__(self, folder: Path, body_faces: I32, cloth_faces: I32, frame_count: int) -> None:
        """Prepare the folder's preview."""
        self.folder, self.frame_count = folder, frame_count
        self.faces = np.concatenate([body_faces, cloth_faces])
        self.body_faces = len(body_faces)
        self.drawn = -np.inf

    def __call__(self, frame: int, cloth: F32, body: F32) -> None:
        """Draw a frame (lead-in frames count below zero), unless the last picture is younger than two seconds."""
        last = frame == self.frame_count - 1
        if time.monotonic() - self.drawn < _EVERY and not last:
            return
        caption = f"frame {frame + 1} of {self.frame_count}" if frame >= 0 else "walking in"
        picture = draw(body, cloth, self.faces, self.body_faces)
        from PIL import Image

        with atomic_path(self.folder / PICTURE) as temporary:
            Image.fromarray(picture).save(temporary)
        page = _HTML.format(picture=PICTURE, stamp=int(1000 * time.time()), caption=caption)
        write_text(
            self.folder / PAGE, page.replace('<meta http-equiv="refresh" content="2">', "") if last else page
        )
        self.drawn = time.monotonic()


def draw(body: F32, cloth: F32, faces: I32, body_faces: int, height: int = _HEIGHT) -> NDArray[np.uint8]:
    """Return front and side views beside each other, (height, width, 3); faces: the body's, then the cloth's (from 0)."""
    from PIL import Image, ImageDraw

    points = np.concatenate([body, cloth]).astype(np.float64)
    index = faces.astype(np.int64).copy()
    index[body_faces:] += len(body)
    low, high = points.min(0), points.max(0)
    scale = (height - 24) / max(high[1] - low[1], 1e-6)
    base = np.where(np.arange(len(index))[:, None] < body_faces, _SKIN, _CLOTH)
    views = []
    for right, towards in (
        (np.array([1.0, 0, 0]), np.array([0, 0, 1.0])),
        (np.array([0, 0, -1.0]), np.array([1.0, 0, 0])),
    ):
        across = points @ right
        left = across.min()
        width = int(scale * (across.max() - left)) + 24
        place = np.stack([12 + scale * (across - left), height - 12 - scale * (points[:, 1] - low[1])], 1)
        corners = points[index]
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
        facing = normal @ towards
        light = normal @ (0.75 * towards + 0.45 * np.array([0, 1.0, 0]) + 0.35 * right)
        shade = 0.35 + 0.65 * np.clip(np.where(facing < 0.0, -light, light), 0.0, 1.0)
        colour = np.clip(base * shade[:, None], 0, 255).astype(np.uint8)
        shown = np.flatnonzero((facing > 0.0) | (np.arange(len(index)) >= body_faces))
        depth = (corners @ towards).mean(1) + np.where(np.arange(len(index)) < body_faces, 0.0, _LIFT)
        order = shown[np.argsort(depth[shown])]
        picture = Image.new("RGB", (width, height), (238, 238, 238))
        pen = ImageDraw.Draw(picture)
        flat = place[index].reshape(-1, 6)
        for k in order:
            pen.polygon(flat[k].tolist(), fill=tuple(int(c) for c in colour[k]))
        views.append(np.asarray(picture))
    return np.concatenate(views, axis=1)

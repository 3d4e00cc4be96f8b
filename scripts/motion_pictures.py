"""Draw every built-in motion, from ahead and from the wearer's left, into docs/images/motions.png.

    python scripts/motion_pictures.py [--body 1.68,60,female] [--moments 8] [--out FILE] [NAME …]

Skinning alone, folds not relaxed; flat shading in parallel projection, far triangles first, twice the size and averaged down. A grey line is
the floor. The stool of a sitting body is drawn as its outline.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from toile.avatars.fit import fit_avatar
from toile.avatars.motion import MOTIONS, Motion, make_motion
from toile.engine.core.body import PARTS

ROOT = Path(__file__).resolve().parent.parent
SECONDS = {"walk": 1.1, "catwalk": 7.0, "turn": 6.0, "sit": 4.0, "squat": 3.0, "jump": 2.7, "reach": 5.0, "lunge": 3.6,
           "stand": 4.0, "raise_arms": 4.0}  # fmt: skip
CELL = (190, 250)
"""Width and height of one figure [pixels]."""
SCALE = 232.0 / 2.15
"""Pixels a metre."""
FLOOR = 14
"""Pixels below the floor."""
LABEL = 96
LIGHT = np.array([0.42, 0.50, 0.76])


def main() -> int:
    """Draw the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--body", default="1.68,60,female", help="height [m], mass [kg], sex")
    parser.add_argument("--moments", type=int, default=8)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images" / "motions.png")
    options = parser.parse_args()
    height, mass, sex = options.body.split(",")
    avatar = fit_avatar({"height": float(height), "mass": float(mass)}, sex)
    names = options.names or list(MOTIONS)
    width = LABEL + options.moments * CELL[0]
    sheet = Image.new("RGB", (width, len(names) * (2 * CELL[1] + 8)), "white")
    for row, name in enumerate(names):
        made = make_motion(avatar, name, SECONDS[name], 30.0)
        last = made.frame_count - (1 if made.period is None else made.frame_count / options.moments)
        for column, frame in enumerate(np.linspace(0.0, last, options.moments)):
            for view, ahead in enumerate(("front", "left")):
                place = (LABEL + column * CELL[0], row * (2 * CELL[1] + 8) + view * CELL[1])
                sheet.paste(picture(made, float(frame), ahead), place)
                draw = ImageDraw.Draw(sheet)
                if view == 0:
                    draw.text((place[0] + 4, place[1] + 2), f"{frame / 30.0:.2f} s", fill="#666")
        ImageDraw.Draw(sheet).text(
            (6, row * (2 * CELL[1] + 8) + CELL[1] - 8), name, fill="black", font_size=17
        )
    sheet.quantize(128).save(options.out, optimize=True)
    print(options.out)
    return 0


def picture(made: Motion, frame: float, ahead: str) -> Image.Image:
    """Return one figure seen from ahead or from its left."""
    skin = made.skinned_at(frame).astype(np.float64)
    across, towards = (0, 2) if ahead == "front" else (2, 0)
    sign = 1.0 if ahead == "front" else -1.0
    a, b, c = (skin[made.rig.faces[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    seen = np.flatnonzero(normal[:, towards] > 0.0)
    seen = seen[np.argsort((a + b + c)[seen, towards])]
    facing = np.stack([sign * normal[seen, across], normal[seen, 1], normal[seen, towards]], -1) @ LIGHT
    shade = 0.38 + 0.62 * np.clip(facing, 0.0, 1.0)
    part = made.part_of_vertex[made.rig.faces[seen, 0]]
    worn = np.isin(part, [PARTS.index("torso")])
    base = np.where(worn[:, None], [150.0, 146.0, 150.0], [226.0, 208.0, 194.0])
    colour = (base * shade[:, None]).astype(int)
    size = (2 * CELL[0], 2 * CELL[1])
    image = Image.new("RGB", size, "#f4f3f1")
    draw = ImageDraw.Draw(image)
    floor = size[1] - 2 * FLOOR
    draw.line([(0, floor), (size[0], floor)], fill="#b5b2ae", width=3)
    x = size[0] / 2 + 2 * SCALE * sign * skin[:, across]
    y = floor - 2 * SCALE * skin[:, 1]
    at = np.stack([x, y], -1)[made.rig.faces[seen]].reshape(len(seen), 6)
    for corners, fill in zip(at.tolist(), colour.tolist(), strict=True):
        draw.polygon(corners, fill=tuple(fill))
    if made.seat is not None:
        _stool(draw, made.seat, across, sign, size[0] / 2, floor)
    return image.resize(CELL, Image.Resampling.BOX)


def _stool(draw: Any, seat: Any, across: int, sign: float, middle: float, floor: float) -> None:
    corners = seat.mesh()[0]
    low, high = corners[:, across].min(), corners[:, across].max()
    ends = sorted((middle + 2 * SCALE * sign * low, middle + 2 * SCALE * sign * high))
    draw.rectangle((ends[0], floor - 2 * SCALE * seat.height, ends[1], floor), outline="#6d7480", width=3)


if __name__ == "__main__":
    sys.exit(main())

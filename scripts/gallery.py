"""Make docs/gallery: `python scripts/gallery.py [--again] [--page] [NAME …]` (`make gallery`).

Twelve looks, three views each, by the two commands printed beside them: one makes the look, one draws a place of it from
close by. A look that is there is kept (--again draws it anew, from the simulation in look/gallery if that is of the same
code), so a run that was stopped goes on. --page writes the page alone, from the pictures that are there.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "gallery"
LOOKS = ROOT / "look" / "gallery"
SIZE = 384
"""Pixels of a view in the animation; its stills have twice as many a side."""
HEIGHT = 600
"""Pixels of a picture on the page."""
QUALITY = 86
RECORD = "gallery.json"


@dataclass(frozen=True)
class Shot:
    """A look of the gallery: the sentence, how the wearer moves, two azimuths [degrees], and what is shown closely."""

    name: str
    text: str
    motion: str
    views: tuple[int, int]
    closely: str
    edge_mm: int = 22
    light: str = "studio"

    def commands(self) -> list[list[str]]:
        """Return the commands that make it, run in the repository."""
        out = f"look/gallery/{self.name}"
        views = [part for azimuth in self.views for part in ("--view", str(azimuth))]
        light = ["--light", self.light] if self.light != "studio" else []
        moving = ["--motion", self.motion, "--seconds", "0.8", "--fps", "10", "--edge-mm", str(self.edge_mm)]
        return [
            ["toile", "try-on", self.text, "--out", out, *moving, *views, "--size", str(SIZE)],
            ["toile", "render", out, "--view", self.closely, "--size", str(SIZE), *light],
        ]


SHOTS = (
    Shot("silk", "黑色真丝A字连衣裙，长到小腿，胸围84，身高165", "walk", (30, 200), "waist"),
    Shot(
        "satin",
        "a burgundy satin fit-and-flare dress, knee length, bust 92 cm, height 172 cm",
        "turn",
        (0, 320),
        "hem",
    ),
    Shot("linen", "男装，白色亚麻衬衫配卡其色棉直筒裤，身高178，体重75公斤", "walk", (20, 160), "waist"),
    Shot(
        "denim",
        "a blue denim A-line skirt, knee length, with a white cotton T-shirt, height 160 cm, weight 52 kg",
        "walk",
        (340, 110),
        "weave",
    ),
    Shot("chiffon", "淡紫色雪纺圆裙，长70cm，配白色棉T恤，身高168", "turn", (25, 180), "hem"),
    Shot(
        "leather",
        "a black leather pencil skirt with a grey knit sweater, height 170 cm",
        "walk",
        (35, 180),
        "hem",
    ),
    Shot("velvet", "墨绿色天鹅绒鱼尾连衣裙，胸围88，身高170", "stand", (15, 215), "waist"),
    Shot(
        "cashmere",
        "a man's oatmeal cashmere sweater with brown corduroy trousers, height 182 cm, weight 82 kg",
        "stand",
        (25, 150),
        "sleeve",
    ),
    Shot("tweed", "棕色粗花呢直筒半身裙配黑色高领毛衣，身高163", "walk", (330, 90), "weave"),
    Shot("black", "a black cotton jumpsuit with wide legs, height 175 cm", "walk", (20, 180), "waist"),
    Shot("wool", "红色格子羊毛A字半裙，及膝，配白色棉T恤，身高160，体重50公斤", "walk", (335, 150), "hem"),
    Shot(
        "floral",
        "a white cotton half-circle halter dress with a blue floral print, knee length, height 168 cm, weight 85 kg",
        "turn",
        (0, 300),
        "waist",
    ),
)


def main() -> int:
    """Make what was asked for and write the page; exit 1 when a look failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--again", action="store_true", help="draw looks that are there as well")
    parser.add_argument("--page", action="store_true", help="only write the page")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    failed = 0
    for shot in SHOTS:
        wanted = not options.page and (not options.names or shot.name in options.names)
        if wanted and (options.again or not _is_there(shot)):
            failed += not _make(shot)
            write_page()
    write_page()
    return 1 if failed else 0


def _is_there(shot: Shot) -> bool:
    """Whether the picture on the page was made by this look's commands."""
    made = _record().get(shot.name, {}).get("commands")
    return (FOLDER / f"{shot.name}.jpg").is_file() and made == shot.commands()


def _make(shot: Shot) -> bool:
    """Run a look's commands, keep its three pictures and what was measured."""
    folder = LOOKS / shot.name
    started = time.monotonic()
    pictures: list[Image.Image] = []
    for command in shot.commands():
        done = subprocess.run(
            [sys.executable, "-P", "-m", *command], cwd=ROOT, capture_output=True, text=True
        )
        if done.returncode != 0:
            print(f"{shot.name}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            return False
        # The later of the two key frames of each view.
        found = {p.name.rpartition("_")[0]: p for p in sorted((folder / "stills").glob("*.png"))}
        views = [f"view{azimuth}" for azimuth in shot.views] if not pictures else [f"view{shot.closely}"]
        for view in views:
            with Image.open(found[view]) as picture:
                pictures.append(picture.convert("RGB"))
    _sheet(pictures).save(FOLDER / f"{shot.name}.jpg", quality=QUALITY, optimize=True, progressive=True)
    certificate = json.loads((folder / "certificate.json").read_text("utf-8"))
    record = _record()
    record[shot.name] = {"commands": shot.commands(), "measured": _measured(certificate)}
    text = json.dumps(dict(sorted(record.items())), ensure_ascii=False, indent=1)
    (FOLDER / RECORD).write_text(text + "\n", encoding="utf-8")
    print(f"{shot.name}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    return True


def _sheet(pictures: list[Image.Image]) -> Image.Image:
    """The figures, cropped to their sides, and the close-up, beside each other."""
    parts = []
    for i, picture in enumerate(pictures):
        scale = HEIGHT / picture.height
        whole = picture.resize((round(picture.width * scale), HEIGHT), Image.Resampling.LANCZOS)
        if i < 2:
            middle, half = _middle(whole), 165
            left = min(max(middle - half, 0), whole.width - 2 * half)
            whole = whole.crop((left, 0, left + 2 * half, HEIGHT))
        else:
            margin = (whole.width - 480) // 2
            whole = whole.crop((margin, 0, margin + 480, HEIGHT))
        parts.append(np.asarray(whole))
        parts.append(np.full((HEIGHT, 8, 3), 255, np.uint8))
    return Image.fromarray(np.concatenate(parts[:-1], axis=1))


def _middle(picture: Image.Image) -> int:
    """The column where the figure is: what differs most from the backdrop at the picture's edges."""
    rows = np.asarray(picture, np.float64)[HEIGHT // 8 : HEIGHT // 2]
    away = np.abs(rows - rows[:, :1]).sum(axis=(0, 2))
    return round(float((away * np.arange(len(away))).sum() / max(away.sum(), 1.0)))


def _measured(certificate: dict[str, Any]) -> dict[str, int]:
    """What the certificate counts over all frames: vertices inside the body, crossings of cloth with body and cloth."""
    counted = certificate["intersections"].items()
    return {name: found["total"] for name, found in counted if isinstance(found, dict) and "total" in found}


def _record() -> dict[str, dict[str, object]]:
    try:
        found = json.loads((FOLDER / RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_page() -> None:
    """Write docs/gallery/README.md from the looks that are there."""
    record = _record()
    lines = [
        "# Gallery",
        "",
        "Each look by the two commands under it: two views of the figure, and a place from close by. `make gallery` makes those",
        "that are missing, and this page; a simulation takes a minute or more.",
    ]
    for shot in SHOTS:
        if shot.name not in record or not (FOLDER / f"{shot.name}.jpg").is_file():
            continue
        lines += ["", f"## {shot.text}", "", f"![{shot.text}]({shot.name}.jpg)", "", "```"]
        lines += [" ".join(map(_quoted, command)) for command in shot.commands()]
        lines += ["```"]
    (FOLDER / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _quoted(part: str) -> str:
    return (
        part
        if part.replace("-", "").replace("/", "").replace("_", "").isalnum() and part.isascii()
        else shlex.quote(part)
    )


if __name__ == "__main__":
    sys.exit(main())

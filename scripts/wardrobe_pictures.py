"""Draw and drape the wardrobe for docs/wardrobe.md: `python scripts/wardrobe_pictures.py [--flat] [--draped] [NAME …]`.

Flat: the pieces of a garment as a small SVG. Draped: front and back of the garment on a woman of 168 cm, as a JPEG; one
block at a time, about a minute or two each, and what is there already is kept (`--again` makes it anew).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "wardrobe"
BODY = {"sex": "female", "height_cm": 168.0, "weight_kg": 60.0}
Garment = Mapping[str, Any]


def _dress(**fields: Any) -> Garment:
    return {"category": "dress", **fields}


def _skirt(silhouette: str, **fields: Any) -> Garment:
    return {"category": "skirt", "silhouette": silhouette, **fields}


WARDROBE: Mapping[str, tuple[str, Garment]] = {
    # name -> (what it shows, the garment as a request has it)
    **{f"skirt-{s}": (f"Skirt, {s.replace('_', ' ')}", _skirt(s, length="knee")) for s in (
        "straight", "a_line", "circle", "half_circle", "pencil", "pleated", "wrap")},
    "skirt-tiered": ("Skirt, tiered", _skirt("tiered", length="midi")),
    "skirt-mermaid": ("Skirt, mermaid", _skirt("mermaid", length="maxi")),
    **{f"neck-{n}": (f"Neckline {n.replace('_', ' ')}", _dress(neckline=n, silhouette="a_line", length="knee", fit="regular")) for n in (
        "crew", "scoop", "v", "square", "boat", "halter", "off_shoulder", "strapless", "sweetheart")},
    **{f"collar-{n}": (f"Collar: {n.replace('_', ' ')}", {"category": "shirt", "neckline": n, "sleeve": "long"}) for n in (
        "shirt_collar", "mandarin", "peter_pan")},
    "collar-turtleneck": ("Turtleneck", {"category": "sweater", "neckline": "turtleneck"}),
    "collar-lapel": ("Lapels", {"category": "jacket", "neckline": "lapel"}),
    "collar-hood": ("Hood", {"category": "hoodie", "neckline": "hood"}),
    **{f"sleeve-{s}": (f"Sleeve, {s.replace('_', ' ')}", _dress(sleeve=s, silhouette="a_line", length="knee")) for s in (
        "cap", "short", "elbow", "three_quarter", "long")},
    **{f"sleeve-{s}": (f"Sleeve, {s}", {"category": "blouse", "sleeve": "long", "sleeve_style": s}) for s in (
        "raglan", "bell", "bishop", "dolman", "kimono")},
    "sleeve-puff": ("Sleeve, puff", _dress(sleeve="short", sleeve_style="puff", length="knee")),
    "waist-empire": ("Dress, empire", _dress(waistline="empire", sleeve="short", length="midi")),
    "waist-drop": ("Dress, drop waist", _dress(waistline="drop", silhouette="half_circle", length="knee")),
    **{f"dress-{s}": (f"Dress, {s.replace('_', ' ')}", _dress(silhouette=s, length="midi")) for s in (
        "sheath", "fit_and_flare", "mermaid", "tiered")},
    **{f"trousers-{s}": (f"Trousers, {s}", {"category": "trousers", "silhouette": s}) for s in (
        "straight", "skinny", "tapered", "wide", "flared")},
    "shorts": ("Shorts", {"category": "shorts"}),
    "jumpsuit": ("Jumpsuit", {"category": "jumpsuit", "neckline": "v"}),
    "t_shirt": ("T-shirt", {"category": "t_shirt"}),
    "tank_top": ("Tank top", {"category": "tank_top"}),
    "vest": ("Vest", {"category": "vest"}),
    "coat": ("Coat", {"category": "coat", "length": "knee"}),
}  # fmt: skip


def main() -> int:
    """Make what was asked for; exit 1 when a block failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--flat", action="store_true")
    parser.add_argument("--draped", action="store_true")
    parser.add_argument("--again", action="store_true")
    parser.add_argument(
        "--page", action="store_true", help="write docs/wardrobe.md from the pictures that are there"
    )
    options = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    unknown = [n for n in options.names if n not in WARDROBE]
    if unknown:
        print(f"No block is called {unknown[0]}; there are: {', '.join(WARDROBE)}.", file=sys.stderr)
        return 2
    failed = 0
    for name in options.names or WARDROBE:
        for wanted, suffix, make in ((options.flat, "svg", flat), (options.draped, "jpg", draped)):
            path = FOLDER / f"{name}.{suffix}"
            if not wanted or (path.exists() and not options.again):
                continue
            started = time.perf_counter()
            try:
                make(WARDROBE[name][1], path)
                print(f"{path.name} {time.perf_counter() - started:.1f} s", flush=True)
            except Exception as error:  # one block that fails does not stop the others
                failed += 1
                print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
    if options.page:
        write_page()
    return int(failed > 0)


def _request(garment: Garment) -> Any:
    from toile.garments.spec import request_from_json

    motion = {"name": "stand", "seconds": 0.5, "fps": 10}
    return request_from_json(json.dumps({"garments": [garment], "wearer": BODY, "motion": motion}))


def _resolved(garment: Garment) -> tuple[Any, Any]:
    from toile.avatars.fit import fit_avatar
    from toile.garments.resolve import resolve

    resolved = resolve(_request(garment))
    return resolved, fit_avatar(dict(resolved.wearer.measurements), resolved.wearer.sex)


def flat(garment: Garment, path: Path) -> None:
    """Draw a garment's pieces small: cut line, sewing line, folds, grain, names."""
    from toile.garments.cut_line import cut_line
    from toile.garments.drafting import draft
    from toile.garments.layout import lay_out

    resolved, avatar = _resolved(garment)
    pattern = draft(resolved.garments, avatar.figure.measurements)
    placed, width, height = lay_out(pattern.panels, 20.0, 1700.0)
    parts = []
    for piece in placed:
        panel = piece.panel
        parts.append(
            _path(piece.sheet(cut_line(panel).points), 'fill="#fbfaf5" stroke="#111" stroke-width="5"')
        )
        for edge in panel.edges:
            colour = {"hem": "#1f5fa8", "dart": "#b3261e", "opening": "#a05a00"}.get(edge.kind, "#555")
            parts.append(
                _path(piece.sheet(edge.points), f'fill="none" stroke="{colour}" stroke-width="3"', False)
            )
        for fold in panel.folds:
            parts.append(
                _path(piece.sheet(fold.points), 'fill="none" stroke="#1b7f3b" stroke-width="3"', False)
            )
        middle = piece.sheet(panel.outline.mean(axis=0)[None])[0]
        reach = np.ptp(panel.outline, axis=0)
        size = min(34.0, 1900.0 * float(reach[0]) / max(len(panel.label), 8))
        words = panel.name.split("/")[-1].replace("_", " ")
        parts.append(
            f'<text x="{middle[0]:.0f}" y="{middle[1]:.0f}" font-size="{size:.0f}" text-anchor="middle">{escape(words)}</text>'
        )
    body = "\n".join(parts)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="440" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'font-family="sans-serif"><rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n',
        encoding="utf-8",
    )


def _path(points: np.ndarray, look: str, closed: bool = True) -> str:
    walked = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    keep = [0]
    for k in range(1, len(points) - 1):
        a, b = points[keep[-1]], points[k + 1]
        chord = b - a
        away = abs(chord[0] * (points[k] - a)[1] - chord[1] * (points[k] - a)[0]) / max(
            float(np.hypot(*chord)), 1e-9
        )
        if away > 0.8 or walked[k] - walked[keep[-1]] > 60.0:
            keep.append(k)
    keep.append(len(points) - 1)
    steps = " ".join(f"{x:.0f} {y:.0f}" for x, y in points[keep])
    return f'<path d="M {steps}{" Z" if closed else ""}" {look}/>'


def draped(garment: Garment, path: Path) -> None:
    """Drape a garment on the body that stands, and render it from the front and the back."""
    from PIL import Image

    from toile.engine.cloth.simulate import simulate
    from toile.engine.render.animation import render_still
    from toile.engine.render.scene import GarmentLook, views
    from toile.garments.drafting import draft
    from toile.garments.fabric import fabric
    from toile.garments.placement import dress
    from toile.studio import body_motion

    resolved, avatar = _resolved(garment)
    pattern = draft(resolved.garments, avatar.figure.measurements)
    simulation = simulate(dress(pattern, avatar.figure, 0.015), body_motion(resolved, avatar))
    looks = [
        GarmentLook(fabric(g.fabric), g.colour_hex, g.print, g.print_colours, g.print_scale_cm or 0.0)
        for g in resolved.garments
    ]
    last = len(simulation.cloth_vertices) - 1
    cameras = views((20.0, 200.0), simulation, size=(640, 640))
    sides = [Image.fromarray(render_still(simulation, last, camera, looks)) for camera in cameras]
    width = sum(s.width for s in sides)
    sheet = Image.new("RGB", (width, sides[0].height))
    for k, side in enumerate(sides):
        sheet.paste(side, (k * sides[0].width, 0))
    sheet.save(path, quality=85)


def write_page() -> None:
    """Write docs/wardrobe.md: every block with its flat pieces and, where it was made, its drape."""
    lines = [
        "# The wardrobe",
        "",
        "Every block, drafted flat for a woman of 168 cm and 60 kg, and draped on her, front and back. Made by",
        "`python scripts/wardrobe_pictures.py --flat --draped --page`; how the pieces are drafted is in [drafting](drafting.md).",
        "",
        "| block | flat | draped |",
        "| --- | --- | --- |",
    ]
    for name, (what, _) in WARDROBE.items():
        shown = {s: (FOLDER / f"{name}.{s}").exists() for s in ("svg", "jpg")}
        if not any(shown.values()):
            continue
        flat_cell = f"![{what}, flat](wardrobe/{name}.svg)" if shown["svg"] else ""
        draped_cell = f"![{what}, draped](wardrobe/{name}.jpg)" if shown["jpg"] else ""
        lines.append(f"| {what} | {flat_cell} | {draped_cell} |")
    (ROOT / "docs" / "wardrobe.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

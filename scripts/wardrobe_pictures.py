"""Draw the wardrobe for docs/wardrobe.md: `python scripts/wardrobe_pictures.py [--flat] [--draped] [--from DIR] [NAME …]`.

Flat: the pieces of a garment as a small SVG. Draped: front and back of the garment on a woman of 168 cm, as a JPEG, from the
drapes that `python -m benchmarks wardrobe/ --keep DIR` left; one that is not there is draped first (10 to 30 s). What has been drawn
is kept (`--again` draws it anew).
"""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial
from html import escape
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "wardrobe"
SIDE = 560
"""Height and width of one view [pixels] before it is cropped to the figure."""
COLOUR = "#8ea3bd"
"""What every block is dyed: seams and folds show on a middling tone."""
sys.path.insert(0, str(ROOT))

from benchmarks.wardrobe import WARDROBE, drape_block, resolved  # noqa: E402


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
    parser.add_argument("--from", dest="drapes", type=Path, metavar="DIR", help="where the drapes are kept")
    options = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    unknown = [n for n in options.names if n not in WARDROBE]
    if unknown:
        print(f"No block is called {unknown[0]}; there are: {', '.join(WARDROBE)}.", file=sys.stderr)
        return 2
    failed = 0
    for name in options.names or WARDROBE:
        for wanted, suffix, make in (
            (options.flat, "svg", flat),
            (options.draped, "jpg", partial(draped, keep=options.drapes)),
        ):
            path = FOLDER / f"{name}.{suffix}"
            if not wanted or (path.exists() and not options.again):
                continue
            started = time.perf_counter()
            try:
                make(name, path)
                print(f"{path.name} {time.perf_counter() - started:.1f} s", flush=True)
            except Exception as error:  # one block that fails does not stop the others
                failed += 1
                print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
    if options.page:
        write_page()
    return int(failed > 0)


def flat(name: str, path: Path) -> None:
    """Draw a garment's pieces small: cut line, sewing line, folds, grain, names."""
    from toile.garments.cut_line import cut_line
    from toile.garments.drafting import draft
    from toile.garments.layout import lay_out

    request, avatar = resolved(name)
    pattern = draft(request.garments, avatar.figure.measurements)
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
    keep = [0]
    for k in range(1, len(points) - 1):
        a, chord = points[keep[-1]], points[k + 1] - points[keep[-1]]
        between = points[keep[-1] + 1 : k + 1] - a
        away = np.abs(chord[0] * between[:, 1] - chord[1] * between[:, 0]).max()
        if away > 0.8 * max(float(np.hypot(*chord)), 1e-9):
            keep.append(k)
    keep.append(len(points) - 1)
    steps = " ".join(f"{x:.0f} {y:.0f}" for x, y in points[keep])
    return f'<path d="M {steps}{" Z" if closed else ""}" {look}/>'


def draped(name: str, path: Path, keep: Path | None) -> None:
    """Draw a block's drape from the front and the back; it is made first where it was not kept."""
    from tempfile import TemporaryDirectory

    from PIL import Image

    from toile.engine.core.simulation import load_simulation
    from toile.engine.render.animation import render_stills
    from toile.engine.render.scene import GarmentLook, RenderSettings, views
    from toile.garments.fabric import fabric

    with TemporaryDirectory() as scratch:
        folder = (keep or Path(scratch)) / f"wardrobe-{name}"
        row = drape_block(name, folder)
        if not row["ok"]:
            raise RuntimeError(f"its drape is not right: {row}")
        simulation = load_simulation(folder / "simulation.npz")
    looks = [GarmentLook(fabric(g.fabric), COLOUR) for g in resolved(name)[0].garments]
    shots = [(0, camera) for camera in views((20.0, 200.0), simulation, size=(SIDE, SIDE))]
    settings = RenderSettings(cloth_subdivisions=1, samples=2, threads=1)
    sides = [Image.fromarray(picture) for picture in render_stills(simulation, shots, looks, settings)]
    margin = SIDE // 8
    sides = [side.crop((margin, 0, SIDE - margin, SIDE)) for side in sides]
    sheet = Image.new("RGB", (sum(s.width for s in sides), SIDE))
    for k, side in enumerate(sides):
        sheet.paste(side, (k * side.width, 0))
    sheet.save(path, quality=82, optimize=True)


def write_page() -> None:
    """Write docs/wardrobe.md: every block with its flat pieces and, where it was made, its drape."""
    lines = [
        "# The wardrobe",
        "",
        "Every block, drafted flat for a woman of 168 cm and 60 kg, and draped on her in the pose in which she is dressed, front and back.",
        "Made by `python -m benchmarks wardrobe/ --keep DIR` and `python scripts/wardrobe_pictures.py --flat --draped --from DIR --page`;",
        "how the pieces are drafted is in [drafting](drafting.md), how they are put on in [dressing](dressing.md).",
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

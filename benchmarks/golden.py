"""Sixty views that must stay as they are: garments, fabrics, prints, poses, lights and close-ups, 160 x 160 each.

`python -m benchmarks golden/` compares what is rendered now with the sheets in tests/engine/render/golden;
`python -m benchmarks.golden` writes the sheets anew (look at them before they are committed), and
`python -m benchmarks.golden --scene NAME=LOOK:FRAME,FRAME` takes a scene from a look folder, positions to 0.03 mm.
"""

from __future__ import annotations

import argparse
import functools
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
FOLDER = Path(__file__).resolve().parent.parent / "tests" / "engine" / "render" / "golden"
SIDE = 160
ACROSS = 10  # views in a row of a sheet
CLOSE = 1  # of 255: a pixel that differs by more has changed
BAND = 13  # such pixels of 25,600 that another processor's rounding may leave on edges


@dataclass(frozen=True)
class View:
    """A scene and its frame, (fabric, colour, print) a garment, where the camera stands, the light."""

    scene: str
    frame: int
    looks: tuple[tuple[str, str, str], ...]
    camera: float | str
    light: str = "studio"


_COLOURS = ("#101010", "#b5485d", "#1d5c57", "#7a1f2b", "#2c4a7a", "#e8e4da", "#6b5a48", "#8a6fb0")
_FABRICS = (
    "cotton", "denim", "silk", "satin", "chiffon", "linen", "wool", "cashmere", "knit", "polyester", "velvet", "leather",
    "lace", "tweed", "corduroy",
)  # fmt: skip
_PRINTS = ("solid", "stripes", "check", "dots", "floral")
_LIGHTS = ("studio", "soft", "hard", "sunset")


def _views() -> Iterator[View]:
    for i, name in enumerate(_FABRICS):  # every fabric walking, from eight sides
        yield View("dress", i % 2, ((name, _COLOURS[i % 8], "solid"),), 45.0 * (i % 8))
    for i, name in enumerate(_FABRICS):  # and close by, in every light
        yield View("dress", (i + 1) % 2, ((name, _COLOURS[(i + 3) % 8], "solid"),), "hem", _LIGHTS[i % 4])
    for i, name in enumerate(("denim", "wool", "tweed", "knit", "satin", "linen")):
        yield View("shirt", 0, ((name, _COLOURS[(i + 4) % 8], "solid"),), "weave")
    for i, kind in enumerate(_PRINTS[1:]):
        yield View("shirt", 0, (("cotton", _COLOURS[(i + 2) % 8], kind),), 30.0 * i)
        yield View("dress", i % 2, (("silk", _COLOURS[(i + 5) % 8], kind),), 180.0 + 30.0 * i, _LIGHTS[i])
    worn = (("wool", "#22304a", "solid"), ("cotton", "#f2f2ee", "solid"), ("wool", "#6d6f73", "solid"))
    for i in range(8):
        yield View("suit", i % 2, worn, 45.0 * i, _LIGHTS[i % 4])
    dark = (("velvet", "#3a0f4a", "solid"), ("satin", "#101010", "solid"), ("leather", "#151515", "solid"))
    places: tuple[float | str, ...] = ("sleeve", "waist", "hem", 20.0, 100.0, 180.0, 250.0, 330.0)
    for i, camera in enumerate(places):
        yield View("suit", (i + 1) % 2, dark, camera)


VIEWS: tuple[View, ...] = tuple(_views())


@functools.cache
def scene(name: str) -> Any:
    """Return the simulation of a scene."""
    from toile.engine.core.simulation import Simulation

    with np.load(FOLDER / "body.npz") as body, np.load(FOLDER / f"{name}.npz") as kept:
        positions = {}
        for part in ("body_vertices", "cloth_vertices", "cloth_panel_uv"):
            low, step = kept[f"{part}_low"], kept[f"{part}_step"]
            positions[part] = (low + step * kept[part].astype(np.float64)).astype(np.float32)
        whole = {
            part: kept[part].astype(np.int32)
            for part in ("cloth_faces", "garment_of_face", "panel_of_face", "seam_edges", "hem_edges")
        }
        return Simulation(
            body_faces=body["faces"].astype(np.int32), body_part=body["part"].astype(np.int32),
            fps=30.0, **positions, **whole,
        )  # fmt: skip


def render(chosen: Sequence[int]) -> Iterator[tuple[int, U8]]:
    """Yield the picture of each chosen view, (160, 160, 3); views of a scene share its subdivision."""
    from toile.engine.render.frame import Renderer
    from toile.engine.render.lighting import lighting
    from toile.engine.render.paths import close_by
    from toile.engine.render.scene import GarmentLook, RenderSettings, Scene, views
    from toile.garments.fabric import fabric

    settings = RenderSettings(cloth_subdivisions=1, device="cpu")
    surfaces: dict[tuple[str, tuple[bool, ...]], Any] = {}
    for number in chosen:
        view = VIEWS[number]
        simulation = scene(view.scene)
        looks = tuple(GarmentLook(fabric(name), colour, kind) for name, colour, kind in view.looks)
        key = (view.scene, tuple(look.fabric.transmission > 0.0 for look in looks))
        renderer = Renderer(Scene(simulation, looks, lighting(view.light)), settings, surfaces.get(key))
        surfaces[key] = renderer.surface
        renderer.pose(view.frame)
        size = (SIDE, SIDE)
        if isinstance(view.camera, str):
            camera = close_by(view.camera, simulation, size=size).at(view.frame)
        else:
            camera = views((view.camera,), simulation, size=size)[0]
        yield number, renderer.picture(camera)


def golden(number: int) -> U8:
    """Return the picture that a view should be."""
    sheet = _sheet(number // ACROSS)
    column = number % ACROSS
    return sheet[:, SIDE * column : SIDE * (column + 1)]


def changed(picture: U8, wanted: U8) -> int:
    """Return how many pixels differ by more than CLOSE."""
    return int((np.abs(picture.astype(int) - wanted.astype(int)).max(axis=2) > CLOSE).sum())


@functools.cache
def _sheet(row: int) -> U8:
    from PIL import Image

    with Image.open(FOLDER / f"views{row}.png") as picture:
        return np.array(picture)


def renew() -> None:
    """Write the sheets as views are rendered now."""
    from PIL import Image

    pictures = [picture for _, picture in render(range(len(VIEWS)))]
    for row in range(len(pictures) // ACROSS):
        sheet = np.concatenate(pictures[ACROSS * row : ACROSS * (row + 1)], axis=1)
        Image.fromarray(sheet).save(FOLDER / f"views{row}.png", optimize=True)


def take(name: str, look: Path, frames: Sequence[int]) -> None:
    """Keep a few frames of a look's simulation as a scene, and the topology of our body."""
    from toile.engine.core.simulation import load_simulation

    simulation = load_simulation(look / "simulation.npz")
    kept: dict[str, Any] = {}
    for part in ("body_vertices", "cloth_vertices", "cloth_panel_uv"):
        values = np.asarray(getattr(simulation, part), np.float64)
        values = values[list(frames)] if part != "cloth_panel_uv" else values
        low, step = values.min(), np.ptp(values) / 65535.0
        kept |= {
            part: np.rint((values - low) / step).astype(np.uint16),
            f"{part}_low": low,
            f"{part}_step": step,
        }
    for part in ("cloth_faces", "garment_of_face", "panel_of_face", "seam_edges", "hem_edges"):
        kept[part] = np.asarray(getattr(simulation, part)).astype(np.uint16)
    FOLDER.mkdir(exist_ok=True)
    np.savez_compressed(FOLDER / f"{name}.npz", **kept)
    faces, parts = simulation.body_faces.astype(np.uint16), simulation.body_part.astype(np.uint8)
    np.savez_compressed(FOLDER / "body.npz", faces=faces, part=parts)


def compare() -> Mapping[str, Any]:
    """Compare all views with their pictures."""
    started = time.process_time()
    apart = {n: changed(picture, golden(n)) for n, picture in render(range(len(VIEWS)))}
    worst = max(apart, key=lambda n: apart[n])
    return {
        "views": len(VIEWS),
        "seconds": round(time.process_time() - started, 2),
        "changed_views": sum(count > BAND for count in apart.values()),
        "worst_pixels_of_25600": apart[worst],
        "worst_view": worst,
    }


def _compared(_keep: Path | None) -> Mapping[str, Any]:
    return compare()


CASES: Mapping[str, Callable[[Path | None], Mapping[str, Any]]] = {"golden/views": _compared}


def main() -> int:
    """Renew the sheets, or take a scene."""
    parser = argparse.ArgumentParser(prog="benchmarks.golden", description=__doc__)
    parser.add_argument("--scene", action="append", default=[], metavar="NAME=LOOK:FRAME,FRAME")
    options = parser.parse_args()
    for text in options.scene:
        name, _, rest = text.partition("=")
        look, _, frames = rest.rpartition(":")
        take(name, Path(look), [int(f) for f in frames.split(",")])
    if not options.scene:
        renew()
    return 0


if __name__ == "__main__":
    sys.exit(main())

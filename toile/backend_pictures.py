"""Stills of a look by a renderer other than the default one: `toile render LOOK --backend NAME`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from toile.engine.core.errors import BadInput
from toile.engine.core.files import make_folder
from toile.restyle import restyled
from toile.stages import Reporter, existing_look, open_look

if TYPE_CHECKING:
    from toile.studio import StudioSettings


def render_stills_by(
    name: str, folder: Path, settings: StudioSettings, *, reporter: Reporter | None = None
) -> list[Path]:
    """Render key frames of a look's simulation with another backend, into `stills-NAME`; return the pictures' paths.

    Raises:
        BadInput: no such backend; close-ups, which only the default renderer follows.
        Unsupported: its library is not installed.
    """
    from toile.avatars.mannequin import mannequin
    from toile.engine.core.simulation import load_simulation
    from toile.engine.render.backends import backend
    from toile.engine.render.film import write_png
    from toile.engine.render.lighting import lighting
    from toile.engine.render.scene import GarmentLook, Scene, views
    from toile.garments.fabric import fabric
    from toile.pictures import key_frames
    from toile.studio import resolve_request, stored_request

    style = settings.style
    if style.closeups:
        raise BadInput(f"The backend {name!r} has no close-ups or moving cameras; give views in degrees.")
    renderer = backend(name)
    existing_look(folder, "request.json", "simulation.npz")
    written: list[Path] = []
    with open_look(folder, None, reporter) as look:
        resolved = resolve_request(look, stored_request(look, folder / "request.json"), settings)
        simulation = load_simulation(folder / "simulation.npz")
        looks = restyled(
            [
                GarmentLook(fabric(g.fabric), g.colour_hex, g.print, g.print_colours, g.print_scale_cm or 0.0)
                for g in resolved.garments
            ],
            style,
        )
        figure = mannequin(resolved.wearer.sex, figure=style.figure, skin=style.skin, hair=style.hair)
        scene = Scene(simulation, tuple(looks), lighting(style.light), figure)
        azimuths = settings.views if settings.views is not None else resolved.views.azimuths_deg
        cameras = views(azimuths, simulation, size=(settings.size, settings.size))
        shots = [
            (camera, frame) for camera in cameras for frame in key_frames(len(simulation.cloth_vertices))
        ]
        target = folder / f"stills-{name}"
        make_folder(target)
        with look.reporter.stage(f"render by {name}") as progress:
            for done, (camera, frame) in enumerate(shots):
                progress(done / len(shots), f"still {done + 1} of {len(shots)}")
                written.append(target / f"view{camera.name}_frame{frame:03d}.png")
                write_png(written[-1], renderer.render(scene, camera, frame).picture)
    return written

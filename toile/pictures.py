"""The pictures of a look: the animation from every view, stills, and on request GIF, WebM and the frames themselves.

Frames lie in `frames/` while they are rendered, so a run that was killed goes on with those that are missing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from toile.engine.core.files import Progress, make_folder
from toile.restyle import Restyle, restyled, write_gif

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from toile.engine.core.simulation import Simulation
    from toile.engine.render.scene import Camera, CameraPath, GarmentLook, Lighting, RenderSettings
    from toile.garments.resolved import ResolvedRequest
    from toile.stages import LookFolder
    from toile.studio import StudioSettings

_PACKAGES = (
    "toile.engine.core",
    "toile.avatars",
    "toile.garments",
    "toile.shaders",
    "toile.engine.render",
    "toile.engine.export",
)
FRAMES = "frames"
"""The folder in a look that holds the frames of the animation while it is rendered, and after that on request."""
STILLS = 0.15  # of the progress bar


@dataclass(frozen=True)
class _Shoot:
    """What is photographed: a simulation in its looks and lights, by cameras, with the qualities of frames and stills."""

    simulation: Simulation
    looks: Sequence[GarmentLook]
    light: Lighting
    cameras: tuple[Camera | CameraPath, ...]
    quality: RenderSettings
    careful: RenderSettings


def render_views(
    look: LookFolder, resolved: ResolvedRequest, simulation: Simulation, settings: StudioSettings
) -> None:
    """Render the animation from every view side by side, into `animation.mp4`, and key frames, into `stills`."""
    from toile.engine.export.video import video_encoders
    from toile.engine.export.webm import webm_encoders
    from toile.engine.render.film import close_film

    style = settings.style
    inputs = {
        "simulation": look.digest("simulation.npz"),
        "looks": [
            [g.fabric, g.colour_hex, g.print, list(g.print_colours), g.print_scale_cm]
            for g in resolved.garments
        ],
        "azimuths": list(resolved.views.azimuths_deg),
        "size": settings.size,
        "sex": resolved.wearer.sex,
        "device": look.facts["device"],
        "encoder": video_encoders()[:1],
        **({"webm": webm_encoders()[:1]} if style.webm else {}),
        **({} if style == Restyle() else {"style": asdict(style), "only": settings.views is None}),
    }
    key = look.key("render", inputs, _PACKAGES)

    def make(progress: Progress) -> None:
        _make_pictures(look.path, key, _prepare(resolved, simulation, settings), style, progress)

    asked = {"animation.gif": style.gif, "animation.webm": style.webm, f"{FRAMES}/*.png": style.frames}
    outputs = ["animation.mp4", "stills/*.png", *(name for name, wanted in asked.items() if wanted)]
    look.stage("render", inputs, _PACKAGES, outputs, make, lambda: None, shared=True)
    close_film(look.path / FRAMES, style.frames)


def key_frames(count: int) -> tuple[int, ...]:
    """Return the frames of which stills are made: a quarter and three quarters into the animation."""
    return tuple(sorted({count // 4, (3 * count) // 4}))


def on_white(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture (H, W, 3), one with straight alpha (H, W, 4) laid on white."""
    import numpy as np

    if picture.shape[2] == 3:
        return picture
    alpha = picture[..., 3:].astype(np.uint16)
    return ((picture[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def _prepare(resolved: ResolvedRequest, simulation: Simulation, settings: StudioSettings) -> _Shoot:
    from toile.avatars.mannequin import mannequin
    from toile.engine.render.lighting import lighting
    from toile.engine.render.paths import camera_path
    from toile.engine.render.scene import STILL, GarmentLook, RenderSettings, views
    from toile.garments.fabric import fabric

    style = settings.style
    looks = [
        GarmentLook(fabric(g.fabric), g.colour_hex, g.print, g.print_colours, g.print_scale_cm or 0.0)
        for g in resolved.garments
    ]
    side = (settings.size, settings.size)
    closely_only = style.closeups and settings.views is None
    standing = () if closely_only else views(resolved.views.azimuths_deg, simulation, size=side)
    moving = (camera_path(which, simulation, size=side) for which in style.closeups)
    threads = len(os.sched_getaffinity(0))
    figure = mannequin(resolved.wearer.sex, figure=style.figure, skin=style.skin, hair=style.hair)
    quality = RenderSettings(threads=threads, alpha=style.alpha, mannequin=figure)
    careful = replace(STILL, threads=threads, alpha=style.alpha, mannequin=figure)
    return _Shoot(
        simulation, restyled(looks, style), lighting(style.light), (*standing, *moving), quality, careful
    )


def _make_pictures(folder: Path, key: str, shoot: _Shoot, style: Restyle, progress: Progress) -> None:
    """Write everything; what an earlier run of the same key has written is kept."""
    import numpy as np

    from toile.engine.export.video import write_video
    from toile.engine.export.webm import write_webm
    from toile.engine.render.animation import render_views as rendered
    from toile.engine.render.film import film, open_film

    count, fps = len(shoot.simulation.cloth_vertices), shoot.simulation.fps
    begun = open_film(folder / FRAMES, key)

    def render(frames: Sequence[int]) -> Iterator[list[NDArray[np.uint8]]]:
        first = 1.0 - len(frames) / count
        return rendered(
            shoot.simulation, shoot.looks, shoot.cameras, shoot.quality,
            lambda f, text: progress((1.0 - STILLS) * (first + (1.0 - first) * f), text),
            shoot.light, frames,
        )  # fmt: skip

    names = [camera.name for camera in shoot.cameras]

    def frames() -> Iterator[NDArray[np.uint8]]:
        for pictures in film(folder / FRAMES, names, count, render):
            yield np.concatenate(pictures, axis=1)

    write_video(folder / "animation.mp4", map(on_white, frames()), fps)
    # The frames are all there now: what follows reads them.
    for name, wanted in (("animation.gif", style.gif), ("animation.webm", style.webm)):
        if not wanted:
            (folder / name).unlink(missing_ok=True)
    if style.gif:
        write_gif(folder / "animation.gif", map(on_white, frames()), fps)
    if style.webm:
        write_webm(folder / "animation.webm", frames(), fps)
    _make_stills(folder / "stills", shoot, begun, progress)


def _make_stills(folder: Path, shoot: _Shoot, begun: bool, progress: Progress) -> None:
    """Write the stills that are not there; begun: those that are there show the same."""
    from toile.engine.render.animation import render_stills, resized
    from toile.engine.render.film import write_png

    make_folder(folder)
    twice = (2 * shoot.cameras[0].size[0], 2 * shoot.cameras[0].size[1])
    wanted = {
        f"view{camera.name}_frame{frame:03d}.png": (frame, camera)
        for frame in key_frames(len(shoot.simulation.cloth_vertices))
        for camera in resized(shoot.cameras, twice)
    }
    for old in folder.glob("*.png"):
        if not begun or old.name not in wanted:
            old.unlink()
    missing = {name: shot for name, shot in wanted.items() if not (folder / name).is_file()}
    if not missing:
        return
    pictures = render_stills(
        shoot.simulation, list(missing.values()), shoot.looks, shoot.careful,
        lambda f, text: progress(1.0 - STILLS + STILLS * f, text), shoot.light,
    )  # fmt: skip
    for name, picture in zip(missing, pictures, strict=True):
        write_png(folder / name, picture)

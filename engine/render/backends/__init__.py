"""Renderers behind one protocol: the default (Warp), OpenGL with our GLSL, Mitsuba's path tracer as a reference, PyTorch3D.

    picture = backend("opengl").render(scene, camera, frame=30).picture

Each is a module here; nothing of it is imported before it is asked for, and a missing library is one sentence that names
the extra to install.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from toile.engine.core.errors import BadInput, Unsupported

if TYPE_CHECKING:
    from toile.engine.render.backends.image import Image
    from toile.engine.render.scene import Camera, Scene

BACKENDS: Mapping[str, tuple[str, str]] = {
    "warp": ("warp", "WarpBackend"),
    "opengl": ("opengl", "OpenGLBackend"),
    "mitsuba": ("mitsuba", "MitsubaBackend"),
    "pytorch3d": ("pytorch3d", "PyTorch3DBackend"),
}
ABSENT: Mapping[str, str] = {
    "pyrender": "Its place is taken by 'opengl', which draws without a window through EGL too, and with all of our GLSL; use "
    "--backend opengl.",
}


class Backend(Protocol):
    """A renderer of posed scenes."""

    @property
    def name(self) -> str:
        """Return the name by which it is chosen."""
        ...

    def render(self, scene: Scene, camera: Camera, frame: int = 0) -> Image:
        """Return one frame of a scene as a camera sees it."""
        ...


def backend(name: str) -> Backend:
    """Return a renderer by name, with its default settings.

    Raises:
        BadInput: there is none of that name.
        Unsupported: it is known, and not there.
    """
    if name in ABSENT:
        raise Unsupported(f"There is no backend {name!r}. {ABSENT[name]}")
    if name not in BACKENDS:
        raise BadInput(f"There is no backend called {name!r}; choose one of: {', '.join(BACKENDS)}.")
    module, kind = BACKENDS[name]
    made: Backend = getattr(importlib.import_module(f"toile.engine.render.backends.{module}"), kind)()
    return made


__all__ = ["BACKENDS", "Backend", "backend"]

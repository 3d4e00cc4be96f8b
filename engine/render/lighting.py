"""The studio of one view: the scene's softboxes turned with the camera, for the shader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.device import warp
from toile.engine.core.errors import BadInput
from toile.engine.render.scene import Camera, Light, Lighting, hex_colour
from toile.shaders.tone import agx_inverse

REACH = 0.7  # m, beyond which surfaces do not occlude the dome


def build_studio(lighting: Lighting, camera: Camera) -> Any:
    """Return the shader's lights and backdrop as a camera sees them."""
    wp = warp()
    from toile.shaders.studio import Studio

    studio = Studio()
    for name, light in (("key", lighting.key), ("rim", lighting.rim), ("fill", lighting.fill)):
        setattr(studio, f"{name}_direction", wp.vec3(*light_direction(light, camera)))
        setattr(studio, f"{name}_colour", wp.vec3(*(light.radiance * np.asarray(light.colour))))
    studio.key_size = float(np.tan(np.radians(lighting.key.radius_deg)))
    studio.rim_size = float(np.tan(np.radians(lighting.rim.radius_deg)))
    studio.fill_size = float(np.tan(np.radians(lighting.fill.radius_deg)))
    studio.sky, studio.horizon = wp.vec3(*lighting.sky), wp.vec3(*lighting.horizon)
    studio.ground = wp.vec3(*lighting.ground)
    studio.backdrop_high = wp.vec3(*agx_inverse(np.array(hex_colour(lighting.backdrop_high))))
    studio.backdrop_low = wp.vec3(*agx_inverse(np.array(hex_colour(lighting.backdrop_low))))
    studio.backdrop_corner = lighting.backdrop_corner
    studio.reach = REACH
    studio.floor = 0.0
    return studio


def light_direction(light: Light, camera: Camera) -> NDArray[np.float64]:
    """Return the unit direction to a light; azimuth is counted from the camera to its right, seen from the subject."""
    toward = np.subtract(camera.position, camera.target)
    base = np.arctan2(toward[0], toward[2])
    a, e = base + np.radians(light.azimuth_deg), np.radians(light.elevation_deg)
    return np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])


LIGHTS: Mapping[str, Lighting] = {
    "studio": Lighting(),
    "soft": Lighting(
        key=Light(-40.0, 40.0, 0.85, (1.0, 0.99, 0.975), 25.0),
        rim=Light(124.0, 30.0, 0.9, (0.98, 0.99, 1.0), 20.0),
        sky=(0.78, 0.79, 0.80),
        horizon=(0.56, 0.565, 0.57),
        ground=(0.40, 0.397, 0.393),
    ),
    "hard": Lighting(
        key=Light(-58.0, 42.0, 2.0, (1.0, 0.985, 0.96), 3.0),
        fill=Light(40.0, 12.0, 0.08, (0.94, 0.97, 1.0), 20.0),
        sky=(0.26, 0.268, 0.28),
        horizon=(0.17, 0.175, 0.18),
        ground=(0.12, 0.119, 0.117),
    ),
    "sunset": Lighting(
        key=Light(-62.0, 16.0, 1.7, (1.0, 0.74, 0.48), 5.0),
        fill=Light(40.0, 20.0, 0.25, (0.72, 0.84, 1.0), 25.0),
        rim=Light(130.0, 24.0, 2.2, (1.0, 0.70, 0.50), 7.0),
        sky=(0.40, 0.46, 0.58),
        horizon=(0.36, 0.32, 0.31),
        ground=(0.20, 0.185, 0.17),
        backdrop_high="#d9d6dc",
        backdrop_low="#d8c9bd",
    ),
}
"""The lights that a picture can be made in; garments keep the colour that they have in the first."""


def lighting(name: str) -> Lighting:
    """Return the lights of that name.

    Raises:
        BadInput: none are called so.
    """
    if name not in LIGHTS:
        raise BadInput(f"There is no light called {name!r}; choose one of: {', '.join(LIGHTS)}.")
    return LIGHTS[name]

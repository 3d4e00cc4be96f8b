"""The studio of one view: the scene's softboxes turned with the camera, for the shader."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.device import warp
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

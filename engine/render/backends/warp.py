"""The default renderer behind the protocol: carefully made stills, on CPU or CUDA."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toile.engine.render.backends.image import Image
from toile.engine.render.frame import Renderer
from toile.engine.render.scene import STILL, Camera, RenderSettings, Scene


@dataclass(frozen=True)
class WarpBackend:
    """Rays and shading in Warp (`frame.py`)."""

    settings: RenderSettings = STILL
    name: str = "warp"

    def render(self, scene: Scene, camera: Camera, frame: int = 0) -> Image:
        """Return one frame as the camera sees it; alpha is that of the pixels' centres.

        Raises:
            BadInput: empty or non-finite geometry, a frame that is not there, a camera inside the body.
        """
        renderer = Renderer(scene, self.settings)
        renderer.pose(frame)
        picture = renderer.picture(camera)[:, :, :3]
        width, height = camera.size
        seen = renderer.buffers[width * height][0].numpy().reshape(height, width) >= 0
        return Image(picture, seen.astype(np.float32))

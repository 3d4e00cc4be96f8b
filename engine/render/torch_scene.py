"""A posed scene for the differentiable renderer: its leaves are the simulated body and cloth of one frame.

What is drawn is p = p0 + M (x - x0): p0 are the points that `Renderer` draws for this frame (subdivided, the body tucked
under the cloth), M is subdivision, x the simulated vertices and x0 the frame's own. Open edges have no rim here: it is
thinner than a pixel, and its two edges would be told apart no more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from toile.engine.core.body import PARTS
from toile.engine.core.device import warp
from toile.engine.core.errors import BadInput
from toile.engine.render.autograd import SparseMatrix
from toile.engine.render.bake import bake_light, open_light
from toile.engine.render.differentiable import Drawable, DrawSettings, Picture, draw
from toile.engine.render.fragments import Tracer, View
from toile.engine.render.frame import Renderer
from toile.engine.render.lighting import build_studio, light_direction
from toile.engine.render.scene import Camera, Lighting, RenderSettings, Scene
from toile.engine.render.surface import Surface
from toile.engine.render.topology import build_topology
from toile.shaders.paint import PAINTED
from toile.shaders.prints import FLORAL_CELLS, PRINTS
from toile.shaders.torch_shading import Lights, Materials, Texture

TILE = 128  # pixels a side of a baked print's repeat


@dataclass(frozen=True)
class TorchScene:
    """One frame, ready to be drawn differentiably.

    body (B, 3), cloth (C, 3): simulated vertices [m]; drawable: the mesh with materials and light; lighting: the studio.
    Tensors of `body` and `cloth` given to `points` or `render` may require gradients, as may those of materials,
    lights and view.
    """

    body: Tensor
    cloth: Tensor
    drawable: Drawable
    subdivision: SparseMatrix
    lighting: Lighting

    @property
    def materials(self) -> Materials:
        """Return the looks of skin, eyes and garments."""
        return self.drawable.materials

    def points(self, body: Tensor | None = None, cloth: Tensor | None = None) -> Tensor:
        """Return the drawn points (V, 3) [m] of moved bodies and garments."""
        if body is None and cloth is None:
            return self.drawable.points
        moved = torch.cat(
            [
                (self.body if body is None else body) - self.body,
                (self.cloth if cloth is None else cloth) - self.cloth,
            ]
        )
        return self.drawable.points + self.subdivision @ moved

    def lights(self, camera: Camera) -> Lights:
        """Return the studio's lights as a camera sees them."""
        return lights_of(self.lighting, camera, self.body.device)

    def relit(self, lights: Lights, samples: int = 32) -> TorchScene:
        """Return the scene with its shadows and ambient occlusion made anew for other lights."""
        d = self.drawable
        d.tracer.move(d.points)
        light = bake_light(d.topology, d.tracer, d.points, d.materials, lights, samples)
        return replace(self, drawable=replace(d, light=light))

    def render(
        self,
        camera: Camera | View,
        lights: Lights | None = None,
        *,
        body: Tensor | None = None,
        cloth: Tensor | None = None,
        materials: Materials | None = None,
        settings: DrawSettings | None = None,
    ) -> Picture:
        """Return the picture of the scene, differentiable by whatever requires gradients.

        Args:
            camera: a `Camera`, or a `View` whose tensors may require gradients.
            lights: the studio; needed with a `View`.
            body, cloth: moved vertices [m]; the frame's own when None.
            materials: other looks.
            settings: rays a pixel, tone mapping.

        Raises:
            BadInput: a `View` without lights; vertices of another shape; positions that are not finite.
        """
        for name, given, own in (("body", body, self.body), ("cloth", cloth, self.cloth)):
            if given is not None and given.shape != own.shape:
                raise BadInput(
                    f"The {name} has {tuple(own.shape)} coordinates and {tuple(given.shape)} were given; "
                    "move the frame's own vertices."
                )
        if isinstance(camera, Camera):
            lights = lights or self.lights(camera)
            camera = View.of(camera, self.body.device)
        if lights is None:
            raise BadInput(
                "A view of tensors has no lights of its own; give lights, such as scene.lights(camera)."
            )
        scene = replace(
            self.drawable, points=self.points(body, cloth), materials=materials or self.drawable.materials
        )
        return draw(scene, camera, lights, settings)


def torch_scene(
    scene: Scene,
    frame: int,
    *,
    cloth_subdivisions: int = 1,
    body_subdivisions: int = 0,
    shadows: bool = True,
    camera: Camera | None = None,
    device: str = "",
) -> TorchScene:
    """Return one frame of a scene for the differentiable renderer.

    Args:
        scene, frame: what to draw.
        cloth_subdivisions, body_subdivisions: Loop steps.
        shadows: bake shadows and ambient occlusion (for the lights that `camera` sees, else those seen from the front).
        camera: where the baked lights turn to.
        device: "cpu" or "cuda:0"; CUDA where present when empty.

    Raises:
        BadInput: empty or non-finite geometry, a frame that is not there.
    """
    settings = RenderSettings(cloth_subdivisions, body_subdivisions, device=device)
    renderer = Renderer(scene, settings)
    renderer.pose(frame)
    surface, simulation = renderer.surface, scene.simulation
    place = torch.device(str(warp().device_to_torch(renderer.device)))
    flat = surface.body_face_count + surface.cloth_face_count
    cloth_steps, body_steps = 4**cloth_subdivisions, 4**body_subdivisions
    panel = np.full(flat, -1, np.int32)
    cloth_panel = np.repeat(np.asarray(simulation.panel_of_face, np.int32), cloth_steps)
    panel[surface.body_face_count :] = cloth_panel
    part = np.full(flat, -1, np.int32)
    owner = np.asarray(simulation.body_part)[simulation.body_faces[:, 0]]
    part[: len(owner) * body_steps] = np.repeat(owner, body_steps)
    part[len(owner) * body_steps : surface.body_face_count] = PARTS.index("head")  # hair
    count = surface.body_count + surface.cloth_count
    corners = surface.corners[:flat, :, :2].copy()
    skin = surface.material_of_face[:flat] < PAINTED
    corners[skin, :, 1] = 0.0
    chart = surface.corners[:flat, :, 1:3] * skin[:, None, None]
    topology = build_topology(
        surface.faces[:flat], corners, surface.material_of_face[:flat], panel, part, str(place), chart
    )
    points = torch.tensor(renderer.points.numpy()[:count], device=place)
    tracer = Tracer(topology, points)
    materials = materials_of(renderer, place)
    drawable = Drawable(topology, tracer, points, materials, open_light(topology))
    made = TorchScene(
        body=torch.tensor(np.asarray(simulation.body_vertices[frame], np.float32), device=place),
        cloth=torch.tensor(np.asarray(simulation.cloth_vertices[frame], np.float32), device=place),
        drawable=drawable,
        subdivision=_subdivision(surface, place),
        lighting=scene.lighting,
    )
    if not shadows:
        return made
    camera = camera or Camera((0.0, 1.0, 6.0), (0.0, 1.0, 0.0))
    return made.relit(made.lights(camera))


def _subdivision(surface: Surface, place: torch.device) -> SparseMatrix:
    from scipy import sparse

    return SparseMatrix(sparse.block_diag([surface.body_matrix, surface.cloth_matrix]), place)


def lights_of(lighting: Lighting, camera: Camera, device: str | torch.device = "cpu") -> Lights:
    """Return a studio's lights as a camera sees them, as tensors."""
    studio = build_studio(lighting, camera)

    def make(x: Any) -> Tensor:
        return torch.tensor([float(c) for c in x], dtype=torch.float32, device=device)

    fields = {
        name: make(getattr(studio, name))
        for name in ("sky", "horizon", "ground", "backdrop_high", "backdrop_low")
    }
    for name, light in (("key", lighting.key), ("rim", lighting.rim), ("fill", lighting.fill)):
        fields[f"{name}_direction"] = make(light_direction(light, camera))
        fields[f"{name}_colour"] = make(getattr(studio, f"{name}_colour"))
    return Lights(
        **fields,
        backdrop_corner=lighting.backdrop_corner,
        key_size=float(studio.key_size),
        rim_size=float(studio.rim_size),
        fill_size=float(studio.fill_size),
    )


def materials_of(renderer: Renderer, device: str | torch.device = "cpu") -> Materials:
    """Return a renderer's materials as tensors; prints become textures."""
    records = renderer.materials.numpy()

    def scalar(name: str) -> Tensor:
        return torch.tensor(np.asarray(records[name], np.float32).reshape(len(records), -1), device=device)

    gloss = scalar("gloss")
    gloss[:PAINTED] = 1.0
    textures: list[Texture | None] = []
    for record in records:
        kind = int(record["print_kind"])
        if int(record["kind"]) == 0 or kind == 0:
            textures.append(None)
            continue
        repeats = int(FLORAL_CELLS) if PRINTS[kind] == "floral" else 1
        side = float(record["print_scale"]) * repeats
        image = bake_print(record, repeats)
        textures.append(
            Texture(torch.tensor(image, device=device), (side, side), bool(record["print_turned"]))
        )
    return Materials(
        kind=scalar("kind"),
        base=scalar("base"),
        layer=scalar("first"),
        alpha_warp=scalar("alpha_warp"),
        alpha_weft=scalar("alpha_weft"),
        f0=scalar("f0"),
        gloss=gloss,
        sheen=scalar("sheen"),
        sheen_roughness=scalar("sheen_roughness"),
        transmission=scalar("transmission"),
        textures=tuple(textures),
        paint=torch.tensor(renderer.surface.paint, device=device),
    )


def bake_print(record: np.void, repeats: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return one tile (S, S, 3) of a material's print, linear albedo, row 0 at y = 0."""
    wp = warp()
    from toile.engine.render import trace_kernels as k

    side = TILE * min(repeats, 6)
    out = wp.zeros((side, side), dtype=wp.vec3, device="cpu")
    colours = [wp.vec3(*[float(c) for c in record[name]]) for name in ("base", "first", "second")]
    scale = float(record["print_scale"])
    arguments = [int(record["print_kind"]), scale, scale * repeats / side, *colours]
    wp.launch(k.bake_print, dim=(side, side), inputs=arguments, outputs=[out], device="cpu")
    return np.array(out.numpy(), np.float32)

"""OpenGL: the meshes rasterised, the shading functions as GLSL, in a context without a window (EGL, or what there is).

Light is traced at the vertices that can be seen and on a coarse grid of the floor (`traced_light.py`); everything else is
shaded in each pixel (`glsl_program.py`). Pixels are averaged in display light by multisampling. Thin cloth covers a share
of a pixel's samples; two layers of it cover the same ones. Left out: shadows finer than a vertex.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.errors import Unsupported
from toile.engine.render.backends.drawn import DrawnMesh, drawn_mesh
from toile.engine.render.backends.glsl_program import (
    ATTRIBUTES,
    CORNERS,
    LAYOUT,
    figure_program,
    material_uniforms,
    structure_uniforms,
    studio_program,
    vertex_rows,
    view_uniforms,
)
from toile.engine.render.backends.image import Image
from toile.engine.render.backends.traced_light import floor_factors, vertex_light
from toile.engine.render.frame import Renderer
from toile.engine.render.lighting import build_studio
from toile.engine.render.scene import Camera, RenderSettings, Scene

F32 = NDArray[np.float32]
ALPHA_TO_COVERAGE, ALPHA_TO_ONE = 0x809E, 0x809F
ONCE = RenderSettings(cloth_subdivisions=1)  # light is traced at the vertices, so they are few
SEEN = (  # which triangles are seen
    "#version 330\nuniform mat4 projection; in vec3 in_point;"
    "void main() { gl_Position = projection * vec4(in_point, 1.0); }",
    "#version 330\nout int face; void main() { face = gl_PrimitiveID + 1; }",
)


@dataclass(frozen=True)
class OpenGLBackend:
    """Rasterisation with up to `samples` samples a pixel; `light_samples`: rays a vertex for each of sky and lamps."""

    samples: int = 8
    light_samples: int = 4
    settings: RenderSettings = ONCE
    name: str = "opengl"

    def render(self, scene: Scene, camera: Camera, frame: int = 0) -> Image:
        """Return one frame as the camera sees it.

        Raises:
            Unsupported: ModernGL is not installed, or the machine gives no OpenGL context.
            BadInput: whatever the default renderer refuses.
        """
        context = open_context()
        try:
            renderer = Renderer(scene, self.settings)
            renderer.pose(frame)
            renderer.check_camera(camera)
            return Canvas(context, self.samples).draw(renderer, camera, self.light_samples)
        finally:
            context.release()


def open_context() -> Any:
    """Return an OpenGL 3.3 context without a window.

    Raises:
        Unsupported: ModernGL is not installed, or there is no context to be had.
    """
    try:
        import moderngl
    except ImportError as error:
        raise Unsupported(
            "The backend 'opengl' needs ModernGL, which is not installed; install it with pip install 'toile[opengl]'."
        ) from error
    reasons = []
    tries: tuple[dict[str, Any], ...] = ({"backend": "egl"}, {})
    for options in tries:
        try:
            return moderngl.create_context(standalone=True, require=330, **options)
        except Exception as error:  # the drivers' own errors have no common class
            reasons.append(" ".join(str(error).split()) or type(error).__name__)
    raise Unsupported(
        f"No OpenGL context could be opened ({reasons[0]}); install a driver, such as Mesa's libegl1 and "
        "libgl1-mesa-dri, or render with --backend warp."
    )


class Canvas:
    """An OpenGL context with the programs; draws posed renderers."""

    def __init__(self, context: Any, samples: int) -> None:
        from toile.shaders.brdf import lobe_table

        self.context = context
        self.samples = min(samples, context.max_samples)
        self.figure, self.studio, self.seen = (
            context.program(vertex_shader=vertex, fragment_shader=fragment)
            for vertex, fragment in (figure_program(), studio_program(), SEEN)
        )
        self.table = self._texture(lobe_table(), smooth=False)

    def draw(self, renderer: Renderer, camera: Camera, light_samples: int = 4) -> Image:
        """Return the picture of a posed renderer's frame; `light_samples` = 0: nothing shades anything."""
        studio = build_studio(renderer.scene.lighting, camera)
        studio.thin = int(any(look.fabric.transmission > 0.0 for look in renderer.scene.looks))
        mesh = drawn_mesh(renderer)
        shadow = np.ones((1, 1, 3), np.float32)
        light = np.tile(np.array([*studio.horizon, 1.0, 1.0, 1.0], np.float32), (len(mesh.points), 2))
        seen = np.arange(len(mesh.faces))
        if not studio.thin:
            seen = self.seen_faces(mesh, camera)
        if light_samples > 0:
            light = vertex_light(renderer, mesh, studio, camera, light_samples, seen)
            if renderer.settings.floor:
                shadow = floor_factors(renderer, camera, studio)
        mesh = replace(mesh, faces=mesh.faces[seen], material=mesh.material[seen])
        return self.rasterise(renderer, mesh, studio, camera, light, shadow)

    def rasterise(
        self, renderer: Renderer, mesh: DrawnMesh, studio: Any, camera: Camera, light: F32, shadow: F32
    ) -> Image:
        """Return the picture of a mesh in given light: of its rows (`vertex_light`), and of the floor (`floor_factors`)."""
        context, (width, height) = self.context, camera.size
        many = context.framebuffer(
            [context.renderbuffer(camera.size, 4, samples=self.samples, dtype="f2")],
            context.depth_renderbuffer(camera.size, samples=self.samples),
        )
        plain = context.framebuffer([context.renderbuffer(camera.size, 4, dtype="f2")])
        textures = [self._texture(shadow), self._texture(renderer.paint.numpy(), smooth=False)]
        for unit, texture in enumerate((self.table, *textures)):
            texture.use(unit)
        shared = {"table": 0, "shadow": 1, "paint": 2}
        shared |= {**view_uniforms(camera), **structure_uniforms("studio", studio)}
        many.use()
        many.clear(0.0, 0.0, 0.0, 0.0)
        context.disable(context.DEPTH_TEST)
        _set(self.studio, shared)
        corners = context.buffer(CORNERS.tobytes())
        context.vertex_array(self.studio, [(corners, "2f", "in_corner")]).render()
        context.enable_only(context.DEPTH_TEST)
        context.enable_direct(ALPHA_TO_COVERAGE)
        context.enable_direct(ALPHA_TO_ONE)
        _set(self.figure, shared)
        buffer = context.buffer(vertex_rows(mesh, light).tobytes())
        records = renderer.materials.numpy()
        for index in np.unique(mesh.material):
            faces = np.ascontiguousarray(mesh.faces[mesh.material == index], np.int32)
            _set(self.figure, material_uniforms(int(index), records[index]))
            array = context.vertex_array(
                self.figure, [(buffer, LAYOUT, *ATTRIBUTES)], context.buffer(faces.tobytes())
            )
            array.render()
        context.disable_direct(ALPHA_TO_COVERAGE)
        context.disable_direct(ALPHA_TO_ONE)
        context.copy_framebuffer(plain, many)
        raw = np.frombuffer(plain.read(components=4, dtype="f2"), np.float16).reshape(height, width, 4)
        for held in (*textures, many, plain, buffer, corners):
            held.release()
        return displayed(raw[::-1].astype(np.float32))

    def seen_faces(self, mesh: DrawnMesh, camera: Camera) -> NDArray[np.intp]:
        """Return the triangles that a camera sees, and those that touch one of them."""
        context = self.context
        size = tuple(min(2 * side, 4096) for side in camera.size)
        target = context.framebuffer(
            [context.renderbuffer(size, 1, dtype="i4")], context.depth_renderbuffer(size)
        )
        target.use()
        target.clear()
        context.enable_only(context.DEPTH_TEST)
        _set(self.seen, view_uniforms(camera))
        points = context.buffer(np.ascontiguousarray(mesh.points, np.float32).tobytes())
        faces = context.buffer(np.ascontiguousarray(mesh.faces, np.int32).tobytes())
        context.vertex_array(self.seen, [(points, "3f", "in_point")], faces).render()
        found = np.frombuffer(target.read(components=1, dtype="i4"), np.int32)
        for held in (target, points, faces):
            held.release()
        hit = np.zeros(len(mesh.faces) + 1, bool)
        hit[found] = True
        near = np.zeros(mesh.vertex_count, bool)
        corners = mesh.vertex[mesh.faces]
        near[corners[hit[1:]]] = True
        return np.flatnonzero(near[corners].any(axis=1))

    def _texture(self, values: F32, smooth: bool = True) -> Any:
        """Return an array (H, W) or (H, W, C) as a texture, row 0 first."""
        values = np.ascontiguousarray(values, np.float32)
        channels = 1 if values.ndim == 2 else values.shape[2]
        texture = self.context.texture(values.shape[1::-1], channels, values.tobytes(), dtype="f4")
        kind = self.context.LINEAR if smooth else self.context.NEAREST
        texture.filter = (kind, kind)
        texture.repeat_x = texture.repeat_y = False
        return texture


def _set(program: Any, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name in program:
            program[name].value = value


def displayed(light: F32) -> Image:
    """Return the picture of display light (H, W, 4): figure and studio mixed, and the share that the figure covers."""
    picture = np.clip(255.0 * np.clip(light[:, :, :3], 0.0, 1.0) ** (1.0 / 2.2) + 0.5, 0.0, 255.0)
    return Image(picture.astype(np.uint8), light[:, :, 3].clip(0.0, 1.0))

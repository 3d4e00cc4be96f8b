"""OpenGL: the meshes rasterised, the shading functions as GLSL, in a context without a window (EGL, or what there is).

Light is baked on the vertices (`trace_kernels.bake_light`), as in the differentiable renderer; everything else is shaded
in each pixel. Pixels are averaged in display light by multisampling. Thin cloth covers a share of a pixel's samples.
Left out: rims' own shadows finer than a vertex, the floor's shadow, what is painted on the mannequin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.device import warp
from toile.engine.core.errors import Unsupported
from toile.engine.render.backends.drawn import DrawnMesh, drawn_mesh
from toile.engine.render.backends.image import Image, backdrop_picture
from toile.engine.render.bake import INDIRECT
from toile.engine.render.frame import Renderer
from toile.engine.render.lighting import REACH, build_studio
from toile.engine.render.scene import Camera, RenderSettings, Scene
from toile.shaders.tone import agx

F32 = NDArray[np.float32]
ALPHA_TO_COVERAGE = 0x809E
NEAR, FAR = 0.02, 60.0  # m
ONCE = RenderSettings(cloth_subdivisions=1)  # light is baked on the vertices, so they are few

VERTEX = """
uniform mat4 projection;
in vec3 in_point; in vec3 in_normal; in vec3 in_weft; in vec4 in_corner;
in vec4 in_light_a; in vec4 in_light_b; in vec4 in_light_c;
out vec3 point; out vec3 normal; out vec3 weft; out vec4 corner;
out vec4 light_a; out vec4 light_b; out vec4 light_c;
void main() {
  point = in_point; normal = in_normal; weft = in_weft; corner = in_corner;
  light_a = in_light_a; light_b = in_light_b; light_c = in_light_c;
  gl_Position = projection * vec4(in_point, 1.0);
}
"""
FRAGMENT = """
uniform Material material; uniform Studio studio; uniform sampler2D table; uniform vec3 eye; uniform float pixel;
in vec3 point; in vec3 normal; in vec3 weft; in vec4 corner;
in vec4 light_a; in vec4 light_b; in vec4 light_c;
out vec4 colour;
void main() {
  Surface s = no_Surface();
  vec3 v = normalize(eye - point);
  s.facing = gl_FrontFacing ? 1.0 : -1.0;
  s.p = point;
  s.n = normalize(normal) * s.facing;
  float nv = dot(s.n, v);
  if (nv < 0.03) { s.n = normalize(s.n + (0.03 - nv) * v); }
  s.weft = normalize(weft - dot(weft, s.n) * s.n);
  s.warp = cross(s.n, s.weft) * s.facing;
  s.uv = corner.xy; s.seam = corner.z; s.row = corner.w;
  s.footprint = pixel * distance(eye, point) / max(dot(s.n, v), 0.3);
  float light[6];
  if (gl_FrontFacing) {
    light[0] = light_a.x; light[1] = light_a.y; light[2] = light_a.z;
    light[3] = light_a.w; light[4] = light_b.x; light[5] = light_b.y;
  } else {
    light[0] = light_b.z; light[1] = light_b.w; light[2] = light_c.x;
    light[3] = light_c.y; light[4] = light_c.z; light[5] = light_c.w;
  }
  float clear = 0.0;
  if (material.transmission > 0.0) { clear = pow(0.9 * material.transmission, 1.0 / max(dot(s.n, v), 0.2)); }
  colour = vec4(srgb_decode(tone_map(shade(material, s, studio, light, v, table))), 1.0 - clear);
}
"""


@dataclass(frozen=True)
class OpenGLBackend:
    """Rasterisation with up to `samples` samples a pixel; `light_samples`: rays a vertex for each of sky and lamps."""

    samples: int = 8
    light_samples: int = 16
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
    """An OpenGL context with the shading program; draws posed renderers."""

    def __init__(self, context: Any, samples: int) -> None:
        from toile.shaders.brdf import lobe_table
        from toile.shaders.glsl import HEAD, fabric_glsl, nothing

        self.context = context
        self.samples = min(samples, context.max_samples)
        fragment = "\n".join([HEAD, fabric_glsl(), nothing("Surface"), FRAGMENT])
        self.program = context.program(vertex_shader=HEAD + VERTEX, fragment_shader=fragment)
        table = lobe_table()
        self.table = context.texture(table.shape[::-1], 1, table.tobytes(), dtype="f4")
        self.table.filter = (0x2600, 0x2600)

    def draw(self, renderer: Renderer, camera: Camera, light_samples: int = 32) -> Image:
        """Return the picture of a posed renderer's frame."""
        context, (width, height) = self.context, camera.size
        studio = build_studio(renderer.scene.lighting, camera)
        mesh = drawn_mesh(renderer)
        data = np.concatenate(
            [mesh.points, mesh.normals, mesh.weft, mesh.corners, vertex_light(renderer, mesh, studio, light_samples)], axis=1
        ).astype(np.float32)  # fmt: skip
        many = context.framebuffer(
            [context.renderbuffer(camera.size, 4, samples=self.samples, dtype="f2")],
            context.depth_renderbuffer(camera.size, samples=self.samples),
        )
        plain = context.framebuffer([context.renderbuffer(camera.size, 4, dtype="f2")])
        many.use()
        many.clear(0.0, 0.0, 0.0, 0.0)
        context.enable_only(context.DEPTH_TEST)
        context.enable_direct(ALPHA_TO_COVERAGE)
        self.table.use(0)
        self._set({"table": 0, "eye": camera.position, "pixel": 2.0 * tangent(camera) / height})
        self._set({"projection": tuple((projection(camera) @ camera.look_at()).T.ravel().tolist())})
        self._set(structure_uniforms("studio", studio))
        buffer = context.buffer(data.tobytes())
        layout = "3f 3f 3f 4f 4f 4f 4f"
        names = ("in_point", "in_normal", "in_weft", "in_corner", "in_light_a", "in_light_b", "in_light_c")
        records = renderer.materials.numpy()
        for index in np.unique(mesh.material):
            faces = np.ascontiguousarray(mesh.faces[mesh.material == index], np.int32)
            self._set(structure_uniforms("material", records[index]))
            array = context.vertex_array(
                self.program, [(buffer, layout, *names)], context.buffer(faces.tobytes())
            )
            array.render()
        context.copy_framebuffer(plain, many)
        raw = np.frombuffer(plain.read(components=4, dtype="f2"), np.float16).reshape(height, width, 4)
        return _developed(raw[::-1].astype(np.float32), renderer.scene, camera)

    def _set(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            if name in self.program:
                self.program[name].value = value


def tangent(camera: Camera) -> float:
    """Return the tangent of half the vertical field of view."""
    return float(np.tan(np.radians(camera.fov_deg) / 2.0))


def projection(camera: Camera) -> F32:
    """Return OpenGL's clip matrix (4, 4) of a camera."""
    f, aspect = 1.0 / tangent(camera), camera.size[0] / camera.size[1]
    matrix = np.zeros((4, 4), np.float32)
    matrix[0, 0], matrix[1, 1], matrix[3, 2] = f / aspect, f, -1.0
    matrix[2, 2], matrix[2, 3] = (FAR + NEAR) / (NEAR - FAR), 2.0 * FAR * NEAR / (NEAR - FAR)
    return matrix


def structure_uniforms(name: str, record: Any) -> dict[str, Any]:
    """Return the uniforms of a `Material` or `Studio`, given as a record or as Warp's structure."""
    from toile.shaders import material, studio
    from toile.shaders.one_source import fields_of

    structures: dict[str, Any] = {"material": material.Material, "studio": studio.Studio}
    kinds = fields_of(structures[name])
    found: dict[str, Any] = {}
    for key, kind in kinds.items():
        value = record[key] if isinstance(record, np.void) else getattr(record, key)
        if kind in (int, float):
            found[f"{name}.{key}"] = kind(value)
        else:
            found[f"{name}.{key}"] = tuple(float(x) for x in value)
    return found


def vertex_light(renderer: Renderer, mesh: DrawnMesh, studio: Any, samples: int) -> F32:
    """Return the light (R, 12) of each row: dome r g b, key, rim, fill of the front, then of the back."""
    wp = warp()
    from toile.engine.render import trace_kernels as k
    from toile.shaders.arrays import Ops, Vector, evaluate
    from toile.shaders.studio import dome_irradiance

    i = np.arange(samples)
    turn = np.array([int(f"{j:032b}"[::-1], 2) / 2.0**32 for j in i])
    squares = np.stack([(i + 0.5) / samples, turn], axis=1).astype(np.float32)
    base = np.asarray(renderer.materials.numpy()["base"], np.float32)[renderer.surface.material_of_face]
    indirect = INDIRECT * (
        0.5 * (np.array(studio.sky) + np.array(studio.ground)) + 0.5 * np.array(studio.fill_colour)
    )
    out = wp.zeros((2 * mesh.vertex_count, 7), dtype=float, device=renderer.device)
    inputs = [
        renderer.mesh.id, renderer.points, renderer.normals, renderer.faces,
        wp.array(base, dtype=wp.vec3, device=renderer.device),
        wp.array(squares, dtype=wp.vec2, device=renderer.device),
        studio.key_direction, studio.key_size, studio.rim_direction, studio.rim_size,
        studio.fill_direction, studio.fill_size, studio.key_colour, studio.rim_colour,
        wp.vec3(*[float(x) for x in indirect]), REACH,
    ]  # fmt: skip
    wp.launch(k.bake_light, dim=(mesh.vertex_count, 2), inputs=inputs, outputs=[out], device=renderer.device)
    baked = out.numpy().reshape(mesh.vertex_count, 2, 7)[mesh.vertex]
    sides = []
    for side, sign in ((0, 1.0), (1, -1.0)):
        light = baked[:, side]
        open_dome = np.stack(
            evaluate(dome_irradiance, Ops(), _colours(studio, Vector), sign * mesh.normals[:, 1]), axis=1
        )
        sides += [light[:, :1] * open_dome + light[:, 4:], light[:, 1:4]]
    return np.concatenate(sides, axis=1).astype(np.float32)


def _colours(studio: Any, vector: Any) -> Any:
    from toile.shaders.arrays import structure

    return structure(
        **{n: vector(float(x) for x in getattr(studio, n)) for n in ("sky", "horizon", "ground")}
    )


def _developed(raw: F32, scene: Scene, camera: Camera) -> Image:
    """Return the picture of what was drawn, light already decoded from display, before the backdrop."""
    alpha = raw[:, :, 3:].clip(0.0, 1.0)
    behind = np.clip(agx(backdrop_picture(scene.lighting, camera).astype(np.float64)), 0.0, 1.0) ** 2.2
    mixed = np.clip(raw[:, :, :3] + (1.0 - alpha) * behind, 0.0, 1.0)
    picture = np.clip(255.0 * mixed ** (1.0 / 2.2) + 0.5, 0.0, 255.0).astype(np.uint8)
    return Image(picture, alpha[:, :, 0])

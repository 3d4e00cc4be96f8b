"""What every OpenGL backend shares: vertex and fragment programs round our GLSL, their attributes and their uniforms.

Light comes with the vertices (`traced_light.py`); everything else is shaded in each pixel. Colours leave as display light, so
that a mean over samples is one over what is seen. The studio is drawn first and fills the picture; figures lie over it.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.render.backends.drawn import DrawnMesh
from toile.engine.render.scene import Camera
from toile.shaders.paint import PAINTED

F32 = NDArray[np.float32]
NEAR, FAR = 0.02, 60.0  # m

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
FIGURE = """
uniform Material material; uniform Studio studio; uniform sampler2D table; uniform sampler2D paint; uniform int is_painted;
uniform vec3 eye; uniform float pixel;
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
  if (is_painted == 1) { s.stain = painted(paint, corner.y, corner.z, s.footprint) - vec3(1.0); }
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
EVERYWHERE = "in vec2 in_corner; void main() { gl_Position = vec4(in_corner, 0.0, 1.0); }"
STUDIO = """
uniform Studio studio; uniform sampler2D shadow; uniform vec2 size;
out vec4 colour;
void main() {
  vec2 at = (2.0 * gl_FragCoord.xy - size) / size.y;
  vec3 share = texture(shadow, vec2(gl_FragCoord.x / size.x, 1.0 - gl_FragCoord.y / size.y)).rgb;
  colour = vec4(srgb_decode(tone_map(backdrop(studio, at.x, at.y) * share)), 0.0);
}
"""
CORNERS = np.array([-1, -1, 3, -1, -1, 3], np.float32)  # of a triangle that fills the picture
ATTRIBUTES = ("in_point", "in_normal", "in_weft", "in_corner", "in_light_a", "in_light_b", "in_light_c")
LAYOUT = "3f 3f 3f 4f 4f 4f 4f"


@functools.cache
def figure_program() -> tuple[str, str]:
    """Return the vertex and fragment programs that draw a figure."""
    from toile.shaders.glsl import HEAD, fabric_glsl, nothing

    return HEAD + VERTEX, "\n".join([HEAD, fabric_glsl(), nothing("Surface"), FIGURE])


@functools.cache
def studio_program() -> tuple[str, str]:
    """Return the vertex and fragment programs that draw the studio behind it."""
    from toile.shaders.glsl import HEAD, fabric_glsl

    return HEAD + EVERYWHERE, "\n".join([HEAD, fabric_glsl(), STUDIO])


def vertex_rows(mesh: DrawnMesh, light: F32) -> F32:
    """Return the rows (R, 25) of the vertex buffer: `ATTRIBUTES`, laid out as `LAYOUT` says."""
    parts = [mesh.points, mesh.normals, mesh.weft, mesh.corners, light]
    return np.ascontiguousarray(np.concatenate(parts, axis=1), np.float32)


def view_uniforms(camera: Camera) -> dict[str, Any]:
    """Return the uniforms of a camera."""
    return {
        "eye": camera.position,
        "pixel": 2.0 * tangent(camera) / camera.size[1],
        "size": tuple(float(s) for s in camera.size),
        "projection": tuple((projection(camera) @ camera.look_at()).T.ravel().tolist()),
    }


def material_uniforms(index: int, record: Any) -> dict[str, Any]:
    """Return the uniforms of a material, by its number and its record."""
    return {"is_painted": int(index < PAINTED), **structure_uniforms("material", record)}


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

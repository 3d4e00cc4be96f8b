"""The reference: light transport by path tracing in Mitsuba 3, with the fabrics' own BSDF.

Geometry, materials, camera and lights are those of the default renderer; softboxes and dome become one environment map
(a softbox of angular radius r that shows a facing white surface the radiance c has the radiance c / sin^2 r). Left out:
the floor's shadow, and stitches or weave finer than the picture's own pixels.

LLVM variants abort the whole process with some versions of LLVM, so they are tried in a process of their own first.
The scalar variant cannot run our BSDF in reasonable time and takes Mitsuba's `principled` instead: its sheen is
Disney's and not Charlie, so it shows the scene and is no reference.
"""

from __future__ import annotations

import functools
import subprocess
import sys
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.errors import Unsupported
from toile.engine.render.backends.drawn import DrawnMesh, drawn_mesh
from toile.engine.render.backends.image import Image, developed
from toile.engine.render.frame import Renderer
from toile.engine.render.lighting import light_direction
from toile.engine.render.scene import LARGEST_PICTURE, Camera, Lighting, RenderSettings, Scene

F32 = NDArray[np.float32]
ENVIRONMENT = (512, 1024)  # pixels
PROBE = (
    "import mitsuba as mi; mi.set_variant('llvm_ad_rgb'); import drjit as dr; "
    "dr.eval(mi.render(mi.load_dict(mi.cornell_box()), spp=1)); dr.sync_thread()"
)


@dataclass(frozen=True)
class MitsubaBackend:
    """Path tracing with `samples` paths a pixel of up to `depth` segments; `variant` "" is the best that works here.

    A pixel is the mean of `split` x `split` parts in display light, as the default renderer averages its samples, so that
    a bright backdrop does not eat thin dark things.
    """

    samples: int = 256
    depth: int = 8
    split: int = 3
    variant: str = ""
    settings: RenderSettings = field(default_factory=RenderSettings)
    name: str = "mitsuba"

    def render(self, scene: Scene, camera: Camera, frame: int = 0) -> Image:
        """Return one frame as the camera sees it.

        Raises:
            Unsupported: Mitsuba is not installed, or the variant does not run here.
            BadInput: whatever the default renderer refuses.
        """
        renderer = Renderer(scene, self.settings)
        renderer.pose(frame)
        renderer.check_camera(camera)
        mi = load(self.variant or best_variant())
        return self.render_posed(mi, renderer, camera)

    def render_posed(self, mi: Any, renderer: Renderer, camera: Camera) -> Image:
        """Return the frame that a renderer is posed at, through a loaded Mitsuba."""
        width, height = camera.size
        n = max(1, min(self.split, LARGEST_PICTURE // max(width, height)))
        fine = replace(camera, size=(n * width, n * height))
        made = mitsuba_scene(mi, renderer, fine, self.depth, pixel_width(camera))
        paths = -(-self.samples // (n * n))
        film = np.array(mi.render(made, spp=paths, seed=0), np.float32)
        alpha = film[:, :, 3].clip(0.0, 1.0)
        colour = np.nan_to_num(film[:, :, :3], posinf=0.0, neginf=0.0) / np.maximum(alpha, 1e-6)[:, :, None]
        return developed(colour.astype(np.float32), alpha, renderer.scene.lighting, fine, n)


@functools.cache
def best_variant() -> str:
    """Return the fastest variant that works on this machine, found out in a process of its own."""
    try:
        done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, timeout=120)
    except subprocess.TimeoutExpired:
        return "scalar_rgb"
    return "llvm_ad_rgb" if done.returncode == 0 else "scalar_rgb"


def load(variant: str) -> Any:
    """Return the `mitsuba` module with a variant active.

    Raises:
        Unsupported: it is not installed, or has no such variant.
    """
    try:
        import mitsuba as mi
    except ImportError as error:
        raise Unsupported(
            "The backend 'mitsuba' needs Mitsuba 3, which is not installed; install it with pip install 'toile[mitsuba]'."
        ) from error
    if variant not in mi.variants():
        raise Unsupported(
            f"Mitsuba has no variant {variant!r} here; choose one of: {', '.join(mi.variants())}."
        )
    mi.set_variant(variant)
    return mi


def mitsuba_scene(mi: Any, renderer: Renderer, camera: Camera, depth: int, footprint: float) -> Any:
    """Return Mitsuba's scene of a posed renderer; patterns are filtered to `footprint` [m]."""
    mesh = drawn_mesh(renderer)
    records = renderer.materials.numpy()
    scene: dict[str, Any] = {
        "type": "scene",
        "integrator": {"type": "path", "max_depth": depth, "hide_emitters": True},
        "sensor": sensor(mi, camera),
        "light": {
            "type": "envmap",
            "bitmap": mi.Bitmap(environment(renderer.scene.lighting, camera)),
            "to_world": mi.ScalarTransform4f(),
        },
    }
    for index in np.unique(mesh.material):
        scene[f"material{index}"] = _shape(mi, mesh, int(index), _bsdf(mi, records[index], footprint))
    return mi.load_dict(scene)


def pixel_width(camera: Camera) -> float:
    """Return how wide [m] a pixel is at the camera's target."""
    distance = float(np.linalg.norm(np.subtract(camera.target, camera.position)))
    return 2.0 * distance * float(np.tan(np.radians(camera.fov_deg) / 2.0)) / camera.size[1]


def sensor(mi: Any, camera: Camera) -> dict[str, Any]:
    """Return a camera as Mitsuba writes it: a box filter, so that pixels are plain means."""
    width, height = camera.size
    _, up, _ = camera.axes()
    look = mi.ScalarTransform4f().look_at(
        origin=[float(c) for c in camera.position],
        target=[float(c) for c in camera.target],
        up=[float(c) for c in up],
    )
    film = {
        "type": "hdrfilm",
        "width": width,
        "height": height,
        "pixel_format": "rgba",
        "rfilter": {"type": "box"},
    }
    return {
        "type": "perspective", "fov": camera.fov_deg, "fov_axis": "y", "near_clip": 0.01, "far_clip": 100.0,
        "to_world": look, "film": film, "sampler": {"type": "multijitter"},
    }  # fmt: skip


def environment(lighting: Lighting, camera: Camera) -> F32:
    """Return dome and softboxes as a latitude-longitude map (H, W, 3), +Y up, as Mitsuba's `envmap` reads it."""
    height, width = ENVIRONMENT
    fine = 4
    v = (np.arange(height * fine) + 0.5) / (height * fine) * np.pi
    u = (np.arange(width * fine) + 0.5) / (width * fine) * 2.0 * np.pi
    sine = np.sin(v)[:, None]
    y = np.cos(v)[:, None] * np.ones_like(u)
    x, z = sine * np.sin(u), -sine * np.cos(u)
    sky, horizon, ground = (np.array(c) for c in (lighting.sky, lighting.horizon, lighting.ground))
    up, down = np.sqrt(np.clip(y, 0.0, 1.0)), np.sqrt(np.clip(-3.0 * y, 0.0, 1.0))
    picture = np.zeros((height, width, 3))
    for c in range(3):
        dome = horizon[c] + up * (sky[c] - horizon[c]) + down * (ground[c] - horizon[c])
        for light in (lighting.key, lighting.rim, lighting.fill):
            d = light_direction(light, camera)
            near = x * d[0] + y * d[1] + z * d[2] > np.cos(np.radians(light.radius_deg))
            dome = dome + near * (
                light.radiance * light.colour[c] / np.sin(np.radians(light.radius_deg)) ** 2
            )
        picture[:, :, c] = dome.reshape(height, fine, width, fine).mean((1, 3))
    return picture.astype(np.float32)


def _bsdf(mi: Any, record: Any, footprint: float) -> dict[str, Any]:
    if mi.variant().startswith("scalar"):
        base = [float(c) for c in record["base"]]
        alpha = float(np.sqrt(record["alpha_warp"] * record["alpha_weft"]))
        return {
            "type": "twosided",
            "bsdf": {
                "type": "principled",
                "base_color": {"type": "rgb", "value": base},
                "roughness": float(np.sqrt(alpha)),
                "specular": float(np.clip(record["f0"] / 0.08, 0.0, 1.0)),
                "sheen": float(np.clip(max(record["sheen"]), 0.0, 1.0)),
            },
        }
    from toile.engine.render.backends.mitsuba_bsdf import material_properties, register

    plugin = register(mi, mi.variant())
    return {"type": plugin, "footprint": footprint, **material_properties(record)}


def _shape(mi: Any, mesh: DrawnMesh, index: int, bsdf: dict[str, Any]) -> Any:
    """Return the faces of one material as a Mitsuba mesh with threads and distances to seams on its vertices."""
    faces = mesh.faces[mesh.material == index]
    rows, inverse = np.unique(faces, return_inverse=True)
    properties = mi.Properties()
    properties["mesh_bsdf"] = mi.load_dict(bsdf)
    shape = mi.Mesh(
        f"material{index}", len(rows), len(faces),
        has_vertex_normals=True, has_vertex_texcoords=True, props=properties,
    )  # fmt: skip
    lines = np.concatenate([mesh.corners[rows, 2:], np.zeros((len(rows), 1), np.float32)], axis=1)
    shape.add_attribute("vertex_weft", 3, mesh.weft[rows].ravel())
    shape.add_attribute("vertex_lines", 3, lines.ravel())
    values = mi.traverse(shape)
    values["vertex_positions"] = np.ascontiguousarray(mesh.points[rows]).ravel()
    values["vertex_normals"] = np.ascontiguousarray(mesh.normals[rows]).ravel()
    values["vertex_texcoords"] = np.ascontiguousarray(mesh.corners[rows, :2]).ravel()
    values["faces"] = inverse.astype(np.uint32).ravel()
    values.update()
    return shape

"""Rendering one frame from one camera: geometry, primary rays, light, filter, shading, edges.

`Renderer` owns the device buffers of one thread; everything else is a value. The passes are in `kernels.py`, the
equations in `toile.shaders`.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.avatars.base_layer import SMOOTHING
from toile.engine.core.device import default_device, warp
from toile.engine.core.errors import BadInput
from toile.engine.render.lighting import build_studio
from toile.engine.render.materials import build_materials
from toile.engine.render.samples import disc_samples
from toile.engine.render.scene import Camera, RenderSettings, Scene
from toile.engine.render.surface import Surface, build_surface
from toile.shaders.paint import stacked

U8 = NDArray[np.uint8]

FILTERS = (
    (4, 1, 0.0),
    (2, 4, 16.0),
    (4, 1, 3.0),
)  # taps, spacing [pixels], regard for the light's edges of each pass

CLEARANCE = 0.004  # m that the body is drawn below the cloth over it
NO_FLOOR = -1000.0  # m, where a floor catches no shadow
BETWEEN = 0.0025  # m that a garment is drawn below another over it
BEYOND = 0.03  # m that rendered points may lie outside of the simulated ones: rims, tucks
KEPT_PIXELS = 4_000_000  # of backdrops kept for cameras that come again


class Renderer:
    """Device buffers of one scene: call `pose` with a frame, then `picture` with any number of cameras.

    `seconds` adds up the time of each pass.
    """

    def __init__(self, scene: Scene, settings: RenderSettings, surface: Surface | None = None) -> None:
        wp = warp()
        from toile.shaders.brdf import lobe_table

        if settings.mannequin is not None:
            scene = replace(scene, mannequin=settings.mannequin)
        self.scene, self.settings = scene, settings
        self.device = settings.device or default_device()
        thin = [i for i, look in enumerate(scene.looks) if look.fabric.transmission > 0.0]
        self.surface = surface or build_surface(
            scene.simulation, settings.cloth_subdivisions, settings.body_subdivisions, thin, scene.mannequin
        )
        s = self.surface
        self.frame = -1
        self.seconds: dict[str, float] = defaultdict(float)
        self.materials = build_materials(scene, self.device)
        self.table = self._array(lobe_table(), float)
        simulation = scene.simulation
        self.body = wp.zeros(simulation.body_vertices.shape[1], dtype=wp.vec3, device=self.device)
        self.body_normals = wp.zeros_like(self.body)
        self.body_faces = self._array(simulation.body_faces.ravel(), int)
        self.cloth = self._array(simulation.cloth_vertices[0], wp.vec3)
        self.cloth_mesh = wp.Mesh(self.cloth, self._array(simulation.cloth_faces.ravel(), int))
        self.cloth_faces = self.cloth_mesh.indices
        self.cloth_normals = wp.zeros_like(self.cloth)
        self.cloth_sink = wp.zeros(len(self.cloth), dtype=float, device=self.device)
        self.garments = len(np.unique(simulation.garment_of_face))
        garment_of_vertex = np.zeros(len(self.cloth), np.int32)
        garment_of_vertex[simulation.cloth_faces] = np.asarray(simulation.garment_of_face)[:, None]
        self.garment_of_vertex = self._array(garment_of_vertex, int)
        self.garment_of_face = self._array(simulation.garment_of_face, int)
        self.body_matrix = self._sparse(s.body_matrix)
        self.body_smoothing = self._sparse(s.body_smoothing)
        self.smoothed = wp.zeros_like(self.body)
        self.hair_matrix = self._sparse(s.hair_roots)
        self.hair_roots = wp.zeros(s.hair_roots.shape[0], dtype=wp.vec3, device=self.device)
        self.paint = self._array(stacked(s.paint), wp.vec3)
        self.cloth_matrix = self._sparse(s.cloth_matrix)
        self.neighbours = self._neighbours(s)
        self.sink = wp.zeros(len(self.body), dtype=float, device=self.device)
        self.spread = wp.zeros_like(self.sink)
        self.rim_source = self._array(s.rim_source, int)
        thickness = np.array([rim_thickness(look.fabric.thickness) for look in scene.looks], np.float32)
        self.rim_thickness = self._array(thickness[s.rim_garment], float)
        self.buttons = [self._array(s.buttons.owner, int), self._array(s.buttons.local, wp.vec3)]
        self.buttons += [self._array(s.buttons.face + s.body_face_count, int)]
        self.buttons += [self._array(s.buttons.share, wp.vec3), self._array(s.buttons.weft, wp.vec2)]
        self.points = wp.zeros(s.vertex_count, dtype=wp.vec3, device=self.device)
        self.normals = wp.zeros_like(self.points)
        self.faces = self._array(s.faces.ravel(), int)
        self.corners = self._array(s.corners.reshape(-1, 4), wp.vec4)
        self.material_of_face = self._array(s.material_of_face, int)
        self.rows = self._array(s.rows.ravel(), int)
        self.threads = wp.zeros(s.row_count, dtype=wp.vec3, device=self.device)
        self.mesh: Any = None
        self.buffers: dict[int, tuple[Any, ...]] = {}
        self.backdrops: dict[Camera, Any] = {}
        self.disc = self._array(disc_samples(max(settings.samples, 1)), wp.vec3)

    def pose(self, frame: int) -> None:
        """Move the geometry to a frame of the simulation.

        Raises:
            BadInput: no such frame.
        """
        count = len(self.scene.simulation.cloth_vertices)
        if not 0 <= frame < count:
            raise BadInput(f"There is no frame {frame}; the simulation has frames 0 to {count - 1}.")
        if frame == self.frame:
            return
        wp = warp()
        from toile.engine.render import geometry_kernels as k

        start = time.perf_counter()
        s, device = self.surface, self.device
        simulation = self.scene.simulation
        self.body.assign(np.ascontiguousarray(simulation.body_vertices[frame], np.float32))
        self.cloth.assign(np.ascontiguousarray(simulation.cloth_vertices[frame], np.float32))
        self.cloth_mesh.refit()
        if self.garments > 1:
            self._tuck_layers()
        for _ in range(SMOOTHING // 2):
            self._run(k.combine, len(self.body), [self.body, *self.body_smoothing, 0, self.smoothed])
            self._run(k.combine, len(self.body), [self.smoothed, *self.body_smoothing, 0, self.body])
        self.body_normals.zero_()
        self._run(
            k.add_face_normals, len(self.body_faces) // 3, [self.body, self.body_faces, 0, self.body_normals]
        )
        self._run(k.normalise, len(self.body), [self.body_normals])
        self._run(
            k.cover_depth,
            len(self.body),
            [self.cloth_mesh.id, self.body, self.body_normals, CLEARANCE, self.sink],
        )
        self._run(k.spread_sink, len(self.body), [*self.neighbours, self.sink, self.spread])
        self._run(k.spread_sink, len(self.body), [*self.neighbours, self.spread, self.sink])
        self._run(k.move_in, len(self.body), [self.sink, self.body_normals, self.body])
        self._run(k.combine, s.body_count, [self.body, *self.body_matrix, 0, self.points])
        if hair := len(self.hair_roots):
            self._run(k.combine, hair, [self.body, *self.hair_matrix, 0, self.hair_roots])
            from toile.avatars.hair_kernels import PRESSED, press_hair

            over = [self.cloth_mesh.id, self.hair_roots, s.body_count - hair, PRESSED, self.points]
            self._run(press_hair, hair, over)
        self._run(k.combine, s.cloth_count, [self.cloth, *self.cloth_matrix, s.body_count, self.points])
        self.normals.zero_()
        flat = s.body_face_count + s.cloth_face_count
        self._run(k.add_face_normals, flat, [self.points, self.faces, 0, self.normals])
        self._run(k.normalise, s.vertex_count, [self.normals])
        if len(s.rim_source):
            first = s.body_count + s.cloth_count
            rim = [self.rim_source, self.rim_thickness, first, self.points, self.normals]
            self._run(k.place_rim, len(s.rim_source), rim)
        if len(s.buttons.owner):
            sewn_on = [*self.buttons, self.faces, s.first_button, self.points, self.normals]
            self._run(k.place_buttons, len(s.buttons.owner), sewn_on)
        if len(s.faces) > flat:
            rest = len(s.faces) - flat
            self._run(k.add_face_normals, rest, [self.points, self.faces, flat, self.normals])
            self._run(k.normalise, s.vertex_count, [self.normals])
        self.threads.zero_()
        arguments = [self.points, self.faces, self.corners, self.rows, self.threads]
        self._run(k.add_threads, len(s.faces), arguments)
        self._run(k.normalise, s.row_count, [self.threads])
        if self.mesh is None:
            self.mesh = wp.Mesh(self.points, self.faces)
        else:
            self.mesh.refit()
        wp.synchronize_device(device)
        hair = self.points.numpy()[s.body_count - len(self.hair_roots) : s.body_count]
        parts = (simulation.body_vertices[frame], simulation.cloth_vertices[frame], hair)
        self.posed = np.concatenate(parts).astype(np.float32)
        self.box = (self.posed.min(axis=0) - BEYOND, self.posed.max(axis=0) + BEYOND)
        self.frame = frame
        self.seconds["geometry"] += time.perf_counter() - start

    def _tuck_layers(self) -> None:
        """Move each garment a little under those that lie over it, so that smoothing does not make them cross."""
        from toile.engine.render import geometry_kernels as k

        count = len(self.cloth)
        self.cloth_normals.zero_()
        self._run(
            k.add_face_normals,
            len(self.cloth_faces) // 3,
            [self.cloth, self.cloth_faces, 0, self.cloth_normals],
        )
        self._run(k.normalise, count, [self.cloth_normals])
        owners = [self.cloth_mesh.id, self.garment_of_face, self.garment_of_vertex]
        self._run(k.tuck_under, count, [*owners, self.cloth, self.cloth_normals, BETWEEN, self.cloth_sink])
        self._run(k.move_in, count, [self.cloth_sink, self.cloth_normals, self.cloth])
        self.cloth_mesh.refit()

    def picture(self, camera: Camera) -> U8:
        """Return the posed frame as the camera sees it, sRGB, shape (height, width, 3).

        Raises:
            BadInput: the camera stands inside the body.
        """
        width, height = camera.size
        return self._draw(camera, 0)[0].reshape(height, width, 3)

    def cutout(self, camera: Camera) -> U8:
        """Return the posed figure without studio and shadow, sRGB and straight alpha, shape (height, width, 4).

        Raises:
            BadInput: the camera stands inside the body.
        """
        width, height = camera.size
        colour, cover = self._draw(camera, 1)
        alpha = np.rint(255.0 * np.clip(cover, 0.0, 1.0)).astype(np.uint8).reshape(height, width, 1)
        return np.concatenate([np.where(alpha > 0, colour.reshape(height, width, 3), 0), alpha], axis=2)

    def _draw(self, camera: Camera, cut: int) -> tuple[U8, NDArray[np.float32]]:
        """Return a picture's bytes, and with cut = 1 how far each pixel is covered."""
        wp = warp()
        from toile.engine.render import kernels as k
        from toile.engine.render import light_kernels, shade_kernels

        self.check_camera(camera)
        settings, count = self.settings, camera.size[0] * camera.size[1]
        face, hit, place, normal, light, smooth, display, cover, edges, picture = self._buffers(count)
        view, studio, g = self.view(camera), build_studio(self.scene.lighting, camera), self.geometry()
        studio.thin = int(any(look.fabric.transmission > 0.0 for look in self.scene.looks))
        if cut or not settings.floor or settings.samples == 0:
            studio.floor = NO_FLOOR
        cover.zero_()
        if not cut:
            wp.copy(display, self._backdrop(camera, view, studio))
        self._run(k.trace_primary, count, [g, view, studio, face, hit, place, normal], "primary")
        seen = face.numpy()
        figure, floor = self._list(seen >= 0), self._list(seen == k.FLOOR)
        sparse = int(settings.filter_passes > 0)  # the floor is smooth: every other pixel will do
        lit = [g, self.materials, view, studio]
        if settings.samples == 0:
            self._run(light_kernels.open_light, len(figure), [studio, figure, light], "light")
        else:
            rays = [*lit, settings.samples, self.disc]
            arguments = [*rays, figure, face, hit, place, normal, light]
            self._run(light_kernels.gather_light, len(figure), arguments, "light")
            traced = self._list((seen == k.FLOOR) & self._chessboard(camera)) if sparse else floor
            self._run(light_kernels.gather_floor, len(traced), [*rays, traced, place, light], "light")
        for taps, spacing, keen in FILTERS[: settings.filter_passes]:
            arguments = [view, taps, spacing, keen, figure, face, hit, place, normal, light, smooth]
            self._run(light_kernels.filter_light, len(figure), arguments, "filter")
            arguments = [view, taps, spacing, sparse, floor, face, light, smooth]
            sparse = 0
            self._run(light_kernels.filter_floor, len(floor), arguments, "filter")
            light, smooth = smooth, light
        arguments = [*lit, self.table, cut, figure, face, hit, light, display, cover]
        self._run(shade_kernels.shade_pixels, len(figure), arguments, "shade")
        self._run(shade_kernels.shade_floors, len(floor), [view, studio, floor, light, display], "shade")
        if settings.edge_samples > 1:
            edges.zero_()
            arguments = [g, self.materials, view, figure, face, hit, normal, display, edges]
            self._run(shade_kernels.find_edges, len(figure), arguments, "edges")
            pixels = self._list(edges.numpy())
            lit = [*lit, self.table, cut, settings.edge_samples, pixels]
            arguments = [*lit, face, place, normal, light, display, cover]
            self._run(shade_kernels.retrace_edges, len(pixels), arguments, "edges")
        self._run(k.quantise, count, [view, display, picture], "quantise")
        return np.array(picture.numpy(), dtype=np.uint8), cover.numpy()

    @staticmethod
    def _chessboard(camera: Camera) -> NDArray[np.bool_]:
        """Return every other pixel."""
        width, height = camera.size
        return ((np.arange(width)[None] + np.arange(height)[:, None]) % 2 == 0).ravel()

    def _list(self, chosen: NDArray[Any]) -> Any:
        """Return the numbers of chosen pixels on the device."""
        return self._array(np.flatnonzero(chosen).astype(np.int32), int)

    def _backdrop(self, camera: Camera, view: Any, studio: Any) -> Any:
        """Return the studio without a figure as the camera sees it; cameras come again in each frame."""
        wp = warp()
        from toile.engine.render import kernels as k

        if camera not in self.backdrops:
            count = camera.size[0] * camera.size[1]
            held = sum(len(kept) for kept in self.backdrops.values())
            if held + count > KEPT_PIXELS:
                self.backdrops.clear()
            drawn = wp.zeros(count, dtype=wp.vec3, device=self.device)
            self._run(k.draw_backdrop, count, [view, studio, drawn], "backdrop")
            self.backdrops[camera] = drawn
        return self.backdrops[camera]

    def _run(self, kernel: Any, count: int, arguments: list[Any], label: str = "") -> None:
        if count == 0:
            return
        wp = warp()
        start = time.perf_counter()
        wp.launch(kernel, dim=count, inputs=arguments, device=self.device)
        if label:
            self.seconds[label] += time.perf_counter() - start

    def _array(self, values: Any, dtype: Any) -> Any:
        return warp().array(np.ascontiguousarray(values), dtype=dtype, device=self.device)

    def _sparse(self, matrix: Any) -> tuple[Any, Any, Any]:
        return (
            self._array(matrix.indptr.astype(np.int32), int),
            self._array(matrix.indices.astype(np.int32), int),
            self._array(matrix.data.astype(np.float32), float),
        )

    def _neighbours(self, surface: Surface) -> tuple[Any, Any]:
        from scipy import sparse

        edges, count = surface.body_edges, len(self.body)
        both = np.concatenate([edges, edges[:, ::-1]])
        graph = sparse.csr_matrix((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(count, count))
        return self._array(graph.indptr.astype(np.int32), int), self._array(
            graph.indices.astype(np.int32), int
        )

    def _buffers(self, count: int) -> tuple[Any, ...]:
        if count not in self.buffers:
            wp = warp()
            from toile.shaders.material import Light as LightVector

            kinds = (int, *[wp.vec3] * 3, LightVector, LightVector, wp.vec3, float, wp.uint8)
            arrays = [wp.zeros(count, dtype=kind, device=self.device) for kind in kinds]
            arrays.append(wp.zeros(3 * count, dtype=wp.uint8, device=self.device))
            self.buffers = {count: tuple(arrays)}
        return self.buffers[count]

    def geometry(self) -> Any:
        """Return the posed surfaces as kernels read them."""
        wp = warp()
        from toile.engine.render.kernels import Geometry

        g = Geometry()
        g.mesh, g.points, g.normals, g.faces = self.mesh.id, self.points, self.normals, self.faces
        g.corners, g.material_of_face, g.paint = self.corners, self.material_of_face, self.paint
        g.rows, g.threads = self.rows, self.threads
        g.low, g.high = (wp.vec3(*corner) for corner in self.box)
        return g

    def view(self, camera: Camera) -> Any:
        """Return a camera as kernels read it, and the window of its picture in which the figure may be seen."""
        wp = warp()
        from toile.engine.render.kernels import View

        view = View()
        right, up, forward = camera.axes()
        view.origin, view.right, view.up = wp.vec3(*camera.position), wp.vec3(*right), wp.vec3(*up)
        view.forward, view.tangent = wp.vec3(*forward), float(np.tan(np.radians(camera.fov_deg) / 2.0))
        view.width, view.height = camera.size
        view.left, view.top, view.end, view.bottom = self._window(camera)
        return view

    def _window(self, camera: Camera) -> tuple[int, int, int, int]:
        """Return the pixels (left, top, right end, bottom end) between which a camera may see the posed figure."""
        width, height = camera.size
        seen = camera.project(self.posed)
        nearest = float(seen[:, 2].min()) - BEYOND
        if nearest < BEYOND:
            return 0, 0, width, height
        margin = 1.0 + BEYOND * height / (2.0 * np.tan(np.radians(camera.fov_deg) / 2.0) * nearest)
        low, high = seen[:, :2].min(axis=0) - margin, seen[:, :2].max(axis=0) + margin
        left, top = np.clip(np.floor(low), 0, (width, height)).astype(int)
        right, bottom = np.clip(np.ceil(high), 0, (width, height)).astype(int)
        return int(left), int(top), int(right), int(bottom)

    def check_camera(self, camera: Camera) -> None:
        """Raise BadInput when a camera stands inside the posed body."""
        vertices = self.scene.simulation.body_vertices[self.frame]
        low, high = vertices.min(axis=0), vertices.max(axis=0)
        position = np.asarray(camera.position)
        if not ((position > low) & (position < high)).all():
            return
        if winding_number(position, vertices, self.scene.simulation.body_faces) > 0.5:
            where = ", ".join(f"{c:.2f}" for c in camera.position)
            raise BadInput(f"The camera at ({where}) m stands inside the body; move it away from the figure.")


def rim_thickness(thickness: float) -> float:
    """Return how thick [m] a finished edge looks: the cloth turned under once, and what a thread adds."""
    return float(np.clip(2.0 * thickness + 0.0006, 0.0008, 0.003))


def winding_number(point: Any, vertices: Any, faces: Any) -> float:
    """Return how often a closed surface winds round a point (van Oosterom and Strackee 1983)."""
    a, b, c = (np.asarray(vertices[faces[:, i]], np.float64) - np.asarray(point) for i in range(3))
    la, lb, lc = (np.linalg.norm(x, axis=1) for x in (a, b, c))
    numerator = (a * np.cross(b, c)).sum(1)
    denominator = la * lb * lc + (a * b).sum(1) * lc + (b * c).sum(1) * la + (c * a).sum(1) * lb
    return float(np.arctan2(numerator, denominator).sum() / (2.0 * np.pi))


def render_frame(scene: Scene, frame: int, camera: Camera, settings: RenderSettings | None = None) -> U8:
    """Return one frame from one camera, sRGB, shape (height, width, 3), or 4 with alpha.

    Raises:
        BadInput: empty or non-finite geometry, a frame that is not there, a camera inside the body.
    """
    renderer = Renderer(scene, settings or RenderSettings())
    renderer.pose(frame)
    return renderer.cutout(camera) if renderer.settings.alpha else renderer.picture(camera)

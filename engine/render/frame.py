"""Rendering one frame from one camera: geometry, primary rays, light, filter, shading, edges.

`Renderer` owns the device buffers of one thread; everything else is a value. The passes are in `kernels.py`, the
equations in `toile.shaders`.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.device import default_device, warp
from toile.engine.core.errors import BadInput
from toile.engine.render.base_layer import SMOOTHING
from toile.engine.render.lighting import build_studio
from toile.engine.render.materials import build_materials
from toile.engine.render.scene import Camera, RenderSettings, Scene
from toile.engine.render.surface import Surface, build_surface

U8 = NDArray[np.uint8]

FILTERS = ((4, 1), (2, 4), (4, 1))  # taps and their spacing [pixels] of each pass

CLEARANCE = 0.004  # m that the body is drawn below the cloth over it
BETWEEN = 0.0025  # m that a garment is drawn below another over it


class Renderer:
    """Device buffers of one scene: call `pose` with a frame, then `picture` with any number of cameras.

    `seconds` adds up the time of each pass.
    """

    def __init__(self, scene: Scene, settings: RenderSettings, surface: Surface | None = None) -> None:
        wp = warp()
        from toile.shaders.brdf import sheen_table

        self.scene, self.settings = scene, settings
        self.device = settings.device or default_device()
        thin = [i for i, look in enumerate(scene.looks) if look.fabric.transmission > 0.0]
        self.surface = surface or build_surface(
            scene.simulation, settings.cloth_subdivisions, settings.body_subdivisions, thin
        )
        s = self.surface
        self.frame = -1
        self.seconds: dict[str, float] = defaultdict(float)
        self.materials = build_materials(scene, self.device)
        self.table = self._array(sheen_table(), float)
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
        self.cloth_matrix = self._sparse(s.cloth_matrix)
        self.neighbours = self._neighbours(s)
        self.sink = wp.zeros(len(self.body), dtype=float, device=self.device)
        self.spread = wp.zeros_like(self.sink)
        self.rim_source = self._array(s.rim_source, int)
        thickness = np.array([rim_thickness(look.fabric.thickness) for look in scene.looks], np.float32)
        self.rim_thickness = self._array(thickness[s.rim_garment], float)
        self.points = wp.zeros(s.vertex_count, dtype=wp.vec3, device=self.device)
        self.normals = wp.zeros_like(self.points)
        self.faces = self._array(s.faces.ravel(), int)
        self.corners = self._array(s.corners.reshape(-1, 4), wp.vec4)
        self.material_of_face = self._array(s.material_of_face, int)
        self.mesh: Any = None
        self.buffers: dict[int, tuple[Any, ...]] = {}

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
        from toile.engine.render import kernels as k

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
        self._run(k.combine, s.cloth_count, [self.cloth, *self.cloth_matrix, s.body_count, self.points])
        self.normals.zero_()
        flat = s.body_face_count + s.cloth_face_count
        self._run(k.add_face_normals, flat, [self.points, self.faces, 0, self.normals])
        self._run(k.normalise, s.vertex_count, [self.normals])
        if len(s.rim_source):
            first = s.body_count + s.cloth_count
            rim = [self.rim_source, self.rim_thickness, first, self.points, self.normals]
            self._run(k.place_rim, len(s.rim_source), rim)
            rest = len(s.faces) - flat
            self._run(k.add_face_normals, rest, [self.points, self.faces, flat, self.normals])
            self._run(k.normalise, s.vertex_count, [self.normals])
        if self.mesh is None:
            self.mesh = wp.Mesh(self.points, self.faces)
        else:
            self.mesh.refit()
        wp.synchronize_device(device)
        self.frame = frame
        self.seconds["geometry"] += time.perf_counter() - start

    def _tuck_layers(self) -> None:
        """Move each garment a little under those that lie over it, so that smoothing does not make them cross."""
        from toile.engine.render import kernels as k

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
        from toile.engine.render import kernels as k

        self._check_camera(camera)
        width, height = camera.size
        count = width * height
        face, hit, normal, light, smooth, display, edges, picture = self._buffers(count)
        view, studio, g = self._view(camera), build_studio(self.scene.lighting, camera), self._geometry()
        studio.thin = int(any(look.fabric.transmission > 0.0 for look in self.scene.looks))
        lit = [g, self.materials, view, studio]
        self._run(k.trace_primary, count, [g, view, studio, face, hit, normal], "primary")
        self._run(k.gather_light, count, [*lit, self.settings.samples, face, hit, normal, light], "light")
        for taps, spacing in FILTERS[: self.settings.filter_passes]:
            self._run(
                k.filter_light, count, [view, taps, spacing, face, hit, normal, light, smooth], "filter"
            )
            light, smooth = smooth, light
        self._run(k.shade_pixels, count, [*lit, self.table, face, hit, light, display], "shade")
        if self.settings.edge_samples > 1:
            self._run(
                k.find_edges, count, [g, self.materials, view, face, hit, normal, display, edges], "edges"
            )
            chosen = np.flatnonzero(edges.numpy()).astype(np.int32)
            if len(chosen):
                pixels = self._array(chosen, int)
                side = self.settings.edge_samples
                arguments = [*lit, self.table, side, pixels, face, hit, normal, light, display]
                self._run(k.retrace_edges, len(chosen), arguments, "edges")
        self._run(k.quantise, count, [view, display, picture], "quantise")
        return np.array(picture.numpy(), dtype=np.uint8).reshape(height, width, 3)

    def _run(self, kernel: Any, count: int, arguments: list[Any], label: str = "") -> None:
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

            kinds = (int, wp.vec3, wp.vec3, LightVector, LightVector, wp.vec3, wp.uint8)
            arrays = [wp.zeros(count, dtype=kind, device=self.device) for kind in kinds]
            arrays.append(wp.zeros(3 * count, dtype=wp.uint8, device=self.device))
            self.buffers = {count: tuple(arrays)}
        return self.buffers[count]

    def _geometry(self) -> Any:
        from toile.engine.render.kernels import Geometry

        g = Geometry()
        g.mesh, g.points, g.normals, g.faces = self.mesh.id, self.points, self.normals, self.faces
        g.corners, g.material_of_face = self.corners, self.material_of_face
        return g

    def _view(self, camera: Camera) -> Any:
        wp = warp()
        from toile.engine.render.kernels import View

        view = View()
        right, up, forward = camera.axes()
        view.origin, view.right, view.up = wp.vec3(*camera.position), wp.vec3(*right), wp.vec3(*up)
        view.forward, view.tangent = wp.vec3(*forward), float(np.tan(np.radians(camera.fov_deg) / 2.0))
        view.width, view.height = camera.size
        return view

    def _check_camera(self, camera: Camera) -> None:
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
    """Return one frame from one camera, sRGB, shape (height, width, 3).

    Raises:
        BadInput: empty or non-finite geometry, a frame that is not there, a camera inside the body.
    """
    renderer = Renderer(scene, settings or RenderSettings())
    renderer.pose(frame)
    return renderer.picture(camera)

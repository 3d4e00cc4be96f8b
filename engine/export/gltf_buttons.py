"""Buttons of a look's GLB: a node for each, rigid, that moves with the cloth it is sewn on; one mesh a size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.avatars.mesh_file import NO_SKIN
from toile.engine.core.buttons import COLOURS, HORN, button_axes, button_mesh, find_buttons
from toile.engine.core.mesh import vertex_normals
from toile.engine.core.simulation import Simulation
from toile.engine.export.glb import ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER, GltfDocument
from toile.engine.export.gltf_material import Material, add_material

GLOSS = 0.3  # roughness


def add_buttons(
    document: GltfDocument, simulation: Simulation, keys: Sequence[int], normals: NDArray[np.float32]
) -> list[tuple[int, NDArray[np.float64], NDArray[np.float64]]]:
    """Add the buttons in the first keyframe; return each one's node, its axes (K, 3, 3), as columns, and its places (K, 3) [m].

    Args:
        keys: the keyframes; normals: of the cloth at each, (K, N, 3).
    """
    found = find_buttons(
        simulation.button_places,
        simulation.button_panel,
        simulation.button_size,
        np.asarray(simulation.cloth_panel_uv),
        np.asarray(simulation.panel_of_face),
    )
    if not len(found.face):
        return []
    world = np.asarray(simulation.cloth_vertices)[list(keys)].astype(np.float64)
    placed = [
        button_axes(found, points, n.astype(np.float64), np.asarray(simulation.cloth_faces))
        for points, n in zip(world, normals, strict=True)
    ]
    places = np.stack([centre for centre, _ in placed])
    axes = np.stack([rows.transpose(0, 2, 1) for _, rows in placed])
    materials: dict[str, int] = {}
    meshes: dict[float, int] = {}
    made = []
    for i, size in enumerate(found.size.tolist()):
        if size not in meshes:
            meshes[size] = _add_mesh(document, size, materials)
        node = document.add("nodes", {"name": f"button_{i + 1}", "mesh": meshes[size], "extras": NO_SKIN})
        made.append((node, axes[:, i], places[:, i]))
    return made


def _add_mesh(document: GltfDocument, size: float, materials: dict[str, int]) -> int:
    points, faces, holes = button_mesh(size)
    rim, hole = ("horn", "pearl") if size >= HORN else ("pearl", "horn")
    normals = vertex_normals(points, faces)
    attributes = {
        "POSITION": document.add_accessor(points.astype(np.float32), target=ARRAY_BUFFER, bounds=True),
        "NORMAL": document.add_accessor(normals.astype(np.float32), target=ARRAY_BUFFER),
    }
    primitives: list[dict[str, Any]] = []
    for name, chosen in ((rim, ~holes), (hole, holes)):
        if name not in materials:
            look = Material(name, COLOURS[name], roughness=GLOSS)
            materials[name] = add_material(document, look, double_sided=False)
        corners = faces[chosen].ravel().astype(np.uint16)
        primitives.append(
            {
                "attributes": attributes,
                "indices": document.add_accessor(corners, target=ELEMENT_ARRAY_BUFFER),
                "material": materials[name],
            }
        )
    return document.add("meshes", {"name": f"button {1000 * size:.0f} mm", "primitives": primitives})

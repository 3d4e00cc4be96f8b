"""SMPL, SMPL-H and SMPL-X from the user's own `.npz`, read and posed by our own code from the documented file format.

With betas b, expression e and joint turns W (global) from the T-pose:

    T(b) = v_template + shapedirs (b, e) + posedirs (R - I),   J(b) = J_regressor (v_template + shapedirs (b, e)),
    v    = sum_j w_j (W_j (T - J_j) + P_j),                    P_j = P_parent + W_parent (J_j - J_parent)

with R the turns relative to the parents. Toile dresses an A-pose, so a fixed set of turns A carries the T-pose to it; in that
pose vertices and joints are affine in b, and everything that serves the embedded body serves this one. The rig that motions turn
has all joints of the file, under our names; motions that say nothing of single fingers lead the four as one
(`toile.avatars.limbs.followed`), jaw and eyes with the head.

Source: Loper et al. 2015 (SMPL), Pavlakos et al. 2019 (SMPL-X). No file of theirs is shipped or needed for this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from toile.avatars.asset import F32, BodyAsset, load_body
from toile.avatars.model import AssetBody
from toile.avatars.motion_amass import HandSpace, smpl_skeleton
from toile.avatars.npz import read_arrays
from toile.avatars.pose import F64, Skeleton, conjugate, from_matrices, matrices
from toile.avatars.registration import Target, register, transfer
from toile.engine.core.body import PARTS
from toile.engine.core.errors import BadInput, DamagedFile

if TYPE_CHECKING:
    from torch import Tensor

I32 = NDArray[np.int32]

MOST_VERTICES = 60_000
SHAPE_SPACE, EXPRESSION_SPACE = 300, 100
"""Columns of SMPL-X's shapedirs that are shape, and expression after them; older files hold 10 and 10."""
_BODY = (
    "pelvis", "left_hip", "right_hip", "spine", "left_knee", "right_knee", "spine_upper", "left_ankle", "right_ankle",
    "chest", "left_toe", "right_toe", "neck", "left_clavicle", "right_clavicle", "head", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
)  # fmt: skip
_OURS = {"middle1": "fingers", "middle2": "fingertips", "thumb1": "thumb"}
_HAND = tuple(
    _OURS.get(f"{finger}{bone}", f"{finger}{bone}")
    for finger in ("index", "middle", "pinky", "ring", "thumb")
    for bone in (1, 2, 3)
)
_HANDS = tuple(f"left_{n}" for n in _HAND) + tuple(f"right_{n}" for n in _HAND)
FAMILY: Mapping[int, tuple[str, tuple[str, ...]]] = {
    24: ("SMPL", (*_BODY, "left_wrist", "right_wrist")),
    52: ("SMPL-H", (*_BODY, *_HANDS)),
    55: ("SMPL-X", (*_BODY, "jaw", "left_eye", "right_eye", *_HANDS)),
}
"""Number of joints -> model, and which of our joints leads each of its joints."""
THEIRS: Mapping[str, str] = dict(
    zip(FAMILY[55][1], (name for name, _, _ in smpl_skeleton(True, True)), strict=True)
)
"""Our names of the family's joints -> its own, as its motions have them."""
_WANTED = (
    "v_template", "f", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table",
    "hands_meanl", "hands_meanr", "hands_componentsl", "hands_componentsr", "vt", "ft",
)  # fmt: skip
_NEEDED = _WANTED[:7]


@dataclass(frozen=True)
class SmplArrays:
    """What a model file holds, checked: V vertices, T faces, J joints, S shape columns.

    name: SMPL, SMPL-H or SMPL-X; template (V, 3) [m]; directions (V, 3, S) of betas, then expression; betas: how many are shape;
    corrections (V, 3, 9 (J - 1)); regressor (J, V); weights (V, J); parents (J,); hands (2, 45): mean hand poses or None; hand_space: what components of hand poses
    mean, or None; uv (V, 2) or None.
    """

    name: str
    template: F64
    faces: I32
    directions: F32
    betas: int
    corrections: F32
    regressor: F64
    weights: F64
    parents: I32
    hands: F64 | None
    uv: F32 | None
    hand_space: HandSpace | None = None


def read_smpl(path: Path) -> SmplArrays:
    """Read a model file.

    Raises:
        BadInput: a pickle, or arrays of Python objects where numbers are needed.
        DamagedFile: missing, truncated, or arrays that do not fit together.
    """
    return checked_smpl(read_arrays(path, _WANTED), str(path))


def checked_smpl(arrays: Mapping[str, NDArray[Any]], name: str) -> SmplArrays:
    """Return the arrays of a model file after checking that they fit together; raises as `read_smpl`."""
    missing = [key for key in _NEEDED if key not in arrays]
    if missing:
        raise BadInput(
            f"{name} lacks {', '.join(missing)}; give the .npz of SMPL-X, SMPL-H or SMPL as its site offers it."
        )
    values = {key: _numbers(arrays[key], f"{name}: {key}") for key in _WANTED if key in arrays}
    template, faces = values["v_template"], values["f"]
    if template.ndim != 2 or template.shape[1] != 3 or not 100 <= len(template) <= MOST_VERTICES:
        raise DamagedFile(
            f"{name} has a template of shape {template.shape}, not vertices (V, 3); download it again."
        )
    count = len(template)
    tree = values["kintree_table"]
    joints = tree.shape[-1] if tree.ndim == 2 else 0
    if joints not in FAMILY:
        raise BadInput(
            f"{name} has {joints} joints; SMPL has 24, SMPL-H 52 and SMPL-X 55: give one of their files."
        )
    shapes = {
        "J_regressor": (joints, count), "weights": (count, joints), "posedirs": (count, 3, 9 * (joints - 1)),
    }  # fmt: skip
    for key, shape in shapes.items():
        if values[key].shape != shape:
            raise DamagedFile(
                f"{name}: {key} has shape {values[key].shape}, expected {shape}; download it again."
            )
    directions = values["shapedirs"]
    if directions.ndim != 3 or directions.shape[:2] != (count, 3) or not 1 <= directions.shape[2] <= 500:
        raise DamagedFile(
            f"{name}: shapedirs has shape {directions.shape}, expected ({count}, 3, betas); download it again."
        )
    if faces.ndim != 2 or faces.shape[1] != 3 or not len(faces) or faces.min() < 0 or faces.max() >= count:
        raise DamagedFile(f"{name}: f is not faces (T, 3) of {count} vertices; download it again.")
    parents = tree[0].astype(np.int64)
    parents[(parents < 0) | (parents >= joints)] = -1  # the root's is stored as -1 or 4294967295
    if parents[0] != -1 or (parents[1:] < 0).any() or (parents >= np.arange(joints)).any():
        raise DamagedFile(f"{name}: kintree_table is not a tree with its root first; download it again.")
    weights = np.maximum(values["weights"].astype(np.float64), 0.0)
    if (weights.sum(1) < 0.5).any():
        raise DamagedFile(f"{name}: weights do not sum to one; download it again.")
    hands = None
    if joints > 24 and all(values.get(k, np.zeros(0)).size == 45 for k in ("hands_meanl", "hands_meanr")):
        hands = np.stack([values[k].reshape(45).astype(np.float64) for k in ("hands_meanl", "hands_meanr")])
    return SmplArrays(
        name=FAMILY[joints][0],
        template=template.astype(np.float64),
        faces=faces.astype(np.int32),
        directions=directions.astype(np.float32),
        betas=_shape_columns(directions.shape[2], joints),
        corrections=values["posedirs"].astype(np.float32),
        regressor=values["J_regressor"].astype(np.float64),
        weights=weights / weights.sum(1, keepdims=True),
        parents=parents.astype(np.int32),
        hands=hands,
        uv=_vertex_uv(values, count),
        hand_space=_hand_space(values, hands),
    )


def _hand_space(values: Mapping[str, NDArray[Any]], hands: F64 | None) -> HandSpace | None:
    """Return the mean and the components (N, 45) of either hand's pose; None where the file has none."""
    found = [values.get(k) for k in ("hands_componentsl", "hands_componentsr")]
    if hands is None or any(c is None or c.ndim != 2 or c.shape[1] != 45 or not len(c) for c in found):
        return None
    left, right = (np.asarray(c, np.float64) for c in found)
    return HandSpace(hands, (left, right))


def _numbers(values: NDArray[Any], name: str) -> NDArray[Any]:
    if values.dtype.kind not in "fiu":
        raise DamagedFile(f"{name} is not numbers (type {values.dtype}); download it again.")
    if not np.isfinite(values).all() or (values.dtype.kind == "f" and np.abs(values).max(initial=0.0) > 1e10):
        raise DamagedFile(f"{name} holds numbers that are not finite; download it again.")
    return values


def _shape_columns(columns: int, joints: int) -> int:
    """Return how many columns of shapedirs are betas: SMPL-X keeps expression in the last 100, or in columns 10 to 19."""
    if joints < 55:
        return min(columns, SHAPE_SPACE)
    if columns < SHAPE_SPACE + EXPRESSION_SPACE:
        return min(10, columns)
    return SHAPE_SPACE


def _vertex_uv(values: Mapping[str, NDArray[Any]], count: int) -> F32 | None:
    """Return one texture coordinate a vertex from `vt` and `ft` (at seams, that of one side); None where they do not fit."""
    vt, ft, f = values.get("vt"), values.get("ft"), values["f"]
    if vt is None or ft is None or vt.ndim != 2 or vt.shape[1] < 2 or ft.shape != f.shape or not ft.size:
        return None
    if ft.min() < 0 or ft.max() >= len(vt):
        return None
    uv = np.zeros((count, 2), np.float32)
    uv[f.ravel().astype(np.int64)] = vt[ft.ravel().astype(np.int64), :2]
    return uv


def unrolled_uv(vertices: NDArray[np.floating]) -> F32:
    """Return texture coordinates (V, 2) for a mesh that has none: unrolled round the upright axis."""
    low, high = vertices[:, 1].min(), vertices[:, 1].max()
    middle = vertices[:, [0, 2]].mean(0)
    angle = np.arctan2(vertices[:, 0] - middle[0], vertices[:, 2] - middle[1])
    return np.column_stack([0.5 + angle / (2 * np.pi), (vertices[:, 1] - low) / (high - low)]).astype(
        np.float32
    )


class SmplBody(AssetBody):
    """A body of the SMPL family: dressed in an A-pose, posed with its own pose corrections."""

    exact_skin = False

    def __init__(
        self,
        arrays: SmplArrays,
        betas: int | None = None,
        expression: Sequence[float] = (),
        origin: Mapping[str, Any] | None = None,
    ) -> None:
        """Prepare a model.

        Args:
            arrays: the model file's.
            betas: how many shape coefficients are fitted; None is all that the file has, up to 300.
            expression: coefficients of the face, of SMPL-X only.
            origin: what finds the file again.

        Raises:
            BadInput: fewer betas or expression coefficients in the file than asked for; a body that is no adult human.
        """
        self.arrays = arrays
        self.betas = _chosen_betas(arrays, betas)
        own = np.asarray(expression, np.float64).reshape(-1)
        if len(own) > self.expressions or not np.isfinite(own).all():
            raise BadInput(
                f"{len(own)} expression coefficients are given and this file has {self.expressions}; give fewer."
            )
        face = arrays.directions[:, :, arrays.betas : arrays.betas + len(own)]
        self.plain = arrays.template + face @ own
        self.lead = FAMILY[len(arrays.parents)][1]
        self.lead_names = tuple(dict.fromkeys(self.lead))
        asset, self.turned = _dressed(self)
        self._origin = {
            "body": arrays.name,
            "betas": self.betas,
            "expression": own.tolist(),
            **(origin or {}),
        }
        super().__init__(asset)

    def origin(self) -> dict[str, Any]:
        """Return what finds this model again, as plain values."""
        return dict(self._origin)

    @property
    def t_pose(self) -> dict[str, F64]:
        """The turns (4,) of our joints that carry the dressing pose to the family's T-pose, by the family's names."""
        back = conjugate(from_matrices(self.turned))
        return {THEIRS[name]: back[j] for j, name in enumerate(self.lead) if self.lead.index(name) == j}

    @property
    def expressions(self) -> int:
        """How many coefficients of the face the file has."""
        return self.arrays.directions.shape[2] - self.arrays.betas if self.arrays.name == "SMPL-X" else 0

    def directions(self) -> F64:
        """Return how vertices move with the betas in use [m], shape (K, V, 3)."""
        return np.moveaxis(self.arrays.directions[:, :, : self.betas], 2, 0).astype(np.float64)

    def pose(self, shape: Tensor, turns: Tensor, shift: Tensor) -> Tensor:
        """Return posed vertices (..., V, 3) [m], pose corrections and all; arguments as in `BodyModel.pose`."""
        import torch

        arrays = self.arrays
        kind: dict[str, Any] = {"dtype": shape.dtype}
        directions = torch.as_tensor(self.directions().reshape(self.betas, -1), **kind)
        plain = torch.as_tensor(self.plain, **kind)
        flat = plain + (shape @ directions).reshape(*shape.shape[:-1], *plain.shape)
        joints = torch.as_tensor(arrays.regressor, **kind) @ flat
        _, rested = self.rest(shape)
        led = [self.lead_names.index(name) for name in self.lead]
        world = turns[..., led, :, :] @ torch.as_tensor(self.turned, **kind)
        root = rested[..., 0, :] + shift
        up = np.maximum(arrays.parents, 0)
        local = world[..., up, :, :].transpose(-1, -2) @ world
        feature = (local - torch.eye(3, **kind))[..., 1:, :, :].flatten(-3)
        flat = flat + torch.einsum("vap,...p->...va", torch.as_tensor(arrays.corrections, **kind), feature)
        centres = [root]
        for j in range(1, len(up)):
            bone = (joints[..., j, :] - joints[..., up[j], :])[..., None]
            centres.append(centres[up[j]] + (world[..., up[j], :, :] @ bone)[..., 0])
        offset = torch.stack(centres, -2) - torch.einsum("...jab,...jb->...ja", world, joints)
        weights = torch.as_tensor(arrays.weights, **kind)
        blended = torch.einsum("vj,...jab->...vab", weights, world)
        moved = torch.einsum("vj,...ja->...va", weights, offset)
        return torch.einsum("...vab,...vb->...va", blended, flat) + moved

    def posed(self, shape: F32, turns: F64, shift: F64, expression: F64 | None = None) -> F32:
        """Return the posed surface [m] (V, 3) of one pose: turns (J, 4) as unit quaternions, root displacement [m] (3,).

        expression: coefficients of the face in this pose (E,), beyond those that the body was made with.
        """
        arrays = self.arrays
        flat, joints, root = self._flat(np.asarray(shape, np.float32))
        if expression is not None and len(expression):
            face = arrays.directions[:, :, arrays.betas : arrays.betas + len(expression)] @ expression
            flat, joints = flat + face, joints + arrays.regressor @ face
        led = [self.lead_names.index(name) for name in self.lead]
        world = matrices(turns)[led] @ self.turned
        offsets, centres = _posed_parts(arrays, world, joints, root + shift)
        blended = np.tensordot(arrays.weights, world, 1)
        moved = arrays.weights @ (centres - np.einsum("jab,jb->ja", world, joints))
        posed = np.einsum("vab,vb->va", blended, flat + offsets) + moved
        return np.asarray(posed, np.float32)

    def _flat(self, shape: F32) -> tuple[F64, F64, F64]:
        """Return the T-posed vertices and joints of a shape, and where its root stands in the dressing pose (kept for the last)."""
        key = shape.tobytes()
        if getattr(self, "_last", (None, None))[0] != key:
            flat = self.plain + np.tensordot(shape.astype(np.float64), self.directions(), 1)
            _, joints = self._rested(shape)
            self._last = (key, (flat, self.arrays.regressor @ flat, joints[0].astype(np.float64)))
        return self._last[1]


def _chosen_betas(arrays: SmplArrays, betas: int | None) -> int:
    if betas is None:
        return arrays.betas
    if not 1 <= betas <= arrays.betas:
        raise BadInput(
            f"{betas} betas are asked for and this {arrays.name} file has {arrays.betas}; ask for 1 to {arrays.betas}."
        )
    return betas


def _posed_parts(arrays: SmplArrays, world: F64, joints: F64, root: F64) -> tuple[F64, F64]:
    """Return pose corrections [m] (V, 3) and joint centres [m] (J, 3) of global turns (J, 3, 3)."""
    up = np.maximum(arrays.parents, 0)
    local = np.swapaxes(world[up], 1, 2) @ world
    feature = (local - np.eye(3))[1:].reshape(-1).astype(np.float32)
    used = np.flatnonzero(np.abs(feature) > 1e-7)
    offsets = arrays.corrections[:, :, used] @ feature[used] if len(used) else np.zeros_like(arrays.template)
    centres = np.zeros_like(joints)
    centres[0] = root
    for j in range(1, len(up)):
        centres[j] = centres[up[j]] + world[up[j]] @ (joints[j] - joints[up[j]])
    return offsets.astype(np.float64), centres


def _dressing_turns(arrays: SmplArrays, joints: F64) -> F64:
    """Return the global turns (J, 3, 3) that bring the T-pose to our A-pose: limbs point as the embedded body's do."""
    own = load_body()
    ours = Skeleton(own.joint_names, own.parents, own.joint_mean.astype(np.float64))
    turned = np.tile(np.eye(3), (len(joints), 1, 1))
    chains = {
        16: (18, "shoulder", "elbow"),
        18: (20, "elbow", "wrist"),
        1: (4, "hip", "knee"),
        4: (7, "knee", "ankle"),
    }
    for j, parent in enumerate(arrays.parents):
        if parent >= 0 and j not in (7, 8):  # the feet stay flat
            turned[j] = turned[parent]
        for first, (second, start, end) in chains.items():
            for k, side in enumerate(("left", "right")):
                # left and right differ by one in SMPL's numbering
                if j == first + k:
                    bone = turned[j] @ (joints[second + k] - joints[j])
                    goal = (
                        ours.centres[ours.index[f"{side}_{end}"]]
                        - ours.centres[ours.index[f"{side}_{start}"]]
                    )
                    turned[j] = _between(bone, goal) @ turned[j]
    for j in (10, 11):
        turned[j] = np.eye(3)
    if arrays.hands is not None:
        _relax_hands(arrays, turned)
    return turned


def _relax_hands(arrays: SmplArrays, turned: F64) -> None:
    from scipy.spatial.transform import Rotation

    assert arrays.hands is not None
    first = len(arrays.parents) - 30
    for side in range(2):
        local = Rotation.from_rotvec(arrays.hands[side].reshape(15, 3)).as_matrix()
        for bone in range(15):
            j = first + 15 * side + bone
            turned[j] = turned[arrays.parents[j]] @ local[bone]


def _between(a: F64, b: F64) -> F64:
    """Return the smallest turn that carries the direction of a to that of b."""
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    axis, cosine = np.cross(a, b), float(a @ b)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.asarray(np.eye(3) + cross + cross @ cross / max(1.0 + cosine, 1e-9))


def _dressed(body: SmplBody) -> tuple[BodyAsset, F64]:
    """Return the model in the dressing pose as an asset, and the turns that bring it there."""
    arrays = body.arrays
    joints = arrays.regressor @ body.plain
    turned = _dressing_turns(arrays, joints)
    offsets, centres = _posed_parts(arrays, turned, joints, joints[0])
    weights = arrays.weights
    blended = np.tensordot(weights, turned, 1)

    def carried(vertices: F64, own: F64, placed: F64) -> F64:
        moved = placed - np.einsum("jab,...jb->...ja", turned, own)
        return np.einsum("vab,...vb->...va", blended, vertices) + np.einsum("vj,...ja->...va", weights, moved)

    mean = carried(body.plain + offsets, joints, centres)
    directions = body.directions()
    own = np.einsum("jv,kva->kja", arrays.regressor, directions)
    placed = np.zeros_like(own)
    placed[:, 0] = own[:, 0]
    for j, parent in enumerate(arrays.parents):
        if parent >= 0:
            placed[:, j] = placed[:, parent] + (own[:, j] - own[:, parent]) @ turned[parent].T
    basis = carried(directions, own, placed)
    floor = mean[:, 1].min()
    mean[:, 1] -= floor
    centres[:, 1] -= floor
    return _asset(body, mean, basis, centres, placed), turned


def _asset(body: SmplBody, mean: F64, basis: F64, centres: F64, placed: F64) -> BodyAsset:
    """Return the arrays of a body in the dressing pose; joints that are led as one stand where the first bones of theirs do."""
    arrays, names = body.arrays, body.lead_names
    groups = np.zeros((len(names), len(centres)))
    first = np.zeros_like(groups)
    for j, name in enumerate(body.lead):
        row = names.index(name)
        groups[row, j] = 1.0
        if body.lead[arrays.parents[j]] != name or arrays.parents[j] < 0:
            first[row, j] = 1.0
    first /= first.sum(1, keepdims=True)
    parents = [
        names.index(body.lead[arrays.parents[np.flatnonzero(row)[0]]]) if row[0] == 0 else -1 for row in first
    ]
    dense = arrays.weights @ groups.T
    top = np.argsort(-dense, axis=1, kind="stable")[:, :4]
    weights = np.take_along_axis(dense, top, 1)
    joint_mean = first @ centres
    target = Target.of(mean, arrays.faces)
    known = {n: joint_mean[names.index(n)] for n in _KNOWN}
    found = register(target, known)
    if found.apart > MOST_APART:
        raise BadInput(
            f"This {arrays.name} file's body is {1000 * found.apart:.0f} mm from any adult body that is known; "
            f"is it a human one, in metres, in a T-pose?"
        )
    carried = transfer(found, target, mean)
    surface = carried.surface
    part = surface.part_of_vertex.copy()
    if arrays.name == "SMPL-X":
        part[arrays.weights[:, 23:25].sum(1) > 0.5] = PARTS.index("eyes")
    surface = type(surface)(**{**_fields(surface), "part_of_vertex": part})
    size = len(basis)
    prior = (np.zeros(size, np.float32), np.eye(size, dtype=np.float32))
    return BodyAsset(
        mean=mean.astype(np.float32),
        basis=basis.astype(np.float32),
        joint_mean=joint_mean.astype(np.float32),
        joint_basis=np.einsum("ij,kja->kia", first, placed).astype(np.float32),
        faces=arrays.faces,
        collider=~(part[arrays.faces] == PARTS.index("eyes")).any(1),
        uv=arrays.uv if arrays.uv is not None else unrolled_uv(mean),
        part_of_vertex=part,
        mirror=mirrored(mean),
        joint_of_weight=top.astype(np.int32),
        weights=(weights / weights.sum(1, keepdims=True)).astype(np.float32),
        joint_names=names,
        parents=np.array(parents, np.int32),
        landmarks={n: int(a.corners[0, a.shares[0].argmax()]) for n, a in surface.landmarks.items()},
        prior={"female": prior, "male": prior},
        given_surface=surface,
    )


MOST_APART = 0.06
"""A body is not taken for a human one when a tenth of its points lie further than this [m] from the embedded body."""
_KNOWN = tuple(
    f"{side}_{n}"
    for side in ("left", "right")
    for n in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
)


def _fields(value: Any) -> dict[str, Any]:
    from dataclasses import fields

    return {f.name: getattr(value, f.name) for f in fields(value) if f.init}


def mirrored(vertices: NDArray[np.floating]) -> I32:
    """Return for each vertex the one nearest to its mirror image across the YZ plane."""
    from scipy.spatial import cKDTree

    return np.asarray(cKDTree(vertices).query(vertices * np.array([-1.0, 1.0, 1.0]))[1], np.int32)

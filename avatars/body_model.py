"""The protocol of a body model: what dressing, measuring, fitting and motion need of one, whoever made it.

A body model is affine in its shape coefficients when it stands in the dressing pose (an A-pose):
`vertices = asset.mean + c @ asset.basis`. That holds for the embedded body, and for SMPL-X too, because linear blend
skinning by fixed rotations is linear in vertices and joint centres, which are linear in the betas. So one tape measure and
one Gauss-Newton serve all of them; `asset` also holds the landmarks, part masks, skinning weights and UV.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from toile.avatars.asset import F32, BodyAsset
from toile.engine.core.body import Rig

if TYPE_CHECKING:
    from torch import Tensor

    from toile.avatars.pose import F64


class BodyModel(Protocol):
    """A body that can be shaped, posed, measured and dressed; K coefficients, V vertices, J joints."""

    @property
    def asset(self) -> BodyAsset:
        """Shape basis and joints in the dressing pose, rig, parts, landmarks, UV, and the prior of the coefficients."""
        ...

    @property
    def exact_skin(self) -> bool:
        """Whether `pose` is linear blend skinning by the four weights of the rig; else `posed` has more to say."""
        ...

    def rest(self, shape: Tensor) -> tuple[Tensor, Tensor]:
        """Return vertices (..., V, 3) and joint centres (..., J, 3) [m] of shape coefficients (..., K), in the dressing pose.

        +Y up, facing +Z, the wearer's left at +X, feet on Y = 0; differentiable.
        """
        ...

    def pose(self, shape: Tensor, turns: Tensor, shift: Tensor) -> Tensor:
        """Return posed vertices (..., V, 3) [m]; differentiable.

        Args:
            shape: coefficients, shape (..., K).
            turns: rotation matrices from the dressing pose, in world axes, shape (..., J, 3, 3).
            shift: displacement of the root joint [m], shape (..., 3).
        """
        ...

    def landmarks(self, shape: F32) -> dict[str, F32]:
        """Return the landmarks [m] of a shape (K,), name -> (3,)."""
        ...

    def rig(self, shape: F32) -> Rig:
        """Return the skeleton, skinning weights and UV of a shape (K,); its rest pose is the dressing pose."""
        ...

    def posed(self, shape: F32, turns: F64, shift: F64) -> F32:
        """Return the posed surface [m] (V, 3) of one pose: turns (J, 4) as unit quaternions, root displacement [m] (3,)."""
        ...

    def origin(self) -> dict[str, Any]:
        """Return what finds this model again, as plain values: its name, and the file and digest of one that was given."""
        ...

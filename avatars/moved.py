"""The surface of a body model in motion: its own, where skinning by the rig's four weights does not say all.

SMPL-X is posed with its pose corrections and all its weights, a mesh over time by its own vertices; export finds what the
rig's skinning lacks of either and writes it as morph targets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toile.avatars.body_model import BodyModel
from toile.avatars.mesh_body import MeshBody, SequenceMotion, sequence_motion
from toile.avatars.model import Avatar
from toile.avatars.motion import Motion
from toile.avatars.motion_file import FileMotion
from toile.avatars.smpl import SmplBody
from toile.engine.core.body import F32, I32, BodyMotion, Rig


@dataclass(frozen=True, eq=False)
class PosedMotion:
    """A motion whose surface is posed by its body model; everything else is the motion's own."""

    motion: Motion
    model: BodyModel
    shape: F32

    @property
    def rig(self) -> Rig:
        """The skeleton and skinning weights."""
        return self.motion.rig

    @property
    def part_of_vertex(self) -> I32:
        """Indices into PARTS, shape (V,)."""
        return self.motion.part_of_vertex

    @property
    def fps(self) -> float:
        """Frames per second."""
        return self.motion.fps

    @property
    def frame_count(self) -> int:
        """Frames of the motion, the lead-in apart."""
        return self.motion.frame_count

    @property
    def lead_in(self) -> int:
        """Frames from the A-pose to frame 0."""
        return self.motion.lead_in

    def __getattr__(self, name: str) -> Any:
        """Return what the motion has."""
        return getattr(self.__dict__["motion"], name)

    def skinned_at(self, frame: float) -> F32:
        """Return the surface [m], shape (V, 3), as the body model poses it."""
        turns, shift = self.motion.pose_at(frame)
        if isinstance(self.model, SmplBody) and isinstance(self.motion, FileMotion):
            return self.model.posed(self.shape, turns, shift, self.motion.expression_at(frame))
        return self.model.posed(self.shape, turns, shift)

    def vertices_at(self, frame: float) -> F32:
        """Return the posed surface [m], shape (V, 3), at a frame from -lead_in to frame_count - 1, free of folds."""
        return self.motion.creases.relaxed(self.skinned_at(frame), frame)

    def transforms_at(self, frame: float) -> F32:
        """Return global joint transforms, shape (J, 4, 4), at a frame."""
        return self.motion.transforms_at(frame)


def with_own_surface(motion: Motion, avatar: Avatar) -> BodyMotion:
    """Return a motion of an avatar with the surface of its body model."""
    return motion if avatar.model.exact_skin else PosedMotion(motion, avatar.model, avatar.shape)


def own_motion(avatar: Avatar, fps: float, seconds: float | None) -> SequenceMotion | None:
    """Return the motion that a body brings along, at `fps`, for so many seconds (None: all of it); None where it brings none."""
    model = avatar.model
    if isinstance(model, MeshBody) and model.moves:
        return sequence_motion(model, avatar.rig, fps, seconds)
    return None

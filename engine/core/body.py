"""What the other stages see of a body: a figure to dress, a rig to export, a motion to collide with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from toile.engine.core.measurements import Measurements

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

PARTS: tuple[str, ...] = (
    "head", "neck", "torso",
    "left_upper_arm", "left_forearm", "left_hand", "right_upper_arm", "right_forearm", "right_hand",
    "left_thigh", "left_shin", "left_foot", "right_thigh", "right_shin", "right_foot",
    "eyes",
)  # fmt: skip
"""Body parts, in the order of `part_of_vertex`."""

JOINTS: tuple[str, ...] = (
    "pelvis", "spine", "chest", "neck", "head",
    "left_shoulder", "left_elbow", "left_wrist", "right_shoulder", "right_elbow", "right_wrist",
    "left_hip", "left_knee", "left_ankle", "left_toe", "right_hip", "right_knee", "right_ankle", "right_toe",
)  # fmt: skip
"""Names of the joint centres that every figure has (a rig may have more)."""

LANDMARKS: tuple[str, ...] = (
    "nape", "front_neck", "left_neck_side", "right_neck_side", "left_shoulder_tip", "right_shoulder_tip",
    "left_bust_point", "right_bust_point", "underbust", "waist", "hip", "crotch", "left_armpit", "right_armpit",
    "waist_front", "waist_back", "left_knee", "right_knee", "left_wrist", "right_wrist",
    "left_ankle", "right_ankle", "head_top",
)  # fmt: skip
"""Landmarks on the surface (`underbust`, `waist`, `hip`, `crotch` on the midline: their height is what counts)."""


@dataclass(frozen=True)
class Figure:
    """A body in its dressing pose (A-pose): +Y up, facing +Z, feet on Y = 0, its left at +X.

    vertices [m] (V, 3); faces (T, 3) counter-clockwise from outside; part_of_vertex (V,) indexes PARTS;
    joints and landmarks: name -> (3,) [m], every name of JOINTS and LANDMARKS present.
    """

    vertices: F32
    faces: I32
    part_of_vertex: I32
    joints: Mapping[str, F32]
    landmarks: Mapping[str, F32]
    measurements: Measurements


@dataclass(frozen=True)
class Rig:
    """A skeleton with skinning weights, as glTF wants it.

    joint_names and parents (J,) (-1 for the root, parents first); rest (J, 4, 4) global joint transforms in the
    rest pose; rest_vertices (V, 3) [m]; joint_of_weight (V, 4) and weights (V, 4), rows sum to one; uv (V, 2).
    """

    joint_names: tuple[str, ...]
    parents: I32
    rest: F32
    rest_vertices: F32
    faces: I32
    joint_of_weight: I32
    weights: F32
    uv: F32


class BodyMotion(Protocol):
    """A body moving through frames 0 … frame_count - 1, with a lead-in that starts in the A-pose.

    `vertices_at(-lead_in)` is the A-pose of the figure that was dressed; the pose (not the vertices) is interpolated
    for fractional frames.
    """

    @property
    def rig(self) -> Rig:
        """The skeleton and skinning weights."""
        ...

    @property
    def part_of_vertex(self) -> I32:
        """Indices into PARTS, shape (V,)."""
        ...

    @property
    def fps(self) -> float:
        """Frames per second."""
        ...

    @property
    def frame_count(self) -> int:
        """Frames of the motion, the lead-in apart."""
        ...

    @property
    def lead_in(self) -> int:
        """Frames from the A-pose to frame 0."""
        ...

    def vertices_at(self, frame: float) -> F32:
        """Return the posed surface [m], shape (V, 3), at a frame from -lead_in to frame_count - 1."""
        ...

    def transforms_at(self, frame: float) -> F32:
        """Return global joint transforms, shape (J, 4, 4), at a frame; vertices follow by linear blend skinning."""
        ...


def joints_at(motion: BodyMotion, frame: float) -> dict[str, F32] | None:
    """Return the joint centres [m] of a body in a frame, by the names of JOINTS; None of a rig without them."""
    names = list(motion.rig.joint_names)
    if not set(JOINTS) <= set(names):
        return None
    at = motion.transforms_at(frame)[:, :3, 3]
    return {name: at[names.index(name)] for name in JOINTS}

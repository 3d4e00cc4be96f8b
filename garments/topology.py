"""Whether garments are worn: each ring's Gauss linking number round the bone axis that it belongs to.

For closed polygons the double integral is a sum of solid angles: segment pair (i, j) spans a spherical quadrilateral
with corners n_k, and contributes its signed area / 4 pi.
Source: Klenin and Langowski 2000, "Computation of writhe in modeling of supercoiled DNA", method 1a.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toile.garments.cloth_mesh import ClothMesh

F64 = NDArray[np.float64]

_FAR = 30.0  # m, where axes close


def linking_number(first: ArrayLike, second: ArrayLike) -> float:
    """Return the linking number of two closed polygons, (m, 3) and (n, 3) [m]; near an integer when they are apart."""
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    p, q = a[:, None], np.roll(a, -1, axis=0)[:, None]
    r, s = b[None], np.roll(b, -1, axis=0)[None]
    r13, r14, r23, r24 = r - p, s - p, r - q, s - q
    n = [np.cross(r13, r14), np.cross(r14, r24), np.cross(r24, r23), np.cross(r23, r13)]
    n = [k / np.maximum(np.linalg.norm(k, axis=2, keepdims=True), 1e-30) for k in n]
    area = sum(np.arcsin(np.clip((n[k] * n[(k + 1) % 4]).sum(axis=2), -1.0, 1.0)) for k in range(4))
    sign = np.sign((np.cross(s - r, q - p) * r13).sum(axis=2))
    return float((area * sign).sum() / (4.0 * np.pi))


def bone_axes(joints: Mapping[str, NDArray[np.floating]]) -> dict[str, F64]:
    """Return the closed axis of the torso, neck, each leg and each arm: bones, prolonged and closed far away.

    The trunk's axis runs down between the legs, so that a skirt goes round it; a leg's runs through its foot; an arm's
    through its hand and, inside the body, up through the head.
    """
    j = {name: np.asarray(point, np.float64) for name, point in joints.items()}
    up, down, back = np.array([0.0, _FAR, 0.0]), np.array([0.0, -_FAR, 0.0]), np.array([0.0, 0.0, -_FAR])
    spine = [j["pelvis"], j["spine"], j["chest"], j["neck"], j["head"]]
    feet = 0.5 * (j["left_ankle"] + j["right_ankle"])
    knees = 0.5 * (j["left_knee"] + j["right_knee"])
    trunk = [feet + down, feet, knees, *spine]
    far = [j["head"] + up, j["head"] + up + back, feet + down + back]
    axes = {"torso": np.array([*trunk, *far]), "neck": np.array([*trunk, *far])}
    for side in ("left", "right"):
        leg = [j[f"{side}_{name}"] for name in ("ankle", "knee", "hip")]
        axes[f"{side}_leg"] = np.array([leg[0] + down, *leg, *spine, *far[:2], leg[0] + down + back])
        arm = [j[f"{side}_{name}"] for name in ("shoulder", "elbow", "wrist")]
        beyond = (arm[2] - arm[1]) / max(float(np.linalg.norm(arm[2] - arm[1])), 1e-9)
        out = arm[2] + _FAR * beyond
        axes[f"{side}_arm"] = np.array([*far[1::-1], j["head"], j["neck"], j["chest"], *arm, out, out + back])
    return axes


_ALSO = {"torso": ("left_leg", "right_leg")}  # axes that a ring goes round together with its own
_OTHERS = {
    "left_leg": ("right_leg",),
    "right_leg": ("left_leg",),
    "left_arm": ("right_arm", "torso"),
    "right_arm": ("left_arm", "torso"),
}


def check_topology(
    vertices: NDArray[np.floating], cloth: ClothMesh, joints: Mapping[str, NDArray[np.floating]]
) -> list[str]:
    """Return what is not worn as it should be, a sentence each; empty when every ring goes once round its axis.

    Args:
        vertices: cloth positions [m], shape (N, 3), in any frame.
        joints: joint centres [m] in the same frame.
    """
    axes = bone_axes(joints)
    faults = []
    for name, ring in cloth.loops.items():
        axis = cloth.loop_axis[name]
        if len(ring) < 3:
            faults.append(f"The ring {name!r} has only {len(ring)} vertices.")
            continue
        for wanted in (axis, *_ALSO.get(axis, ())):
            turns = linking_number(vertices[ring], axes[wanted])
            if abs(abs(turns) - 1.0) > 0.05:
                faults.append(
                    f"The ring {name!r} goes {turns:+.2f} times round the {wanted.replace('_', ' ')}, not once."
                )
                break
        for other in _OTHERS.get(axis, ()):
            turns = linking_number(vertices[ring], axes[other])
            if abs(turns) > 0.05:
                faults.append(
                    f"The ring {name!r} also goes {turns:+.2f} times round the {other.replace('_', ' ')}."
                )
    return faults

"""Built-in motions: how planted soles slide, what skin crosses, how fast a body is posed, by motion and build."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

Row = Mapping[str, Any]

BUILDS: Mapping[str, tuple[str, float, float]] = {
    "slim-female": ("female", 1.62, 18.5),
    "average-female": ("female", 1.66, 22.5),
    "heavy-female": ("female", 1.66, 33.0),
    "slim-male": ("male", 1.82, 19.5),
    "average-male": ("male", 1.77, 24.0),
    "heavy-male": ("male", 1.75, 34.0),
}
"""Sex, height [m] and body mass index [kg/m2]."""
SECONDS: Mapping[str, float] = {"walk": 2.2, "catwalk": 6.0, "turn": 6.0, "sit": 4.0, "squat": 3.0, "jump": 2.7, "reach": 5.0,
                                "lunge": 3.6, "stand": 4.0, "raise_arms": 4.0}  # fmt: skip
NEAR_FLOOR = 0.0015
"""Skin of a foot within this height [m] in two frames on end is planted."""


def motion(build: str, name: str, _keep: Path | None) -> Row:
    """Make a motion at 30 frames a second and measure every frame of it, with tests of our own but not its own code."""
    from toile.avatars.fit import fit_avatar
    from toile.avatars.motion import make_motion

    sex, height, index = BUILDS[build]
    avatar = fit_avatar({"height": height, "mass": index * height**2}, sex)
    started = time.process_time()
    made = make_motion(avatar, name, SECONDS[name], 30.0)
    solved = time.process_time()
    made.vertices_at(0.0)
    relaxed = time.process_time()
    skins = np.array([made.vertices_at(float(f)) for f in range(made.frame_count)])
    posed, skinned = (_fastest(at, made.frame_count) for at in (made.vertices_at, made.skinned_at))
    crossing = _crossing(made)
    return {
        "frames": made.frame_count,
        "slide_mm": round(1e3 * _slide(made, skins), 2),
        "below_floor_mm": round(-1e3 * float(skins[..., 1].min()), 2),
        "crossing_faces": sum(crossing(skin) for skin in skins),
        "lead_in_crossing": sum(crossing(made.vertices_at(float(f))) for f in range(-made.lead_in, 0, 3)),
        "skinned_alone": crossing(made.skinned_at(made.frame_count / 2)),
        "closes_mm": _closing(made, skins),
        "arms_deg": round(made.eased_deg["arms"], 1),
        "legs_deg": round(made.eased_deg["legs"], 1),
        "depth_given_up": round(made.depth_given_up, 2),
        "make_s": round(solved - started, 2),
        "creases_s": round(relaxed - solved, 2),
        "pose_120_s": round(posed, 3),
        "skin_120_s": round(skinned, 3),
    }


def _fastest(skin_at: Callable[[float], Any], count: int) -> float:
    """Return the processor time [s] of 120 frames, the least of five runs over all frames."""
    spent = []
    for _ in range(5):
        started = time.process_time()
        for frame in range(count):
            skin_at(float(frame))
        spent.append((time.process_time() - started) * 120.0 / count)
    return min(spent)


def _closing(made: Any, skins: Any) -> float | None:
    """Return how far [mm] the skin of a second cycle is from that of the first at worst; None where only one cycle is seen."""
    if made.period is None or made.period != round(made.period) or 2 * made.period > len(skins):
        return None
    cycle = round(made.period)
    apart = skins[cycle : 2 * cycle] - skins[:cycle]
    return round(1e3 * float(np.abs(apart).max()), 4)


def _slide(made: Any, skins: Any) -> float:
    """Return the furthest way [m] that planted skin of a foot slides over the ground from one frame to the next."""
    worst, rig = 0.0, made.rig
    way = np.diff([made.ground_at(float(f)) for f in range(len(skins))])
    for side in ("left", "right"):
        joints = [rig.joint_names.index(f"{side}_{j}") for j in ("ankle", "toe")]
        foot = (rig.weights * np.isin(rig.joint_of_weight, joints)).sum(1) > 0.5
        sole = skins[:, foot & (rig.rest_vertices[:, 1] < 0.05)].astype(np.float64)
        step = np.diff(sole, axis=0)
        step[:, :, 2] += way[:, None]
        low = sole[:, :, 1] < NEAR_FLOOR
        planted = low[1:] & low[:-1]
        worst = max(worst, float(np.linalg.norm(step[:, :, [0, 2]], axis=2)[planted].max(initial=0.0)))
    return worst


def _crossing(made: Any) -> Callable[[Any], int]:
    """Return what counts the pairs of faces of trunk, arms and legs of a skin that cross and do not in the dressing pose."""
    from toile.engine.core.body import PARTS
    from toile.engine.core.intersect import cloth_self_intersections

    faces = made.rig.faces
    head = [PARTS.index(name) for name in ("head", "eyes")]
    kept = faces[~np.isin(made.part_of_vertex[faces], head).any(axis=1)]
    own = {tuple(pair) for pair in cloth_self_intersections(made.rig.rest_vertices, kept)}
    return lambda skin: sum(tuple(pair) not in own for pair in cloth_self_intersections(skin, kept))


CASES: Mapping[str, Callable[[Path | None], Row]] = {
    f"motion/{name}-{build}": partial(motion, build, name) for name in SECONDS for build in BUILDS
}

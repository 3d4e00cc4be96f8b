"""Skeletons of the field by their names, and motions between their frames."""

from __future__ import annotations

import numpy as np
import pytest

from toile.avatars.pose import IDENTITY, about, rotation_angle
from toile.avatars.source_motion import SourceMotion, checked, find_roles
from toile.engine.core.errors import BadInput, DamagedFile

RIGS: dict[str, str] = {
    "mixamo": "mixamorig:Hips mixamorig:Spine mixamorig:Head mixamorig:{S}UpLeg mixamorig:{S}Leg mixamorig:{S}Foot "
    "mixamorig:{S}ToeBase mixamorig:{S}Shoulder mixamorig:{S}Arm mixamorig:{S}ForeArm mixamorig:{S}Hand mixamorig:{S}HandThumb1",
    "cmu": "Hips LowerBack Head {S}UpLeg {S}Leg {S}Foot {S}ToeBase {S}Shoulder {S}Arm {S}ForeArm {S}Hand {s}Thumb",
    "smpl": "pelvis spine1 head {l}_hip {l}_knee {l}_ankle {l}_foot {l}_collar {l}_shoulder {l}_elbow {l}_wrist {l}_thumb1",
    "smpl (fbx)": "m_avg_Pelvis m_avg_Spine1 m_avg_Head m_avg_{s}_Hip m_avg_{s}_Knee m_avg_{s}_Ankle m_avg_{s}_Foot "
    "m_avg_{s}_Collar m_avg_{s}_Shoulder m_avg_{s}_Elbow m_avg_{s}_Wrist m_avg_{s}_Thumb1",
    "3ds max": "Hips Chest Head {S}Hip {S}Knee {S}Ankle {S}Toe {S}Collar {S}Shoulder {S}Elbow {S}Wrist {S}Thumb",
    "biped": "Bip01~Pelvis Bip01~Spine Bip01~Head Bip01~{s}~Thigh Bip01~{s}~Calf Bip01~{s}~Foot Bip01~{s}~Toe0 "
    "Bip01~{s}~Clavicle Bip01~{s}~UpperArm Bip01~{s}~Forearm Bip01~{s}~Hand Bip01~{s}~Finger0",
    "unreal": "pelvis spine_01 head thigh_{t} calf_{t} foot_{t} ball_{t} clavicle_{t} upperarm_{t} lowerarm_{t} hand_{t} thumb_01_{t}",
    "rigify": "DEF-hips DEF-spine DEF-head DEF-thigh.{s} DEF-shin.{s} DEF-foot.{s} DEF-toe.{s} DEF-shoulder.{s} "
    "DEF-upper_arm.{s} DEF-forearm.{s} DEF-hand.{s} DEF-thumb.01.{s}",
    "vroid": "J_Bip_C_Hips J_Bip_C_Spine J_Bip_C_Head J_Bip_{s}_UpperLeg J_Bip_{s}_LowerLeg J_Bip_{s}_Foot J_Bip_{s}_ToeBase "
    "J_Bip_{s}_Shoulder J_Bip_{s}_UpperArm J_Bip_{s}_LowerArm J_Bip_{s}_Hand J_Bip_{s}_Thumb1",
    "daz": "hip abdomen head {t}ThighBend {t}Shin {t}Foot {t}Toe {t}Collar {t}ShldrBend {t}ForearmBend {t}Hand {t}Thumb1",
    "ours": "pelvis spine head {l}_hip {l}_knee {l}_ankle {l}_toe {l}_clavicle {l}_shoulder {l}_elbow {l}_wrist {l}_thumb",
}  # fmt: skip
LIMBS = ("hip", "knee", "ankle", "toe", "collar", "shoulder", "elbow", "wrist", "thumb")
PARENTS = ("pelvis", "hip", "knee", "ankle", "spine", "collar", "shoulder", "elbow", "wrist")


def rig(text: str) -> tuple[list[str], list[int]]:
    words = [w.replace("~", " ") for w in text.split()]
    names, parents, place = words[:3], [-1, 0, 1], {"pelvis": 0, "spine": 1}
    for side in ("Left", "Right"):
        for limb, parent, word in zip(LIMBS, PARENTS, words[3:], strict=True):
            parents.append(place.get(parent, place.get(f"{side}{parent}", -9)))
            place[f"{side}{limb}"] = len(names)
            names.append(word.format(S=side, s=side[0], l=side.lower(), t=side[0].lower()))
    return names, parents


@pytest.mark.parametrize("kind", list(RIGS))
def test_joints_of_the_usual_rigs_are_recognised(kind: str) -> None:
    names, parents = rig(RIGS[kind])
    roles = find_roles(names, parents, "a.bvh")
    assert [roles.joint[f"left_{limb}"] for limb in LIMBS] == list(range(3, 12))
    assert [roles.joint[f"right_{limb}"] for limb in LIMBS] == list(range(12, 21))
    assert (roles.joint["pelvis"], roles.joint["head"]) == (0, 2)
    assert (roles.below_chest, roles.above_chest) == ((0, 1), (1, 2))


def test_a_missing_limb_is_named() -> None:
    names, parents = rig(RIGS["cmu"])
    names[names.index("RightForeArm")] = "Antenna"
    with pytest.raises(BadInput, match=r"right elbow among 21"):
        find_roles(names, parents, "a.bvh")


def spinning(times: np.ndarray, rate: float = 2.0) -> SourceMotion:
    turns = about(np.array([0.0, 1.0, 0.0]), rate * times)[:, None]
    places = np.stack([times, 0 * times, times**2], axis=-1)
    return SourceMotion(("a",), np.array([-1], np.int32), np.zeros((1, 3)), turns, places, times, None)


def test_between_frames_a_steady_turn_stays_steady() -> None:
    """At the ends, where one side is unknown, to half a degree; inside much better; whatever the signs and the rate."""
    times = np.cumsum(np.tile([0.03, 0.05], 20))
    source = spinning(times)
    source.turns[7:9] *= -1.0
    wanted = np.linspace(times[2], times[-3], 200)
    turns, places = source.at(wanted)
    exact = spinning(wanted)
    dot = np.abs(np.sum(turns * exact.turns, -1)).min()
    assert np.degrees(2 * np.arccos(min(dot, 1.0))) < 0.05
    np.testing.assert_allclose(places[:, 0], exact.places[:, 0], atol=1e-12)
    np.testing.assert_allclose(places, exact.places, atol=1e-3)
    at, _ = source.at(times)
    np.testing.assert_allclose(np.abs(np.sum(at * source.turns, -1)), 1.0, atol=1e-12)


def test_beyond_its_ends_a_motion_stands_still() -> None:
    source = spinning(np.arange(5) / 30)
    turns, places = source.at(np.array([-1.0, 9.0]))
    np.testing.assert_allclose(places, source.places[[0, -1]])
    assert rotation_angle(turns[0, 0]) < 1e-9


def test_one_frame_is_a_motion() -> None:
    turns, _ = spinning(np.zeros(1)).at(np.array([0.0, 3.0]))
    np.testing.assert_allclose(turns, np.tile(IDENTITY, (2, 1, 1)))


@pytest.mark.parametrize("times", [[0.0, 0.0], [1.0, 0.5], [0.0, 60.0], [0.0, np.nan]])
def test_times_must_increase(times: list[float]) -> None:
    with pytest.raises(DamagedFile, match=r"do not increase|not finite"):
        checked(
            spinning(np.arange(2.0)).__class__(
                **{**vars(spinning(np.arange(2.0))), "times": np.array(times)}
            ),
            "a",
        )

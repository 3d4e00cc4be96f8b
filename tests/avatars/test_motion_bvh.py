"""BVH as it is written in the wild, and as nobody should write it."""

from __future__ import annotations

import re
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from toile.avatars.motion_bvh import bvh_motion
from toile.avatars.window import Window
from toile.engine.core.errors import BadInput, DamagedFile, ToileError

WHOLE = Window(0.0, None)


@pytest.fixture(scope="module")
def text(told: Any, tell: SimpleNamespace) -> str:
    few = type(told)(told.skeleton, told.centres, told.turns[:6], told.places[:6])
    return tell.bvh(few).decode()


def same(text: str, changed: str) -> None:
    own, other = (bvh_motion(t.encode(), "a.bvh", WHOLE) for t in (text, changed))
    np.testing.assert_allclose(own.turns, other.turns, atol=1e-12)
    np.testing.assert_allclose(own.centres, other.centres, atol=1e-12)
    np.testing.assert_allclose(own.places, other.places, atol=1e-12)


def test_spelling_does_not_matter(text: str) -> None:
    same(text, "\ufeff" + text.replace("\r\n", "\n").replace("\t", "   "))
    same(text, text.replace("JOINT", "joint").replace("End Site", "END SITE").replace("rotation", "ROTATION"))
    same(text, re.sub(r"\r\n\s*\{", " {", text))
    same(text, text.replace("Frames:", "frames :").replace("Frame Time:", "Frame time:\t"))
    same(text, text.rstrip() + "\r\n\r\n\r\n")


def test_prefixes_and_other_names_are_understood(text: str) -> None:
    same(text, re.sub(r"(JOINT|ROOT) ", r"\1 mixamorig:", text))
    same(text, re.sub(r"(JOINT|ROOT) ", r"\1 Bip01 ", text))
    other = (
        text.replace("LeftUpLeg", "LeftHip").replace("LeftLeg", "LeftKnee").replace("LeftFoot", "LeftAnkle")
    )
    other = (
        other.replace("LeftShoulder", "LeftCollar")
        .replace("LeftArm", "LeftShoulder")
        .replace("LeftForeArm", "LeftElbow")
    )
    same(text, other.replace("LeftHand\r", "LeftWrist\r"))
    blender = re.sub(r"(JOINT) Left(\w+)", r"\1 \2.L", text)
    same(text, re.sub(r"(JOINT) Right(\w+)", r"\1 \2.R", blender))


def test_a_last_frame_cut_short_is_left_out(text: str) -> None:
    read = bvh_motion(text[:-200].encode(), "a.bvh", WHOLE)
    assert len(read.times) == 5


def test_position_channels_of_joints_replace_their_offsets(text: str) -> None:
    """As 3ds Max writes them: every joint with six channels."""
    whole = bvh_motion(text.encode(), "a.bvh", WHOLE)
    head, motion = text.split("MOTION")
    offsets = [
        line.split()[1:]
        for line in re.sub(r"End Site\s*\{[^}]*\}", "", head).splitlines()
        if "OFFSET" in line
    ]
    head = head.replace("CHANNELS 3 ", "CHANNELS 6 Xposition Yposition Zposition ")
    lines = motion.strip().splitlines()
    rows = []
    for line in lines[2:]:
        words = line.split()
        row = words[:6]
        for joint, offset in enumerate(offsets[1:]):
            row += offset + words[6 + 3 * joint : 9 + 3 * joint]
        rows.append(" ".join(row))
    read = bvh_motion((head + "MOTION\n" + "\n".join(lines[:2] + rows)).encode(), "a.bvh", WHOLE)
    np.testing.assert_allclose(read.turns, whole.turns, atol=1e-9)
    np.testing.assert_allclose(read.centres, whole.centres, atol=1e-9)


@pytest.mark.parametrize(
    ("pattern", "by", "said"),
    [
        ("HIERARCHY", "HELLO", "not BVH"),
        ("MOTION", "MOVIE", "not expected"),
        (r"MOTION[\s\S]*", "", "ends before MOTION"),
        ("Frames: 6", "Frames: 1000000000", "below 1,000,000"),
        ("Frames: 6", "Frames: 60", "says 60 frames and holds 6"),
        ("Frames: 6", "Frames: nan", "finite"),
        ("Frame Time: [0-9.]+", "Frame Time: 0", "0 s between frames"),
        ("Frame Time: [0-9.]+", "Frame Time: -1", "-1 s between frames"),
        (r"OFFSET [-0-9.]+", "OFFSET nan", "finite numbers"),
        (r"OFFSET [-0-9.]+", "OFFSET 1e300", "finite numbers"),
        ("CHANNELS 3 Z", "CHANNELS 3000 Z", "not known"),
        ("CHANNELS 3 Zrotation", "CHANNELS 3 Wrotation", "not known"),
        (r"(?<=\n)([-0-9.]+ )(?=[-0-9.]+ [-0-9.]+ )", "inf ", "not finite"),
        (r"(?<=\n)([-0-9.]+ )(?=[-0-9.]+ [-0-9.]+ )", "one ", "no number"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(pattern: str, by: str, said: str, text: str) -> None:
    with pytest.raises(ToileError, match=said):
        bvh_motion(re.sub(pattern, by, text, count=1).encode(), "a.bvh", WHOLE)


def test_a_rig_that_is_not_a_person_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="no joint is recognised as left hip"):
        bvh_motion(text.replace("LeftUpLeg", "Tail").encode(), "a.bvh", WHOLE)
    swapped = text.replace("LeftUpLeg", "?").replace("LeftForeArm", "LeftUpLeg").replace("?", "LeftForeArm")
    with pytest.raises(BadInput, match="does not hang on"):
        bvh_motion(swapped.encode(), "a.bvh", WHOLE)


def test_hostile_nesting_and_numbers_of_joints_are_refused_quickly() -> None:
    deep = "HIERARCHY\n" + "JOINT a {\n" * 200_000
    many = "HIERARCHY\nROOT a {\n" + "JOINT b { OFFSET 0 0 0 }\n" * 200_000 + "}\nMOTION\n"
    open_ = "HIERARCHY\n" + "{" * 1_000_000
    for data in (deep, many, open_, "HIERARCHY\n" + "}" * 10, "HIERARCHY\nROOT a {" + "x" * 2_000_000):
        start = time.process_time()
        with pytest.raises((BadInput, DamagedFile)) as refused:
            bvh_motion(data.encode(), "a.bvh", WHOLE)
        assert time.process_time() - start < 3.0
        assert len(str(refused.value)) < 300

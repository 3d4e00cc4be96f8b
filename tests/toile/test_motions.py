"""Motion files in a look: part of the inputs by their contents, said in the notes, refused before anything is written."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest

from toile.engine.core.errors import BadInput, DamagedFile
from toile.garments.resolve import resolve
from toile.garments.resolved import ResolvedRequest
from toile.llm import parse
from toile.motions import LONGEST_UNASKED, MotionFile, check_motion_file, motion_inputs, with_motion_file
from toile.studio import StudioSettings, certify_look, render_look, try_on

BONES: dict[str, tuple[str, tuple[float, float, float]]] = {
    "Hips": ("", (0, 95, 0)), "Spine": ("Hips", (0, 12, 0)), "Chest": ("Spine", (0, 25, 0)), "Neck": ("Chest", (0, 20, 0)),
    "Head": ("Neck", (0, 10, 2)),
    **{f"{s}{n}": (p if p == "Hips" or p == "Chest" else f"{s}{p}", (m * x, y, z)) for s, m in (("Left", 1), ("Right", -1))
       for n, p, (x, y, z) in (("UpLeg", "Hips", (9, -4, 0)), ("Leg", "UpLeg", (0, -42, 0)), ("Foot", "Leg", (0, -41, -2)),
                               ("ToeBase", "Foot", (1, -7, 13)), ("Arm", "Chest", (17, 14, 0)), ("ForeArm", "Arm", (27, 0, 0)),
                               ("Hand", "ForeArm", (25, 0, 0)))},
}  # fmt: skip
"""A person in a T-pose: joint -> parent, bone [cm]."""


def bvh(frames: int, degrees: float = 75.0) -> str:
    """Return a person who lets the arms hang and nods through some frames."""
    lines = ["HIERARCHY"]
    order: list[str] = []

    def tell(name: str) -> None:
        parent, bone = BONES[name]
        order.append(name)
        lines.extend([f"{'JOINT' if parent else 'ROOT'} {name}", "{", "OFFSET " + " ".join(map(str, bone))])
        lines.append("CHANNELS 3 Zrotation Xrotation Yrotation")
        for child, (above, _) in BONES.items():
            if above == name:
                tell(child)
        lines.append("}")

    tell("Hips")
    lines += ["MOTION", f"Frames: {frames}", "Frame Time: 0.0333333"]
    for frame in range(frames):
        turned = {
            "LeftArm": (-degrees, 0, 0),
            "RightArm": (degrees, 0, 0),
            "Head": (0, 10 * frame / frames, 0),
        }
        lines.append(" ".join(f"{v} " for joint in order for v in turned.get(joint, (0, 0, 0))))
    return "\n".join(lines) + "\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "nod.bvh"
    path.write_text(bvh(30))
    return path


def resolved(text: str = "a red skirt") -> ResolvedRequest:
    return resolve(parse(text))


def test_the_wearer_moves_as_the_file_says_and_is_told_so(file: Path) -> None:
    moved = with_motion_file(resolved(), file, 0.25)
    assert isinstance(moved.motion, MotionFile)
    assert (moved.motion.name, moved.motion.start, moved.motion.whole) == ("nod.bvh", 0.25, True)
    notes = [note.message for note in moved.notes if note.field.startswith("motion")]
    assert notes == [
        f"The wearer moves as nod.bvh says, for at most {LONGEST_UNASKED:g} s; choose with --seconds."
    ]
    json.dumps(moved.to_dict())


def test_a_length_that_was_said_is_kept(file: Path) -> None:
    motion = with_motion_file(resolved("a red skirt, 3 seconds"), file, 0.0).motion
    assert isinstance(motion, MotionFile)
    assert (motion.whole, motion.seconds) == (False, 3.0)


def test_the_contents_decide_and_not_the_place(file: Path, tmp_path: Path) -> None:
    request = resolved()
    own = motion_inputs(with_motion_file(request, file, 0.0).motion)
    (tmp_path / "elsewhere").mkdir()
    copied = shutil.copy(file, tmp_path / "elsewhere" / "nod.bvh")
    assert motion_inputs(with_motion_file(request, Path(copied), 0.0).motion) == own
    file.write_text(bvh(30, 70.0))
    assert motion_inputs(with_motion_file(request, file, 0.0).motion) != own
    assert motion_inputs(request.motion) == asdict(request.motion)


def test_a_file_that_cannot_be_used_is_refused_before_anything_is_written(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "look"
    file.write_text(bvh(30)[:900])
    with pytest.raises(DamagedFile, match="ends before MOTION"):
        try_on("a red skirt", out, StudioSettings(motion_file=str(file)))
    with pytest.raises(BadInput, match="There is no motion file"):
        try_on("a red skirt", out, StudioSettings(motion_file=str(tmp_path / "none.bvh")))
    with pytest.raises(BadInput, match="give one of them"):
        try_on("a red skirt", out, StudioSettings(motion_file=str(file), motion="walk"))
    with pytest.raises(BadInput, match="belongs to a motion file"):
        try_on("a red skirt", out, StudioSettings(motion_start=1.0))
    assert not out.exists()


def test_it_starts_within_the_file(file: Path) -> None:
    check_motion_file(file, 0.5)
    with pytest.raises(BadInput, match="start earlier"):
        check_motion_file(file, 2.0)


@pytest.mark.slow
def test_a_look_moves_by_a_file_and_says_so_in_its_certificate(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "look"
    settings = StudioSettings(
        motion_file=str(file), seconds=0.5, fps=8, size=64, edge_length=0.04, views=(0.0,)
    )
    look = try_on("a red short skirt", folder, settings)
    assert look.certificate["frames"] == 4
    assert look.certificate["motion"]["name"] == "nod.bvh"
    assert look.certificate["flesh"] is not None
    render_look(folder, StudioSettings(size=64, views=(90.0,)))
    assert certify_look(folder)["motion"] == look.certificate["motion"]
    file.unlink()
    assert certify_look(folder)["motion"] is None

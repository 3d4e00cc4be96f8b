from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from toile.cache import Cache
from toile.engine.core.errors import BadInput, CannotWrite, DamagedFile
from toile.engine.core.files import Progress, write_text
from toile.stages import LookFolder, existing_look, open_look


class Count:
    """A stage that writes its input and counts how often it was made."""

    def __init__(self) -> None:
        self.made = 0

    def run(self, look: LookFolder, value: str, *, shared: bool = False) -> str:
        path = look.path / "value.txt"

        def make(_progress: Progress) -> str:
            self.made += 1
            write_text(path, value)
            return value

        return look.stage(
            "count", {"v": value}, ["toile.engine.core"], ["value.txt"], make, path.read_text, shared=shared
        )


def test_a_finished_stage_is_kept_until_its_input_changes(tmp_path: Path) -> None:
    count = Count()
    for value, made in (("a", 1), ("a", 1), ("b", 2), ("b", 2), ("a", 3)):
        with open_look(tmp_path) as look:
            assert count.run(look, value) == value
        assert count.made == made
    manifest = json.loads((tmp_path / "run.json").read_text())
    assert manifest["stages"]["count"]["outputs"].keys() == {"value.txt"}
    assert manifest["versions"]["torch"].startswith("2.13.0")


@pytest.mark.parametrize("damage", [b"", b"other", None])
def test_a_damaged_or_missing_output_is_made_again(tmp_path: Path, damage: bytes | None) -> None:
    count = Count()
    with open_look(tmp_path) as look:
        count.run(look, "a")
    if damage is None:
        (tmp_path / "value.txt").unlink()
    else:
        (tmp_path / "value.txt").write_bytes(damage)
    with open_look(tmp_path) as look:
        assert count.run(look, "a") == "a"
    assert count.made == 2


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"stages": 3}', '{"stages": {"count": {"input": 1}}}', "\xff"]
)
def test_a_damaged_manifest_only_forgets_what_was_finished(tmp_path: Path, text: str) -> None:
    count = Count()
    with open_look(tmp_path) as look:
        count.run(look, "a")
    (tmp_path / "run.json").write_bytes(text.encode("latin-1"))
    with open_look(tmp_path) as look:
        assert count.run(look, "a") == "a"
    assert count.made == 2


def test_another_folder_takes_it_from_the_cache(tmp_path: Path) -> None:
    count, cache = Count(), Cache(tmp_path / "cache")
    for folder in ("one", "two"):
        with open_look(tmp_path / folder, cache) as look:
            assert count.run(look, "a", shared=True) == "a"
    assert count.made == 1
    assert look.stages["count"].origin == "cache"


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    with open_look(tmp_path), pytest.raises(CannotWrite, match="Another run"), open_look(tmp_path):
        pass
    with open_look(tmp_path):
        pass


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "look").write_text("in the way")
    with pytest.raises(CannotWrite, match="choose another folder"), open_look(tmp_path / "look"):
        pass


def test_a_look_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There is no look folder"):
        existing_look(tmp_path / "none")
    with pytest.raises(DamagedFile, match=r"simulation\.npz is missing"):
        existing_look(tmp_path, "simulation.npz")


KILLED = """
import sys, time
from pathlib import Path
from toile.engine.core.files import atomic_path, write_text
from toile.stages import open_look

def first(progress):
    write_text(look.path / "first.txt", "first")

def second(progress):
    with atomic_path(look.path / "second.txt") as temporary:
        temporary.write_text("half")
        print("half written", flush=True)
        time.sleep(float(sys.argv[2]))
        temporary.write_text("second")

with open_look(Path(sys.argv[1])) as look:
    look.stage("first", {}, [], ["first.txt"], first, lambda: None)
    look.stage("second", {}, [], ["second.txt"], second, lambda: None)
"""


def test_a_kill_leaves_no_half_file_and_the_next_run_goes_on(tmp_path: Path) -> None:
    look = tmp_path / "look"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(look), "60"], stdout=subprocess.PIPE, cwd=tmp_path
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"half written"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (look / "second.txt").exists()
    before = (look / "first.txt").stat().st_mtime_ns
    time.sleep(0.02)
    subprocess.run(
        [sys.executable, "-c", KILLED, str(look), "0"], check=True, cwd=tmp_path, capture_output=True
    )
    assert (look / "second.txt").read_text() == "second"
    assert sorted(p.name for p in look.iterdir()) == ["first.txt", "run.json", "second.txt"]
    assert (look / "first.txt").stat().st_mtime_ns == before

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toile.cache import Cache
from toile.digests import digest_file
from toile.engine.core.errors import Infeasible
from toile.engine.core.simulation import load_simulation
from toile.stages import Quiet
from toile.studio import (
    CONTENTS,
    ON_REQUEST,
    Look,
    StudioSettings,
    certify_look,
    render_look,
    simulate_look,
    try_on,
)

TEXT = "a knee-length cotton skirt for a woman of 168 cm and 60 kg"
SMALL = StudioSettings(motion="stand", seconds=0.5, fps=20, views=(0.0, 180.0), size=64, edge_length=0.035)
STAGES = ["request", "avatar", "pattern", "simulation", "render", "export"]


class Heard(Quiet):
    """A reporter that remembers which stages were kept, and where from."""

    def __init__(self) -> None:
        self.origins: dict[str, str] = {}

    def kept(self, name: str, origin: str) -> None:
        self.origins[name] = origin


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Cache]:
    place = tmp_path_factory.mktemp("studio")
    return place, Cache(place / "cache")


@pytest.fixture(scope="module")
def look(places: tuple[Path, Cache]) -> Look:
    place, cache = places
    return try_on(TEXT, place / "look", SMALL, cache=cache)


def manifest(folder: Path) -> Any:
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


def test_a_look_folder_holds_what_was_promised_and_nothing_else(look: Look) -> None:
    assert {p.name for p in look.folder.iterdir()} == set(CONTENTS) - ON_REQUEST
    assert all(p.stat().st_size > 100 for p in look.folder.iterdir())
    assert look.summary()["files"].keys() == CONTENTS.keys() - ON_REQUEST


def test_the_manifest_describes_the_files_that_lie_there(look: Look) -> None:
    run = manifest(look.folder)
    assert list(run["stages"]) == STAGES
    for stage in run["stages"].values():
        assert stage["outputs"]
        for name, digest in stage["outputs"].items():
            assert digest_file(look.folder / name) == digest
    assert run["text"] == TEXT
    assert run["seed"] == 0
    assert run["device"] == "cpu" or run["device"].startswith("cuda")
    assert run["resolved"]["motion"] == {"name": "stand", "seconds": 0.5, "fps": 20}
    assert run["resolved"]["views"]["azimuths_deg"] == [0.0, 180.0]


def test_the_simulation_has_the_frames_that_were_asked_for(look: Look) -> None:
    simulation = load_simulation(look.folder / "simulation.npz")
    assert simulation.cloth_vertices.shape[0] == simulation.body_vertices.shape[0] == 10
    assert simulation.fps == 20


def test_a_second_run_keeps_every_stage(look: Look, places: tuple[Path, Cache]) -> None:
    heard = Heard()
    before = {p: p.stat().st_mtime_ns for p in look.folder.rglob("*.npz")}
    try_on(TEXT, look.folder, SMALL, cache=None, reporter=heard)
    assert heard.origins == dict.fromkeys(STAGES, "look")
    assert {p: p.stat().st_mtime_ns for p in look.folder.rglob("*.npz")} == before


def test_another_folder_takes_the_long_stages_from_the_cache(look: Look, places: tuple[Path, Cache]) -> None:
    heard = Heard()
    other = try_on(TEXT, places[0] / "other", SMALL, cache=places[1], reporter=heard)
    assert heard.origins == {"avatar": "cache", "simulation": "cache", "render": "cache"}
    for name in ("request.json", "pattern.json", "simulation.npz", "animation.mp4", "look.glb"):
        assert digest_file(other.folder / name) == digest_file(look.folder / name)


def test_a_damaged_simulation_is_made_again(look: Look, places: tuple[Path, Cache]) -> None:
    path = look.folder / "simulation.npz"
    digest = digest_file(path)
    path.write_bytes(path.read_bytes()[:-1000])
    heard = Heard()
    try_on(TEXT, look.folder, SMALL, cache=places[1], reporter=heard)
    assert heard.origins["simulation"] == "cache"
    assert digest_file(path) == digest


def test_certify_measures_the_same_again(look: Look) -> None:
    first = json.loads((look.folder / "certificate.json").read_text(encoding="utf-8"))
    again = json.loads(json.dumps(certify_look(look.folder)))
    assert again == first


def test_render_makes_other_views(look: Look, places: tuple[Path, Cache]) -> None:
    folder = try_on(TEXT, places[0] / "views", SMALL, cache=places[1]).folder
    before = digest_file(folder / "animation.mp4")
    render_look(folder, StudioSettings(views=(90.0,), size=80))
    assert digest_file(folder / "animation.mp4") != before
    assert {p.name.split("_")[0] for p in (folder / "stills").iterdir()} == {"view90"}


def test_simulate_takes_the_pattern_that_lies_there(look: Look, places: tuple[Path, Cache]) -> None:
    folder = try_on(TEXT, places[0] / "again", SMALL, cache=places[1]).folder
    pattern = folder / "pattern.json"
    pattern.write_text(pattern.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    heard = Heard()
    simulate_look(folder, SMALL, cache=places[1], reporter=heard)
    assert "simulation" not in heard.origins
    assert digest_file(folder / "simulation.npz") == digest_file(look.folder / "simulation.npz")


COMMAND = [
    *(
        sys.executable,
        "-P",
        "-m",
        "toile.cli",
        "try-on",
        TEXT,
        "--motion",
        "stand",
        "--seconds",
        "0.5",
        "--fps",
        "20",
    ),
    *("--view", "0", "--view", "180", "--size", "64", "--edge-mm", "35", "--no-cache"),
]


@pytest.mark.slow
def test_a_motion_that_leaves_the_garment_behind_stops_and_keeps_the_frames_before(tmp_path: Path) -> None:
    way = np.zeros((60, 3))
    way[:, 2] = 0.95
    way[30:, 0] = 4.0  # after a second the body is elsewhere
    jump = tmp_path / "jump.npz"
    np.savez(
        jump, trans=way, poses=np.zeros((60, 156)), betas=np.zeros(16), gender="female", mocap_framerate=30.0
    )
    settings = replace(SMALL, motion=None, motion_file=str(jump), seconds=1.6)
    folder = tmp_path / "look"
    with pytest.raises(Infeasible, match=r"at frame \d+ of 32\..*toile render") as caught:
        try_on(TEXT, folder, settings)
    assert "m/s" in str(caught.value)
    kept = load_simulation(folder / "simulation.npz")
    assert 15 <= len(kept.cloth_vertices) < 32
    assert "simulation" not in manifest(folder)["stages"]
    render_look(folder, replace(SMALL, motion=None))
    certificate = certify_look(folder)
    assert certificate["frames"] == len(kept.cloth_vertices)
    assert certificate["intersections"]["none"]
    assert certificate["worn"]["right"]


def test_a_simulation_killed_at_a_frame_goes_on_to_the_same_bytes(look: Look, tmp_path: Path) -> None:
    folder = tmp_path / "look"
    process = subprocess.Popen(
        [*COMMAND, "--out", str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    kept = folder / "checkpoint"
    deadline = time.monotonic() + 240
    while process.poll() is None and time.monotonic() < deadline:
        if any(kept.glob("frames-*.npz")) and (kept / "state.npz").is_file():
            break
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert "simulation" not in manifest(folder)["stages"]
    assert not (folder / "simulation.npz").exists()
    done = subprocess.run([*COMMAND, "--out", str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not kept.exists()
    assert digest_file(folder / "simulation.npz") == digest_file(look.folder / "simulation.npz")


@pytest.mark.parametrize(
    "finished",
    [
        pytest.param("avatar", marks=pytest.mark.slow),
        pytest.param("pattern", marks=pytest.mark.slow),
        "simulation",
    ],
)
def test_a_killed_run_leaves_no_half_file_and_goes_on(finished: str, look: Look, tmp_path: Path) -> None:
    folder = tmp_path / "look"
    process = subprocess.Popen(
        [*COMMAND, "--out", str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 240
    while process.poll() is None and time.monotonic() < deadline:
        if (folder / "run.json").is_file() and finished in manifest(folder)["stages"]:
            break
        time.sleep(0.02)
    time.sleep(0.3)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    kept = manifest(folder)["stages"]
    assert finished in kept
    assert "export" not in kept
    for stage in kept.values():
        assert all(digest_file(folder / n) == digest for n, digest in stage["outputs"].items())
    stamps = {n: (folder / n).stat().st_mtime_ns for stage in kept.values() for n in stage["outputs"]}
    done = subprocess.run([*COMMAND, "--out", str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert {n: (folder / n).stat().st_mtime_ns for n in stamps} == stamps
    assert {p.name for p in folder.iterdir()} == set(CONTENTS) - ON_REQUEST
    assert digest_file(folder / "simulation.npz") == digest_file(look.folder / "simulation.npz")

"""A simulation that is killed goes on from its last checkpoint to the bytes of one that was not."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from toile.engine.cloth.checkpoint import Checkpoints
from toile.engine.cloth.settings import ClothSettings
from toile.engine.cloth.simulate import simulate

sys.path.insert(0, str(Path(__file__).parent))
from scenes import skirt, turning

SETTINGS = ClothSettings(ramp_steps=8, settle_steps=12)


def slow(*values):
    """Return a parameter that is left to `make test-all`."""
    return pytest.param(*values, marks=pytest.mark.slow)


class Killed(Exception):
    """What ends a run in the middle."""


def run(folder, stop=None, key="one", settings=SETTINGS):
    """Simulate with checkpoints every four frames; die when a frame comes. Return the result and the frames that were made."""
    made = []

    def watch(frame, x, skin):
        made.append(frame)
        if frame == stop:
            raise Killed

    mesh = skirt(0.73, 1.6, 0.4, 1.02, edge=0.04)
    kept = Checkpoints(folder, key, every=4) if folder is not None else None
    return simulate(mesh, turning(), settings, watch=watch, checkpoints=kept), made


@pytest.fixture(scope="module")
def unbroken():
    return run(None)[0]


@pytest.mark.parametrize(("stop", "begins"), [(-5, -5), slow(1, -1), (9, 7), slow(11, 11)])
def test_a_killed_run_goes_on_to_the_same_bytes(tmp_path, unbroken, stop, begins):
    with pytest.raises(Killed):
        run(tmp_path / "kept", stop)
    again, made = run(tmp_path / "kept")
    assert made[0] == begins
    for name, value in vars(unbroken).items():
        other = getattr(again, name)
        assert np.asarray(value).tobytes() == np.asarray(other).tobytes(), name


def test_two_kills_in_a_row_lose_nothing(tmp_path, unbroken):
    for stop in (2, 8):
        with pytest.raises(Killed):
            run(tmp_path / "kept", stop)
    again, made = run(tmp_path / "kept")
    assert made[0] == 7
    assert again.cloth_vertices.tobytes() == unbroken.cloth_vertices.tobytes()
    assert again.body_vertices.tobytes() == unbroken.body_vertices.tobytes()


@pytest.mark.parametrize("harm", ["other run", slow("half a state"), slow("no frames"), "half the frames"])
def test_what_cannot_be_trusted_is_as_if_it_were_not_there(tmp_path, unbroken, harm):
    folder = tmp_path / "kept"
    with pytest.raises(Killed):
        run(folder, 9)
    state, frames = folder / "state.npz", sorted(folder.glob("frames-*"))[-1]
    if harm == "half a state":
        state.write_bytes(state.read_bytes()[: state.stat().st_size // 2])
    elif harm == "no frames":
        frames.unlink()
    elif harm == "half the frames":
        frames.write_bytes(frames.read_bytes()[: frames.stat().st_size // 2])
    again, made = run(folder, key="two" if harm == "other run" else "one")
    assert made[0] == -6
    assert again.cloth_vertices.tobytes() == unbroken.cloth_vertices.tobytes()

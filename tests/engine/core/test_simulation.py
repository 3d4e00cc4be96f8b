"""A simulation file comes back bit for bit, and anything else is refused with its reason."""

from dataclasses import fields, replace

import numpy as np
import pytest

from toile.engine.core.errors import CannotWrite, DamagedFile
from toile.engine.core.simulation import Simulation, load_simulation


@pytest.fixture
def simulation():
    rng = np.random.default_rng(0)
    return Simulation(
        body_vertices=rng.normal(size=(3, 5, 3)).astype(np.float32),
        body_faces=np.array([[0, 1, 2], [2, 3, 4]], np.int32),
        body_part=np.array([0, 1, 2, 2, 2], np.int32),
        cloth_vertices=rng.normal(size=(3, 4, 3)).astype(np.float32),
        cloth_faces=np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        cloth_panel_uv=rng.normal(size=(2, 3, 2)).astype(np.float32),
        garment_of_face=np.array([0, 0], np.int32),
        panel_of_face=np.array([0, 1], np.int32),
        seam_edges=np.array([[0, 2]], np.int32),
        hem_edges=np.array([[0, 1], [1, 2]], np.int32),
        fps=24.0,
        residual=np.array([0.1, 0.2, 0.3], np.float32),
    )


def test_a_file_comes_back_bit_for_bit(tmp_path, simulation):
    simulation.save(tmp_path / "simulation.npz")
    again = load_simulation(tmp_path / "simulation.npz")
    for field in fields(Simulation):
        before, after = getattr(simulation, field.name), getattr(again, field.name)
        np.testing.assert_array_equal(before, after)
        assert np.asarray(before).dtype == np.asarray(after).dtype
    assert [p.name for p in tmp_path.iterdir()] == ["simulation.npz"]


def test_same_simulation_gives_the_same_bytes(tmp_path, simulation):
    simulation.save(tmp_path / "a.npz")
    simulation.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"cloth_faces": np.array([[0, 1, 9], [0, 2, 3]], np.int32)},
            "cloth_faces points outside the 4 vertices",
        ),
        ({"body_faces": np.array([[0, 1, -1]], np.int32)}, "body_faces points outside the 5 vertices"),
        ({"seam_edges": np.array([[0, 4]], np.int32)}, "seam_edges points outside"),
        ({"cloth_vertices": np.zeros((2, 4, 3), np.float32)}, "number of frames"),
        ({"cloth_vertices": np.zeros((3, 4), np.float32)}, "shape"),
        ({"cloth_vertices": np.full((3, 4, 3), np.nan, np.float32)}, "not finite"),
        ({"cloth_panel_uv": np.zeros((1, 3, 2), np.float32)}, "cloth_panel_uv has 1 rows, expected 2"),
        ({"panel_of_face": np.zeros(3, np.int32)}, "panel_of_face has 3 rows, expected 2"),
        ({"body_part": np.zeros(4, np.int32)}, "body_part has 4 rows, expected 5"),
        ({"cloth_faces": np.zeros((2, 3), np.float32)}, "cloth_faces holds float32"),
        ({"garment_of_face": np.array([0, -1], np.int32)}, "garment_of_face holds a negative number"),
        ({"fps": 0.0}, "fps is 0.0"),
    ],
)
def test_inconsistent_arrays_are_refused_with_their_name(tmp_path, simulation, change, reason):
    replace(simulation, **change).save(tmp_path / "simulation.npz")
    with pytest.raises(DamagedFile, match=reason):
        load_simulation(tmp_path / "simulation.npz")


def test_a_whole_number_of_frames_a_second_is_fine(tmp_path, simulation):
    replace(simulation, fps=30).save(tmp_path / "simulation.npz")
    assert load_simulation(tmp_path / "simulation.npz").fps == 30.0


def test_no_frames_is_refused(tmp_path, simulation):
    empty = replace(
        simulation, body_vertices=simulation.body_vertices[:0], cloth_vertices=simulation.cloth_vertices[:0]
    )
    empty.save(tmp_path / "simulation.npz")
    with pytest.raises(DamagedFile, match="no frames"):
        load_simulation(tmp_path / "simulation.npz")


def test_damaged_files_are_refused_at_every_length(tmp_path, simulation):
    path = tmp_path / "simulation.npz"
    simulation.save(path)
    data = path.read_bytes()
    for cut in (0, 10, len(data) // 3, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:cut])
        with pytest.raises(DamagedFile, match="toile simulate"):
            load_simulation(path)
    path.write_bytes(b"not an archive at all")
    with pytest.raises(DamagedFile):
        load_simulation(path)
    path.unlink()
    with pytest.raises(DamagedFile, match="missing"):
        load_simulation(path)


def test_one_flipped_byte_is_noticed_or_harmless(tmp_path, simulation):
    """Archives carry checksums: a flipped byte is refused, unless it lies where it does not matter."""
    path = tmp_path / "simulation.npz"
    simulation.save(path)
    data = bytearray(path.read_bytes())
    for at in range(0, len(data), 61):
        flipped = bytearray(data)
        flipped[at] ^= 0xFF
        path.write_bytes(bytes(flipped))
        try:
            again = load_simulation(path)
        except DamagedFile:
            continue
        np.testing.assert_array_equal(again.cloth_vertices, simulation.cloth_vertices)


def test_pickles_are_never_opened(tmp_path, simulation):
    np.savez(tmp_path / "simulation.npz", **{**vars(simulation), "fps": np.array([{"a": 1}], dtype=object)})
    with pytest.raises(DamagedFile, match="cannot be read"):
        load_simulation(tmp_path / "simulation.npz")


def test_an_unwritable_place_says_so(tmp_path, simulation):
    with pytest.raises(CannotWrite, match="--out"):
        simulation.save(tmp_path / "missing" / "simulation.npz")

"""Arrays from strangers: pickles, lying headers and bombs are refused before anything is allocated."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toile.avatars.npz import arrays_of, read_arrays
from toile.engine.core.errors import BadInput, DamagedFile


def archive(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(f"{name}.npy", data)
    return stream.getvalue()


def header(text: str) -> bytes:
    body = text.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(body).to_bytes(2, "little") + body


def test_only_what_is_wanted_is_read_in_either_order(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    values = np.arange(12.0).reshape(3, 4)
    np.savez(path, poses=np.asfortranarray(values), rate=np.int16(60), gender="female")
    found = read_arrays(path, ("poses", "rate", "absent"))
    assert set(found) == {"poses", "rate"}
    np.testing.assert_array_equal(found["poses"], values)
    assert found["rate"] == 60


def test_objects_in_arrays_that_are_not_wanted_do_not_matter() -> None:
    stream = io.BytesIO()
    np.savez(stream, poses=np.zeros(3), extra=np.array([{}], dtype=object))
    assert list(arrays_of(stream.getvalue(), ("poses",), "a.npz")) == ["poses"]
    with pytest.raises(BadInput, match="would run code"):
        arrays_of(stream.getvalue(), ("extra",), "a.npz")


class Trap:
    def __reduce__(self) -> Any:
        return (pytest.fail, ("a pickle was opened",))


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickled_model_is_refused_unopened(protocol: int, tmp_path: Path) -> None:
    path = tmp_path / "SMPL_NEUTRAL.npz"
    path.write_bytes(pickle.dumps({"v_template": Trap()}, protocol))
    with pytest.raises((BadInput, DamagedFile), match=r"npz"):
        read_arrays(path, ("v_template",))


@pytest.mark.parametrize(
    "data",
    [
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000000000)}"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 3)}"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (" + "(" * 3000 + ")}"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (10,)}") + b"\0" * 40,
        header("[" * 900),
        header("{'descr': '|V0', 'fortran_order': False, 'shape': (5,)}"),
        header("{'descr': [('a', [('b', '<f8')])], 'fortran_order': False, 'shape': 3}"),
        b"\x93NUMPY\x09\x00",
        b"",
    ],
)
def test_headers_that_lie_are_refused(data: bytes) -> None:
    with pytest.raises(DamagedFile, match=r"a\.npz"):
        arrays_of(archive(poses=data), ("poses",), "a.npz")


def test_a_bomb_costs_no_more_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toile.avatars.npz.MOST_BYTES", 1 << 20)
    shape = header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000,)}")
    with pytest.raises(DamagedFile, match="at most 1 MiB"):
        arrays_of(archive(poses=shape + bytes(8_000_000)), ("poses",), "a.npz")


@pytest.mark.parametrize("data", [b"", b"PK", b"\x80\x04.", b"hello", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_archive_is_refused_or_empty(data: bytes) -> None:
    try:
        assert arrays_of(data, ("poses",), "a.npz") == {}
    except (BadInput, DamagedFile) as error:
        said = str(error)
        assert said.startswith("a.npz")

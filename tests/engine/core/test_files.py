"""Writes are whole or absent, and refusals are sentences about what to do."""

import errno
import json
import os
import stat

import pytest

from toile.engine.core.errors import CannotWrite, DamagedFile
from toile.engine.core.files import atomic_path, make_folder, read_json, write_bytes, write_json, write_text


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_what_is_written_is_read_back(tmp_path):
    value = {"布": [1, 2.5, None, True], "nested": {"a": "é"}}
    write_json(tmp_path / "a.json", value)
    assert read_json(tmp_path / "a.json") == value
    assert "布" in (tmp_path / "a.json").read_text(encoding="utf-8")
    write_text(tmp_path / "a.txt", "连衣裙")
    assert (tmp_path / "a.txt").read_bytes().decode() == "连衣裙"
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o644
    assert names(tmp_path) == ["a.json", "a.txt"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    write_bytes(tmp_path / "a.bin", b"old")

    def half(path):
        with atomic_path(path) as temporary:
            temporary.write_bytes(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half(tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.bin", {"x": float("nan")})
    assert (tmp_path / "a.bin").read_bytes() == b"old"


def test_the_temporary_file_keeps_the_suffix_and_the_folder(tmp_path):
    with atomic_path(tmp_path / "look.glb") as temporary:
        assert temporary.suffix == ".glb"
        assert temporary.parent == tmp_path
        assert temporary.name.startswith(".")
        temporary.write_bytes(b"x")
        assert not (tmp_path / "look.glb").exists()
    assert names(tmp_path) == ["look.glb"]


def test_a_full_disk_and_a_missing_folder_say_what_to_do(tmp_path):
    with pytest.raises(CannotWrite, match="free some") as caught, atomic_path(tmp_path / "a"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.__cause__ is not None
    with pytest.raises(CannotWrite, match="--out"):
        write_text(tmp_path / "missing" / "a", "x")
    (tmp_path / "file").write_text("x")
    with pytest.raises(CannotWrite, match="--out"):
        make_folder(tmp_path / "file" / "inner")
    assert make_folder(tmp_path / "new" / "inner").is_dir()


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"a": 1', b"[" * 100_000])
def test_damaged_json_is_refused(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(DamagedFile, match=r"a\.json cannot be read"):
        read_json(tmp_path / "a.json")


def test_missing_and_huge_json_are_refused(tmp_path):
    with pytest.raises(DamagedFile, match="missing"):
        read_json(tmp_path / "a.json")
    with (tmp_path / "big.json").open("wb") as stream:
        stream.truncate(65 * 2**20)
    with pytest.raises(DamagedFile, match="larger"):
        read_json(tmp_path / "big.json")
    with pytest.raises(DamagedFile, match="cannot be read"):
        read_json(tmp_path)
    (tmp_path / "ok.json").write_text(json.dumps([1]))
    assert read_json(tmp_path / "ok.json") == [1]

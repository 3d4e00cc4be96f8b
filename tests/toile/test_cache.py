from __future__ import annotations

import os
from pathlib import Path

import pytest

from toile.cache import Cache, default_folder
from toile.digests import digest_file


def fill(folder: Path, name: str, size: int) -> dict[str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(os.urandom(size))
    return {name: digest_file(folder / name)}


def test_what_was_kept_comes_back_byte_for_byte(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    files = fill(tmp_path / "a" / "stills", "one.png", 1000)
    files = {f"stills/{name}": digest for name, digest in files.items()}
    cache.keep("key", tmp_path / "a", files, 1.5)
    (tmp_path / "b").mkdir()
    entry = cache.restore("key", tmp_path / "b")
    assert entry is not None
    assert entry.seconds == 1.5
    assert digest_file(tmp_path / "b" / "stills" / "one.png") == files["stills/one.png"]
    assert cache.restore("another", tmp_path / "b") is None


def test_a_damaged_entry_is_not_used_and_is_dropped(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    cache.keep("key", tmp_path / "a", fill(tmp_path / "a", "x.npz", 100), 1.0)
    (tmp_path / "cache" / "key" / "x.npz").write_bytes(b"half")
    assert cache.restore("key", tmp_path / "a") is None
    assert not (tmp_path / "cache" / "key").exists()


def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", limit_bytes=4_000)
    for age, key in ((300, "old"), (200, "used"), (100, "new")):
        cache.keep(key, tmp_path / "a", fill(tmp_path / "a", "x", 1_500 if key != "new" else 1_000), 1.0)
        if (tmp_path / "cache" / key).exists():
            stamp = (tmp_path / "cache" / key).stat().st_mtime - age
            os.utime(tmp_path / "cache" / key, (stamp, stamp))
    assert cache.restore("used", tmp_path / "a") is not None
    cache.keep("newest", tmp_path / "a", fill(tmp_path / "a", "x", 1_500), 1.0)
    assert sorted(p.name for p in (tmp_path / "cache").iterdir()) == ["newest", "used"]


def test_an_entry_that_would_fill_the_cache_alone_is_not_kept(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", limit_bytes=1_000)
    cache.keep("key", tmp_path / "a", fill(tmp_path / "a", "x", 600), 1.0)
    assert not (tmp_path / "cache").exists()


def test_a_cache_that_cannot_be_written_is_only_no_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = Cache(tmp_path / "file" / "cache")
    cache.keep("key", tmp_path / "a", fill(tmp_path / "a", "x", 10), 1.0)
    assert cache.restore("key", tmp_path / "a") is None


def test_the_folder_is_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "toile"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert default_folder() == Path.home() / ".cache" / "toile"

"""Stages of a look: each is made once for its inputs, kept with its digests in `run.json`, and resumed after a kill.

A stage's input digest covers its settings, the files it reads and the source of the packages that compute it, so a
changed solver makes a new simulation and a changed wearer a new pattern. Outputs are whole or absent: each is written
under a temporary name and renamed; what a killed run left behind is swept when the folder is next opened.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from toile.cache import Cache
from toile.digests import code_version, digest_file, digest_value, library_versions
from toile.engine.core.errors import BadInput, CannotWrite, DamagedFile
from toile.engine.core.files import Progress, make_folder, read_json, silent, write_json
from toile.fabrics import adopt_kept

T = TypeVar("T")
MANIFEST = "run.json"
_TEMPORARY = re.compile(r"^\..+-[a-z0-9_]{8}(\.\w+)?$")


class Reporter(Protocol):
    """Shows somebody how far a run is."""

    def stage(self, name: str) -> AbstractContextManager[Progress]:
        """Show a stage while the block runs; the value is told how much of it is done."""
        ...

    def kept(self, name: str, origin: str) -> None:
        """Say that a stage was already there: in the look folder or in the cache."""
        ...


class Quiet:
    """A reporter that says nothing."""

    def stage(self, name: str) -> AbstractContextManager[Progress]:
        """Return a listener that says nothing."""
        return nullcontext(silent)

    def kept(self, name: str, origin: str) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Stage:
    """What `run.json` keeps of a stage: its input digest, seconds, origin, and the digest of each output."""

    input: str
    seconds: float
    origin: str  # made | cache
    outputs: Mapping[str, str]


@dataclass
class LookFolder:
    """A look folder that is open for one run: the owner of its `run.json`."""

    path: Path
    cache: Cache | None = None
    reporter: Reporter = field(default_factory=Quiet)
    facts: dict[str, Any] = field(default_factory=dict)
    stages: dict[str, Stage] = field(default_factory=dict)

    def stage(
        self,
        name: str,
        inputs: Mapping[str, Any],
        packages: Sequence[str],
        outputs: Sequence[str],
        make: Callable[[Progress], T],
        load: Callable[[], T],
        *,
        shared: bool = False,
    ) -> T:
        """Return a stage's value: loaded if its outputs are here or in the cache for these inputs, else made.

        Args:
            name: the stage, as `run.json` names it.
            inputs: plain values that decide the outputs (settings, digests of files read).
            packages: packages whose source decides the outputs.
            outputs: files of the look folder that `make` writes; patterns may hold `*`.
            make: computes the value and writes the outputs.
            load: reads the value back from the outputs.
            shared: keep a copy in the cache, for other folders.
        """
        key = self.key(name, inputs, packages)
        if self._is_fresh(name, key):
            with suppress(DamagedFile):
                value = load()
                self.reporter.kept(name, "look")
                return value
        if shared and self.cache is not None and (found := self.cache.restore(key, self.path)) is not None:
            try:
                value = load()
            except DamagedFile:
                self.cache.forget(key)
            else:
                self._record(name, Stage(key, found.seconds, "cache", found.files))
                self.reporter.kept(name, "cache")
                return value
        started = time.perf_counter()
        with self.reporter.stage(name) as progress:
            value = make(progress)
        seconds = round(time.perf_counter() - started, 3)
        files = {n: digest_file(self.path / n) for n in self._written(outputs)}
        self._record(name, Stage(key, seconds, "made", files))
        if shared and self.cache is not None:
            self.cache.keep(key, self.path, files, seconds)
        return value

    def key(self, name: str, inputs: Mapping[str, Any], packages: Sequence[str]) -> str:
        """Return the digest of everything that decides a stage's outputs."""
        versions = library_versions()
        del versions["toile"]
        return digest_value(
            {"stage": name, "inputs": inputs, "code": code_version(tuple(packages)), "with": versions}
        )

    def digest(self, name: str) -> str:
        """Return the SHA-256 of a file of this look, as it is now."""
        return digest_file(self.path / name)

    def save(self) -> None:
        """Write `run.json`."""
        stages = {name: asdict(stage) for name, stage in self.stages.items()}
        write_json(self.path / MANIFEST, {**self.facts, "versions": library_versions(), "stages": stages})

    def _is_fresh(self, name: str, key: str) -> bool:
        stage = self.stages.get(name)
        return (
            stage is not None
            and stage.input == key
            and all((self.path / n).is_file() and self.digest(n) == d for n, d in stage.outputs.items())
        )

    def _written(self, outputs: Sequence[str]) -> list[str]:
        found: list[str] = []
        for pattern in outputs:
            paths = sorted(self.path.glob(pattern)) if "*" in pattern else [self.path / pattern]
            found += [p.relative_to(self.path).as_posix() for p in paths if not _TEMPORARY.match(p.name)]
        return found

    def _record(self, name: str, stage: Stage) -> None:
        self.stages[name] = stage
        self.save()


@contextmanager
def open_look(
    path: Path, cache: Cache | None = None, reporter: Reporter | None = None
) -> Iterator[LookFolder]:
    """Open a look folder for writing, alone: created if absent, swept of what a killed run left half written.

    Raises:
        CannotWrite: the folder cannot be written, or another run is writing to it.
    """
    new = not path.exists()
    make_folder(path)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotWrite(
                f"Another run is writing to {path}; wait for it, or choose another folder with --out."
            ) from error
        for folder in (path, path / "stills", path / "checkpoint"):
            for leftover in folder.glob(".*"):
                if _TEMPORARY.match(leftover.name) and leftover.is_file():
                    leftover.unlink(missing_ok=True)
        look = LookFolder(path, cache, reporter or Quiet())
        look.facts, look.stages = _read_manifest(path / MANIFEST)
        adopt_kept(path)
        yield look
    finally:
        os.close(descriptor)
        if new:
            with suppress(OSError):  # a refused request leaves no empty folder; one with files stays
                path.rmdir()


def existing_look(path: Path, *needed: str) -> Path:
    """Return a look folder after checking that the files a command reads are there.

    Raises:
        BadInput: there is no such folder.
        DamagedFile: a file is missing.
    """
    if not path.is_dir():
        raise BadInput(f"There is no look folder {path}; make one with `toile try-on TEXT --out {path}`.")
    for name in needed:
        if not (path / name).is_file():
            raise DamagedFile(f"{path / name} is missing; run `toile try-on` into this folder again.")
    return path


def _read_manifest(path: Path) -> tuple[dict[str, Any], dict[str, Stage]]:
    """Read `run.json`; one that is missing or damaged only means that nothing is known to be finished."""
    try:
        document = read_json(path)
        stages = {str(n): Stage(**s) for n, s in document.pop("stages").items()}
        if not all(isinstance(s.outputs, dict) for s in stages.values()):
            return {}, {}
        document.pop("versions", None)
        return document, stages
    except (DamagedFile, AttributeError, KeyError, TypeError):
        return {}, {}

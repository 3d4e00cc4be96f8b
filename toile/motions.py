"""The motion of a look: one of ours by its name, or one from the user's own file.

A file stands in the resolved request by its digest, so that stages are made again when its contents change, wherever it lies.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toile.digests import digest_file
from toile.engine.core.errors import BadInput
from toile.garments.resolved import ResolvedMotion, ResolvedRequest
from toile.garments.spec import Note

if TYPE_CHECKING:
    from toile.avatars.model import Avatar
    from toile.engine.core.body import BodyMotion

LONGEST_UNASKED = 10.0
"""A file is followed for at most this long [s] where no length was asked for."""


@dataclass(frozen=True)
class MotionFile(ResolvedMotion):
    """A motion from a file: where it lies, its SHA-256, where it starts [s].

    whole: no length was asked for, so it is followed to its end, for at most `at_most` [s].
    """

    path: str
    digest: str
    start: float
    whole: bool
    at_most: float = LONGEST_UNASKED


def with_motion_file(resolved: ResolvedRequest, path: Path, start: float) -> ResolvedRequest:
    """Return a resolved request whose wearer moves as a file says; length and rate stay as asked for."""
    motion = resolved.motion
    whole = resolved.sources.get("motion.seconds") != "stated"
    file = MotionFile(
        path.name, motion.seconds, motion.fps, str(path.resolve()), digest_file(path), start, whole
    )
    message = f"The wearer moves as {path.name} says"
    if whole:
        message += f", for at most {LONGEST_UNASKED:g} s; choose with --seconds"
    notes = [n for n in resolved.notes if n.field != "motion" and not n.field.startswith("motion.")]
    notes.append(Note(field="motion", kind="assumption", message=f"{message}."))
    sources = {**resolved.sources, "motion.name": "stated"}
    return replace(resolved, motion=file, sources=sources, notes=tuple(notes))


def check_motion_file(path: Path, start: float) -> None:
    """Read a motion file once, before anything is written.

    Raises:
        BadInput, DamagedFile: it cannot be used.
    """
    from toile.avatars.motion_file import open_motion

    if not path.is_file():
        raise BadInput(f"There is no motion file {path}; name an .npz, .bvh, .glb or .gltf file.")
    open_motion(path, start=start, seconds=LONGEST_UNASKED)


def motion_inputs(motion: ResolvedMotion) -> dict[str, Any]:
    """Return what decides a motion, as plain values: of a file its contents, not its place."""
    return {name: value for name, value in asdict(motion).items() if name != "path"}


def make_body_motion(motion: ResolvedMotion, avatar: Avatar) -> BodyMotion:
    """Return the body moving as a motion says, or as it moves by itself; its surface is its body model's own."""
    from toile.avatars.moved import own_motion, with_own_surface

    itself = own_motion(avatar, float(motion.fps), float(motion.seconds))
    if itself is not None:
        return itself
    if isinstance(motion, MotionFile):
        from toile.avatars.motion_file import read_motion

        seconds = None if motion.whole else motion.seconds
        followed = read_motion(
            motion.path, avatar, float(motion.fps), motion.start, seconds, at_most=motion.at_most
        )
        return with_own_surface(followed, avatar)
    from toile.avatars.motion import make_motion

    return with_own_surface(make_motion(avatar, motion.name, motion.seconds, motion.fps), avatar)

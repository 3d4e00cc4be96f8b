"""The body of a look: ours, fitted to the wearer, or one from the user's own file.

A file stands in the resolved request by its path and digest, so that stages are made again when its contents change.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toile.engine.core.errors import BadInput
from toile.garments.resolved import ResolvedMotion, ResolvedRequest, ResolvedWearer
from toile.garments.spec import Note

if TYPE_CHECKING:
    from toile.avatars.body_model import BodyModel
    from toile.avatars.model import Avatar

LONGEST_UNASKED = 10.0
"""A body's own sequence is followed for at most this long [s] where no length was asked for."""


@dataclass(frozen=True)
class BodyFile(ResolvedWearer):
    """A wearer whose body is a file: where it lies, its SHA-256, and how many betas are fitted (None: all)."""

    path: str
    digest: str
    betas: int | None


def check_body(path: Path, betas: int | None) -> BodyModel:
    """Read a body once, before anything is written.

    Raises:
        BadInput, DamagedFile: it cannot be used.
    """
    from toile.avatars.body_file import read_body

    return read_body(path, betas)


def with_body(
    resolved: ResolvedRequest, path: Path, betas: int | None, motion_asked: bool
) -> ResolvedRequest:
    """Return a resolved request whose wearer is the body of a file.

    Args:
        resolved: the request, its defaults filled in.
        path: of SMPL-X and its family, a mesh, or a mesh over time.
        betas: how many shape coefficients are fitted.
        motion_asked: whether a motion was named or given as a file.

    Raises:
        BadInput: the body brings a motion, and another was asked for.
    """
    from toile.avatars.body_file import body_digest
    from toile.avatars.mesh_body import MeshBody

    model = check_body(path, betas)
    wearer = resolved.wearer
    notes = [n for n in resolved.notes if not (n.field.startswith("wearer") and n.kind == "assumption")]
    stated = [n for n in wearer.measurements if wearer.sources.get(_spec_name(n)) not in ("default", None)]
    if isinstance(model, MeshBody):
        measurements: dict[str, float] = {}
        asked = [n for n in stated if wearer.sources.get(_spec_name(n)) == "stated"]
        notes.append(Note(field="wearer", kind="assumption", message=model.note))
        if asked:
            said = (
                f"{path.name} is measured as it is; what was said of {', '.join(asked)} does not change it."
            )
            notes.append(Note(field="wearer", kind="ignored", message=said))
    else:
        measurements = {n: v for n, v in wearer.measurements.items() if n in stated}
        kind, count = model.origin()["body"], model.asset.size
        said = f"The wearer is {path.name}, {kind} with {count} betas"
        said += f", fitted to {', '.join(stated)}." if stated else ", its average body."
        notes.append(Note(field="wearer", kind="assumption", message=said))
    sex = next((s for s in ("female", "male") if s in path.stem.lower().split("_")), wearer.sex)
    body = BodyFile(sex, measurements, wearer.sources, str(path.resolve()), body_digest(path), betas)
    resolved = replace(resolved, wearer=body, notes=tuple(notes))
    if isinstance(model, MeshBody) and model.moves:
        return _moving_by_itself(resolved, model, path.name, motion_asked)
    return resolved


def _spec_name(name: str) -> str:
    return "weight_kg" if name == "mass" else f"{name}_cm"


def _moving_by_itself(
    resolved: ResolvedRequest, model: Any, name: str, motion_asked: bool
) -> ResolvedRequest:
    from toile.avatars.mesh_body import SOURCE_FPS

    if motion_asked:
        raise BadInput(
            f"{name} is a body that moves by itself, and another motion is asked for; leave one of them out."
        )
    source = model.frames.fps or SOURCE_FPS
    there = len(model.frames.places) / source
    stated = resolved.sources.get("motion.seconds") == "stated"
    seconds = resolved.motion.seconds if stated else round(min(there, LONGEST_UNASKED), 4)
    if seconds > there + 1.5 / source:
        raise BadInput(f"{name} lasts {there:.2f} s; ask for at most that, not {seconds:g} s.")
    said = f"The wearer moves as the {len(model.frames.places)} frames of {name} do"
    said += "." if model.frames.fps else f", at {SOURCE_FPS:g} frames a second, which it does not say."
    notes = [n for n in resolved.notes if n.field != "motion" and not n.field.startswith("motion.")]
    notes.append(Note(field="motion", kind="assumption", message=said))
    motion = ResolvedMotion("sequence", seconds, resolved.motion.fps)
    return replace(resolved, motion=motion, notes=tuple(notes))


def body_inputs(wearer: ResolvedWearer) -> dict[str, Any]:
    """Return what decides the body, as plain values: of a file its contents, not its place."""
    inputs: dict[str, Any] = {"measurements": dict(wearer.measurements), "sex": wearer.sex}
    if isinstance(wearer, BodyFile):
        inputs |= {"body": wearer.digest, "betas": wearer.betas}
    return inputs


def make_body(wearer: ResolvedWearer) -> Avatar:
    """Return the body of a wearer, fitted where it can be.

    Raises:
        Infeasible: the body model cannot have the stated measurements.
    """
    from toile.avatars.fit import fit_avatar

    if not isinstance(wearer, BodyFile):
        return fit_avatar(dict(wearer.measurements), wearer.sex)
    return fit_file(Path(wearer.path), dict(wearer.measurements), wearer.sex, wearer.betas)


def fit_file(path: Path, measurements: dict[str, float], sex: str, betas: int | None) -> Avatar:
    """Return the body of a file: fitted to measurements [m] if it has shape coefficients, else as it is, measured.

    Raises:
        BadInput: measurements for a body that has one shape only.
        Infeasible: the body model cannot have them.
    """
    from toile.avatars.fit import fit_avatar
    from toile.avatars.mesh_body import MeshBody, measured_avatar

    model = check_body(path, betas)
    if isinstance(model, MeshBody):
        if measurements:
            raise BadInput(
                f"{path.name} is a mesh: it has the measurements that it has; leave out {', '.join(measurements)}."
            )
        return measured_avatar(model, sex)
    return fit_avatar(measurements, sex, model)

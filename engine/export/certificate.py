"""The certificate of a look: everything measured again from the files in its folder; no figure is carried over unseen.

`docs/certificate.md` describes each field. Times, versions, device and seed are facts of the run and come from
`run.json`; all else is computed from `simulation.npz`, `pattern.json` and `avatar.json`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from toile.engine.core.errors import BadInput, DamagedFile, ToileError
from toile.engine.core.files import Progress, read_json, silent, write_json
from toile.engine.core.simulation import Simulation, load_simulation
from toile.engine.export.audit import (
    measure_flesh,
    measure_intersections,
    measure_rings,
    measure_seams,
    measure_strain,
    measure_worn,
)
from toile.engine.export.closures import measure_closures
from toile.garments.fabric import fabric
from toile.garments.pattern import Pattern

if TYPE_CHECKING:
    from toile.engine.core.body import BodyMotion

SCHEMA = "toile.certificate/1"
CERTIFICATE = "certificate.json"
GIRTHS = ("neck", "bust", "waist", "hip", "thigh", "upper_arm", "wrist")
_NOT_HASHED = (CERTIFICATE, "run.json")  # run.json is a log: it changes when a stage runs again
_AGAIN = "run `toile try-on` into this folder again."


def certify(folder: Path, progress: Progress = silent) -> dict[str, Any]:
    """Return the certificate of a look folder.

    Args:
        folder: holds request.json, pattern.json, avatar.json, simulation.npz and run.json.
        progress: told how much is done.

    Raises:
        DamagedFile: one of them is missing, cannot be read, or does not belong to the others.
    """
    folder = Path(folder)
    progress(0.0, "reading")
    request = _mapping(folder / "request.json")
    avatar = _mapping(folder / "avatar.json")
    run = _mapping(folder / "run.json")
    pattern = _pattern(folder / "pattern.json")
    simulation = load_simulation(folder / "simulation.npz")
    _check_agreement(folder, simulation, pattern)
    measured = certify_simulation(simulation, pattern, progress)
    body = _avatar_table(folder / "avatar.json", avatar)
    motion = _moved(avatar, run)
    return {
        **measured,
        "motion": _motion_table(motion),
        "flesh": None if motion is None else measure_flesh(simulation, motion),
        "worn": None if motion is None else measure_worn(simulation, pattern, motion),
        "measures": _measures(pattern),
        "avatar": body,
        "ease": _ease(pattern, body),
        "notes": _list(request.get("notes")),
        "timings_s": _timings(run),
        "versions": run.get("versions"),
        "device": run.get("device"),
        "seed": run.get("seed"),
        "files": _digests(folder),
    }


def certify_simulation(
    simulation: Simulation, pattern: Pattern, progress: Progress = silent
) -> dict[str, Any]:
    """Return the part of a certificate that needs only a simulation and its pattern.

    Raises:
        BadInput: the pattern names a fabric that does not exist.
    """
    limits = [fabric(name).strain_limit for name in pattern.fabrics]
    intersections = measure_intersections(simulation, lambda part, text: progress(0.9 * part, text))
    residual = simulation.residual.astype(np.float64)
    progress(0.92, "strain, seams, rings")
    certificate: dict[str, Any] = {
        "schema": SCHEMA,
        "frames": len(simulation.cloth_vertices),
        "fps": simulation.fps,
        "cloth_vertices": simulation.cloth_vertices.shape[1],
        "cloth_faces": len(simulation.cloth_faces),
        "body_vertices": simulation.body_vertices.shape[1],
        "intersections": intersections,
        "strain": measure_strain(
            simulation,
            pattern.garments,
            pattern.fabrics,
            limits,
            np.array([p.elastic for p in pattern.panels])[simulation.panel_of_face],
        ),
        "seams": measure_seams(simulation, pattern),
        "closures": measure_closures(simulation, pattern),
        "rings": measure_rings(simulation, pattern),
        "solver": {
            "worst_residual": float(residual.max()) if len(residual) else None,
            "residual_by_frame": [float(r) for r in residual],
        },
    }
    progress(1.0, "measured")
    return certificate


def write_certificate(folder: Path, progress: Progress = silent) -> dict[str, Any]:
    """Measure a look folder, write its `certificate.json`, and return it.

    Raises:
        DamagedFile: as `certify`.
        CannotWrite: the folder cannot be written.
    """
    certificate = certify(folder, progress)
    write_json(Path(folder) / CERTIFICATE, certificate)
    return certificate


def _mapping(path: Path) -> dict[str, Any]:
    document = read_json(path)
    if not isinstance(document, dict):
        raise DamagedFile(f"{path} holds a JSON {type(document).__name__}, not an object; {_AGAIN}")
    return document


def _pattern(path: Path) -> Pattern:
    from toile.garments.pattern_json import pattern_from_json

    read_json(path)  # missing, too large, not JSON
    try:
        return pattern_from_json(path.read_text(encoding="utf-8"))
    except (ToileError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise DamagedFile(f"{path} is not a pattern ({error}); draft it again with `toile draft`.") from error


def _check_agreement(folder: Path, simulation: Simulation, pattern: Pattern) -> None:
    garments = int(simulation.garment_of_face.max(initial=-1)) + 1
    panels = int(simulation.panel_of_face.max(initial=-1)) + 1
    if garments > len(pattern.garments) or panels > len(pattern.panels):
        raise DamagedFile(
            f"{folder / 'simulation.npz'} has {garments} garments and {panels} panels, pattern.json "
            f"{len(pattern.garments)} and {len(pattern.panels)}; run `toile simulate` on this look again."
        )
    for name in pattern.fabrics:
        try:
            fabric(name)
        except BadInput as error:
            raise DamagedFile(f"{folder / 'pattern.json'}: {error}") from error


def _measures(pattern: Pattern) -> list[dict[str, Any]]:
    """Points of measure: what was asked for and what the flat pattern has."""
    return [
        {
            "garment": pattern.garments[measure.garment],
            "name": measure.name,
            "requested_cm": None if measure.requested is None else round(100.0 * measure.requested, 4),
            "drafted_cm": round(100.0 * measure.drafted, 4),
            "difference_mm": None
            if measure.requested is None
            else round(1000.0 * (measure.drafted - measure.requested), 4),
            "tolerance_mm": round(1000.0 * measure.tolerance, 4),
            "how": measure.how,
        }
        for measure in pattern.measures
    ]


def _avatar_table(path: Path, avatar: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The body's measurements: requested, achieved, and their difference where one was requested."""
    report = avatar.get("report")
    if not isinstance(report, dict):
        raise DamagedFile(f"{path} has no report of the body's measurements; {_AGAIN}")
    table: dict[str, dict[str, Any]] = {}
    for name, row in report.items():
        try:
            unit = "kg" if "achieved_kg" in row else "cm"
            achieved, requested = float(row[f"achieved_{unit}"]), row.get(f"requested_{unit}")
            difference = None if requested is None else round(achieved - float(requested), 4)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DamagedFile(f"{path}: the report on {name} cannot be read ({error!r}); {_AGAIN}") from error
        table[str(name)] = {
            f"requested_{unit}": requested,
            f"achieved_{unit}": round(achieved, 4),
            f"difference_{unit}": difference,
            "source": row.get("source"),
        }
    return table


def _ease(pattern: Pattern, body: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each finished girth of the flat pattern against the girth of the body there."""
    rows = []
    for measure in pattern.measures:
        name = measure.name.removesuffix("_cm")
        row = body.get(name) or body.get(f"{name}_cm")
        if name in GIRTHS and row is not None:
            girth, around = 100.0 * measure.drafted, float(row["achieved_cm"])
            rows.append(
                {
                    "garment": pattern.garments[measure.garment],
                    "name": name,
                    "garment_cm": round(girth, 4),
                    "body_cm": around,
                    "ease_cm": round(girth - around, 4),
                }
            )
    return rows


def _moved(avatar: Mapping[str, Any], run: Mapping[str, Any]) -> BodyMotion | None:
    """Return the body's motion, built again; None where these files do not tell it."""
    from toile.avatars.model import Avatar
    from toile.avatars.motion import make_motion
    from toile.avatars.motion_file import read_motion
    from toile.avatars.moved import own_motion, with_own_surface

    try:
        wanted = run["resolved"]["motion"]
        name, seconds, fps = str(wanted["name"]), float(wanted["seconds"]), float(wanted["fps"])
        body = Avatar.from_json(avatar)
        itself = own_motion(body, fps, seconds)
        if itself is not None:
            return itself
        if "digest" not in wanted:
            return with_own_surface(make_motion(body, name, seconds, fps), body)
        path = Path(wanted["path"])
        with path.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != wanted["digest"]:
                return None
        length = None if wanted["whole"] else seconds
        start, at_most = float(wanted["start"]), float(wanted["at_most"])
        return with_own_surface(read_motion(path, body, fps, start, length, at_most=at_most), body)
    except (BadInput, DamagedFile, OSError, KeyError, TypeError, ValueError):
        return None


def _motion_table(moving: BodyMotion | None) -> dict[str, Any] | None:
    """What was done to a motion so that cloth has room and feet stand."""
    from toile.avatars.motion import Motion
    from toile.avatars.motion_file import FileMotion

    motion = getattr(moving, "motion", moving)  # that of a body with a surface of its own
    if motion is None:
        return None
    if not isinstance(motion, Motion):
        return {
            "name": getattr(motion, "name", ""),
            "remarks": ["The body moves by itself: nothing was done to it."],
        }
    rows: dict[str, Any] = {
        "name": motion.name,
        "eased_deg": {k: round(v, 3) for k, v in motion.eased_deg.items()},
        "clearance_mm": {k: round(1000.0 * v, 2) for k, v in motion.clearance_m.items()},
        "ground_speed_m_s": round(motion.ground_speed, 4),
        "depth_given_up": round(motion.depth_given_up, 3),
        "remarks": list(motion.remarks),
    }
    if isinstance(motion, FileMotion):
        rows["planted"] = {k: round(v, 3) for k, v in motion.planted.items()}
        rows["slide_m_s"] = {k: round(v, 4) for k, v in motion.slide_m_s.items()}
        rows["rounds"] = round(motion.loops, 3)
        rows["notes"] = list(motion.notes)
    return rows


def _timings(run: Mapping[str, Any]) -> dict[str, float]:
    """Seconds that each stage took, where `run.json` has them."""
    stages = run.get("stages")
    if not isinstance(stages, dict):
        return {}
    return {
        str(name): float(stage["seconds"])
        for name, stage in stages.items()
        if isinstance(stage, dict) and isinstance(stage.get("seconds"), int | float)
    }


def _digests(folder: Path) -> dict[str, dict[str, Any]]:
    """SHA-256 and size of every file of the look but the certificate and the log."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted([*folder.glob("*"), *folder.glob("stills/*")]):
        if path.is_file() and not path.name.startswith(".") and path.name not in _NOT_HASHED:
            try:
                with path.open("rb") as stream:
                    digest = hashlib.file_digest(stream, "sha256").hexdigest()
                    found[path.relative_to(folder).as_posix()] = {"sha256": digest, "bytes": stream.tell()}
            except OSError as error:
                raise DamagedFile(f"{path} cannot be read ({error.strerror}); make it readable.") from error
    return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

"""The whole way on one page: from a sentence to request, body, pattern, simulation, pictures, GLB and certificate.

Each stage is one call with plain values in and out; what it writes lies in the look folder, and `toile.stages` keeps
it until one of its inputs changes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toile.cache import Cache
from toile.digests import digest_file
from toile.engine.core.errors import BadInput, DamagedFile, Infeasible
from toile.engine.core.files import (
    Progress,
    atomic_path,
    make_folder,
    read_json,
    write_json,
    write_text,
)
from toile.fabrics import with_fabrics
from toile.pictures import render_views
from toile.restyle import Restyle
from toile.stages import LookFolder, Reporter, existing_look, open_look

if TYPE_CHECKING:
    from toile.avatars.model import Avatar
    from toile.engine.core.body import BodyMotion
    from toile.engine.core.simulation import Simulation
    from toile.engine.export.gltf import ExtraMesh
    from toile.garments.cloth_mesh import ClothMesh
    from toile.garments.pattern import Pattern
    from toile.garments.resolved import ResolvedRequest
    from toile.garments.spec import TryOnRequest
    from toile.preview import Preview

_LANGUAGE = ("toile.engine.core", "toile.llm", "toile.garments")
_BODY = ("toile.engine.core", "toile.avatars")
_DRAFTING = ("toile.engine.core", "toile.garments")
_CLOTH = ("toile.engine.core", "toile.garments", "toile.avatars", "toile.engine.cloth")
_FILES = ("toile.engine.core", "toile.garments", "toile.shaders", "toile.avatars", "toile.engine.export")

CONTENTS: Mapping[str, str] = {
    "request.json": "the request as it was read, with notes",
    "avatar.json": "the body: shape, requested and achieved measurements",
    "pattern.json": "the flat pattern",
    "pattern.svg": "the flat pattern, to scale",
    "pattern.dxf": "the flat pattern, for CAD",
    "pattern.pdf": "the flat pattern at 1:1 on A4",
    "simulation.npz": "body and garments over time",
    "look.glb": "body and garments, animated, with materials",
    "animation.mp4": "the animation, from every view",
    "animation.gif": "the animation, as a GIF",
    "animation.webm": "the animation, as a WebM",
    "frames": "the animation, a PNG a view and frame",
    "stills": "key frames",
    "fields.npz": "strain, stress [N/m] and contact pressure [Pa] of every frame",
    "preview.png": "the last frame that was simulated",
    "fabrics.json": "the fabric that was named for every garment",
    "certificate.json": "what was measured",
    "run.json": "stages, timings, versions, device, seed",
}
ON_REQUEST = frozenset(
    {"animation.gif", "animation.webm", "frames", "fields.npz", "preview.png", "fabrics.json"}
)
"""What lies in a look folder only when it was asked for, by --gif, --webm, --frames, --fields, --watch or --fabric."""
SIZE_BOUNDS = (64, 4096)
CHECKPOINT = "checkpoint"
"""The folder in a look that a simulation on its way is kept in; it goes when the simulation is done."""
FINEST_EDGE = 0.012
MESH_VERTICES = 10_000
EDGE_BOUNDS = (0.004, 0.05)


@dataclass(frozen=True)
class StudioSettings:
    """How a look is made; None leaves a choice to the request and its defaults.

    seconds [s] and fps of the motion; views: azimuths [degrees], 0 front, 90 the wearer's left; size [pixels]: height
    of each view; edge_length [m] of the cloth mesh, None: chosen by `mesh_edge`; pattern_file: a pattern to sew instead of
    drafting one, with seam_file for a DXF; motion_file: a file that the wearer
    moves by, from motion_start [s] on; body: a file or folder that the wearer is, instead of our own body, of which so many betas are
    fitted; style: how the look is shown.
    """

    motion: str | None = None
    seconds: float | None = None
    fps: float | None = None
    views: tuple[float, ...] | None = None
    size: int = 512
    edge_length: float | None = None
    seed: int = 0
    motion_file: str | None = None
    motion_start: float = 0.0
    body: str | None = None
    betas: int | None = None
    fabric: str | None = None
    watch: bool = False
    fields: bool = False
    pattern_file: str | None = None
    seam_file: str | None = None
    style: Restyle = field(default_factory=Restyle)


@dataclass(frozen=True)
class Look:
    """A finished look: its folder, what was assumed, and what was measured."""

    folder: Path
    notes: tuple[Mapping[str, Any], ...]
    certificate: Mapping[str, Any]

    def summary(self) -> dict[str, Any]:
        """Return where everything is, as plain values."""
        files = {name: what for name, what in CONTENTS.items() if (self.folder / name).exists()}
        return {
            "look": str(self.folder),
            "files": files,
            "notes": list(self.notes),
            "certificate": dict(self.certificate),
        }


def try_on(
    text: str,
    out: Path,
    settings: StudioSettings | None = None,
    *,
    cache: Cache | None = None,
    reporter: Reporter | None = None,
) -> Look:
    """Make a look from a sentence: every stage, into a folder.

    Args:
        text: what to make, in Chinese or English.
        out: the look folder; stages that are finished there for the same inputs are kept.
        settings: what the sentence leaves open.
        cache: shares bodies and simulations between folders; None computes them here.
        reporter: shows progress.

    Raises:
        BadInput, Infeasible, Unsupported: the request cannot be made.
        CannotWrite: the folder cannot be written, or the disk is full.
    """
    settings = _checked(settings or StudioSettings())
    with open_look(out, cache, reporter) as look:
        request = read_request(look, text, settings)
        resolved = resolve_request(look, request, settings)
        avatar = fit_body(look, resolved)
        pattern = make_pattern(look, resolved, avatar, settings)
        simulation = simulate_cloth(look, resolved, avatar, pattern, settings)
        render_views(look, resolved, simulation, settings)
        export_files(look, resolved, avatar, simulation)
        return certify_files(look)


def read_request(look: LookFolder, text: str, settings: StudioSettings) -> TryOnRequest:
    """Read a sentence into `request.json`; what the settings say about motion and views is part of the request."""
    from toile.garments.spec import request_from_json
    from toile.llm import parse
    from toile.llm.settings import settings_from

    path, reader = look.path / "request.json", settings_from()

    def make(_progress: Progress) -> TryOnRequest:
        request = _with_settings(parse(text, reader), settings)
        write_text(path, request.to_json() + "\n")
        return request

    look.facts["text"] = text
    inputs = {"text": text, "reader": [reader.reader, reader.model, reader.url], **_overrides(settings)}
    return look.stage(
        "request", inputs, _LANGUAGE, ["request.json"], make, lambda: request_from_json(path.read_bytes())
    )


def resolve_request(look: LookFolder, request: TryOnRequest, settings: StudioSettings) -> ResolvedRequest:
    """Fill in the defaults; `run.json` says what was chosen and why."""
    from toile.engine.core.device import default_device
    from toile.garments.resolve import resolve

    resolved = with_fabrics(resolve(request), request, look.facts.get("text"), settings.fabric, look.path)
    if settings.motion_file is not None:
        from toile.motions import with_motion_file

        resolved = with_motion_file(resolved, Path(settings.motion_file), settings.motion_start)
    if settings.body is not None:
        from toile.bodies import with_body

        asked = settings.motion is not None or settings.motion_file is not None
        resolved = with_body(resolved, Path(settings.body), settings.betas, asked)
    if request.language == "zh":
        from toile.llm.notes_zh import translated

        resolved = replace(resolved, notes=translated(resolved.notes))
    look.facts.update(
        resolved=resolved.to_dict(), settings=asdict(settings), seed=settings.seed, device=default_device()
    )
    look.save()
    return resolved


def fit_body(look: LookFolder, resolved: ResolvedRequest) -> Avatar:
    """Fit the body to the wearer, into `avatar.json`."""
    from toile.bodies import BodyFile, body_inputs, make_body

    wearer = resolved.wearer

    def make(_progress: Progress) -> Avatar:
        avatar = make_body(wearer)
        write_json(look.path / "avatar.json", avatar.to_json())
        return avatar

    shared = not isinstance(wearer, BodyFile)  # a kept copy would name the place where the file lay then
    return look.stage(
        "avatar",
        body_inputs(wearer),
        _BODY,
        ["avatar.json"],
        make,
        lambda: load_avatar(look.path),
        shared=shared,
    )


def draft_pattern(look: LookFolder, resolved: ResolvedRequest, avatar: Avatar) -> Pattern:
    """Draft the flat pattern for a body, into `pattern.json`, `.svg`, `.dxf` and `.pdf`."""
    from toile.garments.drafting import draft
    from toile.garments.pattern_json import pattern_to_json
    from toile.pattern_files import cloth_looks, write_drawings

    def make(_progress: Progress) -> Pattern:
        pattern = draft(resolved.garments, avatar.figure.measurements)
        write_json(look.path / "pattern.json", pattern_to_json(pattern))
        write_drawings(look.path, pattern, cloth_looks(resolved.garments))
        return load_pattern(look.path)  # what is sewn is what the file says, to the last digit

    inputs = {"garments": [asdict(g) for g in resolved.garments], "body": asdict(avatar.figure.measurements)}
    outputs = ["pattern.json", "pattern.svg", "pattern.dxf", "pattern.pdf"]
    return look.stage("pattern", inputs, _DRAFTING, outputs, make, lambda: load_pattern(look.path))


def make_pattern(
    look: LookFolder, resolved: ResolvedRequest, avatar: Avatar, settings: StudioSettings
) -> Pattern:
    """Draft the pattern, or take the one that the settings name, into `pattern.json`, `.svg`, `.dxf` and `.pdf`."""
    if settings.pattern_file is None:
        return draft_pattern(look, resolved, avatar)
    from toile.garments.pattern_json import pattern_to_json
    from toile.imported import read_pattern, seam_file_of, worn_as
    from toile.pattern_files import cloth_looks, write_drawings

    path = Path(settings.pattern_file)
    seams = Path(settings.seam_file) if settings.seam_file is not None else None

    def make(_progress: Progress) -> Pattern:
        pattern = worn_as(read_pattern(path, seams), resolved.garments)
        write_json(look.path / "pattern.json", pattern_to_json(pattern))
        write_drawings(look.path, pattern, cloth_looks(resolved.garments))
        return load_pattern(look.path)

    beside = seam_file_of(path, seams)
    inputs = {
        "garments": [asdict(g) for g in resolved.garments],
        "file": digest_file(path) if path.is_file() else None,
        "seams": digest_file(beside) if beside.is_file() else None,
    }
    outputs = ["pattern.json", "pattern.svg", "pattern.dxf", "pattern.pdf"]
    return look.stage("pattern", inputs, _DRAFTING, outputs, make, lambda: load_pattern(look.path))


def mesh_edge(pattern: Pattern) -> float:
    """Return the edge length [m] of a cloth mesh: `FINEST_EDGE`, coarser where that would take over `MESH_VERTICES`.

    An even mesh of edge e has one vertex to sqrt(3) / 2 e^2 of cloth.
    """
    import numpy as np

    area = 0.0
    for panel in pattern.panels:
        x, y = panel.outline.T
        area += 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))
    return round(min(max(FINEST_EDGE, math.sqrt(area / (0.866 * MESH_VERTICES))), EDGE_BOUNDS[1]), 5)


def simulate_cloth(
    look: LookFolder, resolved: ResolvedRequest, avatar: Avatar, pattern: Pattern, settings: StudioSettings
) -> Simulation:
    """Sew the pattern round the body and simulate it over the motion, into `simulation.npz`.

    On the way there are checkpoints in `checkpoint`, from which a killed run goes on.

    Raises:
        Infeasible: the garment cannot be put on, or not be kept clean; the frames before are in `simulation.npz`.
    """
    from toile.engine.cloth.checkpoint import Checkpoints
    from toile.engine.cloth.cleanliness import Stopped
    from toile.engine.cloth.settings import ClothSettings
    from toile.engine.cloth.sewing import dressed
    from toile.engine.cloth.simulate import simulate
    from toile.engine.core.simulation import load_simulation
    from toile.motions import motion_inputs

    path = look.path / "simulation.npz"
    cloth_settings = ClothSettings(seed=settings.seed)
    edge = settings.edge_length or mesh_edge(pattern)

    def make(progress: Progress) -> Simulation:
        cloth, drawn = dressed(pattern, avatar.figure, edge)
        if drawn is not None:
            look.facts["sewing"] = asdict(drawn)
        motion = body_motion(resolved, avatar)
        preview = watching(look, motion, cloth) if settings.watch else None
        checkpoints = Checkpoints(look.path / CHECKPOINT, look.key("simulation", inputs, _CLOTH))
        try:
            simulation = simulate(
                cloth, motion, cloth_settings, progress, watch=preview, checkpoints=checkpoints
            )
        except Stopped as error:
            if error.kept is None:
                raise
            error.kept.save(path)
            raise Infeasible(
                f"{error} The {len(error.kept.cloth_vertices)} frames before are in {path}; "
                f"`toile render {look.path}` shows them."
            ) from error
        simulation.save(path)
        checkpoints.clear()
        return simulation

    inputs = {
        "pattern": look.digest("pattern.json"),
        "avatar": look.digest("avatar.json"),
        "motion": motion_inputs(resolved.motion),
        "edge_length": edge,
        "settings": asdict(cloth_settings),
        "device": look.facts["device"],
    }
    return look.stage(
        "simulation", inputs, _CLOTH, ["simulation.npz"], make, lambda: load_simulation(path), shared=True
    )


def watching(look: LookFolder, motion: BodyMotion, cloth: ClothMesh) -> Preview:
    """Return the preview that draws the frames of a simulation into the look folder as they come."""
    import numpy as np

    from toile.preview import Preview

    faces = np.asarray(motion.rig.faces, np.int32)
    return Preview(look.path, faces, cloth.faces, motion.frame_count)


def pattern_of_fabric(look: LookFolder, settings: StudioSettings) -> Pattern:
    """Return the look's pattern; of the fabric that the settings name, if they do, and then also in its file."""
    from toile.fabrics import own_fabric
    from toile.garments.pattern_json import pattern_to_json

    pattern = load_pattern(look.path)
    if settings.fabric is None:
        return pattern
    name = own_fabric(settings.fabric).name
    pattern = replace(pattern, fabrics=tuple(name for _ in pattern.fabrics))
    write_json(look.path / "pattern.json", pattern_to_json(pattern))
    return load_pattern(look.path)


def write_fields(look: LookFolder, simulation: Simulation) -> None:
    """Write strain, stress and contact pressure of every frame into `fields.npz`."""
    import numpy as np

    from toile.engine.cloth.fields import fields
    from toile.garments.fabric import fabric

    found = fields(simulation, [fabric(name) for name in load_pattern(look.path).fabrics])
    with atomic_path(look.path / "fields.npz") as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **found)  # type: ignore[arg-type]


def body_motion(resolved: ResolvedRequest, avatar: Avatar) -> BodyMotion:
    """Return the body moving as the request says; its flesh gives way where parts of it meet."""
    from toile.avatars.flesh import YieldingMotion
    from toile.motions import make_body_motion

    return YieldingMotion(make_body_motion(resolved.motion, avatar))


def export_files(look: LookFolder, resolved: ResolvedRequest, avatar: Avatar, simulation: Simulation) -> None:
    """Write body and garments, animated, into `look.glb`."""
    from toile.avatars.mannequin import mannequin
    from toile.engine.export.gltf import GltfSettings, export_gltf, fabric_material
    from toile.garments.fabric import fabric
    from toile.motions import motion_inputs

    materials = [
        fabric_material(g.name, fabric(g.fabric), g.colour_hex, g.print, g.print_colours, g.print_scale_cm)
        for g in resolved.garments
    ]

    def make(progress: Progress) -> None:
        settings = GltfSettings(mannequin=mannequin(avatar.sex))
        moving = body_motion(resolved, avatar)
        export_gltf(look.path / "look.glb", simulation, moving, materials, settings, progress)

    inputs = {
        "simulation": look.digest("simulation.npz"),
        "avatar": look.digest("avatar.json"),
        "motion": motion_inputs(resolved.motion),
        "materials": [
            [g.name, g.fabric, g.colour_hex, g.print, list(g.print_colours), g.print_scale_cm]
            for g in resolved.garments
        ],
    }
    look.stage("export", inputs, _FILES, ["look.glb"], make, lambda: None)


def certify_files(look: LookFolder) -> Look:
    """Measure what lies in the look folder, into `certificate.json`."""
    from toile.engine.export.certificate import write_certificate

    with look.reporter.stage("certificate") as progress:
        certificate = write_certificate(look.path, progress)
    notes = tuple(look.facts.get("resolved", {}).get("notes", ()))
    return Look(look.path, notes, certificate)


def simulate_look(
    folder: Path,
    settings: StudioSettings,
    *,
    cache: Cache | None = None,
    reporter: Reporter | None = None,
) -> Look:
    """Simulate a look folder's request and pattern (which may have been edited) again, then certify it."""
    settings = _checked(settings)
    existing_look(folder, "request.json", "pattern.json")
    with open_look(folder, cache, reporter) as look:
        if settings.body is None:  # the body that the look was made for
            settings = _checked(replace(settings, **_recorded_body(look.facts.get("settings"))))
        request = _with_settings(stored_request(look, folder / "request.json"), settings)
        write_text(folder / "request.json", request.to_json() + "\n")
        resolved = resolve_request(look, request, settings)
        avatar = fit_body(look, resolved)
        if settings.pattern_file is not None:
            make_pattern(look, resolved, avatar, settings)
        simulation = simulate_cloth(look, resolved, avatar, pattern_of_fabric(look, settings), settings)
        if settings.fields:
            write_fields(look, simulation)
        return certify_files(look)


def render_look(folder: Path, settings: StudioSettings, *, reporter: Reporter | None = None) -> Look:
    """Render a look folder's simulation again, from other sides or at another size."""
    from toile.engine.core.simulation import load_simulation

    settings = _checked(settings)
    existing_look(folder, "request.json", "simulation.npz")
    with open_look(folder, None, reporter) as look:
        request = _with_settings(stored_request(look, folder / "request.json"), settings)
        moved = _as_mapping(look.facts.get("resolved"))  # so does a motion that came from a file
        made = look.facts.get("settings")  # the simulation's own seed and mesh stay on record
        if isinstance(made, dict):
            kept = {k: made[k] for k in ("seed", "edge_length") if isinstance(made.get(k), int | float)}
            settings = replace(settings, **kept)
        resolved = resolve_request(look, request, settings)
        if any("digest" in _as_mapping(moved.get(part)) for part in ("motion", "wearer")):
            look.facts["resolved"].update({k: moved[k] for k in ("motion", "wearer", "notes") if k in moved})
            look.facts["settings"].update(_recorded_body(made))
            look.save()
        render_views(look, resolved, load_simulation(folder / "simulation.npz"), settings)
        if (folder / "certificate.json").exists():  # it holds the digests of the pictures
            return certify_files(look)
    return Look(folder, (), {})


def _recorded_body(made: Any) -> dict[str, Any]:
    """Return the settings that name the body of a look, from its `run.json`."""
    body, betas = _as_mapping(made).get("body"), _as_mapping(made).get("betas")
    return {"body": body, "betas": betas if isinstance(betas, int) else None} if isinstance(body, str) else {}


def certify_look(folder: Path, *, reporter: Reporter | None = None) -> Mapping[str, Any]:
    """Measure a look folder again."""
    existing_look(folder, "simulation.npz")
    with open_look(folder, None, reporter) as look:
        return certify_files(look).certificate


def load_avatar(folder: Path) -> Avatar:
    """Read `avatar.json` of a look folder.

    Raises:
        DamagedFile: it is missing or not what `Avatar.to_json` wrote.
    """
    from toile.avatars.model import Avatar

    path = folder / "avatar.json"
    try:
        return Avatar.from_json(read_json(path))
    except (BadInput, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedFile(
            f"{path} is not an avatar ({error}); run `toile try-on` into this folder again."
        ) from error


def load_pattern(folder: Path) -> Pattern:
    """Read `pattern.json` of a look folder.

    Raises:
        DamagedFile: it is missing or not a pattern.
    """
    from toile.garments.pattern_json import pattern_from_json

    path = folder / "pattern.json"
    document = read_json(path)
    try:
        return pattern_from_json(document)
    except DamagedFile as error:
        raise DamagedFile(f"{path}: {error}") from error


def make_avatar(
    wearer: Mapping[str, float],
    sex: str,
    body: Path | None = None,
    betas: int | None = None,
    *,
    age: float | None = None,
    face: int = 0,
) -> Avatar:
    """Fit a body to measurements in centimetres and kilograms, keyed as in the request's wearer.

    Args:
        wearer: measurements.
        sex: of the prior that infers the others.
        body: file of SMPL-X and its family, or of a mesh, which is measured as it is; None is our own.
        betas: how many shape coefficients of that file are fitted; None is all of them.
        age: years, of an adult: how our own body's face and posture age.
        face: 0 is the face that follows from the measurements, any other number another one.

    Raises:
        BadInput: a measurement is impossible, or in another unit; a face for a body that has its own.
        Infeasible: no body has them together.
    """
    from toile.avatars.fit import fit_avatar
    from toile.avatars.plausible import checked_age, unit_hint
    from toile.garments.spec import out_of_bounds

    checked_age(age)
    for name, value in wearer.items():
        if sentence := out_of_bounds(name, value, wearer=True):
            hint = unit_hint("mass" if name == "weight_kg" else name.removesuffix("_cm"), value)
            raise BadInput(f"{sentence.split('; ')[0]}; {hint}." if hint else sentence)
    metres = {n.removesuffix("_cm"): v / 100.0 for n, v in wearer.items() if n != "weight_kg"}
    if "weight_kg" in wearer:
        metres["mass"] = wearer["weight_kg"]
    if body is not None:
        from toile.bodies import fit_file

        if face:
            raise BadInput(f"{body.name} has its own face; leave face {face} out.")
        return fit_file(body, metres, sex, betas)
    return fit_avatar(metres, sex, age=age, face=face)


def write_avatar(
    avatar: Avatar, path: Path, extras: Sequence[ExtraMesh] = (), *, skin: str = "", hair: str = ""
) -> None:
    """Write a body, in its dressing pose and skinned to its rig, as a GLB file, with meshes beside it.

    Raises:
        BadInput: a tone of skin or hair that there is not.
    """
    from toile.avatars.mannequin import mannequin
    from toile.engine.export.gltf import export_gltf_body

    figure = mannequin(avatar.sex, skin=skin, hair=hair, age=avatar.age)
    make_folder(path.parent)
    export_gltf_body(path, avatar.rig, figure, extras, avatar.figure.part_of_vertex)


def stored_request(look: LookFolder, path: Path) -> TryOnRequest:
    """Read a request file into the look folder."""
    from toile.garments.spec import request_from_json

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DamagedFile(
            f"{path} cannot be read ({error}); write the request again with `toile parse --json`."
        ) from error
    request = request_from_json(text)
    if path.resolve() != (look.path / "request.json").resolve():
        write_text(look.path / "request.json", request.to_json() + "\n")
    return request


def _as_mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _overrides(settings: StudioSettings) -> dict[str, Any]:
    return {
        k: v
        for k, v in asdict(settings).items()
        if k in ("motion", "seconds", "fps", "views") and v is not None
    }


def _with_settings(request: TryOnRequest, settings: StudioSettings) -> TryOnRequest:
    """Return the request with the motion and views that the settings name, checked as if they had been said.

    Raises:
        BadInput: an unknown motion, or a value out of bounds.
    """
    from toile.garments.spec import request_from_json

    given = _overrides(settings)
    if not given:
        return request
    document = request.to_dict()
    motion, views = document["motion"], document["views"]
    if "motion" in given:
        motion["name"] = given["motion"]
    if "seconds" in given:
        motion["seconds"] = given["seconds"]
    if "fps" in given:
        motion["fps"] = int(given["fps"]) if float(given["fps"]).is_integer() else given["fps"]
    if "views" in given:
        views["azimuths_deg"], views["count"] = list(given["views"]), None
    return request_from_json(json.dumps(document))


def _checked(settings: StudioSettings) -> StudioSettings:
    if settings.motion_file is not None and settings.motion is not None:
        raise BadInput(f"Both a motion ({settings.motion}) and a motion file are given; give one of them.")
    if settings.motion_file is None and settings.motion_start != 0.0:
        raise BadInput(f"A start of {settings.motion_start:g} s belongs to a motion file, and none is given.")
    if settings.betas is not None and settings.body is None:
        raise BadInput(
            f"{settings.betas} betas belong to a body file of SMPL-X, and none is given; name it with --body."
        )
    if settings.body is not None:
        from toile.bodies import check_body

        check_body(Path(settings.body), settings.betas)
    if settings.motion_file is not None:
        from toile.motions import check_motion_file

        check_motion_file(Path(settings.motion_file), settings.motion_start)
    low, high = SIZE_BOUNDS
    if not low <= settings.size <= high:
        raise BadInput(
            f"A view of {settings.size} pixels cannot be made; give a size between {low} and {high}."
        )
    least, greatest = EDGE_BOUNDS
    if settings.edge_length is not None and not least <= settings.edge_length <= greatest:
        raise BadInput(
            f"A cloth mesh with edges of {1000 * settings.edge_length:g} mm cannot be made; "
            f"give between {1000 * least:g} and {1000 * greatest:g} mm."
        )
    return settings

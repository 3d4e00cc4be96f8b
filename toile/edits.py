"""A look changed in words: `edit_look(folder, "再短一点，换成真丝")`; only stages downstream of the change run again."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toile.cache import Cache
from toile.engine.core.errors import DamagedFile, ToileError
from toile.engine.core.files import write_text
from toile.garments.resolve import resolve
from toile.garments.spec import request_from_json
from toile.llm.edit import Change, Edited, edit
from toile.pictures import render_views
from toile.stages import LookFolder, Reporter, existing_look, open_look
from toile.studio import (
    Look,
    StudioSettings,
    certify_files,
    export_files,
    fit_body,
    load_pattern,
    make_pattern,
    resolve_request,
    simulate_cloth,
    stored_request,
)

if TYPE_CHECKING:
    from toile.garments.pattern import Pattern
    from toile.garments.spec import TryOnRequest


def change_request(folder: Path, text: str) -> Edited:
    """Return what an edit would make of a look folder's request; nothing is written.

    Raises:
        BadInput: there is no such look, or the text changes nothing that can be understood.
    """
    existing_look(folder, "request.json")
    request = request_from_json((folder / "request.json").read_bytes())
    try:
        return edit_request(request, text, load_pattern(folder))
    except DamagedFile:
        return edit_request(request, text)  # a look without a pattern yet: its request alone can be edited


def edit_request(request: TryOnRequest, text: str, pattern: Pattern | None = None) -> Edited:
    """Return a request changed in words, where "shorter" starts from what is made of it.

    Args:
        request: what is to be changed.
        text: the change.
        pattern: what was drafted of it, where "tighter" starts if nobody stated the girth.
    """
    made: list[dict[str, Any]] = []
    for garment in resolve(request).garments:
        values = {k: v for k, v in asdict(garment).items() if v is not None}
        made.append({**values, "colour": {"name": garment.colour_name, "hex": garment.colour_hex}})
    for measure in pattern.measures if pattern is not None else ():
        if measure.garment < len(made):
            made[measure.garment].setdefault(measure.name, round(100.0 * measure.drafted, 1))
    return edit(request, text, made)


def edit_look(
    folder: Path,
    text: str,
    *,
    out: Path | None = None,
    cache: Cache | None = None,
    reporter: Reporter | None = None,
) -> tuple[Look, Edited]:
    """Change a look's request in words and make it again, with the settings that it was made with.

    Args:
        folder: the look.
        text: the change, in Chinese or English.
        out: another folder for the result; None changes the look where it is.
        cache: shares bodies and simulations between folders.
        reporter: shows progress; stages that the change does not reach are kept.

    Raises:
        BadInput, Infeasible, Unsupported: the change cannot be understood or made; the look stays as it was.
    """
    place = out or folder
    resumed = _unfinished(place, text)
    edited = resumed or change_request(folder, text)
    resolve(edited.request)  # refused before anything is written
    with open_look(folder) as source:
        settings, facts = _settings(source, edited), dict(source.facts)
    before = (folder / "request.json").read_text(encoding="utf-8")
    with open_look(place, cache, reporter) as look:
        path = look.path / "request.json"
        if resumed is None:
            history = [*(facts.get("edits") or ()), text]
            look.facts.update(text=facts.get("text"), edits=history, editing=_record(text, edited))
            look.stages.pop("request", None)  # the file is no longer what the first sentence says
            write_text(path, edited.request.to_json() + "\n")
            look.save()
        try:
            made = _made(look, settings)
        except ToileError:
            if place == folder and resumed is None:
                write_text(path, before)
                look.facts.update(edits=facts.get("edits") or [])
                look.facts.pop("editing", None)
                look.save()
            raise
        look.facts.pop("editing", None)
        look.save()
        return made, edited


def _made(look: LookFolder, settings: StudioSettings) -> Look:
    request = stored_request(look, look.path / "request.json")
    resolved = resolve_request(look, request, settings)
    avatar = fit_body(look, resolved)
    pattern = make_pattern(look, resolved, avatar, settings)
    simulation = simulate_cloth(look, resolved, avatar, pattern, settings)
    render_views(look, resolved, simulation, settings)
    export_files(look, resolved, avatar, simulation)
    return certify_files(look)


def _record(text: str, edited: Edited) -> dict[str, Any]:
    return {"text": text, "changes": [[c.field, c.words, c.assumed] for c in edited.changes]}


def _unfinished(place: Path, text: str) -> Edited | None:
    """Return the edit that a killed run had begun in a folder with the same words: it is gone on with, not made twice."""
    if not (place / "request.json").is_file():
        return None
    with open_look(place) as look:
        begun = look.facts.get("editing")
    if not isinstance(begun, dict) or begun.get("text") != text:
        return None
    changes = tuple(Change(field, None, None, words, assumed) for field, words, assumed in begun["changes"])
    return Edited(request_from_json((place / "request.json").read_bytes()), changes)


def _settings(look: LookFolder, edited: Edited) -> StudioSettings:
    """Return the settings on record, without those that the change replaces."""
    kept: dict[str, Any] = look.facts.get("settings") or {}
    known = {f.name for f in fields(StudioSettings)}
    given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in kept.items() if k in known}
    changed = {change.field.split(".")[0].split("[")[0] for change in edited.changes}
    for name in ("motion", "seconds", "fps"):
        given[name] = None  # these are part of the request already
    if "motion" in changed:
        given["motion_file"] = None
    given["views"] = None
    if "garments" in changed:
        given["pattern_file"] = given["seam_file"] = None
    return StudioSettings(**given)

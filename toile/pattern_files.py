"""`toile draft`: the pattern of a request in every file a cutter, a CAD system or a simulator takes, in one size or a run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toile.cache import Cache
from toile.engine.core.errors import BadInput
from toile.engine.core.files import make_folder, write_bytes, write_json, write_text
from toile.stages import Reporter, open_look

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from toile.garments.grading import Run
    from toile.garments.pattern import Pattern
    from toile.garments.print_drawing import ClothLook
    from toile.garments.resolved import ResolvedGarment
    from toile.garments.spec import TryOnRequest
    from toile.studio import StudioSettings

PATTERN_FILES: Mapping[str, str] = {
    "pattern.json": "the flat pattern, exact",
    "pattern.svg": "the flat pattern, drawn to scale",
    "pattern.dxf": "the flat pattern, for CAD (ASTM D6673 layers)",
    "pattern.pdf": "the flat pattern at 1:1 on A4, to print and glue",
    "pattern-a0.pdf": "the flat pattern at 1:1 on A0, for a plotter",
    "pattern.seams.json": "the DXF's seams",
    "pattern_specification.json": "the flat pattern as GarmentCode's JSON",
    "nest.svg": "all sizes over one another",
    "grading.json": "every measurement in every size",
}


def cloth_looks(garments: Sequence[ResolvedGarment]) -> tuple[ClothLook, ...]:
    """Return colour and print of garments as pattern drawings take them."""
    from toile.garments.fabric import fabric
    from toile.garments.print_drawing import ClothLook

    return tuple(
        ClothLook(
            g.colour_hex,
            g.print,
            g.print_colours,
            g.print_scale_cm,
            fabric(g.fabric).weave in ("jersey", "rib"),
        )
        for g in garments
    )


def write_pattern(
    folder: Path,
    pattern: Pattern,
    looks: Sequence[ClothLook] = (),
    facts: Mapping[str, str] | None = None,
    *,
    papers: Sequence[str] = ("A4",),
    landmarks: Mapping[str, NDArray[np.floating]] | None = None,
) -> list[str]:
    """Write a pattern's files into a folder, and return their names.

    JSON, SVG, DXF with its seam file, PDF on each paper, and GarmentCode's JSON, hung round a body with these landmarks.
    """
    from toile.garments.dxf_import import seams_of_pattern
    from toile.garments.garmentcode import pattern_to_garmentcode
    from toile.garments.pattern_dxf import block_names
    from toile.garments.pattern_json import pattern_to_json

    write_json(folder / "pattern.json", pattern_to_json(pattern))
    names = ["pattern.json", *write_drawings(folder, pattern, looks, facts, papers=papers)]
    write_json(folder / "pattern_specification.json", pattern_to_garmentcode(pattern, landmarks))
    write_json(folder / "pattern.seams.json", seams_of_pattern(pattern, block_names(pattern.every_piece)))
    return [*names, "pattern_specification.json", "pattern.seams.json"]


def write_drawings(
    folder: Path,
    pattern: Pattern,
    looks: Sequence[ClothLook] = (),
    facts: Mapping[str, str] | None = None,
    *,
    papers: Sequence[str] = ("A4",),
) -> list[str]:
    """Write `pattern.svg`, `.dxf` and a PDF for each paper, and return their names."""
    from toile.garments.pattern_dxf import pattern_to_dxf
    from toile.garments.pattern_pdf import pattern_to_pdf
    from toile.garments.pattern_svg import pattern_to_svg

    write_text(folder / "pattern.svg", pattern_to_svg(pattern, looks, facts))
    write_text(folder / "pattern.dxf", pattern_to_dxf(pattern))
    names = ["pattern.svg", "pattern.dxf"]
    for paper in papers:
        name = "pattern.pdf" if paper == "A4" else f"pattern-{paper.lower()}.pdf"
        write_bytes(folder / name, pattern_to_pdf(pattern, paper, facts))
        names.append(name)
    return names


def draft_only(
    source: str | Path,
    out: Path,
    settings: StudioSettings,
    *,
    sizes: Sequence[str] = (),
    papers: Sequence[str] = ("A4",),
    cache: Cache | None = None,
    reporter: Reporter | None = None,
) -> dict[str, Any]:
    """Draft the pattern of a sentence or of a request file, in one size or a run, and return what it measures.

    Args:
        sizes: labels of a run; its sample is the size that the request names, or the middle one.
        papers: what the PDFs are laid out on: A4, A0.

    Raises:
        BadInput, Infeasible, Unsupported: the request cannot be made, or not in one of the sizes.
    """
    from toile.studio import draft_pattern, fit_body, read_request, resolve_request, stored_request

    with open_look(out, cache, reporter) as look:
        if isinstance(source, Path):
            request = stored_request(look, source)
        else:
            request = read_request(look, source, settings)
        if sizes:
            request, sample = sized(request, sizes)
        resolved = resolve_request(look, request, settings)
        avatar = fit_body(look, resolved)
        pattern = draft_pattern(look, resolved, avatar)
        looks = cloth_looks(resolved.garments)
        size = request.wearer.size
        facts = {"size": size} if size else {}
        files = write_pattern(out, pattern, looks, facts, papers=papers, landmarks=avatar.figure.landmarks)
        summary: dict[str, Any] = {"folder": str(out), **describe(pattern)}
        if sizes:
            run = _graded(request, sizes, sample, resolved.garments, resolved.wearer.sex)
            files += _write_run(out, run, looks, papers)
            summary["sizes"] = _run_summary(run)
    summary["files"] = files
    summary["notes"] = [note.model_dump(mode="json") for note in resolved.notes]
    return summary


def describe(pattern: Pattern) -> dict[str, Any]:
    """Return a pattern's points of measure, cutting list and seams as plain values, centimetres."""
    from toile.garments.cutting_list import cutting_list

    measures = [
        {
            "garment": m.garment,
            "name": m.name,
            "requested_cm": None if m.requested is None else round(100.0 * m.requested, 3),
            "drafted_cm": round(100.0 * m.drafted, 3),
            "tolerance_cm": round(100.0 * m.tolerance, 3),
            "how": m.how,
        }
        for m in pattern.measures
    ]
    lengths = {(p.name, e.name): 100.0 * e.length for p in pattern.panels for e in p.edges}
    seams = [
        {
            "name": s.name,
            "kind": s.kind,
            "first": list(s.first),
            "second": list(s.second),
            "first_cm": round(lengths[s.first], 3),
            "second_cm": round(lengths[s.second], 3),
            "ease_cm": round(100.0 * s.ease, 3),
        }
        for s in pattern.seams
    ]
    return {
        "panels": [p.name for p in pattern.panels],
        "measures": measures,
        "pieces": [piece.to_dict() for piece in cutting_list(pattern)],
        "seams": seams,
        "pattern_notes": list(pattern.notes),
    }


def sized(request: TryOnRequest, sizes: Sequence[str]) -> tuple[TryOnRequest, int]:
    """Return the request for the sample of a run of sizes, and which of them that is."""
    labels = [size.strip() for size in sizes]
    if any(not label for label in labels):
        raise BadInput("The run of sizes has an empty label; write it as 155/80A,160/84A,165/88A.")
    named = request.wearer.size
    known = [_plain(label) for label in labels]
    sample = known.index(_plain(named)) if named and _plain(named) in known else (len(labels) - 1) // 2
    return of_size(request, labels[sample]), sample


def of_size(request: TryOnRequest, label: str) -> TryOnRequest:
    """Return the request for a wearer of a size: girths and height follow from it, the sex stays as it was."""
    from toile.garments.spec import WearerSpec

    return request.model_copy(update={"wearer": WearerSpec(sex=request.wearer.sex, size=label)})


def _plain(label: str) -> str:
    return re.sub(r"\s+", "", label).upper()


def _graded(
    request: TryOnRequest,
    sizes: Sequence[str],
    sample: int,
    garments: Sequence[ResolvedGarment],
    sex: str,
) -> Run:
    from toile.avatars.fit import fit_avatar
    from toile.garments.grading import Size, grade
    from toile.garments.resolve import resolve

    bodies = []
    for label in sizes:
        wearer = resolve(of_size(request, label.strip())).wearer
        figure = fit_avatar(dict(wearer.measurements), wearer.sex).figure
        bodies.append(Size(label.strip(), figure.measurements))
    return grade(garments, bodies, sample, sex)


def size_folder(label: str) -> str:
    """Return a folder name for a size label: 165/88A -> 165-88A."""
    return re.sub(r"[^A-Za-z0-9]+", "-", label).strip("-") or "size"


def _write_run(out: Path, run: Run, looks: Sequence[ClothLook], papers: Sequence[str]) -> list[str]:
    from toile.garments.grading import grade_report
    from toile.garments.nest_svg import nest_to_svg

    names = []
    for size, pattern in zip(run.sizes, run.patterns, strict=True):
        folder = make_folder(out / size_folder(size.label))
        written = write_pattern(folder, pattern, looks, {"size": size.label}, papers=papers)
        names += [f"{folder.name}/{name}" for name in written]
    write_text(out / "nest.svg", nest_to_svg(run))
    report = {"sample": run.sizes[run.sample].label, "measures": grade_report(run)}
    write_json(out / "grading.json", report)
    return [*names, "nest.svg", "grading.json"]


def _run_summary(run: Run) -> dict[str, Any]:
    from toile.garments.grading import grade_report

    return {
        "labels": [size.label for size in run.sizes],
        "sample": run.sizes[run.sample].label,
        "folders": {size.label: size_folder(size.label) for size in run.sizes},
        "measures": grade_report(run),
    }

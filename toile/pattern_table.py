"""The tables that `toile draft` prints: points of measure, cutting list, and a run's steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def pattern_lines(summary: Mapping[str, Any]) -> Iterable[str]:
    """Return the lines of a draft's summary (`pattern_files.draft_only`)."""
    names = {piece["garment"] for piece in summary["pieces"]}
    order = list(dict.fromkeys(piece["garment"] for piece in summary["pieces"]))
    rows = [("garment", "measure", "requested", "drafted", "tolerance", "how")]
    for m in summary["measures"]:
        asked = "-" if m["requested_cm"] is None else f"{m['requested_cm']:.2f}"
        garment = order[m["garment"]] if m["garment"] < len(order) else str(m["garment"] + 1)
        name = m["name"].removesuffix("_cm")
        rows.append((garment, name, asked, f"{m['drafted_cm']:.2f}", f"{m['tolerance_cm']:.2f}", m["how"]))
    yield "Points of measure, cm:"
    yield from table(rows, right=(2, 3, 4))
    cut = [("piece", "cut", "width", "height", "grain", "seam", "hem", "notches")]
    for p in summary["pieces"]:
        hem = "-" if p["hem_allowance_cm"] is None else f"{p['hem_allowance_cm']:.1f}"
        cut.append(
            (
                p["name"] if len(names) > 1 else p["name"].split("/", 1)[-1],
                p["cut"],
                f"{p['width_cm']:.1f}",
                f"{p['height_cm']:.1f}",
                f"{p['grain_deg']:.0f}°",
                f"{p['seam_allowance_cm']:.1f}",
                hem,
                str(p["notches"]),
            )
        )
    yield ""
    yield "Pieces, cm with allowances:"
    yield from table(cut, right=(2, 3, 4, 5, 6, 7))
    eased = [s for s in summary["seams"] if abs(s["ease_cm"]) > 0.005]
    yield f"{len(summary['seams'])} seams; with ease: " + (
        ", ".join(f"{s['name'].split('/')[-1]} {s['ease_cm']:+.1f} ({s['kind']})" for s in eased) or "none"
    )
    yield from summary["pattern_notes"]
    if "sizes" in summary:
        yield ""
        yield from _run_lines(summary["sizes"], order)


def _run_lines(run: Mapping[str, Any], garments: Sequence[str]) -> Iterable[str]:
    labels = run["labels"]
    yield f"Sizes, cm (step from the sample, {run['sample']}):"
    rows: list[Sequence[str]] = [("garment", "measure", *labels, "steps by")]
    for m in run["measures"]:
        cells = [f"{m['sizes'][k]['drafted_cm']:.1f} ({m['sizes'][k]['step_cm']:+.2f})" for k in labels]
        by = f"table, {m['follows_body']}" if m["graded"] else "follows"
        rows.append((garments[m["garment"]], m["name"].removesuffix("_cm"), *cells, by))
    yield from table(rows, right=tuple(range(2, 2 + len(labels))))


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> Iterable[str]:
    """Return rows as aligned lines; columns named in `right` are aligned to the right."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    for row in rows:
        cells = [
            c.rjust(w) if k in right else c.ljust(w) for k, (c, w) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  " + "  ".join(cells).rstrip()

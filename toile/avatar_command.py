"""`toile avatar` and `toile sizes`: a body from measurements or a size label, its tapes, its size in every table."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toile.engine.core.errors import BadInput

if TYPE_CHECKING:
    from toile.avatars.model import Avatar
    from toile.garments.size_tables import SizeTable

LIKELY = 2.5
"""Standard deviations by which a size's value may differ from what the measured ones make likely."""


def add_avatar_options(sub: argparse.ArgumentParser, number: Any) -> None:
    """Add what both commands take: sex, age, measurements, size label and brands' charts."""
    from toile.garments.spec import WEARER_BOUNDS

    sub.add_argument("--sex", choices=("female", "male"), default="female")
    sub.add_argument(
        "--age",
        type=number,
        metavar="YEARS",
        help="of an adult: how face and posture age; no measurement depends on it",
    )
    sub.add_argument(
        "--face",
        type=int,
        default=0,
        metavar="N",
        help="another face: 1 to 10000; 0 is the one that follows from the measurements",
    )
    for name in WEARER_BOUNDS:
        unit = "KG" if name.endswith("_kg") else "CM"
        sub.add_argument(f"--{name.replace('_', '-')}", type=number, metavar=unit)
    sub.add_argument(
        "--size",
        metavar="LABEL",
        help="the wearer's size, e.g. 165/88A, M, EU 38, US 8, W32 L34; what is measured counts before it",
    )
    sub.add_argument(
        "--size-chart",
        type=Path,
        action="append",
        default=[],
        metavar="FILE.csv",
        help="a brand's own chart; may be repeated",
    )


def run_avatar(options: argparse.Namespace) -> None:
    """Fit a body, write what was asked for, print its measurements."""
    from toile.avatar_sheet import tape_meshes, write_sheet
    from toile.studio import write_avatar

    if options.out is not None and options.out.suffix.lower() != ".glb":
        raise BadInput(f"--out {options.out} does not end in .glb; name a .glb file.")
    if options.show_tapes and options.out is None:
        raise BadInput("--show-tapes draws on the body that --out names; give --out FILE.glb as well.")
    avatar, notes = _fitted(options)
    written = {}
    if options.out is not None:
        tapes = tape_meshes(avatar) if options.show_tapes else ()
        write_avatar(avatar, options.out, tapes, skin=options.skin, hair=options.hair)
        written["body"] = str(options.out)
    if options.show_tapes:
        sheet = options.out.with_suffix(".tapes.png")
        write_sheet(avatar, sheet)
        written["tapes"] = str(sheet)
    rows = dict(measurement_row(name, row) for name, row in avatar.report.items())
    for note in notes:
        print(note, file=sys.stderr)
    if options.json:
        document: dict[str, Any] = {"measurements": rows}
        if notes:
            document["notes"] = notes
        print(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False))
        return
    for name, row in rows.items():
        asked = "" if row["requested"] is None else f"requested {row['requested']:.1f}, "
        print(f"{name:24} {asked}achieved {row['achieved']:.1f} ({row['source']})")
    for what, where in written.items():
        print(f"The {'body is' if what == 'body' else 'tapes are drawn'} in {where}.")


def run_sizes(options: argparse.Namespace) -> None:
    """Print one body's size in every table and brand's chart."""
    from toile.garments.size_tables import sizes_of

    avatar, notes = _fitted(options)
    body = {name: row["achieved"] for name, row in (measurement_row(n, r) for n, r in avatar.report.items())}
    found = sizes_of(body, options.sex, _charts(options))
    for note in notes:
        print(note, file=sys.stderr)
    if options.json:
        rows = dict(measurement_row(name, row) for name, row in avatar.report.items())
        document = {"sizes": [match.to_json() for match in found], "measurements": rows, "notes": notes}
        print(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False))
        return
    for match in found:
        off = ", ".join(
            f"{n.rsplit('_', 1)[0].replace('_', ' ')} {v:+.1f}" for n, v in match.differences.items()
        )
        far = "within" if match.distance_cm < 0.05 else f"{match.distance_cm:.1f} cm off"
        print(f"{match.label:12} {match.table} ({match.status}): {far}; body less size {off} cm")


def measurement_row(name: str, row: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return a row of an avatar's report under the name of its option: `waist` -> `waist_cm`, `mass` -> `weight_kg`.

    An inferred value carries `spread`, the standard deviation that what was stated leaves it.
    """
    unit = "kg" if name == "mass" else "cm"
    requested, achieved = row.get(f"requested_{unit}"), row[f"achieved_{unit}"]
    label = "weight_kg" if name == "mass" else f"{name}_cm"
    found = {"requested": requested, "achieved": round(achieved, 2), "source": row["source"]}
    if f"spread_{unit}" in row:
        found["spread"] = row[f"spread_{unit}"]
    return label, found


def _charts(options: argparse.Namespace) -> tuple[SizeTable, ...]:
    from toile.garments.size_tables import read_chart

    return tuple(table for path in options.size_chart for table in read_chart(path))


def _fitted(options: argparse.Namespace) -> tuple[Avatar, list[str]]:
    """Return the body of the options and what had to be assumed; a size's values yield to what was measured."""
    from toile.garments.sizes import size_body
    from toile.garments.spec import WEARER_BOUNDS
    from toile.studio import make_avatar

    stated = {n: getattr(options, n) for n in WEARER_BOUNDS if getattr(options, n) is not None}
    body = Path(options.body) if getattr(options, "body", None) is not None else None
    betas = getattr(options, "betas", None)
    if betas is not None and body is None:
        raise BadInput(f"--betas {betas} belongs to a body file of SMPL-X; name it with --body.")
    notes: list[str] = []
    implied: dict[str, float] = {}
    if options.size is not None:
        size = size_body(options.size, options.sex, bottom=False, charts=_charts(options))
        implied = {n: v for n, v in size.measurements.items() if n not in stated}
        notes.append(f"{size.remark[:1].upper()}{size.remark[1:]}.")
    if implied and stated:
        measured = make_avatar(stated, options.sex, body, betas, age=options.age, face=options.face).report
        rows = dict(measurement_row(name, row) for name, row in measured.items())
        for name in list(implied):
            if abs(implied[name] - rows[name]["achieved"]) > LIKELY * rows[name]["spread"]:
                amount = implied.pop(name)
                what = name.rsplit("_", 1)[0].replace("_", " ")
                notes.append(
                    f"The size's {what} of {amount:g} is not likely beside what was measured, which counts."
                )
    avatar = make_avatar({**stated, **implied}, options.sex, body, betas, age=options.age, face=options.face)
    return _with_sources(avatar, implied), notes


def _with_sources(avatar: Avatar, implied: Mapping[str, float]) -> Avatar:
    from dataclasses import replace

    report = {
        name: {**row, "source": "size"} if measurement_row(name, row)[0] in implied else row
        for name, row in avatar.report.items()
    }
    return replace(avatar, report=report)

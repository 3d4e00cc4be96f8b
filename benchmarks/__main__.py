"""`python -m benchmarks [CASE …]`: run cases, each in a process of its own, and print one table a family.

A case is `family/name`; a word selects every case that contains it. `--list` names them, `--json FILE` keeps the rows.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import (
    backends,
    cases,
    cloth_creep,
    cloth_speed,
    cloth_starts,
    drafts,
    drapes,
    golden,
    measured_cloths,
    motions,
    peers,
    reference,
    rendering,
    solver_methods,
    solver_walks,
    wardrobe,
)

Row = Mapping[str, Any]
CASES: Mapping[str, cases.Case] = {
    **cases.CASES,
    **backends.CASES,
    **cloth_creep.CASES,
    **cloth_speed.CASES,
    **cloth_starts.CASES,
    **drafts.CASES,
    **drapes.CASES,
    **golden.CASES,
    **measured_cloths.CASES,
    **motions.CASES,
    **peers.CASES,
    **reference.CASES,
    **rendering.CASES,
    **solver_methods.CASES,
    **solver_walks.CASES,
    **wardrobe.CASES,
}


def main() -> int:
    """Run what was asked for; exit 1 when a case failed."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("words", nargs="*", metavar="CASE")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave each look in DIR/case")
    parser.add_argument("--one", metavar="CASE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        return _run_here(options.one, options.keep)
    chosen = [name for name in CASES if not options.words or any(word in name for word in options.words)]
    if options.list or not chosen:
        print("\n".join(CASES))
        return 0 if options.list else 2
    print(_machine(), flush=True)
    rows: dict[str, Row] = {}
    for name in chosen:
        print(f"… {name}", file=sys.stderr, flush=True)
        rows[name] = _run_apart(name, options.keep)
        print(json.dumps({"case": name, **rows[name]}, ensure_ascii=False), flush=True)
    for family in dict.fromkeys(name.split("/")[0] for name in chosen):
        _print_table(family, {n: r for n, r in rows.items() if n.split("/")[0] == family})
    if options.json:
        options.json.write_text(
            json.dumps({"machine": _machine(), "rows": rows}, ensure_ascii=False, indent=1)
        )
    return int(any("failed" in row for row in rows.values()))


def _run_here(name: str, keep: Path | None) -> int:
    started = time.perf_counter()
    row = dict(CASES[name](keep / name.replace("/", "-") if keep else None))
    row["seconds"] = round(time.perf_counter() - started, 2)
    row["memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps(row, ensure_ascii=False))
    return 0


def _run_apart(name: str, keep: Path | None) -> Row:
    command = [sys.executable, "-m", "benchmarks", "--one", name, *(["--keep", str(keep)] if keep else [])]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    try:
        line = done.stdout.splitlines()[-1]
        row = json.loads(line[line.find("{") :])  # after a library's colour codes
    except (IndexError, ValueError):
        return {"failed": f"exit status {done.returncode}"}
    return row if isinstance(row, dict) else {"failed": "no row"}


def _machine() -> str:
    from toile.engine.core.device import default_device

    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    return f"device {default_device()}, {cores} cores, {platform.machine()}, load {load:.1f} at the start"


def _print_table(family: str, rows: Mapping[str, Row]) -> None:
    columns = list(dict.fromkeys(key for row in rows.values() for key in row))
    print(f"\n## {family}\n\n| case | {' | '.join(columns)} |\n|{' --- |' * (len(columns) + 1)}")
    for name, row in rows.items():
        print(f"| {name.split('/', 1)[1]} | {' | '.join(str(row.get(column, '')) for column in columns)} |")


if __name__ == "__main__":
    sys.exit(main())

"""Draft sweeps: random requests over the whole vocabulary on random bodies, and how exact and how quick they are."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.random_requests import Drawn, draws, resolved_garments

Row = Mapping[str, Any]


def faults(drawn: Drawn) -> tuple[list[str], str | None, float]:
    """Draft one request: what is wrong with the pattern, why it was refused (if it was), and the seconds of drafting."""
    from toile.engine.core.errors import ToileError
    from toile.garments.drafting import draft
    from toile.garments.pattern_json import check_pattern

    try:
        garments = resolved_garments(drawn)
        started = time.process_time()
        pattern = draft(garments, drawn.body)
        seconds = time.process_time() - started
    except ToileError as error:
        return [], str(error), 0.0
    except Exception as error:  # what a user would see as our defect
        return [f"{type(error).__name__}: {error}"], None, 0.0
    found = []
    try:
        check_pattern(pattern)
    except ToileError as error:
        found.append(str(error))
    for point in pattern.measures:
        if point.requested is not None and abs(point.drafted - point.requested) > 0.001:
            found.append(f"{point.name} is {100 * point.drafted:.2f}, asked {100 * point.requested:.2f}")
    return found, None, seconds


def sweep(count: int, seed: int, keep: Path | None) -> Row:
    """Draft random requests: how many were drafted, refused, and faulty; the median and slowest drafting."""
    refused: Counter[str] = Counter()
    bad: list[str] = []
    seconds: list[float] = []
    for k, drawn in enumerate(draws(count, seed)):
        found, refusal, taken = faults(drawn)
        if refusal is not None:
            refused[f"{drawn.garment['category']}: {refusal}"] += 1
        elif found:
            bad.append(f"{k} {drawn.garment}: {found[0]}")
        else:
            seconds.append(taken)
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        lines = [*bad, *(f"refused {n}: {words}" for words, n in refused.most_common())]
        (keep / "sweep.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return {
        "requests": count,
        "drafted": len(seconds),
        "faulty": len(bad),
        "refused": sum(refused.values()),
        "refusals_without_a_number": sum(
            n for words, n in refused.items() if not any(c.isdigit() for c in words)
        ),
        "median_ms": round(1000.0 * float(np.median(seconds)), 1) if seconds else "",
        "slowest_ms": round(1000.0 * max(seconds), 1) if seconds else "",
    }


def meshing(edge_mm: float, _keep: Path | None) -> Row:
    """Mesh a dress with long sleeves: CPU seconds, vertices, smallest angle."""
    from toile.garments.drafting import draft
    from toile.garments.meshing import mesh_pattern, sew, smallest_angles
    from toile.garments.style import Style

    body = next(iter(draws(1, 5))).body
    pattern = draft([Style("dress", "dress", "a_line", sleeve="long", length=1.1)], body)
    times = []
    for _ in range(3):
        started = time.process_time()
        meshes = mesh_pattern(pattern, edge_mm / 1000.0)
        sewn = sew(pattern, meshes)
        times.append(time.process_time() - started)
    angles = np.degrees(np.concatenate([smallest_angles(m.points, m.faces) for m in meshes]))
    return {
        "vertices": sewn.vertex_count,
        "mesh_s": round(min(times), 3),
        "smallest_angle_deg": round(float(angles.min()), 1),
        "angle_p1_deg": round(float(np.percentile(angles, 1)), 1),
    }


CASES = {
    "draft/500": partial(sweep, 500, 1),
    "draft/2000": partial(sweep, 2000, 2),
    "draft/mesh-10mm": partial(meshing, 10.0),
    "draft/mesh-12mm": partial(meshing, 12.0),
}

"""The cases: what is run, and the numbers that say how well it came out. Each takes a folder to keep, or None."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.avatars import AVATAR_CASES
from benchmarks.cloth import CLOTH_CASES
from benchmarks.cloth_motion import MOTION_CASES
from benchmarks.language import LANGUAGE

Row = Mapping[str, Any]
Case = Callable[[Path | None], Row]

BODIES: Mapping[str, Mapping[str, Any]] = {
    "158cm-46kg": {"sex": "female", "height_cm": 158.0, "weight_kg": 46.0},
    "168cm-60kg": {"sex": "female", "height_cm": 168.0, "weight_kg": 60.0},
    "175cm-95kg": {"sex": "female", "height_cm": 175.0, "weight_kg": 95.0},
}
GARMENTS: Mapping[str, list[Mapping[str, Any]]] = {
    "skirt": [{"category": "skirt", "silhouette": "a_line", "fabric": "cotton"}],
    "tshirt-trousers": [{"category": "t_shirt"}, {"category": "trousers"}],
    "dress": [{"category": "dress", "silhouette": "a_line", "fabric": "cotton"}],
}
# Bodies as a shop or a size chart states them: four measurements each, cm.
TAPES: Mapping[str, Mapping[str, float]] = {
    "165-88A": {"height_cm": 165.0, "bust_cm": 88.0, "waist_cm": 72.0, "hip_cm": 93.0},
    "us-size-14": {"height_cm": 168.0, "bust_cm": 98.4, "waist_cm": 81.9, "hip_cm": 105.4},
    "tall-slim": {"height_cm": 182.0, "bust_cm": 84.0, "waist_cm": 64.0, "hip_cm": 92.0},
}
PATTERNS: Mapping[str, Mapping[str, Any]] = {
    "dress-110": {"category": "dress", "length_cm": 110.0, "waist_cm": 76.0, "bust_cm": 94.0},
    "half-circle-skirt": {
        "category": "skirt",
        "silhouette": "half_circle",
        "length_cm": 62.0,
        "waist_cm": 72.0,
    },
    "straight-skirt": {
        "category": "skirt",
        "silhouette": "straight",
        "length_cm": 58.0,
        "waist_cm": 73.0,
        "hip_cm": 100.0,
    },
    "t-shirt": {"category": "t_shirt", "length_cm": 64.0, "bust_cm": 100.0, "sleeve_cm": 20.0},
    "trousers": {"category": "trousers", "waist_cm": 74.0, "hip_cm": 102.0, "inseam_cm": 76.0},
}
SENTENCE = "一件蓝色长裙，腰围38，长度110cm"


def avatar(wearer: Mapping[str, Any], _keep: Path | None) -> Row:
    """Fit a body: the worst miss of what was requested, and the second fit's seconds (the first loads the model)."""
    from toile.studio import make_avatar

    wanted = {name: value for name, value in wearer.items() if name != "sex"}
    started = time.perf_counter()
    make_avatar(wanted, str(wearer.get("sex", "female")))
    cold = time.perf_counter() - started
    started = time.perf_counter()
    fitted = make_avatar(wanted, str(wearer.get("sex", "female")))
    warm = time.perf_counter() - started
    misses = {
        name: 10.0 * abs(100.0 * getattr(fitted.figure.measurements, name) - row["requested_cm"])
        for name, row in fitted.report.items()
        if row.get("requested_cm") is not None
    }
    mass = fitted.report.get("mass", {})
    weighed = mass.get("requested_kg") is not None
    return {
        "requested": len(misses) + weighed,
        "worst_mm": round(max(misses.values()), 3),
        "mass_kg": round(abs(mass["achieved_kg"] - mass["requested_kg"]), 3) if weighed else "",
        "first_fit_s": round(cold, 2),
        "fit_s": round(warm, 2),
    }


def pattern(garment: Mapping[str, Any], _keep: Path | None) -> Row:
    """Draft a garment on the 168 cm body: the worst miss of a stated measurement on the flat pattern."""
    from toile.garments.drafting import draft
    from toile.garments.resolve import resolve
    from toile.studio import make_avatar

    body = BODIES["168cm-60kg"]
    resolved = resolve(_request([garment], body))
    measurements = make_avatar({k: v for k, v in body.items() if k != "sex"}, "female").figure.measurements
    started = time.perf_counter()
    drafted = draft(resolved.garments, measurements)
    seconds = time.perf_counter() - started
    asked = [m for m in drafted.measures if m.requested is not None]
    return {
        "asked": len(asked),
        "worst_mm": round(max(1000.0 * abs(m.drafted - (m.requested or 0.0)) for m in asked), 4),
        "panels": len(drafted.panels),
        "draft_s": round(seconds, 3),
    }


def look(body: str, garments: str, keep: Path | None) -> Row:
    """Dress, simulate over two seconds of walking and certify."""
    from toile.stages import open_look
    from toile.studio import (
        StudioSettings,
        certify_files,
        draft_pattern,
        export_files,
        fit_body,
        resolve_request,
        simulate_cloth,
    )

    request = _request(GARMENTS[garments], BODIES[body])
    settings = StudioSettings()
    with _folder(keep) as folder, open_look(folder) as opened:
        (folder / "request.json").write_text(request.to_json(), encoding="utf-8")
        resolved = resolve_request(opened, request, settings)
        fitted = fit_body(opened, resolved)
        flat = draft_pattern(opened, resolved, fitted)
        simulation = simulate_cloth(opened, resolved, fitted, flat, settings)
        export_files(opened, resolved, fitted, simulation)
        certificate = certify_files(opened).certificate
        seconds = {name: stage.seconds for name, stage in opened.stages.items()}
    return {
        "frames": len(simulation.cloth_vertices),
        "vertices": simulation.cloth_vertices.shape[1],
        **quality(certificate),
        "simulation_s": seconds["simulation"],
        "s_per_frame": round(seconds["simulation"] / len(simulation.cloth_vertices), 3),
    }


def quality(certificate: Mapping[str, Any]) -> Row:
    """Return the numbers of a certificate that decide whether a look is right."""
    met, seams = certificate["intersections"], certificate["seams"]
    return {
        "inside_body": met["vertices_inside_body"]["total"],
        "depth_mm": met["vertices_inside_body"]["worst_depth_mm"],
        "body_cloth": met["body_cloth"]["total"],
        "cloth_cloth": met["cloth_cloth"]["total"],
        "seam_gap_mm": seams["worst_gap_mm"],
        "strain_p99": max(garment["principal"]["p99"] for garment in certificate["strain"]),
        "over_limit_worst": max(garment["worst_share_over_limit"] for garment in certificate["strain"]),
        "waist_slip_mm": max(
            (r["greatest_slip_mm"] for r in certificate["rings"] if "waist" in r["ring"]), default=""
        ),
    }


def demo(again: bool, keep: Path | None) -> Row:
    """The whole way on the demo's sentence; `again` in a second folder with what the first left in the cache."""
    from toile.cache import Cache
    from toile.studio import StudioSettings, try_on

    with _folder(keep) as folder:
        cache = Cache(folder / "cache")
        look = try_on(SENTENCE, folder / "look", StudioSettings(), cache=cache)
        if again:
            started = time.perf_counter()
            look = try_on(SENTENCE, folder / "again", StudioSettings(), cache=cache)
            return {"second_run_s": round(time.perf_counter() - started, 1), **quality(look.certificate)}
        stages = json.loads((look.folder / "run.json").read_text(encoding="utf-8"))["stages"]
        return {f"{name}_s": stage["seconds"] for name, stage in stages.items()} | dict(
            quality(look.certificate)
        )


def _request(garments: list[Mapping[str, Any]], wearer: Mapping[str, Any]) -> Any:
    from toile.garments.spec import request_from_json

    motion = {"name": "walk", "seconds": 2.0, "fps": 30}
    return request_from_json(json.dumps({"garments": garments, "wearer": wearer, "motion": motion}))


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


CASES: Mapping[str, Case] = {
    **{f"avatar/{name}": partial(avatar, body) for name, body in {**BODIES, **TAPES}.items()},
    **{f"pattern/{name}": partial(pattern, garment) for name, garment in PATTERNS.items()},
    **{f"look/{g}-{b}": partial(look, b, g) for g in GARMENTS for b in BODIES},
    "demo/first": partial(demo, False),
    "demo/second": partial(demo, True),
    **AVATAR_CASES,
    **CLOTH_CASES,
    **MOTION_CASES,
    **LANGUAGE,
}

"""The cloth laboratory as cases: `python -m benchmarks cloth/` (`make bench-cloth`); docs/validation.md explains each number.

Statics are settled in float64 (`engine.cloth.equilibrium`), whose energies are those of the Warp solver; fall, swing and the
contact scenes run through the solver that dresses people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CloughTocher2DInterpolator
from scipy.optimize import brentq, minimize

from benchmarks.cloth_scenes import keep_picture, strip
from toile.engine.cloth.drape_test import clamped_sheet, cloth_mesh, cusick, shadow
from toile.engine.cloth.elastic import build_sheet, stretch_law
from toile.engine.cloth.equilibrium import Statics, settle
from toile.engine.cloth.settings import ClothSettings
from toile.garments.fabric import Fabric, bending_length, fabric, fabrics

Row = Mapping[str, Any]
F64 = NDArray[np.float64]


def drape_test(name: str, keep: Path | None) -> Row:
    """Cusick's test at 5 mm, three starts: the mean coefficient, its spread, and the band published for the kind of cloth."""
    cloth = fabric(name)
    tests = [cusick(cloth, 0.0075, seed=seed) for seed in (1, 2)] + [cusick(cloth, 0.005, seed=0)]
    last = tests[-1]
    keep_picture(
        keep,
        f"{name}.png",
        shadow(last.equilibrium.vertices, last.points, last.mesh.faces.astype(np.int64))[1],
    )
    low, high = cloth.drape or (np.nan, np.nan)
    warp, weft = bending_length(cloth)
    return {
        "dc_5mm": round(last.coefficient, 1),
        "dc_7.5mm": "/".join(f"{t.coefficient:.1f}" for t in tests[:-1]),
        "nodes": "/".join(str(t.nodes) for t in tests),
        "band": f"{low:g}-{high:g}",
        "inside": bool(low <= last.coefficient <= high),
        "bending_length_mm": f"{1000 * warp:.1f}/{1000 * weft:.1f}",
        "settled": all(t.equilibrium.converged for t in tests),
    }


def resolution(name: str, keep: Path | None) -> Row:
    """One drape on five meshes: settled at 5 mm, carried to each other mesh and settled again there."""
    cloth = fabric(name)
    fine = cusick(cloth, 0.005)
    shape = CloughTocher2DInterpolator(fine.points, fine.equilibrium.vertices)
    row = {"dc_5mm": round(fine.coefficient, 2), "hem_5mm_mm": round(_hem(fine), 2)}
    for label, edge, turned in (
        ("7.5mm", 0.0075, 0.0),
        ("10mm", 0.01, 0.0),
        ("15mm", 0.015, 0.0),
        ("15mm_30deg", 0.015, np.pi / 6),
    ):
        other = cusick(cloth, edge, turned, start=shape)
        row[f"dc_{label}"] = round(other.coefficient, 2)
        row[f"hem_{label}_mm"] = round(_hem(other), 2)
    return row


def _hem(test: Any) -> float:
    """Mean depth of the rim below the support [mm]."""
    rim = np.hypot(*test.points.T) > 0.15 - 1e-6
    return -1000.0 * float(test.equilibrium.vertices[rim, 1].mean())


def cantilever(name: str, along: str, _keep: Path | None) -> Row:
    """Peirce's cantilever: a strip 25 mm wide hangs over an edge by twice its bending length; B = w g c^3."""
    cloth = fabric(name)
    expected = bending_length(cloth)[0 if along == "warp" else 1]
    row: dict[str, Any] = {"c_mm": round(1000 * expected, 2)}
    for edge in (0.005, 0.0025):
        over = 2.0 * expected
        points, faces = strip(0.03 + over, 0.025, edge, clamp=0.03)
        mesh = cloth_mesh(points, faces, cloth, grain=np.pi / 2 if along == "warp" else 0.0)
        held = points[:, 0] < 0.03 + 1e-9
        x = mesh.vertices.astype(np.float64)
        found = settle(x, Statics(clamped_sheet(mesh, held), held=np.flatnonzero(held)), tolerance=1e-10)
        tip = found.vertices[points[:, 0] > 0.03 + over - 1e-9].mean(0)
        angle = float(np.arctan2(-tip[1], tip[0] - 0.03))
        c = over * (np.cos(angle / 2) / (8.0 * np.tan(angle))) ** (1 / 3)
        row[f"error_{1000 * edge:g}mm_percent"] = round(100.0 * (c / expected - 1.0), 2)
    return row


def hanging(_keep: Path | None) -> Row:
    """A metre of jersey hangs from its end: it grows by w g L^2 / 2 k."""
    cloth = replace(fabric("jersey"), strain_limit=0.9, strain_limit_weft=0.9)
    points, faces = strip(1.0, 0.06, 0.02)
    mesh = cloth_mesh(points, faces, cloth, grain=np.pi / 2)
    x = np.stack([np.zeros(len(points)), 1.0 - points[:, 0], points[:, 1]], 1)
    top = np.flatnonzero(points[:, 0] < 1e-9)
    found = settle(x, Statics(build_sheet(mesh), held=top), tolerance=1e-9)
    grown = 1.0 - float(found.vertices[points[:, 0] > 1.0 - 1e-9, 1].mean()) - 1.0
    expected = cloth.area_density * 9.81 / (2.0 * cloth.stretch_warp)
    return {"grown_mm": round(1000 * grown, 3), "expected_mm": round(1000 * expected, 3),
            "error_percent": round(100 * (grown / expected - 1), 2)}  # fmt: skip


def catenary(_keep: Path | None) -> Row:
    """A metre of limp cloth between two rails 0.8 m apart sags as a chain does."""
    cloth = replace(fabric("silk"), bend_warp=2e-8, bend_weft=2e-8)
    points, faces = strip(1.0, 0.04, 0.01)
    mesh = cloth_mesh(points, faces, cloth)
    parameter = brentq(lambda a: 2 * a * np.sinh(0.4 / a) - 1.0, 0.05, 10.0)
    along = points[:, 0] - 0.5
    across = parameter * np.arcsinh(along / parameter)
    start = np.stack(
        [across, 0.9 * parameter * (np.cosh(across / parameter) - np.cosh(0.4 / parameter)), -points[:, 1]], 1
    )
    held = np.flatnonzero(np.abs(along) > 0.5 - 1e-9)
    start[held, 0], start[held, 1] = 0.4 * np.sign(along[held]), 0.0
    found = settle(start, Statics(build_sheet(mesh), held=held), tolerance=1e-9)
    sag = -float(found.vertices[np.abs(along) < 1e-6, 1].mean())
    expected = parameter * (np.cosh(0.4 / parameter) - 1.0)
    return {"sag_mm": round(1000 * sag, 2), "expected_mm": round(1000 * expected, 2),
            "error_percent": round(100 * (sag / expected - 1), 3)}  # fmt: skip


def pulled(name: str, degrees: float, _keep: Path | None) -> Row:
    """A strip pulled at an angle to its weft: the middle's stretch against the law of a homogeneous sheet."""
    cloth = fabric(name)
    width, length, edge = 0.05, 0.3, 0.01
    tension = 0.02 * min(cloth.stretch_warp, cloth.stretch_weft) if degrees != 45 else 0.1 * cloth.shear
    points, faces = strip(length, width, edge)
    mesh = cloth_mesh(points, faces, cloth, grain=-np.deg2rad(degrees))
    sheet = replace(build_sheet(mesh), weight=np.zeros(len(points)))
    held = np.flatnonzero(points[:, 0] < 1e-9)
    load = np.zeros((len(points), 3))
    end = np.flatnonzero(points[:, 0] > length - 1e-9)
    end = end[np.argsort(points[end, 1])]
    gaps = np.diff(points[end, 1])
    share = np.zeros(len(end))
    share[:-1] += gaps / 2
    share[1:] += gaps / 2
    load[end, 0] = tension * share
    found = settle(mesh.vertices.astype(np.float64), Statics(sheet, held=held, load=load), tolerance=1e-9)
    middle = np.abs(points[:, 0] - length / 2) < 0.04
    stretch = float(np.polyfit(points[middle, 0], found.vertices[middle, 0], 1)[0])
    expected = _homogeneous(cloth, np.deg2rad(degrees), tension)
    return {"tension_n_per_m": round(tension, 2), "strain_percent": round(100 * (stretch - 1), 4),
            "law_percent": round(100 * (expected - 1), 4),
            "error_percent": round(100 * ((stretch - 1) / (expected - 1) - 1), 3)}  # fmt: skip


def _homogeneous(cloth: Fabric, angle: float, tension: float) -> float:
    """Return the stretch along x of a homogeneous sheet, free across, under a tension [N/m]; weft at an angle to x."""
    c, s = np.cos(angle), np.sin(angle)
    grain = np.array([[c, -s], [s, c]])
    stiffness = np.array([cloth.stretch_weft, cloth.stretch_warp])
    limit, lock = np.array([cloth.limit_weft, cloth.limit_warp]), np.array([cloth.lock_weft, cloth.lock_warp])

    def stored(p: F64) -> float:
        f = np.array([[p[0], p[1]], [0.0, p[2]]]) @ grain
        energy, _, _ = stretch_law(
            np.linalg.norm(f, axis=0) - 1.0, stiffness, limit, lock, ClothSettings().give
        )
        return float(energy.sum() + 0.5 * cloth.shear * (f[:, 0] @ f[:, 1]) ** 2 - tension * p[0])

    best = minimize(
        stored,
        [1.0, 0.0, 1.0],
        method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-14, "maxiter": 8000},
    )
    best = minimize(
        stored, best.x, method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-16, "maxiter": 8000}
    )
    return float(best.x[0])


_DRAPED = [name for name, record in fabrics().items() if record.drape]

CLOTH_CASES: Mapping[str, Callable[[Path | None], Row]] = {
    **{f"cloth/cusick-{name}": partial(drape_test, name) for name in _DRAPED},
    **{f"cloth/resolution-{name}": partial(resolution, name) for name in ("cotton", "silk", "wool", "denim")},
    **{
        f"cloth/cantilever-{name}-{along}": partial(cantilever, name, along)
        for name in ("cotton", "denim_11oz", "gabardine")
        for along in ("warp", "weft")
    },
    "cloth/hanging-strip": hanging,
    "cloth/catenary": catenary,
    **{f"cloth/pulled-cotton-{d:g}deg": partial(pulled, "cotton", d) for d in (0.0, 90.0, 45.0)},
    **{f"cloth/pulled-jersey-{d:g}deg": partial(pulled, "jersey", d) for d in (0.0, 90.0, 45.0)},
}

"""Measure the shipped body against its source: the asset's error on bodies it has not seen, and Anny's own tape and fit beside ours.

    PYTHONPATH=anny-site:. ANNY_CACHE_DIR=anny-cache python scripts/check_body.py [--fits]

Each body of the source (240: women and men, realistic and wide; another seed than the bake's) is projected on the asset's basis
by least squares over the whole surface; the error is the distance of each vertex [mm]. Anny measures height, a ring of
fixed vertices at the waist, and mass as volume x 980 kg/m3; ours are the definitions of ISO 8559-1 (docs/avatars.md).

Anny fits meshes, not measurements. `--fits` gives it the whole surface of a body in its own topology, and gives ours eight
measurements of the same body; both results are then measured by our tape. It prints that alone.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
SEED = 4711


def asset_error(source: Any) -> dict[str, Any]:
    """Return size and error of the shipped asset."""
    from bake_body import bodies, sample_adults

    from toile.avatars.asset import BODY_FILE, load_body

    asset = load_body()
    rng = np.random.default_rng(SEED)
    held = np.concatenate(
        [sample_adults(source, 60, sex=s, wide=w, rng=rng) for s in (1.0, 0.0) for w in (False, True)]
    )
    vertices, joints = bodies(source, held)
    basis = asset.basis.reshape(asset.size, -1).astype(np.float64)
    flat = (vertices - asset.mean).reshape(len(held), -1).astype(np.float64)
    coefficients = np.linalg.solve(basis @ basis.T, basis @ flat.T).T
    error = 1000.0 * np.linalg.norm((flat - coefficients @ basis).reshape(len(held), -1, 3), axis=2)
    moved = coefficients @ asset.joint_basis.reshape(asset.size, -1)
    off = 1000.0 * np.linalg.norm(asset.joint_mean + moved.reshape(len(held), -1, 3) - joints, axis=2)
    return {
        "bodies": len(held),
        "asset_mb": round(BODY_FILE.stat().st_size / 1e6, 2),
        "mean_mm": round(float(error.mean()), 3),
        "p99_mm": round(float(np.percentile(error, 99)), 2),
        "worst_mm": round(float(error.max()), 2),
        "joints_mean_mm": round(float(off.mean()), 3),
        "joints_p99_mm": round(float(np.percentile(off, 99)), 2),
    }


def anny_beside_ours(source: Any) -> dict[str, Any]:
    """Return mean and largest differences, ours less Anny's, on ten realistic bodies of the source."""
    from anny.anthropometry import BASE_MESH_WAIST_VERTICES
    from bake_body import bodies, sample_adults

    from toile.avatars.measure import measure

    rng = np.random.default_rng(SEED + 1)
    weights = np.concatenate([sample_adults(source, 5, sex=s, wide=False, rng=rng) for s in (1.0, 0.0)])
    vertices, joints = bodies(source, weights)
    ring = [source.vertex(b) for b in BASE_MESH_WAIST_VERTICES]
    a, b, c = (source.faces[:, k] for k in range(3))
    rows = []
    for body, centres in zip(vertices.astype(np.float64), joints, strict=True):
        own = measure(body, centres, ("height", "waist", "mass"))
        girth = np.linalg.norm(body[ring] - np.roll(body[ring], 1, axis=0), axis=1).sum()
        volume = abs((np.cross(body[a], body[b]) * body[c]).sum() / 6.0)
        rows.append(
            (
                1000 * (own["height"] - np.ptp(body[:, 1])),
                1000 * (own["waist"] - girth),
                own["mass"] - 980.0 * volume,
            )
        )
    table = np.array(rows)
    names = ("height_mm", "waist_mm", "mass_kg")
    return {
        f"{n}_ours_less_anny": f"{table[:, k].mean():+.1f} ({table[:, k].min():+.1f} to {table[:, k].max():+.1f})"
        for k, n in enumerate(names)
    }


EIGHT = ("height", "bust", "waist", "hip", "shoulder", "back_length", "arm_length", "inseam")


def fits_beside_ours(source: Any, count: int = 4) -> dict[str, Any]:
    """Fit the same bodies by Anny's `AnnyInverter` from their surface, and by ours from eight measurements."""
    import torch
    from anny.anny_inverter import AnnyInverter
    from bake_body import bodies, our_axes, sample_adults

    from toile.avatars.fit import fit_avatar
    from toile.avatars.measure import measure

    rng = np.random.default_rng(SEED + 2)
    weights = np.concatenate(
        [sample_adults(source, count // 2, sex=s, wide=False, rng=rng) for s in (1.0, 0.0)]
    )
    _, joints = bodies(source, weights)
    model = source.model
    flat = model.template_vertices.numpy() + np.tensordot(weights, model.blendshapes.numpy(), 1)
    invert = AnnyInverter(model.float())  # it works in single precision, the bake in double
    fit_avatar({"height": 1.7}, "female")
    found: dict[str, list[float]] = {
        "theirs_mm": [],
        "theirs_s": [],
        "surface_mm": [],
        "ours_mm": [],
        "ours_s": [],
    }
    for k, target in enumerate(flat):
        own = our_axes(target)[source.kept]
        wanted = measure(own, joints[k], EIGHT)
        started = time.process_time()
        fitted = invert(torch.as_tensor(target, dtype=torch.float32))[2].detach().numpy().reshape(-1, 3)
        found["theirs_s"].append(time.process_time() - started)
        theirs = our_axes(fitted.astype(np.float64))[source.kept]
        found["surface_mm"].append(1000 * float(np.linalg.norm(theirs - own, axis=1).mean()))
        taken = measure(theirs, joints[k], EIGHT)
        found["theirs_mm"] += [1000 * abs(taken[n] - wanted[n]) for n in EIGHT]
        started = time.process_time()
        report = fit_avatar(wanted, "female" if k < len(flat) // 2 else "male").report
        found["ours_s"].append(time.process_time() - started)
        found["ours_mm"] += [abs(10 * report[n]["achieved_cm"] - 1000 * wanted[n]) for n in EIGHT]
    return {
        "fitted_bodies": len(flat),
        "anny_from_surface_mm": f"mean {np.mean(found['theirs_mm']):.1f}, worst {max(found['theirs_mm']):.1f}",
        "anny_surface_mean_mm": round(float(np.mean(found["surface_mm"])), 2),
        "anny_s": round(float(np.median(found["theirs_s"])), 2),
        "ours_from_eight_mm": f"mean {np.mean(found['ours_mm']):.2f}, worst {max(found['ours_mm']):.2f}",
        "ours_s": round(float(np.median(found["ours_s"])), 2),
    }


def main() -> None:
    """Print them as JSON."""
    from bake_body import load_source

    source = load_source()
    if "--fits" in sys.argv[1:]:
        print(json.dumps(fits_beside_ours(source)))
        return
    print(json.dumps({**asset_error(source), **anny_beside_ours(source), **fits_beside_ours(source)}))


if __name__ == "__main__":
    main()

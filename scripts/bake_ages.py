"""Bake how the embedded body ages and how its face varies: `avatars/data/ages.npz`, in the coefficients of `body.npz`.

Age: the same 160 people of each sex at 25 and at 90 years (Anny's phenotype 2/3 and 1), projected on the basis by least squares over the
whole surface; the change is the mean over people. It prints the basis' error at both ages and how far a middle age lies from the straight line.
Faces: of the prior's `c = mean + factor z`, at fixed measurements (z with `J z = 0`), the directions of the largest
generalised eigenvalues of the head's mean square movement over the rest of the body's.

    PYTHONPATH=anny-site:. ANNY_CACHE_DIR=anny-cache python scripts/bake_ages.py
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

sys.path.insert(0, str(Path(__file__).parent))

F64 = NDArray[np.float64]
YOUNG, MIDDLE, OLD = 2.0 / 3.0, 0.85, 1.0
PEOPLE, SEED, FACES = 160, 77, 5
NEIGHBOUR = 0.05
"""Part of the head's movement that counts as the body's, so that no direction is divided by nothing."""


def ageing(source: Any, sex: float, rng: np.random.Generator) -> F64:
    """Return the mean change of the coefficients (K,) from the youngest to the oldest adult."""
    from bake_body import blend_weights, bodies

    from toile.avatars.asset import load_body

    asset, model = load_body(), source.model
    basis = asset.basis.reshape(asset.size, -1).astype(np.float64)
    inverse = np.linalg.inv(basis @ basis.T)
    labels = model.phenotype_labels
    value = {name: rng.uniform(0.2, 0.8, PEOPLE) for name in labels}
    value["gender"] = np.full(PEOPLE, sex)
    for name, centre, spread, low, high in (
        ("height", 0.365, 0.07, 0.02, 0.80),
        ("weight", 0.52, 0.17, 0.05, 1.0),
        ("muscle", 0.5, 0.13, 0.10, 0.95),
        ("cupsize", 0.5, 0.17, 0.10, 0.95),
    ):
        value[name] = np.clip(rng.normal(centre, spread, PEOPLE), low, high)
    found = []
    for age in (YOUNG, MIDDLE, OLD):
        value["age"] = np.full(PEOPLE, age)
        phenotype = np.stack([value[name] for name in labels], axis=1)
        weights = blend_weights(model, phenotype, np.zeros((PEOPLE, len(model.local_change_labels))))
        flat = (bodies(source, weights)[0] - asset.mean).reshape(PEOPLE, -1).astype(np.float64)
        coefficients = (inverse @ (basis @ flat.T)).T
        error = 1000.0 * np.linalg.norm((flat - coefficients @ basis).reshape(PEOPLE, -1, 3), axis=2)
        print(
            f"sex {sex:g}, age {age:.2f}: {error.mean():.2f} mm mean, {np.percentile(error, 99):.2f} mm p99"
        )
        found.append(coefficients)
    young, middle, old = found
    part = (MIDDLE - YOUNG) / (OLD - YOUNG)
    off = np.abs(middle - young - part * (old - young)).mean() / np.abs(old - young).mean()
    print(f"  the middle age lies {off:.1e} of the change from the straight line")
    return np.asarray((old - young).mean(0))


def faces(sex: str) -> F64:
    """Return directions (FACES, K) of coefficients, each one standard deviation of the prior."""
    from toile.avatars.asset import load_body
    from toile.avatars.measure import DEFINITIONS
    from toile.avatars.shapes import shapes_of
    from toile.engine.core.body import PARTS

    asset = load_body()
    own = shapes_of(asset, sex)
    head = np.isin(asset.part_of_vertex, [PARTS.index(name) for name in ("head", "eyes")])
    jacobian = own.at_mean(tuple(DEFINITIONS))[1]
    free = np.eye(own.size) - jacobian.T @ np.linalg.solve(
        jacobian @ jacobian.T + 1e-9 * np.eye(len(jacobian)), jacobian
    )
    moves = np.tensordot((own.factor @ free).T, asset.basis, 1)  # (K, V, 3)

    def mean_square(rows: F64) -> F64:
        return np.asarray(np.einsum("avd,bvd->ab", rows, rows) / rows.shape[1])

    front = moves[:, head]
    of_head, of_body = (
        mean_square(front - front.mean(1, keepdims=True)),
        mean_square(moves[:, ~head]),
    )
    share, directions = eigh(of_head, of_body + NEIGHBOUR * of_head + 1e-10 * np.eye(own.size))
    print(f"{sex}: head over body, mean squares: {', '.join(f'{v:.2f}' for v in share[::-1][: FACES + 2])}")
    chosen = (free @ directions[:, ::-1][:, :FACES]).T
    chosen /= np.linalg.norm(chosen, axis=1, keepdims=True)
    chosen *= np.sign(chosen[np.arange(FACES), np.abs(chosen).argmax(1)])[:, None]
    return np.asarray(chosen @ own.factor.T)


def main() -> None:
    """Write the file."""
    from bake_body import load_source

    source, rng = load_source(), np.random.default_rng(SEED)
    arrays: dict[str, F64] = {}
    for name, sex in (("female", 1.0), ("male", 0.0)):
        arrays[f"{name}_age"] = ageing(source, sex, rng)
        arrays[f"{name}_faces"] = faces(name)
    out = Path("avatars/data/ages.npz")
    with out.open("wb") as stream:
        np.savez_compressed(stream, **{k: v.astype(np.float32) for k, v in arrays.items()})
    print(f"{out}: {out.stat().st_size / 1e3:.1f} kB")


if __name__ == "__main__":
    main()

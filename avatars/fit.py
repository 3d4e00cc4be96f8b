"""Fit bodies to given measurements: the most plausible adult of a sex who has exactly these.

What is stated is met; what is not follows from it by the prior of real adults (`shapes.py`). Requests that contradict
each other are named (`conflicts.py`), never averaged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from toile.avatars.batch_fit import checked_device, solve_many
from toile.avatars.body_model import BodyModel
from toile.avatars.conflicts import Conflict, settle
from toile.avatars.likeness import likeness
from toile.avatars.measure import DEFINITIONS, body_mass
from toile.avatars.model import Avatar, body_model, build_avatar
from toile.avatars.plausible import LIMITS, checked_age, checked_sex, checked_targets
from toile.avatars.shapes import Shapes, Solution, shapes_of
from toile.engine.core.errors import BadInput

__all__ = ["LIMITS", "fit_avatar", "fit_avatars"]


def fit_avatar(
    wearer: Mapping[str, float],
    sex: str,
    model: BodyModel | None = None,
    *,
    age: float | None = None,
    face: int = 0,
) -> Avatar:
    """Return the avatar of a wearer: every stated measurement met within 0.5 mm, the others inferred.

    Args:
        wearer: stated measurements [m] by the names of Measurements, and `mass` [kg]; any subset, also none.
        sex: "female" or "male": which prior infers what is not stated.
        model: the body model to fit; None is the embedded one.
        age: years, of an adult: how the embedded body's face, posture and skin age; no measurement depends on it. None is the
            prior's own, about 43.
        face: 0 is the face that follows from the measurements, any other number another one (`likeness.py`).

    The report gives for each measurement `requested_cm` (None when inferred), `achieved_cm`, `source` ("stated" or
    "inferred") and, when inferred, `spread_cm`: the standard deviation that the stated ones leave. Mass in kg.

    Raises:
        BadInput: unknown sex, name or face, a number that is not finite, not of an adult, or in another unit.
        Conflict: no adult body has these measurements together; `names` are those that contradict each other.
    """
    checked_sex(sex)
    checked_age(age)
    targets = checked_targets(wearer)
    model = model or body_model()
    fitted = _fit(targets, sex, model, likeness(model.asset, sex, age, face))
    return fitted if age is None else replace(fitted, age=float(age))


def fit_avatars(
    wearers: Sequence[Mapping[str, float]],
    sex: str | Sequence[str],
    model: BodyModel | None = None,
    *,
    device: str | None = None,
) -> list[Avatar | Conflict]:
    """Return the avatars of many wearers, in order; a Conflict stands where one's requests cannot all hold.

    Args:
        wearers: stated measurements of each, as for `fit_avatar`.
        sex: one for all, or one for each.
        model: the body model to fit; None is the embedded one.
        device: of torch, on which bodies with the same measurements stated are solved for together; None is "cuda" where it is
            there, else one by one as `fit_avatar` does, to the same bytes.

    Raises:
        BadInput: as `fit_avatar`, naming the wearer's number, from 1; or a device that there is not.
    """
    sexes = [sex] * len(wearers) if isinstance(sex, str) else list(sex)
    if len(sexes) != len(wearers):
        raise BadInput(
            f"There are {len(wearers)} wearers and {len(sexes)} sexes; give one sex for each wearer."
        )
    device = checked_device(device)
    model = model or body_model()
    every: list[dict[str, float]] = []
    for number, (wearer, own) in enumerate(zip(wearers, sexes, strict=True), start=1):
        try:
            checked_sex(own)
            every.append(checked_targets(wearer))
        except BadInput as error:
            raise BadInput(f"Wearer {number}: {error}") from error
    together = {} if device is None else _solved_together(every, sexes, model, device)
    fitted: list[Avatar | Conflict] = []
    for number, (targets, own) in enumerate(zip(every, sexes, strict=True)):
        try:
            fitted.append(_fit(targets, own, model, shapes_of(model.asset, own), found=together.get(number)))
        except Conflict as conflict:
            fitted.append(conflict)
    return fitted


def _solved_together(
    every: Sequence[dict[str, float]], sexes: Sequence[str], model: BodyModel, device: str
) -> dict[int, Solution]:
    """Return the solution of each wearer who states something, by number; those of a sex with the same names in one batch."""
    groups: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for number, (targets, own) in enumerate(zip(every, sexes, strict=True)):
        if targets:
            groups.setdefault((own, tuple(targets)), []).append(number)
    found: dict[int, Solution] = {}
    for (own, names), numbers in groups.items():
        wanted = np.array([[every[n][name] for name in names] for n in numbers])
        solutions = solve_many(shapes_of(model.asset, own), names, wanted, device)
        found.update(zip(numbers, solutions, strict=True))
    return found


def _fit(
    targets: dict[str, float], sex: str, model: BodyModel, shapes: Shapes, found: Solution | None = None
) -> Avatar:
    z = np.zeros(shapes.size)
    if targets:
        z = settle(shapes, targets, found).z
    avatar = build_avatar(shapes.coefficients(z).astype(np.float32), sex, {}, model)
    return replace(avatar, report=_report(shapes, avatar, targets))


def _report(shapes: Shapes, avatar: Avatar, targets: Mapping[str, float]) -> dict[str, dict[str, Any]]:
    """Return each measurement's requested and achieved value, and the spread of the inferred ones.

    The spread is that of the linearised prior, its Jacobian at the mean body.
    """
    names = tuple(DEFINITIONS)
    mass = body_mass(avatar.rig.rest_vertices, avatar.rig.rest[:, :3, 3], shapes.asset)
    values = [mass if n == "mass" else float(getattr(avatar.figure.measurements, n)) for n in names]
    jacobian = shapes.at_mean(names)[1]
    given = jacobian[[i for i, n in enumerate(names) if n in targets]]
    gain = np.linalg.solve(given @ given.T + 1e-12 * np.eye(len(given)), given) if len(given) else given
    spread = np.linalg.norm(jacobian - (jacobian @ given.T) @ gain, axis=1)
    report: dict[str, dict[str, Any]] = {}
    for i, name in enumerate(names):
        factor, unit = (1.0, "kg") if name == "mass" else (100.0, "cm")
        row: dict[str, Any] = {
            f"requested_{unit}": round(factor * targets[name], 3) if name in targets else None,
            f"achieved_{unit}": round(factor * values[i], 3),
            "source": "stated" if name in targets else "inferred",
        }
        if name not in targets:
            row[f"spread_{unit}"] = round(factor * float(spread[i]), 2)
        report[name] = row
    return report

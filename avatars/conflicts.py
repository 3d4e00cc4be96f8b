"""Which requested measurements cannot hold together, and what could.

Three tests, the plainest first; each names a pair:

0. one request alone further than ALONE from what adults measure;
1. proportions that no adult has (an inside leg of 60 % of the height, an underbust above the bust);
2. a pair whose most plausible body is out of reach, or so much further from the mean than either request alone that
   `surprise = sqrt(d(both)^2 - max(d(one)^2, d(other)^2))` exceeds SURPRISE, `d` in standard deviations of the population;
3. the whole set out of reach although no pair is: the request whose removal helps most, and the other it contradicts most.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import numpy as np

from toile.avatars.shapes import F64, Shapes, Solution, close, solve, tolerance
from toile.engine.core.errors import Infeasible

SURPRISE = 8.5
"""Standard deviations by which a pair may be less likely than the less likely of the two. Of random adults, all 325
pairs of 26 measurements: at most 4.5 in the population's prior, 8.3 in the wider one of the shapes."""
ALONE = 6.0
"""Standard deviations at which one measurement is out of reach: there the shapes, stretched beyond MakeHuman's, begin to cut themselves."""
RESTARTS = 6
"""Other starts that are tried before a whole set is called impossible: the tape's kinks can stall a solver."""
_SCREEN = 0.6
"""Share of SURPRISE at the mean body's Jacobian from which a pair is looked at exactly."""

PROPORTIONS: tuple[tuple[str, str, float, float], ...] = (
    ("inseam", "height", 0.36, 0.57),
    ("arm_length", "height", 0.25, 0.43),
    ("waist_height", "height", 0.52, 0.70),
    ("nape_height", "height", 0.80, 0.90),
    ("shoulder_height", "height", 0.74, 0.88),
    ("back_length", "height", 0.16, 0.34),
    ("hip_height", "waist_height", 0.70, 0.95),
    ("inseam", "waist_height", 0.55, 0.90),
    ("inseam", "hip_height", 0.70, 1.02),
    ("bust_height", "nape_height", 0.70, 0.95),
    ("waist_height", "bust_height", 0.65, 0.97),
    ("underbust", "bust", 0.62, 1.01),
    ("waist", "bust", 0.45, 1.40),
    ("waist", "hip", 0.45, 1.35),
    ("bust", "hip", 0.60, 1.60),
    ("thigh", "hip", 0.38, 0.76),
    ("knee", "thigh", 0.40, 0.98),
    ("calf", "thigh", 0.38, 1.00),
    ("ankle", "calf", 0.38, 0.95),
    ("wrist", "upper_arm", 0.28, 0.95),
    ("upper_arm", "bust", 0.18, 0.50),
    ("neck", "bust", 0.26, 0.66),
    ("bust_point_distance", "bust", 0.11, 0.33),
)
"""Bounds of one measurement over another: wider than any of 6,068 surveyed adults (ANSUR II), where the survey has both, and than any
body of the model within reach."""


class Conflict(Infeasible):
    """Requests that cannot all hold; `names` are those that contradict each other, a pair wherever there is one."""

    def __init__(self, sentence: str, names: tuple[str, ...]) -> None:
        """Take the sentence for the user and the names of Measurements."""
        super().__init__(sentence)
        self.names = names


def show(name: str, value: float) -> str:
    """Return a measurement as a user reads it: `waist 72.0 cm`, `mass 60.0 kg`."""
    factor, unit = (1.0, "kg") if name == "mass" else (100.0, "cm")
    return f"{name} {factor * value:.1f} {unit}"


def _amount(name: str, value: float) -> str:
    return show(name, value).removeprefix(f"{name} ")


def check_proportions(targets: Mapping[str, float]) -> None:
    """Raise a Conflict where two requests are in a proportion that no adult has."""
    for name, other, low, high in PROPORTIONS:
        if name in targets and other in targets:
            value, base = targets[name], targets[other]
            if not low * base <= value <= high * base:
                bound = f"{_amount(name, low * base)} to {_amount(name, high * base)}"
                raise Conflict(
                    f"{show(name, value)} and {show(other, base)} do not go together: with the {other} as given an "
                    f"adult's {name} is {bound}; change one of the two or leave it out.",
                    (name, other),
                )


def settle(shapes: Shapes, targets: dict[str, float], found: Solution | None = None) -> Solution:
    """Return the most plausible body with the targets [m], mass [kg]; `found` is what `solve` returns, where it is known already.

    Raises:
        Conflict: they cannot all hold.
    """
    check_proportions(targets)
    solution = found if found is not None and found.reached else solve(shapes, targets)
    values, jacobian = shapes.at_mean(solution.names)
    off = np.abs(solution.targets - values) / np.linalg.norm(jacobian, axis=1)
    for name, distance in zip(solution.names, off, strict=True):
        if (distance > _SCREEN * ALONE or not solution.reached) and not _alone(shapes, name, targets[name]):
            raise _lone(shapes, name, targets[name])
    pairs = list(_suspects(shapes, targets))
    for pair in pairs[:6] if solution.reached else pairs:
        if _contradict(shapes, targets, pair):
            raise _pair_conflict(shapes, targets, pair)
    if solution.reached:
        return solution
    for pair in itertools.combinations(targets, 2):
        if pair not in pairs and _contradict(shapes, targets, pair):
            raise _pair_conflict(shapes, targets, pair)
    for seed in range(RESTARTS):
        start = solution.z + 0.4 * np.random.default_rng(seed).normal(size=shapes.size)
        again = close(shapes, solution.names, solution.targets, start)
        if again.reached:
            return again
    raise _set_conflict(shapes, targets, solution)


def _distances(shapes: Shapes, targets: Mapping[str, float]) -> dict[tuple[str, str], float]:
    """Return the surprise of every pair, by the Jacobian of the mean body."""
    names = tuple(targets)
    values, jacobian = shapes.at_mean(names)
    off = np.array([targets[n] for n in names]) - values
    covariance = jacobian @ jacobian.T + np.diag([tolerance(n) ** 2 for n in names])
    alone = off**2 / np.diag(covariance)
    found = {}
    for i, j in itertools.combinations(range(len(names)), 2):
        both = off[[i, j]] @ np.linalg.solve(covariance[np.ix_([i, j], [i, j])], off[[i, j]])
        found[names[i], names[j]] = float(np.sqrt(max(both - max(alone[i], alone[j]), 0.0)))
    return found


def _suspects(shapes: Shapes, targets: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    found = _distances(shapes, targets)
    for pair in sorted(found, key=lambda p: -found[p]):
        if found[pair] > _SCREEN * SURPRISE:
            yield pair


def _alone(shapes: Shapes, name: str, value: float) -> bool:
    """Whether an adult can measure this, whatever the rest."""
    found = solve(shapes, {name: value})
    return found.reached and found.distance <= ALONE


def _contradict(shapes: Shapes, targets: Mapping[str, float], pair: tuple[str, str]) -> bool:
    """Whether two targets that each can hold cannot hold together."""
    alone = [solve(shapes, {n: targets[n]}) for n in pair]
    both = solve(shapes, {n: targets[n] for n in pair})
    if not both.reached:
        return True
    return both.distance**2 - max(s.distance for s in alone) ** 2 > SURPRISE**2


def _bisect(shapes: Shapes, others: dict[str, float], name: str, target: float) -> float:
    """Return the value nearest to a target that a measurement can have beside the others."""
    free = solve(shapes, others) if others else None
    near = float(shapes.values(free.z if free is not None else np.zeros(shapes.size), (name,))[0])
    far = target
    for _ in range(7):
        middle = 0.5 * (near + far)
        trial = {**others, name: middle}
        if len(others) == 1:
            good = not _contradict(shapes, trial, (name, next(iter(others))))
        else:
            good = solve(shapes, trial).reached if others else _alone(shapes, name, middle)
        near, far = (middle, far) if good else (near, middle)
    return near


def _pair_conflict(shapes: Shapes, targets: dict[str, float], pair: tuple[str, str]) -> Conflict:
    name, other = pair
    reach = _bisect(shapes, {other: targets[other]}, name, targets[name])
    back = _bisect(shapes, {name: targets[name]}, other, targets[other])
    return Conflict(
        f"{show(name, targets[name])} and {show(other, targets[other])} do not go together: with the {other} as given "
        f"the {name} comes to {_amount(name, reach)}, with the {name} as given the {other} comes to "
        f"{_amount(other, back)}; change one of the two or leave it out.",
        pair,
    )


def _lone(shapes: Shapes, name: str, value: float) -> Conflict:
    reach = _bisect(shapes, {}, name, value)
    return Conflict(
        f"{show(name, value)} cannot be reached: the nearest is {_amount(name, reach)}; change it or leave it out.",
        (name,),
    )


def _set_conflict(shapes: Shapes, targets: dict[str, float], solution: Solution) -> Conflict:
    names = solution.names
    worst = names[int(np.argmax(_pull(solution)))]
    found = _distances(shapes, targets)
    other = max(
        (n for n in names if n != worst), key=lambda n: found.get((worst, n), found.get((n, worst), 0.0))
    )
    others = {n: v for n, v in targets.items() if n != worst}
    if not solve(shapes, others).reached:
        return Conflict(
            f"No adult body has these measurements together; {show(worst, targets[worst])} and "
            f"{show(other, targets[other])} contradict each other most: check {', '.join(names)}.",
            (worst, other),
        )
    reach = _bisect(shapes, others, worst, targets[worst])
    return Conflict(
        f"{show(worst, targets[worst])} cannot be reached with the other {len(others)} as given, above all with "
        f"{show(other, targets[other])}: the nearest is {_amount(worst, reach)}; change {worst} or {other}, or leave one out.",
        (worst, other),
    )


def _pull(solution: Solution) -> F64:
    """Return how much nearer to the mean the body would be without each target (M,)."""
    jacobian = solution.jacobian
    normal = np.linalg.inv(jacobian @ jacobian.T + np.diag((1e-3 * solution.scale) ** 2))
    force = normal @ (jacobian @ solution.z + solution.targets - solution.values)
    return np.asarray(force**2 / np.diag(normal))

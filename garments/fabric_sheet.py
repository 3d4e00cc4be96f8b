"""From laboratory sheets and CAD units to SI: KES-F, FAST, and the units of CLO and Browzwear.

Sources: Kawabata 1980, "The standardization and analysis of hand evaluation" (KES-F); De Boos and Tester 1994, "SiroFAST",
CSIRO report WT92.02 (FAST: extension in % at 4.9, 19.6 and 98.1 N/m, G = 123 / EB5 N/m, B = W g c^3).
1 gf cm2/cm = 9.80665e-5 N m; 1 gf/(cm deg) = 0.980665 N/m a degree = 56.188 N/m a radian; 1 mg/cm2 = 0.01 kg/m2;
1 g/s2 = 1e-3 N/m; 1 g mm2/s2 = 1e-9 N m; 1 dyn cm = 1e-7 N m. Hysteresis of a KES sheet (2HB, 2HG) stiffens as it does on a cantilever
and in a bias strip (`bending_friction.py`); resilience (RT) and compression are read and not used: the model is elastic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from toile.engine.core.errors import BadInput
from toile.garments.bending_friction import bias_shear, cantilever_bending
from toile.garments.fabric import GRAVITY

Pair = tuple[float, float]
Numbers = Mapping[str, Pair]

GF_PER_CM = 0.980665  # N/m
GF_CM2_PER_CM = 9.80665e-5  # N m
CM = 0.01  # m
_KNEE = 0.1  # of the greatest force of a KES pull: where the two slopes of a tension curve meet
_FAST_LOADS = (4.9, 19.6, 98.1)  # N/m


def from_si(given: Numbers, where: str) -> dict[str, float]:
    """Read values in SI: area_density, thickness, stretch, shear, bend, friction, strain_limit, large, damping."""
    pairs = {"stretch": ("stretch_warp", "stretch_weft"), "bend": ("bend_warp", "bend_weft"),
             "large": ("large_warp", "large_weft"), "strain_limit": ("strain_limit", "strain_limit_weft")}  # fmt: skip
    single = {"area_density", "thickness", "shear", "friction", "damping"}
    names = {n for both in pairs.values() for n in both}
    _known(given, {*pairs, *single, *names}, where)
    si: dict[str, float] = {}
    for key, (warp, weft) in given.items():
        if key in pairs:
            si[pairs[key][0]], si[pairs[key][1]] = warp, weft
        else:
            si[key] = warp
    _needed(
        si,
        ("area_density", "thickness", "stretch_warp", "stretch_weft", "shear", "bend_warp", "bend_weft"),
        where,
    )
    return si


def from_kes(given: Numbers, where: str) -> dict[str, float]:
    """Read a KES-F sheet: EM %, LT, WT gf cm/cm2, B gf cm2/cm, G gf/(cm deg), T0 mm, W mg/cm2, MIU; 2HB gf cm/cm, 2HG gf/cm; RT unused.

    A tension curve has two slopes that meet at a tenth of the greatest force, at the strain that gives the sheet's
    linearity LT = 2 WT / (Fm EM). Fm [gf/cm] is the force of the pull, 500 unless the sheet says so.
    """
    _known(
        given,
        {"EM", "LT", "WT", "RT", "B", "2HB", "G", "2HG", "2HG5", "T0", "W", "Fm", "MIU", "MMD", "SMD"},
        where,
    )
    _needed(given, ("EM", "B", "G", "T0", "W"), where)
    si = {
        "area_density": 0.01 * given["W"][0],
        "thickness": 1e-3 * given["T0"][0],
        "shear": GF_PER_CM * math.degrees(1.0) * 0.5 * sum(given["G"]),
        "bend_warp": GF_CM2_PER_CM * given["B"][0],
        "bend_weft": GF_CM2_PER_CM * given["B"][1],
    }
    _stiffened(si, given, where)
    force = given.get("Fm", (500.0, 500.0))
    for k, name in enumerate(("warp", "weft")):
        end, pull = 0.01 * given["EM"][k], GF_PER_CM * force[k]
        if not (end > 0.0 and pull > 0.0):
            raise BadInput(f"{where}: EM and Fm must be above zero; correct the sheet.")
        if "LT" in given:
            linearity = given["LT"][k]
        elif "WT" in given:
            linearity = 2.0 * given["WT"][k] / (force[k] * end)
        else:
            linearity = 1.0
        if not 0.15 < linearity <= 1.0:
            raise BadInput(
                f"{where}: the linearity LT of the {name} is {linearity:.3g}; it must lie between 0.15 and 1 "
                "(LT = 2 WT / (Fm EM))."
            )
        knee = end * (1.0 - linearity + _KNEE)
        si[f"stretch_{name}"] = _KNEE * pull / knee
        si[f"large_{name}"] = (1.0 - _KNEE) * pull / (end - knee)
        si["strain_limit" if name == "warp" else "strain_limit_weft"] = knee
    if "MIU" in given:
        si["friction"] = given["MIU"][0]
    return si


def _stiffened(si: dict[str, float], given: Numbers, where: str) -> None:
    """Count the friction of a KES sheet into its bending and shear."""
    for key in ("2HB", "2HG"):
        if any(v < 0.0 for v in given.get(key, ())):
            raise BadInput(
                f"{where}: {key} is {min(given[key]):g}; it cannot be negative; correct the sheet."
            )
    weight = GRAVITY * si["area_density"]
    if "2HB" in given and weight > 0.0:
        for k, name in enumerate(("bend_warp", "bend_weft")):
            if si[name] > 0.0:
                couple = 0.5 * GF_CM2_PER_CM / CM * given["2HB"][k]
                si[name] = cantilever_bending(si[name], couple, weight)
    if "2HG" in given:
        si["shear"] = bias_shear(si["shear"], GF_PER_CM * 0.25 * sum(given["2HG"]))


def from_fast(given: Numbers, where: str) -> dict[str, float]:
    """Read a FAST sheet: E5, E20, E100 % (warp, weft), W g/m2, T2 mm, C mm or B uN m, EB5 % or G N/m.

    The tension curve passes through the extensions at 19.6 and 98.1 N/m.
    """
    if "C-1" in given or "C-2" in given:
        _needed(given, ("C-1", "C-2"), where)
        given = {**given, "C": (given["C-1"][0], given["C-2"][0])}
    _known(
        given,
        {"E5", "E20", "E100", "W", "T2", "T100", "ST", "C", "C-1", "C-2", "B", "EB5", "G", "MIU"},
        where,
    )
    _needed(given, ("E20", "E100", "W", "T2"), where)
    weight = 1e-3 * given["W"][0]
    si = {"area_density": weight, "thickness": 1e-3 * given["T2"][0]}
    if "B" in given:
        si["bend_warp"], si["bend_weft"] = 1e-6 * given["B"][0], 1e-6 * given["B"][1]
    elif "C" in given:
        si["bend_warp"], si["bend_weft"] = (weight * GRAVITY * (1e-3 * c) ** 3 for c in given["C"])
    else:
        raise BadInput(f"{where}: B [uN m] or the bending length C [mm] is missing; add one.")
    if "G" in given:
        si["shear"] = 0.5 * sum(given["G"])
    elif "EB5" in given:
        if given["EB5"][0] <= 0.0:
            raise BadInput(f"{where}: EB5 is {given['EB5'][0]:g} %; it must be above zero.")
        si["shear"] = 123.0 / given["EB5"][0]
    else:
        raise BadInput(f"{where}: G [N/m] or EB5 [%] is missing; add one.")
    for k, name in enumerate(("warp", "weft")):
        small, large = 0.01 * given["E20"][k], 0.01 * given["E100"][k]
        least = 0.01 * given["E5"][k] if "E5" in given else 0.0
        if not 0.0 <= least < small < large:
            raise BadInput(f"{where}: the {name}'s E5, E20 and E100 must rise; correct the sheet.")
        si[f"stretch_{name}"] = _FAST_LOADS[1] / small
        si[f"large_{name}"] = (_FAST_LOADS[2] - _FAST_LOADS[1]) / (large - small)
        si["strain_limit" if name == "warp" else "strain_limit_weft"] = small
    if "MIU" in given:
        si["friction"] = given["MIU"][0]
    return si


def from_clo(given: Numbers, where: str) -> dict[str, float]:
    """Read values in the units CLO shows: stretch and shear g/s2, bending g mm2/s2, density g/m2, thickness mm."""
    _known(given, {"stretch", "shear", "bending", "density", "thickness", "friction"}, where)
    _needed(given, ("stretch", "shear", "bending", "density", "thickness"), where)
    return _cad(given, stretch=1e-3, bend=1e-9)


def from_browzwear(given: Numbers, where: str) -> dict[str, float]:
    """Read values in the units of Browzwear's tester: stretch and shear gf/cm (per unit strain), bending dyn cm, g/m2, mm."""
    _known(given, {"stretch", "shear", "bending", "density", "thickness", "friction"}, where)
    _needed(given, ("stretch", "shear", "bending", "density", "thickness"), where)
    return _cad(given, stretch=GF_PER_CM, bend=1e-7)


def _cad(given: Numbers, stretch: float, bend: float) -> dict[str, float]:
    si = {
        "area_density": 1e-3 * given["density"][0],
        "thickness": 1e-3 * given["thickness"][0],
        "stretch_warp": stretch * given["stretch"][0],
        "stretch_weft": stretch * given["stretch"][1],
        "shear": stretch * 0.5 * sum(given["shear"]),
        "bend_warp": bend * given["bending"][0],
        "bend_weft": bend * given["bending"][1],
    }
    if "friction" in given:
        si["friction"] = given["friction"][0]
    return si


def _known(given: Numbers, known: set[str], where: str) -> None:
    for key in given:
        if key not in known:
            raise BadInput(
                f"{where}: the key {key[:40]!r} is unknown; it may be: {', '.join(sorted(known))}."
            )


def _needed(given: Mapping[str, object], names: tuple[str, ...], where: str) -> None:
    missing = [name for name in names if name not in given]
    if missing:
        raise BadInput(f"{where}: {', '.join(missing)} missing; add it.")


SHEETS: Mapping[str, Callable[[Numbers, str], dict[str, float]]] = {
    "si": from_si,
    "kes": from_kes,
    "fast": from_fast,
    "clo": from_clo,
    "browzwear": from_browzwear,
}

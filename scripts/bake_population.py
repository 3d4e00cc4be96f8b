"""Move the prior of the embedded body to how adults really vary: the means and covariances of ANSUR II.

The shapes' own prior says `c = mean + factor @ z`, `z` standard normal, for MakeHuman's random adults: it knows which
shapes go together, not how often (a woman's bust and mass correlate 0.6 there, 0.83 in the survey). With measurements
`m = m0 + J z`, the population's `m ~ N(mu, S)` and the gain `G = J' (J J')^-1`,

    z = G (m - m0) + (I - G J) w,   w standard normal,

keeps what the shapes say of a body whose measurements are known, and has the survey's measurements:
mean `G (mu - m0)` (solved without linearising), covariance `G S G' + I - G J`, J taken at the new mean.

Source: Gordon et al., 2012 Anthropometric Survey of U.S. Army Personnel, NATICK/TR-15/007 (approved for public release,
distribution unlimited): 1,986 women and 4,082 men aged 17 to 58; the two public CSV files are its arguments.

    python scripts/bake_population.py --women FEMALE.csv --men MALE.csv

writes `avatars/data/population.json` (means, deviations and correlations) and `avatars/data/prior.npz`.
"""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
DATA = Path("avatars/data")
OMPHALION = {"female": 0.9704, "male": 0.9669}
"""Height of the navel over that of our waist: 0.602 and 0.601 of the stature in the survey."""


@dataclass(frozen=True)
class Column:
    """A measurement of ours in the survey: the columns that add up to it, and whether it is taken in the same place."""

    ours: str
    columns: tuple[str, ...]
    same: bool = True


COLUMNS = (
    Column("height", ("stature",)),
    Column("mass", ("weightkg",)),
    Column("bust", ("chestcircumference",)),
    Column("waist_at_navel", ("waistcircumference",)),
    Column("hip", ("buttockcircumference",)),
    Column("thigh", ("thighcircumference",)),
    Column("calf", ("calfcircumference",)),
    Column("wrist", ("wristcircumference",)),
    Column("arm_length", ("acromionradialelength", "radialestylionlength")),
    Column("inseam", ("crotchheight",)),
    Column("nape_height", ("cervicaleheight",)),
    Column("shoulder_height", ("acromialheight",)),
    Column("bust_height", ("chestheight",)),
    Column("hip_height", ("buttockheight",)),
    Column("neck", ("neckcircumferencebase",)),
    Column("ankle", ("anklecircumference",)),
    # Taken elsewhere than ours: they vary as in the survey about the mean that the others imply.
    Column("upper_arm", ("bicepscircumferenceflexed",), same=False),
    Column("knee", ("lowerthighcircumference",), same=False),
    Column("waist_height", ("waistheightomphalion",), same=False),
    Column("armpit_height", ("axillaheight",), same=False),
    Column("back_length", ("waistbacklength",), same=False),
    Column("shoulder", ("biacromialbreadth",), same=False),
    Column("head", ("headcircumference",), same=False),
)


def survey(path: Path) -> F64:
    """Return the measurements (people, columns) of a survey file [m], mass [kg]."""
    with path.open(encoding="latin-1", newline="") as stream:
        rows = list(csv.DictReader(stream))
    unit = [10.0 if c.ours == "mass" else 1000.0 for c in COLUMNS]
    return np.array(
        [[sum(float(r[n]) for n in c.columns) / u for c, u in zip(COLUMNS, unit, strict=True)] for r in rows]
    )


def read(body: Any, z: F64, sex: str) -> tuple[F64, F64]:
    """Return our measurements of COLUMNS (M,) and their Jacobian to z (M, K), the waist at the navel's height."""
    from toile.avatars import measure

    measure.DEFINITIONS["waist_at_navel"] = lambda r: r.level_girth(
        "trunk", r.vertices[:, 1].amin() + OMPHALION[sex] * measure.DEFINITIONS["waist_height"](r)
    )
    values, jacobian = body.measure(z, tuple(c.ours for c in COLUMNS))
    return np.asarray(values), np.asarray(jacobian)


def moved(body: Any, people: F64, sex: str) -> tuple[F64, F64]:
    """Return mean (K,) and factor (K, K) of the prior whose measurements are those of the people."""
    same = np.array([c.same for c in COLUMNS])
    mean = people.mean(0)
    z = np.zeros(body.factor.shape[1])
    bust = [c.ours for c in COLUMNS].index("bust")
    chest = body.measure(z, ("underbust", "bust"))[0]
    wanted = np.append(
        mean[same], mean[bust] * chest[0] / chest[1]
    )  # the shapes' own figure: no survey has it
    for _ in range(40):
        values, jacobian = read(body, z, sex)
        under, slope = body.measure(z, ("underbust",))
        rows = np.concatenate([jacobian[same], slope])
        noise = np.diag((0.002 * wanted) ** 2)
        off = wanted - np.append(values[same], under)
        goal = rows.T @ np.linalg.solve(rows @ rows.T + noise, rows @ z + off)
        z = z + np.clip(1.5 / max(float(np.linalg.norm(goal - z)), 1e-9), 0.0, 0.6) * (goal - z)
    values, jacobian = read(body, z, sex)
    ratio = values / mean
    covariance = np.cov(people.T) * np.outer(ratio, ratio)
    noise = np.diag((0.004 * values) ** 2)  # what a measurer's hand adds (Gordon et al.: 2 to 6 mm)
    gain = jacobian.T @ np.linalg.inv(jacobian @ jacobian.T + noise)
    left = np.eye(len(z)) - gain @ jacobian
    spread = gain @ covariance @ gain.T + left @ left.T + gain @ noise @ gain.T
    print(f"{sex}: the mean adult is {np.linalg.norm(z):.2f} deviations of the shapes from their own mean")
    own = np.sqrt(np.diag(jacobian @ spread @ jacobian.T))
    for c, v, m, s, p in zip(COLUMNS, values, mean, own, people.std(0), strict=True):
        print(f"  {c.ours:16} mean {v:8.3f} ({m:8.3f})   deviation {s:7.4f} ({p:7.4f})")
    scale, axes = np.linalg.eigh(0.5 * (spread + spread.T))
    print(f"  directions vary by {np.sqrt(scale.min()):.3f} to {np.sqrt(scale.max()):.3f} of the shapes' own")
    root = axes @ np.diag(np.sqrt(np.maximum(scale, 0.0))) @ axes.T
    return body.mean + body.factor @ z, body.factor @ root


def main() -> None:
    """Write the statistics and the prior."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--women", type=Path, required=True)
    parser.add_argument("--men", type=Path, required=True)
    options = parser.parse_args()
    from toile.avatars.asset import load_body
    from toile.avatars.shapes import Shapes

    asset = load_body()
    table: dict[str, Any] = {
        "source": "ANSUR II, Gordon et al. 2014, NATICK/TR-15/007: lengths and girths [m], mass [kg]; computed from its public data",
        "columns": {c.ours: {"survey": list(c.columns), "same_place": c.same} for c in COLUMNS},
    }
    priors = {}
    for sex, path in (("female", options.women), ("male", options.men)):
        people = survey(path)
        table[sex] = {
            "people": len(people),
            "mean": [round(float(x), 5) for x in people.mean(0)],
            "deviation": [round(float(x), 5) for x in people.std(0, ddof=1)],
            "correlation": [[round(float(x), 4) for x in row] for row in np.corrcoef(people.T)],
        }
        mean, factor = moved(Shapes(asset, sex, asset.prior[sex]), people, sex)
        priors[f"{sex}_mean"], priors[f"{sex}_factor"] = mean.astype(np.float32), factor.astype(np.float32)
    (DATA / "population.json").write_text(json.dumps(table) + "\n", encoding="utf-8")
    with (DATA / "prior.npz").open("wb") as stream:
        np.savez_compressed(stream, **priors)


if __name__ == "__main__":
    main()

"""Fitting: what is stated is met, what is not is inferred with an honest spread, what cannot be is refused."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from toile.avatars.asset import load_body
from toile.avatars.conflicts import Conflict
from toile.avatars.fit import LIMITS, fit_avatar, fit_avatars
from toile.avatars.measure import DEFINITIONS, measure
from toile.avatars.model import Avatar
from toile.avatars.shapes import PRIOR_FILE, population_prior, shapes_of
from toile.engine.core.errors import BadInput, Infeasible
from toile.engine.core.intersect import cloth_self_intersections
from toile.engine.core.measurements import MEASUREMENT_NAMES

EIGHT = ("height", "bust", "waist", "hip", "shoulder", "back_length", "arm_length", "inseam")
WEARERS = [
    ("female", {"height": 1.58, "mass": 46.0}),
    ("female", {"height": 1.68, "mass": 60.0}),
    ("female", {"height": 1.75, "mass": 95.0}),
    ("male", {"height": 1.78, "mass": 75.0}),
    ("female", {"height": 1.65, "bust": 0.88, "waist": 0.72, "hip": 0.95}),
    ("female", {"waist": 0.62}),
    ("male", {"height": 1.70, "bust": 0.96, "waist": 0.84, "shoulder": 0.42, "neck": 0.44}),
]


def worst_mm(avatar: Avatar, wearer: dict[str, float]) -> float:
    """The largest error of the stated lengths, measured anew on the avatar's surface [mm]; 0.1 kg counts as 2 mm."""
    taken = measure(avatar.rig.rest_vertices, avatar.rig.rest[:, :3, 3], tuple(wearer))
    return max(abs(taken[n] - v) * (20.0 if n == "mass" else 1000.0) for n, v in wearer.items())


def random_wearer(sex: str, seed: int, names: tuple[str, ...]) -> dict[str, float]:
    """Measurements of a random adult of the population."""
    shapes = shapes_of(load_body(), sex)
    return dict(
        zip(names, shapes.values(np.random.default_rng(seed).normal(size=shapes.size), names), strict=True)
    )


@pytest.mark.parametrize(("sex", "wearer"), WEARERS)
def test_stated_measurements_are_met_within_half_a_millimetre(sex: str, wearer: dict[str, float]) -> None:
    avatar = fit_avatar(wearer, sex)
    assert worst_mm(avatar, wearer) < 0.5
    assert avatar.sex == sex


def test_eight_measurements_of_twenty_random_adults_in_time() -> None:
    fit_avatar({"height": 1.7}, "male")  # loads torch and the asset
    seconds = []
    for seed in range(20):
        sex = ("female", "male")[seed % 2]
        wearer = random_wearer(sex, seed, EIGHT)
        start = time.perf_counter()
        avatar = fit_avatar(wearer, sex)
        seconds.append(time.perf_counter() - start)
        assert worst_mm(avatar, wearer) < 0.5
    assert min(seconds) < 3.0


def test_inferred_measurements_have_an_honest_spread() -> None:
    """(true - inferred) / spread over random adults is standard normal: its root mean square is about one."""
    scores = []
    for seed in range(16):
        sex = ("female", "male")[seed % 2]
        truth = random_wearer(sex, 100 + seed, tuple(DEFINITIONS))
        report = fit_avatar({n: truth[n] for n in ("height", "bust", "waist", "hip")}, sex).report
        for name, row in report.items():
            if row["source"] == "inferred" and name != "mass":
                scores.append((100 * truth[name] - row["achieved_cm"]) / row["spread_cm"])
    assert 0.8 < float(np.sqrt(np.mean(np.square(scores)))) < 1.25


def test_report_says_what_was_stated_and_what_inferred() -> None:
    report = fit_avatar({"height": 1.68, "mass": 60.0}, "female").report
    assert set(report) == {*MEASUREMENT_NAMES, "mass"}
    assert report["height"] == {
        "requested_cm": 168.0,
        "achieved_cm": pytest.approx(168.0, abs=0.02),
        "source": "stated",
    }
    assert report["mass"]["requested_kg"] == 60.0
    assert report["waist"]["requested_cm"] is None
    assert report["waist"]["source"] == "inferred"
    assert 0.5 < report["waist"]["spread_cm"] < 8.0
    assert 60 < report["waist"]["achieved_cm"] < 85


def test_nothing_stated_gives_the_mean_adult() -> None:
    avatar = fit_avatar({}, "male")
    np.testing.assert_allclose(avatar.shape, population_prior()["male"][0], atol=1e-5)
    assert {row["source"] for row in avatar.report.values()} == {"inferred"}


def test_more_weight_at_the_same_height_means_larger_girths() -> None:
    thin, heavy = (
        fit_avatar({"height": 1.70, "mass": m}, "female").figure.measurements for m in (52.0, 85.0)
    )
    for name in ("bust", "underbust", "waist", "hip", "thigh", "upper_arm", "neck"):
        assert getattr(heavy, name) > getattr(thin, name) + 0.01, name


def test_same_wearer_gives_the_same_bytes() -> None:
    first, second = (fit_avatar({"height": 1.63, "waist": 0.7}, "female") for _ in range(2))
    assert first.figure.vertices.tobytes() == second.figure.vertices.tobytes()
    assert first.to_json() == second.to_json()


@pytest.mark.parametrize("wearer", [w for s, w in WEARERS[:3]])
def test_fitted_bodies_do_not_cut_themselves_where_cloth_lies(wearer: dict[str, float]) -> None:
    avatar = fit_avatar(wearer, "female")
    asset = load_body()
    faces = asset.faces[asset.collider]
    pairs = cloth_self_intersections(avatar.figure.vertices, faces)
    parts = {int(p) for p in asset.part_of_vertex[faces[np.asarray(pairs, int).ravel(), 0]]}
    assert parts <= {0, 11, 14}  # mouth corners and touching toes at most


@pytest.mark.parametrize(
    ("wearer", "named"),
    [
        ({"waist": 5.0}, "waist 500 cm"),
        ({"height": -1.65}, "height -165 cm"),
        ({"height": float("nan")}, "height nan cm"),
        ({"mass": 900.0}, "mass 900 kg"),
        ({"belly": 1.0}, "'belly'"),
    ],
)
def test_impossible_numbers_are_refused_by_name(wearer: dict[str, float], named: str) -> None:
    with pytest.raises(BadInput, match=named):
        fit_avatar(wearer, "female")


def test_unknown_sex_is_refused() -> None:
    with pytest.raises(BadInput, match="'both'"):
        fit_avatar({}, "both")


def test_a_measurement_out_of_reach_is_refused_with_the_nearest() -> None:
    with pytest.raises(Conflict, match=r"^waist 170\.0 cm cannot be reached") as caught:
        fit_avatar({"height": 1.60, "waist": 1.70}, "female")
    assert caught.value.names == ("waist",)
    nearest = float(str(caught.value).split("the nearest is ")[1].split(" cm")[0])
    assert 120.0 < nearest < 170.0
    assert worst_mm(fit_avatar({"height": 1.60, "waist": nearest / 100}, "female"), {"height": 1.60}) < 0.5


def test_the_odd_one_out_is_named() -> None:
    wearer = {"height": 1.68, "bust": 0.88, "waist": 0.70, "hip": 0.95, "inseam": 1.05}
    with pytest.raises(Infeasible, match=r"^inseam 105\.0 cm and height 168\.0 cm"):
        fit_avatar(wearer, "female")


def test_many_bodies_in_one_call_are_those_of_one_call_each() -> None:
    wearers = [{"height": 1.6, "waist": 0.7}, {"height": 1.5, "inseam": 1.0}, {"height": 1.8, "mass": 80.0}]
    sexes = ["female", "female", "male"]
    many = fit_avatars(wearers, sexes)
    assert isinstance(many[1], Conflict)
    assert set(many[1].names) == {"height", "inseam"}
    for k in (0, 2):
        one = fit_avatar(wearers[k], sexes[k])
        assert isinstance(many[k], Avatar)
        assert many[k].to_json() == one.to_json()
    with pytest.raises(BadInput, match=r"^Wearer 2: waist 900 cm"):
        fit_avatars([{}, {"waist": 9.0}], "female")
    with pytest.raises(BadInput, match="2 wearers and 1 sexes"):
        fit_avatars([{}, {}], ["male"])


def test_what_is_inferred_is_what_the_survey_infers() -> None:
    """From height and mass: the survey's own regression, where it measures in the same place."""
    table = json.loads((PRIOR_FILE.parent / "population.json").read_text(encoding="utf-8"))
    names = list(table["columns"])
    same = [n for n in names if table["columns"][n]["same_place"] and n in DEFINITIONS]
    for sex, height, mass in (
        ("female", 1.60, 55.0),
        ("female", 1.72, 80.0),
        ("male", 1.70, 70.0),
        ("male", 1.85, 100.0),
    ):
        own = table[sex]
        mean, deviation = np.array(own["mean"]), np.array(own["deviation"])
        covariance = np.array(own["correlation"]) * np.outer(deviation, deviation)
        given = [names.index("height"), names.index("mass")]
        slope = covariance[:, given] @ np.linalg.inv(covariance[np.ix_(given, given)])
        expected = mean + slope @ (np.array([height, mass]) - mean[given])
        left = np.sqrt(np.maximum(np.diag(covariance - slope @ covariance[given]), 0.0))
        report = fit_avatar({"height": height, "mass": mass}, sex).report
        for name in same:
            if name not in ("height", "mass"):
                k = names.index(name)
                assert abs(report[name]["achieved_cm"] / 100 - expected[k]) < 1.5 * left[k], (
                    sex,
                    height,
                    mass,
                    name,
                )


@pytest.mark.parametrize(
    ("wearer", "said"),
    [
        ({"height": 168.0}, "168 looks like centimetres: give metres, 1.68"),
        ({"height": 1.35, "mass": 31.0}, "is a child's; only adults are made"),
        ({"height": 1.1}, "height 110 cm is not that of an adult"),
    ],
)
def test_other_units_and_children_are_said(wearer: dict[str, float], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        fit_avatar(wearer, "female")


@pytest.mark.parametrize("age", [12.0, float("nan"), 300.0])
def test_only_adult_ages_are_taken(age: float) -> None:
    with pytest.raises(BadInput, match="only adults are made"):
        fit_avatar({"height": 1.7}, "male", age=age)


def test_limits_cover_every_measurement() -> None:
    assert set(LIMITS) == set(DEFINITIONS)

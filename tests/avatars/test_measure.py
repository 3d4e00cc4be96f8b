"""The tape measure: analytic shapes, symmetry, gradients, and the human order of things."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from toile.avatars.asset import load_body
from toile.avatars.measure import (
    BODY_DENSITY,
    DEFINITIONS,
    Reading,
    _hull_length,
    body_mass,
    measure,
    read_tensors,
)
from toile.avatars.model import body_model
from toile.engine.core.errors import BadInput
from toile.engine.core.measurements import MEASUREMENT_NAMES

SEXES = ("female", "male")


def body(sex: str, seed: int | None = None, spread: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Vertices and joints of the mean adult, or of a random one."""
    asset = load_body()
    mean, factor = asset.prior[sex]
    z = np.zeros(asset.size) if seed is None else spread * np.random.default_rng(seed).normal(size=asset.size)
    with torch.no_grad():
        vertices, joints = body_model().rest(torch.from_numpy((mean + factor @ z).astype(np.float32)))
    return vertices.double(), joints.double()


def test_tape_round_a_circle_and_over_a_notch() -> None:
    t = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    radius = np.where((t > 1.0) & (t < 1.2), 0.05, 0.1)  # a groove that a tape bridges
    ring = torch.from_numpy(np.stack([radius * np.cos(t), np.full(720, 0.3), radius * np.sin(t)], axis=1))
    up = torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64)
    chord_loss = 0.1 * (0.2 - 2 * np.sin(0.1))
    assert float(_hull_length(ring, up)) == pytest.approx(2 * np.pi * 0.1 - chord_loss, abs=2e-4)


def test_section_lies_in_its_plane() -> None:
    vertices, joints = body("female")
    reading = Reading(vertices, joints, load_body())
    normal = torch.tensor([0.1, 0.9, 0.2], dtype=torch.float64)
    origin = reading.landmark("waist")
    points = reading.section("trunk", origin, normal)
    assert len(points) > 40
    assert float(((points - origin) @ normal).abs().max()) < 1e-12


def test_every_field_of_measurements_is_defined() -> None:
    assert set(DEFINITIONS) == {*MEASUREMENT_NAMES, "mass"}
    with pytest.raises(BadInput, match="not a measurement"):
        read_tensors(*body("female"), ["belly"])


def test_scaling_the_body_scales_lengths_by_one_power_and_mass_by_three() -> None:
    vertices, joints = body("female", 4)
    small, large = measure(vertices, joints), measure(1.1 * vertices, 1.1 * joints)
    for name, value in small.items():
        assert large[name] == pytest.approx(value * 1.1 ** (3 if name == "mass" else 1), rel=1e-9), name


def test_moving_the_body_changes_nothing() -> None:
    vertices, joints = body("male", 2)
    shift = torch.tensor([0.3, -0.7, 1.1], dtype=torch.float64)
    at, moved = measure(vertices, joints), measure(vertices + shift, joints + shift)
    for name, value in at.items():
        if name != "mass":
            assert moved[name] == pytest.approx(value, abs=1e-9), name
    assert moved["mass"] == pytest.approx(at["mass"], rel=1e-9)


@pytest.mark.parametrize("sex", SEXES)
def test_mean_adults_measure_like_adults(sex: str) -> None:
    m = measure(*body(sex))
    female = sex == "female"
    # Means of ANSUR II (Gordon et al., 2014) within two standard deviations.
    survey = {
        "height": (1.629, 1.756, 0.066), "waist": (0.86, 0.94, 0.11), "hip": (1.02, 1.02, 0.08),
        "nape_height": (1.40, 1.52, 0.062), "shoulder_height": (1.336, 1.440, 0.06), "wrist": (0.153, 0.176, 0.012),
        "calf": (0.374, 0.393, 0.028), "arm_length": (0.545, 0.60, 0.03), "inseam": (0.755, 0.825, 0.045),
    }  # fmt: skip
    for name, (women, men, deviation) in survey.items():
        assert abs(m[name] - (women if female else men)) < 2 * deviation, name
    assert m["waist"] < m["underbust"] < m["bust"] or not female
    assert m["ankle"] < m["calf"] < m["thigh"] < m["waist"] < m["hip"]
    assert (
        m["inseam"]
        < m["hip_height"]
        < m["waist_height"]
        < m["bust_height"]
        < m["armpit_height"]
        < m["nape_height"]
    )


def test_mass_is_volume_times_density() -> None:
    vertices, joints = body("female")
    a, b, c = (vertices.numpy()[load_body().faces[:, i]] for i in range(3))
    volume = (a * np.cross(b, c)).sum() / 6
    assert body_mass(vertices, joints) == pytest.approx(BODY_DENSITY * volume, rel=1e-9)


@pytest.mark.parametrize("seed", [1, 2])
def test_gradients_are_those_of_finite_differences(seed: int) -> None:
    asset = load_body()
    sex = SEXES[seed % 2]
    vertices, joints = body(sex, seed)
    vertices.requires_grad_()
    joints.requires_grad_()
    readings = read_tensors(vertices, joints, DEFINITIONS)
    way = np.random.default_rng(seed).normal(size=asset.size)
    dv = torch.from_numpy(np.tensordot(way, asset.basis.astype(np.float64), 1))
    dj = torch.from_numpy(np.tensordot(way, asset.joint_basis.astype(np.float64), 1))
    step = 1e-5
    with torch.no_grad():
        up = measure(vertices + step * dv, joints + step * dj)
        down = measure(vertices - step * dv, joints - step * dj)
    for name, value in readings.items():
        gv, gj = torch.autograd.grad(value, (vertices, joints), retain_graph=True, allow_unused=True)
        slope = float((gv * dv).sum()) + (float((gj * dj).sum()) if gj is not None else 0.0)
        assert slope == pytest.approx((up[name] - down[name]) / (2 * step), rel=1e-2, abs=2e-4), name


@pytest.mark.parametrize("sex", SEXES)
def test_armpit_is_where_the_arm_leaves_the_torso(sex: str) -> None:
    """Below the highest level at which the arm is apart, arm and torso are two pieces of surface."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    asset = load_body()
    vertices = body(sex)[0].numpy()
    top = vertices[asset.faces, 1].max(1)
    armpit = vertices[asset.landmarks["left_armpit"], 1]

    def apart(level: float) -> bool:
        faces = asset.faces[top < level]
        edges = np.concatenate([faces[:, :2], faces[:, 1:]])
        graph = coo_matrix((np.ones(len(edges)), edges.T), shape=(len(vertices),) * 2)
        label = connected_components(graph, directed=False)[1]
        return bool(label[asset.landmarks["left_wrist"]] != label[asset.landmarks["crotch"]])

    assert apart(armpit - 0.005)
    assert not apart(armpit + 0.02)

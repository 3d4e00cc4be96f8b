"""Rings go round the bones that they should go round."""

from __future__ import annotations

import numpy as np
import pytest

from toile.engine.core.body import JOINTS
from toile.garments.cloth_mesh import ClothMesh
from toile.garments.topology import bone_axes, check_topology, linking_number, ring_faults, turns_round

F32 = np.float32


def circle(
    centre: tuple[float, float, float], radius: float, normal: tuple[float, float, float], count: int = 40
) -> np.ndarray:
    n = np.array(normal) / np.linalg.norm(normal)
    u = np.cross(n, [0.3, -0.5, 0.81])
    u /= np.linalg.norm(u)
    v = np.cross(n, u)
    t = np.arange(count) * (2.0 * np.pi / count)
    return np.array(centre) + radius * (np.cos(t)[:, None] * u + np.sin(t)[:, None] * v)


def joints() -> dict[str, np.ndarray]:
    half = {
        "shoulder": (0.16, 1.36, 0.0), "elbow": (0.35, 1.17, 0.0), "wrist": (0.5, 1.0, 0.05), "hip": (0.09, 0.88, 0.0),
        "knee": (0.12, 0.48, 0.02), "ankle": (0.16, 0.08, 0.0), "toe": (0.18, 0.02, 0.12),
    }  # fmt: skip
    found = {
        "pelvis": (0.0, 0.92, 0.0), "spine": (0.0, 1.05, -0.02), "chest": (0.0, 1.2, 0.0),
        "neck": (0.0, 1.42, 0.0), "head": (0.0, 1.52, 0.02),
    }  # fmt: skip
    for name, (x, y, z) in half.items():
        found[f"left_{name}"], found[f"right_{name}"] = (x, y, z), (-x, y, z)
    assert set(found) == set(JOINTS)
    return {name: np.array(point, F32) for name, point in found.items()}


RINGS = {
    "waist": (circle((0.0, 1.03, 0.0), 0.13, (0.0, 1.0, 0.0)), "torso"),
    "hem": (circle((0.0, 0.25, 0.0), 0.4, (0.0, 1.0, 0.1)), "torso"),
    "neck": (circle((0.0, 1.42, 0.0), 0.08, (0.0, 1.0, 0.4)), "neck"),
    "cuff_left": (circle((0.42, 1.09, 0.02), 0.06, (0.7, -0.7, 0.1)), "left_arm"),
    "cuff_right": (circle((-0.42, 1.09, 0.02), 0.06, (0.7, 0.7, 0.1)), "right_arm"),
    "hem_left": (circle((0.14, 0.2, 0.0), 0.1, (0.0, 1.0, 0.0)), "left_leg"),
    "hem_right": (circle((-0.14, 0.2, 0.0), 0.1, (0.0, 1.0, 0.0)), "right_leg"),
}


def cloth(rings: dict[str, tuple[np.ndarray, str]]) -> ClothMesh:
    start = np.cumsum([0, *[len(points) for points, _ in rings.values()]])
    none = np.zeros((0, 2), np.int32)
    return ClothMesh(
        vertices=np.concatenate([points for points, _ in rings.values()]).astype(F32),
        faces=np.zeros((0, 3), np.int32),
        panel_uv=np.zeros((0, 3, 2), F32),
        stiffness=np.zeros(0, F32),
        panel_of_face=np.zeros(0, np.int32),
        garment_of_face=np.zeros(0, np.int32),
        panel_names=(),
        garment_names=("g",),
        fabrics=(),
        layer_of_garment=np.zeros(1, np.int32),
        seam_edges=none,
        hem_edges=none,
        loops={
            f"g/{name}": np.arange(a, b, dtype=np.int32)
            for name, a, b in zip(rings, start, start[1:], strict=False)
        },
        loop_axis={f"g/{name}": axis for name, (_, axis) in rings.items()},
        anchors={},
    )


def faults(rings: dict[str, tuple[np.ndarray, str]]) -> list[str]:
    mesh = cloth(rings)
    return check_topology(mesh.vertices, mesh, joints())


def test_the_linking_number_is_an_integer_that_changes_sign_with_the_sense() -> None:
    one, other = circle((0, 0, 0), 1.0, (0, 0, 1)), circle((1, 0, 0), 1.0, (0, 1, 0))
    assert abs(linking_number(one, other)) == pytest.approx(1.0, abs=1e-9)
    assert linking_number(one[::-1], other) == pytest.approx(-linking_number(one, other), abs=1e-9)
    assert linking_number(other, one) == pytest.approx(linking_number(one, other), abs=1e-9)
    assert linking_number(one, other + np.array([3.0, 0.0, 0.0])) == pytest.approx(0.0, abs=1e-9)


def test_the_linking_number_counts_turns() -> None:
    t = np.linspace(
        0.0, 4.0 * np.pi, 240, endpoint=False
    )  # a (2, 1) torus curve winds twice round the core's axis
    winding = np.stack(
        [(2 + np.cos(t / 2)) * np.cos(t), (2 + np.cos(t / 2)) * np.sin(t), np.sin(t / 2)], axis=1
    )
    axis = np.array([[0, 0, -50], [0, 0, 50], [90, 0, 50], [90, 0, -50]])
    assert abs(linking_number(winding, axis)) == pytest.approx(2.0, abs=1e-6)


def test_garments_that_are_worn_have_no_faults() -> None:
    assert faults(RINGS) == []


def test_it_does_not_matter_how_the_body_is_turned_or_where_it_stands() -> None:
    angle = 0.9
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    mesh = cloth(RINGS)
    moved = {name: (turn @ p + [1.0, 0.0, -2.0]).astype(F32) for name, p in joints().items()}
    assert check_topology((mesh.vertices @ turn.T + [1.0, 0.0, -2.0]).astype(F32), mesh, moved) == []


@pytest.mark.parametrize("name", RINGS)
def test_a_ring_that_has_slid_off_is_named(name: str) -> None:
    points, axis = RINGS[name]
    found = faults({**RINGS, name: (points + np.array([0.0, 0.0, 1.5]), axis)})
    assert len(found) == 1
    assert f"'g/{name}'" in found[0]
    assert axis.replace("_", " ") in found[0]


def test_swapped_sleeves_are_found() -> None:
    swapped = {
        **RINGS,
        "cuff_left": (RINGS["cuff_right"][0], "left_arm"),
        "cuff_right": (RINGS["cuff_left"][0], "right_arm"),
    }
    assert {f.split("'")[1] for f in faults(swapped)} == {"g/cuff_left", "g/cuff_right"}


def test_a_trouser_leg_round_both_legs_is_found() -> None:
    wide = {**RINGS, "hem_left": (circle((0.0, 0.2, 0.0), 0.4, (0.0, 1.0, 0.0)), "left_leg")}
    assert faults(wide) == ["The ring 'g/hem_left' also goes +1.00 times round the right leg."] or faults(
        wide
    ) == ["The ring 'g/hem_left' also goes -1.00 times round the right leg."]


def test_a_hem_that_has_slipped_inside_a_leg_is_found() -> None:
    slipped = {**RINGS, "hem": (circle((0.0, 0.25, 0.0), 0.08, (0.0, 1.0, 0.0)), "torso")}
    found = faults(slipped)
    assert len(found) == 1
    assert "'g/hem' goes +0.00 times round the left leg, not once." in found[0].replace("-0.00", "+0.00")


def test_a_flounce_that_hangs_between_the_legs_before_their_middle_is_worn() -> None:
    at = joints()
    ring = circle((0.0, 0.15, 0.06), 1.0, (0.0, 1.0, 0.0), 200)
    ring[:, 0] *= 0.3
    ring[:, 2] = (
        0.1 * np.sign(ring[:, 2]) * np.minimum(1.0, np.abs(ring[:, 0]) / 0.1)
    )  # round the ankles, pinched between them
    ring[:, 2] += np.where(np.abs(ring[:, 0]) < 0.1, 0.05, 0.0)
    axes = bone_axes(at)
    assert abs(linking_number(ring, axes["torso"])) < 0.01
    assert abs(turns_round(ring, "torso", axes)) == pytest.approx(1.0, abs=0.01)
    assert faults({**RINGS, "hem": (ring, "torso")}) == []


@pytest.mark.parametrize(
    ("back", "front"),
    [((0.01, 0.03), (0.02, 0.25)), ((0.01, -0.3), (0.14, 0.09))],
    ids=["under the arch of a foot on its toes", "over the instep"],
)
def test_a_hem_that_a_foot_steps_on_or_out_from_under_is_worn(back, front) -> None:
    """The ring goes from a height and depth [m] behind to others in front."""
    at = joints()
    at["left_ankle"] = np.array([0.16, 0.16, -0.04], F32)  # the heel is up
    at["left_toe"] = np.array([0.18, 0.02, 0.1], F32)
    turn = np.arange(80) * (2.0 * np.pi / 80)
    share = 0.5 * (1.0 + np.sin(turn))[:, None]
    ring = np.column_stack([0.32 * np.cos(turn), (1.0 - share) * back + share * front])
    assert abs(linking_number(ring, bone_axes(at)["left_leg"])) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    ("height", "front", "worn"),
    [(0.0, 0.1, True), (0.0, -0.2, False), (0.3, -0.2, False)],
    ids=["toes on the hem", "the foot has stepped over the hem", "the leg is outside the skirt"],
)
def test_a_hem_that_toes_tread_on_is_worn_and_one_behind_the_foot_is_not(height, front, worn) -> None:
    """A ring from far behind to a depth [m] in front: the ankle is at 0, the toes end at 0.17."""
    at = joints()
    at["left_ankle"], at["left_toe"] = np.array([0.1, 0.08, 0.0], F32), np.array([0.1, 0.02, 0.13], F32)
    at["right_ankle"], at["right_toe"] = np.array([-0.1, 0.08, -0.3], F32), np.array([-0.1, 0.02, -0.17], F32)
    turn = np.arange(80) * (2.0 * np.pi / 80)
    share = 0.5 * (1.0 + np.sin(turn))
    ring = np.column_stack([0.32 * np.cos(turn), np.full(80, height), -0.5 + share * (front + 0.5)])
    found = ring_faults({"hem": ring}, {"hem": "torso"}, at)
    assert (found == {}) == worn


def test_every_axis_is_closed_far_from_the_body() -> None:
    for axis in bone_axes(joints()).values():
        assert np.linalg.norm(axis[-1] - axis[0]) > 10.0

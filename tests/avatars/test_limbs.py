"""Legs that reach, arms that hang as told, on the embedded body."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from toile.avatars.fit import fit_avatar
from toile.avatars.limbs import SIDES, Arm, BodyForm, Leg, Segment, Stance, solve, span
from toile.avatars.pose import F64, rotate, rotation_angle


@pytest.fixture(scope="module")
def form() -> BodyForm:
    return BodyForm.of(fit_avatar({"height": 1.68, "mass": 60.0}, "female").rig)


def posed(form: BodyForm, rng: np.random.Generator, count: int = 40) -> tuple[Stance, F64, F64]:
    """Return random stances within reach, their joint turns and joint centres."""
    none = np.zeros(count)

    def spread(size: float) -> F64:
        return rng.uniform(-size, size, count)

    legs = {}
    for side, sign in SIDES.items():
        ankle = np.stack(
            [sign * rng.uniform(0.03, 0.25, count), rng.uniform(0.08, 0.4, count), spread(0.3)], axis=-1
        )
        legs[side] = Leg(ankle, spread(0.4), spread(0.5), np.abs(spread(0.5)))
    arms = {
        side: Arm(
            np.abs(spread(1.2)), spread(0.6), 0.2 + np.abs(spread(1.0)), spread(0.4), np.abs(spread(0.3))
        )
        for side in SIDES
    }
    trunk = (Segment(spread(0.2), spread(0.1), spread(0.1)) for _ in range(3))
    shift = np.stack([spread(0.03), none - 0.12, spread(0.03)], axis=-1)
    stance = Stance(shift, *trunk, legs, arms)
    turns, shifts = solve(form, stance)
    return stance, turns, form.skeleton.posed_centres(turns, shifts)


def test_ankles_and_pelvis_are_exactly_where_they_were_put(form: BodyForm) -> None:
    stance, _, centres = posed(form, np.random.default_rng(1))
    index = form.skeleton.index
    for side in SIDES:
        np.testing.assert_allclose(centres[:, index[f"{side}_ankle"]], stance.legs[side].ankle, atol=1e-9)
    pelvis = form.skeleton.centres[index["pelvis"]] + stance.pelvis_shift
    np.testing.assert_allclose(centres[:, index["pelvis"]], pelvis, atol=1e-12)


def test_knees_bend_forward(form: BodyForm) -> None:
    _, turns, centres = posed(form, np.random.default_rng(2))
    index = form.skeleton.index
    for side in SIDES:
        hip, knee, ankle = (centres[:, index[f"{side}_{j}"]] for j in ("hip", "knee", "ankle"))
        facing = rotate(turns[:, index["pelvis"]], np.array([0.0, 0.0, 1.0]))
        line = ankle - hip
        part = np.sum((knee - hip) * line, 1, keepdims=True) / np.sum(line**2, 1, keepdims=True)
        assert (np.sum((knee - hip - part * line) * facing, axis=1) > 0.0).all()


def test_foot_out_of_reach_stretches_the_leg_and_no_further(form: BodyForm) -> None:
    stance, _, _ = posed(form, np.random.default_rng(3), 4)
    far = {s: Leg(leg.ankle - [0.0, 3.0, 0.0], leg.yaw, leg.pitch, leg.toe) for s, leg in stance.legs.items()}
    reaching = Stance(stance.pelvis_shift, stance.pelvis, stance.chest, stance.head, far, stance.arms)
    turns, shifts = solve(form, reaching)
    centres = form.skeleton.posed_centres(turns, shifts)
    hip, ankle = (centres[:, form.skeleton.index[f"left_{j}"]] for j in ("hip", "ankle"))
    leg = form.legs["left"]
    np.testing.assert_allclose(
        np.linalg.norm(ankle - hip, axis=1), 0.9995 * (leg.thigh + leg.shank), rtol=1e-6
    )


def test_span_of_the_rest_flexion_is_the_rest_distance(form: BodyForm) -> None:
    for leg in form.legs.values():
        rest = np.linalg.norm(leg.thigh_bone + leg.shank_bone)
        assert span(leg, leg.flexion) == pytest.approx(rest, abs=1e-9)


def test_arms_hang_at_the_asked_angles(form: BodyForm) -> None:
    stance, turns, centres = posed(form, np.random.default_rng(4))
    index = form.skeleton.index
    chest = form.skeleton.parents[index["left_clavicle"]]
    for side, sign in SIDES.items():
        arm = stance.arms[side]
        shoulder, elbow, wrist = (centres[:, index[f"{side}_{j}"]] for j in ("shoulder", "elbow", "wrist"))
        upper, fore = elbow - shoulder, wrist - elbow
        upper, fore = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (upper, fore))
        np.testing.assert_allclose(np.arccos(np.sum(upper * fore, axis=1)), arm.elbow, atol=1e-7)
        local = rotate(turns[:, chest] * [1, -1, -1, -1], upper)
        np.testing.assert_allclose(sign * local[:, 0], np.sin(arm.abduction), atol=1e-9)
        np.testing.assert_allclose(np.arctan2(local[:, 2], -local[:, 1]), arm.swing, atol=1e-9)


def test_spine_shares_the_turn_between_pelvis_and_chest(form: BodyForm) -> None:
    _, turns, _ = posed(form, np.random.default_rng(5))
    chain = list(form.below_chest)
    whole = rotation_angle(turns[:, chain[0]] * [1, -1, -1, -1])
    assert len(chain) >= 3
    assert whole.max() > 0.0
    steps = [np.sum(turns[:, a] * turns[:, b], axis=1) for a, b in pairwise(chain)]
    np.testing.assert_allclose(np.abs(steps), np.abs(steps[0])[None].repeat(len(steps), 0), atol=1e-9)

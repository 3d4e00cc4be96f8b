"""SMPL-X and its family from files in their exact format: counts, posing, measuring, fitting, refusals.

Files are made of our own body (tests/synthetic_smpl.py), so what a measurement should be is known from the embedded model.
"""

from __future__ import annotations

import io
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest

from toile.avatars.body_file import read_body
from toile.avatars.fit import fit_avatar
from toile.avatars.measure import measure
from toile.avatars.model import Avatar, body_model, build_avatar
from toile.avatars.moved import PosedMotion, with_own_surface
from toile.avatars.pose import IDENTITY, Skin, matrices
from toile.avatars.smpl import SmplBody, checked_smpl
from toile.engine.core.body import JOINTS, LANDMARKS, PARTS
from toile.engine.core.errors import BadInput, DamagedFile, Infeasible


@pytest.fixture(scope="session")
def smplx(synthetic_smplx: Path) -> SmplBody:
    model = read_body(synthetic_smplx)
    assert isinstance(model, SmplBody)
    return model


def _random_pose(model: SmplBody, spread: float) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    turns = np.concatenate(
        [np.ones((len(model.lead_names), 1)), random.normal(0, spread, (len(model.lead_names), 3))], 1
    )
    return turns / np.linalg.norm(turns, axis=1, keepdims=True), random.normal(0, 0.3, 3)


def test_the_files_have_the_counts_of_smplx(smplx: SmplBody) -> None:
    arrays = smplx.arrays
    assert arrays.name == "SMPL-X"
    assert arrays.template.shape == (10475, 3)
    assert arrays.faces.shape == (20908, 3)
    assert arrays.weights.shape == (10475, 55)
    assert smplx.betas == 10
    assert set(JOINTS) <= set(smplx.asset.joint_names)


def test_it_stands_in_our_dressing_pose_and_is_affine_in_the_betas(smplx: SmplBody) -> None:
    random = np.random.default_rng(0)
    rest = np.tile(IDENTITY, (len(smplx.lead_names), 1))
    for shape in (np.zeros(10), random.normal(0, 1, 10), random.normal(0, 2, 10)):
        shape = shape.astype(np.float32)
        rig = smplx.rig(shape)
        assert rig.rest_vertices[:, 1].min() == pytest.approx(0.0, abs=1e-6)
        # the affine body is the one that posing makes, pose corrections and all
        np.testing.assert_allclose(smplx.posed(shape, rest, np.zeros(3)), rig.rest_vertices, atol=2e-6)
    ours = body_model().asset
    for side in ("left", "right"):
        a, b = (
            m.joint_mean[m.joint_names.index(f"{side}_wrist")]
            - m.joint_mean[m.joint_names.index(f"{side}_elbow")]
            for m in (ours, smplx.asset)
        )
        assert a @ b / np.linalg.norm(a) / np.linalg.norm(b) > 0.9999


def test_measurements_agree_with_the_mesh_that_it_was_made_of(smplx: SmplBody) -> None:
    own = build_avatar(np.zeros(body_model().asset.size, np.float32), "female").figure.measurements
    theirs = build_avatar(np.zeros(10, np.float32), "female", None, smplx).figure.measurements
    for name, value in vars(own).items():
        loose = 0.012 if name in ("neck", "shoulder", "shoulder_height", "armpit_height") else 0.006
        assert getattr(theirs, name) == pytest.approx(value, abs=loose), name


def test_landmarks_and_parts_are_there(smplx: SmplBody) -> None:
    figure = build_avatar(np.zeros(10, np.float32), "female", None, smplx).figure
    assert set(LANDMARKS) <= set(figure.landmarks)
    count = np.bincount(figure.part_of_vertex, minlength=len(PARTS))
    assert (count > 0).all()
    assert count[PARTS.index("eyes")] == 2 * 546
    for name in ("upper_arm", "thigh", "shin"):
        left, right = (
            figure.vertices[figure.part_of_vertex == PARTS.index(f"{s}_{name}"), 0] for s in ("left", "right")
        )
        assert left.min() > right.max()


def test_fitting_reaches_what_was_asked(smplx: SmplBody) -> None:
    wanted = {"height": 1.70, "bust": 0.90, "waist": 0.73, "hip": 0.97}
    avatar = fit_avatar(wanted, "female", smplx)
    rig = avatar.rig
    again = measure(rig.rest_vertices, rig.rest[:, :3, 3], tuple(wanted), smplx.asset)
    for name, value in wanted.items():
        assert again[name] == pytest.approx(value, abs=5e-4)
        assert avatar.report[name]["source"] == "stated"
    assert avatar.report["neck"]["source"] == "inferred"


def test_what_cannot_be_reached_is_said(smplx: SmplBody) -> None:
    with pytest.raises((BadInput, Infeasible)) as raised:
        fit_avatar({"height": 1.95, "waist": 0.60, "hip": 1.60}, "female", smplx)
    assert str(raised.value).count(".") <= 6
    assert "cm" in str(raised.value)


def test_fewer_betas_are_fitted_where_asked(synthetic_smplx: Path) -> None:
    model = read_body(synthetic_smplx, betas=4)
    assert model.asset.size == 4
    with pytest.raises(BadInput, match="11 betas are asked for"):
        read_body(synthetic_smplx, betas=11)


def test_posing_in_torch_equals_posing_in_numpy_and_differentiates(smplx: SmplBody) -> None:
    import torch

    turns, shift = _random_pose(smplx, 0.2)
    shape = np.random.default_rng(1).normal(0, 1, 10)
    posed = smplx.posed(shape.astype(np.float32), turns, shift)
    c = torch.tensor(shape, requires_grad=True)
    w = torch.tensor(matrices(turns), requires_grad=True)
    s = torch.tensor(shift)
    vertices = smplx.pose(c, w, s)
    np.testing.assert_allclose(vertices.detach().numpy(), posed, atol=2e-6)
    weight = torch.tensor(np.random.default_rng(2).normal(0, 1, vertices.shape))
    (vertices * weight).sum().backward()
    step, k = 1e-6, 3
    ends = []
    for sign in (1.0, -1.0):
        moved = torch.tensor(shape)
        moved[k] += sign * step
        ends.append(float((smplx.pose(moved, w.detach(), s) * weight).sum()))
    assert c.grad is not None
    assert float(c.grad[k]) == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-5)


def test_it_walks_with_its_own_surface(smplx: SmplBody) -> None:
    from toile.avatars.motion import make_motion

    avatar = build_avatar(np.zeros(10, np.float32), "female", None, smplx)
    plain = make_motion(avatar, "walk", 1.0, 10.0)
    motion = with_own_surface(plain, avatar)
    assert isinstance(motion, PosedMotion)
    np.testing.assert_allclose(motion.vertices_at(-motion.lead_in), avatar.figure.vertices, atol=1e-5)
    apart = [
        np.linalg.norm(motion.skinned_at(f) - plain.skin.vertices(*plain.pose_at(f)), axis=1)
        for f in range(10)
    ]
    assert 0.001 < np.max(apart) < 0.06  # pose corrections are there, and the body is the same one
    lowest = [motion.vertices_at(f)[:, 1].min() for f in range(10)]
    assert np.abs(lowest).max() < 0.02


def test_an_avatar_comes_back_from_its_file(smplx: SmplBody, synthetic_smplx: Path) -> None:
    avatar = fit_avatar({"height": 1.66}, "female", smplx)
    document = avatar.to_json()
    assert document["body"] == "SMPL-X"
    assert document["file"] == str(synthetic_smplx)
    again = Avatar.from_json(document)
    np.testing.assert_array_equal(again.figure.vertices, avatar.figure.vertices)
    with pytest.raises(DamagedFile, match="another body"):
        Avatar.from_json({**document, "digest": "0" * 64})
    with pytest.raises(DamagedFile, match="is missing"):
        Avatar.from_json({**document, "file": "/none/SMPLX.npz"})


@pytest.mark.parametrize("kind", ["SMPL-H", "SMPL"])
def test_smplh_and_smpl_are_read(make_smpl: object, kind: str) -> None:
    model = SmplBody(checked_smpl(make_smpl(kind), kind))  # type: ignore[operator]
    assert model.arrays.name == kind
    assert model.arrays.template.shape == (6890, 3)
    own = build_avatar(np.zeros(body_model().asset.size, np.float32), "female").figure.measurements
    theirs = build_avatar(np.zeros(10, np.float32), "female", None, model).figure.measurements
    for name in ("height", "bust", "waist", "hip", "inseam", "arm_length"):
        assert getattr(theirs, name) == pytest.approx(getattr(own, name), abs=0.01), name


def test_expression_moves_the_face_only(make_smpl: object) -> None:
    arrays = checked_smpl(make_smpl("SMPL-X"), "x")  # type: ignore[operator]
    calm, open_ = SmplBody(arrays), SmplBody(arrays, expression=[2.0])
    moved = np.linalg.norm(open_.asset.mean - calm.asset.mean, axis=1)
    assert moved.max() == pytest.approx(0.008, abs=1e-4)
    assert set(calm.asset.part_of_vertex[moved > 1e-5]) <= {PARTS.index(p) for p in ("head", "neck")}
    with pytest.raises(BadInput, match="11 expression"):
        SmplBody(arrays, expression=[0.0] * 11)


@pytest.mark.slow
def test_three_hundred_betas(make_smpl: object) -> None:
    model = SmplBody(checked_smpl(make_smpl("SMPL-X", betas=300), "x"))  # type: ignore[operator]
    assert model.betas == 300
    avatar = fit_avatar({"height": 1.74, "waist": 0.80}, "male", model)
    assert avatar.report["waist"]["achieved_cm"] == pytest.approx(80.0, abs=0.05)


def test_files_that_cannot_be_used_are_refused_in_one_sentence(make_smpl: object, tmp_path: Path) -> None:
    whole = make_smpl("SMPL")  # type: ignore[operator]
    pickled = tmp_path / "SMPLX_NEUTRAL.pkl"
    pickled.write_bytes(pickle.dumps({"v_template": [0.0]}))
    with pytest.raises(BadInput, match=r"\.npz"):
        read_body(pickled)
    disguised = tmp_path / "SMPL.npz"
    disguised.write_bytes(pickled.read_bytes())
    with pytest.raises(BadInput, match="pickle"):
        read_body(disguised)
    objects = tmp_path / "objects.npz"
    np.savez(objects, **{**whole, "v_template": np.array([{}, {}], dtype=object)})
    with pytest.raises(BadInput, match="Python objects"):
        read_body(objects)
    cut = tmp_path / "cut.npz"
    stream = io.BytesIO()
    np.savez(stream, **whole)
    cut.write_bytes(stream.getvalue()[: len(stream.getvalue()) // 2])
    with pytest.raises((BadInput, DamagedFile)):
        read_body(cut)
    faults = {
        "lacks shapedirs": {k: v for k, v in whole.items() if k != "shapedirs"},
        "not finite": {**whole, "v_template": np.where(np.arange(3) == 1, np.nan, whole["v_template"])},
        "joints": {**whole, "kintree_table": whole["kintree_table"][:, :20]},
        "weights has shape": {**whole, "weights": whole["weights"][:, :23]},
        "tree": {**whole, "kintree_table": whole["kintree_table"][:, ::-1]},
        "faces": {**whole, "f": whole["f"].astype(np.int64) + 10},
    }
    for said, arrays in faults.items():
        with pytest.raises((BadInput, DamagedFile), match=said):
            checked_smpl(arrays, "file.npz")


def test_a_body_that_is_no_person_is_refused(make_smpl: object) -> None:
    arrays = make_smpl("SMPL")  # type: ignore[operator]
    arrays["v_template"] = arrays["v_template"] * [0.3, 1.0, 3.0]
    with pytest.raises(BadInput, match="human"):
        SmplBody(checked_smpl(arrays, "x"))


def test_it_poses_as_the_smplx_package_does(smplx: SmplBody, synthetic_smplx: Path) -> None:
    package = pytest.importorskip("smplx", reason="the extra [smplx] is not installed")
    import torch
    from scipy.spatial.transform import Rotation

    peer = package.create(
        str(synthetic_smplx),
        model_type="smplx",
        use_pca=False,
        flat_hand_mean=True,
        num_betas=10,
        batch_size=1,
    )
    shape = np.random.default_rng(5).normal(0, 1, 10).astype(np.float32)
    turns, shift = _random_pose(smplx, 0.25)
    world = matrices(turns)[[smplx.lead_names.index(n) for n in smplx.lead]] @ smplx.turned
    local = np.swapaxes(world[np.maximum(smplx.arrays.parents, 0)], 1, 2) @ world
    local[0] = world[0]
    pose = torch.tensor(Rotation.from_matrix(local).as_rotvec(), dtype=torch.float32).reshape(1, -1)
    names = (
        "global_orient",
        "body_pose",
        "jaw_pose",
        "leye_pose",
        "reye_pose",
        "left_hand_pose",
        "right_hand_pose",
    )
    cuts = np.cumsum([0, 3, 63, 3, 3, 3, 45, 45])
    parts = {n: pose[:, a:b] for n, a, b in zip(names, cuts, cuts[1:], strict=False)}
    with np.errstate(all="ignore"):
        found = peer(betas=torch.tensor(shape)[None], **parts)
    root = smplx.rig(shape).rest[0, :3, 3] + shift
    theirs = (found.vertices[0] - found.joints[0, 0]).detach().numpy() + root
    assert np.abs(smplx.posed(shape, turns, shift) - theirs).max() < 5e-6
    assert "smplx" in sys.modules


def test_the_rig_carries_the_body_near_to_its_own_surface(smplx: SmplBody) -> None:
    shape = np.zeros(10, np.float32)
    turns, shift = _random_pose(smplx, 0.1)
    apart = np.linalg.norm(
        Skin(smplx.rig(shape)).vertices(turns, shift) - smplx.posed(shape, turns, shift), axis=1
    )
    assert np.percentile(apart, 95) < 0.01

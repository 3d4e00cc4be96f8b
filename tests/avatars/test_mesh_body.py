"""Scans and meshes over time as bodies: units and axes found, landmarks carried over, dressed in an A-pose, moved."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from toile.avatars.body_file import npz_frames, read_body
from toile.avatars.fit import fit_avatar
from toile.avatars.mesh_body import MeshBody, MeshFrames, measured_avatar
from toile.avatars.mesh_file import joined, mesh_of
from toile.avatars.model import Avatar
from toile.avatars.moved import own_motion
from toile.avatars.pose import IDENTITY, Skeleton, Skin, about, multiply
from toile.engine.core.body import LANDMARKS
from toile.engine.core.errors import BadInput, DamagedFile, ToileError

CUBE = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)


@pytest.fixture(scope="module")
def person() -> Avatar:
    return fit_avatar({"height": 1.70, "mass": 72.0}, "female")


def arms_turned(person: Avatar, degrees: float) -> np.ndarray:
    """Return the person's vertices with both arms raised by an angle from our A-pose."""
    skeleton = Skeleton.of(person.rig)
    turns = np.tile(IDENTITY, (len(skeleton.names), 1))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        moved = skeleton.ancestry[:, skeleton.index[f"{side}_shoulder"]] > 0
        turn = about(np.array([0.0, 0.0, 1.0]), sign * np.radians(degrees))
        turns[moved] = multiply(turn, turns[moved])
    return Skin(person.rig).vertices(turns, np.zeros(3))


def thin(person: Avatar) -> np.ndarray:
    """Return the faces of the person without eyes, turned inside out: a scanner's may be."""
    return person.figure.faces[:, ::-1]


@pytest.fixture(scope="module")
def scan(person: Avatar) -> MeshBody:
    """A scan in centimetres, Z up, facing -Y, standing somewhere, with a millimetre of noise."""
    v = person.figure.vertices.astype(float)
    places = 100.0 * np.stack([v[:, 0], -v[:, 2], v[:, 1]], 1) + [40.0, -20.0, 7.0]
    places = places + np.random.default_rng(0).normal(0.0, 0.05, places.shape)
    return MeshBody(MeshFrames(places[None].astype(np.float32), thin(person), None), "scan.obj")


def test_units_and_axes_are_found_and_said(scan: MeshBody) -> None:
    assert scan.note == "scan.obj is read as centimetres, Z up, facing -Y."
    assert scan.upright.scale == 0.01


def test_a_scan_measures_what_the_body_under_it_does(scan: MeshBody, person: Avatar) -> None:
    avatar = measured_avatar(scan, "female")
    assert set(LANDMARKS) <= set(avatar.figure.landmarks)
    for name in (
        "height",
        "bust",
        "waist",
        "hip",
        "upper_arm",
        "calf",
        "thigh",
        "arm_length",
        "inseam",
        "waist_height",
    ):
        own, found = getattr(person.figure.measurements, name), getattr(avatar.figure.measurements, name)
        assert found == pytest.approx(own, abs=0.012), name
    assert avatar.report["waist"]["source"] == "measured"
    assert avatar.report["mass"]["achieved_kg"] == pytest.approx(72.0, abs=1.0)
    agree = (avatar.figure.part_of_vertex == person.figure.part_of_vertex)[person.figure.part_of_vertex < 15]
    assert agree.mean() > 0.96


def test_a_scan_walks(scan: MeshBody) -> None:
    from toile.avatars.motion import make_motion

    avatar = measured_avatar(scan, "female")
    motion = make_motion(avatar, "walk", 1.0, 10.0)
    assert np.abs(motion.vertices_at(5) - avatar.figure.vertices).max() > 0.1
    assert motion.vertices_at(5)[:, 1].min() == pytest.approx(0.0, abs=0.02)


def test_a_sequence_starts_in_an_a_pose_and_then_is_itself(person: Avatar) -> None:
    frames = np.stack([arms_turned(person, a) for a in (40.0, 42.0, 44.0, 46.0)])
    body = MeshBody(MeshFrames(frames.astype(np.float32), person.figure.faces, 2.0), "seq.npz")
    avatar = measured_avatar(body, "female")
    wrist = {n: avatar.figure.joints[f"left_{n}"] for n in ("shoulder", "wrist")}
    arm = wrist["wrist"] - wrist["shoulder"]
    assert 35.0 < np.degrees(np.arctan2(-arm[1], arm[0])) < 60.0  # lowered for dressing
    motion = own_motion(avatar, 4.0, None)
    assert motion is not None
    assert motion.frame_count == 8
    np.testing.assert_allclose(motion.vertices_at(-motion.lead_in), avatar.figure.vertices, atol=1e-5)
    np.testing.assert_array_equal(motion.vertices_at(0), body.sequence[0])
    np.testing.assert_array_equal(motion.vertices_at(2), body.sequence[1])
    np.testing.assert_allclose(motion.vertices_at(1), 0.5 * (body.sequence[0] + body.sequence[1]), atol=1e-6)
    assert np.abs(motion.vertices_at(-1e-4) - body.sequence[0]).max() < 1e-4
    shape = frames[0] - frames[0].mean(0)
    assert np.abs((body.sequence[0] - body.sequence[0].mean(0)) - shape).max() < 1e-4
    relative = (motion.transforms_at(6) @ np.linalg.inv(avatar.rig.rest)).astype(
        float
    )  # skinned by what the rig says
    blended = np.einsum("vk,vkab->vab", avatar.rig.weights, relative[avatar.rig.joint_of_weight])
    rest = np.concatenate([avatar.rig.rest_vertices, np.ones((len(blended), 1))], 1)
    apart = np.linalg.norm(np.einsum("vab,vb->va", blended, rest)[:, :3] - motion.vertices_at(6), axis=1)
    assert np.median(apart) < 0.002
    with pytest.raises(BadInput, match="lasts 2"):
        own_motion(avatar, 4.0, 9.0)


def test_what_cannot_be_dressed_is_refused_in_one_sentence(person: Avatar) -> None:
    hanging = MeshFrames(arms_turned(person, -36.0)[None], person.figure.faces, None)
    with pytest.raises(BadInput, match=r"A- or T-pose"):
        MeshBody(hanging, "hanging.obj")
    child = MeshFrames((0.5 * person.figure.vertices)[None], person.figure.faces, None)
    with pytest.raises(BadInput, match="in no unit is that a standing adult"):
        MeshBody(child, "half.obj")
    few = MeshFrames(CUBE[None].astype(np.float32), np.array([[0, 1, 2]] * 4, np.int32), None)
    with pytest.raises(BadInput, match="too few"):
        MeshBody(few, "cube.obj")
    random = np.random.default_rng(0).normal(0.0, 0.4, (1, 4000, 3)).astype(np.float32) * [1.0, 1.2, 0.5]
    cloud = MeshFrames(
        random.astype(np.float32), np.arange(3999 // 3 * 3, dtype=np.int32).reshape(-1, 3), None
    )
    with pytest.raises(BadInput):
        MeshBody(cloud, "cloud.obj")


def _obj(vertices: np.ndarray, faces: list[str]) -> bytes:
    lines = [f"v {x} {y} {z}" for x, y, z in vertices] + [f"f {f}" for f in faces]
    return ("\n".join(["# a cube", *lines])).encode()


QUADS = ["1 2 4 3", "5 7 8 6", "1 5 6 2", "3 4 8 7", "1 3 7 5", "2 6 8 4"]


def test_obj_polygons_and_references_are_read() -> None:
    vertices, faces = mesh_of(_obj(CUBE, QUADS), ".obj", "cube.obj")
    np.testing.assert_array_equal(vertices, CUBE)
    assert faces.shape == (12, 3)
    volume = (
        np.einsum(
            "ni,ni->n", vertices[faces[:, 0]], np.cross(vertices[faces[:, 1]], vertices[faces[:, 2]])
        ).sum()
        / 6
    )
    assert abs(volume) == pytest.approx(1.0)
    relative = [" ".join(f"{int(w) - 9}/1/1" for w in q.split()) for q in QUADS]
    np.testing.assert_array_equal(mesh_of(_obj(CUBE, relative), ".obj", "cube.obj")[1], faces)


@pytest.mark.parametrize("kind", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_ply_is_read(kind: str) -> None:
    header = (
        f"ply\nformat {kind} 1.0\nelement vertex 8\nproperty float x\nproperty float y\nproperty float z\nproperty uchar red\n"
        f"element face 6\nproperty list uchar int vertex_indices\nend_header\n"
    )
    quads = [[int(w) - 1 for w in q.split()] for q in QUADS]
    if kind == "ascii":
        body = "".join(f"{x} {y} {z} 9\n" for x, y, z in CUBE) + "".join(
            f"4 {' '.join(map(str, q))}\n" for q in quads
        )
        data = (header + body).encode()
    else:
        o = "<" if "little" in kind else ">"
        data = header.encode() + b"".join(struct.pack(o + "fffB", *v, 9) for v in CUBE)
        data += b"".join(struct.pack(o + "Biiii", 4, *q) for q in quads)
    vertices, faces = mesh_of(data, ".ply", "cube.ply")
    np.testing.assert_array_equal(vertices, CUBE)
    np.testing.assert_array_equal(faces, mesh_of(_obj(CUBE, QUADS), ".obj", "c")[1])


def test_our_own_glb_is_read_back(person: Avatar, tmp_path: Path) -> None:
    from toile.engine.export.gltf import export_gltf_body

    export_gltf_body(tmp_path / "body.glb", person.rig)
    vertices, faces = mesh_of((tmp_path / "body.glb").read_bytes(), ".glb", "body.glb")
    np.testing.assert_allclose(vertices, person.rig.rest_vertices, atol=1e-6)
    np.testing.assert_array_equal(faces, person.rig.faces)


def test_points_that_coincide_are_joined_in_order() -> None:
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0], [9, 9, 9]], float)
    kept, faces = joined(vertices, np.array([[0, 1, 2], [3, 5, 4]], np.int32))
    np.testing.assert_array_equal(kept, [0, 1, 2, 5])
    np.testing.assert_array_equal(faces, [[0, 1, 2], [1, 3, 2]])


def test_a_folder_is_a_sequence_in_the_order_of_its_numbers(person: Avatar, tmp_path: Path) -> None:
    quads = [" ".join(str(v + 1) for v in f) for f in person.figure.faces]
    for number, lift in ((1, 0.0), (2, 0.1), (10, 0.2)):
        (tmp_path / f"frame{number}.obj").write_bytes(
            _obj(person.figure.vertices + np.array([0, lift, 0]), quads)
        )
    body = read_body(tmp_path)
    assert isinstance(body, MeshBody)
    lowest = body.sequence[:, :, 1].min(1)
    np.testing.assert_allclose(lowest, [0.0, 0.1, 0.2], atol=1e-4)
    again = Avatar.from_json(measured_avatar(body, "female").to_json())
    assert again.model is body
    (tmp_path / "frame11.obj").write_bytes(_obj(person.figure.vertices[:-1], quads[:100]))
    with pytest.raises(BadInput, match=r"frame11\.obj has another mesh"):
        read_body(tmp_path)
    (tmp_path / "frame11.obj").rename(tmp_path / "frame11.ply")
    with pytest.raises(BadInput, match="several kinds"):
        read_body(tmp_path)


def test_a_mesh_file_that_is_too_large_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As files of every other kind are: `DamagedFile`, one sentence, with what to do."""
    monkeypatch.setattr("toile.avatars.mesh_file.MOST_BYTES", 1 << 20)
    path = tmp_path / "scan.obj"
    path.write_bytes(b"#" * ((1 << 20) + 1))
    with pytest.raises(DamagedFile, match=r"larger than 1 MiB; decimate the mesh"):
        read_body(path)


def test_npz_arrays_are_checked() -> None:
    faces = np.array([[0, 1, 2], [0, 2, 3], [0, 3, 1], [1, 3, 2]])
    whole = {"vertices": CUBE[:5], "faces": faces, "fps": np.array(24.0)}
    assert npz_frames(whole, "x").fps == 24.0
    for said, arrays in {
        "no body": {"poses": np.zeros(3)},
        "expected": {**whole, "vertices": np.zeros((3, 4))},
        "whole numbers": {**whole, "faces": faces.astype(float)},
        "does not hold": {**whole, "faces": faces + 7},
        "frame rate": {**whole, "fps": np.array(0.0)},
        "finite": {**whole, "vertices": np.where(CUBE[:5] > 0, np.nan, 0.0)},
    }.items():
        with pytest.raises((BadInput, DamagedFile), match=said):
            npz_frames(arrays, "x.npz")


@pytest.mark.parametrize("mutations", [600, pytest.param(100_000, marks=pytest.mark.slow)])
def test_no_mutated_mesh_file_raises_anything_of_another_kind(mutations: int) -> None:
    header = "ply\nformat binary_little_endian 1.0\nelement vertex 8\nproperty float x\nproperty float y\nproperty float z\n"
    header += "element face 6\nproperty list uchar int vertex_indices\nend_header\n"
    quads = [[int(w) - 1 for w in q.split()] for q in QUADS]
    binary = header.encode() + b"".join(struct.pack("<fff", *v) for v in CUBE)
    binary += b"".join(struct.pack("<Biiii", 4, *q) for q in quads)
    places, rows = CUBE.astype("<f4").tobytes(), np.array(quads, "<u2")[:, [0, 1, 2]].tobytes()
    document = {
        "asset": {"version": "2.0"}, "nodes": [{"mesh": 0, "scale": [1, 2, 1], "children": [1]}, {"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "buffers": [{"byteLength": len(places + rows)}],
        "bufferViews": [{"buffer": 0, "byteLength": len(places)}, {"buffer": 0, "byteOffset": len(places), "byteLength": len(rows)}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 8, "type": "VEC3"},
            {"bufferView": 1, "componentType": 5123, "count": 18, "type": "SCALAR"},
        ],
    }  # fmt: skip
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    chunks = (
        struct.pack("<II", len(text), 0x4E4F534A)
        + text
        + struct.pack("<II", len(places + rows), 0x004E4942)
        + places
        + rows
    )
    glb = struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks
    files = {".obj": _obj(CUBE, QUADS), ".ply": binary, ".glb": glb}
    for ending, data in files.items():
        mesh_of(data, ending, "whole")
    random = np.random.default_rng(11)
    read, said = 0, []
    for k in range(mutations):
        ending = (".obj", ".ply", ".glb")[k % 3]
        data = bytearray(files[ending])
        for _ in range(int(random.integers(1, 6))):
            at = int(random.integers(0, len(data)))
            what = random.integers(0, 4)
            if what == 0:
                data[at] = int(random.integers(0, 256))
            elif what == 1:
                del data[at : at + int(random.integers(1, 20))]
            elif what == 2:
                data[at:at] = bytes(random.integers(0, 256, int(random.integers(1, 8))).astype(np.uint8))
            else:
                data[at:at] = b"999999999"
            if not data:
                break
        try:
            mesh_of(bytes(data), ending, "mutated")
            read += 1
        except ToileError as error:
            said.append(str(error))
    assert all(len(sentence.splitlines()) == 1 for sentence in said)
    assert read > mutations // 50

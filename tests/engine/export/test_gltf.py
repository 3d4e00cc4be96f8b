"""A written GLB, read back and played, shows the simulated vertices; Khronos' validator finds nothing."""

import json
import shutil
import struct
import subprocess
from dataclasses import dataclass, replace

import numpy as np
import pytest
import trimesh

from toile.avatars.mannequin import mannequin
from toile.avatars.mesh_file import NO_SKIN, mesh_of
from toile.avatars.model import body_model, build_avatar
from toile.engine.core.body import Rig
from toile.engine.core.errors import BadInput, CannotWrite
from toile.engine.core.mesh import vertex_normals
from toile.engine.core.simulation import Simulation
from toile.engine.export.gltf import (
    GltfSettings,
    export_gltf,
    export_gltf_body,
    keyframes,
    split_at_seams,
)
from toile.engine.export.gltf_material import Material, Tile, fabric_material, linear_colour
from toile.garments.fabric import fabric

DTYPES = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


def rotation(axis, angle):
    """A 4 x 4 rotation about a coordinate axis."""
    i, j = [(1, 2), (2, 0), (0, 1)][axis]
    m = np.eye(4)
    m[i, i] = m[j, j] = np.cos(angle)
    m[j, i], m[i, j] = np.sin(angle), -np.sin(angle)
    return m


def shift(x, y, z):
    m = np.eye(4)
    m[:3, 3] = (x, y, z)
    return m


def tube(radius, low, high, around, along):
    """An open vertical tube, vertices by ring, faces outwards, and its panel coordinates with a seam at the back."""
    turn = np.linspace(0, 2 * np.pi, around, endpoint=False)
    height = np.linspace(low, high, along + 1)
    ring = np.stack([radius * np.sin(turn), np.zeros(around), radius * np.cos(turn)], 1)
    v = np.concatenate([ring + np.array([[0, h, 0]]) for h in height])
    i, k = np.meshgrid(np.arange(around), np.arange(along), indexing="xy")
    a, b = (k * around + i).ravel(), (k * around + (i + 1) % around).ravel()
    faces = np.concatenate([np.stack([a, b, b + around], 1), np.stack([a, b + around, a + around], 1)])
    x0, x1 = i.ravel() * 2 * np.pi * radius / around, (i.ravel() + 1) * 2 * np.pi * radius / around
    y0, y1 = height[k.ravel()], height[k.ravel() + 1]
    uv = np.concatenate(
        [
            np.stack([np.stack([x0, y0], 1), np.stack([x1, y0], 1), np.stack([x1, y1], 1)], 1),
            np.stack([np.stack([x0, y0], 1), np.stack([x1, y1], 1), np.stack([x0, y1], 1)], 1),
        ]
    )
    return v.astype(np.float32), faces.astype(np.int32), uv.astype(np.float32)


@dataclass
class Swing:
    """A three-joint body that walks forward, turns at the hip and bends."""

    rig: Rig
    part_of_vertex: np.ndarray
    fps: float = 30.0
    frame_count: int = 20
    lead_in: int = 0

    def transforms_at(self, frame):
        t = frame / self.frame_count
        root = shift(0.1 * t, 0.02 * np.sin(6 * t), 1.4 * t) @ rotation(1, 4.0 * t)
        spine = root @ shift(0, 0.5, 0) @ rotation(0, 0.6 * np.sin(5 * t))
        head = spine @ shift(0, 0.5, 0) @ rotation(2, 0.3 * np.cos(4 * t))
        return np.stack([root, spine, head]).astype(np.float32)

    def vertices_at(self, frame):
        move = self.transforms_at(frame) @ np.linalg.inv(self.rig.rest)
        points = np.column_stack([self.rig.rest_vertices, np.ones(len(self.rig.rest_vertices))])
        posed = np.einsum("jab,vb->jva", move, points)[
            self.rig.joint_of_weight, np.arange(len(points))[:, None]
        ]
        return (posed * self.rig.weights[:, :, None]).sum(1)[:, :3].astype(np.float32)


@pytest.fixture(scope="module")
def swing():
    v, f, _ = tube(0.12, 0.0, 1.5, 24, 30)
    height = v[:, 1]
    second = np.clip((height - 0.3) / 0.4, 0, 1)
    third = np.clip((height - 0.9) / 0.2, 0, 1)
    weights = np.stack([1 - second, second - third, third, 0 * third], 1).astype(np.float32)
    rest = np.stack([np.eye(4), shift(0, 0.5, 0), shift(0, 1.0, 0)]).astype(np.float32)
    uv = np.column_stack([np.arctan2(v[:, 0], v[:, 2]) / 7 + 0.5, height / 2]).astype(np.float32)
    joints = np.tile(np.array([0, 1, 2, 0], np.int32), (len(v), 1))
    parents = np.array([-1, 0, 1], np.int32)
    rig = Rig(("root", "spine", "head"), parents, rest, v, f, joints, weights, uv)
    return Swing(rig, np.zeros(len(v), np.int32))


@pytest.fixture(scope="module")
def simulation(swing):
    parts = [tube(0.16, 0.2, 0.9, 30, 16), tube(0.19, 0.7, 1.2, 26, 12)]
    frames = []
    for i in range(swing.frame_count):
        move = swing.transforms_at(i)[1] @ np.linalg.inv(swing.rig.rest[1])
        posed = []
        for k, (v, _, _) in enumerate(parts):
            flare = 1 + 0.25 * np.sin(0.7 * i + 9 * v[:, 1] + k + 3 * np.arctan2(v[:, 0], v[:, 2]))
            w = v * np.stack([flare, np.ones_like(flare), flare], 1)
            posed.append(w @ move[:3, :3].T + move[:3, 3])
        frames.append(np.concatenate(posed))
    offset = len(parts[0][0])
    faces = np.concatenate([parts[0][1], parts[1][1] + offset])
    return Simulation(
        body_vertices=np.stack([swing.vertices_at(i) for i in range(swing.frame_count)]),
        body_faces=swing.rig.faces,
        body_part=swing.part_of_vertex,
        cloth_vertices=np.stack(frames).astype(np.float32),
        cloth_faces=faces,
        cloth_panel_uv=np.concatenate([parts[0][2], parts[1][2]]),
        garment_of_face=np.repeat(np.arange(2, dtype=np.int32), [len(p[1]) for p in parts]),
        panel_of_face=np.repeat(np.arange(2, dtype=np.int32), [len(p[1]) for p in parts]),
        seam_edges=np.zeros((0, 2), np.int32),
        hem_edges=np.zeros((0, 2), np.int32),
        fps=30.0,
    )


def checker():
    from io import BytesIO

    from PIL import Image

    stream = BytesIO()
    tile = np.kron(np.array([[0, 1], [1, 0]]), np.ones((8, 8)))[..., None] * 120 + 100
    Image.fromarray(np.repeat(tile, 3, 2).astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()


MATERIALS = (
    fabric_material("skirt", fabric("chiffon"), "#204080"),
    Material("top", "#c02030", 0.7, 0.5, 0.4, 0.05, print=Tile((0.04, 0.04), checker())),
)


class Player:
    """A minimal glTF player: evaluates the animation and returns world positions of each mesh's split vertices."""

    def __init__(self, path):
        data = path.read_bytes()
        magic, version, total, length, kind = struct.unpack_from("<4sIIII", data)
        assert (magic, version, total, kind) == (b"glTF", 2, len(data), 0x4E4F534A)
        self.json = json.loads(data[20 : 20 + length])
        size, kind = struct.unpack_from("<II", data, 20 + length)
        assert kind == 0x004E4942
        assert size == self.json["buffers"][0]["byteLength"]
        self.blob = data[28 + length :]

    def read(self, index):
        accessor = self.json["accessors"][index]
        if "sparse" in accessor:
            return self.read_sparse(accessor)
        view = self.json["bufferViews"][accessor["bufferView"]]
        dtype, width = np.dtype(DTYPES[accessor["componentType"]]), WIDTHS[accessor["type"]]
        start = view["byteOffset"] + accessor.get("byteOffset", 0)
        stride = view.get("byteStride", width * dtype.itemsize)
        assert start % dtype.itemsize == 0
        assert (
            start + stride * (accessor["count"] - 1) + width * dtype.itemsize
            <= view["byteOffset"] + view["byteLength"]
        )
        shape, strides = (accessor["count"], width), (stride, dtype.itemsize)
        raw = np.ndarray(shape, dtype, self.blob, start, strides)
        for name, extreme in (("min", raw.min(0)), ("max", raw.max(0))):
            if name in accessor:
                np.testing.assert_allclose(accessor[name], extreme, rtol=1e-6)
        if accessor.get("normalized"):
            return np.maximum(raw.astype(np.float64) / np.iinfo(dtype).max, -1)
        return raw.astype(np.float64)

    def read_sparse(self, accessor):
        assert "bufferView" not in accessor
        sparse, result = accessor["sparse"], np.zeros((accessor["count"], WIDTHS[accessor["type"]]))

        def raw(part, dtype, width):
            view = self.json["bufferViews"][part["bufferView"]]
            start = view["byteOffset"] + part["byteOffset"]
            assert start % np.dtype(dtype).itemsize == 0
            size = sparse["count"] * width
            assert part["byteOffset"] + size * np.dtype(dtype).itemsize <= view["byteLength"]
            return np.frombuffer(self.blob, dtype, size, start).reshape(-1, width)

        at = raw(sparse["indices"], DTYPES[sparse["indices"]["componentType"]], 1)[:, 0].astype(int)
        assert (np.diff(at) > 0).all()
        result[at] = raw(sparse["values"], DTYPES[accessor["componentType"]], result.shape[1])
        np.testing.assert_allclose(accessor["min"], result.min(0), rtol=1e-6)
        np.testing.assert_allclose(accessor["max"], result.max(0), rtol=1e-6)
        return result

    def play(self, time):
        nodes = [dict(n) for n in self.json["nodes"]]
        for animation in self.json.get("animations", []):
            for channel in animation["channels"]:
                sampler = animation["samplers"][channel["sampler"]]
                times = self.read(sampler["input"])[:, 0]
                values = self.read(sampler["output"]).reshape(len(times), -1)
                value = np.array([np.interp(time, times, column) for column in values.T])
                if channel["target"]["path"] == "rotation":
                    value /= np.linalg.norm(value)
                nodes[channel["target"]["node"]][channel["target"]["path"]] = value
        world = {}

        def visit(index, parent):
            node = nodes[index]
            x, y, z, w = node.get("rotation", (0, 0, 0, 1))
            turn = np.array(
                [
                    [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                    [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                    [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
                ]
            )
            local = np.eye(4)
            local[:3, :3] = turn * np.array(node.get("scale", (1, 1, 1)))
            local[:3, 3] = node.get("translation", (0, 0, 0))
            world[index] = parent @ local
            for child in node.get("children", []):
                visit(child, world[index])

        for root in self.json["scenes"][self.json["scene"]]["nodes"]:
            visit(root, np.eye(4))
        return {n["name"]: self._pose(n, world, i) for i, n in enumerate(nodes) if "mesh" in n}

    def _pose(self, node, world, index):
        primitive, *more = self.json["meshes"][node["mesh"]]["primitives"]
        assert all(other["attributes"] == primitive["attributes"] for other in more)
        points, normals = (
            self.read(primitive["attributes"]["POSITION"]),
            self.read(primitive["attributes"]["NORMAL"]),
        )
        weights = node.get("weights", self.json["meshes"][node["mesh"]].get("weights", []))
        for weight, target in zip(weights, primitive.get("targets", []), strict=True):
            points = points + weight * self.read(target["POSITION"])
            if "NORMAL" in target:
                normals = normals + weight * self.read(target["NORMAL"])
        homogeneous = np.column_stack([points, np.ones(len(points))])
        if "skin" not in node:
            return homogeneous @ world[index][:3].T, normals @ world[index][:3, :3].T
        skin = self.json["skins"][node["skin"]]
        inverse = self.read(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
        move = np.stack([world[j] for j in skin["joints"]]) @ inverse
        share = self.read(primitive["attributes"]["WEIGHTS_0"])
        joints = self.read(primitive["attributes"]["JOINTS_0"]).astype(int)
        blended = np.einsum("vk,vkab->vab", share, move[joints])
        return np.einsum("vab,vb->va", blended, homogeneous)[:, :3], normals


@pytest.fixture(scope="module")
def written(tmp_path_factory, simulation, swing):
    path = tmp_path_factory.mktemp("glb") / "look.glb"
    return path, export_gltf(path, simulation, swing, MATERIALS)


@pytest.fixture(scope="module")
def buttoned(tmp_path_factory, simulation, swing):
    """Two buttons of a shirt and one of a coat, somewhere on the first panel."""
    on = np.flatnonzero(np.asarray(simulation.panel_of_face) == 0)[[3, 17, 40]]
    dressed = replace(
        simulation,
        button_places=simulation.cloth_panel_uv[on].mean(axis=1),
        button_panel=np.zeros(3, np.int32),
        button_size=np.array([0.011, 0.011, 0.020], np.float32),
    )
    path = tmp_path_factory.mktemp("buttons") / "look.glb"
    export_gltf(path, dressed, swing, MATERIALS)
    return path, dressed, on


def test_buttons_are_nodes_that_move_with_the_cloth_under_them(buttoned):
    path, dressed, on = buttoned
    player = Player(path)
    for frame in (0, 7, 19):
        seen = player.play(frame / dressed.fps)
        corners = dressed.cloth_vertices[frame][dressed.cloth_faces[on]].astype(np.float64)
        normals = vertex_normals(dressed.cloth_vertices[frame].astype(np.float64), dressed.cloth_faces)
        for i, size in enumerate(dressed.button_size):
            points = seen[f"button_{i + 1}"][0] - corners[i].mean(axis=0)
            up = normals[dressed.cloth_faces[on[i]]].mean(axis=0)
            height = points @ (up / np.linalg.norm(up))
            assert -0.002 < height.min() < 0.0 < height.max() < 0.0031
            across = np.linalg.norm(points - np.outer(height, up / np.linalg.norm(up)), axis=1)
            assert np.isclose(across.max(), 0.5 * size, atol=1e-5)
    marked = [n["name"] for n in player.json["nodes"] if n.get("extras") == NO_SKIN]
    assert marked[-3:] == ["button_1", "button_2", "button_3"]
    meshes = {n["mesh"] for n in player.json["nodes"] if n["name"].startswith("button_")}
    assert len(meshes) == 2  # one a size


def garment_split(simulation, garment):
    chosen = simulation.garment_of_face == garment
    return split_at_seams(simulation.cloth_faces[chosen], simulation.cloth_panel_uv[chosen])


def test_playback_shows_each_simulated_frame(written, simulation):
    player = Player(written[0])
    for frame in (0, 1, 7, 18, 19):
        seen = player.play(frame / simulation.fps)
        for garment, name in enumerate(("skirt", "top")):
            error = seen[name][0] - simulation.cloth_vertices[frame, garment_split(simulation, garment)[0]]
            assert np.linalg.norm(error, axis=1).max() < 1e-4
            assert np.abs(error).max() < np.sqrt(3) * written[1].displacement_error + 2e-6
        assert np.abs(seen["body"][0] - simulation.body_vertices[frame]).max() < 1e-5


def test_playback_between_frames_is_the_mean_of_neighbours_but_for_the_arc_of_the_turn(written, simulation):
    """A turn of 0.2 rad, 0.24 m from its axis, with 0.1 m of motion beside: r a^2 / 8 + d a / 4 is about 6 mm."""
    player = Player(written[0])
    for frame in (0, 7, 18):
        seen = player.play((frame + 0.5) / simulation.fps)
        mean = simulation.cloth_vertices[frame : frame + 2].mean(axis=0)
        for garment, name in enumerate(("skirt", "top")):
            error = np.abs(seen[name][0] - mean[garment_split(simulation, garment)[0]]).max()
            assert error < 7e-3


def test_normals_played_back_are_those_of_the_frame(written, simulation):
    player = Player(written[0])
    for frame in (0, 9, 19):
        seen = player.play(frame / simulation.fps)
        true = vertex_normals(simulation.cloth_vertices[frame].astype(np.float64), simulation.cloth_faces)
        for garment, name in enumerate(("skirt", "top")):
            normals = seen[name][1] / np.linalg.norm(seen[name][1], axis=1, keepdims=True)
            cosine = (normals * true[garment_split(simulation, garment)[0]]).sum(1)
            angle = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
            assert np.median(angle) < 0.5
            assert angle.max() < 5


def test_geometry_has_true_size_outward_faces_and_panel_coordinates(written, simulation):
    player = Player(written[0])
    for garment, name in enumerate(("skirt", "top")):
        mesh = next(m for m in player.json["meshes"] if m["name"] == name)
        (primitive,) = mesh["primitives"]
        faces = player.read(primitive["indices"]).astype(int).reshape(-1, 3)
        uv = player.read(primitive["attributes"]["TEXCOORD_0"]) * [1, -1]
        vertex, _, split = garment_split(simulation, garment)
        np.testing.assert_array_equal(faces, split)
        chosen = simulation.garment_of_face == garment
        np.testing.assert_array_equal(vertex[faces], simulation.cloth_faces[chosen])
        np.testing.assert_allclose(uv[faces], simulation.cloth_panel_uv[chosen], atol=1e-6)
        tangent = player.read(primitive["attributes"]["TANGENT"])
        normal = player.read(primitive["attributes"]["NORMAL"])
        np.testing.assert_allclose(np.linalg.norm(tangent[:, :3], axis=1), 1, atol=1e-6)
        np.testing.assert_allclose((tangent[:, :3] * normal).sum(1), 0, atol=1e-6)
        around = np.cross([0, 1, 0], player.read(primitive["attributes"]["POSITION"]) * [1, 0, 1])
        assert ((tangent[:, :3] * around).sum(1) > 0).all()  # the weft runs round the tube
        assert len(vertex) > len(np.unique(simulation.cloth_faces[chosen]))  # split along the seam
        assert mesh["extras"]["targetNames"][3] == "frame_3"


def test_trimesh_reads_the_scene_in_metres(written, simulation):
    scene = trimesh.load(written[0])
    assert set(scene.geometry) == {"body", "skirt", "top"}
    cloth = simulation.cloth_vertices[0]
    skirt = cloth[np.unique(simulation.cloth_faces[simulation.garment_of_face == 0])]
    placed = scene.geometry["skirt"].copy()
    placed.apply_transform(scene.graph["skirt"][0])
    np.testing.assert_allclose(placed.bounds, [skirt.min(0), skirt.max(0)], atol=1e-4)


def test_materials_carry_colour_sheen_transmission_and_texture_scale(written):
    materials = {m["name"]: m for m in Player(written[0]).json["materials"]}
    skirt, top = materials["skirt"], materials["top"]
    np.testing.assert_allclose(skirt["pbrMetallicRoughness"]["baseColorFactor"][:3], linear_colour("#204080"))
    chiffon = fabric("chiffon")
    assert skirt["extensions"]["KHR_materials_transmission"]["transmissionFactor"] == chiffon.transmission > 0
    assert skirt["doubleSided"]
    assert not materials["skin"]["doubleSided"]
    texture = top["pbrMetallicRoughness"]["baseColorTexture"]
    assert texture["extensions"]["KHR_texture_transform"]["scale"] == [25.0, 25.0]
    assert (
        skirt["normalTexture"]["extensions"]["KHR_texture_transform"]["scale"][0] > 1000
    )  # threads, not metres
    assert top["extensions"]["KHR_materials_sheen"]["sheenRoughnessFactor"] == 0.4
    ior = top["extensions"]["KHR_materials_ior"]["ior"]
    assert ((ior - 1) / (ior + 1)) ** 2 == pytest.approx(0.05)


def test_colours_are_linear():
    assert linear_colour("#ffffff") == (1.0, 1.0, 1.0)
    assert linear_colour("#808080")[0] == pytest.approx(0.21586, abs=1e-5)
    for wrong in ("blue", "#12345", "#1234567", "#gg0000"):
        with pytest.raises(BadInput, match="#rrggbb"):
            linear_colour(wrong)


def test_keyframes_are_bounded_and_include_both_ends():
    assert keyframes(5, 120) == (0, 1, 2, 3, 4)
    assert keyframes(1, 120) == (0,)
    for frames, limit in ((300, 60), (121, 120), (72, 10), (7, 2)):
        kept = keyframes(frames, limit)
        assert kept[0] == 0
        assert kept[-1] == frames - 1
        assert len(kept) <= limit


def test_bounded_keyframes_still_show_those_frames_exactly(tmp_path, simulation, swing):
    done = export_gltf(tmp_path / "a.glb", simulation, swing, MATERIALS, GltfSettings(max_keyframes=5))
    assert done.keyframes == (0, 5, 10, 15, 19)
    player = Player(tmp_path / "a.glb")
    for frame in done.keyframes:
        seen = player.play(frame / simulation.fps)["skirt"][0]
        vertex = garment_split(simulation, 0)[0]
        assert np.abs(seen - simulation.cloth_vertices[frame, vertex]).max() < 1e-4


@pytest.fixture(scope="module")
def pressed(simulation):
    """The simulation with a dent of up to 8 mm that wanders over the skin, except in frames 4 and 5."""
    body = simulation.body_vertices.astype(np.float64)
    frames = np.arange(len(body))[:, None]
    height = simulation.body_vertices[0, None, :, 1]
    depth = 0.008 * np.exp(-(((height - 0.5 - 0.03 * frames) / 0.04) ** 2))
    depth[depth < 4e-5] = 0
    depth[4:6] = 0
    normals = np.stack([vertex_normals(b, simulation.body_faces) for b in body])
    return replace(simulation, body_vertices=(body - depth[..., None] * normals).astype(np.float32))


@pytest.fixture(scope="module")
def dented(tmp_path_factory, pressed, swing):
    path = tmp_path_factory.mktemp("glb") / "dented.glb"
    return path, export_gltf(path, pressed, swing, MATERIALS)


def test_flesh_that_yields_is_played_back_at_every_keyframe(dented, pressed, swing):
    path, done = dented
    player = Player(path)
    assert done.body_targets == len(pressed.cloth_vertices) - 2
    assert done.body_error < 2.1e-5
    for frame in range(len(pressed.cloth_vertices)):
        seen = player.play(frame / pressed.fps)["body"][0]
        error = np.linalg.norm(seen - pressed.body_vertices[frame], axis=1).max()
        assert error < 2.5e-5
    moved = np.abs(pressed.body_vertices - [swing.vertices_at(i) for i in range(20)]).max()
    assert moved > 5e-3  # the dent is no trifle


def test_a_body_that_skinning_reproduces_has_no_targets_and_a_dent_costs_fourteen_bytes_a_vertex(
    written, dented, pressed, swing
):
    (body,) = (m for m in Player(written[0]).json["meshes"] if m["name"] == "body")
    assert written[1].body_targets == 0
    assert "weights" not in body
    assert "targets" not in body["primitives"][0]
    skinned = np.stack([swing.vertices_at(i) for i in range(20)])
    moved = (np.linalg.norm(pressed.body_vertices - skinned, axis=2) > 2e-5).sum()
    assert 0 < moved < 0.5 * skinned.shape[0] * skinned.shape[1]
    json_ = 420 * dented[1].body_targets
    weights = 4 * dented[1].body_targets * 20
    assert dented[1].size - written[1].size < 14 * moved + weights + json_ + 1000


def test_few_keyframes_carry_their_own_dents(tmp_path, pressed, swing):
    done = export_gltf(tmp_path / "a.glb", pressed, swing, MATERIALS, GltfSettings(max_keyframes=5))
    player = Player(tmp_path / "a.glb")
    assert (done.keyframes, done.body_targets) == ((0, 5, 10, 15, 19), 4)  # frame 5 has no dent
    for frame in done.keyframes:
        seen = player.play(frame / pressed.fps)["body"][0]
        assert np.abs(seen - pressed.body_vertices[frame]).max() < 2.5e-5


def test_the_pose_that_a_file_opens_in_is_that_of_the_first_frame(tmp_path, pressed, swing):
    export_gltf(tmp_path / "moving.glb", pressed, swing, MATERIALS)
    still = replace(
        pressed, cloth_vertices=pressed.cloth_vertices[:1], body_vertices=pressed.body_vertices[:1]
    )
    export_gltf(tmp_path / "still.glb", still, swing, MATERIALS)
    for name in ("moving", "still"):
        player = Player(tmp_path / f"{name}.glb")
        player.json.pop("animations", None)
        seen = player.play(0)
        assert np.abs(seen["body"][0] - pressed.body_vertices[0]).max() < 2.5e-5
        vertex = garment_split(pressed, 0)[0]
        assert np.abs(seen["skirt"][0] - pressed.cloth_vertices[0, vertex]).max() < 1e-4


@pytest.mark.slow
def test_a_real_body_that_yields_and_is_pressed_is_played_back(tmp_path):
    """A walk, its flesh yielding at the armpits, with a spot of the waist pressed by 3 mm."""
    from toile.avatars.fit import fit_avatar
    from toile.avatars.flesh import YieldingMotion
    from toile.avatars.motion import make_motion

    avatar = fit_avatar({"height": 1.68, "bust": 0.90, "waist": 0.72, "hip": 0.98}, "female")
    motion = YieldingMotion(make_motion(avatar, "walk", 1.0, 12))
    body = np.stack([motion.vertices_at(i) for i in range(motion.frame_count)])
    spot = np.linalg.norm(body[0] - avatar.figure.landmarks["waist_front"], axis=1) < 0.03
    for b in body:
        b[spot] -= 0.003 * vertex_normals(b, motion.rig.faces)[spot]
    v, faces, uv = tube(0.4, 0.5, 1.0, 20, 6)
    zeros = np.zeros(len(faces), np.int32)
    none = np.zeros((0, 2), np.int32)
    cloth = np.stack([v] * len(body))
    look = Simulation(
        body, motion.rig.faces, motion.part_of_vertex, cloth, faces, uv, zeros, zeros, none, none, 12.0
    )
    done = export_gltf(tmp_path / "look.glb", look, motion, MATERIALS[:1])
    player = Player(tmp_path / "look.glb")
    skinned = 0.0
    for frame in (0, 5, 11):
        seen = player.play(frame / 12.0)["body"][0]
        assert np.linalg.norm(seen - body[frame], axis=1).max() < 5e-5
        skinned = max(skinned, np.linalg.norm(motion.motion.vertices_at(frame) - body[frame], axis=1).max())
    assert skinned > 2e-3
    assert done.body_targets == 12
    assert done.body_error < 3e-5
    still = export_gltf(tmp_path / "skinned.glb", replace_body(look, motion.motion), motion, MATERIALS[:1])
    assert still.body_targets == 0
    assert done.size - still.size < 12 * 5000  # per keyframe; 60 frames take 0.3 MB


def replace_body(look, motion):
    return replace(look, body_vertices=np.stack([motion.vertices_at(i) for i in range(motion.frame_count)]))


def test_targets_take_half_of_raw_floats_and_the_file_is_deterministic(tmp_path, written, simulation, swing):
    vertices = sum(len(garment_split(simulation, g)[0]) for g in (0, 1))
    raw = vertices * len(simulation.cloth_vertices) * 24
    views = Player(written[0]).json["bufferViews"]
    assert sum(v["byteLength"] for v in views if v.get("byteStride") == 12) == raw / 2
    assert written[1].size == written[0].stat().st_size
    export_gltf(tmp_path / "b.glb", simulation, swing, MATERIALS)
    assert (tmp_path / "b.glb").read_bytes() == written[0].read_bytes()


def test_a_still_has_no_animation_and_a_body_alone_loads(tmp_path, simulation, swing):
    still = replace(
        simulation, cloth_vertices=simulation.cloth_vertices[:1], body_vertices=simulation.body_vertices[:1]
    )
    export_gltf(tmp_path / "still.glb", still, swing, MATERIALS)
    player = Player(tmp_path / "still.glb")
    assert "animations" not in player.json
    vertex = garment_split(simulation, 0)[0]
    assert np.abs(player.play(0)["skirt"][0] - simulation.cloth_vertices[0, vertex]).max() < 1e-6
    export_gltf_body(tmp_path / "body.glb", swing.rig)
    np.testing.assert_allclose(
        Player(tmp_path / "body.glb").play(0)["body"][0], swing.rig.rest_vertices, atol=1e-6
    )


def test_refusals(tmp_path, simulation, swing):
    with pytest.raises(BadInput, match="2 garments and 1 materials"):
        export_gltf(tmp_path / "a.glb", simulation, swing, MATERIALS[:1])
    far = replace(simulation, body_vertices=simulation.body_vertices + np.float32(0.2))
    with pytest.raises(BadInput, match="346 mm or more from the motion's in frame 0"):
        export_gltf(tmp_path / "a.glb", far, swing, MATERIALS)
    short = replace(simulation, body_vertices=simulation.body_vertices[:, :700])
    with pytest.raises(BadInput, match="has 700 vertices and the rig 744"):
        export_gltf(tmp_path / "a.glb", short, swing, MATERIALS)
    with pytest.raises(CannotWrite):
        export_gltf(tmp_path / "missing" / "a.glb", simulation, swing, MATERIALS)


VALIDATE = """
const fs = require('fs'); const validator = require('gltf-validator');
const check = f => validator.validateBytes(new Uint8Array(fs.readFileSync(f)), {maxIssues: 50});
Promise.all(process.argv.slice(2).map(check))
  .then(r => console.log(JSON.stringify(r.map(x => x.issues))));
"""


@pytest.mark.slow
def test_khronos_validator_finds_no_error_and_no_warning(
    tmp_path, written, buttoned, dented, simulation, swing
):
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("needs node and npm")
    package = "gltf-validator@2.0.0-dev.3.10"
    command = [npm, "install", "--prefix", str(tmp_path), "--no-audit", "--no-fund", package]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("npm cannot fetch gltf-validator")
    export_gltf(tmp_path / "few.glb", simulation, swing, MATERIALS, GltfSettings(max_keyframes=4))
    export_gltf_body(tmp_path / "body.glb", swing.rig)
    person = build_avatar(np.zeros(body_model().asset.size), "female")
    parts = person.figure.part_of_vertex
    export_gltf_body(tmp_path / "person.glb", person.rig, mannequin("female"), (), parts)
    (tmp_path / "validate.js").write_text(VALIDATE)
    files = [
        str(written[0]),
        str(dented[0]),
        *(str(tmp_path / n) for n in ("few.glb", "body.glb", "person.glb")),
    ]
    done = subprocess.run(
        [node, str(tmp_path / "validate.js"), *files],
        capture_output=True,
        check=True,
        text=True,
        cwd=tmp_path,
    )
    for issues in json.loads(done.stdout):
        assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"]


def test_a_look_read_as_a_body_has_no_garments_in_its_skin(written, swing):
    """Each garment's node is marked; the mark is found beside what other programs add to it."""
    data = written[0].read_bytes()
    vertices, faces = mesh_of(data, ".glb", "look.glb")
    assert vertices.shape == swing.rig.rest_vertices.shape
    np.testing.assert_array_equal(faces, swing.rig.faces)
    size = struct.unpack_from("<I", data, 12)[0]
    document = json.loads(data[20 : 20 + size])
    marked = [node["name"] for node in document["nodes"] if node.get("extras") == NO_SKIN]
    assert marked == ["skirt", "top"]
    for node in document["nodes"]:
        if "extras" in node:
            node["extras"]["exported_by"] = "another program"
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    rest = struct.pack("<II", len(text), 0x4E4F534A) + text + data[20 + size :]
    again = b"glTF" + struct.pack("<II", 2, 12 + len(rest)) + rest
    assert len(mesh_of(again, ".glb", "look.glb")[0]) == len(vertices)

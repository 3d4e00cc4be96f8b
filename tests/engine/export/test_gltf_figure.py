"""The figure in a GLB: skin with its face and base layer in one texture, hair on the head, pressed under a hood."""

import io
import json
import struct

import numpy as np
import pytest
from PIL import Image

from toile.avatars.mannequin import Mannequin, mannequin
from toile.avatars.model import body_model, build_avatar
from toile.engine.core.body import PARTS
from toile.engine.core.simulation import Simulation
from toile.engine.export.gltf import export_gltf_body
from toile.engine.export.gltf_figure import hair_mesh

TYPES = {5121: "u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


class Glb:
    """A GLB file read by the specification alone."""

    def __init__(self, path):
        data = path.read_bytes()
        (length,) = struct.unpack_from("<I", data, 12)
        self.json, self.binary = json.loads(data[20 : 20 + length]), data[28 + length :]

    def view(self, index):
        view = self.json["bufferViews"][index]
        start = view.get("byteOffset", 0)
        return self.binary[start : start + view["byteLength"]]

    def read(self, index):
        entry = self.json["accessors"][index]
        kind, width = np.dtype(TYPES[entry["componentType"]]), WIDTHS[entry["type"]]
        view = self.json["bufferViews"][entry["bufferView"]]
        stride = view.get("byteStride", kind.itemsize * width)
        shape, strides = (entry["count"], width), (stride, kind.itemsize)
        return np.ndarray(shape, kind, self.view(entry["bufferView"]), entry.get("byteOffset", 0), strides)

    def mesh(self, name):
        (mesh,) = [m for m in self.json["meshes"] if m["name"] == name]
        (primitive,) = mesh["primitives"]
        return primitive

    def base_colour(self, name):
        """The colour of each vertex of a mesh, 0-255, from its texture."""
        primitive = self.mesh(name)
        surface = self.json["materials"][primitive["material"]]["pbrMetallicRoughness"]
        texture = surface["baseColorTexture"]
        image = self.json["images"][self.json["textures"][texture["index"]]["source"]]
        picture = np.asarray(Image.open(io.BytesIO(self.view(image["bufferView"]))).convert("RGB"))
        uv = self.read(primitive["attributes"][f"TEXCOORD_{texture.get('texCoord', 0)}"])
        size = np.array(picture.shape[1::-1])
        x, y = np.minimum(uv * size, size - 1).astype(int).T
        return picture[y, x].astype(float)


@pytest.fixture(scope="module")
def avatar():
    return build_avatar(np.zeros(body_model().asset.size), "female")


@pytest.fixture(scope="module")
def written(avatar, tmp_path_factory):
    path = tmp_path_factory.mktemp("glb") / "body.glb"
    export_gltf_body(path, avatar.rig, mannequin("female"), (), avatar.figure.part_of_vertex)
    return Glb(path)


def hexed(text):
    return np.array([int(text[i : i + 2], 16) for i in (1, 3, 5)], float)


def test_trunk_is_covered_and_arms_and_shins_are_skin(avatar, written):
    colour, part = written.base_colour("body"), avatar.figure.part_of_vertex
    layer, skin = hexed(Mannequin().base_layer), hexed(Mannequin().skin)
    torso = part == PARTS.index("torso")
    height = avatar.figure.vertices[:, 1]
    belly = torso & (height < avatar.figure.landmarks["waist"][1])
    assert np.abs(colour[belly] - layer).max() < 6
    for name in ("left_shin", "right_forearm", "neck"):
        assert np.abs(colour[part == PARTS.index(name)] - skin).mean() < 10


def test_eyes_have_whites_and_dark_pupils(avatar, written):
    colour = written.base_colour("body")[avatar.figure.part_of_vertex == PARTS.index("eyes")].mean(1)
    assert colour.min() < 40
    assert colour.max() > 190


def test_hair_hangs_on_the_head_joint_alone(avatar, written):
    hair = written.mesh("hair")
    joints, weights = (written.read(hair["attributes"][n]) for n in ("JOINTS_0", "WEIGHTS_0"))
    assert (joints[:, 0] == avatar.rig.joint_names.index("head")).all()
    assert (weights == [1.0, 0.0, 0.0, 0.0]).all()
    faces = written.read(hair["indices"]).reshape(-1, 3)
    assert faces.max() + 1 == len(joints)
    node = next(n for n in written.json["nodes"] if n["name"] == "hair")
    assert node["skin"] == next(n for n in written.json["nodes"] if n["name"] == "body")["skin"]


def test_no_hair_on_request_nor_on_a_body_that_is_not_ours(avatar):
    assert hair_mesh(avatar.rig, Mannequin(hair="none")) is None
    other = type(avatar.rig)(**{**vars(avatar.rig), "faces": avatar.rig.faces[::-1].copy()})
    assert hair_mesh(other, Mannequin()) is None


def test_a_hood_presses_the_hair_below_it(avatar):
    """A hood that is the scalp, 6 mm off: every hair point stays under it, the knot too."""
    rest = avatar.figure.vertices
    head = avatar.figure.part_of_vertex == PARTS.index("head")
    middle = rest[head].mean(0)
    hood = middle + 1.07 * (rest - middle)
    faces = avatar.rig.faces[head[avatar.rig.faces].all(1) & body_model().asset.collider]
    one = np.zeros(len(faces), np.int32)
    none = np.zeros((0, 2), np.int32)
    worn = Simulation(
        rest[None], avatar.rig.faces, avatar.figure.part_of_vertex, hood[None].astype(np.float32), faces,
        np.zeros((len(faces), 3, 2), np.float32), one, one, none, none, 30.0,
    )  # fmt: skip
    figure = Mannequin(hair="bun")
    free, pressed = hair_mesh(avatar.rig, figure), hair_mesh(avatar.rig, figure, worn, (0,))
    away = [np.linalg.norm(h.points - middle, axis=1) for h in (free, pressed)]
    assert (away[1] <= away[0] + 1e-6).all()
    assert (away[0] - away[1]).max() > 0.03  # of the knot
    rays = free.points[:, :] - middle
    skull = rest[head][:, 1] > middle[1] + 0.04
    reach = np.linalg.norm(hood[head][skull] - middle, axis=1).max()
    assert away[1][rays[:, 1] > 0.06].max() < reach

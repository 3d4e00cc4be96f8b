"""The certificate holds what is measured in the files beside it, and damage is named in one sentence."""

import hashlib
import json

import numpy as np
import pytest
import trimesh

from toile.engine.core.errors import DamagedFile
from toile.engine.core.files import write_json
from toile.engine.core.simulation import Simulation, load_simulation
from toile.engine.export.certificate import CERTIFICATE, certify, write_certificate
from toile.garments.fabric import fabric
from toile.garments.pattern import Edge, Loop, Panel, Pattern, Placement, PointOfMeasure, Seam
from toile.garments.pattern_json import pattern_to_json

CELLS, WIDTH, HEIGHT = 10, 0.4, 0.3


def panel(name, wrap):
    corners = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]])
    names = ("hem", "right", "top", "left")
    edges = tuple(Edge(n, np.stack([corners[k], corners[(k + 1) % 4]])) for k, n in enumerate(names))
    return Panel(name, 0, edges, Placement("torso", wrap, "waist", HEIGHT))


def tube_pattern():
    """A tube of two panels, 0.8 m round, whose waist was asked to be 79.95 cm."""
    return Pattern(
        garments=("skirt",),
        fabrics=("cotton",),
        panels=(panel("front", "front"), panel("back", "back")),
        seams=(
            Seam("left", ("front", "right"), ("back", "left")),
            Seam("right", ("front", "left"), ("back", "right")),
        ),
        loops=(
            Loop("waist", 0, (("front", "top"), ("back", "top")), "torso"),
            Loop("hem", 0, (("front", "hem"), ("back", "hem")), "torso"),
        ),
        measures=(
            PointOfMeasure(0, "waist_cm", 0.7995, 0.8),
            PointOfMeasure(0, "length_cm", None, 0.3),
        ),
    )


def tube_mesh():
    """The two panels welded: vertices at angle and height on a cylinder, faces, panel coordinates, panel of face."""
    around = 2 * CELLS
    rows = CELLS + 1
    index = np.arange(rows * around).reshape(rows, around)
    faces, uv, owner = [], [], []
    for p in range(2):
        for r in range(CELLS):
            for c in range(CELLS):
                here = [(r, c), (r, c + 1), (r + 1, c + 1), (r + 1, c)]
                corner = [index[a, (p * CELLS + b) % around] for a, b in here]
                flat = [(b * WIDTH / CELLS, a * HEIGHT / CELLS) for a, b in here]
                for tri in ((0, 1, 2), (0, 2, 3)):
                    faces.append([corner[k] for k in tri])
                    uv.append([flat[k] for k in tri])
                    owner.append(p)
    angle = (np.arange(around) / around - 0.25) * 2 * np.pi
    # a polygon of 20 sides of 4 cm: the cloth is not strained at all
    radius = WIDTH / CELLS / 2 / np.sin(np.pi / around)
    ring = np.stack([radius * np.sin(angle), 0 * angle, radius * np.cos(angle)], 1)
    height = 0.8 + np.arange(rows) * HEIGHT / CELLS
    vertices = np.concatenate([ring + np.array([0, h, 0]) for h in height])
    return vertices, np.array(faces, np.int32), np.array(uv), np.array(owner, np.int32), index


@pytest.fixture
def folder(tmp_path):
    """Three frames on a cylinder: clear, then one vertex pushed in, then the whole garment 4 mm lower."""
    vertices, faces, uv, owner, index = tube_mesh()
    body = trimesh.creation.cylinder(0.11, 2.0, sections=64)
    body_vertices = np.array(body.vertices[:, [1, 2, 0]])
    pushed = vertices.copy()
    pushed[index[5, 5]] *= [0.5, 1, 0.5]
    seam_edges = [[index[r, c], index[r + 1, c]] for c in (0, CELLS) for r in range(CELLS)]
    simulation = Simulation(
        body_vertices=np.stack([body_vertices] * 3).astype(np.float32),
        body_faces=np.asarray(body.faces, np.int32),
        body_part=np.full(len(body_vertices), 2, np.int32),
        cloth_vertices=np.stack([vertices, pushed, vertices - [0, 0.004, 0]]).astype(np.float32),
        cloth_faces=faces,
        cloth_panel_uv=uv.astype(np.float32),
        garment_of_face=np.zeros(len(faces), np.int32),
        panel_of_face=owner,
        seam_edges=np.array(seam_edges, np.int32),
        hem_edges=np.zeros((0, 2), np.int32),
        fps=24.0,
        residual=np.array([1e-4, 3e-4, 2e-4], np.float32),
    )
    simulation.save(tmp_path / "simulation.npz")
    write_json(tmp_path / "pattern.json", pattern_to_json(tube_pattern()))
    write_json(
        tmp_path / "request.json", {"garments": [{"category": "skirt"}], "notes": [{"kind": "assumption"}]}
    )
    report = {
        "waist": {"requested_cm": 72.0, "achieved_cm": 72.05, "source": "stated"},
        "hip": {"requested_cm": None, "achieved_cm": 95.0, "source": "inferred"},
        "mass": {"requested_kg": 60.0, "achieved_kg": 60.5, "source": "stated"},
    }
    write_json(tmp_path / "avatar.json", {"body": "x", "sex": "female", "shape": [0.0], "report": report})
    write_json(
        tmp_path / "run.json",
        {
            "seed": 7,
            "device": "cpu",
            "versions": {"toile": "0.1.0"},
            "stages": {"pattern": {"seconds": 0.25}, "simulation": {"seconds": 12.5}},
        },
    )
    return tmp_path


def test_penetrations_are_exactly_those_that_were_made(folder):
    found = certify(folder)["intersections"]
    assert found["vertices_inside_body"]["by_frame"] == [0, 1, 0]
    assert found["vertices_inside_body"]["worst_frame"] == 1
    pushed = load_simulation(folder / "simulation.npz").cloth_vertices[1]
    depth = 110 * np.cos(np.pi / 64) - 1000 * np.hypot(pushed[:, 0], pushed[:, 2]).min()
    assert found["vertices_inside_body"]["worst_depth_mm"] == pytest.approx(depth, abs=0.2)
    pairs = found["body_cloth"]
    assert pairs["by_frame"][0] == pairs["by_frame"][2] == 0
    assert pairs["by_frame"][1] == pairs["total"] >= 6  # all six faces round the vertex
    assert pairs["by_part"] == {"torso": pairs["total"]}
    assert found["cloth_cloth"]["total"] == 0
    assert not found["none"]


def test_strain_seams_and_rings_are_measured(folder):
    certificate = certify(folder)
    (strain,) = certificate["strain"]
    cells = 2 * 2 * CELLS * CELLS
    assert (strain["fabric"], strain["strain_limit"]) == ("cotton", fabric("cotton").strain_limit)
    assert strain["elements"] == cells
    assert strain["warp"]["p50"] == pytest.approx(0, abs=1e-5)
    assert strain["share_over_limit_by_frame"] == [
        0,
        pytest.approx(6 / cells),
        0,
    ]  # the faces round the vertex
    seams = certificate["seams"]
    assert (seams["welded_edges"], seams["open_edges"], seams["worst_gap_mm"]) == (20, 0, 0)
    assert [s["mismatch_mm"] for s in seams["pattern"]] == [0, 0]
    waist, hem = certificate["rings"]
    assert (waist["ring"], hem["ring"]) == ("skirt/waist", "skirt/hem")
    np.testing.assert_allclose(waist["slip_by_frame_mm"], [0, 0, 4], atol=1e-3)
    assert waist["girth_cm"]["first"] == pytest.approx(80, abs=1e-3)
    assert hem["first_height_cm"] == pytest.approx(80, abs=1e-3)


def test_tables_compare_what_was_asked_with_what_is(folder):
    certificate = certify(folder)
    waist, length = certificate["measures"]
    assert (waist["requested_cm"], waist["drafted_cm"], waist["difference_mm"]) == (79.95, 80.0, 0.5)
    assert length["requested_cm"] is length["difference_mm"] is None
    assert certificate["avatar"]["waist"]["difference_cm"] == pytest.approx(0.05)
    assert certificate["avatar"]["mass"]["difference_kg"] == pytest.approx(0.5)
    (ease,) = certificate["ease"]
    assert (ease["name"], ease["garment_cm"], ease["body_cm"]) == ("waist", 80.0, 72.05)
    assert ease["ease_cm"] == pytest.approx(7.95)


def test_facts_of_the_run_and_the_files_are_there(folder):
    certificate = write_certificate(folder)
    assert certificate["timings_s"] == {"pattern": 0.25, "simulation": 12.5}
    assert (certificate["seed"], certificate["device"]) == (7, "cpu")
    assert certificate["solver"]["worst_residual"] == pytest.approx(3e-4)
    assert set(certificate["files"]) == {"request.json", "pattern.json", "avatar.json", "simulation.npz"}
    for name, entry in certificate["files"].items():
        data = (folder / name).read_bytes()
        assert entry == {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    assert json.loads((folder / CERTIFICATE).read_text()) == certificate


def test_certifying_again_says_the_same(folder):
    heard = []
    first = write_certificate(folder, lambda part, text: heard.append(part))
    assert certify(folder) == first
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


def test_the_certificate_follows_the_files(folder):
    from dataclasses import replace

    before = certify(folder)
    simulation = load_simulation(folder / "simulation.npz")
    clean = replace(simulation, cloth_vertices=simulation.cloth_vertices[[0, 0, 2]])
    clean.save(folder / "simulation.npz")
    after = certify(folder)
    assert after["intersections"]["none"]
    assert after["files"]["simulation.npz"] != before["files"]["simulation.npz"]


@pytest.mark.parametrize(
    "name", ["request.json", "pattern.json", "avatar.json", "run.json", "simulation.npz"]
)
def test_a_missing_or_truncated_file_is_named(folder, name):
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(DamagedFile, match=name):
        certify(folder)
    (folder / name).unlink()
    with pytest.raises(DamagedFile, match=f"{name} is missing"):
        certify(folder)


def test_files_that_do_not_belong_together_are_refused(folder):
    write_json(folder / "avatar.json", {"report": {"waist": {"achieved_cm": "wide"}}})
    with pytest.raises(DamagedFile, match="the report on waist"):
        certify(folder)
    write_json(folder / "avatar.json", {"shape": []})
    with pytest.raises(DamagedFile, match="no report"):
        certify(folder)
    write_json(folder / "avatar.json", [1])
    with pytest.raises(DamagedFile, match="not an object"):
        certify(folder)


def test_a_simulation_of_another_pattern_is_refused(folder):
    from dataclasses import replace

    simulation = load_simulation(folder / "simulation.npz")
    replace(simulation, panel_of_face=simulation.panel_of_face + 1).save(folder / "simulation.npz")
    with pytest.raises(DamagedFile, match="3 panels"):
        certify(folder)


def test_yielding_flesh_is_measured_from_the_body_and_motion_built_again(folder):
    from dataclasses import replace

    from toile.avatars.asset import load_body
    from toile.avatars.flesh import YieldingMotion
    from toile.avatars.model import build_avatar
    from toile.avatars.motion import make_motion

    assert certify(folder)["flesh"] is None  # a cylinder is nobody's body
    avatar = build_avatar(np.zeros(load_body().size, np.float32), "female")
    skinned = make_motion(avatar, "walk", 0.3, 10)
    motion = YieldingMotion(skinned)
    bodies = np.stack([motion.vertices_at(i) for i in range(3)])
    look = load_simulation(folder / "simulation.npz")
    replace(look, body_vertices=bodies, body_faces=skinned.rig.faces, body_part=skinned.part_of_vertex).save(
        folder / "simulation.npz"
    )
    write_json(folder / "avatar.json", {**avatar.to_json(), "report": {}})
    run = json.loads((folder / "run.json").read_text())
    moving = {"name": "walk", "seconds": 0.3, "fps": 10}
    write_json(folder / "run.json", {**run, "resolved": {"motion": moving}})
    flesh = certify(folder)["flesh"]
    given = [1000 * np.linalg.norm(bodies[i] - skinned.skinned_at(i), axis=1).max() for i in range(3)]
    np.testing.assert_allclose(flesh["worst_mm_by_frame"], given, atol=1e-3)
    assert flesh["worst_mm"] > 1
    assert {"torso", "left_upper_arm"} <= set(flesh["worst_mm_by_part"])
    write_json(folder / "run.json", {**run, "resolved": {"motion": {**moving, "name": "raise_arms"}}})
    assert certify(folder)["flesh"] is None


def test_how_a_garment_is_worn_is_told_by_its_rings(folder):
    from dataclasses import replace

    from toile.avatars.asset import load_body
    from toile.avatars.model import build_avatar
    from toile.avatars.motion import make_motion

    assert certify(folder)["worn"] is None  # a cylinder has no joints
    avatar = build_avatar(np.zeros(load_body().size, np.float32), "female")
    moving = make_motion(avatar, "stand", 0.3, 10)
    bodies = np.stack([moving.skinned_at(i) for i in range(3)])
    look = replace(
        load_simulation(folder / "simulation.npz"),
        body_vertices=bodies, body_faces=moving.rig.faces, body_part=moving.part_of_vertex,
    )  # fmt: skip
    write_json(folder / "avatar.json", {**avatar.to_json(), "report": {}})
    run = json.loads((folder / "run.json").read_text())
    write_json(
        folder / "run.json", {**run, "resolved": {"motion": {"name": "stand", "seconds": 0.3, "fps": 10}}}
    )

    def worn(**changes):
        replace(look, **changes).save(folder / "simulation.npz")
        return certify(folder)["worn"]

    right = worn()
    assert right["right"]
    assert right["inside_out"] == []
    assert {row["ring"]: abs(row["turns"]["last"]) for row in right["rings"]} == {
        "skirt/waist": 1.0,
        "skirt/hem": 1.0,
    }
    inside = worn(
        cloth_faces=look.cloth_faces[:, [0, 2, 1]], cloth_panel_uv=look.cloth_panel_uv[:, [0, 2, 1]]
    )
    assert not inside["right"]
    assert inside["inside_out"] == ["skirt/hem", "skirt/waist"]
    cloth = look.cloth_vertices.copy()
    cloth[2] += np.float32([0.6, 0, 0])  # in the last frame it hangs beside the body
    beside = worn(cloth_vertices=cloth)
    assert not beside["right"]
    for row in beside["rings"]:
        assert abs(row["turns"]["first"]) == 1.0
        assert row["turns"]["last"] == 0.0
        assert row["faults"][0].startswith("Frame 2: ")

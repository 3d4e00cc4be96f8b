"""What cannot be simulated is refused or stopped in one sentence that says where, and what came before is kept."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from toile.engine.cloth.cleanliness import Stopped
from toile.engine.cloth.settings import ClothSettings
from toile.engine.cloth.simulate import drape, simulate
from toile.engine.core.body import JOINTS
from toile.engine.core.errors import BadInput
from toile.engine.core.intersect import body_cloth_intersections, cloth_self_intersections, vertices_inside

sys.path.insert(0, str(Path(__file__).parent))
from scenes import Turning, skirt, turning

QUICK = ClothSettings(ramp_steps=4, settle_steps=6, threads=1)


def tube(girth=0.9, edge=0.06):
    """Return a wide skirt of few triangles."""
    return skirt(girth, 1.2, 0.3, 1.02, edge=edge)


def refused(mesh, motion=None, kind=BadInput, settings=QUICK):
    """Return the sentence in which a simulation is refused."""
    with pytest.raises(kind) as caught:
        simulate(mesh, motion or turning(), settings)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence, caught.value


def test_a_panel_sewn_in_with_its_wrong_side_out_is_refused():
    mesh = tube()
    faces, uv = mesh.faces.copy(), mesh.panel_uv.copy()
    faces[5], uv[5] = faces[5, [0, 2, 1]], uv[5, [0, 2, 1]] * np.float32([-1, 1])
    assert "opposite ways" in refused(replace(mesh, faces=faces, panel_uv=uv))[0]


def test_an_edge_of_three_triangles_is_refused():
    mesh = tube()
    extra = np.array([[*mesh.faces[0, :2], mesh.faces[40, 0]]], np.int32)
    uv = np.array([[[0, 0], [0.05, 0], [0, 0.05]]], np.float32)
    one = np.zeros(1, np.int32)
    more = replace(
        mesh,
        faces=np.concatenate([mesh.faces, extra]),
        panel_uv=np.concatenate([mesh.panel_uv, uv]),
        stiffness=np.append(mesh.stiffness, np.float32(1)),
        panel_of_face=np.append(mesh.panel_of_face, one).astype(np.int32),
        garment_of_face=np.append(mesh.garment_of_face, one).astype(np.int32),
    )
    assert "edge" in refused(more)[0]


def test_triangles_without_area_and_turned_over_are_refused_by_their_panel():
    mesh = tube()
    flat = mesh.panel_uv.copy()
    flat[7, 2] = flat[7, 1]
    assert "'skirt/front'" in refused(replace(mesh, panel_uv=flat))[0]
    flat = mesh.panel_uv.copy()
    flat[7] = flat[7, [1, 0, 2]]
    assert "turned over" in refused(replace(mesh, panel_uv=flat))[0]


def test_vertices_that_coincide_where_they_are_placed_are_survived():
    mesh = tube()
    x = mesh.vertices.copy()
    x[mesh.faces[60, 0]] = x[mesh.faces[60, 1]]
    result = simulate(replace(mesh, vertices=x), turning(), QUICK)
    assert np.isfinite(result.cloth_vertices).all()
    for y in result.cloth_vertices:
        assert len(cloth_self_intersections(y, mesh.faces)) == 0


@pytest.mark.parametrize("what", ["vertices", "panel_uv"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(what, value):
    mesh = tube()
    values = getattr(mesh, what).copy()
    values[3] = value
    assert "finite" in refused(replace(mesh, **{what: values}))[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for name in ("area_density", "stretch_warp", "stretch_weft", "shear", "bend_warp", "bend_weft")
        for value in (-1.0, 0.0, 1e9, np.nan)
    ]
    + [(name, value) for name in ("friction", "strain_limit") for value in (-1.0, 1e9, np.nan)]
    + [("strain_limit_weft", -0.1), ("large_warp", np.nan), ("large_weft", 1e12)],
)
def test_an_absurd_fabric_is_refused_by_the_value_that_is_absurd(name, value):
    mesh = tube()
    cloth = replace(mesh.fabrics[0], **{name: value})
    sentence = refused(replace(mesh, fabrics=(cloth,)))[0]
    assert name in sentence or name.replace("strain_limit", "limit") in sentence


def test_cloth_that_crosses_itself_at_the_start_is_refused_with_its_place():
    mesh = tube()
    x = mesh.vertices.copy()
    hem = mesh.loops["skirt/hem"]
    x[hem[:4]] *= np.float32([-1, 1, -1])  # carried through the skirt to its other side
    sentence = refused(replace(mesh, vertices=x))[0]
    assert "crosses itself" in sentence
    assert "'skirt/front'" in sentence


def test_a_body_inside_the_cloth_at_the_start_is_refused_and_a_shallow_one_is_pushed_out():
    motion = turning()
    deep = skirt(0.5, 0.6, 0.25, 1.02, edge=0.05)  # the body is 70 cm round there
    assert "inside the cloth at the start" in refused(deep, motion)[0]
    shallow = skirt(0.70, 0.95, 0.12, 1.02, edge=0.05)
    body, faces = motion.rig.rest_vertices, motion.rig.faces
    assert vertices_inside(shallow.vertices, body, faces).any()
    x = drape(shallow, body, faces, QUICK).vertices
    assert not vertices_inside(x, body, faces).any()
    assert len(cloth_self_intersections(x, shallow.faces)) == 0


class Broken(Turning):
    """The turning body, spoiled from a frame on."""

    spoil = staticmethod(lambda body, frame: body)

    def vertices_at(self, frame):
        """Return the spoiled body."""
        return self.spoil(super().vertices_at(frame), frame).astype(np.float32)


def broken(spoil):
    """Return the turning body spoiled by a function of its vertices and the frame."""
    t = turning()
    made = Broken(t.rig, t.part_of_vertex)
    object.__setattr__(made, "spoil", spoil)
    return made


def assert_kept(kept, frames, mesh):
    """Check that the frames before are all there, and clean."""
    assert kept.cloth_vertices.shape == (frames, len(mesh.vertices), 3)
    assert len(kept.body_vertices) == len(kept.residual) == frames
    for x, body in zip(kept.cloth_vertices, kept.body_vertices, strict=True):
        assert np.isfinite(x).all()
        assert len(cloth_self_intersections(x, mesh.faces)) == 0
        assert len(body_cloth_intersections(x, mesh.faces, body, kept.body_faces)) == 0


def test_a_motion_that_teleports_stops_at_its_frame_and_keeps_those_before():
    mesh = tube()
    jump = broken(lambda body, frame: body + np.float32([0.9, 0, 0]) * (frame > 6.2))
    sentence, error = refused(mesh, jump, Stopped)
    assert "frame 6 to frame 7" in sentence
    assert "m/s" in sentence
    assert_kept(error.kept, 7, mesh)


class Jointed(Broken):
    """The spoiled body with joints down its middle and arms beside it, which go where it goes."""

    def vertices_at(self, frame):
        """Return the body, which does not turn."""
        return self.spoil(self.rig.rest_vertices, frame).astype(np.float32)

    def transforms_at(self, frame):
        """Return the joints, carried as the body is."""
        made = np.tile(np.eye(4, dtype=np.float32), (len(JOINTS), 1, 1))
        made[:, :3, 3] = PLACES
        made[:, :3, 3] += self.vertices_at(frame)[0] - self.rig.rest_vertices[0]
        return made


HEIGHTS = {"ankle": 0.05, "toe": 0.02, "knee": 0.4, "hip": 0.8, "pelvis": 0.9, "spine": 1.0, "chest": 1.1, "neck": 1.2,
           "head": 1.25, "shoulder": 1.2, "elbow": 1.0, "wrist": 0.9}  # fmt: skip
PLACES = np.array(
    [
        [
            (1 if "left" in name else -1 if "right" in name else 0)
            * (0.4 if name.split("_")[-1] in ("elbow", "wrist") else 0.05),
            HEIGHTS[name.split("_")[-1]],
            0.0,
        ]
        for name in JOINTS
    ]
)


def test_a_motion_that_leaves_its_garment_behind_stops_and_says_which_ring():
    mesh = skirt(0.9, 1.2, 0.3, 1.02, edge=0.06)
    t = turning()
    away = Jointed(replace(t.rig, joint_names=JOINTS), t.part_of_vertex)
    step = np.float32([0.4, 0, 0])  # 12 m/s, for three frames
    object.__setattr__(away, "spoil", lambda body, frame: body + step * max(0.0, min(frame - 5.0, 3.0)))
    sentence, error = refused(mesh, away, Stopped)
    assert "comes off at frame" in sentence
    assert "ring 'skirt/" in sentence
    assert_kept(error.kept, len(error.kept.cloth_vertices), mesh)


def test_a_body_that_is_not_finite_stops_at_its_frame():
    mesh = tube()
    lost = broken(lambda body, frame: np.where(frame > 4.0, np.nan, body))
    sentence, error = refused(mesh, lost, Stopped)
    assert "nowhere at frame 4.5" in sentence
    assert_kept(error.kept, 5, mesh)


def test_a_fin_through_the_cloth_stops_with_frame_place_and_remedy():
    mesh = tube()

    def grow(body, frame):
        out = (body[:, 1] > 0.82) & (body[:, 1] < 0.92) & (body[:, 2] > 0.0) & (np.abs(body[:, 0]) < 0.03)
        return body + np.float32([0, 0, 1.2]) * out[:, None] * max(0.0, min(frame - 4.0, 1.0))

    # four frames go by before the cloth has slipped off the fin; that is more than two in a row
    sentence, error = refused(mesh, broken(grow), Stopped, replace(QUICK, patience=2))
    assert "beyond frame 5 of 12" in sentence
    assert "most at the torso, in 'skirt/front'" in sentence
    assert "cm above the floor" in sentence
    assert "smooth or slow the motion" in sentence
    assert_kept(error.kept, 5, mesh)

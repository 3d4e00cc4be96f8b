"""Ages and faces: heads that differ on bodies of the same measurements."""

from __future__ import annotations

import numpy as np
import pytest

from toile.avatars.asset import load_body
from toile.avatars.fit import fit_avatar
from toile.avatars.likeness import likeness
from toile.avatars.mannequin import mannequin
from toile.avatars.measure import DEFINITIONS, measure
from toile.avatars.model import Avatar
from toile.avatars.shapes import shapes_of
from toile.engine.core.body import PARTS
from toile.engine.core.errors import BadInput
from toile.engine.core.intersect import cloth_self_intersections

WEARER = {"height": 1.68, "mass": 62.0, "waist": 0.76}


def on_the_head(avatar: Avatar) -> np.ndarray:
    """Vertices of head and eyes [m] about their middle."""
    head = np.isin(avatar.figure.part_of_vertex, [PARTS.index("head"), PARTS.index("eyes")])
    points = np.asarray(avatar.figure.vertices[head], np.float64)
    return points - points.mean(0)


def apart_mm(a: Avatar, b: Avatar) -> float:
    """Root mean square distance of two heads [mm]."""
    return float(1000.0 * np.sqrt(((on_the_head(a) - on_the_head(b)) ** 2).sum(1).mean()))


@pytest.mark.parametrize("sex", ["female", "male"])
@pytest.mark.parametrize(("age", "face"), [(20.0, 0), (90.0, 0), (None, 1), (70.0, 2)])
def test_the_mean_keeps_every_measurement(sex: str, age: float | None, face: int) -> None:
    asset = load_body()
    own, other = shapes_of(asset, sex), likeness(asset, sex, age, face)
    names = tuple(DEFINITIONS)
    off = np.abs(other.values(np.zeros(other.size), names) - own.at_mean(names)[0])
    assert all(gap < (0.06 if n == "mass" else 6e-4) for n, gap in zip(names, off, strict=True))


def test_age_changes_the_head_and_no_measurement_that_was_not_stated_by_much() -> None:
    young, old = (fit_avatar(WEARER, "female", age=age) for age in (25.0, 85.0))
    assert apart_mm(young, old) > 1.5
    for name in DEFINITIONS:
        unit = "kg" if name == "mass" else "cm"
        gap = abs(young.report[name][f"achieved_{unit}"] - old.report[name][f"achieved_{unit}"])
        assert gap < 0.4, name
    taken = measure(old.rig.rest_vertices, old.rig.rest[:, :3, 3], ("height", "waist"))
    assert taken["height"] == pytest.approx(1.68, abs=5e-4)
    assert taken["waist"] == pytest.approx(0.76, abs=5e-4)


def test_faces_differ_and_stay() -> None:
    faces = [fit_avatar(WEARER, "female", face=number) for number in range(5)]
    for k, one in enumerate(faces):
        for other in faces[k + 1 :]:
            assert apart_mm(one, other) > 0.8
    body = ~np.isin(faces[0].figure.part_of_vertex, [PARTS.index(n) for n in ("head", "eyes", "neck")])
    for other in faces[1:]:
        moved = np.linalg.norm(other.figure.vertices - faces[0].figure.vertices, axis=1)[body]
        assert np.sqrt((moved**2).mean()) < 2.5e-3
    again = fit_avatar(WEARER, "female", face=3)
    assert again.shape.tobytes() == faces[3].shape.tobytes()


def test_neither_is_the_body_as_it_was() -> None:
    plain = fit_avatar(WEARER, "male")
    assert likeness(load_body(), "male", None, 0) is shapes_of(load_body(), "male")
    assert "age" not in plain.to_json()


@pytest.mark.parametrize("sex", ["female", "male"])
def test_no_face_and_no_age_cuts_itself(sex: str) -> None:
    asset = load_body()
    head = np.isin(asset.part_of_vertex, [PARTS.index(n) for n in ("head", "neck", "torso")])
    faces = asset.faces[asset.collider & head[asset.faces].all(1)]
    for age, face in ((20.0, 0), (95.0, 0), (None, 8), (None, 12), (None, 22), (30.0, 23)):
        other = likeness(asset, sex, age, face)
        vertices = asset.mean + np.tensordot(other.mean, asset.basis, 1)
        assert not len(cloth_self_intersections(vertices.astype(np.float32), faces)), (age, face)


def test_the_age_is_kept_with_the_avatar_and_greys_the_hair() -> None:
    old = fit_avatar({"height": 1.60}, "female", age=80)
    again = Avatar.from_json(old.to_json())
    assert again.age == 80.0
    np.testing.assert_allclose(again.figure.vertices, old.figure.vertices, atol=1e-6)
    assert mannequin("female", age=30).hair_colour == mannequin("female").hair_colour
    assert mannequin("female", age=80).hair_colour == "#9b9793"
    assert mannequin("female", age=57.5).hair_colour == "#6d645e"


@pytest.mark.parametrize("face", [-1, 10_001, 1.5, True])
def test_faces_that_there_are_not_are_refused(face: object) -> None:
    with pytest.raises(BadInput, match="There is no face number"):
        fit_avatar({}, "female", face=face)  # type: ignore[arg-type]

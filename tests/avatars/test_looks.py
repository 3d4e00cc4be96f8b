"""The looks of the embedded body: its chart, what is painted on it, hair tied to the head, the figures to choose from."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from toile.avatars.asset import load_body
from toile.avatars.looks import EYE_SPAN, FIELD_LEFT, HAIR, LOOKS_FILE, NEUTRAL, looks_of
from toile.avatars.mannequin import SKINS, Mannequin, mannequin
from toile.avatars.model import body_model, build_avatar
from toile.engine.core.body import PARTS
from toile.engine.core.errors import BadInput

STYLES = [style for style in HAIR if style != "none"]


@pytest.fixture(scope="module")
def asset():
    return load_body()


@pytest.fixture(scope="module")
def looks(asset):
    found = looks_of(len(asset.mean), asset.faces)
    assert found is not None
    return found


def painted(looks, place):
    """What is painted at places (N, 2), between pixels."""
    size = len(looks.paint)
    x, y = np.clip(np.asarray(place).T * size - 0.5, 0.0, size - 1.001)
    i, j = x.astype(int), y.astype(int)
    a, b = (x - i)[:, None], (y - j)[:, None]
    low = looks.paint[j, i] * (1 - a) + looks.paint[j, i + 1] * a
    high = looks.paint[j + 1, i] * (1 - a) + looks.paint[j + 1, i + 1] * a
    return low * (1 - b) + high * b


def nearest(asset, point):
    return int(np.argmin(np.linalg.norm(asset.mean - np.float32(point), axis=1)))


def test_another_topology_has_no_looks(asset):
    assert looks_of(len(asset.mean), asset.faces[:, [1, 2, 0]]) is None
    assert looks_of(len(asset.mean) + 1, asset.faces) is None


def test_the_file_is_small_and_its_licence_is_beside_it():
    assert LOOKS_FILE.stat().st_size < 1_000_000
    assert "looks.npz" in (LOOKS_FILE.parent / "LICENSE-body.txt").read_text()


def test_left_and_right_are_painted_alike(asset, looks):
    assert np.abs(looks.chart - looks.chart[asset.mirror]).max() < 3e-4


def test_eyes_lie_in_their_disc_and_no_skin_does(asset, looks):
    eyes = asset.part_of_vertex == PARTS.index("eyes")
    assert (looks.chart[eyes] < EYE_SPAN).all()
    assert (looks.chart[~eyes, 1] > EYE_SPAN).all()


def test_triangles_between_face_and_body_show_nothing_but_skin(asset, looks):
    """A triangle with corners in both fields crosses the picture: what it crosses must not be painted."""
    right = looks.chart[:, 0] > FIELD_LEFT
    crossing = right[asset.faces].any(1) & ~right[asset.faces].all(1)
    assert crossing.sum() > 50
    corners = looks.chart[asset.faces[crossing]]
    for share in np.random.default_rng(1).dirichlet((1, 1, 1), 20):
        here = painted(looks, np.einsum("k,fkd->fd", share, corners))
        assert (np.abs(here - here.mean(1, keepdims=True)) < 0.09).all()  # no colour but a blush
        assert here.min() > 0.80


def test_lips_are_redder_and_brows_and_pupils_darker_than_the_cheek(asset, looks):
    def at(*point):
        return painted(looks, looks.chart[[nearest(asset, point)]])[0]

    cheek = at(0.055, 1.60, 0.10)
    lip, brow = at(0.0, 1.545, 0.152), at(0.03, 1.6397, 0.145)
    assert lip[1] / lip[0] < 0.85 * cheek[1] / cheek[0]
    assert brow.max() < 0.6 * cheek.min()
    pupil = painted(looks, [[0.5 * EYE_SPAN, 0.5 * EYE_SPAN]])[0]
    assert pupil.max() < 0.05
    assert painted(looks, [[NEUTRAL, 0.225]])[0] == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("style", STYLES)
def test_hair_goes_with_the_head_exactly(asset, looks, style):
    shape = looks.hair(style)
    body = asset.mean.astype(np.float64)
    turn, shift = Rotation.from_rotvec([0.4, -0.7, 0.2]).as_matrix(), np.array([0.3, -1.0, 2.0])
    for matrix in (shape.points, shape.roots):
        still = matrix @ body
        assert np.abs(matrix @ (1.1 * body @ turn.T + shift) - (1.1 * still @ turn.T + shift)).max() < 1e-5


@pytest.mark.parametrize("style", STYLES)
def test_hair_stays_near_the_scalp_and_above_any_collar(asset, looks, style):
    shape = looks.hair(style)
    points = shape.points @ asset.mean
    away = np.linalg.norm(points - shape.roots @ asset.mean, axis=1)
    cap = 224 * 31  # columns and rows of the cap; the rest is the knot
    assert away[:cap].max() < 0.018
    assert away.max() < (0.06 if style == "bun" else 0.018)
    nape = asset.mean[asset.landmarks["nape"], 1]
    assert points[:, 1].min() > nape + 0.07
    normal = np.cross(*(points[shape.faces[:, k]] - points[shape.faces[:, 0]] for k in (1, 2)))
    middle = points[shape.faces].mean(1)
    outward = ((middle - np.array([0.0, 1.632, 0.045])) * normal).sum(1) > 0.0
    assert outward[: len(shape.faces) * 3 // 4].mean() > 0.99


@pytest.mark.parametrize("style", STYLES)
def test_hair_covers_the_scalp_of_every_build(looks, style):
    """Away from the hairline no hair lies under the skin, however the shape is."""
    rng = np.random.default_rng(7)
    asset = body_model().asset
    skull = np.unique(asset.faces[asset.collider])
    skull = skull[asset.part_of_vertex[skull] == PARTS.index("head")]
    shape = looks.hair(style)
    inner = np.arange(224 * 8, 224 * 31)
    for sex in ("female", "male"):
        mean, factor = asset.prior[sex]
        for _ in range(3):
            body = build_avatar(
                mean + factor @ rng.normal(size=len(mean)).astype(np.float32), sex
            ).figure.vertices
            points, roots = (shape.points @ body)[inner], (shape.roots @ body)[inner]
            middle = body[skull].mean(0)
            out = (roots - middle) / np.linalg.norm(roots - middle, axis=1, keepdims=True)
            assert ((points - roots) * out).sum(1).min() > 0.0005
            assert np.linalg.norm(points - roots, axis=1).max() < 0.02


def test_what_does_not_exist_is_refused(looks):
    with pytest.raises(BadInput, match="no hair called 'mohawk'; choose one of: crop, bun, none"):
        looks.hair("mohawk")
    with pytest.raises(BadInput, match="no mannequin called 'robot'"):
        mannequin(figure="robot")
    with pytest.raises(BadInput, match="no skin tone called 'green'; choose one of: porcelain"):
        mannequin(skin="green")
    with pytest.raises(BadInput, match="'#12' is not a colour"):
        mannequin(skin="#12")
    with pytest.raises(BadInput, match="no hair called 'mohawk'"):
        mannequin(hair="mohawk")


def test_figures_suit_the_wearer():
    assert (mannequin("female").hair, mannequin("male").hair) == ("bun", "crop")
    assert mannequin("female", hair="none").hair == "none"
    assert mannequin(skin="deep").skin == SKINS["deep"]
    assert mannequin(skin="#102030").skin == "#102030"
    plain = mannequin("male", figure="plain")
    assert not plain.painted
    assert Mannequin().painted

"""Tapes: what is drawn has the length that was measured, lies on the skin, and limbs keep theirs in other poses."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from toile.avatars.fit import fit_avatar
from toile.avatars.measure import DEFINITIONS
from toile.avatars.tapes import ISO, tapes, tube
from toile.engine.core.errors import BadInput

BODIES = [("female", {"height": 1.68, "mass": 60.0}), ("male", {"height": 1.78, "mass": 95.0})]


def length(curve: np.ndarray, closed: bool) -> float:
    whole = np.concatenate([curve, curve[:1]]) if closed else curve
    return float(np.linalg.norm(np.diff(whole, axis=0), axis=1).sum())


@pytest.mark.parametrize(("sex", "wearer"), BODIES)
def test_drawn_curves_are_as_long_as_what_was_measured(sex: str, wearer: dict[str, float]) -> None:
    avatar = fit_avatar(wearer, sex)
    found = tapes(avatar.rig.rest_vertices, avatar.rig.rest[:, :3, 3])
    assert set(found) == set(DEFINITIONS) - {"mass"}
    skin = cKDTree(avatar.figure.vertices)
    for name, tape in found.items():
        own = 100 * sum(length(c, closed) for c, closed in zip(tape.curves, tape.closed, strict=True))
        measured = avatar.report[name]["achieved_cm"]
        if name.endswith("height") or name == "inseam":
            assert 100 * abs(tape.curves[0][-1, 1] - tape.curves[0][0, 1]) == pytest.approx(
                measured, abs=0.01
            )
        else:
            assert own == pytest.approx(measured, abs=0.01), name
        if any(tape.closed):
            assert skin.query(np.concatenate(tape.curves))[0].max() < 0.03, name


def test_every_measurement_has_its_definition() -> None:
    assert set(ISO) == set(DEFINITIONS)


def test_a_tube_is_closed_and_as_thick_as_it_says() -> None:
    t = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    ring = np.stack([0.1 * np.cos(t), np.full(60, 1.0), 0.1 * np.sin(t)], axis=1)
    vertices, faces = tube(ring, True)
    edges = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()
    a, b, c = (vertices[faces[:, i]].astype(np.float64) for i in range(3))
    volume = float((a * np.cross(b, c)).sum() / 6)
    assert volume == pytest.approx(2 * np.pi * 0.103 * np.pi * 0.004**2, rel=0.12)


def test_an_unknown_tape_is_refused() -> None:
    avatar = fit_avatar({}, "female")
    with pytest.raises(BadInput, match="'belly' is not a measurement"):
        tapes(avatar.rig.rest_vertices, avatar.rig.rest[:, :3, 3], ("belly",))

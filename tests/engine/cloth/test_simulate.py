"""Dressing, settling and moving: what a simulation must keep from the first frame to the last."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from toile.engine.cloth.collider import collider_faces
from toile.engine.cloth.press import LIMIT, FleshPress
from toile.engine.cloth.simulate import drape, simulate
from toile.engine.core.body import PARTS
from toile.engine.core.intersect import body_cloth_intersections, cloth_self_intersections, vertices_inside

sys.path.insert(0, str(Path(__file__).parent))
from scenes import HIPS, lathe, skirt, turning


@pytest.fixture(scope="module")
def motion():
    """Return the lathe body, turning."""
    return turning()


def test_every_frame_is_clean_and_the_skirt_goes_with_the_body(motion):
    mesh = skirt(0.73, 1.6, 0.4, 1.02)
    told = []
    simulation = simulate(mesh, motion, progress=lambda fraction, text: told.append(fraction))
    assert simulation.cloth_vertices.shape == (12, len(mesh.vertices), 3)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)
    for x, body in zip(simulation.cloth_vertices, simulation.body_vertices, strict=True):
        assert len(cloth_self_intersections(x, mesh.faces)) == 0
        assert len(body_cloth_intersections(x, mesh.faces, body, simulation.body_faces)) == 0
        assert not vertices_inside(x, body, simulation.body_faces).any()
    waist = simulation.cloth_vertices[:, mesh.loops["skirt/waist"]]
    assert np.ptp(waist[:, :, 1].mean(1)) < 0.006  # it neither slides nor rides up
    # friction carries the waist round with the body, whose angle at the last frame is known
    m = motion.transforms_at(11)[0]
    carried = waist[0] @ np.linalg.inv(motion.transforms_at(0)[0][:3, :3]).T @ m[:3, :3].T
    angle = np.arctan2(waist[-1, :, 0] - m[0, 3], waist[-1, :, 2]) - np.arctan2(carried[:, 0], carried[:, 2])
    assert np.abs(np.median(np.angle(np.exp(1j * angle)))) < 0.12


def test_dressing_brings_the_cloth_to_the_flat_pattern_and_to_rest(motion):
    mesh = skirt(0.73, 1.6, 0.4, 1.02)
    flat = mesh.panel_uv * np.float32(0.96)  # cut four per cent smaller than placed
    from dataclasses import replace

    result = drape(replace(mesh, panel_uv=flat), motion.rig.rest_vertices, motion.rig.faces)
    assert result.settled
    assert result.stalls == 0
    ring = result.vertices[mesh.loops["skirt/hem"]]
    girth = np.linalg.norm(np.roll(ring, -1, axis=0) - ring, axis=1).sum()
    assert girth == pytest.approx(1.6 * 0.96, rel=0.01)


def test_a_hull_collider_contains_the_hand_it_stands_for():
    v, f = lathe([(0.0, 0.01), (0.1, 0.05), (0.15, 0.02), (0.2, 0.05), (0.3, 0.01)], rows=40, columns=24)
    part = np.where(v[:, 1] > 0.08, PARTS.index("left_hand"), PARTS.index("left_forearm")).astype(np.int32)
    faces = collider_faces(v, f, part)
    old = {tuple(t) for t in f.tolist()}
    hull = np.array([t for t in faces.tolist() if tuple(t) not in old])
    a, b, c = (v[hull[:, k]].astype(np.float64) for k in range(3))
    n = np.cross(b - a, c - a)
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    hand = v[part == PARTS.index("left_hand")].astype(np.float64)
    height = ((hand[None] - a[:, None]) * n[:, None]).sum(2)
    assert height.max() < 1e-7  # no hand vertex lies outside any face of the hull


def test_pressed_flesh_clears_a_shallow_cut_and_leaves_a_deep_one():
    v, f = lathe(HIPS)
    press = FleshPress(f, len(v))
    for girth, clears in ((0.694, True), (0.56, False)):  # the waist measures 0.7037
        mesh = skirt(girth, 0.80, 0.05, 1.02, edge=0.015)
        before = len(body_cloth_intersections(mesh.vertices, mesh.faces, v, f))
        pressed = press.press(v, mesh.vertices, mesh.faces)
        after = len(body_cloth_intersections(mesh.vertices, mesh.faces, pressed, f))
        moved = np.linalg.norm(pressed - v, axis=1)
        assert before > 0
        assert 0.0 < moved.max() <= LIMIT + 1e-5
        assert (moved > 0).sum() < 0.3 * len(v)  # only where it is cut
        assert (after == 0) == clears

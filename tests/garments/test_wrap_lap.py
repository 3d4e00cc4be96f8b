"""Lapped fronts start on one another: clean, apart by a little, the upper one before the lower one."""

from __future__ import annotations

import numpy as np
import pytest

from toile.avatars.fit import fit_avatar
from toile.engine.core.body import Figure
from toile.engine.core.intersect import body_cloth_intersections, cloth_self_intersections
from toile.engine.core.mesh import vertex_normals
from toile.garments.drafting import draft
from toile.garments.placement import dress
from toile.garments.style import Style
from toile.garments.topology import check_topology, inside_out

STYLES = {
    "shirt": Style("shirt", "shirt", sleeve="long", neckline="shirt_collar"),
    "men": Style("shirt", "shirt", sleeve="short", neckline="mandarin", lap="left"),
    "double": Style(
        "coat", "coat", sleeve="long", neckline="lapel", fabric="wool", closure="double_breasted"
    ),
    "dress": Style("dress", "dress", "a_line", sleeve="short", closure="buttons"),
}


@pytest.fixture(scope="module")
def figure() -> Figure:
    """Return a woman of 168 cm and 60 kg in her A-pose."""
    return fit_avatar({"height": 1.68, "mass": 60.0}, "female").figure


@pytest.mark.parametrize("name", STYLES)
def test_lapped_fronts_start_clean_with_the_upper_one_above(name: str, figure: Figure) -> None:
    pattern = draft([STYLES[name]], figure.measurements)
    cloth = dress(pattern, figure, 0.025)
    assert len(cloth.ties) == len(pattern.ties) >= 2
    assert not len(cloth_self_intersections(cloth.vertices, cloth.faces))
    assert not len(body_cloth_intersections(cloth.vertices, cloth.faces, figure.vertices, figure.faces))
    assert not check_topology(cloth.vertices, cloth, figure.joints)
    assert not inside_out(cloth.vertices, cloth.faces, cloth.loops, cloth.loop_axis, figure.joints)
    x = cloth.vertices.astype(np.float64)
    away = x[cloth.ties[:, 0]] - x[cloth.ties[:, 1]]
    outward = vertex_normals(x, cloth.faces)[cloth.ties[:, 1]]
    assert ((away * outward).sum(axis=1) > 0.0005).all()
    assert np.linalg.norm(away, axis=1).max() < 0.0055
    shown = np.isin(
        cloth.button_panel,
        [k for k, n in enumerate(cloth.panel_names) if n in {t.upper for t in pattern.ties}],
    )
    assert shown.sum() >= sum(bool(t.size) for t in pattern.ties)

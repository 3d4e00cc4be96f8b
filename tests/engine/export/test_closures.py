"""What the certificate says of buttons is the distance of their two ends, found from the simulation and the pattern alone."""

from __future__ import annotations

import numpy as np
import pytest

from toile.avatars.fit import fit_avatar
from toile.engine.cloth.simulate import simulation_of
from toile.engine.export.closures import measure_closures
from toile.garments.blocks_lap import closed
from toile.garments.drafting import draft
from toile.garments.placement import dress
from toile.garments.style import Style


def test_each_tie_is_found_and_measured_and_a_front_that_stayed_sewn_is_told() -> None:
    figure = fit_avatar({"height": 1.68}, "female").figure
    pattern = draft([Style("shirt", "shirt", sleeve="short", neckline="mandarin")], figure.measurements)
    for worn, lapped in ((pattern, True), (closed(pattern), False)):
        cloth = dress(worn, figure, 0.03)
        moved = cloth.vertices.copy()
        if lapped:
            moved[cloth.ties[2, 0]] += [0.0, 0.0, 0.02]
        body = np.stack([figure.vertices.astype(np.float32)] * 2)
        frames, part = np.stack([cloth.vertices, moved]), figure.part_of_vertex.astype(np.int32)
        made = simulation_of(cloth, frames, body, figure.faces, part, 30.0, np.zeros(2, np.float32))
        rows = measure_closures(made, pattern)
        assert [r["tie"] for r in rows] == [t.name for t in pattern.ties]
        assert all(r["sewn"] is not lapped for r in rows)
        if lapped:
            ends = moved[cloth.ties[2]].astype(np.float64)
            assert rows[2]["worst_mm"] == pytest.approx(1000.0 * np.linalg.norm(ends[0] - ends[1]), abs=0.001)
            assert rows[2]["worst_frame"] == 1

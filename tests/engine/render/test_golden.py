"""Pictures stay as they are: sixty views against their sheets, a sample of them in every run.

After a change that is meant to be seen: `python -m benchmarks.golden`, look at the sheets, commit them.
"""

import numpy as np
import pytest
from PIL import Image

from benchmarks.golden import ACROSS, BAND, CLOSE, FOLDER, SIDE, VIEWS, changed, golden, render

SAMPLE = tuple(range(1, len(VIEWS), 6))


def differing(chosen):
    """The views of which more pixels have changed than another processor's rounding may change on edges."""
    return {n: count for n, picture in render(chosen) if (count := changed(picture, golden(n))) > BAND}


def test_a_sample_of_the_views_is_as_it_was():
    assert differing(SAMPLE) == {}


@pytest.mark.slow
def test_all_sixty_views_are_as_they_were():
    assert differing(range(len(VIEWS))) == {}


def test_two_runs_agree_to_one_code_value():
    first, second = ([p.astype(int) for _, p in render((4, 20, 58))] for _ in range(2))
    assert max(np.abs(a - b).max() for a, b in zip(first, second, strict=True)) <= CLOSE


def test_the_views_cover_garments_fabrics_prints_lights_and_places():
    assert len(VIEWS) == len(set(VIEWS)) == 60
    assert {v.scene for v in VIEWS} == {"dress", "shirt", "suit"}
    assert len({look[0] for v in VIEWS for look in v.looks}) == 15
    assert {look[2] for v in VIEWS for look in v.looks} == {"solid", "stripes", "check", "dots", "floral"}
    assert {v.light for v in VIEWS} == {"studio", "soft", "hard", "sunset"}
    assert {v.camera for v in VIEWS if isinstance(v.camera, str)} == {"hem", "waist", "sleeve", "weave"}


def test_the_sheets_are_whole_and_small():
    files = list(FOLDER.iterdir())
    assert sum(f.stat().st_size for f in files) < 3_000_000
    for row in range(len(VIEWS) // ACROSS):
        with Image.open(FOLDER / f"views{row}.png") as sheet:
            assert sheet.size == (ACROSS * SIDE, SIDE)


def test_a_change_of_two_code_values_is_seen():
    picture = golden(0)
    other = picture.copy()
    other[40:60, 70:90] ^= 2
    assert changed(other, picture) == 400 > BAND

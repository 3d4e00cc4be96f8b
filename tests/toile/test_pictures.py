"""The pictures of a look: what is shown on white, which frames are stills."""

import numpy as np

from toile.pictures import key_frames, on_white


def test_transparent_pixels_turn_white_and_solid_ones_stay():
    picture = np.zeros((1, 3, 4), np.uint8)
    picture[0, :, :3] = (10, 100, 200)
    picture[0, :, 3] = (0, 128, 255)
    assert on_white(picture)[0].tolist() == [[255, 255, 255], [132, 177, 227], [10, 100, 200]]
    plain = picture[..., :3]
    assert on_white(plain) is plain


def test_stills_are_a_quarter_and_three_quarters_in():
    assert key_frames(72) == (18, 54)
    assert key_frames(1) == (0,)

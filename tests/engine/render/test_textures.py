"""Tiles of cloth from image files, and files that are none."""

import numpy as np
import pytest
from PIL import Image

from toile.engine.core.errors import BadInput, DamagedFile
from toile.engine.render.textures import read_texture
from toile.shaders.tone import srgb_to_linear


def picture(path, width, height):
    code = np.random.default_rng(3).integers(0, 256, (height, width, 3)).astype(np.uint8)
    Image.fromarray(code).save(path)
    return code


def test_a_picture_becomes_linear_albedo_with_its_foot_first(tmp_path):
    code = picture(tmp_path / "cloth.png", 8, 4)
    texture = read_texture(tmp_path / "cloth.png", 12.0)
    assert texture.size_m == pytest.approx((0.12, 0.06))
    assert np.allclose(texture.image.numpy(), srgb_to_linear(code[::-1] / 255.0), atol=1e-6)


@pytest.mark.parametrize("size", [(10_000, 5_000), (4_097, 1)])
def test_fifty_megapixels_are_refused_with_their_size(tmp_path, size):
    Image.new("1", size).save(tmp_path / "large.png")
    with pytest.raises(BadInput, match=rf"has {size[0]} x {size[1]} pixels; scale it down to at most 4096"):
        read_texture(tmp_path / "large.png", 10.0)


def test_a_damaged_or_missing_file_is_named(tmp_path):
    picture(tmp_path / "whole.png", 64, 64)
    data = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(data[: len(data) // 2])
    (tmp_path / "text.png").write_text("no image")
    (tmp_path / "empty.png").write_bytes(b"")
    for name in ("cut.png", "text.png", "empty.png", "absent.png"):
        with pytest.raises(DamagedFile, match=rf"{name} cannot be read as an image"):
            read_texture(tmp_path / name, 10.0)


@pytest.mark.parametrize("width", [0.0, -3.0, float("nan"), 1e9])
def test_a_width_that_is_none_is_refused(tmp_path, width):
    picture(tmp_path / "cloth.png", 4, 4)
    with pytest.raises(BadInput, match="cm wide cannot be used"):
        read_texture(tmp_path / "cloth.png", width)

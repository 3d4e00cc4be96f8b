"""Kernels that bake one repeat of a print or of a weave into a picture, with the renderer's own shading functions."""

import warp as wp

from toile.shaders.prints import print_colour
from toile.shaders.weave import weave


@wp.kernel
def bake_print(
    kind: int,
    turned: int,
    repeat: float,
    width: float,
    height: float,
    ground: wp.vec3,
    first: wp.vec3,
    second: wp.vec3,
    # outputs
    picture: wp.array2d(dtype=wp.vec3),
):
    """One thread per pixel: linear colour of a print over width x height [m] of cloth, top row at the largest y."""
    row, column = wp.tid()
    pixel = width / float(picture.shape[1])
    x = (float(column) + 0.5) * pixel
    y = height - (float(row) + 0.5) * height / float(picture.shape[0])
    if turned == 1:
        picture[row, column] = print_colour(kind, y, x, repeat, pixel, ground, first, second)
    else:
        picture[row, column] = print_colour(kind, x, y, repeat, pixel, ground, first, second)


@wp.kernel
def bake_weave(
    kind: int,
    yarn: float,
    width: float,
    height: float,
    # outputs
    thread: wp.array2d(dtype=wp.vec4),
):
    """One thread per pixel: the weave's albedo factor, slopes and rise in roughness over width x height [m]."""
    row, column = wp.tid()
    x = (float(column) + 0.5) * width / float(thread.shape[1])
    y = height - (float(row) + 0.5) * height / float(thread.shape[0])
    thread[row, column] = weave(kind, x, y, yarn, 0.0)

"""The studio: a side key, a weak fill, a strong rim, an even dome and a bright seamless backdrop.

Light is given as the radiance that a white matte surface facing it shows (irradiance / pi). Directions point to the
light. The floor is part of the backdrop: it only catches shadow and the colour that the garments throw on it.
"""

import warp as wp

_level = wp.constant(1.0e-6)  # height below which the dome does not change, so that its slope is finite


@wp.struct
class Studio:
    """Lights and backdrop of one view, scene-linear."""

    key_direction: wp.vec3
    key_colour: wp.vec3
    key_size: float  # tangent of the softbox's angular radius
    rim_direction: wp.vec3
    rim_colour: wp.vec3
    rim_size: float
    fill_direction: wp.vec3
    fill_colour: wp.vec3
    fill_size: float
    sky: wp.vec3  # dome at the zenith
    horizon: wp.vec3
    ground: wp.vec3  # what the floor sends upwards
    backdrop_high: wp.vec3
    backdrop_low: wp.vec3
    backdrop_corner: float  # how much darker the corners are, 0-1
    reach: float  # m, beyond which surfaces do not occlude the dome
    floor: float  # m, height
    thin: int  # 1 when some cloth lets light through


@wp.func
def dome(studio: Studio, direction: wp.vec3) -> wp.vec3:
    """Radiance of the dome in a direction."""
    y = direction[1]
    if y >= 0.0:
        return wp.lerp(studio.horizon, studio.sky, wp.sqrt(wp.max(y, _level)))
    return wp.lerp(studio.horizon, studio.ground, wp.sqrt(wp.clamp(-3.0 * y, _level, 1.0)))


@wp.func
def dome_irradiance(studio: Studio, y: float) -> wp.vec3:
    """Irradiance / pi of the open dome on a surface whose normal has the height y.

    Shares of sky, horizon and ground: least squares over the cosine-weighted integral of `dome`, to 0.001.
    """
    y2 = y * y
    sky = 0.304963 + 0.399998 * y + y2 * (0.080428 + y2 * (-0.00779 + 0.021986 * y2))
    horizon = 0.265521 + 0.08889 * y + y2 * (-0.124327 + y2 * (0.038156 - 0.066901 * y2))
    ground = 0.429515 - 0.488887 * y + y2 * (0.043899 + y2 * (-0.030365 + 0.044915 * y2))
    return sky * studio.sky + horizon * studio.horizon + ground * studio.ground


@wp.func
def backdrop(studio: Studio, x: float, y: float) -> wp.vec3:
    """Radiance of the backdrop at a place of the picture, x to the right and y up, each -1 … 1."""
    s = wp.smoothstep(-1.0, 0.75, y)
    low = wp.lerp(studio.backdrop_low, studio.backdrop_high, s)
    dy = y - 0.15
    r = x * x + 0.8 * dy * dy
    return low * (1.0 - studio.backdrop_corner * wp.smoothstep(0.15, 2.0, r))

"""Tone mapping: AgX for the studio, forwards (NumPy and Warp) and backwards (NumPy).

Scene-linear Rec. 709 radiance -> inset matrix -> log2 -> sigmoid -> look -> outset matrix -> sRGB code. AgX spreads 16.5
stops round middle grey; a studio's light needs 11.5, which gives the contrast of a photograph. The look adds some more.
Source: AgX by Troy Sobotka, sixth-order fit of its sigmoid by Benjamin Wrensch ("Minimal AgX implementation", 2023).
"""

import numpy as np
import warp as wp
from numpy.typing import NDArray

F64 = NDArray[np.float64]

INSET = np.array(
    [
        [0.842479062253094, 0.0784335999999992, 0.0792237451477643],
        [0.0423282422610123, 0.878468636469772, 0.0791661274605434],
        [0.0423756549057051, 0.0784336, 0.879142973793104],
    ]
)
OUTSET = np.linalg.inv(INSET)
STOPS = 11.5
MIN_EV = np.log2(0.18) - STOPS * (np.log2(0.18) + 12.47393) / 16.5  # middle grey stays where AgX has it
MAX_EV = MIN_EV + STOPS
SIGMOID = (15.5, -40.14, 31.96, -6.868, 0.4298, 0.1191, -0.00232)
CONTRAST = 1.2  # exponent after the sigmoid
SATURATION = 1.4  # about luma, after the sigmoid
LUMA = np.array([0.2126, 0.7152, 0.0722])

_GRID = np.linspace(0.0, 1.0, 4097)
_CURVE = np.maximum.accumulate(np.clip(np.polyval(SIGMOID, _GRID), 0.0, 1.0))


def agx(radiance: F64) -> F64:
    """Return display values (sRGB code, 0-1) of scene-linear radiance, shape (..., 3)."""
    inset = np.maximum(np.asarray(radiance, np.float64), 0.0) @ INSET.T
    stops = np.clip(np.log2(np.maximum(inset, 1e-10)), MIN_EV, MAX_EV)
    curve = np.interp((stops - MIN_EV) / (MAX_EV - MIN_EV), _GRID, _CURVE) ** CONTRAST
    luma = (curve @ LUMA)[..., None]
    return np.clip((luma + SATURATION * (curve - luma)) @ OUTSET.T, 0.0, 1.0)


def agx_inverse(display: F64) -> F64:
    """Return the scene-linear radiance that shows as the given sRGB code values, as near as can be."""
    curve = np.asarray(display, np.float64) @ INSET.T
    luma = (curve @ LUMA)[..., None]
    curve = np.clip(luma + (curve - luma) / SATURATION, 1e-6, 1.0) ** (1.0 / CONTRAST)
    strict = np.concatenate([[True], np.diff(_CURVE) > 0.0])
    stops = np.interp(curve, _CURVE[strict], _GRID[strict]) * (MAX_EV - MIN_EV) + MIN_EV
    return np.maximum(np.exp2(stops) @ OUTSET.T, 0.0)


def srgb_to_linear(code: F64) -> F64:
    """Return linear light of sRGB code values (0-1)."""
    code = np.asarray(code, np.float64)
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(linear: F64) -> F64:
    """Return sRGB code values (0-1) of linear light."""
    linear = np.asarray(linear, np.float64)
    return np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055
    )


_in = wp.constant(wp.mat33(*[float(x) for x in INSET.ravel()]))
_out = wp.constant(wp.mat33(*[float(x) for x in OUTSET.ravel()]))
_contrast = wp.constant(float(CONTRAST))
_saturation = wp.constant(float(SATURATION))
_low = wp.constant(float(MIN_EV))
_span = wp.constant(float(MAX_EV - MIN_EV))


@wp.func
def _sigmoid(radiance: float) -> float:
    x = wp.clamp((wp.log2(wp.max(radiance, 1.0e-10)) - _low) / _span, 0.0, 1.0)
    y = (((((15.5 * x - 40.14) * x + 31.96) * x - 6.868) * x + 0.4298) * x + 0.1191) * x - 0.00232
    return wp.pow(wp.clamp(y, 0.0, 1.0), _contrast)


@wp.func
def tone_map(radiance: wp.vec3) -> wp.vec3:
    """Display values (sRGB code, 0-1) of scene-linear radiance; the twin of `agx`."""
    x = _in * radiance
    c = wp.vec3(_sigmoid(x[0]), _sigmoid(x[1]), _sigmoid(x[2]))
    luma = 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]
    grey = wp.vec3(luma, luma, luma)
    y = _out * (grey + _saturation * (c - grey))
    return wp.vec3(wp.clamp(y[0], 0.0, 1.0), wp.clamp(y[1], 0.0, 1.0), wp.clamp(y[2], 0.0, 1.0))


@wp.func
def srgb_decode(c: wp.vec3) -> wp.vec3:
    """Linear light of sRGB code values, by the power 2.2 (used only to average samples)."""
    return wp.vec3(wp.pow(c[0], 2.2), wp.pow(c[1], 2.2), wp.pow(c[2], 2.2))


@wp.func
def srgb_encode(c: wp.vec3) -> wp.vec3:
    """The inverse of `srgb_decode`."""
    return wp.vec3(
        wp.pow(wp.max(c[0], 0.0), 1.0 / 2.2),
        wp.pow(wp.max(c[1], 0.0), 1.0 / 2.2),
        wp.pow(wp.max(c[2], 0.0), 1.0 / 2.2),
    )

"""Which device computes: CUDA when present, the CPU otherwise; Warp is set up once, quietly."""

from __future__ import annotations

import functools
from typing import Any


@functools.cache
def warp() -> Any:
    """Return the Warp module, initialised without its banner."""
    import warp as wp

    wp.config.quiet = True
    wp.init()
    return wp


def default_device() -> str:
    """Return "cuda:0" when Warp sees a CUDA device, else "cpu"."""
    return "cuda:0" if warp().is_cuda_available() else "cpu"

"""Which device computes: CUDA when present, the CPU otherwise; Warp is set up once, quietly."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@functools.cache
def warp() -> Any:
    """Return the Warp module, initialised without its banner."""
    import warp as wp

    wp.config.log_level = wp.LOG_ERROR
    with _silent_stderr():  # its native code reports a missing CUDA driver there, whatever the log level
        wp.init()
    return wp


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Send the process's stderr nowhere while the block runs; exceptions pass."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def default_device() -> str:
    """Return "cuda:0" when Warp sees a CUDA device, else "cpu"."""
    return "cuda:0" if warp().is_cuda_available() else "cpu"

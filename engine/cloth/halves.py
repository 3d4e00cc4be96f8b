"""Two threads on the CPU: a launch over a range is cut in two halves that run at the same time.

Warp runs a kernel on one thread of the CPU and lets go of Python's lock meanwhile, so a second Python thread can run the other
half. Both halves write where the whole would have written: the result does not depend on how many threads there are.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

WORTH_IT = 3000  # a smaller range is done before the other thread has begun


class Halves:
    """Runs work on a second thread, when the machine has a second core."""

    def __init__(self, threads: int) -> None:
        """Allow for at most `threads` threads; one or less leaves everything to the caller's."""
        self._pool = ThreadPoolExecutor(1) if min(threads, os.cpu_count() or 1) > 1 else None
        self._busy: Future[Any] | None = None

    def split(self, size: int, work: Callable[[int, int, int], None], worth: int | None = None) -> int:
        """Run work(first, size, half) over range(size), in two halves when that is worth it; return where the second begins."""
        if (
            self._pool is None
            or size < (WORTH_IT if worth is None else worth)
            or (self._busy is not None and not self._busy.done())
        ):
            work(0, size, 0)
            return size
        middle = size // 2
        other = self._pool.submit(work, middle, size - middle, 1)
        try:
            work(0, middle, 0)
        finally:
            other.result()
        return middle

    def both(self, here: Callable[[], None], there: Callable[[], None], worth: bool) -> None:
        """Do two pieces of work that do not touch what the other writes, at the same time when that is worth it."""
        if not worth or self._pool is None or (self._busy is not None and not self._busy.done()):
            there()
            here()
            return
        other = self._pool.submit(there)
        try:
            here()
        finally:
            other.result()

    def later(self, work: Callable[[], Any]) -> Future[Any]:
        """Begin work on the second thread, or do it now when there is none."""
        if self._pool is not None:
            self._busy = self._pool.submit(work)
            return self._busy
        done: Future[Any] = Future()
        done.set_result(work())
        return done

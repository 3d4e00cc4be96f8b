"""Two threads on the CPU: a launch over a range is cut in two halves that run at the same time, or one leads and the other helps.

Warp runs a kernel on one thread of the CPU and lets go of Python's lock meanwhile, so a second Python thread can run the other
half. Both halves write where the whole would have written: the result does not depend on how many threads there are.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

WORTH_IT = 3000  # a smaller range is done before the other thread has begun


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Halves:
    """Runs work on a second thread, when the process has a second core."""

    def __init__(self, threads: int) -> None:
        """Allow for at most `threads` threads; one or less leaves everything to the caller's."""
        self._pool = ThreadPoolExecutor(1) if min(threads, cores()) > 1 else None
        self._busy: Future[Any] | None = None

    def _alone(self) -> bool:
        return self._pool is None or (self._busy is not None and not self._busy.done())

    def split(self, size: int, work: Callable[[int, int, int], None], worth: int | None = None) -> int:
        """Run work(first, size, half) over range(size), in two halves when that is worth it; return where the second begins."""
        if self._pool is None or size < (WORTH_IT if worth is None else worth) or self._alone():
            work(0, size, 0)
            return size
        middle = size // 2
        other = self._pool.submit(work, middle, size - middle, 1)
        try:
            work(0, middle, 0)
        finally:
            unbegun = other.cancel()  # the second thread is still at something else
            if not unbegun:
                other.result()
        if unbegun:
            work(middle, size - middle, 1)
        return middle

    def both(self, here: Callable[[], None], there: Callable[[], None], worth: bool) -> None:
        """Do two pieces of work that do not touch what the other writes, at the same time when that is worth it."""
        if not worth or self._pool is None or self._alone():
            there()
            here()
            return
        other = self._pool.submit(there)
        try:
            here()
        finally:
            other.result()

    def helped(self, lead: Callable[[], None], help_out: Callable[[], None], worth: bool) -> None:
        """Do what `lead` does, beside it on the second thread what helps it; the help has to end once the lead has, and may not begin."""
        if not worth or self._pool is None or self._alone():
            lead()
            return
        other = self._pool.submit(help_out)
        try:
            lead()
        finally:
            if not other.cancel():
                other.result()

    def later(self, work: Callable[[], Any]) -> Future[Any]:
        """Begin work on the second thread, or do it now when there is none."""
        if self._pool is not None:
            self._busy = self._pool.submit(work)
            return self._busy
        done: Future[Any] = Future()
        done.set_result(work())
        return done

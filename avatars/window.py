"""The part of a motion file that is read: from a start, for some seconds."""

from __future__ import annotations

import math
from dataclasses import dataclass

from toile.engine.core.errors import BadInput


@dataclass(frozen=True)
class Window:
    """start [s] and seconds [s] (None: to the end) of what is wanted; `margin` [s] more is read after it."""

    start: float = 0.0
    seconds: float | None = None
    margin: float = 0.1

    def frames(self, count: int, step: float, name: str) -> tuple[int, int]:
        """Return the first frame and the one after the last, of `count` frames `step` [s] apart.

        Raises:
            BadInput: the file ends before the start.
        """
        first = math.floor(self.start / step + 1e-6)
        if count < 1 or first >= count:
            raise BadInput(
                f"{name} lasts {max(count - 1, 0) * step:.2f} s, so it cannot start at {self.start:g} s; start earlier."
            )
        if self.seconds is None:
            return first, count
        return first, min(count, math.ceil((self.start + self.seconds + self.margin) / step) + 1)

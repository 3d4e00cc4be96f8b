"""Progress on stderr: a bar per stage on a terminal, a line per stage elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from toile.engine.core.files import Progress as Listener

LABELS = {
    "request": "reading the sentence",
    "avatar": "fitting the body",
    "pattern": "drafting the pattern",
    "simulation": "sewing and simulating",
    "render": "rendering",
    "export": "exporting",
    "certificate": "measuring",
}
ORIGINS = {"look": "kept from the last run", "cache": "from the cache"}


class Bars:
    """Reports stages to a person who watches stderr."""

    def __init__(self) -> None:
        self.console = Console(file=sys.stderr, highlight=False)

    @contextmanager
    def stage(self, name: str) -> Iterator[Listener]:
        """Show a bar (or, away from a terminal, nothing) while a stage runs, then a line with its seconds."""
        label = LABELS.get(name, name)
        started = time.perf_counter()
        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description:24}"),
            BarColumn(bar_width=28),
            TimeElapsedColumn(),
            TextColumn("{task.fields[text]}", markup=False),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        ) as progress:
            task = progress.add_task(label, total=1.0, text="")

            def listener(fraction: float, text: str) -> None:
                progress.update(task, completed=min(max(fraction, 0.0), 1.0), text=text)

            yield listener
        self._line(label, f"{time.perf_counter() - started:.1f} s")

    def kept(self, name: str, origin: str) -> None:
        """Show that a stage did not have to run."""
        self._line(LABELS.get(name, name), ORIGINS.get(origin, origin))

    def _line(self, label: str, text: str) -> None:
        self.console.print(Text(f"  {label:24} {text}"))

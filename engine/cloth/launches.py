"""Kernel launches that are recorded once and repeated: only what has changed since the last time is packed anew.

Packing the arguments of a launch costs Warp some tens of microseconds, more than a kernel over a small mesh; repeating a recorded one
costs three.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from toile.engine.core.device import warp


class Launches:
    """Launches kernels of some modules by their names on one device."""

    def __init__(self, device: str, modules: Sequence[ModuleType], record: bool = True) -> None:
        """Look for kernels in the modules, in this order; without `record` every launch is packed anew.

        The modules are loaded here: two threads that launch kernels of a module nobody has loaded yet load it at the same time,
        and the code of one of them is gone while it runs.
        """
        self._device, self._modules, self._record = device, modules, record
        for module in modules:
            warp().load_module(module, device)
        self._known: dict[tuple[str, int], tuple[Any, list[Any], list[Any]]] = {}

    def kernel(self, name: str) -> Any:
        """Return a kernel by its name."""
        return next(getattr(module, name) for module in self._modules if hasattr(module, name))

    def __call__(self, name: str, size: int, inputs: list[Any], outputs: list[Any], which: int = 0) -> None:
        """Launch a kernel over `size` threads, unless there are none.

        which tells the places apart from which a kernel is launched with arguments of their own; two Python threads must not
        launch one kernel from the same place.
        """
        if not size:
            return
        if not self._record:
            warp().launch(self.kernel(name), size, inputs, outputs, device=self._device)
            return
        values = inputs + outputs
        known = self._known.get((name, which))
        if known is None:
            command = warp().launch(
                self.kernel(name), size, inputs, outputs, device=self._device, record_cmd=True
            )
            self._known[name, which] = command, values, [size]
            command.launch()
            return
        command, before, last = known
        if last[0] != size:
            command.set_dim(size)
            last[0] = size
        for i, (old, new) in enumerate(zip(before, values, strict=True)):
            if new is not old and (type(new) not in _NUMBERS or new != old):
                command.set_param_at_index(i, new)
                before[i] = new
        command.launch()


_NUMBERS = (int, float, bool)
